"""What each wish, and each rule that was chosen freely, costs in a finished plan.

A plan without the wish is looked for, beginning with the finished plan, which keeps all other rules. What a
wish is worth in the search is said in objective.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import (
    cost_of,
    displaced,
    length_of,
    newcomers,
    score,
    unpunctual,
    unserved,
)
from optiway_qgis.engine.solving.reinsert import reinsert
from optiway_qgis.engine.solving.schedule import timetables
from optiway_qgis.model.plan import WishPrice
from optiway_qgis.model.problem import (
    BALANCE_DISTANCE,
    BALANCE_NONE,
    BALANCE_STOPS,
    BALANCE_TIME,
    KEEP_FREE,
    KEEP_ORDER,
    KEEP_PREFIX,
    ORDER_EARLY,
    ORDER_FIRST,
    ORDER_FREE,
    ORDER_LAST,
    ORDER_STRICT,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.schedule import Timetable, Timetables
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.model.problem import Problem, Stop, Vehicle

    Figure = Callable[[Instance, Timetables, Timetables], str]
    """Returns what is different in the second routes, which know nothing of the wish."""


_LEAST = 0.2
"""Seconds without which nothing is looked for."""


@dataclass(frozen=True)
class _Wish:
    """A wish by its name in model/constraints.py: what people call it, the problem without it, and what
    changes then. A problem that is the same without it does not have it.
    """

    name: str
    called: str
    freed: Callable[[Problem], Problem]
    figure: Figure


def prices(
    instance: Instance,
    sequences: Sequences,
    active: list[int],
    clock: Clock,
    seed: int,
    names: Collection[str] = (),
) -> tuple[WishPrice, ...]:
    """Return what each wish costs in the plan: how much cheaper one without it was found to be, at least 0.

    All share the time or the iterations of the clock; the order is that of `_WISHES`. What there is no time
    for is not told of. A plan that is no worse with the wish than the finished one owes nothing to being free
    of it. `active` are the stops that may be served. Where `names` are given, only wishes called so count.
    """
    present = _present(instance.problem, names)
    standing, own_score = timetables(instance, sequences), score(instance, sequences)
    found = []
    for number, (wish, freed) in enumerate(present):
        if clock.iterations is None and clock.remaining() < _LEAST:
            break
        without = Instance(freed, instance.travel)
        own = _share(clock, len(present), number)
        freely = reinsert(without, sequences, active, own, seed)
        if score(instance, freely) <= own_score:
            freely = sequences
        found.append(_price(wish, instance, standing, timetables(without, freely)))
    return tuple(found)


def wished(problem: Problem, names: Collection[str] = ()) -> bool:
    """Whether there is anything to be priced."""
    return bool(_present(problem, names))


def _present(problem: Problem, names: Collection[str]) -> list[tuple[_Wish, Problem]]:
    """Return the wishes of a problem, each with the problem without it."""
    asked = [wish for wish in _WISHES if not names or wish.name in names]
    return [(wish, freed) for wish in asked if (freed := wish.freed(problem)) != problem]


def _share(clock: Clock, parts: int, done: int) -> Clock:
    """Return the clock of one of several searches, some of which are done; it tells nobody."""
    return clock.apart(
        deadline=clock.now() + max(_LEAST, clock.remaining() / (parts - done)),
        patience=clock.patience,
        iterations=None if clock.iterations is None else max(1, clock.iterations // parts),
    )


def _price(wish: _Wish, instance: Instance, standing: Timetables, free: Timetables) -> WishPrice:
    cost = _cost(instance, standing)
    saved = round(cost - _cost(instance, free), 2)
    more = _served(free) - _served(standing)
    figure = wish.figure(instance, standing, free)
    if more > 0:
        stops = "1 more stop is" if more == 1 else f"{more} more stops are"
        figure = f"{stops} served" + (f", {figure}" if figure else "")
    if saved <= 0 and not figure:
        return WishPrice(
            wish.name, 0.0, f"{wish.called} costs nothing: no cheaper plan was found without it."
        )
    if saved <= 0:
        price = "costs no money, but" if more > 0 else "costs nothing:"
        return WishPrice(wish.name, 0.0, f"{wish.called} {price} without it {figure}.")
    share = f" ({100 * saved / cost:.1f} %)" if cost else ""
    text = f"{wish.called} costs {saved:.2f}{share}: without it " + (figure or "there is a cheaper plan")
    return WishPrice(wish.name, saved, f"{text}.")


def _cost(instance: Instance, tables: Timetables) -> float:
    """Return the cost of routes and of the stops left out that have a penalty."""
    left = unserved(instance, [table.indices for table in tables.values()])
    return cost_of(tables.values()) + sum(instance.stops[stop].penalty or 0.0 for stop in left)


def _served(tables: Timetables) -> int:
    return sum(len(table.indices) for table in tables.values())


def _instead(what: str, free: str, standing: str) -> str:
    """Return what is otherwise, "" when it is not."""
    return "" if free == standing else f"{what} {free} instead of {standing}"


_LENGTHS = {
    BALANCE_TIME: ("the longest route takes", "{:.1f} h"),
    BALANCE_STOPS: ("the number of stops of the longest route is", "{:.0f}"),
    BALANCE_DISTANCE: ("the longest route is", "{:.1f} km"),
}


def _longest(instance: Instance, standing: Timetables, free: Timetables) -> str:
    """Return how much longer the longest route is; measured as the problem that has the wish does."""
    what, form = _LENGTHS[instance.problem.goals.balance]

    def length(table: Timetable) -> float:
        return length_of(table, instance.problem.goals.balance)

    lengths = [form.format(max(map(length, tables.values()), default=0.0)) for tables in (free, standing)]
    return _instead(what, *lengths)


def _vehicles(instance: Instance, standing: Timetables, free: Timetables) -> str:
    return _instead("the number of vehicles used is", str(len(free)), str(len(standing)))


def _lateness(instance: Instance, standing: Timetables, free: Timetables) -> str:
    late = [f"{sum(sum(one.late) for one in tables.values()) / 60:.0f} min" for tables in (free, standing)]
    return _instead("lateness adds up to", *late)


def _outside(instance: Instance, standing: Timetables, free: Timetables) -> str:
    counts = [
        str(
            sum(len(instance.strangers[vehicle].intersection(one.indices)) for vehicle, one in tables.items())
        )
        for tables in (free, standing)
    ]
    return _instead("the number of stops outside the zones of their vehicles is", *counts)


def _changed(what: str, stops: Callable[[Instance, Timetable], list[int]]) -> Figure:
    """Return what tells how many stops are not as in the plan before."""

    def figure(instance: Instance, standing: Timetables, free: Timetables) -> str:
        counts = [
            str(sum(len(stops(instance, table)) for table in tables.values())) for tables in (free, standing)
        ]
        return _instead(f"the number of stops {what} is", *counts)

    return figure


def _waiting(instance: Instance, standing: Timetables, free: Timetables) -> str:
    """Return how much later the stops that wish to be early are served, on average."""
    begins = [
        {
            index: begin
            for table in tables.values()
            for index, begin in zip(table.indices, table.begin)
            if instance.stops[index].order_rule == ORDER_EARLY
        }
        for tables in (free, standing)
    ]
    both = begins[0].keys() & begins[1].keys()
    later = sum(begins[0][stop] - begins[1][stop] for stop in both) / max(1, len(both)) / 60
    return f"they are served {later:.0f} min later on average" if later >= 0.5 else ""


def _nothing(instance: Instance, standing: Timetables, free: Timetables) -> str:
    return ""


def _stops_freed(change: Callable[[Stop], Stop]) -> Callable[[Problem], Problem]:
    return lambda problem: replace(problem, stops=tuple(map(change, problem.stops)))


def _vehicles_freed(change: Callable[[Vehicle], Vehicle]) -> Callable[[Problem], Problem]:
    return lambda problem: replace(problem, vehicles=tuple(map(change, problem.vehicles)))


def _without_order(*rules: str) -> Callable[[Problem], Problem]:
    return _stops_freed(
        lambda stop: replace(stop, order_rule=ORDER_FREE, order_rank=0) if stop.order_rule in rules else stop
    )


def _without_keep(keep: str) -> Callable[[Problem], Problem]:
    return _stops_freed(
        lambda stop: replace(stop, keep=KEEP_FREE, keep_rank=0) if stop.keep == keep else stop
    )


def _without_fewest(problem: Problem) -> Problem:
    return replace(problem, goals=replace(problem.goals, fewest_vehicles=False))


def _without_balance(problem: Problem) -> Problem:
    if problem.goals.balance_price <= 0:
        return problem
    return replace(problem, goals=replace(problem.goals, balance=BALANCE_NONE))


def _without_late_price(stop: Stop) -> Stop:
    return replace(stop, late_cost=0.0) if stop.windows and stop.late_max != 0 else stop


def _without_zone_price(problem: Problem) -> Problem:
    if not any(vehicle.zones and not vehicle.zone_hard for vehicle in problem.vehicles):
        return problem
    return replace(problem, goals=replace(problem.goals, zone_price=0.0))


def _without_price(member: str) -> Callable[[Problem], Problem]:
    """Return what frees a problem of a price for changes of the plan before, where there is one."""

    without: dict[str, Any] = {member: 0.0}

    def freed(problem: Problem) -> Problem:
        if not any(stop.planned for stop in problem.stops):
            return problem
        return replace(problem, goals=replace(problem.goals, **without))

    return freed


_WISHES = (
    _Wish("early", "Serving stops early", _without_order(ORDER_EARLY), _waiting),
    _Wish("lateness", "Being on time", _stops_freed(_without_late_price), _lateness),
    _Wish("zone", "Staying in zones", _without_zone_price, _outside),
    _Wish("fewest_vehicles", "Using few vehicles", _without_fewest, _vehicles),
    _Wish("balance", "Balance", _without_balance, _longest),
    _Wish(
        "vehicle_change",
        "Leaving stops on their vehicles",
        _without_price("vehicle_change_price"),
        _changed("on another vehicle than before", newcomers),
    ),
    _Wish(
        "position_change",
        "Leaving stops in their order",
        _without_price("position_change_price"),
        _changed("out of the order before", displaced),
    ),
    _Wish(
        "promise",
        "Keeping to promised arrivals",
        _without_price("promise_price"),
        _changed("not arrived at as promised", unpunctual),
    ),
    _Wish(
        "vehicle",
        "Giving stops to their own vehicles",
        _stops_freed(lambda stop: replace(stop, vehicle_id="", keep=KEEP_FREE, keep_rank=0)),
        _vehicles,
    ),
    _Wish("kept_order", "Keeping stops in their order", _without_keep(KEEP_ORDER), _nothing),
    _Wish("kept_prefix", "Keeping stops before all others", _without_keep(KEEP_PREFIX), _nothing),
    _Wish(
        "zone_hard",
        "Keeping vehicles to their zones",
        _vehicles_freed(lambda one: replace(one, zones=(), zone_hard=False) if one.zone_hard else one),
        _vehicles,
    ),
    _Wish("strict_order", "The order of ranks", _without_order(ORDER_STRICT), _nothing),
    _Wish("first_last", "Serving stops first or last", _without_order(ORDER_FIRST, ORDER_LAST), _nothing),
    _Wish(
        "before", "Serving stops before others", _stops_freed(lambda stop: replace(stop, before=())), _nothing
    ),
    _Wish(
        "loading_order",
        "Delivering first what was picked up last",
        _vehicles_freed(lambda vehicle: replace(vehicle, lifo=False)),
        _nothing,
    ),
)
