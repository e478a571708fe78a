"""Why stops are left out: the code, the figures in the sentence, whether the change proposed helps.

Which stops are left out is the planner's business.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.telling import clock, minutes
from optiway_qgis.model import reasons
from optiway_qgis.model.fix import apply_fix
from optiway_qgis.model.plan import plan_from_json, plan_to_json
from optiway_qgis.model.problem import DAY, ORDER_STRICT, Break, Problem, Stop, Window
from optiway_qgis.model.refusals import thousandths
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, at, between, line_travel
from tests.engine.plannable import examples, plannable, planned

if TYPE_CHECKING:
    from optiway_qgis.model.plan import Plan, Unassigned


def one_van(*stops: Stop, hours: Window | None = None, **members: Any) -> Problem:
    return a_problem(list(stops), [a_depot("D1", 0, hours)], [replace(VAN, **members)])


def only_one_left_out(problem: Problem) -> Unassigned:
    plan = planned(problem, line_travel(problem), 300)
    assert len(plan.unassigned) == 1
    return plan.unassigned[0]


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


NEAR = [a_stop(f"S{number}", number, service=300, delivery=(1000,), priority=50) for number in (1, 2)]
FAR = a_stop("S3", 3, service=300, delivery=(1000,))


@dataclass(frozen=True)
class Planted:
    """A problem that leaves out S3: the code, the figures in its sentence, None for any, and the change."""

    problem: Problem
    code: str
    figures: list[float] | None
    fix: str


LOAD = (1000,)
STRICT = {"order_rule": ORDER_STRICT}
OPEN_FROM_8 = between("08:00", "20:00")


def pair(**members: Any) -> tuple[Stop, Stop]:
    return a_stop("S1", 1, pickup=LOAD), a_stop("S3", 2, delivery=LOAD, picked_up_at="S1", **members)


def food_and_paint(**members: Any) -> Problem:
    problem = one_van(replace(NEAR[0], goods_class="food"), replace(FAR, goods_class="paint"), **members)
    return replace(problem, incompatible=(("paint", "food"),))


def two_rides() -> Problem:
    """On the way out the first pickup is delivered first; there is no time for another order."""
    return one_van(
        a_stop("S1", 1, pickup=LOAD, priority=50),
        a_stop("S3", 2, pickup=LOAD),
        a_stop("S2", 3, delivery=LOAD, picked_up_at="S1", priority=50),
        a_stop("S5", 4, priority=50),
        a_stop("S6", 5, priority=50),
        a_stop("S4", 6, delivery=LOAD, picked_up_at="S3"),
        lifo=True,
        end_depot=None,
        shift=between("08:00", "09:00"),
    )


def one_dock() -> Problem:
    """Who loads second comes an hour and a half too late."""
    hours = {"windows": (between("08:00", "10:20"),)}
    stops = [
        a_stop("S1", 1, vehicle_id="V1", priority=50, **hours),
        a_stop("S3", 2, vehicle_id="V2", **hours),
    ]
    depot = replace(a_depot("D1", 0, OPEN_FROM_8), load=2 * HOUR, docks=1)
    return a_problem(stops, [depot], [replace(VAN, id=name, max_stops=1) for name in ("V1", "V2")])


PLANTED = {
    "too heavy for any": Planted(
        one_van(replace(FAR, delivery=(12_345_678,))),
        "capacity",
        [1, 12345.678, 10],
        "12335.678 more capacity for V1",
    ),
    "too heavy with the others": Planted(
        one_van(*NEAR, FAR, capacity=(2500,)), "capacity", [1, 3, 2.5], "0.5 more capacity for V1"
    ),
    "picked up beyond the capacity": Planted(
        one_van(replace(FAR, delivery=(), pickup=(10_001,))),
        "capacity",
        [1, 10.001, 10],
        "0.001 more capacity for V1",
    ),
    "more trips than allowed": Planted(
        one_van(*(replace(stop, delivery=(10_000,)) for stop in (*NEAR, FAR)), max_trips=2),
        "capacity",
        [1, 20, 10],
        "one more trip for V1",
    ),
    "window over before anybody comes": Planted(
        one_van(replace(FAR, windows=(between("06:00", "07:30"),)), hours=OPEN_FROM_8),
        "time_window",
        [1, 8, 10, 7, 30],
        "window until 08:10 instead of 07:30",
    ),
    "later than the lateness allowed": Planted(
        one_van(replace(FAR, windows=(between("06:00", "07:30"),), late_max=600), hours=OPEN_FROM_8),
        "time_window",
        [1, 8, 10, 7, 30],
        "40 min late allowed at S3 instead of 10 min",
    ),
    "window over before the shift begins": Planted(
        one_van(replace(FAR, windows=(between("06:00", "07:30"),))),
        "time_window",
        [1, 8, 10, 7, 30],
        "shift of V1 from 07:20 instead of 08:00",
    ),
    "window that opens after the shift": Planted(
        one_van(
            replace(FAR, windows=(between("17:20", "18:00"),)),
            hours=between("06:00", "17:00"),
            end_depot=None,
        ),
        "shift",
        [1, 17, 25, 17, 0],
        "25 min longer shift for V1",
    ),
    "window over while the others are served": Planted(
        one_van(
            replace(NEAR[0], windows=(between("08:00", "08:10"),)),
            replace(NEAR[1], windows=(between("08:20", "08:20"),)),
            replace(FAR, service=0, windows=(between("08:10", "08:12"),)),
            start_depot=None,
            end_depot=None,
        ),
        "time_window",
        None,
        "window until 08:35 instead of 08:12",
    ),
    "back after the shift": Planted(
        one_van(FAR, shift=Window(at("08:00"), at("08:20"))),
        "shift",
        [1, 8, 25, 8, 20],
        "5 min longer shift for V1",
    ),
    "back after the shift with the others": Planted(
        one_van(*NEAR, FAR, shift=Window(at("08:00"), at("09:10") + 30)),
        "shift",
        [1, 9, 15, 9, 11],
        "5 min longer shift for V1",
    ),
    "two days' work for one van": Planted(
        one_van(replace(NEAR[0], service=8 * HOUR), replace(FAR, service=8 * HOUR)),
        "shift",
        None,
        "one more vehicle like V1",
    ),
    "depot closed at the return": Planted(
        one_van(FAR, hours=between("08:00", "08:20")),
        "depot_hours",
        [1, 8, 0, 8, 25],
        "depot D1 open until 08:25 instead of 08:20",
    ),
    "too long a day": Planted(
        one_van(FAR, max_work=1200), "work_limit", [1, 25, 20], "5 min more working time for V1"
    ),
    "too long a day with the others": Planted(
        one_van(*NEAR, FAR, max_work=4201), "work_limit", [1, 75, 71], "5 min more working time for V1"
    ),
    "too much driving": Planted(
        one_van(FAR, max_drive=1190), "drive_limit", [1, 20, 20], "1 min more driving time for V1"
    ),
    "too much driving with the others": Planted(
        one_van(*NEAR, FAR, max_drive=3000), "drive_limit", [1, 60, 50], "10 min more driving time for V1"
    ),
    "too far": Planted(
        one_van(FAR, max_distance=11_955), "distance_limit", [1, 12, 11.955], "0.1 km more for V1"
    ),
    "too far with the others": Planted(
        one_van(*NEAR, FAR, max_distance=35_649), "distance_limit", [1, 36.0, 35.649], "0.4 km more for V1"
    ),
    "too many stops": Planted(
        one_van(*NEAR, FAR, max_stops=2), "stop_limit", [1, 3, 2], "one more stop allowed for V1"
    ),
    "a skill that nobody has": Planted(
        one_van(replace(FAR, skills=("crane", "lift"))), "skill", [], "a vehicle with crane, lift, such as V1"
    ),
    "a van that may not": Planted(
        one_van(*NEAR, replace(FAR, forbidden_vehicles=("V1",))), "vehicle_rule", [1], "S3 allowed for V1"
    ),
    "a van that is not among those that may": Planted(
        one_van(*NEAR, replace(FAR, allowed_vehicles=("V7",))), "vehicle_rule", [7], "S3 allowed for V1"
    ),
    "assigned to a van that does not work": Planted(
        one_van(*NEAR, replace(FAR, vehicle_id="V7")),
        "vehicle_rule",
        [7],
        "S3 assigned to V1 instead of V7",
    ),
    "in the zone of nobody": Planted(
        one_van(replace(FAR, zones=("south",)), zones=("north",), zone_hard=True),
        "zone",
        [],
        "a vehicle that serves south, such as V1",
    ),
    "in no zone": Planted(
        one_van(FAR, zones=("north",), zone_hard=True), "zone", [], "V1 not bound to its zones"
    ),
    "before what is kept at the beginning": Planted(
        one_van(
            replace(FAR, windows=(between("08:00", "08:12"),)),
            a_stop("S1", 1, service=300, priority=50, vehicle_id="V1", keep="prefix"),
            hours=OPEN_FROM_8,
        ),
        "lock",
        [1, 1],
        "no lock on S1",
    ),
    "a rank that leaves no place": Planted(
        one_van(
            a_stop(
                "S1",
                1,
                order_rank=2,
                priority=90,
                delivery=(10_000,),
                windows=(between("08:00", "08:10"),),
                **STRICT,
            ),
            a_stop("S3", 2, order_rank=1, pickup=(10_000,), **STRICT),
        ),
        "order",
        [1],
        "S1 not bound to order_rule strict",
    ),
    "after what cannot be served": Planted(
        one_van(a_stop("S1", 1, skills=("crane",), before=("S3",)), FAR),
        "order",
        [1],
        "S1 not bound to come before S3",
    ),
    "a pair with what nobody may serve": Planted(
        one_van(*(replace(one, skills=("crane",)) if one.id == "S1" else one for one in pair())),
        "pair",
        [1],
        "a vehicle with crane, such as V1",
    ),
    "too long a ride": Planted(
        one_van(*pair(ride_max=270)), "ride_time", [1, 10, 5], "6 min longer ride to S3"
    ),
    "unloaded in the wrong order": Planted(
        two_rides(), "loading_order", [1], "V1 without last in, first out"
    ),
    "goods that do not go together": Planted(food_and_paint(), "goods", [1], "one more trip for V1"),
    "goods where nothing can be reloaded": Planted(
        food_and_paint(start_depot=None), "goods", [1], "paint and food allowed on one trip"
    ),
    "back after the goods are due": Planted(
        one_van(replace(FAR, delivery=(), pickup=LOAD, due=at("08:20")), hours=OPEN_FROM_8),
        "ready_due",
        [1, 8, 25, 8, 20],
        "goods due at 08:25 instead of 08:20",
    ),
    "goods ready after the window": Planted(
        one_van(replace(FAR, ready=at("08:30"), late_cost=90.0, windows=(between("08:00", "08:20"),))),
        "time_window",
        [1, 8, 40, 8, 20],
        "goods ready at 08:10 instead of 08:30",
    ),
    "no dock when it would be loaded": Planted(one_dock(), "dock", None, "one more dock at D1"),
    "longer than may be driven without a break": Planted(
        one_van(FAR, breaks=(Break("B", 300, after_drive=300),)), "break", [1], "break B of V1 5 min later"
    ),
    "in the hour of the break": Planted(
        one_van(
            replace(FAR, windows=(between("09:00", "09:10"),)),
            breaks=(Break("B", HOUR, window=between("09:00", "09:00")),),
        ),
        "break",
        [1],
        "break B of V1 until 09:05 instead of 09:00",
    ),
    "dearer than its penalty": Planted(
        one_van(*NEAR, replace(FAR, penalty=1.5)), "not_worth_it", [1, 13.5, 1.5], "a penalty above 13.50"
    ),
}

WITHOUT_CHANGE = {"unreachable", "no_vehicle", "invalid_input", "excluded"}
"""Reasons for which there is nothing to be tried, in the problem or with one change."""

TOLD_OTHERWISE = {"reload"}
"""Overload is told first where more trips would be needed than allowed."""


@cache
def plan_of(cause: str) -> Plan:
    problem = PLANTED[cause].problem
    return planned(problem, line_travel(problem), 300)


def left_in(cause: str) -> Unassigned:
    return next(left for left in plan_of(cause).unassigned if left.stop_id == "S3")


def served_in(plan: Plan) -> set[str]:
    return {stop for route in plan.routes for stop in route.stop_ids}


def test_every_reason_is_planted():
    """What is not tried on a small problem is not known to be told."""
    planted = {one.code for one in PLANTED.values()}
    assert planted | WITHOUT_CHANGE | TOLD_OTHERWISE == set(reasons.UNASSIGNED_REASONS)


@pytest.mark.parametrize("cause", PLANTED)
def test_cause_is_named_with_its_figures(cause):
    """The user reads what to change: the code sorts the stops, the sentence says how far off they are."""
    left = left_in(cause)
    assert left.reason == PLANTED[cause].code
    if PLANTED[cause].figures is not None:
        assert numbers(left.text.replace("S3", "S")) == PLANTED[cause].figures


@pytest.mark.parametrize("cause", PLANTED)
def test_smallest_change_is_proposed(cause):
    """Not a minute, a kilometre or a pallet more than it takes, and of several changes what asks least."""
    assert left_in(cause).fix == PLANTED[cause].fix


@pytest.mark.parametrize("cause", PLANTED)
def test_change_proposed_makes_room_for_the_stop(cause):
    """A promise that fails is worse than none: with the change the stop is served, and no other lost."""
    problem, plan = PLANTED[cause].problem, plan_of(cause)
    for left in plan.unassigned:
        mended = apply_fix(problem, left.change)
        again = planned(mended, line_travel(mended), 500)
        assert served_in(plan) | {left.stop_id} <= served_in(again)
        assert again.violations == ()


@pytest.mark.parametrize("cause", PLANTED)
def test_money_told_is_enough(cause):
    """With the change made a plan that serves all is found for what the stop was said to add, or for less."""
    left, plan = left_in(cause), plan_of(cause)
    mended = apply_fix(PLANTED[cause].problem, left.change)
    again = planned(mended, line_travel(mended), 500)
    if not again.unassigned:
        assert again.cost <= plan.cost + left.added_cost + 0.005


@pytest.mark.parametrize("cause", PLANTED)
def test_change_survives_the_pipe(cause):
    """What the engine proposes is applied on the other side, too."""
    plan = plan_of(cause)
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))).unassigned == plan.unassigned


def test_time_a_stop_would_add_is_told():
    """How much work it is to serve the stop after all: twenty minutes of way and five at the door."""
    assert only_one_left_out(one_van(*NEAR, FAR, max_stops=2)).added == 2 * 600 + 300


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"vehicle_id": "V7"}, "assigned to V7"),
        ({"allowed_vehicles": ("V8", "V9")}, "only V8, V9 may serve it"),
        ({"forbidden_vehicles": ("V1",)}, "V1 may not serve it"),
        (
            {"forbidden_vehicles": ("V1",), "skills": ("fridge",)},
            "V1 may not serve it and it asks for fridge",
        ),
    ],
)
def test_rules_that_leave_no_vehicle_are_all_told(rules, words):
    """Two rules that exclude each other are found only when both are read."""
    left = only_one_left_out(one_van(*NEAR, replace(FAR, **rules), skills=("fridge",)))
    assert left.reason == "vehicle_rule"
    assert words in left.text


def test_nearest_miss_is_told_of_several_vans():
    """Of a van an hour too late and one ten minutes too late the second is the one to talk about."""
    stop = a_stop("S1", 1, windows=(between("06:00", "08:00"),))
    vans = [replace(VAN, id="V1", shift=between("09:00", "17:00")), replace(VAN, id="V2")]
    problem = a_problem([stop], [a_depot("D1", 0, OPEN_FROM_8)], vans)
    left = only_one_left_out(problem)
    assert (left.nearest_vehicle, left.fix) == ("V2", "window until 08:10 instead of 08:00")


def test_change_is_proposed_only_where_it_is_enough():
    """With two limits broken, one change would not do, and a promise that fails is worse than none."""
    left = only_one_left_out(one_van(FAR, max_work=600, max_distance=100))
    assert left.reason == "work_limit"
    assert left.fix == ""


def test_day_beyond_midnight_is_told():
    """A time without its day would look like the morning before."""
    left = only_one_left_out(one_van(FAR, shift=Window(DAY - HOUR, DAY - HOUR + 600)))
    assert "23:25" in left.text
    late = only_one_left_out(one_van(FAR, shift=Window(DAY - 600, DAY - 540)))
    assert "00:15 (+1 d)" in late.text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (0, "00:00"),
        (59, "00:01"),
        (DAY - 60, "23:59"),
        (DAY, "00:00 (+1 d)"),
        (2 * DAY + 60, "00:01 (+2 d)"),
        (-60, "23:59 (-1 d)"),
    ],
)
def test_moments_are_told_as_clock_times(moment, text):
    """Rounded up: a window widened to the time told must be wide enough."""
    assert clock(moment) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 min"), (1, "1 min"), (60, "1 min"), (61, "2 min")])
def test_durations_are_rounded_up(seconds, text):
    """A shift made longer by the minutes told must be long enough."""
    assert minutes(seconds) == text


@pytest.mark.parametrize(
    ("load", "text"), [(0, "0"), (2500, "2.5"), (1, "0.001"), (12_345_678, "12345.678"), (10**9, "1000000")]
)
def test_loads_are_told_to_the_thousandth(load, text):
    """Large loads keep their last digits: a capacity rounded down would not do."""
    assert thousandths(load) == text


@examples(60)
@given(st.one_of(plannable(), plannable(limited=True), plannable(ranked=True)))
def test_every_stop_left_out_has_a_sentence_a_van_and_a_price(planned_problem):
    """Whatever the cause: a text that ends, a vehicle that exists, and a number of seconds."""
    problem, travel = planned_problem
    vans = {van.id for van in problem.vehicles} | {""}
    for left in planned(problem, travel, 30).unassigned:
        assert left.text.endswith(".")
        assert left.nearest_vehicle in vans
        assert (left.added is None) == (left.nearest_vehicle == "")
        if left.reason == "not_worth_it":
            assert numbers(left.text)[-1] == round(penalty_of(problem, left), 2)


def penalty_of(problem: Problem, left: Unassigned) -> float:
    return next(stop.penalty for stop in problem.stops if stop.id == left.stop_id)
