"""Valhalla: its matrix, locate and route services (valhalla docs/docs/api)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from shapely import get_parts
from shapely.geometry import shape

from optiway_qgis.engine.travel.estimate import earth_centred, straight_metres
from optiway_qgis.engine.travel.provider import BLOCK, Conditions
from optiway_qgis.engine.travel.servers.http import CONNECTIONS, Refused
from optiway_qgis.engine.travel.servers.polyline import decoded
from optiway_qgis.engine.travel.servers.tables import NOWHERE, Answer, NoWay, RoutingServer, TooBig
from optiway_qgis.engine.travel.slowed import Slowed
from optiway_qgis.model.errors import InputError, ServerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optiway_qgis.engine.travel.provider import Barrier, Coordinate, Provider

_LOCATED_AT_ONCE = 20
_TOO_BIG = {150}
_TOO_MANY_BARRIERS = {157, 167, 176}
_NO_ROUTE = {170, 171, 442}


class Valhalla(RoutingServer):
    """A Valhalla server; it allows 50 x 50 places in a table unless configured otherwise.

    A matrix does not say where places met the road, and fails as a whole when one has no road near or lies
    too far off: each place is located first. What is blocked is excluded from tables and routes alike.
    """

    source = "valhalla"
    name = "Valhalla"
    sides = (50, 25, 10, 5, 2, 1)
    waypoints = 20
    profiles: ClassVar[Mapping[str, str]] = {
        "car": "auto",
        "van": "auto",
        "truck": "truck",
        "bike": "bicycle",
        "foot": "pedestrian",
    }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.excluded: dict[str, Any] = {}
        self._around: list[tuple[tuple[Barrier, ...], Valhalla]] = []
        self._at: dict[str, list[Coordinate]] = {}

    def identity(self, word: str) -> list[Any]:
        """Return all that the server's answers about two places depend on."""
        return [*super().identity(word), self.excluded]

    def under(self, conditions: Conditions) -> Provider:
        """Return the server asked for ways around what is blocked, its answers slowed by the traffic.

        Raises
        ------
        InputError
            For barriers of other kinds, and for rows that name classes of roads.
        """
        traffic = replace(conditions, barriers=())
        around = self._avoiding(conditions.barriers) if conditions.barriers else self
        return around if traffic == Conditions() else Slowed(around, self.places, traffic)

    def located(self, profile: str) -> list[Coordinate]:
        """Ask the locate service where each place meets the road, in parts; once, whatever is blocked."""
        if profile not in self._at:
            first = range(0, len(self.places), _LOCATED_AT_ONCE)
            parts = [self.places[start : start + _LOCATED_AT_ONCE] for start in first]
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                answers = pool.map(lambda part: self._located(profile, part), parts)
                self._at[profile] = [at for answer in answers for at in answer]
        return self._at[profile]

    def table(self, profile: str, origins: Sequence[int], ends: Sequence[int]) -> Answer:
        """Ask the matrix service; its distances are kilometres."""
        question = {
            "sources": _locations(self.places[place] for place in origins),
            "targets": _locations(self.places[place] for place in ends),
            "costing": profile,
            "verbose": False,
            **self.excluded,
        }
        try:
            found = self._ask("sources_to_targets", question)["sources_to_targets"]
            if isinstance(found, list):  # servers up to 3.4 do not know the short form
                rows = [[(pair["time"], pair["distance"]) for pair in row] for row in found]
                seconds: Any = [[pair[0] for pair in row] for row in rows]
                distances: Any = [[pair[1] for pair in row] for row in rows]
            else:
                seconds, distances = found["durations"], found["distances"]
            metres = [[None if each is None else each * 1000 for each in row] for row in distances]
        except (AttributeError, KeyError, TypeError) as error:
            raise self.server.unusable("it has no durations and distances") from error
        at = self._at[profile]
        return Answer(seconds, metres, [at[place] for place in origins], [at[place] for place in ends])

    def ways(self, profile: str, places: Sequence[int]) -> list[list[Coordinate]]:
        """Ask the route service; it parts the way at each stop and may turn round there."""
        question = {
            "locations": _locations(self.places[place] for place in places),
            "costing": profile,
            "directions_type": "none",
            **self.excluded,
        }
        try:
            legs = self._ask("route", question)["trip"]["legs"]
            return [decoded(leg["shape"], 6) for leg in legs]
        except (KeyError, TypeError, ValueError) as error:
            raise self.server.unusable("its route has no legs with lines") from error

    def _avoiding(self, barriers: tuple[Barrier, ...]) -> Valhalla:
        """Return the server asked to avoid the barriers, the same one for the same barriers."""
        softer = [barrier.id for barrier in barriers if barrier.kind != BLOCK]
        if softer:
            raise InputError(
                [
                    f"A Valhalla server knows barriers that block, no others ({', '.join(softer)}): "
                    "give ROADS, or make them blocks."
                ]
            )
        for known, around in self._around:
            if known == barriers:
                return around
        around = copy(self)
        around.forget()
        around.excluded = _excluded(barriers)
        self._around.append((barriers, around))
        self.report(
            f"Valhalla is asked for ways around {', '.join(barrier.id for barrier in barriers)} as well: "
            f"{self.requests()} requests for each kind of vehicle"
        )
        return around

    def _located(self, profile: str, places: Sequence[Coordinate]) -> list[Coordinate]:
        """Return the nearest road place of each, NOWHERE where there is none."""
        question = {"locations": _locations(places), "costing": profile, "verbose": False}
        answer = self._ask("locate", question)
        try:
            if len(answer) != len(places):
                raise self.server.unusable(f"it locates {len(answer)} places of {len(places)}")
            edges = [
                [(edge["correlated_lon"], edge["correlated_lat"]) for edge in found["edges"] or ()]
                for found in answer
            ]
            return [_nearest(place, candidates) for place, candidates in zip(places, edges)]
        except (KeyError, TypeError, ValueError) as error:
            raise self.server.unusable("its places have no edges") from error

    def _ask(self, service: str, question: dict[str, Any]) -> Any:
        try:
            return self.server.ask(service, question)
        except Refused as refused:
            code = refused.answer.get("error_code")
            if code in _TOO_BIG or refused.status == 413:
                raise TooBig from refused
            if code in _TOO_MANY_BARRIERS:
                raise ServerError(
                    f"{refused} Give ROADS, fewer or smaller barriers, or raise the server's limits that "
                    "begin with max_exclude."
                ) from refused
            if code in _NO_ROUTE:
                raise NoWay from refused
            raise


def _locations(places: Iterable[Coordinate]) -> list[dict[str, float]]:
    return [{"lon": lon, "lat": lat} for lon, lat in places]


def _excluded(barriers: Iterable[Barrier]) -> dict[str, Any]:
    """Return the members of a question that close the roads at barriers.

    A point closes the nearest road, a line the roads it crosses or runs along, a polygon all roads that it
    touches or holds, those in its holes included. A line is sent as a ring that goes there and back, since
    one drawn around it would close what a closed line encircles.
    """
    points: list[Coordinate] = []
    rings: list[list[Coordinate]] = []
    for barrier in barriers:
        for part in get_parts(shape(barrier.geometry)):
            if part.geom_type == "Polygon":
                rings.append([position[:2] for position in part.exterior.coords])
            elif part.geom_type == "Point":
                points.append((part.x, part.y))
            else:
                line = [position[:2] for position in part.coords]
                rings.append(line + line[-2::-1])
    excluded = {"exclude_locations": _locations(points), "exclude_polygons": rings}
    return {name: places for name, places in excluded.items() if places}


def _nearest(place: Coordinate, candidates: Sequence[Coordinate]) -> Coordinate:
    if not candidates:
        return NOWHERE
    away = straight_metres(earth_centred([place]), earth_centred(candidates))[0]
    return candidates[int(away.argmin())]
