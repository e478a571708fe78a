"""What wishes cost: found by planning without each, in figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving import wishes
from optiway_qgis.engine.solving.insertion import complete
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.reinsert import reinsert
from optiway_qgis.engine.solving.wishes import prices
from optiway_qgis.model.constraints import CONSTRAINTS, WISHES
from optiway_qgis.model.problem import (
    BALANCE_STOPS,
    KEEP_ORDER,
    ORDER_EARLY,
    ORDER_FIRST,
    ORDER_STRICT,
    Goals,
    Planned,
    Stop,
    Vehicle,
    Window,
)
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, line_travel
from tests.engine.plannable import counting_clock, examples, plannable

PER_KM = replace(VAN, fixed_cost=0.0, cost_per_hour=0.0, cost_per_km=1.0)
"""Only the way costs."""


def on_a_line(stops: list[Stop], *vehicles: Vehicle, goals: Goals = Goals()) -> Instance:
    """Return the problem of stops on a line, where neighbouring places are 6 km apart."""
    problem = replace(a_problem(stops, [a_depot("D1", 0)], list(vehicles)), goals=goals)
    return Instance(problem, line_travel(problem))


def told(instance: Instance, *sequences: list[int], iterations: int = 300) -> dict[str, tuple[float, str]]:
    active = list(range(len(instance.stops)))
    found = prices(instance, list(sequences), active, counting_clock(iterations), 0)
    return {wish.wish: (wish.price, wish.text) for wish in found}


def way(instance: Instance, *places: int) -> float:
    """Return the kilometres of a way through the numbered places of the line."""
    metres = instance.matrix(instance.vehicles[0]).metres
    return sum(int(metres[one, other]) for one, other in zip(places, places[1:])) / 1000


def test_problem_without_wishes_has_no_prices():
    """What the user did not choose is not told of."""
    assert told(on_a_line([a_stop("S1", 1)], VAN), [0]) == {}


def test_balance_costs_the_second_way_out():
    """One van would serve both stops on its way; two that serve one each drive twice."""
    goals = Goals(balance=BALANCE_STOPS, balance_price=1000.0)
    instance = on_a_line([a_stop("S1", 1), a_stop("S2", 2)], PER_KM, replace(PER_KM, id="V2"), goals=goals)
    extra = way(instance, 0, 1, 0)
    share = 100 * extra / (extra + way(instance, 0, 2, 0))
    changed = "without it the number of stops of the longest route is 2 instead of 1."
    text = f"Balance costs {extra:.2f} ({share:.1f} %): {changed}"
    assert told(instance, [0], [1]) == {"balance": (pytest.approx(extra), text)}


def test_lock_costs_the_detour_of_the_other_vehicle():
    """V2 has to come for the last of three stops that V1 passes; without the lock V1 does it all."""
    stops = [a_stop("S1", 1), a_stop("S2", 2), a_stop("S3", 3, vehicle_id="V2")]
    instance = on_a_line(stops, PER_KM, replace(PER_KM, id="V2"))
    (price, text) = told(instance, [0, 1], [2])["vehicle"]
    assert price == pytest.approx(way(instance, 0, 2, 0))
    assert text.endswith("without it the number of vehicles used is 1 instead of 2.")


def test_kept_order_costs_the_way_back_and_forth():
    """Kept as 2, 1, 3 the route goes back once more than it has to."""
    kept = {"vehicle_id": "V1", "keep": KEEP_ORDER}
    stops = [a_stop(f"S{place}", place, keep_rank=rank, **kept) for place, rank in ((1, 2), (2, 1), (3, 3))]
    instance = on_a_line(stops, PER_KM)
    found = told(instance, [1, 0, 2])
    assert found["kept_order"][0] == pytest.approx(way(instance, 0, 2, 1, 3, 0) - way(instance, 0, 3, 0))
    assert found["vehicle"][0] == pytest.approx(found["kept_order"][0])


def test_order_that_costs_a_stop_is_not_said_to_cost_nothing():
    """Kept as 2, 1, the nearer stop would come after its window: it is left out, which spares money."""
    kept = {"vehicle_id": "V1", "keep": KEEP_ORDER}
    early, late = Window(8 * HOUR, 9 * HOUR), Window(14 * HOUR, 15 * HOUR)
    stops = [
        a_stop("S1", 1, keep_rank=2, windows=(early,), **kept),
        a_stop("S2", 2, keep_rank=1, windows=(late,), **kept),
    ]
    price, text = told(on_a_line(stops, PER_KM), [1])["kept_order"]
    assert price == 0
    assert text.endswith("costs no money, but without it 1 more stop is served.")


def test_few_vehicles_cost_the_long_way():
    """Two stops where two vans may begin: one van alone drives between them, where two have none to drive."""
    goals = Goals(fewest_vehicles=True)
    open_vans = [replace(PER_KM, id=name, start_depot=None, end_depot=None) for name in ("V1", "V2")]
    instance = on_a_line([a_stop("S1", 1), a_stop("S2", 2)], *open_vans, goals=goals)
    price, text = told(instance, [0, 1], [])["fewest_vehicles"]
    assert price == pytest.approx(way(instance, 1, 2))
    assert text.endswith("the number of vehicles used is 2 instead of 1.")


def test_price_of_lateness_and_of_early_stops():
    """Coming first to the far stop, for its window or wish, goes back and forth."""
    open_end = replace(PER_KM, end_depot=None)
    late = {"windows": (Window(8 * HOUR, 8 * HOUR + 1200),), "late_max": None, "late_cost": 1000.0}
    for name, members in (("lateness", late), ("early", {"order_rule": ORDER_EARLY, "priority": 100})):
        stops = [a_stop("S1", 1, service=2 * HOUR), a_stop("S2", 2, **members)]
        instance = on_a_line(stops, open_end)
        price, text = told(instance, [1, 0])[name]
        assert price == pytest.approx(way(instance, 0, 2, 1) - way(instance, 0, 1, 2))
        assert "120 min" in text


def test_zones_cost_what_a_second_vehicle_drives():
    """The stop in V2's zone lies on V1's way; a price keeps V1 out, or a rule does."""
    for hard, name in ((False, "zone"), (True, "zone_hard")):
        vans = [
            replace(PER_KM, id=van, zones=(zone,), zone_hard=hard) for van, zone in (("V1", "A"), ("V2", "B"))
        ]
        stops = [a_stop("S1", 1, zones=("B",)), a_stop("S2", 2, zones=("A",))]
        instance = on_a_line(stops, *vans, goals=Goals(zone_price=1000.0))
        assert told(instance, [1], [0])[name][0] == pytest.approx(way(instance, 0, 1, 0))


def test_changes_of_the_plan_before_cost_the_way_that_they_would_spare():
    """V2 goes on serving the stop that V1 passes; the way back and forth is kept, and so is a promise."""
    vans = [PER_KM, replace(PER_KM, id="V2")]
    stops = [a_stop("S1", 1, planned=Planned("V2", 1, 0)), a_stop("S2", 2, planned=Planned("V1", 1, 0))]
    found = told(on_a_line(stops, *vans, goals=Goals(vehicle_change_price=1000.0)), [1], [0])
    instance = on_a_line(stops, *vans)
    price, text = found["vehicle_change"]
    assert price == pytest.approx(way(instance, 0, 1, 0))
    assert text.endswith("the number of stops on another vehicle than before is 1 instead of 0.")

    last, open_end = PER_KM.shift.start + 1800, replace(PER_KM, end_depot=None)
    before = Planned("V1", 2, last), Planned("V1", 1, last - 600)
    stops = [a_stop(f"S{place}", place, planned=how) for place, how in enumerate(before, 1)]
    saved = way(instance, 0, 2, 1) - way(instance, 0, 1, 2)
    for name, goals, words in (
        ("position_change", Goals(position_change_price=1000.0), "out of the order before is 1"),
        ("promise", Goals(promise_price=1000.0, promise_tolerance=0), "not arrived at as promised is 1"),
    ):
        price, text = told(on_a_line(stops, open_end, goals=goals), [1, 0])[name]
        assert price == pytest.approx(saved)
        assert words in text


def test_wish_that_changes_nothing_costs_nothing():
    """Ranks that agree with the best way are kept for free."""
    stops = [a_stop(f"S{rank}", rank, order_rule=ORDER_STRICT, order_rank=rank) for rank in (1, 2)]
    text = "The order of ranks costs nothing: no cheaper plan was found without it."
    assert told(on_a_line(stops, PER_KM), [0, 1]) == {"strict_order": (0.0, text)}


def test_all_wishes_together_take_no_more_iterations_than_there_are(monkeypatch):
    """Each has its share, the last one, too."""
    shares = []

    def counted(instance, sequences, active, clock, seed):
        shares.append(clock.iterations)
        return reinsert(instance, sequences, active, clock, seed)

    monkeypatch.setattr(wishes, "reinsert", counted)
    ranked = [a_stop(f"S{rank}", rank, order_rule=ORDER_STRICT, order_rank=rank) for rank in (1, 2)]
    stops = [*ranked, a_stop("S3", 3, order_rule=ORDER_FIRST)]
    told(on_a_line(stops, PER_KM, goals=Goals(fewest_vehicles=True)), [2, 0, 1], iterations=90)
    assert shares == [30, 30, 30]


@examples(30)
@given(plannable(ranked=True, hasty=True), st.sampled_from([Goals(), Goals(fewest_vehicles=True)]))
def test_prices_are_never_negative_and_repeat(planned_problem, goals):
    """In any problem; equal input gives equal prices, named as in the table of constraints."""
    problem, travel = planned_problem
    instance = Instance(replace(problem, goals=goals), travel)
    start = complete(instance, [[] for _ in instance.vehicles], list(range(len(instance.stops))))
    once, again = (told(instance, *start, iterations=40) for _ in range(2))
    assert once == again
    assert all(price >= 0 for price, _ in once.values())
    assert set(once) <= {one.name for one in (*CONSTRAINTS, *WISHES)}
    assert ("fewest_vehicles" in once) == goals.fewest_vehicles
