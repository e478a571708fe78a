"""Draws a plan on the sample town as one picture, without a screen: `render_map.py PLAN.gpkg OUT.png`.

The layers of the plan bring their styles from the GeoPackage, as in the desktop; only the background, the
legend and the frame are made here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFillSymbol,
    QgsLayout,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendStyle,
    QgsLineSymbol,
    QgsPalLayerSettings,
    QgsProject,
    QgsProperty,
    QgsRendererCategory,
    QgsSymbol,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QFont

SAMPLE = Path(__file__).absolute().parent.parent / "optiway_qgis" / "resources" / "sample"
WIDTH, HEIGHT = 1600, 1300
DPI = 96
SIDE = 260  # pixels of the column with the legend
TOP = 84  # pixels of the title
INK = QColor("#1f2d3a")
QUIET = QColor("#66727c")

AREAS = {
    "meadow": "#e6edd6",
    "forest": "#cfe0c3",
    "park": "#d3e8c8",
    "built_up": "#eae5dc",
    "centre": "#e6dacb",
    "industrial": "#e2dfe4",
    "water": "#b5d3e7",
}
# Kind of street -> width in millimetres, colour, colour of its edge; the widest lie on top.
STREETS = {
    "service": (0.35, "#ffffff", "#ddd8ce"),
    "living_street": (0.45, "#ffffff", "#d9d3c7"),
    "residential": (0.5, "#ffffff", "#d9d3c7"),
    "unclassified": (0.55, "#ffffff", "#d4cdc0"),
    "tertiary": (0.8, "#ffffff", "#cfc6b6"),
    "secondary": (1.0, "#fdf6dc", "#d3c7a3"),
    "primary": (1.2, "#fbeebe", "#d0bd85"),
    "motorway_link": (1.0, "#f4d7a8", "#cba66a"),
    "motorway": (1.5, "#f4d7a8", "#c79f60"),
}
# Drawn from bottom to top; LEGS would only lie on ROUTES.
PLAN_TABLES = {"routes": "Routes", "visits": "Stops", "unassigned": "Unassigned"}


def main(plan: Path, target: Path) -> None:
    """Draw the GeoPackage `plan` into the picture `target`."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    layers = {name: _layer(f"{plan}|layername={name}", title) for name, title in PLAN_TABLES.items()}
    background = [_places(), *_streets(), _town()]
    project.setCrs(_utm_zone(layers["routes"]))
    project.addMapLayers([*layers.values(), *background], False)
    layout = QgsLayout(project)
    layout.renderContext().setDpi(DPI)  # first of all: pixels are turned into millimetres by it
    layout.initializeDefaults()
    page = layout.pageCollection().page(0)
    page.setPageSize(QgsLayoutSize(WIDTH, HEIGHT, QgsUnitTypes.LayoutPixels))
    chart = _map(layout, [*reversed(layers.values()), *background], layers["routes"])
    _label(layout, "Quillbrook: the routes of the day", (28, 14), 26, INK, bold=True)
    _label(layout, _summary(layers), (30, 54), 12, QUIET)
    _legend(layout, chart, [layers["routes"], layers["unassigned"]])
    _scale_bar(layout, chart)
    picture = QgsLayoutExporter(layout).renderPageToImage(0, QSize(WIDTH, HEIGHT), DPI)
    if not picture.save(str(target)):
        raise SystemExit(f"{target} could not be written")
    layout.clear()
    project.clear()
    application.exitQgis()


def _layer(source: str, name: str) -> QgsVectorLayer:
    layer = QgsVectorLayer(source, name, "ogr")
    if not layer.isValid():
        raise SystemExit(f"{source} cannot be read")
    return layer


def _town() -> QgsVectorLayer:
    layer = _layer(str(SAMPLE / "town.geojson"), "town")
    layer.setRenderer(
        _by_value(
            "kind",
            {
                kind: QgsFillSymbol.createSimple({"color": colour, "outline_style": "no"})
                for kind, colour in AREAS.items()
            },
        )
    )
    return layer


def _streets() -> list[QgsVectorLayer]:
    """Two layers of the same streets, the fillings above all edges, so that crossings look open."""
    layers = []
    for edges in (False, True):
        layer = _layer(str(SAMPLE / "streets.geojson"), "streets")
        symbols = {}
        for level, (kind, (width, colour, edge)) in enumerate(STREETS.items()):
            symbols[kind] = QgsLineSymbol.createSimple(
                {
                    "line_color": edge if edges else colour,
                    "line_width": str(width + 0.35 if edges else width),
                    "capstyle": "round",
                    "joinstyle": "round",
                }
            )
            symbols[kind].symbolLayer(0).setRenderingPass(level)
        renderer = _by_value("highway", symbols)
        renderer.setUsingSymbolLevels(True)
        layer.setRenderer(renderer)
        layers.append(layer)
    return layers


def _places() -> QgsVectorLayer:
    """Names of the town's quarters and villages; the points themselves stay invisible."""
    layer = _layer(str(SAMPLE / "places.geojson"), "places")
    symbol = QgsSymbol.defaultSymbol(layer.geometryType())
    symbol.setOpacity(0)
    layer.renderer().setSymbol(symbol)
    text = _text(9, QColor("#7d776c"))
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.7)
    halo.setColor(QColor(255, 255, 255, 190))
    text.setBuffer(halo)
    settings = QgsPalLayerSettings()
    settings.fieldName = "name"
    settings.priority = 2
    settings.setFormat(text)
    settings.placement = QgsPalLayerSettings.OverPoint
    settings.dataDefinedProperties().setProperty(
        QgsPalLayerSettings.Size, QgsProperty.fromExpression('16 - 2 * "rank"')
    )
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)
    return layer


def _by_value(field: str, symbols: dict[str, QgsSymbol]) -> QgsCategorizedSymbolRenderer:
    categories = [QgsRendererCategory(value, symbol, value) for value, symbol in symbols.items()]
    return QgsCategorizedSymbolRenderer(field, categories)


def _utm_zone(layer: QgsVectorLayer) -> QgsCoordinateReferenceSystem:
    """The UTM zone of a layer in degrees: metres on both axes, so that nothing looks squashed."""
    centre = layer.extent().center()
    south = 100 if centre.y() < 0 else 0
    return QgsCoordinateReferenceSystem.fromEpsgId(32601 + south + int((centre.x() + 180) // 6))


def _map(layout: QgsLayout, layers: list[QgsVectorLayer], routes: QgsVectorLayer) -> QgsLayoutItemMap:
    """The map, wide enough for all routes."""
    project = QgsProject.instance()
    item = QgsLayoutItemMap(layout)
    layout.addLayoutItem(item)
    item.setLayers(layers)
    item.setBackgroundColor(QColor(AREAS["meadow"]))
    to_map = QgsCoordinateTransform(routes.crs(), project.crs(), project)
    extent = to_map.transformBoundingBox(routes.extent())
    extent.scale(1.08)
    size = QgsLayoutSize(WIDTH - SIDE, HEIGHT - TOP, QgsUnitTypes.LayoutPixels)
    item.attemptMove(QgsLayoutPoint(0, TOP, QgsUnitTypes.LayoutPixels))
    item.attemptResize(size)
    item.setExtent(extent)  # changes the height of the item
    item.attemptResize(size)
    item.zoomToExtent(extent)
    return item


def _summary(layers: dict[str, QgsVectorLayer]) -> str:
    routes = list(layers["routes"].getFeatures())
    distance = sum(route["distance_km"] for route in routes)
    stops = sum(route["stops"] for route in routes)
    left = layers["unassigned"].featureCount()
    version = Qgis.QGIS_VERSION.split("-")[0]
    return (
        f"{len(routes)} routes, {stops} stops, {distance:.0f} km, {left} unassigned. "
        f"Labels: order of the stop and its arrival time. Planned by Optiway in QGIS {version}."
    )


def _text(size: float, colour: QColor, bold: bool = False) -> QgsTextFormat:
    font = QFont("DejaVu Sans")
    font.setBold(bold)
    text = QgsTextFormat()
    text.setFont(font)
    text.setSize(size)
    text.setSizeUnit(QgsUnitTypes.RenderPoints)
    text.setColor(colour)
    return text


def _label(
    layout: QgsLayout, words: str, place: tuple[int, int], size: float, colour: QColor, bold: bool = False
) -> None:
    item = QgsLayoutItemLabel(layout)
    layout.addLayoutItem(item)
    item.setText(words)
    font = QFont("DejaVu Sans")
    font.setPointSizeF(size)
    font.setBold(bold)
    item.setFont(font)
    item.setFontColor(colour)
    item.attemptMove(QgsLayoutPoint(*place, QgsUnitTypes.LayoutPixels))
    item.attemptResize(QgsLayoutSize(WIDTH - 60, 2.2 * size, QgsUnitTypes.LayoutPixels))


def _legend(layout: QgsLayout, chart: QgsLayoutItemMap, layers: list[QgsVectorLayer]) -> None:
    item = QgsLayoutItemLegend(layout)
    layout.addLayoutItem(item)
    item.setAutoUpdateModel(False)
    for layer in layers:
        if layer.featureCount():
            item.model().rootGroup().addLayer(layer)
    item.setLinkedMap(chart)
    item.setLegendFilterByMapEnabled(True)
    item.setStyleFont(QgsLegendStyle.Subgroup, _bold(11))
    item.setStyleFont(QgsLegendStyle.SymbolLabel, QFont("DejaVu Sans", 10))
    item.setFontColor(INK)
    item.setSymbolHeight(4)
    item.attemptMove(QgsLayoutPoint(WIDTH - SIDE + 14, TOP, QgsUnitTypes.LayoutPixels))
    item.refresh()
    item.adjustBoxSize()


def _scale_bar(layout: QgsLayout, chart: QgsLayoutItemMap) -> None:
    item = QgsLayoutItemScaleBar(layout)
    layout.addLayoutItem(item)
    item.setStyle("Single Box")
    item.setLinkedMap(chart)
    item.setUnits(QgsUnitTypes.DistanceKilometers)
    item.setUnitLabel("km")
    item.setNumberOfSegments(1)
    item.setNumberOfSegmentsLeft(0)
    item.setUnitsPerSegment(1)
    item.setHeight(1.6)
    item.setTextFormat(_text(9, INK))
    item.update()
    item.attemptMove(QgsLayoutPoint(WIDTH - SIDE + 8, HEIGHT - 60, QgsUnitTypes.LayoutPixels))


def _bold(size: int) -> QFont:
    font = QFont("DejaVu Sans", size)
    font.setBold(True)
    return font


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
