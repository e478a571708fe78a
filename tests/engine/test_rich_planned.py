"""Small random problems with several kinds of rules at once: planned, and held against the best answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings

from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score
from tests.engine.answers import answers, rounded
from tests.engine.plannable import examples, plan_score, planned
from tests.engine.rich import plannable_rich, rich_cases, rich_cases_by_the_hour

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.problem import Problem
    from tests.engine.plannable import Planned

MOST = 0.97
"""Share of the problems whose best answer has to be found in a hundred iterations."""


def test_nearly_all_small_problems_are_planned_as_well_as_can_be():
    """Rules that PyVRP cannot represent are no reason for worse plans: our own search sees to them."""
    reached = []

    @seed(1)
    @settings(
        max_examples=150,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(plannable_rich(4))
    def compare(drawn: Planned):
        problem, travel = drawn
        instance = Instance(problem, travel)
        tried = answers(len(problem.stops), len(problem.vehicles))
        best = min(rounded(score(instance, [list(stops) for stops in answer])) for answer in tried)
        plan = planned(problem, travel)
        own = rounded(plan_score(problem, travel, plan))
        assert own >= best
        reached.append(own == best)

    compare()
    assert sum(reached) >= MOST * len(reached)


@examples(25)
@given(plannable_rich(8, 3) | rich_cases().map(lambda case: (case.problem, case.travel)))
def test_plans_break_nothing(drawn: Planned):
    """Whatever comes together: the checker is silent and no stop is lost."""
    keeps_everything(*drawn)


@examples(10)
@given(rich_cases_by_the_hour().map(lambda case: (case.problem, case.travel)))
def test_plans_break_nothing_where_times_depend_on_the_hour(drawn: Planned):
    """The same with traffic and blocked roads."""
    keeps_everything(*drawn)


def keeps_everything(problem: Problem, travel: Travel) -> None:
    plan = planned(problem, travel)
    assert check(problem, travel, plan) == []
    told = [stop_id for route in plan.routes for stop_id in route.stop_ids]
    told += [left.stop_id for left in plan.unassigned]
    assert sorted(told) == sorted(stop.id for stop in problem.stops)
