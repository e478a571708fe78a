"""Places off the network: estimated ways to them where wanted, else a reason with the distance."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from optiway_qgis.engine.solving.explain import hopeless
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.planner import plan_id
from optiway_qgis.engine.travel.estimate import Estimate
from optiway_qgis.engine.travel.far import with_far_places
from optiway_qgis.engine.travel.matrix import GivenMatrix
from optiway_qgis.engine.travel.provider import (
    BLOCK,
    SNAP_FAR,
    SNAP_ISLAND,
    SNAP_OK,
    SNAP_OUTSIDE,
    UNREACHABLE,
    Barrier,
    Conditions,
    Line,
    Matrix,
    Snap,
    TrafficRow,
)
from optiway_qgis.model import reasons
from optiway_qgis.model.problem import Settings, Vehicle
from tests.engine.cases import a_depot, a_problem, a_stop, given_travel, spot

PLACES = [spot(number) for number in range(4)]


@dataclass(frozen=True)
class Network:
    """Three places on a network, from the third to the second there is no way; the fourth is off it.

    A block closes the way from the first to the second; weather slows all ways.
    """

    source: str = "roads"
    conditions: Conditions = field(default_factory=Conditions)

    def under(self, conditions):
        return replace(self, conditions=conditions)

    def snap(self):
        return [Snap(5.0, SNAP_OK)] * 3 + [Snap(840.0, SNAP_FAR)]

    def matrix(self, profile):
        seconds = np.full((4, 4), UNREACHABLE, np.int32)
        seconds[:3, :3] = 60
        seconds[2, 1] = UNREACHABLE
        if self.conditions.barriers:
            seconds[0, 1] = UNREACHABLE
        np.fill_diagonal(seconds, 0)
        metres = np.where(seconds > 0, seconds * 10, seconds)
        return Matrix(np.where(seconds > 0, (seconds * self.conditions.weather).astype(int), seconds), metres)

    def lines(self, pairs, profile):
        return [Line((PLACES[a], (0.0, 0.0), PLACES[b]), "road") for a, b in pairs]


def test_only_ways_off_the_network_are_estimated():
    """What the network knows stays; where both ends are on it and there is no way, there is none."""
    known, guess = Network().matrix("car"), Estimate(PLACES).matrix("car")
    filled = with_far_places(Network(), PLACES).matrix("car")
    for mine, network, estimate in zip(
        (filled.seconds, filled.metres), (known.seconds, known.metres), (guess.seconds, guess.metres)
    ):
        assert (mine[:3, :3] == network[:3, :3]).all()
        assert mine[2, 1] == UNREACHABLE
        assert (mine[3] == estimate[3]).all()
        assert (mine[:, 3] == estimate[:, 3]).all()


def test_estimated_ways_are_drawn_straight_and_marked():
    """In the order asked for, whatever their source."""
    far = with_far_places(Network(), PLACES)
    lines = far.lines([(0, 1), (0, 3), (3, 2), (1, 2)], "car")
    assert [line.source for line in lines] == ["road", "estimate", "estimate", "road"]
    assert lines[1].geometry == (PLACES[0], PLACES[3])
    assert lines[2].geometry == (PLACES[3], PLACES[2])
    assert lines[3].geometry == (PLACES[1], (0.0, 0.0), PLACES[2])
    assert (far.source, far.snap()) == ("roads", Network().snap())


def test_estimated_ways_are_slowed_by_weather_and_zones():
    """As the whole estimate would be; rows for classes of road are for the network alone."""
    lon, lat = PLACES[3]
    ring = [
        [lon + x, lat + y] for x, y in [(-0.001, -0.001), (0.001, -0.001), (0.001, 0.001), (-0.001, -0.001)]
    ]
    zones = {"harbour": {"type": "Polygon", "coordinates": [ring]}}
    rows = TrafficRow(0, 1, 2.0, "harbour"), TrafficRow(0, 1, 9.0, "", "primary"), TrafficRow(0, 1, 1.2)
    day = Conditions(rows, 1.5, zones=zones)
    plain, far = Estimate(PLACES).matrix("car"), with_far_places(Network(), PLACES)
    slowed = far.under(day).matrix("car")
    # Weather 1.5 times the mean of 2.0 in the zone and 1.2 outside of it.
    assert slowed.seconds[3, :3].tolist() == [np.ceil(round(one * 2.4, 6)) for one in plain.seconds[3, :3]]
    assert slowed.seconds[0, 1] == 90
    assert far.under(Conditions()).matrix("car").seconds[0, 1] == 60
    assert (slowed.metres == far.matrix("car").metres).all()


def test_a_barrier_makes_no_place_a_far_one():
    """What is blocked is not reached by an estimate in its stead; places off the roads still are."""
    blocked = Conditions(barriers=(Barrier("B1", BLOCK, {"type": "Point", "coordinates": [0, 0]}),))
    far = with_far_places(Network(), PLACES).under(blocked)
    matrix = far.matrix("car")
    assert matrix.seconds[0, 1] == matrix.metres[0, 1] == UNREACHABLE
    assert (matrix.seconds[3] == Estimate(PLACES).matrix("car").seconds[3]).all()
    assert [line.source for line in far.lines([(1, 0), (0, 3)], "car")] == ["road", "estimate"]


def test_distances_are_kept_once_where_the_network_keeps_them_once():
    """48 situations of a day shall not hold 48 tables of one and the same distances."""
    member = {"source": "matrix", "ids": ["depot:D1", "stop:S1"], "seconds": [[0, 60], [70, 0]]}
    problem = a_problem([a_stop("S1", 1)], [a_depot("D1", 0)], [Vehicle("V1")])
    network = GivenMatrix(problem, {**member, "metres": [[0, 600], [700, 0]]})
    far = with_far_places(network, network.places)
    assert far.under(Conditions(weather=1.5)).matrix("car").metres is far.matrix("car").metres


@pytest.mark.parametrize(
    ("snap", "words"),
    [
        (Snap(840.2, SNAP_FAR), "The nearest road is 840 m away."),
        (Snap(312_400.0, SNAP_OUTSIDE), "The nearest road is 312.4 km away, outside the network"),
        (Snap(12.0, SNAP_ISLAND), "The nearest road, 12 m away, is cut off from the rest of the network."),
        (Snap(3.0, SNAP_OK), "There is no way to it or from it."),
    ],
)
def test_the_reason_tells_the_distance_to_the_network(snap, words):
    """A stop in the sea or on an island: nobody has to guess why it is left out."""
    problem = a_problem(
        [a_stop("S1", 1)], [a_depot("D1", 0)], [Vehicle("V1", start_depot="D1", end_depot="D1")]
    )
    travel = given_travel(problem, [[0, UNREACHABLE], [UNREACHABLE, 0]])
    travel = replace(travel, snaps=(Snap(0.0, SNAP_OK), snap))
    lost = hopeless(Instance(problem, travel))[0]
    assert (lost.stop_id, lost.reason) == ("S1", reasons.UNREACHABLE)
    assert lost.text.startswith(words)


def test_a_depot_off_the_network_is_named():
    """All stops are lost then, and not through their own fault."""
    problem = a_problem(
        [a_stop("S1", 1)], [a_depot("D1", 0)], [Vehicle("V1", start_depot="D1", end_depot="D1")]
    )
    travel = given_travel(problem, [[0, UNREACHABLE], [UNREACHABLE, 0]])
    travel = replace(travel, snaps=(Snap(2_500.0, SNAP_FAR), Snap(1.0, SNAP_OK)))
    text = hopeless(Instance(problem, travel))[0].text
    assert text == "The nearest road to depot D1 is 2.5 km away."


def test_plan_id_follows_the_roads_and_not_their_file():
    """The file of a run has another name each time; other roads make another plan."""
    problem = a_problem(
        [a_stop("S1", 1)], [a_depot("D1", 0)], [Vehicle("V1", start_depot="D1", end_depot="D1")]
    )
    source = {"source": "roads", "path": "first.npz", "cache": "here", "fingerprint": "one"}
    first = plan_id(problem, source, Settings())
    assert plan_id(problem, {**source, "path": "other.npz", "cache": None}, Settings()) == first
    assert plan_id(problem, {**source, "fingerprint": "two"}, Settings()) != first
