"""The road network against an obvious Dijkstra over the same lines, and its states, turns and bad input."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.engine.travel.roads.network import RoadNetwork
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.problem import Depot, Problem, Stop, Vehicle
from tests.engine.streets import KMH, Lines, agrees, at, compare, grid, metres_between, oracle, street_maps

PROFILES = Path(__file__).absolute().parents[2] / "optiway_qgis" / "resources" / "profiles"


def test_times_and_distances_on_a_grid_are_those_of_dijkstra(tmp_path):
    """Two-way streets, one-way ones, a fast one; places within streets, and on the same street."""
    lines = grid(4, oneway_columns=(1, 3))
    lines.add([(0, 0), (-0.5, -0.5), (4.5, -0.5), (4, 0)], "fast")
    places = [(0.5, 0), (1, 2.5), (3.25, 4), (3.75, 4), (2, 1.5), (4, 3.5), (1, 0.25), (1, 0.75)]
    for line in lines.points:  # every place is a vertex of its line
        for place in map(lambda place: at(*place), places):
            for index in range(len(line) - 1):
                a, b = line[index], line[index + 1]
                if min(a, b) < place < max(a, b) and (a[0] == b[0] == place[0] or a[1] == b[1] == place[1]):
                    line.insert(index + 1, place)
                    break
    network = lines.network(places, tmp_path)
    agrees(network.matrix("car"), oracle(lines, [at(*place) for place in places], KMH))
    assert {snap.status for snap in network.snap()} == {"ok"}


def turning_seconds(a, b, c):
    """Return 3 seconds for a turn of more than 60 degrees, as the profile below says, steps made sharp."""
    scale = math.cos(math.radians(b[1]))
    arrives = math.atan2((b[0] - a[0]) * scale, b[1] - a[1])
    leaves = math.atan2((c[0] - b[0]) * scale, c[1] - b[1])
    return abs(math.degrees((leaves - arrives + math.pi) % (2 * math.pi) - math.pi)) / 60


@settings(max_examples=60, deadline=None)
@given(street_maps())
def test_random_streets_agree_with_dijkstra(tmp_path_factory, drawn):
    """No turns to pay: any tangle of one-way, parallel, dead and cut-off streets."""
    lines, places = drawn
    network = lines.network(places, tmp_path_factory.mktemp("roads"), {"island_m": 0})
    compare(network, places, lambda served: oracle(lines, served, KMH))


@settings(max_examples=60, deadline=None)
@given(street_maps())
def test_random_streets_with_turns_agree_with_dijkstra(tmp_path_factory, drawn):
    """Each turn costs a second per 60 degrees at junctions of three streets or more."""
    lines, places = drawn
    ends = [point for line in lines.points for point in (line[0], line[-1])]

    def turn(a, b, c):
        return turning_seconds(a, b, c) if ends.count(b) > 2 and c != a else 0

    profile = {"turn_s": [[0, 0], [180, 3]], "island_m": 0}
    network = lines.network(places, tmp_path_factory.mktemp("roads"), profile)
    compare(network, places, lambda served: oracle(lines, served, KMH, turn))


@pytest.mark.parametrize("turn_s", [[], [[0, 0], [180, 0.001]]])
def test_a_one_way_ring_is_driven_around(tmp_path, turn_s):
    """To a place just behind, the way leads once around; the same with junctions or turns as nodes."""
    ring = [(0, 0), (1, 0), (2, 0), (2, 2), (0, 2), (0, 0)]
    network = (
        Lines().add(ring, junction="roundabout").network([(0.5, 0), (1.5, 0)], tmp_path, {"turn_s": turn_s})
    )
    matrix = network.matrix("car")
    ahead, around = (
        metres_between(at(0.5, 0), at(1.5, 0)),
        sum(metres_between(at(*a), at(*b)) for a, b in zip(ring, ring[1:])),
    )
    assert matrix.metres[0, 1] == pytest.approx(ahead, abs=2)
    assert matrix.metres[1, 0] == pytest.approx(around - ahead, abs=2)
    assert matrix.seconds[1, 0] == pytest.approx((around - ahead) / 10, abs=1.1)
    back = network.lines([(1, 0)], "car")[0]
    assert len(back.geometry) == 6


def test_of_parallel_roads_the_fastest_is_taken(tmp_path):
    """Three roads between the same two junctions, the middle one in length being the fastest."""
    lines = Lines().add([(-1, 0), (0, 0)]).add([(2, 0), (3, 0)])
    lines.add([(0, 0), (2, 0)])
    lines.add([(0, 0), (1, 0.3), (2, 0)], "fast")
    lines.add([(0, 0), (1, 1), (2, 0)], "fast")
    network = lines.network([(-0.5, 0), (2.5, 0)], tmp_path)
    assert at(1, 0.3) in network.lines([(0, 1)], "car")[0].geometry
    agrees(network.matrix("car"), straight_oracle(lines, [(-0.5, 0), (2.5, 0)]))


def straight_oracle(lines, places):
    """Return the oracle's tables after making each place a vertex of the level street it lies on."""
    for place in places:
        for line in lines.points:
            for index in range(len(line) - 1):
                a, b = line[index], line[index + 1]
                if a[1] == b[1] == at(*place)[1] and a[0] < at(*place)[0] < b[0]:
                    line.insert(index + 1, at(*place))
                    break
    return oracle(lines, [at(*place) for place in places], KMH)


def test_turns_cost_what_the_profile_says(tmp_path):
    """Straight on is free, right 4 s, left 4 + 5 s where one drives on the right; junctions cost one more."""
    lines = Lines().add([(-1, 0), (0, 0)]).add([(0, 0), (1, 0)]).add([(0, 1), (0, 0)]).add([(0, 0), (0, -1)])
    places = [(-0.5, 0), (0.5, 0), (0, 0.5), (0, -0.5)]
    turns = {"turn_s": [[0, 0], [90, 4], [180, 8]], "crossing_s": 5}
    free = lines.network(places, tmp_path).matrix("car").seconds
    paid = lines.network(places, tmp_path, turns).matrix("car").seconds - free
    assert np.abs(paid[0] - [0, 0, 9, 4]).max() <= 1
    left = lines.network(places, tmp_path, {**turns, "drive_on": "left"}).matrix("car").seconds - free
    assert np.abs(left[0] - [0, 0, 4, 9]).max() <= 1
    junction = lines.network(places, tmp_path, {**turns, "junction_s": 10}).matrix("car").seconds
    assert np.abs(junction[0, 1] - free[0, 1] - 10) <= 1


def test_a_profile_is_fitted_by_its_time_factor(tmp_path):
    """Measured by planned time is the factor: turns, junctions and driving grow alike."""
    places = [(0.5, 0), (4, 2.5), (2.5, 4)]
    turns = {"turn_s": [[0, 0], [90, 8]], "junction_s": 2, "crossing_s": 5}
    planned = grid(4).network(places, tmp_path, turns).matrix("car")
    fitted = grid(4).network(places, tmp_path, {**turns, "time_factor": 1.5}).matrix("car")
    assert (np.abs(fitted.seconds - 1.5 * planned.seconds) <= 2).all()
    assert (fitted.metres == planned.metres).all()


def test_states_of_places(tmp_path):
    """Near, far, on a part that is cut off, and outside; only the first is in the matrix."""
    lines = grid(30)
    lines.add([(40, 2), (41, 2)])
    places = [(1.5, 0), (3.5, 30), (34, 20), (40.5, 2.1), (200, 200)]
    network = lines.network(places, tmp_path, {"far_m": 200})
    snaps = network.snap()
    assert [snap.status for snap in snaps] == ["ok", "ok", "far", "island", "outside"]
    assert snaps[2].metres == pytest.approx(metres_between(at(34, 20), at(30, 20)), abs=0.5)
    matrix = network.matrix("car")
    assert (matrix.seconds[:2, :2] >= 0).all()
    assert (matrix.seconds[2:, :2] == -1).all()
    assert (matrix.seconds[:2, 2:] == -1).all()
    assert (np.diag(matrix.seconds) == 0).all()
    assert [line.source for line in network.lines([(0, 1), (0, 2), (3, 1)], "car")] == [
        "road",
        "estimate",
        "estimate",
    ]


def test_far_places_are_estimated_when_the_user_allows_it(tmp_path):
    """A place may be far for one profile only; then only that one is estimated, drawn straight and marked."""
    travel = grid(4).travel(tmp_path, {"far_m": 9000}, allow_far=True)
    travel["profiles"]["foot"] = {**travel["profiles"]["car"], "far_m": 200}
    problem = Problem(
        "2026-05-04",
        "Europe/Lisbon",
        (Stop("near", *at(3.5, 3)), Stop("far", *at(7, 2))),
        (Depot("D", *at(1.5, 0)),),
        (Vehicle("V1", profile="car"), Vehicle("V2", profile="foot")),
    )
    found = open_travel(problem, travel, [].append)
    assert [snap.status for snap in found.snaps] == ["ok", "ok", "far"]
    assert found.matrices["foot"].seconds[0, 2] > found.matrices["foot"].seconds[0, 1] > 0
    drawn = {name: found.provider.lines([(0, 2), (0, 1)], name) for name in ("car", "foot")}
    assert [line.source for line in drawn["car"]] == ["road", "road"]
    assert [line.source for line in drawn["foot"]] == ["estimate", "road"]
    assert drawn["foot"][0].geometry == (at(1.5, 0), at(7, 2))


def test_a_place_near_a_stub_that_is_cut_off_takes_the_main_road(tmp_path):
    """Data are full of stubs that miss their junction: a main road a little farther is what is meant."""
    lines = grid(4).add([(1.2, 0.5), (1.8, 0.5)])
    network = lines.network([(1.5, 0.45), (3.5, 3)], tmp_path, {"island_m": 100})
    assert [snap.status for snap in network.snap()] == ["ok", "ok"]
    assert network.matrix("car").seconds[0, 1] > 0


def test_equal_and_doubled_points(tmp_path):
    """Pieces of no length, lines of one point, a line touching itself, a place twice: 0 only there."""
    lines = Lines().add([(0, 0), (0, 0), (1, 0), (1, 0)]).add([(5, 5)])
    lines.add([(1, 0), (2, 1), (3, 0), (2, -1), (1, 0), (0, 1)])
    network = lines.network([(0.5, 0), (0.5, 0), (2.5, 0.5), (0.5, 0.5)], tmp_path)
    seconds = network.matrix("car").seconds
    assert seconds[0, 1] == 0
    assert (seconds[np.triu_indices(4, 1)][1:] > 0).all()
    assert len(network.lines([(0, 1)], "car")[0].geometry) == 2


def test_the_second_plan_finds_graph_and_order_in_the_cache_and_a_broken_one_is_made_again(tmp_path):
    """Equal results from nothing, from the cache, and from a cache cut off or replaced by garbage."""
    lines, places = grid(6, (2,)), [(0.5, 0), (2, 3.5), (5.5, 6), (4, 4.5)]
    cache = tmp_path / "cache"
    turns = {"turn_s": [[0, 0], [180, 8]]}
    told: list[str] = []
    made = [
        lines.network(places, tmp_path, turns, told.append, cache=str(cache)).matrix("car") for _ in range(2)
    ]
    files = sorted(cache.iterdir())
    assert {file.name.split("-")[1] for file in files} == {"graph", "order"}
    assert all(file.suffix == ".npz" for file in files)
    written = [file.stat().st_ino for file in files]
    made.append(lines.network(places, tmp_path, turns, cache=str(cache)).matrix("car"))
    assert [file.stat().st_ino for file in files] == written
    files[0].write_bytes(files[0].read_bytes()[:300])
    files[1].write_text("garbage")
    made.append(lines.network(places, tmp_path, turns, cache=str(cache)).matrix("car"))
    assert [file.stat().st_ino for file in files] != written
    assert all((matrix.seconds == made[0].seconds).all() for matrix in made)
    assert all((matrix.metres == made[0].metres).all() for matrix in made)


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path):
    """The cache saves time; nothing depends on it."""
    (tmp_path / "file").write_text("")
    network = grid(2).network([(0.5, 0), (1.5, 2)], tmp_path, cache=str(tmp_path / "file" / "cache"))
    assert network.matrix("car").seconds[0, 1] > 0


def test_profiles_that_say_the_same_share_a_matrix_and_unknown_ones_travel_like_a_car(tmp_path):
    """Each profile is told once."""
    travel = grid(3).travel(tmp_path)
    travel["profiles"]["van"] = dict(travel["profiles"]["car"])
    told: list[str] = []
    vehicles = tuple(Vehicle(name, profile=name) for name in ("car", "van", "hovercraft"))
    stops = tuple(Stop(str(x), *at(x + 0.5, x)) for x in range(3))
    problem = Problem("2026-05-04", "Europe/Lisbon", stops, (Depot("D", *at(0.5, 3)),), vehicles)
    found = open_travel(problem, travel, told.append)
    assert found.matrices["car"] is found.matrices["van"] is found.matrices["hovercraft"]
    assert found.provider.source == "roads"
    assert [text for text in told if "hovercraft" in text] == [
        'Vehicle profile "hovercraft" is not known; it travels like a car.'
    ]
    assert {snap.status for snap in found.snaps} == {"ok"}


def test_bad_roads_are_refused_in_words(tmp_path):
    """No file, no lines, no open road, degrees that are metres: each says what it is."""
    places = [at(0, 0), at(1, 1)]

    def message(travel):
        with pytest.raises(InputError) as raised:
            RoadNetwork(places, travel, [].append).matrix("car")
        return str(raised.value)

    assert "cannot be read" in message({**grid(1).travel(tmp_path), "path": str(tmp_path / "none.npz")})
    assert "no lines" in message(Lines().travel(tmp_path))
    assert "open to profile" in message(Lines().add([(0, 0), (1, 1)], "river").travel(tmp_path))
    far = Lines().add([(0, 0), (1e6, 1e6)]).travel(tmp_path)
    assert "WGS 84" in message(far)
    assert "no road profile" in message({**grid(1).travel(tmp_path), "profiles": {}}).lower()
    broken = grid(1).travel(tmp_path)
    broken["categories"]["highway"] = []
    assert "contradict" in message(broken)


@pytest.mark.parametrize("name", ["car", "van", "truck", "bike", "foot"])
def test_the_profiles_that_come_along_drive(tmp_path, name):
    """Each file is read, and a residential street takes the time of its speed."""
    profile = json.loads((PROFILES / f"{name}.json").read_text(encoding="utf-8"))
    lines = Lines().add([(0, 0), (1, 0), (2, 0)], "residential")
    travel = lines.travel(tmp_path, profiles={name: profile})
    places = [at(0.2, 0), at(1.8, 0)]
    seconds = RoadNetwork(places, travel, [].append).matrix(name).seconds
    expected = metres_between(*places) * 3.6 / profile["speeds_kmh"]["residential"]
    assert seconds[0, 1] == pytest.approx(expected, abs=1.1)


@pytest.mark.parametrize("turn_s", [[], [[0, 0], [180, 8]]])
@pytest.mark.parametrize("places", [[], [(90, 90), (91, 91)], [(0.5, 0), (90, 90)]])
def test_few_or_no_places_on_the_road_are_no_failure(tmp_path, places, turn_s):
    """All stops in the sea, and no stops at all."""
    network = grid(2).network(places, tmp_path, {"turn_s": turn_s})
    assert (network.matrix("car").seconds == np.where(np.eye(len(places)), 0, -1)).all()
    pairs = [(0, 1)] if places else []
    assert [line.source for line in network.lines(pairs, "car")] == ["estimate"] * len(pairs)
