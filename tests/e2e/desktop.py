"""Starts the real QGIS desktop on a virtual screen, in a fresh profile with the staged plugin enabled.

What happens inside is written in a script of its own that QGIS runs (`--code`); it reads its job from the
file named by OPTIWAY_E2E_JOB and writes its answer to the file named there as "answer".
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from headless import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCREEN = "1600x1000x24"
# No check for new versions, no news, no tips, no welcome, no message of the first run: nothing that waits
# for a click or asks the network.
SETTINGS = """
[PythonPlugins]
optiway_qgis=true
processing=true
grassprovider=false
sagaprovider=false
otbprovider=false
MetaSearch=false

[qgis]
checkVersion=false
showTips=false
askToSaveMemoryLayers=false

[app]
projections\\unknownCrsBehavior=NoAction

[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true

[locale]
overrideFlag=true
userLocale=en_US
globalLocale=en_US
"""


@contextmanager
def virtual_screen() -> Iterator[str]:
    """A virtual screen for the time of the block; gives its display name."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def run_in_desktop(script: Path, job: dict[str, Any], folder: Path, seconds: float) -> dict[str, Any]:
    """Run `script` inside QGIS with `job` and return its answer; `folder` takes profile and files.

    Raises TimeoutExpired when QGIS is not done after `seconds`, after taking a picture of what it shows.
    """
    environment = clean_environment(folder)
    profile = folder / "profile" / "profiles" / "default" / "QGIS"
    profile.mkdir(parents=True)
    (profile / "QGIS3.ini").write_text(SETTINGS, encoding="utf-8")
    answer = folder / "answer.json"
    job_file = folder / "job.json"
    job_file.write_text(json.dumps({**job, "answer": str(answer)}), encoding="utf-8")
    command = ["qgis", "--noversioncheck", "--nologo", "--code", str(script)]
    log = folder / "qgis.log"
    with virtual_screen() as display, log.open("w", encoding="utf-8") as output:
        environment.update(DISPLAY=display, QT_QPA_PLATFORM="xcb", OPTIWAY_E2E_JOB=str(job_file))
        qgis = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            qgis.wait(seconds)
        except subprocess.TimeoutExpired:
            picture = folder / "timeout.png"
            subprocess.run(["import", "-window", "root", str(picture)], env=environment, check=True)
            os.killpg(qgis.pid, signal.SIGKILL)
            qgis.wait()
            raise
    if not answer.exists():
        raise AssertionError(f"QGIS ended without an answer:\n{log.read_text(encoding='utf-8')}")
    return json.loads(answer.read_text(encoding="utf-8"))
