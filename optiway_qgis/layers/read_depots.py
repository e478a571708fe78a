"""The depots layer into the model's depots. A depot that cannot be read is an error of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource

from ..model.findings import About, Fault
from ..model.problem import Depot
from . import fields
from .points import position, to_wgs84
from .reading import Reading, no_crs, tell_columns
from .row import LONGEST_MIN, Row, Table

if TYPE_CHECKING:
    from qgis.core import QgsFeature


def read_depots(source: QgsProcessingFeatureSource, reading: Reading, layer: str = "DEPOTS") -> list[Depot]:
    """Read every depot; what is wrong is added to the errors of the reading."""
    names = source.fields().names()
    table = Table(fields.DEPOT_FIELDS, fields.recognise(fields.DEPOT_FIELDS, names), reading.day)
    tell_columns(reading, layer, table.columns)
    if not source.sourceCrs().isValid():
        reading.refuse(no_crs(layer, source), About(layer))
        return []
    transform = to_wgs84(source.sourceCrs(), reading.transform_context)
    depots: dict[str, Depot] = {}
    count = 0
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in source.getFeatures(QgsFeatureRequest(), flags):
        count += 1
        row = _row(feature, table, transform, reading, layer)
        depot = _depot(row, reading)
        if depot is None:
            continue
        if depot.id in depots:
            text = f'{layer}: feature {feature.id()} has the depot_id "{depot.id}" of another one'
            fault = Fault("doubled_id", text, "Give each depot an id of its own", row.shown("depot_id"))
            reading.refuse(fault, row.about)
        depots[depot.id] = depot
    if count == 0:
        text = f"{layer} ({source.sourceName()}) has no features"
        reading.refuse(Fault("no_features", text, "At least one depot is needed"), About(layer))
    return list(depots.values())


def _row(feature: QgsFeature, table: Table, transform, reading: Reading, layer: str) -> Row:
    """The feature with its place; without one it has a problem."""
    place, misplaced = None, []
    try:
        place = position(feature.geometry(), transform)
    except Fault as fault:
        misplaced = [fault]
    row = Row(table, feature.attributes(), reading, About(layer, feature.id(), place=place))
    row.call(row.text("depot_id") or f"depot-{feature.id()}")
    row.problems.extend(misplaced)
    return row


def _depot(row: Row, reading: Reading) -> Depot | None:
    window = row.window("tw1_start", "tw1_end")
    docks, load = row.count("docks"), row.seconds("load_min")
    per_unit = row.number("load_min_per_unit", LONGEST_MIN)
    for fault in row.problems:
        reading.refuse(
            fault,
            row.about,
            f'{row.about.layer}: feature {row.about.feature_id} (depot_id "{row.label}")',
        )
    place = row.about.place
    if place is None:
        return None
    name = row.text("name")
    return Depot(row.label, place[0], place[1], name, window, docks, load or 0, 60 * (per_unit or 0))
