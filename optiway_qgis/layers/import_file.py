"""The file of a list of stops as rows of cells: text of any encoding and delimiter.

Workbooks are read in import_sheets.py. What the cells mean is not known here.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..model.errors import InputError

if TYPE_CHECKING:
    from ..model.messy import Cell

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_TRIED = ("\t", ";", "|", ",")
"""Where two delimiters part a file equally well, the one that is rarer in texts."""
_SAMPLE = 200
_LONGEST_CELL = 1_000_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


@dataclass
class Grid:
    """The rows of a sheet, the first being row 1, and what was found about the file, for the log."""

    rows: list[list[Cell]]
    told: list[str] = field(default_factory=list)


def read_file(path: str, sheet: str = "", delimiter: str = "", encoding: str = "") -> Grid:
    """Read a text file, XLSX or ODS, whatever it is called; an empty setting is found by looking.

    Raises
    ------
    InputError
        When the file cannot be read, or is none of these.
    """
    try:
        if zipfile.is_zipfile(path):
            from .import_sheets import read_workbook

            return read_workbook(path, sheet)
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise InputError(
            [f"{path} cannot be read ({error.strerror or error}). Choose another file."]
        ) from None
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        text = "is a workbook of an old format (XLS). Save it as XLSX, or give it as a layer."
        raise InputError([f"{os.path.basename(path)} {text}"])
    told: list[str] = []
    return read_text(decoded(content, encoding, told), delimiter, told)


def decoded(content: bytes, encoding: str, told: list[str]) -> str:
    """The text of a file; how it was read is added to `told`.

    Raises
    ------
    InputError
        When it is not text, or not of the encoding that was given.
    """
    name, codec = encoding, encoding
    if not encoding:
        name, codec = _encoding_of(content)
    try:
        text = content.decode(codec)
    except (UnicodeError, LookupError) as error:
        raise InputError(
            [f"The file is not {name} ({error}). Correct ENCODING, or leave it empty."]
        ) from None
    told.append(f"Encoding: {name}{'' if encoding else ' (found by looking)'}.")
    text = text[1:] if text.startswith("\ufeff") else text
    if "\0" in text:
        raise InputError(["The file is neither text nor a workbook. Save it as CSV, XLSX or ODS."])
    return text


def _encoding_of(content: bytes) -> tuple[str, str]:
    for mark, codec, name in _BOMS:
        if content.startswith(mark):
            return name, codec
    start = content[:4000]
    half = len(start) // 2
    for first, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        if half > 1 and start[first::2].count(0) > 0.4 * half and not start[1 - first :: 2].count(0):
            return "UTF-16", codec
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        try:
            content.decode("cp1252")
        except UnicodeDecodeError:
            return "Latin-1", "latin-1"
        return "Windows-1252", "cp1252"
    return "UTF-8", "utf-8"


def read_text(text: str, delimiter: str, told: list[str]) -> Grid:
    """The rows of a delimited text; an empty `delimiter` is found by looking."""
    first = text[:200].split("\n", 1)[0].strip().strip('"')
    rows_before: list[list[Cell]] = []
    if first.lower().startswith("sep=") and len(first) == len("sep=") + 1:
        delimiter = delimiter or first[-1]
        rows_before = [[None]]
        text = text.split("\n", 1)[1] if "\n" in text else ""
    sign = delimiter or _delimiter_of(text)
    names = {letter: name for name, letter in DELIMITERS.items()}
    how = "" if delimiter else " (found by looking)"
    told.append(f"Delimiter: {names.get(sign, sign)}{how}.")
    rows = [[cell if cell.strip() else None for cell in row] for row in _parted(text, sign, told)]
    return Grid([*rows_before, *rows], told)


def _delimiter_of(text: str) -> str:
    """The delimiter that gives the most rows an equal number of columns above one; a comma if none does."""
    best, found = 0.0, ","
    start = "".join(line for line, _ in zip(_lines(text), range(_SAMPLE)))
    for sign in _TRIED:
        rows = [row for row in _parted(start, sign, []) if any(cell.strip() for cell in row)]
        width = _width(rows)
        score = sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0
        if score > best:
            best, found = score, sign
    return found


def _parted(text: str, sign: str, told: list[str]) -> list[list[str]]:
    """The cells of each row. Where a quote is not closed, each line is a row: no row is lost in a cell."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True))
        width = _width(rows)
        if not any(len(row) < width and any("\n" in cell for cell in row) for row in rows):
            return rows
    except csv.Error:
        pass  # a quote within a cell, or one without an end
    except TypeError as error:
        raise InputError([f"The file cannot be read as a table ({error}). Correct DELIMITER."]) from None
    finally:
        csv.field_size_limit(before)
    told.append("A quotation mark is not closed: each line was read as a row of its own.")
    return [_of_line(line.rstrip("\n"), sign) for line in _lines(text)]


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline=None)


def _width(rows: list[list[str]]) -> int:
    """The number of columns that most rows have, of those with more than one."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return max(widths, key=lambda width: (widths[width], width), default=1)


def _of_line(line: str, sign: str) -> list[str]:
    """The cells of a line; where its quotes do not match they part nothing."""
    try:
        return next(csv.reader([line], delimiter=sign, strict=True), [])
    except csv.Error:
        return [cell.strip().strip('"') for cell in line.split(sign)]
