"""A real OSRM on loopback, made of the streets of an .osm.pbf."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.routing_server import free_port, running, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator


def prepared(streets: Path, folder: Path) -> Path:
    """Make the files of a server for cars from an .osm.pbf, in a folder; return their common name."""
    copy = Path(shutil.copy(streets, folder))
    base = copy.with_name(copy.name.replace(".osm.pbf", ".osrm"))
    osrm = unpacked("osrm")
    profile = osrm / "share" / "profiles" / "car.lua"
    for command in ([osrm / "bin/osrm-extract", "-p", profile, copy], [osrm / "bin/osrm-contract", base]):
        subprocess.run(command, check=True, capture_output=True)
    return base


@contextmanager
def routed(base: Path, *options: str) -> Iterator[str]:
    """Run a server on these files and give its address."""
    port = free_port()
    program = unpacked("osrm") / "bin/osrm-routed"
    with running([program, "-i", "127.0.0.1", "-p", str(port), "-t", "2", *options, base], port) as url:
        yield url
