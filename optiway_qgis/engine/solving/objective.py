"""What makes one answer better than another, for every engine alike.

First no rule broken, then the stops that matter served, then cost with the wishes priced. The cost that users
see is that of the plan alone; wishes steer the search and are not billed. Each is priced by the route, but
for balance, which the longest of all routes pays.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.model.problem import BALANCE_DISTANCE, BALANCE_STOPS, BALANCE_TIME, ORDER_EARLY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.schedule import Timetable
    from optiway_qgis.model.problem import Stop, Window

EARLY_PRICE = 20.0
"""What one hour later costs for a stop that wishes to be early: about an hour of a van with its driver."""


@dataclass(frozen=True, order=True)
class Score:
    """The order in which answers are compared; lower is better.

    `broken` counts rules broken, `unserved` weighs the required stops left out (see `importance`), `price` is
    cost, penalties of optional stops left out, and wishes, in the user's currency.
    """

    broken: int
    unserved: float
    price: float


def importance(stop: Stop) -> float:
    """Return the weight of a required stop when not all fit: ten points of priority weigh double."""
    return 2.0 ** (stop.priority / 10)


def early_weight(instance: Instance, stop: Stop) -> float:
    """Return the price of serving a stop one hour later; 0 for stops that do not mind.

    Where there are several early stops per vehicle they share the price: many wishes together shall not make
    the way long without end.
    """
    if stop.order_rule != ORDER_EARLY:
        return 0.0
    per_vehicle = instance.early_count / len(instance.vehicles)
    return EARLY_PRICE * (1 + stop.priority / 25) / max(1.0, per_vehicle)


def route_price(table: Timetable) -> float:
    """Return the cost of a route with its wishes priced: all but what depends on other routes.

    Early stops are priced from the start of the fleet's first shift.
    """
    price, instance = sum(table.costs), table.instance
    if instance.early_count:
        price += sum(
            early_weight(instance, stop) * (start - instance.first_shift) / 3600
            for stop, start in zip(table.stops, table.begin)
        )
    if instance.has_soft:
        price += lateness_price(table)
    strangers = instance.strangers[instance.vehicle_index[table.vehicle.id]]
    if strangers:
        price += instance.problem.goals.zone_price * len(strangers.intersection(table.indices))
    if instance.minds_changes:
        price += change_price(table)
    return price + instance.vehicle_price


def change_price(table: Timetable) -> float:
    """Return what it costs that a route is not as in the plan before."""
    instance, goals = table.instance, table.instance.problem.goals
    return (
        goals.vehicle_change_price * len(newcomers(instance, table))
        + goals.position_change_price * len(displaced(instance, table))
        + goals.promise_price * len(unpunctual(instance, table))
    )


def changed(instance: Instance, table: Timetable) -> list[int]:
    """Return the stops of a route that are not as in the plan before, in a way that costs something."""
    goals = instance.problem.goals
    found = newcomers(instance, table) if goals.vehicle_change_price > 0 else []
    found += displaced(instance, table) if goals.position_change_price > 0 else []
    return found + unpunctual(instance, table)


def newcomers(instance: Instance, table: Timetable) -> list[int]:
    """Return the stops of a route that another vehicle serves in the plan before, and still may."""
    homes = instance.homes
    if not homes:
        return []
    own = instance.vehicle_index[table.vehicle.id]
    return [stop for stop in table.indices if homes[stop] not in (own, -1)]


def displaced(instance: Instance, table: Timetable) -> list[int]:
    """Return the stops of a route that are out of order: of those planned for its vehicle the ones outside of
    a longest part in the order they had.
    """
    homes, ranks = instance.homes, instance.ranks
    if not homes:
        return []
    own = instance.vehicle_index[table.vehicle.id]
    stops = [stop for stop in table.indices if homes[stop] == own]
    kept = ascending([ranks[stop] for stop in stops])
    return [stop for number, stop in enumerate(stops) if number not in kept]


def unpunctual(instance: Instance, table: Timetable) -> list[int]:
    """Return the stops of a route that are arrived at sooner, or later, than was promised."""
    promises = instance.promises
    if not promises:
        return []
    return [
        step.stop
        for step, arrival in zip(table.steps, table.arrivals)
        if step.stop >= 0 and is_missed(promises[step.stop], arrival)
    ]


def is_missed(promise: Window | None, arrival: int) -> bool:
    """Whether an arrival is not as promised."""
    return promise is not None and not promise.start <= arrival <= promise.end


def ascending(ranks: list[int]) -> set[int]:
    """Return the positions of a longest part of the ranks that never goes down (Fredman, Discrete Mathematics
    11, 1975).
    """
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for position, rank in enumerate(ranks):
        length = bisect_right(ends, rank)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [rank]
        last[length : length + 1] = [position]
    found: set[int] = set()
    position = last[-1] if last else -1
    while position >= 0:
        found.add(position)
        position = before[position]
    return found


def lengthening(ranks: list[int | None], rank: int) -> list[bool]:
    """Return for each place among ranks whether one more, put there, makes the longest part that never goes
    down longer. Those that are None do not count.
    """
    whole = len(ascending([one for one in ranks if one is not None]))
    before, after = [0], [0]
    ends: list[int] = []
    for one in ranks:
        if one is not None and one <= rank:
            at = bisect_right(ends, one)
            ends[at : at + 1] = [one]
        before.append(len(ends))
    ends = []
    for one in reversed(ranks):
        if one is not None and one >= rank:
            at = bisect_right(ends, -one)
            ends[at : at + 1] = [-one]
        after.append(len(ends))
    return [up + down == whole for up, down in zip(before, reversed(after))]


def lateness_price(table: Timetable) -> float:
    """Return what the late hours of a route cost."""
    return sum(late / 3600 * stop.late_cost for late, stop in zip(table.late, table.stops) if late)


def length_of(table: Timetable, balance: str | None = None) -> float:
    """Return how long a route is in what is balanced: hours of work, stops or kilometres; else 0.

    `balance` None: what its problem names.
    """
    balance = table.instance.problem.goals.balance if balance is None else balance
    if balance == BALANCE_TIME:
        return table.work / 3600
    if balance == BALANCE_STOPS:
        return len(table.indices)
    return table.distance / 1000 if balance == BALANCE_DISTANCE else 0.0


def balance_price(instance: Instance, tables: Iterable[Timetable]) -> float:
    """Return what the longest of the routes costs where they are to be balanced."""
    if not instance.balanced:
        return 0.0
    return instance.problem.goals.balance_price * max(map(length_of, tables), default=0.0)


def score(instance: Instance, sequences: Sequences) -> Score:
    """Return the score of an answer given as sequences."""
    return score_of(instance, timetables(instance, sequences).values())


def cost_of(tables: Collection[Timetable]) -> float:
    """Return the cost of routes, wishes and penalties left out."""
    return sum(sum(table.costs) for table in tables)


def price_of(instance: Instance, tables: Collection[Timetable]) -> float:
    """Return cost and wishes of routes, penalties of stops left out not counted."""
    return sum(route_price(table) for table in tables) + balance_price(instance, tables)


def score_of(instance: Instance, tables: Collection[Timetable]) -> Score:
    """Return the score of an answer given as its routes timed."""
    missing = [instance.stops[index] for index in unserved(instance, [table.indices for table in tables])]
    return Score(
        broken=sum(len(table.violations) for table in tables),
        unserved=sum(importance(stop) for stop in missing if stop.penalty is None),
        price=price_of(instance, tables) + sum(stop.penalty for stop in missing if stop.penalty is not None),
    )


def unserved(instance: Instance, sequences: Sequences) -> list[int]:
    """Return the stops that no sequence holds."""
    served = {index for stops in sequences for index in stops}
    return [index for index in range(len(instance.stops)) if index not in served]
