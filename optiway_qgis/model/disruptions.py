"""What goes wrong on a day under way: a vehicle lost, a driver late, a road closed; and what that makes of
vehicles and stops. How the day goes on is planned elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Iterable

from .day import GOODS_BOUND
from .plan import VISIT_STOP
from .problem import DAY, Window

if TYPE_CHECKING:
    from .day import Day
    from .problem import Problem, Sequence, Stop, Vehicle

VEHICLE_LOST = "vehicle_lost"
DRIVER_SICK = "driver_sick"
LATE = "late"
ROAD_CLOSED = "road_closed"
WINDOW = "window"
SHIFT = "shift"
KINDS = (VEHICLE_LOST, DRIVER_SICK, LATE, ROAD_CLOSED, WINDOW, SHIFT)

OUT_OF_WORK = (VEHICLE_LOST, DRIVER_SICK)
"""After these a vehicle goes no further; one that has not left stays where it is."""


@dataclass(frozen=True)
class Disruption:
    """One thing that goes wrong; `kind` is one of KINDS.

    It is about the vehicle `vehicle_id` or, a window, the stop `stop_id`; a road that is closed is about
    neither. `time` is when it happens, in seconds from midnight of the plan date, None from the first on.
    `seconds` is by how much a vehicle is late, or for how long a road is closed, 0 to the end of the day.
    `window` is that of the stop, `shift_start` and `shift_end` are those of the vehicle, None as before.
    """

    kind: str
    vehicle_id: str = ""
    stop_id: str = ""
    time: int | None = None
    seconds: int = 0
    window: Window | None = None
    shift_start: int | None = None
    shift_end: int | None = None


def with_shifts(vehicles: Iterable[Vehicle], disruptions: Iterable[Disruption]) -> list[Vehicle]:
    """Return the vehicles with the shifts that they have now."""
    changed = {one.vehicle_id: one for one in disruptions if one.kind == SHIFT}
    return [
        replace(vehicle, shift=new_shift(vehicle.shift, changed[vehicle.id]))
        if vehicle.id in changed
        else vehicle
        for vehicle in vehicles
    ]


def new_shift(shift: Window, change: Disruption) -> Window:
    """Return the shift with the ends that the change names.

    Where the shift went past midnight, so does one whose new end comes before its start. Otherwise that is
    what is returned.
    """
    start = shift.start if change.shift_start is None else change.shift_start
    end = shift.end if change.shift_end is None else change.shift_end
    return Window(start, end + DAY if end <= start and shift.end > DAY else end)


def with_windows(stops: Iterable[Stop], disruptions: Iterable[Disruption]) -> tuple[Stop, ...]:
    """Return the stops with the windows that they have now."""
    windows = {one.stop_id: one.window for one in disruptions if one.window is not None}
    return tuple(replace(stop, windows=(windows[stop.id],)) if stop.id in windows else stop for stop in stops)


_NEEDED: dict[str, tuple[str, ...]] = {
    VEHICLE_LOST: ("vehicle_id",),
    DRIVER_SICK: ("vehicle_id",),
    LATE: ("vehicle_id", "seconds"),
    WINDOW: ("stop_id", "window"),
    SHIFT: ("vehicle_id", "shift"),
}


def lacking(one: Disruption) -> list[str]:
    """Return the members that a disruption of its kind needs and this one has not; "shift" for both ends."""
    shift = one.shift_start is not None or one.shift_end is not None
    return [
        member
        for member in _NEEDED.get(one.kind, ())
        if not (shift if member == "shift" else getattr(one, member))
    ]


def stranded(problem: Problem, sequences: Iterable[Sequence], day: Day) -> dict[str, str]:
    """Return the stops whose goods are on board of a vehicle that goes no further, each with the vehicle.

    `sequences` are the stops still to do. Goods that any vehicle has are on none; what was picked up is.
    """
    stops = {stop.id: stop for stop in problem.stops}
    orders = {sequence.vehicle_id: sequence for sequence in sequences}
    found = {}
    for one in day.progress:
        order = orders.get(one.vehicle_id)
        if order is None or not one.lost or not one.visits:
            continue
        picked_up = {visit.id for visit in one.visits if visit.type == VISIT_STOP}
        trip = order.stops[: order.reloads[0]] if order.reloads else order.stops
        for stop_id in order.stops:
            stop = stops[stop_id]
            if stop.picked_up_at:
                aboard = stop.picked_up_at in picked_up
            else:
                loaded = stop.planned is not None and not stop.planned.goods_at
                aboard = day.goods == GOODS_BOUND and loaded and stop_id in trip and any(stop.delivery)
            if aboard:
                found[stop_id] = one.vehicle_id
    return found
