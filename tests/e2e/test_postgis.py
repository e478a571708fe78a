"""The state of a day in PostGIS: a plan written to a real database and read back, like one in a GeoPackage.

Values are compared by SQL and not by anything of the plugin.
"""

from __future__ import annotations

import os
import re
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from headless import QgisProcess, QgisProcessFailed, table_of_geopackage

from tests.postgis import Database, NoServer, served

if TYPE_CHECKING:
    from pathlib import Path

SINKS = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")
DAY = {"PLAN_DATE": "2026-05-04", "TIME_ZONE": "Europe/London"}
SEARCH = {"ITERATIONS": 60, "SEED": 1}
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(\.\d+)?Z?")


@pytest.fixture(scope="module")
def database() -> Database:
    """PostgreSQL with PostGIS. Without it a test is skipped by hand and fails under CI."""
    try:
        with served() as running:
            running.run("CREATE SCHEMA plans")
            yield running
    except NoServer as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def abroad(qgis_process) -> QgisProcess:
    """qgis_process on a computer with another clock: what is in the database are times of the plan's zone."""
    return QgisProcess({**qgis_process.environment, "TZ": "America/New_York"})


@pytest.fixture(scope="module")
def geopackage(tmp_path_factory) -> Path:
    """Where the same is written beside it."""
    return tmp_path_factory.mktemp("plan") / "plan.gpkg"


@pytest.fixture(scope="module")
def planned(qgis_process, abroad, town_layers, database, geopackage) -> dict[str, Any]:
    """The numbers of a plan of the town that was written to both."""
    given = {**town_layers, **DAY, **SEARCH}
    files = {name: table_of_geopackage(geopackage, name.lower()) for name in SINKS}
    tables = {name: database.layer(name.lower(), "plans") for name in SINKS}
    there = qgis_process.run("optiway:plan_routes", {**given, **files})
    here = abroad.run("optiway:plan_routes", {**given, **tables})
    numbers = {name: value for name, value in there.items() if name not in SINKS}
    assert {name: here[name] for name in numbers} == numbers
    return here


def in_database(database: Database, table: str) -> list[dict[str, Any]]:
    """The rows as they were written, without the number the database gave them; points as (x, y)."""
    place = "jsonb_build_array(ST_X(geom), ST_Y(geom))" if "visits" in table else "NULL"
    found = database.rows(
        f"SELECT to_jsonb(one) - 'id' || jsonb_build_object('geom', {place}) AS found "
        f'FROM plans."{table}" AS one ORDER BY id'
    )
    return [row["found"] for row in found]


def in_file(geopackage: Path, table: str) -> list[dict[str, Any]]:
    """The same rows of the GeoPackage."""
    with closing(sqlite3.connect(geopackage)) as file:
        file.row_factory = sqlite3.Row
        rows = [dict(row) for row in file.execute(f'SELECT * FROM "{table}" ORDER BY fid')]
    for row in rows:
        del row["fid"]
        # A point ends with x and y: https://www.geopackage.org/spec/#gpb_format
        row["geom"] = list(struct.unpack("<2d", row["geom"][-16:])) if "visits" in table else None
        for name, value in row.items():
            if isinstance(value, str) and MOMENT.fullmatch(value):
                row[name] = value.rstrip("Z").removesuffix(".000")
    return rows


@pytest.mark.parametrize("table", [name.lower() for name in SINKS])
def test_tables_and_geopackage_hold_the_same(planned, database, geopackage, table):
    """Each column under its name, each row in its order, each value; nothing is cut or shifted."""
    there, here = in_file(geopackage, table), in_database(database, table)
    assert len(here) == {"routes": planned["ROUTE_COUNT"], "unassigned": planned["UNASSIGNED_COUNT"]}.get(
        table, len(there)
    )
    assert here == there


def test_a_plan_is_timed_anew_in_its_own_table(planned, abroad, town_layers, database):
    """Read from the table that it is written to, twice: nothing moves, and no column is added."""
    visits = database.layer("visits_again", "plans")
    database.run("CREATE TABLE plans.visits_again AS TABLE plans.visits")
    database.run("ALTER TABLE plans.visits_again ADD PRIMARY KEY (id)")
    fleet = {name: town_layers[name] for name in ("DEPOTS", "VEHICLES")}
    for _ in range(2):
        abroad.run("optiway:schedule", {**fleet, **DAY, "STOPS": visits, "VISITS": visits})
    before, after = (in_database(database, table) for table in ("visits", "visits_again"))
    assert [{**row, "plan_id": ""} for row in after] == [{**row, "plan_id": ""} for row in before]
    assert list(after[0]) == list(before[0])


def test_what_a_database_refuses_is_said(planned, qgis_process, town_layers, database):
    """A schema that is not there, and a table that somebody's view needs."""
    database.run("CREATE VIEW plans.late AS SELECT * FROM plans.legs WHERE drive_min > 30")
    for table, schema, words in (("visits", "nowhere", 'schema "nowhere"'), ("legs", "plans", "plans.late")):
        given = {**town_layers, **DAY, **SEARCH, "LEGS": database.layer(table, schema)}
        with pytest.raises(QgisProcessFailed, match=words):
            qgis_process.run("optiway:plan_routes", given)
    assert len(in_database(database, "legs")) == len(in_database(database, "visits")) - planned["ROUTE_COUNT"]


@pytest.mark.parametrize("clock", ["UTC", "America/New_York"])
def test_moments_with_a_zone_are_read_on_the_clock_of_the_plan(qgis_process, town_layers, database, clock):
    """A window from nine to ten in London is that, wherever the computer stands, in the plan and after it."""
    database.run("DROP TABLE IF EXISTS plans.orders")
    database.run(
        "CREATE TABLE plans.orders (id serial PRIMARY KEY, stop_id text, tw1_start timestamptz, "
        "tw1_end timestamptz, geom geometry(Point, 4326))"
    )
    database.run(
        "INSERT INTO plans.orders (stop_id, tw1_start, tw1_end, geom) VALUES "
        "('early', '2026-05-04 08:00Z', '2026-05-04 09:00Z', ST_SetSRID(ST_MakePoint(-3.67, 52.45), 4326))"
    )
    there = QgisProcess({**qgis_process.environment, "TZ": clock})
    given = {"DEPOTS": town_layers["DEPOTS"], "VEHICLES": town_layers["VEHICLES"], **DAY, **SEARCH}
    layers = {
        "STOPS": database.layer("orders", "plans"),
        "VISITS": database.layer("visits_of_orders", "plans"),
    }
    there.run("optiway:plan_routes", {**given, **layers})
    (visit,) = database.rows("SELECT * FROM plans.visits_of_orders WHERE visit_type = 'stop'")
    assert "2026-05-04T09:00:00" <= visit["start_time"] <= "2026-05-04T10:00:00"
    assert (visit["tw1_start"], visit["tw1_end"]) == ("2026-05-04T09:00:00", "2026-05-04T10:00:00")
