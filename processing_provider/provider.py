"""The provider `optiway`: which algorithms there are. What they do is in the folders beside this file."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

import optiway_qgis
from optiway_qgis.layers.translation import tr

from .dispatch.driver_package import DriverPackage
from .dispatch.route_sheets import RouteSheets
from .engine.install_engine import InstallEngine
from .planning.compare_plans import ComparePlans
from .planning.explain_unassigned import ExplainUnassigned
from .planning.plan_one_route import PlanOneRoute
from .planning.plan_routes import PlanRoutes
from .planning.schedule import Schedule
from .planning.travel_matrix import TravelMatrix
from .planning.validate import Validate
from .preparing.import_stops import ImportStops
from .ready_models.ready_model import SoloDay, TeamDay
from .replanning.edit_routes import EditRoutes
from .replanning.handle_disruption import HandleDisruption
from .replanning.insert_options import InsertOptions
from .replanning.plan_differences import PlanDifferences
from .replanning.reoptimise import Reoptimise
from .replanning.suggest_windows import SuggestWindows
from .workspace.create_workspace import CreateWorkspace
from .workspace.demo_day import DemoDay

ICON = str(Path(optiway_qgis.__file__).parent / "resources" / "icons" / "optiway.svg")


class OptiwayProvider(QgsProcessingProvider):
    """Fleet routing for Processing."""

    def id(self):
        """Return the id that models and scripts use."""
        return "optiway"

    def name(self):
        """Return the name of the group in the toolbox."""
        return "Optiway"

    def longName(self):
        """Return the name with what it is for."""
        return tr("Optiway fleet routing")

    def icon(self):
        """Return the icon of the provider."""
        return QIcon(ICON)

    def load(self):
        """Load the algorithms, and again once the registry knows them: models find their steps there."""
        QgsApplication.processingRegistry().providerAdded.connect(self._load_again)
        return super().load()

    def loadAlgorithms(self):
        """Add the algorithms."""
        for algorithm in (
            ImportStops,
            PlanRoutes,
            PlanOneRoute,
            Schedule,
            ComparePlans,
            ExplainUnassigned,
            EditRoutes,
            Reoptimise,
            HandleDisruption,
            InsertOptions,
            SuggestWindows,
            PlanDifferences,
            DriverPackage,
            RouteSheets,
            TravelMatrix,
            Validate,
            CreateWorkspace,
            DemoDay,
            InstallEngine,
            SoloDay,
            TeamDay,
        ):
            self.addAlgorithm(algorithm())

    def _load_again(self, provider_id: str):
        if provider_id == self.id():
            QgsApplication.processingRegistry().providerAdded.disconnect(self._load_again)
            self.refreshAlgorithms()
