"""The Gini coefficient against its definition, and what is balanced of a route."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from optiway_qgis.model.balance import gini, share_of
from optiway_qgis.model.plan import Route


def by_pairs(amounts):
    """The definition: differences of all ordered pairs, over twice the mean and the number of pairs."""
    mean = sum(amounts) / len(amounts)
    return sum(abs(one - other) for one in amounts for other in amounts) / (2 * mean * len(amounts) ** 2)


@pytest.mark.parametrize("count", [1, 2, 3, 17])
def test_gini_is_the_mean_difference_of_pairs_over_twice_the_mean(count):
    """The sum over ranks is the sum over pairs, whatever the order."""
    draw = random.Random(count)
    for _ in range(20):
        amounts = [draw.choice((0, draw.randrange(40_000))) for _ in range(count)] + [draw.randrange(1, 9)]
        assert gini(amounts) == pytest.approx(by_pairs(amounts), abs=1e-12)


def test_gini_runs_from_all_alike_to_one_has_all():
    """What people know of it: 0, and 1 - 1/n; nothing to share is shared evenly."""
    assert gini([7, 7, 7]) == 0
    assert gini([0, 0, 0, 5]) == pytest.approx(0.75)
    assert gini([]) == gini([0, 0]) == 0


def test_hours_of_work_are_balanced_unless_another_measure_is_named():
    """An unpaid break is no work: who rests longer does not do more."""
    route = Route(
        "V1",
        "V1",
        (),
        (),
        28800,
        64800,
        0,
        0,
        0,
        0,
        52_300,
        0,
        (),
        0,
        0,
        0,
        break_time=3600,
        unpaid_break=2700,
    )
    assert (share_of(route), share_of(route, "time")) == (33300, 33300)
    assert share_of(route, "distance") == 52_300
    assert share_of(route, "stops") == 0
    assert share_of(replace(route, unpaid_break=0)) == 36000
