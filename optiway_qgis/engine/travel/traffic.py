"""From the traffic and barriers of a day to the slots it is cut into, each travelled alike.

What traffic does to a travel time is known by the providers (`under`); how a vehicle gets through the slots
of a day by the scheduler and the checker.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.travel.kinds import least, matrices_of
from optiway_qgis.engine.travel.provider import Conditions, Slot, TrafficRow
from optiway_qgis.model.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optiway_qgis.engine.travel.provider import Barrier, Matrix, Provider
    from optiway_qgis.model.problem import Vehicle

MOST = 48
"""Different situations of a day: one for each half hour. Each asks for travel tables of its own."""

LARGEST = 2_000_000_000
"""Bytes of the travel times of all situations that an ordinary computer can spare. On roads, where ways
change with the situation, distances take as much again."""


def through_the_day(
    provider: Provider, vehicles: Sequence[Vehicle], day: Conditions, report: Callable[[str], None]
) -> tuple[Provider, dict[str, Matrix], tuple[Slot, ...]]:
    """Return provider, matrices and slots as in `Travel`, for all rows and barriers of a day.

    Where all hours are alike there are no slots, and the provider is that under the day's conditions. Slots
    that are alike share provider and matrices.

    Raises
    ------
    InputError
        When the provider refuses some conditions, there are more than `MOST`, or their tables are larger than
        `LARGEST`.
    """
    parts = parts_of(day, min((vehicle.shift.start for vehicle in vehicles), default=0))
    different = {id(conditions): conditions for _, conditions in parts}
    if len(different) > MOST:
        raise InputError(
            [
                f"Traffic and barriers make {len(different)} different situations of the day; at most {MOST} "
                "can be planned with. Let rows start and end together, in fewer and longer stretches."
            ]
        )
    under = _under(provider, different)
    if len(parts) == 1:
        (only,) = under.values()
        return only, matrices_of(only, vehicles), ()
    matrices: dict[int, dict[str, Matrix]] = {}
    for key, one in under.items():
        matrices[key] = matrices_of(one, vehicles)
        if len(matrices) == 1:
            _tell_size(matrices[key], len(under), len(parts), report)
    slots = tuple(Slot(start, matrices[id(now)], under[id(now)]) for start, now in parts)
    return provider, _bound(list(matrices.values())), slots


def parts_of(day: Conditions, earliest: int) -> list[tuple[int, Conditions]]:
    """Return from which second of the day what holds, from `earliest` on; the last holds for ever.

    Neighbours differ, and equal conditions are one object. Rows and barriers in conditions last from 0 to 0,
    so that the evening's traffic can be that of the morning; only barriers that hold always have no times. A
    row that another one outdoes is left out, a barrier that is there twice counts once.
    """
    limited: Sequence[TrafficRow | Barrier] = (*day.rows, *day.barriers)
    changes = {moment for one in limited for moment in (one.start, one.end) if moment is not None}
    known: list[Conditions] = []
    parts: list[tuple[int, Conditions]] = []
    for moment in sorted({earliest, *(change for change in changes if change > earliest)}):
        now = _at(day, moment)
        if now in known:
            now = known[known.index(now)]
        else:
            known.append(now)
        if not parts or parts[-1][1] is not now:
            parts.append((moment, now))
    return parts


def _at(day: Conditions, moment: int) -> Conditions:
    """Return what holds at a moment."""
    strongest: dict[tuple[str, str], float] = {}
    for row in day.rows:
        if row.start <= moment < row.end:
            where = row.zone, row.road_class
            strongest[where] = max(row.factor, strongest.get(where, row.factor))
    if strongest.get(("", "")) == 1:
        del strongest["", ""]
    if all(factor == 1 for factor in strongest.values()):
        strongest.clear()
    rows = tuple(TrafficRow(0, 0, factor, *where) for where, factor in sorted(strongest.items()))
    zones = {row.zone: day.zones[row.zone] for row in rows if row.zone}
    barriers: list[Barrier] = []
    for barrier in day.barriers:
        if _in_force(barrier, moment):
            always = barrier.start is None and barrier.end is None
            now = barrier if always else replace(barrier, start=0, end=0)
            barriers += [] if now in barriers else [now]
    return Conditions(rows, day.weather, tuple(barriers), zones)


def _in_force(barrier: Barrier, moment: int) -> bool:
    begun = barrier.start is None or barrier.start <= moment
    return begun and (barrier.end is None or moment < barrier.end)


def _under(provider: Provider, different: dict[int, Conditions]) -> dict[int, Provider]:
    """Return the provider under each of the conditions, itself where nothing hinders."""
    under: dict[int, Provider] = {}
    problems: dict[str, None] = {}
    for key, conditions in different.items():
        try:
            under[key] = provider if conditions == Conditions() else provider.under(conditions)
        except InputError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise InputError(problems)
    return under


def _bound(by_conditions: Sequence[dict[str, Matrix]]) -> dict[str, Matrix]:
    """Return the least matrix of each kind of travel; kinds that share theirs share it, too."""
    bounds: dict[tuple[int, ...], Matrix] = {}
    bound = {}
    for kind in by_conditions[0]:
        matrices = [of_kind[kind] for of_kind in by_conditions]
        key = tuple(map(id, matrices))
        if key not in bounds:
            bounds[key] = least(matrices)
        bound[kind] = bounds[key]
    return bound


def _tell_size(tables: dict[str, Matrix], situations: int, parts: int, report: Callable[[str], None]) -> None:
    """Say how much is going to be computed, by the tables of the first situation; refuse too much."""
    sizes = {id(matrix): matrix.seconds.nbytes for matrix in tables.values()}
    size = sum(sizes.values()) * situations
    if size > LARGEST:
        raise InputError(
            [
                f"Traffic and barriers make {situations} different situations of the day; their travel times "
                f"would take {size / 1e9:.1f} GB, and {LARGEST / 1e9:.0f} GB is the most. Plan fewer stops, "
                "kinds of vehicles or situations."
            ]
        )
    report(
        f"{situations} different traffic situations in {parts} parts of the day: {len(sizes) * situations} "
        f"travel tables, {size / 1e6:.0f} MB"
    )
