"""The rest of a day as a job of the engine process. How days are read is tested in test_job_day.py."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import pytest

from optiway_qgis.engine.job_form import read_sequences
from optiway_qgis.model.day import day_to_json
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.job import JOB_VERSION
from optiway_qgis.model.plan import plan_from_json
from optiway_qgis.model.problem import Sequence, problem_to_json
from tests.engine.cases import MINUTE, VAN, a_depot, a_problem, a_stop, at
from tests.engine.days import Today, a_plan


def _today() -> Today:
    stops = [a_stop(f"S{number}", number, service=5 * MINUTE) for number in (1, 2, 3, 4)]
    problem = a_problem(stops, [a_depot("D1", 0)], [VAN])
    return a_plan(problem, V1="S1 S2 S3").at(at("08:32"))


def _job(today: Today, **ask: Any) -> dict[str, Any]:
    job = {
        "version": JOB_VERSION,
        "task": "replan",
        "travel": {"source": "estimate"},
        "problem": problem_to_json(today.known()),
        "settings": {"iterations": 50},
        "sequences": [asdict(sequence) for sequence in today.sequences],
        "day": day_to_json(today.day),
        "ask": {"plan_id": today.plan.plan_id, "version": 3, **ask},
    }
    return json.loads(json.dumps(job))


@pytest.mark.parametrize("scope", ["times", "insert", "free"])
def test_job_returns_the_plan_of_the_whole_day(tmp_path, checkout, scope):
    """What was done crosses the pipe twice and is what it was; the loose stop is served if it may be."""
    today = _today()
    path = tmp_path / "job.json"
    path.write_text(json.dumps(_job(today, scope=scope, loose=["S4"])))
    command = [sys.executable, "-m", "optiway_qgis.engine", str(path)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60, check=False)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, events[-1]["event"]) == (0, "result")
    plan = plan_from_json(events[-1]["plan"])
    (route,) = plan.routes
    (progress,) = today.progress
    assert route.visits[: len(progress.visits)] == progress.visits
    assert set(route.stop_ids) == ({"S1", "S2", "S3"} if scope == "times" else {"S1", "S2", "S3", "S4"})
    assert (plan.plan_id, plan.version, plan.parent_version) == (today.plan.plan_id, 4, 3)
    assert plan.stopped
    assert "Searching" in [event.get("text") for event in events]


def test_all_that_is_left_may_be_of_later_trips():
    """A vehicle under way may reload before any stop it has left; one that begins its day may not."""
    job = {"sequences": [{"vehicle_id": "V1", "stops": ["S1", "S2"], "reloads": [0, 1]}]}
    assert read_sequences(job, under_way=True) == [Sequence("V1", ("S1", "S2"), (0, 1))]
    with pytest.raises(InputError, match="from 1 to 1"):
        read_sequences(job)
    job["sequences"][0]["reloads"] = [2]
    with pytest.raises(InputError, match="from 0 to 1"):
        read_sequences(job, under_way=True)
