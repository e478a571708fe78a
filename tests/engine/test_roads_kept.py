"""Networks kept on disk: another profile or other roads are never answered with those of before."""

from __future__ import annotations

import os

import numpy as np
import pytest

from optiway_qgis.engine.travel import store
from tests.engine.streets import grid

PLACES = [(0.5, 0), (3, 2.5)]


@pytest.mark.parametrize("turn_s", [[], [[0, 0], [180, 2]]])
def test_another_text_of_a_profile_is_another_network(tmp_path, turn_s):
    """The file of the profile keeps its name, the folder is the same; only the speed was changed."""
    cache = str(tmp_path / "cache")
    slow, fast, again = (
        grid(4).network(PLACES, tmp_path, {"speeds_kmh": {"street": kmh}, "turn_s": turn_s}, cache=cache)
        for kmh in (20, 40, 20)
    )
    seconds = slow.matrix("car").seconds
    turns = turn_s != []
    assert fast.matrix("car").seconds[0, 1] == pytest.approx(seconds[0, 1] / 2, abs=1 + 2 * turns)
    assert (again.matrix("car").seconds == seconds).all()


def test_other_roads_are_another_network(tmp_path):
    """A street made one-way in the middle of the town leads to a longer way at once."""
    cache = str(tmp_path / "cache")
    before = grid(4).network([(2, 3.5), (2, 0.5)], tmp_path, cache=cache).matrix("car").metres
    after = (
        grid(4, oneway_columns=(2,)).network([(2, 3.5), (2, 0.5)], tmp_path, cache=cache).matrix("car").metres
    )
    assert after[0, 1] > before[0, 1]
    assert after[1, 0] == before[1, 0]


@pytest.mark.parametrize(("most", "most_bytes", "left"), [(2, 10**9, "cd"), (9, 4500, "cd"), (9, 10, "d")])
def test_what_was_used_longest_ago_goes(tmp_path, monkeypatch, most, most_bytes, left):
    """By number and by size; what was saved last stays however large it is, and so do files of others.

    What a process that is gone left half written goes, too.
    """
    monkeypatch.setattr(store, "KEPT", {"roads": most, "server": 1})
    monkeypatch.setattr(store, "KEPT_BYTES", most_bytes)
    other = tmp_path / "mine.npz"
    other.write_bytes(bytes(10_000))
    kept_of_server = tmp_path / "server-x.npz"
    kept_of_server.write_bytes(bytes(10_000))
    left_behind = tmp_path / "roads-x-1.part"
    left_behind.write_bytes(bytes(10))
    os.utime(left_behind, (0, 0))
    for second, name in enumerate(("roads-a", "roads-b", "roads-c")):
        path = tmp_path / f"{name}.npz"
        np.savez(path, numbers=np.zeros(220))
        os.utime(path, (second, second))
    store.save(str(tmp_path), "roads-d", {"numbers": np.zeros(220)})
    assert sorted(path.stem[-1] for path in tmp_path.glob("roads-*")) == list(left)
    assert other.exists()
    assert kept_of_server.exists()
    assert not left_behind.exists()
    assert store.load(str(tmp_path), "roads-d")["numbers"].shape == (220,)
