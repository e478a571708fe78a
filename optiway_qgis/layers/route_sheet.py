"""The sheet of a route on paper: a PDF with head, map, stop list, loading list and QR codes for the driver.

A day is read elsewhere, and every word that is not of the layers comes with the options. How things come on a
page is sheet_page.py's, the map sheet_map.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping, Sequence

from qgis.core import Qgis, QgsCoordinateReferenceSystem, QgsLayout, QgsLayoutExporter
from qgis.PyQt.QtCore import QDate, QLocale, Qt

from ..model.errors import InputError, JobCancelled
from ..model.links import GEO, GOOGLE, GOOGLE_WAYPOINTS, STOP_LINKS, google_chain
from ..model.palette import ALARM_COLOUR, route_colour
from ..model.plan import VISIT_BREAK, VISIT_END, VISIT_START
from ..model.qr import qr_svg
from .qgis_compat import blank_project
from .sheet_map import MERCATOR, SCALE_BAR, put_map
from .sheet_page import BOTTOM, HAIR, HEIGHT, INK, LEFT, QUIET, RIGHT, TOP, Ink, Pages, shortened, wrapped
from .symbols import readable_on

if TYPE_CHECKING:
    from pathlib import Path

    from qgis.core import QgsCoordinateTransformContext, QgsMapLayer, QgsProcessingFeedback

    from ..model.driver_day import DayVisit, DriverDay

WORDS = {
    "sheet": "Route sheet",
    "distance": "Distance",
    "stop_count": "Stops",
    "service": "{minutes} min on site",
    "loaded": "Loaded",
    "page": "Page {number} of {count}",
    "for_the_driver": "With contact data and access codes: for the driver only",
    "route_code": "Google Maps: {first}\N{EN DASH}{last}",
    "route_code_one": "Google Maps: {first}",
    "route_codes": "Navigation, stop by stop from one code to the next",
    "load_order": "Order",
    "stop_column": "Stop",
    "sum": "Sum",
}
"""The English words that only the sheet has; all others it shares with the files for drivers."""

CODES = (GOOGLE, GEO)
"""What the code of a stop may hold: a link to Google Maps, which every telephone opens, or a geo: URI."""


@dataclass(frozen=True)
class SheetOptions:
    """How sheets are made: every word by its key, the layer below the routes, what codes of stops hold."""

    words: Mapping[str, str]
    below: QgsMapLayer | None = None
    code: str = GOOGLE


@dataclass(frozen=True)
class RouteSheet:
    """What a sheet tells: the day of a vehicle, and by place of loading (None: none is known) the stops whose
    goods are loaded there, in the order of loading."""

    day: DriverDay
    loadings: tuple[tuple[DayVisit | None, tuple[DayVisit, ...]], ...] = ()


_TITLE, _NAME, _TIME = Ink(19, bold=True), Ink(11, bold=True), Ink(13, bold=True)
_TEXT, _BOLD, _SMALL, _HEAD = Ink(9.5), Ink(9.5, bold=True), Ink(8, colour=QUIET), Ink(12, bold=True)
_LATE = Ink(9, bold=True, colour=ALARM_COLOUR)
_RIGHT, _CENTRE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter

_ROUTE_CODE, _STOP_CODE = 30.0, 19.0
_MAP_HEIGHT = 100.0
_DISC = 8.0
_TEXT_X, _TEXT_WIDTH = LEFT + 12, 104.0
_TIME_X, _TIME_WIDTH = LEFT + 121, 44.0
_CODE_X = RIGHT - _STOP_CODE
_AIR = 1.6
_MOST_LINES = 45
_CODES_IN_ROW = 5
_ROW = 6.4
_UNSAFE = re.compile(r"[^\w.-]+")
_DPI = 300


def write_sheets(
    sheets: Sequence[RouteSheet],
    folder: Path,
    options: SheetOptions,
    transform_context: QgsCoordinateTransformContext,
    feedback: QgsProcessingFeedback,
) -> list[Path]:
    """Write a PDF for each sheet into the folder, which is made; return the files in the order of the sheets.

    Layouts belong in the main thread: call it there.

    Raises
    ------
    InputError
        When a file cannot be written.
    JobCancelled
        When the feedback is cancelled; sheets that are written stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for number, sheet in enumerate(sheets):
        if feedback.isCanceled():
            raise JobCancelled
        path = folder / _file_name(sheet.day, {path.name.lower() for path in written})
        _Sheet(sheet, options, transform_context).export(path)
        written.append(path)
        feedback.setProgress(100 * (number + 1) / len(sheets))
    return written


def _file_name(day: DriverDay, taken: set[str]) -> str:
    """A name that every system takes and no other sheet has, such as route_V1.pdf."""
    stem = f"route_{_UNSAFE.sub('_', day.vehicle_id).strip('._') or 'sheet'}"
    name, number = f"{stem}.pdf", 2
    while name.lower() in taken:
        name, number = f"{stem}_{number}.pdf", number + 1
    return name


class _Sheet:
    """One sheet being put together."""

    def __init__(
        self, sheet: RouteSheet, options: SheetOptions, transform_context: QgsCoordinateTransformContext
    ):
        self.sheet, self.day = sheet, sheet.day
        self.options, self.words = options, options.words
        self.colour = route_colour(self.day.colour)
        project = blank_project()
        project.setTransformContext(transform_context)
        project.setCrs(QgsCoordinateReferenceSystem(MERCATOR))
        project.setEllipsoid("EPSG:7030")
        self.pages = Pages(QgsLayout(project))
        self.project = project  # after the layout, which is to be gone before its project
        self.layers: list[QgsMapLayer] = []

    def export(self, path: Path) -> None:
        """Put everything on pages and write them."""
        self._head()
        self._map()
        self._visits()
        self._more_codes()
        self._loading_lists()
        self._feet()
        settings = QgsLayoutExporter.PdfExportSettings()
        settings.dpi = _DPI
        settings.appendGeoreference = False
        settings.exportMetadata = False
        settings.textRenderFormat = Qgis.TextRenderFormat.AlwaysText
        result = QgsLayoutExporter(self.pages.layout).exportToPdf(str(path), settings)
        if result != QgsLayoutExporter.ExportResult.Success:
            raise InputError(
                [f"{path} cannot be written. Close it where it is open, or choose another folder."]
            )

    def _head(self) -> None:
        day, pages = self.day, self.pages
        links = self._chain()
        width = RIGHT - LEFT - (_ROUTE_CODE + 6 if links else 0)
        pages.line(self.words["sheet"].upper(), LEFT, pages.y, width, _SMALL)
        y = pages.y + _SMALL.height + 0.5
        y = pages.lines([(line, _TITLE) for line in wrapped(day.title, _TITLE, width)[:2]], LEFT, y, width)
        date = QDate(day.plan_date.year, day.plan_date.month, day.plan_date.day)
        told = [QLocale().toString(date, QLocale.FormatType.LongFormat)]
        if day.version is not None:
            told.append(self.words["version"].format(version=day.version))
        told.append(self.words["times_in"].format(zone=day.time_zone))
        y = pages.lines([(shortened(" · ".join(told), _TEXT, width), _TEXT)], LEFT, y, width) + 2
        cells = self._facts()
        step = width / len(cells)
        for number, (word, figure) in enumerate(cells):
            x = LEFT + number * step
            pages.line(shortened(word, _SMALL, step - 2), x, y, step, _SMALL)
            pages.line(shortened(figure, _HEAD, step - 2), x, y + _SMALL.height, step, _HEAD)
        if links:
            pages.drawing(qr_svg(links[0].url), RIGHT - _ROUTE_CODE, pages.y - 2, _ROUTE_CODE)
            caption = self._caption(links[0].places, 1)
            below = pages.y - 2 + _ROUTE_CODE
            pages.line(caption, RIGHT - _ROUTE_CODE - 4, below, _ROUTE_CODE + 8, _SMALL, _CENTRE)
        pages.y = max(y + _SMALL.height + _HEAD.height, pages.y + (_ROUTE_CODE + 3 if links else 0)) + 3

    def _facts(self) -> list[tuple[str, str]]:
        """Words and figures of the head."""
        day = self.day
        cells = []
        if day.valid:
            first, last = day.valid[0], day.valid[-1]
            begin = first.end if first.type == VISIT_START else first.eta
            until = last.eta if last.type == VISIT_END else last.end
            cells += [
                (self.words["start"], begin.clock(day.plan_date)),
                (self.words["end"], until.clock(day.plan_date)),
            ]
        cells.append((self.words["stop_count"], str(len(day.stops))))
        if day.distance_km is not None:
            cells.append((self.words["distance"], f"{day.distance_km:.1f} {self.words['km']}"))
        loaded = amounts(day.valid[0].load) if day.valid and day.valid[0].type == VISIT_START else ""
        if loaded:
            cells.append((self.words["loaded"], loaded))
        return cells

    def _chain(self):
        day = self.day
        return google_chain([visit.place for visit in day.to_reach], day.start_place, GOOGLE_WAYPOINTS)

    def _caption(self, places, first: int) -> str:
        """Which of the visits to reach, counted from 1 at `first`, a code leads to."""
        reached = self.day.to_reach[first - 1 : first - 1 + len(places)]
        names = [str(visit.sequence) if visit.is_stop else self.words[visit.type] for visit in reached]
        if len(names) == 1:
            return self.words["route_code_one"].format(first=names[0])
        return self.words["route_code"].format(first=names[0], last=names[-1])

    def _map(self) -> None:
        pages = self.pages
        self.layers = put_map(
            pages, self.day, self.colour, self.options.below, _MAP_HEIGHT, LEFT, RIGHT - LEFT
        )
        pages.y += _MAP_HEIGHT + SCALE_BAR + 2

    def _visits(self) -> None:
        for visit in self.day.valid:
            if visit.is_stop:
                self._stop(visit)
            else:
                self._halt(visit)
        self.pages.rule(self.pages.y)
        self.pages.y += 4

    def _stop(self, visit: DayVisit) -> None:
        """A stop: number and box to tick, what is known of it, times, code. Long texts go on over pages."""
        pages, lines = self.pages, self._told(visit)
        first, rest = lines[:_MOST_LINES], lines[_MOST_LINES:]
        least = _STOP_CODE if visit.place is not None else _DISC + 7
        height = max(sum(ink.height for _, ink in first), least) + 2 * _AIR
        pages.make_room(height)
        pages.rule(pages.y)
        y = pages.y + _AIR
        self._disc(str(visit.sequence), y)
        pages.box(LEFT + 1.5, y + _DISC + 1.5, 5, 5, edge=QUIET)
        pages.lines(first, _TEXT_X, y, _TEXT_WIDTH + 3)
        self._times(visit, y)
        if visit.place is not None:
            pages.drawing(qr_svg(STOP_LINKS[self.options.code](visit.place)), _CODE_X, y - 0.8, _STOP_CODE)
        pages.y += height
        for begin in range(0, len(rest), _MOST_LINES):
            part = rest[begin : begin + _MOST_LINES]
            pages.make_room(sum(ink.height for _, ink in part) + _AIR)
            pages.y = pages.lines(part, _TEXT_X, pages.y, _TEXT_WIDTH + 3) + _AIR

    def _told(self, visit: DayVisit) -> list[tuple[str, Ink]]:
        """The lines about a stop: first what it is, then what the driver must know to get in."""
        words = self.words
        facts = [(visit.title, _NAME), (visit.address, _TEXT)]
        quantities = [
            f"{words[key]}: {amounts(figures)}"
            for key, figures in (("delivery", visit.delivery), ("pickup", visit.pickup))
            if any(figures)
        ]
        facts.append((" · ".join(quantities), _BOLD))
        for key, text, ink in (
            ("access_code", visit.access_code, _BOLD),
            ("access_notes", visit.access_notes, _TEXT),
            ("notes", visit.notes, _TEXT),
        ):
            facts.append((f"{words[key]}: {text}" if text else "", ink))
        called = visit.id if visit.name and visit.id != visit.name else ""
        phone = f"{words['phone']}: {visit.phone}" if visit.phone else ""
        facts.append((" · ".join(filter(None, (phone, called))), _TEXT))
        return [(line, ink) for text, ink in facts for line in wrapped(text, ink, _TEXT_WIDTH)]

    def _times(self, visit: DayVisit, y: float) -> None:
        day, words = self.day, self.words
        lines = [(visit.eta.clock(day.plan_date), _TIME)]
        if visit.behind:
            lines.append((words["done"], _BOLD))
        if visit.late_min > 0:
            lines.append((words["late"].format(minutes=f"{visit.late_min:.0f}"), _LATE))
        lines += [(f"{words['window']} {window.text(day.plan_date)}", _TEXT) for window in visit.windows]
        minutes = round((visit.end.utc - visit.start.utc).total_seconds() / 60)
        if minutes:
            lines.append((words["service"].format(minutes=minutes), _SMALL))
        fitting = [(shortened(text, ink, _TIME_WIDTH), ink) for text, ink in lines]
        self.pages.lines(fitting, _TIME_X, y, _TIME_WIDTH)

    def _halt(self, visit: DayVisit) -> None:
        """A depot, a reload, goods to fetch or a break, on a line or two."""
        pages, day = self.pages, self.day
        word = self.words[visit.type]
        title = word if visit.type == VISIT_BREAK else f"{word}: {visit.title}"
        lines = [(line, _BOLD) for line in wrapped(title, _BOLD, _TEXT_WIDTH)]
        lines += [(line, _TEXT) for line in wrapped(visit.address, _TEXT, _TEXT_WIDTH)]
        height = max(sum(ink.height for _, ink in lines), 5.0) + 2 * _AIR
        pages.make_room(height)
        pages.rule(pages.y)
        y = pages.y + _AIR
        pages.box(LEFT + 2, y + 0.3, 4, 4, fill=INK)
        pages.lines(lines, _TEXT_X, y, _TEXT_WIDTH + 3)
        begin, until = visit.eta, visit.end
        moments = {VISIT_START: [until], VISIT_END: [begin]}.get(visit.type, [begin, until])
        times = "\N{EN DASH}".join(moment.clock(day.plan_date) for moment in moments)
        pages.line(times, _TIME_X, y, _TIME_WIDTH, _BOLD)
        pages.y += height

    def _disc(self, text: str, y: float) -> None:
        pages = self.pages
        pages.box(LEFT, y, _DISC, _DISC, fill=self.colour, is_round=True)
        ink = Ink(11 if len(text) < 3 else 8.5, bold=True, colour=readable_on(self.colour))
        pages.line(text, LEFT, y + (_DISC - ink.height) / 2, _DISC, ink, _CENTRE)

    def _more_codes(self) -> None:
        """The codes of the chain after that of the head, in rows."""
        pages, links = self.pages, self._chain()
        first = 1 + len(links[0].places) if links else 1
        step = (RIGHT - LEFT) / _CODES_IN_ROW
        for number, link in enumerate(links[1:]):
            place = number % _CODES_IN_ROW
            if place == 0:
                head = _HEAD.height if number == 0 else 0
                pages.make_room(head + _ROUTE_CODE + 6)
                if number == 0:
                    pages.line(self.words["route_codes"], LEFT, pages.y, RIGHT - LEFT, _HEAD)
                    pages.y += head
                row = pages.y
                pages.y += _ROUTE_CODE + 6
            x = LEFT + place * step
            pages.drawing(qr_svg(link.url), x + (step - _ROUTE_CODE) / 2, row, _ROUTE_CODE)
            caption = self._caption(link.places, first)
            pages.line(caption, x, row + _ROUTE_CODE - 1, step, _SMALL, _CENTRE)
            first += len(link.places)

    def _loading_lists(self) -> None:
        for at, stops in self.sheet.loadings:
            self._loading_list(at, stops)

    def _loading_list(self, at: DayVisit | None, stops: tuple[DayVisit, ...]) -> None:
        """What is loaded at once, on one page where it fits on any."""
        pages, words = self.pages, self.words
        kinds = max(len(visit.delivery) for visit in stops)
        height = _HEAD.height + _TEXT.height + (len(stops) + 2) * _ROW
        pages.make_room(height if height <= BOTTOM - TOP else _HEAD.height + _TEXT.height + 3 * _ROW)
        title = words["loading"]
        if at is not None:
            when = words["load_at"].format(place=at.title, time=at.eta.clock(self.day.plan_date))
            title = f"{title} · {when}"
        width = RIGHT - LEFT
        pages.y = pages.lines(
            [(shortened(title, _HEAD, width), _HEAD), (words["loading_hint"], _TEXT)], LEFT, pages.y, width
        )
        heads = (words["load_order"], words["stop_column"], "", *self._kinds(kinds))
        self._row(heads, _SMALL, kinds)
        for number, visit in enumerate(stops, 1):
            figures = [f"{amount:.12g}" for amount in visit.delivery]
            self._row((str(number), str(visit.sequence), visit.title, *figures), _TEXT, kinds, box=True)
        if kinds:
            sums = [
                f"{round(sum(visit.delivery[kind] for visit in stops if kind < len(visit.delivery)), 3):.12g}"
                for kind in range(kinds)
            ]
            self._row((words["sum"], "", "", *sums), _BOLD, kinds)
        pages.y += 5

    def _kinds(self, count: int) -> list[str]:
        if count == 1:
            return [self.words["delivery"]]
        return [self.words["quantity"].format(number=number) for number in range(1, count + 1)]

    def _row(self, cells: Sequence[str], ink: Ink, kinds: int, box: bool = False) -> None:
        """A row of the loading list: order, number of the stop, its name, a quantity per kind of load."""
        pages = self.pages
        pages.make_room(_ROW)
        y = pages.y + (_ROW - ink.height) / 2
        column = min(22.0, 90.0 / max(1, kinds))
        name_width = RIGHT - LEFT - 36 - kinds * column
        order, number, name, *figures = cells
        if box:
            pages.box(LEFT, pages.y + 1.2, 4, 4, edge=QUIET)
        pages.line(order, LEFT + 6, y, 14, ink)
        pages.line(number, LEFT + 20, y, 14, ink)
        pages.line(shortened(name, ink, name_width), LEFT + 34, y, name_width + 2, ink)
        for place, figure in enumerate(figures):
            x = RIGHT - (kinds - place) * column
            pages.line(shortened(figure, ink, column - 1), x, y, column, ink, _RIGHT)
        pages.y += _ROW
        pages.box(LEFT, pages.y, RIGHT - LEFT, 0.15, fill=HAIR)

    def _feet(self) -> None:
        pages, words, day = self.pages, self.words, self.day
        count = pages.page + 1
        y = HEIGHT - 11
        for page in range(count):
            third = (RIGHT - LEFT) / 3
            version = "" if day.version is None else words["version"].format(version=day.version)
            told = " · ".join(filter(None, (day.title, day.plan_date.isoformat(), version)))
            pages.line(shortened(told, _SMALL, 80), LEFT, y, 82, _SMALL, page=page)
            private = shortened(words["for_the_driver"], _SMALL, 80)
            pages.line(private, LEFT + 80, y, 80, _SMALL, _CENTRE, page)
            number = words["page"].format(number=page + 1, count=count)
            pages.line(number, LEFT + 2 * third, y, third, _SMALL, _RIGHT, page)


def amounts(quantities: Sequence[float]) -> str:
    """Quantities as 3 / 0.5; "" where all are none."""
    return " / ".join(f"{amount:.12g}" for amount in quantities) if any(quantities) else ""
