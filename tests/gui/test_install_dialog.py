"""The dialog that installs the engine: it shows what is there, works in the background, can be cancelled."""

from __future__ import annotations

import time

import pytest
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QTimer

from optiway_qgis.gui.install_dialog import open_install_dialog
from optiway_qgis.layers import engine_install


@pytest.fixture
def target(tmp_path, monkeypatch) -> str:
    """The target inside a profile of the test's own."""
    target = engine_install.profile_target(str(tmp_path / "profile"))
    monkeypatch.setattr(engine_install, "profile_target", lambda folder: target)
    return target


@pytest.fixture
def dialog(qgis_app, target):
    """The dialog, open."""
    dialog = open_install_dialog()
    yield dialog
    if not sip.isdeleted(dialog):
        dialog.reject()


def wait_for(condition, seconds: float = 20) -> None:
    """Let QGIS go on until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail("It did not happen in time.")
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        time.sleep(0.005)


def test_shows_the_size_before_installing(dialog):
    """Nobody downloads without having seen how much."""
    assert f"{engine_install.DOWNLOAD_MB} MB" in dialog.state.text()
    assert dialog.install.isEnabled()
    assert not dialog.remove.isEnabled()
    assert not dialog.cancel.isEnabled()


def test_failed_install_tells_why_and_does_not_freeze_qgis(dialog, tmp_path):
    """The main thread goes on all the while; afterwards the user can try again."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    dialog.wheels.setFilePath(str(wheels))
    ticks = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(time.monotonic()))
    timer.start(20)
    dialog.install.click()
    assert not dialog.install.isEnabled()
    assert dialog.cancel.isEnabled()
    wait_for(dialog.install.isEnabled)
    assert "holds no wheel of certifi" in dialog.log.toPlainText()
    assert len(ticks) > 10
    assert max(after - before for before, after in zip(ticks, ticks[1:])) < 0.5


def test_cancel_ends_the_install_soon(dialog, target):
    """Cancel within a second, and nothing half made is taken for an engine."""
    dialog.install.click()
    wait_for(lambda: "Python" in dialog.log.toPlainText())
    start = time.monotonic()
    dialog.cancel.click()
    wait_for(dialog.install.isEnabled)
    assert time.monotonic() - start < 1.5
    assert "Cancelled" in dialog.log.toPlainText()
    assert engine_install.status(target).state == "missing"


def test_remove_deletes_an_environment(target, qgis_app, tmp_path):
    """An incomplete one too, and the dialog offers to install again."""
    folder = tmp_path / "profile" / "optiway" / "engine-py3.12"
    folder.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("")
    dialog = open_install_dialog()
    assert dialog.install.text() == "Repair"
    dialog.remove.click()
    wait_for(lambda: dialog.install.isEnabled() and not folder.exists())
    assert dialog.install.text() == "Install"
    assert not dialog.remove.isEnabled()
    dialog.reject()


def test_closing_cancels_and_the_dialog_outlives_its_task(dialog, target, tmp_path):
    """Closing in the middle must neither crash QGIS nor leave an install at work."""
    gone = []
    dialog.destroyed.connect(lambda: gone.append(True))
    dialog.install.click()
    wait_for(lambda: "Python" in dialog.log.toPlainText())
    dialog.reject()
    wait_for(lambda: gone, 3)
    assert engine_install.status(target).state == "missing"
    assert not list((tmp_path / "profile" / "optiway").iterdir())
