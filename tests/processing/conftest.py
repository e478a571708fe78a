"""Runs the algorithms as a user would, with the real engine. Nothing here tests anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from qgis.core import QgsProcessingContext, QgsProject, QgsVectorLayer

from tests.made_layers import Log

LAYERS = ("ROUTES", "LEGS", "VISITS", "UNASSIGNED")
COMPARED = ("COMPARISON", "CHANGES", "REPORT", "CSV")


@dataclass
class Outcome:
    """What a run returned and what it said. Layers are read as lists of dicts, `at` being the geometry."""

    results: dict[str, Any]
    log: Log
    context: QgsProcessingContext

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The features of an output."""
        layer = self.results[name]
        names = layer.fields().names()
        return [
            {**dict(zip(names, feature.attributes())), "at": feature.geometry()}
            for feature in layer.getFeatures()
        ]

    def orders(self) -> dict[str, list[str]]:
        """Vehicle id -> its stops in order."""
        orders: dict[str, list[str]] = {}
        for row in self.rows("VISITS"):
            if row["visit_type"] == "stop":
                orders.setdefault(row["vehicle_id"], []).append(row["stop_id"])
        return orders

    def reasons(self) -> dict[str, str]:
        """Unassigned stop -> its reason."""
        return {row["stop_id"]: row["reason"] for row in self.rows("UNASSIGNED")}

    def adds_up(self, stops: int) -> bool:
        """Whether every stop is on a route or unassigned, in numbers and in layers."""
        numbers = self.results
        visits = sum(row["visit_type"] == "stop" for row in self.rows("VISITS"))
        return (
            numbers["STOP_COUNT"] == stops
            and numbers["ASSIGNED_COUNT"] + numbers["UNASSIGNED_COUNT"] == stops
            and numbers["ASSIGNED_COUNT"] == visits
            and numbers["UNASSIGNED_COUNT"] == len(self.rows("UNASSIGNED"))
        )


@pytest.fixture
def town_sources(qgis_app, sample_town) -> dict[str, Any]:
    """Parameters for the stops, depots and vehicles of the sample town, read as users read CSV files."""

    def csv(name: str, form: str) -> QgsVectorLayer:
        made = QgsVectorLayer(
            f"file://{sample_town / name}.csv?type=csv&detectTypes=yes&{form}", name, "delimitedtext"
        )
        if not made.isValid():
            raise ValueError(name)
        return made

    points, plain = "xField=lon&yField=lat&crs=EPSG:4326", "geomType=none"
    return {
        "STOPS": csv("stops", points),
        "DEPOTS": csv("depots", points),
        "VEHICLES": csv("vehicles", plain),
        "TIME_ZONE": "Europe/London",
    }


@pytest.fixture
def run_algorithm(optiway_provider, qgis_processing):
    """A function (name, log=None, **parameters) -> Outcome; outputs go to memory."""
    import processing

    def run(name: str, log: Log | None = None, **parameters: Any) -> Outcome:
        log = log or Log()
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        outputs = {layer: "TEMPORARY_OUTPUT" for layer in LAYERS}
        defaults = {"TIME_ZONE": "Europe/Lisbon", "PLAN_DATE": "2026-05-04", **outputs}
        if name == "travel_matrix":
            defaults = {}
        if name == "compare_plans":
            defaults = {"TIME_ZONE": "Europe/Lisbon", **dict.fromkeys(COMPARED, "TEMPORARY_OUTPUT")}
        if name.startswith("plan"):
            defaults["ITERATIONS"] = 60
        results = processing.run(f"optiway:{name}", {**defaults, **parameters}, feedback=log, context=context)
        return Outcome(results, log, context)

    return run
