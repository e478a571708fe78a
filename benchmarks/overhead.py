"""What a job costs beside the search: starting, reading, writing, styling, memory, and coming to an end.

Times are medians; each figure stands beside the goal it is held to, but nothing fails: machines differ. Linux
only, as memory and processes are read from /proc. Needs QGIS and the staged plugin; run by `make bench`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import instances
import results

sys.path.insert(0, str(instances.CHECKOUT / "scripts"))

from headless import (
    QgisProcess,
    clean_environment,
    points_from_csv,
    table_from_csv,
    table_of_geopackage,
)

from optiway_qgis.layers.engine_process import find_engine, run_job
from optiway_qgis.model.errors import JobCancelled
from optiway_qgis.model.job import JOB_VERSION
from optiway_qgis.model.problem import ORDER_STRICT, Settings, problem_to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

QGIS_PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")
QGIS_SIDE = Path(__file__).absolute().parent / "qgis_side.py"
MAKE_TOWN = instances.CHECKOUT / "scripts" / "make_town.py"

SMALL, LARGE, HUGE = 20, 1000, 2000
INTERRUPTED = "R1_2_5"
SEARCH_SECONDS = 5.0
"""Time limit where the search is not what is measured."""

_LOOK_S = 0.02


@dataclass(frozen=True)
class Measure:
    """One row of the table: what, how much, and the goal with its unit ("" for none)."""

    what: str
    value: str
    goal: str = ""


def main() -> None:
    """Measure everything and renew the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--repeat", type=int, default=5, help="how often short things are measured; default 5"
    )
    parser.add_argument("--out", type=Path, default=results.RESULTS)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    rows = []
    for part in (engine_start, small_plan, large_plan, memory, interruptions):
        for measure in part(arguments.repeat):
            sys.stdout.write(f"{measure.what}: {measure.value}\n")
            sys.stdout.flush()
            rows.append([measure.what, measure.value, measure.goal])
    text = "\n\n".join(
        (
            "## Overhead",
            results.conditions(load, ("pyvrp", "ortools", "numpy")),
            results.table(["what", "measured", "goal"], rows),
        )
    )
    results.renew_section(arguments.out, "overhead", text)
    sys.stdout.write(f"\nWritten to {arguments.out}\n")


def engine_start(repeat: int) -> Iterator[Measure]:
    """From starting the engine process to its first word, and to the answer to the smallest job."""
    job = {"version": JOB_VERSION, "task": "versions"}
    first, whole = [], []
    for _ in range(repeat):
        heard: list[float] = []
        begin = time.perf_counter()
        run_job(job, lambda event, heard=heard: heard.append(time.perf_counter()), lambda: False)
        whole.append(time.perf_counter() - begin)
        first.append(heard[0] - begin)
    yield Measure("engine: start to first event", _seconds(first), "1 s")
    yield Measure("engine: start to the answer to a `versions` job, and gone", _seconds(whole), "1 s")


def small_plan(repeat: int) -> Iterator[Measure]:
    """qgis_process as a script calls it, without a job and with one of 20 stops."""
    bare, whole = [], []
    with tempfile.TemporaryDirectory() as scratch:
        town = make_town(SMALL, Path(scratch))
        process = QgisProcess.start(Path(scratch) / "home")
        for number in range(repeat):
            bare.append(_timed(lambda: process.call("help", "optiway:plan_routes")))
            parameters = {
                "STOPS": points_from_csv(town / "stops.csv"),
                "DEPOTS": points_from_csv(town / "depots.csv"),
                "VEHICLES": table_from_csv(town / "vehicles.csv"),
                "REPORT": town / f"report{number}.html",
            }
            for output in ("ROUTES", "LEGS", "VISITS", "UNASSIGNED"):
                parameters[output] = table_of_geopackage(town / f"plan{number}.gpkg", output.lower())
            whole.append(_timed(lambda: process.run("optiway:plan_routes", parameters)))
    yield Measure("qgis_process: start with the plugin, nothing run", _seconds(bare))
    yield Measure(
        f"{SMALL} stops: `qgis_process run optiway:plan_routes`, start included", _seconds(whole), "3 s"
    )


def large_plan(repeat: int) -> Iterator[Measure]:
    """The QGIS side of 1000 stops, phase by phase; at most three times, as each takes a search."""
    runs = [qgis_side(LARGE, SEARCH_SECONDS)["seconds"] for _ in range(min(repeat, 3))]
    for phase in ("read", "write", "style", "report"):
        yield Measure(f"{LARGE} stops: {phase}", _seconds([run[phase] for run in runs]))
    together = [run["read"] + run["write"] + run["style"] for run in runs]
    yield Measure(f"{LARGE} stops: read, write and style together", _seconds(together), "2 s")
    beyond = [run["plan"] - SEARCH_SECONDS for run in runs]
    yield Measure(f"{LARGE} stops: engine beyond its time limit of {SEARCH_SECONDS:g} s", _seconds(beyond))


def memory(repeat: int) -> Iterator[Measure]:
    """Peak resident memory of both processes with 2000 stops."""
    figures = qgis_side(HUGE, 2 * SEARCH_SECONDS)
    above = figures["memory_peak_mb"] - figures["memory_at_start_mb"]
    yield Measure(
        f"{HUGE} stops: memory of QGIS above the {figures['memory_at_start_mb']:.0f} MB of its start",
        f"{above:.0f} MB",
        "300 MB",
    )
    yield Measure(f"{HUGE} stops: memory of the engine", f"{figures['engine_peak_mb']:.0f} MB", "1000 MB")


def interruptions(repeat: int) -> Iterator[Measure]:
    """How long a cancelled job takes to be gone, and an engine whose parent was killed, in both searches."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, ranked, sign in (
            ("PyVRP's search", False, "Searching with"),
            ("our own search", True, "Putting groups of stops"),
        ):
            job = long_job(Path(scratch), ranked)
            cancels = [cancel_latency(job, sign) for _ in range(repeat)]
            yield Measure(f"cancelled during {name}: engine gone after", _seconds(cancels), "1 s")
            kills = [kill_latency(job, sign) for _ in range(repeat)]
            yield Measure(f"parent killed (-9) during {name}: engine gone after", _seconds(kills), "1 s")


def long_job(folder: Path, ranked: bool) -> dict[str, Any]:
    """Return a job that searches for a minute; with ranked stops it comes to our own after a few seconds."""
    benchmark = instances.read(INTERRUPTED)
    problem = instances.to_problem(benchmark)
    limit = 60.0
    if ranked:
        limit = 10.0
        stops = tuple(
            replace(stop, order_rule=ORDER_STRICT, order_rank=number % 7)
            for number, stop in enumerate(problem.stops)
        )
        problem = replace(problem, stops=stops)
    return {
        "version": JOB_VERSION,
        "task": "plan",
        "problem": problem_to_json(problem),
        "travel": instances.write_travel(benchmark, folder / "travel.npz"),
        "settings": asdict(Settings(time_limit=limit, patience=0)),
    }


def cancel_latency(job: dict[str, Any], sign: str) -> float:
    """Return the seconds from the wish to cancel to the end, a second into the search `sign` announces."""
    wished: list[float] = []

    def on_event(event: dict[str, Any]) -> None:
        if sign in event.get("text", "") and not wished:
            wished.append(time.perf_counter() + 1)

    try:
        run_job(job, on_event, lambda: bool(wished) and time.perf_counter() >= wished[0])
    except JobCancelled:
        return time.perf_counter() - wished[0]
    raise RuntimeError("The job ended before it was cancelled.")


def kill_latency(job: dict[str, Any], sign: str) -> float:
    """Return the seconds from killing the engine's parent, a second into the search, to the engine's end."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    parent = context.Process(target=_run_and_tell, args=(sender, job, sign))
    parent.start()
    sender.close()
    receiver.recv()
    time.sleep(1)
    (engine,) = children(parent.pid)
    begin = time.perf_counter()
    parent.kill()
    while is_running(engine):
        time.sleep(0.002)
    seconds = time.perf_counter() - begin
    parent.join()
    return seconds


def _run_and_tell(sender: Connection, job: dict[str, Any], sign: str) -> None:
    run_job(job, lambda event: sender.send(True) if sign in event.get("text", "") else None, lambda: False)


def qgis_side(stops: int, time_limit: float) -> dict[str, Any]:
    """Return the figures of qgis_side.py, and the peak memory of the engine it started, in MB."""
    with tempfile.TemporaryDirectory() as scratch:
        town = make_town(stops, Path(scratch))
        environment = {**clean_environment(Path(scratch) / "home"), "OPTIWAY_PYTHON": find_engine().python}
        process = subprocess.Popen(
            [QGIS_PYTHON, str(QGIS_SIDE), str(town), str(time_limit)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        watch = _PeakOfChildren(process.pid)
        output = process.communicate()[0]
        if process.returncode:
            raise RuntimeError(f"qgis_side.py ended with {process.returncode}: {output}")
        return {**json.loads(output.splitlines()[-1]), "engine_peak_mb": watch.peak_mb()}


def make_town(stops: int, scratch: Path) -> Path:
    """Draw a town with that many stops and return its folder."""
    folder = scratch / f"town{stops}"
    command = [sys.executable, str(MAKE_TOWN), "--stops", str(stops), "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


class _PeakOfChildren:
    """Watches the children of a process until it ends; the kernel keeps each one's high-water mark."""

    def __init__(self, pid: int):
        self._pid = pid
        self._peak_kb = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def peak_mb(self) -> float:
        """Return the highest resident memory of any child, once the process has ended."""
        self._thread.join()
        return self._peak_kb / 1024

    def _watch(self) -> None:
        while is_running(self._pid):
            for child in children(self._pid):
                self._peak_kb = max(self._peak_kb, _high_water_kb(child))
            time.sleep(_LOOK_S)


def children(pid: int) -> list[int]:
    """Return the processes that the process has started."""
    found = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        found += _read(listing).split()
    return list(map(int, found))


def is_running(pid: int) -> bool:
    """Whether the process is there and not a zombie."""
    state = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return bool(state) and state[0] != "Z"


def _high_water_kb(pid: int) -> int:
    lines = _read(Path(f"/proc/{pid}/status")).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _seconds(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} s"


if __name__ == "__main__":
    main()
