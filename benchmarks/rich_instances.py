"""Problems with more rules than published instances have, made from these, and Li and Lim's with pairs.

A unit of distance is a kilometre, takes a minute and costs 1; minutes are cut off to seconds, kilometres
rounded to metres. What an answer is worth is the price that the project's own search minimises: kilometres,
lateness at its price, the longest day at its price. Every answer is judged by the project's scheduler and
checker. No solver is called.

Sources: Li and Lim 2001; Gehring and Homberger 1999 (see instances.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import instances
import numpy as np

from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.model.problem import (
    BALANCE_TIME,
    KEEP_ORDER,
    KEEP_PREFIX,
    LOAD_SCALE,
    Break,
    Depot,
    Goals,
    Problem,
    Sequence,
    Settings,
    Stop,
    Vehicle,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECONDS, METRES = 60, 1000
"""What a unit of distance takes and is long."""

BASES = {200: "RC1_2_1", 400: "RC1_4_6"}
"""The instance that a variant with that many stops is made from."""

LI_LIM = {"lr112": (9, 1003.77), "LRC1_2_4": (10, 2631.82)}
"""Vehicles and distance of the best known solution; vehicles count first."""

VEHICLE_PRICE = 10_000.0
"""What a vehicle costs where vehicles count first: more than any distance that could be saved."""

_SKILLED_STOPS, _SKILLED_VEHICLES = 0.2, 0.4
_BREAK, _BREAK_FROM, _BREAK_TO = 30, 0.4, 0.55
"""Minutes of the break, and the shares of the day within which it begins."""

_LATE_MAX, _LATE_COST = 30, 60.0
"""Minutes that every stop may be served late, and what an hour of that costs."""

_KEPT_ROUTES, _PREFIX_ROUTES, _KEPT_STOPS = 8, 4, 4
_BALANCE_PRICE = 50.0
"""What an hour of the longest day costs: nearly as much as an hour of driving for one vehicle."""


@dataclass(frozen=True)
class Rich:
    """A problem, its table of seconds and metres (depots first), and the price of the best known answer."""

    name: str
    problem: Problem
    seconds: np.ndarray
    metres: np.ndarray
    best: float | None = None

    @property
    def depots(self) -> int:
        """The number of rows before those of the stops."""
        return len(self.problem.depots)

    def starts(self) -> list[int]:
        """Return the row of the place where each vehicle starts."""
        return [self._row(vehicle.start_depot) for vehicle in self.problem.vehicles]

    def ends(self) -> list[int | None]:
        """Return the row of the place where each vehicle ends, None where that is anywhere."""
        return [
            None if vehicle.end_depot is None else self._row(vehicle.end_depot)
            for vehicle in self.problem.vehicles
        ]

    def _row(self, depot_id: str | None) -> int:
        return [depot.id for depot in self.problem.depots].index(depot_id)

    def write_travel(self, path: Path) -> dict[str, Any]:
        """Write the table as a user would bring it; return the `travel` member of a job."""
        depots, stops = ([one.id for one in ones] for ones in (self.problem.depots, self.problem.stops))
        return instances.write_tables(path, depots, stops, self.seconds, self.metres)


@dataclass(frozen=True)
class Worth:
    """The price of an answer, its vehicles and kilometres, and every rule it breaks, as (code, how often)."""

    price: float
    vehicles: int
    kilometres: float
    broken: tuple[tuple[str, int], ...]


class RichJudge:
    """Prices and checks answers to one problem by the project's scheduler and checker."""

    def __init__(self, rich: Rich, source: dict[str, Any]):
        self._rich, self._source = rich, source
        self._travel = open_travel(rich.problem, source, lambda text: None)

    def worth(self, answer: dict[str, list[str]]) -> Worth:
        """Return what the stops of each vehicle in their order are worth; InputError for unknown names."""
        asked = [Sequence(vehicle, tuple(stops)) for vehicle, stops in answer.items() if stops]
        plan = reschedule(self._rich.problem, self._travel, self._source, Settings(), asked)
        instance = Instance(self._rich.problem, self._travel)
        sequences = [
            [instance.stop_index[stop] for stop in answer.get(vehicle.id, ())]
            for vehicle in self._rich.problem.vehicles
        ]
        return Worth(
            price=score(instance, sequences).price,
            vehicles=len(plan.routes),
            kilometres=plan.distance / METRES,
            broken=instances.broken_rules(plan),
        )


def read_rich(name: str) -> Rich:
    """Return the problem of that name: `lr112`, `LRC1_2_4`, or a variant such as `breaks 200`."""
    if name in LI_LIM:
        return _li_lim(name)
    variant, size = name.rsplit(" ", 1)
    return VARIANTS[variant](_base(int(size)))


def _li_lim(name: str) -> Rich:
    lines = (instances.FOLDER / f"{name}.txt").read_text().split("\n")
    count, capacity, _ = map(int, lines[0].split())
    rows = np.array([[int(value) for value in line.split()] for line in lines[1:] if line.strip()])
    seconds, metres = _tables(rows[:, 1:3])
    places = _degrees(rows[:, 1:3])
    stops = []
    for number, (_, _, demand, opens, closes, service, pickup, _) in enumerate(rows[:, 1:].tolist()):
        if number == 0:
            continue
        load = (abs(demand) * LOAD_SCALE,)
        stops.append(
            Stop(
                str(rows[number, 0]),
                *places[number],
                service=service * SECONDS,
                windows=(Window(opens * SECONDS, closes * SECONDS),),
                delivery=load if demand < 0 else (),
                pickup=load if demand > 0 else (),
                picked_up_at=str(pickup) if pickup else "",
            )
        )
    shift = Window(0, int(rows[0, 5]) * SECONDS)
    problem = Problem(
        plan_date="2026-05-04",
        time_zone="UTC",
        stops=tuple(stops),
        depots=(Depot("D", *places[0]),),
        vehicles=_fleet(count, shift, capacity, fixed_cost=VEHICLE_PRICE),
    )
    vehicles, distance = LI_LIM[name]
    return Rich(name, problem, seconds, metres, vehicles * VEHICLE_PRICE + distance)


def _base(size: int) -> Rich:
    """Return the plain problem that variants are made from."""
    benchmark = instances.read(BASES[size])
    seconds, metres = _tables(benchmark.coordinates)
    places = _degrees(benchmark.coordinates)
    scale = benchmark.counting.scale
    hours = [Window(*(SECONDS * moment // scale for moment in window)) for window in benchmark.windows or ()]
    stops = tuple(
        Stop(
            instances.stop_id(row),
            *places[row],
            service=benchmark.service[row] * SECONDS // scale,
            windows=(hours[row],),
            delivery=(benchmark.demand[row] * LOAD_SCALE,),
        )
        for row in benchmark.customers
    )
    problem = Problem(
        plan_date="2026-05-04",
        time_zone="UTC",
        stops=stops,
        depots=(Depot("D", *places[0]),),
        vehicles=_fleet(len(benchmark.fleet), hours[0], benchmark.fleet[0].capacity),
    )
    return Rich(str(size), problem, seconds, metres)


def _fleet(count: int, shift: Window, capacity: int, fixed_cost: float = 0.0) -> tuple[Vehicle, ...]:
    return tuple(
        Vehicle(
            instances.vehicle_id(number),
            start_depot="D",
            end_depot="D",
            shift=shift,
            capacity=(capacity * LOAD_SCALE,),
            fixed_cost=fixed_cost,
            cost_per_km=1.0,
        )
        for number in range(count)
    )


def _tables(coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    across = np.hypot(*np.moveaxis(coordinates[:, None].astype(float) - coordinates[None, :], 2, 0))
    return (SECONDS * across).astype(np.int64), np.rint(METRES * across).astype(np.int64)


def _degrees(coordinates: np.ndarray) -> list[list[float]]:
    low, high = coordinates.min(), coordinates.max()
    return ((coordinates - low) / (high - low)).tolist()


def _with_stops(rich: Rich, change: Callable[[Stop], Stop]) -> Rich:
    return replace(rich, problem=replace(rich.problem, stops=tuple(map(change, rich.problem.stops))))


def _with_vehicles(rich: Rich, change: Callable[[Vehicle], Vehicle]) -> Rich:
    return replace(rich, problem=replace(rich.problem, vehicles=tuple(map(change, rich.problem.vehicles))))


def _skills(rich: Rich) -> Rich:
    """A fifth of the stops each ask for one of two skills, which two fifths of the vehicles have each."""
    draw = np.random.default_rng(1)
    skilled = _with_stops(
        rich,
        lambda stop: replace(
            stop, skills=(str(draw.choice(["fridge", "lift"])),) if draw.random() < _SKILLED_STOPS else ()
        ),
    )
    return _with_vehicles(
        skilled,
        lambda vehicle: replace(
            vehicle, skills=tuple(name for name in ("fridge", "lift") if draw.random() < _SKILLED_VEHICLES)
        ),
    )


def _two_windows(rich: Rich) -> Rich:
    """Every stop has a second window as long as the first, somewhere else in the day."""
    draw = np.random.default_rng(2)
    day = rich.problem.vehicles[0].shift.end

    def second(stop: Stop) -> Stop:
        (first,) = stop.windows
        length = first.end - first.start
        free = [
            start
            for start in range(0, day - length - int(rich.seconds.max()), 10 * SECONDS)
            if start > first.end + SECONDS or start + length < first.start - SECONDS
        ]
        if not free:
            return stop
        start = int(draw.choice(free))
        return replace(stop, windows=tuple(sorted((first, Window(start, start + length)), key=_start)))

    return _with_stops(rich, second)


def _start(window: Window) -> int:
    return window.start


def _open_ends(rich: Rich) -> Rich:
    return _with_vehicles(rich, lambda vehicle: replace(vehicle, end_depot=None))


def _breaks(rich: Rich) -> Rich:
    """Each driver rests about noon."""
    day = rich.problem.vehicles[0].shift.end
    noon = Break("noon", _BREAK * SECONDS, Window(int(_BREAK_FROM * day), int(_BREAK_TO * day)))
    return _with_vehicles(rich, lambda vehicle: replace(vehicle, breaks=(noon,)))


def _soft_windows(rich: Rich) -> Rich:
    return _with_stops(rich, lambda stop: replace(stop, late_max=_LATE_MAX * SECONDS, late_cost=_LATE_COST))


def _locks(rich: Rich) -> Rich:
    """Parts of the best known plan without locks are kept: on some vehicles the order of some stops, on some
    the first ones.
    """
    routes = sorted(instances.read(BASES[len(rich.problem.stops)]).best_routes, key=lambda one: -len(one[1]))
    kept: dict[str, tuple[int, str, int]] = {}
    for vehicle, (_, route) in enumerate(routes[: _KEPT_ROUTES + _PREFIX_ROUTES]):
        prefix = vehicle >= _KEPT_ROUTES
        rows = route[:_KEPT_STOPS] if prefix else route[:: max(1, len(route) // _KEPT_STOPS)]
        for rank, row in enumerate(rows):
            kept[instances.stop_id(row)] = vehicle, KEEP_PREFIX if prefix else KEEP_ORDER, rank

    def keep(stop: Stop) -> Stop:
        if stop.id not in kept:
            return stop
        vehicle, how, rank = kept[stop.id]
        return replace(stop, vehicle_id=instances.vehicle_id(vehicle), keep=how, keep_rank=rank)

    return _with_stops(rich, keep)


def _balance(rich: Rich) -> Rich:
    goals = Goals(balance=BALANCE_TIME, balance_price=_BALANCE_PRICE)
    return replace(rich, problem=replace(rich.problem, goals=goals))


VARIANTS: dict[str, Callable[[Rich], Rich]] = {
    "skills": _skills,
    "two windows": _two_windows,
    "open ends": _open_ends,
    "breaks": _breaks,
    "soft windows": _soft_windows,
    "locks": _locks,
    "balance": _balance,
}
