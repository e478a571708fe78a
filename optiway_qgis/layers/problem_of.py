"""Puts what was read together into one problem, with the checks that need more than one layer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Sequence

from ..model.findings import About, Fault
from ..model.problem import DAY, ORDER_EARLY, ORDER_FREE, Depot, Problem, Stop, Vehicle
from .points import swapped
from .read_vehicles import DEFAULT_COSTS, check_vehicle_names, cost_members, open_shift

if TYPE_CHECKING:
    from .read_stops import StopsRead
    from .reading import Reading


WINDOW_FIELDS = ("tw1_start", "tw1_end", "time_windows", "tw2_start", "tw2_end")
"""Where the windows of a stop are said."""


def fleet_problem(
    read: StopsRead,
    depots: Sequence[Depot],
    vehicles: Sequence[Vehicle],
    reading: Reading,
    layer: str = "STOPS",
) -> Problem:
    """Return the problem of these stops, depots and vehicles; what is odd goes to the warnings."""
    check_vehicle_names(read.stops, vehicles, reading, layer)
    return problem_of(read.stops, depots, vehicles, reading, layer)


def solo_problem(
    read: StopsRead, start: tuple[float, float], returns: bool, departure: int, reading: Reading
) -> Problem:
    """Return the problem of one driver who sets out at `start` (longitude, latitude) and has no limits.

    A priority above the lowest of all means early where the stop has no other rule, the more the higher it
    is above; where all are equal nobody is preferred. Rules about vehicles and skills do not count.
    """
    longitude, latitude = start
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        text = f"START ({longitude:.10g}, {latitude:.10g}) is not on the earth"
        remedy = "Write longitude, latitude, or add the CRS: 500000,4500000 [EPSG:32629]"
        reading.refuse(Fault("off_earth", text, remedy, "START"))
    depot = Depot("start", longitude, latitude, "Start")
    vehicle = Vehicle(
        id="V1",
        start_depot=depot.id,
        end_depot=depot.id if returns else None,
        shift=open_shift(departure),
        **cost_members(DEFAULT_COSTS),
    )
    lowest = min((stop.priority for stop in read.stops), default=0)
    stops = [_solo_stop(stop, stop.priority - lowest) for stop in read.stops]
    return problem_of(stops, [depot], [vehicle], reading, "STOPS")


def _solo_stop(stop: Stop, priority: int) -> Stop:
    early = priority > 0 and stop.order_rule == ORDER_FREE
    return replace(
        stop,
        priority=priority,
        order_rule=ORDER_EARLY if early else stop.order_rule,
        skills=(),
        allowed_vehicles=(),
        forbidden_vehicles=(),
        vehicle_id="",
    )


def problem_of(
    stops: Sequence[Stop], depots: Sequence[Depot], vehicles: Sequence[Vehicle], reading: Reading, layer: str
) -> Problem:
    """Return the problem, with as many load dimensions as any stop or vehicle has."""
    if len(swapped(stops, depots)) * 2 > len(stops):
        text = (
            f"{layer}: most stops are more than 1000 km from every depot, and would be near with x and y "
            "swapped"
        )
        remedy = "Check that x is the longitude and y the latitude"
        reading.warn(Fault("swapped_coordinates", text, remedy, "geometry"), About(layer))
    for stop in stops:
        if stop.windows and (stop.windows[-1].end < 0 or stop.windows[0].start >= 2 * DAY):
            text = f"All windows are on other days than {reading.day.iso_date}"
            field = reading.shown(layer, *WINDOW_FIELDS)
            reading.warn(Fault("other_day", text, field=field), reading.about(layer, stop.id))
    _warn_of_nights(stops, vehicles, reading, layer)
    lengths = [len(loads) for stop in stops for loads in (stop.delivery, stop.pickup)]
    lengths.extend(len(vehicle.capacity) for vehicle in vehicles)
    return Problem(
        plan_date=reading.day.iso_date,
        time_zone=reading.day.zone_name,
        stops=tuple(stops),
        depots=tuple(depots),
        vehicles=tuple(vehicles),
        dimensions=max(lengths, default=1) or 1,
    )


def _warn_of_nights(stops: Sequence[Stop], vehicles: Sequence[Vehicle], reading: Reading, layer: str) -> None:
    """Warn of times half a day before all shifts that would be within one a day later: those of a night."""
    first = min((vehicle.shift.start for vehicle in vehicles), default=0)
    last = max((vehicle.shift.end for vehicle in vehicles), default=0)
    morning = date.fromisoformat(reading.day.iso_date) + timedelta(days=1)
    for stop in stops:
        spans = [((stop.windows[0].start, stop.windows[-1].end), WINDOW_FIELDS)] if stop.windows else []
        for moment, name in ((stop.ready, "ready_time"), (stop.due, "due_time")):
            if moment is not None:
                spans.append(((moment, moment), (name,)))
        for (start, end), names in spans:
            if start >= 0 and end + DAY // 2 <= first and start + DAY <= last:
                field = reading.shown(layer, *names)
                text = f"{field} is long before all shifts, and a day later it would be within one"
                remedy = f"Where the night is meant, write it with its date, such as {morning}T01:00"
                reading.warn(Fault("other_day", text, remedy, field), reading.about(layer, stop.id))
