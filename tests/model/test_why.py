"""Why a stop is served otherwise than before: the words, against plans made on paper. Needs no QGIS."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optiway_qgis.model.compare import Served, served_by
from optiway_qgis.model.day import Day, Progress
from optiway_qgis.model.disruptions import Disruption
from optiway_qgis.model.edits import Edit
from optiway_qgis.model.plan import VISIT_TRANSFER, Plan, Unassigned
from optiway_qgis.model.problem import DAY, Goals, Sequence, Window
from optiway_qgis.model.standing import lost_place
from optiway_qgis.model.why import Causes, day_changes
from tests.model.test_compare import HOUR, MINUTE, PROBLEM, route, visit

NOON = 12 * HOUR
LOST = Disruption("vehicle_lost", "V3", time=11 * HOUR + 20 * MINUTE)
LATE = Disruption("late", "V2", seconds=25 * MINUTE)
CLOSED = Disruption("road_closed", time=10 * HOUR + 30 * MINUTE)
BEFORE = (route("V1", "A", "B"), route("V2", "C", "D", "E"))


def plan(*routes, unassigned=()):
    """A plan of these routes."""
    return Plan("p", tuple(routes), tuple(unassigned))


def whys(before, after, edits=(), disruptions=(), problem=PROBLEM, rejected=None, day=Day(), sequences=()):
    """Stop -> why, of each stop that the routes or plan `after` serve otherwise."""
    made = after if isinstance(after, Plan) else plan(*after)
    causes = Causes(tuple(edits), tuple(disruptions))
    return dict(day_changes(problem, served_by(plan(*before)), made, causes, rejected, day, sequences).whys)


def later(made, seconds):
    """The route with all arrivals at stops that much later."""
    return replace(made, visits=tuple(replace(one, arrival=one.arrival + seconds) for one in made.visits))


def test_what_stays_is_not_told():
    """A plan is no change of itself, nor are arrivals that differ by less than a minute."""
    assert whys(BEFORE, BEFORE) == {}
    assert whys(BEFORE, (later(BEFORE[0], 59), BEFORE[1])) == {}
    assert set(whys(BEFORE, (later(BEFORE[0], 60), BEFORE[1]))) == {"A", "B"}


def test_a_stop_that_was_added_is_told_and_so_are_those_after_it():
    """The dispatcher sees at once why others arrive later."""
    after = (route("V1", "A", "F", "B"), BEFORE[1])
    assert whys(BEFORE, after, [Edit("add", "F")]) == {
        "F": "added by an edit",
        "B": "F was put in before it",
    }


def test_a_stop_of_no_route_before_is_said_to_be_one():
    """It was not added: it was left out, and fits now."""
    assert whys(BEFORE, (route("V1", "A", "B", "F"), BEFORE[1])) == {"F": "was on no route before"}


def test_a_stop_that_was_removed_is_told_and_so_are_those_that_come_earlier():
    """By an edit, whatever else the plan says of it."""
    after = (BEFORE[0], route("V2", "D", "E"))
    told = whys(BEFORE, after, [Edit("remove", "C")], rejected={"C": "Excluded."})
    assert told == {
        "C": "removed by an edit",
        "D": "C was taken out before it",
        "E": "C was taken out before it",
    }


def test_a_stop_left_out_has_its_reason():
    """The sentence of the plan, or of the row that could not be read; nothing where nobody said any."""
    after = plan(BEFORE[0], route("V2", "C", "D"), unassigned=[Unassigned("E", "shift", "V2 is late home.")])
    assert whys(BEFORE, after)["E"] == "left out: V2 is late home."
    bare = replace(after, unassigned=())
    assert whys(BEFORE, bare, rejected={"E": "status is cancelled."})["E"] == "left out: status is cancelled."
    assert whys(BEFORE, bare)["E"] == "not in the plan any more"


def test_an_edit_that_leads_to_nothing_is_told_with_the_reason():
    """A window that no vehicle can keep."""
    window = Edit("update", "E", members={"windows": (Window(10 * HOUR, 11 * HOUR),)})
    after = plan(BEFORE[0], route("V2", "C", "D"), unassigned=[Unassigned("E", "time_window", "Too late.")])
    assert whys(BEFORE, after, [window])["E"] == "window changed to 10:00-11:00; left out: Too late."


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit("update", "B", members={"windows": (Window(36000, 39600),)}), "window changed to 10:00-11:00"),
        (
            Edit("update", "B", members={"windows": (Window(36000, 2 * DAY),)}),
            "window changed to 10:00 or later",
        ),
        (Edit("update", "B", members={"windows": (Window(0, 36000),)}), "window changed to 10:00 or earlier"),
        (Edit("update", "B", members={"windows": (Window(0, 2 * DAY),)}), "window changed to any time"),
        (Edit("update", "B", members={"service": 900}), "changed by an edit"),
        (Edit("move", "B", vehicle_id="V2", place=0), "moved to V2 by an edit"),
        (Edit("move", "B"), "moved by an edit"),
        (Edit("lock", "B", members={"keep": "order"}), "locked by an edit"),
    ],
)
def test_what_was_asked_for_is_the_reason(edit, words):
    """Whether it moves the stop or not: no other cause is looked for where it moves it."""
    after = (route("V1", "A"), route("V2", "B", "C", "D", "E"))
    told = whys(BEFORE, after, [edit])
    assert told["B"] == words
    assert told["C"] == "B was put in before it"


def test_stops_of_a_lost_vehicle_say_so_and_where_their_goods_are():
    """Fetched where it stands by the vehicle that takes the stop over, unless there is nothing to fetch."""
    before = (*BEFORE, route("V3", "F"))
    taken = route("V1", "A", "B", "F")
    lost = "V3 is lost from 11:20"
    assert whys(before, (taken, BEFORE[1]), disruptions=[LOST]) == {"F": lost}
    fetched = visit(VISIT_TRANSFER, lost_place("V3"), 9, NOON)
    *others, stop, end = taken.visits
    with_goods = replace(taken, visits=(*others, fetched, replace(stop, fetched_at=9), end))
    assert whys(before, (with_goods, BEFORE[1]), disruptions=[LOST]) == {
        "F": f"{lost}; V1 fetches its goods where V3 stands"
    }
    of_others = replace(taken, visits=(*others, fetched, stop, end))
    assert whys(before, (of_others, BEFORE[1]), disruptions=[LOST]) == {"F": lost}


def test_stops_after_goods_are_fetched_say_so():
    """V1 drives out of its way before B comes, for F that it was given; its own goods are no reason."""
    before = (*BEFORE, route("V3", "F"))
    fetched = visit(VISIT_TRANSFER, lost_place("V3"), 9, NOON)
    start, *own, taken, end = later(route("V1", "A", "B", "F"), 900).visits
    there = [start, own[0], replace(fetched, sequence=2), replace(own[1], sequence=3)]
    made = replace(route("V1"), visits=(*there, replace(taken, sequence=4, fetched_at=2), end))
    told = whys(before, (made, BEFORE[1]), disruptions=[LOST])
    assert (told["A"], told["B"]) == ("timed anew", "V1 fetches goods before it")
    known = (route("V1", "A", "B", "F"), BEFORE[1])
    assert set(whys(known, (made, BEFORE[1])).values()) == {"timed anew"}


def test_stops_of_a_sick_driver_and_what_is_left_out_of_them():
    """Before the day has begun there is no time to tell."""
    before = (*BEFORE, route("V3", "F"))
    left_out = plan(*BEFORE, unassigned=[Unassigned("F", "capacity", "All are full.")])
    sick = Disruption("driver_sick", "V3")
    assert whys(before, left_out, disruptions=[sick]) == {
        "F": "the driver of V3 is sick; left out: All are full."
    }


def test_a_late_vehicle_makes_its_own_stops_late_and_no_others():
    """V1 has no such reason, so none is told."""
    after = (later(BEFORE[0], 300), later(BEFORE[1], 25 * MINUTE))
    told = whys(BEFORE, after, disruptions=[LATE])
    assert {told[stop] for stop in "CDE"} == {"V2 runs 25 min late"}
    assert {told[stop] for stop in "AB"} == {"timed anew"}


def test_a_late_vehicle_is_no_reason_to_be_early():
    """What makes a stop earlier is what is no longer before it."""
    after = (route("V1", "A", "B", "C"), route("V2", "D", "E"))
    told = whys(BEFORE, after, disruptions=[LATE])
    assert told["D"] == told["E"] == "C was taken out before it"


@pytest.mark.parametrize(
    ("seconds", "words"), [(720, "V2 left C 12 min late"), (-720, "V2 left C 12 min early")]
)
def test_actual_times_tell_how_far_a_vehicle_is_behind(seconds, words):
    """From its last departure that was noted; one that is on time within a minute is not told."""
    made = BEFORE[1]
    done = replace(made.visits[1], status="done", actual_departure=made.visits[1].end + seconds)
    rest = later(made, seconds).visits[2:]
    told = whys(BEFORE, (BEFORE[0], replace(made, visits=(made.visits[0], done, *rest))))
    assert told == {"D": words, "E": words}
    on_time = replace(done, actual_departure=made.visits[1].end + 59)
    after = (BEFORE[0], replace(made, visits=(made.visits[0], on_time, *rest)))
    assert whys(BEFORE, after) == dict.fromkeys("DE", "timed anew")
    left = Day(progress=(Progress("V2", visits=(on_time,)),))
    assert whys(BEFORE, after, day=left) == dict.fromkeys("DE", "timed anew from where V2 is")


def test_a_vehicle_that_starts_now_has_not_left_in_time():
    """It could have been gone for an hour; one that has left, or starts later, has other reasons."""
    after = (BEFORE[0], replace(later(BEFORE[1], HOUR), start=9 * HOUR))
    assert set(whys(BEFORE, after, day=Day(now=9 * HOUR)).values()) == {"V2 had not left at 09:00"}
    assert set(whys(BEFORE, after, day=Day(now=8 * HOUR)).values()) == {"timed anew"}
    left = Day(9 * HOUR, (Progress("V2", visits=(BEFORE[1].visits[0],)),))
    assert set(whys(BEFORE, after, day=left).values()) == {"timed anew from where V2 is"}


def test_two_causes_are_both_told():
    """Late, and another stop put in before."""
    after = (BEFORE[0], later(route("V2", "C", "F", "D", "E"), 25 * MINUTE))
    told = whys(BEFORE, after, [Edit("add", "F")], [LATE])
    assert told["D"] == "V2 runs 25 min late; F was put in before it"


def test_another_order_on_the_same_vehicle_names_who_changed_sides():
    """D comes first now: C is later for that, and D earlier."""
    told = whys(BEFORE, (BEFORE[0], route("V2", "D", "C", "E")))
    assert told == {"C": "D comes before it now", "D": "C comes after it now"}


def test_a_stop_before_that_was_changed_is_a_reason():
    """The window of C makes V2 wait."""
    window = Disruption("window", stop_id="C", window=Window(9 * HOUR, 10 * HOUR))
    told = whys(BEFORE, (BEFORE[0], later(BEFORE[1], HOUR)), disruptions=[window])
    assert told["C"].startswith("window changed to 09:00-10:00")
    assert told["D"] == told["E"] == "C before it was changed"


def test_a_stop_that_was_only_locked_is_no_reason_for_those_after_it():
    """A lock moves nobody."""
    after = (BEFORE[0], later(BEFORE[1], HOUR))
    told = whys(BEFORE, after, [Edit("lock", "C", members={"keep": "order"})], [LATE])
    assert told["C"] == "locked by an edit; V2 runs 25 min late"
    assert told["D"] == told["E"] == "V2 runs 25 min late"


def test_a_new_shift_is_a_reason_on_its_vehicle():
    """An hour later by the start of the shift."""
    shift = Disruption("shift", "V2", shift_start=9 * HOUR)
    told = whys(BEFORE, (BEFORE[0], later(BEFORE[1], HOUR)), disruptions=[shift])
    assert set(told.values()) == {"the shift of V2 begins at 09:00"}
    both = replace(shift, shift_end=26 * HOUR)
    told = whys(BEFORE, (BEFORE[0], later(BEFORE[1], HOUR)), disruptions=[both])
    assert set(told.values()) == {"the shift of V2 begins at 09:00 and ends at 02:00 (+1 d)"}


def test_a_closed_road_is_told_where_nothing_else_explains_the_time():
    """Same vehicle, same order, later: the ways are others."""
    told = whys(BEFORE, (later(BEFORE[0], 600), BEFORE[1]), disruptions=[CLOSED])
    assert set(told.values()) == {"a road is closed from 10:30"}


def test_what_nobody_knows_is_not_invented():
    """A stop that another vehicle serves, for no cause of its own: the search found it cheaper."""
    after = (route("V1", "A"), route("V2", "C", "B", "D", "E"))
    assert whys(BEFORE, after)["B"] == "re-planned: cheaper by all rules"
    edits = [Edit("add", name) for name in ("X1", "X2", "X3", "X4")]
    assert whys(BEFORE, after, edits, [CLOSED])["B"] == (
        "re-planned (a road is closed from 10:30, X1 was added, X2 was added and 2 more): "
        "cheaper by all rules"
    )


def test_what_was_done_by_hand_is_no_work_of_the_search():
    """Somebody gave B to V2 in the table, or to nobody; what is still found on V1 the search has moved."""
    after = (route("V1", "A"), route("V2", "C", "B", "D", "E"))

    def why(*orders):
        return whys(BEFORE, after, sequences=[Sequence(name, tuple(stops)) for name, stops in orders])["B"]

    assert why(("V1", "A"), ("V2", "CBDE")) == "was moved to V2 by hand"
    assert why(("V1", "A"), ("V2", "CDE")) == "was taken off V1"
    assert why(("V1", "AB"), ("V2", "CDE")) == "re-planned: cheaper by all rules"
    assert why(("V1", "A"), ("V2", "CDE"), ("V3", "B")) == "re-planned: cheaper by all rules"


def test_the_other_stop_of_a_pair_goes_with_it():
    """An edit of the delivery moves its pickup, too."""
    stops = tuple(replace(stop, picked_up_at="A") if stop.id == "B" else stop for stop in PROBLEM.stops)
    problem = replace(PROBLEM, stops=stops)
    after = (route("V2", "C", "D", "E"), route("V3", "A", "B"))
    told = whys(BEFORE, after, [Edit("move", "B", vehicle_id="V3")], problem=problem)
    assert told == {"B": "moved to V3 by an edit", "A": "goes with B: moved to V3 by an edit"}


def test_counts_are_of_stops_on_another_vehicle_and_of_promises():
    """Moved ones, and those served earlier or later by more than the tolerance; left out is neither."""
    problem = replace(PROBLEM, goals=Goals(promise_tolerance=20 * MINUTE))
    before = {
        "A": Served("V1", 1, 1, 8 * HOUR + 10 * MINUTE, 0),
        "B": Served("V1", 2, 2, 8 * HOUR + 4 * MINUTE, 0),
        "C": Served("V1", 3, 3, 9 * HOUR, 0),
    }
    found = day_changes(problem, before, plan(route("V2", "A"), route("V1", "B")))
    assert (found.moved, found.missed) == (1, ())
    early = {**before, "B": replace(before["B"], eta=7 * HOUR + 49 * MINUTE)}
    assert day_changes(problem, early, plan(route("V2", "A"), route("V1", "B"))).missed == ("B",)


def test_a_stop_that_only_the_plan_before_knows_is_told():
    """It is in no problem any more."""
    gone = replace(PROBLEM, stops=tuple(stop for stop in PROBLEM.stops if stop.id != "E"))
    after = (BEFORE[0], route("V2", "C", "D"))
    assert whys(BEFORE, after, [Edit("remove", "E")], problem=gone) == {"E": "removed by an edit"}
