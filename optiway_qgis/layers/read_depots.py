"""The depots layer into the model's depots. A depot that cannot be read is an error of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource

from ..model.problem import Depot
from . import fields
from .points import position, to_wgs84
from .reading import Reading, is_filled, no_crs, tell_columns, tell_unused
from .row import Row, Table

if TYPE_CHECKING:
    from qgis.core import QgsFeature


def read_depots(source: QgsProcessingFeatureSource, reading: Reading, layer: str = "DEPOTS") -> list[Depot]:
    """Read every depot; what is wrong is added to the errors of the reading."""
    names = source.fields().names()
    table = Table(fields.DEPOT_FIELDS, fields.recognise(fields.DEPOT_FIELDS, names), reading.day)
    unused = fields.unused_columns(fields.UNUSED_DEPOT_FIELDS, names)
    tell_columns(reading, layer, table.columns)
    if not source.sourceCrs().isValid():
        reading.errors.append(no_crs(layer, source))
        return []
    transform = to_wgs84(source.sourceCrs(), reading.transform_context)
    depots: dict[str, Depot] = {}
    filled: set[str] = set()
    count = 0
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in source.getFeatures(QgsFeatureRequest(), flags):
        count += 1
        depot = _depot(feature, Row(table, feature.attributes(), reading.warnings), transform, reading, layer)
        filled.update(
            name
            for name, (index, neutral) in unused.items()
            if is_filled(feature.attributes()[index], neutral)
        )
        if depot is None:
            continue
        if depot.id in depots:
            reading.errors.append(
                f'{layer}: feature {feature.id()} has the depot_id "{depot.id}" of another one. '
                "Give each depot an id of its own."
            )
        depots[depot.id] = depot
    if count == 0:
        reading.errors.append(
            f"{layer} ({source.sourceName()}) has no features. At least one depot is needed."
        )
    tell_unused(reading, layer, filled)
    return list(depots.values())


def _depot(feature: QgsFeature, row: Row, transform, reading: Reading, layer: str) -> Depot | None:
    depot_id = row.text("depot_id") or f"depot-{feature.id()}"
    row.label = depot_id
    place = None
    try:
        place = position(feature.geometry(), transform)
    except ValueError as error:
        row.problems.append(f"{error}.")
    window = row.window("tw1_start", "tw1_end")
    reading.errors.extend(
        f'{layer}: feature {feature.id()} (depot_id "{depot_id}"): {text}' for text in row.problems
    )
    if place is None:
        return None
    return Depot(depot_id, place[0], place[1], row.text("name"), window)
