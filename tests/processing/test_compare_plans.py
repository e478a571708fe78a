"""compare_plans with the real engine: both plans as schedule times and judges them, and what differs."""

from __future__ import annotations

import csv
from pathlib import Path

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
    QgsProcessingParameterFeatureSource,
    QgsProject,
    QgsVectorLayer,
)

from optiway_qgis.model.compare import FIGURES, OF_PLANS
from tests.made_layers import CENTRE, Log, depot, layer, spots, table
from tests.made_models import lift_by
from tests.made_streets import crossing, grid, roads, stop

HOURS = {"shift_start": "08:00", "shift_end": "18:00"}
FLEET = [{"vehicle_id": f"V{number}", **HOURS, "capacity": 30} for number in (1, 2, 3)]
ORDER = {"V1": ["S1", "S2", "S3"], "V2": ["S4", "S5", "S6"], "V3": ["S7", "S8"]}
AT = {f"S{number}": at for number, at in enumerate(spots(8), 1)}


def numbered(order, leave_out=(), **values):
    """A layer of points in the order given; those of the vehicle "" have none."""
    rows = [
        {
            **{"at": AT[stop_id], "stop_id": stop_id, "name": f"shop {stop_id}", "service_min": 5.0},
            **{"demand": 10, "vehicle_id": vehicle_id, "sequence": number},
            **{name: of[stop_id] for name, of in values.items() if stop_id in of},
        }
        for vehicle_id, stops in order.items()
        for number, stop_id in enumerate(stops, 1)
        if stop_id not in leave_out
    ]
    return layer(rows, name="numbered")


@pytest.fixture
def fleet():
    """Depots and vehicles of all plans here."""
    return {
        "DEPOTS": layer([depot()], name="depots"),
        "VEHICLES": table(FLEET),
        "PLAN_DATE": "2026-05-04",
        "START_TIME": "08:00",
    }


@pytest.fixture
def compared(run_algorithm, fleet):
    """A function (layer before, layer after, **parameters) -> Outcome."""

    def run(before, after, log=None, **parameters):
        return run_algorithm("compare_plans", log, BEFORE=before, AFTER=after, **{**fleet, **parameters})

    return run


def changes(outcome):
    """Stop -> its row in CHANGES."""
    return {row["stop_id"]: row for row in outcome.rows("CHANGES")}


def figures(outcome, vehicle_id=None):
    """Name -> before and after, of the whole plans or of a vehicle."""
    return {
        row["name"]: (row["before"], row["after"])
        for row in outcome.rows("COMPARISON")
        if (row["vehicle_id"] or None) == vehicle_id
    }


def test_a_plan_beside_itself(compared):
    """Nothing differs, down to the last bit."""
    outcome = compared(numbered(ORDER), numbered(ORDER))
    assert outcome.rows("CHANGES") == []
    assert {row["difference"] for row in outcome.rows("COMPARISON")} == {0}
    assert {row["percent"] for row in outcome.rows("COMPARISON")} == {0}
    results = outcome.results
    assert results["COST_BEFORE"] == results["COST_AFTER"] > 0
    assert [results[name] for name in ("COST_DIFFERENCE", "MOVED_COUNT", "UNSERVED_BEFORE")] == [0, 0, 0]
    assert "All stops are served alike." in outcome.log.infos


def test_an_edited_plan_gives_exactly_its_edits(compared):
    """S3 to another vehicle, S8 off, S1 and S2 exchanged; all at the ends, so that nobody else notices."""
    edited = {"V1": ["S2", "S1"], "V2": ["S4", "S5", "S6", "S3"], "V3": ["S7"], "": ["S8"]}
    outcome = compared(numbered(ORDER), numbered(edited))
    found = changes(outcome)
    assert {stop_id: row["change"] for stop_id, row in found.items()} == {
        "S1": "later",
        "S2": "earlier",
        "S3": "moved",
        "S8": "removed",
    }
    moved = found["S3"]
    assert (moved["vehicle_before"], moved["vehicle_after"]) == ("V1", "V2")
    assert (moved["sequence_before"], moved["sequence_after"]) == (3, 4)
    minutes = moved["eta_before"].secsTo(moved["eta_after"]) / 60
    assert moved["change_min"] == pytest.approx(minutes)
    assert found["S1"]["change_min"] > 0 > found["S2"]["change_min"]
    assert not found["S8"]["vehicle_after"]
    assert not found["S8"]["eta_after"]
    assert "no vehicle serves the stop" in found["S8"]["remark"]
    assert outcome.results["MOVED_COUNT"] == 1
    assert (outcome.results["UNSERVED_BEFORE"], outcome.results["UNSERVED_AFTER"]) == (0, 1)
    # V2 carries 40 where 30 fit
    assert (outcome.results["VIOLATIONS_BEFORE"], outcome.results["VIOLATIONS_AFTER"]) == (0, 1)
    assert [row["at"].asPoint().x() for row in outcome.rows("CHANGES") if row["stop_id"] == "S3"] == [
        pytest.approx(AT["S3"][0])
    ]


def test_figures_are_those_that_schedule_gives_each_plan(compared, run_algorithm, fleet):
    """The same scheduler and checker, alone and side by side; the vehicles add up to the whole."""
    orders = (ORDER, {"V1": ["S1", "S2", "S3", "S7"], "V2": ["S6", "S5", "S4"]})
    outcome = compared(*map(numbered, orders))
    found = figures(outcome)
    assert list(found) == list(FIGURES)
    for side, order in enumerate(orders):
        alone = run_algorithm("schedule", STOPS=numbered(order), **fleet)
        numbers = {
            **{"cost": "COST", "distance_km": "DISTANCE_KM", "drive_min": "DRIVE_MIN"},
            **{"routes": "ROUTE_COUNT", "stops_served": "ASSIGNED_COUNT", "violations": "VIOLATION_COUNT"},
        }
        for name, number in numbers.items():
            assert found[name][side] == pytest.approx(alone.results[number]), name
    of_vehicles = [figures(outcome, f"V{number}") for number in (1, 2, 3)]
    for name in of_vehicles[0]:
        for side in (0, 1):
            total = sum(one[name][side] for one in of_vehicles)
            assert total == pytest.approx(found[name][side]), name
    assert outcome.results["COST_DIFFERENCE"] == pytest.approx(found["cost"][1] - found["cost"][0])


def test_stops_that_one_layer_lacks_are_said(compared):
    """A row that is only in one of the layers is a stop that the other plan does not serve."""
    outcome = compared(numbered(ORDER, leave_out=["S8"]), numbered(ORDER, leave_out=["S3"]))
    found = changes(outcome)
    assert {stop_id: row["change"] for stop_id, row in found.items()} == {"S3": "removed", "S8": "added"}
    assert found["S3"]["remark"] == "AFTER has no row for it."
    assert found["S8"]["remark"] == "BEFORE has no row for it."
    assert "Only BEFORE has a row for the stop (S3)" in outcome.log.warnings
    assert "Only AFTER has a row for the stop (S8)" in outcome.log.warnings
    assert (outcome.results["UNSERVED_BEFORE"], outcome.results["UNSERVED_AFTER"]) == (1, 1)


def test_stops_that_neither_plan_serves_are_counted(compared):
    """Rows without a vehicle in both, and one whose vehicle there is not."""
    before = {"V1": ["S1", "S2"], "": ["S3", "S4"]}
    after = {"V1": ["S1", "S2"], "": ["S3"], "V9": ["S4"]}
    outcome = compared(numbered(before), numbered(after))
    assert (outcome.results["UNSERVED_BEFORE"], outcome.results["UNSERVED_AFTER"]) == (2, 2)
    assert outcome.rows("CHANGES") == []
    assert any('vehicle_id "V9"' in text for text in outcome.log.warnings)


def test_all_stops_of_the_day_count(compared):
    """What neither plan took in is not lost: read or not, with a vehicle of its own or without."""
    asked = layer(
        [
            {"at": AT["S1"], "stop_id": "S1", "service_min": 99.0, "lock": None},
            {"at": AT["S2"], "stop_id": "X1", "service_min": 5.0, "lock": None},
            {"at": AT["S3"], "stop_id": "X2", "service_min": 5.0, "lock": "exclude"},
        ],
        types={"lock": "string"},
    )
    after = {**ORDER, "V3": ["S7"]}
    outcome = compared(numbered(ORDER), numbered(after), STOPS=asked)
    assert (outcome.results["UNSERVED_BEFORE"], outcome.results["UNSERVED_AFTER"]) == (2, 3)
    assert set(changes(outcome)) == {"S8"}
    assert figures(outcome)["service_min"] == (40, 35)
    assert "STOPS: stops in neither plan: 1." in outcome.log.infos
    page = Path(outcome.results["REPORT"]).read_text(encoding="utf-8")
    assert "Only STOPS has a row for it." in page
    assert ">X2<" in page
    assert page.count('class="cross"') == 3


def test_the_unassigned_stops_of_a_plan_are_stops_to_count(compared, run_algorithm, fleet):
    """Also when there are none, or the VISITS of a plan are given."""
    stops = numbered(ORDER)
    plan = run_algorithm("plan_routes", STOPS=stops, **{**fleet, "VEHICLES": table(FLEET[:1])})
    left = plan.results["UNASSIGNED_COUNT"]
    assert left > 0
    visits = plan.results["VISITS"]
    outcome = compared(visits, visits, STOPS=plan.results["UNASSIGNED"])
    assert outcome.results["UNSERVED_BEFORE"] == outcome.results["UNSERVED_AFTER"] == left
    for nothing_more in (layer([], name="none"), visits):
        assert compared(visits, visits, STOPS=nothing_more).results["UNSERVED_AFTER"] == 0


def test_data_of_a_stop_that_differ_are_told_and_those_of_after_count(compared, run_algorithm, fleet):
    """Else a shorter service would look like a better order."""
    outcome = compared(numbered(ORDER), numbered(ORDER, service_min={"S2": 45.0}))
    assert (
        "service of a stop differs between BEFORE and AFTER: that of AFTER counts for both (S2)"
        in outcome.log.warnings
    )
    assert outcome.results["COST_DIFFERENCE"] == 0
    assert figures(outcome)["service_min"] == (80, 80)


@pytest.mark.parametrize("bare_is_after", [False, True])
def test_what_only_one_layer_has_a_column_for_counts_for_both(compared, bare_is_after):
    """A list of stops with vehicle and number is enough for one of the plans."""
    rows = [
        {"at": AT[stop_id], "stop_id": stop_id, "vehicle_id": vehicle_id, "sequence": number}
        for vehicle_id, stops in ORDER.items()
        for number, stop_id in enumerate(stops, 1)
    ]
    layers = [numbered(ORDER), layer(rows, name="bare")]
    outcome = compared(*(layers if bare_is_after else layers[::-1]))
    assert outcome.rows("CHANGES") == []
    assert figures(outcome)["service_min"] == (40, 40)
    assert not [text for text in outcome.log.warnings if "differs between" in text]
    told = "AFTER has no column for delivery, name, pickup, service: what BEFORE says counts for both."
    assert (told in outcome.log.infos) == bare_is_after


def test_without_fleet_the_vehicles_of_both_plans_are_the_same(compared, run_algorithm, fleet):
    """One vehicle per name, with the depots of the visits of whichever plan has it, and no limits."""
    renamed = {"V1": ["S1", "S2", "S3"], "V4": ["S4", "S5", "S6"], "V3": ["S7", "S8"]}
    vans = table([*FLEET, {"vehicle_id": "V4", **HOURS}])
    plans = [
        run_algorithm("schedule", STOPS=numbered(order), **{**fleet, "VEHICLES": vans})
        for order in (ORDER, renamed)
    ]
    before, after = (plan.results["VISITS"] for plan in plans)
    outcome = compared(before, after, DEPOTS=None, VEHICLES=None, PLAN_DATE=None)
    found = changes(outcome)
    assert {stop_id: row["change"] for stop_id, row in found.items()} == dict.fromkeys(ORDER["V2"], "moved")
    assert {row["change_min"] for row in found.values()} == {0}
    assert outcome.results["COST_DIFFERENCE"] == pytest.approx(0)
    assert list(figures(outcome, "V2")["stops_served"]) == [3, 0]
    assert list(figures(outcome, "V4")["stops_served"]) == [0, 3]


def test_without_fleet_a_vehicle_has_one_depot(compared, run_algorithm, fleet):
    """Else a plan would be better for its depot; the log says whose depot counts."""
    depots = [layer([depot(name, at)], name="depots") for name, at in (("D1", CENTRE), ("D2", AT["S1"]))]
    before, after = (
        run_algorithm("schedule", STOPS=numbered(ORDER), **{**fleet, "DEPOTS": one}).results["VISITS"]
        for one in depots
    )
    outcome = compared(before, after, DEPOTS=None, VEHICLES=None)
    told = "BEFORE and AFTER have different depots for a vehicle: those of AFTER count (V1, V2, V3)"
    assert told in outcome.log.warnings
    assert outcome.rows("CHANGES") == []
    assert outcome.results["COST_DIFFERENCE"] == 0
    alone = run_algorithm("schedule", STOPS=after)
    assert outcome.results["COST_AFTER"] == pytest.approx(alone.results["COST"])


def test_another_crs_and_format_make_no_difference(compared, tmp_path):
    """CHANGES are in the CRS of the plan after."""
    edited = {**ORDER, "V2": ["S4", "S5"], "V3": ["S7", "S8", "S6"]}
    path = str(tmp_path / "after.gpkg")
    processing.run(
        "native:reprojectlayer", {"INPUT": numbered(edited), "TARGET_CRS": "EPSG:3857", "OUTPUT": path}
    )
    outcome = compared(numbered(ORDER), QgsVectorLayer(path, "after", "ogr"))
    assert not [text for text in outcome.log.warnings if "differs between" in text]
    assert {stop_id: row["change"] for stop_id, row in changes(outcome).items()} == {"S6": "moved"}
    assert outcome.results["CHANGES"].crs().authid() == "EPSG:3857"
    assert changes(outcome)["S6"]["at"].asPoint().x() < -900_000


def test_table_and_csv_file_are_the_same(compared):
    """Also when the name of a vehicle is a formula for a spreadsheet."""
    fleet = table([*FLEET, {"vehicle_id": "=1+1", **HOURS, "capacity": 30}])
    outcome = compared(numbered(ORDER), numbered({**ORDER, "V3": ["S7"], "=1+1": ["S8"]}), VEHICLES=fleet)
    with open(outcome.results["CSV"], encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    rows = outcome.rows("COMPARISON")
    assert len(written) == len(rows) == len(FIGURES) + 4 * (len(FIGURES) - len(OF_PLANS))
    assert {row["vehicle_id"] for row in written} == {"", "V1", "V2", "V3", "'=1+1"}
    for text, row in zip(written, rows):
        assert text["name"] == row["name"]
        for name in ("before", "after", "difference"):
            assert float(text[name]) == pytest.approx(row[name], abs=1e-6)
        assert bool(text["percent"]) == isinstance(row["percent"], float)


def test_report_is_one_file_with_both_plans(compared):
    """Names of stops and layers are shown, nothing is loaded."""
    outcome = compared(numbered(ORDER), numbered({**ORDER, "V2": ["S4", "S5"], "V3": ["S7", "S8", "S6"]}))
    text = Path(outcome.results["REPORT"]).read_text(encoding="utf-8")
    assert "Two plans compared" in text
    assert "shop S6" in text
    assert text.count('class="map"') == 2
    assert "http" not in text.replace("http-equiv", "")


def test_a_plan_by_estimate_and_one_by_roads_judged_on_roads(run_algorithm, compared):
    """A river with one bridge: as the crow flies near stops go together, on roads those of each bank."""
    banks = [row for row in grid() if not crosses(row)]
    stops = layer([stop(f"S{x}{y}", crossing(x, y)) for x in (1, 3, 5) for y in (2, 3)])
    inputs = {
        "DEPOTS": layer([depot(at=crossing(0, 2))], name="depots"),
        "VEHICLES": table(
            [
                {"vehicle_id": name, **HOURS, "max_stops": 3, "cost_per_km": 1, "cost_per_hour": 0}
                for name in ("V1", "V2")
            ]
        ),
        "ROADS": roads(banks),
        "PLAN_DATE": "2026-05-04",
    }
    crow = run_algorithm("plan_routes", STOPS=stops, TRAVEL="estimate", **inputs)
    road = run_algorithm("plan_routes", STOPS=stops, **inputs)
    outcome = compared(crow.results["VISITS"], road.results["VISITS"], **inputs)
    assert outcome.results["COST_AFTER"] == pytest.approx(road.results["COST"])
    assert outcome.results["COST_BEFORE"] != pytest.approx(crow.results["COST"])
    assert outcome.results["COST_DIFFERENCE"] < -1
    assert outcome.results["MOVED_COUNT"] >= 2
    assert outcome.results["UNSERVED_BEFORE"] == outcome.results["UNSERVED_AFTER"] == 0


def crosses(row) -> bool:
    """Whether a street leads over the river between the third and the fourth row, but for the one bridge."""
    return any(
        row["at"] == f"LineString ({crossing(column, 2)[0]:.9f} {crossing(column, 2)[1]:.9f}, "
        f"{crossing(column, 3)[0]:.9f} {crossing(column, 3)[1]:.9f})"
        for column in range(1, 6)
    )


def test_numbers_go_on_to_the_next_step_of_a_model(optiway_provider, fleet):
    """A model that compares two layers and lifts the changed stops to the height COST_DIFFERENCE."""
    made = QgsProcessingModelAlgorithm("Compare and lift", "tests")
    point = [QgsProcessing.SourceType.TypeVectorPoint]
    for name in ("before", "after", "depots"):
        made.addModelParameter(
            QgsProcessingParameterFeatureSource(name, name, point), QgsProcessingModelParameter(name)
        )
    child = QgsProcessingModelChildAlgorithm("optiway:compare_plans")
    child.setChildId("compare")
    given = QgsProcessingModelChildParameterSource.fromModelParameter
    for name in ("before", "after", "depots"):
        child.addParameterSources(name.upper(), [given(name)])
    child.addParameterSources("START_TIME", [QgsProcessingModelChildParameterSource.fromStaticValue("08:00")])
    made.addChildAlgorithm(child)
    lift_by(made, "compare", "CHANGES", "COST_DIFFERENCE")
    valid, problems = made.validate()
    assert valid, problems
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    output = made.destinationParameterDefinitions()[0].name()
    inputs = {
        "before": numbered(ORDER),
        "after": numbered({"V1": [*ORDER["V1"], *ORDER["V3"]], "V2": ORDER["V2"]}),
        "depots": fleet["DEPOTS"],
        output: "TEMPORARY_OUTPUT",
    }
    features = list(processing.run(made, inputs, feedback=Log(), context=context)[output].getFeatures())
    assert {feature["stop_id"] for feature in features} == {"S7", "S8"}
    (height,) = {feature.geometry().constGet().z() for feature in features}
    assert height < -40  # a vehicle less saves its 50


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"stop_id": "S1", "vehicle_id": "V1"}, r"AFTER \(numbered\) has no field sequence"),
        ({"vehicle_id": "V1", "sequence": 1}, r"AFTER \(numbered\) has no field stop_id.*matched by it"),
    ],
)
def test_a_layer_that_is_no_plan_is_an_error(compared, row, message):
    """There is nothing to compare, or nothing to compare by."""
    with pytest.raises(QgsProcessingException, match=message):
        compared(numbered(ORDER), layer([{"at": CENTRE, **row}], name="numbered"))


def test_plans_of_two_days_need_a_date(compared):
    """Times are read against the plan date."""
    before, after = (layer([{**row(), "start_time": f"2026-05-0{day}T08:30:00"}]) for day in (4, 5))
    with pytest.raises(
        QgsProcessingException, match="BEFORE begins on 2026-05-04 and AFTER begins on 2026-05-05"
    ):
        compared(before, after, PLAN_DATE=None)
    assert compared(before, after, PLAN_DATE="2026-05-05").results["COST_DIFFERENCE"] == 0


def row():
    """A stop that V1 serves."""
    return {"at": AT["S1"], "stop_id": "S1", "vehicle_id": "V1", "sequence": 1, "service_min": 5.0}
