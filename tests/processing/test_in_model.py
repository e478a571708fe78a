"""plan_routes as a step of a model, and in the background as QGIS runs it."""

from __future__ import annotations

import processing
import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessing,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProject,
)
from qgis.PyQt.QtCore import QEventLoop, QThread

from tests.made_layers import Log, depot, layer, stops, table
from tests.made_models import lift_by

POINT = [QgsProcessing.SourceType.TypeVectorPoint]
TABLE = [QgsProcessing.SourceType.TypeVector]
REST = {"break_id": "rest", "duration_min": 15, "after_work_min": 20}


@pytest.fixture
def model(optiway_provider):
    """Plans two point layers and lifts the visits to the height ASSIGNED_COUNT."""
    made = QgsProcessingModelAlgorithm("Plan and lift", "tests")
    for name, kind in (("stops", POINT), ("depots", POINT), ("breaks", TABLE)):
        made.addModelParameter(
            QgsProcessingParameterFeatureSource(name, name, kind), QgsProcessingModelParameter(name)
        )
    plan = QgsProcessingModelChildAlgorithm("optiway:plan_routes")
    plan.setChildId("plan")
    value = QgsProcessingModelChildParameterSource.fromStaticValue
    source = QgsProcessingModelChildParameterSource.fromModelParameter
    for name, given in (
        ("STOPS", source("stops")),
        ("DEPOTS", source("depots")),
        ("BREAKS", source("breaks")),
        ("GOAL", value("fewest_vehicles")),
        ("ITERATIONS", value(60)),
        ("VEHICLE_COUNT", value(2)),
        ("PLAN_DATE", value("2026-05-04")),
        ("SHIFT_START", value("08:00")),
        ("SHIFT_END", value("17:00")),
        ("TIME_LIMIT", value(10)),
        ("SEED", value(1)),
        ("SERVICE_TIME", value("6")),
    ):
        plan.addParameterSources(name, [given])
    made.addChildAlgorithm(plan)
    lift_by(made, "plan", "VISITS", "ASSIGNED_COUNT")
    return made


def test_layers_and_numbers_go_on_to_the_next_step(model):
    """A model that plans and uses the numbers of the plan."""
    valid, problems = model.validate()
    assert valid, problems
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    output = model.destinationParameterDefinitions()[0].name()
    breaks = table([REST], duration_min="double", after_work_min="double")
    given = {
        "stops": layer(stops(7)),
        "depots": layer([depot()]),
        "breaks": breaks,
        output: "TEMPORARY_OUTPUT",
    }
    lifted = processing.run(model, given, feedback=Log(), context=context)[output]
    assert {feature.geometry().constGet().z() for feature in lifted.getFeatures()} == {7}
    visits = [feature for feature in lifted.getFeatures() if feature["visit_type"] == "stop"]
    assert sorted(feature["stop_id"] for feature in visits) == sorted(f"S{n}" for n in range(1, 8))
    assert {feature["planned_service_min"] for feature in visits} == {6}
    rests = [feature for feature in lifted.getFeatures() if feature["visit_type"] == "break"]
    assert rests and {feature["planned_service_min"] for feature in rests} == {15}
    assert len({feature["vehicle_id"] for feature in lifted.getFeatures()}) == 1


def test_a_task_in_the_background(optiway_provider):
    """As the toolbox runs it: reading, engine and writing in a thread that is not the main one."""
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("optiway:plan_routes")
    threads = []

    class Spy(Log):
        def pushInfo(self, info):
            threads.append(QThread.currentThread())
            super().pushInfo(info)

    context, log = QgsProcessingContext(), Spy()
    context.setProject(QgsProject.instance())
    # The toolbox hands over the number of a layer in the project.
    made = {"STOPS": layer(stops(6)), "DEPOTS": layer([depot()], name="depots")}
    QgsProject.instance().addMapLayers(made.values())
    parameters = {
        **{name: given.id() for name, given in made.items()},
        "SERVICE_TIME": '"service_min" * 2',
        "ITERATIONS": 60,
        "VISITS": "memory:visits",
    }
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, log)
    loop, outcome = QEventLoop(), []
    task.executed.connect(lambda *result: (outcome.extend(result), loop.quit()))
    QgsApplication.taskManager().addTask(task)
    loop.exec()
    QgsProject.instance().removeMapLayers([given.id() for given in made.values()])
    succeeded, results = outcome
    assert succeeded
    assert results["ASSIGNED_COUNT"] == 6
    assert set(threads) and QThread.currentThread() not in threads
    visits = context.takeResultLayer(results["VISITS"])
    assert {f["planned_service_min"] for f in visits.getFeatures() if f["visit_type"] == "stop"} == {10}
