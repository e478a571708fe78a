"""The client of the engine process: where the engine is, and one job run in it.

What a job and its events look like is in model/job.py. The environment the engine runs in is made by
engine_install.py. Standard library only.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from optiway_qgis.model import errors

from . import engine_install
from .child_process import ChildProcess, clean_environment

_PLUGIN_FOLDER = Path(__file__).absolute().parents[1]  # not resolved: the folder may be a symlink
_START_SCRIPT = str(_PLUGIN_FOLDER / "engine" / "start.py")
_POLL_S = 0.05
_VOUCHED_FOR = ("ortools", "pyvrp")  # their versions are asked for where no stamp tells them
_ENGINE_ERRORS = {
    error.code: error for error in (errors.EngineMissing, errors.EngineOutdated, errors.EngineBroken)
}


@dataclass(frozen=True)
class EngineLocation:
    """Where the engine runs. `origin`: OPTIWAY_PYTHON, checkout or profile; `pins`: versions yet to check."""

    python: str
    origin: str
    pins: tuple[str, ...] = ()


def find_engine(profile_folder: str | None = None) -> EngineLocation:
    """The engine's Python: OPTIWAY_PYTHON, else beside the staged plugin or checkout, else in the profile.

    `profile_folder`: the settings folder of the QGIS profile. No process is started. Raises `EngineMissing`,
    `EngineOutdated` or `EngineBroken`, each one line with the remedy.
    """
    named = os.environ.get("OPTIWAY_PYTHON")
    if named:
        return _named_engine(named)
    targets = [("checkout", str(_PLUGIN_FOLDER.parent / "build" / "engine*"))]
    if _PLUGIN_FOLDER.parent.name == "build":
        targets.insert(0, ("checkout", str(_PLUGIN_FOLDER.parent / "engine*")))
    if profile_folder:
        targets.append(("profile", engine_install.profile_target(profile_folder)))
    found = [(origin, engine_install.status(target)) for origin, target in targets]
    for origin, status in found:
        if status.state == "ready":
            return EngineLocation(status.python, origin)
    for _, status in found:
        if status.state != "missing":
            _raise_unusable(status)
    raise errors.EngineMissing(f"The routing engine is not installed. {engine_install.REMEDY}")


def run_job(
    job: dict[str, Any],
    on_event: Callable[[dict[str, Any]], None],
    is_cancelled: Callable[[], bool],
    engine: EngineLocation | None = None,
) -> dict[str, Any]:
    """Run one job in an engine process of its own and return its `result` event.

    `on_event` gets every other event, `is_cancelled` is asked at least every 50 ms; both in the calling
    thread, which waits here until the end: on Linux the engine dies with the thread that started it. The job
    crosses a pipe, so it may hold secrets. However this function is left, the engine and its workers are
    gone.

    Raises `JobCancelled`, `JobFailed` (with the code the engine gave), `EngineCrashed`, `EngineBroken`,
    `EngineOutdated`; without `engine` also what `find_engine` raises.
    """
    engine = engine or find_engine()
    command = [engine.python, "-I", "-X", "utf8", _START_SCRIPT, str(os.getpid()), *engine.pins]
    # The engine has threads of its own; OpenBLAS would start one per core and take memory for each.
    environment = {**clean_environment(), "OPENBLAS_NUM_THREADS": "1"}
    line = json.dumps(job, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"
    if is_cancelled():
        raise errors.JobCancelled
    try:
        child = ChildProcess(command, environment, send=line)
    except OSError as error:
        raise _broken(engine, str(error)) from error
    with child:
        return _follow(child, engine, on_event, is_cancelled)


def _follow(
    child: ChildProcess,
    engine: EngineLocation,
    on_event: Callable[[dict[str, Any]], None],
    is_cancelled: Callable[[], bool],
) -> dict[str, Any]:
    alive = False
    while (line := child.next_line(_POLL_S)) is not None:
        if is_cancelled():
            raise errors.JobCancelled
        event = _parse(line)
        if event is None:
            continue
        alive = True
        if event["event"] == "result":
            return event
        if event["event"] == "error":
            raise _job_error(event, engine)
        on_event(event)
    while child.exit_code() is None:  # its output has ended, the process has not yet
        if is_cancelled():
            raise errors.JobCancelled
        time.sleep(_POLL_S)
    raise _death(child, engine, alive)


def _parse(line: bytes) -> dict[str, Any] | None:
    """The event in a line; None for a line that is none, such as what a start-up hook of Python prints."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _job_error(event: dict[str, Any], engine: EngineLocation) -> errors.OptiwayError:
    code, text = event.get("code", errors.JobFailed.code), event.get("text", "")
    if code in _ENGINE_ERRORS:
        return _ENGINE_ERRORS[code](f"{text} {_remedy(engine)}")
    failure = errors.JobFailed(text)
    failure.code = code
    return failure


def _death(child: ChildProcess, engine: EngineLocation, alive: bool) -> errors.OptiwayError:
    """The error for a child that ended without a result."""
    code, said = child.exit_code(), engine_install.last_line(child.error_tail())
    killed = code in (-getattr(signal, "SIGKILL", 9), -signal.SIGTERM)
    if not alive and not killed:
        return _broken(engine, said or _exit_text(code))
    text = f"The routing engine ended in the middle of the job ({_exit_text(code)})."
    if said:
        text += f" Its last words: {said}."
    if killed:
        return errors.EngineCrashed(
            f"{text} Often memory ran out: close other programs or plan fewer stops at once."
        )
    return errors.EngineCrashed(
        f"{text} Run it again; when it repeats, report it with this message and the input."
    )


def _exit_text(code: int) -> str:
    if code >= 0:
        return f"exit code {code:#x}" if code > 255 else f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _broken(engine: EngineLocation, cause: str) -> errors.EngineBroken:
    return errors.EngineBroken(
        f"The routing engine in {engine.python} does not start: {cause}. {_remedy(engine)}"
    )


def _remedy(engine: EngineLocation) -> str:
    if engine.origin == "OPTIWAY_PYTHON":
        return (
            "Set OPTIWAY_PYTHON to a Python that has the engine, or unset it and install the routing engine."
        )
    return engine_install.REMEDY


def _named_engine(named: str) -> EngineLocation:
    if os.path.isdir(named):
        named = engine_install.python_of(named)
    if not os.path.isfile(named):
        raise errors.EngineMissing(
            f"OPTIWAY_PYTHON names {named}, which does not exist. "
            "Correct it, or unset it and install the routing engine."
        )
    environment = engine_install.environment_status(os.path.dirname(os.path.dirname(os.path.abspath(named))))
    if environment.state == "ready":
        return EngineLocation(named, "OPTIWAY_PYTHON")
    pins = tuple(
        package.requirement for package in engine_install.pinned_packages() if package.name in _VOUCHED_FOR
    )
    return EngineLocation(named, "OPTIWAY_PYTHON", pins)


def _raise_unusable(status: engine_install.EngineStatus) -> None:
    if status.state == "outdated":
        raise errors.EngineOutdated(
            f"The routing engine in {status.folder} belongs to another version of the plugin. "
            f"{engine_install.REMEDY}"
        )
    raise errors.EngineBroken(f"The routing engine in {status.folder} is incomplete. {engine_install.REMEDY}")
