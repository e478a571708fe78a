"""The commands of the README and of docs/planning.md for qgis_process, run as they are printed."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from contextlib import closing

import pytest
from headless import clean_environment


def commands(page: str, mark: str) -> str:
    """The one block of shell commands in a page that holds `mark`."""
    (block,) = [
        block for block in re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE) if mark in block
    ]
    return block


@pytest.fixture(scope="module")
def shell(checkout, tmp_path_factory):
    """A function that runs commands in the checkout, in a profile of its own."""
    environment = clean_environment(tmp_path_factory.mktemp("readme"))

    def run(block: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_first_plan_and_its_schedule(shell, checkout):
    """What a reader copies works: the town is planned, and the plan is timed again to the same cost."""
    readme = (checkout / "README.md").read_text(encoding="utf-8")
    planning = (checkout / "docs" / "planning.md").read_text(encoding="utf-8")
    first = shell(commands(readme, "optiway:plan_routes"))
    with closing(sqlite3.connect(checkout / "build" / "first" / "plan.gpkg")) as database:
        (stops,) = database.execute("SELECT count(*) FROM visits WHERE visit_type = 'stop'").fetchone()
        (left_out,) = database.execute("SELECT count(*) FROM unassigned").fetchone()
    assert stops + left_out == 60
    again = shell(commands(planning, "optiway:schedule"))
    assert cost_in(again) == pytest.approx(cost_in(first))


def cost_in(output: str) -> float:
    """The cost among the results that qgis_process prints."""
    return float(re.search(r"^COST:\s+([\d.]+)$", output, re.MULTILINE)[1])
