"""Writes the stops that two plans serve differently as points, to the sink of a Processing algorithm.

What changed is model/compare.py's, why is model/why.py's, how it looks is styles.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsFields,
    QgsGeometry,
    QgsPoint,
    QgsProcessingContext,
)

from .fields import STOP_FIELDS, recognise
from .output_fields import day_changes_fields
from .points import WGS84
from .qgis_compat import is_null
from .row import as_text
from .times import PlanDay
from .write import make_feature, transformed

if TYPE_CHECKING:
    from ..model.compare import Served, StopChange
    from ..model.problem import Problem, Stop
    from ..model.why import DayChanges
    from .carried import CarriedStops


def day_changes_features(
    problem: Problem, changed: DayChanges, carried: CarriedStops, context: QgsProcessingContext
) -> Iterator[QgsFeature]:
    """The features of CHANGES of a plan whose day is under way, in the CRS of the stops: see
    `write.transformed`. A stop that is none of the problem is where its rejected row is, if it has one."""
    rows = {row.stop_id: row.geometry for row in carried.rejected}
    column = recognise(STOP_FIELDS, carried.fields.names()).get("name")
    names = {}
    if column is not None:
        values = {row.stop_id: row.attributes[column.index] for row in carried.rejected}
        names = {name: as_text(value) for name, value in values.items() if not is_null(value)}
    fields = day_changes_fields()
    return changed_stops(problem, changed.changes, changed.whys, fields, carried.crs, context, rows, names)


def changed_stops(
    problem: Problem,
    changes: Iterable[StopChange],
    words: Mapping[str, str],
    fields: QgsFields,
    crs: QgsCoordinateReferenceSystem,
    context: QgsProcessingContext,
    places: Mapping[str, QgsGeometry] | None = None,
    names: Mapping[str, str] | None = None,
) -> Iterator[QgsFeature]:
    """A feature for each change with these fields, the last of which has the words on the stop.

    `places` and `names` are those of stops that the problem has not, places in the CRS given.
    """
    stops = {stop.id: stop for stop in problem.stops}
    day = PlanDay.of(problem)
    to_output = QgsCoordinateTransform(QgsCoordinateReferenceSystem(WGS84), crs, context.transformContext())
    for one in changes:
        stop = stops.get(one.stop_id)
        values = (
            one.stop_id,
            (stop.name if stop else (names or {}).get(one.stop_id)) or None,
            one.change,
            *_pair("vehicle_id", one.before, one.after),
            *_pair("sequence", one.before, one.after),
            *(
                None if moment is None else day.wall_clock(moment)
                for moment in _pair("eta", one.before, one.after)
            ),
            None if one.seconds is None else one.seconds / 60,
            *(None if late is None else late / 60 for late in _pair("late", one.before, one.after)),
            words.get(one.stop_id),
        )
        yield make_feature(fields, values, _place(stop, one.stop_id, to_output, places or {}))


def _place(
    stop: Stop | None, stop_id: str, to_output: QgsCoordinateTransform, places: Mapping[str, QgsGeometry]
) -> QgsGeometry:
    if stop is None:
        return places.get(stop_id, QgsGeometry())
    return transformed(QgsGeometry(QgsPoint(stop.lon, stop.lat)), to_output, stop_id)


def _pair(member: str, before: Served | None, after: Served | None) -> list[Any]:
    return [None if served is None else getattr(served, member) for served in (before, after)]
