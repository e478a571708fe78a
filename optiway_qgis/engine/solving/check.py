"""The judge of finished plans: recomputes every figure and tells every breach of a rule.

It shares no code with schedule.py, which makes the figures, so that each catches the other's mistakes;
both are held to docs/model.md. Nothing here changes a plan or looks for a better one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, fields
from statistics import mode
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.travel.provider import UNREACHABLE, Coordinate, Travel, travel_kind
from optiway_qgis.model import reasons
from optiway_qgis.model.plan import (
    VISIT_END,
    VISIT_START,
    VISIT_STOP,
    Leg,
    Plan,
    Route,
    Unassigned,
    Violation,
    Visit,
)
from optiway_qgis.model.problem import DAY, LOAD_SCALE, ORDER_STRICT, Depot, Problem, Stop, Vehicle, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RULES = (
    reasons.TIME_WINDOW,
    reasons.SHIFT,
    reasons.DEPOT_HOURS,
    reasons.CAPACITY,
    reasons.SKILL,
    reasons.VEHICLE_RULE,
    reasons.ORDER,
    reasons.UNREACHABLE,
    reasons.WORK_LIMIT,
    reasons.DRIVE_LIMIT,
    reasons.DISTANCE_LIMIT,
    reasons.STOP_LIMIT,
)
"""The codes of the rules, in the order of docs/model.md."""

SLACK_CAP = DAY
MONEY_TOLERANCE = 1e-6
DEGREE_TOLERANCE = 1e-6
FAR_FUTURE = 10**9
"""Seconds beyond which a number is not taken for a time (thirty years)."""

NEVER = 10**12
"""A moment after all others, however far routes slip."""


def check(problem: Problem, travel: Travel, plan: Plan) -> list[Violation]:
    """Return everything that is wrong with a plan; an empty list means that it keeps all rules.

    A broken rule gives the code of the rule, with `amount` in seconds, metres, thousandths of a load or a
    count. Whatever does not follow from problem and travel gives `inconsistent`, with the figure
    stated and the right one. Times are recomputed from the departure of each route, so one wrong figure is
    told once. Problem and travel are taken as valid; a plan may be damaged in any way and never raises.
    `plan.violations` is not read.
    """
    book = _Book.of(problem, travel)
    routes, found = _members(plan.routes, Route, "routes of the plan", "")
    found += _plan_faults(book, plan)
    found += _route_list_faults(book, routes)
    found += _lost_and_doubled(book, plan, routes)
    for route in routes:
        found += _route_faults(book, plan, route)
    return found


@dataclass(frozen=True)
class _Book:
    """The problem by id; a depot is kept as a stop without service whose windows are the depot's hours."""

    travel: Travel
    dimensions: int
    stops: dict[str, tuple[Stop, int]]
    depots: dict[str, tuple[Stop, int]]
    vehicles: dict[str, Vehicle]

    @classmethod
    def of(cls, problem: Problem, travel: Travel) -> _Book:
        def as_stop(depot: Depot) -> Stop:
            return Stop(depot.id, depot.lon, depot.lat, windows=(depot.window,) if depot.window else ())

        return cls(
            travel,
            problem.dimensions,
            {stop.id: (stop, place) for stop, place in zip(problem.stops, travel.stop_place)},
            {depot.id: (as_stop(depot), place) for depot, place in zip(problem.depots, travel.depot_place)},
            {vehicle.id: vehicle for vehicle in problem.vehicles},
        )


def _fault(vehicle_id: object, stop_id: object, text: str, amount: float = 0) -> Violation:
    return Violation(reasons.INCONSISTENT, f"{vehicle_id}", f"{stop_id}", text, amount)


def _members(values: object, kind: type, what: str, vehicle: object) -> tuple[list[Any], list[Violation]]:
    """Return the members of the right kind, and a fault when anything else is among them."""
    listed = values if isinstance(values, (tuple, list)) else [values]
    members = [value for value in listed if isinstance(value, kind)]
    wrong = len(listed) - len(members)
    return members, [_fault(vehicle, "", f"{wrong} of the {what} cannot be read.", wrong)] if wrong else []


def _find(known: dict[str, Any], key: object) -> Any:
    return known.get(key) if isinstance(key, str) else None


# The plan as a whole: nothing lost, nothing twice, nothing unknown.


def _plan_faults(book: _Book, plan: Plan) -> Iterator[Violation]:
    if not isinstance(plan.plan_id, str) or not plan.plan_id:
        yield _fault("", "", f"plan_id is {plan.plan_id!r}, but a plan needs one.")
    source = book.travel.provider.source
    if plan.travel_source != source:
        yield _fault("", "", f"travel_source is {plan.travel_source!r}, but {source!r} follows.")


def _route_list_faults(book: _Book, routes: list[Route]) -> Iterator[Violation]:
    vehicles: list[object] = []
    names: list[object] = []
    for route in routes:
        vehicle, name = route.vehicle_id, route.route_id
        if _find(book.vehicles, vehicle) is None:
            yield _fault(vehicle, "", f"The vehicle {vehicle!r} of route {name} is not known.")
        if vehicle in vehicles:
            yield _fault(vehicle, "", f"Vehicle {vehicle} has another route already, and route {name}.")
        if not isinstance(name, str) or not name or name in names:
            yield _fault(vehicle, "", f"The route_id {name!r} of vehicle {vehicle} is empty or not unique.")
        vehicles.append(vehicle)
        names.append(name)


def _lost_and_doubled(book: _Book, plan: Plan, routes: list[Route]) -> list[Violation]:
    unassigned, found = _members(plan.unassigned, Unassigned, "unassigned stops", "")
    where = defaultdict(list)
    for route in routes:
        for visit in _members(route.visits, Visit, "", "")[0]:
            if visit.type == VISIT_STOP:
                where[f"{visit.id}"].append(f"route {route.route_id}")
            if _find(book.stops if visit.type == VISIT_STOP else book.depots, visit.id) is None:
                text = f"Visit {visit.type} {visit.id!r} of route {route.route_id} is not in the problem."
                found.append(_fault(route.vehicle_id, visit.id, text))
    for left in unassigned:
        where[f"{left.stop_id}"].append("the unassigned stops")
        found += [_fault("", left.stop_id, text) for text in _unassigned_faults(book, left)]
    for stop_id in book.stops:
        times = len(where[stop_id])
        if times == 0:
            text = f"Stop {stop_id} is lost: it is neither on a route nor unassigned."
            found.append(_fault("", stop_id, text, 1))
        if times > 1:
            text = f"Stop {stop_id} is there {times} times: in {', '.join(where[stop_id])}."
            found.append(_fault("", stop_id, text, times - 1))
    return found


def _unassigned_faults(book: _Book, left: Unassigned) -> Iterator[str]:
    name = f"Unassigned stop {left.stop_id!r}"
    stop, _ = _find(book.stops, left.stop_id) or (None, None)
    if stop is None:
        yield f"{name} is not in the problem."
    if _find(reasons.UNASSIGNED_REASONS, left.reason) is None:
        yield f"{name} has the unknown reason {left.reason!r}."
    if stop and left.reason == reasons.NOT_WORTH_IT and stop.penalty is None:
        yield f"{name} is left out as not worth it, but it has no penalty: it is required."
    if not isinstance(left.text, str) or not left.text:
        yield f"{name} has no text that says why."
    if left.nearest_vehicle != "" and _find(book.vehicles, left.nearest_vehicle) is None:
        yield f"{name} names the nearest vehicle {left.nearest_vehicle!r}, which is not in the problem."
    if left.added is not None and not _is_time(left.added):
        yield f"{name} would add {left.added!r}, which is not a number of seconds."


# One route: recomputed from its vehicle, the order of its stops and its departure.


@dataclass(frozen=True)
class _Way:
    """The way between two places in each slot of the day: when the slot is over, seconds and metres there.

    A slot without a way is told by a length of None, the last slot is never over.
    """

    ends: tuple[float, ...]
    seconds: tuple[int, ...]
    metres: tuple[int | None, ...]

    @classmethod
    def of(cls, travel: Travel, vehicle: Vehicle, origin: int, target: int) -> _Way:
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
class _Event:
    """What happens at one place of the route, recomputed; `way` is the one that leads there, if any does."""

    type: str
    stop: Stop
    place: int
    way: _Way | None
    seconds: int
    metres: int
    arrival: int
    setup: int
    start: int

    @property
    def end(self) -> int:
        return self.start + self.stop.service

    @property
    def wait(self) -> int:
        return self.start - self.arrival - self.setup

    @property
    def stop_id(self) -> str:
        return self.stop.id if self.type == VISIT_STOP else ""

    @property
    def overdue(self) -> int:
        """Seconds by which the last window of a stop or the closing of an end depot is missed."""
        windows = self.stop.windows
        return max(0, self.start - windows[-1].end) if windows and self.type != VISIT_START else 0


@dataclass(frozen=True)
class _Breach:
    """A broken rule, told at the event with that index, or at the route (None)."""

    code: str
    at: int | None
    amount: float
    text: str


def _route_faults(book: _Book, plan: Plan, route: Route) -> list[Violation]:
    visits, found = _members(route.visits, Visit, f"visits of route {route.route_id}", route.vehicle_id)
    vehicle: Vehicle | None = _find(book.vehicles, route.vehicle_id)
    stops = [_find(book.stops, visit.id) for visit in visits if visit.type == VISIT_STOP]
    if not stops:
        found.append(_fault(route.vehicle_id, "", f"Route {route.route_id} serves no stop."))
    if vehicle is None or not any(stops):
        return found

    events = _events(book, vehicle, list(filter(None, stops)), _departure(route, visits, vehicle))
    loads = _loads(events, book.dimensions)
    breaches = [
        *_time_breaches(vehicle, events),
        *_load_breaches(vehicle, events, loads),
        *_stop_breaches(vehicle, events),
        *_limit_breaches(vehicle, events),
    ]
    for breach in breaches:
        stop_id = "" if breach.at is None else events[breach.at].stop_id
        found.append(Violation(breach.code, vehicle.id, stop_id, breach.text, breach.amount))

    calls = [(event.type, event.stop.id) for event in events]
    stated = [(visit.type, visit.id) for visit in visits]
    if stated != calls:
        text = f"Route {route.route_id} states {_listing(stated)}, but {_listing(calls)} follows."
        return [*found, _fault(vehicle.id, "", text)]
    codes: dict[int | None, set[str]] = defaultdict(set)
    for breach in breaches:
        codes[breach.at].add(breach.code)
    right_visits = _right_visits(events, loads[1:], _slacks(vehicle, events), codes)
    for visit, right in zip(visits, right_visits):
        found += _differences(visit, right, vehicle.id)
    right_route = _right_route(vehicle, route, events, loads, set().union(*codes.values()))
    found += _differences(route, right_route, vehicle.id)
    return [*found, *_leg_faults(book, plan, route, events, right_visits)]


def _departure(route: Route, visits: list[Visit], vehicle: Vehicle) -> int:
    """Return the departure that most figures agree on: one damaged figure must not taint the route."""
    first = visits[0]
    votes = [time for time in (route.start, first.arrival) if _is_time(time)]
    if all(_is_time(time) for time in (first.start, first.setup, first.wait)):
        votes.append(first.start - first.setup - first.wait)
    return mode(votes) if votes else vehicle.shift.start


def _events(book: _Book, vehicle: Vehicle, stops: list[tuple[Stop, int]], departure: int) -> list[_Event]:
    calls = [(VISIT_STOP, *stop) for stop in stops]
    if vehicle.start_depot is not None:
        calls.insert(0, (VISIT_START, *book.depots[vehicle.start_depot]))
    if vehicle.end_depot is not None:
        calls.append((VISIT_END, *book.depots[vehicle.end_depot]))
    events: list[_Event] = []
    before: _Event | None = None
    for kind, stop, place in calls:
        leaving = before.end if before else departure
        way = _Way.of(book.travel, vehicle, before.place, place) if before else None
        arrival = way.arrival(leaving) if way else leaving
        if arrival == NEVER:
            way, arrival = None, leaving
        metres = way.length(leaving) if way else 0
        set_up_already = before is not None and before.type == VISIT_STOP and before.place == place
        setup = 0 if set_up_already else stop.setup
        start = arrival if kind == VISIT_START else _opening(stop.windows, arrival + setup)
        before = _Event(kind, stop, place, way, arrival - leaving, metres, arrival, setup, start)
        events.append(before)
    return events


def _opening(windows: tuple[Window, ...], ready: int) -> int:
    """Return the first moment from `ready` on that lies in a window, or `ready` when all have passed."""
    for window in windows:
        if ready <= window.end:
            return max(ready, window.start)
    return ready


def _slacks(vehicle: Vehicle, events: list[_Event]) -> list[int]:
    """Return the slack of each event, worked out from the last: its latest arrival that harms nothing."""
    # A shift that is over lets the route end at any moment, but end it must.
    latest_end = NEVER - 1 if events[-1].end > vehicle.shift.end else vehicle.shift.end
    slacks = []
    for event in reversed(events):
        latest = latest_end - event.stop.service
        windows = event.stop.windows
        if event.type == VISIT_START:
            if windows and windows[0].start <= event.start <= windows[0].end:
                latest = min(latest, windows[0].end)
        elif windows and not event.overdue:
            latest = max(min(latest, window.end) for window in windows if window.start <= latest)
        latest_arrival = latest - event.setup
        slacks.append(min(latest_arrival - event.arrival, SLACK_CAP))
        latest_end = latest_arrival
        if event.way:
            latest_end = event.way.latest_leaving(latest_arrival, event.arrival - event.seconds)
    return slacks[::-1]


def _loads(events: list[_Event], dimensions: int) -> list[tuple[int, ...]]:
    """Return the load on departure, then the load on leaving each event."""

    def padded(amounts: tuple[int, ...]) -> list[int]:
        return [*amounts, *[0] * dimensions][:dimensions]

    load = [sum(column) for column in zip(*(padded(event.stop.delivery) for event in events))]
    loads = [tuple(load)]
    for event in events:
        changes = zip(load, padded(event.stop.delivery), padded(event.stop.pickup))
        load = [aboard - delivered + picked_up for aboard, delivered, picked_up in changes]
        loads.append(tuple(load))
    return loads


# The rules of docs/model.md.


def _time_breaches(vehicle: Vehicle, events: list[_Event]) -> Iterator[_Breach]:
    name, last = f"Vehicle {vehicle.id}", len(events) - 1
    for at, event in enumerate(events):
        if event.type == VISIT_STOP and event.overdue:
            doing, window = f"Service at stop {event.stop.id} starts", event.stop.windows[-1]
            yield _late(reasons.TIME_WINDOW, at, event.start, window, doing, "its last window ends")
    leaves, ends, shift = events[0].arrival, events[-1].end, vehicle.shift
    if leaves < shift.start:
        yield _early(reasons.SHIFT, 0, leaves, shift, f"{name} leaves", "its shift starts")
    if ends > shift.end:
        yield _late(reasons.SHIFT, last, ends, shift, f"{name} ends its work", "its shift ends")
    for at, kind, moment, doing in (
        (0, VISIT_START, leaves, "leaves"),
        (last, VISIT_END, ends, "is back at"),
    ):
        if events[at].type == kind and events[at].stop.windows:
            hours, doing = events[at].stop.windows[0], f"{name} {doing} depot {events[at].stop.id}"
            if moment < hours.start:
                yield _early(reasons.DEPOT_HOURS, at, moment, hours, doing, "it opens")
            if moment > hours.end:
                yield _late(reasons.DEPOT_HOURS, at, moment, hours, doing, "it closes")


def _early(code: str, at: int, moment: int, hours: Window, doing: str, then: str) -> _Breach:
    amount = hours.start - moment
    text = f"{doing} at {_clock(moment)}, {_span(amount)} before {then} at {_clock(hours.start)}."
    return _Breach(code, at, amount, text)


def _late(code: str, at: int, moment: int, hours: Window, doing: str, then: str) -> _Breach:
    amount = moment - hours.end
    text = f"{doing} at {_clock(moment)}, {_span(amount)} after {then} at {_clock(hours.end)}."
    return _Breach(code, at, amount, text)


def _load_breaches(vehicle: Vehicle, events: list[_Event], loads: list[tuple[int, ...]]) -> Iterator[_Breach]:
    capacity = vehicle.capacity[: len(loads[0])]
    limits = [(number, limit) for number, limit in enumerate(capacity) if limit is not None]
    for at, event in enumerate(events):
        if event.type == VISIT_END:
            continue
        checked = loads[:2] if at == 0 else [loads[at + 1]]
        excesses = [(load[number] - limit, number, limit) for load in checked for number, limit in limits]
        amount, number, limit = max(excesses, default=(0, 0, 0))
        if amount > 0:
            text = f"Vehicle {vehicle.id} carries {_units(limit + amount)} of load {number + 1}, "
            text += f"{_units(amount)} above its capacity of {_units(limit)}, at {event.stop.id}."
            yield _Breach(reasons.CAPACITY, at, amount, text)


def _stop_breaches(vehicle: Vehicle, events: list[_Event]) -> Iterator[_Breach]:
    highest: Stop | None = None
    for at, event in enumerate(events):
        stop = event.stop
        missing = sorted(set(stop.skills).difference(vehicle.skills))
        unsuitable = _unsuitable(vehicle, stop)
        if missing:
            text = f"Stop {stop.id} needs {', '.join(missing)}, which vehicle {vehicle.id} does not have."
            yield _Breach(reasons.SKILL, at, len(missing), text)
        elif unsuitable:
            text = f"Stop {stop.id} is on vehicle {vehicle.id}, but {unsuitable}."
            yield _Breach(reasons.VEHICLE_RULE, at, 1, text)
        if stop.order_rule == ORDER_STRICT:
            if highest and stop.order_rank < highest.order_rank:
                text = f"Stop {stop.id} of rank {stop.order_rank} comes after {highest.id} of rank "
                amount = highest.order_rank - stop.order_rank
                yield _Breach(reasons.ORDER, at, amount, f"{text}{highest.order_rank}.")
            else:
                highest = stop
        if at and not event.way:
            text = f"There is no way from {events[at - 1].stop.id} to {stop.id} for vehicle {vehicle.id}."
            yield _Breach(reasons.UNREACHABLE, at, 1, text)


def _unsuitable(vehicle: Vehicle, stop: Stop) -> str:
    if stop.vehicle_id not in ("", vehicle.id):
        return f"it is assigned to {stop.vehicle_id}"
    if stop.allowed_vehicles and vehicle.id not in stop.allowed_vehicles:
        return f"only {', '.join(stop.allowed_vehicles)} may serve it"
    return "that vehicle is forbidden for it" if vehicle.id in stop.forbidden_vehicles else ""


def _limit_breaches(vehicle: Vehicle, events: list[_Event]) -> Iterator[_Breach]:
    work = events[-1].end - events[0].arrival
    drive = sum(event.seconds for event in events)
    distance = sum(event.metres for event in events)
    stops = sum(event.type == VISIT_STOP for event in events)
    for code, what, value, limit, shown in (
        (reasons.WORK_LIMIT, "work", work, vehicle.max_work, _span),
        (reasons.DRIVE_LIMIT, "driving time", drive, vehicle.max_drive, _span),
        (reasons.DISTANCE_LIMIT, "distance", distance, vehicle.max_distance, _kilometres),
        (reasons.STOP_LIMIT, "number of stops", stops, vehicle.max_stops, str),
    ):
        if limit is not None and value > limit:
            text = f"The {what} of vehicle {vehicle.id} is {shown(value)}, {shown(value - limit)} more than "
            yield _Breach(code, None, value - limit, f"{text}the {shown(limit)} allowed.")


# What the plan must state, and where it states something else.


def _in_order(codes: set[str]) -> tuple[str, ...]:
    return tuple(rule for rule in RULES if rule in codes) if codes else ()


def _right_visits(
    events: list[_Event], loads: list[tuple[int, ...]], slacks: list[int], codes: dict[int | None, set[str]]
) -> list[Visit]:
    visits = []
    first = 0 if events[0].type == VISIT_START else 1
    distance = 0
    for at, event in enumerate(events):
        distance += event.metres
        visits.append(
            Visit(
                type=event.type,
                id=event.stop.id,
                sequence=first + at,
                arrival=event.arrival,
                setup=event.setup,
                wait=event.wait,
                start=event.start,
                service=event.stop.service,
                end=event.end,
                late=event.overdue if event.type == VISIT_STOP else 0,
                slack=slacks[at],
                drive=event.seconds,
                distance=event.metres,
                cum_distance=distance,
                load=loads[at],
                violations=_in_order(codes[at]),
            )
        )
    return visits


def _right_route(
    vehicle: Vehicle, route: Route, events: list[_Event], loads: list[tuple[int, ...]], codes: set[str]
) -> Route:
    start, end = events[0].arrival, events[-1].end
    distance = sum(event.metres for event in events)
    return Route(
        route_id=route.route_id,
        vehicle_id=vehicle.id,
        visits=route.visits,
        legs=route.legs,
        start=start,
        end=end,
        drive=sum(event.seconds for event in events),
        service=sum(event.stop.service for event in events),
        setup=sum(event.setup for event in events),
        wait=sum(event.wait for event in events),
        distance=distance,
        late=sum(event.overdue for event in events if event.type == VISIT_STOP),
        load_peak=tuple(max(column) for column in zip(*loads)),
        cost_fixed=float(vehicle.fixed_cost),
        cost_distance=float(distance / 1000 * vehicle.cost_per_km),
        cost_time=float((end - start) / 3600 * vehicle.cost_per_hour),
        violations=_in_order(codes),
    )


def _leg_faults(
    book: _Book, plan: Plan, route: Route, events: list[_Event], visits: list[Visit]
) -> list[Violation]:
    legs, found = _members(route.legs, Leg, f"legs of route {route.route_id}", route.vehicle_id)
    if len(legs) != len(visits) - 1:
        text = f"Route {route.route_id} has {len(legs)} legs, but {len(visits) - 1} follow."
        return [*found, _fault(route.vehicle_id, "", text)]
    for leg, before, event, visit in zip(legs, events, events[1:], visits[1:]):
        ways = (event.seconds, event.metres, leg.source, leg.geometry)
        right = Leg(visit.sequence, before.stop.id, event.stop.id, *ways)
        found += _differences(leg, right, route.vehicle_id)
        ends = book.travel.places[before.place], book.travel.places[event.place]
        found += [
            _fault(route.vehicle_id, event.stop_id, f"{_title(right)}: {text}")
            for text in _drawing_faults(leg, plan.travel_source, *ends)
        ]
    return found


def _drawing_faults(leg: Leg, source: object, origin: Coordinate, target: Coordinate) -> Iterator[str]:
    if leg.source not in ("road", "estimate") or (leg.source == "road" and source == "estimate"):
        yield f"source is {leg.source!r}, but the travel source of the plan is {source!r}."
    line: object = leg.geometry
    if not isinstance(line, (tuple, list)) or len(line) < 2 or not all(map(_is_position, line)):
        yield "geometry is not a line of two points or more in degrees."
    elif leg.source == "estimate" and not (_near(line[0], origin) and _near(line[-1], target)):
        yield f"geometry goes from {line[0]} to {line[-1]}, but from {origin} to {target} follows."


def _is_position(point: object) -> bool:
    if not isinstance(point, (tuple, list)) or len(point) != 2:
        return False
    return all(type(value) in (int, float) and abs(value) <= limit for value, limit in zip(point, (180, 90)))


def _near(point: Coordinate, place: Coordinate) -> bool:
    return all(abs(a - b) <= DEGREE_TOLERANCE for a, b in zip(point, place))


_FIGURES = {kind: tuple(field.name for field in fields(kind)) for kind in (Visit, Leg, Route)}


def _differences(stated: Any, right: Any, vehicle_id: str) -> Iterator[Violation]:
    """Yield a fault for each figure of a visit, leg or route that differs from the right one."""
    for figure in _FIGURES[type(right)]:
        value, follows = getattr(stated, figure), getattr(right, figure)
        if value is not follows and not _same(value, follows):
            stop_id = right.id if isinstance(right, Visit) and right.type == VISIT_STOP else ""
            amount = abs(value - follows) if _is_time(value) and _is_time(follows) else 0
            text = f"{_title(right)}: {figure} is {_shown(figure, value)}, but "
            yield _fault(vehicle_id, stop_id, f"{text}{_shown(figure, follows)} follows.", amount)


def _same(stated: Any, right: Any) -> bool:
    if isinstance(right, float):
        margin = MONEY_TOLERANCE * (1 + abs(right))
        return type(stated) in (int, float) and right - margin <= stated <= right + margin
    if isinstance(right, tuple):
        return isinstance(stated, tuple) and len(stated) == len(right) and all(map(_same, stated, right))
    return type(stated) is type(right) and bool(stated == right)


def _is_time(value: object) -> bool:
    return type(value) is int and abs(value) <= FAR_FUTURE


# Words for people.


def _title(thing: Visit | Leg | Route) -> str:
    if isinstance(thing, Route):
        return f"Route {thing.route_id}"
    if isinstance(thing, Leg):
        return f"Leg {thing.sequence} to {thing.to_id}"
    return f"Visit {thing.sequence}, {thing.type} {thing.id}"


def _clock(seconds: int) -> str:
    days, rest = divmod(seconds, DAY)
    return f"{rest // 3600:02d}:{rest % 3600 // 60:02d}" + (f" {days:+d} day" if days else "")


def _span(seconds: int) -> str:
    parts = ((seconds // 3600, "h"), (seconds % 3600 // 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{value} {unit}" for value, unit in parts if value) or "0 s"


def _kilometres(metres: int) -> str:
    return f"{metres / 1000:g} km"


def _units(load: int) -> str:
    return f"{load / LOAD_SCALE:g}"


def _shown(figure: str, value: Any) -> str:
    if figure in ("arrival", "start", "end") and _is_time(value):
        return f"{value} ({_clock(value)})"
    return repr(value)


def _listing(calls: Iterable[tuple[object, object]], most: int = 12) -> str:
    """Return the calls as text, the middle of a long list left out."""
    words = [f"{kind} {name}" for kind, name in calls]
    if len(words) > most:
        words[most // 2 : -most // 2] = [f"... {len(words) - most} more ..."]
    return ", ".join(words)
