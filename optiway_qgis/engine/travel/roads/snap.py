"""Where each place meets the road: the nearest point of a piece, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import shapely

from optiway_qgis.engine.travel.estimate import MEAN_RADIUS, earth_centred
from optiway_qgis.engine.travel.provider import SNAP_FAR, SNAP_ISLAND, SNAP_OK, SNAP_OUTSIDE, Snap
from optiway_qgis.engine.travel.roads.graph import DM, MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.travel.provider import Coordinate
    from optiway_qgis.engine.travel.roads.graph import Arcs
    from optiway_qgis.engine.travel.roads.pieces import Pieces
    from optiway_qgis.engine.travel.roads.profile import Profile

OUTSIDE_M = 2000
"""Places farther than this from the rectangle around the network are outside of it."""


@dataclass(frozen=True)
class OnRoad:
    """The places on the road: arrays with one row per place.

    `snaps`; `piece` and `segment`: where it is (segment: index of the point before it, `share`: of the way
    from there to the next one); `lon`, `lat`: the point on the road. `arcs` (places, 2): the arcs along and
    against the piece, -1 where closed; `ms`, `dm` of the same shape: what is left of each arc from there to
    its end. `leaves`, `arrives` of the same shape: whether a vehicle gets from there to the end of the arc,
    and from its beginning to there; `cell`: places on one piece get to each other along it when it is equal.
    """

    snaps: tuple[Snap, ...]
    piece: np.ndarray
    segment: np.ndarray
    share: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    arcs: np.ndarray
    ms: np.ndarray
    dm: np.ndarray
    leaves: np.ndarray
    arrives: np.ndarray
    cell: np.ndarray

    @property
    def served(self) -> np.ndarray:
        """Return which places are on the road."""
        return np.array([snap.status == SNAP_OK for snap in self.snaps], dtype=bool)

    def moved(self, some: np.ndarray, elsewhere: OnRoad) -> OnRoad:
        """Return the places with some of them, by their indices, elsewhere."""
        snaps = np.array(self.snaps, dtype=object)
        snaps[some] = elsewhere.snaps
        arrays = {}
        for name in (item.name for item in fields(self) if item.name != "snaps"):
            arrays[name] = getattr(self, name).copy()
            arrays[name][some] = getattr(elsewhere, name)
        return OnRoad(snaps=tuple(snaps), **arrays)


def on_road(
    places: Sequence[Coordinate],
    pieces: Pieces,
    arcs: Arcs,
    profile: Profile,
    shut: np.ndarray | None = None,
) -> OnRoad:
    """Return the places on the nearest road of a main network, none of the pieces marked in `shut`."""
    degrees = np.array(places, dtype=float).reshape(-1, 2)
    x, y = _mercator(degrees[:, 0], degrees[:, 1])
    line_x, line_y = _mercator(pieces.lon, pieces.lat)
    count = len(pieces.tail)
    owner = np.repeat(np.arange(count), np.diff(pieces.first))
    shapes = shapely.linestrings(np.column_stack([line_x, line_y]), indices=owner)
    points = shapely.points(x, y)
    main = np.zeros(count, dtype=bool)
    main[arcs.piece[arcs.main >= 0]] = True
    free = np.ones(count, dtype=bool) if shut is None else ~shut
    scale = MEAN_RADIUS * np.cos(np.radians(np.clip(degrees[:, 1], -MERCATOR_END, MERCATOR_END)))

    piece, apart = _nearest(points, shapes, np.flatnonzero(main & free))
    cut_off, apart_cut_off = _nearest(points, shapes, np.flatnonzero(~main & free))
    on_island = (apart_cut_off * scale <= profile.far_m) & (
        apart * scale > apart_cut_off * scale + profile.island_m
    )
    piece = np.where(on_island, cut_off, piece)

    along = shapely.line_locate_point(shapes[piece], points)
    inner = np.ones(len(owner), dtype=bool)
    inner[pieces.first[:-1]] = False
    steps = np.hypot(np.diff(line_x, prepend=0), np.diff(line_y, prepend=0))
    total = np.cumsum(np.where(inner, steps, 0))
    begin = total[pieces.first[piece]]
    segment = np.searchsorted(total, begin + along, side="right") - 1
    segment = np.clip(segment, pieces.first[piece], pieces.last[piece] - 1)
    step = total[segment + 1] - total[segment]
    share = np.clip((begin + along - total[segment]) / np.where(step > 0, step, 1), 0, 1)

    lon, lat = (at(values, segment, share) for values in (pieces.lon, pieces.lat))
    xyz = earth_centred(np.column_stack([lon, lat]))  # type: ignore[arg-type]
    gaps = np.sqrt(((xyz - earth_centred(places)) ** 2).sum(axis=1))
    of_place = arcs.of_piece[piece]
    ms, dm = left(pieces, arcs, piece, segment, share)
    return OnRoad(
        snaps=tuple(_snaps(degrees, pieces, gaps, on_island, profile)),
        piece=piece,
        segment=segment,
        share=share,
        lon=lon,
        lat=lat,
        arcs=of_place,
        ms=ms,
        dm=dm,
        leaves=of_place >= 0,
        arrives=of_place >= 0,
        cell=np.zeros(len(piece), dtype=np.int64),
    )


def left(
    pieces: Pieces, arcs: Arcs, piece: np.ndarray, segment: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what is left in ms and dm, along the piece and against it, of shape (places, 2)."""
    last = pieces.last[piece]
    forward, backward, metres = (
        at(values, segment, share) for values in (pieces.forward, pieces.backward, pieces.metres)
    )
    # Driven along the piece, what is left is the rest; against it, what lies before.
    with np.errstate(invalid="ignore"):
        seconds = np.column_stack([pieces.forward[last] - forward, backward])
    left_dm = np.column_stack([pieces.metres[last] - metres, metres])
    of_place = arcs.of_piece[piece]
    whole_ms, whole_dm = arcs.ms[of_place], arcs.dm[of_place]
    ms = np.clip(np.round(np.where(of_place < 0, 0, seconds) * MS).astype(np.int64), 0, whole_ms)
    return ms, np.clip(np.round(left_dm * DM).astype(np.int64), 0, whole_dm)


def at(values: np.ndarray, segment: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return a value of points between two of them."""
    with np.errstate(invalid="ignore"):
        return values[segment] + share * (values[segment + 1] - values[segment])


MERCATOR_END = 89.0
"""Degrees of latitude where the plane ends in which the nearest road is looked for."""


def _mercator(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positions in the plane of Mercator, which keeps "nearest" true on the ground at any latitude."""
    return np.radians(lon), np.arcsinh(np.tan(np.radians(np.clip(lat, -MERCATOR_END, MERCATOR_END))))


def _nearest(points: np.ndarray, shapes: np.ndarray, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest of some pieces to each point and its distance in the plane, infinite without any."""
    if not len(among):
        return np.zeros(len(points), dtype=np.int64), np.full(len(points), np.inf)
    piece = among[shapely.STRtree(shapes[among]).nearest(points)]
    return piece, shapely.distance(points, shapes[piece])


def _snaps(
    degrees: np.ndarray, pieces: Pieces, gaps: np.ndarray, on_island: np.ndarray, profile: Profile
) -> list[Snap]:
    """Return how each place met the network."""
    west, east = pieces.lon.min(), pieces.lon.max()
    south, north = pieces.lat.min(), pieces.lat.max()
    corner = np.column_stack([np.clip(degrees[:, 0], west, east), np.clip(degrees[:, 1], south, north)])
    apart = earth_centred(corner) - earth_centred(degrees)  # type: ignore[arg-type]
    beyond = np.sqrt((apart**2).sum(axis=1)) > max(OUTSIDE_M, profile.far_m)
    status = np.where(on_island, SNAP_ISLAND, np.where(gaps > profile.far_m, SNAP_FAR, SNAP_OK))
    status = np.where(beyond, SNAP_OUTSIDE, status)
    return [Snap(float(gap), str(word)) for gap, word in zip(gaps, status)]
