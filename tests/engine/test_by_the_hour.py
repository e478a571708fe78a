"""Travel times that depend on the hour: legs worked out on paper, and the checker beside the oracle.

The scheduler beside the oracle on random days stands in test_schedule.py; where the slots come from, traffic
tables and barriers, is tested with their sources.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.problem import DAY, Sequence, Settings, Vehicle, Window
from tests.engine.cases import (
    HOUR,
    MINUTE,
    Case,
    a_depot,
    a_problem,
    a_stop,
    at,
    between,
    spot,
    travel_by_the_hour,
)
from tests.engine.oracle import departing_at, oracle_breaches, oracle_plan, oracle_route, said
from tests.engine.plannable import examples
from tests.engine.strategies import cases_by_the_hour, damaged

if TYPE_CHECKING:
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Stop

NO = UNREACHABLE


def scheduled(case: Case) -> Plan:
    """Return the scheduler's plan, which the oracle states too and the checker believes."""
    plan = reschedule(case.problem, case.travel, {}, Settings(), case.sequences)
    assert plan.routes == oracle_plan(case.problem, case.travel, case.sequences).routes
    assert [found for found in plan.violations if found.code == "inconsistent"] == []
    return plan


def one_leg(leaving: int, *slots: tuple[int, int], speed_factor: float = 1.0) -> Case:
    """Return a case of a vehicle that leaves S1 for S2 at that moment; each slot with its start and seconds.

    The way is 1000 metres long in the first slot, 2000 in the second, and so on.
    """
    stops = [a_stop("S1", 0, windows=(Window(leaving, leaving),)), a_stop("S2", 1)]
    vehicle = Vehicle("V1", shift=Window(leaving, leaving + DAY), speed_factor=speed_factor)
    problem = a_problem(stops, [], [vehicle])
    tables = [
        (start, [[0, way], [way, 0]], [[0, length if way > NO else NO], [length, 0]])
        for length, (start, way) in zip(range(1000, 9000, 1000), slots)
    ]
    return Case(problem, travel_by_the_hour(problem, *tables), (Sequence("V1", ("S1", "S2")),))


@pytest.mark.parametrize(
    ("leaving", "ways", "arrival", "metres"),
    [
        pytest.param(500, (100, 200, 300), 600, 1000, id="within a slot"),
        pytest.param(-500, (100, 200, 300), -400, 1000, id="the first slot holds before its start"),
        pytest.param(9999, (100, 200, 300), 10_299, 3000, id="the last slot holds for ever"),
        pytest.param(900, (100, 200, 300), 1000, 1000, id="there as the slot ends"),
        pytest.param(1000, (100, 200, 300), 1200, 2000, id="begun as the slot begins"),
        # 50 of 100 s are driven by 1000; the other half is 100 of 200 s, or 25 of 50 s.
        pytest.param(950, (100, 200, 300), 1100, 1000, id="across one boundary, slower"),
        pytest.param(950, (100, 50, 300), 1025, 1000, id="across one boundary, faster"),
        # 99 of 100 s are to go: 99 x 33 / 100 = 32.67, that is 33 s.
        pytest.param(999, (100, 33, 300), 1033, 1000, id="whole seconds, rounded up"),
        # By 1000 half is driven (750 of 1500 s), by 2000 another quarter (1000 of 4000 s).
        pytest.param(250, (1500, 4000, 500), 2125, 1000, id="across two boundaries"),
        # At 1000: 200 x 1601 / 300 = 1067.33, so 1068; at 2000 68 are left, x 10 = 680. Unrounded: 674.
        pytest.param(900, (300, 1601, 16_010), 2680, 1000, id="rounded up at each boundary"),
        pytest.param(950, (100, NO, 200), 2100, 1000, id="stands before a block with half to go"),
        # 51 x 201 / 100 = 102.51
        pytest.param(949, (100, NO, 201), 2000 + 99, 1000, id="across a block, 49 of 100 to go"),
        pytest.param(951, (100, NO, 201), 2000 + 103, 1000, id="across a block, rounded up"),
        pytest.param(900, (100, NO, 200), 1000, 1000, id="there as the block begins"),
        pytest.param(999, (NO, 100, 200), 1100, 2000, id="begun in a block a second before it ends"),
        pytest.param(
            1500, (100, NO, 200), 2200, 3000, id="begun in a block, with the metres of the next slot"
        ),
        pytest.param(500, (NO, NO, 200), 2200, 3000, id="begun in the first of two blocks"),
        # Half to go at 1000; it stands until the fourth slot.
        pytest.param(950, (100, NO, NO, 200), 3100, 1000, id="across two blocks"),
        pytest.param(0, (0, 0, 0), 0, 1000, id="no time at all"),
    ],
)
def test_leg_worked_by_hand(leaving, ways, arrival, metres):
    """Slots begin at 0, 1000, 2000: when a leg arrives, standing included, and how long it is."""
    (route,) = scheduled(one_leg(leaving, *zip(range(0, 4000, 1000), ways))).routes
    visit = route.visits[1]
    assert (visit.arrival, visit.drive, visit.distance) == (arrival, arrival - leaving, metres)
    assert (route.start, route.drive, route.legs[0].seconds) == (leaving, visit.drive, visit.drive)
    assert route.violations == ()


@pytest.mark.parametrize(
    ("leaving", "ways"),
    [
        pytest.param(950, (100, NO, NO), id="half way"),
        pytest.param(1500, (100, NO, NO), id="from the first"),
        pytest.param(500, (NO, NO, NO), id="on all roads"),
    ],
)
def test_leg_that_would_stand_for_ever_has_no_way(leaving, ways):
    """It counts 0 seconds and 0 metres, and is told."""
    (route,) = scheduled(one_leg(leaving, *zip((0, 1000, 2000), ways))).routes
    visit = route.visits[1]
    assert (visit.arrival, visit.drive, visit.distance) == (leaving, 0, 0)
    assert (visit.violations, route.violations) == (("unreachable",), ("unreachable",))


@pytest.mark.parametrize(
    ("leaving", "line"),
    [(950, 100), (1000, 102), (1500, 102), (2500, 102)],
)
def test_leg_is_drawn_as_in_the_slot_it_is_begun_in(leaving, line):
    """Or, where that has no way, as in the first after it that has one; lines of slots differ by a place."""
    (route,) = scheduled(one_leg(leaving, (0, 100), (1000, NO), (2000, 100))).routes
    assert route.legs[0].geometry == (spot(0), spot(line), spot(1))


@pytest.mark.parametrize(
    ("factor", "leaving", "arrival"),
    [
        (2, 0, 150),
        # 301 / 0.5 = 602
        (0.5, 0, 602),
        # 301 / 1.25 = 240.8, then 100 / 1.25 = 80: half of 241 is driven by 1000, 121 x 80 / 241 = 40.17.
        (1.25, 1000 - 120, 1041),
    ],
)
def test_speed_of_a_vehicle_shortens_its_times_not_its_ways(factor, leaving, arrival):
    """Each slot's times are divided and rounded up before the leg is followed through the slots."""
    way = 300 if factor == 2 else 301
    visit = scheduled(one_leg(leaving, (0, way), (1000, 100), speed_factor=factor)).routes[0].visits[1]
    assert (visit.arrival, visit.distance) == (arrival, 1000)


def test_vehicles_of_one_profile_go_at_their_own_speeds():
    """The travel table is that of the vehicle's kind, not of its profile alone."""
    stops = [a_stop(f"S{number}", number) for number in range(4)]
    shift = Window(0, DAY)
    vehicles = [Vehicle("V1", shift=shift), Vehicle("V2", speed_factor=0.5, shift=shift)]
    problem = a_problem(stops, [], vehicles)
    table = [[0 if row == column else 600 for column in range(4)] for row in range(4)]
    travel = travel_by_the_hour(problem, (0, table), (HOUR, table))
    orders = (Sequence("V1", ("S0", "S1")), Sequence("V2", ("S2", "S3")))
    assert [route.drive for route in scheduled(Case(problem, travel, orders)).routes] == [600, 1200]


def rush_hour(**members: object) -> Case:
    """Return a day worked out by hand: 10 min to a stop and back, 20 min from 08:00 on.

    Leaving at 07:00 the van is there at 07:10, waits for 08:10, serves for 5 min and is back at 08:35. To be
    there at 08:10 it may drive 5 min before 08:00, half of the way, and 10 min after: it leaves at 07:55.
    The depot closes at 08:50: 15 min (900 s) of slack for the return. Service may begin by 08:20, 10 min
    (600 s) after arrival, then it is back by 08:45. To be there at 08:20 the van leaves at 08:00, 5 min
    (300 s) later than it does. There are 6 km in the first slot and 7 in the second.
    """
    stop = a_stop("S1", 1, service=5 * MINUTE, windows=(between("08:10", "08:20"),))
    vehicle = Vehicle("V1", start_depot="D1", end_depot="D1", shift=between("07:00", "17:00"))
    problem = a_problem([replace(stop, **members)], [a_depot("D1", 0, between("06:00", "08:50"))], [vehicle])
    slots = [
        (start, [[0, way], [way, 0]], [[0, length], [length, 0]])
        for start, way, length in ((at("06:00"), 600, 6000), (at("08:00"), 1200, 7000))
    ]
    return Case(problem, travel_by_the_hour(problem, *slots), (Sequence("V1", ("S1",)),))


def test_day_worked_by_hand():
    """Departure, waiting, metres and slack where a leg goes from slot to slot."""
    (route,) = scheduled(rush_hour()).routes
    figures = [
        (visit.arrival, visit.start, visit.end, visit.drive, visit.distance, visit.slack)
        for visit in route.visits
    ]
    assert figures == [
        (at("07:55"), at("07:55"), at("07:55"), 0, 0, 300),
        (at("08:10"), at("08:10"), at("08:15"), 900, 6000, 600),
        (at("08:35"), at("08:35"), at("08:35"), 1200, 7000, 900),
    ]
    assert (route.drive, route.distance, route.wait, route.violations) == (2100, 13_000, 0, ())
    assert [(leg.seconds, leg.metres) for leg in route.legs] == [(900, 6000), (1200, 7000)]


def test_later_window_is_weighed_with_its_traffic():
    """Of two windows the one outside of the rush hour is left for: there is less work to do."""
    windows = (between("06:00", "06:20"), between("08:10", "08:20"))
    morning = rush_hour(windows=windows)
    depot = replace(morning.problem.depots[0], window=None)
    vehicle = replace(morning.problem.vehicles[0], shift=between("06:15", "17:00"))
    problem = replace(morning.problem, depots=(depot,), vehicles=(vehicle,))
    (route,) = scheduled(replace(morning, problem=problem)).routes
    # At 06:15 it is too late for the first window: 15 + 5 + 20 min of work.
    assert (route.start, route.end - route.start) == (at("07:55"), 40 * MINUTE)
    vehicle = replace(vehicle, shift=between("06:00", "17:00"))
    (route,) = scheduled(replace(morning, problem=replace(problem, vehicles=(vehicle,)))).routes
    # At 06:00 it is there at 06:10: 10 + 5 + 10 min.
    assert (route.start, route.end - route.start) == (at("06:00"), 25 * MINUTE)


def closing_road(stop: Stop, shift: Window) -> Case:
    """Return the case of a vehicle with an open end that has 10 min to a stop, and no way from 08:00 on."""
    problem = a_problem([stop], [a_depot("D1", 0)], [Vehicle("V1", start_depot="D1", shift=shift)])
    slots = [(0, [[0, 600], [600, 0]]), (at("08:00"), [[0, NO], [NO, 0]])]
    return Case(problem, travel_by_the_hour(problem, *slots), (Sequence("V1", ("S1",)),))


def test_nobody_leaves_so_late_that_the_way_is_lost():
    """Without the way the stop would be reached at once, in time for its window: that is no arrival."""
    stop = a_stop("S1", 1, windows=(between("09:00", "10:00"),))
    (route,) = scheduled(closing_road(stop, between("06:00", "17:00"))).routes
    assert (route.start, route.visits[1].wait, route.visits[0].slack) == (at("07:50"), HOUR, 0)
    assert (route.visits[1].slack, route.violations) == (2 * HOUR, ())


def test_slack_ends_where_the_way_is_lost():
    """Also where the shift is missed already and nothing else could be."""
    (route,) = scheduled(closing_road(a_stop("S1", 1), between("07:00", "07:05"))).routes
    assert (route.start, route.violations) == (at("07:00"), ("shift",))
    assert [visit.slack for visit in route.visits] == [50 * MINUTE, DAY]


def test_who_leaves_later_never_arrives_earlier():
    """Nobody overtakes: not at a boundary, not by rounding, not at a block; each second is tried."""
    slots = zip((0, 40, 90, 130), (37, 11, NO, 53))
    case = one_leg(0, *slots)
    problem = replace(case.problem, stops=tuple(replace(stop, windows=()) for stop in case.problem.stops))
    days = [oracle_route(problem, case.travel, case.sequences[0], leaving) for leaving in range(-50, 150)]
    assert all(before.end <= after.end for before, after in pairwise(days))
    assert all(not day.violations for day in days[50:])
    plans = [replace(oracle_plan(problem, case.travel, ()), routes=(day,)) for day in days]
    assert {one.code for plan in plans for one in check(problem, case.travel, plan)} == {"shift"}


@pytest.mark.parametrize("by", [1, -1, 77])
def test_each_damaged_figure_gives_one_finding(by):
    """The wrong second or metre is told, wherever it stands, and nothing else."""
    case = rush_hour()
    plan = scheduled(case)
    (route,) = plan.routes
    for part, figures in (
        ("visits", ("arrival", "wait", "start", "end", "slack", "drive", "distance", "cum_distance")),
        ("legs", ("seconds", "metres")),
    ):
        members = getattr(route, part)
        for index, member in enumerate(members):
            for figure in figures:
                wrong = replace(member, **{figure: getattr(member, figure) + by})
                worse = replace(route, **{part: (*members[:index], wrong, *members[index + 1 :])})
                (found,) = check(case.problem, case.travel, replace(plan, routes=(worse,)))
                assert (found.code, found.amount) == ("inconsistent", abs(by))
                assert f": {figure} is " in found.text


def test_day_of_another_slot_is_not_believed():
    """A plan scheduled without the rush hour has wrong times, and metres of another way."""
    case = rush_hour()
    calm = replace(case.travel, slots=())
    plan = reschedule(case.problem, calm, {}, Settings(), case.sequences)
    assert plan.violations == ()
    figures = {one.text.split(": ")[-1].split(" is ")[0] for one in check(case.problem, case.travel, plan)}
    assert {"arrival", "drive", "distance", "seconds", "metres", "end"} <= figures


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


@examples(150)
@given(cases_by_the_hour(max_stops=4), st.data())
def test_any_damaged_figure_is_found(case, data):
    """Whatever figure becomes whatever else, the checker says that it does not follow, and never raises."""
    plan = oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)
    assume(plan.routes)
    what, worse = data.draw(damaged(plan))
    assert "inconsistent" in {one.code for one in check(case.problem, case.travel, worse)}, what
