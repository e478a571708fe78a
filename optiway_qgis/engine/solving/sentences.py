"""What goes wrong with a stop on a route, in one sentence with figures. Why is found by explain.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.breaches import breaches
from optiway_qgis.engine.solving.telling import clock, length, minutes
from optiway_qgis.engine.travel.provider import SNAP_FAR, SNAP_ISLAND, SNAP_OK, SNAP_OUTSIDE
from optiway_qgis.model import reasons
from optiway_qgis.model.refusals import over_capacity, thousandths

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.outlook import Outlook
    from optiway_qgis.engine.solving.schedule import Timetable
    from optiway_qgis.model.problem import Vehicle


def sentence(instance: Instance, best: Outlook, stop: int) -> str:
    """Return what goes wrong with the stop on the vehicle's route."""
    vehicle, who = best.vehicle, best.vehicle.id
    if best.code == reasons.CAPACITY:
        return over_capacity(vehicle, best.peaks)[0]
    if best.code == reasons.TIME_WINDOW:
        name, begin, lateness = best.late[0]
        asked = instance.stops[stop]
        if name != asked.id:
            return f"On {who} it would make {name} {minutes(lateness)} late."
        last = clock(asked.windows[-1].end)
        return f"{who} could begin at {clock(begin)}, the last window ends at {last}."
    if best.code == reasons.SHIFT:
        if vehicle.latest_start is not None and best.end <= vehicle.shift.end:
            latest = clock(vehicle.latest_start)
            return f"{who} would start at {clock(best.start)}, its latest start is {latest}."
        back = "be back" if vehicle.end_depot else "be done"
        return f"{who} would {back} at {clock(best.end)}, its shift ends at {clock(vehicle.shift.end)}."
    if best.code == reasons.DEPOT_HOURS:
        hours = f"leave at {clock(best.start)} and be back at {clock(best.end)}"
        return f"{who} would {hours}, when a depot is closed."
    if best.table is not None:
        told = _of_stops(instance, best.table, best.code, stop)
        if told:
            return told
    return _limit(best)


_CUT_OFF = {
    SNAP_FAR: "The nearest road{of} is {away} away.",
    SNAP_OUTSIDE: "The nearest road{of} is {away} away, outside the network that is known.",
    SNAP_ISLAND: "The nearest road{of}, {away} away, is cut off from the rest of the network.",
}


def no_way(instance: Instance, stop: int, vehicle: Vehicle) -> str:
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


def _limit(best: Outlook) -> str:
    """Return the sentence for the limits of a vehicle."""
    vehicle, who = best.vehicle, best.vehicle.id
    if best.code == reasons.WORK_LIMIT and vehicle.max_work is not None:
        return f"{who} would work {minutes(best.work)}, {minutes(vehicle.max_work)} are allowed."
    if best.code == reasons.DRIVE_LIMIT and vehicle.max_drive is not None:
        return f"{who} would drive {minutes(best.drive)}, {minutes(vehicle.max_drive)} are allowed."
    if best.code == reasons.DISTANCE_LIMIT and vehicle.max_distance is not None:
        allowed = thousandths(vehicle.max_distance)
        return f"{who} would drive {thousandths(best.distance)} km, {allowed} km are allowed."
    if best.code == reasons.STOP_LIMIT:
        return f"{who} would have {best.stops} stops, {vehicle.max_stops} are allowed."
    return reasons.UNASSIGNED_REASONS[best.code]


def _of_stops(instance: Instance, table: Timetable, code: str, stop: int) -> str:
    """Return the sentence for what stops of a route ask of each other and of the driver, else ""."""
    who = table.vehicle.id
    if code == reasons.ORDER:
        return _order(instance, table, stop)
    if code == reasons.LOCK:
        kept = [one.id for one in table.stops if one.keep]
        return f"On {who} the stops kept in their places ({_listed(kept)}) leave no place for it."
    if code == reasons.PAIR:
        other = _other(instance, stop)
        return f"{who} cannot serve it and {other} on one trip, the pickup first."
    if code == reasons.RIDE_TIME:
        return _ride(instance, table)
    if code == reasons.LOADING_ORDER:
        return f"On {who} something picked up later would lie in front when it is delivered."
    if code == reasons.GOODS:
        own = instance.stops[stop].goods_class
        others = sorted({one.goods_class for one in table.stops} & instance.clashes.get(own, frozenset()))
        if others:
            return f"On {who} its goods ({own}) would be on one trip with {_listed(others)}."
        return f"On {who} goods would be on one trip that may not be."
    if code == reasons.RELOAD:
        return f"{who} would need {len(table.trips)} trips, {table.vehicle.max_trips} are allowed."
    if code == reasons.READY_DUE:
        return _ready_due(instance, table, stop)
    if code == reasons.DOCK:
        depot = table.vehicle.start_depot
        return f"All docks of {depot} are taken when {who} would load, or other vehicles would have to wait."
    if code == reasons.BREAK:
        rests = _listed([rest.id for rest in table.vehicle.breaks])
        return f"On {who} there would be no time for the break ({rests})."
    return ""


def _order(instance: Instance, table: Timetable, stop: int) -> str:
    who, asked = table.vehicle.id, instance.stops[stop]
    missing = [
        instance.stops[one].id
        for one in sorted(instance.units.needs(instance.units.of[stop]))
        if one not in table.indices
    ]
    if missing:
        return f"It has to come after {_listed(missing)}, which {who} does not serve."
    if asked.order_rule:
        return f"On {who} its order_rule ({asked.order_rule}) leaves no place for it."
    bound = [one.id for one in table.stops if one.order_rule or one.before]
    return f"On {who} the order asked for by {_listed(bound)} leaves no place for it."


def _ride(instance: Instance, table: Timetable) -> str:
    number_of = {index: number for number, index in table.stop_numbers()}
    for number, code in breaches(table):
        if code == reasons.RIDE_TIME:
            delivery = table.steps[number].stop
            pickup = number_of[instance.pickup_of[delivery]]
            ride = table.begins[number] - table.begins[pickup] - table.steps[pickup].service
            longest = minutes(instance.stops[delivery].ride_max or 0)
            return (
                f"On {table.vehicle.id} the ride to {instance.stops[delivery].id} would take "
                f"{minutes(ride)}, {longest} are allowed."
            )
    return ""


def _ready_due(instance: Instance, table: Timetable, stop: int) -> str:
    who, asked = table.vehicle.id, instance.stops[stop]
    for trip, (begins, ends) in enumerate(table.trip_bounds()):
        due, back = table.due(trip), table.begins[ends]
        if back > due:
            return f"{who} would be back at {clock(back)}, goods are due there at {clock(due)}."
        if stop in table.trips[trip] and asked.ready is not None:
            begin = table.begins[begins]
            return f"{who} would load at {clock(begin)}, its goods are ready at {clock(asked.ready)}."
    return ""


def _other(instance: Instance, stop: int) -> str:
    """Return the id of the other stop of a pair."""
    return next(instance.stops[one].id for one in instance.units.of[stop] if one != stop)


_MOST_NAMES = 3


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
