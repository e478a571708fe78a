"""What the algorithms have in common that ask where new stops could go: the plan, the new stops, one job, and
a layer of what was found.

Each algorithm adds what it asks, and writes its own fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Iterable

from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsFields,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsWkbTypes,
)

from optiway_qgis.layers import run, styles, write
from optiway_qgis.layers.engine_process import find_engine
from optiway_qgis.layers.read_new_stops import NEW_STOPS, NewStops, read_new_stops
from optiway_qgis.layers.write_options import Choices
from optiway_qgis.model.errors import JobCancelled
from optiway_qgis.model.options import Offers

from ..planning.plan_algorithm import (
    READ_PERCENT,
    ROADS_PERCENT,
    RUN_PERCENT,
    VEHICLES,
    destination_of,
    is_wanted,
    tr,
)
from .day_algorithm import DayAlgorithm, DayInputs

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading

MOST = "MOST"


@dataclass(frozen=True)
class OfferInputs(DayInputs):
    """What was read of a day under way, the stops that it has no place for yet, and what is asked of them."""

    new: NewStops | None = None
    offers: Offers = field(default_factory=lambda: Offers(()))


class OfferAlgorithm(DayAlgorithm):
    """Base of the algorithms that ask about new stops and change nothing: `offers` says what is asked."""

    expressions_over = NEW_STOPS
    expression_help: ClassVar[dict[str, tuple[str, str]]] = {}

    def offers(self, parameters, context, reading: Reading, new: NewStops, now: int | None) -> Offers:
        """Return what is asked about the new stops at `now`; errors are added to the reading."""
        raise NotImplementedError

    def add_new_stops(self) -> None:
        """Add NEW_STOPS."""
        self.add(
            QgsProcessingParameterFeatureSource(
                NEW_STOPS, tr("New stops"), [QgsProcessing.SourceType.TypeVectorPoint]
            ),
            "Points with the fields of stops, or the layer UNASSIGNED of the plan. Each is asked about as if "
            "it were the only one; pickup and delivery of a pair go together.",
        )

    def add_most(self, label: str, help_text: str) -> None:
        """Add MOST."""
        self.add(
            QgsProcessingParameterNumber(
                MOST, tr(label), QgsProcessingParameterNumber.Type.Integer, defaultValue=5, minValue=1
            ),
            help_text,
        )

    def read_inputs(self, parameters, context, reading: Reading) -> OfferInputs:
        """Read the plan, how far it is, and the new stops."""
        read = self.read_the_day(parameters, context, reading)
        new = read_new_stops(
            self.source(NEW_STOPS),
            read,
            reading,
            self.expressions(parameters, context, NEW_STOPS),
            judges_skills=self.source(VEHICLES) is not None,
        )
        offers = self.offers(parameters, context, reading, new, read.day.now)
        return OfferInputs(new.problem, read.carried, read.sequences, read=read, new=new, offers=offers)

    def choices(self, parameters, context, feedback, progress: run.Progress) -> tuple[OfferInputs, Choices]:
        """Read all layers, run the job, and return what was found."""
        engine = find_engine(QgsApplication.qgisSettingsDirPath())
        inputs = self._read(parameters, context, feedback)
        progress.part(100, 0, READ_PERCENT)
        if not inputs.offers.offers:
            return inputs, Choices(inputs.new, ())
        with self.job_travel(parameters, context, feedback, inputs, progress) as travel:
            job = run.options_job(inputs.problem, travel, inputs.sequences, inputs.read.day, inputs.offers)
            found = run.run_for_options(job, engine, feedback, progress, (ROADS_PERCENT, RUN_PERCENT))
        if feedback.isCanceled():
            raise JobCancelled
        return inputs, Choices(inputs.new, found)

    def write_points(
        self,
        parameters,
        context,
        feedback,
        name: str,
        fields: QgsFields,
        features: Iterable[QgsFeature],
        crs,
    ) -> dict[str, Any]:
        """Write a layer of points and have it styled."""
        write.warn_of_lossy_target(destination_of(parameters.get(name), context), feedback)
        sink, destination = self.parameterAsSink(
            parameters, name, context, fields, QgsWkbTypes.Type.Point, crs
        )
        if sink is None:
            if is_wanted(parameters.get(name), context):
                raise QgsProcessingException(self.invalidSinkError(parameters, name))
            return {}
        written = write.write_features(sink, name, features, feedback)
        del sink  # the file is complete only when its sink is gone
        if feedback.isCanceled():
            raise JobCancelled
        styles.store_styles({name: destination}, (), feedback)
        write.verify_written({name: destination}, {name: written}, context)
        styles.style_on_load({name: destination}, (), context)
        return {name: destination}
