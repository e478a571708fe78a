"""How fast travel on roads is, beside the network analysis of QGIS and OSRM; renews a section of RESULTS.md.

    build/env/bench/bin/python benchmarks/roads.py --url http://127.0.0.1:5000 --limited-url http://127.0.0.1:5001

Streets of Porto and 1000 places on them; the same streets many times over, side by side and joined. "First"
starts with an empty cache, "again" finds lines, graph and order in it. The addresses are those of an
osrm-routed on the same streets, one with `--max-table-size 2000` and one with its default of 100.

QGIS's Dijkstra searches the whole graph from each place; some are timed, and the time is scaled to all.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import results

CHECKOUT = Path(__file__).absolute().parent.parent
sys.path.insert(0, str(CHECKOUT))

from optiway_qgis.engine.travel.roads.network import RoadNetwork  # noqa: E402
from optiway_qgis.engine.travel.roads.profile import RoadTexts, profile_from, speeds  # noqa: E402
from optiway_qgis.engine.travel.servers.osrm import Osrm  # noqa: E402

Coordinates = list[tuple[float, float]]

DATA = CHECKOUT.parent / "shared" / "data"
CAR = json.loads((CHECKOUT / "optiway_qgis" / "resources" / "profiles" / "car.json").read_text("utf-8"))
QGIS_PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")
QGIS_SIDE = Path(__file__).with_name("qgis_roads.py")
LEGS = 200
SMALL = 200
WIDTH = 0.6
"""Degrees from one copy of the streets to the next."""


@dataclass
class Figures:
    """Rows of the table: what, how much, and the goal; told as they come."""

    rows: list[list[str]]

    def add(self, what: str, value: str, goal: str = "") -> None:
        """Add a row."""
        self.rows.append([what, value, goal])
        sys.stdout.write(f"{what}: {value}{f' (goal: {goal})' if goal else ''}\n")
        sys.stdout.flush()

    def seconds(self, what: str, value: float, goal: str = "") -> None:
        """Add a row of seconds."""
        self.add(what, f"{value:.2f} s", goal)


def main() -> None:
    """Measure everything and renew the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="of a running osrm-routed that answers large tables")
    parser.add_argument("--limited-url", help="of a running osrm-routed with its default limit")
    parser.add_argument("--streets", type=Path, default=DATA / "osm" / "porto.osm.pbf")
    parser.add_argument("--places", type=int, default=1000)
    parser.add_argument("--origins", type=int, default=50, help="from which QGIS's Dijkstra is timed")
    parser.add_argument("--copies", type=int, default=8, help="of the streets, side by side; 0: none")
    parser.add_argument("--out", type=Path, default=results.RESULTS)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    figures = Figures([])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places = _places(arguments.places)
        network = _porto(figures, folder, arguments.streets, places)
        _network_analysis(figures, folder, network, places, arguments.origins)
        if arguments.url:
            _osrm(figures, network, places, arguments.url, arguments.limited_url)
        if arguments.copies:
            _many_times(figures, folder, arguments.streets, places, arguments.copies)
    text = (
        "## Roads",
        results.conditions(load, ("routingkit_cch", "numpy", "shapely")),
        results.table(["what", "measured", "goal"], figures.rows),
    )
    results.renew_section(arguments.out, "roads", "\n\n".join(text))
    sys.stdout.write(f"\nWritten to {arguments.out}\n")


@dataclass
class Network:
    """Streets and places ready for searching, and how long the matrix took (seconds)."""

    travel: dict[str, Any]
    roads: RoadNetwork
    matrix_s: float


def _porto(figures: Figures, folder: Path, streets: Path, places: Coordinates) -> Network:
    network = _prepared(
        figures, folder, "Porto", f"{streets}|layername=lines", places, "1.5 s, 4 s more once", "1.5 s"
    )
    small = RoadNetwork(places[:SMALL], network.travel, [].append)
    small.snap()
    figures.seconds(f"Porto: matrix of {SMALL} with distances", _timed(lambda: small.matrix("car")), "0.3 s")
    figures.seconds(f"Porto: matrix of {len(places)} with distances", network.matrix_s, "2 s")
    legs = [(index % len(places), (7 * index + 3) % len(places)) for index in range(LEGS)]
    figures.seconds(f"Porto: {LEGS} lines", _timed(lambda: network.roads.lines(legs, "car")), "0.5 s")
    return network


def _prepared(
    figures: Figures, folder: Path, title: str, layer: str, places: Coordinates, first: str, again: str
) -> Network:
    """Read the layer, prepare the network and snap the places, twice; `first` and `again` are the goals."""
    cache = folder / title
    cache.mkdir()
    (cache / "places.json").write_text(json.dumps(places), encoding="utf-8")
    read = _in_qgis("read", layer, cache / "places.json", cache)
    travel = {**read["travel"], "profiles": {"car": CAR}, "cache": str(cache)}
    for which, goal in (("first", first), ("again", again)):
        begin = time.perf_counter()
        roads = RoadNetwork(places, travel, [].append)
        on_road = sum(snap.status == "ok" for snap in roads.snap())
        ready = time.perf_counter() - begin
        figures.seconds(f"{title}: layer read, {which}", read[which])
        figures.seconds(f"{title}: network ready, {on_road} of {len(places)} places on it, {which}", ready)
        figures.seconds(f"{title}: both, {which}", read[which] + ready, goal)
    return Network(travel, roads, _timed(lambda: roads.matrix("car")))


def _many_times(figures: Figures, folder: Path, streets: Path, places: Coordinates, copies: int) -> None:
    many = folder / "many.gpkg"
    _in_qgis("copy", streets, copies, WIDTH, many)
    spread = [(lon + WIDTH * (number % copies), lat) for number, (lon, lat) in enumerate(places)]
    title = f"Porto {copies} times over"
    network = _prepared(figures, folder, title, f"{many}|layername=lines", spread, "15 s", "3 s")
    figures.seconds(f"{title}: matrix of {len(places)} with distances", network.matrix_s)


def _network_analysis(
    figures: Figures, folder: Path, network: Network, places: Coordinates, origins: int
) -> None:
    """Measure Dijkstra on QgsGraphAnalyzer on the same lines, with the same speeds; turns cost nothing."""
    texts = network.travel["categories"]
    with np.load(network.travel["path"], allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in ("lon", "lat", "first", *texts)}
    read = RoadTexts(len(arrays["first"]) - 1, texts, {name: arrays[name] for name in texts})
    forward, backward = speeds(profile_from("car", CAR), read, Counter())
    way = np.where(backward > 0, np.where(forward > 0, 0, -1), 1)
    lines, asked = folder / "lines.npz", folder / "places.json"
    shape = {name: arrays[name] for name in ("lon", "lat", "first")}
    np.savez(lines, **shape, kmh=np.maximum(forward, backward), way=way)
    asked.write_text(json.dumps(places), encoding="utf-8")
    answer = _in_qgis("dijkstra", lines, asked, origins)
    theirs = np.array(answer["seconds"], dtype=float)
    whole = answer["searches"] * len(places) / len(theirs)
    figures.seconds("QgsGraphBuilder: graph with all places tied to it", answer["graph"])
    figures.seconds(
        f"QgsGraphAnalyzer: {len(places)} Dijkstras, scaled from {len(theirs)} (no distances)", whole
    )
    figures.add(
        "QgsGraphAnalyzer's Dijkstras / our matrix", f"{whole / network.matrix_s:.0f} times", "50 times"
    )
    ours = network.roads.matrix("car").seconds[: len(theirs)]
    both = (ours > 0) & (theirs > 0)
    figures.add("times, ours / QgsGraphAnalyzer (median)", f"{np.median(ours[both] / theirs[both]):.3f}")


def _osrm(figures: Figures, network: Network, places: Coordinates, url: str, limited_url: str | None) -> None:
    """Measure OSRM over HTTP through the provider the engine has for it."""
    for title, address, goal in (("in one call", url, "2 s"), ("at its default limit", limited_url, "25 s")):
        if not address:
            continue
        server = Osrm(places, {"url": address}, [].append)
        begin = time.perf_counter()
        theirs = server.matrix("car")
        taken = time.perf_counter() - begin
        figures.seconds(f"OSRM over HTTP: {len(places)} x {len(places)} {title}", taken, goal)
        share = f"{network.matrix_s / taken:.2f}"
        figures.add(f"our matrix / OSRM {title}", share, "at most 3")
    ours = network.roads.matrix("car").seconds
    both = (ours > 0) & (theirs.seconds > 0)
    ratio = np.median(ours[both] / theirs.seconds[both])
    figures.add("times, ours / OSRM (median)", f"{ratio:.3f}", "0.93 to 1.03")


def _places(count: int) -> Coordinates:
    """Return places scattered some hundred metres around the depots and stops of Porto."""
    known = []
    for name in ("depots", "stops"):
        with (DATA / "porto" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as table:
            known += [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(table)]
    random = np.random.default_rng(1)
    chosen = np.array(known)[random.integers(0, len(known), count)]
    return [tuple(place) for place in (chosen + random.normal(0, 0.003, chosen.shape)).tolist()]


def _in_qgis(*arguments: Any) -> dict[str, Any]:
    """Return what the other side says; it runs in the Python of QGIS."""
    command = [QGIS_PYTHON, str(QGIS_SIDE), *map(str, arguments)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def _timed(action: Any) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
