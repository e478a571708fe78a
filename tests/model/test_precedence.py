"""Which stops come after which, and circles in that."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from optiway_qgis.model.precedence import circles, followers
from optiway_qgis.model.problem import Stop

ORDERS = st.dictionaries(st.sampled_from("ABCDEF"), st.lists(st.sampled_from("ABCDEF"), max_size=4))


def can_be_ordered(after: dict[str, list[str]]) -> bool:
    """Whether the stops can be put in an order, taking again and again those that come after no other."""
    left = set(after)
    while left:
        first = {one for one in left if not any(one in after[other] for other in left)}
        if not first:
            return False
        left -= first
    return True


@settings(max_examples=300, deadline=None)
@given(ORDERS)
def test_what_no_circle_holds_can_be_ordered(after):
    """Each circle is one, and without their stops none is left."""
    found = circles(after)
    for circle in found:
        assert all(later in after[one] for one, later in zip(circle, (*circle[1:], circle[0])))
    held = {one for circle in found for one in circle}
    left = {
        one: [other for other in later if other not in held]
        for one, later in after.items()
        if one not in held
    }
    assert can_be_ordered(left)
    assert bool(found) != can_be_ordered(
        {**{name: [] for later in after.values() for name in later}, **after}
    )


def test_long_chains_are_followed_to_their_end():
    """A day of ten thousand stops in one order is no circle, until its last stop is before its first."""
    names = [f"S{number}" for number in range(10_000)]
    chain = dict(zip(names, ([later] for later in names[1:]))) | {names[-1]: []}
    assert circles(chain) == []
    assert circles({**chain, names[-1]: [names[0]]}) == [tuple(names)]


def test_deliveries_come_after_their_pickups():
    """And after what was said; a pickup that is not there holds nobody up."""
    stops = [
        Stop("U", 0, 0, before=("X",)),
        Stop("D", 0, 0, picked_up_at="U"),
        Stop("X", 0, 0),
        Stop("E", 0, 0, picked_up_at="gone"),
    ]
    assert followers(stops) == {"U": ["X", "D"], "D": [], "X": [], "E": []}
