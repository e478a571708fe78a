"""What goes wrong on a day: what each kind lacks, new shifts, and goods that stay with a lost vehicle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optiway_qgis.model.day import Day, Progress
from optiway_qgis.model.disruptions import KINDS, Disruption, lacking, new_shift, stranded
from optiway_qgis.model.plan import VISIT_STOP
from optiway_qgis.model.problem import Planned, Problem, Sequence, Stop, Vehicle, Window
from tests.model.test_compare import visit

HOUR = 3600
NEEDS = {
    "vehicle_lost": ["vehicle_id"],
    "driver_sick": ["vehicle_id"],
    "late": ["vehicle_id", "seconds"],
    "road_closed": [],
    "window": ["stop_id", "window"],
    "shift": ["vehicle_id", "shift"],
}


def test_each_kind_needs_what_it_is_about():
    """A closed road needs a place, which no member holds; one end of a shift is enough."""
    assert {kind: lacking(Disruption(kind)) for kind in KINDS} == NEEDS
    assert lacking(Disruption("shift", "V1", shift_end=0)) == []
    assert lacking(Disruption("shift", "V1", shift_start=0)) == []


@pytest.mark.parametrize(
    ("shift", "change", "expected"),
    [
        ((8, 16), {"shift_end": 15}, (8, 15)),
        ((8, 16), {"shift_start": 9}, (9, 16)),
        ((8, 16), {"shift_start": 9, "shift_end": 12}, (9, 12)),
        ((20, 30), {"shift_end": 2}, (20, 26)),
        ((20, 30), {"shift_start": 22}, (22, 30)),
        ((8, 16), {"shift_end": 7}, (8, 7)),
    ],
)
def test_a_new_shift_keeps_the_end_that_is_not_named(shift, change, expected):
    """Of a shift over midnight an early end is on the next day; of one by day it is a slip of the pen."""
    change = Disruption("shift", "V1", **{name: hour * HOUR for name, hour in change.items()})
    found = new_shift(Window(*(hour * HOUR for hour in shift)), change)
    assert found == Window(*(hour * HOUR for hour in expected))


def stop(name, **values):
    """A stop to which one unit is delivered, planned on V1."""
    return replace(Stop(name, 0, 0, delivery=(1000,), planned=Planned("V1", 1, 0)), **values)


def lost(*stops, reloads=None, behind=("X",), **day):
    """The stops whose goods stay with V1, lost with these stops still to do."""
    problem = Problem("2026-05-04", "UTC", stops, (), (Vehicle("V1"), Vehicle("V2")))
    visits = tuple(visit(VISIT_STOP, name, 1, 0) for name in behind)
    progress = (Progress("V1", visits=visits, lost=True), Progress("V2", visits=visits))
    sequences = [
        Sequence("V1", tuple(one.id for one in stops), reloads),
        Sequence("V2", ()),
    ]
    return stranded(problem, sequences, Day(progress=progress, **day))


def test_goods_on_board_stay_with_a_lost_vehicle():
    """What is delivered on its current trip; what is picked up or only done there is not on board."""
    stops = [stop("A"), stop("B"), stop("C", delivery=(), pickup=(1000,)), stop("D", delivery=(0,))]
    assert lost(*stops) == {"A": "V1", "B": "V1"}


def test_goods_of_later_trips_are_at_the_depot():
    """The first reload ends the current trip; it may come at once."""
    assert lost(stop("A"), stop("B"), reloads=(1,)) == {"A": "V1"}
    assert lost(stop("A"), stop("B"), reloads=(0,)) == {}


def test_a_vehicle_that_has_not_left_has_nothing_on_board():
    """Its driver is sick: all is at the depot."""
    assert lost(stop("A"), behind=()) == {}


def test_stops_that_were_on_no_route_have_no_goods_on_board():
    """Nor have those whose goods it was still to fetch."""
    assert lost(stop("A", planned=None)) == {}
    assert lost(stop("A", planned=Planned("V1", 1, 0, goods_at="D1"))) == {}


def test_goods_that_any_vehicle_has_are_not_bound_but_what_was_picked_up_is():
    """A parcel that was picked up is where it is, whatever else is free."""
    pair = [stop("A"), stop("B", picked_up_at="X"), stop("C", picked_up_at="Y")]
    assert lost(*pair, goods="free") == {"B": "V1"}
    assert lost(*pair) == {"A": "V1", "B": "V1"}


def test_a_vehicle_that_goes_on_keeps_its_load():
    """Only lost ones count."""
    problem = Problem("2026-05-04", "UTC", (stop("A"),), (), (Vehicle("V1"),))
    progress = (Progress("V1", visits=(visit(VISIT_STOP, "X", 1, 0),)),)
    assert stranded(problem, [Sequence("V1", ("A",))], Day(progress=progress)) == {}
