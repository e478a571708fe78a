"""plan_routes with the real engine: what goes in, what comes out, and that it adds up."""

from __future__ import annotations

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QTime

from tests.made_layers import CENTRE, Log, depot, layer, spots, stops, table

VAN = {"vehicle_id": "V1", "shift_start": "08:00", "shift_end": "18:00", "capacity": 100}


def test_a_fleet_serves_its_stops(run_algorithm):
    """Two vans, two depots, windows: everyone is served in time, and the numbers match the layers."""
    depots = layer([depot("D1"), depot("D2", (-8.6, 41.2))], name="depots")
    first = {**VAN, "start_depot": "D1", "end_depot": "D2"}
    second = {**VAN, "vehicle_id": "V2", "start_depot": "D2", "end_depot": "none"}
    vans = table([first, second])
    rows = stops(12, demand=5, tw1_start="09:00", tw1_end="12:00")
    outcome = run_algorithm("plan_routes", STOPS=layer(rows), DEPOTS=depots, VEHICLES=vans)
    assert outcome.adds_up(12)
    assert outcome.results["ASSIGNED_COUNT"] == 12
    assert (outcome.results["LATE_COUNT"], outcome.results["VIOLATION_COUNT"]) == (0, 0)
    visits = [row for row in outcome.rows("VISITS") if row["visit_type"] == "stop"]
    for row in visits:
        assert QTime(9, 0) <= row["start_time"].time() <= QTime(12, 0)
    routes = outcome.rows("ROUTES")
    assert outcome.results["ROUTE_COUNT"] == len(routes)
    assert outcome.results["DISTANCE_KM"] == pytest.approx(sum(row["distance_km"] for row in routes))
    assert outcome.results["COST"] == pytest.approx(sum(row["cost"] for row in routes))


def test_a_fleet_without_a_table(run_algorithm):
    """Count, capacity and shift of the parameters: a capacity of 10 makes three routes of 24 parcels."""
    rows = stops(12, demand=2)
    outcome = run_algorithm(
        "plan_routes",
        STOPS=layer(rows),
        DEPOTS=layer([depot()]),
        VEHICLE_COUNT=4,
        VEHICLE_CAPACITY=10,
        SHIFT_START="07:00",
        SHIFT_END=QTime(17, 0),
    )
    assert outcome.adds_up(12)
    routes = outcome.rows("ROUTES")
    assert len(routes) == 3
    assert all(row["load_pct"] <= 100 for row in routes)
    assert all(QTime(7, 0) <= row["start_time"].time() for row in routes)


def test_expressions_and_their_effect(run_algorithm):
    """Service of 5 minutes and a half per parcel arrives in the visits; the window moves the start."""
    rows = [{"at": at, "stop_id": f"S{n}", "parcels": n, "open": "10:00"} for n, at in enumerate(spots(4), 1)]
    outcome = run_algorithm(
        "plan_routes",
        STOPS=layer(rows),
        DEPOTS=layer([depot()]),
        SERVICE_TIME='5 + 0.5 * "parcels"',
        WINDOW_START='"open"',
    )
    visits = {row["stop_id"]: row for row in outcome.rows("VISITS") if row["visit_type"] == "stop"}
    assert {name: row["planned_service_min"] for name, row in visits.items()} == {
        "S1": 5.5,
        "S2": 6,
        "S3": 6.5,
        "S4": 7,
    }
    assert min(row["start_time"].time() for row in visits.values()) == QTime(10, 0)


def test_selected_features_only(run_algorithm, qgis_new_project):
    """As usual in QGIS."""
    made = layer(stops(8))
    QgsProject.instance().addMapLayer(made)
    made.selectByIds([2, 5])
    selected = QgsProcessingFeatureSourceDefinition(made.id(), selectedFeaturesOnly=True)
    outcome = run_algorithm("plan_routes", STOPS=selected, DEPOTS=layer([depot()]))
    assert outcome.adds_up(2)
    assert sorted(stop for order in outcome.orders().values() for stop in order) == ["S2", "S5"]


def test_layers_in_different_crs(run_algorithm):
    """Stops in UTM, depots in WGS 84: the outputs lie on the stops, in the CRS of the stops."""
    made = layer(stops(6))
    utm = QgsCoordinateReferenceSystem("EPSG:32629")
    request = QgsFeatureRequest().setDestinationCrs(utm, QgsProject.instance().transformContext())
    moved = layer([{"at": f.geometry().asWkt(), "stop_id": f["stop_id"]} for f in made.getFeatures(request)],
                  crs="EPSG:32629")  # fmt: skip
    outcome = run_algorithm("plan_routes", STOPS=moved, DEPOTS=layer([depot()]), SERVICE_TIME="5")
    same = run_algorithm("plan_routes", STOPS=made, DEPOTS=layer([depot()]), SERVICE_TIME="5")
    assert outcome.results["VISITS"].crs() == utm
    assert outcome.results["DISTANCE_KM"] == pytest.approx(same.results["DISTANCE_KM"], abs=0.05)
    places = {f["stop_id"]: f.geometry() for f in moved.getFeatures()}
    for row in outcome.rows("VISITS"):
        if row["visit_type"] == "stop":
            assert row["at"].distance(places[row["stop_id"]]) < 0.01


def test_the_day_the_clocks_change(run_algorithm):
    """On the day Lisbon goes to summer time, 09:00 in the layer is 09:00 in the plan."""
    outcome = run_algorithm(
        "plan_routes",
        STOPS=layer(stops(3, tw1_start="09:00", tw1_end="09:30")),
        DEPOTS=layer([depot()]),
        PLAN_DATE="2026-03-29",
    )
    assert outcome.results["ASSIGNED_COUNT"] == 3
    for row in outcome.rows("VISITS"):
        if row["visit_type"] == "stop":
            assert row["start_time"].toString("yyyy-MM-ddTHH") == "2026-03-29T09"


def test_arcgis_tables_need_no_renaming(run_algorithm):
    """Orders, depots and routes of Network Analyst, told in the log."""
    order = {
        "ServiceTime": 10.0,
        "TimeWindowStart1": "2026-05-04T09:00",
        "TimeWindowEnd1": "2026-05-04T17:00",
        "DeliveryQuantities": "5 1",
        "AssignmentRule": 3,
    }
    route = {
        "Name": "Truck",
        "StartDepotName": "North",
        "EndDepotName": "North",
        "EarliestStartTime": "08:00",
        "Capacities": "20 4",
        "FixedCost": 10.0,
        "CostPerUnitTime": 0.3,
        "MaxOrderCount": 4,
    }
    outcome = run_algorithm(
        "plan_routes",
        STOPS=layer([{"at": at, "Name": f"Order {n}", **order} for n, at in enumerate(spots(5), 1)]),
        DEPOTS=layer([{"at": CENTRE, "Name": "North"}]),
        VEHICLES=table([route]),
    )
    assert outcome.adds_up(5)
    assert outcome.results["ASSIGNED_COUNT"] == 4
    visits = [row for row in outcome.rows("VISITS") if row["visit_type"] == "stop"]
    assert {row["planned_service_min"] for row in visits} == {10}
    assert max(row["load_2"] for row in outcome.rows("VISITS")) == 4
    assert any("ServiceTime (as service_min)" in text for text in outcome.log.infos)


def test_the_same_input_gives_the_same_plan(run_algorithm):
    """With a fixed number of iterations and a seed nothing depends on the clock."""
    inputs = {"STOPS": layer(stops(15)), "DEPOTS": layer([depot()]), "SEED": 7}
    first, second = (run_algorithm("plan_routes", **inputs) for _ in range(2))
    assert first.orders() == second.orders()
    assert first.rows("ROUTES")[0]["plan_id"] == second.rows("ROUTES")[0]["plan_id"]


def test_progress_is_told_and_never_goes_back(run_algorithm):
    """Phases in the log, a bar from 0 to 100, figures at the end."""
    outcome = run_algorithm("plan_routes", STOPS=layer(stops(10)), DEPOTS=layer([depot()]))
    progress = outcome.log.progress
    assert progress == sorted(progress)
    assert (progress[0] >= 0, progress[-1]) == (True, 100)
    assert any("10 of 10 stops are served" in text for text in outcome.log.infos)


@pytest.mark.parametrize("moment", ["STOPS: uses", "Searching"])
def test_cancel_leaves_no_output(run_algorithm, moment):
    """While reading as while searching."""
    log = Log(cancel_at=moment)
    inputs = {"STOPS": layer(stops(40)), "DEPOTS": layer([depot()])}
    outcome = run_algorithm("plan_routes", log, ITERATIONS=10_000_000, **inputs)
    assert outcome.results == {}
    assert any("Cancelled" in text for text in log.infos)


def test_the_report_is_one_html_file(run_algorithm, tmp_path):
    """With a stop that could not be read in it."""
    path = tmp_path / "plan.html"
    rows = [*stops(4), {"at": None, "stop_id": "nowhere", "service_min": 1.0}]
    outcome = run_algorithm("plan_routes", STOPS=layer(rows), DEPOTS=layer([depot()]), REPORT=str(path))
    assert outcome.results["REPORT"] == str(path)
    html = path.read_text(encoding="utf-8")
    assert html.lstrip().lower().startswith("<!doctype html>")
    assert "nowhere" in html


def test_an_output_may_be_left_out(run_algorithm):
    """A model that needs the numbers only."""
    nothing = dict.fromkeys(("ROUTES", "LEGS", "VISITS", "UNASSIGNED"))
    outcome = run_algorithm("plan_routes", STOPS=layer(stops(4)), DEPOTS=layer([depot()]), **nothing)
    assert outcome.results["ASSIGNED_COUNT"] == 4
    assert not set(nothing) & set(outcome.results)


def test_a_batch_may_leave_outputs_empty(run_algorithm):
    """The batch dialog defines each output, those that are left empty as one without a place."""
    empty = {name: QgsProcessingOutputLayerDefinition("") for name in ("ROUTES", "LEGS", "UNASSIGNED")}
    outcome = run_algorithm("plan_routes", STOPS=layer(stops(4)), DEPOTS=layer([depot()]), **empty)
    assert len(outcome.rows("VISITS")) == 6
    assert not set(empty) & set(outcome.results)
    source = {"STOPS": layer(stops(4)), "DEPOTS": layer([depot()])}
    findings = QgsProcessingOutputLayerDefinition("")
    assert "FINDINGS" not in run_algorithm("validate", **source, FINDINGS=findings).results


def test_carried_fields_arrive_with_their_stop(run_algorithm):
    """Notes of the stop are in VISITS and in UNASSIGNED; a fid and a twin name do no harm."""
    rows = [{**row, "fid": 1, "Driver": f"note of {row['stop_id']}"} for row in stops(3)]
    rows.append({"at": None, "stop_id": "S9", "fid": 1, "Driver": "note of S9"})
    outcome = run_algorithm("plan_routes", STOPS=layer(rows), DEPOTS=layer([depot()]))
    assert outcome.adds_up(4)
    for row in outcome.rows("VISITS"):
        if row["visit_type"] == "stop":
            assert row["stop_Driver"] == f"note of {row['stop_id']}"
    assert outcome.rows("UNASSIGNED")[0]["Driver"] == "note of S9"


def test_porto_is_planned_from_its_csv_files(run_algorithm, shared_data):
    """240 stops, 2 depots, 12 vehicles, read without a warning; nothing is broken, hardly anyone left out."""
    folder = (shared_data / "porto").as_uri()
    points = "?type=csv&detectTypes=yes&xField=lon&yField=lat&crs=EPSG:4326"
    no_points = "?type=csv&detectTypes=yes&geomType=none"
    inputs = {
        name.upper(): QgsVectorLayer(f"{folder}/{name}.csv{uri}", name, "delimitedtext")
        for name, uri in (("stops", points), ("depots", points), ("vehicles", no_points))
    }
    outcome = run_algorithm("plan_routes", ITERATIONS=300, **inputs)
    assert outcome.adds_up(240)
    assert outcome.results["REJECTED_COUNT"] == 0
    assert outcome.results["VIOLATION_COUNT"] == 0
    assert outcome.results["UNASSIGNED_COUNT"] <= 5
    assert outcome.log.warnings == []


def test_routes_run_through_their_visits(run_algorithm):
    """Lines, points and order tell the same story."""
    outcome = run_algorithm("plan_routes", STOPS=layer(stops(9)), DEPOTS=layer([depot()]))
    visits = sorted(outcome.rows("VISITS"), key=lambda row: row["sequence"])
    for route in outcome.rows("ROUTES"):
        own = [row for row in visits if row["vehicle_id"] == route["vehicle_id"]]
        through = QgsGeometry.fromPolylineXY([row["at"].asPoint() for row in own])
        assert route["at"].hausdorffDistance(through) < 1e-9
        assert route["stops"] == len(own) - 2


def test_layers_of_a_geopackage_are_whole_when_they_are_loaded(run_algorithm, tmp_path):
    """The layers are opened last: a write to their file would leave them unable to read: an empty map."""
    outputs = {
        name: f"ogr:dbname='{tmp_path / 'plan.gpkg'}' table=\"{name.lower()}\" (geom)"
        for name in ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")
    }
    outcome = run_algorithm("plan_routes", STOPS=layer(stops(4)), DEPOTS=layer([depot()]), **outputs)
    for name, field in (("ROUTES", "start_time"), ("LEGS", "end_time"), ("VISITS", "eta")):
        loaded = QgsProcessingUtils.mapLayerFromString(outcome.results[name], outcome.context)
        first = loaded.minimumValue(loaded.fields().indexOf(field))
        assert first == min(feature[field] for feature in loaded.getFeatures())
