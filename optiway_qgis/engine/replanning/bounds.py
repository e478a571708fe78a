"""What a place on a route adds at the least, and whether it could be reached in time: proved, not timed.

Bounds hold whatever the hour and wherever breaks are taken: of every leg the least counts, and no waiting.
Which of the places that they leave is the best is found in trials.py.
"""

from __future__ import annotations

from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from optiway_qgis.engine.solving.objective import route_price
from optiway_qgis.engine.solving.outlook import NO_WAY, detours, least_outlook, pair_detours
from optiway_qgis.engine.solving.steps import FOREVER
from optiway_qgis.model.plan import VISIT_STOP
from optiway_qgis.model.problem import DAY, loading_time, service_time

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.schedule import Timetable
    from optiway_qgis.engine.solving.units import Unit

_DOUBT = 1e-6
"""Sums of money that differ by less are the same."""


class Place(NamedTuple):
    """A place on a route: a stop goes before the one at position `first`, the delivery of a pair before the
    one at `last`, both counted on the route without them. `least` is what it adds to the price at the least.
    """

    least: float
    first: int
    last: int

    def order(self, stops: list[int], unit: Unit) -> list[int]:
        """Return the stops of the route with the unit at this place."""
        if len(unit) == 1:
            return [*stops[: self.first], *unit, *stops[self.first :]]
        pickup, delivery = unit
        return [
            *stops[: self.first],
            pickup,
            *stops[self.first : self.last],
            delivery,
            *stops[self.last :],
        ]


class Bounds:
    """One vehicle's route as it stands, `table` None for an idle vehicle, and what is known of its places."""

    def __init__(self, instance: Instance, vehicle: int, table: Timetable | None):
        self._instance, self.vehicle, self.table = instance, vehicle, table
        self.who = instance.vehicles[vehicle]
        self.stops = table.indices if table else []
        self.price = route_price(table) if table else 0.0
        self._places: dict[Unit, list[Place]] = {}

    def places(self, unit: Unit) -> list[Place]:
        """Return all places for a unit, those that may be cheapest first; places without a way come last."""
        if unit not in self._places:
            self._places[unit] = self._found(unit)
        return self._places[unit]

    def _found(self, unit: Unit) -> list[Place]:
        if len(unit) == 1:
            seconds, metres = detours(self._instance, self.vehicle, self.stops, unit[0])
            first = last = np.arange(len(seconds))
        else:
            added = pair_detours(self._instance, self.vehicle, self.stops, unit)
            first, last = np.triu_indices(len(added[0]))
            seconds, metres = (table[first, last] for table in added)
        least = np.full(len(seconds), -inf)
        if self._is_bounded:
            least = self._least(unit, seconds, metres)
        by_price = np.lexsort((seconds, least))
        return [
            Place(price, begin, end)
            for price, begin, end in zip(
                least[by_price].tolist(), first[by_price].tolist(), last[by_price].tolist()
            )
        ]

    @property
    def _is_bounded(self) -> bool:
        """Whether no leg is without a way: such a leg counts nothing, and one stop more may mend it."""
        return not (self.table and any(self.table.cut_off))

    def _least(self, unit: Unit, seconds: np.ndarray, metres: np.ndarray) -> np.ndarray:
        """Return what places that add so many seconds and metres of driving add to the price at the least."""
        instance, who = self._instance, self.who
        drive, distance, standing = self._least_of_route
        if self.who.max_trips > 1 and self.who.start_depot is not None:
            reloading = self._least_of_reloads(unit)
            drive, distance, standing = (
                one + more for one, more in zip((drive, distance, standing), reloading)
            )
        # Beside a stop at the same place a stop may spare that one's setup.
        place = instance.travel.stop_place
        spared = 0
        if self.table and instance.has_setup:
            spared = sum(
                max((s for i, s in zip(self.stops, self.table.setup) if place[i] == place[one]), default=0)
                for one in unit
            )
        serving = sum(service_time(who, instance.stops[one]) for one in unit)
        work = np.maximum(0, drive + standing + seconds + serving - spared)
        time = work / 3600 * who.cost_per_hour
        if who.overtime_after is not None and who.overtime_cost_per_hour is not None:
            extra = np.maximum(0, work - who.overtime_after)
            time += extra / 3600 * (who.overtime_cost_per_hour - who.cost_per_hour)
        price = who.fixed_cost + (distance + metres) / 1000 * who.cost_per_km + time + instance.vehicle_price
        strangers = instance.strangers[self.vehicle]
        if strangers:
            price += instance.problem.goals.zone_price * len(strangers.intersection([*self.stops, *unit]))
        return np.where(seconds >= NO_WAY, inf, price - self.price - _DOUBT)

    @cached_property
    def _least_of_route(self) -> tuple[int, int, int]:
        """Seconds and metres of driving at the least, and seconds of all else but waiting and breaks."""
        table = self.table
        if table is None:
            # Its only leg, from depot to depot, is taken off by the detour; `detours` adds it as it is.
            return *self._empty_way, 0
        matrix = self._instance.matrix(self.who)
        places = [place for place in (*self._before, self._after[-1]) if place is not None]
        way = places[:-1], places[1:]
        drive, distance = int(matrix.seconds[way].sum()), int(matrix.metres[way].sum())
        units = sum(self._instance.loaded[0][index] for index in self.stops)
        loading = loading_time(table.start_depot, units) if table.start_depot else 0
        return drive, distance, loading + sum(table.setup) + sum(table.service)

    def _least_of_reloads(self, unit: Unit) -> tuple[int, int, int]:
        """Return seconds and metres of driving, and seconds of loading, that the reloads add at the least
        which the route with the unit cannot do without, where it keeps its capacities now; less than nothing
        where a way by the depot may be shorter than the straight one.
        """
        instance, who = self._instance, self.who
        stops = [*self.stops, *unit]
        needed = 0
        kept = self.table is None or not self.table.violations
        for axis, loaded in enumerate(instance.loaded if kept else ()):
            limit = who.capacity[axis] if axis < len(who.capacity) else None
            if limit:
                needed = max(needed, -(-sum(loaded[stop] for stop in stops) // limit) - 1)
        depot = instance.depot(who.start_depot)
        if depot is None:
            return 0, 0, 0
        here = instance.depot_place(depot.id)
        places = np.array([instance.travel.stop_place[stop] for stop in stops])
        matrix = instance.matrix(who)
        added = []
        for table in (matrix.seconds, matrix.metres):
            there, back, direct = table[places, here], table[here, places], table[np.ix_(places, places)]
            around = there[:, None].astype(np.int64) + back - direct
            np.fill_diagonal(around, around.max())
            least = int(around.min())
            added.append(least * (who.max_trips - 1 if least < 0 else min(needed, who.max_trips - 1)))
        return added[0], added[1], depot.load * min(needed, who.max_trips - 1)

    @property
    def _empty_way(self) -> tuple[int, int]:
        ends = self.who.start_depot, self.who.end_depot
        if ends[0] is None or ends[1] is None:
            return 0, 0
        start, end = (self._instance.depot_place(depot) for depot in ends if depot is not None)
        matrix = self._instance.matrix(self.who)
        return int(matrix.seconds[start, end]), int(matrix.metres[start, end])

    def is_full(self, stop: int) -> bool:
        """Whether the stop, with its pair, would break a limit at every place, by the least it adds."""
        table = self.table
        if table is None or table.violations:
            return False
        return least_outlook(self._instance, self.vehicle, table, stop) is not None

    def can_be_in_time(self, instance: Instance, unit: Unit, place: Place) -> bool:
        """Whether a unit at a place may be served within its windows, as `instance` has them, with nothing
        missed after it that is kept now.
        """
        if self.table is None or self.who.breaks or self.who.max_trips > 1:
            return True
        begun = self._leaving[place.first]
        for number, (stop, position) in enumerate(zip(unit, (place.first, place.last))):
            begun = max(begun, self._leaving[position])
            along = number > 0 and place.last == place.first
            step = instance.stop_steps(self.who)[0][stop]
            before = self._instance.travel.stop_place[unit[0]] if along else self._before[position]
            begun += self._leg(before, step.place)
            if before != step.place:
                begun += step.setup
            begun = next((max(begun, one.start) for one in step.limits if begun <= one.end), begun)
            if step.limits and begun > step.limits[-1].end:
                return False
            begun += step.service
            follows = number + 1 < len(unit) and place.last == place.first
            if not follows and begun + self._leg(step.place, self._after[position]) > self._by[position]:
                return False
        return True

    def _leg(self, before: int | None, after: int | None) -> int:
        if before is None or after is None:
            return 0
        return max(0, int(self._seconds[before, after]))

    @cached_property
    def _seconds(self) -> np.ndarray:
        return self._instance.matrix(self.who).seconds

    @cached_property
    def _before(self) -> list[int | None]:
        """The place before each position: the start depot's first."""
        start = self.who.start_depot
        places = [self._instance.travel.stop_place[index] for index in self.stops]
        return [None if start is None else self._instance.depot_place(start), *places]

    @cached_property
    def _after(self) -> list[int | None]:
        """The place after each position: the end depot's last."""
        end = self.who.end_depot
        places = [self._instance.travel.stop_place[index] for index in self.stops]
        return [*places, None if end is None else self._instance.depot_place(end)]

    @cached_property
    def _leaving(self) -> list[int]:
        """When the vehicle can leave what is before each position at the earliest."""
        instance, who = self._instance, self.who
        moment = instance.earliest_departure(who)
        found = [moment]
        for position, index in enumerate(self.stops):
            step = instance.stop_steps(who)[0][index]
            moment += self._leg(self._before[position], step.place)
            moment = next((max(moment, one.start) for one in step.windows if moment <= one.end), moment)
            moment += step.service
            found.append(moment)
        return found

    @cached_property
    def _by(self) -> list[int]:
        """By when what is after each position has to be reached, so that nothing is missed that is kept."""
        if self.table is None:
            return [FOREVER]
        visits = [visit for visit in self.table.route().visits if visit.sequence]
        # A setup may be spared when a stop at the same place comes before.
        latest = [
            FOREVER if visit.slack >= DAY else visit.arrival + visit.setup + visit.slack for visit in visits
        ]
        if not visits or visits[-1].type == VISIT_STOP:
            latest.append(FOREVER)
        return latest
