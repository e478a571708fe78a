"""Planning on road layers, with the real engine: legs on the streets, stops off them, faults of the layer."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsProcessingException

from optiway_qgis.layers.road_travel import cache_folder
from tests.made_layers import CENTRE, Log, depot, layer, table
from tests.made_streets import METRES_PER_DEGREE, STEP, covers, crossing, grid, roads, stop, street

SEA = (-9.4, 40.9)


SPOTS = [(1, 1), (4, 1), (2, 4), (5, 5)]
STOPS = [stop(f"S{number}", crossing(*spot)) for number, spot in enumerate(SPOTS, 1)]


@pytest.fixture
def plan(run_algorithm):
    """A function (rows of streets, **parameters) -> Outcome of plan_routes with one vehicle."""

    def run(streets, log=None, stops=STOPS, **parameters):
        good = {
            "STOPS": layer(stops),
            "DEPOTS": layer([depot()], name="depots"),
            "VEHICLES": table([{"vehicle_id": "V1"}]),
            "ROADS": roads(streets) if isinstance(streets, list) else streets,
        }
        return run_algorithm("plan_routes", log, **{**good, **parameters})

    return run


def legs_by_goal(outcome):
    """Leg by the id of the stop it leads to."""
    return {row["to_id"]: row for row in outcome.rows("LEGS")}


def unassigned(outcome):
    """Reason and sentence by stop."""
    return {row["stop_id"]: (row["reason"], row["reason_text"]) for row in outcome.rows("UNASSIGNED")}


def test_legs_and_routes_follow_the_streets(plan):
    """ROADS alone is enough; what is drawn lies on the lines, as long as the distance says."""
    outcome = plan(grid())
    assert outcome.adds_up(len(STOPS))
    assert outcome.results["UNASSIGNED_COUNT"] == 0
    legs, (route,) = outcome.rows("LEGS"), outcome.rows("ROUTES")
    assert {leg["travel_source"] for leg in legs} == {"road"}
    assert route["travel_source"] == "roads"
    for line in (route, *legs):
        assert covers(grid(), line["at"])
    assert route["distance_km"] == pytest.approx(sum(leg["distance_km"] for leg in legs), abs=0.01)
    # A round trip to (5, 5) at the far corner, over the grid: ten blocks out and ten back at least.
    block = STEP * METRES_PER_DEGREE / 1000
    assert route["distance_km"] > 2 * 5 * block * 1.7
    assert route["at"].constGet().numPoints() > 2 * len(STOPS)
    assert not any("estimate" in text.lower() for text in outcome.log.warnings)


def test_travel_estimate_leaves_the_roads_aside(plan):
    """TRAVEL decides over ROADS."""
    outcome = plan(grid(), TRAVEL="estimate")
    assert {leg["travel_source"] for leg in outcome.rows("LEGS")} == {"estimate"}


def test_one_way_fields_turn_the_tour(plan):
    """On a ring that may be driven one way only, the order follows the ring; reversed data reverse it."""
    corners = [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]
    stops = [stop(name, crossing(*spot)) for name, spot in zip("ABC", ((2, 0), (4, 2), (2, 4)))]
    for field, word, order in (
        ("oneway", "yes", ["A", "B", "C"]),
        ("ONE_WAY", "T", ["C", "B", "A"]),
        ("oneway", "-1", ["C", "B", "A"]),
    ):
        ring = [street(*corners, **{field: word})]
        assert plan(ring, stops=stops).orders() == {"V1": order}, word
    ring = [street(*corners, oneway="yes", way="-1")]
    assert plan(ring, stops=stops, DIRECTION_FIELD="way").orders() == {"V1": ["C", "B", "A"]}


def test_a_speed_field_sets_the_times(plan):
    """Twice the speed, half the time on a long straight street, whatever the class says."""
    far = [stop("S1", crossing(40, 0))]
    straight = [street(*((i, 0) for i in range(41)), slow=30.0, fast=60.0)]
    minutes = {
        field: legs_by_goal(plan(straight, stops=far, SPEED_FIELD=field))["S1"]["drive_min"]
        for field in ("slow", "fast")
    }
    assert minutes["slow"] == pytest.approx(2 * minutes["fast"], rel=0.05)


@pytest.mark.parametrize("speed", [0, None, 900, -5, "fast"])
def test_a_speed_that_is_none_does_no_harm(plan, speed):
    """0, NULL, 900: the street is driven at the speed of its class or a bounded one, never not at all."""
    rows = [{**row, "maxspeed": None if speed is None else str(speed)} for row in grid()]
    usual = plan(grid()).rows("ROUTES")[0]["drive_min"]
    outcome = plan(rows)
    assert outcome.results["UNASSIGNED_COUNT"] == 0
    assert usual / 4 < outcome.rows("ROUTES")[0]["drive_min"] < 4 * usual


def test_unknown_words_do_no_harm(plan):
    """A one-way value nobody knows and a class nobody knows: the town can still be driven."""
    rows = [{**row, "oneway": "perhaps"} for row in grid()]
    rows[3]["highway"] = "boulevard"
    assert plan(rows).results["UNASSIGNED_COUNT"] == 0


def test_lines_of_no_length_and_lines_that_touch_themselves(plan):
    """A double click and a figure of eight among the streets."""
    odd = [
        street((1, 1), (1, 1)),
        street((2, 2), (2, 2), (2, 2)),
        street((0, 0), (2, 2), (2, 0), (0, 2), (0, 0)),
        street((3, 3), (4, 4), (3, 3)),
    ]
    outcome = plan(grid() + odd)
    assert outcome.results["UNASSIGNED_COUNT"] == 0
    assert all(leg["drive_min"] > 0 for leg in outcome.rows("LEGS"))


def test_a_stop_in_the_sea_and_a_stop_on_an_island(plan):
    """Both are unassigned with the distance or the cause; the town is served."""
    island = [street((20, 20), (21, 20)), street((21, 20), (21, 21))]
    stops = [*STOPS, stop("sea", SEA), stop("island", crossing(21, 20))]
    outcome = plan(grid() + island, stops=stops)
    assert outcome.adds_up(len(stops))
    found = unassigned(outcome)
    assert set(found) == {"sea", "island"}
    assert {reason for reason, _ in found.values()} == {"unreachable"}
    assert "km away" in found["sea"][1]
    assert "cut off from the rest of the network" in found["island"][1]


def test_a_stop_far_from_any_road(plan):
    """The sentence gives the distance that a person would measure."""
    away = 3000
    lonely = (crossing(5, 0)[0], crossing(5, 0)[1] - away / METRES_PER_DEGREE)
    (reason, text) = unassigned(plan(grid(), stops=[*STOPS, stop("lonely", lonely)]))["lonely"]
    assert reason == "unreachable"
    assert text.startswith("The nearest road is 3.0 km away")


def test_far_stops_are_served_when_allowed(plan):
    """Their legs are straight and marked, the others stay on the streets, and the report counts them."""
    lonely = (crossing(5, 0)[0], crossing(5, 0)[1] - 0.03)
    stops = [*STOPS, stop("lonely", lonely)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        outcome = plan(grid(), stops=stops, ALLOW_FAR=True, REPORT=str(report))
        page = report.read_text(encoding="utf-8")
    assert outcome.results["UNASSIGNED_COUNT"] == 0
    legs = outcome.rows("LEGS")
    off_road = [leg for leg in legs if "lonely" in (leg["from_id"], leg["to_id"])]
    assert len(off_road) == 2
    for leg in legs:
        assert leg["travel_source"] == ("estimate" if leg in off_road else "road")
        assert leg in off_road or covers(grid(), leg["at"])
    assert all(leg["at"].constGet().numPoints() == 2 and leg["drive_min"] > 0 for leg in off_road)
    assert "Legs drawn straight because no road was found: 2 of 6." in page


def test_a_depot_off_the_road_is_named(plan):
    """Everything is unassigned, and the reason is not the stops'."""
    outcome = plan(grid(), DEPOTS=layer([depot(at=(CENTRE[0], CENTRE[1] - 0.05))], name="depots"))
    assert outcome.adds_up(len(STOPS))
    found = unassigned(outcome)
    assert len(found) == len(STOPS)
    assert all("The nearest road to depot D1 is 5.6 km away" in text for _, text in found.values())


def test_one_driver_on_roads(run_algorithm):
    """plan_one_route takes the same layer."""
    outcome = run_algorithm(
        "plan_one_route", STOPS=layer(STOPS), START=f"{CENTRE[0]},{CENTRE[1]}", ROADS=roads(grid())
    )
    assert outcome.results["UNASSIGNED_COUNT"] == 0
    assert {leg["travel_source"] for leg in outcome.rows("LEGS")} == {"road"}


def test_schedule_gives_the_same_times_on_the_same_roads(plan, run_algorithm):
    """A plan taken over without a change keeps every arrival and every metre."""
    first = plan(grid())
    again = run_algorithm("schedule", STOPS=first.results["VISITS"], ROADS=roads(grid()))
    for name in ("DISTANCE_KM", "DRIVE_MIN"):
        assert again.results[name] == pytest.approx(first.results[name])
    assert again.orders() == first.orders()
    assert [leg["end_time"] for leg in again.rows("LEGS")] == [leg["end_time"] for leg in first.rows("LEGS")]


def test_plan_id_is_that_of_the_data(plan):
    """The same roads, stops and seed are the same plan in every run; a changed street makes another."""
    ids = [plan(grid()).rows("ROUTES")[0]["plan_id"] for _ in range(2)]
    assert ids[0] == ids[1]
    assert plan([{**row, "maxspeed": "30"} for row in grid()]).rows("ROUTES")[0]["plan_id"] != ids[0]


def test_the_sample_town_on_its_own_streets(run_algorithm, sample_town, town_sources):
    """The streets shipped with the plugin carry its stops."""
    outcome = run_algorithm("plan_routes", **town_sources, ROADS=str(sample_town / "streets.geojson"))
    assert outcome.adds_up(60)
    assert "unreachable" not in outcome.reasons().values()
    assert {leg["travel_source"] for leg in outcome.rows("LEGS")} == {"road"}


def test_a_file_of_streets_is_read_once_and_again_when_it_changes(
    run_algorithm, sample_town, town_sources, tmp_path
):
    """The same plan from what was kept; another as soon as the file says something else."""
    streets = tmp_path / "streets.geojson"
    text = (sample_town / "streets.geojson").read_text("utf-8")
    kept = cache_folder(QgsApplication.qgisSettingsDirPath())
    ids, files = [], []
    for drawn in (text, text, text.replace('"residential"', '"motorway"')):
        streets.write_text(drawn, encoding="utf-8")
        before = set(kept.glob("roads-lines-*"))
        outcome = run_algorithm("plan_routes", **town_sources, ROADS=str(streets))
        ids.append(outcome.rows("ROUTES")[0]["plan_id"])
        files.append(len(set(kept.glob("roads-lines-*")) - before))
    assert drawn != text
    assert files == [1, 0, 1]
    assert ids[0] == ids[1] != ids[2]


@pytest.fixture
def refuse(plan):
    """A function (as `plan`) -> message of the error the run must end with."""

    def run(streets, **parameters):
        with pytest.raises(QgsProcessingException) as caught:
            plan(streets, **parameters)
        return str(caught.value)

    return run


def test_layers_that_cannot_be_driven_on(refuse):
    """No lines, no CRS, points: one sentence with the layer, the cause and the remedy."""
    assert "ROADS (streets) has no features. Choose a layer of roads" in refuse(roads([]))
    assert "ROADS (streets) has no CRS. Set it" in refuse(roads(grid(), crs=""))
    assert "ROADS (shops) holds no lines" in refuse(layer([{"at": CENTRE, "name": "x"}], name="shops"))


def test_parameters_that_do_not_fit(refuse):
    """A field that is not there, a source without its layer."""
    assert "has no field kmh. Choose one of highway" in refuse(grid(), SPEED_FIELD="kmh")
    assert "TRAVEL is roads, but ROADS is empty" in refuse(None, TRAVEL="roads")


def test_roads_of_another_place(refuse):
    """Stops in Paris, streets of Porto: nothing would be reachable, so it is said at once."""
    paris = layer([depot(at=(2.35, 48.85))], name="depots")
    message = refuse(grid(), stops=[stop("S1", (2.36, 48.86))], DEPOTS=paris)
    assert "ROADS (streets) has no roads within 20 km around the stops and depots" in message


def test_errors_of_roads_come_with_those_of_the_other_layers(refuse):
    """A person corrects all of them before the next run."""
    message = refuse(roads(grid(), crs=""), stops=[], SPEED_FIELD="kmh")
    assert message.startswith("3 problems in the input:")


@pytest.mark.parametrize("cancel_at", ["ROADS: uses", "Searching", ""])
def test_no_file_of_roads_stays_behind(plan, tmp_path, monkeypatch, cancel_at):
    """Finished or cancelled, while reading or searching: the temporary folder is empty again."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    outcome = plan(grid(), Log(cancel_at=cancel_at))
    assert bool(outcome.results.get("ROUTE_COUNT")) == (not cancel_at)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("optiway-")]
