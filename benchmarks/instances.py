"""Published instances with their best known solutions, as problems of this project and back.

Reads VRPLIB files (CVRP, VRPTW, MDVRPTW) and counts as each benchmark counts: distances become whole numbers
by its own rounding, and the cost of a plan is their sum; time and vehicles cost nothing.
Answers of any solver are judged here alike, by the project's scheduler and checker. No solver is called.

| type | distances | published cost |
|---|---|---|
| CVRP (set X) | rounded to integers | as it is |
| CVRPTW, VRPTW (DIMACS) | tenths, cut off | in units |
| MDVRPTW (Vidal et al., as PyVRP publishes it) | thousandths, rounded | in thousandths |

Sources: Uchoa et al. 2017; Solomon 1987; Gehring and Homberger 1999; the DIMACS challenge 2021; Vidal et al.
2013.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import vrplib

CHECKOUT = Path(__file__).absolute().parent.parent
if str(CHECKOUT) not in sys.path:
    sys.path.insert(0, str(CHECKOUT))

from optiway_qgis.engine.solving.planner import reschedule  # noqa: E402
from optiway_qgis.engine.travel.open import open_travel  # noqa: E402
from optiway_qgis.model.problem import (  # noqa: E402
    LOAD_SCALE,
    Depot,
    Problem,
    Sequence,
    Settings,
    Stop,
    Vehicle,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from optiway_qgis.model.plan import Plan

FOLDER = CHECKOUT.parent / "shared" / "data" / "benchmarks"

Routes = list[tuple[int, list[int]]]
"""An answer: for each route the number of the vehicle and its customers in order, by row of the matrix."""


@dataclass(frozen=True)
class Counting:
    """How a benchmark makes whole numbers.

    `name` is PyVRP's, `scale` the units in one of distance, `published_scale` those in one of published cost,
    `whole` the rounding.
    """

    name: str
    scale: int
    published_scale: int
    whole: Callable[[np.ndarray], np.ndarray]


_ROUNDED = Counting("round", 1, 1, lambda values: np.rint(values).astype(np.int64))
_TENTHS = Counting("dimacs", 10, 10, lambda values: (10 * values).astype(np.int64))
_THOUSANDTHS = Counting("exact", 1000, 1, lambda values: np.rint(1000 * values).astype(np.int64))
COUNTINGS = {"CVRP": _ROUNDED, "CVRPTW": _TENTHS, "VRPTW": _TENTHS, "MDVRPTW": _THOUSANDTHS}

_SPARE_VEHICLES = 1.1, 3
"""Set X has no fleet: the fewest vehicles the demand needs, times the first, plus the second."""

_DEGREES_ACROSS = 1.0
"""Coordinates are shrunk to that many degrees: the project places stops on the globe."""


@dataclass(frozen=True)
class Truck:
    """One vehicle: row of its depot, capacity, and longest time from departure to return, None for any."""

    depot: int
    capacity: int
    max_duration: int | None


@dataclass(frozen=True)
class Benchmark:
    """An instance in whole numbers. The matrix `distance` is also the time; its first rows are the depots.

    `windows` holds (first, last) start of service by row, or is None where there are none; `service` by row.
    `best` is the cost of the best known solution, `best_routes` that solution.
    """

    name: str
    path: Path
    counting: Counting
    depots: int
    distance: np.ndarray
    coordinates: np.ndarray
    demand: list[int]
    service: list[int]
    windows: list[tuple[int, int]] | None
    fleet: tuple[Truck, ...]
    best: int
    best_routes: Routes

    @property
    def customers(self) -> range:
        """Rows of the customers."""
        return range(self.depots, len(self.demand))

    @cached_property
    def horizon(self) -> int:
        """The last moment of the day; without windows one that no route can reach."""
        if self.windows is None:
            return int(self.distance.max()) * (len(self.demand) + 1)
        return max(last for _, last in self.windows[: self.depots])

    def length(self, routes: Routes) -> int:
        """Return the cost of an answer, summed from the matrix and nothing else."""
        total = 0
        for vehicle, customers in routes:
            depot = self.fleet[vehicle].depot
            ends = [depot, *customers, depot]
            total += int(self.distance[ends[:-1], ends[1:]].sum())
        return total


def read(name: str, folder: Path = FOLDER) -> Benchmark:
    """Read `name`.vrp and `name`.sol; KeyError for a type that is not in the table above."""
    path = folder / f"{name}.vrp"
    form = vrplib.read_instance(path)
    known = vrplib.read_solution(folder / f"{name}.sol")
    counting = COUNTINGS[form["type"].strip()]
    depots = len(form["depot"])
    service = np.broadcast_to(form.get("service_time", 0), len(form["demand"])).copy()
    service[:depots] = 0
    windows = None
    if "time_window" in form:
        windows = [(first, last) for first, last in counting.whole(form["time_window"]).tolist()]
    return Benchmark(
        name=name,
        path=path,
        counting=counting,
        depots=depots,
        distance=counting.whole(form["edge_weight"]),
        coordinates=form["node_coord"],
        demand=form["demand"].tolist(),
        service=counting.whole(service).tolist(),
        windows=windows,
        fleet=_fleet(form, counting),
        best=round(known["cost"] * counting.published_scale),
        best_routes=[(number, route) for number, route in enumerate(known["routes"]) if route],
    )


def _fleet(form: dict[str, Any], counting: Counting) -> tuple[Truck, ...]:
    capacity = int(form["capacity"])
    count = form.get("vehicles")
    if count is None:
        factor, more = _SPARE_VEHICLES
        count = int(-(-form["demand"].sum() // capacity) * factor) + more
    depots = form.get("vehicles_depot", np.ones(count, int)) - 1
    longest = form.get("vehicles_max_duration")
    longest = None if longest is None else int(counting.whole(np.array(longest)))
    return tuple(Truck(int(depot), capacity, longest) for depot in depots)


def stop_id(row: int) -> str:
    """Return the id of the customer in that row."""
    return f"S{row}"


def depot_id(row: int) -> str:
    """Return the id of the depot in that row."""
    return f"D{row}"


def vehicle_id(number: int) -> str:
    """Return the id of the vehicle with that number."""
    return f"V{number}"


def to_problem(benchmark: Benchmark) -> Problem:
    """Return the instance as a problem; a unit of distance is a metre, a second, and costs 1."""
    low, high = benchmark.coordinates.min(), benchmark.coordinates.max()
    places = ((benchmark.coordinates - low) / (high - low) * _DEGREES_ACROSS).tolist()
    hours = benchmark.windows or [(0, benchmark.horizon)] * len(benchmark.demand)
    return Problem(
        plan_date="2026-05-04",
        time_zone="UTC",
        stops=tuple(
            Stop(
                stop_id(row),
                *places[row],
                service=benchmark.service[row],
                windows=() if benchmark.windows is None else (Window(*benchmark.windows[row]),),
                delivery=(benchmark.demand[row] * LOAD_SCALE,),
            )
            for row in benchmark.customers
        ),
        depots=tuple(Depot(depot_id(row), *places[row]) for row in range(benchmark.depots)),
        vehicles=tuple(
            Vehicle(
                vehicle_id(number),
                start_depot=depot_id(truck.depot),
                end_depot=depot_id(truck.depot),
                shift=Window(*hours[truck.depot]),
                capacity=(truck.capacity * LOAD_SCALE,),
                max_work=truck.max_duration,
                cost_per_km=1000.0,
            )
            for number, truck in enumerate(benchmark.fleet)
        ),
    )


def write_travel(benchmark: Benchmark, path: Path) -> dict[str, Any]:
    """Write the matrix as a user would bring it; return the `travel` member of a job."""
    depots, stops = map(depot_id, range(benchmark.depots)), map(stop_id, benchmark.customers)
    return write_tables(path, depots, stops, benchmark.distance, benchmark.distance)


def write_tables(
    path: Path, depots: Iterable[str], stops: Iterable[str], seconds: np.ndarray, metres: np.ndarray
) -> dict[str, Any]:
    """Write tables whose rows are depots, then stops, by their ids; return the `travel` member of a job."""
    ids = [*(f"depot:{name}" for name in depots), *(f"stop:{name}" for name in stops)]
    np.savez(path, ids=np.array(ids), seconds=seconds, metres=metres)
    return {"source": "matrix", "path": str(path)}


def to_routes(sequences: Iterable[tuple[str, Iterable[str]]]) -> Routes:
    """Return (vehicle id, stop ids) pairs of a plan as an answer."""
    return [(int(vehicle[1:]), [int(stop[1:]) for stop in stops]) for vehicle, stops in sequences]


@dataclass(frozen=True)
class Verdict:
    """The cost of an answer and every rule it breaks, as (code, how often) pairs."""

    cost: int
    broken: tuple[tuple[str, int], ...]


class Judge:
    """Costs and checks answers to one instance by the project's scheduler and checker."""

    def __init__(self, benchmark: Benchmark, travel: dict[str, Any]):
        self._problem = to_problem(benchmark)
        self._source = travel
        self._travel = open_travel(self._problem, travel, lambda text: None)

    def verdict(self, routes: Routes) -> Verdict:
        """Return cost and broken rules; InputError when a customer or a vehicle is unknown or there twice."""
        asked = [Sequence(vehicle_id(number), tuple(map(stop_id, stops))) for number, stops in routes]
        plan = reschedule(self._problem, self._travel, self._source, Settings(), asked)
        return Verdict(round(plan.cost), broken_rules(plan))


def broken_rules(plan: Plan) -> tuple[tuple[str, int], ...]:
    """Return every rule that a plan breaks, stops left out among them, as (code, how often) pairs."""
    codes = [violation.code for violation in plan.violations] + ["unserved"] * len(plan.unassigned)
    return tuple((code, codes.count(code)) for code in sorted(set(codes)))
