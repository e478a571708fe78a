"""Large problems: districts, the first answer made of them, and looking for room near a stop first."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving import first_answer as first
from optiway_qgis.engine.solving import insertion, strategy
from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.explain import hopeless
from optiway_qgis.engine.solving.insertion import complete
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score, unserved
from optiway_qgis.engine.solving.outlook import NO_WAY, detours
from optiway_qgis.engine.solving.pyvrp_engine import search
from optiway_qgis.engine.solving.reach import Reach
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.engine.travel.kinds import scaled
from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.engine.travel.provider import UNREACHABLE, Matrix
from tests.engine.cases import VAN, a_depot, a_problem, a_stop, line_travel
from tests.engine.plannable import counting_clock, examples, plannable, planned

sys.path.insert(0, str(Path(__file__).absolute().parents[2] / "benchmarks"))

from scatter import scattered

if TYPE_CHECKING:
    from optiway_qgis.model.problem import Problem


def instance_of(problem: Problem) -> Instance:
    """Return the problem with estimated travel times."""
    return Instance(problem, open_travel(problem, {"source": "estimate"}, lambda text: None))


def served_alone(instance: Instance) -> list[int]:
    """Return the stops that some vehicle can serve."""
    lost = hopeless(instance)
    return [index for index in range(len(instance.stops)) if index not in lost]


@pytest.fixture(scope="module")
def day() -> Instance:
    """Six hundred stops with windows, loads and skills; three depots, three kinds of vehicles."""
    problem = scattered(600)
    spread = problem.stops[::200]
    depots = tuple(
        replace(problem.depots[0], id=f"D{number}", lon=stop.lon, lat=stop.lat)
        for number, stop in enumerate(spread)
    )
    vehicles = tuple(
        replace(vehicle, start_depot=f"D{number % 3}", end_depot=f"D{number % 3}")
        for number, vehicle in enumerate(problem.vehicles)
    )
    return instance_of(replace(problem, depots=depots, vehicles=vehicles))


@given(plannable(), st.integers(1, 4))
@examples(150)
def test_districts_hold_every_stop_once_with_a_vehicle_that_may_serve_it(planned_problem, size):
    """A stop in no district would wait for room that others took; a vehicle in two would be planned twice."""
    instance = Instance(*planned_problem)
    stops = served_alone(instance)
    found = first.districts(instance, stops, size)
    assert sorted(stop for part in found for stop in part.stops) == stops
    used = [vehicle for part in found for vehicle in part.vehicles]
    assert len(used) == len(set(used))
    for part in found:
        for stop in part.stops:
            assert any(not instance.refusals[vehicle][stop] for vehicle in part.vehicles)


def test_districts_are_no_larger_than_asked_and_have_vehicles_enough(day):
    """A district without room leaves stops over, a large one takes long."""
    found = first.districts(day, range(len(day.stops)), 100)
    assert len(found) > 5
    assert max(len(part.stops) for part in found) <= 100
    for part in found:
        load = sum(day.stops[stop].delivery[0] for stop in part.stops)
        assert load < sum(day.vehicles[vehicle].capacity[0] for vehicle in part.vehicles)


def test_stops_go_to_the_depot_whose_vehicles_are_near(day):
    """Districts that ignored the depots would send each vehicle across the others' towns."""
    seconds = day.matrix(day.vehicles[0]).seconds
    away = np.array([seconds[place, list(day.travel.stop_place)] for place in day.travel.depot_place])
    found = first.districts(day, range(len(day.stops)), 100)
    depot = {part: int(day.vehicles[part.vehicles[0]].start_depot[1:]) for part in found}
    home = {stop: depot[part] for part in found for stop in part.stops}
    from_home = sum(away[home[stop], stop] for stop in range(len(day.stops)))
    assert from_home < 1.1 * away.min(axis=0).sum()
    assert from_home < 0.85 * away.mean(axis=0).sum()


def test_a_district_answers_as_the_problem_of_its_stops_and_vehicles_alone(day):
    """Indices go in and come back: the same engine on the same members finds the same orders."""
    part = first.districts(day, range(len(day.stops)), 60)[1]
    problem = day.problem
    alone = replace(
        problem,
        stops=tuple(problem.stops[index] for index in part.stops),
        vehicles=tuple(problem.vehicles[index] for index in part.vehicles),
    )
    answers = [
        search(instance, list(range(len(part.stops))), counting_clock(30), 7, all_required=True)
        for instance in (part.instance(day), instance_of(alone))
    ]
    assert answers[0] == answers[1]
    sequences = [[] for _ in problem.vehicles]
    part.put_back(answers[0].sequences, sequences)
    assert sorted(stop for stops in sequences for stop in stops) == sorted(part.stops)
    assert [number for number, stops in enumerate(sequences) if stops] == [
        vehicle for vehicle, stops in zip(part.vehicles, answers[0].sequences) if stops
    ]


@given(plannable(ranked=True, limited=True), st.integers(1, 4))
@examples(40)
def test_first_answer_breaks_no_rule(planned_problem, size):
    """Several depots, open ends, skills, ranks and limits of all kinds: the search starts from what holds."""
    instance = Instance(*planned_problem)
    stops = served_alone(instance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first, "DISTRICT", size)
        found = first.first_answer(instance, stops, 0, 1, lambda text: None)
    assert score(instance, found).broken == 0
    served = [stop for route in found for stop in route]
    assert len(served) == len(set(served))
    assert set(served) <= set(stops)


def test_first_answer_serves_all_and_is_the_same_for_any_number_of_threads(day):
    """The fleet has room for everybody; what threads there are must not show in the plan."""
    stops = list(range(len(day.stops)))
    told: list[str] = []
    one = first.first_answer(day, stops, 3, 1, told.append)
    assert unserved(day, one) == []
    assert score(day, one).broken == 0
    assert one == first.first_answer(day, stops, 3, 2, told.append)
    assert "600 stops in" in told[0]


@given(plannable(max_stops=14))
@examples(40)
def test_plans_that_begin_with_districts_lose_nothing_and_keep_all_rules(planned_problem):
    """The way of large problems, taken by small ones that have every kind of rule."""
    problem, travel = planned_problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strategy, "_LARGE", 3)
        patch.setattr(first, "DISTRICT", 3)
        plan = planned(problem, travel, 20)
    assert check(problem, travel, plan) == []
    assert plan.violations == ()
    served = [stop for route in plan.routes for stop in route.stop_ids]
    assert sorted([*served, *(left.stop_id for left in plan.unassigned)]) == sorted(
        stop.id for stop in problem.stops
    )


def test_a_fleet_far_too_small_still_gets_a_first_answer(day):
    """Five of fourteen vehicles: each carries what it can, and the districts do not break rules for more."""
    few = Instance(replace(day.problem, vehicles=day.vehicles[:5]), day.travel)
    found = first.first_answer(few, list(range(len(few.stops))), 0, 1, lambda text: None)
    assert score(few, found).broken == 0
    loaded = sum(few.stops[stop].delivery[0] for stops in found for stop in stops)
    assert loaded > 0.9 * sum(vehicle.capacity[0] for vehicle in few.vehicles)


def test_nearest_routes_are_those_of_least_detour(day):
    """All routes at once must say what each says for itself, idle vehicles with their depot included."""
    sequences = first.first_answer(day, list(range(500)), 0, 1, lambda text: None)
    tables = timetables(day, sequences)
    reach = Reach(day, tables)
    everybody = range(len(day.vehicles))
    for stop in (501, 550, 599):
        least = [
            int(detours(day, vehicle, tables[vehicle].indices if vehicle in tables else [], stop)[0].min())
            for vehicle in everybody
        ]
        assert reach.nearest(stop, everybody) == sorted(everybody, key=lambda vehicle: least[vehicle])
        room = [
            vehicle
            for vehicle in everybody
            if (tables[vehicle].loads[0][0] if vehicle in tables else 0) + day.stops[stop].delivery[0]
            <= day.vehicles[vehicle].capacity[0]
        ]
        assert sorted(reach.nearest(stop, everybody, with_room=True)) == room


@given(plannable())
@examples(60)
def test_nearest_routes_are_known_also_with_open_ends_and_places_cut_off(planned_problem):
    """Every kind of vehicle and table: the order is that of the detours each route has for itself."""
    instance = Instance(*planned_problem)
    stops = served_alone(instance)
    if not stops:
        return
    tables = timetables(instance, complete(instance, [[] for _ in instance.vehicles], stops[1:]))
    everybody = range(len(instance.vehicles))
    least = [
        min(
            NO_WAY,
            int(detours(instance, one, tables[one].indices if one in tables else [], stops[0])[0].min()),
        )
        for one in everybody
    ]
    found = Reach(instance, tables).nearest(stops[0], everybody)
    assert found == sorted(everybody, key=lambda vehicle: least[vehicle])


def test_a_far_vehicle_is_found_when_the_near_ones_are_full(monkeypatch):
    """Vehicles are looked at a few at a time; the last of them is not forgotten."""
    problem = a_problem(
        [a_stop(f"S{number}", number, delivery=(1000,)) for number in range(1, 5)],
        [a_depot("D1", 0)],
        [replace(VAN, id=f"V{number}", capacity=(1000,)) for number in range(3)]
        + [replace(VAN, id="V3", capacity=(2000,), fixed_cost=1000.0)],
    )
    instance = Instance(problem, line_travel(problem))
    monkeypatch.setattr(insertion, "_AT_ONCE", 1)
    found = complete(instance, [[0], [1], [2], []], [3])
    assert found == [[0], [1], [2], [3]]


def test_tables_of_32_bits_do_not_overflow_in_sums():
    """Two legs of 34 years are more than 31 bits hold, and still a detour, not a gain."""
    problem = a_problem([a_stop("S1", 1), a_stop("S2", 2)], [a_depot("D1", 0)], [VAN])
    travel = line_travel(problem)
    travel.matrices[VAN.profile].seconds[~np.eye(3, dtype=bool)] = 2**31 - 2
    instance = Instance(problem, travel)
    seconds, _ = detours(instance, 0, [0], 1)
    assert seconds.tolist() == [2**31 - 2, 2**31 - 2]
    assert detours(instance, 0, [], 1)[0].tolist() == [2 * (2**31 - 2)]


def test_seconds_slowed_beyond_32_bits_stay_below():
    """A given matrix may say anything below 2^31; ten times that must not come out as a negative time."""
    seconds = np.array([[0, 2**31 - 2], [UNREACHABLE, 0]], dtype=np.int32)
    slowed = scaled(Matrix(seconds, seconds), 10.0).seconds
    assert slowed.dtype == np.int32
    assert slowed.tolist() == [[0, 2**31 - 2], [UNREACHABLE, 0]]
    by_place = scaled(Matrix(seconds // 1000, seconds), np.array([0.5, 1.0])).seconds
    assert by_place.tolist() == [[0, math.ceil((2**31 - 2) // 1000 * 1.5)], [UNREACHABLE, 0]]
