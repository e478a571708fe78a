"""Putting single stops into routes and taking them out, every trial timed by the scheduler.

Used to complete and to repair what the engines return, and to find out why a stop does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving.objective import importance, route_price, unserved
from optiway_qgis.engine.solving.outlook import by_distance, detours, least_outlook
from optiway_qgis.engine.solving.reach import Reach
from optiway_qgis.engine.solving.schedule import Timetable, sequences_of, timetables
from optiway_qgis.model.problem import ORDER_STRICT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.schedule import Timetables

_NEAREST = 5
"""Stops tried as the next one when a first answer is made."""

_EASING_PLACES = 3
"""Places of each route tried for a stop moved out of a route that breaks a rule."""

_TRIALS = 50_000
"""Routes timed at most for one round of insertions; with many stops fewer places are tried for each."""


_AT_ONCE = 16
"""Vehicles whose insertions are compared; those farther off are asked when none of the nearer can."""

_OUTLOOKS = 20_000
"""Vehicles looked at, at most, for one round of insertions, and at least `_AT_ONCE` for each stop."""


@dataclass(frozen=True)
class Insertion:
    """One place for a stop: the times as they would be, and what it adds in seconds of work and in money."""

    vehicle: int
    position: int
    table: Timetable
    added_seconds: int
    added_price: float

    @property
    def fits(self) -> bool:
        """Whether the route keeps all rules."""
        return not self.table.violations


def places_per_route(instance: Instance, stops: int) -> int:
    """Return how many places of each route to try when that many stops are to be inserted."""
    return max(1, min(12, _TRIALS // max(1, stops * len(instance.vehicles))))


def vehicles_per_stop(instance: Instance, stops: int) -> int:
    """Return how many vehicles to look at, the nearest first, when that many stops are to be inserted."""
    return max(_AT_ONCE, _OUTLOOKS // max(1, stops))


def best_insertions(
    instance: Instance, tables: Timetables, stop: int, vehicles: Iterable[int], places: int
) -> list[Insertion]:
    """Return the best insertion of a stop into each of the vehicles' routes.

    The `places` of least detour are tried per route. A place that keeps all rules comes before one that does
    not, then the cheaper one.
    """
    found = []
    for vehicle in vehicles:
        standing = tables.get(vehicle)
        before = standing.indices if standing else []
        price, work = (route_price(standing), standing.work) if standing else (0.0, 0)
        by_detour = np.argsort(detours(instance, vehicle, before, stop)[0], kind="stable")
        trials = []
        for position in by_detour[:places].tolist():
            stops = [*before[:position], stop, *before[position:]]
            table = Timetable(instance, instance.vehicles[vehicle], stops)
            trials.append(Insertion(vehicle, position, table, table.work - work, route_price(table) - price))
        found.append(min(trials, key=lambda trial: (len(trial.table.violations), trial.added_price)))
    return found


def complete(
    instance: Instance, sequences: Sequences, stops: list[int], places: int | None = None
) -> Sequences:
    """Insert each of the stops that no sequence holds where it costs least, as long as it keeps all rules.

    The most important come first. An optional stop is inserted only when that is cheaper than its penalty.
    Where there are many vehicles the nearest that can take the stop are compared. At most `places` of each
    route are tried for a stop; None chooses by the number of stops.
    """
    tables = timetables(instance, sequences)
    missing = _missing(instance, sequences, stops)
    tables = inserted(instance, tables, missing, places or places_per_route(instance, len(missing)))
    return sequences_of(instance, tables)


def inserted(instance: Instance, tables: Timetables, stops: list[int], places: int) -> Timetables:
    """Return the routes with the stops, one by one in the order given, inserted as `complete` does."""
    tables = dict(tables)
    most = vehicles_per_stop(instance, len(stops))
    reach = Reach(instance, tables)
    for index in stops:
        able = [vehicle for vehicle, row in enumerate(instance.refusals) if not row[index]]
        near = reach.nearest(index, _one_empty_of_a_kind(instance, tables, able), with_room=True)[:most]
        best = _cheapest_entry(instance, tables, index, near, places)
        penalty = instance.stops[index].penalty
        if best is not None and (penalty is None or best.added_price < penalty):
            tables[best.vehicle] = best.table
            reach.update(best.vehicle, best.table)
    return tables


def _cheapest_entry(
    instance: Instance, tables: Timetables, stop: int, vehicles: list[int], places: int
) -> Insertion | None:
    """Return the cheapest insertion that keeps all rules: of the first vehicles, when there are many."""
    for first in range(0, len(vehicles), _AT_ONCE):
        able = [
            vehicle
            for vehicle in vehicles[first : first + _AT_ONCE]
            if vehicle not in tables or least_outlook(instance, vehicle, tables[vehicle], stop) is None
        ]
        fitting = [one for one in best_insertions(instance, tables, stop, able, places) if one.fits]
        if fitting:
            return min(fitting, key=lambda one: one.added_price)
    return None


def _missing(instance: Instance, sequences: Sequences, stops: list[int]) -> list[int]:
    """Return those of the stops that no sequence holds, required ones first, the most important first."""
    wanted = set(stops)
    return sorted(
        (index for index in unserved(instance, sequences) if index in wanted),
        key=lambda index: (instance.stops[index].penalty is not None, -importance(instance.stops[index])),
    )


def promote(instance: Instance, sequences: Sequences, stops: list[int]) -> Sequences:
    """Exchange required stops left out for less important ones on the routes, where that keeps all rules.

    For each stop, from the most important, the least important stops of a route it may join make room for it,
    one or as many as it takes, as long as what they weigh together is less; the nearest route comes first.
    """
    tables = timetables(instance, sequences)
    waiting = [index for index in _missing(instance, sequences, stops) if _weight(instance, index) > 0]
    places = places_per_route(instance, len(waiting))
    most = vehicles_per_stop(instance, len(waiting))
    lightest = {vehicle: _lightest(instance, table) for vehicle, table in tables.items()}
    reach = Reach(instance, tables)
    for index in waiting:
        weight = _weight(instance, index)
        lighter = [vehicle for vehicle, least in lightest.items() if least < weight]
        able = [vehicle for vehicle in lighter if not instance.refusals[vehicle][index]]
        for vehicle in reach.nearest(index, able)[:most]:
            best = _exchange(instance, vehicle, tables[vehicle], index, places)
            if best is not None:
                tables[vehicle] = best
                lightest[vehicle] = _lightest(instance, best)
                reach.update(vehicle, best)
                break
    return sequences_of(instance, tables)


def _exchange(instance: Instance, vehicle: int, table: Timetable, stop: int, places: int) -> Timetable | None:
    """Return the route with the stop in place of less important ones, None when there is no such exchange."""
    kept = table.indices
    room = _weight(instance, stop)
    for victim in sorted(table.indices, key=lambda index: _weight(instance, index)):
        room -= _weight(instance, victim)
        if room <= 0:
            return None
        kept = [index for index in kept if index != victim]
        rest = {vehicle: Timetable(instance, instance.vehicles[vehicle], kept)} if kept else {}
        if rest and least_outlook(instance, vehicle, rest[vehicle], stop) is not None:
            continue
        (entry,) = best_insertions(instance, rest, stop, [vehicle], places)
        if entry.fits:
            return entry.table
    return None


def _lightest(instance: Instance, table: Timetable) -> float:
    """Return the least weight of the stops on a route."""
    return min(_weight(instance, index) for index in table.indices)


def _weight(instance: Instance, stop: int) -> float:
    """Return the importance of a required stop, 0 for an optional one."""
    return importance(instance.stops[stop]) if instance.stops[stop].penalty is None else 0.0


def _one_empty_of_a_kind(instance: Instance, tables: Timetables, vehicles: list[int]) -> list[int]:
    """Return the vehicles without those that stand as idle as one before them of the same kind."""
    allowed = set(vehicles)
    kept = []
    for kind in instance.kinds:
        members = [vehicle for vehicle in kind if vehicle in allowed]
        idle = [vehicle for vehicle in members if vehicle not in tables]
        kept += [vehicle for vehicle in members if vehicle in tables] + idle[:1]
    return sorted(kept)


def nearest_first(instance: Instance, stops: list[int]) -> Sequences:
    """Return sequences that break no rule, made in no time: each vehicle goes to the nearest stop that still
    fits.
    """
    sequences: Sequences = []
    left = list(stops)
    for vehicle, who in enumerate(instance.vehicles):
        seconds = instance.matrix(who).seconds
        place = None if who.start_depot is None else instance.depot_place(who.start_depot)
        route: list[int] = []
        fits = True
        while fits:
            fits = False
            able = [stop for stop in left if not instance.refusals[vehicle][stop]]
            legs = (
                seconds[place, [instance.travel.stop_place[stop] for stop in able]]
                if place is not None
                else None
            )
            order = range(len(able)) if legs is None else np.argsort(by_distance(legs), kind="stable")
            for row in order[:_NEAREST]:
                if not Timetable(instance, who, [*route, able[row]]).violations:
                    route.append(able[row])
                    left.remove(able[row])
                    place = instance.travel.stop_place[able[row]]
                    fits = True
                    break
        sequences.append(route)
    return sequences


def eased(instance: Instance, sequences: Sequences) -> Sequences:
    """Return the sequences with one stop of each route that breaks a rule moved to where it costs least.

    Only such moves are made as leave both routes without a broken rule; other routes stay as they are.
    """
    tables = timetables(instance, sequences)
    for vehicle, table in list(tables.items()):
        if not table.violations:
            continue
        best: tuple[float, Timetable, Insertion] | None = None
        for index in table.indices:
            rest = [one for one in table.indices if one != index]
            without = Timetable(instance, table.vehicle, rest) if rest else None
            if without is None or without.violations:
                continue
            others = {**tables, vehicle: without}
            able = [one for one, row in enumerate(instance.refusals) if not row[index]]
            able = _one_empty_of_a_kind(instance, others, able)
            for entry in best_insertions(instance, others, index, able, _EASING_PLACES):
                price = route_price(without) + entry.added_price
                if entry.fits and (best is None or price < best[0]):
                    best = price, without, entry
        if best is not None:
            _, tables[vehicle], entry = best
            tables[entry.vehicle] = entry.table
    return sequences_of(instance, tables)


def keep_rules(instance: Instance, sequences: Sequences) -> Sequences:
    """Return the sequences with stops taken out, or ranked stops put in order, until no rule is broken."""
    return [_keep_rules_of_route(instance, vehicle, stops) for vehicle, stops in enumerate(sequences)]


def _keep_rules_of_route(instance: Instance, vehicle: int, stops: list[int]) -> list[int]:
    who = instance.vehicles[vehicle]
    for order in (stops, _ranked(instance, stops)):
        if not order or not Timetable(instance, who, order).violations:
            return list(order)
    kept: list[int] = []
    for index in _ranked(instance, stops):
        if not Timetable(instance, who, [*kept, index]).violations:
            kept.append(index)
    return kept


def _ranked(instance: Instance, stops: list[int]) -> list[int]:
    """Return the stops with the ranked ones, at the positions they hold together, in the order of their
    ranks.
    """
    strict = [index for index in stops if instance.stops[index].order_rule == ORDER_STRICT]
    in_order = iter(sorted(strict, key=lambda index: instance.stops[index].order_rank))
    members = set(strict)
    return [next(in_order) if index in members else index for index in stops]
