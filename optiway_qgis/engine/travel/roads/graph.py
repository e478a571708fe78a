"""The graph that is searched: directed arcs of road, and what turning from one into the next costs.

Where a profile loses time in turns, the arcs are the nodes of the searched graph and the turns its links;
where it does not, the junctions are its nodes, which is smaller. Whole milliseconds and decimetres; numpy
only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.travel.roads.components import main_network, ranges

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.roads.pieces import Pieces
    from optiway_qgis.engine.travel.roads.profile import Profile

MS = 1000
DM = 10
CROSSING_DEGREES = 45
"""From this angle on a turn across the oncoming lane waits for a gap."""


@dataclass(frozen=True)
class Arcs:
    """Pieces in the directions they can be driven: the open forward directions first, then the backward ones.

    `ms`, `dm`: time and length of each. `of_piece` (pieces, 2): the arc along and the arc against a piece, -1
    where closed. `main`: the main network an arc belongs to, -1 where it is cut off.
    """

    piece: np.ndarray
    reverse: np.ndarray
    tail: np.ndarray
    head: np.ndarray
    ms: np.ndarray
    dm: np.ndarray
    of_piece: np.ndarray
    main: np.ndarray


@dataclass(frozen=True)
class Graph:
    """What is searched: `nodes` nodes at (lon, lat), with links from node to node in ms and dm.

    `by_turns`: nodes are arcs of road, and a link costs the turn and the arc it leads into. Otherwise nodes
    are junctions, and link n is arc n.
    """

    by_turns: bool
    nodes: int
    tail: np.ndarray
    head: np.ndarray
    ms: np.ndarray
    dm: np.ndarray
    lon: np.ndarray
    lat: np.ndarray


def arcs_of(pieces: Pieces) -> Arcs:
    """Return the arcs of the pieces."""
    last = pieces.last
    seconds = np.concatenate([pieces.forward[last], pieces.backward[last]])
    count = len(last)
    open_ = np.flatnonzero(np.isfinite(seconds))
    piece = open_ % max(1, count)
    reverse = open_ >= count
    tail = np.where(reverse, pieces.head[piece], pieces.tail[piece])
    head = np.where(reverse, pieces.tail[piece], pieces.head[piece])
    metres = pieces.metres[last][piece]
    of_piece = np.full(2 * count, -1)
    of_piece[open_] = np.arange(len(open_))
    network = main_network(pieces.junctions, tail, head, metres)
    return Arcs(
        piece=piece,
        reverse=reverse,
        tail=tail,
        head=head,
        ms=np.maximum(1, np.round(seconds[open_] * MS)).astype(np.int64),
        dm=np.round(metres * DM).astype(np.int64),
        of_piece=of_piece.reshape(2, count).T,
        main=np.where(network[tail] == network[head], network[tail], -1),
    )


def graph_of(pieces: Pieces, arcs: Arcs, profile: Profile) -> Graph:
    """Return the graph a profile is searched on."""
    lon, lat = (np.zeros(pieces.junctions) for _ in range(2))
    for degrees, of_point in ((lon, pieces.lon), (lat, pieces.lat)):
        degrees[pieces.tail] = of_point[pieces.first[:-1]]
        degrees[pieces.head] = of_point[pieces.last]
    if not profile.loses_time_in_turns():
        return Graph(False, pieces.junctions, arcs.tail, arcs.head, arcs.ms, arcs.dm, lon, lat)
    before, after, ms = _turns(pieces, arcs, profile)
    return Graph(
        by_turns=True,
        nodes=len(arcs.ms),
        tail=before,
        head=after,
        ms=ms + arcs.ms[after],
        dm=arcs.dm[after],
        lon=(lon[arcs.tail] + lon[arcs.head]) / 2,
        lat=(lat[arcs.tail] + lat[arcs.head]) / 2,
    )


def _turns(pieces: Pieces, arcs: Arcs, profile: Profile) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return all turns: the arc before, the arc after, and the time lost in ms.

    One turns round only where there is no other way on.
    """
    by_tail = np.argsort(arcs.tail, kind="stable")
    leaving = np.bincount(arcs.tail, minlength=pieces.junctions)
    first = np.concatenate([[0], np.cumsum(leaving)])
    before = np.repeat(np.arange(len(arcs.ms)), leaving[arcs.head])
    after = by_tail[ranges(first[arcs.head], first[arcs.head + 1])]
    round_ = (arcs.piece[before] == arcs.piece[after]) & (arcs.reverse[before] != arcs.reverse[after])
    kept = ~round_ | (leaving[arcs.head[before]] == 1)
    before, after, round_ = before[kept], after[kept], round_[kept]

    left, arriving = _bearings(pieces, arcs)
    angle = (left[after] - arriving[before] + 180) % 360 - 180
    steps = np.array(profile.turn_s or [[0, 0]])
    lost = np.interp(np.abs(angle), steps[:, 0], steps[:, 1]) + profile.junction_s
    side = -1 if profile.drive_on == "right" else 1
    lost += np.where(angle * side > CROSSING_DEGREES, profile.crossing_s, 0)
    arms = np.bincount(np.concatenate([pieces.tail, pieces.head]), minlength=pieces.junctions)
    lost = np.where(arms[arcs.head[before]] > 2, lost, 0)
    lost = np.where(round_, profile.u_turn_s, lost) * profile.time_factor
    return before, after, np.round(lost * MS).astype(np.int64)


def _bearings(pieces: Pieces, arcs: Arcs) -> tuple[np.ndarray, np.ndarray]:
    """Return the bearing in degrees, clockwise, in which each arc is left and arrives."""
    begin, end = pieces.first[:-1], pieces.last

    def bearing(origin: np.ndarray, goal: np.ndarray) -> np.ndarray:
        east = (pieces.lon[goal] - pieces.lon[origin] + 180) % 360 - 180
        east = east * np.cos(np.radians(pieces.lat[origin]))
        return np.degrees(np.arctan2(east, pieces.lat[goal] - pieces.lat[origin]))

    first_along, last_along = bearing(begin, begin + 1), bearing(end - 1, end)
    first_against, last_against = bearing(end, end - 1), bearing(begin + 1, begin)
    left = np.where(arcs.reverse, first_against[arcs.piece], first_along[arcs.piece])
    return left, np.where(arcs.reverse, last_against[arcs.piece], last_along[arcs.piece])
