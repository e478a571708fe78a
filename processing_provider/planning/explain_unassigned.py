"""The algorithm `optiway:explain_unassigned`: why a plan does not serve some stops, and what would help.

Its parameters, reading and outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
)

from optiway_qgis.layers import run
from optiway_qgis.layers.output_fields import UNASSIGNED
from optiway_qgis.layers.read_unserved import PLAN, STOPS, read_unserved
from optiway_qgis.layers.read_visits import first_date, see_routes

from .kept_order import KeptOrder
from .plan_algorithm import REPORT, VEHICLES, Inputs, tr

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading
    from optiway_qgis.layers.write import Counts
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Settings

UNASSIGNED_COUNT = "UNASSIGNED_COUNT"
FIXABLE_COUNT = "FIXABLE_COUNT"


class ExplainUnassigned(KeptOrder):
    """Tells of each stop that a plan leaves out why, and which single change would let it be served."""

    def name(self):
        """Return the id within the provider."""
        return "explain_unassigned"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Explain unassigned stops")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Tells why a plan does not serve some stops, and which single change would let it.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("vrp,unassigned,unserved,infeasible,reason,why,repair,fix,explain,what-if").split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes a plan, made here or by hand, and the stops it should serve. For each stop that is on "
            "no route it says which rule keeps it from one, by how much, which vehicle comes closest, "
            "what serving it would add in minutes and money, and the smallest single change that would make "
            "it fit: a window until 12:20, 30 minutes more shift for one vehicle, a vehicle with a "
            "fridge.</p>"
            "<p>Changes are found by trying: the stop is put into the routes as they stand, with one value "
            "changed, and timed by the scheduler. The order of the plan is not changed. Each change is for "
            "one stop alone; where several are left out, what one change makes room for may go to another "
            "of them. Where very many are left out, changes are tried for the most important ones, those of "
            "the highest priority.</p>"
            "<p>Give the same depots, vehicles, breaks, roads, server or matrix, traffic and barriers as the "
            "plan was made with. Without vehicles there are no limits but those of the stops.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        point = [QgsProcessing.SourceType.TypeVectorPoint]
        self.add(
            QgsProcessingParameterFeatureSource(PLAN, tr("Plan: visits or numbered stops"), point),
            "The layer VISITS of a plan, edited or not, or points with stop_id, vehicle_id and sequence. "
            "Stops whose vehicle_id is empty are not served.",
        )
        self.add(
            QgsProcessingParameterFeatureSource(STOPS, tr("All stops"), point, optional=True),
            "All stops that were asked for, or the UNASSIGNED of the plan: those that the plan has no row "
            "for are not served. Empty: only the rows of the plan without a vehicle.",
        )
        self.add_kept_order(PLAN)
        self.add_travel()
        self.add(
            QgsProcessingParameterFeatureSink(
                UNASSIGNED, tr("Unassigned stops"), point[0], optional=True, createByDefault=True
            ),
            "Stops that no route serves, each with the reason, the nearest vehicle and what would help.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                REPORT, tr("Report"), tr("HTML files (*.html)"), optional=True, createByDefault=True
            ),
            "The plan with its unassigned stops as one file to read, print or send.",
        )
        self.addOutput(QgsProcessingOutputNumber(UNASSIGNED_COUNT, tr("Stops not served")))
        self.addOutput(
            QgsProcessingOutputNumber(FIXABLE_COUNT, tr("Stops not served that a single change would help"))
        )

    def default_date(self, zone_name: str):
        """Return the date of the plan."""
        return first_date(self.source(PLAN)) or super().default_date(zone_name)

    def read_inputs(self, parameters, context, reading: Reading) -> Inputs:
        """Read the plan, the stops it does not serve, and the depots and vehicles given or seen in it."""
        (visits,) = self.visits_layers(reading, PLAN)
        depots, vehicles = self.fleet(
            parameters, context, reading, see_routes(visits, reading), idle_too=True
        )
        given = [name for name in (PLAN, STOPS) if self.source(name) is not None]
        problem, carried, sequences = read_unserved(
            visits,
            self.source(STOPS),
            depots,
            vehicles,
            reading,
            {name: self.expressions(parameters, context, name) for name in given},
            judges_skills=self.source(VEHICLES) is not None,
        )
        reading.errors[:] = dict.fromkeys(reading.errors)  # a bad expression is one of both layers
        return Inputs(problem, carried, sequences)

    def job(self, inputs: Inputs, travel: dict[str, Any], settings: Settings) -> dict[str, Any]:
        """Return the job that explains the stops on no route."""
        return run.explain_job(inputs.problem, travel, settings, inputs.sequences or ())

    def numbers(self, counts: Counts, plan: Plan, inputs: Inputs) -> dict[str, float]:
        """Return how many stops are not served, and of how many a change is known."""
        fixable = sum(bool(left.fix) for left in plan.unassigned)
        return {UNASSIGNED_COUNT: counts.unassigned, FIXABLE_COUNT: fixable}
