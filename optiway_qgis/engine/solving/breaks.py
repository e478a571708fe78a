"""Where the breaks of a route are taken. The rules are those of docs/model.md.

The times followed here serve the choice only; those of a plan are stated by schedule.py.
"""

from __future__ import annotations

from operator import itemgetter, le
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.steps import FOREVER, Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from optiway_qgis.engine.solving.steps import Step
    from optiway_qgis.model.problem import Vehicle

_KEPT = 8
"""Labels kept after a step, so that many rules at once take no more time than a few."""

_Key = tuple[int, ...]
"""What is known at the end of a visit, the smaller the better in each: the rules broken, the moment; for each
rule after driving or work the seconds driven since its reset, or the moment of the reset, negative, then 1
while its first part is not taken; for each break with a window 1 while it is to be taken.
"""

_Label = tuple[_Key, tuple[Rest, ...], bool, int]
"""One way to come to the end of a step: its key, the rests on it, whether one of them, not by a window, came
after this step, and the step at which a rule of breaks is broken without further rests.
"""


def rests(vehicle: Vehicle, steps: list[Step], arrive: Callable[[int, int], int], start: int) -> list[Rest]:
    """Return the breaks to be taken on a route without any yet, in the order of taking.

    `steps` are all visits, depots included; work begins at `start` with the first of them. `arrive` gives the
    arrival at the step with a number when the one before it is left at a moment. Of each step service begins
    at the first moment from arrival + `setup` on that lies in one of its `windows`, at once when all are
    over, and takes `service`. It breaks a rule when that is after the last of its `limits`. Rests after the
    same step are taken in the order returned; none follows the last step. Asked only for vehicles with
    breaks.

    Of all ways to take them it is one that breaks the fewest rules (each rule of a break counts at each
    visit), of equals one that ends earliest, without rests that change neither. A break with a window is
    taken as a whole and within it; of the others at most one after a step, and after the first step none is
    taken that is due after driving, or work, where there was none yet. With times that depend on the hour
    it is taken for granted that leaving later saves no driving.
    """
    day = _Day(vehicle, steps, arrive, start)
    broken, of_breaks, _ = day.outcome(())
    if not of_breaks:
        return []
    # A rest of a rule that is kept without any is never needed: others do as much in less time. Unless they
    # delay the day so that it is broken, too.
    allowed, due = broken - of_breaks, day.due()
    few = _Day(vehicle, steps, arrive, start, due) if len(due) < len(vehicle.breaks) else day
    found = few.best(allowed)
    if found is not None and day.outcome(found)[0] > allowed:
        found = day.best(allowed)
    return list(day.needed(day.best(broken) or () if found is None else found))


class _Day:
    """The rules of a vehicle's breaks and the steps of its route, and how both go on from a label.

    Of the breaks only those with the numbers `among` count, all when it is None.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        steps: list[Step],
        arrive: Callable[[int, int], int],
        start: int,
        among: Container[int] | None = None,
    ):
        self._steps = steps
        self._arrive = arrive
        self._shift_end = vehicle.shift.end
        self._rules: list[tuple[int, bool, int, int, int, int]] = []
        self._windows: dict[int, tuple[int, int, int, int]] = {}
        key = [0, start]
        for which, rest in enumerate(vehicle.breaks):
            if among is not None and which not in among:
                continue
            at = len(key)
            limit = rest.after_drive if rest.after_work is None else rest.after_work
            if limit is not None:
                driven, gone = rest.after_work is None, min(rest.gone, limit)
                self._rules.append((which, driven, at, limit, rest.duration, rest.first_part))
                key += [gone if driven else gone - start, int(rest.first_part > 0)]
            elif rest.window and start <= rest.window.start:
                self._windows[which] = (at, rest.window.start, rest.window.end, rest.duration)
                key.append(1)
        self._first = tuple(key)

    def due(self) -> list[int]:
        """Return the breaks with a window, and those whose rules are broken without rests."""
        key = self._first
        for number in range(len(self._steps)):
            key, _ = self._go(number, key)
        broken = [
            which
            for which, driven, at, limit, _, _ in self._rules
            if key[at] + (0 if driven else key[1]) > limit
        ]
        return [*self._windows, *broken]

    def outcome(self, taken: Iterable[Rest]) -> tuple[int, int, int]:
        """Return how many rules are broken in all, how many of them by breaks, and when work ends."""
        after: dict[int, list[Rest]] = {}
        for rest in taken:
            after.setdefault(rest.after, []).append(rest)
        key, of_breaks = self._first, 0
        for number in range(len(self._steps)):
            key, missed = self._go(number, key)
            of_breaks += missed
            for rest in after.get(number, ()):
                before = key[0]
                key = self._pause(key, rest.which, rest.seconds)
                of_breaks += key[0] - before
        return key[0], of_breaks, key[1]

    def needed(self, taken: tuple[Rest, ...]) -> tuple[Rest, ...]:
        """Return the rests without those that change neither what is broken nor the end."""
        broken, _, end = self.outcome(taken)
        for rest in taken:
            without = tuple(one for one in taken if one is not rest)
            fewer, _, sooner = self.outcome(without)
            if (fewer, sooner) <= (broken, end):
                taken = without
        return taken

    def best(self, allowed: int) -> tuple[Rest, ...] | None:
        """Return the rests with which the fewest rules are broken, and work ends earliest.

        None is returned when more are broken than allowed. Rests only delay what follows: no more are tried
        where without them no rule of breaks is broken, nor where more is broken, or it is later, than at the
        end of another way.
        """
        self._bound: tuple[int, ...] = (allowed, FOREVER)
        self._found: tuple[Rest, ...] | None = None
        labels: list[_Label] = []
        self._look(labels, 0, self._go(0, self._first)[0], ())
        for number in range(1, len(self._steps)):
            self._rest_before(number, labels)
            reached: list[_Label] = []
            for key, taken, _, breach in labels:
                later, _ = self._go(number, key)
                if breach == number:
                    self._look(reached, number, later, taken)
                elif later[:2] <= self._bound:
                    _add(reached, (later, taken, False, breach))
            labels = reached if len(reached) <= _KEPT else sorted(reached, key=itemgetter(0))[:_KEPT]
        return self._found

    def _look(
        self, labels: list[_Label], number: int, key: _Key, taken: tuple[Rest, ...], here: bool = False
    ) -> _Label | None:
        """Follow the route from the end of a step without further rests.

        When no rule of breaks is broken any more, that is a way to the end of work; otherwise the label is
        added to the others, unless one of them is as good, and returned.
        """
        if key[:2] > self._bound or _is_beaten(labels, key, here):
            return None
        ahead = key
        for later in range(number + 1, len(self._steps)):
            ahead, missed = self._go(later, ahead)
            if missed:
                label = (key, taken, here, later)
                _add(labels, label)
                return label
        # Of equals breaks with a window are taken early, others late.
        late = not taken or taken[-1].which not in self._windows
        if ahead[:2] < self._bound or (ahead[:2] == self._bound and late):
            self._bound, self._found = ahead[:2], taken
        return None

    def _rest_before(self, number: int, labels: list[_Label]) -> None:
        """Add the labels of all rests after the step before the one with the number."""
        waiting = list(labels)
        while waiting:
            key, taken, here, _ = waiting.pop(0)
            for which, seconds in self._choices(number - 1, key, here):
                rested = (*taken, Rest(number - 1, which, seconds))
                later = self._pause(key, which, seconds)
                label = self._look(labels, number - 1, later, rested, here or which not in self._windows)
                if label:
                    waiting.append(label)

    def _choices(self, number: int, key: _Key, here: bool) -> Iterator[tuple[int, int]]:
        """Yield the rests that may be taken after a step: number of the break and seconds.

        None waits for its window where that is as well done after the next step.
        """
        soonest = 0
        if self._windows and number + 2 < len(self._steps):
            later, missed = self._go(number + 1, key)
            soonest = 0 if missed else later[1]
        for which, (at, opens, latest, seconds) in self._windows.items():
            if key[at] and key[1] <= latest and (not soonest or soonest > opens):
                yield which, seconds
        for which, driven, at, _, seconds, first in () if here else self._rules:
            if not number and key[at] == (0 if driven else -key[1]):
                continue
            yield which, seconds
            if first:
                yield which, first if key[at + 1] else seconds - first

    def _go(self, number: int, key: _Key) -> tuple[_Key, int]:
        """Return the key at the end of the next step, and how many rules of breaks are broken there."""
        step = self._steps[number]
        left = arrival = key[1]
        if number:
            arrival = self._arrive(number, left)
        clock = arrival + step.setup
        for window in step.windows:
            if clock <= window.end:
                clock = max(clock, window.start)
                break
        others = int(bool(step.limits) and clock > step.limits[-1].end)
        clock += step.service
        if number == len(self._steps) - 1:
            others += clock > self._shift_end
        state = list(key)
        missed = 0
        for _, driven, at, limit, _, _ in self._rules:
            if driven:
                state[at] += arrival - left
                missed += state[at] > limit
            else:
                missed += clock + state[at] > limit
        missed += self._miss(state, clock)
        state[0] += others + missed
        state[1] = clock
        return tuple(state), missed

    def _pause(self, key: _Key, which: int, seconds: int) -> _Key:
        """Return the key after a rest."""
        state = list(key)
        begin = key[1]
        if which in self._windows:
            at, opens, _, _ = self._windows[which]
            begin = max(begin, opens)
            state[at] = 0
        end = begin + seconds
        for _, driven, at, limit, whole, first in self._rules:
            resets = seconds >= whole or (first and not state[at + 1] and seconds >= whole - first)
            if not driven:
                state[0] += (begin if resets else end) + state[at] > limit
            if resets:
                state[at : at + 2] = 0 if driven else -end, int(first > 0)
            elif first and seconds >= first:
                state[at + 1] = 0
        state[0] += self._miss(state, end)
        state[1] = end
        return tuple(state)

    def _miss(self, state: list[int], moment: int) -> int:
        """Give up the breaks whose windows are over while work goes on; return how many."""
        missed = 0
        for at, _, latest, _ in self._windows.values():
            if state[at] and moment > latest:
                state[at] = 0
                missed += 1
        return missed


def _add(labels: list[_Label], new: _Label) -> None:
    """Add a label unless another is as good in each respect, and take out those it is as good as."""
    key, _, here, _ = new
    if not _is_beaten(labels, key, here):
        labels[:] = [old for old in labels if here > old[2] or not all(map(le, key, old[0]))]
        labels.append(new)


def _is_beaten(labels: list[_Label], key: _Key, here: bool) -> bool:
    """Whether a label is as good in each respect."""
    for other, _, also_here, _ in labels:
        if other[1] <= key[1] and also_here <= here and all(map(le, other, key)):
            return True
    return False
