"""Putting stops into routes whose order stays as it is, each where it costs least when all places are timed.

A route may break rules already, as it was edited or has met its day: what it keeps is not broken by a stop
put into it, and what it breaks gets no worse. Where stops may be served late instead of not at all, windows
and shifts are missed by as little as can be. What else may change is searched for in replan.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.breaches import ROUTE, breaches
from optiway_qgis.engine.solving.insertion import complete, one_empty_of_a_kind, orders_with, penalty_of
from optiway_qgis.engine.solving.objective import balance_price, importance, route_price, score_of, unserved
from optiway_qgis.engine.solving.outlook import least_outlook
from optiway_qgis.engine.solving.schedule import Timetable, sequences_of, timetables
from optiway_qgis.model import reasons

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.schedule import Timetables
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.engine.solving.units import Unit

_TRIALS, _DEAR_TRIALS = 20_000, 1500
"""Routes timed at most before the first stop is put in; fewer where each has breaks or reloads to be placed.
With more places only those of least detour are tried, at least `_PLACES` of each route.
"""

_PLACES = 3

_ALL = 1 << 30

_LATE = frozenset({reasons.TIME_WINDOW, reasons.SHIFT})
"""Rules that may be broken for stops that are served late instead of not at all."""

Faults = Counter[tuple[str, str]]
"""What a route breaks: for each code and stop, "" for the route, how many seconds, metres, loads or times."""


@dataclass(frozen=True, order=True)
class LateScore:
    """The order in which answers are compared where stops may be served late; lower is better.

    `broken` counts rules broken but windows and shifts. `planned_left` weighs the required stops left out
    that the plan before serves, `new_left` the others. `late` is the sum of seconds by which windows and
    shifts are missed: what is new makes nobody late. `price` is cost, penalties and wishes.
    """

    broken: int
    planned_left: float
    late: int
    new_left: float
    price: float


@dataclass(frozen=True)
class Entry:
    """A stop, with its pair, put into a route: the route timed with it, and what it adds in seconds of
    lateness and in money; so many stops come after it.
    """

    vehicle: int
    table: Timetable
    late: int
    price: float
    behind: int

    @property
    def worth(self) -> tuple[int, float, int]:
        """What is the less the better."""
        return self.late, round(self.price, 6), self.behind


def faults(table: Timetable) -> Faults:
    """Return what a route breaks, and by how much."""
    found: Faults = Counter()
    last = len(table.steps) - 1
    for number, code in breaches(table):
        at_stop = number != ROUTE and table.steps[number].stop >= 0
        if code == reasons.TIME_WINDOW:
            step = table.steps[number]
            found[code, step.id] = table.begins[number] - step.limits[-1].end
        elif code == reasons.SHIFT:
            over = table.end - table.vehicle.shift.end if number == last else 0
            found[code, "" if over > 0 else "start"] += max(1, over)
        elif code in _AMOUNTS:
            found[code, ""] = _AMOUNTS[code](table)
        else:
            found[code, table.steps[number].id if at_stop and code != reasons.BREAK else ""] += 1
    return found


def _overload(table: Timetable) -> int:
    pairs = zip(table.load_peak, table.vehicle.capacity)
    return sum(max(0, peak - limit) for peak, limit in pairs if limit is not None)


_AMOUNTS = {
    reasons.CAPACITY: _overload,
    reasons.WORK_LIMIT: lambda table: table.work,
    reasons.DRIVE_LIMIT: lambda table: sum(table.drive),
    reasons.DISTANCE_LIMIT: lambda table: table.distance,
    reasons.STOP_LIMIT: lambda table: len(table.indices),
}
"""How much a route comes to in what is limited."""


def late_score(instance: Instance, tables: Collection[Timetable]) -> LateScore:
    """Return how good an answer is where stops may be served late."""
    broken = late = 0
    for table in tables:
        for (code, _), amount in faults(table).items() if table.violations else ():
            broken += code not in _LATE
            late += amount if code in _LATE else 0
    left = unserved(instance, [table.indices for table in tables])
    required = [stop for stop in map(instance.stops.__getitem__, left) if stop.penalty is None]
    return LateScore(
        broken,
        sum(importance(stop) for stop in required if stop.planned),
        late,
        sum(importance(stop) for stop in required if not stop.planned),
        score_of(instance, tables).price,
    )


def put_in(
    instance: Instance, tables: Timetables, units: list[Unit], *, serve_late: bool = False
) -> Timetables:
    """Return the routes with the units put where they cost least, all else in its order.

    The hardest to place comes first: what the fewest vehicles can take, then what would cost most more
    elsewhere. Where they do not all fit, the most important come first, if more is served then. With
    `serve_late` windows and shifts may be missed, as little as can be, by what the plan before serves.
    Optional stops are put in only where that is cheaper than their penalty.
    """
    hardest = _Placing(instance, tables, units, serve_late).placed(by_importance=False)
    if not _left(hardest, units) or len({_weight(instance, unit) for unit in units}) == 1:
        return hardest
    important = _Placing(instance, tables, units, serve_late).placed(by_importance=True)
    return min(hardest, important, key=lambda one: late_score(instance, one.values()))


def _left(tables: Timetables, units: Iterable[Unit]) -> list[Unit]:
    """Return those of the units that no route serves."""
    served = {stop for table in tables.values() for stop in table.indices}
    return [unit for unit in units if served.isdisjoint(unit)]


def _weight(instance: Instance, unit: Unit) -> float:
    """Return how important it is that a unit is served; fetching goods is not what it is served for."""
    stops = [instance.stops[stop] for stop in unit]
    return sum(importance(stop) for stop in stops if not stop.fetch)


class _Placing:
    """Routes into which units are put one after another."""

    def __init__(self, instance: Instance, tables: Timetables, units: list[Unit], serve_late: bool):
        self._instance = instance
        self._tables = dict(tables)
        self._waiting = _left(tables, units)
        self._serve_late = serve_late
        self._most = _places_of_each_route(instance, tables, units)
        self._known: dict[tuple[Unit, int], tuple[Timetable | None, Entry | None]] = {}

    def placed(self, *, by_importance: bool) -> Timetables:
        """Return the routes with the units that fit."""
        instance = self._instance
        while True:
            offers = [(unit, self._places(unit)) for unit in self._waiting]
            able = [(unit, places) for unit, places in offers if places]
            if not able:
                break
            unit, places = min(
                able,
                key=lambda offer: (
                    by_importance and -_weight(instance, offer[0]),
                    *_ease(offer[1]),
                ),
            )
            self._take(unit, places[0])
        knots = [unit for unit in self._waiting if instance.units.is_knotted(unit)]
        if not knots:
            return self._tables
        stops = sorted(instance.units.tied(stop for unit in knots for stop in unit))
        return timetables(instance, complete(instance, sequences_of(instance, self._tables), stops))

    def _take(self, unit: Unit, place: Entry) -> None:
        """Put a unit into its place, if that is worth while and leaves docks for all."""
        penalty = penalty_of(self._instance, unit)
        if penalty is not None and place.price >= penalty:
            self._waiting.remove(unit)
            return
        joined = {**self._tables, place.vehicle: place.table}
        if self._instance.has_docks:
            joined = timetables(self._instance, sequences_of(self._instance, joined))
            before = sum((faults(table) for table in self._tables.values()), Counter())
            after = sum((faults(table) for table in joined.values()), Counter())
            if self._added_lateness(before, after) is None:
                self._known[unit, place.vehicle] = self._tables.get(place.vehicle), None
                return
        self._tables = joined
        self._waiting.remove(unit)

    def _places(self, unit: Unit) -> list[Entry]:
        """Return the best place on each route that can take a unit, the best first."""
        instance, tables = self._instance, self._tables
        able = [one for one, row in enumerate(instance.refusals) if not any(row[stop] for stop in unit)]
        tied = instance.units.tied(unit).difference(unit)
        if tied:
            beside = {one for one, table in tables.items() if not tied.isdisjoint(table.indices)}
            able = [one for one in able if beside <= {one}]
        found = []
        for vehicle in one_empty_of_a_kind(instance, tables, able):
            known = self._known.get((unit, vehicle))
            if known is None or known[0] is not tables.get(vehicle):
                known = tables.get(vehicle), self._best(unit, vehicle)
                self._known[unit, vehicle] = known
            if known[1] is not None:
                found.append(known[1])
        return sorted(found, key=lambda place: place.worth)

    def _best(self, unit: Unit, vehicle: int) -> Entry | None:
        """Return the best place of a unit on a route, None where there is none."""
        instance, standing = self._instance, self._tables.get(vehicle)
        if (
            standing
            and not (standing.violations or self._serve_late)
            and least_outlook(instance, vehicle, standing, unit[0]) is not None
        ):
            return None
        stops = standing.indices if standing else []
        price, before = (route_price(standing), faults(standing)) if standing else (0.0, Counter())
        longest = balance_price(instance, self._tables.values())
        bounded = self._most < _ALL
        best = None
        for order in orders_with(instance, vehicle, stops, unit, self._most, bounded):
            table = Timetable(instance, instance.vehicles[vehicle], order)
            late = self._added_lateness(before, faults(table)) if table.violations else 0
            if late is not None:
                added = route_price(table) - price + max(0.0, balance_price(instance, [table]) - longest)
                behind = len(order) - order.index(unit[0])
                place = Entry(vehicle, table, late, added, behind)
                best = place if best is None else min(best, place, key=lambda one: one.worth)
        return best

    def _added_lateness(self, before: Faults, after: Faults) -> int | None:
        """Return how many seconds later windows and shifts are missed, None where that, or worse, may not
        be.
        """
        worse = after - before
        if not worse:
            return 0
        if not self._serve_late or any(not self._may_be_late(*key) for key in worse):
            return None
        return sum(worse.values())

    def _may_be_late(self, code: str, stop_id: str) -> bool:
        """Whether a rule may be broken for what the plan before serves."""
        if code == reasons.SHIFT:
            return not stop_id
        stops, index = self._instance.stops, self._instance.stop_index
        return code == reasons.TIME_WINDOW and stops[index[stop_id]].planned is not None


def _ease(places: list[Entry]) -> tuple[int, float, float]:
    """Return how easy a unit is to place: by how many vehicles, and what the best of them saves."""
    if len(places) == 1:
        return 1, -inf, -inf
    return len(places), places[0].late - places[1].late, places[0].price - places[1].price


def _places_of_each_route(instance: Instance, tables: Timetables, units: list[Unit]) -> int:
    """Return how many places of each route are tried for a unit: all, as long as that can be."""
    trials = _DEAR_TRIALS if instance.takes_long else _TRIALS
    there = idle = len(instance.vehicles) - len(tables)
    for table in tables.values():
        there += len(table.indices) + 1
        idle += (len(table.indices) + 1) * (len(table.indices) + 2) // 2
    if sum(idle if len(unit) > 1 else there for unit in units) <= trials:
        return _ALL
    return max(_PLACES, trials // (len(units) * len(instance.vehicles)))


def moved_less_late(instance: Instance, tables: Timetables, clock: Clock, iterations: int) -> Timetables:
    """Return the routes with stops of those that miss windows or shifts moved, each to its best place, as
    long as that makes an answer better and there is time.
    """
    best, best_score = tables, late_score(instance, tables.values())
    improving, trials = True, 0
    while improving and best_score.late:
        improving = False
        late = [table for table in best.values() if _LATE.intersection(table.violations)]
        for unit in instance.units.among([stop for table in late for stop in table.indices]):
            trials += 1
            over = clock.remaining() < 0 if clock.iterations is None else trials > iterations
            if over:
                return best
            out = instance.units.tied(unit)
            fewer = {}
            for vehicle, table in best.items():
                stops = [stop for stop in table.indices if stop not in out]
                if len(stops) == len(table.indices):
                    fewer[vehicle] = table
                elif stops:
                    fewer[vehicle] = Timetable(instance, table.vehicle, stops)
            moved = put_in(instance, fewer, instance.units.among(sorted(out)), serve_late=True)
            own = late_score(instance, moved.values())
            if own < best_score:
                best, best_score, improving = moved, own, True
                break
    return best
