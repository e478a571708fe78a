"""Fit the laws of the travel estimate to a road network and say how good they are; changes no file.

A running OSRM answers for the roads. Its wheel `osrm-bindings` carries the programs and the profiles:

    osrm-extract -p profiles/car.lua porto.osm.pbf
    osrm-contract porto.osrm
    osrm-routed --algorithm ch --max-table-size 2000 --port 5000 porto.osrm
    python benchmarks/calibrate_estimate.py --url http://127.0.0.1:5000 --profile car

and the same with bicycle.lua and `--profile bike`, with foot.lua and `--profile foot`. With `--box` the laws
in force are judged on random points of a rectangle that lie within 60 m of a road, instead of on the stops.

Method: pairs are put into bands of distance, four per factor e, from 100 m on; the law is fitted to the mean
of each band of 30 pairs or more, all bands counting alike (least squares of the logarithm), so that short and
long legs are met and a sum of legs is met with them. The fit of the median of pairs would leave tours about a
tenth too short: long detours are longer than short ones are short.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import requests

CHECKOUT = Path(__file__).absolute().parent.parent
sys.path.insert(0, str(CHECKOUT))

from optiway_qgis.engine.travel.estimate import SPEEDS, Law, earth_centred, straight_metres  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    Coordinates = list[tuple[float, float]]

SNAP_METRES = 60
SHORTEST = 100
PAIRS_PER_BAND = 30
TOUR_SIZES = (5, 10, 20, 40)
TOURS = 40
SHORT = 2000


def main() -> None:
    """Read the places, ask OSRM, fit, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, help="of a running osrm-routed")
    parser.add_argument("--profile", choices=sorted(SPEEDS), default="car")
    parser.add_argument("--places", type=Path, default=CHECKOUT.parent / "shared" / "data" / "porto")
    parser.add_argument("--box", type=float, nargs=4, metavar=("WEST", "SOUTH", "EAST", "NORTH"))
    arguments = parser.parse_args()

    places = _random_places(arguments.box) if arguments.box else _stops_and_depots(arguments.places)
    places, road = _road(arguments.url, places)
    xyz = earth_centred(places)
    straight = straight_metres(xyz, xyz)
    print(f"{len(places)} places, {straight[straight > 0].min():.0f} m to {straight.max():.0f} m apart")
    for quantity in ("seconds", "metres"):
        law: Law = getattr(SPEEDS[arguments.profile], quantity)
        print(f"\n{quantity} in force: {law}")
        _judge(law, straight, road[quantity])
        if not arguments.box:
            fitted, error = _fitted(straight, road[quantity], law.far)
            print(f"{quantity} fitted:   {fitted}, bands off by {error:.1%} (root mean square)")
            _judge(fitted, straight, road[quantity])


def _stops_and_depots(folder: Path) -> Coordinates:
    places = []
    for name in ("depots.csv", "stops.csv"):
        with (folder / name).open(encoding="utf-8-sig", newline="") as table:
            places += [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(table)]
    return places


def _random_places(box: list[float]) -> Coordinates:
    west, south, east, north = box
    random = np.random.default_rng(1)
    return list(zip(random.uniform(west, east, 400), random.uniform(south, north, 400)))


def _road(url: str, places: Coordinates) -> tuple[Coordinates, dict[str, np.ndarray]]:
    """Return the places near a road and OSRM's seconds and metres between them, NaN where there is no way."""
    points = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in places)
    answer = requests.get(
        f"{url}/table/v1/driving/{points}", params={"annotations": "duration,distance"}, timeout=300
    )
    answer.raise_for_status()
    form = answer.json()
    near = np.array([source["distance"] < SNAP_METRES for source in form["sources"]])
    tables = {"seconds": form["durations"], "metres": form["distances"]}
    kept = [place for place, keep in zip(places, near) if keep]
    return kept, {name: np.array(table, dtype=float)[np.ix_(near, near)] for name, table in tables.items()}


def _fitted(straight: np.ndarray, road: np.ndarray, far: float) -> tuple[Law, float]:
    """Return the law with this `far` that meets the band means best, and the relative error left."""
    pairs = (straight > SHORTEST) & (road > 0)
    distance, value = straight[pairs], road[pairs]
    band = np.floor(4 * np.log(distance)).astype(int)
    members = [band == number for number in np.unique(band)]
    members = [member for member in members if member.sum() >= PAIRS_PER_BAND]
    middle = np.array([np.exp(np.log(distance[member]).mean()) for member in members])
    mean = np.array([value[member].mean() for member in members])

    def error(law: Law) -> float:
        return float(np.sqrt(np.mean(np.log(law(middle) / mean) ** 2)))

    start = Law(1.0, 1000.0, far)
    laws = (
        replace(start, exponent=round(float(exponent), 3), bend=round(float(bend)))
        for exponent in np.arange(0.4, 1.0025, 0.005)
        for bend in np.geomspace(300, 40_000, 200)
    )
    best = min(laws, key=error)
    return best, error(best)


def _judge(law: Law, straight: np.ndarray, road: np.ndarray) -> None:
    pairs = (straight > 0) & (road > 0)
    estimate = np.ceil(law(straight))
    ratio = estimate[pairs] / road[pairs]
    short = straight[pairs] < SHORT
    print(f"  estimate / road: median {np.median(ratio):.3f}, under 2 km {np.median(ratio[short]):.3f}")
    for size, tours in _tours(straight):
        ratios = [_length(estimate, tour) / _length(road, tour) for tour in tours]
        print(
            f"  nearest-neighbour tours of {size:3} places: median {np.median(ratios):.3f}, "
            f"{min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} tours"
        )


def _tours(straight: np.ndarray) -> Iterator[tuple[int, list[list[int]]]]:
    """Yield a size and round tours of that size: of random places, and one of all places."""
    random = np.random.default_rng(5)
    count = len(straight)
    for size in TOUR_SIZES:
        drawn = [random.choice(count, size, replace=False).tolist() for _ in range(TOURS)]
        yield size, [_nearest_neighbour(straight, places) for places in drawn]
    yield count, [_nearest_neighbour(straight, list(range(count)))]


def _nearest_neighbour(straight: np.ndarray, places: list[int]) -> list[int]:
    tour, left = places[:1], set(places[1:])
    while left:
        here = tour[-1]
        tour.append(min(left, key=lambda place: (straight[here, place], place)))
        left.remove(tour[-1])
    return [*tour, tour[0]]


def _length(table: np.ndarray, tour: list[int]) -> float:
    return float(table[tour[:-1], tour[1:]].sum())


if __name__ == "__main__":
    main()
