"""When stops, depots and shifts are open as PyVRP counts: in seconds from the first shift's start.

PyVRP knows no breaks. Where most drivers rest alike, that rest is cut out of the day: what comes after it is
as much earlier. Windows are narrowed to what `due` and `ride_max` leave of them in the best case.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from optiway_qgis.engine.travel.provider import UNREACHABLE, travel_kind
from optiway_qgis.model.problem import Window, service_time

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.model.problem import Stop, Vehicle

_SPREAD = 0.25
"""How much of the time that a driver has for beginning a break counts when the hours of stops around it are
told: with 0 all rest at its middle, with 1 each stop may be served before or after it.
"""

_LATENESS = (0, 900, 1800, 3600, 7200)
"""Between each two of these, in seconds, being late has one price; later than the last, too."""


class Opening(NamedTuple):
    """A time in which a stop may be served, both ends allowed, and what that costs beside the way."""

    early: int
    late: int
    price: float = 0.0


class _Rest(NamedTuple):
    """A break that drivers may begin from `first` to `last`, in real time."""

    first: int
    last: int
    seconds: int
    paid: bool

    def begun(self, spread: float) -> float:
        """Return a moment to begin it: with 0 the middle, with -1 as early, with 1 as late as can be."""
        return ((1 - spread) * self.first + (1 + spread) * self.last) / 2


class Hours:
    """The day of an instance in PyVRP's time. With `late_too` stops may be late where they allow it."""

    def __init__(self, instance: Instance, *, late_too: bool):
        self._instance = instance
        self._late_too = late_too
        self.begin = instance.first_shift
        self._end = instance.first_shift + instance.horizon
        self._rests = _common_rests(instance)
        self.horizon = self.at(self._end)
        # One vehicle for each of the paces that drivers serve at.
        self._paces = list({vehicle.service_factor: vehicle for vehicle in instance.vehicles}.values())

    def at(self, moment: int, spread: float = 0.0) -> int:
        """Return a moment of the day, counted without the breaks that are taken before it."""
        rested = sum(min(max(0.0, moment - rest.begun(spread)), rest.seconds) for rest in self._rests)
        return moment - self.begin - round(rested)

    def rested(self, vehicle: Vehicle) -> int:
        """Return the seconds of work of the vehicle that are cut out of the day: breaks that are paid."""
        return sum(rest.seconds for rest in self._rests if rest.paid) if vehicle.breaks else 0

    def clip(self, window: Window | None) -> tuple[int, int]:
        """Return a window in PyVRP's time, closed by the end of the last shift."""
        if window is None:
            return 0, self.horizon
        early = min(max(0, self.at(window.start, -_SPREAD)), self.horizon)
        return early, min(max(early, self.at(window.end, _SPREAD)), self.horizon)

    def openings(self, index: int) -> list[Opening]:
        """Return when the stop may be served, one opening at least, in ascending order."""
        stop = self._instance.stops[index]
        windows = [
            window for window in stop.windows if window.end >= self.begin and window.start <= self._end
        ]
        found = [Opening(*self.clip(window)) for window in windows]
        if self._late_too and stop.windows and stop.late_max != 0:
            found += self._late(stop)
        found = found or [Opening(0, self.horizon)]
        least, most = self._bounds.get(index, (0, self.horizon))
        if least == 0 and most == self.horizon:
            return found
        within = [Opening(max(one.early, least), min(one.late, most), one.price) for one in found]
        return [one for one in within if one.early <= one.late] or found[-1:]

    def _late(self, stop: Stop) -> list[Opening]:
        """Return when the stop may be served late, in steps of about the same price."""
        end = stop.windows[-1].end
        most = self._end - end if stop.late_max is None else min(stop.late_max, self._end - end)
        edges = [edge for edge in _LATENESS if edge < most] + [most]
        return [
            Opening(*self.clip(Window(end + after + 1, end + until)), stop.late_cost * (after + until) / 7200)
            for after, until in pairwise(edges)
        ]

    @cached_property
    def _bounds(self) -> dict[int, tuple[int, int]]:
        """For some stops the first and the last moment at which service may begin there in the best case."""
        bounds: dict[int, tuple[int, int]] = {}
        instance, home = self._instance, _WayHome(self._instance)
        for index, stop in enumerate(instance.stops):
            least, most = self.begin, self._end
            if stop.ready is not None and (len(instance.units.of[index]) > 1 or instance.has_reloads):
                least = stop.ready
            if stop.due is not None:
                most = stop.due - min(self._service(stop)) - home.seconds(index)
            pickup, delivery = instance.units.of[index][0], instance.units.of[index][-1]
            ride = instance.stops[delivery].ride_max
            if pickup != delivery and ride is not None:
                service = max(self._service(instance.stops[pickup]))
                if index == delivery:
                    most = min(most, self._closes(instance.stops[pickup]) + service + ride)
                else:
                    least = max(least, self._opens(instance.stops[delivery]) - ride - service)
            if least > self.begin or most < self._end:
                bounds[index] = max(0, self.at(least, -_SPREAD)), min(self.horizon, self.at(most, _SPREAD))
        return bounds

    def _service(self, stop: Stop) -> list[int]:
        return [service_time(vehicle, stop) for vehicle in self._paces]

    def _opens(self, stop: Stop) -> int:
        return stop.windows[0].start if stop.windows else self.begin

    def _closes(self, stop: Stop) -> int:
        """Return when service of the stop may begin at the latest."""
        if not stop.windows or stop.late_max is None:
            return self._end
        return min(self._end, stop.windows[-1].end + stop.late_max)


class _WayHome:
    """The shortest ways from stops to where vehicles end or reload."""

    def __init__(self, instance: Instance):
        self._instance = instance
        self._open = any(vehicle.end_depot is None for vehicle in instance.vehicles)
        self._ends = {
            (travel_kind(vehicle), instance.depot_place(depot))
            for vehicle in instance.vehicles
            for depot in (vehicle.end_depot, vehicle.start_depot if vehicle.max_trips > 1 else None)
            if depot is not None
        }

    def seconds(self, index: int) -> int:
        """Return the seconds of the shortest way home from a stop, 0 where there is none."""
        if self._open:
            return 0
        place, matrices = self._instance.travel.stop_place[index], self._instance.travel.matrices
        ways = [int(matrices[kind].seconds[place, end]) for kind, end in self._ends]
        return min((way for way in ways if way != UNREACHABLE), default=0)


def _common_rests(instance: Instance) -> list[_Rest]:
    """Return the rests that at least half of the vehicles take alike, in their order; else none."""
    counted = Counter(tuple(_rests(vehicle)) for vehicle in instance.vehicles)
    (rests, count), *_ = counted.most_common(1)
    return list(rests) if 2 * count >= len(instance.vehicles) else []


def _rests(vehicle: Vehicle) -> list[_Rest]:
    """Return the breaks of a vehicle that works through its shift: those by the clock, and by hours of work.

    Breaks by hours of driving are left out: nobody knows when they are due.
    """
    shift = vehicle.shift
    clock = [
        _Rest(rest.window.start, rest.window.end, rest.duration, rest.paid)
        for rest in vehicle.breaks
        if rest.window and rest.window.start >= shift.start and rest.window.end < shift.end
    ]
    by_work: list[_Rest] = []
    for rest in vehicle.breaks:
        if rest.after_work is None or any(other.seconds >= rest.duration for other in clock):
            continue
        begin = shift.start - min(rest.gone, rest.after_work)
        while begin + rest.after_work < shift.end and rest.after_work > 0:
            last = begin + rest.after_work
            by_work.append(_Rest(max(shift.start, (begin + last) // 2), last, rest.duration, rest.paid))
            begin = last + rest.duration
    rests = sorted(clock + by_work)
    apart = all(before.last + before.seconds <= after.first for before, after in pairwise(rests))
    return rests if apart else sorted(clock[:1])
