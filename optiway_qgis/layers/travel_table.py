"""Points whose travel times are asked for, and a travel matrix written to a table. Nothing about plans."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Sequence

import numpy as np
from qgis.core import QgsExpressionContext, QgsFeature, QgsFeatureSink, QgsFields

from ..model.findings import Fault
from . import fields
from .qgis_compat import REAL, TEXT, make_field
from .read_depots import read_depots
from .read_stops import Expressions, read_stops

if TYPE_CHECKING:
    from qgis.core import QgsProcessingFeatureSource, QgsProcessingFeedback

    from ..model.problem import Depot, Stop
    from .reading import Reading

NO_WAY = "no way"

_TOLD = 5
"""Points left out that are told one by one."""


@dataclass(frozen=True)
class Ends:
    """The points of one layer: depots when it has a depot_id and no stop_id, else stops."""

    depots: tuple[Depot, ...] = ()
    stops: tuple[Stop, ...] = ()

    def names(self) -> list[str]:
        """Their names in a matrix: kind and id."""
        return [f"depot:{depot.id}" for depot in self.depots] + [f"stop:{stop.id}" for stop in self.stops]


def matrix_fingerprint(path: str) -> str:
    """A text that is the same for the same matrix file, wherever it lies; empty when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()


def read_ends(source: QgsProcessingFeatureSource, reading: Reading, layer: str) -> Ends:
    """Read a layer; points that cannot be read are left out with a warning."""
    names = source.fields().names()
    is_depots = "depot_id" in fields.recognise(fields.DEPOT_FIELDS, names)
    if is_depots and "stop_id" not in fields.recognise(fields.STOP_FIELDS, names):
        return Ends(depots=tuple(read_depots(source, reading, layer)))
    no_service = Expressions({"SERVICE_TIME": "0"}, QgsExpressionContext())
    read = read_stops(source, reading, no_service, layer, for_fleet=False)
    for stop in read.rejected[:_TOLD]:
        reading.warnings.add(f"A point is left out: {stop.text}")
    if len(read.rejected) > _TOLD:
        reading.warnings.add(f"{layer}: {len(read.rejected) - _TOLD} more points are left out")
    return Ends(stops=tuple(read.stops))


def together(origins: Ends, ends: Ends, reading: Reading) -> Ends:
    """Return the points of both, each once; one id at two positions is an error."""
    joined: list[dict[str, Any]] = []
    for kind, ours, theirs in (
        ("depot", origins.depots, ends.depots),
        ("stop", origins.stops, ends.stops),
    ):
        by_id = {point.id: point for point in ours}
        for point in theirs:
            known = by_id.setdefault(point.id, point)
            if (known.lon, known.lat) != (point.lon, point.lat):
                text = f'FROM and TO have a {kind} "{point.id}" each, at different positions'
                reading.refuse(Fault("doubled_id", text, "Give each an id of its own"))
        joined.append(by_id)
    return Ends(tuple(joined[0].values()), tuple(joined[1].values()))


def table_fields() -> QgsFields:
    """The fields of the table."""
    made = QgsFields()
    for name, kind in (
        ("from_id", TEXT),
        ("to_id", TEXT),
        ("travel_min", REAL),
        ("distance_km", REAL),
        ("status", TEXT),
    ):
        made.append(make_field(name, kind))
    return made


def write_table(
    path: str, origins: Ends, ends: Ends, sink: QgsFeatureSink | None, feedback: QgsProcessingFeedback
) -> int:
    """Write the pairs of a matrix file into the sink, if there is one, and return how many have a way.

    Minutes and kilometres are null where there is none; `status` says why: how the end met the network (far,
    outside, island), or "no way".
    """
    with np.load(path, allow_pickle=False) as archive:
        matrix = {name: archive[name] for name in archive.files}
    row = {name: number for number, name in enumerate(matrix["ids"].tolist())}
    ways = 0
    for origin in origins.names():
        if feedback.isCanceled():
            break
        pairs = list(_pairs(matrix, row, origin, ends.names()))
        ways += sum(pair[2] is not None for pair in pairs)
        if sink is not None and not sink.addFeatures(
            [_feature(pair) for pair in pairs], QgsFeatureSink.Flag.FastInsert
        ):
            raise OSError(sink.lastError())
    return ways


def _pairs(
    matrix: dict[str, np.ndarray], row: dict[str, int], origin: str, ends: Sequence[str]
) -> Iterator[list[Any]]:
    start = row[origin]
    seconds, metres = matrix["seconds"][start].tolist(), matrix["metres"][start].tolist()
    statuses = matrix["snap_status"].tolist()
    for end in ends:
        to = row[end]
        found = seconds[to] >= 0
        off = [status for status in (statuses[start], statuses[to]) if status != "ok"]
        yield [
            origin.partition(":")[2],
            end.partition(":")[2],
            seconds[to] / 60 if found else None,
            metres[to] / 1000 if found else None,
            off[0] if off else "ok" if found else NO_WAY,
        ]


def _feature(attributes: list[Any]) -> QgsFeature:
    feature = QgsFeature()
    feature.setAttributes(attributes)
    return feature
