"""The single changes that might let a vehicle take a stop: what each is called and what it asks of whom.

Nothing is tried here (remedies.py does). Prices are those of docs/model.md: an order in which changes are
proposed, not money that anybody pays.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from optiway_qgis.engine.solving.telling import clock
from optiway_qgis.model import reasons
from optiway_qgis.model.fix import DEPOT, FLEET, PROBLEM, STOP, VEHICLE, Fix
from optiway_qgis.model.problem import ORDER_FREE, Depot, Stop, Vehicle, Window
from optiway_qgis.model.refusals import thousandths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from optiway_qgis.model.problem import Break, Problem

_MINUTE, _STEP_METRES = 60, 100
_MINUTES_TRIED = 12 * 60

RULE_PRICE = 20.0
"""A rule of order, a lock, a vehicle rule, a zone or last-in-first-out given up."""

SKILL_PRICE = 60.0
GOODS_PRICE = 60.0
DOCK_PRICE = 100.0
TRIP_PRICE = 30.0
STOP_PRICE = 10.0
CAPACITY_PRICE = 20.0
"""A vehicle with more room; as much again as `CAPACITY_SHARE_PRICE` for each time its capacity is added."""

CAPACITY_SHARE_PRICE = 100.0
VEHICLE_PRICE = 100.0
"""One vehicle more, beside what it costs in the plan."""

PROMISE_HOUR = 60.0
"""An hour asked of customers and of those who bring and fetch goods."""

DRIVER_HOUR = 40.0
BREAK_HOUR = 30.0
REST_PRICE = 150.0
"""A rest after driving or work put off, and `PROMISE_HOUR` an hour: such limits are often law."""

DEPOT_HOUR = 80.0
KILOMETRE_PRICE = 0.5


@dataclass(frozen=True)
class Change:
    """Something that can be changed by 1 to `most` steps: `fix` and `words` of so many of them.

    It asks `flat` and `each` for every step, in the user's currency. It may mend routes that break one of
    `codes`.
    """

    fix: Callable[[int], Fix]
    words: Callable[[int], str]
    codes: frozenset[str]
    flat: float = 0.0
    each: float = 0.0
    most: int = 1

    def price(self, steps: int) -> float:
        """What so many steps ask for."""
        return self.flat + self.each * steps


_IN_TIME = frozenset(
    {
        reasons.TIME_WINDOW,
        reasons.SHIFT,
        reasons.DEPOT_HOURS,
        reasons.READY_DUE,
        reasons.RIDE_TIME,
        reasons.BREAK,
        reasons.DOCK,
        reasons.WORK_LIMIT,
    }
)
"""What another time somewhere on the route may mend."""


def changes_of_fleet(like: Vehicle, taken: Iterable[str]) -> Change:
    """Return the change by which there is one vehicle more, with an id that is not taken."""
    names = set(taken)
    number = next(one for one in range(2, len(names) + 3) if f"{like.id}-{one}" not in names)
    fix = Fix(FLEET, like.id, "id", f"{like.id}-{number}")
    return Change(lambda _: fix, lambda _: f"one more vehicle like {like.id}", frozenset(), VEHICLE_PRICE)


def changes_of_vehicle(vehicle: Vehicle, stops: list[Stop], loads: list[int]) -> Iterator[Change]:
    """Yield what may be changed of a vehicle so that it takes the stops.

    `loads` is, per dimension, as much as may ever be on board.
    """
    who = vehicle.id

    def set_to(member: str, value: Any) -> Fix:
        return Fix(VEHICLE, who, member, value)

    def limit(
        member: str, code: str, step: int, price: float, words: Callable[[int], str]
    ) -> Iterator[Change]:
        had = getattr(vehicle, member)
        if had is not None:
            steps = _MINUTES_TRIED if step == _MINUTE else 10_000
            codes = frozenset({code})
            yield Change(lambda n: set_to(member, had + n * step), words, codes, 0.0, price, steps)

    shift, driver = vehicle.shift, DRIVER_HOUR / 60
    yield _by_minutes(
        lambda n: set_to("shift", asdict(Window(shift.start, shift.end + n * _MINUTE))),
        lambda n: f"{n} min longer shift for {who}",
        frozenset({reasons.SHIFT}),
        driver,
    )
    yield _by_minutes(
        lambda n: set_to("shift", asdict(Window(_earlier(shift.start, n), shift.end))),
        lambda n: f"shift of {who} from {clock(_earlier(shift.start, n))} instead of {clock(shift.start)}",
        _IN_TIME - {reasons.WORK_LIMIT},
        driver,
    )
    if vehicle.latest_start is not None:
        latest = vehicle.latest_start
        yield _by_minutes(
            lambda n: set_to("latest_start", _later(latest, n)),
            lambda n: f"start of {who} until {clock(_later(latest, n))} instead of {clock(latest)}",
            frozenset({reasons.SHIFT}),
            driver,
        )
    yield from limit(
        "max_work", reasons.WORK_LIMIT, _MINUTE, driver, lambda n: f"{n} min more working time for {who}"
    )
    yield from limit(
        "max_drive", reasons.DRIVE_LIMIT, _MINUTE, driver, lambda n: f"{n} min more driving time for {who}"
    )
    yield from limit(
        "max_distance",
        reasons.DISTANCE_LIMIT,
        _STEP_METRES,
        KILOMETRE_PRICE * _STEP_METRES / 1000,
        lambda n: f"{thousandths(n * _STEP_METRES)} km more for {who}",
    )
    if vehicle.max_stops is not None:
        most = vehicle.max_stops
        yield Change(
            lambda n: set_to("max_stops", most + n),
            lambda n: f"{'one more stop' if n == 1 else f'{n} more stops'} allowed for {who}",
            frozenset({reasons.STOP_LIMIT}),
            each=STOP_PRICE,
            most=10,
        )
    yield from _more_room(vehicle, loads)
    if vehicle.start_depot is not None:
        yield Change(
            lambda n: set_to("max_trips", vehicle.max_trips + n),
            lambda n: f"{'one more trip' if n == 1 else f'{n} more trips'} for {who}",
            frozenset({reasons.CAPACITY, reasons.GOODS, reasons.RELOAD, reasons.READY_DUE}),
            each=TRIP_PRICE,
            most=3,
        )
    if vehicle.lifo:
        yield _once(set_to("lifo", False), f"{who} without last in, first out", reasons.LOADING_ORDER)
    lacking = sorted({skill for stop in stops for skill in stop.skills}.difference(vehicle.skills))
    if lacking:
        words = f"a vehicle with {', '.join(lacking)}, such as {who}"
        fix = set_to("skills", [*vehicle.skills, *lacking])
        yield _once(fix, words, reasons.SKILL, SKILL_PRICE)
    if vehicle.zone_hard:
        zones = sorted({stop.zones[0] for stop in stops if stop.zones}.difference(vehicle.zones))
        if zones and all(stop.zones for stop in stops):
            words = f"a vehicle that serves {', '.join(zones)}, such as {who}"
            yield _once(set_to("zones", [*vehicle.zones, *zones]), words, reasons.ZONE)
        else:
            yield _once(set_to("zone_hard", False), f"{who} not bound to its zones", reasons.ZONE)
    for number, rest in enumerate(vehicle.breaks):
        for change in _of_break(vehicle, number, rest):
            yield change


def _more_room(vehicle: Vehicle, loads: list[int]) -> Iterator[Change]:
    for axis, (limit, load) in enumerate(zip(vehicle.capacity, loads)):
        if limit is not None and load > limit:
            name = f"capacity_{axis + 1}" if len(loads) > 1 else "capacity"
            yield _larger(vehicle, axis, limit, load - limit, name)


def _larger(vehicle: Vehicle, axis: int, limit: int, most: int, name: str) -> Change:
    def larger(more: int) -> Fix:
        capacity = [*vehicle.capacity[:axis], limit + more, *vehicle.capacity[axis + 1 :]]
        return Fix(VEHICLE, vehicle.id, "capacity", capacity)

    return Change(
        larger,
        lambda n: f"{thousandths(n)} more {name} for {vehicle.id}",
        frozenset({reasons.CAPACITY, reasons.RELOAD}),
        CAPACITY_PRICE,
        CAPACITY_SHARE_PRICE / max(1, limit),
        most,
    )


def _of_break(vehicle: Vehicle, number: int, rest: Break) -> Iterator[Change]:
    def moved(**members: Any) -> Fix:
        breaks = list(vehicle.breaks)
        breaks[number] = replace(rest, **members)
        return Fix(VEHICLE, vehicle.id, "breaks", [asdict(one) for one in breaks])

    def put_off(member: str, had: int) -> Change:
        return Change(
            lambda n: moved(**{member: had + n * _MINUTE}),
            lambda n: f"{name} {n} min later",
            _IN_TIME,
            REST_PRICE,
            PROMISE_HOUR / 60,
            _MINUTES_TRIED,
        )

    name = f"break {rest.id} of {vehicle.id}"
    if rest.window:
        yield from _widened(rest.window, name, lambda window: moved(window=window), BREAK_HOUR / 60)
    for member in ("after_drive", "after_work"):
        had = getattr(rest, member)
        if had is not None:
            yield put_off(member, had)


def changes_of_depots(depots: Iterable[Depot]) -> Iterator[Change]:
    """Yield what may be changed of the depots of a vehicle."""
    for depot in depots:
        if depot.window:
            yield from _hours(depot, depot.window)
        if depot.docks is not None:
            fix = Fix(DEPOT, depot.id, "docks", depot.docks + 1)
            yield _once(fix, f"one more dock at {depot.id}", reasons.DOCK, DOCK_PRICE)


def _hours(depot: Depot, window: Window) -> Iterator[Change]:
    def opened(hours: Window) -> Fix:
        return Fix(DEPOT, depot.id, "window", asdict(hours))

    return _widened(window, f"depot {depot.id} open", opened, DEPOT_HOUR / 60)


def _widened(
    window: Window,
    name: str,
    fix: Callable[[Window], Fix],
    price: float,
    later: int | None = None,
    earlier: int | None = None,
) -> Iterator[Change]:
    """Yield a window ending later and beginning earlier, by so many minutes at most; None: by hours."""
    later, earlier = (_MINUTES_TRIED if most is None else most for most in (later, earlier))
    if later > 0:
        yield Change(
            lambda n: fix(Window(window.start, _later(window.end, n))),
            lambda n: f"{name} until {clock(_later(window.end, n))} instead of {clock(window.end)}",
            _IN_TIME,
            each=price,
            most=later,
        )
    if earlier > 0:
        yield Change(
            lambda n: fix(Window(_earlier(window.start, n), window.end)),
            lambda n: f"{name} from {clock(_earlier(window.start, n))} instead of {clock(window.start)}",
            _IN_TIME,
            each=price,
            most=earlier,
        )


def changes_of_stop(stop: Stop, *, own: bool, taken_by: str) -> Iterator[Change]:
    """Yield what may be changed of a stop: of one that is to be taken by a vehicle (`own`) or of another one
    on its route.
    """
    who = stop.id
    whose = "" if own else f" of {who}"

    def set_to(member: str, value: Any) -> Fix:
        return Fix(STOP, who, member, value)

    yield from _of_windows(stop, whose)
    hour = PROMISE_HOUR / 60
    if stop.windows and stop.late_max:
        late = stop.late_max
        yield _by_minutes(
            lambda n: set_to("late_max", _later(late, n)),
            lambda n: f"{_later(late, n) // 60} min late allowed at {who} instead of {-(-late // 60)} min",
            frozenset({reasons.TIME_WINDOW}),
            stop.late_cost / 60,
        )
    if stop.ride_max is not None:
        ride = stop.ride_max
        yield _by_minutes(
            lambda n: set_to("ride_max", ride + n * _MINUTE),
            lambda n: f"{n} min longer ride to {who}",
            frozenset({reasons.RIDE_TIME}),
            hour,
        )
    if stop.due is not None:
        due = stop.due
        yield _by_minutes(
            lambda n: set_to("due", _later(due, n)),
            lambda n: f"goods{whose} due at {clock(_later(due, n))} instead of {clock(due)}",
            frozenset({reasons.READY_DUE}),
            hour,
        )
    if stop.ready is not None:
        ready = stop.ready
        yield _by_minutes(
            lambda n: set_to("ready", _earlier(ready, n)),
            lambda n: f"goods{whose} ready at {clock(_earlier(ready, n))} instead of {clock(ready)}",
            _IN_TIME,
            hour,
        )
    if stop.order_rule != ORDER_FREE:
        words = f"{who} not bound to order_rule {stop.order_rule}"
        yield _once(set_to("order_rule", ORDER_FREE), words, reasons.ORDER)
    if stop.keep:
        yield _once(set_to("keep", ""), f"no lock on {who}", reasons.LOCK)
    if own:
        yield from _of_vehicle_rules(stop, taken_by)


def changes_of_before(stop: Stop, others: Iterable[str]) -> Iterator[Change]:
    """Yield the rules by which a stop comes before others, each of them given up."""
    for name in stop.before:
        if name in others:
            fix = Fix(STOP, stop.id, "before", [one for one in stop.before if one != name])
            yield _once(fix, f"{stop.id} not bound to come before {name}", reasons.ORDER)


def changes_of_goods(problem: Problem, stops: Iterable[Stop]) -> Iterator[Change]:
    """Yield each pair of goods that the stops' goods are of, allowed on one trip."""
    classes = {stop.goods_class for stop in stops}
    for pair in problem.incompatible:
        if classes.intersection(pair):
            left = [[*other] for other in problem.incompatible if set(other) != set(pair)]
            words = f"{pair[0]} and {pair[1]} allowed on one trip"
            yield _once(Fix(PROBLEM, "", "incompatible", left), words, reasons.GOODS, GOODS_PRICE)


def _of_windows(stop: Stop, whose: str) -> Iterator[Change]:
    """Yield each window ending later and beginning earlier, as far as the next.

    Where the last may be missed by some time, that is what is made longer, not the window.
    """
    windows = stop.windows
    for number, window in enumerate(windows):
        later = earlier = None
        if number:
            earlier = _minute(window.start) - (windows[number - 1].end + 60) // 60
        if number + 1 < len(windows):
            later = (windows[number + 1].start - 1) // 60 - _minute(window.end)
        elif stop.late_max:
            later = 0
        yield from _of_window(stop, number, f"window{whose}", later, earlier)


def _of_window(
    stop: Stop, number: int, name: str, later: int | None, earlier: int | None
) -> Iterator[Change]:
    def changed(window: Window) -> Fix:
        windows = [*stop.windows[:number], window, *stop.windows[number + 1 :]]
        return Fix(STOP, stop.id, "windows", [asdict(one) for one in windows])

    return _widened(stop.windows[number], name, changed, stop.late_cost / 60, later, earlier)


def _of_vehicle_rules(stop: Stop, vehicle_id: str) -> Iterator[Change]:
    words = f"{stop.id} allowed for {vehicle_id}"
    if stop.allowed_vehicles and vehicle_id not in stop.allowed_vehicles:
        fix = Fix(STOP, stop.id, "allowed_vehicles", [*stop.allowed_vehicles, vehicle_id])
        yield _once(fix, words, reasons.VEHICLE_RULE)
    if vehicle_id in stop.forbidden_vehicles:
        fix = Fix(
            STOP, stop.id, "forbidden_vehicles", [one for one in stop.forbidden_vehicles if one != vehicle_id]
        )
        yield _once(fix, words, reasons.VEHICLE_RULE)
    if stop.vehicle_id and stop.vehicle_id != vehicle_id:
        words = f"{stop.id} assigned to {vehicle_id} instead of {stop.vehicle_id}"
        yield _once(Fix(STOP, stop.id, "vehicle_id", vehicle_id), words, reasons.VEHICLE_RULE)


def _by_minutes(
    fix: Callable[[int], Fix], words: Callable[[int], str], codes: frozenset[str], each: float
) -> Change:
    """Return a change of so many minutes, at a price for each."""
    return Change(fix, words, codes, each=each, most=_MINUTES_TRIED)


def _once(fix: Fix, words: str, code: str, price: float = RULE_PRICE) -> Change:
    return Change(lambda _: fix, lambda _: words, frozenset({code}), price)


def _minute(moment: int) -> int:
    """Return the first whole minute that is not before."""
    return -(-moment // 60)


def _later(moment: int, steps: int) -> int:
    """Return the whole minute that is so many steps later."""
    return (_minute(moment) + steps) * 60


def _earlier(moment: int, steps: int) -> int:
    """Return the whole minute that is so many steps earlier."""
    return (_minute(moment) - steps) * 60
