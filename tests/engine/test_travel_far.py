"""Places off the network: estimated ways to them where wanted, else a reason with the distance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from optiway_qgis.engine.solving.explain import hopeless
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.planner import plan_id
from optiway_qgis.engine.travel.estimate import Estimate
from optiway_qgis.engine.travel.far import with_far_places
from optiway_qgis.engine.travel.provider import (
    SNAP_FAR,
    SNAP_ISLAND,
    SNAP_OK,
    SNAP_OUTSIDE,
    UNREACHABLE,
    Line,
    Matrix,
    Snap,
)
from optiway_qgis.model import reasons
from optiway_qgis.model.problem import Settings, Vehicle
from tests.engine.cases import a_depot, a_problem, a_stop, given_travel, spot

PLACES = [spot(number) for number in range(4)]


@dataclass(frozen=True)
class Network:
    """Three places on a network, from the third to the second there is no way; the fourth is off it."""

    source: str = "roads"

    def snap(self):
        return [Snap(5.0, SNAP_OK)] * 3 + [Snap(840.0, SNAP_FAR)]

    def matrix(self, profile):
        seconds = np.full((4, 4), UNREACHABLE, np.int64)
        seconds[:3, :3] = 60
        seconds[2, 1] = UNREACHABLE
        np.fill_diagonal(seconds, 0)
        return Matrix(seconds, np.where(seconds > 0, seconds * 10, seconds))

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
