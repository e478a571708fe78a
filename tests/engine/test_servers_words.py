"""Valhalla and openrouteservice: asked in their words, and their answers, refusals included, understood.

A server on loopback answers as the real ones do; the answers were written down from them or their manuals.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from optiway_qgis.engine.travel.provider import (
    BLOCK,
    DELAY,
    SCALE,
    UNREACHABLE,
    Barrier,
    Conditions,
    TrafficRow,
)
from optiway_qgis.engine.travel.servers.http import Patience
from optiway_qgis.engine.travel.servers.openrouteservice import OpenRouteService
from optiway_qgis.engine.travel.servers.osrm import Osrm
from optiway_qgis.engine.travel.servers.polyline import decoded
from optiway_qgis.engine.travel.servers.valhalla import Valhalla
from optiway_qgis.model.errors import InputError, ServerError
from tests.engine.faulty_server import Reply, serving

HASTY = Patience(attempts=2, first_wait=0.01, connect=1, answer=5)
PLACES = [(round(-8.6 + number / 1000, 7), 41.15) for number in range(130)]
NOWHERE = (-9.9, 41.15)


def way(a, b):
    """Seconds and metres between two places of the invented server: a plain rule, other there than back."""
    steps = round((b - a) * 1000)
    return abs(steps) * 10 + (3 if steps > 0 else 0), abs(steps) * 100


class OrsLike:
    """openrouteservice with a limit on pairs; it finds no road near NOWHERE."""

    def __init__(self, most=3500, refuses=False):
        self.most, self.refuses = most, refuses

    def __call__(self, request):
        asked = request.question
        if request.path.startswith("/v2/directions/"):
            return self.directions(asked["coordinates"])
        if len(asked["sources"]) * len(asked["destinations"]) > self.most:
            return Reply({"error": {"code": 6004, "message": "Request parameters exceed limits."}}, 400)
        places = asked["locations"]
        if self.refuses and list(NOWHERE) in places:
            number = places.index(list(NOWHERE))
            text = (
                f"Could not find routable point within 350.0 meters of specified coordinate {number}: -9.9 "
            )
            return Reply({"error": {"code": 6010, "message": text}}, 404)

        def ends(name):
            return [places[number] for number in asked[name]]

        def snapped(name):
            return [None if place == list(NOWHERE) else {"location": place} for place in ends(name)]

        def numbers(which):
            return [
                [None if list(NOWHERE) in (a, b) else way(a[0], b[0])[which] for b in ends("destinations")]
                for a in ends("sources")
            ]

        return Reply(
            {
                "durations": numbers(0),
                "distances": numbers(1),
                "sources": snapped("sources"),
                "destinations": snapped("destinations"),
            }
        )

    def directions(self, places):
        """The example line of the format's description, whatever is asked: three points."""
        if len(places) > 3:
            return Reply({"error": {"code": 2009, "message": "Route could not be found"}}, 404)
        ends = [0, 2] if len(places) == 2 else [0, 1, 2]
        return Reply({"routes": [{"geometry": "_p~iF~ps|U_ulLnnqC_mqNvxq`@", "way_points": ends}]})


def expected(count):
    """The whole table by the rule."""
    return [[0 if a == b else way(PLACES[a][0], PLACES[b][0])[0] for b in range(count)] for a in range(count)]


def test_polylines_are_read():
    """The example of the format's description, and text that is none."""
    assert decoded("_p~iF~ps|U_ulLnnqC_mqNvxq`@", 5) == [(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)]
    assert decoded("", 6) == []
    for broken in ("_p~iF", "_p~", "\x01"):
        with pytest.raises(ValueError, match="polyline"):
            decoded(broken, 5)


@pytest.mark.parametrize(("most", "requests"), [(3500, 9), (700, 36)])
def test_openrouteservice_is_asked_in_tiles(most, requests):
    """59 x 59 places, fewer where the server allows less: the table is the same."""
    with serving(OrsLike(most)) as server:
        matrix = OpenRouteService(PLACES, {"url": server.url}, [].append, HASTY).matrix("truck")
    assert matrix.seconds.tolist() == expected(130)
    assert matrix.metres[0, 5] == 500
    assert {request.path for request in server.requests} == {"/v2/matrix/driving-hgv"}
    assert len(server.requests) >= requests
    assert all(len(request.question["sources"]) <= 59 for request in server.requests)


@pytest.mark.parametrize("refuses", [False, True])
def test_openrouteservice_goes_on_without_a_place_that_has_no_road(refuses):
    """Whether it says null for the place or refuses the table."""
    places = [PLACES[0], NOWHERE, PLACES[2]]
    with serving(OrsLike(refuses=refuses)) as server:
        travel = OpenRouteService(places, {"url": server.url}, [].append, HASTY)
        seconds = travel.matrix("car").seconds
    assert seconds.tolist() == [[0, UNREACHABLE, 23], [UNREACHABLE, 0, UNREACHABLE], [20, UNREACHABLE, 0]]
    assert [snap.status for snap in travel.snap()] == ["ok", "outside", "ok"]


def test_openrouteservice_draws_legs():
    """The line of a route is parted at its way points; a chain that fails is asked for leg by leg."""
    with serving(OrsLike()) as server:
        short, long = (
            OpenRouteService(PLACES[:5], {"url": server.url}, [].append, HASTY).lines(pairs, "car")
            for pairs in ([(0, 1), (1, 2)], [(0, 1), (1, 2), (2, 3), (3, 4)])
        )
    assert [line.geometry for line in short] == [
        ((-120.2, 38.5), (-120.95, 40.7)),
        ((-120.95, 40.7), (-126.453, 43.252)),
    ]
    assert [len(line.geometry) for line in long] == [3] * 4
    assert {line.source for line in short + long} == {"road"}


class ValhallaLike:
    """Valhalla with its limit on pairs; it places nothing near NOWHERE, and one place 2 km off."""

    def __init__(self, verbose=False, off=()):
        self.verbose, self.off = verbose, off

    def __call__(self, request):
        asked = request.question
        if request.path == "/locate":
            return Reply([self.located(place) for place in asked["locations"]])
        if request.path == "/route":
            return Reply(
                {"trip": {"legs": [{"shape": "_p~iF~ps|U_ulLnnqC"} for _ in asked["locations"][1:]]}}
            )
        if len(asked["sources"]) * len(asked["targets"]) > 2500:
            return Reply({"error_code": 150, "error": "Exceeded max locations: 2500"}, 400)
        pairs = [[way(a["lon"], b["lon"]) for b in asked["targets"]] for a in asked["sources"]]
        if self.verbose:
            rows = [[{"time": pair[0], "distance": pair[1] / 1000} for pair in row] for row in pairs]
            return Reply({"sources_to_targets": rows})
        table = {
            "durations": [[pair[0] for pair in row] for row in pairs],
            "distances": [[pair[1] / 1000 for pair in row] for row in pairs],
        }
        return Reply({"sources_to_targets": table, "units": "kilometers"})

    def located(self, place):
        if (place["lon"], place["lat"]) == NOWHERE:
            return {"edges": [], "nodes": []}
        shift = 0.02 if (place["lon"], place["lat"]) in self.off else 0
        near = {"correlated_lon": place["lon"], "correlated_lat": place["lat"] + shift}
        return {"edges": [{**near, "correlated_lat": place["lat"] + 1}, near]}


class IslandValhalla(ValhallaLike):
    """It refuses whole tables with places on both sides of the water, and lines of more than two places."""

    def __call__(self, request):
        asked = request.question
        if request.path == "/route" and len(asked["locations"]) > 2:
            return Reply({"error_code": 150, "error": "Exceeded max locations: 2"}, 400)
        if request.path == "/sources_to_targets":
            sides = {place["lon"] < -8.55 for place in asked["sources"] + asked["targets"]}
            if len(sides) > 1:
                return Reply({"error_code": 442, "error": "No path could be found for input"}, 400)
        return super().__call__(request)


def test_a_table_refused_for_want_of_a_way_is_asked_in_parts():
    """Only the pairs across the water have no way."""
    with serving(IslandValhalla()) as server:
        matrix = Valhalla(PLACES[40:60], {"url": server.url}, [].append, HASTY).matrix("car")
    near = [lon < -8.55 for lon, _ in PLACES[40:60]]
    assert any(near) and not all(near)
    across = [[own != other for other in near] for own in near]
    assert (matrix.seconds == UNREACHABLE).tolist() == across


def test_a_line_refused_for_its_length_is_asked_in_parts():
    """The plan is finished by then: it must not be lost over a drawing."""
    with serving(IslandValhalla()) as server:
        valhalla = Valhalla(PLACES[:4], {"url": server.url}, [].append, HASTY)
        lines = valhalla.lines([(0, 1), (1, 2), (2, 3)], "car")
    assert [line.source for line in lines] == ["road"] * 3


@pytest.mark.parametrize("verbose", [False, True])
def test_valhalla_is_asked_in_tiles_of_its_limit(verbose):
    """Kilometres become metres; older servers know only the long form of the table."""
    with serving(ValhallaLike(verbose)) as server:
        matrix = Valhalla(PLACES, {"url": server.url}, [].append, HASTY).matrix("bike")
    assert matrix.seconds.tolist() == expected(130)
    assert matrix.metres[5, 0] == 500
    tiles = [request for request in server.requests if request.path == "/sources_to_targets"]
    assert len(tiles) == 9
    assert {request.question["costing"] for request in tiles} == {"bicycle"}


def test_valhalla_is_not_asked_about_places_off_its_map():
    """One of them fails a whole table: they are located first, and left out."""
    places = [PLACES[0], NOWHERE, PLACES[2], PLACES[50]]
    with serving(ValhallaLike(off=[PLACES[50]])) as server:
        travel = Valhalla(places, {"url": server.url}, [].append, HASTY)
        seconds = travel.matrix("car").seconds
    assert [snap.status for snap in travel.snap()] == ["ok", "outside", "ok", "far"]
    assert travel.snap()[3].metres == pytest.approx(2220, abs=5)
    assert seconds[0].tolist() == [0, UNREACHABLE, 23, UNREACHABLE]
    (tile,) = (request for request in server.requests if request.path == "/sources_to_targets")
    assert len(tile.question["sources"]) == 2


def test_valhalla_draws_legs():
    """One request for a chain, a line for each leg."""
    with serving(ValhallaLike()) as server:
        lines = Valhalla(PLACES[:3], {"url": server.url}, [].append, HASTY).lines([(0, 1), (1, 2)], "car")
    assert [line.geometry for line in lines] == [((-12.02, 3.85), (-12.095, 4.07))] * 2
    assert [request.path for request in server.requests].count("/route") == 1


@pytest.mark.parametrize("kind", [OpenRouteService, Valhalla])
@pytest.mark.parametrize("body", [[], {}, "text", None, {"sources_to_targets": None}])
def test_answers_of_something_else_are_refused(kind, body):
    """The address may be that of another service."""
    reply = Reply('"text"' if body == "text" else "null" if body is None else body)
    with (
        serving(lambda _request: reply) as server,
        pytest.raises(ServerError, match=f"{kind.name} server .* cannot be used"),
    ):
        kind(PLACES[:2], {"url": server.url}, [].append, HASTY).matrix("car")


@pytest.mark.parametrize("trouble", [Reply("busy", 429), Reply("out of order", 503), Reply({}, cut_at=1)])
def test_trouble_with_single_tiles_is_got_over(trouble):
    """Every third request fails once; the table is whole all the same."""
    requests = itertools.count(1)

    def answer(request):
        return trouble if next(requests) % 3 == 0 else OrsLike()(request)

    patience = Patience(attempts=8, first_wait=0.01)
    with serving(answer) as server:
        matrix = OpenRouteService(PLACES, {"url": server.url}, [].append, patience).matrix("car")
    assert matrix.seconds.tolist() == expected(130)


def a_barrier(name="B1", kind=BLOCK, geometry=None, **members):
    return Barrier(name, kind, geometry or {"type": "Point", "coordinates": [-8.6, 41.2]}, **members)


@pytest.mark.parametrize("kind", [Osrm, OpenRouteService])
def test_servers_that_know_no_barriers_say_so_before_they_are_asked(kind):
    """The directions of openrouteservice do, its tables do not: a plan would drive through."""
    with serving(lambda _request: Reply("unexpected", 500)) as server:
        provider = kind(PLACES[:3], {"url": server.url}, [].append, HASTY)
        with pytest.raises(InputError, match=f"need ROADS or a Valhalla server.*{kind.source}"):
            provider.under(Conditions(barriers=(a_barrier(),)))
        with pytest.raises(InputError, match=r"road classes \(primary\)"):
            provider.under(Conditions((TrafficRow(0, 1, 2.0, "", "primary"),)))
    assert server.requests == []


def test_traffic_slows_what_a_server_answers():
    """Asked once; a zone around the first place, and rain."""
    zone = {
        "type": "Polygon",
        "coordinates": [[[-8.7, 41], [-8.5995, 41], [-8.5995, 42], [-8.7, 42], [-8.7, 41]]],
    }
    wet = Conditions((TrafficRow(0, 1, 2.0, "centre"),), 1.1, zones={"centre": zone})
    with serving(OrsLike()) as server:
        provider = OpenRouteService(PLACES[:3], {"url": server.url}, [].append, HASTY)
        plain, slowed = provider.matrix("car"), provider.under(wet).matrix("car")
    assert plain.seconds.tolist() == [[0, 13, 23], [10, 0, 13], [20, 10, 0]]
    # 13 x 1.65 = 21.45, 23 x 1.65 = 37.95, 10 x 1.65 = 16.5, 13 x 1.1 = 14.3, 20 x 1.65 = 33, 10 x 1.1 = 11
    assert slowed.seconds.tolist() == [[0, 22, 38], [17, 0, 15], [33, 11, 0]]
    assert slowed.metres is plain.metres
    assert len(server.requests) == 1


def test_valhalla_is_told_what_is_blocked():
    """Points as places, rings of polygons without their holes, lines there and back; in tables and routes."""
    ring, hole = [[0, 0], [4, 0], [4, 4], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 1]]
    forms = [
        {"type": "Point", "coordinates": [1, 2, 30]},
        {"type": "MultiPoint", "coordinates": [[3, 4], [5, 6]]},
        {"type": "LineString", "coordinates": [[0, 0], [1, 0], [1, 1]]},
        {"type": "MultiPolygon", "coordinates": [[ring, hole]]},
    ]
    barriers = tuple(a_barrier(f"B{number}", geometry=form) for number, form in enumerate(forms))
    with serving(ValhallaLike()) as server:
        provider = Valhalla(PLACES[:3], {"url": server.url}, [].append, HASTY)
        provider.matrix("car")
        around = provider.under(Conditions(barriers=barriers))
        around.matrix("car")
        around.lines([(0, 1)], "car")
        one = provider.under(Conditions(barriers=barriers[:1]))
        one.matrix("car")
    asked = [(request.path, request.question) for request in server.requests]
    assert [path for path, _ in asked] == [
        "/locate",
        *["/sources_to_targets"] * 2,
        "/route",
        "/sources_to_targets",
    ]
    assert not [name for name in asked[1][1] if name.startswith("exclude")]
    for _, question in asked[2:4]:
        assert question["exclude_locations"] == [
            {"lon": lon, "lat": lat} for lon, lat in [(1, 2), (3, 4), (5, 6)]
        ]
        there_and_back = [[0, 0], [1, 0], [1, 1], [1, 0], [0, 0]]
        assert question["exclude_polygons"] == [there_and_back, ring]
    assert "exclude_polygons" not in asked[4][1]


def test_valhalla_is_asked_once_for_the_same_barriers():
    """Traffic changes four times behind one barrier: one set of tables, told beforehand."""
    told = []
    with serving(ValhallaLike()) as server:
        provider = Valhalla(PLACES, {"url": server.url}, told.append, HASTY)
        plain = provider.matrix("car")
        slowed = [
            provider.under(Conditions((TrafficRow(0, 1, factor),), barriers=(a_barrier(),)))
            for factor in (1.0, 1.5, 2.0, 2.5)
        ]
        assert told == ["Valhalla is asked for ways around B1 as well: 9 requests for each kind of vehicle"]
        seconds = [one.matrix("car").seconds[0, 1] for one in slowed]
    assert seconds == [np.ceil(plain.seconds[0, 1] * factor) for factor in (1.0, 1.5, 2.0, 2.5)]
    assert [request.path for request in server.requests].count("/sources_to_targets") == 18


def test_valhalla_knows_blocks_only():
    """All others are named; and a class of roads is not known to it."""
    provider = Valhalla(PLACES[:2], {"url": "http://localhost:1"}, [].append, HASTY)
    barriers = a_barrier(), a_barrier("toll", DELAY, add=60), a_barrier("works", SCALE, factor=2.0)
    with pytest.raises(InputError, match=r"barriers that block, no others \(toll, works\): give ROADS"):
        provider.under(Conditions(barriers=barriers))
    with pytest.raises(InputError, match="primary"):
        provider.under(Conditions((TrafficRow(0, 1, 2.0, "", "primary"),), barriers=barriers[:1]))


def test_the_words_of_a_refusal_are_told():
    """Valhalla says what is too far apart."""
    said = {"error_code": 154, "error": "Path distance exceeds the max distance limit: 400000 meters"}

    def answer(request):
        return ValhallaLike()(request) if request.path == "/locate" else Reply(said, 400)

    with serving(answer) as server, pytest.raises(ServerError, match="status 400: Path distance exceeds"):
        Valhalla(PLACES[:2], {"url": server.url}, [].append, HASTY).matrix("car")
