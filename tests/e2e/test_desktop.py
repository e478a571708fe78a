"""The toolbox dialog in the real desktop: what a person at the screen gets. Screenshots stay in build/e2e."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from desktop import run_in_desktop
from headless import BUILD, points_from_csv

RUN_DIALOG = Path(__file__).absolute().parent / "run_dialog.py"
START_AND_PLAN_SECONDS = 180


@pytest.fixture(scope="module")
def in_desktop(tmp_path_factory):
    """A function (algorithm, layers, parameters, folder of pictures) that runs a dialog: the project."""

    def run(algorithm: str, layers: dict[str, str], parameters: dict, pictures: Path) -> dict:
        pictures.mkdir(exist_ok=True)
        job = {
            "algorithm": algorithm,
            "layers": layers,
            "parameters": {**{name: name for name in layers}, **parameters},
            "screenshots": str(pictures),
        }
        answer = run_in_desktop(RUN_DIALOG, job, tmp_path_factory.mktemp("desktop"), START_AND_PLAN_SECONDS)
        assert "error" not in answer, answer["error"]
        return answer

    return run


@pytest.fixture(scope="module")
def planned(in_desktop, town_layers, pictures) -> dict:
    """The project after the dialog of plan_routes was filled in and run on the sample town."""
    return in_desktop("optiway:plan_routes", town_layers, {"TIME_LIMIT": 10}, pictures)


def test_dialog_loads_the_four_layers_of_the_plan(planned):
    """Every stop is in one of the layers: nothing is lost on the way into the project."""
    layers, numbers = planned["layers"], planned["results"]
    assert set(layers) == {"ROUTES", "LEGS", "VISITS", "UNASSIGNED"}
    assert numbers["STOP_COUNT"] > 0
    assert layers["ROUTES"]["features"] == numbers["ROUTE_COUNT"] > 1
    assert layers["UNASSIGNED"]["features"] == numbers["UNASSIGNED_COUNT"]
    assert layers["VISITS"]["features"] == numbers["ASSIGNED_COUNT"] + 2 * numbers["ROUTE_COUNT"]
    assert layers["LEGS"]["features"] == numbers["ASSIGNED_COUNT"] + numbers["ROUTE_COUNT"]


def test_each_route_has_a_colour_of_its_own(planned):
    """Routes, legs and visits are told apart by vehicle."""
    for name in ("ROUTES", "LEGS", "VISITS"):
        layer = planned["layers"][name]
        assert layer["renderer"] == "categorizedSymbol", name
        assert len(set(layer["categories"])) >= planned["results"]["ROUTE_COUNT"], name


def test_layer_tree_explains_each_vehicle_and_nothing_that_is_not_there(planned):
    """One entry per route, the depots, and no vehicle of hand edits that nobody made."""
    routes = planned["results"]["ROUTE_COUNT"]
    for name, others in (("ROUTES", []), ("LEGS", []), ("VISITS", ["Depots"])):
        legend = planned["layers"][name]["legend"]
        assert legend[routes:] == others, name
        assert [entry.split(" ")[0] for entry in legend[:routes]] == planned["layers"][name]["categories"][
            :routes
        ]


def test_stops_lie_above_routes_and_routes_above_legs(planned):
    """Lines do not hide the numbers of stops, and nothing hides a stop that is left out."""
    assert planned["order"] == ["UNASSIGNED", "VISITS", "ROUTES", "LEGS"]


def test_stops_are_labelled(planned):
    """The arrival time stands beside the stop, and the reason beside an unassigned one."""
    assert planned["layers"]["VISITS"]["labels"]
    assert planned["layers"]["UNASSIGNED"]["labels"]


def test_temporal_controller_can_play_the_day(planned):
    """The layers with times are temporal as soon as they are loaded."""
    for name in ("ROUTES", "LEGS", "VISITS"):
        assert planned["layers"][name]["temporal"], name


def test_report_is_written(planned):
    """The dialog gives the report too."""
    assert "<html" in Path(planned["results"]["REPORT"]).read_text(encoding="utf-8")


def test_screen_shows_the_map_and_not_a_message(planned, pictures):
    """The picture of the screen holds the colours of a map; a blocked or empty window has few."""
    colours = subprocess.run(
        ["identify", "-format", "%k", str(pictures / "map.png")], capture_output=True, text=True, check=True
    )
    assert int(colours.stdout) > 2000


def test_solo_driver_gets_one_route_from_a_typed_start(in_desktop, pictures):
    """Plan one route: a layer of points, the start as text, the button; a numbered tour is on the map."""
    sample = BUILD / "optiway_qgis" / "resources" / "sample" / "day_small.csv"
    answer = in_desktop(
        "optiway:plan_one_route",
        {"STOPS": points_from_csv(sample)},
        {"START": "-3.6975,52.4417 [EPSG:4326]", "TIME_LIMIT": 5},
        pictures / "one_route",
    )
    numbers, layers = answer["results"], answer["layers"]
    assert numbers["ROUTE_COUNT"] == layers["ROUTES"]["features"] == 1
    assert numbers["ASSIGNED_COUNT"] == numbers["STOP_COUNT"] == 20
    assert layers["VISITS"]["features"] == layers["LEGS"]["features"] + 1 == 22
    assert answer["order"] == ["UNASSIGNED", "VISITS", "ROUTES", "LEGS"]
