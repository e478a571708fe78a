"""The menu Optiway among the plugins, the toolbar with what is done most. What entries open is Processing's.

Texts are the names of the algorithms: only what the registry has is offered.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Callable

from qgis.core import QgsApplication, QgsProcessingAlgorithm
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QMenu, QToolButton

from optiway_qgis.layers.translation import tr

ICONS = Path(__file__).absolute().parent.parent / "resources" / "icons"
MOST_USED = ("plan_routes", "edit_routes", "insert_options", "schedule", "driver_package")
"""Algorithms on the toolbar and at the top of the menu; each has an icon of its name."""
DAY_UNDER_WAY = "edit_routes"
"""The button of the toolbar that has the whole of its group below it."""
PREPARING = "preparing"
"""The group whose menu has the dialog of imports, too."""
_NOT_LISTED = "engine"


class Menu:
    """Menu and toolbar of the main window, from when it is made until `remove`."""

    def __init__(self, iface, open_install: Callable[[], None], open_import: Callable[[], None]):
        self._iface = iface
        window = iface.mainWindow()
        self._menu = QMenu("Optiway", window)
        self._menu.setIcon(icon("optiway"))
        self._toolbar = iface.addToolBar("Optiway")
        self._toolbar.setObjectName("OptiwayToolBar")  # QGIS remembers its place by this name
        groups = self._groups()
        if PREPARING in groups:
            preview = groups[PREPARING].addAction(tr("Look into a list and import it…"))
            preview.triggered.connect(lambda _checked: open_import())
        for name in MOST_USED:
            algorithm = QgsApplication.processingRegistry().algorithmById(f"optiway:{name}")
            if algorithm is not None:
                self._add_most_used(algorithm, groups)
        self._menu.addSeparator()
        for group in groups.values():
            self._menu.addMenu(group)
        self._menu.addSeparator()
        self._menu.addAction(tr("Install routing engine…")).triggered.connect(lambda _checked: open_install())
        iface.pluginMenu().addMenu(self._menu)

    def remove(self) -> None:
        """Take menu and toolbar away."""
        self._iface.pluginMenu().removeAction(self._menu.menuAction())
        self._menu.deleteLater()
        self._iface.mainWindow().removeToolBar(self._toolbar)
        self._toolbar.deleteLater()

    def _groups(self) -> dict[str, QMenu]:
        """Id of each group of the toolbox -> a menu of its algorithms, by name."""
        groups: dict[str, QMenu] = {}
        algorithms = QgsApplication.processingRegistry().providerById("optiway").algorithms()
        for algorithm in sorted(algorithms, key=lambda one: (one.group(), one.displayName())):
            if algorithm.groupId() != _NOT_LISTED:
                if algorithm.groupId() not in groups:
                    groups[algorithm.groupId()] = QMenu(algorithm.group(), self._menu)
                self._add(groups[algorithm.groupId()], algorithm)
        return groups

    def _add_most_used(self, algorithm: QgsProcessingAlgorithm, groups: dict[str, QMenu]) -> None:
        action = self._add(self._menu, algorithm)
        action.setIcon(icon(algorithm.name()))
        self._toolbar.addAction(action)
        if algorithm.name() == DAY_UNDER_WAY:
            button = self._toolbar.widgetForAction(action)
            button.setMenu(groups[algorithm.groupId()])
            button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)

    def _add(self, menu: QMenu, algorithm: QgsProcessingAlgorithm):
        action = menu.addAction(f"{algorithm.displayName()}…")
        action.setToolTip(f"<b>{algorithm.displayName()}</b><br>{algorithm.shortDescription()}")
        action.triggered.connect(partial(_open_algorithm, algorithm.id()))
        return action


def icon(name: str) -> QIcon:
    """The icon of that name."""
    return QIcon(str(ICONS / f"{name}.svg"))


def _open_algorithm(algorithm_id: str, _checked: bool = False) -> None:
    import processing

    processing.execAlgorithmDialog(algorithm_id)
