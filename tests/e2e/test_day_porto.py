"""A day in Porto on its streets: ten of thirty stops are done when somebody calls, is late, or breaks down.

What must hold is looked for in the tables that are written, beside those of the plan before; nothing of the
plugin judges here.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from headless import points_from_csv, table_from_csv
from plan_tables import InFile, Row

if TYPE_CHECKING:
    from pathlib import Path

STOP_COUNT, VEHICLE_COUNT, DONE = 30, 5, 10
SERVICE_MIN, MOST_STOPS = 25, 7
DAY = {"PLAN_DATE": "2026-05-04", "TIME_ZONE": "Europe/Lisbon", "START_RULE": "early"}
SEARCH = {"ITERATIONS": 200, "SEED": 1}
LOST_AT = "2026-05-04T11:20:00"
NEW_WINDOW = ("16:00", "17:00")
MODES = ("keep_order", "insert_best", "reoptimise")
SINKS = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")
OF_VERSION = ("plan_id", "version")
LATE_S = 25 * 60


class Porto:
    """The town, its fleet and its plan; runs algorithms on them."""

    def __init__(self, process, shared_data: Path, folder: Path):
        self._process = process
        self._folder = folder
        self._data = shared_data / "porto"
        self.stops = [
            {**row, "service_min": SERVICE_MIN} for row in self._read("stops.csv")[: STOP_COUNT + 1]
        ]
        fleet = [row for row in self._read("vehicles.csv") if row["start_depot"] == "D1"][:VEHICLE_COUNT]
        every = {"skills": "fridge,liftgate", "max_stops": MOST_STOPS}
        self._given = {
            "DEPOTS": points_from_csv(self.written("depots", self._read("depots.csv")[:1])),
            "VEHICLES": table_from_csv(self.written("vehicles", [{**row, **every} for row in fleet])),
            "ROADS": f"ogr://{shared_data / 'osm' / 'porto.osm.pbf'}|layername=lines",
            **DAY,
            **SEARCH,
        }
        asked = points_from_csv(self.written("stops", self.stops[:STOP_COUNT]))
        self.plan, self.numbers = self._run("plan_routes", "plan", {"STOPS": asked})

    def _read(self, name: str) -> list[Row]:
        with (self._data / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def written(self, name: str, rows: list[Row]) -> Path:
        """The CSV file of the rows, which need not have the same keys."""
        path = self._folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def _run(self, algorithm: str, name: str, given: dict[str, Any], sinks=SINKS) -> tuple[InFile, Row]:
        tables = InFile(self._folder / f"{name}.gpkg")
        outputs = {sink: tables.layer(sink.lower()) for sink in sinks}
        results = self._process.run(f"optiway:{algorithm}", {**self._given, **given, **outputs})
        return tables, {number: value for number, value in results.items() if number not in outputs}

    def after(self, algorithm: str, name: str, plan: InFile, **given: Any) -> tuple[InFile, Row]:
        """The tables and numbers of the version that an algorithm makes of a plan."""
        layers = {"PLAN": "visits", "PLAN_LEGS": "legs", "PLAN_UNASSIGNED": "unassigned"}
        read = {parameter: plan.source(table) for parameter, table in layers.items()}
        return self._run(algorithm, name, {**read, **given}, (*SINKS, "CHANGES"))


@pytest.fixture(scope="module")
def porto(qgis_process, shared_data, tmp_path_factory) -> Porto:
    """Thirty stops on five routes, all served."""
    town = Porto(qgis_process, shared_data, tmp_path_factory.mktemp("day"))
    assert (town.numbers["ASSIGNED_COUNT"], town.numbers["ROUTE_COUNT"]) == (STOP_COUNT, VEHICLE_COUNT)
    return town


def stops_of(tables: InFile) -> dict[str, Row]:
    """Stop id -> its visit, in the order of routes."""
    rows = sorted(tables.rows("visits"), key=lambda row: (row["vehicle_id"], row["sequence"]))
    return {row["stop_id"]: row for row in rows if row["visit_type"] == "stop"}


def orders_of(tables: InFile, names: set[str]) -> dict[str, list[str]]:
    """Vehicle id -> those of its stops that are named, in their order."""
    orders = defaultdict(list)
    for name, row in stops_of(tables).items():
        if name in names:
            orders[row["vehicle_id"]].append(name)
    return dict(orders)


def seconds(earlier: str, later: str) -> float:
    """From one moment to the other."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


@pytest.fixture(scope="module")
def by_end(porto) -> list[str]:
    """The stops in the order in which their services end."""
    stops = stops_of(porto.plan)
    return sorted(stops, key=lambda name: stops[name]["end_time"])


@pytest.fixture(scope="module")
def now(porto, by_end) -> str:
    """The moment at which ten stops are done."""
    stops = stops_of(porto.plan)
    ends = [stops[name]["end_time"] for name in by_end]
    assert ends[DONE - 1] < ends[DONE]
    return ends[DONE - 1]


@pytest.fixture(scope="module")
def changed(porto, by_end) -> dict[str, str]:
    """Whom the three changes are about: one stop more, one less, and one that can be served late only."""
    return {"new": porto.stops[-1]["stop_id"], "gone": by_end[-3], "late": by_end[DONE + 6]}


@pytest.fixture(scope="module")
def edited(porto, changed, now) -> dict[str, tuple[InFile, Row]]:
    """The next version in each mode."""
    vehicle = next(iter(orders_of(porto.plan, set(stops_of(porto.plan)))))
    start, end = NEW_WINDOW
    open_all_day = {"tw1_start": "", "tw1_end": ""}
    edits = [
        {**porto.stops[-1], **open_all_day, "action": "add", "vehicle_id": vehicle},
        {"action": "remove", "stop_id": changed["gone"]},
        {"action": "update", "stop_id": changed["late"], "tw1_start": start, "tw1_end": end},
    ]
    table = table_from_csv(porto.written("edits", edits))
    return {
        mode: porto.after("edit_routes", mode, porto.plan, EDITS=table, MODE=mode, NOW=now) for mode in MODES
    }


@pytest.mark.parametrize("mode", MODES)
def test_what_is_done_stays_as_it_is(porto, edited, by_end, mode):
    """Each value of each row, but for what names the version."""

    def done(tables: InFile) -> list[Row]:
        stops = stops_of(tables)
        rows = [stops[name] for name in by_end[:DONE]]
        return [{name: value for name, value in row.items() if name not in OF_VERSION} for row in rows]

    tables, numbers = edited[mode]
    assert done(tables) == done(porto.plan)
    assert numbers["VERSION"] == 2


@pytest.mark.parametrize("mode", MODES)
def test_what_was_asked_for_is_done_and_nothing_is_lost(edited, porto, changed, mode):
    """The new stop is served, the other one is told to be gone, and all others are there."""
    tables, numbers = edited[mode]
    served, left = stops_of(tables), {row["stop_id"]: row["reason"] for row in tables.rows("unassigned")}
    assert sorted([*served, *left]) == sorted(row["stop_id"] for row in porto.stops)
    assert changed["new"] in served
    assert left == {changed["gone"]: "excluded"}
    assert numbers["STOP_COUNT"] == STOP_COUNT + 1
    start, end = (f"2026-05-04T{clock}:00" for clock in NEW_WINDOW)
    assert start <= served[changed["late"]]["start_time"] <= end


@pytest.mark.parametrize("mode", MODES[:2])
def test_the_order_is_kept_where_that_was_promised(porto, edited, changed, mode):
    """Of all stops that nobody spoke of; where nothing is searched for, of the changed one, too."""
    others = set(stops_of(porto.plan)) - {changed["gone"]}
    if mode == "insert_best":
        others -= {changed["late"]}
    assert orders_of(edited[mode][0], others) == orders_of(porto.plan, others)


@pytest.mark.parametrize("mode", MODES)
def test_each_rule_that_is_broken_is_told(edited, porto, changed, mode):
    """Windows and shifts are looked at here by the input: what is broken is told there, and nothing else."""
    tables, numbers = edited[mode]
    asked = {row["stop_id"]: (row["tw1_start"], row["tw1_end"]) for row in porto.stops}
    asked[changed["late"]] = NEW_WINDOW
    asked[changed["new"]] = ("00:00", "24:00")
    told = {name: row["violations"] for name, row in stops_of(tables).items()}
    late = {
        name: "time_window"
        for name, row in stops_of(tables).items()
        if not asked[name][0] <= row["start_time"][11:16] <= asked[name][1]
    }
    assert {name: codes for name, codes in told.items() if codes} == late
    over = [row for row in tables.rows("visits") if row["visit_type"] == "end" and row["violations"]]
    assert all(row["violations"] == "shift" and row["end_time"] > "2026-05-04T18:00" for row in over)
    assert numbers["VIOLATION_COUNT"] == len(late) + len(over)
    assert bool(late) is (mode == "keep_order")


def test_searching_costs_no_more_than_keeping_the_order(edited):
    """Who may change more finds what is no dearer, or breaks fewer rules."""
    numbers = [edited[mode][1] for mode in MODES]
    kept, inserted, free = ((one["VIOLATION_COUNT"], one["COST"]) for one in numbers)
    assert kept > inserted >= free


@pytest.mark.parametrize("goods", ["bound", "free"])
def test_a_late_route_changes_two_routes_at_most(porto, now, goods):
    """Twenty-five minutes: its own stops shift, and at most one other vehicle helps out."""
    plan = stops_of(porto.plan)
    left = orders_of(porto.plan, {name for name, row in plan.items() if row["eta"] > now})
    late = max(left, key=lambda vehicle: (len(left[vehicle]), vehicle))
    given = {"EVENT": "late", "VEHICLE": late, "MINUTES": LATE_S / 60, "NOW": now, "GOODS": goods}
    tables, numbers = porto.after("handle_disruption", f"late_{goods}", porto.plan, **given)
    after = stops_of(tables)
    assert set(after) == set(plan)
    differ = [name for name in plan if any(plan[name][of] != after[name][of] for of in ("vehicle_id", "eta"))]
    touched = {version[name]["vehicle_id"] for name in differ for version in (plan, after)}
    assert late in touched
    assert len(touched) <= 2
    first = next(name for name in left[late] if after[name]["vehicle_id"] == late)
    assert seconds(plan[first]["eta"], after[first]["eta"]) >= LATE_S - 60
    assert numbers["VIOLATION_COUNT"] == 0


@pytest.fixture(scope="module")
def lost(porto) -> tuple[str, list[str]]:
    """The vehicle with most stops left at twenty past eleven, and these stops."""
    plan = stops_of(porto.plan)
    left = orders_of(porto.plan, {name for name, row in plan.items() if row["end_time"] > LOST_AT})
    return max(left.items(), key=lambda item: (len(item[1]), item[0]))


@pytest.fixture(scope="module")
def without(porto, lost) -> InFile:
    """The version after that vehicle was lost."""
    given = {"EVENT": "vehicle_lost", "VEHICLE": lost[0], "AT": LOST_AT, "NOW": LOST_AT}
    return porto.after("handle_disruption", "lost", porto.plan, **given)[0]


def test_each_stop_of_a_lost_vehicle_goes_to_another_or_is_reported(porto, lost, without):
    """With the reason why it is left out; what it did before stays its own."""
    vehicle, stops = lost
    assert len(stops) >= 3
    after = stops_of(without)
    left = {row["stop_id"]: row["reason_text"] for row in without.rows("unassigned")}
    assert sorted([*after, *left]) == sorted(stops_of(porto.plan))
    assert set(left) <= set(stops)
    for name in stops:
        assert left.get(name, "").endswith(".") or after[name]["vehicle_id"] != vehicle, name
    assert any(name in after for name in stops)
    before = {name: row for name, row in stops_of(porto.plan).items() if row["vehicle_id"] == vehicle}
    own = [name for name, row in after.items() if row["vehicle_id"] == vehicle]
    assert own == [name for name in before if name not in stops]


def test_the_load_of_a_lost_vehicle_is_fetched_where_it_stands(lost, without):
    """Who serves its stops comes by there first."""
    vehicle, stops = lost
    rows = without.rows("visits")
    fetched = {
        row["vehicle_id"]: row["sequence"]
        for row in rows
        if row["visit_type"] == "transfer" and vehicle in row["name"]
    }
    taken = [row for row in rows if row["visit_type"] == "stop" and row["stop_id"] in stops]
    assert taken
    for row in taken:
        assert fetched[row["vehicle_id"]] < row["sequence"]


def test_who_has_nothing_to_do_with_it_keeps_all_times(porto, lost, without):
    """On the road, at a stop or waiting for a window: whose stops are the same arrives as planned."""
    plan, after = stops_of(porto.plan), stops_of(without)
    orders = [orders_of(tables, set(plan)) for tables in (porto.plan, without)]
    same = [vehicle for vehicle in orders[0] if orders[0][vehicle] == orders[1].get(vehicle)]
    assert same
    for name, row in plan.items():
        if row["vehicle_id"] in same:
            assert [after[name][of] for of in ("eta", "start_time")] == [row["eta"], row["start_time"]], name


def test_why_stops_of_a_lost_vehicle_changed_is_told(lost, without):
    """In CHANGES, and that the vehicle is lost is the reason."""
    vehicle, stops = lost
    whys = {row["stop_id"]: row["why"] for row in without.rows("changes")}
    assert set(stops) <= set(whys)
    assert all(f"{vehicle} is lost from 11:20" in whys[name] for name in stops)


@pytest.fixture(scope="module")
def by_hand(porto, by_end, now) -> InFile:
    """The plan after somebody gave four stops to other vehicles, with goods that any of them has."""
    left = orders_of(porto.plan, set(by_end[DONE + VEHICLE_COUNT :]))
    under_way = sorted(left, key=lambda vehicle: len(left[vehicle]))
    moves = []
    for vehicle, taker in zip(under_way, [*under_way[1:], under_way[0]]):
        room = MOST_STOPS - len(orders_of(porto.plan, set(by_end))[taker])
        if room > 0 or moves:
            moves.append({"action": "move", "stop_id": left[vehicle][0], "vehicle_id": taker})
    table = table_from_csv(porto.written("moves", moves))
    given = {"EDITS": table, "MODE": "keep_order", "NOW": now, "GOODS": "free"}
    tables, numbers = porto.after("edit_routes", "by_hand", porto.plan, **given)
    assert numbers["MOVED_COUNT"] == len(moves) >= 3
    return tables


def test_the_higher_the_price_of_changes_the_fewer_stops_move(porto, by_hand, now, record_property):
    """For nothing the plan is improved whatever moves; at a high price it stays, and costs so much more."""
    found = {}
    for price in (0, 200):
        prices = dict.fromkeys(("VEHICLE_CHANGE_PRICE", "POSITION_CHANGE_PRICE", "PROMISE_PRICE"), price)
        given = {"SCOPE": "routes", "NOW": now, "GOODS": "free", **prices}
        _, found[price] = porto.after("reoptimise", f"price_{price}", by_hand, **given)
    assert found[200]["MOVED_COUNT"] < found[0]["MOVED_COUNT"]
    assert found[0]["VIOLATION_COUNT"] == found[200]["VIOLATION_COUNT"] == 0
    assert found[200]["KEEPING_COST"] > found[0]["KEEPING_COST"] == 0
    more = found[200]["COST"] - found[0]["COST"]
    assert more > 0
    record_property("price_of_keeping_vehicles", more)
    moved = [found[price]["MOVED_COUNT"] for price in (0, 200)]
    print(f"{moved[0]:.0f} stops moved for nothing, {moved[1]:.0f} at 200 each: {more:.2f} dearer")
