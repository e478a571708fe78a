"""Geometries of any kind to degrees WGS 84, and to GeoJSON: zones and barriers as the engine takes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from qgis.core import QgsCsException, QgsGeometry, QgsWkbTypes

from ..model.findings import Fault

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateTransform

_DECIMALS = 7
"""About a centimetre."""
_GEOMETRY = "geometry"


def shape(geometry: QgsGeometry, transform: QgsCoordinateTransform) -> dict[str, Any]:
    """A geometry that is not empty as a GeoJSON object, as `flat` makes it."""
    return as_form(flat(geometry, transform))


def as_form(geometry: QgsGeometry) -> dict[str, Any]:
    """A geometry in WGS 84 as a GeoJSON object."""
    return json.loads(geometry.asJson(_DECIMALS))


def flat(geometry: QgsGeometry, transform: QgsCoordinateTransform) -> QgsGeometry:
    """A geometry that is not empty in WGS 84; curves become short segments, Z and M are dropped.

    Raises
    ------
    Fault
        When it has no place on the earth, or is a collection; the text says what to do.
    """
    moved = QgsGeometry(geometry)
    if QgsWkbTypes.flatType(moved.wkbType()) == QgsWkbTypes.Type.GeometryCollection:
        raise Fault(
            "wrong_geometry",
            "geometry is a collection",
            "Split it with the algorithm Multipart to singleparts",
            _GEOMETRY,
        )
    if QgsWkbTypes.isCurvedType(moved.wkbType()):
        moved.convertToStraightSegment()
    moved.get().dropZValue()
    moved.get().dropMValue()
    try:
        moved.transform(transform)
    except QgsCsException:
        raise Fault(
            "off_earth", "geometry lies outside its CRS", "Check it and the CRS of the layer", _GEOMETRY
        ) from None
    # Written so that coordinates that are not numbers fail it, too.
    if not all(abs(vertex.x()) <= 180 and abs(vertex.y()) <= 90 for vertex in moved.vertices()):
        raise Fault(
            "off_earth",
            "geometry is not on the earth",
            "Check that longitude comes first, and the CRS of the layer",
            _GEOMETRY,
        )
    return moved
