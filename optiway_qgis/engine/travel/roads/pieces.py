"""Lines of roads made into pieces between junctions: geometry, seconds and metres in both directions.

Lines are joined where they have a vertex in common. What happens at junctions (turns) and along a whole way
belongs to other files; numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optiway_qgis.engine.travel.estimate import MEAN_RADIUS, earth_centred

DECIMALS = 7
"""Vertices whose degrees agree to this many decimals (about a centimetre) are one."""


@dataclass(frozen=True)
class Pieces:
    """Stretches of road from junction to junction, each drivable in one direction or both.

    `tail`, `head`: junction at the first and at the last point of each piece. `first` (pieces + 1) are
    offsets into the arrays with one entry per point: `lon`, `lat` in degrees; `metres`, `forward`,
    `backward`: what has been driven from the piece's first point to this one in metres, in seconds, and in
    seconds when driven the other way. `forward` or `backward` is infinite where that direction is closed.
    `line`: the line of the layer that leads from this point to the next, -1 at the last point of a piece.
    """

    tail: np.ndarray
    head: np.ndarray
    first: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    metres: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    line: np.ndarray
    junctions: int

    @cached_property
    def last(self) -> np.ndarray:
        """Return the index of the last point of each piece."""
        return self.first[1:] - 1


def pieces_of(
    lon: np.ndarray, lat: np.ndarray, first: np.ndarray, forward_kmh: np.ndarray, backward_kmh: np.ndarray
) -> Pieces:
    """Return the pieces of lines driven at these speeds (km/h per line and direction, 0 where closed).

    `lon`, `lat`: degrees of all vertices, `first` (lines + 1): offsets into them.
    """
    line = np.repeat(np.arange(len(first) - 1), np.diff(first))
    finite = np.isfinite(lon) & np.isfinite(lat)
    vertex = np.flatnonzero(((forward_kmh > 0) | (backward_kmh > 0))[line] & finite)
    line = line[vertex]
    scale = 10**DECIMALS
    x, y = (np.round(degrees[vertex] * scale).astype(np.int64) for degrees in (lon, lat))
    key, point, node = np.unique(
        (x + 180 * scale) * (1 << 31) + y + 90 * scale, return_index=True, return_inverse=True
    )
    point_lon, point_lat = x[point] / scale, y[point] / scale
    xyz = earth_centred(np.column_stack([point_lon, point_lat]))  # type: ignore[arg-type]

    start = np.flatnonzero((line[1:] == line[:-1]) & (node[1:] != node[:-1]) & (np.diff(vertex) == 1))
    begin, end, line = node[start], node[start + 1], line[start]
    chord = np.sqrt(((xyz[begin] - xyz[end]) ** 2).sum(axis=1))
    metres = 2 * MEAN_RADIUS * np.arcsin(np.minimum(chord / (2 * MEAN_RADIUS), 1))
    with np.errstate(divide="ignore"):
        seconds = [metres * 3.6 / kmh[line] for kmh in (forward_kmh, backward_kmh)]
    return _joined(len(key), point_lon, point_lat, begin, end, line, metres, *seconds)


def _joined(
    count: int,
    lon: np.ndarray,
    lat: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    line: np.ndarray,
    metres: np.ndarray,
    forward: np.ndarray,
    backward: np.ndarray,
) -> Pieces:
    """Return the segments between points joined along all points where nothing but going on is possible.

    A half is a segment in one direction: half s leads along segment s, half s + segments against it.
    """
    segments = len(begin)
    tail, head = np.concatenate([begin, end]), np.concatenate([end, begin])
    twin = np.concatenate([np.arange(segments) + segments, np.arange(segments)])
    open_ = np.isfinite(np.concatenate([forward, backward]))
    degree = np.bincount(tail, minlength=count)
    leaving = np.bincount(tail[open_], minlength=count)
    entering = np.bincount(head[open_], minlength=count)
    passing = (degree == 2) & (leaving == entering)
    # Two halves leave a passing point: the one that is not the way back goes on.
    of_passing = np.flatnonzero(passing[tail])
    of_passing = of_passing[np.argsort(tail[of_passing], kind="stable")]
    one, other = (np.zeros(count, dtype=np.int64) for _ in range(2))
    one[tail[of_passing[::2]]], other[tail[of_passing[::2]]] = of_passing[::2], of_passing[1::2]

    def joined(passing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each half the first half of its chain and its number in it."""
        before = np.arange(2 * segments)
        moving = np.flatnonzero(passing[tail])
        here = tail[moving]
        before[moving] = twin[np.where(one[here] == moving, other[here], one[here])]
        place = np.zeros(2 * segments, dtype=np.int64)
        place[moving] = 1
        for _ in range(max(1, int(2 * segments).bit_length())):
            reached = before[moving]
            further = before[reached]
            on = further != reached
            moving, reached, further = moving[on], reached[on], further[on]
            if not len(moving):
                break
            place[moving] += place[reached]
            before[moving] = further
        return before, place

    root, place = joined(passing)
    ringed = passing[tail[root]]
    if ringed.any():
        # A ring without any junction: one of its points becomes one.
        left = set(np.unique(tail[ringed]).tolist())
        while left:
            chosen = min(left)
            passing[chosen] = False
            half = one[chosen]
            left.discard(chosen)
            while head[half] != chosen:
                left.discard(int(head[half]))
                here = head[half]
                half = other[here] if one[here] == twin[half] else one[here]
        root, place = joined(passing)

    # Of the two chains over the same segments the one with the smaller first half is the piece.
    size = np.bincount(root, minlength=2 * segments)
    back = np.empty(2 * segments, dtype=np.int64)
    ends = place == size[root] - 1
    back[root[ends]] = twin[ends]
    kept = np.flatnonzero(root < back[root])
    kept = kept[np.lexsort([place[kept], root[kept]])]
    heads = np.flatnonzero(place[kept] == 0)
    lengths = size[kept[heads]]
    piece_tail, piece_head = tail[kept[heads]], head[kept[heads + lengths - 1]]

    first = np.concatenate([[0], np.cumsum(lengths + 1)])
    points = np.empty(first[-1], dtype=np.int64)
    inner = np.ones(len(points), dtype=bool)
    inner[first[:-1]] = False
    points[first[:-1]] = piece_tail
    points[inner] = head[kept]

    def driven(cost: np.ndarray) -> np.ndarray:
        total = np.zeros(len(points))
        total[inner] = np.where(np.isfinite(cost), cost, 0)
        total = np.cumsum(total)
        total -= np.repeat(total[first[:-1]], np.diff(first))
        closed = np.repeat(~np.isfinite(cost[heads]), np.diff(first))
        total[closed] = np.inf
        return total

    of_line = np.full(len(points), -1, dtype=np.int32)
    of_line[np.flatnonzero(inner) - 1] = line[kept % segments]
    both = np.concatenate([forward, backward])
    junction, number = np.unique(np.concatenate([piece_tail, piece_head]), return_inverse=True)
    return Pieces(
        tail=number[: len(heads)],
        head=number[len(heads) :],
        first=first,
        lon=lon[points],
        lat=lat[points],
        metres=driven(np.concatenate([metres, metres])[kept]),
        forward=driven(both[kept]),
        backward=driven(both[twin[kept]]),
        line=of_line,
        junctions=len(junction),
    )
