"""What keeping to the plan before costs, as the plan after tells it: in figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optiway_qgis.engine.solving.wishes import wished
from optiway_qgis.model.day import SCOPE_ROUTES
from optiway_qgis.model.problem import ORDER_EARLY, Goals, Window
from tests.engine.cases import VAN, a_depot, a_problem, a_stop, at
from tests.engine.days import a_plan

PER_KM = replace(VAN, fixed_cost=0.0, cost_per_hour=0.0, cost_per_km=1.0)
"""Only the way costs: 6 from place to place."""
DEAR = {"vehicle_change_price": 1000.0}


def crossed(goals: Goals, **members):
    """Each van serves one stop on either side of the depot, 48 kilometres in all where 24 would do."""
    stops = [a_stop(name, place, **members) for name, place in (("E1", 1), ("E2", 1), ("W1", -1), ("W2", -1))]
    problem = a_problem(stops, [a_depot("D1", 0)], [PER_KM, replace(PER_KM, id="V2")])
    today = a_plan(replace(problem, goals=goals), V1="E1 W1", V2="E2 W2")
    return today.at(at("07:00"))


def prices(today):
    """By wish what the plan says that it costs."""
    return {wish.wish: wish.price for wish in today.plan.wishes}


def test_keeping_vehicles_costs_the_way_that_one_van_less_would_save():
    """At a price that nothing is worth nothing moves, and one of two equal ways to and fro is paid for it."""
    after = crossed(Goals(**DEAR)).replanned(SCOPE_ROUTES)
    assert after.served == {"E1": "V1", "W1": "V1", "E2": "V2", "W2": "V2"}
    assert prices(after) == {"vehicle_change": pytest.approx(24.0)}


def test_without_a_price_nothing_is_told():
    """What the user did not ask for is not told of; the plan is the cheapest."""
    after = crossed(Goals()).replanned(SCOPE_ROUTES)
    assert after.plan.distance == 24_000
    assert prices(after) == {}


def test_each_of_the_three_prices_is_told():
    """Only vehicles keep the plan from being cheaper: orders and arrivals could stay in that, too."""
    goals = Goals(**DEAR, position_change_price=1000.0, promise_price=1000.0, promise_tolerance=60)
    found = prices(crossed(goals).replanned(SCOPE_ROUTES))
    assert found == {"vehicle_change": pytest.approx(24.0), "position_change": 0.0, "promise": 0.0}


def test_where_a_rule_is_broken_no_price_is_told():
    """What is late is served late: there is no plan without a price to hold against it."""
    today = crossed(Goals(**DEAR), windows=(Window(at("06:00"), at("06:30")),))
    after = today.replanned(SCOPE_ROUTES, serve_late=True)
    assert {violation.code for violation in after.plan.violations} == {"time_window"}
    assert prices(after) == {}


def test_only_the_wishes_that_are_named_count():
    """Early stops are a wish of the plan, and none of changes."""
    early = crossed(Goals(), order_rule=ORDER_EARLY).problem
    assert wished(early)
    assert not wished(early, ("vehicle_change", "promise"))
    assert wished(early, ("early",))
