"""Where vehicles reload, held against all ways to cut an order of stops into trips, each timed by hand.

How the trips are timed in a plan is the scheduler's business (test_schedule.py).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest

from optiway_qgis.engine.solving.driving import Leg
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.trips import reloads
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.problem import Depot, Vehicle, Window, loading_time, service_time
from tests.engine.cases import (
    VAN,
    a_problem,
    a_stop,
    at,
    between,
    given_travel,
    line_travel,
    spot,
    travel_by_the_hour,
)

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.problem import Problem

TRUCK = replace(VAN, max_trips=2)
LOADING = Depot("D1", *spot(0), load=600)


def chosen(stops, vehicle: Vehicle = TRUCK, depot: Depot = LOADING, **members) -> tuple[int, ...]:
    """Return the reloads of stops on a line, ten minutes apart, served in the order given."""
    problem = replace(a_problem(stops, [depot], [vehicle]), **members)
    return reloads(Instance(problem, line_travel(problem)), vehicle, list(range(len(stops))))


def boxes(*amounts: int):
    return [a_stop(f"S{place}", place, delivery=(amount,)) for place, amount in enumerate(amounts, 1)]


def test_what_fits_on_one_trip_stays_on_one():
    """A reload costs time; without need there is none."""
    assert chosen(boxes(4000, 4000, 2000)) == ()


def test_reloads_where_the_way_back_is_shortest():
    """Both cuts keep the capacity; after the first stop the vehicle is nearer to the depot."""
    assert chosen(boxes(4000, 4000, 4000)) == (1,)


def test_never_more_trips_than_allowed():
    """Eighteen boxes and ten at a time ask for three trips; with two it is overloaded as rarely as can be."""
    stops = boxes(6000, 6000, 6000)
    assert chosen(stops, replace(TRUCK, max_trips=3)) == (1, 2)
    assert chosen(stops) == (1,)
    assert chosen(stops, VAN) == ()


def test_no_reload_without_a_depot_to_reload_at():
    """A vehicle that begins at its first stop has nowhere to go back to."""
    assert chosen(boxes(8000, 8000), replace(TRUCK, start_depot=None)) == ()


def test_what_is_picked_up_fills_the_vehicle():
    """Returns stay on board to the end of the trip, so they ask for a reload as deliveries do."""
    stops = [a_stop(f"S{place}", place, pickup=(6000,)) for place in (1, 2)]
    assert chosen(stops) == (1,)
    swapped = [
        a_stop("S1", 1, delivery=(6000,), pickup=(6000,)),
        a_stop("S2", 2, delivery=(4000,), pickup=(4000,)),
    ]
    assert chosen(swapped) == ()


def test_a_pair_is_not_torn_apart():
    """Nearest to the depot is the place of the pickup; what is to be delivered from there stays on board."""
    stops = [
        a_stop("S1", 2, delivery=(6000,)),
        a_stop("P", 1, pickup=(4500,)),
        a_stop("Q", 3, delivery=(4500,)),
        a_stop("S2", 4, delivery=(5000,)),
    ]
    assert chosen(stops) == (2,)
    stops[2] = replace(stops[2], picked_up_at="P")
    assert chosen(stops) == (1,)


def test_goods_that_may_not_meet_go_on_two_trips():
    """Bleach is taken back before bread is loaded."""
    stops = [
        a_stop("S1", 1, goods_class="bread"),
        a_stop("S2", 2, goods_class="bread"),
        a_stop("S3", 3, goods_class="bleach"),
    ]
    assert chosen(stops) == ()
    assert chosen(stops, incompatible=(("bleach", "bread"),)) == (2,)


def test_goods_ready_at_eleven_wait_for_the_second_trip():
    """On one trip all would wait until eleven; the day ends earlier when only the last stop waits."""
    stops = [
        a_stop("S1", 1, service=1800),
        a_stop("S2", 2, service=1800),
        a_stop("S3", 3, service=1800, ready=at("11:00")),
    ]
    assert chosen(stops) == (2,)
    assert chosen([*stops[:2], replace(stops[2], ready=at("07:30"))]) == ()


def test_goods_due_back_at_ten_are_brought_back_first():
    """What has to be at the depot at ten ends the first trip, though all would fit on one."""
    stops = [
        a_stop("S1", 1, service=1800, pickup=(1000,), due=at("10:00")),
        a_stop("S2", 2, service=7200),
    ]
    assert chosen(stops) == (1,)
    assert chosen([replace(stops[0], due=at("14:00")), stops[1]]) == ()


def test_loading_by_the_unit_may_ask_for_a_first_trip_of_its_own():
    """Loading all takes two hours, too long for the first stop's window; loading its own goods does not."""
    depot = Depot("D1", *spot(0), load_per_unit=720)
    stops = boxes(1000, 9000)
    assert chosen(stops, depot=depot) == ()
    stops[0] = replace(stops[0], windows=(between("08:00", "09:00"),))
    assert chosen(stops, depot=depot) == (1,)


def random_problem(draw: Random) -> Problem:
    """Return a day of one vehicle with loads, windows, moments and goods; half of them are easy to keep."""
    size = draw.randint(2, 6)
    easy = draw.random() < 0.5
    stops = []
    for number in range(size):
        place = number if draw.random() < 0.8 else max(0, number - 1)
        start = draw.randrange(7 * 12, 14 * 12) * 300
        window = Window(start, start + draw.choice((1800, 7200, 20_000)))
        later = Window(window.end + 1800, window.end + 5400)
        windows = () if easy else draw.choice(((), (), (window,), (window, later)))
        moments = (None, None) if easy and draw.random() < 0.8 else (at("09:00"), at("13:00"))
        stops.append(
            a_stop(
                f"S{number}",
                place + 1,
                service=draw.choice((0, 300, 1200)),
                setup=draw.choice((0, 240)),
                windows=windows,
                late_max=draw.choice((0, 0, 900, None)),
                delivery=(draw.choice((0, 2000, 4000, 6000)), draw.choice((0, 1000)))[: draw.randint(0, 2)],
                pickup=(draw.choice((0, 0, 3000)),),
                ready=draw.choice((None, None, moments[0])),
                due=draw.choice((None, None, moments[1])),
                goods_class=draw.choice(("", "", "a", "b", "c")),
            )
        )
    if draw.random() < 0.4:
        one, other = sorted(draw.sample(range(size), 2))
        stops[one] = replace(stops[one], pickup=(2000,))
        stops[other] = replace(stops[other], delivery=(2000,), picked_up_at=stops[one].id)
    depots = [
        Depot(
            f"D{number}",
            *spot(20 + number),
            window=None
            if easy
            else draw.choice((None, between("07:30", "14:00"), between("09:00", "18:00"))),
            load=draw.choice((0, 600)),
            load_per_unit=draw.choice((0.0, 0.0, 60.5)),
        )
        for number in (1, 2)
    ]
    vehicle = replace(
        VAN,
        max_trips=draw.randint(2, 4),
        end_depot=draw.choice(("D1", "D1", "D2", None)),
        capacity=draw.choice(((8000,), (10_000, 2000), (None, 3000))),
        shift=Window(at("08:00"), at("23:00") if easy else draw.choice((at("12:00"), at("17:00")))),
        latest_start=draw.choice((None, None, at("08:30"))),
        service_factor=draw.choice((1.0, 1.25)),
        max_drive=draw.choice((None, None, 9000)),
        max_distance=draw.choice((None, None, 90_000)),
    )
    incompatible = draw.choice(((), (("a", "b"),), (("a", "b"), ("c", "c"))))
    return replace(a_problem(stops, depots, [vehicle], dimensions=2), incompatible=incompatible)


def random_travel(draw: Random, problem: Problem) -> Travel:
    """Return travel times that know hours or not, or those of a town where no detour is shorter."""
    size = len(problem.depots) + len({(stop.lon, stop.lat) for stop in problem.stops})
    if draw.random() < 0.4 or not asks_for_trials(problem):
        spots = [(draw.randrange(900), draw.randrange(900)) for _ in range(size)]
        return given_travel(problem, [[abs(a - c) + abs(b - d) for c, d in spots] for a, b in spots])

    def table(slowest: int) -> list[list[int]]:
        rows = [[draw.randrange(300, slowest, 60) for _ in range(size)] for _ in range(size)]
        for place, row in enumerate(rows):
            row[place] = 0
            if draw.random() < 0.05:
                row[place - 1] = UNREACHABLE
        return rows

    if draw.random() < 0.5:
        return given_travel(problem, table(2400))
    return travel_by_the_hour(
        problem, (0, table(1800)), (at("09:00"), table(3600)), (at("10:30"), table(1500))
    )


def asks_for_trials(problem: Problem) -> bool:
    """Whether stops that fit on one trip may be cut all the same."""
    timed = any(stop.ready is not None or stop.due is not None for stop in problem.stops)
    return timed or problem.depots[0].load_per_unit > 0


def by_hand(problem: Problem, travel: Travel, cuts: tuple[int, ...]) -> tuple[int, int, int]:
    """Return rules broken, end and number of trips of the only vehicle, following the page word by word."""
    vehicle = problem.vehicles[0]
    instance = Instance(problem, travel)
    depot, end_depot = instance.depot("D1"), instance.depot(vehicle.end_depot)
    opens, closes = (depot.window.start, depot.window.end) if depot.window else (0, 10**9)
    broken = drive = metres = 0
    clock = max(vehicle.shift.start, opens)
    place = depot_place = instance.depot_place("D1")
    bounds = [0, *cuts, len(problem.stops)]

    def go(target: int) -> None:
        nonlocal clock, drive, metres, broken, place
        slots = travel.slots or None
        kind = next(iter(travel.matrices))
        tables = [slot.matrices[kind] for slot in slots] if slots else [travel.matrices[kind]]
        leg = Leg(
            [slot.start for slot in slots] if slots else [0],
            [int(one.seconds[place, target]) for one in tables],
            [int(one.metres[place, target]) for one in tables],
        )
        arrival = leg.arrival(clock)
        if arrival is None:
            broken += 1
        else:
            drive += arrival - clock
            metres += leg.metres[leg.begun_in(clock)]
            clock = arrival
        place = target

    def amounts(stop, way: str) -> list[int]:
        given = getattr(stop, way)
        return [given[axis] if axis < len(given) else 0 for axis in range(2)]

    def too_much(load: list[int]) -> bool:
        limits = (*vehicle.capacity, None)[:2]
        return any(limit is not None and have > limit for have, limit in zip(load, limits))

    due: list[int] = []
    for trip, (first, end) in enumerate(pairwise(bounds)):
        stops = problem.stops[first:end]
        if trip:
            go(depot_place)
        clock = max([clock, opens] + [stop.ready for stop in stops if stop.ready is not None])
        broken += any(clock > moment for moment in due)
        broken += not trip and vehicle.latest_start is not None and clock > vehicle.latest_start
        load = [0, 0]
        for stop in stops:
            if not stop.picked_up_at:
                load = [have + more for have, more in zip(load, amounts(stop, "delivery"))]
        broken += too_much(load)
        clock += loading_time(depot, load[0])
        broken += clock > closes
        for position, stop in enumerate(stops, first):
            before = place
            go(travel.stop_place[position])
            clock += 0 if before == place and position > first else stop.setup
            if stop.windows:
                clock = next((max(clock, one.start) for one in stop.windows if clock <= one.end), clock)
                broken += stop.late_max is not None and clock > stop.windows[-1].end + stop.late_max
            clock += service_time(vehicle, stop)
            load = [
                have - off + on
                for have, off, on in zip(load, amounts(stop, "delivery"), amounts(stop, "pickup"))
            ]
            broken += too_much(load)
            broken += any(
                {one, other} == {stop.goods_class, earlier.goods_class}
                for one, other in problem.incompatible
                for earlier in problem.stops[first:position]
            )
        due = [stop.due for stop in stops if stop.due is not None]
    if end_depot:
        go(instance.depot_place(end_depot.id))
        if end_depot.window:
            clock = max(clock, end_depot.window.start)
            broken += clock > end_depot.window.end
    broken += any(clock > moment for moment in due)
    broken += clock > vehicle.shift.end
    broken += vehicle.max_drive is not None and drive > vehicle.max_drive
    broken += vehicle.max_distance is not None and metres > vehicle.max_distance
    return broken, clock, len(bounds) - 1


def ways_to_cut(problem: Problem) -> list[tuple[int, ...]]:
    """Return all reloads that tear no pair apart and make no trip too many."""
    ids = [stop.id for stop in problem.stops]
    pairs = [
        (ids.index(stop.picked_up_at), position)
        for position, stop in enumerate(problem.stops)
        if stop.picked_up_at
    ]
    places = range(1, len(ids))
    return [
        cuts
        for count in range(problem.vehicles[0].max_trips)
        for cuts in combinations(places, count)
        if not any(one < cut <= other for one, other in pairs for cut in cuts)
    ]


def needs_none(problem: Problem, whole: tuple[int, int, int]) -> bool:
    """Whether a single trip breaks no rule and waits for no goods."""
    vehicle, window = problem.vehicles[0], problem.depots[0].window
    first = max(vehicle.shift.start, window.start if window else 0)
    return not whole[0] and all(stop.ready is None or stop.ready <= first for stop in problem.stops)


@pytest.mark.parametrize("seed", range(20))
def test_no_other_way_to_cut_is_better(seed):
    """Fewest rules broken, then the earliest end, then the fewest trips, of all ways where one is needed."""
    draw = Random(seed)
    cut = kept = 0
    for _ in range(40):
        problem = random_problem(draw)
        travel = random_travel(draw, problem)
        stops = list(range(len(problem.stops)))
        found = reloads(Instance(problem, travel), problem.vehicles[0], stops)
        ways = {cuts: by_hand(problem, travel, cuts) for cuts in ways_to_cut(problem)}
        best = ways[()] if needs_none(problem, ways[()]) else min(ways.values())
        assert ways[found] == best, (problem, found, ways)
        cut += bool(found)
        kept += not ways[found][0]
    assert cut >= 5
    assert kept >= 5
