"""The JSON forms of problem and plan: what is written is read back equal, what is left out takes defaults."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace

import pytest
from hypothesis import given

from optiway_qgis.model.day import DONE, Day, Progress, day_from_json, day_to_json
from optiway_qgis.model.plan import Plan, Unassigned, Violation, WishPrice, plan_from_json, plan_to_json
from optiway_qgis.model.problem import (
    DAY,
    Break,
    Depot,
    Planned,
    Problem,
    Stop,
    Vehicle,
    Window,
    may_serve,
    problem_from_json,
    problem_to_json,
)
from optiway_qgis.model.reasons import INCONSISTENT, UNASSIGNED_REASONS
from tests.engine.cases import VALID_CASES
from tests.engine.oracle import oracle_plan
from tests.engine.plannable import examples
from tests.engine.strategies import cases, problems
from tests.made_plans import rich_town


@examples(50)
@given(problems())
def test_problem_survives_json(problem: Problem):
    """The engine plans what QGIS read: every member arrives as it was, tuples and nulls included."""
    assert problem_from_json(json.loads(json.dumps(problem_to_json(problem)))) == problem


@examples(50)
@given(cases())
def test_plan_survives_json(case):
    """QGIS writes what the engine planned: every figure, leg and reason arrives as it was."""
    plan = oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


def test_plan_with_every_member_survives_json():
    """History, notes and violations are nested too and easily forgotten."""
    plan = Plan(
        plan_id="p-1",
        routes=(),
        unassigned=(Unassigned("S1", "skill", "No vehicle has a lift.", "V1", 60, "a vehicle with a lift"),),
        violations=(Violation("shift", "V1", "", "Too late.", 12.5),),
        travel_source="matrix",
        engine="PyVRP",
        seed=3,
        iterations=10,
        seconds=1.5,
        stopped="time limit reached",
        history=((0.1, 20.0), (0.5, 18.5)),
        notes=("The profile is not known.",),
        wishes=(WishPrice("balance", 12.5, "Balance costs 12.50."),),
        version=3,
        parent_version=2,
    )
    assert all(getattr(plan, field.name) != field.default for field in fields(Plan))
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


def test_plan_with_trips_and_breaks_survives_json():
    """Loading, breaks, overtime and trips arrive; so does a plan of before there were any."""
    _, plan = rich_town()
    form = json.loads(json.dumps(plan_to_json(plan)))
    assert plan_from_json(form) == plan
    for route in form["routes"]:
        for name in ("loading", "break_time", "unpaid_break", "overtime"):
            del route[name]
        for visit in route["visits"]:
            del visit["trip"]
    old = plan_from_json(form)
    assert [(route.trips, route.overtime, route.work) for route in old.routes] == [
        (1, 0, route.end - route.start) for route in plan.routes
    ]


def test_day_survives_json():
    """What is done comes back as it was, or rows that are done would change."""
    _, plan = rich_town()
    route = plan.routes[0]
    noted = [
        replace(
            visit, status=DONE, actual_arrival=visit.arrival + 60, actual_departure=visit.end, fetched_at=2
        )
        for visit in route.visits
    ]
    progress = Progress(
        route.vehicle_id,
        tuple(noted),
        route.legs,
        lon=-8.6,
        lat=41.1,
        free=36000,
        way=((-8.61, 41.1), (-8.6, 41.1)),
        way_drive=60,
        way_distance=800,
        heading="S1",
        heading_drive=120,
        heading_distance=1600,
        reached=35900,
        next_stop="S1",
        lost=True,
        stands_at="V1 stands here",
    )
    day = Day(now=36000, progress=(progress, Progress("V2", free=30000)), goods="free", fetch=60, meet=300)
    assert all(getattr(progress, field.name) != field.default for field in fields(Progress))
    assert all(getattr(day, field.name) != field.default for field in fields(Day))
    assert day_from_json(json.loads(json.dumps(day_to_json(day)))) == day


def test_problem_of_a_day_under_way_survives_json():
    """How stops are planned is nested; how much of a break is gone is easily forgotten."""
    stop = Stop("S1", 1, 2, planned=Planned("V1", 2, 36000, "D1"))
    vehicle = Vehicle("V1", breaks=(Break("B", 900, after_drive=16200, gone=600),))
    problem = Problem("2026-05-04", "UTC", (stop,), (Depot("D1", 1, 2),), (vehicle,))
    assert problem_from_json(json.loads(json.dumps(problem_to_json(problem)))) == problem


def test_members_left_out_take_the_defaults():
    """docs/model.md promises it to those who write problems by hand."""
    form = {
        "plan_date": "2026-05-04",
        "time_zone": "UTC",
        "stops": [{"id": "S1", "lon": 1, "lat": 2}],
        "depots": [{"id": "D1", "lon": 1, "lat": 2}],
        "vehicles": [{"id": "V1"}],
    }
    problem = problem_from_json(form)
    assert problem.stops == (Stop("S1", 1, 2),)
    assert problem.stops[0].penalty is None
    assert problem.depots[0].window is None
    assert problem.vehicles == (Vehicle("V1", shift=Window(0, DAY)),)
    assert problem.dimensions == 1


def test_problem_of_the_page_on_the_model_is_read(checkout):
    """An example that does not work is worse than none."""
    page = (checkout / "docs" / "model.md").read_text(encoding="utf-8")
    example = re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0]
    problem = problem_from_json(json.loads(example))
    assert problem.stops[0].delivery == (2000,)
    assert problem.vehicles[0].shift == Window(28800, 64800)


@pytest.mark.parametrize(
    "change", [{"stops": [{"id": "S1"}]}, {"stops": [{"id": "S1", "lon": 1, "lat": 2, "colour": "red"}]}]
)
def test_missing_and_unknown_members_are_refused(change):
    """A member misspelt would otherwise be a rule silently ignored."""
    form = {"plan_date": "", "time_zone": "", "stops": [], "depots": [], "vehicles": [], **change}
    with pytest.raises(TypeError, match=r"lon|colour"):
        problem_from_json(form)


def test_cost_of_a_plan_is_the_sum_of_its_routes():
    """The totals of report and outputs are taken from these properties."""
    case = VALID_CASES["two depots"]()
    plan = oracle_plan(case.problem, case.travel, case.sequences)
    assert len(plan.routes) == 2
    assert plan.cost == pytest.approx(
        sum(route.cost_fixed + route.cost_distance + route.cost_time for route in plan.routes)
    )
    assert plan.distance == sum(leg.metres for route in plan.routes for leg in route.legs)
    assert plan.drive == sum(leg.seconds for route in plan.routes for leg in route.legs)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, ""),
        ({"skills": ("fridge",)}, ""),
        ({"skills": ("fridge", "lift")}, "skill"),
        ({"vehicle_id": "V1"}, ""),
        ({"vehicle_id": "V2"}, "vehicle_rule"),
        ({"allowed_vehicles": ("V2", "V1")}, ""),
        ({"allowed_vehicles": ("V2",)}, "vehicle_rule"),
        ({"forbidden_vehicles": ("V1",)}, "vehicle_rule"),
        ({"allowed_vehicles": ("V1",), "forbidden_vehicles": ("V1",)}, "vehicle_rule"),
        ({"skills": ("lift",), "forbidden_vehicles": ("V1",)}, "skill"),
    ],
)
def test_who_may_serve(members, code):
    """Skills are told before rules on vehicles, and a ban wins over a permission."""
    assert may_serve(Vehicle("V1", skills=("fridge",)), Stop("S1", 0, 0, **members)) == code


def test_every_reason_has_a_sentence():
    """A code without words would reach the user as it is."""
    assert all(text.endswith(".") for text in UNASSIGNED_REASONS.values())
    assert INCONSISTENT not in UNASSIGNED_REASONS
