"""edit_routes with the real engine: what is done stays, what was asked for is done, and nothing is lost."""

from __future__ import annotations

import processing
import pytest
from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelParameter,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProject,
    QgsVectorLayer,
    edit,
)

from tests.made_layers import CENTRE, Log, depot, layer, spots, stops, table
from tests.made_models import lift_by

NOW = "2026-05-04T09:30:00"
MODES = ("keep_order", "insert_best", "reoptimise")
COUNT = 18
MINE = ("plan_id", "version", "at")
NEAR = {"lon": CENTRE[0] + 0.05, "lat": CENTRE[1] + 0.01}


@pytest.fixture
def planned(run_algorithm):
    """A plan of 18 stops on three vans that leave at eight, and its inputs."""
    van = {"shift_start": "08:00", "shift_end": "18:00", "capacity": 90.0}
    inputs = {
        "DEPOTS": layer([depot()], name="depots"),
        "VEHICLES": table([{"vehicle_id": f"V{number}", **van} for number in (1, 2, 3)]),
        "START_RULE": "early",
    }
    made = stops(COUNT, demand=5.0, tw1_start="08:00", tw1_end="17:00", phone="1")
    rows = [
        {**row, "at": at, "service_min": 15.0, "name": f"Shop {row['stop_id']}"}
        for row, at in zip(made, spots(COUNT, 0.03))
    ]
    for row in rows:
        row["allowed_vehicles"] = f"V{1 + int(row['stop_id'][1:]) % 3}"
    return run_algorithm("plan_routes", STOPS=layer(rows), **inputs), inputs


@pytest.fixture
def edit_routes(run_algorithm, planned):
    """A function (edits, mode, **parameters) -> Outcome that edits the plan at NOW."""
    plan, inputs = planned

    def run(edits=None, mode="keep_order", **parameters):
        given = {
            **{"PLAN": plan.results["VISITS"], "PLAN_LEGS": plan.results["LEGS"], **inputs},
            **{"EDITS": edits, "MODE": mode, "NOW": NOW, "PLAN_DATE": None, "ITERATIONS": 30},
            **{"CHANGES": "TEMPORARY_OUTPUT"},
        }
        return run_algorithm("edit_routes", **{**given, **parameters})

    return run


def rows_of(outcome, name="VISITS") -> dict:
    """(vehicle, number) -> the row, as plain values."""
    return {
        (row["vehicle_id"], row["sequence"]): {
            key: str(value) for key, value in row.items() if key not in MINE
        }
        for row in outcome.rows(name)
    }


def done_by_now(outcome) -> dict:
    """The rows of visits that were over at NOW."""
    over = {
        (row["vehicle_id"], row["sequence"])
        for row in outcome.rows("VISITS")
        if row["end_time"].toString("yyyy-MM-ddTHH:mm:ss") <= NOW
    }
    return {key: row for key, row in rows_of(outcome).items() if key in over}


def to_do(outcome) -> dict[str, list[str]]:
    """The stops of each vehicle that were not over at NOW, nor being served."""
    left: dict[str, list[str]] = {}
    for row in outcome.rows("VISITS"):
        if row["visit_type"] == "stop" and row["start_time"].toString("yyyy-MM-ddTHH:mm:ss") > NOW:
            left.setdefault(row["vehicle_id"], []).append(row["stop_id"])
    return left


def stays_done(plan, after) -> None:
    """Rows of visits and legs that were over are what they were, but for the version."""
    before = done_by_now(plan)
    assert len(before) > 5
    now = rows_of(after)
    for key, row in before.items():
        assert {name: now[key][name] for name in row} == row
        assert {value for name, value in now[key].items() if name not in row} <= {"NULL", "None"}
    legs = {key: row for key, row in rows_of(plan, "LEGS").items() if key in before}
    again = rows_of(after, "LEGS")
    assert {key: again[key] for key in legs} == legs
    shapes = [
        {(row["vehicle_id"], row["sequence"]): row["at"].asWkt(6) for row in one.rows("LEGS")}
        for one in (plan, after)
    ]
    assert all(shapes[0][key] == shapes[1][key] for key in legs)


def without(orders: dict[str, list[str]], *names: str) -> dict[str, list[str]]:
    """The orders without these stops."""
    return {vehicle: [stop for stop in order if stop not in names] for vehicle, order in orders.items()}


def place_of(orders: dict[str, list[str]], stop_id: str) -> tuple[str, int]:
    """Vehicle and place of a stop."""
    return next((vehicle, order.index(stop_id)) for vehicle, order in orders.items() if stop_id in order)


@pytest.mark.parametrize("mode", MODES)
def test_all_kinds_of_edits_in_one_table(edit_routes, planned, mode):
    """One added, one removed, a window moved, one moved and one locked, at half past nine."""
    plan, _ = planned
    left = to_do(plan)
    removed, late, locked = (left[vehicle][-1] for vehicle in ("V1", "V2", "V3"))
    moved = left["V3"][0] if left["V3"][0] != locked else left["V3"][1]
    number = {row["stop_id"]: row["sequence"] for row in plan.rows("VISITS")}
    before_it = left["V1"][1]
    edits = table(
        [
            {"action": "add", "stop_id": "N", "vehicle_id": "V1", "sequence": number[before_it], **NEAR},
            {"action": "remove", "stop_id": removed},
            {"action": "update", "stop_id": late, "tw1_end": "16:30", "service_min": 20.0},
            {"action": "move", "stop_id": moved, "vehicle_id": "V3", "sequence": number[locked] + 0.5},
            {"action": "lock", "stop_id": locked, "lock": "vehicle"},
        ],
        tw1_end="string",
    )
    after = edit_routes(edits, mode)
    stays_done(plan, after)
    assert after.adds_up(COUNT + 1)
    assert after.reasons() == {removed: "excluded"}
    assert after.results["VIOLATION_COUNT"] == 0 and after.results["VERSION"] == 2
    orders = after.orders()
    assert place_of(orders, "N")[0] == "V1" and place_of(orders, locked)[0] == "V3"
    assert place_of(orders, moved)[0] == "V3"
    changed = {row["stop_id"]: row for row in after.rows("VISITS")}
    assert changed[late]["planned_service_min"] == 20 and changed[late]["tw1_end"] == "16:30"
    assert changed[late]["phone"] == "1" and changed[locked]["lock"] == "vehicle"
    told = {row["stop_id"]: row["why"] for row in after.rows("CHANGES")}
    assert "added" in told["N"] and "removed" in told[removed]
    names = {row["stop_id"]: row["name"] for row in after.rows("CHANGES")}
    assert names[removed] == f"Shop {removed}"
    if mode == "keep_order":
        expected = {vehicle: list(order) for vehicle, order in left.items()}
        expected["V1"].insert(1, "N")
        expected["V1"].remove(removed)
        expected["V3"].remove(moved)
        expected["V3"].append(moved)
        assert {vehicle: stops[-len(expected[vehicle]) :] for vehicle, stops in orders.items()} == expected
    if mode == "insert_best":
        touched = ("N", removed, late, moved)
        assert without(orders, *touched) == without(plan.orders(), *touched)


def test_a_stop_goes_where_it_costs_least(edit_routes, planned):
    """Right beside a stop still to do there is a place that costs next to nothing; the others keep theirs."""
    plan, _ = planned
    beside = to_do(plan)["V2"][0]
    at = next(row["at"].asPoint() for row in plan.rows("VISITS") if row["stop_id"] == beside)
    edits = layer([{"at": (at.x() + 1e-5, at.y()), "action": "add", "stop_id": "N"}])
    after = edit_routes(edits, "insert_best", GOODS="free")
    stays_done(plan, after)
    order = after.orders()["V2"]
    assert abs(order.index("N") - order.index(beside)) == 1
    assert without(after.orders(), "N") == plan.orders()
    assert after.results["MOVED_COUNT"] == 0


@pytest.mark.parametrize("whole", [False, True], ids=["its table", "its file"])
def test_the_plan_before_is_not_written_over(run_algorithm, planned, tmp_path, whole):
    """Neither by its name in a GeoPackage nor with all of the file: it is refused before anything is made."""
    plan, inputs = planned
    path = tmp_path / "plan.gpkg"
    given = {"INPUT": plan.results["VISITS"], "OUTPUT": str(path), "LAYER_NAME": "visits"}
    processing.run("native:savefeatures", given)
    before = path.read_bytes()
    where = str(path) if whole else f"ogr:dbname='{path}' table=\"visits\" (geom)"
    with pytest.raises(QgsProcessingException, match="VISITS would take the place of PLAN"):
        run_algorithm("edit_routes", PLAN=f"{path}|layername=visits", VISITS=where, **inputs)
    assert path.read_bytes() == before


def test_rules_that_an_edit_breaks_are_told(edit_routes, planned):
    """keep_order does as it is told and says what is wrong with it; nothing is refused or left out."""
    plan, _ = planned
    last = to_do(plan)["V1"][-1]
    edits = table([{"action": "update", "stop_id": last, "tw1_start": "none", "tw1_end": "08:30"}])
    after = edit_routes(edits)
    assert after.orders() == plan.orders() and after.adds_up(COUNT)
    (broken,) = (row for row in after.rows("VISITS") if row["stop_id"] == last)
    assert broken["violations"] == "time_window" and after.results["LATE_COUNT"] == 1


def test_a_plan_without_edits_and_before_its_day_is_what_it_was(edit_routes, planned):
    """All that is new is the version; costs add up to those of the plan."""
    plan, _ = planned
    after = edit_routes(NOW=None)
    assert rows_of(after) == rows_of(plan)
    assert after.results["COST"] == pytest.approx(plan.results["COST"])
    assert after.rows("CHANGES") == []
    (versions,) = {(row["version"], row["parent_version"]) for row in after.rows("ROUTES")}
    assert versions == (2, 1)
    (ids,) = {row["plan_id"] for row in (*after.rows("VISITS"), *plan.rows("VISITS"))}
    assert ids


def test_hand_edits_of_the_plans_own_table_count(edit_routes, planned, run_algorithm):
    """A new number, another vehicle, a vehicle taken out, a window: as somebody left them in the table."""
    plan, _ = planned
    left = to_do(plan)
    last, taken_out = left["V1"][-1], left["V2"][-1]
    visits = plan.results["VISITS"]
    with edit(visits):
        for feature in visits.getFeatures():
            if feature["stop_id"] == last:
                feature["sequence"] = int(feature["sequence"]) - 1
                feature["tw1_end"] = "16:00"
                visits.updateFeature(feature)
            elif feature["stop_id"] == left["V1"][-2]:
                feature["sequence"] = int(feature["sequence"]) + 1
                visits.updateFeature(feature)
            elif feature["stop_id"] == taken_out:
                feature["vehicle_id"] = None
                visits.updateFeature(feature)
    kept = edit_routes()
    stays_done(plan, kept)
    assert kept.orders()["V1"][-2:] == [last, left["V1"][-2]]
    assert kept.reasons().keys() == {taken_out}
    assert kept.adds_up(COUNT)
    put_in = edit_routes(mode="insert_best")
    assert put_in.adds_up(COUNT) and put_in.reasons() == {}
    assert without(put_in.orders(), taken_out) == without(kept.orders(), taken_out)


def test_edits_go_on_from_version_to_version(edit_routes, planned):
    """Each version is a plan that can be edited, later in the day; what was removed stays so."""
    plan, _ = planned
    left = to_do(plan)
    gone = left["V1"][-1]
    second = edit_routes(table([{"action": "remove", "stop_id": gone}]))
    layers = {
        "PLAN": second.results["VISITS"],
        "PLAN_LEGS": second.results["LEGS"],
        "PLAN_UNASSIGNED": second.results["UNASSIGNED"],
    }
    for mode in MODES:
        third = edit_routes(
            table([{"action": "add", "stop_id": "N", "vehicle_id": "V2", **NEAR}]),
            mode,
            **{**layers, "NOW": "2026-05-04T10:15:00"},
        )
        assert third.results["VERSION"] == 3 and third.adds_up(COUNT + 1)
        assert third.reasons() == {gone: "excluded"}
        stays_done(second, third)
    back = edit_routes(table([{"action": "add", "stop_id": gone, "vehicle_id": "V1"}]), **layers)
    assert back.reasons() == {} and back.orders() == plan.orders()


def test_what_cannot_be_done_is_told_at_once_and_nothing_is(edit_routes, planned):
    """A stop that is done, one that nobody knows, and one that has no vehicle where the order is kept."""
    plan, _ = planned
    (done, *_) = (row["stop_id"] for row in plan.rows("VISITS") if row["visit_type"] == "stop")
    edits = table(
        [
            {"action": "remove", "stop_id": done},
            {"action": "remove", "stop_id": "nobody"},
            {"action": "add", "stop_id": "N", **NEAR},
        ]
    )
    with pytest.raises(QgsProcessingException) as refused:
        edit_routes(edits)
    told = str(refused.value)
    assert "is done" in told and '"nobody" is no stop' in told and "vehicle_id is empty" in told


def test_status_says_what_is_done(edit_routes, planned):
    """Without NOW: visits marked done stay, with what was noted of them, whatever the clock says."""
    plan, _ = planned
    visits = plan.results["VISITS"]
    with edit(visits):
        for feature in visits.getFeatures():
            if feature["vehicle_id"] == "V1" and feature["sequence"] <= 1:
                feature["status"] = "done"
                feature["actual_departure"] = feature["end_time"].addSecs(600)
                visits.updateFeature(feature)
    first = plan.orders()["V1"][0]
    with pytest.raises(QgsProcessingException, match="is done"):
        edit_routes(table([{"action": "remove", "stop_id": first}]), NOW=None)
    after = edit_routes(table([{"action": "remove", "stop_id": plan.orders()["V2"][0]}]), NOW=None)
    rows, before = rows_of(after), rows_of(plan)
    assert {rows["V1", at]["status"] for at in (0, 1)} == {"done"}
    assert rows["V1", 1] == before["V1", 1] and rows["V1", 2]["eta"] > before["V1", 2]["eta"]
    assert after.adds_up(COUNT)


def test_a_model_edits_and_goes_on(optiway_provider, planned):
    """Layers and numbers of the next version are there for the next step."""
    plan, _ = planned
    made = QgsProcessingModelAlgorithm("Edit and lift", "tests")
    kinds = {"plan": QgsProcessing.SourceType.TypeVectorPoint, "edits": QgsProcessing.SourceType.TypeVector}
    for name, kind in kinds.items():
        made.addModelParameter(
            QgsProcessingParameterFeatureSource(name, name, [kind]), QgsProcessingModelParameter(name)
        )
    child = QgsProcessingModelChildAlgorithm("optiway:edit_routes")
    child.setChildId("edit")
    value = QgsProcessingModelChildParameterSource.fromStaticValue
    of_model = QgsProcessingModelChildParameterSource.fromModelParameter
    for name, given in (
        ("PLAN", of_model("plan")),
        ("EDITS", of_model("edits")),
        ("MODE", value("insert_best")),
        ("NOW", value(NOW)),
        ("TIME_ZONE", value("Europe/Lisbon")),
        ("START_TIME", value("08:00")),
        ("TIME_LIMIT", value(5)),
        ("ITERATIONS", value(30)),
        ("SEED", value(0)),
    ):
        child.addParameterSources(name, [given])
    made.addChildAlgorithm(child)
    lift_by(made, "edit", "VISITS", "VERSION")
    valid, problems = made.validate()
    assert valid, problems
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    output = made.destinationParameterDefinitions()[0].name()
    edits = table([{"action": "add", "stop_id": "N", **NEAR}])
    given = {"plan": plan.results["VISITS"], "edits": edits, output: "TEMPORARY_OUTPUT"}
    lifted = processing.run(made, given, feedback=Log(), context=context)[output]
    assert {feature.geometry().constGet().z() for feature in lifted.getFeatures()} == {2}
    assert "N" in {feature["stop_id"] for feature in lifted.getFeatures()}


def test_layers_that_nobody_wants_are_left_out(edit_routes, planned):
    """A batch defines outputs that are left empty as ones without a place: no layers, but the numbers."""
    plan, _ = planned
    sinks = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED", "CHANGES")
    nowhere = {**{name: QgsProcessingOutputLayerDefinition("") for name in sinks}, "REPORT": ""}
    after = edit_routes(table([{"action": "remove", "stop_id": to_do(plan)["V1"][0]}]), **nowhere)
    assert "CHANGES" not in after.results and "VISITS" not in after.results
    assert (after.results["VERSION"], after.results["UNASSIGNED_COUNT"]) == (2, 1)


def test_all_layers_go_into_one_geopackage(edit_routes, planned, tmp_path):
    """With the changes among them, and styled; it opens as the plan before does."""
    plan, _ = planned
    path = tmp_path / "next.gpkg"
    names = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED", "CHANGES")
    outputs = {name: f"ogr:dbname='{path}' table=\"{name.lower()}\" (geom)" for name in names}
    after = edit_routes(table([{"action": "remove", "stop_id": to_do(plan)["V1"][0]}]), **outputs)

    counts = {name: QgsVectorLayer(f"{path}|layername={name.lower()}").featureCount() for name in names}
    assert counts["ROUTES"] == 3 and counts["UNASSIGNED"] == 1 and counts["CHANGES"] >= 1
    stored = QgsVectorLayer(f"{path}|layername=changes")
    assert {feature["change"] for feature in stored.getFeatures()} >= {"removed"}
    assert after.results["VERSION"] == 2


def test_goods_of_a_new_stop_are_fetched_where_they_are(edit_routes, planned):
    """At the depot: a vehicle under way goes there first, a visit of its own; with goods free it has them."""
    plan, _ = planned
    edits = table([{"action": "add", "stop_id": "N", "vehicle_id": "V1", "demand": 5.0, **NEAR}])
    bound, free = (edit_routes(edits, GOODS=goods) for goods in ("bound", "free"))
    kinds = {
        name: [row["visit_type"] for row in one.rows("VISITS") if row["vehicle_id"] == "V1"]
        for name, one in (("bound", bound), ("free", free))
    }
    assert kinds["bound"].count("transfer") == 1 and "transfer" not in kinds["free"]
    assert bound.orders() == free.orders() and bound.results["COST"] > free.results["COST"]
    stays_done(plan, bound)


def test_an_edited_stop_that_fits_nowhere_is_left_out_with_its_reason(edit_routes, planned):
    """Where places are searched for, rules are kept: nobody can be there at eight any more."""
    plan, _ = planned
    edits = table([{"action": "add", "stop_id": "N", "tw1_end": "08:15", **NEAR}])
    for mode in ("insert_best", "reoptimise"):
        after = edit_routes(edits, mode)
        assert after.reasons() == {"N": "time_window"} and after.adds_up(COUNT + 1)
        assert after.results["VIOLATION_COUNT"] == 0
        stays_done(plan, after)


def test_goods_on_board_stay_there(edit_routes, planned):
    """A stop whose parcel is on one van cannot be given to another by a row, unless goods are free."""
    plan, _ = planned
    stop = to_do(plan)["V1"][-1]
    edits = table([{"action": "move", "stop_id": stop, "vehicle_id": "V2"}])
    with pytest.raises(QgsProcessingException, match=r"is on V1.*GOODS"):
        edit_routes(edits)
    after = edit_routes(edits, GOODS="free")
    assert after.orders()["V2"][-1] == stop and after.results["MOVED_COUNT"] == 1


LUNCH = {"break_id": "lunch", "duration_min": 30.0, "tw_start": "11:30", "tw_end": "13:30"}
COFFEE = {"break_id": "coffee", "duration_min": 15.0, "after_work_min": 120.0}


@pytest.mark.parametrize(
    ("breaks", "clocks"),
    [([LUNCH], ("06:00", "08:00", "09:00")), ([LUNCH, COFFEE], ("06:00", "08:00"))],
)
def test_looking_at_the_day_moves_no_arrival(run_algorithm, town_sources, breaks, clocks):
    """Whenever before those leave whose breaks are to come: these are then placed anew."""
    day = {**town_sources, "BREAKS": table(breaks), "ITERATIONS": 30, "WORKERS": 1}
    plan = run_algorithm("plan_routes", **day)
    assert any(row["visit_type"] == "break" for row in plan.rows("VISITS"))
    given = {name: value for name, value in day.items() if name != "STOPS"}
    for clock in clocks:
        after = run_algorithm(
            "edit_routes",
            **given,
            PLAN=plan.results["VISITS"],
            PLAN_LEGS=plan.results["LEGS"],
            NOW=f"2026-05-04T{clock}:00",
            CHANGES="TEMPORARY_OUTPUT",
        )
        assert after.rows("CHANGES") == []
        arrivals = [
            {(row["vehicle_id"], row["sequence"]): str(row["eta"]) for row in one.rows("VISITS")}
            for one in (plan, after)
        ]
        assert arrivals[0] == arrivals[1]
