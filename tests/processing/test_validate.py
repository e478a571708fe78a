"""validate: seeded defects are all found and nothing else, and its errors are what plan_routes rejects."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import processing
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildDependency,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProject,
    QgsVectorLayer,
)

from optiway_qgis.layers import findings_layer, preflight
from optiway_qgis.layers.import_rows import CODES as IMPORT_CODES
from optiway_qgis.layers.read_stops import read_stops
from optiway_qgis.model.findings import CODES, ERROR, INFO, WARNING
from optiway_qgis.model.reasons import INVALID_INPUT
from tests.made_layers import CENTRE, Log, depot, layer, reading, source_of, spots, stops, table
from tests.made_streets import crossing, grid, roads, stop

FLEET = [
    {
        "vehicle_id": name,
        "shift_start": "08:00",
        "shift_end": "17:00",
        "capacity": 60,
        "skills": "fridge",
        "cost_per_km": 0.5,
    }
    for name in ("V1", "V2")
]
TEXTS = dict.fromkeys(
    ("service_min", "demand", "tw1_start", "tw1_end", "skills", "priority", "vehicle_id"), "string"
)
COLUMNS = {
    **dict.fromkeys(TEXTS),
    "lock": None,
    "order_rule": None,
    "penalty": None,
    "allowed_vehicles": None,
    "curb_approach": None,
}


@pytest.fixture
def validate(run_algorithm, tmp_path):
    """A function (**parameters) -> Outcome of validate, with a good depot and fleet unless given."""

    def run(log=None, **parameters: Any):
        good = {"DEPOTS": layer([depot()], name="depots"), "VEHICLES": table(FLEET)}
        wanted = {"FINDINGS": "TEMPORARY_OUTPUT", "REPORT": str(tmp_path / "check.html")}
        return run_algorithm("validate", log, **{**good, **wanted, **parameters})

    return run


def good_stops(count: int = 8) -> list[dict[str, Any]]:
    """Stops without a fault, with the columns that defects are put into."""
    values = {**COLUMNS, "service_min": "5", "demand": "2", "tw1_start": "08:00", "tw1_end": "16:00"}
    return [{**row, **values} for row in stops(count)]


def found(outcome) -> list[tuple[str, str, str, str]]:
    """Severity, id, field and code of each finding."""
    rows = outcome.rows("FINDINGS")
    return [(row["severity"], row["id"] or "", row["field"] or "", row["code"]) for row in rows]


def page_of(outcome) -> str:
    """The report as text."""
    return Path(outcome.results["REPORT"]).read_text(encoding="utf-8")


DEFECTS = [
    (ERROR, "B1", "service_min", "not_a_number", {"service_min": "five"}),
    (ERROR, "B2", "demand", "out_of_range", {"demand": "-3"}),
    (ERROR, "B3", "tw1_start", "not_a_time", {"tw1_start": "25:99"}),
    (ERROR, "B4", "tw1_end", "ends_before_start", {"tw1_end": "2026-05-03T09:00"}),
    (ERROR, "B5", "geometry", "no_geometry", {"at": None}),
    (ERROR, "B6", "geometry", "off_earth", {"at": (400.0, 41.0)}),
    (ERROR, "S1", "stop_id", "doubled_id", {"stop_id": "S1"}),
    (ERROR, "B8", "order_rule", "unknown_word", {"order_rule": "soonish"}),
    (ERROR, "B9", "lock", "missing_value", {"lock": "vehicle"}),
    (ERROR, "B10", "priority", "out_of_range", {"priority": "101"}),
    (ERROR, "B11", "skills", "skill", {"skills": "crane"}),
    (ERROR, "B12", "allowed_vehicles", "vehicle_rule", {"allowed_vehicles": "V9"}),
    (ERROR, "B13", "demand", "capacity", {"demand": "61"}),
    (ERROR, "B14", "tw1_end", "time_window", {"tw1_start": "06:00", "tw1_end": "06:30"}),
    (WARNING, "B12", "allowed_vehicles", "unknown_vehicle", {}),
    (WARNING, "B15", "geometry", "swapped_coordinates", {"at": CENTRE[::-1], "penalty": 5}),
    (WARNING, "B15", "tw1_end", "time_window", {}),
    (WARNING, "B16", "geometry", "far_from_others", {"at": (CENTRE[0], CENTRE[1] + 0.6)}),
    (WARNING, "stop-25", "stop_id", "no_id", {"stop_id": None}),
    (
        WARNING,
        "B18",
        "tw1_start",
        "other_day",
        {"tw1_start": "2026-05-01T08:00", "tw1_end": "2026-05-01T09:00"},
    ),
    (WARNING, "", "curb_approach", "unused_field", {}),
    (WARNING, "B19", "tw1_end", "next_day", {"tw1_start": "16:00", "tw1_end": "02:00", "curb_approach": "1"}),
    (INFO, "B20", "lock", "excluded", {"lock": "exclude", "demand": "much"}),
]
"""Severity, id, field and code of what is to be found, and the values that make it so."""


def defective() -> list[dict[str, Any]]:
    """Eight good stops, then one for each defect that needs one."""
    bad = [(name, values) for _, name, _, _, values in DEFECTS if values]
    at = spots(8)[0]
    return [
        *good_stops(),
        *({**good_stops(1)[0], "at": at, "stop_id": name, **values} for name, values in bad),
    ]


def test_seeded_defects_are_all_found_and_nothing_else(validate):
    """Each with its severity, feature, field, code and remedy, at its place."""
    outcome = validate(STOPS=layer(defective(), types=TEXTS))
    # The stop of another day cannot be served on this one, and nobody works between six and seven.
    follow_ups = [(ERROR, "B18", "tw1_end", "time_window"), (WARNING, "", "shift_start", "few_vehicles")]
    expected = [defect[:4] for defect in DEFECTS] + follow_ups
    assert sorted(found(outcome)) == sorted(expected)
    errors = sum(severity == ERROR for severity, *_ in expected)
    assert outcome.results["ERROR_COUNT"] == errors
    assert outcome.results["WARNING_COUNT"] == sum(severity == WARNING for severity, *_ in expected)
    rows = outcome.rows("FINDINGS")
    assert [row["severity"] for row in rows[:errors]] == [ERROR] * errors
    assert all(row["text"] and row["remedy"] for row in rows)
    of_number = next(row for row in rows if row["code"] == "not_a_number")
    assert (of_number["layer"], of_number["feature_id"]) == ("STOPS", 9)
    assert of_number["text"] == 'service_min "five" is not a number.'
    assert of_number["remedy"] == "Write one such as 12.5, or leave it empty."
    assert of_number["at"].asPoint().x() == pytest.approx(spots(8)[0][0])
    assert next(row for row in rows if row["code"] == "no_geometry")["at"].isNull()
    assert "five" in page_of(outcome)


def test_a_clean_layer_gives_no_finding(validate):
    """Nobody is sent to look at what is in order."""
    outcome = validate(STOPS=layer(good_stops(), types=TEXTS))
    assert found(outcome) == []
    assert (outcome.results["ERROR_COUNT"], outcome.results["WARNING_COUNT"]) == (0, 0)
    assert "Nothing was found" in page_of(outcome)


def test_the_sample_town_has_no_errors(run_algorithm, town_sources, tmp_path):
    """What the plugin ships is in order."""
    wanted = {"FINDINGS": "TEMPORARY_OUTPUT", "REPORT": str(tmp_path / "town.html")}
    outcome = run_algorithm("validate", **town_sources, **wanted)
    assert outcome.results["ERROR_COUNT"] == 0
    assert outcome.results["WARNING_COUNT"] == 0


@pytest.mark.parametrize(
    ("name", "made", "expected"),
    [
        ("STOPS", lambda: layer([]), (ERROR, "", "", "no_features")),
        ("STOPS", lambda: layer(stops(2), crs=""), (ERROR, "", "", "no_crs")),
        ("DEPOTS", lambda: layer([], name="depots"), (ERROR, "", "", "no_features")),
        ("DEPOTS", lambda: layer([depot(), depot()]), (ERROR, "D1", "depot_id", "doubled_id")),
        ("DEPOTS", lambda: layer([depot(tw1_start="25:99")]), (ERROR, "D1", "tw1_start", "not_a_time")),
        ("VEHICLES", lambda: fleet(active="no"), (ERROR, "", "", "no_vehicle_works")),
        ("VEHICLES", lambda: fleet(active="maybe"), (ERROR, "V1", "active", "unknown_word")),
        ("VEHICLES", lambda: fleet(start_depot="Nort"), (ERROR, "V1", "start_depot", "unknown_depot")),
        ("VEHICLES", lambda: fleet(max_stops=2.5), (ERROR, "V1", "max_stops", "not_whole")),
        ("TRAFFIC", lambda: table([{"factor": 99}]), (ERROR, "", "factor", "out_of_range")),
        ("TRAFFIC", lambda: table([{"factor": 2, "zone_id": "Z"}]), (ERROR, "", "zone_id", "unknown_zone")),
        ("BARRIERS", lambda: table([{"kind": "block"}]), (ERROR, "", "", "wrong_geometry")),
        ("ROADS", lambda: roads([]), (ERROR, "", "", "no_features")),
        ("TIME_ZONE", lambda: "Mars/Olympus", (ERROR, "", "TIME_ZONE", "parameter")),
        ("SERVICE_TIME", lambda: '"nothing" + 5', (ERROR, "", "SERVICE_TIME", "expression")),
        ("TRAVEL", lambda: "osrm", (ERROR, "", "SERVER_URL", "missing_value")),
    ],
)
def test_what_plan_routes_refuses_is_an_error_here(validate, run_algorithm, name, made, expected):
    """The one run ends with the message, the other tells it in parts, and says what it did not look at."""
    given = {name: made()}
    outcome = validate(**{"STOPS": layer(good_stops(), types=TEXTS), **given})
    assert expected in found(outcome)
    assert (INFO, "", "", "not_tried") in found(outcome)
    good = {"STOPS": layer(good_stops(), types=TEXTS), "DEPOTS": layer([depot()]), "VEHICLES": table(FLEET)}
    with pytest.raises(QgsProcessingException) as refused:
        run_algorithm("plan_routes", **{**good, **given})
    told = [row for row in outcome.rows("FINDINGS") if row["severity"] == ERROR]
    for row in told:
        assert row["text"].rstrip(".") in str(refused.value)
        assert row["remedy"].rstrip(".") in str(refused.value) or row["remedy"] == "Correct the parameter."
    if len(told) > 1:
        assert str(refused.value).startswith(f"{len(told)} problems")


def fleet(**values: Any):
    """The vehicles with these values more."""
    return table([{**row, **values} for row in FLEET])


def test_errors_are_the_stops_that_plan_routes_leaves_out(validate, run_algorithm):
    """All that must be served and is named by an error stays behind, and nothing else does."""
    made = layer(defective(), types=TEXTS)
    checked = validate(STOPS=made)
    fleet_of = {"DEPOTS": layer([depot()], name="depots"), "VEHICLES": table(FLEET)}
    planned = run_algorithm("plan_routes", STOPS=made, **fleet_of)
    errors = {row["feature_id"] for row in checked.rows("FINDINGS") if row["severity"] == ERROR}
    optional = {"B15", "B20"}
    left_out = [row["stop_id"] for row in planned.rows("UNASSIGNED") if row["stop_id"] not in optional]
    assert len(errors) == len(left_out)
    names = {row["id"] for row in checked.rows("FINDINGS") if row["severity"] == ERROR}
    assert set(left_out) == names


VALUES = st.fixed_dictionaries(
    {
        "service_min": st.sampled_from(["5", "0", "x", "-1", "1e12", ""]),
        "demand": st.sampled_from(["1", "2,5", "nan", "-0.1"]),
        "tw1_start": st.sampled_from(["08:00", "8", "24:30", "2026-05-04T08:00", ""]),
        "tw1_end": st.sampled_from(["09:00", "07:00", "noon", "2026-05-03T08:00", ""]),
        "priority": st.sampled_from(["0", "100", "100.5", "high"]),
        "lock": st.sampled_from(["", "none", "vehicle", "exclude", "perhaps"]),
        "stop_id": st.sampled_from(["A", "B", "C", ""]),
        "at": st.sampled_from([CENTRE, None, (181.0, 0.0)]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(VALUES, min_size=1, max_size=6))
def test_rejected_rows_are_those_with_errors(qgis_app, rows):
    """Over made-up rows: what reading rejects has findings of that feature, what it accepts has none."""
    shared = reading()
    made = layer(rows, types={name: "string" for name in rows[0] if name != "at"})
    read = read_stops(source_of(made), shared)
    wrong = [one for one in shared.findings if one.severity == ERROR]
    rejected = [stop for stop in read.rejected if stop.reason == INVALID_INPUT]
    assert len({one.about.feature_id for one in wrong}) == len(rejected)
    assert {one.about.id for one in wrong} == {stop.stop_id for stop in rejected}
    for one in wrong:
        sentence = f"{one.text} {one.remedy}"
        text = next(stop.text for stop in rejected if f"Feature {one.about.feature_id} of" in stop.text)
        assert one.text.rstrip(".") in text, sentence
        assert one.code in CODES and one.field and one.remedy
    accepted = {stop.id for stop in read.stops}
    excluded = [one for one in shared.findings if one.code == "excluded"]
    assert len(accepted) + len(rejected) + len(excluded) == len(rows)


def test_without_the_engine_all_else_is_told(validate, monkeypatch):
    """One finding says that ways were not tried; it is no error of the data."""
    monkeypatch.setenv("OPTIWAY_PYTHON", "/nowhere/python")
    outcome = validate(STOPS=layer(defective(), types=TEXTS))
    codes = [code for *_, code in found(outcome)]
    assert codes.count("not_tried") == 1
    assert (INFO, "", "", "not_tried") in found(outcome)
    assert (ERROR, "B11", "skills", "skill") in found(outcome)
    assert (ERROR, "B13", "demand", "capacity") in found(outcome)
    assert not any(name == "B14" and code == "time_window" for _, name, _, code in found(outcome))
    assert "install the routing engine" in page_of(outcome)


@pytest.mark.parametrize(
    ("travel", "words"),
    [
        ({"TRAVEL": "osrm", "SERVER_URL": "http://127.0.0.1:9"}, "127.0.0.1:9"),
        ({"MATRIX": "/nowhere/times.npz"}, "/nowhere/times.npz"),
    ],
)
def test_travel_times_that_cannot_be_had_are_an_error(validate, travel, words):
    """plan_routes would end with it."""
    outcome = validate(STOPS=layer(good_stops(), types=TEXTS), **travel)
    (finding,) = outcome.rows("FINDINGS")
    assert (finding["severity"], finding["code"]) == (ERROR, "travel_times")
    assert words in finding["text"]


@pytest.mark.parametrize(("allow_far", "severity"), [(False, ERROR), (True, WARNING)])
def test_places_off_the_roads(validate, allow_far, severity):
    """A stop in the sea and a depot off the roads: errors, or warnings where far places may be served."""
    at_sea = (-9.4, 40.9)
    rows = [stop("S1", crossing(1, 1)), stop("S2", crossing(4, 2)), stop("wet", at_sea)]
    outcome = validate(
        STOPS=layer(rows),
        DEPOTS=layer([depot(), depot("D2", (CENTRE[0] + 0.2, CENTRE[1]))], name="depots"),
        VEHICLES=table([{**FLEET[0], "start_depot": "D1", "end_depot": "D1"}]),
        ROADS=roads(grid()),
        ALLOW_FAR=allow_far,
    )
    told = [(one, name, code) for one, name, field, code in found(outcome) if field == "geometry"]
    codes = {(name, code) for one, name, code in told if one == severity}
    assert ("D2", "far_from_road") in codes or ("D2", "outside_roads") in codes
    if allow_far:
        assert any(name == "wet" and code in ("far_from_road", "outside_roads") for name, code in codes)
    else:
        assert ("wet", "unreachable") in codes
    assert outcome.results["ERROR_COUNT"] == (0 if allow_far else 2)


def test_the_layer_is_written_as_any_other(validate, tmp_path):
    """Into a GeoPackage, points and rows without one."""
    path = tmp_path / "findings.gpkg"
    validate(STOPS=layer(defective(), types=TEXTS), FINDINGS=str(path))
    written = QgsVectorLayer(str(path))
    assert written.featureCount() == len(DEFECTS) + 2
    assert any(feature.geometry().isEmpty() for feature in written.getFeatures())


def test_the_layer_comes_styled_when_it_is_loaded(validate):
    """One class per severity, each finding in one; the styler lives until QGIS has called it."""
    outcome = validate(STOPS=layer(defective(), types=TEXTS))
    made = outcome.results["FINDINGS"]
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    details = QgsProcessingContext.LayerDetails("Findings", QgsProject.instance(), "FINDINGS")
    context.addLayerToLoadOnCompletion(made.id(), details)
    findings_layer.style_on_load(made.id(), context)
    styler = context.layerToLoadOnCompletionDetails(made.id()).postProcessor()
    styler.postProcessLayer(made, context, Log())
    classes = {category.value() for category in made.renderer().categories()}
    assert classes == {ERROR, WARNING, INFO}
    assert {row["severity"] for row in outcome.rows("FINDINGS")} == classes
    assert "remedy" in made.mapTipTemplate()


def test_a_layer_without_ids_is_one_finding(validate):
    """Not one for each of its stops."""
    rows = [{"at": at, "service_min": 5.0} for at in spots(4)]
    assert found(validate(STOPS=layer(rows))) == [(WARNING, "", "stop_id", "no_id")]


def test_fields_are_called_as_the_user_calls_them(validate):
    """The columns of other programs, and the parameter where an expression stands for a field."""
    rows = [
        {
            "at": at,
            "id": f"Order {n}",
            "DeliveryQuantities": "5",
            "TimeWindowEnd1": "12:00",
            "night": "06:10",
        }
        for n, at in enumerate(spots(3), 1)
    ]
    rows[1]["DeliveryQuantities"] = "70"
    given = {"STOPS": layer(rows), "SERVICE_TIME": "5"}
    assert found(validate(**given)) == [(ERROR, "Order 2", "DeliveryQuantities", "capacity")]
    rows[0]["TimeWindowEnd1"] = "06:00"
    assert (ERROR, "Order 1", "TimeWindowEnd1", "time_window") in found(
        validate(**{**given, "STOPS": layer(rows)})
    )
    by_expression = validate(**given, WINDOW_END='"night"')
    assert (ERROR, "Order 3", "WINDOW_END", "time_window") in found(by_expression)


@pytest.mark.parametrize("moment", ["STOPS: uses", "Trying each stop"])
def test_cancel_leaves_no_output(validate, moment):
    """While reading as while the engine works."""
    outcome = validate(Log(cancel_at=moment), STOPS=layer(good_stops(), types=TEXTS))
    assert outcome.results == {}


def test_outputs_that_cannot_be_written_end_the_run(validate, tmp_path):
    """That is not a fault of the data."""
    with pytest.raises(QgsProcessingException, match="is a folder"):
        validate(STOPS=layer(good_stops(), types=TEXTS), REPORT=str(tmp_path))


@pytest.mark.parametrize(("bad", "planned"), [(False, True), (True, False)])
def test_a_model_plans_only_what_has_no_errors(optiway_provider, bad, planned):
    """ERROR_COUNT decides in a branch of the model whether plan_routes runs."""
    model = QgsProcessingModelAlgorithm("Check, then plan", "tests")
    model.addModelParameter(
        QgsProcessingParameterFeatureSource("stops", "stops"), QgsProcessingModelParameter("stops")
    )
    model.addModelParameter(
        QgsProcessingParameterFeatureSource("depots", "depots"), QgsProcessingModelParameter("depots")
    )
    source = QgsProcessingModelChildParameterSource.fromModelParameter
    value = QgsProcessingModelChildParameterSource.fromStaticValue
    fleet_of = {"VEHICLE_COUNT": 2, "SHIFT_START": "08:00", "SHIFT_END": "17:00", "SERVICE_TIME": "6"}
    for step, more in (("validate", {}), ("plan_routes", {"TIME_LIMIT": 10, "ITERATIONS": 60, "SEED": 1})):
        child = QgsProcessingModelChildAlgorithm(f"optiway:{step}")
        child.setChildId(step)
        child.setDescription(step)
        child.addParameterSources("STOPS", [source("stops")])
        child.addParameterSources("DEPOTS", [source("depots")])
        for name, given_value in {**fleet_of, **more}.items():
            child.addParameterSources(name, [value(given_value)])
        if step == "plan_routes":
            child.setDependencies([QgsProcessingModelChildDependency("branch", "fine")])
        model.addChildAlgorithm(child)
        if step == "validate":
            branch = QgsProcessingModelChildAlgorithm("native:condition")
            branch.setChildId("branch")
            condition = {"name": "fine", "expression": "@validate_ERROR_COUNT = 0"}
            branch.setConfiguration({"conditions": [condition]})
            branch.setDependencies([QgsProcessingModelChildDependency("validate")])
            model.addChildAlgorithm(branch)
    context, log = QgsProcessingContext(), Log()
    context.setProject(QgsProject.instance())
    rows = [*stops(3), {"at": None, "stop_id": "bad"}] if bad else stops(3)
    processing.run(model, {"stops": layer(rows), "depots": layer([depot()])}, feedback=log, context=context)
    assert any("stops are served" in text for text in log.infos) is planned


def test_every_code_is_used_and_every_fault_has_a_known_one(checkout):
    """A code that nothing gives is not explained; one that is not explained is not given."""
    used = set()
    files = [
        *(checkout / "optiway_qgis").rglob("*.py"),
        *(checkout / "processing_provider").rglob("*.py"),
    ]
    constants = {"_NO_TIME": "not_a_time"}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault" and node.args:
                code = node.args[0]
                used.add(code.value if isinstance(code, ast.Constant) else constants.get(ast.unparse(code)))
    given = used - {None} | {code for code, _ in preflight.OFF_ROADS.values()}
    assert given - set(IMPORT_CODES) == set(CODES) - set(IMPORT_CODES)
