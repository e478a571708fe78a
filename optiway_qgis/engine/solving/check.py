"""The judge of finished plans: recomputes every figure and tells every breach of a rule.

It shares no code with schedule.py, which makes the figures, so that each catches the other's mistakes;
both are held to docs/model.md. Nothing here changes a plan or looks for a better one.

Here is the plan as a whole: nothing lost, nothing twice, nothing unknown. What happens on a route is in
check_events.py, the rules are in check_rules.py, the figures a plan must state in check_figures.py.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.check_events import Book, events_of, find, is_time, loads_of
from optiway_qgis.engine.solving.check_figures import fault, figure_faults, members_of
from optiway_qgis.engine.solving.check_rules import Breach, breaches_of, dock_breaches
from optiway_qgis.model import reasons
from optiway_qgis.model.constraints import CONSTRAINTS, WISHES
from optiway_qgis.model.plan import (
    VISIT_BREAK,
    VISIT_STOP,
    Plan,
    Route,
    Unassigned,
    Violation,
    Visit,
    WishPrice,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optiway_qgis.engine.solving.check_events import Event
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.problem import Problem, Vehicle


def check(problem: Problem, travel: Travel, plan: Plan) -> list[Violation]:
    """Return everything that is wrong with a plan; an empty list means that it keeps all rules.

    A broken rule gives the code of the rule, with `amount` in seconds, metres, thousandths of a load or a
    count. Whatever does not follow from problem and travel gives `inconsistent`, with the figure
    stated and the right one. Times are recomputed from the start of each route, so one wrong figure is
    told once. Problem and travel are taken as valid; a plan may be damaged in any way and never raises.
    `plan.violations` is not read.
    """
    book = Book.of(problem, travel)
    routes, found = members_of(plan.routes, Route, "routes of the plan", "")
    found += _plan_faults(book, plan)
    found += _wish_faults(plan)
    found += _route_list_faults(book, routes)
    found += _lost_and_doubled(book, plan, routes)
    return [*found, *_route_faults(book, plan, routes)]


def _plan_faults(book: Book, plan: Plan) -> Iterator[Violation]:
    if not isinstance(plan.plan_id, str) or not plan.plan_id:
        yield fault("", "", f"plan_id is {plan.plan_id!r}, but a plan needs one.")
    source = book.travel.provider.source
    if plan.travel_source != source:
        yield fault("", "", f"travel_source is {plan.travel_source!r}, but {source!r} follows.")


def _wish_faults(plan: Plan) -> list[Violation]:
    wishes, found = members_of(plan.wishes, WishPrice, "prices of wishes", "")
    known = [*(rule.name for rule in CONSTRAINTS), *(wish.name for wish in WISHES)]
    for wish in wishes:
        if wish.wish not in known:
            found.append(fault("", "", f"The wish {wish.wish!r}, which has a price, is not known."))
        if not isinstance(wish.text, str) or not wish.text:
            found.append(fault("", "", f"The price of the wish {wish.wish!r} has no text."))
        if type(wish.price) not in (int, float) or not math.isfinite(wish.price):
            found.append(fault("", "", f"The price of the wish {wish.wish!r} is {wish.price!r}, no number."))
    return found


def _route_list_faults(book: Book, routes: list[Route]) -> Iterator[Violation]:
    vehicles: list[object] = []
    names: list[object] = []
    for route in routes:
        vehicle, name = route.vehicle_id, route.route_id
        if find(book.vehicles, vehicle) is None:
            yield fault(vehicle, "", f"The vehicle {vehicle!r} of route {name} is not known.")
        if vehicle in vehicles:
            yield fault(vehicle, "", f"Vehicle {vehicle} has another route already, and route {name}.")
        if not isinstance(name, str) or not name or name in names:
            yield fault(vehicle, "", f"The route_id {name!r} of vehicle {vehicle} is empty or not unique.")
        vehicles.append(vehicle)
        names.append(name)


def _lost_and_doubled(book: Book, plan: Plan, routes: list[Route]) -> list[Violation]:
    unassigned, found = members_of(plan.unassigned, Unassigned, "unassigned stops", "")
    where = defaultdict(list)
    for route in routes:
        vehicle = find(book.vehicles, route.vehicle_id)
        breaks = {rest.id: rest for rest in vehicle.breaks} if vehicle else {}
        for visit in members_of(route.visits, Visit, "", "")[0]:
            if visit.type == VISIT_STOP:
                where[f"{visit.id}"].append(f"route {route.route_id}")
            if visit.type == VISIT_BREAK and vehicle:
                unknown, whose = find(breaks, visit.id) is None, f"among the breaks of vehicle {vehicle.id}"
            else:
                known = book.stops if visit.type == VISIT_STOP else book.depots
                unknown, whose = visit.type != VISIT_BREAK and find(known, visit.id) is None, "in the problem"
            if unknown:
                text = f"Visit {visit.type} {visit.id!r} of route {route.route_id} is not {whose}."
                found.append(fault(route.vehicle_id, visit.id, text))
    for left in unassigned:
        where[f"{left.stop_id}"].append("the unassigned stops")
        found += [fault("", left.stop_id, text) for text in _unassigned_faults(book, left)]
    for stop_id in book.stops:
        times = len(where[stop_id])
        if times == 0:
            text = f"Stop {stop_id} is lost: it is neither on a route nor unassigned."
            found.append(fault("", stop_id, text, 1))
        if times > 1:
            text = f"Stop {stop_id} is there {times} times: in {', '.join(where[stop_id])}."
            found.append(fault("", stop_id, text, times - 1))
    return found


def _unassigned_faults(book: Book, left: Unassigned) -> Iterator[str]:
    name = f"Unassigned stop {left.stop_id!r}"
    stop, _ = find(book.stops, left.stop_id) or (None, None)
    if stop is None:
        yield f"{name} is not in the problem."
    if find(reasons.UNASSIGNED_REASONS, left.reason) is None:
        yield f"{name} has the unknown reason {left.reason!r}."
    if stop and left.reason == reasons.NOT_WORTH_IT and stop.penalty is None:
        yield f"{name} is left out as not worth it, but it has no penalty: it is required."
    if not isinstance(left.text, str) or not left.text:
        yield f"{name} has no text that says why."
    if left.nearest_vehicle != "" and find(book.vehicles, left.nearest_vehicle) is None:
        yield f"{name} names the nearest vehicle {left.nearest_vehicle!r}, which is not in the problem."
    if left.added is not None and not is_time(left.added):
        yield f"{name} would add {left.added!r}, which is not a number of seconds."


def _route_faults(book: Book, plan: Plan, routes: list[Route]) -> list[Violation]:
    found: list[Violation] = []
    driven: list[tuple[Route, Vehicle, list[Event]]] = []
    for route in routes:
        visits, unread = members_of(
            route.visits, Visit, f"visits of route {route.route_id}", route.vehicle_id
        )
        found += unread
        vehicle: Vehicle | None = find(book.vehicles, route.vehicle_id)
        stops = [find(book.stops, visit.id) for visit in visits if visit.type == VISIT_STOP]
        if not stops:
            found.append(fault(route.vehicle_id, "", f"Route {route.route_id} serves no stop."))
        if vehicle is not None and any(stops):
            driven.append((route, vehicle, events_of(book, vehicle, route, visits)))
    queueing = dock_breaches(book, [(vehicle, events) for _, vehicle, events in driven])
    for number, (route, vehicle, events) in enumerate(driven):
        loads = loads_of(events, book.dimensions)
        breaches = [*breaches_of(book, vehicle, events, loads), *queueing.get(number, [])]
        found += [_violation(vehicle, events, breach) for breach in breaches]
        found += figure_faults(book, plan, route, vehicle, events, loads, breaches)
    return found


def _violation(vehicle: Vehicle, events: list[Event], breach: Breach) -> Violation:
    stop_id = "" if breach.at is None else events[breach.at].stop_id
    return Violation(breach.code, vehicle.id, stop_id, breach.text, breach.amount)
