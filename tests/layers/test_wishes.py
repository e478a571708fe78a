"""Goals of a plan and goods that may not be together, from words and prices."""

from __future__ import annotations

import pytest

from optiway_qgis.layers.wishes import goals_of, incompatible_goods
from optiway_qgis.model.problem import Goals, Vehicle
from tests.made_layers import reading

FLEET = [
    Vehicle("V1", cost_per_hour=10, cost_per_km=0.2),
    Vehicle("V2", cost_per_hour=30, cost_per_km=0.4),
]


@pytest.mark.parametrize(
    ("balance", "weight", "price"),
    [("time", 1, 40), ("time", 0.5, 20), ("stops", 1, 10), ("distance", 1, 0.6), ("none", 3, 0)],
)
def test_the_longest_route_costs_what_its_unit_costs_on_all_vehicles(balance, weight, price):
    """The mean of 10 and 30 an hour, times two vehicles; a stop is a quarter of an hour."""
    goals = goals_of("cost", balance, weight, FLEET)
    assert goals.balance == ("" if balance == "none" else balance)
    assert goals.balance_price == pytest.approx(price)


def test_a_unit_without_a_price_counts_at_the_default_one():
    """Who pays for kilometres only still wants hours balanced."""
    fleet = [Vehicle("V1", cost_per_km=1), Vehicle("V2", cost_per_km=1)]
    assert goals_of("cost", "time", 1, fleet).balance_price == 40


def test_without_wishes_the_goals_are_those_of_a_plain_problem():
    """Cost alone."""
    assert goals_of("cost", "none", 1, FLEET) == Goals()
    assert goals_of("fewest_vehicles", "none", 1, FLEET) == Goals(fewest_vehicles=True)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", ()),
        (" food-chemicals, food-waste ,", (("food", "chemicals"), ("food", "waste"))),
        ("de-icer - fresh food, a-b, a-b", (("de-icer", "fresh food"), ("a", "b"))),
    ],
)
def test_pairs_of_goods(text, pairs):
    """Hyphens within a name need blanks around the one between."""
    shared = reading()
    assert incompatible_goods(text, shared) == pairs
    assert shared.errors == []


def test_goods_that_are_no_pair_are_errors_all_of_them():
    """One name, three, or none on one side."""
    shared = reading()
    assert incompatible_goods("food, a-b-c, -x, p-q", shared) == (("p", "q"),)
    assert len(shared.errors) == 3
    assert 'INCOMPATIBLE_GOODS "a-b-c" is no pair' in shared.errors[1]
    assert "blanks around it where a name has one of its own" in shared.errors[1]
