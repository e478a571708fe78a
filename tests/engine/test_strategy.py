"""What is searched beside PyVRP's own problem: breaks within stops, the longest route limited, fewer vans.

Whole plans, rule by rule, are held to brute force in test_constraint_cases.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from optiway_qgis.engine.solving.grouping import cut
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.levelling import levelled, limited
from optiway_qgis.engine.solving.resting import without_breaks
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.model.problem import Break, Depot, Goals, Problem, Stop, Vehicle
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, between, given_travel, line_travel
from tests.engine.plannable import counting_clock, plan_score, planned

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.engine.travel.provider import Travel


def scattered(count: int, vans: int, **members: object) -> tuple[Problem, Travel]:
    """Return stops on a plane about a depot and vans for them; a unit of the plane takes twenty minutes."""
    generator = np.random.default_rng(7)
    spots = generator.uniform(-1, 1, (count, 2))
    stops = [
        Stop(f"S{number}", *(spot / 10).round(6).tolist(), service=300, delivery=(1000,))
        for number, spot in enumerate(spots)
    ]
    fleet = [
        replace(VAN, id=f"V{number}", shift=between("06:00", "22:00"), **members) for number in range(vans)
    ]
    problem = a_problem(stops, [Depot("D1", 0.0, 0.0)], fleet)
    places = np.vstack([[0.0, 0.0], spots])
    apart = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1))
    return problem, given_travel(problem, np.rint(apart * 1200).astype(int).tolist())


def test_without_breaks_all_times_stay():
    """The stop that lunch follows takes as long as it and lunch; unpaid lunch is no work."""
    lunch = Break("B1", 1800, window=between("12:00", "13:00"))
    stops = [a_stop(f"S{number}", number, service=1800) for number in range(1, 6)]
    van = replace(
        VAN, shift=between("08:00", "18:00"), breaks=(lunch,), max_work=6 * HOUR, overtime_after=HOUR
    )
    problem = a_problem(stops, [a_depot("D1", 0)], [replace(van, start_rule="early")])
    instance = Instance(problem, line_travel(problem, 2400))
    true = Timetable(instance, instance.vehicles[0], [0, 1, 2, 3, 4])
    seen = without_breaks(instance, {0: true})
    alike = Timetable(seen, seen.vehicles[0], [0, 1, 2, 3, 4])
    assert true.unpaid_break == 1800
    assert (alike.begin, alike.end) == (true.begin, true.end)
    assert len(alike.steps) == len(true.steps) - 1
    assert seen.vehicles[0].max_work == 6 * HOUR + 1800
    assert seen.vehicles[0].overtime_after == HOUR + 1800


def test_a_limit_on_the_longest_route_never_loosens_one():
    """In hours, stops or kilometres, beside what vehicles have; hours beyond it cost as the longest."""
    problem, travel = scattered(4, 2, max_stops=3, cost_per_hour=20.0)

    def bounded(balance: str, length: float, **members: object) -> tuple[Vehicle, ...]:
        vehicles = tuple(replace(van, **members) for van in problem.vehicles)
        goals = Goals(balance=balance, balance_price=7.0)
        return limited(Instance(replace(problem, goals=goals, vehicles=vehicles), travel), length).vehicles

    assert [van.max_stops for van in bounded("stops", 5)] == [3, 3]
    assert [van.max_stops for van in bounded("stops", 2)] == [2, 2]
    assert [van.max_distance for van in bounded("distance", 2)] == [2000, 2000]
    dear = [(van.overtime_after, van.overtime_cost_per_hour, van.max_work) for van in bounded("time", 2)]
    assert dear == [(2 * HOUR, 27.0, None)] * 2
    own = {"overtime_after": HOUR, "overtime_cost_per_hour": 30.0}
    assert [van.max_work for van in bounded("time", 2, **own)] == [2 * HOUR] * 2


def test_levelling_keeps_what_is_best_and_asks_for_ever_shorter_routes():
    """What costs more than it levels is not taken."""
    problem, travel = scattered(6, 3)
    instance = Instance(replace(problem, goals=Goals(balance="stops", balance_price=100.0)), travel)
    asked = []

    def search(bounded: Instance, best: Sequences, clock: Clock) -> Sequences:
        asked.append(bounded.vehicles[0].max_stops)
        return [[0, 1, 2], [3, 4, 5], []] if len(asked) == 1 else [[0], [1, 2, 3, 4, 5], []]

    start: Sequences = [[0, 1, 2, 3, 4, 5], [], []]
    assert levelled(instance, start, counting_clock(), search) == [[0, 1, 2], [3, 4, 5], []]
    assert asked[0] < 6
    assert all(most < 3 for most in asked[1:])


@pytest.mark.parametrize("balance", ["time", "stops", "distance"])
def test_balanced_plan_has_a_shorter_longest_route(balance):
    """A price on the longest route buys a plan whose longest is shorter, at more cost and a better score."""
    problem, travel = scattered(24, 3)
    plain = planned(problem, travel, 200)
    wished = replace(problem, goals=Goals(balance=balance, balance_price=1000.0))
    level = planned(wished, travel, 200)
    longest = {
        "time": lambda route: route.work,
        "stops": lambda route: len(route.stop_ids),
        "distance": lambda route: route.distance,
    }[balance]
    assert max(map(longest, level.routes)) < max(map(longest, plain.routes))
    assert level.cost > plain.cost
    assert plan_score(wished, travel, level) < plan_score(wished, travel, plain)


def test_fewest_vehicles_are_used_whatever_that_costs():
    """A van at each of two depots is cheaper; one van that goes to and fro is fewer."""
    stops = [a_stop(f"S{number}", number) for number in (1, 2, 7, 8)]
    vans = [
        replace(VAN, id=f"V{number}", start_depot=f"D{number}", end_depot=f"D{number}", fixed_cost=0)
        for number in (1, 2)
    ]
    problem = a_problem(stops, [a_depot("D1", 0), a_depot("D2", 9)], vans)
    along = np.array([0, 9, 1, 2, 7, 8])
    travel = given_travel(problem, (600 * abs(along[:, None] - along)).tolist())
    assert len(planned(problem, travel, 200).routes) == 2
    wished = replace(problem, goals=Goals(fewest_vehicles=True))
    assert len(planned(wished, travel, 200).routes) == 1


def test_pairs_left_out_stay_together_when_a_plan_is_cut():
    """In two groups they would be two stops that nobody can serve."""
    problem, travel = scattered(12, 4)
    stops = list(problem.stops)
    stops[11] = replace(stops[11], picked_up_at="S0")
    stops[0] = replace(stops[0], delivery=(), pickup=(1000,))
    instance = Instance(replace(problem, stops=tuple(stops)), travel)
    sequences: Sequences = [[1, 2, 3], [4, 5, 6], [7, 8], [9, 10]]
    for number in range(5):
        groups = cut(instance, list(range(12)), sequences, 2, number)
        assert sorted(stop for group in groups for stop in group.stops) == list(range(12))
        assert all({0, 11} <= set(group.stops) or {0, 11}.isdisjoint(group.stops) for group in groups)
