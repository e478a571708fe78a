"""Routes as the search sees them: bounds of times and loads for all places of all routes at once.

A sketch tells in no time where a stop could go and about what that adds. Breaks and reloads stay where the
scheduler put them last, so nothing is proved here: what a search keeps is timed by the scheduler.
"""

from __future__ import annotations

from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from optiway_qgis.engine.solving.objective import ascending, early_weight, is_missed, lengthening
from optiway_qgis.engine.solving.outlook import by_distance
from optiway_qgis.engine.solving.steps import FOREVER
from optiway_qgis.engine.travel.provider import travel_kind
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_RELOAD
from optiway_qgis.model.problem import (
    BALANCE_DISTANCE,
    BALANCE_NONE,
    BALANCE_STOPS,
    BALANCE_TIME,
    START_EARLY,
    counted,
    loading_time,
    service_time,
)

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.schedule import Timetable, Timetables
    from optiway_qgis.engine.solving.units import Unit
    from optiway_qgis.model.problem import Stop, Vehicle

_NOWHERE = -1

_BEFORE, _AFTER, _LEAVE, _BY, _SECONDS, _METRES, _ROOM = range(7)
"""Fields of a place between two visits: their places, when the one is left at the earliest, by when the
other has to be reached, the way between them; from `_ROOM` on, per dimension, the room on all legs of the
trip up to here, then that on all from here on. Where promises have a price, the last row is when the first
visit is left by a vehicle that starts when it will.
"""

_BLINK = 0.01
"""Share of places that are overlooked."""

_LOOKED_AT = 4
"""How many times more places are looked at than asked for, as long as they turn out not to keep the rules."""

_PAIR_ROUTES = 6
"""Routes looked at for a pair: those where its two stops, each for itself, add the least."""

_WAITING = 0.5
"""Share of waiting that is counted: some of it goes away when the vehicle leaves later."""


class _Node(NamedTuple):
    """What is visited: a stop by its index, or a break or reload of one route."""

    stop: int
    place: int
    windows: tuple[tuple[int, int], ...]
    last: int
    setup: int
    service: int
    late_cost: float = 0.0
    early: float = 0.0
    reload: bool = False
    unpaid: bool = False


class Outline(NamedTuple):
    """A route at a glance: its price and length (as the objective has them), and whether it may keep the
    rules of time and load; `fields` are those of its places, `rests` the metres, seconds of driving and stops
    that its vehicle's limits leave, and the seconds of work before overtime begins. `doubt` is how much
    cheaper the route may be when stops are served in later ones of their windows.
    """

    nodes: list[_Node]
    price: float
    length: float
    feasible: bool
    fields: np.ndarray
    rests: tuple[int, int, int, int]
    doubt: float = 0.0

    @property
    def stops(self) -> list[int]:
        """The stops in the order of service."""
        return [node.stop for node in self.nodes if node.stop >= 0]

    @property
    def reloads(self) -> tuple[int, ...]:
        """After how many of the stops the vehicle reloads each time."""
        stops = list(accumulate(node.stop >= 0 for node in self.nodes))
        return tuple(count for count, node in zip(stops, self.nodes) if node.reload)


class Entry(NamedTuple):
    """A place for a unit: about what it adds, and the route with it."""

    added: float
    vehicle: int
    outline: Outline


class Sketch:
    """The outlines of all routes; `outlines` are by vehicle, of those with stops."""

    def __init__(self, instance: Instance, tables: Timetables):
        self._instance = instance
        self._balance = instance.problem.goals.balance if instance.balanced else BALANCE_NONE
        self._balance_price = instance.problem.goals.balance_price if instance.balanced else 0.0
        self._kinds = {kind: index for index, kind in enumerate(instance.travel.matrices)}
        self._matrices = list(instance.travel.matrices.values())
        self._kind = [self._kinds[travel_kind(vehicle)] for vehicle in instance.vehicles]
        self._by_factor: dict[float, list[_Node]] = {}
        self._nodes = [self._nodes_of(vehicle) for vehicle in instance.vehicles]
        self._open = any(None in (vehicle.start_depot, vehicle.end_depot) for vehicle in instance.vehicles)
        self._cut_off = any(bool((matrix.seconds < 0).any()) for matrix in self._matrices)
        self._dimensions = [
            axis
            for axis in range(instance.problem.dimensions)
            if any(limit is not None for limit in instance.capacities(axis))
        ]
        longest = max((len(table.indices) for table in tables.values()), default=0)
        width = _ROOM + 2 * len(self._dimensions) + bool(instance.promises)
        self._fields = np.zeros((width, len(instance.vehicles), 2 * longest + 8), np.int64)
        self._size = np.zeros(len(instance.vehicles), np.int64)
        self._rests = np.zeros((len(instance.vehicles), 4), np.int64)
        self._limited = any(
            (one.max_distance, one.max_drive, one.max_stops) != (None, None, None)
            for one in instance.vehicles
        )
        self._rates = np.array(
            [(one.cost_per_km / 1000, one.cost_per_hour / 3600) for one in instance.vehicles]
        )
        self._overtime_rates = np.array([_overtime_rate(one) / 3600 for one in instance.vehicles])
        self._overtime = bool(self._overtime_rates.any())
        self._alike = len({tuple(rates) for rates in self._rates.tolist()}) == 1
        self._goals = instance.problem.goals
        self.outlines: dict[int, Outline] = {}
        self._idle = [self._outline(vehicle, []) for vehicle in range(len(instance.vehicles))]
        for vehicle in range(len(instance.vehicles)):
            if vehicle in tables:
                self.put(vehicle, self.outline_of(vehicle, tables[vehicle]))
            else:
                self.put(vehicle, None)

    def _nodes_of(self, vehicle: Vehicle) -> list[_Node]:
        factor = vehicle.service_factor
        if factor not in self._by_factor:
            place = self._instance.travel.stop_place
            self._by_factor[factor] = [
                _node_of(self._instance, index, place[index], stop, service_time(vehicle, stop))
                for index, stop in enumerate(self._instance.stops)
            ]
        return self._by_factor[factor]

    def put(self, vehicle: int, outline: Outline | None) -> None:
        """Make this the outline of a vehicle, None when it has no stops."""
        if outline is None:
            self.outlines.pop(vehicle, None)
            outline = self._idle[vehicle]
        else:
            self.outlines[vehicle] = outline
        fields = outline.fields
        size = fields.shape[1]
        if size > self._fields.shape[2]:
            wider = np.zeros((*self._fields.shape[:2], 2 * size), np.int64)
            wider[:, :, : self._fields.shape[2]] = self._fields
            self._fields = wider
        self._fields[:, vehicle, :size] = fields
        self._size[vehicle] = size
        self._rests[vehicle] = outline.rests

    def outline_of(self, vehicle: int, table: Timetable) -> Outline:
        """Return the outline of a route as it is timed, with its breaks and reloads where they are."""
        own = self._nodes[vehicle]
        unpaid = {one.id for one in table.vehicle.breaks if not one.paid}
        nodes = []
        for step in table.steps:
            if step.stop >= 0:
                nodes.append(own[step.stop])
            elif step.kind in (VISIT_BREAK, VISIT_RELOAD):
                windows = tuple((window.start, window.end) for window in step.windows)
                reload = step.kind == VISIT_RELOAD
                place = step.place if reload else _NOWHERE
                last = windows[-1][1] if windows else FOREVER
                rest = not reload and step.id in unpaid
                nodes.append(_Node(_NOWHERE, place, windows, last, 0, step.service, 0.0, 0.0, reload, rest))
        return self._outline(vehicle, nodes)

    def outline_with(self, vehicle: int, stops: list[int]) -> Outline:
        """Return the outline of a route that serves these stops, without breaks and reloads."""
        return self._outline(vehicle, [self._nodes[vehicle][stop] for stop in stops])

    def without(self, vehicle: int, out: set[int]) -> Outline | None:
        """Return a route without some stops, None when no stop is left."""
        nodes: list[_Node] = []
        empty = True
        for node in self.outlines[vehicle].nodes:
            if node.reload and empty:
                continue
            if node.stop not in out:
                nodes.append(node)
                empty = node.reload or (empty and node.stop < 0)
        while nodes and nodes[-1].stop < 0:
            nodes.pop()
        return self._outline(vehicle, nodes) if nodes else None

    def _outline(self, vehicle: int, nodes: list[_Node]) -> Outline:
        """Follow the route forwards from the earliest start and backwards from the latest end."""
        instance, who = self._instance, self._instance.vehicles[vehicle]
        start = _NOWHERE if who.start_depot is None else instance.depot_place(who.start_depot)
        finish = _NOWHERE if who.end_depot is None else instance.depot_place(who.end_depot)
        places = [start]
        for node in nodes:
            places.append(places[-1] if node.place == _NOWHERE else node.place)
        places.append(finish)
        matrix = self._matrices[self._kind[vehicle]]
        seconds = matrix.seconds[places[:-1], places[1:]].tolist()
        metres = matrix.metres[places[:-1], places[1:]].tolist()
        if start == _NOWHERE:
            seconds[0] = metres[0] = 0
        if finish == _NOWHERE:
            seconds[-1] = metres[-1] = 0
        price, unpaid = 0.0, 0
        first = instance.first_shift
        earliest = instance.earliest_departure(who)
        clock = earliest + self._loading(who, nodes)
        leave, begins = [clock], []
        for node, way, before in zip(nodes, seconds, places):
            clock += way
            if node.setup and before != node.place:
                clock += node.setup
            for opens, closes in node.windows:
                if clock <= closes:
                    if clock < opens:
                        clock = opens
                    break
            else:
                if node.windows and node.late_cost:
                    price += (clock - node.windows[-1][1]) * node.late_cost
            if node.early:
                price += (clock - first) * node.early
            if node.unpaid:
                unpaid += node.service
            begins.append(clock)
            clock += node.service
            leave.append(clock)
        end = clock + seconds[-1]
        closing = who.shift.end
        depot = instance.depot(who.end_depot)
        if depot and depot.window:
            end, closing = max(end, depot.window.start), min(closing, depot.window.end)
        by = _latest_arrivals(nodes, places, seconds, closing)
        feasible = leave[0] + seconds[0] <= by[0]
        work, doubt = 0, 0.0
        truly = leave
        if nodes:
            begin = earliest
            if who.start_rule != START_EARLY:
                kept = _latest_arrivals(nodes, places, seconds, end, begins)
                begin = max(earliest, kept[0] - seconds[0] - (leave[0] - earliest))
                if who.latest_start is not None:
                    begin = max(earliest, min(begin, who.latest_start))
            work = end - begin - unpaid
            if instance.has_second_windows:
                busy = sum(seconds) + sum(node.service for node in nodes)
                doubt = max(0, end - begin - busy) / 3600 * who.cost_per_hour
            price += self._cost(who, work, sum(metres)) + instance.vehicle_price
            strangers = instance.strangers[vehicle]
            if strangers:
                out = sum(node.stop in strangers for node in nodes)
                price += instance.problem.goals.zone_price * out
            if instance.homes:
                price += self._changed(vehicle, nodes)
            if instance.promises:
                if begin > earliest:
                    truly = _left(nodes, places, seconds, begin + leave[0] - earliest)
                price += self._broken_promises(nodes, truly, seconds)
            feasible = feasible and (who.max_work is None or work <= who.max_work)
        rows = [places[:-1], places[1:], leave, by, seconds, metres]
        for axis in self._dimensions:
            rooms = self._rooms(axis, who, nodes)
            rows += rooms
            feasible = feasible and min(rooms[0]) >= 0
        if instance.promises:
            rows.append(truly)
        length = self._length(nodes, work, sum(metres))
        rests = (
            FOREVER if who.max_distance is None else who.max_distance - sum(metres),
            FOREVER if who.max_drive is None else who.max_drive - sum(seconds),
            FOREVER if who.max_stops is None else who.max_stops - self._counted(nodes),
            FOREVER if who.overtime_after is None else max(0, who.overtime_after - work),
        )
        feasible = feasible and min(rests) >= 0
        return Outline(nodes, price, length, feasible, np.array(rows, np.int64), rests, doubt)

    def _counted(self, nodes: list[_Node]) -> int:
        """Return how many stops count for the most that a vehicle may serve."""
        return counted(self._instance.stops[node.stop] for node in nodes if node.stop >= 0)

    def _changed(self, vehicle: int, nodes: list[_Node]) -> float:
        """Return what it costs that stops were on other vehicles before, and others in another order."""
        homes, ranks = self._instance.homes, self._instance.ranks
        moved = sum(node.stop >= 0 and homes[node.stop] not in (vehicle, -1) for node in nodes)
        own = [ranks[node.stop] for node in nodes if node.stop >= 0 and homes[node.stop] == vehicle]
        price = self._goals.vehicle_change_price * moved
        if self._goals.position_change_price > 0:
            price += self._goals.position_change_price * (len(own) - len(ascending(own)))
        return price

    def _broken_promises(self, nodes: list[_Node], leave: list[int], seconds: list[int]) -> float:
        promises = self._instance.promises
        missed = sum(
            node.stop >= 0 and is_missed(promises[node.stop], left + way)
            for node, left, way in zip(nodes, leave, seconds)
        )
        return self._goals.promise_price * missed

    def _loading(self, who: Vehicle, nodes: list[_Node]) -> int:
        """Return how long the first trip is loaded."""
        depot = self._instance.depot(who.start_depot)
        if not depot or not (depot.load or depot.load_per_unit):
            return 0
        first = takewhile(lambda node: not node.reload, nodes)
        loaded = self._instance.loaded[0]
        return loading_time(depot, sum(loaded[node.stop] for node in first if node.stop >= 0))

    @staticmethod
    def _cost(who: Vehicle, work: int, metres: int) -> float:
        price = who.fixed_cost + metres / 1000 * who.cost_per_km + work / 3600 * who.cost_per_hour
        if who.overtime_after is not None and work > who.overtime_after:
            price += (work - who.overtime_after) / 3600 * _overtime_rate(who)
        return price

    def _length(self, nodes: list[_Node], work: int, metres: int) -> float:
        if self._balance == BALANCE_TIME:
            return work / 3600
        if self._balance == BALANCE_STOPS:
            return sum(node.stop >= 0 for node in nodes)
        return metres / 1000 if self._balance == BALANCE_DISTANCE else 0.0

    def _rooms(self, axis: int, who: Vehicle, nodes: list[_Node]) -> list[list[int]]:
        """Return for each leg the room on the legs of its trip up to it, and from it on."""
        limit = who.capacity[axis] if axis < len(who.capacity) else None
        trips = 1 + sum(node.reload for node in nodes)
        if limit is None or trips < who.max_trips:
            free = [FOREVER] * (len(nodes) + 1)
            return [free, free]
        loaded, taken_on = self._instance.loaded[axis], self._instance.taken_on[axis]
        legs: list[list[int]] = [[]]
        trip_loads = [0]
        for node in nodes:
            if node.reload:
                trip_loads.append(0)
            elif node.stop >= 0:
                trip_loads[-1] += loaded[node.stop]
        load = trip_loads[0]
        legs[0].append(load)
        for node in nodes:
            if node.reload:
                load = trip_loads[len(legs)]
                legs.append([load])
            else:
                if node.stop >= 0:
                    load += taken_on[node.stop]
                legs[-1].append(load)
        up_to: list[int] = []
        onwards: list[int] = []
        for trip in legs:
            most = trip[0]
            for load in trip:
                most = max(most, load)
                up_to.append(limit - most)
            backwards = []
            most = trip[-1]
            for load in reversed(trip):
                most = max(most, load)
                backwards.append(limit - most)
            onwards += reversed(backwards)
        return [up_to, onwards]

    @property
    def width(self) -> int:
        """Number of places of the longest route."""
        return int(self._size.max())

    def balance_of(self, longest: float) -> float:
        """Return what routes cost of which the longest is that long."""
        return self._balance_price * longest

    def longest(self) -> float:
        """Return the length of the longest route, in what is to be balanced."""
        return max((outline.length for outline in self.outlines.values()), default=0.0)

    def entries(
        self, unit: Unit, vehicles: np.ndarray, most: int, blinks: np.ndarray | None = None
    ) -> list[Entry]:
        """Return up to `most` of the best places for a unit in the routes of vehicles, best first.

        `blinks` are numbers from 0 to 1, drawn at random: where they are lowest a place is not seen.
        """
        found: list[Entry] = []
        longest = self.longest() if self._balance else 0.0
        for vehicle, nodes in self._candidates(unit, vehicles, most, blinks):
            if len(found) == most:
                break
            outline = self._outline(vehicle, nodes)
            if outline.feasible:
                before = self.outlines.get(vehicle)
                added = outline.price - (before.price if before else 0.0)
                if self._balance and outline.length > longest:
                    added += self._balance_price * (outline.length - longest)
                found.append(Entry(added, vehicle, outline))
        return sorted(found, key=lambda entry: entry.added)

    def _candidates(
        self, unit: Unit, vehicles: np.ndarray, most: int, blinks: np.ndarray | None
    ) -> list[tuple[int, list[_Node]]]:
        if not len(vehicles):
            return []
        added = self._added(unit[0], vehicles)
        if blinks is not None:
            added[blinks[: added.size].reshape(added.shape) < _BLINK] = np.inf
        if len(unit) > 1:
            return self._pair_candidates(unit, vehicles, added, most)
        flat = added.ravel()
        few = min(_LOOKED_AT * most, len(flat))
        order = np.argpartition(flat, few - 1)[:few]
        order = order[np.argsort(flat[order], kind="stable")]
        width = added.shape[1]
        found: list[tuple[int, list[_Node]]] = []
        for at in order.tolist():
            if flat[at] == np.inf:
                break
            vehicle, position = int(vehicles[at // width]), at % width
            nodes = self._nodes_now(vehicle)
            if self._may_stand(nodes, unit[0], position):
                node = self._nodes[vehicle][unit[0]]
                found.append((vehicle, [*nodes[:position], node, *nodes[position:]]))
        return found

    def _pair_candidates(
        self, unit: Unit, vehicles: np.ndarray, added: np.ndarray, most: int
    ) -> list[tuple[int, list[_Node]]]:
        pickup, delivery = unit
        after = self._added(delivery, vehicles)
        ranked: list[tuple[float, int, int, int]] = []
        nearest = np.argsort(added.min(axis=1) + after.min(axis=1), kind="stable")[:_PAIR_ROUTES]
        for row in nearest.tolist():
            vehicle = int(vehicles[row])
            size = int(self._size[vehicle])
            one, other = added[row, :size], after[row, :size]
            both = one[:, None] + other
            both[np.tril_indices(size, -1)] = np.inf
            np.fill_diagonal(both, self._side_by_side(vehicle, pickup, delivery, size))
            both[one == np.inf] = np.inf
            few = min(_LOOKED_AT * most, both.size)
            for at in np.argpartition(both, few - 1, axis=None)[:few].tolist():
                price = float(both.flat[at])
                if price != np.inf:
                    ranked.append((price, vehicle, at // size, at % size))
        found = []
        for _, vehicle, begin, end in sorted(ranked)[: _LOOKED_AT * most]:
            nodes = self._nodes_now(vehicle)
            if not self._may_stand(nodes, pickup, begin) or not self._may_stand(nodes, delivery, end, unit):
                continue
            own = self._nodes[vehicle]
            between = [own[pickup], *nodes[begin:end], own[delivery]]
            found.append((vehicle, [*nodes[:begin], *between, *nodes[end:]]))
        return found

    def _side_by_side(self, vehicle: int, pickup: int, delivery: int, size: int) -> np.ndarray:
        """Return about what a pair adds at each place of a route, the delivery right after the pickup."""
        place = self._instance.travel.stop_place
        matrix = self._matrices[self._kind[vehicle]]
        before, after = (self._fields[field, vehicle, :size] for field in (_BEFORE, _AFTER))
        rates = self._rates[vehicle]
        total = np.zeros(size)
        for table, rate, spared in (
            (matrix.metres, rates[0], _METRES),
            (matrix.seconds, rates[1], _SECONDS),
        ):
            into = np.where(before == _NOWHERE, 0, by_distance(table[before, place[pickup]]))
            out = np.where(after == _NOWHERE, 0, by_distance(table[place[delivery], after]))
            between = by_distance(table[place[pickup], place[delivery]])
            total += rate * (into + out + between - self._fields[spared, vehicle, :size])
        if self._instance.homes:
            moved = sum(self._instance.homes[stop] not in (vehicle, -1) for stop in (pickup, delivery))
            total += self._goals.vehicle_change_price * moved
        return total

    def _nodes_now(self, vehicle: int) -> list[_Node]:
        outline = self.outlines.get(vehicle)
        return outline.nodes if outline else []

    def _may_stand(self, nodes: list[_Node], stop: int, position: int, beside: Unit = ()) -> bool:
        """Whether the order asked for lets a stop stand at a position."""
        units = self._instance.units
        if not units.bound:
            return True
        route = [node.stop for node in nodes if node.stop >= 0]
        among = sum(node.stop >= 0 for node in nodes[:position])
        return among in units.places(route, stop, beside)

    def _added(self, stop: int, vehicles: np.ndarray) -> np.ndarray:
        """Return about what a stop adds in money at each place of routes, infinity where it cannot be."""
        kinds = {self._kind[vehicle] for vehicle in vehicles.tolist()} if len(self._matrices) > 1 else {0}
        width = int(self._size[vehicles].max())
        if len(kinds) == 1:
            return self._added_alike(stop, vehicles, width, kinds.pop())
        added = np.empty((len(vehicles), width))
        of = np.array([self._kind[vehicle] for vehicle in vehicles.tolist()])
        for kind in kinds:
            rows = of == kind
            added[rows] = self._added_alike(stop, vehicles[rows], width, kind)
        return added

    def _added_alike(self, stop: int, vehicles: np.ndarray, width: int, kind: int) -> np.ndarray:
        matrix = self._matrices[kind]
        fields = self._fields[:, vehicles, :width]
        node = self._nodes[int(vehicles[0])][stop]
        place = node.place
        before, after = fields[_BEFORE], fields[_AFTER]
        into, out = matrix.seconds[before, place], matrix.seconds[place, after]
        into_metres, out_metres = matrix.metres[before, place], matrix.metres[place, after]
        fits = np.arange(width) < self._size[vehicles][:, None]
        if self._open:
            nowhere_before, nowhere_after = before == _NOWHERE, after == _NOWHERE
            into = np.where(nowhere_before, 0, into)
            into_metres = np.where(nowhere_before, 0, into_metres)
            out = np.where(nowhere_after, 0, out)
            out_metres = np.where(nowhere_after, 0, out_metres)
        if self._cut_off:
            fits &= (into >= 0) & (out >= 0)
        ready = fields[_LEAVE] + into
        if node.setup:
            ready = ready + np.where(before == place, 0, node.setup)
        begin = ready
        for opens, closes in reversed(node.windows):
            begin = np.where(ready <= closes, np.maximum(ready, opens), begin)
        if node.last < FOREVER:
            fits &= begin <= node.last
        fits &= begin + (node.service + out) <= fields[_BY]
        if len(self._instance.units.of[stop]) == 1:
            delivery, pickup = self._instance.handled[stop]
            for number, axis in enumerate(self._dimensions):
                if delivery[axis]:
                    fits &= fields[_ROOM + 2 * number] >= delivery[axis]
                if pickup[axis]:
                    fits &= fields[_ROOM + 2 * number + 1] >= pickup[axis]
        longer = into + out - fields[_SECONDS] + node.service + _WAITING * (begin - ready)
        further = into_metres + out_metres - fields[_METRES]
        if self._limited:
            rests = self._rests[vehicles][:, :, None]
            counts = not self._instance.stops[stop].fetch
            fits &= (
                (further <= rests[:, 0])
                & (into + out - fields[_SECONDS] <= rests[:, 1])
                & (rests[:, 2] >= counts)
            )
        if self._alike:
            per_metre, per_second = self._rates[0]
        else:
            per_metre, per_second = self._rates[vehicles].T[:, :, None]
        added = per_metre * further + per_second * longer
        if self._overtime:
            over = np.maximum(0, longer - self._rests[vehicles, 3][:, None])
            added += self._overtime_rates[vehicles][:, None] * over
        if node.late_cost and node.windows:
            added += node.late_cost * np.maximum(0, begin - node.windows[-1][1])
        if node.early:
            added += node.early * begin
        idle = [row for row, vehicle in enumerate(vehicles.tolist()) if vehicle not in self.outlines]
        for row in idle:
            added[row] += (
                self._instance.vehicles[int(vehicles[row])].fixed_cost + self._instance.vehicle_price
            )
        if any(self._instance.strangers):
            for row, vehicle in enumerate(vehicles.tolist()):
                if stop in self._instance.strangers[vehicle]:
                    added[row] += self._instance.problem.goals.zone_price
        if self._instance.homes and self._instance.homes[stop] >= 0:
            self._add_changes(added, stop, vehicles)
        if self._instance.promises:
            promise = self._instance.promises[stop]
            if promise is not None:
                arrival = fields[-1] + into
                missed = (arrival < promise.start) | (arrival > promise.end)
                added += self._goals.promise_price * missed
        if self._balance:
            added += self._overlong(vehicles, longer, further)
        added[~fits] = np.inf
        return added

    def _add_changes(self, added: np.ndarray, stop: int, vehicles: np.ndarray) -> None:
        """Add what it costs that a stop is on another vehicle than before, or out of order on its own."""
        home, ranks = self._instance.homes[stop], self._instance.ranks
        elsewhere = vehicles != home
        added += self._goals.vehicle_change_price * elsewhere[:, None]
        if self._goals.position_change_price > 0 and not elsewhere.all():
            homes = self._instance.homes
            nodes = self._nodes_now(home)
            own = [node.stop >= 0 and homes[node.stop] == home for node in nodes]
            kept = lengthening(
                [ranks[node.stop] if of else None for node, of in zip(nodes, own)], ranks[stop]
            )
            (row,) = np.flatnonzero(~elsewhere)
            added[row, : len(kept)] += self._goals.position_change_price * ~np.array(kept)

    def _overlong(self, vehicles: np.ndarray, longer: np.ndarray, further: np.ndarray) -> np.ndarray:
        """Return about what it costs that routes become the longest of all."""
        more = {BALANCE_TIME: longer / 3600, BALANCE_DISTANCE: further / 1000}.get(
            self._balance, np.ones(longer.shape)
        )
        now = np.array(
            [self.outlines[one].length if one in self.outlines else 0.0 for one in vehicles.tolist()]
        )
        return self._balance_price * np.maximum(0.0, now[:, None] + more - self.longest())


def _overtime_rate(who: Vehicle) -> float:
    """Return how much dearer an hour of overtime is."""
    if who.overtime_after is None or who.overtime_cost_per_hour is None:
        return 0.0
    return who.overtime_cost_per_hour - who.cost_per_hour


def _node_of(instance: Instance, index: int, place: int, stop: Stop, service: int) -> _Node:
    windows = tuple((window.start, window.end) for window in stop.windows)
    last = FOREVER
    if windows and stop.late_max is not None:
        last = windows[-1][1] + stop.late_max
    late = stop.late_cost / 3600 if windows and stop.late_max != 0 else 0.0
    early = early_weight(instance, stop) / 3600
    return _Node(index, place, windows, last, stop.setup, service, late, early)


def _left(nodes: list[_Node], places: list[int], seconds: list[int], clock: int) -> list[int]:
    """Return when the start, left at a moment, and each visit after it are left."""
    leave = [clock]
    for node, way, before in zip(nodes, seconds, places):
        clock += way
        if node.setup and before != node.place:
            clock += node.setup
        for opens, closes in node.windows:
            if clock <= closes:
                clock = max(clock, opens)
                break
        clock += node.service
        leave.append(clock)
    return leave


def _latest_arrivals(
    nodes: list[_Node],
    places: list[int],
    seconds: list[int],
    over_by: int,
    begins: list[int] | None = None,
) -> list[int]:
    """Return the latest arrival at each visit, and at the end, with which all is over by then.

    With `begins` those that begin late keep their begin, and no more lateness is added.
    """
    by = [over_by] * (len(nodes) + 1)
    bound = over_by
    for number in range(len(nodes) - 1, -1, -1):
        node = nodes[number]
        latest = bound - seconds[number + 1] - node.service
        if begins is not None and node.windows and begins[number] > node.windows[-1][1]:
            latest = begins[number]
        else:
            last = node.last if begins is None or not node.windows else node.windows[-1][1]
            for opens, closes in reversed(node.windows):
                if opens <= latest:
                    latest = min(latest, max(closes, last))
                    break
                last = -FOREVER
        if node.setup and places[number] != node.place:
            latest -= node.setup
        by[number] = bound = latest
    return by
