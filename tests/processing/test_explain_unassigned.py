"""explain_unassigned with the real engine: reasons and changes for the stops that a plan leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import NULL, QgsProcessingException, edit

from tests.made_layers import depot, layer, stops, table

OUTPUTS = {"UNASSIGNED": "TEMPORARY_OUTPUT", "REPORT": "TEMPORARY_OUTPUT"}
VAN = {"vehicle_id": "V1", "shift_start": "08:00", "shift_end": "18:00", "capacity": 40}


def fleet(*vehicles):
    return {"DEPOTS": layer([depot()], name="depots"), "VEHICLES": table(list(vehicles))}


def of_left(outcome):
    """The rows of UNASSIGNED by stop."""
    return {row["stop_id"]: row for row in outcome.rows("UNASSIGNED")}


@pytest.fixture
def explain(run_algorithm):
    """A function (**parameters) -> Outcome, whose outputs are made."""
    return lambda **parameters: run_algorithm("explain_unassigned", **{**OUTPUTS, **parameters})


@pytest.fixture
def overloaded(run_algorithm):
    """A plan of ten stops for a van that carries nine of them, its inputs and the name of the one left."""
    asked = layer(stops(10, demand=5, name="shop"))
    inputs = fleet({**VAN, "capacity": 45})
    plan = run_algorithm("plan_routes", STOPS=asked, **inputs)
    (left,) = plan.reasons()
    return plan, asked, inputs, left


@pytest.mark.parametrize("asked_by", ["STOPS", "UNASSIGNED"])
def test_what_planning_said_is_said_again(explain, overloaded, asked_by):
    """Whether all stops are given, or those that the plan left out."""
    plan, asked, inputs, left = overloaded
    others = asked if asked_by == "STOPS" else plan.results["UNASSIGNED"]
    again = explain(PLAN=plan.results["VISITS"], STOPS=others, PLAN_DATE=None, **inputs)
    said, before = of_left(again)[left], of_left(plan)[left]
    names = ("reason", "reason_text", "nearest_vehicle", "added_min", "added_cost", "cheapest_fix", "name")
    assert [said[name] for name in names] == [before[name] for name in names]
    assert said["cheapest_fix"] == "5 more capacity for V1"
    assert again.results["UNASSIGNED"].fields().names() == plan.results["UNASSIGNED"].fields().names()
    assert (again.results["UNASSIGNED_COUNT"], again.results["FIXABLE_COUNT"]) == (1, 1)


def test_change_proposed_lets_the_plan_serve_the_stop(run_algorithm, overloaded):
    """What the dispatcher does with it: five more in the table of vehicles, and all is served."""
    _, asked, _, _ = overloaded
    again = run_algorithm("plan_routes", STOPS=asked, **fleet({**VAN, "capacity": 50}))
    assert again.results["UNASSIGNED_COUNT"] == 0


def test_stop_taken_off_its_route_is_told_to_fit(explain, overloaded):
    """Its vehicle_id was emptied by hand: it is told where it could go, and what that costs."""
    plan, _, inputs, left = overloaded
    visits = plan.results["VISITS"]
    taken = next(row["stop_id"] for row in plan.rows("VISITS") if row["visit_type"] == "stop")
    with edit(visits):
        for feature in visits.getFeatures():
            if feature["stop_id"] == taken:
                feature["vehicle_id"] = None
                visits.updateFeature(feature)
    outcome = explain(PLAN=visits, PLAN_DATE=None, **inputs)
    (row,) = outcome.rows("UNASSIGNED")
    assert (row["stop_id"], row["reason"], row["name"]) == (taken, "excluded", "shop")
    assert row["cheapest_fix"] == "a place on the route of V1"
    assert row["added_min"] > 0
    assert row["added_cost"] > 0
    # With all stops given the one that the plan had left out is told, too.
    both = explain(PLAN=visits, STOPS=overloaded[1], PLAN_DATE=None, **inputs)
    assert set(of_left(both)) == {taken, left}


def test_vehicles_that_stand_idle_are_asked(explain, run_algorithm):
    """The plan knows one van, the fleet has another."""
    rows = stops(2)
    numbered = [{**row, "vehicle_id": "V1", "sequence": at} for at, row in enumerate(rows[:1], 1)]
    vans = [{**VAN, "max_stops": 1}, {**VAN, "vehicle_id": "V2", "max_stops": 1}]
    outcome = explain(PLAN=layer(numbered), STOPS=layer(rows), **fleet(*vans))
    assert of_left(outcome)["S2"]["nearest_vehicle"] == "V2"


def test_pair_that_is_left_out_is_explained_as_a_pair(explain):
    """Both name the same vehicle and the same change."""
    rows = stops(3)
    rows[1] |= {"kind": "pickup", "pair_id": "P", "demand": 50}
    rows[2] |= {"kind": "delivery", "pair_id": "P", "demand": 50}
    numbered = [{**rows[0], "vehicle_id": "V1", "sequence": 1}]
    outcome = explain(PLAN=layer(numbered), STOPS=layer(rows), **fleet(VAN))
    found = of_left(outcome)
    assert {row["cheapest_fix"] for row in found.values()} == {"10 more capacity for V1"}
    assert set(found) == {"S2", "S3"}


def test_stops_that_cannot_be_read_are_there_with_their_reason(explain):
    """Nothing is lost: also what never reaches the engine."""
    rows = stops(3)
    rows[1]["service_min"] = -5.0
    rows[2]["lock"] = "exclude"
    numbered = [{**rows[0], "vehicle_id": "V1", "sequence": 1}]
    outcome = explain(PLAN=layer(numbered), STOPS=layer(rows), **fleet(VAN))
    assert outcome.reasons() == {"S2": "invalid_input", "S3": "excluded"}
    assert all(row["cheapest_fix"] == NULL for row in outcome.rows("UNASSIGNED"))
    assert (outcome.results["UNASSIGNED_COUNT"], outcome.results["FIXABLE_COUNT"]) == (2, 0)


def test_plan_that_serves_all_has_nothing_to_explain(explain):
    """Without vehicles, depots or further stops: the plan alone."""
    numbered = [{**row, "vehicle_id": "V1", "sequence": at} for at, row in enumerate(stops(3), 1)]
    outcome = explain(PLAN=layer(numbered))
    assert outcome.rows("UNASSIGNED") == []
    assert (outcome.results["UNASSIGNED_COUNT"], outcome.results["FIXABLE_COUNT"]) == (0, 0)


def test_report_tells_the_change(explain, overloaded):
    """What is in the layer can be read and printed."""
    plan, asked, inputs, _ = overloaded
    outcome = explain(PLAN=plan.results["VISITS"], STOPS=asked, PLAN_DATE=None, **inputs)
    page = Path(outcome.results["REPORT"]).read_text(encoding="utf-8")
    assert "5 more capacity for V1" in page


def test_layer_without_an_order_is_refused(explain):
    """Plain stops are no plan."""
    with pytest.raises(QgsProcessingException, match="vehicle_id"):
        explain(PLAN=layer(stops(3)))
