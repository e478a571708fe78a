"""Taking stops off their routes and putting them back where they cost least, again and again.

Neighbouring strings of routes are taken off, or a small route as a whole, and put back greedily by a sketch
of the routes (slack induction by string removals: J. Christiaens and G. Vanden Berghe, Transportation Science
54, 2020). What might be worth while is timed by the scheduler, so that it serves all rules and wishes, and
travel times that depend on the hour. Worse answers are gone on from now and then, ever less. Routes met on
the way are put together anew by recombine.py. Single moves are tried in polish.py.
"""

from __future__ import annotations

from itertools import count
from math import inf, log
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving.docks import berthed
from optiway_qgis.engine.solving.insertion import (
    inserted,
    keep_rules,
    keep_rules_of_route,
    penalty_of,
)
from optiway_qgis.engine.solving.objective import (
    balance_price,
    changed,
    cost_of,
    importance,
    length_of,
    price_of,
    route_price,
    unserved,
)
from optiway_qgis.engine.solving.outlook import by_distance
from optiway_qgis.engine.solving.recombine import recombined
from optiway_qgis.engine.solving.schedule import Timetable, sequences_of, timetables
from optiway_qgis.engine.solving.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.schedule import Timetables
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.engine.solving.sketch import Outline
    from optiway_qgis.engine.solving.units import Unit

NAME = "Optiway search"
"""What this search is called where engines are named."""

_TAKEN = 10
"""Stops taken off at once, on average."""

_LONGEST = 10
"""Stops of one string at most."""

_WHOLE_ROUTE = 0.05
"""Share of iterations that take off a whole small route, where that has no more than `_SMALL` stops."""

_SMALL = 12

_ALL = 0.1
"""Share of iterations that take off everything, where there is no more than that."""

_UNWISHED = 0.2
"""Share of iterations that begin with a stop that is served against a wish, where there are any."""

_EXCHANGED = 0.05
"""Share of iterations in which two vehicles exchange routes, where it counts who served stops before."""

_NEAR = 60
"""Stops near to one that are looked at."""

_ROUTES = 12
"""Routes near to a stop that it may be put into."""

_WAITING = 15
"""Stops left out that are tried in one iteration, at most."""

_PLACES, _MOST_PLACES, _OUTLINES = 2, 8, 120
"""Places looked at closely for each unit: more, up to so many, where stops are few."""

_MENDED = 4
"""Of the answers that break rules which the sketch does not see, one in so many is mended, and all that serve
more.
"""

_CLOSELY = 4
"""Places of each route tried by the scheduler for a stop when that is done."""

_HOT, _COLD = 0.2, 0.01
"""How much worse an answer to go on from may be, at first and in the end: about that share of the mean price
of serving a stop.
"""

_KEPT = 300_000
"""Stops on the timed routes kept at hand, at most: each takes half a kilobyte."""

_RECOMBINED = 10
"""How often, evenly over the search, the routes at hand are put together anew."""

_DRAWN = 4096


def reinsert(
    instance: Instance, sequences: Sequences, active: list[int], clock: Clock, seed: int
) -> Sequences:
    """Return the best sequences found until the clock says stop; deterministic when it counts iterations.

    No rule is broken that was not broken before; `active` are the stops that may be served.
    """
    search = _Search(instance, timetables(instance, sequences), active, seed)
    clock.gain(search.best_value, search.best_cost)
    begun, length = clock.now(), clock.remaining()
    recombinations = 1
    for iteration in count():
        if clock.over(iteration):
            break
        done = iteration / clock.iterations if clock.iterations else (clock.now() - begun) / max(length, 1e-9)
        better = search.step(min(1.0, done))
        if done * _RECOMBINED >= recombinations and not instance.has_docks:
            recombinations += 1
            better |= search.recombine()
        if better:
            clock.gain(search.best_value, search.best_cost)
    return sequences_of(instance, search.best)


class _Dice:
    """Random numbers drawn many at a time."""

    def __init__(self, seed: int):
        self._generator = np.random.default_rng(seed)
        self._numbers: list[float] = []

    def unit(self) -> float:
        """Return a number from 0 to 1."""
        if not self._numbers:
            self._numbers = self._generator.random(_DRAWN).tolist()
        return self._numbers.pop()

    def below(self, bound: int) -> int:
        """Return a whole number from 0 to below the bound."""
        return min(bound - 1, int(self.unit() * bound))

    def many(self, size: int) -> np.ndarray:
        """Return numbers from 0 to 1."""
        return self._generator.random(size)


class _Search:
    """The answer that is gone on from, the best one, and how it is changed."""

    def __init__(self, instance: Instance, tables: Timetables, active: list[int], seed: int):
        self._instance = instance
        self._dice = _Dice(seed)
        self._active = active
        self._places = np.array([instance.travel.stop_place[stop] for stop in active])
        self._near: dict[int, list[int]] = {}
        self._timed: dict[tuple[int, ...], Timetable] = {}
        self._kept = self._recombined = 0
        self._orders = self._insertion_orders()
        self._unseen = 0
        self._look_at = max(_PLACES, min(_MOST_PLACES, _OUTLINES // max(1, len(active))))
        self._stand_on(tables)
        self.best_value = self._value
        self._best_lost = self._lost
        self.best, self.best_cost = dict(tables), cost_of(tables.values())
        served = max(1, len(self._vehicle_of))
        driven = self._value - instance.vehicle_price * len(tables)
        self._step_price = max(driven / served, 1e-9)

    def _stand_on(self, tables: Timetables) -> None:
        """Make these routes the answer that is gone on from."""
        instance, wanted = self._instance, set(self._active)
        self._tables = dict(tables)
        self._prices = {vehicle: route_price(table) for vehicle, table in tables.items()}
        self._sketch = Sketch(instance, tables)
        self._vehicle_of = {stop: vehicle for vehicle, table in tables.items() for stop in table.indices}
        left = unserved(instance, sequences_of(instance, tables))
        self._missing = [stop for stop in left if wanted.issuperset(instance.units.of[stop])]
        self._lost = self._weight(self._missing)
        self._value = price_of(instance, tables.values()) + self._penalties(self._missing)

    def _weight(self, stops: list[int]) -> float:
        """Return what required stops left out weigh."""
        left = [self._instance.stops[stop] for stop in stops]
        return sum(importance(stop) for stop in left if stop.penalty is None)

    def _penalties(self, stops: list[int]) -> float:
        return sum(self._instance.stops[stop].penalty or 0.0 for stop in stops)

    def _insertion_orders(self) -> list[tuple[float, dict[int, float]]]:
        """Return orders in which units are put in, each with how often it is taken."""
        instance, place = self._instance, self._instance.travel.stop_place
        seconds = instance.matrix(instance.vehicles[0]).seconds
        depots = list(instance.travel.depot_place) or [place[0]]
        away, load, width, last = ({} for _ in range(4))
        for stop, asked in enumerate(instance.stops):
            away[stop] = float(by_distance(seconds[depots, place[stop]]).min())
            load[stop] = float(-sum(map(sum, instance.handled[stop])))
            width[stop] = float(sum(one.end - one.start for one in asked.windows) or inf)
            last[stop] = float(asked.windows[-1].end if asked.windows else inf)
        orders = [
            (4.0, {}),
            (4.0 if any(load.values()) else 0.0, load),
            (2.0, {stop: -far for stop, far in away.items()}),
            (1.0, away),
        ]
        if any(stop.windows for stop in instance.stops):
            orders += [(2.0, width), (2.0, last)]
        return orders

    def near(self, stop: int) -> list[int]:
        """Return the stops nearest to a stop, itself first."""
        if stop not in self._near:
            vehicle = self._instance.vehicles[self._vehicle_of.get(stop, 0)]
            seconds = self._instance.matrix(vehicle).seconds
            place = self._instance.travel.stop_place[stop]
            legs = by_distance(seconds[place, self._places]) + by_distance(seconds[self._places, place])
            nearest = np.argsort(legs, kind="stable")[:_NEAR]
            found = [self._active[row] for row in nearest.tolist() if self._active[row] != stop]
            self._near[stop] = [stop, *found]
        return self._near[stop]

    def step(self, done: float) -> bool:
        """Try one change; `done` is the share of the search that is over. Return whether it is a new best."""
        heat = self._step_price * _HOT * (_COLD / _HOT) ** done
        limit = self._value - heat * log(max(self._dice.unit(), 1e-12))
        if self._instance.homes and self._tables and self._dice.unit() < _EXCHANGED:
            return self._exchange(limit)
        out = self._taken_off()
        changed: dict[int, Outline | None] = {}
        before: dict[int, Outline | None] = {}
        for vehicle in sorted({self._vehicle_of[stop] for stop in out}):
            before[vehicle] = self._sketch.outlines.get(vehicle)
            self._sketch.put(vehicle, self._sketch.without(vehicle, out))
        trial = self._put_in(out, before, limit)
        if trial is not None:
            changed = {vehicle: self._sketch.outlines.get(vehicle) for vehicle in before}
        for vehicle, outline in before.items():
            self._sketch.put(vehicle, outline)
        if trial is None:
            return False
        return self._judge(changed, trial, limit)

    def _exchange(self, limit: float) -> bool:
        """Let a vehicle and one that served some of its stops before exchange their routes; return whether it
        is a new best.
        """
        dice, instance = self._dice, self._instance
        one = list(self._tables)[dice.below(len(self._tables))]
        route = self._tables[one].indices
        other = instance.homes[route[dice.below(len(route))]]
        if other in (one, -1):
            return False
        back = self._tables[other].indices if other in self._tables else []
        changed: dict[int, Outline | None] = {}
        for vehicle, stops in ((one, back), (other, route)):
            if any(instance.refusals[vehicle][stop] for stop in stops):
                return False
            changed[vehicle] = self._sketch.outline_with(vehicle, stops) if stops else None
        return self._judge(changed, self._missing, limit)

    def _taken_off(self) -> set[int]:
        """Return served stops to be taken off: strings of routes that lie together, or a small route."""
        dice, units = self._dice, self._instance.units
        if not self._vehicle_of:
            return set()
        if len(self._vehicle_of) <= _SMALL and dice.unit() < _ALL:
            return set(self._vehicle_of)
        if dice.unit() < _WHOLE_ROUTE:
            small = [one for one, table in self._tables.items() if len(table.indices) <= _SMALL]
            if small:
                return units.tied(self._tables[small[dice.below(len(small))]].indices) & set(self._vehicle_of)
        seed = self._seed()
        sizes = len(self._vehicle_of) / max(1, len(self._tables))
        longest = min(_LONGEST, sizes)
        strings = 1 + int(dice.unit() * (4 * _TAKEN / (1 + longest) - 1))
        out: set[int] = set()
        ruined: set[int] = set()
        for stop in self.near(seed):
            if len(ruined) >= strings:
                break
            vehicle = self._vehicle_of.get(stop)
            if vehicle is None or vehicle in ruined or stop in out:
                continue
            ruined.add(vehicle)
            route = self._tables[vehicle].indices
            most = min(len(route), int(longest) or 1)
            length = 1 + dice.below(most)
            out.update(self._string(route, route.index(stop), length))
        if units.bound:
            out = units.tied(out) & set(self._vehicle_of)
        return out

    def _seed(self) -> int:
        """Return the stop around which strings are taken off."""
        dice = self._dice
        if self._missing and dice.unit() < 0.5:
            return self._missing[dice.below(len(self._missing))]
        if dice.unit() < _UNWISHED:
            table = list(self._tables.values())[dice.below(len(self._tables))]
            strangers = self._instance.strangers[self._instance.vehicle_index[table.vehicle.id]]
            unwished = [stop for stop, late in zip(table.indices, table.late) if late or stop in strangers]
            if self._instance.minds_changes:
                unwished += changed(self._instance, table)
            if self._instance.balanced and not unwished:
                unwished = max(self._tables.values(), key=length_of).indices
            if unwished:
                return unwished[dice.below(len(unwished))]
        return self._active[dice.below(len(self._active))]

    def _string(self, route: list[int], position: int, length: int) -> list[int]:
        """Return a string of the route with the position in it; in half of the cases some of it is left."""
        dice = self._dice
        spared = 0
        if length > 1 and dice.unit() < 0.5:
            while length + spared < len(route) and dice.unit() > 0.5:
                spared += 1
        whole = length + spared
        first = max(0, position - whole + 1)
        begin = first + dice.below(min(position, len(route) - whole) - first + 1)
        string = route[begin : begin + whole]
        if spared:
            gap = dice.below(length + 1)
            string = string[:gap] + string[gap + spared :]
        return string

    def _put_in(self, out: set[int], before: dict[int, Outline | None], limit: float) -> list[int] | None:
        """Put stops back into the sketch; return the stops that are left out then, None when this cannot be
        worth while. Vehicles changed are added to `before`, with their outlines so far.
        """
        sketch = self._sketch
        left = self._missing
        if len(left) > _WAITING:
            first = self._dice.below(len(left))
            left = (left + left)[first : first + _WAITING]
        order = self._in_order([*sorted(out), *left])
        now = sum(outline.price for outline in before.values() if outline)
        dropped: list[int] = []
        for unit in order:
            vehicles = self._vehicles_for(unit, before)
            blinks = self._dice.many(vehicles.size * sketch.width)
            entries = sketch.entries(unit, vehicles, self._look_at, blinks)
            penalty = penalty_of(self._instance, unit)
            if entries and (penalty is None or entries[0].added < penalty):
                entry = entries[0]
                if entry.vehicle not in before:
                    standing = before[entry.vehicle] = sketch.outlines.get(entry.vehicle)
                    now += standing.price if standing else 0.0
                sketch.put(entry.vehicle, entry.outline)
            else:
                dropped += unit
        tried = {stop for unit in order for stop in unit}
        kept_out = [stop for stop in self._missing if stop not in tried]
        missing = kept_out + dropped
        lost = self._weight(missing)
        if lost > self._lost:
            return None
        if lost < self._lost:
            return missing
        outlines = [sketch.outlines[one] for one in before if one in sketch.outlines]
        after = sum(outline.price - outline.doubt for outline in outlines)
        about = self._value + after - now + self._penalties(missing) - self._penalties(self._missing)
        if self._instance.balanced:
            about += sketch.balance_of(sketch.longest()) - sketch.balance_of(self._longest_sketch(before))
        return missing if about < limit else None

    def _longest_sketch(self, before: dict[int, Outline | None]) -> float:
        lengths = [one.length for vehicle, one in self._sketch.outlines.items() if vehicle not in before]
        return max([*lengths, *(one.length for one in before.values() if one)], default=0.0)

    def _in_order(self, stops: list[int]) -> list[Unit]:
        """Return the units of stops in an order drawn at random."""
        dice, units = self._dice, self._instance.units
        shares = [share for share, _ in self._orders]
        drawn = dice.unit() * sum(shares)
        for share, key in self._orders:
            drawn -= share
            if drawn < 0:
                break
        if key:
            stops = sorted(stops, key=lambda stop: key[stop])
        else:
            stops = [stops[row] for row in np.argsort(dice.many(len(stops))).tolist()]
        return units.among(stops)

    def _vehicles_for(self, unit: Unit, begun: Iterable[int]) -> np.ndarray:
        """Return the vehicles that a unit may be put into: those nearby, those `begun` with in this trial
        that were idle before, and an idle one of each kind.
        """
        instance, outlines = self._instance, self._sketch.outlines
        needs = instance.units.needs(unit)
        near = dict.fromkeys(one for one in begun if one not in self._tables)
        for stop in self.near(unit[0]):
            vehicle = self._vehicle_of.get(stop)
            if vehicle is not None:
                near.setdefault(vehicle)
                if len(near) > _ROUTES:
                    break
        if instance.homes:
            near |= {home: None for home in (instance.homes[stop] for stop in unit) if home >= 0}
        if len(unit) > 1:
            for stop in self.near(unit[1])[:_ROUTES]:
                if stop in self._vehicle_of:
                    near.setdefault(self._vehicle_of[stop])
        for kind in instance.kinds:
            idle = next((vehicle for vehicle in kind if vehicle not in outlines), None)
            if idle is not None:
                near.setdefault(idle)
        refusals = instance.refusals
        able = [one for one in near if not any(refusals[one][stop] for stop in unit)]
        if len(able) < 2:
            able = [one for one, row in enumerate(refusals) if not any(row[stop] for stop in unit)]
        if needs:
            able = [
                one
                for one in able
                if one in outlines and needs.issubset(node.stop for node in outlines[one].nodes)
            ]
        return np.array(able, np.int64)

    def _judge(self, changed: dict[int, Outline | None], missing: list[int], limit: float) -> bool:
        """Time the routes changed and go on from them if they are good enough; return whether it is a new
        best.
        """
        tables: Timetables = {}
        for vehicle, outline in changed.items():
            if outline is not None:
                tables[vehicle] = self._timed_like(vehicle, outline)
        whole = {one: table for one, table in self._tables.items() if one not in changed} | tables
        broken = [vehicle for vehicle, table in tables.items() if table.violations]
        if broken:
            self._unseen += 1
            if self._weight(missing) >= self._lost and self._unseen % _MENDED:
                return False
            whole, missing = self._mended(whole, broken, missing)
        if self._instance.has_docks:
            whole, missing = self._docked(whole, missing)
        vehicles = {one for one in whole if whole[one] is not self._tables.get(one)}
        vehicles.update(one for one in self._tables if one not in whole)
        prices = {one: route_price(whole[one]) for one in vehicles if one in whole}
        value = self._value + sum(prices.values()) - sum(self._prices.get(one, 0.0) for one in vehicles)
        value += self._penalties(missing) - self._penalties(self._missing)
        if self._instance.balanced:
            value += balance_price(self._instance, whole.values())
            value -= balance_price(self._instance, self._tables.values())
        lost = self._weight(missing)
        if (lost, value) >= (self._lost, limit):
            return False
        self._tables, self._missing, self._lost, self._value = whole, missing, lost, value
        for vehicle in vehicles:
            table = whole.get(vehicle)
            if table is None:
                self._prices.pop(vehicle)
                self._sketch.put(vehicle, None)
            else:
                self._prices[vehicle] = prices[vehicle]
                self._sketch.put(vehicle, self._sketch.outline_of(vehicle, table))
                self._vehicle_of.update(dict.fromkeys(table.indices, vehicle))
        for stop in missing:
            self._vehicle_of.pop(stop, None)
        return self._is_best()

    def _mended(
        self, tables: Timetables, broken: list[int], missing: list[int]
    ) -> tuple[Timetables, list[int]]:
        """Return routes that keep all rules, and the stops that are left out: those that break any are put
        elsewhere if they fit.
        """
        kept = dict(tables)
        dropped = []
        for vehicle in broken:
            stops = tables[vehicle].indices
            able = keep_rules_of_route(self._instance, vehicle, stops)
            dropped += [stop for stop in stops if stop not in able]
            if able:
                kept[vehicle] = self._timetable(vehicle, able)
            else:
                del kept[vehicle]
        kept = inserted(self._instance, kept, dropped, _CLOSELY)
        served = {stop for table in kept.values() for stop in table.indices}
        return kept, [stop for stop in (*missing, *dropped) if stop not in served]

    def _docked(self, tables: Timetables, missing: list[int]) -> tuple[Timetables, list[int]]:
        """Return routes for which there are docks, and the stops that are left out."""
        # All take their docks in turn anew, as they do in a plan.
        tables = {
            vehicle: self._timetable(vehicle, table.indices) if table.berths.loading_from else table
            for vehicle, table in tables.items()
        }
        if not any(table.violations for table in berthed(self._instance, tables).values()):
            return tables, missing
        kept = keep_rules(self._instance, sequences_of(self._instance, tables))
        served = {stop for stops in kept for stop in stops}
        dropped = [stop for table in tables.values() for stop in table.indices if stop not in served]
        fewer = {vehicle: self._timetable(vehicle, stops) for vehicle, stops in enumerate(kept) if stops}
        return fewer, [*missing, *dropped]

    def recombine(self) -> bool:
        """Go on from the best answer that the routes timed so far make together, if it is a new best.

        That takes longer than many steps: it waits until there are as many new ones as the plan has routes.
        """
        if 0 <= len(self._timed) - self._recombined < len(self.best):
            return False
        self._recombined = len(self._timed)
        found = recombined(self._instance, self.best, self._timed.values())
        if found is None:
            return False
        self._stand_on(found)
        return self._is_best()

    def _is_best(self) -> bool:
        """Note the answer gone on from if it is the best so far, with its best reloads and with docks."""
        if (self._lost, self._value) >= (self._best_lost, self.best_value - 1e-9):
            return False
        if not self._reload_better():
            self._stand_on(self.best)
            return False
        tables, value = self._tables, self._value
        if self._instance.has_docks:
            tables = berthed(self._instance, tables)
            value += price_of(self._instance, tables.values())
            value -= price_of(self._instance, self._tables.values())
        if (self._lost, value) >= (self._best_lost, self.best_value - 1e-9):
            return False
        self.best, self.best_value, self._best_lost = dict(tables), value, self._lost
        self.best_cost = cost_of(tables.values())
        return True

    def _reload_better(self) -> bool:
        """Let vehicles reload where the scheduler will have it instead of where the sketch has it; return
        whether that breaks no rule: trips are chosen without a look at breaks and limits on work.
        """
        for vehicle, table in self._tables.items():
            if table.vehicle.max_trips > 1:
                best = self._timetable(vehicle, table.indices)
                if best.reloads != table.reloads:
                    if best.violations:
                        return False
                    self._tables[vehicle] = best
                    self._prices[vehicle] = route_price(best)
                    self._sketch.put(vehicle, self._sketch.outline_of(vehicle, best))
        self._value = price_of(self._instance, self._tables.values()) + self._penalties(self._missing)
        return True

    def _timed_like(self, vehicle: int, outline: Outline) -> Timetable:
        """Return the route timed with the reloads of the sketch, or the best ones if those break rules."""
        stops = outline.stops
        who = self._instance.vehicles[vehicle]
        if who.max_trips > 1 and (vehicle, *stops) not in self._timed:
            table = Timetable(self._instance, who, stops, outline.reloads)
            if not table.violations:
                return table
        return self._timetable(vehicle, stops)

    def _timetable(self, vehicle: int, stops: list[int]) -> Timetable:
        key = (vehicle, *stops)
        if key not in self._timed:
            if self._kept > _KEPT:
                self._timed.clear()
                self._kept = 0
            self._kept += len(stops)
            self._timed[key] = Timetable(self._instance, self._instance.vehicles[vehicle], stops)
        return self._timed[key]
