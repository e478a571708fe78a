"""Pages of a layout, and what is put on them by millimetres: text, rules, discs, drawings. No routes.

Every line of text is a label of its own, broken here: how labels break lines differs between QGIS versions.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

from qgis.core import (
    QgsFillSymbol,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsLayoutItemShape,
    QgsLayoutPoint,
    QgsLayoutSize,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QFont, QFontMetricsF

from .qgis_compat import set_label_look
from .symbols import INK, PAPER

if TYPE_CHECKING:
    from qgis.core import QgsLayout

WIDTH, HEIGHT = 210.0, 297.0
MARGIN = 12.0
LEFT, RIGHT, TOP, BOTTOM = MARGIN, WIDTH - MARGIN, MARGIN, HEIGHT - 16.0
"""Where the content of a page begins and ends."""

QUIET = "#5b6470"
HAIR = "#c9cfd6"
_POINT_MM = 25.4 / 72
_LEADING = 1.3
_MEASURED_PX = 200
_FAMILY = "Sans Serif"
_LEFT = Qt.AlignmentFlag.AlignLeft
_JOINER = "\N{WORD JOINER}"


@dataclass(frozen=True)
class Ink:
    """How text looks; its size is in points."""

    size: float = 9.0
    bold: bool = False
    colour: str = INK

    @property
    def height(self) -> float:
        """The height of a line in millimetres."""
        return self.size * _POINT_MM * _LEADING

    def font(self) -> QFont:
        """The font, sans serif, as the system has it."""
        font = QFont(_FAMILY)
        font.setStyleHint(QFont.StyleHint.SansSerif)
        font.setBold(self.bold)
        font.setPointSizeF(self.size)
        return font

    def width_of(self, text: str) -> float:
        """The width of a line of text in millimetres."""
        font = self.font()
        font.setPixelSize(_MEASURED_PX)
        return QFontMetricsF(font).horizontalAdvance(text) / _MEASURED_PX * self.size * _POINT_MM


def wrapped(text: str, ink: Ink, width: float) -> list[str]:
    """Break a text into lines of so many millimetres: at its own line ends, at blanks, within long words."""
    lines = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            tried = f"{line} {word}" if line else word
            if ink.width_of(tried) <= width:
                line = tried
                continue
            if line:
                lines.append(line)
            *full, line = _pieces(word, ink, width)
            lines += full
        if line:
            lines.append(line)
    return lines


def shortened(text: str, ink: Ink, width: float) -> str:
    """The text on one line, with an ellipsis where it is too long."""
    text = " ".join(text.split())
    if ink.width_of(text) <= width:
        return text
    return _pieces(text, ink, width - ink.width_of("…"))[0].rstrip() + "…"


def _pieces(word: str, ink: Ink, width: float) -> list[str]:
    """A word cut where it is as wide as a line; one piece where it fits."""
    pieces, piece = [], ""
    for sign in word:
        if piece and ink.width_of(piece + sign) > width:
            pieces.append(piece)
            piece = ""
        piece += sign
    return [*pieces, piece]


class Pages:
    """A layout of A4 pages in portrait, and the page and height at which the next thing goes."""

    def __init__(self, layout: QgsLayout):
        self.layout = layout
        self.page = -1
        self.y = TOP
        self.turn()

    def turn(self) -> None:
        """Begin a new page."""
        page = QgsLayoutItemPage(self.layout)
        page.setPageSize("A4", QgsLayoutItemPage.Orientation.Portrait)
        self.layout.pageCollection().addPage(page)
        self.page += 1
        self.y = TOP

    def make_room(self, height: float) -> None:
        """Begin a new page unless so many millimetres are left on this one."""
        if self.y + height > BOTTOM and self.y > TOP:
            self.turn()

    def put(
        self, item: QgsLayoutItem, x: float, y: float, width: float, height: float, page: int | None = None
    ) -> None:
        """Put an item on a page, this one unless it is told which."""
        self.layout.addLayoutItem(item)
        item.attemptResize(QgsLayoutSize(width, height))
        item.attemptMove(QgsLayoutPoint(x, y), True, False, self.page if page is None else page)

    def line(
        self,
        text: str,
        x: float,
        y: float,
        width: float,
        ink: Ink,
        align: Qt.AlignmentFlag = _LEFT,
        page: int | None = None,
    ) -> QgsLayoutItemLabel:
        """Put a line of text; what looks like an expression in it is text, too."""
        label = make_label(self.layout, literal(text), ink, align)
        self.put(label, x, y, width, ink.height, page)
        return label

    def lines(self, texts: Sequence[tuple[str, Ink]], x: float, y: float, width: float) -> float:
        """Put lines of text below each other; return where they end."""
        for text, ink in texts:
            self.line(text, x, y, width, ink)
            y += ink.height
        return y

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = PAPER,
        edge: str = "",
        is_round: bool = False,
    ) -> None:
        """Put a rectangle, or an ellipse, with an edge where a colour is given for it."""
        shape = QgsLayoutItemShape(self.layout)
        kinds = QgsLayoutItemShape.Shape
        shape.setShapeType(kinds.Ellipse if is_round else kinds.Rectangle)
        pen = {"outline_color": edge, "outline_width": "0.25"} if edge else {"outline_style": "no"}
        shape.setSymbol(QgsFillSymbol.createSimple({"color": fill, **pen}))
        self.put(shape, x, y, width, height)

    def rule(self, y: float, x: float = LEFT, width: float = RIGHT - LEFT) -> None:
        """Put a thin line across the page."""
        self.box(x, y, width, 0.2, fill=HAIR)

    def drawing(self, svg: str, x: float, y: float, side: float) -> None:
        """Put a square drawing in SVG."""
        picture = QgsLayoutItemPicture(self.layout)
        picture.setPicturePath("base64:" + base64.b64encode(svg.encode()).decode())
        self.put(picture, x, y, side, side)


def make_label(layout: QgsLayout, text: str, ink: Ink, align: Qt.AlignmentFlag = _LEFT) -> QgsLayoutItemLabel:
    """Return a label without margins; expressions in [% %] in its text are evaluated."""
    label = QgsLayoutItemLabel(layout)
    set_label_look(label, ink.font(), QColor(ink.colour))
    label.setMarginX(0)
    label.setMarginY(0)
    label.setHAlign(align)
    label.setVAlign(Qt.AlignmentFlag.AlignVCenter)
    label.setText(text)
    return label


def literal(text: str) -> str:
    """The text so that a label shows it as it is: to labels [% %] is an expression, $CURRENT_DATE a date."""
    return text.replace("[%", f"[{_JOINER}%").replace("$CURRENT_DATE", f"${_JOINER}CURRENT_DATE")
