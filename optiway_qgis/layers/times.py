"""The day of a plan: times as layers hold them to seconds from midnight of the plan date, and back.

A time without a date is the wall clock of the plan date in the plan's zone; a date and time without offset
is the wall clock of that date; one with an offset is an instant. Midnight is twelve hours before noon, as in
GTFS: so the seconds between two moments are those that pass, also on the day the clocks change, and 08:00 is
28800 on that day too. Which field holds a time is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime, QTimeZone

from ..model.errors import InputError
from ..model.findings import Fault
from ..model.problem import DAY

if TYPE_CHECKING:
    from ..model.problem import Problem

_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?"
_TIME = re.compile(_CLOCK + r"\s*(?:([ap])\.?m\.?)?$", re.IGNORECASE)
_DATE_TIME = re.compile(
    r"(\d{4})[-/](\d{2})[-/](\d{2})[T ]+" + _CLOCK + r"\s*(Z|[+-]\d{2}(?::?\d{2})?)?$", re.IGNORECASE
)
_LAST_NULL_YEAR = 1900
"""ArcGIS and spreadsheets store a time without a date on a day of 1899 or 1900."""
_LARGEST_OFFSET_H = 14
_NO_TIME = "not_a_time"
HOW = "Write it as 08:30, 08:30:00 or 2026-05-04T08:30"


@dataclass(frozen=True)
class Moment:
    """Seconds from midnight of the plan date, and whether the value named its date."""

    seconds: int
    dated: bool


class PlanDay:
    """The plan date in its time zone.

    Raises
    ------
    InputError
        When the zone is not known or the date is not valid.
    """

    def __init__(self, plan_date: QDate, zone_name: str):
        zone = QTimeZone(zone_name.encode())
        problems = []
        if not zone.isValid():
            problems.append(
                f'TIME_ZONE "{zone_name}" is not known. Write a name such as Europe/Lisbon or UTC, '
                "or leave it empty."
            )
        if not plan_date.isValid():
            problems.append("PLAN_DATE is not a date. Write it as 2026-05-04.")
        if problems:
            raise InputError(problems)
        self.date = plan_date
        self.zone = zone
        self.zone_name = zone_name
        self._midnight = QDateTime(plan_date, QTime(12, 0), zone).addSecs(-DAY // 2)
        self._of_text: dict[tuple[str, int], Moment] = {}

    @classmethod
    def of(cls, problem: Problem) -> PlanDay:
        """The day of a problem."""
        return cls(QDate.fromString(problem.plan_date, Qt.DateFormat.ISODate), problem.time_zone)

    @property
    def iso_date(self) -> str:
        """The plan date as 2026-05-04."""
        return self.date.toString("yyyy-MM-dd")

    def at(self, clock: QTime, next_day: bool = False) -> int:
        """Seconds from midnight to that wall clock time of the plan date, or of the day after."""
        return self._wall(self.date.addDays(int(next_day)), QTime(0, 0).secsTo(clock))

    def on_clock(self, days: int, clock: int) -> int:
        """Seconds from midnight to `clock` (seconds after 0:00, 24:00 at most) `days` after the plan date."""
        return self._wall(self.date.addDays(days), clock)

    def wall_clock(self, seconds: int) -> QDateTime:
        """The wall clock `seconds` after midnight, marked as UTC so that no writer shifts it."""
        local = self._midnight.addSecs(seconds)
        return QDateTime(local.date(), local.time(), Qt.TimeSpec.UTC)

    def read(self, value: object, next_day: bool = False) -> Moment:
        """Read a QDateTime, a QTime or text; `next_day` puts a time without a date on the day after.

        A QDateTime in local time or UTC is taken as the wall clock it shows: QGIS and GeoPackage mark
        wall clock times either way. With any other offset or zone it is an instant.

        Raises
        ------
        Fault
            When it is not a time; the text says what is wrong and how to write it.
        """
        if isinstance(value, QDateTime):
            return self._date_time(value, next_day)
        if isinstance(value, QTime):
            return self._on(None, QTime(0, 0).secsTo(value), next_day)
        if isinstance(value, str):
            key = value, next_day
            if key not in self._of_text:
                self._of_text[key] = self._text(value.strip(), next_day)
            return self._of_text[key]
        raise Fault(_NO_TIME, "is not a time", HOW)

    def _wall(self, day: QDate, seconds_of_day: int) -> int:
        if seconds_of_day == DAY:
            day, seconds_of_day = day.addDays(1), 0
        clock = QTime(0, 0).addSecs(seconds_of_day)
        moment = QDateTime(day, clock, self.zone)
        if not moment.isValid() or moment.time() != clock:  # the clock is put forward over it: when that is
            day_before = QDateTime(day.addDays(-1), QTime(12, 0), self.zone)
            moment = self.zone.nextTransition(day_before).atUtc
        return int(self._midnight.secsTo(moment))

    def _on(self, day: QDate | None, seconds_of_day: int, next_day: bool) -> Moment:
        if day is not None and day.year() > _LAST_NULL_YEAR:
            return Moment(self._wall(day, seconds_of_day), True)
        return Moment(self._wall(self.date.addDays(int(next_day)), seconds_of_day), False)

    def _date_time(self, value: QDateTime, next_day: bool) -> Moment:
        if value.timeSpec() in (Qt.TimeSpec.LocalTime, Qt.TimeSpec.UTC):
            return self._on(value.date(), QTime(0, 0).secsTo(value.time()), next_day)
        return Moment(int(self._midnight.secsTo(value)), True)

    def _text(self, text: str, next_day: bool) -> Moment:
        found = _TIME.match(text)
        if found:
            hour, minute, second, half = found.groups()
            return self._on(None, _seconds_of_day(hour, minute, second, half), next_day)
        found = _DATE_TIME.match(text)
        if not found:
            raise Fault(_NO_TIME, "is not a time", HOW)
        year, month, day_of_month, hour, minute, second, offset = found.groups()
        seconds = _seconds_of_day(hour, minute, second)
        try:
            day = date(int(year), int(month), int(day_of_month))
        except ValueError:
            raise Fault(_NO_TIME, "names a date that does not exist", HOW) from None
        if offset is None:
            return self._on(QDate(day.year, day.month, day.day), seconds, next_day)
        since_epoch = (day - date(1970, 1, 1)).days * DAY + seconds - _offset_seconds(offset)
        return Moment(since_epoch - int(self._midnight.toSecsSinceEpoch()), True)


def today(zone_name: str) -> QDate:
    """The date it is now in that zone."""
    return QDateTime.currentDateTimeUtc().toTimeZone(QTimeZone(zone_name.encode())).date()


def computer_zone() -> str:
    """The name of the computer's time zone."""
    return bytes(QTimeZone.systemTimeZoneId()).decode()


def _seconds_of_day(hour: str, minute: str, second: str | None, half: str | None = None) -> int:
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    if half:
        if not 1 <= hours <= 12:
            raise Fault(_NO_TIME, "is not a time: with am or pm the hour is 1 to 12")
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY:
        raise Fault(
            _NO_TIME, "is not a time of the day: hours go from 0 to 24, minutes and seconds from 0 to 59", HOW
        )
    return total


def _offset_seconds(offset: str) -> int:
    if offset in "Zz":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > _LARGEST_OFFSET_H or minutes > 59:
        raise Fault(_NO_TIME, f"is not a time: its offset {offset} does not exist", HOW)
    return (hours * 3600 + minutes * 60) * (-1 if offset[0] == "-" else 1)
