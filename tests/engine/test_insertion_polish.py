"""Putting stops into routes, mending broken ones, and the local search for wishes: no rule broken.

How they are combined is tested with the planner.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.explain import hopeless
from optiway_qgis.engine.solving.insertion import (
    best_insertions,
    complete,
    keep_rules,
    nearest_first,
    orders_with,
    promote,
    timetables,
)
from optiway_qgis.engine.solving.instance import Instance, Sequences
from optiway_qgis.engine.solving.objective import score, unserved
from optiway_qgis.engine.solving.outlook import NO_WAY, detours, least_outlook
from optiway_qgis.engine.solving.polish import polish
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.problem import ORDER_EARLY, ORDER_STRICT, Stop, Vehicle, Window
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, given_travel, line_travel
from tests.engine.plannable import counting_clock, examples, plannable
from tests.engine.rich import rich_cases
from tests.engine.strategies import sequences_of

PLAIN_PROBLEM = st.one_of(plannable(), plannable(ranked=True), plannable(limited=True), plannable(hasty=True))
ANY_PROBLEM = st.one_of(PLAIN_PROBLEM, rich_cases().map(lambda case: (case.problem, case.travel)))


def an_instance(stops: list[Stop], *vehicles: Vehicle) -> Instance:
    problem = a_problem(stops, [a_depot("D1", 0)], list(vehicles))
    return Instance(problem, line_travel(problem))


def drawn_routes(draw: st.DataObject, instance: Instance) -> Sequences:
    """Return random sequences, most of which break some rule."""
    sequences, _ = draw.draw(sequences_of(instance.problem))
    return [[instance.stop_index[one] for one in sequence.stops] for sequence in sequences]


def able(instance: Instance) -> list[int]:
    lost = hopeless(instance)
    return [index for index in range(len(instance.stops)) if index not in lost]


def held(sequences: Sequences) -> list[int]:
    return sorted(stop for stops in sequences for stop in stops)


@examples(100)
@given(ANY_PROBLEM, st.data())
def test_mended_routes_break_no_rule_and_lose_only_stops(planned_problem, draw):
    """Whatever an engine returns can be made a plan; what is taken out can be put in elsewhere."""
    instance = Instance(*planned_problem)
    broken = drawn_routes(draw, instance)
    mended = keep_rules(instance, broken)
    assert score(instance, mended).broken == 0
    for vehicle, before, after in zip(instance.vehicles, broken, mended):
        assert set(after) <= set(before)
        assert len(set(after)) == len(after)
        if before and not Timetable(instance, vehicle, before).violations:
            assert after == before


@examples(100)
@given(ANY_PROBLEM, st.data())
def test_completed_routes_hold_all_they_held_and_break_no_rule(planned_problem, draw):
    """Only the stops asked for are put in, each once, and none is taken out."""
    instance = Instance(*planned_problem)
    start = keep_rules(instance, drawn_routes(draw, instance))
    wanted = able(instance)[::2]
    done = complete(instance, start, wanted)
    assert score(instance, done).broken == 0
    assert len(set(held(done))) == len(held(done))
    assert set(held(start)) <= set(held(done)) <= set(held(start)) | set(wanted)
    for before, after in zip(start, done):
        assert [stop for stop in after if stop in before] == before


@examples(100)
@given(ANY_PROBLEM, st.data())
def test_exchanges_serve_more_of_what_matters(planned_problem, draw):
    """A stop is only thrown out for more important ones, and the routes stay whole."""
    instance = Instance(*planned_problem)
    start = keep_rules(instance, drawn_routes(draw, instance))
    done = promote(instance, start, able(instance))
    assert score(instance, done).broken == 0
    assert len(set(held(done))) == len(held(done))
    assert score(instance, done).unserved <= score(instance, start).unserved


@examples(60)
@given(ANY_PROBLEM)
def test_first_answer_of_all_breaks_no_rule(planned_problem):
    """It is what a search over far too many stops begins with."""
    instance = Instance(*planned_problem)
    first = nearest_first(instance, able(instance))
    assert score(instance, first).broken == 0
    assert len(set(held(first))) == len(held(first))
    # Where breaks are due, a stop may be served only together with others.
    assert bool(held(first)) == bool(able(instance)) or any(one.breaks for one in instance.vehicles)


@examples(100)
@given(ANY_PROBLEM, st.data())
def test_vehicle_proved_full_has_no_place_for_the_stop(planned_problem, draw):
    """The proof stands for trying: at each position of the route some rule is broken."""
    instance = Instance(*planned_problem)
    start = keep_rules(instance, drawn_routes(draw, instance))
    tables = timetables(instance, start)
    for stop in unserved(instance, start):
        for vehicle, table in tables.items():
            outlook = least_outlook(instance, vehicle, table, stop)
            if outlook is None:
                continue
            for trial in tried_with_its_pair(instance, vehicle, table.indices, stop):
                assert trial.violations
                if not any(trial.cut_off):
                    assert sum(trial.drive) >= outlook.drive
                    assert trial.end >= outlook.end
                    assert trial.distance >= outlook.distance


def test_stop_that_spares_the_setup_of_another_is_not_proved_too_long():
    """Parking once for both: the stop makes the day shorter, and a van at its limit still takes it."""
    stops = [a_stop("S1", 1, setup=1800), a_stop("S2", 1, service=60)]
    instance = an_instance(stops, replace(VAN, max_work=2 * 600 + 1800))
    assert least_outlook(instance, 0, Timetable(instance, instance.vehicles[0], [0]), 1) is None
    assert complete(instance, [[0]], [1]) == [[1, 0]]


def tried_everywhere(instance: Instance, vehicle: int, stops: list[int], stop: int) -> list[Timetable]:
    return [
        Timetable(instance, instance.vehicles[vehicle], [*stops[:position], stop, *stops[position:]])
        for position in range(len(stops) + 1)
    ]


def tried_with_its_pair(instance: Instance, vehicle: int, stops: list[int], stop: int) -> list[Timetable]:
    who, unit = instance.vehicles[vehicle], instance.units.of[stop]
    return [
        Timetable(instance, who, order) for order in orders_with(instance, vehicle, stops, unit, 1000, False)
    ]


@examples(100)
@given(PLAIN_PROBLEM, st.data())
def test_detours_are_what_a_stop_adds_to_the_driving(planned_problem, draw):
    """Places are tried in this order, so the nearest ones must come first; the oracle is the scheduler."""
    instance = Instance(*planned_problem)
    start = keep_rules(instance, drawn_routes(draw, instance))
    for stop in unserved(instance, start):
        for vehicle, stops in enumerate(start):
            seconds, metres = detours(instance, vehicle, stops, stop)
            standing = Timetable(instance, instance.vehicles[vehicle], stops) if stops else None
            drive, distance = (sum(standing.drive), standing.distance) if standing else (0, 0)
            for position, trial in enumerate(tried_everywhere(instance, vehicle, stops, stop)):
                if any(trial.cut_off):
                    assert seconds[position] == metres[position] == NO_WAY
                elif standing:
                    assert sum(trial.drive) - drive == seconds[position]
                    assert trial.distance - distance == metres[position]


@examples(60)
@given(PLAIN_PROBLEM, st.data())
def test_best_insertion_is_the_best_of_all_places(planned_problem, draw):
    """With few stops each place is tried: one that keeps the rules first, then the cheapest."""
    instance = Instance(*planned_problem)
    start = keep_rules(instance, drawn_routes(draw, instance))
    left = unserved(instance, start)
    assume(left)
    tables = timetables(instance, start)
    for found in best_insertions(instance, tables, left[0], range(len(start)), 12):
        trials = tried_everywhere(instance, found.vehicle, start[found.vehicle], left[0])
        assert found.fits == any(not trial.violations for trial in trials)
        assert len(found.table.violations) == min(len(trial.violations) for trial in trials)
        before = tables[found.vehicle].work if found.vehicle in tables else 0
        assert found.added_seconds == found.table.work - before


@examples(60)
@given(plannable(hasty=True))
def test_polished_answer_is_no_dearer_and_serves_the_same(planned_problem):
    """Wishes come last and may break nothing, nor cost anybody the visit."""
    instance = Instance(*planned_problem)
    start = complete(instance, [[] for _ in instance.vehicles], able(instance))
    done = polish(instance, start, counting_clock(300))
    assert score(instance, done).broken == 0
    assert held(done) == held(start)
    assert score(instance, done).price <= score(instance, start).price + 1e-6


def test_most_important_stop_is_put_in_first():
    """Where there is room for one only it goes to the priority, not to the first in the list."""
    stops = [a_stop(f"S{number}", number, priority=20 * number) for number in range(1, 5)]
    instance = an_instance(stops, replace(VAN, max_stops=1))
    assert complete(instance, [[]], [0, 1, 2, 3]) == [[3]]


def test_optional_stop_is_put_in_when_that_is_cheaper_than_its_penalty():
    """To the cent: a detour of 12.00 for a penalty of 12.01, and not for 11.99."""
    stops = [a_stop("S1", 1), a_stop("S2", 2)]
    van = replace(VAN, cost_per_hour=36, cost_per_km=0)
    for penalty, served in ((11.99, [0]), (12.01, [0, 1])):
        instance = an_instance([stops[0], replace(stops[1], penalty=penalty)], van)
        assert sorted(complete(instance, [[0]], [1])[0]) == served


def test_van_on_the_road_is_taken_before_an_idle_one():
    """A second van costs its fixed price and the way out; the one passing by costs a minute."""
    instance = an_instance([a_stop("S1", 2), a_stop("S2", 1)], VAN, replace(VAN, id="V2"))
    assert sorted(map(len, complete(instance, [[0], []], [1]))) == [0, 2]


def test_ranked_stops_are_put_in_order_before_any_is_taken_out():
    """Strict ranks broken by an engine that does not know them are mended by exchanging the ranked stops."""
    rank = {"order_rule": ORDER_STRICT}
    stops = [
        a_stop("S1", 1, order_rank=3, **rank),
        a_stop("S2", 2),
        a_stop("S3", 3, order_rank=1, **rank),
        a_stop("S4", 4, order_rank=2, **rank),
    ]
    assert keep_rules(an_instance(stops, VAN), [[0, 1, 2, 3]]) == [[2, 1, 3, 0]]


def test_place_without_a_way_is_tried_last():
    """The mark of no way is -1: taken for a number it would look like the shortest way of all."""
    problem = a_problem([a_stop("S1", 1), a_stop("S2", 2)], [a_depot("D1", 0)], [VAN])
    no = UNREACHABLE
    travel = given_travel(problem, [[0, 60, no], [60, 0, 60], [60, 60, 0]])
    instance = Instance(problem, travel)
    seconds, _ = detours(instance, 0, [0], 1)
    assert seconds.tolist() == [NO_WAY, 60]
    assert complete(instance, [[0]], [1]) == [[0, 1]]


def test_several_unimportant_stops_make_room_for_an_important_one():
    """Two that fill the van weigh less than the one that needs it whole."""
    stops = [a_stop("S1", 1, delivery=(5000,)), a_stop("S2", 2, delivery=(5000,))]
    stops.append(a_stop("S3", 3, delivery=(10_000,), priority=50))
    instance = an_instance(stops, VAN)
    assert promote(instance, [[0, 1]], [0, 1, 2]) == [[2]]
    equal = an_instance([replace(stop, priority=0) for stop in stops], VAN)
    assert promote(equal, [[0, 1]], [0, 1, 2]) == [[0, 1]]


def test_optional_stops_make_room_for_a_required_one():
    """A penalty is the price of being left out; a required stop has none."""
    stops = [a_stop("S1", 1, penalty=1000.0), a_stop("S2", 2)]
    assert promote(an_instance(stops, replace(VAN, max_stops=1)), [[0]], [0, 1]) == [[1]]


@pytest.mark.parametrize("count", [2, 4, 5])
def test_wishes_bring_the_best_order_of_a_short_route(count):
    """Brute force over all orders of one van's stops: the local search finds the best."""
    generator = np.random.default_rng(count)
    stops = [
        a_stop(f"S{number}", int(place), service=600, order_rule=ORDER_EARLY if number % 2 else "")
        for number, place in enumerate(generator.permutation(8)[:count] + 1)
    ]
    instance = an_instance(stops, VAN)
    best = min(score(instance, [list(order)]).price for order in permutations(range(count)))
    done = polish(instance, [list(range(count))], counting_clock(5000))
    assert score(instance, done).price == pytest.approx(best)


def test_wish_brings_out_an_idle_van():
    """Two urgent stops at opposite ends are both early only with two vans."""
    stops = [
        a_stop("S1", 1, service=HOUR, order_rule=ORDER_EARLY, priority=100),
        a_stop("S2", 2, service=HOUR, order_rule=ORDER_EARLY, priority=100),
    ]
    cheap = replace(VAN, fixed_cost=1)
    instance = an_instance(stops, cheap, replace(cheap, id="V2"))
    assert sorted(polish(instance, [[0, 1], []], counting_clock(1000))) == [[0], [1]]


def test_wish_does_not_break_a_window():
    """Early is a wish, a window is a rule."""
    stops = [
        a_stop("S1", 1, windows=(Window(8 * HOUR, 8 * HOUR + 600),)),
        a_stop("S2", 2, order_rule=ORDER_EARLY, priority=100),
    ]
    instance = an_instance(stops, VAN)
    assert polish(instance, [[0, 1]], counting_clock(1000)) == [[0, 1]]


def test_local_search_ends_with_the_clock():
    """Cancelled or out of time, the answer so far is the answer."""
    stops = [a_stop(f"S{number}", number, order_rule=ORDER_EARLY) for number in range(1, 9)]
    instance = an_instance(stops, VAN)
    backwards = [list(range(7, -1, -1))]
    assert polish(instance, backwards, counting_clock(0)) == backwards
    assert polish(instance, backwards, counting_clock(5000)) != backwards
