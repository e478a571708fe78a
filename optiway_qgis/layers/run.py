"""Runs a job in the engine and passes on what it says: phases, best cost, progress, warnings.

The process itself is engine_process.py's.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Sequence

from ..model.day import day_to_json
from ..model.job import JOB_VERSION
from ..model.options import option_from_json
from ..model.plan import Plan, plan_from_json
from ..model.problem import Settings, problem_to_json
from . import engine_process

if TYPE_CHECKING:
    from qgis.core import QgsProcessingFeedback

    from ..model.day import Ask, Day
    from ..model.options import Offers, Option
    from ..model.problem import Problem
    from ..model.problem import Sequence as StopSequence


class Progress:
    """A bar that never goes back: `part` maps a percentage of one step onto its share of the whole."""

    def __init__(self, feedback: QgsProcessingFeedback):
        self._feedback = feedback
        self._shown = 0.0

    def part(self, percent: float, start: float, end: float) -> None:
        """Show `percent` (0 to 100) of the step that lasts from `start` to `end` percent of the whole."""
        shown = start + (end - start) * min(max(percent, 0.0), 100.0) / 100
        if shown > self._shown:
            self._shown = shown
            self._feedback.setProgress(shown)


def plan_job(problem: Problem, travel: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The job that plans the problem from scratch; `travel` is as model/job.py says."""
    return _job("plan", problem, travel, settings)


def schedule_job(
    problem: Problem, travel: dict[str, Any], settings: Settings, sequences: Sequence[StopSequence]
) -> dict[str, Any]:
    """The job that keeps the order of the stops and recomputes the rest."""
    return {
        **_job("schedule", problem, travel, settings),
        "sequences": [asdict(entry) for entry in sequences],
    }


def explain_job(
    problem: Problem, travel: dict[str, Any], settings: Settings, sequences: Sequence[StopSequence]
) -> dict[str, Any]:
    """The job that keeps the order of the stops and finds out why the others are on no route."""
    return {**schedule_job(problem, travel, settings, sequences), "task": "explain"}


def compare_job(
    problem: Problem,
    travel: dict[str, Any],
    settings: Settings,
    orders: Sequence[Sequence[StopSequence]],
) -> dict[str, Any]:
    """The job that times and judges several orders of the same stops, on one table of travel times."""
    return {
        **_job("compare", problem, travel, settings),
        "orders": [[asdict(entry) for entry in order] for order in orders],
    }


def replan_job(
    problem: Problem,
    travel: dict[str, Any],
    settings: Settings,
    sequences: Sequence[StopSequence],
    day: Day,
    ask: Ask,
) -> dict[str, Any]:
    """The job that plans the rest of a day; the sequences hold the stops still to do in the order so far."""
    return {
        **_job("replan", problem, travel, settings),
        "sequences": [asdict(entry) for entry in sequences],
        "day": day_to_json(day),
        "ask": asdict(ask),
    }


def options_job(
    problem: Problem,
    travel: dict[str, Any],
    sequences: Sequence[StopSequence],
    day: Day,
    offers: Offers,
) -> dict[str, Any]:
    """The job that finds out where stops that are on no route could go; the sequences as for `replan_job`."""
    return {
        **_job("options", problem, travel, Settings()),
        "sequences": [asdict(entry) for entry in sequences],
        "day": day_to_json(day),
        **asdict(offers),
    }


def run(
    job: dict[str, Any],
    engine: engine_process.EngineLocation,
    feedback: QgsProcessingFeedback,
    progress: Progress,
    share: tuple[float, float],
) -> Plan:
    """Run the job and return its plan; `share` is the part of the progress bar it fills.

    Raises what `engine_process.run_job` raises.
    """
    return plan_from_json(run_for_result(job, engine, feedback, progress, share)["plan"])


def run_for_plans(
    job: dict[str, Any],
    engine: engine_process.EngineLocation,
    feedback: QgsProcessingFeedback,
    progress: Progress,
    share: tuple[float, float],
) -> list[Plan]:
    """Run a job that has several plans as its result, as `run` does, and return them."""
    return [plan_from_json(form) for form in run_for_result(job, engine, feedback, progress, share)["plans"]]


def run_for_options(
    job: dict[str, Any],
    engine: engine_process.EngineLocation,
    feedback: QgsProcessingFeedback,
    progress: Progress,
    share: tuple[float, float],
) -> list[Option]:
    """Run a job that has options as its result, as `run` does, and return them."""
    result = run_for_result(job, engine, feedback, progress, share)
    return [option_from_json(form) for form in result["options"]]


def run_for_result(
    job: dict[str, Any],
    engine: engine_process.EngineLocation,
    feedback: QgsProcessingFeedback,
    progress: Progress,
    share: tuple[float, float],
) -> dict[str, Any]:
    """Run any job and return its result event, as `run` does."""

    def tell(event: dict[str, Any]) -> None:
        if event.get("text"):
            warning = event["event"] == "log" and event.get("level") == "warning"
            (feedback.pushWarning if warning else feedback.pushInfo)(event["text"])
        if "percent" in event:
            progress.part(event["percent"], *share)

    return engine_process.run_job(job, tell, feedback.isCanceled, engine)


def matrix_job(problem: Problem, travel: dict[str, Any], path: str) -> dict[str, Any]:
    """The job that writes the times and distances between all stops and depots to a file."""
    return {**_job("matrix", problem, travel, Settings()), "path": path}


def validate_job(problem: Problem, travel: dict[str, Any]) -> dict[str, Any]:
    """The job that tells which stops no vehicle could serve even alone, and which places are off roads."""
    return _job("validate", problem, travel, Settings())


def _job(task: str, problem: Problem, travel: dict[str, Any], settings: Settings) -> dict[str, Any]:
    return {
        "version": JOB_VERSION,
        "task": task,
        "problem": problem_to_json(problem),
        "travel": travel,
        "settings": asdict(settings),
    }
