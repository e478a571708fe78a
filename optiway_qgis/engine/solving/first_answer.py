"""A first answer to a large problem within seconds: districts, each solved for itself, joined.

Every stop is in one district, and the vehicles are dealt among them by what their stops need: first
territories around the depots, then halves of halves. Making the answer better is left to the search.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving import pyvrp_engine
from optiway_qgis.engine.solving.district import District
from optiway_qgis.engine.solving.grouping import spots_of
from optiway_qgis.engine.solving.insertion import complete, keep_rules
from optiway_qgis.engine.solving.outlook import NO_WAY, by_distance
from optiway_qgis.engine.solving.search import Clock
from optiway_qgis.model.problem import counted, service_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from optiway_qgis.engine.solving.instance import Instance, Sequences

DISTRICT = 250
"""Stops of a district at the most, where there are vehicles enough."""

_ITERATIONS = 5
"""Iterations in each district: the search after it goes over cuts that districts know nothing of."""

_BUSY = 0.8
"""Share of its time that a vehicle can spend on serving stops and driving from each to the nearest one."""


def first_answer(
    instance: Instance, stops: Sequence[int], seed: int, workers: int, tell: Callable[[str], None]
) -> Sequences:
    """Return sequences over `stops` that break no rule, the districts worked on by so many threads.

    Stops are left out only where nothing near has room for them. The answer is the same for the same seed,
    whatever the number of workers.
    """
    found = districts(instance, stops, DISTRICT)
    tell(f"First answer: {len(stops)} stops in {len(found)} districts, {workers} at a time")
    with ThreadPoolExecutor(workers) as threads:
        answers = list(threads.map(lambda one: _solved(one.instance(instance), seed), found))
    sequences: Sequences = [[] for _ in instance.vehicles]
    for district, answer in zip(found, answers):
        district.put_back(answer, sequences)
    left = len(stops) - sum(map(len, sequences))
    if left:
        tell(f"First answer: the districts are joined, {left} stops look for room in other districts")
    return complete(instance, sequences, list(stops))


def _solved(district: Instance, seed: int) -> Sequences:
    """Return a district's answer without broken rules, with all stops if that is easy."""
    stops = list(range(len(district.stops)))
    clock = Clock(time.perf_counter(), math.inf, 0.0, _ITERATIONS, lambda seconds, cost: None)
    answer = pyvrp_engine.search(
        district, stops, clock, seed, all_required=not surely_too_much(district, stops)
    )
    return keep_rules(district, answer.sequences)


def surely_too_much(instance: Instance, stops: Sequence[int]) -> bool:
    """Whether the required ones of the stops exceed what the whole fleet can load, count of stops or work, at
    the very least.
    """
    required = [index for index in stops if instance.stops[index].penalty is None]
    vehicles = instance.vehicles
    loaded = [index for index in required if len(instance.units.of[index]) == 1]
    for axis in range(instance.problem.dimensions):
        room = _total(
            None if limit is None else limit * vehicle.max_trips
            for vehicle, limit in zip(vehicles, instance.capacities(axis))
        )
        if any(loads[:, axis].sum() > room for loads in instance.loads(loaded)):
            return True
    if counted(instance.stops[index] for index in required) > _total(one.max_stops for one in vehicles):
        return True
    quickest = min(vehicles, key=lambda vehicle: vehicle.service_factor)
    service = sum(service_time(quickest, instance.stops[index]) for index in required)
    return service > sum(vehicle.shift.end - vehicle.shift.start for vehicle in vehicles)


def _total(limits: Iterable[int | None]) -> float:
    """Return the sum of the limits, infinite when any is None."""
    return sum(math.inf if limit is None else limit for limit in limits)


def districts(instance: Instance, stops: Sequence[int], size: int) -> list[District]:
    """Return the districts: each stop in one of them, with at least one vehicle that may serve it.

    Each vehicle is in at most one. A district has at most `size` stops, unless it has one vehicle only or
    stops bound to its vehicles by rules.
    """
    cutter = _Cutter(instance, stops)
    found: list[District] = []
    for territory in cutter.territories():
        found += cutter.cut(territory, size)
    return found


@dataclass(frozen=True)
class _Group:
    """Rows of stops and vehicles that are cut further."""

    rows: np.ndarray
    vehicles: list[int]


class _Cutter:
    """What stops need of the fleet and what each vehicle has of it: loads, count of stops and time."""

    def __init__(self, instance: Instance, stops: Sequence[int]):
        self.instance = instance
        self.stops = np.array(stops, dtype=np.int64)
        self.places = np.array([instance.travel.stop_place[index] for index in stops], dtype=np.int64)
        self.spots = spots_of([instance.travel.places[place] for place in self.places])
        self.need = self._need()
        self.room = self._room()
        self._allowed: dict[int, np.ndarray] = {}

    def _need(self) -> np.ndarray:
        """Return what each stop needs, shape (stops, dimensions + 2)."""
        delivery, pickup = self.instance.loads(self.stops.tolist())
        seconds = self.instance.matrix(self.instance.vehicles[0]).seconds
        work = np.empty((len(self.stops), 1))
        for row, (index, place) in enumerate(zip(self.stops.tolist(), self.places.tolist())):
            legs = by_distance(seconds[place, self.places])
            legs[row] = NO_WAY
            nearest = int(legs.min())
            work[row] = self.instance.stops[index].service + (nearest if nearest < NO_WAY else 0)
        counts = np.array([counted([self.instance.stops[index]]) for index in self.stops.tolist()])
        return np.hstack([np.maximum(delivery, pickup), counts.reshape(-1, 1), work])

    def _room(self) -> np.ndarray:
        """Return what each vehicle has, at most what all stops need, shape (vehicles, dimensions + 2)."""
        rows = []
        for vehicle in self.instance.vehicles:
            capacity = [*vehicle.capacity, *[None] * self.instance.problem.dimensions]
            time_ = vehicle.shift.end - vehicle.shift.start
            limits = [
                None if limit is None else limit * vehicle.max_trips
                for limit in capacity[: self.instance.problem.dimensions]
            ]
            work = time_ if vehicle.max_work is None else min(time_, vehicle.max_work)
            rows.append([*limits, vehicle.max_stops, _BUSY * work])
        room = np.array([[np.inf if limit is None else limit for limit in row] for row in rows], float)
        return np.minimum(room, self.need.sum(axis=0))

    def may_serve(self, vehicles: Sequence[int]) -> np.ndarray:
        """Return which rows any of the vehicles may serve."""
        may = np.zeros(len(self.stops), bool)
        refusals = self.instance.refusals
        for row in {id(refusals[vehicle]): refusals[vehicle] for vehicle in vehicles}.values():
            if id(row) not in self._allowed:
                self._allowed[id(row)] = np.array([not row[index] for index in self.stops.tolist()], bool)
            may |= self._allowed[id(row)]
        return may

    def territories(self) -> list[_Group]:
        """Return the stops of each depot with the vehicles that start or end there.

        A stop is served from the depot that is nearest by the way there, those first to whom it makes the
        greatest difference, as long as the vehicles of the depot have room. Vehicles that are at home
        nowhere help where it is needed most.
        """
        homes: dict[str, list[int]] = {}
        roaming = []
        for number, vehicle in enumerate(self.instance.vehicles):
            home = vehicle.start_depot or vehicle.end_depot
            if not self.instance.can_leave(vehicle):
                continue
            if home is None:
                roaming.append(number)
            else:
                homes.setdefault(home, []).append(number)
        fleets = list(homes.values()) or [roaming]
        if len(fleets) == 1:
            everybody = fleets[0] if not homes else fleets[0] + roaming
            return [_Group(np.arange(len(self.stops)), everybody)]
        away = np.stack([self._away(home, fleet) for home, fleet in homes.items()], axis=1)
        chosen = self._dealt(away, fleets, roaming)
        groups = [np.flatnonzero(chosen == number) for number in range(len(fleets))]
        self._send(roaming, groups, fleets)
        return self._servable([_Group(rows, fleet) for rows, fleet in zip(groups, fleets)])

    def _away(self, home: str, fleet: list[int]) -> np.ndarray:
        """Return the seconds from a depot to each row, `NO_WAY` where its fleet may not serve the stop."""
        table = self.instance.matrix(self.instance.vehicles[fleet[0]])
        away = by_distance(table.seconds[self.instance.depot_place(home), self.places])
        return np.where(self.may_serve(fleet), away, 2 * NO_WAY)

    def _dealt(self, away: np.ndarray, fleets: list[list[int]], roaming: list[int]) -> np.ndarray:
        """Return the number of the depot that serves each row."""
        more = self.room[roaming].sum(axis=0) / len(fleets)
        tightness = self._tightness(self.need.sum(axis=0), range(len(self.room)))
        # Half of the room that all have to spare stays free everywhere: full routes take no detours.
        filled = np.maximum(tightness, (1 + tightness) / 2)
        left = filled * np.stack([self.room[fleet].sum(axis=0) + more for fleet in fleets])
        order = np.argsort(away, axis=1, kind="stable")
        nearest = np.take_along_axis(away, order[:, :2], axis=1)
        chosen = order[:, 0].copy()
        for row in np.argsort(nearest[:, 0] - nearest[:, 1], kind="stable"):
            for depot in order[row]:
                if away[row, depot] >= NO_WAY:
                    break
                if (left[depot] >= self.need[row]).all():
                    chosen[row] = depot
                    break
            left[chosen[row]] -= self.need[row]
        return chosen

    def _send(self, roaming: list[int], groups: list[np.ndarray], fleets: list[list[int]]) -> None:
        """Give each roaming vehicle to the fleet that is shortest of room."""
        needs = [self.need[rows].sum(axis=0) for rows in groups]
        for vehicle in roaming:
            tight = [self._tightness(need, fleet).max() for need, fleet in zip(needs, fleets)]
            fleets[int(np.argmax(tight))].append(vehicle)

    def _tightness(self, need: np.ndarray, fleet: Sequence[int]) -> np.ndarray:
        """Return for each thing needed the share of it that the fleet has which is needed."""
        return need / np.maximum(self.room[list(fleet)].sum(axis=0), 1e-9)

    def _servable(self, groups: list[_Group]) -> list[_Group]:
        """Move stops out of groups where nobody may serve them into the first where somebody may.

        Stops that have to be on one route stay together.
        """
        may = [self.may_serve(group.vehicles) for group in groups]
        stranger = [group.rows[~may[number][group.rows]] for number, group in enumerate(groups)]
        moved: list[list[int]] = [[] for _ in groups]
        for row in np.concatenate(stranger).tolist():
            moved[next((number for number, able in enumerate(may) if able[row]), 0)].append(row)
        rows = [
            np.sort(np.concatenate([group.rows[able[group.rows]], np.array(more, np.int64)]))
            for group, able, more in zip(groups, may, moved)
        ]
        return [_Group(joined, group.vehicles) for joined, group in zip(self._tied_together(rows), groups)]

    def _tied_together(self, groups: list[np.ndarray]) -> list[np.ndarray]:
        """Return groups of rows in which stops of one route are in the group of the first of them."""
        units = self.instance.units
        if units.bound.isdisjoint(self.stops.tolist()):
            return groups
        group_of = {int(row): number for number, rows in enumerate(groups) for row in rows}
        row_of = {int(index): row for row, index in enumerate(self.stops) if row in group_of}
        for row in sorted(group_of):
            tied = sorted(row_of[stop] for stop in units.tied([int(self.stops[row])]) if stop in row_of)
            group_of[row] = group_of[tied[0]]
        return [
            np.array(sorted(row for row, own in group_of.items() if own == number), np.int64)
            for number in range(len(groups))
        ]

    def cut(self, group: _Group, size: int) -> list[District]:
        """Return a group in halves of halves of at most `size` stops each."""
        count = -(-len(group.rows) // size)
        if count < 2 or len(group.vehicles) < 2:
            if not len(group.rows):
                return []
            return [District(tuple(self.stops[group.rows].tolist()), tuple(sorted(group.vehicles)))]
        first, second = self._halves(group, (count // 2) / count)
        return [*self.cut(first, size), *self.cut(second, size)]

    def _halves(self, group: _Group, share: float) -> tuple[_Group, _Group]:
        """Return the group in two, the first with about that share of the vehicles, both alike in kinds.

        The cut is across the longer side, where the stops before it need what the first fleet can do.
        """
        need = self.need[group.rows].sum(axis=0)
        scarce = int(np.argmax(self._tightness(need, group.vehicles)))
        fleets = self._shared(group.vehicles, share, scarce)
        room = [float(self.room[fleet, scarce].sum()) for fleet in fleets]
        spots = self.spots[group.rows]
        side = int(np.argmax(np.ptp(spots, axis=0)))
        along = group.rows[np.argsort(spots[:, side], kind="stable")]
        reached = np.cumsum(self.need[along, scarce])
        cut = int(np.searchsorted(reached, reached[-1] * room[0] / max(sum(room), 1e-9)))
        before, after = self._servable([_Group(along[:cut], fleets[0]), _Group(along[cut:], fleets[1])])
        return before, after

    def _shared(self, vehicles: list[int], share: float, scarce: int) -> tuple[list[int], list[int]]:
        """Return the vehicles in two fleets, neither of them empty: kind by kind, by what is scarce."""
        kind = {vehicle: number for number, kind in enumerate(self.instance.kinds) for vehicle in kind}
        fleets: tuple[list[int], list[int]] = [], []
        room = [0.0, 0.0]
        for vehicle in sorted(vehicles, key=lambda one: (kind[one], one)):
            chosen = int(room[0] > share * (room[0] + room[1]))
            fleets[chosen].append(vehicle)
            room[chosen] += float(self.room[vehicle, scarce]) + 1e-9
        for empty, full in (fleets, fleets[::-1]):
            if not empty:
                empty.append(full.pop())
        return fleets
