"""The adapter to PyVRP: the main engine, for all it can represent.

Represented exactly: fleets, several depots, open ends, loads (delivered and picked up), windows (also
several), shifts and depot hours, working time, number of stops, distance or driving time per vehicle, skills
and vehicle rules, costs, optional stops. Left out, so that the answer is that of a relaxed problem (see
`keeps_rules`): ranked order, and driving time limits where there are distance limits too. Only the order of
stops is taken from PyVRP, never its times.

PyVRP limits one length per route. Where driving time is limited and distance is not, driving time is that
length; the cost per kilometre is then charged at the mean speed.

PyVRP casts inf and floats without a word and takes any big number for a time; hence the integers and closed
windows here.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from pyvrp import (
    Client,
    ClientGroup,
    Depot,
    Location,
    PenaltyManager,
    PenaltyParams,
    ProblemData,
    RandomNumberGenerator,
    Route,
    Solution,
    SolveParams,
    VehicleType,
    solve,
)
from pyvrp.IteratedLocalSearch import (
    IteratedLocalSearch,
    IteratedLocalSearchCallbacks,
    IteratedLocalSearchParams,
)
from pyvrp.search import OPERATORS, LocalSearch, compute_neighbours

from optiway_qgis.engine.solving.objective import importance
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.travel.provider import UNREACHABLE, travel_kind

if TYPE_CHECKING:
    from pyvrp.Result import Result

    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.model.problem import Stop, Vehicle, Window

NAME = f"PyVRP {version('pyvrp')}"

_BLOCKING_HORIZONS = 20
"""A leg without a way takes this many horizons: far beyond every closed window, far from overflow."""

_NO_LIMIT = int(np.iinfo(np.int64).max)

_RULE_UNIT = 100
"""Excess load of one stop on a vehicle that may not serve it: enough for PyVRP to feel at once."""

_REQUIRED_PRIZE = 5
"""What leaving out the least important required stop costs, in routes as dear as a route can be."""

_FIRST_PENALTY = 50_000.0
"""What each unit of a broken rule costs at first at the least, PyVRP's own; the search adapts it."""

_FIRST_SHARE = 0.02
"""What a stop too much on board costs at first, in routes as dear as can be: more finds worse plans."""

_LARGEST_SUM = 2.0**61
"""Penalties for all that can be broken at once stay below this, for PyVRP adds them up in 64 bits."""


def keeps_rules(instance: Instance) -> bool:
    """Whether a feasible answer keeps all rules of the problem, or only those of a relaxed one."""
    by_drive = _drive_kinds(instance)
    unseen = any(
        vehicle.max_drive is not None and travel_kind(vehicle) not in by_drive
        for vehicle in instance.vehicles
    )
    return not (unseen or instance.has_strict)


def _drive_kinds(instance: Instance) -> set[str]:
    """Return the kinds of travel whose length is driving time: it is limited for some vehicle, distance for
    none.
    """
    limited = {travel_kind(vehicle) for vehicle in instance.vehicles if vehicle.max_drive is not None}
    by_metres = {travel_kind(vehicle) for vehicle in instance.vehicles if vehicle.max_distance is not None}
    return limited - by_metres


@dataclass(frozen=True)
class Answer:
    """Sequences found, whether PyVRP holds them free of broken rules, and the objective it minimised."""

    sequences: Sequences
    feasible: bool
    value: float


def search(
    instance: Instance,
    stops: list[int],
    clock: Clock,
    seed: int,
    *,
    all_required: bool,
    start: Sequences | None = None,
    threads: int = 1,
) -> Answer:
    """Search for the best sequences over `stops` until the clock says stop.

    With `all_required` every stop without a penalty has to be served, or there is no feasible answer;
    without, each may be left out at a price by its importance. Several threads search with seeds of their
    own.
    """
    formulation = _Formulation(instance, stops, all_required)
    initial = None if start is None else _improved(formulation, formulation.solution(start), seed)

    def run(own_seed: int) -> Solution:
        watch = _Watch(clock, formulation.scale)
        params = SolveParams(IteratedLocalSearchParams(callbacks=watch), formulation.penalties)
        result = solve(formulation.data, watch, own_seed, False, False, params, initial)
        return result.best

    if threads == 1:
        found = [run(seed)]
    else:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(run, range(seed, seed + threads)))
    best = min(found, key=lambda solution: (not solution.is_feasible(), _value(solution)))
    return Answer(formulation.sequences(best), best.is_feasible(), _value(best) / formulation.scale)


def _improved(formulation: _Formulation, solution: Solution, seed: int) -> Solution:
    """Return a local optimum near the solution among those that keep the rules, to begin the search with.

    PyVRP does the same to a start of its own making, but not to one it is given.
    """
    data, penalties = formulation.data, formulation.penalties
    local_search = LocalSearch(data, RandomNumberGenerator(seed), compute_neighbours(data))
    for operator in OPERATORS:
        if operator.supports(data):
            local_search.add_operator(operator(data))
    strict = PenaltyManager(penalties.midpoint_penalties(data), penalties).max_cost_evaluator()
    optimum = local_search(solution, strict, exhaustive=True)
    return optimum if optimum.is_feasible() else solution


def _value(solution: Solution) -> int:
    return _cost(solution) + solution.uncollected_prizes()


def _cost(solution: Solution) -> int:
    return solution.distance_cost() + solution.duration_cost() + solution.fixed_vehicle_cost()


class _Watch(IteratedLocalSearchCallbacks):
    """Stopping criterion and listener of one search; the clock is shared with the other threads."""

    _lock = threading.Lock()

    def __init__(self, clock: Clock, scale: float):
        self._clock = clock
        self._scale = scale
        self._iterations = -1

    def __call__(self, best_cost: int) -> bool:
        self._iterations += 1
        return self._clock.over(self._iterations)

    def on_start(self, ils: IteratedLocalSearch) -> None:
        self.on_best(ils.initial_solution)

    def on_best(self, best: Solution) -> None:
        if best.is_feasible():
            with self._lock:
                self._clock.gain(_value(best) / self._scale, _cost(best) / self._scale)

    def on_end(self, result: Result) -> None:
        with self._lock:
            self._clock.spent_iterations += result.num_iterations


class _Penalties(PenaltyParams):
    """What broken rules cost per unit: at first little, so that the search goes its ways, then up to `most`.

    PyVRP's own bounds do not know how large the costs are: where they are larger, breaking rules pays.
    """

    def __init__(self, first_loads: list[float], most: float):
        super().__init__(max_penalty=most)
        self._first_loads = first_loads

    def midpoint_penalties(self, data: ProblemData) -> tuple[list[float], float, float]:
        """Return what the search begins with: per unit of each load, second and metre."""
        return self._first_loads, _FIRST_PENALTY, _FIRST_PENALTY


class _Formulation:
    """A problem in PyVRP's terms, and the way back."""

    def __init__(self, instance: Instance, stops: list[int], all_required: bool):
        self.instance = instance
        self.stops = stops
        self.begin, self.horizon = instance.first_shift, instance.horizon
        self.scale = cost_scale(instance.vehicles)
        self.profiles = sorted({travel_kind(vehicle) for vehicle in instance.vehicles})
        self.by_drive = _drive_kinds(instance)
        self._locate()
        self.longest = self._longest_way()
        self.dearest = self._dearest_route()
        self._load()
        self._prize(all_required)
        self._clients()
        self.penalties = self._penalties()
        self.data = ProblemData(
            self.locations,
            self.clients,
            self.depots,
            self._vehicle_types(),
            *self._all_matrices(),  # type: ignore[arg-type]  # PyVRP types arrays by their items
            self.groups,
        )

    def _locate(self) -> None:
        """Make a location per depot and per pair of place and setup: setup is part of the way to a stop."""
        travel, problem = self.instance.travel, self.instance.problem
        places = list(travel.depot_place)
        setups = [0] * len(places)
        self.depots = [
            Depot(index, *self._clip(depot.window), name=depot.id)
            for index, depot in enumerate(problem.depots)
        ]
        self.first_stop_location = len(places)
        known: dict[tuple[int, int], int] = {}
        self.location_of: dict[int, int] = {}
        for index in self.stops:
            key = (travel.stop_place[index], self.instance.stops[index].setup)
            if key not in known:
                known[key] = len(places)
                places.append(key[0])
                setups.append(key[1])
            self.location_of[index] = known[key]
        self.nowhere = -1
        if any(
            vehicle.start_depot is None or vehicle.end_depot is None for vehicle in self.instance.vehicles
        ):
            self.nowhere = len(self.depots)
            self.depots.append(Depot(len(places), name="open end"))
            places.append(-1)
            setups.append(0)
        self.places = np.array(places)
        self.setups = np.array(setups, np.int64)
        self.locations = [
            Location(*travel.places[place]) if place >= 0 else Location(0, 0) for place in places
        ]

    def _longest_way(self) -> int:
        """Return the metres of the longest way between any two of the locations."""
        grid = np.ix_(self.places[self.places >= 0], self.places[self.places >= 0])
        return max(int(matrix.metres[grid].max()) for matrix in self.instance.travel.matrices.values())

    def _clip(self, window: Window | None) -> tuple[int, int]:
        """Return a window as PyVRP counts: from the first shift's start, closed by the last shift's end."""
        if window is None:
            return 0, self.horizon
        early = min(max(0, window.start - self.begin), self.horizon)
        return early, min(max(early, window.end - self.begin), self.horizon)

    def _all_matrices(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return lengths and durations, one matrix per kind of travel each."""
        pairs = [self._matrices(profile) for profile in self.profiles]
        return [lengths for lengths, _ in pairs], [durations for _, durations in pairs]

    def _matrices(self, profile: str) -> tuple[np.ndarray, np.ndarray]:
        """Return lengths and durations between locations; the way to an open end is nothing."""
        matrix = self.instance.travel.matrices[profile]
        grid = np.ix_(self.places, self.places)
        seconds = matrix.seconds[grid].astype(np.int64)
        metres = seconds.copy() if profile in self.by_drive else matrix.metres[grid].astype(np.int64)
        blocked = seconds == UNREACHABLE
        same = self.places[:, None] == self.places[None, :]
        same[: self.first_stop_location] = False
        seconds += np.where(same, 0, self.setups[None, :])
        if blocked.any():
            seconds[blocked] = _BLOCKING_HORIZONS * self.horizon
            metres[blocked] = _BLOCKING_HORIZONS * max(1, int(metres.max()))
        if self.nowhere >= 0:
            metres[-1, :] = metres[:, -1] = seconds[:, -1] = 0
            seconds[-1, :] = self.setups
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

    def _penalties(self) -> _Penalties:
        """Let the breach of a rule cost more than what it could gain, as far as PyVRP's integers reach."""
        gain = max(self.dearest, *(prize or 0 for prize in self.prizes))
        legs = len(self.stops) + len(self.instance.vehicles)
        excess = legs * _BLOCKING_HORIZONS * max(1, self.horizon, self.longest)
        amounts = np.maximum(np.array(self.delivery), np.array(self.pickup))
        stop_too_much = _FIRST_SHARE * self.dearest
        first = [
            max(_FIRST_PENALTY, float(stop_too_much / np.median(column[column > 0]))) for column in amounts.T
        ]
        return _Penalties(first, max(_FIRST_PENALTY, min(2 * gain, _LARGEST_SUM / excess)))

    def _clients(self) -> None:
        """Make a client per stop and window; the windows of one stop exclude each other."""
        self.clients: list[Client] = []
        self.groups: list[ClientGroup] = []
        self.stop_of: list[int] = []
        self.clients_of: dict[int, list[int]] = {}
        for row, index in enumerate(self.stops):
            stop = self.instance.stops[index]
            prize = self.prizes[row]
            windows = self._open_windows(stop)
            group = None
            if len(windows) > 1:
                group = len(self.groups)
                members = list(range(len(self.clients), len(self.clients) + len(windows)))
                self.groups.append(ClientGroup(members, required=prize is None))
            for early, late in windows:
                self.clients_of.setdefault(index, []).append(len(self.clients))
                self.stop_of.append(index)
                self.clients.append(
                    Client(
                        self.location_of[index],
                        delivery=self.delivery[row],
                        pickup=self.pickup[row],
                        service_duration=stop.service,
                        tw_early=early,
                        tw_late=late,
                        prize=prize or 0,
                        required=prize is None and group is None,
                        group=group,
                        name=stop.id,
                    )
                )

    def _open_windows(self, stop: Stop) -> list[tuple[int, int]]:
        """Return the stop's windows as far as anybody is at work in them."""
        last = self.begin + self.horizon
        windows = [window for window in stop.windows if window.end >= self.begin and window.start <= last]
        return [self._clip(window) for window in windows] or [(0, self.horizon)]

    def _vehicle_types(self) -> list[VehicleType]:
        # PyVRP refuses a fleet with a vehicle whose depot is closed all its shift.
        self.kinds = [
            kind for kind in self.instance.kinds if self.instance.can_leave(self.instance.vehicles[kind[0]])
        ]
        return [self._vehicle_type(self.instance.vehicles[kind[0]], kind) for kind in self.kinds]

    def _vehicle_type(self, vehicle: Vehicle, kind: list[int]) -> VehicleType:
        per_metre, per_second = unit_costs(vehicle)
        early, late = self._clip(vehicle.shift)
        kind_of_travel = travel_kind(vehicle)
        length = vehicle.max_drive if kind_of_travel in self.by_drive else vehicle.max_distance
        if kind_of_travel in self.by_drive:
            per_metre *= self._mean_speed(vehicle)
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

    def _mean_speed(self, vehicle: Vehicle) -> float:
        """Return the metres per second over all pairs of locations with a way."""
        matrix = self.instance.matrix(vehicle)
        grid = np.ix_(self.places[self.places >= 0], self.places[self.places >= 0])
        seconds, metres = matrix.seconds[grid], matrix.metres[grid]
        there = seconds > 0
        return float(metres[there].sum() / seconds[there].sum()) if there.any() else 1.0

    def _depot(self, depot_id: str | None) -> int:
        if depot_id is None:
            return self.nowhere
        return self.instance.depot_index[depot_id]

    def solution(self, sequences: Sequences) -> Solution:
        """Return sequences as a solution to start from; each stop in the window it is scheduled in."""
        routes = []
        for kind, members in enumerate(self.kinds):
            for vehicle_index in members:
                visits = self._visits(vehicle_index, sequences[vehicle_index])
                if visits:
                    routes.append(Route(self.data, visits, kind))
        return Solution(self.data, routes)

    def _visits(self, vehicle_index: int, stops: list[int]) -> list[int]:
        if not stops:
            return []
        table = Timetable(self.instance, self.instance.vehicles[vehicle_index], stops)
        visits = []
        for index, begin in zip(stops, table.begin):
            choices, start = self.clients_of[index], begin - self.begin
            visits.append(next((one for one in choices if start <= self.clients[one].tw_late), choices[-1]))
        return visits

    def sequences(self, solution: Solution) -> Sequences:
        """Return the stops of each vehicle in the order of the solution."""
        sequences: Sequences = [[] for _ in self.instance.vehicles]
        free = [list(kind) for kind in self.kinds]
        for route in solution.routes():
            vehicle = free[route.vehicle_type()].pop(0)
            sequences[vehicle] = [self.stop_of[activity.idx] for activity in route if activity.is_client()]
        return sequences


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
