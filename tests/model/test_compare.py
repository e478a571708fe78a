"""The comparison of two plans, against figures that were worked out on paper. Needs no QGIS."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optiway_qgis.model.compare import CHANGES, FIGURES, OF_PLANS, Figure, compare
from optiway_qgis.model.plan import (
    VISIT_END,
    VISIT_START,
    VISIT_STOP,
    Plan,
    Route,
    Unassigned,
    Violation,
    Visit,
)
from optiway_qgis.model.problem import Depot, Problem, Stop, Vehicle

HOUR, MINUTE = 3600, 60
LEG_S, LEG_M, SERVICE_S = 600, 5000, 300
STOPS = ("A", "B", "C", "D", "E", "F")
PROBLEM = Problem(
    "2026-05-04",
    "Europe/Lisbon",
    tuple(Stop(name, -8.6, 41.1) for name in STOPS),
    (Depot("D1", -8.6, 41.1),),
    tuple(Vehicle(name) for name in ("V1", "V2", "V3")),
)


def visit(kind: str, name: str, sequence: int, arrival: int, late: int = 0) -> Visit:
    service = SERVICE_S if kind == VISIT_STOP else 0
    drive = 0 if kind == VISIT_START else LEG_S
    return Visit(
        kind, name, sequence, arrival, 0, 0, arrival, service, arrival + service, late, 0, drive, 0, 0, ()
    )


def route(vehicle: str, *stops: str, late: int = 0) -> Route:
    """Leaves at 8:00; each leg 10 min and 5 km, each service 5 min; the last stop is late by `late`.

    Costs 50 for the vehicle, 1 per km and 30 per hour.
    """
    now = 8 * HOUR
    visits = [visit(VISIT_START, "D1", 0, now)]
    for number, name in enumerate(stops, 1):
        visits.append(visit(VISIT_STOP, name, number, now + LEG_S, late if number == len(stops) else 0))
        now += LEG_S + SERVICE_S
    now += LEG_S
    visits.append(visit(VISIT_END, "D1", len(stops) + 1, now))
    legs = len(stops) + 1
    return Route(
        f"r-{vehicle}", vehicle, tuple(visits), (), 8 * HOUR, now, legs * LEG_S, len(stops) * SERVICE_S, 0, 0,
        legs * LEG_M, late, (), 50.0, legs * 5.0, (now - 8 * HOUR) / 120,
    )  # fmt: skip


def plan(*routes: Route, violations: tuple[Violation, ...] = ()) -> Plan:
    served = {stop for one in routes for stop in one.stop_ids}
    left = tuple(Unassigned(name, "excluded", "") for name in STOPS if name not in served)
    return Plan("p-1", routes, left, violations)


BEFORE = plan(route("V1", "A", "B", "C"), route("V2", "D", "E"))


def changed(after: Plan, before: Plan = BEFORE) -> dict[str, tuple]:
    """Stop -> what became of it, and by how many minutes."""
    return {
        one.stop_id: (one.change, None if one.seconds is None else one.seconds / MINUTE)
        for one in compare(PROBLEM, before, after).changes
    }


def test_a_plan_beside_itself_shows_nothing():
    """All differences are exactly 0, no stop has changed."""
    same = compare(PROBLEM, BEFORE, BEFORE)
    figures = [*same.figures, *(figure for figures in same.by_vehicle.values() for figure in figures)]
    assert {figure.difference for figure in figures} == {0}
    assert {figure.percent for figure in figures} == {0}
    assert same.changes == ()
    assert same.unserved_before == same.unserved_after == ("F",)


def test_figures_of_the_whole_plans():
    """Before: V1 with three stops (4 legs, 55 min), V2 with two (3 legs, 40 min). After: V1 with all five."""
    after = plan(
        route("V1", "A", "B", "C", "D", "E", late=120),
        violations=(Violation("time_window", "V1", "E", "late"), Violation("shift", "V1", "", "long")),
    )
    found = compare(PROBLEM, BEFORE, after)
    # cost: 2 x 50 + 35 km + 95 min x 0.5 = 182.5, then 50 + 30 km + 85 min x 0.5 = 122.5
    assert {figure.name: (figure.before, figure.after) for figure in found.figures} == {
        "cost": (pytest.approx(182.5), pytest.approx(122.5)),
        "cost_fixed": (100, 50),
        "cost_distance": (35, 30),
        "cost_time": (pytest.approx(47.5), pytest.approx(42.5)),
        "distance_km": (35, 30),
        "drive_min": (70, 60),
        "service_min": (25, 25),
        "setup_min": (0, 0),
        "loading_min": (0, 0),
        "wait_min": (0, 0),
        "break_min": (0, 0),
        "work_min": (95, 85),
        "overtime_min": (0, 0),
        "late_min": (0, 2),
        "late_stops": (0, 1),
        "longest_min": (55, 85),
        "gini": (pytest.approx(15 / 190), 0),
        "violations": (0, 2),
        "routes": (2, 1),
        "stops_served": (5, 5),
        "stops_unserved": (1, 1),
    }
    assert [figure.name for figure in found.figures] == list(FIGURES)
    assert found.figure("cost").difference == pytest.approx(-60)
    assert found.figure("cost").percent == pytest.approx(-100 * 60 / 182.5)
    assert found.figure("late_min").percent is None


def test_a_break_in_waiting_time_changes_no_stop():
    """Visits after it get higher numbers; vehicle, order and arrivals are what they were."""
    long, short = BEFORE.routes
    start, first, *others = long.visits
    rest = replace(first, type="break", id="coffee", sequence=2, arrival=first.end, service=0, drive=0)
    visits = (start, first, rest, *(replace(one, sequence=one.sequence + 1) for one in others))
    assert changed(plan(replace(long, visits=visits), short)) == {}


def test_hours_of_drivers_are_compared_without_unpaid_breaks():
    """Half an hour of rest of which ten minutes are paid, on the longer route; ten minutes are overtime."""
    long, short = BEFORE.routes
    rested = replace(long, end=long.end + 1800, break_time=1800, unpaid_break=1200, overtime=600, loading=300)
    found = compare(PROBLEM, BEFORE, plan(rested, short))
    told = {figure.name: (figure.before, figure.after) for figure in found.figures}
    assert told["break_min"] == (0, 30)
    assert told["work_min"] == (95, 105)
    assert told["overtime_min"] == (0, 10)
    assert told["loading_min"] == (0, 5)
    assert told["longest_min"] == (55, 65)
    assert told["gini"] == (pytest.approx(15 / 190), pytest.approx(25 / 210))
    assert not {figure.name for figure in found.by_vehicle["V1"]} & set(OF_PLANS)


def test_vehicles_add_up_to_the_whole():
    """Each vehicle that either plan uses is there, in the order of the problem."""
    late = Violation("time_window", "V3", "F", "late")
    after = plan(route("V1", "B", "A"), route("V3", "C", "F", late=300), violations=(late,))
    found = compare(PROBLEM, BEFORE, after)
    assert list(found.by_vehicle) == ["V1", "V2", "V3"]
    for total in found.figures:
        if total.name in OF_PLANS:
            continue
        of_vehicles = [one for ones in found.by_vehicle.values() for one in ones if one.name == total.name]
        assert [one.vehicle_id for one in of_vehicles] == ["V1", "V2", "V3"]
        assert sum(one.before for one in of_vehicles) == pytest.approx(total.before), total.name
        assert sum(one.after for one in of_vehicles) == pytest.approx(total.after), total.name
    assert found.figure("late_min").after == 5
    assert found.figure("violations").after == 1


def test_a_moved_stop_and_what_it_drags_along():
    """B goes to the end of V2: it is moved, C comes a quarter of an hour sooner, D and E stay as they are."""
    assert changed(plan(route("V1", "A", "C"), route("V2", "D", "E", "B"))) == {
        "B": ("moved", 15),
        "C": ("earlier", -15),
    }


def test_two_exchanged_stops():
    """Same vehicle: one is earlier, the other later by as much."""
    assert changed(plan(route("V1", "B", "A", "C"), route("V2", "D", "E"))) == {
        "A": ("later", 15),
        "B": ("earlier", -15),
    }


def test_a_stop_taken_off_and_one_taken_in():
    """Served by one of the plans only."""
    found = compare(PROBLEM, BEFORE, plan(route("V1", "A", "B"), route("V2", "D", "E", "F")))
    removed, added = found.changes
    assert (removed.stop_id, removed.change, removed.before.vehicle_id, removed.after) == (
        "C",
        "removed",
        "V1",
        None,
    )
    assert (added.stop_id, added.change, added.before, added.after.sequence) == ("F", "added", None, 3)
    assert (found.unserved_before, found.unserved_after) == (("F",), ("C",))
    assert [found.count(change) for change in CHANGES] == [1, 1, 0, 0, 0, 0]


def test_another_place_at_the_same_time_is_a_change_too():
    """Two stops at one door that take no time, in the other order: what alone differs is not lost."""
    first, *rest = BEFORE.routes
    start, a, b, *others = first.visits
    at_once = replace(b, arrival=a.arrival)
    before, after = (
        plan(replace(first, visits=(start, *pair, *others)), *rest) for pair in ((a, at_once), (at_once, a))
    )
    assert changed(after, before) == {"A": ("reordered", 0), "B": ("reordered", 0)}


def test_lateness_alone_is_not_a_changed_stop():
    """It shows in the figures; the driver comes to the same stop at the same time."""
    assert changed(plan(route("V1", "A", "B", "C", late=60), route("V2", "D", "E"))) == {}


def test_the_gravest_changes_come_first():
    """Removed, added, moved, then by how far the arrival shifts."""
    after = plan(route("V1", "B", "C", "A"), route("V2", "F", "D"))
    assert changed(after) == {
        "E": ("removed", None),
        "F": ("added", None),
        "A": ("later", 30),
        "B": ("earlier", -15),
        "C": ("earlier", -15),
        "D": ("later", 15),
    }
    assert list(changed(after)) == ["E", "F", "A", "B", "C", "D"]


def test_stops_that_no_plan_holds_count_as_not_served():
    """Rows without a vehicle in both layers never reach the engine."""
    found = compare(PROBLEM, BEFORE, plan(route("V1", *STOPS)), others=("X", "F"))
    assert found.unserved_before == ("F", "X")
    assert found.unserved_after == ("X",)
    assert found.figure("stops_unserved").before == 2


@pytest.mark.parametrize(
    ("before", "after", "percent"), [(50, 60, 20), (50, 0, -100), (0, 0, 0), (0, 3, None), (-2, -3, 50)]
)
def test_percent(before, after, percent):
    """Of nothing there is no percentage."""
    assert Figure("cost", "money", before, after).percent == percent
