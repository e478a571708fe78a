"""Stores a QGIS project of a plan inside the GeoPackage that holds its layers: open it, press play.

Somebody who opens only the tables gets their styles, but QGIS switches time off in every layer whose default
style it reads. In a project it stays on. How the layers look is styles.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsDateTimeRange,
    QgsProject,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsTemporalUtils,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import QDateTime, Qt, QUrl

from .destinations import file_of, is_geopackage
from .output_fields import CHANGES, LEGS, ROUTES, UNASSIGNED, VISITS
from .qgis_compat import blank_project
from .styles import arrange, open_styled

if TYPE_CHECKING:
    from qgis.core import QgsProcessingFeedback, QgsVectorLayer

    from .styles import RouteLook

PROJECT_NAME = "Optiway plan"

STEP_MINUTES = 5
FRAMES_PER_SECOND = 4

_TITLES = {
    CHANGES: "Changed stops",
    UNASSIGNED: "Unassigned stops",
    VISITS: "Visits",
    ROUTES: "Routes",
    LEGS: "Legs",
}
"""What the layers are called, from the top."""


def store_project(
    destinations: dict[str, str], looks: Sequence[RouteLook], plan_date: str, feedback: QgsProcessingFeedback
) -> None:
    """Store a project of the plan in the GeoPackage of ROUTES, replacing that of an earlier plan.

    It holds the layers that were written there. Without VISITS among them there is none. A project that
    cannot be stored is a warning: the plan itself is there.
    """
    routes = destinations.get(ROUTES, "")
    path = file_of(routes)
    there = [name for name in _TITLES if path and file_of(destinations.get(name, "")) == path]
    if not is_geopackage(routes) or VISITS not in there:
        return
    project = blank_project()
    project.setTitle(f"Plan of {plan_date}")
    group = project.layerTreeRoot().addGroup(project.title())
    layers = []
    for name in there:
        layer = open_styled(destinations[name], name, looks)
        layer.setName(_TITLES[name])
        layers.append(project.addMapLayer(layer, False))
        arrange(group.addLayer(layer), name)
    _set_view(project, layers)
    _set_time(project)
    uri = f"geopackage:{path}?projectName={bytes(QUrl.toPercentEncoding(PROJECT_NAME)).decode()}"
    if project.write(uri):
        feedback.pushInfo(
            f"The project '{PROJECT_NAME}' in {path} shows the plan, ready for the temporal controller."
        )
    else:
        feedback.pushWarning(f"The project '{PROJECT_NAME}' was not stored in {path}: {project.error()}")


def _set_view(project: QgsProject, layers: list[QgsVectorLayer]) -> None:
    """Let the map open on the whole plan; degrees on both axes would squash it."""
    crs = layers[0].crs()
    extent = QgsRectangle()
    for layer in layers:
        extent.combineExtentWith(layer.extent())
    extent.scale(1.1)
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857") if crs.isGeographic() else crs, True)
    project.viewSettings().setDefaultViewExtent(QgsReferencedRectangle(extent, crs))


def _set_time(project: QgsProject) -> None:
    """Let the temporal controller play from the first departure to the last return."""
    times = project.timeSettings()
    times.setTimeStep(STEP_MINUTES)
    times.setTimeStepUnit(QgsUnitTypes.TemporalUnit.TemporalMinutes)
    times.setFramesPerSecond(FRAMES_PER_SECOND)
    played = QgsTemporalUtils.calculateTemporalRangeForProject(project)
    if played.begin().isValid() and played.end().isValid():
        times.setTemporalRange(QgsDateTimeRange(_full_step(played.begin(), 0), _full_step(played.end(), 1)))


def _full_step(moment: QDateTime, later: int) -> QDateTime:
    """The last full step of the clock before the moment, or `later` steps after that."""
    step = STEP_MINUTES * 60
    seconds = moment.time().msecsSinceStartOfDay() // 1000
    midnight = QDateTime(moment.date().startOfDay(Qt.TimeSpec.UTC))
    return midnight.addSecs((seconds // step + later) * step)
