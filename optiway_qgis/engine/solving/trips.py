"""Where a vehicle reloads: a given order of stops cut into trips."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.model.problem import Vehicle


def reloads(instance: Instance, vehicle: Vehicle, stops: list[int]) -> tuple[int, ...]:
    """Return after how many of the stops, given by their indices in order, the vehicle reloads each time.

    Asked only for vehicles with a start depot and `max_trips` above 1, where a single trip breaks a rule.
    A trial is `Timetable(instance, vehicle, stops, reloads)`.
    """
    return ()
