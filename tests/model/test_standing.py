"""Where a vehicle is at a moment of its planned route: what is behind it, its place, and when it goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optiway_qgis.model.day import Day, day_from_json, day_to_json
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_STOP, Leg, Visit
from optiway_qgis.model.standing import Course, Position, progress_of, standing
from tests.made_plans import rich_town

DEPOT, FIRST, SECOND = (-8.60, 41.15), (-8.58, 41.15), (-8.58, 41.17)
CORNER = (-8.58, 41.16)


def visit(kind: str, name: str, number: int, arrival: int, service: int, wait: int = 0, **values) -> Visit:
    """A visit of a route; its leg takes 1000 seconds and 8 km."""
    start = arrival + wait
    drive, metres = (0, 0) if number == 0 or kind == VISIT_BREAK else (1000, 8000)
    figures = (arrival, 0, wait, start, service, start + service, 0, 0, drive, metres, 0, (0,))
    return replace(Visit(kind, name, number, *figures), **values)


VISITS = (
    visit("start", "D", 0, 28000, 800),  # until 28800
    visit("stop", "A", 1, 29800, 600, wait=200),  # 30000 to 30600
    visit("stop", "B", 2, 31600, 400),  # to 32000
    visit("end", "E", 3, 33000, 0),
)
COURSE = Course(
    "V",
    VISITS,
    (DEPOT, FIRST, SECOND, DEPOT),
    (
        Leg(1, "D", "A", 1000, 8000, "road", (DEPOT, FIRST)),
        Leg(2, "A", "B", 1000, 8000, "road", (FIRST, CORNER, SECOND)),
    ),
)


def noted(course: Course = COURSE, **states) -> Course:
    """The course with values noted for visits, by the id of the visit."""
    return replace(course, visits=tuple(replace(one, **states.get(one.id, {})) for one in course.visits))


def behind(progress) -> list[str]:
    return [one.id for one in progress.visits]


@pytest.mark.parametrize(
    "now, ids, free",
    [
        (28800, ["D"], 28800),
        (29999, ["D"], 29999),  # waits at A
        (30000, ["D", "A"], 30600),  # in service
        (30599, ["D", "A"], 30600),
        (30600, ["D", "A"], 30600),
        (31599, ["D", "A"], 31599),
        (31600, ["D", "A", "B"], 32000),  # no waiting: service begins at once
        (40000, ["D", "A", "B", "E"], 40000),
    ],
)
def test_by_the_clock_what_is_over_or_in_service_is_behind(now, ids, free):
    """One in service is ended before the vehicle goes on."""
    progress = standing(COURSE, now)
    assert (behind(progress), progress.free) == (ids, free)
    assert [leg.to_id for leg in progress.legs] == ids[1:]


@pytest.mark.parametrize("now", [None, 0, 28799])
def test_a_vehicle_that_loads_has_not_left(now):
    """Nor has one of a day that has not begun."""
    assert standing(COURSE, now) is None


@pytest.mark.parametrize(
    "now, place, metres, way",
    [
        (29050, (-8.595, 41.15), 2000, 2),
        (31350, (-8.58, 41.165), 6000, 3),
        (31599, (-8.58, 41.16998), 7992, 3),
        (32500, (-8.59, 41.16), 4000, 2),  # no leg is given: straight
        (29900, FIRST, 8000, 2),  # stands there and waits
    ],
)
def test_between_two_stops_it_is_on_its_leg(now, place, metres, way):
    """By the time since it left, along the line of the leg."""
    progress = standing(COURSE, now)
    assert (progress.lon, progress.lat) == pytest.approx(place, abs=1e-9)
    assert progress.way[-1] == (progress.lon, progress.lat)
    assert (progress.way_distance, len(progress.way)) == (metres, way)
    assert progress.way_drive == min(now - progress.visits[-1].end, 1000)
    if progress.visits[-1].id == "B":  # nothing tells that the plan went this way
        assert (progress.heading, progress.heading_drive) == ("", 0)
        return
    assert progress.heading == {"D": "A", "A": "B"}[progress.visits[-1].id]
    assert progress.way_drive + progress.heading_drive == 1000
    assert progress.way_distance + progress.heading_distance == 8000
    assert progress.reached == (29800 if now == 29900 else None)


def test_without_legs_numbers_in_a_row_tell_the_way_that_was_planned():
    """Their figures are those of that way; after a change by hand they are of another."""
    progress = standing(replace(COURSE, legs=()), 32500)
    assert (progress.heading, progress.heading_drive, progress.heading_distance) == ("E", 500, 4000)
    moved = replace(COURSE, legs=(), visits=(*VISITS[:3], replace(VISITS[3], sequence=7)))
    assert standing(moved, 32500).heading == ""


def test_a_late_vehicle_runs_behind_its_plan():
    """It is where it should have been before, and what follows is later by as much."""
    punctual, late = standing(COURSE, 31350 - 300), standing(COURSE, 31350, late=300)
    assert late == replace(punctual, free=31350)
    assert standing(COURSE, 30100, late=300).visits == VISITS[:1]
    assert standing(COURSE, 30700, late=300).free == 30900  # in service until then
    waiting = standing(COURSE, 28500, late=600)
    assert (waiting.visits, waiting.free) == ((), 28600)


def test_by_status_a_late_vehicle_is_behind_from_where_it_left():
    course = noted(A={"status": "done", "actual_departure": 30700})
    place = standing(course, 31300, by_status=True, late=100)
    assert (place.way_drive, place.way_distance, place.free) == (500, 4000, 31300)
    assert standing(course, 31300, by_status=True, late=5000).way_distance == 0


@pytest.mark.parametrize(
    "state, now, ids, free",
    [
        ({"status": "done"}, 31000, ["D", "A"], 31000),
        ({"status": "done"}, 30200, ["D", "A"], 30200),  # earlier than planned
        ({"status": "failed"}, 31000, ["D", "A"], 31000),
        ({"status": "skipped"}, 31000, ["D", "A"], 31000),
        ({"actual_departure": 30650}, 31000, ["D", "A"], 31000),
        ({"status": "arrived"}, 30200, ["D", "A"], 30600),
        ({"status": "arrived"}, 31000, ["D", "A"], 31000),  # its service has lasted longer
        ({"actual_arrival": 30300}, 30400, ["D", "A"], 30900),
        ({"actual_arrival": 29500}, 29600, ["D", "A"], 30600),  # it waits for the window
        ({"status": "en_route"}, 29300, ["D"], 29300),
        ({"status": "done"}, None, ["D", "A"], 30600),
        ({"actual_departure": 30650}, None, ["D", "A"], 30650),
    ],
)
def test_by_status_what_is_said_to_be_done_is_behind(state, now, ids, free):
    """Whatever the clock says; service that has begun ends not before now."""
    progress = standing(noted(A=state), now, by_status=True)
    assert (behind(progress), progress.free) == (ids, free)


def test_by_status_nothing_said_means_nothing_done():
    assert standing(COURSE, 31000, by_status=True) is None
    assert behind(standing(noted(D={"actual_departure": 28700}), 31000, by_status=True)) == ["D"]


def test_where_a_driver_is_going_comes_first():
    """Its place is on the way there."""
    progress = standing(noted(B={"status": "en_route"}), 29300, by_status=True)
    assert (behind(progress), progress.next_stop) == (["D"], "B")
    assert (progress.lon, progress.lat) == pytest.approx((-8.59, 41.16), abs=1e-9)


def test_what_was_done_out_of_order_comes_before():
    progress = standing(noted(B={"status": "done", "actual_departure": 30000}), 30500, by_status=True)
    assert behind(progress) == ["D", "B"]
    assert [(leg.from_id, leg.to_id, leg.seconds) for leg in progress.legs] == [("D", "B", 1000)]


def test_a_vehicle_is_still_on_its_way_to_what_was_cancelled():
    """It was driving there until now."""
    states = {"A": {"status": "done", "actual_departure": 30600}, "B": {"status": "cancelled"}}
    progress = standing(noted(**states), 31350, by_status=True)
    assert behind(progress) == ["D", "A"]
    assert (progress.lon, progress.lat) == pytest.approx((-8.58, 41.165), abs=1e-9)


def test_a_vehicle_is_still_on_its_way_to_what_was_taken_from_it():
    """B is another's by now, and a stop was put in before: until now it drove as planned."""
    new = visit("stop", "New", 1, 10**6, 0, drive=0)
    course = replace(COURSE, visits=(*VISITS[:2], new, VISITS[3]), places=(DEPOT, FIRST, DEPOT, DEPOT))
    progress = standing(course, 31350)
    assert (progress.lon, progress.lat) == pytest.approx((-8.58, 41.165), abs=1e-9)
    assert (progress.heading, progress.heading_drive) == ("B", 250)


def test_where_nothing_tells_how_long_a_way_takes_it_stands_at_its_start():
    new = visit("stop", "New", 1, 10**6, 0, drive=0)
    course = Course("V", (*VISITS[:2], new), (DEPOT, FIRST, SECOND))
    progress = standing(course, 31350)
    assert (progress.lon, progress.lat, progress.heading, progress.way_drive) == (*FIRST, "", 0)


def test_a_lost_vehicle_stands_where_it_was():
    """What it was doing there is not done."""
    driving = standing(COURSE, 40000, lost=31350)
    assert (behind(driving), driving.free, driving.stands_at) == (["D", "A"], 31350, "V stands here")
    assert (driving.lon, driving.lat) == pytest.approx((-8.58, 41.165), abs=1e-9)
    serving = standing(COURSE, 40000, lost=31700)
    assert behind(serving) == ["D", "A"]
    assert (serving.lon, serving.lat) == SECOND
    waiting = standing(COURSE, 40000, lost=28000)
    assert (waiting.visits, waiting.lost, waiting.stands_at) == ((), True, "D")
    later = standing(noted(A={"status": "done"}), 30700, by_status=True, lost=32100)
    assert behind(later) == ["D", "A", "B"]


def test_a_position_is_believed():
    """The way is that along the leg to the nearest place, and on to where it was seen."""
    seen = Position(-8.585, 41.165, 31500)
    progress = standing(COURSE, 31590, position=seen)
    assert (progress.lon, progress.lat, progress.free) == (-8.585, 41.165, 31590)
    assert (progress.way_drive, progress.way_distance) == (900, 6000)
    assert (progress.heading, progress.heading_drive, progress.heading_distance) == ("", 0, 0)
    assert progress.way == (FIRST, CORNER, pytest.approx((-8.58, 41.165)), (-8.585, 41.165))
    before = standing(COURSE, 31590, position=replace(seen, time=30599))
    assert before == standing(COURSE, 31590)  # it has left since
    assert standing(COURSE, 30100, position=seen) == standing(COURSE, 30100)  # in service


def with_lunch() -> Course:
    """The course with a break of 1000 seconds after A."""
    lunch = visit(VISIT_BREAK, "lunch", 2, 30600, 1000)
    rest = tuple(
        replace(
            one,
            sequence=one.sequence + 1,
            arrival=one.arrival + 1000,
            start=one.start + 1000,
            end=one.end + 1000,
        )
        for one in VISITS[2:]
    )
    return Course("V", (*VISITS[:2], lunch, *rest), (DEPOT, FIRST, FIRST, SECOND, DEPOT))


@pytest.mark.parametrize("by_status", [False, True])
@pytest.mark.parametrize("now, free, metres", [(30700, 31600, 0), (31600, 31600, 0), (32100, 32100, 4000)])
def test_a_break_that_has_begun_is_taken(by_status, now, free, metres):
    """Also where only stops are noted: drivers do not note their breaks."""
    course = (
        noted(with_lunch(), A={"status": "done", "actual_departure": 30600}) if by_status else with_lunch()
    )
    progress = standing(course, now, by_status)
    assert behind(progress) == ["D", "A", "lunch"]
    assert (progress.free, progress.way_distance) == (free, metres)
    assert [leg.to_id for leg in progress.legs] == ["A"]


def test_a_break_follows_a_stop_that_took_longer():
    course = noted(with_lunch(), A={"status": "done", "actual_departure": 31000})
    assert standing(course, 31500, by_status=True).free == 32000


@pytest.mark.parametrize("now", [9 * 3600, 11 * 3600 + 1234, 13 * 3600 + 1800, 15 * 3600])
def test_all_vehicles_of_a_plan_are_told_and_nothing_of_their_routes_is_lost(now):
    """Behind and before together are the plan; it survives the wire."""
    problem, plan = rich_town()
    progress = progress_of(problem, plan, now, late={"V2": 600}, lost={"V3": 10 * 3600})
    routes = {route.vehicle_id: route for route in plan.routes}
    assert {one.vehicle_id for one in progress} == set(routes)
    for one in progress:
        route = routes[one.vehicle_id]
        assert one.visits == route.visits[: len(one.visits)]
        assert one.legs == tuple(leg for leg in route.legs if leg.sequence <= one.visits[-1].sequence)
        assert one.lost == (one.vehicle_id == "V3")
        after = route.visits[len(one.visits) :]
        assert all(left.end > now - 600 for left in after if left.type == VISIT_STOP and not one.lost)
    day = Day(now, progress)
    assert day_from_json(day_to_json(day)) == day
