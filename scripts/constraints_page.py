"""Makes docs/constraints.md from the table in optiway_qgis/model/constraints.py; `make docs` writes it.

A test holds the committed page to what is made here. No QGIS is needed.
"""

from __future__ import annotations

from typing import Iterable

from optiway_qgis.model.constraints import CONSTRAINTS, ENGINES, WISHES

INTRODUCTION = """\
# Constraints and wishes

Made from the table in `optiway_qgis/model/constraints.py` by `make docs`: change the table, not this page.

What the columns of the layers mean is in [fields.md](fields.md), the parameters in capitals are in
[algorithms.md](algorithms.md), the exact rules in [model.md](model.md#rules-and-their-violations), the codes
in [errors.md](errors.md#reasons).

A plan of `optiway:plan_routes` keeps every constraint: what an engine returns is timed, judged and mended, or
a stop is left out with its reason. Where PyVRP cannot represent a constraint exactly, our own search goes on
from its answer.
"""


def constraints_page() -> str:
    """Return the page in Markdown."""
    engines = [f"- {name}: {text}" for name, text in ENGINES.items()]
    constraints = [
        (
            row.name,
            row.what,
            _listed(row.fields),
            row.engine,
            f"`{row.code}`",
            *map(_code, (row.timed_by, row.judged_by)),
        )
        for row in CONSTRAINTS
    ]
    wishes = [
        (
            row.name,
            row.what,
            _listed(row.fields),
            _code(f"objective.{row.priced_by}"),
            f"`{row.code}`" if row.code else "",
        )
        for row in WISHES
    ]
    return "\n".join(
        [
            INTRODUCTION,
            "## Constraints\n",
            *_table(
                ("name", "rule", "given by", "searched by", "code", "timed by", "judged by"), constraints
            ),
            "",
            *engines,
            "",
            "## Wishes\n",
            "They make one plan better than another, by their price.\n",
            *_table(("name", "wish", "given by", "priced by", "code"), wishes),
            "",
        ]
    )


def _listed(names: Iterable[str]) -> str:
    """Return names as code, columns that differ by a number only once."""
    shown = dict.fromkeys(
        f"{name[:-1]}1..9" if name[-2:-1] == "_" and name[-1].isdigit() else name for name in names
    )
    return ", ".join(f"`{name}`" for name in shown)


def _code(name: str) -> str:
    return f"`{name}`"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
