"""The template of a layout with an atlas over the routes of a plan, which users load and change.

It names no file and no id of a layer: the stop list is an expression over the layer that the variable
`visits` of the layout names. scripts/make_layouts.py writes it to resources/layouts.
"""

from __future__ import annotations

from qgis.core import (
    QgsExpressionContextUtils,
    QgsLayoutItemMap,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ..model.palette import ALARM_COLOUR
from .sheet_map import SCALE_BAR, put_scale_bar
from .sheet_page import BOTTOM, HAIR, HEIGHT, LEFT, PAPER, QUIET, RIGHT, Ink, Pages, make_label

LAYOUT_NAME = "Route sheets"
VISITS_NAME = "Visits"
"""The name of the layer VISITS as QGIS loads it and as the project of a plan has it."""

_TITLE, _HEAD, _TEXT, _SMALL = Ink(19, bold=True), Ink(12, bold=True), Ink(9), Ink(8, colour=QUIET)
_WIDTH = RIGHT - LEFT
_ALARM = Ink(8, bold=True, colour=ALARM_COLOUR)
_MAP_HEIGHT = 80.0
_MANY = 20
"""From so many stops on the list may need more than a page: labels do not go on over pages."""
_TIME = "format_date({}, 'HH:mm')"
_FACTS = (
    ("Start", _TIME.format('"start_time"')),
    ("End", _TIME.format('"end_time"')),
    ("Stops", '"stops"'),
    ("Distance", "format_number(\"distance_km\", 1) || ' km'"),
    ("Driving", "format_number(\"drive_min\", 0) || ' min'"),
    ("Load", "coalesce(format_number(\"load_pct\", 0) || ' %', '')"),
)


def _carried(name: str) -> str:
    """A field of the stops on one line; NULL where it is empty or the layer has no such field."""
    value = f"to_string(attribute($currentfeature, '{name}'))"
    return f"nullif(regexp_replace({value}, '\\\\s+', ' '), '')"


_CALLED = f'coalesce({_carried("name")}, {_carried("stop_id")}, "visit_type")'
_TOLD = ", ".join(
    f"' · {word}' || {_carried(name)}"
    for name, word in (
        ("address", ""),
        ("access_code", "Code "),
        ("access_notes", ""),
        ("notes", ""),
        ("phone", ""),
    )
)
_ETA = _TIME.format('"eta"')
_LINE = f"concat(\"sequence\", '   ', {_ETA}, '   ', {_CALLED}, {_TOLD})"
"""A visit in the stop list, as an expression over it: one paragraph, so that nothing is cut."""


def make_template(project: QgsProject) -> QgsPrintLayout:
    """Return the layout: a page for each feature of the layer that the user makes the coverage layer."""
    layout = QgsPrintLayout(project)
    layout.setName(LAYOUT_NAME)
    QgsExpressionContextUtils.setLayoutVariable(layout, "visits", VISITS_NAME)
    atlas = layout.atlas()
    atlas.setEnabled(True)
    atlas.setPageNameExpression('"vehicle_id"')
    atlas.setFilenameExpression("'route_' || \"vehicle_id\"")
    pages = Pages(layout)
    _put(pages, "[% upper('Route sheet') %]", _SMALL)
    _put(pages, "[% \"vehicle_id\" || coalesce(' · ' || \"driver\", '') %]", _TITLE)
    date = "format_date(\"start_time\", 'dddd d MMMM yyyy')"
    _put(
        pages, f"[% {date} || coalesce(' · Version ' || \"version\", '') || ' · ' || \"time_zone\" %]", _TEXT
    )
    pages.y += 1.5
    step = _WIDTH / len(_FACTS)
    for number, (word, value) in enumerate(_FACTS):
        x = LEFT + number * step
        pages.line(word, x, pages.y, step, _SMALL)
        pages.put(
            make_label(layout, f"[% {value} %]", _HEAD), x, pages.y + _SMALL.height, step - 2, _HEAD.height
        )
    pages.y += _SMALL.height + _HEAD.height + 3
    _put_map(pages)
    _put_list(pages)
    foot = "'With contact data and access codes: for the driver only · Page ' || @atlas_featurenumber"
    pages.put(
        make_label(layout, f"[% {foot} || ' of ' || @atlas_totalfeatures %]", _SMALL),
        LEFT,
        HEIGHT - 11,
        _WIDTH,
        _SMALL.height,
    )
    return layout


def _put(pages: Pages, text: str, ink: Ink) -> None:
    """Put a label across the page, and go below it."""
    pages.put(make_label(pages.layout, text, ink), LEFT, pages.y, _WIDTH, ink.height)
    pages.y += ink.height


def _put_map(pages: Pages) -> None:
    """The map shows what the project shows, and follows the atlas."""
    shown = QgsLayoutItemMap(pages.layout)
    shown.setBackgroundColor(QColor(PAPER))
    shown.setFrameEnabled(True)
    shown.setFrameStrokeColor(QColor(HAIR))
    pages.put(shown, LEFT, pages.y, _WIDTH, _MAP_HEIGHT)
    shown.setExtent(QgsRectangle(0, 0, _WIDTH * 10, _MAP_HEIGHT * 10))
    shown.setAtlasDriven(True)
    shown.setAtlasScalingMode(QgsLayoutItemMap.AtlasScalingMode.Auto)
    shown.setAtlasMargin(0.12)
    pages.layout.setReferenceMap(shown)
    pages.y += _MAP_HEIGHT
    put_scale_bar(pages, shown, LEFT, pages.y, is_long=True)
    pages.y += SCALE_BAR + 2


def _put_list(pages: Pages) -> None:
    rows = (
        f"aggregate(layer:=@visits, aggregate:='concatenate', expression:={_LINE}, "
        "filter:=\"route_id\" = attribute(@atlas_feature, 'route_id'), concatenator:='\\n', "
        'order_by:="sequence")'
    )
    label = make_label(pages.layout, f"[% {rows} %]", _TEXT)
    label.setVAlign(Qt.AlignmentFlag.AlignTop)
    pages.put(label, LEFT, pages.y, _WIDTH, BOTTOM - pages.y - _ALARM.height)
    doubt = (
        f"if(\"stops\" > {_MANY}, 'Are all ' || \"stops\" || ' stops in the list? Else make it larger.', '')"
    )
    pages.put(
        make_label(pages.layout, f"[% {doubt} %]", _ALARM),
        LEFT,
        BOTTOM - _ALARM.height,
        _WIDTH,
        _ALARM.height,
    )
