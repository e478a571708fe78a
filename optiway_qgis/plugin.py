"""The plugin: adds the provider to Processing, functions to expressions and, with a window, menu and toolbar.
Works without one (`iface` None)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication

from .layers.expressions import register_functions, unregister_functions
from .layers.translation import load_translation
from .processing_provider.provider import OptiwayProvider

if TYPE_CHECKING:
    from qgis.PyQt.QtCore import QTranslator

    from .gui.menu import Menu


class OptiwayPlugin:
    """What QGIS loads: `initGui` in the desktop, `initProcessing` in qgis_process."""

    def __init__(self, iface):
        self._iface = iface
        self._translator: QTranslator | None = None
        self._provider: OptiwayProvider | None = None
        self._menu: Menu | None = None
        self._install_dialog = None
        self._import_dialog = None

    def initProcessing(self):
        """Add the translation, the provider and the functions."""
        self._translator = load_translation()
        provider = OptiwayProvider()
        if QgsApplication.processingRegistry().addProvider(provider):  # else the registry has deleted it
            self._provider = provider
        register_functions()

    def initGui(self):
        """Add all that, and the menu and toolbar."""
        self.initProcessing()
        if self._iface is None:
            return
        from .gui.menu import Menu

        self._menu = Menu(self._iface, self._open_install, self._open_import)

    def unload(self):
        """Remove all that was added."""
        if self._menu is not None:
            self._menu.remove()
            self._menu = None
        if self._provider is not None:
            unregister_functions()
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None

    def _open_install(self):
        from .gui.install_dialog import open_install_dialog

        self._install_dialog = open_install_dialog(self._iface.mainWindow())

    def _open_import(self):
        from .gui.import_dialog import open_import_dialog

        self._import_dialog = open_import_dialog(self._iface.mainWindow())
