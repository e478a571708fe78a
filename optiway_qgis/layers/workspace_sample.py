"""The made-up town as the rows of a workspace. The tables are workspace_tables.py's."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
    QgsVectorLayer,
    QgsWkbTypes,
)

from .points import WGS84
from .qgis_compat import INTEGER, REAL, is_null
from .workspace import STREETS, write_table
from .workspace_tables import BARRIERS, BREAKS, DEPOTS, STOPS, TABLES, TRAFFIC, VEHICLES, ZONES, Table

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateTransformContext

TOWN_ZONE = "Europe/London"
"""The time zone of the town."""

_FOLDER = Path(__file__).absolute().parent.parent / "resources" / "sample"
_CALLED = {"demand": "delivery_1", "capacity": "capacity_1", "note": "notes", "reason": "notes"}
"""Columns of the sample -> what the workspace calls them."""


def town_rows() -> dict[str, Callable[[QgsFields], list[QgsFeature]]]:
    """By table, the features of the town in WGS 84 as a function of the fields they are written in."""
    rows: dict[str, Callable[[QgsFields], list[QgsFeature]]] = {}
    tables = {table.name: table for table in TABLES}
    for name in (STOPS, DEPOTS, VEHICLES, BREAKS, TRAFFIC):
        rows[name] = _maker(tables[name], _csv_rows)
    for name in (ZONES, BARRIERS):
        rows[name] = _maker(tables[name], _drawn_rows)
    return rows


def write_streets(path: str, transform_context: QgsCoordinateTransformContext) -> None:
    """Write the streets of the town into the GeoPackage."""
    streets = _layer(STREETS)
    crs = QgsCoordinateReferenceSystem(WGS84)
    features = list(streets.getFeatures())
    kind = QgsWkbTypes.Type.LineString
    write_table(path, STREETS, streets.fields(), kind, crs, transform_context, features)


def _maker(table: Table, read: Callable[[str], list[tuple[dict[str, Any], QgsGeometry]]]) -> Callable:
    def features(fields: QgsFields) -> list[QgsFeature]:
        made = []
        for values, geometry in read(table.name):
            feature = QgsFeature(fields)
            for name, value in values.items():
                index = fields.lookupField(_CALLED.get(name, name))
                if index >= 0 and not is_null(value) and value != "":
                    feature.setAttribute(index, _typed(value, fields[index].type()))
            for column in table.columns:
                # What an empty one means is said by its word, as in a form.
                if column.words and column.default and is_null(feature.attribute(column.name)):
                    feature.setAttribute(column.name, column.default.strip("'"))
            feature.setGeometry(geometry)
            made.append(feature)
        return made

    return features


def _typed(value: Any, kind: int) -> Any:
    if kind == INTEGER:
        return int(value)
    return float(value) if kind == REAL else value


def _csv_rows(name: str) -> list[tuple[dict[str, Any], QgsGeometry]]:
    with open(_FOLDER / f"{name}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row, _place(row)) for row in rows]


def _place(row: dict[str, Any]) -> QgsGeometry:
    if "lon" not in row:
        return QgsGeometry()
    return QgsGeometry.fromPointXY(QgsPointXY(float(row["lon"]), float(row["lat"])))


def _drawn_rows(name: str) -> list[tuple[dict[str, Any], QgsGeometry]]:
    rows = []
    for feature in _layer(name).getFeatures():
        geometry = feature.geometry()
        geometry.convertToMultiType()
        rows.append((feature.attributeMap(), geometry))
    return rows


def _layer(name: str) -> QgsVectorLayer:
    return QgsVectorLayer(str(_FOLDER / f"{name}.geojson"), name, "ogr")
