"""The one interface of every travel source, and the table of times and distances a plan is made with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from optiway_qgis.model.problem import Problem, Vehicle

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
    """Times and distances between all places: two int32 arrays of shape (places, places).

    Row is from, column is to; the diagonal is 0; `UNREACHABLE` where there is no way. With ten thousand
    places each array takes 400 MB: nothing copies a whole one then, and sums are taken in 64 bits.
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

    def under(self, conditions: Conditions) -> Provider:
        """Return the same places as they are travelled under conditions; `InputError` for those unknown."""


@dataclass(frozen=True)
class TrafficRow:
    """A factor on travel times from `start` to before `end`, in seconds from midnight of the plan date.

    It holds in a zone, on a class of road, on such roads in a zone, or, where both are empty, everywhere. Of
    several rows for one road the one that says most counts: zone and class, then zone, then class; of equals
    the largest factor.
    """

    start: int
    end: int
    factor: float
    zone: str = ""
    road_class: str = ""


BARRIER_KINDS = BLOCK, DELAY, SCALE = "block", "delay", "scale"


@dataclass(frozen=True)
class Barrier:
    """What hinders travel at `geometry` (GeoJSON, degrees) from `start` to before `end`, None for always.

    Of kind block (no way through), delay (`add` seconds for passing) or scale (`factor` on travel times).
    """

    id: str
    kind: str
    geometry: dict[str, Any]
    add: int = 0
    factor: float = 1.0
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Conditions:
    """What holds during a slot: the rows and barriers in force, and a factor for the weather.

    `zones` gives the GeoJSON geometry, in degrees, of each zone that a row names.
    """

    rows: tuple[TrafficRow, ...] = ()
    weather: float = 1.0
    barriers: tuple[Barrier, ...] = ()
    zones: dict[str, dict[str, Any]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Slot:
    """A stretch of the day that is travelled alike: from `start` until the next slot's start.

    `matrices` and `provider` as in `Travel`. Slots that are alike share them.
    """

    start: int
    matrices: dict[str, Matrix]
    provider: Provider


@dataclass(frozen=True)
class Travel:
    """The places of a problem with their times: what scheduler, checker and engines all read.

    Points with equal coordinates share a place. `stop_place` and `depot_place` give the place of the stop or
    depot with that index in the problem; `matrices` holds one matrix per kind of travel (`travel_kind`).

    Where times depend on the hour there are two `slots` or more, by their starts; the first holds before it,
    too. `matrices` then has the least seconds and the least metres of each pair, whatever the slot: a bound.
    """

    places: tuple[Coordinate, ...]
    stop_place: tuple[int, ...]
    depot_place: tuple[int, ...]
    matrices: dict[str, Matrix]
    snaps: tuple[Snap, ...]
    provider: Provider
    slots: tuple[Slot, ...] = ()


def travel_kind(vehicle: Vehicle) -> str:
    """Return the name of the vehicle's travel table: its profile, with its speed where that is another."""
    if vehicle.speed_factor == 1:
        return vehicle.profile
    return f"{vehicle.profile} at {vehicle.speed_factor!r}"


def rounded(place: Coordinate) -> Coordinate:
    """Return a coordinate as it is compared: to seven decimals, about a centimetre."""
    return round(place[0], 7), round(place[1], 7)


def places_of(problem: Problem) -> tuple[list[Coordinate], list[int], list[int]]:
    """Return the distinct places of a problem, the place of each stop and the place of each depot.

    Coordinates that agree when `rounded` are one place.
    """
    index: dict[Coordinate, int] = {}

    def place(lon: float, lat: float) -> int:
        return index.setdefault(rounded((lon, lat)), len(index))

    depot_place = [place(depot.lon, depot.lat) for depot in problem.depots]
    stop_place = [place(stop.lon, stop.lat) for stop in problem.stops]
    return list(index), stop_place, depot_place
