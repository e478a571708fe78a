"""Why a stop is left out: the reason code, a sentence with figures, the nearest vehicle and what would help.

Reasons are found by trying: the stop alone on a vehicle, then put into the routes of the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.insertion import Insertion, best_insertions, places_per_route
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.model import reasons
from optiway_qgis.model.plan import Unassigned
from optiway_qgis.model.problem import LOAD_SCALE

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.model.problem import Vehicle

_TELLING = (
    reasons.UNREACHABLE,
    reasons.CAPACITY,
    reasons.TIME_WINDOW,
    reasons.DEPOT_HOURS,
    reasons.SHIFT,
    reasons.WORK_LIMIT,
    reasons.DRIVE_LIMIT,
    reasons.DISTANCE_LIMIT,
    reasons.STOP_LIMIT,
    reasons.ORDER,
)
"""Codes of a broken trial, the most telling first."""

_NEAREST = 6
"""Vehicles whose routes are tried for a stop when very many stops are left out."""


def hopeless(instance: Instance) -> dict[int, Unassigned]:
    """Return the stops that no vehicle could serve even if it had nothing else to do, each with its reason."""
    found = {}
    for index in range(len(instance.stops)):
        reason = _alone(instance, index)
        if reason:
            found[index] = reason
    return found


def _alone(instance: Instance, stop: int) -> Unassigned | None:
    """Return why no vehicle can serve the stop alone, None when one can."""
    stop_id = instance.stops[stop].id
    able = [kind[0] for kind in instance.kinds if not instance.refusals[kind[0]][stop]]
    if not able:
        return _nobody_may(instance, stop)
    trials = []
    for vehicle in able:
        table = Timetable(instance, instance.vehicles[vehicle], [stop])
        if not table.violations:
            return None
        trials.append(Insertion(vehicle, 0, table, table.work, sum(table.costs)))
    best = min(trials, key=lambda trial: (len(trial.table.violations), _amount(instance, trial), trial.added_price))
    code = _telling(best.table)
    who = instance.vehicles[best.vehicle]
    text, fix = _sentence(instance, who, best.table, stop, code)
    return Unassigned(stop_id, code, f"Even alone on a vehicle: {text}", who.id, best.added_seconds, fix)


def _nobody_may(instance: Instance, stop: int) -> Unassigned:
    asked = instance.stops[stop]
    skilled = [vehicle for vehicle in instance.vehicles if set(asked.skills) <= set(vehicle.skills)]
    if not skilled:
        wanted = ", ".join(asked.skills)
        return Unassigned(asked.id, reasons.SKILL, f"No vehicle has {wanted}.", fix=f"a vehicle with {wanted}")
    rules = []
    if asked.vehicle_id:
        rules.append(f"it is assigned to {asked.vehicle_id}")
    if asked.allowed_vehicles:
        rules.append(f"only {', '.join(asked.allowed_vehicles)} may serve it")
    if asked.forbidden_vehicles:
        rules.append(f"{', '.join(asked.forbidden_vehicles)} may not serve it")
    if asked.skills:
        rules.append(f"it asks for {', '.join(asked.skills)}")
    text = f"No vehicle of the fleet may serve it: {' and '.join(rules)}."
    return Unassigned(asked.id, reasons.VEHICLE_RULE, text, fix="another vehicle allowed")


def explain(instance: Instance, sequences: Sequences, left_out: list[int]) -> list[Unassigned]:
    """Return the reason of each stop left out of a finished plan."""
    places = places_per_route(instance, len(left_out))
    return [_explain_one(instance, sequences, index, places) for index in left_out]


def _explain_one(instance: Instance, sequences: Sequences, stop: int, places: int) -> Unassigned:
    asked = instance.stops[stop]
    able = [vehicle for vehicle, row in enumerate(instance.refusals) if not row[stop]]
    if places == 1:
        able = able[:_NEAREST]
    trials = best_insertions(instance, sequences, stop, able, places)
    fitting = [trial for trial in trials if trial.fits]
    if fitting:
        best = min(fitting, key=lambda trial: trial.added_price)
        who = instance.vehicles[best.vehicle].id
        text = f"Serving it with {who} would cost {best.added_price:.2f} more"
        if asked.penalty is None:
            return Unassigned(asked.id, reasons.NO_VEHICLE, f"{text}.", who, best.added_seconds)
        text += f", leaving it out costs {asked.penalty:.2f}."
        fix = f"a penalty above {best.added_price:.2f}"
        return Unassigned(asked.id, reasons.NOT_WORTH_IT, text, who, best.added_seconds, fix)
    best = min(trials, key=lambda trial: (len(trial.table.violations), trial.added_seconds))
    who = instance.vehicles[best.vehicle]
    code = _telling(best.table)
    text, fix = _sentence(instance, who, best.table, stop, code)
    return Unassigned(asked.id, code, text, who.id, best.added_seconds, fix if len(best.table.violations) == 1 else "")


def _telling(table: Timetable) -> str:
    return next(code for code in _TELLING if code in table.violations)


def _amount(instance: Instance, trial: Insertion) -> float:
    """Return by how much a trial misses, for telling near misses from far ones."""
    vehicle = instance.vehicles[trial.vehicle]
    return sum(trial.table.late) + max(0, trial.table.end - vehicle.shift.end)


def _sentence(instance: Instance, vehicle: Vehicle, table: Timetable, stop: int, code: str) -> tuple[str, str]:
    """Return what goes wrong on a trial route, with figures, and the change that would mend it."""
    who = vehicle.id
    work, drive = table.work, sum(table.drive)
    if code == reasons.CAPACITY:
        return _capacity(vehicle, table)
    if code == reasons.TIME_WINDOW:
        return _window(instance, vehicle, table, stop)
    if code == reasons.SHIFT:
        back = "be back" if vehicle.end_depot else "be done"
        text = f"{who} would {back} at {clock(table.end)}, its shift ends at {clock(vehicle.shift.end)}."
        return text, f"{minutes(table.end - vehicle.shift.end)} longer shift for {who}"
    if code == reasons.DEPOT_HOURS:
        text = f"{who} would leave at {clock(table.departure)} and be back at {clock(table.end)}, when a depot is closed."
        return text, "longer opening hours of the depot"
    if code == reasons.WORK_LIMIT:
        text = f"{who} would work {minutes(work)}, {minutes(vehicle.max_work or 0)} are allowed."
        return text, f"{minutes(work - (vehicle.max_work or 0))} more working time for {who}"
    if code == reasons.DRIVE_LIMIT:
        text = f"{who} would drive {minutes(drive)}, {minutes(vehicle.max_drive or 0)} are allowed."
        return text, f"{minutes(drive - (vehicle.max_drive or 0))} more driving time for {who}"
    if code == reasons.DISTANCE_LIMIT:
        allowed = vehicle.max_distance or 0
        text = f"{who} would drive {table.distance / 1000:.1f} km, {allowed / 1000:.1f} km are allowed."
        return text, f"{(table.distance - allowed) / 1000:.1f} km more for {who}"
    if code == reasons.STOP_LIMIT:
        text = f"{who} would have {len(table.stops)} stops, {vehicle.max_stops} are allowed."
        return text, f"one more stop allowed for {who}"
    if code == reasons.ORDER:
        return f"On {who} it would come after a stop of higher rank.", "another rank"
    return "There is no way to it or from it.", "a position that can be reached"


def _capacity(vehicle: Vehicle, table: Timetable) -> tuple[str, str]:
    peaks = [max(column) for column in zip(*table.loads)]
    over = [
        (axis, peak, limit)
        for axis, (peak, limit) in enumerate(zip(peaks, vehicle.capacity), 1)
        if limit is not None and peak > limit
    ]
    axis, peak, limit = max(over, key=lambda one: one[1] - one[2])
    name = f"capacity_{axis}" if len(peaks) > 1 else "capacity"
    text = f"{vehicle.id} would carry {units(peak)}, its {name} is {units(limit)}."
    return text, f"{units(peak - limit)} more {name} for {vehicle.id}"


def _window(instance: Instance, vehicle: Vehicle, table: Timetable, stop: int) -> tuple[str, str]:
    asked = instance.stops[stop]
    late = {member: position for position, member in enumerate(table.indices) if table.late[position]}
    if stop not in late:
        position = min(late.values())
        first, begin = table.stops[position].id, table.begin[position]
        text = f"On {vehicle.id} it would make {first} {minutes(table.late[position])} late."
        return text, f"window of {first} until {clock(begin)}"
    begin = clock(table.begin[late[stop]])
    text = f"{vehicle.id} could begin at {begin}, the last window ends at {clock(asked.windows[-1].end)}."
    return text, f"window until {begin} instead of {clock(asked.windows[-1].end)}"


def clock(moment: int) -> str:
    """Return seconds from midnight as HH:MM, rounded up, with the days after the plan date told."""
    whole = -(-moment // 60)
    day, minute = divmod(whole, 24 * 60)
    return f"{minute // 60:02d}:{minute % 60:02d}" + (f" (+{day} d)" if day > 0 else "")


def minutes(seconds: int) -> str:
    """Return a duration in minutes, rounded up."""
    return f"{-(-seconds // 60)} min"


def units(load: int) -> str:
    """Return a load in the user's unit."""
    return f"{load / LOAD_SCALE:g}"
