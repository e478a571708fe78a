"""Models that come with the plugin, as algorithms of its own; their steps are in resources/models."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingModelAlgorithm
from qgis.PyQt.QtGui import QIcon

import optiway_qgis
from optiway_qgis.layers.translation import tr

MODELS = Path(optiway_qgis.__file__).parent / "resources" / "models"


class ReadyModel(QgsProcessingModelAlgorithm):
    """The model of a file; a subclass says which, and what people call it and search it by."""

    file_name = ""

    def __init__(self):
        super().__init__()
        if not self.fromFile(str(MODELS / self.file_name)):
            raise ValueError(self.file_name)
        helps = self.helpContent()
        for parameter in self.parameterDefinitions():
            parameter.setHelp(tr(helps.get(parameter.name()) or parameter.help()))
            parameter.setDescription(tr(parameter.description()))
        for output in self.outputDefinitions():
            output.setDescription(tr(output.description()))

    def createInstance(self):
        """Return a new instance."""
        return type(self)()

    def group(self):
        """Return the group in the toolbox."""
        return tr("Ready models")

    def groupId(self):
        """Return the id of the group."""
        return "ready_models"

    def icon(self):
        """Return the icon."""
        from ..provider import ICON

        return QIcon(ICON)

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr(self.helpContent()["SHORT_DESCRIPTION"])

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return f"<p>{tr(self.helpContent()['ALG_DESC'])}</p>"


class SoloDay(ReadyModel):
    """The day of one driver."""

    file_name = "solo_day.model3"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Solo day")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("model,one driver,tour,tsp,round trip,report,day").split(",")


class TeamDay(ReadyModel):
    """The day of a fleet, checked first."""

    file_name = "team_day.model3"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Team day")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("model,fleet,check,validate,plan,report,day").split(",")
