"""The layer of barriers, of any geometry, into what hinders travel during a plan.

One that cannot be read is an error of the job; one without a geometry is left out with a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource, QgsWkbTypes

from ..model.findings import About, Fault
from . import fields
from .hours import ALWAYS, Hours, clock_day, read_hours
from .points import to_wgs84
from .read_traffic import FACTORS
from .reading import Reading, no_crs, tell_columns
from .row import Row, Table
from .shapes import shape

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateTransform, QgsFeature

    from ..model.problem import Window

BARRIERS = "BARRIERS"

_FLAGS = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks


@dataclass(frozen=True)
class Barriers:
    """Barriers as the job takes them, one per stretch of time, and of how many features they are."""

    forms: tuple[dict[str, Any], ...] = ()
    used: int = 0


def read_barriers(source: QgsProcessingFeatureSource, horizon: Window, reading: Reading) -> Barriers:
    """Read every barrier; those that are there at some time within the horizon are kept."""
    names = source.fields().names()
    columns = fields.recognise(fields.BARRIER_FIELDS, names)
    table = Table(fields.BARRIER_FIELDS, columns, clock_day(reading.day))
    tell_columns(reading, BARRIERS, columns)
    if source.wkbType() == QgsWkbTypes.Type.NoGeometry:
        text = f"{BARRIERS} ({source.sourceName()}) is a table"
        remedy = "Choose a layer of points, lines or polygons"
        reading.refuse(Fault("wrong_geometry", text, remedy), About(BARRIERS))
        return Barriers()
    if not source.sourceCrs().isValid():
        reading.refuse(no_crs(BARRIERS, source), About(BARRIERS))
        return Barriers()
    transform = to_wgs84(source.sourceCrs(), reading.transform_context)
    barriers: list[dict[str, Any]] = []
    asleep: list[str] = []
    used = 0
    for feature in source.getFeatures(QgsFeatureRequest(), _FLAGS):
        row = Row(table, feature.attributes(), reading, About(BARRIERS, feature.id()))
        row.call(row.text("barrier_id") or f"barrier-{feature.id()}")
        found, hours = _barrier(feature, row, transform, reading)
        for fault in row.problems:
            where = f'{BARRIERS}: feature {feature.id()} (barrier_id "{row.label}")'
            reading.refuse(fault, row.about, where)
        if found is None:
            continue
        spans = [ALWAYS] if hours == Hours() else hours.spans(reading.day, horizon)
        used += bool(spans)
        if not spans:
            asleep.append(row.label)
        barriers.extend({**found, "start": start, "end": end} for start, end in spans)
    if asleep:
        reading.feedback.pushInfo(
            f"{BARRIERS}: not there while vehicles work on {reading.day.iso_date}: {', '.join(asleep)}."
        )
    return Barriers(tuple(barriers), used)


def _barrier(
    feature: QgsFeature, row: Row, transform: QgsCoordinateTransform, reading: Reading
) -> tuple[dict[str, Any] | None, Hours]:
    """What a barrier does and where, None when it is left out; and when it is there."""
    hours = read_hours(row, "active_start", "active_end", reading.day)
    effect = _effect(row)
    if feature.geometry().isEmpty():
        row.warn(Fault("no_geometry", "Barriers without a geometry are left out", field="geometry"))
        return None, hours
    try:
        geometry = shape(feature.geometry(), transform)
    except Fault as fault:
        row.problems.append(fault)
    if row.problems:
        return None, hours
    return {"id": row.label, **effect, "geometry": geometry}, hours


def _effect(row: Row) -> dict[str, Any]:
    """The members kind, and add or factor where they count."""
    add, factor = row.seconds("add_min"), row.factor("factor", *FACTORS)
    kind = row.choice("kind")
    if row.value("kind") is None:
        if add and factor is not None:
            text = f"{row.shown('add_min')} and {row.shown('factor')} are both filled"
            row.problems.append(Fault("conflicting_values", text, "Say which in kind", row.shown("kind")))
        kind = fields.DELAY if add else fields.BLOCK if factor is None else fields.SCALE
    needed = {fields.DELAY: "add_min", fields.SCALE: "factor"}.get(kind or "")
    if needed and row.value(needed) is None:
        row.problem("kind", Fault("missing_value", f"needs a value in {needed}", "Fill it"))
    return {
        "kind": kind,
        **({"add": add} if kind == fields.DELAY else {}),
        **({"factor": factor} if kind == fields.SCALE else {}),
    }
