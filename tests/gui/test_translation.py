"""Every text of the toolbox, the menus and the dialogs can be translated, and a translation is loaded."""

from __future__ import annotations

import ast
import re
import struct
from xml.etree import ElementTree

import make_translation
import pytest
from qgis.core import QgsApplication, QgsExpression
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QLabel, QMainWindow, QMenu, QPushButton

from optiway_qgis.gui.install_dialog import InstallDialog
from optiway_qgis.gui.menu import Menu
from optiway_qgis.layers.expressions import register_functions, unregister_functions
from optiway_qgis.layers.translation import load_translation, tr

ROOMS = ("processing_provider/planning", "processing_provider/engine", "processing_provider/ready_models")
ROOMS += ("optiway_qgis/gui",)
"""Where log lines and widgets are translated, too. The log lines of the other algorithms are in English."""
SHOWN_BY = {
    *("pushInfo", "pushWarning", "setProgressText", "setText", "setTitle", "setToolTip", "setWindowTitle"),
    *("setDialogTitle", "setPlaceholderText", "addAction", "QLabel", "QPushButton", "setHelp"),
}


@pytest.fixture
def marking(optiway_provider):
    """All that is asked to be translated gets brackets."""
    marking = make_translation.Marking()
    QCoreApplication.installTranslator(marking)
    yield marking
    QCoreApplication.removeTranslator(marking)


def is_marked(text: str) -> bool:
    """Whether all of a text, but for markup, went through translation."""
    return text.replace("<p>", "").startswith("⟦") and text.replace("</p>", "").endswith("⟧")


def test_all_an_algorithm_says_of_itself_is_translated(marking):
    """Names, groups, labels, helps and outputs, of models, too."""
    plain = []
    for algorithm in QgsApplication.processingRegistry().providerById("optiway").algorithms():
        made = algorithm.create()
        texts = [made.displayName(), made.group(), made.shortDescription(), made.shortHelpString()]
        texts.append(",".join(made.tags()))
        for one in made.parameterDefinitions():
            texts += [one.description(), one.help()]
        texts += [one.description() for one in made.outputDefinitions()]
        plain += [f"{made.id()}: {text}" for text in texts if not is_marked(text)]
    assert plain == []


def test_menus_and_dialogs_are_translated(marking, qgis_app):
    """Of the menu only the name of the plugin is the same in all languages."""

    class Window:
        window = QMainWindow()
        menu = QMenu()

        def mainWindow(self):
            return self.window

        def pluginMenu(self):
            return self.menu

        def addToolBar(self, name):
            return self.window.addToolBar(name)

    iface = Window()
    made = Menu(iface, lambda: None, lambda: None)
    (menu,) = [action.menu() for action in iface.menu.actions()]
    assert menu.title() == "Optiway"
    actions = [action for action in menu.actions() if not action.isSeparator()]
    assert all("⟦" in action.text() for action in actions)
    made.remove()
    dialog = InstallDialog()
    assert is_marked(dialog.windowTitle())
    texts = [one.text() for one in dialog.findChildren(QPushButton) + dialog.findChildren(QLabel)]
    texts.remove(dialog.state.text())
    assert [text for text in texts if text and not is_marked(text)] == []
    dialog.reject()


def test_helps_and_errors_of_expressions_are_translated(marking):
    """In the list of functions, and where one has gone wrong."""
    register_functions()
    helps = [one.helpText() for one in QgsExpression.Functions() if one.name().startswith("ow_")]
    assert len(helps) == 5
    assert all(text.count("⟦") >= 4 for text in helps)
    expression = QgsExpression("ow_nav_url('x', 1, 2)")
    expression.evaluate()
    assert expression.evalErrorString().startswith("ow_nav_url: ⟦")
    unregister_functions()


def test_no_line_of_the_log_and_no_widget_has_a_text_of_its_own(checkout):
    """A literal that is shown without `tr` stays English for ever."""
    found = []
    for path in [path for room in ROOMS for path in sorted((checkout / room).glob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and called(node) in SHOWN_BY:
                texts = [text for argument in node.args for text in untranslated(argument)]
                found += [f"{path.name}:{node.lineno} {text!r}" for text in texts]
    assert found == []


def test_a_text_without_translation_would_be_found():
    """The walk is alive."""
    calls = (
        "feedback.pushInfo('Stops read')",
        "feedback.pushWarning(f'{n} stops are late')",
        "feedback.pushInfo('{} stops'.format(n))",
        "label.setText('Two ' + words)",
        "feedback.pushInfo(tr(f'{n} stops'))",
    )
    for text in calls:
        assert untranslated(ast.parse(text, mode="eval").body.args[0]), text
    for text in (
        "a(tr('Stops read'))",
        "a(str(error))",
        "a(f'<b>{name}</b>')",
        "a(tr('{n} stops').format(n=n))",
    ):
        assert not untranslated(ast.parse(text, mode="eval").body.args[0]), text


def called(node: ast.Call) -> str:
    """The name of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def untranslated(node: ast.AST) -> list[str]:
    """Words for people in an expression that are no whole literal given to `tr`."""
    if isinstance(node, ast.Compare):
        return []
    if isinstance(node, ast.Call) and called(node) == "tr" and not isinstance(node.args[0], ast.JoinedStr):
        return []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        words = re.sub(r"<[^>]*>", "", node.value)
        return [node.value] if any(letter.isalpha() for letter in words) else []
    return [text for child in ast.iter_child_nodes(node) for text in untranslated(child)]


def test_template_holds_what_is_asked_for(optiway_provider, checkout):
    """Translators get every text, once: run `make docs`."""
    kept = make_translation.TEMPLATE.read_text(encoding="utf-8")
    assert kept == make_translation.template()
    sources = [message.findtext("source") for message in ElementTree.fromstring(kept).iter("message")]
    assert len(sources) == len(set(sources)) > 300
    for text in ("Plan routes", "Install routing engine…", "{time} ({minutes} min late)"):
        assert text in sources


def compiled(text: str, translation: str) -> bytes:
    """A translation of one text as Qt's lrelease writes it (the form is in qtranslator.cpp)."""
    source, number = text.encode(), 0
    for byte in source:
        number = (number << 4) + byte
        high = number & 0xF0000000
        number = (number ^ (high >> 24)) & ~high
    parts = ((3, translation.encode("utf-16-be")), (6, source), (7, b"Optiway"))
    message = b"".join(struct.pack(">BI", tag, len(part)) + part for tag, part in parts) + b"\x01"
    magic = bytes(
        (0x3C, 0xB8, 0x64, 0x18, 0xCA, 0xEF, 0x9C, 0x95, 0xCD, 0x21, 0x1C, 0xBF, 0x60, 0xA1, 0xBD, 0xDD)
    )
    blocks = ((0x42, struct.pack(">II", number, 0)), (0x69, message))
    return magic + b"".join(struct.pack(">BI", tag, len(block)) + block for tag, block in blocks)


@pytest.mark.parametrize(("locale", "file"), [("de", "de"), ("pt_BR", "pt_BR"), ("pt_BR", "pt")])
def test_a_translation_for_the_locale_is_loaded(tmp_path, monkeypatch, qgis_app, locale, file):
    """Of the language where there is none for the country; removed again it is gone."""
    (tmp_path / f"optiway_{file}.qm").write_bytes(compiled("Plan routes", "Touren planen"))
    monkeypatch.setattr(QgsApplication, "locale", lambda *_: locale)
    translator = load_translation(tmp_path)
    assert tr("Plan routes") == "Touren planen"
    assert tr("Roads") == "Roads"
    QCoreApplication.removeTranslator(translator)
    assert tr("Plan routes") == "Plan routes"


@pytest.mark.parametrize("locale", ["fr", "", None])
def test_without_a_translation_texts_stay_english(tmp_path, monkeypatch, qgis_app, locale):
    """Fresh profiles have no locale at all."""
    (tmp_path / "optiway_de.qm").write_bytes(compiled("Plan routes", "Touren planen"))
    monkeypatch.setattr(QgsApplication, "locale", lambda *_: locale)
    assert load_translation(tmp_path) is None
    assert tr("Plan routes") == "Plan routes"
