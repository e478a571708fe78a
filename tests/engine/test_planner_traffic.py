"""Whole plans where times depend on the hour: the hour changes the plan, the best small plans by brute force.

What schedule and checker make of hours is tested in test_schedule.py and test_by_the_hour.py.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.insertion import eased
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score
from optiway_qgis.engine.solving.planner import plan as plan_by_time
from optiway_qgis.engine.solving.rounds import static
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.engine.solving.search import Clock
from optiway_qgis.model.plan import plan_to_json
from optiway_qgis.model.problem import ORDER_EARLY, ORDER_STRICT, Depot, Settings, Stop, Window
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, at, between, given_travel, line_travel
from tests.engine.plannable import best_score, counting_clock, examples, plan_score, planned
from tests.engine.rush import rush, rushing

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Problem, Vehicle

RUSH = ((0, 1.0), (at("07:30"), 2.5), (at("09:30"), 1.0))
"""Two and a half times as long from half past seven to half past nine."""


def keeps_every_rule(problem: Problem, travel: Travel, plan: Plan) -> None:
    assert check(problem, travel, plan) == []
    assert plan.violations == ()
    served = [stop_id for route in plan.routes for stop_id in route.stop_ids]
    left = [one.stop_id for one in plan.unassigned]
    assert sorted(served + left) == sorted(stop.id for stop in problem.stops)


def served_in(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {route.vehicle_id: route.stop_ids for route in plan.routes}


def morning(first: str) -> tuple[Problem, Travel]:
    """Return six stops on a line, to be served within an hour and a half from a moment on, and two vans."""
    begin = at(first)
    window = (Window(begin, begin + 3 * HOUR // 2),)
    stops = [a_stop(f"S{number}", number, service=180, windows=window) for number in range(1, 7)]
    vans = [replace(VAN, id=name, shift=between("06:00", "17:00")) for name in ("V1", "V2")]
    problem = a_problem(stops, [a_depot("D1", 0)], vans)
    return problem, rush(problem, line_travel(problem, 480), *RUSH)


def test_same_stops_ask_for_another_van_in_the_rush_hour():
    """At ten one van does them all; at eight the roads are slow and it takes two."""
    calm, busy = morning("10:00"), morning("08:00")
    plans = [planned(*calm, 200), planned(*busy, 200)]
    for (problem, travel), plan in zip((calm, busy), plans):
        keeps_every_rule(problem, travel, plan)
        assert plan.unassigned == ()
    assert [len(plan.routes) for plan in plans] == [1, 2]
    # The plan of ten o'clock could not be driven at eight: brute force says that one van never can.
    problem, travel = busy
    alone = replace(problem, vehicles=problem.vehicles[:1])
    assert best_score(alone, travel).unserved > 0


def test_stop_behind_the_jam_is_left_for_later():
    """Without hours the nearer stop comes first; with them the one whose road is free at that hour."""
    stops = [a_stop("S1", 1, service=600), a_stop("S2", 2, service=600), a_stop("S3", 3, service=600)]
    vehicle = replace(VAN, end_depot=None, cost_per_hour=60)
    problem = a_problem(stops, [a_depot("D1", 0)], [vehicle])
    travel = given_travel(
        problem, [[0, 600, 700, 3000], [600, 0, 800, 900], [700, 800, 0, 800], [3000, 900, 800, 0]]
    )
    assert served_in(planned(problem, travel, 200)) == {"V1": ("S1", "S2", "S3")}
    jam = np.ones((4, 4))
    jam[0, 1] = jam[2, 1] = jam[3, 1] = 6
    by_hour = rush(problem, travel, (0, jam), (at("08:35"), 1.0))
    plan = planned(problem, by_hour, 200)
    keeps_every_rule(problem, by_hour, plan)
    assert plan_score(problem, by_hour, plan).price == pytest.approx(best_score(problem, by_hour).price)
    assert served_in(plan)["V1"][0] == "S2"


SPOTS = [(2, 5), (6, 6), (9, 1), (-3, 4), (5, -4), (-6, -2)]


def city(vans: dict[str, dict], stops: dict[str, dict], *slots) -> tuple[Problem, Travel]:
    """Return six stops around a depot; a unit of the plane takes two minutes where roads are free."""
    everyone = stops.get("all", {})
    made = [
        Stop(name, x / 100, y / 100, **{"service": 300, **everyone, **stops.get(name, {})})
        for name, (x, y) in zip(("S1", "S2", "S3", "S4", "S5", "S6"), SPOTS)
    ]
    fleet = [
        replace(VAN, **{"id": name, "fixed_cost": 20, "cost_per_hour": 36, **members})
        for name, members in vans.items()
    ]
    problem = a_problem(made, [Depot("D1", 0, 0)], fleet)
    spots = np.array([(0, 0), *SPOTS])
    apart = np.hypot(*(spots[:, None] - spots[None, :]).T).T
    by_profile = replace(problem, vehicles=tuple(replace(one, speed_factor=1.0) for one in fleet))
    travel = given_travel(by_profile, np.rint(apart * 120).astype(int).tolist())
    return problem, rush(problem, travel, *slots)


def one_side(east: float, west: float) -> np.ndarray:
    """Return factors for ways into the east and into the west of the city."""
    into = np.array([1.0, *(east if x > 0 else west for x, _ in SPOTS)])
    return np.tile(into, (7, 1))


THREE = {"V1": {}, "V2": {}, "V3": {}}
MORNING = {"all": {"windows": (between("08:00", "09:15"),)}}
SIDES = ((0, one_side(3, 1)), (at("08:45"), one_side(1, 3)), (at("09:45"), 1.0))

CITIES = {
    "no rule but the hours": city(THREE, {}, *RUSH),
    "one window for all in the rush hour": city(THREE, MORNING, *RUSH),
    "the jam moves from east to west": city(THREE, {}, *SIDES),
    "the jam moves and windows are short": city(
        THREE,
        {"S4": {"windows": (between("08:00", "08:40"),)}, "S3": {"windows": (between("09:00", "09:30"),)}},
        *SIDES,
    ),
    "shifts before, in and after the rush hour": city(
        {
            "V1": {"shift": between("06:00", "07:45"), "fixed_cost": 26},
            "V2": {"shift": between("07:30", "09:30")},
            "V3": {"shift": between("09:30", "11:00"), "fixed_cost": 23},
        },
        {},
        *RUSH,
    ),
    "working time that lasts only when roads are free": city(
        {"V1": {"max_work": 5400}, "V2": {"max_work": 5400}}, {}, *RUSH
    ),
    "driving time that lasts only when roads are free": city(
        {"V1": {"max_drive": 3900}, "V2": {"max_drive": 3900, "shift": between("10:00", "17:00")}}, {}, *RUSH
    ),
    "ranks": city(
        THREE,
        {
            name: {"order_rule": ORDER_STRICT, "order_rank": rank}
            for name, rank in (("S1", 3), ("S3", 1), ("S6", 2))
        },
        *SIDES,
    ),
    "early": city(THREE, {"S3": {"order_rule": ORDER_EARLY}, "S5": {"order_rule": ORDER_EARLY}}, *SIDES),
    "optional": city(THREE, {"S2": {"penalty": 15.0}, "S6": {"penalty": 25.0}}, *RUSH),
    "a bridge closed for an hour": city(
        {"V1": {}}, {}, (0, 1.0), (at("08:10"), one_side(0, 1)), (at("09:10"), 1.0)
    ),
    "a slow van and a quick one": city(
        {"V1": {"speed_factor": 0.5, "fixed_cost": 5}, "V2": {"speed_factor": 1.25}}, {}, *RUSH
    ),
}


@pytest.mark.parametrize("name", CITIES)
def test_best_plan_through_the_day_is_found(name):
    """Brute force over all orders of all sets, each timed by the hour, says what the best is."""
    problem, travel = CITIES[name]
    best = best_score(problem, travel)
    plan = planned(problem, travel, 300)
    keeps_every_rule(problem, travel, plan)
    found = plan_score(problem, travel, plan)
    assert (found.unserved, found.price) == pytest.approx((best.unserved, best.price), rel=1e-3)


ANY_RUSH = st.one_of(rushing(), rushing(ranked=True), rushing(limited=True), rushing(hasty=True))


@examples(60)
@given(ANY_RUSH)
def test_random_plan_breaks_no_rule_and_loses_no_stop(planned_problem):
    """The promise of every plan, at whatever hours the roads are slow or blocked."""
    problem, travel = planned_problem
    keeps_every_rule(problem, travel, planned(problem, travel, 40))


@examples(25)
@given(rushing(5))
def test_no_plan_of_a_small_problem_is_better_than_the_best(planned_problem):
    """Who claims to beat every order of every set has lost a cost or an hour."""
    problem, travel = planned_problem
    best, found = best_score(problem, travel), plan_score(problem, travel, planned(problem, travel, 60))
    assert found.unserved >= best.unserved - 1e-9
    if found.unserved == pytest.approx(best.unserved):
        assert found.price >= best.price - 1e-6


@examples(15)
@given(ANY_RUSH)
def test_equal_input_gives_equal_plans(planned_problem):
    """Rounds and moves are counted, too, where iterations are."""
    first, second = (plan_to_json(planned(*planned_problem, 40)) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)


# The static problems of the rounds.


def answered(problem: Problem, travel: Travel) -> tuple[Instance, list[list[int]]]:
    """Return the indexed problem and the stops of each vehicle in a plan for it."""
    instance = Instance(problem, travel)
    orders = served_in(planned(problem, travel, 20))
    return instance, [
        [instance.stop_index[one] for one in orders.get(van.id, ())] for van in problem.vehicles
    ]


@pytest.mark.parametrize("name", CITIES)
def test_plan_takes_in_its_static_problem_what_it_takes_by_the_hour(name):
    """The next round starts from a plan that looks as good to the engine as it is."""
    instance, answer = answered(*CITIES[name])
    by_hour = timetables(instance, answer)
    known = timetables(static(instance, answer), answer)
    assert by_hour
    for vehicle, table in by_hour.items():
        assert (known[vehicle].drive, known[vehicle].metres) == (table.drive, table.metres)
        assert known[vehicle].violations == ()


def test_each_place_has_the_times_of_the_hour_it_is_left_at():
    """Rows that no leg of the plan fixes are those of the moment of leaving, not of the mean day."""
    problem, travel = CITIES["no rule but the hours"]
    instance = Instance(problem, travel)
    answer = [[0, 1, 2], [3, 5], []]
    table = timetables(instance, answer)[0]
    matrix = static(instance, answer).matrix(static(instance, answer).vehicles[0])
    legs = instance.legs(problem.vehicles[0])
    for position, stop in enumerate(table.indices):
        left = table.begin[position] + table.stops[position].service
        place = travel.stop_place[stop]
        for other in range(len(travel.places)):
            assert matrix.seconds[place, other] == legs.between(place, other).arrival(left) - left


def test_stop_that_did_not_fit_is_given_its_worst_hours():
    """Thought to fit and left out: the next round had better be careful with it."""
    problem, travel = CITIES["no rule but the hours"]
    instance = Instance(problem, travel)
    answer = [[0, 1], [], []]
    place = travel.stop_place[4]
    tables = [static(instance, answer, missed) for missed in ((), (4,))]
    mean, worst = (one.matrix(one.vehicles[0]).seconds[place] for one in tables)
    away = np.arange(len(travel.places)) != place
    assert (worst[away] > mean[away]).all()
    assert (mean[away] > instance.matrix(problem.vehicles[0]).seconds[place][away]).all()


def test_vans_that_leave_at_different_hours_have_times_of_their_own():
    """The depot is left in the rush hour by one and before it by the other."""
    problem, travel = CITIES["shifts before, in and after the rush hour"]
    indexed = static(Instance(problem, travel), [[0], [1], []])
    early, busy, _ = (indexed.matrix(vehicle).seconds[0] for vehicle in indexed.vehicles)
    assert (busy[1:] > early[1:]).all()
    assert indexed.travel.slots == ()


def test_route_that_breaks_a_rule_by_the_hour_is_mended_by_one_move():
    """A stop too many in the rush hour goes to the other van; the rest of the route stays as it was."""
    problem, travel = morning("08:00")
    instance = Instance(problem, travel)
    too_much = [[0, 1, 2, 3, 4], [5]]
    assert score(instance, too_much).broken == 1
    mended = eased(instance, too_much)
    assert score(instance, mended).broken == 0
    assert sum(len(stops) for stops in mended) == 6
    moved = set(mended[1]) - {5}
    assert mended[0] == [stop for stop in too_much[0] if stop not in moved]
    assert len(moved) == 1


# What is told.


def test_costs_shown_are_those_of_true_plans():
    """What an engine minimises in a round is no cost that anybody pays, and is not told."""
    problem, travel = CITIES["the jam moves from east to west"]
    told: list[float] = []
    texts: list[str] = []
    clock = counting_clock(200, lambda seconds, cost: told.append(cost))
    plan = plan_by_time(problem, travel, {}, Settings(iterations=200), clock, texts.append)
    assert told[-1] == pytest.approx(plan.cost)
    assert min(told) == pytest.approx(best_score(problem, travel).price)
    assert told == sorted(told, reverse=True)
    assert "Planning with the traffic of each hour" in texts


def test_rounds_keep_to_the_time_limit():
    """Each round has its share, and what is over when nothing gets better is not waited for."""
    problem, travel = CITIES["the jam moves from east to west"]
    for limit, patience, most in ((2.0, 0.0, 4.0), (60.0, 0.2, 20.0)):
        clock = Clock(time.perf_counter(), limit, patience, None, lambda seconds, cost: None)
        plan = plan_by_time(problem, travel, {}, Settings(), clock, lambda text: None)
        assert clock.now() < most
        assert plan_score(problem, travel, plan).price == pytest.approx(best_score(problem, travel).price)


def test_reason_is_that_of_the_rush_hour_and_the_change_it_names_helps():
    """The best hours of each leg prove that it does not fit; how much is missing is told by the true ones."""
    stops = [a_stop(f"S{number}", number, service=900, priority=60 - 20 * number) for number in (1, 2, 3)]
    vehicle = replace(VAN, shift=between("08:00", "12:00"))
    problem = a_problem(stops, [a_depot("D1", 0)], [vehicle])
    travel = rush(problem, line_travel(problem, 1100), (0, 2.0), (at("12:00"), 1.8))
    (left,) = planned(problem, travel, 100).unassigned
    assert (left.stop_id, left.reason) == ("S3", "shift")
    more = int(left.fix.split(" min")[0])
    assert planned(with_shift(problem, vehicle, more), travel, 100).unassigned == ()
    assert planned(with_shift(problem, vehicle, more - 1), travel, 100).unassigned != ()


def with_shift(problem: Problem, vehicle: Vehicle, minutes: int) -> Problem:
    shift = Window(vehicle.shift.start, vehicle.shift.end + 60 * minutes)
    return replace(problem, vehicles=(replace(vehicle, shift=shift),))


def test_stop_out_of_reach_only_in_the_rush_hour_is_not_given_up():
    """Alone it breaks the driving limit, for the van leaves at once; behind one served at ten it does not."""
    late = a_stop("S1", 1, windows=(between("10:00", "10:30"),))
    far = a_stop("S2", 2)
    vehicle = replace(VAN, max_drive=2 * 2 * 600)
    problem = a_problem([late, far], [a_depot("D1", 0)], [vehicle])
    travel = rush(problem, line_travel(problem), (0, 2.0), (at("09:30"), 1.0))
    alone = replace(problem, stops=(far,))
    (left,) = planned(
        alone, rush(alone, line_travel(alone, 1200), (0, 2.0), (at("09:30"), 1.0)), 50
    ).unassigned
    assert left.reason == "drive_limit"
    plan = planned(problem, travel, 100)
    keeps_every_rule(problem, travel, plan)
    assert plan.unassigned == ()
