"""What the algorithms with vehicles have in common: parameters for breaks, starts, goods and goals.

What their words mean is said by layers/read_breaks.py and layers/wishes.py."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Sequence

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from optiway_qgis.layers.read_breaks import BREAK_RULES, BREAKS, read_breaks, with_rule
from optiway_qgis.layers.wishes import (
    BALANCES,
    COST,
    GOALS,
    INCOMPATIBLE_GOODS,
    goals_of,
    incompatible_goods,
)
from optiway_qgis.model.problem import START_LATE, START_RULES

from .plan_algorithm import PlanAlgorithm, tr

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading
    from optiway_qgis.model.problem import Problem, Vehicle

BREAK_RULE = "BREAK_RULE"
START_RULE = "START_RULE"
GOAL = "GOAL"
BALANCE = "BALANCE"
BALANCE_WEIGHT = "BALANCE_WEIGHT"


class RuledAlgorithm(PlanAlgorithm):
    """Base of the algorithms whose vehicles take breaks and start by a rule."""

    def add_breaks(self, advanced: bool = False) -> None:
        """Add BREAKS."""
        self.add(
            QgsProcessingParameterFeatureSource(
                BREAKS, tr("Breaks"), [QgsProcessing.SourceType.TypeVector], optional=True
            ),
            "Table of breaks: duration_min, and when each is due, by the clock (tw_start and tw_end), after "
            "driving (after_drive_min) or after work (after_work_min); vehicle_id where it is not for all.",
            advanced,
        )

    def add_work_rules(self, has_goods: bool = True) -> None:
        """Add BREAK_RULE and START_RULE, and INCOMPATIBLE_GOODS where stops are of a fleet."""
        self._add_words(
            BREAK_RULE,
            "Breaks by rule",
            list(BREAK_RULES),
            "Breaks of all vehicles, beside those of the table. eu_driving: 45 minutes after 4 h 30 of "
            "driving at the latest, or 15 and then 30 (Regulation (EC) 561/2006, article 7). eu_work: 30 "
            "minutes after 6 hours of work at the latest (Directive 2002/15/EC, article 5). "
            "eu_driving_and_work: both. They are not paid.",
        )
        self._add_words(
            START_RULE,
            "Start of work",
            list(START_RULES),
            "When vehicles start whose field start_rule does not say it. late: as late as makes nothing "
            "later, so that least is waited. early: as early as shift and depot allow.",
        )
        if has_goods:
            self.add(
                QgsProcessingParameterString(
                    INCOMPATIBLE_GOODS, tr("Goods that may not be on one trip"), optional=True
                ),
                "Pairs of the stops' goods_class, such as food-chemicals, food-waste.",
                advanced=True,
            )

    def add_goals(self) -> None:
        """Add GOAL, BALANCE and BALANCE_WEIGHT."""
        self._add_words(
            GOAL,
            "Goal",
            list(GOALS),
            "cost: the plan that costs least. fewest_vehicles: no vehicle more than needed, whatever it "
            "costs; of such plans the cheapest.",
        )
        self._add_words(
            BALANCE,
            "Balance between vehicles",
            list(BALANCES),
            "Makes the longest route shorter, measured in working time, stops or distance, where that is "
            "worth it. It is a wish and not part of the cost of the plan.",
        )
        self.add(
            QgsProcessingParameterNumber(
                BALANCE_WEIGHT,
                tr("Weight of the balance"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=1,
                optional=True,
                minValue=0,
                maxValue=1000,
            ),
            "How much balance counts beside cost. 1: an hour or kilometre of the longest route counts as "
            "much as one of every vehicle, a stop as much as a quarter of an hour of every vehicle.",
            advanced=True,
        )

    def start_rule(self, parameters, context) -> str:
        """The word of START_RULE."""
        return self.parameterAsEnumString(parameters, START_RULE, context) or START_LATE

    def with_breaks(
        self, parameters, context, vehicles: Sequence[Vehicle], reading: Reading, whole_fleet: bool = True
    ) -> list[Vehicle]:
        """The vehicles with the breaks of BREAKS and BREAK_RULE."""
        if self.source(BREAKS) is not None:
            vehicles = read_breaks(self.source(BREAKS), vehicles, reading, whole_fleet)
        return with_rule(vehicles, self.parameterAsEnumString(parameters, BREAK_RULE, context) or "none")

    def wished(self, parameters, context, problem: Problem, reading: Reading) -> Problem:
        """Return the problem with the goals and the goods that may not be on one trip."""
        if self.parameterDefinition(INCOMPATIBLE_GOODS):
            text = self.parameterAsString(parameters, INCOMPATIBLE_GOODS, context)
            problem = replace(problem, incompatible=incompatible_goods(text, reading))
        if not self.parameterDefinition(GOAL):
            return problem
        has_weight = parameters.get(BALANCE_WEIGHT) is not None
        goals = goals_of(
            self.parameterAsEnumString(parameters, GOAL, context) or COST,
            self.parameterAsEnumString(parameters, BALANCE, context) or "none",
            self.parameterAsDouble(parameters, BALANCE_WEIGHT, context) if has_weight else 1.0,
            problem.vehicles,
        )
        return replace(problem, goals=goals)

    def _add_words(self, name: str, label: str, words: list[str], help_text: str) -> None:
        """Add an advanced choice between words, of which the first is the default."""
        self.add(
            QgsProcessingParameterEnum(
                name,
                tr(label),
                options=words,
                defaultValue=words[0],
                optional=True,
                usesStaticStrings=True,
            ),
            help_text,
            advanced=True,
        )
