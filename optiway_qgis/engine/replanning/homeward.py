"""How vehicles that have left drive home, and what that costs whether they serve anything or not.

In the problem of a rest a vehicle without stops costs nothing. One that has left still has its way home, and
pays for it in every plan: what it serves costs only what comes on top of that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.schedule import distance_cost, time_cost
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.problem import Stop

if TYPE_CHECKING:
    from collections.abc import Collection

    from optiway_qgis.engine.replanning.rest import Rest
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.problem import Vehicle


def stops_where_they_are(
    rest: Rest, travel: Travel, names: Collection[str]
) -> tuple[tuple[Stop, ...], tuple[int, ...]]:
    """Return a stop where each of these vehicles is, in their order in the problem, and its place in the
    travel of the rest: with no other stop they have a route, and that leads home.
    """
    depots = {depot.id: (depot, at) for depot, at in zip(rest.problem.depots, travel.depot_place)}
    stops, places = [], []
    for vehicle in rest.problem.vehicles:
        if vehicle.id in names:
            here, place = depots[rest.starts[vehicle.id]]
            stops.append(Stop(here.id, here.lon, here.lat, zones=vehicle.zones, fetch=True))
            places.append(place)
    return tuple(stops), tuple(places)


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
    return distance_cost(vehicle, metres) + time_cost(vehicle, seconds)
