"""How good are the plans: the engine and its peers side by side on published instances.

One contender runs at a time, in a process of its own, with the whole machine; on each instance all of them,
one after the other. Every answer is costed and checked here by the same judge (instances.py). Run by
`make bench`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import instances
import peers
import results
from peers import CONTENDERS, OURS, PLAIN

from optiway_qgis.model.errors import OptiwayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from multiprocessing.connection import Connection

INSTANCES = (
    "R112",
    "RC208",
    "C1_2_9",
    "R2_2_4",
    "RC1_4_6",
    "R2_4_9",
    "R1_10_5",
    "RC2_10_9",
    "X-n200-k36",
    "X-n1001-k43",
    "PR11A",
)
LIMITS = (5.0, 10.0, 30.0)
QUICK_INSTANCES, QUICK_LIMITS = ("R112", "PR11A"), (3.0,)
QUICK_RESULTS = instances.CHECKOUT / "build" / "bench" / "quick.md"
PACKAGES = ("pyvrp", "ortools", "pyvroom", "numpy")

_OVERRUN = 60.0
"""Seconds after its limit at which a contender that does not answer is stopped."""


@dataclass(frozen=True)
class Run:
    """One contender on one instance.

    `gap` in percent to the best known cost, None when the answer is not valid; `fault` says why then.
    """

    instance: str
    contender: str
    cost: int
    gap: float | None
    seconds: float
    fault: str = ""


def main() -> int:
    """Run all, renew a section of the results per limit; 1 when an answer of ours is not valid."""
    arguments = _arguments()
    load = os.getloadavg()[0]
    wrong = False
    for limit in arguments.limits:
        runs: list[Run] = []
        for name in arguments.instances:
            for run in run_instance(name, limit, arguments.seeds, arguments.patience):
                runs.append(run)
                _say(f"{limit:g} s  {name:12} {run.contender:18} {_outcome(run):>8}  {run.seconds:.1f} s\n")
        text = section(runs, limit, arguments, load)
        results.renew_section(arguments.out, f"quality {limit:g} s", text)
        _say(f"\n{text}\n\nWritten to {arguments.out}\n\n")
        wrong |= any(run.contender == OURS and run.fault for run in runs)
    return int(wrong)


def run_instance(name: str, limit: float, seeds: int, patience: float | None) -> Iterable[Run]:
    """Run every contender with every seed, in turn, so that all meet the same state of the machine."""
    benchmark = instances.read(name)
    with tempfile.TemporaryDirectory() as folder:
        travel = instances.write_travel(benchmark, Path(folder) / "travel.npz")
        judge = instances.Judge(benchmark, travel)
        for seed, contender in product(range(seeds), CONTENDERS):
            order = peers.Order(limit, seed, travel, patience)
            answer = in_own_process(partial(_answer, contender, name, order), limit)
            yield _judged(benchmark, judge, contender, answer)


def in_own_process(answer: Callable[[], peers.Answer], limit: float) -> peers.Answer | str:
    """Return a contender's answer, or a sentence when it crashed or did not come to an end."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(sender, answer))
    process.start()
    sender.close()
    try:
        if not receiver.poll(limit + _OVERRUN):
            return "no end"
        return receiver.recv()
    except EOFError:
        return "crashed"
    finally:
        process.kill()
        process.join()


def _send(sender: Connection, answer: Callable[[], peers.Answer]) -> None:
    try:
        sender.send(answer())
    except Exception as error:  # whatever a peer raises is its answer
        sender.send(f"{type(error).__name__}: {error}")


def _answer(contender: str, instance: str, order: peers.Order) -> peers.Answer:
    return CONTENDERS[contender](instances.read(instance), order)


def _judged(
    benchmark: instances.Benchmark, judge: instances.Judge, contender: str, answer: peers.Answer | str
) -> Run:
    if isinstance(answer, str):
        return Run(benchmark.name, contender, 0, None, 0.0, answer)
    try:
        verdict = judge.verdict(answer.routes)
    except OptiwayError as error:
        return Run(benchmark.name, contender, 0, None, answer.seconds, str(error))
    fault = ", ".join(f"{count} {code}" for code, count in verdict.broken)
    gap = None if fault else 100 * (verdict.cost / benchmark.best - 1)
    return Run(benchmark.name, contender, verdict.cost, gap, answer.seconds, fault)


def section(runs: list[Run], limit: float, arguments: argparse.Namespace, load: float) -> str:
    """Return the section of one limit: conditions, table, and what has to be said about it."""
    names = list(dict.fromkeys(run.instance for run in runs))
    rows = [_row(name, [run for run in runs if run.instance == name]) for name in names]
    header = ["instance", "stops", "best known", *CONTENDERS, f"{OURS} / {PLAIN}", f"{OURS} took"]
    return "\n\n".join(
        (
            f"## Quality after {limit:g} s",
            results.conditions(load, PACKAGES),
            "Gap to the best known cost in percent, mean over "
            f"{arguments.seeds} seed{'s' if arguments.seeds > 1 else ''}; {_patience(arguments.patience)}",
            results.table(header, [*rows, _mean_row(runs, names)]),
            "\n".join(f"- {note}" for note in _notes(runs, names)),
        )
    )


def _patience(patience: float | None) -> str:
    if patience is None:
        return (
            f"{OURS} stops before the limit when nothing has improved for a while, as it does for users "
            "(the last column tells); the others use all of it."
        )
    if not patience:
        return f"{OURS} was told to use all of the time (`--patience 0`), as the others do."
    return f"{OURS} stops after {patience:g} s without improvement (`--patience`); the others never do."


def _row(name: str, runs: list[Run]) -> list[str]:
    benchmark = instances.read(name)
    seconds = statistics.mean(run.seconds for run in runs if run.contender == OURS)
    return [
        name,
        str(len(benchmark.customers)),
        f"{benchmark.best / benchmark.counting.scale:.10g}",
        *(_gap_cell([run for run in runs if run.contender == contender]) for contender in CONTENDERS),
        _ratio_cell(runs),
        f"{seconds:.1f} s",
    ]


def _mean_row(runs: list[Run], names: list[str]) -> list[str]:
    """Return the mean gaps over the instances that all contenders always answered, so that they compare."""
    invalid = {run.instance for run in runs if run.gap is None}
    common = [run for run in runs if run.instance not in invalid]
    gaps = [_gap_cell([run for run in common if run.contender == contender]) for contender in CONTENDERS]
    few = f" of {len(names) - len(invalid)}" if invalid else ""
    return [f"**mean{few}**", "", "", *(gaps if common else [""] * len(CONTENDERS)), _ratio_cell(runs), ""]


def _gap_cell(runs: list[Run]) -> str:
    """Return the mean gap of the valid answers, and how many they are when not all."""
    gaps = [run.gap for run in runs if run.gap is not None]
    if not gaps:
        return "not valid"
    partly = "" if len(gaps) == len(runs) else f" ({len(gaps)} of {len(runs)} valid)"
    return f"{statistics.mean(gaps):.2f}{partly}"


def _ratios(runs: list[Run]) -> list[float]:
    """Return our cost over that of plain PyVRP for each pair of runs with the same instance and seed."""
    ours, plain = ([run for run in runs if run.contender == contender] for contender in (OURS, PLAIN))
    pairs = zip(ours, plain)
    return [mine.cost / its.cost for mine, its in pairs if mine.gap is not None and its.gap is not None]


def _ratio_cell(runs: list[Run]) -> str:
    ratios = _ratios(runs)
    return f"{statistics.mean(ratios):.4f}" if ratios else ""


def _notes(runs: list[Run], names: list[str]) -> Iterable[str]:
    ratios = _ratios(runs)
    if ratios:
        yield (
            f"{OURS} / {PLAIN} is the ratio of costs, below 1 where {OURS} is better; "
            f"from {min(ratios):.4f} to {max(ratios):.4f}."
        )
    if any(run.gap is None for run in runs):
        yield "The mean of gaps is over instances with valid answers only, that of ratios over all."
    spreads = [_spread(_of(runs, name, PLAIN)) for name in names]
    known = [spread for spread in spreads if spread is not None]
    if known:
        yield (
            f"Noise: the answers of {PLAIN} to one instance differ by {statistics.mean(known):.2f} % "
            "with the seed, on average."
        )
    for contender, name in product(CONTENDERS, names):
        faults = [run.fault for run in _of(runs, name, contender) if run.fault]
        cannot = peers.cannot_represent(contender, instances.read(name))
        if faults:
            cause = f" (it {cannot})" if cannot else ""
            yield f"{contender} on {name}: {'; '.join(dict.fromkeys(faults))}{cause}."
        elif cannot:
            yield f"{contender} on {name}: it {cannot}; its answer happens to be valid."


def _of(runs: list[Run], instance: str, contender: str) -> list[Run]:
    return [run for run in runs if run.instance == instance and run.contender == contender]


def _spread(runs: list[Run]) -> float | None:
    """Return the highest gap minus the lowest; None for fewer than two valid answers."""
    gaps = [run.gap for run in runs if run.gap is not None]
    return max(gaps) - min(gaps) if len(gaps) > 1 else None


def _outcome(run: Run) -> str:
    return run.fault if run.gap is None else f"{run.gap:.2f} %"


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limits", type=float, nargs="+", help="seconds; default 5 10 30")
    parser.add_argument("--instances", nargs="+", help="names of the .vrp files; default eleven of all kinds")
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds, from 0; default 1")
    parser.add_argument(
        "--patience", type=float, help=f"{OURS}: seconds without improvement; 0 never stops early"
    )
    parser.add_argument("--quick", action="store_true", help=f"two instances, 3 s, into {QUICK_RESULTS.name}")
    parser.add_argument("--out", type=Path, help=f"default {results.RESULTS.name} of this folder")
    arguments = parser.parse_args()
    arguments.limits = arguments.limits or (QUICK_LIMITS if arguments.quick else LIMITS)
    arguments.instances = arguments.instances or (QUICK_INSTANCES if arguments.quick else INSTANCES)
    arguments.out = arguments.out or (QUICK_RESULTS if arguments.quick else results.RESULTS)
    return arguments


if __name__ == "__main__":
    sys.exit(main())
