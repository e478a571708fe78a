"""Runs in a QGIS of its own without a screen: `open_project.py JOB`, where JOB is JSON.

Opens the project "project", draws what its playback shows at the moment "now" into the file "picture", and
writes to standard output, as JSON, what somebody finds who opens it.
"""

from __future__ import annotations

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsCoordinateTransform,
    QgsDateTimeRange,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerTemporalContext,
)
from qgis.PyQt.QtCore import QDateTime, QSize, Qt


def main(job: dict) -> None:
    """Do the job."""
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    if not project.read(job["project"]):
        raise SystemExit(project.error())
    now = QDateTime.fromString(job["now"], Qt.DateFormat.ISODate)
    frame = QgsDateTimeRange(now, now)
    layers = project.layerTreeRoot().layerOrder()
    played = project.timeSettings().temporalRange()
    answer = {
        "layers": {layer.name(): describe(layer, frame) for layer in layers},
        "range": [moment.toString(Qt.DateFormat.ISODate) for moment in (played.begin(), played.end())],
    }
    draw(project, frame, job["picture"])
    sys.stdout.write(json.dumps(answer))


def describe(layer: QgsVectorLayer, frame: QgsDateTimeRange) -> dict:
    """What a test wants to know about a layer; `shown` counts the features of the frame."""
    times = layer.temporalProperties()
    context = QgsVectorLayerTemporalContext()
    context.setLayer(layer)
    shown = QgsFeatureRequest().setFilterExpression(times.createFilterString(context, frame) or "TRUE")
    return {
        "valid": layer.isValid(),
        "renderer": layer.renderer().type(),
        "labels": layer.labelsEnabled(),
        "temporal": times.isActive(),
        "start": times.startField(),
        "shown": sum(1 for _ in layer.getFeatures(shown)),
    }


def draw(project: QgsProject, frame: QgsDateTimeRange, picture: str) -> None:
    """Draw the view the project opens with, as the temporal controller shows it at the frame."""
    settings = QgsMapSettings()
    settings.setLayers(project.layerTreeRoot().layerOrder())
    settings.setDestinationCrs(project.crs())
    settings.setOutputSize(QSize(1200, 900))
    view = project.viewSettings().defaultViewExtent()
    to_map = QgsCoordinateTransform(view.crs(), project.crs(), project)
    settings.setExtent(to_map.transformBoundingBox(view))
    settings.setIsTemporal(True)
    settings.setTemporalRange(frame)
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.globalScope())
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(context)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    if not job.renderedImage().save(picture):
        raise SystemExit(f"{picture} could not be written")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
