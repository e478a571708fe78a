"""Legs whose time depends on the hour, against the definition of docs/model.md followed second by second.

Routes made of such legs are tested in test_schedule.py.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.engine.solving.driving import NEVER, Leg, leaving
from optiway_qgis.engine.travel.provider import UNREACHABLE, Matrix, Slot
from tests.engine.plannable import examples


@st.composite
def legs(draw: st.DrawFn, blocked: bool = True) -> Leg:
    """Draw a leg of up to six slots, so short that it often goes on in the next; some have no way."""
    starts = sorted(draw(st.lists(st.integers(-50, 200), min_size=1, max_size=6, unique=True)))
    ways = st.integers(1, 120)
    entries = st.one_of(ways, ways, ways, st.just(UNREACHABLE)) if blocked else ways
    count = len(starts)
    seconds = [0] * count if draw(st.integers(0, 9)) == 9 else [draw(entries) for _ in starts]
    return Leg(starts, seconds, [draw(st.integers(0, 9)) for _ in starts])


def followed(leg: Leg, departure: int) -> int | None:
    """Return the arrival as the page says it, step by step."""
    held = [slot for slot, start in enumerate(leg.starts) if start <= departure] or [0]
    slot, moment, last = held[-1], departure, len(leg.starts) - 1
    left, full = None, None
    while True:
        here = leg.seconds[slot]
        if here != UNREACHABLE:
            left = here if full is None else ceil(Fraction(left * here, full)) if full else 0
            full = here
            if slot == last or moment + left <= leg.starts[slot + 1]:
                return moment + left
            left -= leg.starts[slot + 1] - moment
        if slot == last:
            return None
        slot += 1
        moment = leg.starts[slot]


MOMENTS = st.integers(-300, 500)


@examples(300)
@given(legs(), MOMENTS)
def test_arrival_is_the_pages(leg: Leg, departure: int):
    """What is left at the end of a slot is reckoned with the times of the next, rounded up each time."""
    assert leg.arrival(departure) == followed(leg, departure)


@examples(300)
@given(legs(), MOMENTS)
def test_leaving_later_never_arrives_earlier(leg: Leg, departure: int):
    """Nobody overtakes, and who would stand for ever does so a second later, too."""
    sooner, later = leg.arrival(departure), leg.arrival(departure + 1)
    assert later is None or (sooner is not None and sooner <= later)


@examples(300)
@given(legs(), MOMENTS)
def test_latest_departure_is_exact(leg: Leg, arrival: int):
    """It arrives in time, and a second later does not."""
    departure = leg.latest(arrival)
    if departure == NEVER:
        assert leg.seconds[0] == UNREACHABLE
        arrivals = [leg.arrival(moment) for moment in range(-700, arrival + 1)]
        assert all(one is None or one > arrival for one in arrivals)
        return
    found = leg.arrival(departure)
    assert found is not None
    assert found <= arrival
    after = leg.arrival(departure + 1)
    assert after is None or after > arrival


@examples(50)
@given(st.integers(0, 100), st.lists(st.integers(0, 300), min_size=1, max_size=4, unique=True), MOMENTS)
def test_slots_that_are_alike_are_one(seconds: int, starts: list[int], moment: int):
    """Where the hour changes nothing, a leg is what it is without hours."""
    leg = Leg(sorted(starts), [seconds] * len(starts), [7] * len(starts))
    assert leg.arrival(moment) == moment + seconds
    assert leg.latest(moment) == moment - seconds


def test_leg_over_the_end_of_a_slot_by_hand():
    """600 s at 7:58 with 08:00 twice as slow: 120 s done, 480 s left are 960; 1080 s in all."""
    leg = Leg([0, 8 * 3600, 9 * 3600], [600, 1200, 600], [5000, 6000, 5000])
    departure = 8 * 3600 - 120
    assert leg.arrival(departure) == departure + 1080
    assert leg.metres[leg.begun_in(departure)] == 5000
    assert leg.latest(departure + 1080) == departure


def test_road_that_is_blocked_for_an_hour_by_hand():
    """The vehicle stands where it is and goes on at 9; who begins within the block has all of it to go."""
    leg = Leg([0, 8 * 3600, 9 * 3600], [600, UNREACHABLE, 900], [5000, UNREACHABLE, 7000])
    assert leg.arrival(8 * 3600 - 200) == 9 * 3600 + 600
    assert leg.arrival(8 * 3600 - 600) == 8 * 3600
    assert leg.arrival(8 * 3600) == 9 * 3600 + 900
    assert leg.metres[leg.begun_in(8 * 3600)] == 7000
    assert leg.latest(9 * 3600 - 1) == 8 * 3600 - 600


def test_block_without_end_leaves_no_way():
    """Who would stand for ever does not arrive; the latest departure is the last one that gets through."""
    leg = Leg([0, 1000], [300, UNREACHABLE], [1, UNREACHABLE])
    assert (leg.arrival(700), leg.arrival(701), leg.arrival(1500)) == (1000, None, None)
    assert leg.latest(10**6) == 700


@st.composite
def towns(draw: st.DrawFn) -> list[list[Leg]]:
    """Draw the legs between four places that share their slots."""
    starts = sorted(draw(st.lists(st.integers(-50, 200), min_size=1, max_size=5, unique=True)))
    entries = st.one_of(st.integers(1, 150), st.integers(1, 150), st.just(UNREACHABLE))
    return [
        [
            Leg(starts, [0 if row == column else draw(entries) for _ in starts], range(len(starts)))
            for column in range(4)
        ]
        for row in range(4)
    ]


@examples(80)
@given(towns(), st.lists(MOMENTS, min_size=16, max_size=16), st.booleans())
def test_whole_rows_are_their_legs(town: list[list[Leg]], moments: list[int], by_pair: bool):
    """The tables of the engines hold what the scheduler will find."""
    slots = []
    for number, start in enumerate(town[0][0].starts):
        seconds = np.array([[leg.seconds[number] for leg in row] for row in town])
        metres = np.where(seconds == UNREACHABLE, UNREACHABLE, number)
        slots.append(Slot(start, {"car": Matrix(seconds, metres)}, None))
    drawn = np.array(moments).reshape(4, 4) if by_pair else np.array(moments[:4])
    seconds, metres = leaving(slots, "car", np.arange(4), drawn)
    for row in range(4):
        for column in range(4):
            leg = town[row][column]
            moment = int(drawn[row, column] if by_pair else drawn[row])
            arrival = leg.arrival(moment)
            if arrival is None:
                assert (seconds[row, column], metres[row, column]) == (UNREACHABLE, UNREACHABLE)
            else:
                assert (seconds[row, column], metres[row, column]) == (
                    arrival - moment,
                    leg.metres[leg.begun_in(moment)],
                )
