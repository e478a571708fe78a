"""A server without a screen: qgis_process plans the sample town from CSV files into one GeoPackage."""

from __future__ import annotations

import csv
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from headless import (
    BUILD,
    points_from_csv,
    qgis_process_command,
    run_arguments,
    table_from_csv,
    table_of_geopackage,
)

OPEN_PROJECT = Path(__file__).absolute().parent / "open_project.py"
SINKS = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")
A_SECOND_AND_SOME = 1.5
LONG_ENOUGH_S = 90
SECONDS = "%Y-%m-%dT%H:%M:%S"


@pytest.fixture(scope="module")
def planned(qgis_process, town_layers, tmp_path_factory) -> dict:
    """The outputs of plan_routes, with the folder they are in."""
    folder = tmp_path_factory.mktemp("plan")
    outputs = {name: table_of_geopackage(folder / "plan.gpkg", name.lower()) for name in SINKS}
    report = folder / "report.html"
    results = qgis_process.run(
        "optiway:plan_routes", {**town_layers, **outputs, "REPORT": report, "TIME_LIMIT": 10}
    )
    return {**results, "geopackage": folder / "plan.gpkg"}


def test_enabled_plugin_offers_its_algorithms(qgis_process):
    """hasProcessingProvider and initProcessing work without a window."""
    listing = qgis_process.call("list")
    for algorithm in (
        "plan_routes",
        "plan_one_route",
        "schedule",
        "compare_plans",
        "explain_unassigned",
        "edit_routes",
        "reoptimise",
        "handle_disruption",
        "plan_differences",
        "validate",
        "edit_routes",
        "install_engine",
    ):
        assert f"optiway:{algorithm}" in listing


def test_every_stop_of_the_csv_file_is_in_the_geopackage(planned, checkout):
    """Served or explained: all stops are there, each once."""
    sample = checkout / "optiway_qgis" / "resources" / "sample" / "stops.csv"
    with sample.open(encoding="utf-8", newline="") as file:
        wanted = sorted(row["stop_id"] for row in csv.DictReader(file))
    found = query(planned, "SELECT stop_id FROM visits WHERE visit_type = 'stop'")
    found += query(planned, "SELECT stop_id FROM unassigned")
    assert sorted(stop_id for (stop_id,) in found) == wanted
    assert planned["STOP_COUNT"] == len(wanted)


def test_numbers_agree_with_the_tables(planned):
    """Models that use the numbers and people who read the tables see the same plan."""
    for table, number in (("routes", "ROUTE_COUNT"), ("unassigned", "UNASSIGNED_COUNT")):
        assert query(planned, f"SELECT count(*) FROM {table}") == [(planned[number],)]
    assert query(planned, "SELECT sum(distance_km) FROM routes")[0][0] == pytest.approx(
        planned["DISTANCE_KM"]
    )
    assert query(planned, "SELECT sum(cost) FROM routes")[0][0] == pytest.approx(planned["COST"])


def test_styles_travel_in_the_geopackage(planned):
    """A file from a server opens styled: each of the four tables has a default style."""
    rows = query(planned, "SELECT f_table_name, useAsDefault FROM layer_styles")
    assert sorted(rows) == sorted((name.lower(), 1) for name in SINKS)


def test_a_plan_is_edited_while_it_is_driven(qgis_process, planned, town_layers, tmp_path):
    """From a CSV file of changes: the next version is in a GeoPackage, what was over is as it was."""
    ((now,),) = query(planned, "SELECT substr(min(start_time), 1, 10) || 'T09:30:00' FROM visits")
    left = query(
        planned,
        "SELECT stop_id, vehicle_id, sequence, end_time FROM visits "
        f"WHERE visit_type = 'stop' AND strftime('{SECONDS}', eta) > '{now}' ORDER BY vehicle_id, sequence",
    )
    (first, vehicle, *_), *_, (last, *_) = left
    changes = tmp_path / "changes.csv"
    changes.write_text(
        "action,stop_id,vehicle_id,sequence,lon,lat,tw1_start,tw1_end\n"
        f"add,N1,{vehicle},,-3.671,52.451,,17:00\n"
        f"remove,{last},,,,,,\n"
        f"update,{first},,,,,07:00,18:30\n",
        encoding="utf-8",
    )
    visits, legs, unassigned = (
        f"{planned['geopackage']}|layername={name}" for name in ("visits", "legs", "unassigned")
    )
    after = {"geopackage": tmp_path / "next.gpkg"}
    outputs = {name: table_of_geopackage(after["geopackage"], name.lower()) for name in (*SINKS, "CHANGES")}
    results = qgis_process.run(
        "optiway:edit_routes",
        {
            **{"PLAN": visits, "PLAN_LEGS": legs, "PLAN_UNASSIGNED": unassigned, "NOW": now},
            **{"EDITS": table_from_csv(changes), "MODE": "insert_best", "REPORT": tmp_path / "next.html"},
            **{name: town_layers[name] for name in ("DEPOTS", "VEHICLES")},
            **outputs,
        },
    )
    assert results["VERSION"] == 2 and results["STOP_COUNT"] == planned["STOP_COUNT"] + 1
    over = (
        "SELECT vehicle_id, sequence, stop_id, eta, start_time, end_time, load_1, status FROM visits "
        f"WHERE strftime('{SECONDS}', end_time) <= '{now}' ORDER BY 1, 2"
    )
    assert query(after, over) == query(planned, over) != []
    assert query(after, "SELECT vehicle_id FROM visits WHERE stop_id = 'N1'") == [(vehicle,)]
    assert (last, "excluded") in query(after, "SELECT stop_id, reason FROM unassigned")
    assert query(after, f"SELECT substr(tw1_end, 1, 5) FROM visits WHERE stop_id = '{first}'") == [("18:30",)]
    why = dict(query(after, "SELECT stop_id, why FROM changes"))
    assert why["N1"] and why[last]
    assert "N1" in (tmp_path / "next.html").read_text(encoding="utf-8")


def test_the_sample_town_is_checked_before_planning(qgis_process, town_layers, tmp_path):
    """No errors on its streets; with a skill nobody has, ERROR_COUNT, table and page say so."""
    sample = BUILD / "optiway_qgis" / "resources" / "sample"
    given = {**town_layers, "ROADS": sample / "streets.geojson"}
    good = qgis_process.run("optiway:validate", {**given, "REPORT": tmp_path / "good.html"})
    assert good["ERROR_COUNT"] == 0
    bad = tmp_path / "stops.csv"
    with (sample / "stops.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[4]["skills"] = "crane"
    with bad.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    findings = tmp_path / "findings.gpkg"
    outputs = {"FINDINGS": findings, "REPORT": tmp_path / "bad.html"}
    told = qgis_process.run("optiway:validate", {**given, "STOPS": points_from_csv(bad), **outputs})
    assert told["ERROR_COUNT"] == 1
    with closing(sqlite3.connect(findings)) as database:
        (row,) = database.execute("SELECT id, field, code FROM findings WHERE severity = 'error'")
    assert row == (rows[4]["stop_id"], "skills", "skill")
    assert "No vehicle has crane." in (tmp_path / "bad.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def opened(planned, qgis_process, pictures) -> dict:
    """What a fresh QGIS finds in the project of the GeoPackage, in the middle of the longest drive."""
    now = query(
        planned,
        f"SELECT strftime('{SECONDS}', (julianday(start_time) + julianday(end_time)) / 2) "
        "FROM legs ORDER BY drive_min DESC LIMIT 1",
    )[0][0]
    job = {
        "project": f"geopackage:{planned['geopackage']}?projectName=Optiway%20plan",
        "now": now,
        "picture": str(pictures / "playback.png"),
    }
    done = subprocess.run(
        [sys.executable, str(OPEN_PROJECT), json.dumps(job)],
        env=qgis_process.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "now": now}


def test_project_in_the_geopackage_opens_styled(opened):
    """Who gets the file from a server opens its project and sees the plan."""
    layers = opened["layers"]
    assert list(layers) == ["Unassigned stops", "Visits", "Routes", "Legs"]
    assert all(layer["valid"] for layer in layers.values())
    assert [layers[name]["labels"] for name in layers] == [True, True, False, True]
    for name in ("Visits", "Routes", "Legs"):
        assert layers[name]["renderer"] == "categorizedSymbol"


def test_project_in_the_geopackage_plays_the_day(planned, opened, pictures):
    """Time is switched on and ranges over all routes; a frame shows the legs driven at that moment."""
    times = f"strftime('{SECONDS}', min(start_time)), strftime('{SECONDS}', max(end_time))"
    first, last = query(planned, f"SELECT {times} FROM routes")[0]
    begin, end = (moment.rstrip("Z") for moment in opened["range"])
    assert begin <= first < last <= end
    starts = {name: layer["start"] for name, layer in opened["layers"].items() if layer["temporal"]}
    assert starts == {"Visits": "eta", "Routes": "start_time", "Legs": "start_time"}
    now = opened["now"]
    for name, condition in (
        ("Legs", f"datetime(start_time) <= datetime('{now}') AND datetime(end_time) > datetime('{now}')"),
        ("Visits", f"datetime(eta) <= datetime('{now}')"),
    ):
        shown = opened["layers"][name]["shown"]
        assert [(shown,)] == query(planned, f"SELECT count(*) FROM {name} WHERE {condition}")
        assert shown > 0
    assert (pictures / "playback.png").stat().st_size > 10000


def test_report_is_one_file_that_needs_no_network(planned):
    """Nothing is loaded from elsewhere when it is opened on a train."""
    text = Path(planned["REPORT"]).read_text(encoding="utf-8")
    assert "<html" in text
    for outside in ('src="http', "src='http", 'href="http', "@import", "url(http"):
        assert outside not in text


def test_plan_beside_itself_without_a_stop(planned, qgis_process, town_layers, tmp_path):
    """Nobody but those behind the missing stop notices; figures, page, CSV file and styles are all there."""
    visits = f"{planned['geopackage']}|layername=visits"
    (stop_id,) = query(
        planned, "SELECT stop_id FROM visits WHERE visit_type = 'stop' ORDER BY vehicle_id, sequence LIMIT 1"
    )[0]
    compared = tmp_path / "compared.gpkg"
    results = qgis_process.run(
        "optiway:compare_plans",
        {
            **{"BEFORE": visits, "AFTER": f"{visits}|subset=stop_id <> '{stop_id}'"},
            **{name: layer for name, layer in town_layers.items() if name != "STOPS"},
            **{name: table_of_geopackage(compared, name.lower()) for name in ("COMPARISON", "CHANGES")},
            **{"REPORT": tmp_path / "compared.html", "CSV": tmp_path / "compared.csv"},
        },
    )
    assert results["COST_BEFORE"] == pytest.approx(planned["COST"])
    assert results["COST_DIFFERENCE"] == pytest.approx(results["COST_AFTER"] - results["COST_BEFORE"])
    assert results["COST_DIFFERENCE"] < 0
    assert results["UNSERVED_AFTER"] == results["UNSERVED_BEFORE"] + 1
    assert results["MOVED_COUNT"] == 0
    written = {"geopackage": compared}
    assert query(written, "SELECT stop_id FROM changes WHERE change = 'removed'") == [(stop_id,)]
    assert len(query(written, "SELECT DISTINCT coalesce(vehicle_before, vehicle_after) FROM changes")) == 1
    assert query(written, "SELECT after FROM comparison WHERE name = 'cost' AND vehicle_id IS NULL") == [
        (pytest.approx(results["COST_AFTER"]),)
    ]
    assert query(written, "SELECT f_table_name FROM layer_styles") == [("changes",)]
    with (tmp_path / "compared.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == query(written, "SELECT count(*) FROM comparison")[0][0]
    assert "Two plans compared" in (tmp_path / "compared.html").read_text(encoding="utf-8")


def query(planned: dict, sql: str) -> list[tuple]:
    """Rows of a query over the GeoPackage of the plan."""
    with closing(sqlite3.connect(planned["geopackage"])) as database:
        return database.execute(sql).fetchall()


@pytest.fixture
def ranked_stops(tmp_path) -> str:
    """The stops of the town in strict ranks nobody would drive by choice: a rule that PyVRP knows in part."""
    source = BUILD / "optiway_qgis" / "resources" / "sample" / "stops.csv"
    with source.open(encoding="utf-8", newline="") as file:
        rows = [
            {**row, "order_rule": "strict", "order_rank": 1 + number % 5}
            for number, row in enumerate(csv.DictReader(file))
        ]
    target = tmp_path / "stops.csv"
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return points_from_csv(target)


@pytest.mark.parametrize("searching", [b"Searching with PyVRP", b"Putting groups"])
def test_engine_dies_with_a_killed_qgis_process(qgis_process, town_layers, ranked_stops, searching):
    """kill -9 in the middle of a search leaves nothing running, in PyVRP and in our own moves."""
    parameters = {**town_layers, "STOPS": ranked_stops, "TIME_LIMIT": 600}
    arguments = run_arguments("optiway:plan_routes", parameters)
    # A terminal, since qgis_process keeps its lines back when it writes into a pipe.
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        qgis_process_command(*arguments), env=qgis_process.environment, stdout=its_end, stderr=its_end
    )
    os.close(its_end)
    children = set()
    try:
        read_until(terminal, searching)
        time.sleep(1)
        children = descendants(process.pid)
        assert children
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(terminal)
    deadline = time.monotonic() + A_SECOND_AND_SOME
    while time.monotonic() < deadline and any(map(is_running, children)):
        time.sleep(0.05)
    assert not [pid for pid in children if is_running(pid)]


def read_until(terminal: int, wanted: bytes) -> None:
    """Read what a process writes until `wanted` comes; its end before that is an error."""
    seen = b""
    started = time.monotonic()
    while wanted not in seen:
        assert time.monotonic() - started < LONG_ENOUGH_S, seen.decode()
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            raise AssertionError(f"It ended before {wanted!r}:\n{seen.decode()}") from None


def descendants(pid: int) -> set[int]:
    """Process ids of all children of a process and of theirs."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(fields[1])
    found, new = set(), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def is_running(pid: int) -> bool:
    """Tell whether a process is there and not only a dead entry."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
