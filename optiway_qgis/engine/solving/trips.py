"""Where a vehicle reloads: a given order of stops cut into trips. The rules are those of docs/model.md.

Breaks and docks are not looked at: they are placed on the trips chosen here (breaks.py, docks.py). The times
followed here serve the choice only; those of a plan are stated by schedule.py.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from optiway_qgis.engine.solving.steps import FOREVER
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.problem import loading_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optiway_qgis.engine.solving.driving import Leg
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.model.problem import Depot, Stop, Vehicle


def reloads(instance: Instance, vehicle: Vehicle, stops: list[int]) -> tuple[int, ...]:
    """Return after how many of the stops, given by their indices in order, the vehicle reloads each time.

    Of all ways to cut the stops into at most `max_trips` trips, stops of a pair together, it is the one that
    breaks the fewest rules (each rule at each visit counts, limits of drive and distance once, `max_work`
    not, as the start is not known yet), of equals the
    one that ends earliest, of equals the one with the fewest trips. A single trip that breaks no rule and
    waits for no goods is best. Where one keeps capacity and goods no other is tried, unless stops have
    `ready` or `due` or loading takes longer for more.
    """
    depot = instance.depot(vehicle.start_depot)
    if depot is None or vehicle.max_trips < 2 or len(stops) < 2:
        return ()
    route = _Route(instance, vehicle, depot, stops)
    if route.fits(0, len(stops)):
        if not route.may_gain:
            return ()
        if max(route.ready) <= route.first_moment and route.cut(1, keeps_all=True):
            return ()
    return min(route.cut(vehicle.max_trips, keeps_all=True) or route.cut(vehicle.max_trips)).cuts


class _Label(NamedTuple):
    """What is known when the vehicle is back at the depot: the smaller the better, in each but the last.

    `clock` is the moment of arrival, `unhurried` the moment by which the trip had to be back, negative.
    `drive` and `metres` are those so far, 0 where neither is limited.
    """

    broken: int
    clock: int
    trips: int
    unhurried: int = -FOREVER
    drive: int = 0
    metres: int = 0
    cuts: tuple[int, ...] = ()


class _Steady:
    """A leg whose time does not depend on the hour, asked like a `Leg`."""

    __slots__ = ("metres", "seconds")

    def __init__(self, seconds: int, metres: int):
        self.seconds = seconds
        self.metres = (metres,)

    def arrival(self, departure: int) -> int | None:
        return None if self.seconds == UNREACHABLE else departure + self.seconds

    def begun_in(self, departure: int) -> int | None:
        return None if self.seconds == UNREACHABLE else 0


class _Route:
    """The stops of one vehicle by position, which counts from 0, and what trips over some of them break.

    A trip is given by the position of its first stop and the one after its last.
    """

    def __init__(self, instance: Instance, vehicle: Vehicle, depot: Depot, indices: list[int]):
        self._instance = instance
        self._vehicle = vehicle
        self._depot = depot
        self._indices = indices
        self._stops: list[Stop] = [instance.stops[index] for index in indices]
        self._size = len(indices)
        self._measured = False
        self._limited = vehicle.max_drive is not None or vehicle.max_distance is not None
        self._weigh()
        self._clashes = instance.clashes
        self.first_moment = instance.earliest_departure(vehicle)
        self.ready = [-FOREVER if stop.ready is None else stop.ready for stop in self._stops]
        self._due = [FOREVER if stop.due is None else stop.due for stop in self._stops]
        timed = max(self.ready) > -FOREVER or min(self._due) < FOREVER
        self.may_gain = timed or depot.load_per_unit > 0

    def _weigh(self) -> None:
        """Sum up the loads before each position: those loaded at the depot, and the changes on the way."""
        self._loads = []
        for axis, (loaded, change) in enumerate(zip(self._instance.loaded, self._instance.taken_on)):
            limit = self._vehicle.capacity[axis] if axis < len(self._vehicle.capacity) else None
            # The first load counts without a limit, too: what it takes to load it.
            if axis and limit is None:
                continue
            self._loads.append(
                (
                    list(accumulate((loaded[index] for index in self._indices), initial=0)),
                    list(accumulate((change[index] for index in self._indices), initial=0)),
                    FOREVER * FOREVER if limit is None else limit,
                )
            )

    def fits(self, first: int, end: int) -> bool:
        """Whether a trip keeps capacity and goods."""
        for loaded, change, limit in self._loads:
            if max(change[first : end + 1]) - change[first] + loaded[end] - loaded[first] > limit:
                return False
        return not (self._clashes and self._clashing(first, end))

    def _overloads(self, first: int, end: int) -> int:
        """Return at how many visits of a trip, its depot included, there is too much on board."""
        return sum(
            any(
                loaded[end] - loaded[first] + change[position] - change[first] > limit
                for loaded, change, limit in self._loads
            )
            for position in range(first, end + 1)
        )

    def _clashing(self, first: int, end: int) -> int:
        """Return how many stops of a trip have goods that may not be there with those of a stop before."""
        aboard: set[str] = set()
        found = 0
        for stop in self._stops[first:end]:
            found += not aboard.isdisjoint(self._clashes.get(stop.goods_class, ()))
            aboard.add(stop.goods_class)
        return found

    def _measure(self) -> None:
        """Look up the legs and what each stop takes."""
        travel = self._instance.travel
        places = [travel.stop_place[index] for index in self._indices]
        depot = self._instance.depot_place(self._depot.id)
        self._onward = self._legs(places[:1] + places[:-1], places)
        self._out = self._legs([depot] * self._size, places)
        self._back = self._legs(places, [depot] * self._size)
        end_depot = self._instance.depot(self._vehicle.end_depot)
        self._home: list[Leg | _Steady] = []
        self._home_window = end_depot.window if end_depot else None
        if end_depot:
            self._home = self._legs(places[-1:], [self._instance.depot_place(end_depot.id)])
        own, bare = self._instance.stop_steps(self._vehicle)
        self._first_steps = [own[index] for index in self._indices]
        self._steps = self._first_steps[:1] + [
            (bare if before == place else own)[index]
            for index, (before, place) in zip(self._indices[1:], pairwise(places))
        ]
        self._late_after = [step.limits[-1].end if step.limits else FOREVER for step in self._steps]
        self._may_cut = [True] * self._size
        position_of = {stop.id: position for position, stop in enumerate(self._stops)}
        for position, stop in enumerate(self._stops):
            other = position_of.get(stop.picked_up_at, position)
            first, last = min(position, other), max(position, other)
            self._may_cut[first + 1 : last + 1] = [False] * (last - first)
        self._measured = True

    def _legs(self, origins: list[int], targets: list[int]) -> list[Leg | _Steady]:
        by_hour = self._instance.legs(self._vehicle)
        if by_hour:
            return [by_hour.between(*pair) for pair in zip(origins, targets)]
        matrix = self._instance.matrix(self._vehicle)
        seconds = matrix.seconds[origins, targets].tolist()
        return [_Steady(*leg) for leg in zip(seconds, matrix.metres[origins, targets].tolist())]

    def cut(self, trips: int, *, keeps_all: bool = False) -> list[_Label]:
        """Return the ways to serve all stops on so many trips or fewer that can be the best.

        With `keeps_all` only ways that break no rule are looked at; there may be none.
        """
        if not self._measured:
            self._measure()
        starts = self._trip_starts(trips) if keeps_all else [0] * trips
        labels: list[list[_Label]] = [[] for _ in range(self._size + 1)]
        labels[0].append(_Label(0, self.first_moment, 0))
        for first in range(self._size):
            for label in labels[first]:
                left = trips - label.trips - 1
                if left >= 0:
                    for end, longer in self._trips_from(first, label, starts[left], left, keeps_all):
                        _add(labels[end], longer)
        return labels[-1]

    def _trip_starts(self, trips: int) -> list[int]:
        """Return the first position from which the loads of all stops fit on so many trips, from none on."""
        starts = [self._size]
        for _ in range(trips - 1):
            end = starts[-1]
            while end < self._size and not self._may_cut[end]:
                end += 1
            first = end
            while first > 0 and self.fits(first - 1, end):
                first -= 1
            starts.append(first)
        return starts

    def _trips_from(
        self, first: int, label: _Label, next_from: int, left: int, keeps_all: bool
    ) -> Iterator[tuple[int, _Label]]:
        """Extend a label by each next trip; yield the position after it and the longer label.

        The trip after it begins at `next_from` or later; `left` more trips are allowed.
        """
        ready, due = -FOREVER, FOREVER
        departure = None
        for end in range(first + 1, self._size + 1):
            ready, due = max(ready, self.ready[end - 1]), min(due, self._due[end - 1])
            is_last = end == self._size
            if not is_last and (not left or end < next_from or not self._may_cut[end]):
                continue
            leaving, broken = self._load(first, end, ready, label)
            if not self.fits(first, end):
                broken += self._overloads(first, end) + self._clashing(first, end)
            if leaving != departure:
                departure = leaving
                reached = first
                state = (0, departure, 0, 0)
            state = self._follow(first, reached, end, state)
            reached = end
            broken += state[0]
            if keeps_all and broken:
                return
            longer = self._return(label, end, broken, due, state)
            if not (keeps_all and longer.broken):
                yield end, longer

    def _load(self, first: int, end: int, ready: int, label: _Label) -> tuple[int, int]:
        """Return when the vehicle leaves the depot for a trip, and how many rules were broken by then."""
        window = self._depot.window
        begin = max(label.clock, ready, window.start if window else label.clock)
        loaded = self._loads[0][0]
        departure = begin + loading_time(self._depot, loaded[end] - loaded[first])
        broken = label.broken + bool(window and departure > window.end)
        if first:
            return departure, broken + (begin > -label.unhurried)
        latest = self._vehicle.latest_start
        return departure, broken + (latest is not None and begin > latest)

    def _follow(
        self, first: int, position: int, end: int, state: tuple[int, int, int, int]
    ) -> tuple[int, int, int, int]:
        """Serve the stops of a trip from a position on; a state is rules broken, clock, drive and metres."""
        broken, clock, drive, metres = state
        for here in range(position, end):
            leg, step = self._onward[here], self._steps[here]
            if here == first:
                leg, step = self._out[here], self._first_steps[here]
            arrival = leg.arrival(clock)
            if arrival is None:
                broken += 1
                arrival = clock
            elif self._limited:
                drive += arrival - clock
                metres += leg.metres[leg.begun_in(clock) or 0]
            clock = arrival + step.setup
            for window in step.windows:
                if clock <= window.end:
                    if clock < window.start:
                        clock = window.start
                    break
            if clock > self._late_after[here]:
                broken += 1
            clock += step.service
        return broken, clock, drive, metres

    def _return(
        self, label: _Label, end: int, broken: int, due: int, state: tuple[int, int, int, int]
    ) -> _Label:
        """Return the label of being back from a trip: to reload, or at the end of work."""
        vehicle = self._vehicle
        clock, drive, metres = state[1], label.drive + state[2], label.metres + state[3]
        for leg in self._back[end - 1 : end] if end < self._size else self._home:
            arrival = leg.arrival(clock)
            if arrival is None:
                broken += 1
                continue
            if self._limited:
                drive += arrival - clock
                metres += leg.metres[leg.begun_in(clock) or 0]
            clock = arrival
        if end < self._size:
            return _Label(broken, clock, label.trips + 1, -due, drive, metres, (*label.cuts, end))
        if self._home_window:
            clock = max(clock, self._home_window.start)
            broken += clock > self._home_window.end
        broken += (clock > vehicle.shift.end) + (clock > due)
        broken += vehicle.max_drive is not None and drive > vehicle.max_drive
        broken += vehicle.max_distance is not None and metres > vehicle.max_distance
        return _Label(broken, clock, label.trips + 1, cuts=label.cuts)


def _add(labels: list[_Label], new: _Label) -> None:
    """Add a label unless another is as good in each respect, and take out those it is as good as."""
    if any(_as_good(old, new) for old in labels):
        return
    labels[:] = [old for old in labels if not _as_good(new, old)]
    labels.append(new)


def _as_good(one: _Label, other: _Label) -> bool:
    return (
        one.broken <= other.broken
        and one.clock <= other.clock
        and one.trips <= other.trips
        and one.unhurried <= other.unhurried
        and one.drive <= other.drive
        and one.metres <= other.metres
    )
