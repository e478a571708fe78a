"""The estimate against pyproj's geodesics and against laws computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from optiway_qgis.engine.travel.estimate import SPEEDS, Estimate, Law, earth_centred, straight_metres
from optiway_qgis.engine.travel.provider import SNAP_OK, Line, Snap

WGS84 = Geod(ellps="WGS84")
PROFILES = sorted(SPEEDS)

anywhere = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
region = st.tuples(st.floats(-180, 180), st.floats(-80, 80), st.floats(0.0001, 4)).flatmap(
    lambda corner: st.lists(
        st.tuples(
            st.floats(corner[0], min(180, corner[0] + corner[2])),
            st.floats(corner[1], corner[1] + corner[2]),
        ),
        min_size=3,
        max_size=8,
    )
)


def geodesic(one, other):
    return WGS84.inv(*one, *other)[2]


def straight(one, other):
    return float(straight_metres(earth_centred([one]), earth_centred([other]))[0, 0])


def by_hand(law, distance):
    """The law as docs/estimate.md writes it, one number at a time."""
    if distance < law.bend:
        return law.far * (law.bend / law.exponent) * (distance / law.bend) ** law.exponent
    return law.far * (law.bend / law.exponent + distance - law.bend)


@given(anywhere, anywhere)
def test_straight_lines_agree_with_the_geodesic(one, other):
    """The chord bent to the mean sphere is only as good as its docstring says; pyproj is the judge."""
    exact = geodesic(one, other)
    share = 2e-5 if exact <= 1e6 else 3e-4 if exact <= 5e6 else 2e-3 if exact <= 1e7 else 0.05
    assert straight(one, other) == pytest.approx(exact, rel=share, abs=0.002)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((179.9, 12.0), (-179.9, 12.1)),
        ((0.0, 89.99), (180.0, 89.99)),
        ((25.0, -89.95), (-130.0, -89.9)),
        ((-8.61, 41.15), (-8.6100001, 41.15)),
    ],
)
def test_date_line_and_poles_are_no_border(one, other):
    """Differences of longitudes would send these pairs around the globe."""
    assert straight(one, other) == pytest.approx(geodesic(one, other), rel=2e-5, abs=0.002)


@pytest.mark.parametrize(
    "twins", [[(180.0, 10.0), (-180.0, 10.0)], [(7.0, 90.0), (-100.0, 90.0)], [(7.0, -90.0), (0.0, -90.0)]]
)
def test_one_place_with_two_names_is_at_distance_zero(twins):
    """Rounding up must not make a second and a metre out of a rounding error."""
    matrix = Estimate(twins).matrix("car")
    assert matrix.seconds.tolist() == [[0, 0], [0, 0]]
    assert matrix.metres.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("profile", PROFILES)
def test_matrix_is_the_law_of_the_geodesic(profile):
    """From the street corner to another country, every cell is what pyproj and a pocket calculator say."""
    places = [(-8.61, 41.15), (-8.6101, 41.1501), (-8.62, 41.16), (-8.5, 41.3), (-9.14, 38.72), (2.35, 48.86)]
    matrix = Estimate(places).matrix(profile)
    speed = SPEEDS[profile]
    for row, one in enumerate(places):
        for column, other in enumerate(places):
            distance = geodesic(one, other)
            for law, table in ((speed.seconds, matrix.seconds), (speed.metres, matrix.metres)):
                assert table[row, column] == pytest.approx(by_hand(law, distance), rel=3e-5, abs=1.01)


def test_known_trips_by_car():
    """The figures docs/estimate.md promises: 500 m, 2 km, 10 km and 100 km due north of the equator."""
    lats = [0.0] + [WGS84.fwd(0, 0, 0, metres)[1] for metres in (500, 2000, 10_000, 100_000)]
    matrix = Estimate([(0.0, lat) for lat in lats]).matrix("car")
    assert matrix.seconds[0].tolist() == pytest.approx([0, 134, 315, 848, 4912], abs=2)
    assert matrix.metres[0].tolist() == pytest.approx([0, 1109, 3170, 13_570, 130_570], abs=10)


@given(st.floats(0.3, 1), st.floats(100, 1e5), st.floats(0.01, 10), st.floats(1e-3, 1e6))
def test_law_has_no_step_and_stays_above_its_long_way_rate(exponent, bend, far, distance):
    """The tangent joins the power law; metres of a law with far >= 1 are never below the straight line."""
    law = Law(exponent, bend, far)
    value = float(law(np.array([distance]))[0])
    assert value == pytest.approx(by_hand(law, distance), rel=1e-9, abs=1e-9)
    assert value >= far * distance * (1 - 1e-12)
    just_before, just_after = law(np.array([bend * (1 - 1e-9), bend * (1 + 1e-9)]))
    assert just_before == pytest.approx(just_after, rel=1e-8)


@given(region, st.sampled_from(PROFILES))
def test_matrix_is_symmetric_and_keeps_the_triangle_inequality(places, profile):
    """A detour over a third place is never shorter, also after rounding: solvers may rely on it."""
    matrix = Estimate(places).matrix(profile)
    for table in (matrix.seconds, matrix.metres):
        assert table.dtype == np.int32
        assert (table == table.T).all()
        assert (np.diag(table) == 0).all()
        via = table[:, :, None] + table[None, :, :]
        assert (table[:, None, :] <= via).all()


@given(st.lists(anywhere, min_size=1, max_size=8), st.sampled_from(PROFILES))
def test_metres_are_never_below_the_straight_line(places, profile):
    """A road cannot be shorter than the geodesic, nor can anybody be there at once."""
    matrix = Estimate(places).matrix(profile)
    for row, one in enumerate(places):
        for column, other in enumerate(places):
            exact = geodesic(one, other)
            assert matrix.metres[row, column] >= math.floor(exact)
            assert exact < 0.01 or matrix.seconds[row, column] > 0


def test_neighbouring_places_are_a_second_and_a_metre_apart():
    """Rounded to nearest they would be 0, and a way over the neighbour shorter than the direct one."""
    matrix = Estimate([(5.0, 52.0), (5.0000002, 52.0)]).matrix("car")
    assert matrix.seconds.tolist() == matrix.metres.tolist() == [[0, 1], [1, 0]]


def test_slower_vehicles_take_longer():
    """On any leg from 1 km on: walkers after bicycles after trucks after cars; a van is a car."""
    places = [(-8.61, 41.15), (-8.62, 41.15), (-8.3, 41.4)]
    estimate = Estimate(places)
    order = [estimate.matrix(profile).seconds[0, 2] for profile in ("car", "truck", "bike", "foot")]
    assert order == sorted(set(order))
    assert estimate.matrix("truck").seconds[0, 1] / estimate.matrix("car").seconds[0, 1] == pytest.approx(
        1.25, rel=0.02
    )
    assert estimate.matrix("van") is estimate.matrix("car")
    walk = estimate.matrix("foot")
    assert walk.metres[0, 2] / walk.seconds[0, 2] * 3.6 == pytest.approx(4.8, rel=1e-3)


def test_blocks_join_to_the_same_table():
    """1100 places are worked on in blocks of rows; their cells equal the same pair on its own."""
    random = np.random.default_rng(3)
    places = list(zip(random.uniform(-9, -8, 1100).tolist(), random.uniform(41, 42, 1100).tolist()))
    matrix = Estimate(places).matrix("car")
    for row, column in ((0, 1099), (1099, 0), (453, 454), (454, 453), (907, 1), (908, 3)):
        pair = Estimate([places[row], places[column]]).matrix("car")
        assert matrix.seconds[row, column] == pair.seconds[0, 1]
        assert matrix.metres[row, column] == pair.metres[0, 1]
    assert (matrix.seconds == matrix.seconds.T).all()
    assert (matrix.metres == matrix.metres.T).all()


def test_laws_in_common_are_worked_out_once():
    """Trucks drive the way of cars: one table of metres for both, which counts with ten thousand places."""
    estimate = Estimate([(5.0, 52.0), (5.1, 52.0)])
    assert estimate.matrix("truck").metres is estimate.matrix("car").metres


@pytest.mark.parametrize("places", [[], [(5.0, 52.0)]])
def test_no_place_and_one_place(places):
    """Nothing to travel is not an error."""
    estimate = Estimate(places)
    matrix = estimate.matrix("bike")
    assert matrix.seconds.shape == matrix.metres.shape == (len(places), len(places))
    assert not matrix.seconds.any()
    assert estimate.snap() == [Snap(0.0, SNAP_OK)] * len(places)
    assert estimate.lines([], "bike") == []


def test_lines_are_straight_and_say_they_are_estimates():
    """Nobody shall take a straight line for a road."""
    places = [(5.0, 52.0), (5.1, 52.1), (5.2, 52.0)]
    assert Estimate(places).lines([(0, 2), (2, 1)], "car") == [
        Line(((5.0, 52.0), (5.2, 52.0)), "estimate"),
        Line(((5.2, 52.0), (5.1, 52.1)), "estimate"),
    ]
