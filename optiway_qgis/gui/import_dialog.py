"""The dialog that shows how a list would be imported: its columns, its first rows, what is rejected.

Fields can be changed; the rows follow at once. Import opens the algorithm with what was chosen. How lists are
read is that of layers/import_*.py.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from qgis.core import QgsCoordinateReferenceSystem, QgsProject
from qgis.gui import QgsFileWidget, QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from optiway_qgis.layers.import_columns import KINDS, Sheet, sheet_of, understand
from optiway_qgis.layers.import_file import read_file
from optiway_qgis.layers.import_places import Places
from optiway_qgis.layers.import_rows import Imported, Settings, read_rows
from optiway_qgis.layers.translation import tr
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.messy import shown

if TYPE_CHECKING:
    from optiway_qgis.layers.import_columns import Column

SHOWN_ROWS = 20
_SAMPLES = 3
_WIDEST = 260
"""Pixels of the widest column of a table."""


def open_import_dialog(parent: QWidget | None = None) -> ImportDialog:
    """Show the dialog beside QGIS and return it. It deletes itself when it is closed."""
    dialog = ImportDialog(parent)
    dialog.show()
    return dialog


class ImportDialog(QDialog):
    """A file, its columns, its first rows."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle(tr("Import a list of stops"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1000, 720)
        self._sheet: Sheet | None = None
        self.chosen: dict[str, str] = {}
        """Column -> field, of those that were changed here."""
        self.file = QgsFileWidget()
        self.file.setFilter(tr("Lists (*.csv *.tsv *.txt *.xlsx *.ods);;All files (*)"))
        self.crs = QgsProjectionSelectionWidget()
        self.crs.setOptionVisible(QgsProjectionSelectionWidget.CrsOption.CrsNotSet, True)
        self.crs.setNotSetText(tr("Degrees (WGS 84)"))
        self.crs.setCrs(QgsCoordinateReferenceSystem())
        self.state = QLabel(tr("Choose a file: CSV, TSV, XLSX or ODS."))
        self.state.setWordWrap(True)
        self.columns = _table((tr("Column"), tr("First values"), tr("Field"), tr("Understood")))
        self.rows = _table(
            (
                tr("Row"),
                tr("Becomes"),
                tr("Id, or code"),
                tr("Name"),
                tr("Place, or what is wrong"),
                tr("Windows, or what to do"),
            )
        )
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.import_button = self.buttons.addButton(tr("Import…"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.import_button.setEnabled(False)
        self._lay_out()
        self.file.fileChanged.connect(self._take_file)
        self.crs.crsChanged.connect(lambda _crs: self._show())
        self.buttons.accepted.connect(self._import)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow(tr("File"), self.file)
        form.addRow(tr("CRS of the coordinates"), self.crs)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.state)
        layout.addWidget(self.columns, 2)
        layout.addWidget(QLabel(tr("First rows, and the first that are rejected")))
        layout.addWidget(self.rows, 3)
        layout.addWidget(self.buttons)

    def _take_file(self, path: str) -> None:
        """Read another file; what was chosen for the last one is forgotten."""
        self._sheet = None
        self.chosen = {}
        try:
            self._sheet = sheet_of(read_file(path), None)
        except InputError as error:
            self._refuse(error)
        else:
            self._show()

    def _show(self) -> None:
        """Show columns and rows as they are understood now."""
        if self._sheet is None:
            return
        try:
            columns = understand(self._sheet, self.chosen, False)
        except InputError as error:
            self._refuse(error)
            return
        crs = self.crs.crs() if self.crs.crs().isValid() else None
        places = Places(
            crs, QgsProject.instance().transformContext(), [row.number for row in self._sheet.rows]
        )
        settings = Settings(in_degrees=crs is None or crs.isGeographic())
        imported = read_rows(self._sheet, columns, places, settings)
        self._show_columns(columns)
        self._show_rows(imported)
        counts = tr("{rows} rows: {stops} stops, {others} to geocode, {rejected} rejected.").format(
            rows=len(self._sheet.rows),
            stops=len(imported.stops),
            others=len(imported.to_geocode),
            rejected=len(imported.rejected),
        )
        told = escape(" ".join((*self._sheet.told, *imported.told)))
        self.state.setText(f"<b>{counts}</b> {told}")
        self.import_button.setEnabled(bool(self._sheet.rows))

    def _show_columns(self, columns: list[Column]) -> None:
        self.columns.setRowCount(len(columns))
        for number, column in enumerate(columns):
            samples = [shown(cell) for cell in self._sheet.column(column.index)[:_SAMPLES]]
            choice = QComboBox()
            choice.addItem(tr("carried along"), "")
            for name in KINDS:
                choice.addItem(name, name)
            choice.setCurrentIndex(choice.findData(column.field))
            choice.activated.connect(
                lambda _index, name=column.name, choice=choice: self.choose(name, choice.currentData())
            )
            self.columns.setItem(number, 0, _item(column.name))
            self.columns.setItem(number, 1, _item(" | ".join(samples)))
            self.columns.setCellWidget(number, 2, choice)
            self.columns.setItem(number, 3, _item("; ".join(filter(None, (column.why, column.note)))))
        _fit(self.columns)

    def choose(self, name: str, field: str) -> None:
        """Have a column hold a field; the one that held it is carried along."""
        columns = understand(self._sheet, self.chosen, False)
        for column in columns:
            if field and column.field == field:
                self.chosen[column.name] = ""
        self.chosen[name] = field
        self._show()

    def _show_rows(self, imported: Imported) -> None:
        lines = []
        for stop in [*imported.stops, *imported.to_geocode]:
            values = stop.values
            place = stop.address
            if stop.lon_lat is not None:
                place = "{1:.5f}, {0:.5f}".format(*stop.lon_lat)
            windows = [
                f"{values.get(f'tw{n}_start', '')}-{values.get(f'tw{n}_end', '')}" for n in range(1, 4)
            ]
            becomes = tr("stop") if stop.lon_lat is not None else tr("to geocode")
            texts = [values["stop_id"], shown(values.get("name")), place]
            lines.append((stop.row.number, becomes, *texts, ", ".join(one for one in windows if one != "-")))
        rejects = [
            (one.row.number, tr("rejected"), one.fault.code, "", one.fault.text, one.fault.remedy)
            for one in imported.rejected[:SHOWN_ROWS]
        ]
        lines = [*sorted(lines)[:SHOWN_ROWS], *rejects]
        self.rows.setRowCount(len(lines))
        for number, line in enumerate(lines):
            for place, text in enumerate(line):
                self.rows.setItem(number, place, _item(str(text)))
        _fit(self.rows)

    def _refuse(self, error: InputError) -> None:
        self.columns.setRowCount(0)
        self.rows.setRowCount(0)
        self.state.setText(escape(str(error)))
        self.import_button.setEnabled(False)

    def _import(self) -> None:
        """Open the algorithm with what was chosen."""
        import processing

        parameters = {"INPUT_FILE": self.file.filePath()}
        if self.chosen:
            parameters["MAPPING"] = json.dumps({"columns": self.chosen}, ensure_ascii=False)
        if self.crs.crs().isValid():
            parameters["CRS"] = self.crs.crs()
        self.accept()
        processing.execAlgorithmDialog("optiway:import_stops", parameters)


def _table(titles: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(titles))
    table.setHorizontalHeaderLabels(titles)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.verticalHeader().setVisible(False)
    table.horizontalHeader().setStretchLastSection(True)
    return table


def _item(text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setToolTip(escape(text))
    return item


def _fit(table: QTableWidget) -> None:
    table.resizeColumnsToContents()
    for number in range(table.columnCount()):
        table.setColumnWidth(number, min(table.columnWidth(number), _WIDEST))
