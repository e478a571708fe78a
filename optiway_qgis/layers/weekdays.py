"""Days of the week as tables name them: Mon, monday, 1, Mon-Fri, Sat,Sun, weekdays, weekend.

Numbers are those of ISO 8601: 1 is Monday, 7 Sunday. No QGIS here.
"""

from __future__ import annotations

from typing import Iterable

from ..model.findings import Fault

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY = frozenset(range(1, 8))
HOW = "Write Mon, Monday or 1 for Monday, Mon-Fri, Sat,Sun, weekdays or weekend; empty is every day"

_SHORTEST = 2
_WORDS = {
    **dict.fromkeys(("daily", "all", "every day"), EVERY_DAY),
    **dict.fromkeys(("weekday", "weekdays"), frozenset(range(1, 6))),
    **dict.fromkeys(("weekend", "weekends"), frozenset((6, 7))),
}


def weekdays(entries: Iterable[str]) -> frozenset[int]:
    """The days that any of the entries names; every day where there are none.

    Raises
    ------
    Fault
        When an entry names none; the text says how to write one.
    """
    days = frozenset(day for entry in entries for day in _days(entry.strip().lower().rstrip(".")))
    return days or EVERY_DAY


def _days(entry: str) -> frozenset[int]:
    if entry in _WORDS:
        return _WORDS[entry]
    first, dash, last = entry.replace("\N{EN DASH}", "-").partition("-")
    if not dash:
        return frozenset((_day(entry),))
    start, end = _day(first), _day(last)
    return frozenset((start - 1 + later) % 7 + 1 for later in range((end - start) % 7 + 1))


def _day(word: str) -> int:
    word = word.strip().rstrip(".")
    if word in "1234567" and len(word) == 1:
        return int(word)
    for number, name in enumerate(NAMES, 1):
        if len(word) >= _SHORTEST and name.lower().startswith(word):
            return number
    raise Fault("unknown_word", "names no day of the week", HOW)
