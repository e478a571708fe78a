"""Where a search would have stopped, read from its history: what the default patience rests on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).absolute().parents[2] / "benchmarks"))

import patience

HISTORY = [(1.0, 200.0), (2.0, 150.0), (6.0, 101.0), (20.0, 100.0)]


@pytest.mark.parametrize(
    ("waits", "seconds", "loss"),
    [(0.5, 1.5, 100.0), (3.0, 5.0, 50.0), (4.0, 10.0, 1.0), (14.0, 34.0, 0.0), (100.0, 60.0, 0.0)],
)
def test_search_stops_after_its_patience_with_what_it_has(waits, seconds, loss):
    """The wait before the stop counts as time used; what came later is the loss."""
    assert patience.stop_of(HISTORY, waits, 60.0) == patience.Stop(seconds, pytest.approx(loss))
