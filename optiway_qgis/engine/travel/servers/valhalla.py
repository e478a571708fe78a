"""Valhalla: its matrix, locate and route services (valhalla docs/docs/api)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar

from optiway_qgis.engine.travel.estimate import earth_centred, straight_metres
from optiway_qgis.engine.travel.servers.http import CONNECTIONS, Refused
from optiway_qgis.engine.travel.servers.polyline import decoded
from optiway_qgis.engine.travel.servers.tables import NOWHERE, Answer, NoWay, RoutingServer, TooBig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optiway_qgis.engine.travel.provider import Coordinate

_LOCATED_AT_ONCE = 20
_TOO_BIG = {150, 167}
_NO_ROUTE = {170, 171, 442}


class Valhalla(RoutingServer):
    """A Valhalla server; it allows 50 x 50 places in a table unless configured otherwise.

    A matrix does not say where places met the road, and fails as a whole when one has no road near or lies
    too far off: each place is located first.
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

    def located(self, profile: str) -> list[Coordinate]:
        """Ask the locate service where each place meets the road, in parts."""
        first = range(0, len(self.places), _LOCATED_AT_ONCE)
        parts = [self.places[start : start + _LOCATED_AT_ONCE] for start in first]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            answers = pool.map(lambda part: self._located(profile, part), parts)
            self._at = [at for answer in answers for at in answer]
        return self._at

    def table(self, profile: str, origins: Sequence[int], ends: Sequence[int]) -> Answer:
        """Ask the matrix service; its distances are kilometres."""
        question = {
            "sources": _locations(self.places[place] for place in origins),
            "targets": _locations(self.places[place] for place in ends),
            "costing": profile,
            "verbose": False,
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
        return Answer(
            seconds, metres, [self._at[place] for place in origins], [self._at[place] for place in ends]
        )

    def ways(self, profile: str, places: Sequence[int]) -> list[list[Coordinate]]:
        """Ask the route service; it parts the way at each stop and may turn round there."""
        question = {
            "locations": _locations(self.places[place] for place in places),
            "costing": profile,
            "directions_type": "none",
        }
        try:
            legs = self._ask("route", question)["trip"]["legs"]
            return [decoded(leg["shape"], 6) for leg in legs]
        except (KeyError, TypeError, ValueError) as error:
            raise self.server.unusable("its route has no legs with lines") from error

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
            if code in _NO_ROUTE:
                raise NoWay from refused
            raise


def _locations(places: Iterable[Coordinate]) -> list[dict[str, float]]:
    return [{"lon": lon, "lat": lat} for lon, lat in places]


def _nearest(place: Coordinate, candidates: Sequence[Coordinate]) -> Coordinate:
    if not candidates:
        return NOWHERE
    away = straight_metres(earth_centred([place]), earth_centred(candidates))[0]
    return candidates[int(away.argmin())]
