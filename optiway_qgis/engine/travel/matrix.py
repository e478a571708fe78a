"""Travel times and distances in a file: read, checked and put in the order of the problem, or written.

Nothing is estimated here; lines between stops are drawn straight and say so.

Two forms of the job's `travel` member:
    {"source": "matrix", "path": "times.npz"}     a numpy archive with the arrays `ids`, `seconds`, `metres`
    {"source": "matrix", "ids": ["depot:D1", "stop:S1"], "seconds": [[0, 60], [70, 0]], "metres": ...}
Row is from, column is to. A negative or missing (null, NaN) number means that there is no way; rows that no
stop or depot of the problem asks for are ignored.

A place without a row of its own may have an alias, {"aliases": {"depot:now V1": "stop:S1"}}: its times are
those of that place.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from optiway_qgis.engine.travel.estimate import straight_lines
from optiway_qgis.engine.travel.kinds import row_blocks
from optiway_qgis.engine.travel.provider import SNAP_OK, UNREACHABLE, Matrix, Snap, travel_kind
from optiway_qgis.engine.travel.slowed import Slowed
from optiway_qgis.model.errors import InputError, JobFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.travel.provider import Conditions, Coordinate, Line, Provider, Travel
    from optiway_qgis.model.problem import Problem

ARRAYS = ("ids", "seconds", "metres")
TOO_LARGE = 2**31 - 1
"""Numbers from here on are taken for somebody's mark of "no way", which a plan would drive along."""

SHOWN = 5
"""How many ids a message lists."""


class GivenMatrix:
    """Times and distances given by the caller, one matrix for all vehicle profiles.

    Each depot, then each stop of the problem is a place of its own, also where coordinates are equal: their
    rows may differ.

    Raises
    ------
    InputError
        Naming every problem found: unreadable file, missing array, wrong shape or type, doubled or missing
        ids, numbers too large.
    """

    source = "matrix"

    def __init__(self, problem: Problem, travel: dict[str, Any]):
        places = {f"depot:{depot.id}": (depot.lon, depot.lat) for depot in problem.depots}
        places |= {f"stop:{stop.id}": (stop.lon, stop.lat) for stop in problem.stops}
        self.places: list[Coordinate] = list(places.values())
        ids, tables = _read(travel)
        self._matrix = _arranged(list(places), ids, tables, travel.get("aliases", {}))

    def snap(self) -> list[Snap]:
        """Return ok and 0 metres for each place."""
        return [Snap(0.0, SNAP_OK)] * len(self.places)

    def matrix(self, profile: str) -> Matrix:
        """Return the given times and distances, whatever the profile."""
        return self._matrix

    def lines(self, pairs: Sequence[tuple[int, int]], profile: str) -> list[Line]:
        """Return the straight line of two points for each pair, marked as an estimate."""
        return straight_lines(self.places, pairs)

    def under(self, conditions: Conditions) -> Provider:
        """Return the given times slowed by the traffic at both ends."""
        return Slowed(self, self.places, conditions)


def write_matrix(problem: Problem, travel: Travel, path: str) -> None:
    """Write a travel table as an archive that GivenMatrix reads, -1 where there is no way.

    It holds the matrix of the first vehicle, and beside the three arrays how each depot and stop met
    the network: `snap_status` and `snap_metres`.

    Raises
    ------
    JobFailed
        When the file cannot be written.
    """
    names = [f"depot:{depot.id}" for depot in problem.depots] + [f"stop:{stop.id}" for stop in problem.stops]
    place = [*travel.depot_place, *travel.stop_place]
    matrix = travel.matrices[travel_kind(problem.vehicles[0])]
    snaps = [travel.snaps[number] for number in place]
    try:
        with open(path, "wb") as file:
            np.savez_compressed(
                file,
                ids=np.array(names, dtype=str),
                seconds=matrix.seconds[np.ix_(place, place)],
                metres=matrix.metres[np.ix_(place, place)],
                snap_status=np.array([snap.status for snap in snaps], dtype=str),
                snap_metres=np.array([snap.metres for snap in snaps]),
            )
    except OSError as error:
        raise JobFailed(f"{path} cannot be written: {error.strerror}.") from error


def _read(travel: dict[str, Any]) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the ids and, by name, the two tables of numbers; negative or NaN where there is no way."""
    path = travel.get("path")
    members = travel if path is None else _archive(path)
    where = "The travel matrix" if path is None else f"The travel matrix {path}"
    problems = [f'{where} has no array "{name}".' for name in ARRAYS if name not in members]
    tables = {}
    for name in ("seconds", "metres"):
        if name in members:
            try:
                table = np.asarray(members[name])
                tables[name] = table if table.dtype.kind in "if" else table.astype(float)
            except (TypeError, ValueError):
                problems.append(f'{where}: "{name}" is not a table of numbers.')
    if problems:
        raise InputError(problems)
    return [str(name) for name in np.asarray(members["ids"]).ravel().tolist()], tables


def _archive(path: str) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in ARRAYS if name in archive}
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError([f"The travel matrix {path} is not a readable .npz file: {error}"]) from error


def _arranged(
    names: list[str], ids: list[str], tables: dict[str, np.ndarray], aliases: dict[str, str]
) -> Matrix:
    """Return the matrix with rows and columns in the order of `names`."""
    problems = []
    for name, table in tables.items():
        if table.shape != (len(ids), len(ids)):
            shape = " x ".join(map(str, table.shape))
            problems.append(
                f'"{name}" of the travel matrix is {shape}; {len(ids)} ids ask for {len(ids)} x {len(ids)}.'
            )
        large = int((table >= TOO_LARGE).sum())
        if large:
            problems.append(
                f'"{name}" of the travel matrix has {large} numbers of {TOO_LARGE} or more; '
                "give -1 where there is no way."
            )
    row = {name: number for number, name in enumerate(ids)}
    doubled = [name for name, times in Counter(ids).items() if times > 1]
    if doubled:
        problems.append(f"The travel matrix has these ids more than once: {_listed(doubled)}.")
    called = [aliases[name] if name in aliases and name not in row else name for name in names]
    missing = [name for name in called if name not in row]
    if missing:
        problems.append(f"The travel matrix lacks {len(missing)} of {len(names)} ids: {_listed(missing)}.")
    if problems:
        raise InputError(problems)

    chosen = np.array([row[name] for name in called], dtype=int)
    seconds, metres = (np.empty((len(names), len(names)), dtype=np.int32) for _ in range(2))
    for block in row_blocks(len(names)):
        picked = [tables[name][np.ix_(chosen[block], chosen)] for name in ("seconds", "metres")]
        way = (picked[0] >= 0) & (picked[1] >= 0)
        for table, numbers in zip((seconds, metres), picked):
            table[block] = np.where(way, np.rint(np.where(way, numbers, 0)), UNREACHABLE)
            table[block][np.equal.outer(chosen[block], chosen)] = 0
    return Matrix(seconds, metres)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
