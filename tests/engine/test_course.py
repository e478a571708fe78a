"""Travel times of what is left of a day: the leg that a vehicle is on takes what was left of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optiway_qgis.engine.replanning.course import open_rest
from optiway_qgis.engine.solving.planner import reschedule
from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.engine.travel.provider import Matrix, Slot
from optiway_qgis.model.plan import VISIT_STOP
from optiway_qgis.model.problem import Sequence, Settings
from tests.engine.cases import MINUTE, a_depot, a_problem, at
from tests.engine.days import along_the_road
from tests.engine.test_rest import V1, A, B, C, parcel, planned
from tests.engine.underway import Underway, at_moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from optiway_qgis.engine.replanning.rest import Rest
    from optiway_qgis.engine.travel.provider import Travel
    from optiway_qgis.model.problem import Problem

PROBLEM = a_problem([A, B, C], [a_depot("D1", 0)], [V1])


def half_way() -> Underway:
    """V1 on its way from A to B."""
    return at_moment(PROBLEM, along_the_road, planned(PROBLEM, V1="A B C"), at("08:25"))


def slower(change: Callable[[Matrix, dict[str, int]], None]) -> Callable[[Problem, dict[str, Any]], Travel]:
    """Travel along the road with its table changed; ids of stops and depots give the places."""

    def opened(problem: Problem, source: dict[str, Any]) -> Travel:
        travel = along_the_road(problem)
        places = {one.id: place for one, place in zip(problem.stops, travel.stop_place)}
        places |= {one.id: place for one, place in zip(problem.depots, travel.depot_place)}
        change(travel.matrices["car"], places)
        return travel

    return opened


def seconds_of(rest: Rest, travel: Travel, origin: str, target: str) -> int:
    depot = [one.id for one in rest.problem.depots].index(origin)
    stop = [one.id for one in rest.problem.stops].index(target)
    return int(travel.matrices["car"].seconds[travel.depot_place[depot], travel.stop_place[stop]])


def test_leg_that_is_gone_on_with_takes_what_is_left_of_it():
    """Whatever the table has from half way; other legs are those of the table."""

    def crawling(matrix: Matrix, places: dict[str, int]) -> None:
        matrix.seconds[places["now V1"], :] = 3000

    rest = half_way().rest()
    travel = open_rest(rest, {}, slower(crawling))
    assert seconds_of(rest, travel, "now V1", "B") == 5 * MINUTE
    assert seconds_of(rest, travel, "now V1", "C") == 3000
    assert travel.matrices["car"].metres[travel.depot_place[1], travel.stop_place[0]] == 3000


def test_leg_that_takes_another_time_now_is_begun_anew():
    """The road to B is closed: what was planned is not what is left."""

    def closed(matrix: Matrix, places: dict[str, int]) -> None:
        matrix.seconds[places["now V1"], places["B"]] = 900
        matrix.seconds[places["before V1"], places["B"]] = 1100

    rest = half_way().rest()
    assert seconds_of(rest, open_rest(rest, {}, slower(closed)), "now V1", "B") == 900


def test_place_that_is_not_the_vehicle_s_own_keeps_its_times():
    """A new stop lies where the vehicle is just passing."""
    day = half_way()
    (one,) = day.day.progress
    there = replace(parcel("N", 1, delivery=()), lon=one.lon, lat=one.lat)

    def crawling(matrix: Matrix, places: dict[str, int]) -> None:
        matrix.seconds[places["N"], :] = 3000

    rest = replace(day, problem=replace(day.problem, stops=(*day.problem.stops, there))).rest()
    assert seconds_of(rest, open_rest(rest, {}, slower(crawling)), "now V1", "B") == 3000


def test_tables_that_may_not_be_written_to_are_copied():
    def frozen(matrix: Matrix, places: dict[str, int]) -> None:
        matrix.seconds[places["now V1"], :] = 3000
        matrix.seconds.flags.writeable = False

    rest = half_way().rest()
    assert seconds_of(rest, open_rest(rest, {}, slower(frozen)), "now V1", "B") == 5 * MINUTE


@pytest.mark.parametrize(("faster_from", "left"), [("08:24", 600), ("12:00", 300)])
def test_leg_by_the_hour_is_what_it_is_when_it_was_begun(faster_from, left):
    """Twice as slow from a moment on: before the leg is over, or long after."""

    def by_the_hour(problem: Problem, source: dict[str, Any]) -> Travel:
        travel = along_the_road(problem)
        first = travel.matrices["car"]
        second = Matrix(first.seconds * 2, first.metres)
        slots = (
            Slot(0, {"car": first}, travel.provider),
            Slot(at(faster_from), {"car": second}, travel.provider),
        )
        least = {"car": Matrix(np.minimum(first.seconds, second.seconds).copy(), first.metres.copy())}
        return replace(travel, matrices=least, slots=slots)

    rest = half_way().rest()
    travel = open_rest(rest, {}, by_the_hour)
    here, there = travel.depot_place[1], travel.stop_place[0]
    assert travel.slots[1].matrices["car"].seconds[here, there] == left


@pytest.mark.parametrize("minutes", [1, 4, 9])
def test_with_estimates_no_arrival_changes_where_nothing_does(minutes):
    """The law of the distance is slower for what is left of a way than for the whole."""

    def opened(problem: Problem, source: dict[str, Any]) -> Travel:
        return open_travel(problem, source, lambda text: None)

    problem = a_problem([A, parcel("B", 9), C], [a_depot("D1", 0)], [V1])
    source = {"source": "estimate"}
    asked = [Sequence("V1", ("A", "B", "C"))]
    plan = reschedule(problem, opened(problem, source), {}, Settings(), asked)
    left = next(visit.end for visit in plan.routes[0].visits if visit.id == "A")
    day = at_moment(problem, lambda rest: opened(rest, source), plan, left + minutes * MINUTE)
    rest = day.rest()
    travel = open_rest(rest, source, opened)
    whole = day.joined(rest, reschedule(rest.problem, travel, {}, Settings(), rest.sequences))
    assert [(visit.id, visit.arrival, visit.distance) for visit in whole.routes[0].visits] == [
        (visit.id, visit.arrival, visit.distance) for visit in plan.routes[0].visits
    ]


def test_vehicle_on_its_way_to_what_is_gone_has_no_leg():
    """B is cancelled, or another has it; a vehicle that stands has none either."""
    day = half_way()
    without = replace(day.problem, stops=tuple(stop for stop in day.problem.stops if stop.id != "B"))
    assert not replace(day, problem=without, sequences=(Sequence("V1", ("C",)),)).rest().courses
    standing = at_moment(PROBLEM, along_the_road, planned(PROBLEM, V1="A B C"), at("08:35"))
    assert [visit.id for visit in standing.done["V1"] if visit.type == VISIT_STOP] == ["A", "B"]
    assert not standing.rest().courses
