"""Geometries of zones and barriers as shapely has them."""

from __future__ import annotations

from typing import Any

import shapely
from shapely.geometry import shape


def geometry_of(form: dict[str, Any]) -> shapely.Geometry:
    """Return a GeoJSON geometry in two dimensions, valid; areas that overlap are one area."""
    whole = shapely.force_2d(shape(form))
    if shapely.get_dimensions(whole) == 2:
        return shapely.union_all(shapely.make_valid(shapely.get_parts(whole)))
    return shapely.make_valid(whole)
