"""Makes a workspace: a GeoPackage with the input layers of a plan, and a project of it in the same file.

The tables are workspace_tables.py's, their forms workspace_forms.py's, their looks workspace_looks.py's.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Callable, Mapping

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsExpressionContextUtils,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsMapLayer,
    QgsMapThemeCollection,
    QgsRelation,
    QgsRelationContext,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QUrl

from ..model.errors import InputError
from . import plan_project
from .qgis_compat import blank_project
from .workspace_forms import set_form
from .workspace_looks import DISPATCHER, DRIVER, THEMES, WAREHOUSE, set_look, street_look
from .workspace_tables import (
    AREA,
    BARRIERS,
    BREAKS,
    DEPOTS,
    DISRUPTIONS,
    EDITS,
    NO_GEOMETRY,
    POINT,
    STOPS,
    TABLES,
    TRAFFIC,
    VEHICLES,
    ZONES,
    Table,
)

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateTransformContext, QgsFeature, QgsProject

PROJECT_NAME = "Optiway workspace"
STYLE_NAME = "Optiway workspace"
STREETS = "streets"
"""The table of the background of a day that is planned already."""
OFFERED_DEPOTS = "depots_to_choose_from"
_DEPOTS_OR_NONE = (
    "CREATE VIEW depots_to_choose_from AS "
    "SELECT fid AS OGC_FID, depot_id FROM depots UNION ALL SELECT -1, 'none'"
)

ZONE_VARIABLE, DATE_VARIABLE = "optiway_time_zone", "optiway_plan_date"

_TYPES = {
    POINT: QgsWkbTypes.Type.Point,
    AREA: QgsWkbTypes.Type.MultiPolygon,
    NO_GEOMETRY: QgsWkbTypes.Type.NoGeometry,
}
_GROUPS = (
    ("Orders", (STOPS,)),
    ("Changes of the day", (EDITS, DISRUPTIONS)),
    ("Fleet", (DEPOTS, VEHICLES, BREAKS)),
    ("Travel", (BARRIERS, TRAFFIC, ZONES)),
)
"""The groups of the layer tree from the top, with their tables."""

_SHOWN = {
    DISPATCHER: frozenset(table.name for table in TABLES),
    WAREHOUSE: frozenset({STOPS, DEPOTS}),
    DRIVER: frozenset({STOPS, DEPOTS, BARRIERS}),
}
"""Theme -> the tables that it shows."""

_PLAN_SHOWN = {
    "Visits": frozenset(THEMES),
    "Routes": frozenset({DISPATCHER}),
    "Legs": frozenset({DISPATCHER, DRIVER}),
    "Unassigned stops": frozenset({DISPATCHER}),
}
"""Layer of a plan -> the themes that show it."""


def make_tables(
    path: str,
    crs: QgsCoordinateReferenceSystem,
    transform_context: QgsCoordinateTransformContext,
    rows: Mapping[str, Callable[[QgsFields], list[QgsFeature]]] | None = None,
) -> None:
    """Make the GeoPackage with all tables, empty but for `rows`: by table, the features of its fields.

    Raises InputError where there is a file, which is never overwritten, or none can be written.
    """
    if os.path.exists(path):
        raise InputError([f"FILE: {path} is there already, and is not overwritten. Choose another name."])
    if not path.lower().endswith(".gpkg"):
        raise InputError([f"FILE: {path} is no GeoPackage. Choose a name that ends in .gpkg."])
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    for number, table in enumerate(TABLES):
        features = rows[table.name] if rows and table.name in rows else None
        fields = table_fields(table)
        write_table(
            path,
            table.name,
            fields,
            _TYPES[table.geometry],
            crs,
            transform_context,
            features(fields) if features else [],
            is_first=number == 0,
        )
    _offer_depots(path)


def table_fields(table: Table) -> QgsFields:
    """The columns of a table; what they mean goes along where GDAL can store it."""
    fields = QgsFields()
    for column in table.columns:
        field = QgsField(column.name, column.kind)
        field.setComment(column.field.what)
        fields.append(field)
    return fields


def write_table(
    path: str,
    name: str,
    fields: QgsFields,
    geometry: QgsWkbTypes.Type,
    crs: QgsCoordinateReferenceSystem,
    transform_context: QgsCoordinateTransformContext,
    features: list[QgsFeature],
    is_first: bool = False,
) -> None:
    """Write one table of the GeoPackage, of which the first makes the file. Raises InputError."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = name
    actions = QgsVectorFileWriter.ActionOnExistingFile
    options.actionOnExistingFile = (
        actions.CreateOrOverwriteFile if is_first else actions.CreateOrOverwriteLayer
    )
    writer = QgsVectorFileWriter.create(path, fields, geometry, crs, transform_context, options)
    failed = writer.hasError() != QgsVectorFileWriter.WriterError.NoError
    if not failed and features:
        failed = not writer.addFeatures(features, QgsFeatureSink.Flag.FastInsert)
    told = writer.errorMessage()
    del writer  # the table is complete only when its writer is gone
    if failed:
        raise InputError([f"FILE: {path} cannot be written ({told}). Choose another file."])


def make_project(path: str, title: str, zone_name: str, plan_date: str, has_plan: bool = False) -> str:
    """Store forms and looks in the GeoPackage, and a project of it; returns the project's address.

    With `has_plan` the project of a plan in the same file becomes that of the workspace, and streets are its
    background. `plan_date` may be empty. Raises InputError where the project cannot be stored.
    """
    project = blank_project()
    if has_plan and not project.read(project_address(path, plan_project.PROJECT_NAME)):
        raise InputError([f"The project of the plan in {path} cannot be read: {project.error()}"])
    shown = {layer_id: _PLAN_SHOWN[layer.name()] for layer_id, layer in project.mapLayers().items()}
    project.setTitle(title)
    QgsExpressionContextUtils.setProjectVariable(project, ZONE_VARIABLE, zone_name)
    if plan_date:
        QgsExpressionContextUtils.setProjectVariable(project, DATE_VARIABLE, plan_date)
    layers = {table.name: open_table(path, table.name, table.title) for table in TABLES}
    for group, names in _GROUPS:
        node = project.layerTreeRoot().addGroup(group)
        for name in names:
            project.addMapLayer(layers[name], False)
            node.addLayer(layers[name]).setExpanded(name == STOPS)
            shown[layers[name].id()] = frozenset(theme for theme in THEMES if name in _SHOWN[theme])
    offered = open_table(path, OFFERED_DEPOTS, "Depots to choose from")
    offered.setFlags(offered.flags() | QgsMapLayer.LayerFlag.Private)
    named = {**layers, DEPOTS: project.addMapLayer(offered, False)}
    for table in TABLES:
        set_form(layers[table.name], table, named)
        if table.geometry != NO_GEOMETRY:
            set_look(layers[table.name], table.name)
    _relate(project, layers)
    if has_plan:
        streets = open_table(path, STREETS, STREETS.capitalize())
        street_look(streets)
        project.addMapLayer(streets, False)
        project.layerTreeRoot().addLayer(streets).setExpanded(False)
        shown[streets.id()] = frozenset(THEMES)
    else:
        crs = layers[STOPS].crs()
        project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857") if crs.isGeographic() else crs, True)
    _set_themes(project, shown)
    uri = project_address(path, PROJECT_NAME)
    if not project.write(uri):
        raise InputError([f"FILE: the project was not stored in {path}: {project.error()}"])
    if has_plan:
        storage = QgsApplication.projectStorageRegistry().projectStorageFromType("geopackage")
        storage.removeProject(project_address(path, plan_project.PROJECT_NAME))
    for layer in layers.values():  # after the project: each write to the file upsets layers that are open
        layer.saveStyleToDatabase(STYLE_NAME, "Made by Optiway", True, "")
    return uri


def open_table(path: str, name: str, title: str) -> QgsVectorLayer:
    """Open a table of the GeoPackage without the style that is stored for it."""
    options = QgsVectorLayer.LayerOptions()
    options.loadDefaultStyle = False
    return QgsVectorLayer(f"{path}|layername={name}", title, "ogr", options)


def _offer_depots(path: str) -> None:
    """Make the view of what the depot of a vehicle may be: the name of one, or that there is none."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_DEPOTS_OR_NONE)
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES (?, 'attributes', 'Depots to choose from', 0)",
            [OFFERED_DEPOTS],
        )


def project_address(path: str, name: str) -> str:
    """The address of a project in a GeoPackage."""
    return f"geopackage:{path}?projectName={bytes(QUrl.toPercentEncoding(name)).decode()}"


def _relate(project: QgsProject, layers: dict[str, QgsVectorLayer]) -> None:
    """Make a relation for each column that names one feature of another table."""
    for table in TABLES:
        for column in table.columns:
            if not column.names or column.listed:
                continue
            relation = QgsRelation(QgsRelationContext(project))
            relation.setId(f"{table.name}_{column.name}")
            relation.setName(f"{table.title}: {column.name}")
            relation.setReferencedLayer(layers[column.names].id())
            relation.setReferencingLayer(layers[table.name].id())
            relation.addFieldPair(column.name, f"{column.names[:-1]}_id")
            project.relationManager().addRelation(relation)


def _set_themes(project: QgsProject, shown: dict[str, frozenset[str]]) -> None:
    """Make the themes from the layer ids and the themes that show each, and open on the first."""
    root = project.layerTreeRoot()
    for theme in THEMES:
        record = QgsMapThemeCollection.MapThemeRecord()
        for layer_id, themes in shown.items():
            if theme not in themes:
                continue
            layer = project.mapLayer(layer_id)
            entry = QgsMapThemeCollection.MapThemeLayerRecord(layer)
            entry.usingCurrentStyle = True
            styles = layer.styleManager()
            entry.currentStyle = theme if theme in styles.styles() else styles.currentStyle()
            record.addLayerRecord(entry)
        project.mapThemeCollection().insert(theme, record)
    for node in root.findLayers():
        node.setItemVisibilityChecked(THEMES[0] in shown[node.layerId()])
