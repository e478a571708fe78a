"""The layers of a plan whose day may be under way: its stops, what is done of it, where the vehicles are.

How visits and stops are read is read_visits.py's and read_unserved.py's; how far a vehicle is at a moment
follows from model/standing.py. What a status means is in docs/model.md, "A day under way".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Collection, Mapping

from qgis.core import (
    NULL,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessingFeatureSource,
)

from ..model.compare import Served
from ..model.day import CANCELLED, PLANNED, STATUSES, Day, Progress
from ..model.findings import About, Fault
from ..model.plan import (
    VISIT_BREAK,
    VISIT_END,
    VISIT_RELOAD,
    VISIT_START,
    VISIT_STOP,
    VISIT_TRANSFER,
    Leg,
    Visit,
)
from ..model.problem import DAY, LOAD_SCALE, MAX_DIMENSIONS, Depot, Planned, Sequence
from ..model.standing import Course, Position, lost_place, standing, tells
from . import fields
from .points import position, to_wgs84
from .problem_of import problem_of
from .qgis_compat import is_null
from .read_unserved import asked_stops, columns_for, rejected_rows, related, without_vehicle
from .read_visits import ROUTE_SEQUENCE, read_order, skilled
from .reading import no_crs
from .relations import without_lost
from .row import Row, Table, as_number, as_text
from .write import transformed

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateReferenceSystem, QgsFeature

    from ..model.problem import Problem, Stop, Vehicle
    from ..model.standing import Place
    from .carried import CarriedStops, RejectedStop
    from .read_stops import Expressions, StopsRead
    from .read_visits import VisitsLayer
    from .reading import Reading

PLAN, PLAN_LEGS, PLAN_UNASSIGNED = "PLAN", "PLAN_LEGS", "PLAN_UNASSIGNED"
BY_STATUS, BY_TIME = "status", "time"

STALE = 30 * 60
"""A position that is older, in seconds, is told."""
_UNKNOWN = 10 * DAY
"""The time of a visit that has none: it is not over before all others are."""
_PLACELESS = (VISIT_STOP, VISIT_BREAK)
"""Visits that are at no depot."""
_LAST = float("inf")


@dataclass(frozen=True)
class PlanLayers:
    """The layers of one plan; `legs` and `unassigned` may be missing."""

    visits: VisitsLayer
    legs: QgsProcessingFeatureSource | None = None
    unassigned: QgsProcessingFeatureSource | None = None


@dataclass(frozen=True)
class Disrupted:
    """What does not go as planned: by how many seconds vehicles are `late`, and at which second of the day
    those that are `lost` stop; by id."""

    late: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DayRead:
    """A plan and how far its day is.

    `problem` has all stops, done or not, on routes or on none; `carried` what travels along of each, and the
    stops cancelled among those rejected. `sequences` are the stops still to do. Where a vehicle has left,
    their `reloads` may begin with 0: all that is left is of later trips. `before` is how the plan serves each
    stop on its routes. `plan_id` is "" and `version` 0 where the layer is no plan's.
    """

    problem: Problem
    carried: CarriedStops
    sequences: tuple[Sequence, ...]
    day: Day
    before: Mapping[str, Served]
    plan_id: str
    version: int


def read_day(
    layers: PlanLayers,
    depots: Collection[Depot],
    vehicles: Collection[Vehicle],
    positions: Mapping[str, Position],
    now: int | None,
    done_by: str,
    disrupted: Disrupted,
    goods: str,
    reading: Reading,
    expressions: Mapping[str, Expressions],
    judges_skills: bool = True,
) -> DayRead:
    """Read the plan, with what is done of it at `now` (seconds from midnight of the plan date).

    `done_by` is BY_STATUS, BY_TIME, or "": by status where any row says how it stands. `expressions` are by
    the name of the layer. With `judges_skills` False the vehicles have every skill that is asked for. What
    is wrong in the layers goes to the errors and warnings of the reading.
    """
    visits = layers.visits
    working = {vehicle.id for vehicle in vehicles}
    rows = _Rows(visits, depots, working, now, reading)
    idle = {row.vehicle_id for row in rows.all} - working - {""}
    read, _ = read_order(visits, vehicles, reading, expressions[PLAN], _cancelled, idle)
    alone, known = without_vehicle(visits, vehicles, reading, expressions[PLAN], _cancelled)
    others = None
    if layers.unassigned is not None:
        others = asked_stops(layers.unassigned, reading, expressions[PLAN_UNASSIGNED], PLAN_UNASSIGNED)
    stops, carried = _together(read, alone, others, known, reading)
    rows.name(reading, visits.name)
    _tell_idle(rows, idle, visits.name, reading)

    by_status = done_by == BY_STATUS or (not done_by and any(tells(row.visit) for row in rows.all))
    legs = _legs(layers.legs, reading)
    _tell_moment(rows, now, reading)
    progress: dict[str, Progress] = {}
    sequences: list[Sequence] = []
    for vehicle in vehicles:
        mine = rows.of(vehicle.id)
        late, lost = disrupted.late.get(vehicle.id, 0), disrupted.lost.get(vehicle.id)
        seen = _usable(positions.get(vehicle.id), vehicle.id, now, reading)
        course = rows.course(mine, vehicle, now, legs)
        if lost is None and _ends_there(visits, vehicle, mine):
            one = rows.stranded(course, reading)
        else:
            one = standing(course, now, by_status, late, lost, seen)
        if one is None and not mine and (late or lost is not None):
            one = _without_route(vehicle, depots, late, lost)
        if one is not None:
            progress[vehicle.id] = one
            _tell_stale(seen, one, now, reading)
        to_do = _to_do(vehicle.id, mine, one, stops)
        if to_do.stops:
            sequences.append(to_do)
    _tell_faults(rows, progress, stops, reading)

    done = {visit.id for one in progress.values() for visit in one.visits if visit.type == VISIT_STOP}
    before = {name: one for name, one in rows.served().items() if name in stops}
    for name, planned in rows.planned(before, done, progress).items():
        stops[name] = replace(stops[name], planned=planned)
    places = [*depots, *rows.places_of(progress.values())]
    places.extend(_stand(progress.values(), places))
    fleet = list(vehicles) if judges_skills else skilled(vehicles, list(stops.values()))
    problem = problem_of(list(stops.values()), places, fleet, reading, PLAN)
    day = Day(now, tuple(progress.values()), goods)
    return DayRead(problem, carried, tuple(sequences), day, before, *rows.plan)


def read_positions(source: QgsProcessingFeatureSource, reading: Reading) -> dict[str, Position]:
    """The positions of vehicles by their ids: points with a position_time on the day of the plan."""
    columns = fields.recognise(fields.VEHICLE_FIELDS, source.fields().names())
    if "position_time" not in columns or "vehicle_id" not in columns or not source.sourceCrs().isValid():
        return {}
    layer = "VEHICLES"
    table = Table(fields.VEHICLE_FIELDS, columns, reading.day)
    transform = to_wgs84(source.sourceCrs(), reading.transform_context)
    found: dict[str, Position] = {}
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in source.getFeatures(QgsFeatureRequest(), flags):
        row = Row(table, feature.attributes(), reading, About(layer, feature.id()))
        vehicle_id = row.text("vehicle_id")
        if not vehicle_id or row.value("position_time") is None or feature.geometry().isEmpty():
            continue
        row.call(vehicle_id)
        seconds = row.time("position_time")
        try:
            lon, lat = position(feature.geometry(), transform)
        except Fault as fault:
            row.problems.append(fault)
        for fault in row.problems:
            reading.refuse(fault, row.about, f'{layer}: feature {feature.id()} (vehicle_id "{vehicle_id}")')
        if row.problems:
            continue
        if not 0 <= seconds < DAY + DAY // 2:
            text = (
                f"{row.shown('position_time')} is on another day than the plan, so the position is not used"
            )
            row.warn(Fault("other_day", text, field=row.shown("position_time")))
            continue
        found[vehicle_id] = Position(lon, lat, seconds)
    return found


@dataclass
class _PlanRow:
    """A row of the visits: whose it is, its place on the route, and the visit as the row says it.

    `home` is the vehicle that the plan had it on, before anybody moved it by hand.
    """

    feature_id: int
    vehicle_id: str
    home: str
    number: float
    visit: Visit
    place: Place | None


class _Rows:
    """The rows of a layer of visits, and what they say of the day."""

    def __init__(
        self,
        visits: VisitsLayer,
        depots: Collection[Depot],
        working: Collection[str],
        now: int | None,
        reading: Reading,
    ):
        self._visits = visits
        self._reading = reading
        self._depots = {depot.id: depot for depot in depots}
        self._now = now
        self.all: list[_PlanRow] = []
        self.plan = "", 0
        if visits.source.sourceCrs().isValid():
            self._read(working)

    def _read(self, working: Collection[str]) -> None:
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
            self.all.append(_PlanRow(feature.id(), vehicle_id, home, place_on_route, visit, place))
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
                and visit.arrival < _UNKNOWN
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
        transfers = {
            (row.home, row.visit.sequence): row.visit.id
            for row in self.all
            if row.visit.type == VISIT_TRANSFER and (row.home, row.visit.sequence) not in made
        }
        fetched_at = {row.visit.id: row.visit.fetched_at for row in self.all if row.visit.type == VISIT_STOP}
        found: dict[str, Planned] = {}
        ranks: dict[str, int] = {}
        for name, served in sorted(before.items(), key=lambda one: one[1].place):
            if name not in done:
                home = served.vehicle_id
                ranks[home] = ranks.get(home, 0) + 1
                goods_at = transfers.get((home, fetched_at[name]), "")
                found[name] = Planned(home, ranks[home], served.eta, goods_at)
        return found

    def of(self, vehicle_id: str) -> list[_PlanRow]:
        """The rows of a vehicle in the order of its route."""
        return [row for row in self.all if row.vehicle_id == vehicle_id]

    def course(
        self,
        rows: list[_PlanRow],
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
                visit = replace(visit, arrival=_UNKNOWN, start=_UNKNOWN, end=_UNKNOWN)
            if visit.arrival >= _UNKNOWN and tells(visit):
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

    def stranded(self, course: Course, reading: Reading) -> Progress | None:
        """A vehicle that was lost before this: it did all that its rows say, and stands at the last place."""
        ends = [visit.end for visit in course.visits if visit.end < _UNKNOWN]
        one = standing(course, None, lost=max(ends, default=0))
        text = (
            "A route has no end though its vehicle ends at a depot: the vehicle is lost and goes no further"
        )
        reading.warn(Fault("inconsistent_day", text), About(self._visits.name, id=course.vehicle_id))
        place = next((row.place for row in self.all if row.visit.id == lost_place(course.vehicle_id)), None)
        return one if one is None or place is None else replace(one, lon=place[0], lat=place[1])

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
            eta = noted[0] if noted else _UNKNOWN
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


def _cancelled(row: Row) -> str:
    """Why a row is no stop any more, or ""."""
    if row.text("status").lower() != CANCELLED:
        return ""
    return f'{row.shown("status")} is "{row.text("status")}"'


def _together(
    read: StopsRead,
    alone: StopsRead | None,
    others: StopsRead | None,
    known: dict[str, Stop],
    reading: Reading,
) -> tuple[dict[str, Stop], CarriedStops]:
    """All stops, those of routes first, with what travels along; each from the first source that has it."""
    carried = read.carried_along()
    stops = {stop.id: stop for stop in read.stops}
    attributes = dict(read.attributes)
    if others is not None and others.crs != read.crs:
        others = replace(others, rejected=_moved(others, read.crs, reading))
    sources = [source for source in (alone, others) if source is not None]
    for source in sources:
        columns = columns_for(source, carried)
        for stop in source.stops:
            if stop.id not in stops:
                stops[stop.id] = stop
                values = source.attributes[stop.id]
                attributes[stop.id] = [NULL if at is None else values[at] for at in columns]
    if others is not None:
        known = {**known, **{stop.id: stop for stop in others.stops}}
    settled = without_lost(related(stops, known).values())
    rejected = rejected_rows([read, *sources], carried, set(stops))
    return {stop.id: stop for stop in settled}, replace(carried, attributes=attributes, rejected=rejected)


def _moved(read: StopsRead, crs: QgsCoordinateReferenceSystem, reading: Reading) -> list[RejectedStop]:
    """The stops rejected, in the CRS of the outputs."""
    to_output = QgsCoordinateTransform(read.crs, crs, reading.transform_context)
    moved = []
    for row in read.rejected:
        geometry = QgsGeometry(row.geometry)
        if not geometry.isNull():
            transformed(geometry, to_output, row.stop_id)
        moved.append(replace(row, geometry=geometry))
    return moved


def _legs(source: QgsProcessingFeatureSource | None, reading: Reading) -> dict[str, tuple[Leg, ...]]:
    """The legs of each vehicle as the layer has them, in degrees WGS 84."""
    if source is None:
        return {}
    if not source.sourceCrs().isValid():
        reading.refuse(no_crs(PLAN_LEGS, source), About(PLAN_LEGS))
        return {}
    names = {name.lower(): index for index, name in enumerate(source.fields().names())}
    missing = [name for name in ("vehicle_id", "sequence", "from_id", "to_id") if name not in names]
    if missing:
        text = f"{PLAN_LEGS} ({source.sourceName()}) has no field {' and no field '.join(missing)}"
        reading.refuse(Fault("no_field", text, "Give the layer LEGS of the plan"), About(PLAN_LEGS))
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


def _usable(found: Position | None, vehicle_id: str, now: int | None, reading: Reading) -> Position | None:
    """The position, unless it is of a moment after now."""
    if found is None or now is None:
        return None
    about = reading.about("VEHICLES", vehicle_id)
    if found.time > now:
        text = "position_time is after NOW, so the position is not used"
        reading.warn(Fault("other_day", text, "Correct one of the two", "position_time"), about)
        return None
    return found


def _tell_stale(seen: Position | None, progress: Progress, now: int | None, reading: Reading) -> None:
    if seen is not None and now is not None and progress.visits and now - seen.time > STALE:
        text = f"The position is more than {STALE // 60} minutes old"
        fault = Fault("stale_position", text, "Give a newer one, or clear position_time", "position_time")
        reading.warn(fault, reading.about("VEHICLES", progress.vehicle_id))


def _without_route(
    vehicle: Vehicle, depots: Collection[Depot], late: int, lost: int | None
) -> Progress | None:
    places = {depot.id: (depot.lon, depot.lat) for depot in depots}
    lon, lat = places.get(vehicle.start_depot or "", (0.0, 0.0))
    if lost is None:
        return Progress(vehicle.id, lon=lon, lat=lat, free=vehicle.shift.start + late)
    return Progress(vehicle.id, lon=lon, lat=lat, free=lost, lost=True, stands_at=vehicle.start_depot or "")


def _ends_there(visits: VisitsLayer, vehicle: Vehicle, rows: list[_PlanRow]) -> bool:
    """Whether the vehicle was lost in this plan: it should end at a depot, and its route has no end."""
    kinds = {row.visit.type for row in rows}
    return (
        visits.is_plan and vehicle.end_depot is not None and VISIT_START in kinds and VISIT_END not in kinds
    )


def _to_do(
    vehicle_id: str, rows: list[_PlanRow], progress: Progress | None, stops: Mapping[str, Stop]
) -> Sequence:
    """The stops of a vehicle still to do, in order, with the reloads between them."""
    has_left = progress is not None and bool(progress.visits)
    done = {(visit.type, visit.id, visit.sequence) for visit in progress.visits} if progress else set()
    order: list[str] = []
    reloads: list[int] = []
    for row in rows:
        visit = row.visit
        if (visit.type, visit.id, visit.sequence) in done:
            continue
        if visit.type == VISIT_RELOAD:
            reloads.append(len(order))
        elif visit.type == VISIT_STOP and visit.status != CANCELLED and visit.id in stops:
            order.append(visit.id)
    kept = tuple(sorted({count for count in reloads if int(not has_left) <= count < len(order)}))
    if progress is not None and progress.next_stop in order:
        order.sort(key=lambda name: name != progress.next_stop)
    return Sequence(vehicle_id, tuple(order), kept if reloads else None)


def _stand(progress: Collection[Progress], depots: Collection[Depot]) -> list[Depot]:
    """A depot for each place where a lost vehicle stands that is no depot."""
    known = {depot.id for depot in depots}
    return [
        Depot(one.stands_at, one.lon, one.lat)
        for one in progress
        if one.stands_at == lost_place(one.vehicle_id) and one.stands_at not in known
    ]


def _tell_idle(rows: _Rows, idle: Collection[str], layer: str, reading: Reading) -> None:
    for vehicle_id in sorted(idle):
        about = About(layer, id=vehicle_id)
        if any(tells(row.visit) and row.visit.status != CANCELLED for row in rows.of(vehicle_id)):
            text = f'Vehicle "{vehicle_id}" has begun its route and is no active vehicle of VEHICLES'
            remedy = "Keep it active; optiway:handle_disruption takes vehicles that are lost"
            reading.refuse(Fault("unknown_vehicle", text, remedy, "vehicle_id"), about)
            continue
        text = "A vehicle of the plan does not work: its stops are on no route"
        reading.warn(Fault("unknown_vehicle", text, field="vehicle_id"), about)


def _tell_moment(rows: _Rows, now: int | None, reading: Reading) -> None:
    ends = [row.visit.end for row in rows.all if row.visit.end < _UNKNOWN and row.vehicle_id]
    if now is None or not ends:
        return
    if now < 0 or now > max(ends) + DAY // 2:
        text = f"NOW is {'before' if now < 0 else 'long after'} the day of the plan ({reading.day.iso_date})"
        reading.warn(Fault("other_day", text, "Correct its date", "NOW"))
    for row in rows.all:
        noted = [one for one in (row.visit.actual_arrival, row.visit.actual_departure) if one is not None]
        if noted and max(noted) > now:
            text = "An actual time is after NOW"
            about = About(PLAN, row.feature_id, row.visit.id)
            reading.warn(Fault("inconsistent_day", text, "Correct one of the two", "NOW"), about)


def _tell_faults(
    rows: _Rows, progress: Mapping[str, Progress], stops: Mapping[str, Stop], reading: Reading
) -> None:
    """Tell visits that are done and cannot be read, or come after others still to do."""
    for vehicle_id, one in progress.items():
        done = {visit.id for visit in one.visits if visit.type == VISIT_STOP}
        skipped = False
        for row in rows.of(vehicle_id):
            if row.visit.type != VISIT_STOP or row.visit.status == CANCELLED:
                continue
            about = About(PLAN, row.feature_id, row.visit.id)
            if row.visit.id not in done:
                skipped = True
                continue
            if row.visit.id not in stops:
                text = (
                    f'{PLAN}: feature {row.feature_id} (stop_id "{row.visit.id}") is done and cannot be read'
                )
                reading.refuse(Fault("inconsistent_day", text, "See UNASSIGNED of a run without NOW"), about)
            elif skipped:
                text = "A visit that is done comes after one still to do: it counts as made before"
                reading.warn(Fault("inconsistent_day", text, "Correct status or sequence", "status"), about)


def _number(value: Any) -> float:
    """A number of the plan's own; 0 where there is none."""
    try:
        return as_number(value)
    except Fault:
        return 0.0
