"""The steps of a route: depots, stops, reloads and breaks as one kind of thing, so that all are timed alike.

Where reloads and breaks go is decided in trips.py and breaks.py, which loading waits for a dock in docks.py;
schedule.py times the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optiway_qgis.model.problem import Window

FOREVER = 1 << 40
"""Later than any moment."""

NO_STOP = -1


@dataclass(frozen=True, slots=True)
class Step:
    """One visit of a route before it is timed.

    `kind` is the visit's type and `id` its id; `stop` is the stop's index, `NO_STOP` at depots and breaks.
    `place` is that of the travel table, a break's that of the step before it. `setup` and `service` in
    seconds as they are due here: no setup at the place of the stop before, service by the vehicle's factor,
    the loading of a trip, the rest of a break. Service begins in the first of `windows` that is not over, at
    once when all are; none means at any time. Beginning after the last of `limits` breaks a rule: those of a
    stop are its windows, the last stretched by `late_max`.
    """

    kind: str
    id: str
    place: int
    stop: int = NO_STOP
    windows: tuple[Window, ...] = ()
    limits: tuple[Window, ...] = ()
    setup: int = 0
    service: int = 0


@dataclass(frozen=True, slots=True)
class Rest:
    """A break taken: right after the step of the route without breaks with the number `after`.

    `which` is its number among the breaks of the vehicle, `seconds` how long it rests.
    """

    after: int
    which: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Berths:
    """What the docks leave to the loadings of one route, counted from 0: the first is at the start depot.

    `loading_from` is the earliest begin of each, None or missing where a dock is free at any time.
    `start_by` is the latest begin of the first, which has precedence over a start as late as can be.
    `without` holds those that begin when all docks are taken.
    """

    loading_from: tuple[int | None, ...] = ()
    start_by: int | None = None
    without: tuple[int, ...] = ()
