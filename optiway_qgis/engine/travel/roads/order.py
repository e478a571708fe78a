"""The order in which the nodes of the searched graph are contracted: the less important ones first.

Any order gives the same ways; a good one gives them quickly. It is found among the junctions, which are far
fewer than the turns between them. What is made of it lives in paths.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.roads.graph import Arcs, Graph

WORTHWHILE = 0.01
"""Junctions are taken out in rounds as long as a round takes this share of those that are left."""


def contraction_order(library: Any, graph: Graph, arcs: Arcs) -> np.ndarray:
    """Return all nodes of the graph in the order of their contraction; `library` is routingkit_cch.

    Where nodes are arcs, they follow the junctions they lead to: what falls apart without some junctions
    falls apart without the arcs into these. The thought is that of Buchhold, Wagner, Zeitz and Zündorf,
    Customizable Contraction Hierarchies with Turn Costs (2020), who use edge cuts.
    """
    if not graph.by_turns:
        return _junctions(library, arcs.tail, arcs.head, graph.lon, graph.lat)
    count = int(max(arcs.tail.max(), arcs.head.max())) + 1
    ends = np.concatenate([arcs.tail, arcs.head])
    meeting = np.maximum(np.bincount(ends, minlength=count), 1)
    # The middle of a junction's arcs is where it lies, near enough to cut the map in halves.
    lon, lat = (
        np.bincount(ends, weights=np.tile(middle, 2), minlength=count) / meeting
        for middle in (graph.lon, graph.lat)
    )
    rank = np.empty(count, dtype=np.int64)
    rank[_junctions(library, arcs.tail, arcs.head, lon, lat)] = np.arange(count)
    return np.argsort(rank[arcs.head], kind="stable")


def _junctions(
    library: Any, tail: np.ndarray, head: np.ndarray, lon: np.ndarray, lat: np.ndarray
) -> np.ndarray:
    """Return the junctions in the order of their contraction.

    Those with one or two neighbours go first, which makes no junction busier and leaves half of a street
    network to nested dissection.
    """
    rounds, left, ends = _without_stubs(len(lon), tail, head)
    if ends.size:  # of nothing the library cannot find an order
        number = np.full(len(lon), -1)
        number[left] = np.arange(len(left))
        one, other = number[ends]
        # The library adds the way back to each joint by itself.
        place = lat[left].tolist(), lon[left].tolist()
        found = library.compute_order_inertial(len(left), one.tolist(), other.tolist(), *place)
        left = left[np.array(found, dtype=np.int64)]
    return np.concatenate([*rounds, left])


def _without_stubs(
    count: int, tail: np.ndarray, head: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Take out junctions with two neighbours at most, round by round, joining the two.

    Returns the junctions of each round, those left, and the joints (2, joints) between these. No two of one
    round are neighbours.
    """
    lot = np.random.default_rng(0).permutation(count)
    left = np.ones(count, dtype=bool)
    rounds: list[np.ndarray] = []
    joints = _distinct(count, tail, head)
    while True:
        low, high = joints // count, joints % count
        ends, neighbours = np.concatenate([low, high]), np.concatenate([high, low])
        taken = left & (np.bincount(ends, minlength=count) <= 2)
        rivals = taken[low] & taken[high]
        taken[np.where(lot[low] < lot[high], high, low)[rivals]] = False
        gone = np.flatnonzero(taken)
        if len(gone) <= WORTHWHILE * np.count_nonzero(left):
            return rounds, np.flatnonzero(left), np.stack([low, high])
        rounds.append(gone)
        left[gone] = False
        of_gone = np.flatnonzero(taken[ends])
        of_gone = of_gone[np.argsort(ends[of_gone], kind="stable")]
        at, neighbour = ends[of_gone], neighbours[of_gone]
        between = np.flatnonzero(at[1:] == at[:-1])
        joined = _distinct(count, neighbour[between], neighbour[between + 1])
        joints = np.unique(np.concatenate([joints[left[low] & left[high]], joined]))


def _distinct(count: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return each pair of junctions once, as a number; directions aside, loops left out."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    return np.unique((low * count + high)[low != high])
