"""What a route would come to with one more stop: proved from the least it adds, or timed with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model import reasons
from optiway_qgis.model.problem import counted, service_time

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.schedule import Timetable
    from optiway_qgis.model.problem import Vehicle

NO_WAY = 1 << 40
"""Seconds and metres where there is no way."""


def by_distance(legs: np.ndarray) -> np.ndarray:
    """Return seconds or metres as int64 with `NO_WAY` where there is none, so that it sorts last."""
    return np.where(legs == UNREACHABLE, NO_WAY, legs.astype(np.int64))


_NOWHERE = -1
"""In place of a depot at an open end."""

_TELLING = (
    reasons.UNREACHABLE,
    reasons.CAPACITY,
    reasons.TIME_WINDOW,
    reasons.DEPOT_HOURS,
    reasons.SHIFT,
    reasons.WORK_LIMIT,
    reasons.DRIVE_LIMIT,
    reasons.DISTANCE_LIMIT,
    reasons.STOP_LIMIT,
    reasons.READY_DUE,
    reasons.DOCK,
    reasons.BREAK,
    reasons.RIDE_TIME,
    reasons.LOADING_ORDER,
    reasons.GOODS,
    reasons.RELOAD,
    reasons.LOCK,
    reasons.ORDER,
    reasons.PAIR,
    reasons.SKILL,
    reasons.VEHICLE_RULE,
    reasons.ZONE,
)
"""Codes of a broken route, the most telling first."""

BY_THE_HOUR = frozenset(
    {reasons.SHIFT, reasons.WORK_LIMIT, reasons.DRIVE_LIMIT, reasons.DISTANCE_LIMIT},
)
"""Limits whose figures depend on the hour where times do: the least is a bound then, not what would be."""


@dataclass(frozen=True)
class Outlook:
    """What the route of a vehicle would come to with the stop: exactly, or at the very least.

    Seconds, metres, thousandths of a load; `late` holds (stop id, start of service, lateness) of stops
    missed, the stop itself first if it is one of them. `table` is the route timed with the stop, None where
    the codes are proved without.
    """

    vehicle: Vehicle
    codes: tuple[str, ...]
    added: int
    end: int
    work: int
    drive: int
    distance: int
    stops: int
    peaks: tuple[int, ...]
    added_price: float = 0.0
    start: int = 0
    late: tuple[tuple[str, int, int], ...] = ()
    table: Timetable | None = None

    @property
    def code(self) -> str:
        """The most telling of the codes."""
        return next(code for code in _TELLING if code in self.codes)


def detours(instance: Instance, vehicle: int, stops: list[int], stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the seconds and metres of driving that a stop adds at each position of a route.

    Positions without a way to the stop or from it have `NO_WAY` in both.
    """
    who = instance.vehicles[vehicle]
    matrix = instance.matrix(who)
    place = instance.travel.stop_place[stop]
    before = [instance.travel.stop_place[index] for index in stops]
    after = list(before)
    if who.start_depot is not None:
        before.insert(0, instance.depot_place(who.start_depot))
    if who.end_depot is not None:
        after.append(instance.depot_place(who.end_depot))
    size = len(stops) + 1
    added = np.zeros((2, size), np.int64)
    cut_off = np.zeros(size, bool)
    # Without a depot the first position has no leg in, the last no leg out, and neither replaces a leg.
    replaced = slice(size - len(before), len(after))
    for row, table in zip(added, (matrix.seconds, matrix.metres)):
        legs_in, legs_out = table[before, place], table[place, after]
        cut_off[size - len(before) :] |= legs_in == UNREACHABLE
        cut_off[: len(after)] |= legs_out == UNREACHABLE
        row[size - len(before) :] += legs_in
        row[: len(after)] += legs_out
        row[replaced] -= table[before[: len(after) + len(before) - size], after[size - len(before) :]]
    added[:, cut_off] = NO_WAY
    return added[0], added[1]


def pair_detours(
    instance: Instance, vehicle: int, stops: list[int], pair: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the seconds and metres of driving that a pair adds, the pickup at the position of the row and
    the delivery at that of the column, each counted without the other; `NO_WAY` in both where there is none.
    """
    who = instance.vehicles[vehicle]
    matrix = instance.matrix(who)
    place = instance.travel.stop_place
    pickup, delivery = (place[stop] for stop in pair)
    depots = (None if one is None else instance.depot_place(one) for one in (who.start_depot, who.end_depot))
    start, end = (_NOWHERE if one is None else one for one in depots)
    before = np.array([start, *(place[index] for index in stops)])
    after = np.array([*(place[index] for index in stops), end])
    alone = [detours(instance, vehicle, stops, stop) for stop in pair]
    found = []
    for table, one, other in zip((matrix.seconds, matrix.metres), *alone):
        into = np.where(before == _NOWHERE, 0, by_distance(table[before, pickup]))
        out = np.where(after == _NOWHERE, 0, by_distance(table[delivery, after]))
        spared = np.where((before == _NOWHERE) | (after == _NOWHERE), 0, np.maximum(table[before, after], 0))
        added = one[:, None] + other
        np.fill_diagonal(added, into + by_distance(table[pickup, delivery]) + out - spared)
        added[np.tril_indices(len(added), -1)] = NO_WAY
        found.append(np.where(added >= NO_WAY // 2, NO_WAY, added))
    return found[0], found[1]


def least_outlook(instance: Instance, vehicle: int, table: Timetable, stop: int) -> Outlook | None:
    """Return why the stop, with its pair, cannot be added at any position, from the least it adds; None where
    that proves nothing.

    Where times depend on the hour its figures are those of the best hours for each leg. Loading, breaks and
    waiting are left out: what is told is the least. Of a vehicle that reloads on the way only the number of
    stops is known.
    """
    who, unit = instance.vehicles[vehicle], instance.units.of[stop]
    if who.max_trips > 1:
        count = counted(table.stops) + counted(instance.stops[one] for one in unit)
        over = who.max_stops is not None and count > who.max_stops
        full = timed_outlook(table, stop, 0, 0.0)
        return replace(full, codes=(reasons.STOP_LIMIT,), stops=count, table=None) if over else None
    if len(unit) > 1:
        seconds, metres = (int(one.min()) for one in pair_detours(instance, vehicle, table.indices, unit))
        peaks = tuple(map(max, table.loads[0], table.loads[-1]))
    else:
        seconds, metres = (int(row.min()) for row in detours(instance, vehicle, table.indices, stop))
        delivery, pickup = instance.handled[stop]
        leaving, returning = table.loads[0], table.loads[-1]
        peaks = tuple(
            max(first + off, last + on) for first, last, off, on in zip(leaving, returning, delivery, pickup)
        )
    if seconds >= NO_WAY:
        return None
    drive, distance = _least_way(instance, table)
    drive += seconds
    # Beside a stop at the same place it may spare that one's setup.
    place = instance.travel.stop_place
    spared = sum(
        max((due for index, due in zip(table.indices, table.setup) if place[index] == place[one]), default=0)
        for one in unit
    )
    service = sum(service_time(who, instance.stops[one]) for one in unit)
    work = drive + sum(table.setup) - spared + sum(service_time(who, one) for one in table.stops) + service
    outlook = Outlook(
        vehicle=who,
        codes=(),
        added=seconds + service - spared,
        end=instance.earliest_departure(who) + work,
        work=work,
        drive=drive,
        distance=distance + metres,
        stops=counted(table.stops) + counted(instance.stops[one] for one in unit),
        peaks=peaks,
    )
    limits = (
        (reasons.CAPACITY, _excess(who, peaks) > 0),
        (reasons.SHIFT, outlook.end > who.shift.end),
        (reasons.WORK_LIMIT, who.max_work is not None and work > who.max_work),
        (reasons.DRIVE_LIMIT, who.max_drive is not None and drive > who.max_drive),
        (reasons.DISTANCE_LIMIT, who.max_distance is not None and outlook.distance > who.max_distance),
        (reasons.STOP_LIMIT, who.max_stops is not None and outlook.stops > who.max_stops),
    )
    codes = tuple(code for code, broken in limits if broken)
    return replace(outlook, codes=codes) if codes else None


def _least_way(instance: Instance, table: Timetable) -> tuple[int, int]:
    """Return the least seconds and metres of driving on the route, whatever the hour."""
    if not instance.travel.slots:
        return sum(table.drive), table.distance
    matrix, origins, targets = instance.matrix(table.vehicle), table.places[:-1], table.places[1:]
    seconds, metres = matrix.seconds[origins, targets], matrix.metres[origins, targets]
    return int(seconds[seconds != UNREACHABLE].sum()), int(metres[seconds != UNREACHABLE].sum())


def timed_outlook(table: Timetable, stop: int, added: int, added_price: float) -> Outlook:
    """Return the outlook of a route timed with the stop in it."""
    late = [
        (one.id, begin, lateness, index != stop)
        for index, one, begin, lateness in zip(table.indices, table.stops, table.begin, table.late)
        if one.late_max is not None and lateness > one.late_max
    ]
    return Outlook(
        vehicle=table.vehicle,
        codes=table.violations,
        added=added,
        added_price=added_price,
        start=table.start,
        end=table.end,
        work=table.work,
        drive=sum(table.drive),
        distance=table.distance,
        stops=counted(table.stops),
        peaks=table.load_peak,
        late=tuple(
            (name, begin, lateness) for name, begin, lateness, _ in sorted(late, key=lambda one: one[3])
        ),
        table=table,
    )


def _excess(vehicle: Vehicle, peaks: tuple[int, ...]) -> int:
    """Return the largest load above a capacity."""
    over = [peak - limit for peak, limit in zip(peaks, vehicle.capacity) if limit is not None]
    return max(over, default=0)
