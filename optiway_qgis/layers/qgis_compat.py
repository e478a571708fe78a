"""What differs between QGIS versions, one function per difference. Nothing about plans lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (
    NULL,
    Qgis,
    QgsAttributeEditorContainer,
    QgsField,
    QgsFieldConstraints,
    QgsLayoutItemLabel,
    QgsMarkerLineSymbolLayer,
    QgsPalLayerSettings,
    QgsProject,
    QgsTextFormat,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import QDateTime, Qt, QVariant

if TYPE_CHECKING:
    from qgis.PyQt.QtGui import QColor, QFont

if Qgis.QGIS_VERSION_INT >= 33800:
    from qgis.PyQt.QtCore import QMetaType

    _TYPES = QMetaType.Type
    TEXT, INTEGER, REAL, DATE_TIME = _TYPES.QString, _TYPES.Int, _TYPES.Double, _TYPES.QDateTime
    WHOLE = _TYPES.LongLong
else:
    TEXT, INTEGER, REAL, DATE_TIME = QVariant.String, QVariant.Int, QVariant.Double, QVariant.DateTime
    WHOLE = QVariant.LongLong

if Qgis.QGIS_VERSION_INT >= 32400:
    INTERVAL, CENTRE = Qgis.MarkerLinePlacement.Interval, Qgis.MarkerLinePlacement.CentralPoint
else:
    INTERVAL = QgsMarkerLineSymbolLayer.Placement.Interval
    CENTRE = QgsMarkerLineSymbolLayer.Placement.CentralPoint


def make_field(name: str, kind: int) -> QgsField:
    """Return a field of one of the types TEXT, INTEGER, WHOLE (64 bits), REAL or DATE_TIME."""
    return QgsField(name, kind)


def is_key(field: QgsField) -> bool:
    """Tell whether a database numbers the rows of its table by this field, as PostGIS tables have one."""
    by_database = QgsFieldConstraints.ConstraintOrigin.ConstraintOriginProvider
    rules = [
        field.constraints().constraintOrigin(rule)
        for rule in (
            QgsFieldConstraints.Constraint.ConstraintUnique,
            QgsFieldConstraints.Constraint.ConstraintNotNull,
        )
    ]
    return field.isNumeric() and all(rule == by_database for rule in rules)


def place_markers(line: QgsMarkerLineSymbolLayer, placement: int) -> None:
    """Put the markers of a line at every INTERVAL or at its CENTRE."""
    if Qgis.QGIS_VERSION_INT >= 32400:
        line.setPlacements(Qgis.MarkerLinePlacements(placement))
    else:
        line.setPlacement(placement)


def always_show(label: QgsPalLayerSettings) -> None:
    """Have the label drawn also where there is no room for it."""
    if Qgis.QGIS_VERSION_INT >= 32600:
        label.placementSettings().setOverlapHandling(Qgis.LabelOverlapHandling.AllowOverlapIfRequired)
    else:
        label.displayAll = True


def blank_project() -> QgsProject:
    """Return a project without a style library: making that takes longer than all the rest."""
    if Qgis.QGIS_VERSION_INT >= 32800:
        return QgsProject(None, Qgis.ProjectCapabilities())
    return QgsProject()


def make_tab(container: QgsAttributeEditorContainer) -> None:
    """Have a part of a form shown as a tab, not as a box."""
    if Qgis.QGIS_VERSION_INT >= 33200:
        container.setType(Qgis.AttributeEditorContainerType.Tab)
    else:
        container.setIsGroupBox(False)


def is_null(value: Any) -> bool:
    """Tell whether an attribute is null: NULL with Qt 5, None with Qt 6 and in Python lists."""
    return value is None or value == NULL


def unshifted(value: Any) -> Any:
    """Return an attribute so that no QGIS shifts it on writing: date and time as shown, with UTC as spec.

    From QGIS 3.40 on, values of local spec are converted to UTC when a GeoPackage is written.
    """
    if isinstance(value, QDateTime) and value.isValid():
        return QDateTime(value.date(), value.time(), Qt.TimeSpec.UTC)
    return value


def set_label_look(label: QgsLayoutItemLabel, font: QFont, colour: QColor) -> None:
    """Give a label of a layout its font, in points, and its colour."""
    if Qgis.QGIS_VERSION_INT >= 32400:
        label.setTextFormat(text_format(font, colour))
    else:
        label.setFont(font)
        label.setFontColor(colour)


def text_format(font: QFont, colour: QColor) -> QgsTextFormat:
    """Text of a font, whose size is in points, and a colour."""
    look = QgsTextFormat()
    look.setFont(font)
    look.setSize(font.pointSizeF())
    look.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    look.setColor(colour)
    return look
