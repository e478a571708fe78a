"""The algorithm `optiway:insert_options`: where new stops could go, and what each place adds. Its parameters
and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
)

from optiway_qgis.layers import run
from optiway_qgis.layers.output_fields import OPTIONS, options_fields
from optiway_qgis.layers.times import PlanDay
from optiway_qgis.layers.write_options import options_features, told
from optiway_qgis.model.options import Offer, Offers

from ..planning.plan_algorithm import RUN_PERCENT, tr
from .offer_algorithm import MOST, OfferAlgorithm

if TYPE_CHECKING:
    from optiway_qgis.layers.read_new_stops import NewStops
    from optiway_qgis.layers.reading import Reading
    from optiway_qgis.layers.write_options import Choices

ONLY_FITTING = "ONLY_FITTING"
OPTION_COUNT = "OPTION_COUNT"
STOPS_WITHOUT_OPTION = "STOPS_WITHOUT_OPTION"


class InsertOptions(OfferAlgorithm):
    """Ranks the vehicles that could take new stops."""

    def name(self):
        """Return the id within the provider."""
        return "insert_options"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Find places for new stops")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Ranks the vehicles for new stops by what each place on a route adds in time and money.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("vrp,insert,insertion,new stop,same day,dispatch,dynamic,option,rank,cheapest").split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes a plan, also while it is driven, and stops that it has no place for yet. Each stop is "
            "put into every route at every place, with the order of all other stops as it is, and the best "
            "place on each route is written: vehicle, place, arrival, what it adds in minutes, kilometres "
            "and money, how many stops are served later, and how many arrivals leave the tolerance of 15 "
            "minutes around what was planned.</p>"
            "<p>All rules and times are those of the plan: windows, loads, shifts, breaks, reloads, traffic. "
            "Of idle vehicles that are alike one is asked. A place that breaks a rule that was kept is no "
            "option; a stop that fits nowhere has a row without a <i>rank</i> that says why. Nothing is "
            "changed: <i>Edit routes</i> puts the stop where it is wanted.</p>"
            "<p>Give the same depots, vehicles, breaks, roads, server or matrix, traffic and barriers as the "
            "plan was made with. See docs/replanning.md.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_plan()
        self.add_new_stops()
        self.add_most("Options for each stop, at most", "The best ones, each on another vehicle.")
        self.add(
            QgsProcessingParameterBoolean(
                ONLY_FITTING, tr("Only places that break no rule"), defaultValue=True, optional=True
            ),
            "No: also vehicles on whose routes the stop breaks rules, which are named; they come last and "
            "have no rank.",
            advanced=True,
        )
        self.add_now()
        self.add_day_inputs()
        self.add(
            QgsProcessingParameterFeatureSink(
                OPTIONS,
                tr("Options"),
                QgsProcessing.SourceType.TypeVectorPoint,
                optional=True,
                createByDefault=True,
            ),
            "A point for each option, where the new stop is: rank, vehicle, place on the route, eta, and "
            "what is added.",
        )
        self.addOutput(QgsProcessingOutputNumber(OPTION_COUNT, tr("Options that break no rule")))
        self.addOutput(QgsProcessingOutputNumber(STOPS_WITHOUT_OPTION, tr("New stops that fit nowhere")))

    def offers(self, parameters, context, reading: Reading, new: NewStops, now: int | None) -> Offers:
        """Return what is asked about the new stops."""
        return Offers(
            tuple(Offer(name) for name in new.asked),
            self.parameterAsInt(parameters, MOST, context),
            self.parameterAsBoolean(parameters, ONLY_FITTING, context),
        )

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        progress = run.Progress(feedback)
        inputs, choices = self.choices(parameters, context, feedback, progress)
        day = PlanDay.of(inputs.problem)
        features = options_features(choices, day, context)
        results = self.write_points(
            parameters, context, feedback, OPTIONS, options_fields(), features, choices.new.crs
        )
        progress.part(100, RUN_PERCENT, 100)
        for line in lines(choices):
            feedback.pushInfo(line)
        fitting = choices.fitting
        return {
            **results,
            OPTION_COUNT: sum(map(len, fitting.values())),
            STOPS_WITHOUT_OPTION: len(choices.new.rejected) + sum(not one for one in fitting.values()),
        }


def lines(choices: Choices) -> list[str]:
    """The best option of each stop, for the log."""
    found = [f"{name}: {told(options[0])}" for name, options in choices.of.items() if options]
    return found + [f"{row.stop_id}: {row.text}" for row in choices.new.rejected]
