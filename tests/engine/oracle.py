"""A second scheduler and judge for tests: slow and obvious, it tries instead of calculating.

Held to docs/model.md like the real scheduler and the checker, and written in another way than both: start and
slack are found by trying, loads by adding up anew at each visit, breaches by asking each rule in turn. Where
reloads and breaks go, what waits for a dock or starts a ride later, is taken from the plan that is judged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.travel.provider import travel_kind
from optiway_qgis.model.plan import Leg, Plan, Route, Unassigned, Visit
from optiway_qgis.model.problem import Break, Depot, Problem, Sequence, Stop, Vehicle, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from optiway_qgis.engine.travel.provider import Slot, Travel
    from optiway_qgis.model.plan import Violation

RULE_ORDER = [
    *(
        "time_window",
        "shift",
        "depot_hours",
        "capacity",
        "skill",
        "vehicle_rule",
        "zone",
        "lock",
        "order",
        "pair",
    ),
    *("ride_time", "loading_order", "goods", "reload", "ready_due", "dock", "break", "unreachable"),
    *("work_limit", "drive_limit", "distance_limit", "stop_limit"),
]


def oracle_plan(
    problem: Problem, travel: Travel, sequences: Iterable[Sequence], unassigned: Iterable[Unassigned] = ()
) -> Plan:
    """Return the plan that serves the stops in the given order; vehicles without stops get no route.

    Vehicles reload where the sequences say, and take no breaks.
    """
    trials = [_Trial(problem, travel, *_calls_of(problem, travel, one)) for one in sequences if one.stops]
    routes = _routes([(trial, _departure(trial)) for trial in trials])
    return Plan("oracle", routes, tuple(unassigned), travel_source=travel.provider.source, engine="oracle")


def oracle_route(problem: Problem, travel: Travel, sequence: Sequence, departure: int | None = None) -> Route:
    """Return the route of one vehicle, leaving as docs/model.md says or at the given departure."""
    trial = _Trial(problem, travel, *_calls_of(problem, travel, sequence))
    return _routes([(trial, _departure(trial) if departure is None else departure)])[0]


def judged(problem: Problem, travel: Travel, plan: Plan) -> Plan:
    """Return the plan as it has to be stated: all figures that do not follow from its decisions replaced.

    Its decisions are which vehicle does what in which order, when its work begins, how long each break is,
    and when what may start later (a reload at a depot with docks, a pickup with a longest ride) starts.

    Raises
    ------
    ValueError, KeyError
        When the plan is none: visits that cannot be, unknown ids.
    """
    trials = [
        (_Trial(problem, travel, *_calls_again(problem, travel, one)), one.start) for one in plan.routes
    ]
    routes = [replace(route, route_id=stated.route_id) for route, stated in zip(_routes(trials), plan.routes)]
    return replace(plan, routes=tuple(routes), violations=())


def oracle_breaches(problem: Problem, travel: Travel, plan: Plan) -> list[tuple[str, str, str]]:
    """Return (code, vehicle, stop) for each broken rule; the stop is empty for anything but a stop."""
    told = []
    for route in judged(problem, travel, plan).routes:
        of_visits: set[str] = set()
        for visit in route.visits:
            stop_id = visit.id if visit.type == "stop" else ""
            told += [(code, route.vehicle_id, stop_id) for code in visit.violations]
            of_visits |= set(visit.violations)
        trial = _Trial(problem, travel, *_calls_again(problem, travel, route))
        told += [(code, route.vehicle_id, "") for code in _route_codes(trial, trial.run(route.start))]
    return sorted(set(told))


def broken_on(problem: Problem, travel: Travel, route: Route) -> int:
    """Return how many rules a route breaks, each as often as a visit or the route tells it, docks aside."""
    return _told(_Trial(problem, travel, *_calls_again(problem, travel, route)), route.start)


def outcome(
    problem: Problem, travel: Travel, sequence: Sequence, rests: Iterable[tuple[int, Break, int]] = ()
) -> tuple[int, int] | None:
    """Return how many rules are broken and when work ends if it begins as early as it can.

    `rests` are the number of a visit, from 0, the break that follows it at once, and its seconds, no two
    after the same; None where one that has a window is taken too late for it.
    """
    vehicle, calls = _calls_of(problem, travel, sequence)
    for after, rest, seconds in sorted(rests, key=lambda one: -one[0]):
        calls.insert(after + 1, _Call("break", rest, calls[after].place, calls[after].trip, rest=seconds))
    trial = _Trial(problem, travel, vehicle, calls)
    start = _first_start(trial)
    rows = trial.run(start)
    if any(row.type == "break" and _too_late(row) for row in rows):
        return None
    return _told(trial, start), rows[-1].end


def start_of(problem: Problem, travel: Travel, route: Route) -> int:
    """Return when docs/model.md lets work begin, reloads and breaks being where they are."""
    return _departure(_Trial(problem, travel, *_calls_again(problem, travel, route)))


def believes(problem: Problem, travel: Travel, plan: Plan) -> bool:
    """Whether every figure of the plan, of whatever type it is, is what the oracle states itself."""
    try:
        served = [visit.id for route in plan.routes for visit in route.visits if visit.type == "stop"]
        everyone = sorted([*served, *(one.stop_id for one in plan.unassigned)])
        own = judged(problem, travel, plan)
        vehicles = [route.vehicle_id for route in plan.routes]
        routes = [route.route_id for route in plan.routes]
        return (
            everyone == sorted(stop.id for stop in problem.stops)
            and len(set(vehicles)) == len(vehicles)
            and len(set(routes)) == len(routes)
            and _same(plan.routes, own.routes)
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return False


def _same(stated: Any, own: Any) -> bool:
    if type(stated) is not type(own):
        return False
    if is_dataclass(own):
        return all(_same(getattr(stated, one.name), getattr(own, one.name)) for one in fields(own))
    if isinstance(own, tuple):
        return len(stated) == len(own) and all(map(_same, stated, own))
    return math.isclose(stated, own, abs_tol=1e-6) if isinstance(own, float) else stated == own


def said(found: Iterable[Violation]) -> set[tuple[str, str, str]]:
    """Return the rules told broken; leaving too early and ending too late at one visit is one broken rule."""
    return {(one.code, one.vehicle_id, one.stop_id) for one in found}


@dataclass(frozen=True)
class _Call:
    """What a vehicle does next: the stop, depot or break, and the place where.

    `rest` is how long a break is, `held` the moment before which it is not to start although it could.
    """

    type: str
    of: Stop | Depot | Break
    place: int
    trip: int = 1
    rest: int = 0
    held: int | None = None


def _calls_of(problem: Problem, travel: Travel, sequence: Sequence) -> tuple[Vehicle, list[_Call]]:
    """Return what a sequence asks of its vehicle."""
    vehicle = next(one for one in problem.vehicles if one.id == sequence.vehicle_id)
    stop_index = {stop.id: index for index, stop in enumerate(problem.stops)}
    depot_index = {depot.id: index for index, depot in enumerate(problem.depots)}

    def at_depot(kind: str, depot_id: str, trip: int) -> _Call:
        index = depot_index[depot_id]
        return _Call(kind, problem.depots[index], travel.depot_place[index], trip)

    calls = [] if vehicle.start_depot is None else [at_depot("start", vehicle.start_depot, 1)]
    trip = 1
    for number, stop_id in enumerate(sequence.stops):
        if number in (sequence.reloads or ()):
            trip += 1
            calls.append(at_depot("reload", vehicle.start_depot, trip))
        index = stop_index[stop_id]
        calls.append(_Call("stop", problem.stops[index], travel.stop_place[index], trip))
    if vehicle.end_depot is not None:
        calls.append(at_depot("end", vehicle.end_depot, trip))
    return vehicle, calls


def _calls_again(problem: Problem, travel: Travel, route: Route) -> tuple[Vehicle, list[_Call]]:
    """Return what a route says its vehicle does."""
    vehicle = {one.id: one for one in problem.vehicles}[route.vehicle_id]
    stops = {stop.id: (stop, place) for stop, place in zip(problem.stops, travel.stop_place)}
    depots = {depot.id: (depot, place) for depot, place in zip(problem.depots, travel.depot_place)}
    breaks = {rest.id: rest for rest in vehicle.breaks}
    rides = {stop.picked_up_at for stop in problem.stops if stop.ride_max is not None}
    calls: list[_Call] = []
    trip = 1
    last = len(route.visits) - 1
    for number, visit in enumerate(route.visits):
        if (visit.type == "start") != (number == 0 and vehicle.start_depot is not None):
            raise ValueError(f"visit {number} is {visit.type}")
        if (visit.type == "end") != (number == last and vehicle.end_depot is not None):
            raise ValueError(f"visit {number} is {visit.type}")
        if visit.type in ("start", "end", "reload"):
            if visit.id != (vehicle.end_depot if visit.type == "end" else vehicle.start_depot):
                raise ValueError(f"{visit.type} at {visit.id}")
            of, place = depots[visit.id]
            trip += visit.type == "reload"
            held = visit.start if visit.type == "reload" and of.docks is not None else None
            calls.append(_Call(visit.type, of, place, trip, held=held))
        elif visit.type == "stop":
            stop, place = stops[visit.id]
            calls.append(_Call("stop", stop, place, trip, held=visit.start if stop.id in rides else None))
        elif visit.type == "break":
            rest = breaks[visit.id]
            parts = (rest.first_part, rest.duration - rest.first_part) if rest.first_part else ()
            if number in (0, last) or visit.service not in (rest.duration, *parts):
                raise ValueError(f"break of {visit.service} s as visit {number}")
            calls.append(_Call("break", rest, calls[-1].place, trip, rest=visit.service))
        else:
            raise ValueError(f"visit of type {visit.type}")
    kinds = [call.type for call in calls if call.type != "break"]
    around = [kinds[number - 1 : number + 2] for number, kind in enumerate(kinds) if kind == "reload"]
    if "stop" not in kinds or any(three != ["stop", "reload", "stop"] for three in around):
        raise ValueError("a trip without stops")
    return vehicle, calls


@dataclass
class _Row:
    """A line of the diary of a route."""

    type: str
    id: str
    place: int
    of: Stop | Depot | Break
    trip: int
    way: bool = True
    drive: int = 0
    distance: int = 0
    arrival: int = 0
    setup: int = 0
    start: int = 0
    end: int = 0
    late: int = 0


class _Trial:
    """One vehicle with its calls, to be driven again and again."""

    def __init__(self, problem: Problem, travel: Travel, vehicle: Vehicle, calls: list[_Call]):
        self.problem = problem
        self.vehicle = vehicle
        self.dimensions = problem.dimensions
        self.travel = travel
        self.calls = calls

    def stops(self, trip: int | None = None) -> list[Stop]:
        """Return the stops in order, those of one trip or all."""
        return [
            call.of
            for call in self.calls
            if isinstance(call.of, Stop) and (trip is None or call.trip == trip)
        ]

    def run(self, departure: int, slip_at: int = -1, slip: int = 0) -> list[_Row]:
        """Drive the route; the arrival with index `slip_at` is held up by `slip` seconds."""
        rows: list[_Row] = []
        now = departure
        for index, call in enumerate(self.calls):
            row = _Row(call.type, call.of.id, call.place, call.of, call.trip)
            if rows and call.type != "break":
                leg = self.leg(rows[-1].place, call.place, now)
                row.way = leg is not None
                row.drive, row.distance = leg or (0, 0)
            row.arrival = now + row.drive + (slip if index == slip_at else 0)
            before = next((one for one in reversed(rows) if one.type != "break"), None)
            in_same_house = before is not None and before.type == "stop" and before.place == call.place
            if isinstance(call.of, Stop):
                row.setup = 0 if in_same_house else call.of.setup
            row.start, row.late = self.begin(call, row.arrival + row.setup)
            row.end = row.start + self.lasts(call)
            now = row.end
            rows.append(row)
        return rows

    def begin(self, call: _Call, ready: int) -> tuple[int, int]:
        """Return when what can begin at `ready` does, and how late that is."""
        if isinstance(call.of, Stop):
            begin, late = _service_start(call.of.windows, ready)
            if (
                call.held is not None
                and call.held > begin
                and _service_start(call.of.windows, call.held)
                == (
                    call.held,
                    0,
                )
            ):
                begin = call.held
            return begin, late
        waits = [ready]
        if call.type != "start" and call.of.window is not None:
            waits.append(call.of.window.start)
        if call.type == "reload":
            waits += [stop.ready for stop in self.stops(call.trip) if stop.ready is not None]
        if call.held is not None:
            waits.append(call.held)
        return max(waits), 0

    def lasts(self, call: _Call) -> int:
        """Return how long a service, loading or rest takes."""
        if isinstance(call.of, Stop):
            factor = Fraction(round(1000 * self.vehicle.service_factor), 1000)
            return math.ceil(call.of.service * factor)
        if call.type in ("start", "reload"):
            taken = [_amount(stop.delivery, 0) for stop in self.stops(call.trip) if not stop.picked_up_at]
            rate = Fraction(round(1000 * call.of.load_per_unit), 1000)
            return call.of.load + math.ceil(Fraction(sum(taken), 1000) * rate)
        return call.rest

    def leg(self, origin: int, target: int, leaving: int) -> tuple[int, int] | None:
        """Return seconds and metres of a leg, None when the vehicle would stand for ever.

        The steps of docs/model.md, slot by slot, with the share of the leg still to go as a fraction.
        """
        kind = travel_kind(self.vehicle)
        slots = self.travel.slots
        tables = [slot.matrices[kind] for slot in slots] or [self.travel.matrices[kind]]
        ends = [slot.start for slot in slots[1:]] + [math.inf]
        now, share, metres = leaving, Fraction(1), -1
        for table, end in zip(tables, ends):
            whole, length = int(table.seconds[origin][target]), int(table.metres[origin][target])
            if now >= end:
                continue
            if whole < 0 or length < 0:
                now = end
                continue
            if metres < 0:
                metres = length
            left = math.ceil(share * whole)
            if now + left <= end:
                return now + left - leaving, metres
            share = Fraction(left - (end - now), whole)
            now = end
        return None

    def slot_of(self, leaving: int, origin: int, target: int) -> Slot | Travel:
        """Return what a leg is drawn with: the slot it is begun in, or the first after it that has a way."""
        slots = self.travel.slots
        if not slots:
            return self.travel
        kind = travel_kind(self.vehicle)
        begun = ([slots[0]] + [slot for slot in slots[1:] if slot.start <= leaving])[-1]
        later = [slot for slot in slots if slot.start >= begun.start]
        return next((slot for slot in later if slot.matrices[kind].seconds[origin][target] >= 0), begun)


def _service_start(windows: tuple[Window, ...], ready: int) -> tuple[int, int]:
    """Return when service starts and how late that is, by looking at all moments it could start."""
    if not windows:
        return ready, 0
    moments = {ready, *(window.start for window in windows)}
    allowed = {t for t in moments if t >= ready and any(one.start <= t <= one.end for one in windows)}
    return (min(allowed), 0) if allowed else (ready, ready - max(window.end for window in windows))


def _last_true(holds: Callable[[int], bool], most: int) -> int:
    """Return the highest number up to `most` for which it holds, as it does for 0; once false it stays so."""
    if holds(most):
        return most
    right, wrong = 0, most
    while wrong - right > 1:
        middle = (right + wrong) // 2
        if holds(middle):
            right = middle
        else:
            wrong = middle
    return right


def _first_start(trial: _Trial) -> int:
    hours = trial.calls[0].of.window if isinstance(trial.calls[0].of, Depot) else None
    allowed = [trial.vehicle.shift.start, *(stop.ready for stop in trial.stops(1) if stop.ready is not None)]
    return max(allowed if hours is None else (*allowed, hours.start))


def _departure(trial: _Trial) -> int:
    first = trial.calls[0].of
    hours = first.window if isinstance(first, Depot) else None
    earliest = _first_start(trial)
    if trial.vehicle.start_rule == "early":
        return earliest
    latest = math.inf if trial.vehicle.latest_start is None else trial.vehicle.latest_start
    if hours:
        latest = min(latest, hours.end - trial.lasts(trial.calls[0]))
    at_once = trial.run(earliest)
    missed = _missed(trial, at_once) | _overdue_trips(trial, at_once)

    def harmless(later: int) -> bool:
        rows = trial.run(earliest + later)
        over = later > 0 and earliest + later > latest
        same = [(row.late, row.way) for row in rows] == [(row.late, row.way) for row in at_once]
        worse = not _missed(trial, rows) | _overdue_trips(trial, rows) <= missed
        return rows[-1].end == at_once[-1].end and same and not over and not worse

    late_start = earliest + _last_true(harmless, at_once[-1].end - earliest)
    several = any(len(stop.windows) > 1 for stop in trial.stops())
    if any(row.late for row in at_once) or not several:
        return late_start
    return (_shortest_by_the_hour if trial.travel.slots else _shortest)(trial, late_start, latest)


def _shortest(trial: _Trial, standing: int, closing: float) -> int:
    """Return the departure with the least work, of equals the earliest, by trying all that could be it.

    Work is least where leaving a second later would end work later or miss a window: there the way from the
    departure to an edge of some window is free of waiting. Nobody leaves later than the depot's closing.
    """
    moments = {standing}
    apart = 0
    for before, row in pairwise([None, *trial.run(standing)]):
        apart += row.drive + row.setup + (before.end - before.start if before else 0)
        moments |= {
            edge - apart for window in _hours(row) for edge in (window.start, window.end, window.end + 1)
        }
    at_first = trial.run(standing)
    missed = _worsened(trial, at_first)
    trials = [trial.run(moment) for moment in moments if moment == standing or standing < moment <= closing]
    allowed = [rows for rows in trials if _worsened(trial, rows) <= missed]
    return min((rows[-1].end - rows[0].arrival, rows[0].arrival) for rows in allowed)[1]


def _shortest_by_the_hour(trial: _Trial, standing: int, closing: float) -> int:
    """Return the departure with the least work, of equals the earliest, of those docs/model.md compares."""

    def windows_of(departure: int) -> list[tuple[int, bool]]:
        rows = [(row, row.of.windows if isinstance(row.of, Stop) else ()) for row in trial.run(departure)]
        return [(sum(window.end < row.start for window in windows), row.way) for row, windows in rows]

    def last(holds: Callable[[int], bool], departure: int) -> int:
        return departure + _last_true(lambda later: holds(departure + later), 10**6)

    def allowed(departure: int) -> bool:
        rows = trial.run(departure)
        return departure <= closing and _worsened(trial, rows) <= missed

    at_first = trial.run(standing)
    missed = _worsened(trial, at_first)
    closing = max(closing, standing)
    works = []
    departure = standing
    while allowed(departure):
        end = trial.run(departure)[-1].end
        latest = last(lambda later: allowed(later) and trial.run(later)[-1].end == end, departure)
        works.append((end - latest, latest))
        windows = windows_of(departure)
        departure = 1 + last(lambda later: windows_of(later) == windows, departure)
    return min(works)[1]


def _hours(row: _Row) -> tuple[Window, ...]:
    if isinstance(row.of, Stop):
        return row.of.windows
    return () if row.of.window is None else (row.of.window,)


def _closed(row: _Row) -> bool:
    """Whether a depot is closed as work, loading or the stay there begins or ends."""
    hours = row.of.window if isinstance(row.of, Depot) else None
    return hours is not None and not all(hours.start <= one <= hours.end for one in (row.start, row.end))


def _too_late(row: _Row) -> bool:
    """Whether service starts later than allowed after the stop's last window, or a break after its own."""
    if isinstance(row.of, Stop):
        return row.of.late_max is not None and row.late > row.of.late_max
    return isinstance(row.of, Break) and row.of.window is not None and row.start > row.of.window.end


def _overdue_trips(trial: _Trial, rows: list[_Row]) -> set[tuple[int, str]]:
    return {(index, "due") for index in range(len(rows)) if _overdue(trial, rows, index)}


def _worsened(trial: _Trial, rows: list[_Row]) -> set[tuple[int, str]]:
    """Return what starting for later windows may not add to: misses, lateness, goods that are overdue."""
    late = {(index, "late") for index, row in enumerate(rows) if row.late > 0}
    return _missed(trial, rows) | _overdue_trips(trial, rows) | late


def _missed(trial: _Trial, rows: list[_Row]) -> set[tuple[int, str]]:
    missed = {(index, "window") for index, row in enumerate(rows) if _too_late(row)}
    if rows[-1].end > trial.vehicle.shift.end:
        missed.add((len(rows) - 1, "shift"))
    missed |= {(index, "way") for index, row in enumerate(rows) if not row.way}
    return missed | {(index, "hours") for index, row in enumerate(rows) if _closed(row)}


def _slack(trial: _Trial, rows: list[_Row], index: int) -> int:
    before = _missed(trial, rows)
    return _last_true(
        lambda slip: _missed(trial, trial.run(rows[0].arrival, index, slip)) <= before, most=24 * 3600
    )


def _amount(amounts: tuple[int, ...], dimension: int) -> int:
    return amounts[dimension] if dimension < len(amounts) else 0


def _load_after(trial: _Trial, position: int) -> tuple[int, ...]:
    """Return what is on board after the first `position` calls: what was loaded, taken off and put on."""
    trip = trial.calls[max(position, 1) - 1].trip
    done = [call.of for call in trial.calls[:position] if call.trip == trip and isinstance(call.of, Stop)]
    return tuple(
        sum(_amount(stop.delivery, dimension) for stop in trial.stops(trip) if not stop.picked_up_at)
        - sum(_amount(stop.delivery, dimension) for stop in done)
        + sum(_amount(stop.pickup, dimension) for stop in done)
        for dimension in range(trial.dimensions)
    )


def _overloaded(trial: _Trial, position: int) -> bool:
    limits = trial.vehicle.capacity
    load = _load_after(trial, position)
    return any(limit is not None and aboard > limit for aboard, limit in zip(load, limits))


def _visit_codes(trial: _Trial, rows: list[_Row], index: int) -> set[str]:
    """Return the rules told at a visit, docks aside."""
    vehicle, row, of = trial.vehicle, rows[index], rows[index].of
    first, last = index == 0, index == len(rows) - 1
    latest = math.inf if vehicle.latest_start is None else vehicle.latest_start
    broken = set()
    if _too_late(row):
        broken.add("time_window" if row.type == "stop" else "break")
    if first and not vehicle.shift.start <= row.arrival <= latest:
        broken.add("shift")
    if last and row.end > vehicle.shift.end:
        broken.add("shift")
    if _closed(row):
        broken.add("depot_hours")
    left = row.type not in ("end", "break")
    if left and (_overloaded(trial, index + 1) or (first and _overloaded(trial, 0))):
        broken.add("capacity")
    if isinstance(of, Stop):
        broken |= _stop_codes(trial, rows, index)
    if row.type == "reload" and (row.trip > vehicle.max_trips or vehicle.start_depot is None):
        broken.add("reload")
    if _not_ready(trial, rows, index) or _overdue(trial, rows, index):
        broken.add("ready_due")
    if any(index in _break_told(rule, rows) for rule in vehicle.breaks):
        broken.add("break")
    if not row.way:
        broken.add("unreachable")
    return broken


def _stop_codes(trial: _Trial, rows: list[_Row], index: int) -> set[str]:
    vehicle, stop = trial.vehicle, rows[index].of
    served = [row for row in rows if row.type == "stop"]
    here = served.index(rows[index])
    earlier, later = [row.of for row in served[:here]], [row.of for row in served[here + 1 :]]
    broken = set()
    may_not = (
        (stop.vehicle_id and stop.vehicle_id != vehicle.id)
        or (stop.allowed_vehicles and vehicle.id not in stop.allowed_vehicles)
        or vehicle.id in stop.forbidden_vehicles
    )
    if any(skill not in vehicle.skills for skill in stop.skills):
        broken.add("skill")
    elif may_not:
        broken.add("vehicle_rule")
    elif vehicle.zone_hard and vehicle.zones and not any(zone in vehicle.zones for zone in stop.zones):
        broken.add("zone")

    if stop.keep and any(one.keep and one.keep_rank > stop.keep_rank for one in earlier):
        broken.add("lock")
    if stop.keep == "prefix" and any(one.keep != "prefix" for one in _no_loading(trial, earlier)):
        broken.add("lock")

    strict = [one.order_rank for one in earlier if one.order_rule == "strict"]
    if stop.order_rule == "strict" and any(rank > stop.order_rank for rank in strict):
        broken.add("order")
    if stop.order_rule == "first" and any(one.order_rule != "first" for one in _no_loading(trial, earlier)):
        broken.add("order")
    if stop.order_rule == "last" and any(one.order_rule != "last" for one in _no_loading(trial, later)):
        broken.add("order")
    naming = [one.id for one in trial.problem.stops if stop.id in one.before]
    if any(name not in [one.id for one in earlier] for name in naming):
        broken.add("order")

    on_trip_before = [row.of for row in served[:here] if row.trip == rows[index].trip]
    on_trip_after = [row.of for row in served[here + 1 :] if row.trip == rows[index].trip]
    if stop.picked_up_at and stop.picked_up_at not in [one.id for one in on_trip_before]:
        broken.add("pair")
    delivered_at = [one.id for one in trial.problem.stops if one.picked_up_at == stop.id]
    if any(name not in [one.id for one in on_trip_after] for name in delivered_at):
        broken.add("pair")

    picked = [place for place, row in enumerate(served[:here]) if row.id == stop.picked_up_at]
    if picked:
        (there,) = picked
        if stop.ride_max is not None and rows[index].start - served[there].end > stop.ride_max:
            broken.add("ride_time")
        delivered = [one.picked_up_at for one in earlier]
        for between in served[there + 1 : here]:
            is_pickup = any(one.picked_up_at == between.id for one in trial.problem.stops)
            if vehicle.lifo and is_pickup and between.id not in delivered:
                broken.add("loading_order")

    apart = {frozenset(both) for both in trial.problem.incompatible}
    if any(frozenset((stop.goods_class, one.goods_class)) in apart for one in on_trip_before):
        broken.add("goods")
    return broken


def _not_ready(trial: _Trial, rows: list[_Row], index: int) -> bool:
    """Whether loading of the trip that begins with this visit begins before its goods are ready."""
    if index > 0 and rows[index].type != "reload":
        return False
    begin = rows[index].arrival if index == 0 else rows[index].start
    return any(stop.ready is not None and begin < stop.ready for stop in trial.stops(rows[index].trip))


def _overdue(trial: _Trial, rows: list[_Row], index: int) -> bool:
    """Whether the trip that is over with this visit is over later than its goods are due."""
    row = rows[index]
    trip = row.trip - 1 if row.type == "reload" else row.trip
    if index < len(rows) - 1 and row.type != "reload":
        return False
    over = row.start if row.type == "reload" else row.end
    return any(stop.due is not None and over > stop.due for stop in trial.stops(trip))


def _break_told(rule: Break, rows: list[_Row]) -> set[int]:
    """Return the visits at which a break of the vehicle is told broken, other than by its window."""
    if rule.window is not None:
        taken = [index for index, row in enumerate(rows) if row.type == "break" and row.id == rule.id]
        return set(taken[1:])
    resets = _resets(rule, rows)
    told = set()
    driven = min(rule.gone, rule.after_drive or 0)
    since = rows[0].arrival - min(rule.gone, rule.after_work or 0)
    for index, row in enumerate(rows):
        driven += row.drive
        if rule.after_drive is not None and row.type != "break" and driven > rule.after_drive:
            told.add(index)
        over = row.start if index in resets else row.end
        if rule.after_work is not None and over - since > rule.after_work:
            told.add(index)
        if index in resets:
            driven, since = 0, row.end
    return told


def _resets(rule: Break, rows: list[_Row]) -> set[int]:
    """Return the visits with which driving, or working, begins anew."""
    resets = set()
    first_part_taken = False
    for index, row in enumerate(rows):
        if row.type != "break":
            continue
        rest = row.end - row.start
        if rest >= rule.duration or (first_part_taken and rest >= rule.duration - rule.first_part):
            resets.add(index)
            first_part_taken = False
        elif rule.first_part and rest >= rule.first_part:
            first_part_taken = True
    return resets


def _no_loading(trial: _Trial, stops: list[Stop]) -> list[Stop]:
    """Return the stops without those that only take on goods where the vehicle started."""
    start = trial.calls[0].of
    if not isinstance(start, Depot):
        return stops
    here = (round(start.lon, 7), round(start.lat, 7))
    return [one for one in stops if not one.fetch or (round(one.lon, 7), round(one.lat, 7)) != here]


def _route_codes(trial: _Trial, rows: list[_Row]) -> set[str]:
    vehicle = trial.vehicle
    work = rows[-1].end - rows[0].arrival - _rest(rows, paid=False)
    sums = {
        "work_limit": (work, vehicle.max_work),
        "drive_limit": (sum(row.drive for row in rows), vehicle.max_drive),
        "distance_limit": (sum(row.distance for row in rows), vehicle.max_distance),
        "stop_limit": (
            len([row for row in rows if row.type == "stop" and not row.of.fetch]),
            vehicle.max_stops,
        ),
    }
    broken = {code for code, (total, limit) in sums.items() if limit is not None and total > limit}
    for rule in vehicle.breaks:
        taken = any(row.type == "break" and row.id == rule.id for row in rows)
        if (
            rule.window
            and rows[0].arrival <= rule.window.start
            and rows[-1].end > rule.window.end
            and not taken
        ):
            broken.add("break")
    return broken


def _told(trial: _Trial, start: int) -> int:
    rows = trial.run(start)
    return sum(len(_visit_codes(trial, rows, index)) for index in range(len(rows))) + len(
        _route_codes(trial, rows)
    )


def _rest(rows: list[_Row], paid: bool | None = None) -> int:
    """Return the seconds of all breaks, or of those that are paid, or not."""
    return sum(row.end - row.start for row in rows if row.type == "break" and paid in (None, row.of.paid))


def _dock_told(diaries: list[tuple[_Trial, list[_Row]]]) -> set[tuple[str, int]]:
    """Return vehicle and index of each visit that begins to load when all docks are taken."""
    order = (
        {vehicle.id: number for number, vehicle in enumerate(diaries[0][0].problem.vehicles)}
        if diaries
        else {}
    )
    loadings = [
        (row.start, order[trial.vehicle.id], row.end, row.of, trial.vehicle.id, index)
        for trial, rows in diaries
        for index, row in enumerate(rows)
        if row.type in ("start", "reload") and row.end > row.start
    ]
    loadings.sort(key=lambda one: one[:2])
    told = set()
    for number, (start, _, _, depot, vehicle_id, index) in enumerate(loadings):
        others = [one for one in loadings[:number] if one[3].id == depot.id and one[2] > start]
        if depot.docks is not None and len(others) >= depot.docks:
            told.add((vehicle_id, index))
    return told


def _routes(trials: list[tuple[_Trial, int]]) -> tuple[Route, ...]:
    """Return the routes of vehicles that begin work at the given moments."""
    diaries = [(trial, trial.run(start)) for trial, start in trials]
    docks = _dock_told(diaries)
    return tuple(
        _route(trial, rows, {index for vehicle_id, index in docks if vehicle_id == trial.vehicle.id})
        for trial, rows in diaries
    )


def _route(trial: _Trial, rows: list[_Row], no_dock: set[int]) -> Route:
    vehicle = trial.vehicle
    visits, legs = [], []
    for index, row in enumerate(rows):
        codes = _visit_codes(trial, rows, index) | ({"dock"} if index in no_dock else set())
        visit = Visit(
            type=row.type,
            id=row.id,
            sequence=index + (vehicle.start_depot is None),
            arrival=row.arrival,
            setup=row.setup,
            wait=row.start - row.setup - row.arrival,
            start=row.start,
            service=row.end - row.start,
            end=row.end,
            late=row.late,
            slack=_slack(trial, rows, index),
            drive=row.drive,
            distance=row.distance,
            cum_distance=sum(one.distance for one in rows[: index + 1]),
            load=_load_after(trial, index + 1),
            violations=tuple(code for code in RULE_ORDER if code in codes),
            trip=row.trip,
        )
        if visits and row.type != "break":
            pair = rows[index - 1].place, row.place
            line = trial.slot_of(rows[index - 1].end, *pair).provider.lines([pair], vehicle.profile)[0]
            origin = next(one.id for one in reversed(rows[:index]) if one.type != "break")
            legs.append(
                Leg(visit.sequence, origin, row.id, row.drive, row.distance, line.source, line.geometry)
            )
        visits.append(visit)
    peak = [_load_after(trial, position) for position in range(len(rows) + 1)]
    told = {code for visit in visits for code in visit.violations} | _route_codes(trial, rows)
    kilometres = sum(row.distance for row in rows) / 1000
    work = rows[-1].end - rows[0].arrival - _rest(rows, paid=False)
    overtime = 0 if vehicle.overtime_after is None else max(0, work - vehicle.overtime_after)
    dearer = vehicle.overtime_cost_per_hour
    return Route(
        route_id=vehicle.id,
        vehicle_id=vehicle.id,
        visits=tuple(visits),
        legs=tuple(legs),
        start=rows[0].arrival,
        end=rows[-1].end,
        drive=sum(visit.drive for visit in visits),
        service=sum(visit.service for visit in visits if visit.type == "stop"),
        setup=sum(visit.setup for visit in visits),
        wait=sum(visit.wait for visit in visits),
        distance=sum(visit.distance for visit in visits),
        late=sum(visit.late for visit in visits),
        load_peak=tuple(max(loads[number] for loads in peak) for number in range(trial.dimensions)),
        cost_fixed=vehicle.fixed_cost,
        cost_distance=kilometres * vehicle.cost_per_km,
        cost_time=(work - overtime) / 3600 * vehicle.cost_per_hour
        + overtime / 3600 * (vehicle.cost_per_hour if dearer is None else dearer),
        violations=tuple(code for code in RULE_ORDER if code in told),
        loading=sum(visit.service for visit in visits if visit.type in ("start", "reload", "end")),
        break_time=_rest(rows),
        unpaid_break=_rest(rows, paid=False),
        overtime=overtime,
    )


def departing_at(problem: Problem, travel: Travel, plan: Plan, departures: dict[str, int]) -> Plan:
    """Return the plan with the named vehicles beginning at the given moments and everything following."""
    moved = [replace(route, start=departures.get(route.vehicle_id, route.start)) for route in plan.routes]
    return replace(plan, routes=judged(problem, travel, replace(plan, routes=tuple(moved))).routes)
