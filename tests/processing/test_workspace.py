"""The algorithms of the group Workspace: what they make is read by all others without a word of warning."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)

from tests.made_layers import CENTRE, Log
from tests.made_streets import crossing, grid, roads

DAY = {"TIME_ZONE": "Europe/Lisbon", "PLAN_DATE": "2026-05-04"}
INPUTS = ("STOPS", "DEPOTS", "VEHICLES", "BREAKS", "ZONES", "BARRIERS", "TRAFFIC")


@pytest.fixture
def run(optiway_provider, qgis_processing):
    """A function (name, **parameters) -> results and log."""
    import processing

    def run_it(name, **parameters):
        log, context = Log(), QgsProcessingContext()
        context.setProject(QgsProject.instance())
        return processing.run(f"optiway:{name}", parameters, feedback=log, context=context), log

    return run_it


@pytest.fixture
def opened():
    """A function that opens a project by its address, and keeps it."""
    projects = []

    def project_of(address):
        project = QgsProject()
        assert project.read(address), project.error()
        projects.append(project)
        return project

    yield project_of
    for project in projects:
        project.clear()


def fill(layer: QgsVectorLayer, places, **values) -> None:
    """Add features as a person does: the defaults of the form, a place, and a few values, then save."""
    assert layer.startEditing()
    for place in places:
        geometry = QgsGeometry() if place is None else place
        feature = QgsVectorLayerUtils.createFeature(layer, geometry, {}, layer.createExpressionContext())
        for name, value in values.items():
            feature.setAttribute(name, value)
        assert layer.addFeature(feature)
    assert layer.commitChanges(), layer.commitErrors()


def at(x: float, y: float) -> QgsGeometry:
    """A point."""
    return QgsGeometry.fromPointXY(QgsPointXY(x, y))


def around(x: float, y: float, size: float) -> QgsGeometry:
    """A square as a multipolygon."""
    made = at(x, y).buffer(size, 4)
    made.convertToMultiType()
    return made


def test_workspace_filled_in_its_forms_is_planned_without_a_warning(run, opened, tmp_path):
    """From the empty file to the routes: every default is one that plan_routes reads."""
    path = str(tmp_path / "day.gpkg")
    made, log = run("create_workspace", FILE=path, CRS="EPSG:4326", **DAY)
    assert (made["FILE"], made["LAYER_COUNT"], made["STOP_COUNT"]) == (path, 9, 0)
    assert log.warnings == []
    project = opened(made["PROJECT"])
    assert project.title() == "Workspace of 2026-05-04"
    layers = {layer.name().lower(): layer for layer in project.mapLayers().values()}
    fill(layers["zones"], [around(*CENTRE, 1)])
    fill(layers["depots"], [at(*CENTRE)])
    fill(layers["vehicles"], [None, None], capacity_1=20, zone_id='{"Z001"}')
    fill(layers["breaks"], [None], vehicle_id='{"V001","V002"}')
    fill(layers["barriers"], [around(*crossing(4.5, 5), 0.0005)])
    fill(layers["traffic"], [None], zone_id="Z001")
    corners = [at(*crossing(column, row)) for column in range(1, 5) for row in range(2)]
    fill(layers["stops"], corners, delivery_1=1, tw1_start="08:30", tw1_end="17:00")
    inputs = {"ROADS": roads(grid()), **{name: layers[name.lower()] for name in INPUTS}}
    found, log = run("validate", **inputs, **DAY, FINDINGS="TEMPORARY_OUTPUT")
    told = [str(finding.attributes()) for finding in found["FINDINGS"].getFeatures()]
    assert (found["ERROR_COUNT"], found["WARNING_COUNT"], log.warnings) == (0, 0, []), told
    outputs = dict.fromkeys(("ROUTES", "LEGS", "VISITS", "UNASSIGNED"), "TEMPORARY_OUTPUT")
    planned, log = run("plan_routes", **inputs, **DAY, **outputs, ITERATIONS=30)
    assert (planned["ASSIGNED_COUNT"], planned["VIOLATION_COUNT"], log.warnings) == (8, 0, [])
    visits = [visit["visit_type"] for visit in planned["VISITS"].getFeatures()]
    assert visits.count("stop") == 8


def test_demo_day_is_a_whole_day_to_look_at(run, opened, tmp_path):
    """Somebody who has just installed the plugin opens one project: inputs, streets, plan and themes."""
    path = str(tmp_path / "demo.gpkg")
    report = str(tmp_path / "demo.html")
    made, log = run("demo_day", FILE=path, PLAN_DATE="2026-05-04", TIME_LIMIT=2, REPORT=report)
    assert log.warnings == []
    assert (made["STOP_COUNT"], made["LAYER_COUNT"]) == (60, 14)
    assert "<html" in Path(report).read_text(encoding="utf-8")
    storage = QgsApplication.projectStorageRegistry().projectStorageFromType("geopackage")
    assert storage.listProjects(path) == ["Optiway workspace"]
    project = opened(made["PROJECT"])
    layers = {layer.name(): layer for layer in project.mapLayers().values()}
    assert len(project.layerTreeRoot().findLayers()) == 14
    assert all(layer.isValid() for layer in layers.values())
    assert {layer.crs().authid() for layer in layers.values() if layer.isSpatial()} == {"EPSG:4326"}
    counts = {name: layer.featureCount() for name, layer in layers.items()}
    assert (counts["Stops"], counts["Depots"], counts["Vehicles"], counts["Streets"]) == (60, 2, 5, 2100)
    assert (counts["Breaks"], counts["Zones"], counts["Barriers"], counts["Traffic"]) == (2, 2, 3, 8)
    assert counts["Visits"] > 60 - counts["Unassigned stops"]
    assert counts["Routes"] >= 3
    themes = project.mapThemeCollection()
    shown = {
        theme: {layer.name() for layer in themes.mapThemeVisibleLayers(theme)} for theme in themes.mapThemes()
    }
    assert {"Stops", "Streets", "Routes", "Legs", "Visits"} <= shown["dispatcher"]
    assert {"Stops", "Streets", "Visits"} <= shown["warehouse"]
    assert {"Stops", "Streets", "Visits", "Legs"} <= shown["driver"]
    assert layers["Visits"].temporalProperties().isActive()
    assert project.timeSettings().temporalRange().begin().isValid()


def test_day_of_the_demo_goes_on_with_its_edits_and_disruptions(run, opened, tmp_path):
    """What is filled in during the day is read with its defaults, too, beside the plan in the same file."""
    made, _ = run("demo_day", FILE=str(tmp_path / "demo.gpkg"), PLAN_DATE="2026-05-04", TIME_LIMIT=1)
    project = opened(made["PROJECT"])
    layers = {layer.name(): layer for layer in project.mapLayers().values()}
    fill(layers["Edits"], [None], action="remove", stop_id="S001")
    fill(layers["Edits"], [at(-3.68, 52.45)], action="add", stop_id="S900", name="Late order")
    fill(layers["Disruptions"], [None], kind="late", vehicle_id='{"V1"}', minutes=20, time="08:00")
    day = {
        **dict.fromkeys(("VISITS", "UNASSIGNED"), "TEMPORARY_OUTPUT"),
        **{name: layers[name.capitalize()] for name in ("DEPOTS", "VEHICLES", "BREAKS")},
        "PLAN": layers["Visits"],
        "TIME_ZONE": "Europe/London",
        "ITERATIONS": 10,
    }
    edited, log = run("edit_routes", EDITS=layers["Edits"], MODE="insert_best", **day)
    assert log.warnings == []
    served = {visit["stop_id"] for visit in edited["VISITS"].getFeatures()}
    assert "S900" in served
    assert "S001" not in served
    replanned, log = run("reoptimise", DISRUPTIONS=layers["Disruptions"], SCOPE="times", **day)
    assert log.warnings == []
    assert replanned["STOP_COUNT"] == 60


def test_workspace_goes_to_a_temporary_file_where_none_is_named(run):
    """As the dialog offers it."""
    made, _ = run("create_workspace", FILE="TEMPORARY_OUTPUT")
    assert Path(made["FILE"]).is_file()
    assert made["FILE"].endswith(".gpkg")


@pytest.mark.parametrize("name", ["create_workspace", "demo_day"])
def test_file_that_is_there_is_refused(run, tmp_path, name):
    """Neither writes over a day of work."""
    path = tmp_path / "day.gpkg"
    path.write_bytes(b"mine")
    with pytest.raises(QgsProcessingException, match="is not overwritten"):
        run(name, FILE=str(path))
    assert path.read_bytes() == b"mine"


def test_zone_that_is_not_known_is_told_before_anything_is_made(run, tmp_path):
    """A name with a slip is no time zone."""
    path = tmp_path / "day.gpkg"
    with pytest.raises(QgsProcessingException, match="TIME_ZONE"):
        run("create_workspace", FILE=str(path), TIME_ZONE="Europe/Lisboa")
    assert not path.exists()


def test_demo_that_cannot_be_planned_leaves_no_half_file(run, tmp_path, monkeypatch):
    """Without an engine nothing is made."""
    monkeypatch.setenv("OPTIWAY_PYTHON", str(tmp_path / "no python"))
    path = tmp_path / "demo.gpkg"
    with pytest.raises(QgsProcessingException):
        run("demo_day", FILE=str(path), TIME_LIMIT=1)
    assert not path.exists()
