"""What drivers are given, read back by parsers of other people: GPX, calendar, JSON, CSV, HTML."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import datetime, timezone
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import gpxpy
import icalendar
import pytest

from optiway_qgis.reports.driver_index import driver_index
from optiway_qgis.reports.driver_package import FORMATS, driver_files, folder_names, public_files
from optiway_qgis.reports.driver_tables import PUBLIC_COLUMNS, loading_csv, loadings
from optiway_qgis.reports.driver_words import WORDS, dialled
from tests.made_days import HOSTILE, PRIVATE, SECRET, at, driver_day, full_day, visit

MADE_AT = datetime(2026, 5, 3, 20, 0, tzinfo=timezone.utc)
VOID = {"meta", "img", "br", "link", "input"}
_TEXTS = ["name", "cmt", "desc", "src", "link"]
_POINT = [
    *("ele", "time", "magvar", "geoidheight", *_TEXTS, "sym", "type", "fix", "sat", "hdop", "vdop", "pdop"),
    *("ageofdgpsdata", "dgpsid", "extensions"),
]
SCHEMA = {
    "gpx": ["metadata", "wpt", "rte", "trk", "extensions"],
    "metadata": ["name", "desc", "author", "copyright", "link", "time", "keywords", "bounds", "extensions"],
    "wpt": _POINT,
    "rte": [*_TEXTS, "number", "type", "extensions", "rtept"],
    "rtept": _POINT,
    "trk": [*_TEXTS, "number", "type", "extensions", "trkseg"],
    "trkseg": ["trkpt", "extensions"],
    "trkpt": _POINT,
}
"""The sequences of gpx.xsd 1.1: element -> what it may hold, in this order."""
REPEATED = {"wpt", "rte", "trk", "rtept", "trkseg", "trkpt", "link"}
ATTRIBUTES = {"gpx": {"version", "creator"}, **{key: {"lat", "lon"} for key in ("wpt", "rtept", "trkpt")}}
GPX = "{http://www.topografix.com/GPX/1/1}"


def files(day=None, **changes) -> dict[str, str]:
    """All files of a day, by their endings."""
    made = driver_files(day or driver_day(**changes), "V1", FORMATS, WORDS, MADE_AT)
    return {name.removeprefix("V1").lstrip("._"): text for name, text in made.items()}


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


class Page(HTMLParser):
    """The elements of a page, checked to be closed in the order they were opened."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.sources: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] in ("script", "style"):
            self.sources[self._open[-1]] = data
        else:
            self.texts.append(data)

    def links(self) -> list[str]:
        """Where the page leads to."""
        return [attributes["href"] for tag, attributes in self.elements if tag == "a"]


@pytest.mark.parametrize("name", ["html", "gpx", "kml", "geojson", "ics"])
def test_what_the_driver_must_know_is_in_every_file(name):
    """Who reads only one of them still gets in."""
    text = files()[name]
    text = text.replace("\r\n ", "") if name == "ics" else text
    for known in (
        SECRET,
        PRIVATE["access_code"],
        PRIVATE["access_notes"],
        PRIVATE["phone"],
        PRIVATE["email"],
    ):
        assert known in text


def test_public_files_and_the_index_hold_nothing_personal():
    """They name what they hold, column by column."""
    day = driver_day()
    texts = [*public_files([day]).values(), driver_index([(day, ["V1/V1.html"])], ["public/a.csv"], WORDS)]
    for text in texts:
        for known in (*PRIVATE.values(), "Café", "Rua X"):
            assert known not in text
    rows = rows_of(public_files([day])["arrivals.csv"])
    assert tuple(rows[0]) == PUBLIC_COLUMNS
    assert [row["stop_id"] for row in rows] == ["S1", "S2", "S4", "S5", "S6", "S7"]
    assert rows[1]["eta"] == "2026-05-04T09:05:30+01:00"
    features = json.loads(public_files([day])["routes.geojson"])["features"]
    assert {tuple(one["properties"]) for one in features} == {("plan_date", "vehicle_id"), PUBLIC_COLUMNS}


def test_gpx_is_read_back():
    """A waypoint for each visit, the way still to go as a route, the legs as a track."""
    read = gpxpy.parse(files()["gpx"])
    assert [point.name for point in read.waypoints][:3] == [
        "Start: Depot North",
        "1. S1",
        "2. Café, Lisboa; Ltd",
    ]
    (route,) = read.routes
    assert [point.name.split(". ")[-1] for point in route.points] == [
        *(
            "Start: Depot North",
            "Café, Lisboa; Ltd",
            "Fetch goods: V2 stands here",
            "S4",
            "Reload: Depot North",
        ),
        *("S5", "S6", "S7", "End: Depot North"),
    ]
    assert (route.points[1].latitude, route.points[1].longitude) == (41.104, -8.605)
    assert "Notes: Gate 4711#" in route.points[1].description
    (track,) = read.tracks
    assert [len(segment.points) for segment in track.segments] == [2, 2]
    assert not gpxpy.parse(files(ways=())["gpx"]).tracks


def test_gpx_keeps_the_schema():
    """Order, attributes and ranges of gpx.xsd; a device that holds to it opens the file."""
    day = driver_day(visit("start", "D1", 0, "08:00:00"), replace(full_day()[2], place=far_east()))
    root = ElementTree.fromstring(files(day)["gpx"])
    assert (root.tag, root.get("version")) == (f"{GPX}gpx", "1.1")
    elements = {element.tag.removeprefix(GPX): element for element in root.iter()}
    assert {"metadata", "wpt", "rte", "rtept", "trk", "trkseg", "trkpt"} <= elements.keys()
    for element in root.iter():
        name = element.tag.removeprefix(GPX)
        assert set(element.attrib) == ATTRIBUTES.get(name, set())
        children = [child.tag.removeprefix(GPX) for child in element]
        assert children == sorted(children, key=SCHEMA.get(name, []).index)
        once = [child for child in children if child not in REPEATED]
        assert len(set(once)) == len(once)
        assert not children or not (element.text or "").strip()
        if "lat" in element.attrib:
            assert re.fullmatch(r"-?\d+\.\d+", element.get("lat"))
            assert re.fullmatch(r"-?\d+\.\d+", element.get("lon"))
            assert -90 <= float(element.get("lat")) <= 90
            assert -180 <= float(element.get("lon")) < 180


def far_east():
    """A place on the date line."""
    return replace(full_day()[2].place, lon=180.0)


def test_kml_shows_text_as_text():
    """Descriptions are HTML to those who read KML: names and notes are escaped within it."""
    day = driver_day(replace(full_day()[2], notes="<b>ring</b> & wait"))
    root = ElementTree.fromstring(files(day)["kml"])
    (description,) = root.iter("{http://www.opengis.net/kml/2.2}description")
    assert "<p>Notes: &lt;b&gt;ring&lt;/b&gt; &amp; wait</p>" in description.text


def test_the_calendar_is_read_back():
    """An event for each stop, in UTC, cancelled ones as cancelled."""
    text = files()["ics"]
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in events][:2] == ["1. S1", "2. Café, Lisboa; Ltd"]
    assert len(events) == 7
    second = events[1]
    assert second.start == datetime(2026, 5, 4, 8, 5, 30, tzinfo=timezone.utc)
    assert second.end == datetime(2026, 5, 4, 8, 15, 30, tzinfo=timezone.utc)
    assert "SUMMARY:2. Café\\, Lisboa\\; Ltd\r\n" in text
    assert (second["SEQUENCE"], str(second["LOCATION"])) == (2, "Rua X 12\n1100 Lisboa")
    assert (second["GEO"].latitude, second["GEO"].longitude) == (41.104, -8.605)
    assert f"Notes: {SECRET}" in str(second["DESCRIPTION"]).split("\n")
    assert [str(event["STATUS"]) for event in events].count("CANCELLED") == 1
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")


def test_a_later_version_changes_events_and_adds_none():
    """The same stops have the same UIDs, whoever serves them and when; all are different."""

    def uids(day):
        return [str(event["UID"]) for event in icalendar.Calendar.from_ical(files(day)["ics"]).walk("VEVENT")]

    first = uids(driver_day())
    moved = [replace(one, eta=at("16:00:00"), end=at("16:30:00")) for one in full_day()]
    assert uids(driver_day(*moved, version=3, vehicle_id="V2", plan_id="p-2")) == first
    assert len(set(first)) == len(first)


def test_long_and_strange_texts_survive_the_calendar():
    """Lines are folded between characters, never within one."""
    notes = "Ω" * 100 + "; back\\slash, end\r\nnext €" + "😀" * 60
    day = driver_day(replace(full_day()[2], notes=notes, id="ü/1;2"))
    (event,) = icalendar.Calendar.from_ical(files(day)["ics"]).walk("VEVENT")
    assert notes.replace("\r\n", "\n") in str(event["DESCRIPTION"])


def test_geojson_holds_all_that_is_known():
    """Points with the fields of the stop, and the way."""
    features = json.loads(files()["geojson"])["features"]
    known = features[2]["properties"]
    assert (known["notes"], known["eta"], known["delivery"]) == (
        SECRET,
        "2026-05-04T09:05:30+01:00",
        "3.5 / 1",
    )
    assert features[-1]["geometry"]["coordinates"] == [[-8.6, 41.1], [-8.603, 41.102], [-8.61, 41.11]]
    nowhere = driver_day(replace(full_day()[2], place=None))
    assert json.loads(files(nowhere)["geojson"])["features"][0]["geometry"] is None


def test_the_page_has_the_next_stop_on_top():
    """What is over is behind it; breaks, reloads and transfers are in the list, what is cancelled is not."""
    page = Page(files()["html"])
    items = [attributes for tag, attributes in page.elements if tag == "li"]
    kinds = [item["class"].split()[1] for item in items]
    assert kinds == [
        *("start", "stop", "stop", "transfer", "stop", "break", "reload", "stop", "stop", "stop", "end")
    ]
    assert [item["class"].split()[2:] for item in items][:3] == [["next"], ["done"], []]
    assert "data-behind" in items[1]
    assert len({item["data-key"] for item in items}) == len(items)
    everything = " ".join(page.texts)
    window = "09:00\N{EN DASH}12:00"
    for told in ("09:05", window, "7 min late", "Break", "Fetch goods", "Europe/Lisbon", "41 km"):
        assert told in everything


def test_every_stop_is_on_the_map():
    """Also where the legs do not reach it, as when they are of another version."""
    page = Page(files()["html"])
    (view,) = [attributes["viewbox"] for tag, attributes in page.elements if tag == "svg"]
    width, height = (float(side) for side in view.split()[2:])
    circles = [attributes for tag, attributes in page.elements if tag == "circle"]
    assert len(circles) == len(driver_day().stops)
    assert all(0 < float(one["cx"]) < width and 0 < float(one["cy"]) < height for one in circles)


def test_links_of_the_page_lead_to_what_is_still_to_do():
    """Done and cancelled stops are in no link of the whole route; each stop has its own four."""
    links = Page(files()["html"]).links()
    chain = [url for url in links if "/maps/dir/" in url and "dir_action" not in url]
    reached = []
    for url in chain:
        asked = parse_qs(urlsplit(url).query)
        reached += [*asked.get("waypoints", [""])[0].split("|"), asked["destination"][0]]
    day = driver_day()
    assert reached == [visit.place.text for visit in day.to_reach]
    assert [one.id for one in day.to_reach] == ["S2", "V2 stands here", "S4", "D1", "S5", "S6", "S7", "D1"]
    assert "origin=41.100000%2C-8.600000" in chain[0]
    for start in ("https://waze.com/ul?", "https://maps.apple.com/?daddr", "geo:"):
        assert sum(url.startswith(start) for url in links) == 10
    assert "tel:+351215550100" in links
    under_way = driver_day(*(replace(one, behind=one.sequence < 2) for one in full_day()))
    first = next(url for url in Page(files(under_way)["html"]).links() if "waypoints" in url)
    assert "origin" not in first


def test_the_page_loads_nothing_and_runs_only_its_own_script():
    """A strict policy with the hashes of what is in it, and no attribute that would need more."""
    page = Page(files()["html"])
    metas = [attributes for tag, attributes in page.elements if tag == "meta"]
    (policy,) = [meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for name in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.sources[name].encode()).digest()).decode()
        assert rules[f"{name}-src"] == f"'sha256-{digest}'"
    names = {name for _, attributes in page.elements for name in attributes}
    assert not names & {"src", "srcset", "style", "action"}
    assert not [name for name in names if name.startswith("on")]
    assert not re.search(r"url\(|@import", page.sources["style"])


def test_markup_in_names_is_text():
    """It is shown as it was typed, in the page, in the index and in the files of XML."""
    texts = {key: HOSTILE for key in ("name", "address", "notes", "phone", "email", "access_code")}
    day = driver_day(replace(full_day()[2], id=HOSTILE, **texts), vehicle_id=HOSTILE, driver=HOSTILE)
    made = files(day)
    for text in (made["html"], driver_index([(day, ["a/b.html"])], [], WORDS)):
        page = Page(text)
        assert sum(tag == "script" for tag, _ in page.elements) == 1
        assert not any(tag == "img" for tag, _ in page.elements)
    assert HOSTILE in Page(made["html"]).texts
    assert gpxpy.parse(made["gpx"]).routes[0].points[0].name == f"2. {HOSTILE}"
    ElementTree.fromstring(made["kml"])


def test_texts_that_xml_has_no_characters_for():
    """A control character from a scanner must not make the file unreadable."""
    day = driver_day(replace(full_day()[2], name="a\x00b\x0b\ufffec\ud800"))
    made = files(day)
    assert gpxpy.parse(made["gpx"]).routes[0].points[0].name == "2. a\ufffdb\ufffd\ufffdc\ufffd"
    for text in made.values():
        text.encode()


def test_loading_is_in_reverse_order_of_the_stops():
    """What is delivered last goes in first; each reload and transfer has goods of its own."""
    before = tuple(replace(one, behind=False) for one in full_day())
    found = [(one.at.id, one.trip, [stop.id for stop in one.stops]) for one in loadings(driver_day(*before))]
    assert found == [
        ("D1", 1, ["S2", "S1"]),
        ("V2 stands here", 1, ["S4"]),
        ("D1", 2, ["S6", "S5"]),
    ]
    rows = rows_of(loading_csv(driver_day(*before), WORDS))
    assert [(row["Stop id"], row["Load order"], row["Loaded at"]) for row in rows][:2] == [
        ("S2", "1", "Depot North"),
        ("S1", "2", "Depot North"),
    ]
    assert (rows[0]["Quantity 1"], rows[0]["Quantity 2"]) == ("3.5", "1")


def test_what_is_on_board_already_is_not_loaded_again():
    """Under way only what is still to be fetched is in the list."""
    left = tuple(replace(one, behind=one.sequence < 5) for one in full_day())
    assert [[stop.id for stop in one.stops] for one in loadings(driver_day(*left))] == [["S6", "S5"]]


def test_without_quantities_every_stop_is_loaded():
    """Nobody says how much it is, and it is to be on board all the same; what another stop hands over is
    not."""
    stops = [visit("stop", f"S{number}", number, "09:00:00") for number in (1, 2, 3)]
    stops[1] = replace(stops[1], pair_id="p")
    (loading,) = loadings(driver_day(*stops))
    assert (loading.at, [stop.id for stop in loading.stops]) == (None, ["S3", "S1"])


@pytest.mark.parametrize("opening", ["=", "+", "-", "@", "\t", "\r"])
def test_cells_cannot_run_as_formulas(opening):
    """A customer called =HYPERLINK(...) is a text to a spreadsheet."""
    evil = f'{opening}HYPERLINK("http://x","y")'
    day = driver_day(replace(full_day()[2], id=evil, name=evil, address=evil), vehicle_id=evil)
    (row,) = rows_of(loading_csv(day, WORDS))
    (public,) = rows_of(public_files([day])["arrivals.csv"])
    for cell in (row["Stop id"], row["Name"], row["Address"], public["stop_id"], public["vehicle_id"]):
        assert cell == f"'{evil}"


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+351 (0)21 555-0100", "+351215550100"),
        ("Tel. 01632 960001 ext 12", "01632960001"),
        ("0351/4960-1; 0171 555", "035149601"),
        ("(0)30 1234", "0301234"),
        ("ask at the gate", ""),
        ("", ""),
    ],
)
def test_the_number_that_is_dialled(written, number):
    """Of what people write into a field for it."""
    assert dialled(written) == number


def test_folders_have_names_that_every_system_takes():
    """No way out of the folder, no device of Windows, no two that differ in case only."""
    ids = ["../../etc", "CON", "V1", "v1", "João/Š 1", "", "public", "x" * 300, "张伟"]
    names = folder_names([driver_day(vehicle_id=name, driver="") for name in ids])
    assert names[:7] == ["etc", "CON_2", "V1", "v1_2", "Joao_S_1", "route", "public_2"]
    assert len(names[7]) == 60
    assert names[8] == "张伟"
    assert len({name.lower() for name in names}) == len(names)
    assert folder_names([driver_day()]) == ["V1_Marta"]


def test_a_day_without_visits_has_files():
    """All of it was cancelled: the driver reads that there is nothing to do."""
    day = driver_day(replace(full_day()[2], cancelled=True), ways=())
    made = files(day)
    assert WORDS["nothing"] in " ".join(Page(made["html"]).texts)
    assert gpxpy.parse(made["gpx"]).routes[0].points == []
    assert rows_of(made["loading.csv"]) == []
