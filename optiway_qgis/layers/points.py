"""Point geometries to degrees WGS 84, and the suspicion that longitude and latitude were swapped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
)

from ..model.findings import Fault

if TYPE_CHECKING:
    from ..model.problem import Depot, Stop

WGS84 = "EPSG:4326"
EARTH_RADIUS_KM = 6371.0
FAR_KM, NEAR_KM = 1000, 200
_GEOMETRY = "geometry"


def to_wgs84(
    crs: QgsCoordinateReferenceSystem, context: QgsCoordinateTransformContext
) -> QgsCoordinateTransform:
    """The transform from a layer's CRS to WGS 84, as the project wants it done."""
    return QgsCoordinateTransform(crs, QgsCoordinateReferenceSystem(WGS84), context)


def position(geometry: QgsGeometry, transform: QgsCoordinateTransform) -> tuple[float, float]:
    """Longitude and latitude of a point, or of a multipart point with one part.

    Raises
    ------
    Fault
        When there is no such position; the text says what is wrong and what to do.
    """
    if geometry.isNull() or geometry.isEmpty():
        raise Fault(
            "no_geometry",
            "geometry is empty or its coordinates are not numbers",
            "Place the point, or delete the feature",
            _GEOMETRY,
        )
    if geometry.isMultipart():
        points = geometry.asMultiPoint()
        if len(points) != 1:
            raise Fault(
                "several_points",
                f"geometry has {len(points)} points",
                "Split it with the algorithm Multipart to singleparts",
                _GEOMETRY,
            )
        point = points[0]
    else:
        point = geometry.asPoint()
    if not (math.isfinite(point.x()) and math.isfinite(point.y())):
        raise Fault(
            "no_geometry",
            "geometry has coordinates that are not numbers",
            "Place the point, or delete the feature",
            _GEOMETRY,
        )
    shown = f"({point.x():.10g}, {point.y():.10g})"
    try:
        moved = transform.transform(point)
    except QgsCsException:
        raise Fault(
            "off_earth",
            f"geometry {shown} lies outside its CRS",
            "Check the point and the CRS of the layer",
            _GEOMETRY,
        ) from None
    if not (-180 <= moved.x() <= 180 and -90 <= moved.y() <= 90):
        raise Fault(
            "off_earth",
            f"geometry {shown} is not on the earth",
            "Check that longitude comes first, and the CRS of the layer",
            _GEOMETRY,
        )
    return moved.x(), moved.y()


def as_point(geometry: QgsGeometry) -> QgsGeometry:
    """The first point of a geometry, without Z and M; the null geometry when there is none."""
    for vertex in geometry.vertices():
        if math.isfinite(vertex.x()) and math.isfinite(vertex.y()):
            return QgsGeometry.fromPointXY(QgsPointXY(vertex))
    return QgsGeometry()


def swapped(stops: Sequence[Stop], depots: Sequence[Depot]) -> list[Stop]:
    """The stops over 1000 km from every depot that would be within 200 km with x and y swapped."""
    return [
        stop
        for stop in stops
        if depots
        and _nearest_km(stop.lon, stop.lat, depots) > FAR_KM
        and _nearest_km(stop.lat, stop.lon, depots) < NEAR_KM
    ]


def _nearest_km(lon: float, lat: float, depots: Sequence[Depot]) -> float:
    return min(distance_km(lon, lat, depot.lon, depot.lat) for depot in depots)


def distance_km(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Great-circle distance by the haversine formula."""
    phi_a, phi_b = math.radians(lat_a), math.radians(lat_b)
    half = (
        math.sin((phi_b - phi_a) / 2) ** 2
        + math.cos(phi_a) * math.cos(phi_b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))
