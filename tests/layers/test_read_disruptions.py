"""The table of what goes wrong on a day: what each kind needs, what is refused, and closed roads."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from optiway_qgis.layers.carried import CarriedStops, RejectedStop
from optiway_qgis.layers.read_barriers import Barriers
from optiway_qgis.layers.read_disruptions import (
    Disruptions,
    closed_roads,
    read_disruptions,
    tell_unknown,
)
from optiway_qgis.model.day import Day, Progress
from optiway_qgis.model.disruptions import Disruption, with_shifts, with_windows
from optiway_qgis.model.problem import Problem, Stop, Vehicle, Window
from tests.made_layers import CENTRE, layer, reading, source_of, table

HOUR = 3600
AT = 11 * HOUR + 20 * 60
"""11:20."""


def read(rows, now=None, kind="None"):
    """Read rows; the disruptions, and what the readers share."""
    shared = reading()
    source = source_of(layer(rows, kind=kind, name="trouble"))
    return read_disruptions(source, now, shared), shared


def test_each_kind_arrives_with_what_it_needs():
    """Seconds from midnight, and what is not asked of a kind left out."""
    found, shared = read(
        [
            {"kind": "vehicle_lost", "vehicle_id": "V3", "time": "11:20"},
            {"kind": "driver_sick", "vehicle_id": "V4"},
            {"kind": "late", "vehicle_id": "V2", "minutes": 25.0},
            {"kind": "window", "stop_id": "S7", "tw_start": "10:00", "tw_end": "11:00"},
            {"kind": "shift", "vehicle_id": "V5", "shift_end": "15:30"},
        ]
    )
    assert shared.errors == []
    assert found.events == (
        Disruption("vehicle_lost", "V3", time=AT),
        Disruption("driver_sick", "V4"),
        Disruption("late", "V2", seconds=1500),
        Disruption("window", stop_id="S7", window=Window(36000, 39600)),
        Disruption("shift", "V5", shift_end=55800),
    )
    disrupted = found.disrupted(None)
    assert (dict(disrupted.late), dict(disrupted.lost)) == ({"V2": 1500}, {"V3": AT, "V4": 0})


def test_a_row_is_about_each_of_the_names_in_a_list():
    """Two vans in one traffic jam."""
    found, shared = read([{"kind": "late", "vehicle_id": "V1, V2", "minutes": 10}])
    assert shared.errors == []
    assert found.disrupted(None).late == {"V1": 600, "V2": 600}


def test_one_without_a_time_happens_now():
    """A van is lost now where nothing else is said; without a now nobody knows when."""
    rows = [{"kind": "vehicle_lost", "vehicle_id": "V3", "time": None}]
    found, shared = read(rows, now=AT)
    assert shared.errors == []
    assert found.disrupted(AT).lost == {"V3": AT}
    assert [one.time for one in found.known_by(AT)] == [AT]
    assert found.since(AT + 600) == AT + 600
    _, refused = read(rows)
    assert refused.errors == ["DISRUPTIONS: feature 1: time is empty, and so is NOW. Say when it was lost."]


def test_the_day_is_planned_from_when_the_last_vehicle_is_lost():
    """Or is known to be late, where no moment is given; a road may be closed later on."""
    found, _ = read(
        [
            {"kind": "vehicle_lost", "vehicle_id": "V3", "time": "11:20"},
            {"kind": "driver_sick", "vehicle_id": "V4", "time": "10:00"},
            {"kind": "late", "vehicle_id": "V5", "time": "11:00", "minutes": 5},
        ]
    )
    assert found.since(None) == AT
    closed = Disruption("road_closed", time=12 * HOUR)
    assert Disruptions((*found.events, closed)).since(None) == AT
    assert Disruptions().since(None) is None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"kind": None, "vehicle_id": "V1"}, "kind is empty"),
        ({"kind": "flood"}, 'kind "flood" is not known'),
        ({"kind": "vehicle_lost", "time": "11:20"}, "vehicle_id is empty"),
        ({"kind": "late", "vehicle_id": "V1"}, "minutes is empty"),
        ({"kind": "late", "vehicle_id": "V1", "minutes": "soon"}, 'minutes "soon" is not a number'),
        ({"kind": "window", "stop_id": "S1"}, "tw_start and tw_end are empty"),
        ({"kind": "window", "tw_end": "11:00"}, "stop_id is empty"),
        ({"kind": "window", "stop_id": "S1", "tw_end": "noon"}, 'tw_end "noon" is not a time'),
        ({"kind": "shift", "vehicle_id": "V1"}, "shift_start and shift_end are empty"),
        ({"kind": "road_closed"}, "a road is closed, and nothing says where"),
    ],
)
def test_what_lacks_something_is_refused_with_what_to_do(row, told):
    """Each with its feature; the row is not taken."""
    found, shared = read([row])
    (error,) = shared.errors
    assert told in error
    assert error.startswith("DISRUPTIONS: feature 1")
    assert found.events == ()


def test_all_faults_are_told_at_once():
    """Of all rows, and all of one row."""
    _, shared = read(
        [
            {"kind": "late", "vehicle_id": None, "stop_id": None, "minutes": None},
            {"kind": "window", "vehicle_id": None, "stop_id": None, "minutes": None},
        ]
    )
    assert len(shared.errors) == 4


def test_a_table_without_a_kind_or_without_rows():
    """The first is an error, the second a warning: nothing has gone wrong yet."""
    _, shared = read([{"vehicle_id": "V1"}])
    assert shared.errors[0].startswith("DISRUPTIONS (trouble) has no field kind")
    shared = reading()
    made = table([{"kind": "late"}], "trouble")
    made.dataProvider().truncate()
    assert read_disruptions(source_of(made), None, shared) == Disruptions()
    assert shared.errors == []
    assert shared.warnings.texts() == ["DISRUPTIONS (trouble) has no rows"]


def test_two_rows_that_contradict_each_other_are_refused():
    """Lost and sick is the same twice; late and another shift are two things."""
    _, shared = read(
        [
            {"kind": "vehicle_lost", "vehicle_id": "V3", "time": "11:20"},
            {"kind": "driver_sick", "vehicle_id": "V3", "time": "11:00"},
        ]
    )
    assert shared.errors == ["DISRUPTIONS has two rows of kind driver_sick for V3. Keep one of them."]
    _, shared = read(
        [
            {"kind": "late", "vehicle_id": "V3", "minutes": 10, "shift_end": None},
            {"kind": "shift", "vehicle_id": "V3", "minutes": None, "shift_end": "19:00"},
        ]
    )
    assert shared.errors == []


@pytest.mark.parametrize(
    ("kind", "at", "shape"),
    [
        ("Point", CENTRE, "Point"),
        ("LineString", "LineString(-8.61 41.15, -8.60 41.15)", "LineString"),
        ("Polygon", "Polygon((-8.61 41.15, -8.60 41.15, -8.60 41.16, -8.61 41.15))", "Polygon"),
    ],
)
def test_a_closed_road_is_a_barrier_from_its_time_on(kind, at, shape):
    """Whatever it is drawn as; for so many minutes, or to the end of the day."""
    rows = [
        {"kind": "road_closed", "time": "11:20", "minutes": 30, "at": at},
        {"kind": "road_closed", "time": None, "minutes": None, "at": at},
    ]
    found, shared = read(rows, kind=kind)
    assert shared.errors == []
    first, second = found.closed
    assert first["geometry"]["type"] == shape
    assert (first["kind"], first["start"], first["end"]) == ("block", AT, AT + 1800)
    assert (second["start"], second["end"]) == (None, None)


def test_a_road_closed_before_now_counts_as_closed_all_day():
    """What is done is not timed again, and the day needs no travel table more."""
    found, _ = read([{"kind": "road_closed", "time": "11:20", "at": CENTRE}], kind="Point")
    there = Barriers(({"id": "bridge"},), 1)
    joined = found.joined_to(there, AT + 60)
    assert joined.used == 2
    assert joined.forms[0] == {"id": "bridge"}
    assert joined.forms[1]["start"] is None
    assert found.joined_to(there, AT - 60).forms[1]["start"] == AT


def test_roads_drawn_in_a_layer_of_their_own():
    """All its features, for the one thing that happened; a layer without features is an error."""
    shared = reading()
    one = Disruption("road_closed", time=AT)
    made = layer([{"at": CENTRE}, {"at": (CENTRE[0] + 0.01, CENTRE[1])}])
    found = closed_roads(source_of(made), "CLOSED", one, shared)
    assert found.events == (one,)
    assert [form["start"] for form in found.closed] == [AT, AT]
    made.dataProvider().truncate()
    shared.errors.append("Another one.")
    closed_roads(source_of(made), "CLOSED", one, shared)
    assert shared.errors[1:] == ["CLOSED (stops) has no features. Draw where."]


def test_a_closed_road_without_a_crs_is_refused():
    """Nobody knows where it is."""
    shared = reading()
    made = layer([{"kind": "road_closed", "at": CENTRE}], crs="")
    read_disruptions(source_of(made), None, shared)
    assert "has no CRS" in shared.errors[0]


def day_of(stops=("S1", "S2"), done=(), cancelled=()):
    """What was read of a plan with two vehicles, as far as it is asked here."""
    problem = Problem(
        "2026-05-04",
        "Europe/Lisbon",
        tuple(Stop(name, *CENTRE) for name in stops),
        (),
        (Vehicle("V1", shift=Window(8 * HOUR, 16 * HOUR)), Vehicle("V2")),
    )
    made = layer([{"at": CENTRE, "stop_id": "S"}])
    rejected = tuple(RejectedStop(name, [], None, "excluded", "") for name in cancelled)
    visits = tuple(SimpleNamespace(id=name) for name in done)
    return SimpleNamespace(
        problem=problem,
        carried=CarriedStops(made.fields(), made.crs(), rejected=rejected),
        day=Day(progress=(Progress("V1", visits=visits),)),
    )


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (Disruption("late", "V9", seconds=60), 'No active vehicle is called "V9". Write one of V1, V2.'),
        (Disruption("shift", "V1", shift_end=7 * HOUR), "The new shift of V1 would end before it starts"),
        (Disruption("window", stop_id="S9", window=Window(0, 1)), 'No stop of the plan is called "S9"'),
    ],
)
def test_names_that_the_plan_does_not_know_are_refused(one, told):
    """A vehicle or stop that does not exist is a slip of the pen."""
    shared = reading()
    tell_unknown(Disruptions((one,)), day_of(), shared)
    assert shared.errors[0].startswith(told)


def test_names_that_the_plan_does_not_know_are_told_with_their_rows():
    """One row may name several vehicles; those before and after it keep their numbers."""
    shared = reading()
    rows = [
        {"kind": "late", "vehicle_id": "V1, V2", "minutes": 5.0},
        {"kind": "late", "vehicle_id": "V3, V4", "minutes": 5.0},
        {"kind": "late", "vehicle_id": "V5", "minutes": 5.0},
    ]
    tell_unknown(read_disruptions(source_of(table(rows)), None, shared), day_of(), shared)
    told = [text.split(": No")[0] for text in shared.errors]
    assert told == [f"DISRUPTIONS: feature {number}" for number in (2, 2, 3)]


@pytest.mark.parametrize(("time", "told"), [(-60, True), (0, False), (15 * HOUR, False), (25 * HOUR, True)])
def test_a_time_on_another_day_is_a_warning(time, told):
    """The date was not looked at: nothing would come of it, and nobody would know why."""
    shared = reading()
    tell_unknown(Disruptions((Disruption("vehicle_lost", "V1", time=time),)), day_of(), shared)
    assert shared.errors == []
    assert any("not within the day of the plan" in text for text in shared.warnings.texts()) is told


def test_a_window_of_a_stop_that_is_over_is_a_warning():
    """Done or cancelled: nothing can be changed."""
    shared = reading()
    events = tuple(Disruption("window", stop_id=name, window=Window(0, 1)) for name in ("S1", "S3", "S2"))
    tell_unknown(Disruptions(events), day_of(done=["S1"], cancelled=["S3"]), shared)
    assert shared.errors == []
    assert shared.warnings.texts() == [
        "The window of a stop that is done, or not to be served any more, changes nothing (S1, S3)"
    ]


def test_shifts_and_windows_take_the_place_of_the_old_ones():
    """An end that is not named stays; other stops and vehicles are untouched."""
    day = day_of()
    vehicles = with_shifts(day.problem.vehicles, [Disruption("shift", "V1", shift_end=15 * HOUR)])
    assert [vehicle.shift for vehicle in vehicles] == [Window(8 * HOUR, 15 * HOUR), Vehicle("V2").shift]
    stops = with_windows(day.problem.stops, [Disruption("window", stop_id="S2", window=Window(5, 9))])
    assert [stop.windows for stop in stops] == [(), (Window(5, 9),)]
