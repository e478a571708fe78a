"""The layer NEW_STOPS: stops that a plan has no place for yet, put beside the stops of the plan.

How a stop is read is read_stops.py's. Where the new ones could go is the engine's matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..model.findings import About, Fault
from ..model.plan import VISIT_STOP
from .read_unserved import asked_stops
from .read_vehicles import check_vehicle_names, some
from .read_visits import skilled
from .relations import without_lost

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingFeatureSource

    from ..model.problem import Problem
    from .carried import RejectedStop
    from .read_day import DayRead
    from .read_stops import Expressions
    from .reading import Reading

NEW_STOPS = "NEW_STOPS"


@dataclass(frozen=True)
class NewStops:
    """The problem of the plan with the new stops, and which of these are asked about: the delivery of a pair.

    `rejected` are those that cannot be read, `crs` is that of the layer.
    """

    problem: Problem
    asked: tuple[str, ...]
    rejected: tuple[RejectedStop, ...]
    crs: QgsCoordinateReferenceSystem


def read_new_stops(
    source: QgsProcessingFeatureSource,
    read: DayRead,
    reading: Reading,
    expressions: Expressions,
    judges_skills: bool = True,
) -> NewStops:
    """Read the layer; stops that are on a route of the plan, or behind a vehicle, are errors of the job.

    A stop that the plan leaves out is taken as the layer has it. With `judges_skills` False the vehicles have
    every skill that is asked for.
    """
    new = asked_stops(source, reading, expressions, NEW_STOPS)
    placed = {name for sequence in read.sequences for name in sequence.stops}
    placed |= {visit.id for one in read.day.progress for visit in one.visits if visit.type == VISIT_STOP}
    doubled = [stop.id for stop in new.stops if stop.id in placed]
    if doubled:
        text = f"{NEW_STOPS}: on a route of the plan already: {some(doubled)}"
        remedy = "Give new stops ids of their own, or take them out"
        reading.refuse(Fault("doubled_id", text, remedy, "stop_id"), About(NEW_STOPS))
    problem = read.problem
    stops = {stop.id: stop for stop in problem.stops}
    stops.update({stop.id: stop for stop in new.stops if stop.id not in placed})
    vehicles = problem.vehicles if judges_skills else skilled(problem.vehicles, list(stops.values()))
    check_vehicle_names(new.stops, vehicles, reading, NEW_STOPS)
    loads = [len(loads) for stop in new.stops for loads in (stop.delivery, stop.pickup)]
    pickups = {stop.picked_up_at for stop in new.stops}
    return NewStops(
        replace(
            problem,
            stops=tuple(without_lost(stops.values())),
            vehicles=tuple(vehicles),
            dimensions=max([problem.dimensions, *loads]),
        ),
        tuple(stop.id for stop in new.stops if stop.id not in pickups and stop.id not in placed),
        tuple(new.rejected),
        new.crs,
    )
