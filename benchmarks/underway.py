"""A day under way meets a change: what the rest then costs, and how many people have to be told.

Days of technicians are planned, run until eleven, and met by five new stops, a vehicle that is late, or one
that is lost. The engine re-plans with and without a price on change; its peers answer the same rest of the
day as their users would have them do it: from scratch, or going on from the plan there is. Every answer is
priced and checked by the same judge.

    build/env/bench/bin/python benchmarks/underway.py --sizes 60 300 --limit 5
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import results
from peers import Order, stops_of
from rich_instances import Rich, RichJudge
from rich_peers import RichAnswer, ortools, vroom
from run import PACKAGES, in_own_process
from scatter import scattered

from optiway_qgis.engine.replanning.rest import rest_of
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.layers.engine_process import run_job
from optiway_qgis.model.day import GOODS_FREE, SCOPE_FREE, Ask, Day, day_to_json
from optiway_qgis.model.job import JOB_VERSION
from optiway_qgis.model.plan import VISIT_STOP, plan_from_json
from optiway_qgis.model.problem import Goals, Planned, Problem, Sequence, Settings, Window, problem_to_json
from optiway_qgis.model.standing import progress_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from optiway_qgis.engine.replanning.rest import Rest
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Stop

SIZES = (60, 300)
CHANGES = ("five new stops", "one 25 min late", "one lost")
TRAVEL = {"source": "estimate"}
NOW = 11 * 3600
_STOPS_PER_VEHICLE = 12
_NEW = 5
_LATE = 25 * 60
_PLANNING = 10.0
"""Seconds for the plan of the morning."""

_PRICES = {"vehicle_change_price": 4.0, "position_change_price": 0.5, "promise_price": 4.0}
"""What change costs in the contender that minds it."""

OURS, FREE = "Optiway, change has a price", "Optiway"
HEADER = (
    "day",
    "contender",
    "cost of the rest",
    "stops left out",
    "on another vehicle",
    "promises missed",
    "seconds",
)


@dataclass(frozen=True)
class Underway:
    """The job of one re-planning, and the rest of the day as a problem with its tables."""

    problem: Problem
    sequences: tuple[Sequence, ...]
    day: Day
    rest: Rest
    rich: Rich

    @property
    def standing(self) -> dict[str, list[str]]:
        """The stops still to do of each vehicle that goes on, in the order of the plan there is."""
        known = {stop.id for stop in self.rest.problem.stops}
        going = {vehicle.id for vehicle in self.rest.problem.vehicles}
        return {
            one.vehicle_id: [stop for stop in one.stops if stop in known]
            for one in self.rest.sequences
            if one.vehicle_id in going
        }


@dataclass(frozen=True)
class Run:
    """One contender on one day; `fault` says what is wrong with its answer, if anything is."""

    day: str
    contender: str
    cost: float = 0.0
    left_out: int = 0
    moved: int = 0
    missed: int = 0
    seconds: float = 0.0
    fault: str = ""


def main() -> int:
    """Run all and renew the section of the results; 1 when an answer of ours breaks a rule."""
    arguments = _arguments()
    load = os.getloadavg()[0]
    runs: list[Run] = []
    for size in arguments.sizes:
        morning = _morning(size)
        for change in CHANGES:
            for run in run_day(f"{size} stops, {change}", met(morning, change), arguments.limit):
                runs.append(run)
                sys.stdout.write(f"{' | '.join(_cells(run))}\n")
                sys.stdout.flush()
    results.renew_section(
        arguments.out, f"underway {arguments.limit:g} s", section(runs, arguments.limit, load)
    )
    return int(any(run.contender in (OURS, FREE) and run.fault for run in runs))


def technicians(size: int) -> Problem:
    """Return a day of technicians: visits of 16 to 48 minutes, every fourth with a window, one fleet."""
    drawn = scattered(size + _NEW)
    vehicle = replace(
        drawn.vehicles[0],
        capacity=(),
        skills=("lift",),
        shift=Window(8 * 3600, 18 * 3600),
    )
    count = -(-size // _STOPS_PER_VEHICLE)
    return replace(
        drawn,
        stops=tuple(replace(stop, delivery=(), service=8 * stop.service) for stop in drawn.stops),
        vehicles=tuple(replace(vehicle, id=f"V{number}") for number in range(1, count + 1)),
    )


def _morning(size: int) -> tuple[Problem, dict[str, Any]]:
    """Return the day with the stops that come up later last, and the plan of the others in its JSON form."""
    problem = technicians(size)
    known = replace(problem, stops=problem.stops[:size])
    job = _job("plan", known, Settings(time_limit=_PLANNING))
    return problem, run_job(job, lambda event: None, lambda: False)["plan"]


def met(morning: tuple[Problem, dict[str, Any]], change: str) -> Underway:
    """Return the day at eleven, when the change is known."""
    problem, form = morning
    plan = plan_from_json(form)
    fullest = max(plan.routes, key=lambda route: len(route.stop_ids)).vehicle_id
    late = {fullest: _LATE} if change == CHANGES[1] else {}
    lost = {fullest: NOW} if change == CHANGES[2] else {}
    served = [stop_id for route in plan.routes for stop_id in route.stop_ids]
    new = [stop.id for stop in problem.stops[-_NEW:]] if change == CHANGES[0] else []
    wanted = {*served, *new}
    stops = [stop for stop in problem.stops if stop.id in wanted]
    windows = Random(len(stops))
    stops = [_new(stop, windows) if stop.id in new else stop for stop in stops]
    problem = replace(problem, stops=tuple(stops))
    progress = progress_of(problem, plan, NOW, late=late, lost=lost)
    places = [
        replace(problem.depots[0], id=one.stands_at, lon=one.lon, lat=one.lat, window=None)
        for one in progress
        if one.lost
    ]
    problem = replace(problem, depots=(*problem.depots, *places))
    day = Day(NOW, progress, GOODS_FREE)
    behind = {visit.id for one in progress for visit in one.visits if visit.type == VISIT_STOP}
    sequences = tuple(
        Sequence(route.vehicle_id, tuple(stop for stop in route.stop_ids if stop not in behind))
        for route in plan.routes
    )
    problem = _with_planned(problem, plan, behind)
    rest = rest_of(problem, sequences, day, Ask(SCOPE_FREE))
    return Underway(problem, sequences, day, rest, _rich(change, rest.problem))


def _new(stop: Stop, random: Random) -> Stop:
    """Return a stop that came up today, with a window of two hours in the afternoon."""
    start = random.randint(12, 15) * 3600
    return replace(stop, windows=(Window(start, start + 2 * 3600),))


def _with_planned(problem: Problem, plan: Plan, behind: set[str]) -> Problem:
    planned = {}
    for route in plan.routes:
        visits = [visit for visit in route.visits if visit.type == VISIT_STOP and visit.id not in behind]
        for rank, visit in enumerate(visits, 1):
            planned[visit.id] = Planned(route.vehicle_id, rank, visit.arrival)
    return replace(
        problem, stops=tuple(replace(stop, planned=planned.get(stop.id)) for stop in problem.stops)
    )


def _rich(name: str, problem: Problem) -> Rich:
    """Return the rest of the day with its tables, depots first: those that a vehicle starts or ends at."""
    used = {depot for one in problem.vehicles for depot in (one.start_depot, one.end_depot)}
    problem = replace(problem, depots=tuple(depot for depot in problem.depots if depot.id in used))
    travel = open_travel(problem, TRAVEL, lambda text: None)
    matrix = Instance(problem, travel).matrix(problem.vehicles[0])
    rows = np.array([*travel.depot_place, *travel.stop_place])
    return Rich(name, problem, matrix.seconds[np.ix_(rows, rows)], matrix.metres[np.ix_(rows, rows)])


def run_day(name: str, underway: Underway, limit: float) -> list[Run]:
    """Run every contender, one after the other, each in a process of its own."""
    judge = RichJudge(underway.rich, TRAVEL)
    order = Order(limit, 0)
    contenders: dict[str, Callable[[], RichAnswer]] = {
        OURS: partial(_ours, underway, limit, Goals(**_PRICES)),
        FREE: partial(_ours, underway, limit, Goals()),
        "OR-Tools, going on from the plan": partial(ortools, underway.rich, order, underway.standing),
        "OR-Tools": partial(ortools, underway.rich, order),
        "VROOM": partial(vroom, underway.rich, order),
    }
    runs = [_judged(name, "the plan as it stands", underway, judge, RichAnswer(underway.standing, 0.0))]
    for contender, answer in contenders.items():
        runs.append(_judged(name, contender, underway, judge, in_own_process(answer, limit)))
    return runs


def _ours(underway: Underway, limit: float, goals: Goals) -> RichAnswer:
    """One job in an engine process, its start and the stitching of the whole day included."""
    job = {
        **_job("replan", replace(underway.problem, goals=goals), Settings(time_limit=limit)),
        "sequences": [asdict(one) for one in underway.sequences],
        "day": day_to_json(underway.day),
        "ask": asdict(Ask(SCOPE_FREE)),
    }
    begin = time.perf_counter()
    plan = run_job(job, lambda event: None, lambda: False)["plan"]
    seconds = time.perf_counter() - begin
    left = {stop.id for stop in underway.rest.problem.stops}
    stops = {name: [stop for stop in own if stop in left] for name, own in stops_of(plan).items()}
    return RichAnswer({name: own for name, own in stops.items() if own}, seconds)


def _judged(name: str, contender: str, underway: Underway, judge: RichJudge, answer: RichAnswer | str) -> Run:
    if isinstance(answer, str):
        return Run(name, contender, fault=answer)
    problem = underway.rich.problem
    worth = judge.worth(answer.stops)
    travel = open_travel(problem, TRAVEL, lambda text: None)
    asked = [Sequence(vehicle, tuple(stops)) for vehicle, stops in answer.stops.items() if stops]
    plan = reschedule(problem, travel, TRAVEL, Settings(), asked)
    served = {
        visit.id: (route.vehicle_id, visit.arrival)
        for route in plan.routes
        for visit in route.visits
        if visit.type == VISIT_STOP
    }
    lost = {one.vehicle_id for one in underway.day.progress if one.lost}
    planned = {stop.id: stop.planned for stop in problem.stops if stop.planned and stop.id in served}
    return Run(
        name,
        contender,
        cost=plan.cost,
        left_out=len(problem.stops) - len(served),
        moved=sum(
            served[stop][0] != before.vehicle_id
            for stop, before in planned.items()
            if before.vehicle_id not in lost
        ),
        missed=sum(
            abs(served[stop][1] - before.eta) > problem.goals.promise_tolerance
            for stop, before in planned.items()
        ),
        seconds=answer.seconds,
        fault=", ".join(f"{count} {code}" for code, count in worth.broken),
    )


def _job(task: str, problem: Problem, settings: Settings) -> dict[str, Any]:
    return {
        "version": JOB_VERSION,
        "task": task,
        "problem": problem_to_json(problem),
        "travel": TRAVEL,
        "settings": asdict(settings),
    }


def section(runs: list[Run], limit: float, load: float) -> str:
    """Return the section: conditions, the table, and what has to be said."""
    prices = ", ".join(f"{name.replace('_', ' ')} {price:g}" for name, price in _PRICES.items())
    return "\n\n".join(
        (
            f"## A day under way, {limit:g} s",
            results.conditions(load, PACKAGES),
            f"Technicians at {NOW // 3600}:00, free to change vehicles. The cost is that of the rest of the "
            f"day as the scheduler times it, prices of change left out ({prices}). A promise is missed where "
            f"the arrival differs by more than {Goals().promise_tolerance // 60} minutes from that of the "
            "morning. Stops of the vehicle that is lost do not count as on another one. Optiway's seconds "
            "are of the whole job, the others' of the search.",
            results.table(HEADER, map(_cells, runs)),
        )
    )


def _cells(run: Run) -> list[str]:
    cost = f"{run.cost:.2f}" + (f" ({run.fault})" if run.fault else "")
    counts = (str(count) for count in (run.left_out, run.moved, run.missed))
    return [run.day, run.contender, cost, *counts, f"{run.seconds:.1f}"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="stops; default %(default)s")
    parser.add_argument("--limit", type=float, default=5.0, help="seconds; default 5")
    parser.add_argument("--out", type=Path, default=results.RESULTS, help=f"default {results.RESULTS.name}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
