"""A city on its real streets: Porto from an .osm.pbf, planned by qgis_process and in the desktop."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from desktop import run_in_desktop
from headless import points_from_csv, table_from_csv, table_of_geopackage

from tests.engine.osrm import prepared, routed

RUN_DIALOG = Path(__file__).absolute().parent / "run_dialog.py"
START_AND_PLAN_SECONDS = 240
SINKS = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")
STOP_COUNT = 240


@pytest.fixture(scope="module")
def porto_layers(shared_data) -> dict[str, str]:
    """Sources of the layers of Porto, the streets as they come from OpenStreetMap."""
    porto = shared_data / "porto"
    return {
        "STOPS": points_from_csv(porto / "stops.csv"),
        "DEPOTS": points_from_csv(porto / "depots.csv"),
        "VEHICLES": table_from_csv(porto / "vehicles.csv"),
        "ROADS": f"ogr://{shared_data / 'osm' / 'porto.osm.pbf'}|layername=lines",
    }


@pytest.fixture(scope="module")
def planned(qgis_process, porto_layers, tmp_path_factory) -> dict:
    """The outputs of plan_routes on Porto's streets, with the GeoPackage they are in."""
    folder = tmp_path_factory.mktemp("porto")
    outputs = {name: table_of_geopackage(folder / "plan.gpkg", name.lower()) for name in SINKS}
    report = folder / "report.html"
    results = qgis_process.run(
        "optiway:plan_routes",
        {**porto_layers, **outputs, "REPORT": report, "TIME_LIMIT": 15, "TIME_ZONE": "Europe/Lisbon"},
    )
    return {**results, "geopackage": folder / "plan.gpkg"}


def query(planned: dict, sql: str) -> list[tuple]:
    """Rows of a query on the GeoPackage."""
    with closing(sqlite3.connect(planned["geopackage"])) as database:
        return database.execute(sql).fetchall()


def test_every_stop_of_porto_is_reached(planned):
    """Nothing is lost, and every stop lies on a street."""
    assert planned["STOP_COUNT"] == STOP_COUNT
    assert planned["ASSIGNED_COUNT"] + planned["UNASSIGNED_COUNT"] == STOP_COUNT
    assert query(planned, "SELECT count(*) FROM unassigned WHERE reason = 'unreachable'") == [(0,)]


def test_legs_follow_the_streets(planned):
    """All of them, with many more points than their two ends, and at the speed of a city."""
    assert query(planned, "SELECT DISTINCT travel_source FROM legs") == [("road",)]
    ((metres, minutes, octets, legs),) = query(
        planned, "SELECT sum(distance_km), sum(drive_min), sum(length(geom)), count(*) FROM legs"
    )
    assert 20 < metres / (minutes / 60) < 60
    assert octets / legs / 16 > 20
    assert metres == pytest.approx(planned["DISTANCE_KM"])


def test_report_says_that_the_times_are_those_of_roads(planned):
    """The warning about estimates would be wrong here."""
    page = Path(planned["REPORT"]).read_text(encoding="utf-8")
    assert 'id="estimate"' not in page


def test_network_is_kept_for_the_next_plan(planned, qgis_process):
    """The profile of QGIS holds what was prepared."""
    profile = Path(qgis_process.environment["QGIS_CUSTOM_CONFIG_PATH"])
    kept = [path for path in profile.rglob("optiway/cache/**/*") if path.is_file()]
    assert kept


def test_another_router_agrees_with_the_plan(planned, qgis_process, porto_layers, shared_data, tmp_path):
    """Timed again by a real OSRM on the same streets, the plan costs, drives and is as long as it said."""
    streets = prepared(shared_data / "osm" / "porto.osm.pbf", tmp_path)
    with routed(streets) as address:
        again = qgis_process.run(
            "optiway:schedule",
            {
                "STOPS": f"{planned['geopackage']}|layername=visits",
                "DEPOTS": porto_layers["DEPOTS"],
                "VEHICLES": porto_layers["VEHICLES"],
                "TRAVEL": "osrm",
                "SERVER_URL": address,
                "TIME_ZONE": "Europe/Lisbon",
            },
        )
    assert again["ASSIGNED_COUNT"] == planned["ASSIGNED_COUNT"]
    assert again["COST"] == pytest.approx(planned["COST"], rel=0.02)
    assert again["DRIVE_MIN"] == pytest.approx(planned["DRIVE_MIN"], rel=0.04)
    assert again["DISTANCE_KM"] == pytest.approx(planned["DISTANCE_KM"], rel=0.02)


def test_desktop_plans_on_the_open_layer(porto_layers, pictures, tmp_path):
    """The .osm.pbf is a layer of the project, chosen in the dialog; the map shows routes over streets."""
    folder = pictures / "roads"
    folder.mkdir(exist_ok=True)
    names = list(porto_layers)
    job = {
        "algorithm": "optiway:plan_routes",
        "layers": {name: porto_layers[name] for name in reversed(names)},
        "parameters": {**{name: name for name in names}, "TIME_LIMIT": 12},
        "screenshots": str(folder),
    }
    answer = run_in_desktop(RUN_DIALOG, job, tmp_path / "desktop", START_AND_PLAN_SECONDS)
    assert "error" not in answer, answer["error"]
    assert set(answer["layers"]) == set(SINKS)
    assert answer["results"]["STOP_COUNT"] == STOP_COUNT
    assert answer["layers"]["LEGS"]["features"] > STOP_COUNT * 0.9
    colours = subprocess.run(
        ["identify", "-format", "%k", str(folder / "map.png")], capture_output=True, text=True, check=True
    )
    assert int(colours.stdout) > 2000
