"""Where a new stop could go, against trying every place of every route; what a place adds, against the
difference of two plans rescheduled; what an option of a day under way says, against the plan made of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, replace
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.job_form import read_offers
from optiway_qgis.engine.replanning.offers import options
from optiway_qgis.engine.replanning.placing import faults
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import price_of
from optiway_qgis.engine.solving.planner import by_index, reschedule
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.model.day import SCOPE_INSERT, SCOPE_TIMES, Day
from optiway_qgis.model.edits import MOVE, Edit, applied
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.options import Offer, Offers, Option, option_from_json
from optiway_qgis.model.problem import Problem, Sequence, Settings, Window, problem_to_json
from tests.engine.cases import HOUR, MINUTE, VAN, a_depot, a_problem, a_stop, at, between
from tests.engine.days import Today, a_plan, along_the_road
from tests.engine.plannable import examples
from tests.engine.rich import rich_cases, rich_cases_by_the_hour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Stop
    from tests.engine.cases import Case

EVERYTHING = 1000
"""More options than there can be."""


def offered(
    problem: Problem, travel: Travel, sequences: tuple[Sequence, ...], asked: Offers, day: Day = Day()
) -> list[Option]:
    """Return the options when all times are those of `travel`: no vehicle has left."""
    return options(problem, sequences, day, asked, {}, lambda rest, source: travel)


def asked_of(*stop_ids: str, most: int = EVERYTHING, only_fitting: bool = True) -> Offers:
    return Offers(tuple(Offer(stop_id) for stop_id in stop_ids), most, only_fitting)


@st.composite
def cases_with_a_new_stop(draw: st.DrawFn) -> tuple[Case, str]:
    """Draw an order of stops, where the vehicles reload left open, and a stop on no route, as its pickup."""
    case = draw(rich_cases(6) | rich_cases_by_the_hour(5))
    pickups = {stop.id: stop.picked_up_at for stop in case.problem.stops}
    stop_id = draw(st.sampled_from([name for name in pickups if name not in pickups.values()]))
    new = stop_id, pickups[stop_id]
    sequences = tuple(
        Sequence(one.vehicle_id, tuple(name for name in one.stops if name not in new))
        for one in case.sequences
    )
    return replace(case, sequences=sequences), stop_id


def every_place(
    problem: Problem, sequences: tuple[Sequence, ...], stop_id: str
) -> Iterator[tuple[str, tuple[Sequence, ...]]]:
    """Yield each vehicle with all orders in which the stop, with its pair, is on its route."""
    pickup = next(stop.picked_up_at for stop in problem.stops if stop.id == stop_id)
    by_vehicle = {one.vehicle_id: one for one in sequences}
    for vehicle in problem.vehicles:
        stops = by_vehicle.get(vehicle.id, Sequence(vehicle.id)).stops
        for places in combinations_with_replacement(range(len(stops) + 1), 2 if pickup else 1):
            first, last = places[0], places[-1]
            own = (*stops[:last], stop_id, *stops[last:])
            if pickup:
                own = (*own[:first], pickup, *own[first:])
            changed = {**by_vehicle, vehicle.id: Sequence(vehicle.id, own)}
            yield vehicle.id, tuple(changed.values())


def worth(problem: Problem, travel: Travel, sequences: tuple[Sequence, ...]) -> tuple[float, Counter]:
    """Return the price of an order, wishes included, and what it breaks."""
    instance = Instance(problem, travel)
    tables = timetables(instance, *by_index(instance, sequences)).values()
    return price_of(instance, tables), sum((faults(table) for table in tables), Counter())


def rescheduled(problem: Problem, travel: Travel, sequences: tuple[Sequence, ...]) -> Plan:
    return reschedule(problem, travel, {}, Settings(), sequences)


@examples(60)
@given(cases_with_a_new_stop())
def test_the_options_are_the_best_places_of_each_route(drawn: tuple[Case, str]):
    """No place of any route breaks fewer rules, or as few at a lower price, and the order is that of both."""
    case, stop_id = drawn
    problem, sequences = case.problem, case.sequences
    price, broken = worth(problem, case.travel, sequences)
    best: dict[str, tuple[int, float]] = {}
    for vehicle_id, order in every_place(problem, sequences, stop_id):
        own, breaks = worth(problem, case.travel, order)
        key = len(breaks - broken), round(own - price, 4)
        best[vehicle_id] = min(best.get(vehicle_id, key), key)
    every = offered(problem, case.travel, sequences, asked_of(stop_id, only_fitting=False))
    found = [(own.vehicle_id, len(own.violations) > 0) for own in every]
    ranked = sorted((best[vehicle_id] for vehicle_id, _ in found))
    assert [best[vehicle_id] for vehicle_id, _ in found] == ranked
    assert all((best[vehicle_id][0] > 0) == broken for vehicle_id, broken in found)
    assert ranked[0] == min(best.values())
    fitting = offered(problem, case.travel, sequences, asked_of(stop_id, most=2))
    if ranked[0][0] == 0:
        assert [own.vehicle_id for own in fitting] == [name for name, broken in found if not broken][:2]
    else:
        assert len(fitting) == 1
        assert fitting[0].violations
        assert fitting[0].text.endswith(".")


def figures(plan: Plan) -> tuple[int, int, int, float]:
    """Return work, driving, metres and cost of a plan."""
    return sum(route.work for route in plan.routes), plan.drive, plan.distance, plan.cost


def starts(plan: Plan, vehicle_id: str) -> dict[str, int]:
    """Return when service begins at each stop of a vehicle."""
    return {
        visit.id: visit.start
        for route in plan.routes
        for visit in route.visits
        if route.vehicle_id == vehicle_id and visit.type == "stop"
    }


def told(before: Plan, after: Plan, stop_id: str, vehicle_id: str) -> tuple:
    """Return what an option has to say of a stop that comes into a plan."""
    added = [one - other for one, other in zip(figures(after), figures(before))]
    route = next(route for route in after.routes if route.vehicle_id == vehicle_id)
    visit = next(visit for visit in route.visits if visit.id == stop_id)
    was, now = starts(before, vehicle_id), starts(after, vehicle_id)
    delays = [now[name] - was[name] for name in was if now[name] > was[name]]
    when = visit.sequence, visit.arrival, visit.start, visit.late
    return *added, *when, len(delays), max(delays, default=0)


def said(option: Option) -> tuple:
    """Return what an option says, as `told`."""
    added = (option.added_work, option.added_drive, option.added_distance, option.added_cost)
    return *added, option.sequence, option.eta, option.start, option.late, option.later, option.most_later


@examples(50)
@given(cases_with_a_new_stop())
def test_what_an_option_adds_is_the_difference_of_two_plans(drawn: tuple[Case, str]):
    """Of a pair the place of the delivery is told: one of the places of the pickup has these figures."""
    case, stop_id = drawn
    problem, travel, sequences = case.problem, case.travel, case.sequences
    before = rescheduled(problem, travel, sequences)
    for option in offered(problem, travel, sequences, asked_of(stop_id, only_fitting=False)):
        found = []
        for vehicle_id, order in every_place(problem, sequences, stop_id):
            own = next(one.stops for one in order if one.vehicle_id == vehicle_id)
            place = own.index(stop_id)
            beside = ("", *own, "")[place], ("", *own, "")[place + 2]
            if vehicle_id == option.vehicle_id and beside == (option.after_id, option.before_id):
                found.append(told(before, rescheduled(problem, travel, order), stop_id, vehicle_id))
        assert any(said(option) == pytest.approx(one) for one in found)


@examples(40)
@given(cases_with_a_new_stop(), st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True))
def test_a_window_costs_what_the_stop_costs_with_it(drawn: tuple[Case, str], hours: list[int]):
    """The best option of a stop that has to be served then, and nothing where none keeps all rules."""
    case, stop_id = drawn
    first = min(vehicle.shift.start for vehicle in case.problem.vehicles)
    windows = tuple(Window(first + hour * HOUR, first + (hour + 2) * HOUR) for hour in hours)
    expected = {}
    for window in windows:
        bound = {"windows": (window,), "late_max": 0}
        stops = [replace(stop, **bound) if stop.id == stop_id else stop for stop in case.problem.stops]
        problem = replace(case.problem, stops=tuple(stops))
        (best,) = offered(problem, case.travel, case.sequences, asked_of(stop_id, most=1))
        if not best.violations:
            expected[window] = said(best)
    asked = Offers((Offer(stop_id, windows),))
    found = offered(case.problem, case.travel, case.sequences, asked)
    assert {option.window: said(option) for option in found} == expected


def town(**members: Any) -> Problem:
    """A van and one like it for the afternoon at place 0, stops E1 to E4 at places 1 to 4, W1 and W2 at -1
    and -2, of five minutes each.
    """
    stops = [a_stop(f"E{place}", place, service=5 * MINUTE, **members) for place in (1, 2, 3, 4)]
    stops += [a_stop(f"W{place}", -place, service=5 * MINUTE, **members) for place in (1, 2)]
    vans = [VAN, replace(VAN, id="V2"), replace(VAN, id="V3", shift=between("12:00", "17:00"))]
    return a_problem(stops, [a_depot("D1", 0)], vans)


def with_new(today: Today, *stops: Stop) -> Today:
    return replace(today, problem=replace(today.problem, stops=(*today.problem.stops, *stops)))


def asked_today(today: Today, asked: Offers) -> list[Option]:
    """Return the options in the rest of a day."""
    return options(today.known(), today.sequences, today.day, asked, {}, along_the_road)


BEGUN = {"before it begins": None, "in the morning": at("08:32"), "when V2 drives home": at("08:40")}


@examples(8)
@given(
    st.sampled_from(sorted(BEGUN)),
    st.floats(-3, 5, width=16),
    st.sampled_from(("free", "bound")),
    st.sampled_from(((), (1000,))),
)
def test_the_best_option_is_what_the_plan_of_the_rest_does(
    moment: str, place: float, goods: str, delivery: tuple[int, ...]
):
    """Put where it costs least, the new stop has the vehicle, number and arrival that were offered, and the
    whole day costs that much more: also when its goods are fetched first, and by one that drives home.
    """
    before = replace(a_plan(town(delivery=delivery), V1="E1 E2 E3 E4", V2="W1 W2"), goods=goods)
    if BEGUN[moment] is not None:
        before = before.at(BEGUN[moment])
    before = with_new(before, a_stop("N", place, service=5 * MINUTE, delivery=delivery))
    best = asked_today(before, asked_of("N"))[0]
    without = before.replanned(SCOPE_TIMES).plan
    after = before.replanned(SCOPE_INSERT, loose=("N",)).plan
    assert best.added_cost == pytest.approx(after.cost - without.cost)
    if goods == "bound" and delivery:
        return
    edits = [Edit(MOVE, "N", vehicle_id=best.vehicle_id, place=place_of(before, best))]
    edited = applied(before.known(), before.sequences, edits, before.day)
    put_there = before.replanned(SCOPE_TIMES, edited=edited).plan
    assert said(best) == pytest.approx(told(without, put_there, "N", best.vehicle_id))
    (route,) = (one for one in put_there.routes if "N" in one.stop_ids)
    place = route.stop_ids.index("N")
    assert best.after_id == ("", *route.stop_ids)[place]
    assert best.before_id == (*route.stop_ids, "")[place + 1]


def place_of(today: Today, option: Option) -> int:
    """Return the place of an option among the stops still to do of its vehicle."""
    stops = next((one.stops for one in today.sequences if one.vehicle_id == option.vehicle_id), ())
    return stops.index(option.before_id) if option.before_id else len(stops)


def along_the_line(asked: Offers, new: list[Stop], **orders: str) -> list[Option]:
    """Return the options in a town where nothing has begun."""
    return asked_today(with_new(a_plan(town(), **orders), *new), asked)


def test_promises_that_only_the_new_stop_misses_are_counted():
    """An hour of work at place 1.5 makes all after it an hour later; what comes before is as promised."""
    new = [a_stop("N", 1.5, service=HOUR, allowed_vehicles=("V1",))]
    (option,) = along_the_line(asked_of("N"), new, V1="E1 E2 E3 E4")
    assert (option.after_id, option.before_id) == ("E1", "E2")
    assert (option.later, option.most_later, option.missed) == (3, HOUR, 3)


def test_arrivals_within_the_tolerance_are_no_promise_missed():
    """Ten minutes later is still within the fifteen."""
    new = [a_stop("N", 1.5, service=10 * MINUTE, allowed_vehicles=("V1",))]
    (option,) = along_the_line(asked_of("N"), new, V1="E1 E2 E3 E4")
    assert (option.later, option.most_later, option.missed) == (3, 10 * MINUTE, 0)


def test_of_idle_vehicles_that_are_alike_the_first_is_named():
    """V2 is like V1 and stands idle; V3 comes at noon and is another one."""
    found = along_the_line(asked_of("N"), [a_stop("N", 1)], V3="E1")
    assert [option.vehicle_id for option in found] == ["V3", "V1"]


@pytest.mark.parametrize(
    ("members", "code", "text"),
    [
        (
            {"windows": (between("06:00", "07:00"),)},
            "time_window",
            "V1 could begin at 08:10, the last window",
        ),
        ({"skills": ("fridge",)}, "skill", "No vehicle has fridge."),
        ({"delivery": (11_000,)}, "capacity", "V1 would carry 11, its capacity is 10."),
        ({"service": 10 * HOUR}, "shift", "V1 would be back at"),
        ({"vehicle_id": "V9"}, "vehicle_rule", "it is assigned to V9"),
    ],
)
def test_a_stop_that_fits_nowhere_has_one_option_that_says_why(members, code: str, text: str):
    """The vehicle that comes closest, the rule, and a sentence with figures."""
    (option,) = along_the_line(asked_of("N"), [a_stop("N", 1, **members)], V1="E1", V2="W1")
    assert option.violations == (code,)
    assert text in option.text


def test_vehicles_that_may_not_come_are_told_of_where_all_are_asked_for():
    """They come after those that may."""
    new = [a_stop("N", 1, forbidden_vehicles=("V1",))]
    found = along_the_line(asked_of("N", only_fitting=False), new, V1="E1", V2="W1")
    assert [option.violations for option in found] == [(), (), ("vehicle_rule",)]
    assert found[-1].text == "V1 may not serve it."


def test_nobody_is_asked_when_all_vehicles_are_lost():
    """Each stop is told so, without a vehicle."""
    lost = {"V1": at("08:20"), "V2": at("08:20"), "V3": at("08:20")}
    day = with_new(a_plan(town(), V1="E1 E2", V2="W1"), a_stop("N", 1)).at(at("08:30"), lost=lost)
    (option,) = asked_today(day, asked_of("N"))
    assert (option.vehicle_id, option.violations, option.text) == (
        "",
        ("no_vehicle",),
        "No vehicle goes on.",
    )


def test_half_a_pair_on_a_route_is_put_anew_with_the_other_half():
    """The plan was torn apart by hand: the pickup is moved to where both are cheapest."""
    pair = [a_stop("P", 1.2, pickup=(1000,)), a_stop("N", 1.5, delivery=(1000,), picked_up_at="P")]
    problem = with_new(a_plan(town(), V1="E1 E2", V2="W1"), *pair).problem
    torn = (Sequence("V1", ("E1", "E2")), Sequence("V2", ("W1", "P")))
    found = offered(problem, along_the_road(problem), torn, asked_of("N", most=1))
    assert [(one.vehicle_id, one.after_id, one.before_id) for one in found] == [("V1", "P", "E2")]


@pytest.mark.parametrize(
    ("name", "told"), [("X", "there is no such stop"), ("E1", "which is on a route already")]
)
def test_offers_of_stops_that_are_not_to_be_placed_are_refused(name: str, told: str):
    """The plan knows better."""
    with pytest.raises(InputError, match=told):
        along_the_line(asked_of(name), [], V1="E1")


def test_offers_arrive_as_they_were_written():
    """As members of a job, with what is left out as it is by default."""
    offers = Offers((Offer("N", (between("08:00", "10:00"),)), Offer("M")), 3, False)
    assert read_offers(json.loads(json.dumps({"task": "options", **asdict(offers)}))) == offers
    assert read_offers({"offers": [{"stop_id": "N"}]}) == Offers((Offer("N"),))


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({}, 'The job lacks "offers".'),
        ({"offers": [{}], "most": 0}, "most is 0"),
        ({"offers": [{"stop": "N"}]}, 'Offer "number 1" has the unknown member "stop".'),
        ({"offers": [{"stop_id": "N", "windows": [{"start": 9, "end": 8}]}]}, "ends at 8, before it starts"),
        ({"offers": [], "only_fitting": "yes"}, "only_fitting"),
    ],
)
def test_offers_that_cannot_be_read_are_refused(job: dict[str, Any], told: str):
    """With every fault."""
    with pytest.raises(InputError) as refused:
        read_offers(job)
    assert told in str(refused.value)


def test_the_engine_answers_a_job_of_offers(tmp_path, checkout):
    """From a file, as on a server."""
    today = with_new(a_plan(town(), V1="E1 E2", V2="W1"), a_stop("N", 1.5))
    job = {
        **{"version": 1, "task": "options", "problem": problem_to_json(today.known())},
        **{"travel": {"source": "estimate"}, "sequences": [asdict(one) for one in today.sequences]},
        **asdict(asked_of("N", most=1)),
    }
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    command = [sys.executable, "-m", "optiway_qgis.engine", str(path)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60, check=True)
    (option,) = json.loads(done.stdout.splitlines()[-1])["options"]
    assert option_from_json(option).vehicle_id == "V1"
    assert option_from_json(option).after_id == "E1"
