"""The engine process: one job in, progress and a plan out. Started by start.py, or on a server by hand.

`python -m optiway_qgis.engine JOB.json` answers a job in a file. The forms are those of model/job.py.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import asdict
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.channel import tell_failure
from optiway_qgis.engine.job_form import (
    read_ask,
    read_day,
    read_offers,
    read_orders,
    read_plan,
    read_problem,
    read_sequences,
    read_settings,
    read_travel,
)
from optiway_qgis.model.errors import InputError, JobFailed
from optiway_qgis.model.plan import plan_to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from optiway_qgis.engine.channel import Channel
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Problem, Settings

_PROCESS_START = time.perf_counter()
_TICK = 0.4
_HELPING_SECONDS = 5.0
_LOST_SECONDS = 300.0
"""So long after its time limit, and the limit once more, a search is taken to be lost in its engine."""

_PATIENCE_UNDER_WAY = 0.5
"""Share of the usual patience for the rest of a day: its search begins with a plan."""

_LOST = 4
_TRAVEL_PERCENT, _SEARCH_PERCENT, _FINISH_PERCENT = 2, 10, 92


def main(channel: Channel) -> int:
    """Answer the job on the channel; the exit code is 0 when there is a result."""
    channel.emit({"event": "phase", "text": "Engine started", "percent": 1})
    job = channel.read_job()
    tasks = {
        "plan": _plan,
        "schedule": _schedule,
        "compare": _compare,
        "explain": _explain,
        "check": _check,
        "versions": _versions,
        "matrix": _matrix,
        "validate": _validate,
        "replan": _replan,
        "options": _options,
    }
    name = job.get("task")
    task = tasks.get(name) if isinstance(name, str) else None
    if task is None:
        raise JobFailed(f'Unknown task "{name}"; known: {", ".join(tasks)}.')
    try:
        result = task(channel, job)
    except InputError as error:
        raise JobFailed(str(error)) from error
    channel.emit({"event": "result", **result})
    return 0


def _versions(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    names = ("pyvrp", "ortools", "numpy", "shapely", "pyproj", "requests", "routingkit-cch")
    found = {name: _version(name) for name in names}
    return {"versions": {"python": sys.version.split()[0], **found}}


def _version(package: str) -> str:
    """Return the version of an installed package, "" when it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _plan(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    from optiway_qgis.engine.solving.planner import plan
    from optiway_qgis.engine.solving.search import default_patience

    settings = read_settings(job)
    problem, travel = _travel(channel, job)

    def search(clock: Clock, tell: Callable[[str], None]) -> Plan:
        return plan(problem, travel, read_travel(job), settings, clock, tell)

    return _searched(channel, settings, default_patience(len(problem.stops)), search)


def _replan(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    from optiway_qgis.engine.replanning.replan import replan
    from optiway_qgis.engine.solving.search import default_patience
    from optiway_qgis.engine.travel.open import open_travel

    settings, problem = read_settings(job), read_problem(job)
    sequences, day, ask = read_sequences(job, under_way=True), read_day(job, problem), read_ask(job)

    def search(clock: Clock, tell: Callable[[str], None]) -> Plan:
        return replan(
            problem,
            sequences,
            day,
            ask,
            read_travel(job),
            settings,
            clock,
            tell,
            partial(open_travel, report=tell),
        )

    patience = _PATIENCE_UNDER_WAY * default_patience(sum(len(one.stops) for one in sequences))
    return _searched(channel, settings, patience, search)


def _options(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    from optiway_qgis.engine.replanning.offers import options
    from optiway_qgis.engine.travel.open import open_travel

    problem, sequences = read_problem(job), read_sequences(job, under_way=True)
    day, asked, source = read_day(job, problem), read_offers(job), read_travel(job)
    opened = partial(open_travel, report=_travel_teller(channel))
    found = options(problem, sequences, day, asked, source, opened)
    return {"options": [asdict(option) for option in found]}


def _searched(
    channel: Channel,
    settings: Settings,
    patience: float,
    search: Callable[[Clock, Callable[[str], None]], Plan],
) -> dict[str, Any]:
    """Return the plan that a search finds within the settings, told as it goes; `patience` where they state
    none.
    """
    from optiway_qgis.engine.solving.search import Clock

    patience = patience if settings.patience is None else settings.patience
    ticker = _Ticker(channel, settings)
    clock = Clock(_PROCESS_START, settings.time_limit, patience, settings.iterations, ticker.improved)

    def tell(text: str) -> None:
        channel.emit({"event": "log", "level": "info", "text": text})

    channel.emit({"event": "phase", "text": "Searching", "percent": _SEARCH_PERCENT})
    with ticker.running(clock):
        found = search(clock, tell)
    channel.emit(
        {
            "event": "phase",
            "text": f"Search ended: {found.stopped or 'nothing to search'}",
            "percent": _FINISH_PERCENT,
        }
    )
    return {"plan": plan_to_json(found)}


def _schedule(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    from optiway_qgis.engine.solving.planner import reschedule

    problem, travel = _travel(channel, job)
    asked, settings = read_sequences(job), read_settings(job)
    return {"plan": plan_to_json(reschedule(problem, travel, read_travel(job), settings, asked))}


def _compare(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    from optiway_qgis.engine.solving.planner import reschedule

    problem, travel = _travel(channel, job)
    orders, settings = read_orders(job), read_settings(job)
    plans = [reschedule(problem, travel, read_travel(job), settings, asked) for asked in orders]
    return {"plans": [plan_to_json(plan) for plan in plans]}


def _explain(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    from optiway_qgis.engine.solving.planner import reschedule

    problem, travel = _travel(channel, job)
    asked, settings = read_sequences(job), read_settings(job)
    channel.emit({"event": "phase", "text": "Trying what would help", "percent": _SEARCH_PERCENT})
    plan = reschedule(problem, travel, read_travel(job), settings, asked, explained=True)
    return {"plan": plan_to_json(plan)}


def _check(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    from optiway_qgis.engine.solving.check import check

    problem, travel = _travel(channel, job)
    violations = check(problem, travel, read_plan(job))
    return {"violations": [asdict(violation) for violation in violations]}


def _matrix(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    from optiway_qgis.engine.travel.matrix import write_matrix

    path = job.get("path")
    if not isinstance(path, str):
        raise JobFailed("The job has no path to write the matrix to.")
    problem, travel = _travel(channel, job)
    write_matrix(problem, travel, path)
    return {"path": path}


def _validate(channel: Channel, job: dict[str, Any]) -> dict[str, Any]:
    from optiway_qgis.engine.solving.explain import helped, hopeless
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.travel.provider import SNAP_OK

    problem, travel = _travel(channel, job)
    channel.emit({"event": "phase", "text": "Trying each stop alone", "percent": _SEARCH_PERCENT})
    instance = Instance(problem, travel)
    lost = helped(instance, hopeless(instance), _HELPING_SECONDS)
    places = [("stop", stop.id, place) for stop, place in zip(problem.stops, travel.stop_place, strict=True)]
    places += [
        ("depot", depot.id, place) for depot, place in zip(problem.depots, travel.depot_place, strict=True)
    ]
    off = [
        {"kind": kind, "id": name, **asdict(travel.snaps[place])}
        for kind, name, place in places
        if travel.snaps[place].status != SNAP_OK
    ]
    return {"hopeless": [asdict(one) for one in lost], "off_roads": off}


def _travel(channel: Channel, job: dict[str, Any]) -> tuple[Problem, Travel]:
    """Return the job's problem and its travel table."""
    from optiway_qgis.engine.travel.open import open_travel

    problem = read_problem(job)
    return problem, open_travel(problem, read_travel(job), _travel_teller(channel))


def _travel_teller(channel: Channel) -> Callable[[str], None]:
    """Return what tells the other side how far travel times are."""
    return lambda text: channel.emit({"event": "phase", "text": text, "percent": _TRAVEL_PERCENT})


class _Ticker:
    """Tells the other side how the search goes, a few times a second."""

    def __init__(self, channel: Channel, settings: Settings):
        self._channel = channel
        self._settings = settings
        self._done = threading.Event()
        self._best: tuple[float, float] | None = None

    def improved(self, seconds: float, cost: float) -> None:
        """Note a new best answer; it is told with the next tick."""
        self._best = (seconds, cost)

    def running(self, clock: Clock) -> _Ticker:
        """Return the ticker, ready to be used in a `with` statement around the search."""
        self._clock = clock
        return self

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._thread.start()

    def __exit__(self, *raised: object) -> None:
        self._done.set()
        self._thread.join()

    def _tick(self) -> None:
        told = None
        while not self._done.wait(_TICK):
            best, self._best = self._best, None
            event: dict[str, Any] = {"event": "progress", "percent": round(self._percent(), 1)}
            if best is not None and best != told:
                told = best
                event |= {"cost": best[1], "text": f"Best cost {best[1]:.2f} after {best[0]:.1f} s"}
            self._channel.emit(event)
            if self._clock.iterations is None:
                self._leave_if_lost()

    def _leave_if_lost(self) -> None:
        """End the process when the search can no longer be in its right mind: nothing else stops it."""
        limit = self._settings.time_limit
        if self._clock.now() > 2 * limit + _LOST_SECONDS:
            text = (
                f"The search has not come to its end {self._clock.now() - limit:.0f} s after its time limit"
            )
            tell_failure(self._channel, JobFailed(f"{text}. Another seed may help; please report it."))
            os._exit(_LOST)

    def _percent(self) -> float:
        """Return how far the search is: by the time limit, or by the end of patience if that comes first."""
        now = self._clock.now()
        share = now / self._settings.time_limit
        if self._clock.patience and self._clock.best is not None and not self._settings.iterations:
            share = max(share, min(0.95, (now - self._clock.last_gain) / self._clock.patience * 0.95))
        return _SEARCH_PERCENT + (_FINISH_PERCENT - _SEARCH_PERCENT) * min(1.0, share)


if __name__ == "__main__":
    from optiway_qgis.engine.channel import open_channel, serve

    sys.exit(serve(open_channel(sys.argv[1] if len(sys.argv) > 1 else None), main))
