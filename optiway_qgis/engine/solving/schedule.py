"""From an order of stops to times, loads and costs: the only place where a plan gets its figures.

The rules are those of docs/model.md. Engines are asked for assignment and order alone; the order given here
is never changed. The checker (check.py) judges the outcome and shares no code with this file.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model import reasons
from optiway_qgis.model.plan import VISIT_END, VISIT_START, VISIT_STOP, Leg, Route, Visit
from optiway_qgis.model.problem import DAY, ORDER_STRICT

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.driving import Leg as HourlyLeg
    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.travel.provider import Line, Provider
    from optiway_qgis.model.problem import Stop, Vehicle, Window

_FOREVER = 1 << 40
_CODE_ORDER = (
    reasons.TIME_WINDOW,
    reasons.SHIFT,
    reasons.DEPOT_HOURS,
    reasons.CAPACITY,
    reasons.SKILL,
    reasons.VEHICLE_RULE,
    reasons.ORDER,
    reasons.UNREACHABLE,
    reasons.WORK_LIMIT,
    reasons.DRIVE_LIMIT,
    reasons.DISTANCE_LIMIT,
    reasons.STOP_LIMIT,
)


def schedule(instance: Instance, sequences: Sequences) -> tuple[Route, ...]:
    """Time every route and draw its legs; vehicles without stops have no route."""
    tables = list(timetables(instance, sequences).values())
    return tuple(_draw(table, lines) for table, lines in zip(tables, _lines(tables)))


def _lines(tables: list[Timetable]) -> list[dict[int, Line]]:
    """Return the line of each leg of each route, by its number; a provider is asked once for a profile."""
    asked: dict[tuple[int, str], tuple[Provider, list[tuple[int, int]]]] = {}
    for route, table in enumerate(tables):
        for provider, legs in table.drawn_by():
            _, wanted = asked.setdefault((id(provider), table.vehicle.profile), (provider, []))
            wanted += [(route, leg) for leg in legs]
    found: list[dict[int, Line]] = [{} for _ in tables]
    for (_, profile), (provider, wanted) in asked.items():
        pairs = [(tables[route].places[leg], tables[route].places[leg + 1]) for route, leg in wanted]
        for (route, leg), line in zip(wanted, provider.lines(pairs, profile)):
            found[route][leg] = line
    return found


def timetables(instance: Instance, sequences: Sequences) -> Timetables:
    """Return the times of each vehicle that has stops."""
    return {
        vehicle: Timetable(instance, instance.vehicles[vehicle], stops)
        for vehicle, stops in enumerate(sequences)
        if stops
    }


def sequences_of(instance: Instance, tables: Timetables) -> Sequences:
    """Return the stops of each vehicle in the order they are timed in."""
    return [
        list(tables[vehicle].indices) if vehicle in tables else []
        for vehicle in range(len(instance.vehicles))
    ]


class Timetable:
    """The times of one vehicle serving `stops`, at least one, in the order given.

    Lists are by position, which counts stops from 0: `arrival`, `begin` of service, `late` and `setup` in
    seconds, `drive` and `metres` of the legs that lead to the stops and, where there is an end depot, to
    that. `departure` and `end` bound the work. Where times depend on the hour, `drive`, `metres` and
    `cut_off` follow from the departure, by `legs`; else they are fixed and `legs` is None.
    """

    def __init__(self, instance: Instance, vehicle: Vehicle, stops: list[int]):
        self.instance = instance
        self.vehicle = vehicle
        self.indices = stops
        self.stops: list[Stop] = [instance.stops[index] for index in stops]
        self.start_depot = instance.depot(vehicle.start_depot)
        self.end_depot = instance.depot(vehicle.end_depot)
        self._measure()
        self._leave(instance.earliest_departure(vehicle))
        self._leave_late()
        self._leave_for_later_windows()

    def _measure(self) -> None:
        """Look up each leg and where setup is due."""
        travel = self.instance.travel
        places = [travel.stop_place[index] for index in self.indices]
        self.setup = [self.stops[0].setup] + [
            0 if before == place else stop.setup
            for (before, place), stop in zip(pairwise(places), self.stops[1:])
        ]
        nodes = list(places)
        if self.vehicle.start_depot is not None:
            nodes.insert(0, self.instance.depot_place(self.vehicle.start_depot))
        if self.vehicle.end_depot is not None:
            nodes.append(self.instance.depot_place(self.vehicle.end_depot))
        self.places = nodes
        by_hour = self.instance.legs(self.vehicle)
        self.legs: list[HourlyLeg] | None = None
        if by_hour:
            self.legs = [by_hour.between(*pair) for pair in pairwise(nodes)]
            if self.vehicle.start_depot is None:
                self.legs.insert(0, by_hour.standing)
            self.drive, self.metres, self.cut_off = ([0] * len(self.legs) for _ in range(3))
            return
        matrix = self.instance.matrix(self.vehicle)
        seconds = matrix.seconds[nodes[:-1], nodes[1:]].tolist()
        metres = matrix.metres[nodes[:-1], nodes[1:]].tolist()
        if self.vehicle.start_depot is None:
            seconds.insert(0, 0)
            metres.insert(0, 0)
        self.cut_off = [value == UNREACHABLE for value in seconds]
        self.drive = [max(0, value) for value in seconds]
        self.metres = [0 if cut else value for cut, value in zip(self.cut_off, metres)]

    def _forward(self) -> None:
        """Follow the route from the departure, each service as early as it can be."""
        self.arrival: list[int] = []
        self.begin: list[int] = []
        clock = self.departure
        legs = self.legs
        for position, (stop, setup) in enumerate(zip(self.stops, self.setup)):
            if legs:
                self._begin_leg(legs[position], position, clock)
            arrival = clock + self.drive[position]
            self.arrival.append(arrival)
            self.begin.append(_first_start(stop.windows, arrival + setup))
            clock = self.begin[-1] + stop.service
        self.end = clock
        if self.end_depot:
            if legs:
                self._begin_leg(legs[-1], len(self.stops), clock)
            self.end_arrival = clock + self.drive[-1]
            window = self.end_depot.window
            self.end = max(self.end_arrival, window.start) if window else self.end_arrival
        self.late = [_lateness(stop.windows, begin) for stop, begin in zip(self.stops, self.begin)]

    def _begin_leg(self, leg: HourlyLeg, position: int, departure: int) -> None:
        """Drive a leg by the hour it is begun at; one without a way counts nothing."""
        arrival = leg.arrival(departure)
        self.cut_off[position] = arrival is None
        self.drive[position] = 0 if arrival is None else arrival - departure
        slot = None if arrival is None else leg.begun_in(departure)
        self.metres[position] = 0 if slot is None else leg.metres[slot]

    def _begin_by(self, position: int, arrival: int) -> int:
        """Return the latest moment to begin a leg that leads to a position by `arrival`."""
        if self.legs and not self.cut_off[position]:
            return self.legs[position].latest(arrival)
        return arrival - self.drive[position]

    def _leave(self, departure: int) -> None:
        self.departure = departure
        self._forward()

    def _leave_late(self) -> None:
        """Move the departure as late as keeps the end and adds no lateness."""
        latest = self._latest_departure(self._latest_arrivals(self.end, keep_late=True))
        if self.start_depot and self.start_depot.window:
            latest = min(latest, self.start_depot.window.end)
        if latest > self.departure:
            self._leave(latest)

    def _leave_for_later_windows(self) -> None:
        """Try what leaving for later windows of the stops saves in work; keep the shortest, of equals the
        earliest.

        The departure goes in leaps: each is the first moment at which some stop misses the window it had.
        """
        if any(self.late) or all(len(stop.windows) < 2 for stop in self.stops):
            return
        over_by = min(self._end_limits(), default=_FOREVER)
        best = (self.work, self.departure)
        cut_off = list(self.cut_off)
        while True:
            leap = 1 + self._latest_departure(self._latest_arrivals(_FOREVER, keep_windows=True))
            if leap > over_by or _outside(self.start_depot.window if self.start_depot else None, leap):
                break
            self._leave(leap)
            if any(self.late) or self.end > over_by or self.cut_off != cut_off:
                break
            self._leave_late()
            best = min(best, (self.work, self.departure))
        if best[1] != self.departure:
            self._leave(best[1])

    def _latest_arrivals(
        self, over_by: int, *, keep_late: bool = False, keep_windows: bool = False
    ) -> list[int]:
        """Return the latest arrival at each stop with which no window is missed and work is over by
        `over_by`.

        A stop that is late in any case stays where it is (`keep_late`) or may slip (otherwise). With
        `keep_windows` each stop stays in the window it is served in.
        """
        by_hour = self.legs is not None
        bound = self._begin_by(len(self.stops), over_by) if self.end_depot else over_by
        arrivals = [0] * len(self.stops)
        for position in range(len(self.stops) - 1, -1, -1):
            stop = self.stops[position]
            begin = bound - stop.service
            if not self.late[position]:
                windows = stop.windows
                if keep_windows:
                    windows = tuple(one for one in windows if one.start <= self.begin[position] <= one.end)
                begin = _last_start(windows, begin)
            elif keep_late:
                begin = self.begin[position]
            arrivals[position] = begin - self.setup[position]
            arrival = arrivals[position]
            bound = self._begin_by(position, arrival) if by_hour else arrival - self.drive[position]
        return arrivals

    def _end_limits(self) -> list[int]:
        """Return the moments by which work has to be over, those that are missed in any case left out."""
        limits = [self.vehicle.shift.end]
        if self.end_depot and self.end_depot.window:
            limits.append(self.end_depot.window.end)
        return [limit for limit in limits if self.end <= limit]

    def _latest_departure(self, arrivals: list[int]) -> int:
        return self._begin_by(0, arrivals[0])

    def _slacks(self) -> tuple[int, list[int], int]:
        """Return the slack of the departure, of each stop and of the end."""
        over_by = min(self._end_limits(), default=_FOREVER)
        latest = self._latest_arrivals(over_by)
        leave = self._latest_departure(latest)
        window = self.start_depot.window if self.start_depot else None
        if window and self.departure <= window.end:
            leave = min(leave, window.end)
        at_end = over_by - self.end_arrival if self.end_depot else 0
        stops = [min(DAY, last - arrival) for last, arrival in zip(latest, self.arrival)]
        return min(DAY, leave - self.departure), stops, min(DAY, at_end)

    def departures(self) -> list[int]:
        """Return when each of the legs between `places` is begun."""
        leaving = [begin + stop.service for begin, stop in zip(self.begin, self.stops)]
        if self.start_depot:
            leaving.insert(0, self.departure)
        return leaving[: len(self.places) - 1]

    def drawn_by(self) -> list[tuple[Provider, list[int]]]:
        """Return the providers that draw the legs between `places`, each with the numbers of its legs."""
        travel = self.instance.travel
        count = len(self.places) - 1
        if not self.legs:
            return [(travel.provider, list(range(count)))]
        by_slot: dict[int, list[int]] = {}
        for number, (leg, departure) in enumerate(zip(self.legs[-count:], self.departures())):
            slot = leg.begun_in(departure)
            by_slot.setdefault(leg.slot(departure) if slot is None else slot, []).append(number)
        return [(travel.slots[slot].provider, numbers) for slot, numbers in by_slot.items()]

    @cached_property
    def loads(self) -> list[tuple[int, ...]]:
        """The load at departure and on leaving each stop."""
        handled = [self.instance.handled[index] for index in self.indices]
        load = tuple(sum(column) for column in zip(*(delivery for delivery, _ in handled)))
        loads = [load]
        for delivery, pickup in handled:
            load = tuple(have - off + on for have, off, on in zip(load, delivery, pickup))
            loads.append(load)
        return loads

    def _overloaded(self, load: tuple[int, ...]) -> bool:
        limits = self.vehicle.capacity
        return any(limit is not None and have > limit for have, limit in zip(load, limits))

    def _shift_codes(self) -> tuple[set[str], set[str]]:
        """Return the codes of the departure and of the end."""
        shift = self.vehicle.shift
        leaving = {reasons.SHIFT} if self.departure < shift.start else set()
        ending = {reasons.SHIFT} if self.end > shift.end else set()
        if self.start_depot and _outside(self.start_depot.window, self.departure):
            leaving.add(reasons.DEPOT_HOURS)
        if self.end_depot and _outside(self.end_depot.window, self.end):
            ending.add(reasons.DEPOT_HOURS)
        return leaving, ending

    def _stop_codes(self) -> list[set[str]]:
        refusals = self.instance.refusals[self.instance.vehicle_index[self.vehicle.id]]
        highest_rank: int | None = None
        codes = []
        for position, (index, stop) in enumerate(zip(self.indices, self.stops)):
            found = {refusals[index]} - {""}
            if self.late[position]:
                found.add(reasons.TIME_WINDOW)
            if self._overloaded(self.loads[position + 1]):
                found.add(reasons.CAPACITY)
            if self.cut_off[position]:
                found.add(reasons.UNREACHABLE)
            if stop.order_rule == ORDER_STRICT:
                if highest_rank is not None and stop.order_rank < highest_rank:
                    found.add(reasons.ORDER)
                highest_rank = stop.order_rank if highest_rank is None else max(highest_rank, stop.order_rank)
            codes.append(found)
        return codes

    def _route_codes(self) -> set[str]:
        vehicle = self.vehicle
        limits = (
            (reasons.WORK_LIMIT, self.work, vehicle.max_work),
            (reasons.DRIVE_LIMIT, sum(self.drive), vehicle.max_drive),
            (reasons.DISTANCE_LIMIT, self.distance, vehicle.max_distance),
            (reasons.STOP_LIMIT, len(self.stops), vehicle.max_stops),
        )
        return {code for code, amount, limit in limits if limit is not None and amount > limit}

    @cached_property
    def _codes(self) -> tuple[set[str], list[set[str]]]:
        """Codes of the start depot's visit, then those of each visit after it."""
        leaving, ending = self._shift_codes()
        if self._overloaded(self.loads[0]):
            leaving.add(reasons.CAPACITY)
        visits = self._stop_codes()
        if self.end_depot:
            visits.append({reasons.UNREACHABLE} if self.cut_off[-1] else set())
        visits[-1] |= ending
        if not self.start_depot:
            visits[0] |= leaving
        return leaving, visits

    @cached_property
    def violations(self) -> tuple[str, ...]:
        """Codes of all rules broken on the route, without repetition."""
        leaving, visits = self._codes
        return _ordered(self._route_codes().union(leaving, *visits))

    @property
    def work(self) -> int:
        """Seconds from departure to end."""
        return self.end - self.departure

    @property
    def distance(self) -> int:
        """Metres of the whole route."""
        return sum(self.metres)

    @property
    def costs(self) -> tuple[float, float, float]:
        """Fixed, distance and time cost."""
        vehicle = self.vehicle
        return (
            vehicle.fixed_cost,
            self.distance / 1000 * vehicle.cost_per_km,
            self.work / 3600 * vehicle.cost_per_hour,
        )

    def route(self) -> Route:
        """Return the timed route, its legs not drawn."""
        loads = self.loads
        leaving, codes = self._codes
        leave_slack, slacks, end_slack = self._slacks()
        visits = []
        if self.start_depot:
            first = _depot_visit(
                VISIT_START, self.start_depot.id, 0, self.departure, self.departure, loads[0]
            )
            visits.append(replace(first, slack=leave_slack, violations=_ordered(leaving)))
        travelled = 0
        for position, stop in enumerate(self.stops):
            travelled += self.metres[position]
            begin, arrival, setup = self.begin[position], self.arrival[position], self.setup[position]
            visits.append(
                Visit(
                    type=VISIT_STOP,
                    id=stop.id,
                    sequence=position + 1,
                    arrival=arrival,
                    setup=setup,
                    wait=begin - arrival - setup,
                    start=begin,
                    service=stop.service,
                    end=begin + stop.service,
                    late=self.late[position],
                    slack=slacks[position],
                    drive=self.drive[position],
                    distance=self.metres[position],
                    cum_distance=travelled,
                    load=loads[position + 1],
                    violations=_ordered(codes[position]),
                )
            )
        if self.end_depot:
            travelled += self.metres[-1]
            sequence = len(self.stops) + 1
            last = _depot_visit(VISIT_END, self.end_depot.id, sequence, self.end_arrival, self.end, loads[-1])
            visits.append(
                replace(
                    last,
                    slack=end_slack,
                    drive=self.drive[-1],
                    distance=self.metres[-1],
                    cum_distance=travelled,
                    violations=_ordered(codes[-1]),
                )
            )
        return self._summary(visits)

    def _summary(self, visits: list[Visit]) -> Route:
        fixed, distance, time = self.costs
        return Route(
            route_id=self.vehicle.id,
            vehicle_id=self.vehicle.id,
            visits=tuple(visits),
            legs=(),
            start=self.departure,
            end=self.end,
            drive=sum(self.drive),
            service=sum(stop.service for stop in self.stops),
            setup=sum(self.setup),
            wait=sum(visit.wait for visit in visits),
            distance=self.distance,
            late=sum(self.late),
            load_peak=tuple(max(column) for column in zip(*self.loads)),
            cost_fixed=fixed,
            cost_distance=distance,
            cost_time=time,
            violations=self.violations,
        )


def _first_start(windows: tuple[Window, ...], ready: int) -> int:
    """Return the first moment from `ready` on inside a window; `ready` itself when all are over or there are
    none.
    """
    return next((max(ready, window.start) for window in windows if ready <= window.end), ready)


def _last_start(windows: tuple[Window, ...], bound: int) -> int:
    """Return the last moment up to `bound` inside a window, `bound` itself when there are no windows."""
    if not windows:
        return bound
    return next((min(bound, window.end) for window in reversed(windows) if window.start <= bound), bound)


Timetables = dict[int, Timetable]
"""The times of each vehicle that has stops, by its index."""


def _lateness(windows: tuple[Window, ...], begin: int) -> int:
    return max(0, begin - windows[-1].end) if windows else 0


def _outside(window: Window | None, moment: int) -> bool:
    return window is not None and not window.start <= moment <= window.end


def _ordered(codes: set[str]) -> tuple[str, ...]:
    return tuple(code for code in _CODE_ORDER if code in codes)


def _depot_visit(
    kind: str, depot_id: str, sequence: int, arrival: int, moment: int, load: tuple[int, ...]
) -> Visit:
    return Visit(
        type=kind,
        id=depot_id,
        sequence=sequence,
        arrival=arrival,
        setup=0,
        wait=moment - arrival,
        start=moment,
        service=0,
        end=moment,
        late=0,
        slack=0,
        drive=0,
        distance=0,
        cum_distance=0,
        load=load,
    )


def _draw(table: Timetable, lines: dict[int, Line]) -> Route:
    """Return the route with the line of each leg."""
    route = table.route()
    visits = enumerate(pairwise(route.visits))
    return replace(
        route,
        legs=tuple(
            Leg(
                visit.sequence,
                before.id,
                visit.id,
                visit.drive,
                visit.distance,
                lines[number].source,
                lines[number].geometry,
            )
            for number, (before, visit) in visits
        ),
    )
