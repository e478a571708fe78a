"""What is left of a day as a problem of its own: each sentence of docs/model.md, "A day under way"."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from optiway_qgis.engine.replanning.course import open_rest
from optiway_qgis.engine.replanning.rest import rest_of
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.day import FAILED, GOODS_FREE, SKIPPED, Ask, Day, Progress
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.problem import (
    KEEP_ORDER,
    KEEP_PREFIX,
    ORDER_FIRST,
    START_EARLY,
    START_LATE,
    Break,
    Depot,
    Sequence,
    Settings,
    Vehicle,
    Window,
)
from tests.engine.cases import HOUR, MINUTE, VAN, a_depot, a_problem, a_stop, at, between, spot
from tests.engine.days import along_the_road
from tests.engine.underway import Underway, at_moment, under_way

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Problem, Stop

V1 = replace(VAN, start_rule=START_EARLY)
V2 = replace(V1, id="V2")
"""Vans that leave the depot at place 0 at eight and take ten minutes from place to place."""


def parcel(name: str, place: int, **members: Any) -> Stop:
    """A stop where a unit is delivered within ten minutes."""
    return a_stop(name, place, **{"service": 10 * MINUTE, "delivery": (1000,), **members})


def planned(problem: Problem, **orders: str) -> Plan:
    """The plan with the stops of each vehicle in the order named; a bar is a reload."""
    asked = []
    for vehicle, text in orders.items():
        trips = [part.split() for part in text.split("|")]
        ends = [sum(map(len, trips[: number + 1])) for number in range(len(trips) - 1)]
        asked.append(Sequence(vehicle, tuple(stop for trip in trips for stop in trip), tuple(ends)))
    return reschedule(problem, along_the_road(problem), {}, Settings(), asked)


def the_day(
    now: str,
    stops: list[Stop],
    vehicles: tuple[Vehicle, ...] = (V1, V2),
    depots: tuple[Depot, ...] = (a_depot("D1", 0),),
    goods: str = "bound",
    also: dict[str, tuple[str, ...]] | None = None,
    incompatible: tuple[tuple[str, str], ...] = (),
    lost: dict[str, int] | None = None,
    late: dict[str, int] | None = None,
    **orders: str,
) -> Underway:
    """The day at a moment, its plan as `planned` makes it."""
    problem = replace(a_problem(stops, list(depots), list(vehicles)), incompatible=incompatible)
    plan = planned(problem, **orders)
    return at_moment(
        problem, along_the_road, plan, at(now), goods, also, **{"late": late or {}, "lost": lost or {}}
    )


def with_progress(day: Underway, **members: Any) -> Underway:
    """The day with members of the progress of its first vehicle replaced."""
    first, *others = day.day.progress
    return replace(day, day=replace(day.day, progress=(replace(first, **members), *others)))


def noted(day: Underway, number: int, **members: Any) -> Underway:
    """The day with members of one visit of its first vehicle replaced."""
    visits = list(day.day.progress[0].visits)
    visits[number] = replace(visits[number], **members)
    return with_progress(day, visits=tuple(visits))


def stops_of(day: Underway, **ask: Any) -> dict[str, Stop]:
    return {stop.id: stop for stop in day.rest(**ask).problem.stops}


def vehicle_of(day: Underway, name: str = "V1") -> Vehicle:
    return next(vehicle for vehicle in day.rest().problem.vehicles if vehicle.id == name)


A, B, C, E = parcel("A", 1), parcel("B", 2), parcel("C", 3), parcel("E", 4)
"""On V1: A 8:10 to 8:20, B 8:30 to 8:40, C 8:50 to 9:00, E 9:10 to 9:20, home at 10:00."""


# Vehicles.


def test_before_the_day_begins_nothing_is_changed():
    """Re-planning on the evening before is planning."""
    rich = replace(C, ready=at("07:00"), before=("E",))
    problem = a_problem([A, B, rich, E], [a_depot("D1", 0, between("07:00", "18:00"))], [V1, V2])
    day = under_way(problem, along_the_road, planned(problem, V1="A B", V2="C E"), Day())
    rest = day.rest()
    assert rest.problem == day.problem
    assert rest.sequences == day.sequences
    assert (rest.loose, rest.notes, rest.lost, dict(rest.pickups)) == ((), (), (), {})


def test_stops_that_are_done_are_not_in_it():
    day = the_day("08:35", [A, B, C, E], V1="A B C", V2="E")
    assert set(stops_of(day)) == {"C", "E"}
    assert day.rest().sequences[0].stops == ("C",)


@pytest.mark.parametrize(
    ("now", "free", "start"),
    [("07:00", None, "08:00"), ("08:30", None, "08:30"), ("08:30", "09:00", "09:00")],
)
def test_vehicle_that_has_not_left_starts_not_before_now_nor_before_it_is_free(now, free, start):
    problem = a_problem(
        [A], [a_depot("D1", 0)], [replace(V1, start_rule=START_LATE, latest_start=at("08:40"))]
    )
    progress = (Progress("V1", free=at(free)),) if free else ()
    day = under_way(problem, along_the_road, planned(problem, V1="A"), Day(at(now), progress))
    vehicle = vehicle_of(day)
    assert vehicle.shift == Window(at(start), at("17:00"))
    assert (vehicle.start_depot, vehicle.start_rule, vehicle.fixed_cost) == ("D1", START_LATE, 50)
    assert vehicle.latest_start == max(at("08:40"), at(free) if free else 0)


def test_shift_that_is_over_before_a_vehicle_could_leave_ends_when_it_could():
    """A window that ends before it starts is none; that it ends late is told all the same."""
    problem = a_problem([A], [a_depot("D1", 0)], [V1])
    day = under_way(problem, along_the_road, planned(problem, V1="A"), Day(at("18:00")))
    assert vehicle_of(day).shift == Window(at("18:00"), at("18:00"))
    assert {one.code for one in day.retimed().violations} == {"shift"}


def test_vehicle_that_has_left_starts_at_once_from_where_it_is():
    fleet = (replace(V1, start_rule=START_LATE, latest_start=at("08:05"), max_trips=3), V2)
    day = the_day("08:25", [A, B, E], fleet, (a_depot("D1", 0, between("07:00", "08:15")),), V1="A B", V2="E")
    rest, vehicle = day.rest(), vehicle_of(day)
    depot = next(depot for depot in rest.problem.depots if depot.id == vehicle.start_depot)
    assert depot == Depot("now V1", depot.lon, depot.lat)
    assert depot.lon == pytest.approx((spot(1)[0] + spot(2)[0]) / 2)
    assert vehicle.shift == Window(at("08:25"), at("17:00"))
    assert (vehicle.start_rule, vehicle.latest_start, vehicle.max_trips) == (START_EARLY, None, 1)
    assert (vehicle.fixed_cost, vehicle.cost_per_km, vehicle.end_depot) == (0, V1.cost_per_km, "D1")
    assert rest.starts == {"V1": "now V1", "V2": "now V2"}


def test_place_of_a_vehicle_is_no_depot_of_the_user():
    day = the_day("08:25", [A, B], (V1,), (a_depot("D1", 0), a_depot("now V1", 5)), V1="A B")
    assert day.rest().starts == {"V1": "now V1'"}


def test_limits_are_less_by_what_is_used():
    """By 8:50 it has driven 25 minutes, five of them towards C, served two stops and rested unpaid."""
    limits = {"max_work": 5 * HOUR, "max_drive": 2 * HOUR, "max_distance": 99_000, "max_stops": 3}
    rest = Break("B1", 5 * MINUTE, window=between("08:20", "08:25"))
    limited = replace(V1, **limits, overtime_after=4 * HOUR, breaks=(rest,))
    vehicle = vehicle_of(the_day("08:50", [A, B, C], (limited,), V1="A B C"))
    assert vehicle.max_work == 5 * HOUR - 45 * MINUTE
    assert vehicle.overtime_after == 4 * HOUR - 45 * MINUTE
    assert vehicle.max_drive == 2 * HOUR - 25 * MINUTE
    assert vehicle.max_distance == 99_000 - 15_000
    assert vehicle.max_stops == 1
    paid = replace(limited, breaks=(replace(rest, paid=True),))
    assert vehicle_of(the_day("08:50", [A, B, C], (paid,), V1="A B C")).max_work == 5 * HOUR - 50 * MINUTE


def test_limits_that_are_used_up_are_nothing_and_none_stays_none():
    limited = replace(V1, max_work=30 * MINUTE, max_stops=1)
    vehicle = vehicle_of(the_day("08:45", [A, B, C], (limited,), V1="A B C"))
    assert (vehicle.max_work, vehicle.max_stops, vehicle.max_drive) == (0, 0, None)


def test_times_that_were_noted_count_and_skipped_stops_do_not():
    limited = replace(V1, max_work=5 * HOUR, max_stops=3)
    day = noted(the_day("08:45", [A, B, C], (limited,), V1="A B C"), 0, actual_arrival=at("07:45"))
    vehicle = vehicle_of(noted(day, 1, status=SKIPPED))
    assert (vehicle.max_work, vehicle.max_stops) == (4 * HOUR, 2)


def test_capacity_is_less_by_what_stays_on_board():
    """Picked up at A, not delivered at B; what is delivered at C is on board of the rest anyway."""
    stops = [replace(A, delivery=(), pickup=(3000,)), B, C]
    day = noted(the_day("08:45", stops, (V1,), V1="A B C"), 2, status=FAILED)
    assert vehicle_of(day).capacity == (6000,)
    assert day.rest().aboard == {"V1": (4000,)}
    unlimited = replace(V1, capacity=(None,))
    assert vehicle_of(the_day("08:45", stops, (unlimited,), V1="A B C")).capacity == (None,)


def test_what_was_brought_back_to_the_depot_is_not_on_board():
    stops = [replace(A, delivery=(), pickup=(3000,)), B, C]
    day = the_day("09:05", stops, (replace(V1, max_trips=2),), V1="A | B C")
    assert day.done["V1"][-1].id == "B"
    assert vehicle_of(day).capacity == (10_000,)


def test_goods_of_a_pair_are_on_board_only_until_they_are_delivered():
    """What is still to be delivered counts by its delivery; what could not be delivered stays."""
    stops = [
        replace(A, delivery=(), pickup=(3000,)),
        replace(B, delivery=(3000,), picked_up_at="A"),
        C,
    ]
    assert vehicle_of(the_day("08:25", stops, (V1,), V1="A B C")).capacity == (10_000,)
    delivered = the_day("08:45", stops, (V1,), V1="A B C")
    assert vehicle_of(delivered).capacity == (10_000,)
    assert vehicle_of(noted(delivered, 2, status=FAILED)).capacity == (7000,)


# Breaks.


def breaks_at(now: str, *rules: Break, **members: Any) -> tuple[tuple[Break, ...], tuple[str, ...]]:
    day = the_day(now, [A, B, C, E], (replace(V1, breaks=rules, **members),), V1="A B C E")
    return vehicle_of(day).breaks, day.rest().notes


def test_breaks_by_the_clock_that_were_taken_are_off():
    taken = Break("B1", 5 * MINUTE, window=between("08:20", "08:25"))
    assert breaks_at("08:50", taken) == ((), ())


def test_breaks_by_the_clock_open_when_the_vehicle_is_free():
    """Else they would not be due: work begins after them."""
    late = Break("B1", 5 * MINUTE, window=between("08:20", "09:30"))
    day = the_day("08:15", [A, B], (replace(V1, breaks=(late,)),), V1="A B")
    visits = tuple(visit for visit in day.plan.routes[0].visits if visit.id in ("D1", "A"))[:2]
    day = with_progress(day, visits=visits, free=at("08:50"))
    assert vehicle_of(day).breaks == (replace(late, window=between("08:50", "09:30")),)


def test_break_that_was_missed_is_told_and_off():
    missed = Break("B1", 5 * MINUTE, window=between("08:20", "08:30"))
    day = the_day("08:45", [A, B, C], (V1,), V1="A B C")
    fleet = (replace(V1, breaks=(missed,)),)
    day = replace(day, problem=replace(day.problem, vehicles=fleet))
    assert vehicle_of(day).breaks == ()
    (note,) = day.rest().notes
    assert '"V1"' in note
    assert '"B1"' in note


def test_break_after_the_end_of_work_is_off_without_a_word():
    """A vehicle that is back before the break's time is over never was due it."""
    lunch = Break("B1", 5 * MINUTE, window=between("09:30", "10:00"))
    day = the_day("11:00", [A], (V1,), V1="A")
    assert day.day.progress[0].visits[-1].type == "end"
    fleet = (replace(V1, breaks=(lunch,)),)
    day = replace(day, problem=replace(day.problem, vehicles=fleet))
    assert (vehicle_of(day).breaks, day.rest().notes) == ((), ())


def test_break_that_was_never_due_is_off_without_a_word():
    """Work began after it opened."""
    over = Break("B1", 5 * MINUTE, window=between("07:30", "08:55"))
    assert breaks_at("08:45", over) == ((), ())


def test_driving_since_the_last_break_is_gone():
    rule = Break("B1", 15 * MINUTE, after_drive=2 * HOUR)
    ((left,), _) = breaks_at("08:45", rule)
    assert left == replace(rule, gone=25 * MINUTE)


def test_work_since_the_last_break_is_gone():
    rule = Break("B1", 15 * MINUTE, after_work=2 * HOUR)
    ((left,), _) = breaks_at("08:45", rule)
    assert left == replace(rule, gone=45 * MINUTE)


def test_break_long_enough_for_a_rule_resets_it():
    """A break by the clock, from 8:20 to 8:35, resets both; one that is too short resets neither."""
    lunch = Break("L", 15 * MINUTE, window=between("08:20", "08:25"))
    rules = (
        Break("B1", 15 * MINUTE, after_drive=2 * HOUR),
        Break("B2", 10 * MINUTE, after_work=2 * HOUR),
        Break("B3", 20 * MINUTE, after_work=2 * HOUR),
    )
    left, _ = breaks_at("08:40", lunch, *rules)
    assert [one.gone for one in left] == [5 * MINUTE, 5 * MINUTE, 40 * MINUTE]


def test_break_that_took_another_time_counts_as_it_was():
    """Ten minutes were planned, twenty it took."""
    lunch = Break("L", 10 * MINUTE, window=between("08:20", "08:25"))
    rule = Break("B1", 20 * MINUTE, after_work=2 * HOUR)
    day = the_day("08:35", [A, B, C], (replace(V1, breaks=(lunch, rule)),), V1="A B C")
    assert vehicle_of(day).breaks[0].gone == 35 * MINUTE
    day = noted(day, 2, actual_arrival=at("08:10"), actual_departure=at("08:30"))
    assert vehicle_of(day).breaks[0].gone == 5 * MINUTE


def test_first_part_alone_resets_nothing_and_the_second_does():
    rule = Break("B1", 15 * MINUTE, after_work=2 * HOUR, first_part=5 * MINUTE)
    first = Break("P1", 5 * MINUTE, window=between("08:20", "08:25"))
    second = Break("P2", 10 * MINUTE, window=between("08:45", "08:50"))
    (left,), _ = breaks_at("08:30", rule, first)
    assert left.gone == 30 * MINUTE
    (left,), _ = breaks_at("09:00", rule, first, second)
    assert left.gone == 5 * MINUTE


# Where a vehicle is going.


def test_next_stop_comes_first():
    """Also before stops that are kept in front, and that were to be first."""
    stops = [
        A,
        replace(B, keep=KEEP_PREFIX, keep_rank=1, vehicle_id="V1"),
        replace(C, order_rule=ORDER_FIRST),
        E,
    ]
    day = with_progress(the_day("08:25", stops, (V1,), V1="A B C E"), next_stop="E")
    going = stops_of(day)["E"]
    assert (going.vehicle_id, going.keep, going.order_rule) == ("V1", KEEP_PREFIX, ORDER_FIRST)
    rest = day.rest()
    ordered = replace(rest, sequences=(Sequence("V1", ("E", "B", "C")),))
    plan = reschedule(rest.problem, along_the_road(rest.problem), {}, Settings(), ordered.sequences)
    told = {(one.code, one.stop_id) for one in plan.violations}
    assert "E" not in {stop for _, stop in told}
    plan = reschedule(rest.problem, along_the_road(rest.problem), {}, Settings(), rest.sequences)
    assert ("lock", "E") in {(one.code, one.stop_id) for one in plan.violations}


def test_next_stop_is_on_board_of_the_vehicle_that_goes_there():
    """A new stop that a driver is going to already is not fetched at the depot first."""
    day = the_day("08:25", [A, B, E], (V1,), also={"V1": ("E",)}, V1="A B")
    assert day.rest().pickups
    assert not with_progress(day, next_stop="E").rest().pickups


def test_setup_is_done_where_the_vehicle_stands():
    """The scheduler asks for it where the visit before is no stop."""
    stops = [A, parcel("B", 1, setup=300), parcel("C", 1, setup=300), parcel("E", 2, setup=300)]
    day = the_day("08:19", stops, (V1,), V1="A B C E")
    assert [stops_of(day)[name].setup for name in "BCE"] == [0, 300, 300]
    assert stops_of(with_progress(day, way_drive=60))["B"].setup == 300


# Pairs and orders that are half done.


def pair(ride_max: int | None, **members: Any) -> list[Stop]:
    return [
        replace(A, delivery=(), pickup=(1000,)),
        replace(B, picked_up_at="A", ride_max=ride_max, **members),
        C,
    ]


def test_delivery_whose_pickup_is_done_is_for_the_vehicle_that_has_it():
    day = the_day("08:22", pair(None), V1="A B C")
    stop = stops_of(day)["B"]
    assert (stop.vehicle_id, stop.picked_up_at, stop.delivery) == ("V1", "", (1000,))
    assert stops_of(the_day("08:22", pair(None), goods=GOODS_FREE, V1="A B C"))["B"].vehicle_id == "V1"


def test_longest_ride_becomes_the_end_of_the_window():
    """A is left at 8:20."""
    stop = stops_of(the_day("08:22", pair(HOUR), V1="A B C"))["B"]
    assert (stop.windows, stop.late_max, stop.ride_max) == ((between("08:20", "09:20"),), 0, None)


def test_windows_end_with_the_longest_ride():
    two = (between("08:00", "09:00"), between("09:10", "10:00"), between("11:00", "12:00"))
    stop = stops_of(the_day("08:22", pair(HOUR, windows=two), V1="A B C"))["B"]
    assert stop.windows == (between("08:00", "09:00"), between("09:10", "09:20"))


@pytest.mark.parametrize(("late_max", "left"), [(0, 0), (300, 300), (None, 1200), (7200, 1200)])
def test_lateness_ends_with_the_longest_ride(late_max, left):
    windows = (between("08:00", "09:00"),)
    stop = stops_of(the_day("08:22", pair(HOUR, windows=windows, late_max=late_max), V1="A B C"))["B"]
    assert (stop.windows, stop.late_max) == (windows, left)


def test_ride_that_is_too_long_in_any_window_is_told():
    windows = (between("11:00", "12:00"),)
    day = the_day("08:22", pair(None, windows=windows), V1="A B C")
    stops = tuple(replace(stop, ride_max=HOUR * (stop.id == "B") or None) for stop in day.problem.stops)
    day = replace(day, problem=replace(day.problem, stops=stops))
    assert stops_of(day)["B"].windows == windows
    assert '"B"' in day.rest().notes[0]


@pytest.mark.parametrize("status", [FAILED, SKIPPED])
def test_delivery_of_what_was_not_picked_up_is_lost_and_told(status):
    day = noted(the_day("08:22", pair(None), V1="A B C"), 1, status=status)
    assert set(stops_of(day)) == {"C"}
    assert [(one.stop_id, one.reason) for one in day.rest().lost] == [("B", "pair")]
    assert day.rest().sequences[0].stops == ("C",)


def test_stop_after_one_that_is_done_stays_on_its_vehicle():
    """`before` asks for one route."""
    stops = [
        replace(A, before=("C", "B"), delivery=()),
        B,
        replace(C, delivery=()),
        replace(E, before=("A",)),
    ]
    day = the_day("08:25", stops, goods=GOODS_FREE, V1="A B C", V2="E")
    assert stops_of(day)["C"].vehicle_id == "V1"
    day = the_day("08:25", [*stops[:3], replace(stops[3], before=("A", "C"))], goods=GOODS_FREE, V1="A B C E")
    assert stops_of(day)["E"].before == ("C",)


def test_what_comes_after_a_skipped_stop_is_free():
    stops = [replace(A, before=("C",)), B, C]
    day = the_day("08:25", stops, goods=GOODS_FREE, V1="A B C")
    assert stops_of(noted(day, 1, status=SKIPPED))["C"].vehicle_id == ""


def test_how_stops_were_planned_stays():
    day = the_day("08:25", [A, B, C], V1="A B C")
    assert stops_of(day)["C"].planned == day.problem.stops[2].planned
    assert day.problem.stops[2].planned.rank == 2


# Goods.


def test_goods_of_the_current_trip_stay_on_their_vehicle():
    """Without a pickup, and whenever they were to be ready."""
    day = the_day("08:25", [A, B, replace(C, ready=at("07:30")), E], V1="A B C", V2="E")
    stop = stops_of(day)["C"]
    assert (stop.vehicle_id, stop.picked_up_at, stop.ready) == ("V1", "", None)
    assert not day.rest().pickups


def test_goods_at_the_depot_go_with_any_vehicle_that_has_not_left():
    """V2 leaves at nine."""
    fleet = (
        V1,
        replace(V2, shift=between("09:00", "17:00")),
        replace(V2, id="V3", shift=between("09:00", "17:00")),
    )
    day = the_day("08:25", [A, B, replace(E, ready=at("08:30"))], fleet, V1="A B", V2="E")
    stop = stops_of(day)["E"]
    assert (stop.forbidden_vehicles, stop.vehicle_id, stop.picked_up_at) == (("V1",), "", "")
    assert stop.ready == at("08:30")


def test_goods_of_new_stops_are_fetched_at_the_depot():
    fresh = parcel("N", 5, penalty=20.0, skills=("lift",), ready=at("08:40"), forbidden_vehicles=("V2",))
    lift = replace(V1, skills=("lift",))
    day = the_day("08:25", [A, B, E, fresh], (lift, V2), V1="A B", V2="E")
    rest, stops = day.rest(loose=("N",)), stops_of(day)
    pickup = stops["goods of N"]
    assert dict(rest.pickups) == {"goods of N": ("N", "D1")}
    assert (pickup.lon, pickup.lat, pickup.service) == (*spot(0), day.day.fetch)
    assert (pickup.pickup, pickup.delivery) == (fresh.delivery, ())
    assert (pickup.skills, pickup.forbidden_vehicles, pickup.penalty) == (("lift",), ("V2",), 0.0)
    assert pickup.windows[0].start == at("08:40")
    assert (stops["N"].picked_up_at, stops["N"].ready, stops["N"].penalty) == ("goods of N", None, 20.0)
    assert rest.loose == ("N",)


def test_goods_are_fetched_while_the_depot_is_open():
    fresh = parcel("N", 5, ready=at("08:40"))
    depots = (a_depot("D1", 0, between("07:00", "12:00")),)
    day = the_day("08:25", [A, B, fresh], (V1,), depots, V1="A B")
    (window,) = stops_of(day)["goods of N"].windows
    assert window == Window(at("08:40"), at("12:00") - day.day.fetch)


@pytest.mark.parametrize(
    "rule", [{"order_rule": ORDER_FIRST}, {"keep": KEEP_PREFIX, "vehicle_id": "V1"}, {"zones": ("north",)}]
)
def test_pickups_of_goods_do_not_break_the_rules_of_their_delivery(rule):
    """What comes first is fetched first, and goods are fetched outside of the zone, too."""
    north = replace(V1, zones=("north",), zone_hard=True)
    stops = [replace(one, zones=("north",)) for one in (A, B)]
    fresh = parcel("N", 5, **{"zones": ("north",), **rule})
    day = the_day("08:15", [*stops, fresh], (north,), V1="A B")
    day = replace(day, sequences=(Sequence("V1", ("N", "B")),))
    assert day.rest().sequences == (Sequence("V1", ("goods of N", "N", "B")),)
    assert day.retimed().violations == ()


def test_depot_of_new_goods_is_that_of_their_vehicle_else_of_most():
    depots = (a_depot("D0", 9), a_depot("D1", 0))
    fleet = (replace(V1, id="V0", start_depot="D0"), V1, V2)
    stops = [A, B, C, parcel("N", 5), parcel("M", 5, vehicle_id="V0")]
    day = the_day("10:00", stops, fleet, depots, V0="A", V1="B", V2="C")
    assert dict(day.rest().pickups) == {"goods of N": ("N", "D1"), "goods of M": ("M", "D0")}


def test_no_pickup_where_no_vehicle_under_way_may_serve_the_stop():
    """Those at the depot load it as they load all else."""
    fleet = (V1, replace(V2, shift=between("09:00", "17:00")))
    day = the_day("08:25", [A, B, parcel("N", 5, allowed_vehicles=("V2",))], fleet, V1="A B")
    stop = stops_of(day)["N"]
    assert (stop.picked_up_at, stop.forbidden_vehicles) == ("", ("V1",))


def test_goods_of_later_trips_are_fetched_at_the_depot():
    """The pickups of a trip come first of it, as the reload did."""
    day = the_day("08:15", [A, B, C, E], (replace(V1, max_trips=2),), V1="A B | C E")
    rest = day.rest()
    assert rest.sequences == (Sequence("V1", ("B", "goods of C", "goods of E", "C", "E")),)
    assert "B" not in {delivery for delivery, _ in rest.pickups.values()}


def test_all_that_is_left_may_be_of_later_trips():
    """Between the last stop of a trip and the depot."""
    day = the_day("08:25", [A, B], (replace(V1, max_trips=2),), V1="A | B")
    assert day.sequences == (Sequence("V1", ("B",), (0,)),)
    assert day.rest().sequences == (Sequence("V1", ("goods of B", "B")),)


def test_pickups_go_right_before_their_delivery_under_way_and_first_at_the_depot():
    fleet = (V1, replace(V2, shift=between("09:00", "17:00"), max_trips=2))
    stops = [A, B, C, E, parcel("N", 5), parcel("M", 6)]
    day = the_day("08:25", stops, fleet, also={"V1": ("N",), "V2": ("M",)}, V1="A B", V2="C | E")
    by_vehicle = {sequence.vehicle_id: sequence for sequence in day.rest().sequences}
    assert by_vehicle["V1"].stops == ("B", "goods of N", "N")
    assert by_vehicle["V2"].stops == ("C", "goods of E", "goods of M", "E", "M")
    assert by_vehicle["V2"].reloads == (1,)


def test_goods_of_a_lost_vehicle_are_fetched_where_it_stands():
    day = the_day("08:25", [A, B, C, E], lost={"V1": at("08:25")}, V1="A B C", V2="E")
    rest, stops = day.rest(), stops_of(day)
    assert [vehicle.id for vehicle in rest.problem.vehicles] == ["V2"]
    assert dict(rest.pickups) == {
        "goods of B": ("B", "V1 stands here"),
        "goods of C": ("C", "V1 stands here"),
    }
    assert stops["goods of B"].lon == pytest.approx((spot(1)[0] + spot(2)[0]) / 2)
    assert rest.loose == ("B", "C")
    assert [sequence.vehicle_id for sequence in rest.sequences] == ["V2"]


def test_what_was_picked_up_by_a_lost_vehicle_is_fetched_there_even_if_goods_are_free():
    """It is nowhere else."""
    day = the_day("08:25", [*pair(None), E], goods=GOODS_FREE, lost={"V1": at("08:25")}, V1="A B C", V2="E")
    assert dict(day.rest().pickups) == {"goods of B": ("B", "V1 stands here")}


def test_goods_of_later_trips_of_a_lost_vehicle_are_at_the_depot():
    fleet = (replace(V1, max_trips=2), V2)
    day = the_day("08:25", [A, B, C, E], fleet, lost={"V1": at("08:25")}, V1="A B | C", V2="E")
    assert dict(day.rest().pickups) == {"goods of B": ("B", "V1 stands here"), "goods of C": ("C", "D1")}


def test_goods_of_a_vehicle_lost_before_it_left_are_at_its_depot():
    """Those under way may fetch them, those at the depot load them."""
    fleet = (replace(V1, shift=between("09:00", "17:00")), V2)
    day = the_day("08:25", [A, E, B], fleet, lost={"V1": at("08:20")}, V1="A", V2="E B")
    assert dict(day.rest().pickups) == {"goods of A": ("A", "D1")}
    assert day.rest().loose == ("A",)


def test_goods_that_wait_to_be_fetched_still_do_when_the_day_is_planned_again():
    """Planned to be fetched after B, then planned again before V1 is there, and after."""
    first = the_day("08:25", [A, B, parcel("N", 1)], (V1,), also={"V1": ("N",)}, V1="A B")
    plan = first.retimed()
    again = at_moment(first.problem, along_the_road, plan, at("08:45"))
    assert again.problem.stops[2].planned.goods_at == "D1"
    assert dict(again.rest().pickups) == {"goods of N": ("N", "D1")}
    fetched = at_moment(first.problem, along_the_road, plan, at("09:05"))
    assert [visit.type for visit in fetched.done["V1"]][-1] == "transfer"
    assert not fetched.rest().pickups
    assert stops_of(fetched)["N"].vehicle_id == "V1"


def test_goods_stay_fetched_together_where_they_were_to_be():
    """Planned again before V1 is there: it does not drive back before each delivery."""
    order = ("B", "goods of M", "goods of N", "C", "M", "N")
    also = {"V1": ("N", "M")}
    first = the_day("08:25", [A, B, C, parcel("M", 4), parcel("N", 5)], (V1,), also=also, V1="A B C")
    rest = first.rest()
    given = reschedule(rest.problem, along_the_road(rest.problem), {}, Settings(), [Sequence("V1", order)])
    again = at_moment(first.problem, along_the_road, first.joined(rest, given), at("08:26"))
    (sequence,) = again.rest().sequences
    assert sequence.stops == order
    turned = replace(again, sequences=(replace(sequence, stops=("N", "B", "C", "M"), reloads=None),))
    (sequence,) = turned.rest().sequences
    assert sequence.stops == ("goods of N", "goods of M", "N", "B", "C", "M")


def test_goods_from_a_lost_vehicle_wait_there_for_those_that_have_not_left():
    """Planned again while V2 is still at the depot."""
    fleet = (V1, replace(V2, shift=between("09:00", "17:00")))
    first = the_day("08:25", [A, B], fleet, lost={"V1": at("08:25")}, V1="A B")
    rest = first.rest()
    given = reschedule(
        rest.problem, along_the_road(rest.problem), {}, Settings(), [Sequence("V2", ("goods of B", "B"))]
    )
    again = at_moment(
        first.problem, along_the_road, first.joined(rest, given), at("08:40"), lost={"V1": at("08:25")}
    )
    assert dict(again.rest().pickups) == {"goods of B": ("B", "V1 stands here")}


def test_stops_without_a_delivery_and_second_stops_of_pairs_have_no_goods():
    visit = a_stop("N", 5, service=60)
    two = [parcel("P", 5, delivery=(), pickup=(1000,)), parcel("Q", 6, picked_up_at="P")]
    day = the_day("08:25", [A, B, visit, *two], (V1,), V1="A B")
    assert not day.rest().pickups
    assert all(not stops_of(day)[name].forbidden_vehicles for name in ("N", "P", "Q"))


def test_goods_that_are_free_bind_nothing():
    day = the_day("08:25", [A, B, C, parcel("N", 5, ready=at("12:00"))], goods=GOODS_FREE, V1="A B", V2="C")
    stops = stops_of(day)
    assert not day.rest().pickups
    assert {(stop.vehicle_id, stop.forbidden_vehicles, stop.ready) for stop in stops.values()} == {
        ("", (), None)
    }


def test_goods_of_later_trips_are_fetched_even_if_goods_are_free():
    """There is no room for all of them at once."""
    day = the_day("08:15", [A, B, C], (replace(V1, max_trips=2),), goods=GOODS_FREE, V1="A B | C")
    assert dict(day.rest().pickups) == {"goods of C": ("C", "D1")}
    assert stops_of(day)["B"].vehicle_id == ""


def test_pickups_of_goods_count_for_no_limit_of_stops():
    day = the_day("08:15", [A, parcel("N", 5)], (V1,), also={"V1": ("N",)}, V1="A")
    assert [stop.fetch for stop in day.rest().problem.stops] == [True, False]


def test_goods_of_later_trips_are_at_the_depot_wherever_the_stop_goes():
    """C, taken off the second trip of V1, and put on no route."""
    day = the_day("08:15", [A, B, C, E], (replace(V1, max_trips=2),), V1="A B | C E")
    waiting = {"C": "D1", "E": "D1"}
    stops = tuple(
        replace(one, planned=one.planned and replace(one.planned, goods_at=waiting.get(one.id, "")))
        for one in day.problem.stops
    )
    day = replace(
        day, problem=replace(day.problem, stops=stops), sequences=(Sequence("V1", ("B", "E"), (1,)),)
    )
    assert dict(day.rest(loose=("C",)).pickups) == {"goods of C": ("C", "D1"), "goods of E": ("E", "D1")}
    day = replace(day, sequences=(Sequence("V1", ("C", "E"), (0,)),))
    assert set(day.rest(loose=("B",)).pickups) == {"goods of C", "goods of E"}


def test_first_stops_of_pairs_that_get_something_are_not_fetched_for():
    """They would be pickups of two pairs; on a lost vehicle nobody gets at it."""
    both = [parcel("P", 5, pickup=(500,)), parcel("Q", 6, delivery=(500,), picked_up_at="P")]
    day = the_day("08:25", [A, B, *both], (V1, replace(V2, shift=between("09:00", "17:00"))), V1="A B")
    assert not day.rest().pickups
    assert stops_of(day)["P"].forbidden_vehicles == ("V1",)
    day = the_day("08:25", [A, B, *both, E], lost={"V1": at("08:25")}, V1="A B P Q", V2="E")
    assert set(day.rest().pickups) == {"goods of B"}
    assert stops_of(day)["P"].forbidden_vehicles == ("V2",)
    assert any('"P"' in note for note in day.rest().notes)


def test_stop_for_another_vehicle_than_has_its_goods_is_told():
    day = the_day("08:25", [A, B, C], V1="A B C", V2="")
    stops = tuple(replace(stop, vehicle_id="V2" * (stop.id == "C")) for stop in day.problem.stops)
    day = replace(day, problem=replace(day.problem, stops=stops))
    assert stops_of(day)["C"].forbidden_vehicles == ("V2",)
    assert any('"C"' in note and '"V1"' in note for note in day.rest().notes)


def test_goods_are_kept_from_trips_with_those_they_may_not_be_with():
    """A is delivered already, but it was on this trip."""
    stops = [replace(A, goods_class="food"), B, parcel("N", 5, goods_class="paint")]
    clash = (("paint", "food"),)
    day = the_day("08:25", stops, (V1, V2), incompatible=clash, V1="A B")
    assert stops_of(day)["N"].forbidden_vehicles == ("V1",)
    assert stops_of(the_day("08:25", stops, (V1, V2), V1="A B"))["N"].forbidden_vehicles == ()
    loaded_again = the_day("09:05", stops, (replace(V1, max_trips=2),), incompatible=clash, V1="A | B")
    assert "N" in stops_of(loaded_again)
    assert stops_of(loaded_again)["N"].forbidden_vehicles == ()


def test_goods_without_a_depot_need_none():
    """All vehicles start where they like."""
    fleet = (replace(V1, start_depot=None), replace(V2, start_depot=None))
    day = the_day("08:25", [A, B, parcel("N", 5)], fleet, V1="A B")
    assert not day.rest().pickups


# Lost vehicles.


def test_rules_that_only_a_lost_vehicle_may_serve_a_stop_fall():
    stops = [
        A,
        replace(B, vehicle_id="V1", keep=KEEP_ORDER, keep_rank=2),
        replace(C, allowed_vehicles=("V1",)),
        E,
    ]
    day = the_day("08:25", stops, goods=GOODS_FREE, lost={"V1": at("08:25")}, V1="A B C", V2="E")
    found = stops_of(day)
    assert (found["B"].vehicle_id, found["B"].keep) == ("", "")
    assert found["C"].allowed_vehicles == ("V1",)


def test_there_may_be_no_vehicle_left():
    day = the_day("08:25", [A, B], (V1,), lost={"V1": at("08:25")}, V1="A B")
    assert day.rest().problem.vehicles == ()
    assert day.rest().loose == ("B",)


# What is asked.


def test_loose_stops_are_named_once():
    day = the_day("08:25", [A, B, E, parcel("N", 5)], lost={"V1": at("08:25")}, V1="A B", V2="E")
    assert day.rest(loose=("N",)).loose == ("N", "B")


def test_every_fault_is_told_at_once():
    day = the_day("08:25", [A, B, C], V1="A B")
    sequences = (*day.sequences, Sequence("V1", ("A", "X")), Sequence("V9", ("B",)))
    stranger = Progress("V8", visits=day.done["V1"], lost=True)
    lost = replace(day.day.progress[0], lost=True)
    with pytest.raises(InputError) as refused:
        rest_of(day.problem, sequences, Day(0, (lost, stranger)), Ask(loose=("B", "Y")))
    told = "\n".join(refused.value.problems)
    for words in (
        *('"V9": there is no such vehicle', '"V1" has 2 sequences', '"V8": there is no such vehicle'),
        *('"V1": it is lost', '"X" of the day', '"Y" of the day', '"A" is 3 times', '"B" is 2 times'),
        '"B" is loose and has a place',
    ):
        assert words in told, words


# Travel times by id.


def opened(problem: Problem, source: dict[str, Any]) -> Travel:
    return open_travel(problem, source, lambda text: None)


def by_id(problem: Problem) -> dict[str, Any]:
    """A table of the user's own: along the road, but no way from a place to itself."""
    travel = along_the_road(problem)
    names = [f"depot:{depot.id}" for depot in problem.depots] + [f"stop:{stop.id}" for stop in problem.stops]
    places = [*travel.depot_place, *travel.stop_place]
    seconds = [[int(travel.matrices["car"].seconds[one, other]) for other in places] for one in places]
    for number, row in enumerate(seconds):
        row[number] = UNREACHABLE
    return {"source": "matrix", "ids": names, "seconds": seconds, "metres": seconds}


def test_table_by_id_knows_where_vehicles_are_and_goods():
    """V1 is half way from A to B: five minutes to go; to C as long as from A."""
    problem = a_problem([A, B, C, parcel("N", 5)], [a_depot("D1", 0)], [V1])
    plan = planned(problem, V1="A B C")
    rest = at_moment(problem, along_the_road, plan, at("08:25")).rest(loose=("N",))
    travel = open_rest(rest, by_id(problem), opened)
    seconds = travel.matrices["car"].seconds
    stop = {stop.id: place for stop, place in zip(rest.problem.stops, travel.stop_place)}
    here = travel.depot_place[[depot.id for depot in rest.problem.depots].index("now V1")]
    assert seconds[here, stop["B"]] == 5 * MINUTE
    assert seconds[here, stop["C"]] == 20 * MINUTE
    assert seconds[stop["goods of N"], stop["N"]] == 50 * MINUTE
    assert seconds[travel.depot_place[0], stop["goods of N"]] == 0


def test_table_by_id_knows_where_lost_vehicles_stand():
    problem = a_problem([A, B, E], [a_depot("D1", 0)], [V1, V2])
    day = at_moment(
        problem, along_the_road, planned(problem, V1="A B", V2="E"), at("08:25"), lost={"V1": at("08:25")}
    )
    rest = day.rest()
    travel = open_rest(rest, by_id(problem), opened)
    stop = {stop.id: place for stop, place in zip(rest.problem.stops, travel.stop_place)}
    assert travel.matrices["car"].seconds[stop["goods of B"], stop["B"]] == 10 * MINUTE
