"""Where geometries on the map meet the road.

A position on the road is the index of the point before it plus the share of the way to the next point; those
of a piece run from the index of its first point to that of its last. What happens there is told elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from optiway_qgis.engine.travel.estimate import MEAN_RADIUS
from optiway_qgis.engine.travel.roads.components import ranges
from optiway_qgis.engine.travel.shapes import geometry_of

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.roads.pieces import Pieces

NEAR_M = 25
"""A point farther from each road than this meets none."""

SAME_M = 1e-6
"""Roads whose distances from a point differ by less are equally near."""

DECIMALS = 7
"""Positions are rounded to this, so that one that is at a point of the road is exactly there."""

METRES_PER_DEGREE = np.radians(1) * MEAN_RADIUS


@dataclass(frozen=True)
class Meeting:
    """What of the road a geometry meets: the pieces, and on each from which position to which.

    In the order of their positions, apart from each other; the two are equal where they only cross.
    `of_area`: whether the geometry has an extent.
    """

    piece: np.ndarray
    start: np.ndarray
    end: np.ndarray
    of_area: bool


class RoadMap:
    """The pieces of a network made ready to be asked where they are; answers are kept."""

    def __init__(self, pieces: Pieces):
        self.pieces = pieces
        self._within: dict[str, np.ndarray] = {}
        self._met: dict[str, Meeting] = {}

    def within(self, area: dict[str, Any]) -> np.ndarray:
        """Return for each point whether the middle between it and the next one is in a GeoJSON area."""
        key = json.dumps(area)
        if key not in self._within:
            zone = geometry_of(area)
            shapely.prepare(zone)
            lon, lat = self._middle
            west, south, east, north = zone.bounds
            near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
            inside = np.zeros(len(lon), dtype=bool)
            inside[near] = shapely.intersects_xy(zone, lon[near], lat[near])
            self._within[key] = inside
        return self._within[key]

    def met(self, geometry: dict[str, Any]) -> Meeting:
        """Return what a GeoJSON geometry meets: a line or an area what it touches, a point the nearest road.

        Of several roads equally near, such as those that meet at a junction, a point meets all.
        """
        key = json.dumps(geometry)
        if key not in self._met:
            whole = geometry_of(geometry)
            extent = int(shapely.get_dimensions(whole))
            parts = shapely.get_parts(whole) if extent == 0 else []
            met = [self._nearest(part) for part in parts] or [self._touched(whole)]
            piece, start, end = self._joined(*(np.concatenate(of_part) for of_part in zip(*met)))
            self._met[key] = Meeting(piece, start, end, of_area=extent == 2)
        return self._met[key]

    @cached_property
    def _corner(self) -> np.ndarray:
        return np.column_stack([self.pieces.lon, self.pieces.lat])

    @cached_property
    def _middle(self) -> tuple[np.ndarray, np.ndarray]:
        lon, lat = self.pieces.lon, self.pieces.lat
        after = np.minimum(np.arange(len(lon)) + 1, len(lon) - 1)
        return (lon + lon[after]) / 2, (lat + lat[after]) / 2

    @cached_property
    def _boxes(self) -> shapely.STRtree:
        first = self.pieces.first[:-1]
        low = [np.minimum.reduceat(degrees, first) for degrees in (self.pieces.lon, self.pieces.lat)]
        high = [np.maximum.reduceat(degrees, first) for degrees in (self.pieces.lon, self.pieces.lat)]
        return shapely.STRtree(shapely.box(*low, *high))

    def _segments(self, west: float, south: float, east: float, north: float) -> np.ndarray:
        """Return the stretches between two points, by the first of them, whose box meets a box."""
        piece = np.sort(self._boxes.query(shapely.box(west, south, east, north)))
        here = ranges(self.pieces.first[piece], self.pieces.last[piece])
        lon, lat = self.pieces.lon, self.pieces.lat
        apart = (np.maximum(lon[here], lon[here + 1]) < west) | (np.minimum(lon[here], lon[here + 1]) > east)
        apart |= (np.maximum(lat[here], lat[here + 1]) < south) | (
            np.minimum(lat[here], lat[here + 1]) > north
        )
        return here[~apart]

    def _nearest(self, point: shapely.Point) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the stretches nearest to a point, and the shares of them where they are nearest, twice."""
        scale = METRES_PER_DEGREE * np.array([max(np.cos(np.radians(point.y)), 0.01), 1])
        reach = NEAR_M / scale
        here = self._segments(point.x - reach[0], point.y - reach[1], point.x + reach[0], point.y + reach[1])
        corner = self._corner
        origin = (corner[here] - (point.x, point.y)) * scale
        along = (corner[here + 1] - corner[here]) * scale
        share = np.clip(-(origin * along).sum(axis=1) / (along**2).sum(axis=1), 0, 1)
        metres = np.hypot(*(origin + share[:, None] * along).T)
        chosen = metres <= min(NEAR_M, metres.min(initial=np.inf) + SAME_M)
        return here[chosen], share[chosen], share[chosen]

    def _touched(self, geometry: shapely.Geometry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the stretches that a line or an area touches, and from which share of them to which."""
        here = self._segments(*geometry.bounds)
        corner = self._corner
        lines = shapely.linestrings(np.stack([corner[here], corner[here + 1]], axis=1))
        shapely.prepare(geometry)
        whole = shapely.covers(geometry, lines)
        partly = np.flatnonzero(~whole & shapely.intersects(geometry, lines))
        parts, owner = shapely.get_parts(shapely.intersection(lines[partly], geometry), return_index=True)
        points, part = shapely.get_coordinates(parts, return_index=True)
        crossed = here[partly[owner]]
        origin, along = corner[crossed], corner[crossed + 1] - corner[crossed]
        share = ((points - origin[part]) * along[part]).sum(axis=1) / (along[part] ** 2).sum(axis=1)
        start, end = np.ones(len(parts)), np.zeros(len(parts))
        np.minimum.at(start, part, share)
        np.maximum.at(end, part, share)
        ones = np.ones(int(whole.sum()))
        return (
            np.concatenate([crossed, here[whole]]),
            np.concatenate([np.clip(start, 0, 1), 0 * ones]),
            np.concatenate([np.clip(end, 0, 1), ones]),
        )

    def _joined(
        self, segment: np.ndarray, start: np.ndarray, end: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what is met of stretches as what is met of pieces: which, from where, to where."""
        start, end = (np.round(segment + share, DECIMALS) for share in (start, end))
        order = np.argsort(start, kind="stable")
        start, end = start[order], end[order]
        reached = np.maximum.accumulate(end)
        gaps = np.flatnonzero(start[1:] > reached[:-1])
        start = start[np.append(0, gaps + 1)[: len(start)]]
        end = reached[np.append(gaps, -1)[: len(start)]]
        return np.searchsorted(self.pieces.first, start, side="right") - 1, start, end
