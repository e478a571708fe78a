"""import_stops: a list as an office keeps it, to layers that add up and name each defect."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing

import pytest
from qgis.core import QgsProcessingException

from tests.made_layers import CENTRE, depot, layer, table
from tests.messy_list import messy_list, write_xlsx

OUTPUTS = ("STOPS", "TO_GEOCODE", "REJECTS")


@pytest.fixture
def import_stops(run_algorithm, monkeypatch):
    """A function (**parameters) -> Outcome; there is no engine."""
    monkeypatch.setenv("OPTIWAY_PYTHON", "/nowhere/python")

    def run(**parameters):
        given = {**dict.fromkeys(OUTPUTS, "TEMPORARY_OUTPUT"), **parameters}
        return run_algorithm("import_stops", **given)

    return run


@pytest.fixture
def write(tmp_path):
    """A function (text, name, encoding) -> the path of a file with it."""

    def made(text: str, name: str = "list.csv", encoding: str = "utf-8") -> str:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return str(path)

    return made


def said(outcome) -> str:
    """All lines of the log."""
    return "\n".join((*outcome.log.infos, *outcome.log.warnings))


def numbers(outcome) -> tuple[int, int, int, int]:
    """Rows, stops, those to geocode and rejected ones."""
    names = ("ROW_COUNT", "ACCEPTED_COUNT", "TO_GEOCODE_COUNT", "REJECTED_COUNT")
    return tuple(outcome.results[name] for name in names)


def adds_up(outcome) -> bool:
    """Whether each row is in one layer, by number and in the layers themselves."""
    rows, *parts = numbers(outcome)
    lengths = [len(outcome.rows(name)) for name in OUTPUTS]
    found = [row["source_row"] for name in OUTPUTS[:2] for row in outcome.rows(name)]
    found += [row["row"] for row in outcome.rows("REJECTS")]
    return rows == sum(parts) and lengths == parts and len(set(found)) == rows


@pytest.mark.parametrize("form", ["cp1252", "utf-8", "utf-8-sig", "utf-16", "xlsx"])
def test_each_defect_of_a_messy_list_is_named(import_stops, write, tmp_path, form):
    """200 rows with 30 defects, in each encoding and as a workbook: nothing lost, nothing guessed."""
    made = messy_list()
    if form == "xlsx":
        path = str(write_xlsx(tmp_path / "list.xlsx", made.rows))
    else:
        path = write(made.text, encoding=form)
    outcome = import_stops(INPUT_FILE=path)
    assert adds_up(outcome)
    assert numbers(outcome) == (200, 200 - len(made.rejects) - 5, 5, len(made.rejects))
    rejected = {row["row"]: row["code"] for row in outcome.rows("REJECTS")}
    assert rejected == made.rejects
    assert all(row["reason"] and row["remedy"] for row in outcome.rows("REJECTS"))
    assert {row["source_row"] for row in outcome.rows("TO_GEOCODE")} == made.to_geocode
    places = [row["at"].asPoint() for row in outcome.rows("STOPS")]
    assert all(-8.71 < place.x() < -8.54 and 41.09 < place.y() < 41.21 for place in places)
    swapped = ", ".join(map(str, sorted(made.swapped)))
    assert f"as the other rows prove, and are put right: rows {swapped}." in said(outcome)
    assert "and 3 empty ones" in said(outcome)


def test_values_come_as_plan_routes_reads_them(import_stops, run_algorithm, write):
    """Hours, minutes and kilograms in our fields; the check before planning finds nothing wrong."""
    outcome = import_stops(INPUT_FILE=write(messy_list().text))
    by_id = {row["stop_id"]: row for row in outcome.rows("STOPS")}
    assert by_id["A001"]["access_code"] == "4711#"
    kept = {(row["tw1_start"], row["tw1_end"], row["tw2_start"], row["tw2_end"]) for row in by_id.values()}
    plain = {(start, end) for start, end, second, _ in kept if not second}
    assert {("08:00", "10:00"), ("08:30", "10:00"), ("14:00", "16:00")} <= plain
    assert ("08:00", "10:00", "14:00", "16:00") in kept
    assert {row["demand"] for row in by_id.values()} - {None} <= {2.5, 0.5, 12, 1200, 1200.5, _null()}
    assert {row["service_min"] for row in by_id.values()} <= {10, 15, 90, _null()}
    checked = run_algorithm(
        "validate",
        STOPS=outcome.results["STOPS"],
        DEPOTS=layer([depot()]),
        VEHICLES=table([{"vehicle_id": "V1", "capacity": 1000000.0}]),
        FINDINGS="TEMPORARY_OUTPUT",
    )
    assert checked.results["ERROR_COUNT"] == 0


def test_columns_can_be_told_saved_and_used_again(import_stops, write, tmp_path):
    """A list whose names say nothing; the preset of the first serves the second."""
    text = "was;wer;a;b\n{0}1;Ana;41.15;-8.61\n{0}2;Rui;41.16;-8.62\n"
    preset = str(tmp_path / "columns.json")
    mapping = "was=stop_id, wer=name, a=lat, b=lon"
    first = import_stops(INPUT_FILE=write(text.format("K")), MAPPING=mapping, SAVE_MAPPING=preset)
    assert numbers(first) == (2, 2, 0, 0)
    with open(preset, encoding="utf-8") as file:
        assert json.load(file)["columns"] == {"was": "stop_id", "wer": "name", "a": "lat", "b": "lon"}
    second = import_stops(INPUT_FILE=write(text.format("L")), MAPPING_FILE=preset, MAPPING="wer=")
    stops = second.rows("STOPS")
    assert [(row["stop_id"], row["wer"]) for row in stops] == [("L1", "Ana"), ("L2", "Rui")]
    assert "Column was: stop_id, as you say." in said(second)
    assert "Carried along: wer." in said(second)
    without = write("was;a;b\nM1;41.15;-8.61\n")
    third = import_stops(INPUT_FILE=without, MAPPING_FILE=preset)
    assert "MAPPING_FILE names columns that this list has not: wer." in said(third)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"MAPPING": "nothing=name"}, 'there is no column "nothing"'),
        ({"MAPPING": "name=nothing"}, '"nothing" is no field'),
        ({"MAPPING": "name"}, 'has no "="'),
        ({"MAPPING": "name=name, id=name"}, "given to several columns"),
        ({"HEADER_ROW": 9}, "below the last row"),
        ({"ENCODING": "ascii"}, "The file is not ascii"),
        ({"INPUT_FILE": "/nowhere/list.csv"}, "cannot be read"),
        ({"INPUT_FILE": None}, "none is given"),
    ],
)
def test_what_cannot_be_done_is_said(import_stops, write, parameters, text):
    """In one sentence, before anything is written."""
    path = write("id;name;lat;lon\n1;João;41,15;-8,61\n")
    with pytest.raises((QgsProcessingException, ValueError), match=text.replace("(", r"\(")):
        import_stops(**{"INPUT_FILE": path, **parameters})


def test_ids_and_duplicates_as_the_user_wants_them(import_stops, write):
    """Doubled and missing ids are rejected or get one; rows of one place are rejected or kept."""
    path = write(
        "id,name,lat,lon\n1,Ana,41.15,-8.61\n1,Rui,41.16,-8.62\n,Eva,41.17,-8.63\n2,ana,41.15,-8.61\n"
    )
    strict = import_stops(INPUT_FILE=path)
    assert [row["code"] for row in strict.rows("REJECTS")] == ["doubled_id", "no_id", "duplicate"]
    lenient = import_stops(INPUT_FILE=path, IDS="renumber", DUPLICATES="keep")
    assert [row["stop_id"] for row in lenient.rows("STOPS")] == ["1", "1-2", "S3", "2"]
    assert "Ids that were doubled have got a number: row 3." in said(lenient)
    assert "Duplicates that are kept: row 5." in said(lenient)
    unnumbered = import_stops(INPUT_FILE=write("name,lat,lon\nAna,41.15,-8.61\nRui,41.16,-8.62\n"))
    assert [row["stop_id"] for row in unnumbered.rows("STOPS")] == ["S1", "S2"]


def test_formulas_do_not_run_in_spreadsheets(import_stops, write, tmp_path):
    """In a CSV they are texts; a layer in QGIS has them as they were, and so has the next import."""
    path = write(
        'id;name;lat;lon;phone;+x\n1;"=1+1";here;-8,61;+351 22;-cmd\n2;@Ana;41,15;-8,61;+351 22 0;-8,5\n'
    )
    files = {name: str(tmp_path / f"{name}.csv") for name in ("STOPS", "REJECTS")}
    outcome = import_stops(INPUT_FILE=path, **files)
    with open(files["REJECTS"], newline="", encoding="utf-8") as file:
        _, row = csv.reader(file)
    assert row[-5:] == ["'=1+1", "here", "-8,61", "'+351 22", "'-cmd"]
    with open(files["STOPS"], newline="", encoding="utf-8") as file:
        stop = next(row for row in csv.reader(file) if "2" in row)
    assert "'@Ana" in stop
    assert {"+351 22 0", "-8,5"} <= set(stop)
    assert "written with an apostrophe" in said(outcome)
    in_qgis = import_stops(INPUT_FILE=path).rows("REJECTS")
    assert in_qgis[0]["name"] == "=1+1"
    again = import_stops(INPUT_FILE=files["REJECTS"], MAPPING="reason=,row=,code=").rows("REJECTS")
    assert again[0]["name"] == "=1+1"


def test_a_layer_of_points_is_read_in_its_crs(import_stops):
    """Fields are recognised as columns are; its points are the places, whatever its columns say."""
    rows = [
        {"at": (-8.61, 41.15), "kunde": "Ana", "fenster": "8-10am", "lat": 0.0},
        {"at": None, "kunde": "Rui", "fenster": "2-4", "lat": 0.0},
    ]
    outcome = import_stops(INPUT_LAYER=layer(rows), MAPPING="fenster=window")
    assert numbers(outcome) == (2, 1, 0, 1)
    (stop,) = outcome.rows("STOPS")
    assert (stop["name"], stop["tw1_start"], stop["lat_2"]) == ("Ana", "08:00", "0")
    assert stop["at"].asPoint().x() == pytest.approx(-8.61)


@pytest.mark.parametrize("crs", ["EPSG:3763", "EPSG:32629"])
def test_coordinates_of_a_local_crs(import_stops, write, crs):
    """Refused without a CRS, as several would do; with it they are where they belong, swapped ones too."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsPointXY, QgsProject

    wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
    transform = QgsCoordinateTransform(wgs84, QgsCoordinateReferenceSystem(crs), QgsProject.instance())
    places = [transform.transform(QgsPointXY(CENTRE[0] + step / 100, CENTRE[1])) for step in range(4)]
    lines = [f"{number};{place.x():.2f};{place.y():.2f}" for number, place in enumerate(places, 1)]
    lines[2] = f"3;{places[2].y():.2f};{places[2].x():.2f}"
    path = write("\n".join(["id;x;y", *lines]))
    without = import_stops(INPUT_FILE=path)
    assert [row["code"] for row in without.rows("REJECTS")] == ["local_crs"] * 4
    assert "give it as CRS" in said(without)
    outcome = import_stops(INPUT_FILE=path, CRS=crs)
    found = [row["at"].asPoint() for row in outcome.rows("STOPS")]
    assert [round(place.x(), 4) for place in found] == [round(CENTRE[0] + step / 100, 4) for step in range(4)]
    assert "prove, and are put right: row 4." in said(outcome)


def test_outputs_in_a_geopackage_are_whole(import_stops, write, tmp_path):
    """Carried columns that are called as ours, as fid or as one another do not lose rows."""
    text = "id,fid,Name,name,lat,lon,row\n1,7,Ana,x,41.15,-8.61,a\n2,7,Rui,y,41.16,-8.62,b\n3,7,,,x,,c\n"
    target = tmp_path / "stops.gpkg"
    outputs = {name: f"ogr:dbname='{target}' table=\"{name.lower()}\"" for name in OUTPUTS}
    outputs["STOPS"] += " (geom)"
    outcome = import_stops(INPUT_FILE=write(text), **outputs)
    assert numbers(outcome) == (3, 2, 0, 1)
    with closing(sqlite3.connect(target)) as written:
        stops = written.execute('SELECT name, name_2, fid_2, "row" FROM stops').fetchall()
        rejects = written.execute("SELECT code, fid_2 FROM rejects").fetchall()
    assert stops == [("Ana", "x", "7", "a"), ("Rui", "y", "7", "b")]
    assert rejects == [("not_a_coordinate", "7")]


def _null():
    from qgis.core import NULL

    return NULL
