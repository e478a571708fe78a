"""The members of a job, read from JSON and held to docs/model.md: every fault is told, not one alone.

QGIS sends nothing faulty; on a server jobs are written by other programs and by hand. What cannot be
served is no fault: such stops are left out with a reason.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.travel.provider import BARRIER_KINDS, Barrier, Conditions, TrafficRow
from optiway_qgis.model.day import GOODS, SCOPES, STATUSES, Ask, Day, Progress, day_from_json
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.options import Offer, Offers, offers_from_json
from optiway_qgis.model.plan import VISIT_STOP, VISIT_TYPES, Leg, Plan, Visit, plan_from_json
from optiway_qgis.model.precedence import circles, followers
from optiway_qgis.model.problem import (
    BALANCES,
    KEEPS,
    MAX_DIMENSIONS,
    MAX_WORKERS,
    ORDER_RULES,
    START_RULES,
    Break,
    Depot,
    Goals,
    Planned,
    Problem,
    Sequence,
    Settings,
    Stop,
    Vehicle,
    Window,
    problem_from_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 10**9
"""Whole numbers beyond are no seconds, metres or loads: thirty years, a million kilometres."""

_KINDS = {
    "str": ("a text", lambda value: isinstance(value, str)),
    "int": ("a whole number", lambda value: type(value) is int and abs(value) <= _MOST),
    "float": ("a number", lambda value: type(value) in (int, float) and math.isfinite(value)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "tuple[str, str]": (
        "a pair",
        lambda value: isinstance(value, list) and [type(one) for one in value] == [str, str],
    ),
    "Window": ("a window", lambda value: isinstance(value, dict) and not list(_faults(Window, value, ""))),
    "Planned": ("an object", lambda value: isinstance(value, dict) and not list(_faults(Planned, value, ""))),
    "Stop": ("an object", lambda value: isinstance(value, dict)),
    "Depot": ("an object", lambda value: isinstance(value, dict)),
    "Vehicle": ("an object", lambda value: isinstance(value, dict)),
    "Break": ("an object", lambda value: isinstance(value, dict)),
    "Goals": ("an object", lambda value: isinstance(value, dict)),
    "Progress": ("an object", lambda value: isinstance(value, dict)),
    "Visit": ("an object", lambda value: isinstance(value, dict)),
    "Leg": ("an object", lambda value: isinstance(value, dict)),
    "tuple[float, float]": (
        "a position",
        lambda value: isinstance(value, list) and len(value) == 2 and all(_is("float", one) for one in value),
    ),
    "Offer": ("an object", lambda value: isinstance(value, dict)),
    "dict[str, Any]": ("an object", lambda value: isinstance(value, dict)),
}
"""For each type a member is declared with: what to call it, and whether a value is one."""

_NOT_NEGATIVE = (
    *("service", "setup", "max_stops", "max_work", "max_drive", "max_distance"),
    *("delivery", "pickup", "capacity", "patience", "add"),
    *("late_max", "ride_max", "load", "first_part", "overtime_after"),
    *("gone", "rank", "promise_tolerance", "fetch", "meet", "way_drive", "way_distance", "version"),
    *("heading_drive", "heading_distance"),
    *("sequence", "drive", "distance", "cum_distance", "seconds", "metres"),
)
_RANGES: dict[str, tuple[float, float]] = {
    "lon": (-180, 180),
    "lat": (-90, 90),
    "priority": (0, 100),
    "dimensions": (1, MAX_DIMENSIONS),
    "penalty": (0, _MOST),
    "fixed_cost": (0, _MOST),
    "cost_per_hour": (0, _MOST),
    "cost_per_km": (0, _MOST),
    "late_cost": (0, _MOST),
    "overtime_cost_per_hour": (0, _MOST),
    "balance_price": (0, _MOST),
    "zone_price": (0, _MOST),
    "vehicle_change_price": (0, _MOST),
    "position_change_price": (0, _MOST),
    "promise_price": (0, _MOST),
    "docks": (1, _MOST),
    "load_per_unit": (0, _MOST),
    "max_trips": (1, _MOST),
    "most": (1, _MOST),
    "duration": (1, _MOST),
    "after_drive": (1, _MOST),
    "after_work": (1, _MOST),
    "service_factor": (0.1, 10),
    "speed_factor": (0.1, 10),
    "factor": (0.1, 20),
    "weather": (0.1, 10),
    "time_limit": (0.1, _MOST),
    "iterations": (1, _MOST),
    "seed": (0, _MOST),
    "workers": (1, MAX_WORKERS),
}
_WORDS = {
    "kind": BARRIER_KINDS,
    "order_rule": ORDER_RULES,
    "keep": KEEPS,
    "start_rule": START_RULES,
    "balance": BALANCES,
    "scope": SCOPES,
    "goods": GOODS,
    "type": VISIT_TYPES,
    "status": STATUSES,
}
"""The words that a member may be."""


def read_problem(job: dict[str, Any]) -> Problem:
    """Return the problem of a job.

    Raises
    ------
    InputError
        Naming every member that is missing, unknown or wrong, else all that does not fit together.
    """
    form = job.get("problem")
    if not isinstance(form, dict):
        raise InputError(["The job has no problem."])
    found = list(_faults(Problem, form, "The problem"))
    for member, kind in (("stops", Stop), ("depots", Depot), ("vehicles", Vehicle)):
        listed = form.get(member)
        for number, one in enumerate(listed if isinstance(listed, list) else [], 1):
            if isinstance(one, dict):
                who = f'{kind.__name__} "{one.get("id", f"number {number}")}"'
                found += _faults(kind, one, who)
                found += _break_forms(one, who) if kind is Vehicle else ()
    if isinstance(form.get("goals"), dict):
        found += _faults(Goals, form["goals"], "The goals")
    if not found:
        problem = problem_from_json(form)
        found = [*_fleet_faults(problem), *_stop_faults(problem), *_relation_faults(problem)]
    if found:
        raise InputError(found)
    return problem


def read_travel(job: dict[str, Any]) -> dict[str, Any]:
    """Return the travel member of a job, the estimate where there is none; `InputError` for anything else."""
    travel = job.get("travel", {"source": "estimate"})
    if not isinstance(travel, dict):
        raise InputError([f"The travel of the job is {_shown(travel)}; an object is needed."])
    return travel


def read_conditions(travel: dict[str, Any]) -> Conditions:
    """Return the traffic and the barriers of a job's `travel` for the whole day, whenever each holds.

    Raises
    ------
    InputError
        Naming every member that is missing, unknown or wrong, and each zone that a row names in vain.
    """
    traffic, barriers = travel.get("traffic", {}), travel.get("barriers", [])
    found = [*_traffic_faults(traffic), *_barrier_faults(barriers)]
    if found:
        raise InputError(found)
    return Conditions(
        rows=tuple(TrafficRow(**row) for row in traffic.get("rows", ())),
        weather=traffic.get("weather", 1.0),
        barriers=tuple(Barrier(**barrier) for barrier in barriers),
        zones=traffic.get("zones", {}),
    )


def read_settings(job: dict[str, Any]) -> Settings:
    """Return the settings of a job, `InputError` naming all faults."""
    form = job.get("settings", {})
    found = list(_faults(Settings, form, "The settings"))
    if found:
        raise InputError(found)
    return Settings(**form)


def read_sequences(job: dict[str, Any], *, under_way: bool = False) -> list[Sequence]:
    """Return the sequences of a job, `InputError` naming all faults.

    Those of a day `under_way` may begin with a reload: all that is left is of later trips.
    """
    forms = job.get("sequences")
    if not isinstance(forms, list):
        raise InputError(["The job has no list of sequences."])
    return _sequences(forms, "Sequence", first=0 if under_way else 1)


def read_orders(job: dict[str, Any]) -> list[list[Sequence]]:
    """Return the orders of a job, each as sequences, `InputError` naming all faults of the first bad one."""
    orders = job.get("orders")
    if not isinstance(orders, list) or not all(isinstance(forms, list) for forms in orders):
        raise InputError(["The job has no list of orders, each a list of sequences."])
    return [_sequences(forms, f"Order {number}: sequence") for number, forms in enumerate(orders, 1)]


def _sequences(forms: list[Any], what: str, first: int = 1) -> list[Sequence]:
    """Return sequences, whose first reload comes after so many stops at the earliest."""
    found = [
        fault for number, form in enumerate(forms, 1) for fault in _faults(Sequence, form, f"{what} {number}")
    ]
    if found:
        raise InputError(found)
    sequences = []
    for number, form in enumerate(forms, 1):
        stops, reloads = tuple(form.get("stops", ())), form.get("reloads")
        if reloads is not None:
            places = [first - 1, *reloads, len(stops)]
            if any(after <= before for before, after in zip(places, places[1:])):
                found.append(
                    f"{what} {number}: reloads is {_shown(reloads)}; numbers of stops served before each, "
                    f"ascending and from {first} to {len(stops) - 1}, are needed."
                )
            reloads = tuple(reloads)
        sequences.append(Sequence(form["vehicle_id"], stops, reloads))
    if found:
        raise InputError(found)
    return sequences


def read_day(job: dict[str, Any], problem: Problem) -> Day:
    """Return the day of a job, `InputError` naming all faults: of its members, then of what the problem has
    not.
    """
    form = job.get("day", {})
    found = list(_faults(Day, form, "The day"))
    listed = form.get("progress", []) if isinstance(form, dict) else []
    for number, one in enumerate(listed if isinstance(listed, list) else [], 1):
        if isinstance(one, dict):
            found += _progress_forms(
                one, f'The progress of vehicle "{one.get("vehicle_id", f"number {number}")}"'
            )
    if not found:
        found = list(_day_faults(day_from_json(form), problem))
    if found:
        raise InputError(found)
    return day_from_json(form)


def _progress_forms(progress: dict[str, Any], who: str) -> Iterator[str]:
    """Yield what keeps a JSON object from telling how far a vehicle is."""
    yield from _faults(Progress, progress, who)
    for member, kind, what in (("visits", Visit, "visit"), ("legs", Leg, "leg")):
        listed = progress.get(member)
        for number, one in enumerate(listed if isinstance(listed, list) else [], 1):
            if isinstance(one, dict):
                yield from _faults(kind, one, f"{who}: {what} {number}")


def _day_faults(day: Day, problem: Problem) -> Iterator[str]:
    """Yield what a day tells of that the problem has not."""
    depots = {depot.id for depot in problem.depots}
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    stops = {stop.id for stop in problem.stops}
    for one in day.progress:
        who = f'The progress of vehicle "{one.vehicle_id}"'
        if one.vehicle_id not in vehicles:
            yield f"{who}: there is no such vehicle."
        if one.stands_at and one.stands_at not in depots:
            yield f'{who}: stands_at is "{one.stands_at}", but there is no such depot.'
        for visit in one.visits:
            if visit.type == VISIT_STOP and visit.id not in stops:
                yield f'{who}: there is no stop "{visit.id}".'
    for name, times in Counter(progress.vehicle_id for progress in day.progress).items():
        if times > 1:
            yield f'The progress of vehicle "{name}" is there {times} times.'


def read_ask(job: dict[str, Any]) -> Ask:
    """Return what a job asks of the rest of the day, `InputError` naming all faults."""
    form = job.get("ask", {})
    found = list(_faults(Ask, form, "The ask"))
    if found:
        raise InputError(found)
    return Ask(**{**form, "loose": tuple(form.get("loose", ()))})


def read_offers(job: dict[str, Any]) -> Offers:
    """Return what a job asks about stops that are on no route, `InputError` naming all faults."""
    names = ("offers", "most", "only_fitting")
    form: dict[str, Any] = {name: job[name] for name in names if name in job}
    found = list(_faults(Offers, form, "The job"))
    listed = form.get("offers")
    for number, one in enumerate(listed if isinstance(listed, list) else [], 1):
        if isinstance(one, dict):
            found += _faults(Offer, one, f'Offer "{one.get("stop_id", f"number {number}")}"')
    if found:
        raise InputError(found)
    asked = offers_from_json(form)
    found = [
        f'Offer "{offer.stop_id}": its window ends at {window.end}, before it starts at {window.start}.'
        for offer in asked.offers
        for window in offer.windows
        if window.end < window.start
    ]
    if found:
        raise InputError(found)
    return asked


def read_plan(job: dict[str, Any]) -> Plan:
    """Return the plan of a job, `InputError` when it cannot be read; the checker judges the rest."""
    try:
        return plan_from_json(job["plan"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError([f"The plan of the job cannot be read: {error}."]) from error


def _faults(kind: type, form: Any, who: str) -> Iterator[str]:
    """Yield what keeps a JSON object from being a `kind`."""
    if not isinstance(form, dict):
        yield f"{who} is {form!r}; an object is needed."
        return
    known = {field.name: field for field in fields(kind)}
    for name in form:
        if name not in known:
            yield f'{who} has the unknown member "{name}".'
    for name, field in known.items():
        if name not in form:
            if field.default is MISSING and field.default_factory is MISSING:
                yield f'{who} lacks "{name}".'
        elif not _is(str(field.type), form[name]):
            yield f"{who}: {name} is {_shown(form[name])}; {_called(str(field.type))} is needed."
        elif (kind, name) != (Visit, "load"):  # below nothing where a plan tears pairs apart
            yield from _range_faults(who, name, form[name])


def _range_faults(who: str, name: str, value: Any) -> Iterator[str]:
    numbers = [one for one in (value if isinstance(value, list) else [value]) if one is not None]
    if name in _NOT_NEGATIVE and any(one < 0 for one in numbers):
        yield f"{who}: {name} is {_shown(value)}; it must not be negative."
    low, high = _RANGES.get(name, (0, 0))
    if name in _RANGES and value is not None and not low <= value <= high:
        yield f"{who}: {name} is {value}; it must be from {low:g} to {high:g}."
    if name == "id" and not value:
        yield f"{who}: id is empty."
    if name in _WORDS and value not in _WORDS[name]:
        listed = [word or "empty" for word in sorted(_WORDS[name], key=lambda word: not word)]
        yield f'{who}: {name} is "{value}"; it must be {", ".join(listed[:-1])} or {listed[-1]}.'


def _is(kind: str, value: Any) -> bool:
    if kind.endswith(" | None"):
        return value is None or _is(kind.removesuffix(" | None"), value)
    if kind not in _KINDS:
        inner = kind.removeprefix("tuple[").removesuffix(", ...]")
        return isinstance(value, list) and all(_is(inner, one) for one in value)
    return _KINDS[kind][1](value)


def _called(kind: str) -> str:
    kind = kind.removesuffix(" | None")
    if kind not in _KINDS:
        name = _called(kind.removeprefix("tuple[").removesuffix(", ...]")).split(" ", 1)[1]
        return f"a list of {name}s"
    return _KINDS[kind][0]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _fleet_faults(problem: Problem) -> Iterator[str]:
    if not problem.vehicles:
        yield "There is no vehicle: at least one is needed."
    depots = {depot.id for depot in problem.depots}
    for what, members in (("Stop", problem.stops), ("Depot", problem.depots), ("Vehicle", problem.vehicles)):
        for name, times in Counter(member.id for member in members).items():
            if times > 1:
                yield f'{what} "{name}" is there {times} times; ids must differ.'
    for depot in problem.depots:
        if depot.window:
            yield from _window_faults(f'Depot "{depot.id}"', (depot.window,))
    for vehicle in problem.vehicles:
        who = f'Vehicle "{vehicle.id}"'
        for end in ("start_depot", "end_depot"):
            name = getattr(vehicle, end)
            if name is not None and name not in depots:
                yield f'{who}: {end} is "{name}", but there is no such depot.'
        if vehicle.shift.end < vehicle.shift.start:
            yield f"{who}: its shift ends at {vehicle.shift.end}, before it starts at {vehicle.shift.start}."
        yield from _dimension_faults(who, problem.dimensions, capacity=vehicle.capacity)
        yield from _break_faults(who, vehicle.breaks)


def _break_forms(vehicle: dict[str, Any], who: str) -> Iterator[str]:
    """Yield what keeps the breaks of a vehicle's JSON object from being breaks."""
    breaks = vehicle.get("breaks")
    for number, one in enumerate(breaks if isinstance(breaks, list) else [], 1):
        if isinstance(one, dict):
            yield from _faults(Break, one, f'{who}: break "{one.get("id", f"number {number}")}"')


def _break_faults(who: str, breaks: tuple[Break, ...]) -> Iterator[str]:
    for name, times in Counter(one.id for one in breaks).items():
        if times > 1:
            yield f'{who}: break "{name}" is there {times} times; ids must differ.'
    for one in breaks:
        its = f'{who}: break "{one.id}"'
        if [one.window, one.after_drive, one.after_work].count(None) != 2:
            yield f"{its}: just one of window, after_drive and after_work is needed."
        if one.window:
            yield from _window_faults(its, (one.window,))
        if one.first_part >= one.duration:
            yield f"{its}: first_part is {one.first_part}; it must be less than duration, {one.duration}."
        if one.first_part and one.window:
            yield f"{its}: first_part and window exclude each other."
        if one.gone and one.window:
            yield f"{its}: gone and window exclude each other."


def _stop_faults(problem: Problem) -> Iterator[str]:
    for stop in problem.stops:
        who = f'Stop "{stop.id}"'
        yield from _window_faults(who, stop.windows)
        yield from _dimension_faults(who, problem.dimensions, delivery=stop.delivery, pickup=stop.pickup)


def _relation_faults(problem: Problem) -> Iterator[str]:
    """Yield what is wrong between stops: pairs, orders, places that are kept, goods."""
    stops = {stop.id: stop for stop in problem.stops}
    deliveries = Counter(stop.picked_up_at for stop in problem.stops if stop.picked_up_at)
    for stop in problem.stops:
        who = f'Stop "{stop.id}"'
        if stop.picked_up_at:
            yield from _pair_faults(who, stop, stops.get(stop.picked_up_at))
        if deliveries[stop.id] > 1:
            yield f"{who}: it is picked_up_at of {deliveries[stop.id]} stops; a pair has one delivery."
        for name in stop.before:
            if name not in stops:
                yield f'{who}: before names "{name}", but there is no such stop.'
        if stop.keep and not stop.vehicle_id:
            yield f"{who}: keep is {stop.keep}; it needs a vehicle_id."
    for circle in circles(followers(problem.stops)):
        yield f"Stops that must come before each other: {', '.join((*circle, circle[0]))}."
    for one, other in problem.incompatible:
        if not one or not other:
            yield f"The problem: incompatible has the pair {_shown([one, other])}; both need a name."


def _pair_faults(who: str, delivery: Stop, pickup: Stop | None) -> Iterator[str]:
    if pickup is None:
        yield f'{who}: picked_up_at is "{delivery.picked_up_at}", but there is no such stop.'
        return
    if pickup.picked_up_at:
        yield f'{who}: picked_up_at is "{pickup.id}", which is itself the delivery of a pair.'
    length = max(len(pickup.pickup), len(delivery.delivery))
    amounts = [(*amount, *[0] * length)[:length] for amount in (pickup.pickup, delivery.delivery)]
    if amounts[0] != amounts[1]:
        yield (
            f'{who}: delivery is {_shown(list(delivery.delivery))}, but "{pickup.id}" has pickup '
            f"{_shown(list(pickup.pickup))}; those of a pair must be equal."
        )


def _window_faults(who: str, windows: tuple[Window, ...]) -> Iterator[str]:
    for window in windows:
        if window.end < window.start:
            yield f"{who}: a window ends at {window.end}, before it starts at {window.start}."
    if any(after.start <= before.end for before, after in zip(windows, windows[1:])):
        yield f"{who}: its windows overlap or are not in order."


def _dimension_faults(who: str, dimensions: int, **amounts: tuple[int | None, ...]) -> Iterator[str]:
    for name, values in amounts.items():
        if len(values) > dimensions:
            yield f"{who}: {name} has {len(values)} numbers; there are {dimensions} load dimensions."


def _traffic_faults(traffic: Any) -> Iterator[str]:
    if not isinstance(traffic, dict):
        yield f"The traffic is {_shown(traffic)}; an object is needed."
        return
    for name in traffic:
        if name not in ("rows", "weather", "zones"):
            yield f'The traffic has the unknown member "{name}".'
    weather = traffic.get("weather", 1.0)
    if not _is("float", weather):
        yield f"The traffic: weather is {_shown(weather)}; a number is needed."
    else:
        yield from _range_faults("The traffic", "weather", weather)
    zones, rows = traffic.get("zones", {}), traffic.get("rows", [])
    if not isinstance(zones, dict):
        yield f"The traffic: zones is {_shown(zones)}; an object is needed."
        zones = {}
    for name, geometry in zones.items():
        yield from _geometry_faults(f'Zone "{name}"', geometry, ("Polygon", "MultiPolygon"))
    if not isinstance(rows, list):
        yield f"The traffic: rows is {_shown(rows)}; a list of objects is needed."
        rows = []
    for number, row in enumerate(rows, 1):
        who = f"Row {number} of the traffic"
        faults = list(_faults(TrafficRow, row, who))
        yield from faults
        if not faults:
            yield from _span_faults(who, row["start"], row["end"])
            if row.get("zone") and row["zone"] not in zones:
                yield f'{who}: zone is "{row["zone"]}", but there is no such zone.'


def _barrier_faults(barriers: Any) -> Iterator[str]:
    if not isinstance(barriers, list):
        yield f"The barriers are {_shown(barriers)}; a list of objects is needed."
        return
    for number, barrier in enumerate(barriers, 1):
        name = barrier.get("id", f"number {number}") if isinstance(barrier, dict) else f"number {number}"
        who = f'Barrier "{name}"'
        faults = list(_faults(Barrier, barrier, who))
        yield from faults
        if not faults:
            yield from _geometry_faults(who, barrier["geometry"], tuple(_NESTING))
            yield from _span_faults(who, barrier.get("start"), barrier.get("end"))


def _span_faults(who: str, start: int | None, end: int | None) -> Iterator[str]:
    if start is not None and end is not None and end <= start:
        yield f"{who}: it ends at {end}, not after it starts at {start}."


_NESTING = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
"""How deep positions are nested in the coordinates of each GeoJSON geometry (RFC 7946, section 3.1)."""


def _geometry_faults(who: str, geometry: Any, types: tuple[str, ...]) -> Iterator[str]:
    form = geometry if isinstance(geometry, dict) else {}
    kind = form.get("type")
    if kind not in types:
        yield f"{who}: geometry is {_shown(geometry)}; a GeoJSON geometry {' or '.join(types)} is needed."
    elif not _are_coordinates(form.get("coordinates"), _NESTING[kind], kind):
        text = f"coordinates are {_shown(form.get('coordinates'))}; those of a {kind} in degrees are needed."
        yield f"{who}: {text}"


def _are_coordinates(value: Any, depth: int, kind: str) -> bool:
    """Say whether a value is a GeoJSON array of positions, nested as deep as stated and long enough."""
    if not isinstance(value, list):
        return False
    if depth == 0:
        fits = [_is("float", number) and abs(number) <= most for number, most in zip(value, (180, 90, _MOST))]
        return len(value) >= 2 and all(fits)
    if not value or not all(_are_coordinates(one, depth - 1, kind) for one in value):
        return False
    if depth == 1 and kind.endswith("Polygon"):
        return len(value) >= 4 and value[0] == value[-1]
    return depth > 1 or len(value) >= 2 or kind == "MultiPoint"
