"""The windows that can be offered to a customer: rows of the table WINDOWS, or steps through the day.

Which of them somebody can keep is the engine's matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource

from ..model.findings import About, Fault
from ..model.problem import Window
from . import fields
from .reading import tell_columns
from .row import Row, Table

if TYPE_CHECKING:
    from .reading import Reading

WINDOWS = "WINDOWS"


def read_windows(source: QgsProcessingFeatureSource, reading: Reading) -> tuple[Window, ...]:
    """Return the windows of the rows in the order of their starts, each once; bad rows are errors."""
    columns = fields.recognise(fields.OFFER_FIELDS, source.fields().names())
    tell_columns(reading, WINDOWS, columns)
    missing = [field.name for field in fields.OFFER_FIELDS if field.name not in columns]
    if missing:
        text = f"{WINDOWS} ({source.sourceName()}) has no field {' and no field '.join(missing)}"
        reading.refuse(Fault("no_field", text, "Add the start and the end of each window"), About(WINDOWS))
        return ()
    table = Table(fields.OFFER_FIELDS, columns, reading.day)
    found: dict[Window, None] = {}
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    for feature in source.getFeatures(request, flags):
        row = Row(table, feature.attributes(), reading, About(WINDOWS, feature.id()))
        empty = [name for name in columns if row.value(name) is None]
        for name in empty:
            shown = row.shown(name)
            remedy = "Fill both, or take the row out"
            row.problems.append(Fault("missing_value", f"{shown} is empty", remedy, shown))
        window = None if empty else row.window("tw_start", "tw_end")
        for fault in row.problems:
            reading.refuse(fault, row.about, f"{WINDOWS}: feature {feature.id()}")
        if window is not None and not row.problems:
            found[window] = None
    if not found and not reading.errors:
        text = f"{WINDOWS} ({source.sourceName()}) has no rows"
        reading.refuse(Fault("no_features", text, "Add a row for each window"), About(WINDOWS))
    return tuple(sorted(found, key=lambda window: (window.start, window.end)))


def windows_of_day(start: int, end: int, length: int, step: int) -> tuple[Window, ...]:
    """Return windows of that length, a step apart, from `start` to `end`; all in seconds.

    The last one ends at `end` at the latest.
    """
    return tuple(Window(begin, begin + length) for begin in range(start, end - length + 1, step))


def still_open(windows: Sequence[Window], now: int | None) -> tuple[Window, ...]:
    """Return the windows that are not over at `now`."""
    return tuple(window for window in windows if now is None or window.end > now)
