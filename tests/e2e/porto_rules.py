"""Porto with every rule and wish at once: stops and vehicles as they are, the rest made here.

Nothing here tests anything. Rows are dicts, so that a variation changes one of them before they are written.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headless import points_from_csv, table_from_csv

if TYPE_CHECKING:
    from pathlib import Path

PAIRS = 15
LATE_MINUTES = 20
BANDS = {"south": (41.0, 41.15), "centre": (41.15, 41.18), "north": (41.18, 41.3)}
"""Zone -> its edges in degrees north: from the sea to beyond the town."""
WEST, EAST = -8.8, -8.5
HARD_ZONES = {"V06": "north", "V11": "south,centre"}
SOFT_ZONES = {"V03": "north"}
KEPT = {"order": "V12", "prefix": "V08", "vehicle": "V09"}
"""Lock -> the vehicle that keeps stops by it."""
TRIPS = dict.fromkeys(("V01", "V02", "V03", "V04", "V06", "V07", "V08", "V10"), 2)
"""With a single trip each the fleet could not carry everything."""
FOOD, CHEMICALS = "food", "chemicals"
BREAKS = [
    {"break_id": "lunch", "duration_min": 30, "tw_start": "12:00", "tw_end": "13:30"},
    {"break_id": "coffee", "vehicle_id": "V05,V10", "duration_min": 15, "after_work_min": 180, "paid": "yes"},
]
RULES = {
    "BREAK_RULE": "eu_driving",
    "INCOMPATIBLE_GOODS": f"{FOOD}-{CHEMICALS}",
    "BALANCE": "time",
    "BALANCE_WEIGHT": 0.5,
    "TIME_ZONE": "Europe/Lisbon",
}


@dataclass
class Town:
    """Rows of the layers of a job, with the streets they are on."""

    stops: list[dict[str, Any]]
    depots: list[dict[str, Any]]
    vehicles: list[dict[str, Any]]
    breaks: list[dict[str, Any]]
    streets: str

    def sources(self, folder: Path) -> dict[str, Any]:
        """Write the layers into the folder; return the parameters of plan_routes."""
        parameters: dict[str, Any] = {"ROADS": self.streets, **RULES}
        for name, rows, read in (
            ("STOPS", self.stops, points_from_csv),
            ("DEPOTS", self.depots, points_from_csv),
            ("VEHICLES", self.vehicles, table_from_csv),
            ("BREAKS", self.breaks, table_from_csv),
        ):
            if rows:
                parameters[name] = read(_written(folder / f"{name.lower()}.csv", rows))
        parameters["ZONES"] = folder / "zones.geojson"
        parameters["ZONES"].write_text(json.dumps(_zones()), encoding="utf-8")
        return parameters


def porto_with_rules(shared_data: Path) -> Town:
    """Porto: 240 stops, 2 depots, 12 vehicles."""
    porto = shared_data / "porto"
    return Town(
        _stops(_read(porto / "stops.csv")),
        [{**row, "load_min": 10, "load_min_per_unit": 0.2} for row in _docks(_read(porto / "depots.csv"))],
        [_vehicle(row, number) for number, row in enumerate(_read(porto / "vehicles.csv"))],
        [dict(row) for row in BREAKS],
        f"ogr://{shared_data / 'osm' / 'porto.osm.pbf'}|layername=lines",
    )


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The CSV file of the rows, which need not have the same keys."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _zones() -> dict[str, Any]:
    """The bands as polygons."""
    features = [
        {
            "type": "Feature",
            "properties": {"zone_id": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[(WEST, low), (EAST, low), (EAST, high), (WEST, high), (WEST, low)]],
            },
        }
        for name, (low, high) in BANDS.items()
    ]
    return {"type": "FeatureCollection", "features": features}


def _docks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "docks": docks} for row, docks in zip(rows, (3, 2))]


def _vehicle(row: dict[str, Any], number: int) -> dict[str, Any]:
    """A vehicle with limits, overtime, trips and zones; those of two trips carry half as much."""
    name = row["vehicle_id"]
    trips = TRIPS.get(name, 1)
    return {
        **row,
        "capacity": int(row["capacity"]) // trips,
        "max_trips": trips,
        "latest_start": "10:00",
        "start_rule": "early" if name == "V04" else "",
        "overtime_after_min": 420,
        "overtime_cost_per_hour": 30,
        "max_work_min": 570,
        "max_stops": 40,
        "service_factor": 1.2 if number % 4 == 1 else 1,
        "speed_factor": 0.9 if name == "V12" else 1,
        "zone_id": HARD_ZONES.get(name) or SOFT_ZONES.get(name, ""),
        "zone_hard": "yes" if name in HARD_ZONES else "no",
        "lifo": "yes" if name == "V10" else "no",
    }


def _stops(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The stops: every third may be late, and of those that ask for nothing some get rules."""
    for number, row in enumerate(rows):
        row.update(setup_min=2, kind="delivery", lock="")
        if number % 3 == 0:
            row.update(late_max_min=-1 if number % 2 else LATE_MINUTES, late_cost_per_hour=40)
        if number % 40 == 11:
            row.update(penalty=15)
    plain = [
        row for row in rows if not row["skills"] and row["tw1_end"] == "18:00" and row["tw1_start"] < "09"
    ]
    for number, row in enumerate(row for row in rows if row not in plain):
        row.update(goods_class={0: FOOD, 8: CHEMICALS}.get(number % 16, ""))
    free = iter(plain)
    for number in range(PAIRS):
        amount = {
            "demand": 1 + number % 4,
            "pair_id": f"P{number + 1}",
            "ride_max_min": 60 + 10 * (number % 4),
        }
        next(free).update(kind="pickup", **amount)
        next(free).update(kind="delivery", **amount)
    for lock, count in (("order", 4), ("prefix", 2), ("vehicle", 4)):
        for number in range(count):
            next(free).update(lock=lock, vehicle_id=KEPT[lock], sequence=number + 1)
    for change in (
        {"lock": "exclude"},
        {"order_rule": "first"},
        {"order_rule": "last"},
        {"order_rule": "early"},
        {"order_rule": "early"},
        {"ready_time": "09:30"},
        {"kind": "pickup", "due_time": "16:00"},
        {"kind": "pickup"},
        {"allowed_vehicles": "V01,V02,V07"},
        {"forbidden_vehicles": "V09,V10"},
    ):
        next(free).update(change)
    earlier, later = next(free), next(free)
    earlier.update(before_stop=later["stop_id"])
    return rows
