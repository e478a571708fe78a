"""Pairs and stops that come before others: what goes in and out together, and in what order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optiway_qgis.engine.solving.insertion import best_insertions, complete, eased, keep_rules, promote
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import route_price, score
from optiway_qgis.engine.solving.polish import polish
from optiway_qgis.engine.solving.schedule import Timetable, timetables
from optiway_qgis.engine.solving.units import Units
from optiway_qgis.model.problem import (
    BALANCE_DISTANCE,
    BALANCE_STOPS,
    BALANCE_TIME,
    KEEP_ORDER,
    KEEP_PREFIX,
    ORDER_FIRST,
    ORDER_LAST,
    ORDER_STRICT,
    Depot,
    Goals,
    Stop,
    Vehicle,
    Window,
)
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, line_travel, spot
from tests.engine.plannable import counting_clock


def an_instance(
    stops: list[Stop], *vehicles: Vehicle, depot: Depot | None = None, goals: Goals = Goals()
) -> Instance:
    problem = replace(a_problem(stops, [depot or a_depot("D1", 0)], list(vehicles)), goals=goals)
    return Instance(problem, line_travel(problem))


def a_pair(pickup: int, delivery: int, **members: object) -> list[Stop]:
    """Return a stop where a unit is picked up, and where it is delivered."""
    first = a_stop(f"P{pickup}", pickup, pickup=(1000,), **members)
    return [first, a_stop(f"P{delivery}", delivery, delivery=(1000,), picked_up_at=first.id, **members)]


KEPT = {"vehicle_id": "V1", "keep": KEEP_ORDER}
RANKED = {"order_rule": ORDER_STRICT}


@pytest.mark.parametrize(
    ("stops", "given", "mended"),
    [
        pytest.param(a_pair(1, 2), [1, 0], [0, 1], id="delivery before pickup"),
        pytest.param([a_stop("S1", 1), a_stop("S2", 2, before=("S1",))], [0, 1], [1, 0], id="before another"),
        pytest.param([a_stop("S1", 1), a_stop("S2", 2, order_rule=ORDER_FIRST)], [0, 1], [1, 0], id="first"),
        pytest.param([a_stop("S1", 1, order_rule=ORDER_LAST), a_stop("S2", 2)], [0, 1], [1, 0], id="last"),
        pytest.param(
            [a_stop("S1", 1, keep_rank=2, **KEPT), a_stop("S2", 2), a_stop("S3", 3, keep_rank=1, **KEPT)],
            [0, 1, 2],
            [1, 2, 0],
            id="kept in order",
        ),
        pytest.param(
            [a_stop("S1", 1), a_stop("S2", 2, vehicle_id="V1", keep=KEEP_PREFIX)], [0, 1], [1, 0], id="prefix"
        ),
    ],
)
def test_order_that_breaks_a_rule_is_mended_before_any_stop_is_taken_out(stops, given, mended):
    """What has to come first does, the rest stays in its order."""
    assert keep_rules(an_instance(stops, VAN), [given]) == [mended]


def test_stops_that_contradict_each_other_are_taken_out():
    """A first stop of a pair that is to come last: both of the pair go, the other stays."""
    pair = a_pair(1, 2)
    stops = [replace(pair[0], order_rule=ORDER_LAST), pair[1], a_stop("S3", 3)]
    assert keep_rules(an_instance(stops, VAN), [[0, 1, 2]]) == [[2]]


def test_half_a_pair_is_taken_out():
    """Its other half is on another route, or on none."""
    instance = an_instance([*a_pair(1, 2), a_stop("S3", 3)], VAN, replace(VAN, id="V2"))
    assert keep_rules(instance, [[0, 2], [1]]) == [[2], []]


def test_with_a_stop_go_those_it_comes_before():
    """The second is nothing without the first, which does not fit."""
    stops = [a_stop("S1", 1, delivery=(99_000,), before=("S2",)), a_stop("S2", 2), a_stop("S3", 3)]
    assert keep_rules(an_instance(stops, VAN), [[0, 1, 2]]) == [[2]]


def test_pair_is_put_in_where_it_costs_least_and_its_order_allows():
    """Pickup at 3 on the way out to 4, or back; delivery at 2 on the way back; alone one after the other."""
    delivery = a_stop("P2", 2, delivery=(1000,), picked_up_at="P3")
    stops = [a_stop("S1", 1), delivery, a_stop("P3", 3, pickup=(1000,)), a_stop("S4", 4)]
    instance = an_instance(stops, VAN)
    assert complete(instance, [[0, 3]], [1, 2]) in ([[0, 3, 2, 1]], [[0, 2, 3, 1]])
    assert complete(instance, [[]], [1]) == [[]]
    assert complete(instance, [[]], [1, 2]) == [[2, 1]]


def test_best_place_of_a_pair_is_the_best_of_all():
    """Each two positions tried by hand, windows included."""
    late = (Window(9 * HOUR, 10 * HOUR),)
    stops = [a_stop("S1", 1, windows=late), a_stop("S4", 4), *a_pair(5, 2)]
    instance = an_instance(stops, VAN)
    tables = timetables(instance, [[0, 1]])
    (found,) = best_insertions(instance, tables, 3, [0], 12, in_order=True)
    routes = [
        [*[0, 1][:begin], 2, *[0, 1][begin:end], 3, *[0, 1][end:]]
        for begin in range(3)
        for end in range(begin, 3)
    ]
    trials = [Timetable(instance, VAN, stops) for stops in routes]
    best = min(route_price(trial) for trial in trials if not trial.violations)
    assert found.fits
    assert route_price(found.table) == pytest.approx(best)


def test_stop_that_comes_after_another_goes_to_its_vehicle():
    """However near the other vehicle is; and it waits for the one it comes after."""
    stops = [a_stop("S1", 1, vehicle_id="V1", before=("S3",)), a_stop("S2", 3), a_stop("S3", 3)]
    instance = an_instance(stops, VAN, replace(VAN, id="V2"))
    done = complete(instance, [[], [1]], [2, 0])
    assert done == [[0, 2], [1]]


def test_important_pair_is_exchanged_for_a_less_important_one():
    """Both go, both come."""
    stops = [*a_pair(1, 2), *a_pair(3, 4, priority=50)]
    instance = an_instance(stops, replace(VAN, max_stops=2))
    assert promote(instance, [[0, 1]], [0, 1, 2, 3]) == [[2, 3]]


def test_pair_is_eased_out_of_a_route_as_a_whole():
    """Four stops where three are allowed: the pair makes room, whichever of its stops is looked at."""
    stops = [a_stop("S1", 1), a_stop("S2", 2), *a_pair(3, 4)]
    instance = an_instance(stops, replace(VAN, max_stops=2), replace(VAN, id="V2"))
    assert eased(instance, [[0, 1, 2, 3], []]) == [[0, 1], [2, 3]]


def test_polish_moves_pairs_to_the_cheaper_vehicle():
    """A single stop of theirs could not."""
    instance = an_instance(
        a_pair(1, 2), replace(VAN, fixed_cost=100.0), replace(VAN, id="V2", fixed_cost=1.0)
    )
    assert polish(instance, [[0, 1], []], counting_clock(200)) == [[], [0, 1]]


@pytest.mark.parametrize(
    ("balance", "alone", "together"),
    [(BALANCE_TIME, 1, 2 + 1 / 6), (BALANCE_STOPS, 1, 2), (BALANCE_DISTANCE, 0, 6)],
)
def test_polish_sees_the_longest_route(balance, alone, together):
    """A second vehicle is worth its price when the longest route is dear; the score says so, too."""
    stops = [a_stop("S1", 1, service=HOUR), a_stop("S2", 2, service=HOUR)]
    van = replace(VAN, start_depot=None, end_depot=None)
    vans = [van, replace(van, id="V2", fixed_cost=500.0)]
    free, dear = (
        an_instance(stops, *vans, goals=Goals(balance=balance, balance_price=price)) for price in (0.0, 999.0)
    )
    assert polish(free, [[0, 1], []], counting_clock(200)) == [[0, 1], []]
    assert sorted(map(len, polish(dear, [[0, 1], []], counting_clock(200)))) == [1, 1]
    for answer, longest in (([[0], [1]], alone), ([[0, 1], []], together)):
        assert score(dear, answer).price - score(free, answer).price == pytest.approx(999.0 * longest)


def test_wishes_are_priced_by_the_route():
    """Lateness for 30.00 an hour, a stop out of zone for 7.00, and a vehicle dearer than any route."""
    late = {"windows": (Window(8 * HOUR, 8 * HOUR),), "late_max": None, "late_cost": 30.0}
    stops = [a_stop("S1", 1, zones=("A",), service=0), a_stop("S2", 2, zones=("B",), **late)]
    van = replace(VAN, zones=("A",), shift=Window(8 * HOUR, 18 * HOUR))
    plain = an_instance(stops, van, goals=Goals(zone_price=7.0))
    table = Timetable(plain, van, [0, 1])
    assert route_price(table) - sum(table.costs) == pytest.approx(30.0 * table.late[1] / 3600 + 7.0)
    few = an_instance(stops, van, goals=Goals(zone_price=7.0, fewest_vehicles=True))
    dearer = route_price(Timetable(few, van, [0, 1])) - route_price(table)
    assert dearer > sum(table.costs)


def test_two_vehicles_at_one_dock_keep_the_rule():
    """Loading takes all the time there is: one of two vehicles stays at home, the less important one."""
    depot = Depot("D1", *spot(0), docks=1, load=HOUR)
    shift = Window(8 * HOUR, 9 * HOUR + 1800)
    vans = [replace(VAN, id=name, shift=shift) for name in ("V1", "V2")]
    instance = an_instance([a_stop("S1", 1, priority=50), a_stop("S2", 1)], *vans, depot=depot)
    assert score(instance, [[0], [1]]).broken > 0
    assert score(instance, keep_rules(instance, [[0], [1]])).broken == 0


def test_stop_is_put_only_where_there_is_a_dock():
    """Loading takes an hour: of two vans one is back in time, and with an hour more the second is, too."""
    depot = Depot("D1", *spot(0), docks=1, load=HOUR)
    stops = [a_stop("S1", 1), a_stop("S2", 1)]
    for hours, served in ((1.5, [[0], []]), (2.5, [[0], [1]])):
        shift = Window(8 * HOUR, int((8 + hours) * HOUR))
        vans = [replace(VAN, id=name, shift=shift, max_stops=1) for name in ("V1", "V2")]
        instance = an_instance(stops, *vans, depot=depot)
        done = complete(instance, [[], []], [0, 1])
        assert (done, score(instance, done).broken) == (served, 0)


@pytest.mark.parametrize("first", range(4))
def test_stops_between_a_pair_are_served_with_it(first):
    """By `before` each comes after the pickup and before the delivery: all are on a route, or none is."""
    pickup, delivery = a_pair(1, 4)
    one, two = a_stop("S1", 3, before=("S2",)), a_stop("S2", 2, before=(delivery.id,))
    knot = [replace(pickup, before=("S1",)), one, two, delivery]
    stops = [*knot[first:], *knot[:first], a_stop("S5", 5)]
    in_order = [stops.index(stop) for stop in knot]
    for fleet in ((VAN,), (VAN, replace(VAN, id="V2"))):
        done = complete(an_instance(stops, *fleet), [[] for _ in fleet], list(range(5)))
        assert sorted(done[0]) == list(range(5))
        assert [stop for stop in done[0] if stop != 4] == in_order
    strange = [replace(stop, vehicle_id="V2") if stop is two else stop for stop in stops]
    assert complete(an_instance(strange, VAN), [[]], list(range(5))) == [[4]]
    assert complete(an_instance(stops, replace(VAN, max_stops=3)), [[]], list(range(5))) == [[4]]


def test_what_falls_and_what_is_tied():
    """Pairs both ways, `before` forwards only; and everything on one route is tied."""
    stops = [*a_pair(1, 2), a_stop("S3", 3, before=("S4",)), a_stop("S4", 4, before=("P1",)), a_stop("S5", 5)]
    units = Units(stops)
    assert units.among([4, 1, 3, 2, 0]) == [(4,), (2,), (3,), (0, 1)]
    assert units.falling([3]) == {3, 0, 1}
    assert units.falling([4]) == {4}
    assert units.tied([0]) == {0, 1, 2, 3}
    assert units.in_order([1, 0, 4, 3, 2]) == [4, 2, 3, 0, 1]
    assert list(units.places([2, 4], 3)) == [1, 2]
    assert list(units.places([4], 3)) == []


def test_long_chain_of_stops_that_come_before_each_other():
    """As many as a day may have, asked for from the last to the first."""
    stops = [a_stop(f"S{number}", 1, before=(f"S{number + 1}",)) for number in range(3000)]
    chain = list(range(len(stops)))
    assert Units(stops).among(chain[::-1]) == [(stop,) for stop in chain]
