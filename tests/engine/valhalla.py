"""A real Valhalla on loopback, made of the streets of an .osm.pbf."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.engine.routing_server import free_port, running, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def valhalla(streets: Path, folder: Path) -> Iterator[str]:
    """Make the tiles of a server in a folder, run it with the limits it comes with and give its address."""
    port, server = free_port(), unpacked("valhalla")
    made = [sys.executable, server / "valhalla_build_config.py", "--mjolnir-tile-dir", folder / "tiles"]
    made += ["--httpd-service-listen", f"tcp://127.0.0.1:{port}"]
    for socket in ("loopback", "interrupt"):
        made += [f"--httpd-service-{socket}", f"ipc://{folder}/{socket}"]
    settings = json.loads(subprocess.run(made, check=True, capture_output=True).stdout)
    configuration = folder / "valhalla.json"
    configuration.write_text(json.dumps(settings))
    subprocess.run(
        [server / "bin/valhalla_build_tiles", "-c", configuration, streets], check=True, capture_output=True
    )
    with running([server / "bin/valhalla_service", configuration, "2"], port) as url:
        yield url
