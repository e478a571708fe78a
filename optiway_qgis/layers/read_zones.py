"""The layer of zones into named polygons, and which zones each stop lies in.

What a zone is for is said by the traffic that holds in it and by the vehicles that serve it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Mapping, Optional

from qgis.core import (
    QgsFeatureRequest,
    QgsGeometry,
    QgsGeometryEngine,
    QgsPoint,
    QgsProcessingFeatureSource,
    QgsRectangle,
    QgsWkbTypes,
)

from ..model.findings import About, Fault
from . import fields
from .points import to_wgs84
from .reading import Reading, no_crs, tell_columns
from .row import Row, Table
from .shapes import flat

if TYPE_CHECKING:
    from ..model.problem import Problem

ZONES = "ZONES"

Zones = Mapping[str, Optional[QgsGeometry]]
"""Zone -> its polygons in WGS 84, None where it has none."""

_FLAGS = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
_NAMED = 20
_EDGE_DEGREES = 1e-7
"""A stop this near to the edge of a zone, about a centimetre, is on it."""


def read_zones(source: QgsProcessingFeatureSource, reading: Reading) -> Zones:
    """Read every zone; features of one name are one zone."""
    names = source.fields().names()
    table = Table(fields.ZONE_FIELDS, fields.recognise(fields.ZONE_FIELDS, names), reading.day)
    tell_columns(reading, ZONES, table.columns)
    if not table.columns:
        text = f"{ZONES} ({source.sourceName()}) has no field zone_id"
        reading.refuse(Fault("no_field", text, "Add one with the names", "zone_id"), About(ZONES))
        return {}
    if QgsWkbTypes.geometryType(source.wkbType()) != QgsWkbTypes.GeometryType.PolygonGeometry:
        text = f"{ZONES} ({source.sourceName()}) holds no polygons"
        reading.refuse(Fault("wrong_geometry", text, "Choose a layer that does"), About(ZONES))
        return {}
    if not source.sourceCrs().isValid():
        reading.refuse(no_crs(ZONES, source), About(ZONES))
        return {}
    parts: dict[str, list[QgsGeometry]] = {}
    for feature in source.getFeatures(QgsFeatureRequest(), _FLAGS):
        about = About(ZONES, feature.id())
        zone = Row(table, feature.attributes(), reading, about).text("zone_id")
        if not zone:
            name = table.columns["zone_id"].name
            fault = Fault("missing_value", f"{name} is empty", "Give the zone a name", name)
            reading.refuse(fault, about, f"{ZONES}: feature {feature.id()}")
            continue
        parts.setdefault(zone, [])
        if not feature.geometry().isEmpty():
            parts[zone].append(feature.geometry())
    transform = to_wgs84(source.sourceCrs(), reading.transform_context)
    zones: dict[str, QgsGeometry | None] = {}
    for zone, geometries in parts.items():
        zones[zone] = None
        try:
            if geometries:
                zones[zone] = flat(QgsGeometry.collectGeometry(geometries), transform)
        except Fault as fault:
            reading.refuse(fault, About(ZONES, id=zone), f'{ZONES}: zone_id "{zone}"')
    return zones


def unknown_zone(zone: str, zones: Zones | None) -> Fault | None:
    """What is wrong with a name of a zone; None where there is a zone of that name with a geometry.

    `zones` None: no layer of zones is given.
    """
    if zones is None:
        text = f"is a zone, but {ZONES} is empty"
        return Fault("unknown_zone", text, "Give a layer of polygons with zone_id")
    if zone not in zones:
        known = ", ".join(list(zones)[:_NAMED]) + (", ..." if len(zones) > _NAMED else "")
        remedy = f"Write one of {known}, or leave it empty"
        return Fault("unknown_zone", f"is no zone of {ZONES}", remedy)
    if zones[zone] is None:
        text = f"is a zone without a geometry in {ZONES}"
        return Fault("unknown_zone", text, "Draw it, or leave this empty")
    return None


def in_zones(problem: Problem, zones: Zones | None, reading: Reading, layer: str = "VEHICLES") -> Problem:
    """Return the problem with the zones that its stops lie in, edges included, where vehicles have any.

    A vehicle of a zone that is not there is an error of the job.
    """
    if not any(vehicle.zones for vehicle in problem.vehicles):
        return problem
    for vehicle in problem.vehicles:
        for zone in vehicle.zones:
            fault = unknown_zone(zone, zones)
            if fault is not None:
                about, column = reading.about(layer, vehicle.id), reading.shown(layer, "zone_id")
                told = Fault(fault.code, f'{column} "{zone}" {fault.text}', fault.remedy, column)
                where = f'{layer}: feature {about.feature_id} (vehicle_id "{vehicle.id}")'
                reading.refuse(told, about, where)
    within = _Within(zones or {})
    stops = tuple(replace(stop, zones=within.at(stop.lon, stop.lat)) for stop in problem.stops)
    return replace(problem, stops=stops)


class _Within:
    """Finds the zones that points lie in, polygon by polygon: those of one zone may overlap."""

    def __init__(self, zones: Zones):
        self._polygons: list[tuple[str, QgsRectangle, QgsGeometryEngine]] = []
        self._parts: list[QgsGeometry] = []  # the engines only point to them
        for name, geometry in zones.items():
            for part in [] if geometry is None else geometry.asGeometryCollection():
                engine = QgsGeometry.createGeometryEngine(part.constGet())
                engine.prepareGeometry()
                self._parts.append(part)
                self._polygons.append((name, part.boundingBox().buffered(_EDGE_DEGREES), engine))

    def at(self, lon: float, lat: float) -> tuple[str, ...]:
        """The names of the zones at a point, in the order of their layer."""
        point = QgsPoint(lon, lat)
        names = (
            name
            for name, box, engine in self._polygons
            if box.contains(lon, lat) and engine.distance(point) <= _EDGE_DEGREES
        )
        return tuple(dict.fromkeys(names))
