"""The engine never outlives its parent, also while a solver holds Python's lock; its events stay clean.

The start script is the real one; a copy of the package with a `__main__` of its own does what a test needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from optiway_qgis.layers import engine_process
from optiway_qgis.layers.engine_process import find_engine, run_job
from optiway_qgis.model import errors
from optiway_qgis.model.job import JOB_VERSION

PACKAGE = Path(engine_process.__file__).parents[1]
JOB = {"version": JOB_VERSION, "task": "versions"}

# A real solve of half a minute in C++: nothing calls back, so no other thread of the process runs.
LONG_SOLVE = """
import os
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

def main(channel):
    channel.read_job()
    stops = 150
    manager = pywrapcp.RoutingIndexManager(stops, 5, 0)
    model = pywrapcp.RoutingModel(manager)
    matrix = [[(a * 7919 + b * 104729) % 1000 + 1 for b in range(stops)] for a in range(stops)]
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(matrix))
    settings = pywrapcp.DefaultRoutingSearchParameters()
    settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    settings.time_limit.FromSeconds(30)
    channel.emit({"event": "log", "pid": os.getpid()})
    model.SolveWithParameters(settings)
    channel.emit({"event": "result"})
    return 0
"""

PARENT = """
import sys
sys.path.insert(0, sys.argv[1])
from optiway_qgis.layers.engine_process import EngineLocation, run_job
def tell(event):
    print(event["pid"], flush=True)
run_job({"version": 1}, tell, lambda: False, EngineLocation(sys.argv[2], "profile"))
"""


@pytest.fixture
def package_with_main(tmp_path):
    """A function that makes a copy of the package, links to the real modules, with another `__main__`."""

    def make(program: str) -> Path:
        package = tmp_path / "plugins" / "optiway_qgis"
        (package / "engine").mkdir(parents=True)
        for name in ("__init__.py", "model", "layers"):
            (package / name).symlink_to(PACKAGE / name)
        (package / "processing_provider").mkdir()
        for name in ("__init__.py", "channel.py", "lifeline.py", "start.py"):
            (package / "engine" / name).write_bytes((PACKAGE / "engine" / name).read_bytes())
        (package / "engine" / "__main__.py").write_text(program, encoding="utf-8")
        return package

    return make


@pytest.fixture
def start_in(monkeypatch):
    """A function that makes run_job start the engine of another package."""

    def use(package: Path) -> None:
        monkeypatch.setattr(engine_process, "_START_SCRIPT", str(package / "engine" / "start.py"))

    return use


def kill_parent_in_the_middle(package: Path, process_ends) -> None:
    """Run a job in a parent process, kill -9 the parent during the solve, hold the engine to one second."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(package.parent), find_engine().python], stdout=subprocess.PIPE
    )
    with parent:
        engine_pid = int(parent.stdout.readline())
        time.sleep(0.5)  # well inside the solve
        assert not process_ends(engine_pid, within_s=0)
        parent.kill()
        parent.wait()
        assert process_ends(engine_pid, within_s=1)


@pytest.mark.skipif(sys.platform != "linux", reason="the signal of the kernel is Linux's")
def test_engine_dies_with_a_parent_killed_during_a_solve(package_with_main, process_ends):
    """kill -9 of qgis_process while OR-Tools holds the lock: the kernel's signal ends the engine."""
    kill_parent_in_the_middle(package_with_main(LONG_SOLVE), process_ends)


def test_sentinel_ends_the_engine_where_the_kernel_sends_no_signal(package_with_main, process_ends):
    """The same on macOS: there a forked process watches the parent, and ends with the engine."""
    package = package_with_main(LONG_SOLVE)
    lifeline = package / "engine" / "lifeline.py"
    lifeline.write_text(lifeline.read_text().replace('sys.platform == "linux"', 'sys.platform == "none"'))
    kill_parent_in_the_middle(package, process_ends)


def test_sentinel_ends_with_the_engine(package_with_main, process_ends):
    """A watching process that stays behind would be a leak at every plan."""
    package = package_with_main("def main(channel):\n    return 0\n")
    start = package / "engine" / "start.py"
    start.write_text(
        start.read_text().replace(
            "lifeline.guard_parent(parent)",
            "sys.stderr.write(str(lifeline.start_sentinel(parent)) + chr(10))",
        )
    )
    process = subprocess.run(
        [find_engine().python, "-I", str(start), str(os.getpid())],
        input=json.dumps(JOB).encode(),
        capture_output=True,
        timeout=10,
    )
    assert process_ends(int(process.stderr), within_s=1)


def test_end_of_standard_input_ends_the_engine(package_with_main):
    """The net that works on every system, as long as threads may run."""
    program = (
        "import time\ndef main(channel):\n"
        "    channel.read_job()\n    channel.emit({'event': 'log'})\n    time.sleep(60)\n"
    )
    package = package_with_main(program)
    process = subprocess.Popen(
        [find_engine().python, "-I", str(package / "engine" / "start.py"), str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        process.stdin.write(json.dumps(JOB).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"event": "log"}
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(1) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="the check closes a gap of the kernel's signal")
def test_engine_started_by_a_dead_parent_ends_at_once():
    """The parent may die before the kernel was asked to tell: its number is compared afterwards."""
    process = subprocess.run(
        [find_engine().python, "-I", str(PACKAGE / "engine" / "start.py"), "1"], input=b"", timeout=10
    )
    assert process.returncode == 3


def test_job_in_a_worker_thread_lives_as_long_as_the_thread(package_with_main, start_in):
    """Processing runs algorithms in threads; the signal of the kernel is bound to the one that starts it."""
    program = (
        "import time\ndef main(channel):\n"
        "    channel.read_job()\n    time.sleep(0.5)\n    channel.emit({'event': 'result'})\n    return 0\n"
    )
    start_in(package_with_main(program))
    results = []
    thread = threading.Thread(target=lambda: results.append(run_job(JOB, lambda event: None, lambda: False)))
    thread.start()
    thread.join(10)
    assert results == [{"event": "result"}]


def test_prints_of_python_and_c_stay_out_of_the_events(package_with_main, start_in):
    """Solvers print to standard output from C++: it must arrive nowhere near the events."""
    program = (
        "import ctypes, os\ndef main(channel):\n"
        "    channel.read_job()\n"
        '    print(\'{"event": "result", "liar": 1}\', flush=True)\n'
        '    ctypes.CDLL(None).puts(b\'{"event": "result", "liar": 2}\')\n'
        "    ctypes.CDLL(None).fflush(None)\n"
        '    os.write(1, b\'{"event": "result", "liar": 3}\\n\')\n'
        "    channel.emit({'event': 'result', 'honest': True})\n    return 0\n"
    )
    start_in(package_with_main(program))
    assert run_job(JOB, pytest.fail, lambda: False) == {"event": "result", "honest": True}


def test_events_of_many_threads_do_not_mix(package_with_main, start_in):
    """Two searches report from two threads: every line is whole."""
    program = (
        "import threading\ndef main(channel):\n"
        "    channel.read_job()\n"
        "    def talk(name):\n"
        "        for _ in range(50): channel.emit({'event': 'log', 'text': name * 10000})\n"
        "    threads = [threading.Thread(target=talk, args=(name,)) for name in 'abcd']\n"
        "    [thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
        "    channel.emit({'event': 'result'})\n    return 0\n"
    )
    start_in(package_with_main(program))
    texts = []
    run_job(JOB, lambda event: texts.append(event["text"]), lambda: False)
    assert sorted(texts) == sorted(name * 10000 for name in "abcd" for _ in range(50))


def test_nothing_beside_the_plugin_shadows_a_module_of_the_engine(package_with_main, start_in):
    """Another plugin's folder may be called requests or numpy: the engine must not import it."""
    package = package_with_main(
        "import requests, sys\ndef main(channel):\n"
        "    channel.emit({'event': 'result', 'file': requests.__file__, 'last': sys.path[-1]})\n"
        "    return 0\n"
    )
    (package.parent / "requests.py").write_text("raise SystemExit('shadowed')")
    start_in(package)
    result = run_job(JOB, pytest.fail, lambda: False)
    assert not result["file"].startswith(str(package.parent))
    assert result["last"] == str(package.parent)


def test_module_missing_in_the_engine_is_a_broken_engine(package_with_main, start_in):
    """An environment that lost a package is repaired, not tried again."""
    start_in(package_with_main("import a_module_nobody_has\n"))
    with pytest.raises(errors.EngineBroken, match="a_module_nobody_has"):
        run_job(JOB, pytest.fail, lambda: False)


def test_error_of_the_engine_arrives_with_its_code(package_with_main, start_in):
    """Errors meant for the user cross the pipe; a fault of the program is a crash with its last line."""
    start_in(
        package_with_main(
            "from optiway_qgis.model.errors import InputError\n"
            "def main(channel):\n    raise InputError(['Stop S1 is at no place.'])\n"
        )
    )
    with pytest.raises(errors.JobFailed, match="Stop S1 is at no place") as caught:
        run_job(JOB, pytest.fail, lambda: False)
    assert caught.value.code == "input"


def test_fault_of_the_engine_is_a_crash_with_its_last_line(package_with_main, start_in):
    """Whoever reports a crash can quote what went wrong."""
    start_in(
        package_with_main("def main(channel):\n    channel.emit({'event': 'phase'})\n    return 1 / 0\n")
    )
    with pytest.raises(errors.EngineCrashed, match="ZeroDivisionError: division by zero"):
        run_job(JOB, lambda event: None, lambda: False)


@pytest.mark.parametrize("text", ["no JSON", "[1]", '{"version": 999}', ""])
def test_job_that_cannot_be_read_is_refused(package_with_main, tmp_path, text):
    """The server form reads files of any origin: a wrong one is an error event, not a traceback."""
    package = package_with_main(
        "import sys\nfrom optiway_qgis.engine.channel import open_channel, serve\n"
        "def main(channel):\n    channel.emit({'event': 'result', 'job': channel.read_job()})\n    return 0\n"
        "if __name__ == '__main__':\n    sys.exit(serve(open_channel(sys.argv[1]), main))\n"
    )
    job_file = tmp_path / "job.json"
    job_file.write_text(text)
    command = [find_engine().python, "-m", "optiway_qgis.engine", str(job_file)]
    process = subprocess.run(command, cwd=package.parent, capture_output=True, timeout=10)
    event = json.loads(process.stdout)
    assert (process.returncode, event["event"], event["code"]) == (1, "error", "job_failed")
    assert process.stderr == b""

    job_file.write_text(json.dumps(JOB, indent=2))  # a file may hold more than one line
    process = subprocess.run(command, cwd=package.parent, capture_output=True, timeout=10)
    assert json.loads(process.stdout) == {"event": "result", "job": JOB}
