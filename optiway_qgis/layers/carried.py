"""What of the stops layer travels to the outputs untouched. It is read elsewhere, and written by write.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateReferenceSystem, QgsFields, QgsGeometry


@dataclass(frozen=True)
class RejectedStop:
    """A stop that never reaches the engine.

    `attributes` are in the order of `CarriedStops.fields`. `geometry` is in `CarriedStops.crs`, it may be
    null. `reason` is invalid_input or excluded, `text` one sentence with field, value and remedy.
    """

    stop_id: str
    attributes: list[Any]
    geometry: QgsGeometry
    reason: str
    text: str


@dataclass(frozen=True)
class CarriedStops:
    """The fields of the stops layer, its CRS, the values of each stop by its id, and the stops rejected."""

    fields: QgsFields
    crs: QgsCoordinateReferenceSystem
    attributes: dict[str, list[Any]] = field(default_factory=dict)
    rejected: tuple[RejectedStop, ...] = ()
