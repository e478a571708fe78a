"""openrouteservice: its matrix and directions services (API v2, docs/api-reference of openrouteservice)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from optiway_qgis.engine.travel.servers.http import Refused
from optiway_qgis.engine.travel.servers.polyline import decoded
from optiway_qgis.engine.travel.servers.tables import NOWHERE, Answer, NoRoad, NoWay, RoutingServer, TooBig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optiway_qgis.engine.travel.provider import Coordinate

_TOO_BIG = {6004, 2004}
_NO_POINT = {6010, 2010}
_NO_ROUTE = {2009, 2099}


class OpenRouteService(RoutingServer):
    """An openrouteservice server; the public one allows 3500 pairs in a table: 59 x 59."""

    source = "openrouteservice"
    name = "openrouteservice"
    sides = (59, 50, 25, 10, 5, 2, 1)
    waypoints = 50
    profiles: ClassVar[Mapping[str, str]] = {
        "car": "driving-car",
        "van": "driving-car",
        "truck": "driving-hgv",
        "bike": "cycling-regular",
        "foot": "foot-walking",
    }

    def table(self, profile: str, origins: Sequence[int], ends: Sequence[int]) -> Answer:
        """Ask the matrix service."""
        asked = list(dict.fromkeys([*origins, *ends]))
        row = {place: number for number, place in enumerate(asked)}
        answer = self._ask(
            f"v2/matrix/{quote(profile, safe='')}",
            {
                "locations": [self.places[place] for place in asked],
                "sources": [row[place] for place in origins],
                "destinations": [row[place] for place in ends],
                "metrics": ["duration", "distance"],
                "units": "m",
            },
        )
        return Answer(
            answer.get("durations"),
            answer.get("distances"),
            _snapped(answer.get("sources")),
            _snapped(answer.get("destinations")),
        )

    def ways(self, profile: str, places: Sequence[int]) -> list[list[Coordinate]]:
        """Ask the directions service; `way_points` say where a leg ends in the line."""
        question = {"coordinates": [self.places[place] for place in places], "instructions": False}
        try:
            route = self._ask(f"v2/directions/{quote(profile, safe='')}/json", question)["routes"][0]
            line = decoded(route["geometry"], 5)
            cuts = route["way_points"]
            return [line[start : end + 1] for start, end in zip(cuts, cuts[1:])]
        except NoRoad as error:
            raise NoWay from error
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise self.server.unusable("its route has no line with way points") from error

    def _ask(self, path: str, question: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self.server.ask(path, question)
        except Refused as refused:
            error = refused.answer.get("error")
            error = error if isinstance(error, dict) else {}
            code = error.get("code")
            number = re.search(r"coordinate (\d+)", str(error.get("message", "")))
            if code in _TOO_BIG or refused.status == 413:
                raise TooBig from refused
            if code in _NO_POINT and number:
                raise NoRoad(int(number[1])) from refused
            if code in _NO_ROUTE:
                raise NoWay from refused
            raise
        if not isinstance(answer, dict):
            raise self.server.unusable("it is not an object")
        return answer


def _snapped(places: Any) -> Any:
    """Return the place on the road of each place, NOWHERE for null; what is no list is refused later."""
    try:
        return [NOWHERE if place is None else place["location"] for place in places]
    except (KeyError, TypeError):
        return places
