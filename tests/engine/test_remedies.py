"""Changes proposed for stops left out of random plans, and of plans made by hand.

Problems with one known cause each are planted in test_explain.py; here the checker judges what was found.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from optiway_qgis.engine.job_form import read_problem
from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.insertion import orders_with
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.outlook import timed_outlook
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.solving.sentences import sentence
from optiway_qgis.model.fix import DEPOT, FLEET, PROBLEM, STOP, VEHICLE, Fix, apply_fix
from optiway_qgis.model.problem import Problem, Sequence, Settings, problem_to_json
from tests.engine.cases import HOUR, VAN, Case, a_depot, a_problem, a_stop, between, line_travel
from tests.engine.plannable import examples, planned
from tests.engine.rich import plannable_rich, rich_cases, rich_cases_by_the_hour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.plan import Plan, Unassigned

COUNTING = Settings(iterations=1)


def orders_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {route.vehicle_id: route.stop_ids for route in plan.routes}


def plans_with(problem: Problem, travel: Travel, orders: dict[str, Any], stop_id: str) -> Iterator[Plan]:
    """Yield the plan with the stop, and its pair, at every place of every route."""
    instance = Instance(problem, travel)
    unit = instance.units.of[instance.stop_index[stop_id]]
    names = [stop.id for stop in problem.stops]
    for vehicle, who in enumerate(problem.vehicles):
        route = [instance.stop_index[one] for one in orders.get(who.id, ())]
        for order in orders_with(instance, vehicle, route, unit, 1000, False):
            changed = {**orders, who.id: tuple(names[stop] for stop in order)}
            asked = [Sequence(name, stops) for name, stops in changed.items()]
            yield reschedule(problem, travel, {}, COUNTING, asked)


def has_room(problem: Problem, travel: Travel, orders: dict[str, Any], left: Unassigned) -> bool:
    """Whether the checker finds nothing wrong with the stop at some place of the plan."""
    stop = next(one for one in problem.stops if one.id == left.stop_id)
    unit = {stop.id, stop.picked_up_at, *(one.id for one in problem.stops if one.picked_up_at == stop.id)}
    rest = {name: tuple(one for one in stops if one not in unit) for name, stops in orders.items()}
    return any(not plan.violations for plan in plans_with(problem, travel, rest, left.stop_id))


@examples(60)
@given(plannable_rich())
def test_with_the_change_the_plan_has_room_for_the_stop(planned_problem):
    """Whatever the rules: the checker finds a place for the stop once the change is made, and none before."""
    problem, travel = planned_problem
    plan = planned(problem, travel, 30)
    for left in plan.unassigned:
        if left.change is not None and left.reason != "not_worth_it":
            assert not has_room(problem, travel, orders_of(plan), left)
            mended = apply_fix(problem, left.change)
            assert mended != problem
            assert has_room(mended, travel, orders_of(plan), left)


@examples(60)
@given(plannable_rich())
def test_problem_with_the_change_is_one_that_can_be_planned(planned_problem):
    """No windows that overlap, no lock without a vehicle, nothing that a job would be refused for."""
    problem, travel = planned_problem
    for left in planned(problem, travel, 30).unassigned:
        if left.change is not None:
            mended = apply_fix(problem, left.change)
            assert read_problem({"problem": json.loads(json.dumps(problem_to_json(mended)))}) == mended


@examples(40)
@given(rich_cases(6) | rich_cases_by_the_hour())
def test_stops_left_out_of_any_plan_are_explained(case: Case):
    """Routes that break rules and pairs torn apart are no reason to fail; the plan itself stays as it is."""
    plain = reschedule(case.problem, case.travel, {}, COUNTING, case.sequences)
    plan = reschedule(case.problem, case.travel, {}, COUNTING, case.sequences, explained=True)
    assert replace(plan, unassigned=plain.unassigned) == plain
    assert [one.stop_id for one in plan.unassigned] == [one.stop_id for one in plain.unassigned]
    assert check(case.problem, case.travel, plan) == list(plain.violations)


NEAR = a_stop("S1", 1, service=300)
FAR = a_stop("S2", 2, service=300)


def explained(problem: Problem, *orders: Sequence) -> list[Unassigned]:
    travel = line_travel(problem)
    return list(reschedule(problem, travel, {}, COUNTING, orders, explained=True).unassigned)


def test_stop_that_fits_is_told_with_its_price():
    """Nobody thought of it: twenty minutes of way and five at the door, 7.50 for them and 6 for the way."""
    problem = a_problem([NEAR, FAR], [a_depot("D1", 0)], [VAN])
    (left,) = explained(problem, Sequence("V1", ("S1",)))
    assert (left.reason, left.nearest_vehicle, left.added) == ("excluded", "V1", 1500)
    assert left.added_cost == pytest.approx(7.5 + 6.0)
    assert left.fix == "a place on the route of V1"


def test_stop_that_does_not_fit_is_told_as_after_planning():
    """The same reason and the same change as if the plan had been made here."""
    problem = a_problem([NEAR, FAR], [a_depot("D1", 0)], [replace(VAN, max_stops=1)])
    (left,) = explained(problem, Sequence("V1", ("S1",)))
    assert (left.reason, left.fix) == ("stop_limit", "one more stop allowed for V1")


def test_route_that_breaks_a_rule_takes_more_only_when_that_is_mended():
    """Both stops within the shift: 50 minutes of work where the route has 25 of 20 already."""
    shift = between("08:00", "08:20")
    problem = a_problem([NEAR, FAR], [a_depot("D1", 0)], [replace(VAN, shift=shift)])
    (left,) = explained(problem, Sequence("V1", ("S1",)))
    assert (left.reason, left.fix) == ("shift", "30 min longer shift for V1")


def test_other_half_of_a_pair_is_told_of_the_pair():
    """The pickup is on a route alone: what is told is what both together add."""
    load = (1000,)
    pickup = a_stop("S1", 1, pickup=load, service=300)
    delivery = a_stop("S2", 2, delivery=load, picked_up_at="S1", service=300)
    problem = a_problem([pickup, delivery], [a_depot("D1", 0)], [VAN])
    (left,) = explained(problem, Sequence("V1", ("S1",)))
    assert (left.stop_id, left.reason, left.added) == ("S2", "excluded", 4 * 600 + 2 * 300)


def test_cheaper_change_is_proposed_of_two_that_help():
    """An hour of a driver asks for less than one of a customer, three hours of him for more."""
    one_hour = replace(VAN, id="V1", shift=between("08:00", "08:20"))
    late = a_stop("S1", 1, service=300, windows=(between("06:00", "06:30"),))
    problem = a_problem([late], [a_depot("D1", 0)], [replace(one_hour, shift=between("08:00", "17:00"))])
    (left,) = explained(problem)
    assert left.fix == "shift of V1 from 06:20 instead of 08:00"
    earlier = replace(problem, stops=(replace(late, windows=(between("06:00", "07:50"),), late_cost=0.0),))
    (left,) = explained(earlier)
    assert left.fix == "window until 08:10 instead of 07:50"


def test_trips_beyond_those_allowed_are_told():
    """Told where reloads are given, as by hand: the scheduler would rather overload."""
    problem = a_problem([NEAR, FAR, replace(FAR, id="S3")], [a_depot("D1", 0)], [replace(VAN, max_trips=2)])
    instance = Instance(problem, line_travel(problem))
    table = Timetable(instance, problem.vehicles[0], [0, 1, 2], (1, 2))
    outlook = timed_outlook(table, 2, 0, 0.0)
    assert outlook.code == "reload"
    assert sentence(instance, outlook, 2) == "V1 would need 3 trips, 2 are allowed."


@pytest.mark.parametrize(
    ("start_rule", "fix"),
    [
        ("late", "depot D1 open from 07:55 instead of 08:00"),
        ("early", "window until 08:10 instead of 08:05"),
    ],
)
def test_no_other_vehicle_suffers_from_a_change(start_rule: str, fix: str):
    """A driver who begins when the depot opens would work too long if it opened earlier."""
    early = a_stop("S1", 1, windows=(between("08:00", "08:05"),), late_cost=600.0)
    noon = a_stop("S2", 2, windows=(between("12:00", "12:00"),))
    day = between("06:00", "17:00")
    vans = [
        replace(VAN, shift=day),
        replace(VAN, id="V2", shift=day, start_rule=start_rule, max_work=4 * HOUR + 1200),
    ]
    problem = a_problem([early, noon], [a_depot("D1", 0, between("08:00", "20:00"))], vans)
    (left,) = explained(problem, Sequence("V2", ("S2",)))
    assert left.fix == fix


def test_another_vehicle_has_an_id_of_its_own():
    """A second car named like one that is there would be refused."""
    stops = [replace(NEAR, service=8 * HOUR), *(replace(FAR, id=name, service=8 * HOUR) for name in "ABC")]
    vans = [replace(VAN, id=name) for name in ("V1", "V1-2", "V1-3")]
    problem = a_problem(stops, [a_depot("D1", 0)], vans)
    orders = [Sequence(van.id, (stop.id,)) for van, stop in zip(vans, stops)]
    (left,) = explained(problem, *orders)
    assert left.change == Fix(FLEET, "V1", "id", "V1-4")
    assert [van.id for van in apply_fix(problem, left.change).vehicles] == ["V1", "V1-2", "V1-3", "V1-4"]


@pytest.mark.parametrize(
    ("fix", "kind", "member", "value"),
    [
        (Fix(STOP, "S1", "windows", [{"start": 0, "end": 60}]), "stops", "windows", ((0, 60),)),
        (Fix(VEHICLE, "V1", "capacity", [5, None]), "vehicles", "capacity", (5, None)),
        (Fix(DEPOT, "D1", "docks", 3), "depots", "docks", 3),
    ],
)
def test_one_member_of_one_thing_is_changed(fix: Fix, kind: str, member: str, value: Any):
    """And nothing beside it."""
    problem = a_problem([NEAR, FAR], [a_depot("D1", 0), a_depot("D2", 1)], [VAN, replace(VAN, id="V2")])
    mended = apply_fix(problem, fix)
    first, *others = getattr(mended, kind)
    found = getattr(first, member)
    assert (tuple((one.start, one.end) for one in found) if member == "windows" else found) == value
    assert others == list(getattr(problem, kind)[1:])
    before = getattr(problem, kind)[0]
    assert (
        replace(mended, **{kind: (replace(first, **{member: getattr(before, member)}), *others)}) == problem
    )


def test_goods_are_changed_for_the_whole_problem():
    """They belong to no stop."""
    problem = replace(a_problem([NEAR], [], [VAN]), incompatible=(("a", "b"), ("c", "d")))
    assert apply_fix(problem, Fix(PROBLEM, "", "incompatible", [["c", "d"]])).incompatible == (("c", "d"),)
