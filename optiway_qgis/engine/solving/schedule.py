"""From an order of stops to times, loads and costs: the only place where a plan gets its figures.

The rules are those of docs/model.md. Engines are asked for assignment and order alone; the order given here
is never changed. Where reloads and breaks go is decided in trips.py and breaks.py, who waits for a dock in
docks.py; which rules are broken is told in breaches.py. The checker (check.py) judges the outcome and shares
no code with these files.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np

from optiway_qgis.engine.solving.breaches import breaches, ordered
from optiway_qgis.engine.solving.breaks import rests
from optiway_qgis.engine.solving.docks import berthed
from optiway_qgis.engine.solving.steps import FOREVER, Berths, Step
from optiway_qgis.engine.solving.trips import reloads as best_reloads
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_RELOAD, Leg, Route, Visit
from optiway_qgis.model.problem import DAY, START_LATE, Window, loading_time

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.driving import Leg as HourlyLeg
    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.steps import Rest
    from optiway_qgis.engine.travel.provider import Line, Provider
    from optiway_qgis.model.problem import Depot, Stop, Vehicle

Windows = tuple[Window, ...]

Reloads = dict[int, tuple[int, ...]]
"""By vehicle index after how many of its stops it reloads each time."""

_NO_BERTHS = Berths()


def schedule(instance: Instance, sequences: Sequences, reloads: Reloads | None = None) -> tuple[Route, ...]:
    """Time every route and draw its legs; vehicles without stops have no route.

    Vehicles without an entry in `reloads` reload where that is best.
    """
    tables = list(timetables(instance, sequences, reloads).values())
    return tuple(_draw(table, lines) for table, lines in zip(tables, _lines(tables)))


def _lines(tables: list[Timetable]) -> list[dict[int, Line]]:
    """Return the line of the leg to each step of each route, by its number; a provider is asked once for a
    profile.
    """
    asked: dict[tuple[int, str], tuple[Provider, list[tuple[int, int]]]] = {}
    for route, table in enumerate(tables):
        for provider, numbers in table.drawn_by():
            _, wanted = asked.setdefault((id(provider), table.vehicle.profile), (provider, []))
            wanted += [(route, number) for number in numbers]
    found: list[dict[int, Line]] = [{} for _ in tables]
    for (_, profile), (provider, wanted) in asked.items():
        pairs = [(tables[route].places[number - 1], tables[route].places[number]) for route, number in wanted]
        for (route, number), line in zip(wanted, provider.lines(pairs, profile)):
            found[route][number] = line
    return found


def timetables(instance: Instance, sequences: Sequences, reloads: Reloads | None = None) -> Timetables:
    """Return the times of each vehicle that has stops, those at the same docks in turn."""
    given = reloads or {}
    tables = {
        vehicle: Timetable(instance, instance.vehicles[vehicle], stops, given.get(vehicle))
        for vehicle, stops in enumerate(sequences)
        if stops
    }
    return berthed(instance, tables) if instance.has_docks else tables


def sequences_of(instance: Instance, tables: Timetables) -> Sequences:
    """Return the stops of each vehicle in the order they are timed in."""
    return [
        list(tables[vehicle].indices) if vehicle in tables else []
        for vehicle in range(len(instance.vehicles))
    ]


class Timetable:
    """The times of one vehicle serving `stops`, at least one, in the order given.

    `start` and `end` bound the work; `departure` is when the vehicle leaves where it starts.

    Lists by step: `steps` are all visits in their order, depots and breaks included; `places`, `arrivals`,
    `begins` of service, `lates` (how long after the last window), and of the legs that lead to the steps
    `drive`, `metres` and `cut_off` (there is no way, which counts 0); no leg leads to the first. `loads` has
    one entry more where the start is open: the load at departure.

    Lists by position, which counts stops from 0: `indices`, `stops`, `begin`, `late`, `setup` and `service`.

    Where times depend on the hour, `drive`, `metres` and `cut_off` follow from the start, by `legs`; else
    they are fixed and `legs` is None.

    `reloads` says after how many of the stops the vehicle reloads each time; None leaves that to trips.py.
    Without a start depot it cannot.
    """

    def __init__(
        self,
        instance: Instance,
        vehicle: Vehicle,
        stops: list[int],
        reloads: tuple[int, ...] | None = None,
        berths: Berths = _NO_BERTHS,
    ):
        self.instance = instance
        self.vehicle = vehicle
        self.indices = stops
        self.berths = berths
        self.start_depot = instance.depot(vehicle.start_depot)
        self.end_depot = instance.depot(vehicle.end_depot)
        if self.start_depot is None or (reloads is None and vehicle.max_trips == 1):
            reloads = ()
        self.reloads = best_reloads(instance, vehicle, stops) if reloads is None else reloads
        self._lay_out()
        self._measure()
        first = self._first_start()
        self.last_start = self._last_start()
        self.unpaid_break = 0
        self._begin_work(first)
        if vehicle.breaks:
            self._take_breaks(first)
        if instance.has_rides:
            self._hold_pickups()

    def berthed(self, berths: Berths) -> Timetable:
        """Return the times of the same trips with the loading as docks allow."""
        return Timetable(self.instance, self.vehicle, self.indices, self.reloads, berths)

    def _lay_out(self) -> None:
        """List the steps, breaks left out."""
        self.trips = [self.indices]
        if self.reloads:
            bounds = (0, *self.reloads, len(self.indices))
            self.trips = [self.indices[first:last] for first, last in pairwise(bounds)]
        self.steps: list[Step] = []
        for trip, stops in enumerate(self.trips):
            if self.start_depot:
                self.steps.append(self._loading(self.start_depot, trip))
            self.steps += self._serving(stops)
        if self.vehicle.end_depot is not None:
            self.steps.append(self.instance.end_step(self.vehicle.end_depot))

    def _serving(self, stops: list[int]) -> list[Step]:
        """Return the steps of the stops of a trip."""
        own, bare = self.instance.stop_steps(self.vehicle)
        steps = [own[index] for index in stops]
        if self.instance.has_setup:
            for position, (before, step) in enumerate(pairwise(steps), 1):
                if before.place == step.place:
                    steps[position] = bare[step.stop]
        return steps

    def _loading(self, depot: Depot, trip: int) -> Step:
        """Return the step at the start depot with which a trip begins."""
        step = self.instance.start_step(depot.id)
        seconds = 0
        if depot.load or depot.load_per_unit:
            seconds = loading_time(depot, sum(self.instance.loaded[0][index] for index in self.trips[trip]))
        if not trip and not seconds:
            return step
        limits = tuple(Window(window.start, window.end - seconds) for window in step.limits)
        if not trip:
            return replace(step, limits=limits, service=seconds)
        opens = max(depot.window.start if depot.window else -FOREVER, self.ready(trip), self._berth(trip))
        windows = (Window(opens, FOREVER),)
        return replace(step, kind=VISIT_RELOAD, windows=windows, limits=limits, service=seconds)

    def ready(self, trip: int) -> int:
        """Return when all goods of a trip can be loaded."""
        if not self.instance.has_ready:
            return -FOREVER
        stops = self.instance.stops
        moments = [stops[index].ready for index in self.trips[trip]]
        return max((moment for moment in moments if moment is not None), default=-FOREVER)

    def due(self, trip: int) -> int:
        """Return by when the vehicle has to be back from a trip for all its stops."""
        if not self.instance.has_due:
            return FOREVER
        stops = self.instance.stops
        moments = [stops[index].due for index in self.trips[trip]]
        return min((moment for moment in moments if moment is not None), default=FOREVER)

    def _berth(self, trip: int) -> int:
        """Return when the docks let the loading of a trip begin."""
        asked = self.berths.loading_from[trip] if trip < len(self.berths.loading_from) else None
        return -FOREVER if asked is None else asked

    def _measure(self) -> None:
        """Look up each leg."""
        self.places = [step.place for step in self.steps]
        by_hour = self.instance.legs(self.vehicle)
        self.legs: list[HourlyLeg] | None = None
        if by_hour:
            self.legs = [by_hour.standing, *(by_hour.between(*pair) for pair in pairwise(self.places))]
            self.drive, self.cut_off = [0] * len(self.legs), [False] * len(self.legs)
            self._metres: list[int] | None = None
            return
        matrix = self.instance.matrix(self.vehicle)
        nodes = np.array(self.places)
        way = nodes[:-1], nodes[1:]
        self.drive = [0, *matrix.seconds[way].tolist()]
        self._metres = [0, *matrix.metres[way].tolist()]
        self.cut_off = [value == UNREACHABLE for value in self.drive]
        if any(self.cut_off):
            self.drive = [0 if cut else value for cut, value in zip(self.cut_off, self.drive)]
            self._metres = [0 if cut else value for cut, value in zip(self.cut_off, self._metres)]

    def _first_start(self) -> int:
        """Return the first moment that shift, depot, goods and docks let work begin at."""
        return max(self.instance.earliest_departure(self.vehicle), self.ready(0), self._berth(0))

    def _last_start(self) -> int:
        """Return the moment after which work is not begun, if it can begin by then."""
        moments = [
            moment for moment in (self.vehicle.latest_start, self.berths.start_by) if moment is not None
        ]
        if self.start_depot:
            moments += [window.end for window in self.steps[0].limits]
        return min(moments, default=FOREVER)

    def _begin_work(self, first: int) -> None:
        """Find the start, at `first` or later, and all times that follow from it."""
        self._leave(first)
        if self.vehicle.start_rule == START_LATE:
            self._leave_late()
            if self.instance.has_second_windows:
                self._leave_for_later_windows()

    def _leave(self, start: int) -> None:
        self.start = start
        self._forward()

    def _forward(self) -> None:
        """Follow the route from the start, each service as early as it can be."""
        legs, drives = self.legs, self.drive
        clock = self.start
        arrivals, begins, lates = [], [], []
        for number, step in enumerate(self.steps):
            if legs:
                arrival = legs[number].arrival(clock)
                self.cut_off[number] = arrival is None
                drives[number] = 0 if arrival is None else arrival - clock
            clock += drives[number]
            arrivals.append(clock)
            clock += step.setup
            late = 0
            if step.windows:
                for window in step.windows:
                    if clock <= window.end:
                        if clock < window.start:
                            clock = window.start
                        break
                else:
                    late = clock - window.end
            lates.append(late)
            begins.append(clock)
            clock += step.service
        self.arrivals, self.begins, self.lates, self.end = arrivals, begins, lates, clock
        if legs:
            self._metres = None

    def _begin_by(self, number: int, arrival: int) -> int:
        """Return the latest moment to begin the leg that leads to a step by `arrival`."""
        if self.legs and not self.cut_off[number]:
            return self.legs[number].latest(arrival)
        return arrival - self.drive[number]

    def _leave_late(self) -> None:
        """Move the start as late as keeps the end, adds no lateness and misses nothing that was kept."""
        latest = self._latest_arrivals(self._kept(), self.end, len(self.steps) - 1)[0]
        latest = min(latest, self.last_start)
        if latest > self.start:
            self._leave(latest)

    def _leave_for_later_windows(self) -> None:
        """Try what starting for later windows of the stops saves in work; keep the shortest, of equals the
        earliest.

        The start goes in leaps: each is the first moment at which some stop misses the window it had.
        """
        if self._any_stop_late() or all(len(step.windows) < 2 for step in self.steps):
            return
        over_by = self._over_by()
        best = (self.end - self.start, self.start)
        cut_off, missed, last = list(self.cut_off), self._missed(), len(self.steps) - 1
        while True:
            leap = 1 + self._latest_arrivals(self._kept(as_served=True), FOREVER, last)[0]
            if leap > over_by or leap > self.last_start:
                break
            self._leave(leap)
            if self._any_stop_late() or self.end > over_by or self.cut_off != cut_off:
                break
            self._leave_late()
            if self._missed() <= missed:
                best = min(best, (self.end - self.start, self.start))
        if best[1] != self.start:
            self._leave(best[1])

    def _any_stop_late(self) -> bool:
        return any(late and step.stop >= 0 for late, step in zip(self.lates, self.steps))

    def _missed(self) -> int:
        """Return how many rules are broken, if starting later could break any but windows and hours."""
        instance = self.instance
        may_break = self.vehicle.breaks or self.reloads or instance.has_rides or instance.has_due
        return sum(1 for _ in breaches(self)) if may_break else 0

    def _kept(self, *, as_served: bool = False) -> list[Windows]:
        """Return for each step the windows that a later start must not miss: nobody gets later who is late,
        and nothing is missed that is not missed already.

        With `as_served` each stop stays in the window it is served in.
        """
        kept: list[Windows] = []
        for step, begin, late in zip(self.steps, self.begins, self.lates):
            windows = step.windows
            if step.stop < 0:
                windows = step.limits
                if windows and begin > windows[-1].end:
                    windows = ()
            elif late:
                windows = (Window(begin, begin),)
            elif as_served and len(windows) > 1:
                windows = tuple([one for one in windows if one.start <= begin <= one.end])
            kept.append(windows)
        if self.reloads and self.instance.has_due:
            for trip, number in enumerate(self.reload_numbers):
                due = self.due(trip)
                if self.begins[number] <= due:
                    last = min([due, *(window.end for window in kept[number])])
                    kept[number] = (Window(-FOREVER, last),)
        return kept

    def _latest_arrivals(self, windows: list[Windows], bound: int, last: int) -> list[int]:
        """Return the latest arrival at each step up to `last` with which that is over by `bound` and each
        service before it begins in one of the step's windows, or at any time where there are none.
        """
        steps, drive, by_hour = self.steps, self.drive, self.legs is not None
        arrivals = [0] * (last + 1)
        for number in range(last, -1, -1):
            step = steps[number]
            begin = bound - step.service
            for window in reversed(windows[number]):
                if window.start <= begin:
                    begin = min(begin, window.end)
                    break
            arrival = arrivals[number] = begin - step.setup
            bound = self._begin_by(number, arrival) if by_hour else arrival - drive[number]
        return arrivals

    def _over_by(self) -> int:
        """Return the moment by which work has to be over, what is missed in any case left out."""
        limits = [self.vehicle.shift.end]
        if self.end_depot and self.end_depot.window:
            limits.append(self.end_depot.window.end)
        return min((limit for limit in limits if self.end <= limit), default=FOREVER)

    def _slacks(self) -> list[int]:
        """Return the slack of each step."""
        limits = [
            () if step.limits and begin > step.limits[-1].end else step.limits
            for step, begin in zip(self.steps, self.begins)
        ]
        latest = self._latest_arrivals(limits, self._over_by(), len(self.steps) - 1)
        return [min(DAY, last - arrival) for last, arrival in zip(latest, self.arrivals)]

    def _take_breaks(self, first: int) -> None:
        """Put breaks where they are due, starting as early as can be or as without any: what is better."""
        drive, legs = list(self.drive), self.legs

        def arrive(number: int, departure: int) -> int:
            arrival = legs[number].arrival(departure) if legs else departure + drive[number]
            return departure if arrival is None else arrival

        taken = rests(self.vehicle, self.steps, arrive, first)
        if not taken:
            return
        plain = self.steps, self.places, drive, self._metres, self.cut_off, legs
        choices = [(first, taken)]
        if self.start > first and any(self._may_be_needless(rest, self.start) for rest in taken):
            choices.append((self.start, rests(self.vehicle, self.steps, arrive, self.start)))

        def time(choice: int) -> tuple[int, int, int, int]:
            start, breaks = choices[choice]
            self._insert(plain, breaks)
            self._begin_work(start)
            return sum(1 for _ in breaches(self)), self.work, self.end, -self.start

        best = min(range(len(choices)), key=time)
        if best < len(choices) - 1:
            time(best)

    def _may_be_needless(self, rest: Rest, start: int) -> bool:
        """Whether a break may not be due when work begins later, at `start`."""
        rule = self.vehicle.breaks[rest.which]
        if rule.window:
            return rule.window.start < start
        return rule.after_drive is None or self.legs is not None

    def _insert(self, plain: _Laid, taken: list[Rest]) -> None:
        """Lay out the route with these breaks, each at the place of the step before it."""
        steps, places, drive, metres, cut_off, legs = plain
        rests_after: dict[int, list[Rest]] = {}
        for rest in taken:
            rests_after.setdefault(rest.after, []).append(rest)
        order: list[tuple[int, Rest | None]] = []
        for number in range(len(steps)):
            order.append((number, None))
            order += [(number, rest) for rest in rests_after.get(number, ())]
        self.steps = [
            self._pause(steps[number].place, rest) if rest else steps[number] for number, rest in order
        ]
        self.places = [places[number] for number, _ in order]
        self.drive = [0 if rest else drive[number] for number, rest in order]
        self._metres = metres and [0 if rest else metres[number] for number, rest in order]
        self.cut_off = [False if rest else cut_off[number] for number, rest in order]
        self.legs = legs and [legs[0] if rest else legs[number] for number, rest in order]
        breaks = self.vehicle.breaks
        self.unpaid_break = sum(rest.seconds for rest in taken if not breaks[rest.which].paid)

    def _pause(self, place: int, rest: Rest) -> Step:
        rule = self.vehicle.breaks[rest.which]
        windows = (rule.window,) if rule.window else ()
        return Step(VISIT_BREAK, rule.id, place, windows=windows, limits=windows, service=rest.seconds)

    def _hold_pickups(self) -> None:
        """Serve pickups later whose goods would be on their way for too long; deliveries are not moved."""
        instance = self.instance
        number_of = {index: number for number, index in self.stop_numbers()}
        for index, begun in reversed(number_of.items()):
            delivery = instance.delivery_of.get(index)
            longest = None if delivery is None else instance.stops[delivery].ride_max
            number = number_of.get(delivery, -1) if delivery is not None else -1
            if longest is None or number < begun or self.lates[begun]:
                continue
            ride = self.begins[number] - self.begins[begun] - self.steps[begun].service
            if ride > longest:
                self._hold(begun, self.begins[begun] + ride - longest, number)

    def _hold(self, begun: int, moment: int, number: int) -> None:
        """Serve the stop at a step from a moment on, if that mends a rule and does not move `number`."""
        steps, step = self.steps, self.steps[begun]
        windows = tuple(
            Window(max(window.start, moment), window.end)
            for window in step.windows or (Window(-FOREVER, FOREVER),)
            if window.end >= moment
        )
        over_by = self.begins[number] + steps[number].service
        latest = self._latest_arrivals(self._kept(), over_by, number)[begun] + step.setup
        if not windows or windows[0].start > latest:
            return
        broken = sum(1 for _ in breaches(self))
        self.steps = [*steps[:begun], replace(step, windows=windows), *steps[begun + 1 :]]
        self._forward()
        if sum(1 for _ in breaches(self)) >= broken:
            self.steps = steps
            self._forward()

    def stop_numbers(self) -> list[tuple[int, int]]:
        """Return step number and stop index of each stop, in the order of service."""
        return [(number, step.stop) for number, step in enumerate(self.steps) if step.stop >= 0]

    @property
    def reload_numbers(self) -> list[int]:
        """The numbers of the steps that are reloads."""
        if not self.reloads:
            return []
        return [number for number, step in enumerate(self.steps) if step.kind == VISIT_RELOAD]

    @property
    def trip_of(self) -> list[int]:
        """The trip of each step, the first is 0."""
        if not self.reloads:
            return [0] * len(self.steps)
        return list(accumulate(int(step.kind == VISIT_RELOAD) for step in self.steps))

    def trip_bounds(self) -> list[tuple[int, int]]:
        """Return for each trip the step that begins it and the one that ends it, a reload or the last."""
        bounds = [0, *self.reload_numbers, len(self.steps) - 1]
        return list(pairwise(bounds))

    @property
    def loadings(self) -> list[tuple[int, int]]:
        """Begin and end of each loading, that at the start depot first; those that take no time included."""
        numbers = [0, *self.reload_numbers] if self.start_depot else []
        return [(self.begins[number], self.begins[number] + self.steps[number].service) for number in numbers]

    def _begun(self, number: int) -> int:
        """Return when the leg to a step, but the first, is begun."""
        return self.begins[number - 1] + self.steps[number - 1].service

    @property
    def metres(self) -> list[int]:
        """Metres of the leg to each step."""
        if self._metres is None:
            self._metres = [0]
            for number, leg in enumerate(self.legs or ()):
                if number:
                    slot = None if self.cut_off[number] else leg.begun_in(self._begun(number))
                    self._metres.append(0 if slot is None else leg.metres[slot])
        return self._metres

    def drawn_by(self) -> list[tuple[Provider, list[int]]]:
        """Return the providers that draw the legs, each with the numbers of the steps these lead to."""
        travel = self.instance.travel
        numbers = [number for number, step in enumerate(self.steps) if number and step.kind != VISIT_BREAK]
        if not self.legs:
            return [(travel.provider, numbers)]
        by_slot: dict[int, list[int]] = {}
        for number in numbers:
            leg, departure = self.legs[number], self._begun(number)
            slot = leg.begun_in(departure)
            by_slot.setdefault(leg.slot(departure) if slot is None else slot, []).append(number)
        return [(travel.slots[slot].provider, numbers) for slot, numbers in by_slot.items()]

    @cached_property
    def stops(self) -> list[Stop]:
        """The stops."""
        return [self.instance.stops[index] for index in self.indices]

    @cached_property
    def _stop_numbers(self) -> list[int]:
        """The number of the step of each stop, once all steps are known."""
        return [number for number, _ in self.stop_numbers()]

    @cached_property
    def begin(self) -> list[int]:
        """When service begins at each stop."""
        return [self.begins[number] for number in self._stop_numbers]

    @cached_property
    def late(self) -> list[int]:
        """How late that is."""
        return [self.lates[number] for number in self._stop_numbers]

    @cached_property
    def setup(self) -> list[int]:
        """Seconds of setup that are due at each stop."""
        return [self.steps[number].setup for number in self._stop_numbers]

    @cached_property
    def service(self) -> list[int]:
        """Seconds that the vehicle's driver takes for each stop."""
        return [self.steps[number].service for number in self._stop_numbers]

    @cached_property
    def _trip_loads(self) -> list[list[tuple[int, ...]]]:
        """For each trip the load at departure and on leaving each of its stops."""
        instance = self.instance
        found: list[list[tuple[int, ...]]] = []
        for trip in self.trips:
            columns = [
                accumulate([change[index] for index in trip], initial=sum([loaded[index] for index in trip]))
                for loaded, change in zip(instance.loaded, instance.taken_on)
            ]
            found.append(list(zip(*columns)) if columns else [()] * (len(trip) + 1))
        return found

    @cached_property
    def load_peak(self) -> tuple[int, ...]:
        """The highest load on board per dimension, departures included."""
        return tuple([max(column) for column in zip(*(load for loads in self._trip_loads for load in loads))])

    @property
    def loads(self) -> list[tuple[int, ...]]:
        """The load at departure, then on leaving each step after that."""
        first, *others = self._trip_loads
        loads = [first[0]]
        coming = iter([*first[1:], *(load for trip in others for load in trip)])
        for step in self.steps[1:] if self.start_depot else self.steps:
            loads.append(next(coming) if step.stop >= 0 or step.kind == VISIT_RELOAD else loads[-1])
        return loads

    @cached_property
    def violations(self) -> tuple[str, ...]:
        """Codes of all rules broken on the route, without repetition."""
        return ordered({code for _, code in breaches(self)})

    @property
    def departure(self) -> int:
        """When the vehicle leaves its depot, or begins at its first stop."""
        return self.start + self.steps[0].service if self.start_depot else self.start

    @property
    def work(self) -> int:
        """Seconds from start to end without unpaid breaks."""
        return self.end - self.start - self.unpaid_break

    @property
    def overtime(self) -> int:
        """Seconds of work that cost more."""
        return overtime_of(self.vehicle, self.work)

    @property
    def distance(self) -> int:
        """Metres of the whole route."""
        return sum(self.metres)

    @property
    def costs(self) -> tuple[float, float, float]:
        """Fixed, distance and time cost."""
        vehicle = self.vehicle
        return vehicle.fixed_cost, distance_cost(vehicle, self.distance), time_cost(vehicle, self.work)

    def route(self) -> Route:
        """Return the timed route, its legs not drawn."""
        codes: dict[int, set[str]] = {}
        for number, code in breaches(self):
            codes.setdefault(number, set()).add(code)
        loads = self.loads if self.start_depot else self.loads[1:]
        slacks, trip_of, travelled = self._slacks(), self.trip_of, list(accumulate(self.metres))
        visits = []
        for number, step in enumerate(self.steps):
            arrival, begin = self.arrivals[number], self.begins[number]
            visits.append(
                Visit(
                    type=step.kind,
                    id=step.id,
                    sequence=number if self.start_depot else number + 1,
                    arrival=arrival,
                    setup=step.setup,
                    wait=begin - arrival - step.setup,
                    start=begin,
                    service=step.service,
                    end=begin + step.service,
                    late=self.lates[number] if step.stop >= 0 else 0,
                    slack=slacks[number],
                    drive=self.drive[number],
                    distance=self.metres[number],
                    cum_distance=travelled[number],
                    load=loads[number],
                    violations=ordered(codes.get(number, set())),
                    trip=trip_of[number] + 1,
                )
            )
        return self._summary(visits)

    def _summary(self, visits: list[Visit]) -> Route:
        fixed, distance, time = self.costs
        break_time = sum(visit.service for visit in visits if visit.type == VISIT_BREAK)
        service = sum(self.service)
        return Route(
            route_id=self.vehicle.id,
            vehicle_id=self.vehicle.id,
            visits=tuple(visits),
            legs=(),
            start=self.start,
            end=self.end,
            drive=sum(self.drive),
            service=service,
            setup=sum(self.setup),
            wait=sum(visit.wait for visit in visits),
            distance=self.distance,
            late=sum(self.late),
            load_peak=self.load_peak,
            cost_fixed=fixed,
            cost_distance=distance,
            cost_time=time,
            violations=self.violations,
            loading=sum(visit.service for visit in visits) - service - break_time,
            break_time=break_time,
            unpaid_break=self.unpaid_break,
            overtime=self.overtime,
        )


def overtime_of(vehicle: Vehicle, work: int) -> int:
    """Return how many of the seconds of work cost more."""
    return 0 if vehicle.overtime_after is None else max(0, work - vehicle.overtime_after)


def time_cost(vehicle: Vehicle, work: int) -> float:
    """Return what so many seconds of work cost."""
    overtime, price = overtime_of(vehicle, work), vehicle.overtime_cost_per_hour
    cost = (work - overtime) / 3600 * vehicle.cost_per_hour
    return cost + overtime / 3600 * (vehicle.cost_per_hour if price is None else price)


def distance_cost(vehicle: Vehicle, metres: int) -> float:
    """Return what so many metres cost."""
    return metres / 1000 * vehicle.cost_per_km


_Laid = tuple[list[Step], list[int], list[int], list[int] | None, list[bool], "list[HourlyLeg] | None"]
"""Steps, places, and drive, metres, ways missing and legs to each, of a route without breaks."""

Timetables = dict[int, Timetable]
"""The times of each vehicle that has stops, by its index."""


def _draw(table: Timetable, lines: dict[int, Line]) -> Route:
    """Return the route with the line of each leg."""
    route = table.route()
    legs = []
    before = route.visits[0].id
    for number, visit in enumerate(route.visits):
        if number and visit.type != VISIT_BREAK:
            line = lines[number]
            legs.append(
                Leg(
                    visit.sequence,
                    before,
                    visit.id,
                    visit.drive,
                    visit.distance,
                    line.source,
                    line.geometry,
                )
            )
            before = visit.id
    return replace(route, legs=tuple(legs))
