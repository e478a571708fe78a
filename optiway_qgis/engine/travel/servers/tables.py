"""What all routing servers share: tables asked tile by tile and checked, snapping judged, lines drawn.

The words a server is asked with and answers in are in the file of each server.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from optiway_qgis.engine.travel.estimate import earth_centred, straight_lines, straight_metres
from optiway_qgis.engine.travel.provider import (
    SNAP_FAR,
    SNAP_ISLAND,
    SNAP_OK,
    SNAP_OUTSIDE,
    UNREACHABLE,
    Line,
    Matrix,
    Snap,
    rounded,
)
from optiway_qgis.engine.travel.servers.http import CONNECTIONS, Patience, Server
from optiway_qgis.engine.travel.servers.kept import Kept
from optiway_qgis.engine.travel.slowed import Slowed
from optiway_qgis.model.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from optiway_qgis.engine.travel.provider import Conditions, Coordinate, Provider

FAR_M = 1000
"""A place farther from the nearest road is not reached: servers snap over any distance and say nothing."""

NOWHERE = (np.nan, np.nan)
_IMPOSSIBLE = 2**31 - 1
_SLIP_M = 10
"""OSRM gives distances a little below 0 between places on the same metres of a street."""


class TooBig(Exception):
    """The server's limit is below what it was asked for in one request."""


class NoRoad(Exception):
    """There is no road near the place with that number among those asked for."""

    def __init__(self, number: int):
        super().__init__(number)
        self.number = number


class NoWay(Exception):
    """There is no way between two of the places."""


@dataclass(frozen=True)
class Answer:
    """A table as the server sent it (None: no way), and where the places met the road (NOWHERE: nowhere)."""

    seconds: Any
    metres: Any
    origins_at: Sequence[Coordinate]
    ends_at: Sequence[Coordinate]


@dataclass
class _Table:
    """The table of a profile as it fills, and where each place met the road."""

    seconds: np.ndarray
    metres: np.ndarray
    at: np.ndarray
    lost: set[int]


class RoutingServer(ABC):
    """Times, distances and lines of one server. Raises `ServerError` and `InputError` where it is asked."""

    source: str
    name: str
    sides: tuple[int, ...]
    """Sides of the square tiles to try, in places, the largest first."""
    waypoints: int
    """Places a server draws a line along in one request."""
    profiles: ClassVar[Mapping[str, str]]
    """Vehicle profile to the server's word for it; any other profile is taken for a word of the server."""

    def __init__(
        self,
        places: Sequence[Coordinate],
        travel: Mapping[str, Any],
        report: Callable[[str], None],
        patience: Patience | None = None,
    ):
        self.places = list(places)
        self.server = Server(self.name, travel, patience or Patience())
        self.report = report
        self._xyz = earth_centred(self.places)
        self._cache: str | None = travel.get("cache")
        self._known: dict[str, Matrix] = {}
        self._kept: dict[str, Kept] = {}
        self._snaps: list[Snap] = []
        self._side: int | None = None
        self._draws = True

    @abstractmethod
    def table(self, profile: str, origins: Sequence[int], ends: Sequence[int]) -> Answer:
        """Ask for one table between places. `TooBig` and `NoRoad` are dealt with by the caller."""

    @abstractmethod
    def ways(self, profile: str, places: Sequence[int]) -> list[list[Coordinate]]:
        """Ask for the line of each leg along the places. `NoWay` when there is none."""

    def word(self, profile: str) -> str:
        """Return the server's word for a vehicle profile."""
        return self.profiles.get(profile, profile)

    def identity(self, word: str) -> list[Any]:
        """Return all that the server's answers about two places depend on."""
        return [self.source, self.server.url, word]

    def snap(self) -> list[Snap]:
        """Return how each place met the road, for the first profile asked about, nothing blocked."""
        return self._snaps or [Snap(0.0, SNAP_OK)] * len(self.places)

    def matrix(self, profile: str) -> Matrix:
        """Return times and distances for a vehicle profile; profiles with one word share one matrix."""
        word = self.word(profile)
        if word not in self._known:
            self._known[word], snaps = self._asked(word)
            self._snaps = self._snaps or snaps
        return self._known[word]

    def lines(self, pairs: Sequence[tuple[int, int]], profile: str) -> list[Line]:
        """Return the way drawn for each pair; a straight estimate where there is none or the server fails."""
        lines = straight_lines(self.places, pairs)
        seconds = self.matrix(profile).seconds
        kept = self._kept_for(self.word(profile))
        known = kept.lines()
        keys = [(*rounded(self.places[origin]), *rounded(self.places[end])) for origin, end in pairs]
        asked = []
        for number, (origin, end) in enumerate(pairs):
            if origin == end:
                lines[number] = Line(lines[number].geometry, "road")
            elif keys[number] in known:
                lines[number] = Line(tuple(known[keys[number]]), "road")
            elif seconds[origin, end] != UNREACHABLE:
                asked.append(number)
        chains = _chains([pairs[number] for number in asked], self.waypoints)
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            drawn = pool.map(lambda chain: self._drawn(self.word(profile), chain), chains)
            geometries = [geometry for legs in drawn for geometry in legs]
        new = {}
        for number, geometry in zip(asked, geometries):
            if len(geometry) > 1:
                lines[number] = Line(tuple(geometry), "road")
                new[keys[number]] = geometry
        if new:
            kept.keep_lines(new)
        return lines

    def under(self, conditions: Conditions) -> Provider:
        """Return what the server answers slowed by the traffic at both ends; barriers are refused."""
        return Slowed(self, self.places, conditions)

    def requests(self) -> int:
        """Return how many requests a table takes, as far as the server's limit is known."""
        return ceil(len(self.places) / (self._side or self.sides[0])) ** 2

    def forget(self) -> None:
        """Ask for tables anew, other than before; how places met the road is kept."""
        self._known = {}
        self._kept = {}

    def _drawn(self, word: str, chain: list[int]) -> list[list[Coordinate]]:
        """Return the lines along a chain of places, an empty one where the server gives none."""
        nothing: list[list[Coordinate]] = [[] for _ in chain[1:]]
        if not self._draws:
            return nothing
        try:
            ways = self.ways(word, chain)
        except (NoWay, TooBig):
            if len(chain) == 2:
                return nothing
            return [way for pair in zip(chain, chain[1:]) for way in self._drawn(word, list(pair))]
        except ServerError as error:
            self._draws = False
            self.report(f"Legs are drawn straight from here on. {error}")
            return nothing
        return ways if len(ways) == len(nothing) else nothing

    def _asked(self, word: str) -> tuple[Matrix, list[Snap]]:
        count = len(self.places)
        table = _Table(
            np.zeros((count, count), np.int32),
            np.zeros((count, count), np.int32),
            np.full((count, 2), np.nan),
            set(),
        )
        new, moment = self._fill_known(word, table)
        if not new:
            return self._judged(table)
        try:
            located = self.located(word)
        except TooBig as error:
            raise ServerError(f"{self.server.name} refuses to locate {count} places at once.") from error
        if located is not None:
            table.at[:] = np.reshape(located, (count, 2))
            away = self._away(table)
            table.lost = {place for place in range(count) if not away[place] <= FAR_M}
        smaller = [side for side in self.sides if side < (self._side or max(count, 1))]
        for side in [self._side or min(self.sides[0], max(count, 1)), *smaller]:
            try:
                self._fill(word, table, side, new)
            except TooBig:
                continue
            self._side = side
            judged = self._judged(table)
            self._kept_for(word).keep_table(self.places, table.seconds, table.metres, table.at, moment)
            return judged
        raise ServerError(f"{self.server.name} refuses even the smallest table.")

    def _kept_for(self, word: str) -> Kept:
        if word not in self._kept:
            self._kept[word] = Kept(self._cache, *self.identity(word))
        return self._kept[word]

    def _fill_known(self, word: str, table: _Table) -> tuple[set[int], float]:
        """Put into the table what is kept; return the places to ask about, and when others were told."""
        known = self._kept_for(word).table(self.places)
        rows = {} if known is None else known.rows(self.places)
        new = set(range(len(self.places))).difference(rows)
        if known is None or not rows:
            return new, time.time()
        here, there = list(rows), list(rows.values())
        table.seconds[np.ix_(here, here)] = known.seconds[np.ix_(there, there)]
        table.metres[np.ix_(here, here)] = known.metres[np.ix_(there, there)]
        table.at[here] = known.at[there]
        table.lost = {place for place in here if np.isnan(table.at[place]).any()}
        told = time.strftime("%H:%M", time.localtime(known.moment))
        places = f"{len(here)} of {len(self.places)} places"
        self.report(f"{self.name} has told the times between {places} before, at {told}")
        return new, known.moment

    def located(self, profile: str) -> Sequence[Coordinate] | None:
        """Return where each place meets the road (NOWHERE: not at all), None when the tables tell."""
        return None

    def _away(self, table: _Table) -> np.ndarray:
        """Return how many metres each place is from where it met the road, infinite where it met none."""
        missed = np.isnan(table.at).any(axis=1)
        met = earth_centred([tuple(at) for at in np.where(missed[:, None], 0, table.at)])
        return np.where(missed, np.inf, np.sqrt(((met - self._xyz) ** 2).sum(axis=1)))

    def _fill(self, word: str, table: _Table, side: int, new: set[int]) -> None:
        """Ask for all tiles that have something to do with a new place."""
        asked = sorted(new)
        rest = [place for place in range(len(self.places)) if place not in new]
        ours, others = (
            [some[start : start + side] for start in range(0, len(some), side)] for some in (asked, rest)
        )
        tiles = [*product(ours, ours), *product(ours, others), *product(others, ours)]
        if others:  # from a place to itself there is nothing to ask, and OSRM refuses to be asked
            tiles = [tile for tile in tiles if tile[0] != tile[1] or len(tile[0]) > 1]
        if not tiles:
            return
        # The first tile off the diagonal has the most places: whether it is too big is known before any work.
        tiles.insert(0, tiles.pop(min(1, len(tiles) - 1)))
        self._fill_tile(word, table, *tiles[0])
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            waiting = [pool.submit(self._fill_tile, word, table, *tile) for tile in tiles[1:]]
            try:
                for one in waiting:
                    one.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _fill_tile(self, word: str, table: _Table, origins: list[int], ends: list[int]) -> None:
        """Put one tile into the table. Places without a road are noted, and the rest is asked for again."""
        while True:
            rows = [place for place in origins if place not in table.lost]
            columns = [place for place in ends if place not in table.lost]
            if not rows or not columns:
                return
            try:
                answer = self.table(word, rows, columns)
            except NoRoad as none:
                asked = list(dict.fromkeys(rows + columns))
                if not 0 <= none.number < len(asked):
                    raise self.server.unusable(
                        f"there is no place {none.number} among those asked for"
                    ) from none
                table.lost.add(asked[none.number])
                continue
            except NoWay:
                self._without_way(word, table, rows, columns)
                return
            break
        seconds = self._numbers("times", answer.seconds, (len(rows), len(columns)))
        metres = self._numbers("distances", answer.metres, (len(rows), len(columns)))
        metres[(metres < 0) & (metres > -_SLIP_M)] = 0
        way = ~(np.isnan(seconds) | np.isnan(metres))
        for name, target, numbers in (("s", table.seconds, seconds), ("m", table.metres, metres)):
            if (numbers[way] < 0).any() or (numbers[way] >= _IMPOSSIBLE).any():
                worst = numbers[way][np.argmax(np.abs(numbers[way] - _IMPOSSIBLE / 2))]
                raise self.server.unusable(f"it has a travel of {worst:g} {name}")
            target[np.ix_(rows, columns)] = np.where(way, np.rint(np.where(way, numbers, 0)), UNREACHABLE)
        for asked, at in ((rows, answer.origins_at), (columns, answer.ends_at)):
            table.at[asked] = self._numbers("places", at, (len(asked), 2))

    def _without_way(self, word: str, table: _Table, rows: list[int], columns: list[int]) -> None:
        """Fill a tile whose table the server refuses for want of a way: in halves, down to single pairs."""
        if len(rows) == len(columns) == 1:
            table.seconds[rows[0], columns[0]] = table.metres[rows[0], columns[0]] = UNREACHABLE
            return
        if len(rows) >= len(columns):
            middle = len(rows) // 2
            halves = [(rows[:middle], columns), (rows[middle:], columns)]
        else:
            middle = len(columns) // 2
            halves = [(rows, columns[:middle]), (rows, columns[middle:])]
        for half in halves:
            self._fill_tile(word, table, *half)

    def _numbers(self, what: str, numbers: Any, shape: tuple[int, int]) -> np.ndarray:
        """Return numbers of exactly that shape, NaN for null."""
        try:
            array = np.array(numbers, dtype=float)
        except (TypeError, ValueError) as error:
            raise self.server.unusable(f"its {what} are not a table of numbers") from error
        if array.shape != shape:
            found = " x ".join(map(str, array.shape)) or "nothing"
            raise self.server.unusable(f"it has {found} {what} where {shape[0]} x {shape[1]} were asked for")
        return array

    def _judged(self, table: _Table) -> tuple[Matrix, list[Snap]]:
        """Return the matrix without ways to places far from a road, and how each place met it."""
        count = len(self.places)
        away = self._away(table)
        cut = [place for place in range(count) if away[place] > FAR_M]
        way = table.seconds != UNREACHABLE
        way[cut, :] = way[:, cut] = False
        self._doubt(table, way)
        np.fill_diagonal(way, val=True)
        for numbers in (table.seconds, table.metres):
            numbers[~way] = UNREACHABLE
            np.fill_diagonal(numbers, 0)
        alone = count - len(cut) > 1
        snaps = []
        for place in range(count):
            status = SNAP_OK
            if away[place] > FAR_M:
                status = SNAP_FAR if np.isfinite(away[place]) else SNAP_OUTSIDE
            elif alone and min(way[place].sum(), way[:, place].sum()) == 1:
                status = SNAP_ISLAND
            snaps.append(Snap(float(away[place]), status))
        return Matrix(table.seconds, table.metres), snaps

    def _doubt(self, table: _Table, way: np.ndarray) -> None:
        """Refuse a way of no length or time between places that are apart however they were snapped."""
        nothing = way & ((table.seconds == 0) | (table.metres == 0))
        for origin, end in np.argwhere(nothing):
            straight = straight_metres(self._xyz[[origin]], self._xyz[[end]])[0, 0]
            if straight > 2 * FAR_M + 1:
                raise self.server.unusable(
                    f"it has {table.seconds[origin, end]} s and {table.metres[origin, end]} m between places "
                    f"{straight / 1000:.1f} km apart"
                )


def _chains(pairs: Sequence[tuple[int, int]], most: int) -> list[list[int]]:
    """Return the pairs as chains of at most so many places, each pair one link, in the same order."""
    chains: list[list[int]] = []
    for origin, end in pairs:
        if chains and chains[-1][-1] == origin and len(chains[-1]) < most:
            chains[-1].append(end)
        else:
            chains.append([origin, end])
    return chains
