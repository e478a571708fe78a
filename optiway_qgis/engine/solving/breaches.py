"""Which rules a timed route breaks, and at which of its visits. The rules are those of docs/model.md.

Only what the scheduler has found is judged here; the checker (check.py) shares no code with this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from optiway_qgis.model import reasons
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_END
from optiway_qgis.model.problem import KEEP_PREFIX, ORDER_FIRST, ORDER_LAST, ORDER_STRICT, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from optiway_qgis.engine.solving.schedule import Timetable
    from optiway_qgis.model.problem import Break

ROUTE = -1
"""In place of the number of a visit: the route as a whole."""

Breach = tuple[int, str]
"""Number of the visit, which is that of its step, and the code of the rule it breaks."""

CODE_ORDER = (
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


def ordered(codes: set[str]) -> tuple[str, ...]:
    """Return codes in the order of the page."""
    return tuple(code for code in CODE_ORDER if code in codes)


def breaches(table: Timetable) -> Iterator[Breach]:
    """Yield each rule broken, some more than once."""
    instance = table.instance
    yield from _hours(table)
    yield from _capacity(table)
    refusals = instance.refusals[instance.vehicle_index[table.vehicle.id]]
    if any([refusals[index] for index in table.indices]):
        yield from ((number, refusals[index]) for number, index in table.stop_numbers() if refusals[index])
    if instance.has_kept:
        yield from _lock(table)
    if instance.has_strict:
        yield from _strict(table)
    if instance.has_first_or_last:
        yield from _first_and_last(table)
    if instance.predecessors:
        yield from _before(table)
    if instance.pickup_of:
        yield from _pairs(table)
    if instance.clashes:
        yield from _goods(table)
    if table.reloads:
        yield from (
            (number, reasons.RELOAD) for number in table.reload_numbers[table.vehicle.max_trips - 1 :]
        )
    if instance.has_ready or instance.has_due:
        yield from _ready_and_due(table)
    if table.berths.without:
        loadings = [0, *table.reload_numbers]
        yield from ((loadings[one], reasons.DOCK) for one in table.berths.without)
    for rule in table.vehicle.breaks:
        yield from _break_in_window(table, rule) if rule.window else _break_after(table, rule)
    if any(table.cut_off):
        yield from ((number, reasons.UNREACHABLE) for number, cut in enumerate(table.cut_off) if cut)
    yield from _limits(table)


def _hours(table: Timetable) -> Iterator[Breach]:
    steps, begins, last = table.steps, table.begins, len(table.steps) - 1
    if any(table.lates):
        for number, (step, begin) in enumerate(zip(steps, begins)):
            if step.stop >= 0 and step.limits and begin > step.limits[-1].end:
                yield number, reasons.TIME_WINDOW
    vehicle = table.vehicle
    late_start = vehicle.latest_start is not None and table.start > vehicle.latest_start
    if table.start < vehicle.shift.start or late_start:
        yield 0, reasons.SHIFT
    if table.end > vehicle.shift.end:
        yield last, reasons.SHIFT
    depot = table.start_depot
    if depot and depot.window:
        for number in (0, *table.reload_numbers):
            begin, end = begins[number], begins[number] + steps[number].service
            if begin < depot.window.start or end > depot.window.end:
                yield number, reasons.DEPOT_HOURS
    depot = table.end_depot
    if depot and depot.window and not depot.window.start <= table.end <= depot.window.end:
        yield last, reasons.DEPOT_HOURS


def _capacity(table: Timetable) -> Iterator[Breach]:
    limits = table.vehicle.capacity
    if not any(limit is not None and most > limit for most, limit in zip(table.load_peak, limits)):
        return
    loads = table.loads
    leaving = loads if table.start_depot else loads[1:]
    for number, (step, load) in enumerate(zip(table.steps, leaving)):
        if step.kind in (VISIT_END, VISIT_BREAK):
            continue
        if number == 0 and not table.start_depot and _over(loads[0], limits):
            yield number, reasons.CAPACITY
        if _over(load, limits):
            yield number, reasons.CAPACITY


def _over(load: tuple[int, ...], limits: tuple[int | None, ...]) -> bool:
    return any(limit is not None and have > limit for have, limit in zip(load, limits))


def _lock(table: Timetable) -> Iterator[Breach]:
    highest: int | None = None
    others = False
    for number, index in table.stop_numbers():
        stop = table.instance.stops[index]
        if stop.keep:
            if highest is not None and stop.keep_rank < highest:
                yield number, reasons.LOCK
            highest = stop.keep_rank if highest is None else max(highest, stop.keep_rank)
        if stop.keep != KEEP_PREFIX:
            others = others or not _is_loaded(table, number)
        elif others:
            yield number, reasons.LOCK


def _strict(table: Timetable) -> Iterator[Breach]:
    highest: int | None = None
    for number, index in table.stop_numbers():
        stop = table.instance.stops[index]
        if stop.order_rule == ORDER_STRICT:
            if highest is not None and stop.order_rank < highest:
                yield number, reasons.ORDER
            highest = stop.order_rank if highest is None else max(highest, stop.order_rank)


def _first_and_last(table: Timetable) -> Iterator[Breach]:
    rules = [
        (number, table.instance.stops[index].order_rule, _is_loaded(table, number))
        for number, index in table.stop_numbers()
    ]
    yield from _behind_others(rules, ORDER_FIRST)
    yield from _behind_others(reversed(rules), ORDER_LAST)


def _is_loaded(table: Timetable, number: int) -> bool:
    """Whether a step is but goods taken on at the start depot."""
    stop = table.instance.stops[table.steps[number].stop]
    return stop.fetch and table.start_depot is not None and table.places[number] == table.places[0]


def _behind_others(rules: Iterable[tuple[int, str, bool]], rule: str) -> Iterator[Breach]:
    """Yield the stops with the rule that some stop without it comes before."""
    others = False
    for number, own, only_loaded in rules:
        if own != rule:
            others = others or not only_loaded
        elif others:
            yield number, reasons.ORDER


def _before(table: Timetable) -> Iterator[Breach]:
    predecessors = table.instance.predecessors
    seen: set[int] = set()
    for number, index in table.stop_numbers():
        if index in predecessors and not predecessors[index] <= seen:
            yield number, reasons.ORDER
        seen.add(index)


def _pairs(table: Timetable) -> Iterator[Breach]:
    """Yield breaches of pair, ride time and order of loading."""
    instance = table.instance
    pickup_of, delivery_of = instance.pickup_of, instance.delivery_of
    number_of = {index: number for number, index in table.stop_numbers()}
    trip = table.trip_of
    for index, number in number_of.items():
        if index in delivery_of:
            other = number_of.get(delivery_of[index], -1)
            if other < number or trip[other] != trip[number]:
                yield number, reasons.PAIR
        if index not in pickup_of:
            continue
        begun = number_of.get(pickup_of[index])
        if begun is None or begun > number:
            yield number, reasons.PAIR
            continue
        if trip[begun] != trip[number]:
            yield number, reasons.PAIR
        longest = instance.stops[index].ride_max
        if longest is not None:
            ride = table.begins[number] - table.begins[begun] - table.steps[begun].service
            if ride > longest:
                yield number, reasons.RIDE_TIME
        if table.vehicle.lifo and any(
            begun < other < number and number_of.get(delivery_of.get(one, one), number) >= number
            for one, other in number_of.items()
            if one in delivery_of
        ):
            yield number, reasons.LOADING_ORDER


def _goods(table: Timetable) -> Iterator[Breach]:
    clashes, trip_of = table.instance.clashes, table.trip_of
    trip = 0
    aboard: set[str] = set()
    for number, index in table.stop_numbers():
        if trip_of[number] != trip:
            trip, aboard = trip_of[number], set()
        own = table.instance.stops[index].goods_class
        if own in clashes:
            if not clashes[own].isdisjoint(aboard):
                yield number, reasons.GOODS
            aboard.add(own)


def _ready_and_due(table: Timetable) -> Iterator[Breach]:
    last = len(table.steps) - 1
    for trip, (number, back) in enumerate(table.trip_bounds()):
        if (table.begins[number] if number else table.start) < table.ready(trip):
            yield number, reasons.READY_DUE
        if (table.end if back == last else table.begins[back]) > table.due(trip):
            yield back, reasons.READY_DUE


def _break_in_window(table: Timetable, rule: Break) -> Iterator[Breach]:
    window = rule.window
    if window is None:
        return
    taken = [
        number for number, step in enumerate(table.steps) if (step.kind, step.id) == (VISIT_BREAK, rule.id)
    ]
    for times, number in enumerate(taken):
        if times or not window.start <= table.begins[number] <= window.end:
            yield number, reasons.BREAK
    if not taken and table.start <= window.start and table.end > window.end:
        yield ROUTE, reasons.BREAK


def _break_after(table: Timetable, rule: Break) -> Iterator[Breach]:
    """Yield the legs that are too long and the visits that are over too late for a break to be due."""
    driven, since = _gone(rule, rule.after_drive), table.start - _gone(rule, rule.after_work)
    first_part = False
    for number, (step, begin, drive) in enumerate(zip(table.steps, table.begins, table.drive)):
        driven += drive
        if rule.after_drive is not None and step.kind != VISIT_BREAK and driven > rule.after_drive:
            yield number, reasons.BREAK
        over = begin + step.service
        reset = False
        if step.kind == VISIT_BREAK:
            rest = step.service
            reset = rest >= rule.duration or (first_part and rest >= rule.duration - rule.first_part)
            first_part = not reset and (first_part or (rule.first_part > 0 and rest >= rule.first_part))
        if rule.after_work is not None and (begin if reset else over) - since > rule.after_work:
            yield number, reasons.BREAK
        if reset:
            driven, since = 0, over


def _gone(rule: Break, limit: int | None) -> int:
    """Return what of a limit is gone when work begins; more than all of it is not told of again."""
    return 0 if limit is None else min(limit, rule.gone)


def _limits(table: Timetable) -> Iterator[Breach]:
    vehicle = table.vehicle
    if vehicle.max_work is not None and table.work > vehicle.max_work:
        yield ROUTE, reasons.WORK_LIMIT
    if vehicle.max_drive is not None and sum(table.drive) > vehicle.max_drive:
        yield ROUTE, reasons.DRIVE_LIMIT
    if vehicle.max_distance is not None and table.distance > vehicle.max_distance:
        yield ROUTE, reasons.DISTANCE_LIMIT
    if vehicle.max_stops is not None and counted(table.stops) > vehicle.max_stops:
        yield ROUTE, reasons.STOP_LIMIT
