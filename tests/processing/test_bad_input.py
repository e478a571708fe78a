"""Everything a layer, a folder or an engine can have wrong: a clear message, or the stop with its reason."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from qgis.core import QgsProcessingException, QgsVectorLayer

from tests.made_layers import CENTRE, Log, depot, layer, spots, stops, table

EIGHT_STOPS = 8


@pytest.fixture
def plan(run_algorithm):
    """A function (**parameters) -> Outcome of plan_routes, with good stops and a good depot unless given."""

    def run(log=None, **parameters):
        good = {"STOPS": layer(stops(EIGHT_STOPS)), "DEPOTS": layer([depot()], name="depots")}
        return run_algorithm("plan_routes", log, **{**good, **parameters})

    return run


@pytest.fixture
def refuse(plan):
    """A function (**parameters) -> message of the error the run must end with."""

    def run(log=None, **parameters):
        with pytest.raises(QgsProcessingException) as caught:
            plan(log, **parameters)
        return str(caught.value)

    return run


def reason_of(outcome, stop_id):
    """Reason and sentence of an unassigned stop; every stop must be accounted for."""
    row = next(row for row in outcome.rows("UNASSIGNED") if row["stop_id"] == stop_id)
    return row["reason"], row["reason_text"]


def test_empty_layer(refuse):
    """There is nothing to plan."""
    message = refuse(STOPS=layer([]))
    assert "STOPS (stops) has no features to plan. Add points" in message


def test_no_depot(refuse):
    """There is nowhere to start."""
    assert "DEPOTS (depots) has no features. At least one depot is needed." in refuse(
        DEPOTS=layer([], name="depots")
    )


def test_no_crs(refuse):
    """Nobody knows where the stops are."""
    message = refuse(STOPS=layer(stops(2), crs=""))
    assert "STOPS (stops) has no CRS. Set it in the layer's properties" in message


def test_all_errors_of_all_layers_at_once(refuse):
    """Stops, depots, vehicles, zone and a file: five lines in one message."""
    message = refuse(
        STOPS=layer([]),
        DEPOTS=layer([depot(tw1_start="25:99")], name="depots"),
        VEHICLES=table([{"vehicle_id": "V1", "capacity": "much"}]),
        TIME_ZONE="Mars/Olympus",
        REPORT=os.path.dirname(__file__),
    )
    assert message.startswith("5 problems in the input:")
    for words in ("STOPS", 'tw1_start "25:99"', 'capacity "much"', "Mars/Olympus", "REPORT"):
        assert words in message


@pytest.mark.parametrize(
    ("at", "word"),
    [
        (None, "geometry is empty"),
        ("MultiPoint ((-8.61 41.15),(-8.62 41.16))", "has 2 points"),
        ("Point (400 41)", "(400, 41) is not on the earth"),
        ("Point (nan 41)", "not numbers"),
    ],
)
def test_null_multipart_and_invalid_geometry(plan, at, word):
    """That stop is unassigned, the others are served."""
    rows = [{**row, "at": f"MultiPoint (({row['at'][0]} {row['at'][1]}))"} for row in stops(3)]
    outcome = plan(STOPS=layer([*rows, {"at": at, "stop_id": "bad", "service_min": 5.0}], kind="MultiPoint"))
    assert outcome.adds_up(4)
    reason, text = reason_of(outcome, "bad")
    assert reason == "invalid_input"
    for part in ("Feature 4 of STOPS", 'stop_id "bad"', word):
        assert part in text
    assert outcome.results["REJECTED_COUNT"] == 1


def test_duplicate_and_null_ids(plan):
    """The first of a pair is served, the second is told which; a stop without an id is served."""
    names = ["A", "A", None, "B"]
    outcome = plan(STOPS=layer([{"at": at, "stop_id": name} for at, name in zip(spots(4), names)]))
    assert outcome.adds_up(4)
    assert outcome.results["ASSIGNED_COUNT"] == 3
    assert "already that of feature 1" in reason_of(outcome, "A")[1]
    assert any("no stop_id" in text and "stop-3" in text for text in outcome.log.warnings)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("service_min", "abc", "is not a number. Write one such as 12.5"),
        ("service_min", "-3", "is negative. Write 0 or more"),
        ("demand", "-3", "is negative. Write 0 or more"),
        ("tw1_start", "25:99", "is not a time of the day"),
        ("tw1_end", "2026-05-03T09:00", "is before tw1_start (08:00). Correct one of the two"),
    ],
)
def test_values_that_cannot_be_read(plan, field, value, words):
    """The sentence names feature, field, value and remedy; the others are served."""
    good = {"service_min": "5", "demand": "1", "tw1_start": "08:00", "tw1_end": "17:00"}
    rows = [{**row, **good} for row in stops(4)]
    rows[2][field] = value
    outcome = plan(STOPS=layer(rows))
    assert outcome.adds_up(4)
    reason, text = reason_of(outcome, "S3")
    assert reason == "invalid_input"
    for part in ("Feature 3 of STOPS", 'stop_id "S3"', f'{field} "{value}"', words):
        assert part in text


def test_null_in_number_fields(plan):
    """Empty is not wrong: the defaults of docs/fields.md hold."""
    rows = [{**row, "service_min": None, "demand": None} for row in stops(4)]
    outcome = plan(STOPS=layer(rows, types={"service_min": "double", "demand": "integer"}))
    assert outcome.results["ASSIGNED_COUNT"] == 4


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"tw1_start": "20:00", "tw1_end": "21:00"}, {"shift", "time_window"}),
        ({"demand": 1000.0}, {"capacity"}),
        ({"skills": "crane"}, {"skill"}),
        ({"allowed_vehicles": "V9"}, {"vehicle_rule"}),
    ],
)
def test_what_no_vehicle_can_do(plan, values, codes):
    """Window outside the shift, demand above every capacity, a skill nobody has: left out with the reason."""
    rows = stops(4)
    empty = dict.fromkeys(values)
    outcome = plan(
        STOPS=layer([*({**row, **empty} for row in rows[:3]), {**rows[3], **values}]),
        VEHICLES=table([{"vehicle_id": "V1", "capacity": 50}]),
    )
    assert outcome.adds_up(4)
    assert outcome.results["REJECTED_COUNT"] == 0
    assert set(outcome.reasons()) == {"S4"}
    reason, text = reason_of(outcome, "S4")
    assert reason in codes
    assert text


def test_unknown_depot_names(refuse):
    """The message lists those that exist."""
    message = refuse(VEHICLES=table([{"vehicle_id": "V1", "start_depot": "Nort"}]))
    for part in (
        "feature 1",
        'vehicle_id "V1"',
        'start_depot "Nort"',
        "is no depot of DEPOTS",
        "Write one of D1",
    ):
        assert part in message


def test_zero_vehicles(refuse):
    """A table in which nobody works."""
    assert "none of them is active" in refuse(VEHICLES=table([{"vehicle_id": "V1", "active": "no"}]))


def test_swapped_coordinates(plan):
    """A warning says what to look at; the stops are unassigned, not lost."""
    rows = [{**row, "at": row["at"][::-1]} for row in stops(4)]
    outcome = plan(STOPS=layer(rows))
    assert outcome.adds_up(4)
    assert any("near with x and y swapped" in text for text in outcome.log.warnings)


def test_stops_at_the_same_place(plan):
    """Ten parcels for one house: one leg without distance after another, setup once."""
    rows = [{"at": CENTRE, "stop_id": f"S{n}", "service_min": 5.0, "setup_min": 10.0} for n in range(10)]
    outcome = plan(STOPS=layer(rows))
    assert outcome.adds_up(10)
    assert outcome.results["ASSIGNED_COUNT"] == 10
    assert outcome.results["ROUTE_COUNT"] == 1
    assert sum(row["setup_min"] for row in outcome.rows("VISITS")) == 10


def test_a_shapefile_is_written_with_a_warning(plan, tmp_path):
    """It says what a Shapefile loses."""
    path = str(tmp_path / "visits.shp")
    outcome = plan(VISITS=path)
    assert any("Shapefile" in text for text in outcome.log.warnings)
    assert QgsVectorLayer(path).featureCount() == EIGHT_STOPS + 2


def test_no_stop_left_after_reading(plan):
    """Everything is unassigned, the outputs are there, a warning says so."""
    outcome = plan(STOPS=layer([{"at": None, "stop_id": "S1"}, {"at": None, "stop_id": "S2"}]))
    assert outcome.adds_up(2)
    assert outcome.rows("ROUTES") == []
    assert any("No stop is left" in text for text in outcome.log.warnings)


@pytest.mark.parametrize("name", ["ROUTES", "VISITS", "REPORT"])
def test_output_that_is_a_folder(refuse, tmp_path, name):
    """Told before anything is computed."""
    log = Log()
    message = refuse(log, **{name: str(tmp_path)})
    assert f"{name}: {tmp_path} is a folder. Choose another file" in message
    assert log.infos == [] or not any("Searching" in text for text in log.infos)


@pytest.mark.parametrize("name", ["LEGS", "REPORT"])
def test_output_folder_that_is_a_file(refuse, tmp_path, name):
    """Nothing can be written into a file as if it were a folder."""
    (tmp_path / "plan").write_text("not a folder")
    message = refuse(**{name: str(tmp_path / "plan" / "out.gpkg")})
    assert f"{name}: the folder {tmp_path / 'plan'} is not writable" in message


def test_output_that_cannot_be_created_is_named(refuse):
    """Where only trying tells, the message still names the output's file."""
    assert "/proc/plan.gpkg" in refuse(ROUTES="/proc/plan.gpkg")


def test_a_report_makes_its_folder(plan, tmp_path):
    """Layers make theirs; a missing folder must not be noticed after the whole search."""
    report = tmp_path / "new" / "folder" / "report.html"
    plan(REPORT=str(report))
    assert "</html>" in report.read_text(encoding="utf-8")


def test_a_geopackage_another_program_has_locked(refuse, tmp_path):
    """The message names the output and its file."""
    path = tmp_path / "plan.gpkg"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE mine (number)")
        other.commit()
        other.execute("BEGIN EXCLUSIVE")
        assert "plan.gpkg" in refuse(ROUTES=f"ogr:dbname='{path}' table=\"routes\" (geom)")


@pytest.mark.parametrize("name", ["ROUTES", "LEGS", "VISITS"])
def test_a_relative_path_is_written_where_the_program_stands(plan, tmp_path, monkeypatch, name):
    """With its style, as any other GeoPackage."""
    monkeypatch.chdir(tmp_path)
    plan(**{name: "plan.gpkg"})
    with closing(sqlite3.connect(tmp_path / "plan.gpkg")) as written:
        assert written.execute("SELECT count(*) FROM layer_styles").fetchone() == (1,)


def test_disk_full(refuse):
    """The report finds no room: the message gives the system's words and the remedy."""
    message = refuse(REPORT="/dev/full")
    assert "REPORT: /dev/full cannot be written (No space left on device). Choose another file." in message


def test_engine_missing(refuse, monkeypatch):
    """One line with the remedy."""
    monkeypatch.setenv("OPTIWAY_PYTHON", "/nowhere/python")
    message = refuse()
    assert message.count("\n") == 0
    assert "/nowhere/python" in message
    assert "install the routing engine" in message


def test_engine_killed_in_the_middle(refuse):
    """The message says so, and QGIS goes on."""

    class Killer(Log):
        def pushInfo(self, info):
            super().pushInfo(info)
            if "Searching" in info:
                for process in own_children():
                    os.kill(process, signal.SIGKILL)

    message = refuse(Killer(), ITERATIONS=10_000_000)
    assert "engine ended in the middle of the job" in message
    assert own_children() == []


def own_children():
    """Process ids of the engine processes that this process has started."""
    children = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if stat.rsplit(")", 1)[1].split()[1] == str(os.getpid()) and b"start.py" in command:
            children.append(int(folder.name))
    return children
