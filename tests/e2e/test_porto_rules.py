"""Porto with every rule and wish at once, by qgis_process: robust, not the best.

Each rule is looked at again in the layers written, by the input files; nothing of the plugin judges here.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from headless import table_of_geopackage
from porto_rules import BANDS, CHEMICALS, FOOD, HARD_ZONES, KEPT, porto_with_rules

TIME_LIMIT = 40
STOP_COUNT = 240
SINKS = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")
SECOND = 1 / 60
LUNCH = (12 * 60, 13 * 60 + 30)
EU_DRIVING, EU_REST = 270, 45


@pytest.fixture(scope="module")
def town(shared_data):
    """The input."""
    return porto_with_rules(shared_data)


@pytest.fixture(scope="module")
def asked(town) -> dict[str, dict]:
    """Stop id -> what is asked for it."""
    return {row["stop_id"]: row for row in town.stops}


@pytest.fixture(scope="module")
def fleet(town) -> dict[str, dict]:
    """Vehicle id -> what is known of it."""
    return {row["vehicle_id"]: row for row in town.vehicles}


@pytest.fixture(scope="module")
def planned(qgis_process, town, tmp_path_factory) -> dict:
    """The outputs of plan_routes, with the GeoPackage they are in."""
    folder = tmp_path_factory.mktemp("rules")
    outputs = {name: table_of_geopackage(folder / "plan.gpkg", name.lower()) for name in SINKS}
    given = {**town.sources(folder), "REPORT": folder / "report.html", "TIME_LIMIT": TIME_LIMIT}
    results = qgis_process.run("optiway:plan_routes", {**given, **outputs})
    return {**results, "geopackage": folder / "plan.gpkg"}


def rows(planned: dict, table: str, order: str = "fid") -> list[dict]:
    """The rows of a table as dicts; times are minutes from midnight."""
    with closing(sqlite3.connect(planned["geopackage"])) as database:
        database.row_factory = sqlite3.Row
        found = [dict(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY {order}")]
    for row in found:
        for name in {"eta", "start_time", "end_time"}.intersection(row):
            moment = datetime.fromisoformat(row[name])
            row[name] = moment.hour * 60 + moment.minute + moment.second / 60
    return found


@pytest.fixture(scope="module")
def routes(planned) -> dict[str, list[dict]]:
    """Vehicle id -> its visits in order."""
    by_vehicle = defaultdict(list)
    for row in rows(planned, "visits", "vehicle_id, sequence"):
        by_vehicle[row["vehicle_id"]].append(row)
    return dict(by_vehicle)


@pytest.fixture(scope="module")
def served(routes) -> dict[str, dict]:
    """Stop id -> its visit."""
    return {row["stop_id"]: row for visits in routes.values() for row in stops_of(visits)}


def stops_of(visits: list[dict]) -> list[dict]:
    """The visits that serve a stop."""
    return [row for row in visits if row["visit_type"] == "stop"]


def trips_of(visits: list[dict]) -> list[list[dict]]:
    """The visits of each trip, a reload first."""
    by_trip = defaultdict(list)
    for row in visits:
        by_trip[row["trip"]].append(row)
    return [by_trip[trip] for trip in sorted(by_trip)]


def minutes(text: str) -> int:
    """Minutes from midnight."""
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def test_nothing_is_lost_and_nothing_is_broken(planned, asked, served):
    """Each stop is served or has its reason in words, and the checker is silent."""
    left = rows(planned, "unassigned")
    assert sorted([*served, *(row["stop_id"] for row in left)]) == sorted(asked)
    assert planned["STOP_COUNT"] == planned["ASSIGNED_COUNT"] + planned["UNASSIGNED_COUNT"] == STOP_COUNT
    assert planned["UNASSIGNED_COUNT"] == len(left)
    assert all(row["reason"] and row["reason_text"].endswith(".") for row in left)
    assert planned["VIOLATION_COUNT"] == 0
    assert not [row for table in ("routes", "visits") for row in rows(planned, table) if row["violations"]]


def test_nearly_everybody_is_served(planned, served, asked):
    """The fleet has time and room enough: what stays out are exceptions, and those that are excluded."""
    assert len(served) >= 0.95 * STOP_COUNT
    assert not [name for name in served if asked[name].get("lock") == "exclude"]


def test_windows_are_kept_and_lateness_stays_within_its_limit(served, asked):
    """Service starts in the window, or as much later as the stop allows."""
    for name, visit in served.items():
        stop = asked[name]
        late = visit["start_time"] - minutes(stop["tw1_end"])
        most = stop.get("late_max_min", 0)
        assert visit["start_time"] >= minutes(stop["tw1_start"])
        assert most == -1 or late <= most + SECOND, name
        assert visit["late_min"] == pytest.approx(max(0, late), abs=SECOND)


def test_everybody_has_lunch_within_its_window(routes):
    """Who works before it opens and after it closes rests once for half an hour."""
    for vehicle, visits in routes.items():
        lunches = [row for row in visits if row["stop_id"] == "lunch"]
        due = visits[0]["start_time"] <= LUNCH[0] and visits[-1]["end_time"] > LUNCH[1]
        assert len(lunches) == due or not due, vehicle
        assert all(row["visit_type"] == "break" for row in lunches)
        assert all(LUNCH[0] <= row["start_time"] <= LUNCH[1] for row in lunches)
        assert all(row["end_time"] - row["start_time"] == pytest.approx(30) for row in lunches)


def test_nobody_works_or_drives_too_long_without_a_rest(routes, town):
    """Coffee after three hours of work for two drivers; after 4.5 hours of driving 45 minutes for all."""
    coffee = next(row for row in town.breaks if row["break_id"] == "coffee")
    for vehicle, visits in routes.items():
        since, driven = visits[0]["start_time"], 0.0
        for row in visits:
            driven += row["drive_min"]
            rest = row["end_time"] - row["start_time"] if row["visit_type"] == "break" else 0
            worked = (
                row["start_time"] if rest >= coffee["duration_min"] - SECOND else row["end_time"]
            ) - since
            if vehicle in coffee["vehicle_id"].split(","):
                assert worked <= coffee["after_work_min"] + SECOND, vehicle
            assert driven <= EU_DRIVING + SECOND
            if rest >= coffee["duration_min"] - SECOND:
                since = row["end_time"]
            if rest >= EU_REST:
                driven = 0.0


def test_pairs_ride_on_one_trip(served, asked):
    """Both or none, the pickup first, and not for longer than asked."""
    pairs = defaultdict(dict)
    for name, stop in asked.items():
        if stop.get("pair_id"):
            pairs[stop["pair_id"]][stop["kind"]] = name
    assert len(pairs) == 15
    ridden = 0
    for ends in pairs.values():
        there = [name for name in ends.values() if name in served]
        assert len(there) in (0, 2)
        if there:
            pickup, delivery = served[ends["pickup"]], served[ends["delivery"]]
            assert pickup["vehicle_id"] == delivery["vehicle_id"]
            assert pickup["trip"] == delivery["trip"]
            assert pickup["sequence"] < delivery["sequence"]
            ride = delivery["start_time"] - pickup["end_time"]
            assert ride <= asked[ends["pickup"]]["ride_max_min"] + SECOND
            ridden += 1
    assert ridden >= 10


def test_locked_stops_stay_with_their_vehicle_and_in_their_order(routes, served, asked):
    """Kept stops come in the order of their numbers, those of a prefix before all others."""
    for lock, vehicle in KEPT.items():
        kept = sorted(
            (stop["sequence"], name)
            for name, stop in asked.items()
            if stop["lock"] == lock and name in served
        )
        assert kept, lock
        assert {served[name]["vehicle_id"] for _, name in kept} == {vehicle}
        order = [name for _, name in kept]
        if lock == "order":
            assert order == sorted(order, key=lambda name: served[name]["sequence"])
        if lock == "prefix":
            assert order == [row["stop_id"] for row in stops_of(routes[vehicle])][: len(order)]


def test_orders_asked_for_are_kept(routes, served, asked):
    """First, last and before on one route."""
    for visits in routes.values():
        names = [row["stop_id"] for row in stops_of(visits)]
        rules = [asked[name].get("order_rule") for name in names]
        assert "first" not in rules[1:]
        assert "last" not in rules[:-1]
    for name, stop in asked.items():
        later = stop.get("before_stop")
        if later in served:
            assert served[name]["vehicle_id"] == served[later]["vehicle_id"]
            assert served[name]["sequence"] < served[later]["sequence"]


def test_only_vehicles_that_may_serve_a_stop_do(served, asked, fleet):
    """Skills, allowed and forbidden vehicles, and the hard zones."""
    for name, visit in served.items():
        stop, vehicle = asked[name], visit["vehicle_id"]
        assert not stop["skills"] or stop["skills"] in fleet[vehicle]["skills"].split(",")
        assert vehicle in stop.get("allowed_vehicles", vehicle).split(",")
        assert vehicle not in stop.get("forbidden_vehicles", "").split(",")
        if vehicle in HARD_ZONES:
            edges = [BANDS[zone] for zone in HARD_ZONES[vehicle].split(",")]
            assert any(low <= float(stop["lat"]) <= high for low, high in edges), name


def test_loads_fit_at_each_visit(routes, asked, fleet):
    """Counted anew from the demands: what goes out, what comes in, and what pairs bring and take."""
    reloads = 0
    for vehicle, visits in routes.items():
        trips = trips_of(visits)
        assert len(trips) <= fleet[vehicle]["max_trips"]
        for number, trip in enumerate(trips):
            assert trip[0]["visit_type"] == ("reload" if number else "start")
            reloads += number > 0
            stops = [asked[row["stop_id"]] for row in stops_of(trip)]
            load = sum(float(stop["demand"]) for stop in stops if goes_out(stop))
            for row in trip:
                if row["visit_type"] == "stop":
                    stop = asked[row["stop_id"]]
                    load += float(stop["demand"]) * (1 if stop["kind"] == "pickup" else -1)
                assert row["load_1"] == pytest.approx(load)
                assert load <= fleet[vehicle]["capacity"]
            goods = {stop.get("goods_class") for stop in stops}
            assert not {FOOD, CHEMICALS} <= goods
    assert reloads


def goes_out(stop: dict) -> bool:
    """Whether a stop is brought its goods from the depot."""
    return stop["kind"] == "delivery" and not stop.get("pair_id")


def test_loading_takes_its_time_and_a_dock(routes, asked, town):
    """10 minutes and some for each unit, no earlier than the goods are ready, and no more at once than
    docks.
    """
    depots = {row["depot_id"]: row for row in town.depots}
    loading = defaultdict(list)
    for visits in routes.values():
        for trip in trips_of(visits):
            begin = trip[0]
            depot = depots[begin["stop_id"]]
            stops = [asked[row["stop_id"]] for row in stops_of(trip)]
            units = sum(float(stop["demand"]) for stop in stops if goes_out(stop))
            took = depot["load_min"] + depot["load_min_per_unit"] * units
            assert begin["end_time"] - begin["start_time"] == pytest.approx(took, abs=2 * SECOND)
            assert all(begin["start_time"] >= minutes(stop.get("ready_time") or "00:00") for stop in stops)
            loading[begin["stop_id"]].append((begin["start_time"], begin["end_time"]))
        for trip, following in pairwise([*trips_of(visits), [visits[-1]]]):
            due = [minutes(asked[row["stop_id"]].get("due_time") or "24:00") for row in stops_of(trip)]
            assert following[0]["start_time"] <= min(due)
    for depot, spans in loading.items():
        for begin, _ in spans:
            assert sum(one <= begin < other - SECOND for one, other in spans) <= depots[depot]["docks"]


def test_working_days_keep_their_limits(planned, fleet):
    """Latest start, work, stops, the shift, and overtime is what is worked beyond seven hours."""
    for route in rows(planned, "routes"):
        vehicle = fleet[route["vehicle_id"]]
        assert minutes(vehicle["shift_start"]) <= route["start_time"] <= minutes(vehicle["latest_start"])
        assert route["end_time"] <= minutes(vehicle["shift_end"])
        assert route["stops"] <= vehicle["max_stops"]
        assert route["total_min"] - route["break_min"] <= vehicle["max_work_min"]
        assert route["overtime_min"] >= route["total_min"] - route["break_min"] - 420 - SECOND


def test_report_tells_of_all_of_it(planned, routes):
    """Every vehicle on the road, the breaks and the reloads are there, and no figure is missing."""
    page = Path(planned["REPORT"]).read_text(encoding="utf-8")
    for vehicle in routes:
        assert vehicle in page
    assert "lunch" in page
    assert "Reload" in page
    for hole in (">None<", ">nan<", ">NULL<"):
        assert hole not in page
