"""Travel estimated from the straight line alone: no network, no server, no data.

Here live the straight-line distances, the laws that turn them into seconds and metres on the road, and their
constants. What is known from a road network belongs to other providers.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.travel.kinds import row_blocks
from optiway_qgis.engine.travel.provider import SNAP_OK, Line, Matrix, Snap
from optiway_qgis.engine.travel.slowed import Slowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optiway_qgis.engine.travel.provider import Conditions, Coordinate, Provider

SOURCE = "estimate"

SEMI_MAJOR = 6_378_137.0
FLATTENING = 1 / 298.257223563
MEAN_RADIUS = 6_371_008.8
"""Metres, WGS 84: the equator's radius, the flattening, and the mean radius (2 a + b) / 3."""


@dataclass(frozen=True)
class Law:
    """A power law of the straight-line distance d (metres) that goes on as its tangent from `bend` metres on.

    d < bend:   far * (bend / exponent) * (d / bend) ** exponent
    otherwise:  far * (bend / exponent + d - bend)

    `far` is what one more straight metre costs on a long way, in seconds or metres. Short trips are slow and
    winding, long ones are not: measured trips follow a power law up to a distance and a line of the same
    slope beyond it (Kolesar and Walker, Measuring the Travel Characteristics of New York City's Fire
    Companies, RAND R-1449, 1974; their exponent is 0.5). With an exponent of at most 1 the law is concave and
    0 at 0, so it keeps the triangle inequality of the distances, and it never falls below far * d.
    """

    exponent: float
    bend: float
    far: float

    def __call__(self, straight: np.ndarray) -> np.ndarray:
        """Return the law at straight-line distances in metres, an array of any shape."""
        near = (np.minimum(straight, self.bend) / self.bend) ** self.exponent
        return self.far * (self.bend / self.exponent * near + np.maximum(straight - self.bend, 0))

    def scaled(self, factor: float) -> Law:
        """Return the law with all its values times `factor`."""
        return Law(self.exponent, self.bend, self.far * factor)


@dataclass(frozen=True)
class Speed:
    """How one kind of vehicle travels: the law of its seconds and that of its metres."""

    seconds: Law
    metres: Law


# Fitted by benchmarks/calibrate_estimate.py to OSRM times and distances between 242 places in Porto, so that
# the mean of each distance band is met and the sum over a tour with it; docs/estimate.md has the figures. The
# data end at 15 km, so `far` is set: a car on a long way makes 80 km/h and a bicycle 12 km/h along the
# straight line, and drives 1.3 m per straight metre, as on motorway networks (Wang et al., How much longer do
# you have to drive than the crow has to fly?, arXiv 2406.06490, 2024); paths for bicycles and feet are more
# direct (1.2 fits best).
_CAR = Speed(seconds=Law(0.615, 14_600, 3.6 / 80), metres=Law(0.745, 1_280, 1.3))
# A truck takes the car's roads; it is slower off the mark and held to 80 or 90 km/h where a car drives
# 100 to 120.
_TRUCK = Speed(seconds=_CAR.seconds.scaled(1.25), metres=_CAR.metres)
_BIKE = Speed(seconds=Law(0.805, 2_310, 3.6 / 12), metres=Law(0.91, 4_830, 1.2))
_FOOT_METRES = Law(0.905, 1_560, 1.2)
# On foot speed does not depend on distance: 4.8 km/h, a little below the 5 km/h of a walker without goods.
_FOOT = Speed(seconds=_FOOT_METRES.scaled(3.6 / 4.8), metres=_FOOT_METRES)

SPEEDS = {"car": _CAR, "van": _CAR, "truck": _TRUCK, "bike": _BIKE, "foot": _FOOT}
"""Vehicle profile to its laws."""


def earth_centred(places: Sequence[Coordinate]) -> np.ndarray:
    """Return the (x, y, z) of places in metres from the Earth's centre on WGS 84, shape (places, 3).

    Whole millimetres, so that a place has the same three numbers by all its names: longitude 180 and -180,
    any longitude at a pole.
    """
    degrees = np.array(places, dtype=float).reshape(-1, 2)
    lon, lat = np.radians(degrees).T
    squared_eccentricity = FLATTENING * (2 - FLATTENING)
    normal = SEMI_MAJOR / np.sqrt(1 - squared_eccentricity * np.sin(lat) ** 2)
    x = normal * np.cos(lat) * np.cos(lon)
    y = normal * np.cos(lat) * np.sin(lon)
    z = normal * (1 - squared_eccentricity) * np.sin(lat)
    return np.round(np.column_stack([x, y, z]), 3)


def straight_metres(from_xyz: np.ndarray, to_xyz: np.ndarray) -> np.ndarray:
    """Return distances along the surface in metres between earth-centred points, shape (from, to).

    The chord is bent to the mean sphere. Against the geodesic: within 2 mm and 0.002 % up to 1000 km, 0.03 %
    up to 5000 km, 0.2 % up to 10,000 km; 5 % off at most, near the antipode. Symmetric to the last bit, and
    found in a fraction of the geodesic's time.
    """
    squared = np.zeros((len(from_xyz), len(to_xyz)))
    for axis in range(3):
        squared += (from_xyz[:, axis, None] - to_xyz[None, :, axis]) ** 2
    half_angle = np.arcsin(np.minimum(np.sqrt(squared) / (2 * MEAN_RADIUS), 1))
    return 2 * MEAN_RADIUS * half_angle


class Estimate:
    """Times and distances by power laws of the straight-line distance, the same both ways.

    Seconds and metres are rounded up, which keeps the triangle inequality (to distances of 1000 km) and
    leaves 0 to pairs at the same place. Metres never fall below the straight line.
    """

    source = SOURCE

    def __init__(self, places: Sequence[Coordinate]):
        self._places = list(places)
        self._tables: dict[Law, np.ndarray] = {}
        self._matrices: dict[Speed, Matrix] = {}

    def snap(self) -> list[Snap]:
        """Return ok and 0 metres for each place: there is no network to be far from."""
        return [Snap(0.0, SNAP_OK)] * len(self._places)

    def knows(self, profile: str) -> bool:
        """Return whether the profile has laws of its own; those of a car serve any other."""
        return profile in SPEEDS

    def matrix(self, profile: str) -> Matrix:
        """Return times and distances for a profile; profiles that travel alike share one matrix.

        A truck has its metres in common with a car.
        """
        speed = SPEEDS.get(profile, _CAR)
        if speed not in self._matrices:
            laws = {law for law in (speed.seconds, speed.metres) if law not in self._tables}
            self._tables |= self._estimated(laws)
            self._matrices[speed] = Matrix(self._tables[speed.seconds], self._tables[speed.metres])
        return self._matrices[speed]

    def lines(self, pairs: Sequence[tuple[int, int]], profile: str) -> list[Line]:
        """Return the straight line of two points for each pair, marked as an estimate."""
        return straight_lines(self._places, pairs)

    def under(self, conditions: Conditions) -> Provider:
        """Return the estimate slowed by the traffic at both ends."""
        return Slowed(self, self._places, conditions)

    def _estimated(self, laws: Iterable[Law]) -> dict[Law, np.ndarray]:
        """Return a table for each law, worked out block by block of rows, each pair of places once."""
        count = len(self._places)
        tables = {law: np.empty((count, count), dtype=np.int32) for law in laws}
        xyz = earth_centred(self._places)

        def fill(block: slice) -> None:
            rest = slice(block.start, None)
            straight = straight_metres(xyz[block], xyz[rest])
            for law, table in tables.items():
                table[block, rest] = np.ceil(law(straight))
                table[rest, block] = table[block, rest].T

        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            list(threads.map(fill, row_blocks(count) if tables else ()))
        return tables


def straight_lines(places: Sequence[Coordinate], pairs: Sequence[tuple[int, int]]) -> list[Line]:
    """Return the straight line between the two places of each pair, marked as an estimate."""
    return [Line((places[origin], places[end]), SOURCE) for origin, end in pairs]
