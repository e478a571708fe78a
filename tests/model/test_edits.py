"""What edits make of a problem and its order: nothing is lost, doubled, or changed unasked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from optiway_qgis.model.day import GOODS_FREE, Day, Progress
from optiway_qgis.model.edits import ADD, LOCK, MOVE, REMOVE, UPDATE, Edit, applied
from optiway_qgis.model.plan import VISIT_STOP, Visit
from optiway_qgis.model.problem import KEEP_ORDER, Planned, Problem, Sequence, Stop, Vehicle, Window

DONE = ("S0", "S1")
NOON = {"windows": (Window(0, 43200),)}


def stop(name: str, **members) -> Stop:
    """A stop somewhere, of five minutes."""
    return Stop(name, -8.6, 41.1, service=300, **members)


STOPS = (
    *(stop(f"S{number}") for number in range(8)),
    stop("P", pickup=(1000,)),
    stop("D", delivery=(1000,), picked_up_at="P", before=("S7",)),
    stop("U"),
)
PROBLEM = Problem("2026-05-04", "Europe/Lisbon", STOPS, (), tuple(Vehicle(f"V{n}") for n in (1, 2, 3)))
ORDER = (Sequence("V1", ("S2", "S3", "P", "S4", "D", "S7")), Sequence("V2", ("S5", "S6"), (1,)))


def under_way(*done: str, vehicle_id: str = "V1", next_stop: str = "", **how) -> Day:
    """A day on which the vehicle has made these stops."""
    visits = tuple(
        Visit(VISIT_STOP, name, at, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ()) for at, name in enumerate(done, 1)
    )
    lost = how.pop("lost", False)
    return Day(40_000, (Progress(vehicle_id, visits, next_stop=next_stop, lost=lost),), **how)


DAY = under_way(*DONE)


def edited(*edits: Edit, **how):
    """The edits carried out on PROBLEM and ORDER; none may be refused."""
    found = applied(PROBLEM, ORDER, edits, **{"day": DAY, **how})
    assert not found.faults
    return found


def routes(found) -> dict[str, tuple[str, ...]]:
    """The stops of each vehicle."""
    return {entry.vehicle_id: entry.stops for entry in found.sequences}


def faults(*edits: Edit, **how) -> list[tuple[int, str]]:
    """Number and code of each fault; where there is one, nothing is changed."""
    found = applied(PROBLEM, ORDER, edits, **{"day": DAY, **how})
    assert found.problem == PROBLEM and found.sequences == ORDER
    assert not found.loose and not found.removed and not found.notes
    return [(number, fault.code) for number, fault in found.faults]


def test_no_edit_changes_nothing():
    """The plan comes back as it was given."""
    found = edited()
    assert (found.problem, found.sequences, found.loose, found.removed) == (PROBLEM, ORDER, (), ())


def test_an_added_stop_goes_where_it_is_told():
    """Before the stop at that place; behind all others where the place is beyond them."""
    added = [stop("N1"), stop("N2"), stop("N3")]
    found = edited(
        Edit(ADD, "N1", added[0], vehicle_id="V1", place=1),
        Edit(ADD, "N2", added[1], vehicle_id="V1", place=1),
        Edit(ADD, "N3", added[2], vehicle_id="V3", place=5),
    )
    assert routes(found) == {
        "V1": ("S2", "N1", "N2", "S3", "P", "S4", "D", "S7"),
        "V2": ("S5", "S6"),
        "V3": ("N3",),
    }
    assert found.loose == ()
    assert found.problem.stops == (
        *STOPS,
        *(replace(a, vehicle_id=v) for a, v in zip(added, ("V1", "V1", "V3"))),
    )


def test_places_are_those_before_any_edit():
    """A stop taken away in front, or put there, does not shift what another edit says."""
    found = edited(
        Edit(REMOVE, "S2"),
        Edit(ADD, "N", stop("N"), vehicle_id="V1", place=0),
        Edit(MOVE, "U", vehicle_id="V1", place=3),
        Edit(MOVE, "S7", place=1),
    )
    assert routes(found)["V1"] == ("N", "S7", "S3", "P", "U", "S4", "D")


def test_what_has_no_place_is_loose_where_places_are_searched_for():
    """Off its route, bound to the vehicle that was named."""
    found = edited(
        Edit(ADD, "N", stop("N")),
        Edit(MOVE, "S3", vehicle_id="V2"),
        Edit(MOVE, "S6"),
        Edit(UPDATE, "S2", members=NOON),
        Edit(UPDATE, "U", members={"service": 60}),
    )
    assert set(found.loose) == {"N", "S3", "S6", "S2", "U"}
    assert routes(found) == {"V1": ("P", "S4", "D", "S7"), "V2": ("S5",)}
    bound = {one.id: one.vehicle_id for one in found.problem.stops if one.vehicle_id}
    assert bound == {"S3": "V2"}
    assert found.sequences[1].reloads == ()  # nothing is left behind the reload


def test_where_nothing_is_searched_for_the_order_stays():
    """Added and moved stops go last, updated ones stay."""
    found = edited(
        Edit(ADD, "N", stop("N"), vehicle_id="V2"),
        Edit(MOVE, "S3", vehicle_id="V2"),
        Edit(MOVE, "S5", vehicle_id="V2"),
        Edit(UPDATE, "S2", members=NOON),
        Edit(UPDATE, "U", members=NOON),
        searches=False,
    )
    assert found.loose == ()
    assert routes(found) == {"V1": ("S2", "P", "S4", "D", "S7"), "V2": ("S5", "S6", "N", "S3")}
    assert [one.id for one in found.problem.stops if one.windows] == ["S2", "U"]


@pytest.mark.parametrize(
    ("members", "is_loose"),
    [
        (NOON, True),
        ({"service": 600}, True),
        ({"lon": -8.7}, True),
        ({"delivery": (5,)}, True),
        ({"skills": ("fridge",)}, True),
        ({"service": 300}, False),
        ({"name": "Bakery", "priority": 5, "penalty": 3.0}, False),
        ({"vehicle_id": "V1", "keep": KEEP_ORDER, "keep_rank": 2000}, False),
    ],
)
def test_only_what_may_need_another_place_is_loose(members, is_loose):
    """A stop whose name changes stays where it is, and so does one that a vehicle is on its way to."""
    assert edited(Edit(UPDATE, "S3", members=members)).loose == (("S3",) if is_loose else ())
    assert edited(Edit(UPDATE, "S3", members=members), day=under_way(*DONE, next_stop="S3")).loose == ()


def test_a_vehicle_that_serves_it_already_is_no_move():
    """A row copied from the plan, with its vehicle, changes what is filled and nothing else."""
    found = edited(Edit(UPDATE, "S3", members={"name": "Bakery"}, vehicle_id="V1"))
    assert found.sequences == ORDER and found.loose == ()


def test_the_other_stop_of_a_pair_is_removed_too():
    """And what others say of both is forgotten."""
    for one, other in (("P", "D"), ("D", "P")):
        found = edited(Edit(REMOVE, one))
        assert set(found.removed) == {"P", "D"}
        assert [name for name, _ in found.notes] == [other]
        assert routes(found)["V1"] == ("S2", "S3", "S4", "S7")
    both = edited(Edit(REMOVE, "P"), Edit(REMOVE, "D"))
    assert set(both.removed) == {"P", "D"} and not both.notes


def test_a_delivery_is_removed_alone_when_its_pickup_is_done():
    """What was picked up stays on board, which is told."""
    order = (Sequence("V1", ("D",)),)
    found = applied(PROBLEM, order, [Edit(REMOVE, "D")], under_way(*DONE, "P"))
    assert found.removed == ("D",) and found.sequences == ()
    assert [(name, fault.code) for name, fault in found.notes] == [("D", "broken_pair")]
    assert "P" in {one.id for one in found.problem.stops}


def test_the_other_stop_of_a_pair_goes_along():
    """To another vehicle right beside it, pickup first; within a route, and where it is done, not."""
    for name in ("P", "D"):
        assert routes(edited(Edit(MOVE, name, vehicle_id="V2", place=1)))["V2"] == ("S5", "P", "D", "S6")
        kept = edited(Edit(MOVE, name, vehicle_id="V2"), searches=False)
        assert routes(kept)["V2"] == ("S5", "S6", "P", "D")
        loose = edited(Edit(MOVE, name, vehicle_id="V2"))
        assert set(loose.loose) == {"P", "D"}
        assert {one.vehicle_id for one in loose.problem.stops if one.id in "PD"} == {"V2"}
    assert routes(edited(Edit(MOVE, "D", place=6)))["V1"] == ("S2", "S3", "P", "S4", "S7", "D")
    apart = edited(Edit(UPDATE, "P", members=NOON), Edit(MOVE, "D", vehicle_id="V2", place=0))
    assert apart.loose == ("P",) and routes(apart)["V2"] == ("D", "S5", "S6")
    assert {one.vehicle_id for one in apart.problem.stops if one.id in "PD"} == {"V2"}
    along = edited(Edit(MOVE, "D", vehicle_id="V2", place=0), Edit(UPDATE, "P", members=NOON))
    assert along.loose == () and routes(along)["V2"] == ("P", "D", "S5", "S6")


def test_amounts_change_at_both_stops_of_a_pair():
    """Two amounts would be two pairs; that of a pickup that is done is what it is."""
    found = edited(Edit(UPDATE, "D", members={"delivery": (3000,)}))
    assert {one.id: one.pickup or one.delivery for one in found.problem.stops if one.id in "PD"} == {
        "P": (3000,),
        "D": (3000,),
    }
    assert set(found.loose) == {"P", "D"}
    same = edited(
        Edit(UPDATE, "D", members={"delivery": (3000,)}), Edit(UPDATE, "P", members={"pickup": (3000,)})
    )
    assert same.problem == found.problem and same.loose == ("D", "P")
    other = Edit(UPDATE, "P", members={"pickup": (2000,)})
    assert "broken_pair" in {code for _, code in faults(Edit(UPDATE, "D", members={"delivery": (1,)}), other)}
    after = applied(PROBLEM, ORDER, [Edit(UPDATE, "D", members={"delivery": (1,)})], under_way(*DONE, "P"))
    assert [fault.code for _, fault in after.faults] == ["broken_pair"]


def test_a_new_pair_comes_as_one():
    """The vehicle that one of them is given is that of both."""
    pickup, delivery = stop("NP", pickup=(5,)), stop("ND", delivery=(5,), picked_up_at="NP")
    found = edited(Edit(ADD, "NP", pickup, vehicle_id="V2"), Edit(ADD, "ND", delivery))
    assert found.loose == ("NP", "ND")
    assert [one.vehicle_id for one in found.problem.stops[-2:]] == ["V2", "V2"]


def test_edits_of_one_stop_go_together_where_they_can():
    """A new window and another vehicle in two rows; a lock and a place."""
    found = edited(
        Edit(UPDATE, "S3", members=NOON),
        Edit(MOVE, "S3", vehicle_id="V2", place=0),
        Edit(LOCK, "S3", members={"keep": KEEP_ORDER, "keep_rank": 1}),
    )
    assert routes(found)["V2"] == ("S3", "S5", "S6") and found.sequences[1].reloads == (2,)
    (changed,) = (one for one in found.problem.stops if one.id == "S3")
    assert (changed.windows, changed.vehicle_id, changed.keep) == (NOON["windows"], "V2", KEEP_ORDER)


def test_all_faults_are_told_at_once_and_nothing_is_applied():
    """Each with the number of its edit."""
    assert faults(
        Edit(REMOVE, "S0"),
        Edit(UPDATE, "nobody"),
        Edit(ADD, "S2", stop("S2")),
        Edit(MOVE, "S3", vehicle_id="V9"),
        Edit(REMOVE, "S4"),
        Edit(UPDATE, "S4", members=NOON),
        Edit(MOVE, "S5", vehicle_id="V1"),
        Edit(MOVE, "S5", vehicle_id="V3"),
        Edit(UPDATE, "U", members={"name": "one"}, place=3),
    ) == [
        (0, "already_done"),
        (1, "unknown_stop"),
        (2, "doubled_id"),
        (3, "unknown_vehicle"),
        (5, "conflicting_values"),
        (7, "conflicting_values"),
        (8, "missing_value"),
    ]


def test_what_needs_a_vehicle_says_so_where_nothing_is_searched_for():
    """Nobody could guess the route of a new stop."""
    edits = [Edit(ADD, "N", stop("N")), Edit(MOVE, "S3"), Edit(UPDATE, "S3", members=NOON)]
    assert faults(*edits, searches=False) == [(0, "missing_value"), (1, "missing_value")]
    assert set(edited(*edits).loose) == {"N", "S3"}


def test_a_change_of_a_stop_removed_with_its_pair_contradicts():
    """The row that removes the one wins over none: both are told."""
    assert faults(Edit(UPDATE, "D", members=NOON), Edit(REMOVE, "P")) == [(0, "conflicting_values")]


def test_no_route_could_keep_a_circle():
    """D comes before S7; S7 before P, the pickup of D, cannot be."""
    assert faults(Edit(UPDATE, "S7", members={"before": ("P",)})) == [(0, "circle")]


def test_names_that_no_stop_has_are_left_out():
    """Told for a row that names them; forgotten where the stop is removed."""
    found = edited(Edit(UPDATE, "S3", members={"before": ("S4", "gone")}))
    assert next(one for one in found.problem.stops if one.id == "S3").before == ("S4",)
    assert [(name, fault.code) for name, fault in found.notes] == [("S3", "unknown_stop")]
    removed = edited(Edit(REMOVE, "S7"))
    assert not any(one.before for one in removed.problem.stops) and not removed.notes


def test_goods_on_board_cannot_go_to_another_vehicle():
    """Those of the trip it is on; of later trips, with goods free, or still to be fetched, they can."""
    bread = replace(
        PROBLEM, stops=tuple(replace(one, delivery=(5,)) if one.id in ("S2", "S3") else one for one in STOPS)
    )
    there = [replace(one, planned=Planned("V1", 1, 0)) for one in bread.stops]
    problem, order = replace(bread, stops=tuple(there)), (Sequence("V1", ("S2", "S3"), (1,)), ORDER[1])

    def told(name: str, day: Day, of: Problem = problem) -> list[str]:
        found = applied(of, order, [Edit(MOVE, name, vehicle_id="V2")], day)
        return [fault.code for _, fault in found.faults]

    assert told("S2", DAY) == ["conflicting_values"]
    assert told("S3", DAY) == []
    assert told("S2", under_way(*DONE, goods=GOODS_FREE)) == []
    assert told("S2", under_way(*DONE, vehicle_id="V2")) == []
    fetched = tuple(replace(one, planned=Planned("V1", 1, 0, goods_at="D1")) for one in bread.stops)
    assert told("S2", DAY, replace(problem, stops=fetched)) == []
    with_pickup = applied(
        PROBLEM, ORDER, [Edit(MOVE, "D", vehicle_id="V2")], under_way("P", goods=GOODS_FREE)
    )
    assert [fault.code for _, fault in with_pickup.faults] == ["conflicting_values"]
    assert edited(Edit(MOVE, "S2", vehicle_id="V1", place=3)).sequences[0].stops[2] == "S2"


def test_nothing_goes_to_a_vehicle_that_is_lost():
    """It goes no further."""
    lost = under_way(*DONE, lost=True)
    assert faults(Edit(ADD, "N", stop("N"), vehicle_id="V1"), day=lost) == [(0, "unknown_vehicle")]


def test_goods_picked_up_by_a_lost_vehicle_go_to_any_until_another_has_fetched_them():
    """P was picked up by V1, which is lost; V3 is under way."""
    lost = under_way("P", lost=True)
    day = replace(lost, progress=(*lost.progress, *under_way("S0", vehicle_id="V3").progress))
    order = (Sequence("V1", ("D",)), ORDER[1])

    def told(planned: Planned) -> list[str]:
        stops = tuple(replace(one, planned=planned) if one.id == "D" else one for one in STOPS)
        found = applied(replace(PROBLEM, stops=stops), order, [Edit(MOVE, "D", vehicle_id="V2")], day)
        return [fault.code for _, fault in found.faults]

    assert told(Planned("V1", 1, 0)) == []
    assert told(Planned("V3", 1, 0, goods_at="V1 stands here")) == []
    assert told(Planned("V3", 1, 0)) == ["conflicting_values"]


def test_reloads_stay_between_the_stops_they_were_between():
    """Where all of the trip under way is removed, the reload comes first; it does not before a start."""
    order = (Sequence("V1", ("S2", "S3", "S4", "S5"), (1, 2)),)
    gone = [Edit(REMOVE, "S2")]
    assert applied(PROBLEM, order, gone, DAY).sequences[0].reloads == (0, 1)
    assert applied(PROBLEM, order, gone).sequences[0].reloads == (1,)
    put = [Edit(MOVE, "U", vehicle_id="V1", place=1)]
    assert applied(PROBLEM, order, put, DAY).sequences == (
        Sequence("V1", ("S2", "U", "S3", "S4", "S5"), (1, 3)),
    )


KNOWN = [one.id for one in STOPS if one.id not in DONE]
VEHICLES = st.sampled_from(["", "V1", "V2", "V3"])
PLACES = st.none() | st.integers(0, 7)
ANY = st.one_of(
    st.builds(
        lambda name, vehicle, place: Edit(ADD, name, stop(name), vehicle_id=vehicle, place=place),
        st.sampled_from(["N1", "N2"]),
        VEHICLES,
        PLACES,
    ),
    st.builds(
        lambda action, name, members, vehicle, place: Edit(
            action, name, members=members, vehicle_id=vehicle, place=place
        ),
        st.sampled_from([UPDATE, MOVE, LOCK]),
        st.sampled_from(KNOWN),
        st.sampled_from([{}, NOON, {"name": "x"}, {"priority": 9}]),
        VEHICLES,
        PLACES,
    ),
    st.builds(Edit, st.just(REMOVE), st.sampled_from([*KNOWN, *DONE])),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(ANY, max_size=5), st.booleans(), st.sampled_from(["", "S2", "P"]))
def test_no_stop_is_lost_or_doubled(edits, searches, next_stop):
    """Each stop is in the problem or removed, at one place at most; the others keep their order."""
    found = applied(PROBLEM, ORDER, edits, under_way(*DONE, next_stop=next_stop), searches)
    if found.faults:
        assert (found.problem, found.sequences, found.loose, found.removed) == (PROBLEM, ORDER, (), ())
        return
    before = {one.id for one in STOPS}
    after = [one.id for one in found.problem.stops]
    added = {edit.stop_id for edit in edits if edit.action == ADD}
    assert len(after) == len(set(after))
    assert set(after) == (before | added) - set(found.removed)
    assert set(found.removed) <= before - set(DONE)
    placed = [name for entry in found.sequences for name in entry.stops]
    assert len(placed) == len(set(placed))
    assert not set(placed) & {*found.loose, *found.removed, *DONE}
    assert set(found.loose) <= set(after) and (searches or not found.loose)
    were_placed = {name for entry in ORDER for name in entry.stops}
    asked = {edit.stop_id for edit in edits}
    told = {name for name, _ in found.notes}
    assert {*placed, *found.loose} >= (were_placed | added) - set(found.removed)
    for entry in ORDER:
        still = [name for name in entry.stops if name not in asked | told]
        here = next((one.stops for one in found.sequences if one.vehicle_id == entry.vehicle_id), ())
        assert [name for name in here if name in still] == still
    for entry in found.sequences:
        assert entry.stops
        assert all(0 < count < len(entry.stops) for count in entry.reloads or ())
    untouched = {one.id: one for one in STOPS if one.id not in asked | told}
    for one in found.problem.stops:
        if one.id in untouched and not set(one.before) ^ set(untouched[one.id].before):
            assert one == untouched[one.id]
    for one in found.problem.stops:
        assert one.picked_up_at in {"", *after}
        if one.picked_up_at and one.picked_up_at not in asked and one.id not in asked:
            assert one.id in placed and one.picked_up_at in placed


class EditedDay(RuleBasedStateMachine):
    """A day on which vehicles drive on while edits come in; stops whose place is open go last somewhere."""

    def __init__(self):
        super().__init__()
        self.problem, self.sequences = PROBLEM, ORDER
        self.done: dict[str, list[str]] = {}
        self.ever = {one.id for one in STOPS}
        self.removed: set[str] = set()

    def day(self) -> Day:
        """The day as it stands: the vehicles that have left, with what they did."""
        progress = [under_way(*names, vehicle_id=name).progress[0] for name, names in self.done.items()]
        return Day(40_000, tuple(progress), GOODS_FREE)

    @rule(at=st.integers(0, 2), count=st.integers(1, 2))
    def drive(self, at, count):
        """A vehicle makes its next stops."""
        if at < len(self.sequences):
            entry = self.sequences[at]
            self.done.setdefault(entry.vehicle_id, []).extend(entry.stops[:count])
            left = Sequence(entry.vehicle_id, entry.stops[count:])
            self.sequences = tuple(
                one for one in (*self.sequences[:at], left, *self.sequences[at + 1 :]) if one.stops
            )

    @rule(
        edits=st.lists(ANY, min_size=1, max_size=3),
        new=st.sampled_from(["N3", "N4", "N5"]),
        searches=st.booleans(),
        vehicle_id=st.sampled_from(["V1", "V2", "V3"]),
    )
    def edit(self, edits, new, searches, vehicle_id):
        """Edits come in; where one is refused, nothing happens."""
        added = Edit(ADD, new, stop(new), vehicle_id=vehicle_id)
        found = applied(self.problem, self.sequences, [*edits, added], self.day(), searches)
        if found.faults:
            assert (found.problem, found.sequences) == (self.problem, self.sequences)
            found = applied(self.problem, self.sequences, edits, self.day(), searches)
        if found.faults:
            return
        self.ever.update(one.id for one in found.problem.stops)
        self.removed.update(found.removed)
        self.removed -= {one.id for one in found.problem.stops}
        self.problem = found.problem
        orders = {entry.vehicle_id: entry.stops for entry in found.sequences}
        orders[vehicle_id] = (*orders.get(vehicle_id, ()), *found.loose)
        self.sequences = tuple(Sequence(name, stops) for name, stops in orders.items() if stops)

    @invariant()
    def nothing_is_lost_or_doubled(self):
        """Each stop that ever was is in the problem once, or removed; on one route, done or still to do."""
        known = [one.id for one in self.problem.stops]
        assert len(known) == len(set(known))
        assert {*known} | self.removed == self.ever and not {*known} & self.removed
        made = [name for names in self.done.values() for name in names]
        placed = [*made, *(name for entry in self.sequences for name in entry.stops)]
        assert len(placed) == len(set(placed))
        assert set(placed) <= set(known)
        assert set(known) - set(placed) <= {"U", *DONE}  # on no route from the start


TestEditedDay = EditedDay.TestCase
TestEditedDay.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
