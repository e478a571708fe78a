"""The tables of a plan in a GeoPackage and in PostGIS, written by Processing and read by SQL, in one form.

Nothing here tests anything, and nothing of the plugin is used.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headless import table_of_geopackage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgis import Database

Row = dict[str, Any]

SCHEMA = "plans"
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d(\.\d+)?Z?")


@dataclass(frozen=True)
class InPostgis:
    """Tables of a schema."""

    database: Database

    def layer(self, table: str) -> str:
        """How an input or an output of Processing names a table of it."""
        return self.database.layer(table, SCHEMA, "" if table.startswith("differences") else "(geom)")

    source = layer

    def moment(self, moment: str) -> str:
        """A moment as SQL."""
        return f"'{moment}'"

    def run(self, sql: str) -> None:
        """Run statements on tables of it."""
        self.database.run(f"SET search_path TO {SCHEMA}, public;\n{sql}")

    def rows(self, table: str) -> list[Row]:
        """The rows as they were written, without the number the database gave them; points as [x, y]."""
        place = "jsonb_build_array(ST_X(geom), ST_Y(geom))" if _has_points(table) else "NULL"
        found = self.database.rows(
            f"SELECT to_jsonb(one) - 'id' || jsonb_build_object('geom', {place}) AS found "
            f'FROM "{SCHEMA}"."{table}" AS one ORDER BY id'
        )
        return [row["found"] for row in found]


@dataclass(frozen=True)
class InFile:
    """Tables of a GeoPackage."""

    path: Path

    def layer(self, table: str) -> str:
        """How an output of Processing names a table of it."""
        return table_of_geopackage(self.path, table)

    def source(self, table: str) -> str:
        """How an input of Processing names a table of it."""
        return f"{self.path}|layername={table}"

    def moment(self, moment: str) -> str:
        """A moment as SQL."""
        return f"'{moment}Z'"

    def run(self, sql: str) -> None:
        """Run statements on tables of it."""
        with closing(sqlite3.connect(self.path)) as file:
            # What watches the extent of the layers calls functions that only a spatial SQLite has.
            file.create_function("ST_IsEmpty", 1, lambda _: 0)
            for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
                file.create_function(name, 1, lambda _: 0.0)
            file.executescript(sql)

    def rows(self, table: str) -> list[Row]:
        """The same rows as those of PostGIS, in the same form."""
        with closing(sqlite3.connect(self.path)) as file:
            file.row_factory = sqlite3.Row
            rows = [dict(row) for row in file.execute(f'SELECT * FROM "{table}" ORDER BY fid')]
        for row in rows:
            del row["fid"]
            # A point ends with x and y: https://www.geopackage.org/spec/#gpb_format
            blob = row.pop("geom", None)
            row["geom"] = list(struct.unpack("<2d", blob[-16:])) if _has_points(table) else None
            for name, value in row.items():
                if isinstance(value, str) and _MOMENT.fullmatch(value):
                    row[name] = value.rstrip("Z").removesuffix(".000")
        return rows


def _has_points(table: str) -> bool:
    """Whether each row of the table has a place."""
    return table.startswith("visits")
