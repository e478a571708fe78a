"""Starting and killing a child process: clean environment, own process group, output read by threads.

Used for the engine and for the making of its environment. What a child says is not understood here.
Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import signal
import subprocess  # nosec B404
import sys
import threading

_ON_WINDOWS = sys.platform == "win32"
_TAIL_BYTES = 8192
# fmt: off
_KEPT = frozenset((
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TEMP", "TMP", "LANG", "LANGUAGE", "TZ",
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERNAME", "USERPROFILE", "HOMEDRIVE",
    "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
))
# fmt: on
_KEPT_BEGINNINGS = ("LC_", "PIP_")
_DROPPED = frozenset(("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_VIRTUALENV"))


def clean_environment() -> dict[str, str]:
    """The variables a child may see: nothing of QGIS's Python, libraries, PROJ or GDAL."""
    kept = {}
    for name, value in os.environ.items():
        upper = name.upper()
        if (upper in _KEPT or upper.startswith(_KEPT_BEGINNINGS)) and upper not in _DROPPED:
            kept[name] = value
    return kept


class ChildProcess:
    """A running child. Its standard output is a queue of lines, the end of its standard error is kept.

    The child leads a process group of its own (POSIX) or sits in a Job object (Windows), so that `kill` takes
    its workers with it. `OSError` when the command cannot be started. To be used in a `with`: leaving kills
    the child.
    """

    def __init__(
        self, command: list[str], environment: dict[str, str] | None = None, send: bytes | None = None
    ):
        self._process = subprocess.Popen(  # nosec B603
            command,
            stdin=subprocess.DEVNULL if send is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment() if environment is None else environment,
            start_new_session=not _ON_WINDOWS,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._job = _WindowsJob(self._process) if _ON_WINDOWS else None
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._tail = b""
        self._error_reader = self._start_thread(self._read_errors)
        self._start_thread(self._read_lines)
        if send is not None:
            self._start_thread(self._write, send)

    def __enter__(self):
        return self

    def __exit__(self, *_unused: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    def next_line(self, timeout_s: float) -> bytes | None:
        """The next line of standard output; b"" when none came within `timeout_s`; None at its end."""
        with contextlib.suppress(queue.Empty):
            return self._lines.get(timeout=timeout_s)
        if self._process.poll() is None:
            return b""
        with contextlib.suppress(queue.Empty):
            return self._lines.get(timeout=1)
        return None  # the child is gone, and somebody who inherited its output is not

    def exit_code(self) -> int | None:
        """Exit code, the negative number of the signal on POSIX, or None while the child runs."""
        return self._process.poll()

    def error_tail(self) -> str:
        """The last 8 kB of standard error, complete when the child has ended."""
        if self._process.poll() is not None:
            self._error_reader.join(1)
        return self._tail.decode("utf-8", "replace")

    def kill(self) -> None:
        """Kill the child and its workers, wait until it is gone, close its pipes."""
        if self._job is not None:
            self._job.close()
        elif self._process.returncode is None:  # once waited for, the number may be somebody else's
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.close()

    @staticmethod
    def _start_thread(target, *arguments) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread

    def _write(self, send: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # the child is gone; its exit tells the story
            self._process.stdin.write(send)
            self._process.stdin.flush()

    def _read_lines(self) -> None:
        with self._process.stdout as stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        with self._process.stderr as stream:
            while chunk := stream.read1(65536):
                self._tail = (self._tail + chunk)[-_TAIL_BYTES:]


class _WindowsJob:
    """A Job object that holds one process: Windows kills all in it when its last handle is closed.

    The handle belongs to this process alone, so the system closes it too when this process is killed.
    Layout of the structure: JOBOBJECT_EXTENDED_LIMIT_INFORMATION in the Windows API reference.
    """

    _EXTENDED_LIMIT_INFORMATION = 9
    _KILL_ON_JOB_CLOSE = 0x2000

    def __init__(self, process: subprocess.Popen):
        self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        self._kernel.CreateJobObjectW.restype = ctypes.c_void_p
        self._handle = ctypes.c_void_p(self._kernel.CreateJobObjectW(None, None))
        limits = _ExtendedLimits()
        limits.limit_flags = self._KILL_ON_JOB_CLOSE
        told = self._kernel.SetInformationJobObject(
            self._handle, self._EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits)
        )
        # Popen keeps the handle of the process under this name, and nowhere else.
        handle = ctypes.c_void_p(int(process._handle))  # noqa: SLF001
        if not (told and self._kernel.AssignProcessToJobObject(self._handle, handle)):
            cause = ctypes.WinError(ctypes.get_last_error())
            process.kill()
            raise cause

    def close(self) -> None:
        """Kill what is in the job and release it."""
        if self._handle.value:
            self._kernel.CloseHandle(self._handle)
            self._handle = ctypes.c_void_p(None)


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("per_process_user_time_limit", ctypes.c_int64),
        ("per_job_user_time_limit", ctypes.c_int64),
        ("limit_flags", ctypes.c_uint32),
        ("minimum_working_set_size", ctypes.c_size_t),
        ("maximum_working_set_size", ctypes.c_size_t),
        ("active_process_limit", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_class", ctypes.c_uint32),
        ("scheduling_class", ctypes.c_uint32),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory_limit", ctypes.c_size_t),
        ("job_memory_limit", ctypes.c_size_t),
        ("peak_process_memory_used", ctypes.c_size_t),
        ("peak_job_memory_used", ctypes.c_size_t),
    )
