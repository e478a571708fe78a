"""Travel tables by kind of travel, a profile at a speed, and what is reckoned with whole tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.travel.provider import UNREACHABLE, Matrix, travel_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optiway_qgis.engine.travel.provider import Provider
    from optiway_qgis.model.problem import Vehicle

LONGEST = 2**31 - 2
"""Seconds of a way at the most: what is slower still takes as long."""

_BLOCK_CELLS = 500_000
"""Cells worked on at once: bounds the float intermediates to some 20 MB whatever the number of places."""

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


def row_blocks(count: int) -> Iterator[slice]:
    """Yield the rows of a square table in blocks that are worked on one at a time."""
    rows = max(1, _BLOCK_CELLS // max(1, count))
    return (slice(first, first + rows) for first in range(0, count, rows))


def scaled(matrix: Matrix, factor: np.ndarray | float) -> Matrix:
    """Return the matrix with its seconds times a factor, rounded up.

    The factor is one number, or half of it for each place, shape (places,): that of a pair is the sum of its
    ends. What is `UNREACHABLE` stays so; metres are the same array.
    """
    count = len(matrix.seconds)
    half = np.broadcast_to(factor if isinstance(factor, np.ndarray) else factor / 2, (count,))
    table = np.empty((count, count), dtype=np.int32)
    for block in row_blocks(count):
        seconds = matrix.seconds[block] * np.add.outer(half[block], half)
        np.round(seconds, _DECIMALS, out=seconds)
        np.ceil(seconds, out=seconds)
        np.minimum(seconds, LONGEST, out=seconds)
        seconds[matrix.seconds[block] == UNREACHABLE] = UNREACHABLE
        table[block] = seconds
    return Matrix(table, matrix.metres)


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
    lowest = np.empty(first.shape, dtype=np.int32)
    for block in row_blocks(len(first)):
        # As unsigned numbers, UNREACHABLE is the greatest.
        rows = [table[block].astype(np.uint32) for table in (first, *others)]
        lowest[block] = np.minimum.reduce(rows).astype(np.int32)
    return lowest
