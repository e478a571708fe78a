"""Putting stops into routes and taking them out, pairs as a whole, every trial timed by the scheduler.

Used to complete and to repair what the engines return, and to find out why a stop does not fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving.docks import beside
from optiway_qgis.engine.solving.objective import balance_price, importance, route_price, unserved
from optiway_qgis.engine.solving.outlook import (
    NO_WAY,
    by_distance,
    detours,
    least_outlook,
    pair_detours,
)
from optiway_qgis.engine.solving.reach import Reach
from optiway_qgis.engine.solving.schedule import Timetable, sequences_of, timetables
from optiway_qgis.model.problem import ORDER_STRICT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.schedule import Timetables
    from optiway_qgis.engine.solving.units import Unit

_NEAREST = 5
"""Stops tried as the next one when a first answer is made."""

_EASING_PLACES = 3
"""Places of each route tried for a stop moved out of a route that breaks a rule."""

_PAIR_PLACES = 3
"""How many times more places of a pair are tried than of a stop."""

_TRIALS = 50_000
"""Routes timed at most for one round of insertions; with many stops fewer places are tried for each."""

_DEAR_TRIALS = 1000
"""The same where breaks or reloads have to be placed on each route timed."""

_AT_ONCE = 16
"""Vehicles whose insertions are compared; those farther off are asked when none of the nearer can."""

_OUTLOOKS = 20_000
"""Vehicles looked at, at most, for one round of insertions, and at least `_AT_ONCE` for each stop."""


@dataclass(frozen=True)
class Insertion:
    """One place for a stop, and for the other of its pair: the times as they would be, and what it adds in
    seconds of work and in money.
    """

    vehicle: int
    table: Timetable
    added_seconds: int
    added_price: float

    @property
    def fits(self) -> bool:
        """Whether the route keeps all rules."""
        return not self.table.violations


def places_per_route(instance: Instance, stops: int) -> int:
    """Return how many places of each route to try when that many stops are to be inserted."""
    trials = _DEAR_TRIALS if instance.takes_long else _TRIALS
    return max(1, min(12, trials // max(1, stops * len(instance.vehicles))))


def vehicles_per_stop(stops: int) -> int:
    """Return how many vehicles to look at, the nearest first, when that many stops are to be inserted."""
    return max(_AT_ONCE, _OUTLOOKS // max(1, stops))


def best_insertions(
    instance: Instance,
    tables: Timetables,
    stop: int,
    vehicles: Iterable[int],
    places: int,
    *,
    in_order: bool = False,
) -> list[Insertion]:
    """Return the best insertion of a stop, with its pair, into each of the vehicles' routes.

    The `places` of least detour are tried per route, with `in_order` of those alone that the order asked for
    allows. A place that keeps all rules comes before one that does not, then the cheaper one.
    """
    longer = _longer(instance, tables)
    found = []
    for vehicle in vehicles:
        standing = tables.get(vehicle)
        before = standing.indices if standing else []
        price, work = (route_price(standing), standing.work) if standing else (0.0, 0)
        trials = []
        for stops in orders_with(instance, vehicle, before, instance.units.of[stop], places, in_order):
            table = Timetable(instance, instance.vehicles[vehicle], stops)
            added = route_price(table) - price + longer(table)
            trials.append(Insertion(vehicle, table, table.work - work, added))
        found.append(min(trials, key=lambda trial: (len(trial.table.violations), trial.added_price)))
    return found


def _longer(instance: Instance, tables: Timetables) -> Callable[[Timetable], float]:
    """Return what tells what it costs when a route becomes the longest of all."""
    if not instance.balanced:
        return lambda table: 0.0
    standing = balance_price(instance, tables.values())
    return lambda table: max(0.0, balance_price(instance, [table]) - standing)


def orders_with(
    instance: Instance, vehicle: int, stops: list[int], unit: Unit, places: int, in_order: bool
) -> Iterator[list[int]]:
    """Yield the route with the unit at each of the places of least detour; where the order asked for allows
    none, at others, too.
    """
    if len(unit) > 1:
        yield from _orders_with_pair(instance, vehicle, stops, unit, places, in_order)
        return
    (stop,) = unit
    by_detour = np.argsort(detours(instance, vehicle, stops, stop)[0], kind="stable").tolist()
    if in_order:
        allowed = instance.units.places(stops, stop)
        if 0 < len(allowed) <= len(stops):
            by_detour = [position for position in by_detour if position in allowed]
    for position in by_detour[:places]:
        yield [*stops[:position], stop, *stops[position:]]


def _orders_with_pair(
    instance: Instance, vehicle: int, stops: list[int], unit: Unit, places: int, in_order: bool
) -> Iterator[list[int]]:
    pickup, delivery = unit
    added, _ = pair_detours(instance, vehicle, stops, unit)
    if in_order:
        first = instance.units.places(stops, pickup)
        last = instance.units.places(stops, delivery, unit)
        banned = np.ones(added.shape, bool)
        banned[first.start : first.stop, last.start : last.stop] = False
        added = np.where(banned, NO_WAY, added)
    order = np.argsort(added, axis=None, kind="stable")
    rows, columns = np.unravel_index(order[: places * _PAIR_PLACES], added.shape)
    for begin, end in zip(rows.tolist(), columns.tolist()):
        if begin <= end:
            yield [*stops[:begin], pickup, *stops[begin:end], delivery, *stops[end:]]


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
    """Return the routes with the stops, one by one in the order given, inserted as `complete` does.

    What a stop can only come after is inserted before it, and its pair with it.
    """
    tables, units = dict(tables), instance.units
    most = vehicles_per_stop(len(stops))
    reach = Reach(instance, tables)
    in_knots: set[int] = set()
    for unit in units.among(stops):
        if not in_knots.isdisjoint(unit):
            continue
        able = able_to_take(instance, tables, unit)
        near = reach.nearest(unit[0], one_empty_of_a_kind(instance, tables, able), with_room=True)[:most]
        best = _cheapest_entry(instance, tables, unit, near, places)
        whole = unit
        if best is None and units.is_knotted(unit):
            whole = tuple(units.in_order(sorted(units.tied(unit))))
            best = _cheapest_entry_of_knot(instance, tables, whole, set(stops), places)
        penalty = penalty_of(instance, whole)
        if best is not None and (penalty is None or best.added_price < penalty):
            tables[best.vehicle] = best.table
            reach.update(best.vehicle, best.table)
            in_knots.update(whole if whole != unit else ())
    return tables


def _cheapest_entry_of_knot(
    instance: Instance, tables: Timetables, knot: Unit, allowed: set[int], places: int
) -> Insertion | None:
    """Return the cheapest insertion, that keeps all rules, of a pair with all that is tied to it, one right
    after the other: of a pair with stops between the two, none can be on a route without the others.
    """
    served = {stop for table in tables.values() for stop in table.indices}
    if not served.isdisjoint(knot) or not allowed.issuperset(knot):
        return None
    best: Insertion | None = None
    for vehicle in one_empty_of_a_kind(instance, tables, able_to_take(instance, tables, knot)):
        standing = tables.get(vehicle)
        route = standing.indices if standing else []
        price, work = (route_price(standing), standing.work) if standing else (0.0, 0)
        nearest = np.argsort(detours(instance, vehicle, route, knot[0])[0], kind="stable").tolist()
        for position in nearest[:places]:
            order = [*route[:position], *knot, *route[position:]]
            table = Timetable(instance, instance.vehicles[vehicle], order)
            added = route_price(table) - price
            entry = _docked(tables, Insertion(vehicle, table, table.work - work, added))
            if entry.fits and (best is None or entry.added_price < best.added_price):
                best = entry
    return best


def able_to_take(instance: Instance, tables: Timetables, unit: Unit) -> list[int]:
    """Return the vehicles that may serve a unit, and serve what it comes after."""
    needs = instance.units.needs(unit)
    return [
        vehicle
        for vehicle, row in enumerate(instance.refusals)
        if not any(row[stop] for stop in unit)
        and (not needs or (vehicle in tables and needs.issubset(tables[vehicle].indices)))
    ]


def penalty_of(instance: Instance, unit: Unit) -> float | None:
    """Return the price of leaving a unit out, None when that of any of its stops is not allowed."""
    total = 0.0
    for stop in unit:
        penalty = instance.stops[stop].penalty
        if penalty is None:
            return None
        total += penalty
    return total


def _cheapest_entry(
    instance: Instance, tables: Timetables, unit: Unit, vehicles: list[int], places: int
) -> Insertion | None:
    """Return the cheapest insertion that keeps all rules: of the first vehicles, when there are many."""
    for first in range(0, len(vehicles), _AT_ONCE):
        able = [
            vehicle
            for vehicle in vehicles[first : first + _AT_ONCE]
            if vehicle not in tables or least_outlook(instance, vehicle, tables[vehicle], unit[0]) is None
        ]
        fitting = [
            one for one in best_insertions(instance, tables, unit[0], able, places, in_order=True) if one.fits
        ]
        if instance.has_docks:
            fitting = [docked for docked in (_docked(tables, one) for one in fitting) if docked.fits]
        if fitting:
            return min(fitting, key=lambda one: one.added_price)
    return None


def _docked(tables: Timetables, entry: Insertion) -> Insertion:
    """Return the insertion as it is when the vehicle takes its dock beside the others."""
    table = beside(tables, entry.vehicle, entry.table)
    return Insertion(
        entry.vehicle,
        table,
        entry.added_seconds + table.work - entry.table.work,
        entry.added_price + route_price(table) - route_price(entry.table),
    )


def _missing(instance: Instance, sequences: Sequences, stops: list[int]) -> list[int]:
    """Return those of the stops that no sequence holds, required ones first, the most important first; of
    pairs those both of whose stops are asked for.
    """
    wanted = set(stops)
    return sorted(
        (index for index in unserved(instance, sequences) if wanted.issuperset(instance.units.of[index])),
        key=lambda index: (instance.stops[index].penalty is not None, -importance(instance.stops[index])),
    )


def promote(instance: Instance, sequences: Sequences, stops: list[int]) -> Sequences:
    """Exchange required stops left out for less important ones on the routes, where that keeps all rules.

    For each stop, from the most important, the least important stops of a route it may join make room for it,
    one or as many as it takes, as long as what they weigh together is less; the nearest route comes first.
    Pairs go and come whole, and with a stop go those that can only come after it.
    """
    tables = timetables(instance, sequences)
    missing = instance.units.among(_missing(instance, sequences, stops))
    waiting = [unit for unit in missing if _weight(instance, unit) > 0]
    places = places_per_route(instance, len(waiting))
    most = vehicles_per_stop(len(waiting))
    lightest = {vehicle: _lightest(instance, table) for vehicle, table in tables.items()}
    reach = Reach(instance, tables)
    for unit in waiting:
        weight = _weight(instance, unit)
        able = able_to_take(instance, tables, unit)
        lighter = [vehicle for vehicle in able if vehicle in lightest and lightest[vehicle] < weight]
        for vehicle in reach.nearest(unit[0], lighter)[:most]:
            best = _exchange(instance, vehicle, tables[vehicle], unit, places)
            if best is not None:
                tables[vehicle] = best
                lightest[vehicle] = _lightest(instance, best)
                reach.update(vehicle, best)
                break
    return sequences_of(instance, tables)


def _exchange(
    instance: Instance, vehicle: int, table: Timetable, unit: Unit, places: int
) -> Timetable | None:
    """Return the route with the unit in place of less important ones, None when there is no such exchange."""
    kept = table.indices
    room = _weight(instance, unit)
    needs = instance.units.needs(unit)
    for victim in sorted(instance.units.among(kept), key=lambda one: _weight(instance, one)):
        out = instance.units.falling(victim).intersection(kept)
        if not out or not needs.isdisjoint(out):
            continue
        room -= _weight(instance, out)
        if room <= 0:
            return None
        kept = [index for index in kept if index not in out]
        rest = {vehicle: Timetable(instance, instance.vehicles[vehicle], kept)} if kept else {}
        if rest and least_outlook(instance, vehicle, rest[vehicle], unit[0]) is not None:
            continue
        (entry,) = best_insertions(instance, rest, unit[0], [vehicle], places, in_order=True)
        if entry.fits:
            return entry.table
    return None


def _lightest(instance: Instance, table: Timetable) -> float:
    """Return the least weight of what could make room on a route."""
    return min(_weight(instance, unit) for unit in instance.units.among(table.indices))


def _weight(instance: Instance, stops: Iterable[int]) -> float:
    """Return the importance of stops, each required one with its own, optional ones with 0."""
    asked = [instance.stops[stop] for stop in stops]
    return sum(importance(stop) for stop in asked if stop.penalty is None)


def one_empty_of_a_kind(instance: Instance, tables: Timetables, vehicles: list[int]) -> list[int]:
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
    place = instance.travel.stop_place
    left = instance.units.among(stops)
    for vehicle, who in enumerate(instance.vehicles):
        seconds = instance.matrix(who).seconds
        here = None if who.start_depot is None else instance.depot_place(who.start_depot)
        route: list[int] = []
        fits = True
        while fits:
            fits = False
            able = [unit for unit in left if not any(instance.refusals[vehicle][stop] for stop in unit)]
            legs = seconds[here, [place[unit[0]] for unit in able]] if here is not None else None
            order = range(len(able)) if legs is None else np.argsort(by_distance(legs), kind="stable")
            for row in order[:_NEAREST]:
                if not Timetable(instance, who, [*route, *able[row]]).violations:
                    route.extend(able[row])
                    left.remove(able[row])
                    here = place[route[-1]]
                    fits = True
                    break
        sequences.append(route)
    return sequences


def eased(instance: Instance, sequences: Sequences) -> Sequences:
    """Return the sequences with one stop of each route that breaks a rule moved to where it costs least.

    Only such moves are made as leave both routes without a broken rule; other routes stay as they are. A pair
    moves as a whole.
    """
    tables = timetables(instance, sequences)
    for vehicle, table in list(tables.items()):
        if not table.violations:
            continue
        best: tuple[float, Timetable, Insertion] | None = None
        for unit in instance.units.among(table.indices):
            rest = [one for one in table.indices if one not in unit]
            if not rest:
                continue
            without = Timetable(instance, table.vehicle, rest)
            if without.violations:
                continue
            others = {**tables, vehicle: without}
            able = one_empty_of_a_kind(instance, others, able_to_take(instance, others, unit))
            for entry in best_insertions(instance, others, unit[0], able, _EASING_PLACES, in_order=True):
                price = route_price(without) + entry.added_price
                if entry.fits and (best is None or price < best[0]):
                    best = price, without, entry
        if best is not None:
            _, tables[vehicle], entry = best
            tables[entry.vehicle] = entry.table
    return sequences_of(instance, tables)


def keep_rules(instance: Instance, sequences: Sequences) -> Sequences:
    """Return the sequences with stops put in the order they have to come in, or taken out, until no rule is
    broken.

    Of a pair both stops go. What has no rule broken stays as it is. Of the vehicles that load when no dock is
    free, the least important stops go until there is one.
    """
    kept = [keep_rules_of_route(instance, vehicle, stops) for vehicle, stops in enumerate(sequences)]
    while instance.has_docks:
        tables = timetables(instance, kept)
        waiting = [vehicle for vehicle, table in tables.items() if table.violations]
        if not waiting:
            break
        vehicle = waiting[-1]
        units = instance.units.among(kept[vehicle])
        out = instance.units.falling(min(units, key=lambda unit: _weight(instance, unit)))
        left = [stop for stop in kept[vehicle] if stop not in out]
        kept[vehicle] = keep_rules_of_route(instance, vehicle, left)
    return kept


def keep_rules_of_route(instance: Instance, vehicle: int, stops: list[int]) -> list[int]:
    """Return the stops of one route as `keep_rules` does."""
    who, units = instance.vehicles[vehicle], instance.units
    orders = [stops, _ranked(instance, stops)]
    if not units.bound.isdisjoint(stops):
        orders.append(units.in_order(orders[-1]))
    for order in orders:
        if not order or not Timetable(instance, who, order).violations:
            return list(order)
    kept: list[int] = []
    members: set[int] = set()
    on_route = set(stops)
    for unit in units.among(orders[-1]):
        if not on_route.issuperset(unit):
            continue
        wider = members.union(unit)
        order = [index for index in orders[-1] if index in wider]
        if not Timetable(instance, who, order).violations:
            kept, members = order, wider
    return kept


def _ranked(instance: Instance, stops: list[int]) -> list[int]:
    """Return the stops with the ranked ones, at the positions they hold together, in the order of their
    ranks.
    """
    strict = [index for index in stops if instance.stops[index].order_rule == ORDER_STRICT]
    in_order = iter(sorted(strict, key=lambda index: instance.stops[index].order_rank))
    members = set(strict)
    return [next(in_order) if index in members else index for index in stops]
