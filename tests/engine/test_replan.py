"""The rest of a day planned anew: what may change by scope, what is told, and that nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from optiway_qgis.engine.replanning.replan import as_before, replan
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.model.day import (
    GOODS_BOUND,
    SCOPE_FREE,
    SCOPE_INSERT,
    SCOPE_ROUTES,
    SCOPE_SEQUENCE,
    SCOPE_TIMES,
    SCOPES,
    Ask,
    Day,
)
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.plan import VISIT_END, VISIT_STOP
from optiway_qgis.model.problem import Goals, Sequence, Settings
from tests.engine.cases import MINUTE, VAN, a_depot, a_problem, a_stop, at, between
from tests.engine.days import Today, a_plan, along_the_road
from tests.engine.plannable import counting_clock

if TYPE_CHECKING:
    from optiway_qgis.model.problem import Problem


def _town(**members) -> Problem:
    """Two vans at place 0, stops E1 to E4 at places 1 to 4 and W1 to W4 at -1 to -4, of five minutes each."""
    stops = [
        a_stop(f"{side}{number}", sign * number, service=5 * MINUTE, **members)
        for side, sign in (("E", 1), ("W", -1))
        for number in (1, 2, 3, 4)
    ]
    return a_problem(stops, [a_depot("D1", 0)], [VAN, replace(VAN, id="V2")])


def _changed(problem: Problem, **stops: dict) -> Problem:
    """Return the problem with other members of the stops named."""
    return replace(problem, stops=tuple(replace(stop, **stops.get(stop.id, {})) for stop in problem.stops))


def _begun() -> Today:
    """Both vans have left at 08:00: at 08:32 two stops of each are done, they are on the way to E3 and W3."""
    return a_plan(_town(), V1="E1 E2 E3 E4", V2="W1 W2 W3 W4").at(at("08:32"))


def _orders(today: Today) -> dict[str, str]:
    return {route.vehicle_id: " ".join(route.stop_ids) for route in today.plan.routes}


def _assert_whole(before: Today, after: Today) -> None:
    """What is done is as it was; each stop is on one route once, or left out once."""
    for one in (one for one in before.progress if one.visits):
        route = next(route for route in after.plan.routes if route.vehicle_id == one.vehicle_id)
        assert route.visits[: len(one.visits)] == one.visits
        assert route.legs[: len(one.legs)] == one.legs
    served = [stop for route in after.plan.routes for stop in route.stop_ids]
    left = [one.stop_id for one in after.plan.unassigned]
    assert sorted(served + left) == sorted(stop.id for stop in after.problem.stops)
    assert after.plan.version == before.plan.version + 1
    assert after.plan.parent_version == before.plan.version
    assert after.plan.plan_id == before.plan.plan_id


@pytest.mark.parametrize("scope", SCOPES)
def test_plan_that_goes_well_stays_as_it_is(scope):
    """Nothing has happened but time: no scope finds anything better, and all times stay what they were."""
    before = _begun()
    after = before.replanned(scope)
    _assert_whole(before, after)
    assert set(before.done) == {"E1", "E2", "W1", "W2"}
    assert _orders(after) == _orders(before)
    times = [
        {
            visit.id: visit.arrival
            for route in one.plan.routes
            for visit in route.visits
            if visit.type == VISIT_STOP
        }
        for one in (before, after)
    ]
    assert all(abs(times[0][stop] - times[1][stop]) <= 1 for stop in times[0])
    assert after.plan.cost == pytest.approx(before.plan.cost, abs=0.02)
    assert not after.plan.violations


def _with(today: Today, *stops) -> Today:
    """Return the day with more stops that are on no route."""
    return replace(today, problem=replace(today.problem, stops=(*today.problem.stops, *stops)))


def test_scope_times_keeps_the_order_and_tells_what_breaks():
    """V1 is 25 minutes late; E4 is to be served by 09:00 and is reached at 09:20. Nothing else is late."""
    problem = _changed(_town(), E4={"windows": (between("08:00", "09:00"),)})
    before = a_plan(problem, V1="E1 E2 E3 E4", V2="W1 W2 W3 W4")
    late = before.at(at("08:32"), late={"V1": 25 * MINUTE})
    after = late.replanned(SCOPE_TIMES)
    _assert_whole(late, after)
    assert _orders(after) == _orders(before)
    assert [(one.code, one.vehicle_id, one.stop_id) for one in after.plan.violations] == [
        ("time_window", "V1", "E4")
    ]
    assert after.plan.violations[0].amount == 20 * MINUTE
    (stop,) = (visit for route in after.plan.routes for visit in route.visits if visit.id == "E4")
    assert (stop.arrival, stop.late, stop.violations) == (at("09:20"), 20 * MINUTE, ("time_window",))


def test_scope_times_leaves_stops_without_a_place_out():
    """A new stop is told as on no route, with what serving it would cost."""
    before = _with(_begun(), a_stop("N", 5, service=5 * MINUTE))
    after = before.replanned(SCOPE_TIMES, loose=("N",))
    _assert_whole(before, after)
    (left,) = after.plan.unassigned
    assert (left.stop_id, left.reason, left.nearest_vehicle) == ("N", "excluded", "V1")


@pytest.mark.parametrize("late", [0, 25 * MINUTE])
def test_scope_insert_keeps_the_order_of_all_others(late):
    """The new stop goes to the vehicle that comes near; others stay in their order, late or not."""
    problem = _changed(_town(), E4={"windows": (between("08:00", "09:15"),)})
    before = a_plan(problem, V1="E2 E1 E3 E4", V2="W1 W2 W3 W4").at(at("08:12"), late={"V1": late})
    before = _with(before, a_stop("N", -4.5, service=5 * MINUTE))
    after = before.replanned(SCOPE_INSERT, loose=("N",))
    _assert_whole(before, after)
    assert _orders(after) == {"V1": "E2 E1 E3 E4", "V2": "W1 W2 W3 W4 N"}
    assert bool(after.plan.violations) == bool(late)


def test_scope_insert_puts_nothing_in_that_has_no_place_to_be_found():
    """Of two stops on no route only the loose one is put in."""
    before = _with(_begun(), a_stop("N", 5), a_stop("M", 5))
    after = before.replanned(SCOPE_INSERT, loose=("N",))
    assert _orders(after)["V1"].split()[-1] == "N"
    assert [(one.stop_id, one.reason) for one in after.plan.unassigned] == [("M", "excluded")]


def test_loose_stop_goes_to_the_vehicle_it_names():
    """Far off its way, but asked for."""
    before = _with(_begun(), a_stop("N", 4.5, service=5 * MINUTE, vehicle_id="V2"))
    after = before.replanned(SCOPE_INSERT, loose=("N",))
    assert after.served["N"] == "V2"
    assert [stop for stop in _orders(after)["V2"].split() if stop != "N"] == ["W1", "W2", "W3", "W4"]


def _mixed(**vehicle) -> Today:
    """Before the day: each van serves stops on both sides, and a third one has no route."""
    problem = _town()
    vans = [replace(van, max_stops=4) for van in problem.vehicles]
    problem = replace(problem, vehicles=(*vans, replace(VAN, id="V3", **vehicle)))
    return a_plan(problem, V1="E2 E1 W3 E4", V2="W1 E3 W2 W4")


def test_scope_sequence_changes_the_order_alone():
    """Each stop stays on its vehicle; both ways become shorter."""
    before = _mixed()
    after = before.replanned(SCOPE_SEQUENCE)
    _assert_whole(before, after)
    assert after.served == before.served
    best = a_plan(before.problem, V1="W3 E1 E2 E4", V2="E3 W1 W2 W4")
    assert after.plan.cost == pytest.approx(best.plan.cost)
    assert after.plan.cost < before.plan.cost


def test_scope_routes_changes_between_vehicles_that_have_a_route():
    """Each van gets a side; the third, which would cost nothing, stays at home. In scope free it goes."""
    before = _mixed(fixed_cost=0, cost_per_hour=0, cost_per_km=0)
    after = before.replanned(SCOPE_ROUTES)
    _assert_whole(before, after)
    sides = {vehicle: {stop[0] for stop in stops.split()} for vehicle, stops in _orders(after).items()}
    assert sorted(map(sorted, sides.values())) == [["E"], ["W"]]
    assert set(sides) == {"V1", "V2"}
    assert set(before.replanned(SCOPE_FREE).served.values()) == {"V3"}


def test_stops_on_no_route_come_in_where_all_is_free():
    """In scope routes only those that are loose do; the others are told, with what they would cost."""
    before = _with(_begun(), a_stop("N", 5, service=5 * MINUTE), a_stop("M", -5, service=5 * MINUTE))
    assert not before.replanned(SCOPE_FREE).plan.unassigned
    routes = before.replanned(SCOPE_ROUTES, loose=("N",))
    assert routes.served["N"] == "V1"
    assert [(one.stop_id, one.reason) for one in routes.plan.unassigned] == [("M", "excluded")]


def test_vehicle_that_is_late_gives_stops_to_one_in_time():
    """V1 is 25 minutes late for E4, to be served by 09:00; a third van at the depot comes in time."""
    problem = _changed(_town(), E4={"windows": (between("08:00", "09:00"),)})
    problem = replace(problem, vehicles=(*problem.vehicles, replace(VAN, id="V3")))
    before = a_plan(problem, V1="E1 E2 E3 E4", V2="W1 W2 W3 W4").at(at("08:15"), late={"V1": 25 * MINUTE})
    after = before.replanned(SCOPE_FREE)
    _assert_whole(before, after)
    assert after.served["E4"] == "V3"
    assert not after.plan.violations
    assert not after.plan.unassigned
    assert _orders(after)["V2"] == "W1 W2 W3 W4"


@pytest.mark.parametrize("scope", [SCOPE_SEQUENCE, SCOPE_ROUTES, SCOPE_FREE])
def test_stop_that_nobody_serves_in_time_is_served_as_little_late_as_can_be(scope):
    """V1 alone is near: it goes to E4 first, at 09:05 instead of 09:20, and tells that it is late."""
    problem = _changed(_town(), E4={"windows": (between("08:00", "09:00"),)})
    before = a_plan(problem, V1="E1 E2 E3 E4", V2="W1 W2 W3 W4").at(at("08:32"), late={"V1": 25 * MINUTE})
    after = before.replanned(scope)
    _assert_whole(before, after)
    assert not after.plan.unassigned
    assert [(one.code, one.stop_id, one.amount) for one in after.plan.violations] == [
        ("time_window", "E4", 5 * MINUTE)
    ]
    strict = before.replanned(scope, serve_late=False)
    _assert_whole(before, strict)
    assert not strict.plan.violations
    assert [(one.stop_id, one.reason) for one in strict.plan.unassigned] == [("E4", "time_window")]


def test_shift_ends_late_rather_than_that_a_planned_stop_is_left_out():
    """V1 is to be back by 09:45 and is 25 minutes late; nobody else may serve its stops."""
    problem = _town()
    vehicles = (replace(VAN, shift=between("08:00", "09:45")), problem.vehicles[1])
    problem = replace(problem, vehicles=vehicles)
    problem = _changed(problem, **{f"E{number}": {"vehicle_id": "V1"} for number in (1, 2, 3, 4)})
    before = a_plan(problem, V1="E1 E2 E3 E4", V2="W1 W2 W3 W4").at(at("08:32"), late={"V1": 25 * MINUTE})
    after = before.replanned(SCOPE_FREE)
    assert not after.plan.unassigned
    assert [(one.code, one.vehicle_id) for one in after.plan.violations] == [("shift", "V1")]
    assert [one.reason for one in before.replanned(SCOPE_FREE, serve_late=False).plan.unassigned] == ["shift"]


def test_new_stop_makes_nobody_late():
    """It was never planned: it is left out with its reason, whatever is allowed to those that were."""
    problem = _changed(_town(), E4={"windows": (between("08:00", "09:00"),)})
    before = a_plan(problem, V1="E1 E2 E3 E4", V2="W1 W2 W3 W4").at(at("08:32"))
    new = a_stop("N", 3.5, service=20 * MINUTE, windows=(between("08:00", "08:50"),))
    for scope in (SCOPE_INSERT, SCOPE_FREE):
        after = _with(before, new).replanned(scope, loose=("N",))
        assert not after.plan.violations
        assert [(one.stop_id, one.reason) for one in after.plan.unassigned] == [("N", "time_window")]


def test_search_goes_on_beside_a_new_stop_that_has_no_place():
    """N is important, and would make E4 late: it is left out, and the way of V2 becomes shorter."""
    problem = _changed(_town(), E4={"windows": (between("08:00", "08:50"),)})
    before = a_plan(problem, V1="E1 E2 E3 E4", V2="W3 W1 W4 W2")
    new = a_stop(
        "N", 4, service=20 * MINUTE, windows=(between("08:00", "08:42"),), priority=90, vehicle_id="V1"
    )
    after = _with(before, new).replanned(SCOPE_SEQUENCE, loose=("N",))
    assert [one.stop_id for one in after.plan.unassigned] == ["N"]
    assert not after.plan.violations
    best = a_plan(problem, V1="E1 E2 E3 E4", V2="W1 W2 W3 W4")
    assert after.plan.cost == pytest.approx(best.plan.cost)


def test_planned_stop_without_a_place_is_put_in_late():
    """V1 is lost; nobody is at E4 by 09:00 any more. V2 serves it as soon as it can, and says so."""
    problem = _changed(_town(), E4={"windows": (between("08:00", "09:00"),)})
    before = a_plan(problem, V1="E1 E2 E3 E4", V2="W1 W2 W3 W4").at(at("08:32"), lost={"V1": at("08:32")})
    after = before.replanned(SCOPE_INSERT)
    assert _orders(after)["V2"].split()[:3] == ["W1", "W2", "E4"]
    assert [(one.code, one.stop_id) for one in after.plan.violations] == [("time_window", "E4")]
    strict = before.replanned(SCOPE_INSERT, serve_late=False)
    assert [one.stop_id for one in strict.plan.unassigned] == ["E4"]


def test_vehicle_on_its_way_home_has_a_route():
    """V2 has nothing left to do and passes W2 on its way: scope routes gives it that stop of V1."""
    before = a_plan(_town(), V1="E1 E2 E3 E4 W2 W1", V2="W3 W4").at(at("09:00"))
    assert not before.sequences[1].stops
    assert _orders(before.replanned(SCOPE_ROUTES)) == {"V1": "E1 E2 E3 E4", "V2": "W3 W4 W2 W1"}


@pytest.mark.parametrize("goods", ["bound", "free"])
@pytest.mark.parametrize("scope", [SCOPE_INSERT, SCOPE_FREE])
def test_stops_of_a_lost_vehicle_go_to_others(scope, goods):
    """V1 breaks down at 08:32 on the way to E3. V2 fetches the goods where V1 stands, or needs not."""
    problem = _town(delivery=(1000,))
    before = a_plan(problem, V1="E1 E2 E3 E4", V2="W1 W2 W3 W4").at(at("08:32"), lost={"V1": at("08:32")})
    before = replace(before, goods=goods)
    after = before.replanned(scope)
    _assert_whole(before, after)
    assert _orders(after)["V1"] == "E1 E2"
    assert {"E3", "E4"} <= set(_orders(after)["V2"].split())
    assert not after.plan.violations
    kinds = [visit.type for route in after.plan.routes for visit in route.visits]
    assert kinds.count("transfer") == (goods == GOODS_BOUND)


def test_all_vehicles_lost_leaves_all_stops_out():
    """What was done stays in the plan; of the rest nobody is left to serve any."""
    before = _begun().at(at("08:32"), lost={"V1": at("08:32"), "V2": at("08:32")})
    after = before.replanned(SCOPE_FREE)
    _assert_whole(before, after)
    assert {one.reason for one in after.plan.unassigned} == {"no_vehicle"}
    assert len(after.plan.unassigned) == 4
    assert all(route.visits[-1].type == VISIT_STOP for route in after.plan.routes)


@pytest.mark.parametrize("scope", SCOPES)
def test_day_that_is_over_is_left_as_it_was(scope):
    """Nothing is left to do: both vans are home."""
    before = _begun().at(at("12:00"))
    after = before.replanned(scope)
    _assert_whole(before, after)
    assert after.plan.routes == before.plan.routes
    assert all(route.visits[-1].type == VISIT_END for route in after.plan.routes)


def test_what_is_locked_stays_where_it_is():
    """E4 stays first on V1 and W4 on V1, whatever it costs."""
    problem = _changed(_town(), E4={"vehicle_id": "V1", "keep": "prefix"}, W4={"vehicle_id": "V1"})
    after = a_plan(problem, V1="E4 W4 E3 E2", V2="W1 E1 W2 W3").replanned(SCOPE_FREE)
    assert after.served["W4"] == "V1"
    assert _orders(after)["V1"].split()[0] == "E4"
    assert not after.plan.violations


def _moved(before: Today, after: Today) -> int:
    return sum(before.served[stop] != vehicle for stop, vehicle in after.served.items())


def test_fewer_stops_change_vehicle_the_more_that_costs():
    """Free changes give each van a side; at 1000 each none is worth while. The cost rises as they fall."""
    before = _mixed()
    found = []
    for price in (0.0, 4.0, 1000.0):
        goals = Goals(vehicle_change_price=price)
        priced = replace(before, problem=replace(before.problem, goals=goals))
        after = priced.replanned(SCOPE_ROUTES)
        found.append((_moved(before, after), round(after.plan.cost, 2)))
    moved, costs = zip(*found)
    assert moved[0] > 0 == moved[-1]
    assert list(moved) == sorted(moved, reverse=True)
    assert list(costs) == sorted(costs)


def test_vehicles_that_are_alike_are_not_exchanged_for_nothing():
    """V2 takes what it served most of; V3, which is another kind of vehicle, keeps what it has."""
    problem = _town()
    problem = replace(problem, vehicles=(*problem.vehicles, replace(VAN, id="V3", max_stops=3)))
    before = a_plan(problem, V2="E1 E2 E3", V1="W1 W2 W3", V3="E4 W4")
    instance = Instance(before.known(), along_the_road(problem))
    east, west, third = [0, 1, 2, 7], [4, 5, 6], [3]
    assert as_before(instance, [east, west, third]) == [west, east, third]
    assert as_before(instance, [west, east, third]) == [west, east, third]
    assert as_before(instance, [east, [], west + third]) == [[], east, west + third]


@pytest.mark.parametrize("fewest", [False, True])
def test_vehicle_that_has_left_pays_its_way_home_anyway(fewest):
    """D is left to V2, and on the way home of both. For the five minutes there V1 costs a euro more; that V2
    would save all of its way home, if D were V1's, only seems so.
    """
    stops = [a_stop("A", 8, service=5 * MINUTE), a_stop("B", 8, service=5 * MINUTE)]
    stops += [a_stop("C", 9, service=5 * MINUTE), a_stop("D", 7, service=5 * MINUTE)]
    vans = [replace(VAN, cost_per_hour=30), replace(VAN, id="V2")]
    problem = a_problem(stops, [a_depot("D1", 0)], vans)
    problem = replace(problem, goals=Goals(fewest_vehicles=fewest))
    before = a_plan(problem, V1="A C", V2="B D").at(at("09:27"))
    assert set(before.done) == {"A", "B"}
    after = before.replanned(SCOPE_FREE)
    assert _orders(after) == _orders(before)
    assert after.plan.cost == pytest.approx(before.plan.cost, abs=0.02)


def test_unknown_stops_are_refused():
    problem = _town()
    with pytest.raises(InputError, match='"X9"'):
        replan(
            problem,
            [Sequence("V1", ("E1", "X9"))],
            Day(),
            Ask(),
            {},
            Settings(),
            counting_clock(),
            lambda text: None,
            along_the_road,
        )
