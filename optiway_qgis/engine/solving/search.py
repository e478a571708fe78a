"""When a search stops and what it tells meanwhile: one clock shared by all engines of a job."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STOPPED_SETTLED = "settled: no improvement for a while"
STOPPED_TIME = "time limit reached"
STOPPED_ITERATIONS = "number of iterations reached"


def default_patience(stops: int) -> float:
    """Return the seconds without improvement after which a search of that size counts as settled.

    Small problems settle at once, large ones keep finding improvements many seconds apart.
    """
    return min(60.0, 0.5 + 0.02 * stops + 0.00015 * stops**2)


def _silent(seconds: float, cost: float) -> None:
    """Tell nobody of a new best."""


@dataclass
class Clock:
    """The time a job may take, counted from the start of the engine process.

    `deadline` and `patience` in seconds; `iterations`, when given, replaces both. `report` is told the
    seconds since the start and the cost of each new best. One clock serves several searches in threads.
    """

    begin: float
    deadline: float
    patience: float
    iterations: int | None
    report: Callable[[float, float], None]
    history: list[tuple[float, float]] = field(default_factory=list)
    best: float | None = None
    last_gain: float = 0.0
    stopped: str = ""
    spent_iterations: int = 0
    give_up: float | None = None

    def now(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.begin

    def remaining(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - self.now()

    def apart(self, *, deadline: float, patience: float, iterations: int | None) -> Clock:
        """Return a clock for a search of its own, which has found nothing yet and tells nobody."""
        return Clock(self.begin, deadline, patience, iterations, _silent, last_gain=self.now())

    def gain(self, value: float, cost: float) -> None:
        """Note an answer without broken rules: the `value` that is minimised, and the cost to show of it."""
        if self.best is not None and value >= self.best - 1e-9:
            return
        self.best = value
        self.last_gain = self.now()
        if self.iterations is None:
            self.history.append((round(self.last_gain, 2), cost))
        self.report(self.last_gain, cost)

    def new_phase(self) -> None:
        """Forget the best value, as the next phase minimises something else, and wait for gains anew."""
        self.best = None
        self.give_up = None
        self.stopped = ""
        self.last_gain = self.now()

    def give_up_after(self, share: float, at_least: float) -> None:
        """Stop the phase that begins now when that share of time or iterations has brought no answer.

        Of time it is `at_least` that many seconds.
        """
        if self.iterations is None:
            self.give_up = self.now() + max(at_least, share * self.remaining())
        else:
            self.give_up = share * self.iterations

    def over(self, iteration: int = 0, *, answered: bool = True) -> bool:
        """Whether a search stops now: by its iterations if they count, else by the deadline or settled.

        Where iterations count, a search that has not `answered` does not wait to hear what others found.
        """
        give_up = math.inf if self.give_up is None else self.give_up
        if self.iterations is not None:
            done = iteration >= self.iterations
            self.stopped = STOPPED_ITERATIONS if done else self.stopped
            return done or (not answered and iteration >= give_up)
        now = self.now()
        if now >= self.deadline:
            self.stopped = STOPPED_TIME
            return True
        if self.best is not None and self.patience and now - self.last_gain >= self.patience:
            self.stopped = STOPPED_SETTLED
            return True
        return self.best is None and now >= give_up
