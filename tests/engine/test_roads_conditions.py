"""Roads under traffic, weather and barriers: case by case, and against an obvious Dijkstra."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from optiway_qgis.engine.travel.provider import Barrier, Conditions, TrafficRow
from optiway_qgis.engine.travel.roads.network import RoadNetwork
from optiway_qgis.model.errors import InputError
from tests.engine.streets import (
    KMH,
    STEP,
    Lines,
    at,
    compare,
    grid,
    least_between,
    metres_between,
    street_maps,
)

TIMED = {"start": 0, "end": 0}
"""Of barriers that hold for a part of the day."""

TURNS_FOR_NOTHING = {"turn_s": [[0, 0], [180, 0.0001]]}
"""Turns are links then, but cost nothing."""

UPON = 1e-8
"""Degrees: a point this near to a street is upon it, but for the last decimal."""


def point(x, y):
    return {"type": "Point", "coordinates": list(at(x, y))}


def line(*points):
    return {"type": "LineString", "coordinates": [list(at(*each)) for each in points]}


def area(west, south, east, north):
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [[list(at(*corner)) for corner in corners]]}


def barriers(*those):
    return Conditions(barriers=those)


def block(geometry, **members):
    return Barrier("B", "block", geometry, **{**TIMED, **members})


def delay(geometry, seconds):
    return Barrier("B", "delay", geometry, add=seconds, **TIMED)


def scale(geometry, factor):
    return Barrier("B", "scale", geometry, factor=factor, **TIMED)


class Changed:
    """Streets cut where they meet barriers, with the seconds of each segment and of passing each vertex."""

    def __init__(self, lines, conditions):
        self.out = {}
        self.conditions = conditions
        self.shapes = [(barrier, shapely.geometry.shape(barrier.geometry)) for barrier in conditions.barriers]
        for street, row in zip(lines.points, lines.rows):
            for a, b in zip(street, street[1:]):
                self.add(a, b, row)

    def add(self, a, b, row):
        """Add a segment, cut where barriers begin or end on it."""
        factor = self.factor_of_rows(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), row) * self.conditions.weather
        cuts = {0.0: a, 1.0: b}
        segment = shapely.LineString([a, b])
        for _, shape in self.shapes:
            if shape.geom_type == "Point":
                met = shape if segment.distance(shape) < UPON else shapely.Point()
            else:
                met = segment.intersection(shape.boundary if shape.geom_type == "Polygon" else shape)
            for part in shapely.get_parts(met):
                share = segment.project(part, normalized=True)
                if 1e-6 < share < 1 - 1e-6:
                    cuts[share] = (part.x, part.y)
        shares = sorted(cuts)
        for one, other in zip(shares, shares[1:]):
            self.add_cut(cuts[one], cuts[other], row, factor)

    def add_cut(self, a, b, row, factor):
        """Add a segment that is wholly in or out of each area."""
        length = metres_between(a, b)
        middle = shapely.Point((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        for barrier, shape in self.shapes:
            if shape.geom_type == "Polygon" and shape.contains(middle):
                factor *= {"block": math.inf, "scale": barrier.factor, "delay": 1}[barrier.kind]
        seconds = length * 3.6 / KMH[row["highway"]] * factor
        if row.get("oneway") != "-1":
            self.out.setdefault(a, []).append((b, seconds, length))
        if row.get("oneway") != "yes":
            self.out.setdefault(b, []).append((a, seconds, length))

    def factor_of_rows(self, middle, row):
        """Return the factor of the row that says most, of equals the largest."""
        found = []
        for traffic in self.conditions.rows:
            in_zone = not traffic.zone or shapely.geometry.shape(
                self.conditions.zones[traffic.zone]
            ).contains(shapely.Point(middle))
            if in_zone and traffic.road_class in ("", row["highway"]):
                found.append((2 * bool(traffic.zone) + bool(traffic.road_class), traffic.factor))
        return max(found, default=(0, 1.0))[1]

    def passing(self, a, b, c):
        """Return the seconds of passing a vertex, endless where it is blocked."""
        seconds = 0.0
        for barrier, shape in self.shapes:
            if shape.geom_type == "Polygon":
                within = [
                    shape.contains(shapely.Point((one[0] + b[0]) / 2, (one[1] + b[1]) / 2)) for one in (a, c)
                ]
                if barrier.kind == "delay" and within[0] != within[1]:
                    seconds += barrier.add / 2
            elif shapely.Point(b).distance(shape) < UPON:
                seconds += {"block": math.inf, "delay": barrier.add}[barrier.kind]
        return seconds

    def tables(self, places):
        """Return seconds and metres between places."""
        return least_between(self.out, places, self.passing)


@st.composite
def hindered_maps(draw):
    """Random streets with traffic, weather and barriers; some of the barriers upon a street."""
    lines, places = draw(street_maps())
    for street in lines.points:
        # A second place on each street, at a vertex of its own.
        units = [((lon + 8.6) / STEP, (lat - 41.1) / STEP) for lon, lat in street[:2]]
        places.append(tuple((one + other) / 2 for one, other in zip(*units)))
        street.insert(1, at(*places[-1]))
    # Odd decimals keep borders and barriers off the places, and off the ends and middles of streets.
    number = st.floats(-0.5, 5).map(lambda number: round(number, 2) + 0.00371)
    zones, rows = {}, []
    for name in ("west", "east"):
        x, y = draw(number), draw(number)
        zones[name] = area(x, y, x + 1.73, y + 2.11)
    factors = st.sampled_from([0.8, 1.0, 1.5, 2.5])
    for zone in draw(st.lists(st.sampled_from(["", "west", "east"]), max_size=4)):
        rows.append(TrafficRow(0, 0, draw(factors), zone, draw(st.sampled_from(["", "street", "fast"]))))
    found = []
    kinds = draw(st.lists(st.sampled_from(["block", "delay"]), max_size=3))
    # Of two that scale a part of one stretch each it is not known whether they overlap: one is enough.
    for kind in [*kinds, *draw(st.sampled_from([[], ["scale"]]))]:
        form = "area" if kind == "scale" else draw(st.sampled_from(["point", "line", "area"]))
        x, y = draw(number), draw(number)
        if form == "point":
            street = lines.points[draw(st.integers(0, len(lines.points) - 1))]
            number_of_segment = draw(st.integers(0, 2))
            a, b = street[number_of_segment : number_of_segment + 2]
            share = draw(st.sampled_from([0.3, 0.45, 0.7]))
            spot = [round(p + share * (q - p), 9) for p, q in zip(a, b)]
            geometry = {"type": "Point", "coordinates": spot}
        elif form == "line":
            geometry = line((x, y), (x + 0.9, y + 1.3))
        else:
            geometry = area(x, y, x + 0.83, y + 0.61)
        found.append(Barrier(str(len(found)), kind, geometry, 40, 3.0, 0, 0))
    return lines, places, Conditions(tuple(rows), draw(st.sampled_from([1.0, 1.2])), tuple(found), zones)


@pytest.mark.parametrize("profile", [{}, TURNS_FOR_NOTHING], ids=["junctions", "turns"])
@settings(max_examples=60, deadline=None)
@given(drawn=hindered_maps())
def test_random_conditions_agree_with_dijkstra(tmp_path_factory, profile, drawn):
    """Whatever holds together: times, metres and what is drawn are those of the changed streets."""
    lines, places, conditions = drawn
    usual = lines.network(places, tmp_path_factory.mktemp("roads"), {"island_m": 0, **profile})
    compare(usual.under(conditions), places, Changed(lines, conditions).tables)


LONG = 8
"""The main street of the cases leads from (0, 0) to (8, 0), side streets leave it at each whole number."""


def main_street(**texts):
    """Return a street cut into pieces by its side streets, all of them dead ends."""
    lines = Lines().add([(x, 0) for x in range(LONG + 1)], **texts)
    for x in range(1, LONG):
        lines.add([(x, 0), (x, 2)])
    return lines


ENDS = [(0.2, 0), (7.8, 0)]
SECONDS = metres_between(at(0.2, 0), at(7.8, 0)) / 10
EACH = pytest.mark.parametrize("profile", [{}, TURNS_FOR_NOTHING], ids=["junctions", "turns"])


def seconds_between(lines, places, folder, conditions, profile=None):
    return lines.network(places, folder, profile).under(conditions).matrix("car").seconds


ACROSS = {
    "a point": point(2.5, 0.01),
    "a point at a junction": point(3, 0),
    "points on three pieces": {"type": "MultiPoint", "coordinates": [list(at(3.4, 0))]},
    "a line across": line((3.4, -1), (3.6, 1)),
    "a line through a junction": line((3, -1), (3.0, 1.0)),
    "a line along several pieces": line((2.3, 0), (5.6, 0)),
    "a line along pieces from junction to junction": line((2, 0), (5, 0)),
    "a line that follows the street beyond its end": line((-1, 0), (0.1, 0)),
    "an area within a piece": area(3.2, -1, 3.7, 1),
    "an area over several pieces and side streets": area(2.4, -0.5, 5.5, 0.7),
    "an area that begins at a junction": area(2, -0.5, 5.5, 0.7),
    "two areas that touch": {
        "type": "MultiPolygon",
        "coordinates": [area(2.4, -1, 3.5, 1)["coordinates"], area(3.5, -1, 4.2, 1)["coordinates"]],
    },
}
PASSED = {name: geometry for name, geometry in ACROSS.items() if "beyond" not in name}


@EACH
@pytest.mark.parametrize("geometry", PASSED.values(), ids=PASSED.keys())
def test_one_pass_is_one_delay(tmp_path, geometry, profile):
    """However many pieces, points and segments a barrier meets on the way; the same in both directions."""
    usual = seconds_between(main_street(), ENDS, tmp_path, Conditions(), profile)
    found = seconds_between(main_street(), ENDS, tmp_path, barriers(delay(geometry, 100)), profile)
    assert abs(usual[0, 1] - SECONDS) <= 1
    assert (found - usual).tolist() == [[0, 100], [100, 0]]


@EACH
@pytest.mark.parametrize("geometry", PASSED.values(), ids=PASSED.keys())
def test_a_block_lets_nothing_through(tmp_path, geometry, profile):
    """There is no other way: no time, no metres, and only an estimate is drawn."""
    blocked = main_street().network(ENDS, tmp_path, profile).under(barriers(block(geometry)))
    assert blocked.matrix("car").seconds.tolist() == [[0, -1], [-1, 0]]
    assert blocked.matrix("car").metres.tolist() == [[0, -1], [-1, 0]]
    assert [drawn.source for drawn in blocked.lines([(0, 1), (1, 0)], "car")] == ["estimate"] * 2
    assert [snap.status for snap in blocked.snap()] == ["ok", "ok"]


@EACH
def test_what_is_beside_the_way_does_not_hinder_it(tmp_path, profile):
    """A delay before the start, behind the end, on side streets, or just across a corner."""
    beside = barriers(
        delay(ACROSS["a line that follows the street beyond its end"], 100),
        delay(point(7.95, 0), 100),
        block(area(2.5, 0.5, 6.5, 1.5)),
        block(point(4, 1)),
    )
    usual = seconds_between(main_street(), ENDS, tmp_path, Conditions(), profile)
    assert (seconds_between(main_street(), ENDS, tmp_path, beside, profile) == usual).all()


@EACH
def test_a_visit_within_an_area_of_delay_takes_half_on_the_way_in_and_half_out(tmp_path, profile):
    """So a stop within costs the vehicle one delay, as passing through does."""
    places = [(0.2, 0), (3.5, 0), (4.5, 0), (7.8, 0)]
    usual = seconds_between(main_street(), places, tmp_path, Conditions(), profile)
    cordon = barriers(delay(area(2.4, -0.5, 5.5, 0.7), 100))
    found = seconds_between(main_street(), places, tmp_path, cordon, profile) - usual
    half = [[0, 50, 50, 100], [50, 0, 0, 50], [50, 0, 0, 50], [100, 50, 50, 0]]
    assert found.tolist() == half


@EACH
def test_stops_before_and_behind_a_block_are_reached_from_their_side(tmp_path, profile):
    """On the blocked street itself, too, and there from each other; only what is within is cut off."""
    places = [(0.2, 0), (3.1, 0), (3.3, 0), (3.5, 0), (3.7, 0), (7.8, 0)]
    found = seconds_between(main_street(), places, tmp_path, barriers(block(area(3.4, -1, 3.6, 1))), profile)
    sides = np.array([0, 0, 0, 1, 2, 2])
    assert ((found >= 0) == ((sides[:, None] == sides) | np.eye(6, dtype=bool))).all()
    usual = seconds_between(main_street(), places, tmp_path, Conditions(), profile)
    assert (found[found >= 0] == usual[found >= 0]).all()


@EACH
def test_a_place_right_at_a_block_and_places_at_both_ends_of_a_blocked_street_are_apart(tmp_path, profile):
    """At the very point one is within the block; from end to end nothing is driven but what is closed."""
    found = seconds_between(
        main_street(), [(2.5, 0), *ENDS], tmp_path, barriers(block(point(2.5, 0))), profile
    )
    assert (found == np.where(np.eye(3), 0, -1)).all()
    places = [(3, 0), (4, 0)]
    found = seconds_between(main_street(), places, tmp_path, barriers(block(point(3.5, 0))), profile)
    assert found.tolist() == [[0, -1], [-1, 0]]


@EACH
def test_on_a_one_way_ring_a_block_lets_nobody_around(tmp_path, profile):
    """From behind it one still gets to all places before it, and from those only further on."""
    ring = [(0, 0), (2, 0), (2, 2), (0, 2), (0, 0)]
    lines = Lines().add(ring, oneway="yes").add([(0, 0), (-1, -1)])
    places = [(0.5, 0), (1.5, 0), (0, 1.5), (0, 0.5)]
    usual = seconds_between(lines, places, tmp_path, Conditions(), profile)
    found = seconds_between(lines, places, tmp_path, barriers(block(point(2, 1))), profile)
    assert (usual >= 0).all()
    open_ = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1], [1, 1, 0, 1]], dtype=bool)
    assert (found == np.where(open_, usual, -1)).all()


def test_scaling_takes_the_share_within_an_area_and_all_of_the_streets_a_line_or_point_meets(tmp_path):
    """A point or a line has no length along the road: from junction to junction counts."""
    step = metres_between(at(0, 0), at(1, 0)) / 10
    for geometry, steps in (
        (area(2.5, -1, 4.25, 1), 1.75),
        (line((2.5, -1), (2.6, 1)), 1),
        (point(2.5, 0.1), 1),
        (area(2.5, 0.2, 4.5, 1), 0),
    ):
        found = seconds_between(main_street(), ENDS, tmp_path, barriers(scale(geometry, 3)))
        assert found[0, 1] == pytest.approx(SECONDS + 2 * steps * step, abs=1.1)
        assert found[1, 0] == found[0, 1]


@EACH
def test_a_blocked_bridge_is_driven_around(tmp_path, profile):
    """Time, metres and the drawn way are those of the next bridge."""
    lines = Lines().add([(0, 0), (2, 0), (4, 0), (6, 0)]).add([(0, 3), (2, 3), (4, 3), (6, 3)])
    for x in (2, 4):
        lines.add([(x, 0), (x, 1), (x, 2), (x, 3)])
    usual = lines.network([(1, 0), (1, 3)], tmp_path, profile)
    blocked = usual.under(barriers(block(point(2, 1.5))))
    for network, corners in (
        (usual, [(1, 0), (2, 0), (2, 1), (2, 2), (2, 3), (1, 3)]),
        (blocked, [(1, 0), (2, 0), (4, 0), (4, 1), (4, 2), (4, 3), (2, 3), (1, 3)]),
    ):
        way = [at(*corner) for corner in corners]
        length = sum(metres_between(a, b) for a, b in zip(way, way[1:]))
        assert network.lines([(0, 1)], "car")[0].geometry == pytest.approx(np.array(way))
        assert network.matrix("car").metres[0, 1] == pytest.approx(length, rel=0.005)
        assert network.matrix("car").seconds[0, 1] == pytest.approx(length / 10, rel=0.005, abs=1)


@EACH
def test_a_parallel_road_is_taken_when_the_better_one_is_blocked(tmp_path, profile):
    """Between the same two junctions: only the one with the barrier is closed."""
    lines = Lines().add([(-1, 0), (0, 0)]).add([(2, 0), (3, 0)])
    lines.add([(0, 0), (1, 0.3), (2, 0)], "fast").add([(0, 0), (1, -0.7), (2, 0)])
    blocked = lines.network([(-0.5, 0), (2.5, 0)], tmp_path, profile).under(barriers(block(point(1, 0.3))))
    drawn = blocked.lines([(0, 1), (1, 0)], "car")
    assert all(at(1, -0.7) in each.geometry and at(1, 0.3) not in each.geometry for each in drawn)


def test_a_block_for_good_moves_stops_to_the_next_open_road(tmp_path):
    """One for a part of the day does not: there, the stop cannot be reached."""
    places = [(0.2, 0), (3.4, -0.1), (7.8, 0), (3.1, 0.02)]
    usual = main_street().network(places, tmp_path, {"far_m": 50})
    where = area(3.2, -0.3, 3.8, 0.3)
    later = usual.under(barriers(block(where)))
    assert later.snap() == usual.snap()
    near = usual.matrix("car").seconds[0, 3]
    assert later.matrix("car").seconds.tolist() == [
        [0, -1, -1, near],
        [-1, 0, -1, -1],
        [-1, -1, 0, -1],
        [near, -1, -1, 0],
    ]
    today = usual.under(barriers(Barrier("B", "block", where)))
    aside = metres_between(at(*places[1]), at(3, 0))
    assert [snap.status for snap in today.snap()] == ["ok"] * 4
    assert today.snap()[3] == usual.snap()[3]
    assert today.snap()[1].metres == pytest.approx(aside, abs=0.5)
    assert today.matrix("car").metres[0, 1] == pytest.approx(metres_between(at(0.2, 0), at(3, 0)), abs=2)
    assert today.lines([(0, 1)], "car")[0].geometry[-1] == pytest.approx(at(3, 0))
    picky = main_street().network(places, tmp_path, {"far_m": aside - 1})
    assert [snap.status for snap in picky.snap()] == ["ok"] * 4
    moved = picky.under(barriers(Barrier("B", "block", where)))
    assert [snap.status for snap in moved.snap()] == ["ok", "far", "ok", "ok"]
    assert moved.matrix("car").seconds[0, 1] == -1


def test_a_point_bars_the_nearest_carriageway_and_a_line_both(tmp_path):
    """Two one-way roads side by side, 11 m apart."""
    lines = Lines().add([(0, 0), (4, 0)], oneway="yes").add([(4, 0.1), (0, 0.1)], oneway="yes")
    for x in (0, 4):
        lines.add([(x, 0), (x, 0.1)])
    places = [(0.5, 0), (3.5, 0.1)]
    for geometry, late in ((point(2, -0.02), [100, 0]), (line((2, -0.2), (2, 0.2)), [100, 100])):
        usual = seconds_between(lines, places, tmp_path, Conditions())
        found = seconds_between(lines, places, tmp_path, barriers(delay(geometry, 100))) - usual
        assert [found[0, 1], found[1, 0]] == late


@pytest.mark.parametrize(
    "rows, expected",
    [
        (["all 1.5"], [1.5, 1.5, 1.5, 1.5]),
        (["all 1.5", "all 1.2"], [1.5, 1.5, 1.5, 1.5]),
        (["class 2", "all 1.5"], [2, 1.5, 2, 1.5]),
        (["class 2", "zone 0.5", "all 1.5"], [0.5, 0.5, 2, 1.5]),
        (["zone class 3", "zone 0.5", "class 2"], [3, 0.5, 2, 1]),
        (["zone class 3", "class 2", "all 1.5"], [3, 1.5, 2, 1.5]),
        (["zone 1.1", "other 1.3"], [1.1, 1.3, 1, 1]),
        (["zone 1.3", "other 1.1"], [1.3, 1.3, 1, 1]),
        (["zone class 1.1", "other 1.3"], [1.1, 1.3, 1, 1]),
    ],
)
def test_the_row_that_says_most_counts_and_of_equals_the_largest(tmp_path, rows, expected):
    """On two streets, slow and fast, within one or two zones, and outside of them."""
    lines = (
        Lines()
        .add([(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)])
        .add([(0, 1), (1, 1), (2, 1), (3, 1), (4, 1)], "fast")
    )
    where = {"all": {}, "class": {"road_class": "street"}, "zone": {"zone": "W"}, "other": {"zone": "X"}}
    where["zone class"] = {"zone": "W", "road_class": "Street"}
    made = tuple(
        TrafficRow(0, 0, float(row.rpartition(" ")[2]), **where[row.rpartition(" ")[0]]) for row in rows
    )
    zones = {"W": area(-1, -1, 2.1, 2), "X": area(-1, 0.5, 2.2, 3)}
    places = [(0.1, 0), (1.9, 0), (0.1, 1), (1.9, 1), (2.1, 0), (3.9, 0), (2.1, 1), (3.9, 1)]
    seconds = seconds_between(lines, places, tmp_path, Conditions(made, 1.5, zones=zones), {"island_m": 0})
    metres = metres_between(at(0.1, 0), at(1.9, 0))
    for pair, factor, speed in zip(range(0, 8, 2), expected, [10, 20, 10, 20]):
        # The stretch from 2 to 3 has its middle outside of the zones, though it begins within.
        assert seconds[pair, pair + 1] == pytest.approx(metres / speed * factor * 1.5, abs=1.1)


def test_a_slip_road_counts_as_its_road_unless_a_row_names_it(tmp_path):
    """motorway_link is a motorway to traffic tables; lines without a class have none."""
    lines = Lines().add([(0, 0), (4, 0)], "motorway_link")
    speeds = {"speeds_kmh": {"motorway_link": 36}}
    row, link = (
        TrafficRow(0, 0, 2.0, road_class="motorway"),
        TrafficRow(0, 0, 1.5, road_class="motorway_link"),
    )
    found = [
        seconds_between(lines, [(1, 0), (3, 0)], tmp_path, Conditions(rows), speeds)[0, 1]
        for rows in ((), (row,), (row, link))
    ]
    assert found[1:] == [pytest.approx(factor * found[0], abs=2) for factor in (2, 1.5)]


def test_a_class_without_lines_and_lines_without_a_class_are_no_failure(tmp_path):
    """A layer without the field: rows for everywhere hold, others for no road."""
    lines = Lines().add([(0, 0), (4, 0)], highway=None)
    made = lines.network([(1, 0), (3, 0)], tmp_path, {"default_kmh": 36})
    usual = made.matrix("car").seconds[0, 1]
    rows = (TrafficRow(0, 0, 2.0, road_class="primary"), TrafficRow(0, 0, 3.0))
    assert made.under(Conditions(rows[:1])).matrix("car").seconds[0, 1] == usual
    assert made.under(Conditions(rows)).matrix("car").seconds[0, 1] == pytest.approx(3 * usual, abs=3)


def test_turns_slow_down_with_the_road_they_lead_into(tmp_path):
    """One factor everywhere multiplies whole travel times; a delay leaves turns alone."""
    places = [(0.5, 0), (4, 2.5), (2.5, 4)]
    turns = {"turn_s": [[0, 0], [90, 8]], "junction_s": 2}
    usual = seconds_between(grid(4), places, tmp_path, Conditions(), turns)
    rain = seconds_between(grid(4), places, tmp_path, Conditions(weather=1.5), turns)
    assert (np.abs(rain - 1.5 * usual) <= 2).all()
    late = seconds_between(grid(4), places, tmp_path, barriers(delay(area(-1, -1, 9, 9), 100)), turns)
    assert (late == usual).all()


def test_weights_alone_are_made_anew(tmp_path, monkeypatch):
    """Places, graph and hierarchy are shared; equal conditions are one provider, equal profiles a matrix."""
    travel = grid(3).travel(tmp_path)
    travel["profiles"]["van"] = dict(travel["profiles"]["car"])
    usual = RoadNetwork([at(0.5, 0), at(2, 2.5)], travel, [].append)
    usual.matrix("car")
    for name in ("Hierarchy", "on_road", "pieces_of"):
        monkeypatch.delattr(f"optiway_qgis.engine.travel.roads.network.{name}")
    rain = usual.under(Conditions(weather=1.5))
    assert usual.under(Conditions(weather=1.5)) is rain
    assert rain.under(Conditions(weather=1.2)) is usual.under(Conditions(weather=1.2))
    assert rain.matrix("car") is rain.matrix("van")
    assert rain.snap() == usual.snap()
    assert (usual.under(Conditions()).matrix("car").seconds == usual.matrix("car").seconds).all()
    assert rain.matrix("car").seconds[0, 1] > usual.matrix("car").seconds[0, 1]


def test_ways_are_drawn_under_conditions_whose_weights_have_been_let_go(tmp_path, monkeypatch):
    """Of a day with many situations not all weights stay in memory."""
    monkeypatch.setattr("optiway_qgis.engine.travel.roads.between.MOST_LINKS", 0)
    usual = grid(4).network([(0.5, 0), (4, 3.5)], tmp_path)
    hindered = [usual.under(barriers(block(point(x, 0)))) for x in (0.75, 1.5, 2.5, 3.5)]
    matrices = [network.matrix("car") for network in hindered]
    for network, matrix in zip(hindered, matrices):
        way = network.lines([(0, 1)], "car")[0].geometry
        length = sum(metres_between(a, b) for a, b in zip(way, way[1:]))
        assert matrix.metres[0, 1] == pytest.approx(length, rel=0.005)
    assert matrices[0].metres[0, 1] > matrices[3].metres[0, 1]


def test_barriers_away_from_roads_are_told_once_and_do_nothing(tmp_path):
    """Farther than 25 m, between the streets, outside of the layer; in several situations of the day."""
    told: list[str] = []
    usual = grid(4).network([(0.5, 0), (3.5, 4)], tmp_path, report=told.append)
    off = tuple(
        Barrier(name, kind, geometry, 100, 2.0)
        for name, kind, geometry in (
            ("roadside", "block", point(1.5, 0.3)),
            ("yard", "block", area(1.2, 1.2, 1.8, 1.8)),
            ("abroad", "delay", line((500, 500), (501, 501))),
            ("spot", "scale", point(90, 9)),
        )
    )
    for seen in (off[:1], off, off):
        usual.under(Conditions(barriers=seen)).matrix("car")
    assert [text for text in told if "Barrier" in text] == [
        'Barriers without effect, as no open road is there: 1 ("roadside").',
        'Barriers without effect, as no open road is there: 3 ("yard", "abroad", "spot").',
    ]
    found = usual.under(Conditions(barriers=off)).matrix("car").seconds
    assert (found == usual.matrix("car").seconds).all()


def test_conditions_nobody_knows_are_refused_in_words(tmp_path):
    """All at once."""
    unknown = Conditions((TrafficRow(0, 0, 2.0, "moon"),), barriers=(Barrier("B", "dragon", point(0, 0)),))
    with pytest.raises(InputError) as raised:
        grid(2).network([(0.5, 0)], tmp_path).under(unknown)
    assert raised.value.problems == [
        'Traffic is given for the zone "moon", which has no area.',
        'Barrier "B" is of the unknown kind "dragon".',
    ]


@EACH
@pytest.mark.parametrize("places", [[], [(90, 90)], [(0.5, 0), (90, 90)], [(0.5, 0), (0.6, 0)]])
def test_few_places_and_all_roads_blocked_are_no_failure(tmp_path, places, profile):
    """Everything within the area, for good: no road is left to move a stop to."""
    everything = barriers(Barrier("B", "block", area(-99, -99, 99, 99)))
    blocked = grid(2).network(places, tmp_path, profile).under(everything)
    assert (blocked.matrix("car").seconds == np.where(np.eye(len(places)), 0, -1)).all()


def test_delays_without_end_are_no_way_and_no_failure(tmp_path):
    """Years of waiting, which no 31 bits hold: another way is taken, or there is none within three days."""
    years = barriers(*(delay(point(x + 0.5, 0), 10**9) for x in range(1, LONG)))
    found = main_street().network(ENDS, tmp_path).under(years).matrix("car")
    assert found.seconds[0, 1] == -1 or found.seconds[0, 1] > 3 * 86400
