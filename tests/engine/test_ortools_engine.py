"""The adapter to OR-Tools: from sequences that keep the rules to better ones that keep them too, in time.

That the planner asks it, and when, is tested there.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.explain import hopeless
from optiway_qgis.engine.solving.insertion import complete
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score
from optiway_qgis.engine.solving.ortools_engine import improve
from optiway_qgis.engine.solving.planner import plan
from optiway_qgis.engine.solving.search import Clock
from optiway_qgis.model.problem import ORDER_STRICT, Depot, Problem, Settings, Stop, Window
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, given_travel, line_travel
from tests.engine.plannable import best_score, counting_clock, examples, plannable

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.travel.provider import Travel

HARD = st.one_of(
    plannable(7, ranked=True), plannable(7, limited=True), plannable(7, ranked=True, limited=True)
)


def first_answer(instance: Instance) -> tuple[list[int], Sequences]:
    """Return the stops that can be served, and some sequences of them that keep the rules."""
    lost = hopeless(instance)
    stops = [index for index in range(len(instance.stops)) if index not in lost]
    return stops, complete(instance, [[] for _ in instance.vehicles], stops)


@examples(80)
@given(HARD)
def test_answer_keeps_all_rules_and_is_no_worse_than_the_start(planned_problem):
    """The model has every rule of the problem: nothing needs mending after it."""
    instance = Instance(*planned_problem)
    stops, start = first_answer(instance)
    assume(stops)
    answer = improve(instance, stops, start, counting_clock(60))
    assert answer is not None
    before, after = score(instance, start), score(instance, answer)
    assert after.broken == 0
    assert after.unserved <= before.unserved + 1e-9
    if after.unserved == before.unserved:
        # Its costs are rounded to a hundredth of a cent per metre and second.
        assert after.price <= before.price * 1.001 + 0.05


@examples(40)
@given(plannable(4, ranked=True, limited=True))
def test_no_answer_to_a_small_problem_is_better_than_the_best(planned_problem):
    """Brute force over all plans of four stops says what it is."""
    problem, travel = planned_problem
    instance = Instance(problem, travel)
    stops, start = first_answer(instance)
    assume(stops)
    answer = score(instance, improve(instance, stops, start, counting_clock(500)))
    best = best_score(problem, travel)
    assert answer.unserved >= best.unserved - 1e-9
    if answer.unserved == pytest.approx(best.unserved):
        assert answer.price >= best.price - 1e-6


def scattered(count: int, **stop: Any) -> tuple[Problem, Travel]:
    """Return stops all over a plane, five vans and one depot in the middle."""
    spots = np.random.default_rng(3).uniform(0, 0.3, (count, 2)).round(6)
    stops = [
        Stop(f"S{number}", *spot, service=120, **stop, order_rank=number % 5)
        for number, spot in enumerate(spots.tolist())
    ]
    vans = [replace(VAN, id=f"V{number}", capacity=(), shift=Window(0, 24 * HOUR)) for number in range(5)]
    problem = a_problem(stops, [Depot("D1", 0.15, 0.15)], vans)
    places = np.array([(0.15, 0.15), *spots.tolist()])
    apart = np.hypot(*(places[:, None] - places[None, :]).T).T
    return problem, given_travel(problem, np.rint(apart * 12_000).astype(int).tolist())


def test_time_limit_is_kept_with_many_ranked_stops():
    """OR-Tools checks its clock between neighbourhoods: 200 stops must not make that take seconds."""
    problem, travel = scattered(200, order_rule=ORDER_STRICT)
    begin = time.perf_counter()
    clock = Clock(begin, 3.0, 0.0, None, lambda seconds, cost: None)
    made = plan(problem, travel, {}, Settings(time_limit=3.0), clock, lambda text: None)
    assert time.perf_counter() - begin < 5
    assert "OR-Tools" in made.engine
    assert made.violations == ()
    assert made.unassigned == ()
    assert made.stopped == "time limit reached"


def test_search_that_settles_stops_before_the_time_limit():
    """A small ranked plan must not take the whole half minute a user allows."""
    problem, travel = scattered(8, order_rule=ORDER_STRICT)
    instance = Instance(problem, travel)
    stops, start = first_answer(instance)
    begin = time.perf_counter()
    clock = Clock(begin, 30.0, 0.5, None, lambda seconds, cost: None)
    assert improve(instance, stops, start, clock) is not None
    assert time.perf_counter() - begin < 5
    assert clock.stopped.startswith("settled")


def test_costs_told_on_the_way_are_those_of_the_answer():
    """The price of leaving stops out is added to the objective and must not show in the progress bar."""
    problem, travel = scattered(12, order_rule=ORDER_STRICT)
    few = tuple(replace(van, max_stops=2) for van in problem.vehicles)
    stops = tuple(replace(stop, priority=7 * number % 50) for number, stop in enumerate(problem.stops))
    instance = Instance(replace(problem, vehicles=few, stops=stops), travel)
    active, start = first_answer(instance)
    told: list[float] = []
    clock = counting_clock(200, lambda seconds, cost: told.append(cost))
    answer = score(instance, improve(instance, active, start, clock))
    assert answer.unserved > 0
    assert told[-1] == pytest.approx(answer.price, rel=1e-3)


def test_start_that_breaks_a_rule_of_the_model_is_refused():
    """The planner then keeps what it has; a search from nothing would only be worse."""
    problem, travel = scattered(6, order_rule=ORDER_STRICT)
    instance = Instance(problem, travel)
    against_the_ranks = [[4, 3, 2, 1, 0], [5], [], [], []]
    assert score(instance, against_the_ranks).broken == 1
    assert improve(instance, list(range(6)), against_the_ranks, counting_clock(20)) is None


def test_stop_left_out_of_the_start_is_put_in():
    """Every stop is optional in the model, at a price far above any cost."""
    problem, travel = scattered(6, order_rule=ORDER_STRICT)
    instance = Instance(problem, travel)
    answer = improve(instance, list(range(6)), [[0], [], [], [], []], counting_clock(200))
    assert sorted(stop for route in answer for stop in route) == list(range(6))


def test_van_slower_than_the_first_may_drive_as_far_as_it_likes():
    """Distances are bounded for some vans only; the others are bounded by no map but their own."""
    stops = [a_stop(f"S{number}", number, vehicle_id="V2") for number in range(1, 4)]
    vans = [replace(VAN, max_distance=100), replace(VAN, id="V2", profile="truck")]
    problem = a_problem(stops, [a_depot("D1", 0)], vans)
    seconds = line_travel(problem).matrices["car"].seconds
    metres = {"car": seconds // 600, "truck": seconds * 100}
    travel = given_travel(problem, seconds.tolist(), {name: table.tolist() for name, table in metres.items()})
    instance = Instance(problem, travel)
    start = [[], [0, 1, 2]]
    assert score(instance, start).broken == 0
    assert improve(instance, [0, 1, 2], start, counting_clock(20)) is not None


def test_van_whose_depot_is_closed_all_day_stays_there():
    """A model with one impossible van must not become impossible as a whole."""
    stops = [a_stop(f"S{number}", number, order_rule=ORDER_STRICT, order_rank=number) for number in (1, 2, 3)]
    depots = [a_depot("D1", 0), a_depot("D2", 1, Window(3 * HOUR, 4 * HOUR))]
    problem = a_problem(stops, depots, [VAN, replace(VAN, id="V2", start_depot="D2", fixed_cost=0)])
    instance = Instance(problem, line_travel(problem))
    answer = improve(instance, [0, 1, 2], [[0, 1], []], counting_clock(50))
    assert answer == [[0, 1, 2], []]


@pytest.mark.parametrize("count", [10, 300])
def test_most_important_stops_are_kept_however_many_there_are(count):
    """The prices of all stops together must fit into 64 bits, and still tell important from unimportant."""
    stops = [
        a_stop(f"S{number}", 1 + number % 5, priority=100 * (number == 0), order_rule=ORDER_STRICT)
        for number in range(count)
    ]
    problem = a_problem(stops, [a_depot("D1", 0)], [replace(VAN, max_stops=1)])
    instance = Instance(problem, line_travel(problem))
    assert improve(instance, list(range(count)), [[1]], counting_clock(300)) == [[0]]
