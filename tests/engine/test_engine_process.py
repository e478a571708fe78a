"""The client of the engine process against engines that crash, hang, lie and talk too much.

The stand-ins are small programs put in the place of the engine's Python; the real engine is started as well.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from optiway_qgis.layers import engine_install, engine_process
from optiway_qgis.layers.engine_process import EngineLocation, find_engine, run_job
from optiway_qgis.model import errors
from optiway_qgis.model.job import JOB_VERSION

JOB = {"version": JOB_VERSION, "task": "versions"}


def never() -> bool:
    return False


@pytest.fixture
def stand_in(tmp_path):
    """A function that puts a Python program in the place of the engine's Python."""

    def make(program: str) -> EngineLocation:
        path = tmp_path / "stand_in"
        path.write_text(
            f"#!{sys.executable}\nimport json, os, signal, sys, time\n{program}", encoding="utf-8"
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return EngineLocation(str(path), "profile")

    return make


def test_real_engine_answers_within_a_second():
    """Start-up is part of every plan: the first event of the real engine comes within a second."""
    run_job(JOB, lambda event: None, never)  # the first start after an install compiles
    start = time.monotonic()
    result = run_job(JOB, lambda event: None, never)
    assert time.monotonic() - start < 1
    pinned = dict(package.requirement.split("==") for package in engine_install.pinned_packages())
    assert result["versions"]["pyvrp"] == pinned["pyvrp"]
    assert result["versions"]["ortools"] == pinned["ortools"]


def test_job_arrives_whole_and_events_come_in_order_in_the_calling_thread(stand_in):
    """Feedback objects of QGIS may be touched from the calling thread only; text of any script survives."""
    engine = stand_in(
        "job = json.loads(sys.stdin.readline())\n"
        "for number in range(200): print(json.dumps({'event': 'log', 'text': str(number)}), flush=True)\n"
        "print(json.dumps({'event': 'result', 'echo': job}))\n"
    )
    job = {**JOB, "name": "Praça da Liberdade 東京 \u2028 🚚", "numbers": list(range(500_000))}
    seen, threads = [], set()

    def on_event(event):
        seen.append(event["text"])
        threads.add(threading.get_ident())

    result = run_job(job, on_event, never, engine)
    assert result["echo"] == job
    assert seen == [str(number) for number in range(200)]
    assert threads == {threading.get_ident()}


def test_huge_result_is_read_whole(stand_in):
    """The plan of 10,000 stops is one line of many megabytes."""
    engine = stand_in("print(json.dumps({'event': 'result', 'plan': 'x' * 50_000_000}))")
    assert len(run_job(JOB, lambda event: None, never, engine)["plan"]) == 50_000_000


def test_stderr_without_end_does_not_block(stand_in):
    """A solver that logs megabytes without a newline must neither fill the pipe nor the memory."""
    engine = stand_in(
        "for _ in range(400): sys.stderr.write('.' * 100_000)\n"
        "sys.stderr.write('\\nthe end\\n'); sys.stderr.flush()\n"
        "print(json.dumps({'event': 'log'}), flush=True); sys.exit(7)"
    )
    with pytest.raises(errors.EngineCrashed, match=r"exit code 7.*the end"):
        run_job(JOB, lambda event: None, never, engine)


def test_lines_that_are_no_events_are_passed_over(stand_in):
    """A hook of Python's start-up may print before the engine has taken standard output."""
    engine = stand_in(
        "sys.stdout.buffer.write(b'hello\\n\\xff\\xfe\\n[1]\\n{}\\n'); print(json.dumps({'event': 'result'}))"
    )
    assert run_job(JOB, pytest.fail, never, engine) == {"event": "result"}


def test_error_event_keeps_its_code(stand_in):
    """Callers and docs/errors.md go by the code, whichever the engine gave."""
    engine = stand_in(
        "print(json.dumps({'event': 'error', 'code': 'unknown_task', 'text': 'No such task.'}))"
    )
    with pytest.raises(errors.JobFailed, match=r"^No such task\.$") as caught:
        run_job(JOB, lambda event: None, never, engine)
    assert caught.value.code == "unknown_task"
    assert errors.JobFailed.code == "job_failed"


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "signal SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL.*memory"),
        ("raise RuntimeError('matrix is bad')", "exit code 1.*RuntimeError: matrix is bad"),
        ("sys.exit(0)", "exit code 0"),
    ],
)
def test_death_in_the_middle_names_how_it_died_and_what_to_do(stand_in, end, words):
    """A crash of the solver is a message, never a plan and never a hang."""
    engine = stand_in(f"print(json.dumps({{'event': 'phase', 'percent': 1}}), flush=True)\n{end}")
    with pytest.raises(errors.EngineCrashed, match=words) as caught:
        run_job(JOB, lambda event: None, never, engine)
    assert "\n" not in str(caught.value)


def test_death_before_the_first_event_is_a_broken_engine(stand_in):
    """What cannot be loaded needs a repair of the environment, not another try."""
    engine = stand_in("import a_module_nobody_has")
    with pytest.raises(errors.EngineBroken, match=r"a_module_nobody_has.*Install routing engine"):
        run_job(JOB, lambda event: None, never, engine)


def test_output_held_open_by_somebody_else_does_not_hang(stand_in):
    """A worker that inherited the pipe and lives on must not keep the user waiting for a dead engine."""
    engine = stand_in(
        "print(json.dumps({'event': 'phase'}), flush=True)\n"
        "if os.fork() == 0: os.setsid(); time.sleep(8); os._exit(0)\n"
        "os._exit(5)"
    )
    start = time.monotonic()
    with pytest.raises(errors.EngineCrashed, match="exit code 5"):
        run_job(JOB, lambda event: None, never, engine)
    assert time.monotonic() - start < 5


def test_cancel_kills_a_hanging_engine_and_its_workers_within_a_second(stand_in, process_ends):
    """Cancel must work while the engine hears nothing: signals ignored, standard input unread."""
    engine = stand_in(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "worker = os.fork()\n"
        "if worker: print(json.dumps({'event': 'log', 'pids': [os.getpid(), worker]}), flush=True)\n"
        "time.sleep(60)"
    )
    job = {**JOB, "ballast": "x" * 1_000_000}  # more than a pipe holds: the writer hangs too
    pids = []
    cancelled_at = []

    def is_cancelled():
        if pids and not cancelled_at:
            cancelled_at.append(time.monotonic())
        return bool(pids)

    with pytest.raises(errors.JobCancelled):
        run_job(job, lambda event: pids.extend(event["pids"]), is_cancelled, engine)
    assert time.monotonic() - cancelled_at[0] < 1
    assert all(process_ends(pid, within_s=0.5) for pid in pids)


def test_error_in_the_callers_code_ends_the_engine(stand_in, process_ends):
    """An exception from a feedback object must not leave an engine behind."""
    engine = stand_in("print(json.dumps({'event': 'log', 'pid': os.getpid()}), flush=True); time.sleep(60)")
    pids = []

    def on_event(event):
        pids.append(event["pid"])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_job(JOB, on_event, never, engine)
    assert process_ends(pids[0], within_s=0.5)


def test_engine_is_gone_when_the_result_is_there(stand_in, process_ends):
    """An engine that answers and then does not end is ended."""
    engine = stand_in(
        "print(json.dumps({'event': 'result', 'pid': os.getpid()}), flush=True); time.sleep(60)"
    )
    assert process_ends(run_job(JOB, lambda event: None, never, engine)["pid"], within_s=0.5)


def test_engine_sees_a_clean_environment_and_no_secret_on_the_command_line(stand_in, monkeypatch):
    """QGIS's Python, libraries and PROJ data break the engine's; command lines are readable by everybody."""
    for name in ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "PROJ_LIB", "GDAL_DATA", "QGIS_PREFIX_PATH"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.setenv("PYTHONHOME_OF_NOBODY", "1")
    monkeypatch.delenv("PYTHONHOME")  # this test's own stand-in could not start
    engine = stand_in("print(json.dumps({'event': 'result', 'env': dict(os.environ), 'args': sys.argv}))")
    result = run_job({**JOB, "secrets": {"key": "hush"}}, lambda event: None, never, engine)
    assert not {name for name in result["env"] if name.startswith(("PYTHON", "LD_", "PROJ", "GDAL", "QGIS"))}
    assert result["env"]["https_proxy"] == "http://proxy:3128"
    assert result["env"]["LC_TIME"] == "C"
    assert result["env"]["PATH"] == os.environ["PATH"]
    assert "hush" not in json.dumps(result)


def test_qgis_variables_do_not_keep_the_real_engine_from_starting(monkeypatch):
    """PYTHONHOME of QGIS on Windows and macOS would make any other Python fail at its first line."""
    engine = find_engine()
    for name in ("PYTHONHOME", "PYTHONPATH", "PROJ_LIB", "PROJ_DATA"):
        monkeypatch.setenv(name, "/nowhere")
    assert run_job(JOB, lambda event: None, never, engine)["event"] == "result"


def test_python_without_the_packages_is_named_broken(monkeypatch, tmp_path):
    """OPTIWAY_PYTHON may name any Python: the message says which package it lacks and what to do."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    monkeypatch.setenv("OPTIWAY_PYTHON", engine_install.python_of(str(bare)))
    with pytest.raises(errors.EngineBroken, match=r"has no (ortools|pyvrp).*OPTIWAY_PYTHON"):
        run_job(JOB, lambda event: None, never)


def test_python_with_another_version_is_named_outdated(monkeypatch):
    """Solvers break their own API between versions: another version is refused before it fails strangely."""
    engine = EngineLocation(find_engine().python, "OPTIWAY_PYTHON", ("pyvrp==0.1.0",))
    with pytest.raises(errors.EngineOutdated, match=r"has pyvrp .* needs 0\.1\.0"):
        run_job(JOB, lambda event: None, never, engine)


def test_job_of_another_version_is_refused():
    """A job written by another version of the plugin must not be half understood."""
    with pytest.raises(errors.JobFailed, match="version 1"):
        run_job({**JOB, "version": 999}, lambda event: None, never)


def test_python_that_is_no_program_is_broken(tmp_path):
    """A file that cannot be started is named, with the system's own words."""
    (tmp_path / "python").write_text("no program")
    with pytest.raises(errors.EngineBroken, match=r"python does not start: .*Permission denied"):
        run_job(JOB, lambda event: None, never, EngineLocation(str(tmp_path / "python"), "profile"))


def test_job_with_infinite_numbers_is_refused_before_the_start(stand_in):
    """JSON knows no infinity: the fault is shown where it was made."""
    with pytest.raises(ValueError, match="JSON compliant"):
        run_job({**JOB, "cost": float("inf")}, lambda event: None, never, stand_in("sys.exit(1)"))


def make_environment(folder: Path, list_hash: str) -> Path:
    """What an install leaves behind, as far as finding looks at it."""
    python = Path(engine_install.python_of(str(folder)))
    python.parent.mkdir(parents=True)
    python.write_text("")
    (folder / "pyvenv.cfg").write_text("")
    (folder / "optiway-engine.json").write_text(json.dumps({"list": list_hash, "size_mb": 1}))
    return python


@pytest.fixture
def current_hash(tmp_path) -> str:
    """The hash of the pinned list, as a stamp holds it."""
    engine = find_engine()
    stamp = Path(engine.python).parents[1] / "optiway-engine.json"
    return json.loads(stamp.read_text())["list"]


@pytest.fixture
def plugin_folder(tmp_path, monkeypatch, current_hash) -> Path:
    """A plugin staged in build/, without any engine."""
    folder = tmp_path / "build" / "optiway_qgis"
    folder.mkdir(parents=True)
    monkeypatch.setattr(engine_process, "_PLUGIN_FOLDER", folder)
    monkeypatch.delenv("OPTIWAY_PYTHON", raising=False)
    return folder


def test_missing_engine_is_one_line_with_the_remedy(plugin_folder, tmp_path):
    """The most frequent message of all: it names the menu, the command and the variable."""
    with pytest.raises(errors.EngineMissing) as caught:
        find_engine(str(tmp_path / "profile"))
    text = str(caught.value)
    assert "\n" not in text
    for words in ("Install routing engine", "optiway:install_engine", "OPTIWAY_PYTHON"):
        assert words in text


def test_engine_beside_the_staged_plugin_comes_before_the_profile(plugin_folder, tmp_path, current_hash):
    """A checkout is tried with its own engine, whatever the profile holds."""
    in_profile = make_environment(tmp_path / "profile" / "optiway" / "engine-py3.12", current_hash)
    assert find_engine(str(tmp_path / "profile")) == EngineLocation(str(in_profile), "profile")
    beside = make_environment(tmp_path / "build" / "engine", current_hash)
    assert find_engine(str(tmp_path / "profile")) == EngineLocation(str(beside), "checkout")


def test_newest_python_of_several_environments_is_taken(plugin_folder, tmp_path, current_hash):
    """3.9 comes before 3.12 as text, not as a version; an outdated newer one is passed over."""
    make_environment(tmp_path / "optiway" / "engine-py3.9", current_hash)
    wanted = make_environment(tmp_path / "optiway" / "engine-py3.12", current_hash)
    make_environment(tmp_path / "optiway" / "engine-py3.13", "old")
    assert find_engine(str(tmp_path)).python == str(wanted)


def test_environment_of_another_plugin_version_is_outdated(plugin_folder, tmp_path):
    """After an update of the plugin the user is told to update the engine, before any job."""
    make_environment(tmp_path / "optiway" / "engine-py3.12", "old")
    with pytest.raises(errors.EngineOutdated, match="another version of the plugin"):
        find_engine(str(tmp_path))


@pytest.mark.parametrize("lost", ["optiway-engine.json", "bin/python"])
def test_half_an_environment_is_broken(plugin_folder, tmp_path, current_hash, lost):
    """No stamp: an install that did not finish. No Python: the system's one it was built on is gone."""
    folder = tmp_path / "optiway" / "engine-py3.12"
    make_environment(folder, current_hash)
    (folder / lost).unlink()
    with pytest.raises(errors.EngineBroken, match="incomplete"):
        find_engine(str(tmp_path))


def test_optiway_python_comes_first_and_may_be_a_folder(plugin_folder, tmp_path, current_hash, monkeypatch):
    """What the user names explicitly wins; without a stamp of ours its versions are checked at the start."""
    make_environment(tmp_path / "build" / "engine", current_hash)
    own = make_environment(tmp_path / "own", "none of ours")
    monkeypatch.setenv("OPTIWAY_PYTHON", str(tmp_path / "own"))
    found = find_engine()
    assert (found.python, found.origin) == (str(own), "OPTIWAY_PYTHON")
    assert [pin.split("==")[0] for pin in found.pins] == ["ortools", "pyvrp"]


def test_optiway_python_that_does_not_exist_is_named(plugin_folder, monkeypatch):
    """A mistyped variable is shown as typed."""
    monkeypatch.setenv("OPTIWAY_PYTHON", "/nowhere/python")
    with pytest.raises(errors.EngineMissing, match="OPTIWAY_PYTHON names /nowhere/python"):
        find_engine()
