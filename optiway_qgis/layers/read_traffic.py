"""The table of traffic into rows of factors for the hours of a plan.

What is wrong in a row is an error of the job, whatever day it is about: the table is right on all days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource

from ..model.findings import About, Fault
from . import fields
from .hours import Hours, clock_day, read_hours
from .read_zones import Zones, unknown_zone
from .reading import Reading, tell_columns
from .row import Row, Table
from .shapes import as_form
from .weekdays import NAMES, weekdays

if TYPE_CHECKING:
    from ..model.problem import Window

TRAFFIC = "TRAFFIC"
FACTORS = 0.1, 20.0
"""Beyond these a factor on travel times is taken for a mistake."""

_FLAGS = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks


@dataclass(frozen=True)
class Traffic:
    """Rows as the job takes them, from how many rows of the table, and the shapes of the zones they name."""

    rows: tuple[dict[str, Any], ...] = ()
    used: int = 0
    zones: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def read_traffic(
    source: QgsProcessingFeatureSource,
    zones: Zones | None,
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
    shapes = {
        zone: as_form(geometry)
        for zone, geometry in (zones or {}).items()
        if geometry is not None and zone in named
    }
    return Traffic(tuple(rows), used, shapes)


def _rows(row: Row, zones: Zones | None, horizon: Window, reading: Reading) -> list[dict[str, Any]]:
    """What a row of the table says, as rows of the job: one per day and class of road."""
    hours = read_hours(row, "from", "to", reading.day)
    days = _weekdays(row, hours)
    factor = _factor(row)
    zone = row.text("zone_id")
    fault = unknown_zone(zone, zones) if zone else None
    if fault is not None:
        row.problem("zone_id", fault)
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
