"""A real OSRM with the streets of Monaco: tables whole and in tiles, odd places, lines along the streets."""

from __future__ import annotations

import random

import numpy as np
import pytest
import requests

from optiway_qgis.engine.solving.planner import plan_id
from optiway_qgis.engine.travel.estimate import earth_centred, straight_metres
from optiway_qgis.engine.travel.matrix import GivenMatrix, write_matrix
from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.engine.travel.servers.osrm import Osrm
from optiway_qgis.model.problem import Depot, Problem, Settings, Stop, Vehicle
from tests.engine.faulty_server import Reply, serving
from tests.engine.osrm import prepared, routed

PARIS, SEA = (2.35, 48.85), (7.45, 43.70)


def spots(count):
    """Places spread over Monaco."""
    chance = random.Random(7)
    return [(chance.uniform(7.412, 7.432), chance.uniform(43.730, 43.748)) for _ in range(count)]


@pytest.fixture(scope="module")
def streets(shared_data, tmp_path_factory):
    """The files of a server."""
    return prepared(shared_data / "osm" / "monaco.osm.pbf", tmp_path_factory.mktemp("osrm"))


@pytest.fixture(scope="module")
def server(streets):
    """The address of a server as OSRM comes: 100 places in a table."""
    with routed(streets) as url:
        yield url


def provider(places, url):
    return Osrm(places, {"url": url}, [].append)


def test_a_table_is_that_of_the_server(server):
    """Held to one plain request."""
    places = spots(30)
    points = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in places)
    plain = requests.get(
        f"{server}/table/v1/driving/{points}?annotations=duration,distance", timeout=30
    ).json()
    matrix = provider(places, server).matrix("car")
    assert (matrix.seconds == np.rint(plain["durations"])).all()
    assert (matrix.metres == np.rint(plain["distances"])).all()
    assert (matrix.seconds != matrix.seconds.T).any()  # rows are from, columns are to


def test_a_low_limit_changes_nothing_but_the_number_of_requests(server, streets):
    """Tiles of 50 x 50 make the table that a server without the limit gives at once."""
    places = spots(230)
    tiled = provider(places, server).matrix("car")
    with routed(streets, "--max-table-size", "1000") as generous:
        whole = provider(places, generous).matrix("car")
    assert (tiled.seconds == whole.seconds).all()
    assert (tiled.metres == whole.metres).all()
    assert (tiled.seconds[~np.eye(230, dtype=bool)] > 0).mean() > 0.99


def test_an_address_too_long_for_the_server_is_cut_into_tiles(server):
    """With 1000 places it hangs up without a word."""
    matrix = provider(spots(1000), server).matrix("car")
    assert matrix.seconds.shape == (1000, 1000)
    assert (matrix.seconds >= 0).all()


def test_connections_the_server_drops_are_made_again(server):
    """It does so after 1024 requests on one connection."""
    one = provider(spots(3), server)
    for _ in range(1100):
        one.server.ask("nearest/v1/driving/7.42,43.73")


def test_far_places_are_not_reached(server):
    """OSRM takes any road, 680 km away too, and says Ok."""
    places = [*spots(4), PARIS, SEA]
    travel = provider(places, server)
    matrix = travel.matrix("car")
    snaps = travel.snap()
    assert [snap.status for snap in snaps] == ["ok"] * 4 + ["far"] * 2
    assert 600_000 < snaps[4].metres < 800_000
    assert 1000 < snaps[5].metres < 5000
    for numbers in (matrix.seconds, matrix.metres):
        assert (numbers[4:, :4] == UNREACHABLE).all()
        assert (numbers[:4, 4:] == UNREACHABLE).all()
        assert (numbers[:4, :4] >= 0).all()
        assert (np.diag(numbers) == 0).all()


def test_places_without_a_segment_do_not_fail_the_table(streets):
    """A server with a search radius refuses the whole table for one of them: the rest is asked again."""
    places = [PARIS, *spots(120), SEA]
    with routed(streets, "--default-radius", "500") as strict, routed(streets) as lenient:
        travel = provider(places, strict)
        matrix = travel.matrix("car")
        reference = provider(places[1:-1], lenient).matrix("car")
    assert [place for place, snap in enumerate(travel.snap()) if snap.status == "outside"] == [0, 121]
    assert (matrix.seconds[1:-1, 1:-1] == reference.seconds).all()
    assert (matrix.seconds[0, 1:] == UNREACHABLE).all()
    assert (matrix.seconds[:-1, -1] == UNREACHABLE).all()


def length(line):
    """Metres along a line."""
    xyz = earth_centred(line.geometry)
    return sum(straight_metres(xyz[[i]], xyz[[i + 1]])[0, 0] for i in range(len(xyz) - 1))


def test_lines_follow_the_streets_and_are_as_long_as_the_table_says(server):
    """Leg by leg, asked for in chains."""
    places = spots(40)
    travel = provider(places, server)
    matrix = travel.matrix("car")
    pairs = list(zip(range(39), range(1, 40)))
    for (origin, end), line in zip(pairs, travel.lines(pairs, "car")):
        assert line.source == "road"
        assert length(line) == pytest.approx(matrix.metres[origin, end], rel=0.01, abs=5)
        ends = straight_metres(earth_centred([line.geometry[0], line.geometry[-1]]), earth_centred(places))
        assert ends[0, origin] < travel.snap()[origin].metres + 5
        assert ends[1, end] < travel.snap()[end].metres + 5


def test_lines_where_there_is_no_way(server):
    """A far place gets a straight, marked line, a place to itself one of no length; order is kept."""
    travel = provider([*spots(3), PARIS], server)
    lines = travel.lines([(0, 1), (1, 3), (2, 2), (2, 0)], "car")
    assert [line.source for line in lines] == ["road", "estimate", "road", "road"]
    assert lines[1].geometry == (travel.places[1], PARIS)
    assert length(lines[2]) == 0


def test_a_server_that_fails_while_drawing_costs_only_the_lines(streets):
    """The plan is found already."""
    told = []
    with routed(streets) as url:
        travel = Osrm(spots(3), {"url": url}, told.append)
        travel.matrix("car")
    assert [line.source for line in travel.lines([(0, 1), (1, 2)], "car")] == ["estimate"] * 2
    (text,) = told
    assert "drawn straight" in text
    assert url in text


def test_one_table_serves_all_profiles_of_one_word(server):
    """A car and a van travel alike; a word of the server's own is passed on."""
    stops = tuple(Stop(f"S{number}", *spot) for number, spot in enumerate(spots(3)))
    vehicles = tuple(Vehicle(name, profile=name) for name in ("car", "van", "truck", "coach"))
    problem = Problem("2026-05-04", "Europe/Monaco", stops, (Depot("D1", *spots(1)[0]),), vehicles)
    told = []
    travel = open_travel(problem, {"source": "osrm", "url": server}, told.append)
    assert ["coach" in text for text in told] == [
        False,
        True,
    ]  # the server has no coaches, and does not say so
    assert travel.matrices["car"] is travel.matrices["van"] is travel.matrices["truck"]
    assert travel.matrices["car"] is not travel.matrices["coach"]
    assert travel.provider.source == "osrm"


def test_a_matrix_written_is_the_matrix_read(server, tmp_path):
    """The file travel_matrix writes is the one plan_routes takes; stops at one place keep their own rows."""
    stops = tuple(Stop(f"S{number}", *spot) for number, spot in enumerate([*spots(4), spots(1)[0], PARIS]))
    problem = Problem("2026-05-04", "Europe/Monaco", stops, (Depot("D1", *spots(5)[4]),), (Vehicle("V1"),))
    travel = open_travel(problem, {"source": "osrm", "url": server}, [].append)
    path = str(tmp_path / "times.npz")
    write_matrix(problem, travel, path)
    read = GivenMatrix(problem, {"source": "matrix", "path": path}).matrix("car")
    place = [*travel.depot_place, *travel.stop_place]
    assert (read.seconds == travel.matrices["car"].seconds[np.ix_(place, place)]).all()
    assert (read.metres == travel.matrices["car"].metres[np.ix_(place, place)]).all()
    assert (read.seconds[:-1, -1] == UNREACHABLE).all()


def test_secrets_are_no_part_of_the_plan_id():
    """Somebody else's key leads to the same plan; another server may not."""
    problem = Problem("2026-05-04", "Europe/Monaco", (), (), ())
    plain = {"source": "osrm", "url": "http://localhost:5000"}
    secret = {
        "headers": {"X-Key": "sesame"},
        "basic": ["me", "hidden"],
        "proxy": "http://p",
        "ca_bundle": "...",
    }
    assert plan_id(problem, {**plain, **secret}, Settings()) == plan_id(problem, plain, Settings())
    assert plan_id(problem, {**plain, "url": "http://other"}, Settings()) != plan_id(
        problem, plain, Settings()
    )


def test_nothing_is_asked_about_nothing():
    """No place, no request."""
    with serving(lambda _request: Reply("unexpected", 500)) as server:
        assert Osrm([], {"url": server.url}, [].append).matrix("car").seconds.shape == (0, 0)
        assert Osrm([], {"url": server.url}, [].append).lines([], "car") == []
    assert server.requests == []
