"""When a row of a table holds: hours of each day, also over midnight, or once between two dates.

Hours are of the wall clock: 08:00 is 08:00 on the day the clocks change, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Collection

from ..model.findings import Fault
from ..model.problem import DAY, Window
from .times import Moment, PlanDay
from .weekdays import EVERY_DAY

if TYPE_CHECKING:
    from .row import Row

Span = tuple["int | None", "int | None"]
"""From when to before when, in seconds from midnight of the plan date; None for always."""
ALWAYS: Span = (None, None)


@dataclass(frozen=True)
class Hours:
    """Hours from `start` to before `end`: seconds on the clock of each day, or, where `dated`, as in `Span`.

    Where `end` is not after `start` on the clock it is on the next day.
    """

    start: int | None = None
    end: int | None = None
    dated: bool = False

    def spans(self, day: PlanDay, horizon: Window, weekdays: Collection[int] = EVERY_DAY) -> list[Span]:
        """The stretches that touch the horizon; of daily ones those that begin on these weekdays (1 to 7)."""
        found: list[Span] = [(self.start, self.end)]
        if not self.dated:
            first, last = self.start or 0, DAY if self.end is None else self.end
            daily = [
                (day.on_clock(days, first), day.on_clock(days + (last <= first), last))
                for days in range(horizon.start // DAY - 1, horizon.end // DAY + 1)
                if day.date.addDays(days).dayOfWeek() in weekdays
            ]
            found = [
                (start, end) for start, end in daily if start < end
            ]  # not where the clock is put forward
        return [
            (start, end)
            for start, end in found
            if (start is None or start < horizon.end) and (end is None or end > horizon.start)
        ]


def read_hours(row: Row, start_name: str, end_name: str, day: PlanDay) -> Hours:
    """Read two time fields of a row whose table has `clock_day(day)` as its day.

    What cannot be read is a problem of the row.
    """
    start, end = _moment(row, start_name, day), _moment(row, end_name, day)
    dated = {moment.dated for moment in (start, end) if moment is not None}
    hours = Hours(start and start.seconds, end and end.seconds, dated == {True})
    if len(dated) == 2:
        text = f"and {row.shown(start_name)}: one has a date"
        row.problem(end_name, Fault("conflicting_values", text, "Write both with one, or neither"))
    elif start and end and _is_nothing(start.seconds, end.seconds, hours.dated):
        text = f"is not after {row.shown(start_name)}"
        row.problem(end_name, Fault("ends_before_start", text, "Correct one of the two"))
    return hours


def clock_day(day: PlanDay) -> PlanDay:
    """The plan date without changes of the clock: seconds of a time without a date are those of the clock."""
    return PlanDay(day.date, "UTC")


def _is_nothing(start: int, end: int, dated: bool) -> bool:
    """Whether no time is between two moments; from 0:00 to 0:00 is a day."""
    return end <= start if dated else end == start != 0


def _moment(row: Row, name: str, day: PlanDay) -> Moment | None:
    if row.value(name) is None:
        return None
    moment = row.moment(name)
    return day.read(row.value(name)) if moment is not None and moment.dated else moment
