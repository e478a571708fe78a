"""Writes a plan to the sinks of a Processing algorithm, and counts afterwards that all of it arrived.

What the fields are called is output_fields.py's, how the layers look is styles.py's.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsFields,
    QgsGeometry,
    QgsLineString,
    QgsPoint,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingUtils,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt

from ..model.balance import gini, share_of
from ..model.plan import VISIT_BREAK, VISIT_STOP, Leg, Plan, Route, Visit
from ..model.problem import LOAD_SCALE, Goals, Problem, Settings
from . import output_fields
from .output_fields import LEGS, ROUTES, STOP_ID, STOP_NAME, UNASSIGNED, VISITS
from .qgis_compat import DATE_TIME, TEXT, is_null, unshifted
from .times import PlanDay

if TYPE_CHECKING:
    from .carried import CarriedStops

_LOSSES = {
    ".shp": "a Shapefile cuts field names to 10 characters (planned_service_min becomes planned_se), cannot "
    "tell empty text from NULL, and keeps times as text, so that the temporal controller cannot play the day",
    ".csv": "a CSV file holds the attributes without geometry, styles and field types",
    ".xlsx": "a spreadsheet holds the attributes without geometry and styles",
    ".ods": "a spreadsheet holds the attributes without geometry and styles",
    ".dxf": "a DXF file holds the geometry without attributes",
}


@dataclass(frozen=True)
class Counts:
    """The numbers an algorithm returns, and how many features each sink was given (`features`).

    `stops` = `assigned` + `unassigned`; `rejected` is the part of `unassigned` that never reached the engine.
    `gini` is that of the working hours of the routes.
    """

    stops: int
    routes: int
    assigned: int
    unassigned: int
    rejected: int
    late: int
    distance_km: float
    drive_min: float
    cost: float
    violations: int
    overtime_min: float
    gini: float
    features: dict[str, int] = field(default_factory=dict)

    def numbers(self) -> dict[str, float]:
        """The numbers under their public output names."""
        return {
            "STOP_COUNT": self.stops,
            "ROUTE_COUNT": self.routes,
            "ASSIGNED_COUNT": self.assigned,
            "UNASSIGNED_COUNT": self.unassigned,
            "REJECTED_COUNT": self.rejected,
            "LATE_COUNT": self.late,
            "DISTANCE_KM": self.distance_km,
            "DRIVE_MIN": self.drive_min,
            "COST": self.cost,
            "VIOLATION_COUNT": self.violations,
            "OVERTIME_MIN": self.overtime_min,
            "GINI": self.gini,
        }


def write_plan(
    problem: Problem,
    plan: Plan,
    carried: CarriedStops,
    sinks: dict[str, QgsFeatureSink],
    feedback: QgsProcessingFeedback,
    context: QgsProcessingContext,
    settings: Settings = Settings(),
) -> Counts:
    """Write the plan to the sinks, which were made with the fields of output_fields.py and `carried.crs`.

    A sink that the user skipped is left out of `sinks` or None. `settings` are those the plan was made with.

    Raises
    ------
    QgsProcessingException
        When a feature is refused (disk full, not writable) or cannot be brought into the CRS of the outputs.
    """
    features = _PlanFeatures(problem, plan, carried, context, settings)
    written = {}
    for name, make in (
        (ROUTES, features.routes),
        (LEGS, features.legs),
        (VISITS, features.visits),
        (UNASSIGNED, features.unassigned),
    ):
        if sinks.get(name) is not None:
            written[name] = write_features(sinks[name], name, make(), feedback)
    visits = [visit for route in plan.routes for visit in route.visits]
    assigned = sum(visit.type == VISIT_STOP for visit in visits)
    unassigned = len(plan.unassigned) + len(carried.rejected)
    return Counts(
        stops=assigned + unassigned,
        routes=len(plan.routes),
        assigned=assigned,
        unassigned=unassigned,
        rejected=len(carried.rejected),
        late=sum(visit.late > 0 for visit in visits),
        distance_km=plan.distance / 1000,
        drive_min=plan.drive / 60,
        cost=plan.cost,
        violations=len(plan.violations),
        overtime_min=sum(route.overtime for route in plan.routes) / 60,
        gini=gini(map(share_of, plan.routes)),
        features=written,
    )


def verify_written(
    destinations: dict[str, str], features: dict[str, int], context: QgsProcessingContext
) -> None:
    """Count the features of each written layer again. Call it after the sinks were flushed and deleted.

    `destinations` maps sink names to what `parameterAsSink` returned, `features` to how many each was given.

    Raises
    ------
    QgsProcessingException
        Naming each sink that lost features; some formats do so while every single write succeeds.
    """
    losses = []
    for name, expected in features.items():
        layer = QgsProcessingUtils.mapLayerFromString(destinations[name], context)
        if layer is None:
            losses.append(f"{name}: {destinations[name]} cannot be opened again.")
            continue
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        # A Shapefile that lost its values still counts its features; each was written with some value.
        found = sum(not all(map(is_null, row.attributes())) for row in layer.getFeatures(request))
        if found != expected:
            losses.append(f"{name}: {expected} features were written, {found} are in {destinations[name]}.")
    if losses:
        raise QgsProcessingException(
            "The output is not complete; do not use it.\n"
            + "\n".join(losses)
            + "\nCheck the free space of the disk and whether another program has the file open, or write to "
            "a new GeoPackage."
        )


def warn_of_lossy_target(destination: str, feedback: QgsProcessingFeedback) -> None:
    """Warn before the run when the format of a destination cannot hold all of a plan; say what is lost."""
    path = destination.split("|")[0].strip("'\"").lower()
    for suffix, loss in _LOSSES.items():
        if path.endswith(suffix):
            feedback.pushWarning(f"{destination}: {loss}. A GeoPackage (.gpkg) keeps everything.")


class _PlanFeatures:
    """Turns one plan into features, sink by sink; holds what they look up."""

    def __init__(
        self,
        problem: Problem,
        plan: Plan,
        carried: CarriedStops,
        context: QgsProcessingContext,
        settings: Settings,
    ):
        self._plan = plan
        self._settings = settings_text(settings, problem.goals)
        plan_date = QDate.fromString(problem.plan_date, Qt.DateFormat.ISODate)
        self._day = PlanDay(plan_date, problem.time_zone)
        self._dimensions = problem.dimensions
        self._vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self._stops = {stop.id: stop for stop in problem.stops}
        self._depots = {depot.id: depot for depot in problem.depots}
        self._carried = carried
        self._adds_stop_id = output_fields.adds_stop_id(carried.fields)
        self._time_columns = [at for at, item in enumerate(carried.fields) if item.type() == DATE_TIME]
        wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
        self._to_output = QgsCoordinateTransform(wgs84, carried.crs, context.transformContext())

    def routes(self) -> Iterator[QgsFeature]:
        fields = output_fields.routes_fields()
        for route in self._plan.routes:
            vehicle = self._vehicles[route.vehicle_id]
            values = (
                self._day.wall_clock(route.start),
                self._day.wall_clock(route.end),
                self._plan.plan_id,
                self._plan.version,
                self._plan.parent_version,
                self._plan.engine or None,
                self._plan.seed,
                self._settings,
                route.route_id,
                route.vehicle_id,
                vehicle.driver or None,
                route.trips,
                len(route.stop_ids),
                route.distance / 1000,
                route.drive / 60,
                route.service / 60,
                route.loading / 60,
                route.wait / 60,
                route.break_time / 60,
                (route.end - route.start) / 60,
                route.overtime / 60,
                route.late / 60,
                sum(visit.late > 0 for visit in route.visits),
                _load_percent(route, vehicle.capacity),
                route.cost,
                route.cost_fixed,
                route.cost_distance,
                route.cost_time,
                ",".join(route.violations),
                self._plan.travel_source,
                self._day.zone_name,
            )
            yield make_feature(fields, values, self._line(_joined(route.legs), route.route_id))

    def legs(self) -> Iterator[QgsFeature]:
        fields = output_fields.legs_fields(self._dimensions)
        for route in self._plan.routes:
            ends = {visit.sequence: (before, visit) for before, visit in zip(route.visits, route.visits[1:])}
            for leg in route.legs:
                before, visit = ends[leg.sequence]
                values = (
                    self._day.wall_clock(before.end),
                    self._day.wall_clock(visit.arrival),
                    self._plan.plan_id,
                    self._plan.version,
                    route.route_id,
                    route.vehicle_id,
                    before.trip,
                    leg.sequence,
                    leg.from_id,
                    leg.to_id,
                    self._place(visit).name or None,
                    leg.seconds / 60,
                    leg.metres / 1000,
                    *_loads(before),
                    leg.source,
                )
                where = f"{route.route_id}, leg {leg.sequence}"
                yield make_feature(fields, values, self._line(leg.geometry, where))

    def visits(self) -> Iterator[QgsFeature]:
        fields = output_fields.visits_fields(self._carried.fields, self._dimensions)
        columns = self._text_columns(fields)
        for route in self._plan.routes:
            driver = self._vehicles[route.vehicle_id].driver or None
            place: Any = None
            for visit in route.visits:
                if visit.type != VISIT_BREAK:
                    place = self._place(visit)
                values = (
                    self._day.wall_clock(visit.start),
                    self._day.wall_clock(visit.end),
                    self._day.wall_clock(visit.arrival),
                    self._plan.plan_id,
                    self._plan.version,
                    route.route_id,
                    route.vehicle_id,
                    driver,
                    visit.trip,
                    visit.sequence,
                    visit.type,
                    visit.setup / 60,
                    visit.wait / 60,
                    visit.service / 60,
                    visit.late / 60,
                    visit.slack / 60,
                    visit.drive / 60,
                    visit.distance / 1000,
                    visit.cum_distance / 1000,
                    *_loads(visit),
                    ",".join(visit.violations),
                    visit.status,
                    self._wall_clock(visit.actual_arrival),
                    self._wall_clock(visit.actual_departure),
                    visit.fetched_at,
                )
                if visit.type == VISIT_STOP:
                    carried = self._values_of_stop(visit.id)
                else:
                    name = "" if visit.type == VISIT_BREAK else place.name
                    known = {STOP_ID: visit.id, STOP_NAME: name or visit.id}
                    carried = [known.get(column) for column in columns]
                yield make_feature(fields, (*values, *carried), self._point(place))

    def unassigned(self) -> Iterator[QgsFeature]:
        fields = output_fields.unassigned_fields(self._carried.fields)
        for left_out in self._plan.unassigned:
            values = (
                left_out.reason,
                left_out.text,
                left_out.nearest_vehicle or None,
                None if left_out.added is None else left_out.added / 60,
                left_out.added_cost,
                left_out.fix or None,
            )
            point = self._point(self._stops[left_out.stop_id])
            yield make_feature(fields, (*self._values_of_stop(left_out.stop_id), *values), point)
        for stop in self._carried.rejected:
            carried = self._carried_values(stop.stop_id, stop.attributes)
            yield make_feature(fields, (*carried, stop.reason, stop.text, *[None] * 4), stop.geometry)

    def _wall_clock(self, seconds: int | None) -> QDateTime | None:
        return None if seconds is None else self._day.wall_clock(seconds)

    def _place(self, visit: Visit) -> Any:
        return (self._stops if visit.type == VISIT_STOP else self._depots)[visit.id]

    def _values_of_stop(self, stop_id: str) -> list[Any]:
        return self._carried_values(stop_id, self._carried.attributes[stop_id])

    def _carried_values(self, stop_id: str, attributes: Sequence[Any]) -> list[Any]:
        values = list(attributes)
        for column in self._time_columns:
            values[column] = unshifted(values[column])
        return [stop_id, *values] if self._adds_stop_id else values

    def _text_columns(self, fields: QgsFields) -> list[str]:
        """The names of a stop's fields among the fields of VISITS; "" for those that hold no text."""
        count = len(self._carried.fields) + self._adds_stop_id
        return [item.name().lower() if item.type() == TEXT else "" for item in fields][len(fields) - count :]

    def _point(self, place: Any) -> QgsGeometry:
        return transformed(QgsGeometry(QgsPoint(place.lon, place.lat)), self._to_output, place.id)

    def _line(self, lon_lat: Sequence[tuple[float, float]], where: str) -> QgsGeometry:
        if len(lon_lat) < 2:
            return QgsGeometry()
        longitudes, latitudes = zip(*lon_lat)
        return transformed(QgsGeometry(QgsLineString(longitudes, latitudes)), self._to_output, where)


def transformed(geometry: QgsGeometry, to_output: QgsCoordinateTransform, where: str) -> QgsGeometry:
    """Bring a geometry into the CRS of the outputs, which is that of the stops.

    Raises
    ------
    QgsProcessingException
        When it lies where that CRS cannot hold it; `where` names it.
    """
    try:
        geometry.transform(to_output)
    except QgsCsException as error:
        raise QgsProcessingException(
            f"{where} cannot be written in {to_output.destinationCrs().authid()}, the CRS of the stops. "
            "Reproject the stops to a CRS that covers them, for example EPSG:4326."
        ) from error
    return geometry


def write_features(
    sink: QgsFeatureSink, name: str, features: Iterable[QgsFeature], feedback: QgsProcessingFeedback
) -> int:
    """Write features into the sink `name`, until the user cancels, and return how many.

    Raises
    ------
    QgsProcessingException
        When a feature is refused.
    """
    count = 0
    for feature in features:
        if feedback.isCanceled():
            break
        if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
            raise _refused(sink, name, count + 1)
        count += 1
    if not sink.flushBuffer():
        raise _refused(sink, name, count)
    return count


def _refused(sink: QgsFeatureSink, name: str, number: int) -> QgsProcessingException:
    cause = sink.lastError() or "no cause was given"
    return QgsProcessingException(
        f"{name}: feature {number} was not written: {cause}. Check that the folder is writable, the disk has "
        "free space and no other program has the file open, or choose another file."
    )


def make_feature(fields: QgsFields, values: Sequence[Any], geometry: QgsGeometry) -> QgsFeature:
    """Return a feature with values in the order of the fields."""
    feature = QgsFeature(fields)
    feature.setAttributes(list(values))
    feature.setGeometry(geometry)
    return feature


def settings_text(settings: Settings, goals: Goals) -> str:
    """The settings and goals that a plan was made with as JSON, without empty settings and usual goals; the
    seed is told beside it."""
    usual = asdict(Goals())
    wished = {name: value for name, value in asdict(goals).items() if value != usual[name]}
    given = {name: value for name, value in asdict(settings).items() if value is not None and name != "seed"}
    return json.dumps({**given, **({"goals": wished} if wished else {})})


def _joined(legs: Sequence[Leg]) -> list[tuple[float, float]]:
    """One line through all legs; the place where two legs meet is there once."""
    points: list[tuple[float, float]] = []
    for leg in legs:
        meets = points and leg.geometry and points[-1] == leg.geometry[0]
        points.extend(leg.geometry[1:] if meets else leg.geometry)
    return points


def _loads(visit: Visit) -> list[float]:
    return [load / LOAD_SCALE for load in visit.load]


def _load_percent(route: Route, capacity: Sequence[int | None]) -> float | None:
    """The highest share used of any limited capacity; None if nothing is limited or a load has no room."""
    limited = [(peak, most) for peak, most in zip(route.load_peak, capacity) if most is not None]
    if any(peak > 0 and most == 0 for peak, most in limited):
        return None
    return max((100 * peak / most if most else 0.0 for peak, most in limited), default=None)
