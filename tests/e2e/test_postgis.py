"""The state of a day in PostGIS: a plan written to a real database and read back, like one in a GeoPackage.

All steps of a day are made on both, and values are compared by SQL and not by anything of the plugin.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from headless import QgisProcess, QgisProcessFailed
from plan_tables import SCHEMA, InFile, InPostgis, Row

from tests.postgis import Database, NoServer, served

SINKS = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")
DAY = {"PLAN_DATE": "2026-05-04", "TIME_ZONE": "Europe/London"}
SEARCH = {"ITERATIONS": 60, "SEED": 1}
NOW, LATER = "2026-05-04T10:00:00", "2026-05-04T10:30:00"
DELAY = timedelta(minutes=4)
OF_VERSION = ("plan_id", "version")


@pytest.fixture(scope="module")
def database() -> Database:
    """PostgreSQL with PostGIS. Without it a test is skipped by hand and fails under CI."""
    try:
        with served() as running:
            running.run(f"CREATE SCHEMA {SCHEMA}")
            yield running
    except NoServer as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def abroad(qgis_process) -> QgisProcess:
    """qgis_process on a computer with another clock: what is in the database are times of the plan's zone."""
    return QgisProcess({**qgis_process.environment, "TZ": "America/New_York"})


@dataclass(frozen=True)
class Both:
    """A GeoPackage and a database, worked on alike; what works on the database stands on another clock."""

    file: InFile
    tables: InPostgis
    at_home: QgisProcess
    abroad: QgisProcess

    def run(self, algorithm: str, given: dict[str, Any], read: dict[str, str], written: list[str]) -> Row:
        """Run an algorithm on both; `read` are the tables of parameters, `written` tables named by outputs.

        The numbers it returns are the same.
        """
        numbers = []
        for store, process in ((self.file, self.at_home), (self.tables, self.abroad)):
            places = {name: store.source(table) for name, table in read.items()}
            outputs = {table.rstrip("_0123456789").upper(): store.layer(table) for table in written}
            results = process.run(f"optiway:{algorithm}", {**given, **places, **outputs})
            numbers.append({name: value for name, value in results.items() if name not in outputs})
        assert numbers[0] == numbers[1]
        return numbers[0]

    def change(self, sql: str, **moments: str) -> None:
        """Run statements on both, in which moments are named in braces."""
        for store in (self.file, self.tables):
            store.run(sql.format(**{name: store.moment(moment) for name, moment in moments.items()}))

    def rows(self, table: str) -> list[Row]:
        """The rows of a table, the same in both."""
        there, here = self.file.rows(table), self.tables.rows(table)
        assert here == there
        return here


@pytest.fixture(scope="module")
def both(qgis_process, abroad, database, tmp_path_factory) -> Both:
    """Where all steps are made."""
    file = InFile(tmp_path_factory.mktemp("plan") / "plan.gpkg")
    return Both(file, InPostgis(database), qgis_process, abroad)


@pytest.fixture(scope="module")
def fleet(town_layers) -> dict[str, Any]:
    """What all steps are given: depots, vehicles, the day and the search."""
    return {name: town_layers[name] for name in ("DEPOTS", "VEHICLES")} | DAY | SEARCH


@pytest.fixture(scope="module")
def planned(both, fleet, town_layers) -> Row:
    """The numbers of a plan of the town."""
    tables = [name.lower() for name in SINKS]
    return both.run("plan_routes", {**fleet, "STOPS": town_layers["STOPS"]}, {}, tables)


@pytest.mark.parametrize("table", [name.lower() for name in SINKS])
def test_tables_and_geopackage_hold_the_same(planned, both, table):
    """Each column under its name, each row in its order, each value; nothing is cut or shifted."""
    counts = {"routes": planned["ROUTE_COUNT"], "unassigned": planned["UNASSIGNED_COUNT"]}
    halts = planned["ASSIGNED_COUNT"] + planned["ROUTE_COUNT"]
    expected = {"legs": halts, "visits": halts + planned["ROUTE_COUNT"], **counts}
    assert len(both.rows(table)) == expected[table]


def test_a_plan_is_timed_anew_in_its_own_table(planned, both, fleet, database):
    """Read from the table that it is written to, twice: nothing moves, and no column is added."""
    both.tables.run(
        "CREATE TABLE visits_again AS TABLE visits; ALTER TABLE visits_again ADD PRIMARY KEY (id)"
    )
    visits = both.tables.layer("visits_again")
    given = {name: fleet[name] for name in ("DEPOTS", "VEHICLES", *DAY)}
    for _ in range(2):
        both.abroad.run("optiway:schedule", {**given, "STOPS": visits, "VISITS": visits})
    before, after = (both.tables.rows(table) for table in ("visits", "visits_again"))
    assert [{**row, "plan_id": ""} for row in after] == [{**row, "plan_id": ""} for row in before]
    assert list(after[0]) == list(before[0])


@pytest.fixture(scope="module")
def under_way(planned, both) -> list[Row]:
    """The visits at ten: what was planned to be over some minutes before is done, some minutes late.

    One stop failed, one was cancelled by its customer, and somebody gave one to another vehicle by hand.
    """
    rows = both.rows("visits")
    for row in rows:
        actual = [datetime.fromisoformat(row[name]) + DELAY for name in ("eta", "end_time")]
        if actual[1].isoformat() > NOW:
            continue
        both.change(
            "UPDATE visits SET status = 'done', actual_arrival = {arrival}, actual_departure = {departure} "
            f"WHERE vehicle_id = '{row['vehicle_id']}' AND sequence = {row['sequence']};",
            **dict(zip(("arrival", "departure"), (moment.isoformat() for moment in actual))),
        )
    stops = [row for row in both.rows("visits") if row["visit_type"] == "stop"]
    done = [row["stop_id"] for row in stops if row["status"] == "done"]
    left = [row for row in stops if row["status"] == "planned"]
    both.change(f"UPDATE visits SET status = 'failed' WHERE stop_id = '{done[-1]}';")
    both.change(f"UPDATE visits SET status = 'cancelled' WHERE stop_id = '{left[0]['stop_id']}';")
    given, taker = left[-1], next(row for row in left if row["vehicle_id"] != left[-1]["vehicle_id"])
    both.change(
        f"UPDATE visits SET vehicle_id = '{taker['vehicle_id']}', sequence = {taker['sequence']} "
        f"WHERE stop_id = '{given['stop_id']}';"
    )
    return both.rows("visits")


@pytest.fixture(scope="module")
def edited(under_way, both, fleet) -> list[Row]:
    """The visits of version 2: as they were edited by hand, timed from ten on."""
    read = {"PLAN": "visits", "PLAN_LEGS": "legs", "PLAN_UNASSIGNED": "unassigned"}
    both.run("edit_routes", {**fleet, "NOW": NOW}, read, [f"{name.lower()}_2" for name in SINKS])
    return both.rows("visits_2")


@pytest.fixture(scope="module")
def replanned(edited, both, fleet) -> list[Row]:
    """The visits of version 3: the rest planned anew."""
    read = {"PLAN": "visits_2", "PLAN_LEGS": "legs_2", "PLAN_UNASSIGNED": "unassigned_2"}
    given = {**fleet, "NOW": NOW, "SCOPE": "routes"}
    both.run("reoptimise", given, read, [f"{name.lower()}_3" for name in SINKS] + ["changes_3"])
    return both.rows("visits_3")


def behind(rows: list[Row]) -> list[Row]:
    """The visits that were made, whatever came of them, in their order, without what names the version."""
    kept = [row for row in rows if row["status"] in ("done", "failed")]
    return [but_version(row) for row in sorted(kept, key=in_order)]


def in_order(row: Row) -> tuple[str, int]:
    """Where a visit stands in the plan."""
    return row["vehicle_id"], row["sequence"]


def but_version(row: Row) -> Row:
    """A row without what names the version."""
    return {name: value for name, value in row.items() if name not in OF_VERSION}


def test_what_is_done_is_the_same_in_each_version(under_way, edited, replanned):
    """Row by row and value by value, in the database and in the file."""
    assert len(behind(under_way)) >= 10
    assert {row["status"] for row in behind(under_way)} == {"done", "failed"}
    assert behind(under_way) == behind(edited) == behind(replanned)


def test_no_stop_is_lost_on_the_way(planned, under_way, edited, replanned, both):
    """Each version has every stop once, on a route or with the reason why it is on none."""
    asked = sorted(row["stop_id"] for row in under_way if row["visit_type"] == "stop")
    (cancelled,) = [row["stop_id"] for row in under_way if row["status"] == "cancelled"]
    for rows, table in ((edited, "unassigned_2"), (replanned, "unassigned_3")):
        served = [row["stop_id"] for row in rows if row["visit_type"] == "stop"]
        left = {row["stop_id"]: row["reason"] for row in both.rows(table)}
        assert sorted([*served, *left]) == asked
        assert left[cancelled] == "excluded"


def test_versions_follow_one_another(edited, replanned, both):
    """One plan, three versions, each made from the one before."""
    ids = {
        row["plan_id"] for table in ("visits", "routes", "routes_2", "routes_3") for row in both.rows(table)
    }
    assert len(ids) == 1
    for number, rows in ((2, edited), (3, replanned)):
        assert {row["version"] for row in rows} == {number}
        parents = {(row["version"], row["parent_version"]) for row in both.rows(f"routes_{number}")}
        assert parents == {(number, number - 1)}


def test_hand_edits_are_kept(under_way, edited):
    """The stop that was given to another vehicle is there, where it was put."""
    before = {row["stop_id"]: row["vehicle_id"] for row in under_way if row["visit_type"] == "stop"}
    after = {row["stop_id"]: row["vehicle_id"] for row in edited if row["visit_type"] == "stop"}
    assert {stop: vehicle for stop, vehicle in before.items() if stop in after} == after


@pytest.fixture(scope="module")
def broken_down(replanned, both, fleet) -> list[Row]:
    """The visits of version 4: the vehicle that did most goes no further, half an hour later."""
    read = {"PLAN": "visits_3", "PLAN_LEGS": "legs_3", "PLAN_UNASSIGNED": "unassigned_3"}
    did = Counter(row["vehicle_id"] for row in replanned if row["status"] == "done")
    vehicle = did.most_common(1)[0][0]
    given = {**fleet, "EVENT": "vehicle_lost", "VEHICLE": vehicle, "AT": LATER, "NOW": LATER}
    both.run("handle_disruption", given, read, [f"{name.lower()}_4" for name in SINKS])
    return both.rows("visits_4")


def test_goods_to_be_fetched_are_known_to_the_next_version(broken_down, both, fleet):
    """What a version says of a lost vehicle is read back: asked for no change, the next one serves alike."""
    assert any(row["visit_type"] == "transfer" for row in broken_down)
    read = {"PLAN": "visits_4", "PLAN_LEGS": "legs_4", "PLAN_UNASSIGNED": "unassigned_4"}
    both.run("edit_routes", {**fleet, "NOW": LATER}, read, [f"{name.lower()}_5" for name in SINKS])
    versions = [sorted(both.rows(table), key=in_order) for table in ("visits_4", "visits_5")]
    who = ("vehicle_id", "sequence", "visit_type", "stop_id", "fetched_at", "status")
    before, after = ([[row[name] for name in who] for row in rows] for rows in versions)
    assert after == before
    # A vehicle that turned to another stop in the middle of a leg is found on it to some metres.
    for was, now in zip(*versions):
        moments = [datetime.fromisoformat(row["eta"]) for row in (was, now)]
        assert abs(moments[1] - moments[0]) < timedelta(minutes=1)


def test_drivers_are_told_the_same(replanned, both):
    """From the database as from the file: what changed since the first version, and nothing that is done."""
    read = {"BEFORE": "visits", "AFTER": "visits_3"}
    numbers = both.run("plan_differences", {"NOW": NOW}, read, ["differences_3"])
    rows = both.rows("differences_3")
    assert numbers["DRIVERS_CHANGED"] == len(rows) > 0
    done = {row["name"] for row in replanned if row["status"] in ("done", "failed") and row["name"]}
    for row in rows:
        assert row["message"].startswith(f"{row['driver']}, your route for 4 May has changed (version 3).")
        assert not any(name in row["message"] for name in done)


def test_what_a_database_refuses_is_said(planned, both, fleet, town_layers):
    """A schema that is not there, and a table that somebody's view needs; the table stays as it was."""
    both.tables.run("CREATE VIEW late AS SELECT * FROM legs WHERE drive_min > 30")
    nowhere = both.tables.database.layer("legs", "nowhere")
    for place, words in ((nowhere, 'schema "nowhere"'), (both.tables.layer("legs"), "late depends on")):
        given = {**fleet, "STOPS": town_layers["STOPS"], "LEGS": place}
        with pytest.raises(QgisProcessFailed, match=words):
            both.at_home.run("optiway:plan_routes", given)
    both.rows("legs")


@pytest.mark.parametrize("clock", ["UTC", "America/New_York"])
def test_moments_with_a_zone_are_read_on_the_clock_of_the_plan(both, fleet, clock):
    """A window from nine to ten in London is that, wherever the computer stands, in the plan and after it."""
    both.tables.run(
        "DROP TABLE IF EXISTS orders;"
        "CREATE TABLE orders (id serial PRIMARY KEY, stop_id text, tw1_start timestamptz, "
        "tw1_end timestamptz, geom geometry(Point, 4326));"
        "INSERT INTO orders (stop_id, tw1_start, tw1_end, geom) VALUES "
        "('early', '2026-05-04 08:00Z', '2026-05-04 09:00Z', ST_SetSRID(ST_MakePoint(-3.67, 52.45), 4326))"
    )
    there = QgisProcess({**both.at_home.environment, "TZ": clock})
    layers = {"STOPS": both.tables.layer("orders"), "VISITS": both.tables.layer("visits_of_orders")}
    there.run("optiway:plan_routes", {**fleet, **layers})
    (visit,) = [row for row in both.tables.rows("visits_of_orders") if row["visit_type"] == "stop"]
    assert "2026-05-04T09:00:00" <= visit["start_time"] <= "2026-05-04T10:00:00"
    assert (visit["tw1_start"], visit["tw1_end"]) == ("2026-05-04T09:00:00", "2026-05-04T10:00:00")
