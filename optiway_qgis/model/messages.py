"""What changes for a driver, in words fit for a message to him. What changes is found by differences.py.

A text names stops by name, or by id where they have none, and new ones with their address; nothing else that
is known of them is in it. Times are told as people say them, to five minutes.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Mapping, Sequence

from .clock import clock
from .differences import HALTS, rounded
from .plan import VISIT_END, VISIT_STOP
from .problem import DAY

if TYPE_CHECKING:
    from .differences import Difference, DriverVisit, Shift

PHRASES: dict[str, str] = {
    "changed": "{who}, your route for {day} has changed{version}.",
    "new_route": "{who}, you have a route on {day}{version}.",
    "no_route": "{who}, you have no route on {day} any more{version}.",
    "no_changes": "No changes.",
    "version": " (version {version})",
    "day": "{day} {month}",
    "months": "January,February,March,April,May,June,July,August,September,October,November,December",
    "start": "You start at {time} instead of {before}.",
    "added": "New: {items}.",
    "removed": "No longer yours: {items}.",
    "all_removed": "No longer yours: all stops still to do ({count}).",
    "moved": "Moved: {items}.",
    "order": "New order: {items}.",
    "later": "Later: {items}.",
    "earlier": "Earlier: {items}.",
    "first": "First: {item} at {time}.",
    "next": "Next: {item} at {time}.",
    "as_stop": "{item}, as stop {place}, about {time}",
    "at_time": "{item}, about {time}",
    "shifted": "{item} about {time} instead of {before}",
    "many_shifted": (
        "{count} stops from {first} (about {first_time}) to {last} (about {last_time}), by {minutes}"
    ),
    "minutes": "about {least} minutes",
    "minutes_to": "{least} to {most} minutes",
    "stop": "{place}",
    "reload": "reload at {place}",
    "transfer": "fetch goods ({place})",
    "end": "{place}",
    "named_alike": "{name} ({id})",
    "with_address": "{item}, {address}",
}

MOST_NAMED = 3
"""Of more stops than these that shift or move alike a message tells the whole and not each."""


def message(
    difference: Difference, plan_date: str, version: int | None, phrases: Mapping[str, str] = PHRASES
) -> str:
    """Return the text for the driver; `plan_date` as 2026-05-04, `version` that of the plan after, if known.

    `phrases` are those of PHRASES, perhaps in another language.
    """
    return _Words(difference, phrases).message(plan_date, version)


class _Words:
    """The words for one difference; holds what its stops are called."""

    def __init__(self, difference: Difference, phrases: Mapping[str, str]):
        self._difference = difference
        self._phrases = phrases
        names = {
            visit.id: _one_line(visit.name)
            for route in (difference.before, difference.after)
            for visit in route.visits
            if visit.name
        }
        self._shared = {name for name, count in Counter(names.values()).items() if count > 1}

    def message(self, plan_date: str, version: int | None) -> str:
        difference = self._difference
        if not difference.is_any:
            return self._phrases["no_changes"]
        parts = [
            self._opening(plan_date, version),
            self._start(),
            self._list("added", "; ", [self._placed(visit, visit.address) for visit in difference.added]),
            self._removed(),
            self._moved(),
            self._shifted("later", difference.later),
            self._shifted("earlier", difference.earlier),
            self._next(),
        ]
        return " ".join(filter(None, parts))

    def _say(self, key: str, **values: object) -> str:
        return self._phrases[key].format(**values)

    def _opening(self, plan_date: str, version: int | None) -> str:
        difference = self._difference
        day = date.fromisoformat(plan_date)
        key = "changed"
        if not difference.after.visits:
            key = "no_route"
        elif not difference.before.visits:
            key = "new_route"
        return self._say(
            key,
            who=_one_line(difference.driver) or difference.vehicle_id,
            day=self._say("day", day=day.day, month=self._phrases["months"].split(",")[day.month - 1]),
            version="" if version is None else self._say("version", version=version),
        )

    def _start(self) -> str:
        shift = self._difference.start
        if shift is None:
            return ""
        return self._say("start", time=_clock(shift.after.eta), before=_clock(shift.before.eta))

    def _placed(self, visit: DriverVisit, address: str = "") -> str:
        item, time = self._item(visit, address), _clock(visit.eta)
        if visit.type != VISIT_STOP:
            return self._say("at_time", item=item, time=time)
        place = self._difference.after.place(visit.id)
        return self._say("as_stop", item=item, place=place, time=time)

    def _removed(self) -> str:
        removed = self._difference.removed
        is_all = not any(visit.type in HALTS for visit in self._difference.after.to_do)
        if is_all and len(removed) > MOST_NAMED:
            return self._say("all_removed", count=sum(visit.type == VISIT_STOP for visit in removed))
        return self._list("removed", ", ", [self._item(visit) for visit in removed])

    def _moved(self) -> str:
        """The stops that moved with their new places or, of many, the new order as far as it is another."""
        moved = [shift.after for shift in self._difference.moved]
        if len(moved) <= MOST_NAMED:
            return self._list("moved", "; ", [self._placed(visit) for visit in moved])
        stops = [visit for visit in self._difference.after.to_do if visit.type == VISIT_STOP]
        first, last = stops.index(moved[0]), stops.index(moved[-1])
        told = stops[first : last + 1]
        return self._list("order", ", ", [f"{self._item(visit)} {_clock(visit.eta)}" for visit in told])

    def _shifted(self, key: str, shifts: Sequence[Shift]) -> str:
        if len(shifts) <= MOST_NAMED:
            return self._list(key, "; ", [self._shift(shift) for shift in shifts])
        minutes = sorted(rounded(abs(shift.seconds)) // 60 for shift in shifts)
        same = minutes[0] == minutes[-1]
        item = self._say(
            "many_shifted",
            count=len(shifts),
            first=self._item(shifts[0].after),
            first_time=_clock(shifts[0].after.eta),
            last=self._item(shifts[-1].after),
            last_time=_clock(shifts[-1].after.eta),
            minutes=self._say("minutes" if same else "minutes_to", least=minutes[0], most=minutes[-1]),
        )
        return self._list(key, "; ", [item])

    def _shift(self, shift: Shift) -> str:
        time, before = _clock(shift.after.eta), _clock(shift.before.eta)
        return self._say("shifted", item=self._item(shift.after), time=time, before=before)

    def _next(self) -> str:
        after = self._difference.after
        for visit in after.to_do:
            if visit.type in (*HALTS, VISIT_END):
                key = "next" if any(one.behind for one in after.visits) else "first"
                return self._say(key, item=self._item(visit), time=_clock(visit.eta))
        return ""

    def _list(self, key: str, between: str, items: Sequence[str]) -> str:
        return self._say(key, items=between.join(items)) if items else ""

    def _item(self, visit: DriverVisit, address: str = "") -> str:
        name, address = _one_line(visit.name), _one_line(address)
        if name in self._shared:
            name = self._say("named_alike", name=name, id=visit.id)
        item = self._say(visit.type, place=name or visit.id)
        return self._say("with_address", item=item, address=address) if address else item


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _clock(seconds: int) -> str:
    """The moment to five minutes, as 07:05; a moment of the next day by its clock alone."""
    return clock(rounded(seconds) % DAY)
