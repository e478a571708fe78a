"""Geometries of zones and barriers: overlaps, self-crossings and heights do not make holes."""

from __future__ import annotations

import pytest
import shapely

from optiway_qgis.engine.travel.shapes import geometry_of

SQUARE = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]
SHIFTED = [[lon + 1, lat] for lon, lat in SQUARE]
HOLE = [[0.5, 0.5], [1.5, 0.5], [1.5, 1.5], [0.5, 1.5], [0.5, 0.5]]


@pytest.mark.parametrize(
    ("form", "area"),
    [
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [SHIFTED]]}, 6.0),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}, 4.0),
        ({"type": "Polygon", "coordinates": [SQUARE, HOLE]}, 3.0),
        ({"type": "Polygon", "coordinates": [[[*corner, 7.0] for corner in SQUARE]]}, 4.0),
    ],
)
def test_areas_that_overlap_are_one_area(form, area):
    """Two buffers of one zone are no ring with a hole where they overlap; a real hole stays one."""
    made = geometry_of(form)
    assert made.is_valid
    assert made.area == pytest.approx(area)


def test_lines_and_points_stay_what_they_are():
    line = geometry_of({"type": "LineString", "coordinates": [[0, 0, 5], [2, 2, 5], [0, 2, 5], [2, 0, 5]]})
    assert shapely.get_coordinates(line).tolist() == [[0, 0], [2, 2], [0, 2], [2, 0]]
    assert geometry_of({"type": "Point", "coordinates": [1, 2, 3]}).wkt == "POINT (1 2)"
