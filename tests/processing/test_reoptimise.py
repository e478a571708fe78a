"""reoptimise and handle_disruption with the real engine: a day under way on which something goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from qgis.core import QgsProcessingException, QgsProject, QgsVectorLayer

from tests.made_layers import CENTRE, depot, layer, spots, stops, table
from tests.made_streets import crossing, grid, roads, stop

OUTPUTS = {**dict.fromkeys(("CHANGES", "REPORT"), "TEMPORARY_OUTPUT"), "PLAN_DATE": None, "ITERATIONS": 40}
NOW = "2026-05-04T09:30:00"
BEFORE_WORK = "2026-05-04T07:00:00"


def fleet(*vehicles, **values):
    """Depots and a table of vans V1, V2, V3, or of those given, with these values."""
    van = {"shift_start": "08:00", "shift_end": "18:00", "capacity": 60.0, **values}
    rows = [{**van, **one} for one in vehicles or ({"vehicle_id": f"V{number}"} for number in (1, 2, 3))]
    return {"DEPOTS": layer([depot()], name="depots"), "VEHICLES": table(rows), "START_RULE": "early"}


def asked(**values):
    """A layer of 18 stops in a square of ten by ten kilometres, ten units and a quarter of an hour each."""
    rows = [{**row, "at": at} for row, at in zip(stops(18, demand=10.0, **values), spots(18, 0.03))]
    return layer([{**row, "service_min": 15.0} for row in rows])


def of_plan(plan):
    """The layers of a plan as parameters."""
    return {"PLAN": plan.results["VISITS"], "PLAN_LEGS": plan.results["LEGS"]}


def every(layer_of):
    """All values of all features of a layer."""
    return [(feature.attributes(), feature.geometry().asWkt()) for feature in layer_of.getFeatures()]


def stops_of(outcome):
    """Stop -> its row of VISITS."""
    return {row["stop_id"]: row for row in outcome.rows("VISITS") if row["visit_type"] == "stop"}


def changes(outcome):
    """Stop -> its row of CHANGES."""
    return {row["stop_id"]: row for row in outcome.rows("CHANGES")}


def done_by_now(plan):
    """The stops whose service is over at NOW."""
    return {name for name, row in stops_of(plan).items() if row["end_time"].toString("HH:mm") <= "09:30"}


@pytest.fixture
def planned(run_algorithm):
    """A plan of 18 stops on three full vans that leave at eight and are back soon after ten."""
    inputs = fleet()
    return run_algorithm("plan_routes", STOPS=asked(), **inputs), inputs


@pytest.fixture
def again(run_algorithm, planned):
    """A function (name, **parameters) -> Outcome that goes on from the plan at NOW."""
    plan, inputs = planned

    def run(name, **parameters):
        return run_algorithm(name, **{**OUTPUTS, "NOW": NOW, **of_plan(plan), **inputs, **parameters})

    return run


@pytest.fixture
def handle(again):
    """A function (event, **parameters) -> Outcome of handle_disruption."""
    return lambda event, **parameters: again("handle_disruption", EVENT=event, **parameters)


def test_what_is_done_stays_and_the_plan_before_is_not_touched(again, planned):
    """Rows done are the same but for the version; the layer of version 1 is what it was."""
    plan, _ = planned
    before = every(plan.results["VISITS"]), every(plan.results["LEGS"])
    outcome = again("reoptimise", SCOPE="free", VEHICLE_CHANGE_PRICE=0, POSITION_CHANGE_PRICE=0)
    assert (every(plan.results["VISITS"]), every(plan.results["LEGS"])) == before
    assert outcome.results["VERSION"] == 2
    assert outcome.adds_up(18)
    old, new = stops_of(plan), stops_of(outcome)
    done = done_by_now(plan)
    assert 9 <= len(done) < 18
    for name in done:
        names = set(old[name]) - {"version", "at"}
        assert {key: new[name][key] for key in names} == {key: old[name][key] for key in names}
        assert new[name]["at"].equals(old[name]["at"])
    assert {row["plan_id"] for row in new.values()} == {row["plan_id"] for row in old.values()}
    assert {row["version"] for row in new.values()} == {2}


def test_each_stop_of_a_lost_vehicle_is_served_by_another_or_reported(handle, planned):
    """Its goods are fetched where it stands, before the stops that they are for; nothing is lost."""
    plan, _ = planned
    lost = {name for name, row in stops_of(plan).items() if row["vehicle_id"] == "V1"} - done_by_now(plan)
    outcome = handle("vehicle_lost", VEHICLE="V1")
    assert outcome.adds_up(18)
    found, left = stops_of(outcome), outcome.reasons()
    assert lost
    for name in lost:
        assert (name in left) != (name in found and found[name]["vehicle_id"] != "V1")
    told = changes(outcome)
    assert lost <= set(told)
    fetching = {
        row["vehicle_id"]: row["sequence"]
        for row in outcome.rows("VISITS")
        if row["visit_type"] == "transfer"
    }
    served = lost & set(found)
    assert served
    for name in served:
        vehicle = found[name]["vehicle_id"]
        assert fetching[vehicle] < found[name]["sequence"]
        why = f"V1 is lost from 09:30; {vehicle} fetches its goods where V1 stands"
        assert (told[name]["change"], told[name]["why"]) == ("moved", why)
    ends = [row["visit_type"] for row in outcome.rows("VISITS") if row["vehicle_id"] == "V1"]
    assert ends[-1] == "stop"
    assert outcome.results["MOVED_COUNT"] == len(served)


def test_the_load_of_a_lost_vehicle_may_stay_on_it(run_algorithm, handle, planned):
    """Nobody fetches it, in the versions after neither: its stops are not served, and it is said why."""
    plan, inputs = planned
    lost = {name for name, row in stops_of(plan).items() if row["vehicle_id"] == "V1"} - done_by_now(plan)
    outcome = handle("vehicle_lost", VEHICLE="V1", LOST_LOAD="stays")
    assert outcome.adds_up(18)
    assert outcome.reasons() == dict.fromkeys(lost, "excluded")
    text = "Its goods stay on V1, which goes no further."
    assert {row["reason_text"] for row in outcome.rows("UNASSIGNED")} == {text}
    told = changes(outcome)
    assert {told[name]["why"] for name in lost} == {f"V1 is lost from 09:30; left out: {text}"}
    assert not any(row["visit_type"] == "transfer" for row in outcome.rows("VISITS"))
    again = run_algorithm(
        "reoptimise", **{**OUTPUTS, **of_plan(outcome), **inputs},
        PLAN_UNASSIGNED=outcome.results["UNASSIGNED"], NOW="2026-05-04T09:45:00", SCOPE="free",
    )  # fmt: skip
    assert again.adds_up(18)
    assert {row["stop_id"]: row["reason_text"] for row in again.rows("UNASSIGNED")} == dict.fromkeys(
        lost, text
    )


def test_at_stands_for_now_where_that_is_empty(handle):
    """One moment is enough for a vehicle that is lost."""
    one, other = handle("vehicle_lost", VEHICLE="V1", NOW=None, AT=NOW), handle("vehicle_lost", VEHICLE="V1")
    assert one.orders() == other.orders()
    assert {row["why"] for row in one.rows("CHANGES")} == {row["why"] for row in other.rows("CHANGES")}


def test_a_lost_vehicle_stays_lost_in_the_version_after(run_algorithm, handle, planned):
    """The next event is another one, and nobody says it again."""
    _, inputs = planned
    first = handle("vehicle_lost", VEHICLE="V1")
    second = run_algorithm(
        "handle_disruption",
        **{**OUTPUTS, **of_plan(first), **inputs},
        NOW="2026-05-04T09:45:00", EVENT="late", VEHICLE="V2", MINUTES=10,
    )  # fmt: skip
    assert second.results["VERSION"] == 3
    assert second.orders()["V1"] == first.orders()["V1"]
    assert second.adds_up(18)
    rows = [row["visit_type"] for row in second.rows("VISITS") if row["vehicle_id"] == "V1"]
    assert rows[-1] == "stop"


def test_a_sick_driver_before_work_leaves_the_stops_to_the_others(run_algorithm):
    """Goods are still at the depot: vehicles that have room, and one that had no route, take them."""
    inputs = fleet(*({"vehicle_id": f"V{number}"} for number in (1, 2, 3, 4)))
    plan = run_algorithm("plan_routes", STOPS=asked(), **inputs)
    idle = {"V1", "V2", "V3", "V4"} - set(plan.orders())
    assert len(idle) == 1
    gone = sorted(plan.orders())[0]
    outcome = run_algorithm(
        "handle_disruption", **{**OUTPUTS, **of_plan(plan), **inputs},
        NOW=BEFORE_WORK, EVENT="driver_sick", VEHICLE=gone,
    )  # fmt: skip
    assert outcome.adds_up(18)
    assert outcome.reasons() == {}
    assert gone not in outcome.orders()
    assert outcome.orders()[idle.pop()]
    assert {row["why"] for row in outcome.rows("CHANGES") if row["vehicle_before"] == gone} == {
        f"the driver of {gone} is sick from 07:00"
    }


def test_a_late_vehicle_changes_its_own_route_and_at_most_one_other(handle, planned):
    """Only what must change does: arrivals of its own stops, and why."""
    plan, _ = planned
    outcome = handle("late", VEHICLE="V2", MINUTES=25)
    assert outcome.adds_up(18)
    told = changes(outcome)
    late = {name for name, row in stops_of(plan).items() if row["vehicle_id"] == "V2"} - done_by_now(plan)
    assert {told[name]["why"] for name in late} == {"V2 runs 25 min late"}
    assert {told[name]["change_min"] for name in late} == {25.0}
    assert outcome.results["MOVED_COUNT"] == 0
    before, after = plan.orders(), outcome.orders()
    assert before == after


def test_a_late_vehicle_that_would_miss_windows_gives_stops_to_one_other(run_algorithm):
    """The windows of its last stops end when it was to be there: at most two routes have other stops."""
    inputs = fleet(capacity=100.0)
    plan = run_algorithm("plan_routes", STOPS=asked(), **inputs)
    late = max(plan.orders(), key=lambda name: len(plan.orders()[name]))
    last = plan.orders()[late][-1]
    eta = stops_of(plan)[last]["eta"]
    again = asked(tw1_end="18:00")
    index = again.fields().indexOf("tw1_end")
    numbers = {feature["stop_id"]: feature.id() for feature in again.getFeatures()}
    again.dataProvider().changeAttributeValues({numbers[last]: {index: eta.addSecs(300).toString("HH:mm")}})
    plan = run_algorithm("plan_routes", STOPS=again, **inputs)
    late = stops_of(plan)[last]["vehicle_id"]
    outcome = run_algorithm(
        "handle_disruption", **{**OUTPUTS, **of_plan(plan), **inputs},
        NOW="2026-05-04T08:30:00", EVENT="late", VEHICLE=late, MINUTES=25, GOODS="free",
    )  # fmt: skip
    assert outcome.adds_up(18)
    before, after = plan.orders(), outcome.orders()
    assert sum(before.get(name) != after.get(name) for name in {*before, *after}) <= 2
    assert stops_of(outcome)[last]["late_min"] == 0


def test_a_window_that_changes_is_kept_and_told(handle, planned):
    """The stop is served in it, sooner than planned; a window of a stop that is done is a warning."""
    plan, _ = planned
    name, row = max(stops_of(plan).items(), key=lambda entry: entry[1]["eta"].toString("HH:mm:ss"))
    end = row["eta"].addSecs(-300).toString("HH:mm")
    outcome = handle("window", STOP=name, NEW_WINDOW_START="09:00", NEW_WINDOW_END=end)
    assert outcome.adds_up(18)
    assert stops_of(outcome)[name]["start_time"].toString("HH:mm") <= end
    assert changes(outcome)[name]["why"].startswith(f"window changed to 09:00-{end}")
    assert changes(outcome)[name]["change_min"] < -5
    # The next version knows the window from the plan itself.
    assert stops_of(outcome)[name]["tw1_end"] == f"{end}:00"
    done = done_by_now(plan).pop()
    outcome = handle("window", STOP=done, NEW_WINDOW_END="11:00")
    assert any("changes nothing" in text and done in text for text in outcome.log.warnings)


def test_a_new_window_is_known_in_the_versions_after(run_algorithm, handle, planned):
    """Nobody says it again: it stands in the plan, whatever else the next event is."""
    plan, inputs = planned
    name, row = max(stops_of(plan).items(), key=lambda entry: entry[1]["eta"].toString("HH:mm:ss"))
    start = row["eta"].addSecs(3600).toString("HH:mm")
    first = handle("window", STOP=name, NEW_WINDOW_START=start)
    second = run_algorithm(
        "reoptimise", **{**OUTPUTS, **of_plan(first), **inputs}, NOW="2026-05-04T09:45:00", SCOPE="free"
    )
    assert stops_of(second)[name]["start_time"].toString("HH:mm") >= start
    assert stops_of(second)[name]["tw1_start"] == f"{start}:00"


def test_what_the_next_versions_will_not_know_is_told(handle):
    """Shifts are in VEHICLES, and windows may come from an expression."""
    outcome = handle("shift", VEHICLE="V2", NEW_SHIFT_END="17:00")
    assert any("change it in VEHICLES" in text for text in outcome.log.infos)
    outcome = handle("window", STOP="S1", NEW_WINDOW_END="17:00", WINDOW_END="'18:00'")
    assert any("the next ones read WINDOW_END again" in text for text in outcome.log.infos)


def test_a_shift_that_ends_sooner_is_kept_where_it_can_be(handle, planned):
    """V2 is back by its new end, or some of its stops are another's; what cannot be is told as a breach."""
    plan, _ = planned
    end = next(
        row["end_time"]
        for row in plan.rows("VISITS")
        if (row["vehicle_id"], row["visit_type"]) == ("V2", "end")
    )
    sooner = end.addSecs(-600).toString("HH:mm")
    outcome = handle("shift", VEHICLE="V2", NEW_SHIFT_END=sooner, GOODS="free")
    assert outcome.adds_up(18)
    back = [
        row["end_time"].toString("HH:mm")
        for row in outcome.rows("VISITS")
        if (row["vehicle_id"], row["visit_type"]) == ("V2", "end")
    ]
    assert back[0] <= sooner
    assert outcome.results["MOVED_COUNT"] >= 1
    assert outcome.results["VIOLATION_COUNT"] == 0


def test_a_closed_road_is_driven_around_from_its_time_on(run_algorithm):
    """A stop behind it is reached by another way; before its time the road is open."""
    streets = grid()
    inputs = {"DEPOTS": layer([depot()], name="depots"), "ROADS": roads(streets), "START_RULE": "early"}
    inputs["VEHICLES"] = table([{"vehicle_id": "V1", "shift_start": "08:00", "shift_end": "18:00"}])
    asked_for = layer([stop("A", crossing(3, 0))])
    plan = run_algorithm("plan_routes", STOPS=asked_for, **inputs)
    between = crossing(1, 0)
    block = layer([{"at": (between[0] + 0.002, between[1])}], name="works")
    drive = {}
    for at in (BEFORE_WORK, "2026-05-04T12:00:00"):
        outcome = run_algorithm(
            "handle_disruption", **{**OUTPUTS, **of_plan(plan), **inputs},
            NOW=BEFORE_WORK, AT=at, EVENT="road_closed", CLOSED=block,
        )  # fmt: skip
        drive[at] = stops_of(outcome)["A"]["drive_min"]
    before = stops_of(plan)["A"]["drive_min"]
    assert drive["2026-05-04T12:00:00"] == pytest.approx(before)
    assert drive[BEFORE_WORK] > before + 0.5
    # The table says the same, all at once.
    rows = [{"kind": "road_closed", "time": "07:00", "at": (between[0] + 0.002, between[1])}]
    outcome = run_algorithm(
        "reoptimise", **{**OUTPUTS, **of_plan(plan), **inputs},
        NOW=BEFORE_WORK, SCOPE="free", DISRUPTIONS=layer(rows),
    )  # fmt: skip
    assert stops_of(outcome)["A"]["drive_min"] == drive[BEFORE_WORK]
    assert changes(outcome)["A"]["why"] == "a road is closed from 07:00"


def test_several_disruptions_at_once(again, planned):
    """A van lost, another late: each stop says which of the two it is about."""
    plan, _ = planned
    rows = [
        {"kind": "vehicle_lost", "vehicle_id": "V1", "time": "09:20", "minutes": None},
        {"kind": "late", "vehicle_id": "V2", "time": None, "minutes": 25.0},
    ]
    outcome = again("reoptimise", DISRUPTIONS=table(rows, "trouble"))
    assert outcome.adds_up(18)
    told = changes(outcome)
    open_ = set(stops_of(plan)) - done_by_now(plan)
    lost = {name for name in open_ if stops_of(plan)[name]["vehicle_id"] == "V1"}
    assert all(told[name]["why"].startswith("V1 is lost from 09:20") for name in lost)
    assert any(row["why"].startswith("V2 runs 25 min late") for row in told.values())


def mixed_up():
    """A day planned by hand: two vans that cross each other's way all day, and may be planned otherwise."""
    rows = [
        {
            **row,
            "at": at,
            "service_min": 10.0,
            "vehicle_id": f"V{1 + number % 2}",
            "sequence": 1 + number // 2,
        }
        for number, (row, at) in enumerate(zip(stops(12, lock="none"), spots(12, 0.03)))
    ]
    return layer(rows)


@pytest.mark.parametrize("member", ["VEHICLE_CHANGE_PRICE", "PROMISE_PRICE"])
def test_a_high_price_moves_fewer_stops_and_costs_more(run_algorithm, member):
    """From nothing to a price that nothing is worth: what moves falls, what that costs is in the log."""
    inputs = fleet({"vehicle_id": "V1"}, {"vehicle_id": "V2"})
    plan = run_algorithm("schedule", STOPS=mixed_up(), **inputs)
    free = dict.fromkeys(("VEHICLE_CHANGE_PRICE", "POSITION_CHANGE_PRICE", "PROMISE_PRICE"), 0)
    counted = "MOVED_COUNT" if member == "VEHICLE_CHANGE_PRICE" else "PROMISES_MISSED"
    found = {}
    for price in (0, 1000):
        outcome = run_algorithm(
            "reoptimise", **{**OUTPUTS, **of_plan(plan), **inputs, **free, member: price},
            NOW=BEFORE_WORK, SCOPE="free",
        )  # fmt: skip
        assert outcome.adds_up(12)
        found[price] = outcome
        told = next(text for text in outcome.log.infos if text.startswith("Version "))
        print(f"{member} {price}: cost {outcome.results['COST']:.2f}, {told}")
    cheap, dear = (found[price].results for price in (0, 1000))
    assert cheap[counted] >= 3
    assert dear[counted] == 0
    assert cheap["COST"] < dear["COST"] - 1
    assert dear["KEEPING_COST"] > 1
    wish = "on their vehicles" if member == "VEHICLE_CHANGE_PRICE" else "promised arrivals"
    assert any(wish in text for text in found[1000].log.infos)


def test_scopes_allow_what_they_say(run_algorithm):
    """Times: nothing moves. Sequence: each stop stays on its vehicle. Routes: no vehicle more."""
    inputs = fleet()
    plan = run_algorithm("schedule", STOPS=mixed_up(), **inputs)
    free = dict.fromkeys(("VEHICLE_CHANGE_PRICE", "POSITION_CHANGE_PRICE", "PROMISE_PRICE"), 0)
    orders = {}
    for scope in ("times", "sequence", "routes"):
        outcome = run_algorithm(
            "reoptimise", **{**OUTPUTS, **of_plan(plan), **inputs, **free}, NOW=BEFORE_WORK, SCOPE=scope
        )
        assert outcome.adds_up(12)
        orders[scope] = outcome.orders()
    before = plan.orders()
    assert orders["times"] == before
    assert orders["sequence"] != before
    assert {name: set(order) for name, order in orders["sequence"].items()} == {
        name: set(order) for name, order in before.items()
    }
    assert set(orders["routes"]) <= {"V1", "V2"}
    assert {name: set(order) for name, order in orders["routes"].items()} != {
        name: set(order) for name, order in before.items()
    }


def test_changes_lie_in_the_file_and_the_project_of_the_plan(handle, tmp_path):
    """All layers in one GeoPackage, whose project shows the changed stops on top."""
    path = tmp_path / "next.gpkg"
    names = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED", "CHANGES")
    into = {name: f"ogr:dbname='{path}' table=\"{name.lower()}\" (geom)" for name in names}
    outcome = handle("vehicle_lost", VEHICLE="V1", **into)
    stored = QgsVectorLayer(f"{path}|layername=changes", "changes")
    assert stored.featureCount() == outcome.results["MOVED_COUNT"] > 0
    assert stored.renderer().type() == "categorizedSymbol"
    project = QgsProject()
    assert project.read(f"geopackage:{path}?projectName=Optiway%20plan")
    shown = [layer.name() for layer in project.layerTreeRoot().layerOrder()]
    assert shown[:3] == ["Changed stops", "Unassigned stops", "Visits"]


def test_changes_that_nobody_wants_are_not_written(handle):
    """The numbers tell of them all the same."""
    outcome = handle("vehicle_lost", VEHICLE="V1", CHANGES=None, REPORT=None)
    assert not {"CHANGES", "REPORT"} & set(outcome.results)
    assert outcome.results["MOVED_COUNT"] > 0


def test_the_report_says_what_changed_and_why(handle):
    """Old and new vehicle of each stop, with the reason."""
    outcome = handle("vehicle_lost", VEHICLE="V1")
    text = Path(outcome.results["REPORT"]).read_text(encoding="utf-8")
    part = text.split('<section id="what-changed">')[1].split("</section>")[0]
    for row in outcome.rows("CHANGES"):
        assert row["why"] in part
    assert "<dt>Version</dt><dd>2</dd>" in text


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"EVENT": "vehicle_lost"}, "VEHICLE is empty. Fill it: vehicle_lost needs it."),
        ({"EVENT": "vehicle_lost", "VEHICLE": "V1", "NOW": None}, "AT is empty, and so is NOW."),
        ({"EVENT": "late", "VEHICLE": "V1"}, "MINUTES is empty. Fill it: late needs it."),
        ({"EVENT": "late", "VEHICLE": "V9", "MINUTES": 5}, 'No active vehicle is called "V9"'),
        ({"EVENT": "window", "STOP": "S1"}, "NEW_WINDOW_START and NEW_WINDOW_END are empty."),
        ({"EVENT": "window", "STOP": "S99", "NEW_WINDOW_END": "10:00"}, 'No stop of the plan is called "S9'),
        (
            {"EVENT": "window", "STOP": "S1", "NEW_WINDOW_START": "11:00", "NEW_WINDOW_END": "10:00"},
            "NEW_WINDOW_END is before NEW_WINDOW_START",
        ),
        ({"EVENT": "shift", "VEHICLE": "V1"}, "NEW_SHIFT_START and NEW_SHIFT_END are empty."),
        ({"EVENT": "shift", "VEHICLE": "V1", "NEW_SHIFT_END": "07:00"}, "would end before it starts"),
        ({"EVENT": "road_closed"}, "CLOSED is empty. Give a layer that shows where."),
    ],
)  # fmt: skip
def test_what_an_event_lacks_is_told(handle, parameters, told):
    """By the names of the parameters, before anything is planned."""
    with pytest.raises(QgsProcessingException) as raised:
        handle(parameters["EVENT"], **{name: value for name, value in parameters.items() if name != "EVENT"})
    assert told in str(raised.value)


def test_faults_of_the_table_come_with_those_of_the_other_layers(again):
    """All that is wrong is told at once."""
    rows = [
        {"kind": "late", "vehicle_id": "V9", "minutes": 5},
        {"kind": "flood", "vehicle_id": "V1", "minutes": 1},
    ]
    with pytest.raises(QgsProcessingException) as raised:
        again("reoptimise", DISRUPTIONS=table(rows), DEPOTS=layer([depot(tw1_start="soon")]))
    for told in ('"V9"', '"flood"', '"soon"'):
        assert told in str(raised.value)


def test_roads_closed_without_roads_are_refused(handle):
    """An estimate knows no roads."""
    with pytest.raises(QgsProcessingException) as raised:
        handle("road_closed", CLOSED=layer([{"at": CENTRE}]))
    assert "ROADS" in str(raised.value) or "roads" in str(raised.value)
