"""The engine's part of looking before planning: stops no vehicle could serve alone, places off the roads."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from hypothesis import given

from optiway_qgis.engine.solving.explain import hopeless
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.model import reasons
from optiway_qgis.model.findings import REMEDIES
from optiway_qgis.model.job import JOB_VERSION
from optiway_qgis.model.problem import problem_to_json
from optiway_qgis.model.refusals import refused
from tests.engine.cases import VAN, a_depot, a_problem, a_stop, between
from tests.engine.plannable import examples, plannable

if TYPE_CHECKING:
    from pathlib import Path

    from optiway_qgis.model.problem import Problem

WITHOUT_TRAVEL = {reasons.SKILL, reasons.VEHICLE_RULE}


def answered(problem: Problem, folder: Path, checkout: Path) -> dict[str, Any]:
    job = {
        "version": JOB_VERSION,
        "task": "validate",
        "problem": problem_to_json(problem),
        "travel": {"source": "estimate"},
    }
    path = folder / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    command = [sys.executable, "-m", "optiway_qgis.engine", str(path)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_hopeless_stops_come_with_reason_text_and_fix(tmp_path, checkout):
    """One out of the shift's reach, one too heavy; those that can be served are not named."""
    late = a_stop("late", 1, windows=(between("03:00", "03:10"),))
    heavy = a_stop("heavy", 2, delivery=(10**9,))
    problem = a_problem([a_stop("good", 1), late, heavy], [a_depot("D1", 0)], [VAN])
    result = answered(problem, tmp_path, checkout)
    assert result["event"] == "result"
    assert result["off_roads"] == []
    told = {one["stop_id"]: one for one in result["hopeless"]}
    assert {name: one["reason"] for name, one in told.items()} == {
        "late": reasons.TIME_WINDOW,
        "heavy": reasons.CAPACITY,
    }
    assert all(one["text"] and one["fix"] for one in told.values())


@examples(150)
@given(plannable())
def test_what_is_refused_without_travel_times_is_hopeless_with_them(drawn):
    """The same stops and the same words for skills and rules; a stop too large for all is hopeless, too."""
    problem, travel = drawn
    lost = hopeless(Instance(problem, travel))
    for index, stop in enumerate(problem.stops):
        early = refused(stop, problem.vehicles, problem.dimensions)
        known = lost.get(index)
        assert early is None or known is not None
        if known is not None and known.reason in WITHOUT_TRAVEL:
            assert early == known
        if known is not None:
            assert known.reason in REMEDIES


def test_a_stop_too_large_names_the_vehicle_that_comes_closest():
    """Delivery and pickup count by the larger one: they are never on board together."""
    stop = a_stop("S1", 1, delivery=(7000,), pickup=(9000,))
    small, large = (VAN.__class__(name, capacity=(size,)) for name, size in (("A", 5000), ("B", 8000)))
    told = refused(stop, [small, large], 1)
    assert told is not None
    assert (told.reason, told.nearest_vehicle) == (reasons.CAPACITY, "B")
    assert told.text == "Even alone on a vehicle: B would carry 9, its capacity is 8."
    assert told.fix == "1 more capacity for B"
    assert refused(a_stop("S2", 1, delivery=(8000,), pickup=(8000,)), [small, large], 1) is None
