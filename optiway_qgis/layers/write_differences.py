"""The table of what changes for each driver: fields and rows. What changes is model/differences.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, NamedTuple, Sequence

from qgis.core import QgsFeature, QgsFields, QgsGeometry

from ..model.plan import VISIT_STOP
from .qgis_compat import DATE_TIME, INTEGER, TEXT, make_field
from .write import make_feature

if TYPE_CHECKING:
    from ..model.differences import Difference, DriverVisit
    from .times import PlanDay

DIFFERENCES = "DIFFERENCES"

_FIELDS = (
    ("vehicle_id", TEXT),
    ("driver", TEXT),
    ("plan_id", TEXT),
    ("version_before", INTEGER),
    ("version_after", INTEGER),
    ("added", INTEGER),
    ("removed", INTEGER),
    ("moved", INTEGER),
    ("later", INTEGER),
    ("earlier", INTEGER),
    ("first_change", DATE_TIME),
    ("message", TEXT),
)


class Told(NamedTuple):
    """What changes for a driver, and the message that tells him."""

    difference: Difference
    message: str


def differences_fields() -> QgsFields:
    """Fields of DIFFERENCES."""
    fields = QgsFields()
    for name, kind in _FIELDS:
        fields.append(make_field(name, kind))
    return fields


def differences_features(
    told: Sequence[Told], plan_id: str, versions: tuple[int | None, int | None], day: PlanDay
) -> Iterator[QgsFeature]:
    """A row for each driver; of stops it says how many change, `versions` are those before and after."""
    fields = differences_fields()
    for difference, message in told:
        first = difference.first
        values = (
            difference.vehicle_id,
            difference.driver or None,
            plan_id or None,
            *versions,
            _stops(difference.added),
            _stops(difference.removed),
            len(difference.moved),
            len(difference.later),
            len(difference.earlier),
            None if first is None else day.wall_clock(first),
            message,
        )
        yield make_feature(fields, values, QgsGeometry())


def _stops(visits: Sequence[DriverVisit]) -> int:
    return sum(visit.type == VISIT_STOP for visit in visits)
