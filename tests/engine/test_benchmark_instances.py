"""Published instances as problems of the project: the best known solution keeps all rules at its known cost.

Scheduler and checker are held to figures that other people published.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).absolute().parents[2] / "benchmarks"))

import instances

PUBLISHED = {"R112": 9486, "RC2_10_9": 227316, "X-n200-k36": 58578, "PR11A": 6655548}


@pytest.fixture(params=PUBLISHED)
def benchmark(request, shared_data):
    """One instance per type and size."""
    return instances.read(request.param, shared_data / "benchmarks")


@pytest.fixture
def judge(benchmark, tmp_path):
    """The judge of that instance."""
    return instances.Judge(benchmark, instances.write_travel(benchmark, tmp_path / "travel.npz"))


def test_best_known_solution_is_free_of_violations_at_the_published_cost(benchmark, judge):
    """Read, scheduled, checked and costed as the benchmark does, or no gap to it means anything."""
    verdict = judge.verdict(benchmark.best_routes)
    assert verdict == instances.Verdict(PUBLISHED[benchmark.name], ())
    assert benchmark.best == benchmark.length(benchmark.best_routes) == verdict.cost


def test_a_customer_left_out_is_told(benchmark, judge):
    """An answer that serves fewer customers is shorter, and no better."""
    (vehicle, customers), *others = benchmark.best_routes
    verdict = judge.verdict([(vehicle, customers[1:]), *others])
    assert verdict.broken == (("unserved", 1),)
    assert verdict.cost < benchmark.best


def test_two_routes_joined_break_what_the_benchmark_limits(benchmark, judge):
    """Loads, windows and durations of the instance have reached the checker."""
    (vehicle, first), (_, second), *others = benchmark.best_routes
    broken = dict(judge.verdict([(vehicle, first + second), *others]).broken)
    limited = (
        {"capacity"} if benchmark.windows is None else {"capacity", "time_window", "shift", "work_limit"}
    )
    assert broken
    assert set(broken) <= limited


def test_every_instance_of_the_folder_is_what_its_solution_says(shared_data, tmp_path):
    """All instances with a solution, also those the benchmark does not run by default."""
    solutions = sorted((shared_data / "benchmarks").glob("*.sol"))
    assert len(solutions) > len(PUBLISHED)
    for path in solutions:
        benchmark = instances.read(path.stem, path.parent)
        judge = instances.Judge(benchmark, instances.write_travel(benchmark, tmp_path / "travel.npz"))
        assert judge.verdict(benchmark.best_routes) == instances.Verdict(benchmark.best, ()), path.stem
