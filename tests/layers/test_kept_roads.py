"""Roads kept between plans: taken from the folder when nothing has changed, and never when anything has."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsProcessingFeatureSourceDefinition,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

from optiway_qgis.layers.kept_roads import KeptRoads, read, road_file
from optiway_qgis.layers.qgis_compat import INTEGER, make_field
from optiway_qgis.layers.read_roads import RoadLayer, RoadLines
from tests.made_layers import CENTRE, Log, layer, source_of

HERE = [CENTRE]
ROWS = [
    {"at": f"LineString (-8.61 41.15, -8.6{n} 41.16)", "highway": "primary", "maxspeed": f"{n}0", "kmh": 7}
    for n in range(1, 6)
]


def written(path, rows=ROWS, crs="EPSG:4326"):
    """Write a file of lines and return its layer."""
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = {".shp": "ESRI Shapefile", ".gpkg": "GPKG"}[path.suffix]
    made = layer(rows, kind="LineString", name="streets", crs=crs)
    QgsVectorFileWriter.writeAsVectorFormatV3(made, str(path), QgsCoordinateTransformContext(), options)
    return opened(path)


def opened(path):
    return QgsVectorLayer(str(path), "streets", "ogr")


def roads(streets, tmp_path, *, places=HERE, log=None, progress=None, given=None, **fields):
    """Read a layer as an algorithm does."""
    return read(
        RoadLayer(source_of(streets), **fields),
        road_file(given, streets),
        str(tmp_path / "cache"),
        places,
        QgsCoordinateTransformContext(),
        log or Log(),
        progress or [].append,
    )


def contents(lines, tmp_path):
    """What the engine is told: the member of the job without the path, and the arrays as lists."""
    folder = tmp_path / "job"
    folder.mkdir(exist_ok=True)
    travel = lines.save(str(folder))
    with np.load(travel.pop("path"), allow_pickle=False) as archive:
        arrays = {name: archive[name].tolist() for name in ("lon", "lat", "first", *travel["categories"])}
    return travel, arrays


def speeds(lines, tmp_path):
    """The speed of each line as a text."""
    travel, arrays = contents(lines, tmp_path)
    return [travel["categories"]["maxspeed"][code] for code in arrays["maxspeed"]]


@pytest.mark.parametrize("name", ["roads.gpkg", "roads.shp"])
def test_what_has_not_changed_is_not_read_again(tmp_path, name):
    """The engine and the user are told the same; the layer may have been opened anew."""
    streets, first, again = written(tmp_path / name), Log(), Log()
    lines = roads(streets, tmp_path, log=first)
    kept = roads(opened(tmp_path / name), tmp_path, log=again)
    assert (type(lines), type(kept)) == (RoadLines, KeptRoads)
    assert contents(kept, tmp_path) == contents(lines, tmp_path)
    assert (first.infos, first.warnings) == (again.infos, again.warnings)
    assert any("5 lines within" in text for text in again.infos)


def test_the_streets_of_a_town_are_kept(tmp_path, shared_data):
    """An .osm.pbf is the file most people have; places of another day lie in the same box."""
    streets = opened(f"{shared_data / 'osm' / 'monaco.osm.pbf'}|layername=lines")
    lines = roads(streets, tmp_path, places=[(7.42, 43.73)])
    kept = roads(streets, tmp_path, places=[(7.421, 43.731), (7.419, 43.735)])
    assert isinstance(kept, KeptRoads)
    assert contents(kept, tmp_path) == contents(lines, tmp_path)


def test_a_committed_edit_is_read(tmp_path):
    """Of the same layer object, and though the file keeps its size."""
    streets = written(tmp_path / "roads.gpkg")
    roads(streets, tmp_path)
    index = streets.fields().indexOf("maxspeed")
    feature = next(streets.getFeatures())
    streets.startEditing()
    streets.changeAttributeValue(feature.id(), index, "99")
    streets.commitChanges()
    assert speeds(roads(streets, tmp_path), tmp_path) == ["99", "20", "30", "40", "50"]


def test_parts_of_a_file_count_whatever_their_case_and_others_do_not(tmp_path):
    """A DBF that a disk without cases finds; a file of the same stem that is another layer's."""
    streets = written(tmp_path / "streets.shp")
    (tmp_path / "streets.dbf").rename(tmp_path / "STREETS.DBF")
    file = road_file(None, streets)
    first = file.bytes_now()
    (tmp_path / "streets.gpkg").write_bytes(b"another layer")
    assert file.bytes_now() == first
    with open(tmp_path / "STREETS.DBF", "ab") as attributes:
        attributes.write(b"more")
    assert file.bytes_now() != first
    (tmp_path / "streets.shp").rename(tmp_path / "roads.shp")
    with pytest.raises(FileNotFoundError):
        file.bytes_now()


def test_a_file_in_disguise_is_read(tmp_path):
    """Another file in its place, of the same size and time: its bytes count."""
    path = tmp_path / "roads.shp"
    roads(written(path), tmp_path)
    table = tmp_path / "roads.dbf"
    before = table.stat()
    table.write_bytes(table.read_bytes().replace(b"30", b"31"))
    os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert table.stat().st_size == before.st_size
    assert speeds(roads(opened(path), tmp_path), tmp_path) == ["10", "20", "31", "40", "50"]


def test_another_filter_field_place_or_crs_is_read(tmp_path):
    """Each changes what the engine gets; going back finds what was kept."""
    path = tmp_path / "roads.gpkg"
    streets = written(path)
    first = roads(streets, tmp_path)
    assert speeds(roads(streets, tmp_path, speed_field="kmh"), tmp_path) == ["7"] * 5
    streets.setSubsetString("maxspeed > '30'")
    assert speeds(roads(streets, tmp_path), tmp_path) == ["40", "50"]
    whole = opened(path)  # the filter had the file opened for writing
    assert isinstance(roads(whole, tmp_path), KeptRoads)
    elsewhere = roads(whole, tmp_path, places=[(CENTRE[0] + 0.2, CENTRE[1])])
    assert isinstance(elsewhere, RoadLines)
    moved = opened(path)
    moved.setCrs(QgsCoordinateReferenceSystem("EPSG:4258"))
    assert isinstance(roads(moved, tmp_path), RoadLines)
    assert contents(roads(whole, tmp_path), tmp_path) == contents(first, tmp_path)


def test_projected_layers_are_kept_too(tmp_path):
    """Their way to degrees is part of what is compared."""
    row = {"at": "LineString (-40000 165000, -39000 166000)", "highway": "primary"}
    streets = written(tmp_path / "roads.gpkg", [row], "EPSG:3763")
    lines, kept = (roads(streets, tmp_path) for _ in range(2))
    assert isinstance(kept, KeptRoads)
    assert contents(kept, tmp_path) == contents(lines, tmp_path)


def in_editing(streets):
    streets.startEditing()


def with_a_computed_field(streets):
    streets.addExpressionField("2 * kmh", make_field("speed", INTEGER))


@pytest.mark.parametrize("change", [in_editing, with_a_computed_field])
def test_layers_that_are_more_than_their_file_are_read(tmp_path, change):
    """What is not saved yet, or made by QGIS, does not show in the file."""
    streets = written(tmp_path / "roads.gpkg")
    roads(streets, tmp_path)
    change(streets)
    assert road_file(None, streets) is None
    assert isinstance(roads(streets, tmp_path), RoadLines)


@pytest.mark.parametrize("members", [{"selectedFeaturesOnly": True}, {"featureLimit": 2}])
def test_a_part_of_a_layer_is_read(tmp_path, members):
    """A selection is nowhere in the file."""
    streets = written(tmp_path / "roads.gpkg")
    whole = QgsProcessingFeatureSourceDefinition(streets.id())
    assert road_file(whole, streets) is not None
    assert road_file(QgsProcessingFeatureSourceDefinition(streets.id(), **members), streets) is None


def test_layers_without_a_file_of_their_own_are_read(tmp_path):
    """In memory, in an archive, opened in a special way, made of other files, or none at all."""
    assert road_file(None, None) is None
    assert road_file(None, layer(ROWS, kind="LineString")) is None
    path = tmp_path / "roads.gpkg"
    written(path)
    assert road_file(None, opened(f"{path}|option:LIST_ALL_TABLES=NO")) is None
    table = tmp_path / "roads.vrt"
    table.write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="roads">'
        f"<SrcDataSource>{path}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    other = opened(table)
    assert other.isValid()
    assert road_file(None, other) is None


def test_a_file_that_changes_while_it_is_read_is_not_kept(tmp_path):
    """Nobody knows which of the two was read."""
    streets = written(tmp_path / "roads.gpkg")

    def written_to(_):
        (tmp_path / "roads.gpkg-journal").write_bytes(os.urandom(8))

    roads(streets, tmp_path, progress=written_to)
    assert not list((tmp_path / "cache").glob("roads-lines-*"))


def test_a_broken_file_is_read_over(tmp_path):
    """And made good again."""
    streets = written(tmp_path / "roads.gpkg")
    expected = contents(roads(streets, tmp_path), tmp_path)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    assert contents(roads(streets, tmp_path), tmp_path) == expected
    assert isinstance(roads(streets, tmp_path), KeptRoads)


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path):
    """The next plan reads once more."""
    Path(tmp_path / "cache").write_text("in the way")
    streets = written(tmp_path / "roads.gpkg")
    for _ in range(2):
        assert speeds(roads(streets, tmp_path), tmp_path) == ["10", "20", "30", "40", "50"]
