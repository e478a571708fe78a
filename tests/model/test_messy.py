"""Cells as people write them: what is read is what they mean, and what could be two things is refused."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optiway_qgis.model import messy
from optiway_qgis.model.findings import Fault

EXAMPLES = settings(max_examples=300, deadline=None)
EN_DASH = "\u2013"


def windows(cell: messy.Cell) -> list[tuple[str | None, str | None]]:
    """Start and end of each window as text."""
    return [(one.start and one.start.text, one.end and one.end.text) for one in messy.hours(cell)]


def refused(read, *given_cells, **options) -> str:
    """The code by which a cell is refused."""
    with pytest.raises(Fault) as caught:
        read(*given_cells, **options)
    assert caught.value.text
    assert caught.value.remedy
    return caught.value.code


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("8-10am", [("08:00", "10:00")]),
        (f"08.00{EN_DASH}10.00", [("08:00", "10:00")]),
        ("8h30-10h", [("08:30", "10:00")]),
        ("14:00 - 16:00 Uhr", [("14:00", "16:00")]),
        ("between 9 and 11", [("09:00", "11:00")]),
        ("from 9 to 11:30", [("09:00", "11:30")]),
        ("9 a.m. - 11 a.m.", [("09:00", "11:00")]),
        ("2pm-4pm", [("14:00", "16:00")]),
        ("11-1pm", [("11:00", "13:00")]),
        ("8-2pm", [("08:00", "14:00")]),
        ("8am-6", [("08:00", "18:00")]),
        ("12am-8am", [("00:00", "08:00")]),
        ("02-04", [("02:00", "04:00")]),
        ("6-14", [("06:00", "14:00")]),
        ("0830-1000", [("08:30", "10:00")]),
        ("22:00-02:00", [("22:00", "02:00")]),
        ("2pm-1am", [("14:00", "01:00")]),
        ("2:30-4pm", [("14:30", "16:00")]),
        ("6:30-14:00", [("06:30", "14:00")]),
        ("2h30-4h30", [("02:30", "04:30")]),
        ("0:30-2:00", [("00:30", "02:00")]),
        ("von 8 bis 12 Uhr", [("08:00", "12:00")]),
        ("de 9h à 11h", [("09:00", "11:00")]),
        ("entre 9h et 11h30", [("09:00", "11:30")]),
        ("das 9h às 11h", [("09:00", "11:00")]),
        ("entre las 9 y las 11", [("09:00", "11:00")]),
        ("before noon", [(None, "12:00")]),
        ("bis 12 Uhr", [(None, "12:00")]),
        ("antes das 12h", [(None, "12:00")]),
        ("after 3 pm", [("15:00", None)]),
        ("ab 14 Uhr", [("14:00", None)]),
        ("après 15h", [("15:00", None)]),
        ("a partir das 14h", [("14:00", None)]),
        ("14:00-", [("14:00", None)]),
        ("8-10, 14-16", [("08:00", "10:00"), ("14:00", "16:00")]),
        ("8-10 u. 14-16", [("08:00", "10:00"), ("14:00", "16:00")]),
        ("10:00-10:00", [("10:00", "10:00")]),
        ("8-10 and 14-16", [("08:00", "10:00"), ("14:00", "16:00")]),
        ("08:00-10:00\n14:00-16:00", [("08:00", "10:00"), ("14:00", "16:00")]),
        ("08:00-10:00 / 14:00-16:00", [("08:00", "10:00"), ("14:00", "16:00")]),
        ("2026-05-04T08:00/2026-05-04T10:00", [("2026-05-04T08:00", "2026-05-04T10:00")]),
        ("2026-05-04 08:00-10:00", [("2026-05-04T08:00", "2026-05-04T10:00")]),
        ("04.05.2026 08:00-10:00", [("2026-05-04T08:00", "2026-05-04T10:00")]),
        ("13/05/2026 08:00-10:00", [("2026-05-13T08:00", "2026-05-13T10:00")]),
        ("2026-05-04 22:00-02:00", [("2026-05-04T22:00", "2026-05-05T02:00")]),
        (
            "2026-05-04T08:00:00Z/2026-05-04T10:00:00Z",
            [("2026-05-04T08:00Z", "2026-05-04T10:00Z")],
        ),
        *((word, []) for word in ("all day", "", "  ", None, "anytime", "ganztägig", "todo o dia", "-")),
    ],
)
def test_windows(cell, expected):
    """As they stand in lists of five languages."""
    assert windows(cell) == expected


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2-4", messy.UNCLEAR_TIME),
        ("5-9", messy.UNCLEAR_TIME),
        ("8-6", messy.UNCLEAR_TIME),
        ("1:30-3:30", messy.UNCLEAR_TIME),
        ("12-2", messy.UNCLEAR_TIME),
        ("2-4 Uhr", messy.UNCLEAR_TIME),
        ("8-8", messy.UNCLEAR_TIME),
        ("00:00-00:00", messy.UNCLEAR_TIME),
        ("12:00-2:00", messy.UNCLEAR_TIME),
        ("14:00-02:00", messy.UNCLEAR_TIME),
        ("after 3:30", messy.UNCLEAR_TIME),
        ("10:00-08:00", messy.UNCLEAR_TIME),
        ("after 3", messy.UNCLEAR_TIME),
        ("10:00", messy.UNCLEAR_TIME),
        ("morning", messy.UNCLEAR_TIME),
        ("vormittags", messy.UNCLEAR_TIME),
        ("04/05/2026 08:00-10:00", messy.UNCLEAR_TIME),
        ("2026-10-08", messy.UNCLEAR_TIME),
        ("8-10, 9-11", messy.UNCLEAR_TIME),
        ("14-16, 8-10", messy.UNCLEAR_TIME),
        (8.0, messy.UNCLEAR_TIME),
        ("8/10", messy.NOT_A_TIME),
        ("25-26", messy.NOT_A_TIME),
        ("8:75-9", messy.NOT_A_TIME),
        ("13pm-14pm", messy.NOT_A_TIME),
        ("ring twice", messy.NOT_A_TIME),
        ("30.02.2026 08:00-10:00", messy.NOT_A_TIME),
        ("=NOW()", messy.NOT_A_TIME),
    ],
)
def test_windows_that_are_refused(cell, code):
    """Two meanings are no meaning: 8-6 may be a day or a slip, 2-4 the night or the afternoon."""
    assert refused(messy.hours, cell) == code


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("8", "08:00"),
        ("8:30", "08:30"),
        ("8.30 Uhr", "08:30"),
        ("8:30 pm", "20:30"),
        ("830", "08:30"),
        ("noon", "12:00"),
        ("24:00", "24:00"),
        ("08:30:15", "08:30:15"),
        (0.375, "09:00"),
        (0.0, "00:00"),
        (9.0, "09:00"),
        (1430.0, "14:30"),
        (46146.375, "2026-05-04T09:00"),
        ("2026-05-04T08:00+02:00", "2026-05-04T08:00+02:00"),
        ("2026-05-04 08:00", "2026-05-04T08:00"),
    ],
)
def test_times(cell, expected):
    """Also the numbers that spreadsheets keep: parts of a day, and days since 1899."""
    assert messy.clock(cell).text == expected


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (8.5, messy.UNCLEAR_TIME),
        (3.0, messy.UNCLEAR_TIME),
        ("3", messy.UNCLEAR_TIME),
        ("2:30", messy.UNCLEAR_TIME),
        ("evening", messy.UNCLEAR_TIME),
        (-1.0, messy.NOT_A_TIME),
        (2575.0, messy.NOT_A_TIME),
        ("2026-05-04 08:00-10:00", messy.NOT_A_TIME),
        ("tomorrow", messy.NOT_A_TIME),
    ],
)
def test_times_that_are_refused(cell, code):
    """8.5 may be 8:30 or 8:05, and 3 the morning or the afternoon."""
    assert refused(messy.clock, cell) == code


STYLES = (
    "{a:02}:{m:02}-{b:02}:{n:02}",
    "{a:02}.{m:02} \u2013 {b:02}.{n:02} Uhr",
    "{a}h{m:02}-{b}h{n:02}",
    "from {a:02}:{m:02} to {b:02}:{n:02}",
    "zwischen {a:02}:{m:02} und {b:02}:{n:02} Uhr",
    "{a:02}{m:02}-{b:02}{n:02}",
    "2026-05-04T{a:02}:{m:02}/2026-05-04T{b:02}:{n:02}",
)


@given(
    st.tuples(st.integers(0, 23), st.integers(0, 59)),
    st.tuples(st.integers(0, 23), st.integers(0, 59)),
    st.sampled_from(STYLES),
)
@EXAMPLES
def test_a_window_with_minutes_is_read_as_it_was_written(one, other, style):
    """Whatever the style: nothing is taken for am or pm where minutes stand."""
    (a, m), (b, n) = sorted((one, other))
    assume(b or n)
    read = windows(style.format(a=a, m=m, b=b, n=n))
    assert [(start[-5:], end[-5:]) for start, end in read] == [(f"{a:02}:{m:02}", f"{b:02}:{n:02}")]


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59))
@EXAMPLES
def test_a_window_in_twelve_hours_is_read_as_it_was_written(a, m, b, n):
    """With am or pm at both ends."""
    (a, m), (b, n) = sorted(((a, m), (b, n)))
    assume(b or n)
    ends = [
        f"{hour % 12 or 12}:{minute:02}{'pm' if hour > 11 else 'am'}" for hour, minute in ((a, m), (b, n))
    ]
    assert windows("-".join(ends)) == [(f"{a:02}:{m:02}", f"{b:02}:{n:02}")]


@pytest.mark.parametrize(
    ("cell", "decimal", "number", "unit"),
    [
        ("2,5 kg", "", 2.5, "kg"),
        ("2.5kg", "", 2.5, "kg"),
        ("500 g", "", 0.5, "kg"),
        ("1,5 t", "", 1500, "kg"),
        ("3 pallets", "", 3, "pallets"),
        ("2 m3", "", 2, "m3"),
        ("1 200", "", 1200, ""),
        ("1\u00a0200,5", "", 1200.5, ""),
        ("1'200.50", "", 1200.5, ""),
        ("1.200,5", "", 1200.5, ""),
        ("1,200.5", "", 1200.5, ""),
        ("1.200.000", "", 1200000, ""),
        ("1.200", ",", 1200, ""),
        ("1.200", ".", 1.2, ""),
        ("1,200", ".", 1200, ""),
        ("0.125", "", 0.125, ""),
        ("-3", "", -3, ""),
        ("1e3", "", 1000, ""),
        (2.5, "", 2.5, ""),
    ],
)
def test_quantities(cell, decimal, number, unit):
    """With and without units; the column says what 1.200 is."""
    read = messy.quantity(cell, decimal)
    assert (read.number, read.unit) == (pytest.approx(number), unit)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.200", messy.UNCLEAR_NUMBER),
        ("12,345", messy.UNCLEAR_NUMBER),
        ("1,2,3", messy.NOT_A_NUMBER),
        ("1.20.3", messy.NOT_A_NUMBER),
        ("12 34", messy.NOT_A_NUMBER),
        ("two", messy.NOT_A_NUMBER),
        ("5-6", messy.NOT_A_NUMBER),
        ("2x3", messy.NOT_A_NUMBER),
        ("1e9999", messy.NOT_A_NUMBER),
        ("=A1*2", messy.NOT_A_NUMBER),
        (float("nan"), messy.NOT_A_NUMBER),
    ],
)
def test_quantities_that_are_refused(cell, code):
    """1.200 alone may be a thousand times as much."""
    assert refused(messy.quantity, cell) == code


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["2,5", "1.200"], ","),
        (["2.5 kg", "1,200"], "."),
        (["1.200,5"], ","),
        (["1.200.000"], ","),
        (["1.200", "3"], ""),
        (["2,5", "2.5"], ""),
        ([2.5, "1.200", None, "x"], ""),
    ],
)
def test_a_column_shows_its_decimal_sign(cells, sign):
    """By numbers that can be read in one way only; where they differ, by none."""
    assert messy.decimal_sign(cells) == sign


@given(st.integers(0, 10**9), st.integers(0, 99), st.sampled_from([".,", ",.", " ,", "'.", " .", "\u00a0,"]))
@EXAMPLES
def test_numbers_with_two_decimals_are_read_as_they_were_written(whole, cents, signs):
    """In any way of parting thousands."""
    text = f"{whole:,}".replace(",", signs[0]) + f"{signs[1]}{cents:02}"
    assert messy.quantity(text).number == pytest.approx(whole + cents / 100)


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        *(("10", 10), ("10 min", 10), ("5 Min.", 5), ("15'", 15), ("90 s", 1.5), ("1,5 h", 90), ("1h", 60)),
        *(("1h30", 90), ("1 h 30 min", 90), ("0:15", 15), ("1:30", 90), ("00:15:00", 15), ("PT15M", 15)),
        *(("1 Std", 60), (10.0, 10), ("2 hours", 120)),
    ],
)
def test_durations(cell, minutes):
    """A number alone is in minutes."""
    assert messy.minutes(cell) == pytest.approx(minutes)


@pytest.mark.parametrize("cell", ["15:00", "10-15 min", "-5", "long", "0:75", "10 km"])
def test_durations_that_are_refused(cell):
    """15:00 may be hours or minutes."""
    assert refused(messy.minutes, cell) == messy.NOT_A_DURATION


def test_the_header_may_give_durations_another_unit():
    """Seconds, where no unit stands behind the number."""
    assert messy.minutes("90", unit=1 / 60) == pytest.approx(1.5)
    assert messy.minutes("2 min", unit=1 / 60) == 2


@pytest.mark.parametrize(
    ("cell", "value", "axis"),
    [
        ("41.15", 41.15, ""),
        ("41,15", 41.15, ""),
        ("41.150", 41.15, ""),
        ("-8.61\u00b0", -8.61, ""),
        ("\u22128.61", -8.61, ""),
        ("41\u00b009'12\"N", 41.1533333, "lat"),
        ("8\u00b0 36\u2032 40\u2033 W", -8.6111111, "lon"),
        ("N41 9.2", 41.1533333, "lat"),
        ("41.15 N", 41.15, "lat"),
        ("463 000", 463000, ""),
        (157000.5, 157000.5, ""),
    ],
)
def test_coordinates(cell, value, axis):
    """Degrees with decimals or minutes, metres of a local CRS."""
    read = messy.angle(cell)
    assert (read.value, read.axis) == (pytest.approx(value), axis)


@pytest.mark.parametrize(
    "cell", ["W", "8\u00b036'O", "41 9 12", "41.5\u00b030'", "41\u00b075'N", "here", "5 kg"]
)
def test_coordinates_that_are_refused(cell):
    """O is west in one language and east in another."""
    assert refused(messy.angle, cell) == messy.NOT_A_COORDINATE


@pytest.mark.parametrize(
    "cell",
    [
        "41.15, -8.61",
        "41.15,-8.61",
        "(41.15 -8.61)",
        "41,15; -8,61",
        "41,15, -8,61",
        "41.15 / -8.61",
        "41.15N 8.61W",
        "POINT(-8.61 41.15)",
    ],
)
def test_two_coordinates_in_one_cell(cell):
    """In their order, unless letters or WKT name the axes."""
    first, second = messy.pair(cell)
    lat, lon = (second, first) if first.axis == "lon" else (first, second)
    assert (lat.value, lon.value) == (pytest.approx(41.15), pytest.approx(-8.61))


@pytest.mark.parametrize("cell", ["41,15,-8,61", "48,140", "41.15", "Porto", "1;2;3"])
def test_pairs_that_are_refused(cell):
    """Commas that may part coordinates or decimals."""
    assert refused(messy.pair, cell) == messy.NOT_A_COORDINATE


def test_thousands_of_metres_are_not_taken_for_decimals():
    """165.123 is a place of a local CRS, or a thousandth of it; in degrees it is one thing."""
    assert messy.angle("41,150").value == 41.15
    assert refused(messy.angle, "165.123", in_degrees=False) == messy.NOT_A_COORDINATE
    assert messy.angle("165.123", ",", in_degrees=False).value == 165123


ANY_CELL = st.one_of(
    st.none(),
    st.floats(),
    st.text(max_size=30),
    st.text("0123456789:.,-/ hapmTZ+'\"\u00b0NSEWkg\u2013", max_size=20),
)


@given(ANY_CELL)
@EXAMPLES
def test_no_cell_breaks_the_reading(cell):
    """Each is read or refused with a reason; nothing else is raised."""
    for read in (messy.hours, messy.clock, messy.quantity, messy.minutes, messy.angle, messy.pair):
        try:
            read(cell)
        except Fault as fault:
            assert fault.text
    assert messy.decimal_sign([cell]) in ("", ",", ".")
    assert isinstance(messy.shown(cell), str)
