"""A plan read from its layers with its day under way: nothing done changes, and vehicles stand where they are."""

from __future__ import annotations

import pytest
from qgis.core import QgsVectorLayer

from optiway_qgis.layers.output_fields import LEGS, SINKS, UNASSIGNED, VISITS
from optiway_qgis.layers.read_day import PLAN, PLAN_UNASSIGNED, Disrupted, PlanLayers, read_day
from optiway_qgis.layers.read_stops import NO_EXPRESSIONS
from optiway_qgis.layers.read_visits import VisitsLayer
from optiway_qgis.model.standing import progress_of
from tests.made_layers import reading, source_of

BOTH = {PLAN: NO_EXPRESSIONS, PLAN_UNASSIGNED: NO_EXPRESSIONS}


@pytest.fixture
def layers(town, write, tmp_path):
    """The path of each layer of a plan in a GeoPackage, by sink."""
    path = tmp_path / "plan.gpkg"
    write(town, lambda name: f"ogr:dbname='{path}' table=\"{name.lower()}\" (geom)")
    return {name: f"{path}|layername={name.lower()}" for name in SINKS}


def read(town, layers, now=None, done_by="", disrupted=Disrupted(), positions=None):
    """The day of the town as its layers tell it, and what was told."""
    problem, _ = town
    shared = reading()
    visits, legs, unassigned = (
        source_of(QgsVectorLayer(layers[name], name)) for name in (VISITS, LEGS, UNASSIGNED)
    )
    found = read_day(
        PlanLayers(VisitsLayer(visits, PLAN), legs, unassigned),
        problem.depots,
        problem.vehicles,
        positions or {},
        now,
        done_by,
        disrupted,
        "bound",
        shared,
        BOTH,
    )
    assert shared.errors == []
    return found, shared


def test_a_plan_whose_day_has_not_begun_is_read_as_it_was(town, layers):
    problem, plan = town
    found, _ = read(town, layers)
    assert {one.vehicle_id: one.stops for one in found.sequences} == {
        route.vehicle_id: route.stop_ids for route in plan.routes
    }
    assert found.day.progress == ()
    assert {stop.id for stop in found.problem.stops} == {stop.id for stop in problem.stops}
    assert (found.plan_id, found.version) == (plan.plan_id, 1)


@pytest.mark.parametrize("now", [8 * 3600 + 3, 9 * 3600 + 777, 10 * 3600, 23 * 3600])
def test_what_is_done_at_a_moment_is_read_back_exactly(town, layers, now):
    problem, plan = town
    found, _ = read(town, layers, now)
    assert found.day.progress == progress_of(problem, plan, now)
