"""Where the time of a plan goes: optiway:plan_routes step by step, from starting QGIS to the styled layers.

Each size is run in a process of its own (qgis_side.py), on stops drawn by scripts/make_town.py. With the
checkout of another version its steps stand beside. Linux only; needs QGIS.

    build/env/bench/bin/python benchmarks/phases.py --sizes 20 200 --before ../older
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import instances
import overhead
import results
from headless import clean_environment

from optiway_qgis.layers.engine_process import find_engine

SIZES = (20, 200, 2000, 10_000)
SEARCH_SECONDS = 10.0

STEPS = (
    ("QGIS starts", "", "QGIS started"),
    ("layers are opened", "QGIS started", "read begins"),
    ("layers are read", "read begins", "read ends"),
    ("the engine starts", "plan begins", "Engine started"),
    ("it loads its modules and the job", "Engine started", "travel begins"),
    ("travel times", "travel begins", "Searching"),
    ("first answer", "Searching", "first answer"),
    ("search", "first answer", "Timing and checking the plan"),
    ("timing, reasons, checking", "Timing and checking the plan", "Search ended"),
    ("the plan comes back", "Search ended", "plan ends"),
    ("layers and project are written", "write begins", "write ends"),
    ("report", "report begins", "report ends"),
    ("layers are loaded and styled", "style begins", "style ends"),
)
"""Steps with the marks between which they last; "" is the start of the process."""

SEARCH = "search"


@dataclass(frozen=True)
class Step:
    """Seconds of wall clock, and of CPU of both processes; None where it is not known."""

    wall: float
    cpu: float | None


def main() -> None:
    """Run each size and renew the section."""
    arguments = _arguments()
    load = os.getloadavg()[0]
    checkouts = [*([arguments.before] if arguments.before else []), instances.CHECKOUT]
    columns = {}
    with tempfile.TemporaryDirectory() as scratch:
        for size in arguments.sizes:
            town = overhead.make_town(size, Path(scratch))
            for checkout in checkouts:
                when = " before" if checkout == arguments.before else ""
                columns[f"{size} stops{when}"] = timed(town, arguments.limit, checkout)
    rows = [[name, *(_cell(steps[name]) for steps in columns.values())] for name, _, _ in STEPS]
    rows.append(["**all but the search**", *(_cell(_together(steps)) for steps in columns.values())])
    text = "\n\n".join(
        (
            "## Steps of a plan",
            results.conditions(load, ("pyvrp", "ortools", "numpy")),
            f"Seconds of wall clock, in brackets those of CPU; time limit {arguments.limit:g} s. The search "
            "ends by itself when nothing improves.",
            results.table(["step", *columns], rows),
        )
    )
    results.renew_section(arguments.out, "phases", text)
    sys.stdout.write(f"{text}\n\nWritten to {arguments.out}\n")


def timed(town: Path, limit: float, checkout: Path) -> dict[str, Step]:
    """Plan the town with the code of a checkout and return its steps; RuntimeError when that fails."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**clean_environment(Path(scratch) / "home"), "OPTIWAY_PYTHON": find_engine().python}
        command = [overhead.QGIS_PYTHON, overhead.QGIS_SIDE, town, limit, time.monotonic(), checkout]
        done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"qgis_side.py ended with {done.returncode}: {done.stdout}{done.stderr}")
    return steps_of(json.loads(done.stdout.splitlines()[-1]))


def steps_of(figures: dict[str, Any]) -> dict[str, Step]:
    """Return the steps from what qgis_side.py has printed."""
    marks: dict[str, tuple[float, float | None]] = {"": (0.0, 0.0)}
    for text, wall, cpu in figures["moments"]:
        known = next((mark for _, _, mark in STEPS if mark and text.startswith(mark)), text)
        if "Engine started" in marks:
            marks.setdefault("travel begins", (wall, cpu))
        marks.setdefault(known, (wall, cpu))
    # The engine counts from its start; what it says of its best answers comes a little later.
    first = figures["history"][0][0] if figures["history"] else 0.0
    marks["first answer"] = max(marks["Searching"][0], marks["Engine started"][0] + first), None
    return {name: _between(marks[begin], marks[end]) for name, begin, end in STEPS}


def _between(begin: tuple[float, float | None], end: tuple[float, float | None]) -> Step:
    known = begin[1] is not None and end[1] is not None
    return Step(end[0] - begin[0], (end[1] or 0) - (begin[1] or 0) if known else None)


def _together(steps: dict[str, Step]) -> Step:
    """Return the sum of the steps without the search, the CPU time only of those where it is known."""
    others = [step for name, step in steps.items() if name != SEARCH]
    return Step(sum(step.wall for step in others), sum(step.cpu or 0 for step in others))


def _cell(step: Step) -> str:
    return f"{step.wall:.2f}" + ("" if step.cpu is None else f" ({step.cpu:.2f})")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of stops")
    parser.add_argument("--limit", type=float, default=SEARCH_SECONDS, help="time limit; default 10 s")
    parser.add_argument("--before", type=Path, help="checkout of a version to compare with")
    parser.add_argument("--out", type=Path, default=results.RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
