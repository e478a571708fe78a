"""From a day under way to the plan of the whole day: what may change is changed, as far as that is better.

What is left is a problem of its own (rest.py); it is planned with all that planning has, put into routes
(placing.py) or only timed, and what is done is put before it again (whole.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.replanning.course import open_rest
from optiway_qgis.engine.replanning.homeward import with_way_home
from optiway_qgis.engine.replanning.placing import late_score, moved_less_late, put_in
from optiway_qgis.engine.replanning.rest import NOBODY, rest_of
from optiway_qgis.engine.replanning.whole import whole_plan
from optiway_qgis.engine.solving.explain import GIVEN, explain, hopeless
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score_of, unserved
from optiway_qgis.engine.solving.planner import by_index, plan_id, timed_and_checked
from optiway_qgis.engine.solving.schedule import Timetable, sequences_of, timetables
from optiway_qgis.engine.solving.strategy import Strategy
from optiway_qgis.engine.solving.wishes import prices, wished
from optiway_qgis.model import reasons
from optiway_qgis.model.constraints import CHANGE_WISHES
from optiway_qgis.model.day import SCOPE_FREE, SCOPE_INSERT, SCOPE_ROUTES, SCOPE_SEQUENCE, SCOPE_TIMES
from optiway_qgis.model.plan import Plan, Unassigned, WishPrice
from optiway_qgis.model.problem import ORDER_EARLY, Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence as Many

    from optiway_qgis.engine.replanning.placing import LateScore
    from optiway_qgis.engine.replanning.rest import Rest
    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.objective import Score
    from optiway_qgis.engine.solving.schedule import Reloads, Timetables
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.engine.solving.units import Unit
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.day import Ask, Day
    from optiway_qgis.model.problem import Problem, Sequence, Settings, Vehicle

_EXPLAINING_LEAST, _EXPLAINING = 0.3, 1.0
"""Seconds, from and to, for finding out what would help stops that are left out."""

_FINISHING = 0.1
"""Share of the time for mending what is late, timing, drawing and checking."""

_PRICING = 0.2
"""Share of the time for finding out what keeping to the plan before costs, where that has a price."""

_MOVING = 0.3
"""Share of the time for moving stops of routes that are late as they stand."""

_MOVES = 50
"""Stops of late routes moved by way of trial where iterations are counted."""

_PLANNED = 100
"""How much higher the priority is of stops that the plan before serves: above that of all others."""

_NO_PLACE = "What may change leaves no room for it."


def replan(
    problem: Problem,
    sequences: Many[Sequence],
    day: Day,
    ask: Ask,
    source: dict[str, Any],
    settings: Settings,
    clock: Clock,
    tell: Callable[[str], None],
    open_travel: Callable[[Problem, dict[str, Any]], Travel],
) -> Plan:
    """Return the plan of the whole day: what is done, then the best found for the rest within the clock.

    `problem` has all stops, `sequences` the order so far of those still to do. `source` is the job's travel
    member, `open_travel` returns the table of a problem from such a one, `tell` is told each phase. The plan
    is never worse than the order so far with the stops that are loose put in.

    Raises
    ------
    InputError
        When a sequence names an unknown vehicle or stop, or a stop or vehicle twice.
    """
    rest = rest_of(problem, sequences, day, ask)
    travel = open_rest(rest, source, open_travel)
    identity = ask.plan_id or plan_id(problem, source, settings, sequences)
    if rest.problem.vehicles:
        planning = _Replanning(rest, travel, day, ask, settings, clock, tell)
        plan = planning.plan(identity, [one for one in problem.vehicles if one.id not in rest.starts])
    else:
        left = (Unassigned(stop.id, reasons.NO_VEHICLE, NOBODY) for stop in rest.problem.stops)
        plan = Plan(identity, (), tuple(left), travel_source=travel.provider.source)
    return whole_plan(problem, day, rest, plan, travel)


class _Replanning:
    """The planning of what is left of a day."""

    def __init__(
        self,
        rest: Rest,
        travel: Travel,
        day: Day,
        ask: Ask,
        settings: Settings,
        clock: Clock,
        tell: Callable[[str], None],
    ):
        self._instance = instance = Instance(rest.problem, travel)
        self._priced = with_way_home(instance, rest.starts)
        self._day, self._ask = day, ask
        self._settings, self._clock, self._tell = settings, clock, tell
        self._sequences, self._reloads = by_index(instance, rest.sequences)
        if ask.scope not in (SCOPE_TIMES, SCOPE_INSERT):
            self._reloads = {}
        index = instance.stop_index
        self._loose = instance.units.whole(index[stop] for stop in rest.loose if stop in index)
        self._engine, self._stopped = "schedule", "order kept as given"
        self._wishes: tuple[WishPrice, ...] = ()

    def plan(self, identity: str, not_left: Many[Vehicle]) -> Plan:
        """Return the plan of the rest; vehicles that have not left are given as the whole day has them."""
        instance, clock = self._instance, self._clock
        sequences = self._sequences if self._ask.scope == SCOPE_TIMES else self._changed()
        self._tell("Timing and checking the plan")
        reloads = {
            vehicle: after
            for vehicle, after in self._reloads.items()
            if sequences[vehicle] == self._sequences[vehicle]
        }
        unassigned = self._explained(sequences, reloads)
        begun = begun_by_shift(instance, not_left, sequences, reloads)
        finished = timed_and_checked(begun, sequences, unassigned, identity, reloads)
        return replace(
            finished,
            wishes=self._wishes,
            engine=self._engine,
            seed=self._settings.seed,
            iterations=clock.spent_iterations,
            seconds=0.0 if clock.iterations is not None else round(clock.now(), 2),
            stopped=self._stopped,
            history=tuple(clock.history),
        )

    def _changed(self) -> Sequences:
        """Return the best sequences that the scope allows."""
        instance, tried = self._within_scope(), self._tried()
        tables = timetables(instance, self._sequences, self._reloads)
        missing = _unserved_units(instance, tables, tried)
        if missing:
            self._tell(f"Putting stops where they cost least: {len(missing)}")
        self._engine, self._stopped = "insertion", "each stop put in where it costs least"
        tables = self._late_ones_served(instance, put_in(instance, tables, missing), tried, _MOVING)
        if self._ask.scope == SCOPE_INSERT or not tried:
            return sequences_of(instance, tables)
        end, pricing = self._clock.deadline, wished(instance.problem, CHANGE_WISHES)
        if pricing:
            self._clock.deadline -= _PRICING * self._clock.remaining()
        tables = self._searched(instance, tables, tried)
        self._clock.deadline = end
        if pricing and not any(table.violations for table in tables.values()):
            self._wishes = self._prices_of_staying(instance, tables, tried)
        return as_before(instance, sequences_of(instance, tables))

    def _prices_of_staying(
        self, instance: Instance, tables: Timetables, tried: list[int]
    ) -> tuple[WishPrice, ...]:
        """Return what keeping to the plan before costs, by what is found without it."""
        clock, end = self._clock, self._clock.deadline
        self._tell("Finding out what keeping to the plan before costs")
        clock.deadline -= _FINISHING * clock.remaining()
        sequences = sequences_of(instance, tables)
        found = prices(instance, sequences, tried, clock, self._settings.seed, CHANGE_WISHES)
        clock.deadline = end
        return found

    def _tried(self) -> list[int]:
        """Return the stops that may be on a route: those that were, loose ones, in scope free all."""
        if self._ask.scope == SCOPE_FREE:
            return list(range(len(self._instance.stops)))
        on_routes = {stop for stops in self._sequences for stop in stops}
        return sorted(on_routes | self._loose)

    def _within_scope(self) -> Instance:
        """Return the problem with what the scope leaves as it is made rules of the stops."""
        instance = self._priced
        stops = list(instance.stops)
        if self._ask.scope == SCOPE_SEQUENCE:
            for vehicle, indices in zip(instance.vehicles, self._sequences):
                for index in set(indices) - self._loose:
                    if not stops[index].vehicle_id:
                        stops[index] = replace(stops[index], vehicle_id=vehicle.id)
        elif self._ask.scope == SCOPE_ROUTES:
            idle = self._idle()
            stops = [replace(stop, forbidden_vehicles=stop.forbidden_vehicles + idle) for stop in stops]
        else:
            return instance
        return Instance(replace(instance.problem, stops=tuple(stops)), instance.travel)

    def _idle(self) -> tuple[str, ...]:
        """Return the vehicles that have no route."""
        left = {progress.vehicle_id for progress in self._day.progress if progress.visits}
        return tuple(
            vehicle.id
            for vehicle, stops in zip(self._instance.vehicles, self._sequences)
            if not stops and vehicle.id not in left
        )

    def _searched(self, instance: Instance, kept: Timetables, tried: list[int]) -> Timetables:
        """Return the best routes found from those kept, which are one answer among others."""
        clock, end = self._clock, self._clock.deadline
        whole = {stop for table in kept.values() if not table.violations for stop in table.indices}
        lost = hopeless(instance, [stop for stop in tried if stop not in whole])
        active = [stop for stop in tried if stop not in lost]
        if len(whole) < len(instance.stops):
            clock.deadline -= _EXPLAINING
        found: Timetables = {}
        if active:
            until = clock.deadline
            clock.deadline -= _FINISHING * clock.remaining()
            weighed, order = self._planned_first(instance, tried), sequences_of(instance, kept)
            strategy = Strategy(weighed, active, self._settings, clock, self._tell, order)
            found = timetables(instance, strategy.search())
            clock.deadline = until
            self._engine, self._stopped = " + ".join(strategy.engines), clock.stopped
        found = self._late_ones_served(instance, found, tried, 1.0)
        clock.deadline = end
        return min(kept, found, key=lambda tables: self._score(instance, tables))

    def _planned_first(self, instance: Instance, tried: list[int]) -> Instance:
        """Return the problem in which what the plan before serves is more important than all else, where it
        would be served late to make room for that.
        """
        new = any(not instance.stops[stop].planned for stop in tried)
        if not (self._ask.serve_late and new):
            return instance
        stops = list(instance.stops)
        for stop, asked in enumerate(instance.stops):
            planned = any(instance.stops[one].planned for one in instance.units.of[stop])
            if planned and asked.order_rule != ORDER_EARLY:
                stops[stop] = replace(asked, priority=asked.priority + _PLANNED)
        return Instance(replace(instance.problem, stops=tuple(stops)), instance.travel)

    def _score(self, instance: Instance, tables: Timetables) -> LateScore | Score:
        """Return how good an answer is by what is asked."""
        of = late_score if self._ask.serve_late else score_of
        return of(instance, tables.values())

    def _late_ones_served(
        self, instance: Instance, tables: Timetables, tried: list[int], share: float
    ) -> Timetables:
        """Return the routes with what the plan before serves, and else would be left out, served late; stops
        of late routes are moved for that share of the time that is left.
        """
        if not self._ask.serve_late:
            return tables
        planned = [
            unit
            for unit in _unserved_units(instance, tables, tried)
            if any(instance.stops[stop].planned for stop in unit)
        ]
        tables = put_in(instance, tables, planned, serve_late=True)
        if self._ask.scope == SCOPE_INSERT:
            return tables
        end = self._clock.deadline
        self._clock.deadline -= (1 - share) * self._clock.remaining()
        tables = moved_less_late(instance, tables, self._clock, _MOVES)
        self._clock.deadline = end
        return tables

    def _explained(self, sequences: Sequences, reloads: Reloads) -> list[Unassigned]:
        """Return the reasons of the stops that are left out."""
        few = self._instance.problem.goals.fewest_vehicles
        instance, clock = self._instance if few else self._priced, self._clock
        left = unserved(instance, sequences)
        seconds = None
        if clock.iterations is None:
            seconds = min(_EXPLAINING, max(_EXPLAINING_LEAST, clock.remaining()))
        tried = {instance.stops[stop].id for stop in self._tried()}
        if self._ask.scope == SCOPE_TIMES:
            tried = set()
        return [
            replace(why, reason=reasons.NO_VEHICLE, text=why.text.replace(GIVEN, _NO_PLACE))
            if why.reason == reasons.EXCLUDED and why.stop_id in tried
            else why
            for why in explain(instance, sequences, hopeless(instance, left), seconds, reloads)
        ]


def begun_by_shift(
    instance: Instance, vehicles: Many[Vehicle], sequences: Sequences, reloads: Reloads
) -> Instance:
    """Return the problem in which those of the `vehicles`, as the whole day has them, begin by their own
    shift that so begin late enough anyway: nothing that they were told moves because the day is looked at.

    When a shift begins decides where breaks come, even if work begins later.
    """
    whole = {vehicle.id: vehicle.shift for vehicle in vehicles}
    fleet = list(instance.vehicles)
    for number, (vehicle, stops) in enumerate(zip(instance.vehicles, sequences)):
        if not stops or vehicle.id not in whole or vehicle.shift.start <= whole[vehicle.id].start:
            continue
        own = replace(vehicle, shift=Window(whole[vehicle.id].start, vehicle.shift.end))
        now, then = (Timetable(instance, one, stops, reloads.get(number)) for one in (vehicle, own))
        begins = then.start >= vehicle.shift.start
        if begins and (len(then.violations), sum(then.late)) <= (len(now.violations), sum(now.late)):
            fleet[number] = own
    if fleet == list(instance.vehicles):
        return instance
    return Instance(replace(instance.problem, vehicles=tuple(fleet)), instance.travel)


def as_before(instance: Instance, sequences: Sequences) -> Sequences:
    """Return the sequences, exchanged among vehicles that can stand in for each other so that each vehicle
    keeps what it served before, the largest shares first.
    """
    found = list(sequences)
    for kind in instance.kinds:
        free = set(kind)
        shared = Counter(
            (instance.vehicle_index.get(planned.vehicle_id, -1), other)
            for other in kind
            for planned in (instance.stops[stop].planned for stop in sequences[other])
            if planned
        )
        left = set(kind)
        for (vehicle, other), _ in shared.most_common():
            if vehicle in free and other in left:
                found[vehicle] = sequences[other]
                free.remove(vehicle)
                left.remove(other)
        for vehicle, other in zip(sorted(free), sorted(left)):
            found[vehicle] = sequences[other]
    return found


def _unserved_units(instance: Instance, tables: Timetables, stops: list[int]) -> list[Unit]:
    """Return the units of those of the stops that no route serves."""
    served = {stop for table in tables.values() for stop in table.indices}
    return instance.units.among([stop for stop in stops if served.isdisjoint(instance.units.of[stop])])
