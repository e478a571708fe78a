"""Stops put into the routes by way of trial: the best place on each route, timed by the scheduler.

Places that the bounds (bounds.py) prove to be none of the best are not timed. The routes stay as they are;
what is told of a place is for offers.py to say.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

from optiway_qgis.engine.replanning.bounds import Bounds
from optiway_qgis.engine.replanning.placing import faults
from optiway_qgis.engine.solving.docks import berthed
from optiway_qgis.engine.solving.insertion import one_empty_of_a_kind
from optiway_qgis.engine.solving.objective import balance_price, price_of, route_price
from optiway_qgis.engine.solving.reach import Reach
from optiway_qgis.engine.solving.schedule import Timetable

if TYPE_CHECKING:
    from collections.abc import Callable

    from optiway_qgis.engine.replanning.bounds import Place
    from optiway_qgis.engine.replanning.placing import Faults
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.schedule import Timetables
    from optiway_qgis.engine.solving.units import Unit

_DOCKED_PLACES = 12
"""Places that break rules tried beside the other vehicles at the docks: the best without regard to these."""


@dataclass(frozen=True)
class Trial:
    """The route of a vehicle timed with a unit at one place: what it adds to the price, what it breaks that
    was kept, or breaks further, and the routes that are timed anew with it.
    """

    vehicle: int
    table: Timetable
    price: float
    broken: Faults
    tables: Timetables

    @property
    def worth(self) -> tuple[int, float, int]:
        """What is the less the better, of places on one route."""
        return len(self.broken), round(self.price, 6), self.table.end


class Routes:
    """The routes as they stand, into which one unit after another is put by way of trial.

    An `instance` given to a method may have other windows for the unit, and is else the same.
    """

    def __init__(self, instance: Instance, tables: Timetables):
        self.instance, self.tables = instance, tables
        self.faults = {one: faults(table) for one, table in tables.items()}
        self._bounds = [Bounds(instance, one, tables.get(one)) for one in range(len(instance.vehicles))]
        self._reach = Reach(instance, tables)
        self._longest = balance_price(instance, tables.values())

    def able(self, unit: Unit) -> list[int]:
        """Return the vehicles that may serve a unit."""
        return [
            vehicle
            for vehicle, row in enumerate(self.instance.refusals)
            if not any(row[stop] for stop in unit)
        ]

    def fitting(self, instance: Instance, unit: Unit, most: int) -> list[Trial]:
        """Return the best place on each route where it breaks no rule, at most so many, the best first."""
        best: list[Trial] = []
        able = one_empty_of_a_kind(self.instance, self.tables, self.able(unit))
        for vehicle in self._reach.nearest(unit[0], able):
            enough = best[-1].price if len(best) >= most else inf
            trial = self._best_fitting(instance, vehicle, unit, enough)
            if trial is not None:
                insort(best, trial, key=self.rank)
                del best[most:]
        return best

    def _best_fitting(self, instance: Instance, vehicle: int, unit: Unit, enough: float) -> Trial | None:
        """Return the best place on a route where the unit breaks no rule, None where there is none, or none
        that adds as little as `enough` to the price.

        What the docks ask is taken to make no place better.
        """
        bounds = self._bounds[vehicle]
        if bounds.is_full(unit[0]):
            return None
        best: Trial | None = None
        for place in bounds.places(unit):
            if place.least > enough:
                break
            if not bounds.can_be_in_time(instance, unit, place):
                continue
            trial = self._trial(instance, vehicle, unit, place)
            if trial.broken or (best is not None and trial.worth >= best.worth):
                continue
            trial = self._in_turn(instance, trial)
            if not trial.broken and (best is None or trial.worth < best.worth):
                best, enough = trial, min(enough, trial.price)
        return best

    def everywhere(self, instance: Instance, unit: Unit, vehicles: list[int]) -> list[Trial]:
        """Return the best place on the route of each vehicle, whatever it breaks, the best first."""
        asked = one_empty_of_a_kind(self.instance, self.tables, vehicles)
        return sorted((self._best(instance, vehicle, unit) for vehicle in asked), key=self.rank)

    def _best(self, instance: Instance, vehicle: int, unit: Unit) -> Trial:
        """Return the best place on a route, whatever it breaks."""
        places = self._bounds[vehicle].places(unit)
        trials = sorted(
            (self._trial(instance, vehicle, unit, place) for place in places), key=lambda trial: trial.worth
        )
        best = self._in_turn(instance, trials[0])
        if instance.has_docks:
            for trial in trials[1:_DOCKED_PLACES]:
                if best.worth <= trial.worth:
                    break
                best = min(best, self._in_turn(instance, trial), key=lambda one: one.worth)
        return best

    def _trial(self, instance: Instance, vehicle: int, unit: Unit, place: Place) -> Trial:
        bounds = self._bounds[vehicle]
        table = Timetable(instance, bounds.who, place.order(bounds.stops, unit))
        price = route_price(table) - bounds.price
        if instance.balanced:
            price += max(0.0, balance_price(instance, [table]) - self._longest)
        broken: Faults = Counter()
        if table.violations:
            broken = faults(table) - self.faults.get(vehicle, Counter())
        return Trial(vehicle, table, price, broken, {vehicle: table})

    def _in_turn(self, instance: Instance, trial: Trial) -> Trial:
        """Return the place as it is when all vehicles take turns at the docks."""
        if not instance.has_docks:
            return trial
        tables = berthed(instance, dict(sorted({**self._free, trial.vehicle: trial.table}.items())))
        before = sum(self.faults.values(), Counter())
        return Trial(
            trial.vehicle,
            tables[trial.vehicle],
            price_of(instance, tables.values()) - price_of(instance, self.tables.values()),
            sum((faults(table) for table in tables.values()), Counter()) - before,
            tables,
        )

    @cached_property
    def _free(self) -> Timetables:
        """The routes as they are where no vehicle minds the docks."""
        return {
            one: Timetable(self.instance, table.vehicle, table.indices, table.reloads)
            for one, table in self.tables.items()
        }

    def added(self, trial: Trial, amount: Callable[[Timetable], float]) -> float:
        """Return how much more the routes come to with the unit."""
        standing = (self.tables[one] for one in trial.tables if one in self.tables)
        return sum(map(amount, trial.tables.values())) - sum(map(amount, standing))

    def rank(self, trial: Trial) -> tuple[int, float, float, int]:
        """The order of the places for one stop: the best first."""
        work = self.added(trial, lambda table: table.work)
        return len(trial.broken), round(trial.price, 6), work, trial.vehicle
