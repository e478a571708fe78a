"""Travel times of what is left of a day: a vehicle that goes on to where it was going is there as planned.

A leg begun anew where the vehicle is does not always take what was left of it: laws of the distance are
slower on short ways, and a place between two stops meets the roads where it may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.driving import Legs
from optiway_qgis.engine.travel.provider import Matrix, travel_kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from optiway_qgis.engine.replanning.rest import Course, Rest
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.problem import Problem

_SAME = 1
"""Seconds by which a leg may differ from what it was planned to take and still be the same."""


def open_rest(
    rest: Rest, source: dict[str, Any], open_travel: Callable[[Problem, dict[str, Any]], Travel]
) -> Travel:
    """Return the travel of a rest from a job's `travel` member, opened by `open_travel`.

    Of a leg that a vehicle is on, as many seconds and metres are left as planned, if the whole leg still
    takes what it was planned to: where a road is closed or slower now, the way from where it is counts.
    """
    if source.get("source") == "matrix":
        source = {**source, "aliases": dict(rest.aliases)}
    travel = open_travel(rest.problem, source)
    vehicles = {vehicle.id: vehicle for vehicle in rest.problem.vehicles}
    stops = {stop.id: place for stop, place in zip(rest.problem.stops, travel.stop_place)}
    depots = {depot.id: place for depot, place in zip(rest.problem.depots, travel.depot_place)}
    places = [*travel.stop_place, *travel.depot_place]
    for name, course in rest.courses.items():
        here = depots[rest.starts[name]]
        target = stops[course.target] if course.to_stop else depots[course.target]
        kind = travel_kind(vehicles[name])
        same = abs(_seconds(travel, kind, depots[course.origin], target, course.departure) - course.drive)
        if places.count(here) == 1 and same <= _SAME:
            for tables in (travel.matrices, *(slot.matrices for slot in travel.slots)):
                tables[kind] = _with_leg(tables[kind], here, target, course)
    return travel


def _seconds(travel: Travel, kind: str, origin: int, target: int, departure: int) -> int:
    """Return what a leg takes now."""
    if not travel.slots:
        return int(travel.matrices[kind].seconds[origin, target])
    arrival = Legs(travel.slots, kind).between(origin, target).arrival(departure)
    return -1 if arrival is None else arrival - departure


def _with_leg(matrix: Matrix, origin: int, target: int, course: Course) -> Matrix:
    """Return the table, its own arrays where they may be written to, with what is left of a leg."""
    seconds, metres = (
        table if table.flags.writeable else table.copy() for table in (matrix.seconds, matrix.metres)
    )
    seconds[origin, target], metres[origin, target] = course.left, course.metres
    return Matrix(seconds, metres)
