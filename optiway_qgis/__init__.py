"""Optiway for QGIS: the plugin package.

Here lives only the entry point QGIS calls. In a checkout the algorithms stand beside this
folder instead of inside it; the search path of the package is widened then, so that they have one
import name everywhere: `optiway_qgis.processing_provider`.

Nothing is imported at load: the engine process imports this package too, without QGIS.
"""

import os

_HERE = os.path.dirname(__file__)
if not os.path.isdir(os.path.join(_HERE, "processing_provider")):
    __path__.append(os.path.dirname(_HERE))


def classFactory(iface):
    """Return the plugin; `iface` is None in qgis_process."""
    from .plugin import OptiwayPlugin

    return OptiwayPlugin(iface)
