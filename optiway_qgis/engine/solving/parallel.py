"""The search on all cores: rounds of PyVRP searches in threads, joined after each round.

A small plan is searched over as a whole by every thread, each with a seed of its own, in two manners. A large
one is cut into groups of neighbouring routes, each improved as a problem of its own; the cuts are others in
each round. How to cut is decided in `grouping`, what PyVRP is told in `formulation`.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from math import inf, isfinite
from typing import TYPE_CHECKING

from pyvrp import PenaltyManager, RandomNumberGenerator, SolveParams, solve
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams
from pyvrp.search import OPERATORS, LocalSearch, NeighbourhoodParams, compute_neighbours

from optiway_qgis.engine.solving.grouping import Group, cut

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pyvrp import ProblemData, Solution
    from pyvrp.IteratedLocalSearch import IteratedLocalSearch
    from pyvrp.Result import Result

    from optiway_qgis.engine.solving.formulation import Formulation, Part, Visits
    from optiway_qgis.engine.solving.prices import Penalties
    from optiway_qgis.engine.solving.search import Clock

_GROUP_STOPS, _GROUP_ROUTES = 200, 8
"""Size of a group at the least: below that too much of what could be exchanged lies beyond its borders."""

_FIRST = 0.75
"""Share of a quick round for a large plan as a whole, before it is cut for the first time."""

_LAST = 1.3
"""When what is left is no more than so many rounds, it is one round."""

_STALLED_ROUNDS, _STALLED_GAIN = 10, 0.001
"""When so many quick rounds have gained less than that share, patient ones take over."""


@dataclass(frozen=True)
class _Manner:
    """How a thread searches: length of the history, number of neighbours, and whether broken rules cost much
    from the beginning, as PyVRP has it, or become dear on the way.
    """

    history: int
    neighbours: int
    dear: bool = False


@dataclass(frozen=True)
class _Pace:
    """How large groups may be, how long a round takes, in whichever of the two the clock counts, and how a
    group is searched.
    """

    most_stops: int
    seconds: float
    iterations: int
    manner: _Manner


_WHOLE = _Manner(300, 50), _Manner(300, 50, dear=True)
"""Of the searches over a whole plan, in turn: with either some plans get better and some worse."""

_QUICK = _Pace(350, 0.4, 700, _Manner(100, 30))
_PATIENT = _Pace(700, 2.5, 4400, _Manner(300, 50))
"""An iteration takes longer the more stops there are; but what lies across the borders of small groups, and
behind higher hills, is found in large ones that are searched for longer.
"""


@dataclass(frozen=True)
class Incumbent:
    """The best answer so far; `value` in PyVRP's units, infinite where it breaks a rule."""

    visits: Visits
    value: float

    @property
    def feasible(self) -> bool:
        """Whether it keeps all rules that PyVRP was told."""
        return isfinite(self.value)


def improve(
    formulation: Formulation, clock: Clock, seed: int, workers: int, start: Visits | None
) -> Incumbent:
    """Return the best answer found until the clock says stop, never worse than a `start` that breaks no rule.

    Where iterations count it depends on the number of workers, but never on how fast each of them is.
    """
    with ThreadPoolExecutor(workers) as threads:
        return _Rounds(formulation, clock, seed, workers, threads).run(start)


def _value(solution: Solution) -> float:
    """Return what PyVRP minimises, infinite where the solution breaks a rule."""
    return _cost(solution) + solution.uncollected_prizes() if solution.is_feasible() else inf


def _cost(solution: Solution) -> int:
    return solution.distance_cost() + solution.duration_cost() + solution.fixed_vehicle_cost()


class _Rounds:
    """The rounds of one search, and what they have spent of the clock's iterations."""

    def __init__(self, formulation: Formulation, clock: Clock, seed: int, workers: int, threads: Executor):
        self._formulation = formulation
        self._clock = clock
        self._workers = workers
        self._threads = threads
        self._cuts = 0
        self._seed = seed
        self._penalties = formulation.penalties
        self._spent = 0

    def run(self, start: Visits | None) -> Incumbent:
        """Go on from round to round until the clock says stop; one round there is always."""
        everything = [self._formulation.everything]
        large = len(self._formulation.stops) >= 2 * _GROUP_STOPS
        if start is None and large:
            length = _FIRST * self._length(_QUICK)
            incumbent = self._round(everything, None, length, (_QUICK.manner,))
        elif start is None:
            incumbent = self._round(everything, None, self._left(), _WHOLE)
        else:
            incumbent = self._improve(self._cut(start, _QUICK), start, _QUICK, rough=True)
        pace, values = _QUICK, [incumbent.value]
        while not self._clock.over(self._spent, answered=incumbent.feasible):
            if large and not incumbent.feasible:
                incumbent = self._round(everything, incumbent.visits, self._length(pace), (pace.manner,))
            else:
                groups = self._cut(incumbent.visits, pace) if incumbent.feasible else everything
                incumbent = self._improve(groups, incumbent.visits, pace)
            values.append(incumbent.value)
            before = values[-1 - _STALLED_ROUNDS] if len(values) > _STALLED_ROUNDS else inf
            if before - incumbent.value < _STALLED_GAIN * incumbent.value:
                pace = _PATIENT
        return incumbent

    def _length(self, pace: _Pace) -> float:
        """Return how long a round takes, in seconds or iterations as the clock counts."""
        return pace.seconds if self._clock.iterations is None else float(pace.iterations)

    def _improve(self, groups: list[Group], visits: Visits, pace: _Pace, *, rough: bool = False) -> Incumbent:
        """Return what becomes of visits: in groups for a round, as a whole in all the time that is left."""
        if len(groups) > 1:
            return self._round(groups, visits, self._length(pace), (pace.manner,), rough=rough)
        return self._round(groups, visits, self._left(), _WHOLE, rough=rough)

    def _cut(self, visits: Visits, pace: _Pace) -> list[Group]:
        """Return the groups of the next round: fewer than there are cores, or a multiple of their number."""
        formulation = self._formulation
        size, workers = len(formulation.stops), self._workers
        most = max(1, min(size // _GROUP_STOPS, sum(map(bool, visits)) // _GROUP_ROUTES))
        if most < workers:
            count = most
        else:
            count = min(most - most % workers, workers * -(-size // (workers * pace.most_stops)))
        if count == 1:
            return [formulation.everything]
        sequences = formulation.sequences(visits)
        self._cuts += 1
        return cut(formulation.instance, formulation.stops, sequences, count, self._cuts)

    def _round(
        self,
        groups: list[Group],
        visits: Visits | None,
        length: float,
        manners: tuple[_Manner, ...],
        *,
        rough: bool = False,
    ) -> Incumbent:
        """Search over each group from its visits, for that long, and join the best of each.

        Where there are cores to spare each group is searched over several times, with other seeds. `rough`
        visits are first improved as far as it goes step by step.
        """
        formulation, penalties = self._formulation, self._penalties
        parts = list(self._threads.map(formulation.part, groups))
        starts = [None if visits is None else part.solution(visits) for part in parts]
        ledger = _Ledger(self._clock, formulation, starts)
        numbers = [number % len(groups) for number in range(max(self._workers, len(groups)))]
        lanes = -(-len(numbers) // self._workers)
        if self._left() < _LAST * lanes * length:
            length = self._left() / lanes

        def search(number: int, seed: int, manner: _Manner) -> _Turn:
            data, start = parts[number].data, starts[number]
            if start is not None and rough:
                start = _improved(data, penalties, start, seed)
            turn = _Turn(self._clock, ledger, number, self._spent, length, whole=len(groups) == 1)
            ils = IteratedLocalSearchParams(history_length=manner.history, callbacks=turn)
            near = NeighbourhoodParams(num_neighbours=manner.neighbours)
            first = penalties.dear() if manner.dear else penalties
            solve(data, turn, seed, False, False, SolveParams(ils, first, near), start)
            return turn

        seeds = range(self._seed, self._seed + len(numbers))
        turns = list(self._threads.map(search, numbers, seeds, islice(cycle(manners), len(numbers))))
        self._seed += len(numbers)
        self._spent += lanes * max(turn.iterations for turn in turns)
        self._clock.spent_iterations += sum(turn.iterations for turn in turns)
        self._penalties = penalties.learned([turn.penalties for turn in turns])
        found = [[] if start is None else [start] for start in starts]
        for turn in turns:
            found[turn.group].append(turn.best)
        return self._joined(parts, [min(solutions, key=_value) for solutions in found])

    def _joined(self, parts: list[Part], solutions: list[Solution]) -> Incumbent:
        """Return the solutions of all parts as one."""
        visits: Visits = [[] for _ in self._formulation.instance.vehicles]
        for part, solution in zip(parts, solutions):
            for vehicle, served in part.visits(solution).items():
                visits[vehicle] = served
        return Incumbent(visits, sum(map(_value, solutions)))

    def _left(self) -> float:
        """Return what is left for each thread, in seconds or iterations as the clock counts."""
        clock = self._clock
        return clock.remaining() if clock.iterations is None else clock.iterations - self._spent


def _improved(data: ProblemData, penalties: Penalties, solution: Solution, seed: int) -> Solution:
    """Return a local optimum near the solution among those that keep the rules, to begin the search with.

    PyVRP does the same to a start of its own making, but not to one it is given.
    """
    local_search = LocalSearch(data, RandomNumberGenerator(seed), compute_neighbours(data))
    for operator in OPERATORS:
        if operator.supports(data):
            local_search.add_operator(operator(data))
    strict = PenaltyManager(penalties.midpoint_penalties(data), penalties).max_cost_evaluator()
    optimum = local_search(solution, strict, exhaustive=True)
    return optimum if optimum.is_feasible() else solution


class _Ledger:
    """What the groups of a round have reached so far; the clock is told of it as of one plan."""

    def __init__(self, clock: Clock, formulation: Formulation, starts: list[Solution | None]):
        self._clock = clock
        self._scale = formulation.scale
        self._vehicle_price = formulation.vehicle_price
        self._lock = threading.Lock()
        self._best = [(inf, inf)] * len(starts)
        self.complete = False
        for group, start in enumerate(starts):
            if start is not None:
                self.note(group, start)

    def note(self, group: int, solution: Solution) -> None:
        """Take a solution for its group if it is the best so far."""
        value = _value(solution)
        with self._lock:
            if value < self._best[group][0]:
                self._best[group] = value, _cost(solution) - self._vehicle_price * solution.num_routes()
                total, cost = (sum(amounts) / self._scale for amounts in zip(*self._best))
                if isfinite(total):
                    self.complete = True
                    self._clock.gain(total, cost)


class _Turn(IteratedLocalSearchCallbacks):
    """Stopping criterion and listener of one search of a round, which takes `length` seconds or iterations.

    A search over the `whole` goes on until there is an answer, or the clock says stop.
    """

    def __init__(self, clock: Clock, ledger: _Ledger, group: int, spent: int, length: float, *, whole: bool):
        self._clock = clock
        self._ledger = ledger
        self.group = group
        self._spent = spent
        self._length = length
        self._begin = clock.now()
        self._whole = whole
        self._answered = False
        self.iterations = -1

    def __call__(self, best_cost: int) -> bool:
        self.iterations += 1
        if self._clock.over(self._spent + self.iterations, answered=self._answered):
            return True
        counted = self._clock.iterations is not None
        used = self.iterations if counted else self._clock.now() - self._begin
        # Where iterations count nothing may depend on how far the others have come.
        answered = self._answered or (self._ledger.complete and not counted)
        return used >= self._length and (answered or not self._whole)

    def on_start(self, ils: IteratedLocalSearch) -> None:
        self._manager = ils.penalty_manager
        self.on_best(ils.initial_solution)

    def on_end(self, result: Result) -> None:
        self.best = result.best

    @property
    def penalties(self) -> tuple[list[float], float, float]:
        """What the search has come to charge for broken rules."""
        return self._manager.penalties()

    def on_best(self, best: Solution) -> None:
        if best.is_feasible():
            self._answered = True
            self._ledger.note(self.group, best)
