"""One feature's values, read by field name into the model's units; what cannot be read is collected.

Which fields exist is fields.py's, what becomes of a feature with problems is read_*.py's.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from qgis.PyQt.QtCore import QDateTime, QTime

from ..model.findings import About, Fault
from ..model.problem import DAY, LOAD_SCALE, MAX_DIMENSIONS, OPEN_END, Window
from .fields import Alias, Field
from .qgis_compat import is_null

if TYPE_CHECKING:
    from .fields import Column
    from .reading import Reading
    from .times import Moment, PlanDay

LARGEST = 1e9
"""Above this a quantity or a price is taken for a mistake; sums stay far below 2^63."""
LONGEST_MIN = 7 * 24 * 60
LONGEST_KM = 1e6


class Table:
    """The recognised columns of one layer: how a Row finds its values."""

    def __init__(self, fields: Sequence[Field], columns: Mapping[str, Column], day: PlanDay):
        self.columns = columns
        self.day = day
        self.choices = {field.name: dict(field.choices) for field in fields if field.choices}


class Row:
    """The values of one feature. `given` holds values of expressions: field name -> (parameter name, value).

    Each reader returns the value of an empty field (or None) when the value cannot be read, and adds a
    fault with field, value and remedy to `problems`.
    """

    def __init__(
        self,
        table: Table,
        attributes: Sequence[Any],
        reading: Reading,
        about: About,
        given: Mapping[str, tuple[str, Any]] | None = None,
    ):
        self.about = about
        self.problems: list[Fault] = []
        self._table = table
        self._attributes = attributes
        self._reading = reading
        self._given = given or {}

    @property
    def label(self) -> str:
        """The id of the feature, once it has been called by one."""
        return self.about.id

    def call(self, name: str) -> None:
        """Give the feature its id, by which messages and findings call it."""
        self.about = replace(self.about, id=name)
        self._reading.features.setdefault((self.about.layer, name), self.about)

    def has(self, name: str) -> bool:
        """Whether there is a column or an expression for the field."""
        return name in self._given or name in self._table.columns

    def is_given(self, name: str) -> bool:
        """Whether an expression stands for the field."""
        return name in self._given

    def shown(self, name: str) -> str:
        """What the user calls the field: the column's own name or the parameter of the expression."""
        if name in self._given:
            return self._given[name][0]
        return self._table.columns[name].name if name in self._table.columns else name

    def value(self, name: str) -> Any:
        """The value as the layer holds it; None when it is empty, blank text, or there is no such column."""
        if name in self._given:
            value = self._given[name][1]
        else:
            column = self._table.columns.get(name)
            if column is None:
                return None
            value = self._attributes[column.index]
        if is_null(value) or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, (QDateTime, QTime)) and not value.isValid():
            return None
        return value

    def problem(self, name: str, fault: Fault) -> None:
        """Add a fault of a value: field and value stand before what is wrong and what to do."""
        shown = self.shown(name)
        text = f'{shown} "{as_text(self.value(name))}" {fault.text}'
        self.problems.append(Fault(fault.code, text, fault.remedy, shown))

    def warn(self, fault: Fault) -> None:
        """Tell of something that was read all the same."""
        self._reading.warn(fault, self.about)

    def text(self, name: str) -> str:
        """Text without blanks around it; whole numbers without decimals; "" when empty."""
        value = self.value(name)
        return "" if value is None else as_text(value)

    def names(self, name: str) -> tuple[str, ...]:
        """The entries of a list: parted by commas, or a list value; each once, in their order."""
        value = self.value(name)
        if value is None:
            return ()
        if isinstance(value, (list, tuple)):
            entries = [as_text(entry) for entry in value if not is_null(entry)]
        else:
            text = as_text(value)
            if text[:1] + text[-1:] in ("[]", "{}"):  # as JSON, and as forms of QGIS store several choices
                text = text[1:-1].replace('"', "")
            separator = self._alias(name).separator
            entries = [
                entry.strip() for entry in (text.split() if separator == " " else text.split(separator))
            ]
        return tuple(dict.fromkeys(entry for entry in entries if entry))

    def choice(self, name: str) -> str | None:
        """The meaning of one of the field's accepted texts; None when empty or not accepted."""
        value = self.value(name)
        if value is None:
            return None
        choices = self._table.choices[name]
        text = ("true" if value else "false") if isinstance(value, bool) else as_text(value).lower()
        if text not in choices:
            remedy = f"Write one of {', '.join(choices)}, or leave it empty"
            self.problem(name, Fault("unknown_word", "is not known", remedy))
            return None
        return choices[text]

    def yes(self, name: str) -> bool:
        """Whether a field of yes and no says yes; no when empty."""
        return bool(self.choice(name))

    def number(self, name: str, most: float = LARGEST) -> float | None:
        """A number from 0 to `most`, in the field's unit; text such as 12,5 is accepted. None when empty."""
        value = self.value(name)
        if value is None:
            return None
        try:
            number = as_number(value) * self._alias(name).factor
            _check_range(number, most)
        except Fault as fault:
            self.problem(name, fault)
            return None
        return number

    def factor(self, name: str, least: float, most: float) -> float | None:
        """A factor from `least` to `most`; None when empty."""
        value = self.value(name)
        if value is None:
            return None
        try:
            factor = as_number(value) * self._alias(name).factor
        except Fault as fault:
            self.problem(name, fault)
            return None
        if not least <= factor <= most:
            unit = self._alias(name).factor
            text = f"is not from {least / unit:g} to {most / unit:g}"
            self.problem(name, Fault("out_of_range", text, "Correct it"))
            return None
        return factor

    def whole(self, name: str, most: int = 1_000_000) -> int | None:
        """A whole number from 0 to `most`; None when empty."""
        number = self.number(name, most)
        if number is None:
            return None
        if number != int(number):
            remedy = "Write one without decimals, or leave it empty"
            self.problem(name, Fault("not_whole", "is not a whole number", remedy))
            return None
        return int(number)

    def count(self, name: str) -> int | None:
        """A whole number from 1 on; None when empty."""
        number = self.whole(name)
        if number == 0:
            self.problem(name, Fault("out_of_range", "is none", "Write 1 or more, or leave it empty"))
            return None
        return number

    def seconds(self, name: str) -> int | None:
        """Minutes of the layer as whole seconds; None when empty."""
        minutes = self.number(name, LONGEST_MIN)
        return None if minutes is None else round(minutes * 60)

    def duration(self, name: str) -> int | None:
        """Minutes of the layer as seconds, one at least; None when empty."""
        seconds = self.seconds(name)
        if seconds == 0:
            self.problem(name, Fault("out_of_range", "is no time", "Write more than 0, or leave it empty"))
            return None
        return seconds

    def load(self, name: str) -> int | None:
        """A quantity in thousandths; None when empty."""
        number = self.number(name)
        return None if number is None else round(number * LOAD_SCALE)

    def loads(self, name: str) -> tuple[int | None, ...]:
        """The quantities `name`_1 to `name`_9 in thousandths, or those of the list field `name`.

        None where empty; not longer than the last one given.
        """
        listed = self._listed_loads(name) if self.has(name) else ()
        loads = []
        for number in range(1, MAX_DIMENSIONS + 1):
            field = f"{name}_{number}"
            load = self.load(field) if self.has(field) else None
            if load is None and number <= len(listed):
                load = listed[number - 1]
            loads.append(load)
        while loads and loads[-1] is None:
            loads.pop()
        return tuple(loads)

    def window(self, start_name: str, end_name: str) -> Window | None:
        """The window between two time fields; None when both are empty or one of them cannot be read."""
        start_value, end_value = self.value(start_name), self.value(end_name)
        if start_value is None and end_value is None:
            return None
        start = self.moment(start_name) if start_value is not None else None
        end = self.moment(end_name) if end_value is not None else None
        if (start_value is not None and start is None) or (end_value is not None and end is None):
            return None
        return self._between(start_name, start, end_name, end)

    def time(self, name: str) -> int | None:
        """Seconds from midnight of the plan date; None when empty or not readable."""
        moment = self.moment(name) if self.value(name) is not None else None
        return None if moment is None else moment.seconds

    def moment(self, name: str, next_day: bool = False) -> Moment | None:
        """What `PlanDay.read` makes of a value that is not empty; None when it is not readable."""
        try:
            return self._table.day.read(self.value(name), next_day)
        except Fault as fault:
            self.problem(name, fault)
            return None

    def second_pairs(self, name: str) -> tuple[Window, ...]:
        """Windows given as pairs of seconds: [[28800, 36000], ...], or one such pair."""
        value = self.value(name)
        if value is None:
            return ()
        try:
            pairs = json.loads(value) if isinstance(value, str) else value
            if pairs and not isinstance(pairs[0], (list, tuple)):
                pairs = [pairs]
            windows = tuple(Window(int(start), int(end)) for start, end in pairs)
        except (ValueError, TypeError, IndexError, KeyError):
            remedy = "Write [[28800, 36000]] (seconds from midnight)"
            self.problem(name, Fault("not_a_list", "is not a list of windows", remedy))
            return ()
        if any(window.end < window.start for window in windows):
            text = "has a window that ends before it starts"
            self.problem(name, Fault("ends_before_start", text, "Correct it"))
            return ()
        return windows

    def _alias(self, name: str) -> Alias:
        column = None if name in self._given else self._table.columns.get(name)
        return Alias(name) if column is None else column.alias

    def _between(self, start_name: str, start: Any, end_name: str, end: Any) -> Window | None:
        first = 0 if start is None else start.seconds
        if end is None:
            return Window(first, max(OPEN_END, first + DAY))
        last = end.seconds
        if last < first and start is not None and not end.dated:
            last = self.moment(end_name, next_day=True).seconds
            if last >= first:
                self.warn(next_day(self.shown(start_name), self.shown(end_name)))
        if last < first:
            before = (
                f"{self.shown(start_name)} ({self.text(start_name)})"
                if start is not None
                else "the plan date"
            )
            remedy = "Correct one of the two, or leave it empty"
            self.problem(end_name, Fault("ends_before_start", f"is before {before}", remedy))
            return None
        return Window(first, last)

    def _listed_loads(self, name: str) -> tuple[int | None, ...]:
        value = self.value(name)
        if value is None:
            return ()
        entries = value if isinstance(value, (list, tuple)) else _entries(as_text(value))
        loads = []
        try:
            for entry in entries:
                number = as_number(entry)
                _check_range(number, LARGEST)
                loads.append(round(number * LOAD_SCALE))
        except Fault as fault:
            self.problem(name, fault)
            return ()
        if len(loads) > MAX_DIMENSIONS:
            remedy = f"At most {MAX_DIMENSIONS} are possible"
            self.problem(name, Fault("not_a_list", f"has {len(loads)} quantities", remedy))
            return ()
        return tuple(loads)


def as_text(value: Any) -> str:
    """A value as the text it is compared by: 1.0 and 1 are "1"."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, QDateTime):
        return value.toString("yyyy-MM-ddTHH:mm:ss")
    if isinstance(value, QTime):
        return value.toString("HH:mm:ss")
    return str(value).strip()


def as_number(value: Any) -> float:
    """A number, or text with a decimal point or comma, as a float.

    Raises
    ------
    Fault
        When it is none, or not finite; the text says what to do.
    """
    if isinstance(value, str):
        text = value.strip()
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        try:
            value = float(text)
        except ValueError:
            raise _not_a_number() from None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _not_a_number()
    return float(value)


def merged(windows: Sequence[Window]) -> tuple[Window, ...]:
    """The windows sorted, those that overlap or touch joined."""
    joined: list[Window] = []
    for window in sorted(windows, key=lambda window: (window.start, window.end)):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return tuple(joined)


def next_day(start: str, end: str, field: str = "") -> Fault:
    """The warning of a window whose end was taken to be on the next day, by what the user calls both."""
    return Fault("next_day", f"{end} is before {start}: read as the next day", field=field or end)


def _not_a_number() -> Fault:
    return Fault("not_a_number", "is not a number", "Write one such as 12.5, or leave it empty")


def _check_range(number: float, most: float) -> None:
    if number < 0:
        raise Fault("out_of_range", "is negative", "Write 0 or more, or leave it empty")
    if number > most:
        text = f"is too large: at most {most:g} is accepted"
        raise Fault("out_of_range", text, "Correct the value or its unit")


def _entries(text: str) -> list[str]:
    if text.startswith("[") and text.endswith("]"):
        return [entry for entry in text[1:-1].split(",") if entry.strip()]
    return text.split()
