"""The ready models: they run, stop where they should, and are what the script makes of the algorithms."""

from __future__ import annotations

from pathlib import Path

import make_models
import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsProcessingParameterDefinition,
    QgsProject,
)

from tests.made_layers import Log, depot, layer, stops, table


@pytest.fixture
def run_model(optiway_provider, qgis_processing):
    """A function (name, log, **parameters) -> results; all outputs are wanted."""
    import processing

    def run(name: str, log: Log, **parameters) -> dict:
        model = QgsApplication.processingRegistry().algorithmById(f"optiway:{name}")
        wanted = {one.name(): "TEMPORARY_OUTPUT" for one in model.destinationParameterDefinitions()}
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        given = {**wanted, "PLAN_DATE": "2026-05-04", "TIME_ZONE": "Europe/Lisbon", **parameters}
        return processing.run(f"optiway:{name}", given, feedback=log, context=context)

    return run


class Warned(Log):
    """QGIS 3.22 tells warnings of models as errors that end nothing."""

    def reportError(self, error, fatal=False):
        self.warnings.append(error)


def served(visits) -> list[str]:
    """The ids of the stops that are visited, sorted."""
    return sorted(row["stop_id"] for row in visits.getFeatures() if row["visit_type"] == "stop")


def test_solo_day_visits_all_points_from_the_start_and_back(run_model):
    """Points and a start are all it needs."""
    results = run_model("solo_day", Log(), STOPS=layer(stops(5)), START="-8.62,41.15 [EPSG:4326]")
    (route,) = results["plan:ROUTES"].getFeatures()
    assert served(results["plan:VISITS"]) == ["S1", "S2", "S3", "S4", "S5"]
    assert results["plan:LEGS"].featureCount() == 6
    assert results["plan:UNASSIGNED"].featureCount() == 0
    assert route["start_time"].toString("HH:mm") >= "08:00"
    assert "</html>" in Path(results["plan:REPORT"]).read_text(encoding="utf-8")


def test_solo_day_takes_what_it_is_told(run_model):
    """The parameters reach the step: a later start, and no way back."""
    results = run_model(
        "solo_day",
        Log(),
        STOPS=layer(stops(3)),
        START="-8.62,41.15 [EPSG:4326]",
        START_TIME="13:00",
        RETURN=False,
    )
    (route,) = results["plan:ROUTES"].getFeatures()
    assert route["start_time"].toString("HH:mm") >= "13:00"
    assert results["plan:LEGS"].featureCount() == 3


def test_team_day_plans_what_the_check_lets_through(run_model):
    """A report of each, and every stop on a route of one of the vehicles."""
    vehicles = table([{"vehicle_id": "V1", "capacity": 4}, {"vehicle_id": "V2", "capacity": 4}])
    rows = stops(6, demand=1)
    results = run_model(
        "team_day",
        Log(),
        STOPS=layer(rows),
        DEPOTS=layer([depot()]),
        VEHICLES=vehicles,
        TIME_LIMIT=2,
    )
    assert served(results["plan:VISITS"]) == [f"S{n}" for n in range(1, 7)]
    assert {row["vehicle_id"] for row in results["plan:ROUTES"].getFeatures()} == {"V1", "V2"}
    for report in ("check:REPORT", "plan:REPORT"):
        assert "</html>" in Path(results[report]).read_text(encoding="utf-8")


def test_team_day_needs_no_table_of_vehicles(run_model):
    """Their number is enough; an empty capacity is no limit."""
    given = {"STOPS": layer(stops(4, demand=50)), "DEPOTS": layer([depot()]), "TIME_LIMIT": 2}
    results = run_model("team_day", Log(), VEHICLE_COUNT=1, VEHICLE_CAPACITY=None, **given)
    assert served(results["plan:VISITS"]) == ["S1", "S2", "S3", "S4"]
    assert results["plan:ROUTES"].featureCount() == 1


def test_team_day_stops_where_the_check_finds_an_error(run_model):
    """Nothing is planned, the findings are there, and the log says why."""
    vehicles = table([{"vehicle_id": "V1", "start_depot": "nowhere"}])
    log = Warned()
    results = run_model(
        "team_day", log, STOPS=layer(stops(3)), DEPOTS=layer([depot()]), VEHICLES=vehicles, TIME_LIMIT=2
    )
    assert not [name for name in results if name.startswith("plan:")]
    found = [row["severity"] for row in results["check:FINDINGS"].getFeatures()]
    assert "error" in found
    assert "nowhere" in Path(results["check:REPORT"]).read_text(encoding="utf-8")
    assert any("Nothing was planned: the check found" in warning for warning in log.warnings)


@pytest.mark.parametrize("name", ["solo_day", "team_day"])
def test_files_are_what_the_script_makes(optiway_provider, qgis_processing, tmp_path, name):
    """Labels, helps, defaults and steps follow the algorithms: run `make docs`."""
    made = make_models.write_model(getattr(make_models, name)(), tmp_path)
    assert told_by(make_models.MODELS / f"{name}.model3") == told_by(made)


def told_by(path: Path) -> dict:
    """What a model says, in the same form in each version of QGIS; it can be run."""
    model = QgsProcessingModelAlgorithm()
    assert model.fromFile(str(path))
    valid, problems = model.validate()
    assert valid, problems

    def source(one) -> tuple:
        kinds = (one.parameterName(), one.staticValue(), one.expression(), one.outputName())
        return one.source(), *map(str, kinds)

    steps = {
        child_id: (
            child.algorithmId(),
            child.configuration(),
            {name: [source(one) for one in sources] for name, sources in child.parameterSources().items()},
            sorted((one.childId, one.conditionalBranch) for one in child.dependencies()),
            sorted((name, one.childOutputName()) for name, one in child.modelOutputs().items()),
        )
        for child_id, child in model.childAlgorithms().items()
    }
    flag = QgsProcessingParameterDefinition.Flag
    parameters = [
        (
            *(one.name(), one.type(), one.description(), str(one.defaultValue())),
            *(bool(one.flags() & asked) for asked in (flag.FlagAdvanced, flag.FlagOptional)),
        )
        for one in model.parameterDefinitions()
    ]
    return {"steps": steps, "parameters": parameters, "helps": model.helpContent(), "group": model.group()}
