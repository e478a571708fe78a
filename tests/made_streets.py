"""A town of straight streets for the tests of travel on roads. Nothing here tests anything."""

from __future__ import annotations

from qgis.core import QgsGeometry

from tests.made_layers import CENTRE, layer

STEP = 0.004
SIZE = 6
METRES_PER_DEGREE = 111_000


def crossing(column: int, row: int) -> tuple[float, float]:
    """A crossing of the town: columns to the east, rows to the north, the centre at (0, 0)."""
    return CENTRE[0] + STEP * column, CENTRE[1] + STEP * row


def street(*crossings: tuple[int, int], **tags) -> dict:
    """A row of a street through these crossings."""
    points = ", ".join(f"{x:.9f} {y:.9f}" for x, y in (crossing(*one) for one in crossings))
    return {"at": f"LineString ({points})", "highway": "residential", **tags}


def grid(size: int = SIZE) -> list[dict]:
    """Streets of a town of size x size crossings, one row of the layer per block."""
    east = [street((i, j), (i + 1, j)) for j in range(size) for i in range(size - 1)]
    return east + [street((i, j), (i, j + 1)) for i in range(size) for j in range(size - 1)]


def roads(rows, **options):
    """A layer of streets. Its columns are all that any row has."""
    return layer(rows, **{"kind": "LineString", "name": "streets", **options})


def stop(name: str, at: tuple[float, float]) -> dict:
    """A row of a stop."""
    return {"at": at, "stop_id": name, "service_min": 5.0}


def covers(streets: list[dict], geometry: QgsGeometry) -> bool:
    """Whether a line lies on the streets, to a metre or so."""
    wide = QgsGeometry.unaryUnion([QgsGeometry.fromWkt(row["at"]).buffer(1.5e-5, 4) for row in streets])
    return wide.contains(geometry)
