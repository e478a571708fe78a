"""How fast the engine travels on roads, and how its times compare with OSRM; changes no file.

    build/engine/bin/python benchmarks/roads.py
    build/engine/bin/python benchmarks/roads.py --url http://127.0.0.1:5000

With the address of an osrm-routed on the same file our times are divided by its own.

Streets of Porto and 1000 places on them; the same streets many times over, side by side and joined; a full
grid of a million arcs, the hardest graph of its size, with turns that cost nothing. "First" starts with an
empty cache, "again" finds graph and order in it. Reading the layer is the part of QGIS and is not in here.
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
from pathlib import Path
from typing import Any

import numpy as np
import requests

CHECKOUT = Path(__file__).absolute().parent.parent
sys.path.insert(0, str(CHECKOUT))

from optiway_qgis.engine.travel.roads.network import RoadNetwork  # noqa: E402

Coordinates = list[tuple[float, float]]

DATA = CHECKOUT.parent / "shared" / "data"
CAR = CHECKOUT / "optiway_qgis" / "resources" / "profiles" / "car.json"
PYTHON_WITH_GDAL = os.environ.get("PYTHON", "/usr/bin/python3")
GRID_SIDE = 500
GRID_STEP = 0.001
COPIES = 8


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="of a running osrm-routed with the streets of Porto")
    parser.add_argument("--streets", type=Path, default=DATA / "osm" / "porto.osm.pbf")
    arguments = parser.parse_args()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        travel = _porto(folder, arguments.streets)
        stops = _stops()
        _measure("Porto, 200 places", stops[:200], travel)
        _measure("Porto, 1000 places", _around(stops, 1000), travel)
        if arguments.url:
            _compare(arguments.url, stops, travel)
        _measure(f"Porto {COPIES} times over", *_porto_many_times(folder, travel, stops))
        _measure("grid of a million arcs", *_grid(folder))


def _measure(title: str, places: Coordinates, travel: dict[str, Any]) -> None:
    pairs = [(index, (7 * index + 3) % len(places)) for index in range(200)]
    with tempfile.TemporaryDirectory() as cache:
        for which in ("first", "again"):
            start = time.perf_counter()
            network = RoadNetwork(places, {**travel, "cache": cache}, [].append)
            snaps = network.snap()
            ready = time.perf_counter()
            network.matrix("car")
            done = time.perf_counter()
            network.lines(pairs, "car")
            print(
                f"{title}, {which}: prepared and snapped {ready - start:.2f} s, matrix {done - ready:.2f} s, "
                f"200 lines {time.perf_counter() - done:.2f} s "
                f"({sum(snap.status == 'ok' for snap in snaps)} of {len(places)} places on a road)"
            )


def _porto(folder: Path, streets: Path) -> dict[str, Any]:
    archive, categories = folder / "porto.npz", folder / "porto.json"
    helper = CHECKOUT / "tests" / "engine" / "roads_of_pbf.py"
    subprocess.run([PYTHON_WITH_GDAL, helper, streets, archive, categories], check=True)
    return {
        "path": str(archive),
        "categories": json.loads(categories.read_text("utf-8")),
        "profiles": {"car": json.loads(CAR.read_text("utf-8"))},
    }


def _stops() -> Coordinates:
    places = []
    for name in ("depots", "stops"):
        with (DATA / "porto" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as table:
            places += [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(table)]
    return places


def _around(places: Coordinates, count: int) -> Coordinates:
    """Return places scattered some hundred metres around the given ones."""
    random = np.random.default_rng(1)
    chosen = np.array(places)[random.integers(0, len(places), count)]
    return [tuple(place) for place in (chosen + random.normal(0, 0.003, chosen.shape)).tolist()]


def _porto_many_times(
    folder: Path, travel: dict[str, Any], stops: Coordinates
) -> tuple[Coordinates, dict[str, Any]]:
    """Return 1000 places and the streets copied eastward, neighbours joined by ten primary roads."""
    with np.load(travel["path"]) as archive:
        arrays = dict(archive)
    lon, lat, first = arrays["lon"], arrays["lat"], arrays["first"]
    primary = travel["categories"]["highway"].index("primary")
    width = float(np.ptp(lon)) + 0.01
    ends = np.flatnonzero(arrays["highway"] == primary)[:: len(lon) // 30_000][:10]
    joints = first[ends]
    lines = [(lon + width * copy, lat) for copy in range(COPIES)]
    lines += [
        (np.array([lon[at], lon[at] + width]) + width * copy, lat[[at, at]])
        for copy in range(COPIES - 1)
        for at in joints
    ]
    sizes = np.concatenate([np.tile(np.diff(first), COPIES), np.full((COPIES - 1) * len(joints), 2)])
    path = folder / "many.npz"
    codes = {name: np.tile(arrays[name], COPIES) for name in travel["categories"]}
    more = {
        name: np.full((COPIES - 1) * len(joints), primary if name == "highway" else -1, np.int32)
        for name in codes
    }
    np.savez(
        path,
        lon=np.concatenate([part for part, _ in lines]),
        lat=np.concatenate([part for _, part in lines]),
        first=np.concatenate([[0], np.cumsum(sizes)]),
        **{name: np.concatenate([codes[name], more[name]]) for name in codes},
    )
    places = [
        (lon_ + width * (number % COPIES), lat_) for number, (lon_, lat_) in enumerate(_around(stops, 1000))
    ]
    return places, {**travel, "path": str(path)}


def _grid(folder: Path) -> tuple[Coordinates, dict[str, Any]]:
    """Return 1000 places on a grid of streets of three speeds, its crossings shifted at random."""
    random = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(GRID_SIDE), np.arange(GRID_SIDE))
    shift = random.uniform(-0.3, 0.3, (2, GRID_SIDE, GRID_SIDE))
    corner = np.stack([-8 + (x + shift[0]) * GRID_STEP, 41 + (y + shift[1]) * GRID_STEP], axis=-1)
    east = np.stack([corner[:, :-1].reshape(-1, 2), corner[:, 1:].reshape(-1, 2)], axis=1)
    north = np.stack([corner[:-1].reshape(-1, 2), corner[1:].reshape(-1, 2)], axis=1)
    ends = np.concatenate([east, north])
    path = folder / "grid.npz"
    np.savez(
        path,
        lon=ends[..., 0].ravel(),
        lat=ends[..., 1].ravel(),
        first=2 * np.arange(len(ends) + 1),
        highway=random.integers(0, 3, len(ends)).astype(np.int32),
    )
    places = (np.array([-8, 41]) + random.uniform(0, GRID_SIDE * GRID_STEP, (1000, 2))).tolist()
    speeds = {"lane": 30, "street": 50, "road": 70}
    travel = {"path": str(path), "categories": {"highway": list(speeds)}}
    return [tuple(place) for place in places], {**travel, "profiles": {"car": {"speeds_kmh": speeds}}}


def _compare(url: str, places: Coordinates, travel: dict[str, Any]) -> None:
    """Print our times and distances divided by those of OSRM."""
    points = ";".join(f"{lon},{lat}" for lon, lat in places)
    start = time.perf_counter()
    asked = {"annotations": "duration,distance"}
    answer = requests.get(f"{url}/table/v1/driving/{points}", params=asked, timeout=300).json()
    print(f"OSRM, {len(places)} places over HTTP: {time.perf_counter() - start:.2f} s")
    ours = RoadNetwork(places, travel, [].append).matrix("car")
    for quantity, own, theirs in (
        ("seconds", ours.seconds, np.array(answer["durations"], dtype=float)),
        ("metres", ours.metres, np.array(answer["distances"], dtype=float)),
    ):
        lost = int(((own < 0) & np.isfinite(theirs)).sum())
        pairs = (own > 0) & (theirs > 0)
        shares = np.quantile(own[pairs] / theirs[pairs], [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
        print(
            f"{quantity}, ours / OSRM, quantiles 1 5 25 50 75 95 99 %: {shares.round(3)}; lost pairs: {lost}"
        )


if __name__ == "__main__":
    main()
