"""Encoded polylines to coordinates. Nothing about servers lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Coordinate


def decoded(text: str, digits: int) -> list[Coordinate]:
    """Return the (longitude, latitude) points of an encoded polyline with that many decimals.

    Differences of latitude, then longitude, zigzag-coded in groups of five bits, the lowest first, each
    plus 63 (Encoded Polyline Algorithm Format, Google Maps Platform).

    Raises
    ------
    ValueError
        When the text ends within a number or holds other characters.
    """
    numbers = []
    value = shift = 0
    for character in text:
        group = ord(character) - 63
        if not 0 <= group < 64:
            raise ValueError("not an encoded polyline")
        value |= (group & 31) << shift
        shift += 5
        if group < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    if shift or len(numbers) % 2:
        raise ValueError("an encoded polyline that ends too early")
    points = []
    latitude = longitude = 0
    for number in range(0, len(numbers), 2):
        latitude += numbers[number]
        longitude += numbers[number + 1]
        points.append((longitude / 10**digits, latitude / 10**digits))
    return points
