"""What a server said is not asked for again: counted at a relay before a real OSRM of Monaco."""

from __future__ import annotations

import random

import numpy as np
import pytest
import requests

from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.engine.travel.servers import kept
from optiway_qgis.engine.travel.servers.osrm import Osrm
from tests.engine.faulty_server import Reply, serving
from tests.engine.osrm import prepared, routed

LEGS = [(0, 1), (1, 2), (2, 0)]
PARIS = (2.35, 48.85)


def spots(count, seed=7):
    """Places spread over Monaco."""
    chance = random.Random(seed)
    return [(chance.uniform(7.412, 7.432), chance.uniform(43.730, 43.748)) for _ in range(count)]


@pytest.fixture(scope="module")
def server(shared_data, tmp_path_factory):
    """The address of a server that takes 100 places in a table."""
    with routed(prepared(shared_data / "osm" / "monaco.osm.pbf", tmp_path_factory.mktemp("osrm"))) as url:
        yield url


@pytest.fixture
def relay(server):
    """A server that hands on what it is asked, and counts."""

    def answer(request):
        there = requests.get(server + request.path, timeout=30)
        return Reply(there.text, there.status_code)

    with serving(answer) as one:
        yield one


@pytest.fixture
def asked(relay, tmp_path):
    """A function that makes a plan's worth of questions and returns matrix, lines, requests and the log."""

    def ask(places, profile="car", cache=tmp_path):
        log: list[str] = []
        before = len(relay.requests)
        provider = Osrm(places, {"url": relay.url, "cache": cache and str(cache)}, log.append)
        matrix = provider.matrix(profile)
        return matrix, provider.lines(LEGS, profile), len(relay.requests) - before, log

    return ask


def same(one, other, order):
    return all(
        (getattr(one, name)[np.ix_(order, order)] == getattr(other, name)).all()
        for name in ("seconds", "metres")
    )


def test_the_second_plan_asks_nothing(asked):
    """Nor does one of some of the places, in another order."""
    places = spots(60)
    first, lines, requests_made, _ = asked(places)
    assert requests_made > 1
    again, lines_again, none, log = asked(places)
    assert none == 0
    assert same(first, again, range(60))
    assert lines_again == lines
    assert any("60 of 60 places before, at" in text for text in log)
    order = [2, 1, 0, *range(59, 20, -1)]
    fewer, _, legs, _ = asked([places[number] for number in order])
    assert same(first, fewer, order)
    assert legs == 1  # its legs are the other way round; its table is known


def test_new_places_are_asked_for_alone(asked):
    """230 places are 25 tiles and more; three places more touch only a part of them."""
    places = spots(233)
    _, _, whole, _ = asked(places[:230])
    some, _, for_three, _ = asked(places)
    assert for_three < whole / 2
    fresh, _, _, _ = asked(places, cache=None)
    assert same(fresh, some, range(233))


def test_one_new_place_is_asked_for_alone(asked, relay):
    """From the others and to them: no table between places that are known."""
    places = spots(60)
    asked(places[:59])
    before = len(relay.requests)
    _, _, _, log = asked(places)
    tables = [request.path for request in relay.requests[before:] if request.path.startswith("/table")]
    assert len(tables) == 2
    assert any("59 of 60 places before, at" in text for text in log)


def test_plans_elsewhere_do_not_make_forget(asked):
    """Two regions planned in turn at one server: each is asked for once."""
    here, there = spots(30), spots(8, seed=8)
    asked(here)
    asked(there)
    assert asked(here)[2] == 0
    assert asked(there)[2] == 0


def test_places_without_a_road_stay_so(asked):
    places = [PARIS, *spots(5)]
    first, *_ = asked(places)
    again, _, none, _ = asked(places)
    assert none == 0
    assert (again.seconds[0, 1:] == UNREACHABLE).all()
    assert same(first, again, range(6))


@pytest.mark.parametrize("other", ["profile", "day", "damage", "folder"])
def test_what_may_be_another_answer_is_asked_for(asked, tmp_path, monkeypatch, other):
    places = spots(10)
    _, _, whole, _ = asked(places)
    if other == "day":
        later = kept.time.time() + kept.KEPT_FOR_S + 1
        monkeypatch.setattr(kept.time, "time", lambda: later)
    if other == "damage":
        for path in tmp_path.glob("server-*.npz"):
            path.write_bytes(path.read_bytes()[:-40])
    profile = "truck_of_mine" if other == "profile" else "car"
    assert asked(places, profile, None if other == "folder" else tmp_path)[2] == whole
