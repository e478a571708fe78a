"""Days with loading, reloads, breaks, pairs and lateness that is allowed, worked out on paper.

Each plan is judged by the checker, too. Where reloads and breaks go and who waits for a dock is tested in
test_trips.py, test_breaks.py and test_docks.py; random problems in test_rich_random.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.solving.steps import Berths
from optiway_qgis.model.problem import (
    KEEP_ORDER,
    KEEP_PREFIX,
    ORDER_FIRST,
    ORDER_LAST,
    START_EARLY,
    Break,
    Depot,
    Sequence,
    Settings,
    Stop,
    Vehicle,
)
from tests.engine.cases import (
    VAN,
    Case,
    a_problem,
    a_stop,
    at,
    between,
    line_travel,
    spot,
    travel_by_the_hour,
)

if TYPE_CHECKING:
    from optiway_qgis.model.plan import Plan, Route

MINUTE = 60


def day(
    stops: list[Stop],
    vehicle: Vehicle = VAN,
    reloads: tuple[int, ...] | None = None,
    incompatible: tuple[tuple[str, str], ...] = (),
    **depot: Any,
) -> Case:
    """One vehicle serves the stops in the order given; places are ten minutes from the next."""
    problem = a_problem(stops, [Depot("D1", *spot(0), **depot)], [vehicle])
    problem = replace(problem, incompatible=incompatible)
    order = Sequence(vehicle.id, tuple(stop.id for stop in stops), reloads)
    return Case(problem, line_travel(problem), (order,))


def scheduled(case: Case) -> Plan:
    plan = reschedule(case.problem, case.travel, {}, Settings(), case.sequences)
    assert [found.text for found in plan.violations if found.code == "inconsistent"] == []
    return plan


def route_of(case: Case) -> Route:
    return scheduled(case).routes[0]


def starts(route: Route) -> list[tuple[str, int]]:
    return [(visit.type, visit.start) for visit in route.visits]


def table_of(case: Case, berths: Berths | None = None) -> Timetable:
    instance = Instance(case.problem, case.travel)
    table = Timetable(instance, instance.vehicles[0], list(range(len(instance.stops))))
    return table.berthed(berths) if berths else table


# Loading, start of work.


def test_loading_comes_before_departure_and_counts_what_is_put_on_board():
    """Ten minutes, and six seconds for each of 7.5 units; what is only picked up is not loaded."""
    stops = [a_stop("S1", 1, delivery=(7500,), windows=(between("10:00", "11:00"),))]
    stops.append(a_stop("S2", 2, pickup=(5000,)))
    route = route_of(day(stops, load=600, load_per_unit=6.0, window=between("06:00", "20:00")))
    first = route.visits[0]
    assert (first.arrival, first.start, first.service, first.end) == (
        at("09:39") + 15,
        at("09:39") + 15,
        645,
        at("09:50"),
    )
    assert (route.start, route.loading, route.service, route.wait) == (at("09:39") + 15, 645, 0, 0)
    assert route.end - route.start == route.drive + route.loading


def test_part_of_a_second_of_loading_is_a_whole_one():
    """0.0005 s for a unit is no thousandth of a second, 0.001 s for 0.5 units is a second begun."""
    stop = a_stop("S1", 1, delivery=(500,))
    assert route_of(day([stop], load_per_unit=0.001)).loading == 1
    assert route_of(day([stop], load_per_unit=0.0004)).loading == 0


def test_depot_closes_on_a_vehicle_that_is_still_loading():
    """Departure has to be within the hours: the start is no later than that, and told where it cannot be."""
    stop = a_stop("S1", 1, windows=(between("12:00", "13:00"),))
    vehicle = replace(VAN, end_depot=None)
    early = route_of(day([stop], vehicle, load=1800, window=between("06:00", "09:00")))
    assert (early.start, early.visits[0].end, early.violations) == (at("08:30"), at("09:00"), ())
    shut = route_of(day([stop], vehicle, load=1800, window=between("06:00", "08:20")))
    assert (shut.start, shut.visits[0].violations) == (at("08:00"), ("depot_hours",))


def test_start_rules():
    """As late as spares the wait, not past the latest start, or as early as can be."""
    stop = a_stop("S1", 1, windows=(between("10:00", "11:00"),))
    assert route_of(day([stop])).start == at("09:50")
    assert route_of(day([stop], replace(VAN, latest_start=at("09:00")))).start == at("09:00")
    early = replace(VAN, start_rule=START_EARLY)
    assert route_of(day([stop], early)).start == at("08:00")
    assert route_of(day([stop], early, window=between("08:30", "20:00"))).start == at("08:30")


def test_start_after_the_latest_one_is_told():
    """The depot opens only then: a plan kept by order is timed all the same."""
    route = route_of(
        day([a_stop("S1", 1)], replace(VAN, latest_start=at("09:00")), window=between("10:00", "20:00"))
    )
    assert (route.start, route.visits[0].violations, route.violations) == (
        at("10:00"),
        ("shift",),
        ("shift",),
    )


@pytest.mark.parametrize("rule", ["early", "late"])
def test_work_begins_when_the_goods_of_the_first_trip_are_ready(rule):
    """Goods of any stop of the trip, also where the start is open and nothing is loaded."""
    stops = [a_stop("S1", 1), a_stop("S2", 2, ready=at("09:15"))]
    vehicle = replace(VAN, start_rule=rule)
    assert route_of(day(stops, vehicle)).start == at("09:15")
    assert route_of(day(stops, replace(vehicle, start_depot=None))).start == at("09:15")


def test_what_is_back_too_late_is_told_at_the_end():
    """The end depot's visit tells it; without one the last stop does, for when work ends."""
    stops = [a_stop("S1", 1, due=at("08:20")), a_stop("S2", 2, service=60, due=at("08:40") + 59)]
    closed = route_of(day(stops))
    assert [visit.violations for visit in closed.visits] == [(), (), (), ("ready_due",)]
    apart = replace(VAN, end_depot=None)
    assert route_of(day(stops[1:], apart)).violations == ()
    assert route_of(day(stops, apart)).visits[-1].violations == ("ready_due",)


# Service and lateness.


def test_service_is_that_of_the_driver():
    """A third longer, in thousandths, and a second begun is a second."""
    route = route_of(
        day([a_stop("S1", 1, service=100), a_stop("S2", 1, service=3)], replace(VAN, service_factor=1.333))
    )
    assert [visit.service for visit in route.visits] == [0, 134, 4, 0]
    assert (route.service, route.end - route.start) == (138, 1338)


def test_lateness_up_to_the_limit_is_no_violation():
    """Served 40 minutes after the window: late all the same, and told from 39 minutes on."""

    def of(late_max):
        return route_of(day([a_stop("S1", 1, windows=(between("05:00", "07:30"),), late_max=late_max)]))

    for late_max, broken in ((0, True), (2399, True), (2400, False), (None, False)):
        route = of(late_max)
        assert (route.late, route.violations) == (2400, ("time_window",) if broken else ())
    assert of(2500).visits[1].slack == 100
    assert of(2500).start == at("08:00")
    assert of(None).visits[1].slack == at("17:00") - of(None).end


def test_slack_waits_through_the_gap_between_windows_to_the_last_second_allowed():
    """Slipping out of the first window is waiting for the second, and that may be missed by ten minutes."""
    windows = (between("08:00", "08:30"), between("10:00", "11:00"))
    stops = [
        a_stop("S1", 1, windows=windows, late_max=600),
        a_stop("S2", 2, windows=(between("08:20", "11:15"),)),
    ]
    route = route_of(day(stops))
    assert route.visits[1].start == at("08:10")
    assert route.visits[1].slack == at("11:05") - at("08:10")


# Reloads.


def two_trips(**depot: Any) -> Case:
    stops = [a_stop("S1", 1, delivery=(6000,), pickup=(1000,)), a_stop("S2", 2, delivery=(7000,))]
    return day(stops, replace(VAN, max_trips=2), (1,), load=300, load_per_unit=60.0, **depot)


def test_day_of_two_trips_worked_by_hand():
    """Loaded, out, back, loaded anew, out and home; what was picked up stays at the depot."""
    route = route_of(two_trips())
    load = [300 + 6 * 60, 300 + 7 * 60]
    reload = at("08:00") + load[0] + 1200
    assert [(visit.type, visit.sequence, visit.trip, visit.arrival, visit.end) for visit in route.visits] == [
        ("start", 0, 1, at("08:00"), at("08:00") + load[0]),
        ("stop", 1, 1, reload - 600, reload - 600),
        ("reload", 2, 2, reload, reload + load[1]),
        ("stop", 3, 2, reload + load[1] + 1200, reload + load[1] + 1200),
        ("end", 4, 2, reload + load[1] + 2400, reload + load[1] + 2400),
    ]
    assert [visit.load for visit in route.visits] == [(6000,), (1000,), (7000,), (0,), (0,)]
    assert (route.load_peak, route.loading, route.trips, route.violations) == ((7000,), sum(load), 2, ())
    assert [(leg.from_id, leg.to_id, leg.sequence) for leg in route.legs] == [
        ("D1", "S1", 1),
        ("S1", "D1", 2),
        ("D1", "S2", 3),
        ("S2", "D1", 4),
    ]
    assert [visit.cum_distance for visit in route.visits] == [0, 6000, 12_000, 24_000, 36_000]


def test_reload_waits_for_the_depot_and_for_the_goods():
    """It begins when both are there; the wait is the reload's, and the start is as late as that allows."""
    case = two_trips(window=between("06:00", "20:00"))
    late_goods = replace(case.problem.stops[1], ready=at("09:30"))
    case = replace(case, problem=replace(case.problem, stops=(case.problem.stops[0], late_goods)))
    route = route_of(case)
    assert (route.visits[2].start, route.visits[2].wait, route.violations) == (at("09:30"), 0, ())
    assert route.start == at("09:30") - 1200 - 660
    early = replace(case.problem.vehicles[0], start_rule=START_EARLY)
    route = route_of(replace(case, problem=replace(case.problem, vehicles=(early,))))
    assert route.visits[2].wait == at("09:30") - at("08:31")


def test_later_start_does_not_bring_a_trip_back_too_late():
    """The second trip has time; the first has to be back by nine, so the start is not moved past that."""
    stops = [a_stop("S1", 1, due=at("09:00")), a_stop("S2", 2, windows=(between("12:00", "13:00"),))]
    route = route_of(day(stops, replace(VAN, max_trips=2), (1,)))
    assert (route.start, route.visits[2].start, route.violations) == (at("08:40"), at("09:00"), ())
    hours = route_of(day(stops, replace(VAN, max_trips=2), (1,), window=between("06:00", "08:50"), load=300))
    assert (hours.visits[2].start, hours.visits[2].violations) == (at("08:45"), ())


def test_each_reload_too_many_is_told_and_the_depot_hours_of_each():
    """One trip is allowed and three are asked for; the last loading ends after the depot's closing."""
    stops = [a_stop(f"S{number}", 1) for number in (1, 2, 3)]
    route = route_of(day(stops, VAN, (1, 2), window=between("06:00", "08:40"), load=300))
    assert [visit.violations for visit in route.visits if visit.type == "reload"] == [
        ("reload",),
        ("depot_hours", "reload"),
    ]


def test_reload_without_a_start_depot_is_left_out_and_told():
    """There is nowhere to load; the plan is timed without, and says so."""
    case = day([a_stop("S1", 1), a_stop("S2", 2)], replace(VAN, start_depot=None), (1,))
    plan = scheduled(case)
    assert [visit.type for visit in plan.routes[0].visits] == ["stop", "stop", "end"]
    assert plan.notes == ('Vehicle "V1" has no start depot to reload at: its reloads are left out.',)


def test_setup_is_due_again_after_a_reload():
    """Parking is looked for anew when the vehicle comes back to the house."""
    stops = [a_stop("S1", 1, setup=90), a_stop("S2", 1, setup=90), a_stop("S3", 1, setup=90)]
    route = route_of(day(stops, replace(VAN, max_trips=2), (2,)))
    assert [visit.setup for visit in route.visits] == [0, 90, 0, 0, 90, 0]


# Breaks.

LUNCH = Break("L", 1800, window=between("12:00", "12:30"))


def test_break_is_a_visit_without_a_leg_at_the_place_before():
    """Setup is not due again after it, its load is that of the stop before, and unpaid it is no work."""
    stops = [a_stop("S1", 1, service=14400, delivery=(1000,)), a_stop("S2", 1, service=1800, setup=300)]
    vehicle = replace(VAN, breaks=(LUNCH,))
    route = route_of(day(stops, vehicle))
    assert starts(route) == [
        ("start", at("08:00")),
        ("stop", at("08:10")),
        ("break", at("12:10")),
        ("stop", at("12:40")),
        ("end", at("13:20")),
    ]
    rest = route.visits[2]
    assert (rest.id, rest.service, rest.end, rest.drive, rest.load, rest.slack) == (
        "L",
        1800,
        at("12:40"),
        0,
        (0,),
        1200,
    )
    assert [visit.sequence for visit in route.visits] == [0, 1, 2, 3, 4]
    assert [(leg.from_id, leg.to_id, leg.sequence) for leg in route.legs] == [
        ("D1", "S1", 1),
        ("S1", "S2", 3),
        ("S2", "D1", 4),
    ]
    assert (route.break_time, route.unpaid_break, route.work, route.cost_time) == (
        1800,
        1800,
        17400,
        pytest.approx(87),
    )
    paid = route_of(day(stops, replace(VAN, breaks=(replace(LUNCH, paid=True),))))
    assert (paid.break_time, paid.unpaid_break, paid.work) == (1800, 0, 19200)


def test_no_break_is_taken_that_a_later_start_makes_needless():
    """The first stop opens at two: the van starts after lunch, which is then not due."""
    stop = a_stop("S1", 1, windows=(between("14:00", "15:00"),))
    route = route_of(day([stop], replace(VAN, breaks=(LUNCH,))))
    assert (starts(route)[0], len(route.visits), route.violations) == (("start", at("13:50")), 3, ())


def test_rest_of_two_parts_keeps_the_european_rule():
    """Waiting for the second stop is the first part, 15 minutes; 30 more before the leg that is too long."""
    windows = {1: (between("09:40", "09:40"),), 2: (between("11:35", "20:00"),)}
    stops = [a_stop(f"S{number}", number, windows=windows.get(number, ())) for number in range(1, 5)]
    rule = Break("EU", 2700, after_drive=16200, first_part=900)
    problem = a_problem(stops, [Depot("D1", *spot(0))], [replace(VAN, end_depot=None, breaks=(rule,))])
    case = Case(problem, line_travel(problem, 6000), (Sequence("V1", tuple(stop.id for stop in stops)),))
    route = route_of(case)
    assert [(visit.start, visit.service) for visit in route.visits if visit.type == "break"] == [
        (at("09:40"), 900),
        (at("11:35"), 1800),
    ]
    assert (route.end, route.violations) == (at("15:25"), ())


def test_leg_after_a_break_is_driven_and_drawn_by_the_hour_it_is_begun_at():
    """Half the speed from half past twelve on, when the break is over."""
    stops = [a_stop("S1", 1, service=15300), a_stop("S2", 2)]
    case = day(stops, replace(VAN, breaks=(LUNCH,)))
    seconds = case.travel.matrices["car"].seconds
    travel = travel_by_the_hour(case.problem, (0, seconds.tolist()), (at("12:30"), (2 * seconds).tolist()))
    route = route_of(replace(case, travel=travel))
    assert [visit.drive for visit in route.visits] == [0, 600, 0, 1200, 2400]
    assert [leg.geometry[1] for leg in route.legs] == [spot(100), spot(101), spot(101)]


def test_overtime_has_a_price_of_its_own():
    """Two hours of work, the second half of them at 30 instead of 18; without a price at 18."""
    stop = a_stop("S1", 1, service=6000)
    vehicle = replace(VAN, overtime_after=3600, overtime_cost_per_hour=30.0)
    route = route_of(day([stop], vehicle))
    assert (route.work, route.overtime, route.cost_time) == (7200, 3600, pytest.approx(48))
    assert route_of(day([stop], replace(vehicle, overtime_cost_per_hour=None))).cost_time == pytest.approx(36)
    assert route_of(day([stop], replace(vehicle, overtime_after=7200))).overtime == 0


# Pairs.


def pair(first: int, second: int, **members: Any) -> list[Stop]:
    """Return a pickup P1 and its delivery L1 at two places."""
    pickup = a_stop("P1", first, pickup=(4000,), **members.pop("of_pickup", {}))
    return [pickup, a_stop("L1", second, delivery=(4000,), picked_up_at="P1", **members)]


def test_goods_of_a_pair_are_on_board_between_its_stops_only():
    """Nothing of them is loaded at the depot: neither room nor time."""
    stops = [a_stop("S1", 1, delivery=(3000,)), *pair(2, 3)]
    route = route_of(day([stops[1], stops[0], stops[2]], load_per_unit=60.0))
    assert [visit.load for visit in route.visits] == [(3000,), (7000,), (4000,), (0,), (0,)]
    assert route.loading == 180


def test_pickup_waits_so_that_the_ride_is_short_enough():
    """Delivered at ten, the goods would ride for 105 minutes and may for 60: they are fetched at nine."""
    pickup = {"windows": (between("08:00", "08:10"), between("08:30", "09:30")), "service": 300}
    stops = pair(1, 2, of_pickup=pickup, windows=(between("10:00", "11:00"),), ride_max=3600)
    early = replace(VAN, start_rule=START_EARLY)
    route = route_of(day(stops, early))
    assert (route.visits[1].arrival, route.visits[1].start, route.visits[1].wait) == (
        at("08:10"),
        at("08:55"),
        2700,
    )
    assert (route.visits[2].arrival, route.visits[2].start, route.violations) == (
        at("09:10"),
        at("10:00"),
        (),
    )
    impatient = pair(1, 2, of_pickup=pickup, windows=(between("10:00", "11:00"),), ride_max=1200)
    told = route_of(day(impatient, early))
    assert (told.visits[1].start, told.visits[2].violations) == (at("08:10"), ("ride_time",))


def test_ride_that_is_short_enough_holds_nobody_up():
    """Service begins at once where nothing is gained by waiting."""
    stops = pair(1, 2, windows=(between("09:00", "11:00"),), ride_max=3000)
    route = route_of(day(stops, replace(VAN, start_rule=START_EARLY)))
    assert (route.visits[1].wait, route.violations) == (0, ())


# Every rule that is broken, and where it is told.


def kept(stop_id: str, rank: int, keep: str = KEEP_ORDER) -> Stop:
    return a_stop(stop_id, 1, keep=keep, keep_rank=rank, vehicle_id="V1")


def another_pair(first: int = 3, second: int = 4) -> list[Stop]:
    return [a_stop("P2", first, pickup=(1,)), a_stop("L2", second, delivery=(1,), picked_up_at="P2")]


PLAIN = a_stop("S1", 1)
LIFO = replace(VAN, lifo=True)
P1, L1 = pair(1, 2)
P2, L2 = another_pair()
FOOD, PAINT = a_stop("F1", 1, goods_class="food"), a_stop("P1", 2, goods_class="paint")
BROKEN = {
    "kept order": ([kept("K2", 2), kept("K1", 1)], VAN, {"K1": "lock"}),
    "kept order, others between": ([kept("K1", 1), PLAIN, kept("K2", 2)], VAN, {}),
    "prefix": ([PLAIN, kept("K1", 1, KEEP_PREFIX)], VAN, {"K1": "lock"}),
    "prefix kept": ([kept("K1", 1, KEEP_PREFIX), PLAIN], VAN, {}),
    "first": ([PLAIN, a_stop("A", 1, order_rule=ORDER_FIRST)], VAN, {"A": "order"}),
    "both first": ([a_stop(name, 1, order_rule=ORDER_FIRST) for name in "AB"], VAN, {}),
    "last": ([a_stop("Z", 1, order_rule=ORDER_LAST), PLAIN], VAN, {"Z": "order"}),
    "before": ([PLAIN, a_stop("A", 1, before=("S1",))], VAN, {"S1": "order"}),
    "before kept": ([a_stop("A", 1, before=("S1",)), PLAIN], VAN, {}),
    "pair turned round": ([L1, P1], VAN, {"P1": "pair", "L1": "pair"}),
    "last in first out": ([P1, P2, L2, L1], LIFO, {}),
    "first in first out": ([P1, P2, L1, L2], LIFO, {"L1": "loading_order"}),
    "any order": ([P1, P2, L1, L2], VAN, {}),
    "goods": ([FOOD, PAINT], VAN, {"P1": "goods"}),
    "zone": ([a_stop("Z", 1, zones=("n",))], replace(VAN, zones=("s",), zone_hard=True), {"Z": "zone"}),
    "soft zone": ([a_stop("Z", 1, zones=("n",))], replace(VAN, zones=("s",)), {}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_rules_are_told_where_they_are_broken(name):
    """One small day for each rule; the checker tells the same."""
    stops, vehicle, expected = BROKEN[name]
    plan = scheduled(day(stops, vehicle, incompatible=(("paint", "food"),)))
    told = {visit.id: ",".join(visit.violations) for visit in plan.routes[0].visits if visit.violations}
    assert told == expected
    assert {(found.stop_id, found.code) for found in plan.violations} == set(expected.items())


def test_reload_parts_goods_and_tears_pairs():
    """What may not be on one trip may be on two; a pair may not."""
    goods = route_of(day([FOOD, PAINT], replace(VAN, max_trips=2), (1,), incompatible=(("food", "paint"),)))
    assert goods.violations == ()
    torn = route_of(day([P1, L1], replace(VAN, max_trips=2), (1,)))
    assert [visit.violations for visit in torn.visits] == [(), ("pair",), (), ("pair",), ()]
    assert torn.visits[3].load == (-4000,)


def test_half_a_pair_is_told():
    """The delivery is served and the pickup left out."""
    problem = a_problem([P1, L1], [Depot("D1", *spot(0))], [VAN])
    case = Case(problem, line_travel(problem), (Sequence("V1", ("L1",)),))
    assert route_of(case).visits[1].violations == ("pair",)


def test_codes_come_in_the_order_of_the_page():
    """A stop too late, too heavy, without its skill, behind one that is kept after it, and torn."""
    stop = a_stop(
        "S1",
        1,
        windows=(between("05:00", "06:00"),),
        pickup=(20_000,),
        skills=("lift",),
        keep=KEEP_ORDER,
        vehicle_id="V1",
        picked_up_at="P1",
        ready=0,
        due=0,
    )
    route = route_of(day([kept("K", 5), stop, P1], replace(VAN, max_stops=1)))
    assert route.violations == ("time_window", "capacity", "skill", "lock", "pair", "ready_due", "stop_limit")


# Docks: what the scheduler is told about them.


def test_loading_is_moved_as_the_docks_ask():
    """Later than would be best, or earlier, which is a wait at the stop; a dock that is missing is told."""
    case = day([a_stop("S1", 1, windows=(between("10:00", "12:00"),))], load=600)
    assert table_of(case).loadings == [(at("09:40"), at("09:50"))]
    later = table_of(case, Berths((at("10:30"),)))
    assert (later.loadings, later.begin) == ([(at("10:30"), at("10:40"))], [at("10:50")])
    sooner = table_of(case, Berths(start_by=at("09:00")))
    assert (sooner.start, sooner.begin, sooner.route().visits[1].wait) == (
        at("09:00"),
        [at("10:00")],
        40 * MINUTE,
    )
    without = table_of(case, Berths(without=(0,)))
    assert (without.violations, without.route().visits[0].violations) == (("dock",), ("dock",))


def test_reload_waits_for_a_dock():
    """The second loading is held up, the first begins as late as that allows."""
    table = table_of(two_trips(), Berths((None, at("10:00"))))
    assert table.loadings[1][0] == at("10:00")
    assert table.loadings[0][1] == at("09:40")
