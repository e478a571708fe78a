"""The schematic map of the routes as SVG. No base map, no projection beyond a scaled cylinder."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Collection, Iterable, Sequence

from ..model.palette import route_colour
from ..model.plan import VISIT_STOP
from . import quantities
from .markup import Markup, element
from .parts import legend, section, swatch
from .phrases import phrase
from .timeline import DETAIL_LIMIT

if TYPE_CHECKING:
    from ..model.plan import Route, Visit
    from ..model.problem import Depot, Stop
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
_RING = 12


@dataclass(frozen=True)
class Frame:
    """What is drawn of the world: west and north edge in degrees, units of the drawing per degree, its
    size."""

    west: float
    north: float
    per_lon: float
    per_lat: float
    width: int
    height: int

    def at(self, lon: float, lat: float) -> tuple[int, int]:
        """Return the place of a position in the drawing."""
        return round((lon - self.west) * self.per_lon), round((self.north - lat) * self.per_lat)

    def holds(self, place: Stop | Depot) -> bool:
        """Tell whether a place is in the drawing."""
        x, y = self.at(place.lon, place.lat)
        return 0 <= x <= self.width and 0 <= y <= self.height


@dataclass(frozen=True)
class Sketch:
    """What is drawn of a plan: the places and the line of each route, the number of its colour, and the stops
    on no route."""

    view: PlanView
    visited: list[list[tuple[Visit, float, float]]]
    lines: list[list[tuple[float, float]]]
    left_out: list[Stop]
    colours: list[int]


def route_map(view: PlanView) -> Markup:
    """Return the section with the map; nothing when there is no place to draw."""
    sketch = sketch_of(view)
    frame = frame_of([sketch], _WIDTH, _HEIGHTS)
    if frame is None:
        return Markup()
    vehicles = [(index, route.vehicle_id) for index, route in enumerate(view.plan.routes)]
    return section(
        "map",
        *map_legends([sketch], frame, vehicles),
        drawing(sketch, frame, phrase("map_of"), view.served),
        outside_hint([sketch], frame),
        element("p", phrase("map_hint"), class_="hint"),
    )


def sketch_of(view: PlanView, colours: Sequence[int] = ()) -> Sketch:
    """Return what is drawn of a plan; its routes have the colours of their places unless others are given."""
    visited = [_visited(view, route) for route in view.plan.routes]
    return Sketch(
        view,
        visited,
        [_line(route, places) for route, places in zip(view.plan.routes, visited)],
        [stop for stop in (view.stops.get(one.stop_id) for one in view.unassigned) if stop],
        list(colours) or list(range(len(visited))),
    )


def frame_of(sketches: Sequence[Sketch], width: int, heights: tuple[int, int]) -> Frame | None:
    """Return the frame that holds all sketches, so wide and of a height between two; None when there is no
    place to draw."""
    drawn = [point for sketch in sketches for line in sketch.lines for point in line]
    lost = [(stop.lon, stop.lat) for sketch in sketches for stop in sketch.left_out]
    return frame_around(drawn or lost, lost, width, heights) if drawn or lost else None


def map_legends(
    sketches: Sequence[Sketch], frame: Frame, vehicles: Sequence[tuple[int, str]], *keys: str
) -> list[Markup]:
    """Return the legends of maps with one frame: what the marks mean, those named by `keys` too, and the
    vehicles with the numbers of their colours."""
    marks = {
        "stop": any(sketch.lines for sketch in sketches),
        "depot": _depots_inside(sketches[0], frame),
        "unassigned_stop": any(frame.holds(stop) for sketch in sketches for stop in sketch.left_out),
        **dict.fromkeys(keys, True),
    }
    named = vehicles if len(vehicles) <= _NAMED_LIMIT else ()
    names = (element("span", swatch(colour), name, data_route=colour) for colour, name in named)
    return [
        legend([(key, phrase(key)) for key, present in marks.items() if present]),
        element("p", *names, class_="legend") if vehicles else Markup(),
    ]


def outside_hint(sketches: Sequence[Sketch], frame: Frame) -> Markup:
    """Return how many stops on no route are too far off to be drawn; nothing when all are."""
    far = {stop.id for sketch in sketches for stop in sketch.left_out if not frame.holds(stop)}
    return element("p", phrase("outside", count=len(far)), class_="hint") if far else Markup()


def drawing(
    sketch: Sketch, frame: Frame, title: str, stop_count: int, ringed: Collection[str] = ()
) -> Markup:
    """Return one map. Of how many stops it and those beside it are says how large its dots are; `ringed` are
    the stops that stand out."""
    shapes = [
        element("path", d=path, stroke=route_colour(colour), data_route=colour)
        for colour, path in zip(sketch.colours, paths(frame, sketch.lines))
    ]
    inside = [stop for stop in sketch.left_out if frame.holds(stop)]
    return element(
        "svg",
        element("title", title),
        element("g", *shapes, class_="ways"),
        *(_rings(sketch, frame, ringed, stop_count) if ringed else ()),
        *(_dots(sketch, frame, index, stop_count) for index in range(len(sketch.visited))),
        *depot_marks(frame, _depots_inside(sketch, frame)),
        *(_cross(frame, stop) for stop in inside),
        scale_bar(frame, sketch.view.options.miles),
        viewBox=f"0 0 {frame.width} {frame.height}",
        role="img",
        aria_label=title,
        class_="map",
    )


def _depots_inside(sketch: Sketch, frame: Frame) -> list[Depot]:
    return [depot for depot in sketch.view.problem.depots if frame.holds(depot)]


def _visited(view: PlanView, route: Route) -> list[tuple[Visit, float, float]]:
    places = ((visit, view.place(visit)) for visit in route.visits)
    return [(visit, place.lon, place.lat) for visit, place in places if place]


def _line(route: Route, places: Sequence[tuple[Visit, float, float]]) -> list[tuple[float, float]]:
    line = [point for leg in route.legs for point in leg.geometry]
    return line or [(lon, lat) for _, lon, lat in places]


def frame_around(
    drawn: list[tuple[float, float]],
    lost: list[tuple[float, float]],
    width: int,
    heights: tuple[int, int],
) -> Frame:
    """Fit the points drawn, and those of `lost` that are not farther off than what is drawn is wide."""
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
    inner = width - 2 * _MARGIN
    height = round(min(max(inner * span_y / span_x + 2 * _MARGIN, heights[0]), heights[1]))
    per_lat = min(inner / span_x, (height - 2 * _MARGIN) / span_y)
    per_lon = per_lat * shrink
    return Frame(
        west=(west + east) / 2 - width / 2 / per_lon,
        north=(south + north) / 2 + height / 2 / per_lat,
        per_lon=per_lon,
        per_lat=per_lat,
        width=width,
        height=height,
    )


def _bounds(points: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    lons = [lon for lon, _ in points]
    lats = [lat for _, lat in points]
    return min(lons), min(lats), max(lons), max(lats)


def paths(frame: Frame, lines: Iterable[Sequence[tuple[float, float]]]) -> list[str]:
    """Return paths in whole units without the points too close to the one before to be seen, or to be
    afforded."""
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


def _dots(sketch: Sketch, frame: Frame, index: int, stop_count: int) -> Markup:
    stops = [
        (visit, *frame.at(lon, lat)) for visit, lon, lat in sketch.visited[index] if visit.type == VISIT_STOP
    ]
    colour = route_colour(sketch.colours[index])
    if stop_count > DETAIL_LIMIT:
        dots = "".join(f"M{x} {y}h0" for _, x, y in stops)
        return element("path", d=dots, stroke=colour, class_="specks", data_route=sketch.colours[index])
    radius = _radius(stop_count)
    if stop_count <= _NUMBERED_LIMIT:
        shapes = (
            element(
                "g",
                element("title", _about(sketch, index, visit)),
                element("circle", cx=x, cy=y, r=radius),
                element("text", visit.sequence, x=x, y=y + 7),
            )
            for visit, x, y in stops
        )
        return element("g", *shapes, stroke=colour, class_="numbered", data_route=sketch.colours[index])
    shapes = (
        element("circle", element("title", _about(sketch, index, visit)), cx=x, cy=y, r=radius)
        for visit, x, y in stops
    )
    return element("g", *shapes, fill=colour, class_="dots", data_route=sketch.colours[index])


def _radius(stop_count: int) -> int:
    if stop_count <= _NUMBERED_LIMIT:
        return 17
    return 10 if stop_count <= 5 * _NUMBERED_LIMIT else 7


def _rings(sketch: Sketch, frame: Frame, ringed: Collection[str], stop_count: int) -> Iterable[Markup]:
    radius = _radius(stop_count) + _RING
    circles = []
    for visit, lon, lat in (place for places in sketch.visited for place in places):
        if visit.type == VISIT_STOP and visit.id in ringed:
            x, y = frame.at(lon, lat)
            circles.append(element("circle", cx=x, cy=y, r=radius))
    yield element("g", *circles, class_="rings")


def _about(sketch: Sketch, index: int, visit: Visit) -> str:
    vehicle = sketch.view.plan.routes[index].vehicle_id
    return f"{vehicle} · {visit.sequence}. {sketch.view.name(visit)} · {quantities.clock(visit.arrival)}"


def depot_marks(frame: Frame, depots: Sequence[Depot]) -> Iterable[Markup]:
    """Return a named mark for each depot."""
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


def _cross(frame: Frame, stop: Stop) -> Markup:
    x, y = frame.at(stop.lon, stop.lat)
    d = f"M{x - 12} {y - 12}l24 24m0 -24l-24 24"
    return element(
        "g",
        element("title", f"{phrase('unassigned_stop')}: {stop.name or stop.id}"),
        element("path", d=d, class_="halo"),
        element("path", d=d),
        class_="cross",
    )


def scale_bar(frame: Frame, miles: bool) -> Markup:
    """Return the bar that tells how long a round distance is in the drawing."""
    unit = _METRES_PER_MILE if miles else 1000.0
    most = frame.width / 5 / frame.per_lat * _METRES_PER_DEGREE / unit
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
