"""How long a dispatcher waits for an edit: 30 stops of Porto on 5 routes, ten of them done, in every mode.

Each run is one `qgis_process run optiway:edit_routes` as a script calls it, its start included, on the town's
streets: one stop added, one removed, one window moved. Needs QGIS and the staged plugin. Times are medians;
nothing fails.

    build/env/bench/bin/python benchmarks/edits.py
"""

from __future__ import annotations

import argparse
import csv
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import instances
import results

sys.path.insert(0, str(instances.CHECKOUT / "scripts"))

from headless import QgisProcess, points_from_csv, table_from_csv, table_of_geopackage

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = instances.CHECKOUT.parent / "shared" / "data"
STOPS, VEHICLES, NOW = 30, 5, "2026-05-04T10:15:00"
MODES = ("keep_order", "insert_best", "reoptimise")
GOAL = "5 s"
_DAY = {"PLAN_DATE": "2026-05-04", "TIME_ZONE": "Europe/Lisbon"}
_LAYERS = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")


def main() -> None:
    """Measure all modes and renew the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each mode; default 3")
    parser.add_argument("--out", type=Path, default=results.RESULTS)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for row in measured(Path(scratch), arguments.repeat):
            rows.append(row)
            sys.stdout.write(f"{' | '.join(row)}\n")
            sys.stdout.flush()
    text = "\n\n".join(
        (
            "## Edits while routes are driven",
            results.conditions(load, ("pyvrp", "ortools", "numpy")),
            f"{STOPS} stops of Porto on {VEHICLES} routes on its streets at {NOW[11:16]}: one stop added, "
            "one removed, one window moved, by `qgis_process run optiway:edit_routes`, its start and streets "
            "included. The search may take 5 seconds and ends when nothing gets better.",
            results.table(["mode", "whole process", "goal", "stops moved", "cost", "rules broken"], rows),
        )
    )
    results.renew_section(arguments.out, "edits", text)
    sys.stdout.write(f"\nWritten to {arguments.out}\n")


def measured(folder: Path, repeat: int) -> Iterator[list[str]]:
    """Plan the day, then edit it in each mode."""
    process = QgisProcess.start(folder / "home")
    stops = _rows("stops.csv")[: STOPS + 1]
    parameters: dict[str, Any] = {
        "DEPOTS": points_from_csv(_written(folder / "depots.csv", _rows("depots.csv")[:1])),
        "VEHICLES": table_from_csv(_written(folder / "vehicles.csv", _fleet())),
        "ROADS": f"ogr://{DATA / 'osm' / 'porto.osm.pbf'}|layername=lines",
        **_DAY,
    }
    planned = {
        "STOPS": points_from_csv(_written(folder / "stops.csv", stops[:STOPS])),
        "TIME_LIMIT": 5,
        **_outputs(folder / "plan.gpkg"),
    }
    process.run("optiway:plan_routes", {**parameters, **planned})
    edits = _edits(folder / "edits.csv", stops[STOPS], _last(folder / "plan.gpkg"))
    for mode in MODES:
        seconds, found = [], {}
        for number in range(repeat):
            edited = {
                "PLAN": f"{folder / 'plan.gpkg'}|layername=visits",
                "PLAN_LEGS": f"{folder / 'plan.gpkg'}|layername=legs",
                "EDITS": table_from_csv(edits),
                "MODE": mode,
                "NOW": NOW,
                **_outputs(folder / f"{mode}{number}.gpkg"),
            }
            begin = time.perf_counter()
            found = process.run("optiway:edit_routes", {**parameters, **edited})
            seconds.append(time.perf_counter() - begin)
        figures = (found["MOVED_COUNT"], found["COST"], found["VIOLATION_COUNT"])
        yield [
            mode,
            f"{statistics.median(seconds):.2f} s",
            GOAL,
            *(f"{figure:.2f}".removesuffix(".00") for figure in figures),
        ]


def _fleet() -> list[dict[str, str]]:
    """The vehicles of the first depot, each able to serve a share of the stops and no more."""
    fleet = [row for row in _rows("vehicles.csv") if row["start_depot"] == "D1"][:VEHICLES]
    share = str(-(-STOPS // VEHICLES))
    return [{**row, "skills": "fridge,liftgate", "max_stops": share} for row in fleet]


def _last(plan: Path) -> list[str]:
    """The two stops that are served last."""
    with closing(sqlite3.connect(plan)) as database:
        rows = database.execute(
            "SELECT stop_id FROM visits WHERE visit_type = 'stop' ORDER BY start_time DESC LIMIT 2"
        )
        return [name for (name,) in rows]


def _edits(path: Path, new: dict[str, str], last: list[str]) -> Path:
    """One stop more, one less, and one that can be served in the afternoon only."""
    gone, moved = last
    return _written(
        path,
        [
            {**new, "action": "add", "vehicle_id": _fleet()[0]["vehicle_id"], "tw1_start": "", "tw1_end": ""},
            {"action": "remove", "stop_id": gone},
            {"action": "update", "stop_id": moved, "tw1_start": "13:00", "tw1_end": "16:00"},
        ],
    )


def _outputs(path: Path) -> dict[str, Any]:
    return {name: table_of_geopackage(path, name.lower()) for name in _LAYERS}


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / "porto" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


if __name__ == "__main__":
    main()
