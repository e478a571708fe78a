"""The layers of a plan whose day may be under way: its stops, what is done of it, where the vehicles are.

How visits and stops are read is read_visits.py's and read_unserved.py's; how far a vehicle is at a moment
follows from model/standing.py. What a status means is in docs/model.md, "A day under way".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Collection, Mapping

from qgis.core import QgsCoordinateTransform, QgsGeometry

from ..model.day import CANCELLED, Day, Progress
from ..model.findings import About, Fault
from ..model.plan import VISIT_END, VISIT_RELOAD, VISIT_START, VISIT_STOP
from ..model.problem import DAY, KEEP_FREE, Depot, Sequence
from ..model.standing import lost_place, standing, tells
from .problem_of import problem_of
from .read_positions import tell_stale, usable
from .read_unserved import asked_stops, columns_for, rejected_rows, related, without_vehicle
from .read_visits import read_order, skilled
from .relations import without_lost
from .visit_rows import UNKNOWN, VisitRows, read_legs
from .write import transformed

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingFeatureSource

    from ..model.compare import Served
    from ..model.problem import Problem, Stop, Vehicle
    from ..model.standing import Course, Position
    from .carried import CarriedStops, RejectedStop
    from .read_stops import Expressions, StopsRead
    from .read_visits import VisitsLayer
    from .reading import Reading
    from .row import Row
    from .visit_rows import VisitRow

PLAN, PLAN_LEGS, PLAN_UNASSIGNED = "PLAN", "PLAN_LEGS", "PLAN_UNASSIGNED"
BY_STATUS, BY_TIME = "status", "time"


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
    the name of the layer. With `judges_skills` False the vehicles have every skill that is asked for, and
    rules that name vehicles the plan has not fall. What is wrong in the layers goes to the errors and
    warnings of the reading.
    """
    visits = layers.visits
    working = {vehicle.id for vehicle in vehicles}
    if visits.is_cut:
        text = f"{visits.name} ({visits.source.sourceName()}) is a plan whose field names were cut"
        fault = Fault("no_field", text, "Give it as it was before it became a Shapefile", "visit_type")
        reading.refuse(fault, About(visits.name))
    rows = VisitRows(visits, depots, reading)
    idle = {row.vehicle_id for row in rows.all} - working - {""}
    read, _ = read_order(visits, vehicles, reading, expressions[PLAN], _cancelled, idle)
    alone, known = without_vehicle(visits, vehicles, reading, expressions[PLAN], _cancelled)
    others = None
    if layers.unassigned is not None:
        others = asked_stops(layers.unassigned, reading, expressions[PLAN_UNASSIGNED], PLAN_UNASSIGNED)
    stops, carried = _together(read, alone, others, known, reading)
    rows.name(reading, visits.name)

    by_status = done_by == BY_STATUS or (not done_by and any(tells(row.visit) for row in rows.all))
    _tell_idle(rows, idle, None if by_status else now, visits.name, reading)
    legs = read_legs(layers.legs, PLAN_LEGS, reading)
    _tell_moment(rows, now, reading)
    progress: dict[str, Progress] = {}
    sequences: list[Sequence] = []
    for vehicle in vehicles:
        mine = rows.of(vehicle.id)
        late, lost = disrupted.late.get(vehicle.id, 0), disrupted.lost.get(vehicle.id)
        seen = usable(positions.get(vehicle.id), vehicle.id, now, reading)
        course = rows.course(mine, vehicle, now, legs)
        if lost is None and _ends_there(visits, vehicle, mine):
            one = _stranded(rows, course, visits.name, reading)
        else:
            one = standing(course, now, by_status, late, lost, seen)
        if one is None and not mine and (late or lost is not None):
            one = _without_route(vehicle, depots, late, lost)
        if one is not None:
            progress[vehicle.id] = one
            tell_stale(seen, one, now, reading)
        elif by_status and now is not None:
            _tell_not_left(mine, now, visits.name, reading)
        to_do = _to_do(vehicle.id, mine, one, stops)
        if to_do.stops:
            sequences.append(to_do)
    _tell_faults(rows, progress, stops, {row.stop_id: row.text for row in read.rejected}, reading)

    done = {visit.id for one in progress.values() for visit in one.visits if visit.type == VISIT_STOP}
    before = {name: one for name, one in rows.served().items() if name in stops}
    for name, planned in rows.planned(before, done, progress).items():
        stops[name] = replace(stops[name], planned=planned)
    places = [*depots, *rows.places_of(progress.values())]
    places.extend(_stand(progress.values(), places))
    if not judges_skills:  # a route of one vehicle did not look at who else is to serve its stops
        stops = {name: _for_known(stop, working) for name, stop in stops.items()}
    fleet = list(vehicles) if judges_skills else skilled(vehicles, list(stops.values()))
    problem = problem_of(list(stops.values()), places, fleet, reading, PLAN)
    day = Day(now, tuple(progress.values()), goods)
    return DayRead(problem, carried, tuple(sequences), day, before, *rows.plan)


def _for_known(stop: Stop, vehicles: Collection[str]) -> Stop:
    """The stop without the rule that a vehicle serves it that is none of the plan."""
    if not stop.vehicle_id or stop.vehicle_id in vehicles:
        return stop
    return replace(stop, vehicle_id="", keep=KEEP_FREE, keep_rank=0)


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
                attributes[stop.id] = [None if at is None else values[at] for at in columns]
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


def _without_route(
    vehicle: Vehicle, depots: Collection[Depot], late: int, lost: int | None
) -> Progress | None:
    places = {depot.id: (depot.lon, depot.lat) for depot in depots}
    lon, lat = places.get(vehicle.start_depot or "", (0.0, 0.0))
    if lost is None:
        return Progress(vehicle.id, lon=lon, lat=lat, free=vehicle.shift.start + late)
    return Progress(vehicle.id, lon=lon, lat=lat, free=lost, lost=True, stands_at=vehicle.start_depot or "")


def _ends_there(visits: VisitsLayer, vehicle: Vehicle, rows: list[VisitRow]) -> bool:
    """Whether the vehicle was lost in this plan: it should end at a depot, and its route has no end."""
    kinds = {row.visit.type for row in rows}
    return (
        visits.is_plan and vehicle.end_depot is not None and VISIT_START in kinds and VISIT_END not in kinds
    )


def _stranded(rows: VisitRows, course: Course, layer: str, reading: Reading) -> Progress | None:
    """A vehicle that was lost before this: it did all that its rows say, and stands at the last place."""
    ends = [visit.end for visit in course.visits if visit.end < UNKNOWN]
    one = standing(course, None, lost=max(ends, default=0))
    text = "A route has no end though its vehicle ends at a depot: the vehicle is lost and goes no further"
    reading.warn(Fault("inconsistent_day", text), About(layer, id=course.vehicle_id))
    place = next((row.place for row in rows.all if row.visit.id == lost_place(course.vehicle_id)), None)
    return one if one is None or place is None else replace(one, lon=place[0], lat=place[1])


def _to_do(
    vehicle_id: str, rows: list[VisitRow], progress: Progress | None, stops: Mapping[str, Stop]
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


def _tell_idle(rows: VisitRows, idle: Collection[str], now: int | None, layer: str, reading: Reading) -> None:
    """Tell vehicles that do not work; one that has begun is an error: what it did would be planned again."""
    for vehicle_id in sorted(idle):
        about = About(layer, id=vehicle_id)
        visits = [row.visit for row in rows.of(vehicle_id) if row.visit.status != CANCELLED]
        if any(tells(visit) or (now is not None and visit.end <= now) for visit in visits):
            text = f'Vehicle "{vehicle_id}" has begun its route and is no active vehicle of VEHICLES'
            remedy = "Keep it active; optiway:handle_disruption takes vehicles that are lost"
            reading.refuse(Fault("unknown_vehicle", text, remedy, "vehicle_id"), about)
            continue
        text = "A vehicle of the plan does not work: its stops are on no route"
        reading.warn(Fault("unknown_vehicle", text, field="vehicle_id"), about)


def _tell_not_left(rows: list[VisitRow], now: int, layer: str, reading: Reading) -> None:
    """Tell a vehicle that was to leave before this and has nothing noted."""
    if rows and rows[0].visit.end < min(now, UNKNOWN):
        text = "A vehicle was to leave before NOW and nothing is noted of it: it counts as still at its depot"
        remedy = "Note the status of its visits or their actual times"
        reading.warn(Fault("inconsistent_day", text, remedy, "status"), About(layer, id=rows[0].vehicle_id))


def _tell_moment(rows: VisitRows, now: int | None, reading: Reading) -> None:
    ends = [row.visit.end for row in rows.all if row.visit.end < UNKNOWN and row.vehicle_id]
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
    rows: VisitRows,
    progress: Mapping[str, Progress],
    stops: Mapping[str, Stop],
    rejected: Mapping[str, str],
    reading: Reading,
) -> None:
    """Tell visits that are done and cannot be read (`rejected` says why), or come after some still to do."""
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
                why = rejected.get(row.visit.id, "")
                text = f"A visit that is done cannot be read: {why or f'feature {row.feature_id} of {PLAN}'}"
                reading.refuse(Fault("inconsistent_day", text.rstrip(".")), about)
            elif skipped:
                text = "A visit that is done comes after one still to do: it counts as made before"
                reading.warn(Fault("inconsistent_day", text, "Correct status or sequence", "status"), about)
