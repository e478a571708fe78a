"""Visits and legs of a plan, as they stand, into the days of its drivers: nothing is timed or judged.

What the columns are called is read_visits.py's, what is made of the days reports/driver_*.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from qgis.core import QgsFeatureRequest, QgsGeometry, QgsProcessingFeatureSource
from qgis.PyQt.QtCore import QDateTime, QTime

from ..model.day import CANCELLED, DONE, UNDELIVERED
from ..model.driver_day import DayVisit, DriverDay, Hours, Instant, Line
from ..model.findings import About, Fault
from ..model.links import Place
from ..model.plan import VISIT_STOP
from ..model.problem import DAY, LOAD_SCALE, MAX_DIMENSIONS, OPEN_END
from . import fields
from .points import position, to_wgs84
from .qgis_compat import is_null
from .read_drivers import eta_of, note_plan, number_of
from .read_stops import stop_of
from .row import Row, Table, as_number, as_text

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateTransform, QgsFeature

    from ..model.problem import Window
    from .read_visits import VisitsLayer
    from .reading import Reading

_OVER = frozenset({DONE, *UNDELIVERED})
_TEXTS = ("address", "phone", "email", "notes", "access_code", "access_notes")
LEGS = "PLAN_LEGS"

_LAST = float("inf")
_NO_NUMBER = -1


@dataclass
class DaysRead:
    """The days in the order of the layer, and the plans and versions its rows name."""

    days: list[DriverDay] = field(default_factory=list)
    plan_ids: list[str] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)


def zone_of(routes: QgsProcessingFeatureSource | None) -> str:
    """The time zone that the ROUTES of a plan name; "" where there is none."""
    index = -1 if routes is None else routes.fields().lookupField("time_zone")
    if routes is None or index < 0:
        return ""
    zones = (feature.attribute(index) for feature in routes.getFeatures())
    return next((as_text(zone) for zone in zones if not is_null(zone) and as_text(zone)), "")


def read_driver_days(
    visits: VisitsLayer,
    legs: QgsProcessingFeatureSource | None,
    reading: Reading,
    now: int | None = None,
) -> DaysRead:
    """Read the day of each vehicle, its visits in the order of their numbers.

    Visits planned to be over at `now` (seconds from midnight of the plan date) are behind the driver,
    whatever their status; one who is at a stop has it before him still. A row without a time, or without a
    place, is told of.
    """
    reader = _DaysReader(visits, reading, now)
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in visits.source.getFeatures(QgsFeatureRequest(), flags):
        if reading.feedback.isCanceled():
            break
        reader.take(feature)
    ways = {} if legs is None else _read_ways(legs, reading)
    if legs is not None and reader.visits and not ways.keys() & reader.visits.keys():
        text = f"{LEGS} has no line of any vehicle of {visits.name}"
        reading.warn(Fault("no_effect", text, "Give the LEGS of the same plan"), About(LEGS))
    return reader.read(ways)


class _DaysReader:
    """Gathers the rows of a layer of visits."""

    def __init__(self, visits: VisitsLayer, reading: Reading, now: int | None):
        self.visits: dict[str, list[tuple[float, DayVisit]]] = {}
        self._drivers: dict[str, str] = {}
        self._distances: dict[str, float] = {}
        self._plan_ids: dict[str, None] = {}
        self._versions: dict[int, None] = {}
        self._layer = visits
        self._reading = reading
        self._now = now
        self._named = {name.lower(): index for index, name in reversed(visits.carried)}
        self._table = Table(fields.STOP_FIELDS, visits.columns, reading.day)
        self._to_wgs84 = to_wgs84(visits.source.sourceCrs(), reading.transform_context)
        noon = QDateTime(reading.day.date, QTime(12, 0), reading.day.zone)
        self._midnight = int(noon.toSecsSinceEpoch()) - DAY // 2

    def take(self, feature: QgsFeature) -> None:
        layer = self._layer
        vehicle_id = layer.vehicle_id(feature)
        if not vehicle_id:
            return
        note_plan(layer, feature, self._plan_ids, self._versions)
        eta = eta_of(layer, feature, self._reading)
        if eta is None:
            return
        driver = as_text(layer.value(feature, "driver") or "")
        self._drivers[vehicle_id] = self._drivers.get(vehicle_id) or driver
        distance = _float(layer.value(feature, "cum_distance_km"))
        self._distances[vehicle_id] = max(distance, self._distances.get(vehicle_id, 0.0))
        number = number_of(layer, feature)
        self.visits.setdefault(vehicle_id, []).append((number, self._visit(feature, eta, number)))

    def read(self, ways: Mapping[str, tuple[Line, ...]]) -> DaysRead:
        plan_ids, versions = list(self._plan_ids), list(self._versions)
        day = self._reading.day
        days = [
            DriverDay(
                vehicle_id=vehicle_id,
                driver=self._drivers[vehicle_id],
                plan_date=day.date.toPyDate(),
                time_zone=day.zone_name,
                visits=_numbered(gathered),
                ways=ways.get(vehicle_id, ()),
                plan_id=plan_ids[0] if plan_ids else "",
                version=versions[0] if len(versions) == 1 else None,
                distance_km=self._distances[vehicle_id] or None,
                colour=colour,
            )
            for colour, (vehicle_id, gathered) in enumerate(self.visits.items())
        ]
        return DaysRead(days, plan_ids, versions)

    def _visit(self, feature: QgsFeature, eta: int, number: float) -> DayVisit:
        layer = self._layer
        kind = VISIT_STOP if layer.is_stop(feature) else layer.kind(feature)
        stop_id = layer.carried_text(feature, "stop_id")
        about = About(layer.name, feature.id(), stop_id)
        name = layer.carried_text(feature, "name")
        place = self._place(feature, name or stop_id, about)
        status = as_text(layer.value(feature, "status") or "").lower()
        end = self._seconds(feature, "end_time", eta)
        is_over = status in _OVER or layer.value(feature, "actual_departure") is not None
        visit = DayVisit(
            type=kind,
            id=stop_id,
            sequence=int(number) if number < _LAST else _NO_NUMBER,
            eta=self._instant(eta),
            start=self._instant(self._seconds(feature, "start_time", eta)),
            end=self._instant(end),
            place=place,
            trip=int(_float(layer.value(feature, "trip"))) or 1,
            name=name,
            late_min=_float(layer.value(feature, "late_min")),
            load=self._loads(feature),
            fetched_at=_whole(layer.value(feature, "fetched_at")),
            status=status,
            behind=is_over or (self._now is not None and end <= self._now),
            cancelled=status == CANCELLED,
            **{key: self._text(feature, key) for key in _TEXTS},
        )
        return self._with_wishes(visit, feature, about) if kind == VISIT_STOP else visit

    def _with_wishes(self, visit: DayVisit, feature: QgsFeature, about: About) -> DayVisit:
        """The visit with the windows and quantities of its stop; what cannot be read of them is told."""
        row = Row(self._table, feature.attributes(), self._reading, about)
        stop = stop_of(row, visit.id, (0.0, 0.0), None, for_fleet=False)
        for fault in row.problems:
            self._reading.warn(fault, about)
        return replace(
            visit,
            windows=tuple(map(self._hours, stop.windows)),
            delivery=_amounts(stop.delivery),
            pickup=_amounts(stop.pickup),
            pair_id=row.text("pair_id"),
        )

    def _hours(self, window: Window) -> Hours:
        is_open = window.end >= max(OPEN_END, window.start + DAY)
        return Hours(
            self._instant(window.start) if window.start else None,
            None if is_open else self._instant(window.end),
        )

    def _instant(self, seconds: int) -> Instant:
        shown = self._reading.day.wall_clock(seconds)
        wall = datetime.fromisoformat(shown.toString("yyyy-MM-ddTHH:mm:ss"))
        return Instant(datetime.fromtimestamp(self._midnight + seconds, timezone.utc), wall)

    def _seconds(self, feature: QgsFeature, name: str, otherwise: int) -> int:
        value = self._layer.value(feature, name)
        try:
            return otherwise if value is None else max(otherwise, self._reading.day.read(value).seconds)
        except Fault:
            return otherwise

    def _place(self, feature: QgsFeature, name: str, about: About) -> Place | None:
        try:
            lon, lat = position(feature.geometry(), self._to_wgs84)
        except Fault as fault:
            text = f"{fault.text}: the visit is on no map and in no link"
            self._reading.warn(Fault(fault.code, text, fault.remedy, fault.field), about)
            return None
        return Place(lat, lon, name)

    def _loads(self, feature: QgsFeature) -> tuple[float, ...]:
        values = [self._layer.value(feature, f"load_{number}") for number in range(1, MAX_DIMENSIONS + 1)]
        return tuple(_float(value) for value in values if value is not None)

    def _text(self, feature: QgsFeature, name: str) -> str:
        index = self._named.get(name)
        value = None if index is None else feature.attribute(index)
        return "" if is_null(value) else as_text(value)


def _numbered(gathered: Sequence[tuple[float, DayVisit]]) -> tuple[DayVisit, ...]:
    """The visits in order; those without a number come last and go on counting."""
    visits: list[DayVisit] = []
    for _, visit in sorted(gathered, key=lambda one: one[0]):
        if visit.sequence == _NO_NUMBER:
            visit = replace(visit, sequence=visits[-1].sequence + 1 if visits else 1)
        visits.append(visit)
    return tuple(visits)


def _amounts(thousandths: Sequence[int]) -> tuple[float, ...]:
    return tuple(amount / LOAD_SCALE for amount in thousandths)


def _float(value: Any) -> float:
    try:
        return 0.0 if value is None else as_number(value)
    except Fault:
        return 0.0


def _whole(value: Any) -> int | None:
    return None if value is None else int(_float(value))


def _read_ways(legs: QgsProcessingFeatureSource, reading: Reading) -> dict[str, tuple[Line, ...]]:
    """Vehicle -> the lines of its legs in order; lines that cannot be brought to WGS 84 are told of."""
    names = legs.fields()
    vehicle, sequence = (names.lookupField(name) for name in ("vehicle_id", "sequence"))
    if vehicle < 0 or sequence < 0:
        text = f"{LEGS} has no field vehicle_id or no field sequence, and is not drawn"
        reading.warn(Fault("no_field", text, "Give the LEGS of a plan"), About(LEGS))
        return {}
    transform = to_wgs84(legs.sourceCrs(), reading.transform_context)
    found: dict[str, list[tuple[float, Line]]] = {}
    for feature in legs.getFeatures():
        if is_null(feature.attribute(vehicle)):
            continue
        line = _line(feature.geometry(), transform)
        if len(line) > 1:
            number = _float(None if is_null(feature.attribute(sequence)) else feature.attribute(sequence))
            found.setdefault(as_text(feature.attribute(vehicle)), []).append((number, line))
    return {
        name: tuple(line for _, line in sorted(lines, key=lambda one: one[0]))
        for name, lines in found.items()
    }


def _line(geometry: QgsGeometry, transform: QgsCoordinateTransform) -> Line:
    if geometry.isNull():
        return ()
    moved = QgsGeometry(geometry)
    moved.transform(transform)
    return tuple((vertex.x(), vertex.y()) for vertex in moved.vertices())
