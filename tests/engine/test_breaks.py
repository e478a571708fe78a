"""Where breaks are taken, held against all ways to take them, each followed visit by visit.

How breaks are timed in a plan is the scheduler's business (test_schedule.py).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from random import Random

import pytest

from optiway_qgis.engine.solving.breaks import rests
from optiway_qgis.engine.solving.driving import Leg
from optiway_qgis.engine.solving.steps import Rest, Step
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_END, VISIT_START, VISIT_STOP
from optiway_qgis.model.problem import Break, Vehicle, Window
from tests.engine.cases import HOUR, MINUTE, VAN, at, between

EU = Break("eu", 45 * MINUTE, after_drive=9 * HOUR // 2)
EU_PARTS = replace(EU, first_part=15 * MINUTE)
LUNCH = Break("lunch", 30 * MINUTE, window=between("12:00", "13:00"))
TEA = Break("tea", 15 * MINUTE, window=between("15:00", "16:00"))


def a_day(*drives: int, service: int = 0, windows: dict[int, Window] | None = None) -> list[Step]:
    """Return a start depot and as many stops as there are drives, the last an end depot."""
    windows = windows or {}
    hours = [(windows[number],) if number in windows else () for number in range(len(drives) + 1)]
    stops = [
        Step(VISIT_STOP, f"S{number}", number, number - 1, hours[number], hours[number], 0, service)
        for number in range(1, len(drives))
    ]
    return [Step(VISIT_START, "D", 0), *stops, Step(VISIT_END, "D", 0, windows=hours[-1], limits=hours[-1])]


def taken(breaks: list[Break], steps: list[Step], *drives: int, start: str = "08:00") -> list[tuple]:
    """Return the breaks taken by a vehicle that drives for so many seconds to each step after the first."""
    vehicle = replace(VAN, breaks=tuple(breaks), shift=between("06:00", "23:00"))
    found = rests(vehicle, steps, lambda number, left: left + drives[number - 1], at(start))
    return [(one.after, breaks[one.which].id, one.seconds // MINUTE) for one in found]


def test_no_break_where_none_is_due():
    """Four and a half hours of driving are allowed, to the second."""
    drives = (2 * HOUR, 2 * HOUR, HOUR // 2)
    assert taken([EU], a_day(*drives), *drives) == []
    assert taken([LUNCH], a_day(*drives), *drives, start="12:01") == []
    assert taken([LUNCH], a_day(HOUR), HOUR, start="12:00") == []


def test_forty_five_minutes_after_four_and_a_half_hours_of_driving():
    """The break comes before the leg that would be too long, as late as it may."""
    drives = (2 * HOUR, 2 * HOUR, HOUR, HOUR)
    assert taken([EU], a_day(*drives), *drives) == [(2, "eu", 45)]


def test_two_breaks_on_a_long_day():
    """Each break begins the count anew."""
    drives = (4 * HOUR,) * 3
    assert taken([EU], a_day(*drives), *drives) == [(1, "eu", 45), (2, "eu", 45)]


def test_fifteen_and_thirty_minutes_where_a_wait_takes_the_fifteen():
    """Waiting at the second stop has room for the first part before it; only the second part costs time."""
    drives = (2 * HOUR, 2 * HOUR, 3 * HOUR)
    day = a_day(*drives, windows={2: between("12:20", "18:00")})
    assert taken([EU_PARTS], day, *drives) == [(1, "eu", 15), (2, "eu", 30)]
    assert taken([EU], day, *drives) == [(2, "eu", 45)]


def test_the_second_part_alone_is_no_break():
    """Thirty minutes count only after fifteen."""
    rule = replace(EU_PARTS, after_drive=3 * HOUR)
    drives = (2 * HOUR, 2 * HOUR)
    assert taken([rule], a_day(*drives), *drives) == [(1, "eu", 45)]


def test_lunch_between_twelve_and_one():
    """The second stop is reached within the window: there is lunch, at once."""
    drives = (3 * HOUR, 3 * HOUR // 2, HOUR)
    assert taken([LUNCH], a_day(*drives), *drives) == [(2, "lunch", 30)]


def test_lunch_fills_a_wait():
    """The second stop opens at half past one: there is time for lunch at the first, none at the second."""
    drives = (2 * HOUR, HOUR, HOUR)
    day = a_day(*drives, windows={2: between("13:30", "18:00")})
    assert taken([LUNCH], day, *drives) == [(1, "lunch", 30)]


def test_two_windows_two_breaks():
    """Lunch and tea are two breaks, each in its own window."""
    drives = (4 * HOUR, 3 * HOUR, HOUR, HOUR)
    assert taken([LUNCH, TEA], a_day(*drives), *drives) == [(1, "lunch", 30), (2, "tea", 15)]


def test_breaks_one_after_the_other_in_one_place():
    """A day with a single stop has room for both breaks only there and before it."""
    early = Break("one", 20 * MINUTE, window=between("12:00", "12:30"))
    late = Break("two", 20 * MINUTE, window=between("12:20", "13:00"))
    drives = (9 * HOUR // 2 - 30 * MINUTE, 4 * HOUR)
    assert taken([late, early], a_day(*drives), *drives) == [(1, "one", 20), (1, "two", 20)]


def test_a_break_after_five_hours_of_work():
    """Service and waiting count as work, so the break is due although little is driven."""
    rule = Break("rest", 30 * MINUTE, after_work=5 * HOUR)
    drives = (HOUR, HOUR, HOUR, HOUR)
    assert taken([rule], a_day(*drives, service=HOUR), *drives) == [(2, "rest", 30)]


def test_what_is_gone_before_brings_the_break_forward():
    """Under way for three hours, the first leg of two is too long: there is a rest at once."""
    drives = (2 * HOUR, 2 * HOUR)
    assert taken([replace(EU, gone=3 * HOUR)], a_day(*drives), *drives) == [(0, "eu", 45)]
    assert taken([replace(EU, gone=2 * HOUR)], a_day(*drives), *drives) == [(1, "eu", 45)]
    rule = Break("rest", 30 * MINUTE, after_work=5 * HOUR, gone=4 * HOUR)
    assert taken([rule], a_day(*drives, service=HOUR), *drives) == [(0, "rest", 30)]


def test_what_was_too_long_before_asks_for_a_rest_and_nothing_more():
    """Nobody can mend it: it is driven on as if the rule had just been kept."""
    vehicle = replace(VAN, breaks=(replace(EU, gone=9 * HOUR),), shift=between("06:00", "23:00"))
    drives = (2 * HOUR, 2 * HOUR)
    legs = [Leg([0], [seconds], [0]) for seconds in (0, *drives)]
    steps = a_day(*drives)
    found = rests(vehicle, steps, lambda number, left: left + drives[number - 1], at("08:00"))
    assert [(one.after, one.seconds) for one in found] == [(0, 45 * MINUTE)]
    assert by_hand(vehicle, steps, legs, at("08:00"), found)[0] == 0


def test_lunch_counts_for_the_driving_rule():
    """A lunch of forty-five minutes is also the break after driving."""
    lunch = replace(LUNCH, duration=45 * MINUTE)
    drives = (4 * HOUR, 3 * HOUR)
    assert taken([EU, lunch], a_day(*drives), *drives) == [(1, "lunch", 45)]
    assert taken([EU, LUNCH], a_day(*drives), *drives) == [(1, "lunch", 30), (1, "eu", 45)]


def test_a_leg_that_is_too_long_keeps_the_other_legs_within_the_rule():
    """Five hours on one leg cannot be helped; a break before and after it keeps it the only breach."""
    drives = (2 * HOUR, 5 * HOUR, HOUR)
    assert taken([EU], a_day(*drives), *drives) == [(2, "eu", 45)]


def test_no_break_before_the_first_stop_of_an_open_start_nor_at_the_end():
    """A route begins and ends with a visit that is no break."""
    steps = a_day(0, 3 * HOUR, service=HOUR)[1:]
    vehicle = replace(VAN, breaks=(replace(LUNCH, window=between("08:30", "08:45")),))
    assert rests(vehicle, steps[1:], lambda number, left: left, at("08:00")) == []
    assert [one.after for one in rests(vehicle, steps, lambda number, left: left + HOUR, at("08:00"))] == []


def random_day(draw: Random) -> tuple[Vehicle, list[Step], list[Leg], int]:
    """Return a vehicle with breaks, the steps of its route, the legs to them and the start of work."""
    gaps, breaks = draw.choice(((5, 1), (4, 2), (3, 2), (3, 3), (2, 3)))
    rules = [random_break(draw, f"B{number}", parts=breaks == 1) for number in range(breaks)]
    by_drive = any(rule.after_drive is not None for rule in rules)
    steps, legs = [], []
    clock = start = at("07:00") + draw.randrange(4) * 30 * MINUTE
    for number in range(gaps + 1):
        fast, slow = (draw.choice((0, 20, 40, 60, 90)) * MINUTE for _ in range(2))
        if by_drive or not draw.randrange(3):
            slow = fast
        legs.append(Leg([0, at("09:30"), at("11:00")], [fast, slow, fast], [0, 0, 0]))
        clock += fast
        opens = clock + draw.randrange(-3, 4) * 20 * MINUTE
        window = Window(opens, opens + draw.choice((30, 60, 120)) * MINUTE)
        later = Window(window.end + HOUR, window.end + 2 * HOUR)
        windows = draw.choice(((), (), (window,), (window, later)))
        limits = draw.choice((windows, windows, ()))
        service = draw.choice((0, 10, 30)) * MINUTE
        steps.append(
            Step(VISIT_STOP, f"S{number}", number, number, windows, limits, draw.choice((0, 300)), service)
        )
        clock += service
    shift = Window(at("07:00"), draw.choice((clock + 30 * MINUTE, clock + 3 * HOUR)))
    return replace(VAN, breaks=tuple(rules), shift=shift), steps, legs, start


def random_break(draw: Random, name: str, *, parts: bool) -> Break:
    rest = Break(name, draw.choice((20, 30, 45)) * MINUTE, paid=draw.random() < 0.5)
    kind = draw.randrange(3)
    if kind == 0:
        opens = at("08:00") + draw.randrange(10) * 20 * MINUTE
        return replace(rest, window=Window(opens, opens + draw.choice((20, 60)) * MINUTE))
    first = draw.choice((0, 10, 15)) * MINUTE if parts or draw.random() < 0.3 else 0
    rest = replace(rest, gone=draw.choice((0, 0, 45, 200)) * MINUTE)
    if kind == 1:
        return replace(rest, after_drive=draw.choice((60, 90, 150)) * MINUTE, first_part=first)
    return replace(rest, after_work=draw.choice((60, 120, 180)) * MINUTE, first_part=first)


NOT_TAKEN = (10**9, 0)
"""The outcome of a rest that is not taken at all."""


def by_hand(
    vehicle: Vehicle, steps: list[Step], legs: list[Leg], start: int, taken: list[Rest]
) -> tuple[int, int]:
    """Return rules broken and the end of work: first the times of all visits, then each rule in turn."""
    visits = []
    clock, broken = start, 0
    for number, step in enumerate(steps):
        arrival = legs[number].arrival(clock) if number else clock
        begin = arrival + step.setup
        begin = next((max(begin, one.start) for one in step.windows if begin <= one.end), begin)
        broken += bool(step.limits) and begin > step.limits[-1].end
        visits.append((step.kind, None, arrival - clock, begin, begin + step.service))
        clock = begin + step.service
        for rest in taken:
            if rest.after == number:
                window = vehicle.breaks[rest.which].window
                begin = max(clock, window.start) if window else clock
                visits.append((VISIT_BREAK, rest.which, 0, begin, begin + rest.seconds))
                clock = begin + rest.seconds
    broken += clock > vehicle.shift.end
    for which, rule in enumerate(vehicle.breaks):
        if rule.window:
            own = [begin for _, of, _, begin, _ in visits if of == which]
            if any(begin > rule.window.end for begin in own):
                return NOT_TAKEN
            broken += not own and start <= rule.window.start and clock > rule.window.end
            continue
        gone = min(rule.gone, rule.after_drive or rule.after_work)
        driven, since, first_taken = gone, start - gone, False
        for number, (kind, of, drive, begin, end) in enumerate(visits):
            after_first = all(visit[0] == VISIT_BREAK for visit in visits[1 : number + 1])
            if of == which and after_first and (not driven if rule.after_drive else begin == since):
                return NOT_TAKEN
            rest = end - begin if kind == VISIT_BREAK else 0
            second = first_taken and rest >= rule.duration - rule.first_part
            resets = kind == VISIT_BREAK and (rest >= rule.duration or second)
            driven += drive
            if rule.after_drive is not None:
                broken += kind != VISIT_BREAK and driven > rule.after_drive
            else:
                broken += (begin if resets else end) - since > rule.after_work
            if resets:
                driven, since, first_taken = 0, end, False
            elif kind == VISIT_BREAK and rule.first_part and rest >= rule.first_part:
                first_taken = True
    return broken, clock


def ways_to_rest(vehicle: Vehicle, gaps: int) -> list[list[Rest]]:
    """Return all ways to take breaks: those with a window once in all, of the others one after a step."""
    lengths = [
        {rule.duration, *((rule.first_part, rule.duration - rule.first_part) if rule.first_part else ())}
        for rule in vehicle.breaks
    ]
    numbers = range(len(vehicle.breaks))
    in_a_place = [
        tuple(zip(order, chosen))
        for count in range(len(vehicle.breaks) + 1)
        for order in permutations(numbers, count)
        if sum(vehicle.breaks[which].window is None for which in order) < 2
        for chosen in product(*(sorted(lengths[which]) for which in order))
    ]
    ways = []
    for places in product(in_a_place, repeat=gaps):
        all_taken = [which for place in places for which, _ in place]
        if all(all_taken.count(which) < 2 for which in numbers if vehicle.breaks[which].window):
            ways.append(
                [Rest(after, which, seconds) for after, one in enumerate(places) for which, seconds in one]
            )
    return ways


@pytest.mark.parametrize("seed", range(20))
def test_no_other_way_to_rest_is_better(seed):
    """Fewest rules broken, then the earliest end, of all ways there are; and no rest too many."""
    draw = Random(seed)
    rested = kept = 0
    for _ in range(12):
        vehicle, steps, legs, start = random_day(draw)
        found = rests(vehicle, steps, lambda number, left, legs=legs: legs[number].arrival(left), start)
        ways = ways_to_rest(vehicle, len(steps) - 1)
        if len(ways) > 800:
            continue
        reached = by_hand(vehicle, steps, legs, start, found)
        best = min(by_hand(vehicle, steps, legs, start, way) for way in ways)
        assert reached == best, (vehicle.breaks, steps, found)
        for rest in found:
            less = [one for one in found if one is not rest]
            assert by_hand(vehicle, steps, legs, start, less) > reached
        rested += bool(found)
        kept += not best[0]
    assert rested
    assert kept
