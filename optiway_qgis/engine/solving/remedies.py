"""The smallest single change that lets a stop be served, found by trying.

A route is timed with the stop and the change, and the least amount is searched for that keeps every rule.
What may be changed is listed in changes.py, why a stop is left out told by explain.py. The routes stay as
they are but for the stop, and its pair, put into one of them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.breaches import breaches
from optiway_qgis.engine.solving.changes import (
    Change,
    changes_of_before,
    changes_of_depots,
    changes_of_fleet,
    changes_of_goods,
    changes_of_stop,
    changes_of_vehicle,
)
from optiway_qgis.engine.solving.docks import berthed
from optiway_qgis.engine.solving.insertion import one_empty_of_a_kind, orders_with, penalty_of
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import importance, price_of, route_price
from optiway_qgis.engine.solving.reach import Reach
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.solving.steps import NO_STOP
from optiway_qgis.model import reasons
from optiway_qgis.model.fix import DEPOT, FLEET, apply_fix
from optiway_qgis.model.problem import BALANCE_NONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from optiway_qgis.engine.solving.schedule import Timetables
    from optiway_qgis.engine.solving.units import Unit
    from optiway_qgis.model.fix import Fix

_MOST_STOPS, _MOST_STOPS_LONG = 40, 10
"""Stops for which changes are tried where time does not count, the most important first; the second where
routes take long to be timed.
"""

_ABLE, _REFUSED = 4, 2
"""Vehicles tried for each stop: of those that may serve it, and of those that may not; the nearest first."""

_PLACES, _PLACES_LONG = 12, 4
"""Places of a route tried, of least detour; pairs are tried at more, routes that take long at less."""


@dataclass(frozen=True)
class Remedy:
    """A change with which `vehicle_id`, or one more like it, takes the stop.

    `price` is what it asks for, with the `cost` it adds; `seconds` is the work it adds.
    """

    fix: Fix
    words: str
    vehicle_id: str
    price: float
    seconds: int
    cost: float


def remedies(
    instance: Instance, tables: Timetables, stops: list[int], seconds: float | None
) -> dict[int, Remedy]:
    """Return the best change found for each of the stops left out, by index, where there is any.

    The most important stops come first, as many as that many seconds allow; with None a fixed number.
    """
    by_importance = sorted(stops, key=lambda stop: (-importance(instance.stops[stop]), stop))
    over = None if seconds is None else time.perf_counter() + seconds
    found: dict[int, Remedy] = {}
    tried: dict[Unit, Remedy | None] = {}
    reach = Reach(instance, tables)
    most = _MOST_STOPS_LONG if instance.takes_long else _MOST_STOPS
    for stop in by_importance[: most if over is None else None]:
        if _is_over(over):
            break
        unit = instance.units.of[stop]
        if unit not in tried:
            tried[unit] = _remedy(instance, tables, unit, reach, over)
        best = tried[unit]
        if best is not None:
            found[stop] = best
    return found


def without(instance: Instance, tables: Timetables, unit: Unit) -> Timetables:
    """Return the routes without the stops of a unit: a plan made by hand may hold one of a pair alone."""
    kept = dict(tables)
    if len(unit) > 1:
        for vehicle, table in tables.items():
            if not set(unit).isdisjoint(table.indices):
                del kept[vehicle]
                left = [stop for stop in table.indices if stop not in unit]
                if left:
                    kept[vehicle] = Timetable(instance, table.vehicle, left)
    return dict(sorted(kept.items()))


def harmless(instance: Instance, standing: Timetables, tables: Timetables, vehicle: int) -> bool:
    """Whether a vehicle keeps all rules and the others break no more than they do in the `standing` routes,
    when all take turns at the docks.
    """
    in_turn = berthed(instance, dict(sorted(tables.items()))) if instance.has_docks else tables
    before = sum(len(table.violations) for one, table in standing.items() if one != vehicle)
    now = sum(len(table.violations) for one, table in in_turn.items() if one != vehicle)
    return not in_turn[vehicle].violations and now <= before


def _is_over(over: float | None) -> bool:
    return over is not None and time.perf_counter() > over


def _remedy(
    instance: Instance, tables: Timetables, unit: Unit, reach: Reach, over: float | None
) -> Remedy | None:
    tables = without(instance, tables, unit)
    everyone = list(range(len(instance.vehicles)))
    refused = [any(row[stop] for stop in unit) for row in instance.refusals]
    near = reach.nearest(unit[0], one_empty_of_a_kind(instance, tables, everyone))
    share = 2 if instance.takes_long else 1
    able = [vehicle for vehicle in near if not refused[vehicle]][: _ABLE // share]
    others = [vehicle for vehicle in near if refused[vehicle]][: _REFUSED // share]
    best: Remedy | None = None
    for vehicle in [*able, *others]:
        best = _Site(instance, tables, vehicle, unit).best(best, over)
    for kind in instance.kinds:
        if not any(instance.refusals[kind[0]][stop] for stop in unit):
            best = _Site(instance, tables, kind[0], unit, one_more=True).best(best, over)
    return best


class _Site:
    """A vehicle's route, or an empty one of `one_more` vehicle like it, and a unit that is to join it.

    Only the stops that have to do with it are looked at, so that a trial costs the same in large problems.
    """

    def __init__(
        self, instance: Instance, tables: Timetables, vehicle: int, unit: Unit, *, one_more: bool = False
    ):
        self._whole, self._tables, self._vehicle, self._unit = instance, tables, vehicle, unit
        self._fleet_change: Change | None = None
        who = instance.vehicles[vehicle]
        if one_more:
            self._fleet_change = changes_of_fleet(who, (one.id for one in instance.vehicles))
        standing = tables.get(vehicle)
        self._route = standing.indices if standing and not one_more else []
        members = sorted(instance.units.tied([*self._route, *unit]))
        self._members = members
        own = {stop: number for number, stop in enumerate(members)}
        self._problem = replace(
            instance.problem,
            stops=tuple(instance.stops[stop] for stop in members),
            vehicles=(who,),
            goals=replace(instance.problem.goals, balance=BALANCE_NONE),
        )
        place = instance.travel.stop_place
        self._travel = replace(instance.travel, stop_place=tuple(place[stop] for stop in members))
        self._own_unit = tuple(own[stop] for stop in unit)
        self._own_route = [own[stop] for stop in self._route]

    def best(self, best: Remedy | None, over: float | None) -> Remedy | None:
        """Return the best change at this site, or the one given if none is better, or when time is over."""
        if _is_over(over):
            return best
        if self._fleet_change:
            changes: Iterable[Change] = [self._fleet_change]
            orders = [list(self._own_unit)]
        else:
            small = Instance(self._problem, self._travel)
            orders = self._orders(small)
            changes = self._changes(small, orders)
        for change in sorted(changes, key=lambda one: one.price(1)):
            if _is_over(over):
                break
            best = self._tried(change, orders, best)
        return best

    def _orders(self, small: Instance) -> list[list[int]]:
        """Return the route with the unit at each of the places that are tried."""
        found = []
        places = _PLACES_LONG if small.takes_long else _PLACES
        for in_order in (False, True):
            for order in orders_with(small, 0, self._own_route, self._own_unit, places, in_order):
                if order not in found:
                    found.append(order)
        return found

    def _changes(self, small: Instance, orders: list[list[int]]) -> Iterator[Change]:
        """Yield the changes that may mend any of the rules broken."""
        who = small.vehicles[0]
        codes: set[str] = set()
        # Stops that are, in some order, the only ones at which rules are broken.
        alone: set[int] = set()
        for order in orders:
            table = Timetable(small, who, order)
            broken = list(breaches(table))
            codes.update(code for _, code in broken)
            at = {table.steps[number].stop for number, _ in broken if number >= 0} - {NO_STOP}
            if len(at) == 1:
                alone |= at
        if self._whole.has_docks:
            codes.add(reasons.DOCK)
        # Reloads and breaks are put elsewhere when anything changes: what they break may be mended by all.
        shifting = bool(who.breaks) or who.max_trips > 1 or self._whole.has_docks
        asked = [small.stops[stop] for stop in self._own_unit]
        loads = [sum(on) for on in zip(*(map(max, *small.handled[stop]) for stop in orders[0]))]
        depots = [depot for depot in map(small.depot, {who.start_depot, who.end_depot}) if depot]
        for change in (
            *changes_of_vehicle(who, asked, loads),
            *changes_of_depots(sorted(depots, key=lambda depot: depot.id)),
            *changes_of_goods(small.problem, asked),
        ):
            if shifting or change.codes & codes:
                yield change
        joining = {stop.id for stop in asked}
        for index, stop in enumerate(small.stops):
            own = index in self._own_unit
            if own or index in self._own_route:
                here = codes if own or index in alone else set()
                order_broken = codes & {reasons.LOCK, reasons.ORDER, reasons.READY_DUE}
                for change in changes_of_stop(stop, own=own, taken_by=who.id):
                    if (own and shifting) or change.codes & here or change.codes & order_broken:
                        yield change
            if reasons.ORDER in codes:
                yield from changes_of_before(stop, joining if not own else stop.before)

    def _tried(self, change: Change, orders: list[list[int]], best: Remedy | None) -> Remedy | None:
        """Return the remedy by the least of a change, or `best` where that fails or is dearer."""
        most = change.most
        if best is not None:
            if change.price(1) >= best.price:
                return best
            if change.each > 0:
                most = min(most, int((best.price - change.flat) / change.each))
        fitting = self._fitting(change.fix(most), orders)
        if not fitting:
            return best
        low, high = 0, most
        while high - low > 1:
            middle = (low + high) // 2
            kept = self._fitting(change.fix(middle), [table.indices for table in fitting])
            if kept:
                high, fitting = middle, kept
            else:
                low = middle
        return self._cheapest(change, high, fitting, best)

    def _fitting(self, fix: Fix, orders: list[list[int]]) -> list[Timetable]:
        """Return the timetables, with the change made, that keep all rules."""
        instance = Instance(apply_fix(self._problem, fix), self._travel)
        who = instance.vehicles[-1]
        # Hours of a depot are those of all vehicles there: one that starts early starts earlier then.
        meets_others = self._whole.has_docks or fix.of == DEPOT
        found = []
        for order in orders:
            table = Timetable(instance, who, order)
            if not table.violations and (not meets_others or self._others_keep(table, fix)):
                found.append(table)
        return found

    def _cheapest(
        self, change: Change, steps: int, fitting: list[Timetable], best: Remedy | None
    ) -> Remedy | None:
        """Return the remedy by one of the timetables, or `best` where that is better."""
        instance = fitting[0].instance
        before = Timetable(instance, fitting[0].vehicle, self._own_route) if self._own_route else None
        table = min(fitting, key=lambda one: (route_price(one), one.indices))
        cost, work = sum(table.costs), table.work
        if before:
            cost, work = cost - sum(before.costs), work - before.work
        price = change.price(steps) + max(0.0, cost)
        if (best is not None and price >= best.price) or not self._is_worth_it(table, change.fix(steps)):
            return best
        vehicle_id = self._problem.vehicles[0].id
        return Remedy(change.fix(steps), change.words(steps), vehicle_id, price, work, cost)

    def _is_worth_it(self, table: Timetable, fix: Fix) -> bool:
        """Whether serving the unit is cheaper, wishes included, than leaving it out."""
        penalty = penalty_of(self._whole, self._unit)
        if penalty is None:
            return True
        whole, tables, _ = self._with(table, fix)
        standing = [Timetable(whole, one.vehicle, one.indices, one.reloads) for one in self._tables.values()]
        return price_of(whole, list(tables.values())) - price_of(whole, standing) < penalty

    def _others_keep(self, table: Timetable, fix: Fix) -> bool:
        """Whether the route keeps all rules beside the others, which break no more than they do now, when all
        take turns at the docks.
        """
        whole, tables, vehicle = self._with(table, fix)
        return harmless(whole, self._tables, tables, vehicle)

    def _with(self, table: Timetable, fix: Fix) -> tuple[Instance, Timetables, int]:
        """Return the whole problem with the change, its routes with the one given, and whose that is."""
        problem = apply_fix(self._whole.problem, fix)
        whole = Instance(problem, self._whole.travel)
        vehicle = len(problem.vehicles) - 1 if fix.of == FLEET else self._vehicle
        order = [self._members[stop] for stop in table.indices]
        tables = {
            one: Timetable(whole, whole.vehicles[one], standing.indices, standing.reloads)
            for one, standing in self._tables.items()
            if one != vehicle
        }
        tables[vehicle] = Timetable(whole, whole.vehicles[vehicle], order)
        return whole, tables, vehicle
