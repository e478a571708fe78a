"""All answers to a small problem, for brute force."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.objective import Score

if TYPE_CHECKING:
    from collections.abc import Iterator

Answer = tuple[tuple[int, ...], ...]
"""The stops of each vehicle in order of service."""


def answers(stops: int, vehicles: int) -> Iterator[Answer]:
    """Yield every order of every set of stops, cut into the sequences of all vehicles."""
    for count in range(stops + 1):
        for order in permutations(range(stops), count):
            for cuts in combinations(range(count + vehicles - 1), vehicles - 1):
                edges = [-1, *cuts, count + vehicles - 1]
                places = [0]
                for before, after in zip(edges, edges[1:]):
                    places.append(places[-1] + after - before - 1)
                yield tuple(order[start:end] for start, end in zip(places, places[1:]))


def rounded(found: Score) -> Score:
    """Return a score that compares as people read it: to a hundredth of a cent."""
    return Score(found.broken, round(found.unserved, 6), round(found.price, 4))
