"""A district of a large problem: some of its stops and vehicles as a problem of their own.

Nothing is copied of the travel tables: a district reads those of the whole. How to cut is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.instance import Instance

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Sequences


@dataclass(frozen=True)
class District:
    """Stops and vehicles, by index in the whole problem."""

    stops: tuple[int, ...]
    vehicles: tuple[int, ...]

    def instance(self, whole: Instance) -> Instance:
        """Return the district as an instance: its indices are positions in `stops` and `vehicles`."""
        problem = replace(
            whole.problem,
            stops=tuple(whole.stops[index] for index in self.stops),
            vehicles=tuple(whole.vehicles[index] for index in self.vehicles),
        )
        places = tuple(whole.travel.stop_place[index] for index in self.stops)
        return Instance(problem, replace(whole.travel, stop_place=places))

    def put_back(self, answer: Sequences, sequences: Sequences) -> None:
        """Put an answer to the district into sequences of the whole."""
        for vehicle, stops in zip(self.vehicles, answer):
            sequences[vehicle] = [self.stops[index] for index in stops]
