"""A small local search on the objective itself, timed by the scheduler: for what no engine sees.

Stops that wish to be early are priced by their times, which PyVRP has no term for; travel times that depend
on the hour are known to no engine; and answers taken apart and put together again have kinks left. Only
changes that break no rule and lower the price are made, so the result is never worse. A pair goes from route
to route as a whole.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from optiway_qgis.engine.solving.objective import early_weight, length_of, route_price
from optiway_qgis.engine.solving.outlook import by_distance
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.solving.search import STOPPED_SETTLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.search import Clock

_NEIGHBOURS = 8
_TRIALS_PER_ITERATION = 20
_LEAST_GAIN = 1e-6

Change = dict[int, list[int]]
"""The new sequence of each vehicle that a move touches."""


def polish(instance: Instance, sequences: Sequences, clock: Clock) -> Sequences:
    """Return the sequences after moves of stops and turned stretches, as long as any lowers the price."""
    search = _Search(instance, sequences)
    trials = count()
    improving = True
    while improving:
        improving = False
        for stop in search.order:
            # Moves are generated from the routes as they stand: after a change the rest is stale.
            moved = True
            while moved:
                moved = False
                for change in search.moves(stop):
                    if clock.over(next(trials) // _TRIALS_PER_ITERATION):
                        return search.sequences
                    if search.accept(change):
                        clock.gain(search.price, search.cost)
                        moved = improving = True
                        break
    clock.stopped = STOPPED_SETTLED
    return search.sequences


class _Figures(NamedTuple):
    """Price and cost of a route, and its length in what is to be balanced."""

    price: float = 0.0
    cost: float = 0.0
    length: float = 0.0


class _Search:
    """The routes as they stand, with their prices."""

    def __init__(self, instance: Instance, sequences: Sequences):
        self.instance = instance
        self._balance_price = instance.problem.goals.balance_price if instance.balanced else 0.0
        self.sequences = [list(stops) for stops in sequences]
        self.figures = [
            self._figures(vehicle, stops) or _Figures() for vehicle, stops in enumerate(self.sequences)
        ]
        served = [stop for stops in self.sequences for stop in stops]
        self.order = sorted(served, key=lambda stop: -early_weight(instance, instance.stops[stop]))
        self.vehicle_of = {stop: vehicle for vehicle, stops in enumerate(self.sequences) for stop in stops}
        self._places = np.array([instance.travel.stop_place[stop] for stop in served])
        self._served = served
        self._near: dict[int, list[int]] = {}
        self._kind_of = {one: number for number, kind in enumerate(instance.kinds) for one in kind}

    @property
    def price(self) -> float:
        """Price of all routes."""
        longest = max(one.length for one in self.figures)
        return sum(one.price for one in self.figures) + self._balance_price * longest

    @property
    def cost(self) -> float:
        """Cost of all routes, without the wishes."""
        return sum(one.cost for one in self.figures)

    def near(self, stop: int) -> list[int]:
        """Return the stops that are the nearest to a stop by the way there."""
        if stop not in self._near:
            seconds = self.instance.matrix(self.instance.vehicles[0]).seconds
            legs = by_distance(seconds[self.instance.travel.stop_place[stop], self._places])
            nearest = np.argsort(legs, kind="stable")[: _NEIGHBOURS + 1]
            self._near[stop] = [self._served[index] for index in nearest if self._served[index] != stop]
        return self._near[stop]

    def _figures(self, vehicle: int, stops: list[int]) -> _Figures | None:
        """Return the figures of a route, None when it breaks a rule."""
        if not stops:
            return _Figures()
        table = Timetable(self.instance, self.instance.vehicles[vehicle], stops)
        if table.violations:
            return None
        return _Figures(route_price(table), sum(table.costs), length_of(table))

    def accept(self, change: Change) -> bool:
        """Make the change if it breaks no rule and lowers the price."""
        allowed = sum(self.figures[vehicle].price for vehicle in change) - _LEAST_GAIN
        figures = {}
        for vehicle, stops in change.items():
            own = self._figures(vehicle, stops)
            if own is None:
                return False
            figures[vehicle] = own
        if self._balance_price:
            allowed -= self._balance_price * self._lengthened(figures)
        if sum(own.price for own in figures.values()) >= allowed:
            return False
        for vehicle, stops in change.items():
            self.sequences[vehicle] = stops
            self.figures[vehicle] = figures[vehicle]
            self.vehicle_of.update(dict.fromkeys(stops, vehicle))
        return True

    def _lengthened(self, figures: dict[int, _Figures]) -> float:
        """Return by how much the longest route is longer after a change."""
        others = [one.length for vehicle, one in enumerate(self.figures) if vehicle not in figures]
        rest = max(others, default=0.0)
        before = max(self.figures[vehicle].length for vehicle in figures)
        return max(rest, *(own.length for own in figures.values())) - max(rest, before)

    def moves(self, stop: int) -> Iterator[Change]:
        """Yield the changes around a stop: forward in its route if it wishes so, then beside neighbours."""
        if early_weight(self.instance, self.instance.stops[stop]):
            yield from self._forward(stop)
        for other in self.near(stop):
            yield from self._next_to(stop, other)
            yield from self._exchanged(stop, other)
        yield from self._onto_idle(stop)
        yield from self._joined(stop)

    def _forward(self, stop: int) -> Iterator[Change]:
        """Yield the stop at each earlier position, and with the stretch before it turned round."""
        vehicle = self.vehicle_of[stop]
        route = self.sequences[vehicle]
        position = route.index(stop)
        for target in range(position):
            yield {vehicle: [*route[:target], stop, *route[target:position], *route[position + 1 :]]}
            yield {
                vehicle: [*route[:target], *reversed(route[target : position + 1]), *route[position + 1 :]]
            }
        yield {vehicle: route[::-1]}

    def _next_to(self, stop: int, other: int) -> Iterator[Change]:
        """Yield the stop right before and right after another, and stretches turned so that the two meet.

        With a stop that goes to another route its pair goes, right beside it.
        """
        vehicle, target = self.vehicle_of[stop], self.vehicle_of[other]
        route, goal = self.sequences[vehicle], self.sequences[target]
        moved = (stop,) if vehicle == target else self.instance.units.of[stop]
        without = [one for one in route if one not in moved]
        base = without if vehicle == target else goal
        place = base.index(other)
        for entry in (place, place + 1):
            entered = [*base[:entry], *moved, *base[entry:]]
            yield {target: entered} if vehicle == target else {vehicle: without, target: entered}
        if vehicle == target:
            low, high = sorted((route.index(stop), route.index(other)))
            yield {vehicle: [*route[: low + 1], *reversed(route[low + 1 : high + 1]), *route[high + 1 :]]}
            yield {vehicle: [*route[:low], *reversed(route[low:high]), *route[high:]]}
            return
        # The two routes exchange their ends behind the stop and before the other.
        cut, joint = route.index(stop) + 1, goal.index(other)
        yield {vehicle: route[:cut] + goal[joint:], target: goal[:joint] + route[cut:]}

    def _exchanged(self, stop: int, other: int) -> Iterator[Change]:
        """Yield the two stops, or what makes pairs with them, each in the place of the other."""
        vehicle, target = self.vehicle_of[stop], self.vehicle_of[other]
        one, two = self.instance.units.of[stop], self.instance.units.of[other]
        if vehicle != target and len(one) == len(two):
            ours, theirs = dict(zip(one, two)), dict(zip(two, one))
            yield {
                vehicle: [ours.get(index, index) for index in self.sequences[vehicle]],
                target: [theirs.get(index, index) for index in self.sequences[target]],
            }

    def _joined(self, stop: int) -> Iterator[Change]:
        """Yield the route that begins with the stop before and behind that of each other vehicle, and in
        exchange for it.
        """
        vehicle = self.vehicle_of[stop]
        route = self.sequences[vehicle]
        if route[0] != stop:
            return
        for other, goal in enumerate(self.sequences):
            if goal and other != vehicle:
                yield {vehicle: [], other: route + goal}
                yield {vehicle: [], other: goal + route}
                if vehicle < other and self._kind_of[vehicle] != self._kind_of[other]:
                    yield {vehicle: goal, other: route}

    def _onto_idle(self, stop: int) -> Iterator[Change]:
        """Yield the stop alone, and the route from it on, on the first idle vehicle of each kind."""
        vehicle = self.vehicle_of[stop]
        route = self.sequences[vehicle]
        position = route.index(stop)
        for kind in self.instance.kinds:
            idle = next((one for one in kind if not self.sequences[one]), None)
            if idle is not None:
                moved = self.instance.units.of[stop]
                yield {vehicle: [one for one in route if one not in moved], idle: list(moved)}
                yield {vehicle: route[:position], idle: route[position:]}
