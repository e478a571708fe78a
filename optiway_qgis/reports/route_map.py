"""The schematic map of the routes as SVG. No base map, no projection beyond a scaled cylinder."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable, Sequence

from ..model.palette import route_colour
from ..model.plan import VISIT_STOP
from . import quantities
from .markup import Markup, element
from .parts import legend, section, swatch
from .phrases import phrase
from .timeline import DETAIL_LIMIT

if TYPE_CHECKING:
    from ..model.plan import Route, Visit
    from ..model.problem import Depot
    from .plan_view import PlanView

_WIDTH = 2000
_HEIGHTS = (700, 1300)
_MARGIN = 60
_SMALLEST_SPAN = 0.002
_METRES_PER_DEGREE = 111195.0
_METRES_PER_MILE = 1609.344
_FINEST_STEP = 4
_MOST_STEPS = 60_000
_NUMBERED_LIMIT = 120
_NAMED_LIMIT = 40


@dataclass(frozen=True)
class _Frame:
    """What is drawn of the world: west and north edge in degrees, units of the drawing per degree."""

    west: float
    north: float
    per_lon: float
    per_lat: float
    height: int

    def at(self, lon: float, lat: float) -> tuple[int, int]:
        return round((lon - self.west) * self.per_lon), round((self.north - lat) * self.per_lat)

    def holds(self, lon: float, lat: float) -> bool:
        x, y = self.at(lon, lat)
        return 0 <= x <= _WIDTH and 0 <= y <= self.height


def route_map(view: PlanView) -> Markup:
    """Return the section with the map; nothing when there is no place to draw."""
    visited = [_visited(view, route) for route in view.plan.routes]
    lines = [_line(route, places) for route, places in zip(view.plan.routes, visited)]
    left_out = [stop for stop in (view.stops.get(one.stop_id) for one in view.unassigned) if stop]
    drawn = [point for line in lines for point in line]
    lost = [(stop.lon, stop.lat) for stop in left_out]
    if not drawn and not lost:
        return Markup()
    frame = _frame(drawn or lost, lost)
    stop_count = view.served
    depots = [depot for depot in view.problem.depots if frame.holds(depot.lon, depot.lat)]
    inside = [stop for stop in left_out if frame.holds(stop.lon, stop.lat)]
    shapes: list[Markup] = [
        element("path", d=path, stroke=route_colour(index), data_route=index)
        for index, path in enumerate(_paths(frame, lines))
    ]
    drawing = element(
        "svg",
        element("title", phrase("map_of")),
        element("g", *shapes, class_="ways"),
        *(_dots(view, frame, index, places, stop_count) for index, places in enumerate(visited)),
        *_depots(frame, depots),
        *(_cross(view, frame, stop.id, stop.lon, stop.lat) for stop in inside),
        _scale_bar(frame, view.options.miles),
        viewBox=f"0 0 {_WIDTH} {frame.height}",
        role="img",
        aria_label=phrase("map_of"),
        class_="map",
    )
    keys = [("stop", lines), ("depot", depots), ("unassigned_stop", inside)]
    named = enumerate(view.plan.routes) if len(lines) <= _NAMED_LIMIT else ()
    names = (element("span", swatch(index), route.vehicle_id, data_route=index) for index, route in named)
    outside = len(left_out) - len(inside)
    return section(
        "map",
        legend([(key, phrase(key)) for key, present in keys if present]),
        element("p", *names, class_="legend") if lines else "",
        drawing,
        element("p", phrase("outside", count=outside), class_="hint") if outside else "",
        element("p", phrase("map_hint"), class_="hint"),
    )


def _visited(view: PlanView, route: Route) -> list[tuple[Visit, float, float]]:
    places = ((visit, view.place(visit)) for visit in route.visits)
    return [(visit, place.lon, place.lat) for visit, place in places if place]


def _line(route: Route, places: Sequence[tuple[Visit, float, float]]) -> list[tuple[float, float]]:
    line = [point for leg in route.legs for point in leg.geometry]
    return line or [(lon, lat) for _, lon, lat in places]


def _frame(drawn: list[tuple[float, float]], lost: list[tuple[float, float]]) -> _Frame:
    """Fit the routes, and the unassigned stops that are not farther off than the routes are wide."""
    west, south, east, north = _bounds(drawn)
    reach = max(east - west, north - south, _SMALLEST_SPAN)
    near = [
        (lon, lat)
        for lon, lat in lost
        if west - reach <= lon <= east + reach and south - reach <= lat <= north + reach
    ]
    west, south, east, north = _bounds([*drawn, *near])
    shrink = max(math.cos(math.radians((south + north) / 2)), 0.01)
    span_x = max((east - west) * shrink, _SMALLEST_SPAN)
    span_y = max(north - south, _SMALLEST_SPAN)
    inner = _WIDTH - 2 * _MARGIN
    height = round(min(max(inner * span_y / span_x + 2 * _MARGIN, _HEIGHTS[0]), _HEIGHTS[1]))
    per_lat = min(inner / span_x, (height - 2 * _MARGIN) / span_y)
    per_lon = per_lat * shrink
    return _Frame(
        west=(west + east) / 2 - _WIDTH / 2 / per_lon,
        north=(south + north) / 2 + height / 2 / per_lat,
        per_lon=per_lon,
        per_lat=per_lat,
        height=height,
    )


def _bounds(points: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    lons = [lon for lon, _ in points]
    lats = [lat for _, lat in points]
    return min(lons), min(lats), max(lons), max(lats)


def _paths(frame: _Frame, lines: Iterable[list[tuple[float, float]]]) -> list[str]:
    """Paths in whole units without the points too close to the one before to be seen, or to be afforded."""
    drawn = [[frame.at(lon, lat) for lon, lat in line] for line in lines]
    length = sum(abs(x - to_x) + abs(y - to_y) for way in drawn for (x, y), (to_x, to_y) in zip(way, way[1:]))
    step = max(_FINEST_STEP, length / _MOST_STEPS)
    return [_path(way, step) for way in drawn]


def _path(way: list[tuple[int, int]], step: float) -> str:
    if not way:
        return ""
    x, y = way[0]
    parts = [f"M{x} {y}"]
    for to_x, to_y in way[1:-1]:
        if abs(to_x - x) + abs(to_y - y) >= step:
            parts.append(f"l{to_x - x} {to_y - y}")
            x, y = to_x, to_y
    end_x, end_y = way[-1]
    return "".join([*parts, f"l{end_x - x} {end_y - y}"])


def _dots(
    view: PlanView, frame: _Frame, index: int, places: Sequence[tuple[Visit, float, float]], stop_count: int
) -> Markup:
    stops = [(visit, *frame.at(lon, lat)) for visit, lon, lat in places if visit.type == VISIT_STOP]
    colour = route_colour(index)
    if stop_count > DETAIL_LIMIT:
        dots = "".join(f"M{x} {y}h0" for _, x, y in stops)
        return element("path", d=dots, stroke=colour, class_="specks", data_route=index)
    if stop_count <= _NUMBERED_LIMIT:
        shapes = (
            element(
                "g",
                element("title", _about(view, index, visit)),
                element("circle", cx=x, cy=y, r=17),
                element("text", visit.sequence, x=x, y=y + 7),
            )
            for visit, x, y in stops
        )
        return element("g", *shapes, stroke=colour, class_="numbered", data_route=index)
    radius = 10 if stop_count <= 5 * _NUMBERED_LIMIT else 7
    shapes = (
        element("circle", element("title", _about(view, index, visit)), cx=x, cy=y, r=radius)
        for visit, x, y in stops
    )
    return element("g", *shapes, fill=colour, class_="dots", data_route=index)


def _about(view: PlanView, index: int, visit: Visit) -> str:
    vehicle = view.plan.routes[index].vehicle_id
    return f"{vehicle} · {visit.sequence}. {view.name(visit)} · {quantities.clock(visit.arrival)}"


def _depots(frame: _Frame, depots: Sequence[Depot]) -> Iterable[Markup]:
    for depot in depots:
        x, y = frame.at(depot.lon, depot.lat)
        name = depot.name or depot.id
        yield element(
            "g",
            element("title", name),
            element("rect", x=x - 16, y=y - 16, width=32, height=32),
            element("text", name, x=x + 26, y=y + 9),
            class_="depot",
        )


def _cross(view: PlanView, frame: _Frame, stop_id: str, lon: float, lat: float) -> Markup:
    x, y = frame.at(lon, lat)
    d = f"M{x - 12} {y - 12}l24 24m0 -24l-24 24"
    return element(
        "g",
        element("title", f"{phrase('unassigned_stop')}: {view.stop_name(stop_id) or stop_id}"),
        element("path", d=d, class_="halo"),
        element("path", d=d),
        class_="cross",
    )


def _scale_bar(frame: _Frame, miles: bool) -> Markup:
    unit = _METRES_PER_MILE if miles else 1000.0
    most = _WIDTH / 5 / frame.per_lat * _METRES_PER_DEGREE / unit
    power = 10.0 ** math.floor(math.log10(most))
    length = max(factor * power for factor in (1, 2, 5) if factor * power <= most)
    units = round(length * unit / _METRES_PER_DEGREE * frame.per_lat)
    y = frame.height - 24
    words = f"{length:g} {phrase('miles' if miles else 'km')}"
    return element(
        "g",
        element("path", d=f"M30 {y - 12}v12h{units}v-12"),
        element("text", words, x=30 + units / 2, y=y - 14),
        class_="scale",
    )
