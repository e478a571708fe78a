"""The contenders: one function each, from an instance to an answer. Nobody is judged here.

Each is set up as its own documentation recommends for this kind of problem, and runs in a process of its own
(see run.py). `Optiway` is the plugin's engine as a job of a user meets it: the limit covers the start of its
process, reading the job and the matrix, and the way back. The others get the whole limit for their search;
reading the instance and loading the library are not held against them.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from instances import Routes, to_problem, to_routes

if TYPE_CHECKING:
    from instances import Benchmark

    from optiway_qgis.model.problem import Problem

_SEEDS_APART = 1000
"""The searches of one run on all cores take other seeds than those of another run."""

_DROPPED = 100
"""Price of a customer whom OR-Tools leaves out, in the longest distances there are."""


@dataclass(frozen=True)
class Order:
    """What every contender is told: `limit` in seconds, `seed`, the job's `travel` member and `patience`
    (None as users have it, 0 to never stop early), of which the last two are Optiway's."""

    limit: float
    seed: int
    travel: dict[str, Any] = field(default_factory=dict)
    patience: float | None = None


@dataclass(frozen=True)
class Answer:
    """Routes and the wall time in seconds that counts for the contender; no routes when it found none."""

    routes: Routes
    seconds: float


def optiway(benchmark: Benchmark, order: Order) -> Answer:
    """One job in an engine process, started, fed and ended as QGIS does it; all of that counts."""
    begin = time.perf_counter()
    plan = optiway_plan(to_problem(benchmark), order)
    seconds = time.perf_counter() - begin
    return Answer(to_routes(stops_of(plan).items()), seconds)


def stops_of(plan: dict[str, Any]) -> dict[str, list[str]]:
    """Return the stops of each vehicle of a plan in its JSON form, in the order of service."""
    return {
        route["vehicle_id"]: [visit["id"] for visit in route["visits"] if visit["type"] == "stop"]
        for route in plan["routes"]
    }


def optiway_plan(problem: Problem, order: Order) -> dict[str, Any]:
    """Return the plan of such a job in its JSON form."""
    from optiway_qgis.layers.engine_process import run_job
    from optiway_qgis.model.job import JOB_VERSION
    from optiway_qgis.model.problem import Settings, problem_to_json

    settings = Settings(time_limit=order.limit, seed=order.seed, patience=order.patience)
    job = {
        "version": JOB_VERSION,
        "task": "plan",
        "problem": problem_to_json(problem),
        "travel": order.travel,
        "settings": asdict(settings),
    }
    return run_job(job, lambda event: None, lambda: False)["plan"]


def pyvrp(benchmark: Benchmark, order: Order) -> Answer:
    """PyVRP as its quick start shows it: read, solve, one thread."""
    return _pyvrp(benchmark, order, threads=1)


def pyvrp_on_all_cores(benchmark: Benchmark, order: Order) -> Answer:
    """The best of as many such searches as there are cores, side by side with seeds of their own."""
    return _pyvrp(benchmark, order, threads=os.cpu_count() or 1)


def _pyvrp(benchmark: Benchmark, order: Order, threads: int) -> Answer:
    from pyvrp import Solution, read, solve
    from pyvrp.stop import MaxRuntime

    instance = read(benchmark.path, benchmark.counting.name)
    seeds = [order.seed + _SEEDS_APART * thread for thread in range(threads)]

    def search(seed: int) -> Solution:
        return solve(instance, MaxRuntime(order.limit), seed=seed, display=False).best

    begin = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(search, seeds))
    seconds = time.perf_counter() - begin
    best = min(found, key=lambda solution: (not solution.is_feasible(), solution.distance()))
    vehicles = [list(map(int, kind.name.split(","))) for kind in instance.vehicle_types()]
    row = [client.location for client in instance.clients()]
    routes = [
        (vehicles[route.vehicle_type()].pop(0), [row[visit.idx] for visit in route if visit.is_client()])
        for route in best.routes()
    ]
    return Answer(routes, seconds)


def ortools(benchmark: Benchmark, order: Order) -> Answer:
    """OR-Tools: savings, then guided local search; dimensions for loads and, where there are windows, time.

    Customers may be dropped at a price that never pays: without that, savings find no first answer to PR11A.
    """
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    fleet, size = benchmark.fleet, len(benchmark.demand)
    depots = [truck.depot for truck in fleet]
    manager = pywrapcp.RoutingIndexManager(size, len(fleet), depots, depots)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(benchmark.distance.tolist()))
    load = routing.RegisterUnaryTransitVector(benchmark.demand)
    capacities = [truck.capacity for truck in fleet]
    routing.AddDimensionWithVehicleCapacity(load, 0, capacities, True, "load")
    for row in benchmark.customers:
        routing.AddDisjunction([manager.NodeToIndex(row)], _DROPPED * int(benchmark.distance.max()))
    if benchmark.windows is not None:
        horizon = benchmark.horizon
        times = (benchmark.distance + [[service] for service in benchmark.service]).tolist()
        routing.AddDimension(routing.RegisterTransitMatrix(times), horizon, horizon, False, "time")
        clock = routing.GetDimensionOrDie("time")
        for row in benchmark.customers:
            clock.CumulVar(manager.NodeToIndex(row)).SetRange(*benchmark.windows[row])
        for vehicle, truck in enumerate(fleet):
            for end in (routing.Start(vehicle), routing.End(vehicle)):
                clock.CumulVar(end).SetRange(*benchmark.windows[truck.depot])
            if truck.max_duration is not None:
                clock.SetSpanUpperBoundForVehicle(truck.max_duration, vehicle)

    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(round(order.limit * 1000))
    begin = time.perf_counter()
    found = routing.SolveWithParameters(parameters)
    seconds = time.perf_counter() - begin
    return Answer([] if found is None else _ortools_routes(manager, routing, found), seconds)


def _ortools_routes(manager: Any, routing: Any, found: Any) -> Routes:
    routes = []
    for vehicle in range(routing.vehicles()):
        index, customers = found.Value(routing.NextVar(routing.Start(vehicle))), []
        while not routing.IsEnd(index):
            customers.append(manager.IndexToNode(index))
            index = found.Value(routing.NextVar(index))
        if customers:
            routes.append((vehicle, customers))
    return routes


def vroom(benchmark: Benchmark, order: Order) -> Answer:
    """VROOM at its highest exploration level, on all cores, its own time limit set; it takes no seed."""
    from datetime import timedelta

    import vroom

    work = vroom.Input()
    # Matrices of VROOM are durations; by default one second costs one, so the sum of distances is minimised.
    work.set_durations_matrix("car", benchmark.distance)
    for row in benchmark.customers:
        windows = [] if benchmark.windows is None else [vroom.TimeWindow(*benchmark.windows[row])]
        work.add_job(
            vroom.Job(
                row,
                location=row,
                default_service=benchmark.service[row],
                delivery=[benchmark.demand[row]],
                time_windows=windows,
            )
        )
    for vehicle, truck in enumerate(benchmark.fleet):
        hours = None if benchmark.windows is None else vroom.TimeWindow(*benchmark.windows[truck.depot])
        work.add_vehicle(
            vroom.Vehicle(
                vehicle, start=truck.depot, end=truck.depot, capacity=[truck.capacity], time_window=hours
            )
        )
    begin = time.perf_counter()
    solution = work.solve(
        exploration_level=5, nb_threads=os.cpu_count() or 1, timeout=timedelta(seconds=order.limit)
    )
    seconds = time.perf_counter() - begin
    visits = solution.routes[solution.routes["type"] == "job"]
    routes = [(int(vehicle), list(map(int, rows["id"]))) for vehicle, rows in visits.groupby("vehicle_id")]
    return Answer(routes, seconds)


OURS, PLAIN = "Optiway", "PyVRP"
CONTENDERS = {
    OURS: optiway,
    PLAIN: pyvrp,
    "PyVRP on all cores": pyvrp_on_all_cores,
    "OR-Tools": ortools,
    "VROOM": vroom,
}

CANNOT = {"VROOM": ("max_duration", "has no limit on the time from departure to return")}
"""What a contender cannot represent: the member of `Truck` that is limited, and a sentence."""


def cannot_represent(name: str, benchmark: Benchmark) -> str:
    """Return the sentence for what the contender cannot represent of the instance, "" when it can all."""
    member, sentence = CANNOT.get(name, ("", ""))
    limited = member and any(getattr(truck, member) is not None for truck in benchmark.fleet)
    return sentence if limited else ""
