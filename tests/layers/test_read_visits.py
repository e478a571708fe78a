"""The visits of a plan read back: reloads stay where they are, breaks are passed over, edits are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from qgis.core import QgsProcessingUtils, QgsVectorLayer, edit
from qgis.PyQt.QtCore import QDate

from optiway_qgis.layers.output_fields import VISITS
from optiway_qgis.layers.read_stops import NO_EXPRESSIONS
from optiway_qgis.layers.read_visits import (
    VisitsLayer,
    depots_seen,
    first_date,
    read_order,
    see_routes,
    vehicles_seen,
)
from optiway_qgis.model.problem import Sequence, service_time
from tests.made_layers import reading, source_of
from tests.made_plans import DEPOT, rich_town

V1 = tuple(f"S{number}" for number in range(1, 12))


@pytest.fixture
def visits(write):
    """The VISITS of a plan with two trips and breaks, in memory."""
    destinations, context = write(rich_town(), lambda name: f"memory:{name}")
    yield QgsProcessingUtils.mapLayerFromString(destinations[VISITS], context)
    del context


def read(layer, vehicles=None):
    """The order of each vehicle, the stops by id, and what was warned of."""
    shared = reading()
    visits = VisitsLayer(source_of(layer))
    vehicles = rich_town()[0].vehicles if vehicles is None else vehicles
    found, order = read_order(visits, vehicles, shared, NO_EXPRESSIONS)
    assert not shared.errors
    return (
        {sequence.vehicle_id: sequence for sequence in order},
        {stop.id: stop for stop in found.stops},
        shared.warnings.texts(),
    )


def change(layer, stop_id, kind="stop", **values):
    """Edit the row of this stop, depot or break as a user would."""
    with edit(layer):
        for feature in layer.getFeatures():
            if (feature["stop_id"], feature["visit_type"]) == (stop_id, kind):
                for name, value in values.items():
                    feature[name] = value
                layer.updateFeature(feature)


def test_reloads_stay_where_they_are_and_breaks_are_placed_anew(visits):
    """After six stops V1 reloads; the others do not, and may where the scheduler finds that they must."""
    order, stops, warnings = read(visits)
    assert order["V1"] == Sequence("V1", V1, (6,))
    assert [order[name].reloads for name in ("V2", "V3")] == [None, None]
    assert not {"lunch", "coffee", "D1"} & set(stops)
    assert warnings == []


def test_a_reload_moves_with_the_number_of_its_row(visits):
    """Numbers are all that counts: the reload goes before S5, a stop of the second trip into the first."""
    change(visits, "D1", "reload", sequence=5)
    order, _, _ = read(visits)
    assert order["V1"].reloads == (4,)
    change(visits, "S11", sequence=1)
    order, _, warnings = read(visits)
    assert order["V1"] == Sequence("V1", (V1[0], V1[10], *V1[1:10]), (5,))
    assert any("same sequence number" in text for text in warnings)


def test_numbers_times_ten_change_nothing(visits):
    """What the docs tell to do first to make room, done to rows of all types."""
    before = read(visits)[0]
    with edit(visits):
        for feature in visits.getFeatures():
            feature["sequence"] *= 10
            visits.updateFeature(feature)
    assert read(visits)[0] == before


def test_a_reload_that_no_stop_follows_is_left_out(visits):
    """The stops of the second trip went to V2: nothing is left to load."""
    for number, stop in enumerate(V1[6:], 90):
        change(visits, stop, vehicle_id="V2", sequence=number)
    order, _, warnings = read(visits)
    assert order["V1"] == Sequence("V1", V1[:6], ())
    assert order["V2"].stops[-5:] == V1[6:]
    assert any("reload without a stop before and after" in text and "V1" in text for text in warnings)


def test_a_row_of_a_reload_on_another_vehicle_is_one_of_that_vehicle(visits):
    """So is one added by hand; taken off all vehicles it is gone."""
    change(visits, "D1", "reload", vehicle_id="V2", sequence=4)
    order, _, _ = read(visits)
    assert (order["V1"].reloads, order["V2"].reloads) == (None, (3,))
    change(visits, "D1", "reload", vehicle_id=None)
    order, _, _ = read(visits)
    assert (order["V1"].reloads, order["V2"].reloads) == (None, None)


def test_dates_and_times_of_a_plan_in_a_csv_file_are_read(write, tmp_path):
    """CSV files have dates with slashes; where types are not detected, all is text."""
    destinations, _ = write(rich_town(), lambda name: str(tmp_path / f"{name}.csv"))
    path = Path(destinations[VISITS]).as_uri()
    layer = QgsVectorLayer(f"{path}?type=csv&geomType=none&detectTypes=no", "visits", "delimitedtext")
    rows = list(layer.getFeatures())
    assert rows[0]["start_time"] == "2026/05/04 08:00:00"
    assert first_date(source_of(layer)) == QDate(2026, 5, 4)
    shared = reading()
    assert shared.day.read(rows[0]["start_time"]).seconds == rich_town()[1].routes[0].start


def test_breaks_that_nobody_is_due_any_more_are_told(visits):
    """Without BREAKS the rests of the plan would vanish without a word."""
    vehicles = [replace(vehicle, breaks=()) for vehicle in rich_town()[0].vehicles]
    _, _, warnings = read(visits, vehicles)
    (told,) = [text for text in warnings if "Breaks of a plan are left out" in text]
    assert (told.count("V1"), told.count("V2"), told.count("V3")) == (1, 1, 0)


def test_vehicles_seen_may_make_as_many_trips_as_they_made(visits):
    """Depots of reloads and places of breaks are no ends; loading is before the shift unless it is known."""
    shared = reading()
    seen = see_routes(VisitsLayer(source_of(visits)), shared)
    assert seen.depots.keys() == {"D1"}
    by_id = {vehicle.id: vehicle for vehicle in vehicles_seen(seen, seen.depots.values(), 0, shared)}
    assert [by_id[name].max_trips for name in ("V1", "V2", "V3")] == [2, 1, 1]
    start = rich_town()[1].routes[0].visits[0]
    assert by_id["V1"].shift.start == start.end > start.arrival
    known = {vehicle.id: vehicle for vehicle in vehicles_seen(seen, [DEPOT], 0, shared)}
    assert known["V1"].shift.start == start.arrival
    assert not shared.errors


def test_loading_that_no_depot_explains_is_told(visits):
    """Rows tell how long it took, but not how long it takes with another load."""
    shared = reading()
    (depot,) = depots_seen(see_routes(VisitsLayer(source_of(visits)), shared), shared)
    assert (depot.id, depot.load) == ("D1", 0)
    (told,) = shared.warnings.texts()
    assert "Give the same DEPOTS" in told
    assert ("V1" in told, "V2" in told, "V3" in told) == (True, True, False)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.0, 1.333, 2.0])
def test_service_of_a_slow_driver_comes_back_as_that_of_any(write, factor):
    """planned_service_min is what this driver takes; the factor must not be taken twice."""
    problem, plan = rich_town()
    slow = replace(problem.vehicles[0], service_factor=factor)
    stops = {stop.id: stop for stop in problem.stops}
    visits = tuple(
        replace(visit, service=service_time(slow, stops[visit.id])) if visit.type == "stop" else visit
        for visit in plan.routes[0].visits
    )
    plan = replace(plan, routes=(replace(plan.routes[0], visits=visits), *plan.routes[1:]))
    destinations, context = write((problem, plan), lambda name: f"memory:{name}")
    layer = QgsProcessingUtils.mapLayerFromString(destinations[VISITS], context)
    _, found, _ = read(layer, (slow, *problem.vehicles[1:]))
    assert [service_time(slow, found[name]) for name in V1] == [
        visit.service for visit in visits if visit.type == "stop"
    ]
    change(layer, "S1", vehicle_id="V2", sequence=50)
    _, found, _ = read(layer, (slow, *problem.vehicles[1:]))
    assert found["S1"].service == pytest.approx(stops["S1"].service, abs=1)
