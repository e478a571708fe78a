"""The engine's end of the pipe: reads the job, emits events, keeps strangers off the event stream.

What jobs and events look like is in model/job.py; what is done with a job is in __main__.py.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import IO, Any, Callable

from optiway_qgis.model.errors import EngineBroken, JobFailed, OptiwayError
from optiway_qgis.model.job import JOB_VERSION

from . import lifeline


class Channel:
    """One job in, events out. Emitting is thread-safe; every event is flushed as one line of ASCII JSON."""

    def __init__(self, source: Callable[[], IO[bytes]], events: IO[bytes], ends_with_source: bool):
        self._source = source
        self._events = events
        self._ends_with_source = ends_with_source
        self._lock = threading.Lock()

    def read_job(self) -> dict[str, Any]:
        """The job. `JobFailed` when it cannot be read, is not JSON or of another version.

        From QGIS it is one line; the rest of the stream is watched then, its end ends the process.
        """
        try:
            source = self._source()
        except OSError as error:
            raise JobFailed(f"The job cannot be read: {error}.") from error
        text = source.readline() if self._ends_with_source else source.read()
        if self._ends_with_source:
            lifeline.watch(source.fileno())
        try:
            job = json.loads(text)
        except ValueError as error:
            raise JobFailed(f"The job is not JSON: {error}") from error
        if not isinstance(job, dict) or job.get("version") != JOB_VERSION:
            raise JobFailed(f"The job is not of version {JOB_VERSION}: use the engine of the same plugin.")
        return job

    def emit(self, event: dict[str, Any]) -> None:
        """Send one event. `ValueError` for a number that JSON does not know (inf, nan)."""
        line = json.dumps(event, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
        with self._lock:
            self._events.write(line + b"\n")
            self._events.flush()


def open_channel(job_file: str | None = None) -> Channel:
    """The channel on standard input, or on a file (the server form). Events go to standard output in both.

    What anything else writes to standard output, C++ included, ends on standard error from now on.
    """
    sys.stdout.flush()
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if job_file is not None:
        return Channel(lambda: open(job_file, "rb"), events, ends_with_source=False)
    source = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Channel(lambda: source, events, ends_with_source=True)


def serve(channel: Channel, main: Callable[[Channel], int]) -> int:
    """Run `main` on the channel and return the exit code; an error meant for the user becomes an event."""
    try:
        return main(channel)
    except OptiwayError as error:
        failure = error
    except ImportError as error:
        failure = EngineBroken(f"{sys.executable} cannot load the engine: {error}.")
    tell_failure(channel, failure)
    return 1


def tell_failure(channel: Channel, failure: OptiwayError) -> None:
    """Send an error meant for the user: the last event of a job."""
    channel.emit({"event": "error", "code": failure.code, "text": str(failure)})
