"""A plan and the stops it does not serve: no row is lost, and pairs are known across both."""

from __future__ import annotations

import pytest
from qgis.core import QgsProcessingUtils, edit

from optiway_qgis.layers.output_fields import VISITS
from optiway_qgis.layers.read_stops import NO_EXPRESSIONS
from optiway_qgis.layers.read_unserved import PLAN, STOPS, read_unserved
from optiway_qgis.layers.read_visits import VisitsLayer
from optiway_qgis.model.problem import Depot, Vehicle
from optiway_qgis.model.reasons import EXCLUDED, INVALID_INPUT
from tests.made_layers import CENTRE, layer, reading, source_of, stops
from tests.made_plans import rich_town

ON_V1 = {"vehicle_id": "V1", "sequence": 1}
PICKUP = {"pair_id": "P", "kind": "pickup"}
DELIVERY = {"pair_id": "P", "kind": "delivery"}


def rows_of(**changed):
    """Rows of the stops named, each with all columns and these values."""
    names = "vehicle_id sequence lock pair_id kind delivery_1 pickup_1 ride_max_min"
    blank = dict.fromkeys(names.split())
    return [
        {**row, "demand": None, **blank, **changed[row["stop_id"]]}
        for row in stops(4)
        if row["stop_id"] in changed
    ]


def read(rows, asked=None):
    """Stops of the problem by id, what cannot be one with its reason, and what travels along."""
    shared = reading()
    problem, carried, _ = read_unserved(
        VisitsLayer(source_of(layer(rows)), PLAN),
        source_of(layer(asked)) if asked else None,
        [Depot("D", *CENTRE)],
        [Vehicle("V1", "D", "D")],
        shared,
        {PLAN: NO_EXPRESSIONS, STOPS: NO_EXPRESSIONS},
    )
    assert shared.errors == []
    reasons = {row.stop_id: row.reason for row in carried.rejected}
    return {stop.id: stop for stop in problem.stops}, reasons, set(carried.attributes)


@pytest.mark.parametrize("asked", [None, rows_of(S3={})])
@pytest.mark.parametrize(
    ("values", "reason"),
    [({"service_min": -4.0}, INVALID_INPUT), ({"lock": "exclude"}, EXCLUDED), ({}, None)],
)
def test_a_row_without_a_vehicle_is_told_whatever_is_wrong_with_it(asked, values, reason):
    """Also where STOPS, such as the UNASSIGNED of the plan, does not have it."""
    found, reasons, carried = read(rows_of(S1=ON_V1, S2=values), asked)
    others = {"S3"} if asked else set()
    assert reasons == ({"S2": reason} if reason else {})
    assert carried == others | (set() if reason else {"S2"})
    assert found.keys() == {"S1"} | carried


@pytest.mark.parametrize("asked", [None, rows_of(S3={})])
def test_half_of_a_pair_taken_off_its_route_is_explained_as_that(asked):
    """Its other stop is on a route; the amount stands at one of them."""
    served, taken = {**ON_V1, **PICKUP, "ride_max_min": 20}, {**DELIVERY, "delivery_1": 3}
    found, reasons, carried = read(rows_of(S1=served, S2=taken), asked)
    assert reasons == {}
    assert "S2" in carried
    assert found["S2"].picked_up_at == "S1"
    assert (found["S1"].pickup, found["S2"].delivery) == ((3000,), (3000,))
    assert (found["S1"].ride_max, found["S2"].ride_max) == (None, 1200)


def test_a_pair_of_which_the_plan_has_one_stop_is_that_of_stops():
    """The plan was made by hand and has no row for the delivery."""
    asked = rows_of(S1=PICKUP, S2={**DELIVERY, "delivery_1": 3})
    found, _, carried = read(rows_of(S1={**ON_V1, **PICKUP}), asked)
    assert carried == {"S2"}
    assert (found["S1"].pickup, found["S2"].delivery, found["S2"].picked_up_at) == ((3000,), (3000,), "S1")


def test_service_of_a_stop_taken_off_a_slow_driver_is_that_of_any(write):
    """planned_service_min is what that driver takes: twice as long as any other."""
    destinations, context = write(rich_town(), lambda name: f"memory:{name}")
    visits = QgsProcessingUtils.mapLayerFromString(destinations[VISITS], context)
    with edit(visits):
        for feature in visits.getFeatures():
            if feature["stop_id"] == "S1":
                feature["vehicle_id"] = None
                feature["planned_service_min"] = 30.0
                visits.updateFeature(feature)
    problem, _, _ = read_unserved(
        VisitsLayer(source_of(visits), PLAN),
        None,
        [Depot("D1", *CENTRE)],
        [Vehicle("V1", "D1", "D1", service_factor=2.0), Vehicle("V2", "D1", "D1"), Vehicle("V3", "D1", "D1")],
        reading(),
        {PLAN: NO_EXPRESSIONS},
    )
    assert {stop.id: stop.service for stop in problem.stops}["S1"] == 900


def test_what_a_plan_had_excluded_stays_so_and_fields_get_their_names_back():
    """Why it is excluded stands in the plan, which need not be in the fields of the stop."""
    own = {"reason_text": "Feature 7 was cancelled.", "cheapest_fix": None}
    asked = [
        {**row, **own, "reason": reason, "stop_reason": f"why {row['stop_id']}"}
        for row, reason in zip(rows_of(S2={}, S3={}), ("excluded", "capacity"))
    ]
    shared = reading()
    problem, carried, _ = read_unserved(
        VisitsLayer(source_of(layer(rows_of(S1=ON_V1))), PLAN),
        source_of(layer(asked)),
        [Depot("D", *CENTRE)],
        [Vehicle("V1", "D", "D")],
        shared,
        {PLAN: NO_EXPRESSIONS, STOPS: NO_EXPRESSIONS},
    )
    assert {stop.id for stop in problem.stops} == {"S1", "S3"}
    (row,) = carried.rejected
    assert (row.stop_id, row.reason, row.text) == ("S2", EXCLUDED, "Feature 7 was cancelled.")
    at = carried.fields.lookupField("reason")
    assert (carried.attributes["S3"][at], row.attributes[at]) == ("why S3", "why S2")
