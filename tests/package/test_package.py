"""The zip is what the plugin site accepts: its metadata, its files and its two security scans.

The scans run over the unpacked zip with the options the site gives them. Rules about imports between the
rooms of the code stand in test_rooms.py.
"""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from package import build_zip, plugin_version
from stage import STAGED, plugin_files, stage

MEGABYTE = 1024 * 1024
REQUIRED_METADATA = (
    "name",
    "description",
    "version",
    "qgisMinimumVersion",
    "author",
    "email",
    "about",
    "tracker",
    "repository",
    "homepage",
)
# Kinds of files a plugin may hold; everything else is a stray file or a binary.
TEXT_SUFFIXES = {
    ".css",
    ".csv",
    ".geojson",
    ".html",
    ".js",
    ".json",
    ".md",
    ".model3",
    ".py",
    ".qml",
    ".qpt",
    ".svg",
    ".ts",
    ".txt",
}
# Tests the site has switched off: B404 (import of subprocess), B410 and B411 (imports of XML libraries).
BANDIT_SKIPPED = "B404,B410,B411"


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """The zip, built anew."""
    return build_zip(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def names(package) -> list[str]:
    """The names in the zip."""
    with zipfile.ZipFile(package) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory) -> Path:
    """A folder with the contents of the zip."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def metadata(unpacked):
    """The section of metadata.txt the site reads."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(unpacked / "optiway_qgis" / "metadata.txt", encoding="utf-8")
    return parser["general"]


@pytest.mark.parametrize("key", REQUIRED_METADATA)
def test_required_metadata_is_present(metadata, key):
    """The site refuses an upload without any of these."""
    assert metadata.get(key, "").strip()


def test_metadata_states_versions_the_site_can_read(metadata):
    """A version has three numbers, and QGIS 3.22 to 4.x are offered the plugin."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", metadata["version"])
    assert metadata["qgisMinimumVersion"] == "3.22"
    assert metadata["qgisMaximumVersion"] == "4.99"
    assert "supportsQt6" not in metadata


def test_metadata_lets_qgis_process_load_the_plugin(metadata):
    """Without this line the algorithms are missing on servers."""
    assert metadata["hasProcessingProvider"] == "yes"


def test_metadata_addresses_are_links(metadata):
    """The site checks that the three addresses are web addresses."""
    for key in ("tracker", "repository", "homepage"):
        assert metadata[key].startswith("https://"), key


def test_icon_of_the_metadata_is_in_the_package(metadata, unpacked):
    """The plugin manager shows an empty square otherwise."""
    assert (unpacked / "optiway_qgis" / metadata["icon"]).is_file()


def test_version_is_in_the_changelog(checkout):
    """A release without a word about it helps nobody."""
    assert f"## {plugin_version()}" in (checkout / "CHANGELOG.md").read_text(encoding="utf-8")


def test_zip_has_one_folder_named_like_the_package(names):
    """QGIS installs the zip's top folder as the plugin's package."""
    assert {PurePosixPath(name).parts[0] for name in names} == {"optiway_qgis"}
    for needed in ("__init__.py", "metadata.txt", "LICENSE"):
        assert f"optiway_qgis/{needed}" in names


def test_algorithms_are_inside_the_package(names):
    """In a plugin the one import name of the algorithms is optiway_qgis.processing_provider."""
    assert "optiway_qgis/processing_provider/provider.py" in names


def test_zip_holds_no_stray_files(names):
    """No binaries, caches, dot files or tests, and no requirements.txt another plugin would install from."""
    for name in names:
        path = PurePosixPath(name)
        assert path.suffix in TEXT_SUFFIXES or path.name == "LICENSE", name
        assert not any(part.startswith((".", "__MACOSX", "__pycache__")) for part in path.parts), name
        assert not {"tests", "test"} & set(path.parts), name
        assert "requirements" not in path.stem or path.suffix == ".py", name


def test_zip_holds_only_text(unpacked):
    """A file that is not UTF-8 text is a binary, whatever its name says."""
    for path in unpacked.rglob("*"):
        if path.is_file():
            assert "\0" not in path.read_text(encoding="utf-8"), path


def test_zip_is_small_enough(package):
    """The site takes 25 MB at most."""
    assert package.stat().st_size < 25 * MEGABYTE


def test_no_file_of_the_zip_is_executable(package):
    """The site reports executable bits."""
    with zipfile.ZipFile(package) as archive:
        assert not [entry.filename for entry in archive.infolist() if (entry.external_attr >> 16) & 0o111]


def test_zip_is_reproducible(package, tmp_path):
    """The same files give the same bytes, so that anybody can check a release."""
    assert build_zip(tmp_path).read_bytes() == package.read_bytes()


def test_staged_plugin_is_the_packaged_one():
    """What the tests load from build/optiway_qgis is what is shipped."""
    stage()
    staged = {
        path.relative_to(STAGED).as_posix(): path.read_bytes()
        for path in STAGED.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert staged == {name: source.read_bytes() for name, source in plugin_files().items()}


def test_bandit_finds_nothing(unpacked):
    """Any finding of these tests, of any severity, blocks an upload."""
    report = _bandit(unpacked)
    assert report["errors"] == []
    assert report["metrics"]["_totals"]["loc"] > 0
    assert [
        f"{finding['filename']}:{finding['line_number']} {finding['test_id']} {finding['issue_text']}"
        for finding in report["results"]
    ] == []


def test_bandit_would_find_something(tmp_path):
    """The scan is alive: it finds what it is for."""
    (tmp_path / "bad.py").write_text("import pickle\nassert pickle.loads(b'')\n", encoding="utf-8")
    assert {finding["test_id"] for finding in _bandit(tmp_path)["results"]} == {"B101", "B301", "B403"}


def _bandit(folder: Path) -> dict:
    command = [sys.executable, "-m", "bandit", "-r", ".", "-f", "json", "--quiet", "--skip", BANDIT_SKIPPED]
    return json.loads(subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout)


def test_detect_secrets_finds_nothing(unpacked):
    """Any finding blocks an upload, also a harmless name such as TOKEN = "TOKEN"."""
    assert _secrets(unpacked) == []


def test_detect_secrets_would_find_something(tmp_path):
    """The scan is alive: it finds a name that looks like a secret."""
    (tmp_path / "bad.py").write_text('API_KEY = "correct-horse-battery"\n', encoding="utf-8")
    assert _secrets(tmp_path) == ["bad.py:1 Secret Keyword"]


def _secrets(folder: Path) -> list[str]:
    command = [sys.executable, "-m", "detect_secrets", "scan", "--all-files", "--exclude-files"]
    command += [r"metadata\.txt", "--disable-plugin", "IPPublicDetector", "."]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    results = json.loads(run.stdout)["results"]
    return [
        f"{path}:{finding['line_number']} {finding['type']}"
        for path, findings in results.items()
        for finding in findings
    ]
