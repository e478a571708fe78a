"""A real OSRM on loopback with the streets of Monaco, made once per session."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).absolute().parents[2]
OSRM = CHECKOUT / "build" / "osrm" / "osrm"
_STARTS_WITHIN_S = 20


def executable(name: str) -> str:
    """The path of a program of OSRM; it is fetched if it is not there yet."""
    subprocess.run([CHECKOUT / "scripts" / "osrm.sh"], check=True)
    return str(OSRM / "bin" / name)


def prepared(streets: Path, folder: Path) -> Path:
    """Make the files of a server for cars from an .osm.pbf, in a folder; return their common name."""
    copy = Path(shutil.copy(streets, folder))
    base = copy.with_name(copy.name.replace(".osm.pbf", ".osrm"))
    profile = OSRM / "share" / "profiles" / "car.lua"
    for command in ([executable("osrm-extract"), "-p", profile, copy], [executable("osrm-contract"), base]):
        subprocess.run(command, check=True, capture_output=True)
    return base


@contextmanager
def routed(base: Path, *options: str) -> Iterator[str]:
    """Run a server on these files and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [executable("osrm-routed"), "-i", "127.0.0.1", "-p", str(port), "-t", "2", *options, str(base)]
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
    raise RuntimeError(f"osrm-routed does not answer on port {port}")
