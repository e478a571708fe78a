"""Legs whose time depends on the hour: when one arrives, and by when it has to be begun.

The rules are those of docs/model.md, "Travel times that depend on the hour", in whole seconds. One leg at a
time for the scheduler (`Leg`), whole rows of a table for the engines (`leaving`). Routes are timed in
schedule.py.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.travel.provider import UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.travel.provider import Slot

NEVER = -(1 << 40)
"""Stands for the latest departure where even leaving long ago would not arrive in time."""

_KEPT = 200_000
"""Legs kept at hand, so that those of a search over thousands of stops do not fill the memory."""


class Leg:
    """One way through the slots: `seconds` and `metres` by slot, `UNREACHABLE` in those without a way.

    `starts` are the starts of the slots, in ascending order.
    """

    __slots__ = ("_last", "metres", "seconds", "starts")

    def __init__(self, starts: Sequence[int], seconds: Sequence[int], metres: Sequence[int]):
        self.starts = starts
        self.seconds = seconds
        self.metres = metres
        self._last = len(starts) - 1

    def slot(self, moment: int) -> int:
        """Return the slot that holds a moment; the first one holds before its start, too."""
        return bisect_right(self.starts, moment, 1) - 1

    def begun_in(self, departure: int) -> int | None:
        """Return the slot whose way is taken when leaving then: the first with a way from there on."""
        first = self.slot(departure)
        return next((slot for slot in range(first, self._last + 1) if self.seconds[slot] >= 0), None)

    def arrival(self, departure: int) -> int | None:
        """Return when the vehicle arrives that leaves at `departure`, None where it would stand for ever."""
        slot = self.slot(departure)
        left = self.seconds[slot]
        if left >= 0 and (slot == self._last or departure + left <= self.starts[slot + 1]):
            return departure + left
        return self._arrival_across(departure, slot)

    def _arrival_across(self, departure: int, slot: int) -> int | None:
        """Return the arrival of a leg that is not over in the slot it is begun in."""
        moment = departure
        left = full = self.seconds[slot]
        while slot < self._last:
            end = self.starts[slot + 1]
            if full >= 0 and self.seconds[slot] >= 0:
                if moment + left <= end:
                    return moment + left
                left -= end - moment
            slot, moment = slot + 1, end
            now = self.seconds[slot]
            if now >= 0:
                left = now if full < 0 else -(-left * now // full)
                full = now
        return None if self.seconds[slot] < 0 else moment + left

    def latest(self, arrival: int) -> int:
        """Return the latest departure that arrives by `arrival`, `NEVER` when there is none.

        What may be left of the leg when a slot begins is followed backwards; rounding up forwards is
        rounding down backwards, so that the answer is exact.
        """
        slot = self.slot(arrival)
        full = self.seconds[slot]
        if full >= 0:
            departure = arrival - full
            if slot == 0 or departure >= self.starts[slot]:
                return departure
            left = arrival - self.starts[slot]
        else:
            left = 0
        while slot > 0:
            slot -= 1
            now = self.seconds[slot]
            if now < 0:
                continue
            end = self.starts[slot + 1]
            if full >= 0:
                left = left * now // full
            departure = min(end - 1, end + left - now)
            if slot == 0 or departure >= self.starts[slot]:
                return departure
            left += end - self.starts[slot]
            full = now
        return NEVER


class Legs:
    """The legs of one kind of travel, looked up as they are needed."""

    def __init__(self, slots: Sequence[Slot], kind: str):
        self._starts = [slot.start for slot in slots]
        self._matrices = [slot.matrices[kind] for slot in slots]
        self._legs: dict[tuple[int, int], Leg] = {}

    @cached_property
    def standing(self) -> Leg:
        """The leg that leads nowhere: to the first stop of a vehicle that begins there."""
        nothing = [0] * len(self._starts)
        return Leg(self._starts, nothing, nothing)

    def between(self, origin: int, target: int) -> Leg:
        """Return the leg from one place to another."""
        leg = self._legs.get((origin, target))
        if leg is None:
            if len(self._legs) >= _KEPT:
                self._legs.clear()
            seconds = [int(matrix.seconds[origin, target]) for matrix in self._matrices]
            metres = [int(matrix.metres[origin, target]) for matrix in self._matrices]
            leg = self._legs[origin, target] = Leg(self._starts, seconds, metres)
        return leg


def leaving(
    slots: Sequence[Slot], kind: str, origins: np.ndarray, moments: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return seconds and metres from places, leaving each at a moment of its own, to all places.

    `origins` and `moments` have shape (rows,), or `moments` (rows, places) where the moment depends on where
    it goes. Returns two int64 arrays of shape (rows, places): the seconds and metres of a `Leg` begun then,
    `UNREACHABLE` where it has no way.
    """
    starts = np.array([slot.start for slot in slots])
    size = len(slots[0].matrices[kind].seconds)
    by_pair = moments if moments.ndim == 2 else np.repeat(moments[:, None], size, axis=1)
    first = np.maximum(np.searchsorted(starts, by_pair, side="right") - 1, 0)
    seconds = np.full(by_pair.shape, UNREACHABLE, np.int64)
    metres = seconds.copy()
    # Rows that begin in the same slot are followed together: most legs are over in one slot or two.
    for begin in np.unique(first.min(axis=1)):
        rows = np.flatnonzero(first.min(axis=1) == begin)
        seconds[rows], metres[rows] = _follow(slots, kind, origins[rows], by_pair[rows], first[rows])
    return seconds, metres


def _follow(
    slots: Sequence[Slot], kind: str, origins: np.ndarray, moments: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Follow legs from slot to slot until all have arrived. Arrays but `origins` have a row per origin."""
    seconds = np.full(moments.shape, UNREACHABLE, np.int64)
    metres = seconds.copy()
    clock = moments.copy()
    left = np.zeros(moments.shape, np.int64)
    full = np.full(moments.shape, UNREACHABLE, np.int64)
    travelling = np.ones(moments.shape, bool)
    for number in range(int(first.min()), len(slots)):
        matrix = slots[number].matrices[kind]
        now, lengths = matrix.seconds[origins], matrix.metres[origins]
        moving = travelling & (first <= number) & (now != UNREACHABLE)
        begun = full != UNREACHABLE
        clock = np.where(first < number, slots[number].start, clock)
        rest = -(-left * now // np.where(begun & (full > 0), full, 1))
        left = np.where(moving, np.where(begun, rest, now), left)
        metres = np.where(moving & ~begun, lengths, metres)
        full = np.where(moving, now, full)
        if number + 1 == len(slots):
            arrived = moving
        else:
            end = slots[number + 1].start
            arrived = moving & (clock + left <= end)
            left = np.where(moving & ~arrived, left - (end - clock), left)
        seconds = np.where(arrived, clock + left - moments, seconds)
        travelling &= ~arrived
        if not travelling.any():
            break
    metres[travelling] = UNREACHABLE
    return seconds, metres
