"""The forms of a workspace: names for people, widgets, choices, defaults, checks and help for each column.

Which columns there are is workspace_tables.py's, what they mean is said by fields.py.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Mapping

from qgis.core import (
    QgsAttributeEditorContainer,
    QgsAttributeEditorField,
    QgsAttributeEditorHtmlElement,
    QgsDefaultValue,
    QgsEditFormConfig,
    QgsEditorWidgetSetup,
    QgsExpression,
    QgsFieldConstraints,
    QgsValueMapFieldFormatter,
)

from ..model.problem import MAX_DIMENSIONS
from .fields import ANY_LATENESS
from .qgis_compat import INTEGER, REAL, make_tab
from .times import HOW
from .workspace_tables import BREAKS, EDITS, Column, Table

if TYPE_CHECKING:
    from qgis.core import QgsVectorLayer

_UNITS = {"minutes": "min", "kilometres": "km", "minutes per unit": "min per unit"}
_SUGGESTED = frozenset({"pair_id", "goods_class", "skills", "road_class"})
"""Columns whose values come again: the form offers those there are, and takes others."""

_LONG = frozenset({"notes", "access_notes"})
_TABS = (
    ("Times", ("tw", "late_", "ready_", "due_", "shift_", "latest_", "start_rule", "ride_", "active_")),
    ("Loads", ("delivery_", "pickup_", "capacity_", "goods_", "load_", "docks")),
    ("Costs", ("fixed_cost", "cost_", "overtime_", "penalty")),
    ("Limits", ("max_",)),
    (
        "Rules",
        (
            *("order_", "before_", "pair_", "skills", "allowed_", "forbidden_", "vehicle_id", "sequence"),
            *("lock", "zone_", "lifo", "priority", "profile", "speed_", "service_factor"),
        ),
    ),
    ("Under way", ("status", "actual_", "position_")),
    ("Contact", ("address", "phone", "email", "access_")),
)
"""Tab of a form -> how the names of its columns begin; all others are on the first tab."""

_TABBED = 12
"""Forms with more columns than that have tabs."""

_TIME = "([0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ]+)?[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?"
_SOFT = QgsFieldConstraints.ConstraintStrength.ConstraintStrengthSoft
_HARD = QgsFieldConstraints.ConstraintStrength.ConstraintStrengthHard
_SIGNED = frozenset({"lon", "lat", "late_max_min"})


def set_form(layer: QgsVectorLayer, table: Table, layers: Mapping[str, QgsVectorLayer]) -> None:
    """Give a layer of the table its form. `layers` maps names of tables to layers whose features are named;
    without one of them names are typed.
    """
    for column in table.columns:
        index = layer.fields().lookupField(column.name)
        layer.setFieldAlias(index, spoken(column))
        layer.setEditorWidgetSetup(index, _widget(column, layers.get(column.names)))
        if column.default:
            layer.setDefaultValueDefinition(index, QgsDefaultValue(column.default))
        _check(layer, index, table, column)
    shown = table.key and QgsExpression.quotedColumnRef(table.key)
    name = next((column.name for column in table.columns if column.name in ("name", "driver")), "")
    if shown and name:
        shown = f"{shown} || coalesce(' ' || \"{name}\", '')"
    if shown:
        layer.setDisplayExpression(shown)
    _arrange(layer, table)


def spoken(column: Column) -> str:
    """What a form calls a column: `tw1_start` as "Window 1 start", `service_min` as "Service (min)"."""
    name, unit = column.name, _UNITS.get(column.field.unit, "")
    if name.startswith("tw"):
        name = name.replace("tw", "window ", 1).replace("window _", "window ")
    words = name.split("_")
    if unit and words[-1] == unit:
        words.pop()
    text = " ".join(words)
    return text[:1].upper() + text[1:] + (f" ({unit})" if unit else "")


def _widget(column: Column, named: QgsVectorLayer | None) -> QgsEditorWidgetSetup:
    if named is not None:
        key = f"{column.names[:-1]}_id"
        return QgsEditorWidgetSetup(
            "ValueRelation",
            {
                "Layer": named.id(),
                "LayerName": named.name(),
                "LayerSource": named.source(),
                "LayerProviderName": "ogr",
                "Key": key,
                "Value": key,
                "AllowNull": True,
                "AllowMulti": column.listed,
                "OrderByValue": True,
                "NofColumns": 1,
                "UseCompleter": False,
            },
        )
    if column.words:
        words = [{word.replace("_", " "): word} for word in column.words]
        if not column.required:
            words.insert(0, {"": QgsValueMapFieldFormatter.NULL_VALUE})
        return QgsEditorWidgetSetup("ValueMap", {"map": words})
    if column.name in _SUGGESTED:
        return QgsEditorWidgetSetup("UniqueValues", {"Editable": True})
    return QgsEditorWidgetSetup("TextEdit", {"IsMultiline": column.name in _LONG, "UseHtml": False})


def _check(layer: QgsVectorLayer, index: int, table: Table, column: Column) -> None:
    """Let the form tell what the readers would: times, negative numbers, ids that are missing or doubled."""
    if column.required:
        layer.setFieldConstraint(index, QgsFieldConstraints.Constraint.ConstraintNotNull, _HARD)
    if column.unique:
        layer.setFieldConstraint(index, QgsFieldConstraints.Constraint.ConstraintUnique, _HARD)
    value = QgsExpression.quotedColumnRef(column.name)
    rule, remedy = "", ""
    if column.is_time:
        rule = f"coalesce({value}, '') = '' OR regexp_match({value}, '^{_TIME}( ?[AaPp][Mm])?$') > 0"
        remedy = HOW
    elif column.kind in (INTEGER, REAL) and column.name not in _SIGNED:
        rule, remedy = f"{value} IS NULL OR {value} >= 0", "Write 0 or more, or leave it empty"
    elif column.name == "late_max_min":
        rule, remedy = f"{value} IS NULL OR {value} >= {ANY_LATENESS}", "Write minutes, or -1 for any"
    if (table.name, column.name) == (BREAKS, "duration_min"):
        whens = ("coalesce(\"tw_start\", '') || coalesce(\"tw_end\", '') <> ''",)
        whens += tuple(f'"{name}" IS NOT NULL' for name in ("after_drive_min", "after_work_min"))
        rule = f"{value} > 0 AND " + " + ".join(f"if({when}, 1, 0)" for when in whens) + " = 1"
        remedy = "More than 0; and give one: a window, after driving, or after work"
    if rule:
        layer.setConstraintExpression(index, rule, remedy)
        layer.setFieldConstraint(index, QgsFieldConstraints.Constraint.ConstraintExpression, _SOFT)


def _arrange(layer: QgsVectorLayer, table: Table) -> None:
    """Put the columns on tabs, and what they mean on the last one."""
    config = layer.editFormConfig()
    config.setLayout(QgsEditFormConfig.EditorLayout.TabLayout)
    config.clearTabs()
    tabs: dict[str, list[Column]] = {table.title: []}
    for column in table.columns:
        title = table.title
        if len(table.columns) > _TABBED and column.name not in (table.key, "action"):
            title = next((tab for tab, starts in _TABS if column.name.startswith(starts)), title)
        tabs.setdefault(title, []).append(column)
    for title in (table.title, *(title for title, _ in _TABS if title in tabs)):
        tab = _tab(title, config)
        tab.setColumnCount(2 if title == "Loads" and len(tabs[title]) > _TABBED else 1)
        for column in sorted(tabs[title], key=_number):
            index = layer.fields().lookupField(column.name)
            tab.addChildElement(QgsAttributeEditorField(column.name, index, tab))
    about = _tab("Help", config)
    text = QgsAttributeEditorHtmlElement("What the fields mean", about)
    text.setHtmlCode(help_page(table))
    text.setShowLabel(False)
    about.addChildElement(text)
    layer.setEditFormConfig(config)


def _number(column: Column) -> int:
    """The number of a load, so that what is delivered and picked up of one kind stand side by side."""
    return int(column.name[-1]) if column.field.unit == "load" else MAX_DIMENSIONS + 1


def _tab(title: str, config: QgsEditFormConfig) -> QgsAttributeEditorContainer:
    tab = QgsAttributeEditorContainer(title, config.invisibleRootContainer())
    make_tab(tab)
    config.addTab(tab)
    return tab


def help_page(table: Table) -> str:
    """What each column of a table means, and what it means where it is empty, as HTML."""
    nothing = "Empty: it stays as it is." if table.name == EDITS else ""
    rows = (
        f"<tr><td><b>{escape(spoken(column))}</b></td><td>{escape(column.field.what)} "
        f"<i>{escape(nothing or 'Empty: ' + column.field.empty)}</i></td></tr>"
        for column in table.columns
    )
    return f'<table style="font-family: sans-serif; font-size: 9pt">{"".join(rows)}</table>'
