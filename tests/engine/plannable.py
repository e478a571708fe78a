"""Random problems that leave something to plan: shorter ways and milder limits than those of strategies.py.

Also what tests of the solver share: a clock that counts iterations, and planning with it.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from itertools import permutations
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import Score, importance, route_price, score
from optiway_qgis.engine.solving.planner import plan
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.solving.search import Clock
from optiway_qgis.engine.travel.provider import UNREACHABLE, Travel, places_of
from optiway_qgis.model.problem import (
    ORDER_EARLY,
    ORDER_FREE,
    ORDER_STRICT,
    Depot,
    Problem,
    Settings,
    Stop,
    Vehicle,
    Window,
)
from tests.engine.cases import HOUR, a_problem, given_travel, spot
from tests.engine.strategies import PROFILES, SKILLS, some, subsets

if TYPE_CHECKING:
    from collections.abc import Callable

    from optiway_qgis.model.plan import Plan

Planned = tuple[Problem, Travel]

EXAMPLES = int(os.environ.get("OPTIWAY_TEST_EXAMPLES", "1"))
"""How many times as many random examples as usual are drawn."""


def examples(count: int) -> settings:
    """Return the settings of a test on so many random examples, however long each takes."""
    return settings(
        max_examples=count * EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )


def counting_clock(iterations: int = 100, report: Callable[[float, float], None] | None = None) -> Clock:
    """Return a clock that stops by iterations alone."""
    return Clock(time.perf_counter(), 60.0, 0.0, iterations, report or (lambda seconds, cost: None))


def planned(problem: Problem, travel: Travel, iterations: int = 100, seed: int = 0) -> Plan:
    """Return the plan found in a fixed number of iterations."""
    asked = Settings(iterations=iterations, seed=seed)
    return plan(problem, travel, {}, asked, counting_clock(iterations), lambda text: None)


def seldom(values: st.SearchStrategy, otherwise: object = None) -> st.SearchStrategy:
    """Draw a value about once in six times, else what stands for none."""
    return st.integers(0, 5).flatmap(lambda drawn: values if drawn == 5 else st.just(otherwise))


def _window(first: int, last: int, least: int) -> st.SearchStrategy[Window]:
    begins = st.integers(first, last - least)
    return begins.flatmap(lambda start: st.integers(start + least, last).map(lambda end: Window(start, end)))


def _windows(first: int) -> st.SearchStrategy[tuple[Window, ...]]:
    one = _window(first, first + 9 * HOUR, HOUR // 2).map(lambda window: (window,))
    two = st.tuples(
        _window(first, first + 4 * HOUR, 60), _window(first + 4 * HOUR + 60, first + 9 * HOUR, 60)
    )
    return st.one_of(st.just(()), st.just(()), one, two)


@st.composite
def plannable(
    draw: st.DrawFn, max_stops: int = 10, *, ranked: bool = False, limited: bool = False, hasty: bool = False
) -> Planned:
    """Draw a problem with its travel times, of whose stops most can be served.

    `ranked` makes ranked stops common, `limited` limits on driving time beside limits on distance; `hasty`
    adds stops that wish to be early.
    """
    first = draw(st.sampled_from((8 * HOUR, 22 * HOUR, -2 * HOUR)))
    dimensions = draw(st.sampled_from((1, 1, 2, 9)))
    places = draw(st.integers(2, 9))
    vehicle_ids = tuple(f"V{number}" for number in range(draw(st.integers(1, 3))))
    depot_ids = tuple(f"D{number}" for number in range(draw(st.integers(1, 2))))
    rules = [ORDER_FREE, *[ORDER_STRICT] * 2 * ranked, *[ORDER_EARLY] * hasty]
    loads = st.lists(st.integers(0, 3).map(lambda units: units * 500), max_size=dimensions).map(tuple)
    stops = st.builds(
        lambda place, **members: Stop("", *spot(place), **members),
        place=st.integers(0, places - 1),
        service=st.integers(0, 600),
        setup=some(st.just(120), 0),
        windows=_windows(first),
        delivery=loads,
        pickup=loads,
        priority=st.integers(0, 100),
        order_rule=st.sampled_from(rules),
        order_rank=st.integers(0, 3),
        penalty=st.none() if hasty else seldom(st.integers(0, 100).map(float)),
        skills=seldom(subsets(SKILLS), ()),
        allowed_vehicles=seldom(subsets(vehicle_ids), ()),
        forbidden_vehicles=seldom(subsets(vehicle_ids), ()),
        vehicle_id=seldom(st.sampled_from(vehicle_ids), ""),
    )
    limit = some if limited else seldom
    vehicles = st.builds(
        Vehicle,
        id=st.just(""),
        profile=st.sampled_from(PROFILES),
        start_depot=st.sampled_from((*depot_ids, *depot_ids, None)),
        end_depot=st.sampled_from((*depot_ids, *depot_ids, None)),
        shift=_window(first, first + 9 * HOUR, 4 * HOUR),
        capacity=some(
            st.lists(st.none() | st.integers(0, 8).map(lambda n: n * 1000), max_size=dimensions), []
        ).map(tuple),
        skills=st.lists(st.sampled_from(SKILLS), unique=True).map(tuple),
        max_stops=seldom(st.integers(0, 8)),
        max_work=seldom(st.integers(HOUR, 6 * HOUR)),
        max_drive=limit(st.integers(HOUR // 2, 2 * HOUR)),
        max_distance=limit(st.integers(5_000, 60_000)),
        fixed_cost=st.integers(0, 50).map(float),
        cost_per_hour=st.integers(0, 40).map(float),
        cost_per_km=st.integers(0, 3).map(float),
    )
    hours = seldom(_window(first, first + 9 * HOUR, 2 * HOUR))
    problem = a_problem(
        [replace(draw(stops), id=f"S{number}") for number in range(draw(st.integers(1, max_stops)))],
        [Depot(name, *spot(draw(st.integers(0, places - 1))), window=draw(hours)) for name in depot_ids],
        [replace(draw(vehicles), id=name) for name in vehicle_ids],
        dimensions,
    )
    return problem, draw(_travel(problem))


@st.composite
def _travel(draw: st.DrawFn, problem: Problem) -> Travel:
    """Draw asymmetric times of up to a quarter of an hour without short cuts; seldom a place is cut off."""
    size = len(places_of(problem)[0])
    seconds, metres = {}, {}
    for profile in PROFILES:
        table = np.array([[draw(st.integers(1, 900)) for _ in range(size)] for _ in range(size)])
        np.fill_diagonal(table, 0)
        for via in range(size):
            table = np.minimum(table, table[:, via, None] + table[None, via, :])
        lengths = table * draw(st.integers(5, 15))
        cut = draw(seldom(st.integers(0, size - 1)))
        if cut is not None:
            others = np.arange(size) != cut
            table[others, cut] = lengths[others, cut] = UNREACHABLE
        seconds[profile], metres[profile] = table.tolist(), lengths.tolist()
    return given_travel(problem, seconds, metres)


def best_score(problem: Problem, travel: Travel) -> Score:
    """Return the best score without a broken rule, by trying every order of every set on every vehicle.

    With a few vehicles and up to six stops that is some ten thousand routes.
    """
    instance = Instance(problem, travel)
    everyone = frozenset(range(len(problem.stops)))
    # The cheapest route of each vehicle for each set of stops, then the cheapest way to share the stops.
    cheapest: dict[frozenset[int], float] = {frozenset(): 0.0}
    for vehicle in problem.vehicles:
        prices = _route_prices(instance, vehicle, everyone)
        shared: dict[frozenset[int], float] = {}
        for served, price in cheapest.items():
            for more, route_price_ in prices.items():
                if not served & more:
                    both = served | more
                    shared[both] = min(shared.get(both, inf), price + route_price_)
        cheapest = shared
    return min(_score(problem, everyone - served, price) for served, price in cheapest.items())


def _route_prices(
    instance: Instance, vehicle: Vehicle, everyone: frozenset[int]
) -> dict[frozenset[int], float]:
    prices = {frozenset(): 0.0}
    for count in range(1, len(everyone) + 1):
        for order in permutations(sorted(everyone), count):
            table = Timetable(instance, vehicle, list(order))
            if not table.violations:
                members = frozenset(order)
                prices[members] = min(prices.get(members, inf), route_price(table))
    return prices


def _score(problem: Problem, missing: frozenset[int], price: float) -> Score:
    left = [problem.stops[index] for index in missing]
    return Score(
        broken=0,
        unserved=sum(importance(stop) for stop in left if stop.penalty is None),
        price=price + sum(stop.penalty for stop in left if stop.penalty is not None),
    )


def plan_score(problem: Problem, travel: Travel, plan: Plan) -> Score:
    """Return the score of a finished plan."""
    instance = Instance(problem, travel)
    orders = {route.vehicle_id: route.stop_ids for route in plan.routes}
    return score(
        instance,
        [[instance.stop_index[one] for one in orders.get(vehicle.id, ())] for vehicle in problem.vehicles],
    )
