"""Draws layers as the map canvas does, and looks at the pictures. Nothing here tests anything."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsDateTimeRange,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

WGS84 = QgsCoordinateReferenceSystem("EPSG:4326")


def rendered(layers, extent: QgsRectangle, playing: QgsDateTimeRange | None = None):
    """A picture of the layers, the first on top, as the map canvas would draw it."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(WGS84)
    settings.setOutputSize(QSize(800, 600))
    settings.setExtent(extent)
    settings.setBackgroundColor(QColor("white"))
    if playing:
        settings.setIsTemporal(True)
        settings.setTemporalRange(playing)
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.globalScope())
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(context)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage(), settings.mapToPixel()


def colours(image) -> set[str]:
    """All colours of a picture, as #rrggbb."""
    return {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}
