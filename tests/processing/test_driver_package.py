"""driver_package: a plan as it stands, without an engine, into a folder and a zip for each driver."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from osgeo import ogr
from qgis.core import QgsProcessingException

from tests.made_layers import layer

DAY = "2026-05-04"
PAGE = "V1_Marta/V1_Marta.html"
SECRET = {
    "notes": "Gate 4711#",
    "access_code": "98#76",
    "access_notes": "second bell",
    "phone": "01632 960001",
    "email": "ana@example.org",
}
TEXTS = ["html", "gpx", "kml", "geojson", "ics", "loading", "public"]
ENDINGS = [".html", ".gpx", ".kml", ".geojson", ".ics", "_loading.csv", ".pdf"]
TYPES = {
    **dict.fromkeys(("start_time", "end_time", "eta", "actual_arrival"), "datetime"),
    **dict.fromkeys(("driver", "name", "address", "tw1_start", "tw1_end", *SECRET), "string"),
    **dict.fromkeys(("load_1", "delivery_1"), "double"),
    "fetched_at": "integer",
}


def row(vehicle: str, number: int, stop: str, eta: str, **values: Any) -> dict[str, Any]:
    """A visit of VISITS in a CRS of its own, with what a stop carries along."""
    empty = dict.fromkeys(("tw1_start", "tw1_end", "delivery_1", "fetched_at", "actual_arrival"))
    return {
        "at": (500_000 + 1000 * number, 4_550_000 + 500 * number),
        "start_time": f"{DAY}T{eta}",
        "end_time": f"{DAY}T{eta}",
        "eta": f"{DAY}T{eta}",
        "plan_id": "p-1",
        "version": 2,
        "vehicle_id": vehicle,
        "driver": {"V1": "Marta", "V2": "João"}.get(vehicle),
        "trip": 1,
        "sequence": number,
        "visit_type": "stop",
        "planned_service_min": 5.0,
        "load_1": 4.0,
        "status": "planned",
        "stop_id": stop,
        "name": None,
        "address": None,
        **empty,
        **dict.fromkeys(SECRET),
        **values,
    }


WINDOW = {"tw1_start": "09:00", "tw1_end": "12:00", "delivery_1": 2.5}
ROWS = (
    row("V1", 0, "D1", "08:00", visit_type="start", name="Depot"),
    row("V1", 2, "S2", "10:00", name="Café Lisboa", address="Rua X 12", **WINDOW, **SECRET),
    row("V1", 1, "S1", "09:00", delivery_1=1.0),
    row("V1", 3, "S3", "10:30", status="cancelled"),
    row("V1", 4, "D1", "11:00", visit_type="end", name="Depot"),
    row("V2", 1, "S4", "09:30", **SECRET),
)


def visits(*rows: dict[str, Any], **values: Any):
    """A layer of visits."""
    made = [{**one, **values} for one in rows or ROWS]
    return layer(made, crs="EPSG:32629", name="visits", types=TYPES)


def legs(*vehicles: str):
    """Two legs for each vehicle, drawn in the layer's own CRS, the second first."""
    made = [
        {
            "at": f"LINESTRING({500_000 + n} 4550000, {501_000 + n} 4550500)",
            "vehicle_id": vehicle,
            "sequence": n,
        }
        for vehicle in vehicles
        for n in (2, 1)
    ]
    return layer(made, crs="EPSG:32629", kind="LineString", name="legs")


def routes(zone: str = "Europe/Lisbon"):
    """The routes, of which only the zone is read."""
    return layer([{"vehicle_id": "V1", "time_zone": zone}], kind="None", name="routes")


@pytest.fixture
def package(run_algorithm, monkeypatch, tmp_path):
    """A function (visits, **parameters) -> Outcome, without sheets of paper; there is no engine."""
    monkeypatch.setenv("OPTIWAY_PYTHON", "/nowhere/python")

    def run(plan, **parameters: Any):
        given = {"PLAN": plan, "FOLDER": str(tmp_path / "out"), "TIME_ZONE": None, "FORMATS": TEXTS}
        return run_algorithm("driver_package", **{**given, **parameters})

    return run


def written(outcome) -> list[str]:
    """All files of the folder, as paths from there."""
    folder = Path(outcome.results["FOLDER"])
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def text_of(outcome, path: str) -> str:
    """A file of the folder, with what the calendar folds put together."""
    text = (Path(outcome.results["FOLDER"]) / path).read_bytes().decode("utf-8")
    return text.replace("\r\n ", "") if path.endswith(".ics") else text


def read_by_gdal(path: Path) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Layer -> geometry as WKT and fields of each feature."""
    opened = ogr.Open(str(path))
    found = {}
    for number in range(opened.GetLayerCount()):
        one = opened.GetLayer(number)
        found[one.GetName()] = [(feature.GetGeometryRef().ExportToWkt(), feature.items()) for feature in one]
    return found


def test_each_driver_has_a_folder_and_a_zip(package):
    """With all formats; all files are counted and told."""
    outcome = package(visits(), PLAN_LEGS=legs("V1", "V2"), PLAN_ROUTES=routes(), FORMATS=None)
    names = ["V1_Marta", "V2_Joao"]
    files = [f"{name}/{name}{ending}" for name in names for ending in ENDINGS]
    others = ["index.html", "public/arrivals.csv", "public/routes.geojson"]
    assert written(outcome) == sorted([*files, *(f"{name}.zip" for name in names), *others])
    results = outcome.results
    assert (results["DRIVER_COUNT"], results["STOP_COUNT"], results["FILE_COUNT"]) == (2, 3, 19)
    assert set(written(outcome)) <= set(outcome.log.infos)
    assert outcome.log.warnings == []
    with zipfile.ZipFile(Path(results["FOLDER"]) / "V1_Marta.zip") as archive:
        assert archive.namelist() == [path for path in files if path.startswith("V1")]
        assert archive.testzip() is None
    sheet = Path(results["FOLDER"]) / "V1_Marta" / "V1_Marta.pdf"
    printed = subprocess.run(["pdftotext", str(sheet), "-"], capture_output=True, text=True, check=True)
    assert "Gate 4711#" in printed.stdout
    index = text_of(outcome, "index.html")
    assert all(f'href="{path}"' in index for path in written(outcome) if path != "index.html")


def test_notes_and_codes_go_to_the_driver_and_to_nobody_else(package):
    """The gate's code is in every file of the driver who needs it, in none of others or of the public."""
    outcome = package(visits(), PLAN_LEGS=legs("V1"))
    for ending in (".html", ".gpx", ".kml", ".geojson", ".ics"):
        text = text_of(outcome, f"V1_Marta/V1_Marta{ending}")
        assert all(secret in text for secret in SECRET.values())
    for path in ("index.html", "public/arrivals.csv", "public/routes.geojson"):
        text = text_of(outcome, path)
        assert not any(secret in text for secret in (*SECRET.values(), "Café", "Rua X"))
    nothing = package(visits(*ROWS[:1], row("V1", 1, "S1", "09:00"), ROWS[-1]), DRIVERS="V1", ZIP=False)
    assert "4711" not in text_of(nothing, PAGE)


def test_gdal_reads_what_was_written(package):
    """GPX, KML and GeoJSON as other programs open them: places in degrees, in order."""
    outcome = package(visits(), PLAN_LEGS=legs("V1"))
    folder = Path(outcome.results["FOLDER"]) / "V1_Marta"
    gpx = read_by_gdal(folder / "V1_Marta.gpx")
    points = [values["name"] for _, values in gpx["route_points"]]
    assert points == ["Start: Depot", "1. S1", "2. Café Lisboa", "End: Depot"]
    counts = {name: len(gpx[name]) for name in ("waypoints", "routes", "tracks", "track_points")}
    assert counts == {"waypoints": 4, "routes": 1, "tracks": 1, "track_points": 4}
    placemarks = [one for found in read_by_gdal(folder / "V1_Marta.kml").values() for one in found]
    assert [values["Name"] for _, values in placemarks] == [*points, "V1 · Marta"]
    (geojson,) = read_by_gdal(folder / "V1_Marta.geojson").values()
    place, stop = next(one for one in geojson if one[1]["stop_id"] == "S2")
    assert stop["notes"] == "Gate 4711#"
    degrees = place.removeprefix("POINT (").removesuffix(")").split()
    assert [float(angle) for angle in degrees] == pytest.approx([-8.9762, 41.1103], abs=0.0002)
    (public,) = read_by_gdal(folder.parent / "public" / "routes.geojson").values()
    assert [geometry.split()[0] for geometry, _ in public] == ["LINESTRING", "POINT", "POINT", "POINT"]


@pytest.mark.parametrize(
    ("given", "eta"),
    [
        ({"PLAN_ROUTES": "Europe/Lisbon"}, "09:00:00Z"),
        ({"PLAN_ROUTES": "Europe/Lisbon", "TIME_ZONE": "Asia/Tokyo"}, "01:00:00Z"),
        ({"TIME_ZONE": "America/New_York"}, "14:00:00Z"),
    ],
)
def test_times_are_those_of_the_plans_zone(package, given, eta):
    """10:00 on the clock there is another moment in each zone, and stays 10:00 on the page."""
    parameters = {**given, "PLAN_ROUTES": routes(given["PLAN_ROUTES"]) if "PLAN_ROUTES" in given else None}
    outcome = package(visits(), **parameters)
    calendar = text_of(outcome, "V1_Marta/V1_Marta.ics")
    assert f"DTSTART:20260504T{eta.replace(':', '')}" in calendar
    assert "10:00" in text_of(outcome, PAGE)
    assert f"{DAY}T10:00:00" in text_of(outcome, "public/arrivals.csv")


def test_the_stop_is_as_the_layer_has_it(package):
    """Windows and quantities are read as planning reads them; the order is that of the numbers."""
    outcome = package(visits())
    features = json.loads(text_of(outcome, "V1_Marta/V1_Marta.geojson"))["features"]
    stops = [one["properties"] for one in features if one["properties"].get("visit_type") == "stop"]
    assert [stop["stop_id"] for stop in stops] == ["S1", "S2"]
    assert (stops[1]["window"], stops[1]["delivery"]) == ("09:00\N{EN DASH}12:00", "2.5")
    text = text_of(outcome, "V1_Marta/V1_Marta_loading.csv")
    rows = list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
    assert [(one["Stop id"], one["Quantity 1"]) for one in rows] == [("S2", "2.5"), ("S1", "1")]


def test_the_night_when_the_clock_goes_back(package):
    """Half past midnight is in summer time still, ten o'clock no longer."""
    night = {"00:30": "20261024T233000Z", "10:00": "20261025T100000Z"}
    rows = [
        {
            **ROWS[1],
            "stop_id": clock,
            **dict.fromkeys(("start_time", "end_time", "eta"), f"2026-10-25T{clock}"),
        }
        for clock in night
    ]
    calendar = text_of(package(visits(*rows), TIME_ZONE="Europe/Lisbon"), "V1_Marta/V1_Marta.ics")
    assert [line[8:] for line in calendar.splitlines() if line.startswith("DTSTART")] == list(night.values())


def test_a_zone_that_nobody_told_is_told_of(package):
    """The calendar has moments: those of the computer's zone may be hours off."""
    assert any("zone of this computer" in warning for warning in package(visits()).log.warnings)


@pytest.mark.parametrize("how", ["status", "now"])
def test_what_is_done_is_in_no_link(package, how):
    """By its status or by the clock; it stays in the list, so that the driver sees his day."""
    rows = [{**one, "status": "done"} if how == "status" and one["sequence"] < 2 else one for one in ROWS[:5]]
    outcome = package(visits(*rows), **({"NOW": f"{DAY}T09:30"} if how == "now" else {}))
    page = text_of(outcome, PAGE)
    assert page.count("data-behind") == 2 + page.split("<script>")[1].count("data-behind")
    assert "origin" not in page
    gpx = read_by_gdal(Path(outcome.results["FOLDER"]) / "V1_Marta" / "V1_Marta.gpx")
    assert [values["name"] for _, values in gpx["route_points"]] == ["2. Café Lisboa", "End: Depot"]


def test_the_stop_where_the_driver_is_stays_on_top(package):
    """He needs its code at the door, whatever is sent to him meanwhile."""
    here = {"status": "arrived", "actual_arrival": f"{DAY}T09:58"}
    rows = [{**ROWS[1], **here, "end_time": f"{DAY}T10:20"}, {**ROWS[2], "status": "done"}]
    page = text_of(package(visits(*rows), NOW=f"{DAY}T10:05"), PAGE)
    assert 'class="visit stop next" data-key="stop:S2:"' in page


def test_rows_without_a_number_come_last(package):
    """Somebody typed them in: they are told and go on counting."""
    page = text_of(package(visits(*ROWS[:3], {**ROWS[1], "stop_id": "S7", "sequence": None})), PAGE)
    keys = re.findall(r'data-key="stop:(\w+):".*?class="number">(\d+)<', page)
    assert keys == [("S1", "1"), ("S2", "2"), ("S7", "3")]


@pytest.mark.parametrize("asked", ["V2", "joão", " v2 , JOÃO"])
def test_only_the_drivers_asked_for_get_files(package, asked):
    """By vehicle or by name, as people write them."""
    outcome = package(visits(), DRIVERS=asked, FORMATS=["gpx"], ZIP=False)
    assert written(outcome) == ["V2_Joao/V2_Joao.gpx", "index.html"]
    assert (outcome.results["DRIVER_COUNT"], outcome.results["FILE_COUNT"]) == (1, 2)


def test_a_driver_nobody_knows_is_refused(package):
    """With the names there are: a package for nobody is a driver without one."""
    with pytest.raises(QgsProcessingException, match=r"DRIVERS: Martha is in no row.*V1 · Marta"):
        package(visits(), DRIVERS="V2, Martha")


@pytest.mark.parametrize("name", ["V1_Marta.zip", "V1_Marta/V1_Marta.gpx", "V1_Marta/V1_Marta.pdf"])
def test_a_file_that_cannot_be_written_is_told(package, tmp_path, name):
    """With its name, and what to do."""
    (tmp_path / "out" / name).mkdir(parents=True)
    with pytest.raises(QgsProcessingException, match=rf"{name} cannot be written"):
        package(visits(), FORMATS=["gpx", "pdf"])


def test_packages_of_an_earlier_run_are_told_of(package):
    """Who is no longer on the road keeps his files in the folder: nobody is to drive by them."""
    package(visits(), TIME_ZONE="UTC")
    outcome = package(visits(*ROWS[:5]), TIME_ZONE="UTC")
    assert any("V2_Joao" in warning for warning in outcome.log.warnings)
    assert package(visits(), TIME_ZONE="UTC").log.warnings == []


def test_a_layer_that_is_no_plan_is_refused(package):
    """With the names of what is missing."""
    points = layer([{"at": (1, 2), "stop_id": "S1", "vehicle_id": "V1", "sequence": 1}])
    with pytest.raises(QgsProcessingException, match="no field eta"):
        package(points)


def test_rows_without_a_place_or_with_odd_values_are_told_of(package):
    """The stop is in the list all the same, without links."""
    odd = [{**ROWS[1], "at": None, "tw1_end": "noonish"}, *ROWS[2:3]]
    outcome = package(visits(*odd))
    assert any("in no link" in warning and "S2" in warning for warning in outcome.log.warnings)
    assert any("noonish" in warning for warning in outcome.log.warnings)
    page = text_of(outcome, PAGE)
    assert "Café Lisboa" in page
    assert page.count("waze.com") == 1


def test_legs_of_another_plan_are_told_of(package):
    """The map would be without a way, and nobody would know why."""
    outcome = package(visits(), PLAN_LEGS=legs("X9"))
    assert any("PLAN_LEGS" in warning for warning in outcome.log.warnings)
