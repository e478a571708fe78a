"""One run of optiway:plan_routes inside this process, timed: the QGIS side of overhead.py and phases.py.

    /usr/bin/python3 benchmarks/qgis_side.py FOLDER TIME_LIMIT [BEGIN [CHECKOUT]]

Run by the Python of QGIS on the CSV files of scripts/make_town.py in FOLDER. The layers go into one
GeoPackage there and are loaded and styled as in the desktop. BEGIN is the reading of `time.monotonic` from
which moments count, CHECKOUT the project that runs if not this one. The last line of the output is JSON:
seconds of each step; the moments at which steps begin, end, and the engine says something, each with the CPU
time that this process and the engine have used; the resident memory of this process in MB when QGIS had
started and at its peak.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from contextlib import contextmanager
from pathlib import Path

BEGIN = float(sys.argv[3]) if len(sys.argv) > 3 else time.monotonic()
CHECKOUT = Path(sys.argv[4] if len(sys.argv) > 4 else Path(__file__).parent.parent).absolute()
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "scripts")]

from headless import points_from_csv, table_from_csv, table_of_geopackage  # noqa: E402
from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
)

from optiway_qgis.processing_provider.planning.plan_routes import PlanRoutes  # noqa: E402
from optiway_qgis.processing_provider.provider import OptiwayProvider  # noqa: E402

SECONDS: dict[str, float] = {}
MOMENTS: list[tuple[str, float, float]] = []
PLANS: list = []


def mark(what: str) -> None:
    """Note the moment and the CPU time used so far."""
    MOMENTS.append((what, time.monotonic() - BEGIN, cpu_time()))


def cpu_time() -> float:
    """Return the CPU seconds of this process and its children, also running ones; Linux only."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = 0
    for listing in Path("/proc/self/task").glob("*/children"):
        for child in listing.read_text().split():
            try:
                times = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13]
            except (FileNotFoundError, ProcessLookupError):
                continue
            running += sum(map(int, times))
    return time.process_time() + ended.ru_utime + ended.ru_stime + running / os.sysconf("SC_CLK_TCK")


@contextmanager
def phase(name: str):
    """Add the wall time of the block to the phase, and mark its ends."""
    mark(f"{name} begins")
    begin = time.perf_counter()
    yield
    SECONDS[name] = SECONDS.get(name, 0.0) + time.perf_counter() - begin
    mark(f"{name} ends")


class TimedFeedback(QgsProcessingFeedback):
    """Marks the moment of everything that is told."""

    def pushInfo(self, info: str) -> None:
        """Mark and pass on."""
        mark(info)
        super().pushInfo(info)


class TimedPlanRoutes(PlanRoutes):
    """The algorithm itself, with a clock around its steps."""

    def _read(self, *arguments):
        with phase("read"):
            return super()._read(*arguments)

    def _plan(self, *arguments):
        with phase("plan"):
            PLANS.append(super()._plan(*arguments))
        return PLANS[-1]

    def _write(self, *arguments):
        with phase("write"):
            return super()._write(*arguments)

    def _report(self, *arguments):
        with phase("report"):
            return super()._report(*arguments)


def main(folder: Path, time_limit: float) -> None:
    """Start QGIS, run, load and style the layers, print the figures."""
    application = QgsApplication([], False)
    application.initQgis()
    provider = OptiwayProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    context, feedback = QgsProcessingContext(), TimedFeedback()
    context.setProject(QgsProject.instance())
    context.setFeedback(feedback)
    at_start = peak_memory_mb()
    mark("QGIS started")

    results, finished = TimedPlanRoutes().run(parameters(folder, time_limit), context, feedback)
    if not finished:
        sys.exit(feedback.textLog())
    with phase("style"):
        load_and_style(context, feedback)
    figures = {"seconds": SECONDS, "memory_at_start_mb": at_start, "memory_peak_mb": peak_memory_mb()}
    figures |= {"assigned": results["ASSIGNED_COUNT"], "moments": MOMENTS, "history": PLANS[-1].history}
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    application.exitQgis()


def parameters(folder: Path, time_limit: float) -> dict:
    """Return the parameters: the layers of the folder, all outputs asked for and loaded into the project."""
    given = {
        "STOPS": points_from_csv(folder / "stops.csv"),
        "DEPOTS": points_from_csv(folder / "depots.csv"),
        "VEHICLES": table_from_csv(folder / "vehicles.csv"),
        "TIME_LIMIT": time_limit,
        "REPORT": str(folder / "report.html"),
    }
    for output in ("ROUTES", "LEGS", "VISITS", "UNASSIGNED"):
        target = table_of_geopackage(folder / "plan.gpkg", output.lower())
        given[output] = QgsProcessingOutputLayerDefinition(target, QgsProject.instance())
    return given


def load_and_style(context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> None:
    """Do what the desktop does at the end: load each layer, style it, add it to the project."""
    for source, details in context.layersToLoadOnCompletion().items():
        layer = QgsProcessingUtils.mapLayerFromString(source, context)
        if details.postProcessor():
            details.postProcessor().postProcessLayer(layer, context, feedback)
        QgsProject.instance().addMapLayer(context.takeResultLayer(layer.id()) or layer)


def peak_memory_mb() -> float:
    """Return the highest resident memory of this process so far; Linux only."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", status).group(1)) / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), float(sys.argv[2]))
