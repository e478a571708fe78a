"""The table of traffic and the layer of its zones into rows of factors for the hours of a plan.

What is wrong in a row is an error of the job, whatever day it is about: the table is right on all days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping

from qgis.core import QgsFeatureRequest, QgsGeometry, QgsProcessingFeatureSource, QgsWkbTypes

from ..model.findings import About, Fault
from . import fields
from .hours import Hours, clock_day, read_hours
from .points import to_wgs84
from .reading import Reading, no_crs, tell_columns
from .row import Row, Table
from .shapes import shape
from .weekdays import NAMES, weekdays

if TYPE_CHECKING:
    from ..model.problem import Window

TRAFFIC = "TRAFFIC"
ZONES = "ZONES"
FACTORS = 0.1, 20.0
"""Beyond these a factor on travel times is taken for a mistake."""

_FLAGS = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
_NAMED = 20


@dataclass(frozen=True)
class Traffic:
    """Rows as the job takes them, from how many rows of the table, and the shapes of the zones they name."""

    rows: tuple[dict[str, Any], ...] = ()
    used: int = 0
    zones: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def read_zones(source: QgsProcessingFeatureSource, reading: Reading) -> dict[str, dict[str, Any] | None]:
    """Zone -> its shape as GeoJSON, None where it has none; features of one name are one zone."""
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
    zones: dict[str, dict[str, Any] | None] = {}
    for zone, geometries in parts.items():
        zones[zone] = None
        try:
            if geometries:
                zones[zone] = shape(QgsGeometry.collectGeometry(geometries), transform)
        except Fault as fault:
            reading.refuse(fault, About(ZONES, id=zone), f'{ZONES}: zone_id "{zone}"')
    return zones


def read_traffic(
    source: QgsProcessingFeatureSource,
    zones: Mapping[str, dict[str, Any] | None] | None,
    horizon: Window,
    reading: Reading,
) -> Traffic:
    """Read every row; those that hold at some time within the horizon are kept.

    `zones` None: no layer of zones is given.
    """
    names = source.fields().names()
    table = Table(
        fields.TRAFFIC_FIELDS, fields.recognise(fields.TRAFFIC_FIELDS, names), clock_day(reading.day)
    )
    tell_columns(reading, TRAFFIC, table.columns)
    if not {"factor", "speed_factor"} & set(table.columns):
        text = f"{TRAFFIC} ({source.sourceName()}) has no field factor"
        remedy = "Add one: 1.5 takes half as long again"
        reading.refuse(Fault("no_field", text, remedy, "factor"), About(TRAFFIC))
        return Traffic()
    rows: list[dict[str, Any]] = []
    count = used = 0
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    for feature in source.getFeatures(request, _FLAGS):
        count += 1
        row = Row(table, feature.attributes(), reading, About(TRAFFIC, feature.id()))
        found = _rows(row, zones, horizon, reading)
        for fault in row.problems:
            reading.refuse(fault, row.about, f"{TRAFFIC}: feature {feature.id()}")
        rows.extend(found)
        used += bool(found)
    weekday = NAMES[reading.day.date.dayOfWeek() - 1]
    reading.feedback.pushInfo(
        f"{TRAFFIC}: {used} of {count} rows hold while vehicles work on {weekday}, {reading.day.iso_date}."
    )
    if count == 0:
        fault = Fault("no_effect", f"{TRAFFIC} ({source.sourceName()}) has no rows")
        reading.warn(fault, About(TRAFFIC))
    named = {row["zone"] for row in rows if "zone" in row}
    shapes = {zone: form for zone, form in (zones or {}).items() if form is not None and zone in named}
    return Traffic(tuple(rows), used, shapes)


def _rows(
    row: Row, zones: Mapping[str, dict[str, Any] | None] | None, horizon: Window, reading: Reading
) -> list[dict[str, Any]]:
    """What a row of the table says, as rows of the job: one per day and class of road."""
    hours = read_hours(row, "from", "to", reading.day)
    days = _weekdays(row, hours)
    factor = _factor(row)
    zone = row.text("zone_id")
    if zone:
        _check_zone(row, zone, zones)
    if row.problems or factor is None:
        return []
    where = {"zone": zone} if zone else {}
    classes = [{"road_class": name} for name in row.names("road_class")]
    return [
        {
            "start": horizon.start if start is None else start,
            "end": horizon.end if end is None else end,
            "factor": factor,
            **where,
            **on,
        }
        for start, end in hours.spans(reading.day, horizon, days)
        for on in classes or [{}]
    ]


def _weekdays(row: Row, hours: Hours) -> frozenset[int]:
    try:
        days = weekdays(row.names("weekday"))
    except Fault as fault:
        row.problem("weekday", fault)
        return frozenset()
    if hours.dated and row.value("weekday") is not None:
        text = "stands beside hours with a date"
        row.problem("weekday", Fault("conflicting_values", text, "Leave one of the two out"))
    return days


def _factor(row: Row) -> float | None:
    least, most = FACTORS
    factor = row.factor("factor", least, most)
    speed = row.factor("speed_factor", 1 / most, 1 / least)
    given = [name for name in ("factor", "speed_factor") if row.value(name) is not None]
    if not given:
        name = row.shown("factor" if row.has("factor") else "speed_factor")
        fault = Fault("missing_value", f"{name} is empty", "Write a number such as 1.5", name)
        row.problems.append(fault)
    if len(given) == 2:
        text = f"and {row.shown('factor')} are both filled"
        row.problem("speed_factor", Fault("conflicting_values", text, "Leave one of the two empty"))
    return 1 / speed if factor is None and speed is not None else factor


def _check_zone(row: Row, zone: str, zones: Mapping[str, dict[str, Any] | None] | None) -> None:
    if zones is None:
        text = f"is a zone, but {ZONES} is empty"
        row.problem("zone_id", Fault("unknown_zone", text, "Give a layer of polygons with zone_id"))
    elif zone not in zones:
        known = ", ".join(list(zones)[:_NAMED]) + (", ..." if len(zones) > _NAMED else "")
        remedy = f"Write one of {known}, or leave it empty"
        row.problem("zone_id", Fault("unknown_zone", f"is no zone of {ZONES}", remedy))
    elif zones[zone] is None:
        text = f"is a zone without a geometry in {ZONES}"
        row.problem("zone_id", Fault("unknown_zone", text, "Draw it, or leave this empty"))
