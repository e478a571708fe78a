"""The layer of findings: fields, features, look. What is found is the readers' and preflight's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Iterable, Iterator, Sequence

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFields,
    QgsGeometry,
    QgsMarkerSymbol,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingLayerPostProcessorInterface,
    QgsRendererCategory,
    QgsVectorLayer,
)

from ..model.findings import ERROR, INFO, SEVERITIES, WARNING, Finding
from ..model.palette import SEVERITY_COLOURS
from .qgis_compat import TEXT, WHOLE, make_field
from .write import make_feature

if TYPE_CHECKING:
    from qgis.core import QgsProcessingFeedback

FINDINGS = "FINDINGS"

_FIELDS = (
    ("severity", TEXT),
    ("layer", TEXT),
    ("feature_id", WHOLE),
    ("id", TEXT),
    ("field", TEXT),
    ("code", TEXT),
    ("text", TEXT),
    ("remedy", TEXT),
)
_LABELS = {ERROR: "Error", WARNING: "Warning", INFO: "Information"}
_SIZES = {ERROR: "4", WARNING: "3.4", INFO: "2.6"}
_MAP_TIP = '<b>[% "id" %]</b> [% "field" %]<br>[% "text" %]<br><i>[% "remedy" %]</i>'


def findings_fields() -> QgsFields:
    """Fields of FINDINGS."""
    fields = QgsFields()
    for name, kind in _FIELDS:
        fields.append(make_field(name, kind))
    return fields


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, errors first, then as they were found."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def findings_features(findings: Sequence[Finding]) -> Iterator[QgsFeature]:
    """A feature for each finding, at the place of what it is about, without geometry where there is none."""
    fields = findings_fields()
    for finding in findings:
        about = finding.about
        place = QgsGeometry() if about.place is None else QgsGeometry.fromPointXY(QgsPointXY(*about.place))
        parts = (finding.field, finding.code, finding.text, finding.remedy)
        values = (finding.severity, about.layer, about.feature_id, about.id, *parts)
        yield make_feature(fields, values, place)


def style_on_load(destination: str, context: QgsProcessingContext) -> None:
    """Have QGIS style the layer when it loads it at the end of the algorithm."""
    if context.willLoadLayerOnCompletion(destination):
        styler = _Styler.kept_alive(destination)
        context.layerToLoadOnCompletionDetails(destination).setPostProcessor(styler)


def style(layer: QgsVectorLayer) -> None:
    """Colour the findings by severity and tell them in the map tip."""
    categories = [
        QgsRendererCategory(severity, _symbol(severity), _LABELS[severity]) for severity in SEVERITIES
    ]
    layer.setRenderer(QgsCategorizedSymbolRenderer("severity", categories))
    layer.setDisplayExpression('"id" || \': \' || "text"')
    layer.setMapTipTemplate(_MAP_TIP)
    layer.triggerRepaint()


def _symbol(severity: str) -> QgsMarkerSymbol:
    return QgsMarkerSymbol.createSimple(
        {
            "name": "circle",
            "color": SEVERITY_COLOURS[severity],
            "size": _SIZES[severity],
            "outline_color": "#ffffff",
            "outline_width": "0.5",
        }
    )


class _Styler(QgsProcessingLayerPostProcessorInterface):
    """Styles the layer when it is loaded. QGIS keeps no reference of it, so it lives here until then."""

    waiting: ClassVar[dict[str, _Styler]] = {}

    def __init__(self, destination: str):
        super().__init__()
        self._destination = destination

    @classmethod
    def kept_alive(cls, destination: str) -> _Styler:
        """Return a new one that lives until it was called."""
        cls.waiting[destination] = cls(destination)
        return cls.waiting[destination]

    def postProcessLayer(
        self, layer: QgsVectorLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ):
        """Style the layer, once."""
        self.waiting.pop(self._destination, None)
        if layer.isSpatial():
            style(layer)
