"""How large plans go: time to the first complete answer, memory, and what the time limit leaves to be gained.

The days are drawn by scatter.py and planned on estimated times by the engine as a server starts it, one
process at a time with the whole machine. Linux only, as memory is the kernel's account of the process.

    build/env/bench/bin/python benchmarks/large.py --sizes 1000 2000 --limit 60 --long 600
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import instances
import results
from scatter import scattered

from optiway_qgis.layers.engine_process import find_engine
from optiway_qgis.model.job import JOB_VERSION
from optiway_qgis.model.problem import Problem, Settings, problem_to_json

SIZES = (1000, 2000, 5000, 10_000)
LIMIT, LONG = 300.0, 1800.0
MOMENTS = (10.0, 60.0)
"""Seconds after which the best answer so far is told, too."""

GOALS = {1000: "1 s", 5000: "8 s", 10_000: "30 s"}
"""Time to the first complete answer that each size is held to."""

HEADER = (
    *("stops", "vehicles", "first complete answer", "goal", "gap of it"),
    *(f"gap at {moment:g} s" for moment in MOMENTS),
    *("time limit", "gap", "unserved", "broken", "process took", "CPU time", "memory"),
)


@dataclass(frozen=True)
class Run:
    """One job: costs over time as (seconds from the start of the process, cost), and what it took.

    `seconds` of wall clock and `cpu` seconds from start to end of the process; `memory` in MB at its peak.
    """

    history: tuple[tuple[float, float], ...]
    cost: float
    unserved: int
    broken: int
    seconds: float
    cpu: float
    memory: float

    def cost_at(self, moment: float) -> float | None:
        """Return the best cost at a moment, None when there was no complete answer yet."""
        costs = [cost for when, cost in self.history if when <= moment]
        return costs[-1] if costs else None


def main() -> None:
    """Run each size with the limit and once for long, and renew the section."""
    arguments = _arguments()
    load = os.getloadavg()[0]
    rows = []
    for size in arguments.sizes:
        problem = scattered(size, arguments.seed)
        run, long = (planned(problem, limit) for limit in (arguments.limit, arguments.long))
        rows.append(row(problem, run, min(run.cost, long.cost), arguments.limit))
        sys.stdout.write(f"{', '.join(f'{name} {cell}' for name, cell in zip(HEADER, rows[-1]))}\n")
        sys.stdout.flush()
    text = "\n\n".join(
        (
            "## Large plans",
            results.conditions(load, ("pyvrp", "ortools", "numpy")),
            f"Gaps in percent to the better of this run and one of {arguments.long:g} s, both without an end "
            "by patience. Times count from the start of the process.",
            results.table(HEADER, rows),
        )
    )
    results.renew_section(arguments.out, "large plans", text)
    sys.stdout.write(f"\nWritten to {arguments.out}\n")


def planned(problem: Problem, limit: float) -> Run:
    """Plan in an engine process of its own; RuntimeError when it ends without a plan."""
    job: dict[str, Any] = {
        "version": JOB_VERSION,
        "task": "plan",
        "problem": problem_to_json(problem),
        "travel": {"source": "estimate"},
        "settings": asdict(Settings(time_limit=limit, patience=0)),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.json"
        path.write_text(json.dumps(job), encoding="utf-8")
        command = [find_engine().python, "-m", "optiway_qgis.engine", str(path)]
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=instances.CHECKOUT, stdout=subprocess.PIPE, text=True)
        started, plan = None, None
        for line in process.stdout or ():
            started = time.perf_counter() - begin if started is None else started
            event = json.loads(line)
            plan = event.get("plan", plan)
        _, _, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    if plan is None or started is None:
        raise RuntimeError(f"The engine ended without a plan of {len(problem.stops)} stops.")
    return Run(
        history=tuple((started + when, cost) for when, cost in plan["history"]),
        cost=sum(one["cost_fixed"] + one["cost_distance"] + one["cost_time"] for one in plan["routes"]),
        unserved=len(plan["unassigned"]),
        broken=len(plan["violations"]),
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss / 1024,
    )


def row(problem: Problem, run: Run, best: float, limit: float) -> list[str]:
    """Return the cells of one size."""

    def gap(cost: float | None) -> str:
        return "" if cost is None else f"{100 * (cost / best - 1):.1f}"

    first = run.history[0] if run.history else None
    return [
        str(len(problem.stops)),
        str(len(problem.vehicles)),
        "none" if first is None else f"{first[0]:.1f} s",
        GOALS.get(len(problem.stops), ""),
        gap(first and first[1]),
        *(gap(run.cost_at(moment)) if moment < limit else "" for moment in MOMENTS),
        f"{limit:g} s",
        gap(run.cost),
        str(run.unserved),
        str(run.broken),
        f"{run.seconds:.0f} s",
        f"{run.cpu:.0f} s",
        f"{run.memory:.0f} MB",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--limit", type=float, default=LIMIT, help=f"seconds; default {LIMIT:g}")
    parser.add_argument("--long", type=float, default=LONG, help=f"seconds to compare with; default {LONG:g}")
    parser.add_argument("--seed", type=int, default=1, help="of the days that are drawn")
    parser.add_argument("--out", type=Path, default=results.RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
