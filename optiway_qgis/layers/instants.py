"""Moments with a zone, as PostGIS keeps them (timestamptz), put on the clock of the plan before all reading.

All other times in layers are what the clock shows; how they are read is times.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

from qgis.PyQt.QtCore import QDateTime, Qt, QTimeZone

if TYPE_CHECKING:
    from qgis.core import QgsFeature, QgsProcessingFeatureSource

_TYPES = frozenset({"timestamptz", "timestamp with time zone"})


def on_clock(source: QgsProcessingFeatureSource, zone_name: str) -> Any:
    """Return the source or, where it has such moments, one like it that shows them on the clock of the zone.

    QGIS shows them on the clock of its computer, and marks them as UTC where that is UTC, like the times that
    have no zone.
    """
    zone = QTimeZone(zone_name.encode())
    columns = [at for at, field in enumerate(source.fields()) if field.typeName().lower() in _TYPES]
    return _OnClock(source, zone, columns) if columns and zone.isValid() else source


class _OnClock:
    """A source of features in all but its times."""

    def __init__(self, source: QgsProcessingFeatureSource, zone: QTimeZone, columns: list[int]):
        self._source = source
        self._zone = zone
        self._columns = columns

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def getFeatures(self, *request: Any) -> Iterator[QgsFeature]:
        """The features, with what the clock of the zone shows."""
        for feature in self._source.getFeatures(*request):
            for column in self._columns:
                value = feature.attribute(column)
                if isinstance(value, QDateTime) and value.isValid():
                    shown = value.toTimeZone(self._zone)
                    feature.setAttribute(column, QDateTime(shown.date(), shown.time(), Qt.TimeSpec.UTC))
            yield feature
