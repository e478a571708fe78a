"""The rows of a list as stops: each is accepted, to be geocoded, or rejected with a reason; none is lost.

Which column holds what is import_columns.py's, where coordinates lie import_places.py's, what a cell means
model/messy.py's. No QGIS here.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Iterable, Sequence

from ..model import messy
from ..model.findings import Fault
from . import import_columns as columns_of
from .import_columns import (
    ADDRESS_PARTS,
    ANGLE,
    KIND,
    KIND_WORDS,
    LAT,
    LOAD,
    LON,
    MINUTES,
    NUMBER,
    PAIR,
    PLACE,
    TIME,
    WINDOW,
)

if TYPE_CHECKING:
    from ..model.messy import Cell, Hours
    from .import_columns import Column, Sheet, SheetRow

REJECT, RENUMBER, KEEP = "reject", "renumber", "keep"

CODES = {
    messy.NOT_A_TIME: "A time or time window cannot be read.",
    messy.UNCLEAR_TIME: "A time could be two, such as 2-4 or 8-6.",
    messy.NOT_A_NUMBER: "A quantity or another number cannot be read.",
    messy.UNCLEAR_NUMBER: "A number could be two, such as 1.200.",
    messy.NOT_A_DURATION: "A duration cannot be read, or could be two.",
    messy.NOT_A_COORDINATE: "A coordinate cannot be read.",
    "below_zero": "A quantity is below 0.",
    "other_unit": "A quantity has another unit than the rest of its column.",
    "unknown_word": "What happens there is none of delivery, pickup and service.",
    "too_many_windows": "There are more than three time windows.",
    "conflicting_windows": "A window is given in two ways.",
    "no_place": "There are neither coordinates nor an address.",
    "half_coordinates": "One of the two coordinates is empty.",
    "zero_place": "The coordinates are 0, 0.",
    "off_earth": "The coordinates are not on the earth.",
    "local_crs": "The coordinates are no degrees, and CRS is not given.",
    "off_crs": "The coordinates lie outside of the CRS.",
    "unclear_place": "Longitude and latitude may be swapped; other rows do not prove it.",
    "no_id": "The id is empty, and others are not.",
    "doubled_id": "Another row has the same id.",
    "duplicate": "Another row has the same place, name and windows.",
    "total_row": "The row is a sum of those above.",
    "header_again": "The row repeats the header.",
}
"""Why a row is rejected."""

_TOTALS = re.compile(
    r"(?:grand |sub)?(?:total|totals|totaux|totais|totales|sum|summe|gesamt|gesamtsumme|soma|suma|somme)\b.*"
)
_LISTED = re.compile(r"\[.*\]|[\d.]+(?: +[\d.]+)+")
_PIECES = frozenset(("piece", "pieces", "pc", "pcs", "stk", "stck", "stuck", "st", "un", "ud", "uds", "x"))
_LIST_FIELDS = ("delivery", "pickup")
_WINDOWS = 3
_NAMED = 8


@dataclass(frozen=True)
class Settings:
    """What is done with ids that are missing or doubled (REJECT, RENUMBER) and with duplicates (REJECT,
    KEEP), and whether coordinates in columns are degrees."""

    ids: str = REJECT
    duplicates: str = REJECT
    in_degrees: bool = True


@dataclass
class Stop:
    """A row that was read: our field -> value, and its point in degrees where it has one."""

    row: SheetRow
    values: dict[str, Any] = field(default_factory=dict)
    lon_lat: tuple[float, float] | None = None

    @property
    def address(self) -> str:
        """The address as one text."""
        return str(self.values.get("address") or "")


@dataclass(frozen=True)
class Rejected:
    """A row that is no stop, with code, reason and remedy."""

    row: SheetRow
    fault: Fault


@dataclass
class Imported:
    """All rows of a sheet, each once in one of the three lists, and what is told of them."""

    stops: list[Stop] = field(default_factory=list)
    to_geocode: list[Stop] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


Raw = tuple["tuple[float, float] | None", "Fault | None"]
"""x and y as a row has them, or what is wrong with them, or neither."""
Places = Callable[[Sequence["tuple[float, float] | None"], "list[str]"], "list[Raw]"]
"""Takes x and y of all rows; returns longitude and latitude of each, or what is wrong."""


def read_rows(sheet: Sheet, columns: Sequence[Column], places: Places, settings: Settings) -> Imported:
    """Read all rows. The three lists together are as long as the rows of the sheet."""
    reader = _Reader(sheet, columns, settings.in_degrees)
    told: list[str] = []
    raw = [reader.raw_place(row) for row in sheet.rows]
    found = places([place for place, _ in raw], told)
    imported = Imported(told=told)
    ids = _Ids(sheet, columns, settings)
    seen: dict[tuple[Any, ...], int] = {}
    totals = _totals(sheet, columns)
    for row, (_, unread), (place, wrong) in zip(sheet.rows, raw, found):
        stop = Stop(row, lon_lat=place)
        fault = reader.passed_over(row, row.number in totals)
        fault = fault or reader.read(stop, [one for one in (unread, wrong) if one is not None])
        key = _key(stop)
        fault = fault or ids.double_of(stop, seen.get(key)) or ids.call(stop)
        if fault is not None:
            imported.rejected.append(Rejected(row, fault))
            continue
        seen.setdefault(key, row.number)
        (imported.stops if place is not None else imported.to_geocode).append(stop)
    imported.told += [*reader.told(), *ids.told()]
    return imported


def kept(fault: Fault) -> Fault:
    """A fault without the frames that it was raised in, which would keep layers alive."""
    return Fault(fault.code, fault.text, fault.remedy, fault.field)


def rows_text(numbers: Sequence[int]) -> str:
    """Numbers of rows for the log: row 3; rows 3, 5 and 7 more."""
    shown = ", ".join(map(str, numbers[:_NAMED]))
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return f"{'rows' if len(numbers) > 1 else 'row'} {shown}{more}"


class _Reader:
    """Reads the cells of rows by what their columns as a whole say."""

    def __init__(self, sheet: Sheet, columns: Sequence[Column], in_degrees: bool):
        self._sheet = sheet
        self._in_degrees = in_degrees
        self._columns = [column for column in columns if column.field]
        self._told: list[str] = []
        self._mended: dict[str, list[int]] = {}
        by_kind = {column.field: sheet.column(column.index) for column in self._columns}
        self._decimal = {name: messy.decimal_sign(cells) for name, cells in by_kind.items()}
        self._units = {
            column.field: self._unit(column, by_kind[column.field])
            for column in self._columns
            if column.kind == LOAD and column.field not in _LIST_FIELDS
        }
        for column in self._columns:
            self._tell_decimal(column, by_kind[column.field])
        lone = {column.field: column.name for column in self._columns if column.field in (LON, LAT)}
        if len(lone) == 1:
            self._told.append(
                f"Column {next(iter(lone.values()))}: passed over, as the other coordinate is missing."
            )
        place = next((column for column in self._columns if column.kind == PAIR), None)
        self._lon_first = place is not None and self._is_lon_first(place, by_kind[place.field])

    def told(self) -> list[str]:
        """What was decided for whole columns, and what single rows had that was read all the same."""
        mended = [f"{text}: {rows_text(numbers)}." for text, numbers in self._mended.items()]
        return [*self._told, *mended]

    def raw_place(self, row: SheetRow) -> Raw:
        """x and y of a row."""
        if row.point is not None:
            return row.point, None
        by_field = {column.field: (column, row.cells[column.index]) for column in self._columns}
        try:
            if PLACE in by_field:
                return self._pair(*by_field[PLACE]), None
            if LON not in by_field or LAT not in by_field:
                return None, None
            return self._lon_lat(by_field), None
        except Fault as fault:
            return None, kept(fault)

    def passed_over(self, row: SheetRow, is_total: bool) -> Fault | None:
        """Say why the row is none that anybody meant as a stop."""
        if is_total:
            return Fault("total_row", "The row is a sum of those above", "Nothing, or take it out")
        cells = [(name, cell) for name, cell in zip(self._sheet.names, row.cells) if cell not in (None, "")]
        again = sum(messy.folded(messy.shown(cell)) == messy.folded(name) for name, cell in cells)
        if again > 1 and again >= len(cells) / 2:
            return Fault("header_again", "The row repeats the header", "Nothing, or take it out")
        return None

    def read(self, stop: Stop, faults: list[Fault]) -> Fault | None:
        """Read all values of a row; all that is wrong as one fault, with the code of the first."""
        windows: list[Hours] = []
        for column in self._columns:
            cell = stop.row.cells[column.index]
            if cell is None or column.kind in (ANGLE, PAIR):
                continue
            try:
                if column.kind == WINDOW:
                    windows = list(messy.hours(cell))
                else:
                    value = self._value(column, cell)
                    if value is not None:
                        stop.values[column.field] = value
            except Fault as fault:
                faults.append(_about(column, cell, fault))
        self._take_windows(stop, windows, faults)
        self._check_windows(stop)
        parts = [messy.shown(stop.values.get(name)) for name in ADDRESS_PARTS]
        if not stop.address and any(parts[:1] + parts[2:4]):
            stop.values["address"] = _address(*parts)
        if stop.lon_lat is None and not faults and not stop.address:
            faults.append(
                Fault("no_place", "There are neither coordinates nor an address", "Fill one of them")
            )
        if not faults:
            return None
        remedies = list(dict.fromkeys(fault.remedy for fault in faults if fault.remedy))
        return Fault(faults[0].code, "; ".join(fault.text for fault in faults), "; ".join(remedies))

    def _value(self, column: Column, cell: Cell) -> Any:
        kind, decimal = column.kind, self._decimal[column.field]
        if kind == TIME:
            moment = messy.clock(cell)
            return None if moment is None else moment.text
        if kind == MINUTES:
            return messy.minutes(cell, decimal, column.unit)
        if kind == KIND:
            word = messy.folded(messy.shown(cell))
            if word not in KIND_WORDS:
                raise Fault("unknown_word", "is not known", "Write delivery, pickup or service")
            return KIND_WORDS[word]
        if column.field in _LIST_FIELDS and _LISTED.fullmatch(messy.shown(cell)):
            return messy.shown(cell)
        if kind in (LOAD, NUMBER):
            read = messy.quantity(cell, decimal)
            if read is None:
                return None
            if column.field in _LIST_FIELDS:
                return messy.shown(read.number)
            return self._load(column, read) if kind == LOAD else read.number
        return messy.shown(cell)

    def _load(self, column: Column, read: messy.Quantity) -> float:
        unit = self._units[column.field]
        if read.unit and _stem(read.unit) != _stem(unit):
            raise Fault("other_unit", f"is in {read.unit}, the column is in {unit}", f"Write it in {unit}")
        if read.number < 0:
            raise Fault("below_zero", "is below 0", "Correct it, or write pickup as kind for what is fetched")
        return read.number

    def _take_windows(self, stop: Stop, windows: list[Hours], faults: list[Fault]) -> None:
        if len(windows) > _WINDOWS:
            faults.append(
                Fault("too_many_windows", f"There are {len(windows)} windows", "Write three at most")
            )
        if windows and any(stop.values.get(f"tw1_{end}") for end in ("start", "end")):
            text = "The window is given as one text and as start and end"
            faults.append(Fault("conflicting_windows", text, "Leave one of them empty"))
        for number, window in enumerate(windows[:_WINDOWS], 1):
            for end, moment in (("start", window.start), ("end", window.end)):
                if moment is not None:
                    stop.values[f"tw{number}_{end}"] = moment.text

    def _check_windows(self, stop: Stop) -> None:
        for number in range(1, _WINDOWS + 1):
            start, end = (str(stop.values.get(f"tw{number}_{side}") or "") for side in ("start", "end"))
            if start and end and len(start) == len(end) and end < start:
                self._mended.setdefault("Windows that end on the next day", []).append(stop.row.number)

    def _pair(self, column: Column, cell: Cell) -> tuple[float, float] | None:
        try:
            read = messy.pair(cell)
        except Fault as fault:
            raise _about(column, cell, fault) from None
        if read is None:
            return None
        first, second = read
        lon_first = self._lon_first
        if first.axis or second.axis:
            lon_first = first.axis == "lon" or second.axis == "lat"
        return (first.value, second.value) if lon_first else (second.value, first.value)

    def _lon_lat(self, by_field: dict[str, tuple[Column, Cell]]) -> tuple[float, float] | None:
        read = []
        for name in (LON, LAT):
            column, cell = by_field[name]
            try:
                read.append(messy.angle(cell, self._decimal[name], self._in_degrees))
            except Fault as fault:
                raise _about(column, cell, fault) from None
        lon, lat = read
        if lon is None and lat is None:
            return None
        if lon is None or lat is None:
            missing = by_field[LON if lon is None else LAT][0].name
            raise Fault("half_coordinates", f"{missing} is empty", "Fill it, or empty the other one, too")
        return (lat.value, lon.value) if lon.axis == "lat" or lat.axis == "lon" else (lon.value, lat.value)

    def _is_lon_first(self, column: Column, cells: Iterable[Cell]) -> bool:
        """Whether the column has the longitude first: its name says so, or no latitude is so large."""
        name = columns_of.header_name(column.name)[0]
        says = name.startswith(("lon", "lng", "xy"))
        first_above, second_above = 0, 0
        for cell in cells:
            try:
                read = messy.pair(cell)
            except Fault:
                continue
            if read is not None and not any(angle.axis for angle in read):
                first_above += 90 < abs(read[0].value) <= 180
                second_above += 90 < abs(read[1].value) <= 180
        lon_first = first_above > second_above or (says and not second_above > first_above)
        order = "longitude first" if lon_first else "latitude first"
        self._told.append(f"Column {column.name}: read with the {order}.")
        return lon_first

    def _unit(self, column: Column, cells: Iterable[Cell]) -> str:
        units: Counter[str] = Counter()
        for cell in cells:
            try:
                read = messy.quantity(cell, ".")
            except Fault:
                continue
            if read is not None and read.unit:
                units[read.unit] += 1
        if not units:
            return ""
        unit = units.most_common(1)[0][0]
        self._told.append(f"Column {column.name}: numbers are in {unit}, also those without a unit.")
        return unit

    def _tell_decimal(self, column: Column, cells: Iterable[Cell]) -> None:
        if column.kind not in (LOAD, NUMBER, MINUTES) or not self._decimal[column.field]:
            return
        count = sum(map(messy.is_decided_by_column, cells))
        if count:
            sign = "comma" if self._decimal[column.field] == "," else "point"
            self._told.append(
                f"Column {column.name}: decimals are written with a {sign} elsewhere; so are those "
                f"that could be two numbers: {count}."
            )


class _Ids:
    """The ids of the stops: which are made up, doubled or missing."""

    def __init__(self, sheet: Sheet, columns: Sequence[Column], settings: Settings):
        self._column = next((column for column in columns if column.field == "stop_id"), None)
        self._settings = settings
        self._rows: dict[str, int] = {}
        self._given = set()
        if self._column is not None:
            self._given = {messy.shown(cell) for cell in sheet.column(self._column.index)}
        self._order = {row.number: place for place, row in enumerate(sheet.rows, 1)}
        self._made: list[int] = []
        self._renumbered: list[int] = []
        self._doubles: list[int] = []

    def told(self) -> list[str]:
        """What was done about ids."""
        lines = []
        if self._column is None:
            lines.append("No column holds ids: stops are called S1, S2 and so on, by their rows.")
        elif self._made:
            lines.append(f"Ids made up where there was none: {rows_text(self._made)}.")
        if self._renumbered:
            lines.append(f"Ids that were doubled have got a number: {rows_text(self._renumbered)}.")
        if self._doubles:
            lines.append(f"Duplicates that are kept: {rows_text(self._doubles)}.")
        return lines

    def double_of(self, stop: Stop, twin: int | None) -> Fault | None:
        """Say which row the stop repeats, if any."""
        if twin is None:
            return None
        if self._settings.duplicates == KEEP:
            self._doubles.append(stop.row.number)
            return None
        text = f"The row has place, name and windows of row {twin}"
        return Fault("duplicate", text, "Take one out, or set DUPLICATES to keep")

    def call(self, stop: Stop) -> Fault | None:
        """Give the stop its id, or say why it can have none."""
        own = messy.shown(stop.values.get("stop_id"))
        if not own:
            if self._column is not None and self._settings.ids == REJECT:
                return Fault("no_id", "The id is empty", "Fill it, or set IDS to renumber")
            own = self._free(f"S{self._order[stop.row.number]}")
            self._made.append(stop.row.number)
        elif own in self._rows:
            if self._settings.ids == REJECT:
                text = f'The id "{own}" is that of row {self._rows[own]}, too'
                return Fault("doubled_id", text, "Give it one of its own, or set IDS to renumber")
            own = self._free(own, 2)
            self._renumbered.append(stop.row.number)
        stop.values["stop_id"] = own
        self._rows[own] = stop.row.number
        return None

    def _free(self, name: str, number: int = 1) -> str:
        """The name, with a number behind it where it is another's."""
        tried = name if number == 1 else f"{name}-{number}"
        while tried in self._rows or tried in self._given:
            number += 1
            tried = f"{name}-{number}"
        return tried


def _key(stop: Stop) -> tuple[Any, ...]:
    """What makes two rows one stop. Those without a name need the same id."""
    values = stop.values
    place: Any = messy.folded(stop.address)
    if stop.lon_lat is not None:
        place = tuple(round(part, 6) for part in stop.lon_lat)
    called = messy.folded(messy.shown(values.get("name"))) or ("id", values.get("stop_id"))
    windows = tuple(values.get(f"tw{n}_{end}") for n in range(1, _WINDOWS + 1) for end in ("start", "end"))
    return place, called, windows, values.get("kind")


def _totals(sheet: Sheet, columns: Sequence[Column]) -> set[int]:
    """The rows at the end whose first text is a word for a sum, and which have neither place nor id."""
    ours = {
        column.index for column in columns if column.field in (LON, LAT, PLACE, "address", "street", "city")
    }
    found = set()
    for row in reversed(sheet.rows):
        texts = [messy.folded(cell) for cell in row.cells if isinstance(cell, str) and cell.strip()]
        first = texts[0] if texts else ""
        others = [cell for i, cell in enumerate(row.cells) if i in ours and cell not in (None, "")]
        is_sum = bool(_TOTALS.fullmatch(first)) and all(
            _TOTALS.fullmatch(messy.folded(str(c))) for c in others
        )
        if not is_sum:
            break
        found.add(row.number)
    return found


def _stem(unit: str) -> str:
    """A unit without the ending of its plural, as boxes is box; pieces in any language are one."""
    return "piece" if unit in _PIECES else re.sub(r"(?<=\w\w)(?:es|en|s|n|e)$", "", unit)


def _about(column: Column, cell: Cell, fault: Fault) -> Fault:
    return Fault(
        fault.code, f'{column.name} "{messy.shown(cell)[:80]}" {fault.text}', fault.remedy, column.name
    )


def _address(street: str, house_number: str, postcode: str, city: str, country: str) -> str:
    lines = (
        " ".join(filter(None, pair)) for pair in ((street, house_number), (postcode, city), (country, ""))
    )
    return ", ".join(line for line in lines if line)
