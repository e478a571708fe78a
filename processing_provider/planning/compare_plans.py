"""The algorithm `optiway:compare_plans`: two plans timed and judged alike. Parameters and steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
    QgsWkbTypes,
)

from optiway_qgis.layers import output_fields, run, styles, write
from optiway_qgis.layers.carried import CarriedStops
from optiway_qgis.layers.engine_process import find_engine
from optiway_qgis.layers.output_fields import CHANGES, COMPARISON
from optiway_qgis.layers.read_plans import AFTER, BEFORE, read_plans, see_both
from optiway_qgis.layers.read_visits import VisitsLayer, first_date
from optiway_qgis.layers.write_comparison import Compared, changes_features, comparison_features
from optiway_qgis.model.compare import MOVED, compare
from optiway_qgis.model.errors import JobCancelled
from optiway_qgis.model.findings import Fault
from optiway_qgis.model.plan import Plan
from optiway_qgis.reports.compare_report import compare_report
from optiway_qgis.reports.comparison_csv import comparison_csv

from .kept_order import KeptOrder
from .plan_algorithm import (
    PLAN_DATE,
    READ_PERCENT,
    REPORT,
    ROADS_PERCENT,
    RUN_PERCENT,
    STOPS,
    VEHICLES,
    Inputs,
    destination_of,
    is_wanted,
    report_options,
    tr,
    write_text,
)

if TYPE_CHECKING:
    from optiway_qgis.layers.read_plans import PlansRead
    from optiway_qgis.layers.reading import Reading
    from optiway_qgis.model.compare import Comparison

CSV = "CSV"

_NUMBERS = {
    "COST_BEFORE": "Cost of the plan before",
    "COST_AFTER": "Cost of the plan after",
    "COST_DIFFERENCE": "Cost after less cost before",
    "MOVED_COUNT": "Stops moved to another vehicle",
    "UNSERVED_BEFORE": "Stops the plan before does not serve",
    "UNSERVED_AFTER": "Stops the plan after does not serve",
    "VIOLATIONS_BEFORE": "Rules the plan before breaks",
    "VIOLATIONS_AFTER": "Rules the plan after breaks",
}


@dataclass(frozen=True)
class TwoPlans(Inputs):
    """What was read of two plans."""

    plans: PlansRead | None = None


class ComparePlans(KeptOrder):
    """Times and judges two plans, and tells what differs."""

    def name(self):
        """Return the id within the provider."""
        return "compare_plans"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Compare two plans")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Times and judges two plans alike, and tells what differs in figures, vehicles and stops.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("vrp,compare,difference,what-if,scenario,before,after,existing,planned,savings").split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes the visits of two plans, such as the tours driven today and those planned anew, a plan "
            "and its edited copy, or the plans of two fleets. Both are timed by one scheduler and judged by "
            "one checker, with the same depots, vehicles, travel times and traffic; neither order is "
            "changed. Then they are compared: cost, distance, times, lateness, violations and stops served, "
            "for the whole plans and for each vehicle, and each stop that is served otherwise.</p>"
            "<p>Stops are matched by <i>stop_id</i>. One that only one layer has counts as not served by the "
            "other plan; give <i>All stops</i> to count those that neither has. Where the data of a stop "
            "differ, those of <i>After</i> count for both, and the log says so.</p>"
            "<p>Give the depots, vehicles, roads, server or matrix, traffic and barriers by which both are "
            "judged. Without vehicles there are no limits, and each vehicle may leave from the earlier of "
            "its two departures on; without roads, server or matrix travel times are an estimate. Any point "
            "layer with <i>stop_id</i>, <i>vehicle_id</i> and <i>sequence</i> works as a plan.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        point = [QgsProcessing.SourceType.TypeVectorPoint]
        for name, label, help_text in (
            (BEFORE, "Plan before: visits or numbered stops", "The layer VISITS of the first plan."),
            (AFTER, "Plan after: visits or numbered stops", "The layer VISITS of the second plan."),
        ):
            self.add(
                QgsProcessingParameterFeatureSource(name, tr(label), point),
                f"{help_text} Or points with stop_id, vehicle_id and sequence.",
            )
        self.add(
            QgsProcessingParameterFeatureSource(STOPS, tr("All stops"), point, optional=True),
            "Stops that count as not served where neither plan has them: all that were asked for, or the "
            "UNASSIGNED of a plan. Empty: the stops of the two plans.",
        )
        self.add_kept_order(BEFORE)
        self.add_travel()
        for name, label, kind, help_text in (
            (
                COMPARISON,
                "Comparison",
                QgsProcessing.SourceType.TypeVector,
                "A row for each figure of the whole plans, where vehicle_id is empty, and of each vehicle: "
                "name, vehicle_id, unit, before, after, difference, percent.",
            ),
            (
                CHANGES,
                "Changed stops",
                QgsProcessing.SourceType.TypeVectorPoint,
                "The stops that the plans serve differently, with vehicle, sequence and eta in both; "
                "change is moved, earlier, later, added, removed or reordered.",
            ),
        ):
            self.add(
                QgsProcessingParameterFeatureSink(name, tr(label), kind, optional=True, createByDefault=True),
                help_text,
            )
        for name, label, file_filter, default, help_text in (
            (
                REPORT,
                "Report",
                "HTML files (*.html)",
                True,
                "One file to read, print or send: the figures, both maps, each vehicle and what changed.",
            ),
            (
                CSV,
                "Comparison as a CSV file",
                "CSV files (*.csv)",
                False,
                "The table of COMPARISON for a spreadsheet, in UTF-8 with commas and decimal points.",
            ),
        ):
            self.add(
                QgsProcessingParameterFileDestination(
                    name, tr(label), tr(file_filter), optional=True, createByDefault=default
                ),
                help_text,
            )
        for name, label in _NUMBERS.items():
            self.addOutput(QgsProcessingOutputNumber(name, tr(label)))

    def default_date(self, zone_name: str):
        """Return the date of the earlier of the plans."""
        return min(self._dates().values(), default=None) or super().default_date(zone_name)

    def _dates(self) -> dict[str, Any]:
        dates = {name: first_date(self.source(name)) for name in (BEFORE, AFTER)}
        return {name: date for name, date in dates.items() if date is not None}

    def read_inputs(self, parameters, context, reading: Reading) -> TwoPlans:
        """Read both plans, and the depots and vehicles given or seen in them."""
        dates = self._dates()
        if self.plan_date(parameters, context) is None and len(set(dates.values())) > 1:
            told = " and ".join(
                f"{name} begins on {date.toString('yyyy-MM-dd')}" for name, date in dates.items()
            )
            remedy = f"Compare plans of one day, or say in {PLAN_DATE} which day is meant"
            reading.refuse(Fault("other_day", told, remedy, PLAN_DATE))
        before, after = self.visits_layers(reading, BEFORE, AFTER)
        has_vehicles = self.source(VEHICLES) is not None
        depots, vehicles = self.fleet(
            parameters, context, reading, see_both(before, after, not has_vehicles, reading)
        )
        plans = read_plans(
            before,
            after,
            depots,
            vehicles,
            reading,
            {name: self.expressions(parameters, context, name) for name in (BEFORE, AFTER)},
            judges_skills=has_vehicles,
            asked=None if self.source(STOPS) is None else VisitsLayer(self.source(STOPS), STOPS),
        )
        reading.errors[:] = dict.fromkeys(reading.errors)  # a bad expression is one of both layers
        carried = CarriedStops(before.source.fields(), plans.crs, rejected=plans.rejected)
        return TwoPlans(plans.problem, carried, sequences=(), plans=plans)

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        progress = run.Progress(feedback)
        engine = find_engine(QgsApplication.qgisSettingsDirPath())
        inputs = self._read(parameters, context, feedback)
        write.warn_of_lossy_target(destination_of(parameters.get(CHANGES), context), feedback)
        progress.part(100, 0, READ_PERCENT)
        before, after = self._both(parameters, context, feedback, inputs, engine, progress)
        if feedback.isCanceled():
            raise JobCancelled
        comparison = compare(inputs.problem, before, after, inputs.plans.others)
        compared = Compared(inputs.problem, comparison, inputs.plans.remarks)
        results = self._write_layers(parameters, context, feedback, compared, inputs.plans.crs)
        if feedback.isCanceled():
            feedback.pushWarning(tr("Cancelled while the outputs were written: they are not complete."))
            return {}
        for name, encoding, make in (
            (REPORT, "utf-8", lambda: self._page(compared, before, after, inputs)),
            (CSV, "utf-8-sig", lambda: comparison_csv(comparison)),
        ):
            path = self.parameterAsFileOutput(parameters, name, context)
            if path:
                write_text(name, path, make(), encoding)
                results[name] = path
        progress.part(100, RUN_PERCENT, 100)
        for line in summary(comparison):
            feedback.pushInfo(line)
        return {**results, **_numbers(comparison)}

    def _both(self, parameters, context, feedback, inputs: TwoPlans, engine, progress) -> list[Plan]:
        """Have both plans timed and judged on one table of travel times."""
        if not inputs.problem.stops:
            feedback.pushWarning(tr("Neither plan serves any stop."))
            return [Plan(plan_id="", routes=(), unassigned=())] * 2
        with self.job_travel(parameters, context, feedback, inputs, progress) as travel:
            orders = (inputs.plans.before, inputs.plans.after)
            job = run.compare_job(inputs.problem, travel, self.settings(parameters, context), orders)
            return run.run_for_plans(job, engine, feedback, progress, (ROADS_PERCENT, RUN_PERCENT))

    def _page(self, compared: Compared, before: Plan, after: Plan, inputs: TwoPlans) -> str:
        names = tuple(self.source(name).sourceName() for name in (BEFORE, AFTER))
        options = report_options(inputs.conditions)
        return compare_report(
            compared.problem, (before, after), compared.comparison, names, compared.remarks, options
        )

    def _write_layers(self, parameters, context, feedback, compared: Compared, crs) -> dict[str, Any]:
        none, point = QgsWkbTypes.Type.NoGeometry, QgsWkbTypes.Type.Point
        destinations, written = {}, {}
        for name, fields, kind, in_crs, features in (
            (
                COMPARISON,
                output_fields.comparison_fields(),
                none,
                QgsCoordinateReferenceSystem(),
                comparison_features(compared),
            ),
            (CHANGES, output_fields.changes_fields(), point, crs, changes_features(compared, crs, context)),
        ):
            sink, destination = self.parameterAsSink(parameters, name, context, fields, kind, in_crs)
            if sink is None and is_wanted(parameters.get(name), context):
                raise QgsProcessingException(self.invalidSinkError(parameters, name))
            if sink is not None:
                destinations[name] = destination
                written[name] = write.write_features(sink, name, features, feedback)
            del sink  # the file is complete only when its sink is gone
        if not feedback.isCanceled():
            spatial = {name: path for name, path in destinations.items() if name == CHANGES}
            styles.store_styles(spatial, (), feedback)
            write.verify_written(destinations, written, context)
            styles.style_on_load(destinations, (), context)
        return destinations


def summary(comparison: Comparison) -> list[str]:
    """The comparison in a few lines for the log."""
    lines = []
    for name, words, decimals in (
        ("cost", tr("Cost"), 2),
        ("distance_km", tr("Kilometres"), 1),
        ("work_min", tr("Minutes of work"), 0),
        ("late_stops", tr("Late stops"), 0),
        ("violations", tr("Rules broken"), 0),
        ("stops_unserved", tr("Stops not served"), 0),
    ):
        figure = comparison.figure(name)
        lines.append(
            tr("{name}: {before} before, {after} after ({difference}).").format(
                name=words,
                before=f"{figure.before:.{decimals}f}",
                after=f"{figure.after:.{decimals}f}",
                difference=f"{figure.difference:+.{decimals}f}",
            )
        )
    counts: dict[str, int] = {}
    for one in comparison.changes:
        counts[one.change] = counts.get(one.change, 0) + 1
    told = ", ".join(f"{count} {change}" for change, count in counts.items())
    differently = tr("Stops served differently: {told}.").format(told=told)
    lines.append(differently if told else tr("All stops are served alike."))
    return lines


def _numbers(comparison: Comparison) -> dict[str, float]:
    cost, unserved, violations = (
        comparison.figure(name) for name in ("cost", "stops_unserved", "violations")
    )
    return {
        "COST_BEFORE": cost.before,
        "COST_AFTER": cost.after,
        "COST_DIFFERENCE": cost.difference,
        "MOVED_COUNT": comparison.count(MOVED),
        "UNSERVED_BEFORE": unserved.before,
        "UNSERVED_AFTER": unserved.after,
        "VIOLATIONS_BEFORE": violations.before,
        "VIOLATIONS_AFTER": violations.after,
    }
