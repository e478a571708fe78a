"""Taking stops off their routes and putting them back: every rule kept, the best of small problems found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.explain import hopeless
from optiway_qgis.engine.solving.insertion import complete, keep_rules
from optiway_qgis.engine.solving.instance import Instance, Sequences
from optiway_qgis.engine.solving.objective import score
from optiway_qgis.engine.solving.reinsert import reinsert
from optiway_qgis.model.problem import ORDER_STRICT, Break, Goals, Stop, Vehicle
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, between, line_travel
from tests.engine.decided import CASES
from tests.engine.plannable import best_score, counting_clock, examples, plannable
from tests.engine.rich import rich_cases, rich_cases_by_the_hour
from tests.engine.test_constraint_cases import rounded, scores

if TYPE_CHECKING:
    from tests.engine.cases import Case


def able(instance: Instance) -> list[int]:
    lost = hopeless(instance)
    return [index for index in range(len(instance.stops)) if index not in lost]


def nothing(instance: Instance) -> Sequences:
    return [[] for _ in instance.vehicles]


def held(sequences: Sequences) -> list[int]:
    return sorted(stop for stops in sequences for stop in stops)


def searched(instance: Instance, start: Sequences, iterations: int = 100, seed: int = 0) -> Sequences:
    return reinsert(instance, start, able(instance), counting_clock(iterations), seed)


@pytest.mark.parametrize("name", CASES)
def test_best_answer_of_each_constraint_and_wish_is_found_from_nothing(name):
    """Without any engine: a plan is built from empty routes, and brute force knows none that is better."""
    decided = CASES[name]()
    instance = Instance(decided.problem, decided.travel)
    assert rounded(score(instance, searched(instance, nothing(instance), 200))) == min(scores(name).values())


@examples(20)
@given(plannable(5))
def test_best_answer_of_small_problems_is_found(planned_problem):
    """Windows, skills, capacities and limits at random: as good as the best of all orders."""
    problem, travel = planned_problem
    instance = Instance(problem, travel)
    best = best_score(problem, travel)
    found = score(instance, searched(instance, nothing(instance), 600))
    assert (found.broken, found.unserved) == (0, pytest.approx(best.unserved))
    assert found.price == pytest.approx(best.price)


def holds_what_it_promises(case: Case, data: st.DataObject) -> None:
    instance = Instance(case.problem, case.travel)
    drawn = [[instance.stop_index[stop] for stop in one.stops] for one in case.sequences]
    drawn += [[] for _ in range(len(instance.vehicles) - len(drawn))]
    order = {sequence.vehicle_id: stops for sequence, stops in zip(case.sequences, drawn)}
    start = keep_rules(instance, [order.get(vehicle.id, []) for vehicle in instance.vehicles])
    before = score(instance, start)
    seed = data.draw(st.integers(0, 9))
    done = searched(instance, start, 40, seed)
    after = score(instance, done)
    assert before.broken == after.broken == 0
    assert after <= replace(before, price=before.price + 1e-6)
    assert len(held(done)) == len(set(held(done)))
    assert done == searched(instance, start, 40, seed)


@examples(60)
@given(rich_cases(), st.data())
def test_rich_problems_keep_their_rules_and_get_no_worse(case, data):
    """Pairs, trips, breaks, docks, locks, goods and balance at random; equal seeds give equal plans."""
    holds_what_it_promises(case, data)


@examples(30)
@given(rich_cases_by_the_hour(), st.data())
def test_rich_problems_by_the_hour_keep_their_rules_and_get_no_worse(case, data):
    """The sketch knows the best hour of each leg only; what is kept is timed by the true one."""
    holds_what_it_promises(case, data)


def on_a_line(stops: list[Stop], *vehicles: Vehicle, goals: Goals = Goals()) -> Instance:
    problem = replace(a_problem(stops, [a_depot("D1", 0)], list(vehicles)), goals=goals)
    return Instance(problem, line_travel(problem))


def test_stop_left_out_comes_in_when_others_move():
    """Two stops fill the one van that may serve the third; they fit elsewhere."""
    stops = [a_stop(f"S{number}", number) for number in (1, 2)] + [a_stop("S3", 3, vehicle_id="V1")]
    vans = [replace(VAN, id="V1", max_stops=2), replace(VAN, id="V2")]
    instance = on_a_line(stops, *vans)
    assert complete(instance, [[0, 1], []], [2]) == [[0, 1], []]
    assert held(searched(instance, [[0, 1], []])) == [0, 1, 2]


def test_pair_goes_to_the_cheaper_vehicle_as_a_whole():
    """Neither stop can move alone."""
    stops = [a_stop("S1", 1, pickup=(1000,)), a_stop("S2", 2, delivery=(1000,), picked_up_at="S1")]
    vans = [replace(VAN, fixed_cost=100.0), replace(VAN, id="V2", fixed_cost=10.0)]
    assert searched(on_a_line(stops, *vans), [[0, 1], []]) == [[], [0, 1]]


def test_route_is_given_up_where_few_vehicles_are_wished_for():
    """Two short routes become a long one, which costs more and needs a vehicle less."""
    open_vans = [
        replace(VAN, id=name, start_depot=None, end_depot=None, fixed_cost=0.0) for name in ("V1", "V2")
    ]
    stops = [a_stop("S1", 1), a_stop("S2", 2)]
    assert sorted(map(len, searched(on_a_line(stops, *open_vans), [[0, 1], []]))) == [1, 1]
    few = on_a_line(stops, *open_vans, goals=Goals(fewest_vehicles=True))
    assert sorted(map(len, searched(few, [[0], [1]]))) == [0, 2]


def test_lunch_is_kept_free():
    """Three hours of service around a break at noon: stops wait behind it rather than break the rule."""
    lunch = Break("noon", HOUR, window=between("12:00", "12:00"))
    van = replace(VAN, breaks=(lunch,), shift=between("10:00", "17:00"))
    instance = on_a_line([a_stop(f"S{number}", number, service=HOUR) for number in (1, 2, 3)], van)
    done = searched(instance, nothing(instance))
    assert held(done) == [0, 1, 2]
    assert score(instance, done).broken == 0


@pytest.mark.parametrize("seed", [3, 7, 8])
def test_trips_kept_in_a_search_are_no_plan_where_the_scheduler_would_choose_others(seed):
    """D would be served for less by V2; V1 would reload after A, be back sooner and work ten minutes too
    long.
    """
    v1 = replace(VAN, capacity=(2000,), max_trips=2, max_work=70 * 60)
    v2 = replace(VAN, id="V2", start_depot="D2", end_depot="D2", cost_per_hour=0, fixed_cost=0)
    own = {"vehicle_id": "V1", "order_rule": ORDER_STRICT, "delivery": (1000,)}
    stops = [
        a_stop("A", 2, order_rank=1, **own),
        a_stop("B", 2, order_rank=2, windows=(between("12:00", "12:00"),), **own),
        a_stop("D", 1, delivery=(1000,), service=600),
        a_stop("C", 1, order_rank=3, **own),
    ]
    problem = a_problem(stops, [a_depot("D1", 0), a_depot("D2", 1)], [v1, v2])
    instance = Instance(problem, line_travel(problem))
    assert score(instance, [[0, 1, 3], [2]]).broken
    done = searched(instance, [[0, 1, 2, 3], []], 20, seed)
    assert (held(done), score(instance, done).broken) == ([0, 1, 2, 3], 0)
