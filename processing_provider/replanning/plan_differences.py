"""The algorithm `optiway:plan_differences`: what changes for each driver between two versions of a plan.

Its parameters and steps; it needs no engine. The words of the messages are model/messages.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsWkbTypes,
)

from optiway_qgis.layers.feedback import GroupedWarnings
from optiway_qgis.layers.read_drivers import missing_fields, read_drivers
from optiway_qgis.layers.read_plans import AFTER, BEFORE
from optiway_qgis.layers.read_visits import VisitsLayer, first_date
from optiway_qgis.layers.reading import Reading
from optiway_qgis.layers.times import PlanDay, today
from optiway_qgis.layers.write import verify_written, write_features
from optiway_qgis.layers.write_differences import (
    DIFFERENCES,
    Told,
    differences_features,
    differences_fields,
)
from optiway_qgis.model.differences import differences
from optiway_qgis.model.errors import InputError, JobCancelled
from optiway_qgis.model.findings import About, Fault
from optiway_qgis.model.messages import PHRASES, message
from optiway_qgis.reports.messages_page import messages_page, messages_text

from ..planning.plan_algorithm import PlanAlgorithm, is_wanted, tr, write_text
from .day_algorithm import NOW

if TYPE_CHECKING:
    from optiway_qgis.layers.read_drivers import DriversRead

MINUTES = "MINUTES"
ALL = "ALL"
MESSAGES = "MESSAGES"
DRIVERS_CHANGED = "DRIVERS_CHANGED"
STOPS_CHANGED = "STOPS_CHANGED"

_CLOCK = "UTC"
"""Times of both layers are what the clock shows: no zone shifts them."""


class PlanDifferences(PlanAlgorithm):
    """Tells each driver what changes."""

    def name(self):
        """Return the id within the provider."""
        return "plan_differences"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("What changes for each driver")

    def group(self):
        """Return the group in the toolbox."""
        return tr("Re-planning")

    def groupId(self):
        """Return the id of the group."""
        return "replanning"

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr(
            "Compares two versions of a plan and writes each driver a short message about what changes."
        )

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("difference,version,driver,message,sms,email,notify,change,dispatch,before,after").split(
            ","
        )

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes the visits of two versions of a plan and finds for each vehicle and driver which stops "
            "are new, which are another's now, which moved within the route, and which are due at another "
            "time. Each driver whose day changes gets a row with the figures and a message short enough for "
            "a text message: <i>Marta, your route for 4 May has changed (version 2). New: Café Lisboa, Rua X "
            "12, as stop 5, about 11:40. No longer yours: S12. Later: S14 about 12:05 instead of 11:40. "
            "Next: S09 at 10:55.</i></p>"
            "<p>The layers are read as they stand: nothing is timed anew, and no engine is needed. What is "
            "done, or being done, is not mentioned. Times are told to five minutes. Stops are called by "
            "<i>name</i>, or by <i>stop_id</i> where that is empty, new ones with their <i>address</i>; "
            "phone numbers, access codes and notes are in no message.</p>"
            "<p>Nothing is sent: the table is there for a mail merge, a script or a gateway.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        vector = [QgsProcessing.SourceType.TypeVector]
        for name, label, help_text in (
            (BEFORE, "Plan before: visits", "The layer VISITS as the drivers know it."),
            (AFTER, "Plan after: visits", "The layer VISITS of the version that holds from now on."),
        ):
            self.add(QgsProcessingParameterFeatureSource(name, tr(label), vector), help_text)
        self.add(
            QgsProcessingParameterDateTime(
                NOW, tr("Now"), QgsProcessingParameterDateTime.Type.DateTime, optional=True
            ),
            "What the plan after has due before this moment is done and not mentioned, as what status says "
            "is done. Empty: what status says alone.",
        )
        self.add(
            QgsProcessingParameterNumber(
                MINUTES,
                tr("Tell of shifts from this many minutes on"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=10,
                minValue=0,
            ),
            "An arrival that is earlier or later by less has not changed.",
        )
        self.add(
            QgsProcessingParameterBoolean(
                ALL, tr("A row for drivers without changes, too"), defaultValue=False, optional=True
            ),
            "Their message is: No changes.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFeatureSink(
                DIFFERENCES,
                tr("Differences by driver"),
                QgsProcessing.SourceType.TypeVector,
                optional=True,
                createByDefault=True,
            ),
            "A row for each vehicle and driver whose route changes: vehicle_id, driver, plan_id, "
            "version_before, version_after, the numbers of stops added, removed, moved, later and earlier, "
            "first_change, message.",
        )
        self.add(
            QgsProcessingParameterFileDestination(
                MESSAGES,
                tr("Messages"),
                tr("HTML files (*.html);;Text files (*.txt)"),
                optional=True,
                createByDefault=False,
            ),
            "The messages in one file to read, print or copy from, as a page or as plain text.",
        )
        self.addOutput(QgsProcessingOutputNumber(DRIVERS_CHANGED, tr("Drivers whose route changes")))
        self.addOutput(QgsProcessingOutputNumber(STOPS_CHANGED, tr("Stops that change for a driver")))

    def prepareAlgorithm(self, parameters, context, feedback):
        """Make the sources in the main thread."""
        self.prepare_sources(parameters, context)
        return True

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        day = PlanDay(self._date(), _CLOCK)
        warnings = GroupedWarnings()
        reading = Reading(
            day, context.transformContext(), feedback, warnings, self.unwritable(parameters, context)
        )
        now = self.parameterAsDateTime(parameters, NOW, context)
        before, after = self._both(reading, day.read(now).seconds if now.isValid() else None)
        _warn_of_versions(before, after, reading)
        warnings.push(feedback)
        least = 60 * self.parameterAsDouble(parameters, MINUTES, context)
        found = differences(before.routes, after.routes, least)
        told_all = self.parameterAsBoolean(parameters, ALL, context)
        words = {key: tr(text) for key, text in PHRASES.items()}
        told = [
            Told(one, message(one, day.iso_date, after.version, words))
            for one in found
            if one.is_any or told_all
        ]
        if feedback.isCanceled():
            raise JobCancelled
        plan_id = after.plan_ids[0] if after.plan_ids else ""
        rows = list(differences_features(told, plan_id, (before.version, after.version), day))
        results: dict[str, Any] = {
            **self._write_rows(parameters, context, feedback, rows),
            DRIVERS_CHANGED: sum(one.is_any for one in found),
            STOPS_CHANGED: len({stop_id for one in found for stop_id in one.stop_ids}),
        }
        path = self.parameterAsFileOutput(parameters, MESSAGES, context)
        if path:
            texts = [(one.difference.vehicle_id, one.difference.driver, one.message) for one in told]
            is_text = path.lower().endswith(".txt")
            write_text(
                MESSAGES, path, messages_text(texts) if is_text else messages_page(texts, day.iso_date)
            )
            results[MESSAGES] = path
        feedback.pushInfo(
            f"Drivers whose route changes: {results[DRIVERS_CHANGED]} of {len(found)}; stops: "
            f"{results[STOPS_CHANGED]}."
        )
        return results

    def _date(self):
        dates = [first_date(self.source(name)) for name in (AFTER, BEFORE)]
        return next((date for date in dates if date is not None), today(_CLOCK))

    def _both(self, reading: Reading, now: int | None) -> tuple[DriversRead, DriversRead]:
        layers = [VisitsLayer(self.source(name), name) for name in (BEFORE, AFTER)]
        for visits in layers:
            missing = missing_fields(visits)
            if missing:
                layer = f"{visits.name} ({visits.source.sourceName()})"
                text = f"{layer} has no field {' and no field '.join(missing)}"
                reading.refuse(Fault("no_field", text, "Give the VISITS of a plan"), About(visits.name))
        if reading.errors:
            raise InputError(reading.errors)
        before, after = layers
        return read_drivers(before, reading, takes_cancelled=True), read_drivers(after, reading, now=now)

    def _write_rows(self, parameters, context, feedback, rows) -> dict[str, str]:
        sink, destination = self.parameterAsSink(
            parameters,
            DIFFERENCES,
            context,
            differences_fields(),
            QgsWkbTypes.Type.NoGeometry,
            QgsCoordinateReferenceSystem(),
        )
        if sink is None:
            if is_wanted(parameters.get(DIFFERENCES), context):
                raise QgsProcessingException(self.invalidSinkError(parameters, DIFFERENCES))
            return {}
        count = write_features(sink, DIFFERENCES, rows, feedback)
        del sink  # the file is complete only when its sink is gone
        if not feedback.isCanceled():
            verify_written({DIFFERENCES: destination}, {DIFFERENCES: count}, context)
        return {DIFFERENCES: destination}


def _warn_of_versions(before: DriversRead, after: DriversRead, reading: Reading) -> None:
    """Tell where the layers are not a plan and the version made from it."""
    for name, read in ((BEFORE, before), (AFTER, after)):
        if len(read.plan_ids) > 1 or len(read.versions) > 1:
            text = f"{name} holds visits of several plans or versions"
            reading.warn(Fault("conflicting_values", text, "Filter the layer to one of them"), About(name))
    if before.plan_ids and after.plan_ids and before.plan_ids != after.plan_ids:
        text = f"{BEFORE} and {AFTER} are different plans: plan_id differs"
        reading.warn(Fault("conflicting_values", text, "Check that the layers are meant", "plan_id"))
    if before.version is not None and after.version is not None and after.version != before.version + 1:
        text = (
            f"{AFTER} (version {after.version}) was not made from {BEFORE} (version {before.version}): what "
            "changed in between is told as well, or told the wrong way round"
        )
        reading.warn(Fault("conflicting_values", text, "Check that the layers are meant", "version"))
