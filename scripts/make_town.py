"""Makes the sample data: Quillbrook, a town that does not exist, its streets, customers, depots and vehicles.

Everything is drawn from one seed; the same seed and the same number of stops give the same bytes. Nothing is
copied from a map: the town is laid over empty hills, its names, people and telephone numbers are invented.
Here: the plan of the ground, the streets and their crossings, the addresses, what hinders traffic, and the
files. Not here: the words (town_words.py), planning of routes, styles, anything of QGIS. Standard library
only.

    python3 scripts/make_town.py [--stops 60] [--seed 5] [--out optiway_qgis/resources/sample]

Inside, lengths are metres east (x) and north (y) of the market place; speeds are km/h; files are WGS 84.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from town_words import (
    BARRIERS,
    BREAK_FIELDS,
    BREAKS,
    CUSTOMS,
    FIRST_NAMES,
    FLEET,
    FLEET_DAY,
    KINDS_OF_STREET,
    LAST_NAMES,
    NOTES,
    PHONE,
    PREFIXES,
    RIVER,
    SOLO_DAY,
    SUBURBAN,
    SUBURBS,
    THEMES,
    TOWN,
    TRAFFIC,
    TRAFFIC_FIELDS,
    VEHICLE_FIELDS,
    VILLAGES,
    ZONES,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Point = tuple[float, float]
    Inside = Callable[[float, float, float], bool]
    Row = dict[str, object]

ORIGIN = (-3.68, 52.45)  # lon, lat of the market place: hills without a settlement
USUAL_STOPS = 60
RIVER_HALF_WIDTH = 24.0
QUAY = 55.0  # from the middle of the river to the street along it
CARRIAGEWAY = 13.0  # from the middle of the bypass to one side of it
MARGIN = 34.0  # no street runs nearer than this along another one
HOUSE = 14.0  # metres of street per house number on one side
MARKET = "Market Place"
SPEEDS = {  # km/h in town and in the open country
    "motorway": (110, 110),
    "motorway_link": (60, 60),
    "primary": (60, 90),
    "secondary": (50, 80),
    "tertiary": (40, 60),
    "living_street": (20, 20),
    "service": (20, 20),
}
STEP = 20.0  # between the points of a drawn street
USUAL_SEED = 5


@dataclass(frozen=True)
class Ground:
    """The plan of the town in polar form: rings around the market place, main roads outwards, one river.

    `rings` are the radii of the old wall street and of the ring roads, `limit` is where the town ends,
    `angles` the directions of the main roads counter-clockwise from east, `far` the distances of the villages
    at their ends.
    """

    rings: tuple[float, ...]
    limit: float
    angles: tuple[float, ...]
    far: tuple[float, ...]
    phases: tuple[float, ...]

    def river(self, x: float) -> float:
        """The y of the middle of the river, which runs past the south of the old centre."""
        bend = x * x / (x * x + 250000.0)
        return -470.0 + bend * (
            220.0 * math.sin(x / 860.0 + self.phases[0]) + 90.0 * math.sin(x / 360.0 + self.phases[1])
        )

    def bank(self, x: float, offset: float) -> Point:
        """The point `offset` metres to the left of the river at `x`, looking east; negative: to the right."""
        slope = self.slope(x)
        norm = math.hypot(1.0, slope)
        return x - offset * slope / norm, self.river(x) + offset / norm

    def slope(self, x: float) -> float:
        return (self.river(x + 5.0) - self.river(x - 5.0)) / 10.0

    def to_river(self, x: float, y: float) -> float:
        """Distance to the middle of the river, by its slope."""
        return abs(y - self.river(x)) / math.hypot(1.0, self.slope(x))

    def ring(self, radius: float, theta: float) -> float:
        """Distance from the market place to the ring of this mean radius in direction `theta`."""
        p = self.phases[2] + radius / 900.0
        wave = (
            0.09 * math.sin(2.0 * theta + p)
            + 0.06 * math.sin(3.0 * theta + 2.0 * p)
            + 0.02 * math.sin(7.0 * theta - p)
        )
        return radius * (1.0 + min(1.0, radius / 1100.0) * wave)

    def road(self, index: float, r: float) -> float:
        """Direction of a main road at distance `r`; a fraction lies between two roads."""
        low = math.floor(index)
        a = self._road(low, r)
        return a if low == index else a + (index - low) * (self._road(low + 1, r) - a)

    def _road(self, index: int, r: float) -> float:
        turn, at = divmod(index, len(self.angles))
        bend = 0.06 * min(1.0, r / 1000.0, 4000.0 / r) * math.sin(r / 560.0 + self.phases[3 + at])
        return self.angles[at] + turn * math.tau + bend

    def corner(self, radius: float, index: float) -> float:
        """Direction in which a ring and a main road meet."""
        theta = self.road(index, radius)
        for _ in range(3):
            theta = self.road(index, self.ring(radius, theta))
        return theta

    def warp(self, x: float, y: float) -> Point:
        """Bends straight lines a little, as old field borders do."""
        p = self.phases
        return (
            x + 16.0 * math.sin(y / 240.0 + p[0]) + 9.0 * math.sin((x + y) / 170.0 + p[1]),
            y + 16.0 * math.sin(x / 260.0 + p[2]) + 9.0 * math.sin((x - y) / 190.0 + p[3]),
        )


@dataclass(frozen=True)
class Cell:
    """A quarter between two rings and two main roads (fractions: side roads), and what is built there."""

    inner: float
    outer: float
    first: float
    last: float
    kind: str  # suburb, works, park
    name: str


@dataclass(frozen=True)
class Street:
    """A drawn line before it is cut at crossings. `start` is the length of the street before this line."""

    points: tuple[Point, ...]
    name: str
    highway: str
    zone: str
    place: str = TOWN
    oneway: bool = False
    fixed: bool = False  # one-way for good: carriageways and their ramps
    bridges: bool = False  # may cross the river
    levels: frozenset[int] = frozenset((0,))  # streets meet where they share a level
    start: float = 0.0


@dataclass(frozen=True)
class Edge:
    """A piece of street between two crossings; `at` is its chainage in metres, from and to."""

    street: Street
    points: tuple[Point, ...]
    nodes: tuple[int, int]
    at: tuple[float, float]
    oneway: bool
    bridge: bool


class Names:
    """Hands out street names of a theme, each once."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.used: set[str] = set()

    def street(self, theme: str) -> str:
        kinds = KINDS_OF_STREET.get(theme, SUBURBAN)
        for prefix in PREFIXES:
            for _ in range(6):
                name = f"{prefix}{pick(self.rng, THEMES[theme])} {pick(self.rng, kinds)}"
                if name not in self.used:
                    self.used.add(name)
                    return name
        return self.take(
            f"{pick(self.rng, FIRST_NAMES)} {pick(self.rng, LAST_NAMES)} {pick(self.rng, kinds)}"
        )

    def take(self, name: str) -> str:
        """`name`, with a number behind it when it is taken."""
        free = next(
            n for n in (name, *(f"{name} {i}" for i in range(2, len(self.used) + 3))) if n not in self.used
        )
        self.used.add(free)
        return free


def pick(rng: Random, options: Sequence):
    """One of the options; from `random()` alone, which no version of Python changes."""
    return options[int(rng.random() * len(options))]


def between(rng: Random, low: float, high: float) -> float:
    return low + rng.random() * (high - low)


def shuffled(rng: Random, options: Iterable) -> list:
    return [item for _, item in sorted(((rng.random(), item) for item in options), key=lambda pair: pair[0])]


def polar(r: float, theta: float) -> Point:
    return r * math.cos(theta), r * math.sin(theta)


def span(low: float, high: float, step: float) -> list[float]:
    """Evenly spaced numbers from low to high, both included, about `step` apart."""
    count = max(1, round(abs(high - low) / step))
    return [low + (high - low) * i / count for i in range(count + 1)]


# The ground and the streets


def make_ground(rng: Random, stops: int) -> Ground:
    size = max(1.0, stops / USUAL_STOPS) ** 0.3
    limit = 1900.0 * size
    rings = [330.0, 1120.0]
    while rings[-1] + 1700.0 < limit:
        rings.append(rings[-1] + 1050.0)
    angles = tuple(math.radians(a + between(rng, -4, 4)) for a in (11, 55, 92, 128, 168, 222, 270, 317))
    far = tuple(limit * 1.15 + between(rng, 1300, 3300) for _ in angles)
    phases = tuple(between(rng, 0, math.tau) for _ in range(3 + len(angles)))
    return Ground(tuple(rings), limit, angles, far, phases)


def make_cells(rng: Random, ground: Ground) -> list[Cell]:
    bands = [*pairwise(ground.rings), (ground.rings[-1], ground.limit)]
    names = iter(shuffled(rng, SUBURBS))
    cells = []
    for band, (inner, outer) in enumerate(bands):
        last_band = band == len(bands) - 1
        for sector in range(len(ground.angles)):
            width = (ground.road(sector + 1, outer) - ground.road(sector, outer)) * (inner + outer) / 2
            parts = max(1, round(width / 1000.0))
            for part in range(parts):
                reach = inner + (outer - inner) * between(rng, 0.5, 1.4) if last_band else outer
                kind = "suburb"
                if last_band and sector in (0, 5):
                    kind = "works"
                elif (not last_band and sector == 3 and part == 0) or (
                    band == 1 and sector == 6 and part == parts - 1
                ):
                    kind = "park"
                name = next(names, "") if kind == "suburb" and (last_band or parts == 1) else ""
                cells.append(
                    Cell(inner, reach, sector + part / parts, sector + (part + 1) / parts, kind, name)
                )
    return cells


def cell_test(ground: Ground, cell: Cell) -> Inside:
    """The question whether a point lies in the cell, a margin away from its border and the quay."""
    turn = ground.road(cell.first, cell.inner) - 0.5

    def inside(x: float, y: float, margin: float) -> bool:
        r = math.hypot(x, y)
        theta = turn + (math.atan2(y, x) - turn) % math.tau
        return (
            ground.ring(cell.inner, theta) + margin < r < ground.ring(cell.outer, theta) - margin
            and (theta - ground.road(cell.first, r)) * r > margin
            and (ground.road(cell.last, r) - theta) * r > margin
            and ground.to_river(x, y) > QUAY + margin
        )

    return inside


def arc(ground: Ground, radius: float, start: float, end: float, over: float = 6.0) -> list[Point]:
    """A piece of ring from one direction to another, a few metres longer to meet what it ends on."""
    reach = over / radius
    return [polar(ground.ring(radius, t), t) for t in span(start - reach, end + reach, 60.0 / radius)]


def spoke(ground: Ground, index: float, start: float, end: float) -> list[Point]:
    return [polar(r, ground.road(index, r)) for r in span(start, end, 60.0)]


def quay(ground: Ground, reach: float, offset: float) -> list[Point]:
    """A line along the river as far as the ring of this radius, and just across it."""
    points = [ground.bank(x, offset) for x in span(-1.2 * reach, 1.2 * reach, 45.0)]
    return [p for p in points if math.hypot(*p) < ground.ring(reach, math.atan2(p[1], p[0])) + 40.0]


def grid(
    rng: Random,
    ground: Ground,
    inside: Inside,
    middle: Point,
    turn: float,
    reach: float,
    blocks: tuple[float, float],
) -> Iterator[list[tuple[float, list[Point]]]]:
    """Streets in two directions that fill an area: for each street its pieces, with the chainage of each."""
    for direction, block in ((turn, blocks[0]), (turn + math.pi / 2, blocks[1])):
        along, across = polar(1.0, direction), polar(1.0, direction + math.pi / 2)
        offset = -reach + between(rng, 0.2, 0.8) * block
        while offset < reach:
            points = [
                ground.warp(
                    middle[0] + across[0] * offset + along[0] * t,
                    middle[1] + across[1] * offset + along[1] * t,
                )
                for t in span(-reach, reach, STEP)
            ]
            yield pieces_inside(points, inside)
            offset += block * between(rng, 0.8, 1.25)


def pieces_inside(points: list[Point], inside: Inside) -> list[tuple[float, list[Point]]]:
    """The parts of a line well inside an area, each carried on across the border where that is near."""
    deep = [inside(x, y, MARGIN) for x, y in points]
    pieces: list[tuple[float, list[Point]]] = []
    i = first = 0
    while i < len(points):
        if not deep[i]:
            i += 1
            continue
        j = i
        while j + 1 < len(points) and deep[j + 1]:
            j += 1
        if j - i >= 3:
            low, high = cross_border(points, inside, i, -1), cross_border(points, inside, j, 1)
            first = first if pieces else low
            pieces.append(((low - first) * STEP, points[low : high + 1]))
        i = j + 1
    return pieces


def cross_border(points: list[Point], inside: Inside, at: int, way: int) -> int:
    for index in range(at + way, at + 5 * way, way):
        if not 0 <= index < len(points):
            break
        if not inside(*points[index], 0.0):
            return index
    return at


def draw_streets(rng: Random, ground: Ground, cells: list[Cell], names: Names) -> list[Street]:
    """All streets, the most important first: of two crossings that are merged the earlier one stays."""
    streets = [*main_streets(rng, ground, names), *bypass(ground, names), *country(rng, ground, names)]
    streets += old_centre(rng, ground, names)
    themes = [theme for theme in THEMES if theme not in KINDS_OF_STREET]
    for number, cell in enumerate(cells):
        theme = "works" if cell.kind == "works" else themes[number % len(themes)]
        streets += quarter(rng, ground, cell, names, theme)
    for index in range(len(ground.angles)):
        streets += village(rng, ground, index, names)
    return streets


def main_streets(rng: Random, ground: Ground, names: Names) -> Iterator[Street]:
    for number, radius in enumerate(ground.rings):
        name = "Wall Street" if number == 0 else "Ring Road" if number == 1 else f"Outer Ring {number - 1}"
        points = tuple(arc(ground, radius, 0.0, math.tau, 0.0))
        highway = "secondary" if number == 0 else "primary"
        yield Street(points, names.take(name), highway, "main", bridges=number > 0)
    for index, end in enumerate(ground.far):
        name = "Bridge Street" if index == 6 else f"{VILLAGES[index]} Road"
        points = tuple(spoke(ground, index, 28.0, end + 150.0))
        yield Street(
            points, names.take(name), "secondary" if index % 2 else "primary", "main", bridges=index == 6
        )
    for offset, name in ((QUAY, "North Quay"), (-QUAY, "South Quay")):
        yield Street(tuple(quay(ground, ground.rings[-1], offset)), names.take(name), "tertiary", "suburb")


def bypass(ground: Ground, names: Names) -> Iterator[Street]:
    """A dual carriageway north of the town, over the main roads, with a junction at each end and one halfway.

    Traffic keeps left: the outer carriageway runs east, the inner one west.
    """
    name, radius, both = names.take("Northern Bypass"), ground.limit + 700.0, frozenset((0, 1))
    east, north, west = (ground.corner(radius, index) for index in (0, 2, 4))
    lead = 260.0 / radius
    sides = {
        way: [
            polar(ground.ring(radius, t) + way * CARRIAGEWAY, t)
            for t in span(east + lead, west - lead, 60 / radius)
        ]
        for way in (-1, 1)
    }
    for way, points in sides.items():
        street = Street(
            tuple(points[::-way]), name, "motorway", "bypass", oneway=True, fixed=True, levels=frozenset((1,))
        )
        yield street
        ramp = replace(street, name=f"{name} Ramp", highway="motorway_link", levels=both)
        for end, corner in ((0, east), (-1, west)):
            joint = [points[end], polar(ground.ring(radius, corner), corner)]
            yield replace(ramp, points=tuple(joint if (end == 0) == (way == 1) else joint[::-1]))
        across = ground.ring(radius, north) + way * 130.0
        foot = polar(across, ground.road(2, across))
        for bend in (-1, 1):
            t = north + bend * 340.0 / radius
            top = polar(ground.ring(radius, t) + way * (CARRIAGEWAY - 4.0), t)
            knee = north + bend * 90.0 / radius
            joint = [top, polar(ground.ring(radius, knee) + way * 110.0, knee), foot]
            yield replace(ramp, points=tuple(joint if bend == way else joint[::-1]))


def country(rng: Random, ground: Ground, names: Names) -> Iterator[Street]:
    """Lanes from village to village on either bank, and tracks to farms."""
    banks = [
        index for index in range(len(ground.angles)) if index not in (4, 7)
    ]  # there the river is between
    for index in shuffled(rng, banks)[:3]:
        start = ground.limit + between(rng, 900, 1300)
        points = [
            polar(start + 500 * s, ground.road(index + s, start + 500 * s)) for s in span(-0.02, 1.02, 0.03)
        ]
        name = names.take(f"{pick(rng, LAST_NAMES)} Cross Lane")
        yield Street(tuple(points), name, "tertiary", "rural", VILLAGES[index])
    for index in banks:
        a, b = ground.far[index], ground.far[index + 1]
        points, swing = [], between(rng, 0, math.tau)
        for s in span(0.0, 1.0, 70.0 / a):
            r = a + (b - a) * s + 170.0 * math.sin(math.pi * s) * math.sin(7.0 * s + swing)
            points.append(polar(r, ground.road(index, a) * (1 - s) + ground.road(index + 1, b) * s))
        name = names.take(f"{VILLAGES[index].split()[0]} and {VILLAGES[index + 1].split()[0]} Lane")
        yield Street(tuple(points), name, "tertiary", "rural", VILLAGES[index])
        for _ in range(round(ground.limit / 950.0)):
            at = points[int(between(rng, 0.2, 0.8) * len(points))]
            way, reach = between(rng, 0, math.tau), between(rng, 180, 420)
            track = [
                (at[0] + t * math.cos(way) - 4, at[1] + t * math.sin(way + 0.0006 * t))
                for t in span(0, reach, 60)
            ]
            farm = names.take(f"{pick(rng, LAST_NAMES)} Farm")
            yield Street(tuple(track), farm, "service", "farm", VILLAGES[index])


def old_centre(rng: Random, ground: Ground, names: Names) -> Iterator[Street]:
    """Crooked rings and alleys inside the wall street."""

    def crooked(radius: float, t: float) -> float:
        p = ground.phases[0] + radius
        wave = 0.09 * math.sin(2 * t + p) + 0.06 * math.sin(5 * t + 2 * p) + 0.035 * math.sin(9 * t + 3 * p)
        return radius * (1 + wave * min(1.0, radius / 110))

    def crook(x: float, y: float) -> Point:
        p, much = ground.phases, 17.0 * max(0.0, 1 - (math.hypot(x, y) / 300.0) ** 4)
        return (
            x + much * (math.sin(y / 41.0 + p[3]) + 0.6 * math.sin((x + y) / 27.0 + p[4])),
            y + much * (math.sin(x / 37.0 + p[5]) + 0.6 * math.sin((x - y) / 29.0 + p[6])),
        )

    radii = (66.0, 135.0, 200.0, 262.0)
    for number, radius in enumerate(radii):
        cuts = [between(rng, 0, 0.7) + math.tau * i / (number + 1) for i in range(number + 1)]
        for low, high in pairwise([*cuts, cuts[0] + math.tau]):
            name = names.take(MARKET) if number == 0 else names.street("centre")
            line = tuple(crook(*polar(crooked(radius, t), t)) for t in span(low, high, 18.0 / radius))
            yield Street(line, name, "living_street", "centre", oneway=rng.random() < 0.4)
    for (inner, outer), spokes in zip(pairwise([*radii, ground.rings[0]]), (6, 10, 13, 15)):
        shift = rng.random()
        for number in range(spokes):
            t = math.tau * (number + shift + between(rng, -0.3, 0.3)) / spokes
            lean = between(rng, -0.35, 0.35) * 90.0 / outer
            low = crooked(inner, t) - 7.0
            high = 7.0 + (
                ground.ring(outer, t + lean) if outer == ground.rings[0] else crooked(outer, t + lean)
            )
            bow = between(rng, -0.1, 0.1) * 60.0 / outer
            turns = [
                (low + (high - low) * s, t + lean * s + bow * math.sin(math.pi * s)) for s in span(0, 1, 0.2)
            ]
            line = tuple(crook(*polar(r, turn)) for r, turn in turns)
            highway = pick(rng, ("living_street", "residential"))
            yield Street(line, names.street("centre"), highway, "centre", oneway=rng.random() < 0.4)


def quarter(rng: Random, ground: Ground, cell: Cell, names: Names, theme: str) -> Iterator[Street]:
    """The streets of one cell: its outer border, its side road, and a grid."""
    zone = "works" if cell.kind == "works" else "suburb"
    first, last = ground.corner(cell.outer, cell.first), ground.corner(cell.outer, cell.last)
    if cell.outer not in ground.rings:
        highway = "unclassified" if zone == "works" else "tertiary"
        border = arc(ground, cell.outer, first, last)
        yield Street(tuple(border), names.street(theme), highway, zone)
    if cell.first != math.floor(cell.first):
        side = spoke(ground, cell.first, cell.inner * 0.93, cell.outer * 1.07)
        test = cell_test(ground, replace(cell, first=cell.first - 0.2))
        kept = [p for p in side if test(*p, -25.0)]
        if len(kept) > 1:
            yield Street(tuple(kept), names.street(theme), "tertiary", zone)
    r = (cell.inner + cell.outer) / 2
    at = ground.road((cell.first + cell.last) / 2, r)
    reach = max(cell.outer - cell.inner, (cell.last - cell.first) * r) * 0.85
    blocks = {"suburb": (88.0, 152.0), "works": (170.0, 210.0), "park": (330.0, 400.0)}[cell.kind]
    turn = at + between(rng, -0.3, 0.3)
    for number, pieces in enumerate(
        grid(rng, ground, cell_test(ground, cell), polar(r, at), turn, reach, blocks)
    ):
        if not pieces:
            continue
        name, oneway = names.street(theme), cell.kind != "park" and rng.random() < 0.12
        highway = {"park": "service", "works": "unclassified" if number % 3 else "service"}.get(
            cell.kind, "residential"
        )
        if cell.kind == "suburb" and number % 7 == 3:
            highway, oneway = "tertiary", False
        for start, points in pieces:
            yield Street(tuple(points), name, highway, zone, oneway=oneway, start=start)


def village(rng: Random, ground: Ground, index: int, names: Names) -> Iterator[Street]:
    """A few lanes on both sides of the road that runs through."""
    far = ground.far[index]
    middle = polar(far - 80.0, ground.road(index, far - 80.0))
    turn, wide = (
        ground.angles[index] + between(rng, -0.2, 0.2),
        between(rng, 215, 290) * math.sqrt(ground.limit / 1900.0),
    )

    for side in (-1, 1):

        def inside(x: float, y: float, margin: float, side: int = side) -> bool:
            r, away = math.hypot(x, y), math.dist((x, y), middle)
            off = (math.atan2(y, x) - ground.road(index, r) + math.pi) % math.tau - math.pi
            return (
                away < wide * (1 + 0.12 * math.sin(3 * off * r / wide)) - margin / 2
                and side * off * r > margin
            )

        for pieces in grid(rng, ground, inside, middle, turn, wide * 1.3, (84.0, 108.0)):
            if pieces:
                name = names.street("village")
                for start, points in pieces:
                    yield Street(tuple(points), name, "residential", "village", VILLAGES[index], start=start)


# From lines to a network


def crossings(streets: list[Street]) -> list[list[float]]:
    """For each street the places where others cross it, as segment number plus share of that segment."""
    box = 80.0
    boxes: dict[tuple[int, int], list[tuple[int, int, Point, Point]]] = defaultdict(list)
    for number, street in enumerate(streets):
        for segment, (a, b) in enumerate(pairwise(street.points)):
            xs, ys = (
                sorted((int(a[0] // box), int(b[0] // box))),
                sorted((int(a[1] // box), int(b[1] // box))),
            )
            for i in range(xs[0], xs[1] + 1):
                for j in range(ys[0], ys[1] + 1):
                    boxes[i, j].append((number, segment, a, b))
    cuts: list[list[float]] = [[] for _ in streets]
    for key, content in boxes.items():
        for k, (n, i, a, b) in enumerate(content):
            rx, ry = b[0] - a[0], b[1] - a[1]
            for m, j, c, d in content[k + 1 :]:
                if n == m:
                    continue
                sx, sy = d[0] - c[0], d[1] - c[1]
                cross = rx * sy - ry * sx
                if not cross:
                    continue
                t = ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / cross
                u = ((c[0] - a[0]) * ry - (c[1] - a[1]) * rx) / cross
                if not (0 <= t <= 1 and 0 <= u <= 1) or not streets[n].levels & streets[m].levels:
                    continue
                if (int((a[0] + t * rx) // box), int((a[1] + t * ry) // box)) == key:
                    cuts[n].append(i + t)
                    cuts[m].append(j + u)
    return cuts


class Nodes:
    """Numbers the crossings; one within `near` metres of an earlier one is the earlier one."""

    def __init__(self, near: float) -> None:
        self.near = near
        self.points: list[Point] = []
        self.boxes: dict[tuple[int, int], list[int]] = defaultdict(list)

    def at(self, point: Point) -> int:
        i, j = int(point[0] // self.near), int(point[1] // self.near)
        found = [
            (math.dist(self.points[n], point), n)
            for k in (i - 1, i, i + 1)
            for m in (j - 1, j, j + 1)
            for n in self.boxes.get((k, m), ())
        ]
        if found and min(found)[0] <= self.near:
            return min(found)[1]
        self.boxes[i, j].append(len(self.points))
        self.points.append(point)
        return len(self.points) - 1


def make_edges(rng: Random, ground: Ground, streets: list[Street]) -> list[Edge]:
    """Cuts the streets at their crossings, clears the river and the scraps, and joins all to one network."""
    nodes = Nodes(11.0)
    edges: list[Edge] = []
    for street, cuts in zip(streets, crossings(streets)):
        chain = [0.0, *accumulate(math.dist(a, b) for a, b in pairwise(street.points))]

        def spot(cut: float, street: Street = street, chain: list[float] = chain) -> tuple[Point, float]:
            i = min(int(cut), len(chain) - 2)
            (ax, ay), (bx, by), share = street.points[i], street.points[i + 1], cut - i
            at = chain[i] + (chain[i + 1] - chain[i]) * share
            return (ax + (bx - ax) * share, ay + (by - ay) * share), at

        stations: list[tuple[int, float, float]] = []
        for cut in sorted({0.0, float(len(chain) - 1), *cuts}):
            point, at = spot(cut)
            node = nodes.at(point)
            if not stations or stations[-1][0] != node:
                stations.append((node, cut, at))
        for (a, low, start), (b, high, end) in pairwise(stations):
            ends = nodes.points[a], nodes.points[b]
            inner = [p for k, p in enumerate(street.points) if low < k < high]
            shape = [p for p in inner if min(math.dist(p, e) for e in ends) > 12.0]
            points = thin([ends[0], *shape, ends[1]])
            wet = len({y > ground.river(x) for x, y in points}) > 1
            wet |= any(ground.to_river(x, y) < RIVER_HALF_WIDTH + 8 for x, y in points)
            if not wet or street.bridges:
                span_m = (street.start + start, street.start + end)
                edges.append(Edge(street, tuple(points), (a, b), span_m, street.oneway, wet))
    edges = thinned(rng, without_twins(without_scraps(edges)))
    return strongly_joined(without_islands(without_scraps(edges)))


def thinned(rng: Random, edges: list[Edge]) -> list[Edge]:
    """Leaves out one piece of eleven of the small streets, so that blocks differ in size."""
    zones = ("centre", "suburb", "village")
    return [e for e in edges if e.street.zone not in zones or e.street.name == MARKET or rng.random() > 0.09]


def thin(points: list[Point]) -> list[Point]:
    """Leaves out points that a straight line passes within a metre (Douglas and Peucker)."""
    if len(points) < 3:
        return points
    (ax, ay), (bx, by) = points[0], points[-1]
    base = math.hypot(bx - ax, by - ay) or 1.0
    off, at = max(
        (abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / base, k + 1)
        for k, (x, y) in enumerate(points[1:-1])
    )
    return thin(points[: at + 1])[:-1] + thin(points[at:]) if off > 1.0 else [points[0], points[-1]]


def without_scraps(edges: list[Edge]) -> list[Edge]:
    """Drops the short ends that stick out behind a crossing."""
    degree: dict[int, int] = defaultdict(int)
    for edge in edges:
        for node in edge.nodes:
            degree[node] += 1
    return [e for e in edges if min(degree[n] for n in e.nodes) > 1 or e.at[1] - e.at[0] > 38.0]


def without_twins(edges: list[Edge]) -> list[Edge]:
    """Of two pieces that join the same crossings side by side, keeps the first."""
    seen: set[tuple[int, ...]] = set()
    kept = []
    for edge in edges:
        pair = tuple(sorted(edge.nodes))
        if edge.street.fixed or pair not in seen:
            kept.append(edge)
        seen.add(pair)
    return kept


def without_islands(edges: list[Edge]) -> list[Edge]:
    """Keeps what hangs together with the first street, whatever the direction."""
    near: dict[int, list[int]] = defaultdict(list)
    for edge in edges:
        a, b = edge.nodes
        near[a].append(b)
        near[b].append(a)
    reached = reach_from(edges[0].nodes[0], near)
    return [e for e in edges if e.nodes[0] in reached]


def reach_from(start: int, near: dict[int, list[int]]) -> set[int]:
    reached, todo = {start}, [start]
    while todo:
        for node in near.get(todo.pop(), ()):
            if node not in reached:
                reached.add(node)
                todo.append(node)
    return reached


def strongly_joined(edges: list[Edge]) -> list[Edge]:
    """Opens one-way streets to both directions until every crossing can be reached from every other."""
    while True:
        ahead: dict[int, list[int]] = defaultdict(list)
        back: dict[int, list[int]] = defaultdict(list)
        for edge in edges:
            a, b = edge.nodes
            for u, v in ((a, b),) if edge.oneway else ((a, b), (b, a)):
                ahead[u].append(v)
                back[v].append(u)
        start = edges[0].nodes[0]
        joined = reach_from(start, ahead) & reach_from(start, back)
        shut = [e.oneway and not e.street.fixed and not joined.issuperset(e.nodes) for e in edges]
        if not any(shut):
            return [e for e in edges if joined.issuperset(e.nodes)]
        edges = [replace(e, oneway=False) if opened else e for e, opened in zip(edges, shut)]


def speed(ground: Ground, edge: Edge) -> int:
    """The limit in km/h, by kind of road and by whether it runs in the open country."""
    x, y = edge.points[len(edge.points) // 2]
    built = math.hypot(x, y) < ground.limit or any(
        math.dist((x, y), polar(far, ground.road(i, far))) < 350 for i, far in enumerate(ground.far)
    )
    limit = SPEEDS.get(edge.street.highway, (30, 30))[0 if built else 1]
    return min(limit, 30) if math.hypot(x, y) < 0.9 * ground.rings[0] else limit


# The customers, depots and vehicles


class Houses:
    """Finds addresses: a place beside a street of a zone and the house number that belongs there."""

    def __init__(self, rng: Random, edges: list[Edge]) -> None:
        self.rng = rng
        self.used: set[str] = set()
        self.edges: dict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            if edge.street.highway != "service" or edge.street.zone == "farm":
                self.edges[edge.street.zone].append(edge)
        self.sums = {
            zone: list(accumulate(e.at[1] - e.at[0] for e in part)) for zone, part in self.edges.items()
        }

    def find(self, zone: str, fits: Callable[[Point], bool] = lambda point: True) -> tuple[str, Point]:
        """A free address and its place; in a suburb when the zone is full."""
        address, place = self.draw(zone)
        tries = 1
        while address in self.used or not fits(place):
            address, place = self.draw(zone if tries < 200 else "suburb")
            tries += 1
        self.used.add(address)
        return address, place

    def draw(self, zone: str) -> tuple[str, Point]:
        """Any address of a zone and its place, 9 to 14 m beside the middle of the street."""
        sums, rng = self.sums[zone], self.rng
        edge = self.edges[zone][min(bisect(sums, rng.random() * sums[-1]), len(sums) - 1)]
        share, side, off = between(rng, 0.15, 0.85), pick(rng, (-1, 1)), between(rng, 9, 14)
        chain = [0.0, *accumulate(math.dist(a, b) for a, b in pairwise(edge.points))]
        along = share * chain[-1]
        segment = bisect(chain, along) - 1
        (ax, ay), (bx, by) = edge.points[segment : segment + 2]
        part, left = math.dist((ax, ay), (bx, by)), along - chain[segment]
        ux, uy = (bx - ax) / part, (by - ay) / part
        pair = int((edge.at[0] + share * (edge.at[1] - edge.at[0])) / HOUSE)
        number = 2 * pair + (1 if side < 0 else 2)  # odd on the left
        place = (ax + ux * left + uy * off * side, ay + uy * left - ux * off * side)
        return f"{edge.street.name} {number}, {edge.street.place}", place


def lon_lat(point: Point) -> Point:
    """Metres from the market place to degrees, by the length of a degree of WGS 84 at that latitude."""
    lat = math.radians(ORIGIN[1])
    per_lat = 111132.92 - 559.82 * math.cos(2 * lat) + 1.175 * math.cos(4 * lat)
    per_lon = 111412.84 * math.cos(lat) - 93.5 * math.cos(3 * lat)
    return ORIGIN[0] + point[0] / per_lon, ORIGIN[1] + point[1] / per_lat


def where(point: Point) -> dict[str, str]:
    lon, lat = lon_lat(point)
    return {"lon": f"{lon:.6f}", "lat": f"{lat:.6f}"}


def make_stops(rng: Random, houses: Houses, stops: int, letter: str, mix: dict[str, int]) -> list[Row]:
    """Rows of a stops table, with the mix of customers kept in each twenty."""
    deck = [kind for kind, share in mix.items() for _ in range(share)]
    kinds: list[str] = []
    while len(kinds) < stops:
        kinds += shuffled(rng, deck)
    digits = max(3, len(str(stops)))
    return [make_stop(rng, houses, f"{letter}{n:0{digits}}", n, kinds[n - 1]) for n in range(1, stops + 1)]


def make_stop(rng: Random, houses: Houses, stop_id: str, number: int, kind: str) -> Row:
    custom = CUSTOMS[kind]
    address, point = houses.find(pick(rng, custom.zones))
    first, last = pick(rng, FIRST_NAMES), pick(rng, LAST_NAMES)
    window = [*pick(rng, custom.windows), "", "", "", ""]
    private = kind in ("private", "village")
    return {
        "stop_id": stop_id,
        "name": pick(rng, custom.names).format(first=first, last=last),
        "address": address,
        **where(point),
        "phone": PHONE.format(number % 1000),
        "email": f"{first}.{last}@example.org".lower(),
        "service_min": int(between(rng, custom.service_min[0], custom.service_min[1] + 1)),
        "demand": int(between(rng, custom.demand[0], custom.demand[1] + 1)),
        "tw1_start": window[0],
        "tw1_end": window[1],
        "tw2_start": window[2],
        "tw2_end": window[3],
        "priority": custom.priority,
        "skills": pick(rng, custom.skills),
        "penalty": 25 if private and rng.random() < 0.1 else "",
        "notes": pick(rng, NOTES) if rng.random() < 0.2 else "",
        "access_code": f"Gate {int(between(rng, 1000, 10000))}#" if rng.random() < 0.1 else "",
    }


def make_depots(houses: Houses) -> list[Row]:
    rows: list[Row] = []
    for depot_id, name, side in (("D1", "Northeast Yard", 1), ("D2", "Southbank Yard", -1)):
        address, point = houses.find("works", lambda p, side=side: p[1] * side > 0)
        rows.append({"depot_id": depot_id, "name": name, "address": address, **where(point)})
        rows[-1].update({"tw1_start": "05:30", "tw1_end": "20:00"})
    return rows


def make_vehicles(rng: Random, stops: int) -> list[Row]:
    """One vehicle for twelve stops, the kinds of the fleet in turn."""
    rows: list[Row] = []
    for number in range(max(2, math.ceil(stops / 12))):
        driver = f"{pick(rng, FIRST_NAMES)} {pick(rng, LAST_NAMES)}"
        kind = dict(zip(VEHICLE_FIELDS, FLEET[number % len(FLEET)]))
        rows.append({"vehicle_id": f"V{number + 1}", "driver": driver, **kind})
    return rows


# The background of the map


def blob(rng: Random, middle: Point, radius: float) -> list[Point]:
    p, q, flat, turn = (between(rng, 0, math.tau) for _ in range(4))
    points = []
    for t in span(0, math.tau, 0.13):
        r = radius * (
            1 + 0.2 * math.sin(2 * t + p) + 0.12 * math.sin(3 * t + q) + 0.06 * math.sin(7 * t + flat)
        )
        points.append((middle[0] + r * math.cos(t + turn), middle[1] + 0.8 * r * math.sin(t + turn)))
    return [*points[:-1], points[0]]


def cell_shape(ground: Ground, cell: Cell) -> list[Point]:
    ends = [(ground.corner(r, cell.first), ground.corner(r, cell.last)) for r in (cell.inner, cell.outer)]
    (a, b), (c, d) = ends
    out = spoke(ground, cell.first, ground.ring(cell.inner, a), ground.ring(cell.outer, c))
    home = spoke(ground, cell.last, ground.ring(cell.outer, d), ground.ring(cell.inner, b))
    far, near = arc(ground, cell.outer, c, d, 0.0), arc(ground, cell.inner, a, b, 0.0)[::-1]
    return [*out, *far[1:], *home[1:], *near[1:-1], out[0]]


def make_background(rng: Random, ground: Ground, cells: list[Cell]) -> list[tuple[str, str, list[Point]]]:
    """Kind, name and outline of each area, in the order of painting."""
    areas: list[tuple[str, str, list[Point]]] = []
    edge = max(ground.far) + 900.0
    for kind, wanted, low, high in (
        ("meadow", 90, 160, 480),
        ("forest", 55, 140, 460),
        ("water", 3, 70, 130),
    ):
        for _ in range(int(wanted * (edge / 5000.0) ** 2)):
            x, y = between(rng, -edge, edge), between(rng, -edge, edge)
            size = between(rng, low, high)
            clear = (
                math.hypot(x, y) > ground.limit * 1.2 + size * 1.3 and ground.to_river(x, y) > size * 1.3 + 80
            )
            if clear and all(
                math.dist((x, y), polar(r, ground.road(i, r))) > size + 420 for i, r in enumerate(ground.far)
            ):
                areas.append(
                    (
                        kind,
                        f"{pick(rng, LAST_NAMES)} Wood" if kind == "forest" else "",
                        blob(rng, (x, y), size),
                    )
                )
    wall = arc(ground, ground.rings[0], 0.0, math.tau, 0.0)
    areas.append(("centre", "Old Town", [*wall[:-1], wall[0]]))
    labels = {"suburb": "built_up", "works": "industrial", "park": "park"}
    areas += [(labels[c.kind], c.name, cell_shape(ground, c)) for c in cells]
    for index, far in enumerate(ground.far):
        areas.append(
            ("built_up", VILLAGES[index], blob(rng, polar(far - 80.0, ground.road(index, far - 80.0)), 265.0))
        )
    inner = [quay(ground, ground.limit, side * (QUAY - 6.0)) for side in (1, -1)]
    wide = [[ground.bank(x, side * river_half(x)) for x in span(-edge, edge, 60.0)] for side in (1, -1)]
    for kind, name, (north, south) in (("park", "", inner), ("water", RIVER, wide)):
        areas.append((kind, name, [*north, *south[::-1], north[0]]))
    return areas


def river_half(x: float) -> float:
    """Half the width of the water, which is a little wider here and narrower there."""
    return RIVER_HALF_WIDTH + 4.0 * math.sin(x / 210.0)


def make_places(ground: Ground, cells: list[Cell]) -> list[tuple[str, str, int, Point]]:
    """Kind, name, rank (1 is the largest) and point of each label."""
    places = [("town", TOWN, 1, (0.0, 0.0))]
    places += [("village", VILLAGES[i], 2, polar(r, ground.road(i, r))) for i, r in enumerate(ground.far)]
    titles = {"works": "Works Estate", "park": "Park"}
    seen: dict[str, int] = defaultdict(int)
    for cell in cells:
        r = (cell.inner + cell.outer) / 2
        point = polar(r, ground.road((cell.first + cell.last) / 2, r))
        seen[cell.kind] += 1
        if cell.name:
            places.append(("suburb", cell.name, 3, point))
        elif cell.kind != "suburb" and seen[cell.kind] <= 2:
            side = "North" if point[1] > 0 else "South"
            places.append((cell.kind, f"{side} {titles[cell.kind]}", 4, point))
    return [*places, ("water", RIVER, 4, (-ground.limit * 1.25, ground.river(-ground.limit * 1.25)))]


# What hinders traffic


def make_zones(ground: Ground) -> list[tuple[str, list[Point]]]:
    """Name and outline of the zones of the traffic: inside the wall street, and up to the ring road."""
    zones = []
    for name, radius in zip(ZONES, ground.rings):
        outline = arc(ground, radius + 15.0, 0.0, math.tau, 0.0)
        zones.append((name, [*outline[:-1], outline[0]]))
    return zones


def make_barriers(ground: Ground, edges: list[Edge]) -> list[tuple[Row, list[Point]]]:
    """A bridge that is closed, works on the ring road and a level crossing: properties and outline."""
    bridge = next(e for e in edges if e.bridge and e.street.name == "Bridge Street")
    (ax, ay), (bx, by) = bridge.points[0], bridge.points[-1]
    ring = ground.rings[1]
    works = [ground.corner(ring, index) for index in (0.3, 0.7)]
    inner, outer = (
        [polar(ground.ring(ring, t) + off, t) for t in span(*works, 60.0 / ring)] for off in (-30.0, 30.0)
    )
    rails = polar(ring * 1.35, ground.road(1, ring * 1.35))
    shapes = {
        "bridge": box((ax + bx) / 2, (ay + by) / 2, 15.0),
        "works": [*inner, *outer[::-1], inner[0]],
        "crossing": box(*rails, 12.0),
    }
    return [({"barrier_id": name, **BARRIERS[name]}, shape) for name, shape in shapes.items()]


def box(x: float, y: float, half: float) -> list[Point]:
    """A square around a point, counter-clockwise."""
    sides = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return [(x + half * across, y + half * up) for across, up in sides]


# The files


def geojson(name: str, kind: str, features: Iterable[tuple[Row, Sequence[Point]]]) -> str:
    """A GeoJSON text with one feature in each line and six decimals (RFC 7946)."""
    lines = []
    for properties, points in features:
        pairs = ",".join("[{:.6f},{:.6f}]".format(*lon_lat(point)) for point in points)
        shape = {"Point": pairs, "LineString": f"[{pairs}]", "Polygon": f"[[{pairs}]]"}[kind]
        text = json.dumps(properties, separators=(",", ":"))
        lines.append(
            f'{{"type":"Feature","properties":{text},"geometry":{{"type":"{kind}","coordinates":{shape}}}}}'
        )
    return f'{{"type":"FeatureCollection","name":"{name}","features":[\n' + ",\n".join(lines) + "\n]}\n"


def write_rows(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_town(out: Path, stops: int, seed: int) -> None:
    """Writes all files of the town, tables as CSV and shapes as GeoJSON, into a folder."""
    rng = Random(seed)
    ground = make_ground(rng, stops)
    cells = make_cells(rng, ground)
    edges = make_edges(rng, ground, draw_streets(rng, ground, cells, Names(rng)))
    houses = Houses(rng, edges)
    out.mkdir(parents=True, exist_ok=True)
    write_rows(out / "depots.csv", make_depots(houses))
    write_rows(out / "vehicles.csv", make_vehicles(rng, stops))
    write_rows(out / "stops.csv", make_stops(rng, houses, stops, "S", FLEET_DAY))
    write_rows(out / "day_small.csv", make_stops(rng, houses, 20, "A", SOLO_DAY))
    write_rows(out / "breaks.csv", [dict(zip(BREAK_FIELDS, row)) for row in BREAKS])
    write_rows(out / "traffic.csv", [dict(zip(TRAFFIC_FIELDS, row)) for row in TRAFFIC])
    roads = (
        (
            {
                "name": edge.street.name,
                "highway": edge.street.highway,
                "maxspeed": speed(ground, edge),
                "oneway": "yes" if edge.oneway else "no",
                "bridge": "yes" if edge.bridge or edge.street.highway == "motorway" else "no",
            },
            edge.points,
        )
        for edge in edges
    )
    areas = (
        ({"kind": kind, "name": name}, shape) for kind, name, shape in make_background(rng, ground, cells)
    )
    labels = (({"kind": k, "name": n, "rank": r}, [point]) for k, n, r, point in make_places(ground, cells))
    for name, kind, features in (
        ("streets", "LineString", roads),
        ("town", "Polygon", areas),
        ("places", "Point", labels),
        ("zones", "Polygon", [({"zone_id": name}, shape) for name, shape in make_zones(ground)]),
        ("barriers", "Polygon", make_barriers(ground, edges)),
    ):
        (out / f"{name}.geojson").write_text(geojson(name, kind, features), encoding="utf-8", newline="\n")


def main() -> None:
    sample = Path(__file__).resolve().parent.parent / "optiway_qgis" / "resources" / "sample"
    parser = argparse.ArgumentParser(description="Makes the invented town of the sample data.")
    parser.add_argument(
        "--stops", type=int, default=USUAL_STOPS, help="customers to draw; more make a larger town"
    )
    parser.add_argument("--seed", type=int, default=USUAL_SEED)
    parser.add_argument("--out", type=Path, default=sample)
    args = parser.parse_args()
    if args.stops < 1:
        parser.error("--stops must be 1 or more")
    write_town(args.out, args.stops, args.seed)


if __name__ == "__main__":
    main()
