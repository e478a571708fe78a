"""Our roads against a real OSRM made from the same .osm.pbf: Porto, cars."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import requests

from optiway_qgis.engine.travel.roads.network import RoadNetwork
from tests.engine.osrm import prepared, routed

CHECKOUT = Path(__file__).absolute().parents[2]
DATA = CHECKOUT.parent / "shared" / "data"
STREETS = DATA / "osm" / "porto.osm.pbf"
PYTHON_WITH_GDAL = os.environ.get("PYTHON", "/usr/bin/python3")


@pytest.fixture(scope="module")
def places():
    """The depots and stops of Porto."""
    return [
        (float(row["lon"]), float(row["lat"]))
        for name in ("depots", "stops")
        for row in csv.DictReader((DATA / "porto" / f"{name}.csv").read_text("utf-8-sig").splitlines())
    ]


@pytest.fixture(scope="module")
def network(places, tmp_path_factory):
    """The roads of Porto for the car profile that comes along."""
    folder = tmp_path_factory.mktemp("porto")
    archive, categories = folder / "roads.npz", folder / "categories.json"
    helper = Path(__file__).with_name("roads_of_pbf.py")
    subprocess.run([PYTHON_WITH_GDAL, helper, STREETS, archive, categories], check=True)
    car = CHECKOUT / "optiway_qgis" / "resources" / "profiles" / "car.json"
    travel = {
        "path": str(archive),
        "categories": json.loads(categories.read_text("utf-8")),
        "profiles": {"car": json.loads(car.read_text("utf-8"))},
    }
    return RoadNetwork(places, travel, [].append)


@pytest.fixture(scope="module")
def osrm_tables(places, tmp_path_factory):
    """Seconds and metres of OSRM, NaN where it has no way."""
    base = prepared(STREETS, tmp_path_factory.mktemp("osrm"))
    points = ";".join(f"{lon},{lat}" for lon, lat in places)
    with routed(base, "--max-table-size", "1000") as url:
        asked = {"annotations": "duration,distance"}
        answer = requests.get(f"{url}/table/v1/driving/{points}", params=asked, timeout=60).json()
    return np.array(answer["durations"], dtype=float), np.array(answer["distances"], dtype=float)


def test_times_and_distances_are_those_of_osrm(places, network, osrm_tables):
    """Free-flow times of a car: the median within a few percent, nine of ten pairs within a tenth."""
    seconds, metres = osrm_tables
    ours = network.matrix("car")
    assert not ((ours.seconds < 0) & np.isfinite(seconds)).any()
    pairs = ~np.eye(len(places), dtype=bool) & (seconds > 0)
    time = ours.seconds[pairs] / seconds[pairs]
    assert 0.93 <= np.median(time) <= 1.03
    assert np.quantile(time, 0.05) > 0.9
    assert np.quantile(time, 0.95) < 1.1
    assert np.median(ours.metres[pairs] / metres[pairs]) == pytest.approx(1, abs=0.01)


def test_all_places_are_near_a_road_and_lines_follow_it(places, network):
    """Each line is as long as the matrix says, and begins and ends beside its places."""
    from pyproj import Geod

    assert {snap.status for snap in network.snap()} == {"ok"}
    pairs = [(index, (7 * index + 3) % len(places)) for index in range(len(places))]
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    metres = network.matrix("car").metres
    geod = Geod(ellps="WGS84")
    for (origin, end), line in zip(pairs, network.lines(pairs, "car")):
        lon, lat = zip(*line.geometry)
        assert line.source == "road"
        assert geod.line_length(lon, lat) == pytest.approx(metres[origin, end], abs=3, rel=0.005)
        assert geod.inv(*places[origin], *line.geometry[0])[2] < 100
        assert geod.inv(*places[end], *line.geometry[-1])[2] < 100
