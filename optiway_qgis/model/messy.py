"""Cells as people write them: hours, durations, quantities and coordinates, to what they mean.

Each function takes one cell and reads it, or raises a `Fault` that says why it cannot be read, or what it
could be where it could be two things. What only a whole column decides, the decimal sign, is found by a
function of its own and handed in. Which column holds what is not known here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Iterable, Union

from .findings import Fault

Cell = Union[str, float, None]
"""A cell of a sheet: text, a number that is no text there, or nothing."""

DAY = 86400
_SPREADSHEET_DAY_0 = datetime(1899, 12, 30)
_SERIAL_DATES = (20000, 80000)
"""Days since 1899 that a number is taken for: 1954 to 2119."""
_EXACT = 1e15
"""Numbers below it are whole as they look."""
_MORNING_FROM = 7
"""A bare hour from here to 12 is in the morning; one before it may be in the afternoon, too."""
_EVENING = 64800
_LONGEST_CLOCK_DURATION_H = 5
"""From so many hours on 15:00 may be minutes and seconds as well."""

UNCLEAR_TIME, NOT_A_TIME = "unclear_time", "not_a_time"
UNCLEAR_NUMBER, NOT_A_NUMBER = "unclear_number", "not_a_number"
NOT_A_DURATION, NOT_A_COORDINATE = "not_a_duration", "not_a_coordinate"

_WRITE_WINDOW = "Write it as 08:00-10:00"
_WRITE_TIME = "Write it as 08:30"
_WRITE_MINUTES = "Write minutes, such as 15 min"


def folded(text: str) -> str:
    """Lower case without accents, one blank where there were several, one kind of hyphen."""
    apart = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[\u2010-\u2015\u2212]", "-", plain).split())


def shown(cell: Cell) -> str:
    """The text of a cell, without blanks around it; whole numbers without decimals."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    is_whole = abs(cell) < _EXACT and cell == int(cell)
    return str(int(cell)) if is_whole else repr(float(cell))


# Hours


@dataclass(frozen=True)
class Clock:
    """A time of day in seconds from midnight, with the date where one was named (2026-05-04).

    `offset` is that of ISO 8601, as written. `is_bare` says that nothing tells morning from afternoon: 2 or
    2:30, not 02:30, 14:30, 2h30 or 2 pm.
    """

    seconds: int
    date: str = ""
    offset: str = ""
    is_bare: bool = False

    @property
    def text(self) -> str:
        """The time as the layers of a plan hold it: 08:30, or 2026-05-04T08:30."""
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        clock = f"{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
        return f"{self.date}T{clock}{self.offset}" if self.date else clock


@dataclass(frozen=True)
class Hours:
    """A window; an end that is None is open."""

    start: Clock | None
    end: Clock | None


_NAMED = {
    **dict.fromkeys(("noon", "midday", "mittag", "midi", "meio-dia", "meio dia", "mediodia"), 43200),
    **dict.fromkeys(("midnight", "mitternacht", "minuit", "meia-noite", "medianoche"), DAY),
}
_DATE = r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}/\d{1,2}/\d{4})"
_HALF = r"[ap]\.? ?m\b\.?"
_CLOCK = (
    rf"(?:(?P<named>{'|'.join(_NAMED)})"
    r"|(?P<digits>\d{3,4})(?![\d.:])"
    r"|(?P<hour>\d{1,2})(?:(?: ?[:.h] ?| uhr )(?P<minute>\d{2})(?!\d))?(?:[:.m](?P<second>\d{2})(?:\.\d+)?)?)"
)
_END = rf"(?: ?(?P<half>{_HALF}))?(?P<suffix> ?(?:uhr|hrs?|heures?|horas?|o'clock|h)\b)?"
_ONE = tuple(
    re.compile(form)
    for form in (
        rf"(?P<date>{_DATE})t{_CLOCK}(?P<offset>z|[+-]\d{{2}}:?\d{{2}})?",
        rf"(?:(?P<date>{_DATE})(?: |, ?))?{_CLOCK}(?P<offset>(?<=\d)z)?{_END}",
    )
)
"""A time with the T of ISO 8601, which may have an offset, or as people write it."""
_BARE_TICK = re.sub(r"\?P<\w+>", "?:", f"(?:{'|'.join(form.pattern for form in _ONE)})")
_ISO_SLASH = re.compile(r"(\d{4}-\d{2}-\d{2}t[\d:.z+-]+)/")
_FROM = r"(?:from|between|von|zwischen|ab|de|das|da|desde|entre(?: les| as| las)?|las)"
_TO = r"(?:-|to|till|until|bis|a|as|ate|al?s? ?las|hasta|(?:and|und|et|e|y)(?: les| as| las)?)"
_RANGE = re.compile(
    rf"(?:{_FROM} )?(?P<start>{_BARE_TICK}) ?{_TO} ?(?:{_DATE}(?=t| ))?(?P<end>{_BARE_TICK})$"
)
_BEFORE = re.compile(
    rf"(?:before|until|till|by|not after|latest|vor|bis|spatestens|avant|jusqu'a|antes d[aeo]s?|antes"
    rf"|ate(?: as)?|hasta(?: las)?|-|<) ?(?P<end>{_BARE_TICK})$"
)
_AFTER = re.compile(
    rf"(?:after|from|not before|earliest|nach|ab|fruhestens|apres|a partir d[aeo]s?|a partir|depois d[aeo]s?"
    rf"|despues de(?: las)?|desde(?: as| las)?|>) ?(?P<start>{_BARE_TICK})$"
)
_OPEN = re.compile(rf"(?P<start>{_BARE_TICK}) ?(?:-|\+|onwards)$")
ANY_HOUR = frozenset(
    (
        *(
            "all day",
            "any",
            "anytime",
            "any time",
            "flexible",
            "open",
            "24h",
            "24/7",
            "whole day",
            "-",
            "n/a",
        ),
        *("none", "ganztagig", "ganztags", "jederzeit", "egal", "toute la journee", "n'importe quand"),
        *("dia todo", "todo o dia", "o dia todo", "qualquer hora", "todo el dia", "cualquier hora"),
    )
)
_PARTS_OF_DAY = frozenset(
    (
        *("morning", "afternoon", "evening", "am", "pm", "morgens", "vormittag", "vormittags", "nachmittag"),
        *("nachmittags", "abends", "matin", "apres-midi", "soir", "manha", "tarde", "noite", "manana"),
    )
)


def hours(cell: Cell) -> tuple[Hours, ...]:
    """The windows of a cell such as "8-10am", "8-10, 14-16", "before noon"; () for "all day" and nothing.

    Raises
    ------
    Fault
        When it is no window, or could be two.
    """
    if isinstance(cell, float):
        raise _unclear("is one number, not a window", _WRITE_WINDOW)
    text = folded((cell or "").replace("\n", ", ")).replace("\u2192", "-")
    text = _ISO_SLASH.sub(r"\1 - ", text)
    text = re.sub(r" ?\bor\b ?| ?\bou\b ?| ?\boder\b ?", ", ", text).strip(" ,;")
    if not text or text in ANY_HOUR:
        return ()
    if text in _PARTS_OF_DAY:
        raise _unclear("names a part of the day without hours", _WRITE_WINDOW)
    found = _window(text)
    if found is not None:
        return (found,)
    for pattern in (r"[,;&+/]", r"[,;&+/]| (?:and|und|u\.?|et|e|y) "):
        parts = [part.strip() for part in re.split(pattern, text) if part.strip()]
        windows = [_window(part) for part in parts]
        if len(parts) > 1 and None not in windows:
            return _in_order([one for one in windows if one is not None])
    if re.fullmatch(_DATE, text):
        raise _unclear("is a date: a spreadsheet may have made it of 8-10", _WRITE_WINDOW)
    if _one(text):
        raise _unclear(
            "is one time: it could be the earliest, the latest or an appointment",
            "Write 10:00-12:00, after 10:00, before 10:00, or 10:00-10:00 for an appointment",
        )
    raise Fault(NOT_A_TIME, "is not a time window", _WRITE_WINDOW)


def clock(cell: Cell) -> Clock | None:
    """The time of a cell: text, an hour, 830, or a spreadsheet's number (0.375 is 09:00); None for nothing.

    Raises
    ------
    Fault
        When it is no time, or could be two.
    """
    if isinstance(cell, float):
        return _of_number(cell)
    text = folded(cell or "")
    if not text or text in ANY_HOUR:
        return None
    if text in _PARTS_OF_DAY:
        raise _unclear("names a part of the day without hours", _WRITE_TIME)
    if not _one(text):
        raise Fault(NOT_A_TIME, "is not a time", _WRITE_TIME)
    return _settled(_read(text))


def _window(text: str) -> Hours | None:
    for pattern in (_RANGE, _BEFORE, _AFTER, _OPEN):
        found = pattern.fullmatch(text)
        if found:
            ends = found.groupdict()
            return _between(ends.get("start"), ends.get("end"))
    return None


def _between(start_text: str | None, end_text: str | None) -> Hours:
    if start_text is None or end_text is None:
        end = None if end_text is None else _settled(_read(end_text))
        return Hours(None if start_text is None else _settled(_read(start_text)), end)
    start, end = _read(start_text), _read(end_text)
    halves = [re.search(_HALF, text) for text in (start_text, end_text)]
    if end.is_bare and halves[0] and not halves[1]:
        end = _in_half(end, halves[0].group(), later_than=start)
    elif start.is_bare and halves[1] and not halves[0]:
        start = _in_half(start, halves[1].group(), earlier_than=end)
    else:
        both_bare = start.is_bare and end.is_bare
        if both_bare and start.seconds < _MORNING_FROM * 3600 and end.seconds <= 43200:
            raise _unclear("could be in the morning or in the afternoon", "Write am or pm, or 14:00-16:00")
    if start.date and not end.date:
        end = Clock(end.seconds, start.date, start.offset or end.offset)
    if end.offset and not start.offset and start.date:
        start = Clock(start.seconds, start.date, end.offset)
    if (end.date, end.seconds) == (start.date, start.seconds) and (len(start_text) < 3 or not start.seconds):
        raise _unclear("begins and ends at the same time", "Write 08:00-20:00, or all day")
    if (end.date, end.seconds) < (start.date, start.seconds):
        # 22:00-02:00 is a night; 8-6 may be 8 to 18 or a slip, 12:00-2:00 the afternoon.
        is_night = all(halves) or start.seconds >= _EVENING
        if (end.date and end.date != start.date) or not is_night:
            raise _unclear("ends before it begins", "Write 08:00-18:00; a night begins at 18:00 or later")
        if end.date:
            following = date.fromisoformat(end.date) + timedelta(days=1)
            end = Clock(end.seconds, following.isoformat(), end.offset)
    return Hours(start, end)


def _in_half(
    bare: Clock, half: str, later_than: Clock | None = None, earlier_than: Clock | None = None
) -> Clock:
    """A bare hour in the half of the day of its partner where that keeps the order, else in the other."""
    hour = bare.seconds // 3600
    if hour > 12:
        return bare
    rest = bare.seconds - hour * 3600
    for is_pm in (half.startswith("p"), not half.startswith("p")):
        seconds = (hour % 12 + 12 * is_pm) * 3600 + rest
        keeps = (later_than is None or seconds > later_than.seconds) and (
            earlier_than is None or seconds < earlier_than.seconds
        )
        if keeps:
            return Clock(seconds, bare.date)
    raise _unclear("ends before it begins", _WRITE_WINDOW)


def _in_order(windows: list[Hours]) -> tuple[Hours, ...]:
    for before, after in zip(windows, windows[1:]):
        if before.end is None or after.start is None:
            raise _unclear("has windows that are open where another follows", "Write each as 08:00-10:00")
        if (after.start.date, after.start.seconds) < (before.end.date, before.end.seconds):
            raise _unclear("has windows that overlap or are not in order", "Write the earlier one first")
    return tuple(windows)


def _settled(read: Clock) -> Clock:
    if read.is_bare and 0 < read.seconds < _MORNING_FROM * 3600:
        raise _unclear("could be in the morning or in the afternoon", "Write am or pm, or 15:00")
    return Clock(read.seconds, read.date, read.offset)


def _one(text: str) -> re.Match[str] | None:
    """One time, and nothing else."""
    return next((found for form in _ONE for found in [form.fullmatch(text)] if found), None)


def _read(text: str) -> Clock:
    """The time that is written so."""
    found = _one(text.strip())
    if found is None:
        raise Fault(NOT_A_TIME, "is not a time", _WRITE_TIME)
    written = {name: text or "" for name, text in found.groupdict().items()}
    parts = {"half": "", "suffix": "", **written}
    day = _iso_date(parts["date"]) if parts["date"] else ""
    offset = parts["offset"].upper()
    if parts["named"]:
        return Clock(_NAMED[parts["named"]], day)
    if parts["digits"]:
        hour, minute = int(parts["digits"][:-2]), int(parts["digits"][-2:])
    else:
        hour, minute = int(parts["hour"]), int(parts["minute"] or 0)
    second = int(parts["second"] or 0)
    half = parts["half"]
    if half:
        if not 1 <= hour <= 12:
            raise Fault(NOT_A_TIME, "is not a time: with am or pm the hour is 1 to 12", _WRITE_TIME)
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    total = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or total > DAY:
        raise Fault(NOT_A_TIME, "is not a time of the day", _WRITE_TIME)
    in_hours = "h" in text and "uhr" not in text  # 2h is in the night in French; 2 Uhr is said of both
    tells = parts["digits"] or half or parts["date"] or in_hours
    is_bare = not tells and not parts["hour"].startswith("0") and hour <= 12
    return Clock(total, day, offset, is_bare)


def _iso_date(text: str) -> str:
    parts = [int(part) for part in re.split(r"[-./]", text)]
    if "-" in text:
        year, month, day = parts
    else:
        day, month, year = parts
        if "/" in text and day <= 12:
            if month <= 12 and day != month:
                raise _unclear("has a date that could be two", "Write it as 2026-05-04")
            day, month = month, day
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise Fault(NOT_A_TIME, "names a date that does not exist", "Write it as 2026-05-04") from None


def _of_number(number: float) -> Clock:
    if 0 <= number < 1:
        return Clock(round(number * DAY))
    is_whole = number % 1 == 0
    if is_whole and 1 <= number <= 24:
        return _settled(Clock(int(number) * 3600, is_bare=number <= 12))
    if is_whole and 100 <= number <= 2400:
        return _read(str(int(number)))
    if _SERIAL_DATES[0] <= number <= _SERIAL_DATES[1]:
        moment = _SPREADSHEET_DAY_0 + timedelta(seconds=round(number * DAY))
        seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
        return Clock(seconds, moment.date().isoformat())
    if 1 < number < 24:
        raise _unclear("could be hours with decimals or hours and minutes", _WRITE_TIME)
    raise Fault(NOT_A_TIME, "is not a time", _WRITE_TIME)


def _unclear(text: str, remedy: str) -> Fault:
    return Fault(UNCLEAR_TIME, text, remedy)


# Numbers


@dataclass(frozen=True)
class Quantity:
    """A number with the unit that was written behind it, folded; "" without."""

    number: float
    unit: str = ""


_NUMBER = r"[+-]?\d[\d.,'\u2019 ]*(?:e[+-]?\d{1,2})?"
_QUANTITY = re.compile(rf"(?P<number>{_NUMBER}) ?(?P<unit>(?!x ?\d)[a-z%][a-z.%/ ]*[23]?)?$")
_THREE = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}$")
_TO_KG = {
    "kg": 1.0,
    "kgs": 1.0,
    "kilo": 1.0,
    "kilos": 1.0,
    "g": 0.001,
    "gr": 0.001,
    "t": 1000.0,
    "to": 1000.0,
}
_UNCLEAR_REMEDY = "Write it without a sign for thousands"


def decimal_sign(cells: Iterable[Cell]) -> str:
    """The sign for decimals that a column shows, "," or "."; "" when it shows none, or both."""
    signs = set()
    for cell in cells:
        found = _QUANTITY.match(folded(cell)) if isinstance(cell, str) else None
        if found:
            signs.add(_own_sign(_digits(found["number"])))
    signs.discard("")
    return signs.pop() if len(signs) == 1 else ""


def is_decided_by_column(cell: Cell) -> bool:
    """Whether the number of a cell could be two, as 1.200 could."""
    found = _QUANTITY.match(folded(cell)) if isinstance(cell, str) else None
    return found is not None and bool(_THREE.match(_digits(found["number"])))


def quantity(cell: Cell, decimal: str = "") -> Quantity | None:
    """A number with an optional unit: "2,5 kg", "1 200", "3 pallets"; None for nothing.

    `decimal` is the decimal sign of the column, "" when it shows none. Mass comes in kg.

    Raises
    ------
    Fault
        When it is no number, or could be two: 1.200 in a column that shows no decimal sign.
    """
    if isinstance(cell, (int, float)):
        if cell != cell or abs(cell) == float("inf"):
            raise Fault(NOT_A_NUMBER, "is not a number", "Correct it")
        return Quantity(float(cell))
    text = folded(cell or "")
    if not text:
        return None
    found = _QUANTITY.match(text)
    if not found:
        raise Fault(NOT_A_NUMBER, "is not a number", "Write a number, with its unit behind it if need be")
    number = _number(_digits(found["number"]), decimal)
    unit = (found["unit"] or "").strip(" .")
    return Quantity(number * _TO_KG[unit], "kg") if unit in _TO_KG else Quantity(number, unit)


def _digits(text: str) -> str:
    """The text of a number; blanks and apostrophes are left only where they do not part thousands."""
    stripped = text.strip()
    if re.fullmatch(r"[+-]?\d{1,3}(?:[ '\u2019]\d{3})+(?:[.,]\d+)?", stripped):
        return re.sub(r"[ '\u2019]", "", stripped)
    return stripped


def _own_sign(digits: str) -> str:
    """The decimal sign that a number shows by itself; "" when it shows none."""
    signs = [letter for letter in digits if letter in ".,"]
    if not signs or _THREE.match(digits):
        return ""
    if len(set(signs)) == 2:
        return signs[-1] if signs.count(signs[-1]) == 1 else ""
    if len(signs) == 1:
        return signs[0]
    return "," if signs[0] == "." else "."


def _number(digits: str, decimal: str) -> float:
    if _THREE.match(digits) and not decimal:
        plain = digits.replace(",", "").replace(".", "")
        both = f"{float(plain):g} or {float(digits.replace(',', '.')):g}"
        raise Fault(UNCLEAR_NUMBER, f"could be {both}: no number of the column tells", _UNCLEAR_REMEDY)
    sign = decimal if _THREE.match(digits) else _own_sign(digits) or decimal or "."
    other = "." if sign == "," else ","
    whole, _, part = digits.partition(sign)
    grouped = other not in whole or re.fullmatch(rf"[+-]?\d{{1,3}}(?:{re.escape(other)}\d{{3}})+", whole)
    text = whole.replace(other, "") + (f".{part}" if part else "")
    if not grouped or other in part or not re.fullmatch(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", text):
        raise Fault(NOT_A_NUMBER, "is not a number", _UNCLEAR_REMEDY)
    return float(text)


_MINUTES_OF = {
    **dict.fromkeys(
        ("", "'", "m", "mn", "min", "mins", "minute", "minutes", "minuten", "minuto", "minutos"), 1.0
    ),
    **dict.fromkeys(
        ("s", "sec", "secs", "second", "seconds", "sek", "sekunden", "segundos", "secondes"), 1 / 60
    ),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heure", "heures"), 60.0),
    **dict.fromkeys(("hora", "horas"), 60.0),
}
_CLOCK_DURATION = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}))?(?: ?h)?$")
_PARTED_DURATION = re.compile(
    r"(?:pt ?)?(?:(\d+) ?(?:h|hrs?|hours?|std|stunden?)\.?)? ?"
    r"(?:(\d+) ?(?:m|mn|min|mins|minutes?|minuten)?\.?)? ?(?:(\d+) ?(?:s|sec|seconds?)\.?)?$"
)


def minutes(cell: Cell, decimal: str = "", unit: float = 1.0) -> float | None:
    """A duration in minutes: "10 min", "0:15", "1h30", "90 s", "1,5 h"; None for nothing.

    A number without a unit is in `unit` minutes; `decimal` as in `quantity`.

    Raises
    ------
    Fault
        When it is no duration, or could be two: 15:00.
    """
    text = "" if isinstance(cell, float) else folded(cell or "")
    if not text and not isinstance(cell, float):
        return None
    by_clock = _CLOCK_DURATION.match(text)
    if by_clock:
        hour, minute, second = (int(part or 0) for part in by_clock.groups())
        if hour >= _LONGEST_CLOCK_DURATION_H and by_clock[3] is None:
            raise Fault(NOT_A_DURATION, "could be hours and minutes or minutes and seconds", _WRITE_MINUTES)
        if minute > 59 or second > 59:
            raise Fault(NOT_A_DURATION, "is not a duration", _WRITE_MINUTES)
        return hour * 60 + minute + second / 60
    try:
        read = quantity(cell, decimal)
    except Fault as fault:
        if fault.code == UNCLEAR_NUMBER:
            raise
        read = None
    if read is not None and (read.unit.strip("' ") in _MINUTES_OF):
        if read.number < 0:
            raise Fault(NOT_A_DURATION, "is below 0", _WRITE_MINUTES)
        factor = unit if not read.unit else _MINUTES_OF[read.unit]
        return read.number * factor
    parted = _PARTED_DURATION.match(text.rstrip("'\u2032"))
    if parted and any(parted.groups()):
        hour, minute, second = (int(part or 0) for part in parted.groups())
        return hour * 60 + minute + second / 60
    raise Fault(NOT_A_DURATION, "is not a duration", _WRITE_MINUTES)


# Coordinates

_ANGLE = re.compile(
    r"(?P<before>[nsewo])? ?(?P<sign>[+-]?)(?P<degrees>\d{1,3}(?:[.,]\d+)?) ?(?:\u00b0|deg|d)? ?"
    r"(?:(?P<minutes>\d{1,2}(?:[.,]\d+)?) ?(?:'|\u2032|\u2019|m)? ?)?"
    r"(?:(?P<seconds>\d{1,2}(?:[.,]\d+)?) ?(?:\"|\u201d|''|\u2032\u2032|s(?!\w))? ?)?(?P<after>[nsewo])?$"
)
_AXES = {"n": "lat", "s": "lat", "e": "lon", "w": "lon", "o": ""}


@dataclass(frozen=True)
class Angle:
    """A coordinate as a number, and the axis its letter names: lat, lon or "" without a letter."""

    value: float
    axis: str = ""


def angle(cell: Cell, decimal: str = "", in_degrees: bool = True) -> Angle | None:
    """A coordinate: 41.15, "41,15", 41\u00b009'12"N, or metres of a local CRS; None for nothing.

    `decimal` as in `quantity`; degrees have no thousands, so that 41.150 is clear without it.

    Raises
    ------
    Fault
        When it is no coordinate.
    """
    if isinstance(cell, str) and cell.strip():
        text = unicodedata.normalize("NFKC", cell.strip().lower().replace("\u2212", "-"))
        found = _ANGLE.match(text)
        letter = (found["before"] or found["after"] or "") if found else ""
        if found and (letter or re.search("[\u00b0'\u2032\u2019]", text)):
            return _of_degrees(found, letter)
        cell = cell.strip().rstrip("\u00b0 ")
        if _THREE.match(cell) and in_degrees and not decimal:
            decimal = "." if "." in cell else ","
    try:
        read = quantity(cell, decimal)
    except Fault:
        raise _no_coordinate() from None
    if read is None:
        return None
    if read.unit not in ("", "m"):
        raise _no_coordinate()
    return Angle(read.number)


def pair(cell: Cell) -> tuple[Angle, Angle] | None:
    """Two coordinates in one cell, in their order: "41.15, -8.61", "41,15; -8,61"; None for nothing.

    Raises
    ------
    Fault
        When they are not two.
    """
    if not isinstance(cell, str) or not cell.strip():
        if cell is None or isinstance(cell, str):
            return None
        raise _no_coordinate()
    text = cell.strip().strip("()[]").replace("\u2212", "-")
    point = re.match(r"point ?\(([^ ]+) ([^ ]+)\)?$", text.lower())
    if point:
        x, y = (angle(part, ".") for part in point.groups())
        return _two(Angle(x.value, "lon") if x else None, Angle(y.value, "lat") if y else None)
    for pattern in (r" ?[;/|] ?", r", +", r",", r"(?<=[nsewNSEWoO]) +(?=\d)", r" +"):
        parts = re.split(pattern, text)
        is_one = pattern == "," and "." not in text  # 48,140 is a number with a decimal comma
        if len(parts) == 2 and not is_one:
            return _two(*(angle(part, "." if "." in part else ",") for part in parts))
    raise _no_coordinate()


def _two(first: Angle | None, second: Angle | None) -> tuple[Angle, Angle]:
    if first is None or second is None:
        raise _no_coordinate()
    return first, second


def _of_degrees(found: re.Match[str], letter: str) -> Angle:
    parts = [float((found[name] or "0").replace(",", ".")) for name in ("degrees", "minutes", "seconds")]
    is_broken = re.search("[.,]", found["degrees"]) and found["minutes"]
    if is_broken or parts[1] >= 60 or parts[2] >= 60 or letter == "o":
        remedy = "Write O as W or E" if letter == "o" else "Write degrees with decimals, such as 41.1533"
        raise Fault(NOT_A_COORDINATE, "is not a coordinate", remedy)
    is_negative = found["sign"] == "-" or letter in ("s", "w")
    value = parts[0] + parts[1] / 60 + parts[2] / 3600
    return Angle(-value if is_negative else value, _AXES.get(letter, ""))


def _no_coordinate() -> Fault:
    return Fault(NOT_A_COORDINATE, "is not a coordinate", "Write degrees with decimals, such as 41.1533")
