"""Writes a comparison of two plans to the sinks of a Processing algorithm: a table of figures, and the stops
that changed as points. How they look is styles.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple

from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsProcessingContext

from .output_fields import changes_fields, comparison_fields
from .write import make_feature
from .write_changes import changed_stops

if TYPE_CHECKING:
    from ..model.compare import Comparison
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
    return changed_stops(problem, comparison.changes, remarks, changes_fields(), crs, context)
