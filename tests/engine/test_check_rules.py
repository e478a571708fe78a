"""The checker on the rules of fleets: trips, breaks, docks, pairs, locks, order, goods, zones, lateness.

Each rule at its boundary, with figures worked out by hand: what is just allowed, and one second or unit more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from optiway_qgis.engine.solving.check import check
from optiway_qgis.model.plan import Leg, Plan, Route, Unassigned, Visit, WishPrice
from optiway_qgis.model.problem import Break, Window
from tests.engine.cases import (
    VAN,
    a_depot,
    a_problem,
    a_stop,
    at,
    between,
    line_travel,
    spot,
)
from tests.engine.oracle import judged
from tests.engine.test_check import told

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.plan import Violation
    from optiway_qgis.model.problem import Problem, Stop

HOUR = 3600

FULL_DAY = """
start  D 0 08:00:00 0  0    08:00:00 182  08:03:02 0   178  0    0     0     2001 1
stop   A 1 08:13:02 60 0    08:14:02 302  08:19:04 122 178  600  6000  6000  0    1
stop   P 2 08:29:04 0  2906 09:17:30 150  09:20:00 0   5456 600  6000  12000 1000 1
stop   Q 3 09:30:00 0  0    09:30:00 0    09:30:00 0   2700 600  6000  18000 0    1
break  B 4 09:30:00 0  900  09:45:00 1800 10:15:00 0   2700 0    0     18000 0    1
reload D 5 10:45:00 0  600  10:55:00 136  10:57:16 0   2204 1800 18000 36000 500  2
stop   C 6 11:07:16 60 0    11:08:16 900  11:23:16 0   1604 600  6000  42000 0    2
end    D 7 11:33:16 0  0    11:33:16 0    11:33:16 0   1604 600  6000  48000 0    2
"""
"""The members of each visit in their order, trip last, worked out by hand; see `full_day`."""


def second(clock: str) -> int:
    """Return the seconds from midnight of a clock time such as 08:30:15, or of 08:30."""
    hours, minutes, *seconds = clock.split(":")
    return int(hours) * HOUR + int(minutes) * 60 + sum(map(int, seconds))


def full_day() -> tuple[Problem, Travel, Plan]:
    """Return a day with two trips, a pair, a break and overtime, whose figures were all worked out here.

    Places 10 min and 6 km apart in the order D, A (and C), P, Q. The driver takes half as long again.
    Loading takes 120 s and 30.5 s a unit: 2.001 units for A (61.03, so 62 s; what Q gets is picked up at P),
    0.5 for C (15.25, so 16 s). A takes 302 s (1.5 x 201), is 122 s after its window and may be 300. P could
    be served at 09:00 and is held until 09:17:30, so that Q, open from 09:30, waits for nothing. The break
    waits for 09:45. The reload may begin when the goods of C are ready at 10:50, and waits for the dock
    until 10:55.

    12796 s in all, of them 1800 s unpaid: 10996 s of work, 196 s of overtime at 2 cents, the others at 1.
    Slack from the end: the shift ends at 12:00, 1604 s later. The reload could begin at 11:21:44. The break
    has to start by 10:15, so it and Q have 45 min. P: by 10:00 at its place. A: served by 08:17.
    """
    vehicle = replace(
        VAN,
        id="V",
        start_depot="D",
        end_depot="D",
        shift=between("08:00", "12:00"),
        capacity=(2001,),
        fixed_cost=10,
        cost_per_hour=36,
        cost_per_km=0.5,
        service_factor=1.5,
        max_trips=2,
        overtime_after=3 * HOUR,
        overtime_cost_per_hour=72,
        breaks=(Break("B", 1800, between("09:45", "10:15")),),
    )
    stops = [
        a_stop(
            "A",
            1,
            service=201,
            setup=60,
            delivery=(2001,),
            windows=(between("08:00", "08:12"),),
            late_max=300,
        ),
        a_stop("P", 2, service=100, pickup=(1000,), windows=(between("09:00", "10:00"),)),
        a_stop(
            "Q",
            3,
            delivery=(1000,),
            windows=(between("09:30", "11:00"),),
            picked_up_at="P",
            ride_max=1200,
        ),
        a_stop("C", 1, service=600, setup=60, delivery=(500,), ready=at("10:50")),
    ]
    depot = replace(
        a_depot("D", 0, between("06:00", "20:00")),
        docks=1,
        load=120,
        load_per_unit=30.5,
    )
    problem = a_problem(stops, [depot], [vehicle])
    visits = []
    for row in FULL_DAY.strip().splitlines():
        kind, name, *cells = row.split()
        numbers = [second(cell) if ":" in cell else int(cell) for cell in cells]
        visits.append(Visit(kind, name, *numbers[:-2], load=(numbers[-2],), trip=numbers[-1]))
    legs = tuple(
        Leg(sequence, *names, seconds, seconds * 10, "estimate", (spot(places[0]), spot(places[1])))
        for sequence, names, seconds, places in (
            (1, "DA", 600, (0, 1)),
            (2, "AP", 600, (1, 2)),
            (3, "PQ", 600, (2, 3)),
            (5, "QD", 1800, (3, 0)),
            (6, "DC", 600, (0, 1)),
            (7, "CD", 600, (1, 0)),
        )
    )
    route = Route(
        route_id="V",
        vehicle_id="V",
        visits=tuple(visits),
        legs=legs,
        start=at("08:00"),
        end=second("11:33:16"),
        drive=4800,
        service=1352,
        setup=120,
        wait=4406,
        distance=48000,
        late=122,
        load_peak=(2001,),
        cost_fixed=10.0,
        cost_distance=24.0,
        cost_time=111.92,
        loading=318,
        break_time=1800,
        unpaid_break=1800,
        overtime=196,
    )
    return problem, line_travel(problem), Plan("p-hand", (route,), ())


def test_hand_worked_day_is_right():
    """Loading, trips, a held pickup, a break and overtime, worked out by a person."""
    problem, travel, plan = full_day()
    assert check(problem, travel, plan) == []


def test_oracle_agrees_with_the_hand_worked_day():
    """The other cases here take their figures from the oracle, so it is held to the same day."""
    problem, travel, plan = full_day()
    (own,) = judged(problem, travel, plan).routes
    assert own.cost_time == pytest.approx(111.92)
    assert replace(own, cost_time=111.92) == plan.routes[0]


def driven(
    problem: Problem, travel: Travel, *days: str, left: tuple[Unassigned, ...] = ()
) -> tuple[Plan, list[Violation]]:
    """Return the plan of the given days, and what the checker finds.

    A day is a vehicle, the start of its work and what it does between the depots: stops, `reload` and breaks,
    with `@` when it starts that may start later, with `/` for how many seconds a break is.
    """
    routes = []
    for day in days:
        vehicle_id, start, *words = day.split()
        vehicle = next(one for one in problem.vehicles if one.id == vehicle_id)
        visits = [] if vehicle.start_depot is None else [_visit("start", vehicle.start_depot)]
        lengths = {rest.id: rest.duration for rest in vehicle.breaks}
        for word in words:
            name, _, begin = word.partition("@")
            name, _, rest = name.partition("/")
            begun = second(begin) if begin else 0
            if name == "reload":
                visits.append(_visit("reload", f"{vehicle.start_depot}", begun))
            elif name in lengths:
                visits.append(_visit("break", name, begun, int(rest or lengths[name])))
            else:
                visits.append(_visit("stop", name, begun))
        if vehicle.end_depot is not None:
            visits.append(_visit("end", vehicle.end_depot))
        figures = (second(start), *[0] * 6, (), *[0.0] * 3)
        routes.append(Route(vehicle_id, vehicle_id, tuple(visits), (), figures[0], 0, *figures[1:]))
    plan = judged(problem, travel, Plan("p", tuple(routes), left))
    return plan, check(problem, travel, plan)


def _visit(kind: str, name: str, start: int = 0, service: int = 0) -> Visit:
    return Visit(kind, name, 0, 0, 0, 0, start, service, *[0] * 6, ())


def on_a_day(stops: list[Stop], day: str, depot: dict[str, object] | None = None, **van: object) -> list:
    """Return code, stop and amount of what is found when the van does that from 08:00."""
    members = {"window": between("06:00", "20:00"), **(depot or {})}
    problem = a_problem(stops, [replace(a_depot("D1", 0), **members)], [replace(VAN, **van)])
    return told(driven(problem, line_travel(problem), f"V1 08:00 {day}")[1])


def at_places(*members: dict[str, object]) -> list[Stop]:
    """Return stops S1, S2, ... at places 1, 2, ... with the given members."""
    return [a_stop(f"S{number}", number, **one) for number, one in enumerate(members, 1)]


# Lateness, latest start.


@pytest.mark.parametrize(("most", "found"), [(300, []), (299, [("time_window", "S1", 1)]), (None, [])])
def test_lateness_may_be_allowed(most, found):
    """There at 08:10, 5 min after the window; a second more than allowed is a breach, None allows any."""
    stop = a_stop("S1", 1, windows=(between("07:00", "08:05"),), late_max=most)
    assert on_a_day([stop], "S1") == found


def test_lateness_beyond_what_is_allowed_is_told_with_both_figures():
    """How late, and how much of it is too much."""
    stop = a_stop("S1", 1, windows=(between("07:00", "08:05"),), late_max=120)
    problem = a_problem([stop], [a_depot("D1", 0)], [VAN])
    (found,) = driven(problem, line_travel(problem), "V1 08:00 S1")[1]
    late = "5 min after its last window ends at 08:05, 3 min more than allowed."
    assert found.text == f"Service at stop S1 starts at 08:10, {late}"


@pytest.mark.parametrize(("most", "slack"), [(0, 0), (600, 600), (None, 31_200)])
def test_allowed_lateness_is_slack(most, slack):
    """There at 08:10 as the window closes; without a limit only the shift's end, 17:00, bounds it."""
    stop = a_stop("S1", 1, windows=(between("07:00", "08:10"),), late_max=most)
    problem = a_problem([stop], [a_depot("D1", 0)], [VAN])
    plan, found = driven(problem, line_travel(problem), "V1 08:00 S1")
    assert (plan.routes[0].visits[1].slack, found) == (slack, [])


@pytest.mark.parametrize(("latest", "found"), [("08:00:00", []), ("07:59:59", [("shift", "", 1)])])
def test_latest_start(latest, found):
    """Work begins at 08:00, which may be the latest start."""
    assert on_a_day(at_places({}), "S1", latest_start=second(latest)) == found


# Loading, trips, ready and due.


@pytest.mark.parametrize(("closes", "found"), [("08:07:30", []), ("08:07:29", [("depot_hours", "", 1)])])
def test_departure_is_within_the_depot_hours(closes, found):
    """Loading 2.5 units at 1 min each, after 5 min, is over at 08:07:30."""
    depot = {"load": 300, "load_per_unit": 60.0, "window": Window(0, second(closes))}
    assert on_a_day(at_places({"delivery": (2500,)}), "S1", depot, end_depot=None) == found


def test_work_before_the_depot_opens_is_told_even_where_departure_is_later():
    """Loading begins at 08:00, the depot opens at 08:05."""
    depot = {"load": 600, "window": between("08:05", "20:00")}
    assert on_a_day(at_places({}), "S1", depot) == [("depot_hours", "", 300)]


@pytest.mark.parametrize(("closes", "found"), [("08:30:00", []), ("08:29:59", [("depot_hours", "", 1)])])
def test_a_reload_is_over_within_the_depot_hours(closes, found):
    """Loaded at 08:05, back at 08:25, loaded again at 08:30."""
    depot = {"load": 300, "window": Window(0, second(closes))}
    stops = [a_stop("S1", 1), a_stop("S2", 1)]
    assert on_a_day(stops, "S1 reload S2", depot, end_depot=None, max_trips=2) == found


@pytest.mark.parametrize(("trips", "found"), [(3, []), (2, [("reload", "", 1)])])
def test_trips(trips, found):
    """Two reloads are three trips."""
    assert on_a_day(at_places({}, {}, {}), "S1 reload S2 reload S3", max_trips=trips) == found


def test_each_reload_too_many_is_told():
    """The second trip is one too many, the third is two."""
    found = on_a_day(at_places({}, {}, {}), "S1 reload S2 reload S3", max_trips=1)
    assert found == [("reload", "", 1), ("reload", "", 2)]


def test_each_trip_is_loaded_anew():
    """10 units fit on each of two trips, what came back is off; 10.001 are told at the reload."""
    stops = at_places({"delivery": (10_000,), "pickup": (10_000,)}, {"delivery": (10_001,)})
    assert on_a_day(stops, "S1 reload S2", max_trips=2) == [("capacity", "", 1)]
    assert on_a_day(stops, "S1 S2", max_trips=2) == [("capacity", "", 10_001), ("capacity", "S1", 10_001)]


@pytest.mark.parametrize(("ready", "found"), [("08:00:00", []), ("08:00:01", [("ready_due", "", 1)])])
def test_goods_are_ready_when_they_are_loaded(ready, found):
    """The first trip begins to load at 08:00, whatever loading takes; the second waits for its goods."""
    stops = at_places({"ready": second(ready)}, {"ready": at("12:00")})
    assert on_a_day(stops, "S1 reload S2", {"load": 900}, max_trips=2) == found


def test_goods_that_are_not_ready_at_an_open_start_are_told_at_the_first_stop():
    """No depot to be told at: the vehicle begins at S1 at 08:00, the goods of S2 are ready at 08:05."""
    stops = at_places({}, {"ready": at("08:05")})
    assert on_a_day(stops, "S1 S2", start_depot=None) == [("ready_due", "S1", 300)]


@pytest.mark.parametrize(
    ("day", "van", "back", "where"),
    [
        ("S1 S2", {}, "08:40:00", ""),
        ("S1 reload S2", {"max_trips": 2}, "08:20:00", ""),
        ("S2 reload S1", {"max_trips": 2}, "09:00:00", ""),
        ("S1 S2", {"end_depot": None}, "08:20:00", "S2"),
    ],
)
def test_goods_are_back_when_they_are_due(day, van, back, where):
    """Told where the trip of S1 ends, a second after its goods were due: end depot, reload or last stop."""
    assert on_a_day(at_places({"due": second(back)}, {}), day, **van) == []
    late = [("ready_due", where, 1)]
    assert on_a_day(at_places({"due": second(back) - 1}, {}), day, **van) == late


def test_texts_of_ready_and_due():
    """The trip, the moment and the stop whose goods it is about."""
    stops = at_places({"ready": at("08:05"), "due": at("08:12")}, {"ready": at("08:01"), "due": at("08:30")})
    problem = a_problem(stops, [a_depot("D1", 0)], [VAN])
    texts = [one.text for one in driven(problem, line_travel(problem), "V1 08:00 S1 S2")[1]]
    assert texts == [
        "Trip 1 of vehicle V1 begins at 08:00, 5 min before the goods of stop S1 are ready at 08:05.",
        "Trip 1 of vehicle V1 is back at 08:40, 28 min after the goods of stop S1 are due at 08:12.",
    ]


# Docks.


def at_the_docks(*days: str, docks: int = 1, load: int = 300) -> list:
    """Return what is found when vehicles V1, V2, ... do that, each with stops Sn and Tn of its own."""
    stops = [a_stop(f"{name}{number}", number) for number in (1, 2, 3) for name in "ST"]
    vehicles = [replace(VAN, id=f"V{number}", max_trips=2) for number in (1, 2, 3)]
    depot = replace(a_depot("D1", 0), docks=docks, load=load)
    problem = a_problem(stops, [depot], vehicles)
    served = " ".join(days).split()
    left = tuple(Unassigned(one.id, "dock", "None.") for one in stops if one.id not in served)
    found = driven(problem, line_travel(problem), *days, left=left)[1]
    return [(one.code, one.vehicle_id, one.amount) for one in found]


@pytest.mark.parametrize(("start", "found"), [("08:05:00", []), ("08:04:59", [("dock", "V2", 1)])])
def test_one_dock(start, found):
    """V1 loads from 08:00 until 08:05; at 08:05 the dock is free."""
    assert at_the_docks("V1 08:00 S1", f"V2 {start} S2") == found


def test_of_equals_the_later_vehicle_finds_the_docks_taken():
    """All load from 08:00 on; who comes first in the problem is there first, whatever the order of routes."""
    days = ("V3 08:00 S3", "V2 08:00 S2", "V1 08:00 S1")
    assert sorted(at_the_docks(*days)) == [("dock", "V2", 1), ("dock", "V3", 2)]
    assert at_the_docks(*days, docks=2) == [("dock", "V3", 1)]
    assert at_the_docks(*days, docks=3) == []


def test_loading_that_takes_no_time_needs_no_dock():
    """Nothing is loaded, so nobody stands at a dock."""
    assert at_the_docks("V1 08:00 S1", "V2 08:00 S2", load=0) == []


def test_a_reload_may_wait_for_the_dock():
    """V1 is back at 08:25 while V2 loads until 08:28."""
    assert at_the_docks("V1 08:00 S1 reload T1", "V2 08:23 S2") == [("dock", "V1", 1)]
    assert at_the_docks("V1 08:00 S1 reload@08:28 T1", "V2 08:23 S2") == []
    assert at_the_docks("V1 08:00 S1 reload@08:27:59 T1", "V2 08:23 S2") == [("dock", "V1", 1)]


def test_text_of_docks():
    """When, where, and how many are there."""
    stops = at_places({}, {})
    vehicles = [VAN, replace(VAN, id="V2")]
    problem = a_problem(stops, [replace(a_depot("D1", 0), docks=1, load=60)], vehicles)
    (found,) = driven(problem, line_travel(problem), "V1 08:00 S1", "V2 08:00 S2")[1]
    assert found.text == "Vehicle V2 begins to load at depot D1 at 08:00, but 1 of 1 docks are taken."


# Breaks.

LUNCH = Break("B", 1800, between("12:00", "13:00"))


@pytest.mark.parametrize(
    ("service", "found"),
    [(14_400, []), (17_400, []), (17_401, [("break", "", 1)])],
)
def test_break_starts_within_its_window(service, found):
    """From S1 on at 08:10: after 4 h it waits, after 4 h 50 min it is 13:00, a second later too late."""
    assert on_a_day(at_places({"service": service}), "S1 B", breaks=(LUNCH,)) == found


def test_break_is_taken_once():
    """Its window would hold it twice."""
    breaks = (replace(LUNCH, window=between("08:00", "13:00")),)
    assert on_a_day(at_places({}), "S1 B B", breaks=breaks) == [("break", "", 1)]


@pytest.mark.parametrize(
    ("window", "due"),
    [
        (("08:00:00", "08:19:59"), True),
        (("07:59:59", "08:19:59"), False),
        (("08:00:00", "08:20:00"), False),
    ],
)
def test_break_is_due_when_work_covers_its_window(window, due):
    """Work is from 08:00 to 08:20. A break that is due and not taken is told at the route."""
    breaks = (replace(LUNCH, window=Window(*map(second, window))),)
    assert on_a_day(at_places({}), "S1", breaks=breaks) == ([("break", "", 1800)] if due else [])


def test_break_not_taken_is_a_breach_of_the_route_alone():
    """No visit is to blame."""
    problem = a_problem(
        at_places({}),
        [a_depot("D1", 0)],
        [replace(VAN, breaks=(replace(LUNCH, window=Window(at("08:05"), at("08:10"))),))],
    )
    plan, (found,) = driven(problem, line_travel(problem), "V1 08:00 S1")
    assert [visit.violations for visit in plan.routes[0].visits] == [(), (), ()]
    assert plan.routes[0].violations == ("break",)
    text = "Vehicle V1 works from 08:00 to 08:20 without break B, due from 08:05 to 08:10."
    assert found.text == text


DRIVER = Break("B", 2700, after_drive=1200, first_part=900)


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("S1 B S2 S3", []),
        ("S1 S2 B S3", []),
        ("S1 S2 S3", [("break", "S3", 600)]),
        # 15 min and then 30 are a break of 45, in that order.
        ("S1 B/900 S2 B/1800 S3", []),
        ("S1 B/1800 S2 B/1800 S3", []),
        ("S1 B/1800 S2 B/900 S3", [("break", "S3", 600)]),
        ("S1 B/900 S2 B/900 S3", [("break", "S3", 600)]),
        # A reset takes the first part with it.
        ("S1 B/900 B S2 S3 B/1800 S4", [("break", "S4", 600)]),
        ("S1 S2 S3 S4", [("break", "S3", 600), ("break", "S4", 1200)]),
        # Breaks by other rules count when they are long enough.
        ("S1 S2 L/2700 S3", []),
        ("S1 S2 M/2699 S3", [("break", "S3", 600)]),
        ("S1 M/2699 S2 B/1800 S3", []),
        ("S1 B/900 S2 M/2699 S3", []),
    ],
)
def test_break_after_driving(day, found):
    """10 min between stops; more than 20 min of driving need a break of 45 min, or of 15 and then 30."""
    breaks = (
        DRIVER,
        Break("L", 2700, after_drive=10 * HOUR),
        Break("M", 2699, after_drive=10 * HOUR),
    )
    stops = [one for one in at_places({}, {}, {}, {}) if one.id in day]
    assert on_a_day(stops, day, end_depot=None, breaks=breaks) == found


@pytest.mark.parametrize(("most", "found"), [(1200, []), (1199, [("break", "S2", 1)])])
def test_driving_without_a_break_is_told_at_the_leg_too_long(most, found):
    """20 min of driving lead to S2, waiting and service aside."""
    breaks = (replace(DRIVER, after_drive=most),)
    stops = at_places({"service": 3600}, {})
    assert on_a_day(stops, "S1 S2", end_depot=None, breaks=breaks) == found


@pytest.mark.parametrize(
    ("day", "most", "found"),
    [
        ("S1 S2", 5400, []),
        ("S1 S2", 5399, [("break", "S2", 1)]),
        # Of a break its start counts, and after it the clock is at zero.
        ("S1 B S2", 3600, []),
        ("S1 B S2", 3599, [("break", "S1", 1), ("break", "", 1)]),
        ("S1 B S2", 1799, [("break", "S1", 1801), ("break", "", 1801), ("break", "S2", 1)]),
        # One that is too short to count is work like any other.
        ("S1 K S2", 6300, []),
        ("S1 K S2", 6299, [("break", "S2", 1)]),
    ],
)
def test_break_after_working(day, most, found):
    """S1 is done at 09:00, an hour after work began, S2 half an hour after that or after the break."""
    breaks = (Break("B", 2700, after_work=most), Break("K", 900, after_work=10 * HOUR))
    stops = at_places({"service": 3000}, {"service": 1200})
    assert on_a_day(stops, day, end_depot=None, breaks=breaks) == found


def test_texts_of_breaks():
    """How long, until where or when, and how much of it was too much."""
    breaks = (Break("D", 2700, after_drive=600), Break("W", 2700, after_work=900))
    problem = a_problem(at_places({}, {}), [a_depot("D1", 0)], [replace(VAN, end_depot=None, breaks=breaks)])
    texts = [one.text for one in driven(problem, line_travel(problem), "V1 08:00 S1 S2")[1]]
    assert texts == [
        "Vehicle V1 drives 20 min to S2 without break D, 10 min more than the 10 min allowed.",
        "Vehicle V1 works 20 min until 08:20 without break W, 5 min more than the 15 min allowed.",
    ]


@pytest.mark.parametrize(
    ("paid", "most", "found"),
    [
        (True, 3000, []),
        (True, 2999, [("work_limit", "", 1)]),
        (False, 1200, []),
        (False, 1199, [("work_limit", "", 1)]),
    ],
)
def test_unpaid_breaks_are_not_work(paid, most, found):
    """20 min of driving and a break of 30 min."""
    breaks = (Break("B", 1800, after_drive=10 * HOUR, paid=paid),)
    assert on_a_day(at_places({}), "S1 B", breaks=breaks, max_work=most) == found


# Pairs.

PAIR = ({"pickup": (1000,)}, {"delivery": (1000,), "picked_up_at": "S1"})


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("S1 S2", []),
        ("S1 S3 S2", []),
        ("S2 S1", [("pair", "S2", 1), ("pair", "S1", 1)]),
        ("S1 reload S2", [("pair", "S1", 1), ("pair", "S2", 1)]),
    ],
)
def test_pairs_are_on_one_trip_the_pickup_first(day, found):
    """What is picked up cannot be delivered before, and is unloaded at the depot."""
    stops = [one for one in at_places(*PAIR, {}) if one.id in day]
    assert on_a_day(stops, day, max_trips=2) == found


@pytest.mark.parametrize(("served", "other"), [("S1", "S2"), ("S2", "S1")])
def test_a_stop_of_a_pair_is_not_served_alone(served, other):
    """The other is left out, or on another vehicle: told at the one, or at both."""
    problem = a_problem(at_places(*PAIR), [a_depot("D1", 0)], [VAN, replace(VAN, id="V2")])
    travel = line_travel(problem)
    left = (Unassigned(other, "capacity", "Too much."),)
    assert told(driven(problem, travel, f"V1 08:00 {served}", left=left)[1]) == [("pair", served, 1)]
    apart = driven(problem, travel, f"V1 08:00 {served}", f"V2 08:00 {other}")[1]
    assert told(apart) == [("pair", served, 1), ("pair", other, 1)]


def test_texts_of_pairs():
    """What is missing, and where it should be."""
    problem = a_problem(at_places(*PAIR), [a_depot("D1", 0)], [VAN])
    texts = [one.text for one in driven(problem, line_travel(problem), "V1 08:00 S2 S1")[1]]
    assert texts == [
        "What stop S2 gets is not picked up before, at stop S1, on its trip.",
        "What stop S1 gives is not delivered after, at stop S2, on its trip.",
    ]


@pytest.mark.parametrize(
    ("day", "most", "found"),
    [
        ("S1 S2", 2700, []),
        ("S1 S2", 2699, [("ride_time", "S2", 1)]),
        # Held until 08:45, the pickup is over at 08:50, and the ride is only 10 min.
        ("S1@08:45 S2", 600, []),
        ("S1@08:45 S2", 599, [("ride_time", "S2", 1)]),
    ],
)
def test_ride_time(day, most, found):
    """The pickup is over at 08:15; the delivery begins 45 min after that, when its window opens."""
    stops = at_places(
        {"service": 300, "windows": (between("08:00", "08:50"),)},
        {"picked_up_at": "S1", "ride_max": most, "windows": (between("09:00", "10:00"),)},
    )
    assert on_a_day(stops, day) == found


def test_text_of_ride_time():
    """From where to where, how long, and how much of it was too much."""
    stops = at_places({}, {"picked_up_at": "S1", "ride_max": 540})
    problem = a_problem(stops, [a_depot("D1", 0)], [VAN])
    (found,) = driven(problem, line_travel(problem), "V1 08:00 S1 S2")[1]
    assert found.text == (
        "What is picked up at stop S1 is on its way to stop S2 for 10 min, 1 min more than the 9 min allowed."
    )


def held(until: str, ride_max: int | None, windows: tuple[Window, ...] = ()) -> list[Violation]:
    """Return what is said of starts when a pickup reached at 08:10 states that it starts then."""
    stops = at_places({"windows": windows}, {"picked_up_at": "S1", "ride_max": 6 * HOUR})
    problem = a_problem(stops, [a_depot("D1", 0)], [VAN])
    travel = line_travel(problem)
    free = a_problem([replace(stops[0], windows=()), stops[1]], [a_depot("D1", 0)], [VAN])
    plan, _ = driven(free, travel, f"V1 08:00 S1@{until} S2")
    asked = replace(problem, stops=(stops[0], replace(stops[1], ride_max=ride_max)))
    return [one for one in check(asked, travel, plan) if "start is" in one.text]


@pytest.mark.parametrize(
    ("until", "windows", "follows"),
    [
        ("08:20", (), ""),
        ("08:20", (("08:00", "08:20"),), ""),
        ("08:21", (("08:00", "08:20"),), "08:10"),
        ("09:30", (("08:00", "08:20"), ("09:00", "10:00")), ""),
        ("08:40", (("08:00", "08:20"), ("09:00", "10:00")), "08:10"),
    ],
)
def test_a_held_pickup_starts_within_a_window(until, windows, follows):
    """Any window will do, but outside of them service begins as it would without being held."""
    found = held(until, 6 * HOUR, tuple(between(*ends) for ends in windows))
    assert [one.stop_id for one in found if one.stop_id == "S1"] == (["S1"] if follows else [])
    assert all("but 29400 (08:10) follows." in one.text for one in found if one.stop_id == "S1")


def test_a_pickup_without_longest_ride_is_not_held():
    """Only what is picked up late for the sake of its ride may be."""
    (first, *_) = held("08:20", None)
    assert first.text == "Visit 1, stop S1: start is 30000 (08:20), but 29400 (08:10) follows."


@pytest.mark.parametrize(
    ("day", "lifo", "found"),
    [
        ("P1 P2 D2 D1", True, []),
        ("P1 D1 P2 D2", True, []),
        ("P1 P2 D1 D2", True, [("loading_order", "D1", 1)]),
        ("P1 P2 D1 D2", False, []),
        ("P1 P2 P3 D1 D2 D3", True, [("loading_order", "D1", 2), ("loading_order", "D2", 1)]),
        ("P1 P2 P3 D2 D3 D1", True, [("loading_order", "D2", 1)]),
    ],
)
def test_loading_order(day, lifo, found):
    """What was picked up last is delivered first; each delivery tells of how many are in its way."""
    names = day.split()
    stops = [
        a_stop(name, number, picked_up_at=name.replace("D", "P") if "D" in name else "")
        for number, name in enumerate(names, 1)
    ]
    assert on_a_day(stops, day, lifo=lifo) == found


def test_what_is_never_delivered_lies_in_the_way():
    """P2 stays on board when D1 is served, since D2 is left out."""
    stops = [a_stop("P1", 1), a_stop("P2", 2), a_stop("D1", 3, picked_up_at="P1")]
    stops.append(a_stop("D2", 4, picked_up_at="P2"))
    problem = a_problem(stops, [a_depot("D1", 0)], [replace(VAN, lifo=True)])
    left = (Unassigned("D2", "capacity", "Too much."),)
    found = driven(problem, line_travel(problem), "V1 08:00 P1 P2 D1", left=left)[1]
    assert told(found) == [("pair", "P2", 1), ("loading_order", "D1", 1)]
    assert found[1].text == (
        "Stop D1 gets what was picked up at P1, but what was picked up after that at P2 is still on board."
    )


# Who serves, and in what order.


@pytest.mark.parametrize(
    ("hard", "own", "stops_zones", "words"),
    [
        (True, ("north",), ("north", "east"), ""),
        (True, ("north",), ("south", "east"), "lies in south, east, but vehicle V1 serves north only."),
        (True, ("north", "east"), (), "lies in no zone, but vehicle V1 serves north, east only."),
        (False, ("north",), ("south",), ""),
        (True, (), ("south",), ""),
    ],
)
def test_zones(hard, own, stops_zones, words):
    """A vehicle with hard zones serves stops in one of them; without zones, or with soft ones, any."""
    van = replace(VAN, zones=own, zone_hard=hard)
    problem = a_problem([a_stop("S1", 1, zones=stops_zones)], [a_depot("D1", 0)], [van])
    found = driven(problem, line_travel(problem), "V1 08:00 S1")[1]
    assert told(found) == ([("zone", "S1", 1)] if words else [])
    assert [one.text for one in found] == ([f"Stop S1 {words}"] if words else [])


@pytest.mark.parametrize(
    ("members", "code"),
    [({"skills": ("lift",), "vehicle_id": "V2"}, "skill"), ({"vehicle_id": "V2"}, "vehicle_rule")],
)
def test_of_skill_vehicle_rule_and_zone_the_first_is_told(members, code):
    """One reason is enough."""
    found = on_a_day(at_places(members), "S1", zones=("north",), zone_hard=True)
    assert found == [(code, "S1", 1)]


def kept(rank: int, how: str = "order") -> dict[str, object]:
    """Return the members of a stop that keeps its place."""
    return {"keep": how, "keep_rank": rank}


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ((kept(1), {}, kept(2), kept(2)), []),
        ((kept(2), {}, kept(1)), [("lock", "S3", 1)]),
        ((kept(5), kept(1), kept(3)), [("lock", "S2", 4), ("lock", "S3", 2)]),
        ((kept(1, "prefix"), kept(2, "prefix"), {}, kept(3)), []),
        (({}, kept(1, "prefix")), [("lock", "S2", 1)]),
        ((kept(1), kept(2, "prefix")), [("lock", "S2", 1)]),
        ((kept(2, "prefix"), kept(1, "prefix")), [("lock", "S2", 1)]),
    ],
)
def test_locks(members, found):
    """Kept stops come by rank; before one that is kept as a prefix only others of the prefix may be."""
    stops = at_places(*members)
    assert on_a_day(stops, " ".join(stop.id for stop in stops)) == found


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (("first", "", "last"), []),
        (("first", "first", "", "last", "last"), []),
        (("", "first"), [("order", "S2", 1)]),
        (("last", ""), [("order", "S1", 1)]),
        (("last", "first"), [("order", "S1", 1), ("order", "S2", 1)]),
        (("first", "strict", "early", "last", ""), [("order", "S4", 1)]),
    ],
)
def test_first_and_last(rules, found):
    """Several may be first, or last; all others come between."""
    stops = at_places(*({"order_rule": rule} for rule in rules))
    assert on_a_day(stops, " ".join(stop.id for stop in stops)) == found


def test_first_holds_for_the_route_and_not_for_each_trip():
    """S2 is the first of its trip, but not of its route."""
    stops = at_places({}, {"order_rule": "first"})
    assert on_a_day(stops, "S1 reload S2", max_trips=2) == [("order", "S2", 1)]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (("V1 08:00 S1 S2 S3",), []),
        (("V1 08:00 S1 S2", "V2 08:00 S3"), []),
        (("V1 08:00 S2 S1 S3",), [("order", "S2", 1)]),
        (("V1 08:00 S1 S3", "V2 08:00 S2"), [("order", "S2", 1)]),
        (("V1 08:00 S2 S3",), [("order", "S2", 1)]),
        (("V1 08:00 S1 S3",), []),
    ],
)
def test_before(days, found):
    """S1 names S2, so S2 is not served without it earlier on its route; S1 may be served without S2."""
    stops = at_places({"before": ("S2",)}, {}, {})
    vehicles = [VAN, replace(VAN, id="V2")]
    problem = a_problem(stops, [a_depot("D1", 0)], vehicles)
    served = " ".join(days).split()
    left = tuple(Unassigned(one.id, "order", "None.") for one in stops if one.id not in served)
    assert told(driven(problem, line_travel(problem), *days, left=left)[1]) == found


def test_texts_of_locks_and_order():
    """Which stop, and which one it is about."""
    stops = at_places(
        {"order_rule": "last", "before": ("S3",), **kept(2)},
        {"order_rule": "first", **kept(1, "prefix")},
        {},
    )
    problem = a_problem(stops, [a_depot("D1", 0)], [VAN])
    texts = [one.text for one in driven(problem, line_travel(problem), "V1 08:00 S3 S1 S2")[1]]
    assert texts == [
        "Stop S2 is kept before all others, but comes after S3.",
        "Stop S2, kept at place 1, comes after S1 at place 2.",
        "Stop S3 is to come after S1, not earlier on its route.",
        "Stop S1 is to come last, but comes before S2.",
        "Stop S2 is to come first, but comes after S3.",
    ]


@pytest.mark.parametrize(
    ("goods", "day", "found"),
    [
        (("food", "paint"), "S1 S2", [("goods", "S2", 1)]),
        (("paint", "food"), "S1 S2", [("goods", "S2", 1)]),
        (("food", "paint"), "S1 reload S2", []),
        (("food", "glass"), "S1 S2", []),
        (("food", "food", "", ""), "S1 S2 S3 S4", []),
        (("gas", "gas"), "S1 S2", [("goods", "S2", 1)]),
        (("food", "glass", "paint", "food"), "S1 S2 S3 S4", [("goods", "S3", 1), ("goods", "S4", 1)]),
    ],
)
def test_goods(goods, day, found):
    """Food and paint may not be on one trip, nor two stops of gas; told at each after the first."""
    stops = at_places(*({"goods_class": one} for one in goods))
    problem = a_problem(stops, [a_depot("D1", 0)], [replace(VAN, max_trips=2)])
    problem = replace(problem, incompatible=(("food", "paint"), ("gas", "gas")))
    says = driven(problem, line_travel(problem), f"V1 08:00 {day}")[1]
    assert told(says) == found
    if goods == ("food", "paint") and found:
        assert (
            says[0].text
            == "Stop S2 with paint is on one trip with stop S1 with food, which may not be together."
        )


# Slack past breaks, reloads and held pickups.


def slacks(stops: list[Stop], day: str, depot: dict[str, object] | None = None, **van: object) -> list[int]:
    """Return the slacks of a day that breaks no rule, as both judges find them."""
    problem = a_problem(stops, [replace(a_depot("D1", 0), **(depot or {}))], [replace(VAN, **van)])
    plan, found = driven(problem, line_travel(problem), f"V1 08:00 {day}")
    assert found == []
    return [visit.slack for visit in plan.routes[0].visits]


def test_slack_ends_with_the_window_of_a_break():
    """There at 08:10, the break may begin until 08:40; it is over at 08:50, and the shift at 17:00."""
    breaks = (Break("B", 1800, between("08:20", "08:40")),)
    assert slacks(at_places({}), "S1 B", breaks=breaks) == [1800, 1800, 1800, 28_800]


def test_slack_ends_with_the_closing_of_the_depot_at_a_reload():
    """Back at 08:20, loaded at 08:25; the depot closes at 08:40 and the route ends at its last stop."""
    van = {"max_trips": 2, "end_depot": None}
    stops = [a_stop("S1", 1), a_stop("S2", 1)]
    depot = {"load": 300, "window": between("06:00", "08:40")}
    # Loading begins at 08:00, at S1 at 08:15, back at 08:25, loaded at 08:30, at S2 at 08:40, until 17:00.
    assert slacks(stops, "S1 reload S2", depot, **van) == [600, 600, 600, 30_000]


def test_slack_is_taken_up_by_what_is_held():
    """Held until 08:45 by choice, the pickup could be reached until its window ends at 08:50."""
    stops = at_places({"windows": (between("08:00", "08:50"),)}, {"picked_up_at": "S1", "ride_max": HOUR})
    assert slacks(stops, "S1@08:45 S2")[:2] == [2400, 2400]


# What the plan says of wishes.


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        (WishPrice("balance", 12.5, "Balance costs 12.50."), ""),
        (WishPrice("kept_order", 0, "The kept order costs nothing."), ""),
        (WishPrice("balance", 12.5, ""), "no text"),
        (WishPrice("happiness", 12.5, "Happiness costs 12.50."), "'happiness'"),
        (WishPrice("balance", float("inf"), "Balance costs everything."), "inf"),
        ("balance", "cannot be read"),
    ],
)
def test_prices_of_wishes_are_known_and_have_a_text(wish, word):
    """They are read as given: what a plan without the wish would cost is not found out again."""
    problem, travel, plan = full_day()
    found = check(problem, travel, replace(plan, wishes=(wish,)))
    assert [word in one.text for one in found] == ([True] if word else [])
