"""From a problem with its travel table to a finished plan: which engine is asked for what, and in which
order.

Every plan made here, by search or by hand, passes the scheduler and the checker before it is returned.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optiway_qgis.engine.solving import pyvrp_engine
from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.explain import explain, hopeless
from optiway_qgis.engine.solving.first_answer import first_answer, surely_too_much
from optiway_qgis.engine.solving.insertion import complete, keep_rules, nearest_first
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import cost_of, importance, score, score_of, unserved
from optiway_qgis.engine.solving.outlook import by_distance
from optiway_qgis.engine.solving.polish import polish
from optiway_qgis.engine.solving.reinsert import reinsert
from optiway_qgis.engine.solving.rounds import in_rounds, mended
from optiway_qgis.engine.solving.schedule import schedule, timetables
from optiway_qgis.model import reasons
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.job import SECRET_MEMBERS
from optiway_qgis.model.plan import Plan, Unassigned
from optiway_qgis.model.problem import MAX_WORKERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence as Many
    from types import ModuleType

    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.schedule import Reloads
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.problem import Problem, Sequence, Settings

_FIRST_ANSWER = 0.2
"""Share of the time in which an answer that serves every required stop has to turn up; then some may be left
out.
"""

_RELAXED = 0.4
"""Share of the time for PyVRP when rules or wishes that it does not know are to be seen to after it."""

_MANY = 1000
"""Up to that many stops all are searched over, even when the fleet could never serve them."""

_PLENTY = 3
"""How many times more stops than the fleet could serve at the very best are searched over."""

_LARGE = 900
"""With more stops a first answer is put together from districts: it takes less time than one of PyVRP's own
and is better.
"""

_SMALL = 40
"""Up to that many stops one core is enough."""


def plan(
    problem: Problem,
    travel: Travel,
    source: dict[str, Any],
    settings: Settings,
    clock: Clock,
    tell: Callable[[str], None],
) -> Plan:
    """Return the best plan found within the clock. `source` is the job's travel member, `tell` is told each
    phase.
    """
    instance = Instance(problem, travel)
    lost = hopeless(instance)
    active = [index for index in range(len(problem.stops)) if index not in lost]
    if lost:
        tell(f"{len(lost)} of {len(problem.stops)} stops cannot be served by any vehicle")
    engines: list[str] = []
    sequences: Sequences = [[] for _ in problem.vehicles]
    if active:
        sequences = _search(instance, active, settings, clock, tell, engines)
    tell("Timing and checking the plan")
    left_out = [index for index in unserved(instance, sequences) if index not in lost]
    unassigned = [*lost.values(), *explain(instance, sequences, left_out)]
    order = instance.stop_index
    unassigned.sort(key=lambda one: order[one.stop_id])
    finished = _finish(instance, sequences, unassigned, plan_id(problem, source, settings))
    return replace(
        finished,
        engine=" + ".join(engines),
        seed=settings.seed,
        iterations=clock.spent_iterations,
        seconds=0.0 if settings.iterations is not None else round(clock.now(), 2),
        stopped=clock.stopped,
        history=tuple(clock.history),
    )


def reschedule(
    problem: Problem, travel: Travel, source: dict[str, Any], settings: Settings, asked: Many[Sequence]
) -> Plan:
    """Return the plan that serves each vehicle's stops in exactly the order given, whatever rules that
    breaks.

    Raises
    ------
    InputError
        When a sequence names an unknown vehicle or stop, or a stop or vehicle twice.
    """
    instance = Instance(problem, travel)
    sequences = _given(instance, asked)
    unassigned = [
        Unassigned(problem.stops[index].id, reasons.EXCLUDED, "It is on no route of the plan given.")
        for index in unserved(instance, sequences)
    ]
    reloads = {
        instance.vehicle_index[sequence.vehicle_id]: sequence.reloads
        for sequence in asked
        if sequence.reloads is not None
    }
    identity = plan_id(problem, source, settings, asked)
    finished = _finish(instance, sequences, unassigned, identity, reloads)
    return replace(finished, engine="schedule", stopped="order kept as given")


def _given(instance: Instance, asked: Many[Sequence]) -> Sequences:
    problems = []
    sequences: Sequences = [[] for _ in instance.vehicles]
    seen: set[str] = set()
    seen_vehicles: set[str] = set()
    for sequence in asked:
        vehicle = instance.vehicle_index.get(sequence.vehicle_id)
        if vehicle is None:
            problems.append(f'Sequence of vehicle "{sequence.vehicle_id}": there is no such vehicle.')
            continue
        if sequence.vehicle_id in seen_vehicles:
            problems.append(f'Vehicle "{sequence.vehicle_id}" has two sequences.')
        seen_vehicles.add(sequence.vehicle_id)
        for stop_id in sequence.stops:
            if stop_id not in instance.stop_index:
                problems.append(f'Sequence of vehicle "{sequence.vehicle_id}": there is no stop "{stop_id}".')
            elif stop_id in seen:
                problems.append(f'Stop "{stop_id}" is in the sequences twice.')
            else:
                sequences[vehicle].append(instance.stop_index[stop_id])
                seen.add(stop_id)
    if problems:
        raise InputError(problems)
    return sequences


def _finish(
    instance: Instance,
    sequences: Sequences,
    unassigned: list[Unassigned],
    identity: str,
    reloads: Reloads | None = None,
) -> Plan:
    """Time the sequences and have the outcome checked."""
    timed = Plan(
        plan_id=identity,
        routes=schedule(instance, sequences, reloads),
        unassigned=tuple(unassigned),
        travel_source=instance.travel.provider.source,
    )
    return replace(timed, violations=tuple(check(instance.problem, instance.travel, timed)))


def _search(
    instance: Instance,
    active: list[int],
    settings: Settings,
    clock: Clock,
    tell: Callable[[str], None],
    engines: list[str],
) -> Sequences:
    """Return sequences that break no rule: the engines', then moves for what they do not see."""
    if instance.travel.slots:
        tell("Planning with the traffic of each hour")
        kept = _by_the_hour(instance, active, settings, clock, tell, engines)
    else:
        kept = _by_engines(instance, active, settings, clock, tell, engines)
    if instance.early_count or instance.travel.slots:
        clock.new_phase()
        tell("Moving stops that wish to be early" if instance.early_count else "Moving stops to better hours")
        kept = polish(instance, kept, clock)
    if instance.travel.slots:
        clock.new_phase()
        tell("Putting groups of stops where they cost least at their hours")
        kept = reinsert(instance, kept, active, clock, settings.seed)
    return kept


def _by_the_hour(
    instance: Instance,
    active: list[int],
    settings: Settings,
    clock: Clock,
    tell: Callable[[str], None],
    engines: list[str],
) -> Sequences:
    """Return sequences that break no rule, found in rounds of problems whose times know no hours."""

    def search(problem: Instance, own: Clock, number: int, best: Sequences) -> Sequences:
        if number == 0:
            return _by_engines(problem, active, settings, own, tell, engines)
        tell(f"Round {number + 1}, with the times at the hours of the plan before")
        return _from_best(problem, active, best, own, settings.seed + number, _workers(settings))

    return in_rounds(instance, active, clock, search)


def _from_best(
    instance: Instance, active: list[int], best: Sequences, clock: Clock, seed: int, workers: int
) -> Sequences:
    """Return what one engine makes of the best sequences so far."""
    stops = _within_reach_or_served(instance, active, best)
    if not pyvrp_engine.keeps_rules(instance):
        return _ortools().improve(instance, stops, best, clock) or best
    missing = set(active) & set(unserved(instance, best))
    all_required = all(instance.stops[stop].penalty is not None for stop in missing)
    answer = pyvrp_engine.search(
        instance, stops, clock, seed, all_required=all_required, start=best, workers=workers
    )
    return answer.sequences if answer.feasible else best


def _by_engines(
    instance: Instance,
    active: list[int],
    settings: Settings,
    clock: Clock,
    tell: Callable[[str], None],
    engines: list[str],
) -> Sequences:
    """Return sequences that break no rule: PyVRP's where it knows all rules, else OR-Tools' from there."""
    whole = clock.deadline
    exact = pyvrp_engine.keeps_rules(instance)
    if not exact or instance.early_count:
        clock.deadline = clock.now() + _RELAXED * clock.remaining()
    engines.append(pyvrp_engine.NAME)
    found = _relaxed(instance, _within_reach(instance, active), settings, clock, tell)
    kept = mended(instance, found, active)
    clock.deadline = whole
    if kept != found and not exact:
        clock.new_phase()
        tell(f"{_ortools().NAME} goes on from there: some rules are unknown to {pyvrp_engine.NAME}")
        engines.append(_ortools().NAME)
        kept = _with_ortools(instance, _within_reach_or_served(instance, active, kept), kept, clock)
    return kept


def _ortools() -> ModuleType:
    """Return the adapter to OR-Tools: loading it takes longer than a small plan, and few need it."""
    from optiway_qgis.engine.solving import ortools_engine

    return ortools_engine


def _with_ortools(instance: Instance, active: list[int], start: Sequences, clock: Clock) -> Sequences:
    improved = _ortools().improve(instance, active, start, clock)
    if improved is None:
        return start
    improved = complete(instance, keep_rules(instance, improved), active)
    return min(start, improved, key=lambda sequences: score(instance, sequences))


def _relaxed(
    instance: Instance, active: list[int], settings: Settings, clock: Clock, tell: Callable[[str], None]
) -> Sequences:
    """Return PyVRP's answer: all required stops served if that can be, else the least important left out."""
    workers = _workers(settings) if len(active) > _SMALL else 1
    if len(active) > _LARGE:
        start = _of_districts(instance, active, settings.seed, workers, clock, tell)
    elif surely_too_much(instance, active):
        start = _first_answer(instance, active)
    else:
        tell(f"Searching with {pyvrp_engine.NAME}")
        clock.give_up_after(_FIRST_ANSWER, at_least=1.0 + len(active) / 500)
        answer = pyvrp_engine.search(
            instance, active, clock, settings.seed, all_required=True, workers=workers
        )
        if answer.feasible:
            return answer.sequences
        start = complete(instance, keep_rules(instance, answer.sequences), active)
    left = _required_left(instance, start, active)
    if left:
        tell("Not all required stops fit; searching for the best ones to leave out")
    clock.new_phase()
    answer = pyvrp_engine.search(
        instance, active, clock, settings.seed, all_required=not left, start=start, workers=workers
    )
    return answer.sequences if answer.feasible else start


def _of_districts(
    instance: Instance,
    active: list[int],
    seed: int,
    workers: int,
    clock: Clock,
    tell: Callable[[str], None],
) -> Sequences:
    """Return a first answer put together from districts; the clock hears of it if no required stop is
    missing.
    """
    start = first_answer(instance, active, seed, workers, tell)
    if not _required_left(instance, start, active):
        tables = timetables(instance, start).values()
        clock.gain(score_of(instance, tables).price, cost_of(tables))
    return start


def _required_left(instance: Instance, sequences: Sequences, active: list[int]) -> list[int]:
    """Return the required ones of the stops that no sequence holds."""
    wanted = set(active)
    return [
        index
        for index in unserved(instance, sequences)
        if index in wanted and instance.stops[index].penalty is None
    ]


def _workers(settings: Settings) -> int:
    """Return the number of cores to search on: all, or one for a plan that is to be the same anywhere."""
    if settings.workers is not None:
        return settings.workers
    return 1 if settings.iterations is not None else min(os.cpu_count() or 1, MAX_WORKERS)


def _first_answer(instance: Instance, active: list[int]) -> Sequences:
    """Return an answer for a fleet that is far too small: the important stops, or else the nearest."""
    if len({importance(instance.stops[index]) for index in active}) == 1:
        return nearest_first(instance, active)
    return complete(instance, [[] for _ in instance.vehicles], active, places=2)


def _within_reach(instance: Instance, active: list[int]) -> list[int]:
    """Return the stops worth searching over: all, unless they are many times what the fleet could ever serve.

    Each stop takes at least its service and the shortest leg from it. Of far too many, those of the highest
    priority nearest to a depot are kept.
    """
    if len(active) <= _MANY:
        return active
    tables = [matrix.seconds for matrix in instance.travel.matrices.values()]
    places = np.array([instance.travel.stop_place[index] for index in active])
    nearest = np.empty(len(active), np.int64)
    for row, place in enumerate(places):
        nearest[row] = min(np.partition(by_distance(table[place, places]), 1)[1] for table in tables)
    least = np.sort(nearest + [instance.stops[index].service for index in active])
    time = sum(vehicle.shift.end - vehicle.shift.start for vehicle in instance.vehicles)
    most = _PLENTY * int(np.searchsorted(np.cumsum(least), time)) + _MANY // 2
    if len(active) <= most:
        return active
    depots = np.array(instance.travel.depot_place or (int(places[0]),))
    from_depot = np.min([by_distance(table[depots[:, None], places]).min(axis=0) for table in tables], axis=0)
    worth = sorted(
        range(len(active)), key=lambda row: (-importance(instance.stops[active[row]]), int(from_depot[row]))
    )
    return sorted(active[row] for row in worth[:most])


def _within_reach_or_served(instance: Instance, active: list[int], sequences: Sequences) -> list[int]:
    """Return the stops worth searching over from sequences, which may have found room for others."""
    return sorted({*_within_reach(instance, active), *(stop for stops in sequences for stop in stops)})


def plan_id(problem: Problem, source: dict[str, Any], settings: Settings, asked: Many[Sequence] = ()) -> str:
    """Return the identity of a plan: a hash of what it is made from, never of a clock.

    Where there is a time limit the plan itself may differ between runs under one id; fixed iterations make it
    unique. How a server is reached, with what credentials, and what is kept where, are no part of it.
    """
    apart = SECRET_MEMBERS | {"cache"}
    if "fingerprint" in source:  # it stands for the data, wherever they lie
        apart |= {"path"}
    open_members = {name: value for name, value in source.items() if name not in apart}
    matter = [asdict(problem), open_members, asdict(settings), [asdict(sequence) for sequence in asked]]
    digest = hashlib.sha256(json.dumps(matter, sort_keys=True).encode()).digest()
    return "p-" + base64.b32encode(digest)[:10].decode().lower()
