"""How evenly a plan shares its work among the vehicles in use. Nothing is planned or timed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable

from .problem import BALANCE_DISTANCE, BALANCE_STOPS

if TYPE_CHECKING:
    from .plan import Route


def gini(amounts: Iterable[float]) -> float:
    """Return the Gini coefficient of amounts of 0 or more: 0 when all are equal, towards 1 when one has all.

    That is the mean difference of all pairs over twice the mean (C. Gini, "Variabilità e mutabilità", 1912).
    0 also where there is nothing to share.
    """
    ordered = sorted(amounts)
    total, count = sum(ordered), len(ordered)
    if not total:
        return 0.0
    weighed = sum((2 * rank - count - 1) * amount for rank, amount in enumerate(ordered, 1))
    return weighed / (count * total)


def share_of(route: Route, balance: str = "") -> int:
    """Return what a route has of what is balanced: stops, metres, or seconds of work, also where `balance`
    names nothing."""
    if balance == BALANCE_STOPS:
        return len(route.stop_ids)
    return route.distance if balance == BALANCE_DISTANCE else route.work
