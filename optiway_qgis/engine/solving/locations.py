"""Where PyVRP drives: locations, and lengths and durations between them for each way of travelling.

Beside the way itself the durations hold setup, service beyond that of the quickest driver and loading by the
unit; the lengths may hold the price of stops in strange zones, or on other vehicles than before. A leg that
no route can keep has no way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pyvrp import Location

from optiway_qgis.engine.solving.prices import cost_scale, unit_costs, way_is_free
from optiway_qgis.engine.travel.provider import UNREACHABLE, Matrix, travel_kind
from optiway_qgis.model.problem import LOAD_SCALE, ORDER_EARLY, ORDER_FREE, ORDER_STRICT, service_time

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.model.problem import Vehicle

BLOCKING_HORIZONS = 20
"""A leg without a way takes this many horizons: far beyond every closed window, far from overflow."""

_SAMPLE = 500
"""Places at the most from which ways are looked at to know how long and how fast they are."""

_MOST_ENTRIES = 40_000_000
"""Where the tables of all profiles together would have more, strange zones and vehicles have no price in
them.
"""

_NOBODY = -1


class Profile(NamedTuple):
    """What makes the tables of vehicles differ.

    `by_drive`: lengths are seconds of driving; with `drive_metres` above 0 a second of it is at least so many
    metres long. `service_factor` is 1 where all drivers take equally long, `load_per_unit` 0 where nothing is
    loaded by the unit. Each stop outside `zones`, where any are given, makes the way longer by
    `zone_length`, and each that another vehicle than `own` served before by `change_length`; with `no_length`
    nothing else has a length.
    """

    kind: str
    by_drive: bool = False
    drive_metres: float = 0.0
    service_factor: float = 1.0
    load_per_unit: float = 0.0
    lifo: bool = False
    zones: tuple[str, ...] = ()
    zone_length: int = 0
    own: int = _NOBODY
    change_length: int = 0
    no_length: bool = False


def drive_kinds(instance: Instance) -> set[str]:
    """Return the kinds of travel whose length is driving time: it is limited for some vehicle, distance for
    none.
    """
    limited = {travel_kind(vehicle) for vehicle in instance.vehicles if vehicle.max_drive is not None}
    by_metres = {travel_kind(vehicle) for vehicle in instance.vehicles if vehicle.max_distance is not None}
    return limited - by_metres


def tells_changes(instance: Instance, stops: int) -> bool:
    """Whether lengths hold what it costs that stops change their vehicles: tables for each vehicle are not to
    be too much to ask for.
    """
    priced = instance.problem.goals.vehicle_change_price > 0
    return priced and 0 < len(set(instance.homes)) * stops**2 <= _MOST_ENTRIES


class Locations:
    """The locations of an instance over `stops`: depots first, then one for all stops that are alike there.

    `of` gives the location of each stop, `places` the place of each location, -1 for that of open ends.
    """

    def __init__(self, instance: Instance, stops: list[int], horizon: int):
        self._instance = instance
        self._horizon = horizon
        self._by_drive = drive_kinds(instance)
        # One vehicle for each pace that drivers serve at.
        self._paces = {vehicle.service_factor: vehicle for vehicle in instance.vehicles}
        self._loads_by_unit = any(
            depot is not None and depot.load_per_unit
            for depot in (instance.depot(vehicle.start_depot) for vehicle in instance.vehicles)
        )
        self._lifo = instance.units.paired and any(vehicle.lifo for vehicle in instance.vehicles)
        self._classes = {name for pair in instance.problem.incompatible for name in pair}
        self._zones = self._zones_are_priced(len(stops))
        self._homes = instance.homes if tells_changes(instance, len(stops)) else []
        self._locate(stops)
        self.profiles = sorted({self.profile(vehicle) for vehicle in instance.vehicles})
        self.ways = {
            kind: self._some_ways(instance.travel.matrices[kind])
            for kind in sorted({profile.kind for profile in self.profiles})
        }
        self.longest = max(int(ways.metres.max()) for ways in self.ways.values())
        self._barred = self._barred_legs()

    def _locate(self, stops: list[int]) -> None:
        """Give each stop its location; setup is part of the way to it."""
        travel, instance = self._instance.travel, self._instance
        places = list(travel.depot_place)
        self.nowhere = len(places)
        if any(vehicle.start_depot is None or vehicle.end_depot is None for vehicle in instance.vehicles):
            places.append(-1)
        self.depots = len(places)
        known: dict[Hashable, int] = {}
        self.of: dict[int, int] = {}
        self._first: list[int] = []
        for index in stops:
            key = (travel.stop_place[index], instance.stops[index].setup, *self._apart(index))
            if key not in known:
                known[key] = len(places)
                places.append(travel.stop_place[index])
                self._first.append(index)
            self.of[index] = known[key]
        self.places = np.array(places)
        self._setups = self._column([instance.stops[index].setup for index in self._first])
        self._loading = self._column([self._units_loaded(index) for index in self._first])

    def _column(self, values: list[int]) -> np.ndarray:
        """Return one number per location from those of the locations of stops; 0 for depots."""
        return np.array([0] * self.depots + values, np.int64)

    def _apart(self, index: int) -> tuple[Hashable, ...]:
        """Return what else keeps stops at one place from sharing a location."""
        stop, units = self._instance.stops[index], self._instance.units
        alone = (
            (len(self._paces) > 1 and stop.service > 0)
            or (self._loads_by_unit and self._units_loaded(index) > 0)
            or (self._lifo and len(units.of[index]) > 1)
        )
        parts: list[Hashable] = [index] if alone else []
        if index in units.bound:
            parts.append(self._role(index))
        if stop.goods_class in self._classes:
            parts.append(stop.goods_class)
        if self._zones:
            parts.append(stop.zones)
        if self._homes:
            parts.append(self._homes[index])
        return tuple(parts)

    def _role(self, index: int) -> Hashable:
        """Return what the order of the stop on a route depends on; equal for those that are alike in it."""
        stop = self._instance.stops[index]
        rule = "" if stop.order_rule in (ORDER_FREE, ORDER_EARLY) else stop.order_rule
        rank = stop.order_rank if stop.order_rule == ORDER_STRICT else 0
        units = self._instance.units
        related = index if stop.before or units.needs(units.of[index]) else -1
        return rule, rank, stop.keep, stop.keep_rank if stop.keep else 0, stop.fetch, related

    def _units_loaded(self, index: int) -> int:
        """Return the thousandths of a unit that are loaded at a depot for a stop."""
        paired = len(self._instance.units.of[index]) > 1
        return 0 if paired else sum(self._instance.stops[index].delivery[:1])

    def _zones_are_priced(self, stops: int) -> bool:
        """Whether vehicles have zones that are no rule, and tables for each are not too much to ask."""
        zones = {
            vehicle.zones for vehicle in self._instance.vehicles if vehicle.zones and not vehicle.zone_hard
        }
        priced = self._instance.problem.goals.zone_price > 0
        return priced and 0 < len(zones) * stops**2 <= _MOST_ENTRIES

    def profile(self, vehicle: Vehicle) -> Profile:
        """Return the profile of a vehicle."""
        kind, depot = travel_kind(vehicle), self._instance.depot(vehicle.start_depot)
        by_drive = kind in self._by_drive or (vehicle.max_distance is None and vehicle.max_drive is not None)
        metres_per_second = 0.0
        if vehicle.max_distance is not None and vehicle.max_drive is not None:
            metres_per_second = vehicle.max_distance / max(1, vehicle.max_drive)
        plain = Profile(
            kind,
            by_drive,
            metres_per_second,
            vehicle.service_factor if len(self._paces) > 1 else 1.0,
            depot.load_per_unit if depot and self._loads_by_unit else 0.0,
            self._lifo and vehicle.lifo,
        )
        limited = vehicle.max_distance is not None or by_drive
        zoned = self._zones and vehicle.zones and not vehicle.zone_hard
        if limited or not (zoned or self._homes):
            return plain
        vehicles, goals = self._instance.vehicles, self._instance.problem.goals
        scale = cost_scale(vehicles)
        metre = 1 if way_is_free(vehicles) else round(unit_costs(vehicle)[0] * scale)
        if zoned:
            length = round(goals.zone_price * scale / (metre or 1))
            plain = plain._replace(zones=vehicle.zones, zone_length=length)
        if self._homes:
            number = self._instance.vehicle_index[vehicle.id]
            own = number if number in self._homes else _NOBODY
            length = round(goals.vehicle_change_price * scale / (metre or 1))
            plain = plain._replace(own=own, change_length=length)
        return plain._replace(no_length=not metre)

    def service(self, index: int) -> int:
        """Return the seconds of service that every driver takes at a stop, if not more."""
        stop = self._instance.stops[index]
        return min(service_time(vehicle, stop) for vehicle in self._paces.values())

    def points(self, locations: Sequence[int]) -> list[Location]:
        """Return locations with their coordinates; an open end has none."""
        places = self._instance.travel.places
        return [
            Location(*places[place]) if place >= 0 else Location(0, 0) for place in self.places[locations]
        ]

    def _some_ways(self, matrix: Matrix) -> Matrix:
        """Return the ways to all places from some of them: all there are, or hundreds of a large problem."""
        used = np.unique(self.places[self.places >= 0])
        grid = np.ix_(used[:: -(-len(used) // _SAMPLE)], used)
        return Matrix(matrix.seconds[grid], matrix.metres[grid])

    def matrices(self, profile: Profile, locations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return lengths and durations between locations, depots first; the way to an open end is nothing."""
        matrix = self._instance.travel.matrices[profile.kind]
        places, setups = self.places[locations], self._setups[locations]
        grid = np.ix_(places, places)
        seconds = matrix.seconds[grid].astype(np.int64)
        metres = seconds.copy() if profile.by_drive else matrix.metres[grid].astype(np.int64)
        if profile.drive_metres:
            metres = np.maximum(metres, np.ceil(profile.drive_metres * seconds).astype(np.int64))
        blocked = seconds == UNREACHABLE
        if self._barred is not None:
            blocked |= self._barred[np.ix_(locations, locations)]
        if profile.lifo:
            blocked |= self._out_of_turn(locations)
        same = places[:, None] == places[None, :]
        same[: self.depots] = False
        seconds += np.where(same, 0, setups[None, :])
        if profile.no_length:
            metres[:] = 0
        if blocked.any():
            seconds[blocked] = BLOCKING_HORIZONS * self._horizon
            metres[blocked] = BLOCKING_HORIZONS * max(1, self.longest)
        nowhere = np.flatnonzero(places < 0)
        metres[nowhere, :] = metres[:, nowhere] = seconds[:, nowhere] = 0
        seconds[nowhere, :] = setups
        if profile.zones:
            metres += profile.zone_length * self._outside(profile.zones, locations)[None, :]
        if profile.change_length:
            metres += profile.change_length * self._elsewhere(profile.own, locations)[None, :]
        if len(self._paces) > 1:
            seconds += self._beyond(profile.service_factor, locations)[:, None]
        if profile.load_per_unit:
            rate = round(1000 * profile.load_per_unit)
            seconds += (self._loading[locations] * rate // (1000 * LOAD_SCALE))[None, :]
        np.fill_diagonal(metres, 0)
        np.fill_diagonal(seconds, 0)
        return metres, seconds

    def _firsts(self, locations: np.ndarray) -> list[int]:
        """Return for each of the locations the first stop there, -1 for depots."""
        return [self._first[one - self.depots] if one >= self.depots else -1 for one in locations.tolist()]

    def _beyond(self, factor: float, locations: np.ndarray) -> np.ndarray:
        """Return what a driver of that pace takes for service longer than the quickest, by location."""
        stops, driver = self._instance.stops, self._paces[factor]
        return np.array(
            [
                0 if one < 0 else service_time(driver, stops[one]) - self.service(one)
                for one in self._firsts(locations)
            ]
        )

    def _outside(self, zones: tuple[str, ...], locations: np.ndarray) -> np.ndarray:
        """Return 1 for each location that lies in none of the zones, 0 for others and for depots."""
        stops = self._instance.stops
        return np.array(
            [one >= 0 and not set(zones).intersection(stops[one].zones) for one in self._firsts(locations)],
            np.int64,
        )

    def _elsewhere(self, own: int, locations: np.ndarray) -> np.ndarray:
        """Return 1 for each location whose stops another vehicle served before, 0 for others and depots."""
        homes = self._homes
        return np.array(
            [one >= 0 and homes[one] not in (own, _NOBODY) for one in self._firsts(locations)], np.int64
        )

    def _out_of_turn(self, locations: np.ndarray) -> np.ndarray:
        """Return the legs from a pickup to the delivery of another pair: that would not be last in, first
        out.
        """
        picked, left = np.full(len(locations), -1), np.full(len(locations), -1)
        for row, one in enumerate(self._firsts(locations)):
            pair = self._instance.units.of[one] if one >= 0 else ()
            if len(pair) > 1:
                (picked if pair[0] == one else left)[row] = pair[0]
        return (picked[:, None] >= 0) & (left[None, :] >= 0) & (picked[:, None] != left[None, :])

    def _barred_legs(self) -> np.ndarray | None:
        """Return the legs between locations that break a rule by themselves, None where there are none.

        These lead to a stop that comes first, or join goods that do not go together. With stops in between
        they may break these rules, too: that is for the scheduler to tell.
        """
        stops, units = self._instance.stops, self._instance.units
        kinds: dict[Hashable, int] = {}
        kind_of = np.zeros(len(self.places), np.int64)
        examples: list[int] = []
        for row, index in enumerate(self._first):
            goods = stops[index].goods_class
            role = self._role(index) if index in units.bound else None
            key = role, goods if goods in self._classes else ""
            if key not in kinds:
                kinds[key] = len(examples)
                examples.append(index)
            kind_of[self.depots + row] = kinds[key]
        forbidden = {frozenset(pair) for pair in self._instance.problem.incompatible}
        barred = np.array(
            [
                [
                    (units.precedes(second, first) and units.of[first] != units.of[second])
                    or frozenset((stops[first].goods_class, stops[second].goods_class)) in forbidden
                    for second in examples
                ]
                for first in examples
            ]
        )
        if not barred.any():
            return None
        table = barred[np.ix_(kind_of, kind_of)]
        table[: self.depots] = table[:, : self.depots] = False
        return table
