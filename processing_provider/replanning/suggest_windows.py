"""The algorithm `optiway:suggest_windows`: the windows that can be offered to customers. Its parameters and
steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
)

from optiway_qgis.layers import run
from optiway_qgis.layers.output_fields import SUGGESTIONS, suggestions_fields
from optiway_qgis.layers.read_windows import WINDOWS, read_windows, still_open, windows_of_day
from optiway_qgis.layers.times import PlanDay
from optiway_qgis.layers.write_options import suggestions_features
from optiway_qgis.model.clock import hours
from optiway_qgis.model.findings import Fault
from optiway_qgis.model.options import Offer, Offers
from optiway_qgis.model.problem import DAY

from ..planning.plan_algorithm import RUN_PERCENT, tr
from .offer_algorithm import MOST, OfferAlgorithm

if TYPE_CHECKING:
    from optiway_qgis.layers.read_new_stops import NewStops
    from optiway_qgis.layers.reading import Reading
    from optiway_qgis.layers.write_options import Choices
    from optiway_qgis.model.problem import Window

WINDOW_MINUTES = "WINDOW_MINUTES"
FROM, UNTIL = "FROM", "UNTIL"
STEP_MINUTES = "STEP_MINUTES"
SUGGESTION_COUNT = "SUGGESTION_COUNT"
STOPS_WITHOUT_WINDOW = "STOPS_WITHOUT_WINDOW"
WINDOWS_REFUSED = "WINDOWS_REFUSED"


class SuggestWindows(OfferAlgorithm):
    """Ranks the windows that can be offered to customers."""

    def name(self):
        """Return the id within the provider."""
        return "suggest_windows"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Suggest time windows")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Ranks the windows that can be offered to a customer by what keeping each of them adds.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr(
            "vrp,time window,slot,appointment,booking,call centre,customer,offer,promise,same day,dynamic"
        ).split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>For the telephone: takes a plan, also while it is driven, and one customer or many, and "
            "tells which windows can be offered. For each window the stop is put into every route at every "
            "place, with the order of all other stops as it is; the cheapest place that keeps the window "
            "and every rule is what the window costs. The cheapest windows come first.</p>"
            "<p>The windows are the rows of a table, or follow each other through the day. Windows that "
            "nobody can keep are not offered, nor those that are over at <i>Now</i>. Each customer is asked "
            "about as if he were the only one: book a stop with <i>Edit routes</i> before the next is "
            "asked about.</p>"
            "<p>Give the same depots, vehicles, breaks, roads, server or matrix, traffic and barriers as the "
            "plan was made with. See docs/replanning.md.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_plan()
        self.add_new_stops()
        self.add(
            QgsProcessingParameterFeatureSource(
                WINDOWS, tr("Windows"), [QgsProcessing.SourceType.TypeVector], optional=True
            ),
            "Table with the windows that may be offered: tw_start and tw_end, or start and end. Empty: "
            "windows through the day, as below.",
        )
        clock = QgsProcessingParameterDateTime.Type.Time
        self._add_minutes(WINDOW_MINUTES, "Minutes of a window", 120, "How long each window is.")
        self.add(
            QgsProcessingParameterDateTime(FROM, tr("From"), clock, defaultValue="08:00"),
            "When the first window starts. Used where no windows are given, as the next two.",
        )
        self.add(
            QgsProcessingParameterDateTime(UNTIL, tr("Until"), clock, defaultValue="18:00"),
            "When the last window ends at the latest; a time before From is on the next day.",
        )
        self._add_minutes(
            STEP_MINUTES, "Minutes from window to window", 60, "From the start of one to that of the next."
        )
        self.add_most("Windows for each stop, at most", "The cheapest ones.")
        self.add_now()
        self.add_day_inputs()
        self.add(
            QgsProcessingParameterFeatureSink(
                SUGGESTIONS,
                tr("Suggested windows"),
                QgsProcessing.SourceType.TypeVectorPoint,
                optional=True,
                createByDefault=True,
            ),
            "A point for each window that can be offered, where the stop is: rank, window, what it adds, and "
            "the vehicle that would come.",
        )
        self.addOutput(QgsProcessingOutputNumber(SUGGESTION_COUNT, tr("Windows suggested")))
        self.addOutput(
            QgsProcessingOutputNumber(STOPS_WITHOUT_WINDOW, tr("Stops for which no window can be offered"))
        )
        self.addOutput(
            QgsProcessingOutputNumber(WINDOWS_REFUSED, tr("Windows that nobody can keep, over all stops"))
        )

    def _add_minutes(self, name: str, label: str, minutes: int, help_text: str) -> None:
        number = QgsProcessingParameterNumber.Type.Double
        self.add(
            QgsProcessingParameterNumber(name, tr(label), number, defaultValue=minutes, minValue=1), help_text
        )

    def offers(self, parameters, context, reading: Reading, new: NewStops, now: int | None) -> Offers:
        """Return the windows that are asked about, the same for each new stop."""
        windows = self._windows(parameters, context, reading)
        left = still_open(windows, now)
        if len(left) < len(windows):
            reading.feedback.pushInfo(f"Windows over at NOW, not offered: {len(windows) - len(left)}.")
        if not left:
            return Offers(())
        return Offers(tuple(Offer(name, left) for name in new.asked))

    def _windows(self, parameters, context, reading: Reading) -> tuple[Window, ...]:
        if self.source(WINDOWS) is not None:
            return read_windows(self.source(WINDOWS), reading)
        start, end = (reading.day.at(self.time(parameters, context, name)) for name in (FROM, UNTIL))
        if end < start:
            end += DAY
        length, step = (
            round(60 * self.parameterAsDouble(parameters, name, context))
            for name in (WINDOW_MINUTES, STEP_MINUTES)
        )
        found = windows_of_day(start, end, length, step)
        if not found:
            text = f"No window of {length // 60} minutes fits between FROM and UNTIL"
            reading.refuse(Fault("parameter", text, "Make it shorter, or the day longer", WINDOW_MINUTES))
        return found

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        progress = run.Progress(feedback)
        inputs, choices = self.choices(parameters, context, feedback, progress)
        day = PlanDay.of(inputs.problem)
        most = self.parameterAsInt(parameters, MOST, context)
        features = suggestions_features(choices, most, day, context)
        results = self.write_points(
            parameters, context, feedback, SUGGESTIONS, suggestions_fields(), features, choices.new.crs
        )
        progress.part(100, RUN_PERCENT, 100)
        for line in lines(choices, most):
            feedback.pushInfo(line)
        fitting = choices.fitting
        asked = sum(len(offer.windows) for offer in inputs.offers.offers)
        refused = asked - sum(map(len, fitting.values()))
        feedback.pushInfo(f"Windows asked about: {asked}; that nobody can keep: {refused}.")
        return {
            **results,
            SUGGESTION_COUNT: sum(min(most, len(one)) for one in fitting.values()),
            STOPS_WITHOUT_WINDOW: len(choices.new.rejected) + sum(not one for one in fitting.values()),
            WINDOWS_REFUSED: refused,
        }


def lines(choices: Choices, most: int) -> list[str]:
    """The windows of each stop, the cheapest first, for the log."""
    found = []
    for name, options in choices.fitting.items():
        windows = [
            f"{hours(one.window)} ({one.vehicle_id}, {one.added_cost:.2f} more)"
            for one in options[:most]
            if one.window is not None
        ]
        found.append(f"{name}: {', '.join(windows) or 'no window can be offered'}")
    return found + [f"{row.stop_id}: {row.text}" for row in choices.new.rejected]
