"""What a routing server has said, kept on disk for a day: every algorithm asks only for what is new to it.

Coordinates are the key, rounded to seven decimals (about a centimetre); nothing of stops but their position
is kept, and no credentials.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optiway_qgis.engine.travel import store
from optiway_qgis.engine.travel.provider import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optiway_qgis.engine.travel.provider import Coordinate

KEPT_FOR_S = 24 * 3600
"""Servers renew their roads, most of them daily or less often."""

_MOST_LINES = 20_000

Pair = tuple[float, float, float, float]
"""Longitude and latitude of where a leg begins, then of where it ends."""


@dataclass(frozen=True)
class KnownTable:
    """A table of places: the row of each coordinate; seconds, metres and where it met the road, by row.

    `moment` is when the oldest part of it was asked for, in seconds since 1970.
    """

    row: Mapping[Coordinate, int]
    seconds: np.ndarray
    metres: np.ndarray
    at: np.ndarray
    moment: float

    def rows(self, places: Sequence[Coordinate]) -> dict[int, int]:
        """Return the row of each place that is known, by its number."""
        found = ((number, self.row.get(rounded(place))) for number, place in enumerate(places))
        return {number: row for number, row in found if row is not None}


class Kept:
    """What one server said to one kind of question; `identity` is all that its answers depend on.

    Without a folder nothing is kept.
    """

    def __init__(self, folder: str | None, *identity: Any):
        self._folder = folder
        self._name = f"server-{store.fingerprint({}, *identity)}"
        self._lines: dict[Pair, list[Coordinate]] | None = None
        self._lines_moment = time.time()

    def table(self, places: Sequence[Coordinate]) -> KnownTable | None:
        """Return the table of the last day that has most of the places, None when none has any."""
        wanted = {rounded(place) for place in places}
        best, most = "", 0
        for name in store.names(self._folder, f"{self._name}-table-"):
            found = self._load(name, ("lon", "lat"))
            known = 0 if found is None else len(wanted.intersection(_places(found)))
            if known > most:
                best, most = name, known
        found = self._load(best, ("lon", "lat", "seconds", "metres", "at")) if best else None
        if found is None or found["seconds"].shape != (len(found["lon"]),) * 2:
            return None
        row = {place: number for number, place in enumerate(_places(found))}
        return KnownTable(row, found["seconds"], found["metres"], found["at"], float(found["moment"]))

    def keep_table(
        self,
        places: Sequence[Coordinate],
        seconds: np.ndarray,
        metres: np.ndarray,
        at: np.ndarray,
        moment: float,
    ) -> None:
        """Keep a table beside those of other places."""
        lon, lat = np.array([rounded(place) for place in places]).T
        arrays = {"lon": lon, "lat": lat, "seconds": seconds, "metres": metres, "at": at}
        self._save(f"{self._name}-table-{store.fingerprint({'lon': lon, 'lat': lat})}", arrays, moment)

    def lines(self) -> dict[Pair, list[Coordinate]]:
        """Return the lines of legs that are kept."""
        if self._lines is None:
            self._lines = {}
            found = self._load(f"{self._name}-lines", ("pairs", "first", "points"))
            if found is not None and len(found["first"]) == len(found["pairs"]) + 1:
                points = [(lon, lat) for lon, lat in found["points"].tolist()]
                first = found["first"].tolist()
                for pair, begin, end in zip(found["pairs"].tolist(), first, first[1:]):
                    self._lines[tuple(pair)] = points[begin:end]
                self._lines_moment = float(found["moment"])
        return self._lines

    def keep_lines(self, lines: Mapping[Pair, list[Coordinate]]) -> None:
        """Keep further lines of legs; the oldest go when they are too many."""
        known = self.lines()
        known.update(lines)
        for pair in list(known)[: max(0, len(known) - _MOST_LINES)]:
            del known[pair]
        arrays = {
            "pairs": np.array(list(known), float).reshape(-1, 4),
            "first": np.cumsum([0, *map(len, known.values())]),
            "points": np.array([point for line in known.values() for point in line], float).reshape(-1, 2),
        }
        self._save(f"{self._name}-lines", arrays, self._lines_moment)

    def _load(self, name: str, members: Sequence[str]) -> dict[str, np.ndarray] | None:
        found = store.load(self._folder, name, (*members, "moment"))
        if found is not None and not 0 <= time.time() - float(found["moment"]) < KEPT_FOR_S:
            store.remove(self._folder, name)
            return None
        return found

    def _save(self, name: str, arrays: Mapping[str, np.ndarray], moment: float) -> None:
        store.save(self._folder, name, {**arrays, "moment": np.array(moment)})


def _places(found: Mapping[str, np.ndarray]) -> list[Coordinate]:
    return list(zip(found["lon"].tolist(), found["lat"].tolist()))
