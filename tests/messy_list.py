"""A list of 200 deliveries as an office might keep it, with defects whose rows are known. Nothing is tested
here."""

from __future__ import annotations

import random
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from pathlib import Path

HEADER = (
    *("Auftrag Nr.", "Kunde", "Adresse", "Breitengrad", "Längengrad", "Zeitfenster", "Dauer (min)"),
    *("Gewicht", "Telefon", "Türcode", "Tour alt"),
)
FIRST_ROW = 4
"""The row of the first delivery: a title, an empty row and the header are above."""
_WINDOWS = (
    "8-10am",
    "08.00\u201310.00",
    "8h30-10h",
    "before noon",
    "after 3 pm",
    "14:00 - 16:00 Uhr",
    "8-10, 14-16",
    "",
)
_WEIGHTS = ("2,5 kg", "500 g", "12", "1 200", "1.200,5 kg", "")
_DURATIONS = ("10", "10 min", "0:15", "1h30", "")


@dataclass(frozen=True)
class MessyList:
    """Rows as they stand in the file, and of which rows what is to be said."""

    rows: tuple[tuple[str, ...], ...]
    rejects: dict[int, str]
    to_geocode: frozenset[int]
    swapped: frozenset[int]

    @property
    def text(self) -> str:
        """The list as a file with semicolons."""
        return "\r\n".join(";".join(_quoted(cell) for cell in row) for row in self.rows) + "\r\n"


def messy_list(seed: int = 7) -> MessyList:
    """200 rows below the header, the last one a sum, and some empty ones between them."""
    draw = random.Random(seed)
    rows: list[list[str]] = [_delivery(draw, number) for number in range(1, 200)]
    rows.append(["Summe", "", "", "", "", "", "", "4.711,5", "", "", ""])
    rejects: dict[int, str] = {199: "total_row"}
    to_geocode, swapped = set(), set()
    places = draw.sample(range(20, 199), 60)
    for code, columns in _DEFECTS:
        for _ in range(2):
            place = places.pop()
            for column, text in columns.items():
                rows[place][column] = text
            rejects[place] = code
    for code in ("doubled_id", "duplicate", "header_again"):
        place = places.pop()
        rejects[place] = code
        if code == "doubled_id":
            rows[place][0] = rows[3][0]
        elif code == "duplicate":
            rows[place] = [rows[place][0], *rows[4][1:]]
        else:
            rows[place] = list(HEADER)
    for _ in range(5):
        place = places.pop()
        rows[place][3] = rows[place][4] = ""
        to_geocode.add(place)
        place = places.pop()
        rows[place][3], rows[place][4] = rows[place][4], rows[place][3]
        swapped.add(place)
    place = places.pop()
    rows[place][1] = '=HYPERLINK("http://example.org")'
    rows[rejects_of(rejects, "no_place")][10] = "=1+1"
    return _numbered(rows, rejects, to_geocode, swapped)


def rejects_of(rejects: dict[int, str], code: str) -> int:
    """The first row that is rejected so."""
    return min(row for row, reason in rejects.items() if reason == code)


def write_xlsx(path: Path, rows: Sequence[Sequence[str]], merged: Sequence[str] = ()) -> Path:
    """The rows as a workbook of inline texts; those that begin with # are numbers, with : and a style."""
    cells = []
    for number, row in enumerate(rows, 1):
        made = []
        for column, text in enumerate(row):
            place = f"{chr(65 + column)}{number}"
            if text.startswith("#"):
                value, _, style = text[1:].partition(":")
                made.append(f'<c r="{place}" s="{style or 0}"><v>{value}</v></c>')
            elif text:
                made.append(f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>')
        cells.append(f'<row r="{number}">{"".join(made)}</row>')
    blocks = "".join(f"<mergeCell ref={quoteattr(block)}/>" for block in merged)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    styles = "".join(f'<xf numFmtId="{number}"/>' for number in (0, 20, 22, 14, 164))
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Empty" sheetId="1" r:id="a"/><sheet name="Stops" sheetId="2" r:id="b"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}">'
        '<Relationship Id="a" Target="worksheets/one.xml"/>'
        '<Relationship Id="b" Target="/xl/worksheets/two.xml"/>'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts><numFmt numFmtId="164" '
        f'formatCode="[h]:mm&quot; day&quot;"/></numFmts><cellXfs>{styles}</cellXfs></styleSheet>',
        "xl/worksheets/one.xml": f'<worksheet xmlns="{main}"><sheetData/></worksheet>',
        "xl/worksheets/two.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(cells)}</sheetData>'
        f"<mergeCells>{blocks}</mergeCells></worksheet>",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


_DEFECTS = (
    ("unclear_time", {5: "2-4"}),
    ("unclear_time", {5: "8-6"}),
    ("not_a_time", {5: "ring first"}),
    ("not_a_number", {7: "a few"}),
    ("below_zero", {7: "-3"}),
    ("other_unit", {7: "3 pallets"}),
    ("not_a_duration", {6: "15:00"}),
    ("not_a_coordinate", {3: "here"}),
    ("half_coordinates", {4: ""}),
    ("zero_place", {3: "0", 4: "0"}),
    ("off_earth", {3: "411500", 4: "-86100"}),
    ("no_place", {2: "", 3: "", 4: ""}),
    ("no_id", {0: ""}),
)
"""Two rows each: the code, and what stands in which columns."""


def _delivery(draw: random.Random, number: int) -> list[str]:
    lat, lon = draw.uniform(41.10, 41.20), draw.uniform(-8.70, -8.55)
    return [
        f"A{number:03}",
        f"Kunde {number}",
        f"Rua das Flores {number}, Porto",
        f"{lat:.6f}".replace(".", ","),
        f"{lon:.6f}".replace(".", ","),
        draw.choice(_WINDOWS),
        draw.choice(_DURATIONS),
        draw.choice(_WEIGHTS),
        f"+351 22 {number:03} 000",
        "4711#" if number == 1 else "",
        f"T{number % 5}",
    ]


def _numbered(
    rows: list[list[str]], rejects: dict[int, str], to_geocode: set[int], swapped: set[int]
) -> MessyList:
    """The rows with a title above and an empty row after each fiftieth; places become numbers of rows."""
    made: list[tuple[str, ...]] = [("Lieferliste vom 4. Mai",), ("",), HEADER]
    numbers = {}
    for place, row in enumerate(rows):
        made.append(tuple(row))
        numbers[place] = len(made)
        if place % 50 == 49 and place < len(rows) - 1:
            made.append(("",) * len(HEADER))
    return MessyList(
        tuple(made),
        {numbers[place]: code for place, code in rejects.items()},
        frozenset(numbers[place] for place in to_geocode),
        frozenset(numbers[place] for place in swapped),
    )


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ';"\n') else cell
