"""Why a stop is left out: the reason code, a sentence with figures, the nearest vehicle and what would help.

Reasons are found, not guessed: a vehicle is proved to be full by the least that the stop would add to its
route, or the stop is put into the route and timed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.insertion import (
    best_insertions,
    places_per_route,
    vehicles_per_stop,
)
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import route_price
from optiway_qgis.engine.solving.outlook import BY_THE_HOUR, Outlook, least_outlook, timed_outlook
from optiway_qgis.engine.solving.reach import Reach
from optiway_qgis.engine.solving.schedule import Timetable, timetables
from optiway_qgis.engine.travel.provider import SNAP_FAR, SNAP_ISLAND, SNAP_OK, SNAP_OUTSIDE
from optiway_qgis.model import reasons
from optiway_qgis.model.plan import Unassigned
from optiway_qgis.model.refusals import ALONE, nobody_may, over_capacity, thousandths

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.schedule import Timetables
    from optiway_qgis.model.problem import Vehicle


def hopeless(instance: Instance) -> dict[int, Unassigned]:
    """Return the stops that no vehicle could serve, at any hour, with nothing else to do, and why.

    Those that are not served without one of them are lost with it.
    """
    found: dict[int, Unassigned] = {}
    best_hours = Instance(instance.problem, replace(instance.travel, slots=()))
    for index in range(len(instance.stops)):
        reason = _alone(instance, best_hours, index)
        if reason:
            found[index] = reason
    units = instance.units
    for index in sorted(units.falling(found).difference(found)):
        code = reasons.PAIR if len(units.of[index]) > 1 else reasons.ORDER
        stop_id = instance.stops[index].id
        found[index] = Unassigned(stop_id, code, reasons.UNASSIGNED_REASONS[code])
    return found


def _alone(instance: Instance, best_hours: Instance, stop: int) -> Unassigned | None:
    """Return why no vehicle can serve the stop, or its pair, alone, None when one can.

    Where times depend on the hour, other stops may keep a vehicle to hours at which it drives less: its
    limits stand in the way only if they do in the best hours, too.
    """
    able = [kind[0] for kind in instance.kinds if not instance.refusals[kind[0]][stop]]
    if not able:
        return nobody_may(instance.stops[stop], instance.vehicles)
    trials = []
    pair = list(instance.units.of[stop])
    for vehicle in able:
        table = Timetable(instance, instance.vehicles[vehicle], pair)
        broken = set(table.violations)
        if instance.travel.slots and broken <= BY_THE_HOUR - {reasons.SHIFT}:
            broken = set(Timetable(best_hours, instance.vehicles[vehicle], pair).violations)
        # What has to come before it may be on the same route.
        if broken <= {reasons.ORDER}:
            return None
        trials.append(timed_outlook(table, stop, table.work, route_price(table)))
    best = min(trials, key=lambda trial: (len(trial.codes), _miss(trial), trial.added))
    return _unassigned(instance, stop, best, ALONE)


def explain(instance: Instance, sequences: Sequences, left_out: list[int]) -> list[Unassigned]:
    """Return the reason of each stop left out of a finished plan; each could be served alone, at least in the
    best hours.

    Where there are many of them and many vehicles, each is held against the vehicles of least detour.
    """
    tables = timetables(instance, sequences)
    places = places_per_route(instance, len(left_out))
    most = vehicles_per_stop(instance, len(left_out))
    reach = Reach(instance, tables)
    found = []
    for stop in left_out:
        able = [vehicle for vehicle, row in enumerate(instance.refusals) if not row[stop]]
        near = sorted(reach.nearest(stop, able)[:most])
        found.append(_explain_one(instance, tables, stop, near, places))
    return found


def _explain_one(
    instance: Instance, tables: Timetables, stop: int, vehicles: list[int], places: int
) -> Unassigned:
    outlooks, open_vehicles = [], []
    for vehicle in vehicles:
        full = least_outlook(instance, vehicle, tables[vehicle], stop) if vehicle in tables else None
        if full is None or (instance.travel.slots and BY_THE_HOUR.intersection(full.codes)):
            open_vehicles.append(vehicle)
        else:
            outlooks.append(full)
    for trial in best_insertions(instance, tables, stop, open_vehicles, places):
        outlooks.append(timed_outlook(trial.table, stop, trial.added_seconds, trial.added_price))
    fitting = [outlook for outlook in outlooks if not outlook.codes]
    if fitting:
        return _too_dear(instance, stop, min(fitting, key=lambda outlook: outlook.added_price))
    return _unassigned(instance, stop, min(outlooks, key=lambda one: (len(one.codes), one.added)))


def _miss(outlook: Outlook) -> int:
    """Return by how many seconds an outlook misses windows and shift: near misses come first."""
    return sum(lateness for _, _, lateness in outlook.late) + max(0, outlook.end - outlook.vehicle.shift.end)


def _too_dear(instance: Instance, stop: int, best: Outlook) -> Unassigned:
    asked, who = instance.stops[stop], best.vehicle.id
    text = f"Serving it with {who} would cost {best.added_price:.2f} more"
    if asked.penalty is None:
        return Unassigned(asked.id, reasons.NO_VEHICLE, f"{text}.", who, best.added)
    text += f", leaving it out costs {asked.penalty:.2f}."
    fix = f"a penalty above {best.added_price:.2f}"
    return Unassigned(asked.id, reasons.NOT_WORTH_IT, text, who, best.added, fix)


def _unassigned(instance: Instance, stop: int, best: Outlook, opening: str = "") -> Unassigned:
    asked = instance.stops[stop]
    if best.code == reasons.UNREACHABLE:
        text = _no_way(instance, stop, best.vehicle)
        return Unassigned(asked.id, best.code, text, fix="a position that can be reached")
    last = asked.windows[-1].end if asked.windows else 0
    text, fix = _sentence(best, asked.id, last)
    return Unassigned(
        asked.id, best.code, opening + text, best.vehicle.id, best.added, fix if len(best.codes) == 1 else ""
    )


def _sentence(best: Outlook, stop_id: str, last_window_end: int) -> tuple[str, str]:
    """Return what goes wrong, with figures, and the change that would mend it."""
    vehicle, who = best.vehicle, best.vehicle.id
    if best.code == reasons.CAPACITY:
        return over_capacity(vehicle, best.peaks)
    if best.code == reasons.TIME_WINDOW:
        name, begin, lateness = best.late[0]
        if name != stop_id:
            return (
                f"On {who} it would make {name} {minutes(lateness)} late.",
                f"window of {name} until {clock(begin)}",
            )
        text = f"{who} could begin at {clock(begin)}, the last window ends at {clock(last_window_end)}."
        return text, f"window until {clock(begin)} instead of {clock(last_window_end)}"
    if best.code == reasons.SHIFT:
        back = "be back" if vehicle.end_depot else "be done"
        text = f"{who} would {back} at {clock(best.end)}, its shift ends at {clock(vehicle.shift.end)}."
        return text, f"{minutes(best.end - vehicle.shift.end)} longer shift for {who}"
    if best.code == reasons.DEPOT_HOURS:
        hours = f"leave at {clock(best.start)} and be back at {clock(best.end)}"
        return f"{who} would {hours}, when a depot is closed.", "longer opening hours of the depot"
    if best.code == reasons.ORDER:
        return f"On {who} it would come after a stop of higher rank.", "another rank"
    return _limit(best)


_CUT_OFF = {
    SNAP_FAR: "The nearest road{of} is {away} away.",
    SNAP_OUTSIDE: "The nearest road{of} is {away} away, outside the network that is known.",
    SNAP_ISLAND: "The nearest road{of}, {away} away, is cut off from the rest of the network.",
}


def _no_way(instance: Instance, stop: int, vehicle: Vehicle) -> str:
    """Return why there is no way: where the stop met the network, or else a depot of the vehicle."""
    travel = instance.travel
    ends = [("", travel.stop_place[stop])]
    ends += [
        (f" to depot {depot}", instance.depot_place(depot))
        for depot in (vehicle.start_depot, vehicle.end_depot)
        if depot is not None
    ]
    for of, place in ends:
        snap = travel.snaps[place]
        if snap.status != SNAP_OK:
            return _CUT_OFF[snap.status].format(of=of, away=length(snap.metres))
    return "There is no way to it or from it."


def _limit(best: Outlook) -> tuple[str, str]:
    """Return the sentence and the change for the limits of a vehicle."""
    vehicle, who = best.vehicle, best.vehicle.id
    work, drive = vehicle.max_work or 0, vehicle.max_drive or 0
    distance, stops = vehicle.max_distance or 0, vehicle.max_stops or 0
    if best.code == reasons.WORK_LIMIT:
        text = f"{who} would work {minutes(best.work)}, {minutes(work)} are allowed."
        return text, f"{minutes(best.work - work)} more working time for {who}"
    if best.code == reasons.DRIVE_LIMIT:
        text = f"{who} would drive {minutes(best.drive)}, {minutes(drive)} are allowed."
        return text, f"{minutes(best.drive - drive)} more driving time for {who}"
    if best.code == reasons.DISTANCE_LIMIT:
        text = f"{who} would drive {thousandths(best.distance)} km, {thousandths(distance)} km are allowed."
        return text, f"{thousandths(best.distance - distance)} km more for {who}"
    if best.code == reasons.STOP_LIMIT:
        return f"{who} would have {best.stops} stops, {stops} are allowed.", f"one more stop allowed for {who}"
    return reasons.UNASSIGNED_REASONS[best.code], ""


def clock(moment: int) -> str:
    """Return seconds from midnight as HH:MM, rounded up, with the days after the plan date told."""
    day, minute = divmod(-(-moment // 60), 24 * 60)
    return f"{minute // 60:02d}:{minute % 60:02d}" + (f" ({day:+d} d)" if day else "")


def minutes(seconds: int) -> str:
    """Return a duration in minutes, rounded up."""
    return f"{-(-seconds // 60)} min"


def length(metres: float) -> str:
    """Return a distance in metres, or from a kilometre on in kilometres."""
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
