"""The toolbox dialog in the real desktop: what a person at the screen gets. Screenshots stay in build/e2e."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from desktop import run_in_desktop

RUN_DIALOG = Path(__file__).absolute().parent / "run_dialog.py"
START_AND_PLAN_SECONDS = 180


@pytest.fixture(scope="module")
def planned(town_layers, pictures, tmp_path_factory) -> dict:
    """The project after the dialog of plan_routes was filled in and run on the sample town."""
    job = {
        "algorithm": "optiway:plan_routes",
        "layers": town_layers,
        "parameters": {"STOPS": "STOPS", "DEPOTS": "DEPOTS", "VEHICLES": "VEHICLES", "TIME_LIMIT": 10},
        "screenshots": str(pictures),
    }
    answer = run_in_desktop(RUN_DIALOG, job, tmp_path_factory.mktemp("desktop"), START_AND_PLAN_SECONDS)
    assert "error" not in answer, answer["error"]
    return answer


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
