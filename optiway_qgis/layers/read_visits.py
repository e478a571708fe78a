"""A layer of visits into a problem and the order to keep: a plan's VISITS, edited or not, or numbered points.

In a plan's VISITS the fields of the plan are told from those of the stops, which come back under their own
names. Times are recomputed elsewhere; of the plan's only the departures and the service times are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource
from qgis.PyQt.QtCore import QDate, QDateTime, Qt

from ..model.findings import About, Fault
from ..model.plan import VISIT_END, VISIT_START
from ..model.problem import MAX_DIMENSIONS, Depot, Problem, Sequence, Stop, Vehicle
from . import fields
from .output_fields import TAKEN_BY_FORMATS, visits_names
from .points import position, to_wgs84
from .problem_of import problem_of
from .qgis_compat import is_null
from .read_stops import Expressions, StopsRead, StopsReader
from .read_vehicles import DEFAULT_COSTS, cost_members, open_shift
from .reading import Reading, no_crs
from .row import Row, as_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from qgis.core import QgsFeature

_PLAN_NAMES = visits_names(MAX_DIMENSIONS)
_MARKS_OF_A_PLAN = ("visit_type", "planned_service_min", "eta")
_RENAMED = "stop_"
_SERVICE_DIFFERS_MIN = 1 / 120

ROUTE_VEHICLE, ROUTE_SEQUENCE, OWN_SERVICE = "_vehicle", "_sequence", "_own_service"
"""Names under which a Row finds what a stop does not have: the vehicle and number of the visit, and the
service time of the stop where that of the plan stands for it."""


@dataclass
class RoutesSeen:
    """What the rows say of each vehicle, by its id: ends, departure from the depot, first arrival, driver."""

    vehicle_ids: dict[str, None] = field(default_factory=dict)
    depots: dict[str, Depot] = field(default_factory=dict)
    start: dict[str, str] = field(default_factory=dict)
    end: dict[str, str] = field(default_factory=dict)
    departure: dict[str, int] = field(default_factory=dict)
    arrival: dict[str, int] = field(default_factory=dict)
    driver: dict[str, str] = field(default_factory=dict)


class VisitsLayer:
    """The columns of a layer of visits: which are the plan's, and which are the stop's."""

    def __init__(self, source: QgsProcessingFeatureSource, name: str = "STOPS"):
        self.source = source
        self.name = name
        names = source.fields().names()
        lower = {name.lower(): index for index, name in reversed(list(enumerate(names)))}
        self.is_plan = all(mark in lower for mark in _MARKS_OF_A_PLAN)
        self._of_plan = lower if self.is_plan else {}
        self.carried = [
            (index, _own_name(name) if self.is_plan else name)
            for index, name in enumerate(names)
            if not self.is_plan or name.lower() not in _PLAN_NAMES | TAKEN_BY_FORMATS
        ]
        self.columns = self._stop_columns(names)

    def missing(self) -> list[str]:
        """The fields without which there is no order to keep."""
        return [
            name
            for name, key in (("vehicle_id", ROUTE_VEHICLE), ("sequence", ROUTE_SEQUENCE))
            if key not in self.columns
        ]

    def value(self, feature: QgsFeature, name: str) -> Any:
        """A value of the plan's own; None when it is null or the layer is not a plan's."""
        index = self._of_plan.get(name)
        value = None if index is None else feature.attribute(index)
        return None if is_null(value) else value

    def is_stop(self, feature: QgsFeature) -> bool:
        """Whether the row is a stop and not a depot."""
        return as_text(self.value(feature, "visit_type") or "") not in (VISIT_START, VISIT_END)

    def vehicle_id(self, feature: QgsFeature) -> str:
        """The vehicle that serves the row; "" when none does."""
        value = feature.attribute(self.columns[ROUTE_VEHICLE].index)
        return "" if is_null(value) else as_text(value)

    def _stop_columns(self, names: list[str]) -> dict[str, fields.Column]:
        own = dict(self.carried)
        found = fields.recognise(fields.STOP_FIELDS, [own.get(index, "") for index in range(len(names))])
        columns = {name: replace(column, name=names[column.index]) for name, column in found.items()}
        if not self.is_plan:
            for key, name in ((ROUTE_VEHICLE, "vehicle_id"), (ROUTE_SEQUENCE, "sequence")):
                if name in columns:
                    columns[key] = columns.pop(name)
            return columns
        if "service_min" in columns:
            columns[OWN_SERVICE] = columns["service_min"]
        for key, name in (
            (ROUTE_VEHICLE, "vehicle_id"),
            (ROUTE_SEQUENCE, "sequence"),
            ("service_min", "planned_service_min"),
        ):
            if name in self._of_plan:
                index = self._of_plan[name]
                columns[key] = fields.Column(index, names[index], fields.Alias(name))
        return columns


def first_date(source: QgsProcessingFeatureSource) -> QDate | None:
    """The earliest date in `start_time`; None when there is none."""
    index = source.fields().lookupField("start_time")
    if index < 0:
        return None
    request = QgsFeatureRequest().setSubsetOfAttributes([index])
    dates = [_date(feature.attribute(index)) for feature in source.getFeatures(request)]
    return min((date for date in dates if date.isValid()), default=None)


def see_routes(visits: VisitsLayer, reading: Reading, seen: RoutesSeen | None = None) -> RoutesSeen:
    """Read what the rows say of the vehicles, and add it to what another layer said; a depot that cannot be
    read is an error."""
    seen = RoutesSeen() if seen is None else seen
    source = visits.source
    if not source.sourceCrs().isValid():
        reading.refuse(no_crs(visits.name, source), About(visits.name))
        return seen
    transform = to_wgs84(source.sourceCrs(), reading.transform_context)
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in source.getFeatures(QgsFeatureRequest(), flags):
        vehicle_id = visits.vehicle_id(feature)
        if not vehicle_id:
            continue
        seen.vehicle_ids[vehicle_id] = None
        seen.driver.setdefault(vehicle_id, as_text(visits.value(feature, "driver") or ""))
        _see_departure(visits, feature, vehicle_id, seen, reading)
        if not visits.is_stop(feature):
            _see_depot(visits, feature, vehicle_id, transform, seen, reading)
    return seen


def vehicles_seen(seen: RoutesSeen, depots: Collection[Depot], start: int, reading: Reading) -> list[Vehicle]:
    """A vehicle without limits per vehicle id; `start` is the departure where no row of the layer tells any.

    A vehicle without a depot row of its own, such as one added by hand, starts and ends at the only depot;
    where there is none or several, it is open at both ends.
    """
    only = next(iter(depots)).id if len(depots) == 1 else None
    earliest = min(seen.departure.values(), default=start)
    vehicles = []
    for vehicle_id in seen.vehicle_ids:
        has_rows = vehicle_id in seen.start or vehicle_id in seen.end
        if not has_rows and only is not None and seen.depots:
            text = f"A vehicle without depot rows starts and ends at {only}"
            reading.warn(Fault("missing_value", text), About(id=vehicle_id))
        start_depot = seen.start.get(vehicle_id) if has_rows else only
        departure = seen.departure if start_depot is not None else seen.arrival
        vehicles.append(
            Vehicle(
                id=vehicle_id,
                driver=seen.driver[vehicle_id],
                start_depot=start_depot,
                end_depot=seen.end.get(vehicle_id) if has_rows else only,
                shift=open_shift(departure.get(vehicle_id, earliest)),
                **cost_members(DEFAULT_COSTS),
            )
        )
    return vehicles


def read_visits(
    visits: VisitsLayer,
    depots: Collection[Depot],
    vehicles: Collection[Vehicle],
    reading: Reading,
    expressions: Expressions,
    judges_skills: bool = True,
) -> tuple[Problem, StopsRead, tuple[Sequence, ...]]:
    """Read the stops and their order, as `read_order` does, into a problem.

    With `judges_skills` False the vehicles are taken to have every skill that is asked for.
    """
    read, sequences = read_order(visits, vehicles, reading, expressions)
    if not judges_skills:
        vehicles = skilled(vehicles, read.stops)
    problem = problem_of(read.stops, list(depots), list(vehicles), reading, visits.name)
    return problem, read, sequences


def skilled(vehicles: Collection[Vehicle], stops: Collection[Stop]) -> list[Vehicle]:
    """Return the vehicles with every skill that a stop asks for."""
    skills = tuple(dict.fromkeys(skill for stop in stops for skill in stop.skills))
    return [replace(vehicle, skills=skills) for vehicle in vehicles]


def read_order(
    visits: VisitsLayer, vehicles: Collection[Vehicle], reading: Reading, expressions: Expressions
) -> tuple[StopsRead, tuple[Sequence, ...]]:
    """Read the stops and their order: by number within each vehicle, equal numbers in the order of the
    layer."""
    known = {vehicle.id for vehicle in vehicles}
    order: dict[str, list[tuple[float, int, str]]] = {vehicle.id: [] for vehicle in vehicles}
    compares_service = OWN_SERVICE in visits.columns and "SERVICE_TIME" not in expressions.texts

    def judge(row: Row) -> str:
        vehicle_id = row.text(ROUTE_VEHICLE)
        number = row.number(ROUTE_SEQUENCE)
        if not vehicle_id:
            return f"{row.shown(ROUTE_VEHICLE)} is empty, so no vehicle serves the stop"
        if vehicle_id not in known:
            remedy = "Correct it or add the vehicle"
            row.problem(ROUTE_VEHICLE, Fault("unknown_vehicle", "is no active vehicle of VEHICLES", remedy))
        if number is None:
            name = row.shown(ROUTE_SEQUENCE)
            row.warn(Fault("missing_value", f"{name} is empty: served after the numbered stops", field=name))
        if compares_service:
            _compare_service(row)
        if not row.problems:
            place = float("inf") if number is None else number
            order[vehicle_id].append((place, len(order[vehicle_id]), row.label))
        return ""

    shown = [visits.columns[key].name for key in (ROUTE_VEHICLE, ROUTE_SEQUENCE)]
    reading.feedback.pushInfo(f"{visits.name}: the order is that of {' and '.join(shown)}")
    reader = StopsReader(visits.source, visits.columns, reading, expressions, visits.name)
    read = reader.read(visits.is_stop, judge, visits.carried)
    accepted = {stop.id for stop in read.stops}
    sequences = tuple(
        Sequence(vehicle_id, tuple(stop_id for _, _, stop_id in sorted(entries) if stop_id in accepted))
        for vehicle_id, entries in order.items()
    )
    _warn_of_equal_numbers(order, reading)
    return read, tuple(sequence for sequence in sequences if sequence.stops)


def _own_name(name: str) -> str:
    own = name[len(_RENAMED) :]
    was_renamed = name.lower().startswith(_RENAMED) and own.lower() in _PLAN_NAMES | TAKEN_BY_FORMATS
    return own if was_renamed else name


def _date(value: Any) -> QDate:
    if is_null(value):
        return QDate()
    if isinstance(value, QDateTime):
        return value.date()
    return QDate.fromString(as_text(value)[:10], Qt.DateFormat.ISODate)


def _see_departure(
    visits: VisitsLayer, feature: QgsFeature, vehicle_id: str, seen: RoutesSeen, reading: Reading
) -> None:
    is_start = as_text(visits.value(feature, "visit_type") or "") == VISIT_START
    name, times = ("end_time", seen.departure) if is_start else ("eta", seen.arrival)
    value = visits.value(feature, name)
    if value is None:
        return
    try:
        seconds = reading.day.read(value).seconds
    except Fault as fault:
        where = f"{visits.name}: feature {feature.id()}"
        text = f'{name} "{as_text(value)}" {fault.text}'
        about = About(visits.name, feature.id())
        reading.refuse(Fault(fault.code, text, fault.remedy, name), about, where)
        return
    times[vehicle_id] = min(seconds, times.get(vehicle_id, seconds))


def _see_depot(
    visits: VisitsLayer, feature: QgsFeature, vehicle_id: str, transform, seen: RoutesSeen, reading: Reading
) -> None:
    try:
        lon, lat = position(feature.geometry(), transform)
    except Fault as fault:
        text = f"{visits.name}: feature {feature.id()} is a depot, and its {fault.text}"
        about = About(visits.name, feature.id())
        reading.refuse(Fault(fault.code, text, fault.remedy, fault.field), about)
        return
    depot_id = _carried_text(visits, feature, "stop_id") or f"depot at {lon:.5f}, {lat:.5f}"
    seen.depots.setdefault(depot_id, Depot(depot_id, lon, lat, _carried_text(visits, feature, "name")))
    is_start = as_text(visits.value(feature, "visit_type")) == VISIT_START
    (seen.start if is_start else seen.end)[vehicle_id] = depot_id


def _carried_text(visits: VisitsLayer, feature: QgsFeature, name: str) -> str:
    column = visits.columns.get(name)
    value = None if column is None else feature.attribute(column.index)
    return "" if is_null(value) else as_text(value)


def _compare_service(row: Row) -> None:
    planned, own = row.number("service_min"), row.number(OWN_SERVICE)
    if planned is not None and own is not None and abs(planned - own) > _SERVICE_DIFFERS_MIN:
        name = row.shown(OWN_SERVICE)
        text = f'planned_service_min differs from {name} and is used; SERVICE_TIME = "{name}" uses the other'
        row.warn(Fault("conflicting_values", text, field=name))


def _warn_of_equal_numbers(order: Mapping[str, list[tuple[float, int, str]]], reading: Reading) -> None:
    for vehicle_id, entries in order.items():
        numbers = [number for number, _, _ in entries if number != float("inf")]
        for number in sorted({number for number in numbers if numbers.count(number) > 1}):
            text = "Several stops of a vehicle have the same sequence number and keep the order of the layer"
            reading.warn(Fault("doubled_id", text), About(id=f"{vehicle_id}: {number:g}"))
