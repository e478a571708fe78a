"""Windows that can be offered, as read; how the layers of options and suggestions look."""

from __future__ import annotations

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsRenderContext,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from optiway_qgis.layers import styles
from optiway_qgis.layers.output_fields import OPTIONS, SUGGESTIONS
from optiway_qgis.layers.read_windows import read_windows, still_open, windows_of_day
from optiway_qgis.model.problem import Window
from tests.made_layers import CENTRE, layer, reading, source_of, table

HOUR = 3600


def read(rows):
    """The windows of a table in hours, and the errors."""
    told = reading()
    windows = read_windows(source_of(table(rows)), told)
    return [(window.start / HOUR, window.end / HOUR) for window in windows], told.errors


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("tw_start", "tw_end"),
        ("start", "end"),
        ("From", "Until"),
        ("from", "to"),
        ("TimeWindowStart", "tw_end"),
    ],
)
def test_windows_are_read_by_any_of_their_names(qgis_app, start, end):
    """Each once, in the order of their starts, over midnight too."""
    rows = [("14:00", "16:00"), ("08:30", "10:30"), ("14:00", "16:00"), ("22:00", "01:00")]
    made = [{start: first, end: last} for first, last in rows]
    assert read(made) == ([(8.5, 10.5), (14, 16), (22, 25)], [])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"start": "10:00"}], "has no field tw_end"),
        ([{"name": "morning"}], "has no field tw_start and no field tw_end"),
        ([{"start": "10:00", "end": ""}], "WINDOWS: feature 1: end is empty"),
        ([{"start": "ten", "end": "11:00"}], 'WINDOWS: feature 1: start "ten"'),
    ],
)
def test_windows_that_cannot_be_read_are_errors(qgis_app, rows, told):
    """A window that is left out in silence would never be offered."""
    windows, errors = read(rows)
    assert windows == []
    assert len(errors) == 1
    assert told in errors[0]


def test_windows_go_through_the_day_in_steps():
    """The last one ends by the end of the day; none fits into a day that is too short."""
    assert windows_of_day(8, 13, 2, 2) == (Window(8, 10), Window(10, 12))
    assert windows_of_day(8, 12, 2, 1) == (Window(8, 10), Window(9, 11), Window(10, 12))
    assert windows_of_day(8, 9, 2, 1) == ()


def test_windows_that_are_over_are_not_open():
    """One that has begun is."""
    windows = (Window(8, 10), Window(9, 11), Window(10, 12))
    assert still_open(windows, 10) == windows[1:]
    assert still_open(windows, None) == windows


def moment(hour: int) -> QDateTime:
    """That hour of the day."""
    return QDateTime(QDate(2026, 5, 4), QTime(hour, 0), Qt.TimeSpec.UTC)


CHOSEN = {
    OPTIONS: [
        {"stop_id": "N1", "rank": 1, "vehicle_id": "V2", "eta": moment(11), "text": "V2 before S14 at 11:00"},
        {"stop_id": "N1", "rank": 2, "vehicle_id": "V1", "eta": moment(12), "text": "V1 alone at 12:00"},
        {"stop_id": "N2", "violations": "capacity", "text": "V1 would carry 11."},
    ],
    SUGGESTIONS: [
        {
            **{"stop_id": "N1", "rank": 1, "vehicle_id": "V2", "window_start": moment(10)},
            **{"window_end": moment(12), "added_cost": 3.2},
        },
        {
            **{"stop_id": "N1", "rank": 2, "vehicle_id": "V1", "window_start": moment(14)},
            **{"window_end": moment(16), "added_cost": 8.75},
        },
    ],
}
SHOWN = {
    OPTIONS: (["Best", "Others", "Does not fit"], "N1\nV2 11:00", "1. V2 before S14 at 11:00"),
    SUGGESTIONS: (["Best", "Others"], "N1\n10:00 - 12:00", "1. 10:00 - 12:00, V2, 3.20 more"),
}


@pytest.mark.parametrize("sink", CHOSEN)
def test_the_best_of_what_can_be_chosen_stands_out(qgis_app, sink):
    """It is on top, the only one with a label of its own, and told in the map tip."""
    made = layer([{"at": CENTRE, **row} for row in CHOSEN[sink]])
    styles.style_layer(made, sink, ())
    labels, categories, sizes = [], [], []
    renderer = made.renderer()
    for feature in made.getFeatures():
        context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(made))
        context.setFeature(feature)
        labels.append(QgsExpression(made.labeling().settings().fieldName).evaluate(context))
        drawing = QgsRenderContext()
        drawing.setExpressionContext(context)
        renderer.startRender(drawing, made.fields())
        value = QgsExpression(renderer.classAttribute()).evaluate(context)
        categories.append(renderer.categories()[renderer.categoryIndexForValue(value)].label())
        sizes.append(renderer.symbolForFeature(feature, drawing).size())
        renderer.stopRender(drawing)
        tip = QgsExpression.replaceExpressionText(made.mapTipTemplate(), context)
        if feature["rank"] == 1:
            assert SHOWN[sink][2] in tip
    assert categories == SHOWN[sink][0]
    assert labels[0] == SHOWN[sink][1]
    assert not isinstance(labels[1], str)
    assert sizes[0] > sizes[1]
    (drawn_last,) = renderer.orderBy().list()
    assert not drawn_last.ascending()
