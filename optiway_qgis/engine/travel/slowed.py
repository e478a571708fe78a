"""Traffic for sources that know travel only from place to place: their times, slowed by factors at the ends.

Roads are not known here: rows for a class of road and barriers are refused. When which row holds is known by
traffic.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from optiway_qgis.engine.travel.kinds import scaled
from optiway_qgis.engine.travel.shapes import geometry_of
from optiway_qgis.model.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.travel.provider import Conditions, Coordinate, Line, Matrix, Provider, Snap


class Slowed:
    """A provider under conditions that are factors of places: its seconds times a factor, rounded up.

    The factor of a pair is that of the weather times the mean of the factors at its two ends. Distances,
    lines and snapping are those of the provider.

    Raises
    ------
    InputError
        When rows name classes of roads, or when there are barriers.
    """

    def __init__(self, base: Provider, places: Sequence[Coordinate], conditions: Conditions):
        classes = sorted({row.road_class for row in conditions.rows if row.road_class})
        problems = []
        if classes:
            problems.append(
                f"The traffic table has rows for road classes ({', '.join(classes)}): give ROADS, as "
                f'travel times of the source "{base.source}" are not known by road, or leave the classes out.'
            )
        if conditions.barriers:
            problems.append(
                f'Barriers need ROADS or a Valhalla server; the source of travel times is "{base.source}".'
            )
        if problems:
            raise InputError(problems)
        self.source = base.source
        self._base = base
        self._half = place_factors(places, conditions) * conditions.weather / 2
        self._matrices: dict[int, tuple[Matrix, Matrix]] = {}

    def snap(self) -> list[Snap]:
        """Return how each place met the network."""
        return self._base.snap()

    def matrix(self, profile: str) -> Matrix:
        """Return slowed times and the distances of the provider, one object where it has one."""
        matrix = self._base.matrix(profile)
        if id(matrix) not in self._matrices:
            # The matrix is kept beside its slowed one, as long as its identity is the key.
            slowed = scaled(matrix, self._half)
            self._matrices[id(matrix)] = matrix, slowed
        return self._matrices[id(matrix)][1]

    def lines(self, pairs: Sequence[tuple[int, int]], profile: str) -> list[Line]:
        """Return the lines of the provider."""
        return self._base.lines(pairs, profile)

    def under(self, conditions: Conditions) -> Provider:
        """Return the provider under other conditions instead."""
        return self._base.under(conditions)


def place_factors(places: Sequence[Coordinate], conditions: Conditions) -> np.ndarray:
    """Return the factor of the traffic at each place, shape (places,), the weather left out.

    A zone holds on its border, too. Rows of a zone go before those without one; of equals the largest
    factor holds.
    """
    points = np.array(places, dtype=float).reshape(-1, 2)
    everywhere = max((row.factor for row in conditions.rows if not row.zone), default=1.0)
    in_zone = np.full(len(points), -np.inf)
    for row in conditions.rows:
        if row.zone:
            zone = geometry_of(conditions.zones[row.zone])
            shapely.prepare(zone)
            inside = shapely.intersects_xy(zone, points[:, 0], points[:, 1])
            in_zone[inside] = np.maximum(in_zone[inside], row.factor)
    return np.where(np.isfinite(in_zone), in_zone, everywhere)
