"""From a problem with its travel table to a finished plan.

Which engine is asked for what is decided in strategy.py. Every plan made here, by search or by hand, passes
the scheduler and the checker before it is returned.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.explain import GIVEN, explain, hopeless
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import unserved
from optiway_qgis.engine.solving.schedule import schedule
from optiway_qgis.engine.solving.strategy import Strategy
from optiway_qgis.engine.solving.wishes import prices, wished
from optiway_qgis.model import reasons
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.job import SECRET_MEMBERS
from optiway_qgis.model.plan import Plan, Unassigned

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence as Many

    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.schedule import Reloads
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.plan import WishPrice
    from optiway_qgis.model.problem import Problem, Sequence, Settings


_PRICING = 0.15
"""Share of the time for finding out what wishes cost, where there are any."""

_EXPLAINING_LEAST, _EXPLAINING_MOST = 2.0, 10.0
"""Seconds for finding out what would help stops that are left out: those that the search has left over."""


def plan(
    problem: Problem,
    travel: Travel,
    source: dict[str, Any],
    settings: Settings,
    clock: Clock,
    tell: Callable[[str], None],
    start: Many[Sequence] | None = None,
) -> Plan:
    """Return the best plan found within the clock. `source` is the job's travel member, `tell` is told each
    phase.

    The search begins with `start` where it is given, an order of some of the stops in which each is at most
    once. What breaks a rule there is put elsewhere, or left out; what it leaves out is put in where it fits.
    The plan never breaks a rule; where `start` breaks none, the plan serves no less than that and its cost
    and wishes together are not higher. Where changes of the plan before have a price (`Goals`), the search
    stays close to it; where they have none, `start` is one answer among others.

    Raises
    ------
    InputError
        When `start` names an unknown vehicle or stop, or a stop or vehicle twice.
    """
    instance = Instance(problem, travel)
    given = None if start is None else by_index(instance, start)[0]
    lost = hopeless(instance)
    active = [index for index in range(len(problem.stops)) if index not in lost]
    if lost:
        tell(f"{len(lost)} of {len(problem.stops)} stops cannot be served by any vehicle")
    strategy = Strategy(instance, active, settings, clock, tell, given)
    deadline = clock.deadline
    pricing = bool(active) and wished(problem)
    if pricing:
        clock.deadline -= _PRICING * clock.remaining()
    sequences = strategy.search() if active else [[] for _ in problem.vehicles]
    clock.deadline = deadline
    wishes: tuple[WishPrice, ...] = ()
    if pricing:
        tell("Finding out what each wish costs")
        wishes = prices(instance, sequences, active, clock, settings.seed)
    tell("Timing and checking the plan")
    seconds = None
    if settings.iterations is None:
        seconds = min(_EXPLAINING_MOST, max(_EXPLAINING_LEAST, clock.remaining()))
    unassigned = explain(instance, sequences, lost, seconds)
    identity = plan_id(problem, source, settings, start or ())
    finished = timed_and_checked(instance, sequences, unassigned, identity)
    return replace(
        finished,
        wishes=wishes,
        engine=" + ".join(strategy.engines),
        seed=settings.seed,
        iterations=clock.spent_iterations,
        seconds=0.0 if settings.iterations is not None else round(clock.now(), 2),
        stopped=clock.stopped,
        history=tuple(clock.history),
    )


def reschedule(
    problem: Problem,
    travel: Travel,
    source: dict[str, Any],
    settings: Settings,
    asked: Many[Sequence],
    *,
    explained: bool = False,
) -> Plan:
    """Return the plan that serves each vehicle's stops in exactly the order given, whatever rules that
    breaks.

    With `explained` it is found out for each stop that is on no route what keeps it from one, and what would
    help.

    Raises
    ------
    InputError
        When a sequence names an unknown vehicle or stop, or a stop or vehicle twice.
    """
    instance = Instance(problem, travel)
    sequences, reloads = by_index(instance, asked)
    if explained:
        seconds = settings.time_limit if settings.iterations is None else None
        unassigned = explain(instance, sequences, hopeless(instance), seconds, reloads)
    else:
        unassigned = [
            Unassigned(problem.stops[index].id, reasons.EXCLUDED, GIVEN)
            for index in unserved(instance, sequences)
        ]
    identity = plan_id(problem, source, settings, asked)
    finished = timed_and_checked(instance, sequences, unassigned, identity, reloads)
    notes = tuple(
        f'Vehicle "{vehicle.id}" has no start depot to reload at: its reloads are left out.'
        for vehicle in (instance.vehicles[number] for number, after in reloads.items() if after)
        if vehicle.start_depot is None
    )
    return replace(finished, engine="schedule", stopped="order kept as given", notes=notes)


def by_index(instance: Instance, asked: Many[Sequence]) -> tuple[Sequences, Reloads]:
    """Return sequences by index, and the reloads of those that state them.

    Raises
    ------
    InputError
        As `reschedule` does.
    """
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
    reloads = {
        instance.vehicle_index[sequence.vehicle_id]: sequence.reloads
        for sequence in asked
        if sequence.reloads is not None
    }
    return sequences, reloads


def timed_and_checked(
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
