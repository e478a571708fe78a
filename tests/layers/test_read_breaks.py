"""The table of breaks and breaks by rule: whose they are, when they are due, and what is refused."""

from __future__ import annotations

import pytest

from optiway_qgis.layers.read_breaks import BREAK_RULES, read_breaks, with_rule
from optiway_qgis.model.problem import Break, Vehicle, Window
from tests.made_layers import reading, source_of, table

FLEET = [Vehicle("V1"), Vehicle("V2"), Vehicle("V3")]
LUNCH = {"break_id": "lunch", "duration_min": 30, "tw_start": "12:00", "tw_end": "13:30"}


def breaks_of(rows, whole_fleet=True, **types):
    """Read rows as a table of breaks; returns vehicle id -> its breaks, and what the readers share."""
    shared = reading()
    source = source_of(table(rows, "breaks", **types))
    vehicles = read_breaks(source, FLEET, shared, whole_fleet)
    return {vehicle.id: vehicle.breaks for vehicle in vehicles}, shared


def test_each_kind_of_break_arrives_in_seconds():
    """By the clock, by driving in two parts, by work; paid or not."""
    rows = [
        LUNCH,
        {"break_id": "drive", "duration_min": 45, "after_drive_min": 270, "first_part_min": 15, "paid": "no"},
        {"break_id": "work", "duration_min": 30, "after_work_min": 360, "paid": "yes"},
    ]
    breaks, shared = breaks_of(rows)
    assert shared.errors == []
    assert breaks["V1"] == (
        Break("lunch", 1800, window=Window(43200, 48600)),
        Break("drive", 2700, after_drive=16200, first_part=900),
        Break("work", 1800, after_work=21600, paid=True),
    )
    assert breaks["V1"] == breaks["V2"] == breaks["V3"]


def test_a_table_of_arcgis_is_read_as_it_is():
    """Route names, minutes, and 1 for paid."""
    row = {
        "RouteName": "V2", "ServiceTime": 30, "TimeWindowStart": None, "MaxCumulWorkTime": 240, "IsPaid": 1,
    }  # fmt: skip
    breaks, shared = breaks_of([row])
    assert shared.errors == []
    assert breaks == {"V1": (), "V2": (Break("break-1", 1800, after_work=14400, paid=True),), "V3": ()}


@pytest.mark.parametrize(
    ("start", "end", "by_night"),
    [
        ("00:30", "01:30", Window(88200, 91800)),
        ("23:30", "00:30", Window(84600, 88200)),
        ("05:30", "06:30", Window(19800, 23400)),
        ("2026-05-04T00:30", "2026-05-04T01:30", Window(1800, 5400)),
    ],
)
def test_a_break_after_midnight_is_within_a_shift_of_the_night(start, end, by_night):
    """Read on the plan date it would be over before work begins, and never be due."""
    day, night = Vehicle("day", shift=Window(0, 86400)), Vehicle("night", shift=Window(72000, 108000))
    source = source_of(table([{"break_id": "meal", "duration_min": 30, "tw_start": start, "tw_end": end}]))
    shared = reading()
    read = {vehicle.id: vehicle.breaks[0].window for vehicle in read_breaks(source, [day, night], shared)}
    assert shared.errors == []
    assert read["night"] == by_night
    assert read["day"].start == by_night.start % 86400
    told = "tw_start is before the shift of night: read as the next day (meal)"
    assert (told in shared.warnings.texts()) == (read["night"] != read["day"])


def test_a_break_just_before_a_shift_of_a_day_is_not_put_off_to_the_next():
    """A driver who leaves at 12:10 had lunch before; without VEHICLES shifts last a whole day."""
    late = Vehicle("late", shift=Window(43800, 43800 + 86400))
    shared = reading()
    row = {**LUNCH, "tw_start": "11:30", "tw_end": "12:00"}
    (read,) = read_breaks(source_of(table([row])), [late], shared)
    assert read.breaks[0].window == Window(41400, 43200)
    assert shared.warnings.texts() == []


def test_a_table_without_rows_is_told():
    """None is selected, perhaps, or a filter leaves none: nobody would rest."""
    breaks, shared = breaks_of([], break_id="string", duration_min="double")
    assert not any(breaks.values())
    assert shared.warnings.texts() == ["BREAKS (breaks) has no rows"]


def test_breaks_belong_to_the_vehicles_they_name():
    """The same id for two vehicles is two breaks; one that is for all comes after those before it."""
    rows = [
        {**LUNCH, "vehicle_id": "V1, V3"},
        {**LUNCH, "vehicle_id": "V2", "tw_end": "14:00"},
        {"break_id": "rest", "duration_min": 15, "after_work_min": 180},
    ]
    breaks, shared = breaks_of(rows)
    assert shared.errors == []
    assert {name: [one.id for one in listed] for name, listed in breaks.items()} == {
        name: ["lunch", "rest"] for name in ("V1", "V2", "V3")
    }
    assert breaks["V2"][0].window.end == 50400


def test_breaks_of_vehicles_that_are_not_there_are_warned_of():
    """Unless only the vehicles of some visits are asked for."""
    rows = [{**LUNCH, "vehicle_id": "V1,V9"}]
    _, shared = breaks_of(rows)
    assert shared.warnings.texts() == ['No active vehicle is called "V9" (lunch)']
    _, shared = breaks_of(rows, whole_fleet=False)
    assert shared.warnings.texts() == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"duration_min": None}, ["duration_min is empty", "Write its minutes"]),
        ({"duration_min": 0}, ['duration_min "0" is no time']),
        ({"tw_start": None}, ["tw_start is empty and tw_end is not", "Fill both"]),
        ({"tw_end": None}, ["tw_end is empty and tw_start is not"]),
        ({"tw_end": "noon"}, ['tw_end "noon" is not a time']),
        ({"tw_start": None, "tw_end": None}, ["nothing says when it is due", "after_drive_min"]),
        ({"after_drive_min": 270}, ["tw_start and after_drive_min are filled", "or after_work_min"]),
        ({"first_part_min": 15}, ['first_part_min "15" is of a break by the clock']),
        ({"tw_start": None, "tw_end": None, "after_work_min": 0}, ['after_work_min "0" is no time']),
        (
            {"tw_start": None, "tw_end": None, "after_work_min": 60, "first_part_min": 30},
            ['first_part_min "30" is not less than duration_min'],
        ),
        ({"paid": "half"}, ['paid "half" is not known']),
    ],
)
def test_what_is_wrong_with_a_break_is_an_error_of_the_job(values, words):
    """One error each, with feature, field, value and remedy."""
    _, shared = breaks_of([{**LUNCH, **values}], duration_min="int", tw_start="string", tw_end="string")
    assert len(shared.errors) == 1, shared.errors
    for word in ('BREAKS: feature 1 (break_id "lunch"): ', *words):
        assert word in shared.errors[0]


def test_all_that_is_wrong_is_told_at_once():
    """Two breaks of one name for a vehicle, and every bad cell."""
    rows = [LUNCH, {**LUNCH, "vehicle_id": "V2", "duration_min": -1, "after_work_min": 5, "paid": "x"}]
    _, shared = breaks_of(rows)
    assert len(shared.errors) == 4
    assert 'break_id "lunch" is already that of another break of the vehicle' in " ".join(shared.errors)
    assert {finding.about.layer for finding in shared.findings} == {"BREAKS"}


def test_rules_add_to_the_table_and_a_row_of_the_same_name_stands_for_one():
    """45 minutes by 4.5 hours of driving, in 15 and 30 too; 30 minutes by 6 hours of work."""
    own = Break("eu-work", 3600, after_work=7200)
    first, second = with_rule([Vehicle("V1"), Vehicle("V2", breaks=(own,))], "eu_driving_and_work")
    assert first.breaks == (
        Break("eu-driving", 45 * 60, after_drive=270 * 60, first_part=15 * 60),
        Break("eu-work", 30 * 60, after_work=360 * 60),
    )
    assert second.breaks == (own, first.breaks[0])
    assert with_rule([Vehicle("V1")], "none") == [Vehicle("V1")]
    assert [len(breaks) for breaks in BREAK_RULES.values()] == [0, 1, 1, 2]
