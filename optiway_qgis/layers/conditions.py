"""What makes travel times depend on the day and the hour: traffic, weather and barriers of one plan.

The layers are read in read_traffic.py and read_barriers.py; what the conditions do to ways and times is the
engine's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from ..model.findings import About, Fault
from ..model.problem import DAY, Window
from .read_barriers import Barriers, read_barriers
from .read_traffic import TRAFFIC, Traffic, read_traffic
from .read_zones import ZONES, Zones

if TYPE_CHECKING:
    from qgis.core import QgsProcessingFeatureSource

    from ..model.problem import Vehicle
    from .reading import Reading


_FOR_EVER = 30 * DAY
_LINK = "_link"


@dataclass(frozen=True)
class Conditions:
    """The traffic, weather and barriers of a plan; the default changes nothing."""

    traffic: Traffic = field(default_factory=Traffic)
    weather: float = 1.0
    barriers: Barriers = field(default_factory=Barriers)
    horizon: Window = field(default_factory=lambda: Window(0, DAY))

    def travel_members(self) -> dict[str, Any]:
        """The members of a job's `travel` (docs/model.md); those not used are left out.

        What holds at an end of the horizon has no end there: outside no other state of the roads is made.
        """
        traffic: dict[str, Any] = {}
        if self.traffic.rows:
            traffic["rows"] = [
                {**row, "end": self.horizon.end + _FOR_EVER} if row["end"] >= self.horizon.end else row
                for row in self.traffic.rows
            ]
        if self.weather != 1:
            traffic["weather"] = self.weather
        if self.traffic.zones:
            traffic["zones"] = dict(self.traffic.zones)
        members: dict[str, Any] = {"traffic": traffic} if traffic else {}
        if self.barriers.forms:
            members["barriers"] = [{**form, **self._limits(form)} for form in self.barriers.forms]
        return members

    def classes_without_roads(self, classes: Iterable[str]) -> list[str]:
        """Classes of road that rows name and none of these is; a slip road is of its road's class, too."""
        known = {name.strip().lower() for name in classes}
        known |= {name[: -len(_LINK)] for name in known if name.endswith(_LINK)}
        named = {row["road_class"] for row in self.traffic.rows if "road_class" in row}
        return sorted(name for name in named if name.lower() not in known)

    @property
    def situations(self) -> int:
        """How many different states of the roads there are within the horizon."""
        spans = [_span(form, self.horizon) for form in (*self.traffic.rows, *self.barriers.forms)]
        cuts = {self.horizon.start, *(end for span in spans for end in span[:2] if self._is_within(end))}
        return len({frozenset(what for start, end, what in spans if start <= cut < end) for cut in cuts})

    def _limits(self, form: Mapping[str, Any]) -> dict[str, int | None]:
        """When a barrier begins and ends, as far as that is within the horizon.

        One that is there for some hours keeps a limit also where vehicles work in these alone: stops move
        only away from barriers that hold always.
        """
        start, end = (form[name] if self._is_within(form[name]) else None for name in ("start", "end"))
        if start is None and end is None and not (form["start"] is None and form["end"] is None):
            start = self.horizon.start
        return {"start": start, "end": end}

    def _is_within(self, moment: int | None) -> bool:
        return moment is not None and self.horizon.start < moment < self.horizon.end


def read_conditions(
    traffic: QgsProcessingFeatureSource | None,
    zones: Zones | None,
    barriers: QgsProcessingFeatureSource | None,
    weather: float,
    horizon: Window,
    reading: Reading,
) -> Conditions:
    """Read what is given; what is wrong is added to the errors of the reading."""
    found = Traffic() if traffic is None else read_traffic(traffic, zones, horizon, reading)
    hindered = Barriers() if barriers is None else read_barriers(barriers, horizon, reading)
    return Conditions(found, weather, hindered, horizon)


def tell_unused_zones(
    zones: Zones | None, vehicles: Iterable[Vehicle], has_traffic: bool, reading: Reading
) -> None:
    """Warn of zones that are given where neither traffic nor vehicles could name them."""
    if zones is not None and not has_traffic and not any(vehicle.zones for vehicle in vehicles):
        text = f"{ZONES} is not used without {TRAFFIC} or vehicles with zone_id"
        reading.warn(Fault("no_effect", text), About(ZONES))


def horizon_of(vehicles: Iterable[Vehicle], may_overrun: bool) -> Window:
    """From the first to the last moment of any shift; the plan date at least where they may be overrun."""
    shifts = [vehicle.shift for vehicle in vehicles]
    if may_overrun or not shifts:
        shifts.append(Window(0, DAY))
    return Window(min(shift.start for shift in shifts), max(shift.end for shift in shifts))


def _span(form: Mapping[str, Any], horizon: Window) -> tuple[int, int, str]:
    """From when to when a row or barrier holds, and a text that is the same where it does the same."""
    start, end = form["start"], form["end"]
    what = str([form[name] for name in sorted(form) if name not in ("start", "end")])
    return horizon.start if start is None else start, horizon.end if end is None else end, what
