"""What the algorithms that keep the order of a plan have in common: fleet, day and expressions of visits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterFeatureSource,
)

from optiway_qgis.layers.read_depots import read_depots
from optiway_qgis.layers.read_vehicles import open_shift, read_vehicles, tell_default_costs
from optiway_qgis.layers.read_visits import VisitsLayer, depots_seen, vehicles_seen
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.findings import About, Fault

from .plan_algorithm import DEPOTS, VEHICLES, tr
from .ruled_algorithm import RuledAlgorithm

if TYPE_CHECKING:
    from optiway_qgis.layers.read_visits import RoutesSeen
    from optiway_qgis.layers.reading import Reading
    from optiway_qgis.model.problem import Depot, Vehicle

START_TIME = "START_TIME"


class KeptOrder(RuledAlgorithm):
    """Base of the algorithms that read visits and never change their order."""

    expression_help: ClassVar[dict[str, tuple[str, str]]] = {
        "SERVICE_TIME": (
            "Service time in minutes",
            "Minutes of service at each stop, as an expression. Empty: the field planned_service_min of a "
            "plan, or service_min.",
        )
    }

    def add_kept_order(self, layer: str) -> None:
        """Add DEPOTS, VEHICLES, the day, START_TIME and expressions over the features of `layer`."""
        self.add(
            QgsProcessingParameterFeatureSource(
                DEPOTS, tr("Depots"), [QgsProcessing.SourceType.TypeVectorPoint], optional=True
            ),
            "Empty: the depots among the visits, open at all hours.",
        )
        self.add(
            QgsProcessingParameterFeatureSource(
                VEHICLES, tr("Vehicles"), [QgsProcessing.SourceType.TypeVector], optional=True
            ),
            "Empty: the vehicles of the visits, without limits; they leave their depot when the visits "
            "say so.",
        )
        self.add_breaks()
        self.add_day(
            advanced=True,
            help_text="The day of the plan. Empty: the date of the earliest start_time, or today.",
        )
        self.add(
            QgsProcessingParameterDateTime(
                START_TIME,
                tr("Start time"),
                QgsProcessingParameterDateTime.Type.Time,
                defaultValue="08:00",
            ),
            "Earliest departure where neither the vehicles nor the visits say when.",
            advanced=True,
        )
        self.add_expressions(layer, "SERVICE_TIME", "DEMAND", "WINDOW_START", "WINDOW_END")
        self.add_work_rules()

    def visits_layers(self, reading: Reading, *names: str) -> list[VisitsLayer]:
        """The layers of these parameters; fields that are missing end the reading."""
        layers = [VisitsLayer(self.source(name), name) for name in names]
        for visits in layers:
            if visits.missing():
                text = (
                    f"{visits.name} ({visits.source.sourceName()}) has no field "
                    f"{' and no field '.join(visits.missing())}"
                )
                remedy = "Give the VISITS of a plan, or points with vehicle_id and sequence"
                reading.refuse(Fault("no_field", text, remedy), About(visits.name))
        if any(visits.missing() for visits in layers):
            raise InputError(reading.errors)
        return layers

    def fleet(
        self, parameters, context, reading: Reading, seen: RoutesSeen, idle_too: bool = False
    ) -> tuple[list[Depot], list[Vehicle]]:
        """The depots and vehicles given, or those seen in the visits.

        With `idle_too` those given are all that work, also those that no visit names.
        """
        if self.source(DEPOTS) is None:
            depots = depots_seen(seen, reading)
        else:
            depots = read_depots(self.source(DEPOTS), reading)
        start = reading.day.at(self.time(parameters, context, START_TIME))
        rule = self.start_rule(parameters, context)
        if self.source(VEHICLES) is not None:
            vehicles = read_vehicles(
                self.source(VEHICLES),
                depots,
                open_shift(start),
                reading,
                only=None if idle_too else seen.vehicle_ids,
                start_rule=rule,
            )
        else:
            vehicles = [
                replace(vehicle, start_rule=rule) for vehicle in vehicles_seen(seen, depots, start, reading)
            ]
            tell_default_costs(reading)
        return depots, self.with_breaks(parameters, context, vehicles, reading, whole_fleet=idle_too)
