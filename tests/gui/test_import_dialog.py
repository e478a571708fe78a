"""The dialog of imports: it shows how a list is understood, and what changes when a field is changed."""

from __future__ import annotations

import pytest
from qgis.core import QgsCoordinateReferenceSystem
from qgis.PyQt import sip

from optiway_qgis.gui.import_dialog import SHOWN_ROWS, open_import_dialog
from tests.messy_list import messy_list


@pytest.fixture
def dialog(qgis_app):
    """The dialog, open."""
    dialog = open_import_dialog()
    yield dialog
    if not sip.isdeleted(dialog):
        dialog.reject()


@pytest.fixture
def opened(monkeypatch):
    """The algorithms that were opened, with their parameters."""
    import processing

    calls = []
    monkeypatch.setattr(processing, "execAlgorithmDialog", lambda *given: calls.append(given))
    return calls


def choose(dialog, column: str, field: str) -> None:
    """Take a field from the list beside a column, as a click does."""
    names = [dialog.columns.item(row, 0).text() for row in range(dialog.columns.rowCount())]
    box = dialog.columns.cellWidget(names.index(column), 2)
    box.setCurrentIndex(box.findData(field))
    box.activated.emit(box.currentIndex())


def held(dialog) -> dict[str, str]:
    """Column -> the field it is shown to hold."""
    return {
        dialog.columns.item(row, 0).text(): dialog.columns.cellWidget(row, 2).currentData()
        for row in range(dialog.columns.rowCount())
    }


def test_a_list_is_shown_as_it_would_be_imported(dialog, tmp_path, opened):
    """Columns with their fields, the first rows and rejects, the counts; Import opens the algorithm."""
    made = messy_list()
    path = tmp_path / "list.csv"
    path.write_bytes(made.text.encode("cp1252"))
    assert not dialog.import_button.isEnabled()
    dialog.file.setFilePath(str(path))
    assert "200 rows: 165 stops, 5 to geocode, 30 rejected." in dialog.state.text()
    assert held(dialog)["Zeitfenster"] == "window"
    assert held(dialog)["Tour alt"] == ""
    assert dialog.rows.rowCount() == 2 * SHOWN_ROWS
    shown = {int(dialog.rows.item(row, 0).text()) for row in range(SHOWN_ROWS, 2 * SHOWN_ROWS)}
    assert shown == set(sorted(made.rejects)[:SHOWN_ROWS])
    dialog.import_button.click()
    assert opened == [("optiway:import_stops", {"INPUT_FILE": str(path)})]


def test_a_field_that_is_changed_is_read_at_once(dialog, tmp_path, opened):
    """It leaves the column that held it, and goes with the others to the algorithm."""
    path = tmp_path / "list.csv"
    path.write_text("id;was;name;x;y\n1;Ana;shop;-40000;165000\n2;Rui;home;-40100;165100\n", encoding="utf-8")
    dialog.file.setFilePath(str(path))
    assert "2 rejected" in dialog.state.text()
    dialog.crs.setCrs(QgsCoordinateReferenceSystem("EPSG:3763"))
    assert "2 stops" in dialog.state.text()
    choose(dialog, "was", "name")
    assert {name: held(dialog)[name] for name in ("was", "name")} == {"was": "name", "name": ""}
    assert dialog.rows.item(0, 3).text() == "Ana"
    dialog.import_button.click()
    ((_, parameters),) = opened
    assert parameters["MAPPING"] == '{"columns": {"name": "", "was": "name"}}'
    assert parameters["CRS"].authid() == "EPSG:3763"


def test_markup_of_a_list_is_shown_as_text(dialog, tmp_path):
    """A name cannot put pictures or links into the dialog."""
    path = tmp_path / "list.csv"
    path.write_text("id;address;coordinates<img>\n<b>1</b>;Rua A 1;\n", encoding="utf-8")
    dialog.file.setFilePath(str(path))
    choose(dialog, "coordinates<img>", "coordinates")
    assert "coordinates&lt;img&gt;" in dialog.state.text()
    assert dialog.rows.item(0, 2).toolTip() == "&lt;b&gt;1&lt;/b&gt;"


def test_a_file_that_is_no_list_is_refused(dialog, tmp_path):
    """In the dialog, which goes on."""
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\0\0\x01\x02\xff")
    dialog.file.setFilePath(str(path))
    assert "neither text nor a workbook" in dialog.state.text()
    assert not dialog.import_button.isEnabled()
    (tmp_path / "list.csv").write_text("id;address\n1;Rua A 1\n", encoding="utf-8")
    dialog.file.setFilePath(str(tmp_path / "list.csv"))
    assert dialog.import_button.isEnabled()
