"""The day as PyVRP counts it: common breaks cut out, late hours priced, windows no wider than rules let."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optiway_qgis.engine.solving.hours import Hours
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.model.problem import Break, Stop, Vehicle
from tests.engine.cases import HOUR, VAN, a_depot, a_problem, a_stop, between, line_travel

LUNCH = Break("B1", 1800, window=between("12:00", "13:00"))
DAY = between("08:00", "18:00")


def hours(*stops: Stop, vans: tuple[Vehicle, ...] = (), late_too: bool = True) -> Hours:
    problem = a_problem(list(stops), [a_depot("D1", 0)], list(vans) or [van()])
    return Hours(Instance(problem, line_travel(problem)), late_too=late_too)


def van(name: str = "V1", **members: Any) -> Vehicle:
    return replace(VAN, **{"id": name, "shift": DAY, **members})


def test_without_breaks_the_day_is_as_long_as_the_shifts():
    """Moments count from the first shift; a window reaches no farther than anybody works."""
    day = hours(a_stop("S1", 1, windows=(between("07:00", "09:00"), between("17:00", "20:00"))))
    assert day.horizon == 10 * HOUR
    assert day.openings(0) == [(0, HOUR, 0.0), (9 * HOUR, 10 * HOUR, 0.0)]


def test_lunch_of_all_is_cut_out_of_the_day():
    """Afternoon comes half an hour earlier, the morning stays; about noon a window is a little wider."""
    stops = [
        a_stop(f"S{clock}", 1, windows=(between(f"{clock:02}:00", f"{clock:02}:30"),)) for clock in (9, 15)
    ]
    noon = a_stop("S12", 1, windows=(between("12:30", "12:40"),))
    day = hours(*stops, noon, vans=(van(breaks=(LUNCH,)), van("V2", breaks=(LUNCH,))))
    assert day.horizon == 10 * HOUR - 1800
    assert day.openings(0) == [(HOUR, HOUR + 1800, 0.0)]
    assert day.openings(1) == [(7 * HOUR - 1800, 7 * HOUR, 0.0)]
    ((early, late, _),) = day.openings(2)
    assert early < 4 * HOUR + 1800 < late <= 4 * HOUR + 1800 + 600


def test_a_break_that_few_have_is_left_to_the_scheduler():
    """Cut out of everybody's day it would be wrong for most."""
    vans = (van(breaks=(LUNCH,)), van("V2"), van("V3"))
    assert hours(a_stop("S1", 1), vans=vans).horizon == 10 * HOUR


def test_a_break_after_hours_of_work_is_cut_out_where_it_is_due():
    """After six hours at the latest: once in ten, not at all in five unless two of the six are gone."""
    rest = Break("B1", 1200, after_work=6 * HOUR)
    assert hours(a_stop("S1", 1), vans=(van(breaks=(rest,)),)).horizon == 10 * HOUR - 1200
    short = van(breaks=(rest,), shift=between("08:00", "13:00"))
    assert hours(a_stop("S1", 1), vans=(short,)).horizon == 5 * HOUR
    under_way = replace(short, breaks=(replace(rest, gone=2 * HOUR),))
    assert hours(a_stop("S1", 1), vans=(under_way,)).horizon == 5 * HOUR - 1200


def test_paid_breaks_take_from_the_work_that_is_allowed():
    """They are work that PyVRP does not see."""
    paid = replace(LUNCH, paid=True)
    vans = (van(breaks=(paid,)), van("V2", breaks=(paid,)))
    assert hours(a_stop("S1", 1), vans=vans).rested(vans[0]) == 1800
    assert hours(a_stop("S1", 1), vans=(van(breaks=(LUNCH,)),)).rested(van(breaks=(LUNCH,))) == 0


def test_late_hours_have_a_price_in_steps():
    """Each step costs what its middle would, up to the limit; who may not be late has none."""
    window = (between("09:00", "10:00"),)
    stops = [a_stop("S1", 1, windows=window, late_max=1500, late_cost=36.0), a_stop("S2", 1, windows=window)]
    first, *late = hours(*stops).openings(0)
    assert first == (HOUR, 2 * HOUR, 0.0)
    assert late == [(2 * HOUR + 1, 2 * HOUR + 900, 4.5), (2 * HOUR + 901, 2 * HOUR + 1500, 12.0)]
    assert hours(*stops, late_too=False).openings(0) == hours(*stops).openings(1) == [first]


def test_where_any_lateness_is_allowed_the_day_is_open_to_its_end():
    """No stop is lost for being late by more than the last step."""
    stop = a_stop("S1", 1, windows=(between("09:00", "10:00"),), late_max=None)
    openings = hours(stop).openings(0)
    assert openings[-1].late == 10 * HOUR
    assert [one.price for one in openings] == sorted({one.price for one in openings})


def test_stops_whose_goods_are_due_are_served_while_there_is_time_to_bring_them():
    """The way home of ten minutes and the service have to fit in before that."""
    stop = a_stop("S1", 1, due=DAY.start + 2 * HOUR, service=300)
    assert hours(stop).openings(0) == [(0, 2 * HOUR - 300 - 600, 0.0)]


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_windows_of_a_pair_bound_each_other_by_the_ride(factor):
    """Not picked up so early that the ride would be too long, nor delivered so late."""
    pickup = a_stop("P", 1, service=600, windows=(between("08:00", "12:00"),))
    delivery = a_stop("D", 2, picked_up_at="P", ride_max=HOUR, windows=(between("11:00", "18:00"),))
    day = hours(pickup, delivery, vans=(van(service_factor=factor), van("V2", service_factor=0.1)))
    assert day.openings(0) == [(3 * HOUR - HOUR - round(600 * factor), 4 * HOUR, 0.0)]
    assert day.openings(1) == [(3 * HOUR, 4 * HOUR + round(600 * factor) + HOUR, 0.0)]
