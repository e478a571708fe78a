"""The day of a driver as iCalendar (RFC 5545): an event for each stop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..model.links import google_link
from .driver_words import described, headline

if TYPE_CHECKING:
    from datetime import datetime

    from ..model.driver_day import DayVisit, DriverDay
    from .driver_words import Words

_LINE_OCTETS = 75
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def calendar(day: DriverDay, words: Words, made_at: datetime) -> str:
    """Return the file's text, lines ended as the standard has it; `made_at` is in UTC.

    A stop keeps its UID in all versions of a plan and all plans of its date, and SEQUENCE is the version, so
    that a calendar which is given a later file changes its events and adds none twice. What was cancelled is
    in it as cancelled.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Optiway//Optiway for QGIS//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(f'{day.title} {day.plan_date.isoformat()}')}",
    ]
    for visit in day.visits:
        if visit.is_stop:
            lines += _event(visit, day, words, made_at)
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _event(visit: DayVisit, day: DriverDay, words: Words, made_at: datetime) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{day.plan_date:%Y%m%d}-{quote(visit.id, safe='')}@optiway",
        f"SEQUENCE:{day.version or 0}",
        f"DTSTAMP:{_utc(made_at)}",
        f"DTSTART:{_utc(visit.eta.utc)}",
    ]
    if visit.end > visit.eta:
        lines.append(f"DTEND:{_utc(visit.end.utc)}")
    description = described(visit, day, words)
    lines += [
        f"SUMMARY:{_text(headline(visit, words))}",
        f"STATUS:{'CANCELLED' if visit.cancelled else 'CONFIRMED'}",
    ]
    if visit.address:
        lines.append(f"LOCATION:{_text(visit.address)}")
    if visit.place is not None:
        description += f"\n{words['navigate']}: {google_link(visit.place)}"
        lines.append(f"GEO:{visit.place.text.replace(',', ';')}")
    return [*lines, f"DESCRIPTION:{_text(description)}", "END:VEVENT"]


def _utc(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    return _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_ESCAPED)


def _folded(line: str) -> str:
    """The line, broken where it has more octets than a line may have; no character is torn apart."""
    parts, size = [""], 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _LINE_OCTETS:
            parts.append(" ")
            size = 1
        parts[-1] += character
        size += octets
    return "\r\n".join(parts)
