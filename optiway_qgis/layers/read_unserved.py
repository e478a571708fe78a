"""A plan and the stops that it does not serve, from layers into one problem: what is to be explained.

How visits are read is read_visits.py's, how stops are read_stops.py's. What a stop needs is what the plan
says of those it serves, and STOPS of the others; pairs, and what comes before what, are those of STOPS
where it has the stop.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from qgis.core import QgsFeatureRequest, QgsProcessingFeedback

from ..model.reasons import EXCLUDED
from . import fields
from .carried import CarriedStops, RejectedStop
from .feedback import GroupedWarnings
from .output_fields import UNASSIGNED, own_name, own_names
from .points import as_point
from .problem_of import problem_of
from .read_stops import StopsReader
from .read_visits import (
    PLANNED_FOR,
    ROUTE_VEHICLE,
    for_any_driver,
    read_order,
    service_factors,
    skilled,
)
from .relations import without_lost
from .row import as_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from qgis.core import QgsFeature, QgsProcessingFeatureSource

    from ..model.problem import Depot, Problem, Sequence, Stop, Vehicle
    from .read_stops import Expressions, Judge, StopsRead
    from .read_visits import VisitsLayer
    from .reading import Reading
    from .row import Row

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
    rows, known = without_vehicle(plan, vehicles, reading, expressions[PLAN])
    others = None if asked is None else asked_stops(asked, reading, expressions[STOPS])
    served = {stop_id for sequence in sequences for stop_id in sequence.stops}
    # A stop that both layers leave out is taken from the one whose fields travel along.
    unserved: dict[str, tuple[Stop, list[Any]]] = {}
    carried = read.carried_along() if others is None else others.carried_along()
    for source in (rows, others):
        if source is not None:
            columns = columns_for(source, carried)
            for stop in source.stops:
                if stop.id not in served:
                    values = source.attributes[stop.id]
                    unserved[stop.id] = stop, [None if at is None else values[at] for at in columns]
    stops = {**{stop.id: stop for stop in read.stops}, **{name: stop for name, (stop, _) in unserved.items()}}
    if others is not None:
        known.update({stop.id: stop for stop in others.stops})
    stops = related(stops, known)
    if not judges_skills:
        vehicles = skilled(vehicles, list(stops.values()))
    problem = problem_of(without_lost(stops.values()), list(depots), list(vehicles), reading, STOPS)
    sources = [source for source in (read, rows, others) if source is not None]
    rejected = rejected_rows(sources, carried, served | set(unserved))
    attributes = {name: values for name, (_, values) in unserved.items()}
    return problem, CarriedStops(carried.fields, carried.crs, attributes, rejected), sequences


def without_vehicle(
    plan: VisitsLayer,
    vehicles: Collection[Vehicle],
    reading: Reading,
    expressions: Expressions,
    left_out: Judge | None = None,
) -> tuple[StopsRead | None, dict[str, Stop]]:
    """The rows of the plan that are stops without a vehicle, None where there are none; and, where there are
    some, all its stops by id as they are read together: the other stop of a pair may be on a route.

    `left_out` says of a row why it is excluded, or "".
    """
    features = plan.source.getFeatures(QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry))
    if all(plan.vehicle_id(feature) for feature in features if plan.is_stop(feature)):
        return None, {}
    factors = service_factors(plan, vehicles, expressions)
    factor_of: dict[str, float] = {}

    def judge(row: Row) -> str:
        if not row.text(ROUTE_VEHICLE):
            factor_of[row.label] = factors.get(row.text(PLANNED_FOR), 1.0)
        return left_out(row) if left_out is not None else ""

    # What is odd about these rows was told when the order was read.
    silent = QgsProcessingFeedback(False)
    own = replace(reading, warnings=GroupedWarnings(), findings={}, errors=[], feedback=silent)
    reader = StopsReader(plan.source, plan.columns, own, expressions, plan.name, plan.is_plan)
    read = reader.read(plan.is_stop, judge, plan.carried)
    left = [for_any_driver(stop, factor_of[stop.id]) for stop in read.stops if stop.id in factor_of]
    rejected = [row for row in read.rejected if row.stop_id in factor_of]
    return replace(read, stops=left, rejected=rejected), {stop.id: stop for stop in read.stops}


def asked_stops(
    source: QgsProcessingFeatureSource, reading: Reading, expressions: Expressions, layer: str = STOPS
) -> StopsRead:
    """All stops that were asked for; of the UNASSIGNED of a plan without the fields that are its own, and
    those that the plan had excluded stay so."""
    names = source.fields().names()
    lower = [name.lower() for name in names]
    own = own_names(UNASSIGNED) if set(lower) >= _MARKS_OF_UNASSIGNED else frozenset()
    carried = [
        (index, own_name(name, own) if own else name)
        for index, name in enumerate(names)
        if name.lower() not in own
    ]
    columns = fields.recognise(fields.STOP_FIELDS, names)
    reader = StopsReader(source, columns, reading, expressions, layer)
    if not own:
        return reader.read(carried=carried)
    excluded: list[RejectedStop] = []
    reason, text = lower.index("reason"), lower.index("reason_text")

    def may_be_planned(feature: QgsFeature) -> bool:
        if feature.attribute(reason) != EXCLUDED:
            return True
        values = [feature.attribute(index) for index, _ in carried]
        name = as_text(feature.attribute(columns["stop_id"].index)) if "stop_id" in columns else ""
        point, told = as_point(feature.geometry()), as_text(feature.attribute(text))
        excluded.append(RejectedStop(name or f"stop-{feature.id()}", values, point, EXCLUDED, told))
        return False

    read = reader.read(may_be_planned, carried=carried, may_be_empty=True)
    read.rejected.extend(excluded)
    return read


def columns_for(source: StopsRead, carried: CarriedStops) -> list[int | None]:
    """For each field that travels along its place among those of the source."""
    places = {field.name().lower(): index for index, field in enumerate(source.fields)}
    return [places.get(field.name().lower()) for field in carried.fields]


def related(stops: Mapping[str, Stop], known: Mapping[str, Stop]) -> dict[str, Stop]:
    """The stops with the pairs and orders that are known: a layer has not both stops of each."""
    in_pairs = {name for stop in known.values() if stop.picked_up_at for name in (stop.id, stop.picked_up_at)}
    related = dict(stops)
    for name in stops.keys() & known.keys():
        stop, other = stops[name], known[name]
        related[name] = replace(stop, picked_up_at=other.picked_up_at, before=other.before)
        if name in in_pairs:
            delivery, pickup = (
                getattr(stop if any(getattr(stop, way)) else other, way) for way in ("delivery", "pickup")
            )
            related[name] = replace(related[name], delivery=delivery, pickup=pickup, ride_max=other.ride_max)
    return related


def rejected_rows(
    sources: Iterable[StopsRead], carried: CarriedStops, known: Collection[str]
) -> tuple[RejectedStop, ...]:
    """The rows that are no stops and that no layer has as a stop; of several, what the last source says."""
    found: dict[str, RejectedStop] = {}
    for source in sources:
        columns = columns_for(source, carried)
        for row in source.rejected:
            if row.stop_id not in known:
                values = [None if at is None else row.attributes[at] for at in columns]
                found[row.stop_id] = replace(row, attributes=values)
    return tuple(found.values())
