"""A plan and the stops that it does not serve, from layers into one problem: what is to be explained.

How visits are read is read_visits.py's, how stops are read_stops.py's. What a stop needs is what the plan
says of those it serves, and STOPS of the others; pairs, and what comes before what, are those of STOPS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Mapping

from ..model.reasons import EXCLUDED
from . import fields
from .carried import CarriedStops, RejectedStop
from .feedback import GroupedWarnings
from .output_fields import UNASSIGNED, own_names
from .problem_of import problem_of
from .read_stops import StopsReader
from .read_visits import read_order, skilled
from .relations import without_lost

if TYPE_CHECKING:
    from collections.abc import Collection

    from qgis.core import QgsFeature, QgsProcessingFeatureSource

    from ..model.problem import Depot, Problem, Sequence, Stop, Vehicle
    from .read_stops import Expressions, StopsRead
    from .read_visits import VisitsLayer
    from .reading import Reading

PLAN, STOPS = "PLAN", "STOPS"

_MARKS_OF_UNASSIGNED = {"reason", "reason_text", "cheapest_fix"}


def read_unserved(
    plan: VisitsLayer,
    asked: QgsProcessingFeatureSource | None,
    depots: Collection[Depot],
    vehicles: Collection[Vehicle],
    reading: Reading,
    expressions: Mapping[str, Expressions],
    judges_skills: bool = True,
) -> tuple[Problem, CarriedStops, tuple[Sequence, ...]]:
    """Read the plan with the stops it does not serve: rows without a vehicle, and stops of `asked` that are
    not on its routes.

    `expressions` are by the name of the layer. What travels along is that of `asked`, where it is given.
    """
    read, sequences = read_order(plan, vehicles, reading, expressions[PLAN])
    rows = _without_vehicle(plan, reading, expressions[PLAN])
    others = None if asked is None else _asked(asked, reading, expressions[STOPS])
    served = {stop_id for sequence in sequences for stop_id in sequence.stops}
    # A stop that both layers leave out is taken from the one whose fields travel along.
    unserved: dict[str, tuple[Stop, list[Any]]] = {}
    carried = read.carried_along() if others is None else others.carried_along()
    for source in (rows, others):
        if source is not None:
            columns = _columns(source, carried)
            for stop in source.stops:
                if stop.id not in served:
                    values = source.attributes[stop.id]
                    unserved[stop.id] = stop, [None if at is None else values[at] for at in columns]
    stops = {**{stop.id: stop for stop in read.stops}, **{name: stop for name, (stop, _) in unserved.items()}}
    if others is not None:
        stops = _related(stops, others)
    if not judges_skills:
        vehicles = skilled(vehicles, list(stops.values()))
    problem = problem_of(without_lost(stops.values()), list(depots), list(vehicles), reading, STOPS)
    rejected = _rejected(read, others, carried, served | set(unserved))
    attributes = {name: values for name, (_, values) in unserved.items()}
    return problem, CarriedStops(carried.fields, carried.crs, attributes, rejected), sequences


def _without_vehicle(plan: VisitsLayer, reading: Reading, expressions: Expressions) -> StopsRead | None:
    """The rows of the plan that are stops without a vehicle; None where there are none."""

    def is_unserved(feature: QgsFeature) -> bool:
        return plan.is_stop(feature) and not plan.vehicle_id(feature)

    if not any(map(is_unserved, plan.source.getFeatures())):
        return None
    # What is odd about these rows was told when the order was read.
    own = replace(reading, warnings=GroupedWarnings(), findings={}, errors=[])
    reader = StopsReader(plan.source, plan.columns, own, expressions, plan.name, plan.is_plan)
    return reader.read(is_unserved, None, plan.carried)


def _asked(source: QgsProcessingFeatureSource, reading: Reading, expressions: Expressions) -> StopsRead:
    """All stops that were asked for; of the UNASSIGNED of a plan without the fields that are its own."""
    names = source.fields().names()
    own = own_names(UNASSIGNED) if {name.lower() for name in names} >= _MARKS_OF_UNASSIGNED else frozenset()
    carried = [(index, name) for index, name in enumerate(names) if name.lower() not in own]
    columns = fields.recognise(fields.STOP_FIELDS, names)
    return StopsReader(source, columns, reading, expressions, STOPS).read(carried=carried)


def _columns(source: StopsRead, carried: CarriedStops) -> list[int | None]:
    """For each field that travels along its place among those of the source."""
    places = {field.name().lower(): index for index, field in enumerate(source.fields)}
    return [places.get(field.name().lower()) for field in carried.fields]


def _related(stops: Mapping[str, Stop], others: StopsRead) -> dict[str, Stop]:
    """The stops with the pairs and orders that STOPS knows: a plan's layer has not both stops of each."""
    known = {stop.id: stop for stop in others.stops}
    return {
        name: replace(stop, picked_up_at=known[name].picked_up_at, before=known[name].before)
        if name in known
        else stop
        for name, stop in stops.items()
    }


def _rejected(
    read: StopsRead, others: StopsRead | None, carried: CarriedStops, known: Collection[str]
) -> tuple[RejectedStop, ...]:
    """The rows that are no stops and that no other layer has as a stop."""
    found: dict[str, RejectedStop] = {}
    for source in (read, others):
        if source is None:
            continue
        columns = _columns(source, carried)
        for row in source.rejected:
            if row.stop_id not in known and not (source is read and row.reason == EXCLUDED and others):
                values = [None if at is None else row.attributes[at] for at in columns]
                found[row.stop_id] = replace(row, attributes=values)
    return tuple(found.values())
