"""The page for the dispatcher: all drivers of a package with their files. It tells nothing of any stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence
from urllib.parse import quote

from ..model.links import GOOGLE_WAYPOINTS, google_chain
from .markup import Markup, element
from .page import header, page

if TYPE_CHECKING:
    from ..model.driver_day import DriverDay
    from .driver_words import Words

Packed = tuple["DriverDay", Sequence[str]]
"""A day, and its files as paths from the folder of the page, parted by slashes."""


def driver_index(packed: Sequence[Packed], public: Sequence[str], words: Words) -> str:
    """Return the text of one HTML file; `public` are the paths of the files for others."""
    heads = ("vehicle", "driver", "from_to", "stops_column", "km", "to_drive", "files")
    head = element("tr", *(element("th", words[key], scope="col") for key in heads))
    rows = (_row(day, files, words) for day, files in packed)
    table = element("table", element("thead", head), element("tbody", *rows))
    dates = sorted({day.plan_date.isoformat() for day, _ in packed})
    others = element("p", *_links(public)) if public else Markup()
    title = words["index"]
    return page(title, [header(title, dates[0] if dates else "", ()), table, others])


def _row(day: DriverDay, files: Sequence[str], words: Words) -> Markup:
    times = ""
    if day.valid:
        times = "\N{EN DASH}".join(day.valid[at].eta.clock(day.plan_date) for at in (0, -1))
    places = [visit.place for visit in day.to_reach if visit.place is not None]
    chain = google_chain(places, day.start_place, GOOGLE_WAYPOINTS)
    drive = (
        element("a", f"{words['google']} {number} ", href=link.url, rel="noreferrer")
        for number, link in enumerate(chain, 1)
    )
    distance = "" if day.distance_km is None else f"{day.distance_km:.0f}"
    cells = (day.vehicle_id, day.driver, times, len(day.stops), distance)
    return element(
        "tr", *(element("td", cell) for cell in cells), element("td", *drive), element("td", *_links(files))
    )


def _links(files: Sequence[str]) -> list[Markup]:
    return [element("span", element("a", path.rpartition("/")[2], href=quote(path)), " ") for path in files]
