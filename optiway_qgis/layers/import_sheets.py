"""The sheets of a workbook as rows of cells: XLSX (ECMA-376) and ODS (OpenDocument 1.2).

Read by the zip of the standard library and Qt's XML reader: GDAL's drivers keep neither the numbers of rows
nor merged cells. Dates and times of cells become text as plans hold it (2026-05-04T08:30), formulas
their last value. What the cells mean is not known here.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Iterator

from qgis.PyQt.QtCore import QXmlStreamReader

from ..model.errors import InputError
from .import_file import Grid

if TYPE_CHECKING:
    from ..model.messy import Cell

_LARGEST = 300_000_000
"""Bytes of one part of a workbook once it is unpacked; more is taken for a zip made to fill the memory."""
_MOST_COLUMNS = 1000
_MOST_ROWS = 1_048_576
_MOST_EQUAL_ROWS = 100_000
_DAY = 86400
_DATE_FORMATS = frozenset((14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58))
_TIME_FORMATS = frozenset((18, 19, 20, 21, *range(32, 36), 45, 46, 47, 55, 56))
_BOTH_FORMAT = 22
_DATE, _TIME, _BOTH = "date", "time", "both"
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d+)")
_DURATION = re.compile(r"P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")


@dataclass
class _Sheet:
    """A sheet as it is read: row -> column -> cell, both from 0, and the merged blocks."""

    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Set a cell that is not empty and not beyond all bounds."""
        if cell is not None and cell != "" and column < _MOST_COLUMNS and row < _MOST_ROWS:
            self.cells.setdefault(row, {})[column] = cell

    def grid(self, told: list[str]) -> Grid:
        """The rows up to the last one with content; the value of a merged block in each of its rows."""
        width = max((max(row) + 1 for row in self.cells.values()), default=0)
        last = max(self.cells, default=-1)
        spread = sum(self._spread(block, last, width) for block in self.merged)
        if spread:
            told.append(f"Merged blocks: {spread}; each row of a block has its value.")
        rows = []
        for number in range(last + 1):
            row = self.cells.get(number, {})
            rows.append([row.get(column) for column in range(width)] if row else [])
        return Grid(rows, told)

    def _spread(self, block: tuple[int, int, int, int], last: int, width: int) -> bool:
        """Repeat the value of a block; only in rows that have something else, as others are no rows."""
        top, left, bottom, right = block
        value = self.cells.get(top, {}).get(left)
        inside = range(left, min(right + 1, width))
        done = False
        for number in range(top, min(bottom, last) + 1):
            row = self.cells.get(number, {})
            if value is None or (number > top and all(column in inside for column in row)):
                continue
            for column in inside:
                done = done or column not in row
                row.setdefault(column, value)
        return done


def read_workbook(path: str, wanted: str) -> Grid:
    """Read one sheet: `wanted` is its name or its number from 1; "" the first one that has cells.

    Raises
    ------
    InputError
        When it is no workbook, is broken, or has no such sheet.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names:
                sheets = _Xlsx(archive)
            elif "content.xml" in names:
                sheets = _Ods(archive)
            else:
                raise InputError([f"{path} is neither XLSX nor ODS. Save it as one of them, or as CSV."])
            return _chosen(sheets, wanted)
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise InputError([f"{path} is a broken workbook ({error}). Open it and save it anew."]) from None


def _chosen(sheets: _Xlsx | _Ods, wanted: str) -> Grid:
    names = sheets.names()
    listed = ", ".join(names)
    if wanted:
        folded = {name.lower(): name for name in names}
        by_number = dict(zip(map(str, range(1, len(names) + 1)), names))
        name = folded.get(wanted.lower()) or by_number.get(wanted)
        if name is None:
            raise InputError([f'SHEET "{wanted}" is not in the workbook. It has: {listed}.'])
        return sheets.sheet(name).grid([f"Sheet: {name}."])
    for name in names:
        sheet = sheets.sheet(name)
        if sheet.cells:
            others = f", the first of {listed} that has cells" if len(names) > 1 else ""
            return sheet.grid([f"Sheet: {name}{others}."])
    return Grid([], ["The workbook is empty."])


class _Xlsx:
    """The parts of an XLSX that hold cells and how they are shown."""

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        self._files: dict[str, str] = {}
        self._day_0 = datetime(1899, 12, 30)
        self._texts = self._shared_texts()
        self._kinds = self._style_kinds()
        targets = {}
        for element in _elements(archive, "xl/_rels/workbook.xml.rels"):
            if element.opens == "Relationship":
                targets[element["Id"]] = posixpath.normpath(posixpath.join("/xl", element["Target"])).lstrip(
                    "/"
                )
        for element in _elements(archive, "xl/workbook.xml"):
            if element.opens == "sheet" and targets.get(element["id"], "") in archive.namelist():
                self._files[element["name"]] = targets[element["id"]]
            elif element.opens == "workbookPr" and element["date1904"] in ("1", "true"):
                self._day_0 = datetime(1904, 1, 1)

    def names(self) -> list[str]:
        """The names of the sheets in their order."""
        return list(self._files)

    def sheet(self, name: str) -> _Sheet:
        """The cells of a sheet."""
        made = _Sheet()
        row = column = -1
        kind = style = formula = value = inline = ""
        for element in _elements(self._archive, self._files[name]):
            if element.opens == "row":
                row = int(element["r"]) - 1 if element["r"] else row + 1
                column = -1
            elif element.opens == "c":
                column = _column(element["r"]) if element["r"] else column + 1
                kind, style, formula, value, inline = element["t"], element["s"], "", "", ""
            elif element.closes == "v":
                value = element.text
            elif element.closes == "f":
                formula = element.text
            elif element.closes == "t":
                inline += element.text
            elif element.closes == "c":
                made.put(row, column, self._cell(kind, style, formula, value, inline))
            elif element.opens == "mergeCell":
                ends = [_REFERENCE.fullmatch(end) for end in element["ref"].split(":")]
                if len(ends) == 2 and ends[0] and ends[1]:
                    first, last = ends
                    top, bottom = int(first[2]) - 1, int(last[2]) - 1
                    made.merged.append((top, _column(first[1]), bottom, _column(last[1])))
        return made

    def _cell(self, kind: str, style: str, formula: str, value: str, inline: str) -> Cell:
        if kind == "inlineStr":
            return inline
        if kind == "s":
            return self._texts[int(value)] if value else None
        if not value:
            return f"={formula}" if formula else None
        if kind == "b":
            return "yes" if value == "1" else "no"
        if kind in ("str", "e", "d"):
            return value
        shown_as = self._kinds[int(style)] if style and int(style) < len(self._kinds) else ""
        number = float(value)
        return self._moment(number, shown_as) if shown_as else number

    def _moment(self, serial: float, shown_as: str) -> Cell:
        """The text of a date or time, which is a number of days in the file."""
        if not 0 <= serial < 2_958_466:
            return serial
        moment = self._day_0 + timedelta(seconds=round(serial * _DAY))
        clock = _clock_text(moment.hour * 3600 + moment.minute * 60 + moment.second)
        if shown_as == _TIME or serial < 1:
            return clock
        day = moment.date().isoformat()
        return day if shown_as == _DATE and clock == "00:00" else f"{day}T{clock}"

    def _shared_texts(self) -> list[str]:
        texts: list[str] = []
        depth = 0
        if "xl/sharedStrings.xml" in self._archive.namelist():
            for element in _elements(self._archive, "xl/sharedStrings.xml"):
                if element.opens == "si":
                    texts.append("")
                elif element.opens == "rPh" or element.closes == "rPh":
                    depth += 1 if element.opens else -1
                elif element.closes == "t" and texts and not depth:
                    texts[-1] += element.text
        return texts

    def _style_kinds(self) -> list[str]:
        """Of each style of cells, whether it shows a date, a time, both, or none of them ("")."""
        own: dict[int, str] = {}
        kinds = []
        inside = False
        if "xl/styles.xml" in self._archive.namelist():
            for element in _elements(self._archive, "xl/styles.xml"):
                if element.opens == "numFmt":
                    own[int(element["numFmtId"])] = _kind_of(element["formatCode"])
                elif "cellXfs" in (element.opens, element.closes):
                    inside = bool(element.opens)
                elif element.opens == "xf" and inside:
                    number = int(element["numFmtId"] or 0)
                    kinds.append(own.get(number, _built_in_kind(number)))
        return kinds


class _Ods:
    """The content of an ODS."""

    def __init__(self, archive: zipfile.ZipFile):
        self._sheets: dict[str, _Sheet] = {}
        reader = _OdsReader()
        for element in _elements(archive, "content.xml"):
            reader.take(element, self._sheets)

    def names(self) -> list[str]:
        """The names of the sheets in their order."""
        return list(self._sheets)

    def sheet(self, name: str) -> _Sheet:
        """The cells of a sheet."""
        return self._sheets[name]


class _OdsReader:
    """Where in content.xml the reading is, and the cell that is being read."""

    def __init__(self) -> None:
        self._sheet = _Sheet()
        self._row = self._column = 0
        self._row_times = self._column_times = 1
        self._value: Cell = None
        self._lines: list[str] = []
        self._notes = 0
        self._span = (1, 1)

    def take(self, element: _Element, sheets: dict[str, _Sheet]) -> None:
        """Go on by one element."""
        name = element.opens or element.closes
        if name == "annotation":
            self._notes += 1 if element.opens else -1
        elif self._notes:
            return
        elif element.opens == "table":
            self._sheet = sheets.setdefault(element["name"], _Sheet())
            self._row = 0
        elif name == "table-row":
            self._take_row(element)
        elif element.opens in ("table-cell", "covered-table-cell"):
            self._open_cell(element)
        elif element.opens == "p":
            self._lines.append("")
        elif element.closes in ("p", "span", "a", "text") and self._lines:
            self._lines[-1] += element.text
        elif element.closes in ("table-cell", "covered-table-cell"):
            self._close_cell()

    def _take_row(self, element: _Element) -> None:
        if element.opens:
            self._row_times = int(element["number-rows-repeated"] or 1)
            self._column = 0
            return
        row = self._sheet.cells.get(self._row)
        if row:
            if self._row_times > _MOST_EQUAL_ROWS:
                raise ValueError(f"row {self._row + 1} is there {self._row_times} times")
            for number in range(self._row + 1, min(self._row + self._row_times, _MOST_ROWS)):
                self._sheet.cells[number] = dict(row)
        self._row += self._row_times

    def _open_cell(self, element: _Element) -> None:
        self._column_times = int(element["number-columns-repeated"] or 1)
        self._span = int(element["number-rows-spanned"] or 1), int(element["number-columns-spanned"] or 1)
        self._lines = []
        kind = element["value-type"]
        self._value = None
        if kind in ("float", "percentage", "currency"):
            self._value = float(element["value"])
        elif kind == "date":
            self._value = re.sub(r"(T\d\d:\d\d)(:00(\.0+)?)?$", r"\1", element["date-value"])
        elif kind == "time":
            self._value = _of_duration(element["time-value"])
        elif kind == "boolean":
            self._value = "yes" if element["boolean-value"] == "true" else "no"
        elif kind == "string" and element["string-value"]:
            self._value = element["string-value"]

    def _close_cell(self) -> None:
        value = "\n".join(self._lines) if self._value is None else self._value
        for column in range(self._column, min(self._column + self._column_times, _MOST_COLUMNS)):
            self._sheet.put(self._row, column, value)
        rows, columns = self._span
        if rows * columns > 1:
            last = self._row + rows - 1, self._column + columns - 1
            self._sheet.merged.append((self._row, self._column, *last))
        self._column += self._column_times


@dataclass(frozen=True)
class _Element:
    """The opening or the closing of an element, with its attributes and, when it closes, its own text."""

    opens: str
    closes: str
    attributes: dict[str, str]
    text: str = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")


def _elements(archive: zipfile.ZipFile, part: str) -> Iterator[_Element]:
    """The elements of a part of the workbook, by their local names."""
    if archive.getinfo(part).file_size > _LARGEST:
        raise ValueError(f"{part} is too large")
    reader = QXmlStreamReader(archive.read(part))
    texts: list[str] = []
    while not reader.atEnd():
        token = reader.readNext()
        if token == QXmlStreamReader.TokenType.StartElement:
            given = reader.attributes()
            attributes: dict[str, str] = {}
            for i in range(given.size()):  # of two of one local name the first is that of the standard
                attributes.setdefault(str(given.at(i).name()), str(given.at(i).value()))
            # A run of text that an element interrupts is kept, as of <p>a<span>b</span>c</p>.
            if texts and texts[-1]:
                yield _Element("", "text", {}, texts[-1])
                texts[-1] = ""
            texts.append("")
            name = str(reader.name())
            if name in ("s", "tab", "line-break") and texts:
                texts[-1] = "\n" if name == "line-break" else " " * int(attributes.get("c") or 1)
                name = "text"
            yield _Element(name, "", attributes)
        elif token == QXmlStreamReader.TokenType.Characters and texts:
            texts[-1] += str(reader.text())
        elif token == QXmlStreamReader.TokenType.EndElement:
            name = str(reader.name())
            closes = "text" if name in ("s", "tab", "line-break") else name
            yield _Element("", closes, {}, texts.pop())
    if reader.hasError():
        raise ValueError(f"{part}: {reader.errorString()}")


def _column(reference: str) -> int:
    """The number of a column from 0: A is 0, AA is 26."""
    number = 0
    for letter in reference:
        if letter.isdigit():
            break
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _kind_of(code: str) -> str:
    """What a format such as dd/mm/yyyy hh:mm shows."""
    plain = re.sub(r'"[^"]*"|\\.|\[[^\]hms]*\]|_.', "", code.lower().split(";")[0])
    has_time = bool(re.search("[hs]", plain))
    has_date = bool(re.search("[yd]", plain))
    if has_date and has_time:
        return _BOTH
    return _DATE if has_date else _TIME if has_time else ""


def _built_in_kind(number: int) -> str:
    if number == _BOTH_FORMAT:
        return _BOTH
    return _DATE if number in _DATE_FORMATS else _TIME if number in _TIME_FORMATS else ""


def _of_duration(text: str) -> str:
    """PT08H30M00S as 08:30."""
    found = _DURATION.fullmatch(text)
    if not found:
        return text
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return _clock_text(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _clock_text(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
