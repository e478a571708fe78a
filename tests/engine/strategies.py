"""Hypothesis strategies: random problems as docs/model.md allows them, orders of stops, and damaged plans."""

from __future__ import annotations

from dataclasses import fields, replace
from math import ceil
from typing import Any

from hypothesis import strategies as st

from optiway_qgis.engine.travel.provider import UNREACHABLE, places_of
from optiway_qgis.model.plan import Leg, Plan, Unassigned, Visit
from optiway_qgis.model.problem import (
    ORDER_RULES,
    Depot,
    Problem,
    Sequence,
    Stop,
    Vehicle,
    Window,
)
from tests.engine.cases import Case, a_problem, given_travel, spot, travel_by_the_hour

HORIZONS = (600, 20_000, 100_000)
SKILLS = ("fridge", "lift")
PROFILES = ("car", "truck")
SPEEDS = (0.5, 1.25, 3)


def windows(horizon: int, most: int = 3) -> st.SearchStrategy[tuple[Window, ...]]:
    """Draw sorted windows that do not overlap; some are a single moment, none means any time."""
    edges = st.lists(st.integers(0, horizon), max_size=2 * most, unique=True).map(sorted)
    pairs = edges.map(lambda moments: list(zip(moments[::2], moments[1::2])))
    return pairs.map(lambda drawn: tuple(Window(start, end if start % 7 else start) for start, end in drawn))


def some(values: st.SearchStrategy[Any], otherwise: Any = None) -> st.SearchStrategy[Any]:
    """Draw a value or, more often, what stands for none."""
    return st.one_of(st.just(otherwise), st.just(otherwise), values)


def loads(dimensions: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw amounts, some tuples shorter than the number of dimensions."""
    return st.lists(st.integers(0, 5000), max_size=dimensions).map(tuple)


def subsets(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw a few of the values, mostly none."""
    return some(st.lists(st.sampled_from(values), unique=True).map(tuple), ())


def stops(
    stop_id: str, places: int, horizon: int, dimensions: int, vehicle_ids: tuple[str, ...]
) -> st.SearchStrategy[Stop]:
    """Draw a stop at one of the places."""
    return st.builds(
        lambda place, **members: Stop(stop_id, *spot(place), **members),
        place=st.integers(0, places - 1),
        service=st.integers(0, horizon // 20),
        setup=st.integers(0, horizon // 40),
        windows=windows(horizon),
        delivery=loads(dimensions),
        pickup=loads(dimensions),
        priority=st.integers(0, 100),
        order_rule=st.sampled_from(ORDER_RULES),
        order_rank=st.integers(0, 3),
        penalty=some(st.integers(0, 500).map(float)),
        skills=subsets(SKILLS),
        allowed_vehicles=subsets(vehicle_ids),
        forbidden_vehicles=subsets(vehicle_ids),
        vehicle_id=some(st.sampled_from(vehicle_ids), ""),
    )


def vehicles(
    vehicle_id: str, horizon: int, dimensions: int, depot_ids: tuple[str, ...]
) -> st.SearchStrategy[Vehicle]:
    """Draw a vehicle; either end may be open, any limit may be missing."""
    return st.builds(
        Vehicle,
        id=st.just(vehicle_id),
        profile=st.sampled_from(PROFILES),
        speed_factor=some(st.sampled_from(SPEEDS), 1.0),
        start_depot=st.sampled_from((*depot_ids, None)),
        end_depot=st.sampled_from((*depot_ids, None)),
        shift=st.tuples(st.integers(0, horizon // 2), st.integers(0, horizon)).map(
            lambda drawn: Window(drawn[0], sum(drawn))
        ),
        capacity=st.lists(st.none() | st.integers(0, 20_000), max_size=dimensions).map(tuple),
        skills=subsets(SKILLS),
        max_stops=some(st.integers(0, 8)),
        max_work=some(st.integers(0, horizon)),
        max_drive=some(st.integers(0, horizon // 2)),
        max_distance=some(st.integers(0, horizon * 5)),
        fixed_cost=st.integers(0, 200).map(float),
        cost_per_hour=st.integers(0, 50).map(float),
        cost_per_km=st.integers(0, 5).map(float),
    )


@st.composite
def problems(draw: st.DrawFn, max_stops: int = 8, max_vehicles: int = 3) -> Problem:
    """Draw a problem: one to three depots and dimensions, stops that often share a place."""
    horizon = draw(st.sampled_from(HORIZONS))
    dimensions = draw(st.integers(1, 3))
    places = draw(st.integers(1, 7))
    vehicle_ids = tuple(f"V{number}" for number in range(draw(st.integers(1, max_vehicles))))
    depot_ids = tuple(f"D{number}" for number in range(draw(st.integers(1, 3))))
    hours = windows(horizon, most=1).map(lambda drawn: drawn[0] if drawn else None)
    return a_problem(
        [
            draw(stops(f"S{number}", places, horizon, dimensions, vehicle_ids))
            for number in range(draw(st.integers(1, max_stops)))
        ],
        [
            Depot(depot_id, *spot(draw(st.integers(0, places - 1))), window=draw(hours))
            for depot_id in depot_ids
        ],
        [draw(vehicles(vehicle_id, horizon, dimensions, depot_ids)) for vehicle_id in vehicle_ids],
        dimensions,
    )


@st.composite
def tables(draw: st.DrawFn, size: int, longest: int, unreachable: bool) -> list[list[int]]:
    """Draw an asymmetric table with 0 on the diagonal and, when asked, some pairs without a way."""
    ways = st.integers(0, longest)
    return draw(square(size, st.one_of(*[ways] * 9, st.just(UNREACHABLE)) if unreachable else ways))


@st.composite
def square(draw: st.DrawFn, size: int, entries: st.SearchStrategy[int]) -> list[list[int]]:
    """Draw a square of entries with 0 on the diagonal."""
    return [[0 if row == column else draw(entries) for column in range(size)] for row in range(size)]


@st.composite
def cases(draw: st.DrawFn, max_stops: int = 8, max_vehicles: int = 3) -> Case:
    """Draw a problem with travel times, and a random order of stops on random vehicles, some left out."""
    problem = draw(problems(max_stops, max_vehicles))
    size = len(places_of(problem)[0])
    longest = max(vehicle.shift.end for vehicle in problem.vehicles) // 8 + 1
    unreachable = draw(st.booleans())
    seconds = {profile: draw(tables(size, longest, unreachable)) for profile in PROFILES}
    metres = {profile: draw(tables(size, longest * 10, unreachable)) for profile in PROFILES}
    sequences, left = draw(sequences_of(problem))
    return Case(problem, given_travel(problem, seconds, metres), sequences, left)


@st.composite
def tables_by_the_hour(draw: st.DrawFn, size: int, longest: int, first: int) -> list[tuple[Any, ...]]:
    """Draw two to four slots, each with times and metres per profile: a table times a factor, or any times.

    Some pairs have no way in a slot, some in none. Places that are no time apart are so in each slot.
    """
    starts = draw(st.lists(st.integers(first, first + 3 * longest), min_size=2, max_size=4, unique=True))
    ways = st.one_of(st.integers(0, longest), st.integers(longest // 2, longest))
    base = {profile: draw(square(size, ways)) for profile in PROFILES}
    changes = st.one_of(st.sampled_from((0.5, 1.0, 1.5, 2.7)), st.sampled_from((3.0, 0.1)))
    blocked = st.integers(0, 4 if draw(st.booleans()) else 10**6).map(lambda drawn: drawn == 1)
    slots = []
    for start in sorted(starts):
        seconds, metres = {}, {}
        for profile, table in base.items():
            factor = draw(some(changes))
            times = [
                [
                    UNREACHABLE
                    if cell and draw(blocked)
                    else ceil(cell * (draw(changes) if factor is None else factor))
                    for cell in row
                ]
                for row in table
            ]
            seconds[profile] = times
            lengths = {cell: draw(st.integers(0, longest * 10)) for row in times for cell in row}
            lengths |= {0: 0, UNREACHABLE: UNREACHABLE}
            metres[profile] = [[lengths[cell] for cell in row] for row in times]
        slots.append((start, seconds, metres))
    return slots


@st.composite
def cases_by_the_hour(draw: st.DrawFn, max_stops: int = 6, max_vehicles: int = 2) -> Case:
    """Draw a case as `cases` does, its travel times depending on the hour."""
    problem = draw(problems(max_stops, max_vehicles))
    size = len(places_of(problem)[0])
    longest = max(vehicle.shift.end for vehicle in problem.vehicles) // 4 + 1
    first = draw(st.sampled_from([vehicle.shift.start for vehicle in problem.vehicles]))
    slots = draw(tables_by_the_hour(size, longest, first))
    sequences, left = draw(sequences_of(problem))
    return Case(problem, travel_by_the_hour(problem, *slots), sequences, left)


@st.composite
def sequences_of(draw: st.DrawFn, problem: Problem) -> tuple[tuple[Sequence, ...], tuple[Unassigned, ...]]:
    """Draw an order of stops for each vehicle, whatever it breaks, and leave some stops out."""
    order = draw(st.permutations([stop.id for stop in problem.stops]))
    homes = st.sampled_from([vehicle.id for vehicle in problem.vehicles] * 3 + [""])
    home = {stop_id: draw(homes) for stop_id in order}
    sequences = tuple(
        Sequence(vehicle.id, tuple(stop_id for stop_id in order if home[stop_id] == vehicle.id))
        for vehicle in problem.vehicles
    )
    left = [
        Unassigned(stop_id, "no_vehicle", "No vehicle is left.") for stop_id in order if not home[stop_id]
    ]
    return sequences, tuple(left)


# Damage: a valid plan with one figure changed, so that no other plan could be meant.

_NUMBERS = ("arrival", "setup", "wait", "start", "service", "end", "late", "slack", "drive", "distance")
_ROUTE_NUMBERS = (*(set(_NUMBERS) - {"arrival", "slack"}), "cost_fixed", "cost_distance", "cost_time")
_STRANGE = (None, "", "x", float("nan"), float("inf"), -1, 10**12, True, (), ["x"], 0.5)


def _other(value: Any) -> st.SearchStrategy[Any]:
    """Draw something in place of a value that is surely not the value."""
    strange = st.sampled_from(_STRANGE)
    if type(value) in (int, float):
        shifts = st.integers(1, 100_000).flatmap(lambda by: st.sampled_from((by, -by)))
        margin = 1e-5 * (1 + abs(value))
        close = isinstance(value, float)

        def differs(other: Any) -> bool:
            if type(other) not in (int, float):
                return True
            return not abs(other - value) <= margin if close else not (type(other) is int and other == value)

        return st.one_of(strange, shifts.map(lambda by: value + by)).filter(differs)
    if isinstance(value, tuple):
        changed = [value[:-1], (*value, *value[:1]), (*value, "x"), value[::-1], (None, *value[1:])]
        return st.sampled_from([other for other in (*changed, *_STRANGE) if other != value])
    return st.sampled_from([other for other in _STRANGE if type(other) is not type(value) or other != value])


@st.composite
def damaged(draw: st.DrawFn, plan: Plan) -> tuple[str, Plan]:
    """Draw one figure of a plan with at least one route and change it; returns what was changed too."""
    number = draw(st.integers(0, len(plan.routes) - 1))
    route = plan.routes[number]
    parts = ["route", "visits", "legs"] if route.legs else ["route", "visits"]
    part = draw(st.sampled_from(parts))
    if part == "route":
        names = [name.name for name in fields(route) if name.name != "route_id"]
        figure = draw(st.sampled_from(names))
        worse = replace(route, **{figure: draw(_other(getattr(route, figure)))})
        what = f"route {number} {figure}: {getattr(worse, figure)!r}"
    else:
        members: tuple[Visit | Leg, ...] = getattr(route, part)
        index = draw(st.integers(0, len(members) - 1))
        member = members[index]
        figure = draw(st.sampled_from([name.name for name in fields(member)]))
        values = _lines(member) if figure == "geometry" else _other(getattr(member, figure))
        other = replace(member, **{figure: draw(values)})
        worse = replace(route, **{part: (*members[:index], other, *members[index + 1 :])})
        what = f"route {number} {part} {index} {figure}: {getattr(other, figure)!r}"
    return what, replace(plan, routes=(*plan.routes[:number], worse, *plan.routes[number + 1 :]))


def _lines(leg: Leg) -> st.SearchStrategy[Any]:
    first, last = leg.geometry[0], leg.geometry[-1]
    moved = (last[0] + 1e-4, last[1])
    wrong = [(), (first,), (first, moved), (moved, last), (first, (None, 1.0)), (first, (1.0,)), None, "line"]
    nan = float("nan")
    return st.sampled_from([*wrong, (first, (nan, nan), last), (first, (last[0], 91.0), last)])
