"""A day under way, looked up: who has left, who is lost, which stops are done, and where goods are.

What these words mean is in docs/model.md, "A day under way". What a vehicle has used up is in spent.py, what
becomes of the problem in rest.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from optiway_qgis.model.day import GOODS_BOUND, UNDELIVERED
from optiway_qgis.model.plan import VISIT_STOP

if TYPE_CHECKING:
    from optiway_qgis.model.day import Ask, Day, Progress
    from optiway_qgis.model.plan import Visit
    from optiway_qgis.model.problem import Depot, Problem, Sequence, Stop, Vehicle


@dataclass(frozen=True)
class Goods:
    """Where what is to be delivered at a stop is.

    On board of the vehicle `aboard`; or at the depot `depot`, where those that have not left load it and,
    with `fetched`, others may fetch it. All empty: nobody needs to have it.
    """

    aboard: str = ""
    depot: str = ""
    fetched: bool = False


NOWHERE = Goods()


@dataclass(frozen=True)
class Underway:
    """A problem with all stops, the order of those to do, and how far each vehicle is."""

    problem: Problem
    sequences: tuple[Sequence, ...]
    day: Day
    ask: Ask

    @cached_property
    def stops(self) -> dict[str, Stop]:
        """All stops by id."""
        return {stop.id: stop for stop in self.problem.stops}

    @cached_property
    def vehicles(self) -> dict[str, Vehicle]:
        """All vehicles by id."""
        return {vehicle.id: vehicle for vehicle in self.problem.vehicles}

    @cached_property
    def depots(self) -> frozenset[str]:
        """All depots, by id."""
        return frozenset(depot.id for depot in self.problem.depots)

    @cached_property
    def progress(self) -> dict[str, Progress]:
        """How far each vehicle is that the day tells of."""
        return {progress.vehicle_id: progress for progress in self.day.progress}

    @cached_property
    def lost(self) -> frozenset[str]:
        """Vehicles that go no further."""
        return frozenset(one.vehicle_id for one in self.day.progress if one.lost)

    @cached_property
    def lost_at(self) -> dict[str, Progress]:
        """The vehicles that are lost on their way, by the depots that stand for where they are."""
        return {one.stands_at: one for one in self.day.progress if one.lost and one.visits}

    @cached_property
    def left(self) -> dict[str, Progress]:
        """How far each vehicle is that has left and goes on."""
        return {name: one for name, one in self.progress.items() if one.visits and name not in self.lost}

    @cached_property
    def done(self) -> dict[str, tuple[str, Visit]]:
        """The vehicle and the visit of each stop that is behind a vehicle."""
        return {
            visit.id: (one.vehicle_id, visit)
            for one in self.day.progress
            for visit in one.visits
            if visit.type == VISIT_STOP
        }

    @cached_property
    def to_do(self) -> list[Stop]:
        """The stops that no vehicle has behind it."""
        return [stop for stop in self.problem.stops if stop.id not in self.done]

    @cached_property
    def _trips(self) -> dict[str, tuple[str, int]]:
        """The vehicle of each stop in the order to do, and how often it loads before it."""
        found = {}
        for sequence in self.sequences:
            for position, name in enumerate(sequence.stops):
                later = sum(after <= position for after in sequence.reloads or ())
                found[name] = sequence.vehicle_id, later
        return found

    def position(self, visit: Visit) -> tuple[float, float]:
        """Return where a stop or a depot is."""
        if visit.type == VISIT_STOP:
            place: Stop | Depot = self.stops[visit.id]
        else:
            place = next(depot for depot in self.problem.depots if depot.id == visit.id)
        return place.lon, place.lat

    def fetched_by(self, pickup_id: str) -> str:
        """Return the vehicle that has what was picked up at a stop done, "" when that failed."""
        vehicle_id, visit = self.done[pickup_id]
        return "" if visit.status in UNDELIVERED else vehicle_id

    def goods(self, stop: Stop) -> Goods:
        """Return where the goods of a stop still to do are."""
        pickup = stop.picked_up_at
        if pickup:
            return self._with(self.fetched_by(pickup), stop) if pickup in self.done else NOWHERE
        if not any(stop.delivery):
            return NOWHERE
        heading = [name for name, one in self.left.items() if one.next_stop == stop.id]
        if heading:
            return Goods(aboard=heading[0])
        if self._is_waiting(stop):
            return self._with("", stop)
        home = stop.planned.vehicle_id if stop.planned else ""
        if self.day.goods != GOODS_BOUND:
            # A vehicle that was to load again has no room for all at once.
            later = home in self.left and self._is_of_later_trip(stop, home)
            return self._at_depot(stop, home, fetched=True) if later else NOWHERE
        if home in self.vehicles and not self._is_of_later_trip(stop, home):
            one = self.progress.get(home)
            if one and one.visits:
                return self._with(home, stop)
            return self._at_depot(stop, home, fetched=home in self.lost)
        return self._at_depot(stop, home, fetched=True)

    def _with(self, holder: str, stop: Stop) -> Goods:
        """Return where goods are that a vehicle has, had, or was to fetch."""
        planned = stop.planned
        if planned and self._is_waiting(stop):
            return Goods(depot=planned.goods_at, fetched=True)
        if holder in self.lost and planned and planned.vehicle_id in self.vehicles:
            # What another was to deliver it has fetched by now.
            holder = planned.vehicle_id
        if holder in self.lost:
            return Goods(depot=self.progress[holder].stands_at, fetched=True)
        return Goods(aboard=holder)

    def _is_waiting(self, stop: Stop) -> bool:
        """Whether the goods of a stop wait where a vehicle was to fetch them."""
        return stop.planned is not None and stop.planned.goods_at in self.depots

    def _at_depot(self, stop: Stop, home: str, *, fetched: bool) -> Goods:
        depot = self._depot(stop, home)
        return Goods(depot=depot, fetched=fetched) if depot else NOWHERE

    def _is_of_later_trip(self, stop: Stop, home: str) -> bool:
        """Whether the vehicle of a stop serves it only when it has loaded again."""
        vehicle_id, later = self._trips.get(stop.id, ("", 0))
        return vehicle_id == home and later > 0

    def _depot(self, stop: Stop, home: str) -> str:
        """Return the depot of goods: that of the vehicle, else the one that most vehicles start at."""
        for name in (home, stop.vehicle_id, self._trips.get(stop.id, ("", 0))[0]):
            vehicle = self.vehicles.get(name)
            if vehicle and vehicle.start_depot is not None:
                return vehicle.start_depot
        starts = Counter(one.start_depot for one in self.problem.vehicles if one.start_depot is not None)
        return starts.most_common(1)[0][0] if starts else ""
