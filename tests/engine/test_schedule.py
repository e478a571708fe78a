"""The scheduler against the oracle on random problems, against brute force and days by hand on small ones.

Each route is also judged by the checker. Which order of stops is best is not the scheduler's business.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.solving.schedule import schedule
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.problem import DAY, Sequence, Settings, Vehicle, Window
from tests.engine.cases import (
    HOUR,
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
    travel_by_the_hour,
)
from tests.engine.oracle import oracle_plan, oracle_route
from tests.engine.plannable import examples, plannable
from tests.engine.rush import rush, rushing
from tests.engine.strategies import cases, cases_by_the_hour, sequences_of

if TYPE_CHECKING:
    from optiway_qgis.model.plan import Plan, Route


def scheduled(case: Case) -> Plan:
    return reschedule(case.problem, case.travel, {}, Settings(), case.sequences)


def line_case(stops, vehicle=VAN, hours: Window | None = None, apart: int = 600) -> Case:
    """One vehicle that serves the stops in the order given; places are `apart` seconds from the next."""
    problem = a_problem(stops, [a_depot("D1", 0, hours)], [vehicle])
    order = Sequence(vehicle.id, tuple(stop.id for stop in stops))
    return Case(problem, line_travel(problem, apart), (order,))


def route_of(case: Case) -> Route:
    return scheduled(case).routes[0]


def agrees_with_the_oracle(case: Case) -> None:
    plan = scheduled(case)
    assert plan.routes == oracle_plan(case.problem, case.travel, case.sequences).routes
    assert [found for found in plan.violations if found.code == "inconsistent"] == []


def no_way_by_time_nor_length(case: Case) -> Case:
    """Mark pairs without a way in both tables, as providers do."""
    for matrix in case.travel.matrices.values():
        cut = (matrix.seconds == UNREACHABLE) | (matrix.metres == UNREACHABLE)
        matrix.seconds[cut] = matrix.metres[cut] = UNREACHABLE
    return case


@examples(150)
@given(cases().map(no_way_by_time_nor_length))
def test_every_figure_is_the_oracles_whatever_the_order_breaks(case: Case):
    """Two schedulers written apart from the same page must state the same day; impossible ones included."""
    agrees_with_the_oracle(case)


@examples(150)
@given(plannable(), st.data())
def test_every_figure_is_the_oracles_on_days_that_can_be_kept(planned, draw):
    """Departures, later windows and slack matter where most of the order can be kept."""
    problem, travel = planned
    sequences, left = draw.draw(sequences_of(problem))
    agrees_with_the_oracle(Case(problem, travel, sequences, left))


@examples(150)
@given(cases_by_the_hour())
def test_every_figure_is_the_oracles_where_times_depend_on_the_hour(case: Case):
    """Slots shorter than legs, blocked roads, cars and trucks at speeds of their own."""
    agrees_with_the_oracle(case)


@examples(150)
@given(rushing(), st.data())
def test_every_figure_is_the_oracles_on_days_with_a_rush_hour(planned, draw):
    """Legs that are mostly shorter than the slots, so that departures and slack have room to move."""
    problem, travel = planned
    sequences, left = draw.draw(sequences_of(problem))
    agrees_with_the_oracle(Case(problem, travel, sequences, left))


@pytest.mark.parametrize("name", VALID_CASES)
def test_one_slot_for_ever_is_no_slot(name):
    """Where all hours are alike the figures are those of a day without hours, to the second."""
    case = VALID_CASES[name]()
    alike = rush(case.problem, case.travel, (at("09:00"), 1.0), (at("10:30"), 1.0))
    with_slots = schedule(Instance(case.problem, alike), indices(case))
    without = schedule(Instance(case.problem, case.travel), indices(case))
    assert [replace(route, legs=()) for route in with_slots] == [replace(route, legs=()) for route in without]


def indices(case: Case) -> list[list[int]]:
    ids = [stop.id for stop in case.problem.stops]
    orders = {sequence.vehicle_id: sequence.stops for sequence in case.sequences}
    return [[ids.index(one) for one in orders.get(van.id, ())] for van in case.problem.vehicles]


@pytest.mark.parametrize("name", VALID_CASES)
def test_cases_are_scheduled_without_a_breach(name):
    """What can be kept is kept: the scheduler finds the departure with which nothing is broken."""
    case = VALID_CASES[name]()
    assert scheduled(case).violations == ()
    agrees_with_the_oracle(case)


def test_day_worked_by_hand():
    """Wait, setup, second windows and costs as the page tells them, calculated on paper."""
    route = route_of(VALID_CASES["windows"]())
    times = [(visit.arrival, visit.setup, visit.wait, visit.start, visit.end) for visit in route.visits]
    assert times == [
        (at("09:50"), 0, 0, at("09:50"), at("09:50")),
        (at("10:00"), 0, 0, at("10:00"), at("10:05")),
        (at("10:15"), 60, 0, at("10:16"), at("10:26")),
        (at("10:36"), 0, 24 * 60, at("11:00"), at("11:05")),
        (at("11:35"), 0, 0, at("11:35"), at("11:35")),
    ]
    assert [visit.load for visit in route.visits] == [(5000,), (3000,), (0,), (0,), (0,)]
    assert (route.drive, route.distance, route.wait) == (3600, 36_000, 24 * 60)
    assert (route.cost_fixed, route.cost_distance) == (50, 18)
    assert route.cost_time == pytest.approx(105 / 60 * 18)


WINDOWED = [
    a_stop("S1", 1, service=20, setup=7, windows=(Window(40, 60), Window(110, 130))),
    a_stop("S2", 2, service=15, windows=(Window(100, 120), Window(150, 160))),
    a_stop("S3", 3, service=5, setup=3),
]
SMALL_VANS = [
    Vehicle("V1", start_depot="D1", end_depot="D1", shift=Window(0, 250)),
    Vehicle("V1", start_depot="D1", shift=Window(-20, 180)),
    Vehicle("V1", end_depot="D1", shift=Window(10, 260)),
    Vehicle("V1", shift=Window(10, 165)),
]


@pytest.mark.parametrize("vehicle", SMALL_VANS)
@pytest.mark.parametrize("hours", [None, Window(5, 230), Window(30, 300)])
def test_departure_is_the_best_of_every_second(vehicle, hours):
    """Leaving later than need be costs nothing and spares waiting: of all departures none is better."""
    case = line_case(WINDOWED, vehicle, hours, apart=10)
    found = route_of(case)
    first = max(vehicle.shift.start, hours.start) if hours and vehicle.start_depot else vehicle.shift.start
    days = [
        oracle_route(case.problem, case.travel, case.sequences[0], second) for second in range(first, 251)
    ]
    allowed = [day for day in days if set(day.violations) <= set(days[0].violations)]
    assert found.violations == days[0].violations
    assert (found.end - found.start, found.start) == min((day.end - day.start, day.start) for day in allowed)


@pytest.mark.parametrize("vehicle", SMALL_VANS)
def test_slack_is_the_last_second_that_harms_nothing(vehicle):
    """Each arrival is held up second by second, by a longer leg, until something more is missed."""
    case = line_case(WINDOWED, vehicle, Window(0, 240), apart=10)
    route = route_of(case)
    for number, visit in enumerate(route.visits):
        slipped = [held_up(case, route, number, by) for by in range(visit.slack + 2)]
        broken = [set(day.violations) <= set(route.violations) for day in slipped]
        assert broken == [True] * (visit.slack + 1) + [False], visit.id


def held_up(case: Case, route: Route, number: int, by: int) -> Route:
    """Return the route with its departure, or the leg to a later visit, that many seconds later."""
    if number == 0:
        return oracle_route(case.problem, case.travel, case.sequences[0], route.start + by)
    seconds = case.travel.matrices["car"].seconds.copy()
    places = [place_of(case, visit.id) for visit in route.visits]
    seconds[places[number - 1], places[number]] += by
    travel = given_travel(case.problem, seconds.tolist())
    return oracle_route(case.problem, travel, case.sequences[0], route.start)


def place_of(case: Case, name: str) -> int:
    ids = [stop.id for stop in case.problem.stops]
    return case.travel.stop_place[ids.index(name)] if name in ids else case.travel.depot_place[0]


def test_setup_is_due_once_per_place():
    """Parking is looked for once, whatever is done in the house; coming back later is a new visit."""
    stops = [
        a_stop("S1", 1, setup=90),
        a_stop("S2", 1, setup=120),
        a_stop("S3", 2, setup=60),
        a_stop("S4", 1, setup=100),
    ]
    route = route_of(line_case(stops))
    assert [visit.setup for visit in route.visits] == [0, 90, 0, 60, 100, 0]
    assert route.setup == 250


def test_setup_is_due_at_the_place_of_the_depot():
    """A stop in the depot's own yard is still a stop; only a stop before it spares the setup."""
    route = route_of(line_case([a_stop("S1", 0, setup=90), a_stop("S2", 0, setup=90)]))
    assert [visit.setup for visit in route.visits] == [0, 90, 0, 0]


def test_setup_is_done_before_the_window_opens():
    """A window constrains the start of service, so parking may be looked for while the shop is closed."""
    stop = a_stop("S1", 1, setup=300, windows=(between("09:00", "10:00"),))
    visit = route_of(line_case([stop])).visits[1]
    assert (visit.arrival, visit.wait, visit.start) == (at("08:55"), 0, at("09:00"))


@pytest.mark.parametrize(
    ("arrival", "start", "late"),
    [
        ("08:00", "08:30", 0),
        ("09:00", "09:00", 0),
        ("09:01", "11:00", 0),
        ("12:00", "12:00", 0),
        ("12:05", "12:05", 300),
    ],
)
def test_service_starts_in_the_first_window_still_open(arrival, start, late):
    """Both ends of a window are allowed; after the last one service starts at once, late."""
    windows = (between("08:30", "09:00"), between("11:00", "12:00"))
    vehicle = replace(VAN, start_depot=None, end_depot=None, shift=Window(at(arrival), at("20:00")))
    # The first stop keeps the vehicle from leaving later.
    stops = [a_stop("S1", 1, windows=(Window(at(arrival), at(arrival)),)), a_stop("S2", 1, windows=windows)]
    visit = route_of(line_case(stops, vehicle)).visits[1]
    assert (visit.start, visit.late) == (at(start), late)


def test_late_stop_keeps_the_route_going_and_is_told():
    """A route kept by order is timed to its end: the lateness of one stop hides nothing behind it."""
    stops = [a_stop("S1", 1, windows=(between("05:00", "06:00"),)), a_stop("S2", 2)]
    case = line_case(stops)
    route = route_of(case)
    assert route.start == at("08:00")
    assert [visit.late for visit in route.visits] == [0, at("08:10") - at("06:00"), 0, 0]
    assert route.violations == ("time_window",)
    assert check(case.problem, case.travel, scheduled(case))[0].amount == at("08:10") - at("06:00")


def test_depot_opens_late_and_closes_early():
    """A vehicle cannot leave a closed depot, and waits before a closed one on its return."""
    opens = route_of(line_case([a_stop("S1", 1)], hours=between("09:00", "17:00")))
    assert opens.start == at("09:00")
    assert opens.violations == ()
    depots = [a_depot("D1", 0), a_depot("D2", 2, between("12:00", "13:00"))]
    window = (between("08:30", "09:00"),)
    problem = a_problem([a_stop("S1", 1, windows=window)], depots, [replace(VAN, end_depot="D2")])
    route = route_of(Case(problem, line_travel(problem), (Sequence("V1", ("S1",)),)))
    assert (route.visits[-1].arrival, route.visits[-1].wait, route.end) == (
        at("09:10"),
        170 * 60,
        at("12:00"),
    )


def test_depot_closed_before_the_shift_is_told():
    """The vehicle leaves at its first moment all the same: a plan kept by order is never refused."""
    route = route_of(line_case([a_stop("S1", 1)], hours=between("05:00", "07:00")))
    assert route.start == at("08:00")
    assert route.violations == ("depot_hours",)


def test_night_shift_runs_over_midnight():
    """Seconds go on past midnight, and begin before it: 22:00 to 06:00 in both ways of counting."""
    stop = a_stop("S1", 1, windows=(Window(DAY + 2 * HOUR, DAY + 3 * HOUR),))
    vehicle = replace(VAN, shift=Window(22 * HOUR, 30 * HOUR))
    tonight = route_of(line_case([stop], vehicle))
    assert (tonight.start, tonight.visits[1].start) == (DAY + 2 * HOUR - 600, DAY + 2 * HOUR)
    before = replace(vehicle, shift=Window(-2 * HOUR, 6 * HOUR))
    early = a_stop("S1", 1, windows=(Window(-HOUR, -HOUR + 60),))
    last_night = route_of(line_case([early], before))
    assert (last_night.start, last_night.violations) == (-HOUR - 600, ())


def test_shift_before_midnight_needs_no_depot_hours():
    """An open depot lets leave at any moment, those before the plan date included."""
    route = route_of(
        line_case([a_stop("S1", 1, windows=(Window(-HOUR, 0),))], replace(VAN, shift=Window(-HOUR, 0)))
    )
    assert route.visits[1].start == -HOUR + 600


def test_leg_without_a_way_counts_nothing_and_is_told():
    """A sentinel driven along would put the ETA of every later stop out by years."""
    problem = a_problem([a_stop("S1", 1), a_stop("S2", 2)], [a_depot("D1", 0)], [VAN])
    no = UNREACHABLE
    travel = given_travel(problem, [[0, 600, 600], [600, 0, no], [600, 600, 0]])
    route = route_of(Case(problem, travel, (Sequence("V1", ("S1", "S2")),)))
    assert [(visit.drive, visit.distance) for visit in route.visits] == [
        (0, 0),
        (600, 6000),
        (0, 0),
        (600, 6000),
    ]
    assert route.visits[2].violations == ("unreachable",)


def test_loads_of_nine_dimensions_short_lists_and_missing_limits():
    """Where a list is shorter it counts 0, where a capacity is shorter or null it is unlimited."""
    stops = [
        a_stop("S1", 1, delivery=(1,), pickup=(0, 0, 3)),
        a_stop("S2", 2, delivery=tuple(range(9))),
    ]
    vehicle = replace(VAN, capacity=(1, None, 1))
    problem = a_problem(stops, [a_depot("D1", 0)], [vehicle], dimensions=9)
    route = route_of(Case(problem, line_travel(problem), (Sequence("V1", ("S1", "S2")),)))
    assert route.visits[0].load == (1, 1, 2, 3, 4, 5, 6, 7, 8)
    assert route.visits[1].load == (0, 1, 5, 3, 4, 5, 6, 7, 8)
    assert route.visits[3].load == (0, 0, 3, 0, 0, 0, 0, 0, 0)
    assert route.load_peak == (1, 1, 5, 3, 4, 5, 6, 7, 8)
    assert [visit.violations for visit in route.visits] == [("capacity",)] * 3 + [()]


def test_later_window_is_taken_where_it_shortens_the_work():
    """Waiting for hours between two appointments is worse than starting the day later."""
    stops = [
        a_stop("S1", 1, windows=(between("08:30", "09:00"), between("13:00", "14:00"))),
        a_stop("S2", 2, windows=(between("11:00", "11:30"), between("13:30", "15:00"))),
    ]
    route = route_of(line_case(stops))
    assert [visit.start for visit in route.visits[1:3]] == [at("13:20"), at("13:30")]
    assert route.wait == 0


def test_vehicle_without_stops_has_no_route():
    """It stays at home and costs nothing."""
    problem = a_problem([a_stop("S1", 1)], [a_depot("D1", 0)], [VAN, replace(VAN, id="V2")])
    plan = reschedule(
        problem, line_travel(problem), {}, Settings(), (Sequence("V2", ("S1",)), Sequence("V1", ()))
    )
    assert [route.vehicle_id for route in plan.routes] == ["V2"]
    assert plan.cost == plan.routes[0].cost


def rush_hour_case(*slots, stops, apart=600) -> Case:
    case = line_case(stops, apart=apart)
    return replace(case, travel=rush(case.problem, case.travel, *slots))


def test_day_with_a_rush_hour_worked_by_hand():
    """Twice as long until nine: what is left at nine is driven in half the time; all on paper."""
    stops = [a_stop("S1", 1, service=300), a_stop("S2", 2, service=300)]
    case = rush_hour_case((0, 2.0), (at("09:00"), 1.0), stops=stops, apart=1200)
    route = route_of(case)
    assert [(visit.arrival, visit.drive) for visit in route.visits] == [
        (at("08:00"), 0),
        (at("08:40"), 2400),
        (at("09:12") + 30, 1650),  # 40 minutes, 15 of them done at nine; 25 left are twelve and a half
        (at("09:57") + 30, 2400),
    ]
    assert (route.start, route.drive, route.distance) == (at("08:00"), 6450, 48_000)
    # All may slip to the end of the shift, and by then the road is free.
    assert route.visits[3].slack == at("17:00") - route.end
    assert route.visits[0].slack == at("17:00") - (1200 + 300 + 1200 + 300 + 2400) - at("08:00")


def test_departure_after_the_rush_hour_is_as_late_as_keeps_the_end():
    """A window at ten leaves time: the van waits at home, and drives when the road is free."""
    stop = a_stop("S1", 1, windows=(between("10:00", "11:00"),))
    case = rush_hour_case((0, 3.0), (at("09:55"), 1.0), stops=[stop])
    route = route_of(case)
    # Five minutes at full speed are half the leg; the other half takes a quarter of an hour before 9:55.
    assert (route.start, route.visits[1].arrival, route.wait) == (at("09:40"), at("10:00"), 0)


def test_block_is_told_where_it_never_ends_and_stood_through_where_it_does():
    """The vehicle stands before a block and drives on after it; a road shut for good is no way."""
    stops = [a_stop("S1", 1, windows=(between("08:00", "08:20"),)), a_stop("S2", 2)]
    shut = np.ones((3, 3))
    shut[1, 2] = 0
    stands = route_of(rush_hour_case((0, 1.0), (at("08:15"), shut), (at("09:00"), 1.0), stops=stops))
    assert (stands.visits[2].drive, stands.visits[2].arrival, stands.violations) == (
        at("09:05") - stands.visits[1].end,
        at("09:05"),
        (),
    )
    lost = route_of(rush_hour_case((0, 1.0), (at("08:15"), shut), stops=stops))
    assert (lost.visits[2].drive, lost.visits[2].distance, lost.violations) == (0, 0, ("unreachable",))


def test_leg_is_drawn_and_measured_by_the_slot_it_is_begun_in():
    """The way taken is the one that was best on leaving, even when the rush hour begins on it."""
    case = line_case([a_stop("S1", 1), a_stop("S2", 2)], replace(VAN, end_depot=None))
    seconds = case.travel.matrices["car"].seconds
    slots = [(0, seconds.tolist(), (seconds * 10).tolist())]
    slots.append((at("08:15"), seconds.tolist(), (seconds * 20).tolist()))
    travel = travel_by_the_hour(case.problem, *slots)
    route = route_of(replace(case, travel=travel))
    assert [visit.distance for visit in route.visits] == [0, 6000, 6000]
    assert {leg.geometry[1] for leg in route.legs} == {spot(100)}
    later = replace(case.problem.vehicles[0], shift=between("08:10", "17:00"))
    problem = replace(case.problem, vehicles=(later,))
    route = route_of(Case(problem, travel, case.sequences))
    assert [visit.distance for visit in route.visits] == [0, 6000, 12_000]
    assert [leg.geometry[1] for leg in route.legs] == [spot(100), spot(101)]


def test_legs_are_drawn_between_the_visits():
    """The lines on the map are those of the provider, one for each visit after the first."""
    case = VALID_CASES["two depots"]()
    for route in scheduled(case).routes:
        assert [leg.to_id for leg in route.legs] == [visit.id for visit in route.visits[1:]]
        assert [leg.from_id for leg in route.legs] == [visit.id for visit in route.visits[:-1]]
        for before, after in zip(route.legs, route.legs[1:]):
            assert before.geometry[-1] == after.geometry[0]
