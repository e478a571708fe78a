"""Tables on roads are made of some places at a time: what is in memory at once must not show in them."""

from __future__ import annotations

import numpy as np
import pytest

from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.engine.travel.roads import between
from optiway_qgis.engine.travel.roads.network import RoadNetwork

SIDE, STEP = 6, 0.002
SPEEDS = {"lane": 30, "street": 50, "road": 70}


@pytest.fixture(params=[0, 8], ids=["free junctions", "junctions that cost"])
def travel(request, tmp_path):
    """Streets of three speeds on a shifted grid, and one that no other street meets."""
    random = np.random.default_rng(5)
    corner = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1) * STEP
    corner = corner + random.uniform(-0.2, 0.2, corner.shape) * STEP + np.array([-8, 41])
    east = np.stack([corner[:, :-1].reshape(-1, 2), corner[:, 1:].reshape(-1, 2)], axis=1)
    north = np.stack([corner[:-1].reshape(-1, 2), corner[1:].reshape(-1, 2)], axis=1)
    island = np.array([[[-8.1, 41.0], [-8.1, 41.002]]])
    ends = np.concatenate([east, north, island])
    path = tmp_path / "streets.npz"
    np.savez(
        path,
        lon=ends[..., 0].ravel(),
        lat=ends[..., 1].ravel(),
        first=2 * np.arange(len(ends) + 1),
        highway=random.integers(0, 3, len(ends)).astype(np.int32),
    )
    profile = {"speeds_kmh": SPEEDS, "junction_s": request.param}
    return {"path": str(path), "categories": {"highway": list(SPEEDS)}, "profiles": {"car": profile}}


@pytest.mark.parametrize("rows", [1, 7])
def test_rows_found_a_few_at_a_time_are_those_found_at_once(travel, rows, monkeypatch):
    """Many places share a street, also across the blocks; one is where no road leads."""
    random = np.random.default_rng(2)
    spots = random.uniform(0, (SIDE - 1) * STEP, (60, 2)) + np.array([-8, 41])
    places = [tuple(spot) for spot in spots.tolist()] + [(-8.1, 41.001)]
    whole = RoadNetwork(places, travel, [].append).matrix("car")
    monkeypatch.setattr(between, "_ROWS", rows)
    parts = RoadNetwork(places, travel, [].append).matrix("car")
    assert whole.seconds.dtype == whole.metres.dtype == np.int32
    assert np.array_equal(whole.seconds, parts.seconds)
    assert np.array_equal(whole.metres, parts.metres)
    assert (whole.seconds[:60, :60] >= 0).all()
    assert (whole.seconds[60, :60] == UNREACHABLE).all()
