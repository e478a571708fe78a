"""Runs inside QGIS desktop: opens an algorithm's dialog, fills it in, presses Run, and reports the project.

Started by desktop.py. The job: "algorithm", "layers" (name -> source as qgis_process takes it),
"parameters" (a value that is the name of a layer means that layer), "screenshots" (folder), "answer" (file).
"""

from __future__ import annotations

import json
import os
import subprocess
import traceback
from pathlib import Path

import processing
from qgis.core import QgsProcessingUtils, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface

JOB = json.loads(Path(os.environ["OPTIWAY_E2E_JOB"]).read_text(encoding="utf-8"))


def after(milliseconds: int, step) -> None:
    """Go on with `step` later, so that QGIS can work meanwhile; an error in it ends the run."""

    def guarded() -> None:
        try:
            step()
        except Exception:
            leave({"error": traceback.format_exc()})

    QTimer.singleShot(milliseconds, guarded)


def screenshot(name: str) -> None:
    """A picture of the whole screen."""
    for _ in range(3):
        QApplication.processEvents()
    path = Path(JOB["screenshots"]) / f"{name}.png"
    subprocess.run(["import", "-window", "root", str(path)], check=True)


def leave(answer: dict) -> None:
    """Write the answer and end QGIS without questions."""
    Path(JOB["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    QgsProject.instance().setDirty(False)
    os._exit(0)


def open_dialog() -> None:
    """Load the layers of the job, open the dialog and let it settle."""
    window = iface.mainWindow()
    window.setGeometry(0, 0, 1600, 1000)
    layers = {}
    for name, source in JOB["layers"].items():
        _, provider, uri = QgsProcessingUtils.decodeProviderKeyAndUri(source)
        layer = QgsVectorLayer(uri, name, provider)
        if not layer.isValid():
            raise RuntimeError(f"{name} cannot be loaded")
        layers[name] = QgsProject.instance().addMapLayer(layer)
    iface.zoomFull()
    dialog = processing.createAlgorithmDialog(JOB["algorithm"])
    if dialog is None:
        raise RuntimeError(f"{JOB['algorithm']} is not in the registry")
    dialog.show()
    dialog.setParameters({name: layers.get(value, value) for name, value in JOB["parameters"].items()})
    after(1500, lambda: press_run(dialog))


def press_run(dialog) -> None:
    """Take a picture of the filled dialog and press its button."""
    screenshot("dialog")
    dialog.runButton().click()
    after(300, lambda: wait_until_finished(dialog))


def wait_until_finished(dialog) -> None:
    """Look again until the run is over and its layers are loaded."""
    if not dialog.wasExecuted() or not dialog.runButton().isEnabled():
        after(300, lambda: wait_until_finished(dialog))
        return
    screenshot("finished")
    results = dialog.results()
    dialog.close()
    iface.messageBar().clearWidgets()
    iface.zoomFull()
    iface.mapCanvas().zoomByFactor(1.1)
    after(2500, lambda: report(results))


def report(results: dict) -> None:
    """Take a picture of the map and tell what the run gave: numbers, files, and its layers in the project."""
    iface.mapCanvas().waitWhileRendering()
    screenshot("map")
    layers = {name: QgsProject.instance().mapLayer(str(value)) for name, value in results.items()}
    ids = [layer.id() for layer in QgsProject.instance().layerTreeRoot().layerOrder()]
    leave(
        {
            "order": sorted(
                (name for name in layers if layers[name]), key=lambda name: ids.index(layers[name].id())
            ),
            "results": {name: value for name, value in results.items() if layers[name] is None},
            "layers": {name: describe(layer) for name, layer in layers.items() if layer is not None},
        }
    )


def describe(layer: QgsVectorLayer) -> dict:
    """What a test wants to know about a layer of the project."""
    renderer = layer.renderer()
    node = QgsProject.instance().layerTreeRoot().findLayer(layer)
    legend = iface.layerTreeView().layerTreeModel().layerLegendNodes(node)
    return {
        "name": layer.name(),
        "features": layer.featureCount(),
        "renderer": renderer.type(),
        "categories": [category.value() for category in getattr(renderer, "categories", list)()],
        "legend": [str(entry.data(Qt.ItemDataRole.DisplayRole)) for entry in legend],
        "labels": layer.labelsEnabled(),
        "temporal": layer.temporalProperties().isActive(),
    }


after(2000, open_dialog)
