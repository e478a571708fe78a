"""The order of contraction: complete for any shape of network, without a say in the result, and good."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import routingkit_cch

from optiway_qgis.engine.travel.roads.graph import arcs_of, graph_of
from optiway_qgis.engine.travel.roads.order import contraction_order
from optiway_qgis.engine.travel.roads.paths import Hierarchy
from optiway_qgis.engine.travel.roads.pieces import pieces_of
from optiway_qgis.engine.travel.roads.profile import Profile
from tests.engine.streets import Lines, grid

TURNS = Profile(speeds_kmh={"street": 36}, turn_s=[[0, 0], [180, 4]])
FREE = replace(TURNS, turn_s=[])


def searched(lines, profile):
    """Return the graph of two-way lines, and its arcs."""
    lon, lat = np.array([point for line in lines.points for point in line], dtype=float).T
    first = np.concatenate([[0], np.cumsum([len(line) for line in lines.points])])
    kmh = np.full(len(lines.points), 36.0)
    pieces = pieces_of(lon, lat, first, kmh, kmh)
    arcs = arcs_of(pieces)
    return graph_of(pieces, arcs, profile), arcs


def tree():
    """Return a street with side streets that end dead: nothing of it is left for dissection."""
    lines = Lines()
    for x in range(20):
        lines.add([(x, 0), (x + 1, 0)]).add([(x, 0), (x, 1)])
    return lines


def town():
    """Return a grid with dead ends, a chain of corners with dead ends, an island, and a loop."""
    lines = grid(6)
    for x in range(6):
        lines.add([(x, 0), (x, -1)]).add([(6 + x, 6), (7 + x, 6)]).add([(7 + x, 6), (7 + x, 7)])
    return lines.add([(30, 30), (31, 30)]).add([(40, 40), (41, 40), (41, 41), (40, 40)])


SHAPES = {"one street": lambda: Lines().add([(0, 0), (1, 0)]), "tree": tree, "town": town}


@pytest.mark.parametrize("profile", [TURNS, FREE], ids=["turns", "junctions"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_node_is_in_the_order_once(shape, profile):
    """Trees, of which nothing is left to dissect, islands, loops and grids."""
    graph, arcs = searched(SHAPES[shape](), profile)
    order = contraction_order(routingkit_cch, graph, arcs)
    assert np.array_equal(np.sort(order), np.arange(graph.nodes))


@pytest.mark.parametrize("profile", [TURNS, FREE], ids=["turns", "junctions"])
def test_times_do_not_depend_on_the_order(profile):
    """The same table as with nodes contracted as they come."""
    graph, arcs = searched(town(), profile)
    nodes = list(range(graph.nodes))
    found = Hierarchy(graph, arcs, None).weighted(graph.ms).table([[(node, 0)] for node in nodes], nodes)
    plain = routingkit_cch.CCH(nodes, graph.tail.tolist(), graph.head.tolist(), False)
    search = routingkit_cch.CCHOneToMany(routingkit_cch.CCHMetric(plain, graph.ms.tolist()), nodes)
    expected = np.array([np.array(search.distances_from(node), dtype=float) for node in nodes])
    assert np.isfinite(expected).sum() > graph.nodes**2 / 2
    assert np.array_equal(found, np.where(np.isfinite(expected), expected, np.inf))


def shortcuts(graph, order):
    """Return how many pairs of nodes are joined once all nodes have been contracted one after the other."""
    rank = np.empty(graph.nodes, dtype=int)
    rank[order] = np.arange(graph.nodes)
    above = [set() for _ in order]
    for one, other in zip(rank[graph.tail].tolist(), rank[graph.head].tolist()):
        if one != other:
            above[min(one, other)].add(max(one, other))
    for node in range(graph.nodes):
        if above[node]:
            lowest = min(above[node])
            above[lowest] |= above[node] - {lowest}
    return sum(map(len, above))


def test_the_order_of_the_junctions_is_good_for_the_turns_between_them():
    """On a grid, little more is joined than with an order found among the turns themselves."""
    graph, arcs = searched(grid(16), TURNS)
    own = routingkit_cch.compute_order_inertial(
        graph.nodes, graph.tail.tolist(), graph.head.tolist(), graph.lat.tolist(), graph.lon.tolist()
    )
    found = contraction_order(routingkit_cch, graph, arcs)
    assert shortcuts(graph, found) < 1.3 * shortcuts(graph, np.array(own))
    assert shortcuts(graph, np.arange(graph.nodes)) > 2 * shortcuts(graph, found)
