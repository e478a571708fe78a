"""Days on which times depend on the hour, made of travel times that do not: by hand and at random.

Blocked roads are drawn in strategies.py, too, for orders of stops that need not make sense.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from optiway_qgis.engine.travel.provider import UNREACHABLE
from tests.engine.cases import HOUR, travel_by_the_hour
from tests.engine.plannable import plannable, seldom

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.problem import Problem
    from tests.engine.plannable import Planned


def rush(problem: Problem, travel: Travel, *slots: tuple[int, float | np.ndarray]) -> Travel:
    """Return the times multiplied slot by slot: each has a start and a factor, or one per pair, 0 for no way.

    `travel` has the times of the profiles. Metres stay.
    """
    stated = []
    for start, factor in slots:
        seconds, metres = {}, {}
        for kind, matrix in travel.matrices.items():
            blocked = (matrix.seconds == UNREACHABLE) | (np.asarray(factor) == 0)
            np.fill_diagonal(blocked, val=False)
            slow = np.ceil(matrix.seconds * factor)
            seconds[kind] = np.where(blocked, UNREACHABLE, slow).astype(int).tolist()
            metres[kind] = np.where(blocked, UNREACHABLE, matrix.metres).tolist()
        stated.append((start, seconds, metres))
    return travel_by_the_hour(problem, *stated)


@st.composite
def rushing(draw: st.DrawFn, max_stops: int = 10, **kinds: bool) -> Planned:
    """Draw a problem as `plannable` does, on a day with two to five slots; seldom roads are blocked."""
    problem, travel = draw(plannable(max_stops, **kinds))
    first = min(vehicle.shift.start for vehicle in problem.vehicles)
    starts = draw(
        st.lists(st.integers(first, first + 6 * HOUR), min_size=2, max_size=5, unique=True).map(sorted)
    )
    size = len(travel.places)
    slots: list[tuple[int, float | np.ndarray]] = []
    for start in starts:
        factor: float | np.ndarray = draw(st.sampled_from((0.7, 1.0, 1.3, 1.8, 3.0)))
        place = draw(seldom(st.integers(0, size - 1)))
        if place is not None:
            # No way into the place from anywhere: on roads no pair is cut off that has a way round.
            factor = np.full((size, size), factor)
            factor[:, place] = 0
        slots.append((start, factor))
    return problem, rush(problem, travel, *slots)
