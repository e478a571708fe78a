"""The engine environment: which packages, which Python, how it is made, repaired, removed and recognised.

Also a plain script: `python3 optiway_qgis/layers/engine_install.py --target build/engine`. Running the engine
is in engine_process.py. Standard library only.

A target is the folder of the environment; a `*` in its last part stands for the Python version,
as in `.../optiway/engine-py*`. The environment is made in a fresh folder and moved into place when it works;
its stamp is written last, so a cancelled or failed install is never taken for whole.
"""

from __future__ import annotations

import argparse
import contextlib
import glob
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

if __package__ in (None, ""):  # run as a script: `layers` must not be searched for modules, the checkout must
    sys.path[0] = str(Path(__file__).absolute().parents[2])

from optiway_qgis.layers.child_process import ChildProcess
from optiway_qgis.model.errors import EngineInstallError, JobCancelled

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)
# Measured on 64-bit Linux with Python 3.11; Windows and macOS need less. A test holds DISK_MB to a real one.
DOWNLOAD_MB = 60
DISK_MB = 215

REMEDY = (
    'Run "Install routing engine" (menu Plugins > Optiway, or `qgis_process run optiway:install_engine`), '
    "or set OPTIWAY_PYTHON to a Python that has it."
)
PROFILE_FOLDER_NAME = "optiway"

_LIST = Path(__file__).absolute().parents[1] / "resources" / "engine" / "wheels.txt"
_STAMP = "optiway-engine.json"
_PASSING = ".optiway-engine-"  # begins the names of folders that exist during an install only
_IMPORTS = {  # what is imported of a package to see that it starts; those not named serve the named
    "numpy": "numpy",
    "ortools": "ortools.linear_solver.pywraplp",
    "pyproj": "pyproj",
    "pyvrp": "pyvrp.search, pyvrp.stop",
    "requests": "requests",
    "routingkit-cch": "routingkit_cch",
    "scipy": "scipy.sparse",
    "shapely": "shapely",
}
_PROBE = (
    "import json, platform, struct, sys, sysconfig\n"
    "print(json.dumps({'path': sys.executable, 'version': sys.version_info[:2],"
    " 'machine': platform.machine(),"
    " 'bits': 8 * struct.calcsize('P'), 'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED'))}))"
)
_NO_NETWORK = (
    "NewConnectionError",
    "Failed to establish a new connection",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "SSLError",
    "CERTIFICATE_VERIFY_FAILED",
    "NameResolutionError",
)
_DISK_FULL = ("No space left on device", "Errno 28", "WinError 112", "not enough space on the disk")

Report = Callable[[float, str], None]
IsCancelled = Callable[[], bool]


@dataclass(frozen=True)
class PinnedPackage:
    """One line of the list: `name==version`, and what is taken where no wheel of it exists."""

    requirement: str
    instead: str = ""

    @property
    def name(self) -> str:
        """The name alone."""
        return _package_name(self.requirement)


@dataclass(frozen=True)
class EnginePython:
    """A Python interpreter found on this machine; `unusable` says why it cannot carry the engine."""

    path: str
    version: tuple[int, int]
    unusable: str = ""

    @property
    def version_text(self) -> str:
        """As in "3.11"."""
        return "{}.{}".format(*self.version)


@dataclass(frozen=True)
class EngineStatus:
    """What stands in a target. `state`: missing, ready, outdated (other versions) or incomplete."""

    state: str
    folder: str = ""
    python: str = ""
    size_mb: int = 0

    @property
    def text(self) -> str:
        """One line for the user."""
        if self.state == "missing":
            return (
                f"Not installed. Installing downloads about {DOWNLOAD_MB} MB and takes {DISK_MB} MB on disk."
            )
        if self.state == "ready":
            return f"Installed in {self.folder} ({self.size_mb} MB)."
        if self.state == "outdated":
            return f"{self.folder} was made for another version of the plugin: repair it."
        return f"{self.folder} is incomplete: repair it."


def pinned_packages() -> list[PinnedPackage]:
    """The closed list of packages, from resources/engine/wheels.txt."""
    packages = []
    for line in _LIST.read_text(encoding="utf-8").splitlines():
        requirement, _, comment = line.partition("#")
        if requirement.strip():
            _, _, instead = comment.partition("or ")
            packages.append(PinnedPackage(requirement.strip(), instead.strip()))
    return packages


def profile_target(profile_folder: str) -> str:
    """The target inside the folder of a QGIS profile."""
    return os.path.join(profile_folder, PROFILE_FOLDER_NAME, "engine-py*")


def python_of(environment: str) -> str:
    """Path of the interpreter inside an environment."""
    parts = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return os.path.join(environment, *parts)


def find_pythons() -> list[EnginePython]:
    """Interpreters of this machine, the preferred first, each once; those that do not start are left out.

    `sys.executable` is never asked: on Windows and macOS it is QGIS.
    """
    found: dict[str, EnginePython] = {}
    for candidate in _python_candidates():
        python = _probe(candidate)
        if python is not None:
            found.setdefault(os.path.realpath(python.path), python)
    return list(found.values())


def status(target: str) -> EngineStatus:
    """The best environment in a target: ready before outdated before incomplete, then the newest Python."""
    ranks = ("missing", "incomplete", "outdated", "ready")
    candidates = [environment_status(folder) for folder in _environments(target)]
    return max(
        candidates,
        key=lambda found: (ranks.index(found.state), _version_key(found.folder)),
        default=EngineStatus("missing"),
    )


def environment_status(folder: str) -> EngineStatus:
    """What stands in one folder, read from its stamp; no process is started."""
    if not os.path.isdir(folder):
        return EngineStatus("missing")
    python = python_of(folder)
    try:
        stamp = json.loads(Path(folder, _STAMP).read_text(encoding="utf-8"))
        current, size_mb = stamp["list"] == _list_hash(), int(stamp["size_mb"])
    except (OSError, ValueError, KeyError, TypeError):
        return EngineStatus("incomplete", folder, python)
    if not os.path.exists(python):
        return EngineStatus("incomplete", folder, python)
    return EngineStatus("ready" if current else "outdated", folder, python, size_mb)


def install(
    target: str,
    wheels: str | None = None,
    python: str | None = None,
    report: Report = lambda percent, text: None,
    is_cancelled: IsCancelled = lambda: False,
) -> EngineStatus:
    """Make the environment unless it is there already; return its status.

    `wheels`: a folder to install from without a network. `python`: the interpreter to build on, else the
    first usable one of `find_pythons`. `report` gets percent (0 to 100) and a text, in the calling thread.
    Raises `EngineInstallError` with cause and remedy, `JobCancelled` within a second of `is_cancelled`.
    """
    present = status(target)
    if present.state == "ready":
        report(100, present.text)
        return present
    return repair(target, wheels, python, report, is_cancelled)


def repair(
    target: str,
    wheels: str | None = None,
    python: str | None = None,
    report: Report = lambda percent, text: None,
    is_cancelled: IsCancelled = lambda: False,
) -> EngineStatus:
    """Make the environment anew, also when one is there: it stays until the new one works. See `install`."""
    if wheels is not None and not os.path.isdir(wheels):
        raise EngineInstallError(f"The folder of wheels {wheels} does not exist: choose an existing folder.")
    report(0, f"Routing engine: about {DOWNLOAD_MB} MB to download, {DISK_MB} MB on disk")
    base = _choose_python(python)
    folder = os.path.abspath(target.replace("*", base.version_text))
    report(2, f"Python {base.version_text}: {base.path}")
    with _disk_errors(folder):
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        _remove_leftovers(target)
        fresh = tempfile.mkdtemp(prefix=_PASSING, dir=os.path.dirname(folder))
        try:
            _fill(fresh, base, wheels, report, is_cancelled)
            _write_stamp(fresh)
            _move_into_place(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        for other in _environments(target):
            if other != folder:
                _remove_folder(other)
    done = environment_status(folder)
    report(100, done.text)
    return done


def remove(target: str) -> EngineStatus:
    """Remove every environment of the target, whole or not."""
    with _disk_errors(os.path.abspath(target)):
        for folder in _environments(target):
            _remove_folder(folder)
        for folder in _leftovers(target):
            shutil.rmtree(folder, ignore_errors=True)
    return status(target)


def _python_candidates() -> list[str]:
    versions = [f"3.{minor}" for minor in range(NEWEST_PYTHON[1], OLDEST_PYTHON[1] - 1, -1)]
    own = "{}.{}".format(*sys.version_info[:2])
    candidates = []
    if os.environ.get("OPTIWAY_PYTHON"):
        candidates.append(os.environ["OPTIWAY_PYTHON"])
    prefixes = dict.fromkeys((sys.base_exec_prefix, sys.base_prefix, sys.exec_prefix, sys.prefix))
    if sys.platform == "win32":
        candidates += [os.path.join(prefix, "python.exe") for prefix in prefixes]
        for root in ("LOCALAPPDATA", "PROGRAMFILES"):
            for version in versions:
                folder = "Python" + version.replace(".", "")
                below = ("Programs", "Python") if root == "LOCALAPPDATA" else ()
                candidates.append(os.path.join(os.environ.get(root, ""), *below, folder, "python.exe"))
        return [*candidates, *_on_path(["python.exe", "python3.exe"])]
    for prefix in prefixes:
        candidates += [os.path.join(prefix, "bin", name) for name in (f"python{own}", "python3")]
    candidates.append("/usr/bin/python3")
    candidates += _on_path([f"python{version}" for version in versions] + ["python3"])
    if sys.platform == "darwin":
        for version in versions:
            candidates.append(f"/Library/Frameworks/Python.framework/Versions/{version}/bin/python3")
            candidates.append(f"/opt/homebrew/bin/python{version}")
    return candidates


def _on_path(names: list[str]) -> list[str]:
    return [path for path in map(shutil.which, names) if path]


def _probe(candidate: str) -> EnginePython | None:
    """What an interpreter says of itself; None when it is not there or does not start within 10 s."""
    if not os.path.isfile(candidate):
        return None
    output = b""
    try:
        with ChildProcess([candidate, "-I", "-c", _PROBE]) as child:
            end = time.monotonic() + 10
            while time.monotonic() < end and (line := child.next_line(0.1)) is not None:
                output += line
        facts = json.loads(output)
    except (OSError, ValueError):
        return None
    return EnginePython(facts["path"], tuple(facts["version"]), _why_unusable(facts))


def _why_unusable(facts: dict) -> str:
    version = tuple(facts["version"])
    version_text = "{}.{}".format(*version)
    if version < OLDEST_PYTHON:
        return f"Python {version_text} is too old"
    if version > NEWEST_PYTHON:
        return f"Python {version_text} is too new: there are no packages for it yet"
    if facts["bits"] != 64:
        return "it is a 32-bit Python"
    if facts["free_threaded"]:
        return "it is a free-threaded Python"
    if sys.platform == "darwin" and facts["machine"] == "x86_64":
        return "there are no packages of pyvrp for Intel Macs"
    return ""


def _choose_python(wanted: str | None) -> EnginePython:
    if wanted is None:
        pythons = find_pythons()
    else:
        python = _probe(wanted)
        if python is None:
            raise EngineInstallError(f"{wanted} is not a Python that starts: name another one.")
        pythons = [python]
    for python in pythons:
        if not python.unusable:
            return python
    oldest, newest = ("{}.{}".format(*version) for version in (OLDEST_PYTHON, NEWEST_PYTHON))
    seen = "; ".join(f"{python.path}: {python.unusable}" for python in pythons) or "none"
    if any("Intel Macs" in python.unusable for python in pythons):
        remedy = (
            "Run the plans on another computer, or build pyvrp 0.14 from source for a Python of your own "
            "and set OPTIWAY_PYTHON to it."
        )
    else:
        remedy = "Install one from python.org or your package manager, or set OPTIWAY_PYTHON to one."
    raise EngineInstallError(
        f"The engine needs a 64-bit Python {oldest} to {newest}. Found: {seen}. {remedy}"
    )


def _fill(
    fresh: str, base: EnginePython, wheels: str | None, report: Report, is_cancelled: IsCancelled
) -> None:
    """Make a virtual environment in an empty folder, put the packages in, import them once."""
    _check_space(fresh)
    report(5, "Making the environment")
    pip = _make_environment(fresh, base, is_cancelled)
    source = [] if wheels is None else ["--no-index", "--find-links", os.path.abspath(wheels)]
    command = [*pip, "--only-binary", ":all:", "--no-deps", "--no-compile", "--retries", "2"]
    command += ["--progress-bar", "off", "--no-input", *source]
    packages = pinned_packages()
    requirements = [package.requirement for package in packages]
    failure = _run_pip(command, requirements, report, is_cancelled)
    for package in packages:
        if failure and package.instead and package.requirement in failure and not _is_no_network(failure):
            report(10, f"No wheel of {package.name} for this computer: taking {package.instead}")
            requirements[packages.index(package)] = package.instead
            failure = _run_pip(command, requirements, report, is_cancelled)
    if failure:
        raise EngineInstallError(_explain(failure, base, wheels))
    report(90, "Starting it for the first time")
    names = [_package_name(requirement) for requirement in requirements]
    imports = "import " + ", ".join(_IMPORTS[name] for name in names if name in _IMPORTS)
    code, _, errors = _run([python_of(fresh), "-I", "-c", imports], lambda line: None, is_cancelled)
    if code != 0:
        cause = last_line(errors) or f"exit code {code}"
        raise EngineInstallError(f"The packages are installed but do not start: {cause}")


def _package_name(requirement: str) -> str:
    return requirement.split("==")[0]


def _make_environment(fresh: str, base: EnginePython, is_cancelled: IsCancelled) -> list[str]:
    """Make a virtual environment; return the beginning of a `pip install` command that fills it.

    Debian without python3-venv can make one without pip only: the pip of the base Python fills it then.
    """
    code, output, errors = _run([base.path, "-I", "-m", "venv", fresh], lambda line: None, is_cancelled)
    if code == 0:
        return [python_of(fresh), "-I", "-m", "pip", "install"]
    bare_code, _, _ = _run(
        [base.path, "-I", "-m", "venv", "--clear", "--without-pip", fresh], lambda line: None, is_cancelled
    )
    pip_code, _, _ = _run([base.path, "-I", "-m", "pip", "--version"], lambda line: None, is_cancelled)
    if bare_code == 0 and pip_code == 0:
        return [base.path, "-I", "-m", "pip", "--python", python_of(fresh), "install"]
    if "ensurepip" in output + errors:
        raise EngineInstallError(
            f"{base.path} cannot make environments: install its venv package "
            f"(`sudo apt install python{base.version_text}-venv` on Debian and Ubuntu) and try again."
        )
    cause = last_line(errors) or last_line(output) or f"exit code {code}"
    raise EngineInstallError(
        f"{base.path} cannot make environments: {cause}. "
        "Install a Python from python.org, or set OPTIWAY_PYTHON to one."
    )


def _run_pip(command: list[str], requirements: list[str], report: Report, is_cancelled: IsCancelled) -> str:
    """Install the requirements; return "" or what pip said about its failure."""
    seen = 0

    def follow(line: str) -> None:
        nonlocal seen
        words = line.split()
        if words[:1] in (["Collecting"], ["Processing"]):
            seen = min(seen + 1, len(requirements))
            name = re.split(r"==|-\d", os.path.basename(words[1]))[0]
            report(10 + 50 * seen / len(requirements), f"Package {seen} of {len(requirements)}: {name}")
        elif line.startswith("Installing collected packages"):
            report(65, "Unpacking")

    code, output, errors = _run([*command, *requirements], follow, is_cancelled)
    return "" if code == 0 else f"{output}\n{errors}"


def _is_no_network(said: str) -> bool:
    return any(mark in said for mark in _NO_NETWORK)


def _explain(said: str, base: EnginePython, wheels: str | None) -> str:
    """One line: cause and remedy of a failed `pip install`."""
    missing = re.search(r"No matching distribution found for (\S+)", said)
    if any(mark in said for mark in _DISK_FULL):
        return _disk_full_text()
    if wheels is not None and missing:
        return (
            f"{wheels} holds no wheel of {missing[1]} for Python {base.version_text} on this computer. "
            "Fill it on a computer of the same kind: "
            f"pip download --only-binary :all: --no-deps -r {_LIST} -d FOLDER"
        )
    if _is_no_network(said):
        return (
            "The package index could not be reached. Check the network (HTTPS_PROXY names a proxy), "
            "or install from a folder of wheels."
        )
    if missing:
        return (
            f"There is no package of {missing[1]} ready for Python {base.version_text} on this computer. "
            "Use another Python or a newer system, or set OPTIWAY_PYTHON to a Python that has it."
        )
    errors = [line for line in said.splitlines() if line.startswith("ERROR:")]
    return f"pip failed: {errors[0][len('ERROR: ') :] if errors else last_line(said)}"


def _run(
    command: list[str], follow: Callable[[str], None], is_cancelled: IsCancelled
) -> tuple[int, str, str]:
    """Run to the end: exit code, standard output, end of standard error. `JobCancelled` kills it first."""
    output = []
    try:
        with ChildProcess(command) as child:
            while (line := child.next_line(0.1)) is not None:
                if is_cancelled():
                    raise JobCancelled
                if line:
                    output.append(line.decode("utf-8", "replace").rstrip())
                    follow(output[-1])
            while (code := child.exit_code()) is None:
                if is_cancelled():
                    raise JobCancelled
                time.sleep(0.02)
            return code, "\n".join(output), child.error_tail()
    except OSError as error:
        raise EngineInstallError(f"{command[0]} does not start: {error}") from error


def last_line(text: str) -> str:
    """The last line that is not empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _list_hash() -> str:
    lines = [f"{package.requirement} {package.instead}" for package in pinned_packages()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _write_stamp(folder: str) -> None:
    stamp = {"list": _list_hash(), "size_mb": _size_mb(folder)}
    Path(folder, _STAMP).write_text(json.dumps(stamp), encoding="utf-8")


def _size_mb(folder: str) -> int:
    size = 0
    for parent, _, names in os.walk(folder):
        size += sum(os.lstat(os.path.join(parent, name)).st_size for name in names)
    return round(size / 1024**2)


def _environments(target: str) -> list[str]:
    parent, name = os.path.split(os.path.abspath(target))
    found = glob.glob(os.path.join(glob.escape(parent), name))
    return [folder for folder in found if _is_environment(folder)]


def _is_environment(folder: str) -> bool:
    """Whether the folder is ours to replace and remove: any other is left alone."""
    return os.path.isfile(os.path.join(folder, "pyvenv.cfg")) or os.path.isfile(os.path.join(folder, _STAMP))


def _leftovers(target: str) -> list[str]:
    """Folders of installs that were killed before they could clean up."""
    parent = os.path.dirname(os.path.abspath(target))
    return glob.glob(os.path.join(glob.escape(parent), _PASSING + "*"))


def _remove_leftovers(target: str) -> None:
    for folder in _leftovers(target):
        if time.time() - os.path.getmtime(folder) > 3600:  # a younger one may be another install at work
            shutil.rmtree(folder, ignore_errors=True)


def _version_key(folder: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", os.path.basename(folder)))


def _move_into_place(fresh: str, folder: str) -> None:
    """Put the fresh environment where the old one was. In use on Windows: the old one stays as it is."""
    if os.path.isdir(folder) and os.listdir(folder) and not _is_environment(folder):
        raise EngineInstallError(f"{folder} holds other files: move them away, then try again.")
    with _set_aside(folder):
        try:
            os.rename(fresh, folder)
        except OSError as error:
            raise EngineInstallError(_in_use_text(folder, error)) from error


def _remove_folder(folder: str) -> None:
    with _set_aside(folder):
        pass


@contextlib.contextmanager
def _set_aside(folder: str):
    """Move a folder away, whole or not at all; then remove it, or move it back after an error."""
    if not os.path.isdir(folder):
        yield
        return
    aside = tempfile.mkdtemp(prefix=_PASSING, dir=os.path.dirname(folder))
    moved = os.path.join(aside, "engine")
    try:
        os.rename(folder, moved)
    except OSError as error:
        os.rmdir(aside)
        raise EngineInstallError(_in_use_text(folder, error)) from error
    try:
        yield
    except EngineInstallError:
        os.rename(moved, folder)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _in_use_text(folder: str, error: OSError) -> str:
    return f"{folder} cannot be replaced or removed ({error}): wait for running plans to end, then try again."


def _check_space(folder: str) -> None:
    needed = DOWNLOAD_MB + DISK_MB
    free = shutil.disk_usage(folder).free // 1024**2
    if free < needed:
        raise EngineInstallError(_disk_full_text(f"{free} MB are free in {os.path.dirname(folder)}. "))


def _disk_full_text(free: str = "") -> str:
    return f"The disk is full. {free}The engine needs {DOWNLOAD_MB + DISK_MB} MB: make room and try again."


@contextlib.contextmanager
def _disk_errors(folder: str):
    try:
        yield
    except OSError as error:
        raise EngineInstallError(
            f"{os.path.dirname(folder)} cannot be written: {error.strerror or error}. "
            "Check its permissions and the space left."
        ) from error


def main(arguments: list[str] | None = None) -> int:
    """The script: progress on standard error, the path of the engine's Python on standard output."""
    parser = argparse.ArgumentParser(description="Make, check or remove the engine environment.")
    parser.add_argument("--target", required=True, help="its folder; * stands for the Python version")
    parser.add_argument("--wheels", help="a folder of wheels: no network is used")
    parser.add_argument("--python", help="the interpreter to build on")
    actions = parser.add_mutually_exclusive_group()
    actions.add_argument("--repair", action="store_true", help="make it anew")
    actions.add_argument("--remove", action="store_true", help="remove it")
    actions.add_argument("--status", action="store_true", help="say what is there; exit code 0 when ready")
    options = parser.parse_args(arguments)

    def report(percent: float, text: str) -> None:
        sys.stderr.write(f"{percent:3.0f} % {text}\n")

    try:
        if options.status:
            result = status(options.target)
            sys.stderr.write(f"{result.text}\n")
        elif options.remove:
            result = remove(options.target)
            return 0
        else:
            action = repair if options.repair else install
            result = action(options.target, options.wheels, options.python, report)
    except EngineInstallError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if result.state == "ready":
        sys.stdout.write(f"{result.python}\n")
    return 0 if result.state == "ready" else 1


if __name__ == "__main__":
    sys.exit(main())
