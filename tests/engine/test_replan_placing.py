"""Stops put into routes that stay as they are: cheapest of all places, nothing broken that was kept."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optiway_qgis.engine.replanning.placing import faults, late_score, moved_less_late, put_in
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.solving.schedule import sequences_of, timetables
from optiway_qgis.model.problem import Planned, Sequence, Settings
from tests.engine.cases import MINUTE, VAN, a_depot, a_problem, a_stop, at, between, line_travel
from tests.engine.plannable import counting_clock, examples, plan_score, plannable, planned
from tests.engine.rich import NEUTRAL, orders_of, plannable_rich

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.units import Unit
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Problem
    from tests.engine.plannable import Planned as Case


def _plan(instance: Instance, sequences: Sequences) -> Plan:
    """Return the sequences timed, and judged by the checker."""
    asked = [
        Sequence(vehicle.id, tuple(instance.stops[stop].id for stop in stops))
        for vehicle, stops in zip(instance.vehicles, sequences)
    ]
    return reschedule(instance.problem, instance.travel, {}, Settings(), asked)


def _all_ways(sequences: Sequences, unit: Unit) -> Iterator[Sequences]:
    """Yield the sequences with a stop, or both of a pair in their order, at every place there is."""
    for vehicle, stops in enumerate(sequences):
        for places in combinations_with_replacement(range(len(stops) + 1), len(unit)):
            route = list(stops)
            for offset, (place, stop) in enumerate(zip(places, unit)):
                route.insert(place + offset, stop)
            yield [*sequences[:vehicle], route, *sequences[vehicle + 1 :]]


def _without(instance: Instance, plan: Plan, out: set[int]) -> Sequences:
    served = {route.vehicle_id: route.stop_ids for route in plan.routes}
    ids = [served.get(vehicle.id, ()) for vehicle in instance.vehicles]
    return [[stop for stop in map(instance.stop_index.get, stops) if stop not in out] for stops in ids]


def _put_in_by_force(instance: Instance, sequences: Sequences, unit: Unit) -> float:
    """Return the least price of a plan that breaks no rule with the unit at any place; infinite if none."""
    best = float("inf")
    for ways in _all_ways(sequences, unit):
        plan = _plan(instance, ways)
        if not [one for one in plan.violations if one.stop_id not in _missing(instance, ways)]:
            best = min(best, plan_score(instance.problem, instance.travel, plan).price)
    return best


def _missing(instance: Instance, sequences: Sequences) -> set[str]:
    served = {stop for stops in sequences for stop in stops}
    return {stop.id for index, stop in enumerate(instance.stops) if index not in served}


def _cheapest_is_found(case: Case, data: st.DataObject) -> None:
    problem, travel = case
    stops = tuple(replace(stop, penalty=None, before=()) for stop in problem.stops)
    problem = replace(problem, stops=stops)
    instance = Instance(problem, travel)
    plan = planned(problem, travel, 30)
    served = [instance.stop_index[stop] for route in plan.routes for stop in route.stop_ids]
    assume(served)
    unit = instance.units.of[data.draw(st.sampled_from(served))]
    sequences = _without(instance, plan, set(unit))
    assume(not any(table.violations for table in timetables(instance, sequences).values()))
    found = sequences_of(instance, put_in(instance, timetables(instance, sequences), [unit]))
    own = _plan(instance, found)
    assert [[stop for stop in stops if stop not in unit] for stops in found] == sequences
    assert {stop for stops in found for stop in stops} == set(served)
    assert not own.violations
    assert plan_score(problem, travel, own).price == pytest.approx(
        _put_in_by_force(instance, sequences, unit), abs=1e-6
    )


@examples(25)
@given(plannable(6), st.data())
def test_stop_goes_where_it_costs_least_of_all_places(case, data):
    """All places of all routes, idle vehicles included, timed and judged by the checker, know no better."""
    _cheapest_is_found(case, data)


@examples(25)
@given(plannable_rich(5), st.data())
def test_stop_or_pair_goes_where_it_costs_least_under_many_rules(case, data):
    """So it is with pairs, breaks, reloads, locks and wishes; docks bind routes together and are left out."""
    problem, travel = case
    _, neutral = NEUTRAL["docks"]
    depots = tuple(replace(depot, **neutral) for depot in problem.depots)
    _cheapest_is_found((replace(problem, depots=depots), travel), data)


@examples(40)
@given(plannable_rich(6), st.data())
def test_whatever_is_put_in_breaks_nothing_that_was_kept(case, data):
    """Routes that break rules already keep what they kept, and what they break gets no worse."""
    problem, travel = case
    instance = Instance(problem, travel)
    asked, _ = data.draw(orders_of(problem))
    orders = {one.vehicle_id: one.stops for one in asked}
    sequences = [[instance.stop_index[stop] for stop in orders[one.id]] for one in problem.vehicles]
    out = data.draw(st.sets(st.integers(0, len(problem.stops) - 1), max_size=2))
    out = instance.units.whole(out)
    sequences = [[stop for stop in stops if stop not in out] for stops in sequences]
    before = timetables(instance, sequences)
    after = put_in(instance, before, instance.units.among(sorted(out)))
    kept = [[stop for stop in stops if stop not in out] for stops in sequences_of(instance, after)]
    assert kept == sequences
    for vehicle, table in after.items():
        old = faults(before[vehicle]) if vehicle in before else {}
        assert all(amount <= old.get(fault, 0) for fault, amount in faults(table).items())
    told = {(one.code, one.vehicle_id) for one in _plan(instance, sequences).violations}
    new = {(one.code, one.vehicle_id) for one in _plan(instance, sequences_of(instance, after)).violations}
    assert new <= told


def _three_in_a_row(**members):
    """Three stops ten minutes apart from each other and the depot, and a fourth that is loose."""
    stops = [a_stop(f"S{number}", number, service=300, **members) for number in (1, 2, 3, 4)]
    return a_problem(stops, [a_depot("D1", 0)], [VAN, replace(VAN, id="V2", fixed_cost=500)])


def _put(problem: Problem, sequences: Sequences, stops: list[int], **options) -> Sequences:
    instance = Instance(problem, line_travel(problem))
    units = [(stop,) for stop in stops]
    return sequences_of(instance, put_in(instance, timetables(instance, sequences), units, **options))


def test_stop_goes_to_the_other_vehicle_where_the_near_one_would_break_a_rule():
    """V1 may drive for 79 minutes: by S4 its way takes 80. V2 costs 500 more."""
    problem = _three_in_a_row()
    limited = replace(problem, vehicles=(replace(VAN, max_drive=79 * MINUTE), problem.vehicles[1]))
    assert _put(problem, [[2, 1, 0], []], [3]) == [[2, 3, 1, 0], []]
    assert _put(limited, [[2, 1, 0], []], [3]) == [[2, 1, 0], [3]]


def test_hardest_to_place_comes_first():
    """V1 has room for one, and costs less for both: S4 gets it, that only V1 may serve."""
    problem = _three_in_a_row(delivery=(1000,))
    stops = (*problem.stops[:3], replace(problem.stops[3], vehicle_id="V1"))
    vehicles = (replace(VAN, capacity=(2000,)), problem.vehicles[1])
    problem = replace(problem, stops=stops, vehicles=vehicles)
    assert [set(stops) for stops in _put(problem, [[1], [0]], [2, 3])] == [{1, 3}, {0, 2}]


def test_important_stop_is_put_in_where_not_all_fit():
    """One place is left, on V1. S3 of priority 90 gets it, though S4 is asked for first."""
    problem = _three_in_a_row(delivery=(1000,))
    stops = list(problem.stops)
    stops[2] = replace(stops[2], priority=90)
    stops[3] = replace(stops[3], vehicle_id="V1")
    vehicles = (replace(VAN, capacity=(2000,)), replace(problem.vehicles[1], capacity=(1000,)))
    problem = replace(problem, stops=tuple(stops), vehicles=vehicles)
    assert [set(stops) for stops in _put(problem, [[0], [1]], [3, 2])] == [{0, 2}, {1}]


def test_goods_to_fetch_make_a_stop_no_more_important():
    """One place is left, on V1: S3 gets it. Both S4 and the pickup of its goods have a priority of 50."""
    problem = _three_in_a_row(delivery=(1000,))
    stops = [*problem.stops, a_stop("G", 0, pickup=(1000,), fetch=True, priority=50)]
    stops[2] = replace(stops[2], priority=60)
    stops[3] = replace(stops[3], priority=50, picked_up_at="G", vehicle_id="V1")
    vehicles = (replace(VAN, capacity=(2000,), max_stops=2), replace(problem.vehicles[1], capacity=(1000,)))
    problem = replace(problem, stops=tuple(stops), vehicles=vehicles)
    instance = Instance(problem, line_travel(problem))
    tables = timetables(instance, [[0], [1]])
    found = sequences_of(instance, put_in(instance, tables, [(4, 3), (2,)]))
    assert [set(served) for served in found] == [{0, 2}, {1}]


def test_stop_with_a_penalty_is_left_out_where_that_is_cheaper():
    """By S4 the work is 25 minutes longer and the way 12 km: 13.50."""
    problem = _three_in_a_row()
    stops = list(problem.stops)
    for penalty, expected in ((13.49, {0, 1, 2}), (13.51, {0, 1, 2, 3})):
        stops[3] = replace(stops[3], penalty=penalty)
        assert set(_put(replace(problem, stops=tuple(stops)), [[0, 1, 2], []], [3])[0]) == expected


def test_route_that_is_late_already_takes_a_stop_only_where_nobody_gets_later():
    """S3 is late as it is: S4 comes after it, also though it is on the way before."""
    problem = _three_in_a_row()
    stops = list(problem.stops)
    stops[3] = replace(stops[3], windows=(between("08:05", "08:10"),))
    problem = replace(problem, stops=tuple(stops), vehicles=(VAN,))
    assert _put(problem, [[0, 1, 3]], [2]) == [[0, 1, 3, 2]]


def test_stop_the_plan_before_serves_is_served_late_rather_than_left_out():
    """S4 cannot be reached before 08:40: ten minutes late at first, when all others come after it."""
    problem = replace(_three_in_a_row(), vehicles=(VAN,))
    new = replace(problem.stops[3], windows=(between("08:00", "08:30"),))
    known = replace(new, planned=Planned("V1", 1, at("08:30")))
    for stop, expected in ((new, [[0, 1, 2]]), (known, [[3, 0, 1, 2]])):
        changed = replace(problem, stops=(*problem.stops[:3], stop))
        assert _put(changed, [[0, 1, 2]], [3]) == [[0, 1, 2]]
        assert _put(changed, [[0, 1, 2]], [3], serve_late=True) == expected


def test_late_stops_move_to_where_they_are_less_late():
    """V1 comes too late to its second stop; V2 is free and comes in time."""
    problem = _three_in_a_row()
    planned_before = Planned("V1", 1, at("08:30"))
    stops = tuple(
        replace(stop, windows=(between("08:00", "08:44"),), planned=planned_before) for stop in problem.stops
    )
    problem = replace(problem, stops=stops)
    instance = Instance(problem, line_travel(problem))
    tables = timetables(instance, [[0, 3], []])
    assert late_score(instance, tables.values()).late > 0
    moved = moved_less_late(instance, tables, counting_clock(), 10)
    assert sorted(sequences_of(instance, moved)) == [[0], [3]]
    assert late_score(instance, moved.values()).late == 0
    assert moved_less_late(instance, tables, counting_clock(), 0) == tables
