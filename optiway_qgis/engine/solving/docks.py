"""Which vehicle loads when, so that no depot has more of them loading at once than it has docks.

The times of each vehicle are stated by schedule.py; here is only decided when each loading begins.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.breaches import breaches
from optiway_qgis.engine.solving.steps import Berths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.schedule import Timetable, Timetables

_TURNS = 6
"""How often vehicles that cannot load in time are given precedence over others."""

_Loading = tuple[int, int]
"""Begin and end of a loading; at its end the dock is free."""

_Harm = tuple[int, int, float, int]
"""Rules broken, seconds late, cost and end of work: the smaller the better."""


def berthed(instance: Instance, tables: Timetables) -> Timetables:
    """Return the timetables with loadings moved so that no depot has more at once than docks, if that can be.

    Vehicles take their docks in the order in which they would start, each where it does the least harm:
    fewest rules broken, least lateness, least cost, earliest end. A vehicle starts when it would, or at the
    last moment before that at which a dock is free, or at the first after it; at a reload it waits for a
    dock. Where that breaks rules, those that suffer are given precedence and all is tried again. What loads
    without a dock in the end is named in `Berths.without`.
    """
    settled = dict(tables)
    for depot in instance.problem.depots:
        here = {
            vehicle: table
            for vehicle, table in tables.items()
            if table.start_depot and table.start_depot.id == depot.id
        }
        if depot.docks is not None and _without(here, depot.docks):
            settled.update(_in_turn(here, depot.docks))
    return settled


def beside(tables: Timetables, vehicle: int, table: Timetable) -> Timetable:
    """Return the times of a route with its docks taken where it does the least harm beside the loadings of
    the other vehicles, which stay as they are.
    """
    depot = table.start_depot
    if depot is None or depot.docks is None:
        return table
    taken = [
        loading
        for other, standing in tables.items()
        if other != vehicle and standing.start_depot == depot
        for loading in standing.loadings
    ]
    placed = _take_dock(table, taken, depot.docks)
    without = tuple(
        number
        for number, (begin, end) in enumerate(placed.loadings)
        if not _is_free(begin, end, taken, depot.docks)
    )
    return placed.berthed(replace(placed.berths, without=without)) if without else placed


def _in_turn(tables: Timetables, docks: int) -> Timetables:
    """Return the timetables of the vehicles of one depot, with docks as far as there are."""
    order = sorted(tables, key=lambda vehicle: (tables[vehicle].start, vehicle))
    usual = {vehicle: _harm(table, [], docks)[0] for vehicle, table in tables.items()}
    found: tuple[_Harm, Timetables] | None = None
    for _ in range(_TURNS):
        placed: Timetables = {}
        harms: dict[int, _Harm] = {}
        for vehicle in order:
            taken = [loading for table in placed.values() for loading in table.loadings]
            placed[vehicle] = _take_dock(tables[vehicle], taken, docks)
            harms[vehicle] = _harm(placed[vehicle], taken, docks)
        broken, late, cost, end = (sum(column) for column in zip(*harms.values()))
        total = (broken, late, cost, end)
        if found is None or total < found[0]:
            found = total, placed
        suffering = [vehicle for vehicle in order if harms[vehicle][0] > usual[vehicle]]
        after = suffering + [vehicle for vehicle in order if vehicle not in suffering]
        if after == order:
            break
        order = after
    settled = found[1] if found else {}
    for vehicle, numbers in _without(settled, docks).items():
        settled[vehicle] = settled[vehicle].berthed(replace(settled[vehicle].berths, without=numbers))
    return settled


def _take_dock(table: Timetable, taken: list[_Loading], docks: int) -> Timetable:
    """Return the timetable with the start that does the least harm, beside the loadings placed before."""
    begin, end = table.loadings[0]
    choices = [table]
    if not _is_free(begin, end, taken, docks):
        free = _free_moments(end - begin, taken, docks)
        first = max(table.instance.earliest_departure(table.vehicle), table.ready(0))
        earlier = max((moment for moment in free if first <= moment < begin), default=None)
        later = min((moment for moment in free if moment > begin), default=None)
        starts = [start for start in (earlier, later) if start is not None]
        choices += [table.berthed(Berths((start,), start)) for start in starts]
    return min(
        (_wait_at_reloads(choice, taken, docks) for choice in choices),
        key=lambda choice: _harm(choice, taken, docks),
    )


def _wait_at_reloads(table: Timetable, taken: list[_Loading], docks: int) -> Timetable:
    """Return the timetable with a wait at each reload that has no dock, where that does less harm."""
    for number in range(1, len(table.loadings)):
        begin, end = table.loadings[number]
        if _is_free(begin, end, taken, docks):
            continue
        moment = min((one for one in _free_moments(end - begin, taken, docks) if one > begin), default=None)
        asked = table.berths.loading_from + (None,) * (number - len(table.berths.loading_from))
        waiting = table.berthed(replace(table.berths, loading_from=(*asked, moment)))
        # What waits there may start later, if there is a dock then.
        start, leaving = waiting.loadings[0]
        free = [one for one in _free_moments(leaving - start, taken, docks) if table.start < one < start]
        pinned = [waiting.berthed(replace(waiting.berths, start_by=one)) for one in (table.start, *free[-1:])]
        table = min(table, waiting, *pinned, key=lambda choice: _harm(choice, taken, docks))
    return table


def _free_moments(length: int, taken: list[_Loading], docks: int) -> list[int]:
    """Return, in order, the moments at which a loading may begin that just precedes or follows another."""
    moments = {one - length for one, _ in taken} | {other for _, other in taken}
    return sorted(one for one in moments if _is_free(one, one + length, taken, docks))


def _is_free(begin: int, end: int, taken: Iterable[_Loading], docks: int) -> bool:
    """Whether there is a dock from `begin` to `end`: loadings are counted where one of them begins."""
    within = [one for one in taken if max(begin, one[0]) < min(end, one[1])]
    moments = [begin, *(one for one, _ in within if one > begin)]
    return all(sum(one <= moment < other for one, other in within) < docks for moment in moments)


def _harm(table: Timetable, taken: list[_Loading], docks: int) -> _Harm:
    """Return what a route breaks and costs, loadings that find no dock beside others included."""
    crowded = sum(not _is_free(begin, end, taken, docks) for begin, end in table.loadings)
    return len(set(breaches(table))) + crowded, sum(table.lates), sum(table.costs), table.end


def _without(tables: Timetables, docks: int) -> dict[int, tuple[int, ...]]:
    """Return for each vehicle the loadings that begin when all docks are taken, those with none left out."""
    queue = sorted(
        (begin, vehicle, number, end)
        for vehicle, table in tables.items()
        for number, (begin, end) in enumerate(table.loadings)
        if begin < end
    )
    ends: list[int] = []
    found: dict[int, tuple[int, ...]] = {}
    for begin, vehicle, number, end in queue:
        ends = [one for one in ends if one > begin]
        if len(ends) >= docks:
            found[vehicle] = (*found.get(vehicle, ()), number)
        ends.append(end)
    return found
