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
_HOURS_TRIED = 12

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
            steps = 60 * _HOURS_TRIED if step == _MINUTE else 10_000
            codes = frozenset({code})
            yield Change(lambda n: set_to(member, had + n * step), words, codes, 0.0, price, steps)

    shift, driver = vehicle.shift, DRIVER_HOUR / 60
    yield Change(
        lambda n: set_to("shift", asdict(Window(shift.start, shift.end + n * _MINUTE))),
        lambda n: f"{n} min longer shift for {who}",
        frozenset({reasons.SHIFT}),
        each=driver,
        most=60 * _HOURS_TRIED,
    )
    yield Change(
        lambda n: set_to("shift", asdict(Window(_earlier(shift.start, n), shift.end))),
        lambda n: f"shift of {who} from {clock(_earlier(shift.start, n))} instead of {clock(shift.start)}",
        _IN_TIME - {reasons.WORK_LIMIT},
        each=driver,
        most=60 * _HOURS_TRIED,
    )
    if vehicle.latest_start is not None:
        latest = vehicle.latest_start
        yield Change(
            lambda n: set_to("latest_start", _later(latest, n)),
            lambda n: f"start of {who} until {clock(_later(latest, n))} instead of {clock(latest)}",
            frozenset({reasons.SHIFT}),
            each=driver,
            most=60 * _HOURS_TRIED,
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
        if limit is None or load <= limit:
            continue
        name = f"capacity_{axis + 1}" if len(loads) > 1 else "capacity"

        def larger(more: int, axis: int = axis, limit: int = limit) -> Fix:
            capacity = [*vehicle.capacity]
            capacity[axis] = limit + more
            return Fix(VEHICLE, vehicle.id, "capacity", capacity)

        yield Change(
            larger,
            lambda n, name=name: f"{thousandths(n)} more {name} for {vehicle.id}",  # type: ignore[misc]
            frozenset({reasons.CAPACITY, reasons.RELOAD}),
            CAPACITY_PRICE,
            CAPACITY_SHARE_PRICE / max(1, limit),
            load - limit,
        )


def _of_break(vehicle: Vehicle, number: int, rest: Break) -> Iterator[Change]:
    def moved(**members: Any) -> Fix:
        breaks = list(vehicle.breaks)
        breaks[number] = replace(rest, **members)
        return Fix(VEHICLE, vehicle.id, "breaks", [asdict(one) for one in breaks])

    name = f"break {rest.id} of {vehicle.id}"
    window = rest.window
    if window:
        yield Change(
            lambda n: moved(window=Window(window.start, _later(window.end, n))),
            lambda n: f"{name} until {clock(_later(window.end, n))} instead of {clock(window.end)}",
            _IN_TIME,
            each=BREAK_HOUR / 60,
            most=60 * _HOURS_TRIED,
        )
        yield Change(
            lambda n: moved(window=Window(_earlier(window.start, n), window.end)),
            lambda n: f"{name} from {clock(_earlier(window.start, n))} instead of {clock(window.start)}",
            _IN_TIME,
            each=BREAK_HOUR / 60,
            most=60 * _HOURS_TRIED,
        )
    for member, had in (("after_drive", rest.after_drive), ("after_work", rest.after_work)):
        if had is not None:
            yield Change(
                lambda n, member=member, had=had: moved(**{member: had + n * _MINUTE}),  # type: ignore[misc]
                lambda n: f"{name} {n} min later",
                _IN_TIME,
                REST_PRICE,
                PROMISE_HOUR / 60,
                60 * _HOURS_TRIED,
            )


def changes_of_depots(depots: Iterable[Depot]) -> Iterator[Change]:
    """Yield what may be changed of the depots of a vehicle."""
    for depot in depots:
        window, docks, who = depot.window, depot.docks, depot.id
        if window:
            for words, moved in (
                ("until", lambda n, one=window: Window(one.start, _later(one.end, n))),
                ("from", lambda n, one=window: Window(_earlier(one.start, n), one.end)),
            ):
                yield _depot_hours(depot, window, words, moved)
        if docks is not None:
            fix = Fix(DEPOT, who, "docks", docks + 1)
            yield _once(fix, f"one more dock at {who}", reasons.DOCK, DOCK_PRICE)


def _depot_hours(depot: Depot, had: Window, words: str, moved: Callable[[int], Window]) -> Change:
    at = (lambda one: one.end) if words == "until" else (lambda one: one.start)
    codes = frozenset({reasons.DEPOT_HOURS}) if words == "until" else _IN_TIME
    return Change(
        lambda n: Fix(DEPOT, depot.id, "window", asdict(moved(n))),
        lambda n: f"depot {depot.id} open {words} {clock(at(moved(n)))} instead of {clock(at(had))}",
        codes,
        each=DEPOT_HOUR / 60,
        most=60 * _HOURS_TRIED,
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
        yield Change(
            lambda n: set_to("late_max", _later(late, n)),
            lambda n: f"{_later(late, n) // 60} min late allowed at {who} instead of {-(-late // 60)} min",
            frozenset({reasons.TIME_WINDOW}),
            each=stop.late_cost / 60,
            most=60 * _HOURS_TRIED,
        )
    if stop.ride_max is not None:
        ride = stop.ride_max
        yield Change(
            lambda n: set_to("ride_max", ride + n * _MINUTE),
            lambda n: f"{n} min longer ride to {who}",
            frozenset({reasons.RIDE_TIME}),
            each=hour,
            most=60 * _HOURS_TRIED,
        )
    if stop.due is not None:
        due = stop.due
        yield Change(
            lambda n: set_to("due", _later(due, n)),
            lambda n: f"goods{whose} due at {clock(_later(due, n))} instead of {clock(due)}",
            frozenset({reasons.READY_DUE}),
            each=hour,
            most=60 * _HOURS_TRIED,
        )
    if stop.ready is not None:
        ready = stop.ready
        yield Change(
            lambda n: set_to("ready", _earlier(ready, n)),
            lambda n: f"goods{whose} ready at {clock(_earlier(ready, n))} instead of {clock(ready)}",
            _IN_TIME,
            each=hour,
            most=60 * _HOURS_TRIED,
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

        def widened(start: int, end: int, number: int = number) -> Fix:
            changed = [*windows[:number], Window(start, end), *windows[number + 1 :]]
            return Fix(STOP, stop.id, "windows", [asdict(one) for one in changed])

        following = windows[number + 1].start if number + 1 < len(windows) else None
        preceding = windows[number - 1].end if number else None
        later = 120 * _HOURS_TRIED if following is None else (following - 1) // 60 + -window.end // 60
        earlier = 120 * _HOURS_TRIED
        if preceding is not None:
            earlier = -(-window.start // 60) - (preceding + 60) // 60
        price = stop.late_cost / 60
        if later > 0 and not (following is None and stop.late_max):
            yield Change(
                lambda n, one=window, to=widened: to(one.start, _later(one.end, n)),  # type: ignore[misc]
                lambda n, one=window: (  # type: ignore[misc]
                    f"window{whose} until {clock(_later(one.end, n))} instead of {clock(one.end)}"
                ),
                _IN_TIME,
                each=price,
                most=later,
            )
        if earlier > 0:
            yield Change(
                lambda n, one=window, to=widened: to(_earlier(one.start, n), one.end),  # type: ignore[misc]
                lambda n, one=window: (  # type: ignore[misc]
                    f"window{whose} from {clock(_earlier(one.start, n))} instead of {clock(one.start)}"
                ),
                _IN_TIME,
                each=price,
                most=earlier,
            )


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


def _once(fix: Fix, words: str, code: str, price: float = RULE_PRICE) -> Change:
    return Change(lambda _: fix, lambda _: words, frozenset({code}), price)


def _later(moment: int, steps: int) -> int:
    """Return the whole minute that is so many steps later."""
    return (-(-moment // 60) + steps) * 60


def _earlier(moment: int, steps: int) -> int:
    """Return the whole minute that is so many steps earlier."""
    return (-(-moment // 60) - steps) * 60
