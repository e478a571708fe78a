"""Days under way made from plans: what is done, what is still to do, and travel for the rest.

How far a vehicle is at a moment is taken from model/standing.py; no expectation lives here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optiway_qgis.engine.replanning.rest import Rest, rest_of
from optiway_qgis.engine.replanning.whole import whole_plan
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.travel.provider import Matrix, Travel, places_of
from optiway_qgis.model.day import GOODS_BOUND, SCOPE_TIMES, Ask, Day, Progress
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_RELOAD, VISIT_STOP, VISIT_TRANSFER, Plan, Unassigned
from optiway_qgis.model.problem import Depot, Planned, Problem, Sequence, Settings
from optiway_qgis.model.standing import progress_of
from tests.engine.cases import GivenTravel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optiway_qgis.model.plan import Visit


@dataclass(frozen=True)
class Underway:
    """A day under way: the problem with how each stop is planned, the order to do, the day and its plan.

    `travel` returns the travel of a problem with any places.
    """

    problem: Problem
    travel: Callable[[Problem], Travel]
    sequences: tuple[Sequence, ...]
    day: Day
    plan: Plan

    @property
    def done(self) -> dict[str, tuple[Visit, ...]]:
        """The visits behind each vehicle."""
        return {one.vehicle_id: one.visits for one in self.day.progress}

    def ask(self, **members: Any) -> Ask:
        """Return an ask about this plan, by default of nothing but times."""
        defaults = {"scope": SCOPE_TIMES, "plan_id": self.plan.plan_id, "version": self.plan.version}
        return Ask(**{**defaults, **members})

    def rest(self, **members: Any) -> Rest:
        """Return what is left of the day."""
        return rest_of(self.problem, self.sequences, self.day, self.ask(**members))

    def joined(self, rest: Rest, plan: Plan) -> Plan:
        """Return the plan of the whole day with this plan of the rest."""
        return whole_plan(self.problem, self.day, rest, plan, self.travel(rest.problem))

    def retimed(self, **members: Any) -> Plan:
        """Return the plan of the whole day where nothing but times may change."""
        rest = self.rest(**members)
        return self.joined(rest, timed(rest, self.travel))


def timed(rest: Rest, travel: Callable[[Problem], Travel]) -> Plan:
    """Return the plan of a rest in the order so far."""
    table = travel(rest.problem)
    if not rest.problem.vehicles:
        left = (Unassigned(stop.id, "no_vehicle", "Nobody goes on.") for stop in rest.problem.stops)
        return Plan("rest", (), tuple(left), travel_source=table.provider.source)
    return reschedule(rest.problem, table, {}, Settings(), rest.sequences)


def under_way(
    problem: Problem,
    travel: Callable[[Problem], Travel],
    plan: Plan,
    day: Day,
    also: Mapping[str, tuple[str, ...]] | None = None,
) -> Underway:
    """Return the day under way of a plan; `also` puts stops behind those that vehicles have to do."""
    behind = {one.vehicle_id: {visit.sequence for visit in one.visits} for one in day.progress}
    planned: dict[str, Planned] = {}
    sequences = []
    waiting = dict(also or {})
    for route in plan.routes:
        done = behind.get(route.vehicle_id, set())
        order: list[str] = []
        reloads, goods = [], {}
        for visit in (visit for visit in route.visits if visit.sequence not in done):
            if visit.type == VISIT_STOP:
                order.append(visit.id)
                at, before = goods.get(visit.fetched_at, ("", 0))
                planned[visit.id] = Planned(route.vehicle_id, len(order), visit.arrival, at, before)
            if visit.type == VISIT_RELOAD and (done or order):
                reloads.append(len(order))
            if visit.type == VISIT_TRANSFER:
                goods[visit.sequence] = visit.id, len(order) + 1
        order += waiting.pop(route.vehicle_id, ())
        sequences.append(Sequence(route.vehicle_id, tuple(order), tuple(reloads)))
    sequences += [Sequence(vehicle, order) for vehicle, order in waiting.items()]
    stops = tuple(replace(stop, planned=planned.get(stop.id)) for stop in problem.stops)
    return Underway(replace(problem, stops=stops), travel, tuple(sequences), day, plan)


def at_moment(
    problem: Problem,
    travel: Callable[[Problem], Travel],
    plan: Plan,
    now: int,
    goods: str = GOODS_BOUND,
    also: Mapping[str, tuple[str, ...]] | None = None,
    **disrupted: Any,
) -> Underway:
    """Return the day of a plan as it is at `now`; vehicles late and lost as of `progress_of`."""
    progress = progress_of(problem, plan, now, **disrupted)
    known = {depot.id for depot in problem.depots}
    stranded = [
        Depot(one.stands_at, one.lon, one.lat)
        for one in progress
        if one.stands_at and one.stands_at not in known
    ]
    problem = replace(problem, depots=(*problem.depots, *stranded))
    return under_way(problem, travel, plan, Day(now, progress, goods), also)


def standing_after(problem: Problem, travel: Travel, plan: Plan, counts: Mapping[str, int]) -> Underway:
    """Return the day of a plan in which each vehicle has just ended that many of its visits."""
    places = {stop.id: (stop.lon, stop.lat) for stop in problem.stops}
    depots = {depot.id: (depot.lon, depot.lat) for depot in problem.depots}
    progress = []
    for route in plan.routes:
        visits = route.visits[: counts[route.vehicle_id]]
        if visits:
            last = next(visit for visit in reversed(visits) if visit.type != VISIT_BREAK)
            lon, lat = places[last.id] if last.type == VISIT_STOP else depots[last.id]
            legs = tuple(leg for leg in route.legs if leg.sequence <= visits[-1].sequence)
            progress.append(Progress(route.vehicle_id, visits, legs, lon, lat, visits[-1].end))
    return under_way(problem, lambda rest: _among(travel, rest), plan, Day(None, tuple(progress)))


def _among(travel: Travel, problem: Problem) -> Travel:
    """Return the travel of a problem all of whose places are places of the given travel."""
    places, stop_place, depot_place = places_of(problem)
    index = {place: number for number, place in enumerate(travel.places)}
    chosen = np.ix_([index[place] for place in places], [index[place] for place in places])

    def cut(matrices: dict[str, Matrix]) -> dict[str, Matrix]:
        return {
            kind: Matrix(matrix.seconds[chosen], matrix.metres[chosen]) for kind, matrix in matrices.items()
        }

    def provider(given: Any, matrices: dict[str, Matrix]) -> GivenTravel:
        return GivenTravel(tuple(places), matrices, given.source, given.via)

    matrices = cut(travel.matrices)
    slots = []
    for slot in travel.slots:
        own = cut(slot.matrices)
        slots.append(replace(slot, matrices=own, provider=provider(slot.provider, own)))
    return Travel(
        tuple(places),
        tuple(stop_place),
        tuple(depot_place),
        matrices,
        travel.snaps[: len(places)],
        provider(travel.provider, matrices),
        tuple(slots),
    )
