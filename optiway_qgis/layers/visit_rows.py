"""The rows of a layer of visits and of legs as what was planned and what is noted of it, figure by figure.

Which of the rows are stops that can be planned is read_visits.py's; how far the day is follows elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Collection, Mapping

from qgis.core import QgsCsException, QgsFeatureRequest, QgsGeometry, QgsProcessingFeatureSource

from ..model.compare import Served
from ..model.day import CANCELLED, PLANNED, STATUSES
from ..model.findings import About, Fault
from ..model.plan import VISIT_BREAK, VISIT_RELOAD, VISIT_STOP, VISIT_TRANSFER, Leg, Visit
from ..model.problem import DAY, LOAD_SCALE, MAX_DIMENSIONS, Depot, Planned
from ..model.standing import Course, tells
from .points import position, to_wgs84
from .qgis_compat import is_null
from .read_visits import ROUTE_SEQUENCE
from .reading import no_crs
from .row import as_number, as_text

if TYPE_CHECKING:
    from qgis.core import QgsFeature

    from ..model.day import Progress
    from ..model.problem import Vehicle
    from ..model.standing import Place
    from .read_visits import VisitsLayer
    from .reading import Reading

UNKNOWN = 10 * DAY
"""The time of a visit that has none: it is not over before all others are."""
_PLACELESS = (VISIT_STOP, VISIT_BREAK)
"""Visits that are at no depot."""
_LAST = float("inf")


@dataclass
class VisitRow:
    """A row of the visits: whose it is, its place on the route, and the visit as the row says it.

    `home` is the vehicle that the plan had it on, before anybody moved it by hand.
    """

    feature_id: int
    vehicle_id: str
    home: str
    number: float
    visit: Visit
    place: Place | None


class VisitRows:
    """The rows of a layer of visits, and what they say of the day."""

    def __init__(
        self,
        visits: VisitsLayer,
        depots: Collection[Depot],
        reading: Reading,
    ):
        self._visits = visits
        self._reading = reading
        self._depots = {depot.id: depot for depot in depots}
        self.all: list[VisitRow] = []
        self.plan = "", 0
        if visits.source.sourceCrs().isValid():
            self._read()

    def _read(self) -> None:
        visits = self._visits
        transform = to_wgs84(visits.source.sourceCrs(), self._reading.transform_context)
        flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
        for feature in visits.source.getFeatures(QgsFeatureRequest(), flags):
            try:
                place = position(feature.geometry(), transform)
            except Fault:
                place = None  # read_order tells it of stops
            number = feature.attribute(visits.columns[ROUTE_SEQUENCE].index)
            try:
                place_on_route = as_number(number)
            except Fault:
                place_on_route = _LAST
            vehicle_id = visits.vehicle_id(feature)
            home = as_text(visits.value(feature, "route_id") or "") or vehicle_id
            visit = self._visit(feature)
            self.all.append(VisitRow(feature.id(), vehicle_id, home, place_on_route, visit, place))
            if visits.is_plan:
                plan_id, version = visits.value(feature, "plan_id"), visits.value(feature, "version")
                self.plan = (
                    self.plan[0] or as_text(plan_id or ""),
                    max(self.plan[1], 1, round(_number(version))),
                )
        self.all.sort(key=lambda row: row.number)

    def name(self, reading: Reading, layer: str) -> None:
        """Call the stops by the ids that they were read by."""
        ids = {about.feature_id: name for (of, name), about in reading.features.items() if of == layer}
        for row in self.all:
            if row.visit.type == VISIT_STOP:
                row.visit = replace(row.visit, id=ids.get(row.feature_id, ""))

    def served(self) -> dict[str, Served]:
        """How the plan serves each stop, in the order of its arrivals, whatever was moved by hand since."""
        found: dict[str, Served] = {}
        places: dict[str, int] = {}
        for row in sorted(self.all, key=lambda row: row.visit.arrival):
            visit = row.visit
            if (
                row.home
                and visit.type == VISIT_STOP
                and visit.status != CANCELLED
                and visit.arrival < UNKNOWN
            ):
                places[row.home] = places.get(row.home, 0) + 1
                served = Served(row.home, visit.sequence, places[row.home], visit.arrival, visit.late)
                found.setdefault(visit.id, served)
        return found

    def planned(
        self, before: Mapping[str, Served], done: Collection[str], progress: Mapping[str, Progress]
    ) -> dict[str, Planned]:
        """How the plan serves each stop still to do, with the depot where its goods are yet to be fetched."""
        made = {(name, visit.sequence) for name, one in progress.items() for visit in one.visits}
        ahead = [row for row in self.all if (row.home, row.visit.sequence) not in made]
        transfers = {
            (row.home, row.visit.sequence): row.visit.id for row in ahead if row.visit.type == VISIT_TRANSFER
        }
        left = {name for name, one in progress.items() if one.visits}
        reloads: dict[str, Visit] = {}
        for row in ahead:
            if row.visit.type == VISIT_RELOAD and row.home in left:
                reloads.setdefault(row.home, row.visit)
        fetched_at = {row.visit.id: row.visit.fetched_at for row in self.all if row.visit.type == VISIT_STOP}
        found: dict[str, Planned] = {}
        to_do: dict[str, list[tuple[str, Served]]] = {}
        for name, served in sorted(before.items(), key=lambda one: one[1].place):
            if name not in done:
                to_do.setdefault(served.vehicle_id, []).append((name, served))
        for home, stops in to_do.items():
            for rank, (name, served) in enumerate(stops, start=1):
                at = fetched_at[name]
                goods_at, goods_rank = transfers.get((home, at), ""), 0
                if goods_at:
                    goods_rank = 1 + sum(other.sequence < at for _, other in stops)
                if home in reloads and served.sequence > reloads[home].sequence:
                    goods_at, goods_rank = reloads[home].id, 0
                found[name] = Planned(home, rank, served.eta, goods_at, goods_rank)
        return found

    def of(self, vehicle_id: str) -> list[VisitRow]:
        """The rows of a vehicle in the order of its route."""
        return [row for row in self.all if row.vehicle_id == vehicle_id]

    def course(
        self,
        rows: list[VisitRow],
        vehicle: Vehicle,
        now: int | None,
        legs: Mapping[str, tuple[Leg, ...]],
    ) -> Course:
        """The route of the vehicle; visits that are done and have no times were made last.

        The times of a stop that was moved here by hand are those of another route: they tell nothing here.
        """
        visits: list[Visit] = []
        places: list[Place] = []
        for row in rows:
            visit = row.visit
            if row.home != vehicle.id and not tells(visit):
                visit = replace(visit, arrival=UNKNOWN, start=UNKNOWN, end=UNKNOWN)
            if visit.arrival >= UNKNOWN and tells(visit):
                moment = visits[-1].end if visits else vehicle.shift.start if now is None else now
                visit = replace(visit, arrival=moment, start=moment, end=moment)
                row.visit = visit
            depot = self._depots.get(visit.id) if visit.type not in _PLACELESS else None
            place = row.place if depot is None else (depot.lon, depot.lat)
            if visit.type == VISIT_BREAK and places:
                place = places[-1]
            if place is None:
                continue
            visits.append(visit)
            places.append(place)
        return Course(vehicle.id, tuple(visits), tuple(places), legs.get(vehicle.id, ()))

    def places_of(self, progress: Collection[Progress]) -> list[Depot]:
        """Depots that rows name and that are none of DEPOTS: of visits made, and where goods are fetched."""
        made = {
            visit.id
            for one in progress
            for visit in one.visits
            if visit.type not in _PLACELESS and visit.id not in self._depots
        }
        made.update(row.visit.id for row in self.all if row.visit.type == VISIT_TRANSFER)
        found: dict[str, Depot] = {}
        for row in self.all:
            name = row.visit.id
            if name in made - self._depots.keys() and row.visit.type not in _PLACELESS and row.place:
                found.setdefault(name, Depot(name, *row.place))
        return list(found.values())

    def _visit(self, feature: QgsFeature) -> Visit:
        visits = self._visits
        kind = visits.kind(feature) if not visits.is_stop(feature) else VISIT_STOP
        arrived, left = (self._actual(feature, name) for name in ("actual_arrival", "actual_departure"))
        if arrived is not None and left is not None and left < arrived:
            text = "actual_departure is before actual_arrival"
            self._warn(
                feature, Fault("ends_before_start", text, "Correct one of the two", "actual_departure")
            )
        eta, start, end = (self._time(feature, name) for name in ("eta", "start_time", "end_time"))
        noted = [one for one in (arrived, left) if one is not None]
        if eta is None:
            eta = noted[0] if noted else UNKNOWN
        start = eta if start is None else start
        end = max(start, noted[-1] if noted else start) if end is None else end
        loads = [visits.value(feature, f"load_{number}") for number in range(1, MAX_DIMENSIONS + 1)]
        while loads and loads[-1] is None:
            loads.pop()
        seconds = {
            member: round(60 * _number(visits.value(feature, name)))
            for member, name in (
                ("setup", "setup_min"),
                ("wait", "wait_min"),
                ("service", "planned_service_min"),
                ("late", "late_min"),
                ("slack", "slack_min"),
                ("drive", "drive_min"),
            )
        }
        fetched_at = visits.value(feature, "fetched_at")
        return Visit(
            type=kind,
            id="" if kind == VISIT_STOP else self._visits.carried_text(feature, "stop_id"),
            sequence=int(_number(feature.attribute(visits.columns[ROUTE_SEQUENCE].index))),
            arrival=eta,
            start=start,
            end=end,
            distance=round(1000 * _number(visits.value(feature, "distance_km"))),
            cum_distance=round(1000 * _number(visits.value(feature, "cum_distance_km"))),
            load=tuple(round(LOAD_SCALE * _number(load)) for load in loads),
            violations=tuple(filter(None, as_text(visits.value(feature, "violations") or "").split(","))),
            trip=int(_number(visits.value(feature, "trip"))) or 1,
            status=self._status(feature),
            actual_arrival=arrived,
            actual_departure=left,
            fetched_at=None if fetched_at is None else int(_number(fetched_at)),
            **seconds,
        )

    def _status(self, feature: QgsFeature) -> str:
        text = self._visits.carried_text(feature, "status")
        status = text.lower() or PLANNED
        if status not in STATUSES:
            fault = Fault(
                "unknown_word",
                f'status "{text}" is not known: taken as planned',
                f"Write one of {', '.join(STATUSES)}, or leave it empty",
                "status",
            )
            self._warn(feature, fault)
            return PLANNED
        return status

    def _actual(self, feature: QgsFeature, name: str) -> int | None:
        column = self._visits.columns.get(name)
        return None if column is None else self._seconds(feature, name, feature.attribute(column.index))

    def _time(self, feature: QgsFeature, name: str) -> int | None:
        return self._seconds(feature, name, self._visits.value(feature, name))

    def _seconds(self, feature: QgsFeature, name: str, value: Any) -> int | None:
        if is_null(value) or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return self._reading.day.read(value).seconds
        except Fault as fault:
            text = f'{name} "{as_text(value)}" {fault.text}'
            about = self._about(feature)
            where = f"{self._visits.name}: feature {feature.id()}"
            self._reading.refuse(Fault(fault.code, text, fault.remedy, name), about, where)
            return None

    def _warn(self, feature: QgsFeature, fault: Fault) -> None:
        self._reading.warn(fault, self._about(feature))

    def _about(self, feature: QgsFeature) -> About:
        name = self._visits.carried_text(feature, "stop_id")
        return About(self._visits.name, feature.id(), name)


def read_legs(
    source: QgsProcessingFeatureSource | None, layer: str, reading: Reading
) -> dict[str, tuple[Leg, ...]]:
    """The legs of each vehicle as the layer has them, in degrees WGS 84."""
    if source is None:
        return {}
    if not source.sourceCrs().isValid():
        reading.refuse(no_crs(layer, source), About(layer))
        return {}
    names = {name.lower(): index for index, name in enumerate(source.fields().names())}
    missing = [name for name in ("vehicle_id", "sequence", "from_id", "to_id") if name not in names]
    if missing:
        text = f"{layer} ({source.sourceName()}) has no field {' and no field '.join(missing)}"
        reading.refuse(Fault("no_field", text, "Give the layer LEGS of the plan"), About(layer))
        return {}
    transform = to_wgs84(source.sourceCrs(), reading.transform_context)
    legs: dict[str, tuple[Leg, ...]] = {}
    for feature in source.getFeatures(QgsFeatureRequest()):

        def value(name: str, feature: QgsFeature = feature) -> Any:
            index = names.get(name)
            found = None if index is None else feature.attribute(index)
            return None if is_null(found) else found

        line = feature.geometry()
        try:
            line.transform(transform)
        except QgsCsException:
            line = QgsGeometry()
        points = tuple((vertex.x(), vertex.y()) for vertex in line.vertices())
        leg = Leg(
            int(_number(value("sequence"))),
            as_text(value("from_id") or ""),
            as_text(value("to_id") or ""),
            round(60 * _number(value("drive_min"))),
            round(1000 * _number(value("distance_km"))),
            as_text(value("travel_source") or "estimate"),
            points,
        )
        vehicle_id = as_text(value("vehicle_id") or "")
        legs[vehicle_id] = (*legs.get(vehicle_id, ()), leg)
    return legs


def _number(value: Any) -> float:
    """A number of the plan's own; 0 where there is none."""
    try:
        return as_number(value)
    except Fault:
        return 0.0
