"""Where stops that are on no route could go: what each of their best places adds, and why none fits.

The routes are those of the rest of the day (rest.py) as they stand; the places are found in trials.py.
Nothing is planned here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.replanning.course import open_rest
from optiway_qgis.engine.replanning.homeward import stops_where_they_are
from optiway_qgis.engine.replanning.placing import faults
from optiway_qgis.engine.replanning.rest import NOBODY, rest_of
from optiway_qgis.engine.replanning.trials import Routes
from optiway_qgis.engine.solving.breaches import ordered
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.outlook import timed_outlook
from optiway_qgis.engine.solving.planner import by_index
from optiway_qgis.engine.solving.remedies import without
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.engine.solving.sentences import no_way, sentence
from optiway_qgis.model import reasons
from optiway_qgis.model.day import SCOPE_INSERT, Ask
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.options import Option
from optiway_qgis.model.plan import VISIT_END, VISIT_START, VISIT_STOP, Unassigned
from optiway_qgis.model.problem import Sequence
from optiway_qgis.model.refusals import may_not, nobody_may

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence as Many

    from optiway_qgis.engine.replanning.rest import Rest
    from optiway_qgis.engine.replanning.trials import Trial
    from optiway_qgis.engine.solving.schedule import Timetable
    from optiway_qgis.engine.solving.steps import Step
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.day import Day
    from optiway_qgis.model.options import Offer, Offers
    from optiway_qgis.model.problem import Problem, Window


def options(
    problem: Problem,
    sequences: Many[Sequence],
    day: Day,
    asked: Offers,
    source: dict[str, Any],
    open_travel: Callable[[Problem, dict[str, Any]], Travel],
) -> list[Option]:
    """Return for each offer, in their order, its options, the best first.

    The sequences hold the stops still to do, `source` is the job's travel member, and `open_travel` returns
    the table of a problem from such a one. A stop with windows to choose from has one option for each, in
    which that window is kept. With `only_fitting` a stop that fits nowhere gets the option that comes
    closest, a window nothing.

    Raises
    ------
    InputError
        When a stop is unknown or on a route already.
    """
    loose = _loose(problem, sequences, day, asked.offers)
    rest = rest_of(problem, sequences, day, Ask(scope=SCOPE_INSERT, loose=loose))
    nobody = {one.stop_id: one for one in rest.lost}
    if not rest.problem.vehicles:
        names = (offer.stop_id for offer in asked.offers)
        return [_unplaced(Unassigned(name, reasons.NO_VEHICLE, NOBODY)) for name in names]
    instance, sequences = _standing(rest, day, open_rest(rest, source, open_travel))
    routes = Routes(instance, timetables(instance, *by_index(instance, sequences)))
    asking = _Asking(routes, asked)
    numbers = _Numbers(day, frozenset(stop.id for stop in problem.stops))
    found: list[Option] = []
    for offer in asked.offers:
        if offer.stop_id in nobody:
            found.append(_unplaced(nobody[offer.stop_id]))
            continue
        stop, beside = asking.held_against(offer)
        for window, trial in asking.best(offer, beside):
            found.append(_option(beside, numbers, stop, trial, window))
    return found


def _loose(problem: Problem, sequences: Many[Sequence], day: Day, offers: Many[Offer]) -> tuple[str, ...]:
    """Return the stops asked about with those they make pairs with, as far as these are on no route."""
    stops = {stop.id: stop for stop in problem.stops}
    served = {name for sequence in sequences for name in sequence.stops}
    served |= {visit.id for progress in day.progress for visit in progress.visits if visit.type == VISIT_STOP}
    wrong = []
    asked: dict[str, None] = {}
    for name in [offer.stop_id for offer in offers]:
        if name not in stops:
            wrong.append(f'An offer names the stop "{name}", but there is no such stop.')
        elif name in served:
            wrong.append(f'An offer names the stop "{name}", which is on a route already.')
        else:
            asked[name] = None
    if wrong:
        raise InputError(wrong)
    for stop in problem.stops:
        pair = stop.id, stop.picked_up_at
        if not asked.keys().isdisjoint(pair):
            asked.update((one, None) for one in pair if one in stops and one not in served)
    return tuple(asked)


def _standing(rest: Rest, day: Day, travel: Travel) -> tuple[Instance, list[Sequence]]:
    """Return the rest of a day with the order so far, in which vehicles that have nothing left to do drive
    home: from a stop where they are, as that is what a new stop adds to.
    """
    busy = {sequence.vehicle_id for sequence in rest.sequences if sequence.stops}
    out = {
        one.vehicle_id
        for one in day.progress
        if one.visits and one.visits[-1].type != VISIT_END and not one.lost
    } - busy
    stops, places = stops_where_they_are(rest, travel, out)
    names = {name: vehicle_id for vehicle_id, name in rest.starts.items()}
    sequences = [sequence for sequence in rest.sequences if sequence.vehicle_id not in out]
    sequences += [Sequence(names[stop.id], (stop.id,)) for stop in stops]
    problem = replace(rest.problem, stops=rest.problem.stops + stops)
    return Instance(problem, replace(travel, stop_place=travel.stop_place + places)), sequences


def _unplaced(why: Unassigned) -> Option:
    """Return the option of a stop that no vehicle can be asked to serve."""
    return Option(
        stop_id=why.stop_id,
        vehicle_id="",
        sequence=0,
        after_id="",
        before_id="",
        eta=0,
        start=0,
        late=0,
        added_work=0,
        added_drive=0,
        added_distance=0,
        added_cost=0.0,
        later=0,
        most_later=0,
        missed=0,
        violations=(why.reason,),
        text=why.text,
    )


class _Asking:
    """The routes as they stand, asked for the best places of one stop after another."""

    def __init__(self, routes: Routes, asked: Offers):
        self._routes, self._most, self._only_fitting = routes, asked.most, asked.only_fitting
        self._with_windows = {offer.stop_id for offer in asked.offers if offer.windows}
        self._by_window: dict[Window, Instance] = {}

    def held_against(self, offer: Offer) -> tuple[int, Routes]:
        """Return the stop of an offer by its index, and the routes without what makes a pair with it."""
        instance = self._routes.instance
        stop = instance.stop_index[offer.stop_id]
        unit = instance.units.of[stop]
        if all(set(unit).isdisjoint(table.indices) for table in self._routes.tables.values()):
            return stop, self._routes
        return stop, Routes(instance, without(instance, self._routes.tables, unit))

    def best(self, offer: Offer, routes: Routes) -> list[tuple[Window | None, Trial]]:
        """Return the best places for an offer, each with the window asked about."""
        instance = routes.instance
        unit = instance.units.of[instance.stop_index[offer.stop_id]]
        everyone = list(range(len(instance.vehicles)))
        if not offer.windows:
            if not self._only_fitting:
                return [(None, one) for one in routes.everywhere(instance, unit, everyone)[: self._most]]
            fitting = routes.fitting(instance, unit, self._most)
            closest = fitting or routes.everywhere(instance, unit, routes.able(unit) or everyone)[:1]
            return [(None, one) for one in closest]
        found: list[tuple[Window, Trial]] = []
        for window in offer.windows:
            instance = self._in_window(window)
            if self._only_fitting:
                trials = routes.fitting(instance, unit, 1)
            else:
                trials = routes.everywhere(instance, unit, everyone)[:1]
            found += [(window, trial) for trial in trials]
        found.sort(key=lambda one: (routes.rank(one[1]), one[0].start, one[0].end))
        return [*found]

    def _in_window(self, window: Window) -> Instance:
        """Return the problem with that window, to be kept, for each stop that may be offered windows."""
        if window not in self._by_window:
            instance = self._routes.instance
            stops = tuple(
                replace(stop, windows=(window,), late_max=0) if stop.id in self._with_windows else stop
                for stop in instance.stops
            )
            problem = replace(instance.problem, stops=stops)
            self._by_window[window] = Instance(problem, instance.travel)
        return self._by_window[window]


class _Numbers:
    """How visits of the rest of the day are counted in the whole of it: behind those that are done, and
    without what is fetched where the vehicle loads anyhow. `known` are the stops of the whole day.
    """

    def __init__(self, day: Day, known: frozenset[str]):
        self.known = known
        self._last = {one.vehicle_id: one.visits[-1].sequence for one in day.progress if one.visits}
        self._stop = {
            one.vehicle_id: visit.id
            for one in day.progress
            for visit in one.visits
            if visit.type == VISIT_STOP
        }

    def sequence(self, table: Timetable, number: int) -> int:
        """Return the number that the step of a route has among all visits."""
        count, before = self._last.get(table.vehicle.id, 0), None
        for step in table.steps[: number + 1]:
            fetched = self._is_fetched(step)
            beside = before is not None and before.place == step.place
            loads = before is not None and (before.kind == VISIT_START or self._is_fetched(before))
            count += step.kind != VISIT_START and not (fetched and beside and loads)
            before = step
        return count

    def _is_fetched(self, step: Step) -> bool:
        return step.kind == VISIT_STOP and step.id not in self.known

    def beside(self, table: Timetable, stop: int) -> tuple[str, str]:
        """Return the ids of the stops before and after one, "" at an end."""
        names = [one.id for one in table.stops if one.id in self.known]
        at = names.index(table.instance.stops[stop].id)
        first = self._stop.get(table.vehicle.id, "")
        return names[at - 1] if at else first, names[at + 1] if at + 1 < len(names) else ""


def _option(routes: Routes, numbers: _Numbers, stop: int, trial: Trial, window: Window | None) -> Option:
    """Return what is told of a place."""
    instance, table = trial.table.instance, trial.table
    stop_id = instance.stops[stop].id
    # Of a pair the place is that of the delivery.
    placed = instance.units.of[stop][-1]
    number = next(number for number, index in table.stop_numbers() if index == placed)
    after, before = numbers.beside(table, placed)
    delays, missed = _harm(routes, numbers.known, trial)
    return Option(
        stop_id=stop_id,
        vehicle_id=table.vehicle.id,
        sequence=numbers.sequence(table, number),
        after_id=after,
        before_id=before,
        eta=table.arrivals[number],
        start=table.begins[number],
        late=table.lates[number],
        added_work=round(routes.added(trial, lambda one: one.work)),
        added_drive=round(routes.added(trial, lambda one: sum(one.drive))),
        added_distance=round(routes.added(trial, lambda one: one.distance)),
        added_cost=routes.added(trial, lambda one: sum(one.costs)),
        later=len(delays),
        most_later=max(delays, default=0),
        missed=missed,
        violations=ordered({code for code, _ in trial.broken}),
        window=window,
        text=_why_not(routes, stop, trial) if trial.broken else "",
    )


def _harm(routes: Routes, known: frozenset[str], trial: Trial) -> tuple[list[int], int]:
    """Return by how much stops of the route that are `known` are served later, and how many of them are no
    longer arrived at as promised.
    """
    standing = routes.tables.get(trial.vehicle)
    if standing is None:
        return [], 0
    give = trial.table.instance.problem.goals.promise_tolerance
    before = {index: number for number, index in standing.stop_numbers()}
    delays, missed = [], 0
    for number, index in trial.table.stop_numbers():
        if index not in before or trial.table.instance.stops[index].id not in known:
            continue
        delays.append(trial.table.begins[number] - standing.begins[before[index]])
        promised = trial.table.instance.stops[index].planned
        if promised is not None:
            now = abs(trial.table.arrivals[number] - promised.eta) > give
            missed += now and abs(standing.arrivals[before[index]] - promised.eta) <= give
    return [delay for delay in delays if delay > 0], missed


def _why_not(routes: Routes, stop: int, trial: Trial) -> str:
    """Return in a sentence why a unit does not fit at its best place."""
    instance, table = trial.table.instance, trial.table
    unit = instance.units.of[stop]
    refused = [one for one in unit if instance.refusals[trial.vehicle][one]]
    if refused:
        if all(row[refused[0]] for row in instance.refusals):
            return nobody_may(instance.stops[refused[0]], instance.vehicles).text
        return may_not(table.vehicle, instance.stops[refused[0]])
    own = faults(table) - routes.faults.get(trial.vehicle, Counter())
    codes = ordered({code for code, _ in own}) or (reasons.DOCK,)
    outlook = replace(timed_outlook(table, stop, 0, 0.0), codes=codes)
    missed = tuple(late for late in outlook.late if (reasons.TIME_WINDOW, late[0]) in own)
    if outlook.code == reasons.UNREACHABLE:
        return no_way(instance, stop, table.vehicle)
    return sentence(instance, replace(outlook, late=missed), stop)
