"""Builds build/optiway_qgis-VERSION.zip for the plugin site; the same files always give the same bytes."""

from __future__ import annotations

import configparser
import sys
import zipfile
from typing import TYPE_CHECKING

from stage import CHECKOUT, plugin_files

if TYPE_CHECKING:
    from pathlib import Path


def plugin_version() -> str:
    """The version metadata.txt states."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(CHECKOUT / "metadata.txt", encoding="utf-8")
    return metadata["general"]["version"]


def build_zip(folder: Path) -> Path:
    """Write the zip into `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"optiway_qgis-{plugin_version()}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in plugin_files().items():
            # A fixed date and mode: neither the clock nor the checkout's permissions reach the archive.
            entry = zipfile.ZipInfo(f"optiway_qgis/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, source.read_bytes())
    return target


if __name__ == "__main__":
    built = build_zip(CHECKOUT / "build")
    sys.stdout.write(f"Built {built.relative_to(CHECKOUT)} ({built.stat().st_size / 1024:.0f} kB)\n")
