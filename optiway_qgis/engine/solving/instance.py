"""A problem joined with its travel table and indexed: what the engines and the scheduler work on.

Indices are positions in the problem's tuples. Nothing is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving.driving import Legs
from optiway_qgis.engine.solving.steps import FOREVER, Step
from optiway_qgis.engine.solving.units import Units
from optiway_qgis.engine.travel.provider import travel_kind
from optiway_qgis.model.plan import VISIT_END, VISIT_START, VISIT_STOP
from optiway_qgis.model.problem import (
    ORDER_EARLY,
    ORDER_FIRST,
    ORDER_LAST,
    ORDER_STRICT,
    Window,
    may_serve,
    service_time,
)

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Matrix, Travel
    from optiway_qgis.model.problem import Depot, Problem, Stop, Vehicle

Sequences = list[list[int]]
"""For each vehicle, by index, the indices of its stops in the order of service."""


@dataclass(frozen=True)
class Instance:
    """One problem with its travel table."""

    problem: Problem
    travel: Travel

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The stops of the problem."""
        return self.problem.stops

    @property
    def vehicles(self) -> tuple[Vehicle, ...]:
        """The vehicles of the problem."""
        return self.problem.vehicles

    @cached_property
    def stop_index(self) -> dict[str, int]:
        """Index by stop id."""
        return {stop.id: index for index, stop in enumerate(self.problem.stops)}

    @cached_property
    def vehicle_index(self) -> dict[str, int]:
        """Index by vehicle id."""
        return {vehicle.id: index for index, vehicle in enumerate(self.problem.vehicles)}

    @cached_property
    def depot_index(self) -> dict[str, int]:
        """Index by depot id."""
        return {depot.id: index for index, depot in enumerate(self.problem.depots)}

    def depot(self, depot_id: str | None) -> Depot | None:
        """Return the depot of that id, None for an open end."""
        return None if depot_id is None else self.problem.depots[self.depot_index[depot_id]]

    def depot_place(self, depot_id: str) -> int:
        """Return the place of the depot of that id."""
        return self.travel.depot_place[self.depot_index[depot_id]]

    def matrix(self, vehicle: Vehicle) -> Matrix:
        """Return the vehicle's travel table; where times depend on the hour the least of each pair."""
        return self.travel.matrices[travel_kind(vehicle)]

    def legs(self, vehicle: Vehicle) -> Legs | None:
        """Return the vehicle's legs by the hour, None where times do not depend on it."""
        return self._legs[travel_kind(vehicle)] if self._legs else None

    @cached_property
    def _legs(self) -> dict[str, Legs]:
        slots = self.travel.slots
        return {kind: Legs(slots, kind) for kind in slots[0].matrices} if slots else {}

    @cached_property
    def refusals(self) -> list[list[str]]:
        """For each vehicle and stop the reason code of `may_serve`, "" where it may."""
        rows: dict[tuple[object, ...], list[str]] = {}
        named = {stop.vehicle_id for stop in self.stops}
        named.update(name for stop in self.stops for name in stop.allowed_vehicles + stop.forbidden_vehicles)
        table = []
        for vehicle in self.vehicles:
            # Vehicles that no stop names differ only by their skills and zones.
            zones = vehicle.zones if vehicle.zone_hard else ()
            key = (vehicle.id,) if vehicle.id in named else ("", vehicle.skills, zones)
            if key not in rows:
                rows[key] = [may_serve(vehicle, stop) for stop in self.stops]
            table.append(rows[key])
        return table

    @cached_property
    def units(self) -> Units:
        """Which stops are served together and which come before which."""
        return Units(self.stops)

    @cached_property
    def kinds(self) -> list[list[int]]:
        """Vehicles, by index, grouped so that those of a group can stand in for each other."""
        groups: dict[tuple, list[int]] = {}
        homes = set(self.homes)
        for index, vehicle in enumerate(self.vehicles):
            own = index if index in homes else -1
            key = (replace(vehicle, id="", driver=""), tuple(self.refusals[index]), own)
            groups.setdefault(key, []).append(index)
        return list(groups.values())

    @cached_property
    def homes(self) -> list[int]:
        """For each stop the vehicle, by index, that serves it in the plan before and still may, else -1.

        Empty where it costs nothing to change that plan's vehicles or their order.
        """
        goals = self.problem.goals
        if goals.vehicle_change_price <= 0 and goals.position_change_price <= 0:
            return []
        found = [
            self.vehicle_index.get(stop.planned.vehicle_id, -1) if stop.planned else -1 for stop in self.stops
        ]
        found = [
            home if home >= 0 and not self.refusals[home][stop] else -1 for stop, home in enumerate(found)
        ]
        return found if max(found, default=-1) >= 0 else []

    @cached_property
    def ranks(self) -> list[int]:
        """The rank of each stop among those of its vehicle in the plan before, 0 where it was not in it."""
        return [stop.planned.rank if stop.planned else 0 for stop in self.stops]

    @cached_property
    def promises(self) -> list[Window | None]:
        """For each stop when it may be arrived at as promised, None at any time; empty where it costs nothing
        to miss that.
        """
        goals = self.problem.goals
        if goals.promise_price <= 0 or not any(stop.planned for stop in self.stops):
            return []
        give = goals.promise_tolerance
        return [
            Window(stop.planned.eta - give, stop.planned.eta + give) if stop.planned else None
            for stop in self.stops
        ]

    @cached_property
    def minds_changes(self) -> bool:
        """Whether it costs anything to change the plan before."""
        return bool(self.homes or self.promises)

    @cached_property
    def horizon(self) -> int:
        """Seconds from the start of the first shift to the end of the last one."""
        return max(vehicle.shift.end for vehicle in self.vehicles) - self.first_shift

    @cached_property
    def first_shift(self) -> int:
        """When the first shift of the fleet starts."""
        return min(vehicle.shift.start for vehicle in self.vehicles)

    def earliest_departure(self, vehicle: Vehicle) -> int:
        """Return the first moment that shift and depot let the vehicle leave."""
        depot = self.depot(vehicle.start_depot)
        start = vehicle.shift.start
        return max(start, depot.window.start) if depot and depot.window else start

    def can_leave(self, vehicle: Vehicle) -> bool:
        """Whether the depots at both ends are open at some moment of the vehicle's shift."""
        windows = [
            depot.window for depot in map(self.depot, (vehicle.start_depot, vehicle.end_depot)) if depot
        ]
        return all(
            window.start <= vehicle.shift.end and vehicle.shift.start <= window.end
            for window in windows
            if window
        )

    @cached_property
    def early_count(self) -> int:
        """Number of stops that wish to be served early."""
        return sum(stop.order_rule == ORDER_EARLY for stop in self.stops)

    @cached_property
    def has_soft(self) -> bool:
        """Whether service may begin late at any stop."""
        return any(stop.windows and stop.late_max != 0 for stop in self.stops)

    @cached_property
    def strangers(self) -> list[frozenset[int]]:
        """For each vehicle the stops that lie outside its zones and that it may serve at a price."""
        soft = {vehicle.zones for vehicle in self.vehicles if vehicle.zones and not vehicle.zone_hard}
        outside = {
            zones: frozenset(
                index for index, stop in enumerate(self.stops) if not set(zones).intersection(stop.zones)
            )
            for zones in soft
        }
        return [
            outside[one.zones] if one.zones and not one.zone_hard else frozenset() for one in self.vehicles
        ]

    @cached_property
    def balanced(self) -> bool:
        """Whether the longest route is to be short."""
        return bool(self.problem.goals.balance) and self.problem.goals.balance_price > 0

    @cached_property
    def vehicle_price(self) -> float:
        """What each vehicle used costs where few are wished for: more than any route could."""
        if not self.problem.goals.fewest_vehicles:
            return 0.0
        return 1.0 + max(self._dearest(vehicle) for vehicle in self.vehicles)

    def _dearest(self, vehicle: Vehicle) -> float:
        """Return what a route of the vehicle costs at most."""
        hours = (vehicle.shift.end - vehicle.shift.start) / 3600
        metres = vehicle.max_distance
        if metres is None:
            metres = int(self.matrix(vehicle).metres.max()) * (len(self.stops) + vehicle.max_trips)
        rate = max(vehicle.cost_per_hour, vehicle.overtime_cost_per_hour or 0.0)
        return vehicle.fixed_cost + hours * rate + metres / 1000 * vehicle.cost_per_km

    @cached_property
    def has_strict(self) -> bool:
        """Whether any stops are ranked."""
        return any(stop.order_rule == ORDER_STRICT for stop in self.stops)

    @cached_property
    def pickup_of(self) -> dict[int, int]:
        """The pickup of each pair by its delivery."""
        index = self.stop_index
        return {
            number: index[stop.picked_up_at]
            for number, stop in enumerate(self.stops)
            if stop.picked_up_at in index
        }

    @cached_property
    def delivery_of(self) -> dict[int, int]:
        """The delivery of each pair by its pickup."""
        return {pickup: delivery for delivery, pickup in self.pickup_of.items()}

    @cached_property
    def predecessors(self) -> dict[int, frozenset[int]]:
        """For each stop that others name in `before` these others: they come before it on its route."""
        found: dict[int, set[int]] = {}
        for number, stop in enumerate(self.stops):
            for name in stop.before:
                if name in self.stop_index:
                    found.setdefault(self.stop_index[name], set()).add(number)
        return {number: frozenset(others) for number, others in found.items()}

    @cached_property
    def clashes(self) -> dict[str, frozenset[str]]:
        """For each class of goods those it may not be on a trip with; only of goods that stops have."""
        found: dict[str, set[str]] = {}
        classes = {stop.goods_class for stop in self.stops}
        for one, other in self.problem.incompatible:
            if classes.issuperset((one, other)):
                found.setdefault(one, set()).add(other)
                found.setdefault(other, set()).add(one)
        return {one: frozenset(others) for one, others in found.items()}

    @cached_property
    def has_first_or_last(self) -> bool:
        """Whether any stops come before all others, or after."""
        return any(stop.order_rule in (ORDER_FIRST, ORDER_LAST) for stop in self.stops)

    @cached_property
    def has_kept(self) -> bool:
        """Whether any stops are kept in their places."""
        return any(stop.keep for stop in self.stops)

    @cached_property
    def has_rides(self) -> bool:
        """Whether any ride times are limited."""
        return any(stop.ride_max is not None for stop in self.stops)

    @cached_property
    def has_ready(self) -> bool:
        """Whether any goods are not ready from the beginning."""
        return any(stop.ready is not None for stop in self.stops)

    @cached_property
    def has_due(self) -> bool:
        """Whether any goods have to be back by a time."""
        return any(stop.due is not None for stop in self.stops)

    @cached_property
    def has_reloads(self) -> bool:
        """Whether any vehicle may make several trips."""
        return any(vehicle.max_trips > 1 for vehicle in self.vehicles)

    @cached_property
    def has_docks(self) -> bool:
        """Whether vehicles may have to wait for each other at a depot."""
        return any(
            depot.docks is not None and (depot.load or depot.load_per_unit) for depot in self.problem.depots
        )

    @cached_property
    def takes_long(self) -> bool:
        """Whether routes take long to be timed: where to reload and rest has to be found for each."""
        return self.has_reloads or any(vehicle.breaks for vehicle in self.vehicles)

    @cached_property
    def has_setup(self) -> bool:
        """Whether setup is due anywhere."""
        return any(stop.setup for stop in self.stops)

    def start_step(self, depot_id: str) -> Step:
        """Return the step of leaving a depot without loading anything."""
        return self._depot_steps[depot_id][0]

    def end_step(self, depot_id: str) -> Step:
        """Return the step of coming back to a depot."""
        return self._depot_steps[depot_id][1]

    @cached_property
    def _depot_steps(self) -> dict[str, tuple[Step, Step]]:
        found = {}
        for depot, place in zip(self.problem.depots, self.travel.depot_place):
            opened: tuple[Window, ...] = ()
            closed: tuple[Window, ...] = ()
            if depot.window:
                opened = (Window(depot.window.start, FOREVER),)
                closed = (Window(-FOREVER, depot.window.end),)
            found[depot.id] = (
                Step(VISIT_START, depot.id, place, limits=closed),
                Step(VISIT_END, depot.id, place, windows=opened, limits=closed),
            )
        return found

    def stop_steps(self, vehicle: Vehicle) -> tuple[list[Step], list[Step]]:
        """Return the steps of all stops, by index, as the vehicle serves them: with setup, and without."""
        factor = vehicle.service_factor
        if factor not in self._stop_steps:
            own = [
                self._stop_step(index, service_time(vehicle, stop)) for index, stop in enumerate(self.stops)
            ]
            bare = [replace(step, setup=0) if step.setup else step for step in own]
            self._stop_steps[factor] = own, bare
        return self._stop_steps[factor]

    @cached_property
    def _stop_steps(self) -> dict[float, tuple[list[Step], list[Step]]]:
        """The steps of the stops by service factor, as far as they were asked for."""
        return {}

    def _stop_step(self, index: int, service: int) -> Step:
        stop = self.stops[index]
        windows = limits = stop.windows
        if windows and stop.late_max != 0:
            last = FOREVER if stop.late_max is None else windows[-1].end + stop.late_max
            limits = (*windows[:-1], Window(windows[-1].start, last))
        place = self.travel.stop_place[index]
        return Step(VISIT_STOP, stop.id, place, index, windows, limits, stop.setup, service)

    @cached_property
    def loaded(self) -> list[list[int]]:
        """What each stop, by index, has put on board at the depot, per dimension: its delivery, or nothing if
        that is picked up at another stop.
        """
        return [
            [0 if stop.picked_up_at else off[axis] for stop, (off, _) in zip(self.stops, self.handled)]
            for axis in range(self.problem.dimensions)
        ]

    @cached_property
    def taken_on(self) -> list[list[int]]:
        """By how much each stop, by index, raises the load on board, per dimension."""
        return [[on[axis] - off[axis] for off, on in self.handled] for axis in range(self.problem.dimensions)]

    @cached_property
    def has_second_windows(self) -> bool:
        """Whether any stop has several windows."""
        return any(len(stop.windows) > 1 for stop in self.stops)

    @cached_property
    def handled(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Delivery and pickup of each stop, filled up with 0 to one number per dimension."""
        size = self.problem.dimensions
        return [(_filled(stop.delivery, size), _filled(stop.pickup, size)) for stop in self.stops]

    def capacities(self, axis: int) -> list[int | None]:
        """Return the capacity of each vehicle in one load dimension, None for unlimited."""
        return [vehicle.capacity[axis] if axis < len(vehicle.capacity) else None for vehicle in self.vehicles]

    def loads(self, stops: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return deliveries and pickups of stops: two int64 arrays of shape (stops, dimensions)."""
        shape = (2, len(stops), self.problem.dimensions)
        delivery, pickup = np.array(
            [[self.handled[index][way] for index in stops] for way in (0, 1)], np.int64
        ).reshape(shape)
        return delivery, pickup


def _filled(amounts: tuple[int, ...], size: int) -> tuple[int, ...]:
    return amounts + (0,) * (size - len(amounts))
