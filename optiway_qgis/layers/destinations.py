"""Whether the files of the outputs can be written, asked before the long part of a job. Nothing is written
here."""

from __future__ import annotations

import os
import re

_IN_FILE = re.compile(r"ogr:dbname='([^']+)'")
_TABLE = re.compile(_IN_FILE.pattern + r' table="([^"]+)"')
_PROVIDER = re.compile(r"[a-z]\w+:", re.IGNORECASE)
_NOT_OPENED = re.compile("postgres:(?!//)|postgis:")
"""Other beginnings of a database table: Processing writes there, and does not find the table again."""


def file_of(destination: str) -> str:
    """The file behind a destination of Processing; "" for memory layers and databases."""
    found = _IN_FILE.match(destination)
    if found:
        return found.group(1)
    if _PROVIDER.match(destination):
        return ""
    path = destination.split("|")[0]
    return path if os.path.dirname(path) or os.path.splitext(path)[1] else ""


def is_geopackage(destination: str) -> bool:
    """Tell whether a destination of Processing is a table of a GeoPackage."""
    return file_of(destination).lower().endswith(".gpkg")


def replaces(destination: str, path: str, table: str | None) -> bool:
    """Tell whether writing there would take the place of what is read from the table of the file; with None
    from its only one."""
    target = file_of(destination)
    if not target or not path or os.path.realpath(target) != os.path.realpath(path):
        return False
    found = _TABLE.match(destination)
    return found is None or table is None or found.group(2).lower() == table.lower()


def cannot_write(name: str, destination: str) -> str:
    """Return one sentence when the output `name` cannot be written to its file, else ""."""
    path = file_of(destination)
    if _NOT_OPENED.match(destination):
        return f"{name}: QGIS would write the table, but not find it again. Begin it with postgres://"
    if not path:
        return ""
    remedy = "Choose another file, or close the program that has it open."
    if os.path.isdir(path):
        return f"{name}: {path} is a folder. {remedy}"
    if os.path.exists(path):
        try:
            with open(path, "ab"):
                return ""
        except OSError as error:
            return f"{name}: {path} cannot be written ({error.strerror}). {remedy}"
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.exists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
        return f"{name}: the folder {folder} is not writable. {remedy}"
    return ""
