"""Taking a few stops that lie together off their routes and putting them back where they cost least.

Every trial is timed by the scheduler, so that it serves where travel times depend on the hour and the engines
see them only by and by. Single moves are tried in polish.py.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving.insertion import inserted
from optiway_qgis.engine.solving.objective import cost_of, score_of
from optiway_qgis.engine.solving.outlook import by_distance
from optiway_qgis.engine.solving.schedule import Timetable, sequences_of, timetables

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.schedule import Timetables
    from optiway_qgis.engine.solving.search import Clock

_MOST = 10
"""Stops taken off at once at most."""

_PLACES = 3
"""Places of each route tried for each of them."""


def reinsert(
    instance: Instance, sequences: Sequences, active: list[int], clock: Clock, seed: int
) -> Sequences:
    """Return the best sequences found until the clock says stop; deterministic when it counts iterations."""
    tables = timetables(instance, sequences)
    best = score_of(instance, tables.values())
    clock.gain(best.price, cost_of(tables.values()))
    generator = np.random.default_rng(seed)
    for iteration in count():
        if clock.over(iteration):
            break
        out = _neighbours(instance, active, generator)
        trial = _without(instance, tables, set(out))
        if trial is None:
            continue
        trial = inserted(instance, trial, generator.permutation(out).tolist(), _PLACES)
        found = score_of(instance, trial.values())
        if found < best:
            tables, best = trial, found
            clock.gain(best.price, cost_of(tables.values()))
    return sequences_of(instance, tables)


def _neighbours(instance: Instance, active: list[int], generator: np.random.Generator) -> list[int]:
    """Return a stop drawn at random and some of those nearest to it, served or not."""
    places = np.array([instance.travel.stop_place[stop] for stop in active])
    vehicle = instance.vehicles[int(generator.integers(len(instance.vehicles)))]
    seconds = instance.matrix(vehicle).seconds[places[int(generator.integers(len(active)))], places]
    size = 1 + int(generator.integers(min(_MOST, len(active))))
    return [active[row] for row in np.argsort(by_distance(seconds), kind="stable")[:size]]


def _without(instance: Instance, tables: Timetables, out: set[int]) -> Timetables | None:
    """Return the routes without those stops, None when one breaks a rule then."""
    left: Timetables = {}
    for vehicle, table in tables.items():
        kept = [stop for stop in table.indices if stop not in out]
        if len(kept) == len(table.indices):
            left[vehicle] = table
        elif kept:
            left[vehicle] = Timetable(instance, table.vehicle, kept)
            if left[vehicle].violations:
                return None
    return left
