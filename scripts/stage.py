"""Copies the plugin into build/optiway_qgis, the folder QGIS loads it from.

The files are those git tracks or would track. Which files make the plugin is said here and nowhere else;
the zip is made in package.py.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).absolute().parent.parent
STAGED = CHECKOUT / "build" / "optiway_qgis"
TOP_LEVEL_FILES = ("metadata.txt", "LICENSE")


def plugin_files() -> dict[str, Path]:
    """Path inside the plugin folder -> file of the checkout, sorted by the former."""
    # A checkout owned by somebody else (mounted, or read with sudo) is refused by git without safe.directory.
    git = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    folders = ["optiway_qgis", "processing_provider"]
    listing = subprocess.run(
        [*git, "--", *folders], cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    files = {name: CHECKOUT / name for name in TOP_LEVEL_FILES}
    for name in filter(None, listing.split("\0")):
        if (CHECKOUT / name).is_file():
            files[name[len("optiway_qgis/") :] if name.startswith("optiway_qgis/") else name] = (
                CHECKOUT / name
            )
    return dict(sorted(files.items()))


def stage() -> int:
    """Bring build/optiway_qgis up to date; return the number of files copied."""
    wanted = plugin_files()
    copied = 0
    for present in [path for path in STAGED.rglob("*") if path.is_file()]:
        if present.relative_to(STAGED).as_posix() not in wanted:
            present.unlink()
    for name, source in wanted.items():
        target = STAGED / name
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            copied += 1
    for folder in sorted((path for path in STAGED.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return copied


if __name__ == "__main__":
    changed = stage()
    sys.stdout.write(f"Staged in build/optiway_qgis ({changed} files changed)\n")
