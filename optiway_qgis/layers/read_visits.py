"""A layer of visits into a problem and the order to keep: a plan's VISITS, edited or not, or numbered points.

In a plan's VISITS the fields of the plan are told from those of the stops, which come back under their own
names. Times are recomputed elsewhere; of the plan's only the departures and the service times are read.
Reloads stay where the rows of the plan have them; its rows of breaks and transfers are passed over.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource
from qgis.PyQt.QtCore import QDate, QDateTime, Qt

from ..model.findings import About, Fault
from ..model.plan import VISIT_BREAK, VISIT_END, VISIT_RELOAD, VISIT_START, VISIT_TRANSFER
from ..model.problem import MAX_DIMENSIONS, Depot, Problem, Sequence, Stop, Vehicle
from . import fields
from .output_fields import TAKEN_BY_FORMATS, own_name, visits_names
from .points import position, to_wgs84
from .problem_of import problem_of
from .qgis_compat import is_key, is_null
from .read_stops import Expressions, Judge, StopsRead, StopsReader
from .read_vehicles import DEFAULT_COSTS, cost_members, open_shift
from .reading import Reading, no_crs
from .row import Row, as_number, as_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from qgis.core import QgsFeature

_PLAN_NAMES = visits_names(MAX_DIMENSIONS)
_MARKS_OF_A_PLAN = ("visit_type", "planned_service_min", "eta")
_STATE = ("status", "actual_arrival", "actual_departure")
_NO_STOPS = frozenset({VISIT_START, VISIT_RELOAD, VISIT_BREAK, VISIT_TRANSFER, VISIT_END})
_SERVICE_DIFFERS_MIN = 1 / 60
_LAST = float("inf")
"""The place on a route of what has no number."""

ROUTE_VEHICLE, ROUTE_SEQUENCE, OWN_SERVICE, PLANNED_FOR = "_vehicle", "_sequence", "_own_service", "_route"
"""Names under which a Row finds what a stop does not have: the vehicle and number of the visit, the service
time of the stop where that of the plan stands for it, and the route that this one was planned for."""


@dataclass
class RoutesSeen:
    """What the rows say of each vehicle, by its id: ends, start of loading at the depot, departure from it,
    first arrival, driver, number of reloads, and which loaded for a time."""

    vehicle_ids: dict[str, None] = field(default_factory=dict)
    depots: dict[str, Depot] = field(default_factory=dict)
    start: dict[str, str] = field(default_factory=dict)
    end: dict[str, str] = field(default_factory=dict)
    loading: dict[str, int] = field(default_factory=dict)
    departure: dict[str, int] = field(default_factory=dict)
    arrival: dict[str, int] = field(default_factory=dict)
    driver: dict[str, str] = field(default_factory=dict)
    reloads: dict[str, int] = field(default_factory=dict)
    loads_long: dict[str, None] = field(default_factory=dict)


class VisitsLayer:
    """The columns of a layer of visits: which are the plan's, and which are the stop's.

    `is_cut` tells a plan in a format that cuts the names of fields: it cannot be read back.
    """

    def __init__(self, source: QgsProcessingFeatureSource, name: str = "STOPS"):
        self.source = source
        self.name = name
        names = source.fields().names()
        keys = {field.name() for field in source.fields() if is_key(field)}
        lower = {name.lower(): index for index, name in reversed(list(enumerate(names)))}
        self.is_plan = all(mark in lower for mark in _MARKS_OF_A_PLAN)
        self.is_cut = not self.is_plan and all(mark[:10] in lower for mark in _MARKS_OF_A_PLAN)
        self._of_plan = lower if self.is_plan else {}
        self.carried = [
            (index, own_name(name, _PLAN_NAMES) if self.is_plan else name)
            for index, name in enumerate(names)
            if not self.is_plan or not (name in keys or name.lower() in _PLAN_NAMES | TAKEN_BY_FORMATS)
        ]
        self.columns = self._stop_columns(names)
        if not self.is_plan and "lock" not in self.columns:
            # Who serves a stop of numbered points, and when, is no wish of the stop.
            order = [
                self.columns[key].index for key in (ROUTE_VEHICLE, ROUTE_SEQUENCE) if key in self.columns
            ]
            self.carried = [(index, name) for index, name in self.carried if index not in order]

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
        """Whether the row is a stop and not a depot or a break."""
        return self.kind(feature) not in _NO_STOPS

    def kind(self, feature: QgsFeature) -> str:
        """The `visit_type` of a row of a plan; "" where there is none."""
        return as_text(self.value(feature, "visit_type") or "")

    def vehicle_id(self, feature: QgsFeature) -> str:
        """The vehicle that serves the row; "" when none does."""
        value = feature.attribute(self.columns[ROUTE_VEHICLE].index)
        return "" if is_null(value) else as_text(value)

    def carried_text(self, feature: QgsFeature, name: str) -> str:
        """A value of the stop as text; "" when it is null or there is no such column."""
        column = self.columns.get(name)
        value = None if column is None else feature.attribute(column.index)
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
            (PLANNED_FOR, "route_id"),
        ):
            if name in self._of_plan:
                columns[key] = self._plan_column(name, names)
        for name in _STATE:
            columns.pop(name, None)  # what the stop's own field says is not how the visit stands
            if name in self._of_plan:
                columns[name] = self._plan_column(name, names)
        return columns

    def _plan_column(self, name: str, names: list[str]) -> fields.Column:
        index = self._of_plan[name]
        return fields.Column(index, names[index], fields.Alias(name))


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
    reloads: Counter[str] = Counter()
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in source.getFeatures(QgsFeatureRequest(), flags):
        vehicle_id, kind = visits.vehicle_id(feature), visits.kind(feature)
        reloads[vehicle_id] += kind == VISIT_RELOAD
        took = _number(visits.value(feature, "planned_service_min"))
        if kind in (VISIT_START, VISIT_RELOAD) and 0 < took < _LAST:
            seen.loads_long[vehicle_id] = None
        if not vehicle_id or kind in (VISIT_RELOAD, VISIT_BREAK, VISIT_TRANSFER):
            continue
        seen.vehicle_ids[vehicle_id] = None
        seen.driver.setdefault(vehicle_id, as_text(visits.value(feature, "driver") or ""))
        told = (seen.loading, seen.departure) if kind == VISIT_START else (seen.arrival,)
        for name, times in zip(("eta", "end_time"), told):
            _see_time(visits, feature, name, times, reading)
        if not visits.is_stop(feature):
            _see_depot(visits, feature, vehicle_id, transform, seen, reading)
    for vehicle_id, count in reloads.items():
        seen.reloads[vehicle_id] = max(count, seen.reloads.get(vehicle_id, 0))
    return seen


def depots_seen(seen: RoutesSeen, reading: Reading) -> list[Depot]:
    """The depots of the rows, open at all hours; how long loading takes there no row can tell."""
    for vehicle_id in seen.loads_long:
        text = "The time that loading took is left out, as no depots are given"
        reading.warn(Fault("no_effect", text, "Give the same DEPOTS"), About(id=vehicle_id))
    return list(seen.depots.values())


def vehicles_seen(seen: RoutesSeen, depots: Collection[Depot], start: int, reading: Reading) -> list[Vehicle]:
    """A vehicle without limits per vehicle id; `start` is the departure where no row of the layer tells any.

    Its shift begins with the loading where that takes time at the depots, else with the departure.
    A vehicle without a depot row of its own, such as one added by hand, starts and ends at the only depot;
    where there is none or several, it is open at both ends.
    """
    only = next(iter(depots)).id if len(depots) == 1 else None
    takes_time = any(depot.load or depot.load_per_unit for depot in depots)
    starts = seen.loading if takes_time else seen.departure
    earliest = min(starts.values(), default=start)
    vehicles = []
    for vehicle_id in seen.vehicle_ids:
        has_rows = vehicle_id in seen.start or vehicle_id in seen.end
        if not has_rows and only is not None and seen.depots:
            text = f"A vehicle without depot rows starts and ends at {only}"
            reading.warn(Fault("missing_value", text), About(id=vehicle_id))
        start_depot = seen.start.get(vehicle_id) if has_rows else only
        begins = starts if start_depot is not None else seen.arrival
        vehicles.append(
            Vehicle(
                id=vehicle_id,
                driver=seen.driver[vehicle_id],
                start_depot=start_depot,
                end_depot=seen.end.get(vehicle_id) if has_rows else only,
                shift=open_shift(begins.get(vehicle_id, earliest)),
                max_trips=1 + seen.reloads.get(vehicle_id, 0),
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
    visits: VisitsLayer,
    vehicles: Collection[Vehicle],
    reading: Reading,
    expressions: Expressions,
    left_out: Judge | None = None,
    idle: Collection[str] = (),
) -> tuple[StopsRead, tuple[Sequence, ...]]:
    """Read the stops and their order: by number within each vehicle, equal numbers in the order of the
    layer. A vehicle with rows of reloads reloads there, any other where the scheduler finds that it must.

    `left_out` says of a row why it is excluded, or "". The stops of `idle` vehicles are in no order.
    """
    order = _Order(visits, vehicles, reading)
    is_planned = visits.is_plan and "SERVICE_TIME" not in expressions.texts
    factors = service_factors(visits, vehicles, expressions)
    factor_of: dict[str, float] = {}

    def judge(row: Row) -> str:
        vehicle_id = row.text(ROUTE_VEHICLE)
        number = row.number(ROUTE_SEQUENCE)
        excluded = left_out(row) if left_out is not None else ""
        if excluded:
            return excluded
        if not vehicle_id:
            return f"{row.shown(ROUTE_VEHICLE)} is empty, so no vehicle serves the stop"
        if vehicle_id in idle:
            return ""
        if vehicle_id not in order.entries:
            remedy = "Correct it or add the vehicle"
            row.problem(ROUTE_VEHICLE, Fault("unknown_vehicle", "is no active vehicle of VEHICLES", remedy))
        if number is None:
            name = row.shown(ROUTE_SEQUENCE)
            row.warn(Fault("missing_value", f"{name} is empty: served after the numbered stops", field=name))
        if factors:
            factor_of[row.label] = factors.get(row.text(PLANNED_FOR) or vehicle_id, 1.0)
        if is_planned and OWN_SERVICE in visits.columns:
            _compare_service(row, factor_of.get(row.label, 1.0))
        if not row.problems:
            order.add(vehicle_id, _LAST if number is None else number, row.label)
        return ""

    shown = [visits.columns[key].name for key in (ROUTE_VEHICLE, ROUTE_SEQUENCE)]
    reading.feedback.pushInfo(f"{visits.name}: the order is that of {' and '.join(shown)}")
    # Where vehicle_id says who serves a stop, it does not say who is to: no lock refers to it.
    binds = visits.is_plan
    reader = StopsReader(visits.source, visits.columns, reading, expressions, visits.name, binds)
    read = reader.read(order.takes, judge, visits.carried)
    read.stops[:] = [for_any_driver(stop, factor_of.get(stop.id, 1.0)) for stop in read.stops]
    return read, order.sequences({stop.id for stop in read.stops})


def service_factors(
    visits: VisitsLayer, vehicles: Collection[Vehicle], expressions: Expressions
) -> dict[str, float]:
    """Vehicle -> its service factor, where that is in the service times that are read and is not 1."""
    if not visits.is_plan or "SERVICE_TIME" in expressions.texts:
        return {}
    return {vehicle.id: vehicle.service_factor for vehicle in vehicles if vehicle.service_factor != 1}


class _Order:
    """The stops and reloads of each vehicle by number; gathered row by row, in the order of the layer."""

    def __init__(self, visits: VisitsLayer, vehicles: Collection[Vehicle], reading: Reading):
        self._visits = visits
        self._reading = reading
        self._without_breaks = {vehicle.id for vehicle in vehicles if not vehicle.breaks}
        self.entries: dict[str, list[tuple[float, int, str | None]]] = {
            vehicle.id: [] for vehicle in vehicles
        }

    def add(self, vehicle_id: str, number: float, stop_id: str | None) -> None:
        """Note a stop, or a reload where `stop_id` is None."""
        entries = self.entries[vehicle_id]
        entries.append((number, len(entries), stop_id))

    def takes(self, feature: QgsFeature) -> bool:
        """Whether the row is a stop; a reload is noted, and a break that nobody is due any more told."""
        kind, vehicle_id = self._visits.kind(feature), self._visits.vehicle_id(feature)
        if kind == VISIT_RELOAD and vehicle_id in self.entries:
            self.add(vehicle_id, _number(self._visits.value(feature, "sequence")), None)
        if kind == VISIT_BREAK and vehicle_id in self._without_breaks:
            text = "Breaks of a plan are left out for vehicles that no break is given for"
            self._reading.warn(Fault("no_effect", text, "Give the same BREAKS"), About(id=vehicle_id))
            self._without_breaks.discard(vehicle_id)  # told once
        return self._visits.is_stop(feature)

    def sequences(self, accepted: Collection[str]) -> tuple[Sequence, ...]:
        """The order of each vehicle that serves any of the stops accepted."""
        self._warn_of_equal_numbers()
        found = (self._sequence(vehicle_id, accepted) for vehicle_id in self.entries)
        return tuple(sequence for sequence in found if sequence.stops)

    def _sequence(self, vehicle_id: str, accepted: Collection[str]) -> Sequence:
        stops: list[str] = []
        reloads: list[int] = []
        for _, _, stop_id in sorted(self.entries[vehicle_id], key=lambda entry: entry[:2]):
            if stop_id is None:
                reloads.append(len(stops))
            elif stop_id in accepted:
                stops.append(stop_id)
        if not reloads:
            return Sequence(vehicle_id, tuple(stops))
        kept = tuple(sorted({count for count in reloads if 0 < count < len(stops)}))
        if len(kept) < len(reloads):
            text = "A reload without a stop before and after it is left out"
            self._reading.warn(Fault("no_effect", text), About(id=vehicle_id))
        return Sequence(vehicle_id, tuple(stops), kept)

    def _warn_of_equal_numbers(self) -> None:
        for vehicle_id, entries in self.entries.items():
            counts = Counter(number for number, _, _ in entries if number != _LAST)
            for number in sorted(number for number, count in counts.items() if count > 1):
                text = (
                    "Several rows of a vehicle have the same sequence number and keep the order of the layer"
                )
                self._reading.warn(Fault("doubled_id", text), About(id=f"{vehicle_id}: {number:g}"))


def _date(value: Any) -> QDate:
    if is_null(value):
        return QDate()
    if isinstance(value, QDateTime):
        return value.date()
    return QDate.fromString(as_text(value)[:10].replace("/", "-"), Qt.DateFormat.ISODate)


def _see_time(
    visits: VisitsLayer, feature: QgsFeature, name: str, times: dict[str, int], reading: Reading
) -> None:
    """Read a time of the row, and keep the earliest of its vehicle."""
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
    vehicle_id = visits.vehicle_id(feature)
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
    depot_id = visits.carried_text(feature, "stop_id") or f"depot at {lon:.5f}, {lat:.5f}"
    seen.depots.setdefault(depot_id, Depot(depot_id, lon, lat, visits.carried_text(feature, "name")))
    is_start = visits.kind(feature) == VISIT_START
    (seen.start if is_start else seen.end)[vehicle_id] = depot_id


def for_any_driver(stop: Stop, factor: float) -> Stop:
    """The stop with the service time that takes a driver of this factor as long as was planned."""
    return stop if factor == 1 else replace(stop, service=1000 * stop.service // round(1000 * factor))


def _compare_service(row: Row, factor: float) -> None:
    planned, own = row.number("service_min"), row.number(OWN_SERVICE)
    if planned is not None and own is not None and abs(planned - own * factor) > _SERVICE_DIFFERS_MIN:
        name = row.shown(OWN_SERVICE)
        text = f'planned_service_min differs from {name} and is used; SERVICE_TIME = "{name}" uses the other'
        row.warn(Fault("conflicting_values", text, field=name))


def _number(value: Any) -> float:
    """The number of a row that is no stop; the last place where it has none."""
    try:
        return as_number(value)
    except Fault:
        return _LAST
