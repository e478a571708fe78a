"""Where vehicles were seen: points of their layer with a time. What follows is model/standing.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource

from ..model.findings import About, Fault
from ..model.problem import DAY
from ..model.standing import Position
from . import fields
from .points import position, to_wgs84
from .row import Row, Table

if TYPE_CHECKING:
    from ..model.day import Progress
    from .reading import Reading

STALE = 30 * 60
"""A position that is older, in seconds, is told."""
_LAYER = "VEHICLES"


def read_positions(source: QgsProcessingFeatureSource, reading: Reading) -> dict[str, Position]:
    """The positions of vehicles by their ids: points with a position_time on the day of the plan."""
    columns = fields.recognise(fields.VEHICLE_FIELDS, source.fields().names())
    if "position_time" not in columns or "vehicle_id" not in columns or not source.sourceCrs().isValid():
        return {}
    table = Table(fields.VEHICLE_FIELDS, columns, reading.day)
    transform = to_wgs84(source.sourceCrs(), reading.transform_context)
    found: dict[str, Position] = {}
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in source.getFeatures(QgsFeatureRequest(), flags):
        row = Row(table, feature.attributes(), reading, About(_LAYER, feature.id()))
        vehicle_id = row.text("vehicle_id")
        if not vehicle_id or row.value("position_time") is None or feature.geometry().isEmpty():
            continue
        row.call(vehicle_id)
        seconds = row.time("position_time")
        try:
            lon, lat = position(feature.geometry(), transform)
        except Fault as fault:
            row.problems.append(fault)
        for fault in row.problems:
            reading.refuse(fault, row.about, f'{_LAYER}: feature {feature.id()} (vehicle_id "{vehicle_id}")')
        if row.problems:
            continue
        if not 0 <= seconds < DAY + DAY // 2:
            text = (
                f"{row.shown('position_time')} is on another day than the plan, so the position is not used"
            )
            row.warn(Fault("other_day", text, field=row.shown("position_time")))
            continue
        found[vehicle_id] = Position(lon, lat, seconds)
    return found


def usable(found: Position | None, vehicle_id: str, now: int | None, reading: Reading) -> Position | None:
    """The position, unless it is of a moment after now."""
    if found is None or now is None:
        return None
    about = reading.about(_LAYER, vehicle_id)
    if found.time > now:
        text = "position_time is after NOW, so the position is not used"
        reading.warn(Fault("other_day", text, "Correct one of the two", "position_time"), about)
        return None
    return found


def tell_stale(seen: Position | None, progress: Progress, now: int | None, reading: Reading) -> None:
    if seen is not None and now is not None and progress.visits and now - seen.time > STALE:
        text = f"The position is more than {STALE // 60} minutes old"
        fault = Fault("stale_position", text, "Give a newer one, or clear position_time", "position_time")
        reading.warn(fault, reading.about(_LAYER, progress.vehicle_id))
