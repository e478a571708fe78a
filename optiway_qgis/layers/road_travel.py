"""What a job says about travel on roads: the lines in a file of the run, profiles, where to keep more.

Reading the layer is read_roads.py's, what the profiles mean the engine's.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Iterator

from ..model.errors import InputError

if TYPE_CHECKING:
    from .kept_roads import Savable

_SHIPPED = Path(__file__).absolute().parents[1] / "resources" / "profiles"  # not resolved: maybe a symlink


def cache_folder(settings_folder: str) -> Path:
    """Where the engine keeps prepared networks; `settings_folder` is that of the QGIS profile."""
    return Path(settings_folder) / "optiway" / "cache"


def profiles_folder(settings_folder: str) -> Path:
    """Where users put vehicle profiles of their own; the name of the file is that of the profile."""
    return Path(settings_folder) / "optiway" / "profiles"


def vehicle_profiles(settings_folder: str) -> dict[str, Any]:
    """The profiles by name, the user's own before the plugin's.

    Raises
    ------
    InputError
        Naming every file that cannot be read.
    """
    profiles, problems = {}, []
    for folder in (_SHIPPED, profiles_folder(settings_folder)):
        for path in sorted(folder.glob("*.json")):
            try:
                profiles[path.stem] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                problems.append(f"The vehicle profile {path} cannot be read: {error}. Correct or remove it.")
    if problems:
        raise InputError(problems)
    return profiles


@contextmanager
def road_travel(lines: Savable, settings_folder: str) -> Iterator[dict[str, Any]]:
    """Give the job's travel member; lines not kept lie in a temporary folder that is gone after the block."""
    profiles = vehicle_profiles(settings_folder)
    with TemporaryDirectory(prefix="optiway-") as folder:
        yield {**lines.save(folder), "cache": str(cache_folder(settings_folder)), "profiles": profiles}
