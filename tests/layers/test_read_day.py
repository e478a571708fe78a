"""A plan read from its layers with its day under way: what is done stays, vehicles stand where they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsFields,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
    edit,
)
from qgis.PyQt.QtCore import QDateTime, Qt

from optiway_qgis.layers import output_fields
from optiway_qgis.layers.carried import CarriedStops
from optiway_qgis.layers.output_fields import LEGS, ROUTES, SINKS, UNASSIGNED, VISITS
from optiway_qgis.layers.qgis_compat import TEXT, is_null, make_field
from optiway_qgis.layers.read_day import (
    PLAN,
    PLAN_UNASSIGNED,
    Disrupted,
    PlanLayers,
    read_day,
)
from optiway_qgis.layers.read_positions import read_positions
from optiway_qgis.layers.read_stops import NO_EXPRESSIONS
from optiway_qgis.layers.read_visits import VisitsLayer
from optiway_qgis.layers.write import write_plan
from optiway_qgis.model.day import CANCELLED, DONE, EN_ROUTE, FAILED
from optiway_qgis.model.plan import VISIT_RELOAD, VISIT_STOP, VISIT_TRANSFER
from optiway_qgis.model.problem import Depot, Vehicle
from optiway_qgis.model.standing import Position, progress_of
from tests.made_layers import CENTRE, layer, reading, source_of, spots, stops
from tests.made_plans import rich_town

HOUR = 3600
WGS84 = QgsCoordinateReferenceSystem("EPSG:4326")
BOTH = {PLAN: NO_EXPRESSIONS, PLAN_UNASSIGNED: NO_EXPRESSIONS}
OF_THE_PLAN = {"fid", "plan_id", "version", "parent_version"}


def columns(*pairs) -> QgsFields:
    """Fields with these names and types."""
    made = QgsFields()
    for name, kind in pairs:
        made.append(make_field(name, kind))
    return made


def carried_of(problem, *names) -> CarriedStops:
    """What the stops carry: an id, a name and a text for each of these names."""
    values = {stop.id: [stop.id, stop.name, *(f"{name} of it" for name in names)] for stop in problem.stops}
    fields = columns(*((name, TEXT) for name in ("stop_id", "name", *names)))
    return CarriedStops(fields, WGS84, values)


def store(path, problem, plan, carried) -> str:
    """Write a plan to the layers of a GeoPackage; return its path."""
    made = {
        ROUTES: (output_fields.routes_fields(), QgsWkbTypes.Type.LineString),
        LEGS: (output_fields.legs_fields(problem.dimensions), QgsWkbTypes.Type.LineString),
        VISITS: (output_fields.visits_fields(carried.fields, problem.dimensions), QgsWkbTypes.Type.Point),
        UNASSIGNED: (output_fields.unassigned_fields(carried.fields), QgsWkbTypes.Type.Point),
    }
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    sinks = {
        name: QgsProcessingUtils.createFeatureSink(
            f"ogr:dbname='{path}' table=\"{name.lower()}\" (geom)", context, *made[name], carried.crs
        )[0]
        for name in SINKS
    }
    write_plan(problem, plan, carried, sinks, QgsProcessingFeedback(), context)
    return str(path)


@pytest.fixture
def rich(tmp_path, qgis_app):
    """A plan with breaks, reloads and open ends: problem, plan, and where its layers are."""
    problem, plan = rich_town()
    return problem, plan, store(tmp_path / "rich.gpkg", problem, plan, carried_of(problem, "status", "notes"))


@pytest.fixture
def simple(town, tmp_path, qgis_app):
    """A plan of vans that start and end at a depot: problem, plan, and where its layers are."""
    problem, plan = town
    return problem, plan, store(tmp_path / "town.gpkg", problem, plan, carried_of(problem))


def opened(path: str, name: str) -> QgsVectorLayer:
    """A layer of a plan."""
    return QgsVectorLayer(f"{path}|layername={name.lower()}", name)


def note(path: str, sink: str = VISITS, **states) -> None:
    """Note values of rows in the attribute table, by stop_id; `of_<vehicle>` is its start."""
    made = opened(path, sink)
    with edit(made):
        for feature in made.getFeatures():
            of_start = "visit_type" in made.fields().names() and feature["visit_type"] == "start"
            name = f"of_{feature['vehicle_id']}" if of_start else feature["stop_id"]
            for column, value in states.get(name, {}).items():
                feature[column] = value
            made.updateFeature(feature)


def at(clock: str) -> QDateTime:
    """A time of the day as people enter it in QGIS."""
    return QDateTime.fromString(f"2026-05-04T{clock}", Qt.DateFormat.ISODate)


def read(stored, now=None, done_by="", disrupted=Disrupted(), positions=None, fleet=None, errors=()):
    """The day as its layers tell it, and the warnings."""
    problem, _, path = stored
    shared = reading()
    found = read_day(
        PlanLayers(
            VisitsLayer(source_of(opened(path, VISITS)), PLAN),
            source_of(opened(path, LEGS)),
            source_of(opened(path, UNASSIGNED)),
        ),
        problem.depots,
        problem.vehicles if fleet is None else fleet,
        positions or {},
        now,
        done_by,
        disrupted,
        "bound",
        shared,
        BOTH,
    )
    assert len(shared.errors) == len(errors)
    assert all(part in text for part, text in zip(errors, shared.errors))
    return found, shared.warnings.texts()


def behind(progress) -> list[str]:
    """The stops behind a vehicle."""
    return [visit.id for visit in progress.visits if visit.type == VISIT_STOP]


def orders(found) -> dict[str, tuple[str, ...]]:
    return {one.vehicle_id: one.stops for one in found.sequences}


def rows(path: str, sink: str) -> dict[tuple, dict]:
    """The rows of a layer by vehicle and number."""
    found = {}
    for feature in opened(path, sink).getFeatures():
        row = feature.attributeMap()
        key = row["vehicle_id"], row["sequence"]
        row["geometry"] = feature.geometry().asWkt(9)
        found[key] = {name: None if is_null(value) else value for name, value in row.items()}
    return found


def continued(found, plan, version=2):
    """The plan with what was read of each vehicle in place of what it had, and new numbers for the rest."""
    done = {one.vehicle_id: one for one in found.day.progress}
    routes = []
    for route in plan.routes:
        one = done.get(route.vehicle_id)
        if one is not None:
            count = len(one.visits)
            legs = (*one.legs, *route.legs[len(one.legs) :])
            later = tuple(replace(left, slack=left.slack + 60) for left in route.visits[count:])
            route = replace(route, visits=(*one.visits, *later), legs=legs)
        routes.append(route)
    return replace(plan, plan_id="p-other", routes=tuple(routes), version=version, parent_version=version - 1)


@pytest.mark.parametrize("made", ["simple", "rich"])
def test_a_plan_whose_day_has_not_begun_is_read_as_it_was(made, request):
    """Orders, reloads, stops left out, and how the plan serves each stop."""
    stored = problem, plan, _ = request.getfixturevalue(made)
    found, _ = read(stored)
    assert orders(found) == {route.vehicle_id: route.stop_ids for route in plan.routes}
    assert found.day.progress == ()
    assert {stop.id for stop in found.problem.stops} == {stop.id for stop in problem.stops}
    assert found.carried.attributes.keys() == {stop.id for stop in problem.stops}
    assert (found.plan_id, found.version) == (plan.plan_id, 1)
    planned = {stop.id: stop.planned for stop in found.problem.stops}
    for route in plan.routes:
        visits = [visit for visit in route.visits if visit.type == VISIT_STOP]
        for rank, visit in enumerate(visits, 1):
            served = found.before[visit.id]
            assert (served.vehicle_id, served.place, served.eta) == (route.vehicle_id, rank, visit.arrival)
            assert (served.sequence, served.late) == (visit.sequence, visit.late)
            one = planned.pop(visit.id)
            assert (one.vehicle_id, one.rank, one.eta) == (route.vehicle_id, rank, visit.arrival)
    assert planned == {left.stop_id: None for left in plan.unassigned}


@pytest.mark.parametrize("made", ["simple", "rich"])
@pytest.mark.parametrize("now", [8 * HOUR + 3, 9 * HOUR + 777, 11 * HOUR, 13 * HOUR + 1300, 23 * HOUR])
def test_what_is_done_at_a_moment_is_read_back_exactly(made, now, request):
    """All figures, legs and ways are those of the plan: minutes and kilometres lose nothing."""
    stored = problem, plan, _ = request.getfixturevalue(made)
    late, lost = {plan.routes[0].vehicle_id: 700}, {plan.routes[-1].vehicle_id: 10 * HOUR}
    found, _ = read(stored, now, disrupted=Disrupted(late, lost))
    assert found.day.progress == progress_of(problem, plan, now, late=late, lost=lost)
    left = {one.vehicle_id: {visit.id for visit in one.visits} for one in found.day.progress}
    for route in plan.routes:
        to_do = tuple(name for name in route.stop_ids if name not in left.get(route.vehicle_id, ()))
        assert orders(found).get(route.vehicle_id, ()) == to_do


@pytest.mark.parametrize("hour", [8, 10, 16])
def test_goods_of_later_trips_are_at_the_depot(rich, hour):
    """Of vehicles that have left, and until they have loaded again: also if a stop is moved then."""
    _, plan, _ = rich
    found, _ = read(rich, hour * HOUR)
    planned = {stop.id: stop.planned for stop in found.problem.stops}
    left = {one.vehicle_id: {visit.sequence for visit in one.visits} for one in found.day.progress}
    for route in plan.routes:
        done = left.get(route.vehicle_id, set())
        ahead = [visit for visit in route.visits if visit.sequence not in done]
        depot = ""
        for visit in ahead:
            if visit.type == VISIT_RELOAD and done:
                depot = visit.id
            if visit.type == VISIT_STOP:
                assert planned[visit.id].goods_at == depot
    waiting = [one for one in planned.values() if one and one.goods_at]
    assert bool(waiting) == (hour == 10)


@pytest.mark.parametrize("made", ["simple", "rich"])
def test_rows_that_are_done_are_written_again_column_by_column(made, request, tmp_path):
    """Only the plan and its version differ; so it stays, however often the plan is read and written."""
    problem, plan, path = request.getfixturevalue(made)
    first = plan.routes[0]
    done = first.stop_ids[:4]
    note(
        path,
        **{
            f"of_{first.vehicle_id}": {"status": DONE, "actual_departure": at("07:55:10")},
            done[0]: {"status": DONE, "actual_arrival": at("08:31:05"), "actual_departure": at("08:40:59")},
            done[1]: {"status": FAILED, "actual_arrival": at("08:59:00")},
            done[2]: {"status": "skipped"},
            done[3]: {"status": "arrived", "actual_arrival": at("09:29:59")},
        },
    )
    before = {sink: rows(path, sink) for sink in (VISITS, LEGS)}
    for version in (2, 3):
        found, _ = read((problem, plan, path), 9 * HOUR + 1900)
        again = store(
            tmp_path / f"version{version}.gpkg", found.problem, continued(found, plan, version), found.carried
        )
        after = {sink: rows(again, sink) for sink in (VISITS, LEGS)}
        (progress,) = found.day.progress
        keys = [(first.vehicle_id, visit.sequence) for visit in progress.visits]
        assert len(keys) > 4
        for key in keys:
            for sink in (VISITS, LEGS):
                was, now = before[sink].get(key), after[sink].get(key)
                assert (was is None) == (now is None)
                for column in {*(was or ()), *(now or ())} - OF_THE_PLAN:
                    assert now[column] == was[column], (sink, key, column)
        assert {row["version"] for row in after[VISITS].values()} == {version}
        path, plan = again, continued(found, plan, version)
    assert (read((problem, plan, path))[0].plan_id, read((problem, plan, path))[0].version) == ("p-other", 3)


def test_a_field_status_of_the_stops_is_theirs(rich):
    """It is stop_status in the visits and comes back as status; it says nothing of how a visit stands."""
    path = rich[2]
    assert {"status", "stop_status"} <= set(opened(path, VISITS).fields().names())
    found, warnings = read(rich, 12 * HOUR)
    assert {visit.status for one in found.day.progress for visit in one.visits} == {"planned"}
    assert not [text for text in warnings if "status" in text]
    at_field = found.carried.fields.lookupField("status")
    assert {values[at_field] for values in found.carried.attributes.values()} == {"status of it"}


def test_by_status_only_what_is_said_to_be_done_is_done(simple):
    """The clock counts for nothing but where the vehicle is."""
    _, plan, path = simple
    first, second = plan.routes[:2]
    note(path, **{first.stop_ids[0]: {"status": " Done "}, second.stop_ids[1]: {"status": EN_ROUTE}})
    found, _ = read(simple, 12 * HOUR)
    ids = {one.vehicle_id: behind(one) for one in found.day.progress}
    assert ids == {first.vehicle_id: [first.stop_ids[0]], second.vehicle_id: []}
    going = next(one for one in found.day.progress if one.vehicle_id == second.vehicle_id)
    assert going.next_stop == second.stop_ids[1]
    assert orders(found)[second.vehicle_id][:2] == (second.stop_ids[1], second.stop_ids[0])
    by_time, _ = read(simple, 12 * HOUR, done_by="time")
    assert len(by_time.day.progress[0].visits) > 5
    nothing, _ = read(simple, 7 * HOUR, done_by="time")
    assert nothing.day.progress == ()


def test_a_stop_that_was_cancelled_is_told_and_does_not_come_back(simple, tmp_path):
    """It is no row lost, and no later plan serves it; it does not make the others be judged by status."""
    problem, plan, path = simple
    gone = plan.routes[0].stop_ids[-1]
    note(path, **{gone: {"status": CANCELLED}})
    found, _ = read(simple, 9 * HOUR)
    assert len(found.day.progress[0].visits) > 1
    assert gone not in {stop.id for stop in found.problem.stops} | found.before.keys()
    (left_out,) = found.carried.rejected
    assert (left_out.stop_id, left_out.reason) == (gone, "excluded")
    assert 'status is "cancelled"' in left_out.text
    kept = tuple(
        replace(route, visits=tuple(visit for visit in route.visits if visit.id != gone), legs=())
        for route in plan.routes
    )
    again = store(tmp_path / "again.gpkg", found.problem, replace(plan, routes=kept), found.carried)
    later, _ = read((problem, plan, again), 9 * HOUR)
    assert [(row.stop_id, row.reason, row.text) for row in later.carried.rejected] == [
        (gone, "excluded", left_out.text)
    ]
    assert gone not in {stop.id for stop in later.problem.stops}


def test_hand_edits_count_and_what_was_planned_is_known(simple):
    """Another vehicle, another place, no vehicle: the order is the new one, goods and promises are where
    the plan had them."""
    _, plan, path = simple
    first, second = plan.routes[:2]
    moved, late, off = first.stop_ids[2], second.stop_ids[0], second.stop_ids[1]
    note(
        path,
        **{
            moved: {"vehicle_id": second.vehicle_id, "sequence": 3},
            late: {"sequence": 99},
            off: {"vehicle_id": NULL},
        },
    )
    found, _ = read(simple)
    assert orders(found)[first.vehicle_id] == tuple(name for name in first.stop_ids if name != moved)
    others = [name for name in second.stop_ids if name not in (late, off)]
    assert sorted(orders(found)[second.vehicle_id]) == sorted([moved, *others, late])
    assert orders(found)[second.vehicle_id][-1] == late
    planned = {stop.id: stop.planned for stop in found.problem.stops}
    assert (planned[moved].vehicle_id, planned[moved].rank) == (first.vehicle_id, 3)
    assert (planned[late].vehicle_id, planned[late].rank) == (second.vehicle_id, 1)
    assert (planned[off].vehicle_id, found.before[off].place) == (second.vehicle_id, 2)


def test_a_stop_moved_by_hand_is_to_be_done_whatever_time_it_had(simple):
    """Its time was one of the other vehicle, and is over; a status of its own counts."""
    _, plan, path = simple
    first, second = plan.routes[:2]
    moved, done = first.stop_ids[:2]
    note(path, **{moved: {"vehicle_id": second.vehicle_id, "sequence": 40}})
    now = second.visits[-3].arrival
    found, _ = read(simple, now)
    assert orders(found)[second.vehicle_id][-1] == moved
    note(path, **{done: {"vehicle_id": second.vehicle_id, "status": DONE}})
    found, _ = read(simple, now)
    assert done in {name for one in found.day.progress for name in behind(one)}


def test_a_row_added_by_hand_is_to_be_done(simple):
    """It has no times, so nobody was promised anything."""
    _, plan, path = simple
    first = plan.routes[0]
    made = opened(path, VISITS)
    with edit(made):
        feature = next(made.getFeatures("\"visit_type\" = 'stop'"))
        for name in made.fields().names():
            feature[name] = NULL
        feature["stop_id"], feature["vehicle_id"], feature["sequence"] = "New", first.vehicle_id, 2
        feature["visit_type"] = "stop"
        made.addFeature(feature)
    found, _ = read(simple, 23 * HOUR)
    assert orders(found) == {first.vehicle_id: ("New",)}
    assert "New" not in found.before
    assert {stop.id: stop.planned for stop in found.problem.stops}["New"] is None


@pytest.mark.parametrize(
    "state, told",
    [
        ({"status": "finished"}, 'status "finished" is not known: taken as planned'),
        (
            {"actual_arrival": at("09:00:00"), "actual_departure": at("08:00:00")},
            "actual_departure is before actual_arrival",
        ),
        ({"actual_departure": at("10:00:01")}, "An actual time is after NOW"),
    ],
)
def test_what_cannot_be_is_told(simple, state, told):
    note(simple[2], **{simple[1].routes[0].stop_ids[0]: state})
    assert any(told in text for text in read(simple, 10 * HOUR)[1])


def test_a_stop_done_out_of_order_is_told_and_comes_before(simple):
    first = simple[1].routes[0]
    note(simple[2], **{first.stop_ids[3]: {"status": DONE}})
    found, warnings = read(simple, 10 * HOUR)
    assert any("comes after one still to do" in text and first.stop_ids[3] in text for text in warnings)
    assert behind(found.day.progress[0]) == [first.stop_ids[3]]
    assert orders(found)[first.vehicle_id][:3] == first.stop_ids[:3]


def test_a_vehicle_of_which_nothing_is_noted_is_told_when_it_should_be_on_its_way(simple):
    _, plan, path = simple
    first, second = plan.routes[:2]
    note(path, **{first.stop_ids[0]: {"status": DONE}})
    found, warnings = read(simple, 12 * HOUR)
    assert [one.vehicle_id for one in found.day.progress] == [first.vehicle_id]
    (text,) = [text for text in warnings if "nothing is noted of it" in text]
    assert second.vehicle_id in text
    assert first.vehicle_id not in text
    assert not [text for text in read(simple, 6 * HOUR)[1] if "nothing is noted of it" in text]


@pytest.mark.parametrize("now, told", [(-HOUR, "before"), (40 * HOUR, "long after")])
def test_a_moment_of_another_day_is_told(simple, now, told):
    """The usual cause is a date that was left as it was."""
    assert any(f"NOW is {told} the day of the plan" in text for text in read(simple, now)[1])


def test_a_row_that_is_done_and_cannot_be_read_is_an_error(simple):
    """Left out it would be lost: it is on a route and nowhere else."""
    first = simple[1].routes[0]
    note(simple[2], **{first.stop_ids[0]: {"status": DONE, "planned_service_min": -5.0}})
    read(simple, 10 * HOUR, errors=[f'cannot be read: Feature 2 of PLAN (stop_id "{first.stop_ids[0]}"): pl'])


def test_stops_of_a_vehicle_that_does_not_work_are_on_no_route(simple):
    """Nothing of its route is done; once it has begun, that is an error."""
    problem, plan, path = simple
    fleet = problem.vehicles[1:]
    found, warnings = read(simple, fleet=fleet)
    assert orders(found) == {route.vehicle_id: route.stop_ids for route in plan.routes[1:]}
    assert {stop.id for stop in found.problem.stops} == {stop.id for stop in problem.stops}
    assert any("does not work" in text for text in warnings)
    note(path, **{plan.routes[0].stop_ids[0]: {"status": DONE}})
    read(simple, fleet=fleet, errors=["has begun its route and is no active vehicle"])
    note(path, **{plan.routes[0].stop_ids[0]: {"status": "planned"}})
    read(simple, 8 * HOUR - 1, fleet=fleet)
    read(simple, 9 * HOUR, fleet=fleet, errors=["has begun its route and is no active vehicle"])


def test_a_lost_vehicle_is_known_as_lost_afterwards(simple, tmp_path):
    """Its route ends with what it did, and where it stands is a place goods are fetched at."""
    problem, plan, _ = simple
    first, second = plan.routes[:2]
    now = 9 * HOUR + 1800
    found, _ = read(simple, now, disrupted=Disrupted(lost={first.vehicle_id: 9 * HOUR}))
    lost = next(one for one in found.day.progress if one.vehicle_id == first.vehicle_id)
    place = f"{first.vehicle_id} stands here"
    assert (lost.stands_at, found.problem.depots[-1].id) == (place, place)
    assert (found.problem.depots[-1].lon, found.problem.depots[-1].lat) == (lost.lon, lost.lat)
    assert first.vehicle_id in orders(found)  # what it has not done is told, whoever does it then

    fetch = replace(second.visits[-1], type=VISIT_TRANSFER, id=place, service=240)
    served = replace(
        next(visit for visit in first.visits if visit.id == first.stop_ids[-1]),
        sequence=len(second.visits),
        arrival=fetch.end + 600,
        start=fetch.end + 600,
        end=fetch.end + 900,
        fetched_at=fetch.sequence,
    )
    home = replace(second.visits[-1], sequence=served.sequence + 1, arrival=served.end, end=served.end)
    routes = (
        replace(first, visits=lost.visits, legs=lost.legs),
        replace(second, visits=(*second.visits[:-1], fetch, served, home), legs=second.legs[:-1]),
    )
    written = replace(plan, routes=routes, version=2)
    problem = found.problem
    again = store(tmp_path / "again.gpkg", problem, written, found.carried)
    later, warnings = read((simple[0], written, again), now + 600)
    assert any("is lost and goes no further" in text and first.vehicle_id in text for text in warnings)
    gone = next(one for one in later.day.progress if one.vehicle_id == first.vehicle_id)
    assert (gone.lost, gone.stands_at, gone.visits) == (True, place, lost.visits)
    assert (gone.lon, gone.lat) == pytest.approx((lost.lon, lost.lat))
    assert first.vehicle_id not in orders(later)
    depots = [depot for depot in later.problem.depots if depot.id == place]
    assert [(depot.lon, depot.lat) for depot in depots] == [pytest.approx((lost.lon, lost.lat))]
    planned = {stop.id: stop.planned for stop in later.problem.stops}
    assert (planned[served.id].goods_at, planned[served.id].goods_rank) == (place, planned[served.id].rank)
    assert planned[second.stop_ids[-1]].goods_at == ""
    fetched, _ = read((simple[0], written, again), fetch.end + 1)
    assert {stop.id: stop.planned for stop in fetched.problem.stops}[served.id].goods_at == ""


def test_a_stop_put_on_an_idle_vehicle_by_hand_is_to_be_done(simple):
    """That vehicle has no rows of depots, and is not lost for that."""
    problem, plan, path = simple
    idle = Vehicle("Idle", start_depot=problem.depots[0].id, end_depot=problem.depots[0].id)
    moved = plan.routes[0].stop_ids[0]
    note(path, **{moved: {"vehicle_id": "Idle"}})
    found, _ = read(simple, fleet=[*problem.vehicles, idle])
    assert orders(found)["Idle"] == (moved,)
    assert found.day.progress == ()


def test_positions_are_those_of_points_with_a_time():
    """A point without a time is a home; one of another day is told."""
    on_day = {"position_time": "2026-05-04T09:30"}
    rows_of = [
        {"at": CENTRE, "vehicle_id": "V1", **on_day},
        {"at": CENTRE, "vehicle_id": "V2", "position_time": "09:15"},
        {"at": CENTRE, "vehicle_id": "V3", "position_time": None},
        {"at": None, "vehicle_id": "V4", **on_day},
        {"at": CENTRE, "vehicle_id": "V5", "position_time": "2026-05-03T09:30"},
    ]
    shared = reading()
    found = read_positions(source_of(layer(rows_of)), shared)
    assert found == {"V1": Position(*CENTRE, 34200), "V2": Position(*CENTRE, 33300)}
    assert any("another day" in text and "V5" in text for text in shared.warnings.texts())
    assert read_positions(source_of(layer([{"at": CENTRE, "vehicle_id": "V1"}])), reading()) == {}
    bad = reading()
    read_positions(source_of(layer([{"at": CENTRE, "vehicle_id": "V1", "gps_time": "soon"}])), bad)
    assert "gps_time" in bad.errors[0]


def test_a_position_beats_the_plan_unless_it_is_of_the_future(simple):
    """One that is old is believed, and told."""
    name = simple[1].routes[0].vehicle_id
    now = next(leg for leg in (simple[1].routes[0].visits[2],)).arrival - 30

    def place(seconds):
        found, warnings = read(simple, now, positions={name: Position(-8.5, 41.1, seconds)})
        one = next(one for one in found.day.progress if one.vehicle_id == name)
        return (one.lon, one.lat) == (-8.5, 41.1), warnings

    assert place(now)[0]
    believed, warnings = place(now + 60)
    assert not believed
    assert any("after NOW" in text for text in warnings)
    _, warnings = place(now - HOUR)
    assert any("more than 30 minutes old" in text for text in warnings)


def points(**states):
    """Stops with numbers on routes of V1, as somebody made them by hand, with what was noted."""
    names = ("status", "actual_arrival", "actual_departure")
    return [
        {
            **row,
            "vehicle_id": "V1",
            "sequence": number,
            **dict.fromkeys(names),
            **states.get(row["stop_id"], {}),
        }
        for number, row in enumerate(stops(4), 1)
    ]


@pytest.mark.parametrize(
    "states, now, done, free",
    [
        ({}, None, None, None),
        ({}, 10 * HOUR, None, None),
        ({"S1": {"status": "done"}}, 10 * HOUR, ["S1"], 10 * HOUR),
        ({"S1": {"status": "done"}}, None, ["S1"], 8 * HOUR),
        (
            {"S1": {"status": "done", "actual_departure": "09:20"}, "S2": {"actual_departure": "09:40"}},
            None,
            ["S1", "S2"],
            9 * HOUR + 2400,
        ),
    ],
)
def test_numbered_points_are_a_plan_without_times(states, now, done, free):
    """Where its last stop done is, there the vehicle is."""
    shared = reading()
    found = read_day(
        PlanLayers(VisitsLayer(source_of(layer(points(**states))), PLAN)),
        [Depot("D", *CENTRE)],
        [Vehicle("V1", start_depot="D", end_depot="D", shift=replace(Vehicle("x").shift, start=8 * HOUR))],
        {},
        now,
        "",
        Disrupted(),
        "bound",
        shared,
        {PLAN: NO_EXPRESSIONS},
    )
    assert shared.errors == []
    assert (found.plan_id, found.version) == ("", 0)
    assert not {"vehicle_id", "sequence"} & set(found.carried.fields.names())  # no rules of later plans
    if done is None:
        assert found.day.progress == ()
        assert orders(found) == {"V1": ("S1", "S2", "S3", "S4")}
        return
    (one,) = found.day.progress
    assert ([visit.id for visit in one.visits], one.free) == (done, free)
    assert (one.lon, one.lat) == pytest.approx(spots(4)[len(done) - 1])
    assert orders(found) == {"V1": tuple(f"S{number}" for number in range(len(done) + 1, 5))}


def test_times_as_text_and_numbers_of_other_widths_are_read_alike(simple):
    """As CSV files and databases give them: the same day comes out."""
    problem, _, path = simple
    expected, _ = read(simple, 10 * HOUR)
    as_text = []
    for feature in opened(path, VISITS).getFeatures():
        row = {name: value for name, value in feature.attributeMap().items() if name != "fid"}
        row = {
            name: value.toString("yyyy/MM/dd HH:mm:ss") if isinstance(value, QDateTime) else value
            for name, value in row.items()
        }
        row["sequence"] = float(row["sequence"])
        row["at"] = (feature.geometry().asPoint().x(), feature.geometry().asPoint().y())
        as_text.append({name: None if is_null(value) else value for name, value in row.items()})
    shared = reading()
    found = read_day(
        PlanLayers(VisitsLayer(source_of(layer(as_text)), PLAN)),
        problem.depots,
        problem.vehicles,
        {},
        10 * HOUR,
        "",
        Disrupted(),
        "bound",
        shared,
        {PLAN: NO_EXPRESSIONS},
    )
    assert shared.errors == []
    assert orders(found) == orders(expected)
    assert [one.visits for one in found.day.progress] == [one.visits for one in expected.day.progress]


def test_a_plan_that_serves_all_stops_leaves_an_empty_layer(town, tmp_path, qgis_app):
    """Nothing to plan in it is no error there."""
    problem, plan = town
    served = {name for route in plan.routes for name in route.stop_ids}
    problem = replace(problem, stops=tuple(stop for stop in problem.stops if stop.id in served))
    plan = replace(plan, unassigned=())
    path = store(tmp_path / "all.gpkg", problem, plan, carried_of(problem))
    found, _ = read((problem, plan, path), 10 * HOUR)
    assert {stop.id for stop in found.problem.stops} == served


def test_legs_that_are_none_are_refused(simple):
    """ROUTES given by mistake has lines, too."""
    problem, _, path = simple
    shared = reading()
    read_day(
        PlanLayers(VisitsLayer(source_of(opened(path, VISITS)), PLAN), source_of(opened(path, ROUTES))),
        problem.depots,
        problem.vehicles,
        {},
        None,
        "",
        Disrupted(),
        "bound",
        shared,
        BOTH,
    )
    assert "has no field sequence" in shared.errors[0]


@pytest.mark.parametrize(("judges", "expected"), [(True, {"V99"}), (False, {""})])
def test_rules_of_vehicles_that_the_plan_has_not_fall_where_no_vehicles_are_given(simple, judges, expected):
    """plan_one_route does not look at them, and its plan is to be planned again with all its stops."""
    problem, _, path = simple
    rows = []
    for feature in opened(path, VISITS).getFeatures():
        row = {name: value for name, value in feature.attributeMap().items() if name != "fid"}
        at = feature.geometry().asPoint()
        row = {name: None if is_null(value) else value for name, value in row.items()}
        rows.append({**row, "stop_vehicle_id": "V99", "at": (at.x(), at.y())})
    found = read_day(
        PlanLayers(VisitsLayer(source_of(layer(rows)), PLAN)),
        problem.depots,
        problem.vehicles,
        {},
        None,
        "",
        Disrupted(),
        "bound",
        reading(),
        {PLAN: NO_EXPRESSIONS},
        judges,
    )
    assert {stop.vehicle_id for stop in found.problem.stops} == expected


def test_a_plan_whose_names_were_cut_is_refused(simple):
    """As in a Shapefile: its breaks and depots would be taken for stops."""
    problem, _, path = simple
    rows = [
        {**{name[:10]: str(value) for name, value in feature.attributeMap().items()}, "at": (0.0, 0.0)}
        for feature in opened(path, VISITS).getFeatures()
    ]
    shared = reading()
    read_day(
        PlanLayers(VisitsLayer(source_of(layer(rows)), PLAN)),
        problem.depots,
        problem.vehicles,
        {},
        None,
        "",
        Disrupted(),
        "bound",
        shared,
        {PLAN: NO_EXPRESSIONS},
    )
    assert any("field names were cut" in text for text in shared.errors)


def test_a_plan_in_another_crs_is_read_where_it_is(town, tmp_path, qgis_app):
    """Stops, legs and places come back to a millionth of a degree."""
    problem, plan = town
    carried = carried_of(problem)
    metric = replace(carried, crs=QgsCoordinateReferenceSystem("EPSG:32629"))
    path = store(tmp_path / "metric.gpkg", problem, plan, metric)
    found, _ = read((problem, plan, path), 10 * HOUR)
    for one, other in zip(found.day.progress, progress_of(problem, plan, 10 * HOUR)):
        assert (one.lon, one.lat) == pytest.approx((other.lon, other.lat), abs=1e-6)
        assert (one.visits, one.way_drive) == (other.visits, other.way_drive)
