"""The table of constraints walked: no row lacks anything, and everything a row names is there.

Code is read as a syntax tree, so that neither QGIS nor an engine is needed. That each constraint has a case
whose optimum is known stands in tests/engine/test_constraint_cases.py.
"""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest
from constraints_page import constraints_page

from optiway_qgis.layers import fields as columns
from optiway_qgis.model import reasons
from optiway_qgis.model.constraints import CONSTRAINTS, ENGINES, NO_CONSTRAINT, NO_RULE, WISHES
from optiway_qgis.model.problem import Break, Depot, Goals, Problem, Stop, Vehicle, Window

CHECKOUT = Path(__file__).absolute().parents[2]
SOLVING = CHECKOUT / "optiway_qgis" / "engine" / "solving"
SHARED = [
    CHECKOUT / "optiway_qgis" / "model" / "problem.py",
    CHECKOUT / "optiway_qgis" / "engine" / "travel" / "provider.py",
]
KINDS = (Stop, Depot, Break, Vehicle, Goals, Problem, Window)
MEMBERS = {f"{kind.__name__}.{member.name}" for kind in KINDS for member in fields(kind)}
ROWS = (*CONSTRAINTS, *WISHES)
LAYERS = {
    "stops": columns.STOP_FIELDS,
    "depots": columns.DEPOT_FIELDS,
    "vehicles": columns.VEHICLE_FIELDS,
    "breaks": columns.BREAK_FIELDS,
}
COLUMNS = {f"{layer}.{column.name}" for layer, table in LAYERS.items() for column in table}

NAMING_COLUMNS = {
    *("stops.stop_id", "stops.name", "depots.depot_id", "depots.name"),
    *("vehicles.vehicle_id", "vehicles.driver", "vehicles.active"),
    *("stops.status", "stops.actual_arrival", "stops.actual_departure", "vehicles.position_time"),
}
"""Columns that only name a feature, or say that it does not work that day or how far its day is."""


def trees(*paths: Path) -> list[ast.AST]:
    """The syntax trees of files."""
    return [ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in paths]


def functions_of(path: Path) -> dict[str, ast.AST]:
    """The functions of a file and the methods of its classes, by name."""
    (tree,) = trees(path)
    found: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
            found |= {f"{node.name}.{method.name}": method for method in methods}
    return found


def function(name: str) -> ast.AST:
    """The function of engine/solving that a row names as `file.function` or `file.Class.method`."""
    file, _, inside = name.partition(".")
    return functions_of(SOLVING / f"{file}.py")[inside]


def read_in(node: ast.AST) -> set[str]:
    """The names of all attributes that code reads."""
    return {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def read_by(paths: list[Path]) -> set[str]:
    return {name for tree in trees(*paths) for name in read_in(tree)}


@pytest.fixture(scope="module")
def judged() -> set[str]:
    """What the checker reads, of places and speeds by way of the travel table."""
    return read_by([*sorted(SOLVING.glob("check*.py")), SHARED[1]])


@pytest.fixture(scope="module")
def timed() -> set[str]:
    """What the scheduler reads: its files and what it takes from the model."""
    files = ("schedule", "instance", "breaches", "trips", "breaks", "docks", "steps")
    return read_by([*SHARED, *(SOLVING / f"{name}.py" for name in files)])


@pytest.fixture(scope="module")
def priced() -> set[str]:
    """What steers the search: the objective, and what it takes from the scheduler."""
    return read_by([SOLVING / f"{name}.py" for name in ("objective", "schedule", "instance")])


@pytest.fixture(scope="module")
def parameters() -> set[str]:
    """The texts in capitals of the algorithms, among them the names of all their parameters."""
    folders = (CHECKOUT / "processing_provider", CHECKOUT / "optiway_qgis" / "layers")
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    constants = [
        node.value for tree in trees(*files) for node in ast.walk(tree) if isinstance(node, ast.Constant)
    ]
    return {text for text in constants if isinstance(text, str) and re.fullmatch("[A-Z_]+", text)}


def test_names_are_unique():
    """A price of a wish, or a lock, is told by its name alone."""
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_nothing_is_missing(row):
    """No constraint and no wish lacks a sentence, an input, a place in the model, or whoever sees to it."""
    optional = {"code"} if row in WISHES else set()
    for member in fields(row):
        assert getattr(row, member.name) or member.name in optional, member.name
    assert row.what.endswith(".")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_inputs_exist(row, parameters):
    """Every column is in the table of columns, every parameter is one of an algorithm."""
    for name in row.fields:
        assert name in (COLUMNS if "." in name else parameters), name


def test_every_column_is_in_a_row():
    """No column is read and then silently ignored."""
    named = {name for row in ROWS for name in row.fields}
    assert COLUMNS - named == NAMING_COLUMNS


def test_every_member_of_the_model_is_in_a_row():
    """What the model holds constrains, is wished for, or only names something; no row names what is gone."""
    named = {name for row in ROWS for name in row.attributes}
    assert named | NO_CONSTRAINT == MEMBERS
    assert not named & NO_CONSTRAINT


@pytest.mark.parametrize("row", CONSTRAINTS, ids=lambda row: row.name)
def test_scheduler_and_checker_read_what_the_row_names(row, timed, judged):
    """Neither overlooks a member of the model: both read each of them."""
    members = {name.partition(".")[2] for name in row.attributes}
    assert members <= timed
    assert members <= judged


@pytest.mark.parametrize("row", CONSTRAINTS, ids=lambda row: row.name)
def test_functions_that_time_and_judge_exist(row):
    """Whoever reads the table finds the code, and the function that judges tells the row's code."""
    assert row.engine in ENGINES
    function(row.timed_by)
    assert row.code.upper() in read_in(function(row.judged_by))


@pytest.mark.parametrize("row", WISHES, ids=lambda row: row.name)
def test_wishes_are_priced(row, priced):
    """The function is one of the objective, and what the row names is read where the search is steered."""
    assert row.priced_by in functions_of(SOLVING / "objective.py")
    assert {name.partition(".")[2] for name in row.attributes} <= priced


def test_every_reason_has_a_row_and_a_section():
    """No code without a constraint or wish behind it, and each is explained to users."""
    told = {row.code for row in ROWS if row.code}
    assert told | set(NO_RULE) == {*reasons.UNASSIGNED_REASONS, reasons.INCONSISTENT}
    page = (CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert {code for code in told if f"| `{code}` |" not in page} == set()


def test_page_is_made_from_the_table():
    """A constraint that is added or changed is so in docs/constraints.md: run `make docs`."""
    assert (CHECKOUT / "docs" / "constraints.md").read_text(encoding="utf-8") == constraints_page()
