"""`optiway:install_engine`: makes, repairs, removes or describes the engine environment of the QGIS profile.

How that is done is in layers/engine_install.py.
"""

from __future__ import annotations

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
)

from optiway_qgis.layers import engine_install
from optiway_qgis.layers.translation import tr
from optiway_qgis.model.errors import EngineInstallError, JobCancelled

ACTIONS = ("install", "repair", "remove", "status")


class InstallEngine(QgsProcessingAlgorithm):
    """Makes the engine environment, an explicit act of the user."""

    ACTION = "ACTION"
    WHEELS = "WHEELS"
    STATUS = "STATUS"
    PYTHON = "PYTHON"
    SIZE_MB = "SIZE_MB"

    def createInstance(self):
        return InstallEngine()

    def name(self) -> str:
        return "install_engine"

    def displayName(self) -> str:
        return tr("Install routing engine")

    def group(self) -> str:
        return tr("Engine")

    def groupId(self) -> str:
        return "engine"

    def tags(self) -> list[str]:
        return tr("setup,repair,remove,uninstall,solver,pyvrp,ortools,offline").split(",")

    def shortDescription(self) -> str:
        return tr("Installs, repairs or removes the routing engine that computes the plans.")

    def shortHelpString(self) -> str:
        return tr(
            "Plans are computed by a routing engine that runs apart from QGIS, in a Python environment of "
            "its own inside the folder of your QGIS profile. Nothing of QGIS is changed.\n\n"
            "Installing downloads about {download} MB from the Python Package Index and takes about "
            "{disk} MB on disk. It needs a 64-bit Python 3.11 or newer, the one of QGIS or another one on "
            "this computer."
        ).format(download=engine_install.DOWNLOAD_MB, disk=engine_install.DISK_MB)

    def initAlgorithm(self, config=None) -> None:
        action = QgsProcessingParameterEnum(
            self.ACTION,
            tr("Action"),
            options=list(ACTIONS),
            defaultValue=ACTIONS[0],
            usesStaticStrings=True,
        )
        action.setHelp(
            tr(
                "install: make the engine unless it is there and up to date. repair: make it anew; the old "
                "one stays until the new one works. remove: delete it from disk. status: say what is there, "
                "change nothing."
            )
        )
        wheels = QgsProcessingParameterFile(
            self.WHEELS,
            tr("Folder of wheels, to install without a network"),
            behavior=QgsProcessingParameterFile.Behavior.Folder,
            optional=True,
        )
        wheels.setHelp(
            tr(
                "A folder holding the packages of resources/engine/wheels.txt for this kind of computer, "
                "fetched elsewhere with pip download. Empty: they are downloaded."
            )
        )
        self.addParameter(action)
        self.addParameter(wheels)
        self.addOutput(
            QgsProcessingOutputString(self.STATUS, tr("Status: missing, ready, outdated or incomplete"))
        )
        self.addOutput(QgsProcessingOutputString(self.PYTHON, tr("Python of the engine")))
        self.addOutput(QgsProcessingOutputNumber(self.SIZE_MB, tr("Size on disk (MB)")))

    def processAlgorithm(self, parameters, context, feedback) -> dict:
        action = self.parameterAsEnumString(parameters, self.ACTION, context)
        wheels = self.parameterAsFile(parameters, self.WHEELS, context) or None
        target = engine_install.profile_target(QgsApplication.qgisSettingsDirPath())

        def report(percent: float, text: str) -> None:
            feedback.setProgress(percent)
            feedback.pushInfo(text)

        try:
            if action == "status":
                found = engine_install.status(target)
            elif action == "remove":
                found = engine_install.remove(target)
            else:
                act = engine_install.repair if action == "repair" else engine_install.install
                found = act(target, wheels, report=report, is_cancelled=feedback.isCanceled)
        except (EngineInstallError, JobCancelled) as error:
            raise QgsProcessingException(str(error)) from error
        if action in ("status", "remove"):
            report(100, found.text)
        return {self.STATUS: found.state, self.PYTHON: found.python, self.SIZE_MB: found.size_mb}
