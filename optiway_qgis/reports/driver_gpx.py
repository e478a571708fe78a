"""The day of a driver as GPX 1.1 and as KML 2.2, for navigation devices and map apps.

GPX: topografix.com/GPX/1/1/gpx.xsd; its elements come in the order of that schema. KML: OGC 07-147r2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Iterable

from ..model.palette import route_colour
from .driver_words import described, headline
from .markup import Markup, element, join

if TYPE_CHECKING:
    from ..model.driver_day import DayVisit, DriverDay
    from .driver_words import Words

GPX_NAMESPACE = "http://www.topografix.com/GPX/1/1"
KML_NAMESPACE = "http://www.opengis.net/kml/2.2"

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML = re.compile("[\ufffe\uffff]")
_DECIMALS = 7


def gpx(day: DriverDay, words: Words) -> str:
    """Return a waypoint for each visit, the route still to be driven, and the track of the legs."""
    tracks = [
        element("trkseg", *(element("trkpt", **_at(lon, lat)) for lon, lat in way)) for way in day.ways if way
    ]
    route = [visit for visit in day.ahead if visit.place is not None and visit.type != "break"]
    return _DECLARATION + element(
        "gpx",
        element("metadata", element("name", _text(day.title)), element("desc", day.plan_date.isoformat())),
        *(_point("wpt", visit, day, words) for visit in day.valid if visit.place is not None),
        element(
            "rte",
            element("name", _text(day.title)),
            *(_point("rtept", visit, day, words) for visit in route),
        ),
        *([element("trk", element("name", _text(day.title)), *tracks)] if tracks else ()),
        xmlns=GPX_NAMESPACE,
        version="1.1",
        creator="Optiway for QGIS",
    )


def kml(day: DriverDay, words: Words) -> str:
    """Return a placemark for each visit, and one for the way."""
    visits = (_placemark(visit, day, words) for visit in day.valid if visit.place is not None)
    red, green, blue = re.findall("[0-9a-f]{2}", route_colour(day.colour))
    style = element(
        "Style",
        element("LineStyle", element("color", f"ff{blue}{green}{red}"), element("width", 4)),
        id="way",
    )
    way = element(
        "Placemark",
        element("name", _text(day.title)),
        element("styleUrl", "#way"),
        element("LineString", element("tessellate", 1), element("coordinates", _coordinates(day.line))),
    )
    return _DECLARATION + element(
        "kml",
        element(
            "Document",
            element("name", _text(f"{day.title} · {day.plan_date.isoformat()}")),
            style,
            *visits,
            way if len(day.line) > 1 else Markup(),
        ),
        xmlns=KML_NAMESPACE,
    )


def _point(tag: str, visit: DayVisit, day: DriverDay, words: Words) -> Markup:
    return element(
        tag,
        element("name", _text(headline(visit, words))),
        element("desc", _text(described(visit, day, words))),
        element("type", visit.type),
        **_at(visit.place.lon, visit.place.lat),
    )


def _placemark(visit: DayVisit, day: DriverDay, words: Words) -> Markup:
    # The description is HTML to those who read KML: text is escaped within it, too.
    text = join(element("p", line) for line in _text(described(visit, day, words)).split("\n"))
    return element(
        "Placemark",
        element("name", _text(headline(visit, words))),
        element("description", str(text)),
        element("TimeSpan", element("begin", _utc(visit.eta)), element("end", _utc(visit.end))),
        element("Point", element("coordinates", _coordinates([(visit.place.lon, visit.place.lat)]))),
    )


def _utc(moment) -> str:
    return f"{moment.utc:%Y-%m-%dT%H:%M:%SZ}"


def _at(lon: float, lat: float) -> dict[str, str]:
    """A position as attributes; the schema has no longitude of 180."""
    lon = -180.0 if round(lon, _DECIMALS) >= 180 else lon
    return {"lat": f"{lat:.{_DECIMALS}f}", "lon": f"{lon:.{_DECIMALS}f}"}


def _coordinates(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{lon:.{_DECIMALS}f},{lat:.{_DECIMALS}f}" for lon, lat in points)


def _text(text: str) -> str:
    """A text without the characters that XML has none for; markup.py takes care of the others."""
    return _NOT_XML.sub("\ufffd", text)
