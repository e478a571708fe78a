"""What a driver is given of a plan: the visits of one vehicle in order, with all that is known of each stop.

Nothing is timed here. How layers become this is layers/read_driver_days.py's, what is made of it
reports/driver_*.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from .plan import VISIT_BREAK, VISIT_START, VISIT_STOP

if TYPE_CHECKING:
    from .links import Place

Line = tuple[tuple[float, float], ...]
"""Longitude and latitude of each point, in degrees."""


@dataclass(frozen=True, order=True)
class Instant:
    """A moment: in UTC, with its zone, and as the clock of the plan's zone shows it, without one."""

    utc: datetime
    wall: datetime

    def clock(self, day: date) -> str:
        """Hours and minutes, the minute begun, with the days after `day` told: 01:05 +1."""
        days = (self.wall.date() - day).days
        return f"{self.wall:%H:%M}" + (f"\u00a0{days:+d}" if days else "")

    @property
    def iso(self) -> str:
        """The wall clock with its offset to UTC: 2026-05-04T10:35:00+01:00."""
        offset = self.wall - self.utc.replace(tzinfo=None)
        return self.utc.astimezone(timezone(offset)).isoformat()


@dataclass(frozen=True)
class Hours:
    """A window in which service may begin; None: open at that end."""

    start: Instant | None
    end: Instant | None

    def text(self, day: date) -> str:
        """The window as 10:00-12:00, with an en dash, and nothing at an end that is open."""
        start, end = ("" if moment is None else moment.clock(day) for moment in (self.start, self.end))
        return f"{start}\N{EN DASH}{end}"


@dataclass(frozen=True)
class DayVisit:
    """One visit of a driver. Texts are "" where nothing is known, `place` None where there is no point.

    `type` is one of VISIT_TYPES. `eta`, `start` of service and `end` are planned. Quantities are in the
    user's units, one per kind of load; `load` is what is on board on leaving. `fetched_at` is the number of
    the transfer that fetches the goods, None where they are on board from the start of the trip. `behind` is
    what is over: done, failed, skipped. What is `cancelled` is no longer visited.
    """

    type: str
    id: str
    sequence: int
    eta: Instant
    start: Instant
    end: Instant
    place: Place | None = None
    trip: int = 1
    name: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    notes: str = ""
    access_code: str = ""
    access_notes: str = ""
    windows: tuple[Hours, ...] = ()
    delivery: tuple[float, ...] = ()
    pickup: tuple[float, ...] = ()
    load: tuple[float, ...] = ()
    late_min: float = 0.0
    pair_id: str = ""
    fetched_at: int | None = None
    status: str = ""
    behind: bool = False
    cancelled: bool = False

    @property
    def is_stop(self) -> bool:
        """Whether it is at a customer's, not at a depot, and no break."""
        return self.type == VISIT_STOP

    @property
    def title(self) -> str:
        """What it is called: its name, or its id where it has none."""
        return self.name or self.id


@dataclass(frozen=True)
class DriverDay:
    """The day of one vehicle; `visits` in order, `ways` the lines of the legs as far as they are known.

    `version` and `distance_km` are None where nothing tells them.
    """

    vehicle_id: str
    driver: str
    plan_date: date
    time_zone: str
    visits: tuple[DayVisit, ...]
    ways: tuple[Line, ...] = ()
    plan_id: str = ""
    version: int | None = None
    distance_km: float | None = None
    colour: int = field(default=0, compare=False)

    @property
    def title(self) -> str:
        """Vehicle and driver."""
        return " · ".join(filter(None, (self.vehicle_id, self.driver)))

    @property
    def valid(self) -> tuple[DayVisit, ...]:
        """The visits that are not cancelled."""
        return tuple(visit for visit in self.visits if not visit.cancelled)

    @property
    def stops(self) -> tuple[DayVisit, ...]:
        """The stops that are not cancelled."""
        return tuple(visit for visit in self.valid if visit.is_stop)

    @property
    def ahead(self) -> tuple[DayVisit, ...]:
        """The visits still to be made."""
        return tuple(visit for visit in self.valid if not visit.behind)

    @property
    def to_reach(self) -> tuple[DayVisit, ...]:
        """The visits still to be made that one has to drive to: neither the start nor breaks."""
        return tuple(
            visit
            for visit in self.ahead
            if visit.place is not None and visit.type not in (VISIT_START, VISIT_BREAK)
        )

    @property
    def start_place(self) -> Place | None:
        """Where the way still to be driven begins; None for where the driver is."""
        return next((visit.place for visit in self.ahead[:1] if visit.type == VISIT_START), None)

    @property
    def line(self) -> Line:
        """The way as one line: that of the legs or, without them, straight from place to place."""
        drawn = [point for way in self.ways for point in way]
        places = [visit.place for visit in self.valid if visit.place is not None]
        points = drawn or [(place.lon, place.lat) for place in places]
        return tuple(point for before, point in zip([None, *points], points) if point != before)
