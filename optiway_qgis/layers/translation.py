"""Texts in the user's language: how one is asked for, and the loading of a translation. No text lives here.

All texts are of the one context "Optiway". `scripts/make_translation.py` gathers them.
"""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

CONTEXT = "Optiway"
FOLDER = Path(__file__).absolute().parent.parent / "resources" / "i18n"


def tr(text: str) -> str:
    """Translate a text for users."""
    return QCoreApplication.translate(CONTEXT, text)


def load_translation(folder: Path = FOLDER) -> QTranslator | None:
    """Have QGIS use optiway_<locale>.qm of the folder, of a locale such as pt_BR or else its language pt.

    Returns the translator, which has to be kept and removed again; None where there is no such file.
    """
    locale = QgsApplication.instance().locale() or ""
    for name in dict.fromkeys((locale, locale.split("_")[0])):
        path = folder / f"optiway_{name}.qm"
        translator = QTranslator()
        if name and path.is_file() and translator.load(str(path)):
            QCoreApplication.installTranslator(translator)
            return translator
    return None
