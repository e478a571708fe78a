"""Plans that meet their day: a plan, how far it is at some moment, and the plan made of what is left.

Places are the numbered ones of cases.py, along one road.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.replanning.replan import replan
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.travel.provider import places_of
from optiway_qgis.model.day import GOODS_FREE, Ask, Day, Progress
from optiway_qgis.model.edits import Edited
from optiway_qgis.model.plan import VISIT_RELOAD, VISIT_STOP
from optiway_qgis.model.problem import Planned, Sequence, Settings
from optiway_qgis.model.standing import progress_of
from tests.engine.cases import a_depot, given_travel, spot
from tests.engine.plannable import counting_clock

if TYPE_CHECKING:
    from typing import Any

    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.plan import Plan, Route, Visit
    from optiway_qgis.model.problem import Problem


def along_the_road(problem: Problem, source: dict[str, Any] | None = None) -> Travel:
    """Return travel times along one straight road: ten minutes, and six kilometres, from place to place."""
    (first, _), (second, _) = spot(0), spot(1)
    lons = [lon for lon, _ in places_of(problem)[0]]
    return given_travel(
        problem, [[round(600 * abs(one - other) / (second - first)) for other in lons] for one in lons]
    )


@dataclass(frozen=True)
class Today:
    """A problem with all its stops, its plan, and what became of that: `progress` when it was looked last."""

    problem: Problem
    plan: Plan
    progress: tuple[Progress, ...] = ()
    now: int | None = None
    goods: str = GOODS_FREE
    lost: dict[str, int] = field(default_factory=dict)

    @property
    def done(self) -> dict[str, Visit]:
        """The visits of stops that are behind a vehicle."""
        return {visit.id: visit for one in self.progress for visit in one.visits if visit.type == VISIT_STOP}

    @property
    def served(self) -> dict[str, str]:
        """The vehicle of each stop that is on a route."""
        return {stop: route.vehicle_id for route in self.plan.routes for stop in route.stop_ids}

    @property
    def day(self) -> Day:
        """How far the day is."""
        return Day(self.now, self.progress, self.goods)

    @property
    def sequences(self) -> tuple[Sequence, ...]:
        """The stops still to do, in their order, with the reloads of vehicles that make several trips."""
        return tuple(self._left_of(route) for route in self.plan.routes)

    def _left_of(self, route: Route) -> Sequence:
        stops: list[str] = []
        reloads: list[int] = []
        behind = next((one.visits for one in self.progress if one.vehicle_id == route.vehicle_id), ())
        for visit in route.visits[len(behind) :]:
            if visit.type == VISIT_STOP:
                stops.append(visit.id)
            elif visit.type == VISIT_RELOAD:
                reloads.append(len(stops))
        return Sequence(route.vehicle_id, tuple(stops), tuple(reloads) if stops and reloads else None)

    def at(self, now: int, late: dict[str, int] | None = None, lost: dict[str, int] | None = None) -> Today:
        """Return the day at a later moment; vehicles may be `late` by seconds, or `lost` at a moment."""
        lost = {**self.lost, **(lost or {})}
        progress = progress_of(self.problem, self.plan, now, late=late, lost=lost)
        known = {one.vehicle_id for one in progress}
        gone = tuple(Progress(name, lost=True) for name in lost if name not in known)
        depots = {depot.id for depot in self.problem.depots}
        stranded = [
            replace(a_depot(one.stands_at, 0), lon=one.lon, lat=one.lat)
            for one in progress
            if one.lost and one.stands_at and one.stands_at not in depots
        ]
        problem = replace(self.problem, depots=(*self.problem.depots, *stranded))
        return replace(self, problem=problem, progress=(*progress, *gone), now=now, lost=lost)

    def known(self) -> Problem:
        """Return the problem with how the plan serves each stop still to do."""
        planned: dict[str, Planned] = {}
        for route in self.plan.routes:
            ids = {visit.sequence: visit.id for visit in route.visits}
            to_do = [one for one in route.visits if one.type == VISIT_STOP and one.id not in self.done]
            for rank, visit in enumerate(to_do, 1):
                at, goods_at, goods_rank = visit.fetched_at, "", 0
                if at is not None:
                    goods_at, goods_rank = ids[at], 1 + sum(other.sequence < at for other in to_do)
                planned[visit.id] = Planned(route.vehicle_id, rank, visit.arrival, goods_at, goods_rank)
        stops = tuple(replace(stop, planned=planned.get(stop.id)) for stop in self.problem.stops)
        return replace(self.problem, stops=stops)

    def replanned(
        self, scope: str, *, iterations: int = 60, edited: Edited | None = None, **ask: Any
    ) -> Today:
        """Return the day with the rest planned anew, after what was edited of `known` and `sequences`."""
        edited = edited or Edited(self.known(), self.sequences, ask.pop("loose", ()))
        plan = replan(
            edited.problem,
            edited.sequences,
            self.day,
            Ask(scope, edited.loose, plan_id=self.plan.plan_id, version=self.plan.version, **ask),
            {},
            Settings(iterations=iterations),
            counting_clock(iterations),
            lambda text: None,
            along_the_road,
        )
        return replace(self, problem=edited.problem, plan=plan)


def a_plan(problem: Problem, **orders: str) -> Today:
    """Return a day before it begins, with the stops of each vehicle in the order named."""
    asked = [Sequence(vehicle, tuple(stops.split())) for vehicle, stops in orders.items()]
    return Today(problem, reschedule(problem, along_the_road(problem), {}, Settings(), asked))
