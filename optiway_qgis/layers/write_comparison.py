"""Writes a comparison of two plans to the sinks of a Processing algorithm: a table of figures, and the stops
that changed as points. How they look is styles.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping, NamedTuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsPoint,
    QgsProcessingContext,
)
from qgis.PyQt.QtCore import QDate, Qt

from .output_fields import changes_fields, comparison_fields
from .points import WGS84
from .times import PlanDay
from .write import make_feature, transformed

if TYPE_CHECKING:
    from ..model.compare import Comparison, Served
    from ..model.problem import Problem


class Compared(NamedTuple):
    """A comparison with what is needed to write it: its problem, and remarks on stops by their id."""

    problem: Problem
    comparison: Comparison
    remarks: Mapping[str, str]


def comparison_features(compared: Compared) -> Iterator[QgsFeature]:
    """The features of COMPARISON: the figures of the whole plans, then those of each vehicle."""
    fields = comparison_fields()
    for figure in compared.comparison.rows:
        values = (
            figure.name,
            figure.vehicle_id or None,
            figure.unit,
            float(figure.before),
            float(figure.after),
            float(figure.difference),
            figure.percent,
        )
        yield make_feature(fields, values, QgsGeometry())


def changes_features(
    compared: Compared, crs: QgsCoordinateReferenceSystem, context: QgsProcessingContext
) -> Iterator[QgsFeature]:
    """The features of CHANGES in the CRS given, which has to hold them: see `write.transformed`."""
    problem, comparison, remarks = compared
    fields = changes_fields()
    stops = {stop.id: stop for stop in problem.stops}
    day = PlanDay(QDate.fromString(problem.plan_date, Qt.DateFormat.ISODate), problem.time_zone)
    to_output = QgsCoordinateTransform(QgsCoordinateReferenceSystem(WGS84), crs, context.transformContext())
    for one in comparison.changes:
        stop = stops[one.stop_id]
        values = (
            one.stop_id,
            stop.name or None,
            one.change,
            *_pair("vehicle_id", one.before, one.after),
            *_pair("sequence", one.before, one.after),
            *(
                None if moment is None else day.wall_clock(moment)
                for moment in _pair("eta", one.before, one.after)
            ),
            None if one.seconds is None else one.seconds / 60,
            *(None if late is None else late / 60 for late in _pair("late", one.before, one.after)),
            remarks.get(one.stop_id),
        )
        place = transformed(QgsGeometry(QgsPoint(stop.lon, stop.lat)), to_output, stop.id)
        yield make_feature(fields, values, place)


def _pair(member: str, before: Served | None, after: Served | None) -> list[Any]:
    return [None if served is None else getattr(served, member) for served in (before, after)]
