"""plan_routes, schedule, compare_plans and plan_one_route with breaks, pairs, locks, zones, docks, trips and
goals all at once, with the real engine. What each rule means alone is tested in tests/engine."""

from __future__ import annotations

import pytest
from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QTime

from tests.made_layers import CENTRE, depot, layer, stops, table

LON, LAT = CENTRE
SQUARE = "Polygon (({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))"
WEST = SQUARE.format(w=LON - 0.1, e=LON + 0.002, s=LAT - 0.1, n=LAT + 0.1)
EAST = SQUARE.format(w=LON + 0.002, e=LON + 0.1, s=LAT - 0.1, n=LAT + 0.1)
BREAKS = [
    {"break_id": "lunch", "vehicle_id": None, "duration_min": 30, "tw_start": "12:00", "tw_end": "13:00"},
    {"break_id": "coffee", "vehicle_id": "V1", "duration_min": 10, "paid": "yes", "after_work_min": 180},
]
TYPES = {"after_work_min": "double", "vehicle_id": "string"}
RULES = ("order_rule", "before_stop", "pair_id", "kind", "goods_class", "lock", "vehicle_id", "sequence")
BLANK = dict.fromkeys(
    [*RULES, "late_max_min", "ready_time", "due_time", "ride_max_min", "tw1_start", "tw1_end"]
)
SAID = {
    "S1": {"order_rule": "first", "tw1_start": "09:30"},
    "S2": {"pair_id": "P", "kind": "pickup", "demand": 4},
    "S4": {"pair_id": "P", "kind": "delivery", "demand": None, "ride_max_min": 90},
    "S3": {"vehicle_id": "V1", "lock": "order", "sequence": 2},
    "S6": {"vehicle_id": "V1", "lock": "order", "sequence": 1.5},
    "S5": {"goods_class": "food"},
    "S10": {"goods_class": "paint"},
    "S7": {"before_stop": "S8,S9"},
    "S11": {"ready_time": "09:00"},
    "S12": {"late_max_min": -1, "tw1_start": "08:00", "tw1_end": "08:01"},
}


def rows():
    """Twelve stops of which most have a wish of their own."""
    return [
        {**row, **BLANK, "service_min": 15.0, "demand": 2, **SAID.get(row["stop_id"], {})}
        for row in stops(12)
    ]


@pytest.fixture
def sources():
    """Parameters of a small fleet with everything that can be asked for."""
    return {
        "STOPS": layer(rows(), types=dict.fromkeys(BLANK, "string")),
        "DEPOTS": layer([depot(docks=1, load_min=10, load_min_per_unit=0.5)], name="depots"),
        "BREAKS": table(BREAKS, "breaks", **TYPES),
        "ZONES": layer([{"zone_id": "west", "at": WEST}, {"zone_id": "east", "at": EAST}], kind="Polygon"),
    }


FLEET = {
    "VEHICLES": [
        {"vehicle_id": "V1", "zone_id": None, "zone_hard": "no", "lifo": "yes", "start_rule": "early"},
        {"vehicle_id": "V2", "zone_id": "east", "zone_hard": "yes", "lifo": "no", "start_rule": None},
    ]
}
OF_ALL = {
    "capacity": 12, "max_trips": 2, "latest_start": "10:00", "overtime_after_min": 240, "cost_per_hour": 20,
    "overtime_cost_per_hour": 35, "cost_per_km": 0.5, "fixed_cost": 10, "service_factor": 1.1,
}  # fmt: skip


@pytest.fixture
def everything(run_algorithm, sources):
    """A plan under all rules and wishes, and what it was made of."""
    vehicles = table([{**row, **OF_ALL} for row in FLEET["VEHICLES"]], zone_id="string", start_rule="string")
    given = {**sources, "VEHICLES": vehicles, "INCOMPATIBLE_GOODS": "food-paint", "BREAK_RULE": "eu_driving"}
    goals = {"GOAL": "fewest_vehicles", "BALANCE": "time", "BALANCE_WEIGHT": 0.5, "START_RULE": "late"}
    return run_algorithm("plan_routes", **given, **goals), given


def test_everything_at_once_is_planned_without_a_violation(everything):
    """Whoever is served is served by the rules; the rest has its reason."""
    outcome, _ = everything
    assert outcome.adds_up(12)
    assert outcome.results["VIOLATION_COUNT"] == 0
    assert outcome.results["ASSIGNED_COUNT"] >= 10, outcome.reasons()
    visits = {row["stop_id"]: row for row in outcome.rows("VISITS") if row["visit_type"] == "stop"}
    for one, other in (("S2", "S4"), ("S7", "S8"), ("S7", "S9"), ("S6", "S3")):
        if one in visits and other in visits:
            assert visits[one]["vehicle_id"] == visits[other]["vehicle_id"]
            assert visits[one]["sequence"] < visits[other]["sequence"]
    assert ("S2" in visits) == ("S4" in visits)
    assert {row["visit_type"] for row in outcome.rows("VISITS")} == {
        "start",
        "stop",
        "reload",
        "break",
        "end",
    }
    assert all(visits[name]["vehicle_id"] == "V1" for name in ("S3", "S6") if name in visits)


def test_a_plan_of_everything_keeps_its_times_when_it_is_scheduled_and_compared(everything, run_algorithm):
    """The visits hold all that is needed; what the plan kept, the kept plan keeps."""
    outcome, given = everything
    again = {name: value for name, value in given.items() if name != "STOPS"}
    visits = outcome.results["VISITS"]
    kept = run_algorithm("schedule", STOPS=visits, **again)
    assert kept.results["VIOLATION_COUNT"] == 0
    assert kept.results["COST"] == pytest.approx(outcome.results["COST"])
    assert kept.orders() == outcome.orders()
    compared = run_algorithm("compare_plans", BEFORE=visits, AFTER=visits, **again)
    assert compared.results["COST_DIFFERENCE"] == 0
    assert compared.results["COST_AFTER"] == pytest.approx(outcome.results["COST"])


def test_all_of_it_left_empty_changes_nothing(run_algorithm):
    """A model from before gets the plan it got before, also where the columns are there and blank."""
    plain = {"DEPOTS": layer([depot()]), "VEHICLE_COUNT": 2}
    old = run_algorithm("plan_routes", STOPS=layer(stops(8)), **plain)
    blank = [{**row, **BLANK, "late_cost_per_hour": None} for row in stops(8)]
    new = run_algorithm(
        "plan_routes",
        STOPS=layer(blank),
        **plain,
        BREAKS=None,
        ZONES=None,
        BREAK_RULE="none",
        GOAL="cost",
        BALANCE="none",
        BALANCE_WEIGHT=None,
        INCOMPATIBLE_GOODS="",
        START_RULE="late",
    )
    assert [row["plan_id"] for row in new.rows("ROUTES")] == [row["plan_id"] for row in old.rows("ROUTES")]
    assert new.results["COST"] == old.results["COST"]


def test_one_driver_takes_breaks_too(run_algorithm):
    """Lunch within its window, on a route of its own; early means at once."""
    breaks = table([{"duration_min": 30, "tw_start": "09:00", "tw_end": "09:30"}], "breaks")
    rows = stops(6, service_min=30.0)
    given = {
        "STOPS": layer(rows),
        "START": f"{LON},{LAT} [EPSG:4326]",
        "START_TIME": "08:00",
        "BREAKS": breaks,
    }
    outcome = run_algorithm("plan_one_route", **given, START_RULE="early")
    (taken,) = [row for row in outcome.rows("VISITS") if row["visit_type"] == "break"]
    assert QTime(9, 0) <= taken["start_time"].time() <= QTime(9, 30)
    assert outcome.results["VIOLATION_COUNT"] == 0
    (route,) = outcome.rows("ROUTES")
    assert route["start_time"].time() == QTime(8, 0)


def test_faults_of_new_inputs_are_told_together(run_algorithm):
    """A break of no kind, a zone that is not there, goods that are no pair, half a dock."""
    from qgis.core import QgsProcessingException

    given = {
        "STOPS": layer(stops(2)),
        "DEPOTS": layer([depot(docks=0)]),
        "VEHICLES": table([{"vehicle_id": "V1", "zone_id": "north"}]),
        "BREAKS": table([{"break_id": "B", "duration_min": 30}]),
        "ZONES": layer([{"zone_id": "west", "at": WEST}], kind="Polygon"),
        "INCOMPATIBLE_GOODS": "food",
    }
    with pytest.raises(QgsProcessingException) as refused:
        run_algorithm("plan_routes", **given)
    message = str(refused.value)
    assert message.startswith("4 problems in the input:")
    for words in ("nothing says when it is due", '"north" is no zone of ZONES', "is no pair", 'docks "0"'):
        assert words in message


def test_the_sample_town_with_its_breaks(run_algorithm, town_sources, sample_town):
    """The file shipped to be tried: nobody is left out for it, and whoever works over noon has lunch then."""
    path = sample_town / "breaks.csv"
    breaks = QgsVectorLayer(
        f"file://{path}?type=csv&detectTypes=yes&geomType=none", "breaks", "delimitedtext"
    )
    outcome = run_algorithm("plan_routes", **town_sources, BREAKS=breaks)
    assert outcome.adds_up(60)
    assert (outcome.results["UNASSIGNED_COUNT"], outcome.results["VIOLATION_COUNT"]) == (0, 0)
    lunches = [row["start_time"].time() for row in outcome.rows("VISITS") if row["stop_id"] == "lunch"]
    assert all(QTime(11, 30) <= start <= QTime(13, 30) for start in lunches)
    noon = [
        row["vehicle_id"]
        for row in outcome.rows("ROUTES")
        if row["start_time"].time() <= QTime(11, 30) and row["end_time"].time() > QTime(13, 30)
    ]
    eaten = {row["vehicle_id"] for row in outcome.rows("VISITS") if row["stop_id"] == "lunch"}
    assert set(noon) <= eaten
