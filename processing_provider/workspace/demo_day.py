"""The algorithm `optiway:demo_day`: a workspace of the made-up town with its day planned.

Its parameters and steps; the town is that of layers/workspace_sample.py, the plan that of Plan routes.
"""

from __future__ import annotations

import os
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingMultiStepFeedback,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)

from optiway_qgis.layers.engine_process import find_engine
from optiway_qgis.layers.output_fields import SINKS
from optiway_qgis.layers.points import WGS84
from optiway_qgis.layers.workspace import STREETS, make_project, make_tables
from optiway_qgis.layers.workspace_sample import TOWN_ZONE, town_rows, write_streets
from optiway_qgis.layers.workspace_tables import (
    BARRIERS,
    BREAKS,
    DEPOTS,
    STOPS,
    TABLES,
    TRAFFIC,
    VEHICLES,
    ZONES,
)
from optiway_qgis.model.errors import JobCancelled

from ..planning.plan_algorithm import PLAN_DATE, REPORT, TIME_LIMIT, TIME_ZONE, tr
from ..planning.plan_routes import PlanRoutes
from .create_workspace import FILE, LAYER_COUNT, PROJECT, STOP_COUNT, WorkspaceAlgorithm

SECONDS = 5
_READ = {
    "STOPS": STOPS,
    "DEPOTS": DEPOTS,
    "VEHICLES": VEHICLES,
    "BREAKS": BREAKS,
    "ZONES": ZONES,
    "BARRIERS": BARRIERS,
    "TRAFFIC": TRAFFIC,
    "ROADS": STREETS,
}
"""Parameter of Plan routes -> the table that it reads."""


class DemoDay(WorkspaceAlgorithm):
    """Makes a workspace with a day that is planned already."""

    def name(self):
        """Return the id within the provider."""
        return "demo_day"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Demo day")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Makes a workspace of a made-up town and plans its day: something to look at and to try.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("demo,sample,example,tutorial,first steps,town,try").split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>For a first look, without any data of your own: a workspace as Create workspace makes it, "
            "filled from a made-up town (60 stops, two depots, five vehicles, breaks, traffic, zones, "
            "barriers and streets), with its day planned on the streets.</p>"
            "<p>Open its project with Project, Open From, GeoPackage: routes, legs and visits are above the "
            "layers they were planned from, and the temporal controller plays the day. Change a stop, "
            "then run Plan routes on the layers of the project. More in docs/workspace.md.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_file()
        self.add(
            QgsProcessingParameterDateTime(
                PLAN_DATE, tr("Plan date"), QgsProcessingParameterDateTime.Type.Date, optional=True
            ),
            "The day that is planned. Empty: today.",
        )
        self.add(
            QgsProcessingParameterNumber(
                TIME_LIMIT,
                tr("Time limit in seconds"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=SECONDS,
                minValue=1,
            ),
            "Longest time to search for the plan.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                REPORT, tr("Report"), tr("HTML files (*.html)"), optional=True, createByDefault=True
            ),
            "The report of the plan.",
        )
        self.add_results()

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        find_engine(QgsApplication.qgisSettingsDirPath())  # before anything is written
        path = self.file(parameters, context)
        date = self.day(parameters, context, TOWN_ZONE).toString("yyyy-MM-dd")
        transform_context = context.transformContext()
        make_tables(path, QgsCoordinateReferenceSystem(WGS84), transform_context, town_rows())
        try:
            write_streets(path, transform_context)
            planned = self._plan(path, date, parameters, context, feedback)
            project = make_project(path, f"Demo day, {date}", TOWN_ZONE, date, has_plan=True)
        except Exception:
            os.remove(path)  # half a day shows nothing, and its name would be taken
            raise
        self.tell_project(path, feedback)
        results = {
            FILE: path,
            PROJECT: project,
            LAYER_COUNT: len(TABLES) + 1 + len(SINKS),
            STOP_COUNT: planned["STOP_COUNT"],
        }
        if REPORT in planned:
            results[REPORT] = planned[REPORT]
        return results

    def _plan(self, path: str, date: str, parameters, context, feedback) -> dict[str, Any]:
        """Plan the day of the workspace into the same file; returns what Plan routes does."""
        chosen = {
            **{name: f"{path}|layername={table}" for name, table in _READ.items()},
            **{name: f"ogr:dbname='{path}' table=\"{name.lower()}\" (geom)" for name in SINKS},
            PLAN_DATE: date,
            TIME_ZONE: TOWN_ZONE,
            TIME_LIMIT: self.parameterAsDouble(parameters, TIME_LIMIT, context),
        }
        report = self.parameterAsFileOutput(parameters, REPORT, context)
        if report:
            chosen[REPORT] = report
        own = QgsProcessingContext()  # the layers of this plan are of no other run
        own.setTransformContext(context.transformContext())
        steps = QgsProcessingMultiStepFeedback(1, feedback)
        results, done = PlanRoutes().create().run(chosen, own, steps)
        if feedback.isCanceled():
            raise JobCancelled
        if not done:
            raise QgsProcessingException(tr("The day could not be planned: the log says why."))
        return results
