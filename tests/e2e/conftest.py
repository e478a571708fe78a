"""Fixtures of the end-to-end tests: the staged plugin, its sample data as layers, and qgis_process.

These tests run QGIS as users do, in processes of its own; nothing of the plugin is imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from headless import BUILD, QgisProcess, points_from_csv, table_from_csv

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def qgis_process(tmp_path_factory) -> QgisProcess:
    """qgis_process in a fresh profile with the staged plugin enabled."""
    return QgisProcess.start(tmp_path_factory.mktemp("qgis_process"))


@pytest.fixture(scope="session")
def town_layers() -> dict[str, str]:
    """The sample town as qgis_process takes it: sources of STOPS, DEPOTS and VEHICLES."""
    sample = BUILD / "optiway_qgis" / "resources" / "sample"
    return {
        "STOPS": points_from_csv(sample / "stops.csv"),
        "DEPOTS": points_from_csv(sample / "depots.csv"),
        "VEHICLES": table_from_csv(sample / "vehicles.csv"),
    }


@pytest.fixture(scope="session")
def pictures() -> Path:
    """The folder screenshots are kept in, to be looked at."""
    folder = BUILD / "e2e"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
