"""The contenders for rich problems: one function each, from a problem to the stops of each vehicle.

Each represents as much of the problem as it can (see `CANNOT`), as its documentation shows it. Nobody is
judged here. `Optiway` is the plugin's engine as a job of a user meets it (see peers.py).
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from peers import Order, optiway_plan, stops_of

from optiway_qgis.model.problem import START_EARLY

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich_instances import Rich

_UNIT = 100_000
"""OR-Tools counts money in so many parts: the price of a second is then known to a thousandth."""

_DROPPED = 100_000 * _UNIT
"""Price of a stop that OR-Tools leaves out: more than any plan."""

_VROOM_UNIT = 100
"""VROOM's costs are hundredths."""


@dataclass(frozen=True)
class RichAnswer:
    """The stops of each vehicle in order, by id, and the wall time in seconds that counts."""

    stops: dict[str, list[str]]
    seconds: float


def optiway(rich: Rich, order: Order) -> RichAnswer:
    """One job in an engine process, started, fed and ended as QGIS does it; all of that counts."""
    begin = time.perf_counter()
    plan = optiway_plan(rich.problem, order)
    return RichAnswer(stops_of(plan), time.perf_counter() - begin)


def pyvrp(rich: Rich, order: Order) -> RichAnswer:
    """PyVRP with a shipment for each pair, one thread."""
    from pyvrp import Model
    from pyvrp.stop import MaxRuntime

    model, problem = Model(), rich.problem
    locations = [model.add_location(row, 0) for row in range(len(rich.seconds))]
    depot = model.add_depot(locations[0])
    # The instances with pairs have one kind of vehicle.
    vehicle = problem.vehicles[0]
    model.add_vehicle_type(
        num_available=len(problem.vehicles),
        capacity=list(vehicle.capacity),
        start_depot=depot,
        end_depot=depot,
        fixed_cost=round(1000 * vehicle.fixed_cost),
        tw_early=vehicle.shift.start,
        tw_late=vehicle.shift.end,
    )
    row_of = {stop.id: row for row, stop in enumerate(problem.stops, rich.depots)}
    pairs = []
    for stop in problem.stops:
        if not stop.picked_up_at:
            continue
        pickup = problem.stops[row_of[stop.picked_up_at] - rich.depots]
        pairs.append((pickup.id, stop.id))
        model.add_shipment(
            locations[row_of[pickup.id]],
            locations[row_of[stop.id]],
            pickup_tw_early=pickup.windows[0].start,
            pickup_tw_late=pickup.windows[0].end,
            pickup_service_duration=pickup.service,
            delivery_tw_early=stop.windows[0].start,
            delivery_tw_late=stop.windows[0].end,
            delivery_service_duration=stop.service,
            amount=list(pickup.pickup),
        )
    for origin, target in ((one, other) for one in range(len(locations)) for other in range(len(locations))):
        if origin != target:
            model.add_edge(
                locations[origin],
                locations[target],
                distance=int(rich.metres[origin, target]),
                duration=int(rich.seconds[origin, target]),
            )
    begin = time.perf_counter()
    best = model.solve(MaxRuntime(order.limit), seed=order.seed, display=False).best
    seconds = time.perf_counter() - begin
    stops = {}
    for vehicle, route in zip(problem.vehicles, best.routes()):
        ends = ((pairs[visit.idx], visit) for visit in route if not visit.is_depot())
        stops[vehicle.id] = [pair[0] if visit.is_pickup() else pair[1] for pair, visit in ends]
    return RichAnswer(stops, seconds)


def ortools(rich: Rich, order: Order, start: dict[str, list[str]] | None = None) -> RichAnswer:
    """OR-Tools: cheapest insertion (savings where there are no pairs), then guided local search.

    With `start`, the stops of each vehicle in their order, it goes on from there.
    """
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    model = _Routing(rich)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    strategy = routing_enums_pb2.FirstSolutionStrategy
    parameters.first_solution_strategy = (
        strategy.PARALLEL_CHEAPEST_INSERTION if model.special else strategy.SAVINGS
    )
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(round(order.limit * 1000))
    begin = time.perf_counter()
    if start is None:
        found = model.routing.SolveWithParameters(parameters)
    else:
        model.routing.CloseModelWithParameters(parameters)
        found = model.routing.SolveFromAssignmentWithParameters(model.standing(start), parameters)
    seconds = time.perf_counter() - begin
    return RichAnswer({} if found is None else model.answer(found), seconds)


class _Routing:
    """A rich problem in OR-Tools' terms. Nodes: the rows of the table, then one for open ends, if any."""

    def __init__(self, rich: Rich):
        from ortools.constraint_solver import pywrapcp

        self.problem = problem = rich.problem
        self.rich = rich
        size = len(rich.seconds)
        vehicles = problem.vehicles
        starts, ends = rich.starts(), [size if end is None else end for end in rich.ends()]
        nodes = max(size, *(end + 1 for end in ends))
        self.manager = pywrapcp.RoutingIndexManager(nodes, len(vehicles), starts, ends)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.node = {stop.id: row for row, stop in enumerate(problem.stops, rich.depots)}
        self.special = any(stop.picked_up_at or stop.keep for stop in problem.stops)
        self._ways()
        self._time()
        self._loads()
        self._who()
        self._pairs()
        self._kept()
        for stop in problem.stops:
            self.routing.AddDisjunction([self._index(stop.id)], _DROPPED)

    def _index(self, stop_id: str) -> int:
        return self.manager.NodeToIndex(self.node[stop_id])

    def _ways(self) -> None:
        routing, size = self.routing, len(self.rich.seconds)
        metres = [[*row, 0] for row in self.rich.metres.tolist()] + [[0] * (size + 1)]
        evaluators: dict[float, int] = {}
        for number, vehicle in enumerate(self.problem.vehicles):
            price = vehicle.cost_per_km
            if price not in evaluators:
                costs = [[round(_UNIT * price * way / 1000) for way in row] for row in metres]
                evaluators[price] = routing.RegisterTransitMatrix(costs)
            routing.SetArcCostEvaluatorOfVehicle(evaluators[price], number)
            routing.SetFixedCostOfVehicle(round(_UNIT * vehicle.fixed_cost), number)

    def _time(self) -> None:
        """The cumulative is the start of service; windows, late starts, breaks and the longest day."""
        problem, routing = self.problem, self.routing
        service = [0] * self.rich.depots + [stop.service for stop in problem.stops]
        seconds = [
            [*(way + stay for way in row), stay] for row, stay in zip(self.rich.seconds.tolist(), service)
        ] + [[0] * (len(service) + 1)]
        horizon = max(vehicle.shift.end for vehicle in problem.vehicles)
        routing.AddDimension(routing.RegisterTransitMatrix(seconds), horizon, horizon, False, "time")
        self.clock = clock = routing.GetDimensionOrDie("time")
        for stop in problem.stops:
            moment, index = clock.CumulVar(self._index(stop.id)), self._index(stop.id)
            if not stop.windows:
                continue
            late = horizon if stop.late_max is None else stop.late_max
            moment.SetRange(stop.windows[0].start, min(horizon, stop.windows[-1].end + late))
            for before, after in pairwise(stop.windows):
                moment.RemoveInterval(before.end + 1, after.start - 1)
            if late:
                price = round(_UNIT * stop.late_cost / 3600)
                clock.SetCumulVarSoftUpperBound(index, stop.windows[-1].end, price)
        for number, vehicle in enumerate(problem.vehicles):
            for end in (routing.Start(number), routing.End(number)):
                clock.CumulVar(end).SetRange(vehicle.shift.start, vehicle.shift.end)
            if vehicle.start_rule == START_EARLY:
                clock.CumulVar(routing.Start(number)).SetValue(vehicle.shift.start)
            if vehicle.cost_per_hour:
                clock.SetSpanCostCoefficientForVehicle(round(_UNIT * vehicle.cost_per_hour / 3600), number)
            self._rest(number, service)
        if problem.goals.balance:
            clock.SetGlobalSpanCostCoefficient(round(_UNIT * problem.goals.balance_price / 3600))

    def _rest(self, number: int, service: list[int]) -> None:
        breaks = [
            self.routing.solver().FixedDurationIntervalVar(
                rest.window.start, rest.window.end, rest.duration, False, rest.id
            )
            for rest in self.problem.vehicles[number].breaks
        ]
        if breaks:
            self.clock.SetBreakIntervalsOfVehicle(breaks, number, [*service, 0])

    def _loads(self) -> None:
        if not any(vehicle.capacity for vehicle in self.problem.vehicles):
            return
        change = [0] * self.rich.depots
        for stop in self.problem.stops:
            paired = bool(stop.picked_up_at)
            change.append(sum(stop.pickup) + (-1 if paired else 1) * sum(stop.delivery))
        load = self.routing.RegisterUnaryTransitVector([*change, 0])
        bounds = [vehicle.capacity[0] for vehicle in self.problem.vehicles]
        self.routing.AddDimensionWithVehicleCapacity(load, 0, bounds, True, "load")

    def _who(self) -> None:
        for stop in self.problem.stops:
            able = [
                number
                for number, vehicle in enumerate(self.problem.vehicles)
                if set(stop.skills) <= set(vehicle.skills) and stop.vehicle_id in ("", vehicle.id)
            ]
            if len(able) < len(self.problem.vehicles):
                self.routing.VehicleVar(self._index(stop.id)).SetValues([-1, *able])

    def _pairs(self) -> None:
        solver = self.routing.solver()
        for stop in self.problem.stops:
            if stop.picked_up_at:
                pickup, delivery = self._index(stop.picked_up_at), self._index(stop.id)
                self.routing.AddPickupAndDelivery(pickup, delivery)
                solver.Add(self.routing.VehicleVar(pickup) == self.routing.VehicleVar(delivery))
                solver.Add(self.clock.CumulVar(pickup) <= self.clock.CumulVar(delivery))

    def _kept(self) -> None:
        """Kept stops in their order by the clock; the first ones of a route by who follows whom."""
        solver, routing = self.routing.solver(), self.routing
        for number, vehicle in enumerate(self.problem.vehicles):
            kept = sorted(
                (stop for stop in self.problem.stops if stop.keep and stop.vehicle_id == vehicle.id),
                key=lambda stop: stop.keep_rank,
            )
            before = routing.Start(number)
            for stop in kept:
                index = self._index(stop.id)
                if stop.keep == "prefix":
                    routing.NextVar(before).SetValue(index)
                else:
                    solver.Add(self.clock.CumulVar(before) <= self.clock.CumulVar(index))
                before = index

    def standing(self, start: dict[str, list[str]]) -> Any:
        """Return the assignment that these stops of each vehicle in their order are."""
        routes = [[self.node[stop] for stop in start.get(one.id, ())] for one in self.problem.vehicles]
        return self.routing.ReadAssignmentFromRoutes(routes, True)

    def answer(self, found: Any) -> dict[str, list[str]]:
        """Return the stops of each vehicle of a solution."""
        stops = {}
        for number, vehicle in enumerate(self.problem.vehicles):
            index, ids = found.Value(self.routing.NextVar(self.routing.Start(number))), []
            while not self.routing.IsEnd(index):
                row = self.manager.IndexToNode(index) - self.rich.depots
                ids.append(self.problem.stops[row].id)
                index = found.Value(self.routing.NextVar(index))
            stops[vehicle.id] = ids
        return stops


def vroom(rich: Rich, order: Order) -> RichAnswer:
    """VROOM at its highest exploration level, on all cores."""
    from datetime import timedelta

    import vroom as vr

    problem, work = rich.problem, vr.Input()
    work.set_durations_matrix("car", rich.seconds)
    work.set_distances_matrix("car", rich.metres)
    numbers = {name: number for number, name in enumerate(_skill_names(rich))}
    row_of = {stop.id: row for row, stop in enumerate(problem.stops, rich.depots)}
    pickups = {stop.picked_up_at for stop in problem.stops}
    for row, stop in enumerate(problem.stops, rich.depots):
        late = 0 if stop.late_max is None else stop.late_max
        windows = [vr.TimeWindow(window.start, window.end + late) for window in stop.windows]
        skills = {numbers[name] for name in (*stop.skills, stop.vehicle_id) if name}
        if stop.picked_up_at:
            first = problem.stops[row_of[stop.picked_up_at] - rich.depots]
            opening = [vr.TimeWindow(window.start, window.end) for window in first.windows]
            work.add_shipment(
                vr.ShipmentStep(row_of[first.id], row_of[first.id], 0, first.service, opening),
                vr.ShipmentStep(row, row, 0, stop.service, windows),
                vr.Amount(list(stop.delivery)),
            )
        elif stop.id not in pickups:
            work.add_job(
                vr.Job(
                    row,
                    location=row,
                    default_service=stop.service,
                    delivery=list(stop.delivery),
                    skills=skills,
                    time_windows=windows,
                )
            )
    for number, (vehicle, start, end) in enumerate(zip(problem.vehicles, rich.starts(), rich.ends())):
        work.add_vehicle(
            vr.Vehicle(
                number,
                start=start,
                end=end,
                capacity=list(vehicle.capacity),
                skills={numbers[name] for name in (*vehicle.skills, vehicle.id) if name in numbers},
                time_window=vr.TimeWindow(vehicle.shift.start, vehicle.shift.end),
                breaks=[
                    vr.Break(place, [vr.TimeWindow(rest.window.start, rest.window.end)], rest.duration)
                    for place, rest in enumerate(vehicle.breaks)
                ],
                costs=vr.VehicleCosts(
                    fixed=round(_VROOM_UNIT * vehicle.fixed_cost),
                    per_hour=round(_VROOM_UNIT * vehicle.cost_per_hour),
                    per_km=round(_VROOM_UNIT * vehicle.cost_per_km),
                ),
            )
        )
    begin = time.perf_counter()
    solution = work.solve(
        exploration_level=5, nb_threads=os.cpu_count() or 1, timeout=timedelta(seconds=order.limit)
    )
    seconds = time.perf_counter() - begin
    visits = solution.routes[solution.routes["type"].isin(["job", "pickup", "delivery"])]
    stops = {
        problem.vehicles[int(number)].id: [problem.stops[int(row) - rich.depots].id for row in rows["id"]]
        for number, rows in visits.groupby("vehicle_id")
    }
    return RichAnswer(stops, seconds)


def _skill_names(rich: Rich) -> list[str]:
    """Return the skills, and the vehicles that stops are bound to, which are skills to VROOM."""
    names = {name for stop in rich.problem.stops for name in (*stop.skills, stop.vehicle_id) if name}
    return sorted(names)


OURS = "Optiway"
RICH_CONTENDERS: dict[str, Callable[[Rich, Order], RichAnswer]] = {
    OURS: optiway,
    "PyVRP": pyvrp,
    "OR-Tools": ortools,
    "VROOM": vroom,
}

ONLY_PAIRS = ("PyVRP",)
"""Contenders that are asked for pairs alone: the rest would need code of one's own around them."""

CANNOT = {
    ("VROOM", "soft windows"): "windows are stretched by the lateness allowed, at no price",
    ("VROOM", "locks"): "stops are bound to their vehicles, their order is free",
    ("VROOM", "balance"): "the longest day has no price",
}
"""What a contender cannot represent of a variant, and what it was told instead."""
