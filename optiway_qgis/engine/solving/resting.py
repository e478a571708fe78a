"""Breaks as PyVRP can see them: the problem in which a break is part of the stop after which it was taken.

Where breaks go in a plan is decided in breaks.py. Like the rounds of rounds.py, each such problem stands on
the times of a plan before; what is found is mended and judged by the true rules.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_STOP

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.schedule import Timetable, Timetables
    from optiway_qgis.model.problem import Stop, Vehicle


def without_breaks(instance: Instance, tables: Timetables) -> Instance:
    """Return the problem without breaks in which each stop of the routes takes as long as it is stayed there.

    Limits on work let for the unpaid breaks that a route has now.
    """
    stops = list(instance.stops)
    vehicles = [replace(vehicle, breaks=()) for vehicle in instance.vehicles]
    for number, table in tables.items():
        for index, seconds in _rested_after(table).items():
            stops[index] = _with_rest(stops[index], seconds, table.vehicle)
        vehicles[number] = _working_longer(vehicles[number], table.unpaid_break)
    return Instance(replace(instance.problem, stops=tuple(stops), vehicles=tuple(vehicles)), instance.travel)


def _rested_after(table: Timetable) -> dict[int, int]:
    """Return the seconds of breaks, with waiting for them, after each stop that any follow."""
    rested: dict[int, int] = {}
    last = -1
    ends = [begin + step.service for begin, step in zip(table.begins, table.steps)]
    for number, (before, step) in enumerate(pairwise(table.steps), 1):
        if before.kind == VISIT_STOP:
            last = before.stop
        elif before.kind != VISIT_BREAK:
            last = -1
        if step.kind == VISIT_BREAK and last >= 0:
            rested[last] = rested.get(last, 0) + ends[number] - ends[number - 1]
    return rested


def _with_rest(stop: Stop, seconds: int, vehicle: Vehicle) -> Stop:
    """Return the stop with its service longer by what the vehicle's driver rests after it."""
    return replace(stop, service=stop.service + round(seconds / vehicle.service_factor))


def _working_longer(vehicle: Vehicle, seconds: int) -> Vehicle:
    """Return the vehicle with its limits on work longer."""
    most, usual = vehicle.max_work, vehicle.overtime_after
    return replace(
        vehicle,
        max_work=None if most is None else most + seconds,
        overtime_after=None if usual is None else usual + seconds,
    )
