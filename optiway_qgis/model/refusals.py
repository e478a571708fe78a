"""Why no vehicle of a fleet may or can take a stop, whatever the travel times: skills, vehicle rules, zones,
size, goods ready too late or due too early.

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
    fitting = [vehicle for excess, vehicle in excesses if excess <= 0]
    if fitting:
        return _out_of_shifts(stop, fitting)
    least = min(excesses, key=lambda entry: entry[0])[1]
    text, fix = over_capacity(least, peaks)
    return Unassigned(stop.id, reasons.CAPACITY, ALONE + text, least.id, fix=fix)


def nobody_may(stop: Stop, vehicles: Sequence[Vehicle]) -> Unassigned:
    """Return why skills, vehicle rules and zones leave nobody for the stop."""
    if not any(set(stop.skills) <= set(vehicle.skills) for vehicle in vehicles):
        wanted = ", ".join(stop.skills)
        return Unassigned(stop.id, reasons.SKILL, f"No vehicle has {wanted}.", fix=f"a vehicle with {wanted}")
    if any(may_serve(vehicle, stop) == reasons.ZONE for vehicle in vehicles):
        return _out_of_zones(stop)
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


def may_not(vehicle: Vehicle, stop: Stop) -> str:
    """Return why one vehicle may not serve a stop, "" where it may."""
    code = may_serve(vehicle, stop)
    if code == reasons.SKILL:
        missing = [skill for skill in stop.skills if skill not in vehicle.skills]
        return f"{vehicle.id} has no {', '.join(missing)}."
    if code == reasons.ZONE:
        return f"It lies in no zone of {vehicle.id}."
    return f"{vehicle.id} may not serve it." if code else ""


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


def _out_of_zones(stop: Stop) -> Unassigned:
    """Return the refusal by vehicles that stay in their zones."""
    if not stop.zones:
        text = "It lies in no zone, and the vehicles that may serve it stay in theirs."
        return Unassigned(stop.id, reasons.ZONE, text, fix="a vehicle without zones")
    zones = ", ".join(stop.zones)
    text = f"It lies in {zones}, and the vehicles that may serve it stay in other zones."
    return Unassigned(stop.id, reasons.ZONE, text, fix=f"a vehicle that serves {zones}")


def _out_of_shifts(stop: Stop, vehicles: Sequence[Vehicle]) -> Unassigned | None:
    """Return the refusal of goods that are ready, or due, when nobody works; None where somebody does."""
    last = max(vehicles, key=lambda vehicle: vehicle.shift.end)
    first = min(vehicles, key=lambda vehicle: vehicle.shift.start)
    if stop.ready is not None and stop.ready > last.shift.end:
        minutes = _minutes(stop.ready - last.shift.end)
        text, fix = f"ready {minutes} min after the last shift", f"goods ready {minutes} min earlier"
        return Unassigned(stop.id, reasons.READY_DUE, f"Its goods are {text}.", last.id, fix=fix)
    if stop.due is not None and stop.due < first.shift.start:
        minutes = _minutes(first.shift.start - stop.due)
        text, fix = f"due {minutes} min before the first shift", f"goods due {minutes} min later"
        return Unassigned(stop.id, reasons.READY_DUE, f"Its goods are {text}.", first.id, fix=fix)
    return None


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)


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
