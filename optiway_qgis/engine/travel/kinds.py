"""Travel tables by kind of travel, a profile at a speed, and what is reckoned with whole tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.travel.provider import UNREACHABLE, Matrix, travel_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optiway_qgis.engine.travel.provider import Provider
    from optiway_qgis.model.problem import Vehicle

_DECIMALS = 6
"""Fractions of a second below are slips of floating point: 69 s at 2.3 times the speed are 30 s, not 31."""


def matrices_of(provider: Provider, vehicles: Iterable[Vehicle]) -> dict[str, Matrix]:
    """Return a matrix per kind of travel among the vehicles; kinds that travel alike share one object.

    Seconds are those of the profile divided by the vehicle's `speed_factor`, rounded up; metres are those
    of the profile.
    """
    matrices: dict[str, Matrix] = {}
    alike: dict[tuple[int, float], Matrix] = {}
    for vehicle in vehicles:
        matrix = provider.matrix(vehicle.profile)
        key = id(matrix), vehicle.speed_factor
        if key not in alike:
            alike[key] = matrix if vehicle.speed_factor == 1 else scaled(matrix, 1 / vehicle.speed_factor)
        matrices[travel_kind(vehicle)] = alike[key]
    return matrices


def scaled(matrix: Matrix, factor: np.ndarray | float) -> Matrix:
    """Return the matrix with its seconds times a factor, or an array of one for each pair, rounded up.

    What is `UNREACHABLE` stays so; metres are the same array.
    """
    seconds = matrix.seconds * factor
    np.round(seconds, _DECIMALS, out=seconds)
    np.ceil(seconds, out=seconds)
    seconds[matrix.seconds == UNREACHABLE] = UNREACHABLE
    return Matrix(seconds.astype(np.int64), matrix.metres)


def least(matrices: Sequence[Matrix]) -> Matrix:
    """Return the least seconds and the least metres of each pair; `UNREACHABLE` only where all are."""
    return Matrix(
        _least([matrix.seconds for matrix in matrices]), _least([matrix.metres for matrix in matrices])
    )


def _least(tables: Sequence[np.ndarray]) -> np.ndarray:
    """Return the least of each cell, the table itself where there is but one."""
    first, *others = {id(table): table for table in tables}.values()
    if not others:
        return first
    # As unsigned numbers, UNREACHABLE is the greatest.
    lowest = first.astype(np.uint64)
    for table in others:
        np.minimum(lowest, table.view(np.uint64), out=lowest)
    return lowest.astype(np.int64)
