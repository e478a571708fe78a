"""The plugin as QGIS loads it: with a window, without one, and gone without a trace."""

from __future__ import annotations

import pytest
from qgis.core import QgsApplication, QgsExpression
from qgis.PyQt.QtWidgets import QMainWindow, QMenu, QToolBar

import optiway_qgis
from optiway_qgis.gui.menu import ICONS, MOST_USED

_PUT_BACK = []
"""The registry keeps no Python reference, and a provider that Python forgets loses its name."""


class Window:
    """As much of `iface` as the plugin may ask for."""

    def __init__(self):
        self._window = QMainWindow()
        self._menu = QMenu("Plugins", self._window)

    def mainWindow(self):
        return self._window

    def pluginMenu(self):
        return self._menu

    def addToolBar(self, name):
        return self._window.addToolBar(name)

    def toolbars(self):
        return [one for one in self._window.findChildren(QToolBar) if self._window.toolBarArea(one)]


@pytest.fixture
def no_provider(optiway_provider):
    """The registry without the provider of the session, which is put back after."""
    registry = QgsApplication.processingRegistry()
    registry.removeProvider("optiway")
    yield registry
    from optiway_qgis.processing_provider.provider import OptiwayProvider

    provider = OptiwayProvider()
    registry.addProvider(provider)
    _PUT_BACK.append(provider)


@pytest.fixture
def window(no_provider, monkeypatch):
    """A window with the plugin loaded; what its entries open is in `opened`."""
    import processing

    window = Window()
    window.opened = []
    monkeypatch.setattr(processing, "execAlgorithmDialog", window.opened.append)
    plugin = optiway_qgis.classFactory(window)
    plugin.initGui()
    window.plugin = plugin
    yield window
    plugin.unload()


def entries(menu: QMenu) -> list:
    """The entries of a menu that are no menus themselves."""
    return [action for action in menu.actions() if not action.isSeparator() and action.menu() is None]


def test_loaded_and_unloaded_without_a_window(no_provider):
    """In qgis_process `iface` is None; expressions of models have the functions there, too."""
    plugin = optiway_qgis.classFactory(None)
    plugin.initProcessing()
    assert no_provider.algorithmById("optiway:plan_routes") is not None
    assert QgsExpression.isFunctionName("ow_late_min")
    plugin.unload()
    assert no_provider.providerById("optiway") is None
    assert not QgsExpression.isFunctionName("ow_late_min")
    plugin.unload()


def test_toolbar_and_menu_open_what_is_done_most(window, no_provider):
    """Each in one click, with an icon and the name it has in the toolbox."""
    ids = [f"optiway:{name}" for name in MOST_USED if no_provider.algorithmById(f"optiway:{name}")]
    assert len(ids) >= 4
    (toolbar,) = window.toolbars()
    menu = window.pluginMenu().actions()[0].menu()
    assert menu.title() == "Optiway"
    assert toolbar.objectName()
    assert toolbar.actions() == entries(menu)[:-1]
    for action, algorithm_id in zip(toolbar.actions(), ids):
        assert action.text() == no_provider.algorithmById(algorithm_id).displayName() + "…"
        assert not action.icon().pixmap(16, 16).isNull()
        action.trigger()
    assert window.opened == ids


def test_every_algorithm_is_in_the_menu_of_its_group(window, no_provider):
    """Nobody has to know the toolbox; the engine has an entry of its own."""
    menu = window.pluginMenu().actions()[0].menu()
    groups = {action.text(): action.menu() for action in menu.actions() if action.menu()}
    offered = {title: {entry.text() for entry in entries(group)} for title, group in groups.items()}
    expected: dict[str, set[str]] = {}
    for algorithm in no_provider.providerById("optiway").algorithms():
        if algorithm.groupId() != "engine":
            expected.setdefault(algorithm.group(), set()).add(algorithm.displayName() + "…")
    expected["Preparing"].add("Look into a list and import it…")
    assert offered == expected
    assert "Handle a disruption…" in offered["Re-planning"]
    assert entries(menu)[-1].text() == "Install routing engine…"


def test_the_button_of_edits_has_all_of_re_planning_below_it(window):
    """What happened is two clicks away, too."""
    (toolbar,) = window.toolbars()
    button = next(
        toolbar.widgetForAction(action) for action in toolbar.actions() if action.text() == "Edit routes…"
    )
    assert button.menu().title() == "Re-planning"
    next(entry for entry in entries(button.menu()) if entry.text() == "Handle a disruption…").trigger()
    assert window.opened == ["optiway:handle_disruption"]


def test_a_list_is_looked_into_from_the_menu(window):
    """The entry opens the dialog above the main window."""
    from optiway_qgis.gui.import_dialog import ImportDialog

    menu = window.pluginMenu().actions()[0].menu()
    preparing = next(action.menu() for action in menu.actions() if action.text() == "Preparing")
    next(entry for entry in entries(preparing) if entry.text().startswith("Look into")).trigger()
    (dialog,) = window.mainWindow().findChildren(ImportDialog)
    assert dialog.isVisible()
    dialog.reject()


def test_nothing_is_left_after_unloading(window, no_provider):
    """Switched off in the plugin manager, it is as if it had never been there."""
    window.plugin.unload()
    assert window.pluginMenu().actions() == []
    assert window.toolbars() == []
    assert no_provider.providerById("optiway") is None


@pytest.mark.parametrize("name", MOST_USED)
def test_icons_are_told_apart_at_16_pixels(name, qgis_app):
    """Each covers at least a fifth of its square, in colours that stand out from light and from dark."""
    from qgis.PyQt.QtGui import QColor, QIcon

    image = QIcon(str(ICONS / f"{name}.svg")).pixmap(16, 16).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    solid = [QColor(one) for one in pixels if one.alpha() > 200]
    assert len(solid) > len(pixels) / 5
    readable = [one for one in solid if 60 < one.lightness() < 190]
    assert len(readable) > len(pixels) / 8
