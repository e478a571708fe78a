"""The public names: models and scripts depend on them, so a change here breaks somebody's work."""

from __future__ import annotations

import pytest
from qgis.core import QgsProcessingParameterDefinition

PLAN_OUTPUTS = [
    *("ROUTES", "LEGS", "VISITS", "UNASSIGNED", "REPORT"),
    *("STOP_COUNT", "ROUTE_COUNT", "ASSIGNED_COUNT", "UNASSIGNED_COUNT", "REJECTED_COUNT", "LATE_COUNT"),
    *("DISTANCE_KM", "DRIVE_MIN", "COST", "VIOLATION_COUNT", "OVERTIME_MIN", "GINI"),
]
SINKS = PLAN_OUTPUTS[:5]
ROADS = ["ROADS", "TRAVEL", "SPEED_FIELD", "DIRECTION_FIELD", "ALLOW_FAR"]
SERVER = ["SERVER_URL", "AUTH"]
CONDITIONS = ["TRAFFIC", "BARRIERS", "ZONES", "WEATHER_FACTOR"]
TRAVEL = [*ROADS, "MATRIX", *SERVER, *CONDITIONS]
RULES = ["BREAK_RULE", "START_RULE", "INCOMPATIBLE_GOODS"]
FLEET = [
    *("STOPS", "DEPOTS", "VEHICLES", "BREAKS", "PLAN_DATE", "TIME_ZONE", "VEHICLE_COUNT", "VEHICLE_CAPACITY"),
    *("SHIFT_START", "SHIFT_END", "SERVICE_TIME", "DEMAND", "PRIORITY", "WINDOW_START", "WINDOW_END"),
    *(*RULES, "GOAL", "BALANCE", "BALANCE_WEIGHT", *TRAVEL),
]
PRICES = [
    *("VEHICLE_CHANGE_PRICE", "POSITION_CHANGE_PRICE", "PROMISE_PRICE", "PROMISE_TOLERANCE", "SERVE_LATE"),
    "LOST_LOAD",
]
SEARCH = ["TIME_LIMIT", "ITERATIONS", "SEED", "WORKERS"]
DAY = [
    *("PLAN_LEGS", "PLAN_UNASSIGNED", "DEPOTS", "VEHICLES", "BREAKS", "PLAN_DATE", "TIME_ZONE", "START_TIME"),
    *("SERVICE_TIME", "DEMAND", "WINDOW_START", "WINDOW_END", *RULES, "GOODS", *TRAVEL),
]
DAY_BASIC = ["PLAN_LEGS", "PLAN_UNASSIGNED", "DEPOTS", "VEHICLES", "BREAKS", "ROADS", "TRAFFIC", "BARRIERS"]
IMPORT = [
    *("INPUT_FILE", "INPUT_LAYER", "SHEET", "HEADER_ROW", "DELIMITER", "ENCODING", "CRS"),
    *("MAPPING", "MAPPING_FILE", "IDS", "DUPLICATES"),
]
EVENT = ["NEW_WINDOW_START", "NEW_WINDOW_END", "NEW_SHIFT_START", "NEW_SHIFT_END", "CLOSED"]
PARAMETERS = {
    "import_stops": [*IMPORT, "STOPS", "TO_GEOCODE", "REJECTS", "SAVE_MAPPING"],
    "plan_routes": [*FLEET, "TIME_LIMIT", "ITERATIONS", "SEED", "WORKERS", *SINKS],
    "validate": [*FLEET, "FINDINGS", "REPORT"],
    "create_workspace": ["FILE", "CRS", "PLAN_DATE", "TIME_ZONE"],
    "demo_day": ["FILE", "PLAN_DATE", "TIME_LIMIT", "REPORT"],
    "plan_one_route": [
        *("STOPS", "START", "RETURN", "START_TIME", "PLAN_DATE", "TIME_ZONE", "SERVICE_TIME", "PRIORITY"),
        *("WINDOW_START", "WINDOW_END", "BREAKS", *RULES[:2], *TRAVEL),
        *("TIME_LIMIT", "ITERATIONS", "SEED", "WORKERS", *SINKS),
    ],
    "schedule": [
        *("STOPS", "DEPOTS", "VEHICLES", "BREAKS", "PLAN_DATE", "TIME_ZONE", "START_TIME", "SERVICE_TIME"),
        *("DEMAND", "WINDOW_START", "WINDOW_END", *RULES, *TRAVEL, *SINKS),
    ],
    "compare_plans": [
        *("BEFORE", "AFTER", "STOPS", "DEPOTS", "VEHICLES", "BREAKS", "PLAN_DATE", "TIME_ZONE", "START_TIME"),
        *(
            "SERVICE_TIME",
            "DEMAND",
            "WINDOW_START",
            "WINDOW_END",
            *RULES,
            *TRAVEL,
            "COMPARISON",
            "CHANGES",
            "REPORT",
            "CSV",
        ),
    ],
    "explain_unassigned": [
        *("PLAN", "STOPS", "DEPOTS", "VEHICLES", "BREAKS", "PLAN_DATE", "TIME_ZONE", "START_TIME"),
        *("SERVICE_TIME", "DEMAND", "WINDOW_START", "WINDOW_END", *RULES, *TRAVEL, "UNASSIGNED", "REPORT"),
    ],
    "travel_matrix": ["FROM", "TO", "PROFILE", *ROADS, *SERVER, "TABLE", "MATRIX"],
    "plan_differences": ["BEFORE", "AFTER", "NOW", "MINUTES", "ALL", "DIFFERENCES", "MESSAGES"],
    "driver_package": [
        *("PLAN", "PLAN_LEGS", "PLAN_ROUTES", "FORMATS", "BACKGROUND", "DRIVERS", "ZIP", "NOW", "TIME_ZONE"),
        "FOLDER",
    ],
    "route_sheets": [
        *("PLAN", "PLAN_LEGS", "PLAN_ROUTES", "BACKGROUND", "CODE", "DRIVERS", "TIME_ZONE", "FOLDER"),
    ],
    "edit_routes": ["PLAN", "EDITS", "MODE", "NOW", "DONE_BY", *DAY, *SEARCH, *SINKS, "CHANGES"],
    "insert_options": ["PLAN", "NEW_STOPS", "MOST", "ONLY_FITTING", "NOW", "DONE_BY", *DAY, "OPTIONS"],
    "suggest_windows": [
        *("PLAN", "NEW_STOPS", "WINDOWS", "WINDOW_MINUTES", "FROM", "UNTIL", "STEP_MINUTES", "MOST"),
        *("NOW", "DONE_BY", *DAY, "SUGGESTIONS"),
    ],
    "reoptimise": [
        *("PLAN", "NOW", "DONE_BY", "SCOPE", "DISRUPTIONS", *PRICES, *DAY),
        *("GOAL", "BALANCE", "BALANCE_WEIGHT", *SEARCH, *SINKS, "CHANGES"),
    ],
    "handle_disruption": [
        *("PLAN", "EVENT", "VEHICLE", "STOP", "AT", "NOW", "DONE_BY", "MINUTES", *EVENT, *PRICES, *DAY),
        *(*SEARCH, *SINKS, "CHANGES"),
    ],
}
PREPARING = {"import_stops"}
WORKSPACE = {"create_workspace", "demo_day"}
READY = {
    "solo_day": ["STOPS", "START", "RETURN", "START_TIME", "PLAN_DATE", "TIME_ZONE", "ROADS"],
    "team_day": [
        *("STOPS", "DEPOTS", "VEHICLES", "BREAKS", "PLAN_DATE", "TIME_ZONE", "VEHICLE_COUNT"),
        *("VEHICLE_CAPACITY", "SHIFT_START", "SHIFT_END", "ROADS", "TIME_LIMIT"),
    ],
}
READY_OUTPUTS = {
    "solo_day": [f"plan:{name}" for name in sorted(SINKS)],
    "team_day": ["check:FINDINGS", "check:REPORT", *(f"plan:{name}" for name in sorted(SINKS))],
}
PARAMETERS |= {name: [*READY[name], *READY_OUTPUTS[name]] for name in READY}
DISPATCH = {"driver_package", "route_sheets"}
REPLANNING = {
    *("plan_differences", "edit_routes", "reoptimise", "handle_disruption", "insert_options"),
    "suggest_windows",
}
DAY_OUTPUTS = [*PLAN_OUTPUTS, "CHANGES", "MOVED_COUNT", "PROMISES_MISSED", "VERSION"]
OUTPUTS = {
    "import_stops": [
        *("STOPS", "TO_GEOCODE", "REJECTS", "SAVE_MAPPING"),
        *("ROW_COUNT", "ACCEPTED_COUNT", "TO_GEOCODE_COUNT", "REJECTED_COUNT"),
    ],
    **dict.fromkeys(("plan_routes", "plan_one_route", "schedule"), PLAN_OUTPUTS),
    "compare_plans": [
        *("COMPARISON", "CHANGES", "REPORT", "CSV", "COST_BEFORE", "COST_AFTER", "COST_DIFFERENCE"),
        *("MOVED_COUNT", "UNSERVED_BEFORE", "UNSERVED_AFTER", "VIOLATIONS_BEFORE", "VIOLATIONS_AFTER"),
    ],
    "explain_unassigned": ["UNASSIGNED", "REPORT", "UNASSIGNED_COUNT", "FIXABLE_COUNT"],
    "travel_matrix": ["TABLE", "MATRIX", "PAIR_COUNT", "WAY_COUNT"],
    "plan_differences": ["DIFFERENCES", "MESSAGES", "DRIVERS_CHANGED", "STOPS_CHANGED"],
    "driver_package": ["FOLDER", "DRIVER_COUNT", "FILE_COUNT", "STOP_COUNT"],
    "route_sheets": ["FOLDER", "SHEET_COUNT", "STOP_COUNT"],
    "validate": ["FINDINGS", "REPORT", "ERROR_COUNT", "WARNING_COUNT"],
    "create_workspace": ["FILE", "PROJECT", "LAYER_COUNT", "STOP_COUNT"],
    "demo_day": ["FILE", "REPORT", "PROJECT", "LAYER_COUNT", "STOP_COUNT"],
    "edit_routes": DAY_OUTPUTS,
    "insert_options": ["OPTIONS", "OPTION_COUNT", "STOPS_WITHOUT_OPTION"],
    "suggest_windows": ["SUGGESTIONS", "SUGGESTION_COUNT", "STOPS_WITHOUT_WINDOW", "WINDOWS_REFUSED"],
    "reoptimise": [*DAY_OUTPUTS, "KEEPING_COST"],
    "handle_disruption": [*DAY_OUTPUTS, "KEEPING_COST"],
}
OUTPUTS |= READY_OUTPUTS
BASIC = {
    "solo_day": [name for name in READY["solo_day"] if name not in ("PLAN_DATE", "TIME_ZONE")],
    "team_day": [name for name in READY["team_day"] if name != "TIME_ZONE"],
    "import_stops": ["INPUT_FILE", "INPUT_LAYER", "SHEET", "CRS", "MAPPING"],
    "create_workspace": ["CRS", "PLAN_DATE"],
    "demo_day": ["PLAN_DATE", "TIME_LIMIT"],
    "plan_routes": [
        *("STOPS", "DEPOTS", "VEHICLES", "BREAKS", "PLAN_DATE", "VEHICLE_COUNT", "VEHICLE_CAPACITY"),
        *("SHIFT_START", "SHIFT_END", "ROADS", "TRAFFIC", "BARRIERS", "TIME_LIMIT"),
    ],
    "plan_one_route": ["STOPS", "START", "RETURN", "START_TIME", "ROADS", "TRAFFIC", "BARRIERS"],
    "schedule": ["STOPS", "DEPOTS", "VEHICLES", "BREAKS", "ROADS", "TRAFFIC", "BARRIERS"],
    "compare_plans": [
        "BEFORE",
        "AFTER",
        "STOPS",
        "DEPOTS",
        "VEHICLES",
        "BREAKS",
        "ROADS",
        "TRAFFIC",
        "BARRIERS",
    ],
    "explain_unassigned": ["PLAN", "STOPS", "DEPOTS", "VEHICLES", "BREAKS", "ROADS", "TRAFFIC", "BARRIERS"],
    "travel_matrix": ["FROM", "TO", "PROFILE", "ROADS"],
    "plan_differences": ["BEFORE", "AFTER", "NOW", "MINUTES"],
    "driver_package": ["PLAN", "PLAN_LEGS", "PLAN_ROUTES", "FORMATS", "BACKGROUND", "DRIVERS", "ZIP"],
    "route_sheets": ["PLAN", "PLAN_LEGS", "PLAN_ROUTES", "BACKGROUND", "CODE", "DRIVERS"],
    "edit_routes": ["PLAN", "EDITS", "MODE", "NOW", *DAY_BASIC],
    "insert_options": ["PLAN", "NEW_STOPS", "MOST", "NOW", *DAY_BASIC],
    "suggest_windows": [
        *("PLAN", "NEW_STOPS", "WINDOWS", "WINDOW_MINUTES", "FROM", "UNTIL", "STEP_MINUTES", "MOST", "NOW"),
        *DAY_BASIC,
    ],
    "reoptimise": ["PLAN", "NOW", "SCOPE", "DISRUPTIONS", *PRICES, *DAY_BASIC, "TIME_LIMIT"],
    "handle_disruption": ["PLAN", "EVENT", "VEHICLE", "STOP", "AT", "NOW", "MINUTES", *EVENT, *DAY_BASIC],
    "validate": [
        *("STOPS", "DEPOTS", "VEHICLES", "BREAKS", "PLAN_DATE", "VEHICLE_COUNT", "VEHICLE_CAPACITY"),
        *("SHIFT_START", "SHIFT_END", "ROADS", "TRAFFIC", "BARRIERS"),
    ],
}
SOURCES = ["estimate", "roads", "matrix", "osrm", "valhalla", "openrouteservice"]


WORDS = {
    "BREAK_RULE": ["none", "eu_driving", "eu_work", "eu_driving_and_work"],
    "START_RULE": ["late", "early"],
    "GOAL": ["cost", "fewest_vehicles"],
    "BALANCE": ["none", "time", "stops", "distance"],
}
EVENTS = ["vehicle_lost", "driver_sick", "late", "road_closed", "window", "shift"]
OF_THE_DAY = {
    ("reoptimise", "SCOPE"): ["times", "sequence", "routes", "free"],
    ("reoptimise", "LOST_LOAD"): ["fetched", "stays"],
    ("edit_routes", "MODE"): ["keep_order", "insert_best", "reoptimise"],
    ("edit_routes", "GOODS"): ["bound", "free"],
    ("reoptimise", "DONE_BY"): ["status", "time"],
    ("reoptimise", "GOODS"): ["bound", "free"],
    ("handle_disruption", "EVENT"): EVENTS,
}


@pytest.fixture
def algorithms(optiway_provider):
    """The algorithms by name."""
    return {algorithm.name(): algorithm for algorithm in optiway_provider.algorithms()}


def test_ids(algorithms):
    """The provider and its algorithms."""
    expected = {*PARAMETERS, "install_engine"}
    assert {algorithm.id() for algorithm in algorithms.values()} == {f"optiway:{name}" for name in expected}
    groups = {name: algorithms[name].group() for name in PARAMETERS}
    kept = {**dict.fromkeys(REPLANNING, "Re-planning"), **dict.fromkeys(PREPARING, "Preparing")}
    kept |= {**dict.fromkeys(DISPATCH, "Dispatch"), **dict.fromkeys(READY, "Ready models")}
    kept |= dict.fromkeys(WORKSPACE, "Workspace")
    assert groups == {name: kept.get(name, "Planning") for name in PARAMETERS}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_and_outputs(algorithms, name):
    """Names and their order, which is that of the dialog."""
    algorithm = algorithms[name]
    assert [parameter.name() for parameter in algorithm.parameterDefinitions()] == PARAMETERS[name]
    assert sorted(output.name() for output in algorithm.outputDefinitions()) == sorted(OUTPUTS[name])


@pytest.mark.parametrize("name", BASIC)
def test_only_the_basic_parameters_are_shown_at_first(algorithms, name):
    """The rest waits under Advanced."""
    advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced
    shown = [
        parameter.name()
        for parameter in algorithms[name].parameterDefinitions()
        if not parameter.flags() & advanced and not parameter.isDestination()
    ]
    assert shown == BASIC[name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_everything_is_explained(algorithms, name):
    """Each parameter has a help, each algorithm a description, words to find it by and an icon."""
    algorithm = algorithms[name]
    assert all(parameter.help() for parameter in algorithm.parameterDefinitions())
    assert algorithm.shortDescription()
    assert len(algorithm.shortHelpString()) > 200
    assert len(algorithm.tags()) > 3
    assert not algorithm.icon().isNull()


@pytest.mark.parametrize("name", [name for name in PARAMETERS if "TRAVEL" in PARAMETERS[name]])
def test_travel_is_known_by_its_word(algorithms, name):
    """An enum stored by number would change its meaning when a source is added."""
    travel = algorithms[name].parameterDefinition("TRAVEL")
    assert travel.usesStaticStrings()
    given = [source for source in SOURCES if source != "matrix" or name != "travel_matrix"]
    assert travel.options() == given


@pytest.mark.parametrize("name", WORDS)
def test_choices_are_known_by_their_words(algorithms, name):
    """The first is the default, and asks for nothing."""
    for algorithm in algorithms.values():
        choice = algorithm.parameterDefinition(name)
        if choice is not None:
            assert choice.usesStaticStrings()
            assert (choice.options(), choice.defaultValue()) == (WORDS[name], WORDS[name][0])
    assert algorithms["plan_routes"].parameterDefinition(name) is not None


@pytest.mark.parametrize(("name", "parameter"), OF_THE_DAY)
def test_choices_of_re_planning_are_known_by_their_words(algorithms, name, parameter):
    """Scripts write them, so do tables."""
    choice = algorithms[name].parameterDefinition(parameter)
    assert choice.usesStaticStrings()
    assert choice.options() == OF_THE_DAY[name, parameter]
