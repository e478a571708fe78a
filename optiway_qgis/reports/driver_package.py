"""Which files a package has, what they are called, and their texts. Nothing is written here."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Callable, Collection, Sequence

from .driver_calendar import calendar
from .driver_gpx import gpx, kml
from .driver_page import driver_page
from .driver_tables import geojson, loading_csv, public_csv, public_geojson

if TYPE_CHECKING:
    from datetime import datetime

    from ..model.driver_day import DriverDay
    from .driver_words import Words

HTML = "html"
GPX = "gpx"
KML = "kml"
GEOJSON = "geojson"
ICS = "ics"
LOADING = "loading"
PUBLIC = "public"
FORMATS = (HTML, GPX, KML, GEOJSON, ICS, LOADING, PUBLIC)

INDEX = "index.html"
PUBLIC_FOLDER = "public"

_LONGEST = 60
_HALVES = re.compile("[\ud800-\udfff]")
_TAKEN = frozenset(
    {"con", "prn", "aux", "nul", PUBLIC_FOLDER}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)}
)
"""Names that Windows keeps for devices, and the folder of what is public."""


def driver_files(
    day: DriverDay, name: str, formats: Collection[str], words: Words, made_at: datetime
) -> dict[str, str]:
    """Return the files of one driver: name, which begins with `name`, -> text."""
    writers: dict[str, tuple[str, Callable[[], str]]] = {
        HTML: (".html", lambda: driver_page(day, words)),
        GPX: (".gpx", lambda: gpx(day, words)),
        KML: (".kml", lambda: kml(day, words)),
        GEOJSON: (".geojson", lambda: geojson(day)),
        ICS: (".ics", lambda: calendar(day, words, made_at)),
        LOADING: ("_loading.csv", lambda: loading_csv(day, words)),
    }
    return {
        f"{name}{ending}": _writable(write()) for key, (ending, write) in writers.items() if key in formats
    }


def public_files(days: Sequence[DriverDay]) -> dict[str, str]:
    """Return the files that tell others of routes and arrivals, and of nothing else."""
    texts = {"routes.geojson": public_geojson(days), "arrivals.csv": public_csv(days)}
    return {name: _writable(text) for name, text in texts.items()}


def folder_names(days: Sequence[DriverDay]) -> list[str]:
    """Return a name for each day that every system takes for a folder, each once, whatever the case."""
    names: list[str] = []
    taken = set(_TAKEN)
    for day in days:
        base = name = _safe(f"{day.vehicle_id}_{day.driver}" if day.driver else day.vehicle_id)
        number = 2
        while name.lower() in taken:
            name = f"{base}_{number}"
            number += 1
        taken.add(name.lower())
        names.append(name)
    return names


def _writable(text: str) -> str:
    """The text without halves of characters, which UTF-8 has none of."""
    return _HALVES.sub("\ufffd", text)


def _safe(text: str) -> str:
    """The letters and digits of a text without their accents, all else as underscores."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    kept = re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", plain)).strip("_-")
    return kept[:_LONGEST].strip("_-") or "route"
