"""A made plan of a town, on paper and written to layers: no engine is needed. Nothing here tests anything."""

from __future__ import annotations

import math
import random

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFields,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProject,
    QgsWkbTypes,
)

from optiway_qgis.layers import output_fields, styles
from optiway_qgis.layers.carried import CarriedStops
from optiway_qgis.layers.output_fields import LEGS, ROUTES, SINKS, UNASSIGNED, VISITS
from optiway_qgis.layers.qgis_compat import REAL, TEXT, make_field
from optiway_qgis.layers.write import write_plan
from optiway_qgis.model.plan import VISIT_END, VISIT_START, VISIT_STOP, Leg, Plan, Route, Unassigned, Visit
from optiway_qgis.model.problem import LOAD_SCALE, Depot, Problem, Stop, Vehicle, Window

_CENTRE = (-8.61, 41.16)
_METRES_PER_SECOND = 8.0
_SERVICE = 360


@pytest.fixture(scope="session")
def make_town():
    """A function (stops, vehicles, seed) -> (Problem, Plan): vans in sectors, two depots, straight legs.

    The last three stops are unassigned; the last stop of the first route is 20 minutes late.
    """
    return _make_town


@pytest.fixture
def town(make_town):
    """A town of 40 stops and three vehicles: problem and plan."""
    return make_town(stop_count=40, vehicle_count=3)


@pytest.fixture
def write(qgis_app):
    """A function (town, sink name -> destination) that writes a plan to its four layers.

    It returns the destinations and the context that holds memory layers.
    """
    return _write


@pytest.fixture
def stored(town, write, tmp_path):
    """The destinations of a plan in one GeoPackage that holds its styles."""
    path = tmp_path / "plan.gpkg"
    destinations, _ = write(town, lambda name: f"ogr:dbname='{path}' table=\"{name.lower()}\" (geom)")
    styles.store_styles(destinations, styles.route_looks(*town), QgsProcessingFeedback())
    return destinations


def _write(town, destination_of):
    problem, plan = town
    wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
    fields = QgsFields()
    for name, kind in (("stop_id", TEXT), ("name", TEXT), ("notes", TEXT), ("lat", REAL)):
        fields.append(make_field(name, kind))
    values = {stop.id: [stop.id, stop.name, "Ring twice", stop.lat] for stop in problem.stops}
    made = {
        ROUTES: (output_fields.routes_fields(), QgsWkbTypes.Type.LineString),
        LEGS: (output_fields.legs_fields(1), QgsWkbTypes.Type.LineString),
        VISITS: (output_fields.visits_fields(fields, 1), QgsWkbTypes.Type.Point),
        UNASSIGNED: (output_fields.unassigned_fields(fields), QgsWkbTypes.Type.Point),
    }
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    sinks, destinations = {}, {}
    for name in SINKS:
        sinks[name], destinations[name] = QgsProcessingUtils.createFeatureSink(
            destination_of(name), context, *made[name], wgs84
        )
    carried = CarriedStops(fields, wgs84, values)
    write_plan(problem, plan, carried, sinks, QgsProcessingFeedback(), context)
    sinks.clear()
    return destinations, context


def _make_town(stop_count: int = 240, vehicle_count: int = 12, seed: int = 1) -> tuple[Problem, Plan]:
    dice = random.Random(seed)
    depots = (
        Depot("North", _CENTRE[0] - 0.02, _CENTRE[1] + 0.03, name="Depot North"),
        Depot("South", _CENTRE[0] + 0.03, _CENTRE[1] - 0.025),
    )
    stops = tuple(
        Stop(
            f"S{number:03}",
            _CENTRE[0] + dice.gauss(0, 0.04),
            _CENTRE[1] + dice.gauss(0, 0.025),
            name=f"Stop {number}",
            service=_SERVICE,
            windows=(Window(8 * 3600, 18 * 3600),),
            delivery=(2 * LOAD_SCALE,),
        )
        for number in range(1, stop_count + 1)
    )
    vehicles = tuple(
        Vehicle(
            f"V{number:02}",
            driver=f"Driver {number}",
            start_depot=depots[number % 2].id,
            end_depot=depots[number % 2].id,
            capacity=(80 * LOAD_SCALE,),
            fixed_cost=60.0,
            cost_per_km=0.5,
            cost_per_hour=18.0,
        )
        for number in range(1, vehicle_count + 1)
    )
    problem = Problem("2026-05-04", "Europe/Lisbon", stops, depots, vehicles)
    served = sorted(stops[:-3], key=lambda stop: math.atan2(stop.lat - _CENTRE[1], stop.lon - _CENTRE[0]))
    share = math.ceil(len(served) / vehicle_count)
    routes = tuple(
        _route(vehicle, depots[number % 2], served[(number - 1) * share : number * share], late=number == 1)
        for number, vehicle in enumerate(vehicles, 1)
        if served[(number - 1) * share : number * share]
    )
    unassigned = tuple(
        Unassigned(stop.id, reason, f"{stop.name}: {reason}", "V01", added, fix)
        for stop, reason, added, fix in zip(
            stops[-3:], ("time_window", "capacity", "skill"), (1500, None, None), ("Open until 17:30", "", "")
        )
    )
    return problem, Plan("p-town", routes, unassigned)


def _route(vehicle: Vehicle, depot: Depot, stops: list[Stop], late: bool) -> Route:
    ordered: list[Stop] = []
    left = list(stops)
    while left:
        here = ordered[-1] if ordered else depot
        ordered.append(min(left, key=lambda stop: _metres(here, stop)))
        left.remove(ordered[-1])
    on_board = sum(stop.delivery[0] for stop in ordered)
    peak, clock, driven = on_board, 8 * 3600, 0
    visits = [Visit(VISIT_START, depot.id, 0, clock, 0, 0, clock, 0, clock, 0, 900, 0, 0, 0, (on_board,))]
    legs: list[Leg] = []
    places = [depot, *ordered, depot]
    for sequence, (before, place) in enumerate(zip(places, places[1:]), 1):
        metres = round(_metres(before, place))
        seconds = round(metres / _METRES_PER_SECOND)
        clock, driven = clock + seconds, driven + metres
        is_stop = isinstance(place, Stop)
        on_board -= place.delivery[0] if is_stop else 0
        service = _SERVICE if is_stop else 0
        lateness = 1200 if late and sequence == len(ordered) else 0
        visits.append(
            Visit(
                VISIT_STOP if is_stop else VISIT_END,
                place.id,
                sequence,
                arrival=clock,
                setup=0,
                wait=0,
                start=clock,
                service=service,
                end=clock + service,
                late=lateness,
                slack=900,
                drive=seconds,
                distance=metres,
                cum_distance=driven,
                load=(on_board,),
                violations=("time_window",) if lateness else (),
            )
        )
        line = ((before.lon, before.lat), (place.lon, place.lat))
        legs.append(Leg(sequence, before.id, place.id, seconds, metres, "estimate", line))
        clock += service
    return Route(
        route_id=vehicle.id,
        vehicle_id=vehicle.id,
        visits=tuple(visits),
        legs=tuple(legs),
        start=visits[0].start,
        end=clock,
        drive=sum(visit.drive for visit in visits),
        service=sum(visit.service for visit in visits),
        setup=0,
        wait=0,
        distance=driven,
        late=sum(visit.late for visit in visits),
        load_peak=(peak,),
        cost_fixed=vehicle.fixed_cost,
        cost_distance=driven / 1000 * vehicle.cost_per_km,
        cost_time=(clock - visits[0].start) / 3600 * vehicle.cost_per_hour,
        violations=("time_window",) if late else (),
    )


def _metres(one: Stop | Depot, other: Stop | Depot) -> float:
    east = math.radians(other.lon - one.lon) * math.cos(math.radians(one.lat))
    return 6371000 * math.hypot(east, math.radians(other.lat - one.lat)) * 1.3
