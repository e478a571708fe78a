"""From a job's travel member to places and matrices."""

from __future__ import annotations

import numpy as np
import pytest

from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.problem import Depot, Problem, Stop, Vehicle


def made(stops, vehicles=(Vehicle("V1"),)):
    return Problem("2026-05-04", "Europe/Lisbon", tuple(stops), (Depot("D1", -8.6, 41.1),), tuple(vehicles))


def test_points_with_equal_coordinates_share_a_place():
    """Two parcels for one door cost one row; a depot may be a stop's place too; seven decimals decide."""
    stops = [
        Stop("A", -8.61, 41.15),
        Stop("B", -8.61, 41.15),
        Stop("C", -8.6, 41.1),
        Stop("D", -8.61000001, 41.15),
        Stop("E", -8.610001, 41.15),
    ]
    travel = open_travel(made(stops), {"source": "estimate"}, [].append)
    assert travel.places == ((-8.6, 41.1), (-8.61, 41.15), (-8.610001, 41.15))
    assert travel.depot_place == (0,)
    assert travel.stop_place == (1, 1, 0, 1, 2)
    assert travel.matrices["car"].seconds.shape == (3, 3)
    assert [snap.status for snap in travel.snaps] == ["ok"] * 3


def test_one_matrix_per_profile_and_alike_profiles_share_it():
    """Memory: 20 vans and cars on 2000 places shall not hold 20 tables."""
    vehicles = [
        Vehicle(str(number), profile=name) for number, name in enumerate(["car", "van", "bike", "van"])
    ]
    travel = open_travel(made([Stop("A", -8.61, 41.15)], vehicles), {"source": "estimate"}, [].append)
    assert list(travel.matrices) == ["car", "van", "bike"]
    assert travel.matrices["car"] is travel.matrices["van"]
    assert (travel.matrices["bike"].seconds >= travel.matrices["car"].seconds).all()


def test_an_unknown_profile_travels_like_a_car_and_is_told():
    """Told once per profile, and the plan goes on."""
    vehicles = [Vehicle("V1", profile="hovercraft"), Vehicle("V2", profile="hovercraft"), Vehicle("V3")]
    told: list[str] = []
    travel = open_travel(made([Stop("A", -8.61, 41.15)], vehicles), {"source": "estimate"}, told.append)
    assert travel.matrices["hovercraft"] is travel.matrices["car"]
    assert [text for text in told if "hovercraft" in text] == [
        'Vehicle profile "hovercraft" is not known; it travels like a car.'
    ]


def test_phases_are_reported():
    """Somebody watches."""
    told: list[str] = []
    open_travel(made([Stop("A", -8.61, 41.15)]), {"source": "estimate"}, told.append)
    assert told == ["Estimating travel times between 2 places"]


@pytest.mark.parametrize("travel", [{"source": "teleport"}, {}])
def test_an_unknown_source_is_named_with_those_available(travel):
    """The message is the remedy."""
    with pytest.raises(InputError) as caught:
        open_travel(made([]), travel, [].append)
    assert str(travel.get("source")) in str(caught.value)
    assert "available: estimate, matrix" in str(caught.value)


def test_places_of_a_given_matrix_follow_its_ids():
    """Stops at one point stay apart, and each index leads to the row of its own id."""
    stops = [Stop("A", -8.61, 41.15), Stop("B", -8.61, 41.15)]
    member = {
        "source": "matrix",
        "ids": ["stop:B", "stop:A", "depot:D1"],
        "seconds": [[0, 1, 2], [3, 0, 4], [5, 6, 0]],
        "metres": [[0, 10, 20], [30, 0, 40], [50, 60, 0]],
    }
    travel = open_travel(made(stops, [Vehicle("V1"), Vehicle("V2", profile="bike")]), member, [].append)
    (depot,), (first, second) = travel.depot_place, travel.stop_place
    assert travel.places[first] == travel.places[second] == (-8.61, 41.15)
    seconds = travel.matrices["car"].seconds
    assert [seconds[depot, first], seconds[first, second], seconds[second, depot]] == [6, 3, 2]
    assert travel.matrices["bike"] is travel.matrices["car"]
    assert travel.provider.source == "matrix"


def test_nothing_to_plan():
    """No stop, no depot, no vehicle: no place, no matrix, no error."""
    empty = Problem("2026-05-04", "Europe/Lisbon", (), (), ())
    travel = open_travel(empty, {"source": "estimate"}, [].append)
    assert (travel.places, travel.stop_place, travel.depot_place, travel.matrices) == ((), (), (), {})
    one = made([], [Vehicle("V1")])
    assert np.array_equal(open_travel(one, {"source": "estimate"}, [].append).matrices["car"].seconds, [[0]])
