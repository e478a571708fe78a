"""The search in groups and on several cores: nothing is lost at the joints, nothing left to luck of threads.

Groups are made small here, so that small problems are cut as well.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optiway_qgis.engine.solving import parallel
from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.explain import hopeless
from optiway_qgis.engine.solving.formulation import Formulation
from optiway_qgis.engine.solving.grouping import cut
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score, unserved
from optiway_qgis.engine.solving.planner import plan
from optiway_qgis.engine.solving.pyvrp_engine import keeps_rules, search
from optiway_qgis.engine.solving.search import Clock
from optiway_qgis.model.problem import Settings, Stop, Vehicle, Window
from tests.engine.cases import HOUR, a_depot, a_problem, given_travel
from tests.engine.plannable import counting_clock, examples, plannable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optiway_qgis.engine.solving.pyvrp_engine import Answer


@contextmanager
def small_groups(stops: int = 2, iterations: int = 20) -> Iterator[None]:
    """Cut plans from twice that many stops on, and change the cuts after so many iterations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "_GROUP_STOPS", stops)
        patch.setattr(parallel, "_GROUP_ROUTES", 1)
        for pace in ("_QUICK", "_PATIENT"):
            patch.setattr(parallel, pace, replace(getattr(parallel, pace), iterations=iterations))
        yield


def county(seed: int = 0, stops: int = 60, *, optional: bool = False) -> Instance:
    """Return a county with three depots and a fleet of unlike vans, a few of them at home nowhere.

    Windows (two of them for some stops that are required), loads and rules; a unit of the plane is a minute.
    """
    generator = np.random.default_rng(seed)

    def windows() -> tuple[Window, ...]:
        start = int(generator.integers(8, 13)) * HOUR
        one, two = Window(start, start + 2 * HOUR), Window(start + 3 * HOUR, start + 4 * HOUR)
        return ((), (one,), (one,), (one,) if optional else (one, two))[int(generator.integers(4))]

    places = generator.uniform(0, 60, (stops + 3, 2))
    lon_lat = (places / 100).tolist()
    customers = [
        Stop(
            f"S{number}",
            *lon_lat[number],
            service=300,
            setup=60 * int(generator.integers(2)),
            windows=windows(),
            delivery=(int(generator.integers(1, 4)) * 1000,),
            penalty=float(generator.integers(1, 40)) if optional and number % 2 else None,
            skills=("lift",) if number % 10 == 0 else (),
        )
        for number in range(stops)
    ]
    depots = [replace(a_depot(f"D{one}", 0), lon=x, lat=y) for one, (x, y) in enumerate(lon_lat[stops:])]
    homes: list[tuple[str | None, str | None]] = [("D0", "D0"), ("D1", "D1"), ("D2", "D0"), (None, "D1")]
    fleet = [
        Vehicle(
            f"V{number}",
            start_depot=homes[number % 4][0],
            end_depot=homes[number % 4][1],
            shift=Window(8 * HOUR, 18 * HOUR),
            capacity=(14_000,) if number % 3 else (20_000,),
            skills=("lift",) if number % 2 else (),
            fixed_cost=20.0,
            cost_per_hour=12.0,
            cost_per_km=0.3 + 0.1 * (number % 2),
        )
        for number in range(stops // 5)
    ]
    problem = a_problem(customers, depots, fleet)
    points = np.array([*places[stops:], *places[:stops]])
    apart = np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
    return Instance(problem, given_travel(problem, np.rint(60 * apart).astype(int).tolist()))


def found(instance: Instance, iterations: int, workers: int = 1, *, all_required: bool = True) -> Answer:
    stops = [index for index in range(len(instance.stops)) if index not in hopeless(instance)]
    clock = counting_clock(iterations)
    return search(instance, stops, clock, 0, all_required=all_required, workers=workers)


@examples(60)
@given(st.one_of(plannable(), plannable(limited=True)), st.booleans(), st.integers(1, 3))
def test_joined_answer_keeps_the_rules(planned_problem, all_required, workers):
    """Each group keeps the rules of its vehicles, hence so does the whole: no load or limit is shared."""
    instance = Instance(*planned_problem)
    assume(len(hopeless(instance)) < len(instance.stops))
    with small_groups():
        answer = found(instance, 120, workers, all_required=all_required)
    if answer.feasible and keeps_rules(instance):
        assert score(instance, answer.sequences).broken == 0
    served = [stop for stops in answer.sequences for stop in stops]
    assert len(set(served)) == len(served)
    if answer.feasible and all_required:
        required = [index for index, stop in enumerate(instance.stops) if stop.penalty is None]
        assert set(required) - set(hopeless(instance)) <= set(served)


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_value_of_the_joined_answer_is_the_price_of_the_plan(optional, workers):
    """The parts add up, penalties of stops left out included: what is told on the way is no fiction."""
    instance = county(optional=optional)
    with small_groups(12):
        answer = found(instance, 400, workers)
    assert answer.feasible
    priced = score(instance, answer.sequences)
    assert priced.broken == 0
    assert answer.value == pytest.approx(priced.price, rel=2e-3)
    assert bool(unserved(instance, answer.sequences)) is optional


def test_plan_gets_better_from_round_to_round():
    """No group gives back what it had, so the whole never does; and rounds after the first find more."""
    instance = county()
    told: list[float] = []
    values = []
    for iterations in (20, 100, 600):
        with small_groups(12):
            clock = counting_clock(iterations, lambda seconds, cost: told.append(cost))
            answer = search(instance, list(range(len(instance.stops))), clock, 0, all_required=True)
        values.append(answer.value)
        assert told == sorted(told, reverse=True)
        told.clear()
    assert values[0] > values[1] > values[2]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("group", [12, 1000])
def test_equal_seeds_and_workers_give_equal_answers(workers, group):
    """Threads meet at fixed numbers of iterations and in a fixed order, however fast each is."""
    instance = county()
    with small_groups(group):
        answers = [found(instance, 200, workers) for _ in range(2)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("optional", [False, True])
def test_plan_made_in_groups_is_complete_and_passes_the_checker(optional):
    """From the problem to the checker: nothing gets lost, and cores asked for make the plan their own."""
    instance = county(optional=optional)
    plans = []
    with small_groups(12):
        for workers in (None, 1, 2, 2):
            asked = Settings(iterations=300, workers=workers)
            plans.append(
                plan(instance.problem, instance.travel, {}, asked, counting_clock(300), lambda text: None)
            )
    alone, single, first, second = plans
    assert first == second
    assert alone.routes == single.routes != first.routes
    for one in plans:
        assert check(instance.problem, instance.travel, one) == []
        served = [stop_id for route in one.routes for stop_id in route.stop_ids]
        assert sorted([*served, *(left.stop_id for left in one.unassigned)]) == sorted(instance.stop_index)
        assert bool(one.unassigned) is optional


def test_penalties_grow_with_prices_and_are_handed_on():
    """They mean something only beside the prices, and what a search has learned of them is kept."""
    instance = county()
    stops = list(range(len(instance.stops)))
    dear = replace(
        instance.problem,
        vehicles=tuple(replace(one, cost_per_km=3 * one.cost_per_km) for one in instance.vehicles),
    )
    usual, higher = (
        Formulation(one, stops, all_required=True) for one in (instance, Instance(dear, instance.travel))
    )
    first, more = (
        [
            amount / one.scale
            for amount in flat(one.penalties.midpoint_penalties(one.part(one.everything).data))
        ]
        for one in (usual, higher)
    )
    assert all(high > low > 0 for high, low in zip(more, first))
    ends = [([10.0], 20.0, 30.0), ([30.0], 40.0, 50.0)]
    learned = usual.penalties.learned(ends)
    assert learned.midpoint_penalties(usual.part(usual.everything).data) == ([20.0], 30.0, 40.0)
    assert learned.max_penalty == usual.penalties.max_penalty


def flat(penalties: tuple[list[float], float, float]) -> list[float]:
    """Return all of them in one list."""
    return [*penalties[0], *penalties[1:]]


def test_start_is_kept_where_nothing_better_is_found():
    """A start is cut and joined again without a scratch, also with one iteration only."""
    instance = county(optional=True)
    with small_groups(12):
        good = found(instance, 600)
        stops = list(range(len(instance.stops)))
        again = search(
            instance, stops, counting_clock(1), 5, all_required=True, start=good.sequences, workers=2
        )
    assert again.feasible
    assert again.value <= good.value + 1e-9


def test_deadline_is_kept_by_all_rounds():
    """Rounds share what is left of the time; the last one does not begin a full turn."""
    instance = county()
    clock = Clock(time.perf_counter(), 1.5, 0.0, None, lambda seconds, cost: None)
    with small_groups(12):
        answer = search(instance, list(range(len(instance.stops))), clock, 0, all_required=True, workers=2)
    assert answer.feasible
    assert 1.5 <= clock.now() < 3.0


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("number", [0, 1, 17])
def test_groups_share_out_routes_and_stops(count, number):
    """Each stop and each used vehicle is in exactly one group, idle ones in one at the most."""
    instance = county(optional=True)
    sequences = found(instance, 200).sequences
    stops = list(range(len(instance.stops)))
    groups = cut(instance, stops, sequences, count, number)
    assert 1 <= len(groups) <= count
    assert sorted(stop for group in groups for stop in group.stops) == stops
    vehicles = [vehicle for group in groups for vehicle in group.vehicles]
    assert len(set(vehicles)) == len(vehicles)
    assert {vehicle for vehicle, served in enumerate(sequences) if served} <= set(vehicles)
    for group in groups:
        assert all(set(sequences[vehicle]) <= set(group.stops) for vehicle in group.vehicles)
    sizes = [len(group.stops) for group in groups]
    assert max(sizes) - min(sizes) <= 2 * max(map(len, sequences)) + 5


def test_cuts_shift_from_round_to_round():
    """What a border keeps apart in one round meets in another."""
    instance = county()
    sequences = found(instance, 200).sequences
    stops = list(range(len(instance.stops)))
    used = [vehicle for vehicle, served in enumerate(sequences) if served]
    together = set()
    apart = set()
    for number in range(4):
        for group in cut(instance, stops, sequences, 3, number):
            for vehicle in used:
                if used[0] in group.vehicles:
                    (together if vehicle in group.vehicles else apart).add(vehicle)
    assert len(together & apart) > 1


def test_stop_that_no_route_serves_goes_with_the_nearest():
    """It may enter the plan only where it is searched over: that had better be next door."""
    places = [(0.0, 1.0), (0.0, 1.1), (0.0, -1.0), (0.0, -1.1)]
    stops = [Stop(f"S{number}", *place) for number, place in enumerate(places)]
    vans = [Vehicle(f"V{number}", start_depot="D1", end_depot="D1") for number in range(2)]
    problem = a_problem(stops, [replace(a_depot("D1", 0), lon=0.0, lat=0.0)], vans)
    instance = Instance(problem, given_travel(problem, np.full((5, 5), 60).tolist()))
    groups = cut(instance, [0, 1, 2, 3], [[0], [3]], 2, 0)
    assert sorted((sorted(group.stops), group.vehicles) for group in groups) == [([0, 1], [0]), ([2, 3], [1])]
