"""Fixtures every folder of tests may use: where things are, and the provider in the registry.

Nothing here imports qgis at load: the tests of model and engine run in the engine's Python.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).absolute().parent.parent

# The engine is the one of this checkout, and nothing is written outside build/.
os.environ.setdefault("OPTIWAY_PYTHON", str(CHECKOUT / "build" / "engine" / "bin" / "python"))
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(CHECKOUT / "build" / ".hypothesis"))


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder of the checkout."""
    return CHECKOUT


@pytest.fixture(scope="session")
def sample_town() -> Path:
    """The folder of the sample data shipped with the plugin."""
    return CHECKOUT / "optiway_qgis" / "resources" / "sample"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Data too large for the project: in OPTIWAY_SHARED_DATA, or ../shared/data beside the checkout.

    Without them a test is skipped by hand and fails under CI: a proof that was not made is none.
    """
    folder = Path(os.environ.get("OPTIWAY_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        message = f"{folder} is missing: put the shared test data there (benchmarks/, osm/, porto/)."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def _added_provider(qgis_app, qgis_processing):
    """The provider of this checkout, added to the Processing registry once; Python has to keep it alive."""
    from qgis.core import QgsApplication

    from optiway_qgis.processing_provider.provider import OptiwayProvider

    provider = OptiwayProvider()
    if not QgsApplication.processingRegistry().addProvider(provider):
        pytest.fail("The registry refused the provider.")
    return provider


@pytest.fixture
def optiway_provider(_added_provider):
    """The provider as it is in the registry now: a test of the plugin puts another one in its place."""
    from qgis.core import QgsApplication

    return QgsApplication.processingRegistry().providerById("optiway")
