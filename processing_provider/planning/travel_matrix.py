"""The algorithm `optiway:travel_matrix`: travel times between points as a table and as a file. Parameters and
steps."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterString,
    QgsWkbTypes,
)

from optiway_qgis.layers import run
from optiway_qgis.layers.destinations import cannot_write
from optiway_qgis.layers.engine_process import find_engine
from optiway_qgis.layers.feedback import GroupedWarnings
from optiway_qgis.layers.reading import Reading
from optiway_qgis.layers.times import PlanDay, today
from optiway_qgis.layers.travel_table import read_ends, table_fields, together, write_table
from optiway_qgis.layers.write import verify_written
from optiway_qgis.model.errors import InputError, JobCancelled
from optiway_qgis.model.problem import Problem, Vehicle

from .plan_algorithm import MATRIX, READ_PERCENT, RUN_PERCENT, PlanAlgorithm, destination_of, is_wanted, tr

if TYPE_CHECKING:
    from optiway_qgis.layers.travel_table import Ends

FROM = "FROM"
TO = "TO"
PROFILE = "PROFILE"
TABLE = "TABLE"
PAIR_COUNT = "PAIR_COUNT"
WAY_COUNT = "WAY_COUNT"


class TravelMatrix(PlanAlgorithm):
    """Writes travel times and distances."""

    def name(self):
        """Return the id within the provider."""
        return "travel_matrix"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Travel matrix")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Travel times and distances from each point to each other one, as a table and as a file.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("matrix,od,origin,destination,cost,time,distance,table,osrm,valhalla").split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Finds how long and how far it is from each point of one layer to each point of another, on a "
            "road layer, from a routing server, or by an estimate. The way back may differ from the way "
            "there. The table has a row for each pair; where there is no way the numbers are empty and "
            "<i>status</i> says why.</p>"
            "<p>The file holds all times among the points of both layers. <i>Plan routes</i> takes it as "
            "<i>Travel matrix</i>: give the stops here as one layer and the depots as the other, and each "
            "plan of the day uses the same times without asking again.</p>"
            "<p>A layer with the field <i>depot_id</i> and without <i>stop_id</i> holds depots, any other "
            "one stops.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        point = [QgsProcessing.SourceType.TypeVectorPoint]
        self.add(
            QgsProcessingParameterFeatureSource(FROM, tr("From"), point),
            "Points where travels begin: stops or depots.",
        )
        self.add(
            QgsProcessingParameterFeatureSource(TO, tr("To"), point, optional=True),
            "Points where travels end. Empty: those of From.",
        )
        self.add(
            QgsProcessingParameterString(PROFILE, tr("Vehicle profile"), defaultValue="car"),
            "car, van, truck, bike, foot, or a profile of your own.",
        )
        self.add_travel(takes_matrix=False)
        self.add(
            QgsProcessingParameterFeatureSink(
                TABLE,
                tr("Travel times"),
                QgsProcessing.SourceType.TypeVector,
                optional=True,
                createByDefault=True,
            ),
            "A row for each pair: from_id, to_id, travel_min, distance_km, status.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                MATRIX,
                tr("Travel matrix"),
                tr("Travel matrix (*.npz)"),
                optional=True,
                createByDefault=False,
            ),
            "File with all times and distances, for Plan routes.",
        )
        self.addOutput(QgsProcessingOutputNumber(PAIR_COUNT, tr("Number of pairs")))
        self.addOutput(QgsProcessingOutputNumber(WAY_COUNT, tr("Pairs with a way")))

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        progress = run.Progress(feedback)
        engine = find_engine(QgsApplication.qgisSettingsDirPath())
        origins, ends, problem = self._read_points(parameters, context, feedback)
        progress.part(100, 0, READ_PERCENT)
        kept = self.parameterAsFileOutput(parameters, MATRIX, context)
        with TemporaryDirectory(prefix="optiway-") as folder:
            path = os.path.abspath(kept) if kept else os.path.join(folder, "matrix.npz")
            with self._travel(parameters, context, feedback, problem, progress) as travel:
                job = run.matrix_job(problem, travel, path)
                run.run_for_result(job, engine, feedback, progress, (READ_PERCENT, RUN_PERCENT))
            results = self._write_pairs(parameters, context, feedback, path, origins, ends)
        if feedback.isCanceled():
            raise JobCancelled
        if kept:
            results[MATRIX] = kept
        progress.part(100, RUN_PERCENT, 100)
        return results

    def _read_points(self, parameters, context, feedback) -> tuple[Ends, Ends, Problem]:
        warnings = GroupedWarnings()
        errors = [
            text
            for name in (TABLE, MATRIX)
            for text in [cannot_write(name, destination_of(parameters.get(name), context))]
            if text
        ]
        reading = Reading(
            PlanDay(today("UTC"), "UTC"), context.transformContext(), feedback, warnings, errors
        )
        origins = ends = read_ends(self.source(FROM), reading, FROM)
        if self.source(TO) is not None:
            ends = read_ends(self.source(TO), reading, TO)
        points = together(origins, ends, reading)
        if not errors and not (points.stops or points.depots):
            errors.append(f"{FROM} and {TO} have no point that can be read. Correct the geometries.")
        self.read_travel(parameters, context, reading)
        warnings.push(feedback)
        if errors:
            raise InputError(errors)
        profile = self.parameterAsString(parameters, PROFILE, context).strip() or "car"
        vehicle = Vehicle("V1", profile=profile)
        return (
            origins,
            ends,
            Problem(reading.day.iso_date, reading.day.zone_name, points.stops, points.depots, (vehicle,)),
        )

    def _write_pairs(self, parameters, context, feedback, path: str, origins: Ends, ends: Ends) -> dict:
        sink, destination = self.parameterAsSink(
            parameters,
            TABLE,
            context,
            table_fields(),
            QgsWkbTypes.Type.NoGeometry,
            QgsCoordinateReferenceSystem(),
        )
        if sink is None and is_wanted(parameters.get(TABLE), context):
            raise QgsProcessingException(self.invalidSinkError(parameters, TABLE))
        pairs = len(origins.names()) * len(ends.names())
        try:
            ways = write_table(path, origins, ends, sink, feedback)
        except OSError as error:
            raise QgsProcessingException(f"TABLE cannot be written: {error}") from error
        feedback.pushInfo(tr("{ways} of {pairs} pairs have a way.").format(ways=ways, pairs=pairs))
        results: dict[str, Any] = {PAIR_COUNT: pairs, WAY_COUNT: ways}
        if sink is not None:
            del sink  # the file is complete only when its sink is gone
            if not feedback.isCanceled():
                verify_written({TABLE: destination}, {TABLE: pairs}, context)
            results[TABLE] = destination
        return results
