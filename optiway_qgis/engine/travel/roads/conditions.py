"""What traffic, weather and barriers do to a network of roads, and to the places on it.

Times are multiplied stretch by stretch between two points of a line; delays and blocks are at positions on
the road (meets.py), so that a place before one is not hindered by it. docs/roads.md tells users the rules.
Which conditions hold when, and the search for ways, are elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from optiway_qgis.engine.travel.provider import BARRIER_KINDS, BLOCK, DELAY, TrafficRow
from optiway_qgis.engine.travel.roads.components import ranges
from optiway_qgis.engine.travel.roads.graph import MS
from optiway_qgis.engine.travel.roads.meets import DECIMALS
from optiway_qgis.engine.travel.roads.paths import NO_WAY
from optiway_qgis.engine.travel.roads.snap import left
from optiway_qgis.model.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.travel.provider import Barrier, Conditions
    from optiway_qgis.engine.travel.roads.graph import Arcs, Graph
    from optiway_qgis.engine.travel.roads.meets import Meeting, RoadMap
    from optiway_qgis.engine.travel.roads.pieces import Pieces
    from optiway_qgis.engine.travel.roads.snap import OnRoad

LINK = "_link"
"""How the class of a slip road ends: it counts as the class before, unless a row names it."""

LONGEST_MS = NO_WAY // 8
"""No arc takes longer, whatever the delays: three days."""


@dataclass(frozen=True)
class Classes:
    """Classes of road of the layer: their texts, and the index of each line's, -1 for none."""

    texts: Sequence[str]
    codes: np.ndarray


@dataclass(frozen=True)
class Hindrances:
    """What conditions do to the pieces of a network.

    `factor`: on the time of the stretch from each point to the next. `delay_at` (sorted positions) and
    `delay_ms`: what is lost there in either direction. `blocks` (n, 2): from where to where there is no way,
    by their starts. `idle`: the barriers that meet no road, by their ids.
    """

    factor: np.ndarray
    delay_at: np.ndarray
    delay_ms: np.ndarray
    blocks: np.ndarray
    idle: tuple[str, ...]

    def roads(self, pieces: Pieces, arcs: Arcs, graph: Graph) -> tuple[Pieces, Arcs, Graph, np.ndarray]:
        """Return pieces, arcs and graph as they are driven, and which arcs are blocked somewhere.

        The times of the pieces are those without delays. The time lost in a turn grows as that of the arc it
        leads into, its delays left out.
        """
        first, last = pieces.first[arcs.piece], pieces.last[arcs.piece]
        driven = pieces
        if (self.factor != 1).any():
            driven = replace(
                pieces,
                forward=self._driven(pieces, pieces.forward),
                backward=self._driven(pieces, pieces.backward),
            )
        usual, seconds = (
            np.where(arcs.reverse, some.backward[last], some.forward[last]) for some in (pieces, driven)
        )
        ms = np.maximum(1, np.round(seconds * MS)) + self._lost(last, "right") - self._lost(first, "left")
        slowed = replace(arcs, ms=np.minimum(ms, LONGEST_MS).astype(np.int64))
        if not graph.by_turns:
            searched = replace(graph, ms=slowed.ms)
        else:
            growth = np.divide(seconds, usual, out=np.ones(len(usual)), where=usual > 0)
            turning = np.round((graph.ms - arcs.ms[graph.head]) * growth[graph.head])
            searched = replace(graph, ms=turning.astype(np.int64) + slowed.ms[graph.head])
        return driven, slowed, searched, self.blocked(pieces)[arcs.piece]

    def places(self, on_road: OnRoad, driven: Pieces, arcs: Arcs) -> OnRoad:
        """Return the places with what is left of their arcs, and whether blocks let vehicles get there.

        `driven`, `arcs`: those of `roads`.
        """
        piece, here = on_road.piece, np.round(on_road.segment + on_road.share, DECIMALS)
        first, last = driven.first[piece], driven.last[piece]
        moving, _ = left(driven, arcs, piece, on_road.segment, on_road.share)
        ahead = self._lost(last, "right") - self._lost(here, "right")
        behind = self._lost(here, "left") - self._lost(first, "left")
        begins, ends = (of_piece[piece] for of_piece in self._blocked(driven))
        free = np.column_stack([ends < here, begins > here])
        started = np.searchsorted(self.blocks[:, 0], here, side="right")
        reached = np.concatenate([[-np.inf], np.maximum.accumulate(self.blocks[:, 1])])
        return replace(
            on_road,
            ms=np.minimum(moving + np.column_stack([ahead, behind]), arcs.ms[on_road.arcs]),
            leaves=(on_road.arcs >= 0) & free,
            arrives=(on_road.arcs >= 0) & free[:, ::-1],
            cell=np.where(reached[started] >= here, -1 - np.arange(len(piece)), started),
        )

    def blocked(self, pieces: Pieces) -> np.ndarray:
        """Return which pieces have a block."""
        return np.isfinite(self._blocked(pieces)[0])

    def _blocked(self, pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
        """Return for each piece where its first block starts and its last one ends, infinite without any."""
        piece = np.searchsorted(pieces.first, self.blocks[:, 0], side="right") - 1
        begins, ends = (np.full(len(pieces.tail), of_none) for of_none in (np.inf, -np.inf))
        np.minimum.at(begins, piece, self.blocks[:, 0])
        np.maximum.at(ends, piece, self.blocks[:, 1])
        return begins, ends

    def _lost(self, position: np.ndarray, side: Literal["left", "right"]) -> np.ndarray:
        """Return the ms of all delays before positions ("left"), or up to them ("right")."""
        total = np.concatenate([[0], np.cumsum(self.delay_ms)])
        return total[np.searchsorted(self.delay_at, position, side=side)]

    def _driven(self, pieces: Pieces, usual: np.ndarray) -> np.ndarray:
        """Return seconds driven from the first point of each piece, from those without conditions."""
        closed = ~np.isfinite(usual)
        steps = np.diff(np.where(closed, 0, usual), prepend=0)
        steps[pieces.first[:-1]] = 0
        steps[1:] *= self.factor[:-1]
        total = np.cumsum(steps)
        total -= np.repeat(total[pieces.first[:-1]], np.diff(pieces.first))
        return np.where(closed, np.inf, total)


def check(conditions: Conditions) -> None:
    """Raise `InputError` naming the zones of rows that have no geometry, and barriers of unknown kinds."""
    problems = [
        f'Traffic is given for the zone "{name}", which has no area.'
        for name in sorted({row.zone for row in conditions.rows if row.zone} - set(conditions.zones))
    ]
    problems += [
        f'Barrier "{barrier.id}" is of the unknown kind "{barrier.kind}".'
        for barrier in conditions.barriers
        if barrier.kind not in BARRIER_KINDS
    ]
    if problems:
        raise InputError(problems)


def blocks_for_good(conditions: Conditions) -> tuple[Barrier, ...]:
    """Return the blocks that are not for a part of the day."""
    return tuple(
        barrier
        for barrier in conditions.barriers
        if barrier.kind == BLOCK and barrier.start is None and barrier.end is None
    )


def hindrances(conditions: Conditions, road_map: RoadMap, classes: Classes) -> Hindrances:
    """Return what conditions that are checked do to pieces."""
    pieces = road_map.pieces
    factor = conditions.weather * _of_rows(conditions, road_map, classes)
    delays, blocks, idle = [np.zeros((0, 2))], [np.zeros((0, 2))], []
    for barrier in conditions.barriers:
        meeting = road_map.met(barrier.geometry)
        if not len(meeting.piece):
            idle.append(barrier.id)
        elif barrier.kind == BLOCK:
            blocks.append(np.column_stack([meeting.start, meeting.end]))
        elif barrier.kind == DELAY:
            delays.append(_delays(barrier, meeting, pieces))
        else:
            slowed, share = _scaled(meeting, pieces)
            factor[slowed] *= 1 + (barrier.factor - 1) * share
    blocked, (at, ms) = np.concatenate(blocks), np.concatenate(delays).T
    order = np.argsort(at, kind="stable")
    return Hindrances(
        factor=factor,
        delay_at=at[order],
        delay_ms=ms[order].astype(np.int64),
        blocks=blocked[np.argsort(blocked[:, 0], kind="stable")],
        idle=tuple(idle),
    )


def _of_rows(conditions: Conditions, road_map: RoadMap, classes: Classes) -> np.ndarray:
    """Return the factor of the rows that count on the stretch from each point to the next."""
    of_line = np.append(classes.codes, -1)[road_map.pieces.line]
    outside = [row for row in conditions.rows if not row.zone]
    if all(row.road_class for row in outside):
        outside.append(TrafficRow(0, 0, factor=1.0))
    factor = _by_class(outside, classes.texts)[of_line]
    inside = [row for row in conditions.rows if row.zone]
    # Zone and class goes before zone: it is written last.
    for rows in ([row for row in inside if not row.road_class], [row for row in inside if row.road_class]):
        largest = np.full(len(of_line), np.nan)
        for zone in {row.zone for row in rows}:
            of_zone = _by_class([row for row in rows if row.zone == zone], classes.texts)[of_line]
            here = road_map.within(conditions.zones[zone])
            largest = np.where(here, np.fmax(largest, of_zone), largest)
        factor = np.where(np.isnan(largest), factor, largest)
    return factor


def _by_class(rows: Sequence[TrafficRow], texts: Sequence[str]) -> np.ndarray:
    """Return the largest factor of rows for each class of road, NaN where none; the last is for no class.

    Rows without a class count where there is none for the class.
    """
    factors: dict[str, float] = {}
    for row in rows:
        name = row.road_class.strip().lower()
        factors[name] = max(row.factor, factors.get(name, row.factor))
    names = [*(text.strip().lower() for text in texts), ""]
    tried = ((name, name.removesuffix(LINK), "") for name in names)
    return np.array(
        [next((factors[name] for name in three if name in factors), None) for three in tried], float
    )


def _delays(barrier: Barrier, meeting: Meeting, pieces: Pieces) -> np.ndarray:
    """Return positions and ms: half where one comes upon the barrier, half where one leaves it.

    At the end of a piece that is a junction on the barrier, the other half is met on the piece that follows.
    """
    came = meeting.start[meeting.start > pieces.first[meeting.piece]]
    went = meeting.end[meeting.end < pieces.last[meeting.piece]]
    at = np.concatenate([came, went])
    return np.column_stack([at, np.full(len(at), barrier.add * MS / 2)])


def _scaled(meeting: Meeting, pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Return the stretches a barrier slows, by the points they begin at, and which share of each.

    Those within an area; points and lines have no extent along a road and slow all of a piece.
    """
    if not meeting.of_area:
        piece = np.unique(meeting.piece)
        stretch = ranges(pieces.first[piece], pieces.last[piece])
        return stretch, np.ones(len(stretch))
    begin, end = np.floor(meeting.start).astype(np.int64), np.ceil(meeting.end).astype(np.int64)
    met = np.repeat(np.arange(len(begin)), end - begin)
    stretch = ranges(begin, end)
    within = np.minimum(meeting.end[met], stretch + 1) - np.maximum(meeting.start[met], stretch)
    slowed, number = np.unique(stretch, return_inverse=True)
    return slowed, np.bincount(number, within)
