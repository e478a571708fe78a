"""Which engine is asked for what, in which order and for how long, until there are sequences for a plan."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving import pyvrp_engine, recombine
from optiway_qgis.engine.solving.district import District
from optiway_qgis.engine.solving.first_answer import first_answer, surely_too_much
from optiway_qgis.engine.solving.insertion import complete, keep_rules, nearest_first
from optiway_qgis.engine.solving.levelling import levelled
from optiway_qgis.engine.solving.objective import cost_of, importance, score, score_of, unserved
from optiway_qgis.engine.solving.outlook import by_distance
from optiway_qgis.engine.solving.polish import polish
from optiway_qgis.engine.solving.reinsert import NAME as OWN_NAME
from optiway_qgis.engine.solving.reinsert import reinsert
from optiway_qgis.engine.solving.resting import without_breaks
from optiway_qgis.engine.solving.rounds import in_rounds, mended
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.model.problem import MAX_WORKERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.model.problem import Settings

_FIRST_ANSWER = 0.2
"""Share of the time in which an answer that serves every required stop has to turn up; then some may be left
out.
"""

_RELAXED = 0.4
"""Share of the time for PyVRP when rules or wishes that it does not know are to be seen to after it."""

_GOING_ON = 0.6
"""Share of the time that is left in which PyVRP goes on where its answer kept all rules."""

_PUNCTUAL = 0.5
"""Share of PyVRP's time in which nobody may be late, also where that is allowed: it finds more from there."""

_RESTING, _RESTS = 0.4, 3
"""Share of the time that is left for searches with breaks at their places, and how many there are."""

_LEVELLING = 0.7
"""Share of the time that is left for searches with limits on the longest route."""

_FEWER, _EACH_FEWER = 0.6, 0.5
"""Share of the time that is left for searches with fewer vehicles, and of that for each."""

_DEAR = 2.0
"""A vehicle is dear when having it costs that many times what its route does."""

_MENDINGS = 2.0
"""A search is begun only where there is time to mend what it finds so many times."""

_CLOSE, _CLOSER = 0.5, 0.7
"""Share of the time for changing the plan before, where changes have a price, before PyVRP goes on from it.
More is left to it where it knows these prices.
"""

_PHASES = 5
"""Phases that share the patience of the clock then: a day under way waits for its plan."""

_GOES_ON = 0.5
"""Seconds without which it does not."""

_MANY = 1000
"""Up to that many stops all are searched over, even when the fleet could never serve them."""

_PLENTY = 3
"""How many times more stops than the fleet could serve at the very best are searched over."""

_LARGE = 900
"""With more stops a first answer is put together from districts: it takes less time than one of PyVRP's own
and is better.
"""

_SMALL = 40
"""Up to that many stops one core is enough."""


class Strategy:
    """The search over the stops `active` of a problem; `engines` names those that were asked.

    It begins with the sequences `given`, where there are any: what is found never scores worse.
    """

    def __init__(
        self,
        instance: Instance,
        active: list[int],
        settings: Settings,
        clock: Clock,
        tell: Callable[[str], None],
        given: Sequences | None = None,
    ):
        self._instance = instance
        self._active = active
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._mending = 0.0
        self._searches = 0
        self._start = None if given is None else self._fit(given)
        self.engines: list[str] = []

    def _fit(self, given: Sequences) -> Sequences:
        """Return sequences that break no rule from those given, or these themselves where they are better."""
        instance, wanted = self._instance, set(self._active)
        able = [[stop for stop in stops if stop in wanted] for stops in given]
        kept = self._mended(instance, able)
        if instance.has_docks:
            kept = _without_broken(instance, kept, self._active, self._clock)
        return self._better(able, kept)

    def _better(self, one: Sequences, other: Sequences) -> Sequences:
        """Return the better ones, of equals the first."""
        return min(one, other, key=lambda sequences: score(self._instance, sequences))

    def search(self) -> Sequences:
        """Return sequences that break no rule."""
        instance, clock = self._instance, self._clock
        if self._start is None:
            return self._search()
        if instance.minds_changes:
            self._tell("Changing the plan where that is worth its price")
            clock.patience /= _PHASES
            with _share(clock, _CLOSE if pyvrp_engine.knows_wishes(instance) else _CLOSER):
                self._start = self._reinserted(self._start)
            if clock.iterations is None and clock.remaining() < _GOES_ON:
                return self._start
            clock.new_phase()
        return self._better(self._start, self._search())

    def _search(self) -> Sequences:
        """Return sequences that break no rule: the engine's, then moves for what it does not see."""
        instance, clock = self._instance, self._clock
        if instance.travel.slots:
            self._tell("Planning with the traffic of each hour")
            kept = in_rounds(instance, self._active, clock, self._one_round, self._start)
        else:
            kept = self._by_engine(instance, clock)
            if self._start is not None:
                kept = self._better(self._start, kept)
        if instance.early_count or instance.has_soft or instance.travel.slots:
            clock.new_phase()
            early = "Moving stops that wish to be early"
            self._tell(early if instance.early_count else "Moving stops to better hours")
            kept = polish(instance, kept, clock)
        if instance.travel.slots or not self._is_seen_whole(instance):
            clock.new_phase()
            self._tell("Putting groups of stops where they cost least by all rules and wishes")
            if instance.has_docks and self._has_time(clock):
                kept = _without_broken(instance, kept, self._active, clock)
            kept = self._reinserted(kept)
        return _without_broken(instance, kept, self._active, clock) if instance.has_docks else kept

    def _reinserted(self, sequences: Sequences) -> Sequences:
        names = [OWN_NAME] if self._instance.has_docks else [OWN_NAME, recombine.NAME]
        self.engines += [name for name in names if name not in self.engines]
        return reinsert(self._instance, sequences, self._active, self._clock, self._settings.seed)

    def _is_seen_whole(self, instance: Instance) -> bool:
        """Whether PyVRP knows all that makes an answer good, and finds it: of reloads it moves few, and no
        route to another vehicle.
        """
        known = pyvrp_engine.keeps_rules(instance) and pyvrp_engine.knows_wishes(instance)
        return known and not instance.has_reloads and not instance.homes

    def _one_round(self, problem: Instance, own: Clock, number: int, best: Sequences) -> Sequences:
        """Return the answer to a problem whose times know no hours."""
        if number == 0:
            return self._by_engine(problem, own)
        self._tell(f"Round {number + 1}, with the times at the hours of the plan before")
        return self._from_best(problem, best, own, self._settings.seed + number)

    def _from_best(self, instance: Instance, best: Sequences, clock: Clock, seed: int) -> Sequences:
        """Return what PyVRP makes of the best sequences so far."""
        stops = self._within_reach_or_served(instance, best)
        missing = set(self._active) & set(unserved(instance, best))
        all_required = all(instance.stops[stop].penalty is not None for stop in missing)
        answer = pyvrp_engine.search(
            instance, stops, clock, seed, all_required=all_required, start=best, workers=self._workers
        )
        return answer.sequences if answer.feasible else best

    def _by_engine(self, instance: Instance, clock: Clock) -> Sequences:
        """Return sequences that break no rule: PyVRP's, mended where it does not know all rules."""
        self.engines.append(pyvrp_engine.NAME)
        share = 1.0 if self._is_seen_whole(instance) else _RELAXED
        with _share(clock, share):
            found = self._relaxed(instance, clock)
        kept = self._mended(instance, found)
        if share < 1 and kept == found and pyvrp_engine.knows_wishes(instance) and self._has_time(clock):
            # Nothing had to be mended: PyVRP goes on.
            with _share(clock, _GOING_ON):
                clock.new_phase()
                found = self._from_best(instance, kept, clock, self._settings.seed)
            again = self._mended(instance, found)
            kept = min(kept, again, key=lambda one: score(instance, one))
        if self._vehicles_are_dear(instance, kept):
            with _share(clock, _FEWER):
                kept = self._with_fewer(instance, kept, clock)
        if any(vehicle.breaks for vehicle in instance.vehicles):
            with _share(clock, _RESTING):
                kept = self._resting(instance, kept, clock)
        if instance.balanced:
            self._tell("Making the longest route shorter")
            with _share(clock, _LEVELLING):
                kept = levelled(instance, kept, clock, partial(self._under_limits, instance))
        return kept

    def _relaxed(self, instance: Instance, clock: Clock) -> Sequences:
        """Return PyVRP's answer: all required stops served if that can be, else the least important left
        out.
        """
        active = _within_reach(instance, self._active)
        seed, workers = self._settings.seed, self._workers
        given = self._start
        if given is not None and (instance.minds_changes or not _required_left(instance, given, active)):
            start = given
        elif len(active) > _LARGE:
            start = self._of_districts(instance, active, clock)
        elif surely_too_much(instance, active):
            start = _first_answer(instance, active)
        else:
            self._tell(f"Searching with {pyvrp_engine.NAME}")
            clock.give_up_after(_FIRST_ANSWER, at_least=1.0 + len(active) / 500)
            with _share(clock, _PUNCTUAL if instance.has_soft else 1.0):
                answer = pyvrp_engine.search(
                    instance, active, clock, seed, all_required=True, workers=workers, late_too=False
                )
            if answer.feasible and not instance.has_soft:
                return answer.sequences
            start = answer.sequences
            if not answer.feasible:
                start = complete(instance, keep_rules(instance, start), active)
        left = _required_left(instance, start, active)
        if left:
            self._tell("Not all required stops fit; searching for the best ones to leave out")
        clock.new_phase()
        answer = pyvrp_engine.search(
            instance, active, clock, seed, all_required=not left, start=start, workers=workers
        )
        return answer.sequences if answer.feasible else start

    def _of_districts(self, instance: Instance, active: list[int], clock: Clock) -> Sequences:
        """Return a first answer put together from districts; the clock hears of it if no required stop is
        missing.
        """
        start = first_answer(instance, active, self._settings.seed, self._workers, self._tell)
        if not _required_left(instance, start, active):
            tables = timetables(instance, start).values()
            clock.gain(score_of(instance, tables).price, cost_of(tables))
        return start

    def _vehicles_are_dear(self, instance: Instance, sequences: Sequences) -> bool:
        """Whether fewer vehicles are worth more than short ways."""
        if instance.problem.goals.fewest_vehicles:
            return True
        tables = timetables(instance, sequences).values()
        fixed = sum(table.vehicle.fixed_cost for table in tables)
        return instance.units.paired and fixed > _DEAR * (cost_of(tables) - fixed)

    def _with_fewer(self, instance: Instance, best: Sequences, clock: Clock) -> Sequences:
        """Return sequences for fewer vehicles, without the one with the fewest stops each time, as long as
        there are any that serve the same stops.
        """
        while self._has_time(clock):
            used = [vehicle for vehicle, stops in enumerate(best) if stops]
            if len(used) < 2:
                break
            fewest = min(used, key=lambda vehicle: len(best[vehicle]))
            self._tell(f"Looking for a plan with {len(used) - 1} vehicles")
            fleet = tuple(vehicle for vehicle in used if vehicle != fewest)
            stops = tuple(sorted(stop for vehicle in used for stop in best[vehicle]))
            with _share(clock, _EACH_FEWER):
                clock.new_phase()
                found = self._of_part(instance, District(stops, fleet), best, clock)
            if found is None:
                break
            best = min(best, found, key=lambda sequences: score(instance, sequences))
            if best is not found:
                break
        return best

    def _of_part(self, instance: Instance, part: District, best: Sequences, clock: Clock) -> Sequences | None:
        """Return sequences for a part of the vehicles that serve all its stops, None where there are none."""
        small = part.instance(instance)
        everything = list(range(len(part.stops)))
        if surely_too_much(small, everything):
            return None
        index = {stop: number for number, stop in enumerate(part.stops)}
        start = [[index[stop] for stop in best[vehicle]] for vehicle in part.vehicles]
        answer = pyvrp_engine.search(
            small,
            everything,
            clock,
            self._settings.seed,
            all_required=True,
            start=start,
            workers=self._workers,
            late_too=instance.has_soft,
        )
        if not answer.feasible:
            return None
        sequences: Sequences = [[] for _ in instance.vehicles]
        part.put_back(answer.sequences, sequences)
        return self._mended(instance, sequences)

    def _resting(self, instance: Instance, best: Sequences, clock: Clock) -> Sequences:
        """Return the best of some searches in which each break is part of the stop that it follows."""
        best_score, last = score(instance, best), best
        for number in range(_RESTS):
            if not self._has_time(clock):
                break
            self._tell("Searching with the breaks at their places")
            with _share(clock, 1 / (_RESTS - number)):
                clock.new_phase()
                seen = without_breaks(instance, timetables(instance, last))
                found = self._from_best(seen, last, clock, self._settings.seed + number)
            last = self._mended(instance, found)
            own = score(instance, last)
            if own < best_score:
                best, best_score = last, own
        return best

    def _under_limits(
        self, instance: Instance, limited: Instance, best: Sequences, clock: Clock
    ) -> Sequences:
        """Return what PyVRP finds under limits on the longest route, mended by the rules of the problem."""
        if not self._has_time(clock):
            return best
        self._searches += 1
        found = self._from_best(limited, best, clock, self._settings.seed + self._searches)
        return found if found is best else self._mended(instance, found)

    def _mended(self, instance: Instance, found: Sequences) -> Sequences:
        """Return sequences that keep all rules, and note how long it took to make them so."""
        begun = self._clock.now()
        kept = mended(instance, found, self._active)
        self._mending = self._clock.now() - begun
        return kept

    def _has_time(self, clock: Clock) -> bool:
        """Whether another search, and mending what it finds, can be over in time."""
        return clock.iterations is not None or clock.remaining() > _MENDINGS * self._mending

    @property
    def _workers(self) -> int:
        """Cores to search on: all, or one for a plan that is small or is to be the same anywhere."""
        if len(self._active) <= _SMALL:
            return 1
        if self._settings.workers is not None:
            return self._settings.workers
        return 1 if self._settings.iterations is not None else min(os.cpu_count() or 1, MAX_WORKERS)

    def _within_reach_or_served(self, instance: Instance, sequences: Sequences) -> list[int]:
        """Return the stops worth searching over from sequences, which may have found room for others."""
        return sorted(
            {*_within_reach(instance, self._active), *(stop for stops in sequences for stop in stops)}
        )


@contextmanager
def _share(clock: Clock, share: float) -> Iterator[None]:
    """Give what happens within so much of the time that is left."""
    whole = clock.deadline
    clock.deadline = clock.now() + share * clock.remaining()
    yield
    clock.deadline = whole


def _required_left(instance: Instance, sequences: Sequences, active: list[int]) -> list[int]:
    """Return the required ones of the stops that no sequence holds."""
    wanted = set(active)
    return [
        index
        for index in unserved(instance, sequences)
        if index in wanted and instance.stops[index].penalty is None
    ]


def _without_broken(instance: Instance, sequences: Sequences, active: list[int], clock: Clock) -> Sequences:
    """Return sequences that break no rule of several routes together.

    Of those that do the ones that matter least are taken off, and their stops put where there is room.
    """
    best = [list(stops) for stops in sequences]
    while True:
        broken = [vehicle for vehicle, table in timetables(instance, best).items() if table.violations]
        if not broken:
            break
        least = min(
            broken, key=lambda vehicle: sum(importance(instance.stops[stop]) for stop in best[vehicle])
        )
        best[least] = []
    return _filled(instance, best, active, clock)


def _filled(instance: Instance, sequences: Sequences, active: list[int], clock: Clock) -> Sequences:
    """Return sequences with stops put where there is room: all at once or, where routes then break a rule
    together, one after another while there is time.
    """
    best, best_score = sequences, score(instance, sequences)
    if not unserved(instance, best):
        return best
    whole = complete(instance, best, active)
    if score(instance, whole) < best_score:
        return whole
    missing = set(active).intersection(unserved(instance, best))
    for unit in instance.units.among(sorted(missing, key=lambda stop: -importance(instance.stops[stop]))):
        if clock.iterations is None and clock.remaining() < 0:
            break
        more = complete(instance, best, list(unit))
        own = score(instance, more)
        if own < best_score:
            best, best_score = more, own
    return best


def _first_answer(instance: Instance, active: list[int]) -> Sequences:
    """Return an answer for a fleet that is far too small: the important stops, or else the nearest."""
    if len({importance(instance.stops[index]) for index in active}) == 1:
        return nearest_first(instance, active)
    return complete(instance, [[] for _ in instance.vehicles], active, places=2)


def _within_reach(instance: Instance, active: list[int]) -> list[int]:
    """Return the stops worth searching over: all, unless they are many times what the fleet could ever serve.

    Each stop takes at least its service and the shortest leg from it. Of far too many, those of the highest
    priority nearest to a depot are kept.
    """
    if len(active) <= _MANY:
        return active
    tables = [matrix.seconds for matrix in instance.travel.matrices.values()]
    places = np.array([instance.travel.stop_place[index] for index in active])
    nearest = np.empty(len(active), np.int64)
    for row, place in enumerate(places):
        nearest[row] = min(np.partition(by_distance(table[place, places]), 1)[1] for table in tables)
    least = np.sort(nearest + [instance.stops[index].service for index in active])
    time = sum(vehicle.shift.end - vehicle.shift.start for vehicle in instance.vehicles)
    most = _PLENTY * int(np.searchsorted(np.cumsum(least), time)) + _MANY // 2
    if len(active) <= most:
        return active
    depots = np.array(instance.travel.depot_place or (int(places[0]),))
    from_depot = np.min([by_distance(table[depots[:, None], places]).min(axis=0) for table in tables], axis=0)
    worth = sorted(
        range(len(active)), key=lambda row: (-importance(instance.stops[active[row]]), int(from_depot[row]))
    )
    chosen = {active[row] for row in worth[:most]}
    return sorted(stop for stop in chosen if chosen.issuperset(instance.units.of[stop]))
