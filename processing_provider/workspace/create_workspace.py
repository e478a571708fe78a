"""The algorithm `optiway:create_workspace`: a GeoPackage with all input layers, their forms and a project.

Its parameters; what is in the file is that of layers/workspace*.py.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterCrs,
    QgsProcessingParameterFileDestination,
)

from optiway_qgis.layers.points import WGS84
from optiway_qgis.layers.times import PlanDay, today
from optiway_qgis.layers.workspace import PROJECT_NAME, make_project, make_tables
from optiway_qgis.layers.workspace_tables import TABLES

from ..planning.plan_algorithm import PlanAlgorithm, tr

if TYPE_CHECKING:
    from qgis.PyQt.QtCore import QDate

FILE, CRS, PROJECT = "FILE", "CRS", "PROJECT"
LAYER_COUNT, STOP_COUNT = "LAYER_COUNT", "STOP_COUNT"


class WorkspaceAlgorithm(PlanAlgorithm):
    """Base of the algorithms that make a workspace."""

    def group(self):
        """Return the group in the toolbox."""
        return tr("Workspace")

    def groupId(self):
        """Return the id of the group."""
        return "workspace"

    def add_file(self) -> None:
        """Add FILE."""
        self.add(
            QgsProcessingParameterFileDestination(FILE, tr("Workspace"), tr("GeoPackage files (*.gpkg)")),
            "A new GeoPackage. One that is there already is refused, never overwritten.",
        )

    def add_results(self) -> None:
        """Add the address of the project and the numbers."""
        self.addOutput(QgsProcessingOutputString(PROJECT, tr("Address of the project")))
        self.addOutput(QgsProcessingOutputNumber(LAYER_COUNT, tr("Number of layers")))
        self.addOutput(QgsProcessingOutputNumber(STOP_COUNT, tr("Number of stops")))

    def prepareAlgorithm(self, parameters, context, feedback):
        """Nothing is read."""
        return True

    def day(self, parameters, context, zone_name: str) -> QDate:
        """PLAN_DATE, or today; raises InputError where the zone is not known."""
        date = self.plan_date(parameters, context) or today(zone_name)
        return PlanDay(date, zone_name).date

    def file(self, parameters, context) -> str:
        """The path of FILE."""
        return os.path.abspath(self.parameterAsFileOutput(parameters, FILE, context))

    def tell_project(self, path: str, feedback) -> None:
        """Say how the workspace is opened."""
        feedback.pushInfo(
            f"Open it in QGIS: Project > Open From > GeoPackage, or in the Browser the project "
            f"'{PROJECT_NAME}' of {path}."
        )


class CreateWorkspace(WorkspaceAlgorithm):
    """Makes an empty workspace."""

    def name(self):
        """Return the id within the provider."""
        return "create_workspace"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Create workspace")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Makes a GeoPackage with all layers of a plan, ready to be filled in, and a project of it.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("workspace,new,template,geopackage,project,forms,stops,depots,vehicles,start").split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Makes one file with everything a plan is made from: stops, depots, vehicles, breaks, zones, "
            "barriers, traffic, edits and disruptions, with all fields that are understood. Their forms "
            "offer the words and the names there are, tell what cannot be right while it is typed, and say "
            "what each field means.</p>"
            "<p>The file holds a QGIS project, too, with the themes <i>dispatcher</i>, <i>warehouse</i> and "
            "<i>driver</i>: open it with Project, Open From, GeoPackage. Paths in it are relative, so the "
            "file can be moved. More in docs/workspace.md.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_file()
        self.add(
            QgsProcessingParameterCrs(CRS, tr("CRS of the layers"), defaultValue=WGS84, optional=True),
            "What the places of all layers are kept in. Empty: degrees (WGS 84).",
        )
        self.add_day(advanced=False, help_text="The day the workspace is for; in its title. Empty: any day.")
        self.add_results()

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        path = self.file(parameters, context)
        zone_name = self.zone_name(parameters, context)
        date = self.day(parameters, context, zone_name).toString("yyyy-MM-dd")
        date = date if self.plan_date(parameters, context) else ""
        given = self.parameterAsCrs(parameters, CRS, context)
        crs = given if given.isValid() else QgsCoordinateReferenceSystem(WGS84)
        make_tables(path, crs, context.transformContext())
        title = f"Workspace of {date}" if date else "Workspace"
        project = make_project(path, title, zone_name, date)
        self.tell_project(path, feedback)
        return {FILE: path, PROJECT: project, LAYER_COUNT: len(TABLES), STOP_COUNT: 0}
