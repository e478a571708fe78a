"""Times as layers hold them: every form gives the same second, on the days the clocks change too."""

from __future__ import annotations

from datetime import date as calendar_date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime, QTimeZone

from optiway_qgis.layers.times import PlanDay
from optiway_qgis.model.errors import InputError

DAY = PlanDay(QDate(2026, 5, 4), "Europe/Lisbon")
HALF_PAST_EIGHT = 8 * 3600 + 1800
LISBON = QTimeZone(b"Europe/Lisbon")


@pytest.mark.parametrize(
    "value",
    [
        "08:30",
        "8:30",
        " 08:30:00 ",
        "08:30:00.000",
        "8:30 AM",
        "8:30am",
        "2026-05-04T08:30",
        "2026-05-04 08:30:00",
        "2026/05/04 08:30:00",
        "2026-05-04T07:30Z",
        "2026-05-04T09:30:00+02:00",
        "2026-05-04T09:30:00+0200",
        "2026-05-04T03:30-04",
        QTime(8, 30),
        QDateTime(QDate(2026, 5, 4), QTime(8, 30)),
        QDateTime(QDate(2026, 5, 4), QTime(8, 30), Qt.TimeSpec.UTC),
        QDateTime(QDate(2026, 5, 4), QTime(9, 30), Qt.TimeSpec.OffsetFromUTC, 7200),
        QDateTime(QDate(2026, 5, 4), QTime(3, 30), QTimeZone(b"America/New_York")),
        QDateTime(QDate(1899, 12, 30), QTime(8, 30)),
        "1899-12-30T08:30",
    ],
)
def test_every_form_of_half_past_eight(value):
    """Layers, CSV files, ArcGIS and web services write the same time in many ways."""
    assert DAY.read(value).seconds == HALF_PAST_EIGHT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("00:00", 0),
        ("24:00", 86400),
        ("12:00 AM", 0),
        ("12:00 PM", 43200),
        ("2026-05-05T01:00", 90000),
        ("2026-05-03T23:00", -3600),
    ],
)
def test_ends_of_the_day_and_other_dates(value, seconds):
    """Midnight has two names, and a date may be another day than the plan date."""
    assert DAY.read(value).seconds == seconds


@pytest.mark.parametrize(
    "value",
    [
        "25:99", "24:01", "08:60", "8", "noon", "08.30", "13:00 PM", "2026-02-30T08:00", "2026-05-04",
        "2026-05-04T08:00+99", 800, 8.5, QDate(2026, 5, 4), True, "08:30 tomorrow",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(value):
    """A wrong time must not become a silent midnight; the text says how to write it."""
    with pytest.raises(ValueError, match=r"is not a time|does not exist"):
        DAY.read(value)


@pytest.mark.parametrize("plan_date", [QDate(2026, 3, 29), QDate(2026, 10, 25)])
def test_working_hours_are_the_same_on_the_day_the_clocks_change(plan_date):
    """08:30 of the wall is 08:30 in the plan, whichever form it is written in."""
    day = PlanDay(plan_date, "Europe/Lisbon")
    iso = plan_date.toString("yyyy-MM-dd")
    instant = QDateTime(plan_date, QTime(8, 30), LISBON)
    offset = "+00:00" if plan_date.month() == 10 else "+01:00"
    assert day.read("08:30").seconds == HALF_PAST_EIGHT
    assert day.read(f"{iso}T08:30{offset}").seconds == HALF_PAST_EIGHT
    assert day.read(instant).seconds == HALF_PAST_EIGHT


@pytest.mark.parametrize(("plan_date", "hours"), [(QDate(2026, 3, 28), 7), (QDate(2026, 10, 24), 9)])
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(plan_date, hours):
    """From 22:00 to 06:00 pass seven hours in March and nine in October."""
    day = PlanDay(plan_date, "Europe/Lisbon")
    start, end = day.read("22:00").seconds, day.read("06:00", next_day=True).seconds
    assert (end - start) / 3600 == hours
    assert day.wall_clock(end).time() == QTime(6, 0)


@pytest.mark.parametrize(
    ("zone", "plan_date", "clock", "wall"),
    [
        ("Europe/Lisbon", QDate(2026, 3, 29), "01:30", QTime(2, 0)),
        ("America/New_York", QDate(2026, 3, 8), "02:00", QTime(3, 0)),
        ("Africa/Cairo", QDate(2026, 4, 24), "00:20", QTime(1, 0)),
    ],
)
def test_a_time_the_clock_is_put_forward_over_is_when_that_happens(zone, plan_date, clock, wall):
    """Such a time is not midnight; the shop opens when its clock shows the next time there is."""
    day = PlanDay(plan_date, zone)
    assert day.wall_clock(day.read(clock).seconds).time() == wall


@given(
    st.dates(min_value=calendar_date(1990, 1, 1), max_value=calendar_date(2037, 1, 1)),
    st.sampled_from(["Europe/Lisbon", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
    st.integers(min_value=4 * 3600, max_value=86399),
)
def test_writing_undoes_reading(date, zone, clock):
    """A time read and written again is the same wall clock, in any zone on any date, from 04:00 on.

    Before that an hour may not exist, or twice.
    """
    day = PlanDay(QDate(date.year, date.month, date.day), zone)
    time = QTime(0, 0).addSecs(clock)
    written = day.wall_clock(day.read(time).seconds)
    assert (written.date(), written.time()) == (day.date, time)


def test_unknown_zone_and_date_are_told_together():
    """All that is wrong is said at once, with the remedy."""
    with pytest.raises(InputError) as caught:
        PlanDay(QDate(), "Mars/Olympus")
    assert len(caught.value.problems) == 2
    assert 'TIME_ZONE "Mars/Olympus" is not known' in str(caught.value)
    assert "PLAN_DATE is not a date" in str(caught.value)
