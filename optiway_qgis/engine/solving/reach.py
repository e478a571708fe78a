"""Which routes a stop is nearest to, for all routes at once: where to look first, and where there is no room.

Nothing is proved or timed here but loads: the least detour is by the travel table alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving.outlook import NO_WAY, by_distance
from optiway_qgis.engine.travel.provider import travel_kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.schedule import Timetable, Timetables

_NOWHERE = -1
"""In place of a depot at an open end."""


class Reach:
    """The routes as they stand: the ends of every leg, row by row, and the loads on leaving and on return."""

    def __init__(self, instance: Instance, tables: Timetables):
        self._instance = instance
        count, dimensions = len(instance.vehicles), instance.problem.dimensions
        longest = max((len(table.indices) for table in tables.values()), default=0)
        self._legs = np.full((count, longest + 2, 2), _NOWHERE, dtype=np.int64)
        self._size = np.ones(count, dtype=np.int64)
        self._leaving = np.zeros((count, dimensions), dtype=np.int64)
        self._returning = np.zeros((count, dimensions), dtype=np.int64)
        limits = [instance.capacities(axis) for axis in range(dimensions)]
        self._capacity = np.array(
            [[NO_WAY if limit is None else limit for limit in row] for row in zip(*limits)], dtype=np.int64
        ).reshape(count, dimensions)
        # Who reloads on the way has room for more than what is on board at one moment.
        self._capacity[[vehicle.max_trips > 1 for vehicle in instance.vehicles]] = NO_WAY
        for vehicle in range(count):
            self.update(vehicle, tables.get(vehicle))

    def update(self, vehicle: int, table: Timetable | None) -> None:
        """Note a route that has changed; None when there is none any more."""
        instance, who = self._instance, self._instance.vehicles[vehicle]
        stops = table.indices if table else []
        places = [instance.travel.stop_place[index] for index in stops]
        ends = [
            _NOWHERE if depot is None else instance.depot_place(depot)
            for depot in (who.start_depot, who.end_depot)
        ]
        missing = len(stops) + 1 - self._legs.shape[1]
        if missing > 0:
            self._legs = np.pad(self._legs, ((0, 0), (0, missing), (0, 0)), constant_values=_NOWHERE)
        self._legs[vehicle, : len(stops) + 1, 0] = [ends[0], *places]
        self._legs[vehicle, : len(stops) + 1, 1] = [*places, ends[1]]
        self._size[vehicle] = len(stops) + 1
        self._leaving[vehicle] = table.loads[0] if table else 0
        self._returning[vehicle] = table.loads[-1] if table else 0

    def nearest(self, stop: int, vehicles: Iterable[int], *, with_room: bool = False) -> list[int]:
        """Return the vehicles, the one with the least detour for the stop and its pair first.

        `with_room`: those alone that have room for the stop's load at both ends of their routes. What makes a
        pair is on board at neither.
        """
        asked = np.array(list(vehicles), dtype=np.int64)
        unit = self._instance.units.of[stop]
        if with_room and len(unit) == 1:
            delivery, pickup = map(np.array, self._instance.handled[stop])
            leaving, returning = self._leaving[asked] + delivery, self._returning[asked] + pickup
            asked = asked[(np.maximum(leaving, returning) <= self._capacity[asked]).all(axis=1)]
        detours = np.sum([self._detours(one, asked) for one in unit], axis=0)
        return asked[np.argsort(detours, kind="stable")].tolist()

    def _detours(self, stop: int, vehicles: np.ndarray) -> np.ndarray:
        """Return the least seconds that each route is longer with the stop in it."""
        least = np.full(len(vehicles), NO_WAY)
        for kind, members in self._by_kind(vehicles).items():
            chosen = vehicles[members]
            width = int(self._size[chosen].max())
            legs = self._legs[chosen, :width]
            added = self._added(kind, self._instance.travel.stop_place[stop], legs[..., 0], legs[..., 1])
            added[np.arange(width) >= self._size[chosen, None]] = NO_WAY
            least[members] = added.min(axis=1)
        return least

    def _by_kind(self, vehicles: np.ndarray) -> dict[str, list[int]]:
        """Return the positions of vehicles that travel alike."""
        members: dict[str, list[int]] = {}
        for position, vehicle in enumerate(vehicles.tolist()):
            members.setdefault(travel_kind(self._instance.vehicles[vehicle]), []).append(position)
        return members

    def _added(self, kind: str, place: int, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Return the seconds that a place adds between the ends of each leg."""
        seconds = self._instance.travel.matrices[kind].seconds
        into = np.where(before == _NOWHERE, 0, by_distance(seconds[:, place])[before])
        out = np.where(after == _NOWHERE, 0, by_distance(seconds[place])[after])
        spared = np.where((before == _NOWHERE) | (after == _NOWHERE), 0, seconds[before, after])
        return np.where(into + out >= NO_WAY, NO_WAY, into + out - spared)
