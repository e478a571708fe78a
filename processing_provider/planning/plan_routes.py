"""The algorithm `optiway:plan_routes`: stops, depots and vehicles to routes. Its parameters and how they are
read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
)

from optiway_qgis.layers.problem_of import fleet_problem
from optiway_qgis.layers.read_depots import read_depots
from optiway_qgis.layers.read_stops import read_stops
from optiway_qgis.layers.read_vehicles import equal_vehicles, read_vehicles, shift_between

from .plan_algorithm import DEPOTS, STOPS, VEHICLES, Inputs, tr
from .ruled_algorithm import RuledAlgorithm

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading

VEHICLE_COUNT = "VEHICLE_COUNT"
VEHICLE_CAPACITY = "VEHICLE_CAPACITY"
SHIFT_START = "SHIFT_START"
SHIFT_END = "SHIFT_END"


class PlanRoutes(RuledAlgorithm):
    """Plans the routes of a fleet."""

    def name(self):
        """Return the id within the provider."""
        return "plan_routes"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Plan routes")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Assigns stops to vehicles and finds the order and the times that cost least.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr(
            "vrp,vrptw,vehicle routing,fleet,delivery,pickup,route,optimize,eta,time window,dispatch"
        ).split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Plans the day of a fleet: which vehicle serves which stop, in which order and when. It "
            "keeps time windows, shifts, breaks, capacities, skills, zones, depots and their docks, vehicle "
            "rules, pairs of pickup and delivery, locked stops and limits on work, driving, distance and "
            "stops, and looks for the plan that costs least.</p>"
            "<p>Fields are found by their names: <i>stop_id, service_min, demand, tw1_start, tw1_end, "
            "priority, skills</i> in the stops, <i>depot_id</i> in the depots, <i>vehicle_id, "
            "start_depot, shift_start, shift_end, capacity, max_trips, skills</i> and costs in the "
            "vehicles; docs/fields.md has all of them. ArcGIS and VROOM names are understood: "
            "docs/migrating.md. The log says which were used. Tick <i>Selected features only</i> to plan a "
            "part.</p>"
            "<p>Results: routes, legs with the arrival time at each stop, visits, and the stops that "
            "could not be served, each with its reason. A stop that cannot be read is never lost: it is "
            "among them too.</p>"
            "<p>Times and legs follow the lines of <i>Roads</i>, or come from a routing server or a travel "
            "matrix (see the advanced parameters). Without any of them travel times are an estimate from "
            "straight distances, and legs are drawn straight. With a table of <i>Traffic</i> times "
            "depend on the hour; <i>Barriers</i> close roads or slow them down.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_inputs()
        self.add_search(advanced=False)
        self.add_outputs()

    def add_inputs(self) -> None:
        """Add what is to be planned: layers, day, fleet, expressions and travel."""
        point = [QgsProcessing.SourceType.TypeVectorPoint]
        self.add(
            QgsProcessingParameterFeatureSource(STOPS, tr("Stops"), point),
            "Points to be served. Only geometry is needed; docs/fields.md lists the fields that are "
            "understood.",
        )
        self.add(
            QgsProcessingParameterFeatureSource(DEPOTS, tr("Depots"), point),
            "Points where vehicles start, load again and end: depot_id, name, tw1_start, tw1_end, docks, "
            "load_min, load_min_per_unit.",
        )
        self.add(
            QgsProcessingParameterFeatureSource(
                VEHICLES, tr("Vehicles"), [QgsProcessing.SourceType.TypeVector], optional=True
            ),
            "Table of vehicles: vehicle_id, start_depot, end_depot, shift_start, shift_end, capacity, "
            "skills, limits and costs. Empty: equal vehicles, as many as the number of vehicles says.",
        )
        self.add_breaks()
        self.add_day(advanced=False)
        self.add(
            QgsProcessingParameterNumber(
                VEHICLE_COUNT,
                tr("Number of vehicles"),
                QgsProcessingParameterNumber.Type.Integer,
                defaultValue=5,
                minValue=1,
                maxValue=10_000,
            ),
            "How many vehicles there are when there is no table of vehicles. Not all of them need to be "
            "used.",
        )
        self.add(
            QgsProcessingParameterNumber(
                VEHICLE_CAPACITY,
                tr("Capacity of each vehicle"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0,
            ),
            "In the unit of the demand, when there is no table of vehicles. Empty: unlimited.",
        )
        for name, label, default, help_text in (
            (
                SHIFT_START,
                "Shift start",
                "08:00",
                "Earliest start of work of vehicles that have none of their own.",
            ),
            (
                SHIFT_END,
                "Shift end",
                "18:00",
                "Latest end of work of vehicles that have none of their own. "
                "An end before the start is on the next day.",
            ),
        ):
            self.add(
                QgsProcessingParameterDateTime(
                    name, tr(label), QgsProcessingParameterDateTime.Type.Time, defaultValue=default
                ),
                help_text,
            )
        self.add_expressions(STOPS, "SERVICE_TIME", "DEMAND", "PRIORITY", "WINDOW_START", "WINDOW_END")
        self.add_work_rules()
        self.add_goals()
        self.add_travel()

    def read_inputs(self, parameters, context, reading: Reading) -> Inputs:
        """Read stops, depots and vehicles."""
        depots = read_depots(self.source(DEPOTS), reading)
        shift = shift_between(
            self.time(parameters, context, SHIFT_START),
            self.time(parameters, context, SHIFT_END),
            reading.day,
        )
        start_rule = self.start_rule(parameters, context)
        if self.source(VEHICLES) is not None:
            source = self.source(VEHICLES)
            vehicles = read_vehicles(source, depots, shift, reading, start_rule=start_rule)
        else:
            capacity = None
            if parameters.get(VEHICLE_CAPACITY) is not None:
                capacity = self.parameterAsDouble(parameters, VEHICLE_CAPACITY, context)
            count = self.parameterAsInt(parameters, VEHICLE_COUNT, context)
            vehicles = equal_vehicles(count, capacity, shift, depots, reading, start_rule)
        vehicles = self.with_breaks(parameters, context, vehicles, reading)
        stops = read_stops(self.source(STOPS), reading, self.expressions(parameters, context, STOPS))
        return Inputs(fleet_problem(stops, depots, vehicles, reading), stops.carried_along())
