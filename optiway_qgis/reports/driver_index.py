"""The page for the dispatcher: all drivers of a package with their files. It tells nothing of any stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Sequence
from urllib.parse import quote

from ..model.links import GOOGLE_WAYPOINTS, google_chain
from .markup import Markup, element
from .page import header, page
from .parts import Column, row, table

if TYPE_CHECKING:
    from ..model.driver_day import DriverDay
    from .driver_words import Words

Packed = tuple["DriverDay", Sequence[str]]
"""A day, and its files as paths from the folder of the page, parted by slashes."""

_TEXTS = frozenset({"vehicle", "driver", "to_drive", "files"})


def driver_index(packed: Sequence[Packed], public: Sequence[str], words: Words) -> str:
    """Return the text of one HTML file; `public` are the paths of the files for others."""
    heads = ("vehicle", "driver", "from_to", "stops_column", "km", "to_drive", "files")
    columns = [Column(words[key], key in _TEXTS) for key in heads]
    listed = table(columns, [row(columns, _cells(day, files, words)) for day, files in packed])
    others = Markup()
    if public:
        files = _links((path.rpartition("/")[2], path) for path in public)
        others = element("p", f"{words['for_others']} ", *files)
    dates = sorted({day.plan_date.isoformat() for day, _ in packed})
    title = words["index"]
    return page(title, [header(title, dates[0] if dates else "", ()), listed, others])


def _cells(day: DriverDay, files: Sequence[str], words: Words) -> tuple[object, ...]:
    times = "\N{EN DASH}".join(day.valid[at].eta.clock(day.plan_date) for at in (0, -1)) if day.valid else ""
    places = [visit.place for visit in day.to_reach if visit.place is not None]
    chain = google_chain(places, day.start_place, GOOGLE_WAYPOINTS)
    drive = [
        element("a", f"{words['google']} {number}", href=link.url, rel="noreferrer")
        for number, link in enumerate(chain, 1)
    ]
    distance = "" if day.distance_km is None else f"{day.distance_km:.0f}"
    named = _links((_kind(path), path) for path in files)
    return (
        day.vehicle_id,
        day.driver,
        times,
        len(day.stops),
        distance,
        element("span", *_spaced(drive)),
        element("span", *named),
    )


def _kind(path: str) -> str:
    """What a file is, by its ending; loading for the loading list."""
    return "loading" if path.endswith("_loading.csv") else path.rpartition(".")[2]


def _links(named: Iterable[tuple[str, str]]) -> list[object]:
    return _spaced([element("a", name, href=quote(path)) for name, path in named])


def _spaced(parts: Sequence[Markup]) -> list[object]:
    return [spaced for part in parts for spaced in (part, " ")]
