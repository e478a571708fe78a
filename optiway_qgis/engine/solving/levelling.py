"""Routes that are to be as long as each other: searches with ever tighter limits on the longest one.

PyVRP has no price for the longest route, but it keeps limits, and hours beyond a limit may have a price. What
is found is judged by the true price.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import cost_of, length_of, score
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.model.problem import BALANCE_STOPS, BALANCE_TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.model.problem import Vehicle

_STEPS = (0.5, 0.1, 0.05)
"""By how much the limit is tightened in each search, as a share of the way from the longest route of the best
plan to the mean of all vehicles. Small steps gain little each; a great one may bring more vehicles onto the
road.
"""

_WORTH = 0.1
"""A step is great when it could gain that share of the cost; those that are not are small."""


def levelled(
    instance: Instance,
    sequences: Sequences,
    clock: Clock,
    search: Callable[[Instance, Sequences, Clock], Sequences],
) -> Sequences:
    """Return the best sequences of searches with limits on the longest route, from sequences that keep all
    rules.

    Each takes an equal share of the time that is left. `search` returns what it finds under the limit, by all
    other rules as well, from the best so far.
    """
    best, best_score = sequences, score(instance, sequences)
    deadline = clock.deadline
    goals = instance.problem.goals
    for number, step in enumerate(_STEPS):
        tables = timetables(instance, best).values()
        lengths = [length_of(table, goals.balance) for table in tables]
        longest, mean = max(lengths, default=0.0), sum(lengths) / len(instance.vehicles)
        if step == max(_STEPS) and step * goals.balance_price * (longest - mean) < _WORTH * cost_of(tables):
            step = min(_STEPS)
        clock.new_phase()
        clock.deadline = clock.now() + (deadline - clock.now()) / (len(_STEPS) - number)
        found = search(limited(instance, longest - step * (longest - mean)), best, clock)
        clock.deadline = deadline
        own = score(instance, found)
        if own < best_score:
            best, best_score = found, own
    return best


def limited(instance: Instance, length: float) -> Instance:
    """Return the problem in which no route may be longer, in hours, stops or kilometres.

    Hours beyond the limit are overtime at what an hour of the longest route costs, where the vehicle has no
    overtime of its own: a search gets on better with a price than with a rule.
    """
    balance = instance.problem.goals.balance

    def least(own: int | None, most: float) -> int:
        return int(most) if own is None else min(own, int(most))

    def within(vehicle: Vehicle) -> Vehicle:
        if balance == BALANCE_TIME and vehicle.overtime_after is None:
            dear = vehicle.cost_per_hour + instance.problem.goals.balance_price
            return replace(vehicle, overtime_after=int(3600 * length), overtime_cost_per_hour=dear)
        if balance == BALANCE_TIME:
            return replace(vehicle, max_work=least(vehicle.max_work, 3600 * length))
        if balance == BALANCE_STOPS:
            return replace(vehicle, max_stops=least(vehicle.max_stops, length))
        return replace(vehicle, max_distance=least(vehicle.max_distance, 1000 * length))

    vehicles = tuple(map(within, instance.vehicles))
    return Instance(replace(instance.problem, vehicles=vehicles), instance.travel)
