"""The adapter to PyVRP: what it calls feasible keeps the rules, at the cost the scheduler states.

How good whole plans are is tested with the planner.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.explain import hopeless
from optiway_qgis.engine.solving.formulation import Formulation
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score, unserved
from optiway_qgis.engine.solving.prices import cost_scale
from optiway_qgis.engine.solving.pyvrp_engine import keeps_rules, knows_wishes, search
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.model.problem import (
    KEEP_ORDER,
    KEEP_PREFIX,
    ORDER_FIRST,
    ORDER_LAST,
    ORDER_STRICT,
    Break,
    Stop,
    Vehicle,
    Window,
)
from tests.engine.answers import answers, rounded
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, between, line_travel
from tests.engine.decided import CASES
from tests.engine.plannable import counting_clock, examples, plannable
from tests.engine.rich import plannable_rich

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.pyvrp_engine import Answer

MILD = st.one_of(plannable(), plannable(limited=True))
ANY = st.one_of(MILD, plannable_rich(8, 3))


def an_instance(stops: list[Stop], *vehicles: Vehicle, apart: int = 600) -> Instance:
    problem = a_problem(stops, [a_depot("D1", 0)], list(vehicles))
    return Instance(problem, line_travel(problem, apart))


def found(instance: Instance, iterations: int = 200, **options: Any) -> Answer:
    stops = [index for index in range(len(instance.stops)) if index not in hopeless(instance)]
    return search(instance, stops, counting_clock(iterations), 0, **{"all_required": True, **options})


def to_be_searched(instance: Instance) -> None:
    assume(len(hopeless(instance)) < len(instance.stops))


@examples(150)
@given(ANY, st.booleans())
def test_feasible_answer_keeps_the_rules_the_adapter_knows(planned_problem, all_required):
    """PyVRP's word is taken for it: were it wrong, stops would be thrown out of the plan for no reason."""
    instance = Instance(*planned_problem)
    to_be_searched(instance)
    answer = found(instance, 60, all_required=all_required)
    if answer.feasible and keeps_rules(instance):
        assert score(instance, answer.sequences).broken == 0


@examples(150)
@given(ANY)
def test_value_of_an_answer_is_the_price_of_the_plan(planned_problem):
    """PyVRP must minimise what the user pays: the scheduler, asked for the price, says the same."""
    problem, travel = planned_problem
    single = tuple(
        replace(stop, windows=stop.windows[:1], penalty=None, late_max=0) for stop in problem.stops
    )
    # Driving time as the length charges a kilometre at the mean speed: the one known difference.
    vans = tuple(replace(one, max_drive=None) for one in problem.vehicles)
    instance = Instance(replace(problem, stops=single, vehicles=vans), travel)
    to_be_searched(instance)
    answer = found(instance, 60)
    priced = any(van.cost_per_km or van.cost_per_hour for van in vans)
    if answer.feasible and priced and keeps_rules(instance) and knows_wishes(instance):
        assert unserved(instance, answer.sequences) == sorted(hopeless(instance))
        assert answer.value == pytest.approx(score(instance, answer.sequences).price, rel=2e-3, abs=0.01)


@examples(80)
@given(ANY)
def test_search_from_an_answer_is_never_worse(planned_problem):
    """A warm start that were lost or read wrongly would throw work away."""
    instance = Instance(*planned_problem)
    to_be_searched(instance)
    first = found(instance, 30)
    assume(first.feasible)
    again = found(instance, 30, start=first.sequences)
    assert again.feasible
    assert again.value <= first.value + 1e-6


def test_equal_seeds_find_equal_answers_and_threads_search_apart():
    """Two threads are two searches with seeds of their own; the better answer is taken."""
    generator = np.random.default_rng(1)
    stops = [
        a_stop(f"S{number}", int(place), service=60) for number, place in enumerate(generator.permutation(40))
    ]
    instance = an_instance(stops, *(replace(VAN, id=f"V{number}", max_stops=15) for number in range(4)))
    answers = [found(instance, 100), found(instance, 100), found(instance, 100, workers=2)]
    assert answers[0] == answers[1]
    assert answers[2].value <= answers[0].value


PAIRED = {"picked_up_at": "S2", "delivery": (1000,)}
REST = Break("B1", 600, window=Window(4 * HOUR, 5 * HOUR))


@pytest.mark.parametrize(
    ("stop", "vehicle", "exact"),
    [
        ({}, {}, True),
        ({}, {"max_drive": HOUR}, True),
        ({}, {"max_distance": 9000}, True),
        ({}, {"max_drive": HOUR, "max_distance": 9000}, False),
        ({}, {"latest_start": HOUR, "overtime_after": HOUR, "overtime_cost_per_hour": 99.0}, True),
        ({}, {"service_factor": 1.5, "max_trips": 3}, True),
        ({}, {"max_trips": 3, "max_stops": 4}, False),
        ({}, {"breaks": (REST,)}, False),
        ({"order_rule": ORDER_STRICT, "order_rank": 1}, {}, False),
        ({"order_rule": "early"}, {}, True),
        ({"order_rule": ORDER_FIRST}, {}, True),
        ({"order_rule": ORDER_LAST}, {"max_trips": 2}, False),
        ({"keep": KEEP_PREFIX, "vehicle_id": "V1"}, {}, True),
        ({"keep": KEEP_ORDER, "vehicle_id": "V1"}, {}, False),
        ({"before": ("S2",)}, {}, False),
        ({"goods_class": "a"}, {}, True),
        ({"goods_class": "b"}, {}, False),
        ({"ready": HOUR}, {}, True),
        ({"ready": HOUR}, {"max_trips": 2}, False),
        ({"due": HOUR}, {}, False),
        ({"windows": (Window(0, HOUR),), "late_max": None}, {}, True),
        (PAIRED, {}, True),
        (PAIRED, {"lifo": True}, False),
        (PAIRED, {"max_stops": 4}, False),
        ({**PAIRED, "ride_max": HOUR}, {}, False),
        ({**PAIRED, "ready": HOUR}, {}, False),
        ({**PAIRED, "windows": (Window(0, HOUR), Window(2 * HOUR, 3 * HOUR))}, {}, False),
        ({**PAIRED, "pickup": (1000,)}, {}, False),
    ],
)
def test_adapter_knows_what_it_leaves_out(stop, vehicle, exact):
    """Where it says it keeps all rules nobody looks again."""
    stops = [a_stop("S1", 1, **stop), a_stop("S2", 2, goods_class="c", pickup=stop.get("delivery", ()))]
    instance = an_instance(stops, replace(VAN, **vehicle))
    problem = replace(instance.problem, incompatible=(("a", "b"), ("b", "c")))
    assert keeps_rules(Instance(problem, instance.travel)) is exact


@pytest.mark.parametrize(
    ("depot", "exact"),
    [({"load": 600}, True), ({"load_per_unit": 2.0}, False), ({"load": 9, "docks": 1}, False)],
)
def test_loading_is_known_as_far_as_it_takes_always_the_same(depot, exact):
    """By the unit it depends on what is loaded, with docks on the other vehicles."""
    instance = an_instance([a_stop("S1", 1)], VAN)
    problem = replace(instance.problem, depots=(replace(instance.problem.depots[0], **depot),))
    assert keeps_rules(Instance(problem, instance.travel)) is exact


EXACT = (
    *("time_windows", "late_max", "service_time", "shift", "latest_start", "depot_hours", "ready"),
    *("capacity", "drive_limit", "distance_limit", "stop_limit", "skills", "vehicle_rules", "vehicle"),
    *("zone_hard", "kept_prefix", "first_last", "pairs", "cost", "overtime", "start", "penalty"),
    *("lateness", "zone", "fewest_vehicles", "trips: a reload"),
)


@pytest.mark.parametrize("name", EXACT)
def test_best_answer_is_found_without_moves_of_our_own(name):
    """Brute force knows the best under each rule that PyVRP is told of as it is: so does PyVRP."""
    decided = CASES[name]()
    instance = Instance(decided.problem, decided.travel)
    assert keeps_rules(instance)
    assert knows_wishes(instance)
    tried = answers(len(instance.stops), len(instance.vehicles))
    best = min(rounded(score(instance, [list(stops) for stops in answer])) for answer in tried)
    assert rounded(score(instance, found(instance, all_required=False).sequences)) == best


RELAXED = (
    *("loading_time", "due", "break_after_drive", "kept_order", "strict_order", "before", "ride_time"),
    *("loading_order", "goods", "docks"),
)


@pytest.mark.parametrize("name", RELAXED)
def test_relaxed_answer_is_at_least_as_good_as_the_best(name):
    """What PyVRP is told less strictly must not keep it from any answer; what it finds is mended later."""
    decided = CASES[name]()
    instance = Instance(decided.problem, decided.travel)
    assert not keeps_rules(instance)
    tried = answers(len(instance.stops), len(instance.vehicles))
    best = min(score(instance, [list(stops) for stops in answer]) for answer in tried)
    answer = found(instance, all_required=False)
    assert answer.feasible
    relaxed = score(instance, answer.sequences)
    assert (relaxed.unserved, relaxed.price) <= (best.unserved, best.price + 1e-6)


def test_pairs_reloads_and_loading_are_on_one_clock():
    """A van for two parcels brings four in two trips, and carries a parcel between two customers meanwhile.

    The ways and the loading cannot be shortened: any other order takes longer.
    """
    stops = [
        *(a_stop(f"S{number}", number, delivery=(1000,), service=60) for number in range(1, 5)),
        a_stop("P", 1, pickup=(1000,), service=60),
        a_stop("D", 2, delivery=(1000,), service=60, picked_up_at="P"),
    ]
    van = replace(VAN, capacity=(2000,), max_trips=2, cost_per_hour=36.0, cost_per_km=0.0, fixed_cost=0.0)
    instance = an_instance(stops, van)
    depot = replace(instance.problem.depots[0], load=300)
    instance = Instance(replace(instance.problem, depots=(depot,)), instance.travel)
    answer = found(instance, 500)
    assert answer.feasible
    (table,) = timetables(instance, answer.sequences).values()
    assert table.violations == ()
    assert table.reloads == (len(table.trips[0]),)
    assert table.work == 2 * 300 + (2 * 2 + 2 * 4) * 600 + 6 * 60
    assert answer.value == pytest.approx(table.work / 100)


@pytest.mark.parametrize("reloading", [False, True])
def test_answer_with_pairs_and_reloads_is_gone_on_from(reloading):
    """A start is told with its reloads and pairs; were they lost it would break rules and be thrown away."""
    generator = np.random.default_rng(3)
    stops = [
        a_stop(f"S{number}", int(place), delivery=(1000,), service=60)
        for number, place in enumerate(generator.permutation(20))
    ]
    pairs = [
        one
        for number in range(5)
        for one in (
            a_stop(f"P{number}", 2 * number, pickup=(1000,)),
            a_stop(f"D{number}", 19 - number, delivery=(1000,), picked_up_at=f"P{number}"),
        )
    ]
    van = replace(VAN, capacity=(4000,), max_trips=4 if reloading else 1, shift=Window(0, 48 * HOUR))
    instance = an_instance(
        stops + pairs, *(replace(van, id=f"V{number}") for number in range(2 if reloading else 6))
    )
    first = found(instance, 300)
    assert first.feasible
    again = found(instance, 0, start=first.sequences)
    assert again.feasible
    assert again.value == pytest.approx(first.value)


@pytest.mark.parametrize(("trips", "release", "opening"), [(1, HOUR, 0), (2, 0, HOUR)])
def test_goods_are_ready_in_another_way_where_vehicles_reload(trips, release, opening):
    """Release times and reloads together send PyVRP's local search round in a circle for ever."""
    instance = an_instance([a_stop("S1", 1, ready=VAN.shift.start + HOUR)], replace(VAN, max_trips=trips))
    formulation = Formulation(instance, [0], all_required=True)
    (client,) = formulation.part(formulation.everything).data.clients()
    assert (client.release_time, client.tw_early) == (release, opening)


def test_late_stops_cost_what_being_late_costs():
    """Forty minutes late at 60 an hour: as half an hour to a full one, 45. Without lateness no answer."""
    stops = [
        a_stop("S1", 1, windows=(Window(600, 600),), service=2400),
        a_stop("S2", 1, windows=(Window(600, 600),), service=60, late_max=None, late_cost=60.0),
    ]
    plain = Vehicle("V1", start_depot="D1", end_depot="D1", shift=Window(0, 9 * HOUR), cost_per_hour=36)
    instance = an_instance(stops, plain, replace(plain, id="V2"))
    formulation = Formulation(instance, [0, 1], all_required=True)
    part = formulation.part(formulation.everything)

    def value(sequences: Sequences) -> float:
        solution = part.solution(formulation.visits(sequences))
        assert solution.is_feasible()
        return (solution.duration_cost() + solution.uncollected_prizes()) / formulation.scale

    late, punctual = [[0, 1], []], [[0], [1]]
    saved = 36 * 2 * 600 / 3600
    assert value(late) - value(punctual) == pytest.approx(45 - saved)
    assert not found(an_instance(stops, plain), late_too=False).feasible


def test_limits_of_two_profiles_are_kept_apart():
    """Driving time limited for trucks does not keep vans from having their distance limited."""
    stops = [a_stop(f"S{number}", number) for number in range(1, 7)]
    truck = replace(VAN, id="V1", profile="truck", max_drive=2 * 3 * 600)
    van = replace(VAN, id="V2", max_distance=2 * 6 * 6000)
    instance = an_instance(stops, truck, van)
    assert keeps_rules(instance)
    answer = found(instance)
    assert answer.feasible
    assert score(instance, answer.sequences).broken == 0


@pytest.mark.parametrize(
    "limits",
    [
        {"max_stops": 3},
        {"capacity": (3,)},
        {"max_drive": 2 * 3 * 600},
        {"max_distance": 2 * 3 * 6000},
        {"max_work": 2 * 3 * 600 + 3 * 60},
        {"shift": Window(0, 2 * 3 * 600 + 3 * 60)},
    ],
)
@pytest.mark.parametrize("dear", [1.0, 1e4])
def test_limits_hold_however_dear_the_second_van_is(limits, dear):
    """With penalties too small for the costs all stops go to the cheap van, and there is no answer."""
    stops = [a_stop(f"S{number}", number, service=60, delivery=(1,)) for number in range(1, 5)]
    plain = Vehicle("V1", start_depot="D1", end_depot="D1", shift=Window(0, 9 * HOUR), cost_per_hour=7)
    costly = replace(plain, id="V2", fixed_cost=77 * dear, cost_per_hour=11 * dear)
    instance = an_instance(stops, replace(plain, **limits), costly)
    answer = found(instance, 2000)
    assert answer.feasible
    assert score(instance, answer.sequences).broken == 0


def test_window_missed_by_a_second_is_missed():
    """Late by little is cheap for a search that sells lateness; a plan may not do so at all."""
    stops = [
        a_stop("S1", 1, service=600, windows=(Window(600, 600),)),
        a_stop("S2", 2, service=600, windows=(Window(1200, 1799),)),
    ]
    plain = Vehicle("V1", start_depot="D1", end_depot="D1", shift=Window(0, 9 * HOUR), cost_per_hour=3)
    instance = an_instance(stops, plain, replace(plain, id="V2", fixed_cost=5000, cost_per_hour=900))
    answer = found(instance, 2000)
    assert answer.feasible
    assert sorted(map(len, answer.sequences)) == [1, 1]


@pytest.mark.parametrize("priorities", [(0, 0, 0, 0), (100, 100, 0, 0), (50, 60, 90, 100)])
def test_stops_are_left_out_when_not_all_fit(priorities):
    """However heavy the stops are, the limit is heavier; and the most important are the ones served."""
    stops = [
        a_stop(f"S{number}", 5 - number, priority=priority) for number, priority in enumerate(priorities)
    ]
    instance = an_instance(stops, replace(VAN, max_stops=2, cost_per_hour=17, cost_per_km=0.37))
    answer = found(instance, 3000, all_required=False)
    assert answer.feasible
    served = [priorities[index] for index in answer.sequences[0]]
    assert sorted(served) == sorted(priorities)[-2:]


def test_setup_and_places_shared_are_counted_once():
    """Setup is part of the way to a place; three stops in one house take it once, also in PyVRP's eyes."""
    stops = [a_stop(f"S{number}", 1, service=100, setup=1000) for number in range(3)]
    work = 600 + 1000 + 3 * 100 + 600
    instance = an_instance(stops, replace(VAN, max_work=work))
    assert found(instance).feasible
    assert not found(an_instance(stops, replace(VAN, max_work=work - 1))).feasible


def test_open_ends_cost_no_way():
    """A van that begins at its first stop and ends at its last drives only between them."""
    stops = [a_stop("S1", 5), a_stop("S2", 6)]
    van = replace(VAN, start_depot=None, end_depot=None, max_distance=6000, max_work=600)
    assert found(an_instance(stops, van)).feasible


def test_window_between_two_others_is_used():
    """The windows of a stop exclude each other; the stop is served once, in the one that fits."""
    windows = (Window(0, 10), Window(4000, 4100), Window(9000, 9100))
    stops = [a_stop("S1", 1, windows=windows), a_stop("S2", 2, windows=(Window(4700, 4700),))]
    instance = an_instance(stops, replace(VAN, shift=Window(0, 7000)))
    answer = found(instance)
    assert answer.feasible
    assert answer.sequences == [[0, 1]]


def test_shifts_counted_from_the_first_one():
    """Times before midnight and vans that start hours apart share one clock."""
    stops = [
        a_stop("S1", 1, windows=(Window(-2 * HOUR + 600, -2 * HOUR + 660),)),
        a_stop("S2", 2, windows=(between("09:00", "09:10"),)),
    ]
    early = replace(VAN, id="V1", shift=Window(-2 * HOUR, HOUR))
    late = replace(VAN, id="V2", shift=between("08:00", "17:00"))
    answer = found(an_instance(stops, early, late))
    assert answer.feasible
    assert answer.sequences == [[0], [1]]


@pytest.mark.parametrize(
    ("members", "scale"),
    [
        ({}, 1e6),
        ({"cost_per_hour": 3600}, 1),
        ({"cost_per_hour": 36, "cost_per_km": 2}, 500),
        ({"cost_per_hour": 18, "cost_per_km": 0.45}, 20_000),
        ({"cost_per_km": 5e6}, 0.001),
    ],
)
def test_costs_become_the_smallest_whole_numbers(members, scale):
    """Small integers keep penalties in proportion; no cost may be lost in rounding."""
    vans = (Vehicle("V1", **members),)
    assert cost_scale(vans) == scale


def test_unit_costs_are_kept_to_a_thousandth():
    """Whatever the costs are, the objective is off by no more than that."""
    vans = tuple(
        Vehicle(f"V{number}", cost_per_hour=7 + number, cost_per_km=0.13 * number) for number in range(1, 4)
    )
    scale = cost_scale(vans)
    for one in vans:
        for cost in (one.cost_per_hour / 3600, one.cost_per_km / 1000):
            assert round(cost * scale) == pytest.approx(cost * scale, rel=1e-3)


def test_tables_without_metres_are_planned_with():
    """A table of times alone, filled up with zeros: nothing is known of speeds."""
    instance = an_instance([a_stop("A", 1), a_stop("B", 2)], VAN)
    matrix = instance.travel.matrices["car"]
    tables = {"car": replace(matrix, metres=np.zeros_like(matrix.metres))}
    answer = found(Instance(instance.problem, replace(instance.travel, matrices=tables)))
    assert answer.feasible
    assert sorted(answer.sequences[0]) == [0, 1]
