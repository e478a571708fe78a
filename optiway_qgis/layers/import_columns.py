"""Which column of a list holds which field of a stop: by name, by what is in it, or as the user says.

Where the header is, too. The words people use for columns are in resources/import/words.json, what single
cells mean is model/messy.py's, rows are import_rows.py's. No QGIS here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterable, Mapping, Sequence

from ..model import messy
from ..model.errors import InputError
from ..model.findings import Fault
from . import fields

if TYPE_CHECKING:
    from ..model.messy import Cell
    from .import_file import Grid

TEXT, TIME, WINDOW, MINUTES, LOAD, NUMBER, KIND, ANGLE, PAIR = (
    *("text", "time", "window", "minutes", "load", "number", "kind"),
    *("angle", "pair"),
)
"""What a column may hold; how its cells are read."""
LON, LAT, PLACE, HOURS = "lon", "lat", "coordinates", "window"
ADDRESS_PARTS = ("street", "house_number", "postcode", "city", "country")
BY_MAPPING, BY_NAME, BY_CONTENT = "as you say", "by its name", "by what is in it"

_IMPORT_KINDS = {
    **{LON: ANGLE, LAT: ANGLE, PLACE: PAIR, HOURS: WINDOW, "address": TEXT},
    **dict.fromkeys((*ADDRESS_PARTS, "phone", "email", "notes", "access_code", "access_notes"), TEXT),
}
_BY_UNIT = {"time": TIME, "minutes": MINUTES, "load": LOAD}
_BY_FIELD = {
    **dict.fromkeys(("priority", "penalty", "late_cost_per_hour", "order_rank", "sequence"), NUMBER),
    **{"kind": KIND, "late_max_min": NUMBER},
}
KINDS: dict[str, str] = {
    **_IMPORT_KINDS,
    **{one.name: _BY_FIELD.get(one.name) or _BY_UNIT.get(one.unit, TEXT) for one in fields.STOP_FIELDS},
}
"""Each field that a column may hold -> what it holds."""

_RESOURCE = json.loads(
    (Path(__file__).parent.parent / "resources" / "import" / "words.json").read_text("utf-8")
)
WORDS: dict[str, list[str]] = _RESOURCE["fields"]
"""Field -> words of English, German, French, Portuguese and Spanish sheets, folded. A column is taken by one
of them only where it holds what the field asks for."""
KIND_WORDS = {word: kind for kind, words in _RESOURCE["kinds"].items() for word in words}
"""What happens at a stop, in the words of sheets -> as kind has it."""

_UNITS = {
    **dict.fromkeys(("s", "sec", "seconds", "sek"), 1 / 60),
    **dict.fromkeys(("h", "hours", "std", "heures", "horas"), 60.0),
}
_HEADER_ROWS = 25
_MOST = 0.8
"""Share of the cells that must look alike for a column to be taken by what is in it."""
_HALF = 0.5
_SAMPLE = 2000
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}")
_PHONE = re.compile(r"(?:\+|00|0|\()[\d() ./-]{6,20}")
_ID = re.compile(r"[a-z]{0,6}[-_/ ]?\d{1,12}[a-z]?")
_STREET = re.compile(r"(?=.*[a-z]{3})(?=.*[ ,])(?=.*\d)[^@]{8,}")


@dataclass(frozen=True)
class SheetRow:
    """A row with content: its number in the sheet, its cells, and its point where a layer has one."""

    number: int
    cells: tuple[Cell, ...]
    point: tuple[float, float] | None = None


@dataclass(frozen=True)
class Sheet:
    """The rows below the header, its names made different, how many rows were empty, and what was found."""

    names: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    empty: int = 0
    told: tuple[str, ...] = ()

    def column(self, index: int) -> list[Cell]:
        """The cells of a column that are not empty."""
        cells = (row.cells[index] for row in self.rows)
        return [cell for cell in cells if cell is not None and cell != ""]


@dataclass(frozen=True)
class Column:
    """How a column is understood: the field it holds ("" where it is carried along), and why.

    `unit` is minutes per number where no unit stands behind it; `note` is told.
    """

    index: int
    name: str
    field: str = ""
    why: str = ""
    unit: float = 1.0
    note: str = ""

    @property
    def kind(self) -> str:
        """What the column holds."""
        return KINDS.get(self.field, TEXT)


def sheet_of(grid: Grid, header_row: int | None) -> Sheet:
    """Part a grid into header and rows. `header_row` counts from 1, 0 is none, None has it found.

    Raises
    ------
    InputError
        When the row that was given is not in the sheet.
    """
    rows = [_tidy(row) for row in grid.rows]
    if header_row is not None and header_row > len(rows):
        raise InputError([f"HEADER_ROW {header_row} is below the last row ({len(rows)}). Correct it."])
    number = _header_of(rows) if header_row is None else header_row
    header = rows[number - 1] if number else []
    below = list(enumerate(rows[number:], number + 1))
    width = max((len(row) for _, row in ((0, header), *below)), default=0)
    names = [messy.shown(cell) for cell in header] + [""] * (width - len(header))
    filled = [
        SheetRow(place, (*row, *[None] * (width - len(row))))
        for place, row in below
        if any(map(_is_filled, row))
    ]
    told = [*grid.told]
    how = "" if header_row is not None else " (found by looking)"
    told.append(f"Header: row {number}{how}." if number else f"Header: none{how}; columns are numbered.")
    above = sum(any(map(_is_filled, row)) for row in rows[: max(number - 1, 0)])
    if above:
        told.append(f"Rows above the header, passed over: {above}.")
    last = filled[-1].number if filled else number
    empty = last - number - len(filled)
    return Sheet(unique_names(names, ()), tuple(filled), empty, tuple(told))


def unique_names(names: Sequence[str], taken: Iterable[str]) -> tuple[str, ...]:
    """The names without two that differ in case only, nor one of `taken`; those without a name numbered."""
    used = {name.lower() for name in taken}
    made = []
    for place, name in enumerate(names, 1):
        plain = " ".join(name.split())[:60] or f"column_{place}"
        unique, count = plain, 1
        while unique.lower() in used:
            count += 1
            unique = f"{plain}_{count}"
        used.add(unique.lower())
        made.append(unique)
    return tuple(made)


def understand(sheet: Sheet, mapping: Mapping[str, str], has_points: bool) -> list[Column]:
    """How each column is understood. `mapping` is column name -> field, "" to have it carried along.

    With `has_points` the rows have points, and no column is taken for coordinates but by the mapping.

    Raises
    ------
    InputError
        When the mapping names a column or field that there is not, or a field twice.
    """
    found: dict[int, Column] = _mapped(sheet, mapping)
    taken = {column.field for column in found.values() if column.field}
    if has_points:
        taken |= {LON, LAT, PLACE}
    for claim in _claims(sheet):
        if claim.index not in found and not _conflicts(claim.field, taken):
            found[claim.index] = claim
            taken.add(claim.field)
    for claim in _by_content(sheet, [i for i in range(len(sheet.names)) if i not in found], taken):
        if claim.index not in found and not _conflicts(claim.field, taken):
            found[claim.index] = claim
            taken.add(claim.field)
    return [found.get(i) or Column(i, name) for i, name in enumerate(sheet.names)]


def read_mapping(text: str) -> dict[str, str]:
    """Column -> field of "their column=our field, ..." or of a JSON object.

    Raises
    ------
    InputError
        When it is neither.
    """
    text = text.strip()
    if text.startswith("{"):
        try:
            read = json.loads(text)
        except ValueError as error:
            raise InputError([f"The mapping is not JSON ({error})."]) from None
        columns = read.get("columns", read)
        if not isinstance(columns, dict) or not all(isinstance(name, str) for name in columns.values()):
            raise InputError(
                ['The mapping has no columns. Write {"columns": {"their column": "our field"}}.']
            )
        return dict(columns)
    entries = [entry for entry in re.split(r"[,;\n]", text) if entry.strip()]
    wrong = [entry.strip() for entry in entries if "=" not in entry]
    if wrong:
        raise InputError(
            [f'MAPPING "{wrong[0]}" has no "=". Write their column=our field, parted by commas.']
        )
    parts = (entry.rpartition("=") for entry in entries)
    return {name.strip(): meaning.strip() for name, _, meaning in parts}


def mapping_text(columns: Iterable[Column]) -> str:
    """The mapping of these columns as JSON, which `read_mapping` reads again."""
    return (
        json.dumps({"columns": {one.name: one.field for one in columns}}, indent=2, ensure_ascii=False) + "\n"
    )


def told_columns(columns: Iterable[Column]) -> list[str]:
    """How each column is understood, as lines for the log."""
    lines = []
    carried = []
    for column in columns:
        if column.field:
            note = f"; {column.note}" if column.note else ""
            lines.append(f"Column {column.name}: {column.field}, {column.why}{note}.")
        else:
            carried.append(f"{column.name} ({column.note})" if column.note else column.name)
    return [*lines, *([f"Carried along: {', '.join(carried)}."] if carried else [])]


def reads(kind: str, cell: Cell) -> bool:
    """Whether a cell can be what such a column holds, or could where the column tells what is unclear."""
    try:
        if kind in (TIME, WINDOW):
            _ = messy.clock(cell) if kind == TIME else messy.hours(cell)
        elif kind == MINUTES:
            messy.minutes(cell, ".")
        elif kind in (LOAD, NUMBER):
            messy.quantity(cell, ".")
        elif kind == ANGLE:
            messy.angle(cell)
        elif kind == PAIR:
            messy.pair(cell)
        elif kind == KIND:
            return isinstance(cell, str) and messy.folded(cell) in KIND_WORDS
    except Fault as fault:
        return fault.code in (messy.UNCLEAR_TIME, messy.UNCLEAR_NUMBER)
    return True


def header_name(name: str) -> tuple[str, str]:
    """A column's name as it is compared, and the unit in brackets: "Dauer (min)" is dauer and min."""
    found = re.match(r"(.*?)\s*[(\[]\s*([^)\]]*)[)\]]\s*$", name)
    base, unit = found.groups() if found else (name, "")
    return _plain(base), messy.folded(unit).strip(" .")


def _plain(name: str) -> str:
    """Letters and digits of a name, folded: Größe is grosse."""
    return re.sub(r"[^a-z0-9]", "", messy.folded(name.casefold()))


def _field_names() -> dict[str, list[tuple[str, fields.Alias, bool]]]:
    """Plain name -> the fields it stands for, best first; the flag says that it is a name of ours."""
    ranked: list[tuple[int, str, str, fields.Alias]] = []
    for one in fields.STOP_FIELDS:
        ranked += [(min(rank, 2), alias.name, one.name, alias) for rank, alias in enumerate(one.names)]
    ranked += [(0, name, name, fields.Alias(name)) for name in _IMPORT_KINDS]
    for name, words in WORDS.items():
        ranked += [(3, word, name, fields.Alias(word)) for word in words]
    found: dict[str, list[tuple[str, fields.Alias, bool]]] = {}
    for rank, word, name, alias in sorted(ranked, key=lambda entry: entry[0]):
        found.setdefault(_plain(word), []).append((name, alias, rank < 3))
    return found


_NAMES = _field_names()


def _claims(sheet: Sheet) -> list[Column]:
    """What the names of columns say, our own names first, then words that fit what is in the column."""
    claims = []
    for index, name in enumerate(sheet.names):
        base, unit = header_name(name)
        for rank, (meaning, alias, is_ours) in enumerate(_NAMES.get(base, ())):
            if not is_ours and not _fits(KINDS[meaning], sheet.column(index)):
                continue
            factor = alias.factor * (_UNITS.get(unit, 1.0) if KINDS[meaning] == MINUTES else 1.0)
            claims.append((not is_ours, rank, Column(index, name, meaning, BY_NAME, factor, alias.note)))
    return [claim for _, _, claim in sorted(claims, key=lambda entry: entry[:2])]


def _fits(kind: str, cells: Sequence[Cell]) -> bool:
    sample = cells[:_SAMPLE]
    return kind == TEXT or sum(reads(kind, cell) for cell in sample) >= _HALF * max(len(sample), 1)


def _conflicts(name: str, taken: set[str]) -> bool:
    """Whether a field is held by another column, or its place is told in another way."""
    places = {PLACE: {LON, LAT}, LON: {PLACE}, LAT: {PLACE}}
    return name in taken or bool(places.get(name, set()) & taken)


def _mapped(sheet: Sheet, mapping: Mapping[str, str]) -> dict[int, Column]:
    by_name = {name.lower(): index for index, name in enumerate(sheet.names)}
    problems = []
    found: dict[int, Column] = {}
    fields_given = Counter(meaning for meaning in mapping.values() if meaning)
    for name, meaning in mapping.items():
        index = by_name.get(" ".join(name.lower().split()))
        if index is None:
            problems.append(f'MAPPING: there is no column "{name}". There are: {", ".join(sheet.names)}.')
        elif meaning and meaning not in KINDS:
            problems.append(f'MAPPING: "{meaning}" is no field. There are: {", ".join(KINDS)}.')
        elif fields_given[meaning] > 1:
            problems.append(f'MAPPING: "{meaning}" is given to several columns. Choose one of them.')
        else:
            unit = header_name(sheet.names[index])[1] if KINDS.get(meaning) == MINUTES else ""
            found[index] = Column(index, sheet.names[index], meaning, BY_MAPPING, _UNITS.get(unit, 1.0))
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    return found


def _by_content(sheet: Sheet, free: Sequence[int], taken: set[str]) -> list[Column]:
    """What the cells of columns say whose names say nothing, what is surest first."""
    cells = {index: sheet.column(index) for index in free}
    claims = []

    def claim(index: int, name: str, note: str = "") -> None:
        claims.append(Column(index, sheet.names[index], name, BY_CONTENT, note=note))

    for name, looks in _LOOKS:
        if name == "address" and "street" in taken:
            continue
        for index in free:
            if _share(cells[index], looks) >= _MOST:
                claim(index, name)
                break
    clocks = [index for index in free if _share(cells[index], _is_clock) >= _MOST]
    if len(clocks) == 2 and not {"tw1_start", "tw1_end", HOURS} & taken:
        first, last = clocks
        if all(_starts_first(row.cells[first], row.cells[last]) for row in sheet.rows):
            claim(first, "tw1_start", "each earlier than that of the other column with times")
            claim(last, "tw1_end")
    for index in free:
        texts = [messy.folded(messy.shown(cell)) for cell in cells[index]]
        is_key = len(set(texts)) == len(texts) >= max(2, _MOST * len(sheet.rows))
        if is_key and all(_ID.fullmatch(text) for text in texts):
            claim(index, "stop_id", "each is another one")
            break
    return claims


def _share(cells: Sequence[Cell], looks: Callable[[Cell], bool]) -> float:
    sample = cells[:_SAMPLE]
    return sum(map(looks, sample)) / len(sample) if sample else 0.0


def _is_email(cell: Cell) -> bool:
    return isinstance(cell, str) and bool(_EMAIL.fullmatch(cell.strip().lower()))


def _is_phone(cell: Cell) -> bool:
    return isinstance(cell, str) and bool(_PHONE.fullmatch(cell.strip())) and sum(map(str.isdigit, cell)) > 6


def _is_pair(cell: Cell) -> bool:
    if not isinstance(cell, str) or not reads(PAIR, cell):
        return False
    digits = [part for part in re.findall(r"\d+[.,]\d+", cell) if len(re.split("[.,]", part)[1]) >= 2]
    return len(digits) == 2 or bool(re.search("[\u00b0NSEWnsew]", cell))


def _is_axis(axis: str) -> Callable[[Cell], bool]:
    def looks(cell: Cell) -> bool:
        if not (isinstance(cell, str) and re.search("[\u00b0'.,]", cell)):
            return False  # S1 is an id
        try:
            read = messy.angle(cell)
        except Fault:
            return False
        return read is not None and read.axis == axis

    return looks


def _is_clock(cell: Cell) -> bool:
    return isinstance(cell, str) and bool(re.search("[:hT]|[ap]m", cell)) and reads(TIME, cell)


def _is_window(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return False
    try:
        return bool(messy.hours(cell))
    except Fault:
        return False


def _is_measured(cell: Cell) -> bool:
    """A quantity with a unit of goods behind it."""
    try:
        read = messy.quantity(cell, ".")
    except Fault:
        return False
    return read is not None and bool(re.match(_GOODS, read.unit))


def _is_duration(cell: Cell) -> bool:
    return isinstance(cell, str) and bool(re.search(r"\d ?(?:min|m\b|h\b|')", cell)) and reads(MINUTES, cell)


def _is_street(cell: Cell) -> bool:
    return isinstance(cell, str) and bool(_STREET.fullmatch(messy.folded(cell))) and not _is_window(cell)


_GOODS = (
    "kg|lb|pal|box|colis|kist|karton|paket|parcel|caixa|caja|crate|carton|stuck|stk|pcs|piece|unit|x$|l$|m3"
)
_LOOKS = (
    ("email", _is_email),
    (PLACE, _is_pair),
    (LAT, _is_axis("lat")),
    (LON, _is_axis("lon")),
    (HOURS, _is_window),
    ("service_min", _is_duration),
    ("demand", _is_measured),
    ("phone", _is_phone),
    ("address", _is_street),
)
"""Fields that a column is taken for by its cells, the surest first."""


def _starts_first(first: Cell, last: Cell) -> bool:
    try:
        start, end = messy.clock(first), messy.clock(last)
    except Fault:
        return True
    return start is None or end is None or (start.date, start.seconds) <= (end.date, end.seconds)


def _header_of(rows: Sequence[Sequence[Cell]]) -> int:
    """The row from 1 that names the columns; 0 where none does.

    Names are texts and no values, several of them known or as many as the rows below have columns.
    """
    best, found = 0.0, 0
    widths = Counter(count for row in rows for count in [sum(map(_is_filled, row))] if count)
    usual = max(widths, key=lambda count: (widths[count], count), default=0)
    for number, row in enumerate(rows[:_HEADER_ROWS], 1):
        filled = [cell for cell in row if _is_filled(cell)]
        if not filled or any(_is_value(cell) for cell in filled):
            continue
        known = sum(header_name(str(cell))[0] in _NAMES for cell in filled)
        has_values_below = any(_is_value(cell) for later in rows[number : number + 5] for cell in later)
        is_wide = len(filled) >= max(2, _HALF * usual)
        if known >= 2 or (known and is_wide) or (is_wide and has_values_below and not found):
            score = known + len(filled) / (usual or 1)
            if score > best:
                best, found = score, number
    return found


def _is_value(cell: Cell) -> bool:
    """Whether a cell holds a value rather than a name: a number, an address of mail, a time."""
    if not isinstance(cell, str):
        return True
    text = messy.folded(cell)
    return bool(re.match(r"[+-]?\d", text)) or _is_email(cell) or _is_window(cell)


def _is_filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _tidy(row: Sequence[Cell]) -> list[Cell]:
    """Cells without blanks around them, and without the apostrophe that keeps a formula from running."""
    tidy: list[Cell] = []
    for cell in row:
        text = cell.strip().strip("\u00a0").strip() if isinstance(cell, str) else cell
        if isinstance(text, str) and re.match(r"'[=+\-@]", text):
            text = text[1:]
        tidy.append(text or None if isinstance(text, str) else text)
    return tidy
