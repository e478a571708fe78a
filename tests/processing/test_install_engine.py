"""`optiway:install_engine` in QGIS: what it returns, what it says, what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from qgis.core import QgsProcessingException, QgsProcessingFeedback

from optiway_qgis.layers import engine_install
from optiway_qgis.layers.engine_process import find_engine
from optiway_qgis.processing_provider.engine.install_engine import InstallEngine


@pytest.fixture
def profile(tmp_path, monkeypatch) -> Path:
    """A profile folder of the test's own."""
    target = engine_install.profile_target
    monkeypatch.setattr(engine_install, "profile_target", lambda folder: target(str(tmp_path)))
    return tmp_path


@pytest.fixture
def installed(profile) -> Path:
    """An environment in the profile, as far as its stamp tells."""
    folder = profile / "optiway" / "engine-py3.12"
    python = Path(engine_install.python_of(str(folder)))
    python.parent.mkdir(parents=True)
    python.write_text("")
    shutil.copy(Path(find_engine().python).parents[1] / "optiway-engine.json", folder)
    return folder


def run(qgis_processing, **parameters):
    """Run the algorithm; return what it returns and what it said."""
    import processing

    feedback = QgsProcessingFeedback(False)
    return processing.run(InstallEngine(), parameters, feedback=feedback), feedback.textLog()


def test_status_of_nothing_states_the_sizes(qgis_processing, profile):
    """The size is shown before anything is downloaded."""
    result, said = run(qgis_processing, ACTION="status")
    assert result == {"STATUS": "missing", "PYTHON": "", "SIZE_MB": 0}
    assert f"{engine_install.DOWNLOAD_MB} MB" in said
    assert f"{engine_install.DISK_MB} MB" in said
    assert list(profile.iterdir()) == []


def test_install_is_the_default_and_over_at_once_when_ready(qgis_processing, installed):
    """Models and scripts may call it before every plan."""
    result, said = run(qgis_processing)
    assert result["STATUS"] == "ready"
    assert result["PYTHON"] == engine_install.python_of(str(installed))
    assert result["SIZE_MB"] > 100
    assert str(installed) in said


def test_remove_deletes_the_environment(qgis_processing, installed):
    """What was installed by a click goes by a click."""
    result, _ = run(qgis_processing, ACTION="remove")
    assert result["STATUS"] == "missing"
    assert not installed.exists()


def test_failure_is_an_exception_with_cause_and_remedy(qgis_processing, installed, tmp_path):
    """A folder without wheels: the message names the first missing one, and what was there stays."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with pytest.raises(QgsProcessingException, match=r"holds no wheel of certifi.*pip download"):
        run(qgis_processing, ACTION="repair", WHEELS=str(wheels))
    assert engine_install.environment_status(str(installed)).state == "ready"


def test_parameters_and_outputs_are_those_scripts_depend_on(qgis_app):
    """Names are an API; every parameter explains itself."""
    algorithm = InstallEngine().create()
    assert (algorithm.name(), algorithm.groupId()) == ("install_engine", "engine")
    parameters = algorithm.parameterDefinitions()
    assert [parameter.name() for parameter in parameters] == ["ACTION", "WHEELS"]
    assert all(parameter.help() for parameter in parameters)
    assert [output.name() for output in algorithm.outputDefinitions()] == ["STATUS", "PYTHON", "SIZE_MB"]
    assert f"{engine_install.DISK_MB} MB" in algorithm.shortHelpString()
