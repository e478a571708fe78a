"""What the algorithms of the group have in common: shared parameters, outputs, and the steps of a run.

Each algorithm adds its own inputs and says how they become a problem.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Mapping

from qgis.core import (
    QgsApplication,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingParameterAuthConfig,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExpression,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameters,
    QgsProcessingParameterString,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QIcon

from optiway_qgis.layers import kept_roads, output_fields, plan_project, run, styles, write
from optiway_qgis.layers.conditions import Conditions, horizon_of, read_conditions, tell_unused_zones
from optiway_qgis.layers.destinations import cannot_write
from optiway_qgis.layers.engine_process import find_engine
from optiway_qgis.layers.feedback import GroupedWarnings
from optiway_qgis.layers.instants import on_clock
from optiway_qgis.layers.output_fields import LEGS, ROUTES, SINKS, UNASSIGNED, VISITS
from optiway_qgis.layers.read_barriers import BARRIERS
from optiway_qgis.layers.read_roads import ROADS, RoadLayer
from optiway_qgis.layers.read_stops import EXPRESSION_FIELDS, Expressions
from optiway_qgis.layers.read_traffic import TRAFFIC
from optiway_qgis.layers.read_zones import ZONES, in_zones, read_zones
from optiway_qgis.layers.reading import Reading
from optiway_qgis.layers.road_travel import cache_folder, road_travel
from optiway_qgis.layers.server_access import server_access
from optiway_qgis.layers.times import PlanDay, computer_zone, today
from optiway_qgis.layers.translation import tr
from optiway_qgis.layers.travel_table import matrix_fingerprint
from optiway_qgis.model.errors import InputError, JobCancelled, OptiwayError
from optiway_qgis.model.findings import About, Fault
from optiway_qgis.model.plan import Plan, Unassigned
from optiway_qgis.model.problem import MAX_WORKERS, Problem, Settings
from optiway_qgis.reports.plan_report import plan_report
from optiway_qgis.reports.plan_view import ReportOptions, TravelConditions

if TYPE_CHECKING:
    from qgis.PyQt.QtCore import QDate

    from optiway_qgis.layers.carried import CarriedStops
    from optiway_qgis.model.problem import Sequence
    from optiway_qgis.model.why import DayChanges

STOPS = "STOPS"
DEPOTS = "DEPOTS"
VEHICLES = "VEHICLES"
PLAN_DATE = "PLAN_DATE"
TIME_ZONE = "TIME_ZONE"
TRAVEL = "TRAVEL"
SPEED_FIELD = "SPEED_FIELD"
DIRECTION_FIELD = "DIRECTION_FIELD"
ALLOW_FAR = "ALLOW_FAR"
MATRIX = "MATRIX"
SERVER_URL = "SERVER_URL"
AUTH = "AUTH"
WEATHER_FACTOR = "WEATHER_FACTOR"
TIME_LIMIT = "TIME_LIMIT"
ITERATIONS = "ITERATIONS"
SEED = "SEED"
WORKERS = "WORKERS"
REPORT = "REPORT"

SERVERS = ["osrm", "valhalla", "openrouteservice"]
ESTIMATED, ON_ROADS, FROM_FILE = "estimate", "roads", "matrix"
TRAVEL_SOURCES = [ESTIMATED, ON_ROADS, FROM_FILE, *SERVERS]
READ_PERCENT, ROADS_PERCENT, RUN_PERCENT = 5, 12, 90

_EXPRESSIONS = {
    "SERVICE_TIME": (
        "Service time in minutes",
        'Minutes of service at each stop, as an expression such as 5 + 0.5 * "parcels". '
        "Empty: the field service_min.",
    ),
    "DEMAND": (
        "Demand",
        "Quantity to deliver at each stop (to pick up, where the field kind is pickup). Empty: the fields "
        "demand, delivery_1 to 9 and pickup_1 to 9.",
    ),
    "PRIORITY": (
        "Priority",
        "0 to 100: when not everybody can be served, the lowest are left out first. Empty: the field "
        "priority.",
    ),
    "WINDOW_START": (
        "Time window start",
        "Earliest start of service, as a time, a date and time, or text such as 08:30. Empty: the field "
        "tw1_start.",
    ),
    "WINDOW_END": (
        "Time window end",
        "Latest start of service, as a time, a date and time, or text such as 12:00. Empty: the field "
        "tw1_end.",
    ),
}

_NUMBERS = {
    "STOP_COUNT": "Number of stops",
    "ROUTE_COUNT": "Number of routes",
    "ASSIGNED_COUNT": "Stops served",
    "UNASSIGNED_COUNT": "Stops not served",
    "REJECTED_COUNT": "Stops not served because they were excluded or could not be read",
    "LATE_COUNT": "Stops served late",
    "DISTANCE_KM": "Distance in kilometres",
    "DRIVE_MIN": "Driving time in minutes",
    "COST": "Cost",
    "VIOLATION_COUNT": "Rules broken",
    "OVERTIME_MIN": "Overtime in minutes",
    "GINI": "How unevenly working hours are shared (Gini): 0 alike, towards 1 one has all",
}


@dataclass(frozen=True)
class Inputs:
    """What an algorithm has read: the problem, what travels along, the order to keep (None: to be found),
    and the conditions of travel."""

    problem: Problem
    carried: CarriedStops
    sequences: tuple[Sequence, ...] | None = None
    conditions: Conditions = field(default_factory=Conditions)


class PlanAlgorithm(QgsProcessingAlgorithm):
    """Base of the planning algorithms: `read_inputs` is theirs, the rest of the run is here."""

    expression_help: ClassVar[dict[str, tuple[str, str]]] = {}

    def createInstance(self):
        """Return a new instance."""
        return type(self)()

    def group(self):
        """Return the group in the toolbox."""
        return tr("Planning")

    def groupId(self):
        """Return the id of the group."""
        return "planning"

    def icon(self):
        """Return the icon."""
        from ..provider import ICON

        return QIcon(ICON)

    def read_inputs(self, parameters, context, reading: Reading) -> Inputs:
        """Read the layers; errors are added to the reading and raised by the caller of this method."""
        raise NotImplementedError

    def add(
        self, parameter: QgsProcessingParameterDefinition, help_text: str, advanced: bool = False
    ) -> None:
        """Add a parameter with its help."""
        parameter.setHelp(tr(help_text))
        if advanced:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.addParameter(parameter)

    def add_day(self, advanced: bool, help_text: str = "The day that is planned. Empty: today.") -> None:
        """Add PLAN_DATE and TIME_ZONE."""
        self.add(
            QgsProcessingParameterDateTime(
                PLAN_DATE, tr("Plan date"), QgsProcessingParameterDateTime.Type.Date, optional=True
            ),
            help_text,
            advanced,
        )
        self.add(
            QgsProcessingParameterString(TIME_ZONE, tr("Time zone"), optional=True),
            "Name of the time zone of all times, such as Europe/Lisbon. Empty: the zone of this computer.",
            advanced=True,
        )

    def add_expressions(self, layer: str, *names: str) -> None:
        """Add expressions over the features of the parameter `layer`, whose help an algorithm may replace."""
        for name in names:
            label, help_text = {**_EXPRESSIONS, **self.expression_help}[name]
            self.add(
                QgsProcessingParameterExpression(
                    name, tr(label), parentLayerParameterName=layer, optional=True
                ),
                help_text,
                advanced=True,
            )

    def add_travel(self, takes_matrix: bool = True) -> None:
        """Add ROADS and TRAVEL, with what belongs to them."""
        sources = [source for source in TRAVEL_SOURCES if takes_matrix or source != FROM_FILE]
        self.add(
            QgsProcessingParameterFeatureSource(
                ROADS, tr("Roads"), [QgsProcessing.SourceType.TypeVectorLine], optional=True
            ),
            "Lines to drive on: any layer of roads, also the layer lines of an .osm.pbf. Times and legs then "
            "follow the roads. Empty, and no other source chosen: travel times are estimated. docs/roads.md "
            "lists the fields that are understood.",
        )
        self.add(
            QgsProcessingParameterEnum(
                TRAVEL, tr("Travel times from"), options=sources, usesStaticStrings=True, optional=True
            ),
            "estimate: from the distance as the crow flies; legs are drawn straight and marked as an "
            "estimate. roads: on the lines of ROADS. osrm, valhalla, openrouteservice: from the server at "
            "SERVER_URL. "
            + ("matrix: from the file MATRIX; legs are drawn straight. " if takes_matrix else "")
            + ("Empty: matrix where MATRIX is given, else " if takes_matrix else "Empty: ")
            + "roads where ROADS is given, else estimate.",
            advanced=True,
        )
        for name, label, help_text in (
            (
                SPEED_FIELD,
                "Field with the speed",
                "Field of ROADS with the speed in km/h. Empty: maxspeed, or a field of a similar name; where "
                "that has no value, the speed of the class of road.",
            ),
            (
                DIRECTION_FIELD,
                "Field with the direction",
                "Field of ROADS that says which way a line may be driven: yes or 1 along it, -1 against it, "
                "no or 0 both. Empty: oneway, or a field of a similar name.",
            ),
        ):
            self.add(
                QgsProcessingParameterField(name, tr(label), parentLayerParameterName=ROADS, optional=True),
                help_text,
                advanced=True,
            )
        self.add(
            QgsProcessingParameterBoolean(
                ALLOW_FAR, tr("Serve stops that are far from any road"), defaultValue=False, optional=True
            ),
            "Stops far from the roads, or on roads that lead nowhere else, are reached by an estimate, drawn "
            "straight and marked. Otherwise they are not served, and the reason says how far the nearest "
            "road is.",
            advanced=True,
        )
        if takes_matrix:
            self.add(
                QgsProcessingParameterFile(MATRIX, tr("Travel matrix"), extension="npz", optional=True),
                "File with the times and distances between all stops and depots, as the algorithm Travel "
                "matrix writes it.",
                advanced=True,
            )
        self.add_server()
        if takes_matrix:
            self.add_conditions()

    def add_conditions(self) -> None:
        """Add TRAFFIC, BARRIERS, ZONES and WEATHER_FACTOR."""
        for name, label, kind, help_text, advanced in (
            (
                TRAFFIC,
                "Traffic",
                QgsProcessing.SourceType.TypeVector,
                "Table of factors on travel times by weekday and hour: weekday, from, to, factor, and "
                "zone_id or road_class where it does not hold everywhere. See docs/traffic.md.",
                False,
            ),
            (
                BARRIERS,
                "Barriers",
                QgsProcessing.SourceType.TypeVectorAnyGeometry,
                "Points, lines or polygons that block roads or slow them down: kind (block, delay, scale), "
                "add_min, factor, active_start, active_end. Without fields all of them block.",
                False,
            ),
            (
                ZONES,
                "Zones",
                QgsProcessing.SourceType.TypeVectorPolygon,
                "Polygons with zone_id, which rows of TRAFFIC name, and vehicles that serve them.",
                True,
            ),
        ):
            self.add(
                QgsProcessingParameterFeatureSource(name, tr(label), [kind], optional=True),
                help_text,
                advanced,
            )
        self.add(
            QgsProcessingParameterNumber(
                WEATHER_FACTOR,
                tr("Weather factor"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=1,
                optional=True,
                minValue=0.1,
                maxValue=10,
            ),
            "All travel times of the day are multiplied by it: 1.2 on a day of snow takes a fifth longer.",
            advanced=True,
        )

    def add_server(self) -> None:
        """Add SERVER_URL and AUTH."""
        self.add(
            QgsProcessingParameterString(SERVER_URL, tr("Address of the routing server"), optional=True),
            "Where TRAVEL is a server, such as http://localhost:5000. It learns the positions of the stops. "
            "No user name or key belongs here. See docs/servers.md.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterAuthConfig(AUTH, tr("Authentication at the server"), optional=True),
            "Authentication configuration of QGIS with a user name and password, or with headers, for the "
            "routing server.",
            advanced=True,
        )

    def add_search(self, advanced: bool, seconds: float = 30) -> None:
        """Add TIME_LIMIT, which is so many seconds unless said otherwise, ITERATIONS, SEED and WORKERS."""
        self.add(
            QgsProcessingParameterNumber(
                TIME_LIMIT,
                tr("Time limit in seconds"),
                QgsProcessingParameterNumber.Type.Double,
                defaultValue=seconds,
                minValue=1,
            ),
            "Longest time to search. The search ends earlier when the plan stops getting better.",
            advanced,
        )
        self.add(
            QgsProcessingParameterNumber(
                ITERATIONS,
                tr("Iterations"),
                QgsProcessingParameterNumber.Type.Integer,
                optional=True,
                minValue=1,
            ),
            "A fixed number of iterations instead of the time limit: the same input and seed then give "
            "the same plan. Empty: the time limit.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                SEED,
                tr("Seed"),
                QgsProcessingParameterNumber.Type.Integer,
                defaultValue=0,
                minValue=0,
                maxValue=10**9,
            ),
            "Start of the random numbers of the search. Another seed may give another plan.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                WORKERS,
                tr("Cores"),
                QgsProcessingParameterNumber.Type.Integer,
                optional=True,
                minValue=1,
                maxValue=MAX_WORKERS,
            ),
            "Number of processor cores the search uses. Empty: all, but one where ITERATIONS is given, so "
            "that the plan is the same on every computer.",
            advanced=True,
        )

    def add_outputs(self) -> None:
        """Add the four layers, the report and the numbers."""
        line, point = QgsProcessing.SourceType.TypeVectorLine, QgsProcessing.SourceType.TypeVectorPoint
        for name, label, kind, help_text in (
            (ROUTES, "Routes", line, "One line per vehicle, with its times, distance, load and cost."),
            (LEGS, "Legs", line, "One line per leg; its end_time is the arrival at the stop it leads to."),
            (VISITS, "Visits", point, "Stops, depots, reloads and breaks in their order, with all times."),
            (UNASSIGNED, "Unassigned stops", point, "Stops that no route serves, each with the reason."),
        ):
            self.add(
                QgsProcessingParameterFeatureSink(name, tr(label), kind, optional=True, createByDefault=True),
                help_text,
            )
        self.add(
            QgsProcessingParameterFileDestination(
                REPORT, tr("Report"), tr("HTML files (*.html)"), optional=True, createByDefault=True
            ),
            "One file to read, print or send: figures, timeline, loads, lateness and what was left out.",
        )
        for name, label in _NUMBERS.items():
            self.addOutput(QgsProcessingOutputNumber(name, tr(label)))

    def prepareAlgorithm(self, parameters, context, feedback):
        """Make sources and expression contexts in the main thread: they read the project."""
        self.prepare_sources(parameters, context)
        streets = self.parameterAsVectorLayer(parameters, ROADS, context)
        self._road_file = kept_roads.road_file(parameters.get(ROADS), streets)
        self._prepare_server(parameters, context)
        return True

    def prepare_sources(self, parameters, context) -> None:
        """Make the sources that are given and their expression contexts."""
        self._sources = {}
        self._expression_contexts = {}
        for definition in self.parameterDefinitions():
            if definition.type() != "source":
                continue
            name = definition.name()
            source = self.parameterAsSource(parameters, name, context)
            required = not definition.flags() & QgsProcessingParameterDefinition.Flag.FlagOptional
            if source is None and (required or parameters.get(name)):
                raise QgsProcessingException(self.invalidSourceError(parameters, name))
            self._sources[name] = source
            if source is not None:
                self._expression_contexts[name] = self.createExpressionContext(parameters, context, source)
                if name != ROADS:
                    self._sources[name] = on_clock(source, self.zone_name(parameters, context))

    def _prepare_server(self, parameters, context) -> None:
        """Read what is needed to reach the server: settings of QGIS, to be read in the main thread."""
        self._server: dict[str, Any] = {}
        self._server_problems: list[Fault] = []
        if self.travel_source(parameters, context) not in SERVERS:
            return
        url = self.parameterAsString(parameters, SERVER_URL, context).strip()
        if not url:
            fault = Fault(
                "missing_value",
                "TRAVEL is a server, but SERVER_URL is empty",
                "Give its address, such as http://localhost:5000",
                SERVER_URL,
            )
            self._server_problems.append(fault)
            return
        try:
            access = server_access(url, self.parameterAsString(parameters, AUTH, context))
            self._server = {**access, "cache": str(cache_folder(QgsApplication.qgisSettingsDirPath()))}
        except InputError as error:
            self._server_problems.extend(
                Fault("parameter", text, field=SERVER_URL) for text in error.problems
            )

    def processAlgorithm(self, parameters, context, feedback):
        """Read, run, write; every error reaches the user as one message."""
        try:
            return self._process(parameters, context, feedback)
        except JobCancelled as cancelled:
            feedback.pushInfo(str(cancelled))
            return {}
        except OptiwayError as error:
            raise QgsProcessingException(str(error)) from error

    def source(self, name: str):
        """The source of a parameter; None when it is not given."""
        return self._sources[name]

    def expressions(self, parameters, context, layer: str) -> Expressions:
        """The expressions that are given, over the features of the parameter `layer`."""
        texts = {
            name: self.parameterAsExpression(parameters, name, context).strip()
            for name in EXPRESSION_FIELDS
            if self.parameterDefinition(name)
        }
        given = {name: text for name, text in texts.items() if text}
        return Expressions(given, self._expression_contexts[layer])

    def time(self, parameters, context, name: str):
        """The time of day of a parameter as QTime."""
        return QgsProcessingParameters.parameterAsTime(self.parameterDefinition(name), parameters, context)

    def plan_date(self, parameters, context) -> QDate | None:
        """The date of PLAN_DATE; None when it is empty."""
        moment = self.parameterAsDateTime(parameters, PLAN_DATE, context)
        return moment.date() if moment.isValid() else None

    def zone_name(self, parameters, context) -> str:
        """The name in TIME_ZONE, or that of the computer's zone."""
        return self.parameterAsString(parameters, TIME_ZONE, context).strip() or computer_zone()

    def default_date(self, zone_name: str) -> QDate:
        """The plan date when PLAN_DATE is empty."""
        return today(zone_name)

    def settings(self, parameters, context) -> Settings:
        """TIME_LIMIT, ITERATIONS, SEED and WORKERS, as far as the algorithm has them."""
        settings = Settings()
        if not self.parameterDefinition(SEED):
            return settings

        def count(name: str) -> int | None:
            return None if parameters.get(name) is None else self.parameterAsInt(parameters, name, context)

        return replace(
            settings,
            time_limit=self.parameterAsDouble(parameters, TIME_LIMIT, context),
            iterations=count(ITERATIONS),
            seed=self.parameterAsInt(parameters, SEED, context),
            workers=count(WORKERS),
        )

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        progress = run.Progress(feedback)
        engine = find_engine(QgsApplication.qgisSettingsDirPath())
        inputs = self._read(parameters, context, feedback)
        progress.part(100, 0, READ_PERCENT)
        if feedback.isCanceled():
            raise JobCancelled
        plan = self._plan(parameters, context, feedback, inputs, engine, progress)
        if feedback.isCanceled():
            raise JobCancelled
        for note in plan.notes:
            feedback.pushWarning(note)
        results, counts = self._write(parameters, context, feedback, inputs, plan)
        if feedback.isCanceled():
            feedback.pushWarning(tr("Cancelled while the outputs were written: they are not complete."))
            return {}
        report = self._report(parameters, context, inputs, plan)
        if report:
            results[REPORT] = report
        progress.part(100, RUN_PERCENT, 100)
        for line in self.told(plan, inputs, counts):
            feedback.pushInfo(line)
        return {**results, **self.numbers(counts, plan, inputs)}

    def told(self, plan: Plan, inputs: Inputs, counts: write.Counts) -> list[str]:
        """Return the plan in a few lines for the log."""
        return summary(plan, inputs.carried, counts)

    def numbers(self, counts: write.Counts, plan: Plan, inputs: Inputs) -> dict[str, float]:
        """Return the numbers under their public output names."""
        return counts.numbers()

    def changed(self, inputs: Inputs, plan: Plan) -> DayChanges | None:
        """What the plan makes of the one before it; None where it comes after none."""
        return None

    def _read(self, parameters, context, feedback) -> Inputs:
        inputs, reading = self.gather(parameters, context, feedback, self.unwritable(parameters, context))
        reading.warnings.push(feedback)
        if reading.errors:
            raise InputError(reading.errors)
        for name in SINKS:
            write.warn_of_lossy_target(destination_of(parameters.get(name), context), feedback)
        self.tell_counts(inputs, feedback)
        return inputs

    def unwritable(self, parameters, context) -> list[str]:
        """What is wrong with the places of the outputs."""
        told = (
            cannot_write(definition.name(), destination_of(parameters.get(definition.name()), context))
            for definition in self.destinationParameterDefinitions()
        )
        return [text for text in told if text]

    def tell_counts(self, inputs: Inputs, feedback) -> None:
        """Tell how much was read."""
        problem = inputs.problem
        feedback.pushInfo(
            tr(
                "{date} in {zone}: stops {stops}, rejected {rejected}, depots {depots}, vehicles {vehicles}."
            ).format(
                date=problem.plan_date,
                zone=problem.time_zone,
                stops=len(problem.stops),
                rejected=len(inputs.carried.rejected),
                depots=len(problem.depots),
                vehicles=len(problem.vehicles),
            )
        )

    def gather(self, parameters, context, feedback, errors: list[str]) -> tuple[Inputs, Reading]:
        """Read everything; `errors` are those known before, and what is found is in the reading."""
        zone_name = self.zone_name(parameters, context)
        plan_date = self.plan_date(parameters, context)
        try:
            day = PlanDay(plan_date or self.default_date(zone_name), zone_name)
            problems: list[str] = []
        except InputError as error:
            problems = error.problems
            day = PlanDay(plan_date or today("UTC"), "UTC")
        reading = Reading(day, context.transformContext(), feedback, GroupedWarnings(), errors)
        for text in problems:
            reading.refuse(Fault("parameter", text, field=text.split(" ")[0]))
        inputs = self.read_inputs(parameters, context, reading)
        zones = read_zones(self.source(ZONES), reading) if self.source(ZONES) is not None else None
        problem = in_zones(self.wished(parameters, context, inputs.problem, reading), zones, reading)
        self.read_travel(parameters, context, reading)
        traffic, vehicles = self.source(TRAFFIC), problem.vehicles
        tell_unused_zones(zones, vehicles, traffic is not None, reading)
        conditions = read_conditions(
            traffic,
            zones,
            self.source(BARRIERS),
            self._weather(parameters, context),
            horizon_of(vehicles, may_overrun=inputs.sequences is not None),
            reading,
        )
        return replace(inputs, problem=problem, conditions=conditions), reading

    def wished(self, parameters, context, problem: Problem, reading: Reading) -> Problem:
        """Return the problem with what is asked of the plan as a whole: nothing, unless an algorithm asks."""
        return problem

    def _weather(self, parameters, context) -> float:
        if parameters.get(WEATHER_FACTOR) is None:
            return 1.0
        return self.parameterAsDouble(parameters, WEATHER_FACTOR, context)

    def _plan(self, parameters, context, feedback, inputs: Inputs, engine, progress: run.Progress) -> Plan:
        if self.is_empty(inputs):
            feedback.pushWarning(tr("No stop is left to be served: the routes are empty."))
            return Plan(plan_id="", routes=(), unassigned=())
        settings = self.settings(parameters, context)
        with self.job_travel(parameters, context, feedback, inputs, progress) as travel:
            job = self.job(inputs, travel, settings)
            return run.run(job, engine, feedback, progress, (ROADS_PERCENT, RUN_PERCENT))

    def is_empty(self, inputs: Inputs) -> bool:
        """Whether there is nothing to plan."""
        return not inputs.problem.stops

    def job(self, inputs: Inputs, travel: dict[str, Any], settings: Settings) -> dict[str, Any]:
        """Return the job that plans, or that keeps the order there is."""
        if inputs.sequences is None:
            return run.plan_job(inputs.problem, travel, settings)
        return run.schedule_job(inputs.problem, travel, settings, inputs.sequences)

    @contextmanager
    def job_travel(self, parameters, context, feedback, inputs: Inputs, progress: run.Progress):
        """Give the job's travel member with the conditions; its file is there until the end of the block."""
        with self._travel(parameters, context, feedback, inputs.problem, progress) as travel:
            lost = self.lost_classes(travel, inputs.conditions)
            if lost is not None:
                feedback.pushWarning(lost.sentence)
            yield {**travel, **inputs.conditions.travel_members()}

    def lost_classes(self, travel: dict[str, Any], conditions: Conditions) -> Fault | None:
        """The warning of rows of the traffic for classes that no road has; None where there are none."""
        if self._roads is None:
            return None
        lost = conditions.classes_without_roads(travel["categories"].get("highway", ()))
        if not lost:
            return None
        text = (
            f"{TRAFFIC}: no road around the stops is of the class {', '.join(lost)}: rows for it change "
            "nothing"
        )
        return Fault("no_effect", text, field="road_class")

    def travel_source(self, parameters, context) -> str:
        """What TRAVEL says, or what is given where it is empty."""
        chosen = self.parameterAsEnumString(parameters, TRAVEL, context)
        if chosen:
            return chosen
        if self._matrix_file(parameters, context):
            return FROM_FILE
        return ESTIMATED if self.source(ROADS) is None else ON_ROADS

    def _matrix_file(self, parameters, context) -> str:
        """The path in MATRIX; empty where there is none."""
        definition = self.parameterDefinition(MATRIX)
        if definition.isDestination():
            return ""
        return self.parameterAsFile(parameters, MATRIX, context)

    def read_travel(self, parameters, context, reading: Reading) -> None:
        """See that the source of travel is complete; what is wrong with it goes to the errors."""
        source = self.travel_source(parameters, context)
        self._roads = self._road_layer(parameters, context, reading) if source == ON_ROADS else None
        if source == FROM_FILE and not self._matrix_file(parameters, context):
            text = "TRAVEL is matrix, but MATRIX is empty"
            reading.refuse(Fault("missing_value", text, "Give a file, or leave TRAVEL empty", MATRIX))
        if source not in SERVERS and self.parameterAsString(parameters, SERVER_URL, context).strip():
            text = f"SERVER_URL is not used, as travel times come from: {source}"
            reading.warn(Fault("no_effect", text, "See TRAVEL", SERVER_URL))
        for fault in self._server_problems:
            reading.refuse(fault)

    def _road_layer(self, parameters, context, reading: Reading) -> RoadLayer | None:
        """The layer to travel on; what is wrong with it goes to the errors."""
        source = self.source(ROADS)
        if source is None:
            text = "TRAVEL is roads, but ROADS is empty"
            reading.refuse(Fault("missing_value", text, "Give a line layer, or leave TRAVEL empty", ROADS))
            return None
        speed, direction = (
            self.parameterAsString(parameters, name, context) for name in (SPEED_FIELD, DIRECTION_FIELD)
        )
        layer = RoadLayer(source, speed, direction)
        for fault in layer.problems:
            reading.refuse(fault, About(ROADS))
        return layer

    @contextmanager
    def _travel(self, parameters, context, feedback, problem: Problem, progress: run.Progress):
        """Give the job's travel member; its file is there until the end of the block."""
        source = self.travel_source(parameters, context)
        if self._roads is None:
            travel: dict[str, Any] = {"source": source}
            if source == FROM_FILE:
                travel["path"] = os.path.abspath(self._matrix_file(parameters, context))
                travel["fingerprint"] = matrix_fingerprint(travel["path"])
            if source in SERVERS:
                allowed = self.parameterAsBoolean(parameters, ALLOW_FAR, context)
                travel = {**travel, **self._server, "allow_far": allowed}
            yield travel
            return
        settings = QgsApplication.qgisSettingsDirPath()
        lines = kept_roads.read(
            self._roads,
            self._road_file,
            str(cache_folder(settings)),
            [(place.lon, place.lat) for place in (*problem.stops, *problem.depots)],
            context.transformContext(),
            feedback,
            lambda percent: progress.part(percent, READ_PERCENT, ROADS_PERCENT),
        )
        with road_travel(lines, settings) as travel:
            yield {**travel, "allow_far": self.parameterAsBoolean(parameters, ALLOW_FAR, context)}

    def _write(
        self,
        parameters,
        context,
        feedback,
        inputs: Inputs,
        plan: Plan,
        others: Mapping[str, tuple[str, int]] | None = None,
    ):
        """Write the layers of the plan. `others` were written before: by name the place and the number of
        features of each, as nothing can be written to their file when these have been opened."""
        problem, carried = inputs.problem, inputs.carried
        line, point = QgsWkbTypes.Type.LineString, QgsWkbTypes.Type.Point
        sinks, destinations = {}, {}
        for name, fields, kind in (
            (ROUTES, output_fields.routes_fields(), line),
            (LEGS, output_fields.legs_fields(problem.dimensions), line),
            (VISITS, output_fields.visits_fields(carried.fields, problem.dimensions), point),
            (UNASSIGNED, output_fields.unassigned_fields(carried.fields), point),
        ):
            if self.parameterDefinition(name) is None:
                continue
            sink, destination = self.parameterAsSink(parameters, name, context, fields, kind, carried.crs)
            if sink is not None:
                sinks[name], destinations[name] = sink, destination
            elif is_wanted(parameters.get(name), context):
                raise QgsProcessingException(self.invalidSinkError(parameters, name))
        settings = self.settings(parameters, context)
        counts = write.write_plan(problem, plan, carried, sinks, feedback, context, settings)
        sink = None
        sinks.clear()  # the files are complete only when their sinks are gone
        if not feedback.isCanceled():
            looks = styles.route_looks(problem, plan)
            written = dict(counts.features)
            for name, (destination, features) in (others or {}).items():
                destinations[name], written[name] = destination, features
            styles.store_styles(destinations, looks, feedback)
            plan_project.store_project(destinations, looks, problem.plan_date, feedback)
            # Opens the layers QGIS will load: a write to their GeoPackage after that would break them.
            write.verify_written(destinations, written, context)
            styles.style_on_load(destinations, looks, context)
        return dict(destinations), counts

    def moment(self, inputs: Inputs) -> int | None:
        """Return the second of the day at which it is planned anew; None before it has begun."""
        return None

    def _report(self, parameters, context, inputs: Inputs, plan: Plan) -> str:
        path = self.parameterAsFileOutput(parameters, REPORT, context)
        if not path:
            return ""
        rejected = tuple(Unassigned(stop.stop_id, stop.reason, stop.text) for stop in inputs.carried.rejected)
        options = replace(report_options(inputs.conditions), now=self.moment(inputs))
        changed = self.changed(inputs, plan)
        write_text(REPORT, path, plan_report(inputs.problem, plan, rejected, options, changed))
        return path


def summary(plan: Plan, carried: CarriedStops, counts: write.Counts) -> list[str]:
    """The plan in a few lines for the log."""
    work = sum(route.work for route in plan.routes)
    lines = [
        tr(
            "{assigned} of {stops} stops are served on {routes} routes: {km:.1f} km, {work:.1f} h of work, "
            "{drive:.1f} h of driving, cost {cost:.2f}."
        ).format(
            assigned=counts.assigned,
            stops=counts.stops,
            routes=counts.routes,
            km=counts.distance_km,
            work=work / 3600,
            drive=counts.drive_min / 60,
            cost=counts.cost,
        )
    ]
    reasons: dict[str, int] = {}
    for reason in [stop.reason for stop in plan.unassigned] + [stop.reason for stop in carried.rejected]:
        reasons[reason] = reasons.get(reason, 0) + 1
    if reasons:
        listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        one = counts.unassigned == 1
        words = (
            tr("1 stop is not served: {listed}.") if one else tr("{count} stops are not served: {listed}.")
        )
        lines.append(words.format(count=counts.unassigned, listed=listed))
    if counts.late or counts.overtime_min:
        words = tr("Stops served late: {late}; overtime: {minutes:.0f} min.")
        lines.append(words.format(late=counts.late, minutes=counts.overtime_min))
    lines.extend(wish.text for wish in plan.wishes)
    if counts.violations:
        codes = sorted({violation.code for violation in plan.violations})
        words = (
            tr("1 rule is broken: {codes}.")
            if counts.violations == 1
            else tr("{count} rules are broken: {codes}.")
        )
        lines.append(words.format(count=counts.violations, codes=", ".join(codes)))
    return lines


def report_options(conditions: Conditions) -> ReportOptions:
    """What the report says of the conditions of travel."""
    used = TravelConditions(
        conditions.traffic.used, conditions.situations, conditions.weather, conditions.barriers.used
    )
    return ReportOptions(conditions=used)


def write_text(name: str, path: str, text: str, encoding: str = "utf-8") -> None:
    """Write the file of the output `name`, line ends as they are, and make its folder where it is missing."""
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, "w", encoding=encoding, newline="") as file:
            file.write(text)
    except OSError as error:
        raise QgsProcessingException(
            f"{name}: {path} cannot be written ({error.strerror}). Choose another file."
        ) from error


def destination_of(value: Any, context) -> str:
    """The place a destination parameter was given; empty where it was not."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        return value.sink.valueAsString(context.expressionContext(), "")[0]
    return value if isinstance(value, str) else ""


def is_wanted(value: Any, context) -> bool:
    """Whether an output was given a place; in a batch those left empty are a definition of nowhere."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        return bool(destination_of(value, context))
    return bool(value)
