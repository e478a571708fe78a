"""Arrays kept on disk between plans, found again by a fingerprint of what they were made from."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT, KEPT_BYTES = 24, 2 << 30
"""Files kept in the folder, and how much they may take together; those used longest ago go."""

KINDS = "roads", "server"
"""How the names of files begin; others in the folder are not touched."""

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


def load(folder: str | None, name: str) -> dict[str, np.ndarray] | None:
    """Return the arrays kept under a name; nothing where there are none, or where they cannot be read."""
    if not folder:
        return None
    path = Path(folder) / f"{name}.npz"
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = {key: archive[key] for key in archive.files}
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


def _prune(folder: Path) -> None:
    """Remove what is too much; the file used last stays in any case."""
    used = {path: path.stat() for kind in KINDS for path in folder.glob(f"{kind}-*.npz")}
    last_first = sorted(used, key=lambda path: used[path].st_mtime, reverse=True)
    taken = accumulate(used[path].st_size for path in last_first)
    for number, (path, size) in enumerate(zip(last_first, taken)):
        if number >= KEPT or (number and size > KEPT_BYTES):
            path.unlink(missing_ok=True)
