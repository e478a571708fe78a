"""The one interface of every travel source, and the table of times and distances a plan is made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from optiway_qgis.model.problem import Problem

Coordinate = tuple[float, float]
"""Degrees WGS 84, longitude first."""

UNREACHABLE = -1
"""Marks a pair without a way, in seconds and in metres alike."""

SNAP_OK, SNAP_FAR, SNAP_ISLAND, SNAP_OUTSIDE = "ok", "far", "island", "outside"


@dataclass(frozen=True)
class Snap:
    """How a point met the network: metres to it, and one of ok, far, island, outside."""

    metres: float
    status: str


@dataclass(frozen=True)
class Matrix:
    """Times and distances between all places: two int64 arrays of shape (places, places).

    Row is from, column is to; the diagonal is 0; `UNREACHABLE` where there is no way.
    """

    seconds: np.ndarray
    metres: np.ndarray


@dataclass(frozen=True)
class Line:
    """A drawn way: its (lon, lat) points and whether it follows a "road" or is an "estimate"."""

    geometry: tuple[Coordinate, ...]
    source: str


class Provider(Protocol):
    """A source of travel times. Places are fixed when it is made; indices refer to them."""

    source: str

    def snap(self) -> list[Snap]:
        """Return how each place met the network."""

    def matrix(self, profile: str) -> Matrix:
        """Return times and distances for a vehicle profile."""

    def lines(self, pairs: Sequence[tuple[int, int]], profile: str) -> list[Line]:
        """Return the way drawn for each (from, to) pair of place indices."""


@dataclass(frozen=True)
class Travel:
    """The places of a problem with their times: what scheduler, checker and engines all read.

    Points with equal coordinates share a place. `stop_place` and `depot_place` give the place of the stop or
    depot with that index in the problem; `matrices` holds one matrix per vehicle profile.
    """

    places: tuple[Coordinate, ...]
    stop_place: tuple[int, ...]
    depot_place: tuple[int, ...]
    matrices: dict[str, Matrix]
    snaps: tuple[Snap, ...]
    provider: Provider


def places_of(problem: Problem) -> tuple[list[Coordinate], list[int], list[int]]:
    """Return the distinct places of a problem, the place of each stop and the place of each depot.

    Coordinates that agree to seven decimals (about a centimetre) are one place.
    """
    index: dict[Coordinate, int] = {}

    def place(lon: float, lat: float) -> int:
        return index.setdefault((round(lon, 7), round(lat, 7)), len(index))

    depot_place = [place(depot.lon, depot.lat) for depot in problem.depots]
    stop_place = [place(stop.lon, stop.lat) for stop in problem.stops]
    return list(index), stop_place, depot_place
