"""EDITS: what its rows ask for, how they are carried out on a plan that was read, and what cannot be."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtCore import QTime

from optiway_qgis.layers.read_day import PLAN, Disrupted, PlanLayers, read_day
from optiway_qgis.layers.read_edits import read_edits, rows_without_vehicle
from optiway_qgis.layers.read_stops import NO_EXPRESSIONS
from optiway_qgis.layers.read_visits import VisitsLayer
from optiway_qgis.model.problem import KEEP_ORDER, Depot, Vehicle, Window
from tests.made_layers import CENTRE, layer, reading, source_of, spots, table

DEPOTS = (Depot("D1", *CENTRE),)
VEHICLES = tuple(
    Vehicle(name, start_depot="D1", end_depot="D1", shift=Window(28800, 64800), capacity=(100_000,))
    for name in ("V1", "V2", "V3")
)
NOON, AFTERNOON = 12 * 3600, 14 * 3600
AT = dict(zip(("S1", "S2", "S3", "S4", "S5", "P", "D"), spots(7)))
STATUS = {"S1": "done"}


def row(stop_id: str, vehicle_id: str, number: float, **values):
    """A row of a plan's VISITS."""
    clock = f"{8 + int(number)}:00"
    return {
        "at": AT.get(stop_id, CENTRE),
        "stop_id": stop_id,
        "vehicle_id": vehicle_id,
        "route_id": vehicle_id,
        "sequence": number,
        "visit_type": "stop",
        "eta": clock,
        "start_time": clock,
        "end_time": clock,
        "planned_service_min": 5.0,
        "status": STATUS.get(stop_id, "planned"),
        **values,
    }


def plan(**of: dict) -> list[dict]:
    """S1 (done), S2, S3 and a pair on V1, S4 and S5 on V2; `of` has more values of stops."""
    rows = [
        row("D1", "V1", 0, visit_type="start", status="done"),
        row("D1", "V1", 6, visit_type="end"),
        row("D1", "V2", 0, visit_type="start"),
        row("D1", "V2", 3, visit_type="end"),
        row("S1", "V1", 1, tw1_start="08:00", tw1_end="11:00", demand=3.0),
        row(
            "S2",
            "V1",
            2,
            tw1_start="09:00",
            tw1_end="11:00",
            tw2_start="15:00",
            tw2_end="18:00",
            phone="12",
            demand=2.0,
        ),
        row("S3", "V1", 3),
        row("P", "V1", 4, kind="pickup", pair_id="one", demand=5.0),
        row("D", "V1", 5, kind="delivery", pair_id="one"),
        row("S4", "V2", 1, demand=1.0, service_min=5.0),
        row("S5", "V2", 2),
        row("S6", "", 0, status="cancelled", tw1_end="10:00"),
    ]
    return [{**one, **of.get(one["stop_id"], {})} for one in rows]


def edit(edits, searches=True, rows=None, **how):
    """Read the plan and the edits; the day before and after them, and what was told."""
    shared = reading()
    visits = VisitsLayer(source_of(layer(rows or plan(), name="visits")), PLAN)
    layers = PlanLayers(visits)
    read = read_day(
        layers, DEPOTS, VEHICLES, {}, None, "", Disrupted(), "free", shared, {PLAN: NO_EXPRESSIONS}
    )
    assert shared.errors == []
    made = edits if hasattr(edits, "getFeatures") else table(edits, name="edits")
    edited = read_edits(source_of(made), visits, read, shared, searches, **how)
    return edited, read, shared


def edited(edits, **how):
    """The day after edits that can be made."""
    after, _, shared = edit(edits, **how)
    assert shared.errors == []
    return after


def errors(edits, **how) -> list[str]:
    """What keeps the edits from being made; the day is then as it was."""
    after, read, shared = edit(edits, **how)
    assert after.read is read and after.loose == () and after.edits == ()
    return shared.errors


def orders(after) -> dict[str, tuple[str, ...]]:
    """The stops still to do of each vehicle."""
    return {entry.vehicle_id: entry.stops for entry in after.read.sequences}


def stop(after, name):
    """A stop of the problem."""
    (found,) = (one for one in after.read.problem.stops if one.id == name)
    return found


def carried(after, name) -> dict:
    """What travels along with a stop, by field; empty values are left out."""
    along = after.read.carried
    values = zip(along.fields.names(), along.attributes[name])
    return {field: value for field, value in values if value is not None and str(value) != "NULL"}


def test_what_a_row_leaves_empty_stays():
    """One end of the first window is new: its start, the second window and the amount are as they were."""
    after = edited([{"action": "update", "stop_id": "S2", "tw1_end": "12:00", "demand": None}])
    assert stop(after, "S2").windows == (Window(32400, NOON), Window(54000, 64800))
    assert stop(after, "S2").delivery == (2000,)
    assert carried(after, "S2")["tw1_end"] == "12:00" and carried(after, "S2")["tw1_start"] == "09:00"
    assert carried(after, "S2")["phone"] == "12"
    assert after.loose == ("S2",) and orders(after)["V1"] == ("S3", "P", "D")


def test_none_empties_a_value():
    """And a window without its second one is what is left."""
    after = edited(
        [{"action": "change", "stop_id": "S2", "tw2_start": "none", "tw2_end": "none", "demand": "none"}]
    )
    assert stop(after, "S2").windows == (Window(32400, 39600),)
    assert stop(after, "S2").delivery == ()
    assert edited([{"action": "change", "stop_id": "S3", "tw2_end": "none"}]).loose == ()  # it has none
    assert {"tw2_start", "tw2_end", "demand"}.isdisjoint(carried(after, "S2"))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"name": "Bakery"}, {"name": "Bakery"}),
        ({"service": 240}, {"service": 240}),
        ({"service_min": "7,5"}, {"service": 450}),
        ({"setup_min": 2}, {"setup": 120}),
        ({"late_max_min": -1}, {"late_max": None}),
        ({"late_cost_per_hour": 9}, {"late_cost": 9}),
        ({"delivery_1": 4, "delivery_2": 6}, {"delivery": (4000, 6000)}),
        ({"kind": "pickup", "demand": 4}, {"pickup": (4000,), "delivery": ()}),
        ({"pickup": "1 2"}, {"pickup": (1000, 2000), "delivery": (1000,)}),
        ({"priority": 7}, {"priority": 7}),
        ({"order_rule": "strict", "order_rank": 3}, {"order_rule": "strict", "order_rank": 3}),
        ({"before_stop": "S5"}, {"before": ("S5",)}),
        ({"ready_time": "10:00", "due_time": QTime(14, 0)}, {"ready": 36000, "due": AFTERNOON}),
        ({"goods_class": "food", "penalty": 12.5}, {"goods_class": "food", "penalty": 12.5}),
        ({"skills": "fridge, crane"}, {"skills": ("fridge", "crane")}),
        ({"allowed_vehicles": "V2", "forbidden_vehicles": "V1"}, {"allowed_vehicles": ("V2",)}),
        ({"time_windows": "[[36000, 43200]]"}, {"windows": (Window(36000, NOON),)}),
        ({"lock": "vehicle"}, {"vehicle_id": "V2"}),
        ({"lock": "order"}, {"vehicle_id": "V2", "keep": KEEP_ORDER, "keep_rank": 1000}),
        ({"lock": "4"}, {"order_rule": "first", "vehicle_id": ""}),
    ],
)
def test_every_field_of_stops_can_be_updated(cells, expected):
    """In the names, units and words of the stops layer; and it travels along, so that it is read again."""
    rows = [{"action": "update", "stop_id": "S4", **cells}]
    after = edited(rows)
    found = stop(after, "S4")
    assert {name: getattr(found, name) for name in expected} == expected
    assert carried(after, "S4").keys() >= set(cells) - {"service"}


def test_amounts_count_under_whatever_name_they_come():
    """The plan has demand, the row delivery_1, or the other way round: the row counts, now and next time."""
    after = edited([{"action": "update", "stop_id": "S4", "delivery_1": 0}])
    assert stop(after, "S4").delivery == (0,) and "demand" not in carried(after, "S4")
    rows = [{**one, "demand": None, "delivery_1": 8.0} if one["stop_id"] == "S4" else one for one in plan()]
    again = edited([{"action": "update", "stop_id": "S4", "demand": 6}], rows=rows)
    assert stop(again, "S4").delivery == (6000,)
    assert carried(again, "S4")["delivery_1"] == 6 and "demand" not in carried(again, "S4")


def test_a_stop_is_added_before_the_number_it_has():
    """Numbers are those of the plan's table, also with decimals; a point in the layer, or lon and lat."""
    place = (CENTRE[0] + 0.01, CENTRE[1])
    rows = [
        {
            "action": "insert",
            "stop_id": "N1",
            "vehicle_id": "V1",
            "sequence": 2.5,
            "phone": "77",
            "demand": 4.0,
        },
        {"action": "add", "stop_id": "N2", "vehicle_id": "V2", "sequence": 9.0, "phone": None},
        {"action": "new", "stop_id": "N3", "tw1_start": "10:00"},
    ]
    points = layer([{**one, "at": place} for one in rows], name="edits")
    plain = table([{**one, "x": place[0], "y": place[1]} for one in rows], name="edits")
    for source in (points, plain):
        after = edited(source)
        assert orders(after) == {"V1": ("S2", "N1", "S3", "P", "D"), "V2": ("S4", "S5", "N2")}
        assert after.loose == ("N3",)
        assert (stop(after, "N1").lon, stop(after, "N1").lat) == pytest.approx(place)
        assert stop(after, "N1").delivery == (4000,)
        assert carried(after, "N1").items() >= {"stop_id": "N1", "phone": "77", "demand": 4.0}.items()
        assert carried(after, "N3")["tw1_start"] == "10:00"


def test_points_come_in_any_crs():
    """An edits layer in UTM beside a plan in degrees."""
    made = layer([{"at": (532_700, 4_555_500), "action": "add", "stop_id": "N"}], crs="EPSG:32629")
    found = stop(edited(made), "N")
    assert (found.lon, found.lat) == pytest.approx((-8.61, 41.15), abs=0.01)


def test_a_point_elsewhere_is_a_new_place():
    """One where the stop is already changes nothing."""
    moved = layer([{"at": (-8.7, 41.2), "action": "update", "stop_id": "S2"}])
    after = edited(moved)
    assert (stop(after, "S2").lon, stop(after, "S2").lat) == (-8.7, 41.2) and after.loose == ("S2",)
    there = layer([{"at": AT["S2"], "action": "update", "stop_id": "S2", "priority": 3}])
    assert edited(there).loose == ()


def test_an_empty_action_is_guessed_and_told():
    """A new stop with a place is added, a known one updated; what is neither is an error."""
    rows = [
        {"action": None, "stop_id": "N", "lon": -8.6, "lat": 41.1, "priority": None},
        {"action": "", "stop_id": "S3", "lon": None, "lat": None, "priority": 4},
    ]
    after, _, shared = edit(rows)
    assert shared.errors == []
    assert {one.id for one in after.read.problem.stops} >= {"N"} and stop(after, "S3").priority == 4
    told = " ".join(finding.text for finding in shared.findings)
    assert "read as add" in told and "read as update" in told
    assert "no stop of the plan" in errors([{"action": "", "stop_id": "X", "priority": 1}])[0]


def test_removed_stops_are_left_out_with_their_pair():
    """Nothing of them is lost: they are among the stops that no route serves."""
    after, _, shared = edit([{"action": "cancel", "stop_id": "P"}, {"action": "delete", "stop_id": "S5"}])
    left = {one.stop_id: one for one in after.read.carried.rejected}
    assert left.keys() == {"S6", "P", "D", "S5"}
    assert {one.reason for one in left.values()} == {"excluded"}
    assert left["S5"].geometry.asPoint().x() == pytest.approx(AT["S5"][0])
    assert left["S5"].attributes[after.read.carried.fields.lookupField("stop_id")] == "S5"
    assert {one.id for one in after.read.problem.stops}.isdisjoint(left)
    assert any("other stop of its pair" in finding.text for finding in shared.findings)


def test_a_stop_that_was_left_out_can_come_back():
    """With what is filled now, and what it had."""
    after = edited([{"action": "add", "stop_id": "S6", "vehicle_id": "V2", "sequence": 1, "demand": 2}])
    assert orders(after)["V2"] == ("S6", "S4", "S5")
    assert stop(after, "S6").windows == (Window(0, 36000),) and stop(after, "S6").delivery == (2000,)
    assert after.read.carried.rejected == ()


def test_moves_and_locks():
    """A lock goes along when its stop is moved, now and in the next version."""
    after = edited([{"action": "move", "stop_id": "S3", "vehicle_id": "V2", "sequence": 2}])
    assert orders(after)["V2"] == ("S4", "S3", "S5")
    assert "lock" not in after.read.carried.fields.names()
    locked = edited([{"action": "lock", "stop_id": "S3"}])
    assert stop(locked, "S3").vehicle_id == "V1"
    assert carried(locked, "S3").items() >= {"lock": "vehicle", "vehicle_id": "V1"}.items()
    rows = plan(S3={"lock": "order", "stop_vehicle_id": "V1", "stop_sequence": 3.0})
    moved = edited([{"action": "move", "stop_id": "S3", "vehicle_id": "V2", "sequence": 2}], rows=rows)
    found = stop(moved, "S3")
    assert (found.vehicle_id, found.keep, found.keep_rank) == ("V2", KEEP_ORDER, 2000)
    assert carried(moved, "S3").items() >= {"lock": "order", "vehicle_id": "V2", "sequence": 2.0}.items()
    freed = edited([{"action": "lock", "stop_id": "S3", "lock": "none"}], rows=rows)
    assert (stop(freed, "S3").vehicle_id, stop(freed, "S3").keep) == ("", "")


def test_a_lock_that_excludes_removes():
    """The word of the stops layer for it."""
    after = edited([{"action": "lock", "stop_id": "S5", "lock": "exclude"}])
    assert "S5" in {one.stop_id for one in after.read.carried.rejected}


def test_stops_bound_without_a_lock_stay_bound_when_another_is_locked():
    """Where there is no lock, a vehicle_id binds; a lock for one stop must not set the others free."""
    rows = plan(S4={"stop_vehicle_id": "V2"})
    after = edited([{"action": "lock", "stop_id": "S3"}], rows=rows)
    assert carried(after, "S4")["lock"] == "vehicle"


def test_a_pair_is_added_as_two_rows():
    """Amounts may stand at one of them."""
    at = {"action": "add", "lon": -8.6, "lat": 41.14, "pair_id": "two"}
    after = edited(
        [{**at, "stop_id": "NP", "kind": "pickup", "demand": 3}, {**at, "stop_id": "ND", "kind": "delivery"}]
    )
    assert stop(after, "ND").picked_up_at == "NP" and stop(after, "ND").delivery == (3000,)
    (alone,) = errors([{**at, "stop_id": "NP", "kind": "pickup"}])
    assert "alone" in alone and 'stop_id "NP"' in alone


def test_columns_hold_what_their_type_holds():
    """A time for a time column, a whole number for a whole one, and loads that no other stop has."""
    rows = [{**one, "prio": None} for one in plan(S2={"ready_time": QTime(8, 0), "priority": 3})]
    made = layer(rows, name="visits", types={"ready_time": "time", "priority": "integer"})
    shared = reading()
    visits = VisitsLayer(source_of(made), PLAN)
    read = read_day(
        PlanLayers(visits),
        DEPOTS,
        VEHICLES,
        {},
        None,
        "",
        Disrupted(),
        "free",
        shared,
        {PLAN: NO_EXPRESSIONS},
    )
    edits = table(
        [{"action": "update", "stop_id": "S2", "ready_time": "9:30", "priority": 4.0, "delivery_3": 1.0}]
    )
    after = read_edits(source_of(edits), visits, read, shared, True)
    assert shared.errors == []
    assert carried(after, "S2")["ready_time"] == QTime(9, 30) and carried(after, "S2")["priority"] == 4
    assert after.read.problem.dimensions == 3 and stop(after, "S2").delivery == (2000, 0, 1000)


def test_vehicles_have_the_skills_of_new_stops_where_skills_are_not_judged():
    """Without a table of vehicles nobody said what they can do."""
    after = edited(
        [{"action": "add", "stop_id": "N", "lon": -8.6, "lat": 41.1, "skills": "crane"}], judges_skills=False
    )
    assert all("crane" in vehicle.skills for vehicle in after.read.problem.vehicles)


def test_what_cannot_be_understood_is_told_all_at_once():
    """Each with its row, field, value and what to do."""
    found = errors(
        [
            {
                "action": "explode",
                "stop_id": "S2",
                "tw1_end": None,
                "lon": None,
                "lat": None,
                "sequence": None,
            },
            {"action": "update", "stop_id": "", "tw1_end": "12:00"},
            {"action": "update", "stop_id": "S3", "tw1_end": "noon"},
            {"action": "add", "stop_id": "N1"},
            {"action": "add", "stop_id": "N2", "lon": 200, "lat": 41},
            {"action": "add", "stop_id": "N3", "lon": -8.6},
            {"action": "update", "stop_id": "S4"},
            {"action": "remove", "stop_id": "S1"},
            {"action": "remove", "stop_id": "nobody"},
            {"action": "move", "stop_id": "S5", "sequence": -1},
            {"action": "add", "stop_id": "N4", "lon": -8.6, "lat": 41.1, "sequence": 2},
        ]
    )
    for number, words in enumerate(
        (
            ('"explode"', "action"),
            ("stop_id", "is empty"),
            ('tw1_end "noon"', "Write"),
            ("needs a place", "lon and lat"),
            ("lon", "not on the earth"),
            ("lat", "Fill both"),
            ("changes nothing",),
            ("is done", "Take the row out"),
            ("no stop of the plan",),
            ('sequence "-1"', "negative"),
            ("needs a vehicle_id",),
        ),
        1,
    ):
        told = [text for text in found if text.startswith(f"Feature {number} of EDITS")]
        assert len(told) == 1 and all(word in told[0] for word in words), (number, found)
    assert len(found) == 11


def test_a_lock_of_what_is_done_is_refused_as_that():
    """It has a vehicle, though it is none to lock it to."""
    (told,) = errors([{"action": "lock", "stop_id": "S1"}])
    assert "is done" in told


def test_what_belongs_to_a_pair_is_changed_with_care():
    """Its name not at all, its longest ride where it is kept."""
    other = errors([{"action": "update", "stop_id": "P", "pair_id": "two"}])
    assert "pairs stay as they are" in other[0]
    same = edited([{"action": "update", "stop_id": "P", "pair_id": "one", "priority": 3}])
    assert stop(same, "P").priority == 3 and stop(same, "D").picked_up_at == "P"
    assert "at its delivery" in errors([{"action": "update", "stop_id": "P", "ride_max_min": 30}])[0]
    assert stop(edited([{"action": "update", "stop_id": "D", "ride_max_min": 30}]), "D").ride_max == 1800


def test_a_table_without_stop_ids_is_no_table_of_edits():
    """Nothing says what its rows are about."""
    assert "no field stop_id" in errors([{"action": "remove"}])[0]


def test_where_a_vehicle_was_going_it_goes_only_if_that_comes_first():
    """An edit that puts another stop first, or takes the next one away, sends it elsewhere."""
    rows = plan(S2={"status": "en_route"})
    assert [
        one.next_stop
        for one in edited([{"action": "update", "stop_id": "S3", "priority": 1}], rows=rows).read.day.progress
    ] == ["S2"]
    gone = edited([{"action": "remove", "stop_id": "S2"}], rows=rows)
    assert [one.next_stop for one in gone.read.day.progress] == [""]
    assert edited([{"action": "update", "stop_id": "S2", "tw1_end": "12:30"}], rows=rows).loose == ()


def test_rows_without_a_vehicle_are_to_be_put_in():
    """Somebody took the vehicle out by hand, or drew a new stop; what was cancelled is not."""
    rows = [*plan(S3={"vehicle_id": ""}), row("N", "", 0)]
    shared = reading()
    visits = VisitsLayer(source_of(layer(rows, name="visits")), PLAN)
    read = read_day(
        PlanLayers(visits),
        DEPOTS,
        VEHICLES,
        {},
        None,
        "",
        Disrupted(),
        "free",
        shared,
        {PLAN: NO_EXPRESSIONS},
    )
    assert rows_without_vehicle(visits, read, shared) == ("S3", "N")


def test_how_visits_stand_is_not_noted_in_edits():
    """A stop that is cancelled there is removed; any other status is told to be without effect."""
    after = edited([{"action": "", "stop_id": "S5", "status": "cancelled"}])
    assert "S5" in {one.stop_id for one in after.read.carried.rejected}
    _, _, shared = edit([{"action": "update", "stop_id": "S5", "status": "done", "priority": 3}])
    assert "no_effect" in {finding.code for finding in shared.findings}
    _, _, shared = edit([{"action": "update", "stop_id": "S5", "status": "planned", "priority": 3}])
    assert "no_effect" not in {finding.code for finding in shared.findings}


def test_fields_that_an_expression_stands_for_are_told():
    """The next version is read with the expression again."""
    rows = [{"action": "update", "stop_id": "S4", "delivery_1": 3.0, "tw1_end": "12:00"}]
    _, _, shared = edit(rows, expressions={"DEMAND": "4", "WINDOW_START": "x", "SERVICE_TIME": "5"})
    told = [finding.text for finding in shared.findings if finding.code == "no_effect"]
    assert len(told) == 2 and told[0].startswith("WINDOW_START") and told[1].startswith("DEMAND")
