"""The checker on hand-worked routes: each figure, each rule, and what it says of them."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.check_rules import RULES
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.plan import Leg, Plan, Route, Unassigned, Visit
from optiway_qgis.model.problem import ORDER_STRICT, Sequence, Vehicle, Window
from tests.engine.cases import (
    VALID_CASES,
    VAN,
    Case,
    a_depot,
    a_problem,
    a_stop,
    at,
    between,
    given_travel,
    line_travel,
    spot,
)
from tests.engine.oracle import departing_at, oracle_breaches, oracle_plan, said
from tests.engine.strategies import cases

if TYPE_CHECKING:
    from optiway_qgis.model.problem import Depot, Stop

HAND_VISITS = """
start D 0 08:00 0   0    08:00 0   08:00 0 2580 0    0     0     2000
stop  A 1 08:10 120 0    08:12 300 08:17 0 2580 600  5000  5000  0
stop  B 2 08:37 0   1380 09:00 600 09:10 0 2580 1200 9000  14000 1000
end   D 3 09:40 0   0    09:40 0   09:40 0 1200 1800 15000 29000 1000
"""
"""The members of each visit in their order, worked out by hand; see `by_hand`."""


def by_hand() -> tuple[Case, Plan]:
    """Return a depot and two stops with a plan whose figures were all worked out here.

    10 min to A, 20 min to B, 30 min back. A: 2 min setup, 5 min service, gets 2 units. B: 10 min service,
    gives 1 unit, window 09:00 to 09:30. Leaving at 08:00: A 08:10, served 08:12 to 08:17; B 08:37, waits
    until 09:00, done 09:10; back at 09:40. The shift ends at 10:00, so the return has 20 min (1200 s) of
    slack. Service at B may then start at 09:20, 43 min (2580 s) after its arrival; that is what A and the
    departure may slip as well. Costs: 10; 29 km at 0.5; 1 h 40 min at 12 an hour.
    """
    vehicle = Vehicle(
        "V",
        start_depot="D",
        end_depot="D",
        shift=between("08:00", "10:00"),
        capacity=(2000,),
        fixed_cost=10,
        cost_per_hour=12,
        cost_per_km=0.5,
    )
    stops = [
        a_stop("A", 1, service=300, setup=120, delivery=(2000,)),
        a_stop("B", 2, service=600, pickup=(1000,), windows=(between("09:00", "09:30"),)),
    ]
    problem = a_problem(stops, [a_depot("D", 0)], [vehicle])
    seconds = [[0, 600, 1800], [600, 0, 1200], [1800, 1200, 0]]
    metres = [[0, 5000, 15000], [5000, 0, 9000], [15000, 9000, 0]]
    visits = []
    for row in HAND_VISITS.strip().splitlines():
        kind, name, *cells = row.split()
        numbers = [at(cell) if ":" in cell else int(cell) for cell in cells]
        visits.append(Visit(kind, name, *numbers[:-1], load=(numbers[-1],)))
    legs = (
        Leg(1, "D", "A", 600, 5000, "estimate", (spot(0), spot(1))),
        Leg(2, "A", "B", 1200, 9000, "estimate", (spot(1), spot(2))),
        Leg(3, "B", "D", 1800, 15000, "estimate", (spot(2), spot(0))),
    )
    route = Route(
        route_id="V",
        vehicle_id="V",
        visits=tuple(visits),
        legs=legs,
        start=at("08:00"),
        end=at("09:40"),
        drive=3600,
        service=900,
        setup=120,
        wait=1380,
        distance=29000,
        late=0,
        load_peak=(2000,),
        cost_fixed=10.0,
        cost_distance=14.5,
        cost_time=20.0,
    )
    case = Case(problem, given_travel(problem, seconds, metres), (Sequence("V", ("A", "B")),))
    return case, Plan("p-hand", (route,), ())


def on_a_line(stops: list[Stop], depot: Depot | None = None, departure: str = "", **members: object) -> list:
    """Return what the checker finds when the van serves the stops in order, places 10 min and 6 km apart."""
    problem = a_problem(stops, [depot or a_depot("D1", 0)], [replace(VAN, **members)])
    travel = line_travel(problem)
    plan = oracle_plan(problem, travel, [Sequence("V1", tuple(stop.id for stop in stops))])
    if departure:
        plan = departing_at(problem, travel, plan, {"V1": at(departure)})
    return check(problem, travel, plan)


def told(found: list) -> list[tuple[str, str, float]]:
    """Return code, stop and amount of each violation."""
    return [(one.code, one.stop_id, one.amount) for one in found]


def _later(thing: Visit | Route, seconds: int, slack: int = 0) -> Visit | Route:
    """Return a visit or a route with all its times moved, and a visit's slack cut."""
    moved = {"start": thing.start + seconds, "end": thing.end + seconds}
    if isinstance(thing, Visit):
        moved |= {"arrival": thing.arrival + seconds, "slack": thing.slack - slack}
    return replace(thing, **moved)


def test_hand_worked_plan_is_right():
    """The figures of the page, worked out by a person, are what the checker expects."""
    case, plan = by_hand()
    assert check(case.problem, case.travel, plan) == []


def test_oracle_agrees_with_hand_worked_plan():
    """The oracle is held to the same figures, so that it and the checker cannot drift together."""
    case, plan = by_hand()
    made = oracle_plan(case.problem, case.travel, case.sequences)
    (route,) = departing_at(case.problem, case.travel, made, {"V": at("08:00")}).routes
    costs = {"cost_fixed": 10.0, "cost_distance": 14.5, "cost_time": 20.0}
    assert {name: getattr(route, name) for name in costs} == pytest.approx(costs)
    assert replace(route, **costs) == plan.routes[0]


def test_oracle_leaves_as_late_as_keeps_the_end():
    """Back at 09:40 is the earliest end; B opens at 09:00, so 23 min of waiting can be spent at the depot."""
    case, _ = by_hand()
    (route,) = oracle_plan(case.problem, case.travel, case.sequences).routes
    assert (route.start, route.end, route.wait) == (at("08:23"), at("09:40"), 0)


@pytest.mark.parametrize("name", VALID_CASES)
def test_valid_plan_gives_nothing(name):
    """A checker that cries wolf is switched off."""
    case = VALID_CASES[name]()
    plan = oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)
    assert check(case.problem, case.travel, plan) == []


def test_late_stop_is_told_with_clock_times():
    """Leaving at 08:00 the van is at S1 at 08:10; the last window closed at 08:05."""
    stop = a_stop("S1", 1, windows=(between("06:00", "07:00"), between("07:30", "08:05")))
    (found,) = on_a_line([stop])
    assert (found.code, found.vehicle_id, found.stop_id, found.amount) == ("time_window", "V1", "S1", 300)
    assert found.text == "Service at stop S1 starts at 08:10, 5 min after its last window ends at 08:05."


@pytest.mark.parametrize(("closes", "amount"), [("08:12", 0), ("08:11", 60)])
def test_windows_are_closed_and_bind_the_start_of_service(closes, amount):
    """Arrival 08:10 and 2 min of setup: service starts at 08:12, and 08:12 itself is in time."""
    found = on_a_line([a_stop("S1", 1, setup=120, service=600, windows=(between("06:00", closes),))])
    assert told(found) == ([("time_window", "S1", amount)] if amount else [])


def test_work_after_the_shift_is_told_at_the_end():
    """08:10 plus 9 h of service plus 10 min back is 17:20; the shift ends at 17:00."""
    (found,) = on_a_line([a_stop("S1", 1, service=9 * 3600)])
    assert told([found]) == [("shift", "", 1200)]
    assert found.text == "Vehicle V1 ends its work at 17:20, 20 min after its shift ends at 17:00."


def test_work_after_the_shift_with_an_open_end_is_told_at_the_last_stop():
    """Without an end depot the work is over with the last service, at 17:10."""
    assert told(on_a_line([a_stop("S1", 1, service=9 * 3600)], end_depot=None)) == [("shift", "S1", 600)]


def test_leaving_before_the_shift_is_told_at_the_departure():
    """A hand-made plan may leave at 07:50; the shift starts at 08:00."""
    (found,) = on_a_line([a_stop("S1", 1)], departure="07:50")
    assert told([found]) == [("shift", "", 600)]
    assert found.text == "Vehicle V1 begins work at 07:50, 10 min before its shift starts at 08:00."


def test_times_beyond_midnight_say_so():
    """A night shift until 02:00; 6 h of service end at 02:10 and the van is back at 02:20 of the next day."""
    (found,) = on_a_line([a_stop("S1", 1, service=6 * 3600)], shift=Window(at("20:00"), at("26:00")))
    assert (
        found.text == "Vehicle V1 ends its work at 02:20 +1 day, 20 min after its shift ends at 02:00 +1 day."
    )


@pytest.mark.parametrize(
    ("opens", "closes", "departure", "amount", "words"),
    [
        ("06:00", "07:00", "08:00", 3600, "leaves depot D1 at 08:00, 1 h after it closes at 07:00"),
        (
            "08:30",
            "17:00",
            "08:10",
            1200,
            "begins work at depot D1 at 08:10, 20 min before it opens at 08:30",
        ),
        (
            "08:00",
            "08:15",
            "08:00",
            300,
            "is back at depot D1 at 08:20, 5 min after it closes at 08:15",
        ),
    ],
)
def test_depot_hours(opens, closes, departure, amount, words):
    """Leaving and returning are each held to the hours of their depot; S1 is 10 min away."""
    found = on_a_line([a_stop("S1", 1)], a_depot("D1", 0, between(opens, closes)), departure)
    first = found[0]
    assert told([first]) == [("depot_hours", "", amount)]
    assert first.text == f"Vehicle V1 {words}."
    assert {one.code for one in found} == {"depot_hours"}


def test_vehicle_waits_for_the_end_depot_to_open():
    """Back at 08:20, the depot opens at 09:00: the route ends then, and waiting is not a breach."""
    problem = a_problem(
        [a_stop("S1", 1)],
        [a_depot("D1", 0), a_depot("D2", 2, between("09:00", "10:00"))],
        [replace(VAN, end_depot="D2")],
    )
    travel = line_travel(problem)
    plan = oracle_plan(problem, travel, [Sequence("V1", ("S1",))])
    plan = departing_at(problem, travel, plan, {"V1": at("08:00")})
    assert plan.routes[0].end == at("09:00")
    assert check(problem, travel, plan) == []


def test_too_much_at_departure_is_told_at_the_depot():
    """12 units leave the depot in a van for 10; after S1 it is empty."""
    (found,) = on_a_line([a_stop("S1", 1, delivery=(12_000,))])
    assert told([found]) == [("capacity", "", 2000)]
    assert found.text == "Vehicle V1 carries 12 of load 1, 2 above its capacity of 10, at D1."


def test_too_much_at_an_open_start_is_told_at_the_first_stop():
    """Where the start is open the overload on departure has no visit of its own."""
    found = on_a_line([a_stop("S1", 1, delivery=(10_500,)), a_stop("S2", 2)], start_depot=None)
    assert told(found) == [("capacity", "S1", 500)]


def test_too_much_picked_up_is_told_at_each_stop_but_not_at_the_end():
    """6 + 6 + 1 units picked up: too much on leaving S2 and S3; nobody leaves the end depot."""
    stops = [a_stop(f"S{n}", n, pickup=(amount,)) for n, amount in ((1, 6000), (2, 6000), (3, 1000))]
    assert told(on_a_line(stops)) == [("capacity", "S2", 2000), ("capacity", "S3", 3000)]


@pytest.mark.parametrize(("amount", "found"), [(10_000, []), (10_001, [("capacity", "", 1)])])
def test_capacity_may_be_filled_to_the_last_thousandth(amount, found):
    """10 units fit into a van for 10; a thousandth more does not."""
    assert told(on_a_line([a_stop("S1", 1, delivery=(amount,))])) == found


def test_delivered_room_may_be_filled_again():
    """10 units go out, 10 come back, never more than 10 on board at once."""
    stops = [a_stop("S1", 1, delivery=(10_000,)), a_stop("S2", 2, pickup=(10_000,))]
    assert on_a_line(stops) == []


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        ({"skills": ("lift", "fridge")}, "skill", "needs fridge, which vehicle V1 does not have"),
        ({"vehicle_id": "V2"}, "vehicle_rule", "it is assigned to V2"),
        (
            {"allowed_vehicles": ("V2", "V3")},
            "vehicle_rule",
            "only V2, V3 may serve it",
        ),
        (
            {"forbidden_vehicles": ("V1",)},
            "vehicle_rule",
            "that vehicle is forbidden for it",
        ),
        (
            {"skills": ("fridge",), "vehicle_id": "V2"},
            "skill",
            "needs fridge, which vehicle V1 does not have",
        ),
    ],
)
def test_who_may_serve(members, code, words):
    """Skill comes before the vehicle rules, and one of the two is enough."""
    (found,) = on_a_line([a_stop("S1", 1, **members)], skills=("lift",))
    assert (found.code, found.stop_id) == (code, "S1")
    assert found.text.startswith("Stop S1 ")
    assert found.text.endswith(f"{words}.")


def test_ranked_order():
    """Ranks 3, 1, 3, 2: the second and fourth come too late; stops without the rule do not count."""
    stops = [
        a_stop(f"S{n}", n, order_rule=ORDER_STRICT, order_rank=rank) for n, rank in enumerate((3, 1, 3, 2), 1)
    ]
    found = on_a_line([*stops, a_stop("S5", 5, order_rule="early", order_rank=0)])
    assert told(found) == [("order", "S2", 2), ("order", "S4", 1)]
    assert found[0].text == "Stop S2 of rank 1 comes after S1 of rank 3."


def test_no_way_counts_nothing_and_is_told_where_it_leads():
    """No way from S1 to S2: the leg is 0 s and 0 m, so the van is there when it has left."""
    stops = [a_stop("S1", 1), a_stop("S2", 2)]
    problem = a_problem(stops, [a_depot("D1", 0)], [VAN])
    travel = given_travel(problem, [[0, 600, 600], [600, 0, UNREACHABLE], [600, 600, 0]])
    plan = oracle_plan(problem, travel, [Sequence("V1", ("S1", "S2"))])
    (found,) = check(problem, travel, plan)
    assert plan.routes[0].drive == 1200
    assert (found.code, found.stop_id) == ("unreachable", "S2")
    assert found.text == "There is no way from S1 to S2 for vehicle V1."


@pytest.mark.parametrize(
    ("limit", "code", "amount", "words"),
    [
        ({"max_work": 2400}, "work_limit", 600, "work|50 min, 10 min more than the 40 min"),
        ({"max_drive": 2399}, "drive_limit", 1, "driving time|40 min, 1 s more than the 39 min 59 s"),
        ({"max_distance": 23_500}, "distance_limit", 500, "distance|24 km, 0.5 km more than the 23.5 km"),
        ({"max_stops": 1}, "stop_limit", 1, "number of stops|2, 1 more than the 1"),
    ],
)
def test_limits_of_a_route(limit, code, amount, words):
    """Out 20 min, 10 min of service, back 20 min: 40 min of driving, 24 km, 50 min of work."""
    (found,) = on_a_line([a_stop("S1", 1, service=300), a_stop("S2", 2, service=300)], **limit)
    assert told([found]) == [(code, "", amount)]
    what, figures = words.split("|")
    assert found.text == f"The {what} of vehicle V1 is {figures} allowed."


def test_limits_may_be_reached():
    """One stop 10 min and 6 km away: a limit is broken only by more than it allows."""
    limits = {"max_work": 1200, "max_drive": 1200, "max_distance": 12_000, "max_stops": 1}
    assert on_a_line([a_stop("S1", 1)], **limits) == []


def test_slack_ends_where_the_next_window_would_be_too_late():
    """Windows 08:00-08:30 and 10:00-10:05, 30 min of service, 10 min back, shift until 10:30.

    Arrival 08:10 can slip to 08:30; a second later service would start at 10:00 and the van be back at 10:40.
    """
    stop = a_stop("S1", 1, service=1800, windows=(between("08:00", "08:30"), between("10:00", "10:05")))
    problem = a_problem([stop], [a_depot("D1", 0)], [replace(VAN, shift=between("08:00", "10:30"))])
    travel = line_travel(problem)
    plan = oracle_plan(problem, travel, [Sequence("V1", ("S1",))])
    assert [visit.slack for visit in plan.routes[0].visits] == [20 * 60, 20 * 60, 100 * 60]
    assert check(problem, travel, plan) == []


def test_slack_does_not_count_what_is_missed_already():
    """S1 is late and the shift is over: nothing more can be missed, so everything may slip by a day."""
    stop = a_stop("S1", 1, service=9 * 3600, windows=(between("06:00", "07:00"),))
    problem = a_problem([stop], [a_depot("D1", 0)], [VAN])
    travel = line_travel(problem)
    plan = oracle_plan(problem, travel, [Sequence("V1", ("S1",))])
    assert [visit.slack for visit in plan.routes[0].visits] == [86400] * 3
    assert told(check(problem, travel, plan)) == [("time_window", "S1", 70 * 60), ("shift", "", 1200)]


def test_leaving_later_is_legal_as_long_as_all_else_follows():
    """The departure is the plan's own choice: 08:43 is the last in time, 08:44 makes the shift too long."""
    case, plan = by_hand()
    later = departing_at(case.problem, case.travel, plan, {"V": at("08:43")})
    assert check(case.problem, case.travel, later) == []
    too_late = departing_at(case.problem, case.travel, plan, {"V": at("08:44")})
    assert told(check(case.problem, case.travel, too_late)) == [("shift", "", 60)]


def test_shifting_all_times_alike_is_found_where_a_window_holds_one_of_them():
    """One minute later throughout: fine up to B, whose service starts at 09:00 all the same.

    From there on start, end, arrival and wait are wrong, and so are the slacks: each is told, with the right
    one.
    """
    case, plan = by_hand()
    (route,) = plan.routes
    route = replace(_later(route, 60), visits=tuple(_later(visit, 60) for visit in route.visits))
    found = check(case.problem, case.travel, replace(plan, routes=(route,)))
    assert {one.code for one in found} == {"inconsistent"}
    texts = [one.text for one in found]
    assert "Visit 2, stop B: start is 32460 (09:01), but 32400 (09:00) follows." in texts
    assert "Visit 1, stop A: slack is 2580, but 2520 follows." in texts
    assert not any(text.startswith("Visit 1, stop A: arrival") for text in texts)


def test_shifting_a_route_without_windows_is_legal_when_its_slacks_follow():
    """Nothing holds these times but the shift: a minute later costs a minute of slack, nothing else."""
    stops = [a_stop("S1", 1, service=60), a_stop("S2", 2)]
    problem = a_problem(stops, [a_depot("D1", 0)], [VAN])
    travel = line_travel(problem)
    plan = oracle_plan(problem, travel, [Sequence("V1", ("S1", "S2"))])
    (route,) = plan.routes

    def moved(slack: int) -> Plan:
        visits = tuple(_later(visit, 60, slack) for visit in route.visits)
        return replace(plan, routes=(replace(_later(route, 60), visits=visits),))

    assert check(problem, travel, moved(slack=60)) == []
    assert {one.text.split()[4] for one in check(problem, travel, moved(slack=0))} == {"slack"}


def test_a_wrong_time_is_told_once_and_with_the_right_figure():
    """Later visits are judged from the recomputed times, not from the wrong one."""
    case, plan = by_hand()
    (route,) = plan.routes
    wrong = replace(route.visits[1], end=at("08:20"))
    route = replace(route, visits=(route.visits[0], wrong, *route.visits[2:]))
    (found,) = check(case.problem, case.travel, replace(plan, routes=(route,)))
    assert (found.code, found.vehicle_id, found.stop_id, found.amount) == ("inconsistent", "V", "A", 180)
    assert found.text == "Visit 1, stop A: end is 30000 (08:20), but 29820 (08:17) follows."


def test_violations_of_visits_and_route_are_in_the_order_of_the_page():
    """S1 is late, lacks a skill and cannot be reached; the route is too long: it states all of them."""
    stop = a_stop("S1", 1, skills=("fridge",), service=60, windows=(between("05:00", "06:00"),))
    problem = a_problem([stop], [a_depot("D1", 0)], [replace(VAN, max_work=0)])
    travel = given_travel(problem, [[0, UNREACHABLE], [600, 0]])
    plan = oracle_plan(problem, travel, [Sequence("V1", ("S1",))])
    (route,) = plan.routes
    assert route.visits[1].violations == ("time_window", "skill", "unreachable")
    assert route.violations == ("time_window", "skill", "unreachable", "work_limit")
    codes = [one.code for one in check(problem, travel, plan)]
    assert sorted(codes) == sorted(route.violations)


def test_road_legs_may_end_beside_the_place():
    """A road leg starts and ends where the place was snapped to; only its form is judged."""
    case, plan = by_hand()
    (route,) = plan.routes
    legs = tuple(replace(leg, source="road", geometry=((0.0, 0.0), (1.0, 1.0))) for leg in route.legs)
    travel = replace(case.travel, provider=replace(case.travel.provider, source="roads"))
    roads = replace(plan, travel_source="roads", routes=(replace(route, legs=legs),))
    assert check(case.problem, travel, roads) == []


def test_ten_thousand_stops_on_one_route():
    """A route of any length is judged in one pass; a wrong slack in its middle is found alone."""
    count = 10_000
    shift = Window(0, 100_000)
    each = {"service": 5, "delivery": (1,), "pickup": (1,), "windows": (shift,)}
    stops = [a_stop(f"S{n}", 1 + n % 2, **each) for n in range(count)]
    problem = a_problem(stops, [], [Vehicle("V1", shift=shift, capacity=(count,), cost_per_km=1)])
    slack = 100_000 - 6 * count + 1

    def visit(n: int) -> Visit:
        arrival, drive = 6 * n, int(n > 0)
        figures = (arrival, 0, 0, arrival, 5, arrival + 5, 0, slack, drive, 10 * drive, 10 * n, (count,))
        return Visit("stop", f"S{n}", n + 1, *figures)

    legs = tuple(
        Leg(n + 1, f"S{n - 1}", f"S{n}", 1, 10, "estimate", (spot(2 - n % 2), spot(1 + n % 2)))
        for n in range(1, count)
    )
    end, drive = 6 * count - 1, count - 1
    totals = (0, end, drive, 5 * count, 0, 0, 10 * drive, 0, (count,), 0.0, drive / 100, 0.0)
    route = Route("V1", "V1", tuple(visit(n) for n in range(count)), legs, *totals)
    plan = Plan("p-long", (route,), ())
    travel = line_travel(problem, 1)
    assert check(problem, travel, plan) == []
    half = count // 2
    wrong = replace(route.visits[half], slack=slack + 1)
    visits = (*route.visits[:half], wrong, *route.visits[half + 1 :])
    found = check(problem, travel, replace(plan, routes=(replace(route, visits=visits),)))
    assert told(found) == [("inconsistent", f"S{half}", 1)]
    wrong = replace(route.visits[half], id="S")
    visits = (*route.visits[:half], wrong, *route.visits[half + 1 :])
    texts = [
        one.text for one in check(problem, travel, replace(plan, routes=(replace(route, visits=visits),)))
    ]
    assert texts[0] == "Visit stop 'S' of route V1 is not in the problem."
    assert texts[1] == f"Stop S{half} is lost: it is neither on a route nor unassigned."
    assert "stop S5, ... 9988 more ..., stop S9994" in texts[2]


def test_left_out_stops_are_explained():
    """Each stop left out has a known reason; a required stop cannot be not worth it."""
    problem = a_problem([a_stop("S1", 1), a_stop("S2", 2, penalty=0.0)], [a_depot("D1", 0)], [VAN])
    left = [Unassigned(name, "not_worth_it", "Too dear.") for name in ("S1", "S2")]
    plan = Plan("p", (), tuple(left))
    (found,) = check(problem, line_travel(problem), plan)
    assert (found.code, found.stop_id) == ("inconsistent", "S1")


def test_rules_are_those_of_the_page(checkout):
    """The table of docs/model.md is the list of rules, in the order in which violations are stated."""
    text = (checkout / "docs" / "model.md").read_text(encoding="utf-8")
    table = text.split("## Rules and their violations")[1].split("\n\n")[1]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == RULES


def test_checker_shares_no_code_with_the_scheduler(checkout):
    """It can only catch the scheduler's mistakes as long as it does not use it, nor what that one uses."""
    files = sorted((checkout / "optiway_qgis/engine/solving").glob("check*.py"))
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    assert not [node for node in nodes if isinstance(node, ast.Import) and "optiway" in ast.unparse(node)]
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and "optiway" in f"{node.module}"]
    assert {f"{node.module}" for node in imports} == {
        "optiway_qgis.model",
        "optiway_qgis.model.constraints",
        "optiway_qgis.model.plan",
        "optiway_qgis.model.problem",
        "optiway_qgis.engine.travel.provider",
        *(f"optiway_qgis.engine.solving.{file.stem}" for file in files if file.stem != "check"),
    }
    # Of the problem only what it holds, not what others reckon from it.
    names = {name.name for node in imports if node.module.endswith("problem") for name in node.names}
    assert not {name for name in names if name.islower()}


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_random_plans_break_exactly_what_the_oracle_says(case):
    """Whatever is planned, the checker agrees on every figure and finds the same breaches."""
    plan = oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)
    found = check(case.problem, case.travel, plan)
    assert said(found) == set(oracle_breaches(case.problem, case.travel, plan))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(max_stops=5), st.data())
def test_any_departure_is_judged_alike(case, data):
    """Also a vehicle that leaves before its shift, before its depot opens or far too late."""
    plan = oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)
    departures = {route.vehicle_id: data.draw(st.integers(-500, 120_000)) for route in plan.routes}
    plan = departing_at(case.problem, case.travel, plan, departures)
    found = check(case.problem, case.travel, plan)
    assert said(found) == set(oracle_breaches(case.problem, case.travel, plan))
