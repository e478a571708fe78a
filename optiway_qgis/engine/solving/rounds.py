"""Planning where times depend on the hour: rounds of problems in which they do not.

The engines know no hours. Each round gives them the travel times as they are when the plan of the round
before leaves each place; what they find is mended and judged by the true times. How a round is searched is
the planner's business (planner.py), legs by the hour are in driving.py.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving.driving import leaving
from optiway_qgis.engine.solving.insertion import complete, eased, keep_rules, promote
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import cost_of, score, score_of, unserved
from optiway_qgis.engine.solving.polish import polish
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.engine.travel.provider import UNREACHABLE, Matrix, travel_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.schedule import Timetables
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.model.problem import Stop

    Search = Callable[[Instance, Clock, int, Sequences], Sequences]
    """Returns the answer to a static problem, given a clock, the number of the round and the best so far."""

_FIRST_SHARE = 0.35
"""Share of the time or of the iterations for the first round, which begins from nothing."""

_NEXT_SHARE = 0.15
"""Share of each round after it."""

_MOVES_SHARE = 0.03
"""Share, in each round, of moves by the true times in what was found: the best may be one move away."""

_ROUNDS = 4
"""Rounds where iterations are counted."""

_UNTIL = 0.85
"""Share of the time after which no round begins."""

_FRUITLESS = 2
"""Rounds in a row that bring nothing after which there are no more."""

_SAMPLES = 6
"""Moments, evenly spread over the hours in which a place can be left, whose times stand for those hours."""


def mended(instance: Instance, found: Sequences, active: list[int]) -> Sequences:
    """Return sequences that keep all rules: what breaks them is taken out, and put where it fits."""
    kept = complete(instance, keep_rules(instance, found), active)
    return complete(instance, promote(instance, kept, active), active)


def in_rounds(
    instance: Instance, active: list[int], clock: Clock, search: Search, start: Sequences | None = None
) -> Sequences:
    """Return the best sequences found, all rules kept by the true times: at least as good as `start`.

    Equal input gives equal sequences when the clock counts iterations.
    """
    best: Sequences = [[] for _ in instance.vehicles] if start is None else start
    best_score = score(instance, best)
    last, missed = best, set[int]()
    begun, length = clock.now(), clock.remaining()
    fruitless = number = 0
    while fruitless < _FRUITLESS or (clock.iterations is None and not clock.patience):
        counted = clock.iterations is not None
        over = number == _ROUNDS if counted else clock.now() > begun + _UNTIL * length
        if number and over:
            break
        own = _own_clock(clock, length, _NEXT_SHARE if number else _FIRST_SHARE)
        found = search(static(instance, last, missed), own, number, best)
        clock.spent_iterations += own.spent_iterations
        # When the best is not beaten, its times have misled: go by those of what was found instead.
        last = mended(instance, eased(instance, found), active)
        last = polish(instance, last, _own_clock(clock, length, _MOVES_SHARE))
        left_out = set(unserved(instance, last))
        missed = {stop for stops in found for stop in stops if stop in left_out}
        tables = timetables(instance, last)
        true_score = score_of(instance, tables.values())
        if true_score < best_score:
            best, best_score, fruitless = last, true_score, 0
            clock.new_phase()
            clock.gain(true_score.price, cost_of(tables.values()))
        else:
            fruitless += 1
        number += 1
    return best


def _own_clock(clock: Clock, length: float, share: float) -> Clock:
    """Return the clock of a part of a round, a share of the whole length or of the iterations.

    It tells nobody: what an engine minimises are not the true costs.
    """
    return clock.apart(
        deadline=min(clock.deadline, clock.now() + share * length),
        patience=clock.patience if share == _FIRST_SHARE else clock.patience / 2,
        iterations=None if clock.iterations is None else max(1, round(share * clock.iterations)),
    )


def static(instance: Instance, answer: Sequences, missed: Collection[int] = ()) -> Instance:
    """Return the problem without hours: the times from each place are those at the hour the answer leaves it.

    A stop that the answer does not serve could be left at many hours: the mean counts, or the worst for the
    stops `missed`, which were thought to fit and did not. Vehicles that leave their depots at different hours
    have travel tables, and profiles, of their own. The legs of the answer take exactly what they take by the
    hour.
    """
    tables = timetables(instance, answer)
    tellings: dict[str, _Table] = {}
    groups: dict[tuple[str, int], list[int]] = {}
    starts = [slot.start for slot in instance.travel.slots]
    for number, vehicle in enumerate(instance.vehicles):
        slot = max(1, bisect_right(starts, _departure(instance, tables, number)))
        groups.setdefault((travel_kind(vehicle), slot), []).append(number)
    vehicles = list(instance.vehicles)
    matrices = {}
    for (kind, slot), members in groups.items():
        if kind not in tellings:
            tellings[kind] = _from_stops(instance, kind, tables, missed)
        profile = f"{kind} from slot {slot}"
        matrices[profile] = _from_depots(instance, kind, tellings[kind], tables, members)
        for number in members:
            vehicles[number] = replace(vehicles[number], profile=profile, speed_factor=1.0)
    return Instance(
        replace(instance.problem, vehicles=tuple(vehicles)),
        replace(instance.travel, matrices=matrices, slots=()),
    )


@dataclass(frozen=True)
class _Table:
    """Seconds and metres between places that may still be written to."""

    seconds: np.ndarray
    metres: np.ndarray


def _departure(instance: Instance, tables: Timetables, number: int) -> int:
    """Return when a vehicle leaves, or could leave when it is idle."""
    if number in tables:
        return tables[number].departure
    return instance.earliest_departure(instance.vehicles[number])


def _from_stops(instance: Instance, kind: str, tables: Timetables, missed: Collection[int]) -> _Table:
    """Return the table with the rows of the stops told."""
    slots, place = instance.travel.slots, instance.travel.stop_place
    bound = instance.travel.matrices[kind]
    seconds, metres = bound.seconds.copy(), bound.metres.copy()
    left_at = {
        place[index]: begin + service
        for table in tables.values()
        for index, begin, service in zip(table.indices, table.begin, table.service)
    }
    served = np.array(list(left_at), np.int64)
    if left_at:
        seconds[served], metres[served] = leaving(slots, kind, served, np.array(list(left_at.values())))
    waiting = sorted(set(place) - set(left_at))
    if waiting:
        rows = np.array(waiting)
        stops_at: dict[int, list[Stop]] = {}
        for stop, at in zip(instance.stops, place):
            stops_at.setdefault(at, []).append(stop)
        hours = np.array([_hours(instance, stops_at[at]) for at in waiting])
        worst = np.isin(rows, [place[index] for index in missed])
        seconds[rows], metres[rows] = _typical(instance, kind, rows, hours, worst)
    return _Table(seconds, metres)


def _hours(instance: Instance, stops: list[Stop]) -> tuple[int, int]:
    """Return the first and the last moment at which one of the stops may be left, both within the shifts."""
    first, last = instance.first_shift, instance.first_shift + instance.horizon
    opens = min(stop.windows[0].start if stop.windows else first for stop in stops)
    closes = max(stop.windows[-1].end if stop.windows else last for stop in stops)
    service = min(stop.service for stop in stops)
    begin = min(max(first, opens) + service, last)
    return begin, max(begin, min(last, closes + service))


def _typical(
    instance: Instance, kind: str, rows: np.ndarray, hours: np.ndarray, worst: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return seconds and metres from places over the hours of each: the mean, or the most where `worst`."""
    shape = (len(rows), len(instance.travel.places))
    total, most, lengths, ways = (np.zeros(shape, np.int64) for _ in range(4))
    for sample in range(_SAMPLES):
        moments = hours[:, 0] + (hours[:, 1] - hours[:, 0]) * sample // (_SAMPLES - 1)
        seconds, metres = leaving(instance.travel.slots, kind, rows, moments)
        way = seconds != UNREACHABLE
        ways += way
        total += np.where(way, seconds, 0)
        lengths += np.where(way, metres, 0)
        most = np.maximum(most, seconds)
    count = np.maximum(ways, 1)
    seconds = np.where(worst[:, None], most, total // count)
    return np.where(ways > 0, seconds, UNREACHABLE), np.where(ways > 0, lengths // count, UNREACHABLE)


def _from_depots(
    instance: Instance, kind: str, table: _Table, tables: Timetables, members: list[int]
) -> Matrix:
    """Return the table of some vehicles: with the rows of their depots, and the legs their routes have."""
    seconds, metres = table.seconds.copy(), table.metres.copy()
    by_depot: dict[str, list[int]] = {}
    for number in members:
        depot = instance.vehicles[number].start_depot
        if depot is not None:
            by_depot.setdefault(depot, []).append(number)
    for depot, leave in by_depot.items():
        place = instance.depot_place(depot)
        used = [number for number in leave if number in tables] or leave
        departure = sum(_departure(instance, tables, number) for number in used) // len(used)
        last = max(instance.vehicles[number].shift.end for number in leave)
        moments = _leave_for(instance, kind, place, departure, last)
        seconds[[place]], metres[[place]] = leaving(
            instance.travel.slots, kind, np.array([place]), moments[None, :]
        )
    for number in members:
        if number in tables:
            route = tables[number]
            legs = zip(route.places, route.places[1:], route.drive[1:], route.metres[1:])
            for origin, target, drive, length in legs:
                seconds[origin, target], metres[origin, target] = drive, length
    np.fill_diagonal(seconds, 0)
    np.fill_diagonal(metres, 0)
    return Matrix(seconds, metres)


def _leave_for(instance: Instance, kind: str, depot: int, departure: int, last: int) -> np.ndarray:
    """Return when a vehicle would leave a depot for each place: not before its stops' windows ask for it."""
    way = instance.travel.matrices[kind].seconds[depot]
    asked: dict[int, int] = {}
    for stop, place in zip(instance.stops, instance.travel.stop_place):
        soonest = departure + int(way[place])
        opens = next((window.start for window in stop.windows if window.end >= soonest), departure)
        leave = min(last, max(departure, opens - stop.setup - int(way[place])))
        asked[place] = min(leave, asked.get(place, last))
    moments = np.full(len(way), departure, np.int64)
    moments[list(asked)] = list(asked.values())
    return moments
