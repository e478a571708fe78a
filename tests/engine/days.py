"""Plans that meet their day: a plan, how far it is at some moment, and the plan made of what is left.

Places are the numbered ones of cases.py, a minute for a tenth of the way from one to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.replanning.replan import replan
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.travel.provider import places_of
from optiway_qgis.model.day import GOODS_FREE, Ask, Day
from optiway_qgis.model.plan import VISIT_STOP
from optiway_qgis.model.problem import Planned, Sequence, Settings
from optiway_qgis.model.standing import progress_of
from tests.engine.cases import a_depot, given_travel, spot
from tests.engine.plannable import counting_clock

if TYPE_CHECKING:
    from typing import Any

    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.day import Progress
    from optiway_qgis.model.plan import Plan, Visit
    from optiway_qgis.model.problem import Problem, Stop


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
    late: dict[str, int] = field(default_factory=dict)
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
    def sequences(self) -> tuple[Sequence, ...]:
        """The stops still to do, in their order."""
        return tuple(
            Sequence(route.vehicle_id, tuple(stop for stop in route.stop_ids if stop not in self.done))
            for route in self.plan.routes
        )

    def at(self, now: int, late: dict[str, int] | None = None, lost: dict[str, int] | None = None) -> Today:
        """Return the day at a later moment; vehicles may be `late` by seconds, or `lost` at a moment."""
        lost = {**self.lost, **(lost or {})}
        progress = progress_of(self.problem, self.plan, now, late=late, lost=lost)
        depots = {depot.id for depot in self.problem.depots}
        stranded = [
            replace(a_depot(one.stands_at, 0), lon=one.lon, lat=one.lat)
            for one in progress
            if one.lost and one.stands_at and one.stands_at not in depots
        ]
        problem = replace(self.problem, depots=(*self.problem.depots, *stranded))
        return replace(self, problem=problem, progress=progress, now=now, late=dict(late or {}), lost=lost)

    def replanned(self, scope: str, *, iterations: int = 60, **ask: Any) -> Today:
        """Return the day with the rest planned anew."""
        asked = Ask(scope, plan_id=self.plan.plan_id, version=self.plan.version, **ask)
        problem = replace(self.problem, stops=tuple(self._planned()))
        plan = replan(
            problem,
            self.sequences,
            Day(self.now, self.progress, self.goods),
            asked,
            {},
            Settings(iterations=iterations),
            counting_clock(iterations),
            lambda text: None,
            along_the_road,
        )
        return replace(self, problem=problem, plan=plan)

    def _planned(self) -> list[Stop]:
        """Return the stops with how the plan serves those still to do."""
        planned: dict[str, Planned] = {}
        for route in self.plan.routes:
            depots = {visit.sequence: visit.id for visit in route.visits}
            to_do = [
                visit for visit in route.visits if visit.type == VISIT_STOP and visit.id not in self.done
            ]
            for rank, visit in enumerate(to_do, 1):
                goods_at = "" if visit.fetched_at is None else depots[visit.fetched_at]
                planned[visit.id] = Planned(route.vehicle_id, rank, visit.arrival, goods_at)
        return [replace(stop, planned=planned.get(stop.id)) for stop in self.problem.stops]


def a_plan(problem: Problem, **orders: str) -> Today:
    """Return a day before it begins, with the stops of each vehicle in the order named."""
    asked = [Sequence(vehicle, tuple(stops.split())) for vehicle, stops in orders.items()]
    return Today(problem, reschedule(problem, along_the_road(problem), {}, Settings(), asked))
