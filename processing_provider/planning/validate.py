"""The algorithm `optiway:validate`: what can be said of the inputs of plan_routes before planning.

Its outputs and steps; what is looked for is layers/preflight.py's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
    QgsWkbTypes,
)

from optiway_qgis.layers import findings_layer, preflight, run
from optiway_qgis.layers.engine_process import find_engine
from optiway_qgis.layers.findings_layer import FINDINGS
from optiway_qgis.layers.points import WGS84
from optiway_qgis.layers.read_traffic import TRAFFIC
from optiway_qgis.layers.write import verify_written, write_features
from optiway_qgis.model.errors import (
    EngineBroken,
    EngineMissing,
    EngineOutdated,
    InputError,
    JobCancelled,
    OptiwayError,
)
from optiway_qgis.model.findings import ERROR, INFO, SEVERITIES, WARNING, About, Fault
from optiway_qgis.reports.findings_report import Checked, findings_report

from .plan_algorithm import (
    ALLOW_FAR,
    READ_PERCENT,
    REPORT,
    ROADS_PERCENT,
    RUN_PERCENT,
    is_wanted,
    tr,
    write_text,
)
from .plan_routes import PlanRoutes

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading
    from optiway_qgis.model.findings import Finding, HourCover

    from .plan_algorithm import Inputs

ERROR_COUNT = "ERROR_COUNT"
WARNING_COUNT = "WARNING_COUNT"


class Validate(PlanRoutes):
    """Finds what is wrong or odd before anything is planned."""

    def name(self):
        """Return the id within the provider."""
        return "validate"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Check before planning")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Finds what is wrong with stops, depots and vehicles before they are planned.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("validate,check,preflight,stops,depots,vehicles,errors,capacity,time window").split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes the inputs of <i>Plan routes</i> and says all that can be said without planning: "
            "values that cannot be read, points that are not where they should be, vehicles and skills that "
            "do not exist, demand beyond the capacity of the fleet, hours with too few vehicles, and stops "
            "that no vehicle could serve even if it had nothing else to do.</p>"
            "<p>Each finding has a feature, a field, a code (docs/errors.md), a severity and a remedy. "
            "An <i>error</i> is what Plan routes would refuse or surely leave out, a <i>warning</i> what is "
            "probably not meant so or cannot wholly be done, <i>info</i> what is worth knowing.</p>"
            "<p>Bad data never end the run: they are its result. In a model, ERROR_COUNT and WARNING_COUNT "
            "decide what comes next. Without the routing engine everything is told that needs no travel "
            "times.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_inputs()
        self.add(
            QgsProcessingParameterFeatureSink(
                FINDINGS,
                tr("Findings"),
                QgsProcessing.SourceType.TypeVectorPoint,
                optional=True,
                createByDefault=True,
            ),
            "What was found: severity, layer, feature_id, id, field, code, text, remedy; a point where the "
            "feature has one.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                REPORT, tr("Report"), tr("HTML files (*.html)"), optional=True, createByDefault=True
            ),
            "The findings as one page to read, print or send, with the hours of the day and a map.",
        )
        self.addOutput(QgsProcessingOutputNumber(ERROR_COUNT, tr("Number of errors")))
        self.addOutput(QgsProcessingOutputNumber(WARNING_COUNT, tr("Number of warnings")))

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        unwritable = self.unwritable(parameters, context)
        if unwritable:
            raise InputError(unwritable)
        progress = run.Progress(feedback)
        inputs, reading = self.gather(parameters, context, feedback, [])
        reading.warnings.push(feedback)
        self.tell_counts(inputs, feedback)
        progress.part(100, 0, READ_PERCENT)
        cover = self._look(parameters, context, feedback, inputs, reading, progress)
        if feedback.isCanceled():
            raise JobCancelled
        findings = findings_layer.in_order(reading.findings)
        counts = {severity: sum(one.severity == severity for one in findings) for severity in SEVERITIES}
        results: dict[str, Any] = {ERROR_COUNT: counts[ERROR], WARNING_COUNT: counts[WARNING]}
        results.update(self._write_findings(parameters, context, feedback, findings))
        path = self.parameterAsFileOutput(parameters, REPORT, context)
        if path:
            checked = Checked(
                inputs.problem,
                findings,
                cover,
                len(inputs.carried.rejected),
                self.travel_source(parameters, context),
            )
            write_text(REPORT, path, findings_report(checked))
            results[REPORT] = path
        progress.part(100, RUN_PERCENT, 100)
        feedback.pushInfo(
            tr("Errors: {errors}, warnings: {warnings}, other: {other}.").format(
                errors=counts[ERROR], warnings=counts[WARNING], other=counts[INFO]
            )
        )
        return results

    def _look(
        self, parameters, context, feedback, inputs: Inputs, reading: Reading, progress: run.Progress
    ) -> list[HourCover]:
        """Look beyond the single values; what needs the fleet only where it could be read without errors."""
        preflight.check_places(inputs.problem, reading)
        if reading.errors:
            preflight.tell_untried("Fleet, hours and ways were not looked at, because of the errors", reading)
            return []
        left = preflight.check_fleet(inputs.problem, reading)
        cover = preflight.hours(left, reading)
        if left.stops:
            self._try_stops(parameters, context, feedback, replace(inputs, problem=left), reading, progress)
        return cover

    def _try_stops(self, parameters, context, feedback, inputs: Inputs, reading: Reading, progress) -> None:
        """Have the engine try each stop alone."""
        try:
            engine = find_engine(QgsApplication.qgisSettingsDirPath())
            with self.job_travel(parameters, context, feedback, inputs, progress) as travel:
                lost = self.lost_classes(travel, inputs.conditions)
                if lost is not None:
                    reading.find(WARNING, lost, About(TRAFFIC))
                job = run.validate_job(inputs.problem, travel)
                share = ROADS_PERCENT, RUN_PERCENT
                answer = run.run_for_result(job, engine, feedback, progress, share)
        except JobCancelled:
            raise
        except (EngineMissing, EngineOutdated, EngineBroken) as error:
            preflight.tell_untried(f"Ways and windows were not tried: {error}", reading)
        except OptiwayError as error:
            reading.find(ERROR, Fault("travel_times", str(error)))
        else:
            allow_far = self.parameterAsBoolean(parameters, ALLOW_FAR, context)
            preflight.answered(answer, inputs.problem, reading, allow_far)

    def _write_findings(self, parameters, context, feedback, findings: list[Finding]) -> dict[str, str]:
        sink, destination = self.parameterAsSink(
            parameters,
            FINDINGS,
            context,
            findings_layer.findings_fields(),
            QgsWkbTypes.Type.Point,
            QgsCoordinateReferenceSystem(WGS84),
        )
        if sink is None:
            if is_wanted(parameters.get(FINDINGS), context):
                raise QgsProcessingException(self.invalidSinkError(parameters, FINDINGS))
            return {}
        features = findings_layer.findings_features(findings)
        count = write_features(sink, FINDINGS, features, feedback)
        del sink  # the file is complete only when its sink is gone
        if not feedback.isCanceled():
            verify_written({FINDINGS: destination}, {FINDINGS: count}, context)
            findings_layer.style_on_load(destination, context)
        return {FINDINGS: destination}
