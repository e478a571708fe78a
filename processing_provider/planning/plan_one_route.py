"""The algorithm `optiway:plan_one_route`: one driver, one start. Its parameters and how they are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterPoint,
)

from optiway_qgis.layers.points import WGS84
from optiway_qgis.layers.problem_of import solo_problem
from optiway_qgis.layers.read_stops import read_stops

from .plan_algorithm import STOPS, Inputs, tr
from .ruled_algorithm import RuledAlgorithm

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading

START = "START"
RETURN = "RETURN"
START_TIME = "START_TIME"


class PlanOneRoute(RuledAlgorithm):
    """Plans the tour of one driver."""

    def name(self):
        """Return the id within the provider."""
        return "plan_one_route"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Plan one route")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Finds the best order for one driver to visit a set of points.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr(
            "tsp,travelling salesman,tour,round trip,route,order,optimize,driver,eta,time window"
        ).split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Orders the stops of one driver: click the start on the map, say whether to return there "
            "and when to set out. All stops are served, within their time windows where they have some; a "
            "stop whose window cannot be kept is left out with the reason.</p>"
            "<p>A <i>priority</i> above that of others means: come here early. The fields <i>stop_id, "
            "service_min, tw1_start, tw1_end, priority</i> are found by their names; fields about vehicles "
            "and skills do not count here. For several vehicles, shifts or capacities use "
            "<i>Plan routes</i>.</p>"
            "<p>Times and legs follow the lines of <i>Roads</i>, or come from a routing server or a travel "
            "matrix (see the advanced parameters). Without any of them travel times are an estimate from "
            "straight distances, and legs are drawn straight. With a table of <i>Traffic</i> times "
            "depend on the hour; <i>Barriers</i> close roads or slow them down.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add(
            QgsProcessingParameterFeatureSource(
                STOPS, tr("Stops"), [QgsProcessing.SourceType.TypeVectorPoint]
            ),
            "Points to be visited. Only geometry is needed; docs/fields.md lists the fields that are "
            "understood.",
        )
        self.add(
            QgsProcessingParameterPoint(START, tr("Start")),
            "Where the driver sets out. Typed without a CRS, it is longitude, latitude.",
        )
        self.add(
            QgsProcessingParameterBoolean(RETURN, tr("Return to the start"), defaultValue=True),
            "Whether the tour ends where it began. Otherwise it ends at its last stop.",
        )
        self.add(
            QgsProcessingParameterDateTime(
                START_TIME,
                tr("Start time"),
                QgsProcessingParameterDateTime.Type.Time,
                defaultValue="08:00",
            ),
            "Earliest start. The driver starts later where that saves waiting, unless START_RULE is early.",
        )
        self.add_day(advanced=True)
        self.add_expressions(STOPS, "SERVICE_TIME", "PRIORITY", "WINDOW_START", "WINDOW_END")
        self.add_breaks(advanced=True)
        self.add_work_rules(has_goods=False)
        self.add_travel()
        self.add_search(advanced=True)
        self.add_outputs()

    def read_inputs(self, parameters, context, reading: Reading) -> Inputs:
        """Read the stops; the start becomes the depot of one vehicle without limits."""
        if not self.parameterAsPointCrs(parameters, START, context).isValid():
            reading.feedback.pushInfo(tr("START has no CRS: read as longitude, latitude."))
        start = self.parameterAsPoint(parameters, START, context, QgsCoordinateReferenceSystem(WGS84))
        expressions = self.expressions(parameters, context, STOPS)
        stops = read_stops(self.source(STOPS), reading, expressions, for_fleet=False)
        problem = solo_problem(
            stops,
            (start.x(), start.y()),
            self.parameterAsBoolean(parameters, RETURN, context),
            reading.day.at(self.time(parameters, context, START_TIME)),
            reading,
        )
        rule = self.start_rule(parameters, context)
        vehicles = [replace(vehicle, start_rule=rule) for vehicle in problem.vehicles]
        vehicles = self.with_breaks(parameters, context, vehicles, reading)
        return Inputs(replace(problem, vehicles=tuple(vehicles)), stops.carried_along())
