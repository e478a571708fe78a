"""What stops say of each other where an order is kept, and where two layers say different things."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optiway_qgis.engine.job_form import read_problem
from optiway_qgis.layers.problem_of import problem_of
from optiway_qgis.layers.read_stops import NO_EXPRESSIONS, read_stops
from optiway_qgis.layers.read_visits import VisitsLayer, read_order
from optiway_qgis.layers.relations import without_lost
from optiway_qgis.model.problem import Depot, Problem, Stop, Vehicle, problem_to_json
from tests.made_layers import layer, reading, source_of, stops

PAIR = [{"pair_id": "P", "kind": kind, "demand": 2} for kind in ("pickup", "delivery")]


def kept(rows, **types):
    """Read numbered stops of V1; returns the stops, the rejected ones, the order and the warnings."""
    shared = reading()
    numbered = [{"vehicle_id": "V1", "sequence": number, **row} for number, row in enumerate(rows, 1)]
    visits = VisitsLayer(source_of(layer(numbered, types=types)))
    read, order = read_order(visits, [Vehicle("V1")], shared, NO_EXPRESSIONS)
    return read.stops, read.rejected, [one.stops for one in order], shared.warnings.texts()


def test_half_a_pair_keeps_its_place_in_an_order_that_is_kept():
    """Its other half was taken off the route: the user sees a plan, not a stop that vanished."""
    rows = [{**row, **pair} for row, pair in zip(stops(2), PAIR)]
    both, _, order, warnings = kept(rows)
    assert (both[1].picked_up_at, order, warnings) == ("S1", [("S1", "S2")], [])
    for off in ({"vehicle_id": None}, {"lock": "exclude"}):
        left, rejected, order, warnings = kept(
            [{**rows[0], **off}, rows[1]], vehicle_id="string", lock="string"
        )
        assert (order, [stop.picked_up_at for stop in left]) == ([("S2",)], [""])
        assert [(stop.stop_id, stop.reason) for stop in rejected] == [("S1", "excluded")]
        assert warnings == ["The other stop of a pair is on no route: served as if it were alone (S2)"]
    _, _, order, warnings = kept(rows[1:])
    assert (order, len(warnings)) == ([("S2",)], 1)


def test_stops_of_a_circle_are_rows_that_cannot_be_read():
    """They are off the route, with the reason."""
    rows = [{**row, "before_stop": name} for row, name in zip(stops(3), ("S2", "S1", ""))]
    left, rejected, order, _ = kept(rows)
    assert [stop.id for stop in left] == ["S3"]
    assert order == [("S3",)]
    assert {stop.stop_id for stop in rejected} == {"S1", "S2"}


def test_a_lock_does_not_bind_to_the_vehicle_that_only_says_who_serves():
    """In numbered points vehicle_id is the order itself: an edit of it breaks no rule."""
    (stop,), rejected, order, _ = kept([{**stops(1)[0], "lock": "order"}])
    assert (stop.vehicle_id, stop.keep, rejected, order) == ("", "", [], [("S1",)])


def test_what_two_layers_say_differently_is_a_problem_the_engine_takes():
    """Pairs of other amounts, a pickup of two deliveries, names and locks that one layer alone explains."""
    pickup = Stop("S1", 0, 0, pickup=(2000,))
    mixed = [
        pickup,
        Stop("S2", 0, 0, delivery=(2000, 0), picked_up_at="S1", before=("S3", "S9")),
        Stop("S3", 0, 0, delivery=(2000,), picked_up_at="S1"),
        Stop("S4", 0, 0, delivery=(1000,), picked_up_at="S1"),
        Stop("S5", 0, 0, picked_up_at="S9"),
        Stop("S6", 0, 0, keep="order", keep_rank=1000),
    ]
    left = {stop.id: stop for stop in without_lost(mixed)}
    assert [stop.picked_up_at for stop in left.values()] == ["", "S1", "", "", "", ""]
    assert left["S2"] == replace(mixed[1], before=("S3",))
    assert left["S6"].keep == ""
    depot, vehicle = Depot("D", 0, 0), Vehicle("V1", start_depot="D")
    made = Problem("2026-05-04", "UTC", tuple(left.values()), (depot,), (vehicle,), dimensions=2)
    assert read_problem({"problem": as_json(made)}) == made


NAMES = ("S1", "S2", "S3", "S4", "S9")
ROW = st.fixed_dictionaries(
    {
        "pair_id": st.sampled_from(["", "", "P", "Q"]),
        "kind": st.sampled_from(["", "pickup", "delivery", "service"]),
        "demand": st.sampled_from(["", "0", "1", "2", "x"]),
        "pickup_2": st.sampled_from(["", "", "3"]),
        "before_stop": st.lists(st.sampled_from(NAMES), max_size=2).map(",".join),
        "ride_max_min": st.sampled_from(["", "30", "60"]),
        "lock": st.sampled_from(["", "", "vehicle", "order", "prefix", "exclude"]),
        "vehicle_id": st.sampled_from(["V1", "V1", "V1", ""]),
        "sequence": st.sampled_from(["1", "2.5", ""]),
    }
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROW, min_size=1, max_size=5))
def test_whatever_rows_say_of_each_other_the_engine_takes_what_is_read(drawn):
    """No stop is lost, and none is left that the engine would refuse the whole job for."""
    texts = dict.fromkeys(drawn[0], "string")
    rows = [{**row, **says} for row, says in zip(stops(len(drawn)), drawn)]
    fleet = [Vehicle("V1", start_depot="D")]
    for read in (
        read_stops(source_of(layer(rows, types=texts)), reading()),
        read_order(VisitsLayer(source_of(layer(rows, types=texts))), fleet, reading(), NO_EXPRESSIONS)[0],
    ):
        names = [stop.id for stop in read.stops] + [stop.stop_id for stop in read.rejected]
        assert sorted(names) == [row["stop_id"] for row in rows]
        assert set(read.attributes) == {stop.id for stop in read.stops}
        made = problem_of(read.stops, [Depot("D", 0, 0)], fleet, reading(), "STOPS")
        assert read_problem({"problem": as_json(made)}) == made


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROW, min_size=2, max_size=5), st.lists(ROW, min_size=2, max_size=5))
def test_stops_of_two_layers_are_a_problem_that_the_engine_takes(drawn, other):
    """Whatever each layer says of the stops that it has."""
    found = {}
    for says in (drawn, other):
        rows = [{**row, **one} for row, one in zip(stops(5), says)]
        made = layer(rows, types=dict.fromkeys(says[0], "string"))
        for stop in read_stops(source_of(made), reading()).stops:
            found.setdefault(stop.id, stop)
    fleet = [Vehicle("V1", start_depot="D")]
    made = problem_of(without_lost(found.values()), [Depot("D", 0, 0)], fleet, reading(), "BEFORE")
    assert read_problem({"problem": as_json(made)}) == made
    assert [stop.id for stop in made.stops] == list(found)


def as_json(problem: Problem):
    """The problem as it arrives in the engine."""
    return json.loads(json.dumps(problem_to_json(problem)))
