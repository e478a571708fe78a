"""A problem in PyVRP's terms, whole or in parts, and the way back. What is represented: see `pyvrp_engine`.

PyVRP casts inf and floats without a word and takes any big number for a time; hence the integers and closed
windows here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pyvrp import (
    Client,
    ClientGroup,
    Depot,
    Location,
    PenaltyParams,
    ProblemData,
    Route,
    Solution,
    VehicleType,
)

from optiway_qgis.engine.solving.grouping import Group
from optiway_qgis.engine.solving.objective import importance
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.travel.provider import UNREACHABLE, Matrix, travel_kind

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.model.problem import Stop, Vehicle, Window

_BLOCKING_HORIZONS = 20
"""A leg without a way takes this many horizons: far beyond every closed window, far from overflow."""

_NO_LIMIT = int(np.iinfo(np.int64).max)

_RULE_UNIT = 100
"""Excess load of one stop on a vehicle that may not serve it: enough for PyVRP to feel at once."""

_REQUIRED_PRIZE = 5
"""What leaving out the least important required stop costs, in routes as dear as a route can be."""

_DEAR = 50_000.0
"""What each unit of a broken rule costs at first in PyVRP. It may cost that much, or more, in any problem."""

_FIRST_SHARES, _LEAST_SHARE = 5.0, 0.05
"""What a stop too much on board costs at first, in shares that a stop has of its vehicle's way out and back;
and the least such share.
"""

_FIRST_TIMES = 100
"""What a second late or a metre too far costs at first, in prices of a second or metre on the way. PyVRP's
own penalties are so high that a search of some seconds never dares to break a rule for a moment.
"""

_LARGEST_SUM = 2.0**61
"""Penalties for all that can be broken at once stay below this, for PyVRP adds them up in 64 bits."""


_SAMPLE = 500
"""Places at the most from which ways are looked at to know how long and how fast they are."""


def drive_kinds(instance: Instance) -> set[str]:
    """Return the kinds of travel whose length is driving time: it is limited for some vehicle, distance for
    none.
    """
    limited = {travel_kind(vehicle) for vehicle in instance.vehicles if vehicle.max_drive is not None}
    by_metres = {travel_kind(vehicle) for vehicle in instance.vehicles if vehicle.max_distance is not None}
    return limited - by_metres


class Penalties(PenaltyParams):
    """What broken rules cost per unit: at first little, so that the search goes its ways, then up to `most`.

    PyVRP's own bounds do not know how large the costs are: where they are larger, breaking rules pays.
    """

    def __init__(self, first: tuple[list[float], float, float], most: float):
        super().__init__(max_penalty=most)
        self._first = first

    def midpoint_penalties(self, data: ProblemData) -> tuple[list[float], float, float]:
        """Return what the search begins with: per unit of each load, second and metre."""
        return self._first

    def dear(self) -> Penalties:
        """Return penalties that begin where PyVRP's own do."""
        loads, _, _ = self._first
        return Penalties(([_DEAR] * len(loads), _DEAR, _DEAR), self.max_penalty)

    def learned(self, ends: list[tuple[list[float], float, float]]) -> Penalties:
        """Return penalties that begin with the mean of those that searches ended with."""
        loads, seconds, metres = zip(*ends)
        means = [float(np.mean(column)) for column in zip(*loads)]
        return Penalties((means, float(np.mean(seconds)), float(np.mean(metres))), self.max_penalty)


Visits = list[list[int]]
"""For each vehicle, by index, the choices it serves, by index (see `Choice`), in the order of service."""


@dataclass(frozen=True)
class Choice:
    """One stop in one of its windows: what PyVRP calls a client."""

    stop: int
    row: int
    early: int
    late: int


class Formulation:
    """A problem in integers and in PyVRP's words; `part` makes of any of it what PyVRP searches over."""

    def __init__(self, instance: Instance, stops: list[int], all_required: bool):
        self.instance = instance
        self.stops = stops
        self.begin, self.horizon = instance.first_shift, instance.horizon
        self.scale = cost_scale(instance.vehicles)
        self.profiles = sorted({travel_kind(vehicle) for vehicle in instance.vehicles})
        self.by_drive = drive_kinds(instance)
        self._locate()
        self.ways = {kind: self._some_ways(instance.travel.matrices[kind]) for kind in self.profiles}
        self.longest = max(int(ways.metres.max()) for ways in self.ways.values())
        self.dearest = self._dearest_route()
        self._load()
        self._prize(all_required)
        self._choose()
        # PyVRP refuses a fleet with a vehicle whose depot is closed all its shift.
        self.kinds = [kind for kind in instance.kinds if instance.can_leave(instance.vehicles[kind[0]])]
        self.types = [self._vehicle_type(instance.vehicles[kind[0]], kind) for kind in self.kinds]
        self.penalties = self._penalties()

    @property
    def everything(self) -> Group:
        """All stops and vehicles."""
        return Group(self.stops, list(range(len(self.instance.vehicles))))

    def part(self, group: Group) -> Part:
        """Return the group as a problem for PyVRP."""
        return Part(self, group)

    def _locate(self) -> None:
        """Make a location per depot and per pair of place and setup: setup is part of the way to a stop."""
        travel, problem = self.instance.travel, self.instance.problem
        places = list(travel.depot_place)
        setups = [0] * len(places)
        self.depots = [
            Depot(index, *self._clip(depot.window), name=depot.id)
            for index, depot in enumerate(problem.depots)
        ]
        self.nowhere = len(places)
        if any(
            vehicle.start_depot is None or vehicle.end_depot is None for vehicle in self.instance.vehicles
        ):
            self.depots.append(Depot(self.nowhere, name="open end"))
            places.append(-1)
            setups.append(0)
        self.depot_locations = len(places)
        known: dict[tuple[int, int], int] = {}
        self.location_of: dict[int, int] = {}
        for index in self.stops:
            key = (travel.stop_place[index], self.instance.stops[index].setup)
            if key not in known:
                known[key] = len(places)
                places.append(key[0])
                setups.append(key[1])
            self.location_of[index] = known[key]
        self.places = np.array(places)
        self.setups = np.array(setups, np.int64)

    def _some_ways(self, matrix: Matrix) -> Matrix:
        """Return the ways to all places from some of them: all there are, or hundreds of a large problem."""
        used = np.unique(self.places[self.places >= 0])
        grid = np.ix_(used[:: -(-len(used) // _SAMPLE)], used)
        return Matrix(matrix.seconds[grid], matrix.metres[grid])

    def _clip(self, window: Window | None) -> tuple[int, int]:
        """Return a window as PyVRP counts: from the first shift's start, closed by the last shift's end."""
        if window is None:
            return 0, self.horizon
        early = min(max(0, window.start - self.begin), self.horizon)
        return early, min(max(early, window.end - self.begin), self.horizon)

    def matrices(self, profile: str, locations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return lengths and durations between locations, depots first; the way to an open end is nothing."""
        matrix = self.instance.travel.matrices[profile]
        places, setups = self.places[locations], self.setups[locations]
        grid = np.ix_(places, places)
        seconds = matrix.seconds[grid].astype(np.int64)
        metres = seconds.copy() if profile in self.by_drive else matrix.metres[grid].astype(np.int64)
        blocked = seconds == UNREACHABLE
        same = places[:, None] == places[None, :]
        same[: self.depot_locations] = False
        seconds += np.where(same, 0, setups[None, :])
        if blocked.any():
            seconds[blocked] = _BLOCKING_HORIZONS * self.horizon
            metres[blocked] = _BLOCKING_HORIZONS * max(1, self.longest)
        nowhere = np.flatnonzero(places < 0)
        metres[nowhere, :] = metres[:, nowhere] = seconds[:, nowhere] = 0
        seconds[nowhere, :] = setups
        np.fill_diagonal(metres, 0)
        np.fill_diagonal(seconds, 0)
        return metres, seconds

    def _load(self) -> None:
        """Lay out the load dimensions: real loads, then a count of stops, then one per vehicle rule."""
        instance = self.instance
        deliveries, pickups = instance.loads(self.stops)
        total = deliveries.sum(axis=0) + pickups.sum(axis=0)
        self.capacities: list[list[int]] = [[] for _ in instance.vehicles]
        columns_out, columns_in = [], []
        for axis in range(instance.problem.dimensions):
            most = int(total[axis])
            caps = [most if limit is None else min(limit, most) for limit in instance.capacities(axis)]
            if min(caps) >= most:
                continue
            unit = int(np.gcd.reduce(np.concatenate([deliveries[:, axis], pickups[:, axis]]))) or 1
            columns_out.append(deliveries[:, axis] // unit)
            columns_in.append(pickups[:, axis] // unit)
            for row, cap in zip(self.capacities, caps):
                row.append(cap // unit)
        counts = [vehicle.max_stops for vehicle in instance.vehicles]
        if any(count is not None and count < len(self.stops) for count in counts):
            columns_out.append(np.ones(len(self.stops), np.int64))
            columns_in.append(np.zeros(len(self.stops), np.int64))
            for row, count in zip(self.capacities, counts):
                row.append(len(self.stops) if count is None else count)
        for barred, members in self._rules().items():
            columns_out.append(np.array([_RULE_UNIT * (index in members) for index in self.stops], np.int64))
            columns_in.append(np.zeros(len(self.stops), np.int64))
            for vehicle, row in enumerate(self.capacities):
                row.append(0 if vehicle in barred else _RULE_UNIT * len(members))
        empty = np.zeros((len(self.stops), 0), np.int64)
        self.delivery = np.stack(columns_out, axis=1).tolist() if columns_out else empty.tolist()
        self.pickup = np.stack(columns_in, axis=1).tolist() if columns_in else empty.tolist()

    def _rules(self) -> dict[frozenset[int], set[int]]:
        """Return, for each set of vehicles that some stops may not be served by, those stops."""
        rules: dict[frozenset[int], set[int]] = {}
        refusals = self.instance.refusals
        for index in self.stops:
            barred = frozenset(vehicle for vehicle, row in enumerate(refusals) if row[index])
            if barred:
                rules.setdefault(barred, set()).add(index)
        return rules

    def _prize(self, all_required: bool) -> None:
        """Fix what leaving a stop out costs; None for a stop that has to be served."""
        stops = [self.instance.stops[index] for index in self.stops]
        weights = [importance(stop) for stop in stops]
        least = min((weight for stop, weight in zip(stops, weights) if stop.penalty is None), default=1.0)
        # The sum of all prizes has to stay exact in PyVRP's floating point costs.
        base = min(_REQUIRED_PRIZE * self.dearest, 2**51 / sum(weight / least for weight in weights))
        self.prizes: list[int | None] = []
        for stop, weight in zip(stops, weights):
            required = None if all_required else round(base * weight / least)
            self.prizes.append(required if stop.penalty is None else round(stop.penalty * self.scale))

    def _dearest_route(self) -> float:
        """Return about the most that a route for one stop costs, in PyVRP's units."""
        return self.scale * max(
            1.0,
            *(
                vehicle.fixed_cost
                + vehicle.cost_per_hour * (vehicle.shift.end - vehicle.shift.start) / 3600
                + vehicle.cost_per_km * 4 * self.longest / 1000
                for vehicle in self.instance.vehicles
            ),
        )

    def points(self, locations: list[int]) -> list[Location]:
        """Return locations with their coordinates; an open end has none."""
        places = self.instance.travel.places
        return [
            Location(*places[place]) if place >= 0 else Location(0, 0) for place in self.places[locations]
        ]

    def _penalties(self) -> Penalties:
        """Let the breach of a rule cost more than what it could gain, as far as PyVRP's integers reach."""
        gain = max(self.dearest, *(prize or 0 for prize in self.prizes))
        legs = len(self.stops) + len(self.instance.vehicles)
        loads = int(np.array(self.delivery, float).sum() + np.array(self.pickup, float).sum())
        excess = max(loads, legs * _BLOCKING_HORIZONS * max(1, self.horizon, self.longest))
        most = max(_DEAR, min(2 * gain, _LARGEST_SUM / excess))
        second, metre = self._way_prices()
        return Penalties((self._first_loads(second), _FIRST_TIMES * second, _FIRST_TIMES * metre), most)

    def _way_prices(self) -> tuple[float, float]:
        """Return what a second and a metre on the way cost, as a mean of all vehicles."""
        speeds = [1.0 if kind in self.by_drive else _mean_speed(self.ways[kind]) for kind in self.profiles]
        prices = [(one.unit_duration_cost, one.unit_distance_cost, speeds[one.profile]) for one in self.types]
        second = np.mean([hour + way * speed for hour, way, speed in prices])
        metre = np.mean([hour / speed + way for hour, way, speed in prices])
        return float(second), float(metre)

    def _first_loads(self, second: float) -> list[float]:
        """Return what a unit too much on board costs at first, for each load dimension.

        A stop too much costs some shares of a vehicle's way out and back, as many as there are stops to share
        it.
        """
        amounts = np.maximum(np.array(self.delivery), np.array(self.pickup))
        room = np.maximum(np.mean(np.array(self.capacities, float), axis=0), 1.0)
        routes = min(len(self.capacities), max(amounts.sum(axis=0) / room, default=1.0))
        depots = np.array(self.instance.travel.depot_place or self.places[:1])
        legs = self.instance.travel.matrices[self.profiles[0]].seconds[np.ix_(depots, self.places)]
        trip = np.mean([one.fixed_cost for one in self.types]) + 2 * float(legs[legs >= 0].mean()) * second
        stop_too_much = _FIRST_SHARES * trip * max(routes / len(self.stops), _LEAST_SHARE)
        return [float(stop_too_much / np.median(column[column > 0])) for column in amounts.T]

    def _choose(self) -> None:
        """Lay out the choices: a stop with several windows has as many, which exclude each other."""
        self.choices: list[Choice] = []
        self.choices_of: dict[int, list[int]] = {}
        for row, index in enumerate(self.stops):
            windows = self._open_windows(self.instance.stops[index])
            self.choices_of[index] = list(range(len(self.choices), len(self.choices) + len(windows)))
            self.choices += [Choice(index, row, early, late) for early, late in windows]

    def client(self, choice: Choice, location: int, group: int | None) -> Client:
        """Return a choice as a client at that location, one of a group if it has rivals."""
        stop, prize = self.instance.stops[choice.stop], self.prizes[choice.row]
        return Client(
            location,
            delivery=self.delivery[choice.row],
            pickup=self.pickup[choice.row],
            service_duration=stop.service,
            tw_early=choice.early,
            tw_late=choice.late,
            prize=prize or 0,
            required=prize is None and group is None,
            group=group,
        )

    def _open_windows(self, stop: Stop) -> list[tuple[int, int]]:
        """Return the stop's windows as far as anybody is at work in them."""
        last = self.begin + self.horizon
        windows = [window for window in stop.windows if window.end >= self.begin and window.start <= last]
        return [self._clip(window) for window in windows] or [(0, self.horizon)]

    def _vehicle_type(self, vehicle: Vehicle, kind: list[int]) -> VehicleType:
        per_metre, per_second = unit_costs(vehicle)
        early, late = self._clip(vehicle.shift)
        kind_of_travel = travel_kind(vehicle)
        length = vehicle.max_drive if kind_of_travel in self.by_drive else vehicle.max_distance
        if kind_of_travel in self.by_drive:
            per_metre *= _mean_speed(self.ways[kind_of_travel])
        free = not any(
            per_metre or per_second for per_metre, per_second in map(unit_costs, self.instance.vehicles)
        )
        return VehicleType(
            num_available=len(kind),
            capacity=self.capacities[kind[0]],
            start_depot=self._depot(vehicle.start_depot),
            end_depot=self._depot(vehicle.end_depot),
            fixed_cost=round(vehicle.fixed_cost * self.scale),
            tw_early=early,
            tw_late=late,
            shift_duration=_NO_LIMIT if vehicle.max_work is None else vehicle.max_work,
            max_distance=_NO_LIMIT if length is None else length,
            # A fleet that costs nothing on the way still had better drive less.
            unit_distance_cost=1 if free else round(per_metre * self.scale),
            unit_duration_cost=round(per_second * self.scale),
            profile=self.profiles.index(kind_of_travel),
        )

    def _depot(self, depot_id: str | None) -> int:
        if depot_id is None:
            return self.nowhere
        return self.instance.depot_index[depot_id]

    def visits(self, sequences: Sequences) -> Visits:
        """Return sequences as visits; each stop in the window it is scheduled in."""
        return [self._timed(vehicle, stops) for vehicle, stops in zip(self.instance.vehicles, sequences)]

    def _timed(self, vehicle: Vehicle, stops: list[int]) -> list[int]:
        choices = [self.choices_of[index] for index in stops]
        if all(len(rivals) == 1 for rivals in choices):
            return [rivals[0] for rivals in choices]
        starts = [begin - self.begin for begin in Timetable(self.instance, vehicle, stops).begin]
        return [
            next((one for one in rivals if start <= self.choices[one].late), rivals[-1])
            for rivals, start in zip(choices, starts)
        ]

    def sequences(self, visits: Visits) -> Sequences:
        """Return the stops of each vehicle in the order of the visits."""
        return [[self.choices[one].stop for one in served] for served in visits]


class Part:
    """Some stops and vehicles of a formulation as a problem for PyVRP, with the same rules and prices."""

    def __init__(self, formulation: Formulation, group: Group):
        self.formulation = formulation
        self.choices = [choice for index in group.stops for choice in formulation.choices_of[index]]
        self._client_of = {choice: client for client, choice in enumerate(self.choices)}
        free = set(group.vehicles)
        kinds = [[vehicle for vehicle in kind if vehicle in free] for kind in formulation.kinds]
        self.kinds = [kind for kind in kinds if kind]
        types = [
            type_.replace(num_available=len(kind)) for type_, kind in zip(formulation.types, kinds) if kind
        ]
        own = sorted({formulation.location_of[formulation.choices[one].stop] for one in self.choices})
        locations = [*range(formulation.depot_locations), *own]
        clients, groups = self._clients({location: place for place, location in enumerate(locations)})
        pairs = [formulation.matrices(profile, np.array(locations)) for profile in formulation.profiles]
        self.data = ProblemData(
            formulation.points(locations),
            clients,
            formulation.depots,
            types,
            [lengths for lengths, _ in pairs],  # type: ignore[misc]  # PyVRP types arrays by their items
            [durations for _, durations in pairs],  # type: ignore[misc]
            groups,
        )

    def _clients(self, place_of: dict[int, int]) -> tuple[list[Client], list[ClientGroup]]:
        formulation = self.formulation
        clients: list[Client] = []
        groups: list[ClientGroup] = []
        for one in self.choices:
            choice = formulation.choices[one]
            rivals = formulation.choices_of[choice.stop]
            if len(rivals) > 1 and one == rivals[0]:
                members = list(range(len(clients), len(clients) + len(rivals)))
                groups.append(ClientGroup(members, required=formulation.prizes[choice.row] is None))
            group = len(groups) - 1 if len(rivals) > 1 else None
            place = place_of[formulation.location_of[choice.stop]]
            clients.append(formulation.client(choice, place, group))
        return clients, groups

    def solution(self, visits: Visits) -> Solution:
        """Return what the part's vehicles do as a solution to start from."""
        routes = [
            Route(self.data, [self._client_of[choice] for choice in visits[vehicle]], number)
            for number, kind in enumerate(self.kinds)
            for vehicle in kind
            if visits[vehicle]
        ]
        return Solution(self.data, routes)

    def visits(self, solution: Solution) -> dict[int, list[int]]:
        """Return the choices that each of the part's vehicles serves."""
        visits: dict[int, list[int]] = {vehicle: [] for kind in self.kinds for vehicle in kind}
        free = [list(kind) for kind in self.kinds]
        for route in solution.routes():
            vehicle = free[route.vehicle_type()].pop(0)
            visits[vehicle] = [self.choices[visit.idx] for visit in route if visit.is_client()]
        return visits


def _mean_speed(matrix: Matrix) -> float:
    """Return the metres per second over all pairs with a way."""
    there = matrix.seconds > 0
    seconds, metres = (int(numbers.sum(where=there)) for numbers in (matrix.seconds, matrix.metres))
    return metres / seconds if metres and seconds else 1.0


def unit_costs(vehicle: Vehicle) -> tuple[float, float]:
    """Return the vehicle's cost per metre and per second."""
    return vehicle.cost_per_km / 1000, vehicle.cost_per_hour / 3600


def cost_scale(vehicles: tuple[Vehicle, ...]) -> float:
    """Return the smallest round factor that makes all unit costs whole numbers to a thousandth of themselves.

    Small integers keep PyVRP's penalties, which are bounded, in proportion to the costs.
    """
    values = [cost for vehicle in vehicles for cost in unit_costs(vehicle) if cost > 0]
    if not values:
        return 1e6
    for exponent in range(-3, 7):
        for digit in (1, 2, 5):
            scale = digit * 10.0**exponent
            if all(abs(round(cost * scale) - cost * scale) <= 1e-3 * cost * scale for cost in values):
                return scale
    return 1e7
