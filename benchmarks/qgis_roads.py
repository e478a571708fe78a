"""The QGIS side of roads.py: reads road layers, and searches them by the network analysis of QGIS.

    /usr/bin/python3 benchmarks/qgis_roads.py read LAYER PLACES FOLDER
    /usr/bin/python3 benchmarks/qgis_roads.py copy STREETS COPIES WIDTH GEOPACKAGE
    /usr/bin/python3 benchmarks/qgis_roads.py dijkstra LINES PLACES ORIGINS

PLACES is a JSON list of [longitude, latitude]. The last line of the output is JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from osgeo import ogr
from qgis.analysis import (
    QgsGraphAnalyzer,
    QgsGraphBuilder,
    QgsNetworkSpeedStrategy,
    QgsVectorLayerDirector,
)
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsVectorLayer,
)

CHECKOUT = Path(__file__).absolute().parent.parent
sys.path.insert(0, str(CHECKOUT))

from optiway_qgis.layers import kept_roads  # noqa: E402
from optiway_qgis.layers.read_roads import RoadLayer  # noqa: E402

JOINTS = 10


def read(layer: str, places: str, folder: str) -> dict:
    """Read the layer twice as an algorithm does; seconds of both, and what the engine is told."""
    at = [tuple(place) for place in json.loads(Path(places).read_text("utf-8"))]
    seconds = []
    for _ in range(2):
        begin = time.perf_counter()
        streets = QgsVectorLayer(layer, "streets", "ogr")
        context = QgsProcessingContext()
        lines = kept_roads.read(
            RoadLayer(QgsProcessingFeatureSource(streets, context)),
            kept_roads.road_file(layer, streets),
            folder,
            at,
            QgsCoordinateTransformContext(),
            QgsProcessingFeedback(False),
            lambda percent: None,
        )
        travel = lines.save(folder)
        seconds.append(time.perf_counter() - begin)
    return {"first": seconds[0], "again": seconds[1], "travel": travel}


def copy(streets: str, copies: str, width: str, geopackage: str) -> dict:
    """Write the roads side by side, eastward, neighbours joined by some primary roads."""
    dataset = ogr.Open(streets)  # its layers live as long as it does
    source = dataset.GetLayerByName("lines")
    target = ogr.GetDriverByName("GPKG").CreateDataSource(geopackage)
    layer = target.CreateLayer("lines", source.GetSpatialRef(), ogr.wkbLineString)
    fields, east = ("highway", "other_tags"), np.array([[float(width), 0.0]])
    for name in fields:
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTString))
    layer.StartTransaction()

    def add(points: np.ndarray, *texts: str | None) -> None:
        feature = ogr.Feature(layer.GetLayerDefn())
        line = ogr.Geometry(ogr.wkbLineString)
        for x, y in points.tolist():
            line.AddPoint_2D(x, y)
        feature.SetGeometryDirectly(line)
        for name, text in zip(fields, texts):
            if text:
                feature.SetField(name, text)
        layer.CreateFeature(feature)

    primary = []
    for feature in source:
        texts = [feature.GetField(name) for name in fields]
        if texts[0]:
            points = np.array(feature.GetGeometryRef().GetPoints())[:, :2]
            if texts[0] == "primary":
                primary.append(points[0])
            for number in range(int(copies)):
                add(points + number * east, *texts)
    for begin in primary[:: max(1, len(primary) // JOINTS)]:
        for number in range(int(copies) - 1):
            add(begin + np.concatenate([number * east, (number + 1) * east]), "primary")
    layer.CommitTransaction()
    return {}


def dijkstra(lines: str, places: str, origins: str) -> dict:
    """Seconds for the graph with all places tied to it, and for a Dijkstra from each of some places."""
    at = [QgsPointXY(*place) for place in json.loads(Path(places).read_text("utf-8"))]
    layer = _line_layer(lines)
    begin = time.perf_counter()
    both = QgsVectorLayerDirector.Direction.DirectionBoth
    director = QgsVectorLayerDirector(layer, layer.fields().indexOf("way"), "1", "-1", "0", both)
    speed = layer.fields().indexOf("kmh")
    director.addStrategy(QgsNetworkSpeedStrategy(speed, 50, 1 / 3.6))
    builder = QgsGraphBuilder(QgsCoordinateReferenceSystem("EPSG:4326"), True, 0, "WGS84")
    tied = director.makeGraph(builder, at)
    graph = builder.graph()
    ready = time.perf_counter()
    nodes = [graph.findVertex(point) for point in tied]
    rows = []
    for node in nodes[: int(origins)]:
        cost = QgsGraphAnalyzer.dijkstra(graph, node, 0)[1]
        rows.append([cost[other] for other in nodes])
    done = time.perf_counter()
    way = [[value if value < 1e9 else None for value in row] for row in rows]
    return {"graph": ready - begin, "searches": done - ready, "seconds": way}


def _line_layer(lines: str) -> QgsVectorLayer:
    """A layer in memory of the lines the engine uses, with its speeds and directions as fields."""
    with np.load(lines) as archive:
        lon, lat, first, kmh, way = (archive[name] for name in ("lon", "lat", "first", "kmh", "way"))
    layer = QgsVectorLayer("LineString?crs=EPSG:4326&field=kmh:double&field=way:int", "lines", "memory")
    features = []
    for number in np.flatnonzero(kmh > 0).tolist():
        feature = QgsFeature(layer.fields())
        part = slice(first[number], first[number + 1])
        points = [QgsPointXY(x, y) for x, y in zip(lon[part].tolist(), lat[part].tolist())]
        feature.setGeometry(QgsGeometry.fromPolylineXY(points))
        feature.setAttributes([float(kmh[number]), int(way[number])])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    answer = {"read": read, "copy": copy, "dijkstra": dijkstra}[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
