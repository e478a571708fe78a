"""A layer as a list of stops that is to be imported, and what was imported as features.

What rows mean is import_rows.py's; files are read in import_file.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterator, Sequence

from qgis.core import QgsFeature, QgsFeatureRequest, QgsFields, QgsGeometry, QgsPointXY
from qgis.PyQt.QtCore import QDate, QDateTime, QTime

from ..model.messy import shown
from .import_columns import (
    ADDRESS_PARTS,
    HOURS,
    KINDS,
    LOAD,
    MINUTES,
    NUMBER,
    PLACE,
    Sheet,
    SheetRow,
    unique_names,
)
from .points import as_point
from .qgis_compat import INTEGER, REAL, TEXT, is_null, make_field
from .write import make_feature

if TYPE_CHECKING:
    from qgis.core import QgsProcessingFeatureSource, QgsProcessingFeedback

    from ..model.messy import Cell
    from .import_columns import Column
    from .import_rows import Rejected, Stop

STOPS, TO_GEOCODE, REJECTS = "STOPS", "TO_GEOCODE", "REJECTS"

_ROW = "source_row"
_ALWAYS = ("stop_id", "name", "address", *ADDRESS_PARTS[:-1])
"""Fields that are there whether or not a column holds them: what geocoding reads."""
_NOT_WRITTEN = frozenset((PLACE, HOURS, "lon", "lat"))
_REJECT_FIELDS = ("row", "code", "reason", "remedy")
_LISTS = ("delivery", "pickup")


def layer_sheet(source: QgsProcessingFeatureSource, feedback: QgsProcessingFeedback) -> Sheet:
    """The features of a layer as the rows of a sheet, counted from 1; points are in the layer's CRS."""
    names = source.fields().names()
    rows = []
    empty = 0
    for number, feature in enumerate(source.getFeatures(QgsFeatureRequest()), 1):
        if feedback.isCanceled():
            break
        cells = tuple(_cell(value) for value in feature.attributes())
        point = as_point(feature.geometry()) if feature.hasGeometry() else QgsGeometry()
        place = None if point.isNull() else (point.asPoint().x(), point.asPoint().y())
        if place is None and all(cell is None for cell in cells):
            empty += 1
            continue
        rows.append(SheetRow(number, cells, place))
    return Sheet(unique_names(names, ()), tuple(rows), empty, (f"Layer: {source.sourceName()}.",))


def _cell(value: Any) -> Cell:
    if is_null(value):
        return None
    if isinstance(value, QDateTime):
        return value.toString("yyyy-MM-ddTHH:mm:ss") if value.isValid() else None
    if isinstance(value, QTime):
        return value.toString("HH:mm:ss") if value.isValid() else None
    if isinstance(value, QDate):
        return value.toString("yyyy-MM-dd") if value.isValid() else None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return float(value)
    return str(value).strip() or None


class Outputs:
    """Fields and features of STOPS, TO_GEOCODE and REJECTS. `safe` makes a text harmless for spreadsheets."""

    def __init__(self, sheet: Sheet, columns: Sequence[Column], windows: int):
        self._sheet = sheet
        held = {column.field for column in columns} - {""}
        wanted = [*_ALWAYS, *(name for name in KINDS if name in held and name not in _ALWAYS)]
        numbered = [f"tw{number}_{end}" for number in range(1, windows + 1) for end in ("start", "end")]
        self._names = list(dict.fromkeys([*wanted, *numbered]))
        self._names = [name for name in self._names if name not in _NOT_WRITTEN]
        self._carried = [column.index for column in columns if not column.field]
        taken = {"fid", _ROW, *self._names, *KINDS}
        self._carried_names = unique_names([sheet.names[index] for index in self._carried], taken)

    def stop_fields(self) -> QgsFields:
        """Our fields, the number of the row, and what is carried along."""
        fields = QgsFields()
        for name in self._names:
            is_number = KINDS[name] in (MINUTES, LOAD, NUMBER) and name not in _LISTS
            fields.append(make_field(name, REAL if is_number else TEXT))
        fields.append(make_field(_ROW, INTEGER))
        for name in self._carried_names:
            fields.append(make_field(name, TEXT))
        return fields

    def stops(self, stops: Sequence[Stop], safe: Callable[[str], str]) -> Iterator[QgsFeature]:
        """A feature for each stop, with a point where it has one."""
        fields = self.stop_fields()
        for stop in stops:
            values = [_safe(stop.values.get(name), safe) for name in self._names]
            carried = [_safe(_text(stop.row.cells[index]), safe) for index in self._carried]
            point = QgsGeometry()
            if stop.lon_lat is not None:
                point = QgsGeometry.fromPointXY(QgsPointXY(*stop.lon_lat))
            yield make_feature(fields, (*values, stop.row.number, *carried), point)

    def reject_fields(self) -> QgsFields:
        """Row number, code, reason, remedy, then all columns as they were."""
        fields = QgsFields()
        for name in _REJECT_FIELDS:
            fields.append(make_field(name, INTEGER if name == "row" else TEXT))
        for name in unique_names(self._sheet.names, (*_REJECT_FIELDS, "fid")):
            fields.append(make_field(name, TEXT))
        return fields

    def rejects(self, rejected: Sequence[Rejected], safe: Callable[[str], str]) -> Iterator[QgsFeature]:
        """A row for each row that was rejected."""
        fields = self.reject_fields()
        for one in rejected:
            cells = [_safe(_text(cell), safe) for cell in one.row.cells]
            told = (one.row.number, one.fault.code, one.fault.text, one.fault.remedy)
            yield make_feature(fields, (*told, *cells), QgsGeometry())


def _text(cell: Cell) -> str | None:
    return None if cell is None else shown(cell)


def _safe(value: Any, safe: Callable[[str], str]) -> Any:
    return safe(value) if isinstance(value, str) else value
