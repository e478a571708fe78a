"""Plans the sample town as a server without a screen would: qgis_process on CSV files, one GeoPackage out.

Writes plan.gpkg, report.html and map.png into build/demo and says where they are.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from headless import (
    BUILD,
    QgisProcess,
    points_from_csv,
    qgis_process_command,
    run_arguments,
    table_from_csv,
    table_of_geopackage,
)

SAMPLE = BUILD / "optiway_qgis" / "resources" / "sample"
RENDER_MAP = Path(__file__).absolute().parent / "render_map.py"


def main() -> int:
    """Plan, draw, say where the results are; the exit code of the first step that fails."""
    started = time.monotonic()
    folder = BUILD / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    plan, report, picture = folder / "plan.gpkg", folder / "report.html", folder / "map.png"
    for old in (plan, report, picture):
        old.unlink(missing_ok=True)
    parameters = {
        "STOPS": points_from_csv(SAMPLE / "stops.csv"),
        "DEPOTS": points_from_csv(SAMPLE / "depots.csv"),
        "VEHICLES": table_from_csv(SAMPLE / "vehicles.csv"),
        "ROADS": SAMPLE / "streets.geojson",
        "TIME_LIMIT": 20,
        "REPORT": report,
    }
    for output in ("ROUTES", "LEGS", "VISITS", "UNASSIGNED"):
        parameters[output] = table_of_geopackage(plan, output.lower())
    with tempfile.TemporaryDirectory() as profile:
        process = QgisProcess.start(Path(profile))
        arguments = run_arguments("optiway:plan_routes", parameters)
        for command in (
            qgis_process_command(*arguments),
            [sys.executable, str(RENDER_MAP), str(plan), str(picture)],
        ):
            status = subprocess.run(command, env=process.environment).returncode
            if status != 0:
                return status
    sys.stdout.write(
        f"\nThe demo took {time.monotonic() - started:.0f} s. Look at\n"
        f"  {picture}   the map\n"
        f"  {report}   the report, in a browser\n"
        f"  {plan}   the layers, in QGIS\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
