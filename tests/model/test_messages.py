"""What changes for each driver, and the words for it, against days worked out on paper. Needs no QGIS."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiway_qgis.model.differences import DriverRoute, DriverVisit, differences
from optiway_qgis.model.messages import PHRASES, message

TEN_MINUTES = 600


def at(clock: str) -> int:
    """Seconds from midnight."""
    hours, minutes = clock.split(":")
    return 3600 * int(hours) + 60 * int(minutes)


def visit(id_: str, clock: str, kind: str = "stop", behind: bool = False, **words: str) -> DriverVisit:
    """A visit without a name unless there are `words`."""
    return DriverVisit(kind, id_, at(clock), behind=behind, **words)


def route(*visits: DriverVisit, vehicle: str = "V1", driver: str = "Marta") -> DriverRoute:
    """The day of a driver."""
    return DriverRoute(vehicle, driver, visits)


def line(*names: str, start: str = "10:00", every: int = 20, **of_route: str) -> DriverRoute:
    """Stops one after the other."""
    begin = at(start)
    visits = [DriverVisit("stop", name, begin + 60 * every * number) for number, name in enumerate(names)]
    return route(*visits, **of_route)


def told(before: DriverRoute, after: DriverRoute, version: int | None = 2) -> str:
    """The message for the one driver there is."""
    (difference,) = differences([before], [after], TEN_MINUTES)
    return message(difference, "2026-05-04", version)


def test_a_reload_that_falls_away_is_told_when_another_is_done():
    """Both are at the same depot; the one that is behind the driver is not the one still to come."""
    done = visit("D1", "10:30", kind="reload", behind=True)
    again = visit("D1", "13:00", kind="reload")
    stops = visit("S1", "12:30"), visit("S2", "14:00")
    (less,) = differences([route(done, stops[0], again, stops[1])], [route(done, *stops)], TEN_MINUTES)
    assert less.removed == (again,)
    (more,) = differences([route(done, *stops)], [route(done, stops[0], again, stops[1])], TEN_MINUTES)
    assert more.added == (again,)


def test_a_driver_is_told_all_that_changes_in_one_message():
    """New, gone and later in the order of the day, and where to go next; what is done is not mentioned."""
    before = route(
        visit("S01", "9:00", behind=True),
        visit("S02", "9:30", behind=True),
        visit("S09", "10:55"),
        visit("S12", "11:20"),
        visit("S14", "11:40"),
    )
    after = route(
        visit("S01", "9:00", behind=True),
        visit("S02", "9:41", behind=True),
        visit("S09", "10:56"),
        visit("S20", "11:38", name="Café Lisboa", address="Rua X 12"),
        visit("S14", "12:06"),
    )
    assert told(before, after) == (
        "Marta, your route for 4 May has changed (version 2). New: Café Lisboa, Rua X 12, as stop 4, about "
        "11:40. No longer yours: S12. Later: S14 about 12:05 instead of 11:40. Next: S09 at 10:55."
    )


def test_nothing_is_told_where_nothing_changes():
    """Neither small shifts nor what is behind the driver are changes."""
    before = route(visit("S1", "9:00"), visit("S2", "10:00"), visit("S3", "11:00"))
    after = route(visit("S1", "9:40", behind=True), visit("S2", "10:09"), visit("S3", "10:51"))
    (difference,) = differences([before], [after], TEN_MINUTES)
    assert not difference.is_any
    assert difference.first is None
    assert message(difference, "2026-05-04", 2) == "No changes."


def test_a_shift_that_is_told_as_the_same_time_is_none():
    """11:40 instead of 11:40 helps nobody, whatever the limit."""
    before, after = route(visit("S1", "11:38")), route(visit("S1", "11:42"))
    (difference,) = differences([before], [after], 0)
    assert not difference.is_any
    (difference,) = differences([before], [route(visit("S1", "11:43"))], 0)
    assert [shift.seconds for shift in difference.later] == [300]


def test_a_stop_goes_from_one_driver_to_another():
    """One is told that it is gone, the other that it is new."""
    before = [line("A", "B"), line("C", vehicle="V2", driver="João")]
    after = [line("A"), line("C", "B", vehicle="V2", driver="João")]
    first, second = differences(before, after, TEN_MINUTES)
    assert [visit.id for visit in first.removed] == [visit.id for visit in second.added] == ["B"]
    assert message(second, "2026-05-04", None) == (
        "João, your route for 4 May has changed. New: B, as stop 2, about 10:20. First: C at 10:00."
    )


def test_moved_stops_are_the_fewest_that_explain_the_order():
    """Only the one that was put elsewhere; the others follow as before."""
    text = told(line("A", "B", "C", "D", every=5), line("B", "C", "D", "A", every=5))
    assert text == (
        "Marta, your route for 4 May has changed (version 2). Moved: A, as stop 4, about 10:15. First: B at "
        "10:00."
    )


@pytest.mark.parametrize("order", list(permutations("ABCDE")))
def test_moved_and_kept_stops_against_all_choices(order):
    """No choice of stops to leave out is smaller than the one that is told, and the rest keeps its order."""
    (difference,) = differences([line(*"ABCDE")], [line(*order)], TEN_MINUTES)
    moved = {shift.after.id for shift in difference.moved}
    kept = [name for name in order if name not in moved]
    assert kept == sorted(kept)
    least = min(
        5 - len(chosen)
        for bits in range(32)
        for chosen in [[name for place, name in enumerate(order) if bits >> place & 1]]
        if chosen == sorted(chosen)
    )
    assert len(moved) == least


def test_many_moved_stops_are_told_as_the_new_order():
    """From the first to the last of them; four sentences about places would be harder to follow."""
    text = told(line(*"ABCDEFG", every=5), line(*"AFEDCBG", every=5))
    assert "New order: F 10:05, E 10:10, D 10:15, C 10:20" in text
    assert "Moved" not in text
    assert "A 10:00" not in text
    assert "G 10:30" not in text


def test_a_whole_route_that_slips_is_one_sentence():
    """Eight times would not fit into a text message."""
    names = [f"S{number}" for number in range(1, 9)]
    text = told(line(*names), line(*names, start="10:26"))
    assert text == (
        "Marta, your route for 4 May has changed (version 2). Later: 8 stops from S1 (about 10:25) to S8 "
        "(about 12:45), by about 25 minutes. First: S1 at 10:25."
    )
    slipping = told(line(*names), line(*names, start="10:10", every=22))
    assert "by 10 to 25 minutes" in slipping


def test_another_start_of_work_is_told_unless_it_has_begun():
    """Who has to come earlier has to know it."""
    depot = {"kind": "start", "name": "Depot North"}
    before = route(visit("D1", "8:00", **depot), visit("A", "8:30"))
    after = route(visit("D1", "7:30", **depot), visit("A", "8:30"))
    text = told(before, after)
    assert "You start at 07:30 instead of 08:00. First: A at 08:30." in text
    begun = route(visit("D1", "7:30", behind=True, **depot), visit("A", "8:30"))
    (difference,) = differences([before], [begun], TEN_MINUTES)
    assert not difference.is_any


def test_goods_to_be_fetched_and_reloads_are_told():
    """They are no stops and have no number, and the driver has to go there all the same."""
    reload = visit("D1", "11:00", "reload", name="Depot North")
    fetch = visit("V2 stands here", "11:30", "transfer")
    text = told(route(visit("A", "10:00"), reload), route(visit("A", "10:00"), fetch))
    assert "New: fetch goods (V2 stands here), about 11:30." in text
    assert "No longer yours: reload at Depot North." in text


def test_breaks_are_not_told():
    """They are taken as they fall due."""
    pause = visit("lunch", "12:00", "break")
    (difference,) = differences([line("A")], [route(*line("A").visits, pause)], TEN_MINUTES)
    assert not difference.is_any


def test_a_route_that_is_taken_away_and_one_that_is_new():
    """The opening says so, and what is gone is not listed at length."""
    names = [f"S{number}" for number in range(1, 7)]
    gone, new = differences([line(*names)], [line(*names, vehicle="V2", driver="João")], TEN_MINUTES)[::-1]
    assert message(gone, "2026-05-04", 3) == (
        "Marta, you have no route on 4 May any more (version 3). No longer yours: all stops still to do (6)."
    )
    assert message(new, "2026-05-04", 3).startswith(
        "João, you have a route on 4 May (version 3). New: S1, as stop 1, about 10:00; S2, as stop 2"
    )


def test_a_lost_vehicle_leaves_what_was_done():
    """The driver has no route to go on with, and what he did is not mentioned."""
    done = visit("A", "9:00", behind=True)
    text = told(route(done, visit("B", "10:00")), route(done))
    assert text == "Marta, your route for 4 May has changed (version 2). No longer yours: B."


def test_a_vehicle_with_another_driver_is_two_messages():
    """All is new to the one and gone for the other; a name that was not known before is nobody else."""
    new, old = differences([line("A")], [line("A", driver="João")], TEN_MINUTES)
    assert (new.driver, old.driver) == ("João", "Marta")
    assert [visit.id for visit in new.added] == [visit.id for visit in old.removed] == ["A"]
    (same,) = differences([line("A", driver="")], [line("A")], TEN_MINUTES)
    assert not same.is_any


def test_stops_that_share_a_name_are_told_apart():
    """Two branches of one chain: the id says which."""
    chain = {"name": "Bakery"}
    before = route(visit("S1", "10:00", **chain), visit("S2", "11:00", **chain))
    assert "No longer yours: Bakery (S2)." in told(before, route(visit("S1", "10:00", **chain)))


def test_a_text_is_one_line():
    """Names with line breaks, as spreadsheets have them, would break a text message."""
    new = visit("S2", "11:00", name="Café\n Lisboa", address="Rua X\r\n12")
    text = told(line("A"), route(*line("A").visits, new))
    assert "New: Café Lisboa, Rua X 12, as stop 2" in text
    assert "\n" not in text


def test_the_night_has_clock_times_too():
    """A quarter past midnight is 00:15, not 24:15."""
    text = told(line("A"), route(*line("A").visits, visit("S2", "24:14")))
    assert "about 00:15" in text


def test_another_language_is_another_table_of_phrases():
    """Every word of a text comes from it."""
    (difference,) = differences([line("A", "B")], [line("A")], TEN_MINUTES)
    foreign = {
        **PHRASES,
        "changed": "{who}: {day}{version}.",
        "day": "{day}. {month}",
        "version": " v{version}",
    }
    foreign.update(removed="Entfällt: {items}.", first="Zuerst: {item} um {time}.")
    foreign["months"] = PHRASES["months"].replace("May", "Mai")
    assert (
        message(difference, "2026-05-04", 2, foreign) == "Marta: 4. Mai v2. Entfällt: B. Zuerst: A um 10:00."
    )


days = st.lists(
    st.tuples(st.sampled_from("ABCDEFGH"), st.integers(0, 90), st.booleans()),
    unique_by=lambda one: one[0],
    max_size=8,
)


@given(days, days)
def test_each_stop_is_told_once_and_none_that_is_done(old, new):
    """Added, removed, moved, later and earlier are apart, and hold nothing that is behind the driver."""
    before, after = (
        route(*(DriverVisit("stop", name, 36000 + 60 * shift, behind=behind) for name, shift, behind in day))
        for day in (old, new)
    )
    for difference in differences([before], [after], TEN_MINUTES):
        shifts = (*difference.moved, *difference.later, *difference.earlier)
        visits = [*difference.added, *difference.removed, *(shift.after for shift in shifts)]
        ids = [visit.id for visit in visits]
        assert len(ids) == len(set(ids))
        assert not any(visit.behind for visit in visits)
        to_do = [{visit.id for visit in day.to_do} for day in (before, after)]
        assert {visit.id for visit in difference.added} == to_do[1] - to_do[0]
        behind = {visit.id for visit in after.visits} - to_do[1]
        assert {visit.id for visit in difference.removed} == to_do[0] - to_do[1] - behind
        assert difference.is_any == bool(ids)
        assert message(difference, "2026-05-04", 2)
