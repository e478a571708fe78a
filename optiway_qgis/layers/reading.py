"""What all readers of layers share: the day, the transform context, and what is told to the user.

Reading one kind of layer is read_*.py's work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping

from . import fields
from .qgis_compat import is_null
from .row import as_text

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateTransformContext, QgsProcessingFeatureSource, QgsProcessingFeedback

    from .feedback import GroupedWarnings
    from .times import PlanDay


@dataclass
class Reading:
    """What all readers of one job share: the day, how to transform, and what was found wrong or odd."""

    day: PlanDay
    transform_context: QgsCoordinateTransformContext
    feedback: QgsProcessingFeedback
    warnings: GroupedWarnings
    errors: list[str] = field(default_factory=list)


def tell_columns(reading: Reading, layer: str, columns: Mapping[str, fields.Column]) -> None:
    """Tell which columns of the layer are used, and where a name needs an explanation."""
    if columns:
        reading.feedback.pushInfo(f"{layer}: uses {fields.recognised_text(columns)}")
    else:
        reading.feedback.pushInfo(f"{layer}: no field is recognised by its name")
    for column in columns.values():
        if column.alias.note:
            reading.feedback.pushWarning(f"{layer}: {column.name} is {column.alias.note}.")


def tell_unused(reading: Reading, layer: str, filled: set[str]) -> None:
    """Tell which filled fields have a meaning that is not built yet."""
    if filled:
        reading.feedback.pushWarning(
            f"{layer}: {', '.join(sorted(filled))} {'is' if len(filled) == 1 else 'are'} carried along but "
            "not used yet."
        )


def no_crs(layer: str, source: QgsProcessingFeatureSource) -> str:
    """The error of a layer without a CRS."""
    return f"{layer} ({source.sourceName()}) has no CRS. Set it in the layer's properties, then run again."


def is_filled(value: Any, neutral: tuple[str, ...]) -> bool:
    """Whether a value of a field that is not built yet asks for something."""
    return not is_null(value) and as_text(value) != "" and as_text(value) not in neutral
