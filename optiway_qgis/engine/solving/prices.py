"""Money in PyVRP's terms: whole numbers for what the way costs, and penalties for broken rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pyvrp import PenaltyParams

if TYPE_CHECKING:
    from pyvrp import ProblemData

    from optiway_qgis.model.problem import Vehicle

DEAR = 50_000.0
"""What each unit of a broken rule costs at first in PyVRP. It may cost that much, or more, in any problem."""


class Penalties(PenaltyParams):
    """What broken rules cost per unit: at first little, so that the search goes its ways, then up to `most`.

    PyVRP's own bounds do not know how large the costs are: where they are larger, breaking rules pays.
    """

    def __init__(self, first: tuple[list[float], float, float], most: float):
        super().__init__(max_penalty=most)
        self._first = first

    def midpoint_penalties(self, data: ProblemData) -> tuple[list[float], float, float]:
        """Return what the search begins with: per unit of each load, second and metre."""
        return self._first

    def dear(self) -> Penalties:
        """Return penalties that begin where PyVRP's own do."""
        loads, _, _ = self._first
        return Penalties(([DEAR] * len(loads), DEAR, DEAR), self.max_penalty)

    def learned(self, ends: list[tuple[list[float], float, float]]) -> Penalties:
        """Return penalties that begin with the mean of those that searches ended with."""
        loads, seconds, metres = zip(*ends)
        means = [float(np.mean(column)) for column in zip(*loads)]
        return Penalties((means, float(np.mean(seconds)), float(np.mean(metres))), self.max_penalty)


def unit_costs(vehicle: Vehicle) -> tuple[float, float]:
    """Return the vehicle's cost per metre and per second."""
    return vehicle.cost_per_km / 1000, vehicle.cost_per_hour / 3600


def overtime_cost(vehicle: Vehicle) -> float:
    """Return what a second of overtime costs more than another, 0 where it costs less or there is none."""
    if vehicle.overtime_after is None or vehicle.overtime_cost_per_hour is None:
        return 0.0
    return max(0.0, vehicle.overtime_cost_per_hour - vehicle.cost_per_hour) / 3600


def way_is_free(vehicles: tuple[Vehicle, ...]) -> bool:
    """Whether no vehicle costs anything on its way."""
    return not any(cost for vehicle in vehicles for cost in unit_costs(vehicle))


def cost_scale(vehicles: tuple[Vehicle, ...]) -> float:
    """Return the smallest round factor that makes all unit costs whole numbers to a thousandth of themselves.

    Small integers keep PyVRP's penalties, which are bounded, in proportion to the costs.
    """
    values = [
        cost for vehicle in vehicles for cost in (*unit_costs(vehicle), overtime_cost(vehicle)) if cost > 0
    ]
    if not values:
        return 1e6
    for exponent in range(-3, 7):
        for digit in (1, 2, 5):
            scale = digit * 10.0**exponent
            if all(abs(round(cost * scale) - cost * scale) <= 1e-3 * cost * scale for cost in values):
                return scale
    return 1e7
