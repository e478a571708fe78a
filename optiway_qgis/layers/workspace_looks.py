"""How the layers of a workspace look: symbols, and labels for each theme. Plans are styles.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsLineSymbol,
    QgsPalLayerSettings,
    QgsRendererCategory,
    QgsSingleSymbolRenderer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor

from ..model.palette import ALARM_COLOUR, OTHER_COLOUR
from . import symbols
from .fields import KIND_DELIVERY, KIND_PICKUP, KIND_SERVICE
from .workspace_tables import BARRIERS, DEPOTS, DISRUPTIONS, EDITS, STOPS, VEHICLES, ZONES

if TYPE_CHECKING:
    from qgis.core import QgsFeatureRenderer, QgsSymbol, QgsVectorLayer

DISPATCHER, WAREHOUSE, DRIVER = "dispatcher", "warehouse", "driver"
THEMES = (DISPATCHER, WAREHOUSE, DRIVER)

_KIND_COLOURS = {KIND_DELIVERY: "#0072b2", KIND_PICKUP: "#e69f00", KIND_SERVICE: "#009e73"}
_NAME = 'coalesce("name", "{key}")'
_WINDOW = "coalesce('\\n' || nullif(\"tw1_start\", '') || ' - ' || nullif(\"tw1_end\", ''), '')"
_LOADS = (
    "coalesce('\\n' || \"delivery_1\" || ' to deliver', '') || "
    "coalesce('\\n' || \"pickup_1\" || ' to pick up', '')"
)
_ACCESS = (
    "coalesce('\\n' || nullif(\"address\", ''), '') || coalesce('\\n' || nullif(\"access_notes\", ''), '')"
)
_STOP_LABELS = {
    DISPATCHER: _NAME.format(key="stop_id") + " || " + _WINDOW,
    WAREHOUSE: '"stop_id" || ' + _LOADS,
    DRIVER: _NAME.format(key="stop_id") + " || " + _ACCESS,
}
_LABELS = {
    DEPOTS: _NAME.format(key="depot_id"),
    VEHICLES: '"vehicle_id"',
    ZONES: '"zone_id"',
    EDITS: "coalesce(\"action\", '') || ' ' || coalesce(\"stop_id\", '')",
    DISRUPTIONS: '"kind"',
}
_LABEL_MAX_SCALE = 30000


def set_look(layer: QgsVectorLayer, table: str) -> None:
    """Give a layer of a table with places its symbols and labels.

    Stops get a style per theme, named like it, of which that of the dispatcher is the current one.
    """
    layer.setRenderer(_renderer(table))
    if table == STOPS:
        styles = layer.styleManager()
        styles.renameStyle(styles.currentStyle(), DISPATCHER)
        for theme in (WAREHOUSE, DRIVER, DISPATCHER):
            if theme != DISPATCHER:
                styles.addStyleFromLayer(theme)
            styles.setCurrentStyle(theme)
            _set_label(layer, _STOP_LABELS[theme], _LABEL_MAX_SCALE)
    elif table in _LABELS:
        _set_label(layer, _LABELS[table])


def street_look(layer: QgsVectorLayer) -> None:
    """Draw streets as a quiet background."""
    layer.setRenderer(
        QgsSingleSymbolRenderer(QgsLineSymbol.createSimple({"color": "#cfc6b6", "width": "0.4"}))
    )


def _renderer(table: str) -> QgsFeatureRenderer:
    if table == STOPS:
        kinds = [
            QgsRendererCategory(kind, symbols.change_symbol(colour), kind.capitalize())
            for kind, colour in _KIND_COLOURS.items()
        ]
        return QgsCategorizedSymbolRenderer(f"coalesce(nullif(\"kind\", ''), '{KIND_DELIVERY}')", kinds)
    return QgsSingleSymbolRenderer(_symbol(table))


def _symbol(table: str) -> QgsSymbol:
    if table == DEPOTS:
        return symbols.depot_symbol()
    if table == VEHICLES:
        return symbols.choice_symbol(4.0)
    if table == EDITS:
        return symbols.ring_symbol(ALARM_COLOUR)
    fill, edge = {ZONES: (OTHER_COLOUR, OTHER_COLOUR), BARRIERS: ("#e69f00", "#b35900")}.get(
        table, (ALARM_COLOUR, ALARM_COLOUR)
    )
    symbol = QgsFillSymbol.createSimple({"color": fill, "outline_color": edge, "outline_width": "0.5"})
    ground = QColor(fill)
    ground.setAlpha(40 if table == ZONES else 110)
    symbol.symbolLayer(0).setFillColor(ground)
    return symbol


def _set_label(layer: QgsVectorLayer, expression: str, largest: float = 0) -> None:
    """Label features; with a denominator of a scale only from that scale on."""
    text = QgsTextFormat()
    text.setFamilies(symbols.FONTS)
    text.setSize(8)
    text.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    text.setColor(QColor(symbols.INK))
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.8)
    halo.setColor(QColor(symbols.PAPER))
    text.setBuffer(halo)
    label = QgsPalLayerSettings()
    label.fieldName = expression
    label.isExpression = True
    label.scaleVisibility = bool(largest)
    label.minimumScale = largest
    label.setFormat(text)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(label))
    layer.setLabelsEnabled(True)
