"""Writes the template of a layout that users load, resources/layouts/route_sheet.qpt.

layers/route_template.py makes it. Run it in QGIS's Python, in the oldest QGIS that is supported: newer ones
read what older ones write.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from qgis.core import QgsApplication, QgsReadWriteContext
from qgis.PyQt.QtXml import QDomDocument

CHECKOUT = Path(__file__).absolute().parent.parent
TEMPLATE = CHECKOUT / "optiway_qgis" / "resources" / "layouts" / "route_sheet.qpt"
_ID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}")


def template_text() -> str:
    """Return the template, its attributes in order and its random ids named: it is the same each time."""
    from optiway_qgis.layers.qgis_compat import blank_project
    from optiway_qgis.layers.route_template import make_template

    document = QDomDocument()
    project = blank_project()
    layout = make_template(project)
    document.appendChild(layout.writeXml(document, QgsReadWriteContext()))
    text = ElementTree.canonicalize(document.toString(1))
    names: dict[str, str] = {}
    return _ID.sub(lambda found: names.setdefault(found[0], f"{{item {len(names) + 1}}}"), text)


def main() -> None:
    """Write the file, without a screen and without the user's profile."""
    sys.path.insert(0, str(CHECKOUT))
    with tempfile.TemporaryDirectory() as profile:
        os.environ.update(
            QT_QPA_PLATFORM="offscreen", QGIS_CUSTOM_CONFIG_PATH=profile, XDG_RUNTIME_DIR=profile
        )
        application = QgsApplication([], True)
        application.initQgis()
        TEMPLATE.parent.mkdir(exist_ok=True)
        TEMPLATE.write_text(template_text(), encoding="utf-8")
        application.exitQgis()
    sys.stdout.write(f"Wrote {TEMPLATE.relative_to(CHECKOUT)}\n")


if __name__ == "__main__":
    main()
