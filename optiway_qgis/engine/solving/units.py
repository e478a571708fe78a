"""Which stops are served together, and which of two stops has to come first on a route.

A unit is what is put in and taken out as a whole: a stop, or the two stops of a pair. Whether a route keeps
the rules is for the scheduler to say; here is only what no order of times can mend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optiway_qgis.model.problem import (
    KEEP_PREFIX,
    ORDER_EARLY,
    ORDER_FIRST,
    ORDER_FREE,
    ORDER_LAST,
    ORDER_STRICT,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence as Many

    from optiway_qgis.model.problem import Stop

Unit = tuple[int, ...]
"""Stops by index: one, or pickup and delivery of a pair."""

_PREFIX, _FIRST, _FREE, _LAST = range(4)

_NONE: frozenset[int] = frozenset()


class Units:
    """The units of a problem and the order its rules ask for, by index of the stops.

    `of` holds the unit of each stop. `bound` are the stops whose place on a route depends on others there.
    """

    def __init__(self, stops: Many[Stop]):
        index = {stop.id: number for number, stop in enumerate(stops)}
        self._stops = stops
        self._later: dict[int, set[int]] = {}
        self.of: list[Unit] = [(number,) for number in range(len(stops))]
        for number, stop in enumerate(stops):
            for name in stop.before:
                if name in index:
                    self._later.setdefault(number, set()).add(index[name])
            if stop.picked_up_at in index:
                pickup = index[stop.picked_up_at]
                self._later.setdefault(pickup, set()).add(number)
                self.of[pickup] = self.of[number] = (pickup, number)
        self._earlier: dict[int, set[int]] = {}
        for number, later in self._later.items():
            for other in later:
                self._earlier.setdefault(other, set()).add(number)
        self._stage = [_stage(stop) for stop in stops]
        self._fetched = frozenset(number for number, stop in enumerate(stops) if stop.fetch)
        self._ruled = any(
            stop.keep or stop.order_rule in (ORDER_STRICT, ORDER_FIRST, ORDER_LAST) for stop in stops
        )
        self.bound = frozenset(
            number
            for number, stop in enumerate(stops)
            if stop.order_rule not in (ORDER_FREE, ORDER_EARLY)
            or stop.keep
            or number in self._later
            or number in self._earlier
        )
        self.paired = any(len(unit) > 1 for unit in self.of)

    def among(self, stops: Many[int]) -> list[Unit]:
        """Return the units of the stops, each once and after those it needs, else in the order met."""
        asked = set(stops)
        found: dict[Unit, None] = {}
        met: set[Unit] = set()
        for stop in stops:
            waiting = [self.of[stop]]
            while waiting:
                unit = waiting[-1]
                if unit not in met:
                    met.add(unit)
                    needed = [self.of[one] for one in sorted(self.needs(unit) & asked, reverse=True)]
                    waiting += [one for one in needed if one not in met]
                else:
                    found.setdefault(waiting.pop())
        return list(found)

    def whole(self, stops: Iterable[int]) -> set[int]:
        """Return the stops with those they make pairs with."""
        return {one for stop in stops for one in self.of[stop]}

    def falling(self, stops: Iterable[int]) -> set[int]:
        """Return the stops with all that are not served without them: by pairs and by `before`."""
        return self._along(stops, self._later)

    def tied(self, stops: Iterable[int]) -> set[int]:
        """Return the stops with all that are on one route with them if served: by pairs and `before`."""
        return self._along(stops, self._later, self._earlier)

    def _along(self, stops: Iterable[int], *links: dict[int, set[int]]) -> set[int]:
        """Return the stops with all that pairs and links lead to from them."""
        found: set[int] = set()
        waiting = list(stops)
        while waiting:
            stop = waiting.pop()
            if stop not in found:
                found.add(stop)
                waiting += self.of[stop]
                for linked in links:
                    waiting += linked.get(stop, ())
        return found

    def needs(self, unit: Unit) -> set[int]:
        """Return the stops, others than its own, that a unit can only come after on the same route."""
        return {one for stop in unit for one in self._earlier.get(stop, ())}.difference(unit)

    def is_knotted(self, unit: Unit) -> bool:
        """Whether a pair needs stops that themselves can only come after it: they come between the two."""
        return len(unit) > 1 and not self.needs(unit).isdisjoint(self.falling(unit))

    def precedes(self, one: int, other: int) -> bool:
        """Whether a rule asks that on one route the one comes before the other."""
        if other in self._later.get(one, ()):
            return True
        if self._stage[one] < self._stage[other] and self._fetched.isdisjoint((one, other)):
            return True
        first, second = self._stops[one], self._stops[other]
        if first.keep and second.keep and first.keep_rank < second.keep_rank:
            return True
        return first.order_rule == second.order_rule == ORDER_STRICT and first.order_rank < second.order_rank

    def places(self, route: Many[int], stop: int, beside: Unit = ()) -> range:
        """Return the positions of a route at which the stop may stand; none without those it comes after.

        `beside` are stops that are not on the route yet, but will be.
        """
        first, last = 0, len(route)
        earlier, later = self._earlier.get(stop, _NONE), self._later.get(stop, _NONE)
        if earlier and not earlier.issubset((*route, *beside)):
            return range(0)
        if self._ruled:
            for position, other in enumerate(route):
                if self.precedes(other, stop):
                    first = position + 1
                elif self.precedes(stop, other):
                    last = min(last, position)
        elif earlier or later:
            for position, other in enumerate(route):
                if other in earlier:
                    first = position + 1
                elif other in later:
                    last = min(last, position)
        return range(first, last + 1)

    def in_order(self, route: Many[int]) -> list[int]:
        """Return stops in an order in which what has to come first does, else as they are.

        Of the stops that may come next the first of the route does. Where rules contradict each other the
        order of those that are left is kept.
        """
        if self.bound.isdisjoint(route):
            return list(route)
        left = list(route)
        done: list[int] = []
        while left:
            free = (stop for stop in left if not any(self.precedes(other, stop) for other in left))
            chosen = next(free, left[0])
            left.remove(chosen)
            done.append(chosen)
        return done


def _stage(stop: Stop) -> int:
    if stop.keep == KEEP_PREFIX:
        return _PREFIX
    if stop.order_rule == ORDER_FIRST:
        return _FIRST
    return _LAST if stop.order_rule == ORDER_LAST else _FREE
