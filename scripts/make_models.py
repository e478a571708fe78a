"""Makes the ready models, resources/models/*.model3, which the provider offers as algorithms.

`make docs` writes them. Parameters have the names, labels, helps and defaults of the algorithms that they are
made of, so that nothing is said twice.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildDependency,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterDefinition,
)
from qgis.PyQt.QtCore import QPointF

CHECKOUT = Path(__file__).absolute().parent.parent
MODELS = CHECKOUT / "optiway_qgis" / "resources" / "models"
GROUP = "Ready models"
PLAN = {
    "ROUTES": "Routes",
    "LEGS": "Legs",
    "VISITS": "Visits",
    "UNASSIGNED": "Unassigned stops",
    "REPORT": "Report",
}
_COLUMN, _ROW = 260, 90

_Source = QgsProcessingModelChildParameterSource


def solo_day() -> QgsProcessingModelAlgorithm:
    """Points and a start to the tour of one driver."""
    inputs = ("STOPS", "START", "RETURN", "START_TIME", "PLAN_DATE", "TIME_ZONE", "ROADS")
    model = _model(
        "solo_day",
        "The day of one driver, from points and a start: the order of the stops, the arrival times, and a "
        "report to print. It is made of the algorithm Plan one route. To change it, open its file "
        "solo_day.model3 in the folder resources/models of the plugin with the model designer, and save it "
        "under another name.",
    )
    _take(model, "plan_one_route", inputs)
    plan = _step("plan_one_route", "plan", 0, inputs)
    _give(plan, PLAN)
    model.addChildAlgorithm(plan)
    return model


def team_day() -> QgsProcessingModelAlgorithm:
    """Stops, depots and vehicles to the plan of a fleet, if the check finds no error."""
    inputs = (
        *("STOPS", "DEPOTS", "VEHICLES", "BREAKS", "PLAN_DATE", "TIME_ZONE", "VEHICLE_COUNT"),
        *("VEHICLE_CAPACITY", "SHIFT_START", "SHIFT_END", "ROADS"),
    )
    model = _model(
        "team_day",
        "The day of a fleet, from stops, depots and vehicles: first all of them are checked. When there are "
        "errors nothing is planned, and the findings say what is wrong and what to do; otherwise the "
        "routes are planned, with a report to print. To change it, open its file team_day.model3 in the "
        "folder resources/models of the plugin with the model designer, and save it under another name.",
    )
    _take(model, "plan_routes", (*inputs, "TIME_LIMIT"))
    check = _step("validate", "check", 0, inputs)
    _give(check, {"FINDINGS": "Findings", "REPORT": "Report of the check"})
    model.addChildAlgorithm(check)

    branch = QgsProcessingModelChildAlgorithm("native:condition")
    branch.setChildId("branch")
    branch.setDescription("Errors?")
    branch.setPosition(QPointF(_COLUMN * 3.6, _ROW))
    branch.setConfiguration(
        {
            "conditions": [
                {"name": "errors", "expression": "@check_ERROR_COUNT > 0"},
                {"name": "sound", "expression": "@check_ERROR_COUNT = 0"},
            ]
        }
    )
    branch.setDependencies([QgsProcessingModelChildDependency("check")])
    model.addChildAlgorithm(branch)

    warning = QgsProcessingModelChildAlgorithm("native:raisewarning")
    warning.setChildId("stopped")
    warning.setDescription("Say why nothing is planned")
    warning.setPosition(QPointF(_COLUMN * 4.8, _ROW * 4))
    warning.addParameterSources(
        "MESSAGE",
        [
            _Source.fromExpression(
                "'Nothing was planned: the check found ' || @check_ERROR_COUNT || ' errors. The layer of "
                "findings and the report of the check say what they are and what to do.'"
            )
        ],
    )
    warning.setDependencies([QgsProcessingModelChildDependency("branch", "errors")])
    model.addChildAlgorithm(warning)

    plan = _step("plan_routes", "plan", 4.6, (*inputs, "TIME_LIMIT"))
    plan.setDependencies([QgsProcessingModelChildDependency("branch", "sound")])
    _give(plan, PLAN)
    model.addChildAlgorithm(plan)
    return model


def _model(name: str, description: str) -> QgsProcessingModelAlgorithm:
    model = QgsProcessingModelAlgorithm(name, GROUP)
    model.setHelpContent({"ALG_DESC": description, "SHORT_DESCRIPTION": description.split(":")[0] + "."})
    return model


def _algorithm(name: str) -> Any:
    return QgsApplication.processingRegistry().algorithmById(f"optiway:{name}")


def _take(model: QgsProcessingModelAlgorithm, algorithm: str, names: tuple[str, ...]) -> None:
    """Give the model those parameters of an algorithm, and their helps, which a model keeps apart."""
    helps = model.helpContent()
    for row, name in enumerate(names):
        component = QgsProcessingModelParameter(name)
        component.setPosition(QPointF(0, _ROW * row))
        parameter = _algorithm(algorithm).parameterDefinition(name)
        model.addModelParameter(parameter.clone(), component)
        helps[name] = parameter.help()
    model.setParameterOrder(list(names))
    model.setHelpContent(helps)


def _step(algorithm: str, child_id: str, column: float, inputs: tuple[str, ...]) -> Any:
    """A step with parameters of the model by the same names."""
    step = QgsProcessingModelChildAlgorithm(f"optiway:{algorithm}")
    step.setChildId(child_id)
    step.setDescription(child_id)
    step.setPosition(QPointF(_COLUMN * (column + 1.5), _ROW))
    for name in inputs:
        step.addParameterSources(name, [_Source.fromModelParameter(name)])
    for parameter in _algorithm(algorithm).parameterDefinitions():
        optional = parameter.flags() & QgsProcessingParameterDefinition.Flag.FlagOptional
        if parameter.name() not in inputs and not optional and not parameter.isDestination():
            step.addParameterSources(parameter.name(), [_Source.fromStaticValue(parameter.defaultValue())])
    return step


def _give(step: Any, outputs: dict[str, str]) -> None:
    """Make outputs of a step those of the model."""
    given = {}
    for row, (name, label) in enumerate(outputs.items()):
        output = QgsProcessingModelOutput(name, label)
        output.setChildId(step.childId())
        output.setChildOutputName(name)
        output.setPosition(step.position() + QPointF(_COLUMN, _ROW * row))
        given[name] = output
    step.setModelOutputs(given)


def write_models() -> None:
    """Write each model that differs from its file; Processing has to know the algorithms."""
    MODELS.mkdir(exist_ok=True)
    for model in (solo_day(), team_day()):
        path = MODELS / f"{model.name()}.model3"
        with tempfile.TemporaryDirectory() as folder:
            made = write_model(model, Path(folder))
            # The order of attributes is another one each time: what the files say is compared.
            if not path.is_file() or _said_by(made) != _said_by(path):
                shutil.copyfile(made, path)
                sys.stdout.write(f"Wrote {path.relative_to(CHECKOUT)}\n")


def write_model(model: QgsProcessingModelAlgorithm, folder: Path) -> Path:
    """Write a model into a folder and return its file.

    Files of newer QGIS (3.40, not 3.22) name a version, by which outputs get other names. Without it they are
    called plan:ROUTES in every QGIS.
    """
    valid, problems = model.validate()
    if not valid:
        raise ValueError(problems)
    path = folder / f"{model.name()}.model3"
    model.toFile(str(path))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "internal_version" not in line), encoding="utf-8")
    return path


def _said_by(path: Path) -> Any:
    model = QgsProcessingModelAlgorithm()
    model.fromFile(str(path))
    return model.toVariant()
