"""Traffic, barriers and speeds as a job states them: what is read, and that every fault is told at once.

What they do to travel times is tested with the sources.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from optiway_qgis.engine.job_form import read_conditions, read_problem
from optiway_qgis.engine.travel.provider import Barrier, Conditions, TrafficRow
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.problem import problem_to_json
from tests.engine.cases import VALID_CASES

RING = [[-8.62, 41.14], [-8.6, 41.14], [-8.6, 41.16], [-8.62, 41.14]]
CENTRE = {"type": "Polygon", "coordinates": [RING]}
BRIDGE = {"type": "Point", "coordinates": [-8.61, 41.14]}


def travel(**members: Any) -> dict[str, Any]:
    """Return a travel member with a row in a zone and a barrier; `members` replace those of the traffic."""
    traffic = {
        "rows": [{"start": 25_200, "end": 32_400, "factor": 1.6, "zone": "centre"}],
        "weather": 1.1,
        "zones": {"centre": CENTRE},
    }
    barriers = [{"id": "bridge", "kind": "block", "geometry": BRIDGE, "start": 0, "end": 60}]
    return {"source": "roads", "traffic": {**traffic, **members}, "barriers": barriers}


def with_row(**members: Any) -> dict[str, Any]:
    row = {"start": 0, "end": 3600, "factor": 2}
    return travel(rows=[{**row, **members}])


def with_barrier(**members: Any) -> dict[str, Any]:
    barrier = {"id": "works", "kind": "scale", "geometry": BRIDGE}
    return {"source": "roads", "barriers": [{**barrier, **members}]}


def faults(form: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_conditions(form)
    return caught.value.problems


def test_conditions_are_read_as_they_are():
    """Members become those of the dataclasses; a barrier without hours holds always."""
    assert read_conditions(travel()) == Conditions(
        rows=(TrafficRow(25_200, 32_400, 1.6, "centre"),),
        weather=1.1,
        barriers=(Barrier("bridge", "block", BRIDGE, start=0, end=60),),
        zones={"centre": CENTRE},
    )
    (barrier,) = read_conditions(with_barrier()).barriers
    assert (barrier.start, barrier.end, barrier.add, barrier.factor) == (None, None, 0, 1.0)


def test_travel_without_conditions_has_none():
    """Times are then the same at all hours."""
    assert read_conditions({"source": "estimate"}) == Conditions()
    assert read_conditions({"traffic": {}, "barriers": []}) == Conditions()


def test_barrier_may_be_there_several_times():
    """A bridge that opens every other hour is one barrier with one id."""
    bridge = {"id": "bridge", "kind": "block", "geometry": BRIDGE}
    hours = [{"start": 0, "end": 3600}, {"start": 7200, "end": 10_800}]
    barriers = read_conditions({"barriers": [{**bridge, **span} for span in hours]}).barriers
    assert [(one.id, one.start) for one in barriers] == [("bridge", 0), ("bridge", 7200)]


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("Point", [-8.6, 41.1, 120.5]),
        ("MultiPoint", [[-8.6, 41.1]]),
        ("LineString", RING[:2]),
        ("MultiLineString", [RING[:2], RING]),
        ("Polygon", [RING, RING]),
        ("MultiPolygon", [[RING]]),
    ],
)
def test_barrier_of_any_geometry_is_read(kind, coordinates):
    """Points, lines and polygons, one or many, also with heights."""
    geometry = {"type": kind, "coordinates": coordinates}
    assert read_conditions(with_barrier(geometry=geometry)).barriers[0].geometry == geometry


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("Point", []),
        ("Point", [-8.6]),
        ("Point", [-8.6, 91]),
        ("Point", [500_000, 4_500_000]),
        ("Point", [-8.6, "41.1"]),
        ("Point", [-8.6, float("nan")]),
        ("Point", RING),
        ("MultiPoint", []),
        ("LineString", RING[:1]),
        ("MultiLineString", RING),
        ("Polygon", [RING[:3]]),
        ("Polygon", [[*RING[:3], [0, 0]]]),
        ("Polygon", RING),
        ("Polygon", None),
        ("MultiPolygon", [RING]),
    ],
)
def test_coordinates_that_are_none_are_refused(kind, coordinates):
    """A barrier at no place would block nothing, in silence."""
    (fault,) = faults(with_barrier(geometry={"type": kind, "coordinates": coordinates}))
    assert fault.startswith('Barrier "works": coordinates are ')


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"traffic": []}, "The traffic is []; an object is needed"),
        ({"barriers": {}}, "The barriers are {}; a list of objects is needed"),
        ({"barriers": [7]}, 'Barrier "number 1" is 7; an object is needed'),
        (travel(colour="red"), 'The traffic has the unknown member "colour"'),
        (travel(weather="rain"), "weather is 'rain'; a number is needed"),
        (travel(weather=0), "weather is 0; it must be from 0.1 to 10"),
        (travel(rows={}), "rows is {}; a list of objects is needed"),
        (travel(rows=[5]), "Row 1 of the traffic is 5; an object is needed"),
        (travel(rows=[], zones=[]), "zones is []; an object is needed"),
        (travel(zones={"centre": BRIDGE}), "a GeoJSON geometry Polygon or MultiPolygon is needed"),
        (travel(zones={"centre": None}), 'Zone "centre": geometry is None'),
        (with_row(zone="suburb"), 'zone is "suburb", but there is no such zone'),
        (with_row(factor=0), "factor is 0; it must be from 0.1 to 20"),
        (with_row(factor=-1.5), "factor is -1.5; it must be from 0.1 to 20"),
        (with_row(factor=float("inf")), "factor is inf; a number is needed"),
        (with_row(start=8.5), "start is 8.5; a whole number is needed"),
        (with_row(end=0), "it ends at 0, not after it starts at 0"),
        (with_row(weekday="Monday"), 'unknown member "weekday"'),
        (with_barrier(kind="wall"), 'kind is "wall"; it must be block, delay or scale'),
        (with_barrier(id=""), "id is empty"),
        (with_barrier(add=-5), "add is -5; it must not be negative"),
        (with_barrier(factor=0.01), "factor is 0.01; it must be from 0.1 to 20"),
        (with_barrier(start=60, end=50), "it ends at 50, not after it starts at 60"),
        (with_barrier(geometry="POINT(0 0)"), "geometry is 'POINT(0 0)'; an object is needed"),
        (with_barrier(geometry={"type": "Circle"}), "a GeoJSON geometry Point or MultiPoint or"),
    ],
)
def test_fault_is_named_with_its_place_and_value(form, words):
    """Whoever wrote the job finds the row or barrier by it."""
    (fault,) = faults(form)
    assert words in fault


def test_all_faults_are_told_at_once():
    """One fault per run would cost as many runs as there are faults."""
    form = travel(rows=[{"start": 0}, {"start": 5, "end": 4, "factor": 1}], weather=-1, zones={"a": 1})
    form["barriers"] = [{"id": "b", "kind": "wall", "geometry": {}}, 3]
    told = " ".join(faults(form))
    for words in (
        'lacks "end"',
        'lacks "factor"',
        "Row 2",
        "weather is -1",
        'Zone "a"',
        '"wall"',
        "number 2",
    ):
        assert words in told


def test_example_of_the_page_is_read(checkout):
    """What docs/model.md shows to people who write jobs is a job."""
    text = (checkout / "docs" / "model.md").read_text(encoding="utf-8")
    (example,) = (
        block for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if '"traffic"' in block
    )
    conditions = read_conditions(json.loads(example))
    assert conditions.rows == (TrafficRow(25_200, 32_400, 1.6, "centre", "primary"),)
    assert [barrier.id for barrier in conditions.barriers] == ["bridge"]


def with_speed(factor: Any) -> dict[str, Any]:
    problem = json.loads(json.dumps(problem_to_json(VALID_CASES["windows"]().problem)))
    problem["vehicles"][0]["speed_factor"] = factor
    return {"problem": problem}


@pytest.mark.parametrize("factor", [0.1, 0.85, 2, 10])
def test_speed_of_a_vehicle_is_read(factor):
    """Both ends of the range are allowed."""
    assert read_problem(with_speed(factor)).vehicles[0].speed_factor == factor


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (0, "speed_factor is 0; it must be from 0.1 to 10"),
        (-1, "speed_factor is -1; it must be from 0.1 to 10"),
        (10.5, "speed_factor is 10.5; it must be from 0.1 to 10"),
        ("fast", "speed_factor is 'fast'; a number is needed"),
        (None, "speed_factor is None; a number is needed"),
        (True, "speed_factor is True; a number is needed"),
    ],
)
def test_speed_that_is_none_is_refused(factor, words):
    """A vehicle that stands still would be late everywhere, and one of speed 0 divides by it."""
    with pytest.raises(InputError, match=re.escape(words)):
        read_problem(with_speed(factor))
