"""Where outputs go: files are told from databases and memory."""

from __future__ import annotations

import pytest

from optiway_qgis.layers.destinations import cannot_write, file_of, replaces


@pytest.mark.parametrize(
    ("destination", "path"),
    [
        ("plan.gpkg", "plan.gpkg"),
        ("/data/plan.gpkg|layername=routes", "/data/plan.gpkg"),
        ("ogr:dbname='/data/plan.gpkg' table=\"routes\" (geom)", "/data/plan.gpkg"),
        ("C:\\data\\visits.csv", "C:\\data\\visits.csv"),
        ('postgis:dbname=\'gis\' host=localhost table="public"."routes" (geom)', ""),
        ("memory:", ""),
        ("Routes_6f5c6ce5_3296_45bc_b7ef_3031bbf98200", ""),
        ("", ""),
    ],
)
def test_files_are_told_from_databases_and_memory(destination, path):
    """A database called like a folder must not be taken for a file."""
    assert file_of(destination) == path


def test_a_database_is_left_to_its_provider(tmp_path, monkeypatch):
    """QGIS may stand in a folder nobody can write to."""
    (tmp_path / "gis").mkdir()
    monkeypatch.chdir(tmp_path)
    assert cannot_write("VISITS", "postgres://dbname='gis' table=\"visits\" (geom)") == ""


@pytest.mark.parametrize("beginning", ["postgres:", "postgis:", "postgis://"])
def test_tables_that_would_be_written_and_not_found_again_are_refused(beginning):
    """The plan would be there, and the run end with an error that says that it is not."""
    told = cannot_write("VISITS", f"{beginning}dbname='gis' password='secret' table=\"visits\" (geom)")
    assert "postgres://" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("destination", "path", "table", "expected"),
    [
        ("ogr:dbname='/d/plan.gpkg' table=\"visits\" (geom)", "/d/plan.gpkg", "visits", True),
        ("ogr:dbname='/d/../d/plan.gpkg' table=\"Visits\" (geom)", "/d/plan.gpkg", "visits", True),
        ("ogr:dbname='/d/plan.gpkg' table=\"visits\" (geom)", "/d/plan.gpkg", None, True),
        ("ogr:dbname='/d/plan.gpkg' table=\"visits_2\" (geom)", "/d/plan.gpkg", "visits", False),
        ("ogr:dbname='/d/next.gpkg' table=\"visits\" (geom)", "/d/plan.gpkg", "visits", False),
        ("/d/plan.gpkg", "/d/plan.gpkg", "visits", True),
        ("/d/visits.shp", "/d/visits.shp", None, True),
        ("TEMPORARY_OUTPUT", "", None, False),
    ],
)
def test_a_file_or_table_that_is_read_is_known_as_such(destination, path, table, expected):
    """A destination without a table takes the place of the whole file."""
    assert replaces(destination, path, table) is expected
