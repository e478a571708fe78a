"""The plan of a whole day: what is done stays as it is, the rest goes on from there, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.model.day import FAILED, GOODS, GOODS_FREE, SKIPPED
from optiway_qgis.model.fix import Fix
from optiway_qgis.model.plan import Plan, Unassigned
from optiway_qgis.model.problem import KEEP_PREFIX, ORDER_FIRST, Break, Sequence, Settings
from tests.engine.cases import HOUR, MINUTE, Case, a_depot, at, between
from tests.engine.days import along_the_road
from tests.engine.plannable import examples, planned
from tests.engine.rich import plannable_rich, rich_cases, rich_cases_by_the_hour
from tests.engine.test_rest import V1, V2, A, B, C, E, noted, parcel, the_day
from tests.engine.underway import Underway, at_moment, standing_after, timed

if TYPE_CHECKING:
    from optiway_qgis.model.plan import Route, Visit
    from tests.engine.plannable import Planned


def route_of(plan: Plan, vehicle: str = "V1") -> Route:
    return next(route for route in plan.routes if route.vehicle_id == vehicle)


def summary(route: Route) -> list[tuple[str, str, int, int]]:
    return [(visit.type, visit.id, visit.sequence, visit.trip) for visit in route.visits]


def test_what_is_done_stays_and_the_rest_goes_on_from_there():
    """Status and actual times, numbers, trips and kilometres along the route."""
    day = the_day("09:05", [A, B, C, E], (replace(V1, max_trips=2),), V1="A | B C E")
    day = noted(day, 1, status="done", actual_arrival=at("08:11"), actual_departure=at("08:19"))
    route = route_of(day.retimed())
    assert route.visits[:4] == day.done["V1"]
    assert summary(route)[3:] == [
        ("stop", "B", 3, 2),
        ("stop", "C", 4, 2),
        ("stop", "E", 5, 2),
        ("end", "D1", 6, 2),
    ]
    assert [visit.cum_distance for visit in route.visits] == [
        *(0, 6000, 12_000, 24_000, 30_000, 36_000, 60_000),
    ]
    assert route == replace(day.plan.routes[0], visits=route.visits, legs=route.legs)


def test_first_leg_begins_with_the_way_driven():
    """At 8:25 V1 is half way from A to B."""
    day = the_day("08:25", [A, B, C], (V1,), V1="A B C")
    route = route_of(day.retimed())
    leg, planned_leg = route.legs[1], day.plan.routes[0].legs[1]
    assert (leg.from_id, leg.to_id, leg.sequence) == ("A", "B", 2)
    assert (leg.seconds, leg.metres) == (10 * MINUTE, 6000)
    assert (route.visits[2].drive, route.visits[2].distance) == (10 * MINUTE, 6000)
    assert (leg.geometry[0], leg.geometry[-1]) == (planned_leg.geometry[0], planned_leg.geometry[-1])
    assert len(leg.geometry) == 3
    assert route.legs[0] == day.plan.routes[0].legs[0]
    assert [(one.from_id, one.to_id, one.sequence) for one in route.legs] == [
        *(("D1", "A", 1), ("A", "B", 2), ("B", "C", 3), ("C", "D1", 4)),
    ]


def test_break_on_the_way_is_followed_by_the_leg_with_the_way():
    """The break is where the vehicle stands, and no leg leads to it."""
    rest = Break("B1", 15 * MINUTE, window=between("08:25", "08:26"))
    day = the_day("08:25", [A, B, C], (V1,), V1="A B C")
    day = replace(day, problem=replace(day.problem, vehicles=(replace(V1, breaks=(rest,)),)))
    route = route_of(day.retimed())
    assert summary(route)[2:4] == [("break", "B1", 2, 1), ("stop", "B", 3, 1)]
    assert (route.visits[2].drive, route.visits[2].arrival) == (0, at("08:25"))
    assert (route.visits[3].drive, route.visits[3].arrival) == (10 * MINUTE, at("08:45"))
    assert [(leg.from_id, leg.to_id, leg.sequence) for leg in route.legs][1] == ("A", "B", 3)
    assert route.unpaid_break == route.break_time == 15 * MINUTE


def test_vehicle_that_waits_at_its_next_stop_came_when_it_came():
    """B opens at nine; at 8:50 V1 stands there since 8:30."""
    stops = [A, replace(B, windows=(between("09:00", "17:00"),)), C]
    day = the_day("08:50", stops, (V1,), V1="A B C")
    assert day.day.progress[0].reached == at("08:30")
    route = route_of(day.retimed())
    assert replace(route, legs=()) == replace(day.plan.routes[0], legs=())


# Goods fetched on the way.


def test_goods_fetched_in_a_row_are_one_visit():
    """Back at the depot from A, both at once, then to C and E."""
    day = the_day("08:15", [A, C, E], (V1,), also={"V1": ("C", "E")}, V1="A")
    rest = day.rest()
    rest = replace(rest, sequences=(Sequence("V1", ("goods of C", "goods of E", "C", "E")),))
    route = route_of(day.joined(rest, timed(rest, along_the_road)))
    assert summary(route) == [
        *(("start", "D1", 0, 1), ("stop", "A", 1, 1), ("transfer", "D1", 2, 1)),
        *(("stop", "C", 3, 1), ("stop", "E", 4, 1), ("end", "D1", 5, 1)),
    ]
    transfer = route.visits[2]
    assert (transfer.arrival, transfer.start, transfer.service) == (
        at("08:30"),
        at("08:30"),
        2 * day.day.fetch,
    )
    assert transfer.end == transfer.start + transfer.service
    assert transfer.load == (2000,)
    assert [(leg.from_id, leg.to_id, leg.sequence) for leg in route.legs] == [
        *(("D1", "A", 1), ("A", "D1", 2), ("D1", "C", 3), ("C", "E", 4), ("E", "D1", 5)),
    ]
    assert (route.service, route.loading) == (30 * MINUTE, 2 * day.day.fetch)
    assert [visit.fetched_at for visit in route.visits] == [None, None, None, 2, 2, None]


def test_goods_fetched_apart_are_two_visits():
    day = the_day("08:15", [A, C, E], (V1,), also={"V1": ("C", "E")}, V1="A")
    route = route_of(day.retimed())
    assert [(visit.type, visit.id) for visit in route.visits] == [
        *(("start", "D1"), ("stop", "A"), ("transfer", "D1"), ("stop", "C")),
        *(("transfer", "D1"), ("stop", "E"), ("end", "D1")),
    ]
    assert [visit.fetched_at for visit in route.visits if visit.id in "CE"] == [2, 4]


def test_goods_fetched_right_after_the_start_are_loaded_there():
    """They take their time, but there is no visit of their own; likewise at a reload."""
    fleet = (V1, replace(V2, shift=between("09:00", "17:00"), max_trips=2))
    stops = [A, B, C, parcel("N", 5), parcel("M", 6)]
    day = the_day("08:15", stops, fleet, also={"V2": ("M", "N")}, V1="A B", V2="C")
    day = replace(day, sequences=(day.sequences[0], Sequence("V2", ("C", "M", "N"), (2,))))
    route = route_of(day.retimed(), "V2")
    fetch = day.day.fetch
    assert summary(route) == [
        *(("start", "D1", 0, 1), ("stop", "C", 1, 1), ("stop", "M", 2, 1), ("reload", "D1", 3, 2)),
        *(("stop", "N", 4, 2), ("end", "D1", 5, 2)),
    ]
    start, reload = route.visits[0], route.visits[3]
    assert (start.arrival, start.service, start.end) == (at("09:00"), fetch, at("09:00") + fetch)
    assert start.load == (2000,)
    assert (reload.service, reload.load) == (fetch, (1000,))
    assert [(leg.from_id, leg.to_id, leg.sequence) for leg in route.legs] == [
        *(("D1", "C", 1), ("C", "M", 2), ("M", "D1", 3), ("D1", "N", 4), ("N", "D1", 5)),
    ]
    assert all(visit.fetched_at is None for visit in route.visits)
    assert (route.loading, route.start, route.load_peak) == (2 * fetch, at("09:00"), (2000,))


def test_waiting_for_goods_at_the_start_is_part_of_it():
    fleet = (V1, replace(V2, shift=between("09:00", "17:00")))
    stops = [A, B, parcel("N", 5, ready=at("09:20"))]
    day = the_day("08:15", stops, fleet, also={"V2": ("N",)}, V1="A B")
    start = route_of(day.retimed(), "V2").visits[0]
    assert (start.arrival, start.wait, start.start) == (at("09:00"), 20 * MINUTE, at("09:20"))
    assert start.end == start.start + start.service == at("09:20") + day.day.fetch


def test_goods_of_a_lost_vehicle_are_fetched_where_it_stood():
    """V2, at E from 8:40, goes back half way from A to B."""
    day = the_day("08:25", [A, B, E], lost={"V1": at("08:25")}, V1="A B", V2="E")
    rest = day.rest()
    rest = replace(rest, sequences=(Sequence("V2", ("E", "goods of B", "B")),))
    plan = day.joined(rest, timed(rest, along_the_road))
    lost, route = route_of(plan), route_of(plan, "V2")
    assert lost.visits == day.done["V1"]
    assert [(visit.type, visit.id) for visit in lost.visits] == [("start", "D1"), ("stop", "A")]
    assert (lost.end, lost.distance, lost.cost_fixed) == (at("08:20"), 6000, V1.fixed_cost)
    assert summary(route)[1:] == [
        *(
            ("stop", "E", 1, 1),
            ("transfer", "V1 stands here", 2, 1),
            ("stop", "B", 3, 1),
            ("end", "D1", 4, 1),
        ),
    ]
    assert route.visits[2].arrival == at("08:50") + 25 * MINUTE
    assert (route.visits[2].setup, route.visits[2].service) == (day.day.meet, day.day.fetch)
    assert not plan.unassigned


def test_vehicle_lost_before_it_left_has_no_route():
    fleet = (replace(V1, shift=between("09:00", "17:00")), V2)
    day = the_day("08:25", [A, E], fleet, lost={"V1": at("08:20")}, V1="A", V2="E")
    assert [route.vehicle_id for route in day.retimed().routes] == ["V2"]


# Nothing left to do.


def test_vehicle_with_nothing_left_to_do_drives_home():
    """At 8:45 it has five minutes driven towards C, which is not to be served any more; home are 25."""
    day = the_day("08:45", [A, B, C], (V1,), V1="A B C")
    problem = replace(day.problem, stops=day.problem.stops[:2])
    day = replace(day, problem=problem, sequences=(Sequence("V1"),))
    plan = day.retimed()
    route = route_of(plan)
    assert summary(route)[2:] == [("stop", "B", 2, 1), ("end", "D1", 3, 1)]
    assert route.end == at("08:45") + 25 * MINUTE
    assert (route.visits[-1].drive, route.legs[-1].seconds) == (30 * MINUTE, 30 * MINUTE)
    assert (route.legs[-1].from_id, route.legs[-1].to_id, len(route.legs[-1].geometry)) == ("B", "D1", 3)
    assert plan.violations == ()


def test_way_home_is_judged():
    """The shift ends while it is on its way; that it has served as many stops as it may is no fault."""
    fleet = (replace(V1, shift=between("08:00", "08:50"), max_stops=2),)
    day = the_day("08:45", [A, B, C], fleet, V1="A B C")
    day = replace(day, problem=replace(day.problem, stops=day.problem.stops[:2]), sequences=())
    plan = day.retimed()
    assert [(one.code, one.vehicle_id, one.stop_id) for one in plan.violations] == [("shift", "V1", "")]
    assert route_of(plan).violations == ("shift",)
    assert route_of(plan).visits[-1].violations == ("shift",)


def test_vehicle_that_rests_on_its_way_home():
    """A break that is due is due there, too."""
    rest = Break("B1", 15 * MINUTE, after_work=50 * MINUTE)
    day = the_day("08:45", [A, B, C], (V1,), V1="A B C")
    fleet = (replace(V1, breaks=(rest,)),)
    day = replace(
        day, problem=replace(day.problem, stops=day.problem.stops[:2], vehicles=fleet), sequences=()
    )
    route = route_of(day.retimed())
    assert [visit.type for visit in route.visits][-2:] == ["break", "end"]
    assert route.end == at("08:45") + 40 * MINUTE


def test_vehicle_that_is_home_stays_there():
    day = the_day("08:55", [A, B], (V1, V2), V1="A", V2="B")
    assert route_of(day.retimed()) == day.plan.routes[0]


def test_vehicle_that_ends_anywhere_ends_where_it_is():
    day = the_day("08:45", [A, B, C], (replace(V1, end_depot=None),), V1="A B C")
    day = replace(day, problem=replace(day.problem, stops=day.problem.stops[:2]), sequences=())
    route = route_of(day.retimed())
    assert route.visits == day.done["V1"]
    assert route.end == at("08:40")


def test_vehicle_that_comes_back_to_work_has_been_home():
    """A van returned for good is sent out again with a new stop."""
    day = the_day("09:00", [A, parcel("N", 3)], (V1,), also={"V1": ("N",)}, V1="A")
    route = route_of(day.retimed())
    assert [(visit.type, visit.id) for visit in route.visits] == [
        *(("start", "D1"), ("stop", "A"), ("end", "D1"), ("transfer", "D1"), ("stop", "N"), ("end", "D1")),
    ]


# Sums and costs.


def test_sums_are_those_of_the_whole_day():
    """Fixed cost once, overtime beyond what the whole day may take, unpaid breaks are no work."""
    rest = Break("B1", 10 * MINUTE, window=between("08:20", "08:25"))
    vehicle = replace(
        V1, breaks=(rest,), overtime_after=HOUR, cost_per_hour=30, overtime_cost_per_hour=60, cost_per_km=2
    )
    day = the_day("08:32", [A, B, C, E], (vehicle,), V1="A B C E")
    route = route_of(day.retimed())
    assert replace(route, legs=()) == replace(day.plan.routes[0], legs=())
    assert route.work == 2 * HOUR
    assert (route.overtime, route.cost_fixed, route.cost_time) == (HOUR, 50, 90)
    assert (route.distance, route.cost_distance) == (48_000, 96)
    assert (route.drive, route.service, route.break_time) == (80 * MINUTE, 40 * MINUTE, 10 * MINUTE)


def test_break_that_was_skipped_or_took_longer_is_paid_as_it_was():
    """Ten minutes were planned: none, and twenty, are no work."""
    rest = Break("B1", 10 * MINUTE, window=between("08:20", "08:25"))
    day = the_day("08:32", [A, B, C], (replace(V1, breaks=(rest,)),), V1="A B C")
    taken = {"actual_arrival": at("08:12"), "actual_departure": at("08:32")}
    for members, minutes in (({"status": SKIPPED}, 0), (taken, 20)):
        route = route_of(noted(day, 2, **members).retimed())
        assert route.unpaid_break == route.break_time == minutes * MINUTE
        assert route.work == route.end - route.start - minutes * MINUTE
        assert route.cost_time == pytest.approx(route.work / 3600 * V1.cost_per_hour)


def test_work_begins_when_it_did_begin():
    day = noted(the_day("08:45", [A, B, C], (V1,), V1="A B C"), 0, actual_arrival=at("07:30"))
    route = route_of(day.retimed())
    assert route.start == at("07:30")
    assert route.cost_time == pytest.approx((route.end - at("07:30")) / 3600 * V1.cost_per_hour)


def test_load_is_all_that_is_on_board():
    """What was picked up at A, and what could not be delivered at B, come home."""
    stops = [replace(A, delivery=(), pickup=(3000,)), B, C]
    day = noted(the_day("08:45", stops, (V1,), V1="A B C"), 2, status=FAILED)
    route = route_of(day.retimed())
    assert [visit.load for visit in route.visits[3:]] == [(4000,), (4000,)]
    assert route.load_peak == (5000,)


def test_highest_load_of_an_open_start_is_that_of_its_departure():
    """No visit tells of it."""
    day = the_day("08:45", [A, B, C], (replace(V1, start_depot=None),), goods=GOODS_FREE, V1="A B C")
    assert day.done["V1"][0].load == (2000,)
    assert route_of(day.retimed()).load_peak == (3000,)


def test_stops_that_were_skipped_are_on_the_route_and_nowhere_else():
    day = noted(the_day("08:45", [A, B, C], (V1,), V1="A B C"), 2, status=SKIPPED)
    plan = day.retimed()
    assert route_of(plan).stop_ids == ("A", "B", "C")
    assert route_of(plan).visits[2].status == SKIPPED
    assert plan.unassigned == ()


# What is told.


def test_version_follows_the_one_before():
    day = the_day("08:45", [A, B, C], (V1,), V1="A B C")
    plan = day.retimed(plan_id="p-1", version=3)
    assert (plan.plan_id, plan.version, plan.parent_version) == ("p-1", 4, 3)
    first = day.retimed(plan_id="", version=0)
    assert (first.version, first.parent_version) == (1, None)
    assert first.plan_id


def test_pickups_of_goods_are_never_left_out_but_told_at_their_delivery():
    """Why the pickup cannot be is why the delivery cannot; changes of what only the rest has are none."""
    day = the_day("08:25", [A, B, parcel("N", 5), parcel("M", 6)], (V1,), V1="A B")
    rest = day.rest()
    told = (
        Unassigned(
            "goods of N",
            "time_window",
            "Too late.",
            fix="later",
            change=Fix("stop", "goods of N", "windows", []),
        ),
        Unassigned("N", "pair", "It makes a pair with goods of N."),
        Unassigned("goods of M", "pair", "It makes a pair with M."),
        Unassigned(
            "M", "shift", "Too long.", "V1", 60, "a longer shift", 9.0, Fix("vehicle", "V1", "shift", {})
        ),
    )
    plan = timed(replace(rest, sequences=(Sequence("V1", ("B",)),)), along_the_road)
    whole = day.joined(rest, replace(plan, unassigned=told))
    assert [(one.stop_id, one.reason, one.text) for one in whole.unassigned] == [
        ("N", "time_window", "Too late."),
        ("M", "shift", "Too long."),
    ]
    assert all((one.fix, one.change) == ("", None) for one in whole.unassigned)


def test_changes_of_the_stop_itself_are_told():
    day = the_day("08:25", [A, B, parcel("N", 5)], (V1,), V1="A B")
    rest = day.rest()
    change = Fix("stop", "N", "windows", [])
    told = (Unassigned("N", "time_window", "Too late.", fix="later", change=change),)
    plan = timed(replace(rest, sequences=(Sequence("V1", ("B",)),)), along_the_road)
    (one,) = day.joined(rest, replace(plan, unassigned=told)).unassigned
    assert (one.fix, one.change) == ("later", change)


def test_what_a_pickup_of_goods_breaks_is_told_at_its_delivery():
    depots = (a_depot("D1", 0, between("07:00", "08:20")),)
    day = the_day("08:15", [A, parcel("N", 5)], (V1,), depots, also={"V1": ("N",)}, V1="A")
    plan = day.retimed()
    assert ("time_window", "N") in {(one.code, one.stop_id) for one in plan.violations}
    assert [visit.violations for visit in route_of(plan).visits if visit.type == "transfer"] == [
        ("time_window",)
    ]


def test_goods_loaded_at_the_start_leave_locks_alone_and_those_fetched_elsewhere_do_not():
    """At the depot they are loading; on the way there is nothing before the stops kept in front."""
    fleet = (V1, replace(V2, shift=between("09:00", "17:00")))
    kept = replace(C, keep=KEEP_PREFIX, vehicle_id="V2", order_rule=ORDER_FIRST)
    fresh = parcel("N", 5)
    day = the_day("08:15", [A, kept, fresh], fleet, also={"V2": ("N",)}, V1="A", V2="C")
    assert day.rest().sequences[1].stops == ("goods of N", "C", "N")
    assert day.retimed().violations == ()
    stops = [A, replace(B, keep=KEEP_PREFIX, vehicle_id="V1"), fresh]
    day = the_day("08:15", stops, (V1,), also={"V1": ("N",)}, V1="A B")
    rest = replace(day.rest(), sequences=(Sequence("V1", ("goods of N", "B", "N")),))
    told = timed(rest, along_the_road).violations
    assert [(one.code, one.stop_id) for one in told] == [("lock", "B")]


def test_pickups_of_goods_are_no_stops_too_many():
    """Two stops are allowed and served; three are too many."""
    fleet = (replace(V1, max_stops=2),)
    stops = [A, parcel("N", 5), parcel("M", 6)]
    plan = the_day("08:15", stops, fleet, also={"V1": ("N",)}, V1="A").retimed()
    assert plan.violations == ()
    assert route_of(plan).violations == ()
    plan = the_day("08:15", stops, fleet, also={"V1": ("N", "M")}, V1="A").retimed()
    assert [one.code for one in plan.violations] == ["stop_limit"]
    assert route_of(plan).violations == ("stop_limit",)


def test_what_nobody_can_serve_any_more_is_left_out():
    stops = [replace(A, delivery=(), pickup=(1000,)), replace(B, picked_up_at="A"), C]
    day = noted(the_day("08:25", stops, (V1,), V1="A B C"), 1, status=FAILED)
    plan = day.retimed()
    assert [(one.stop_id, one.reason) for one in plan.unassigned] == [("B", "pair")]
    assert route_of(plan).stop_ids == ("A", "C")


def test_notes_of_the_rest_are_told():
    day = the_day("08:45", [A, B, C], (V1,), V1="A B C")
    missed = Break("B1", 5 * MINUTE, window=between("08:20", "08:30"))
    day = replace(day, problem=replace(day.problem, vehicles=(replace(V1, breaks=(missed,)),)))
    assert "B1" in day.retimed().notes[0]


# Whatever the day.


def hold_together(day: Underway, plan: Plan) -> None:
    """Hold a whole plan to what its sums and legs must be, and to nothing being lost, doubled or changed."""
    served = [stop for route in plan.routes for stop in route.stop_ids]
    served += [one.stop_id for one in plan.unassigned]
    assert sorted(served) == sorted(stop.id for stop in day.problem.stops)
    routes = {route.vehicle_id: route for route in plan.routes}
    assert len(routes) == len(plan.routes)
    for vehicle_id, visits in day.done.items():
        if visits:
            assert routes[vehicle_id].visits[: len(visits)] == visits
    for route in plan.routes:
        _holds_together(route)


def _holds_together(route: Route) -> None:
    visits = route.visits
    numbers = [visit.sequence for visit in visits]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert numbers[0] == (0 if visits[0].type == "start" else 1)
    assert (
        [visit.cum_distance for visit in visits][-1]
        == route.distance
        == sum(visit.distance for visit in visits)
    )
    assert route.drive == sum(visit.drive for visit in visits)
    assert route.wait == sum(visit.wait for visit in visits)
    assert route.service + route.loading + route.break_time == sum(visit.service for visit in visits)
    places = [visit for visit in visits if visit.type != "break"]
    assert [(leg.from_id, leg.to_id, leg.sequence, leg.seconds, leg.metres) for leg in route.legs] == [
        (before.id, visit.id, visit.sequence, visit.drive, visit.distance)
        for before, visit in zip(places, places[1:])
    ]
    for visit in visits:
        assert visit.start == visit.arrival + visit.setup + visit.wait
        assert visit.end == visit.start + visit.service


@examples(40)
@given(plannable_rich(), st.data())
def test_day_that_goes_as_planned_stays_as_planned(case: Planned, data: st.DataObject):
    """Whenever vehicles stand somewhere: the same figures to the second, and no rule broken that was kept."""
    problem, travel = case
    plan = planned(problem, travel, iterations=20)
    day = standing_after(problem, travel, plan, _counts(plan, data))
    whole = day.retimed()
    hold_together(day, whole)
    # One that was to load again fetches what it can on the trip that it is on.
    reloading = {
        route.vehicle_id
        for route in plan.routes
        if any(visit.type == "reload" for visit in _ahead(day, route)) and day.done.get(route.vehicle_id)
    }
    if not plan.violations:
        assert not {one.vehicle_id for one in whole.violations} - reloading
    docks = any(depot.docks for depot in problem.depots)
    for before, after in zip(plan.routes, whole.routes, strict=True):
        done = day.done.get(before.vehicle_id)
        # A vehicle that has left needs its dock no more: who loads after it need not make way.
        if before.vehicle_id in reloading or (docks and not done):
            assert after.stop_ids == before.stop_ids
        else:
            assert _with_slacks_of(after, before) == before


def _ahead(day: Underway, route: Route) -> tuple[Visit, ...]:
    return route.visits[len(day.done.get(route.vehicle_id, ())) :]


def _with_slacks_of(route: Route, other: Route) -> Route:
    """Return the route with the slacks of the other where its own are less, as while rides go on."""
    visits = [
        replace(visit, slack=max(visit.slack, before.slack))
        for visit, before in zip(route.visits, other.visits)
    ]
    return replace(route, visits=tuple(visits))


def _counts(plan: Plan, data: st.DataObject) -> dict[str, int]:
    """Draw how many visits of each route are done."""
    return {route.vehicle_id: data.draw(st.integers(0, len(route.visits))) for route in plan.routes}


@examples(40)
@given(st.one_of(rich_cases(), rich_cases_by_the_hour()), st.data())
def test_nothing_is_lost_of_plans_that_break_rules(case: Case, data: st.DataObject):
    """Pairs torn apart, late, on vehicles that may not: the day goes on all the same."""
    plan = reschedule(case.problem, case.travel, {}, Settings(), case.sequences)
    day = standing_after(case.problem, case.travel, plan, _counts(plan, data))
    hold_together(day, day.retimed())


@examples(40)
@given(rich_cases(), st.data())
def test_nothing_is_lost_at_any_moment(case: Case, data: st.DataObject):
    """Under way, late and lost, with goods bound and free; and once more, from the plan of the first time."""
    problem = case.problem
    plan = reschedule(problem, along_the_road(problem), {}, Settings(), case.sequences)
    vehicles = [vehicle.id for vehicle in problem.vehicles]
    first = min((route.start for route in plan.routes), default=0)
    last = max((route.end for route in plan.routes), default=0)
    goods = data.draw(st.sampled_from(GOODS))
    lost: dict[str, int] = {}
    now = first - 600
    for _ in range(2):
        now = data.draw(st.integers(now, max(now, last + 600)))
        late = data.draw(st.dictionaries(st.sampled_from(vehicles), st.integers(1, 1800), max_size=1))
        if data.draw(st.booleans()):
            lost.setdefault(data.draw(st.sampled_from(vehicles)), now)
        day = at_moment(problem, along_the_road, plan, now, goods, late=late, lost=lost)
        plan = day.retimed()
        hold_together(day, plan)
        problem = day.problem
