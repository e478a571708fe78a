"""OSRM: its table and route services (HTTP API v1, osrm-backend docs/http.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from optiway_qgis.engine.travel.servers.http import Dropped, Refused
from optiway_qgis.engine.travel.servers.polyline import decoded
from optiway_qgis.engine.travel.servers.tables import Answer, NoRoad, NoWay, RoutingServer, TooBig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optiway_qgis.engine.travel.provider import Coordinate, Matrix

_LONG = 8000
"""Characters of an address that every server and proxy lets pass; one that does not may just hang up."""


class Osrm(RoutingServer):
    """An OSRM server. It knows the one profile it was built with; the word in the address only names it.

    A table is asked for in one request. A server with a lower limit (100 places unless it was started with
    --max-table-size) refuses that at once, and is asked again tile by tile.
    """

    source = "osrm"
    name = "OSRM"
    sides = (2000, 1000, 500, 250, 125, 50, 25, 10, 5, 2, 1)
    waypoints = 25
    profiles: ClassVar[Mapping[str, str]] = {
        "car": "driving",
        "van": "driving",
        "truck": "driving",
        "bike": "cycling",
        "foot": "walking",
    }

    def matrix(self, profile: str) -> Matrix:
        """Return times and distances; what is asked for another kind of vehicle than cars is told once."""
        word = self.word(profile)
        if word != self.profiles["car"] and word not in self._known:
            self.report(
                f'The OSRM server is asked for "{word}" (vehicle profile "{profile}"); most know one kind of '
                "vehicle and answer for that whatever they are asked."
            )
        return super().matrix(profile)

    def table(self, profile: str, origins: Sequence[int], ends: Sequence[int]) -> Answer:
        """Ask the table service."""
        asked = list(dict.fromkeys([*origins, *ends]))
        options = "annotations=duration,distance&generate_hints=false"
        if len(asked) > len(origins) or len(asked) > len(ends):
            row = {place: str(number) for number, place in enumerate(asked)}
            options += f"&sources={';'.join(row[place] for place in origins)}"
            options += f"&destinations={';'.join(row[place] for place in ends)}"
        answer = self._ask("table", profile, asked, options)
        return Answer(
            answer.get("durations"),
            answer.get("distances"),
            _snapped(answer.get("sources")),
            _snapped(answer.get("destinations")),
        )

    def ways(self, profile: str, places: Sequence[int]) -> list[list[Coordinate]]:
        """Ask the route service; at a stop a vehicle may turn round, as it may in a table."""
        options = (
            "overview=false&steps=true&geometries=polyline6&continue_straight=false&generate_hints=false"
        )
        try:
            answer = self._ask("route", profile, places, options)
            return [
                [point for step in leg["steps"] for point in decoded(step["geometry"], 6)]
                for leg in answer["routes"][0]["legs"]
            ]
        except NoRoad as error:
            raise NoWay from error
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise self.server.unusable("its route has no legs with lines") from error

    def _ask(self, service: str, profile: str, places: Sequence[int], options: str) -> dict[str, Any]:
        """Return the answer of a service about places, with code Ok."""
        points = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in (self.places[place] for place in places))
        path = f"{service}/v1/{quote(profile, safe='')}/{points}?{options}"
        is_long = len(path) > _LONG
        try:
            answer = self.server.ask(path, attempts=1 if is_long else None)
        except Dropped as dropped:
            if is_long:
                raise TooBig from dropped
            raise
        except Refused as refused:
            code = refused.answer.get("code")
            if code == "TooBig" or refused.status == 414:
                raise TooBig from refused
            if code == "NoRoute":
                raise NoWay from refused
            number = re.search(r"coordinate (\d+)", str(refused.answer.get("message", "")))
            if code == "NoSegment" and number:
                raise NoRoad(int(number[1])) from refused
            raise
        if not isinstance(answer, dict) or answer.get("code") != "Ok":
            raise self.server.unusable("its code is not Ok")
        return answer


def _snapped(waypoints: Any) -> Any:
    """Return the place on the road of each waypoint; what is no list of them is refused later."""
    try:
        return [waypoint["location"] for waypoint in waypoints]
    except (KeyError, TypeError):
        return waypoints
