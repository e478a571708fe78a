"""What can be said of a problem before it is planned, beyond what its readers find: what is sure, or odd.

Findings go to the reading. Whether a stop can be served in its window is asked of the engine; its answer
becomes findings here, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians
from statistics import median
from typing import TYPE_CHECKING, Any, Collection, Iterable, Iterator, Mapping, Sequence

from ..model import reasons
from ..model.findings import ERROR, INFO, WARNING, About, Fault, HourCover
from ..model.plan import Unassigned, unassigned_from_json
from ..model.precedence import followers
from ..model.problem import DAY, Window, may_serve, service_time
from ..model.refusals import refused, thousandths
from .points import distance_km, swapped
from .problem_of import WINDOW_FIELDS
from .read_zones import ZONES
from .wishes import INCOMPATIBLE_GOODS

if TYPE_CHECKING:
    from ..model.problem import Problem, Stop, Vehicle
    from .reading import Reading

HOUR = 3600
FAR_KM, FAR_TIMES = 30, 20
"""A stop is far from all others when its nearest neighbour is this far away, and this many times as far as
the neighbours of most stops."""
FEWEST = 3
"""With fewer places nothing is called far from the others."""

MOST_GROUPS = 200
"""So many different sets of vehicles that stops are bound to are held against their stops."""

_NAMED = 3
_STOPS, _DEPOTS, _VEHICLES = "STOPS", "DEPOTS", "VEHICLES"
OFF_ROADS = {
    "far": ("far_from_road", "The nearest road is {away} away"),
    "island": ("cut_off", "The nearest road, {away} away, is cut off from the rest of the network"),
    "outside": ("outside_roads", "The nearest road is {away} away, outside the network that is known"),
}
"""How a place met the roads -> the code and the text of its finding."""
_KINDS = {"stop": _STOPS, "depot": _DEPOTS}


def check_places(problem: Problem, reading: Reading) -> None:
    """Find stops with longitude and latitude exchanged, and stops far from everything else."""
    exchanged = swapped(problem.stops, problem.depots)
    for stop in exchanged:
        text = "geometry is far from every depot, and would be near with x and y swapped"
        fault = Fault("swapped_coordinates", text, field="geometry")
        reading.find(WARNING, fault, reading.about(_STOPS, stop.id))
    known = {stop.id for stop in exchanged}
    for stop, kilometres in _far_from_others(problem):
        if stop.id not in known:
            text = f"geometry is {kilometres:.0f} km from the nearest other stop or depot"
            fault = Fault("far_from_others", text, field="geometry")
            reading.find(WARNING, fault, reading.about(_STOPS, stop.id))


def check_fleet(problem: Problem, reading: Reading) -> Problem:
    """Find what the fleet lacks, whatever the travel times; return the problem without the stops that surely
    nobody takes."""
    _check_shifts(problem, reading)
    _check_vehicles(problem, reading)
    _check_depots(problem, reading)
    _check_zones(problem, reading)
    _check_relations(problem, reading)
    lost = {}
    for stop in problem.stops:
        known = refused(stop, problem.vehicles, problem.dimensions)
        if known is not None:
            lost[stop.id] = known
    lost.update(_falling(problem.stops, lost))
    for stop in problem.stops:
        if stop.id in lost:
            _find_hopeless(stop, lost[stop.id], reading)
    takeable = (stop for stop in problem.stops if stop.id not in lost)
    left = replace(
        problem,
        stops=tuple(
            replace(stop, before=tuple(name for name in stop.before if name not in lost)) for stop in takeable
        ),
    )
    for group in _groups(left):
        _check_sums(group, problem.dimensions, reading)
    return left


def hours(problem: Problem, reading: Reading) -> list[HourCover]:
    """Hold the stops that must begin within an hour against the vehicles on shift, hour by hour.

    Hours in which nobody works and nothing must begin are left out. An hour that is short is a finding, for
    all vehicles or for those that alone may serve some stops.
    """
    everyone, *groups = _groups(problem)
    cover = _cover(everyone)
    short = {hour.start for hour in cover if hour.is_short}
    for hour in cover:
        if hour.is_short:
            _find_short(hour, everyone, reading)
    for group in groups:
        for hour in _cover(group):
            if hour.is_short and hour.start not in short:
                _find_short(hour, group, reading)
    return cover


def answered(answer: Mapping[str, Any], problem: Problem, reading: Reading, allow_far: bool) -> None:
    """Turn the engine's answer to a job of `run.validate_job` into findings."""
    stops = {stop.id: stop for stop in problem.stops}
    lost = [unassigned_from_json(one) for one in answer["hopeless"]]
    for one in lost:
        _find_hopeless(stops[one.stop_id], one, reading)
    unreachable = {("stop", one.stop_id) for one in lost if one.reason == reasons.UNREACHABLE}
    for place in answer["off_roads"]:
        if (place["kind"], place["id"]) not in unreachable:
            code, text = OFF_ROADS[place["status"]]
            metres = place["metres"]
            away = f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
            about = reading.about(_KINDS[place["kind"]], place["id"])
            fault = Fault(code, text.format(away=away), field="geometry")
            reading.find(WARNING if allow_far else ERROR, fault, about)


def _falling(stops: Sequence[Stop], lost: Collection[str]) -> dict[str, Unassigned]:
    """The stops that are not served without those that are lost: the others of their pairs, and what was to
    come after them."""
    by_id = {stop.id: stop for stop in stops}
    pickups = {stop.picked_up_at for stop in stops}
    after, found = followers(stops), {}
    waiting = list(lost)
    while waiting:
        stop = by_id[waiting.pop()]
        for name in (*after[stop.id], *filter(None, [stop.picked_up_at])):
            if name not in lost and name not in found:
                code = reasons.PAIR if by_id[name].picked_up_at or name in pickups else reasons.ORDER
                found[name] = Unassigned(name, code, reasons.UNASSIGNED_REASONS[code])
                waiting.append(name)
    return found


def _find_hopeless(stop: Stop, why: Unassigned, reading: Reading) -> None:
    says_more = why.fix and why.reason not in (reasons.UNREACHABLE, reasons.VEHICLE_RULE)
    remedy = f"Would help: {why.fix}" if says_more else ""
    field = reading.shown(_STOPS, *_fields(stop, why.reason))
    fault = Fault(why.reason, why.text.rstrip("."), remedy, field)
    severity = ERROR if stop.penalty is None else WARNING
    reading.find(severity, fault, reading.about(_STOPS, stop.id))


_FIELDS = {
    reasons.CAPACITY: ("demand", "delivery_1", "delivery", "pickup_1", "pickup"),
    reasons.TIME_WINDOW: ("tw1_end", *WINDOW_FIELDS),
    reasons.SKILL: ("skills",),
    reasons.READY_DUE: ("ready_time", "due_time"),
    reasons.ORDER: ("before_stop", "order_rule"),
    reasons.LOCK: ("lock",),
    reasons.PAIR: ("pair_id",),
    reasons.RIDE_TIME: ("ride_max_min",),
    reasons.LOADING_ORDER: ("pair_id",),
    reasons.GOODS: ("goods_class",),
}
"""Reason -> the fields of a stop that it may be about; those not named here are about its place."""


def _fields(stop: Stop, reason: str) -> tuple[str, ...]:
    if reason != reasons.VEHICLE_RULE:
        return _FIELDS.get(reason, ("geometry",))
    if stop.vehicle_id:
        return ("vehicle_id",)
    return ("allowed_vehicles",) if stop.allowed_vehicles else ("forbidden_vehicles",)


def _check_shifts(problem: Problem, reading: Reading) -> None:
    for vehicle in problem.vehicles:
        about = reading.features.get((_VEHICLES, vehicle.id), About())
        shift, column = vehicle.shift, "SHIFT_START"
        if about.layer:
            column = reading.shown(_VEHICLES, "shift_start", "time_window", "shift_end")
        if shift.start == shift.end:
            text = f"The shift begins and ends at {_clock(shift.start, reading)}"
            reading.find(WARNING, Fault("empty_shift", text, field=column), about)
        elif shift.end <= 0 or shift.start >= 2 * DAY:
            text = f"The shift is on another day than {reading.day.iso_date}"
            reading.find(WARNING, Fault("other_day", text, field=column), about)


def _check_vehicles(problem: Problem, reading: Reading) -> None:
    """Find prices, breaks, trips and zones of vehicles that contradict each other or do nothing."""
    for vehicle in problem.vehicles:
        about = reading.features.get((_VEHICLES, vehicle.id), About())
        for fault in _faults_of(vehicle, reading):
            reading.find(WARNING, fault, about)


def _faults_of(vehicle: Vehicle, reading: Reading) -> Iterator[Fault]:
    shift, price = vehicle.shift.end - vehicle.shift.start, vehicle.overtime_cost_per_hour
    for one in vehicle.breaks:
        if one.duration > shift:
            text = f'The break "{one.id}" takes {one.duration / 60:g} min, the shift {shift / 60:g}'
            yield Fault("long_break", text, field=reading.shown(_VEHICLES, "shift_end", "time_window"))
    column = reading.shown(_VEHICLES, "overtime_cost_per_hour")
    if price is not None and vehicle.overtime_after is None:
        begins = reading.shown(_VEHICLES, "overtime_after_min")
        text = f"Overtime has a price, and {begins} does not say when it begins"
        yield Fault("no_effect", text, field=column)
    elif price is not None and price < vehicle.cost_per_hour:
        text = f"An hour of overtime costs {price:g}, any other hour {vehicle.cost_per_hour:g}"
        yield Fault("cheap_overtime", text, field=column)
    if vehicle.max_trips > 1 and vehicle.start_depot is None:
        text = "Without a start depot there is none to load again at: it makes one trip"
        yield Fault("no_effect", text, field=reading.shown(_VEHICLES, "max_trips"))
    if vehicle.zone_hard and not vehicle.zones:
        text = "It has no zones that it could stay in"
        yield Fault("no_effect", text, field=reading.shown(_VEHICLES, "zone_hard"))


def _check_zones(problem: Problem, reading: Reading) -> None:
    """Find zones that no vehicle serves, with the stops in no other zone, where all vehicles have zones."""
    served = {zone for vehicle in problem.vehicles for zone in vehicle.zones}
    alone: dict[str, int] = {}
    for stop in problem.stops if all(vehicle.zones for vehicle in problem.vehicles) else ():
        if not served.intersection(stop.zones):
            for zone in stop.zones:
                alone[zone] = alone.get(zone, 0) + 1
    for zone, count in alone.items():
        text = f'No vehicle serves the zone "{zone}", in which {_lie(count)}'
        reading.find(WARNING, Fault("zone_without_vehicle", text, field="zone_id"), About(ZONES, id=zone))


def _lie(count: int) -> str:
    return "1 stop lies" if count == 1 else f"{count} stops lie"


def _check_relations(problem: Problem, reading: Reading) -> None:
    """Find limits on the rides of stops that are no pair, and goods of pairs that no stop has."""
    picked_up = {stop.picked_up_at for stop in problem.stops}
    for stop in problem.stops:
        if stop.ride_max is not None and not stop.picked_up_at and stop.id not in picked_up:
            text = "A ride has a limit, and the stop is none of a pair"
            fault = Fault("no_effect", text, field=reading.shown(_STOPS, "ride_max_min"))
            reading.find(WARNING, fault, reading.about(_STOPS, stop.id))
    classes = {stop.goods_class for stop in problem.stops}
    for name in dict.fromkeys(name for pair in problem.incompatible for name in pair):
        if name not in classes:
            text = f'No stop has the {reading.shown(_STOPS, "goods_class")} "{name}"'
            reading.find(WARNING, Fault("no_effect", text, field=INCOMPATIBLE_GOODS))


def _check_depots(problem: Problem, reading: Reading) -> None:
    used = {name for vehicle in problem.vehicles for name in (vehicle.start_depot, vehicle.end_depot)}
    for depot in problem.depots:
        if depot.id not in used:
            text = "No vehicle that works starts or ends at the depot"
            fault = Fault("unused_depot", text, field=reading.shown(_DEPOTS, "depot_id"))
            reading.find(WARNING, fault, reading.about(_DEPOTS, depot.id))
        if depot.docks is not None and not depot.load and not depot.load_per_unit:
            text = "Loading takes no time, so docks are never taken"
            fault = Fault("no_effect", text, field=reading.shown(_DEPOTS, "docks"))
            reading.find(WARNING, fault, reading.about(_DEPOTS, depot.id))


@dataclass(frozen=True)
class _Group:
    """Stops that only these vehicles may serve; `only` names the vehicles, "" for all of them."""

    stops: Sequence[Stop]
    vehicles: Sequence[Vehicle]
    only: str = ""

    @property
    def stops_words(self) -> str:
        """The stops as the subject of a sentence."""
        return f"The stops that only {self.only} may serve" if self.only else "The stops"

    @property
    def vehicles_words(self) -> str:
        """The vehicles as the object of a sentence."""
        return self.only or "all vehicles together"


def _groups(problem: Problem) -> list[_Group]:
    """All stops with all vehicles, then each set of vehicles that stops are bound to, with all such stops."""
    able: dict[tuple, frozenset[int]] = {}
    of_stop = []
    for stop in problem.stops:
        key = stop.skills, stop.allowed_vehicles, stop.forbidden_vehicles, stop.vehicle_id, stop.zones
        if key not in able:
            able[key] = frozenset(
                index for index, vehicle in enumerate(problem.vehicles) if not may_serve(vehicle, stop)
            )
        of_stop.append(able[key])
    groups = [_Group(problem.stops, problem.vehicles)]
    everyone = frozenset(range(len(problem.vehicles)))
    for some in list(dict.fromkeys(one for one in of_stop if one != everyone))[:MOST_GROUPS]:
        stops = [stop for stop, one in zip(problem.stops, of_stop) if one <= some]
        vehicles = [problem.vehicles[index] for index in sorted(some)]
        groups.append(_Group(stops, vehicles, _named(vehicles)))
    return groups


def _named(vehicles: Sequence[Vehicle]) -> str:
    names = [vehicle.id for vehicle in vehicles]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _check_sums(group: _Group, dimensions: int, reading: Reading) -> None:
    """Find sums over stops that are more than their vehicles together have: surely some stop stays."""
    about = About(_VEHICLES)
    stops, vehicles = group.stops, group.vehicles
    picked_up = {stop.picked_up_at for stop in stops}
    of_depots = [stop for stop in stops if not stop.picked_up_at and stop.id not in picked_up]
    for axis in range(dimensions):
        carried = _sum(_carried(vehicle, axis) for vehicle in vehicles)
        name = f"capacity_{axis + 1}" if dimensions > 1 else "capacity"
        for way in ("delivery", "pickup"):
            asked = sum(_at(getattr(stop, way), axis) or 0 for stop in of_depots)
            if carried is not None and asked > carried:
                text = (
                    f"{group.stops_words} ask for {thousandths(asked)} of {way}, the {name} of "
                    f"{group.vehicles_words} is {thousandths(carried)}"
                )
                field = reading.shown(_VEHICLES, name, "capacity", "capacity_1")
                reading.find(WARNING, Fault("fleet_capacity", text, field=field), about)
    service, time = sum(_services(stops, vehicles)), sum(map(_working_time, vehicles))
    if service > time:
        text = (
            f"{group.stops_words} take {_hours(service)} h of service, the shifts of {group.vehicles_words} "
            f"are {_hours(time)} h"
        )
        field = reading.shown(_VEHICLES, "shift_end", "time_window", "shift_start")
        reading.find(WARNING, Fault("fleet_time", text, field=field), about)
    most = _sum(vehicle.max_stops for vehicle in vehicles)
    if most is not None and len(stops) > most:
        text = f"{group.stops_words} are {len(stops)}, the max_stops of {group.vehicles_words} is {most}"
        fault = Fault("fleet_stops", text, field=reading.shown(_VEHICLES, "max_stops"))
        reading.find(WARNING, fault, about)


def _carried(vehicle: Vehicle, axis: int) -> int | None:
    """How much of a load the vehicle takes from its depot on all trips, None where that is unlimited."""
    capacity = _at(vehicle.capacity, axis)
    return None if capacity is None else capacity * vehicle.max_trips


def _services(stops: Iterable[Stop], vehicles: Sequence[Vehicle]) -> list[int]:
    """What the services take where the fastest of the vehicles does them."""
    if not vehicles:
        return [stop.service for stop in stops]
    fastest = min(vehicles, key=lambda vehicle: vehicle.service_factor)
    return [service_time(fastest, stop) for stop in stops]


def _working_time(vehicle: Vehicle) -> int:
    length = vehicle.shift.end - vehicle.shift.start
    return length if vehicle.max_work is None else min(length, vehicle.max_work)


def _at(amounts: Sequence[int | None], axis: int) -> int | None:
    return amounts[axis] if axis < len(amounts) else None


def _sum(amounts: Iterable[int | None]) -> int | None:
    """The sum, None where one of them is unlimited."""
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _cover(group: _Group) -> list[HourCover]:
    must: dict[int, list[Stop]] = {}
    for stop in group.stops:
        if stop.windows and stop.late_max is not None and 0 <= stop.windows[0].start < 2 * DAY:
            start = stop.windows[0].start // HOUR * HOUR
            if _latest(stop) <= start + HOUR:
                must.setdefault(start, []).append(stop)
    worked = {
        start
        for shift in {vehicle.shift for vehicle in group.vehicles}
        for start in range(shift.start // HOUR * HOUR, shift.end, HOUR)
    }
    return [_hour(start, must.get(start, []), group.vehicles) for start in sorted(worked | set(must))]


def _hour(start: int, stops: Sequence[Stop], vehicles: Sequence[Vehicle]) -> HourCover:
    """What an hour asks for. Of the stops that one vehicle begins in it all but the last end in it, too."""
    hour = Window(start, start + HOUR)
    if stops:
        span = Window(min(stop.windows[0].start for stop in stops), max(map(_latest, stops)))
        there = [
            _overlap(vehicle.shift, span)
            for vehicle in vehicles
            if vehicle.shift.start <= span.end and vehicle.shift.end >= span.start
        ]
    else:
        span = hour
        there = [overlap for vehicle in vehicles for overlap in [_overlap(vehicle.shift, hour)] if overlap]
    services = sorted(_services(stops, vehicles), reverse=True)
    needed = next(
        count
        for count in range(len(services) + 1)
        if (count or not services) and sum(services[count:]) <= count * (span.end - span.start)
    )
    if needed <= len(there) and sum(services[len(there) :]) > sum(there):
        needed = len(there) + 1
    minutes = sum(_overlap(vehicle.shift, hour) for vehicle in vehicles)
    return HourCover(start, len(there), len(stops), sum(services), minutes, needed)


def _latest(stop: Stop) -> int:
    """The latest start of a service that has windows and whose lateness has a limit."""
    return stop.windows[-1].end + (stop.late_max or 0)


def _overlap(one: Window, other: Window) -> int:
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def _find_short(hour: HourCover, group: _Group, reading: Reading) -> None:
    begin, end = _clock(hour.start, reading), _clock(hour.start + HOUR, reading)
    only = f" that only {group.only} may serve" if group.only else ""
    text = (
        f"Between {begin} and {end} {_count(hour.stops, 'stop')}{only} must begin, which takes "
        f"{_count(hour.needed, 'vehicle')} at the very least; {hour.vehicles} can be there"
    )
    fault = Fault("few_vehicles", text, field="shift_start")
    reading.find(WARNING, fault, About(_VEHICLES))


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _clock(seconds: int, reading: Reading) -> str:
    return reading.day.wall_clock(seconds).toString("HH:mm")


def _hours(seconds: int) -> str:
    return f"{seconds / HOUR:.1f}"


def _far_from_others(problem: Problem) -> list[tuple[Stop, float]]:
    """The stops far from every other place, with the kilometres to the nearest one."""
    places = sorted({(one.lat, one.lon) for one in (*problem.stops, *problem.depots)})
    if len(places) < FEWEST:
        return []
    nearest = {place: _nearest_km(places, index) for index, place in enumerate(places)}
    usual = median(nearest.values())
    least = max(FAR_KM, FAR_TIMES * usual)
    return [
        (stop, nearest[stop.lat, stop.lon]) for stop in problem.stops if nearest[stop.lat, stop.lon] > least
    ]


def _nearest_km(places: Sequence[tuple[float, float]], index: int) -> float:
    """Kilometres from a place to the nearest other one; `places` are sorted by latitude."""
    lat, lon = places[index]
    shrink = cos(radians(lat))
    best, nearest = float("inf"), index
    for step in (-1, 1):
        other = index + step
        while 0 <= other < len(places) and (places[other][0] - lat) ** 2 < best:
            east = (places[other][1] - lon) * shrink
            square = (places[other][0] - lat) ** 2 + east * east
            if square < best:
                best, nearest = square, other
            other += step
    return distance_km(lon, lat, places[nearest][1], places[nearest][0])


def tell_untried(why: str, reading: Reading) -> None:
    """Add the information that what needs the fleet or travel times was not looked at."""
    reading.find(INFO, Fault("not_tried", why))
