"""Plans written to real formats and read back: nothing is lost, shifted, rounded or renamed for no reason."""

from __future__ import annotations

import json
import resource
from dataclasses import replace

import pytest
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsFeatureSink,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from optiway_qgis.layers import output_fields
from optiway_qgis.layers.carried import CarriedStops, RejectedStop
from optiway_qgis.layers.output_fields import LEGS, ROUTES, SINKS, UNASSIGNED, VISITS
from optiway_qgis.layers.qgis_compat import DATE_TIME, INTEGER, REAL, TEXT, make_field
from optiway_qgis.layers.write import verify_written, warn_of_lossy_target, write_plan
from optiway_qgis.model.balance import gini
from optiway_qgis.model.problem import Settings
from tests.made_plans import rich_town

WGS84 = QgsCoordinateReferenceSystem("EPSG:4326")
READY = QDateTime(QDate(2026, 5, 4), QTime(8, 30))
STOP_COLUMNS = (
    ("stop_id", TEXT),
    ("name", TEXT),
    ("parcels", INTEGER),
    ("weight", REAL),
    ("ready", DATE_TIME),
)


class Destinations:
    """Where the four sinks of a test go, by format."""

    def __init__(self, folder):
        self._folder = folder

    def of(self, kind: str) -> dict[str, str]:
        if kind == "memory":
            return {name: f"memory:{name}" for name in SINKS}
        if kind == "gpkg":
            path = self._folder / "plan.gpkg"
            return {name: f"ogr:dbname='{path}' table=\"{name.lower()}\" (geom)" for name in SINKS}
        return {name: str(self._folder / f"{name.lower()}.{kind}") for name in SINKS}


@pytest.fixture
def destinations(tmp_path):
    return Destinations(tmp_path)


@pytest.fixture
def context(qgis_app):
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return context


def columns(*pairs) -> QgsFields:
    fields = QgsFields()
    for name, kind in pairs:
        fields.append(make_field(name, kind))
    return fields


def carried_of(problem, crs=WGS84, rejected=()) -> CarriedStops:
    values = {
        stop.id: [stop.id, stop.name, number, number / 7, QDateTime(READY).addSecs(60 * number)]
        for number, stop in enumerate(problem.stops)
    }
    return CarriedStops(columns(*STOP_COLUMNS), crs, values, rejected)


def rejected_stops() -> tuple[RejectedStop, ...]:
    values = [None, "Nowhere", None, None, None]
    there = QgsGeometry.fromPointXY(QgsPointXY(-8.6, 41.2))
    return (
        RejectedStop("", values, QgsGeometry(), "invalid_input", "Row 3 has no position."),
        RejectedStop("X", ["X", *values[1:]], there, "excluded", "The stop was excluded."),
    )


def make_sinks(problem, carried, wanted, context):
    made = {
        ROUTES: (output_fields.routes_fields(), QgsWkbTypes.Type.LineString),
        LEGS: (output_fields.legs_fields(problem.dimensions), QgsWkbTypes.Type.LineString),
        VISITS: (output_fields.visits_fields(carried.fields, problem.dimensions), QgsWkbTypes.Type.Point),
        UNASSIGNED: (output_fields.unassigned_fields(carried.fields), QgsWkbTypes.Type.Point),
    }
    sinks, results = {}, {}
    for name, destination in wanted.items():
        sinks[name], results[name] = QgsProcessingUtils.createFeatureSink(
            destination, context, *made[name], carried.crs
        )
    return sinks, results


def write(problem, plan, carried, wanted, context):
    """Write, flush, verify; return the counts and the layers read back."""
    sinks, results = make_sinks(problem, carried, wanted, context)
    counts = write_plan(problem, plan, carried, sinks, QgsProcessingFeedback(), context)
    sinks.clear()
    verify_written(results, counts.features, context)
    return counts, {
        name: QgsProcessingUtils.mapLayerFromString(dest, context) for name, dest in results.items()
    }


def clock(value: QDateTime) -> str:
    return value.toString("yyyy-MM-dd HH:mm:ss")


def expected_clock(seconds: int) -> str:
    midnight = QDateTime(QDate(2026, 5, 4), QTime(0, 0), Qt.TimeSpec.UTC)
    return clock(midnight.addSecs(seconds))


@pytest.mark.parametrize("kind", ["memory", "gpkg"])
def test_every_figure_comes_back_to_the_digit(kind, town, destinations, context):
    """Each value of routes, legs and visits equals the plan's, in minutes and kilometres without rounding."""
    problem, plan = town
    _, layers = write(problem, plan, carried_of(problem), destinations.of(kind), context)

    rows = {row["route_id"]: row for row in layers[ROUTES].getFeatures()}
    for route in plan.routes:
        row = rows[route.route_id]
        assert clock(row["start_time"]) == expected_clock(route.start)
        assert clock(row["end_time"]) == expected_clock(route.end)
        assert (row["distance_km"], row["drive_min"]) == (route.distance / 1000, route.drive / 60)
        assert (row["total_min"], row["stops"]) == ((route.end - route.start) / 60, len(route.stop_ids))
        assert (row["late_min"], row["violations"]) == (route.late / 60, ",".join(route.violations))
        assert row["load_pct"] == 100 * route.load_peak[0] / 80000
        assert row["cost"] == row["cost_fixed"] + row["cost_distance"] + row["cost_time"] == route.cost
        assert (row["version"], row["parent_version"], row["trips"]) == (1, NULL, 1)
        assert (row["time_zone"], row["travel_source"]) == ("Europe/Lisbon", "estimate")

    legs = {(row["route_id"], row["sequence"]): row for row in layers[LEGS].getFeatures()}
    visits = {(row["route_id"], row["sequence"]): row for row in layers[VISITS].getFeatures()}
    for route in plan.routes:
        for before, visit, leg in zip(route.visits, route.visits[1:], route.legs):
            row = legs[route.route_id, leg.sequence]
            assert clock(row["start_time"]) == expected_clock(before.end)
            assert clock(row["end_time"]) == expected_clock(visit.arrival)
            assert (row["from_id"], row["to_id"]) == (leg.from_id, leg.to_id)
            assert (row["drive_min"], row["distance_km"]) == (leg.seconds / 60, leg.metres / 1000)
            assert row["load_1"] == before.load[0] / 1000
        for visit in route.visits:
            row = visits[route.route_id, visit.sequence]
            assert clock(row["eta"]) == expected_clock(visit.arrival)
            assert clock(row["start_time"]) == expected_clock(visit.start)
            assert clock(row["end_time"]) == expected_clock(visit.end)
            assert (row["visit_type"], row["stop_id"]) == (visit.type, visit.id)
            assert row["planned_service_min"] == visit.service / 60
            assert (row["late_min"], row["slack_min"]) == (visit.late / 60, visit.slack / 60)
            assert row["cum_distance_km"] == visit.cum_distance / 1000
            assert row["load_1"] == visit.load[0] / 1000


def test_what_made_a_plan_and_which_version_it_is_stand_with_it(town, destinations, context):
    """Enough to make it again: engine, seed, settings and the wishes that are not as usual."""
    problem, plan = town
    problem = replace(problem, goals=replace(problem.goals, balance="time", balance_price=4.0))
    plan = replace(plan, version=3, parent_version=2, engine="PyVRP 0.14.1", seed=7)
    sinks, results = make_sinks(problem, carried_of(problem), destinations.of("gpkg"), context)
    settings = Settings(time_limit=12.5, iterations=900, seed=7, workers=2)
    write_plan(problem, plan, carried_of(problem), sinks, QgsProcessingFeedback(), context, settings)
    sinks.clear()
    layers = {name: QgsProcessingUtils.mapLayerFromString(dest, context) for name, dest in results.items()}
    row = next(layers[ROUTES].getFeatures())
    assert (row["version"], row["parent_version"], row["engine"], row["seed"]) == (3, 2, "PyVRP 0.14.1", 7)
    assert json.loads(row["settings"]) == {
        "time_limit": 12.5,
        "iterations": 900,
        "workers": 2,
        "goals": {"balance": "time", "balance_price": 4.0},
    }
    for name in (LEGS, VISITS):
        assert {row["version"] for row in layers[name].getFeatures()} == {3}


def test_how_visits_stand_is_written_with_them(town, destinations, context):
    """Actual times are wall clock times like the others; where nothing was noted there is nothing."""
    problem, plan = town
    first = plan.routes[0]
    done = {"status": "done", "actual_arrival": 30000, "actual_departure": 30605, "fetched_at": 2}
    fetch = {"type": "transfer", "id": "South"}
    visits = (
        first.visits[0],
        replace(first.visits[1], **done),
        replace(first.visits[2], **fetch),
        *first.visits[3:],
    )
    plan = replace(plan, routes=(replace(first, visits=visits), *plan.routes[1:]))
    _, layers = write(problem, plan, carried_of(problem), destinations.of("gpkg"), context)
    rows = {row["sequence"]: row for row in layers[VISITS].getFeatures() if row["route_id"] == first.route_id}
    assert (rows[1]["status"], rows[1]["fetched_at"]) == ("done", 2)
    assert clock(rows[1]["actual_arrival"]) == expected_clock(30000)
    assert clock(rows[1]["actual_departure"]) == expected_clock(30605)
    assert [rows[3][name] for name in ("status", "actual_arrival", "actual_departure", "fetched_at")] == [
        "planned",
        *[NULL] * 3,
    ]
    south = next(depot for depot in problem.depots if depot.id == "South")
    assert (rows[2]["visit_type"], rows[2]["stop_id"], rows[2]["parcels"]) == ("transfer", "South", NULL)
    assert rows[2].geometry().asPoint().distance(south.lon, south.lat) < 1e-9


@pytest.mark.parametrize("kind", ["memory", "gpkg"])
def test_fields_of_the_stop_travel_untouched(kind, town, destinations, context):
    """Text, whole and decimal numbers and times of the user reach VISITS and UNASSIGNED unchanged."""
    problem, plan = town
    carried = carried_of(problem, rejected=rejected_stops())
    _, layers = write(problem, plan, carried, destinations.of(kind), context)

    seen = set()
    for name in (VISITS, UNASSIGNED):
        for row in layers[name].getFeatures():
            if row["stop_id"] in carried.attributes:
                values = carried.attributes[row["stop_id"]]
                assert [row[column] for column, _ in STOP_COLUMNS[:4]] == values[:4]
                assert clock(row["ready"]) == clock(values[4])
                seen.add(row["stop_id"])
    assert seen == set(carried.attributes)


def test_depots_have_id_and_name_and_no_other_value_of_a_stop(town, destinations, context):
    """The row of a depot tells which depot it is; a depot without name is called by its id."""
    problem, plan = town
    _, layers = write(problem, plan, carried_of(problem), destinations.of("gpkg"), context)
    rows = [row for row in layers[VISITS].getFeatures() if row["visit_type"] != "stop"]
    assert {(row["stop_id"], row["name"]) for row in rows} == {("North", "Depot North"), ("South", "South")}
    assert {row[column] for row in rows for column in ("parcels", "weight", "ready")} == {NULL}


def test_unassigned_holds_what_the_engine_left_out_and_what_never_reached_it(town, destinations, context):
    """Reason, sentence and proposals are there; a stop without position has no geometry but is not lost."""
    problem, plan = town
    carried = carried_of(problem, rejected=rejected_stops())
    counts, layers = write(problem, plan, carried, destinations.of("gpkg"), context)
    rows = {row["reason"]: row for row in layers[UNASSIGNED].getFeatures()}
    assert set(rows) == {"time_window", "capacity", "skill", "invalid_input", "excluded"}
    window = rows["time_window"]
    assert (window["added_min"], window["cheapest_fix"]) == (25.0, "Open until 17:30")
    assert window["nearest_vehicle"] == "V01"
    assert (rows["capacity"]["added_min"], rows["capacity"]["cheapest_fix"]) == (NULL, NULL)
    assert rows["invalid_input"].geometry().isNull()
    assert rows["excluded"].geometry().asPoint() == QgsPointXY(-8.6, 41.2)
    assert counts.numbers() == {
        "STOP_COUNT": 42,
        "ROUTE_COUNT": 3,
        "ASSIGNED_COUNT": 37,
        "UNASSIGNED_COUNT": 5,
        "REJECTED_COUNT": 2,
        "LATE_COUNT": 1,
        "DISTANCE_KM": plan.distance / 1000,
        "DRIVE_MIN": plan.drive / 60,
        "COST": plan.cost,
        "VIOLATION_COUNT": 0,
        "OVERTIME_MIN": 0.0,
        "GINI": pytest.approx(gini(route.end - route.start for route in plan.routes)),
    }


def test_trips_breaks_loading_and_overtime_are_in_routes(destinations, context):
    """What happens on a route adds up to its length, and the numbers for models tell the overtime."""
    problem, plan = rich_town()
    counts, layers = write(problem, plan, carried_of(problem), destinations.of("gpkg"), context)
    rows = {row["route_id"]: row for row in layers[ROUTES].getFeatures()}
    for route in plan.routes:
        row = rows[route.route_id]
        assert (row["trips"], row["break_min"]) == (route.trips, route.break_time / 60)
        assert (row["loading_min"], row["overtime_min"]) == (route.loading / 60, route.overtime / 60)
        told = sum(row[f"{part}_min"] for part in ("drive", "service", "loading", "wait", "break"))
        assert told + route.setup / 60 == pytest.approx(row["total_min"])
    assert [rows[name]["trips"] for name in ("V1", "V2", "V3")] == [2, 1, 1]
    assert [rows[name]["late_stops"] for name in ("V1", "V2", "V3")] == [0, 2, 1]
    assert counts.numbers()["LATE_COUNT"] == 3
    assert counts.numbers()["OVERTIME_MIN"] == sum(route.overtime for route in plan.routes) / 60 > 80


def test_reloads_and_breaks_are_rows_of_visits(destinations, context):
    """A break is at the place of the visit before it and has no leg; a reload begins a trip at the depot."""
    problem, plan = rich_town()
    _, layers = write(problem, plan, carried_of(problem), destinations.of("gpkg"), context)
    rows = {row["sequence"]: row for row in layers[VISITS].getFeatures() if row["vehicle_id"] == "V1"}
    visits = plan.routes[0].visits
    assert [rows[visit.sequence]["visit_type"] for visit in visits] == [visit.type for visit in visits]
    assert [rows[visit.sequence]["trip"] for visit in visits] == [1] * 8 + [2] * 8
    coffee, reload, lunch = rows[5], rows[8], rows[11]
    assert (coffee["stop_id"], coffee["name"], coffee["planned_service_min"]) == ("coffee", "coffee", 15.0)
    assert coffee.geometry().asPoint() == rows[4].geometry().asPoint()
    assert (coffee["drive_min"], coffee["distance_km"], coffee["parcels"]) == (0.0, 0.0, NULL)
    assert (lunch["planned_service_min"], lunch["wait_min"]) == (45.0, visits[11].wait / 60)
    assert lunch["wait_min"] > 0
    assert (reload["stop_id"], reload["name"]) == ("D1", "North depot")
    assert reload["planned_service_min"] == visits[8].service / 60 > 10
    assert reload.geometry().asPoint() == rows[0].geometry().asPoint()

    legs = {row["sequence"]: row for row in layers[LEGS].getFeatures() if row["vehicle_id"] == "V1"}
    assert set(legs) == {visit.sequence for visit in visits[1:] if visit.type != "break"}
    after = legs[6]
    assert (after["from_id"], after["to_id"]) == ("S4", "S5")
    assert clock(after["start_time"]) == expected_clock(visits[5].end)
    assert after["load_1"] == visits[4].load[0] / 1000
    assert (legs[8]["to_name"], legs[8]["trip"], legs[9]["trip"]) == ("North depot", 1, 2)


def test_geometry_is_written_in_the_crs_of_the_stops(town, destinations, context):
    """A route runs through its visits in order, a leg joins two of them, all in the projected CRS."""
    problem, plan = town
    projected = QgsCoordinateReferenceSystem("EPSG:3763")
    carried = carried_of(problem, crs=projected)
    _, layers = write(problem, plan, carried, destinations.of("gpkg"), context)
    transform = QgsCoordinateTransform(WGS84, projected, QgsProject.instance())
    places = {place.id: place for place in (*problem.stops, *problem.depots)}
    lines = {row["route_id"]: row.geometry().asPolyline() for row in layers[ROUTES].getFeatures()}
    points = {
        (row["route_id"], row["sequence"]): row.geometry().asPoint() for row in layers[VISITS].getFeatures()
    }
    for route in plan.routes:
        expected = [
            transform.transform(QgsPointXY(places[visit.id].lon, places[visit.id].lat))
            for visit in route.visits
        ]
        assert lines[route.route_id] == expected
        assert [points[route.route_id, visit.sequence] for visit in route.visits] == expected
    for row in layers[LEGS].getFeatures():
        ends = [points[row["route_id"], row["sequence"] + shift] for shift in (-1, 0)]
        assert row.geometry().asPolyline() == ends
    assert all(layer.crs() == projected for layer in layers.values())


def test_route_of_one_stop_open_at_both_ends_has_no_line(town, destinations, context):
    """Such a route has a visit and no leg; it is written all the same."""
    problem, plan = town
    route = plan.routes[0]
    lonely = replace(route, visits=(replace(route.visits[1], sequence=1),), legs=())
    _, layers = write(
        problem, replace(plan, routes=(lonely,)), carried_of(problem), destinations.of("gpkg"), context
    )
    (row,) = layers[ROUTES].getFeatures()
    assert row.geometry().isNull()
    assert (layers[LEGS].featureCount(), layers[VISITS].featureCount()) == (0, 1)


def test_carried_fid_geom_and_twins_lose_no_row(town, destinations, context):
    """A fid with equal values, a field called geom and names that differ in case all reach GeoPackage."""
    problem, plan = town
    names = ("fid", "geom", "Name", "name", "stop_fid", "SEQUENCE", "stop_sequence", "reason")
    carried = CarriedStops(
        columns(*((name, TEXT if name != "fid" else INTEGER) for name in names)),
        WGS84,
        {stop.id: [7, "g", "N", "n", "f", "S", "s", "r"] for stop in problem.stops},
    )
    counts, layers = write(problem, plan, carried, destinations.of("gpkg"), context)
    assert counts.features[VISITS] == layers[VISITS].featureCount() == 37 + 2 * 3
    row = next(row for row in layers[VISITS].getFeatures() if row["visit_type"] == "stop")
    written = {
        "stop_id": row["stop_id"],
        "stop_fid_2": 7,
        "stop_geom": "g",
        "Name": "N",
        "stop_name": "n",
        "stop_fid": "f",
        "stop_SEQUENCE_2": "S",
        "stop_sequence": "s",
        "reason": "r",
    }
    assert row["stop_id"] in carried.attributes
    assert {name: row[name] for name in written} == written
    left_out = next(layers[UNASSIGNED].getFeatures())
    assert (left_out["stop_reason"], left_out["SEQUENCE"], left_out["reason"]) == ("r", "S", "time_window")


@pytest.mark.parametrize(
    "names", [["fid", "FID", "Fid"], ["eta", "stop_eta", "STOP_ETA"], ["stop_id", "Stop_ID"]]
)
def test_names_beside_those_of_the_plan_are_unique_without_case(names):
    """Whatever is carried, CREATE TABLE gets no name twice."""
    fields = output_fields.visits_fields(columns(*((name, TEXT) for name in names)), 2)
    lower = [name.lower() for name in fields.names()]
    assert len(set(lower) | {"fid", "geom"}) == len(lower) + 2
    assert len(lower) == len(output_fields.own_names(VISITS, 2)) + len(names) + ("stop_id" not in names)


def test_shapefile_holds_every_row(town, destinations, context):
    """Names are cut and times become text, but the figures stay and all rows are there."""
    problem, plan = town
    counts, layers = write(problem, plan, carried_of(problem), destinations.of("shp"), context)
    assert {name: layer.featureCount() for name, layer in layers.items()} == counts.features
    first = plan.routes[0].visits[1]
    row = next(row for row in layers[VISITS].getFeatures() if row["stop_id"] == first.id)
    assert row["late_min"] == first.late / 60
    assert row["eta"].replace("/", "-").startswith(expected_clock(first.arrival))


def test_csv_holds_every_row(town, destinations, context):
    """A CSV has no geometry; ids and figures are there to the digit."""
    problem, plan = town
    counts, layers = write(problem, plan, carried_of(problem), destinations.of("csv"), context)
    rows = list(layers[VISITS].getFeatures())
    assert len(rows) == counts.features[VISITS]
    cumulated = {visit.cum_distance / 1000 for route in plan.routes for visit in route.visits}
    assert {float(row["cum_distance_km"]) for row in rows} == cumulated


def test_second_plan_replaces_the_first_in_the_same_geopackage(make_town, destinations, context):
    """Running again into the same file leaves one plan in it, not two."""
    for stop_count in (40, 25):
        problem, plan = make_town(stop_count=stop_count, vehicle_count=3)
        counts, _ = write(problem, plan, carried_of(problem), destinations.of("gpkg"), QgsProcessingContext())
    path = destinations.of("gpkg")[VISITS].split("'")[1]
    assert (
        QgsVectorLayer(f"{path}|layername=visits", "", "ogr").featureCount() == counts.features[VISITS] == 28
    )


def test_skipped_sinks_are_done_without(town, destinations, context):
    """A user may untick LEGS; the numbers stay the same."""
    problem, plan = town
    wanted = {name: dest for name, dest in destinations.of("memory").items() if name != LEGS}
    counts, _ = write(problem, plan, carried_of(problem), wanted, context)
    assert set(counts.features) == {ROUTES, VISITS, UNASSIGNED}
    assert counts.assigned == 37


def test_load_percent_is_the_highest_of_the_limited_loads(make_town, destinations, context):
    """Unlimited loads do not count, and no capacity at all gives no figure."""
    problem, plan = make_town(stop_count=30, vehicle_count=3)
    capacities = ((80000, 1000), (None, 1000), (None, None))
    problem = replace(
        problem,
        dimensions=2,
        vehicles=tuple(replace(van, capacity=room) for van, room in zip(problem.vehicles, capacities)),
    )
    routes = tuple(
        replace(
            route,
            load_peak=(40000, 100),
            visits=tuple(replace(visit, load=(*visit.load, 0)) for visit in route.visits),
        )
        for route in plan.routes
    )
    plan = replace(plan, routes=routes)
    _, layers = write(problem, plan, carried_of(problem), destinations.of("memory"), context)
    assert [row["load_pct"] for row in layers[ROUTES].getFeatures()] == [50.0, 10.0, NULL]


@pytest.mark.parametrize("date, zone", [("2026-03-29", "Europe/Lisbon"), ("2026-11-01", "America/New_York")])
def test_times_are_the_wall_clock_of_the_zone_when_clocks_change(date, zone, town, destinations, context):
    """A departure at eight is shown at eight also on the days the clocks change, wherever the machine is."""
    problem, plan = town
    problem = replace(problem, plan_date=date, time_zone=zone)
    _, layers = write(problem, plan, carried_of(problem), destinations.of("gpkg"), context)
    assert {clock(row["start_time"]) for row in layers[ROUTES].getFeatures()} == {f"{date} 08:00:00"}


class Leaky(QgsFeatureSink):
    """A sink that says yes to each feature and drops one, as GeoPackage does when a carried fid collides."""

    def __init__(self, sink):
        super().__init__()
        self._sink = sink
        self._count = 0

    def addFeature(self, feature, flags):
        self._count += 1
        return self._count == 3 or self._sink.addFeature(feature, flags)

    def flushBuffer(self):
        return self._sink.flushBuffer()


class Full(QgsFeatureSink):
    """A sink that refuses the second feature."""

    def __init__(self):
        super().__init__()
        self._count = 0

    def addFeature(self, feature: QgsFeature, flags):
        self._count += 1
        return self._count < 2

    def lastError(self):
        return "database or disk is full"


def test_a_row_that_was_lost_is_found(town, destinations, context):
    """Every addFeature said True, and still the count tells which sink lost how much."""
    problem, plan = town
    carried = carried_of(problem)
    sinks, results = make_sinks(problem, carried, destinations.of("gpkg"), context)
    counts = write_plan(
        problem, plan, carried, {**sinks, VISITS: Leaky(sinks[VISITS])}, QgsProcessingFeedback(), context
    )
    sinks.clear()
    with pytest.raises(QgsProcessingException, match="VISITS: 43 features were written, 42 are in"):
        verify_written(results, counts.features, context)


def test_a_layer_that_is_gone_is_found(town, destinations, context):
    """A file removed or locked between writing and counting is told, not passed over."""
    problem, plan = town
    counts, _ = write(problem, plan, carried_of(problem), {ROUTES: "memory:"}, context)
    with pytest.raises(QgsProcessingException, match=r"ROUTES: .*missing\.gpkg cannot be opened again"):
        verify_written({ROUTES: destinations.of("missing.gpkg")[ROUTES]}, counts.features, context)


def test_refused_feature_stops_the_writing_with_the_cause(town, context):
    """The message names sink, feature and cause."""
    problem, plan = town
    with pytest.raises(
        QgsProcessingException, match="VISITS: feature 2 was not written: database or disk is full"
    ):
        write_plan(problem, plan, carried_of(problem), {VISITS: Full()}, QgsProcessingFeedback(), context)


def test_positions_outside_the_crs_are_told(town, context):
    """Stops in a CRS that cannot hold the plan give a message with the CRS, not a crash."""
    problem, plan = town
    pole = replace(problem.depots[0], lat=95.0)
    problem = replace(problem, depots=(pole, *problem.depots[1:]))
    carried = carried_of(problem, crs=QgsCoordinateReferenceSystem("EPSG:3763"))
    sinks, _ = make_sinks(problem, carried, {VISITS: "memory:"}, context)
    with pytest.raises(QgsProcessingException, match="North cannot be written in EPSG:3763"):
        write_plan(problem, plan, carried, sinks, QgsProcessingFeedback(), context)


def test_cancel_stops_the_writing(town, destinations, context):
    """After cancel no further feature is written."""
    problem, plan = town
    feedback = QgsProcessingFeedback()
    feedback.cancel()
    carried = carried_of(problem)
    sinks, _ = make_sinks(problem, carried, destinations.of("memory"), context)
    assert set(write_plan(problem, plan, carried, sinks, feedback, context).features.values()) == {0}


@pytest.fixture
def full_disk():
    """Files cannot grow beyond 200 kB, which the system reports as it does a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("kind", ["gpkg", "shp"])
def test_full_disk_is_told(kind, make_town, destinations, context, full_disk):
    """GeoPackage and Shapefile swallow the error while writing; counting again finds the loss."""
    problem, plan = make_town(stop_count=500, vehicle_count=10)
    with pytest.raises(QgsProcessingException, match=r"were written|was not written|cannot be opened"):
        write(problem, plan, carried_of(problem), destinations.of(kind), context)


@pytest.mark.parametrize(
    "destination, loss",
    [
        ("/plans/visits.shp", "10 characters"),
        ("/plans/VISITS.CSV", "without geometry"),
        ("/plans/visits.xlsx", "without geometry"),
        ("/plans/plan.gpkg", ""),
        ("ogr:dbname='/plans/plan.gpkg' table=\"visits\" (geom)", ""),
        ("memory:", ""),
    ],
)
def test_lossy_formats_are_warned_of_before_the_run(destination, loss, qgis_app):
    """The warning names the destination, says what is lost and what to take instead; GeoPackage gets none."""
    feedback = QgsProcessingFeedback()
    warn_of_lossy_target(destination, feedback)
    log = feedback.textLog()
    assert bool(log) == bool(loss)
    assert loss in log
    assert not loss or (destination in log and "GeoPackage" in log)
