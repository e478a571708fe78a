"""The table of traffic and its zones: which rows hold when on the day of a plan, and what is refused."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from optiway_qgis.layers.conditions import horizon_of, read_conditions, tell_unused_zones
from optiway_qgis.layers.fields import TRAFFIC_FIELDS, VEHICLE_FIELDS
from optiway_qgis.layers.read_traffic import FACTORS, read_traffic
from optiway_qgis.layers.read_vehicles import SPEED_FACTORS
from optiway_qgis.layers.read_zones import read_zones
from optiway_qgis.layers.shapes import as_form
from optiway_qgis.layers.weekdays import EVERY_DAY, weekdays
from optiway_qgis.model.problem import DAY, Vehicle, Window
from tests.made_layers import layer, reading, source_of, table

MONDAY, SATURDAY, SUNDAY = "2026-05-04", "2026-05-02", "2026-05-03"
PLAN_DATE = Window(0, DAY)
SQUARE = "Polygon ((-8.62 41.14, -8.6 41.14, -8.6 41.16, -8.62 41.16, -8.62 41.14))"
HOUR = 3600


def zones_of(rows, **options):
    """Read rows as a layer of zones."""
    shared = reading()
    return read_zones(
        source_of(layer(rows, **{"kind": "Polygon", "name": "zones", **options})), shared
    ), shared


def traffic_of(rows, date=MONDAY, zone="Europe/Lisbon", horizon=PLAN_DATE, zones=None, **types):
    """Read rows as a table of traffic."""
    shared = reading(date, zone)
    return read_traffic(source_of(table(rows, "traffic", **types)), zones, horizon, shared), shared


def spans(rows, **options) -> list[tuple[int, int]]:
    """From and to of the rows that hold, in hours."""
    found, shared = traffic_of([{"factor": 1.5, **row} for row in rows], **options)
    assert shared.errors == []
    return sorted((row["start"] / HOUR, row["end"] / HOUR) for row in found.rows)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ([], EVERY_DAY),
        (["Mon"], {1}),
        (["MONDAY"], {1}),
        (["mo."], {1}),
        (["1"], {1}),
        (["7"], {7}),
        (["Thurs"], {4}),
        (["Mon-Fri"], {1, 2, 3, 4, 5}),
        (["mo \N{EN DASH} we"], {1, 2, 3}),
        (["6-7"], {6, 7}),
        (["Fri-Mon"], {5, 6, 7, 1}),
        (["Wed-Wed"], {3}),
        (["Sat", "Sun"], {6, 7}),
        (["Tue-Wed", "Sat"], {2, 3, 6}),
        (["weekdays"], {1, 2, 3, 4, 5}),
        (["Weekend"], {6, 7}),
        (["daily"], EVERY_DAY),
    ],
)
def test_days_of_the_week(text, days):
    """As people, spreadsheets and OpenStreetMap write them."""
    assert weekdays(text) == days


@pytest.mark.parametrize(
    "text", ["0", "8", "12", "Funday", "M", "Mon-", "-Fri", "Mon-Fri-Sun", "1.5", "Mo Tu"]
)
def test_what_is_no_day_of_the_week_is_refused(text):
    """Rather than holding every day or never."""
    with pytest.raises(ValueError, match=r"names no day of the week.*Mon-Fri"):
        weekdays([text])


@pytest.mark.parametrize(
    ("row", "monday", "sunday"),
    [
        ({}, [(0, 24)], [(0, 24)]),
        ({"weekday": "Mon"}, [(0, 24)], []),
        ({"weekday": "Mon-Fri", "from": "07:00", "to": "09:30"}, [(7, 9.5)], []),
        ({"weekday": "weekend", "from": "10:00"}, [], [(10, 24)]),
        ({"weekday": "Sun", "from": "22:00", "to": "05:00"}, [(-2, 5)], [(22, 29)]),
        ({"weekday": "Mon", "from": "22:00", "to": "05:00"}, [(22, 29)], []),
        ({"weekday": "Sun", "to": "05:00"}, [], [(0, 5)]),
        ({"from": "22:00", "to": "05:00"}, [(-2, 5), (22, 29)], [(-2, 5), (22, 29)]),
        ({"from": "22:00", "to": "24:00"}, [(22, 24)], [(22, 24)]),
        ({"from": "00:00", "to": "00:00"}, [(0, 24)], [(0, 24)]),
        ({"start": "5:30 PM", "end": "18:00"}, [(17.5, 18)], [(17.5, 18)]),
        ({"from": "2026-05-04T07:00", "to": "2026-05-04T09:00"}, [(7, 9)], []),
        ({"from": "2026-05-03T22:00", "to": "2026-05-04T02:00"}, [(-2, 2)], [(22, 26)]),
    ],
)
def test_rows_hold_on_their_days_and_over_midnight(row, monday, sunday):
    """A row over midnight belongs to the day it begins on; one with dates holds once."""
    assert spans([row], date=MONDAY) == monday
    assert spans([row], date=SUNDAY) == sunday


def test_a_route_past_midnight_meets_the_traffic_of_the_next_day():
    """Up to the end of the last shift, by the weekday of each day."""
    rows = [{"weekday": "Mon", "from": "01:00", "to": "02:00"}, {"weekday": "Sun", "from": "20:00"}]
    assert spans(rows, date=SUNDAY, horizon=Window(0, 25 * HOUR)) == [(20, 24)]
    assert spans(rows, date=SUNDAY, horizon=Window(0, 26 * HOUR)) == [(20, 24), (25, 26)]
    late = [{"from": "03:00", "to": "04:00"}]
    assert spans(late, horizon=Window(-22 * HOUR, 2 * DAY)) == [(-21, -20), (3, 4), (27, 28)]


def test_the_horizon_holds_all_shifts():
    """Somebody who starts the evening before, and somebody who is back on the day after.

    An order that is kept may overrun its shifts: then the plan date counts whole.
    """
    usual = Vehicle("V", shift=Window(8 * HOUR, 17 * HOUR))
    assert horizon_of([usual], may_overrun=False) == usual.shift
    assert horizon_of([usual], may_overrun=True) == Window(0, DAY)
    early, night = Vehicle("A", shift=Window(-HOUR, 0)), Vehicle("B", shift=Window(HOUR, 30 * HOUR))
    for may_overrun in (False, True):
        assert horizon_of([early, night], may_overrun) == Window(-HOUR, 30 * HOUR)
    assert horizon_of([], may_overrun=False) == Window(0, DAY)


def test_what_holds_at_the_end_of_the_work_makes_no_further_situation():
    """Nobody is on the road after it: rows and barriers of that moment go on, so that no table is wasted."""
    shared = reading()
    traffic = source_of(table([{"factor": 1.5, "from": "16:00", "to": "20:00"}, {"factor": 1.2}]))
    at = {"at": (-8.61, 41.15), "active_start": "07:00", "active_end": "18:00"}
    barriers = source_of(layer([at, {**at, "active_start": "09:00"}], name="barriers"))
    work = Window(8 * HOUR, 18 * HOUR)
    found = read_conditions(traffic, None, barriers, 1.0, work, shared)
    members = found.travel_members()
    assert [row["start"] for row in members["traffic"]["rows"]] == [16 * HOUR, 0]
    assert all(row["end"] > 10 * DAY for row in members["traffic"]["rows"])
    assert [(form["start"], form["end"]) for form in members["barriers"]] == [
        (8 * HOUR, None),
        (9 * HOUR, None),
    ]
    assert found.situations == 3


@pytest.mark.parametrize(
    ("date", "zone", "expected"),
    [
        (
            "2026-03-29",
            "Europe/Lisbon",
            (7, 9),
        ),  # at 1:00 the clock goes to 2:00: midnight is 12 h before noon
        ("2026-10-25", "Europe/Lisbon", (7, 9)),
        ("2026-03-28", "Europe/Lisbon", (7, 9)),
    ],
)
def test_hours_are_those_of_the_clock_when_it_changes(date, zone, expected):
    """Rush hour is at seven by the clock, whatever happened at night; rows over that night stay whole."""
    assert spans([{"from": "07:00", "to": "09:00"}], date=date, zone=zone) == [expected]
    ((start, end),) = spans([{"from": "01:30", "to": "02:15"}], date=date, zone=zone)
    assert (start, end) == ((2, 2.25) if date == "2026-03-29" else (1.5, 2.25))


def test_hours_the_clock_is_put_forward_over_are_not_there():
    """That night nothing happens between 1:10 and 1:50."""
    hours = [{"from": "01:10", "to": "01:50"}]
    assert spans(hours, date="2026-03-29") == []
    assert len(spans(hours, date="2026-03-30")) == 1


def test_the_night_the_clock_goes_forward_is_an_hour_shorter():
    """From 22:00 to 6:00 seven hours pass."""
    ((_, first), (start, end)) = spans([{"from": "22:00", "to": "06:00"}], date="2026-03-28")
    assert first == 6
    assert end - start == 7


def test_every_value_arrives_under_the_names_of_the_job():
    """Zone, classes of road as a row each, the factor; members that say nothing are left out."""
    zones, _ = zones_of([{"zone_id": "Z1", "at": SQUARE}])
    rows = [
        {"zone": "Z1", "highway": "motorway, primary", "time_factor": "1,5", "to": "09:00"},
        {"time_factor": 2},
    ]
    found, shared = traffic_of(rows, zones=zones, time_factor="string")
    assert shared.errors == []
    first = {"start": 0, "end": 9 * HOUR, "factor": 1.5, "zone": "Z1"}
    assert list(found.rows) == [
        {**first, "road_class": "motorway"},
        {**first, "road_class": "primary"},
        {"start": 0, "end": DAY, "factor": 2},
    ]
    assert found.used == 2
    assert list(found.zones) == ["Z1"]
    assert "TRAFFIC: 2 of 2 rows hold while vehicles work on Monday, 2026-05-04." in shared.feedback.infos


@pytest.mark.parametrize(("name", "value"), [("speed_factor", 0.5), ("speed_pct", 50), ("speed_pct", "50")])
def test_speeds_are_turned_into_times(name, value):
    """Half the speed is twice the time."""
    found, shared = traffic_of([{name: value}])
    assert shared.errors == []
    assert found.rows[0]["factor"] == pytest.approx(2)


def test_times_of_a_geopackage_and_of_a_spreadsheet():
    """Fields of type time, and dates of 1899 that spreadsheets store times with."""
    null_date = QDateTime(QDate(1899, 12, 30), QTime(16, 0), Qt.TimeSpec.UTC)
    rows = [{"from": QTime(7, 30), "to": QTime(9, 0), "factor": 1.5}]
    found, _ = traffic_of(rows, **{"from": "time", "to": "time"})
    assert (found.rows[0]["start"], found.rows[0]["end"]) == (7.5 * HOUR, 9 * HOUR)
    found, _ = traffic_of([{"from": null_date, "factor": 1.5}], **{"from": "datetime"})
    assert (found.rows[0]["start"], found.rows[0]["end"]) == (16 * HOUR, DAY)


def test_weekdays_as_numbers_and_as_lists():
    """Whole and decimal numbers, as a spreadsheet keeps them; lists with an empty place."""
    for kind in ("integer", "double"):
        assert spans([{"weekday": 1}, {"weekday": 7, "to": "01:00"}], weekday=kind) == [(0, 24)]
    assert spans([{"weekday": "Mon,, Tue"}]) == [(0, 24)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"factor": None}, ["factor is empty", "1.5"]),
        ({"factor": "fast"}, ['factor "fast" is not a number', "12.5"]),
        ({"factor": "0"}, ['factor "0" is not from 0.1 to 20']),
        ({"factor": "-1.5"}, ['factor "-1.5" is not from 0.1 to 20']),
        ({"factor": "150"}, ['factor "150" is not from 0.1 to 20']),
        ({"factor": None, "speed_pct": 5000}, ['speed_pct "5000" is not from 5 to 1000']),
        ({"speed_factor": 0.5}, ['speed_factor "0.5" and factor are both filled', "one of the two"]),
        ({"weekday": "Funday"}, ['weekday "Funday" names no day of the week', "Mon-Fri"]),
        ({"from": "7 am"}, ['from "7 am" is not a time', "08:30"]),
        ({"to": "25:00"}, ['to "25:00" is not a time of the day', "08:30"]),
        ({"from": "08:00", "to": "08:00"}, ['to "08:00" is not after from', "Correct one"]),
        ({"from": "2026-05-04T08:00", "to": "10:00"}, ["one has a date", "Write both with one, or neither"]),
        ({"from": "2026-05-04T08:00", "to": "2026-05-04T07:00"}, ["is not after from"]),
        ({"from": "2026-05-04T08:00", "weekday": "Mon"}, ['weekday "Mon" stands beside hours with a date']),
        ({"zone_id": "Z9"}, ['zone_id "Z9" is no zone of ZONES', "Z1, Z2, empty"]),
        ({"zone_id": "empty"}, ['zone_id "empty" is a zone without a geometry', "Draw it"]),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_remedy(row, words):
    """Also in a row that is about another day: layer, row, field and value."""
    zones, _ = zones_of(
        [{"zone_id": "Z1", "at": SQUARE}, {"zone_id": "Z2", "at": SQUARE}, {"zone_id": "empty", "at": None}]
    )
    for day in (MONDAY, SATURDAY):
        rows = [{"factor": "1.2"}, {"factor": "1.5", **row}]
        _, shared = traffic_of(rows, date=day, zones=zones, factor="string")
        assert len(shared.errors) == 1
        for word in ("TRAFFIC: feature 2: ", *words):
            assert word in shared.errors[0]


def test_all_that_is_wrong_is_told_at_once():
    """Nobody corrects a table one run at a time."""
    _, shared = traffic_of([{"factor": 0, "weekday": "x", "from": "y"}, {"factor": None}])
    assert [text.split(": ")[1] for text in shared.errors] == ["feature 1"] * 3 + ["feature 2"]


def test_a_table_without_a_factor_is_refused():
    """A field of another name would be passed over in silence."""
    _, shared = traffic_of([{"weekday": "Mon", "delay": 3}])
    assert shared.errors == ["TRAFFIC (traffic) has no field factor. Add one: 1.5 takes half as long again."]


def test_the_table_of_the_page_can_be_read(checkout):
    """Whoever copies the example of docs/traffic.md gets no error; its rows hold when the page says."""
    example = (checkout / "docs" / "traffic.md").read_text(encoding="utf-8").split("```")[1].strip()
    rows = [{name: value or None for name, value in row.items()} for row in csv.DictReader(StringIO(example))]
    zones, _ = zones_of([{"zone_id": name, "at": SQUARE} for name in ("inner_town", "old_town")])
    found, shared = traffic_of(rows, zones=zones)
    assert shared.errors == []
    assert found.used == len(rows) - 1
    saturday, _ = traffic_of(rows, zones=zones, date=SATURDAY)
    assert saturday.used == 2


def test_fields_state_their_ranges():
    """What a value may be is said where the field is explained."""
    ranges = {
        "factor": (TRAFFIC_FIELDS, FACTORS),
        "speed_factor": (VEHICLE_FIELDS, SPEED_FACTORS),
    }
    for name, (fields, (least, most)) in ranges.items():
        (field,) = [field for field in fields if field.name == name]
        assert f"From {least:g} to {most:g}." in field.what


def test_zones_that_nobody_gave():
    """A row that names a zone needs the layer."""
    _, shared = traffic_of([{"factor": 2, "zone_id": "Z1"}], zones=None)
    assert 'zone_id "Z1" is a zone, but ZONES is empty. Give a layer of polygons' in shared.errors[0]


def test_parts_of_a_zone_are_joined_and_reprojected():
    """Two features of one name, in metres of UTM 29, become one multipolygon in degrees."""
    rows = [
        {"zone": "Z", "at": "Polygon ((532000 4555000, 533000 4555000, 533000 4556000, 532000 4555000))"},
        {"zone": "Z", "at": "Polygon ((535000 4555000, 536000 4555000, 536000 4556000, 535000 4555000))"},
    ]
    zones, shared = zones_of(rows, crs="EPSG:32629")
    assert shared.errors == []
    form = as_form(zones["Z"])
    assert form["type"] == "MultiPolygon"
    assert len(form["coordinates"]) == 2
    lon, lat = form["coordinates"][0][0][0]
    assert (lon, lat) == (pytest.approx(-8.6186, abs=1e-3), pytest.approx(41.1452, abs=1e-3))


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        ([{"zone_id": "Z", "at": SQUARE}], {"crs": ""}, ["ZONES (zones) has no CRS"]),
        ([{"zone_id": "Z", "at": (1.0, 2.0)}], {"kind": "Point"}, ["ZONES (zones) holds no polygons"]),
        ([{"zone_id": "", "at": SQUARE}], {}, ["ZONES: feature 1: zone_id is empty", "Give the zone a name"]),
        ([{"area": "Z", "at": SQUARE}], {}, ["ZONES (zones) has no field zone_id"]),
        (
            [{"zone_id": "Z", "at": "Polygon ((500 0, 501 0, 501 1, 500 0))"}],
            {},
            ['ZONES: zone_id "Z": geometry is not on the earth'],
        ),
    ],
)
def test_what_is_wrong_with_zones_is_an_error_of_the_job(rows, options, words):
    """A zone in the wrong place would slow nobody down."""
    _, shared = zones_of(rows, **options)
    assert len(shared.errors) == 1
    for word in words:
        assert word in shared.errors[0]


def test_the_job_holds_what_is_used_and_nothing_else():
    """Rows of other days and zones that no row of the day names stay behind; so does a weather of 1."""
    shared = reading()
    zones, _ = zones_of([{"zone_id": name, "at": SQUARE} for name in ("Z1", "Z2")])
    traffic = source_of(
        table(
            [
                {"factor": 1.5, "zone_id": "Z1", "from": "07:00", "to": "09:00"},
                {"factor": 1.5, "zone_id": "Z1", "from": "16:00", "to": "18:00"},
                {"factor": 3, "zone_id": "Z2", "weekday": "Sun"},
            ]
        )
    )
    both = read_conditions(traffic, zones, None, 1.0, PLAN_DATE, shared)
    assert shared.errors == []
    members = both.travel_members()
    assert set(members) == {"traffic"}
    assert set(members["traffic"]) == {"rows", "zones"}
    assert len(members["traffic"]["rows"]) == 2
    assert set(members["traffic"]["zones"]) == {"Z1"}
    assert both.situations == 2  # with and without: morning and afternoon are alike
    assert read_conditions(None, None, None, 1.0, PLAN_DATE, shared).travel_members() == {}
    wet = read_conditions(None, None, None, 1.2, PLAN_DATE, shared)
    assert wet.travel_members() == {"traffic": {"weather": 1.2}}
    assert wet.situations == 1


def test_zones_that_nobody_can_name_are_told():
    """They are there for traffic and for vehicles."""
    zones, _ = zones_of([{"zone_id": "Z1", "at": SQUARE}])
    driven = Vehicle("V1", zones=("Z1",))
    for given, vehicles, has_traffic, told in (
        (zones, [Vehicle("V1")], False, True),
        (zones, [driven], False, False),
        (zones, [], True, False),
        (None, [], False, False),
    ):
        shared = reading()
        tell_unused_zones(given, vehicles, has_traffic, shared)
        expected = ["ZONES is not used without TRAFFIC or vehicles with zone_id"] if told else []
        assert shared.warnings.texts() == expected
