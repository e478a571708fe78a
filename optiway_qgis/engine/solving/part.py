"""Some of the stops and vehicles of a problem as a problem of their own, and answers to it as answers to all.

Nothing is copied of the travel tables: the part reads those of the whole. How to cut is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.instance import Instance

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Sequences


@dataclass(frozen=True)
class Part:
    """Stops and vehicles, by index in the whole problem."""

    stops: tuple[int, ...]
    vehicles: tuple[int, ...]

    def instance(self, whole: Instance) -> Instance:
        """Return the part as an instance: its indices are positions in `stops` and `vehicles`."""
        problem = replace(
            whole.problem,
            stops=tuple(whole.stops[index] for index in self.stops),
            vehicles=tuple(whole.vehicles[index] for index in self.vehicles),
        )
        places = tuple(whole.travel.stop_place[index] for index in self.stops)
        return Instance(problem, replace(whole.travel, stop_place=places))

    def put_back(self, answer: Sequences, sequences: Sequences) -> None:
        """Put an answer to the part into sequences of the whole."""
        for vehicle, stops in zip(self.vehicles, answer):
            sequences[vehicle] = [self.stops[index] for index in stops]
