"""Where the scheduler puts reloads and breaks, and when it starts, against trying every possibility.

The oracle times what is tried. Docks and rides, which hold up what could begin, are left out here.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from typing import TYPE_CHECKING

from hypothesis import given

from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.model.problem import Problem, Sequence, Settings
from tests.engine.oracle import broken_on, outcome, start_of
from tests.engine.plannable import examples
from tests.engine.rich import rich_cases, rich_cases_by_the_hour, wild_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optiway_qgis.model.plan import Route
    from optiway_qgis.model.problem import Break, Vehicle
    from tests.engine.cases import Case


def simpler(case: Case, **members: object) -> tuple[Problem, list[Route]]:
    """Return the problem without docks and rides, its vehicles changed, and the routes made of it."""
    problem = replace(
        case.problem,
        depots=tuple(replace(depot, docks=None) for depot in case.problem.depots),
        stops=tuple(replace(stop, ride_max=None) for stop in case.problem.stops),
        vehicles=tuple(replace(vehicle, **members) for vehicle in case.problem.vehicles),
    )
    asked = [replace(sequence, reloads=None) for sequence in case.sequences]
    return problem, list(reschedule(problem, case.travel, {}, Settings(), asked).routes)


def vehicle_of(problem: Problem, route: Route) -> Vehicle:
    return next(vehicle for vehicle in problem.vehicles if vehicle.id == route.vehicle_id)


def is_as_good(case: Case, problem: Problem, route: Route, best: tuple[int, int]) -> None:
    """No more rules are broken than at best, and of as many broken the end is no later.

    For later windows of a stop a vehicle may start later, and end later with less work.
    """
    own = broken_on(problem, case.travel, route), route.end
    several = any(len(stop.windows) > 1 for stop in problem.stops if stop.id in route.stop_ids)
    assert own[0] <= best[0] if several else own <= best


@examples(200)
@given(rich_cases(6) | wild_cases(6) | rich_cases_by_the_hour())
def test_work_begins_when_the_page_says(case: Case):
    """As late as makes nothing later, or as early as it can; for second windows; with goods that are due."""
    problem, routes = simpler(case, breaks=())
    for route in routes:
        assert route.start == start_of(problem, case.travel, route)


def between(one: int, other: int) -> range:
    """Return the places of a cut that parts two stops."""
    return range(min(one, other) + 1, max(one, other) + 1)


def cuts(problem: Problem, vehicle: Vehicle, stop_ids: tuple[str, ...]) -> Iterator[tuple[int, ...]]:
    """Yield all ways to cut stops into trips, but those between the two stops of a pair."""
    apart = {
        place
        for stop in problem.stops
        if {stop.id, stop.picked_up_at} <= set(stop_ids)
        for place in between(stop_ids.index(stop.picked_up_at), stop_ids.index(stop.id))
    }
    allowed = [place for place in range(1, len(stop_ids)) if place not in apart]
    for count in range(vehicle.max_trips if vehicle.start_depot is not None else 1):
        yield from combinations(allowed, count)


@examples(150)
@given(rich_cases(6) | wild_cases(6))
def test_reloads_are_where_they_break_least_and_end_first(case: Case):
    """Every way to cut an order of up to six stops into the trips allowed."""
    problem, routes = simpler(case, breaks=())
    for route in routes:
        vehicle = vehicle_of(problem, route)
        ways = [Sequence(vehicle.id, route.stop_ids, cut) for cut in cuts(problem, vehicle, route.stop_ids)]
        is_as_good(case, problem, route, min(outcome(problem, case.travel, way) for way in ways))


def rests(vehicle: Vehicle, visits: int, most: int) -> Iterator[list[tuple[int, Break, int]]]:
    """Yield up to so many breaks after different visits but the last, each whole or one of its parts."""
    lengths = [
        (rest, seconds)
        for rest in vehicle.breaks
        for seconds in {rest.duration, rest.first_part or rest.duration, rest.duration - rest.first_part}
    ]
    for count in range(most + 1):
        for places in combinations(range(visits - 1), count):
            for taken in product(lengths, repeat=count):
                yield [(place, *one) for place, one in zip(places, taken)]


@examples(80)
@given(rich_cases(4) | wild_cases(4))
def test_breaks_are_where_they_break_least_and_end_first(case: Case):
    """Up to three stops and up to three rests, one at each place, those with a window within it."""
    problem, routes = simpler(case, max_trips=1)
    for route in routes:
        vehicle = vehicle_of(problem, route)
        if len(route.stop_ids) <= 3 and vehicle.breaks:
            visits = len([visit for visit in route.visits if visit.type != "break"])
            sequence = Sequence(vehicle.id, route.stop_ids)
            most = 3 if len(vehicle.breaks) == 1 else 2
            tried = [outcome(problem, case.travel, sequence, taken) for taken in rests(vehicle, visits, most)]
            is_as_good(case, problem, route, min(one for one in tried if one))
