"""schedule with the real engine: the order is kept, edited or not, and everything else is recomputed."""

from __future__ import annotations

import pytest
from qgis.core import QgsProcessingException, QgsVectorFileWriter, QgsVectorLayer, edit
from qgis.PyQt.QtCore import QTime

from tests.made_layers import CENTRE, depot, layer, spots, stops, table

TIMES = (
    *("start_time", "end_time", "eta", "setup_min", "wait_min", "planned_service_min", "late_min"),
    *("drive_min", "distance_km", "cum_distance_km", "load_1", "stop_id"),
)
VANS = [{"vehicle_id": f"V{n}", "shift_start": "08:00", "shift_end": "18:00", "capacity": 40} for n in (1, 2)]


@pytest.fixture
def planned(run_algorithm):
    """A plan of ten stops at one depot, with its inputs."""
    rows = stops(
        10, demand=8, setup_min=2.0, name="shop", tw1_start="09:00", tw1_end="16:00", note="ring twice"
    )
    inputs = {"DEPOTS": layer([depot()], name="depots"), "VEHICLES": table(VANS)}
    return run_algorithm("plan_routes", STOPS=layer(rows), **inputs), inputs


def by_visit(outcome, names=TIMES):
    """(vehicle, sequence) -> the values of these fields."""
    return {
        (row["vehicle_id"], row["sequence"]): [row[name] for name in names] for row in outcome.rows("VISITS")
    }


def change(visits, stop_id, **values):
    """Edit a row of the attribute table as a user would."""
    with edit(visits):
        for feature in visits.getFeatures():
            if feature["stop_id"] == stop_id:
                for name, value in values.items():
                    feature[name] = value
                visits.updateFeature(feature)


@pytest.mark.parametrize("with_fleet", [True, False])
def test_unedited_visits_give_the_times_of_the_plan(run_algorithm, planned, with_fleet):
    """With the same depots and vehicles, and without either."""
    plan, inputs = planned
    again = run_algorithm(
        "schedule", STOPS=plan.results["VISITS"], PLAN_DATE=None, **(inputs if with_fleet else {})
    )
    assert by_visit(again) == by_visit(plan)
    assert again.results["VIOLATION_COUNT"] == 0
    assert again.results["VISITS"].fields().names() == plan.results["VISITS"].fields().names()
    if with_fleet:
        assert again.results["COST"] == pytest.approx(plan.results["COST"])


def test_visits_of_a_geopackage_give_the_times_of_the_plan(run_algorithm, planned, tmp_path):
    """The format most plans are kept in has a fid and its own idea of time."""
    plan, inputs = planned
    path = str(tmp_path / "plan.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    context = plan.context.transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(plan.results["VISITS"], path, context, options)
    kept = QgsVectorLayer(path, "visits", "ogr")
    again = run_algorithm("schedule", STOPS=kept, PLAN_DATE=None, **inputs)
    assert by_visit(again) == by_visit(plan)
    assert again.results["VISITS"].fields().names() == plan.results["VISITS"].fields().names()


@pytest.fixture
def two_trips(run_algorithm):
    """A plan of one van that has to reload and rests twice, with its inputs."""
    van = {**VANS[0], "max_trips": 2, "overtime_after_min": 60, "overtime_cost_per_hour": 30.0}
    breaks = [
        {"break_id": "lunch", "duration_min": 30, "tw_start": "11:00", "tw_end": "12:30"},
        {"break_id": "coffee", "duration_min": 15, "after_work_min": 100, "paid": "yes"},
    ]
    inputs = {
        "DEPOTS": layer([depot(load_min=10.0, load_min_per_unit=0.5)], name="depots"),
        "VEHICLES": table([van]),
        "BREAKS": table(breaks, name="breaks"),
    }
    rows = stops(10, demand=8, tw1_start="09:00", tw1_end="16:00", service_min=15.0)
    return run_algorithm("plan_routes", STOPS=layer(rows), **inputs), inputs


def kinds(outcome) -> list[str]:
    """The types of the visits of the only vehicle, in order; stops are counted."""
    found: list[str] = []
    for row in sorted(outcome.rows("VISITS"), key=lambda row: row["sequence"]):
        if row["visit_type"] == "stop" and found and found[-1].isdigit():
            found[-1] = str(int(found[-1]) + 1)
        else:
            found.append("1" if row["visit_type"] == "stop" else row["visit_type"])
    return found


def test_trips_and_breaks_give_the_times_of_the_plan(run_algorithm, two_trips):
    """Reloads are where the rows have them, and breaks where the scheduler put them before."""
    plan, inputs = two_trips
    assert plan.adds_up(10)
    assert kinds(plan).count("reload") == 1
    assert "break" in kinds(plan)
    again = run_algorithm("schedule", STOPS=plan.results["VISITS"], **inputs)
    names = (*TIMES, "visit_type", "trip", "slack_min")
    assert by_visit(again, names) == by_visit(plan, names)
    for name in ("COST", "OVERTIME_MIN", "VIOLATION_COUNT"):
        assert again.results[name] == plan.results[name]
    assert [row["loading_min"] for row in again.rows("ROUTES")] == [20 + 0.5 * 80]


def test_an_edited_reload_is_kept(run_algorithm, two_trips):
    """Two stops later the first trip has too much on board: that is reported, and nothing is moved back."""
    plan, inputs = two_trips
    order = plan.orders()["V1"]
    (reload,) = [row for row in plan.rows("VISITS") if row["visit_type"] == "reload"]
    later = [row for row in plan.rows("VISITS") if row["sequence"] > reload["sequence"]]
    second = sorted(row["sequence"] for row in later if row["visit_type"] == "stop")[1]
    visits = plan.results["VISITS"]
    with edit(visits):
        for feature in visits.getFeatures():
            feature["sequence"] *= 10
            if feature["visit_type"] == "reload":
                feature["sequence"] = second * 10 + 5
            visits.updateFeature(feature)
    again = run_algorithm("schedule", STOPS=visits, **inputs)
    assert again.orders()["V1"] == order
    trips = [row["trip"] for row in again.rows("VISITS") if row["visit_type"] == "stop"]
    before = [row["trip"] for row in plan.rows("VISITS") if row["visit_type"] == "stop"]
    assert trips.count(1) == before.count(1) + 2
    assert "capacity" in " ".join(row["violations"] for row in again.rows("ROUTES"))


def test_an_edited_order_is_kept(run_algorithm, planned):
    """The last stop of a route goes between the first and the second: 1.5."""
    plan, inputs = planned
    order = plan.orders()["V1"]
    change(plan.results["VISITS"], order[-1], sequence=1)
    again = run_algorithm("schedule", STOPS=plan.results["VISITS"], **inputs)
    # Equal numbers keep the order of the layer: the moved row stands behind the first one there.
    assert again.orders()["V1"] == [order[0], order[-1], *order[1:-1]]
    assert any("same sequence number" in text for text in again.log.warnings)


def test_a_stop_moved_to_another_vehicle(run_algorithm, planned):
    """Its load moves with it; too much is reported, not refused."""
    plan, inputs = planned
    moved = plan.orders()["V1"][0]
    receiving = len(plan.orders()["V2"])
    change(plan.results["VISITS"], moved, vehicle_id="V2", sequence=99)
    again = run_algorithm("schedule", STOPS=plan.results["VISITS"], **inputs)
    assert again.orders()["V2"][-1] == moved
    assert again.adds_up(10)
    assert again.rows("VISITS")[0]["load_1"] <= 40
    if (receiving + 1) * 8 > 40:
        assert "capacity" in " ".join(row["violations"] for row in again.rows("ROUTES"))
        assert any(" broken: capacity" in text for text in again.log.infos)


def test_a_late_stop_is_reported_and_kept(run_algorithm):
    """A window that the order cannot keep is a violation with its minutes."""
    rows = [
        {"at": at, "stop_id": f"S{n}", "service_min": 60.0, "vehicle_id": "V1", "sequence": n,
         "tw1_start": "08:00", "tw1_end": "09:00"}
        for n, at in enumerate(spots(3), 1)
    ]  # fmt: skip
    outcome = run_algorithm("schedule", STOPS=layer(rows), DEPOTS=layer([depot()]), START_TIME="08:00")
    assert outcome.orders() == {"V1": ["S1", "S2", "S3"]}
    assert outcome.results["LATE_COUNT"] == 2
    assert outcome.results["VIOLATION_COUNT"] == 2
    last = next(row for row in outcome.rows("VISITS") if row["stop_id"] == "S3")
    assert last["late_min"] > 60
    assert last["violations"] == "time_window"


def test_any_numbered_points_will_do(run_algorithm):
    """Text and decimals as numbers, numeric order (10 after 9), a missing number last."""
    numbers = ["10", "9", "1,5", "1", None]
    rows = [
        {"at": at, "stop_id": f"S{n}", "service_min": 5.0, "vehicle_id": 7, "sequence": number}
        for n, (at, number) in enumerate(zip(spots(5), numbers), 1)
    ]
    outcome = run_algorithm("schedule", STOPS=layer(rows), DEPOTS=layer([depot()]), START_TIME="10:00")
    assert outcome.orders() == {"7": ["S4", "S3", "S2", "S1", "S5"]}
    assert any("sequence is empty" in text for text in outcome.log.warnings)
    assert outcome.rows("VISITS")[0]["end_time"].time() >= QTime(10, 0)


def test_a_row_without_a_vehicle_is_unassigned(run_algorithm, planned):
    """That is how a dispatcher takes a stop off the plan."""
    plan, inputs = planned
    change(plan.results["VISITS"], "S3", vehicle_id=None)
    again = run_algorithm("schedule", STOPS=plan.results["VISITS"], **inputs)
    assert again.adds_up(10)
    assert again.reasons() == {"S3": "excluded"}
    assert "no vehicle serves the stop" in again.rows("UNASSIGNED")[0]["reason_text"]


def test_a_vehicle_that_is_not_there_is_named(run_algorithm, planned):
    """A slip of the pen must not lose the stop."""
    plan, inputs = planned
    change(plan.results["VISITS"], "S3", vehicle_id="V9")
    again = run_algorithm("schedule", STOPS=plan.results["VISITS"], **inputs)
    assert again.reasons() == {"S3": "invalid_input"}
    assert 'vehicle_id "V9"' in again.rows("UNASSIGNED")[0]["reason_text"]
    assert again.adds_up(10)


def test_a_vehicle_added_by_hand_starts_at_the_only_depot(run_algorithm, planned):
    """Without a table of vehicles, writing a new name into vehicle_id makes a new route."""
    plan, _ = planned
    change(plan.results["VISITS"], "S3", vehicle_id="extra", sequence=1)
    again = run_algorithm("schedule", STOPS=plan.results["VISITS"])
    assert again.orders()["extra"] == ["S3"]
    extra = [row for row in again.rows("VISITS") if row["vehicle_id"] == "extra"]
    assert [row["visit_type"] for row in extra] == ["start", "stop", "end"]
    assert any("without depot rows" in text for text in again.log.warnings)


def test_setup_comes_back_under_its_own_name(run_algorithm):
    """VISITS holds the setup done in setup_min and that of the stop in stop_setup_min."""
    rows = stops(2, setup_min=3.0)
    rows[1]["at"] = rows[0]["at"]
    plan = run_algorithm("plan_routes", STOPS=layer(rows), DEPOTS=layer([depot()]))
    first, second = plan.orders()["V1"]
    change(plan.results["VISITS"], first, sequence=2)
    change(plan.results["VISITS"], second, sequence=1)
    again = run_algorithm("schedule", STOPS=plan.results["VISITS"])
    setups = [row["setup_min"] for row in again.rows("VISITS") if row["visit_type"] == "stop"]
    assert again.orders() == {"V1": [second, first]}
    assert setups == [3, 0]


def test_service_time_is_the_planned_one_unless_told_otherwise(run_algorithm, planned):
    """An edited service_min is noticed, and used on request."""
    plan, inputs = planned
    change(plan.results["VISITS"], "S3", service_min=45.0)
    again = run_algorithm("schedule", STOPS=plan.results["VISITS"], **inputs)
    assert any("planned_service_min differs from service_min" in text for text in again.log.warnings)
    used = run_algorithm("schedule", STOPS=plan.results["VISITS"], SERVICE_TIME='"service_min"', **inputs)
    services = [
        next(row["planned_service_min"] for row in outcome.rows("VISITS") if row["stop_id"] == "S3")
        for outcome in (again, used)
    ]
    assert services == [5, 45]


def test_open_ends_stay_open(run_algorithm):
    """A plan whose vehicle starts at its first stop and ends at its last has no depot rows."""
    rows = stops(4)
    vans = table([{"vehicle_id": "V1", "start_depot": "none", "end_depot": "none"}])
    plan = run_algorithm("plan_routes", STOPS=layer(rows), DEPOTS=layer([depot()]), VEHICLES=vans)
    again = run_algorithm("schedule", STOPS=plan.results["VISITS"])
    assert {row["visit_type"] for row in plan.rows("VISITS")} == {"stop"}
    assert by_visit(again) == by_visit(plan)


def test_a_layer_without_order_is_an_error(run_algorithm):
    """There is nothing to keep."""
    with pytest.raises(
        QgsProcessingException, match=r"no field vehicle_id and no field sequence.*VISITS of a plan"
    ):
        run_algorithm("schedule", STOPS=layer([{"at": CENTRE, "stop_id": "S1"}]))
