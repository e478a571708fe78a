"""route_sheets: PDFs as a driver gets them, read by other programs: poppler and zxing."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zxingcpp
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsLayoutExporter,
    QgsLayoutItem,
    QgsLayoutItemPage,
    QgsPrintLayout,
    QgsProcessingException,
    QgsProject,
    QgsReadWriteContext,
)
from qgis.PyQt.QtXml import QDomDocument

from optiway_qgis.layers.route_template import make_template
from optiway_qgis.layers.sheet_page import Ink, shortened, wrapped
from tests.made_layers import Log, layer

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2026-05-04"
TEXTS = ("driver", "name", "address", "phone", "notes", "access_code", "access_notes", "tw1_start", "tw1_end")
TYPES = {
    **dict.fromkeys(("start_time", "end_time", "eta", "actual_arrival"), "datetime"),
    **dict.fromkeys((*TEXTS, "status", "stop_id"), "string"),
    **dict.fromkeys(("load_1", "delivery_1", "delivery_2"), "double"),
    "notes": "string(0)",
    "fetched_at": "integer",
}
HOSTILE = "<b>Bold & Brash</b> [% 6 * 7 %] $CURRENT_DATE"
HEBREW = "מאפיית השלום"
PLACE = re.compile(r"-?\d+\.\d+,-?\d+\.\d+")


def row(number: int, kind: str = "stop", vehicle: str = "V1", **values: Any) -> dict[str, Any]:
    """A visit, a quarter of an hour after the one before and some hundred metres on."""
    clock = f"{DAY}T{6 + number // 4:02}:{number % 4 * 15:02}:00"
    depot = {"stop_id": "D1", "name": "North Yard"} if kind in ("start", "end") else {}
    return {
        "at": (-8.6 + 0.003 * number, 41.1 + 0.004 * (number % 3)),
        **dict.fromkeys(TYPES),
        **dict.fromkeys(("start_time", "end_time", "eta"), clock),
        "plan_id": "p-1",
        "version": 3,
        "route_id": vehicle,
        "vehicle_id": vehicle,
        "driver": "Marta",
        "trip": 1,
        "sequence": number,
        "visit_type": kind,
        "planned_service_min": 5.0,
        "distance_km": 1.5,
        "load_1": 40.0,
        "status": "planned",
        "stop_id": f"S{number}",
        "name": f"Customer {number}",
        **depot,
        **values,
    }


def long_day() -> list[dict[str, Any]]:
    """31 stops, with all that may stand on a sheet."""
    told = {
        2: {
            "notes": "Gate 4711#",
            "access_code": "98#76",
            "access_notes": "second bell",
            "phone": "01632 960001",
        },
        3: {"name": HOSTILE, "address": "Saddler Alley 3"},
        4: {"name": HEBREW, "tw1_start": "06:30", "tw1_end": "09:00"},
        5: {"notes": " ".join(f"word{number}" for number in range(1200))},
    }
    stops = [row(n, delivery_1=float(n), delivery_2=0.5, **told.get(n, {})) for n in range(1, 32)]
    return [row(0, "start"), *stops, row(32, "end")]


def visits(rows) -> Any:
    """A layer of visits."""
    return layer(rows, name="Visits", types=TYPES)


@pytest.fixture
def write(run_algorithm, monkeypatch, tmp_path):
    """A function (rows, **parameters) -> Outcome; there is no engine. The sheets are in tmp_path."""
    monkeypatch.setenv("OPTIWAY_PYTHON", "/nowhere/python")

    def run(rows, log: Log | None = None, **parameters: Any):
        given = {"PLAN": visits(rows), "FOLDER": str(tmp_path), "TIME_ZONE": "Europe/Lisbon"}
        return run_algorithm("route_sheets", log, **{**given, **parameters})

    return run


def text_of(path: Path) -> str:
    """The text of a PDF, line by line as it stands on the pages."""
    command = ["pdftotext", "-layout", str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def pages_of(path: Path) -> list[np.ndarray]:
    """Pictures of the pages in grey."""
    target = path.with_suffix("")
    subprocess.run(["pdftoppm", "-r", "150", "-gray", str(path), str(target)], check=True)
    return [grey(picture) for picture in sorted(path.parent.glob(f"{target.name}-*.pgm"))]


def grey(path: Path) -> np.ndarray:
    """A picture in the portable graymap format."""
    head, size, _, pixels = path.read_bytes().split(b"\n", 3)
    if head != b"P5":
        raise ValueError(path)
    width, height = map(int, size.split())
    return np.frombuffer(pixels, dtype=np.uint8).reshape(height, width)


def codes_of(path: Path) -> list[str]:
    """What the codes of all pages hold, from top to bottom and from left to right."""
    found = []
    for page in pages_of(path):
        read = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormat.QRCode)
        found += sorted(read, key=lambda code: (code.position.top_left.y // 20, code.position.top_left.x))
    return [code.text for code in found]


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """A folder for all tests."""
    return tmp_path_factory.mktemp("sheets")


@pytest.fixture
def sheet(write, kept) -> Path:
    """The sheet of the long day, written once."""
    path = kept / "route_V1.pdf"
    if not path.exists():
        outcome = write(long_day(), FOLDER=str(kept))
        assert (outcome.results["SHEET_COUNT"], outcome.results["STOP_COUNT"]) == (1, 31)
    return path


def test_all_that_the_driver_needs_is_on_the_sheet(sheet):
    """As text that can be found, and as it is in the layer: no markup and no expression does anything."""
    text = text_of(sheet)
    for told in (
        "V1 · Marta",
        "Version 3",
        "Europe/Lisbon",
        "Gate 4711#",
        "98#76",
        "second bell",
        "01632 960001",
    ):
        assert told in text, told
    plain = re.sub(r"\s+", " ", text.replace("\N{WORD JOINER}", ""))
    assert "<b>Bold & Brash</b> [% 6 * 7 %]" in plain
    assert "$CURRENT_DATE" in plain
    assert "06:30\N{EN DASH}09:00" in text
    assert "Customer 31" in text
    assert all(f"word{number}" in text for number in range(1200))


def test_letters_from_right_to_left_are_all_there(sheet):
    """In whichever order a reader of PDFs puts them out."""
    assert set(HEBREW.replace(" ", "")) <= set(text_of(sheet))


def test_all_fonts_are_in_the_file(sheet):
    """It is printed elsewhere, on a computer with other fonts."""
    told = subprocess.run(["pdffonts", str(sheet)], capture_output=True, text=True, check=True).stdout
    fonts = [line.split() for line in told.splitlines()[2:]]
    assert fonts
    assert all(font[-5] == "yes" for font in fonts), told


def test_the_loading_list_begins_with_the_last_stop(sheet):
    """First in is last out; the sums are those of all stops."""
    text = text_of(sheet).split("Loading list")[1]
    loaded = re.findall(r"^[\f ]*\d+ +(\d+) +.+? +[\d.]+ +0\.5$", text, flags=re.MULTILINE)
    assert loaded == [str(number) for number in range(31, 0, -1)]
    assert re.search(r"Sum +496 +15\.5", text)


def test_each_code_is_read_from_the_paper(sheet):
    """A code for each stop, and a chain that visits each stop once, in order, and ends at the depot."""
    rows = long_day()
    places = [f"{one['at'][1]:.6f},{one['at'][0]:.6f}" for one in rows]
    codes = codes_of(sheet)
    chain = [code for code in codes if "navigate" not in code]
    stops = [PLACE.findall(code.replace("%2C", ",")) for code in codes if "navigate" in code]
    assert stops == [[place] for place in places[1:-1]]
    legs = [PLACE.findall(code.replace("%2C", ",").replace("%7C", "|")) for code in chain]
    # A link names origin, destination, then what lies between.
    ways = [[origin, *between, goal] for origin, goal, *between in legs]
    assert [way[0] for way in ways[1:]] == [way[-1] for way in ways[:-1]]
    assert [place for way in ways for place in way[1:]] == places[1:]
    assert ways[0][0] == places[0]
    assert max(len(way) for way in ways) <= 11


def test_codes_of_stops_may_be_for_any_map_app(write, tmp_path):
    """geo: URIs need no account and no company."""
    write([row(0, "start"), row(1), row(2)], CODE="geo")
    codes = codes_of(tmp_path / "route_V1.pdf")
    assert len([code for code in codes if code.startswith("geo:41.1")]) == 2


def test_the_map_has_the_way_and_what_lies_below(write, tmp_path):
    """The way in the colour of the route, the streets in grey, and whose data they are."""
    streets = layer([{"at": "LineString (-8.7 41.1, -8.5 41.108)", "class": "road"}], kind="LineString")
    metadata = streets.metadata()
    metadata.setRights(["Made by the town of Quillbrook"])
    streets.setMetadata(metadata)
    write([row(0, "start"), row(1), row(2)], BACKGROUND=streets)
    pages = tmp_path / "route_V1.pdf"
    assert "Made by the town of Quillbrook" in text_of(pages)
    subprocess.run(
        ["pdftoppm", "-r", "60", "-f", "1", "-l", "1", str(pages), str(tmp_path / "map")], check=True
    )
    (picture,) = tmp_path.glob("map-*.ppm")
    _, size, _, pixels = picture.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    image = np.frombuffer(pixels, dtype=np.uint8).reshape(height, width, 3).astype(int)
    on_map = image[120:350]
    assert (np.abs(on_map - (0x00, 0x72, 0xB2)).max(axis=2) < 12).sum() > 50
    assert (np.abs(on_map - (0xD3, 0xD8, 0xDE)).max(axis=2) < 12).sum() > 100


def test_a_sheet_for_each_route_or_for_some(write, tmp_path):
    """Names of vehicles become names of files that every system takes, and no sheet is lost by that."""
    rows = [row(1, vehicle=name) for name in ("Van 1/2", "van 1:2", "..")]
    outcome = write(rows)
    names = {"route_Van_1_2.pdf", "route_van_1_2_2.pdf", "route_sheet.pdf"}
    assert {path.name for path in tmp_path.glob("*.pdf")} == names
    assert outcome.results["SHEET_COUNT"] == 3
    for path in tmp_path.glob("*.pdf"):
        path.unlink()
    write(rows, DRIVERS="..")
    assert [path.name for path in tmp_path.glob("*.pdf")] == ["route_sheet.pdf"]


def test_a_route_without_places_has_a_sheet(write, tmp_path):
    """A stop that nobody has placed is in the list, without a code."""
    write([row(1, at=None, notes="Gate 4711#")])
    assert "Gate 4711#" in text_of(tmp_path / "route_V1.pdf")


def test_a_folder_that_cannot_be_written_is_told(write, tmp_path):
    """With the path, and what to do."""
    (tmp_path / "route_V1.pdf").mkdir()
    with pytest.raises(QgsProcessingException, match=r"route_V1\.pdf cannot be written"):
        write([row(1)])


def test_a_run_that_is_cancelled_writes_no_more(write, tmp_path):
    """And says so."""
    outcome = write([row(1)], Log(cancel_at="times in"))
    assert list(tmp_path.iterdir()) == []
    assert "SHEET_COUNT" not in outcome.results


@pytest.mark.parametrize("width", [12.0, 40.0, 100.0])
def test_no_line_is_wider_than_its_column(qgis_app, width):
    """And no sign is lost where lines are broken, within long words either."""
    ink = Ink(9)
    text = f"short words and {'x' * 90} Donaudampfschifffahrt {HEBREW}\nsecond line"
    lines = wrapped(text, ink, width)
    assert all(ink.width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert ink.width_of(shortened(text, ink, width)) <= width


def loaded_template(checkout: Path, project: QgsProject) -> QgsPrintLayout:
    """The template as a user loads it."""
    template = checkout / "optiway_qgis" / "resources" / "layouts" / "route_sheet.qpt"
    document = QDomDocument()
    document.setContent(template.read_text(encoding="utf-8"))
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    _, was_read = layout.loadFromTemplate(document, QgsReadWriteContext())
    assert was_read
    return layout


def described(layout: QgsPrintLayout) -> list[tuple[str, str, float, float]]:
    """Kind, text and place of each item."""
    return sorted(
        (
            type(item).__name__,
            getattr(item, "text", str)(),
            round(item.pos().x(), 2),
            round(item.pos().y(), 2),
        )
        for item in layout.items()
        if isinstance(item, QgsLayoutItem) and not isinstance(item, QgsLayoutItemPage)
    )


def test_the_template_is_the_one_the_code_makes(qgis_new_project, checkout):
    """Who changes the code runs scripts/make_layouts.py."""
    project = QgsProject.instance()
    loaded, made = loaded_template(checkout, project), make_template(project)
    assert described(loaded) == described(made)
    assert len(described(made)) > 15
    assert loaded.customProperty("variableValues") == made.customProperty("variableValues") == ["Visits"]


def test_the_template_makes_a_page_for_each_route(qgis_new_project, checkout, tmp_path):
    """With the layers as a plan has them, whatever fields the stops have."""
    project = QgsProject.instance()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    rows = [*long_day()[:5], *(row(n, vehicle="V2", address="Rua X 12") for n in (1, 2))]
    for one in rows:
        del one["access_notes"]
    line = "LineString (-8.6 41.1, -8.5 41.15)"
    columns = {
        "start_time": f"{DAY}T08:00:00",
        "end_time": f"{DAY}T12:00:00",
        "driver": "Marta",
        "version": 3,
    }
    figures = {
        "stops": 4,
        "distance_km": 9.5,
        "drive_min": 30.0,
        "load_pct": 80.0,
        "time_zone": "Europe/Lisbon",
    }
    routes = layer(
        [{"at": line, "route_id": name, "vehicle_id": name, **columns, **figures} for name in ("V1", "V2")],
        kind="LineString",
        name="Routes",
        types={"start_time": "datetime", "end_time": "datetime"},
    )
    project.addMapLayers([routes, visits(rows)])
    layout = loaded_template(checkout, project)
    layout.atlas().setCoverageLayer(routes)
    target = tmp_path / "atlas.pdf"
    settings = QgsLayoutExporter.PdfExportSettings()
    result, told = QgsLayoutExporter.exportToPdf(layout.atlas(), str(target), settings)
    assert result == QgsLayoutExporter.ExportResult.Success, told
    first, second, rest = re.sub(r" +", " ", text_of(target)).split("\f")
    assert rest == ""
    assert "V1 · Marta" in first
    assert "Code 98#76 · Gate 4711# · 01632 960001" in first
    assert "Gate 4711#" not in second
    assert re.findall(r"^ ?(\d) \d\d:\d\d (.+)$", second, re.MULTILINE) == [
        ("1", "Customer 1 · Rua X 12"),
        ("2", "Customer 2 · Rua X 12"),
    ]


def test_the_template_names_nothing_of_this_computer(checkout):
    """It is read everywhere: no path, and none of the random ids that QGIS gives."""
    text = (checkout / "optiway_qgis" / "resources" / "layouts" / "route_sheet.qpt").read_text(
        encoding="utf-8"
    )
    assert not re.search(r"/(?:home|root|work|usr)/|[0-9a-f]{8}-[0-9a-f]{4}-", text)
