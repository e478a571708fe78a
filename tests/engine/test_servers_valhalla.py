"""A real Valhalla with the streets of Monaco: tables, lines, and ways around what is blocked."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
import shapely

from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.engine.travel.provider import BLOCK, UNREACHABLE, Barrier, Conditions
from optiway_qgis.engine.travel.servers.valhalla import Valhalla
from optiway_qgis.model.errors import ServerError
from optiway_qgis.model.problem import Depot, Problem, Stop, Vehicle
from tests.engine.cases import at
from tests.engine.valhalla import valhalla

_chance = random.Random(7)
PLACES = [(_chance.uniform(7.412, 7.432), _chance.uniform(43.730, 43.748)) for _ in range(60)]
PAIR = 0, 4
CHAIN = [PAIR, *zip(range(12), range(1, 13))]


@pytest.fixture(scope="module")
def server(shared_data, tmp_path_factory):
    """The address of a server as Valhalla comes."""
    with valhalla(shared_data / "osm" / "monaco.osm.pbf", tmp_path_factory.mktemp("valhalla")) as url:
        yield url


@pytest.fixture(scope="module")
def free(server):
    """The server asked without barriers."""
    return Valhalla(PLACES, {"url": server}, [].append)


def blocked(free, geometry, name="B1"):
    form = shapely.geometry.mapping(geometry)
    return free.under(Conditions(barriers=(Barrier(name, BLOCK, form),)))


def on_the_way(free):
    """A point in the middle of the first drawn way."""
    (line,) = free.lines([PAIR], "car")
    return shapely.Point(line.geometry[len(line.geometry) // 2])


def across(point):
    """A line of some ten metres through a point."""
    lon, lat = point.x, point.y
    return shapely.LineString([(lon - 5e-5, lat - 5e-5), (lon + 5e-5, lat + 5e-5)])


def test_tables_and_lines_are_those_of_the_streets(free):
    """Nearly all places reach each other, and lines are as long as the table says."""
    matrix = free.matrix("car")
    assert (matrix.seconds >= 0).mean() > 0.97
    assert matrix.seconds[0, 1] > 60
    (line,) = free.lines([(0, 1)], "car")
    metres = shapely.LineString(line.geometry).length * np.pi / 180 * 6_371_000
    assert 0.65 * matrix.metres[0, 1] < metres < 1.45 * matrix.metres[0, 1]  # degrees are no metres


@pytest.mark.parametrize("kind", ["point", "line", "polygon", "both ways round"])
def test_a_block_is_driven_around_in_table_and_lines(free, kind):
    """Whatever is drawn: the way of before is longer now, and no line crosses it any more."""
    point = on_the_way(free)
    form = {"point": point, "line": across(point), "polygon": point.buffer(1e-4)}.get(
        kind, shapely.MultiLineString([across(point), across(point).reverse()])
    )
    avoiding = blocked(free, form, kind)
    before, after = free.matrix("car"), avoiding.matrix("car")
    assert after.seconds[PAIR] > before.seconds[PAIR]
    crossed = across(point)

    def crossing(provider):
        lines = provider.lines(CHAIN, "car")
        return [
            pair for pair, line in zip(CHAIN, lines) if crossed.intersects(shapely.LineString(line.geometry))
        ]

    assert PAIR in crossing(free)
    assert crossing(avoiding) == []
    assert avoiding.snap() == free.snap()


def test_a_closed_line_shuts_in_what_it_encircles_and_no_more(free):
    """The place in it is not reached; two places in it still reach each other."""
    near = [(PLACES[5][0] + 3e-4, PLACES[5][1])]
    both = Valhalla([PLACES[0], PLACES[5], *near], {"url": free.server.url}, [].append)
    ring = shapely.LineString(shapely.Point(PLACES[5]).buffer(2e-3, quad_segs=4).exterior.coords)
    seconds = blocked(both, ring).matrix("car").seconds
    assert (both.matrix("car").seconds >= 0).all()
    assert seconds[0].tolist() == [0, UNREACHABLE, UNREACHABLE]
    assert seconds[1:, 0].tolist() == [UNREACHABLE, UNREACHABLE]
    assert (seconds[1:, 1:] >= 0).all()


def test_a_block_off_the_map_changes_nothing(free):
    """In the sea there is no road to close."""
    form = shapely.GeometryCollection([shapely.Point(7.9, 43.2), shapely.Point(7.9, 43.2).buffer(0.01)])
    parts = tuple(Barrier(part.wkt, BLOCK, shapely.geometry.mapping(part)) for part in form.geoms)
    seconds = free.under(Conditions(barriers=parts)).matrix("car").seconds
    assert (seconds == free.matrix("car").seconds).all()


@pytest.mark.parametrize(
    "form",
    [
        shapely.box(7.3, 43.6, 7.5, 43.8),
        shapely.Point(7.42, 43.73).buffer(1e-3, quad_segs=40),
        shapely.MultiPoint([(7.42 + number / 1e4, 43.73) for number in range(51)]),
    ],
    ids=["too long", "too many corners", "too many points"],
)
def test_more_barriers_than_the_server_takes_are_told(free, form):
    """With its words and the remedy, and not as a table that is too big."""
    with pytest.raises(ServerError, match=r"status 400: Exceeded max.*Give ROADS, fewer or smaller barriers"):
        blocked(free, form, str(len(form.wkt))).matrix("car")


def test_a_block_in_the_morning_makes_slots(server, free):
    """Two sets of tables, told beforehand; the way is longer while the block stands."""
    stops = tuple(Stop(f"S{number}", *place) for number, place in enumerate(PLACES[1:]))
    problem = Problem("2026-05-04", "Europe/Monaco", stops, (Depot("D1", *PLACES[0]),), (Vehicle("V1"),))
    barrier = {
        "id": "market",
        "kind": BLOCK,
        "geometry": json.loads(shapely.to_geojson(across(on_the_way(free)))),
        "start": at("07:00"),
        "end": at("13:00"),
    }
    told = []
    member = {"source": "valhalla", "url": server, "barriers": [barrier], "traffic": {"weather": 1.5}}
    travel = open_travel(problem, member, told.append)
    assert [slot.start for slot in travel.slots] == [0, at("07:00"), at("13:00")]
    assert travel.slots[0].matrices["car"] is travel.slots[2].matrices["car"]
    free_way, closed = (travel.slots[number].matrices["car"].seconds[PAIR] for number in (0, 1))
    assert free_way == np.ceil(free.matrix("car").seconds[PAIR] * 1.5)
    assert closed > free_way
    assert "Valhalla is asked for ways around market as well: 4 requests for each kind of vehicle" in told
    (line,) = travel.slots[1].provider.lines([PAIR], "car")
    assert not shapely.geometry.shape(barrier["geometry"]).intersects(shapely.LineString(line.geometry))
