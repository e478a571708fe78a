"""What visits, legs and routes of a plan must state, and where they state something else.

Events, loads and breaches come from check_events.py and check_rules.py; nothing is judged anew here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.solving.check_events import is_time, slacks_of
from optiway_qgis.engine.solving.check_rules import RULES, clock, unpaid_of, work_of
from optiway_qgis.model import reasons
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_START, VISIT_STOP, Leg, Plan, Route, Violation, Visit
from optiway_qgis.model.problem import Depot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from optiway_qgis.engine.solving.check_events import Book, Event
    from optiway_qgis.engine.solving.check_rules import Breach
    from optiway_qgis.engine.travel.provider import Coordinate
    from optiway_qgis.model.problem import Vehicle

MONEY_TOLERANCE = 1e-6
DEGREE_TOLERANCE = 1e-6


def fault(vehicle_id: object, stop_id: object, text: str, amount: float = 0) -> Violation:
    """Return what does not follow from problem and travel, or cannot be read."""
    return Violation(reasons.INCONSISTENT, f"{vehicle_id}", f"{stop_id}", text, amount)


def members_of(
    values: object, kind: type, what: str, vehicle_id: object
) -> tuple[list[Any], list[Violation]]:
    """Return the members of the right kind, and a fault when anything else is among them."""
    listed = values if isinstance(values, (tuple, list)) else [values]
    members = [value for value in listed if isinstance(value, kind)]
    wrong = len(listed) - len(members)
    return members, [fault(vehicle_id, "", f"{wrong} of the {what} cannot be read.", wrong)] if wrong else []


def figure_faults(
    book: Book,
    plan: Plan,
    route: Route,
    vehicle: Vehicle,
    events: list[Event],
    loads: list[tuple[int, ...]],
    breaches: list[Breach],
) -> list[Violation]:
    """Return where a readable route of the plan states other figures than those that follow.

    Where its visits are others than the events, this alone is told.
    """
    visits, _ = members_of(route.visits, Visit, "", "")
    calls = [(event.type, event.id) for event in events]
    stated = [(visit.type, visit.id) for visit in visits]
    if stated != calls:
        text = f"Route {route.route_id} states {_listing(stated)}, but {_listing(calls)} follows."
        return [fault(vehicle.id, "", text)]
    codes: dict[int | None, set[str]] = {}
    for breach in breaches:
        codes.setdefault(breach.at, set()).add(breach.code)
    right_visits = _right_visits(vehicle, events, loads[1:], codes)
    found: list[Violation] = []
    for visit, right in zip(visits, right_visits):
        found += _differences(visit, right, vehicle.id)
    right_route = _right_route(vehicle, route, events, loads, {breach.code for breach in breaches})
    found += _differences(route, right_route, vehicle.id)
    return [*found, *_leg_faults(book, plan, route, events, right_visits)]


def _in_order(codes: set[str]) -> tuple[str, ...]:
    return tuple(rule for rule in RULES if rule in codes) if codes else ()


def _right_visits(
    vehicle: Vehicle, events: list[Event], loads: list[tuple[int, ...]], codes: dict[int | None, set[str]]
) -> list[Visit]:
    visits = []
    slacks = slacks_of(vehicle, events)
    first = 0 if events[0].type == VISIT_START else 1
    distance = 0
    for at, event in enumerate(events):
        distance += event.metres
        visits.append(
            Visit(
                type=event.type,
                id=event.id,
                sequence=first + at,
                arrival=event.arrival,
                setup=event.setup,
                wait=event.wait,
                start=event.start,
                service=event.service,
                end=event.end,
                late=event.late,
                slack=slacks[at],
                drive=event.seconds,
                distance=event.metres,
                cum_distance=distance,
                load=loads[at],
                violations=_in_order(codes.get(at, set())),
                trip=event.trip,
            )
        )
    return visits


def _right_route(
    vehicle: Vehicle, route: Route, events: list[Event], loads: list[tuple[int, ...]], codes: set[str]
) -> Route:
    work = work_of(events)
    overtime = 0 if vehicle.overtime_after is None else max(0, work - vehicle.overtime_after)
    dear = vehicle.overtime_cost_per_hour
    overtime_cost = overtime / 3600 * (vehicle.cost_per_hour if dear is None else dear)
    distance = sum(event.metres for event in events)
    return Route(
        route_id=route.route_id,
        vehicle_id=vehicle.id,
        visits=route.visits,
        legs=route.legs,
        start=events[0].arrival,
        end=events[-1].end,
        drive=sum(event.seconds for event in events),
        service=sum(event.service for event in events if event.stop),
        setup=sum(event.setup for event in events),
        wait=sum(event.wait for event in events),
        distance=distance,
        late=sum(event.late for event in events),
        load_peak=tuple(max(column) for column in zip(*loads)),
        cost_fixed=float(vehicle.fixed_cost),
        cost_distance=float(distance / 1000 * vehicle.cost_per_km),
        cost_time=float((work - overtime) / 3600 * vehicle.cost_per_hour + overtime_cost),
        violations=_in_order(codes),
        loading=sum(event.service for event in events if isinstance(event.what, Depot)),
        break_time=sum(event.service for event in events if event.type == VISIT_BREAK),
        unpaid_break=unpaid_of(events),
        overtime=overtime,
    )


def _leg_faults(
    book: Book, plan: Plan, route: Route, events: list[Event], visits: list[Visit]
) -> list[Violation]:
    legs, found = members_of(route.legs, Leg, f"legs of route {route.route_id}", route.vehicle_id)
    led_to = [(event, visit) for event, visit in zip(events, visits) if event.type != VISIT_BREAK]
    if len(legs) != len(led_to) - 1:
        text = f"Route {route.route_id} has {len(legs)} legs, but {len(led_to) - 1} follow."
        return [*found, fault(route.vehicle_id, "", text)]
    for leg, (before, _), (event, visit) in zip(legs, led_to, led_to[1:]):
        ways = (event.seconds, event.metres, leg.source, leg.geometry)
        right = Leg(visit.sequence, before.id, event.id, *ways)
        found += _differences(leg, right, route.vehicle_id)
        ends = book.travel.places[before.place], book.travel.places[event.place]
        found += [
            fault(route.vehicle_id, event.stop_id, f"{_title(right)}: {text}")
            for text in _drawing_faults(leg, plan.travel_source, *ends)
        ]
    return found


def _drawing_faults(leg: Leg, source: object, origin: Coordinate, target: Coordinate) -> Iterator[str]:
    if leg.source not in ("road", "estimate") or (leg.source == "road" and source == "estimate"):
        yield f"source is {leg.source!r}, but the travel source of the plan is {source!r}."
    line: object = leg.geometry
    if not isinstance(line, (tuple, list)) or len(line) < 2 or not all(map(_is_position, line)):
        yield "geometry is not a line of two points or more in degrees."
    elif leg.source == "estimate" and not (_near(line[0], origin) and _near(line[-1], target)):
        yield f"geometry goes from {line[0]} to {line[-1]}, but from {origin} to {target} follows."


def _is_position(point: object) -> bool:
    if not isinstance(point, (tuple, list)) or len(point) != 2:
        return False
    return all(type(value) in (int, float) and abs(value) <= limit for value, limit in zip(point, (180, 90)))


def _near(point: Coordinate, place: Coordinate) -> bool:
    return all(abs(a - b) <= DEGREE_TOLERANCE for a, b in zip(point, place))


_FIGURES = {kind: tuple(field.name for field in fields(kind)) for kind in (Visit, Leg, Route)}


def _differences(stated: Any, right: Any, vehicle_id: str) -> Iterator[Violation]:
    """Yield a fault for each figure of a visit, leg or route that differs from the right one."""
    for figure in _FIGURES[type(right)]:
        value, follows = getattr(stated, figure), getattr(right, figure)
        if value is not follows and not _same(value, follows):
            stop_id = right.id if isinstance(right, Visit) and right.type == VISIT_STOP else ""
            amount = abs(value - follows) if is_time(value) and is_time(follows) else 0
            text = f"{_title(right)}: {figure} is {_shown(figure, value)}, but "
            yield fault(vehicle_id, stop_id, f"{text}{_shown(figure, follows)} follows.", amount)


def _same(stated: Any, right: Any) -> bool:
    if isinstance(right, float):
        margin = MONEY_TOLERANCE * (1 + abs(right))
        return type(stated) in (int, float) and right - margin <= stated <= right + margin
    if isinstance(right, tuple):
        return isinstance(stated, tuple) and len(stated) == len(right) and all(map(_same, stated, right))
    return type(stated) is type(right) and bool(stated == right)


def _title(thing: Visit | Leg | Route) -> str:
    if isinstance(thing, Route):
        return f"Route {thing.route_id}"
    if isinstance(thing, Leg):
        return f"Leg {thing.sequence} to {thing.to_id}"
    return f"Visit {thing.sequence}, {thing.type} {thing.id}"


def _shown(figure: str, value: Any) -> str:
    if figure in ("arrival", "start", "end") and is_time(value):
        return f"{value} ({clock(value)})"
    return repr(value)


def _listing(calls: Iterable[tuple[object, object]], most: int = 12) -> str:
    """Return the calls as text, the middle of a long list left out."""
    words = [f"{kind} {name}" for kind, name in calls]
    if len(words) > most:
        words[most // 2 : -most // 2] = [f"... {len(words) - most} more ..."]
    return ", ".join(words)
