"""A workspace: its tables are those that are read, its forms keep what can be read, its project moves."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsGeometry,
    QgsMapLayer,
    QgsPointXY,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)

from optiway_qgis.layers import fields
from optiway_qgis.layers.qgis_compat import INTEGER, REAL, TEXT
from optiway_qgis.layers.row import Row, Table
from optiway_qgis.layers.workspace import PROJECT_NAME, make_project, make_tables, project_address
from optiway_qgis.layers.workspace_forms import help_page, spoken
from optiway_qgis.layers.workspace_tables import TABLES
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.findings import About
from tests.made_layers import reading

READ = {
    "stops": fields.STOP_FIELDS,
    "depots": fields.DEPOT_FIELDS,
    "vehicles": fields.VEHICLE_FIELDS,
    "breaks": fields.BREAK_FIELDS,
    "zones": fields.ZONE_FIELDS,
    "barriers": fields.BARRIER_FIELDS,
    "traffic": fields.TRAFFIC_FIELDS,
    "edits": (*fields.EDIT_FIELDS, *fields.STOP_FIELDS),
    "disruptions": fields.DISRUPTION_FIELDS,
}
OTHER_WAYS = {"time_windows", "time_window", "delivery", "pickup", "demand", "capacity"}
WGS84 = "EPSG:4326"


@pytest.fixture(scope="module")
def made(qgis_app, tmp_path_factory):
    """An empty workspace in UTM with its project, made once."""
    path = tmp_path_factory.mktemp("made") / "work space" / "day.gpkg"
    make_tables(str(path), QgsCoordinateReferenceSystem("EPSG:32629"), QgsCoordinateTransformContext())
    make_project(str(path), "Workspace of 2026-05-04", "Europe/Lisbon", "2026-05-04")
    return path


@pytest.fixture
def workspace(made, tmp_path):
    """A copy of the workspace, in another folder."""
    return Path(shutil.copy(made, tmp_path / "day.gpkg"))


@pytest.fixture
def opened(workspace):
    """A function that opens the project of the workspace, perhaps of another path, and keeps it."""
    projects = []

    def project_of(path=workspace):
        project = QgsProject()
        assert project.read(project_address(str(path), PROJECT_NAME)), project.error()
        projects.append(project)
        return project

    yield project_of
    for project in projects:
        project.clear()


def layer_of(project: QgsProject, title: str) -> QgsVectorLayer:
    """The layer of that name."""
    (layer,) = project.mapLayersByName(title)
    return layer


def new_feature(layer: QgsVectorLayer, **values) -> QgsFeature:
    """A feature as a form begins it, with these values typed in."""
    at = layer.extent().center() if layer.featureCount() > 0 else QgsPointXY(532000, 4555000)
    geometry = QgsGeometry.fromPointXY(at) if layer.isSpatial() else QgsGeometry()
    feature = QgsVectorLayerUtils.createFeature(layer, geometry, {}, layer.createExpressionContext())
    for name, value in values.items():
        feature.setAttribute(name, value)
    return feature


def test_each_table_has_the_columns_that_are_read():
    """A field that is added to the readers is in the workspace, too; second ways of writing are not."""
    assert {table.name for table in TABLES} == set(READ)
    for table in TABLES:
        known = {field.name for field in READ[table.name]}
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        assert known - set(names) == known & OTHER_WAYS
        assert {column.field for column in table.columns if column.name in known} <= set(READ[table.name])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_words_and_types_are_those_the_readers_accept(qgis_app, table):
    """What a form offers is read without a fault, and text is never asked for where a number is read."""
    shared = reading()
    for column in table.columns:
        known = Table(
            [column.field],
            {column.name: fields.Column(0, column.name, fields.Alias(column.name))},
            shared.day,
        )
        for word in column.words if column.field.choices else ():
            row = Row(known, [word], shared, About("TABLE"))
            assert row.choice(column.name) is not None, (column.name, word)
            assert not row.problems
        is_number = column.field.unit not in ("", "time") or column.name.endswith(("factor", "lon", "lat"))
        if is_number:
            assert column.kind == REAL, column.name
        if column.words or column.is_time:
            assert column.kind == TEXT, column.name
    assert INTEGER in {column.kind for column in TABLES[0].columns}


def test_workspace_holds_all_tables_in_the_crs(workspace):
    """Places can be drawn in each, and tables without places have none."""
    for table in TABLES:
        layer = QgsVectorLayer(f"{workspace}|layername={table.name}", table.name, "ogr")
        assert layer.isValid()
        assert layer.featureCount() == 0
        assert [field.name() for field in layer.fields()][1:] == [column.name for column in table.columns]
        if layer.isSpatial():
            assert layer.crs().authid() == "EPSG:32629"
        assert layer.isSpatial() == (table.geometry != "NoGeometry")


def test_file_that_is_there_is_left_as_it_is(workspace):
    """A day of work is never overwritten."""
    before = workspace.read_bytes()
    crs = QgsCoordinateReferenceSystem(WGS84)
    with pytest.raises(InputError, match="is there already, and is not overwritten"):
        make_tables(str(workspace), crs, QgsCoordinateTransformContext())
    assert workspace.read_bytes() == before
    with pytest.raises(InputError, match=r"ends in \.gpkg"):
        make_tables(str(workspace.parent / "day.shp"), crs, QgsCoordinateTransformContext())


def test_project_opens_where_the_file_was_moved_to(workspace, opened):
    """Paths are relative: a workspace can be sent to somebody."""
    layers = opened().mapLayers().values()
    assert {table.title for table in TABLES} < {layer.name() for layer in layers}
    for layer in layers:
        assert layer.isValid()
        assert layer.source().startswith(f"{workspace}|")


def test_themes_show_what_each_needs(opened):
    """The dispatcher sees all, the warehouse what is loaded, the driver where to go."""
    project = opened()
    themes = project.mapThemeCollection()
    assert set(themes.mapThemes()) == {"dispatcher", "warehouse", "driver"}
    shown = {
        theme: {layer.name() for layer in themes.mapThemeVisibleLayers(theme)} for theme in themes.mapThemes()
    }
    assert shown["dispatcher"] == {table.title for table in TABLES if table.geometry != "NoGeometry"}
    assert shown["warehouse"] == {"Stops", "Depots"}
    assert shown["driver"] == {"Stops", "Depots", "Barriers"}
    stops = layer_of(project, "Stops").id()
    styles = {
        theme: re.findall(r"<labeling.*</labeling>", themes.mapThemeStyleOverrides(theme)[stops], re.DOTALL)[
            0
        ]
        for theme in shown
    }
    assert "delivery_1" in styles["warehouse"]
    assert "delivery_1" not in styles["driver"]
    assert "access_notes" in styles["driver"]
    assert "access_code" not in "".join(styles.values())


def test_new_features_begin_with_ids_of_their_own(opened):
    """Two stops in a row, the first of them not saved yet, are called differently, and pass all checks."""
    stops = layer_of(opened(), "Stops")
    stops.startEditing()
    assert stops.addFeature(new_feature(stops, stop_id="Shop 41"))
    first = new_feature(stops)
    assert stops.addFeature(first)
    second = new_feature(stops)
    assert (first["stop_id"], second["stop_id"]) == ("S042", "S043")
    assert (first["kind"], first["service_min"], first["status"]) == ("delivery", 5, "planned")
    for index in range(len(stops.fields())):
        valid, told = QgsVectorLayerUtils.validateAttribute(stops, second, index)
        assert valid, told
    stops.rollBack()


@pytest.mark.parametrize(
    ("title", "values", "told"),
    [
        ("Stops", {"tw1_start": "half past eight"}, "Write it as 08:30"),
        ("Stops", {"service_min": -1}, "Write 0 or more"),
        ("Stops", {"late_max_min": -2}, "-1 for any"),
        ("Breaks", {"after_work_min": 240}, "give one"),
        ("Breaks", {"tw_start": None, "tw_end": None}, "give one"),
    ],
)
def test_form_tells_what_cannot_be_read(opened, title, values, told):
    """It is told where it is typed, not when the plan is made; the same form takes the value without."""
    layer = layer_of(opened(), title)
    right, wrong = new_feature(layer), new_feature(layer, **values)

    def faults(feature):
        checks = (
            QgsVectorLayerUtils.validateAttribute(layer, feature, at) for at in range(len(layer.fields()))
        )
        return [text for valid, texts in checks if not valid for text in texts]

    assert faults(right) == []
    assert any(told in text for text in faults(wrong)), faults(wrong)


@pytest.mark.parametrize("value", ["08:30", "8:30 PM", "2026-05-04T08:30", "2026/05/04 08:30:00", ""])
def test_form_takes_times_as_they_are_read(opened, value):
    """What docs/fields.md allows is not called wrong."""
    layer = layer_of(opened(), "Stops")
    at = layer.fields().lookupField("tw1_start")
    assert QgsVectorLayerUtils.validateAttribute(layer, new_feature(layer, tw1_start=value), at)[0]


def test_choices_and_names_are_offered(opened):
    """Words are chosen from a list; vehicles, depots and zones from those there are."""
    project = opened()
    stops, vehicles, breaks = (layer_of(project, title) for title in ("Stops", "Vehicles", "Breaks"))

    def widget(layer, name):
        return layer.editorWidgetSetup(layer.fields().lookupField(name))

    kinds = [word for entry in widget(stops, "kind").config()["map"] for word in entry]
    assert kinds == ["", "delivery", "pickup", "service"]
    for layer, name, named, several in (
        (stops, "vehicle_id", vehicles, False),
        (stops, "allowed_vehicles", vehicles, True),
        (vehicles, "start_depot", layer_of(project, "Depots to choose from"), False),
        (vehicles, "zone_id", layer_of(project, "Zones"), True),
        (breaks, "vehicle_id", vehicles, True),
    ):
        config = widget(layer, name).config()
        assert (widget(layer, name).type(), config["Layer"]) == ("ValueRelation", named.id()), name
        assert config["AllowMulti"] == several, name
        assert config["Key"] in named.fields().names()
    assert widget(vehicles, "vehicle_id").type() == "TextEdit"
    relations = project.relationManager().relations()
    assert {"stops_vehicle_id", "vehicles_start_depot", "vehicles_end_depot"} <= set(relations)
    assert all(relation.isValid() for relation in relations.values())


def test_vehicle_starts_at_a_depot_that_was_just_added_or_at_none(opened):
    """The form offers both; the layer it takes them from is nowhere to be seen."""
    project = opened()
    depots = layer_of(project, "Depots")
    depots.startEditing()
    assert depots.addFeature(new_feature(depots))
    assert depots.commitChanges(), depots.commitErrors()
    hidden = layer_of(project, "Depots to choose from")
    assert [choice["depot_id"] for choice in hidden.getFeatures()] == ["D001", fields.NO_DEPOT]
    assert hidden.flags() & QgsMapLayer.LayerFlag.Private
    assert project.layerTreeRoot().findLayer(hidden.id()) is None


def test_several_choices_are_read_as_a_list(qgis_app):
    """Forms store them in braces."""
    shared = reading()
    column = fields.Column(0, "skills", fields.Alias("skills"))
    row = Row(Table([], {"skills": column}, shared.day), ['{"V 1","V2"}'], shared, About("STOPS"))
    assert row.names("skills") == ("V 1", "V2")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_form_shows_and_explains_each_column(opened, table):
    """Each has a place, a name for people and a line of help."""
    layer = layer_of(opened(), table.title)
    root = layer.editFormConfig().invisibleRootContainer()
    placed = [element.name() for tab in root.children() for element in tab.children()]
    assert sorted(placed[:-1]) == sorted(column.name for column in table.columns)
    help_text = help_page(table)
    for column in table.columns:
        assert layer.attributeAlias(layer.fields().lookupField(column.name)) == spoken(column)
        assert f"<b>{spoken(column)}</b>" in help_text
    names = [spoken(column) for column in table.columns]
    assert len(set(names)) == len(names)


def test_names_for_people_have_units():
    """Minutes are told from hours where they are typed."""
    names = {column.name: spoken(column) for column in TABLES[0].columns}
    assert names["service_min"] == "Service (min)"
    assert names["tw1_start"] == "Window 1 start"
    assert names["stop_id"] == "Stop id"
