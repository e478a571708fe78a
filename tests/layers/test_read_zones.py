"""Which zones stops lie in, and vehicles of zones that are not there."""

from __future__ import annotations

import pytest

from optiway_qgis.layers.read_zones import in_zones, read_zones
from optiway_qgis.model.findings import About
from optiway_qgis.model.problem import Problem, Stop, Vehicle
from tests.made_layers import layer, reading, source_of

WEST = "Polygon ((0 0, 10 0, 10 10, 0 10, 0 0))"
EAST = "Polygon ((10 0, 20 0, 20 10, 10 10, 10 0), (14 4, 16 4, 16 6, 14 6, 14 4))"
INNER = "Polygon ((5 0, 15 0, 15 10, 5 10, 5 0))"


def zones_at(rows, points, crs="EPSG:4326", vehicle=Vehicle("V1", zones=("W",))):
    """The zones of stops at these points among zones of these rows."""
    shared = reading()
    zones = read_zones(source_of(layer(rows, crs, "Polygon", "zones")), shared)
    stops = tuple(Stop(f"S{number}", *point) for number, point in enumerate(points))
    problem = in_zones(Problem("2026-05-04", "UTC", stops, (), (vehicle,)), zones, shared)
    assert shared.errors == []
    return [stop.zones for stop in problem.stops]


def test_a_stop_lies_in_each_zone_around_it_or_at_whose_edge_it_is():
    """Inside, on a common edge, in a hole, in the corner, outside."""
    rows = [{"zone_id": "W", "at": WEST}, {"zone_id": "E", "at": EAST}]
    points = [(5, 5), (10, 5), (15, 5), (14, 5), (0, 0), (-0.001, 5), (12, 11)]
    assert zones_at(rows, points) == [("W",), ("W", "E"), (), ("E",), ("W",), (), ()]


def test_polygons_of_one_zone_may_overlap():
    """What both of them hold is in the zone, and is so once."""
    rows = [{"zone_id": "W", "at": WEST}, {"zone_id": "W", "at": INNER}]
    assert zones_at(rows, [(2, 5), (7, 5), (12, 5), (16, 5)]) == [("W",), ("W",), ("W",), ()]


def test_zones_are_taken_from_their_own_crs():
    """Metres of UTM 29 around Porto."""
    at = "Polygon ((532000 4555000, 534000 4555000, 534000 4557000, 532000 4557000, 532000 4555000))"
    rows = [{"zone_id": "W", "at": at}]
    assert zones_at(rows, [(-8.61, 41.15), (-8.58, 41.15)], "EPSG:32629") == [("W",), ()]


def test_stops_have_no_zones_where_no_vehicle_has_any():
    """The problem stays as it was."""
    assert zones_at([{"zone_id": "W", "at": WEST}], [(5, 5)], vehicle=Vehicle("V1")) == [()]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [{"zone_id": "E", "at": EAST}],
            'zone_id "W" is no zone of ZONES. Write one of E, or leave it empty.',
        ),
        ([{"zone_id": "W", "at": None}], 'zone_id "W" is a zone without a geometry in ZONES'),
        (None, 'zone_id "W" is a zone, but ZONES is empty. Give a layer of polygons'),
    ],
)
def test_a_vehicle_of_a_zone_that_is_not_there_is_an_error_of_the_job(rows, words):
    """It would serve nothing, or everything."""
    shared = reading()
    shared.features["VEHICLES", "V1"] = About("VEHICLES", 7, "V1")
    zones = None if rows is None else read_zones(source_of(layer(rows, kind="Polygon", name="zones")), shared)
    problem = Problem("2026-05-04", "UTC", (), (), (Vehicle("V1", zones=("W",)),))
    in_zones(problem, zones, shared)
    assert len(shared.errors) == 1
    assert shared.errors[0].startswith(f'VEHICLES: feature 7 (vehicle_id "V1"): {words}')
    (finding,) = shared.findings
    assert (finding.code, finding.field, finding.about.feature_id) == ("unknown_zone", "zone_id", 7)
