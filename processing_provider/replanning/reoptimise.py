"""The algorithm `optiway:reoptimise`: the rest of a day planned anew. Its parameters and what they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsProcessing, QgsProcessingParameterEnum, QgsProcessingParameterFeatureSource

from optiway_qgis.layers.read_disruptions import DISRUPTIONS, Disruptions, read_disruptions
from optiway_qgis.model.day import SCOPE_FREE, SCOPE_ROUTES, SCOPE_SEQUENCE, SCOPE_TIMES, Ask

from ..planning.plan_algorithm import tr
from .disrupted_day import DisruptedDay, Prices

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading

SCOPE = "SCOPE"

_PRICES = Prices(vehicle=5, position=1, promise=3)


class Reoptimise(DisruptedDay):
    """Plans what is left of a day anew, and keeps to the plan before as far as that is asked."""

    def name(self):
        """Return the id within the provider."""
        return "reoptimise"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Re-optimise the rest of a day")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Plans what is left of a day anew: what is done stays, and changes have a price.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr(
            "vrp,reoptimise,reoptimize,replan,dynamic,dispatch,disruption,breakdown,late,live,under way"
        ).split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes a plan whose day may be under way and plans the rest of it anew. What is done stays as "
            "it is. Vehicles go on from where they are at <i>Now</i>: from the positions in the vehicles "
            "layer, or from the legs of the plan. The result is the next version of the plan, with the stops "
            "that changed and why; the layers of the plan before are not touched.</p>"
            "<p><i>What may change</i> sets the limit: only times, the order on each route, which of the "
            "vehicles in use serves a stop, or all of it. Within that, prices keep the plan from changing "
            "for next to nothing: a driver who has to be called, a customer who waits. With all prices 0 the "
            "cheapest plan is looked for, whatever moves.</p>"
            "<p>What went wrong is told in the table <i>Disruptions</i>: vehicles lost, drivers sick, "
            "vehicles running late, roads closed, new windows, new shifts; docs/fields.md has its columns. "
            "For a single event see <i>Handle a disruption</i>.</p>"
            "<p>Give the depots, vehicles, breaks, roads, server or matrix, traffic and barriers that the "
            "plan was made with. docs/replanning.md has an example.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_plan()
        self.add_now()
        self.add(
            QgsProcessingParameterEnum(
                SCOPE,
                tr("What may change"),
                options=[SCOPE_TIMES, SCOPE_SEQUENCE, SCOPE_ROUTES, SCOPE_FREE],
                defaultValue=SCOPE_ROUTES,
                usesStaticStrings=True,
            ),
            "times: nothing but times. sequence: the order on each route; stops of lost vehicles go "
            "anywhere. routes: stops may also change between vehicles that have a route. free: any vehicle "
            "may be used, and stops that were left out come in where they fit.",
        )
        self.add(
            QgsProcessingParameterFeatureSource(
                DISRUPTIONS,
                tr("Disruptions"),
                [QgsProcessing.SourceType.TypeVector],
                optional=True,
            ),
            "What went wrong: kind (vehicle_lost, driver_sick, late, road_closed, window, shift), "
            "vehicle_id, stop_id, time, minutes, tw_start, tw_end, shift_start, shift_end. A table, or "
            "features that show where roads are closed. Empty: nothing did.",
        )
        self.add_prices(_PRICES, advanced=False)
        self.add_day_inputs()
        self.add_goals()
        self.add_search(advanced=False, seconds=10)
        self.add_day_outputs()

    def disruptions(self, parameters, context, now: int | None, reading: Reading) -> Disruptions:
        """Read the table."""
        source = self.source(DISRUPTIONS)
        return Disruptions() if source is None else read_disruptions(source, now, reading)

    def usual_prices(self, parameters, context) -> Prices:
        """The prices of changes where none are given."""
        return _PRICES

    def ask(self, parameters, context, disruptions: Disruptions) -> Ask:
        """Return what SCOPE says."""
        return Ask(scope=self.parameterAsEnumString(parameters, SCOPE, context))
