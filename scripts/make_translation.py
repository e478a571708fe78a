"""Gathers the texts that users see in resources/i18n/optiway.ts, the template of translations (`make docs`).

Most texts pass through variables on their way to be translated. So the algorithms, and the functions of
expressions, are made once with a translator that remembers what it is asked for. Texts of messages are found
in the syntax trees, as arguments of `tr`.
"""

from __future__ import annotations

import ast
from pathlib import Path
from xml.sax.saxutils import escape

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

CHECKOUT = Path(__file__).absolute().parent.parent
TEMPLATE = CHECKOUT / "optiway_qgis" / "resources" / "i18n" / "optiway.ts"
CONTEXT = "Optiway"


class Marking(QTranslator):
    """Puts brackets around each text of the plugin, and remembers it."""

    def __init__(self):
        super().__init__()
        self.texts: set[str] = set()

    def isEmpty(self):
        """It has a translation of everything."""
        return False

    def translate(self, context, text, disambiguation=None, n=-1):
        """The text in brackets."""
        if context != CONTEXT:
            return None
        self.texts.add(text)
        return f"⟦{text}⟧"


def texts_in_use() -> set[str]:
    """The texts of algorithms and functions; the provider is in the registry."""
    from optiway_qgis.layers.expressions import DESCRIBED

    marking = Marking()
    QCoreApplication.installTranslator(marking)
    try:
        for algorithm in QgsApplication.processingRegistry().providerById("optiway").algorithms():
            made = algorithm.create()
            for asked in ("displayName", "group", "shortDescription", "shortHelpString", "tags"):
                getattr(made, asked)()
        for described in DESCRIBED:
            described.html()
    finally:
        QCoreApplication.removeTranslator(marking)
    return marking.texts


def texts_in_code() -> set[str]:
    """The literals that are arguments of `tr`."""
    files = [
        path for room in ("optiway_qgis", "processing_provider") for path in (CHECKOUT / room).rglob("*.py")
    ]
    return {
        text
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr"
        for text in literals(node.args[0])
    }


def literals(node: ast.expr) -> list[str]:
    """The texts an argument may be."""
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def template() -> str:
    """The template in the form of Qt Linguist, sorted by text."""
    messages = "".join(
        f"    <message>\n        <source>{escape(text)}</source>\n"
        '        <translation type="unfinished"></translation>\n    </message>\n'
        for text in sorted((texts_in_use() | texts_in_code()) - {""})
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n<TS version="2.1" sourcelanguage="en">\n'
        f"<context>\n    <name>{CONTEXT}</name>\n{messages}</context>\n</TS>\n"
    )
