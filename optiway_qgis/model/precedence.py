"""Which stops must come before which on a route, and circles in that, which no route can keep.

What a plan makes of it is the scheduler's and the checker's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable

if TYPE_CHECKING:
    from .problem import Stop


def followers(stops: Iterable[Stop]) -> dict[str, list[str]]:
    """Stop id -> the ids that come after it: those it is `before`, and the delivery of what it picks up."""
    found = {stop.id: list(stop.before) for stop in stops}
    for stop in stops:
        if stop.picked_up_at in found:
            found[stop.picked_up_at].append(stop.id)
    return found


def circles(after: dict[str, list[str]]) -> list[tuple[str, ...]]:
    """Return circles, each as its ids in order, such that none is left without the stops of those found."""
    found: dict[tuple[str, ...], None] = {}
    done: set[str] = set()
    for root in after:
        path: dict[str, list[str]] = {}
        here = None if root in done else root
        while here is not None:
            left = path.setdefault(here, list(after.get(here, ())))
            if left:
                there = left.pop(0)
                if there in path:
                    ids = list(path)
                    found[tuple(ids[ids.index(there) :])] = None
                elif there not in done:
                    here = there
            else:
                done.add(here)
                del path[here]
                here = next(reversed(path), None)
    return list(found)
