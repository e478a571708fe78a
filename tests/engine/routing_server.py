"""Real routing servers on loopback: their programs, fetched when not there yet, started and ended."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHECKOUT = Path(__file__).absolute().parents[2]
_STARTS_WITHIN_S = 20


def unpacked(server: str) -> Path:
    """The folder of a routing server, osrm or valhalla, with its programs in `bin`."""
    subprocess.run([CHECKOUT / "scripts" / "routing_server.sh", server], check=True)
    return CHECKOUT / "build" / server / server


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def running(command: Sequence[str | Path], port: int) -> Iterator[str]:
    """Run a server that is to listen at the port, and give its address."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen) -> None:
    end = time.monotonic() + _STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} does not answer on port {port}")
