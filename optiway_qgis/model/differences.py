"""What changes for each driver between two versions of a plan. The words for it are messages.py's.

What is behind a driver never changes for him, however its rows differ.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Iterable, Mapping, NamedTuple, Sequence

from .plan import VISIT_RELOAD, VISIT_START, VISIT_STOP, VISIT_TRANSFER

STEP = 300
"""Seconds: times are told to full five minutes."""

HALTS = (VISIT_STOP, VISIT_RELOAD, VISIT_TRANSFER)
"""Visits that a driver is told when they are new or gone. He takes breaks as they fall due."""


@dataclass(frozen=True)
class DriverVisit:
    """One visit as a driver knows it: `eta` in seconds from midnight of the plan date, `behind` when it was
    made or given up."""

    type: str
    id: str
    eta: int
    name: str = ""
    address: str = ""
    behind: bool = False


@dataclass(frozen=True)
class DriverRoute:
    """The day of one driver with one vehicle, the visits in their order."""

    vehicle_id: str
    driver: str = ""
    visits: tuple[DriverVisit, ...] = ()

    @property
    def to_do(self) -> tuple[DriverVisit, ...]:
        """The visits still to be made."""
        return tuple(visit for visit in self.visits if not visit.behind)

    def place(self, stop_id: str) -> int:
        """Which of the stops of the day it is, from 1."""
        return [visit.id for visit in self.visits if visit.type == VISIT_STOP].index(stop_id) + 1


class Shift(NamedTuple):
    """A visit that both versions have, as it was and as it is."""

    before: DriverVisit
    after: DriverVisit

    @property
    def seconds(self) -> int:
        """By how much the arrival is later."""
        return self.after.eta - self.before.eta


@dataclass(frozen=True)
class Difference:
    """What changes for one driver, each part in the order of the day.

    `added` and `removed` hold stops, reloads and goods to be fetched. `moved` are stops outside of a longest
    part whose order is kept, `later` and `earlier` all others whose arrival shifts; `start` is set where work
    begins at another time. A stop is in one part only.
    """

    before: DriverRoute
    after: DriverRoute
    added: tuple[DriverVisit, ...] = ()
    removed: tuple[DriverVisit, ...] = ()
    moved: tuple[Shift, ...] = ()
    later: tuple[Shift, ...] = ()
    earlier: tuple[Shift, ...] = ()
    start: Shift | None = None

    @property
    def vehicle_id(self) -> str:
        """The vehicle."""
        return self.after.vehicle_id

    @property
    def driver(self) -> str:
        """Who drives it, "" when not known."""
        return self.after.driver or self.before.driver

    @property
    def is_any(self) -> bool:
        """Whether the driver has to be told of anything."""
        return any((self.added, self.removed, self.moved, self.later, self.earlier, self.start))

    @property
    def first(self) -> int | None:
        """When the first visit that changes is due, by the later version where that has it."""
        shifts = (*self.moved, *self.later, *self.earlier, *filter(None, [self.start]))
        visits = (*self.added, *self.removed, *(shift.after for shift in shifts))
        return min((visit.eta for visit in visits), default=None)

    @property
    def stop_ids(self) -> frozenset[str]:
        """The stops that change."""
        shifts = (*self.moved, *self.later, *self.earlier)
        visits = (*self.added, *self.removed, *(shift.after for shift in shifts))
        return frozenset(visit.id for visit in visits if visit.type == VISIT_STOP)


def rounded(seconds: int) -> int:
    """The full five minutes nearest to a moment."""
    return (seconds + STEP // 2) // STEP * STEP


def differences(
    before: Iterable[DriverRoute], after: Iterable[DriverRoute], least: float
) -> list[Difference]:
    """Return one difference, possibly without any change, for each driver of a vehicle, in the order of the
    routes after; those that only `before` has come last.

    An arrival that shifts by less than `least` seconds, or is told as the same time, has not changed. Where
    a vehicle changes its driver, both are told; an empty name is nobody else.
    """
    old = {route.vehicle_id: route for route in before}
    told = []
    for new in after:
        known = old.pop(new.vehicle_id, DriverRoute(new.vehicle_id))
        if known.driver and new.driver and known.driver != new.driver:
            told.append(_of_driver(DriverRoute(new.vehicle_id, new.driver), new, least))
            told.append(_of_driver(known, DriverRoute(known.vehicle_id, known.driver), least))
        else:
            told.append(_of_driver(known, new, least))
    return [*told, *(_of_driver(known, DriverRoute(known.vehicle_id), least) for known in old.values())]


def _of_driver(before: DriverRoute, after: DriverRoute, least: float) -> Difference:
    all_old, all_new = _by_key(before.visits), _by_key(after.visits)
    old, new = (
        {key: visit for key, visit in visits.items() if not visit.behind} for visits in (all_old, all_new)
    )
    common = [key for key in new if key in old and key[0] == VISIT_STOP]
    kept = _longest_kept(common, list(old))
    shifts = {key: Shift(old[key], new[key]) for key in common}
    shifted = [shift for key, shift in shifts.items() if key in kept and _is_told(shift, least)]
    starts = [Shift(old[key], new[key]) for key in new if key[0] == VISIT_START and key in old]
    return Difference(
        before,
        after,
        added=tuple(visit for key, visit in new.items() if key not in old and key[0] in HALTS),
        removed=tuple(visit for key, visit in old.items() if key not in all_new and key[0] in HALTS),
        moved=tuple(shift for key, shift in shifts.items() if key not in kept),
        later=tuple(shift for shift in shifted if shift.seconds > 0),
        earlier=tuple(shift for shift in shifted if shift.seconds < 0),
        start=next((shift for shift in starts if _is_told(shift, least)), None),
    )


_Key = tuple[str, str, int]
"""Type, id, and which of the visits of this type and id it is."""


def _by_key(visits: Iterable[DriverVisit]) -> dict[_Key, DriverVisit]:
    keyed: dict[_Key, DriverVisit] = {}
    for visit in visits:
        number = sum(key[:2] == (visit.type, visit.id) for key in keyed)
        keyed[visit.type, visit.id, number] = visit
    return keyed


def _longest_kept(keys: Sequence[_Key], before: Sequence[_Key]) -> set[_Key]:
    """The longest part of `keys` that comes in the order of `before`; patience sorting."""
    rank: Mapping[_Key, int] = {key: number for number, key in enumerate(before)}
    tails: list[_Key] = []
    previous: dict[_Key, _Key | None] = {}
    for key in keys:
        at = bisect_left([rank[tail] for tail in tails], rank[key])
        previous[key] = tails[at - 1] if at else None
        tails[at : at + 1] = [key]
    kept: set[_Key] = set()
    last = tails[-1] if tails else None
    while last is not None:
        kept.add(last)
        last = previous[last]
    return kept


def _is_told(shift: Shift, least: float) -> bool:
    return abs(shift.seconds) >= least and rounded(shift.before.eta) != rounded(shift.after.eta)
