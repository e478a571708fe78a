"""Times, durations, distances, money and loads as people read them. Text only, no HTML."""

from __future__ import annotations

from typing import Sequence

from ..model.problem import DAY, LOAD_SCALE, Window

NOTHING = "\N{EN DASH}"
_THIN_SPACE = "\u202f"
_NO_BREAK = "\u00a0"
_MINUS = "\N{MINUS SIGN}"
_METRES_PER_MILE = 1609.344


def clock(seconds: int) -> str:
    """Return seconds from midnight as HH:MM, the minute begun; " +1" follows when it is on the next day."""
    day, second = divmod(seconds, DAY)
    text = f"{second // 3600:02}:{second % 3600 // 60:02}"
    return f"{text}{_NO_BREAK}{day:+d}" if day else text


def span(start: int, end: int) -> str:
    """Return an interval of seconds from midnight as HH:MM to HH:MM, with a dash between."""
    return f"{clock(start)}\N{EN DASH}{clock(end)}"


def spans(windows: Sequence[Window]) -> str:
    """Return windows as a list, a dash when there are none."""
    return ", ".join(span(window.start, window.end) for window in windows) or NOTHING


def duration(seconds: int) -> str:
    """Return a duration as H:MM, rounded to the minute; what is not zero is at least a minute."""
    minutes = (seconds + 30) // 60
    if seconds > 0:
        minutes = max(minutes, 1)
    return f"{minutes // 60}:{minutes % 60:02}"


def duration_or_nothing(seconds: int) -> str:
    """Return a duration as H:MM, a dash for none: quiet where most are zero."""
    return duration(seconds) if seconds else NOTHING


def minutes(seconds: int) -> str:
    """Return a duration in whole minutes, rounded as `duration` does it."""
    hours, rest = duration(seconds).split(":")
    return str(60 * int(hours) + int(rest))


def distance(metres: float, miles: bool) -> str:
    """Return a distance in kilometres or miles with one decimal, without the unit."""
    return grouped(metres / (_METRES_PER_MILE if miles else 1000), 1)


def money(amount: float, currency: str = "") -> str:
    """Return an amount with two decimals, followed by the currency when one is given."""
    return f"{grouped(amount, 2)}{_NO_BREAK}{currency}" if currency else grouped(amount, 2)


def signed(number: float, text: str) -> str:
    """Return the text of a difference with its sign; `text` is that of the number without one."""
    return f"+{text}" if number > 0 else f"{_MINUS}{text}" if number < 0 else text


def load(thousandths: int) -> str:
    """Return a load in the user's unit, with no more decimals than it needs."""
    text = grouped(thousandths / LOAD_SCALE, 3)
    return text.rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """Return a share (1 is all) in whole percent."""
    return f"{100 * share:.0f}{_NO_BREAK}%"


def grouped(number: float, decimals: int) -> str:
    """Return a number with thousands set apart by a thin space, which every language reads alike."""
    return f"{number:,.{decimals}f}".replace(",", _THIN_SPACE)
