"""A day of any size drawn from one seed: towns of stops around depots, windows, loads, skills, a mixed fleet.

The fleet can serve all of it: about 50 stops per vehicle, a fifth more room than the loads need. Nothing is
planned or measured here. Standard library only.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from random import Random

CHECKOUT = Path(__file__).absolute().parent.parent
if str(CHECKOUT) not in sys.path:
    sys.path.insert(0, str(CHECKOUT))

from optiway_qgis.model.problem import LOAD_SCALE, Depot, Problem, Stop, Vehicle, Window  # noqa: E402

_CENTRE = (9.0, 48.8)
_DEGREES = (0.0135, 0.0090)
"""A kilometre east and north, at the centre."""

_STOPS_PER_VEHICLE = 45
_STOPS_PER_DEPOT = 2000
_STOPS_PER_TOWN = 250
_HOUR = 3600


def scattered(stops: int, seed: int = 1) -> Problem:
    """Return a day with that many stops: the same for the same number and seed."""
    random = Random(f"{stops} {seed}")
    side = 0.5 * math.sqrt(stops)
    towns = [
        (random.uniform(0, side), random.uniform(0, side)) for _ in range(max(3, stops // _STOPS_PER_TOWN))
    ]
    depots = max(1, stops // _STOPS_PER_DEPOT)
    return Problem(
        plan_date="2026-05-04",
        time_zone="UTC",
        stops=tuple(_stop(random, number, towns, side) for number in range(stops)),
        depots=tuple(
            Depot(f"D{number}", *_degrees(*random.choice(towns)), window=Window(5 * _HOUR, 21 * _HOUR))
            for number in range(depots)
        ),
        vehicles=tuple(
            _vehicle(random, number, depots) for number in range(math.ceil(stops / _STOPS_PER_VEHICLE))
        ),
    )


def _degrees(x: float, y: float) -> tuple[float, float]:
    """Return kilometres east and north of the corner in degrees."""
    return _CENTRE[0] + x * _DEGREES[0], _CENTRE[1] + y * _DEGREES[1]


def _stop(random: Random, number: int, towns: list[tuple[float, float]], side: float) -> Stop:
    """Return a stop: two in three in a town, every fourth with a window, one in thirty with a tail lift."""
    x, y = random.uniform(0, side), random.uniform(0, side)
    if random.random() < 0.67:
        town = random.choice(towns)
        x, y = random.gauss(town[0], 1.5), random.gauss(town[1], 1.5)
    windows: tuple[Window, ...] = ()
    if random.random() < 0.25:
        start = random.randint(8, 14) * _HOUR
        windows = (Window(start, start + random.randint(2, 4) * _HOUR),)
    return Stop(
        f"S{number}",
        *_degrees(x, y),
        service=60 * random.randint(2, 6),
        windows=windows,
        delivery=(random.randint(1, 9) * LOAD_SCALE,),
        skills=("lift",) if random.random() < 1 / 30 else (),
    )


def _vehicle(random: Random, number: int, depots: int) -> Vehicle:
    """Return a vehicle of one of three kinds, the depots in turn."""
    capacity, fixed, per_km, skills = random.choice(
        ((240, 60.0, 0.3, ()), (270, 70.0, 0.35, ("lift",)), (300, 80.0, 0.4, ("lift", "fridge")))
    )
    start = random.choice((6, 7, 8)) * _HOUR
    depot = f"D{number % depots}"
    return Vehicle(
        f"V{number}",
        start_depot=depot,
        end_depot=depot,
        shift=Window(start, start + 10 * _HOUR),
        capacity=(capacity * LOAD_SCALE,),
        skills=skills,
        fixed_cost=fixed,
        cost_per_hour=20.0,
        cost_per_km=per_km,
    )
