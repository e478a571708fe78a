"""Making the engine environment: from a folder of wheels, cancelled, failed, repaired, removed, recognised.

The list is a small one of wheels made here, so that no test needs a network; what the real list
makes is looked at in the environment the tests themselves run with.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from optiway_qgis.layers import engine_install
from optiway_qgis.layers.engine_process import find_engine
from optiway_qgis.model.errors import EngineInstallError, JobCancelled

SCRIPT = engine_install.__file__


def make_wheel(folder: Path, name: str, version: str, code: str = "") -> None:
    """A wheel of one module, as PEP 427 has it."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", code)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def wheels(tmp_path, monkeypatch) -> Path:
    """A folder of wheels that holds all of a list of two packages."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    make_wheel(folder, "tinyroute", "1.0", "import tinymatrix")
    make_wheel(folder, "tinymatrix", "2.0")
    listed = tmp_path / "wheels.txt"
    listed.write_text("# a list\ntinyroute==1.0\ntinymatrix==2.0  # or tinyinstead==3.0\n")
    monkeypatch.setattr(engine_install, "_LIST", listed)
    monkeypatch.setattr(engine_install, "_IMPORTS", {"tinyroute": "tinyroute"})
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.delenv("OPTIWAY_PYTHON", raising=False)
    return folder


@pytest.fixture
def target(tmp_path) -> str:
    """A target like the one of a profile, in a folder that does not exist yet and has a blank in its name."""
    return str(tmp_path / "some profile" / "optiway" / "engine-py*")


@pytest.fixture
def base_python(tmp_path):
    """A function that makes a stand-in for a Python: commands that hold a text get another answer."""

    def make(answers: dict[str, str]) -> str:
        cases = "".join(f"  *'{words}'*) {answer} ;;\n" for words, answer in answers.items())
        path = tmp_path / "python_of_a_system"
        path.write_text(f'#!/bin/sh\ncase "$*" in\n{cases}esac\nexec {sys.executable} "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return make


NO_ENSUREPIP = {
    "-m venv --clear --without-pip": f'exec {sys.executable} "$@"',
    "-m venv": "echo 'ensurepip is not available.'; exit 1",
    "sys.executable": f'{sys.executable} "$@" | sed "s#{sys.executable}#$0#"; exit',
}


@pytest.fixture
def base(base_python) -> str:
    """A Python whose environments are quickly made: without a pip of their own."""
    return base_python(NO_ENSUREPIP)


def beside(target: str) -> list[str]:
    """What stands in the folder of a target."""
    folder = os.path.dirname(target)
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def run(status: engine_install.EngineStatus, code: str) -> str:
    """What a program says in the environment."""
    return subprocess.run(
        [status.python, "-I", "-c", code], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def test_install_from_a_folder_of_wheels_without_a_network(wheels, target, monkeypatch):
    """Offices without a network carry the wheels in; the folder names the Python; nothing else is left."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    told = []
    done = engine_install.install(
        target, str(wheels), report=lambda percent, text: told.append((percent, text))
    )
    assert done.state == "ready"
    version = run(done, "import sys, tinyroute, tinymatrix; print('%d.%d' % sys.version_info[:2])").strip()
    assert beside(target) == [f"engine-py{version}"]
    percents = [percent for percent, _ in told]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0, 100)
    assert f"{engine_install.DISK_MB} MB" in told[0][1]
    assert engine_install.status(target) == done


def test_second_install_starts_nothing(wheels, target, base, monkeypatch):
    """`make engine` stands before every other step: with the stamp in place it is over at once."""
    done = engine_install.install(target, str(wheels), base)
    monkeypatch.setattr(engine_install, "ChildProcess", pytest.fail)
    assert engine_install.install(target) == done


def test_changed_list_makes_the_environment_outdated_and_install_renews_it(wheels, target, base):
    """After an update of the plugin the same menu entry brings the engine up to date."""
    engine_install.install(target, str(wheels), base)
    make_wheel(wheels, "tinyroute", "1.1", "import tinymatrix; version = 1.1")
    listed = wheels.parent / "wheels.txt"
    listed.write_text(listed.read_text().replace("1.0", "1.1"))
    assert engine_install.status(target).state == "outdated"
    assert (
        run(engine_install.install(target, str(wheels), base), "import tinyroute; print(tinyroute.version)")
        == "1.1\n"
    )


def test_missing_wheel_is_named_and_the_old_environment_stays(wheels, target, base):
    """A failed repair must not take away what worked, nor leave half an environment."""
    before = engine_install.install(target, str(wheels), base)
    stood = beside(target)
    (wheels / "tinyroute-1.0-py3-none-any.whl").unlink()
    with pytest.raises(
        EngineInstallError, match=r"holds no wheel of tinyroute==1\.0 .*pip download"
    ) as caught:
        engine_install.repair(target, str(wheels), base)
    assert "\n" not in str(caught.value)
    assert engine_install.status(target) == before
    assert beside(target) == stood


def test_cancelled_install_ends_within_a_second_and_leaves_nothing(wheels, target):
    """Whatever step it is in: the making of the environment here, which takes longer than a second."""
    asked = []

    def is_cancelled():
        asked.append(time.monotonic())
        return asked[-1] - asked[0] > 0.5

    with pytest.raises(JobCancelled):
        engine_install.install(target, str(wheels), is_cancelled=is_cancelled)
    assert time.monotonic() - asked[0] < 1.5
    assert beside(target) == []


def test_package_without_a_wheel_is_replaced_by_what_the_list_names(wheels, target, base):
    """On systems too old for the contraction hierarchies scipy does their work."""
    (wheels / "tinymatrix-2.0-py3-none-any.whl").unlink()
    make_wheel(wheels, "tinyroute", "1.0")
    make_wheel(wheels, "tinyinstead", "3.0")
    done = engine_install.install(target, str(wheels), base)
    assert run(done, "import tinyroute, tinyinstead") == ""


def test_package_that_does_not_start_is_no_engine(wheels, target, base):
    """A library the system lacks shows at the first import: better now than in the first plan."""
    make_wheel(wheels, "tinyroute", "1.0", "raise ImportError('libfoo.so.1 is missing')")
    with pytest.raises(EngineInstallError, match=r"libfoo\.so\.1 is missing"):
        engine_install.install(target, str(wheels), base)
    assert beside(target) == []


def test_python_without_venv_package_is_filled_by_its_own_pip(wheels, target, base):
    """Debian's python3 without python3-venv makes environments without pip only."""
    done = engine_install.install(target, str(wheels), base)
    assert run(done, "import tinyroute, importlib.util; print(importlib.util.find_spec('pip'))") == "None\n"


def test_python_without_venv_and_pip_names_the_package_to_install(wheels, target, base_python):
    """The remedy on Debian is one command."""
    python = base_python({**NO_ENSUREPIP, "-m pip": "echo 'No module named pip' >&2; exit 1"})
    with pytest.raises(EngineInstallError, match=r"sudo apt install python3\.\d+-venv"):
        engine_install.install(target, str(wheels), python)
    assert beside(target) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "ERROR: Could not install packages: [Errno 28] No space left on device",
            "The disk is full.*make room",
        ),
        (
            "WARNING: Retrying after SSLError(CERTIFICATE_VERIFY_FAILED)",
            "could not be reached.*folder of wheels",
        ),
        ("ERROR: No matching distribution found for tinyroute==1.0", "no package of tinyroute==1.0 ready"),
        ("ERROR: something else\nmore", "pip failed: something else$"),
    ],
)
def test_failures_of_pip_are_one_line_with_cause_and_remedy(wheels, target, base_python, said, words):
    """Sixty lines of pip's output help nobody."""
    python = base_python({**NO_ENSUREPIP, " install ": f"printf '{said}\\n' >&2; exit 1"})
    with pytest.raises(EngineInstallError, match=words) as caught:
        engine_install.install(target, python=python)
    assert "\n" not in str(caught.value)


def test_unreachable_index_is_told_as_such(wheels, target, monkeypatch):
    """pip itself says that it found no such package: true, and of no help."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(EngineInstallError, match=r"could not be reached.*HTTPS_PROXY"):
        engine_install.install(target)


def test_too_little_room_is_told_before_anything_is_made(wheels, target, monkeypatch):
    """Half a minute of downloading is not needed to see that the disk is full."""
    monkeypatch.setattr(
        engine_install.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 99 * 1024**2})
    )
    with pytest.raises(EngineInstallError, match="99 MB are free"):
        engine_install.install(target, str(wheels))
    assert beside(target) == []


def test_place_that_cannot_be_written_is_named(wheels, tmp_path):
    """A file where the folder should be, a folder of somebody else: the path and the system's words."""
    (tmp_path / "optiway").write_text("a file")
    with pytest.raises(EngineInstallError, match=r"optiway cannot be written: "):
        engine_install.install(str(tmp_path / "optiway" / "engine"), str(wheels))


def test_folder_of_wheels_that_does_not_exist_is_named(target):
    """A mistyped folder must not fall back on the network."""
    with pytest.raises(EngineInstallError, match="/nowhere does not exist"):
        engine_install.install(target, "/nowhere")


def test_folders_that_are_no_environment_are_left_alone(wheels, base, tmp_path):
    """A wrong target must never cost anybody their files."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(EngineInstallError, match="precious holds other files"):
        engine_install.repair(str(precious), str(wheels), base)
    engine_install.remove(str(precious))
    assert (precious / "thesis.txt").read_text() == "years of work"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_remove_takes_all_and_leftovers_of_killed_installs_go(wheels, target, base):
    """An install killed by kill -9 leaves a folder of 200 MB that nothing points at."""
    engine_install.install(target, str(wheels), base)
    folder = Path(target).parent
    young, old = folder / ".optiway-engine-young", folder / ".optiway-engine-old"
    young.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    engine_install.repair(target, str(wheels), base)
    assert young.exists()  # it may belong to another install at work
    assert not old.exists()
    assert engine_install.remove(target).state == "missing"
    assert beside(target) == []


def test_older_environment_goes_when_one_for_another_python_is_made(wheels, target, base):
    """After an update of the system's Python the folder of the old version is dead weight."""
    old = Path(target.replace("*", "3.9"))
    old.mkdir(parents=True)
    (old / "pyvenv.cfg").write_text("")
    done = engine_install.install(target, str(wheels), base)
    assert beside(target) == [os.path.basename(done.folder)]


def test_pythons_are_found_without_asking_sys_executable(monkeypatch):
    """On Windows and macOS it is QGIS: starting it opens a second QGIS."""
    monkeypatch.setattr(sys, "executable", "/nowhere/qgis")
    found = engine_install.find_pythons()
    assert any(not python.unusable for python in found)
    assert "/nowhere/qgis" not in {python.path for python in found}
    assert len({os.path.realpath(python.path) for python in found}) == len(found)


@pytest.mark.parametrize(
    ("facts", "platform", "why"),
    [
        ({"version": [3, 9]}, "linux", "Python 3.9 is too old"),
        ({"version": [3, 99]}, "linux", "Python 3.99 is too new"),
        ({"bits": 32}, "win32", "32-bit"),
        ({"free_threaded": True}, "linux", "free-threaded"),
        ({"machine": "x86_64"}, "darwin", "no packages of pyvrp for Intel Macs.*another computer"),
    ],
)
def test_unusable_pythons_are_named_with_the_reason(target, base_python, monkeypatch, facts, platform, why):
    """Who has only an old Python, or an Intel Mac, is told why and what works."""
    said = {
        "path": "/some/python",
        "version": [3, 12],
        "machine": "arm64",
        "bits": 64,
        "free_threaded": False,
        **facts,
    }
    python = base_python({"-c": f"echo '{json.dumps(said)}'; exit"})
    monkeypatch.setattr(engine_install.sys, "platform", platform)
    with pytest.raises(EngineInstallError, match=rf"Found: /some/python: .*{why}"):
        engine_install.install(target, python=python)
    assert beside(target) == []


def test_a_program_that_is_no_python_is_named(target, base_python):
    """OPTIWAY_PYTHON or --python with a wrong path."""
    with pytest.raises(EngineInstallError, match="is not a Python that starts"):
        engine_install.install(target, python=base_python({"-c": "echo hello; exit"}))


def test_script_runs_alone_and_says_the_python_it_made(tmp_path):
    """`make engine` runs it with any Python, from any folder, before anything is installed."""
    missing = subprocess.run(
        [sys.executable, SCRIPT, "--target", str(tmp_path / "engine"), "--status"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert (missing.returncode, missing.stdout) == (1, "")
    assert f"{engine_install.DISK_MB} MB" in missing.stderr

    empty = tmp_path / "empty"
    empty.mkdir()
    failed = subprocess.run(
        [sys.executable, SCRIPT, "--target", str(tmp_path / "engine"), "--wheels", str(empty)],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "holds no wheel of certifi" in failed.stderr.splitlines()[-1]


def test_script_repairs_and_removes(wheels, target, base, capsys):
    """Standard output holds the path of the Python and nothing else, for scripts to use."""
    arguments = ["--target", target, "--wheels", str(wheels), "--python", base]
    assert engine_install.main(arguments) == 0
    python = capsys.readouterr().out
    assert os.path.isfile(python.strip())
    assert engine_install.main([*arguments, "--repair"]) == 0
    assert capsys.readouterr().out == python
    assert engine_install.main(["--target", target, "--status"]) == 0
    assert engine_install.main(["--target", target, "--remove"]) == 0
    assert engine_install.main(["--target", target, "--status"]) == 1


def real_environment() -> engine_install.EngineStatus:
    """The environment the tests run with, made from the real list."""
    return engine_install.environment_status(str(Path(find_engine().python).parents[1]))


def test_real_environment_holds_the_list_and_nothing_else():
    """The list is closed: a package more would be a dependency nobody pinned, pandas above all."""
    code = (
        "import importlib.metadata as m\n"
        "for d in m.distributions(): print(d.metadata['Name'].lower().replace('_', '-') + '==' + d.version)"
    )
    present = set(run(real_environment(), code).split())
    present = {name for name in present if not name.startswith(("pip==", "setuptools=="))}
    pinned = engine_install.pinned_packages()
    assert present <= {package.requirement for package in pinned} | {package.instead for package in pinned}
    assert len(present) == len(pinned)


def test_stated_size_is_the_real_one():
    """The size shown before installing is measured, not guessed: within a tenth."""
    assert real_environment().size_mb == pytest.approx(engine_install.DISK_MB, rel=0.1)
