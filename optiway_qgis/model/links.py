"""Links that open a place or a chain of places in the navigation apps of telephones. Nothing is opened here.

What each app takes is in its own pages, read in November 2026:

- Google Maps: developers.google.com/maps/documentation/urls/get-started. `api=1` with origin, destination and
  waypoints; 3 waypoints in browsers on telephones and 9 elsewhere; 2,048 characters.
- Waze: developers.google.com/waze/deeplinks. One place a link.
- Apple Maps: for one place `daddr` ("Map Links" in Apple's URL Scheme Reference, developer.apple.com), which
  every version takes. That page knows one destination a link; chains are those of
  "Adopting unified Maps URLs" (developer.apple.com/documentation/mapkit/unified-map-urls), from iOS 18.4 and
  macOS 15.4 on: source, any number of waypoint, destination. Maps plans 15 places at once.
- geo: URIs: RFC 5870, with the query `q` of developer.android.com/guide/components/intents-common#Maps for a
  named mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence
from urllib.parse import quote, urlencode

GOOGLE = "google"
WAZE = "waze"
APPLE = "apple"
GEO = "geo"
APPS = (GOOGLE, WAZE, APPLE, GEO)

GOOGLE_WAYPOINTS_MOBILE = 3
GOOGLE_WAYPOINTS = 9
GOOGLE_LENGTH = 2048
APPLE_WAYPOINTS = 13
"""Beside source and destination."""


@dataclass(frozen=True)
class Place:
    """A position in degrees WGS 84, and what it is called."""

    lat: float
    lon: float
    name: str = ""

    @property
    def text(self) -> str:
        """Latitude and longitude as all apps take them, to a tenth of a metre."""
        return f"{_degrees(self.lat)},{_degrees(self.lon)}"


@dataclass(frozen=True)
class ChainLink:
    """One link of a chain: it leads from `start` (None: from where the telephone is) to each of `places`."""

    url: str
    start: Place | None
    places: tuple[Place, ...]


def google_link(place: Place) -> str:
    """Return the link that navigates to a place from where the telephone is."""
    asked = {"api": "1", "destination": place.text, "travelmode": "driving", "dir_action": "navigate"}
    return f"https://www.google.com/maps/dir/?{urlencode(asked)}"


def waze_link(place: Place) -> str:
    """Return the link that navigates to a place."""
    return f"https://waze.com/ul?{urlencode({'ll': place.text, 'navigate': 'yes'})}"


def apple_link(place: Place) -> str:
    """Return the link that navigates to a place from where the telephone is."""
    return f"https://maps.apple.com/?{urlencode({'daddr': place.text, 'dirflg': 'd'})}"


def geo_uri(place: Place) -> str:
    """Return the URI that shows a place in any map app; its name is in parentheses, so it has none itself."""
    name = place.name.translate(str.maketrans("()", "[]"))
    label = f"({quote(name, safe='')})" if name else ""
    return f"geo:{place.text}?q={quote(place.text, safe=',')}{label}"


STOP_LINKS: dict[str, Callable[[Place], str]] = {
    GOOGLE: google_link,
    WAZE: waze_link,
    APPLE: apple_link,
    GEO: geo_uri,
}
"""App -> the link to one place."""


def google_chain(
    places: Sequence[Place], start: Place | None = None, waypoints: int = GOOGLE_WAYPOINTS_MOBILE
) -> list[ChainLink]:
    """Return links that visit each place once, in order, with at most so many waypoints each.

    Each begins where the one before ended, the first at `start` or, without it, where the telephone is.
    """
    return _chain(places, start, waypoints, _google_directions, GOOGLE_LENGTH)


def apple_chain(places: Sequence[Place], start: Place | None = None) -> list[ChainLink]:
    """Return links as `google_chain` does, for Apple Maps."""
    return _chain(places, start, APPLE_WAYPOINTS, _apple_directions, GOOGLE_LENGTH)


def _chain(
    places: Sequence[Place],
    start: Place | None,
    waypoints: int,
    directions: Callable[[Place | None, Sequence[Place]], str],
    length: int,
) -> list[ChainLink]:
    links = []
    rest = list(places)
    while rest:
        count = min(len(rest), waypoints + 1)
        while count > 1 and len(directions(start, rest[:count])) > length:
            count -= 1
        part, rest = rest[:count], rest[count:]
        links.append(ChainLink(directions(start, part), start, tuple(part)))
        start = part[-1]
    return links


def _google_directions(start: Place | None, places: Sequence[Place]) -> str:
    asked = {"api": "1"}
    if start is not None:
        asked["origin"] = start.text
    asked["destination"] = places[-1].text
    if len(places) > 1:
        asked["waypoints"] = "|".join(place.text for place in places[:-1])
    asked["travelmode"] = "driving"
    return f"https://www.google.com/maps/dir/?{urlencode(asked)}"


def _apple_directions(start: Place | None, places: Sequence[Place]) -> str:
    asked = [] if start is None else [("source", start.text)]
    asked += [("waypoint", place.text) for place in places[:-1]]
    asked += [("destination", places[-1].text), ("mode", "driving")]
    return f"https://maps.apple.com/directions?{urlencode(asked)}"


def _degrees(angle: float) -> str:
    text = f"{angle:.6f}"
    return text[1:] if float(text) == 0 and text.startswith("-") else text
