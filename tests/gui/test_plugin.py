"""The plugin as QGIS loads it: with a window, without one, and gone without a trace."""

from __future__ import annotations

import pytest
from qgis.core import QgsApplication
from qgis.PyQt.QtWidgets import QMainWindow, QMenu

import optiway_qgis

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


def test_loaded_and_unloaded_without_a_window(no_provider):
    """In qgis_process `iface` is None."""
    plugin = optiway_qgis.classFactory(None)
    plugin.initProcessing()
    assert no_provider.algorithmById("optiway:plan_routes") is not None
    plugin.unload()
    assert no_provider.providerById("optiway") is None
    plugin.unload()


def test_the_menu_opens_the_algorithms(no_provider, monkeypatch):
    """Three dialogs and the installer, in the menu of plugins."""
    import processing

    opened = []
    monkeypatch.setattr(processing, "execAlgorithmDialog", opened.append)
    window = Window()
    plugin = optiway_qgis.classFactory(window)
    plugin.initGui()
    submenu = window.pluginMenu().actions()[0].menu()
    actions = [action for action in submenu.actions() if not action.isSeparator()]
    assert submenu.title() == "Optiway"
    for action in actions[:3]:
        action.trigger()
    assert opened == ["optiway:plan_routes", "optiway:plan_one_route", "optiway:schedule"]
    assert actions[3].text() == "Install routing engine…"
    plugin.unload()
    assert window.pluginMenu().actions() == []
    assert no_provider.providerById("optiway") is None
