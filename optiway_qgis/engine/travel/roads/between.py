"""Ways between places that lie within arcs of the graph: tables of all pairs, and the geometry of some.

A place is on an arc, not at a node: what is left of its arc is added at the start, and at the end it is what
has not been driven of the last arc.

An arc may be closed somewhere: no way leads along all of it, but one may begin behind that or end before.
Where arcs are nodes, a closed one can be driven into and not be left, and ways begin on the arcs after it.
"""

from __future__ import annotations

import weakref
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.engine.travel.roads.components import ranges
from optiway_qgis.engine.travel.roads.graph import DM, MS
from optiway_qgis.engine.travel.roads.paths import NO_WAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optiway_qgis.engine.travel.provider import Coordinate
    from optiway_qgis.engine.travel.roads.graph import Arcs, Graph
    from optiway_qgis.engine.travel.roads.paths import Hierarchy, Start, Weighted
    from optiway_qgis.engine.travel.roads.pieces import Pieces
    from optiway_qgis.engine.travel.roads.snap import OnRoad


MOST_LINKS = 8_000_000
"""Weights of so many links, under all conditions of a day together, stay in memory (about 100 bytes each)."""

_ROWS = 500
"""Places from which ways are looked for at once: what is in hand meanwhile takes some 200 MB at the most for
ten thousand places.
"""


@dataclass(frozen=True)
class _Weights:
    """One weighting of time (`of_ms`) and distance (`of_dm`), and what is left by it of each place's arcs."""

    of_ms: int
    of_dm: int
    paths: Weighted
    left: np.ndarray

    def of(self, roads: Arcs | Graph, some: np.ndarray) -> np.ndarray:
        """Return the weights of some arcs, or of some links of the graph."""
        return self.of_ms * roads.ms[some] + self.of_dm * roads.dm[some]


class _Joining:
    """The links of a graph by the nodes they join."""

    def __init__(self, graph: Graph):
        self._nodes, self._tail, self._head = graph.nodes, graph.tail, graph.head

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        key = self._tail * self._nodes + self._head
        order = np.argsort(key, kind="stable")
        return order, key[order]

    def along(self, nodes: Sequence[int]) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        """Return a link from each of some nodes to the next, and all of them where there are several."""
        order, keys = self._sorted
        steps = np.array(nodes[:-1], dtype=np.int64) * self._nodes + np.array(nodes[1:], dtype=np.int64)
        first, end = np.searchsorted(keys, steps), np.searchsorted(keys, steps, side="right")
        several = np.flatnonzero(end - first > 1).tolist()
        return order[first], {step: order[first[step] : end[step]] for step in several}


class Between:
    """Ways between the places that are served, numbered in the order of their places.

    Times are shortest times. Distances are those of a fastest way: with time weighted so heavily that a way
    must be kilometres shorter to make up for a second, the weight of the best way less that of its known time
    is its length. The weight of time is the largest that fits 31 bits on the longest way of the table.
    `closed` marks the arcs that are closed somewhere.
    """

    def __init__(
        self,
        pieces: Pieces,
        arcs: Arcs,
        graph: Graph,
        hierarchy: Hierarchy,
        places: OnRoad,
        closed: np.ndarray | None = None,
    ):
        served = places.served
        self._pieces, self._arcs, self._graph, self._hierarchy = pieces, arcs, graph, hierarchy
        self._joining = _Joining(graph)
        self._piece, self._segment = places.piece[served], places.segment[served]
        self._by_piece = np.argsort(self._piece, kind="stable")
        self._point = list(zip(places.lon[served].tolist(), places.lat[served].tolist()))
        self._on = places.arcs[served]
        self._leaves, self._arrives, self._cell = (
            of_place[served] for of_place in (places.leaves, places.arrives, places.cell)
        )
        self._left_ms, self._left_dm = places.ms[served], places.dm[served]
        self._closed = np.zeros(len(arcs.ms), dtype=bool) if closed is None else closed
        self._both: weakref.ref[_Weights] | None = None
        self._alive: deque[_Weights] = deque(maxlen=max(2, MOST_LINKS // max(1, len(graph.ms))))
        self._heavy = 0

    def changed(self, arcs: Arcs, graph: Graph, places: OnRoad, closed: np.ndarray) -> Between:
        """Return the ways on the same roads when their times are others and some are closed."""
        other = Between(self._pieces, arcs, graph, self._hierarchy, places, closed)
        other._joining, other._alive = self._joining, self._alive
        return other

    def tables(self) -> tuple[np.ndarray, np.ndarray]:
        """Return seconds and metres between all places, rounded up, `UNREACHABLE` where there is no way.

        They are worked out each time: with ten thousand places nobody keeps them twice.
        """
        count = len(self._on)
        seconds, metres = (np.empty((count, count), dtype=np.int32) for _ in range(2))
        farthest = 0.0
        for rows, ms, at_node in self._rows(self._weights(1, 0)):
            # What is not rounded yet stands in the place of seconds until the distances are known.
            seconds[rows] = np.where(np.isfinite(ms), ms, UNREACHABLE)
            farthest = max(farthest, at_node)
        arc_ms = int(self._arcs.ms[self._on[self._on >= 0]].max(initial=0))
        fastest = float((self._arcs.dm / self._arcs.ms).max())
        self._heavy = max(1, int((NO_WAY - 1) / (max(farthest, 1) + 2 * arc_ms) - fastest - 1))
        for rows, both, _ in self._rows(self._both_weights()):
            ms = seconds[rows].astype(float)
            way = ms != UNREACHABLE
            seconds[rows] = np.where(way, np.ceil(ms / MS), UNREACHABLE)
            metres[rows] = np.where(way, np.ceil((both - self._heavy * ms) / DM), UNREACHABLE)
        return seconds, metres

    def geometries(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[Coordinate, ...]]:
        """Return the points of the way of each pair, two or more; empty where there is no way."""
        return [self._drawn(pair, route) if route else () for pair, route in zip(pairs, self._routes(pairs))]

    def _both_weights(self) -> _Weights:
        if not self._heavy:
            self.tables()
        both = self._both() if self._both else None
        if both is None:
            both = self._weights(self._heavy, 1)
            self._both = weakref.ref(both)
            self._alive.append(both)
        return both

    def _weights(self, of_ms: int, of_dm: int) -> _Weights:
        links = of_ms * self._graph.ms + of_dm * self._graph.dm
        closed = self._closed[self._graph.tail] if self._graph.by_turns else self._closed
        paths = self._hierarchy.weighted(np.where(closed, NO_WAY, links))
        return _Weights(of_ms, of_dm, paths, of_ms * self._left_ms + of_dm * self._left_dm)

    def _rows(self, weights: _Weights) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
        """Yield places, the weights from them to all places, and the largest of those at a target's node.

        Places on the same piece of road come after each other.
        """
        nodes = self._on if self._graph.by_turns else self._arcs.tail[self._on]
        targets, column = np.unique(np.where(self._on >= 0, nodes, nodes.max(initial=0)), return_inverse=True)
        column = column.reshape(nodes.shape)
        at_end = self._at_end(weights)
        for first in range(0, len(self._on), _ROWS):
            rows = self._by_piece[first : first + _ROWS]
            starts = [self._starts(weights, place) for place in rows.tolist()]
            reached = weights.paths.table(starts, targets.tolist())
            best, farthest = np.full((len(rows), len(self._on)), np.inf), 0.0
            for side in range(2):
                ends = reached[:, column[:, side]] + at_end[None, :, side]
                ends[:, ~self._arrives[:, side]] = np.inf
                self._set_same_arc(weights, side, rows, ends)
                at_node = ends - at_end[None, :, side]
                farthest = max(farthest, float(at_node[np.isfinite(at_node)].max(initial=0)))
                np.minimum(best, ends, out=best)
            best[np.arange(len(rows)), rows] = 0
            yield rows, best, farthest

    def _at_end(self, weights: _Weights) -> np.ndarray:
        """Return what is added to the weight of a target's node: driven of the last arc, or not driven."""
        if self._graph.by_turns:
            return -weights.left
        return weights.of(self._arcs, self._on) - weights.left

    def _starts(self, weights: _Weights, place: int) -> list[Start]:
        starts: list[Start] = []
        for side in np.flatnonzero(self._leaves[place]):
            arc, left = int(self._on[place, side]), int(weights.left[place, side])
            if not self._graph.by_turns:
                starts.append((int(self._arcs.head[arc]), left))
            elif self._closed[arc]:
                starts += self._onward(weights, arc, left).items()
            else:
                starts.append((arc, left))
        return starts

    def _set_same_arc(self, weights: _Weights, side: int, rows: np.ndarray, ends: np.ndarray) -> None:
        """Put right the pairs of places that are on the same arc; `ends` has the weights from `rows`.

        Between junctions, the way along the arc itself is missing. From arc to arc, the way to a place behind
        on the same arc seems to be negative: in truth it leads around and into the arc again.
        """
        sorted_pieces = self._piece[self._by_piece]
        for at in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(self._piece[rows])) + 1):
            some, piece = rows[at], self._piece[rows[at[0]]]
            group = self._by_piece[slice(*np.searchsorted(sorted_pieces, [piece, piece + 1]))]
            arc = int(self._on[some[0], side])
            if len(group) < 2 or arc < 0:
                continue
            left = weights.left[some, side]
            ahead = left[:, None] - weights.left[group, side][None, :]
            here = np.ix_(at, group)
            if self._graph.by_turns and not self._closed[arc] and (ahead < 0).any():
                again, other_way = self._around(weights, arc, int(self._on[some[0], 1 - side]))
                around = left + again
                around = np.minimum(around, weights.left[some, 1 - side] + other_way)
                ends[here] = np.where(
                    ahead < 0, around[:, None] - weights.left[group, side][None, :], ends[here]
                )
            along = (ahead >= 0) & (self._cell[some][:, None] == self._cell[group][None, :])
            ends[here] = np.where(along, np.minimum(ends[here], ahead), ends[here])

    def _around(self, weights: _Weights, arc: int, opposite: int) -> tuple[float, float]:
        """Return the weight from the end of an arc to its end again, and from the opposite arc's end."""
        starts = [list(self._onward(weights, arc, 0).items()), [(opposite, 0)] if opposite >= 0 else []]
        found = weights.paths.paths([(sources, [(arc, 0)]) for sources in starts])
        again, other_way = (path.weight if path else np.inf for path in found)
        return float(again), float(other_way)

    def _onward(self, weights: _Weights, arc: int, begun: int) -> dict[int, int]:
        """Return the arcs that follow an arc, with the weight at their ends."""
        # Links that are turns are in the order of the arcs before them.
        links = np.arange(*np.searchsorted(self._graph.tail, [arc, arc + 1]))
        ends = zip(self._graph.head[links].tolist(), (begun + weights.of(self._graph, links)).tolist())
        return {node: weight for node, weight in ends if weight < NO_WAY}

    def _routes(self, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
        """Return the arcs of the way of each pair, empty where there is none."""
        weights = self._both_weights()
        find = self._by_turns if self._graph.by_turns else self._by_junctions
        return find(weights, pairs)

    def _by_turns(self, weights: _Weights, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
        asked, firsts = [], []
        for origin, end in pairs:
            starts: dict[int, int] = {}
            first: dict[int, list[int]] = {}
            for side in np.flatnonzero(self._leaves[origin]):
                arc, begun = int(self._on[origin, side]), int(weights.left[origin, side])
                behind = self._piece[origin] == self._piece[end] and begun < weights.left[end, side]
                begins_after = behind or self._closed[arc]
                onward = self._onward(weights, arc, begun) if begins_after else {arc: begun}
                for node, weight in onward.items():
                    if weight < starts.get(node, NO_WAY):
                        starts[node] = weight
                        first[node] = [arc] if begins_after else []
            # Weights may not be negative: all ends are raised alike.
            raised = int(weights.left[end].max())
            ends = [
                (int(self._on[end, side]), raised - int(weights.left[end, side]))
                for side in np.flatnonzero(self._arrives[end])
            ]
            asked.append((list(starts.items()), ends))
            firsts.append((first, raised))
        routes = []
        for pair, path, (first, raised) in zip(pairs, weights.paths.paths(asked), firsts):
            direct = self._direct(weights, *pair)
            if direct and (not path or direct[0] <= path.weight - raised):
                routes.append([direct[1]])
            else:
                routes.append([*first[path.nodes[0]], *path.nodes] if path else [])
        return routes

    def _by_junctions(self, weights: _Weights, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
        at_end = self._at_end(weights)
        asked = []
        for origin, end in pairs:
            arcs = [(self._on[end, side], side) for side in np.flatnonzero(self._arrives[end])]
            ends = [(int(self._arcs.tail[arc]), int(at_end[end, side])) for arc, side in arcs]
            asked.append((self._starts(weights, origin), ends))
        paths = weights.paths.paths(asked)
        links = [self._lightest(weights, path.nodes) if path else [] for path in paths]
        routes = []
        for (origin, end), path, between in zip(pairs, paths, links):
            direct = self._direct(weights, origin, end)
            if direct and (not path or direct[0] <= path.weight):
                routes.append([direct[1]])
            elif path:
                first = min(
                    (int(weights.left[origin, side]), int(self._on[origin, side]))
                    for side in np.flatnonzero(self._leaves[origin])
                    if self._arcs.head[self._on[origin, side]] == path.nodes[0]
                )[1]
                last = min(
                    (int(at_end[end, side]), int(self._on[end, side]))
                    for side in np.flatnonzero(self._arrives[end])
                    if self._arcs.tail[self._on[end, side]] == path.nodes[-1]
                )[1]
                routes.append([first, *between, last])
            else:
                routes.append([])
        return routes

    def _lightest(self, weights: _Weights, nodes: list[int]) -> list[int]:
        """Return the lightest of the parallel links from each of some nodes to the next."""
        links, several = self._joining.along(nodes)
        for step, parallel in several.items():
            open_ = parallel[~self._closed[parallel]]
            links[step] = open_[weights.of(self._graph, open_).argmin()]
        return links.tolist()

    def _direct(self, weights: _Weights, origin: int, end: int) -> tuple[int, int] | None:
        """Return weight and arc of the way along one arc, where there is one."""
        if self._piece[origin] != self._piece[end] or self._cell[origin] != self._cell[end]:
            return None
        ahead = weights.left[origin] - weights.left[end]
        ways = [(int(ahead[side]), int(self._on[origin, side])) for side in range(2)]
        return min((way for way in ways if way[0] >= 0 and way[1] >= 0), default=None)

    def _drawn(self, pair: tuple[int, int], route: list[int]) -> tuple[Coordinate, ...]:
        """Return the points from the origin on the road along the arcs to the end on the road."""
        origin, end = pair
        pieces, arcs = self._pieces, self._arcs
        piece, reverse = arcs.piece[route], arcs.reverse[route]
        low, high = pieces.first[piece], pieces.first[piece + 1] - 1
        for number, segment, begins in ((0, self._segment[origin], True), (-1, self._segment[end], False)):
            if reverse[number] == begins:
                high[number] = segment
            else:
                low[number] = segment + 1
        size = high - low + 1
        step = ranges(np.zeros_like(size), size)
        points = np.where(np.repeat(reverse, size), np.repeat(high, size) - step, np.repeat(low, size) + step)
        inner = zip(pieces.lon[points].tolist(), pieces.lat[points].tolist())
        whole = [self._point[origin], *inner, self._point[end]]
        kept = [whole[0], *(after for before, after in pairwise(whole) if after != before)]
        return tuple(kept) if len(kept) > 1 else (whole[0], whole[0])
