"""The plugin: adds the provider to Processing and, with a window, the menu. Works without one (`iface`
None)."""

from __future__ import annotations

from functools import partial

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QMenu

from .processing_provider.provider import ICON, OptiwayProvider


def tr(text: str) -> str:
    """Translate a text for users."""
    return QCoreApplication.translate("Optiway", text)


class OptiwayPlugin:
    """What QGIS loads: `initGui` in the desktop, `initProcessing` in qgis_process."""

    def __init__(self, iface):
        self._iface = iface
        self._provider: OptiwayProvider | None = None
        self._menu: QMenu | None = None
        self._install_dialog = None

    def initProcessing(self):
        """Add the provider."""
        provider = OptiwayProvider()
        if QgsApplication.processingRegistry().addProvider(provider):  # else the registry has deleted it
            self._provider = provider

    def initGui(self):
        """Add the provider and the menu Optiway in the menu of plugins."""
        self.initProcessing()
        if self._iface is None:
            return
        self._menu = QMenu("Optiway", self._iface.mainWindow())
        self._menu.setIcon(QIcon(ICON))
        for algorithm_id, label in (
            ("optiway:plan_routes", tr("Plan routes…")),
            ("optiway:plan_one_route", tr("Plan one route…")),
            ("optiway:schedule", tr("Schedule an edited plan…")),
        ):
            action = self._menu.addAction(QIcon(ICON), label)
            action.triggered.connect(partial(_open_algorithm, algorithm_id))
        self._menu.addSeparator()
        self._menu.addAction(tr("Install routing engine…")).triggered.connect(self._open_install)
        self._iface.pluginMenu().addMenu(self._menu)

    def unload(self):
        """Remove all that was added."""
        if self._menu is not None:
            self._iface.pluginMenu().removeAction(self._menu.menuAction())
            self._menu.deleteLater()
            self._menu = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None

    def _open_install(self, _checked: bool = False):
        from .gui.install_dialog import open_install_dialog

        self._install_dialog = open_install_dialog(self._iface.mainWindow())


def _open_algorithm(algorithm_id: str, _checked: bool = False):
    import processing

    processing.execAlgorithmDialog(algorithm_id)
