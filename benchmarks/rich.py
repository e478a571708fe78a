"""How good are plans under many rules: the engine and its peers side by side on pairs and on rich variants.

One contender runs at a time, in a process of its own, with the whole machine. Every answer is priced and
checked by the same judge (rich_instances.py).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import results
from peers import Order
from rich_instances import BASES, LI_LIM, VARIANTS, VEHICLE_PRICE, RichJudge, read_rich
from rich_peers import CANNOT, ONLY_PAIRS, OURS, RICH_CONTENDERS, RichAnswer
from run import PACKAGES, in_own_process

from optiway_qgis.model.errors import OptiwayError

if TYPE_CHECKING:
    from collections.abc import Iterable

PROBLEMS = (*LI_LIM, *(f"{variant} {size}" for size in BASES for variant in VARIANTS))


@dataclass(frozen=True)
class Run:
    """One contender on one problem; `fault` says what is wrong with its answer, if anything is."""

    problem: str
    contender: str
    price: float
    vehicles: int
    seconds: float
    fault: str = ""


def main() -> int:
    """Run all and renew the section of the results; 1 when an answer of ours breaks a rule."""
    arguments = _arguments()
    load = os.getloadavg()[0]
    runs: list[Run] = []
    for name in arguments.problems:
        for run in run_problem(name, arguments.limit, arguments.seed, arguments.contenders):
            runs.append(run)
            outcome = run.fault or f"{run.price:.1f}"
            sys.stdout.write(
                f"{name:18} {run.contender:10} {outcome:>12} {run.vehicles:4} {run.seconds:.1f} s\n"
            )
            sys.stdout.flush()
    if arguments.out:
        results.renew_section(
            arguments.out, f"rich {arguments.limit:g} s", section(runs, arguments.limit, load)
        )
    return int(any(run.contender == OURS and run.fault for run in runs))


def run_problem(name: str, limit: float, seed: int, contenders: list[str]) -> Iterable[Run]:
    """Run every contender that can be asked, one after the other."""
    rich = read_rich(name)
    with tempfile.TemporaryDirectory() as folder:
        source = rich.write_travel(Path(folder) / "travel.npz")
        judge = RichJudge(rich, source)
        for contender in contenders:
            if contender in ONLY_PAIRS and name not in LI_LIM:
                continue
            answer = in_own_process(partial(_answer, contender, name, Order(limit, seed, source, 0.0)), limit)
            yield _judged(name, judge, contender, answer)


def _answer(contender: str, name: str, order: Order) -> RichAnswer:
    return RICH_CONTENDERS[contender](read_rich(name), order)


def _judged(name: str, judge: RichJudge, contender: str, answer: RichAnswer | str) -> Run:
    if isinstance(answer, str):
        return Run(name, contender, 0.0, 0, 0.0, answer)
    try:
        worth = judge.worth(answer.stops)
    except OptiwayError as error:
        return Run(name, contender, 0.0, 0, answer.seconds, str(error))
    fault = ", ".join(f"{count} {code}" for code, count in worth.broken)
    return Run(name, contender, worth.price, worth.vehicles, answer.seconds, fault)


def section(runs: list[Run], limit: float, load: float) -> str:
    """Return the section: conditions, a table of prices beside ours, and what has to be said."""
    names = list(dict.fromkeys(run.problem for run in runs))
    rows = []
    for name in names:
        of = {run.contender: run for run in runs if run.problem == name}
        rows.append([name, *(_cell(of.get(contender), of.get(OURS)) for contender in RICH_CONTENDERS)])
    notes = [f"- {who} on {what}: {sentence}." for (who, what), sentence in CANNOT.items()]
    notes += [f"- {run.contender} on {run.problem}: {run.fault}." for run in runs if run.fault]
    return "\n\n".join(
        (
            f"## Rich problems after {limit:g} s",
            results.conditions(load, PACKAGES),
            f"What the answer is worth ({OURS}: the price; the others: their price over ours, above 1 "
            f"where {OURS} is better). {OURS} was told to use all of the time, its start included. On pairs "
            f"(Li and Lim) vehicles count first, {VEHICLE_PRICE:g} each; in brackets the number of vehicles.",
            results.table(["problem", *RICH_CONTENDERS], rows),
            "\n".join(notes),
        )
    )


def _cell(run: Run | None, ours: Run | None) -> str:
    if run is None:
        return ""
    if run.fault:
        return "not valid"
    vehicles = f" ({run.vehicles})"
    if run is ours or ours is None or ours.fault:
        return f"{_price(run):.2f}{vehicles}"
    return f"{_price(run) / _price(ours):.4f}{vehicles}"


def _price(run: Run) -> float:
    """Return the price; of pairs the distance alone, as vehicles are told beside it."""
    return run.price - (run.vehicles * VEHICLE_PRICE if run.problem in LI_LIM else 0.0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", nargs="+", default=PROBLEMS, help="default all")
    parser.add_argument("--contenders", nargs="+", default=list(RICH_CONTENDERS), help="default all")
    parser.add_argument("--limit", type=float, default=10.0, help="seconds; default 10")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=results.RESULTS, help=f"default {results.RESULTS.name}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
