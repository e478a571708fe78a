"""Line layers to the arrays of the engine: which lines, where, with which texts; and what a layer can have
wrong."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsPointXY,
    QgsProject,
    QgsVectorLayer,
)

from optiway_qgis.layers.fields import fields_table
from optiway_qgis.layers.read_roads import ROAD_FIELDS, TAGS, RoadLayer, box_around, parse_tags
from optiway_qgis.layers.road_travel import profiles_folder, road_travel, vehicle_profiles
from optiway_qgis.model.errors import InputError, JobCancelled
from tests.made_layers import CENTRE, Log, layer, source_of

HERE = [CENTRE]
METRES_PER_DEGREE = 111_200
AROUND_PORTO = [(-9.0, 40.9), (-8.2, 41.5)]


def roads(rows, **options):
    """A memory layer of lines."""
    return layer(rows, **{"kind": "LineString", "name": "streets", **options})


def read(made, places=HERE, log=None, **fields):
    """The lines of a layer around the places."""
    ignored: list[float] = []
    context = QgsCoordinateTransformContext()
    return RoadLayer(source_of(made), **fields).read(places, context, log or Log(), ignored.append)


def line(*steps):
    """WKT of a line around the centre; steps are thousandths of a degree."""
    points = ", ".join(f"{CENTRE[0] + x / 1000} {CENTRE[1] + y / 1000}" for x, y in steps)
    return f"LineString ({points})"


def vertices(lines, number):
    """The vertices of a line as (lon, lat) pairs."""
    part = slice(lines.first[number], lines.first[number + 1])
    return list(zip(lines.lon[part].tolist(), lines.lat[part].tolist()))


def texts(lines, field):
    """The text of the field of each line, None where there is none."""
    words = lines.categories[field]
    return [words[code] if code >= 0 else None for code in lines.codes[field].tolist()]


def test_vertices_and_texts_of_plain_lines():
    """Every vertex in its order, every text as it stands in the layer."""
    made = roads(
        [
            {"at": line((0, 0), (1, 0), (1, 1)), "highway": "primary", "maxspeed": "50"},
            {"at": line((1, 1), (2, 2)), "highway": "residential", "maxspeed": None},
        ]
    )
    lines = read(made)
    assert lines.first.tolist() == [0, 3, 5]
    for number, feature in enumerate(made.getFeatures()):
        expected = [(point.x(), point.y()) for point in feature.geometry().asPolyline()]
        assert vertices(lines, number) == expected
    assert texts(lines, "highway") == ["primary", "residential"]
    assert texts(lines, "maxspeed") == ["50", None]


@pytest.mark.parametrize("kind", ["LineStringZ", "LineStringM", "LineStringZM", "LineString25D"])
def test_heights_and_measures_are_dropped(kind):
    """A third or fourth number per vertex must not become a position."""
    numbers = {"LineStringZM": "7 8"}.get(kind, "7")
    word = {"LineStringZ": "Z", "LineStringM": "M", "LineStringZM": "ZM", "LineString25D": "Z"}[kind]
    made = roads([{"at": f"LineString {word} (-8.61 41.15 {numbers}, -8.6 41.16 {numbers})"}], kind=kind)
    assert vertices(read(made), 0) == [(-8.61, 41.15), (-8.6, 41.16)]


@pytest.mark.parametrize("word", ["", "Z"])
def test_parts_of_multi_lines_are_lines(word):
    """Each part has the texts of its feature; the feature after it keeps its own."""
    height = " 5" if word else ""
    first = f"(-8.61 41.15{height}, -8.6 41.15{height}), (-8.6 41.16{height}, -8.59 41.16{height})"
    last = f"(-8.6 41.15{height}, -8.6 41.16{height})"
    made = roads(
        [
            {"at": f"MultiLineString {word} ({first})", "highway": "primary"},
            {"at": f"MultiLineString {word} ({last})", "highway": "service"},
        ],
        kind=f"MultiLineString{word}",
    )
    lines = read(made)
    assert vertices(lines, 1) == [(-8.6, 41.16), (-8.59, 41.16)]
    assert texts(lines, "highway") == ["primary", "primary", "service"]


def test_curves_become_short_segments():
    """A quarter circle is as long as its arc, not as its chord."""
    radius = 0.01
    x, y = CENTRE
    middle = f"{x + radius * math.sqrt(0.5)} {y + radius * math.sqrt(0.5)}"
    made = roads(
        [{"at": f"CompoundCurve (CircularString ({x + radius} {y}, {middle}, {x} {y + radius}))"}],
        kind="CompoundCurve",
    )
    points = np.array(vertices(read(made), 0))
    length = np.hypot(*np.diff(points, axis=0).T).sum()
    assert length == pytest.approx(radius * math.pi / 2, rel=1e-3)


def test_projected_layers_come_out_in_degrees():
    """In the projection of Portugal, as QGIS's own transform has it."""
    crs = QgsCoordinateReferenceSystem("EPSG:3763")
    to_degrees = QgsCoordinateTransform(crs, QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance())
    ends = [(-40_000.0, 165_000.0), (-39_000.0, 166_000.0)]
    made = roads(
        [{"at": f"LineString ({ends[0][0]} {ends[0][1]}, {ends[1][0]} {ends[1][1]})"}], crs="EPSG:3763"
    )
    moved = [to_degrees.transform(QgsPointXY(*end)) for end in ends]
    found = vertices(read(made), 0)
    assert np.allclose(found, [(point.x(), point.y()) for point in moved], atol=1e-9)


def test_porto_as_another_reader_sees_it(shared_data):
    """The .osm.pbf gives the lines, vertices and tags that the OGR library finds there on its own."""
    from osgeo import ogr

    path = shared_data / "osm" / "porto.osm.pbf"
    lines = read(QgsVectorLayer(f"{path}|layername=lines", "porto", "ogr"), AROUND_PORTO)
    dataset = ogr.Open(str(path))
    expected, counted, points = Counter(), 0, 0
    for feature in dataset.GetLayerByName("lines"):
        if not feature.GetField("highway"):
            continue
        counted += 1
        points += feature.GetGeometryRef().GetPointCount()
        tags = feature.GetField("other_tags") or ""
        expected["oneway"] += '"oneway"=>"' in tags
        expected["maxspeed"] += '"maxspeed"=>"' in tags
        expected["roundabout"] += '"junction"=>"roundabout"' in tags
    assert counted > 40_000
    assert (len(lines.first) - 1, len(lines.lon), lines.first[-1]) == (counted, points, points)
    for field in ("oneway", "maxspeed"):
        assert sum(text is not None for text in texts(lines, field)) == expected[field]
    assert texts(lines, "junction").count("roundabout") == expected["roundabout"]


def test_what_is_no_road_is_left_out():
    """Rivers and railways share the layer with the roads of an .osm.pbf; ferries are taken along."""
    rows = [
        {"highway": "primary", "waterway": None, "other_tags": None},
        {"highway": None, "waterway": "river", "other_tags": None},
        {"highway": None, "waterway": None, "other_tags": '"route"=>"ferry","motor_vehicle"=>"yes"'},
        {"highway": "", "waterway": None, "other_tags": '"route"=>"train"'},
    ]
    log = Log()
    lines = read(roads([{"at": line((0, n), (1, n)), **row} for n, row in enumerate(rows)]), log=log)
    assert texts(lines, "highway") == ["primary", None]
    assert texts(lines, "route") == [None, "ferry"]
    assert any("2 that are no roads are left out" in text for text in log.infos)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ('"oneway"=>"yes","lanes"=>"2"', {"oneway": "yes"}),
        ('"maxspeed"=>"30 mph", "oneway" => "-1"', {"maxspeed": "30 mph", "oneway": "-1"}),
        (r'"note"=>"so-called \"oneway\"=>\"yes\"","toll"=>"yes"', {"toll": "yes"}),
        (r'"surface"=>"a \\ b"', {"surface": "a \\ b"}),
        ('{"oneway":"yes","access":"no"}', {"oneway": "yes", "access": "no"}),
        ('"oneway"=>""', {}),
        ("oneway=yes", {}),
    ],
)
def test_tags_in_one_text(text, tags):
    """Keys of the fields only; quotes and backslashes in values do not end them."""
    assert parse_tags(text) == tags


def test_a_column_counts_before_the_tags():
    """A user who adds a field to an .osm.pbf's lines means it."""
    rows = [
        {"at": line((0, 0), (1, 0)), "highway": "primary", "maxspeed": 30, "other_tags": '"maxspeed"=>"50"'},
        {
            "at": line((0, 1), (1, 1)),
            "highway": "primary",
            "maxspeed": None,
            "other_tags": '"maxspeed"=>"70"',
        },
    ]
    assert texts(read(roads(rows)), "maxspeed") == ["30", "70"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"fclass": "primary", "oneway": "F"}, {"highway": "primary", "oneway": "yes"}),
        ({"fclass": "primary", "oneway": "T"}, {"highway": "primary", "oneway": "-1"}),
        ({"CLASS": "primary", "ONE_WAY": "B"}, {"highway": "primary", "oneway": "no"}),
        ({"oneway": "TF"}, {"oneway": "-1"}),
        ({"oneway": True}, {"oneway": "yes"}),
        ({"oneway": -1}, {"oneway": "-1"}),
        ({"oneway": "sideways"}, {"oneway": "sideways"}),
        ({"speed_kmh": 50.0}, {"maxspeed": "50"}),
        ({"MAXSPEED": 62.5}, {"maxspeed": "62.5"}),
        ({"bridge": "T", "tunnel": "F"}, {"bridge": "yes", "tunnel": "no"}),
        ({"motor_vehi": "no"}, {"motor_vehicle": "no"}),
    ],
)
def test_names_and_words_of_other_road_data(columns, expected):
    """What Geofabrik, navigation data and Shapefiles call the same things; unknown words stay as they are."""
    log = Log()
    lines = read(roads([{"at": line((0, 0), (1, 0)), **columns}]), log=log)
    assert {name: texts(lines, name)[0] for name in lines.categories} == expected
    assert all(any(name in text for text in log.infos) for name in columns)


def test_fields_the_user_chose():
    """They replace the ones found by name."""
    made = roads([{"at": line((0, 0), (1, 0)), "maxspeed": 90, "measured": 41.5, "oneway": "yes", "way": -1}])
    lines = read(made, speed_field="measured", direction_field="way")
    assert (texts(lines, "maxspeed"), texts(lines, "oneway")) == (["41.5"], ["-1"])


def test_classes_of_another_scheme_get_a_warning():
    """The speeds of the profiles would be guesses."""
    log = Log()
    read(roads([{"at": line((0, 0), (1, 0)), "type": "Gemeindestrasse"}]), log=log)
    (warning,) = log.warnings
    assert "type holds no class of OpenStreetMap (Gemeindestrasse)" in warning


def test_problems_are_told_at_once():
    """Wrong geometry, no CRS and an unknown field, before anything is read."""
    wrong = RoadLayer(source_of(layer([{"at": CENTRE, "name": "x"}], crs="", name="shops")), "kmh", "")
    assert len(wrong.problems) == 3
    for words in (
        "ROADS (shops) holds no lines",
        "|layername=lines",
        "has no CRS",
        "no field kmh",
        "one of name",
    ):
        assert any(words in fault.sentence for fault in wrong.problems), words
    empty = RoadLayer(source_of(roads([])))
    assert [fault for fault in empty.problems if fault.code == "no_features"]


def test_only_roads_around_the_places_are_read():
    """20 km at least, half the extent where that is more, and up to a tenth of a degree on top."""
    near, far = 19_000 / METRES_PER_DEGREE * 1000, 32_000 / METRES_PER_DEGREE * 1000
    rows = [{"at": line((0, y), (1, y)), "name": name} for name, y in (("near", near), ("far", far))]
    lines = read(roads(rows))
    assert len(lines.first) == 2
    assert vertices(lines, 0)[0][1] == pytest.approx(CENTRE[1] + near / 1000)
    wide = [CENTRE, (CENTRE[0], CENTRE[1] - 1)]
    assert len(read(roads(rows), wide).first) == 3
    box, margin = box_around(wide)
    assert margin == pytest.approx(55.6)
    assert box.yMaximum() == pytest.approx(math.ceil(10 * (CENTRE[1] + 0.5)) / 10)
    assert box_around([CENTRE])[0] == box_around([(CENTRE[0] + 0.01, CENTRE[1] - 0.01)])[0]


def test_no_roads_around_the_places():
    """Layer and places do not belong together: the message says what to check."""
    with pytest.raises(InputError, match=r"ROADS \(streets\) has no roads within 20 km around the stops"):
        read(roads([{"at": line((0, 0), (1, 0))}]), [(12.5, 41.9)])


def test_geometries_that_are_no_lines_are_left_out():
    """No geometry, one vertex, not a number: the other lines keep their texts."""
    rows = [
        {"at": None, "highway": "trunk"},
        {"at": "LineString (-8.61 41.15, nan 41.15, -8.6 41.15)", "highway": "primary"},
        {"at": line((0, 0), (1, 1)), "highway": "residential"},
        {"at": "LineString EMPTY", "highway": "tertiary"},
    ]
    made = roads(rows)
    made.dataProvider().createSpatialIndex()
    lines = read(made)
    assert texts(lines, "highway") == ["residential"]
    assert len(lines.lon) == 2


def test_cancelling_ends_the_reading():
    """A country is not read to its end when nobody waits for it."""
    log = Log()
    log.cancel()
    with pytest.raises(JobCancelled):
        read(roads([{"at": line((0, 0), (1, 0))}]), log=log)


def test_the_file_is_read_without_pickle_and_gone_after_the_run(tmp_path):
    """The engine gets plain arrays; nothing stays behind, also when the run fails."""
    lines = read(roads([{"at": line((0, 0), (1, 0), (2, 2)), "highway": "primary", "oneway": None}]))
    with road_travel(lines, str(tmp_path)) as travel:
        path = Path(travel["path"])
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        json.dumps(travel)
    assert {name: array.dtype.str for name, array in arrays.items()} == {
        "lon": "<f8",
        "lat": "<f8",
        "first": "<i8",
        "highway": "<i4",
    }
    assert travel["categories"] == {"highway": ["primary"]}
    assert travel["cache"] == str(tmp_path / "optiway" / "cache")
    assert not path.parent.exists()
    with pytest.raises(JobCancelled), road_travel(lines, str(tmp_path)) as travel:
        raise JobCancelled
    assert not Path(travel["path"]).parent.exists()


def test_fingerprint_follows_the_data():
    """The same lines read twice are the same network; a changed speed or vertex makes another one."""
    rows = [{"at": line((0, 0), (1, 0)), "highway": "primary", "maxspeed": "50"}]
    first = read(roads(rows)).fingerprint()
    assert read(roads(rows, name="copy")).fingerprint() == first
    assert read(roads([{**rows[0], "maxspeed": "60"}])).fingerprint() != first
    assert read(roads([{**rows[0], "at": line((0, 0), (1, 0.001))}])).fingerprint() != first


def test_profiles_of_the_user(tmp_path):
    """A file in the user's folder replaces the plugin's of that name; one that is no JSON is named."""
    folder = profiles_folder(str(tmp_path))
    folder.mkdir(parents=True)
    (folder / "car.json").write_text('{"mine": true}')
    (folder / "cargo_bike.json").write_text("{}")
    profiles = vehicle_profiles(str(tmp_path))
    assert profiles["car"] == {"mine": True}
    assert profiles["cargo_bike"] == {}
    (folder / "tank.json").write_text("{speed: 5}")
    with pytest.raises(InputError, match=r"tank\.json cannot be read"):
        vehicle_profiles(str(tmp_path))


def test_the_page_explains_every_field_of_a_road_layer(checkout):
    """docs/roads.md holds the very table the plugin reads by."""
    assert fields_table([*ROAD_FIELDS, TAGS]) in (checkout / "docs" / "roads.md").read_text(encoding="utf-8")
