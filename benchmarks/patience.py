"""When to stop: what a search that gives up after a while without improvement loses, and what time it saves.

Each instance is planned once to the full limit; where the search would have stopped is read from the history
of its best costs. Patience is a number of seconds that depends on the number of stops: what is tried are
multiples of it. Run it by itself on a quiet machine: `build/env/bench/bin/python benchmarks/patience.py`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import instances
import peers
import results

from optiway_qgis.engine.solving.search import default_patience

INSTANCES = ("R101", "R112", "RC208", "C101", "RC1_2_1", "R2_2_4", "C1_2_9", "X-n200-k36", "PR11A")
LARGE = ("RC1_4_6", "R2_4_9", "R1_10_5", "RC2_10_9", "X-n1001-k43")
MULTIPLES = (0.125, 0.25, 0.5, 1.0, 2.0)

History = Sequence[tuple[float, float]]
"""Seconds since the start and cost of each best answer, in order."""


@dataclass(frozen=True)
class Stop:
    """Where a search stops: after so many seconds, at a cost so many percent above that of the full time."""

    seconds: float
    loss: float


def stop_of(history: History, patience: float, limit: float) -> Stop:
    """Return where a search with that history stops that waits so many seconds for an improvement."""
    stopped = limit
    reached = history[0][1]
    for (moment, cost), (following, _) in zip(history, [*history[1:], (limit, 0.0)]):
        reached = cost
        if following - moment > patience:
            stopped = moment + patience
            break
    return Stop(stopped, 100 * (reached / history[-1][1] - 1))


def main() -> int:
    """Plan all, renew the section of the results."""
    arguments = _arguments()
    load = os.getloadavg()[0]
    stops: dict[float, list[Stop]] = {multiple: [] for multiple in MULTIPLES}
    for name in arguments.instances:
        benchmark = instances.read(name)
        for seed in range(arguments.seeds):
            history = _history(benchmark, arguments.limit, seed)
            patience = default_patience(len(benchmark.customers))
            for multiple in MULTIPLES:
                stops[multiple].append(stop_of(history, multiple * patience, arguments.limit))
            sys.stdout.write(f"{name}: {len(history)} improvements, the last at {history[-1][0]:.1f} s\n")
    text = _section(stops, arguments, load)
    results.renew_section(arguments.out, "patience", text)
    sys.stdout.write(f"\n{text}\n\nWritten to {arguments.out}\n")
    return 0


def _history(benchmark: instances.Benchmark, limit: float, seed: int) -> History:
    with tempfile.TemporaryDirectory() as folder:
        travel = instances.write_travel(benchmark, Path(folder) / "travel.npz")
        return peers.optiway_plan(instances.to_problem(benchmark), peers.Order(limit, seed, travel, 0.0))[
            "history"
        ]


def _section(stops: dict[float, list[Stop]], arguments: argparse.Namespace, load: float) -> str:
    return "\n\n".join(
        (
            "## Stopping when nothing improves",
            results.conditions(load, ("pyvrp", "numpy")),
            f"{', '.join(arguments.instances)}; {arguments.seeds} seed(s), {arguments.limit:g} s each. "
            "Patience in multiples of `default_patience`; time used and loss against the full time.",
            results.table(
                ["patience", "time used, mean", "loss, mean", "loss, most"],
                (_row(multiple, of_it) for multiple, of_it in stops.items()),
            ),
        )
    )


def _row(multiple: float, stops: Iterable[Stop]) -> list[str]:
    seconds, losses = zip(*((stop.seconds, stop.loss) for stop in stops))
    return [
        f"{multiple:g}",
        f"{statistics.mean(seconds):.1f} s",
        f"{statistics.mean(losses):.2f} %",
        f"{max(losses):.2f} %",
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=60.0, help="seconds; default 60")
    parser.add_argument("--instances", nargs="+", default=[*INSTANCES, *LARGE], help="default: of all kinds")
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds, from 0; default 1")
    parser.add_argument("--out", type=Path, default=results.RESULTS, help=f"default {results.RESULTS.name}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
