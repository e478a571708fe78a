"""The checker is tested by damage: valid plans with one thing wrong, and each must be found."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optiway_qgis.engine.solving.check import check
from optiway_qgis.model.plan import Leg, Plan, Route, Unassigned, Visit, plan_from_json, plan_to_json
from tests.engine.cases import VALID_CASES, Case, spot
from tests.engine.oracle import believes, departing_at, oracle_plan
from tests.engine.strategies import cases, damaged
from tests.engine.test_check_rules import full_day, second

if TYPE_CHECKING:
    from collections.abc import Callable

NAN = float("nan")


FULL_DAY = "full day"
"""The plan with a reload, a break and a held pickup; its visits are start, A, P, Q, B, reload, C, end."""


def valid(name: str) -> tuple[Case, Plan]:
    """Return a case and its right plan."""
    if name == FULL_DAY:
        problem, travel, plan = full_day()
        return Case(problem, travel, ()), plan
    case = VALID_CASES[name]()
    return case, oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)


def in_route(plan: Plan, route: int = 0, **members: Any) -> Plan:
    """Return the plan with members of one route replaced."""
    worse = replace(plan.routes[route], **members)
    return replace(plan, routes=(*plan.routes[:route], worse, *plan.routes[route + 1 :]))


def in_visit(plan: Plan, index: int, route: int = 0, **members: Any) -> Plan:
    """Return the plan with members of one visit replaced."""
    visits = list(plan.routes[route].visits)
    visits[index] = replace(visits[index], **members)
    return in_route(plan, route, visits=tuple(visits))


def in_leg(plan: Plan, index: int, route: int = 0, **members: Any) -> Plan:
    """Return the plan with members of one leg replaced."""
    legs = list(plan.routes[route].legs)
    legs[index] = replace(legs[index], **members)
    return in_route(plan, route, legs=tuple(legs))


def in_left(plan: Plan, index: int, **members: Any) -> Plan:
    """Return the plan with members of one unassigned stop replaced."""
    left = list(plan.unassigned)
    left[index] = replace(left[index], **members)
    return replace(plan, unassigned=tuple(left))


def visits_of(plan: Plan, route: int = 0) -> tuple[Visit, ...]:
    return plan.routes[route].visits


def legs_of(plan: Plan, route: int = 0) -> tuple[Leg, ...]:
    return plan.routes[route].legs


def swapped(members: tuple[Any, ...], one: int, other: int) -> tuple[Any, ...]:
    """Return the members with two of them changed over."""
    changed = list(members)
    changed[one], changed[other] = changed[other], changed[one]
    return tuple(changed)


def moved(members: tuple[Any, ...], one: int, to: int) -> tuple[Any, ...]:
    """Return the members with one of them put elsewhere."""
    rest = [*members[:one], *members[one + 1 :]]
    return (*rest[:to], members[one], *rest[to:])


# What is damaged: case, what is done to its plan, and a word the finding must contain.
Damage = tuple[str, "Callable[[Plan], Plan]", str]

BY_HAND: dict[str, Damage] = {
    # the plan
    "no plan id": ("windows", lambda p: replace(p, plan_id=""), "plan_id"),
    "plan id a number": ("windows", lambda p: replace(p, plan_id=7), "plan_id"),
    "other travel source": ("windows", lambda p: replace(p, travel_source="roads"), "travel_source"),
    "all routes gone": ("windows", lambda p: replace(p, routes=()), "S1 is lost"),
    "routes are nothing": ("windows", lambda p: replace(p, routes=None), "cannot be read"),
    "one route gone": ("two depots", lambda p: replace(p, routes=p.routes[:1]), "S3 is lost"),
    "route twice": ("two depots", lambda p: replace(p, routes=(*p.routes, p.routes[0])), "another route"),
    "a route is nothing": ("two depots", lambda p: replace(p, routes=(*p.routes, None)), "cannot be read"),
    # the route
    "unknown vehicle": ("windows", lambda p: in_route(p, vehicle_id="V9"), "V9"),
    "vehicle a list": ("windows", lambda p: in_route(p, vehicle_id=["V1"]), "not known"),
    "vehicle of another route": ("two depots", lambda p: in_route(p, 1, vehicle_id="V1"), "another route"),
    "vehicle that may not serve": ("ranked", lambda p: in_route(p, vehicle_id="V2"), "violations"),
    "empty route id": ("windows", lambda p: in_route(p, route_id=""), "route_id"),
    "route id twice": ("two depots", lambda p: in_route(p, 1, route_id="V1"), "not unique"),
    "route without stops": ("left out", lambda p: in_route(p, visits=visits_of(p)[::2]), "serves no stop"),
    "route without visits": ("left out", lambda p: in_route(p, visits=(), legs=()), "serves no stop"),
    "visits are nothing": ("left out", lambda p: in_route(p, visits=None), "cannot be read"),
    "departure without visits": ("windows", lambda p: in_route(p, start=p.routes[0].start + 60), "start is"),
    "end too early": ("windows", lambda p: in_route(p, end=p.routes[0].end - 1), "end is"),
    "drive without a leg": ("windows", lambda p: in_route(p, drive=p.routes[0].drive - 600), "drive is"),
    "peak of one load": ("three loads", lambda p: in_route(p, load_peak=(4000, 4000, 75)), "load_peak"),
    "peak of too few": (
        "three loads",
        lambda p: in_route(p, load_peak=p.routes[0].load_peak[:2]),
        "load_peak",
    ),
    "fixed cost forgotten": ("windows", lambda p: in_route(p, cost_fixed=0.0), "cost_fixed"),
    "cost of metres": ("windows", lambda p: in_route(p, cost_distance=18_000.0), "cost_distance"),
    "cost a cent off": (
        "windows",
        lambda p: in_route(p, cost_time=p.routes[0].cost_time + 0.01),
        "cost_time",
    ),
    "cost not a number": ("windows", lambda p: in_route(p, cost_time=NAN), "cost_time"),
    "violation made up": ("windows", lambda p: in_route(p, violations=("shift",)), "violations"),
    # the order of visits
    "start visit missing": ("windows", lambda p: in_route(p, visits=visits_of(p)[1:]), "start D1"),
    "end visit missing": ("windows", lambda p: in_route(p, visits=visits_of(p)[:-1]), "end D1"),
    "stop missing": (
        "windows",
        lambda p: in_route(p, visits=visits_of(p)[:1] + visits_of(p)[2:]),
        "S1 is lost",
    ),
    "stop twice": (
        "windows",
        lambda p: in_route(p, visits=(*visits_of(p)[:2], *visits_of(p)[1:])),
        "2 times",
    ),
    "stops changed over": ("windows", lambda p: in_route(p, visits=swapped(visits_of(p), 1, 2)), "sequence"),
    "start at an open start": (
        "open start",
        lambda p: in_route(p, visits=(replace(visits_of(p)[0], type="start", id="D1"), *visits_of(p))),
        "states start D1",
    ),
    "end at an open end": (
        "open end",
        lambda p: in_route(p, visits=(*visits_of(p), replace(visits_of(p)[0], type="end", sequence=3))),
        "end D1",
    ),
    "returns to the wrong depot": ("two depots", lambda p: in_visit(p, -1, id="D1"), "end D1"),
    "leaves the wrong depot": ("two depots", lambda p: in_visit(p, 0, id="D2"), "start D2"),
    "depot as a stop": ("windows", lambda p: in_visit(p, 0, type="stop"), "stop 'D1'"),
    "stop as a break": ("windows", lambda p: in_visit(p, 2, type="break"), "S2 is lost"),
    "stop of another id": ("windows", lambda p: in_visit(p, 2, id="S9"), "S9"),
    "stop id a number": ("windows", lambda p: in_visit(p, 2, id=2), "S2 is lost"),
    "stop id a list": ("windows", lambda p: in_visit(p, 2, id=["S2"]), "S2 is lost"),
    "sequence from 1": ("windows", lambda p: in_visit(p, 0, sequence=1), "sequence is 1, but 0"),
    "sequence from 0 at an open start": ("open start", lambda p: in_visit(p, 0, sequence=0), "sequence"),
    "sequence with a gap": ("windows", lambda p: in_visit(p, 3, sequence=4), "sequence is 4, but 3"),
    # the visit
    "arrives early": ("windows", lambda p: in_visit(p, 2, arrival=visits_of(p)[2].arrival - 1), "arrival"),
    "arrives never": ("windows", lambda p: in_visit(p, 2, arrival=None), "arrival is None"),
    "arrives at a fraction": ("windows", lambda p: in_visit(p, 2, arrival=36300.5), "arrival"),
    "setup forgotten": ("windows", lambda p: in_visit(p, 2, setup=0), "setup is 0, but 60"),
    "setup twice at a place": ("same place", lambda p: in_visit(p, 3, setup=92), "setup is 92, but 0"),
    "no setup at the depot's place": ("same place", lambda p: in_visit(p, 1, setup=0), "setup is 0, but 200"),
    "wait forgotten": ("windows", lambda p: in_visit(p, 3, wait=0), "wait is 0, but"),
    "wait negative": ("windows", lambda p: in_visit(p, 2, wait=-1), "wait is -1"),
    "serves before the window": ("windows", lambda p: in_visit(p, 3, start=39_599), "start is 39599"),
    "serves in the gap": ("windows", lambda p: in_visit(p, 3, start=34_000), "start is 34000"),
    "service cut short": ("windows", lambda p: in_visit(p, 2, service=599), "service is 599"),
    "ends with the start": ("windows", lambda p: in_visit(p, 2, end=visits_of(p)[2].start), "end is"),
    "late for nothing": ("windows", lambda p: in_visit(p, 2, late=60), "late is 60"),
    "slack a second too long": (
        "windows",
        lambda p: in_visit(p, 1, slack=visits_of(p)[1].slack + 1),
        "slack",
    ),
    "slack a second too short": (
        "windows",
        lambda p: in_visit(p, 3, slack=visits_of(p)[3].slack - 1),
        "slack",
    ),
    "slack above the cap": ("windows", lambda p: in_visit(p, 0, slack=86_401), "slack is 86401"),
    "slack of the departure": ("open start", lambda p: in_visit(p, 0, slack=0), "slack is 0"),
    "drives at the start": ("windows", lambda p: in_visit(p, 0, drive=600), "drive is 600, but 0"),
    "drive of another profile": ("two depots", lambda p: in_visit(p, 1, 1, drive=1800), "drive is 1800"),
    "distance in kilometres": ("windows", lambda p: in_visit(p, 1, distance=6), "distance is 6, but 6000"),
    "distance not added up": ("windows", lambda p: in_visit(p, 2, cum_distance=6000), "cum_distance is 6000"),
    "load not delivered": ("windows", lambda p: in_visit(p, 1, load=(5000,)), "load is (5000,), but (3000,)"),
    "load negative": ("windows", lambda p: in_visit(p, 4, load=(-1,)), "load is (-1,)"),
    "load of one dimension": ("three loads", lambda p: in_visit(p, 2, load=(2000, 4500, 1)), "load is"),
    "load of no dimension": ("three loads", lambda p: in_visit(p, 2, load=()), "load is ()"),
    "unloaded at the end depot": (
        "three loads",
        lambda p: in_visit(p, 4, load=(0, 0, 0)),
        "load is (0, 0, 0)",
    ),
    "visit violation made up": ("windows", lambda p: in_visit(p, 2, violations=("skill",)), "violations"),
    # the legs
    "leg missing": ("windows", lambda p: in_route(p, legs=legs_of(p)[:-1]), "3 legs, but 4"),
    "leg to an open start": (
        "open start",
        lambda p: in_route(p, legs=(legs_of(p)[0], *legs_of(p))),
        "3 legs",
    ),
    "leg is nothing": ("windows", lambda p: in_route(p, legs=(None, *legs_of(p))), "cannot be read"),
    "legs are nothing": ("windows", lambda p: in_route(p, legs=None), "cannot be read"),
    "legs changed over": ("windows", lambda p: in_route(p, legs=swapped(legs_of(p), 0, 1)), "from_id"),
    "leg sequence": ("windows", lambda p: in_leg(p, 1, sequence=1), "sequence is 1, but 2"),
    "leg from elsewhere": ("windows", lambda p: in_leg(p, 1, from_id="S3"), "from_id"),
    "leg to elsewhere": ("windows", lambda p: in_leg(p, 1, to_id="S3"), "to_id"),
    "leg of no time": ("windows", lambda p: in_leg(p, 1, seconds=0), "seconds is 0, but 600"),
    "leg of no way": ("windows", lambda p: in_leg(p, 1, metres=-1), "metres is -1, but 6000"),
    "leg source unknown": ("windows", lambda p: in_leg(p, 1, source="air"), "source is 'air'"),
    "road in an estimate": ("windows", lambda p: in_leg(p, 1, source="road"), "source is 'road'"),
    "line of one point": ("windows", lambda p: in_leg(p, 1, geometry=(spot(1),)), "geometry"),
    "line is nothing": ("windows", lambda p: in_leg(p, 1, geometry=None), "geometry"),
    "line backwards": ("windows", lambda p: in_leg(p, 1, geometry=(spot(2), spot(1))), "geometry"),
    "line ends elsewhere": (
        "windows",
        lambda p: in_leg(p, 1, geometry=(spot(1), (spot(2)[0], spot(2)[1] + 2e-6))),
        "geometry",
    ),
    "line in metres": (
        "windows",
        lambda p: in_leg(p, 1, geometry=(spot(1), (500e3, 4e6), spot(2))),
        "geometry",
    ),
    "line of NaN": ("windows", lambda p: in_leg(p, 1, geometry=(spot(1), (NAN, NAN), spot(2))), "geometry"),
    "line of half a point": (
        "windows",
        lambda p: in_leg(p, 1, geometry=(spot(1), (1.0,), spot(2))),
        "geometry",
    ),
    "line with a hole": ("windows", lambda p: in_leg(p, 1, geometry=(spot(1), None, spot(2))), "geometry"),
    # trips, breaks and what may be held
    "loading forgotten": (FULL_DAY, lambda p: in_visit(p, 0, service=0), "service is 0, but 182"),
    "loads what is picked up on the way": (
        FULL_DAY,
        lambda p: in_visit(p, 0, service=212, end=visits_of(p)[0].end + 30),
        "service is 212, but 182",
    ),
    "loading of all trips at once": (FULL_DAY, lambda p: in_visit(p, 5, load=(3501,)), "load is (3501,)"),
    "service of another driver": (FULL_DAY, lambda p: in_visit(p, 1, service=201), "service is 201, but 302"),
    "trip not counted": (FULL_DAY, lambda p: in_visit(p, 6, trip=1), "trip is 1, but 2"),
    "reload on the trip before": (FULL_DAY, lambda p: in_visit(p, 5, trip=1), "trip is 1, but 2"),
    "reload before all stops": (
        FULL_DAY,
        lambda p: in_route(p, visits=moved(visits_of(p), 5, 1)),
        "states start D, reload D, stop A",
    ),
    "reload after all stops": (
        FULL_DAY,
        lambda p: in_route(p, visits=moved(visits_of(p), 5, 6)),
        "stop C, reload D, end D, but",
    ),
    "reload twice": (
        FULL_DAY,
        lambda p: in_route(p, visits=(*visits_of(p)[:6], *visits_of(p)[5:])),
        "reload D, reload D, stop C, end D, but",
    ),
    "reload at an unknown depot": (FULL_DAY, lambda p: in_visit(p, 5, id="D9"), "reload 'D9'"),
    "reload at a stop": (FULL_DAY, lambda p: in_visit(p, 5, id="A"), "reload 'A'"),
    "reload left out": (
        FULL_DAY,
        lambda p: in_route(p, visits=visits_of(p)[:5] + visits_of(p)[6:]),
        "trip is 2, but 1",
    ),
    "reload before its goods are ready": (
        FULL_DAY,
        lambda p: in_visit(p, 5, start=second("10:49"), wait=240, end=second("10:51:16")),
        "start is 38940 (10:49), but 39000 (10:50) follows",
    ),
    "unknown break": (FULL_DAY, lambda p: in_visit(p, 4, id="B9"), "'B9' of route V is not among the breaks"),
    "break id a list": (FULL_DAY, lambda p: in_visit(p, 4, id=["B"]), "not among the breaks"),
    "break a depot": (FULL_DAY, lambda p: in_visit(p, 4, id="D"), "'D' of route V is not among the breaks"),
    "break of no length it may have": (
        FULL_DAY,
        lambda p: in_visit(p, 4, service=1200, end=visits_of(p)[4].end - 600),
        "service is 1200, but 1800",
    ),
    "break before its window": (
        FULL_DAY,
        lambda p: in_visit(p, 4, start=second("09:30"), wait=0, end=second("10:00")),
        "start is 34200 (09:30), but 35100 (09:45)",
    ),
    "break before the start": (
        FULL_DAY,
        lambda p: in_route(p, visits=moved(visits_of(p), 4, 0)),
        "states break B, start D",
    ),
    "break after the end": (
        FULL_DAY,
        lambda p: in_route(p, visits=moved(visits_of(p), 4, 7)),
        "end D, break B, but",
    ),
    "break at an open start": (
        "open start",
        lambda p: in_route(p, visits=(replace(visits_of(p)[0], type="break", id="B"), *visits_of(p))),
        "states break B",
    ),
    "break not taken": (
        FULL_DAY,
        lambda p: in_route(p, visits=visits_of(p)[:4] + visits_of(p)[5:]),
        "without break B",
    ),
    "leg to a break": (
        FULL_DAY,
        lambda p: in_route(p, legs=(*legs_of(p)[:3], *legs_of(p)[2:])),
        "7 legs, but 6",
    ),
    "leg from a break": (FULL_DAY, lambda p: in_leg(p, 3, from_id="B"), "from_id is 'B', but 'Q'"),
    "pickup held for longer than its window": (
        FULL_DAY,
        lambda p: in_visit(p, 2, start=second("10:00:01"), wait=5457, end=second("10:02:31")),
        "start is 36001 (10:00), but 32400 (09:00)",
    ),
    "lateness forgotten": (FULL_DAY, lambda p: in_route(p, late=0), "late is 0, but 122"),
    "loading not added up": (FULL_DAY, lambda p: in_route(p, loading=182), "loading is 182, but 318"),
    "loading is service": (FULL_DAY, lambda p: in_route(p, service=1670), "service is 1670, but 1352"),
    "break is a wait": (FULL_DAY, lambda p: in_route(p, wait=6206), "wait is 6206, but 4406"),
    "break paid after all": (FULL_DAY, lambda p: in_route(p, unpaid_break=0), "unpaid_break is 0, but 1800"),
    "overtime of a paid break": (FULL_DAY, lambda p: in_route(p, overtime=1996), "overtime is 1996, but 196"),
    "overtime at no price": (FULL_DAY, lambda p: in_route(p, cost_time=109.96), "cost_time is 109.96"),
    "wishes are nothing": (FULL_DAY, lambda p: replace(p, wishes=None), "cannot be read"),
    # the stops left out
    "left out and served": (
        "left out",
        lambda p: replace(p, unassigned=(*p.unassigned, Unassigned("S1", "capacity", "Too much."))),
        "S1 is there 2 times",
    ),
    "left out twice": ("left out", lambda p: replace(p, unassigned=p.unassigned * 2), "S2 is there 2 times"),
    "left out in silence": ("left out", lambda p: replace(p, unassigned=p.unassigned[1:]), "S2 is lost"),
    "left out stop unknown": ("left out", lambda p: in_left(p, 0, stop_id="S9"), "S9"),
    "reason unknown": ("left out", lambda p: in_left(p, 1, reason="bad luck"), "bad luck"),
    "reason no word": ("left out", lambda p: in_left(p, 1, reason=None), "None"),
    "required but not worth it": ("left out", lambda p: in_left(p, 1, reason="not_worth_it"), "required"),
    "no sentence": ("left out", lambda p: in_left(p, 0, text=""), "no text"),
    "nearest vehicle unknown": ("left out", lambda p: in_left(p, 0, nearest_vehicle="V9"), "V9"),
    "added no time": ("left out", lambda p: in_left(p, 0, added=NAN), "nan"),
    "left out is nothing": ("left out", lambda p: replace(p, unassigned=(None,)), "cannot be read"),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_damage_is_found(name):
    """One thing is wrong and the finding names it."""
    kind, damage, word = BY_HAND[name]
    case, plan = valid(kind)
    found = check(case.problem, case.travel, damage(plan))
    assert any(word in one.text for one in found), [one.text for one in found]


# A route may have any name that is its own; that one is damaged by hand above.
FIGURES = [
    *((Visit, figure.name) for figure in fields(Visit)),
    *((Leg, figure.name) for figure in fields(Leg)),
    *((Route, figure.name) for figure in fields(Route) if figure.name != "route_id"),
]


@pytest.mark.parametrize("name", [*VALID_CASES, FULL_DAY])
@pytest.mark.parametrize(("kind", "figure"), FIGURES, ids=lambda part: getattr(part, "__name__", part))
def test_every_figure_of_every_plan_is_looked_at(name, kind, figure):
    """No member of a visit, leg or route can be lost or strange without a finding, wherever it stands."""
    case, plan = valid(name)
    for number, route in enumerate(plan.routes):
        for strange in (None, NAN, -7, "strange", ()):
            if kind is Route:
                worse = [in_route(plan, number, **{figure: strange})]
            else:
                inside = in_visit if kind is Visit else in_leg
                members = route.visits if kind is Visit else route.legs
                worse = [inside(plan, index, number, **{figure: strange}) for index in range(len(members))]
            for damaged_plan in worse:
                if damaged_plan != plan:
                    assert check(case.problem, case.travel, damaged_plan), (number, strange)


@pytest.mark.parametrize("name", ["windows", FULL_DAY])
@pytest.mark.parametrize("figure", [name.name for name in fields(Visit) if name.type == "int"])
def test_a_damaged_figure_of_a_visit_gives_one_finding(name, figure):
    """The wrong figure is told, and nothing else: no cascade through later visits or through the sums."""
    case, plan = valid(name)
    for index, visit in enumerate(plan.routes[0].visits):
        worse = in_visit(plan, index, **{figure: getattr(visit, figure) + 77})
        (found,) = check(case.problem, case.travel, worse)
        assert (found.code, found.amount) == ("inconsistent", 77)
        assert f": {figure} is " in found.text


@pytest.mark.parametrize("name", [*VALID_CASES, FULL_DAY])
def test_a_damaged_departure_gives_one_finding(name):
    """The route's own start is wrong, its first visit right: judged is from what most figures say."""
    case, plan = valid(name)
    (route, *_) = plan.routes
    plan = departing_at(case.problem, case.travel, plan, {route.vehicle_id: route.start - 600})
    (found, *others) = [
        one
        for one in check(case.problem, case.travel, in_route(plan, start=plan.routes[0].start + 77))
        if one.code == "inconsistent"
    ]
    assert (found.amount, others) == (77, [])
    assert ": start is " in found.text


def test_a_hidden_breach_is_told_by_its_rule_and_by_its_missing_mark():
    """A plan breaks a rule and does not say so: told are the rule, and the silence of visit and route."""
    case, plan = valid("ranked")
    vehicles = (replace(case.problem.vehicles[0], skills=()), case.problem.vehicles[1])
    found = check(replace(case.problem, vehicles=vehicles), case.travel, plan)
    assert [(one.code, one.stop_id) for one in found] == [
        ("skill", "S1"),
        ("inconsistent", "S1"),
        ("inconsistent", ""),
    ]


def test_damage_survives_the_way_through_json():
    """What is wrong with a plan is the same on both sides of the pipe, and the findings are JSON too."""
    case, plan = valid("two depots")
    worse = in_visit(plan, 1, start=None)
    read = plan_from_json(json.loads(json.dumps(plan_to_json(worse))))
    found = check(case.problem, case.travel, read)
    assert found == check(case.problem, case.travel, worse)
    assert json.loads(json.dumps(plan_to_json(replace(plan, violations=tuple(found)))))["violations"]


def test_a_reload_without_a_depot_to_reload_at_is_told_by_its_rule():
    """The vehicle begins at its first stop; wherever the plan says that it reloads, it cannot."""
    case, plan = valid(FULL_DAY)
    vehicles = tuple(replace(vehicle, start_depot=None) for vehicle in case.problem.vehicles)
    worse = in_route(plan, visits=visits_of(plan)[1:], legs=legs_of(plan)[1:])
    found = check(replace(case.problem, vehicles=vehicles), case.travel, worse)
    (reload,) = [one for one in found if one.code == "reload"]
    assert reload.text == "Vehicle V reloads at D, but it has no start depot to reload at."


KINDS = st.sampled_from(["start", "stop", "reload", "break", "end", "lunch", None])
NAMES = st.sampled_from(["A", "P", "Q", "C", "B", "D", "X", None])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 7), KINDS | st.just("as is"), NAMES), max_size=10),
    st.sampled_from(
        [{}, {"start_depot": None}, {"end_depot": None}, {"start_depot": None, "end_depot": None}]
    ),
)
def test_visits_in_any_order_never_raise(words, opened):
    """Reloads, breaks, starts and ends wherever they cannot be: told, unless the plan is right by chance."""
    case, plan = valid(FULL_DAY)
    problem = replace(case.problem, vehicles=(replace(case.problem.vehicles[0], **dict.fromkeys(opened)),))
    visits = [
        visits_of(plan)[index] if kind == "as is" else replace(visits_of(plan)[index], type=kind, id=name)
        for index, kind, name in words
    ]
    worse = in_route(plan, visits=tuple(visits))
    codes = {one.code for one in check(problem, case.travel, worse)}
    assert ("inconsistent" in codes) is not believes(problem, case.travel, worse)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(max_stops=5), st.data())
def test_any_damaged_figure_of_a_random_plan_is_found(case, data):
    """Whatever figure becomes whatever else, the checker says that it does not follow, and never raises."""
    plan = oracle_plan(case.problem, case.travel, case.sequences, case.unassigned)
    assume(plan.routes)
    what, worse = data.draw(damaged(plan))
    found = check(case.problem, case.travel, worse)
    assert "inconsistent" in {one.code for one in found}, what
