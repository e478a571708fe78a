"""Why stops are left out: the code, the figures in the sentence, whether the change proposed helps.

Which stops are left out is the planner's business.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.explain import clock, minutes, thousandths
from optiway_qgis.model.problem import DAY, LOAD_SCALE, ORDER_STRICT, Problem, Stop, Window
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, at, between, line_travel
from tests.engine.plannable import examples, plannable, planned

if TYPE_CHECKING:
    from collections.abc import Callable

    from optiway_qgis.model.plan import Unassigned


def one_van(*stops: Stop, hours: Window | None = None, **members: Any) -> Problem:
    return a_problem(list(stops), [a_depot("D1", 0, hours)], [replace(VAN, **members)])


def only_one_left_out(problem: Problem) -> Unassigned:
    plan = planned(problem, line_travel(problem), 300)
    assert len(plan.unassigned) == 1
    return plan.unassigned[0]


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


def with_vehicle(problem: Problem, **members: Any) -> Problem:
    return replace(problem, vehicles=tuple(replace(one, **members) for one in problem.vehicles))


def with_stop(problem: Problem, stop_id: str, **members: Any) -> Problem:
    stops = tuple(replace(one, **members) if one.id == stop_id else one for one in problem.stops)
    return replace(problem, stops=stops)


# Each fix as a user would carry it out, read from its words.


def more_capacity(problem: Problem, left: Unassigned) -> Problem:
    more = round(numbers(left.fix)[0] * LOAD_SCALE)
    (had,) = problem.vehicles[0].capacity
    return with_vehicle(problem, capacity=(had + more,))


def longer_window(problem: Problem, left: Unassigned) -> Problem:
    until = re.search(r"(\d\d:\d\d)", left.fix).group(1)
    name = re.search(r"window of (\S+) until", left.fix)
    stop_id = name.group(1) if name else left.stop_id
    start = next(stop for stop in problem.stops if stop.id == stop_id).windows[0].start
    return with_stop(problem, stop_id, windows=(Window(start, at(until)),))


def longer_shift(problem: Problem, left: Unassigned) -> Problem:
    shift = problem.vehicles[0].shift
    return with_vehicle(problem, shift=Window(shift.start, shift.end + 60 * round(numbers(left.fix)[0])))


def more_work(problem: Problem, left: Unassigned) -> Problem:
    return with_vehicle(problem, max_work=problem.vehicles[0].max_work + 60 * round(numbers(left.fix)[0]))


def more_driving(problem: Problem, left: Unassigned) -> Problem:
    return with_vehicle(problem, max_drive=problem.vehicles[0].max_drive + 60 * round(numbers(left.fix)[0]))


def more_kilometres(problem: Problem, left: Unassigned) -> Problem:
    more = round(1000 * numbers(left.fix)[0])
    return with_vehicle(problem, max_distance=problem.vehicles[0].max_distance + more)


def one_more_stop(problem: Problem, left: Unassigned) -> Problem:
    assert left.fix == "one more stop allowed for V1"
    return with_vehicle(problem, max_stops=problem.vehicles[0].max_stops + 1)


def a_van_with_the_skill(problem: Problem, left: Unassigned) -> Problem:
    skills = tuple(left.fix.removeprefix("a vehicle with ").split(", "))
    return with_vehicle(problem, skills=skills)


def higher_penalty(problem: Problem, left: Unassigned) -> Problem:
    return with_stop(problem, left.stop_id, penalty=numbers(left.fix)[0] + 0.02)


NEAR = [a_stop(f"S{number}", number, service=300, delivery=(1000,), priority=50) for number in (1, 2)]
FAR = a_stop("S3", 3, service=300, delivery=(1000,))

PLANTED: dict[str, tuple[Problem, str, list[float], Callable[[Problem, Unassigned], Problem]]] = {
    # name: problem, code, figures of the sentence, fix
    "too heavy for any": (
        one_van(replace(FAR, delivery=(12_345_678,))),
        "capacity",
        [1, 12345.678, 10],
        more_capacity,
    ),
    "too heavy with the others": (
        one_van(*NEAR, FAR, capacity=(2500,)),
        "capacity",
        [1, 3, 2.5],
        more_capacity,
    ),
    "picked up beyond the capacity": (
        one_van(replace(FAR, delivery=(), pickup=(10_001,))),
        "capacity",
        [1, 10.001, 10],
        more_capacity,
    ),
    "window over before anybody comes": (
        one_van(replace(FAR, windows=(between("06:00", "07:30"),))),
        "time_window",
        [1, 8, 10, 7, 30],
        longer_window,
    ),
    "window over while the others are served": (
        one_van(
            *(replace(stop, windows=(between("08:00", "08:10"),)) for stop in NEAR[:1]),
            replace(NEAR[1], windows=(between("08:20", "08:20"),)),
            replace(FAR, service=0, windows=(between("08:10", "08:12"),)),
            start_depot=None,
            end_depot=None,
        ),
        "time_window",
        [],
        longer_window,
    ),
    "back after the shift": (
        one_van(FAR, shift=Window(at("08:00"), at("08:20"))),
        "shift",
        [1, 8, 25, 8, 20],
        longer_shift,
    ),
    "back after the shift with the others": (
        one_van(*NEAR, FAR, shift=Window(at("08:00"), at("09:10") + 30)),
        "shift",
        [1, 9, 15, 9, 11],
        longer_shift,
    ),
    "too long a day": (one_van(FAR, max_work=1200), "work_limit", [1, 25, 20], more_work),
    "too long a day with the others": (
        one_van(*NEAR, FAR, max_work=4201),
        "work_limit",
        [1, 75, 71],
        more_work,
    ),
    "too much driving": (one_van(FAR, max_drive=1190), "drive_limit", [1, 20, 20], more_driving),
    "too much driving with the others": (
        one_van(*NEAR, FAR, max_drive=3000),
        "drive_limit",
        [1, 60, 50],
        more_driving,
    ),
    "too far": (one_van(FAR, max_distance=11_955), "distance_limit", [1, 12, 11.955], more_kilometres),
    "too far with the others": (
        one_van(*NEAR, FAR, max_distance=35_949),
        "distance_limit",
        [1, 36.0, 35.949],
        more_kilometres,
    ),
    "too many stops": (one_van(*NEAR, FAR, max_stops=2), "stop_limit", [1, 3, 2], one_more_stop),
    "a skill that nobody has": (
        one_van(replace(FAR, skills=("crane", "lift"))),
        "skill",
        [],
        a_van_with_the_skill,
    ),
    "dearer than its penalty": (
        one_van(*NEAR, replace(FAR, penalty=1.5)),
        "not_worth_it",
        [],
        higher_penalty,
    ),
}


@pytest.mark.parametrize("cause", PLANTED)
def test_cause_is_named_with_its_figures(cause):
    """The user reads what to change: the code sorts the stops, the sentence says how far off they are."""
    problem, code, figures, _ = PLANTED[cause]
    left = only_one_left_out(problem)
    assert (left.stop_id, left.reason, left.nearest_vehicle) == ("S3", code, "V1" if code != "skill" else "")
    if figures:
        assert numbers(left.text) == figures


@pytest.mark.parametrize("cause", PLANTED)
def test_change_proposed_makes_room_for_the_stop(cause):
    """A fix that is off by the rounding of its figure would send the user round in circles."""
    problem, _, _, fix = PLANTED[cause]
    mended = fix(problem, only_one_left_out(problem))
    assert planned(mended, line_travel(mended), 500).unassigned == ()


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


def test_depot_closed_at_the_return_is_told():
    """Neither the window nor the shift is to blame."""
    left = only_one_left_out(one_van(FAR, hours=between("08:00", "08:20")))
    assert (left.reason, left.fix) == ("depot_hours", "longer opening hours of the depot")
    assert "08:25" in left.text


def test_rank_that_leaves_no_place_is_told():
    """The van has to be emptied at the stop of rank two before it has room for what rank one hands over."""
    rank = {"order_rule": ORDER_STRICT}
    window = (between("08:00", "08:10"),)
    first = a_stop("S1", 1, order_rank=2, priority=90, windows=window, delivery=(10_000,), **rank)
    second = a_stop("S2", 2, order_rank=1, pickup=(10_000,), **rank)
    left = only_one_left_out(one_van(first, second))
    assert (left.stop_id, left.reason) == ("S2", "order")


def test_nearest_miss_is_told_of_several_vans():
    """Of a van an hour too late and one ten minutes too late the second is the one to talk about."""
    stop = a_stop("S1", 1, windows=(between("06:00", "08:00"),))
    vans = [replace(VAN, id="V1", shift=between("09:00", "17:00")), replace(VAN, id="V2")]
    problem = a_problem([stop], [a_depot("D1", 0)], vans)
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
