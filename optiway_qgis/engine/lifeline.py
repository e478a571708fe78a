"""Dying with the parent: the engine must be gone within a second of QGIS, also after kill -9.

OR-Tools holds Python's global lock for a whole solve and no thread runs meanwhile. Therefore
`guard_parent` needs no thread of this process: on Linux the kernel sends a signal, on other POSIX systems
a tiny process keeps watch. On Windows the parent holds this process in a Job object
(layers/child_process.py). `watch`, a thread that sees the end of standard input, is the second net
everywhere. Not here: cancelling, a plain kill by the parent.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

ORPHANED = 3
_LOOK_EVERY_S = 0.2
_PR_SET_PDEATHSIG = 1


def guard_parent(parent: int) -> None:
    """Have this process killed when the process `parent` ends. Call it before anything heavy is imported.

    On Linux the signal comes when the *thread* that started this process ends: the caller must start it in
    the thread that waits for it, as `run_job` does.
    """
    if sys.platform == "linux":
        _ask_kernel()
        if os.getppid() != parent:
            os._exit(ORPHANED)
    elif sys.platform != "win32":
        start_sentinel(parent)


def watch(descriptor: int) -> None:
    """End this process as soon as the pipe ends that `descriptor` reads, its standard input."""
    threading.Thread(target=_leave_at_end, args=(descriptor,), daemon=True).start()


def start_sentinel(parent: int) -> int:
    """Fork a process that kills this one when `parent` is gone and ends with this one; return its id.

    Call it while there is one thread only.
    """
    watched = os.getpid()
    sentinel = os.fork()
    if sentinel == 0:
        _stand_guard(watched, parent)
    return sentinel


def _ask_kernel() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _stand_guard(watched: int, parent: int) -> None:
    os.closerange(0, 256)  # the pipes above all: nobody may wait for their end because of this process
    while os.getppid() == watched:
        try:
            os.kill(parent, 0)
        except OSError:
            os.kill(watched, signal.SIGKILL)
            break
        time.sleep(_LOOK_EVERY_S)
    os._exit(0)


def _leave_at_end(descriptor: int) -> None:
    while os.read(descriptor, 65536):
        pass
    os._exit(ORPHANED)
