"""The map of a route sheet: the way, its stops with their numbers, depots, and a quiet layer below them.

Where it stands on the page is route_sheet.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLineSymbol,
    QgsMapLayer,
    QgsPointXY,
    QgsRectangle,
    QgsRendererCategory,
    QgsScaleBarSettings,
    QgsSingleSymbolRenderer,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ..model.plan import VISIT_BREAK, VISIT_STOP
from .qgis_compat import text_format
from .sheet_page import HAIR, PAPER, QUIET, Ink, shortened
from .symbols import depot_symbol, route_symbol, visit_symbol

if TYPE_CHECKING:
    from ..model.driver_day import DriverDay
    from .sheet_page import Pages

MERCATOR = "EPSG:3857"
"""Of maps where nothing lies below the route: shapes are true, and the scale bar is of the place."""

SCALE_BAR = 6.0
"""The height of the scale bar, in millimetres below the map."""

_AROUND = 1.12
_LEAST_M = 400.0
_LONG_M = 4000.0
_STREET = "#d3d8de"


def quiet_copy(layer: QgsMapLayer) -> QgsMapLayer:
    """A copy of a layer that nobody has styled, lines in light grey: QGIS would draw them in any colour."""
    copy = layer.clone()
    if isinstance(copy, QgsVectorLayer) and copy.geometryType() == QgsWkbTypes.GeometryType.LineGeometry:
        symbol = QgsLineSymbol.createSimple({"color": _STREET, "width": "0.5", "capstyle": "round"})
        copy.setRenderer(QgsSingleSymbolRenderer(symbol))
    return copy


def put_map(
    pages: Pages,
    day: DriverDay,
    colour: str,
    below: QgsMapLayer | None,
    height: float,
    x: float,
    width: float,
) -> list[QgsMapLayer]:
    """Put the map where the pages are, the scale bar below it; return its layers, which have to live as long.

    Where a layer lies below, the map has its CRS, unless that is in degrees.
    """
    route, visits = _route_layer(day, colour), _visits_layer(day, colour)
    layers: list[QgsMapLayer] = [visits, route, *([below] if below is not None else [])]
    crs = QgsCoordinateReferenceSystem(MERCATOR)
    if below is not None and below.crs().isValid() and not below.crs().isGeographic():
        crs = below.crs()
    shown = QgsLayoutItemMap(pages.layout)
    shown.setBackgroundColor(QColor(PAPER))
    shown.setFrameEnabled(True)
    shown.setFrameStrokeColor(QColor(HAIR))
    pages.put(shown, x, pages.y, width, height)
    shown.setCrs(crs)
    shown.setLayers(layers)
    shown.setKeepLayerSet(True)
    shown.zoomToExtent(_extent((route, visits), crs, pages))
    put_scale_bar(pages, shown, x, pages.y + height, shown.extent().width() > _LONG_M)
    rights = "; ".join(below.metadata().rights()) if below is not None else ""
    if rights:
        ink = Ink(7, colour=QUIET)
        told = shortened(rights, ink, width / 2)
        right = Qt.AlignmentFlag.AlignRight
        pages.line(told, x + width / 2, pages.y + height + 0.8, width / 2, ink, right)
    return layers


def put_scale_bar(pages: Pages, shown: QgsLayoutItemMap, x: float, y: float, is_long: bool) -> None:
    """Put a scale bar, in kilometres or, where it is not long, in metres."""
    bar = QgsLayoutItemScaleBar(pages.layout)
    bar.setStyle("Line Ticks Up")
    bar.setLinkedMap(shown)
    units = QgsUnitTypes.DistanceUnit
    bar.setUnits(units.DistanceKilometers if is_long else units.DistanceMeters)
    bar.setUnitLabel("km" if is_long else "m")
    bar.setNumberOfSegmentsLeft(0)
    bar.setNumberOfSegments(2)
    bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth)
    bar.setMinimumBarWidth(20)
    bar.setMaximumBarWidth(45)
    ink = Ink(7, colour=QUIET)
    bar.setTextFormat(text_format(ink.font(), QColor(ink.colour)))
    bar.setLineSymbol(QgsLineSymbol.createSimple({"color": QUIET, "width": "0.25"}))
    bar.setHeight(1.2)
    bar.setLabelBarSpace(0.6)
    bar.setBoxContentSpace(0.5)
    bar.update()
    pages.put(bar, x, y, 50, SCALE_BAR)


def _route_layer(day: DriverDay, colour: str) -> QgsVectorLayer:
    layer = QgsVectorLayer("LineString?crs=EPSG:4326", "route", "memory")
    if len(day.line) > 1:
        _add(layer, [(QgsGeometry.fromPolylineXY([QgsPointXY(*point) for point in day.line]), [])])
    layer.setRenderer(QgsSingleSymbolRenderer(route_symbol(colour)))
    return layer


def _visits_layer(day: DriverDay, colour: str) -> QgsVectorLayer:
    """Depots below, then the stops, the first on top."""
    layer = QgsVectorLayer("Point?crs=EPSG:4326&field=number:integer&field=kind:string", "visits", "memory")
    placed = [visit for visit in day.valid if visit.place is not None and visit.type != VISIT_BREAK]
    rows = []
    for visit in sorted(placed, key=lambda visit: (visit.is_stop, -visit.sequence)):
        point = QgsPointXY(visit.place.lon, visit.place.lat)
        kind = VISIT_STOP if visit.is_stop else "depot"
        rows.append((QgsGeometry.fromPointXY(point), [visit.sequence, kind]))
    _add(layer, rows)
    stop = visit_symbol(colour, '"number"', "false", 'to_string("number")')
    categories = [QgsRendererCategory(VISIT_STOP, stop, ""), QgsRendererCategory("depot", depot_symbol(), "")]
    layer.setRenderer(QgsCategorizedSymbolRenderer("kind", categories))
    return layer


def _add(layer: QgsVectorLayer, rows: Sequence[tuple[QgsGeometry, list[object]]]) -> None:
    features = []
    for geometry, attributes in rows:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(geometry)
        feature.setAttributes(attributes)
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()


def _extent(
    layers: Sequence[QgsVectorLayer], crs: QgsCoordinateReferenceSystem, pages: Pages
) -> QgsRectangle:
    """What the map shows: all of the layers and some room around them."""
    extent = QgsRectangle()
    extent.setMinimal()
    for layer in layers:
        if layer.featureCount():
            extent.combineExtentWith(layer.extent())
    if not any(layer.featureCount() for layer in layers):
        return QgsRectangle(-_LEAST_M, -_LEAST_M, _LEAST_M, _LEAST_M)
    transform = QgsCoordinateTransform(layers[0].crs(), crs, pages.layout.project())
    extent = transform.transformBoundingBox(extent)
    extent.scale(_AROUND)
    missing = max(0.0, (_LEAST_M - max(extent.width(), extent.height())) / 2)
    return extent.buffered(missing)
