"""The symbols of routes, legs, visits, depots and unassigned stops. Labels and the rest of styles are
styles.py's.
"""

from __future__ import annotations

import base64

from qgis.core import (
    QgsFontMarkerSymbolLayer,
    QgsLineSymbol,
    QgsMarkerLineSymbolLayer,
    QgsMarkerSymbol,
    QgsProperty,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSimpleMarkerSymbolLayerBase,
    QgsSvgMarkerSymbolLayer,
    QgsSymbol,
    QgsSymbolLayer,
)
from qgis.PyQt.QtCore import QPointF, Qt
from qgis.PyQt.QtGui import QColor

from ..model.palette import ALARM_COLOUR
from .qgis_compat import CENTRE, INTERVAL, place_markers

INK = "#1f2933"
PAPER = "#ffffff"

PLAYING = "(@map_start_time IS NOT NULL)"
"""True while the temporal controller plays the day."""

_ZOOM = "coalesce(scale_linear(@map_scale, 60000, 500000, 1, 0.5), 1)"
"""Factor of sizes: full in a town, half when a whole region is shown."""

FONTS = ("Sans Serif", "Arial")
"""The first is there on Linux, the second on Windows and macOS: QGIS complains of fonts that are missing."""

_SOME_FONT = "S"
"""A symbol can name one font only. QGIS is content when any begins like this, and draws its default font."""

_HOUSE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    f'<rect x="0.5" y="0.5" width="23" height="23" rx="4" fill="{INK}" stroke="{PAPER}"/>'
    f'<path d="M12 4 21 12h-3v7.5h-4.2v-5h-3.6v5H6V12H3z" fill="{PAPER}"/></svg>'
)
_LIGHT_ENOUGH_FOR_INK = 0.6
PAUSE = (2.6, 2.6)
"""Millimetres to the right and downwards from the place of a break to the middle of its sign."""

_SymbolLayer = QgsSymbolLayer.Property


def route_symbol(colour: str) -> QgsSymbol:
    """A cased line with arrows in the direction of travel; a thin line while the day is played."""
    casing = _line(PAPER, 1.9)
    _override(casing, _SymbolLayer.PropertyLayerEnabled, f"NOT {PLAYING}")
    line = _line(colour, 1.0)
    _override(line, _SymbolLayer.PropertyStrokeWidth, f"if({PLAYING}, 0.4, 1.0)")
    arrows = _arrows(colour, INTERVAL, size=3.0)
    _override(arrows, _SymbolLayer.PropertyLayerEnabled, f"NOT {PLAYING}")
    return _symbol(QgsLineSymbol(), casing, line, arrows)


def leg_symbol(colour: str, dash: str) -> QgsSymbol:
    """A thin line that hides behind its route; while the day is played, the leg the vehicle is on, in bold.

    `dash` is an expression for the pen style.
    """
    casing = _line(PAPER, 3.2)
    _override(casing, _SymbolLayer.PropertyLayerEnabled, PLAYING)
    line = _line(colour, 0.6)
    _override(line, _SymbolLayer.PropertyStrokeWidth, f"if({PLAYING}, 2.0, 0.6)")
    _override(line, _SymbolLayer.PropertyStrokeStyle, dash)
    arrows = _arrows(colour, CENTRE, size=4.2)
    _override(arrows, _SymbolLayer.PropertyLayerEnabled, PLAYING)
    return _symbol(QgsLineSymbol(), casing, line, arrows)


def visit_symbol(colour: str, number: str, is_wrong: str, mark: str) -> QgsSymbol:
    """A numbered disc, with a ring in alarm colour when something is wrong.

    `number`, `is_wrong` and `mark` (what is written on it) are expressions over a visit. A legend has no
    visit: it shows the sizes and the number set here, so the ring is hidden behind the disc.
    """
    ring = _marker("circle", ALARM_COLOUR, 4.0)
    _override(ring, _SymbolLayer.PropertySize, f"if({is_wrong}, 6.6, 4.0) * {_ZOOM}")
    disc = _marker("circle", colour, 4.8)
    _override(disc, _SymbolLayer.PropertySize, f"4.8 * {_ZOOM}")
    figure = _character("1", readable_on(colour), 2.9)
    _override(figure, _SymbolLayer.PropertyCharacter, mark)
    _override(figure, _SymbolLayer.PropertySize, f"if({number} > 99, 2.1, 2.9) * {_ZOOM}")
    return _symbol(QgsMarkerSymbol(), ring, disc, figure)


def depot_symbol() -> QgsSymbol:
    """A house."""
    house = QgsSvgMarkerSymbolLayer("base64:" + base64.b64encode(_HOUSE.encode()).decode(), 6.0)
    return _symbol(QgsMarkerSymbol(), house)


def reload_symbol(number: str) -> QgsSymbol:
    """A small square at the corner of the house that it is at; `number` is an expression over a visit."""
    square = _marker("square", INK, 2.6)
    _move(square, number, 3.4, 3.4)
    return _symbol(QgsMarkerSymbol(), square)


def break_symbol(number: str) -> QgsSymbol:
    """The two bars of a pause, beside the stop that it follows; `number` is an expression over a visit."""
    disc = _marker("circle", PAPER, 3.0)
    disc.setStrokeColor(QColor(INK))
    _move(disc, number, *PAUSE, zoom=_ZOOM)
    bars = []
    for aside in (-0.4, 0.4):
        bar = _marker("line", INK, 1.5)
        bar.setStrokeColor(QColor(INK))
        bar.setStrokeWidth(0.45)
        bar.setOffset(QPointF(aside, 0))
        _move(bar, number, PAUSE[0] + aside, PAUSE[1], zoom=_ZOOM)
        bars.append(bar)
    for part, size in zip((disc, *bars), (3.0, 1.5, 1.5)):
        _override(part, _SymbolLayer.PropertySize, f"{size} * {_ZOOM}")
    return _symbol(QgsMarkerSymbol(), disc, *bars)


def unassigned_symbol() -> QgsSymbol:
    """A sign that warns."""
    mark = _character("!", PAPER, 3.6)
    return _symbol(QgsMarkerSymbol(), _marker("diamond", ALARM_COLOUR, 7.0), mark)


def change_symbol(colour: str) -> QgsSymbol:
    """A disc: a stop that another plan serves otherwise."""
    return _symbol(QgsMarkerSymbol(), _marker("circle", colour, 4.8))


def ring_symbol(colour: str) -> QgsSymbol:
    """A ring around a visit: a stop that is served otherwise than in the plan before."""
    ring = _marker("circle", colour, 8.0)
    ring.setColor(QColor(0, 0, 0, 0))
    ring.setStrokeColor(QColor(colour))
    ring.setStrokeWidth(0.9)
    _override(ring, _SymbolLayer.PropertySize, f"8.0 * {_ZOOM}")
    return _symbol(QgsMarkerSymbol(), ring)


def choice_symbol(size: float) -> QgsSymbol:
    """A star: one of several places for a stop, the larger the better."""
    return _symbol(QgsMarkerSymbol(), _marker("star", INK, size))


def _symbol(symbol: QgsSymbol, lowest: QgsSymbolLayer, *others: QgsSymbolLayer) -> QgsSymbol:
    """Put the layers into the symbol. Its constructor does not take them over from Python: QGIS crashes."""
    symbol.changeSymbolLayer(0, lowest)
    for part in others:
        symbol.appendSymbolLayer(part)
    return symbol


def _line(colour: str, width: float) -> QgsSimpleLineSymbolLayer:
    line = QgsSimpleLineSymbolLayer(QColor(colour), width)
    line.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
    line.setPenCapStyle(Qt.PenCapStyle.RoundCap)
    return line


def _arrows(colour: str, placement: int, size: float) -> QgsMarkerLineSymbolLayer:
    head = _marker("triangle", colour, size)
    head.setAngle(90)
    arrows = QgsMarkerLineSymbolLayer(True, 22)
    place_markers(arrows, placement)
    arrows.setOffsetAlongLine(11)
    arrows.setSubSymbol(_symbol(QgsMarkerSymbol(), head))
    return arrows


def _marker(shape: str, colour: str, size: float) -> QgsSimpleMarkerSymbolLayer:
    marker = QgsSimpleMarkerSymbolLayer(QgsSimpleMarkerSymbolLayerBase.decodeShape(shape)[0], size)
    marker.setColor(QColor(colour))
    marker.setStrokeColor(QColor(PAPER))
    marker.setStrokeWidth(0.35)
    return marker


def _character(text: str, colour: str, size: float) -> QgsFontMarkerSymbolLayer:
    character = QgsFontMarkerSymbolLayer(_SOME_FONT, text, size, QColor(colour))
    character.setFontStyle("Bold")
    return character


def _override(part: QgsSymbolLayer, what: int, expression: str) -> None:
    part.setDataDefinedProperty(what, QgsProperty.fromExpression(expression))


def _move(part: QgsSymbolLayer, number: str, right: float, down: float, zoom: str = "1") -> None:
    """Draw a part of a symbol aside from a visit, in millimetres; a legend has no visit, nor need of it."""
    offset = f"to_string({right} * {zoom}) || ',' || to_string({down} * {zoom})"
    _override(part, _SymbolLayer.PropertyOffset, f"if({number} IS NULL, NULL, {offset})")


def readable_on(colour: str) -> str:
    """Ink or paper, whichever can be read better on the colour."""
    ground = QColor(colour)
    lightness = 0.2126 * ground.redF() + 0.7152 * ground.greenF() + 0.0722 * ground.blueF()
    return INK if lightness > _LIGHT_ENOUGH_FOR_INK else PAPER
