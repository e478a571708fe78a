"""plan_one_route with the real engine: one driver, one start."""

from __future__ import annotations

from math import dist

import pytest
from qgis.core import QgsProcessingException
from qgis.PyQt.QtCore import QTime

from tests.made_layers import CENTRE, layer, stops

START = f"{CENTRE[0]},{CENTRE[1]}"


def test_a_round_trip_through_all_stops(run_algorithm):
    """Four parameters are enough; the tour begins and ends at the start."""
    outcome = run_algorithm("plan_one_route", STOPS=layer(stops(12)), START=START, START_TIME="09:15")
    assert outcome.adds_up(12)
    assert outcome.results["ROUTE_COUNT"] == 1
    visits = outcome.rows("VISITS")
    assert [visits[0]["visit_type"], visits[-1]["visit_type"]] == ["start", "end"]
    assert visits[0]["end_time"].time() == QTime(9, 15)


@pytest.mark.parametrize("count", [200, 500])
def test_long_tours_are_shorter_than_their_input_order(run_algorithm, count):
    """Hundreds of stops are one route, all served."""
    rows = sorted(stops(count, service_min=0.5), key=lambda row: int(row["stop_id"][1:]) * 37 % count)
    long_way = sum(dist(before["at"], after["at"]) for before, after in zip(rows, [*rows[1:], rows[0]]))
    outcome = run_algorithm("plan_one_route", STOPS=layer(rows), START=START, ITERATIONS=50)
    assert outcome.adds_up(count)
    assert outcome.results["ASSIGNED_COUNT"] == count
    at = {row["stop_id"]: row["at"] for row in rows}
    order = [at[name] for name in outcome.orders()["V1"]]
    assert sum(dist(before, after) for before, after in zip(order, [*order[1:], order[0]])) < long_way


def test_without_return_the_tour_ends_at_its_last_stop(run_algorithm):
    """And is shorter."""
    there = run_algorithm("plan_one_route", STOPS=layer(stops(12)), START=START, RETURN=False)
    back = run_algorithm("plan_one_route", STOPS=layer(stops(12)), START=START, RETURN=True)
    assert there.rows("VISITS")[-1]["visit_type"] == "stop"
    assert there.results["DISTANCE_KM"] < back.results["DISTANCE_KM"]


@pytest.mark.parametrize("start", [START, f"{START} [EPSG:4326]", "532731.9,4555537.5 [EPSG:32629]"])
def test_the_start_may_be_typed_in_any_crs(run_algorithm, start):
    """Within some metres of the same place."""
    outcome = run_algorithm("plan_one_route", STOPS=layer(stops(3)), START=start)
    point = outcome.rows("VISITS")[0]["at"].asPoint()
    assert point.x() == pytest.approx(CENTRE[0], abs=0.01)
    assert point.y() == pytest.approx(CENTRE[1], abs=0.01)


def test_windows_are_kept_and_skills_do_not_count(run_algorithm):
    """A solo driver is who he is; a window is a window."""
    rows = stops(5, skills="fridge", vehicle_id="V77")
    rows[3]["tw1_start"], rows[3]["tw1_end"] = "14:00", "15:00"
    outcome = run_algorithm("plan_one_route", STOPS=layer(rows), START=START)
    assert outcome.results["ASSIGNED_COUNT"] == 5
    row = next(row for row in outcome.rows("VISITS") if row["stop_id"] == "S4")
    assert row["start_time"].time() == QTime(14, 0)


def test_priority_means_early(run_algorithm):
    """The farthest stop comes first when it is urgent, and not otherwise."""
    rows = stops(10)
    rows.append({"at": (CENTRE[0] + 0.06, CENTRE[1] + 0.04), "stop_id": "far", "service_min": 5.0})
    plain = run_algorithm("plan_one_route", STOPS=layer(rows), START=START, RETURN=False)
    for row in rows:
        row["priority"] = 100 if row["stop_id"] == "far" else 0
    urgent = run_algorithm("plan_one_route", STOPS=layer(rows), START=START, RETURN=False)
    assert plain.orders()["V1"][-1] == "far"
    assert urgent.orders()["V1"][0] == "far"


def test_metres_without_a_crs_are_an_error(run_algorithm):
    """The message says what to write."""
    with pytest.raises(QgsProcessingException, match=r"START \(532731, 4555537\).*EPSG:32629"):
        run_algorithm("plan_one_route", STOPS=layer(stops(3)), START="532731,4555537")
