"""Writes docs/algorithms.md from the help the algorithms bring along, so that the two never differ.

Run it in QGIS's Python (`make docs`). It writes docs/constraints.md (constraints_page.py), the ready
models (make_models.py) and the template of translations (make_translation.py), too.
Tests hold the committed pages to what is made here; all other pages are written by hand.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from html import unescape
from pathlib import Path
from typing import Any

from make_models import write_models
from make_translation import TEMPLATE, template
from qgis.analysis import QgsNativeAlgorithms
from qgis.core import QgsApplication, QgsProcessing, QgsProcessingParameterDefinition

CHECKOUT = Path(__file__).absolute().parent.parent
PAGE = CHECKOUT / "docs" / "algorithms.md"
CONSTRAINTS_PAGE = CHECKOUT / "docs" / "constraints.md"
INTRODUCTION = """\
# Algorithms

Made from the help of the algorithms by `make docs`: change the help in `processing_provider/`, not this page.

The toolbox and models show the labels, scripts and `qgis_process` use the names in `CAPITALS`. What each
field of the layers means is in [fields.md](fields.md), how rules and wishes work together in
[planning.md](planning.md).
"""

_GROUPS = ("Preparing", "Planning", "Re-planning", "Dispatch", "Ready models", "Workspace", "Engine")
_KINDS = {
    "authcfg": "authentication configuration",
    "boolean": "yes or no",
    "crs": "CRS",
    "datetime": "time",
    "enum": "one of",
    "expression": "expression",
    "field": "field",
    "file": "file",
    "fileDestination": "file",
    "folderDestination": "folder",
    "layer": "map layer",
    "number": "number",
    "outputNumber": "number",
    "outputString": "text",
    "point": "point",
    "string": "text",
}
_LAYERS = {
    QgsProcessing.SourceType.TypeVector: "table or layer",
    QgsProcessing.SourceType.TypeVectorAnyGeometry: "layer",
    QgsProcessing.SourceType.TypeVectorLine: "line layer",
    QgsProcessing.SourceType.TypeVectorPoint: "point layer",
    QgsProcessing.SourceType.TypeVectorPolygon: "polygon layer",
}


def algorithms_page(provider: Any) -> str:
    """Return the page about all algorithms of the provider, in Markdown."""
    algorithms = sorted(
        provider.algorithms(), key=lambda one: (_GROUPS.index(one.group()), one.displayName())
    )
    contents = [f"- [{one.displayName()}](#{_anchor(one)}): {one.shortDescription()}" for one in algorithms]
    return "\n".join([INTRODUCTION, *contents, "", *(_section(algorithm) for algorithm in algorithms)])


def _anchor(algorithm: Any) -> str:
    return algorithm.displayName().lower().replace(" ", "-")


def _section(algorithm: Any) -> str:
    definitions = algorithm.parameterDefinitions()
    inputs = [one for one in definitions if not one.isDestination()]
    advanced = QgsProcessingParameterDefinition.Flag.FlagAdvanced
    shown = [one for one in inputs if not one.flags() & advanced]
    hidden = [one for one in inputs if one.flags() & advanced]
    destinations = [one for one in definitions if one.isDestination()]
    written = {one.name() for one in destinations}
    numbers = [one for one in algorithm.outputDefinitions() if one.name() not in written]
    parts = [
        f"## {algorithm.displayName()}\n",
        f"`{algorithm.id()}`\n",
        f"{_text(algorithm.shortHelpString())}\n",
    ]
    for title, heads, rows in (
        ("Parameters", ("name", "label", "kind", "default", "meaning"), map(_parameter_row, shown)),
        ("Advanced parameters", ("name", "label", "kind", "default", "meaning"), map(_parameter_row, hidden)),
        ("Written", ("name", "label", "kind", "meaning"), map(_destination_row, destinations)),
        ("Returned", ("name", "kind", "meaning"), map(_output_row, numbers)),
    ):
        table = [f"| {' | '.join(row)} |" for row in rows]
        if table:
            parts += [f"### {title}\n", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *table, ""]
    return "\n".join(parts)


def _parameter_row(parameter: Any) -> tuple[str, ...]:
    optional = parameter.flags() & QgsProcessingParameterDefinition.Flag.FlagOptional
    default = parameter.defaultValue()
    default = str(default).lower() if isinstance(default, bool) else default
    default = ", ".join(default) if isinstance(default, list) else default
    stated = ("optional" if optional else "must be given") if default is None else f"`{default}`"
    return f"`{parameter.name()}`", parameter.description(), _kind(parameter), stated, _text(parameter.help())


def _destination_row(parameter: Any) -> tuple[str, ...]:
    return f"`{parameter.name()}`", parameter.description(), _kind(parameter), _text(parameter.help())


def _output_row(output: Any) -> tuple[str, ...]:
    return f"`{output.name()}`", _KINDS[output.type()], output.description()


def _kind(parameter: Any) -> str:
    if parameter.type() in ("source", "sink"):
        kinds = parameter.dataTypes() if parameter.type() == "source" else [parameter.dataType()]
        return " or ".join(_LAYERS[kind] for kind in kinds)
    if parameter.type() == "enum":
        many = "any of" if parameter.allowMultiple() else "one of"
        return f"{many} {', '.join(f'`{option}`' for option in parameter.options())}"
    if parameter.type() == "file" and parameter.behavior() == parameter.Behavior.Folder:
        return "folder"
    if parameter.type() == "datetime" and parameter.dataType() == parameter.Type.Date:
        return "date"
    return _KINDS[parameter.type()]


def _text(help_text: str) -> str:
    """Return a help text, HTML or plain, as Markdown."""
    paragraphs = help_text.replace("<p>", "").replace("</p>", "\n\n")
    paragraphs = re.sub(r"docs/(\w+\.md)", r"[\1](\1)", paragraphs)
    return unescape(re.sub(r"</?i>", "*", paragraphs)).strip()


def main() -> None:
    """Write the page and the ready models, without a screen and without the user's profile."""
    sys.path.insert(0, str(CHECKOUT))
    with tempfile.TemporaryDirectory() as profile:
        os.environ.update(
            QT_QPA_PLATFORM="offscreen", QGIS_CUSTOM_CONFIG_PATH=profile, XDG_RUNTIME_DIR=profile
        )
        application = QgsApplication([], False)
        application.initQgis()
        from optiway_qgis.processing_provider.provider import OptiwayProvider

        provider = OptiwayProvider()
        native = QgsNativeAlgorithms()
        for added in (native, provider):
            QgsApplication.processingRegistry().addProvider(added)
        write_models()
        provider.refreshAlgorithms()
        PAGE.write_text(algorithms_page(provider), encoding="utf-8")
        TEMPLATE.write_text(template(), encoding="utf-8")
        application.exitQgis()
    from constraints_page import constraints_page

    CONSTRAINTS_PAGE.write_text(constraints_page(), encoding="utf-8")
    for page in (PAGE, CONSTRAINTS_PAGE, TEMPLATE):
        sys.stdout.write(f"Wrote {page.relative_to(CHECKOUT)}\n")


if __name__ == "__main__":
    main()
