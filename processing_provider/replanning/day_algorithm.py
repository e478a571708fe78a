"""What the algorithms about a plan whose day may be under way have in common: how the plan, how far it is and
what may change become a job, and the layers of the plan after it with what changed.

Each algorithm adds its own parameters and says what is asked. How a day is read is layers/read_day.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProviderRegistry,
    QgsWkbTypes,
)

from optiway_qgis.layers import run, write
from optiway_qgis.layers.destinations import replaces
from optiway_qgis.layers.output_fields import CHANGES, day_changes_fields
from optiway_qgis.layers.read_day import (
    PLAN,
    PLAN_LEGS,
    PLAN_UNASSIGNED,
    Disrupted,
    PlanLayers,
    read_day,
)
from optiway_qgis.layers.read_positions import read_positions
from optiway_qgis.layers.read_stops import NO_EXPRESSIONS
from optiway_qgis.layers.read_visits import first_date, see_routes
from optiway_qgis.layers.write_changes import day_changes_features
from optiway_qgis.model.day import GOODS as GOODS_WORDS
from optiway_qgis.model.day import GOODS_BOUND, Ask
from optiway_qgis.model.why import Causes, day_changes

from ..planning.kept_order import KeptOrder
from ..planning.plan_algorithm import VEHICLES, Inputs, destination_of, is_wanted, tr

if TYPE_CHECKING:
    from optiway_qgis.layers.read_day import DayRead
    from optiway_qgis.layers.read_stops import Expressions
    from optiway_qgis.layers.reading import Reading
    from optiway_qgis.layers.write import Counts
    from optiway_qgis.model.plan import Plan
    from optiway_qgis.model.problem import Settings
    from optiway_qgis.model.why import DayChanges

NOW = "NOW"
DONE_BY = "DONE_BY"
GOODS = "GOODS"

BY_STATUS, BY_TIME = "status", "time"

MOVED_COUNT = "MOVED_COUNT"
PROMISES_MISSED = "PROMISES_MISSED"
VERSION = "VERSION"

_LAYERS = (PLAN, PLAN_LEGS, PLAN_UNASSIGNED)

_NUMBERS = {
    MOVED_COUNT: "Stops moved to another vehicle",
    PROMISES_MISSED: "Stops served long before or after the arrival planned before",
    VERSION: "Version of the plan",
}


@dataclass(frozen=True)
class DayInputs(Inputs):
    """What was read of a day under way, what may change in the rest of it, and what is known to have
    happened."""

    read: DayRead | None = None
    ask: Ask = field(default_factory=Ask)
    causes: Causes = field(default_factory=Causes)


class DayAlgorithm(KeptOrder):
    """Base of the algorithms that begin with a plan whose day may be under way.

    One that plans the rest of the day anew says what is asked in `read_inputs`; one with other results
    replaces `job` and what follows, too. `expressions_over` is the layer that expressions are about.
    """

    expressions_over: ClassVar[str] = PLAN

    def group(self):
        """Return the group in the toolbox."""
        return tr("Re-planning")

    def groupId(self):
        """Return the id of the group."""
        return "replanning"

    def add_plan(self) -> None:
        """Add PLAN."""
        self.add(
            QgsProcessingParameterFeatureSource(
                PLAN, tr("Plan: visits"), [QgsProcessing.SourceType.TypeVectorPoint]
            ),
            "The layer VISITS of a plan, edited or not, with how each visit stands in status, "
            "actual_arrival and actual_departure; or points with stop_id, vehicle_id and sequence.",
        )

    def add_now(self) -> None:
        """Add NOW, and how what is done is known."""
        self.add(
            QgsProcessingParameterDateTime(
                NOW, tr("Now"), QgsProcessingParameterDateTime.Type.DateTime, optional=True
            ),
            "The moment from which the rest of the day is planned, such as 2026-05-04T09:30:00, on the clock "
            "of the time zone. What is done by then stays as it is. Empty: what status says is done, or "
            "nothing.",
        )
        self.add(
            QgsProcessingParameterEnum(
                DONE_BY,
                tr("Done is what"),
                options=[BY_STATUS, BY_TIME],
                usesStaticStrings=True,
                optional=True,
            ),
            "status: visits whose status or actual times say so. time: visits whose planned end is not after "
            "NOW. Empty: status where any visit has a status other than planned, released or cancelled, "
            "or an actual time; else time.",
            advanced=True,
        )

    def add_day_inputs(self) -> None:
        """Add the other layers of the plan, the fleet, goods and travel."""
        for name, label, kind, help_text in (
            (
                PLAN_LEGS,
                "Plan: legs",
                QgsProcessing.SourceType.TypeVectorLine,
                "The layer LEGS of the plan: where a vehicle between two stops is at NOW. Empty: straight "
                "lines between the stops.",
            ),
            (
                PLAN_UNASSIGNED,
                "Plan: unassigned stops",
                QgsProcessing.SourceType.TypeVectorPoint,
                "The layer UNASSIGNED of the plan: stops that it did not serve stay known. Empty: only the "
                "stops of the visits.",
            ),
        ):
            self.add(QgsProcessingParameterFeatureSource(name, tr(label), [kind], optional=True), help_text)
        self.add_kept_order(self.expressions_over)
        self.add(
            QgsProcessingParameterEnum(
                GOODS,
                tr("Goods to deliver"),
                options=list(GOODS_WORDS),
                defaultValue=GOODS_BOUND,
                usesStaticStrings=True,
                optional=True,
            ),
            "bound: they are where they are; what is loaded stays on its vehicle, and another one fetches "
            "what is at the depot. free: any vehicle can serve any stop at any time, as with services, or "
            "where all carry the same.",
            advanced=True,
        )
        self.add_travel()

    def add_day_outputs(self) -> None:
        """Add the layers of the plan, CHANGES, the report and the numbers."""
        self.add_outputs()
        self.add(
            QgsProcessingParameterFeatureSink(
                CHANGES,
                tr("Changed stops"),
                QgsProcessing.SourceType.TypeVectorPoint,
                optional=True,
                createByDefault=True,
            ),
            "The stops that are served otherwise than in the plan before, with vehicle, sequence and eta in "
            "both, and why.",
        )
        for name, label in _NUMBERS.items():
            self.addOutput(QgsProcessingOutputNumber(name, tr(label)))

    def prepareAlgorithm(self, parameters, context, feedback):
        """Note, in the main thread, where the plan is read from, too."""
        self._read_from = {name: self._place_of(parameters, name, context) for name in _LAYERS}
        return super().prepareAlgorithm(parameters, context, feedback)

    def _place_of(self, parameters, name: str, context) -> tuple[str, str | None]:
        """The file of a layer and its table in that, where either is known."""
        given = parameters.get(name)
        if isinstance(given, QgsProcessingFeatureSourceDefinition):
            parameters = {**parameters, name: given.source}
        layer = self.parameterAsVectorLayer(parameters, name, context)
        if layer is None:
            return "", None
        parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
        return parts.get("path") or "", parts.get("layerName")

    def unwritable(self, parameters, context) -> list[str]:
        """What is wrong with the places of the outputs; the plan before is not written over."""
        told = super().unwritable(parameters, context)
        for definition in self.destinationParameterDefinitions():
            destination = destination_of(parameters.get(definition.name()), context)
            told.extend(
                f"{definition.name()} would take the place of {name}, and the plan before is kept. Choose "
                "another file or table."
                for name, (path, table) in self._read_from.items()
                if replaces(destination, path, table)
            )
        return told

    def default_date(self, zone_name: str):
        """Return the date of the plan."""
        return first_date(self.source(PLAN)) or super().default_date(zone_name)

    def now(self, parameters, context, reading: Reading) -> int | None:
        """Seconds from midnight of the plan date to NOW; None when it is empty."""
        moment = self.parameterAsDateTime(parameters, NOW, context)
        return reading.day.read(moment).seconds if moment.isValid() else None

    def read_the_day(
        self,
        parameters,
        context,
        reading: Reading,
        disrupted: Disrupted = Disrupted(),
        now: int | None = None,
    ) -> DayRead:
        """Read the plan, how far it is (at `now` where NOW is empty), and the depots and vehicles given or
        seen in it."""
        given = self.now(parameters, context, reading)
        (visits,) = self.visits_layers(reading, PLAN)
        depots, vehicles = self.fleet(
            parameters, context, reading, see_routes(visits, reading), idle_too=True
        )
        fleet = self.source(VEHICLES)
        layers = [name for name in (PLAN, PLAN_UNASSIGNED) if self.source(name) is not None]
        return read_day(
            PlanLayers(visits, self.source(PLAN_LEGS), self.source(PLAN_UNASSIGNED)),
            depots,
            vehicles,
            {} if fleet is None else read_positions(fleet, reading),
            now if given is None else given,
            self.parameterAsEnumString(parameters, DONE_BY, context),
            disrupted,
            self.parameterAsEnumString(parameters, GOODS, context) or GOODS_BOUND,
            reading,
            {name: self._day_expressions(parameters, context, name) for name in layers},
            judges_skills=fleet is not None,
        )

    def _day_expressions(self, parameters, context, layer: str) -> Expressions:
        if self.expressions_over != PLAN:
            return NO_EXPRESSIONS
        return self.expressions(parameters, context, layer)

    def moment(self, inputs: DayInputs) -> int | None:
        """Return NOW."""
        return inputs.read.day.now

    def is_empty(self, inputs: DayInputs) -> bool:
        """Whether nothing is to be planned, and no vehicle is under way."""
        return super().is_empty(inputs) and not inputs.read.day.progress

    def job(self, inputs: DayInputs, travel: dict[str, Any], settings: Settings) -> dict[str, Any]:
        """Return the job that plans the rest of the day."""
        return run.replan_job(
            inputs.problem, travel, settings, inputs.sequences or (), inputs.read.day, inputs.ask
        )

    def numbers(self, counts: Counts, plan: Plan, inputs: DayInputs) -> dict[str, float]:
        """Return the numbers of the plan, and how far it is from the one before."""
        changed = self.changed(inputs, plan)
        return {
            **super().numbers(counts, plan, inputs),
            MOVED_COUNT: changed.moved,
            PROMISES_MISSED: len(changed.missed),
            VERSION: plan.version,
        }

    def told(self, plan: Plan, inputs: DayInputs, counts: Counts) -> list[str]:
        """Return the plan in a few lines for the log, with how far it is from the one before."""
        changed = self.changed(inputs, plan)
        minutes = inputs.problem.goals.promise_tolerance // 60
        line = (
            f"Version {plan.version}: stops on another vehicle {changed.moved}, more than {minutes} min "
            f"earlier or later than before {len(changed.missed)}, changed at all {len(changed.changes)}."
        )
        return [*super().told(plan, inputs, counts), line]

    def changed(self, inputs: DayInputs, plan: Plan) -> DayChanges:
        """What is otherwise than in the plan before, and why."""
        rejected = {stop.stop_id: stop.text for stop in inputs.carried.rejected}
        read = inputs.read
        return day_changes(
            inputs.problem, read.before, plan, inputs.causes, rejected, read.day, read.sequences
        )

    def _write(self, parameters, context, feedback, inputs: DayInputs, plan: Plan):
        written = self._write_changes(parameters, context, feedback, inputs, plan)
        others = {} if written is None else {CHANGES: written}
        return super()._write(parameters, context, feedback, inputs, plan, others)

    def _write_changes(
        self, parameters, context, feedback, inputs: DayInputs, plan: Plan
    ) -> tuple[str, int] | None:
        """Write CHANGES; the place and the number of features, None where the layer is not wanted."""
        write.warn_of_lossy_target(destination_of(parameters.get(CHANGES), context), feedback)
        crs = inputs.carried.crs
        sink, destination = self.parameterAsSink(
            parameters, CHANGES, context, day_changes_fields(), QgsWkbTypes.Type.Point, crs
        )
        if sink is None:
            if is_wanted(parameters.get(CHANGES), context):
                raise QgsProcessingException(self.invalidSinkError(parameters, CHANGES))
            return None
        features = day_changes_features(inputs.problem, self.changed(inputs, plan), inputs.carried, context)
        written = write.write_features(sink, CHANGES, features, feedback)
        del sink  # the file is complete only when its sink is gone
        return destination, written
