"""Travel times that depend on the hour: legs worked out on paper; schedule, checker and oracle side by side.

Where the slots come from, traffic tables and barriers, is tested with their sources.
"""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.model.problem import Settings
from tests.engine.cases import Case
from tests.engine.oracle import departing_at, oracle_breaches, oracle_plan
from tests.engine.plannable import examples, plannable
from tests.engine.strategies import cases_by_the_hour, damaged, sequences_of


def said(found: list) -> set[tuple[str, str, str]]:
    """Return the rules told broken; leaving too early and ending too late at one visit is one broken rule."""
    return {(one.code, one.vehicle_id, one.stop_id) for one in found}


@examples(150)
@given(cases_by_the_hour(), st.data())
def test_checker_and_oracle_agree(case, data):
    """Two readings of the page, written apart, find the same figures and breaches, whenever one leaves."""
    plan = oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)
    if data.draw(st.booleans()):
        last = max(vehicle.shift.end for vehicle in case.problem.vehicles)
        departures = {route.vehicle_id: data.draw(st.integers(-500, last)) for route in plan.routes}
        plan = departing_at(case.problem, case.travel, plan, departures)
    found = check(case.problem, case.travel, plan)
    assert said(found) == set(oracle_breaches(case.problem, case.travel, plan))


def agrees_with_the_oracle(case: Case) -> None:
    plan = reschedule(case.problem, case.travel, {}, Settings(), case.sequences)
    assert plan.routes == oracle_plan(case.problem, case.travel, case.sequences).routes
    assert [found for found in plan.violations if found.code == "inconsistent"] == []


@examples(150)
@given(cases_by_the_hour())
def test_schedule_agrees_whatever_the_order_breaks(case):
    """The scheduler states the oracle's day in each figure, and the checker believes it."""
    agrees_with_the_oracle(case)


@examples(150)
@given(plannable(by_the_hour=True), st.data())
def test_schedule_agrees_on_days_that_can_be_kept(planned, draw):
    """Departures, later windows and slack matter where most of the order can be kept."""
    problem, travel = planned
    sequences, left = draw.draw(sequences_of(problem))
    agrees_with_the_oracle(Case(problem, travel, sequences, left))


@examples(150)
@given(cases_by_the_hour(max_stops=4), st.data())
def test_any_damaged_figure_is_found(case, data):
    """Whatever figure becomes whatever else, the checker says that it does not follow, and never raises."""
    plan = oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)
    assume(plan.routes)
    what, worse = data.draw(damaged(plan))
    assert "inconsistent" in {one.code for one in check(case.problem, case.travel, worse)}, what
