"""How the layers of a plan look: symbols, labels, map tips, field names for people, and time.

Styles are made in code, since categories and colours depend on the plan; they are set on layers that
are loaded and stored in GeoPackages. Nothing is written here but styles.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, ClassVar, Collection, Sequence

from qgis.core import (
    Qgis,
    QgsCategorizedSymbolRenderer,
    QgsEditorWidgetSetup,
    QgsExpression,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsMapLayerLegendUtils,
    QgsPalLayerSettings,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProperty,
    QgsRendererCategory,
    QgsRuleBasedLabeling,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor, QFont

from ..model.day import DONE, FAILED, PLANNED, SKIPPED, STATUSES
from ..model.palette import ALARM_COLOUR, CHANGE_COLOURS, OTHER_COLOUR, route_colour
from ..model.plan import VISIT_BREAK, VISIT_END, VISIT_RELOAD, VISIT_START, VISIT_TRANSFER
from . import symbols
from .destinations import is_geopackage
from .output_fields import (
    CHANGES,
    COMPARISON,
    LEGS,
    OPTIONS,
    ROUTES,
    SUGGESTIONS,
    UNASSIGNED,
    VISITS,
    own_names,
)
from .qgis_compat import DATE_TIME, REAL, always_show
from .symbols import FONTS, INK, PAPER, PAUSE, PLAYING

if TYPE_CHECKING:
    from qgis.core import QgsLayerTree, QgsLayerTreeLayer

    from ..model.plan import Plan
    from ..model.problem import Problem

STYLE_NAME = "Optiway plan"
COLOURS = "optiway_colours"
"""The variable of a layer that says which colours the vehicles of its plan have: JSON, id -> #rrggbb."""

_DEPOT = "(depot)"
"""What visits to depots are classed by, instead of their vehicle; reloads and breaks by their type."""

_TO_TOP = {
    LEGS: 1,
    ROUTES: 2,
    VISITS: 3,
    UNASSIGNED: 4,
    COMPARISON: 5,
    CHANGES: 6,
    OPTIONS: 7,
    SUGGESTIONS: 8,
}
"""Drawing order of the layers, from below."""

_ETA_MAX_SCALE = 250000
_NAME_MAX_SCALE = 40000
_HALT_MAX_SCALE = 80000
_EACH = 60
"""With more routes, legs and visits have a category per colour: one per vehicle takes seconds to store."""
_UNITS = {"min": "min", "km": "km", "pct": "%"}
_WIDGETS = {
    REAL: ("Range", {"Precision": 2, "AllowNull": True}),
    DATE_TIME: (
        "DateTime",
        {
            "allow_null": True,
            "calendar_popup": True,
            "display_format": "yyyy-MM-dd HH:mm",
            "field_format": "yyyy-MM-dd HH:mm:ss",
            "field_iso_format": False,
        },
    ),
}
_LETTER_PX = 7
"""Width of a letter in an attribute table, with some to spare."""
_TIME_LETTERS = 19
_LETTERS = {
    "plan_id": 16,
    "driver": 20,
    "name": 20,
    "to_name": 24,
    "reason_text": 70,
    "cheapest_fix": 50,
    "remark": 50,
    "why": 60,
    "text": 60,
    "violations": 20,
}
"""Fields that hold longer texts than their names -> letters that are shown of them."""
_HALTS = {
    VISIT_RELOAD: ("Reloads", symbols.reload_symbol),
    VISIT_TRANSFER: ("Goods fetched", symbols.reload_symbol),
    VISIT_BREAK: ("Breaks", symbols.break_symbol),
}
"""Visits beside stops and ends: what the legend calls them and how they are drawn."""

_TO_THE_RIGHT = 5
"""Number of the quadrant; its name is another one in each version of QGIS."""

_Label = QgsPalLayerSettings.Property


@dataclass(frozen=True)
class RouteLook:
    """How the route of one vehicle is drawn and called in the legend.

    `colour` as #rrggbb. `names` holds the visit types (start, end) at which the name of the depot is shown,
    so that a depot is named once and not once per vehicle. `halts` holds the types of visits (reload,
    transfer, break) that the route has beside stops and ends.
    """

    vehicle_id: str
    label: str
    colour: str
    names: tuple[str, ...] = ()
    halts: tuple[str, ...] = ()


def route_looks(problem: Problem, plan: Plan) -> tuple[RouteLook, ...]:
    """One look per route, in the order and the colours the report uses too."""
    drivers = {vehicle.id: vehicle.driver for vehicle in problem.vehicles}
    named: set[str] = set()
    looks = []
    for index, route in enumerate(plan.routes):
        names = []
        for visit in route.visits:
            if visit.type in (VISIT_START, VISIT_END) and visit.id not in named:
                named.add(visit.id)
                names.append(visit.type)
        label = " · ".join(filter(None, (route.vehicle_id, drivers[route.vehicle_id])))
        halts = tuple(kind for kind in _HALTS if any(visit.type == kind for visit in route.visits))
        looks.append(RouteLook(route.vehicle_id, label, route_colour(index), tuple(names), halts))
    return tuple(looks)


def style_layer(layer: QgsVectorLayer, sink_name: str, looks: Sequence[RouteLook]) -> None:
    """Set renderer, labels, map tips, aliases and time of a layer that was written for the sink `sink_name`.

    A layer without geometry (CSV) only gets names and formats of fields. Fields whose names a format has cut
    to ten characters are found, fields it has lost are done without.
    """
    _name_fields(layer, own_names(sink_name))
    if looks:
        colours = {look.vehicle_id: look.colour for look in looks}
        QgsExpressionContextUtils.setLayerVariable(layer, COLOURS, json.dumps(colours, ensure_ascii=False))
    if layer.isSpatial():
        _STYLE_OF[sink_name](layer, _Columns(layer), looks)
        layer.triggerRepaint()


def style_on_load(
    destinations: dict[str, str], looks: Sequence[RouteLook], context: QgsProcessingContext
) -> None:
    """Have QGIS style each of the layers when it loads them at the end of the algorithm.

    `destinations` maps sink names to what `parameterAsSink` returned.
    """
    to_load = {name: path for name, path in destinations.items() if context.willLoadLayerOnCompletion(path)}
    loaded: dict[str, str] = {}
    for sink_name, destination in to_load.items():
        styler = LayerStyler.kept_alive(destination, sink_name, looks, loaded, len(to_load))
        context.layerToLoadOnCompletionDetails(destination).setPostProcessor(styler)


def arrange(node: QgsLayerTreeLayer, sink_name: str) -> None:
    """Show each vehicle once in the layer tree, under its route; leave out the one for other vehicles."""
    node.setExpanded(sink_name == ROUTES)
    if sink_name in (ROUTES, LEGS, VISITS) and node.layer().isSpatial():
        shown = len(node.layer().renderer().categories()) - 1
        QgsMapLayerLegendUtils.setLegendNodeOrder(node, list(range(shown)))


def stack(root: QgsLayerTree, loaded: dict[str, str]) -> None:
    """Put the loaded layers (sink name -> layer id) in their drawing order, in the places they have.

    QGIS 3.22 stacks them by the names of their files, 3.40 upside down where a layer is selected. Layers in
    different groups stay where they are.
    """
    from_top = sorted(loaded, key=_TO_TOP.__getitem__, reverse=True)
    nodes = [root.findLayer(loaded[name]) for name in from_top]
    if None in nodes or len({node.parent() for node in nodes}) > 1:
        return
    parent = nodes[0].parent()
    places = sorted(parent.children().index(node) for node in nodes)
    for place, name, node in zip(places, from_top, nodes):
        again = node.clone()
        arrange(again, name)
        parent.insertChildNode(place, again)
        parent.removeChildNode(node)


def open_styled(destination: str, sink_name: str, looks: Sequence[RouteLook]) -> QgsVectorLayer:
    """Open the layer that was written for a sink, styled, whatever default style its file has already."""
    options = QgsVectorLayer.LayerOptions()
    options.loadDefaultStyle = False
    layer = QgsVectorLayer(destination, sink_name, "ogr", options)
    style_layer(layer, sink_name, looks)
    return layer


def store_styles(
    destinations: dict[str, str], looks: Sequence[RouteLook], feedback: QgsProcessingFeedback
) -> None:
    """Make the styles the default ones of the tables of GeoPackages, in place of those of an earlier plan.

    Call it after the sinks were flushed and deleted. Other formats cannot hold a style and are passed over.
    A style that cannot be stored is a warning: the plan itself is there.
    """
    for sink_name, destination in destinations.items():
        if not is_geopackage(destination):
            continue
        layer = open_styled(destination, sink_name, looks)
        _forget_own_styles(layer)
        error = layer.saveStyleToDatabase(STYLE_NAME, "Made by Optiway", True, "")
        if error:
            feedback.pushWarning(f"The style of {sink_name} was not stored in {destination}: {error}")


class LayerStyler(QgsProcessingLayerPostProcessorInterface):
    """Styles one layer when it is loaded; the last one of a plan also puts its layers in their drawing order.

    QGIS keeps no reference of it: an object that Python forgets is silently never called. So each lives in
    a dictionary under the destination of its layer until it was called.
    """

    waiting: ClassVar[dict[str, LayerStyler]] = {}

    def __init__(
        self, destination: str, sink_name: str, looks: Sequence[RouteLook], loaded: dict[str, str], count: int
    ):
        super().__init__()
        self._destination = destination
        self._sink_name = sink_name
        self._looks = looks
        self._loaded = loaded  # shared by all layers of the plan
        self._count = count

    @classmethod
    def kept_alive(cls, destination: str, *others) -> LayerStyler:
        """Return a new one that lives until it was called."""
        styler = cls(destination, *others)
        cls.waiting[destination] = styler
        return styler

    def postProcessLayer(self, layer, context, feedback):
        """Style the layer, once."""
        self.waiting.pop(self._destination, None)
        style_layer(layer, self._sink_name, self._looks)
        self._loaded[self._sink_name] = layer.id()
        if len(self._loaded) == self._count and context.project():
            stack(context.project().layerTreeRoot(), self._loaded)


class _Columns:
    """Finds the columns of a layer, also where a format has cut their names to ten characters."""

    def __init__(self, layer: QgsVectorLayer):
        self._fields = layer.fields()

    def index(self, name: str) -> int:
        """Place of the column, -1 when there is none."""
        return max(self._fields.lookupField(name), self._fields.lookupField(name[:10]))

    def name(self, name: str) -> str:
        """Name of the column as the layer has it, empty when there is none."""
        index = self.index(name)
        return self._fields[index].name() if index >= 0 else ""

    def __getitem__(self, name: str) -> str:
        """The column as an expression, NULL when there is none."""
        return f'"{self.name(name)}"' if self.name(name) else "NULL"

    def is_time(self, name: str) -> bool:
        """Tell whether the column is there and holds date and time, not text."""
        return self.index(name) >= 0 and self._fields[self.index(name)].type() == DATE_TIME

    def first(self, *names: str) -> str:
        """The first column that has a value, as an expression."""
        return f"coalesce({', '.join(self[name] for name in names)})"


def _style_routes(layer: QgsVectorLayer, columns: _Columns, looks: Sequence[RouteLook]) -> None:
    layer.setRenderer(_by_vehicle(columns.name("vehicle_id"), _each(looks), symbols.route_symbol))
    _set_time(layer, columns, "start_time", "end_time")
    layer.setDisplayExpression(columns["vehicle_id"])
    hours = f"{_clock(columns, 'start_time')} || ' - ' || {_clock(columns, 'end_time')}"
    load = f"{columns['stops']} || ' stops, ' || round({columns['distance_km']}, 1) || ' km'"
    trips = f"if({columns['trips']} > 1, {columns['trips']} || ' trips', NULL)"
    overtime = f"if({columns['overtime_min']} > 0, round({columns['overtime_min']}) || ' min overtime', NULL)"
    layer.setMapTipTemplate(
        f"<b>[% {columns['vehicle_id']} %]</b>"
        + _below(columns["driver"], hours, load, trips, overtime, columns["violations"])
    )


def _style_legs(layer: QgsVectorLayer, columns: _Columns, looks: Sequence[RouteLook]) -> None:
    dash = f"if({columns['travel_source']} = 'estimate' AND NOT {PLAYING}, 'dash', 'solid')"
    layer.setRenderer(
        _by_vehicle(columns.name("vehicle_id"), _few(looks), lambda colour: symbols.leg_symbol(colour, dash))
    )
    _set_time(layer, columns, "start_time", "end_time")
    goal = columns.first("to_name", "to_id")
    text = f"{columns['vehicle_id']} || ' → ' || {goal} || ' ' || {_clock(columns, 'end_time')}"
    label = _label(text, size=8, bold=True)
    label.placement = QgsPalLayerSettings.Placement.Line
    label.overrunDistance = 40  # millimetres: short legs are labelled as well
    always_show(label)
    label.dataDefinedProperties().setProperty(_Label.Show, QgsProperty.fromExpression(PLAYING))
    _set_label(layer, label)
    layer.setDisplayExpression(text)
    way = f"round({columns['drive_min']}) || ' min, ' || round({columns['distance_km']}, 1) || ' km'"
    trip = f"if({columns['trip']} > 1, 'trip ' || {columns['trip']}, NULL)"
    layer.setMapTipTemplate(f"<b>[% {text} %]</b>" + _below(way, trip, columns["travel_source"]))


def _style_visits(layer: QgsVectorLayer, columns: _Columns, looks: Sequence[RouteLook]) -> None:
    vehicle, kind = columns["vehicle_id"], columns["visit_type"]
    is_stop = f"coalesce({kind}, 'stop') = 'stop'"
    is_wrong = f"{columns['late_min']} > 0 OR {columns['violations']} <> ''"
    number = columns["sequence"]
    halts = [kind for kind in _HALTS if any(kind in look.halts for look in looks)]
    is_halt = f"{kind} IN ({', '.join(map(QgsExpression.quotedValue, _HALTS))})"
    status = columns["status"]
    mark = f"CASE WHEN {status} = '{DONE}' THEN '✓' WHEN {status} IN ('{FAILED}', '{SKIPPED}') THEN '✕' "
    mark += f"ELSE to_string({number}) END"
    renderer = _by_vehicle(
        f"CASE WHEN {is_stop} THEN {vehicle} WHEN {is_halt} THEN '(' || {kind} || ')' ELSE '{_DEPOT}' END",
        _few(looks),
        lambda colour: symbols.visit_symbol(colour, number, is_wrong, mark),
        QgsRendererCategory(_DEPOT, symbols.depot_symbol(), "Depots"),
        *(QgsRendererCategory(f"({halt})", _HALTS[halt][1](number), _HALTS[halt][0]) for halt in halts),
    )
    layers = f"CASE WHEN {is_stop} THEN 0 WHEN {is_halt} THEN 2 ELSE 1 END"
    order = [(layers, True), (f"if({is_wrong}, 1, 0)", True), (number, False)]
    _draw_in_order(renderer, order)
    layer.setRenderer(renderer)
    _set_time(layer, columns, "eta")
    place = columns.first("name", "stop_id")
    named = [QgsExpression.quotedValue(look.vehicle_id + name) for look in looks for name in look.names]
    rules = QgsRuleBasedLabeling.Rule(None)
    for text, name, condition in (
        (_eta_label(columns, is_wrong), "Arrival", is_stop),
        (_depot_label(place), "Depot", f"{vehicle} || {kind} IN ({', '.join(named) or 'NULL'})"),
        *([(_halt_label(columns), "Reload or break", is_halt)] if halts else []),
    ):
        rule = QgsRuleBasedLabeling.Rule(text)
        rule.setDescription(name)
        rule.setFilterExpression(condition)
        rules.appendChild(rule)
    layer.setLabeling(QgsRuleBasedLabeling(rules))
    layer.setLabelsEnabled(True)
    layer.setDisplayExpression(f"{columns['vehicle_id']} || ' ' || {number} || ': ' || {place}")
    service = f"{_clock(columns, 'start_time')} || ' - ' || {_clock(columns, 'end_time')}"
    window = f"'Window ' || {columns['tw1_start']} || ' - ' || {columns['tw1_end']}"
    # A field of the user's, so perhaps text.
    most = f"coalesce(try(to_real(replace({columns['late_max_min']}, ',', '.'))), 0)"
    allowed = f"' (allowed ' || if({most} < 0, 'any', round({most})) || ')'"
    late = f"round({columns['late_min']}) || ' min late' || if({most} = 0, '', {allowed})"
    late = f"if({columns['late_min']} > 0, {late}, NULL)"
    word = f"if({kind} = 'break', 'break', if({kind} IN ('reload', 'transfer'), 'loading', 'service'))"
    came, left = (_clock(columns, name) for name in ("actual_arrival", "actual_departure"))
    state = f"replace({status}, '_', ' ') || coalesce(' ' || {came}, '') || coalesce(' - ' || {left}, '')"
    state = f"if({status} <> '{PLANNED}', {state}, NULL)"
    lines = (
        columns.first("address"),
        f"'ETA ' || {_clock(columns, 'eta')} || ', ' || {word} || ' ' || {service}",
        state,
    )
    layer.setMapTipTemplate(
        f"<b>[% {columns['vehicle_id']} || ' ' || {number} || ': ' || {place} %]</b>"
        + _below(*lines, window, late, columns["violations"], columns.first("notes"))
    )


def _style_unassigned(layer: QgsVectorLayer, columns: _Columns, looks: Sequence[RouteLook]) -> None:
    layer.setRenderer(QgsSingleSymbolRenderer(symbols.unassigned_symbol()))
    place = columns.first("name", "stop_id")
    reason = f"replace({columns['reason']}, '_', ' ')"
    name = f"if(coalesce(@map_scale, 0) <= {_NAME_MAX_SCALE}, coalesce({place} || '\\n', ''), '')"
    label = _label(f"{name} || {reason}", size=8, bold=True, colour=ALARM_COLOUR)
    always_show(label)
    _set_label(layer, _beside(label, priority=10))
    layer.setDisplayExpression(f"{place} || ': ' || {reason}")
    layer.setMapTipTemplate(f"<b>[% {place} %]</b>" + _below(columns["reason_text"], columns["cheapest_fix"]))


def _style_changes(layer: QgsVectorLayer, columns: _Columns, looks: Sequence[RouteLook]) -> None:
    place, change = columns.first("name", "stop_id"), columns["change"]
    # Between two plans that are compared there are no visits to draw rings around.
    symbol_of = symbols.change_symbol if columns.index("why") < 0 else symbols.ring_symbol
    renderer = QgsCategorizedSymbolRenderer(
        columns.name("change"),
        [
            QgsRendererCategory(name, symbol_of(colour), name.capitalize())
            for name, colour in CHANGE_COLOURS.items()
        ],
    )
    on_top = f"if({change} IN ('removed', 'added', 'moved'), 1, 0)"
    _draw_in_order(renderer, [(on_top, True)])
    layer.setRenderer(renderer)
    vehicles = (
        f"coalesce({columns['vehicle_before']}, '-') || ' → ' || coalesce({columns['vehicle_after']}, '-')"
    )
    shift = f"format('%1%2 min', if({columns['change_min']} > 0, '+', ''), round({columns['change_min']}))"
    words = f"if({change} IN ('earlier', 'later'), {shift}, if({change} = 'reordered', {change}, {vehicles}))"
    _set_label(layer, _beside(_label(words, size=8, bold=True), priority=5))
    layer.setDisplayExpression(f"{place} || ': ' || {change}")
    numbers = f"{columns['sequence_before']} || ' → ' || {columns['sequence_after']}"
    etas = f"{_clock(columns, 'eta_before')} || ' → ' || {_clock(columns, 'eta_after')}"
    words = columns.first("why", "remark")
    layer.setMapTipTemplate(
        f"<b>[% {place} %]</b>" + _below(change, vehicles, f"'No. ' || {numbers}", f"'ETA ' || {etas}", words)
    )


def _style_options(layer: QgsVectorLayer, columns: _Columns, looks: Sequence[RouteLook]) -> None:
    words = f"coalesce({columns['rank']} || '. ', '') || {columns['text']}"
    _style_choices(layer, columns, f"{columns['vehicle_id']} || ' ' || {_clock(columns, 'eta')}", words)


def _style_suggestions(layer: QgsVectorLayer, columns: _Columns, looks: Sequence[RouteLook]) -> None:
    window = f"{_clock(columns, 'window_start')} || ' - ' || {_clock(columns, 'window_end')}"
    cost = f"format_number({columns['added_cost']}, 2)"
    words = f"{columns['rank']} || '. ' || {window} || ', ' || {columns['vehicle_id']}"
    _style_choices(layer, columns, window, f"{words} || ', ' || {cost} || ' more'")


def _style_choices(layer: QgsVectorLayer, columns: _Columns, label: str, words: str) -> None:
    """Draw the best of what can be chosen for each stop large and with its label, the others small below it,
    and stops without any choice as a warning.
    """
    rank, place = columns["rank"], columns.first("name", "stop_id")
    best, other, none = (f"{rank} = 1", f"{rank} > 1", f"{rank} IS NULL")
    renderer = QgsCategorizedSymbolRenderer(
        f"CASE WHEN {best} THEN 'best' WHEN {other} THEN 'other' ELSE 'none' END",
        [
            QgsRendererCategory("best", symbols.choice_symbol(7.0), "Best"),
            QgsRendererCategory("other", symbols.choice_symbol(3.2), "Others"),
            QgsRendererCategory("none", symbols.unassigned_symbol(), "Does not fit"),
        ],
    )
    _draw_in_order(renderer, [(f"coalesce({rank}, 1000000)", False)])
    layer.setRenderer(renderer)
    shown = f"if({best}, {place} || '\\n' || {label}, if({none}, {place}, NULL))"
    _set_label(layer, _beside(_label(shown, size=8, bold=True), priority=8))
    layer.setDisplayExpression(f"{place} || ': ' || {words}")
    layer.setMapTipTemplate(f"<b>[% {place} %]</b>" + _below(words, columns["violations"]))


def _below(*expressions: str) -> str:
    """Further lines of a map tip, in HTML; an expression that gives nothing takes no line."""
    return "".join(f"[% coalesce('<br>' || nullif({expression}, ''), '') %]" for expression in expressions)


_STYLE_OF = {
    ROUTES: _style_routes,
    LEGS: _style_legs,
    VISITS: _style_visits,
    UNASSIGNED: _style_unassigned,
    CHANGES: _style_changes,
    OPTIONS: _style_options,
    SUGGESTIONS: _style_suggestions,
}


_Shared = tuple[list[str], str, str]
"""The vehicles of a category, what the legend says, and the colour."""


def _each(looks: Sequence[RouteLook]) -> list[_Shared]:
    """One category per vehicle."""
    return [([look.vehicle_id], look.label, look.colour) for look in looks]


def _few(looks: Sequence[RouteLook]) -> list[_Shared]:
    """One category per vehicle; where there are many, those of one colour share one."""
    if len(looks) <= _EACH:
        return _each(looks)
    alike: dict[str, list[RouteLook]] = {}
    for look in looks:
        alike.setdefault(look.colour, []).append(look)
    return [
        ([look.vehicle_id for look in group], f"{group[0].label} and {len(group) - 1} more", colour)
        for colour, group in alike.items()
    ]


def _by_vehicle(
    vehicle: str,
    shared: Sequence[_Shared],
    symbol_of: Callable[[str], QgsSymbol],
    *others: QgsRendererCategory,
) -> QgsCategorizedSymbolRenderer:
    """The categories and `others`; `vehicle` is a field or an expression.

    A vehicle typed in by hand later is drawn as well, in grey, by the last category.
    """
    of_routes = [
        QgsRendererCategory(names[0] if len(names) == 1 else names, symbol_of(colour), label)
        for names, label, colour in shared
    ]
    of_the_rest = QgsRendererCategory("", symbol_of(OTHER_COLOUR), "Other vehicles")
    return QgsCategorizedSymbolRenderer(vehicle, [*of_routes, *others, of_the_rest])


def _draw_in_order(renderer: QgsCategorizedSymbolRenderer, order: Sequence[tuple[str, bool]]) -> None:
    """Draw features by these expressions, the lowest first where the second part says so."""
    renderer.setOrderBy(
        QgsFeatureRequest.OrderBy([QgsFeatureRequest.OrderByClause(*clause) for clause in order])
    )
    renderer.setOrderByEnabled(True)


def _label(expression: str, size: float, bold: bool = False, colour: str = INK) -> QgsPalLayerSettings:
    font = QFont(FONTS[0])
    font.setBold(bold)
    text = QgsTextFormat()
    text.setFont(font)
    text.setFamilies(FONTS)
    text.setSize(size)
    text.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    text.setColor(QColor(colour))
    buffer = QgsTextBufferSettings()
    buffer.setEnabled(True)
    buffer.setSize(0.8)
    buffer.setColor(QColor(PAPER))
    text.setBuffer(buffer)
    label = QgsPalLayerSettings()
    label.fieldName = expression
    label.isExpression = True
    label.obstacleSettings().setFactor(2.0)
    label.setFormat(text)
    return label


def _eta_label(columns: _Columns, is_wrong: str) -> QgsPalLayerSettings:
    label = _beside(_label(_clock(columns, "eta"), size=7.5), priority=5)
    label.scaleVisibility = True
    label.minimumScale = _ETA_MAX_SCALE
    colour = QgsProperty.fromExpression(f"if({is_wrong}, '{ALARM_COLOUR}', '{INK}')")
    label.dataDefinedProperties().setProperty(_Label.Color, colour)
    return label


def _depot_label(place: str) -> QgsPalLayerSettings:
    label = _beside(_label(place, size=8, bold=True), priority=8)
    always_show(label)
    return label


def _halt_label(columns: _Columns) -> QgsPalLayerSettings:
    """To the right of the sign, wherever other labels leave room."""
    what = f"{columns['visit_type']} || ' ' || {_clock(columns, 'start_time')}"
    at_depot = f"{columns['visit_type']} IN ('{VISIT_RELOAD}', '{VISIT_TRANSFER}')"
    words = f"if({at_depot}, {columns['vehicle_id']} || ' ', '') || {what}"
    label = _label(words, size=7)
    label.placement = QgsPalLayerSettings.Placement.OverPoint
    label.dataDefinedProperties().setProperty(_Label.OffsetQuad, QgsProperty.fromValue(_TO_THE_RIGHT))
    label.xOffset, label.yOffset = PAUSE[0] + 2.8, PAUSE[1]
    label.priority = 3
    label.scaleVisibility = True
    label.minimumScale = _HALT_MAX_SCALE
    return label


def _beside(label: QgsPalLayerSettings, priority: int) -> QgsPalLayerSettings:
    """Place the label beside its point where there is room; 10 is the highest priority."""
    label.placement = QgsPalLayerSettings.Placement.OrderedPositionsAroundPoint
    label.offsetType = QgsPalLayerSettings.OffsetType.FromSymbolBounds
    label.dist = 0.5
    label.priority = priority
    return label


def _set_label(layer: QgsVectorLayer, label: QgsPalLayerSettings) -> None:
    layer.setLabeling(QgsVectorLayerSimpleLabeling(label))
    layer.setLabelsEnabled(True)


def _clock(columns: _Columns, name: str) -> str:
    return f"format_date({columns[name]}, 'HH:mm')"


def _set_time(layer: QgsVectorLayer, columns: _Columns, start: str, end: str = "") -> None:
    """Show features from start to end, or from start on where there is no end."""
    if not all(columns.is_time(name) for name in (start, end) if name):
        return
    time = layer.temporalProperties()
    time.setStartField(columns.name(start))
    if end:
        time.setMode(Qgis.VectorTemporalMode.FeatureDateTimeStartAndEndFromFields)
        time.setEndField(columns.name(end))
    else:
        time.setMode(Qgis.VectorTemporalMode.FeatureDateTimeInstantFromField)
        time.setAccumulateFeatures(True)
    time.setIsActive(True)


def _name_fields(layer: QgsVectorLayer, own: Collection[str]) -> None:
    """Call the fields of the plan by words; show times without seconds or zone, figures to two decimals.

    Columns of the attribute table are as wide as their heads, times and sentences ask for.
    """
    table = layer.attributeTableConfig()
    table.update(layer.fields())
    for index, field in enumerate(layer.fields()):
        if field.name() not in own:
            continue
        spoken = _spoken(field.name())
        layer.setFieldAlias(index, spoken)
        if field.type() in _WIDGETS:
            layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup(*_WIDGETS[field.type()]))
        if field.name() == "status":
            choices = {"map": [{status.replace("_", " "): status} for status in STATUSES]}
            layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("ValueMap", choices))
        least = _TIME_LETTERS if field.type() == DATE_TIME else _LETTERS.get(field.name(), 0)
        table.setColumnWidth(index, _LETTER_PX * max(len(spoken) + 2, least))
    layer.setAttributeTableConfig(table)


def _spoken(name: str) -> str:
    """`cum_distance_km` as "Cum distance (km)", `eta` as "ETA"."""
    if name == "eta":
        return "ETA"
    *words, last = name.split("_")
    if words and last in _UNITS:
        return f"{' '.join(words).capitalize()} ({_UNITS[last]})"
    return name.replace("_", " ").capitalize()


def _forget_own_styles(layer: QgsVectorLayer) -> None:
    """Remove the styles of earlier plans from the table; a style the user stored under another name stays."""
    count, ids, names, _, _ = layer.listStylesInDatabase()
    for style_id, name in list(zip(ids, names))[: max(count, 0)]:
        if name == STYLE_NAME:
            layer.deleteStyleFromDatabase(style_id)
