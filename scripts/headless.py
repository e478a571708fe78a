"""Runs QGIS without a screen, in a profile of its own, with the plugin staged in build/.

The demo, the tests and the benchmarks call qgis_process through this; the desktop under Xvfb has its own
harness in tests/e2e.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

BUILD = Path(__file__).absolute().parent.parent / "build"


class QgisProcessFailed(Exception):
    """qgis_process ended with an error; the text is what it wrote."""


def qgis_process_command(*arguments: str) -> list[str]:
    """A command line. Debian 12's wrapper passes an option qgis_process does not know: go around it."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        raise QgisProcessFailed("qgis_process is not on the PATH: install QGIS.")
    return [program, *arguments]


def points_from_csv(path: Path, x: str = "lon", y: str = "lat", crs: str = "EPSG:4326") -> str:
    """URI of a CSV file as a point layer."""
    return f"{_csv(path)}&xField={x}&yField={y}&crs={crs}"


def table_from_csv(path: Path) -> str:
    """URI of a CSV file as a table without geometry."""
    return f"{_csv(path)}&geomType=none"


def _csv(path: Path) -> str:
    return f"delimitedtext://file://{quote(str(path.absolute()))}?type=csv&detectTypes=yes"


def table_of_geopackage(path: Path, table: str) -> str:
    """Output of an algorithm: one table of a GeoPackage that may hold others."""
    return f"ogr:dbname='{path.absolute()}' table=\"{table}\" (geom)"


def clean_environment(folder: Path) -> dict[str, str]:
    """Variables for a QGIS that knows nothing of the user's profile, written below `folder`.

    The engine is left to be found as users find it: in build/engine, beside the staged plugin.
    """
    runtime = folder / "runtime"
    runtime.mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "OPTIWAY"))
    }
    environment.update(
        QT_QPA_PLATFORM="offscreen",
        QGIS_PLUGINPATH=str(BUILD),
        QGIS_CUSTOM_CONFIG_PATH=str(folder / "profile"),
        XDG_RUNTIME_DIR=str(runtime),
    )
    return environment


@dataclass(frozen=True)
class QgisProcess:
    """qgis_process with an environment of its own; `start` makes one with the plugin enabled."""

    environment: dict[str, str]

    @classmethod
    def start(cls, folder: Path) -> QgisProcess:
        """A profile below `folder` in which the staged plugin is enabled."""
        process = cls(clean_environment(folder))
        process.call("plugins", "enable", "optiway_qgis")
        return process

    def call(self, *arguments: str) -> str:
        """Run one command and return its standard output."""
        done = subprocess.run(
            qgis_process_command(*arguments), env=self.environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise QgisProcessFailed(f"{done.stdout}\n{done.stderr}")
        return done.stdout

    def run(self, algorithm: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run an algorithm and return its outputs."""
        output = self.call("--json", *run_arguments(algorithm, parameters))
        return json.loads(output[output.index("{") :])["results"]


def run_arguments(algorithm: str, parameters: dict[str, Any]) -> list[str]:
    """Arguments of qgis_process for an algorithm; a list is given item by item."""
    arguments = ["run", algorithm, "--"]
    for name, value in parameters.items():
        for item in value if isinstance(value, list) else [value]:
            arguments.append(f"{name}={item}")
    return arguments
