"""RESULTS.md: sections that can be renewed one by one, tables, and the machine they were made on."""

from __future__ import annotations

import os
import platform
import re
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RESULTS = Path(__file__).absolute().parent / "RESULTS.md"

_TITLE = "# Results\n\nWritten by the programs of this folder; README.md says what is counted and how.\n"


def renew_section(path: Path, name: str, text: str) -> None:
    """Put `text` between the markers of that section, added at the end when the file has none."""
    begin, end = f"<!-- section {name} -->", f"<!-- end of section {name} -->"
    section = f"{begin}\n{text.strip()}\n\n{end}"
    old = path.read_text(encoding="utf-8") if path.exists() else _TITLE
    new, found = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda match: section, old, flags=re.DOTALL
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(new if found else f"{old.rstrip()}\n\n{section}\n", encoding="utf-8")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are aligned to the right."""
    lines = [header, [":--", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def conditions(load: float, packages: Iterable[str] = ()) -> str:
    """Return the day, the machine, its load before the run, and versions, as one paragraph."""
    versions = [f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in packages)]
    machine = f"{_processor()}, {os.cpu_count()} cores, {_memory_gb():.0f} GB, {_system()}"
    return (
        f"{date.today().isoformat()}, {machine}; load of the machine before the run {load:.1f}; "
        f"{', '.join(versions)}."
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _processor() -> str:
    try:
        named = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        named = None
    return named.group(1) if named else platform.processor() or platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError, AttributeError):
        return platform.platform(terse=True)
