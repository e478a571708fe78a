"""The look of the stops that two plans serve differently: colours, labels, map tips, legend."""

from __future__ import annotations

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayerTreeLayer,
    QgsProcessingContext,
    QgsRectangle,
)

from optiway_qgis.layers import styles
from optiway_qgis.layers.output_fields import CHANGES, COMPARISON
from optiway_qgis.model.palette import CHANGE_COLOURS
from tests.made_layers import CENTRE, layer, table
from tests.pictures import colours, rendered

ROWS = {
    "removed": {"vehicle_before": "V1", "remark": "AFTER has no row for it."},
    "added": {"vehicle_after": "V2"},
    "moved": {"vehicle_before": "V1", "vehicle_after": "V2", "change_min": 12.0},
    "earlier": {"vehicle_before": "V1", "vehicle_after": "V1", "change_min": -7.4},
    "later": {"vehicle_before": "V1", "vehicle_after": "V1", "change_min": 90.0},
    "reordered": {"vehicle_before": "V1", "vehicle_after": "V1", "change_min": 0.0},
}


@pytest.fixture
def changes(qgis_app):
    """A layer with a stop of each change, one beside the other, styled."""
    made = layer(
        [
            {"at": (CENTRE[0] + 0.01 * number, CENTRE[1]), "stop_id": change, "change": change, **values}
            for number, (change, values) in enumerate(ROWS.items())
        ]
    )
    styles.style_layer(made, CHANGES, ())
    return made


def evaluated(made, text: str) -> dict[str, str]:
    """Change -> the expression (or the template of a map tip) for its stop."""
    found = {}
    for feature in made.getFeatures():
        context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(made))
        context.setFeature(feature)
        found[feature["change"]] = QgsExpression.replaceExpressionText(text, context)
    return found


def test_changes_of_a_day_are_rings_that_tell_why(qgis_app):
    """The visits below keep their numbers: nothing is drawn in the middle of a ring."""
    row = {"at": CENTRE, "stop_id": "S1", "change": "moved", "why": "V3 is lost from 11:20"}
    made = layer([row])
    styles.style_layer(made, CHANGES, ())
    near = 0.00005
    image, _ = rendered(
        [made], QgsRectangle(CENTRE[0] - near, CENTRE[1] - near, CENTRE[0] + near, CENTRE[1] + near)
    )
    middle = image.pixelColor(image.width() // 2, image.height() // 2).name()
    assert middle != CHANGE_COLOURS["moved"]
    assert CHANGE_COLOURS["moved"] in colours(image)
    assert evaluated(made, made.mapTipTemplate())["moved"].endswith("<br>V3 is lost from 11:20")


def test_each_change_is_drawn_in_its_colour(changes):
    """The colours of the report."""
    image, _ = rendered(
        [changes], QgsRectangle(CENTRE[0] - 0.01, CENTRE[1] - 0.02, CENTRE[0] + 0.06, CENTRE[1] + 0.02)
    )
    assert set(CHANGE_COLOURS.values()) <= colours(image)


def test_grave_changes_are_drawn_on_top(qgis_app):
    """Most stops of an edited plan are a little earlier or later; they must not hide the one that moved."""
    rows = [{"at": CENTRE, "stop_id": change, "change": change} for change in ("moved", "later")]
    made = layer(rows)
    styles.style_layer(made, CHANGES, ())
    made.setLabelsEnabled(False)
    shown = colours(rendered([made], QgsRectangle(*(at + off for off in (-0.01, 0.01) for at in CENTRE)))[0])
    assert CHANGE_COLOURS["moved"] in shown
    assert CHANGE_COLOURS["later"] not in shown


def test_labels_say_by_whom_or_by_how_much(changes):
    """Vehicles where they differ, minutes where only the time does."""
    label = f"[% {changes.labeling().settings().fieldName} %]"
    assert evaluated(changes, label) == {
        "removed": "V1 → -",
        "added": "- → V2",
        "moved": "V1 → V2",
        "earlier": "-7 min",
        "later": "+90 min",
        "reordered": "reordered",
    }


def test_map_tips_tell_why(changes):
    """What the layers say of a stop that is in one plan only; empty lines are left out."""
    tips = evaluated(changes, changes.mapTipTemplate())
    assert tips["removed"].endswith("<br>AFTER has no row for it.")
    assert tips["moved"] == "<b>moved</b><br>moved<br>V1 → V2"


def test_the_legend_keeps_every_change(changes):
    """Those of plans leave out their last category, which is for other vehicles."""
    node = QgsLayerTreeLayer(changes)
    styles.arrange(node, CHANGES)
    assert not node.customProperty("legend/node-order")
    assert [category.label() for category in changes.renderer().categories()] == [
        change.capitalize() for change in CHANGE_COLOURS
    ]


def test_the_table_of_figures_has_words_for_its_columns(qgis_app):
    """A table without geometry has names and formats only."""
    made = table([{"name": "cost", "vehicle_id": "V1", "before": 1.0}], name="comparison")
    styles.style_layer(made, COMPARISON, ())
    assert [made.attributeDisplayName(index) for index in range(3)] == ["Name", "Vehicle id", "Before"]


def test_both_layers_are_styled_when_they_are_loaded(changes):
    """Each has a post-processor of its own, which QGIS calls."""
    context = QgsProcessingContext()
    made = {CHANGES: changes, COMPARISON: table([{"name": "cost"}], name="comparison")}
    for name, one in made.items():
        context.addLayerToLoadOnCompletion(
            one.id(), QgsProcessingContext.LayerDetails(name, context.project(), name)
        )
    styles.style_on_load({name: one.id() for name, one in made.items()}, (), context)
    stylers = [context.layerToLoadOnCompletionDetails(one.id()).postProcessor() for one in made.values()]
    assert None not in stylers
    assert stylers[0] is not stylers[1]
