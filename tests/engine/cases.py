"""Builders of small problems, travel times from plain lists, and a few named problems with an order of stops.

No plan and no expectation lives here: tests make plans by the scheduler, by the oracle or by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from optiway_qgis.engine.travel.provider import (
    SNAP_OK,
    UNREACHABLE,
    Line,
    Matrix,
    Slot,
    Snap,
    Travel,
    places_of,
    travel_kind,
)
from optiway_qgis.model.plan import Unassigned
from optiway_qgis.model.problem import ORDER_STRICT, Depot, Problem, Sequence, Stop, Vehicle, Window

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Coordinate

HOUR, MINUTE = 3600, 60


def at(clock: str) -> int:
    """Return the seconds from midnight of a clock time such as 08:30."""
    hours, minutes = clock.split(":")
    return int(hours) * HOUR + int(minutes) * MINUTE


def between(start: str, end: str) -> Window:
    """Return the window between two clock times."""
    return Window(at(start), at(end))


def spot(number: int) -> Coordinate:
    """Return the position of the place with that number; different numbers are different places."""
    return round(-8.6 + number / 100, 7), round(41.1 + number / 200, 7)


def a_stop(stop_id: str, place: int, **members: Any) -> Stop:
    """Return a stop at the numbered place; members as of `Stop`."""
    return Stop(stop_id, *spot(place), **members)


def a_depot(depot_id: str, place: int, window: Window | None = None) -> Depot:
    """Return a depot at the numbered place."""
    return Depot(depot_id, *spot(place), window=window)


def a_problem(
    stops: list[Stop], depots: list[Depot], vehicles: list[Vehicle], dimensions: int = 1
) -> Problem:
    """Return a problem on some Monday."""
    return Problem("2026-05-04", "Europe/Lisbon", tuple(stops), tuple(depots), tuple(vehicles), dimensions)


@dataclass(frozen=True)
class GivenTravel:
    """A travel provider whose times and distances were stated; its lines are straight or go `via` places."""

    places: tuple[Coordinate, ...]
    matrices: dict[str, Matrix]
    source: str = "estimate"
    via: tuple[Coordinate, ...] = ()

    def snap(self) -> list[Snap]:
        return [Snap(0.0, SNAP_OK)] * len(self.places)

    def matrix(self, profile: str) -> Matrix:
        return self.matrices[profile]

    def lines(self, pairs: Any, profile: str) -> list[Line]:
        places = self.places
        return [Line((places[origin], *self.via, places[target]), self.source) for origin, target in pairs]


def given_travel(
    problem: Problem,
    seconds: list[list[int]] | dict[str, list[list[int]]],
    metres: list[list[int]] | dict[str, list[list[int]]] | None = None,
) -> Travel:
    """Return travel times as stated, rows and columns in the order of `places_of`: depots first, then stops.

    One list serves all profiles; a dictionary gives one per profile. Without metres, a second is ten metres.
    """
    places, stop_place, depot_place = places_of(problem)

    def of(given: Any, profile: str) -> np.ndarray:
        return np.array(given[profile] if isinstance(given, dict) else given, dtype=np.int32)

    matrices = {}
    for vehicle in problem.vehicles:
        times = of(seconds, vehicle.profile)
        lengths = (
            np.where(times == UNREACHABLE, UNREACHABLE, times * 10)
            if metres is None
            else of(metres, vehicle.profile)
        )
        if times.shape != (len(places), len(places)) or lengths.shape != times.shape:
            raise ValueError(f"{len(places)} places, but a table of shape {times.shape}")
        matrices[travel_kind(vehicle)] = Matrix(_at_speed(times, vehicle.speed_factor), lengths)
    provider = GivenTravel(tuple(places), matrices)
    return Travel(
        tuple(places), tuple(stop_place), tuple(depot_place), matrices, tuple(provider.snap()), provider
    )


def _at_speed(seconds: np.ndarray, factor: float) -> np.ndarray:
    """Return times divided by how fast a vehicle is, rounded up."""
    if factor == 1:
        return seconds
    rows = [
        [cell if cell == UNREACHABLE else ceil(cell / Fraction(factor)) for cell in row]
        for row in seconds.tolist()
    ]
    return np.array(rows, dtype=np.int64)


def travel_by_the_hour(problem: Problem, *slots: tuple[int, Any] | tuple[int, Any, Any]) -> Travel:
    """Return travel times of slots, each a start with what `given_travel` takes.

    The lines of each slot go by way of a place of its own, so that it shows which slot they are of.
    """
    travels = [given_travel(problem, *tables) for _, *tables in slots]
    first = travels[0]

    def least(kind: str, name: str) -> np.ndarray:
        tables = [getattr(travel.matrices[kind], name) for travel in travels]
        ways = np.min(
            [np.where(table == UNREACHABLE, np.iinfo(table.dtype).max, table) for table in tables], axis=0
        )
        return np.where(np.max(tables, axis=0) == UNREACHABLE, UNREACHABLE, ways)

    drawn = [
        GivenTravel(first.places, travel.matrices, via=(spot(100 + number),))
        for number, travel in enumerate(travels)
    ]
    return replace(
        first,
        matrices={kind: Matrix(least(kind, "seconds"), least(kind, "metres")) for kind in first.matrices},
        provider=drawn[0],
        slots=tuple(Slot(start, one.matrices, one) for (start, *_), one in zip(slots, drawn)),
    )


def line_travel(problem: Problem, seconds_apart: int = 600) -> Travel:
    """Return travel times between places on a line, the given seconds apart, in the order of `places_of`."""
    number = np.arange(len(places_of(problem)[0]))
    return given_travel(problem, (abs(number[:, None] - number[None, :]) * seconds_apart).tolist())


@dataclass(frozen=True)
class Case:
    """A problem with its travel times, an order of stops per vehicle, and the stops left out."""

    problem: Problem
    travel: Travel
    sequences: tuple[Sequence, ...]
    unassigned: tuple[Unassigned, ...] = field(default=())


VAN = Vehicle(
    "V1",
    start_depot="D1",
    end_depot="D1",
    shift=between("08:00", "17:00"),
    capacity=(10_000,),
    fixed_cost=50,
    cost_per_hour=18,
    cost_per_km=0.5,
)
"""The usual vehicle of the cases; vary it with `dataclasses.replace`."""


def windows_case() -> Case:
    """One vehicle, three stops; one waits for its only window, one serves in its second window."""
    stops = [
        a_stop("S1", 1, service=300, delivery=(2000,), windows=(between("09:00", "10:00"),)),
        a_stop("S2", 2, service=600, setup=60, delivery=(3000,)),
        a_stop("S3", 3, service=300, windows=(between("08:00", "09:00"), between("11:00", "12:00"))),
    ]
    problem = a_problem(stops, [a_depot("D1", 0, between("06:00", "20:00"))], [VAN])
    return Case(problem, line_travel(problem), (Sequence("V1", ("S1", "S2", "S3")),))


def open_start_case() -> Case:
    """A vehicle that begins at its first stop and ends at the depot."""
    stops = [
        a_stop("S1", 1, service=300),
        a_stop("S2", 2, service=300, setup=120, pickup=(500,), windows=(between("09:00", "10:00"),)),
    ]
    vehicle = Vehicle("V1", end_depot="D1", shift=between("08:00", "17:00"), capacity=(1000,), cost_per_km=1)
    problem = a_problem(stops, [a_depot("D1", 0)], [vehicle])
    return Case(problem, line_travel(problem), (Sequence("V1", ("S2", "S1")),))


def open_end_case() -> Case:
    """A vehicle whose work ends with its last stop."""
    stops = [a_stop("S1", 1, service=300), a_stop("S2", 2, service=300, windows=(between("09:00", "11:00"),))]
    vehicle = Vehicle("V1", start_depot="D1", shift=between("08:00", "17:00"), cost_per_hour=20)
    problem = a_problem(stops, [a_depot("D1", 0)], [vehicle])
    return Case(problem, line_travel(problem), (Sequence("V1", ("S1", "S2")),))


def two_depots_case() -> Case:
    """Two vehicles of two profiles; one starts at one depot and ends at another that opens late."""
    stops = [a_stop(f"S{number}", 1 + number, service=300, delivery=(1000,)) for number in range(1, 5)]
    depots = [a_depot("D1", 0, between("07:00", "18:00")), a_depot("D2", 1, between("10:00", "18:00"))]
    shift = between("08:00", "17:00")
    vehicles = [
        Vehicle("V1", start_depot="D1", end_depot="D2", shift=shift, capacity=(5000,), cost_per_hour=20),
        Vehicle("V2", profile="truck", start_depot="D2", end_depot="D2", shift=shift, cost_per_km=2),
    ]
    problem = a_problem(stops, depots, vehicles)
    car = line_travel(problem).matrices["car"].seconds
    truck = (car * 3 // 2 + np.triu(np.full(car.shape, 30), 1)).tolist()
    travel = given_travel(problem, {"car": car.tolist(), "truck": truck})
    return Case(problem, travel, (Sequence("V1", ("S1", "S2")), Sequence("V2", ("S4", "S3"))))


def three_loads_case() -> Case:
    """Deliveries and pickups in three dimensions, one of them unlimited, one not named for a stop."""
    stops = [
        a_stop("S1", 1, delivery=(1000, 0, 5), pickup=(0, 4000, 0), service=60),
        a_stop("S2", 2, delivery=(3000, 2500, 0), pickup=(2000,), service=60),
        a_stop("S3", 3, delivery=(0, 500), pickup=(2000, 0, 70), service=60),
    ]
    vehicle = Vehicle("V1", start_depot="D1", end_depot="D1", capacity=(4000, 7000, None), max_stops=3)
    problem = a_problem(stops, [a_depot("D1", 0)], [vehicle], dimensions=3)
    return Case(problem, line_travel(problem), (Sequence("V1", ("S1", "S2", "S3")),))


def same_place_case() -> Case:
    """Three stops in one house, setup due once, and a fourth at the depot's own place."""
    stops = [a_stop(f"S{number}", 1, service=120, setup=90 + number) for number in (1, 2, 3)]
    stops.append(a_stop("S4", 0, service=120, setup=200))
    problem = a_problem(stops, [a_depot("D1", 0)], [VAN])
    return Case(problem, line_travel(problem), (Sequence("V1", ("S4", "S1", "S2", "S3")),))


def left_out_case() -> Case:
    """One stop served, one left out because it is not worth it, one because it is out of reach."""
    stops = [
        a_stop("S1", 1, service=300),
        a_stop("S2", 2, penalty=3.0),
        a_stop("S3", 3, windows=(between("05:00", "06:00"),)),
    ]
    problem = a_problem(stops, [a_depot("D1", 0)], [VAN])
    left = (
        Unassigned("S2", "not_worth_it", "Serving S2 would cost 12.00, its penalty is 3.00.", "V1", 1200),
        Unassigned("S3", "time_window", "V1 could be there at 08:30, its window ends at 06:00."),
    )
    return Case(problem, line_travel(problem), (Sequence("V1", ("S1",)),), left)


def ranked_case() -> Case:
    """Strictly ranked stops with skills and vehicle rules, in a permitted order."""
    strict = {"order_rule": ORDER_STRICT, "service": 60}
    stops = [
        a_stop("S1", 1, order_rank=1, skills=("fridge",), **strict),
        a_stop("S2", 2, order_rank=2, allowed_vehicles=("V1",), **strict),
        a_stop("S3", 3, service=60, forbidden_vehicles=("V2",)),
        a_stop("S4", 4, order_rank=2, vehicle_id="V1", **strict),
    ]
    vehicles = [
        Vehicle("V1", start_depot="D1", end_depot="D1", skills=("fridge", "lift"), max_work=2 * HOUR),
        Vehicle("V2", start_depot="D1", end_depot="D1"),
    ]
    problem = a_problem(stops, [a_depot("D1", 0)], vehicles)
    return Case(problem, line_travel(problem), (Sequence("V1", ("S1", "S4", "S3", "S2")),))


VALID_CASES = {
    "windows": windows_case,
    "open start": open_start_case,
    "open end": open_end_case,
    "two depots": two_depots_case,
    "three loads": three_loads_case,
    "same place": same_place_case,
    "left out": left_out_case,
    "ranked": ranked_case,
}
"""Cases whose plan breaks no rule, by name."""
