"""The project in the GeoPackage of a plan: it opens styled, on the plan, and ready to be played."""

from __future__ import annotations

import shutil
from contextlib import closing
from sqlite3 import connect

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayerLegendUtils,
    QgsProcessingFeedback,
    QgsProject,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QThread, QTime

from optiway_qgis.layers import styles
from optiway_qgis.layers.output_fields import LEGS, ROUTES, SINKS, UNASSIGNED, VISITS
from optiway_qgis.layers.plan_project import PROJECT_NAME, store_project

PLAN_DATE = "2026-05-04"


@pytest.fixture
def store(town, qgis_app):
    """A function that stores styles and project of written layers, and returns what the log says."""

    def store(destinations) -> str:
        feedback = QgsProcessingFeedback()
        looks = styles.route_looks(*town)
        styles.store_styles(destinations, looks, feedback)
        store_project(destinations, looks, PLAN_DATE, feedback)
        return feedback.textLog()

    return store


@pytest.fixture
def geopackage(tmp_path):
    return tmp_path / "plan.gpkg"


@pytest.fixture
def project_of():
    """A function that opens the project in a GeoPackage as the browser does; it lives as long as the test."""
    projects = []

    def project_of(path) -> QgsProject:
        projects.append(QgsProject())
        assert projects[-1].read(f"geopackage:{path}?projectName={PROJECT_NAME}"), projects[-1].error()
        return projects[-1]

    yield project_of
    projects.clear()


def names_of_projects(path) -> list[str]:
    with closing(connect(path)) as database:
        tables = "SELECT count(*) FROM sqlite_master WHERE name = 'qgis_projects'"
        if database.execute(tables).fetchone() == (0,):
            return []
        return [name for (name,) in database.execute("SELECT name FROM qgis_projects")]


def test_project_opens_with_the_layers_styled_in_their_order(town, stored, store, geopackage, project_of):
    """Nothing is left to be done by hand: valid layers, from the top as they are drawn, in one group."""
    _, plan = town
    store(stored)
    project = project_of(geopackage)
    layers = project.layerTreeRoot().layerOrder()
    assert [layer.name() for layer in layers] == ["Unassigned stops", "Visits", "Routes", "Legs"]
    assert all(layer.isValid() for layer in layers)
    assert [layer.labelsEnabled() for layer in layers] == [True, True, False, True]
    assert [group.name() for group in project.layerTreeRoot().findGroups()] == ["Plan of 2026-05-04"]
    for layer in layers[1:]:
        values = [category.value() for category in layer.renderer().categories()]
        assert values[: len(plan.routes)] == [route.vehicle_id for route in plan.routes]


def test_project_is_ready_to_be_played(town, stored, store, geopackage, project_of):
    """Time is switched on in the layers, and the range holds the day from the first start to the last end."""
    _, plan = town
    store(stored)
    project = project_of(geopackage)
    fields = {
        layer.name(): (layer.temporalProperties().startField(), layer.temporalProperties().endField())
        for layer in project.mapLayers().values()
        if layer.temporalProperties().isActive()
    }
    assert fields["Routes"] == fields["Legs"] == ("start_time", "end_time")
    assert fields["Visits"][0] == "eta"
    assert "Unassigned stops" not in fields
    played = project.timeSettings().temporalRange()
    midnight = QDateTime(QDate(2026, 5, 4), QTime(0, 0), Qt.TimeSpec.UTC)
    begin, end = midnight.secsTo(played.begin()), midnight.secsTo(played.end())
    first, last = min(route.start for route in plan.routes), max(route.end for route in plan.routes)
    assert first - 300 < begin <= first
    assert last < end <= last + 300
    assert begin % 300 == end % 300 == 0


def test_project_opens_on_the_whole_plan_in_a_map_that_is_not_squashed(stored, store, geopackage, project_of):
    """Degrees would be drawn as wide as high; the view holds each stop."""
    store(stored)
    project = project_of(geopackage)
    assert project.crs() == QgsCoordinateReferenceSystem("EPSG:3857")
    view = project.viewSettings().defaultViewExtent()
    for layer in project.mapLayers().values():
        assert view.crs() == layer.crs()
        assert view.contains(layer.extent())


def test_layer_tree_names_each_vehicle_once(town, stored, store, geopackage, project_of):
    """Colours are explained by the routes alone; the vehicle for handwork is nowhere."""
    _, plan = town
    store(stored)
    nodes = {node.name(): node for node in project_of(geopackage).layerTreeRoot().findLayers()}
    assert [name for name, node in nodes.items() if node.isExpanded()] == ["Routes"]
    shown = QgsMapLayerLegendUtils.legendNodeOrder(nodes["Routes"])
    assert shown == list(range(len(plan.routes)))
    assert QgsMapLayerLegendUtils.legendNodeOrder(nodes["Visits"]) == [*shown, len(shown)]


def test_geopackage_can_be_moved(stored, store, geopackage, tmp_path, project_of):
    """The layers are found beside the project, wherever the file is copied to."""
    store(stored)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(geopackage, elsewhere / geopackage.name)
    layers = project_of(elsewhere / geopackage.name).mapLayers().values()
    assert all(layer.isValid() for layer in layers)


def test_next_plan_replaces_the_project_and_leaves_those_of_the_user(stored, store, geopackage, project_of):
    """One project per GeoPackage, the new one; what somebody saved under another name is still there."""
    store(stored)
    mine = project_of(geopackage)
    assert mine.write(f"geopackage:{geopackage}?projectName=Mine")
    store(stored)
    assert sorted(names_of_projects(geopackage)) == ["Mine", PROJECT_NAME]


def test_project_of_the_user_is_not_touched(stored, store, qgis_new_project):
    """Storing a plan changes nothing in the project that is open."""
    project = QgsProject.instance()
    project.setDirty(False)
    store(stored)
    assert not project.isDirty()
    assert not project.mapLayers()
    assert project.fileName() == ""


def test_project_can_be_stored_in_the_thread_of_an_algorithm(stored, store, geopackage, project_of):
    """In the desktop algorithms do not run in the main thread."""

    class Thread(QThread):
        def run(self):
            store(stored)

    thread = Thread()
    thread.start()
    assert thread.wait(20000)
    assert all(layer.isValid() for layer in project_of(geopackage).mapLayers().values())


@pytest.mark.parametrize("apart", [ROUTES, VISITS])
def test_without_routes_and_visits_in_one_file_there_is_no_project(apart, town, write, store, tmp_path):
    """A project of half a plan helps nobody; the styles are stored all the same."""
    files = {name: tmp_path / ("apart.gpkg" if name == apart else "plan.gpkg") for name in SINKS}
    destinations, _ = write(town, lambda name: f"ogr:dbname='{files[name]}' table=\"{name.lower()}\" (geom)")
    assert store(destinations) == ""
    assert names_of_projects(tmp_path / "plan.gpkg") == names_of_projects(tmp_path / "apart.gpkg") == []


def test_layers_elsewhere_stay_out_of_the_project(town, write, store, tmp_path, project_of):
    """Routes and visits are enough; a layer in memory would be gone when the project is opened."""
    path = tmp_path / "plan.gpkg"
    table = {name: f"ogr:dbname='{path}' table=\"{name.lower()}\" (geom)" for name in (ROUTES, VISITS)}
    memory = {name: f"memory:{name}" for name in (LEGS, UNASSIGNED)}
    destinations, _ = write(town, {**table, **memory}.__getitem__)
    store(destinations)
    assert {layer.name() for layer in project_of(path).mapLayers().values()} == {"Routes", "Visits"}


def test_project_that_cannot_be_stored_is_a_warning(stored, store, monkeypatch):
    """The plan is written already; a project that fails must not make the run fail."""
    monkeypatch.setattr(QgsProject, "write", lambda *arguments: False)
    monkeypatch.setattr(QgsProject, "error", lambda project: "attempt to write a readonly database")
    log = store(stored)
    assert "was not stored" in log
    assert "readonly database" in log


def test_file_from_another_computer_opens_without_a_word_about_fonts(stored, store, geopackage):
    """The fonts that are named are there everywhere, or may be replaced: no yellow bar after opening."""
    store(stored)
    project = QgsProject()
    messages = []
    project.loadingLayerMessageReceived.connect(lambda layer, found: messages.extend(found))
    assert project.read(f"geopackage:{geopackage}?projectName={PROJECT_NAME}")
    assert not [message.message() for message in messages]
