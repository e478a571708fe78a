"""The walls between the rooms of the code: who may import whom, and what may be imported at all.

Read from the syntax tree, so imports inside functions count too.
"""

from __future__ import annotations

import ast
import sys
from pathlib import PurePosixPath

import pytest
from stage import plugin_files

# Room -> other rooms it may import. The root (plugin.py, __init__.py) may import everything but the engine.
DOORS = {
    "model": set(),
    "engine": {"model"},
    "layers": {"model"},
    "reports": {"model"},
    "gui": {"layers", "reports", "model"},
    "processing_provider": {"layers", "reports", "model"},
    "": {"gui", "processing_provider", "layers", "reports", "model"},
}
QGIS_SIDE = {"layers", "reports", "gui", "processing_provider", ""}
# What QGIS brings along. `processing` is its own plugin: only what a person clicks on may open its dialogs.
IN_QGIS = {"qgis", "numpy", "optiway_qgis"}
DIALOG_ROOMS = {"gui", ""}
# Rooms within the engine -> what of the engine they may import besides.
ENGINE_DOORS = {
    "travel": {"job_form"},
    "solving": {"travel"},
    "replanning": {"solving", "travel"},
}

SOURCES = {name: source for name, source in plugin_files().items() if name.endswith(".py")}
TREES = {name: ast.parse(source.read_text(encoding="utf-8"), name) for name, source in SOURCES.items()}


def room_of(name: str) -> str:
    """The room a file of the plugin stands in; "" is the root."""
    parts = PurePosixPath(name).parts
    return parts[0] if len(parts) > 1 else ""


def imported_modules(name: str, tree: ast.AST) -> set[str]:
    """Absolute names of all modules a file imports; `from a import b` gives a.b, which may be a module."""
    package = ["optiway_qgis", *PurePosixPath(name).parts[:-1]]
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            modules |= {".".join([*base, alias.name]) for alias in node.names}
    return modules


IMPORTS = {name: imported_modules(name, tree) for name, tree in TREES.items()}


def test_every_room_is_known():
    """A new folder says here what it may import before it is used."""
    assert {room_of(name) for name in SOURCES} <= set(DOORS)


@pytest.mark.parametrize("name", SOURCES)
def test_imports_go_through_the_doors(name):
    """Arrows go one way: processing_provider and gui -> layers, reports -> model <- engine."""
    own = room_of(name)
    allowed = DOORS[own] | {own}
    for module in IMPORTS[name]:
        parts = module.split(".")
        if parts[0] == "optiway_qgis" and len(parts) > 1:
            rooms = set(DOORS) - {""}
            target = parts[1] if parts[1] in rooms else ""
            assert target in allowed, f"{name} imports {module}"


@pytest.mark.parametrize("name", [name for name in SOURCES if name.startswith("engine/")])
def test_imports_within_the_engine_go_one_way(name):
    """Re-planning stands on solving, solving on travel; only the process itself opens all doors."""
    own = PurePosixPath(name).parts[1]
    if own not in ENGINE_DOORS:
        return
    for module in IMPORTS[name]:
        parts = module.split(".")
        if parts[:2] == ["optiway_qgis", "engine"] and len(parts) > 2:
            assert parts[2] in ENGINE_DOORS[own] | {own}, f"{name} imports {module}"


@pytest.mark.parametrize("name", SOURCES)
def test_third_party_packages_stay_where_they_belong(name):
    """QGIS's Python holds PyQGIS and numpy only; the engine never sees QGIS; the model needs neither."""
    own = room_of(name)
    outside = {module.split(".")[0] for module in IMPORTS[name]} - set(sys.stdlib_module_names)
    if own == "model":
        assert outside <= {"optiway_qgis"}
    elif own == "engine":
        assert not outside & {"qgis", "osgeo", "PyQt5", "PyQt6", "processing"}
    else:
        assert outside <= IN_QGIS | ({"processing"} if own in DIALOG_ROOMS else set())


@pytest.mark.parametrize("name", SOURCES)
def test_algorithms_have_one_import_name(name):
    """A top-level `processing_provider` would be shared with every other plugin that has one."""
    assert "processing_provider" not in {module.split(".")[0] for module in IMPORTS[name]}


@pytest.mark.parametrize("name", SOURCES)
def test_plugin_folder_is_never_resolved(name):
    """A plugin may be installed through a link: following it leads out of the plugins folder."""
    tree = TREES[name]
    folders = {"__file__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and names_in(node.value) & folders:
            folders |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            follows = node.func.attr in {"resolve", "realpath"} and names_in(node) & folders
            assert not follows, f"{name}:{node.lineno}: use absolute()"


def names_in(tree: ast.AST) -> set[str]:
    """All plain names that occur in an expression."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("name", [name for name in SOURCES if room_of(name) in QGIS_SIDE | {"model"}])
def test_code_in_qgis_is_python_3_9(name):
    """QGIS 3.22 runs on Python 3.9."""
    ast.parse(SOURCES[name].read_text(encoding="utf-8"), name, feature_version=(3, 9))


@pytest.mark.parametrize("name", SOURCES)
def test_every_file_says_what_lives_in_it(name):
    """A file opens with a docstring."""
    assert ast.get_docstring(TREES[name]), name
