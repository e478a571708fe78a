"""Steps that models of several tests have in common."""

from __future__ import annotations

from qgis.core import (
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
)


def lift_by(model, child, layer, number):
    """Add a step that lifts the features of a layer by a number, both outputs of a child: output `lifted`."""
    lift = QgsProcessingModelChildAlgorithm("native:setzvalue")
    lift.setChildId("lift")
    output = QgsProcessingModelChildParameterSource.fromChildOutput
    lift.addParameterSources("INPUT", [output(child, layer)])
    lift.addParameterSources("Z_VALUE", [output(child, number)])
    lifted = QgsProcessingModelOutput("lifted", "lifted")
    lifted.setChildOutputName("OUTPUT")
    lifted.setChildId("lift")
    lift.setModelOutputs({"lifted": lifted})
    model.addChildAlgorithm(lift)
