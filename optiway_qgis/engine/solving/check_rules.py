"""The rules of docs/model.md, each held against the events of routes, and the sentences that tell a breach.

The events come from check_events.py; whether a plan owns up to its breaches is looked at in check_figures.py.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.check_events import NEVER
from optiway_qgis.model import reasons
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_END, VISIT_RELOAD, VISIT_START, VISIT_STOP
from optiway_qgis.model.problem import (
    DAY,
    KEEP_PREFIX,
    LOAD_SCALE,
    ORDER_FIRST,
    ORDER_LAST,
    ORDER_STRICT,
    Break,
    Depot,
    Stop,
    Vehicle,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optiway_qgis.engine.solving.check_events import Book, Event

RULES = (
    reasons.TIME_WINDOW,
    reasons.SHIFT,
    reasons.DEPOT_HOURS,
    reasons.CAPACITY,
    reasons.SKILL,
    reasons.VEHICLE_RULE,
    reasons.ZONE,
    reasons.LOCK,
    reasons.ORDER,
    reasons.PAIR,
    reasons.RIDE_TIME,
    reasons.LOADING_ORDER,
    reasons.GOODS,
    reasons.RELOAD,
    reasons.READY_DUE,
    reasons.DOCK,
    reasons.BREAK,
    reasons.UNREACHABLE,
    reasons.WORK_LIMIT,
    reasons.DRIVE_LIMIT,
    reasons.DISTANCE_LIMIT,
    reasons.STOP_LIMIT,
)
"""The codes of the rules, in the order of docs/model.md."""


@dataclass(frozen=True)
class Breach:
    """A broken rule, told at the event with that index, or at the route (None).

    `amount` is in seconds, metres, thousandths of a load or a count.
    """

    code: str
    at: int | None
    amount: float
    text: str


def breaches_of(
    book: Book, vehicle: Vehicle, events: list[Event], loads: list[tuple[int, ...]]
) -> list[Breach]:
    """Return what one route breaks by itself; `loads` are those on departure and on leaving each event."""
    return [
        *_time_breaches(vehicle, events),
        *_load_breaches(vehicle, events, loads),
        *_who_breaches(vehicle, events),
        *_lock_breaches(events),
        *_order_breaches(book, events),
        *_pair_breaches(book, events),
        *_ride_breaches(events),
        *_loading_order_breaches(book, vehicle, events),
        *_goods_breaches(book, events),
        *_reload_breaches(vehicle, events),
        *_ready_due_breaches(vehicle, events),
        *_break_breaches(vehicle, events),
        *_way_breaches(vehicle, events),
        *_limit_breaches(vehicle, events),
    ]


def work_of(events: list[Event]) -> int:
    """Return the seconds of work of a route."""
    return events[-1].end - events[0].arrival - unpaid_of(events)


def unpaid_of(events: list[Event]) -> int:
    """Return the seconds of rest of a route that are not work."""
    return sum(event.service for event in events if isinstance(event.what, Break) and not event.what.paid)


# Time.


def _time_breaches(vehicle: Vehicle, events: list[Event]) -> Iterator[Breach]:
    name, shift = f"Vehicle {vehicle.id}", vehicle.shift
    for at, event in enumerate(events):
        if event.stop and event.overdue:
            doing = f"Service at stop {event.id} starts"
            late = _late(
                reasons.TIME_WINDOW, at, event.start, event.windows[-1].end, doing, "its last window ends"
            )
            allowed = f", {span(event.overdue)} more than allowed." if event.stop.late_max else "."
            yield Breach(late.code, at, event.overdue, late.text[:-1] + allowed)
    start, end = events[0].arrival, events[-1].end
    if start < shift.start:
        yield _early(reasons.SHIFT, start, shift, f"{name} begins work", "its shift starts")
    if vehicle.latest_start is not None and start > vehicle.latest_start:
        doing = f"{name} begins work"
        yield _late(reasons.SHIFT, 0, start, vehicle.latest_start, doing, "its latest start")
    if end > shift.end:
        last = len(events) - 1
        yield _late(reasons.SHIFT, last, end, shift.end, f"{name} ends its work", "its shift ends")
    doings = {VISIT_START: "leaves", VISIT_RELOAD: "leaves", VISIT_END: "is back at"}
    for at, event in enumerate(events):
        if not isinstance(event.what, Depot) or not event.windows:
            continue
        (hours,) = event.windows
        if event.early:
            doing = f"{name} begins work at depot {event.id}"
            yield _early(reasons.DEPOT_HOURS, event.start, hours, doing, "it opens")
        if event.overdue:
            doing = f"{name} {doings[event.type]} depot {event.id}"
            yield _late(reasons.DEPOT_HOURS, at, event.end, hours.end, doing, "it closes")


def _early(code: str, moment: int, hours: Window, doing: str, then: str) -> Breach:
    amount = hours.start - moment
    text = f"{doing} at {clock(moment)}, {span(amount)} before {then} at {clock(hours.start)}."
    return Breach(code, 0, amount, text)


def _late(code: str, at: int, moment: int, limit: int, doing: str, then: str) -> Breach:
    amount = moment - limit
    text = f"{doing} at {clock(moment)}, {span(amount)} after {then} at {clock(limit)}."
    return Breach(code, at, amount, text)


def _ready_due_breaches(vehicle: Vehicle, events: list[Event]) -> Iterator[Breach]:
    """Yield where a trip begins before its goods are ready, and where it ends after they are due."""
    ready: dict[int, tuple[int, str]] = {}
    due: dict[int, tuple[int, str]] = {}
    for event in events:
        stop = event.stop
        if stop and stop.ready is not None and stop.ready > ready.get(event.trip, (-NEVER, ""))[0]:
            ready[event.trip] = stop.ready, stop.id
        if stop and stop.due is not None and stop.due < due.get(event.trip, (NEVER, ""))[0]:
            due[event.trip] = stop.due, stop.id
    for at, event in enumerate(events):
        reloads = event.type == VISIT_RELOAD
        at_depot = isinstance(event.what, Depot)
        if at == 0 or reloads:
            begun = event.start if at_depot else event.arrival
            moment, stop_id = ready.get(event.trip, (begun, ""))
            if begun < moment:
                text = f"Trip {event.trip} of vehicle {vehicle.id} begins at {clock(begun)}, "
                text += (
                    f"{span(moment - begun)} before the goods of stop {stop_id} are ready at {clock(moment)}."
                )
                yield Breach(reasons.READY_DUE, at, moment - begun, text)
        if reloads or event is events[-1]:
            back, trip = event.start if at_depot else event.end, event.trip - reloads
            moment, stop_id = due.get(trip, (back, ""))
            if back > moment:
                text = f"Trip {trip} of vehicle {vehicle.id} is back at {clock(back)}, "
                text += f"{span(back - moment)} after the goods of stop {stop_id} are due at {clock(moment)}."
                yield Breach(reasons.READY_DUE, at, back - moment, text)


def dock_breaches(book: Book, routes: list[tuple[Vehicle, list[Event]]]) -> dict[int, list[Breach]]:
    """Return, by the index of the route, who begins to load at a depot when all its docks are taken."""
    turns = {vehicle_id: turn for turn, vehicle_id in enumerate(book.vehicles)}
    loadings = defaultdict(list)
    for number, (vehicle, events) in enumerate(routes):
        for at, event in enumerate(events):
            if isinstance(event.what, Depot) and event.what.docks is not None and event.service:
                loadings[event.id].append((event.start, turns[vehicle.id], number, at))
    told = defaultdict(list)
    for depot_id, queue in loadings.items():
        docks = book.depots[depot_id][0].docks or 0
        loading: list[int] = []
        for start, _, number, at in sorted(queue):
            vehicle, events = routes[number]
            loading = [end for end in loading if end > start]
            if len(loading) >= docks:
                text = f"Vehicle {vehicle.id} begins to load at depot {depot_id} at {clock(start)}, but "
                text += f"{len(loading)} of {docks} docks are taken."
                told[number].append(Breach(reasons.DOCK, at, len(loading) + 1 - docks, text))
            loading.append(events[at].end)
    return told


# Loads and trips.


def _load_breaches(vehicle: Vehicle, events: list[Event], loads: list[tuple[int, ...]]) -> Iterator[Breach]:
    capacity = vehicle.capacity[: len(loads[0])]
    limits = [(number, limit) for number, limit in enumerate(capacity) if limit is not None]
    for at, event in enumerate(events):
        if event.type in (VISIT_BREAK, VISIT_END):
            continue
        checked = loads[:2] if at == 0 else [loads[at + 1]]
        excesses = [(load[number] - limit, number, limit) for load in checked for number, limit in limits]
        amount, number, limit = max(excesses, default=(0, 0, 0))
        if amount > 0:
            text = f"Vehicle {vehicle.id} carries {_units(limit + amount)} of load {number + 1}, "
            text += f"{_units(amount)} above its capacity of {_units(limit)}, at {event.id}."
            yield Breach(reasons.CAPACITY, at, amount, text)


def _goods_breaches(book: Book, events: list[Event]) -> Iterator[Breach]:
    aboard: dict[str, Stop] = {}
    trip = 1
    for at, event in enumerate(events):
        if event.trip != trip:
            trip, aboard = event.trip, {}
        if event.stop is None or not event.stop.goods_class:
            continue
        goods = event.stop.goods_class
        clashing = [aboard[other] for other in aboard if other in book.incompatible.get(goods, ())]
        if clashing:
            text = f"Stop {event.id} with {goods} is on one trip with stop {clashing[0].id} with "
            text += f"{clashing[0].goods_class}, which may not be together."
            yield Breach(reasons.GOODS, at, len(clashing), text)
        aboard.setdefault(goods, event.stop)


def _reload_breaches(vehicle: Vehicle, events: list[Event]) -> Iterator[Breach]:
    for at, event in enumerate(events):
        if event.type != VISIT_RELOAD:
            continue
        if vehicle.start_depot is None:
            text = f"Vehicle {vehicle.id} reloads at {event.id}, but it has no start depot to reload at."
            yield Breach(reasons.RELOAD, at, 1, text)
        elif event.trip > vehicle.max_trips:
            text = f"Vehicle {vehicle.id} begins trip {event.trip}, but it may make {vehicle.max_trips}."
            yield Breach(reasons.RELOAD, at, event.trip - vehicle.max_trips, text)


# Who may serve, and in what order.


def _who_breaches(vehicle: Vehicle, events: list[Event]) -> Iterator[Breach]:
    for at, event in enumerate(events):
        stop = event.stop
        if stop is None:
            continue
        missing = sorted(set(stop.skills).difference(vehicle.skills))
        unsuitable = _unsuitable(vehicle, stop)
        if missing:
            text = f"Stop {stop.id} needs {', '.join(missing)}, which vehicle {vehicle.id} does not have."
            yield Breach(reasons.SKILL, at, len(missing), text)
        elif unsuitable:
            text = f"Stop {stop.id} is on vehicle {vehicle.id}, but {unsuitable}."
            yield Breach(reasons.VEHICLE_RULE, at, 1, text)
        elif vehicle.zone_hard and vehicle.zones and set(vehicle.zones).isdisjoint(stop.zones):
            lies = f"lies in {', '.join(stop.zones)}" if stop.zones else "lies in no zone"
            text = f"Stop {stop.id} {lies}, but vehicle {vehicle.id} serves {', '.join(vehicle.zones)} only."
            yield Breach(reasons.ZONE, at, 1, text)


def _unsuitable(vehicle: Vehicle, stop: Stop) -> str:
    if stop.vehicle_id not in ("", vehicle.id):
        return f"it is assigned to {stop.vehicle_id}"
    if stop.allowed_vehicles and vehicle.id not in stop.allowed_vehicles:
        return f"only {', '.join(stop.allowed_vehicles)} may serve it"
    return "that vehicle is forbidden for it" if vehicle.id in stop.forbidden_vehicles else ""


def _only_loads(events: list[Event], event: Event) -> bool:
    """Whether nothing happens but that goods are taken on where the vehicle started from its depot."""
    start = events[0]
    return bool(event.stop and event.stop.fetch) and start.type == VISIT_START and start.place == event.place


def _lock_breaches(events: list[Event]) -> Iterator[Breach]:
    highest: Stop | None = None
    other: Stop | None = None
    for at, event in enumerate(events):
        stop = event.stop
        if stop is None:
            continue
        if stop.keep == KEEP_PREFIX and other:
            text = f"Stop {stop.id} is kept before all others, but comes after {other.id}."
            yield Breach(reasons.LOCK, at, 1, text)
        if stop.keep != KEEP_PREFIX and not _only_loads(events, event):
            other = other or stop
        if stop.keep and highest and stop.keep_rank < highest.keep_rank:
            text = f"Stop {stop.id}, kept at place {stop.keep_rank}, comes after {highest.id} at place "
            amount = highest.keep_rank - stop.keep_rank
            yield Breach(reasons.LOCK, at, amount, f"{text}{highest.keep_rank}.")
        elif stop.keep:
            highest = stop


def _order_breaches(book: Book, events: list[Event]) -> Iterator[Breach]:
    highest: Stop | None = None
    not_first: Stop | None = None
    served: set[str] = set()
    last_other = max(
        (
            at
            for at, event in enumerate(events)
            if event.stop and event.stop.order_rule != ORDER_LAST and not _only_loads(events, event)
        ),
        default=-1,
    )
    for at, event in enumerate(events):
        stop = event.stop
        if stop is None:
            continue
        if stop.order_rule == ORDER_STRICT:
            if highest and stop.order_rank < highest.order_rank:
                text = f"Stop {stop.id} of rank {stop.order_rank} comes after {highest.id} of rank "
                amount = highest.order_rank - stop.order_rank
                yield Breach(reasons.ORDER, at, amount, f"{text}{highest.order_rank}.")
            else:
                highest = stop
        if stop.order_rule != ORDER_FIRST:
            not_first = not_first or (None if _only_loads(events, event) else stop)
        elif not_first:
            text = f"Stop {stop.id} is to come first, but comes after {not_first.id}."
            yield Breach(reasons.ORDER, at, 1, text)
        if stop.order_rule == ORDER_LAST and at < last_other:
            text = f"Stop {stop.id} is to come last, but comes before {events[last_other].id}."
            yield Breach(reasons.ORDER, at, 1, text)
        missing = [earlier for earlier in book.named_by.get(stop.id, ()) if earlier not in served]
        if missing:
            text = f"Stop {stop.id} is to come after {', '.join(missing)}, not earlier on its route."
            yield Breach(reasons.ORDER, at, len(missing), text)
        served.add(stop.id)


# Pairs.


def _pair_breaches(book: Book, events: list[Event]) -> Iterator[Breach]:
    firsts: dict[tuple[str, int], int] = {}
    lasts: dict[tuple[str, int], int] = {}
    for at, event in enumerate(events):
        if event.stop:
            firsts.setdefault((event.id, event.trip), at)
            lasts[event.id, event.trip] = at
    for at, event in enumerate(events):
        stop = event.stop
        if stop is None:
            continue
        delivery = book.deliveries.get(stop.id)
        if stop.picked_up_at and firsts.get((stop.picked_up_at, event.trip), at) >= at:
            text = (
                f"What stop {stop.id} gets is not picked up before, at stop {stop.picked_up_at}, on its trip."
            )
            yield Breach(reasons.PAIR, at, 1, text)
        if delivery and lasts.get((delivery.id, event.trip), at) <= at:
            text = f"What stop {stop.id} gives is not delivered after, at stop {delivery.id}, on its trip."
            yield Breach(reasons.PAIR, at, 1, text)


def _ride_breaches(events: list[Event]) -> Iterator[Breach]:
    left: dict[str, int] = {}
    for at, event in enumerate(events):
        stop = event.stop
        if stop is None:
            continue
        if stop.ride_max is not None and stop.picked_up_at in left:
            ride = event.start - left[stop.picked_up_at]
            if ride > stop.ride_max:
                text = f"What is picked up at stop {stop.picked_up_at} is on its way to stop {stop.id} for "
                text += (
                    f"{span(ride)}, {span(ride - stop.ride_max)} more than the {span(stop.ride_max)} allowed."
                )
                yield Breach(reasons.RIDE_TIME, at, ride - stop.ride_max, text)
        left[stop.id] = event.end


def _loading_order_breaches(book: Book, vehicle: Vehicle, events: list[Event]) -> Iterator[Breach]:
    # Pickups whose delivery is yet to come, in the order of loading.
    aboard: list[str] = []
    served: set[str] = set()
    for at, event in enumerate(events):
        stop = event.stop
        if stop is None or not vehicle.lifo:
            continue
        if stop.picked_up_at in aboard:
            place = aboard.index(stop.picked_up_at)
            above = aboard[place + 1 :]
            del aboard[place]
            if above:
                text = (
                    f"Stop {stop.id} gets what was picked up at {stop.picked_up_at}, but what was picked up "
                )
                text += f"after that at {', '.join(above)} is still on board."
                yield Breach(reasons.LOADING_ORDER, at, len(above), text)
        delivery = book.deliveries.get(stop.id)
        if delivery and delivery.id not in served:
            aboard.append(stop.id)
        served.add(stop.id)


# Breaks.


@dataclass
class _Rests:
    """How much of a break rule has been taken on the way along a route."""

    rule: Break
    had_first_part: bool = field(default=False)

    def reset_by(self, rest: int) -> bool:
        """Take a rest; return whether it is a reset of the rule."""
        first = self.rule.first_part
        second = first and self.had_first_part and rest >= self.rule.duration - first
        if rest >= self.rule.duration or second:
            self.had_first_part = False
            return True
        if first and rest >= first:
            self.had_first_part = True
        return False


def _break_breaches(vehicle: Vehicle, events: list[Event]) -> Iterator[Breach]:
    for rule in vehicle.breaks:
        if rule.window is not None:
            yield from _window_breaches(vehicle, rule, rule.window, events)
        if rule.after_drive is not None:
            yield from _drive_breaches(vehicle, rule, rule.after_drive, events)
        if rule.after_work is not None:
            yield from _work_breaches(vehicle, rule, rule.after_work, events)


def _window_breaches(vehicle: Vehicle, rule: Break, window: Window, events: list[Event]) -> Iterator[Breach]:
    taken = [at for at, event in enumerate(events) if event.what is rule]
    for number, at in enumerate(taken):
        event = events[at]
        if event.overdue:
            doing = f"Break {rule.id} of vehicle {vehicle.id} starts"
            yield _late(reasons.BREAK, at, event.start, window.end, doing, "its window ends")
        if number:
            text = f"Vehicle {vehicle.id} takes break {rule.id} again at {clock(event.start)}, due once."
            yield Breach(reasons.BREAK, at, 1, text)
    start, end = events[0].arrival, events[-1].end
    if not taken and start <= window.start and end > window.end:
        text = f"Vehicle {vehicle.id} works from {clock(start)} to {clock(end)} without break {rule.id}, due "
        text += f"from {clock(window.start)} to {clock(window.end)}."
        yield Breach(reasons.BREAK, None, rule.duration, text)


def _drive_breaches(vehicle: Vehicle, rule: Break, limit: int, events: list[Event]) -> Iterator[Breach]:
    # What went beyond the limit before the route began is not held against it.
    rests, driven = _Rests(rule), min(limit, rule.gone)
    for at, event in enumerate(events):
        driven += event.seconds
        if event.type != VISIT_BREAK and driven > limit:
            text = f"Vehicle {vehicle.id} drives {span(driven)} to {event.id} without break {rule.id}, "
            text += f"{span(driven - limit)} more than the {span(limit)} allowed."
            yield Breach(reasons.BREAK, at, driven - limit, text)
        if event.type == VISIT_BREAK and rests.reset_by(event.service):
            driven = 0


def _work_breaches(vehicle: Vehicle, rule: Break, limit: int, events: list[Event]) -> Iterator[Breach]:
    rests, since = _Rests(rule), events[0].arrival - min(limit, rule.gone)
    for at, event in enumerate(events):
        resets = event.type == VISIT_BREAK and rests.reset_by(event.service)
        over = event.start if resets else event.end
        if over - since > limit:
            text = f"Vehicle {vehicle.id} works {span(over - since)} until {clock(over)} without break "
            text += f"{rule.id}, {span(over - since - limit)} more than the {span(limit)} allowed."
            yield Breach(reasons.BREAK, at, over - since - limit, text)
        if resets:
            since = event.end


# The route as a whole.


def _way_breaches(vehicle: Vehicle, events: list[Event]) -> Iterator[Breach]:
    before = events[0]
    for at, event in enumerate(events):
        if at == 0 or event.type == VISIT_BREAK:
            continue
        if not event.way:
            text = f"There is no way from {before.id} to {event.id} for vehicle {vehicle.id}."
            yield Breach(reasons.UNREACHABLE, at, 1, text)
        before = event


def _limit_breaches(vehicle: Vehicle, events: list[Event]) -> Iterator[Breach]:
    drive = sum(event.seconds for event in events)
    distance = sum(event.metres for event in events)
    stops = sum(event.type == VISIT_STOP and not (event.stop and event.stop.fetch) for event in events)
    for code, what, value, limit, shown in (
        (reasons.WORK_LIMIT, "work", work_of(events), vehicle.max_work, span),
        (reasons.DRIVE_LIMIT, "driving time", drive, vehicle.max_drive, span),
        (reasons.DISTANCE_LIMIT, "distance", distance, vehicle.max_distance, _kilometres),
        (reasons.STOP_LIMIT, "number of stops", stops, vehicle.max_stops, str),
    ):
        if limit is not None and value > limit:
            text = f"The {what} of vehicle {vehicle.id} is {shown(value)}, {shown(value - limit)} more than "
            yield Breach(code, None, value - limit, f"{text}the {shown(limit)} allowed.")


# Words for people.


def clock(seconds: int) -> str:
    """Return a moment as HH:MM with the days after the plan date told."""
    days, rest = divmod(seconds, DAY)
    return f"{rest // 3600:02d}:{rest % 3600 // 60:02d}" + (f" {days:+d} day" if days else "")


def span(seconds: int) -> str:
    """Return a duration in hours, minutes and seconds."""
    parts = ((seconds // 3600, "h"), (seconds % 3600 // 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{value} {unit}" for value, unit in parts if value) or "0 s"


def _kilometres(metres: int) -> str:
    return f"{metres / 1000:g} km"


def _units(load: int) -> str:
    return f"{load / LOAD_SCALE:g}"
