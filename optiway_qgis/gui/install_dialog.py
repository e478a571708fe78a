"""The dialog of the menu entry "Install routing engine": what is there, its size, install, repair, remove.

The work is done in a background task by layers/engine_install.py; QGIS stays usable meanwhile.
"""

from __future__ import annotations

from typing import Callable

from qgis.core import QgsApplication, QgsTask
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from optiway_qgis.layers import engine_install
from optiway_qgis.layers.translation import tr
from optiway_qgis.model.errors import OptiwayError


def open_install_dialog(parent: QWidget | None = None) -> InstallDialog:
    """Show the dialog beside QGIS and return it. It deletes itself when it is closed and nothing goes on."""
    dialog = InstallDialog(parent)
    dialog.show()
    return dialog


class InstallTask(QgsTask):
    """One act on the engine environment in the background."""

    said = pyqtSignal(str)
    ended = pyqtSignal()

    def __init__(self, description: str, act: Callable[..., object]):
        super().__init__(description, QgsTask.Flag.CanCancel)
        self._act = act

    def run(self) -> bool:
        """Do it, in a thread of its own."""
        try:
            self._act(report=self._report, is_cancelled=self.isCanceled)
        except OptiwayError as error:
            self.said.emit(str(error))
            return False
        return True

    def finished(self, result: bool) -> None:
        """Tell the dialog, in the main thread."""
        self.ended.emit()

    def _report(self, percent: float, text: str) -> None:
        self.setProgress(percent)
        self.said.emit(text)


class InstallDialog(QDialog):
    """Shows the state of the engine environment of the profile and lets the user change it."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._target = engine_install.profile_target(QgsApplication.qgisSettingsDirPath())
        self._task: InstallTask | None = None
        self.setWindowTitle(tr("Install routing engine"))
        self.setMinimumWidth(560)

        about = QLabel(
            tr(
                "Plans are computed by a routing engine in a Python environment of its own, in the folder "
                "of your QGIS profile. Nothing of QGIS is changed."
            )
        )
        about.setWordWrap(True)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.wheels = QgsFileWidget()
        self.wheels.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.wheels.setDialogTitle(tr("Folder of wheels"))
        self.wheels.lineEdit().setPlaceholderText(tr("Folder of wheels; leave empty to download"))
        self.progress = QProgressBar()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.install = QPushButton(tr("Install"))
        self.remove = QPushButton(tr("Remove"))
        self.cancel = QPushButton(tr("Cancel"))
        close = QPushButton(tr("Close"))
        self.install.clicked.connect(self.start_install)
        self.remove.clicked.connect(self.start_remove)
        self.cancel.clicked.connect(self.stop)
        close.clicked.connect(self.reject)

        buttons = QHBoxLayout()
        buttons.addWidget(self.install)
        buttons.addWidget(self.remove)
        buttons.addStretch()
        buttons.addWidget(self.cancel)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        for widget in (about, self.state, self.wheels, self.progress, self.log):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.refresh()

    def refresh(self) -> None:
        """Show what is there and offer what can be done with it."""
        found = engine_install.status(self._target)
        busy = self._task is not None
        self.state.setText(found.text)
        self.install.setText(tr("Install") if found.state == "missing" else tr("Repair"))
        self.install.setEnabled(not busy)
        self.remove.setEnabled(not busy and found.state != "missing")
        self.cancel.setEnabled(busy)
        self.wheels.setEnabled(not busy)

    def start_install(self) -> None:
        """Make the environment anew."""
        wheels = self.wheels.filePath() or None

        def act(**progress):
            return engine_install.repair(self._target, wheels, **progress)

        self._start(tr("Installing the routing engine"), act)

    def start_remove(self) -> None:
        """Delete the environment."""

        def act(report, is_cancelled):
            report(100, engine_install.remove(self._target).text)

        self._start(tr("Removing the routing engine"), act)

    def stop(self) -> None:
        """Cancel what is going on."""
        if self._task is not None:
            self._task.cancel()

    def reject(self) -> None:
        """Close; what is going on is cancelled."""
        super().reject()
        if self._task is None:
            self.deleteLater()
        else:
            self.stop()

    def _start(self, title: str, act: Callable[..., object]) -> None:
        self.log.clear()
        self.progress.setValue(0)
        self._task = InstallTask(title, act)
        self._task.said.connect(self.log.appendPlainText)
        self._task.progressChanged.connect(lambda percent: self.progress.setValue(round(percent)))
        self._task.ended.connect(self._end)
        QgsApplication.taskManager().addTask(self._task)
        self.refresh()

    def _end(self) -> None:
        self._task = None
        if self.isVisible():
            self.refresh()
        else:
            self.deleteLater()
