"""What happens on a route, worked out anew for the checker: events in order, their times, slack and loads.

From the plan come only the order of visits, the start of work, and the moments that docs/model.md leaves to
the scheduler. What is broken is told in check_rules.py, what the plan must state in check_figures.py.
Nothing here is shared with schedule.py, which makes the figures.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from statistics import mode
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.travel.provider import UNREACHABLE, Travel, travel_kind
from optiway_qgis.model.plan import (
    VISIT_BREAK,
    VISIT_END,
    VISIT_RELOAD,
    VISIT_START,
    VISIT_STOP,
    Route,
    Visit,
)
from optiway_qgis.model.problem import DAY, LOAD_SCALE, Break, Depot, Problem, Stop, Vehicle, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

SLACK_CAP = DAY
THOUSAND = 1000
FAR_FUTURE = 10**9
"""Seconds beyond which a number is not taken for a time (thirty years)."""

NEVER = 10**12
"""A moment after all others, however far routes slip."""


@dataclass(frozen=True)
class Book:
    """The problem by id: stops and depots with their places, and what binds stops to each other.

    `deliveries` maps the pickup of a pair to its delivery, `named_by` a stop to those that name it in
    `before`, `incompatible` a class of goods to those it may not be with.
    """

    travel: Travel
    dimensions: int
    stops: dict[str, tuple[Stop, int]]
    depots: dict[str, tuple[Depot, int]]
    vehicles: dict[str, Vehicle]
    deliveries: dict[str, Stop]
    named_by: dict[str, list[str]]
    incompatible: dict[str, set[str]]

    @classmethod
    def of(cls, problem: Problem, travel: Travel) -> Book:
        """Look up the problem, whose places are those of `travel`."""
        named_by, incompatible = defaultdict(list), defaultdict(set)
        for stop in problem.stops:
            for later in stop.before:
                named_by[later].append(stop.id)
        for one, other in problem.incompatible:
            incompatible[one].add(other)
            incompatible[other].add(one)
        return cls(
            travel,
            problem.dimensions,
            {stop.id: (stop, place) for stop, place in zip(problem.stops, travel.stop_place)},
            {depot.id: (depot, place) for depot, place in zip(problem.depots, travel.depot_place)},
            {vehicle.id: vehicle for vehicle in problem.vehicles},
            {stop.picked_up_at: stop for stop in problem.stops if stop.picked_up_at},
            dict(named_by),
            dict(incompatible),
        )


def find(known: dict[str, Any], key: object) -> Any:
    """Return what is known by that id, None for whatever a damaged plan may hold instead of one."""
    return known.get(key) if isinstance(key, str) else None


def is_time(value: object) -> bool:
    """Whether a member of a plan can be reckoned with as seconds."""
    return type(value) is int and abs(value) <= FAR_FUTURE


@dataclass(frozen=True)
class Way:
    """The way between two places in each slot of the day: when the slot is over, seconds and metres there.

    A slot without a way is told by a length of None, the last slot is never over.
    """

    ends: tuple[float, ...]
    seconds: tuple[int, ...]
    metres: tuple[int | None, ...]

    @classmethod
    def of(cls, travel: Travel, vehicle: Vehicle, origin: int, target: int) -> Way:
        """Look up the way of a vehicle from one place to another."""
        kind = travel_kind(vehicle)
        matrices = [slot.matrices[kind] for slot in travel.slots] or [travel.matrices[kind]]
        seconds = tuple(int(matrix.seconds[origin, target]) for matrix in matrices)
        metres = [int(matrix.metres[origin, target]) for matrix in matrices]
        return cls(
            (*(slot.start for slot in travel.slots[1:]), math.inf),
            seconds,
            tuple(None if UNREACHABLE in ways else ways[1] for ways in zip(seconds, metres)),
        )

    def arrival(self, leaving: int) -> int:
        """Return when a vehicle that leaves at that moment is there, `NEVER` when it would stand for ever."""
        now: float = leaving
        # Of a way that takes `whole` seconds `left` are to go yet; at first all of it, in whatever unit.
        left = whole = 1
        for slot in range(bisect_right(self.ends, leaving), len(self.ends)):
            if self.metres[slot] is not None:
                left, whole = -(-left * self.seconds[slot] // whole), self.seconds[slot]
                if now + left <= self.ends[slot]:
                    return int(now + left)
                left -= int(self.ends[slot] - now)
            now = self.ends[slot]
        return NEVER

    def length(self, leaving: int) -> int:
        """Return the metres of the slot it is begun in, or of the first one after it that has a way."""
        lengths = self.metres[bisect_right(self.ends, leaving) :]
        return next((length for length in lengths if length is not None), 0)

    def latest_leaving(self, arrival: int, known: int) -> int:
        """Return the last moment of leaving that is there by `arrival`, as leaving at the `known` one is."""
        moments = range(known, arrival + 1)
        return known - 1 + bisect_right(moments, arrival, key=self.arrival)


@dataclass(frozen=True)
class Call:
    """What a vehicle has to do at one place, before it is known when.

    `what` is the stop, depot or break; `windows` bind the start, at a depot the end of loading, too.
    `ready` is when the goods of the trip that begins here are ready, `stated` the visit of the plan, from
    which the start is taken where `may_wait` says that the scheduler could choose a later one.
    """

    type: str
    what: Stop | Depot | Break
    place: int
    trip: int
    windows: tuple[Window, ...]
    setup: int = 0
    service: int = 0
    ready: int | None = None
    may_wait: bool = False
    stated: Visit | None = None

    @property
    def id(self) -> str:
        """The id of the stop, depot or break."""
        return self.what.id

    @property
    def stop(self) -> Stop | None:
        """The stop that is served, if one is."""
        return self.what if isinstance(self.what, Stop) else None

    @property
    def stop_id(self) -> str:
        """The id of the stop that is served, "" elsewhere."""
        return self.what.id if isinstance(self.what, Stop) else ""

    @property
    def last_start(self) -> int:
        """The last start that keeps the windows: at a stop `late_max` after, at a depot loaded by then."""
        if not self.windows:
            return NEVER
        last = self.windows[-1].end
        if isinstance(self.what, Stop):
            return NEVER if self.what.late_max is None else last + self.what.late_max
        return last if isinstance(self.what, Break) else last - self.service


@dataclass(frozen=True)
class Event(Call):
    """A call with its times; `way` is the one that leads there, if any does, of `seconds` and `metres`."""

    way: Way | None = None
    seconds: int = 0
    metres: int = 0
    arrival: int = 0
    start: int = 0

    @property
    def end(self) -> int:
        """When service, loading or rest is over."""
        return self.start + self.service

    @property
    def wait(self) -> int:
        """Seconds between setup and start."""
        return self.start - self.arrival - self.setup

    @property
    def late(self) -> int:
        """Seconds from the end of the last window of a stop to the start of its service."""
        return max(0, self.start - self.windows[-1].end) if self.windows and self.stop else 0

    @property
    def early(self) -> int:
        """Seconds by which work begins before the start depot opens; all others wait."""
        return max(0, self.windows[0].start - self.start) if self.windows else 0

    @property
    def overdue(self) -> int:
        """Seconds by which the last start allowed is missed."""
        return max(0, self.start - self.last_start)


def events_of(book: Book, vehicle: Vehicle, route: Route, visits: list[Visit]) -> list[Event]:
    """Return what happens on a route that serves at least one known stop.

    Visits in impossible places (a reload that is not between two stops, a break at the beginning or end)
    and those of unknown things do not happen.
    """
    events: list[Event] = []
    # Where the vehicle is: the event before, breaks aside.
    before: Event | None = None
    for call in _calls(book, vehicle, visits):
        leaving = events[-1].end if events else _start(route, visits, vehicle)
        way, arrival = None, leaving
        if before and call.type != VISIT_BREAK:
            way = Way.of(book.travel, vehicle, before.place, call.place)
            arrival = way.arrival(leaving)
            if arrival == NEVER:
                way, arrival = None, leaving
        if before and before.stop and before.place == call.place:
            call = replace(call, setup=0)
        event = Event(
            **vars(call),
            way=way,
            seconds=arrival - leaving,
            metres=way.length(leaving) if way else 0,
            arrival=arrival,
            start=_begun(call, arrival + call.setup),
        )
        events.append(event)
        if event.type != VISIT_BREAK:
            before = event
    return events


def _start(route: Route, visits: list[Visit], vehicle: Vehicle) -> int:
    """Return the start of work that most figures agree on: one damaged figure must not taint the route."""
    first = visits[0]
    votes = [time for time in (route.start, first.arrival) if is_time(time)]
    if all(is_time(time) for time in (first.start, first.setup, first.wait)):
        votes.append(first.start - first.setup - first.wait)
    return mode(votes) if votes else vehicle.shift.start


def _begun(call: Call, ready: int) -> int:
    """Return when service, loading or rest begins; work at a start depot begins at once."""
    if call.type == VISIT_START:
        return ready
    begun = _opening(call.windows, ready)
    if call.ready is not None:
        begun = max(begun, call.ready)
    if not call.may_wait or call.stated is None:
        return begun
    stated = call.stated
    votes = [stated.start] if is_time(stated.start) else []
    votes += [ready + stated.wait] if is_time(stated.wait) else []
    votes += [stated.end - call.service] if is_time(stated.end) else []
    later = max(begun, mode(votes)) if votes else begun
    inside = not call.windows or any(window.start <= later <= window.end for window in call.windows)
    return later if inside or not call.stop else begun


def _opening(windows: tuple[Window, ...], ready: int) -> int:
    """Return the first moment from `ready` on that lies in a window, or `ready` when all have passed."""
    for window in windows:
        if ready <= window.end:
            return max(ready, window.start)
    return ready


def _calls(book: Book, vehicle: Vehicle, visits: list[Visit]) -> Iterator[Call]:
    kept = _possible(book, vehicle, visits)
    trips: list[list[Stop]] = [[]]
    for visit in kept:
        if visit.type == VISIT_RELOAD:
            trips.append([])
        if visit.type == VISIT_STOP:
            trips[-1].append(book.stops[visit.id][0])

    trip, place = 1, -1
    if vehicle.start_depot is not None:
        depot, place = book.depots[vehicle.start_depot]
        loading = _loading(depot, trips[0])
        yield Call(VISIT_START, depot, place, trip, _hours(depot), service=loading)
    for visit in kept:
        if visit.type == VISIT_STOP:
            stop, place = book.stops[visit.id]
            delivery = book.deliveries.get(stop.id)
            yield Call(
                VISIT_STOP,
                stop,
                place,
                trip,
                stop.windows,
                stop.setup,
                _rounded_up(stop.service * _thousandths(vehicle.service_factor), THOUSAND),
                may_wait=delivery is not None and delivery.ride_max is not None,
                stated=visit,
            )
        elif visit.type == VISIT_RELOAD:
            trip += 1
            home = vehicle.start_depot
            depot, place = book.depots[visit.id if home is None else home]
            yield Call(
                VISIT_RELOAD,
                depot,
                place,
                trip,
                _hours(depot),
                service=0 if home is None else _loading(depot, trips[trip - 1]),
                ready=max((stop.ready for stop in trips[trip - 1] if stop.ready is not None), default=None),
                may_wait=depot.docks is not None,
                stated=visit,
            )
        else:
            rest = next(rest for rest in vehicle.breaks if rest.id == visit.id)
            windows = (rest.window,) if rest.window else ()
            yield Call(VISIT_BREAK, rest, place, trip, windows, service=_rest(rest, visit))
    if vehicle.end_depot is not None:
        depot, place = book.depots[vehicle.end_depot]
        yield Call(VISIT_END, depot, place, trip, _hours(depot))


def _possible(book: Book, vehicle: Vehicle, visits: list[Visit]) -> list[Visit]:
    """Return the visits between start and end depot that can happen where the plan has them."""
    known = {
        VISIT_STOP: book.stops,
        VISIT_RELOAD: book.depots,
        VISIT_BREAK: {rest.id: rest for rest in vehicle.breaks},
    }
    inner = [visit for visit in visits if find(find(known, visit.type) or {}, visit.id) is not None]
    last_stop = max(at for at, visit in enumerate(inner) if visit.type == VISIT_STOP)
    kept: list[Visit] = []
    at_stop = False
    for at, visit in enumerate(inner):
        if visit.type == VISIT_RELOAD and (not at_stop or at > last_stop):
            continue
        if visit.type == VISIT_BREAK and not kept and vehicle.start_depot is None:
            continue
        if visit.type == VISIT_BREAK and at > last_stop and vehicle.end_depot is None:
            continue
        kept.append(visit)
        if visit.type != VISIT_BREAK:
            at_stop = visit.type == VISIT_STOP
    return kept


def _hours(depot: Depot) -> tuple[Window, ...]:
    return (depot.window,) if depot.window else ()


def _loading(depot: Depot, trip: list[Stop]) -> int:
    units = sum(stop.delivery[0] for stop in trip if stop.delivery and not stop.picked_up_at)
    return depot.load + _rounded_up(units * _thousandths(depot.load_per_unit), THOUSAND * LOAD_SCALE)


def _thousandths(factor: float) -> int:
    return round(factor * THOUSAND)


def _rounded_up(amount: int, whole: int) -> int:
    return -(-amount // whole)


def _rest(rest: Break, visit: Visit) -> int:
    """Return the rest that is stated, when the break may be that long, else all of the break."""
    stated = [visit.service] if is_time(visit.service) else []
    stated += [visit.end - visit.start] if is_time(visit.end) and is_time(visit.start) else []
    parts = (rest.first_part, rest.duration - rest.first_part) if rest.first_part else ()
    return next((length for length in stated if length in (rest.duration, *parts)), rest.duration)


def slacks_of(vehicle: Vehicle, events: list[Event]) -> list[int]:
    """Return the slack of each event, worked out from the last: its latest arrival that harms nothing."""
    # A shift that is over lets the route end at any moment, but end it must.
    latest_end = NEVER - 1 if events[-1].end > vehicle.shift.end else vehicle.shift.end
    slacks = []
    for event in reversed(events):
        latest = latest_end - event.service
        if event.windows and not event.overdue and not event.early:
            ends = [*(window.end for window in event.windows[:-1]), event.last_start]
            openings = (window.start for window in event.windows)
            latest = max(min(latest, end) for start, end in zip(openings, ends) if start <= latest)
        latest_arrival = latest - event.setup
        slacks.append(min(latest_arrival - event.arrival, SLACK_CAP))
        latest_end = latest_arrival
        if event.way:
            latest_end = event.way.latest_leaving(latest_arrival, event.arrival - event.seconds)
    return slacks[::-1]


def loads_of(events: list[Event], dimensions: int) -> list[tuple[int, ...]]:
    """Return the load on departure, then the load on leaving each event."""

    def padded(amounts: tuple[int, ...]) -> list[int]:
        return [*amounts, *[0] * dimensions][:dimensions]

    loaded: dict[int, list[int]] = defaultdict(lambda: [0] * dimensions)
    for event in events:
        if event.stop and not event.stop.picked_up_at:
            so_far = loaded[event.trip]
            loaded[event.trip] = [sum(pair) for pair in zip(so_far, padded(event.stop.delivery))]
    load = loaded[events[0].trip]
    loads = [tuple(load)]
    for event in events:
        if event.type == VISIT_RELOAD:
            load = loaded[event.trip]
        if event.stop:
            changes = zip(load, padded(event.stop.delivery), padded(event.stop.pickup))
            load = [aboard - delivered + picked_up for aboard, delivered, picked_up in changes]
        loads.append(tuple(load))
    return loads
