"""Groups of neighbouring routes: how a plan is cut for one round of the search. Nothing is searched here."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.travel.provider import Coordinate


@dataclass(frozen=True)
class Group:
    """Stops and vehicles, by index, that are searched over together."""

    stops: list[int]
    vehicles: list[int]


_SHIFT = (5**0.5 - 1) / 2
"""Share of a group by which the next cut is farther on: no few cuts in a row are near each other."""


def cut(instance: Instance, stops: list[int], sequences: Sequences, count: int, number: int) -> list[Group]:
    """Return at most `count` groups that share out `stops` and all vehicles; at least one route is needed.

    Routes are sorted by their direction from the depots and cut into stretches of about equally many stops,
    at other places for each `number`. A stop that no route serves goes with the route of the stop that
    it is nearest to, and with the other of its pair; idle vehicles are dealt out kind by kind.
    """
    spots = spots_of(instance.travel.places)
    stop_spots = spots[list(instance.travel.stop_place)]
    routes = [vehicle for vehicle, served in enumerate(sequences) if served]
    members = [list(sequences[vehicle]) for vehicle in routes]
    _add_unserved(instance, stop_spots, stops, members)
    centres = np.array([stop_spots[joined].mean(axis=0) for joined in members])
    away = centres - _middle(instance, routes, spots)
    order = np.argsort(np.arctan2(away[:, 1], away[:, 0]), kind="stable")
    sizes = np.array([len(members[row]) for row in order])
    reached = (np.cumsum(sizes) - sizes / 2) * count / sizes.sum()
    group_of = (reached + number * _SHIFT % 1).astype(int) % count
    groups = []
    for group in np.unique(group_of):
        chosen = order[group_of == group].tolist()
        joined = [stop for row in chosen for stop in members[row]]
        groups.append(Group(joined, [routes[row] for row in chosen]))
    _deal_idle(instance, sequences, groups, number)
    return groups


def spots_of(places: Sequence[Coordinate]) -> np.ndarray:
    """Return where places are, in degrees of latitude east and north, shape (places, 2)."""
    spots = np.array(places, float).reshape(-1, 2)
    if len(spots):
        spots[:, 0] *= cos(radians(float(spots[:, 1].mean())))
    return spots


def _middle(instance: Instance, routes: list[int], spots: np.ndarray) -> np.ndarray:
    """Return the mean of the depots that the routes start from and end at, else of all places."""
    vehicles = [instance.vehicles[vehicle] for vehicle in routes]
    ends = [end for vehicle in vehicles for end in (vehicle.start_depot, vehicle.end_depot)]
    used = [instance.depot_place(end) for end in ends if end is not None]
    return (spots[used] if used else spots).mean(axis=0)


def _add_unserved(instance: Instance, spots: np.ndarray, stops: list[int], members: Sequences) -> None:
    """Add each stop that is on no route to the route of the stop that it is nearest to, pairs together."""
    served = [stop for joined in members for stop in joined]
    route_of = [number for number, joined in enumerate(members) for _ in joined]
    served_spots = spots[served]
    left = set(stops) - set(served)
    for unit in sorted({instance.units.of[stop] for stop in left}):
        nearest = ((served_spots - spots[unit[0]]) ** 2).sum(axis=1).argmin()
        members[route_of[nearest]] += [stop for stop in unit if stop in left]


def _deal_idle(instance: Instance, sequences: Sequences, groups: list[Group], first: int) -> None:
    """Give each group in turn an idle vehicle of each kind, as long as there are any."""
    for kind in instance.kinds:
        idle = [vehicle for vehicle in kind if not sequences[vehicle]][: len(groups)]
        for vehicle in idle:
            groups[first % len(groups)].vehicles.append(vehicle)
            first += 1
