"""Fixtures of the engine's tests: looking at processes from outside."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest


@pytest.fixture
def process_ends():
    """A function that says whether a process ends within some seconds; one that does not is killed later."""
    watched = set()

    def is_running(pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state != "Z"  # the entry of a dead process nobody has asked about yet

    def ends(pid: int, within_s: float) -> bool:
        watched.add(pid)
        end = time.monotonic() + within_s
        while is_running(pid):
            if time.monotonic() >= end:
                return False
            time.sleep(0.01)
        watched.discard(pid)
        return True

    yield ends
    for pid in filter(is_running, watched):
        os.kill(pid, signal.SIGKILL)
