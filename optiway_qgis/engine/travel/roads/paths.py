"""Shortest paths on the searched graph by customisable contraction hierarchies (routingkit-cch).

The order in which nodes are contracted depends on the shape of the graph alone; it is found once and kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optiway_qgis.engine.travel import store
from optiway_qgis.engine.travel.roads.order import contraction_order
from optiway_qgis.model.errors import EngineBroken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.travel.roads.graph import Arcs, Graph

NO_WAY = 2**31 - 1
"""What the library answers where there is no way, and the weight of a closed link; larger ones would wrap."""

Start = tuple[int, int]
"""A node and the weight with which it is begun or left."""


@dataclass(frozen=True)
class Path:
    """A shortest path: its weight and the nodes on it."""

    weight: int
    nodes: list[int]


class Hierarchy:
    """The graph of the arcs made ready for weights.

    Raises
    ------
    EngineBroken
        When routingkit-cch is not in the engine's environment.
    """

    def __init__(self, graph: Graph, arcs: Arcs, cache: str | None):
        self._library = _library()
        # A link back to its own node is on no shortest path.
        self._links = np.flatnonzero(graph.tail != graph.head)
        tail, head = graph.tail[self._links], graph.head[self._links]
        shape = store.fingerprint({"tail": tail, "head": head, "lon": graph.lon, "lat": graph.lat})
        name = f"roads-order-{shape}"
        order = _order((store.load(cache, name) or {}).get("order"), graph.nodes)
        ends = tail.tolist(), head.tolist()
        if order is None:
            order = contraction_order(self._library, graph, arcs)
            store.save(cache, name, {"order": order})
        self._hierarchy = self._library.CCH(order.tolist(), *ends, False)

    def weighted(self, weights: np.ndarray) -> Weighted:
        """Return shortest paths for a weight per link: whole numbers of 0 or more, `NO_WAY` for closed."""
        capped = np.minimum(weights[self._links], NO_WAY)
        metric = self._library.CCHMetric(self._hierarchy, capped.tolist())
        return Weighted(self._library, metric)


class Weighted:
    """Shortest paths for one set of weights."""

    def __init__(self, library: Any, metric: Any):
        self._library, self._metric = library, metric

    def table(self, sources: Sequence[list[Start]], targets: Sequence[int]) -> np.ndarray:
        """Return the weights of shortest paths, shape (sources, targets), infinite where there is no way.

        A source is a list of nodes with the weight of reaching each; from an empty one nothing is reached.
        """
        if not sources or not targets:
            return np.full((len(sources), len(targets)), np.inf)

        # The library holds the interpreter's lock while it searches: threads would only wait for each other.
        search = self._library.CCHOneToMany(self._metric, list(targets))
        nothing = [None] * len(targets)
        rows = (search.distances_from_multi(source) if source else nothing for source in sources)
        found = np.array([np.array(row, dtype=float) for row in rows])
        return np.where(np.isnan(found) | (found >= NO_WAY), np.inf, found)

    def paths(self, pairs: Sequence[tuple[list[Start], list[Start]]]) -> list[Path | None]:
        """Return a shortest path from any of the sources to any of the targets for each pair."""
        search = self._library.CCHQuery(self._metric)
        return [self._path(search, *pair) if all(pair) else None for pair in pairs]

    def _path(self, search: Any, sources: list[Start], targets: list[Start]) -> Path | None:
        # The answer must be gone before the search runs again: it is not handed out of here.
        answer = search.run_multi(sources, targets)
        if answer.distance is None or answer.distance >= NO_WAY:
            return None
        return Path(answer.distance, answer.node_path)


def _order(kept: np.ndarray | None, nodes: int) -> np.ndarray | None:
    """Return a kept order when it is one of these nodes."""
    if kept is None or kept.shape != (nodes,) or kept.dtype.kind != "i":
        return None
    return kept if np.array_equal(np.sort(kept), np.arange(nodes)) else None


def _library() -> Any:
    try:
        import routingkit_cch
    except ImportError as error:
        raise EngineBroken(
            f"Travel on roads needs routingkit-cch, which the engine cannot load ({error}). "
            "Repair the engine: Optiway > Install engine."
        ) from error
    return routingkit_cch
