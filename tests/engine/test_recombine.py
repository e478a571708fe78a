"""Routes met by a search put together anew: never dearer, the best there is, rules of the whole plan kept."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest

from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score_of
from optiway_qgis.engine.solving.recombine import recombined
from optiway_qgis.engine.solving.schedule import Timetable, timetables
from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.model.problem import Depot, Goals, Problem, Stop, Vehicle

STOPS = 4


def town(seed: int, vehicles: int = 3, **goals: object) -> Instance:
    """Return some stops around a depot, and vehicles of two kinds."""
    draw = np.random.default_rng(seed)
    places = draw.uniform((-8.66, 41.14), (-8.58, 41.19), (STOPS, 2)).tolist()
    fleet = tuple(
        Vehicle(
            f"V{number}",
            start_depot="D",
            end_depot="D",
            capacity=(3000,),
            fixed_cost=5.0 + number % 2,
            cost_per_km=1.0,
            cost_per_hour=10.0,
        )
        for number in range(vehicles)
    )
    problem = Problem(
        plan_date="2026-05-04",
        time_zone="UTC",
        stops=tuple(Stop(f"S{number}", *place, delivery=(1000,)) for number, place in enumerate(places)),
        depots=(Depot("D", -8.62, 41.16),),
        vehicles=fleet,
        goals=Goals(**goals),
    )
    return Instance(problem, open_travel(problem, {"source": "estimate"}, lambda text: None))


def every_route(instance: Instance) -> list[Timetable]:
    """Return each order of each set of stops on the first vehicle of each kind."""
    return [
        Timetable(instance, instance.vehicles[kind[0]], list(order))
        for kind in instance.kinds
        for size in range(1, STOPS + 1)
        for members in combinations(range(STOPS), size)
        for order in permutations(members)
    ]


def alone(instance: Instance) -> dict[int, Timetable]:
    """Return a poor answer: the first stops each on a vehicle of its own."""
    return timetables(instance, [[stop] for stop in range(len(instance.vehicles))])


def best_of_all(instance: Instance) -> float:
    """Return the price of the best answer there is, found by trying every one."""
    routes = [
        (next(kind for kind in instance.kinds if instance.vehicle_index[table.vehicle.id] in kind), table)
        for table in every_route(instance)
        if not table.violations
    ]

    def search(left: frozenset[int], used: list[list[int]], chosen: list[Timetable]) -> float:
        if not left:
            return score_of(instance, chosen).price
        return min(
            (
                search(left - {*table.indices}, [*used, kind], [*chosen, table])
                for kind, table in routes
                if min(left) in table.indices
                and left.issuperset(table.indices)
                and used.count(kind) < len(kind)
            ),
            default=float("inf"),
        )

    return search(frozenset(range(STOPS)), [], [])


@pytest.mark.parametrize("goals", [{}, {"balance": "time", "balance_price": 40.0}, {"fewest_vehicles": True}])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_best_of_all_routes_is_the_best_answer(seed: int, goals: dict[str, object]) -> None:
    instance = town(seed, **goals)
    found = recombined(instance, alone(instance), every_route(instance))
    assert found is not None
    reached = score_of(instance, found.values())
    assert (reached.broken, reached.unserved) == (0, 0)
    assert reached.price == pytest.approx(best_of_all(instance), abs=1e-6)
    assert all(table.vehicle is instance.vehicles[vehicle] for vehicle, table in found.items())


def test_what_is_best_already_is_left_alone() -> None:
    instance = town(4)
    best = recombined(instance, alone(instance), every_route(instance))
    assert best is not None
    assert recombined(instance, best, every_route(instance)) is None
    assert recombined(instance, best, []) is None


def test_routes_that_break_a_rule_are_not_taken() -> None:
    instance = town(5)
    tight = Instance(
        replace(
            instance.problem,
            vehicles=tuple(replace(one, capacity=(1000,)) for one in instance.vehicles),
        ),
        instance.travel,
    )
    found = recombined(tight, alone(tight), every_route(tight)) or alone(tight)
    assert [len(table.indices) for table in found.values()] == [1, 1, 1]


def test_more_important_stops_are_served() -> None:
    instance = town(6, vehicles=1)
    dear = replace(instance.stops[3], priority=50)
    problem = replace(
        instance.problem,
        stops=(*instance.stops[:3], dear),
        vehicles=(replace(instance.vehicles[0], max_stops=1),),
    )
    picky = Instance(problem, instance.travel)
    found = recombined(picky, timetables(picky, [[0]]), every_route(picky))
    assert found is not None
    assert [table.indices for table in found.values()] == [[3]]
