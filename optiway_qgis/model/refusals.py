"""Why no vehicle of a fleet may or can take a stop, whatever the travel times: skills, vehicle rules, size.

What needs travel times is solving/explain.py's in the engine.
"""

from __future__ import annotations

from typing import Sequence

from . import reasons
from .plan import Unassigned
from .problem import LOAD_SCALE, Stop, Vehicle, may_serve

ALONE = "Even alone on a vehicle: "


def refused(stop: Stop, vehicles: Sequence[Vehicle], dimensions: int) -> Unassigned | None:
    """Return why no vehicle takes the stop even when it has nothing else to do, None when one might."""
    able = [vehicle for vehicle in vehicles if not may_serve(vehicle, stop)]
    if not able:
        return nobody_may(stop, vehicles)
    peaks = _peaks_alone(stop, dimensions)
    excesses = [(_excess(vehicle, peaks), vehicle) for vehicle in able]
    if any(excess <= 0 for excess, _ in excesses):
        return None
    least = min(excesses, key=lambda entry: entry[0])[1]
    text, fix = over_capacity(least, peaks)
    return Unassigned(stop.id, reasons.CAPACITY, ALONE + text, least.id, fix=fix)


def nobody_may(stop: Stop, vehicles: Sequence[Vehicle]) -> Unassigned:
    """Return why skills and vehicle rules leave nobody for the stop."""
    if not any(set(stop.skills) <= set(vehicle.skills) for vehicle in vehicles):
        wanted = ", ".join(stop.skills)
        return Unassigned(stop.id, reasons.SKILL, f"No vehicle has {wanted}.", fix=f"a vehicle with {wanted}")
    rules = []
    if stop.vehicle_id:
        rules.append(f"it is assigned to {stop.vehicle_id}")
    if stop.allowed_vehicles:
        rules.append(f"only {', '.join(stop.allowed_vehicles)} may serve it")
    if stop.forbidden_vehicles:
        rules.append(f"{', '.join(stop.forbidden_vehicles)} may not serve it")
    if stop.skills:
        rules.append(f"it asks for {', '.join(stop.skills)}")
    text = f"No vehicle of the fleet may serve it: {' and '.join(rules)}."
    return Unassigned(stop.id, reasons.VEHICLE_RULE, text, fix="another vehicle allowed")


def over_capacity(vehicle: Vehicle, peaks: Sequence[int]) -> tuple[str, str]:
    """Return the sentence and the change for highest loads, per dimension, of which one is over capacity."""
    over = [
        (axis, peak, limit)
        for axis, (peak, limit) in enumerate(zip(peaks, vehicle.capacity), 1)
        if limit is not None and peak > limit
    ]
    axis, peak, limit = max(over, key=lambda one: one[1] - one[2])
    name = f"capacity_{axis}" if len(peaks) > 1 else "capacity"
    text = f"{vehicle.id} would carry {thousandths(peak)}, its {name} is {thousandths(limit)}."
    return text, f"{thousandths(peak - limit)} more {name} for {vehicle.id}"


def thousandths(amount: int) -> str:
    """Return metres in kilometres, or a load in the user's unit, to the last digit."""
    return f"{amount / LOAD_SCALE:.3f}".rstrip("0").rstrip(".")


def _peaks_alone(stop: Stop, dimensions: int) -> tuple[int, ...]:
    """Return the highest load per dimension on a route of this stop alone: deliveries are on board from the
    start, pickups to the end."""
    nothing = (0,) * dimensions
    delivery, pickup = ((*loads, *nothing)[:dimensions] for loads in (stop.delivery, stop.pickup))
    return tuple(map(max, delivery, pickup))


def _excess(vehicle: Vehicle, peaks: Sequence[int]) -> int:
    """Return by how much the highest load is over capacity, 0 or less where none is."""
    limits = zip(peaks, vehicle.capacity)
    return max((peak - limit for peak, limit in limits if limit is not None), default=0)
