"""What the algorithms about days on which something goes wrong have in common: prices of changes, the load of
a lost vehicle, and how what goes wrong is put into the job.

What a disruption is and needs is layers/read_disruptions.py's; each algorithm says where it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
)

from optiway_qgis.layers.carried_edits import with_left_out, with_windows_carried
from optiway_qgis.layers.read_day import PLAN
from optiway_qgis.layers.read_disruptions import Disruptions, tell_lasting, tell_unknown
from optiway_qgis.model.constraints import CHANGE_WISHES
from optiway_qgis.model.disruptions import stranded, with_shifts, with_windows
from optiway_qgis.model.edits import REMOVE, Edit, applied
from optiway_qgis.model.problem import PROMISE_TOLERANCE
from optiway_qgis.model.why import Causes

from ..planning.plan_algorithm import tr
from .day_algorithm import DayAlgorithm, DayInputs

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading
    from optiway_qgis.layers.write import Counts
    from optiway_qgis.model.day import Ask
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Problem

VEHICLE_CHANGE_PRICE = "VEHICLE_CHANGE_PRICE"
POSITION_CHANGE_PRICE = "POSITION_CHANGE_PRICE"
PROMISE_PRICE = "PROMISE_PRICE"
PROMISE_MINUTES = "PROMISE_TOLERANCE"
SERVE_LATE = "SERVE_LATE"
LOST_LOAD = "LOST_LOAD"
KEEPING_COST = "KEEPING_COST"

FETCHED, STAYS = "fetched", "stays"


class Prices(NamedTuple):
    """What changes cost where nothing is said: a stop on another vehicle, one out of the order of its route,
    one that arrives at another time than promised."""

    vehicle: float
    position: float
    promise: float


@dataclass(frozen=True)
class DisruptedInputs(DayInputs):
    """What was read of a day, and what goes wrong on it."""

    disruptions: Disruptions = field(default_factory=Disruptions)


class DisruptedDay(DayAlgorithm):
    """Base of the algorithms that plan the rest of a day anew after something went wrong.

    Each says what did (`disruptions`) and what may change (`ask`).
    """

    def disruptions(self, parameters, context, now: int | None, reading: Reading) -> Disruptions:
        """Read what goes wrong; `now` is the moment of NOW."""
        raise NotImplementedError

    def ask(self, parameters, context, disruptions: Disruptions) -> Ask:
        """Return what may change; version and plan are filled in after."""
        raise NotImplementedError

    def usual_prices(self, parameters, context) -> Prices:
        """The prices of changes where none are given."""
        raise NotImplementedError

    def add_prices(self, prices: Prices, advanced: bool, out_of_work: Prices | None = None) -> None:
        """Add the prices of changes, the tolerance of promises, SERVE_LATE and LOST_LOAD.

        With `out_of_work`, the prices where a vehicle goes no further, they are empty until they are given.
        """
        unit = "At the default costs of a vehicle five minutes of driving cost about 3."
        for name, label, member, help_text in (
            (
                VEHICLE_CHANGE_PRICE,
                "Price of a stop on another vehicle",
                "vehicle",
                "A stop goes to another vehicle than in the plan before only where that saves more. "
                f"0: it may move for a cent. {unit}",
            ),
            (
                POSITION_CHANGE_PRICE,
                "Price of a stop out of its order",
                "position",
                "What each stop costs that has to change its place for the stops of a route to be in the "
                f"order they are in now. {unit}",
            ),
            (
                PROMISE_PRICE,
                "Price of a promise missed",
                "promise",
                "What each stop costs that is arrived at earlier or later than the plan before said, by more "
                f"than the tolerance. {unit}",
            ),
        ):
            usual = getattr(prices, member)
            empty = ""
            if out_of_work:
                lost = getattr(out_of_work, member)
                empty = f" Empty: {lost:g} where a vehicle or a driver is out of work, else {usual:g}."
            self.add(
                QgsProcessingParameterNumber(
                    name,
                    tr(label),
                    QgsProcessingParameterNumber.Type.Double,
                    defaultValue=None if out_of_work else usual,
                    minValue=0,
                    maxValue=1e6,
                    optional=True,
                ),
                f"{help_text} It is a wish, and no part of the cost of the plan.{empty}",
                advanced,
            )
        self.add(
            QgsProcessingParameterNumber(
                PROMISE_MINUTES,
                tr("Tolerance of promises in minutes"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=PROMISE_TOLERANCE / 60,
                minValue=0,
                maxValue=1440,
                optional=True,
            ),
            "By how much an arrival may be earlier or later than in the plan before and still be as "
            "promised.",
            advanced,
        )
        self.add(
            QgsProcessingParameterBoolean(
                SERVE_LATE, tr("Rather late than not at all"), defaultValue=True, optional=True
            ),
            "A stop that the plan before serves is rather served late, as little as can be, than left out; "
            "the lateness is told as a rule that is broken. Otherwise it is left out, with the reason.",
            advanced,
        )
        self.add(
            QgsProcessingParameterEnum(
                LOST_LOAD,
                tr("Load of a lost vehicle"),
                options=[FETCHED, STAYS],
                defaultValue=FETCHED,
                usesStaticStrings=True,
                optional=True,
            ),
            "fetched: other vehicles fetch what they deliver of it where the lost one stands. stays: nobody "
            "does; the stops it was for are not served, and UNASSIGNED says so.",
            advanced,
        )

    def add_day_outputs(self) -> None:
        """Add what the algorithms about a day write, and what keeping to the plan before costs."""
        super().add_day_outputs()
        self.addOutput(
            QgsProcessingOutputNumber(
                KEEPING_COST, tr("What keeping vehicles, order or promises costs, where that is known")
            )
        )

    def read_inputs(self, parameters, context, reading: Reading) -> DisruptedInputs:
        """Read what goes wrong and the plan, and make the changes that follow from it."""
        now = self.now(parameters, context, reading)
        found = self.disruptions(parameters, context, now, reading)
        since = found.since(now)
        read = self.read_the_day(parameters, context, reading, found.disrupted(since), since)
        tell_unknown(found, read, reading)
        problem = replace(
            read.problem,
            stops=with_windows(read.problem.stops, found.events),
            vehicles=tuple(with_shifts(read.problem.vehicles, found.events)),
        )
        windows = {one.stop_id: one.window for one in found.events if one.window is not None}
        carried = with_windows_carried(read.carried, windows, reading.day)
        tell_lasting(found, self.expressions(parameters, context, PLAN).texts, reading)
        ask = self.ask(parameters, context, found)
        serve_late = parameters.get(SERVE_LATE) is None or self.parameterAsBoolean(
            parameters, SERVE_LATE, context
        )
        sequences = read.sequences
        if self.parameterAsEnumString(parameters, LOST_LOAD, context) == STAYS:
            left = stranded(problem, sequences, read.day)
            texts = {
                stop_id: f"Its goods stay on {who}, which goes no further." for stop_id, who in left.items()
            }
            carried = with_left_out(carried, texts, {stop.id: stop for stop in problem.stops}, reading)
            without = applied(problem, sequences, [Edit(REMOVE, stop_id) for stop_id in left], read.day)
            problem, sequences = without.problem, without.sequences
        return DisruptedInputs(
            problem,
            carried,
            sequences,
            read=read,
            ask=replace(ask, serve_late=serve_late, plan_id=read.plan_id, version=read.version),
            causes=Causes(disruptions=found.known_by(since)),
            disruptions=found,
        )

    def wished(self, parameters, context, problem: Problem, reading: Reading) -> Problem:
        """Return the problem with its goals, and the prices of changes among them."""
        problem = super().wished(parameters, context, problem, reading)

        def number(name: str, usual: float) -> float:
            given = parameters.get(name) is not None
            return self.parameterAsDouble(parameters, name, context) if given else usual

        prices = self.usual_prices(parameters, context)
        goals = replace(
            problem.goals,
            vehicle_change_price=number(VEHICLE_CHANGE_PRICE, prices.vehicle),
            position_change_price=number(POSITION_CHANGE_PRICE, prices.position),
            promise_price=number(PROMISE_PRICE, prices.promise),
            promise_tolerance=round(60 * number(PROMISE_MINUTES, PROMISE_TOLERANCE / 60)),
        )
        return replace(problem, goals=goals)

    def gather(self, parameters, context, feedback, errors: list[str]) -> tuple[DisruptedInputs, Reading]:
        """Read everything; the roads that are closed are among the barriers."""
        inputs, reading = super().gather(parameters, context, feedback, errors)
        conditions = inputs.conditions
        barriers = inputs.disruptions.joined_to(conditions.barriers, inputs.read.day.now)
        return replace(inputs, conditions=replace(conditions, barriers=barriers)), reading

    def numbers(self, counts: Counts, plan: Plan, inputs: DayInputs) -> dict[str, float]:
        """Return the numbers of the plan, and what keeping to the one before costs: at least the dearest of
        these wishes."""
        prices = [wish.price for wish in plan.wishes if wish.wish in CHANGE_WISHES]
        return {**super().numbers(counts, plan, inputs), KEEPING_COST: max(prices, default=0.0)}
