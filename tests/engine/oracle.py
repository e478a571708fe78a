"""A second scheduler for tests: slow and obvious, it tries instead of calculating.

Held to docs/model.md like the real scheduler and the checker, and written in another way than both: departure
and slack are found by trying, loads by adding up anew at each visit, breaches by asking each rule in turn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from optiway_qgis.engine.travel.provider import travel_kind
from optiway_qgis.model.plan import Leg, Plan, Route, Unassigned, Visit
from optiway_qgis.model.problem import Depot, Problem, Sequence, Stop, Vehicle, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from optiway_qgis.engine.travel.provider import Slot, Travel
    from optiway_qgis.model.plan import Violation

RULE_ORDER = [
    "time_window",
    "shift",
    "depot_hours",
    "capacity",
    "skill",
    "vehicle_rule",
    "order",
    "unreachable",
    "work_limit",
    "drive_limit",
    "distance_limit",
    "stop_limit",
]


def oracle_plan(
    problem: Problem, travel: Travel, sequences: Iterable[Sequence], unassigned: Iterable[Unassigned] = ()
) -> Plan:
    """Return the plan that serves the stops in the given order; vehicles without stops get no route."""
    routes = tuple(oracle_route(problem, travel, sequence) for sequence in sequences if sequence.stops)
    return Plan("oracle", routes, tuple(unassigned), travel_source=travel.provider.source, engine="oracle")


def oracle_route(problem: Problem, travel: Travel, sequence: Sequence, departure: int | None = None) -> Route:
    """Return the route of one vehicle, leaving as docs/model.md says or at the given departure."""
    return _route(_Trial(problem, travel, sequence), departure)


def oracle_breaches(problem: Problem, travel: Travel, plan: Plan) -> list[tuple[str, str, str]]:
    """Return (code, vehicle, stop) for each broken rule; the stop is empty for a depot or a whole route."""
    told = []
    for route in plan.routes:
        trial = _Trial(problem, travel, Sequence(route.vehicle_id, route.stop_ids))
        rows = trial.run(route.start)
        for index, row in enumerate(rows):
            stop_id = row.id if row.type == "stop" else ""
            told += [(code, route.vehicle_id, stop_id) for code in _visit_codes(trial, rows, index)]
        told += [(code, route.vehicle_id, "") for code in _route_codes(trial, rows)]
    return sorted(told)


def said(found: Iterable[Violation]) -> set[tuple[str, str, str]]:
    """Return the rules told broken; leaving too early and ending too late at one visit is one broken rule."""
    return {(one.code, one.vehicle_id, one.stop_id) for one in found}


@dataclass
class _Row:
    """A line of the diary of a route."""

    type: str
    id: str
    place: int
    of: Stop | Depot
    way: bool = True
    drive: int = 0
    distance: int = 0
    arrival: int = 0
    setup: int = 0
    start: int = 0
    end: int = 0
    late: int = 0


class _Trial:
    """One vehicle with its stops, to be driven again and again."""

    def __init__(self, problem: Problem, travel: Travel, sequence: Sequence):
        stop_index = {stop.id: index for index, stop in enumerate(problem.stops)}
        depot_index = {depot.id: index for index, depot in enumerate(problem.depots)}
        self.vehicle: Vehicle = next(one for one in problem.vehicles if one.id == sequence.vehicle_id)
        self.dimensions = problem.dimensions
        self.travel = travel
        self.calls: list[tuple[str, Stop | Depot, int]] = []
        if self.vehicle.start_depot is not None:
            index = depot_index[self.vehicle.start_depot]
            self.calls.append(("start", problem.depots[index], travel.depot_place[index]))
        for stop_id in sequence.stops:
            index = stop_index[stop_id]
            self.calls.append(("stop", problem.stops[index], travel.stop_place[index]))
        if self.vehicle.end_depot is not None:
            index = depot_index[self.vehicle.end_depot]
            self.calls.append(("end", problem.depots[index], travel.depot_place[index]))

    def run(self, departure: int, slip_at: int = -1, slip: int = 0) -> list[_Row]:
        """Drive the route; the arrival with index `slip_at` is held up by `slip` seconds."""
        rows: list[_Row] = []
        now = departure
        for index, (kind, of, place) in enumerate(self.calls):
            row = _Row(kind, of.id, place, of)
            if rows:
                leg = self.leg(rows[-1].place, place, now)
                row.way = leg is not None
                row.drive, row.distance = leg or (0, 0)
            now += row.drive
            if index == slip_at:
                now += slip
            row.arrival = now
            if isinstance(of, Stop):
                in_same_house = bool(rows) and rows[-1].type == "stop" and rows[-1].place == place
                row.setup = 0 if in_same_house else of.setup
                now, row.late = _service_start(of.windows, now + row.setup)
                row.start = now
                now += of.service
            else:
                if kind == "end" and of.window:
                    now = max(now, of.window.start)
                row.start = now
            row.end = now
            rows.append(row)
        return rows

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


def _departure(trial: _Trial) -> int:
    first = trial.calls[0][1]
    hours = first.window if isinstance(first, Depot) else None
    earliest = max(trial.vehicle.shift.start, hours.start) if hours else trial.vehicle.shift.start
    at_once = trial.run(earliest)
    lateness = [row.late for row in at_once]

    def harmless(later: int) -> bool:
        rows = trial.run(earliest + later)
        shut = hours is not None and later > 0 and earliest + later > hours.end
        same = [(row.late, row.way) for row in rows] == [(row.late, row.way) for row in at_once]
        return rows[-1].end == at_once[-1].end and same and not shut

    late_start = earliest + _last_true(harmless, at_once[-1].end - earliest)
    several = any(isinstance(of, Stop) and len(of.windows) > 1 for _, of, _ in trial.calls)
    if any(lateness) or not several:
        return late_start
    if trial.travel.slots:
        return _shortest_by_the_hour(trial, late_start, hours.end if hours else math.inf)
    return _shortest(trial, late_start, hours.end if hours else math.inf)


def _shortest(trial: _Trial, standing: int, closing: float) -> int:
    """Return the departure with the least work, of equals the earliest, by trying all that could be it.

    Work is least where leaving a second later would end work later or miss a window: there the way from the
    departure to an edge of some window is free of waiting. Nobody leaves later than the depot's closing.
    """
    moments = {standing}
    apart = 0
    for before, row in pairwise([None, *trial.run(standing)]):
        apart += row.drive + row.setup + (before.end - before.start if before else 0)
        hours = row.of.windows if isinstance(row.of, Stop) else (row.of.window,) if row.of.window else ()
        moments |= {edge - apart for window in hours for edge in (window.start, window.end, window.end + 1)}
    at_first = trial.run(standing)
    missed = _missed(trial, at_first)
    trials = [trial.run(moment) for moment in moments if moment == standing or standing < moment <= closing]
    allowed = [rows for rows in trials if _missed(trial, rows) <= missed]
    return min((rows[-1].end - rows[0].arrival, rows[0].arrival) for rows in allowed)[1]


def _shortest_by_the_hour(trial: _Trial, standing: int, closing: float) -> int:
    """Return the departure with the least work, of equals the earliest, of those docs/model.md compares."""

    def windows_of(departure: int) -> list[tuple[int, bool]]:
        rows = [(row, row.of.windows if isinstance(row.of, Stop) else ()) for row in trial.run(departure)]
        return [(sum(window.end < row.start for window in windows), row.way) for row, windows in rows]

    def last(holds: Callable[[int], bool], departure: int) -> int:
        return departure + _last_true(lambda later: holds(departure + later), 10**6)

    def allowed(departure: int) -> bool:
        return departure <= closing and _missed(trial, trial.run(departure)) <= missed

    missed = _missed(trial, trial.run(standing))
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


def _closed(row: _Row) -> bool:
    hours = row.of.window if isinstance(row.of, Depot) else None
    return hours is not None and not hours.start <= row.end <= hours.end


def _missed(trial: _Trial, rows: list[_Row]) -> set[tuple[int, str]]:
    missed = {(index, "window") for index, row in enumerate(rows) if row.late > 0}
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
    """Return what is on board after the first `position` calls: to be delivered yet, and picked up."""
    stops = [of if isinstance(of, Stop) else None for _, of, _ in trial.calls]
    return tuple(
        sum(_amount(stop.delivery, dimension) for stop in stops[position:] if stop)
        + sum(_amount(stop.pickup, dimension) for stop in stops[:position] if stop)
        for dimension in range(trial.dimensions)
    )


def _overloaded(trial: _Trial, position: int) -> bool:
    limits = trial.vehicle.capacity
    load = _load_after(trial, position)
    return any(limit is not None and aboard > limit for aboard, limit in zip(load, limits))


def _visit_codes(trial: _Trial, rows: list[_Row], index: int) -> list[str]:
    vehicle, row, of = trial.vehicle, rows[index], rows[index].of
    first, last = index == 0, index == len(rows) - 1
    broken = set()
    if row.late:
        broken.add("time_window")
    if (first and row.arrival < vehicle.shift.start) or (last and row.end > vehicle.shift.end):
        broken.add("shift")
    if _closed(row):
        broken.add("depot_hours")
    if row.type != "end" and (_overloaded(trial, index + 1) or (first and _overloaded(trial, 0))):
        broken.add("capacity")
    if isinstance(of, Stop):
        may_not = (
            (of.vehicle_id and of.vehicle_id != vehicle.id)
            or (of.allowed_vehicles and vehicle.id not in of.allowed_vehicles)
            or vehicle.id in of.forbidden_vehicles
        )
        if any(skill not in vehicle.skills for skill in of.skills):
            broken.add("skill")
        elif may_not:
            broken.add("vehicle_rule")
        earlier = [before.of for before in rows[:index] if isinstance(before.of, Stop)]
        ranks = [stop.order_rank for stop in earlier if stop.order_rule == "strict"]
        if of.order_rule == "strict" and any(rank > of.order_rank for rank in ranks):
            broken.add("order")
    if not row.way:
        broken.add("unreachable")
    return [code for code in RULE_ORDER if code in broken]


def _route_codes(trial: _Trial, rows: list[_Row]) -> list[str]:
    vehicle = trial.vehicle
    sums = {
        "work_limit": (rows[-1].end - rows[0].arrival, vehicle.max_work),
        "drive_limit": (sum(row.drive for row in rows), vehicle.max_drive),
        "distance_limit": (sum(row.distance for row in rows), vehicle.max_distance),
        "stop_limit": (len([row for row in rows if row.type == "stop"]), vehicle.max_stops),
    }
    return [code for code, (total, limit) in sums.items() if limit is not None and total > limit]


def _route(trial: _Trial, departure: int | None) -> Route:
    vehicle = trial.vehicle
    rows = trial.run(_departure(trial) if departure is None else departure)
    visits, legs = [], []
    for index, row in enumerate(rows):
        service = row.of.service if isinstance(row.of, Stop) else 0
        visit = Visit(
            type=row.type,
            id=row.id,
            sequence=index + (vehicle.start_depot is None),
            arrival=row.arrival,
            setup=row.setup,
            wait=row.start - row.setup - row.arrival,
            start=row.start,
            service=service,
            end=row.end,
            late=row.late,
            slack=_slack(trial, rows, index),
            drive=row.drive,
            distance=row.distance,
            cum_distance=sum(one.distance for one in rows[: index + 1]),
            load=_load_after(trial, index + 1),
            violations=tuple(_visit_codes(trial, rows, index)),
        )
        if visits:
            pair = rows[index - 1].place, row.place
            line = trial.slot_of(rows[index - 1].end, *pair).provider.lines([pair], vehicle.profile)[0]
            ids = rows[index - 1].id, row.id
            legs.append(Leg(visit.sequence, *ids, row.drive, row.distance, line.source, line.geometry))
        visits.append(visit)
    peak = [_load_after(trial, position) for position in range(len(rows) + 1)]
    told = {code for visit in visits for code in visit.violations} | set(_route_codes(trial, rows))
    hours, kilometres = (rows[-1].end - rows[0].arrival) / 3600, sum(row.distance for row in rows) / 1000
    return Route(
        route_id=vehicle.id,
        vehicle_id=vehicle.id,
        visits=tuple(visits),
        legs=tuple(legs),
        start=rows[0].arrival,
        end=rows[-1].end,
        drive=sum(visit.drive for visit in visits),
        service=sum(visit.service for visit in visits),
        setup=sum(visit.setup for visit in visits),
        wait=sum(visit.wait for visit in visits),
        distance=sum(visit.distance for visit in visits),
        late=sum(visit.late for visit in visits),
        load_peak=tuple(max(loads[number] for loads in peak) for number in range(trial.dimensions)),
        cost_fixed=vehicle.fixed_cost,
        cost_distance=kilometres * vehicle.cost_per_km,
        cost_time=hours * vehicle.cost_per_hour,
        violations=tuple(code for code in RULE_ORDER if code in told),
    )


def departing_at(problem: Problem, travel: Travel, plan: Plan, departures: dict[str, int]) -> Plan:
    """Return the plan with the named vehicles leaving at the given moments and everything following."""
    routes = []
    for route in plan.routes:
        sequence = Sequence(route.vehicle_id, route.stop_ids)
        departure = departures.get(route.vehicle_id, route.start)
        routes.append(oracle_route(problem, travel, sequence, departure))
    return replace(plan, routes=tuple(routes))
