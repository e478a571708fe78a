"""Every English word of what drivers are given, in one table, and what is told of a visit.

Not here: names, notes and whatever else comes from the layers, and how a format is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Mapping, Sequence

from ..model.plan import VISIT_BREAK, VISIT_STOP

if TYPE_CHECKING:
    from ..model.driver_day import DayVisit, DriverDay

WORDS: dict[str, str] = {
    "language": "en",
    "start": "Start",
    "stop": "Stop",
    "reload": "Reload",
    "break": "Break",
    "transfer": "Fetch goods",
    "end": "End",
    "next": "Next",
    "done": "Done",
    "undo": "Undo",
    "late": "{minutes} min late",
    "arrival": "Arrival",
    "until": "until",
    "window": "Window",
    "address": "Address",
    "phone": "Phone",
    "email": "E-mail",
    "access_code": "Access code",
    "access_notes": "Access",
    "notes": "Notes",
    "delivery": "Deliver",
    "pickup": "Pick up",
    "load": "On board after",
    "call": "Call",
    "navigate": "Navigate",
    "google": "Google Maps",
    "waze": "Waze",
    "apple": "Apple Maps",
    "geo": "Map app",
    "whole_route": "Whole route",
    "part": "{app} {first}\N{WORD JOINER}\N{EN DASH}\N{WORD JOINER}{last}",
    "part_one": "{app} {first}",
    "map": "Map",
    "map_of": "Map of the route, north up",
    "km": "km",
    "stops": "Stops: {count}",
    "version": "Version {version}",
    "times_in": "Times: {zone}",
    "nothing": "Nothing to do.",
    "kept_here": "What is ticked off stays on this telephone.",
    "loading": "Loading list",
    "loading_hint": "First in is last out: load from top to bottom.",
    "load_at": "Load at {place}, {time}",
    "trip": "Trip",
    "load_order": "Load order",
    "load_place": "Loaded at",
    "load_time": "Loading time",
    "sequence": "Stop number",
    "stop_id": "Stop id",
    "name": "Name",
    "quantity": "Quantity {number}",
    "index": "Routes of the day",
    "vehicle": "Vehicle",
    "driver": "Driver",
    "from_to": "From, to",
    "stops_column": "Stops",
    "files": "Files",
    "to_drive": "To drive",
    "for_others": "For others, without anything personal:",
}

Words = Mapping[str, str]

_LEADING = re.compile(r"[^\d+]*(\+?\d[\d\s().\-/]*)")
_LEAST_DIGITS = 3


def facts(visit: DayVisit, day: DriverDay, but: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return what is known of a visit beside its name and times: key of its word and text, empty ones left
    out, and those of the keys `but`."""
    told = [
        ("address", visit.address),
        ("window", window_text(visit, day)),
        *((key, getattr(visit, key)) for key in ("access_code", "access_notes", "notes", "phone", "email")),
        ("delivery", amounts(visit.delivery)),
        ("pickup", amounts(visit.pickup)),
        ("load", amounts(visit.load) if visit.is_stop else ""),
    ]
    return [(key, text) for key, text in told if text and key not in but]


def described(visit: DayVisit, day: DriverDay, words: Words) -> str:
    """Return all that is known of a visit as lines of plain text, the time of arrival first."""
    lines = [f"{words['arrival']}: {visit.eta.clock(day.plan_date)}"]
    lines += [f"{words[key]}: {text}" for key, text in facts(visit, day)]
    return "\n".join(lines)


def headline(visit: DayVisit, words: Words) -> str:
    """Return number and name of a visit, and what it is where it is no stop."""
    if visit.type == VISIT_STOP:
        return f"{visit.sequence}. {visit.title}"
    if visit.type == VISIT_BREAK:
        return words[visit.type]
    return f"{words[visit.type]}: {visit.title}"


def window_text(visit: DayVisit, day: DriverDay) -> str:
    """Return the windows of a visit; "" where it has none."""
    return ", ".join(window.text(day.plan_date) for window in visit.windows)


def amounts(quantities: Sequence[float]) -> str:
    """Return quantities as 3 / 0.5; "" where all are none."""
    return " / ".join(f"{amount:.12g}" for amount in quantities) if any(quantities) else ""


def dialled(phone: str) -> str:
    """Return the number a telephone dials for a text, as RFC 3966 has it without separators; "" for none.

    Of several numbers it is the first; what follows in letters, as an extension, is left out.
    """
    found = _LEADING.match(re.split("[;,]", phone)[0])
    if found is None:
        return ""
    number = found.group(1)
    if number.startswith("+"):
        number = number.replace("(0)", "")
    number = re.sub(r"[^\d+]", "", number)
    return number if len(number.lstrip("+")) >= _LEAST_DIGITS else ""
