"""The adapter to OR-Tools routing: for the rules PyVRP does not know.

It represents what PyVRP does and, beyond that, ranked order and driving time limits beside distance limits.
It is slower to find good answers, so it starts from one that keeps all rules (made of PyVRP's relaxed answer)
and improves on it.

OR-Tools crashes on matrices smaller than its nodes, swallows exceptions of callbacks, and has no answer at
all when one mandatory stop cannot be served: hence registered integer matrices, no callbacks in the model,
and a disjunction around every stop.
"""

from __future__ import annotations

from importlib.metadata import version
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from optiway_qgis.engine.solving.objective import importance
from optiway_qgis.engine.solving.prices import unit_costs
from optiway_qgis.engine.solving.search import STOPPED_ITERATIONS, STOPPED_TIME
from optiway_qgis.engine.travel.provider import UNREACHABLE, travel_kind
from optiway_qgis.model.problem import ORDER_STRICT

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.engine.travel.provider import Matrix
    from optiway_qgis.model.problem import Window

NAME = f"OR-Tools {version('ortools')}"

_COST_UNITS = 10_000
"""Objective units per unit of currency: a second of a van's work is still some fifty of them."""

_HEAVY = 1 << 36
"""Price of a sixteenth of the importance of a required stop: far above the cost of any plan."""

_LARGEST_SUM = 1 << 61
"""The prices of all stops left out together, so that OR-Tools can add them up in 64 bits."""

_CHECKS = 500
"""Checks of the limit per stop that count as an iteration: four times what a solution usually takes."""


def improve(instance: Instance, stops: list[int], start: Sequences, clock: Clock) -> Sequences | None:
    """Return the best sequences found over `stops` from sequences that break no rule, None when there are
    none.

    Deterministic for equal input when the clock counts iterations: they limit the solutions visited.
    """
    model = _Routing(instance, stops)
    assignment = model.assignment(start)
    if assignment is None:
        return None
    model.watch(clock)
    found = model.routing.SolveFromAssignmentWithParameters(assignment, model.parameters(clock))
    clock.stopped = clock.stopped or (STOPPED_TIME if clock.iterations is None else STOPPED_ITERATIONS)
    return None if found is None else model.sequences(found)


class _Routing:
    """A problem in OR-Tools' terms, and the way back. Nodes: the stops, then two per vehicle for its ends."""

    def __init__(self, instance: Instance, stops: list[int]):
        self.instance = instance
        self.stops = stops
        self.count = len(stops)
        vehicles = instance.vehicles
        starts = [self.count + 2 * number for number in range(len(vehicles))]
        ends = [start + 1 for start in starts]
        self.manager = pywrapcp.RoutingIndexManager(
            self.count + 2 * len(vehicles), len(vehicles), starts, ends
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.solver = self.routing.solver()
        self.node_of = {index: node for node, index in enumerate(stops)}
        self.begin, self.horizon = instance.first_shift, instance.horizon
        self._locate()
        self._time()
        self._distance()
        self._loads()
        self._who()
        self._order()
        self._leaving_out()
        self.routing.CloseModelWithParameters(self._search_parameters())

    def _index(self, node: int) -> int:
        return self.manager.NodeToIndex(node)

    def _locate(self) -> None:
        """Give each node its place; -1 for an open end."""
        instance = self.instance
        places = [instance.travel.stop_place[index] for index in self.stops]
        for vehicle in instance.vehicles:
            for depot in (vehicle.start_depot, vehicle.end_depot):
                places.append(-1 if depot is None else instance.depot_place(depot))
        self.places = np.array(places)
        self.setups = np.array([instance.stops[index].setup for index in self.stops], np.int64)
        self.services = np.zeros(len(places), np.int64)
        self.services[: self.count] = [instance.stops[index].service for index in self.stops]

    def _grids(self, matrix: Matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return metres, driving seconds and seconds from one start of service to the next readiness."""
        grid = np.ix_(self.places, self.places)
        metres, drive = matrix.metres[grid].astype(np.int64), matrix.seconds[grid].astype(np.int64)
        open_end = self.places < 0
        for table in (metres, drive):
            table[open_end, :] = 0
            table[:, open_end] = 0
        starts = np.arange(self.count, len(self.places), 2)
        # A vehicle that stays idle goes from its start to its end: that needs no way and no time.
        metres[starts, starts + 1] = drive[starts, starts + 1] = 0
        blocked = drive == UNREACHABLE
        metres[blocked] = 0
        # Longer than any day: no cumulative time can hold it.
        drive[blocked] = 2 * self.horizon + 1
        stay = np.zeros_like(drive)
        same = self.places[: self.count, None] == self.places[None, : self.count]
        stay[:, : self.count] = self.setups[None, :]
        stay[: self.count, : self.count][same] = 0
        total = drive + stay + self.services[:, None]
        np.fill_diagonal(total, 0)
        return metres, drive, total

    def _time(self) -> None:
        """Windows, shifts, depot hours and working time; the cumulative is the start of service."""
        routing, instance = self.routing, self.instance
        kinds = {travel_kind(vehicle) for vehicle in instance.vehicles}
        grids = {kind: self._grids(instance.travel.matrices[kind]) for kind in kinds}
        self.metres = {name: grid[0] for name, grid in grids.items()}
        register = routing.RegisterTransitMatrix
        self.metre_transit = {name: register(grid[0].tolist()) for name, grid in grids.items()}
        self.drive_transit = {name: register(grid[1].tolist()) for name, grid in grids.items()}
        time_transit = {name: register(grid[2].tolist()) for name, grid in grids.items()}
        transits = [time_transit[travel_kind(vehicle)] for vehicle in instance.vehicles]
        routing.AddDimensionWithVehicleTransits(transits, self.horizon, self.horizon, False, "time")
        time = routing.GetDimensionOrDie("time")
        for node, index in enumerate(self.stops):
            self._keep_windows(time.CumulVar(self._index(node)), instance.stops[index].windows)
        for number, vehicle in enumerate(instance.vehicles):
            for end, depot_id in (
                (routing.Start(number), vehicle.start_depot),
                (routing.End(number), vehicle.end_depot),
            ):
                depot = instance.depot(depot_id)
                early, late = vehicle.shift.start, vehicle.shift.end
                if depot and depot.window:
                    early, late = max(early, depot.window.start), min(late, depot.window.end)
                if early > late:
                    # Closed all day: the vehicle stays where it is.
                    routing.NextVar(routing.Start(number)).SetValue(routing.End(number))
                else:
                    time.CumulVar(end).SetRange(early - self.begin, late - self.begin)
            time.SetSpanCostCoefficientForVehicle(round(unit_costs(vehicle)[1] * _COST_UNITS), number)
            if vehicle.max_work is not None:
                time.SetSpanUpperBoundForVehicle(vehicle.max_work, number)
        self._limit("drive", self.drive_transit, [vehicle.max_drive for vehicle in instance.vehicles])

    def _keep_windows(self, moment: Any, windows: tuple[Window, ...]) -> None:
        """Let a cumulative time lie in the windows alone."""
        if not windows:
            return
        moment.SetRange(
            max(0, min(windows[0].start - self.begin, self.horizon)),
            max(0, min(windows[-1].end - self.begin, self.horizon)),
        )
        for before, after in pairwise(windows):
            if after.start - before.end > 1:
                moment.RemoveInterval(before.end + 1 - self.begin, after.start - 1 - self.begin)

    def _limit(self, name: str, transit: dict[str, int], limits: list[int | None]) -> None:
        """Add a dimension that only bounds a sum per vehicle, if any vehicle has a bound."""
        if all(limit is None for limit in limits):
            return
        most = 2 * self.horizon + max((limit for limit in limits if limit is not None), default=0)
        bounds = [most if limit is None else limit for limit in limits]
        transits = [transit[travel_kind(vehicle)] for vehicle in self.instance.vehicles]
        self.routing.AddDimensionWithVehicleTransitAndCapacity(transits, 0, bounds, True, name)

    def _distance(self) -> None:
        """Distance limits and all costs that do not come from time."""
        vehicles = self.instance.vehicles
        longest = max(int(matrix.metres.max()) for matrix in self.instance.travel.matrices.values())
        if any(vehicle.max_distance is not None for vehicle in vehicles):
            most = longest * (self.count + 2)
            bounds = [most if vehicle.max_distance is None else vehicle.max_distance for vehicle in vehicles]
            transits = [self.metre_transit[travel_kind(vehicle)] for vehicle in vehicles]
            self.routing.AddDimensionWithVehicleTransitAndCapacity(transits, 0, bounds, True, "distance")
        # A fleet that costs nothing on the way still had better drive less.
        free = not any(cost for vehicle in vehicles for cost in unit_costs(vehicle))
        priced: dict[tuple[str, float], int] = {}
        for number, vehicle in enumerate(vehicles):
            self.routing.SetFixedCostOfVehicle(round(vehicle.fixed_cost * _COST_UNITS), number)
            price = 1.0 if free else unit_costs(vehicle)[0] * _COST_UNITS
            key = (travel_kind(vehicle), price)
            if key not in priced:
                costs = np.rint(self.metres[key[0]] * price).astype(np.int64)
                priced[key] = self.routing.RegisterTransitMatrix(costs.tolist())
            self.routing.SetArcCostEvaluatorOfVehicle(priced[key], number)

    def _loads(self) -> None:
        """Capacities; deliveries on board from the start, pickups to the end. And the number of stops."""
        deliveries, pickups = self.instance.loads(self.stops)
        ends = 2 * len(self.instance.vehicles)
        for axis in range(self.instance.problem.dimensions):
            caps = self.instance.capacities(axis)
            off, on = deliveries[:, axis].tolist(), pickups[:, axis].tolist()
            total = sum(off) + sum(on)
            if total == 0 or all(cap is None for cap in caps):
                continue
            bounds = [total if cap is None else cap for cap in caps]
            self._load_dimension(f"load_{axis}", off, on, bounds, ends)
        counts = [vehicle.max_stops for vehicle in self.instance.vehicles]
        if any(count is not None for count in counts):
            ones = self.routing.RegisterUnaryTransitVector([1] * self.count + [0] * ends)
            bounds = [self.count if count is None else count for count in counts]
            self.routing.AddDimensionWithVehicleCapacity(ones, 0, bounds, True, "stops")

    def _load_dimension(self, name: str, off: list[int], on: list[int], bounds: list[int], ends: int) -> None:
        """Bound the load on board: it starts with all deliveries of the route and changes at each stop."""
        routing, solver = self.routing, self.solver
        change = routing.RegisterUnaryTransitVector([more - less for more, less in zip(on, off)] + [0] * ends)
        routing.AddDimensionWithVehicleCapacity(change, 0, bounds, False, name)
        delivered = routing.RegisterUnaryTransitVector([*off, *([0] * ends)])
        routing.AddDimensionWithVehicleCapacity(delivered, 0, bounds, True, f"{name}_delivered")
        on_board, handed_over = (
            routing.GetDimensionOrDie(name),
            routing.GetDimensionOrDie(f"{name}_delivered"),
        )
        for number in range(len(bounds)):
            start, end = routing.Start(number), routing.End(number)
            solver.Add(on_board.CumulVar(start) == handed_over.CumulVar(end))

    def _who(self) -> None:
        """Skills and vehicle rules."""
        for node, index in enumerate(self.stops):
            barred = [number for number, row in enumerate(self.instance.refusals) if row[index]]
            if barred:
                self.routing.VehicleVar(self._index(node)).RemoveValues(barred)

    def _order(self) -> None:
        """Ranked order: a cumulative that never falls along a route and is the rank at each ranked stop."""
        ranked = [index for index in self.stops if self.instance.stops[index].order_rule == ORDER_STRICT]
        if not ranked:
            return
        ranks = {index: self.instance.stops[index].order_rank for index in ranked}
        lowest, highest = min(ranks.values()), max(ranks.values())
        nothing = self.routing.RegisterUnaryTransitVector([0] * len(self.places))
        self.routing.AddDimension(nothing, highest - lowest, highest - lowest, False, "rank")
        rank = self.routing.GetDimensionOrDie("rank")
        for index in ranked:
            rank.CumulVar(self._index(self.node_of[index])).SetValue(ranks[index] - lowest)

    def _leaving_out(self) -> None:
        """Let each stop be left out at its price."""
        stops = [self.instance.stops[index] for index in self.stops]
        weights = [round(16 * importance(stop)) for stop in stops]
        self.heavy = min(_HEAVY, _LARGEST_SUM // sum(weights))
        for node, (stop, weight) in enumerate(zip(stops, weights)):
            price = self.heavy * weight if stop.penalty is None else round(stop.penalty * _COST_UNITS)
            self.routing.AddDisjunction([self._index(node)], price)

    @staticmethod
    def _search_parameters() -> Any:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
        return parameters

    def parameters(self, clock: Clock) -> Any:
        """Return search parameters with the limits of the clock."""
        parameters = self._search_parameters()
        if clock.iterations is None:
            parameters.time_limit.FromMilliseconds(max(1, round(clock.remaining() * 1000)))
        else:
            parameters.solution_limit = clock.iterations
        return parameters

    def watch(self, clock: Clock) -> None:
        """Report each better answer, and stop when the clock says so.

        The limit is asked often: that lets Python's other threads run, which OR-Tools otherwise holds up for
        the whole search.
        """
        best = self.routing.CostVar()

        def improved() -> None:
            clock.gain(best.Max() / _COST_UNITS, best.Max() % self.heavy / _COST_UNITS)

        self.routing.AddAtSolutionCallback(improved)
        # Where no neighbour is left to find, guided local search looks for one for ever.
        asked, checks = count(), _CHECKS * len(self.stops)
        self.routing.AddSearchMonitor(self.solver.CustomLimit(lambda: clock.over(next(asked) // checks)))

    def assignment(self, sequences: Sequences) -> Any:
        """Return sequences as an assignment to start from, None when they break a rule of the model."""
        routes = [[self._index(self.node_of[index]) for index in stops] for stops in sequences]
        return self.routing.ReadAssignmentFromRoutes(routes, True)

    def sequences(self, assignment: Any) -> Sequences:
        """Return the stops of each vehicle in the order of an assignment."""
        sequences: Sequences = []
        for number in range(len(self.instance.vehicles)):
            stops, index = [], assignment.Value(self.routing.NextVar(self.routing.Start(number)))
            while not self.routing.IsEnd(index):
                stops.append(self.stops[self.manager.IndexToNode(index)])
                index = assignment.Value(self.routing.NextVar(index))
            sequences.append(stops)
        return sequences
