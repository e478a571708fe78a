"""The algorithm `optiway:schedule`: times, loads and violations of a given order. Its parameters and
reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsProcessing, QgsProcessingParameterFeatureSource

from optiway_qgis.layers.read_visits import first_date, read_visits, see_routes

from .kept_order import KeptOrder
from .plan_algorithm import STOPS, VEHICLES, Inputs, tr

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading


class Schedule(KeptOrder):
    """Keeps the order of a plan and recomputes the rest."""

    def name(self):
        """Return the id within the provider."""
        return "schedule"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Schedule an edited plan")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Keeps vehicle and order of each stop and recomputes times, loads, costs and violations.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("vrp,schedule,reschedule,edit,sequence,eta,recalculate,dispatch,timetable").split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes the visits of a plan, also after somebody changed <i>vehicle_id</i> or "
            "<i>sequence</i> in the attribute table, and recomputes every time, load, cost and violation. "
            "It never changes the order: a rule that is broken is reported in the visits, the routes, the "
            "report and the log.</p>"
            "<p>To make room between stops, multiply <i>sequence</i> by ten in the field calculator: a stop "
            "with 35 then goes between those with 30 and 40. A stop whose vehicle_id is empty goes to the "
            "unassigned stops. Any point layer with <i>vehicle_id</i> and <i>sequence</i> works.</p>"
            "<p>Service times are those of <i>planned_service_min</i>, unless <i>Service time</i> is "
            "given. Where the plan was made with expressions for demand or windows, give the same ones "
            "here, and give the same depots and vehicles to have their hours, shifts, capacities, limits "
            "and costs judged: without them vehicles leave when the visits say so and have no limits. Give "
            "the same roads, server or matrix, traffic and barriers too: without any of the first three "
            "travel times are an estimate.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        point = [QgsProcessing.SourceType.TypeVectorPoint]
        self.add(
            QgsProcessingParameterFeatureSource(STOPS, tr("Visits of a plan, or numbered stops"), point),
            "The layer VISITS of a plan, edited or not, or points with vehicle_id and sequence.",
        )
        self.add_kept_order(STOPS)
        self.add_travel()
        self.add_outputs()

    def default_date(self, zone_name: str):
        """Return the date of the visits."""
        return first_date(self.source(STOPS)) or super().default_date(zone_name)

    def read_inputs(self, parameters, context, reading: Reading) -> Inputs:
        """Read the visits with their order, and the depots and vehicles given or seen in them."""
        (visits,) = self.visits_layers(reading, STOPS)
        depots, vehicles = self.fleet(parameters, context, reading, see_routes(visits, reading))
        problem, stops, sequences = read_visits(
            visits,
            depots,
            vehicles,
            reading,
            self.expressions(parameters, context, STOPS),
            judges_skills=self.source(VEHICLES) is not None,
        )
        return Inputs(problem, stops.carried_along(), sequences)
