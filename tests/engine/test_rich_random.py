"""Rich random problems in random orders: the scheduler, the checker and the oracle must say the same of each.

Each of the three was written from docs/model.md alone. Where reloads and breaks are best placed and whether a
plan is good is tested elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.model.problem import Settings
from tests.engine.cases import VALID_CASES, Case
from tests.engine.oracle import believes, judged, oracle_breaches, oracle_plan, said
from tests.engine.plannable import examples
from tests.engine.rich import plans_of, rich_cases, rich_cases_by_the_hour, wild_cases
from tests.engine.strategies import damaged

if TYPE_CHECKING:
    from optiway_qgis.model.plan import Plan, Route


def judged_alike(case: Case, plan: Plan) -> None:
    found = check(case.problem, case.travel, plan)
    assert [one.text for one in found if one.code == "inconsistent"] == []
    assert said(found) == set(oracle_breaches(case.problem, case.travel, plan))


def reloads_of(route: Route) -> tuple[int, ...]:
    """Return after how many stops a vehicle reloads each time."""
    kinds = [visit.type for visit in route.visits]
    return tuple(kinds[:number].count("stop") for number, kind in enumerate(kinds) if kind == "reload")


def agree(case: Case) -> None:
    plan = reschedule(case.problem, case.travel, {}, Settings(), case.sequences)
    assert plan.routes == judged(case.problem, case.travel, plan).routes
    judged_alike(case, plan)
    asked = {sequence.vehicle_id: sequence.stops for sequence in case.sequences if sequence.stops}
    assert {route.vehicle_id: route.stop_ids for route in plan.routes} == asked
    given_reloads = {one.vehicle_id: one.reloads for one in case.sequences if one.reloads is not None}
    for route in plan.routes:
        if route.vehicle_id in given_reloads:
            assert reloads_of(route) == given_reloads[route.vehicle_id]


@examples(150)
@given(rich_cases())
def test_all_three_agree_on_days_that_can_mostly_be_kept(case: Case):
    """Every figure, every rule broken and nothing beside."""
    agree(case)


@examples(100)
@given(wild_cases())
def test_all_three_agree_whatever_the_order_breaks(case: Case):
    """Impossible days, short shifts, no ways: nothing is overlooked in the noise."""
    agree(case)


@examples(60)
@given(rich_cases_by_the_hour())
def test_all_three_agree_where_times_depend_on_the_hour(case: Case):
    """Breaks and reloads shift legs into other hours."""
    agree(case)


@examples(150)
@given(rich_cases() | wild_cases() | rich_cases_by_the_hour(), st.data())
def test_any_plan_is_judged_alike(case: Case, draw: st.DataObject):
    """Plans with more breaks, reloads and waits than the scheduler would make, or fewer, in other places."""
    judged_alike(case, draw.draw(plans_of(case)))


@examples(150)
@given(rich_cases(), st.data())
def test_a_damaged_plan_convinces_neither(case: Case, draw: st.DataObject):
    """One figure changed, whichever: the checker objects and so does the oracle."""
    plan = draw.draw(plans_of(case))
    if plan.routes:
        what, worse = draw.draw(damaged(plan))
        assert not believes(case.problem, case.travel, worse), what
        assert any(one.code == "inconsistent" for one in check(case.problem, case.travel, worse)), what


@pytest.mark.parametrize("name", VALID_CASES)
def test_the_oracle_believes_what_it_made_itself(name: str):
    """A judge that believes nothing would pass the test of damage."""
    case = VALID_CASES[name]()
    plan = oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)
    assert believes(case.problem, case.travel, plan)
