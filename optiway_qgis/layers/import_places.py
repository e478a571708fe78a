"""Where the coordinates of a list lie: their CRS, coordinates that were swapped, and places that cannot be.

How coordinates are written is model/messy.py's.
"""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Sequence

from qgis.core import QgsCsException, QgsPointXY

from ..model.findings import Fault
from .import_rows import kept, rows_text
from .points import FAR_KM, NEAR_KM, distance_km, to_wgs84

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransformContext

    from .import_rows import Raw

XY = tuple[float, float]

_LEAST_PROOF = 3
"""Rows that must lie together to prove something of another one."""
_PROOF_SHARE = 2 / 3
_LEAST_RADIUS_KM = 5.0
_FAR_OFF, _AMONG = 10, 2
"""A row beyond so many times the radius that most rows lie in is far off, one within so many among them."""
_SAMPLE = 300
_MARGIN = 0.5
"""Degrees by which a place may lie outside of the area its CRS is made for."""


class Places:
    """Turns x and y of all rows into degrees. `numbers` are those of the rows, for the log.

    `crs` is None where nobody gave one: then coordinates are degrees, or are refused.
    """

    def __init__(
        self,
        crs: QgsCoordinateReferenceSystem | None,
        context: QgsCoordinateTransformContext,
        numbers: Sequence[int],
    ):
        self._crs = crs if crs is not None and crs.isValid() else None
        self._numbers = numbers
        self._transform = to_wgs84(self._crs, context) if self._crs is not None else None
        self._bounds = self._crs.bounds().buffered(_MARGIN) if self._crs is not None else None

    def __call__(self, given: Sequence[XY | None], told: list[str]) -> list[Raw]:
        """Longitude and latitude of each row, or what is wrong with them; tells what was mended."""
        is_local = self._is_local(given)
        if is_local:
            told.append(
                "The coordinates are no degrees but metres of a local CRS: give it as CRS. Which one it is "
                "is not guessed."
            )
        mended: list[int] = []
        found: list[Raw] = []
        for number, place in zip(self._numbers, given):
            if place is None:
                found.append((None, None))
                continue
            try:
                lon_lat, was_swapped = self._degrees(place, is_local)
                found.append((lon_lat, None))
                mended += [number] * was_swapped
            except Fault as fault:
                found.append((None, kept(fault)))
        if mended:
            told.append(f"x and y were swapped, as the bounds prove, and are put right: {rows_text(mended)}.")
        return self._beside_others(found, given, told)

    def _is_local(self, given: Sequence[XY | None]) -> bool:
        places = [place for place in given if place is not None]
        large = sum(max(map(abs, place)) > 180 for place in places)
        return self._crs is None and large > len(places) / 2

    def _degrees(self, place: XY, is_local: bool) -> tuple[XY, bool]:
        shown = "({:.10g}, {:.10g})".format(*place)
        if place == (0, 0):
            text = f"The coordinates {shown} stand for none"
            raise Fault("zero_place", text, "Correct them, or empty them where there is an address")
        if is_local:
            text = f"The coordinates {shown} are no degrees"
            raise Fault("local_crs", text, "Give the CRS of the list as CRS")
        remedy = "Correct them, or empty them where there is an address"
        for is_swapped in (False, True):
            moved = self._inside(place[::-1] if is_swapped else place)
            if moved is not None:
                return moved, is_swapped
        if self._crs is None:
            raise Fault("off_earth", f"The coordinates {shown} are not on the earth", remedy)
        name = self._crs.authid() or self._crs.description()
        raise Fault("off_crs", f"The coordinates {shown} lie outside of {name}", f"{remedy}; or correct CRS")

    def _inside(self, place: XY) -> XY | None:
        """Degrees of a place, where it lies within the area of the CRS; of degrees, on the earth."""
        if self._transform is None:
            return place if abs(place[0]) <= 180 and abs(place[1]) <= 90 else None
        try:
            moved = self._transform.transform(QgsPointXY(*place))
        except QgsCsException:
            return None
        # Written so that coordinates that are not numbers fail it, too.
        if not (abs(moved.x()) <= 180 and abs(moved.y()) <= 90):
            return None
        if not self._bounds.isEmpty() and not self._bounds.contains(moved):
            return None
        return moved.x(), moved.y()

    def _beside_others(self, found: list[Raw], given: Sequence[XY | None], told: list[str]) -> list[Raw]:
        """Swap x and y of rows that lie far off and would then lie among the others, as most rows prove."""
        known = [place for place, _ in found if place is not None]
        if len(known) < _LEAST_PROOF:
            return found
        centre = median(lon for lon, _ in known), median(lat for _, lat in known)
        distances = sorted(distance_km(*place, *centre) for place in known)
        radius = max(_LEAST_RADIUS_KM, distances[math.ceil(_PROOF_SHARE * len(known)) - 1])
        lie_together = radius < NEAR_KM
        sample = known[:: math.ceil(len(known) / _SAMPLE)]
        mended, far = [], []
        made: list[Raw] = []
        for number, raw, (place, fault) in zip(self._numbers, given, found):
            if place is not None and distance_km(*place, *centre) > _FAR_OFF * min(radius, NEAR_KM):
                other = self._inside(raw[::-1])
                if lie_together and other and distance_km(*other, *centre) < _AMONG * radius:
                    mended.append(number)
                    place = other
                elif not lie_together and other and _is_beside(other, place, sample):
                    text = "x and y may be swapped: other rows lie here and there, and prove neither"
                    place, fault = None, Fault("unclear_place", text, "Write the coordinates anew")
                elif distance_km(*place, *centre) > FAR_KM:
                    far.append(number)
            made.append((place, fault))
        if mended:
            told.append(
                f"x and y were swapped, as the other rows prove, and are put right: {rows_text(mended)}."
            )
        if far:
            told.append(f"Over {FAR_KM} km from the other rows, but accepted: {rows_text(far)}.")
        return made


def _is_beside(other: XY, place: XY, sample: Sequence[XY]) -> bool:
    """Whether a row would lie beside others with x and y swapped, far from where it is."""
    is_elsewhere = distance_km(*place, *other) > FAR_KM
    return is_elsewhere and any(distance_km(*other, *one) < NEAR_KM for one in sample)
