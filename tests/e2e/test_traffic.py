"""The sample town in its rush hours, with the bridge closed: qgis_process in a fresh profile."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest
from headless import BUILD, table_from_csv, table_of_geopackage

SAMPLE = BUILD / "optiway_qgis" / "resources" / "sample"
SINKS = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")
MONDAY, SUNDAY = "2026-05-04", "2026-05-03"


@pytest.fixture(scope="module")
def plans(qgis_process, town_layers, tmp_path_factory) -> dict[str, dict]:
    """The outputs of plan_routes by the day, with traffic and barriers, and without on a day called usual."""
    conditions = {
        "TRAFFIC": table_from_csv(SAMPLE / "traffic.csv"),
        "ZONES": SAMPLE / "zones.geojson",
        "BARRIERS": SAMPLE / "barriers.geojson",
    }
    made = {}
    for name, day, given in (
        ("usual", MONDAY, {}),
        ("Monday", MONDAY, conditions),
        ("Sunday", SUNDAY, conditions),
    ):
        folder = tmp_path_factory.mktemp(name)
        outputs = {sink: table_of_geopackage(folder / "plan.gpkg", sink.lower()) for sink in SINKS}
        made[name] = qgis_process.run(
            "optiway:plan_routes",
            {
                **town_layers,
                **outputs,
                **given,
                "ROADS": SAMPLE / "streets.geojson",
                "PLAN_DATE": day,
                "TIME_ZONE": "Europe/London",
                "REPORT": folder / "report.html",
                "ITERATIONS": 300,
            },
        )
        made[name]["geopackage"] = folder / "plan.gpkg"
    return made


def minutes_per_kilometre(plan: dict) -> float:
    """How slow the streets were."""
    return plan["DRIVE_MIN"] / plan["DISTANCE_KM"]


def test_the_rush_is_on_working_days(plans):
    """Monday is slower than streets without traffic by some percent, and than a Sunday."""
    assert all(plan["ASSIGNED_COUNT"] + plan["UNASSIGNED_COUNT"] == 60 for plan in plans.values())
    usual, monday, sunday = (minutes_per_kilometre(plans[name]) for name in ("usual", "Monday", "Sunday"))
    assert monday > 1.03 * usual
    assert monday > 1.03 * sunday


def test_reports_tell_the_conditions_of_their_day(plans):
    """Five rows of the table on a Monday between the first shift and the last, one on a Sunday."""
    heads = {
        name: Path(plan["REPORT"]).read_text(encoding="utf-8").split("</header>")[0]
        for name, plan in plans.items()
    }
    assert "rows in force: 5" in heads["Monday"]
    assert "rows in force: 1" in heads["Sunday"]
    assert "barriers: 3" in heads["Monday"]
    assert "Traffic" not in heads["usual"]


def test_nobody_drives_over_the_closed_bridge(plans):
    """By the extent of the box around it: no leg has a line through its middle on the days it is closed."""
    west, south, east, north = -3.68048, 52.44564, -3.68004, 52.44592
    for name, crosses in (("usual", True), ("Monday", False), ("Sunday", False)):
        lines = legs_of(plans[name]["geopackage"])
        over = any(
            min(a[1], b[1]) <= south
            and max(a[1], b[1]) >= north
            and west < a[0] < east
            and west < b[0] < east
            for line in lines
            for a, b in zip(line, line[1:])
        )
        assert over == crosses, name


def legs_of(geopackage: Path) -> list[list[tuple[float, float]]]:
    """The points of each leg."""
    with closing(sqlite3.connect(geopackage)) as database:
        blobs = [row[0] for row in database.execute("SELECT geom FROM legs")]
    lines = []
    for blob in blobs:
        start = 8 + (0, 32, 48, 48, 64)[blob[3] >> 1 & 7]
        order = "<" if blob[start] else ">"
        (count,) = struct.unpack_from(f"{order}I", blob, start + 5)
        numbers = struct.unpack_from(f"{order}{2 * count}d", blob, start + 9)
        lines.append(list(zip(numbers[::2], numbers[1::2])))
    return lines
