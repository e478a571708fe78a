"""Arrays kept on disk between plans, found again by a fingerprint of what they were made from."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import zipfile
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEPT, KEPT_BYTES = {"roads": 24, "server": 200}, 2 << 30
"""Files kept in the folder by how their names begin, and how much those of a kind may take together; those
used longest ago go. Others in the folder are not touched.
"""

_LEFT_BEHIND_S = 3600
"""A file that is written for longer belongs to a process that is gone."""

FORMAT = 1
"""Counts up when the same input gives other arrays."""


def fingerprint(arrays: Mapping[str, np.ndarray], *texts: Any) -> str:
    """Return a short word for arrays and JSON-like values: equal for equal ones, and for no others."""
    digest = hashlib.blake2b(json.dumps([FORMAT, *texts], sort_keys=True).encode(), digest_size=12)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array)
    return digest.hexdigest()


def names(folder: str | None, begin: str) -> list[str]:
    """Return the names under which arrays are kept that begin so."""
    return sorted(path.stem for path in Path(folder).glob(f"{begin}*.npz")) if folder else []


def load(folder: str | None, name: str, members: Sequence[str] | None = None) -> dict[str, np.ndarray] | None:
    """Return the arrays kept under a name, all or some; nothing where one is missing or cannot be read."""
    if not folder:
        return None
    path = Path(folder) / f"{name}.npz"
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = {key: archive[key] for key in (archive.files if members is None else members)}
        os.utime(path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return found


def save(folder: str | None, name: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Keep arrays under a name. A folder that cannot be written costs time at the next plan only.

    Written beside and renamed: another process sees the whole file or none.
    """
    if not folder:
        return
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f"{name}-", suffix=".part", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **dict(arrays))  # type: ignore[arg-type]
            Path(beside).replace(Path(folder) / f"{name}.npz")
        finally:
            Path(beside).unlink(missing_ok=True)
        _prune(Path(folder))
    except OSError:
        return


def remove(folder: str | None, name: str) -> None:
    """Keep the arrays under a name no longer."""
    if folder:
        with suppress(OSError):
            (Path(folder) / f"{name}.npz").unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    """Remove what is too much; the file used last of each kind stays in any case."""
    for kind, most in KEPT.items():
        used = {path: path.stat() for path in folder.glob(f"{kind}-*.npz")}
        last_first = sorted(used, key=lambda path: used[path].st_mtime, reverse=True)
        taken = accumulate(used[path].st_size for path in last_first)
        for number, (path, size) in enumerate(zip(last_first, taken)):
            if number >= most or (number and size > KEPT_BYTES):
                path.unlink(missing_ok=True)
        for path in folder.glob(f"{kind}-*.part"):
            if time.time() - path.stat().st_mtime > _LEFT_BEHIND_S:
                path.unlink(missing_ok=True)
