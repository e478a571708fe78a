"""From a job's `travel` member to the Travel a plan is made with. Sources live in files of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.job_form import read_conditions
from optiway_qgis.engine.travel.estimate import Estimate
from optiway_qgis.engine.travel.far import with_far_places
from optiway_qgis.engine.travel.matrix import GivenMatrix
from optiway_qgis.engine.travel.provider import Travel, places_of
from optiway_qgis.engine.travel.traffic import through_the_day
from optiway_qgis.model.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from optiway_qgis.engine.travel.provider import Coordinate, Provider
    from optiway_qgis.model.problem import Problem

SERVERS = ("osrm", "valhalla", "openrouteservice")
SOURCES = ("estimate", "matrix", "roads", *SERVERS)


def open_travel(problem: Problem, travel: dict[str, Any], report: Callable[[str], None]) -> Travel:
    """Return places and times of a problem from the source named in `travel["source"]`.

    There is one matrix per kind of travel (`travel_kind`); equal ones are one object. `report` is told each
    phase, and each profile that is not known.

    Raises
    ------
    InputError
        When the source is unknown, or its data do not fit the problem.
    """
    source = travel.get("source")
    if source not in SOURCES:
        raise InputError([f'Unknown source of travel times "{source}"; available: {", ".join(SOURCES)}.'])
    profiles = list(dict.fromkeys(vehicle.profile for vehicle in problem.vehicles))
    day = read_conditions(travel)
    provider: Provider
    places: list[Coordinate]
    if source == "matrix":
        report("Reading the travel matrix")
        provider = given = GivenMatrix(problem, travel)
        places = given.places
        depot_place = list(range(len(problem.depots)))
        stop_place = list(range(len(problem.depots), len(places)))
    elif source in SERVERS:
        places, stop_place, depot_place = places_of(problem)
        provider = _server(source, places, travel, report)
    elif source == "roads":
        # Graphs, snapping and hierarchies take a while to load: only where they are used.
        from optiway_qgis.engine.travel.roads.network import RoadNetwork

        places, stop_place, depot_place = places_of(problem)
        provider = RoadNetwork(places, travel, report)
    else:
        places, stop_place, depot_place = places_of(problem)
        report(f"Estimating travel times between {len(places)} places")
        provider = estimate = Estimate(places)
        for profile in profiles:
            if not estimate.knows(profile):
                report(f'Vehicle profile "{profile}" is not known; it travels like a car.')
    if travel.get("allow_far") or source in SERVERS:
        # Only after the matrices is it known how places met the roads of each profile.
        for profile in profiles:
            provider.matrix(profile)
    if travel.get("allow_far"):
        provider = with_far_places(provider, places)
    provider, matrices, slots = through_the_day(provider, problem.vehicles, day, report)
    return Travel(
        places=tuple(places),
        stop_place=tuple(stop_place),
        depot_place=tuple(depot_place),
        matrices=matrices,
        snaps=tuple((slots[0].provider if slots else provider).snap()),
        provider=provider,
        slots=slots,
    )


def _server(
    source: str, places: list[Coordinate], travel: dict[str, Any], report: Callable[[str], None]
) -> Provider:
    # Imported here: plans without a server start sooner.
    from optiway_qgis.engine.travel.servers.openrouteservice import OpenRouteService
    from optiway_qgis.engine.travel.servers.osrm import Osrm
    from optiway_qgis.engine.travel.servers.valhalla import Valhalla

    (kind,) = (kind for kind in (Osrm, Valhalla, OpenRouteService) if kind.source == source)
    report(f"Asking {kind.name} for travel times between {len(places)} places")
    return kind(places, travel, report)
