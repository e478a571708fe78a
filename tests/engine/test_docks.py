"""When vehicles load at docks, held against all moments to start at on a grid of five minutes.

How a loading is timed in a plan is the scheduler's business (test_schedule.py).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest

from optiway_qgis.engine.solving.breaches import breaches
from optiway_qgis.engine.solving.docks import berthed, beside
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.solving.steps import Berths
from optiway_qgis.model.problem import START_EARLY, Depot, Stop, Vehicle, Window
from tests.engine.cases import MINUTE, VAN, a_problem, a_stop, at, between, line_travel, spot

DOCK = Depot("D1", *spot(0), docks=1, load=30 * MINUTE)


def the_day(depot: Depot, vehicles: list[Vehicle], orders: list[list[Stop]], apart: int = 600) -> Instance:
    """Return the instance of vehicles that serve the stops of an order each."""
    problem = a_problem([stop for order in orders for stop in order], [depot], vehicles)
    return Instance(problem, line_travel(problem, apart))


def alone(
    instance: Instance, orders: list[list[Stop]], reloads: tuple[int, ...] = ()
) -> dict[int, Timetable]:
    """Return the times of each vehicle as if there were docks for all; the last one reloads."""
    tables = {}
    for vehicle, order in enumerate(orders):
        stops = [instance.stop_index[stop.id] for stop in order]
        given = reloads if vehicle + 1 == len(orders) else ()
        tables[vehicle] = Timetable(instance, instance.vehicles[vehicle], stops, given)
    return tables


def vans(number: int, **members) -> list[Vehicle]:
    return [replace(VAN, id=f"V{one}", **members) for one in range(number)]


def one_stop_each(*windows: Window | None) -> list[list[Stop]]:
    """Return an order of one stop, ten minutes from the depot, for each window."""
    return [
        [a_stop(f"S{number}", 1, windows=() if window is None else (window,))]
        for number, window in enumerate(windows)
    ]


def loading_times(tables: dict[int, Timetable]) -> list[list[int]]:
    """Return the minutes after eight at which the loadings of each vehicle begin."""
    return [
        [(begin - at("08:00")) // MINUTE for begin, _ in table.loadings]
        for _, table in sorted(tables.items())
    ]


def too_many_at(tables: dict[int, Timetable], docks: int) -> bool:
    """Whether at the begin of some loading more take place than there are docks."""
    loadings = [one for table in tables.values() for one in table.loadings if one[0] < one[1]]
    return any(sum(begin <= moment < end for begin, end in loadings) > docks for moment, _ in loadings)


def test_three_vehicles_at_one_dock_load_one_after_the_other():
    """All would load at eight; nothing hurries them, so they start later, which costs no waiting."""
    orders = one_stop_each(None, None, None)
    instance = the_day(DOCK, vans(3), orders)
    tables = alone(instance, orders)
    assert loading_times(tables) == [[0], [0], [0]]
    assert loading_times(berthed(instance, tables)) == [[0], [30], [60]]
    assert all(table.violations == () for table in berthed(instance, tables).values())


def test_vehicles_that_must_be_there_in_time_load_before():
    """All stops want their goods at ten sharp: loading at 9:20 was meant, so two start earlier and wait."""
    sharp = between("10:00", "10:00")
    orders = one_stop_each(sharp, sharp, sharp)
    instance = the_day(DOCK, vans(3), orders)
    tables = berthed(instance, alone(instance, orders))
    assert sorted(loading_times(tables)) == [[20], [50], [80]]
    assert all(table.violations == () for table in tables.values())


def test_two_docks_let_two_load_at_once():
    """Only the third vehicle has to wait."""
    orders = one_stop_each(None, None, None)
    instance = the_day(replace(DOCK, docks=2), vans(3), orders)
    assert loading_times(berthed(instance, alone(instance, orders))) == [[0], [0], [30]]


def test_who_has_to_leave_first_loads_first():
    """The vehicle with the early window takes the dock, though it is the last of the fleet."""
    orders = one_stop_each(None, between("08:00", "08:40"))
    instance = the_day(DOCK, vans(2), orders)
    tables = berthed(instance, alone(instance, orders))
    assert loading_times(tables) == [[30], [0]]
    assert all(table.violations == () for table in tables.values())


def test_a_dock_that_is_free_changes_nothing():
    """One vehicle leaves the dock at the moment the other comes: the tables are those given."""
    orders = one_stop_each(None, None)
    late, early = (replace(van, start_rule=START_EARLY) for van in vans(2))
    instance = the_day(DOCK, [replace(late, shift=between("08:30", "17:00")), early], orders)
    tables = alone(instance, orders)
    assert berthed(instance, tables) == tables


def test_a_vehicle_waits_at_a_reload():
    """The second trip is loaded when the dock is free again; the first as late as the dock is free before."""
    sharp = between("09:50", "09:50")
    orders = [[a_stop("S0", 1, windows=(sharp,))], [a_stop("S1", 1), a_stop("S2", 1)]]
    early, other = vans(2, max_trips=2)
    instance = the_day(DOCK, [early, replace(other, shift=between("08:25", "17:00"))], orders)
    tables = alone(instance, orders, reloads=(1,))
    assert loading_times(tables) == [[70], [25, 75]]
    assert loading_times(berthed(instance, tables)) == [[70], [40, 100]]


def test_who_finds_no_dock_says_so():
    """Both vehicles have to load at eight: one does so without a dock."""
    soon = between("08:00", "08:40")
    orders = one_stop_each(soon, soon)
    instance = the_day(DOCK, vans(2), orders)
    tables = berthed(instance, alone(instance, orders))
    assert loading_times(tables) == [[0], [0]]
    assert [table.violations for table in tables.values()] == [(), ("dock",)]


def test_depots_have_docks_of_their_own():
    """A vehicle at another depot does not wait for a dock here."""
    orders = one_stop_each(None, None)
    other = Depot("D2", *spot(5), docks=1, load=1800)
    first, second = vans(2)
    problem = a_problem(
        [stop for order in orders for stop in order],
        [DOCK, other],
        [first, replace(second, start_depot="D2")],
    )
    instance = Instance(problem, line_travel(problem))
    tables = alone(instance, orders)
    assert berthed(instance, tables) == tables


def random_day(draw: Random) -> tuple[Instance, list[list[Stop]]]:
    """Return two or three vehicles that load for a while, with windows that leave some room or none."""
    count = draw.randint(2, 3)
    orders = []
    for number in range(count):
        opens = at("08:00") + draw.randrange(2, 12) * 10 * MINUTE
        window = Window(opens, opens + draw.choice((0, 10, 20, 60)) * MINUTE)
        orders.append(
            [a_stop(f"S{number}", draw.randint(1, 3), windows=draw.choice(((), (window,), (window,))))]
        )
    depot = replace(DOCK, docks=draw.choice((1, 1, 2)), load=draw.choice((15, 30, 40)) * MINUTE)
    vehicles = [replace(van, latest_start=draw.choice((None, None, at("09:30")))) for van in vans(count)]
    return the_day(depot, vehicles, orders, apart=300), orders


def best_on_a_grid(instance: Instance, tables: dict[int, Timetable], docks: int) -> int:
    """Return how many rules are broken at least, starting at any multiple of five minutes."""
    ways = []
    for table in tables.values():
        starts = range(at("08:00"), at("11:00"), 5 * MINUTE)
        tried = [table.berthed(Berths((start,), start)) for start in starts]
        ways.append([(one.loadings[0], len(set(breaches(one)))) for one in tried])
    least = 10**9
    for chosen in product(*ways):
        broken = sum(count for _, count in chosen)
        if broken < least:
            loadings = sorted(loading for loading, _ in chosen)
            crowded = 0
            for number, (begin, _) in enumerate(loadings):
                crowded += sum(end > begin for _, end in loadings[:number]) >= docks
            least = min(least, broken + crowded)
    return least


@pytest.mark.parametrize("seed", range(8))
def test_no_grid_of_starts_breaks_fewer_rules(seed):
    """Few vehicles at a dock are placed as well as by trying all ways."""
    draw = Random(seed)
    moved = 0
    for _ in range(10):
        instance, orders = random_day(draw)
        tables = alone(instance, orders)
        docks = instance.problem.depots[0].docks
        settled = berthed(instance, tables)
        broken = sum(len(set(breaches(table))) for table in settled.values())
        assert broken == best_on_a_grid(instance, tables, docks), (instance.problem, loading_times(settled))
        crowded = any("dock" in table.violations for table in settled.values())
        assert crowded == too_many_at(settled, docks)
        moved += loading_times(tables) != loading_times(settled)
    assert moved


def test_route_takes_its_dock_beside_others_that_stay():
    """It loads after the one that is there; where that is too late, it loads without a dock and says so."""
    orders = one_stop_each(None, None)
    for end, broken in (("17:00", []), ("09:00", ["dock"])):
        instance = the_day(DOCK, vans(2, shift=between("08:00", end), start_rule=START_EARLY), orders)
        tables = alone(instance, orders)
        placed = beside({0: tables[0]}, 1, tables[1])
        assert loading_times({1: placed}) == [[0 if broken else 30]]
        assert list(placed.violations) == broken
        assert beside({0: tables[0]}, 0, tables[0]) is tables[0]
