"""Where the coordinates of a list lie: their CRS, coordinates that were swapped, and places that cannot be.

How coordinates are written is model/messy.py's.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Sequence

from qgis.core import QgsCsException, QgsPointXY

from ..model.findings import Fault
from .import_rows import rows_text
from .points import FAR_KM, NEAR_KM, distance_km, to_wgs84

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransformContext

    from .import_rows import Raw

XY = tuple[float, float]

_LEAST_PROOF = 3
"""Rows that must lie together to prove something of another one."""
_PROOF_SHARE = 2 / 3
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
                found.append((None, fault))
        if mended:
            told.append(f"x and y were swapped, as the bounds prove, and are put right: {rows_text(mended)}.")
        return self._beside_others(found, told)

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
        if self._transform is None:
            lon, lat = place
            if abs(lon) <= 180 and abs(lat) <= 90:
                return place, False
            if abs(lat) <= 180 and abs(lon) <= 90:
                return (lat, lon), True
            raise Fault("off_earth", f"The coordinates {shown} are not on the earth", remedy)
        for is_swapped in (False, True):
            moved = self._inside(place[::-1] if is_swapped else place)
            if moved is not None:
                return moved, is_swapped
        name = self._crs.authid() or self._crs.description()
        raise Fault("off_crs", f"The coordinates {shown} lie outside of {name}", f"{remedy}; or correct CRS")

    def _inside(self, place: XY) -> XY | None:
        """Degrees of a place, where it lies within the area of the CRS."""
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

    def _beside_others(self, found: list[Raw], told: list[str]) -> list[Raw]:
        """Swap x and y of rows that lie far off and would then lie among the others, as most rows prove."""
        known = [place for place, _ in found if place is not None]
        if len(known) < _LEAST_PROOF:
            return found
        centre = median(lon for lon, _ in known), median(lat for _, lat in known)
        together = sum(distance_km(*place, *centre) < NEAR_KM for place in known)
        is_proof = together >= max(_LEAST_PROOF, _PROOF_SHARE * len(known))
        mended, far = [], []
        made: list[Raw] = []
        for number, (place, fault) in zip(self._numbers, found):
            if place is not None and distance_km(*place, *centre) > FAR_KM:
                lat, lon = place
                if abs(lat) <= 90 and distance_km(lon, lat, *centre) < NEAR_KM:
                    if is_proof:
                        mended.append(number)
                        place = lon, lat
                    else:
                        text = "Longitude and latitude may be swapped; too few other rows prove it"
                        place, fault = None, Fault("unclear_place", text, "Write longitude and latitude anew")
                elif is_proof:
                    far.append(number)
            made.append((place, fault))
        if mended:
            told.append(
                f"x and y were swapped, as the other rows prove, and are put right: {rows_text(mended)}."
            )
        if far:
            told.append(f"Over {FAR_KM} km from the other rows, but accepted: {rows_text(far)}.")
        return made
