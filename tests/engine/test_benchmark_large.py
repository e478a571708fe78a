"""The benchmark of large plans: the days it draws, and the figures it makes of a run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).absolute().parents[2] / "benchmarks"))

import large
from scatter import scattered


def test_days_are_the_same_for_the_same_seed_and_have_room_for_all():
    """Versions are compared over the same stops, and a complete answer has to be possible."""
    day = scattered(400, 7)
    assert day == scattered(400, 7)
    assert day != scattered(400, 8)
    load = sum(stop.delivery[0] for stop in day.stops)
    assert load < 0.95 * sum(vehicle.capacity[0] for vehicle in day.vehicles)
    assert any("lift" in stop.skills for stop in day.stops)
    assert any("lift" in vehicle.skills for vehicle in day.vehicles)


def test_a_planned_day_tells_when_its_first_answer_came_and_what_it_took():
    """From the start of the process, all stops served, no rule broken, costs falling."""
    run = large.planned(scattered(200), 2.0)
    when, first = run.history[0]
    assert 0 < when < run.seconds
    assert run.cost_at(when) <= first
    assert run.cost_at(when / 2) is None
    assert run.cost == pytest.approx(run.history[-1][1], rel=1e-3)
    assert run.cost <= first * 1.001
    assert (run.unserved, run.broken) == (0, 0)
    assert run.memory > 20
    assert run.cpu > 0.05


def test_gaps_are_percent_above_the_best_known():
    """Costs of 110 and 105 are 10 and 5 % above 100; moments beyond the limit are left out."""
    run = large.Run(((2.0, 110.0), (9.0, 105.0)), 105.0, 0, 0, 20.0, 30.0, 80.0)
    cells = dict(zip(large.HEADER, large.row(scattered(30), run, 100.0, 20.0)))
    assert (cells["first complete answer"], cells["gap of it"]) == ("2.0 s", "10.0")
    assert (cells["gap at 10 s"], cells["gap at 60 s"], cells["gap"]) == ("5.0", "", "5.0")
