"""Changes of the plan before: what they cost, counted a second time here, and what their prices bring about.

Hand-made problems that each of the prices decides are in decided.py.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from optiway_qgis.engine.solving import pyvrp_engine
from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import ascending, lengthening, route_price, score
from optiway_qgis.engine.solving.planner import plan, reschedule
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.engine.solving.sketch import Sketch
from optiway_qgis.model.problem import Goals, Planned, Problem, Sequence, Settings, may_serve
from tests.engine.answers import rounded
from tests.engine.decided import CASES
from tests.engine.plannable import best_score, counting_clock, examples, plan_score, plannable, planned
from tests.engine.rich import orders_of, rich_cases
from tests.engine.test_strategy import scattered

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.plan import Plan
    from tests.engine.cases import Case

MOST = 0.97
"""Share of the small problems whose best answer has to be found."""

PRICES = ("vehicle_change_price", "position_change_price", "promise_price")


@st.composite
def with_plan_before(draw: st.DrawFn, problem: Problem) -> Problem:
    """Draw how a plan before served the stops, on vehicles that may be gone, and what changes cost."""
    names = [vehicle.id for vehicle in problem.vehicles] * 3 + ["gone"]
    first = min(vehicle.shift.start for vehicle in problem.vehicles)
    how = st.none() | st.builds(
        Planned,
        vehicle_id=st.sampled_from(names),
        rank=st.integers(1, 5),
        eta=st.integers(first, first + 4 * 3600),
    )
    price = st.sampled_from((0.0, 1.5, 12.0, 100.0))
    goals = draw(
        st.builds(
            Goals,
            vehicle_change_price=price,
            position_change_price=price,
            promise_price=price,
            promise_tolerance=st.sampled_from((0, 600, 3600)),
        )
    )
    stops = tuple(replace(stop, planned=draw(how)) for stop in problem.stops)
    return replace(problem, stops=stops, goals=goals)


def longest(ranks: list[int]) -> int:
    """Return how long a longest part is that never goes down, by trying all parts."""
    parts = (part for count in range(len(ranks) + 1) for part in combinations(ranks, count))
    return max(len(part) for part in parts if list(part) == sorted(part))


def changes(problem: Problem, made: Plan) -> tuple[int, int, int]:
    """Count in a finished plan the stops on other vehicles, those out of order, and promises not kept."""
    fleet = {vehicle.id: vehicle for vehicle in problem.vehicles}
    before = {stop.id: stop for stop in problem.stops if stop.planned}
    elsewhere = displaced = missed = 0
    for route in made.routes:
        ranks = []
        for visit in route.visits:
            if visit.id not in before:
                continue
            stop = before[visit.id]
            missed += abs(visit.arrival - stop.planned.eta) > problem.goals.promise_tolerance
            home = fleet.get(stop.planned.vehicle_id)
            if home is not None and not may_serve(home, stop):
                elsewhere += home.id != route.vehicle_id
                ranks += [stop.planned.rank] if home.id == route.vehicle_id else []
        displaced += len(ranks) - longest(ranks)
    return elsewhere, displaced, missed


@given(st.lists(st.integers(0, 4), max_size=7), st.integers(0, 4))
def test_longest_part_in_order(ranks, rank):
    """Found without trying all; and where one more would make it longer."""
    kept = sorted(ascending(ranks))
    assert len(kept) == longest(ranks)
    assert [ranks[place] for place in kept] == sorted(ranks[place] for place in kept)
    longer = [longest([*ranks[:place], rank, *ranks[place:]]) > len(kept) for place in range(len(ranks) + 1)]
    assert lengthening(ranks, rank) == longer
    assert lengthening([None, *ranks], rank) == [longer[0], *longer]


@examples(80)
@given(plannable(6), st.data())
def test_price_is_that_of_the_changes_in_the_plan(drawn, data):
    """Counted in the plan as people see it: vehicles, order and arrivals."""
    plain, travel = drawn
    problem = data.draw(with_plan_before(plain))
    sequences, _ = data.draw(orders_of(plain))
    order = [replace(one, reloads=None) for one in sequences]
    made = reschedule(problem, travel, {}, Settings(), order)
    goals = problem.goals
    prices = (goals.vehicle_change_price, goals.position_change_price, goals.promise_price)
    owed = sum(price * count for price, count in zip(prices, changes(problem, made)))
    dearer = plan_score(problem, travel, made).price - plan_score(plain, travel, made).price
    assert dearer == pytest.approx(owed)


def test_nearly_all_small_problems_are_planned_as_well_as_can_be():
    """Whatever changes cost: as good as the best of all orders."""
    reached = []

    @seed(1)
    @settings(
        max_examples=60,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(plannable(4), st.data())
    def compare(drawn, data):
        plain, travel = drawn
        problem = data.draw(with_plan_before(plain))
        best = rounded(best_score(problem, travel))
        own = rounded(plan_score(problem, travel, planned(problem, travel)))
        assert own >= best
        reached.append(own == best)

    compare()
    assert sum(reached) >= MOST * len(reached)


@examples(15)
@given(plannable(6), st.data())
def test_plan_before_that_costs_nothing_to_change_changes_nothing(drawn, data):
    """Without prices the plan is the one found where no plan was before."""
    plain, travel = drawn
    problem = replace(data.draw(with_plan_before(plain)), goals=Goals())
    assert planned(problem, travel, 40).routes == planned(plain, travel, 40).routes


@examples(25)
@given(rich_cases(), st.data())
def test_start_is_never_made_worse(case: Case, data):
    """Whatever rules and prices there are: a start that keeps them is the least that comes out."""
    problem = data.draw(with_plan_before(case.problem))
    start = [Sequence(one.vehicle_id, one.stops) for one in case.sequences]
    before = plan_score(problem, case.travel, reschedule(problem, case.travel, {}, Settings(), start))
    clock = counting_clock(15)
    made = plan(problem, case.travel, {}, Settings(iterations=15), clock, lambda text: None, start)
    assert check(problem, case.travel, made) == []
    assert plan_score(problem, case.travel, made) <= replace(before, price=before.price + 1e-6)


def a_changed_day() -> tuple[Problem, Travel, list[Sequence]]:
    """Return forty stops of which eight are new, the routes planned for the others, and a vehicle less."""
    problem, travel = scattered(40, 6, capacity=(11_000,))
    known = replace(problem, stops=problem.stops[:32])
    cut = replace(travel, stop_place=travel.stop_place[:32])
    before = planned(known, cut, 200)
    lost = max(before.routes, key=lambda route: len(route.stop_ids)).vehicle_id
    how = {
        visit.id: Planned(route.vehicle_id, rank, visit.arrival)
        for route in before.routes
        for rank, visit in enumerate((one for one in route.visits if one.type == "stop"), 1)
    }
    stops = tuple(replace(stop, planned=how.get(stop.id)) for stop in problem.stops)
    fleet = tuple(vehicle for vehicle in problem.vehicles if vehicle.id != lost)
    start = [Sequence(one.vehicle_id, one.stop_ids) for one in before.routes if one.vehicle_id != lost]
    return replace(problem, stops=stops, vehicles=fleet), travel, start


@pytest.mark.parametrize("number", range(3), ids=PRICES)
def test_the_dearer_changes_are_the_fewer_there_are(number):
    """One more here and there is the luck of the search; from free to dear they all but end, at a cost."""
    problem, travel, start = a_changed_day()
    counts, costs = [], []
    for price in (0.0, 2.0, 20.0, 200.0):
        priced = replace(problem, goals=Goals(**{PRICES[number]: price}))
        asked, clock = Settings(iterations=150), counting_clock(150)
        made = plan(priced, travel, {}, asked, clock, lambda text: None, start)
        assert (made.violations, made.unassigned) == ((), ())
        counts.append(changes(priced, made)[number])
        costs.append(made.cost)
    assert all(after <= before + 1 for before, after in zip(counts, counts[1:])), counts
    assert counts[0] > counts[-1] == 0
    # Order alone costs little: stops that go to other vehicles have none to keep.
    assert number == 1 or costs[-1] > costs[0]


def test_dear_changes_leave_a_plan_as_it_is():
    """Nothing has happened: the plan before comes out again."""
    problem, travel, start = a_changed_day()
    served = {stop for one in start for stop in one.stops}
    kept = [number for number, stop in enumerate(problem.stops) if stop.id in served]
    rest = replace(problem, stops=tuple(problem.stops[number] for number in kept))
    ways = replace(travel, stop_place=tuple(travel.stop_place[number] for number in kept))
    for prices in ({"vehicle_change_price": 500.0, "position_change_price": 500.0}, {"promise_price": 500.0}):
        priced = replace(rest, goals=Goals(**prices, promise_tolerance=60))
        made = plan(priced, ways, {}, Settings(iterations=50), counting_clock(50), lambda text: None, start)
        assert {route.vehicle_id: route.stop_ids for route in made.routes} == {
            one.vehicle_id: one.stops for one in start
        }


def test_sketch_prices_routes_as_the_objective_does():
    """Changes included, to the cent, in any order of stops that keeps the rules."""
    problem, travel, start = a_changed_day()
    goals = Goals(vehicle_change_price=7.0, position_change_price=3.0, promise_price=11.0)
    instance = Instance(replace(problem, goals=goals), travel)
    routes = [[instance.stop_index[stop] for stop in one.stops] for one in start]
    turned = [[*one[1::2], *one[::2]] for one in routes]
    for answer in (routes, [*turned[1:], turned[0]], [one[::-1] for one in routes]):
        tables = timetables(instance, answer)
        sketch = Sketch(instance, tables)
        for vehicle, table in tables.items():
            assert not table.violations
            assert sketch.outlines[vehicle].price == pytest.approx(route_price(table))


def test_pyvrp_knows_what_other_vehicles_cost_and_no_more():
    """Its value is the price of its answer, in whole metres; order and promises are for our own search."""
    decided = CASES["vehicle_change"]()
    instance = Instance(decided.problem, decided.travel)
    assert pyvrp_engine.knows_wishes(instance)
    clock = counting_clock(100)
    answer = pyvrp_engine.search(instance, [0, 1, 2], clock, 0, all_required=True)
    assert answer.value == pytest.approx(score(instance, answer.sequences).price, rel=1e-4)
    for name in ("position_change", "promise"):
        decided = CASES[name]()
        assert not pyvrp_engine.knows_wishes(Instance(decided.problem, decided.travel))
        assert pyvrp_engine.knows_wishes(Instance(decided.without, decided.travel_without))
    limited = replace(
        instance.problem, vehicles=tuple(replace(car, max_distance=10**6) for car in instance.vehicles)
    )
    assert not pyvrp_engine.knows_wishes(Instance(limited, instance.travel))
