"""The plan of a whole day: that of the rest put behind what is done.

What that means is in docs/model.md, "A day under way". Visits that are done are handed on as they are; of the
others only what binds them to those before is changed: numbers, sums along the route, the load that is no
part of the rest. The way home of vehicles with nothing left to do is timed by the scheduler and judged by the
checker, like all else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.replanning.homeward import stops_where_they_are
from optiway_qgis.engine.replanning.spent import began, ended, rested
from optiway_qgis.engine.solving.breaches import ordered
from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.schedule import distance_cost, overtime_of, schedule, time_cost
from optiway_qgis.engine.travel.provider import rounded
from optiway_qgis.model import reasons
from optiway_qgis.model.fix import DEPOT, PROBLEM, STOP
from optiway_qgis.model.plan import (
    VISIT_BREAK,
    VISIT_END,
    VISIT_RELOAD,
    VISIT_START,
    VISIT_STOP,
    VISIT_TRANSFER,
    Leg,
    Plan,
    Route,
    Unassigned,
    Violation,
    Visit,
)
from optiway_qgis.model.problem import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from optiway_qgis.engine.replanning.rest import Rest
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.day import Day, Progress
    from optiway_qgis.model.problem import Problem, Stop, Vehicle

Load = tuple[int, ...]


def whole_plan(problem: Problem, day: Day, rest: Rest, plan: Plan, travel: Travel) -> Plan:
    """Return the plan of the whole day: what is done, then the plan of the rest.

    `travel` is that of the rest. Each stop of `problem` is done, on a route once or unassigned once, if that
    holds for the plan of the rest.
    """
    progress = {one.vehicle_id: one for one in day.progress if one.visits}
    planned = {route.vehicle_id: route for route in plan.routes}
    home, told = _ways_home(rest, travel, [name for name in rest.starts if _is_out(progress[name], planned)])
    planned |= home
    stops = {stop.id: stop for stop in problem.stops}
    routes: list[Route] = []
    for vehicle in problem.vehicles:
        one, ahead = progress.get(vehicle.id), planned.get(vehicle.id)
        if one or ahead:
            routes.append(_Joined(stops, rest, vehicle, one, ahead).route())
    ask = rest.ask
    return replace(
        plan,
        plan_id=ask.plan_id or plan.plan_id,
        version=ask.version + 1,
        parent_version=ask.version or None,
        routes=tuple(routes),
        unassigned=tuple(_unassigned(problem, rest, plan)),
        violations=tuple(_violations(rest, (*plan.violations, *told))),
        notes=(*rest.notes, *plan.notes),
    )


def _is_out(one: Progress, planned: Mapping[str, Route]) -> bool:
    """Whether a vehicle that has left has nothing left to do and is not home."""
    return one.vehicle_id not in planned and one.visits[-1].type != VISIT_END


def _ways_home(rest: Rest, travel: Travel, names: list[str]) -> tuple[dict[str, Route], list[Violation]]:
    """Return the routes of vehicles from where they are home, and what they break.

    Each is that of a rest with nothing to do but a stop at the place where it is.
    """
    if not names:
        return {}, []
    problem = rest.problem
    vehicles = tuple(vehicle for vehicle in problem.vehicles if vehicle.id in names)
    stops, places = stops_where_they_are(rest, travel, names)
    alone = replace(problem, stops=stops, vehicles=vehicles)
    there = replace(travel, stop_place=places)
    routes = schedule(Instance(alone, there), [[number] for number in range(len(stops))])
    plan = Plan("home", routes, (), travel_source=there.provider.source)
    return {route.vehicle_id: _without_stops(route) for route in routes}, check(alone, there, plan)


def _without_stops(route: Route) -> Route:
    """Return a route without its stops and the legs to them."""
    stops = {visit.sequence for visit in _of(route.visits, VISIT_STOP)}
    return replace(
        route,
        visits=tuple(visit for visit in route.visits if visit.sequence not in stops),
        legs=tuple(leg for leg in route.legs if leg.sequence not in stops),
    )


class _Joined:
    """The route of one vehicle, from what is done and what is ahead of it."""

    def __init__(
        self,
        stops: Mapping[str, Stop],
        rest: Rest,
        vehicle: Vehicle,
        one: Progress | None,
        ahead: Route | None,
    ):
        self._stops = stops
        self._rest, self._vehicle, self._one, self._ahead = rest, vehicle, one, ahead
        self._visits: list[Visit] = list(one.visits) if one else []
        self._legs: list[Leg] = list(one.legs) if one else []
        self._fetched: dict[str, int] = {}
        self._way_of = one

    def route(self) -> Route:
        """Return the route with its sums."""
        if self._ahead:
            self._go_on(self._ahead)
        visits, vehicle, ahead = self._visits, self._vehicle, self._ahead
        start = began(self._one) if self._one else visits[0].arrival
        end = ended(visits[-1])
        paid = {rest.id: rest.paid for rest in vehicle.breaks}
        breaks = _of(visits, VISIT_BREAK)
        unpaid = sum(rested(visit) for visit in breaks if not paid.get(visit.id, False))
        work = end - start - unpaid
        distance = sum(visit.distance for visit in visits)
        codes = {code for visit in visits for code in visit.violations}
        codes.update(ahead.violations if ahead else ())
        return Route(
            route_id=vehicle.id,
            vehicle_id=vehicle.id,
            visits=tuple(visits),
            legs=tuple(self._legs),
            start=start,
            end=end,
            drive=sum(visit.drive for visit in visits),
            service=sum(visit.service for visit in _of(visits, VISIT_STOP)),
            setup=sum(visit.setup for visit in visits),
            wait=sum(visit.wait for visit in visits),
            distance=distance,
            late=sum(visit.late for visit in visits),
            load_peak=self._load_peak(),
            cost_fixed=vehicle.fixed_cost,
            cost_distance=distance_cost(vehicle, distance),
            cost_time=time_cost(vehicle, work),
            violations=ordered(codes),
            loading=sum(
                visit.service for visit in _of(visits, VISIT_START, VISIT_RELOAD, VISIT_TRANSFER, VISIT_END)
            ),
            break_time=sum(rested(visit) for visit in breaks),
            unpaid_break=unpaid,
            overtime=overtime_of(vehicle, work),
        )

    def _load_peak(self) -> Load:
        """Return the highest load per dimension."""
        loads = [visit.load for visit in self._visits]
        first = self._visits[0]
        if first.type == VISIT_STOP:
            stop = self._stops[first.id]
            taken_on = zip(first.load, _filled(stop.pickup, first.load), _filled(stop.delivery, first.load))
            loads.append(tuple(load - more + less for load, more, less in taken_on))
        return tuple(max(column) for column in zip(*loads))

    def _with_aboard(self, load: Load) -> Load:
        """Return a load of the rest with what is on board besides."""
        more = self._rest.aboard.get(self._vehicle.id, ())
        return tuple(one + other for one, other in zip(load, more)) if more else load

    # What is ahead.

    def _go_on(self, ahead: Route) -> None:
        """Add the visits ahead, and their legs."""
        legs = {leg.sequence: leg for leg in ahead.legs}
        for visit in ahead.visits[1:] if self._one else ahead.visits:
            pickup = self._rest.pickups.get(visit.id) if visit.type == VISIT_STOP else None
            if pickup:
                self._fetch(visit, legs.get(visit.sequence), *pickup)
            else:
                self._add(visit, legs.get(visit.sequence))

    def _fetch(self, visit: Visit, leg: Leg | None, stop_id: str, depot_id: str) -> None:
        """Add a pickup of goods: to the visit before it where that is ahead and at the same depot."""
        ahead = self._visits[len(self._one.visits) if self._one else 0 :]
        loading = (VISIT_START, VISIT_RELOAD, VISIT_TRANSFER)
        if ahead and ahead[-1].type in loading and ahead[-1].id == depot_id:
            self._visits[-1] = _together(ahead[-1], visit, self._with_aboard(visit.load))
        else:
            self._add(replace(visit, type=VISIT_TRANSFER, id=depot_id), leg)
        if self._visits[-1].type == VISIT_TRANSFER:
            self._fetched[stop_id] = self._visits[-1].sequence

    def _add(self, visit: Visit, leg: Leg | None) -> None:
        """Add a visit ahead after the last one, and the leg to it."""
        last = self._visits[-1] if self._visits else None
        one = self._way_of if leg else None
        if leg:
            self._way_of = None
        drive = visit.drive + (one.way_drive if one else 0)
        distance = visit.distance + (one.way_distance if one else 0)
        reached = visit.arrival
        if one and one.reached is not None and last is one.visits[-1] and visit.id == one.heading:
            reached = one.reached
        added = replace(
            visit,
            arrival=reached,
            wait=visit.wait + visit.arrival - reached,
            slack=min(DAY, visit.slack + visit.arrival - reached),
            sequence=last.sequence + 1 if last else visit.sequence,
            trip=visit.trip + (self._one.visits[-1].trip - 1 if self._one else 0),
            drive=drive,
            distance=distance,
            cum_distance=(last.cum_distance if last else 0) + distance,
            load=self._with_aboard(visit.load),
            fetched_at=self._fetched.get(visit.id) if visit.type == VISIT_STOP else None,
        )
        if leg:
            before = next(visit for visit in reversed(self._visits) if visit.type != VISIT_BREAK)
            way = one.way if one else ()
            meets = bool(way) and rounded(way[-1]) == rounded(leg.geometry[0])
            self._legs.append(
                Leg(
                    added.sequence,
                    before.id,
                    added.id,
                    drive,
                    distance,
                    leg.source,
                    (*way, *leg.geometry[meets:]),
                )
            )
        self._visits.append(added)


def _of(visits: Iterable[Visit], *types: str) -> list[Visit]:
    return [visit for visit in visits if visit.type in types]


def _filled(amounts: Load, like: Load) -> Load:
    return amounts + (0,) * (len(like) - len(amounts))


def _together(last: Visit, visit: Visit, load: Load) -> Visit:
    """Return two visits at one depot, the second a pickup of goods, as one that ends when both are over."""
    service = last.service + visit.service
    return replace(
        last,
        wait=last.wait + visit.wait,
        start=visit.end - service,
        service=service,
        end=visit.end,
        late=last.late + visit.late,
        slack=min(last.slack, visit.slack),
        load=load,
        violations=ordered({*last.violations, *visit.violations}),
    )


def _violations(rest: Rest, told: Iterable[Violation]) -> Iterator[Violation]:
    """Yield what is told of the rest in the words of the whole day."""
    for one in told:
        stop_id, _ = rest.pickups.get(one.stop_id, (one.stop_id, ""))
        yield replace(one, stop_id=stop_id)


def _unassigned(problem: Problem, rest: Rest, plan: Plan) -> Iterator[Unassigned]:
    """Yield the stops left out, pickups of goods told at their deliveries."""
    own = {rest.pickups[one.stop_id][0]: one for one in plan.unassigned if one.stop_id in rest.pickups}
    for one in plan.unassigned:
        if one.stop_id in rest.pickups:
            continue
        pickup = own.get(one.stop_id)
        if one.reason == reasons.PAIR and pickup and pickup.reason != reasons.PAIR:
            one = replace(pickup, stop_id=one.stop_id)
        yield _of_whole_day(problem, rest, one)
    yield from rest.lost


def _of_whole_day(problem: Problem, rest: Rest, one: Unassigned) -> Unassigned:
    """Return a stop left out without a change that is one of the rest alone: of what is no part of the whole
    problem, or of what a vehicle that has left still may.
    """
    change = one.change
    if change is None:
        return one
    known = {
        STOP: {stop.id for stop in problem.stops},
        DEPOT: {depot.id for depot in problem.depots},
        PROBLEM: {""},
    }.get(change.of, {vehicle.id for vehicle in problem.vehicles}.difference(rest.starts))
    return one if change.who in known else replace(one, fix="", change=None)
