"""Links for navigation apps: parsed back, no stop of a chain is lost, doubled or out of order."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from optiway_qgis.model import links
from optiway_qgis.model.links import Place

DEPOT = Place(41.15, -8.61, "Depot")


def places(count: int) -> list[Place]:
    """So many different places."""
    return [Place(41.1 + number / 1000, -8.6 - number / 500, f"Stop {number}") for number in range(count)]


def read_google(url: str) -> tuple[str | None, list[str]]:
    """Origin and all places of a link, as Google Maps reads it."""
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "www.google.com", "/maps/dir/")
    asked = parse_qs(parts.query, strict_parsing=True)
    assert asked["api"] == ["1"]
    between = asked["waypoints"][0].split("|") if "waypoints" in asked else []
    return asked.get("origin", [None])[0], [*between, asked["destination"][0]]


def read_apple(url: str) -> tuple[str | None, list[str]]:
    """Source and all places of a link, as Apple Maps reads it."""
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "maps.apple.com", "/directions")
    asked = parse_qs(parts.query, strict_parsing=True)
    return asked.get("source", [None])[0], [*asked.get("waypoint", []), asked["destination"][0]]


CHAINS = {
    "google, browser on a telephone": (links.google_chain, read_google, 3),
    "google": (lambda way, start=None: links.google_chain(way, start, 9), read_google, 9),
    "apple": (links.apple_chain, read_apple, 13),
}


@pytest.mark.parametrize("app", CHAINS)
@pytest.mark.parametrize("start", [DEPOT, None])
@pytest.mark.parametrize("count", [1, 4, 5, 31])
def test_a_chain_visits_each_place_once_in_order(app, start, count):
    """What the apps read is the route, each link begins where the one before ended, all within the limits."""
    make, read, most = CHAINS[app]
    way = places(count)
    chain = make(way, start)
    at = None if start is None else start.text
    visited = []
    for link in chain:
        origin, led_to = read(link.url)
        assert origin == at
        assert len(led_to) - 1 <= most
        assert len(link.url) <= 2048
        assert [place.text for place in link.places] == led_to
        visited += led_to
        at = led_to[-1]
    assert visited == [place.text for place in way]
    assert len(chain) == -(-count // (most + 1))


def test_a_chain_is_split_where_a_link_becomes_too_long():
    """More waypoints than Google takes today would need more characters than a link may have."""
    way = places(200)
    chain = links.google_chain(way, DEPOT, waypoints=150)
    assert max(len(link.url) for link in chain) <= links.GOOGLE_LENGTH
    assert [text for link in chain for text in read_google(link.url)[1]] == [place.text for place in way]
    assert len(chain) > 2


def test_nothing_to_do_has_no_links():
    """A driver who is through gets no empty link."""
    assert links.google_chain([], DEPOT) == links.apple_chain([], DEPOT) == []


def test_links_to_one_place():
    """Each app finds latitude and longitude where its pages say."""
    place = Place(-41.1234567, 0.0000001, "Café (Ω) & Söhne")
    at = "-41.123457,0.000000"
    assert read_google(links.google_link(place)) == (None, [at])
    assert parse_qs(urlsplit(links.waze_link(place)).query) == {"ll": [at], "navigate": ["yes"]}
    assert parse_qs(urlsplit(links.apple_link(place)).query) == {"daddr": [at], "dirflg": ["d"]}
    scheme, _, rest = links.geo_uri(place).partition(":")
    position, _, query = rest.partition("?q=")
    assert (scheme, position, unquote(query)) == ("geo", at, f"{at}(Café [Ω] & Söhne)")
    assert set(links.STOP_LINKS) == set(links.APPS)


def test_a_name_cannot_break_out_of_a_link():
    """It is part of a URI, whatever is in it."""
    uri = links.geo_uri(Place(1, 2, "a&b=c#d?e\"f'<g>)h"))
    assert uri.count("(") == uri.count(")") == 1
    assert not set(uri) & set("&#\"'<> ")


def test_there_is_no_negative_zero():
    """Some apps do not read it."""
    assert Place(-0.0000001, 0).text == "0.000000,0.000000"
