"""Stops layers into stops: every unit, every bad value, and nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsPointXY,
    QgsProject,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QTime

from optiway_qgis.layers.read_stops import Expressions, read_stops
from optiway_qgis.model.problem import Stop, Window
from optiway_qgis.model.reasons import EXCLUDED, INVALID_INPUT
from tests.made_layers import CENTRE, layer, reading, source_of, spots

EIGHT, NINE, TEN, NOON = 28800, 32400, 36000, 43200


def read(rows, expressions=None, shared=None, **options):
    """Read rows as a stops layer; returns what was read and what the readers share."""
    made = layer(rows, **options)
    shared = shared or reading()
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.layerScope(made))
    stops = read_stops(source_of(made), shared, Expressions(expressions or {}, context))
    return stops, shared


def one(**values):
    """Read one stop with these values; it must be accepted."""
    stops, _ = read([{"at": CENTRE, "stop_id": "S1", **values}])
    assert [stop.text for stop in stops.rejected] == []
    return stops.stops[0]


def refused(**values):
    """Read one stop with these values; it must be refused. Returns the sentence."""
    stops, shared = read([{"at": CENTRE, "stop_id": "S1", **values}])
    assert (stops.stops, shared.errors) == ([], [])
    assert stops.rejected[0].reason == INVALID_INPUT
    return stops.rejected[0].text


def test_every_field_arrives_in_the_units_of_the_model():
    """Minutes become seconds, quantities thousandths, lists tuples."""
    stop = one(
        name="Corner shop",
        service_min=7.5,
        setup_min="2",
        tw1_start="08:00",
        tw1_end="09:00",
        tw2_start="10:00",
        tw2_end="12:00",
        delivery_1=2.5,
        delivery_3=1,
        pickup_2="0,25",
        priority=40,
        order_rule="Strict",
        order_rank=3,
        penalty=12.5,
        skills="fridge, liftgate,fridge",
        allowed_vehicles="V1,V2",
        forbidden_vehicles="V3",
        vehicle_id="V2",
        lock="vehicle",
    )
    assert (stop.id, stop.name, stop.service, stop.setup) == ("S1", "Corner shop", 450, 120)
    assert stop.windows == (Window(EIGHT, NINE), Window(TEN, NOON))
    assert (stop.delivery, stop.pickup) == ((2500, 0, 1000), (0, 250))
    assert (stop.priority, stop.order_rule, stop.order_rank, stop.penalty) == (40, "strict", 3, 12.5)
    assert stop.skills == ("fridge", "liftgate")
    assert (stop.allowed_vehicles, stop.forbidden_vehicles) == (("V1", "V2"), ("V3",))
    assert stop.vehicle_id == "V2"
    assert (stop.lon, stop.lat) == CENTRE


def test_a_stop_without_any_field_is_a_stop():
    """Only geometry is needed; a zero service time is worth a warning."""
    stops, shared = read([{"at": CENTRE}, {"at": spots(1)[0]}])
    assert [stop.id for stop in stops.stops] == ["stop-1", "stop-2"]
    assert any("no service_min" in text for text in shared.feedback.warnings)
    assert any("no stop_id" in text and "stop-1, stop-2" in text for text in shared.warnings.texts())


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["Kiosk", " School"], ["Kiosk", "School"]),
        ([7.0, 12.0], ["7", "12"]),
        (["Kiosk", "Kiosk "], ["stop-1", "stop-2"]),
        (["Kiosk", NULL], ["stop-1", "stop-2"]),
        (["Kiosk", ""], ["stop-1", "stop-2"]),
    ],
)
def test_a_name_is_the_id_where_there_is_none_and_each_stop_has_its_own(names, ids):
    """As in ArcGIS, where Name tells orders apart; two stops of one name are two stops."""
    stops, shared = read([{"at": CENTRE, "Name": name} for name in names])
    assert [stop.id for stop in stops.stops] == ids
    told = any("Name (as stop_id)" in text for text in shared.feedback.infos)
    assert told == (ids[0] != "stop-1")
    assert told != any("no stop_id" in text for text in shared.warnings.texts())


def test_a_name_or_description_is_no_id_beside_one():
    """What an id column leaves empty is named by the feature; a description is none however unique."""
    beside, _ = read([{"at": CENTRE, "id": "A", "name": "Kiosk"}, {"at": CENTRE, "id": "", "name": "School"}])
    described, _ = read([{"at": CENTRE, "description": "Kiosk"}])
    assert [stop.id for stop in beside.stops] == ["A", "stop-2"]
    assert [(stop.id, stop.name) for stop in described.stops] == [("stop-1", "Kiosk")]


@pytest.mark.parametrize(
    ("values", "delivery", "pickup"),
    [
        ({"demand": 4}, (4000,), ()),
        ({"demand": 4, "kind": "pickup"}, (), (4000,)),
        ({"demand": 4, "delivery_1": 3}, (3000,), ()),
        ({"demand": 4, "delivery_1": 0}, (4000,), ()),
        ({"DeliveryQuantities": "100 5"}, (100000, 5000), ()),
        ({"delivery": "[2, 3]"}, (2000, 3000), ()),
        ({"PickupQuantities": "7"}, (), (7000,)),
    ],
)
def test_demand_and_lists_of_quantities(values, delivery, pickup):
    """One number, nine fields or one text: the same quantities."""
    stop = one(**values)
    assert (stop.delivery, stop.pickup) == (delivery, pickup)


def test_names_with_a_unit_of_their_own_are_converted_and_told():
    """VROOM's service is in seconds: reading 300 as five hours would ruin the plan."""
    stops, shared = read([{"at": CENTRE, "id": 1, "service": 300, "time_windows": "[[28800, 36000]]"}])
    assert (stops.stops[0].id, stops.stops[0].service) == ("1", 300)
    assert stops.stops[0].windows == (Window(EIGHT, TEN),)
    assert any("service is a name of VROOM, read in seconds" in text for text in shared.feedback.warnings)
    assert any("id (as stop_id)" in text for text in shared.feedback.infos)


def test_arcgis_rules_and_revenue():
    """AssignmentRule by code, specialties parted by blanks, a revenue of 0 as none."""
    stop = one(RouteName="V1", AssignmentRule=2, SpecialtyNames="fridge liftgate", Revenue=0.0)
    assert (stop.vehicle_id, stop.skills, stop.penalty) == ("V1", ("fridge", "liftgate"), None)
    assert one(RouteName="V1", AssignmentRule=3).vehicle_id == ""
    assert one(REVENUE=0.0).penalty is None


@pytest.mark.parametrize(
    ("lock", "vehicle_id"), [("vehicle", "V1"), ("none", ""), (None, ""), ("Vehicle ", "V1")]
)
def test_lock_decides_whether_the_vehicle_is_kept(lock, vehicle_id):
    """With a lock column, only its word counts."""
    row = {"at": CENTRE, "stop_id": "S1", "vehicle_id": "V1", "lock": lock}
    stops, _ = read([row], types={"lock": "string"})
    assert stops.stops[0].vehicle_id == vehicle_id


def test_a_vehicle_without_a_lock_column_is_kept_and_told():
    """Whoever fills vehicle_id means it."""
    stops, shared = read([{"at": CENTRE, "stop_id": "S1", "vehicle_id": "V1"}])
    assert stops.stops[0].vehicle_id == "V1"
    assert any("no lock" in text for text in shared.feedback.infos)


def test_lock_exclude_leaves_the_stop_out_even_when_it_could_not_be_read():
    """An excluded stop needs no correct values."""
    stops, _ = read([{"at": None, "stop_id": "S1", "lock": "exclude", "service_min": "abc"}])
    assert [(stop.stop_id, stop.reason) for stop in stops.rejected] == [("S1", EXCLUDED)]


@pytest.mark.parametrize(
    ("values", "windows"),
    [
        ({"tw1_start": "08:00"}, (Window(EIGHT, 2 * 86400),)),
        ({"tw1_end": "09:00"}, (Window(0, NINE),)),
        ({"tw1_start": "08:00", "tw1_end": "10:00", "tw2_start": "09:00", "tw2_end": "12:00"},
         (Window(EIGHT, NOON),)),
        ({"tw1_start": "10:00", "tw1_end": "12:00", "tw2_start": "08:00", "tw2_end": "09:00"},
         (Window(EIGHT, NINE), Window(TEN, NOON))),
        ({"tw1_start": "08:00", "tw1_end": "09:00", "tw2_start": "09:00", "tw2_end": "10:00"},
         (Window(EIGHT, TEN),)),
        ({"tw1_start": "22:00", "tw1_end": "02:00"}, (Window(79200, 93600),)),
        ({"tw1_start": " ", "tw1_end": ""}, ()),
    ],
)  # fmt: skip
def test_windows_are_sorted_joined_and_open_where_a_bound_is_missing(values, windows):
    """The engine relies on sorted windows that do not overlap."""
    assert one(**values).windows == windows


def test_a_window_over_midnight_is_warned_of():
    """It may be a slip of the pen: 08:00 to 02:00 for 08:00 to 14:00."""
    _, shared = read([{"at": CENTRE, "stop_id": "S1", "tw1_start": "08:00", "tw1_end": "02:00"}])
    assert shared.warnings.texts() == ["tw1_end is before tw1_start: read as the next day (S1)"]


def test_date_times_of_layers():
    """A DateTime field is read whatever its spec; the date counts."""
    start, end = QDateTime(QDate(2026, 5, 4), QTime(8, 0)), QDateTime(QDate(2026, 5, 5), QTime(1, 0))
    rows = [{"at": CENTRE, "stop_id": "S1", "tw1_start": start, "tw1_end": end}]
    stops, _ = read(rows, types={"tw1_start": "datetime", "tw1_end": "datetime"})
    assert stops.stops[0].windows == (Window(EIGHT, 90000),)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"tw1_start": "25:99"}, ['tw1_start "25:99"', "not a time of the day", "08:30"]),
        ({"tw1_start": "2026-05-04T10:00", "tw1_end": "2026-05-04T09:00"},
         ["tw1_end", "09:00", "tw1_start", "Correct"]),
        ({"service_min": "abc"}, ['service_min "abc"', "not a number", "leave it empty"]),
        ({"service_min": -5}, ['service_min "-5"', "negative", "0 or more"]),
        ({"service_min": 1e9}, ["service_min", "too large", "unit"]),
        ({"demand": -1}, ['demand "-1"', "negative"]),
        ({"delivery_2": "1.234,5"}, ['delivery_2 "1.234,5"', "not a number"]),
        ({"demand": "nan"}, ['demand "nan"', "not a number"]),
        ({"DeliveryQuantities": "1 x"}, ['DeliveryQuantities "1 x"', "not a number"]),
        ({"priority": 101}, ['priority "101"', "at most 100"]),
        ({"order_rule": "soon"}, ['order_rule "soon"', "early, strict", "leave it empty"]),
        ({"order_rank": 1.5}, ['order_rank "1.5"', "whole number"]),
        ({"lock": "vehicle"}, ['lock "vehicle"', "vehicle_id is empty"]),
        ({"kind": "gift"}, ['kind "gift"', "delivery, pickup, service"]),
        ({"time_windows": "8-10"}, ['time_windows "8-10"', "[[28800, 36000]]"]),
    ],
)  # fmt: skip
def test_a_bad_value_refuses_its_stop_and_names_all_that_is_needed(values, words):
    """Feature, stop, field, value and remedy are in the sentence."""
    text = refused(**values)
    for word in ("Feature 1 of STOPS", 'stop_id "S1"', *words):
        assert word in text, text


def test_all_problems_of_a_stop_are_told_at_once():
    """Nobody wants to run the job five times to correct one row."""
    text = refused(service_min="abc", demand=-1, tw1_start="25:99", tw2_end="x")
    for word in ("service_min", "demand", "tw1_start", "tw2_end"):
        assert word in text


@pytest.mark.parametrize(
    ("at", "kind", "word"),
    [
        (None, "Point", "geometry is empty"),
        ("Point EMPTY", "Point", "geometry is empty"),
        ("MultiPoint EMPTY", "MultiPoint", "geometry is empty"),
        ("MultiPoint ((-8.61 41.15),(-8.62 41.16))", "MultiPoint", "has 2 points"),
        ((float("nan"), 41.0), "Point", "not numbers"),
        ((float("inf"), 41.0), "Point", "not numbers"),
        ((41.15, -120.0), "Point", "not on the earth"),
    ],
)
def test_a_stop_without_a_usable_place_is_refused(at, kind, word):
    """A bad geometry is that stop's trouble, not the job's."""
    good = "MultiPoint((-8.61 41.15))" if kind == "MultiPoint" else CENTRE
    stops, shared = read([{"at": at, "stop_id": "S1"}, {"at": good, "stop_id": "S2"}], kind=kind)
    assert shared.errors == []
    assert [stop.id for stop in stops.stops] == ["S2"]
    assert word in stops.rejected[0].text
    assert 'stop_id "S1"' in stops.rejected[0].text


def test_z_values_and_single_multipoints_are_fine():
    """GPS files have heights, Shapefiles multipoints."""
    stops, _ = read([{"at": "PointZ(-8.61 41.15 80)", "stop_id": "S1"}], kind="PointZ")
    assert (stops.stops[0].lon, stops.stops[0].lat) == CENTRE


def test_any_crs_is_read():
    """Coordinates are those an independent transform gives."""
    utm = QgsCoordinateReferenceSystem("EPSG:32629")
    there = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), utm, QgsProject.instance())
    point = there.transform(QgsPointXY(*CENTRE))
    stops, _ = read([{"at": (point.x(), point.y()), "stop_id": "S1"}], crs="EPSG:32629")
    assert stops.stops[0].lon == pytest.approx(CENTRE[0], abs=1e-7)
    assert stops.stops[0].lat == pytest.approx(CENTRE[1], abs=1e-7)


def test_a_layer_without_crs_is_an_error_of_the_job():
    """Guessing where the stops are would be worse."""
    _, shared = read([{"at": CENTRE, "stop_id": "S1"}], crs="")
    assert len(shared.errors) == 1
    assert "STOPS (stops) has no CRS" in shared.errors[0]


def test_an_empty_layer_is_an_error_of_the_job():
    """There is nothing to plan, which is hardly what was meant."""
    _, shared = read([])
    assert "STOPS (stops) has no features to plan" in shared.errors[0]


def test_duplicates_are_refused_and_name_the_first():
    """Ids compare as text; each duplicate is there to be corrected."""
    rows = [{"at": at, "stop_id": name} for at, name in zip(spots(4), ("A", "B", "A", "A"))]
    stops, _ = read(rows)
    assert [stop.id for stop in stops.stops] == ["A", "B"]
    assert [stop.stop_id for stop in stops.rejected] == ["A", "A"]
    for number, stop in zip((3, 4), stops.rejected):
        assert f"Feature {number} of STOPS" in stop.text
        assert 'stop_id "A" is already that of feature 1' in stop.text


def test_null_ids_are_named_by_feature_and_told():
    """A stop without an id is still a stop."""
    stops, shared = read([{"at": at, "stop_id": name} for at, name in zip(spots(3), ("A", None, " "))])
    assert [stop.id for stop in stops.stops] == ["A", "stop-2", "stop-3"]
    assert "no stop_id" in shared.warnings.texts()[0]


def test_fields_not_built_yet_are_told_when_filled():
    """A promise of a layer that is silently broken is the worst kind of bug."""
    values = {"zone_id": "Z", "service_per_type": None, "curb_approach": 2}
    _, shared = read([{"at": CENTRE, "stop_id": "S1", **values}])
    assert "STOPS: curb_approach, zone_id are carried along but not used yet." in shared.feedback.warnings


@pytest.mark.parametrize("status", ["done", "Skipped", " cancelled "])
def test_a_stop_that_is_done_or_not_wanted_any_more_is_excluded(status):
    """Its text says so; what else people write into such a field asks for nothing."""
    others = ("planned", "released", "en_route", "arrived", "failed", "open", None)
    rows = [
        {"at": at, "stop_id": f"S{number}", "status": text}
        for number, (at, text) in enumerate(zip(spots(8), (status, *others)))
    ]
    stops, _ = read(rows)
    (left_out,) = stops.rejected
    assert (left_out.stop_id, left_out.reason) == ("S0", "excluded")
    assert f'status is "{status.strip()}"' in left_out.text
    assert [stop.id for stop in stops.stops] == [f"S{number}" for number in range(1, 8)]


def test_wishes_and_rules_of_a_stop_arrive_in_the_units_of_the_model():
    """Minutes become seconds, times seconds from midnight, a place on a route keeps its decimals."""
    stop = one(
        late_max_min="15",
        late_cost_per_hour=90,
        order_rule="last",
        ready_time="07:30",
        due_time="2026-05-04T18:00",
        goods_class=" food ",
        vehicle_id="V1",
        sequence=3.5,
        lock="prefix",
    )
    assert (stop.late_max, stop.late_cost, stop.order_rule) == (900, 90, "last")
    assert (stop.ready, stop.due, stop.goods_class) == (27000, 64800, "food")
    assert (stop.vehicle_id, stop.keep, stop.keep_rank) == ("V1", "prefix", 3500)


def test_a_stop_that_says_nothing_of_them_is_as_it_always_was():
    """Empty means the defaults of the model, also where the columns are there."""
    names = ("late_max_min", "late_cost_per_hour", "before_stop", "pair_id", "ride_max_min", "ready_time")
    blank = dict.fromkeys([*names, "due_time", "goods_class", "lock", "sequence"])
    assert one(**blank) == one() == Stop("S1", *CENTRE)


@pytest.mark.parametrize(
    ("value", "late_max"), [(-1, None), ("-1", None), (-1.0, None), ("-1,0", None), (0, 0), (2.5, 150)]
)
def test_lateness_is_none_some_or_any(value, late_max):
    """A whole column of zeros must not soften all windows."""
    assert one(late_max_min=value).late_max == late_max


def test_arcgis_lateness_is_told_to_mean_something_else_where_it_is_empty():
    """There null allows any lateness."""
    _, shared = read([{"at": CENTRE, "stop_id": "S1", "MaxViolationTime1": 10}])
    assert any("empty allows none, write -1 for any" in text for text in shared.feedback.warnings)


@pytest.mark.parametrize(
    ("values", "bound", "keep", "rule"),
    [
        ({"lock": "order", "sequence": 2}, "V1", ("order", 2000), ""),
        ({"lock": "vehicle", "sequence": 2}, "V1", ("", 0), ""),
        ({"AssignmentRule": 1, "Sequence": 4}, "V1", ("order", 4000), ""),
        ({"AssignmentRule": 4, "Sequence": 4}, "", ("", 0), "first"),
        ({"AssignmentRule": 5}, "", ("", 0), "last"),
        ({"AssignmentRule": 5, "order_rule": "early"}, "", ("", 0), "early"),
        ({"sequence": 3}, "V1", ("", 0), ""),
    ],
)
def test_lock_decides_what_of_vehicle_and_place_is_kept(values, bound, keep, rule):
    """Our own words and the numbers of ArcGIS."""
    stop = one(vehicle_id="V1", **values)
    assert (stop.vehicle_id, (stop.keep, stop.keep_rank), stop.order_rule) == (bound, keep, rule)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"late_max_min": -2}, ['late_max_min "-2" is negative', "Write -1 for any lateness, 0 or more"]),
        ({"late_max_min": "late"}, ['late_max_min "late" is not a number']),
        ({"lock": "order", "sequence": 1}, ['lock "order" needs a vehicle, and vehicle_id is empty']),
        ({"lock": "prefix", "vehicle_id": "V1"}, ['lock "prefix" needs a place, and sequence is empty']),
        ({"ready_time": "soon"}, ['ready_time "soon" is not a time']),
        ({"pair_id": "P", "kind": "pickup"}, ['pair_id "P" is that of S1 alone', "one of kind delivery"]),
        ({"before_stop": "S1"}, ["before_stop: S1 before S1", "Take one of these orders out"]),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(values, words):
    """The stop is left out with field, value and remedy."""
    text = refused(**values)
    for word in ('(stop_id "S1")', *words):
        assert word in text


def pair(up=None, down=None, **both):
    """Rows of a pair, S1 the pickup and S2 the delivery, with these values each, and both."""
    rows = [{"kind": "pickup", **both, **(up or {})}, {"kind": "delivery", **both, **(down or {})}]
    return [
        {"at": at, "stop_id": f"S{number}", "pair_id": "P", **row}
        for number, (at, row) in enumerate(zip(spots(2), rows), 1)
    ]


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ({"demand": 2}, {"demand": 2}),
        ({"demand": 2}, {}),
        ({"pickup_1": 2, "pickup_2": 0}, {"demand": 0}),
        ({"pickup_1": 2, "kind": None}, {"delivery_1": 2, "kind": None}),
        ({}, {"delivery_1": 2, "pickup_1": 0}),
    ],
)
def test_the_stops_of_a_pair_carry_the_same(up, down):
    """Said twice or once; the ride is bounded by the lower of two limits."""
    stops, shared = read(pair(up, down))
    assert shared.errors == []
    pickup, delivery = stops.stops
    assert (pickup.pickup, delivery.delivery) == ((2000,), (2000,))
    assert (pickup.picked_up_at, delivery.picked_up_at) == ("", "S1")
    limits = read(pair({"ride_max_min": 30}, {"ride_max_min": 20}))[0].stops
    assert [stop.ride_max for stop in limits] == [None, 1200]
    assert read(pair({"ride_max_min": 30}))[0].stops[1].ride_max == 1800


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (pair({"demand": 2}, {"demand": 3}), "picks up 2 at S1 and delivers 3 at S2"),
        (pair({"kind": "delivery"}), "is that of S1 (kind delivery) and S2 (kind delivery)"),
        (
            pair({"kind": None, "pickup_1": 2, "delivery_1": 1}),
            "is that of S1 (kind delivery) and S2 (kind delivery)",
        ),
        (pair({"kind": "service"}), "is that of S1 (kind service) and S2 (kind delivery)"),
        ([*pair(), {**pair()[0], "stop_id": "S3"}], "is that of 3 stops (S1, S2, S3)"),
    ],
)
def test_stops_that_are_no_pair_are_refused_all_of_them(rows, words):
    """Which of them is wrong is not ours to say."""
    stops, _ = read(rows)
    assert stops.stops == []
    assert [stop.reason for stop in stops.rejected] == [INVALID_INPUT] * len(rows)
    assert all(
        words in stop.text and "kind pickup and one of kind delivery" in stop.text for stop in stops.rejected
    )
    assert all(stop.attributes and not stop.geometry.isNull() for stop in stops.rejected)


@pytest.mark.parametrize(
    ("down", "reason", "word"),
    [
        ({"service_min": "x"}, INVALID_INPUT, "the other stop of the pair is refused"),
        ({"lock": "exclude"}, EXCLUDED, "the other stop of the pair is excluded"),
        ({"before_stop": "S1"}, INVALID_INPUT, "S1 before S2 before S1"),
    ],
)
def test_half_a_pair_is_not_planned(down, reason, word):
    """Whatever takes the other stop away takes this one, too."""
    types = {"service_min": "string", "lock": "string"}
    stops, _ = read(pair(down=down), types=types)
    assert stops.stops == []
    (first,) = [stop for stop in stops.rejected if stop.stop_id == "S1"]
    assert first.reason == reason
    assert word in first.text


def test_names_of_stops_that_are_not_planned_are_left_out_with_a_warning():
    """The engine would refuse the whole job; a stop left out cannot be late for anybody."""
    rows = [
        {"at": CENTRE, "stop_id": "S1", "before_stop": "S2, S3,S9"},
        {"at": CENTRE, "stop_id": "S2", "service_min": "x"},
        {"at": CENTRE, "stop_id": "S3"},
    ]
    stops, shared = read(rows, types={"service_min": "string"})
    assert [stop.before for stop in stops.stops] == [("S3",), ()]
    texts = shared.warnings.texts()
    assert 'No stop that can be planned is called "S2" (S1)' in texts
    assert 'No stop that can be planned is called "S9" (S1)' in texts


def test_only_the_stops_of_a_circle_are_refused():
    """Those before and after it are planned."""
    order = {"S1": "S2", "S2": "S3", "S3": "S2,S4", "S4": None}
    stops, _ = read([{"at": CENTRE, "stop_id": name, "before_stop": names} for name, names in order.items()])
    assert [(stop.id, stop.before) for stop in stops.stops] == [("S1", ()), ("S4", ())]
    assert {stop.stop_id for stop in stops.rejected} == {"S2", "S3"}
    assert "before_stop: S2 before S3 before S2" in stops.rejected[0].text


def test_expressions_stand_for_fields():
    """They win over the columns and are evaluated for each stop."""
    values = {"parcels": 4, "service_min": 99.0, "opens": "8:00", "delivery_1": 7}
    rows = [{"at": CENTRE, "stop_id": "S1", **values}]
    expressions = {
        "SERVICE_TIME": '5 + 0.5 * "parcels"',
        "DEMAND": '"parcels" * 2',
        "PRIORITY": 'if("parcels" > 3, 50, 0)',
        "WINDOW_START": '"opens"',
        "WINDOW_END": "make_time(12, 0, 0)",
    }
    stops, _ = read(rows, expressions)
    stop = stops.stops[0]
    assert (stop.service, stop.delivery, stop.priority) == (420, (8000,), 50)
    assert stop.windows == (Window(EIGHT, NOON),)


def test_expressions_see_the_geometry_in_the_crs_of_the_layer():
    """$x is what the user sees in the layer."""
    rows = [{"at": (500000, 4555000), "stop_id": "S1"}]
    stops, _ = read(rows, {"SERVICE_TIME": "$x / 100000"}, crs="EPSG:32629")
    assert stops.stops[0].service == 300


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        ('to_int("text")', "SERVICE_TIME cannot be evaluated: Cannot convert 'abc' to int"),
        ('"text"', 'SERVICE_TIME "abc" is not a number'),
        ('-"number"', 'SERVICE_TIME "-3" is negative'),
    ],
)  # fmt: skip
def test_an_expression_that_fails_on_a_stop_refuses_that_stop(expression, word):
    """The others go on."""
    rows = [
        {"at": CENTRE, "stop_id": "S1", "text": "abc", "number": 3},
        {"at": CENTRE, "stop_id": "S2", "text": "4", "number": 0},
    ]
    stops, shared = read(rows, {"SERVICE_TIME": expression})
    assert shared.errors == []
    assert [stop.id for stop in stops.stops] == ["S2"]
    assert word in stops.rejected[0].text


@pytest.mark.parametrize(
    ("expression", "word"),
    [("5 +", "DEMAND is not a valid expression"), ('"parcel"', "DEMAND uses the field parcel")],
)
def test_an_expression_that_can_never_work_is_an_error_of_the_job(expression, word):
    """It would refuse every stop with the same words."""
    _, shared = read([{"at": CENTRE, "stop_id": "S1"}], {"DEMAND": expression})
    assert word in shared.errors[0]


_ANYTHING = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["08:00", "25:99", "1,5", "-1", "nan", "1e400", "[[1,2]]", "[", "2026-13-01T00:00", "early"]
    ),
)


_COLUMNS = (
    *("stop_id", "service_min", "demand", "tw1_start", "tw1_end", "time_windows", "lock", "vehicle_id"),
    *("order_rule", "penalty", "delivery", "skills", "priority"),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(_COLUMNS, _ANYTHING)), min_size=1, max_size=6))
def test_whatever_text_is_in_the_columns_no_stop_is_lost(rows):
    """Each row is a stop or a rejected stop, ids of stops are unique, and nothing raises."""
    types = dict.fromkeys(rows[0], "string")
    stops, _ = read([{"at": CENTRE, **row} for row in rows], types=types)
    assert len(stops.stops) + len(stops.rejected) == len(rows)
    assert len({stop.id for stop in stops.stops}) == len(stops.stops) == len(stops.attributes)
    for stop in stops.stops:
        assert stop.service >= 0
        assert all(window.start <= window.end for window in stop.windows)
        assert all(load >= 0 for load in (*stop.delivery, *stop.pickup))
    assert all(stop.text and stop.reason in (INVALID_INPUT, EXCLUDED) for stop in stops.rejected)


def test_attributes_travel_with_their_stop():
    """What the outputs carry is what the layer holds, NULL included."""
    stops, _ = read([{"at": CENTRE, "stop_id": "S1", "note": None, "floor": 3}], types={"note": "string"})
    assert stops.attributes == {"S1": ["S1", NULL, 3]}
    assert stops.carried_along().fields.names() == ["stop_id", "note", "floor"]
