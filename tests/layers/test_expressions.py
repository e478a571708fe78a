"""The functions in QGIS expressions: what they give, what NULL gives, and that nonsense is told."""

from __future__ import annotations

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDateTime, Qt, QThread

from optiway_qgis.layers.expressions import DESCRIBED, register_functions, unregister_functions
from optiway_qgis.layers.qgis_compat import is_null
from optiway_qgis.layers.styles import COLOURS, RouteLook, store_styles, style_layer
from optiway_qgis.model.links import Place, geo_uri, google_link, waze_link
from optiway_qgis.model.palette import OTHER_COLOUR
from tests.made_layers import Log

ETA = "to_datetime('2026-05-04T10:42:30')"
ROUTES_SOURCE = "LineString?crs=EPSG:4326&field=vehicle_id:string"
LOOKS = (RouteLook("V1", "V1", "#0072b2"), RouteLook("München/Süd", "S", "#e69f00"))


@pytest.fixture(autouse=True)
def functions(qgis_app):
    """The functions are there as the plugin adds them, and gone after."""
    register_functions()
    yield
    unregister_functions()


def value_of(text: str, context: QgsExpressionContext | None = None):
    """The value of an expression that has no error."""
    expression = QgsExpression(text)
    assert not expression.hasParserError(), expression.parserErrorString()
    value = expression.evaluate(context or QgsExpressionContext())
    assert not expression.hasEvalError(), expression.evalErrorString()
    return None if is_null(value) else value


def error_of(text: str) -> str:
    """The error of an expression; fails when there is none."""
    expression = QgsExpression(text)
    assert not expression.hasParserError(), expression.parserErrorString()
    assert is_null(expression.evaluate(QgsExpressionContext()))
    assert expression.hasEvalError()
    return expression.evalErrorString()


def context_of(layer: QgsVectorLayer) -> QgsExpressionContext:
    """What expressions of a layer know."""
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.layerScope(layer))
    return context


def in_a_thread(text: str, context: QgsExpressionContext):
    """The value of an expression as it is when a map is drawn."""
    found = []

    class Drawing(QThread):
        def run(self):
            found.append(value_of(text, context))

    thread = Drawing()
    thread.start()
    while not thread.wait(20):
        pass
    return found[0]


def of_layer(crs: str, at: tuple[float, float]) -> QgsExpressionContext:
    """The context of a feature at longitude and latitude in a layer of that CRS."""
    layer = QgsVectorLayer(f"Point?crs={crs}&field=vehicle_id:string", "visits", "memory")
    wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
    move = QgsCoordinateTransform(wgs84, layer.crs(), QgsProject.instance())
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromPointXY(move.transform(QgsPointXY(*at))))
    layer.dataProvider().addFeature(feature)
    context = context_of(layer)
    context.setFeature(feature)
    return context


def test_each_is_in_the_group_with_a_help(qgis_app):
    """The expression dialog lists them under Optiway and explains arguments and use."""
    listed = {one.name(): one for one in QgsExpression.Functions()}
    for described in DESCRIBED:
        function = listed[described.name]
        assert function.groups() == ["Optiway"]
        assert described.example.startswith(described.name)
        for argument, text in zip(described.arguments, described.explained):
            assert argument in function.helpText() and len(text) > 10
        assert len(described.explained) == len(described.arguments)


def test_examples_can_be_parsed(qgis_app):
    """Help that does not work is worse than none."""
    for described in DESCRIBED:
        expression = QgsExpression(described.example)
        assert not expression.hasParserError(), expression.parserErrorString()


def test_gone_after_unloading_and_back_again(qgis_app):
    """A plugin that is switched off leaves no function behind; switched on again it works."""
    unregister_functions()
    assert not [name for name in (one.name() for one in QgsExpression.Functions()) if name[:3] == "ow_"]
    assert QgsExpression("ow_route_color('V1')").hasParserError()
    register_functions()
    register_functions()
    assert sum(one.name() == "ow_late_min" for one in QgsExpression.Functions()) == 1
    assert value_of("ow_late_min('10:00', '09:00')") == 60


@pytest.mark.parametrize(
    "text",
    [
        "ow_nav_url(NULL, 41.1, -8.6)",
        "ow_nav_url('google', NULL, -8.6)",
        "ow_nav_url('google', 41.1, NULL)",
        "ow_nav_url('google', NULL)",
        "ow_nav_url('google', $geometry)",
        "ow_eta_text(NULL, '10:00')",
        "ow_late_min(NULL, '10:00')",
        "ow_late_min('10:00', NULL)",
        "ow_local_time(NULL, 'Europe/Lisbon')",
        "ow_local_time(now(), NULL)",
        "ow_route_color(NULL)",
    ],
)
def test_null_gives_null(text):
    """Half-filled tables are no error."""
    context = QgsExpressionContext()
    context.setFeature(QgsFeature())
    assert value_of(text, context) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ow_nav_url('tomtom', 41.1, -8.6)", "google, waze, apple, geo"),
        ("ow_nav_url(5, 41.1, -8.6)", "5"),
        ("ow_nav_url('waze', 'north', -8.6)", "'north'"),
        ("ow_nav_url('waze', 91, -8.6)", "91"),
        ("ow_nav_url('waze', sqrt(-1), -8.6)", "no latitude and longitude"),
        ("ow_nav_url('waze', array(1), -8.6)", "no number"),
        ("ow_nav_url('waze', make_line(make_point(1,2), make_point(3,4)))", "no point"),
        ("ow_nav_url('waze', make_point(500000, 4500000))", "not on the earth"),
        ("ow_eta_text('soon', '10:00')", "'soon' is not a time"),
        ("ow_late_min('10:00', 12)", "window_end 12 is not a time"),
        ("ow_late_min('10:00', '10:00', array(1))", "actual [1"),
        ("ow_late_min('2026-05-04T10:00:00Z', '10:00')", "ow_local_time"),
        ("ow_local_time(now(), 'Lisbon')", "'Lisbon' is no time zone"),
        ("ow_local_time('2026-05-04 08:00', 'Europe/Lisbon')", "no offset"),
        ("ow_local_time(8, 'Europe/Lisbon')", "8 is no date and time"),
    ],
)
def test_nonsense_is_an_error_of_the_expression(text, told):
    """It names the function and the value, and nothing crashes."""
    error = error_of(text)
    assert error.startswith(text.split("(")[0])
    assert told in error


def test_links_are_those_of_the_model():
    """One place for what the apps take."""
    place = Place(41.15, -8.61, "Gate (left) & yard")
    assert value_of("ow_nav_url('google', 41.15, -8.61)") == google_link(place)
    assert value_of("ow_nav_url('Waze', '41.15', '-8.61', NULL)") == waze_link(place)
    assert value_of("ow_nav_url('geo', 41.15, -8.61, 'Gate (left) & yard')") == geo_uri(place)
    point = "make_point(-8.61, 41.15)"
    assert value_of(f"ow_nav_url('geo', {point}, 'Gate (left) & yard')") == geo_uri(place)
    assert value_of(f"ow_nav_url('geo', geom:={point}, label:='x')".replace("geom", "lat")) == geo_uri(
        Place(41.15, -8.61)
    )


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:3763"])
def test_a_point_is_in_the_crs_of_its_layer(crs):
    """$geometry of a layer in metres leads to the same place; so does one already put in degrees."""
    context = of_layer(crs, (-8.61, 41.15))
    expected = google_link(Place(41.15, -8.61))
    assert value_of("ow_nav_url('google', $geometry)", context) == expected
    assert value_of(f"ow_nav_url('google', transform($geometry, '{crs}', 'EPSG:4326'))", context) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"ow_eta_text({ETA})", "10:42"),
        (f"ow_eta_text({ETA}, NULL)", "10:42"),
        (f"ow_eta_text({ETA}, '11:00')", "10:42 (by 11:00)"),
        (f"ow_eta_text({ETA}, '10:30')", "10:42 (13 min late)"),
        (f"ow_eta_text({ETA}, to_time('10:42:30'))", "10:42 (by 10:42)"),
        (f"ow_eta_text({ETA}, '11:00', '11:05')", "11:05 (5 min late)"),
        ("ow_eta_text(to_time('08:05'))", "08:05"),
    ],
)
def test_arrival_in_words(text, expected):
    """The clock as the labels of the map show it; begun minutes of lateness count."""
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        (f"ow_late_min({ETA}, '10:40')", 2.5),
        (f"ow_late_min({ETA}, '19:30')", 0),
        (f"ow_late_min({ETA}, to_datetime('2026-05-03 23:00:00'))", 702.5),
        ("ow_late_min(to_datetime('2026-05-05T00:10:00'), '2026-05-04T23:50')", 20),
        (f"ow_late_min({ETA}, '10:40', '10:50')", 10),
        (f"ow_late_min({ETA}, '10:40', to_datetime('2026-05-05T00:40:00'))", 840),
        (f"ow_late_min({ETA}, '10:40', '10:30')", 0),
        ("ow_late_min(NULL, '10:40', '10:50')", 10),
        ("ow_late_min('8:30 am', '08:15')", 15),
    ],
)
def test_minutes_of_lateness(text, minutes):
    """What really was counts where it is known; a time without a date is of the planned day."""
    assert value_of(text) == minutes


@pytest.mark.parametrize(
    ("moment", "zone", "shown"),
    [
        ("'2026-05-04T08:30:00Z'", "Europe/Lisbon", "2026-05-04T09:30:00Z"),
        ("'2026-01-04T23:30:00+00:00'", "Asia/Kathmandu", "2026-01-05T05:15:00Z"),
        ("'2026-05-04T08:30:00-04:00'", "Europe/Lisbon", "2026-05-04T13:30:00Z"),
    ],
)
def test_clock_of_a_zone(moment, zone, shown):
    """A tracker's moment becomes what the driver's clock shows, marked as the times of a plan are."""
    value = value_of(f"ow_local_time({moment}, '{zone}')")
    assert value.toString(Qt.DateFormat.ISODate) == shown
    assert value.timeSpec() == Qt.TimeSpec.UTC


def test_now_is_a_moment():
    """It carries the clock of this computer, whichever zone that is in."""
    utc = QDateTime.currentDateTimeUtc()
    assert abs(utc.secsTo(value_of("ow_local_time(now(), 'UTC')"))) < 60


def test_colours_are_those_of_the_styles(tmp_path):
    """A styled layer brings its colours along, also into a GeoPackage and into a thread of its own."""
    path = str(tmp_path / "plan.gpkg")
    layer = QgsVectorLayer(ROUTES_SOURCE, "routes", "memory")
    style_layer(layer, "ROUTES", LOOKS)
    categories = layer.renderer().categories()
    drawn = {one.value(): one.symbol().symbolLayer(1).color().name() for one in categories}  # 0: the casing
    context = context_of(layer)
    for look in LOOKS:
        assert value_of(f"ow_route_color('{look.vehicle_id}')", context) == look.colour
        assert drawn[look.vehicle_id] == look.colour
    assert value_of("ow_route_color('V9')", context) == OTHER_COLOUR == drawn[""]
    made = QgsVectorLayer(ROUTES_SOURCE, "routes", "memory")
    options = QgsVectorFileWriter.SaveVectorOptions()
    QgsVectorFileWriter.writeAsVectorFormatV3(made, path, QgsProject.instance().transformContext(), options)
    store_styles({"ROUTES": path}, LOOKS, Log())
    opened = QgsVectorLayer(path, "v", "ogr")
    context = context_of(opened)
    assert in_a_thread("ow_route_color('München/Süd')", context) == "#e69f00"


def test_other_layers_take_the_colours_of_the_project(qgis_app):
    """A table of drivers beside the plan can be coloured like it."""
    assert value_of("ow_route_color('V1')") == OTHER_COLOUR
    layer = QgsVectorLayer(ROUTES_SOURCE, "routes", "memory")
    style_layer(layer, "ROUTES", LOOKS)
    QgsProject.instance().addMapLayer(layer)
    assert value_of("ow_route_color('V1')") == "#0072b2"
    assert value_of("ow_route_color(1)") == OTHER_COLOUR
    assert in_a_thread("ow_route_color('V1')", QgsExpressionContext()) == "#0072b2"
    style_layer(layer, "ROUTES", (RouteLook("V1", "V1", "#123456"),))
    assert value_of("ow_route_color('V1')") == "#123456"
    QgsExpressionContextUtils.setLayerVariable(layer, COLOURS, "not json")
    assert value_of("ow_route_color('V1')") == OTHER_COLOUR
    QgsExpressionContextUtils.setLayerVariable(layer, COLOURS, '{"V1": "#123456"}')
    QgsProject.instance().removeMapLayer(layer)
    assert value_of("ow_route_color('V1')") == OTHER_COLOUR
