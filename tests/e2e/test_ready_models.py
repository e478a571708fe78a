"""The ready models as a server runs them: by qgis_process, from an empty profile, into one GeoPackage."""

from __future__ import annotations

import sqlite3

from headless import BUILD, points_from_csv, table_of_geopackage

SAMPLE = BUILD / "optiway_qgis" / "resources" / "sample"


def rows(path, sql: str) -> list[tuple]:
    """The rows of a query."""
    with sqlite3.connect(path) as database:
        return database.execute(sql).fetchall()


def test_solo_day(qgis_process, tmp_path):
    """Points, a start typed in, and where to write."""
    plan, report = tmp_path / "day.gpkg", tmp_path / "day.html"
    results = qgis_process.run(
        "optiway:solo_day",
        {
            "STOPS": points_from_csv(SAMPLE / "day_small.csv"),
            "START": "-3.6975,52.4417 [EPSG:4326]",
            "START_TIME": "08:00:00",
            "RETURN": "true",
            "plan:VISITS": table_of_geopackage(plan, "visits"),
            "plan:REPORT": str(report),
        },
    )
    assert results["plan:REPORT"] == str(report)
    assert "</html>" in report.read_text(encoding="utf-8")
    assert rows(plan, "SELECT count(*) FROM visits WHERE visit_type = 'stop'") == [(20,)]


def test_team_day(qgis_process, town_layers, tmp_path):
    """The sample town passes the check and is planned; both reports are there."""
    plan, check, report = tmp_path / "day.gpkg", tmp_path / "check.html", tmp_path / "day.html"
    qgis_process.run(
        "optiway:team_day",
        {
            **town_layers,
            "TIME_LIMIT": 3,
            "check:REPORT": str(check),
            "plan:ROUTES": table_of_geopackage(plan, "routes"),
            "plan:REPORT": str(report),
        },
    )
    assert rows(plan, "SELECT sum(stops) FROM routes") == [(60,)]
    assert all("</html>" in path.read_text(encoding="utf-8") for path in (check, report))


def test_team_day_with_an_error_leaves_the_findings_and_no_plan(qgis_process, town_layers, tmp_path):
    """A shift of an hour late in the day: nothing is planned by halves."""
    found, plan = tmp_path / "found.gpkg", tmp_path / "day.gpkg"
    town = {name: town_layers[name] for name in ("STOPS", "DEPOTS")}
    qgis_process.run(
        "optiway:team_day",
        {
            **town,
            "SHIFT_START": "17:00:00",
            "SHIFT_END": "18:00:00",
            "check:FINDINGS": table_of_geopackage(found, "findings"),
            "plan:ROUTES": table_of_geopackage(plan, "routes"),
        },
    )
    assert rows(found, "SELECT count(*) > 0 FROM findings WHERE severity = 'error'") == [(1,)]
    assert not plan.exists()
