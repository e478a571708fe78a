"""The layer of barriers: kinds, hours and shapes, which are there on the day, and what is refused."""

from __future__ import annotations

import pytest
from qgis.core import QgsCoordinateTransform, QgsGeometry

from optiway_qgis.layers.conditions import Conditions
from optiway_qgis.layers.read_barriers import Barriers, read_barriers
from optiway_qgis.layers.shapes import shape
from optiway_qgis.model.problem import DAY, Window
from tests.made_layers import layer, reading, source_of

AT = (-8.61, 41.15)
LINE = "LineString (-8.62 41.14, -8.6 41.14)"
SQUARE = "Polygon ((-8.62 41.14, -8.6 41.14, -8.6 41.16, -8.62 41.14))"
HOUR = 3600


def barriers_of(rows, kind="Point", date="2026-05-04", horizon=Window(0, DAY), types=None, **options):
    """Read rows as a layer of barriers."""
    shared = reading(date)
    made = layer(
        [{"at": AT, **row} for row in rows], kind=kind, name="barriers", types=types or {}, **options
    )
    return read_barriers(source_of(made), horizon, shared), shared


@pytest.mark.parametrize(
    ("row", "effect"),
    [
        ({}, {"kind": "block"}),
        ({"kind": "Block", "factor": 3.0}, {"kind": "block"}),
        ({"kind": "delay", "add_min": 2.5}, {"kind": "delay", "add": 150}),
        ({"kind": "delay", "add_min": 0}, {"kind": "delay", "add": 0}),
        ({"kind": "scale", "factor": "1,5"}, {"kind": "scale", "factor": 1.5}),
        ({"add_min": 3}, {"kind": "delay", "add": 180}),
        ({"factor": 2.0}, {"kind": "scale", "factor": 2.0}),
        ({"BarrierType": 0, "Additional_Time": 9}, {"kind": "block"}),
        ({"BarrierType": 1, "ScaledTimeFactor": 2.0}, {"kind": "scale", "factor": 2.0}),
        ({"BarrierType": 2, "Additional_Time": 1}, {"kind": "delay", "add": 60}),
        ({"BarrierType": "Restriction"}, {"kind": "block"}),
        ({"BarrierType": "Added Cost", "add_min": 1}, {"kind": "delay", "add": 60}),
    ],
)
def test_what_a_barrier_does(row, effect):
    """By its kind, by what is filled where that is empty, and as ArcGIS writes it."""
    found, shared = barriers_of([{"name": "B", **row}])
    assert shared.errors == []
    assert found.used == 1
    (form,) = found.forms
    assert {name: form[name] for name in ("kind", "add", "factor") if name in form} == effect


@pytest.mark.parametrize(
    ("row", "monday"),
    [
        ({}, [(None, None)]),
        ({"active_start": "07:00", "active_end": "09:00"}, [(7, 9)]),
        ({"active_start": "14:00"}, [(14, 24)]),
        ({"active_end": "14:00"}, [(0, 14)]),
        ({"active_start": "22:00", "active_end": "05:00"}, [(-2, 5), (22, 29)]),
        ({"active_start": "2026-05-04T10:00"}, [(10, None)]),
        ({"active_start": "2026-05-01T10:00"}, [(-62, None)]),
        ({"active_start": "2026-05-01 10:00", "active_end": "2026-05-04 10:00"}, [(-62, 10)]),
        ({"active_end": "2026-05-03T23:00"}, []),
        ({"active_start": "2026-05-05T00:00"}, []),
    ],
)
def test_when_a_barrier_is_there(row, monday):
    """Always, at hours of each day, or between dates; else it is left out and told."""
    found, shared = barriers_of([{"id": "B", **row}])
    assert shared.errors == []
    hours = [tuple(None if t is None else t / HOUR for t in (f["start"], f["end"])) for f in found.forms]
    assert hours == monday
    assert found.used == bool(monday)
    told = "BARRIERS: not there while vehicles work on 2026-05-04: B."
    assert (told in shared.feedback.infos) == (not monday)


@pytest.mark.parametrize(
    ("kind", "at", "given"),
    [
        ("Point", "Point (-8.6 41.1)", {"type": "Point", "coordinates": [-8.6, 41.1]}),
        ("PointZM", "PointZM (-8.6 41.1 7 8)", {"type": "Point", "coordinates": [-8.6, 41.1]}),
        ("LineString", LINE, {"type": "LineString", "coordinates": [[-8.62, 41.14], [-8.6, 41.14]]}),
        ("MultiPoint", "MultiPoint ((1 2), (3 4))", {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}),
        (
            "Polygon",
            SQUARE,
            {
                "type": "Polygon",
                "coordinates": [[[-8.62, 41.14], [-8.6, 41.14], [-8.6, 41.16], [-8.62, 41.14]]],
            },
        ),
    ],
)
def test_shapes_are_geojson_in_degrees(kind, at, given):
    """Whatever was drawn."""
    found, shared = barriers_of([{"at": at}], kind=kind)
    assert shared.errors == []
    assert found.forms[0]["geometry"] == given


def test_curves_and_other_systems_of_coordinates():
    """An arc becomes short segments; metres become degrees."""
    found, _ = barriers_of([{"at": "CircularString (0 0, 1 1, 2 0)"}], kind="CompoundCurve")
    assert len(found.forms[0]["geometry"]["coordinates"]) > 10
    found, _ = barriers_of([{"at": (532000.0, 4555000.0)}], crs="EPSG:32629")
    assert found.forms[0]["geometry"]["coordinates"] == pytest.approx([-8.6186, 41.1452], abs=1e-3)


def test_a_barrier_without_a_geometry_is_left_out_by_name():
    """A row somebody began to draw stops no plan."""
    found, shared = barriers_of([{"name": "A", "at": None}, {"name": "B"}, {"at": (float("nan"), 0.0)}])
    assert [form["id"] for form in found.forms] == ["B"]
    assert shared.errors == []
    assert shared.warnings.texts() == ["Barriers without a geometry are left out (A, barrier-3)"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kind": "wall"}, ['kind "wall" is not known', "block, delay, scale"]),
        ({"kind": "delay"}, ['kind "delay" needs a value in add_min', "Fill it"]),
        ({"kind": "scale"}, ['kind "scale" needs a value in factor']),
        ({"add_min": 3, "factor": 2.0}, ["add_min and factor are both filled", "Say which in kind"]),
        ({"add_min": "soon"}, ['add_min "soon" is not a number']),
        ({"add_min": -1}, ['add_min "-1" is negative']),
        ({"factor": 0.0}, ['factor "0" is not from 0.1 to 20']),
        ({"active_start": "soon"}, ['active_start "soon" is not a time', "08:30"]),
        ({"active_start": "2026-05-04T08:00", "active_end": "10:00"}, ["one has a date"]),
        ({"at": (500.0, 0.0)}, ["geometry is not on the earth"]),
    ],
)
def test_a_barrier_that_cannot_be_read_is_an_error(row, words):
    """A road taken for open that is not would be found out on the road: name, field, value, remedy."""
    found, shared = barriers_of([{"barrier_id": "bridge", **row}])
    assert found.forms == ()
    assert len(shared.errors) == 1
    for word in ('BARRIERS: feature 1 (barrier_id "bridge"): ', *words):
        assert word in shared.errors[0]


def test_a_collection_is_refused():
    """Of several kinds in one feature nobody knows what is meant."""
    mixed = QgsGeometry.fromWkt("GeometryCollection (Point (1 2), LineString (1 2, 3 4))")
    with pytest.raises(ValueError, match=r"is a collection\. Split it with the algorithm Multipart"):
        shape(mixed, QgsCoordinateTransform())


def test_a_layer_without_crs_and_a_table_are_refused():
    """Nobody knows where their barriers are."""
    _, shared = barriers_of([{"name": "B", "at": None}], kind="None")
    assert shared.errors == ["BARRIERS (barriers) is a table. Choose a layer of points, lines or polygons."]
    _, shared = barriers_of([{}], crs="")
    assert shared.errors[0].startswith("BARRIERS (barriers) has no CRS")


@pytest.mark.parametrize(
    ("hours", "sent"), [((6, 20), (8, None)), ((None, None), (None, None)), ((6, 12), (None, 12))]
)
def test_a_barrier_of_some_hours_is_not_there_for_good(hours, sent):
    """Also where vehicles work in these hours alone: for good it would move stops to other streets."""
    form = {"kind": "block", **dict(zip(("start", "end"), (hour and hour * HOUR for hour in hours)))}
    conditions = Conditions(barriers=Barriers((form,), 1), horizon=Window(8 * HOUR, 18 * HOUR))
    (member,) = conditions.travel_members()["barriers"]
    assert (member["start"], member["end"]) == tuple(hour and hour * HOUR for hour in sent)
