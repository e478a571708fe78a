"""The look of a plan: what is drawn, labelled and played, and that it survives being stored and opened."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest
from qgis.core import (
    QgsDateTimeRange,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsFeatureRequest,
    QgsLayerTreeLayer,
    QgsMapSettings,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProject,
    QgsProviderRegistry,
    QgsRectangle,
    QgsRenderContext,
    QgsSymbolLayer,
    QgsSymbolLayerUtils,
    QgsVectorLayer,
    QgsVectorLayerTemporalContext,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QSize, QTime
from qgis.PyQt.QtGui import QColor

from optiway_qgis.layers import styles, symbols
from optiway_qgis.layers.output_fields import LEGS, ROUTES, UNASSIGNED, VISITS
from optiway_qgis.model.day import STATUSES
from optiway_qgis.model.palette import ALARM_COLOUR, ROUTE_COLOURS, route_colour
from tests.made_plans import rich_town
from tests.pictures import colours, rendered


@pytest.fixture
def styled(town, write):
    """The four layers in memory, styled, by sink name; the context keeps them alive."""
    destinations, context = write(town, lambda name: f"memory:{name}")
    looks = styles.route_looks(*town)
    layers = loaded(destinations, context)
    for name, layer in layers.items():
        styles.style_layer(layer, name, looks)
    yield layers
    del context


def loaded(destinations, context) -> dict[str, QgsVectorLayer]:
    """The layers as QGIS loads the results of an algorithm."""
    return {name: QgsProcessingUtils.mapLayerFromString(dest, context) for name, dest in destinations.items()}


def opened(destination: str) -> QgsVectorLayer:
    """The layer as somebody gets it who opens the file."""
    return QgsVectorLayer(destination, "opened", "ogr")


def texts(layer: QgsVectorLayer, expression: str) -> list[str]:
    """The expression for each feature of the layer; fails when it cannot be evaluated."""
    parsed = QgsExpression(expression)
    assert not parsed.hasParserError(), parsed.parserErrorString()
    found = []
    for feature in layer.getFeatures():
        context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
        context.setFeature(feature)
        found.append(parsed.evaluate(context))
        assert not parsed.hasEvalError(), parsed.evalErrorString()
    return found


def texts_of_tips(layer: QgsVectorLayer) -> list[str]:
    """The map tip of each feature of the layer."""
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    tips = []
    for feature in layer.getFeatures():
        context.setFeature(feature)
        tips.append(QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context))
    return tips


def at(hour: int, minute: int) -> QDateTime:
    return QDateTime(QDate(2026, 5, 4), QTime(hour, minute))


def visible(layer: QgsVectorLayer, begin: QDateTime, end: QDateTime) -> list[QgsFeature]:
    """The features the temporal controller shows between two moments."""
    context = QgsVectorLayerTemporalContext()
    context.setLayer(layer)
    shown = layer.temporalProperties().createFilterString(context, QgsDateTimeRange(begin, end))
    return list(layer.getFeatures(QgsFeatureRequest().setFilterExpression(shown)))


def test_colours_of_routes_are_those_of_the_palette_in_the_order_of_the_plan(town, styled):
    """Report and map show one vehicle in one colour; the driver is in the legend."""
    _, plan = town
    for name in (ROUTES, LEGS, VISITS):
        categories = styled[name].renderer().categories()[: len(plan.routes)]
        assert [category.value() for category in categories] == [route.vehicle_id for route in plan.routes]
        assert [category.label() for category in categories] == [
            "V01 · Driver 1",
            "V02 · Driver 2",
            "V03 · Driver 3",
        ]
        for index, category in enumerate(categories):
            parts = category.symbol().symbolLayers()
            assert route_colour(index) in {part.color().name() for part in parts}


def test_everything_of_a_plan_is_in_the_picture(town, styled):
    """Each route colour, the alarm of late and unassigned stops: all are painted."""
    _, plan = town
    extent = styled[VISITS].extent()
    extent.scale(1.1)
    image, _ = rendered([styled[name] for name in (UNASSIGNED, VISITS, ROUTES, LEGS)], extent)
    painted = colours(image)
    assert {route_colour(index) for index in range(len(plan.routes))} | {ALARM_COLOUR} <= painted


def test_legend_shows_discs_in_the_colours_of_the_routes_and_one_house(town, styled):
    """A legend has no visit to look at: neither the ring of late visits nor the depot may cover the disc."""
    _, plan = town
    layer = styled[VISITS]
    settings = QgsMapSettings()
    settings.setExtent(layer.extent())
    context = QgsRenderContext.fromMapSettings(settings)
    context.setExpressionContext(
        QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    )
    icons = [
        colours(QgsSymbolLayerUtils.symbolPreviewPixmap(item.symbol(), QSize(24, 24), 0, context).toImage())
        for item in layer.renderer().legendSymbolItems()
    ]
    labels = [item.label() for item in layer.renderer().legendSymbolItems()]
    assert labels[len(plan.routes) :] == ["Depots", "Other vehicles"]
    for index in range(len(plan.routes)):
        assert route_colour(index) in icons[index]
        assert ALARM_COLOUR not in icons[index]
    assert symbols.INK in icons[len(plan.routes)]


@pytest.fixture
def rich_visits(write):
    """The visits of a plan with two trips, breaks and allowed lateness, styled, in memory."""
    town = rich_town()
    destinations, context = write(town, lambda name: f"memory:{name}")
    layer = QgsProcessingUtils.mapLayerFromString(destinations[VISITS], context)
    styles.style_layer(layer, VISITS, styles.route_looks(*town))
    yield layer
    del context


def test_reloads_and_breaks_are_in_the_legend_where_a_plan_has_any(rich_visits, styled):
    """They are of no vehicle; a plan without them is spared the entries."""
    labels = [item.label() for item in rich_visits.renderer().legendSymbolItems()]
    assert labels[3:] == ["Depots", "Reloads", "Breaks", "Other vehicles"]
    assert "Breaks" not in [item.label() for item in styled[VISITS].renderer().legendSymbolItems()]


def test_a_break_is_drawn_beside_its_stop_and_hides_nothing_of_it(rich_visits):
    """Break and stop are at one place: the number of the stop must stay readable."""
    stop = next(row for row in rich_visits.getFeatures() if row["stop_id"] == "S4").geometry().asPoint()
    around = QgsRectangle(stop.x() - 2e-3, stop.y() - 15e-4, stop.x() + 2e-3, stop.y() + 15e-4)
    rich_visits.setLabelsEnabled(False)
    with_break, to_pixel = rendered([rich_visits], around)
    rich_visits.setSubsetString("\"visit_type\" <> 'break'")
    without, _ = rendered([rich_visits], around)
    changed = [
        (x, y)
        for x in range(with_break.width())
        for y in range(with_break.height())
        if with_break.pixel(x, y) != without.pixel(x, y)
    ]
    centre = to_pixel.transform(stop)
    assert len(changed) > 60
    assert all(x > centre.x() + 2 and y > centre.y() + 2 for x, y in changed)
    inked = [QColor(with_break.pixel(*place)).name() for place in changed]
    assert inked.count(symbols.INK) > 10


def test_reloads_are_squares_at_the_corner_of_the_depot(rich_visits):
    """On the house they would not be seen, below it neither."""
    depot = next(row for row in rich_visits.getFeatures() if row["visit_type"] == "reload")
    place = depot.geometry().asPoint()
    around = QgsRectangle(place.x() - 2e-3, place.y() - 15e-4, place.x() + 2e-3, place.y() + 15e-4)
    rich_visits.setLabelsEnabled(False)
    image, to_pixel = rendered([rich_visits], around)
    centre = to_pixel.transform(place)
    dots = 96 / 25.4 * 3.4
    corner = QColor(image.pixel(round(centre.x() + dots), round(centre.y() + dots))).name()
    opposite = QColor(image.pixel(round(centre.x() - dots - 2), round(centre.y() - dots - 2))).name()
    assert (corner, opposite) == (symbols.INK, "#ffffff")


def test_reloads_and_breaks_are_labelled_with_what_and_when(rich_visits):
    """Beside arrivals at stops and names of depots; several vehicles may reload at one."""
    arrival, _, halt = rich_visits.labeling().rootRule().children()
    words = texts(rich_visits, halt.settings().fieldName)
    shown = [text for text, is_shown in zip(words, texts(rich_visits, halt.filterExpression())) if is_shown]
    assert shown == ["break 10:13", "V1 reload 11:45", "break 13:20", "break 12:46"]
    assert sum(map(bool, texts(rich_visits, arrival.filterExpression()))) == 22


@pytest.fixture
def visits_under_way(write):
    """The visits of a plan of which some are done, and for which goods are fetched, styled, in memory."""
    problem, plan = rich_town()
    first = plan.routes[0]
    noon = 12 * 3600
    states = [
        {"status": "done", "actual_arrival": noon, "actual_departure": noon + 600},
        {"status": "failed", "actual_arrival": noon},
        {"status": "en_route"},
        {"type": "transfer"},
    ]
    at = [place for place, visit in enumerate(first.visits) if visit.type == "stop"][:3]
    at.append(next(place for place, visit in enumerate(first.visits) if visit.type == "reload"))
    visits = list(first.visits)
    for place, state in zip(at, states):
        visits[place] = replace(visits[place], **state)
    town = problem, replace(plan, routes=(replace(first, visits=tuple(visits)), *plan.routes[1:]))
    destinations, context = write(town, lambda name: f"memory:{name}")
    layer = QgsProcessingUtils.mapLayerFromString(destinations[VISITS], context)
    styles.style_layer(layer, VISITS, styles.route_looks(*town))
    yield layer
    del context


def test_what_is_done_is_ticked(visits_under_way):
    """What was in vain is crossed; all others keep their numbers."""
    categories = visits_under_way.renderer().categories()
    symbol = categories[0].symbol().clone()
    overrides = symbol.symbolLayers()[2].dataDefinedProperties()
    mark = overrides.property(QgsSymbolLayer.Property.PropertyCharacter).expressionString()
    assert texts(visits_under_way, mark)[1:6] == ["✓", "✕", "3", "4", "5"]
    assert "Goods fetched" in [category.label() for category in categories]
    tips = texts_of_tips(visits_under_way)
    assert "<br>done 12:00 - 12:10" in tips[1]
    assert "<br>failed 12:00" in tips[2] and " - " not in tips[2].split("failed")[1]
    assert "<br>en route" in tips[3]
    assert "planned" not in tips[4]


def test_how_a_visit_stands_is_chosen_from_a_list(visits_under_way):
    """By hand in the attribute table, and spelt as it is read."""
    setup = visits_under_way.editorWidgetSetup(visits_under_way.fields().lookupField("status"))
    values = [value for choice in setup.config()["map"] for value in choice.values()]
    assert (setup.type(), tuple(values)) == ("ValueMap", STATUSES)


def test_map_tips_of_routes_and_legs_tell_trips_and_overtime(write):
    """Where there is more than one trip, and any overtime; nothing of it in other plans."""
    town = rich_town()
    destinations, context = write(town, lambda name: f"memory:{name}")
    tips = {}
    for name in (ROUTES, LEGS):
        layer = QgsProcessingUtils.mapLayerFromString(destinations[name], context)
        styles.style_layer(layer, name, styles.route_looks(*town))
        tips[name] = texts_of_tips(layer)
    (first, _, third) = tips[ROUTES]
    assert "<br>2 trips<br>84 min overtime" in first
    assert "trip" not in third and "overtime" not in third
    assert [("<br>trip 2" in tip) for tip in tips[LEGS][:13]] == [False] * 7 + [True] * 6


def test_map_tips_of_breaks_and_reloads_tell_what_is_done_there(rich_visits):
    """A break is no service; loading neither."""
    tips = texts_of_tips(rich_visits)
    assert tips[5] == "<b>V1 5: coffee</b><br>ETA 10:13, break 10:13 - 10:28"
    assert tips[8] == "<b>V1 8: North depot</b><br>ETA 11:45, loading 11:45 - 12:02"
    assert "service 08:24 - 08:46" in tips[1]


@pytest.mark.parametrize(
    ("kind", "most", "words"),
    [
        ("double", 30.0, " (allowed 30)"),
        ("double", -1.0, " (allowed any)"),
        ("double", 0.0, ""),
        ("string", "12,5", " (allowed 13)"),
        ("string", "-1", " (allowed any)"),
        ("string", "", ""),
        ("string", "soon", ""),
    ],
)
def test_map_tips_tell_how_late_a_stop_may_be(kind, most, words):
    """The field travels along from the stops, and a CSV file has it as text."""
    columns = f"late_min:double&field=late_max_min:{kind}&field=visit_type:string"
    layer = QgsVectorLayer(f"Point?crs=EPSG:4326&field=sequence:integer&field={columns}", "visits", "memory")
    styles.style_layer(layer, VISITS, ())
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    feature = QgsFeature(layer.fields())
    feature.setAttributes([1, 12.0, most, "stop"])
    context.setFeature(feature)
    assert f"12 min late{words}" in QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    assert ("allowed" in QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)) == bool(words)


def test_late_visit_has_a_ring_in_the_colour_of_alarm(town, styled):
    """Around the late visit there is alarm, around one in time there is none."""
    problem, plan = town
    places = {stop.id: stop for stop in problem.stops}
    late = next(visit for visit in plan.routes[0].visits if visit.late)
    in_time = plan.routes[0].visits[1]
    for visit, alarmed in ((late, True), (in_time, False)):
        place = places[visit.id]
        around = QgsRectangle(place.lon - 2e-4, place.lat - 15e-5, place.lon + 2e-4, place.lat + 15e-5)
        image, _ = rendered([styled[VISITS]], around)
        assert (ALARM_COLOUR in colours(image)) == alarmed


def test_depots_are_drawn_as_houses_and_stops_as_discs(town, styled):
    """At a depot the colour of no route is painted; it is dark."""
    problem, _ = town
    depot = problem.depots[1]
    around = QgsRectangle(depot.lon - 2e-4, depot.lat - 15e-5, depot.lon + 2e-4, depot.lat + 15e-5)
    image, _ = rendered([styled[VISITS]], around)
    painted = colours(image)
    assert symbols.INK in painted
    assert not painted & set(ROUTE_COLOURS)


def test_numbers_can_be_read_on_every_colour():
    """Contrast of number and disc is at least 3 to 1 (WCAG 2.1, large text), for the whole palette."""

    def luminance(colour: QColor) -> float:
        channels = (colour.redF(), colour.greenF(), colour.blueF())
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in ROUTE_COLOURS:
        symbol = symbols.visit_symbol(colour, "1", "FALSE", "'1'")
        _, disc, figure = symbol.symbolLayers()
        dark, light = sorted(luminance(part.color()) for part in (disc, figure))
        assert (light + 0.05) / (dark + 0.05) >= 3, colour


def test_vehicle_typed_in_by_hand_is_still_drawn(styled):
    """Who moves a stop to a vehicle without route in the attribute table must not lose it from the map."""
    layer = styled[VISITS]
    feature = next(row for row in layer.getFeatures() if row["visit_type"] == "stop")
    feature["vehicle_id"] = "V99"
    context = QgsRenderContext()
    context.setExpressionContext(
        QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    )
    renderer = layer.renderer().clone()
    renderer.startRender(context, layer.fields())
    symbol = renderer.originalSymbolForFeature(feature, context)
    renderer.stopRender(context)
    assert symbol is not None
    assert symbol.symbolLayer(1).color().name() not in ROUTE_COLOURS


def test_visits_are_labelled_with_their_arrival_and_depots_once_with_their_name(town, styled):
    """The ETA as HH:MM at stops; a depot's name at one of its many visits."""
    _, plan = town
    layer = styled[VISITS]
    arrival, depot = layer.labeling().rootRule().children()
    expected = [
        f"{visit.arrival // 3600:02}:{visit.arrival // 60 % 60:02}"
        for route in plan.routes
        for visit in route.visits
    ]
    assert texts(layer, arrival.settings().fieldName) == expected
    is_stop = [visit.type == "stop" for route in plan.routes for visit in route.visits]
    assert [bool(shown) for shown in texts(layer, arrival.filterExpression())] == is_stop
    named = [
        name
        for name, shown in zip(
            texts(layer, depot.settings().fieldName), texts(layer, depot.filterExpression())
        )
        if shown
    ]
    assert sorted(named) == ["Depot North", "South"]


def test_plan_without_depots_gets_valid_labels(town, write):
    """Open routes name no depot; the rule for depots must still be an expression QGIS can read."""
    problem, plan = town
    routes = tuple(
        replace(route, visits=tuple(v for v in route.visits if v.type == "stop"), legs=route.legs[1:-1])
        for route in plan.routes
    )
    plan = replace(plan, routes=routes)
    destinations, context = write((problem, plan), lambda name: f"memory:{name}")
    layer = QgsProcessingUtils.mapLayerFromString(destinations[VISITS], context)
    styles.style_layer(layer, VISITS, styles.route_looks(problem, plan))
    _, depot = layer.labeling().rootRule().children()
    assert not any(texts(layer, depot.filterExpression()))


def test_unassigned_stops_are_labelled_with_their_reason(styled):
    """Name and reason in words."""
    layer = styled[UNASSIGNED]
    labels = texts(layer, layer.labeling().settings().fieldName)
    assert labels == ["Stop 38\ntime window", "Stop 39\ncapacity", "Stop 40\nskill"]


def test_names_of_unassigned_stops_are_left_out_in_a_small_map(styled):
    """Names in a crowd would cover each other and the reasons, which are short."""
    layer = styled[UNASSIGNED]
    parsed = QgsExpression(layer.labeling().settings().fieldName)
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(next(layer.getFeatures()))
    for scale, expected in ((10000, "Stop 38\ntime window"), (100000, "time window")):
        context.lastScope().setVariable("map_scale", scale)
        assert parsed.evaluate(context) == expected


def test_reason_is_shown_where_there_is_no_room(make_town, write, qgis_app):
    """In the crowd of 240 stops drawn small the reasons are still painted, over whatever is there."""
    town = make_town(stop_count=240, vehicle_count=12)
    destinations, context = write(town, lambda name: f"memory:{name}")
    layers = loaded(destinations, context)
    for name, layer in layers.items():
        styles.style_layer(layer, name, styles.route_looks(*town))
    extent = layers[VISITS].extent()
    extent.scale(3)
    on_top = [layers[name] for name in (UNASSIGNED, VISITS, ROUTES)]
    image, to_pixel = rendered(on_top, extent)
    layers[UNASSIGNED].setLabelsEnabled(False)
    without, _ = rendered(on_top, extent)
    alarm = QColor(ALARM_COLOUR).rgb()
    for feature in layers[UNASSIGNED].getFeatures():
        centre = to_pixel.transform(feature.geometry().asPoint())
        around = [
            (int(centre.x()) + dx, int(centre.y()) + dy) for dx in range(-70, 70) for dy in range(-40, 40)
        ]
        painted = [sum(picture.pixel(*pixel) == alarm for pixel in around) for picture in (image, without)]
        assert painted[0] > painted[1] + 20, feature["stop_id"]


def test_map_tips_tell_what_matters_and_leave_out_what_is_not_there(styled):
    """The late visit says so; an empty address or window takes no line."""
    layer = styled[VISITS]
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    late = next(row for row in layer.getFeatures() if row["late_min"])
    context.setFeature(late)
    tip = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    eta, start, end = (late[name].toString("HH:mm") for name in ("eta", "start_time", "end_time"))
    assert tip == (
        f"<b>V01 {late['sequence']}: {late['name']}</b><br>ETA {eta}, service {start} - {end}"
        "<br>20 min late<br>time_window<br>Ring twice"
    )
    for name in (ROUTES, LEGS, UNASSIGNED):
        context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(styled[name]))
        context.setFeature(next(styled[name].getFeatures()))
        tip = QgsExpression.replaceExpressionText(styled[name].mapTipTemplate(), context)
        assert "[%" not in tip
        assert "<br>" in tip


def test_fields_of_the_plan_are_called_by_words_and_those_of_the_user_as_they_were(styled):
    """Aliases and display formats touch only what the plan brought; a latitude keeps all its digits."""
    layer = styled[VISITS]
    names = {field.name(): layer.attributeDisplayName(index) for index, field in enumerate(layer.fields())}
    assert names["distance_km"] == "Distance (km)"
    assert names["eta"] == "ETA"
    assert names["lat"] == "lat"
    assert layer.editorWidgetSetup(layer.fields().indexOf("lat")).type() != "Range"
    assert layer.editorWidgetSetup(layer.fields().indexOf("late_min")).config()["Precision"] == 2


def test_times_and_reasons_are_not_cut_off_in_the_attribute_table(styled):
    """In the width that QGIS gives a column a time ends after its date, and a reason after three words."""
    for name, field, least in ((VISITS, "eta", 130), (UNASSIGNED, "reason_text", 400)):
        layer = styled[name]
        columns = layer.attributeTableConfig().columns()
        assert next(column.width for column in columns if column.name == field) >= least
    for sink, field in ((VISITS, "lat"), (ROUTES, "stops")):
        columns = {column.name: column.width for column in styled[sink].attributeTableConfig().columns()}
        assert columns[field] < 100


@pytest.mark.parametrize("moment", [(8, 0), (9, 20), (10, 10)])
def test_playing_the_day_shows_the_leg_each_vehicle_is_on(moment, town, styled):
    """Between two moments: the legs driven then, the visits reached until then, the routes at work."""
    _, plan = town
    begin, end = at(*moment), at(*moment).addSecs(600)
    first = moment[0] * 3600 + moment[1] * 60
    last = first + 600
    legs = {
        (route.vehicle_id, leg.sequence)
        for route in plan.routes
        for leg, before, visit in zip(route.legs, route.visits, route.visits[1:])
        if before.end <= last and visit.arrival > first
    }
    visits = {
        (route.vehicle_id, visit.sequence)
        for route in plan.routes
        for visit in route.visits
        if visit.arrival <= last
    }
    routes = {route.vehicle_id for route in plan.routes if route.start <= last and route.end > first}
    assert {(row["vehicle_id"], row["sequence"]) for row in visible(styled[LEGS], begin, end)} == legs
    assert {(row["vehicle_id"], row["sequence"]) for row in visible(styled[VISITS], begin, end)} == visits
    assert {row["vehicle_id"] for row in visible(styled[ROUTES], begin, end)} == routes
    assert legs
    assert visits


def test_leg_under_way_stands_out_while_the_day_is_played(town, styled):
    """The same leg is drawn much broader while the controller plays than on the quiet map."""
    _, plan = town
    leg = max(plan.routes[0].legs, key=lambda leg: leg.seconds)
    visit = plan.routes[0].visits[leg.sequence]
    moment = QDateTime(QDate(2026, 5, 4), QTime(0, 0)).addSecs(visit.arrival - leg.seconds // 2)
    (lon, lat), (to_lon, to_lat) = leg.geometry
    extent = QgsRectangle(min(lon, to_lon), min(lat, to_lat), max(lon, to_lon), max(lat, to_lat))
    extent.scale(1.3)

    def painted(playing):
        image, _ = rendered([styled[LEGS]], extent, playing)
        wanted = QColor(route_colour(0)).rgb()
        return sum(image.pixel(x, y) == wanted for x in range(image.width()) for y in range(image.height()))

    legs = styled[LEGS]
    others = [
        row.id() for row in legs.getFeatures() if (row["route_id"], row["sequence"]) != ("V01", leg.sequence)
    ]
    legs.dataProvider().deleteFeatures(others)
    assert painted(QgsDateTimeRange(moment, moment.addSecs(60))) > 2 * painted(None) > 0


def test_stored_styles_come_with_the_file(town, stored):
    """Who opens the GeoPackage of qgis_process in a fresh QGIS sees the plan as it looks in the desktop."""
    _, plan = town
    vehicles = [route.vehicle_id for route in plan.routes]
    for name, others in ((ROUTES, [""]), (LEGS, [""]), (VISITS, ["(depot)", ""])):
        layer = opened(stored[name])
        assert [category.value() for category in layer.renderer().categories()] == [*vehicles, *others]
    visits = opened(stored[VISITS])
    assert [rule.description() for rule in visits.labeling().rootRule().children()] == ["Arrival", "Depot"]
    assert visits.labelsEnabled()
    assert "min late" in visits.mapTipTemplate()
    unassigned = opened(stored[UNASSIGNED])
    assert '"reason"' in unassigned.labeling().settings().fieldName
    assert opened(stored[ROUTES]).attributeDisplayName(1) == "Start time"


def test_stored_styles_play_the_day(stored):
    """The settings of time are in the file; QGIS 3.22 overwrites them on opening, so they are read again."""
    for name, start in ((ROUTES, "start_time"), (LEGS, "start_time"), (VISITS, "eta")):
        layer = opened(stored[name])
        layer.loadDefaultStyle()
        assert layer.temporalProperties().isActive()
        assert layer.temporalProperties().startField() == start


def test_stored_styles_replace_those_of_an_earlier_plan_and_leave_the_users(
    make_town, stored, tmp_path, write
):
    """Run twice into one file: one style per table, the new one; a style the user saved is still there."""
    error = opened(stored[VISITS]).saveStyleToDatabase("Mine", "", False, "")
    assert not error
    path = tmp_path / "plan.gpkg"
    larger = make_town(stop_count=60, vehicle_count=5)
    looks = styles.route_looks(*larger)
    for _ in range(2):
        styles.store_styles(stored, looks, QgsProcessingFeedback())
    connection = QgsProviderRegistry.instance().providerMetadata("ogr").createConnection(str(path), {})
    rows = connection.executeSql(
        "SELECT f_table_name, styleName, useAsDefault FROM layer_styles ORDER BY 1, 2"
    )
    assert [tuple(row[:2]) for row in rows] == [
        ("legs", "Optiway plan"),
        ("routes", "Optiway plan"),
        ("unassigned", "Optiway plan"),
        ("visits", "Mine"),
        ("visits", "Optiway plan"),
    ]
    assert [bool(int(row[2])) for row in rows] == [True, True, True, False, True]
    assert len(opened(stored[VISITS]).renderer().categories()) == 5 + 2


def test_style_that_cannot_be_stored_is_a_warning(town, stored, monkeypatch):
    """The plan is written already; a style that fails must not make the run fail."""
    monkeypatch.setattr(
        QgsVectorLayer, "saveStyleToDatabase", lambda *arguments: "attempt to write a readonly database"
    )
    feedback = QgsProcessingFeedback()
    styles.store_styles(stored, styles.route_looks(*town), feedback)
    assert feedback.textLog().count("was not stored") == 4
    assert "readonly database" in feedback.textLog()


@pytest.mark.parametrize("suffix", ["shp", "csv"])
def test_formats_that_lose_something_are_styled_as_far_as_they_go(suffix, town, write, tmp_path):
    """Cut names are found, text times are not played, a table without geometry is left a table."""
    destinations, context = write(town, lambda name: str(tmp_path / f"{name.lower()}.{suffix}"))
    looks = styles.route_looks(*town)
    styles.store_styles(destinations, looks, QgsProcessingFeedback())
    layers = loaded(destinations, context)
    for name, layer in layers.items():
        styles.style_layer(layer, name, looks)
    assert not layers[LEGS].temporalProperties().isActive()
    assert layers[LEGS].isSpatial() == (suffix == "shp")
    if suffix == "shp":
        assert len(layers[VISITS].renderer().categories()) == 3 + 2
        arrival = layers[VISITS].labeling().rootRule().children()[0]
        assert texts(layers[VISITS], arrival.settings().fieldName)[0] == "08:00"
        assert '"travel_sou"' in layers[LEGS].mapTipTemplate()


def test_each_layer_that_is_loaded_gets_its_own_style(town, write):
    """Processors live until QGIS calls them, each styles its own layer, none is kept after."""
    destinations, context = write(town, lambda name: f"memory:{name}")
    for name in (ROUTES, VISITS, UNASSIGNED):
        details = QgsProcessingContext.LayerDetails(name, QgsProject.instance(), name)
        context.addLayerToLoadOnCompletion(destinations[name], details)
    styles.style_on_load(destinations, styles.route_looks(*town), context)
    assert not context.willLoadLayerOnCompletion(destinations[LEGS])
    gc.collect()
    layers = {}
    for name in (ROUTES, VISITS, UNASSIGNED):
        layers[name] = QgsProcessingUtils.mapLayerFromString(destinations[name], context)
        processor = context.layerToLoadOnCompletionDetails(destinations[name]).postProcessor()
        processor.postProcessLayer(layers[name], context, QgsProcessingFeedback())
    assert layers[ROUTES].renderer().type() == layers[VISITS].renderer().type() == "categorizedSymbol"
    assert layers[UNASSIGNED].labelsEnabled()
    assert not set(destinations.values()) & set(styles.LayerStyler.waiting)


@pytest.mark.parametrize("sink_name", [ROUTES, LEGS, VISITS, UNASSIGNED])
def test_a_table_without_geometry_finds_its_place_in_the_layer_tree(qgis_app, sink_name):
    """Outputs written to CSV have no renderer to arrange."""
    table = QgsVectorLayer("None?field=vehicle_id:string", "plan", "memory")
    node = QgsLayerTreeLayer(table)
    styles.arrange(node, sink_name)
    assert node.isExpanded() is (sink_name == ROUTES)


def test_colours_repeat_only_after_the_palette_ends(make_town, qgis_app):
    """Fourteen routes: twelve colours, then again from the first."""
    looks = styles.route_looks(*make_town(stop_count=87, vehicle_count=14))
    assert [look.colour for look in looks] == [*ROUTE_COLOURS, *ROUTE_COLOURS[:2]]


def test_the_vehicles_of_a_large_fleet_share_categories_and_keep_their_colours(town, styled):
    """Hundreds of categories take seconds to store, and nobody reads them; the routes alone keep theirs."""
    _, plan = town
    looks = [
        *(styles.RouteLook(f"W{number}", f"W{number}", route_colour(number)) for number in range(100)),
        *(styles.RouteLook(route.vehicle_id, "", ROUTE_COLOURS[2]) for route in plan.routes),
    ]
    for name, shared in ((ROUTES, 103), (LEGS, 12), (VISITS, 12 + 1)):
        layer = styled[name]
        styles.style_layer(layer, name, looks)
        renderer = layer.renderer()
        assert len(renderer.categories()) == shared + 1
        context = QgsRenderContext()
        context.setExpressionContext(QgsExpressionContext())
        renderer.startRender(context, layer.fields())
        served = next(row for row in layer.getFeatures() if name != VISITS or row["visit_type"] == "stop")
        context.expressionContext().setFeature(served)
        drawn = renderer.symbolForFeature(served, context).symbolLayers()
        renderer.stopRender(context)
        assert ROUTE_COLOURS[2] in {part.color().name() for part in drawn}
    assert styled[LEGS].renderer().categories()[0].label() == "W0 and 8 more"
