"""Lists of any make: files to cells, columns to fields, rows to stops. No row is ever lost."""

from __future__ import annotations

import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsField,
    QgsFields,
    QgsVectorFileWriter,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime, QVariant

from optiway_qgis.layers.import_columns import (
    KINDS,
    WORDS,
    Sheet,
    header_name,
    read_mapping,
    sheet_of,
    understand,
)
from optiway_qgis.layers.import_file import Grid, read_file
from optiway_qgis.layers.import_places import Places
from optiway_qgis.layers.import_rows import CODES, Imported, Settings, read_rows
from optiway_qgis.model.errors import InputError
from tests.messy_list import write_xlsx

TABLE = "id;name;lat;lon\n1;João;41,15;-8,61\n2;Ana;41,16;-8,62\n"


@pytest.fixture
def write(tmp_path):
    """A function (content, name) -> path of a file with it; text is written as UTF-8."""

    def made(content: str | bytes, name: str = "list.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return made


def sheet(*rows: tuple, header: int | None = None) -> Sheet:
    """A sheet of these rows."""
    return sheet_of(Grid([list(row) for row in rows]), header)


def fields_of(made: Sheet) -> dict[str, str]:
    """Column name -> field, of those that are understood."""
    return {column.name: column.field for column in understand(made, {}, False) if column.field}


def imported(made: Sheet, crs: str = "", **rules: str) -> Imported:
    """The rows read as the algorithm does."""
    given_crs = QgsCoordinateReferenceSystem(crs) if crs else None
    places = Places(given_crs, QgsCoordinateTransformContext(), [row.number for row in made.rows])
    return read_rows(made, understand(made, {}, False), places, Settings(**rules))


def codes(found: Imported) -> dict[int, str]:
    """Row -> code, of those that are rejected."""
    return {one.row.number: one.fault.code for one in found.rejected}


# Files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_encoding_and_delimiter_are_found(write, encoding, sign):
    """Decimal commas in quotes do not pass for a delimiter; names keep their letters."""
    rows = [line.split(";") for line in TABLE.splitlines()]
    text = "\r\n".join(sign.join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows)
    grid = read_file(write(text.encode(encoding)))
    assert grid.rows == rows
    names = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
    name = names.get(encoding) or encoding.upper()[: 6 if encoding.startswith("utf-16") else None]
    assert f"Encoding: {name} (found by looking)." in grid.told


def test_bytes_that_windows_has_not_are_latin_1(write):
    """0x81 is no letter of Windows-1252."""
    grid = read_file(write(b"id;name\n1;Jo\xe3o \x81\n2;x\n"))
    assert "Encoding: Latin-1 (found by looking)." in grid.told


def test_quotes_may_hold_delimiters_quotes_and_lines(write):
    """As RFC 4180 has them."""
    grid = read_file(write('id;notes;x\n1;"one; two\nthree ""four""";a\n2;five;b\n'))
    assert grid.rows[1] == ["1", 'one; two\nthree "four"', "a"]


@pytest.mark.parametrize("closed", ["", '\n4;"Eva";41,18;-8,64\n5;"Gil;41,19;-8,65'])
def test_a_quote_that_is_not_closed_swallows_no_rows(write, closed):
    """Each line is a row then, and the log says so; also where two such quotes close each other."""
    grid = read_file(write(TABLE + '3;"Rui;41,17;-8,63' + closed))
    assert grid.rows[3][1:] == ["Rui", "41,17", "-8,63"]
    assert len(grid.rows) == 4 + closed.count("\n")
    assert any("not closed" in line for line in grid.told)


def test_the_line_of_excel_names_the_delimiter(write):
    """It is row 1 of the sheet, but no header."""
    made = sheet_of(read_file(write("sep=|\nid|lat|lon\n1|41.15|-8.61\n")), None)
    assert (made.names, made.rows[0].number) == (("id", "lat", "lon"), 3)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xd0\xcf\x11\xe0 old", "old format"),
        (b"\x89PNG\0\0\x01\x02\xff", "neither text nor a workbook"),
        (b"PK\x05\x06" + bytes(18), "neither XLSX nor ODS"),
    ],
)
def test_other_files_are_refused(write, content, text):
    """With a word about what to do."""
    with pytest.raises(InputError, match=text):
        read_file(write(content))


@pytest.mark.parametrize("form", ["XLSX", "ODS"])
def test_workbooks_as_gdal_writes_them(tmp_path, form):
    """Another program's files: texts, numbers, dates, times and both come as what they are."""
    types = {
        "id": QVariant.String,
        "kg": QVariant.Double,
        "day": QVariant.Date,
        "from": QVariant.Time,
        "at": QVariant.DateTime,
    }
    columns = QgsFields()
    for name, kind in types.items():
        columns.append(QgsField(name, kind))
    path = str(tmp_path / f"list.{form.lower()}")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = form, "Stops"
    kind, crs = QgsWkbTypes.Type.NoGeometry, QgsCoordinateReferenceSystem()
    writer = QgsVectorFileWriter.create(path, columns, kind, crs, QgsCoordinateTransformContext(), options)
    feature = QgsFeature(columns)
    moment = QDateTime(QDate(2026, 5, 4), QTime(9, 15), Qt.TimeSpec.UTC)
    feature.setAttributes(["A <1> & b", 2.5, QDate(2026, 5, 4), QTime(8, 30), moment])
    writer.addFeature(feature)
    feature.setAttributes(["  ß", None, None, QTime(14, 0), None])
    writer.addFeature(feature)
    del writer
    grid = read_file(path)
    assert grid.rows[0] == list(types)
    assert [str(cell) for cell in grid.rows[1][:4]] == ["A <1> & b", "2.5", "2026-05-04", "08:30"]
    assert grid.rows[1][4].startswith("2026-05-04T09:15")
    assert (grid.rows[2][0].strip(), grid.rows[2][3]) == ("ß", "14:00")
    assert "Sheet: Stops." in grid.told


def test_a_workbook_with_styles_and_merged_cells(tmp_path):
    """Numbers shown as times are times, a merged block is in each of its rows, and an empty row stays one."""
    rows = [
        ("Tour", "id", "from", "day", "long"),
        ("North", "A1", "#0.375:1", "#46146:3", "#1.0625:4"),
        ("", "A2", "#0.5:1", "#46146.5:2", ""),
        ("", "", "", "", ""),
        ("South", "A3", "=A1+1", "", "#12"),
    ]
    path = write_xlsx(tmp_path / "list.xlsx", rows, merged=["A2:A4"])
    grid = read_file(str(path))
    assert grid.rows[1] == ["North", "A1", "09:00", "2026-05-04", "01:30"]
    assert grid.rows[2][:4] == ["North", "A2", "12:00", "2026-05-04T12:00"]
    assert grid.rows[3] == []
    assert grid.rows[4] == ["South", "A3", "=A1+1", None, 12.0]
    assert "Merged blocks: 1; each row of a block has its value." in grid.told
    assert "Sheet: Stops, the first of Empty, Stops that has cells." in grid.told
    assert read_file(str(path), sheet="1").rows == []
    with pytest.raises(InputError, match="It has: Empty, Stops"):
        read_file(str(path), sheet="Nowhere")


ODS = """<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:calcext="c">
<office:body><office:spreadsheet><table:table table:name="Tour">
<table:table-row><table:table-cell office:value-type="string"><text:p>id</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>no<text:span>te</text:span><text:s text:c="2"/>s</text:p>
</table:table-cell><table:table-cell table:number-columns-repeated="16000"/></table:table-row>
<table:table-row><table:table-cell office:value-type="float" office:value="7"><office:annotation><text:p>x
</text:p></office:annotation><text:p>7</text:p></table:table-cell>
<table:table-cell table:number-rows-spanned="2"><text:p>one</text:p><text:p>two</text:p></table:table-cell>
<table:table-cell office:value-type="time" office:time-value="PT08H30M00S"/></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="8"/>
<table:covered-table-cell/></table:table-row>
<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def test_an_ods_with_what_libreoffice_writes(tmp_path):
    """Repeated rows and cells, comments that are no content, spans of text, merged cells."""
    path = tmp_path / "list.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", ODS)
    grid = read_file(str(path))
    assert grid.rows == [
        ["id", "note  s", None],
        [7.0, "one\ntwo", "08:30"],
        [8.0, "one\ntwo", None],
        [8.0, None, None],
    ]


@pytest.mark.parametrize("broken", ["<a", "<!DOCTYPE a [<!ENTITY b 'x'>]><a>&c;</a>", ""])
def test_a_broken_workbook_is_refused(tmp_path, broken):
    """Whatever its XML is."""
    path = tmp_path / "list.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", broken)
    with pytest.raises(InputError, match="broken workbook"):
        read_file(str(path))


# Header and columns


def test_the_header_is_found_below_titles():
    """Rows above it are passed over, and told; empty rows are counted apart."""
    made = sheet(
        ("Lieferliste",), (), ("Kunde", "PLZ", "Ort"), ("Ana", "4000", "Porto"), (), ("Rui", "4100", "Gaia")
    )
    assert [row.number for row in made.rows] == [4, 6]
    assert made.empty == 1
    assert "Header: row 3 (found by looking)." in made.told
    assert "Rows above the header, passed over: 1." in made.told


def test_a_list_without_header_is_understood_by_what_is_in_it():
    """No row is taken for a header that has values."""
    made = sheet(
        (
            "A1",
            "Rua das Flores 5, Porto",
            "41.15, -8.61",
            "8-10am",
            "2,5 kg",
            "10 min",
            "+351 22 000 0001",
            "a@b.pt",
        ),
        (
            "A2",
            "Rua Augusta 7, Porto",
            "41.16, -8.62",
            "after 3 pm",
            "3 kg",
            "15 min",
            "+351 22 000 0002",
            "c@d.pt",
        ),
    )
    assert [row.number for row in made.rows] == [1, 2]
    expected = ["stop_id", "address", "coordinates", "window", "demand", "service_min", "phone", "email"]
    assert list(fields_of(made).values()) == expected
    found = imported(made)
    assert [stop.lon_lat for stop in found.stops] == [(-8.61, 41.15), (-8.62, 41.16)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("Auftrag Nr.;Kunde;Straße;PLZ;Ort;Bemerkungen", "stop_id;name;street;postcode;city;notes"),
        (
            "Référence;Destinataire;Adresse;Code postal;Ville;Téléphone",
            "stop_id;name;address;postcode;city;phone",
        ),
        (
            "Encomenda;Cliente;Morada;Código postal;Localidade;Telemóvel",
            "stop_id;name;address;postcode;city;phone",
        ),
        ("Pedido;Nombre;Dirección;CP;Población;Correo", "stop_id;name;address;postcode;city;email"),
        (
            "ORDER_ID;Customer Name;Delivery Address;ZIP;Town;E-mail",
            "stop_id;name;address;postcode;city;email",
        ),
    ],
)
def test_columns_are_recognised_in_five_languages(names, expected):
    """With and without accents, blanks and signs."""
    header = tuple(names.split(";"))
    made = sheet(header, *(tuple(f"{name} {row}" for name in header) for row in "ab"), header=1)
    assert list(fields_of(made).values()) == expected.split(";")


def test_every_word_belongs_to_a_field_and_to_one_only():
    """A word of two fields would be taken by chance."""
    assert set(WORDS) <= set(KINDS)
    fields_of_word: dict[str, set[str]] = {}
    for field, words in WORDS.items():
        for word in words:
            fields_of_word.setdefault(header_name(word)[0], set()).add(field)
    assert {word: found for word, found in fields_of_word.items() if len(found) > 1} == {}


def test_a_word_is_not_believed_where_the_cells_say_otherwise():
    """From and to may be towns, a type may be anything."""
    made = sheet(("id", "from", "to", "type"), ("1", "Porto", "Gaia", "shop"), ("2", "Braga", "Maia", "home"))
    assert fields_of(made) == {"id": "stop_id"}
    hours = sheet(
        ("id", "from", "to", "type"), ("1", "8:00", "10:00", "pickup"), ("2", "9:00", "noon", "delivery")
    )
    assert fields_of(hours) == {"id": "stop_id", "from": "tw1_start", "to": "tw1_end", "type": "kind"}


def test_units_in_singular_and_plural_are_one():
    """Others are refused, where nobody can convert them."""
    pieces = sheet(("id", "address", "load"), ("1", "Rua A 1", "3 Stk."), ("2", "Rua A 2", "2 Stück"))
    assert codes(imported(pieces)) == {}
    rows = [
        ("1", "Rua A 1", "3 boxes"),
        ("2", "Rua A 2", "1 box"),
        ("3", "Rua A 3", "2 Boxes"),
        ("4", "Rua A 4", "1 kg"),
    ]
    found = imported(sheet(("id", "address", "load"), *rows))
    assert [stop.values["demand"] for stop in found.to_geocode] == [3, 1, 2]
    assert codes(found) == {5: "other_unit"}


def test_ids_are_no_southern_latitudes():
    """S1 and N2 are names of stops; one coordinate alone is passed over, and told."""
    made = sheet(("S1", "Main Street 5", "8:00", "10:00"), ("S2", "Oak Avenue 7", "9:00", "11:00"))
    assert list(fields_of(made).values()) == ["stop_id", "address", "tw1_start", "tw1_end"]
    lone = imported(sheet(("id", "address", "lat"), ("1", "Rua A 1", "41.15")))
    assert len(lone.to_geocode) == 1
    assert any("lat: passed over" in line for line in lone.told)


def test_two_columns_that_could_be_coordinates_are_not_guessed():
    """Only names, letters or what other columns say tell latitude from longitude."""
    plain = sheet(("id", "a", "b"), ("1", "41.15", "8.61"), ("2", "41.16", "8.62"))
    assert fields_of(plain) == {"id": "stop_id"}
    lettered = sheet(("id", "a", "b"), ("1", "8°36'W", "41°9'N"), ("2", "8°37'W", "41°10'N"))
    assert fields_of(lettered) == {"id": "stop_id", "a": "lon", "b": "lat"}


@pytest.mark.parametrize(
    "text",
    ["Kunde=name; Wo = address", '{"columns": {"Kunde": "name", "Wo": "address"}}', "Kunde=name\nWo=address"],
)
def test_a_mapping_is_text_or_json(text):
    """What SAVE_MAPPING writes is the second."""
    assert read_mapping(text) == {"Kunde": "name", "Wo": "address"}


@pytest.mark.parametrize("text", ["{", '{"columns": 1}', '{"columns": {"a": 1}}', "name"])
def test_a_mapping_that_is_none(text):
    """It is refused as a whole."""
    with pytest.raises(InputError):
        read_mapping(text)


# Rows


def test_what_the_column_says_holds_for_its_cells():
    """1.200 is a thousand where the column has decimal commas, and refused where it shows none."""
    rows = [("A1", "41.1", "-8.6", "1.200"), ("A2", "41.2", "-8.6", "3")]
    header = ("id", "lat", "lon", "weight")
    assert codes(imported(sheet(header, *rows))) == {2: "unclear_number"}
    found = imported(sheet(header, *rows, ("A3", "41.1", "-8.7", "2,5")))
    assert [stop.values["demand"] for stop in found.stops] == [1200, 3, 2.5]
    assert any("so are those that could be two numbers: 1" in line for line in found.told)


def test_an_address_in_parts_is_put_together():
    """Street and town make one; a row with neither has no place."""
    header = ("id", "street", "house number", "postcode", "city")
    found = imported(sheet(header, ("1", "Rua X", 12.0, "4000-123", "Porto"), ("2", "", 7.0, "", "")))
    assert [stop.values["address"] for stop in found.to_geocode] == ["Rua X 12, 4000-123 Porto"]
    assert codes(found) == {3: "no_place"}


@pytest.mark.parametrize("swapped", [1, 2, 3])
def test_rows_prove_that_others_are_swapped(swapped):
    """Up to a third of nine rows; the others are where they were."""
    rows = [(str(i), 41.15 + i / 1000, -8.61) for i in range(9)]
    for i in range(swapped):
        rows[i] = (rows[i][0], rows[i][2], rows[i][1])
    found = imported(sheet(("id", "lat", "lon"), *rows))
    assert [stop.lon_lat for stop in found.stops] == [(-8.61, 41.15 + i / 1000) for i in range(9)]


@pytest.mark.parametrize("swapped", [4, 5])
def test_rows_that_prove_nothing_are_not_swapped(swapped):
    """Half here and half there: all that could be swapped are rejected, none is moved."""
    rows = [(str(i), 41.15 + i / 1000, -8.61) for i in range(9)]
    for i in range(swapped):
        rows[i] = (rows[i][0], rows[i][2], rows[i][1])
    found = imported(sheet(("id", "lat", "lon"), *rows))
    assert set(codes(found).values()) == {"unclear_place"}
    given_places = {(row[2], row[1]) for row in rows}
    assert {stop.lon_lat for stop in found.stops} <= given_places


def test_a_longitude_beyond_90_proves_it_alone():
    """No latitude is 151 degrees."""
    found = imported(sheet(("id", "lat", "lon"), ("1", 151.2, -33.86)))
    assert [stop.lon_lat for stop in found.stops] == [(151.2, -33.86)]


def test_a_stop_far_away_is_told_and_kept():
    """It may be right."""
    rows = [(str(i), 41.15 + i / 1000, -8.61) for i in range(5)]
    found = imported(sheet(("id", "lat", "lon"), *rows, ("9", 60.17, 24.94)))
    assert len(found.stops) == 6
    assert any("but accepted: row 7" in line for line in found.told)


def test_sums_and_headers_among_the_rows_are_no_stops():
    """A customer called Total with an address is one."""
    header = ("name", "address", "weight")
    rows = (
        ("Ana", "Rua A 1", 2.0),
        header,
        ("Total Energy", "Rua B 2", 3.0),
        ("Total", "", 5.0),
        ("Sum:", "", "=A1"),
    )
    found = imported(sheet(header, *rows))
    assert codes(found) == {3: "header_again", 5: "total_row", 6: "total_row"}
    assert [stop.values["name"] for stop in found.to_geocode] == ["Ana", "Total Energy"]


def test_windows_in_one_column_and_in_two():
    """Three at most, and not in both ways."""
    header = ("id", "address", "window", "tw1_start")
    rows = (
        ("1", "Rua A 1", "8-10, 11-12, 14-16", ""),
        ("2", "Rua A 2", "8-10, 11-12, 14-16, 18-20", ""),
        ("3", "Rua A 3", "8-10", "08:00"),
        ("4", "Rua A 4", "22:00-02:00", ""),
    )
    found = imported(sheet(header, *rows))
    assert codes(found) == {3: "too_many_windows", 4: "conflicting_windows"}
    assert found.to_geocode[0].values["tw3_end"] == "16:00"
    assert any("end on the next day: row 5" in line for line in found.told)


HOSTILE = st.one_of(
    st.none(),
    st.floats(allow_nan=False),
    st.sampled_from(
        [
            "",
            "0",
            "41,15",
            "-8.61",
            "8-10",
            "2-4",
            "A1",
            "1.200",
            "=1+1",
            "Total",
            "id",
            "Rua X 1",
            "41.1, -8.6",
            "x",
        ]
    ),
    st.text(max_size=8),
)
NAMES = st.sampled_from(
    ["id", "name", "lat", "lon", "address", "window", "kg", "", "ID", "gps", "fid", "from", "to"]
)


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(
            st.lists(NAMES, min_size=n, max_size=n), st.lists(st.lists(HOSTILE, max_size=n + 1), max_size=8)
        )
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_row_of_any_table_is_in_one_list(qgis_app, table):
    """Accepted, to be geocoded and rejected are the rows with content, each once and in their order."""
    header, rows = table
    made = sheet_of(Grid([list(header), *rows]), None)
    found = imported(made)
    numbers = [one.row.number for one in (*found.stops, *found.to_geocode, *found.rejected)]
    assert sorted(numbers) == [row.number for row in made.rows]
    assert all(one.lon_lat is not None for one in found.stops)
    assert all(one.lon_lat is None and one.address for one in found.to_geocode)
    ids = [one.values["stop_id"] for one in (*found.stops, *found.to_geocode)]
    assert len(ids) == len(set(ids))
    assert all(one.fault.code in CODES and one.fault.text and one.fault.remedy for one in found.rejected)


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(qgis_app, tmp_path_factory, content):
    """With a sentence for users, and nothing else."""
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        imported(sheet_of(read_file(str(path)), None))
    except InputError as error:
        assert error.problems


def test_every_code_is_in_the_page(checkout):
    """Whoever looks up why a row was rejected finds it."""
    page = (checkout / "docs" / "importing.md").read_text(encoding="utf-8")
    assert [code for code in CODES if f"| `{code}` |" not in page] == []
    assert [name for name in KINDS if f"`{name}`" not in page and name not in _of_plans()] == []


def _of_plans() -> set[str]:
    """Fields of stops that docs/fields.md describes."""
    from optiway_qgis.layers.fields import STOP_FIELDS

    return {field.name for field in STOP_FIELDS}
