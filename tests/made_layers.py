"""Layers made in memory for the tests of reading and of the algorithms. Nothing here tests anything."""

from __future__ import annotations

from typing import Any, Sequence

from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate

from optiway_qgis.layers.feedback import GroupedWarnings
from optiway_qgis.layers.reading import Reading
from optiway_qgis.layers.times import PlanDay

CENTRE = (-8.61, 41.15)


class Log(QgsProcessingFeedback):
    """A feedback that remembers what it was told; cancels itself at the first text that holds `cancel_at`."""

    def __init__(self, cancel_at: str = ""):
        super().__init__(False)
        self.infos: list[str] = []
        self.warnings: list[str] = []
        self.progress: list[float] = []
        self._cancel_at = cancel_at
        self.progressChanged.connect(self.progress.append)

    def pushInfo(self, info):
        self.infos.append(info)
        if self._cancel_at and self._cancel_at in info:
            self.cancel()

    def pushWarning(self, warning):
        self.warnings.append(warning)


def layer(
    rows: Sequence[dict[str, Any]],
    crs: str = "EPSG:4326",
    kind: str = "Point",
    name: str = "stops",
    types: dict[str, str] | None = None,
) -> QgsVectorLayer:
    """A memory layer. Keys of the rows are fields; `at` is (x, y), a WKT text, or None for no geometry.

    Types follow the first value that is not None, unless `types` names one.
    """
    types = types or {}
    names = list(dict.fromkeys(key for row in rows for key in row if key != "at"))
    columns = "".join(f"&field={name}:{types.get(name) or _type(rows, name)}" for name in names)
    made = QgsVectorLayer(f"{kind}?crs={crs}{columns}", name, "memory")
    features = []
    for row in rows:
        feature = QgsFeature(made.fields())
        feature.setAttributes([row.get(name) for name in names])
        at = row.get("at")
        if isinstance(at, str):
            feature.setGeometry(QgsGeometry.fromWkt(at))
        elif at is not None:
            feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*at)))
        features.append(feature)
    added, _ = made.dataProvider().addFeatures(features)
    if not added:
        raise ValueError(made.dataProvider().lastError())
    return made


def spots(count: int, step: float = 0.004) -> list[tuple[float, float]]:
    """Points of a grid around the centre, in degrees."""
    return [(CENTRE[0] + step * (i % 5 - 2), CENTRE[1] + step * (i // 5 - 2)) for i in range(count)]


def stops(count: int = 8, **values: Any) -> list[dict[str, Any]]:
    """Rows of stops S1, S2, ... with five minutes of service and these further values."""
    return [
        {"at": at, "stop_id": f"S{number}", "service_min": 5.0, **values}
        for number, at in enumerate(spots(count), 1)
    ]


def depot(name: str = "D1", at: tuple[float, float] = CENTRE, **values: Any) -> dict[str, Any]:
    """A row of a depot."""
    return {"at": at, "depot_id": name, **values}


def table(rows: Sequence[dict[str, Any]], name: str = "vehicles", **types: str) -> QgsVectorLayer:
    """A memory table without geometry."""
    return layer(rows, kind="None", name=name, types=types)


def source_of(made: QgsVectorLayer) -> QgsProcessingFeatureSource:
    """The layer as an algorithm sees it."""
    source = QgsProcessingFeatureSource(made, QgsProcessingContext())
    source.kept_alive = made  # the source only points to its layer
    return source


def reading(plan_date: str = "2026-05-04", zone: str = "Europe/Lisbon") -> Reading:
    """What readers share, for that day."""
    day = PlanDay(QDate.fromString(plan_date, "yyyy-MM-dd"), zone)
    return Reading(day, QgsProcessingContext().transformContext(), Log(), GroupedWarnings())


def _type(rows: Sequence[dict[str, Any]], name: str) -> str:
    value = next((row[name] for row in rows if row.get(name) is not None), "")
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "double"}.get(type(value), "string")
