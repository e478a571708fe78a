"""What it costs that vehicles which have left drive home, whether they serve anything or not.

In the problem of a rest a vehicle without stops costs nothing. One that has left still has its way home, and
pays for it in every plan: what it serves costs only what comes on top of that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.travel.provider import UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Collection

    from optiway_qgis.model.problem import Vehicle


def with_way_home(instance: Instance, left: Collection[str]) -> Instance:
    """Return the problem in which each vehicle that has left gets back, for having a route, what its way home
    costs it without: a fixed cost below 0.

    Where few vehicles are wished for, those that have not left have the price of a vehicle as a fixed cost.
    """
    if not left:
        return instance
    vehicles = tuple(
        replace(
            vehicle,
            fixed_cost=-_way_home(instance, vehicle)
            if vehicle.id in left
            else vehicle.fixed_cost + instance.vehicle_price,
        )
        for vehicle in instance.vehicles
    )
    goals = replace(instance.problem.goals, fewest_vehicles=False)
    return Instance(replace(instance.problem, vehicles=vehicles, goals=goals), instance.travel)


def _way_home(instance: Instance, vehicle: Vehicle) -> float:
    """Return what a vehicle pays that drives from its start to its end at once."""
    if vehicle.start_depot is None or vehicle.end_depot is None:
        return 0.0
    way = instance.depot_place(vehicle.start_depot), instance.depot_place(vehicle.end_depot)
    matrix, legs = instance.matrix(vehicle), instance.legs(vehicle)
    seconds, metres = int(matrix.seconds[way]), int(matrix.metres[way])
    if seconds == UNREACHABLE:
        return 0.0
    if legs:
        leg, begun = legs.between(*way), instance.earliest_departure(vehicle)
        arrival, slot = leg.arrival(begun), leg.begun_in(begun)
        if arrival is None or slot is None:
            return 0.0
        seconds, metres = arrival - begun, leg.metres[slot]
    overtime = 0 if vehicle.overtime_after is None else max(0, seconds - vehicle.overtime_after)
    hour, over = vehicle.cost_per_hour, vehicle.overtime_cost_per_hour
    time = (seconds - overtime) * hour + overtime * (hour if over is None else over)
    return metres / 1000 * vehicle.cost_per_km + time / 3600
