"""What all readers of layers share: the day, the transform context, and what is told to the user.

Reading one kind of layer is read_*.py's work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping

from ..model.findings import ERROR, WARNING, About, Fault, Finding, found
from . import fields
from .qgis_compat import is_null
from .row import as_text

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateTransformContext, QgsProcessingFeatureSource, QgsProcessingFeedback

    from .feedback import GroupedWarnings
    from .times import PlanDay


@dataclass
class Reading:
    """What all readers of one job share: the day, how to transform, and what was found wrong or odd.

    `errors` and `warnings` are messages, `findings` the same with their parts, in the order they arose.
    `features` tells where each stop, depot and vehicle comes from, by layer and id; `columns` what the user
    calls each field, by layer and name: the column, or the parameter of an expression.
    """

    day: PlanDay
    transform_context: QgsCoordinateTransformContext
    feedback: QgsProcessingFeedback
    warnings: GroupedWarnings
    errors: list[str] = field(default_factory=list)
    findings: dict[Finding, None] = field(default_factory=dict)
    features: dict[tuple[str, str], About] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)

    def shown(self, layer: str, *names: str) -> str:
        """What the user calls the first of these fields that the layer has; the first name if it has none."""
        known = self.columns.get(layer, {})
        return next((known[name] for name in names if name in known), names[0])

    def about(self, layer: str, name: str) -> About:
        """Return where the stop, depot or vehicle of that id comes from."""
        return self.features.get((layer, name), About(layer, id=name))

    def find(self, severity: str, fault: Fault, about: About = About()) -> None:
        """Add a finding of which the log says nothing, or says it in other words; equal ones count once."""
        self.findings[found(severity, fault, about)] = None

    def refuse(self, fault: Fault, about: About = About(), where: str = "") -> None:
        """Add an error of the job; its message opens with `where`."""
        self.errors.append(f"{where}: {fault.sentence}" if where else fault.sentence)
        self.find(ERROR, fault, about)

    def warn(self, fault: Fault, about: About = About(), of_layer: bool = False) -> None:
        """Add a warning, told together with equal ones of other features.

        With `of_layer` it is one finding about the layer, however many features it is told for.
        """
        self.warnings.add(str(fault), about.id)
        self.find(WARNING, fault, About(about.layer) if of_layer else about)

    def tell(self, severity: str, fault: Fault, about: About = About()) -> None:
        """Tell a warning or information at once."""
        push = self.feedback.pushWarning if severity == WARNING else self.feedback.pushInfo
        push(fault.sentence)
        self.find(severity, fault, about)


def tell_columns(reading: Reading, layer: str, columns: Mapping[str, fields.Column]) -> None:
    """Tell which columns of the layer are used, and where a name needs an explanation."""
    reading.columns[layer] = {name: column.name for name, column in columns.items()}
    if columns:
        reading.feedback.pushInfo(f"{layer}: uses {fields.recognised_text(columns)}")
    else:
        reading.feedback.pushInfo(f"{layer}: no field is recognised by its name")
    for column in columns.values():
        if column.alias.note:
            text = f"{layer}: {column.name} is {column.alias.note}"
            reading.tell(WARNING, Fault("unit_of_name", text, field=column.name), About(layer))


def tell_unused(reading: Reading, layer: str, filled: set[str]) -> None:
    """Tell which filled fields have a meaning that is not built yet."""
    if filled:
        reading.feedback.pushWarning(
            f"{layer}: {', '.join(sorted(filled))} {'is' if len(filled) == 1 else 'are'} carried along but "
            "not used yet."
        )
    for name in sorted(filled):
        fault = Fault("unused_field", f"{name} is carried along but not used yet", field=name)
        reading.find(WARNING, fault, About(layer))


def no_crs(layer: str, source: QgsProcessingFeatureSource) -> Fault:
    """The error of a layer without a CRS."""
    text = f"{layer} ({source.sourceName()}) has no CRS"
    return Fault("no_crs", text, "Set it in the layer's properties, then run again")


def is_filled(value: Any, neutral: tuple[str, ...]) -> bool:
    """Whether a value of a field that is not built yet asks for something."""
    return not is_null(value) and as_text(value) != "" and as_text(value) not in neutral
