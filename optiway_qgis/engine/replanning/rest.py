"""From a day under way to the problem of what is left of it.

What that is stands in docs/model.md, "A day under way". Where goods and vehicles are is looked up in
underway.py, what is used up in spent.py; the plan of the rest is put behind what is done in whole.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import inf
from typing import TYPE_CHECKING

from optiway_qgis.engine.replanning.spent import (
    aboard,
    breaks_left,
    ended,
    free_from,
    less,
    spent,
    trip_of,
)
from optiway_qgis.engine.replanning.underway import Goods, Underway
from optiway_qgis.engine.travel.provider import rounded
from optiway_qgis.model import reasons
from optiway_qgis.model.day import SKIPPED
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_STOP, Unassigned
from optiway_qgis.model.problem import (
    DAY,
    KEEP_FREE,
    KEEP_PREFIX,
    ORDER_EARLY,
    ORDER_FIRST,
    ORDER_FREE,
    START_EARLY,
    Depot,
    Problem,
    Sequence,
    Stop,
    Vehicle,
    Window,
    may_serve,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Sequence as Many

    from optiway_qgis.model.day import Ask, Day, Progress
    from optiway_qgis.model.plan import Visit

NOBODY = "No vehicle goes on."
"""Why a stop is left out when all vehicles are lost."""

_LATEST = 100 * DAY
"""The end of a window that has none."""


@dataclass(frozen=True)
class Course:
    """The leg that a vehicle is on: from the depot `origin` of the rest, which stands for its last visit and
    was left at `departure`, to the depot or, with `to_stop`, the stop `target`; as planned it takes `drive`
    seconds, of which `left` are still to go, and so many `metres`.
    """

    origin: str
    target: str
    to_stop: bool
    departure: int
    drive: int
    left: int
    metres: int


@dataclass(frozen=True)
class Rest:
    """What is left of a day, as a problem of its own that can be planned like any.

    `sequences` hold the order still to do, pickups of goods included: those of a later trip, or of a vehicle
    at the depot, come first of their trip, those that the plan before has where it has them, others right
    before their delivery. `loose` are the stops without
    a place that are to get one, first of all; pickups of their goods come with them, as pairs. `notes` are
    warnings for the user. `lost` are stops that nobody can serve any more: they are not in the problem.

    `pickups` maps each pickup of goods to its delivery and the depot where the goods are, `starts` each
    vehicle that has left to the depot that stands for where it is, and `courses` those in the middle of a leg
    to what is left of it. `aboard` is the load of these vehicles that is no part of the problem. `aliases`
    are for travel times that are given by id. The travel of a rest is opened by `open_rest` of course.py.
    """

    problem: Problem
    sequences: tuple[Sequence, ...]
    loose: tuple[str, ...]
    notes: tuple[str, ...]
    lost: tuple[Unassigned, ...]
    pickups: Mapping[str, tuple[str, str]]
    starts: Mapping[str, str]
    aboard: Mapping[str, tuple[int, ...]]
    courses: Mapping[str, Course]
    aliases: Mapping[str, str]
    ask: Ask


def rest_of(problem: Problem, sequences: Many[Sequence], day: Day, ask: Ask) -> Rest:
    """Return what is left to do of a day.

    `problem` has all stops, those done and those that are on no route included; `sequences` hold the stops
    still to do of each vehicle in the order so far. There may be no vehicle or no stop left.

    Raises
    ------
    InputError
        When sequences, day or ask name what is not there, twice, or what is done.
    """
    underway = Underway(problem, tuple(sequences), day, ask)
    faults = list(_faults(underway))
    if faults:
        raise InputError(faults)
    return _Left(underway).rest()


def _faults(underway: Underway) -> Iterator[str]:
    asked = [name for sequence in underway.sequences for name in sequence.stops]
    seen = {stop_id for progress in underway.day.progress for stop_id in _stops_of(progress)}
    for sequence in underway.sequences:
        if sequence.vehicle_id not in underway.vehicles:
            yield f'Sequence of vehicle "{sequence.vehicle_id}": there is no such vehicle.'
    for name, times in Counter(one.vehicle_id for one in underway.sequences).items():
        if times > 1:
            yield f'Vehicle "{name}" has {times} sequences.'
    for progress in underway.day.progress:
        if progress.vehicle_id not in underway.vehicles:
            yield f'The progress of vehicle "{progress.vehicle_id}": there is no such vehicle.'
        elif progress.lost and progress.visits and progress.stands_at not in underway.depots:
            yield (
                f'The progress of vehicle "{progress.vehicle_id}": it is lost, and stands_at is '
                f'"{progress.stands_at}", but there is no such depot.'
            )
    for name in (*asked, *underway.ask.loose, *seen):
        if name not in underway.stops:
            yield f'Stop "{name}" of the day is not in the problem.'
    behind = Counter(stop for progress in underway.day.progress for stop in _stops_of(progress))
    for name, times in (behind + Counter(asked)).items():
        if times > 1:
            yield f'Stop "{name}" is {times} times among those done and those still to do.'
    for name in underway.ask.loose:
        if name in asked or name in behind:
            yield f'Stop "{name}" is loose and has a place.'


def _stops_of(progress: Progress) -> list[str]:
    return [visit.id for visit in progress.visits if visit.type == VISIT_STOP]


class _Left:
    """What is left of one day, found step by step."""

    def __init__(self, underway: Underway):
        self._underway = underway
        self._day = underway.day
        self._notes: list[str] = []
        names = {depot.id for depot in underway.problem.depots}
        self._starts = {name: _new_name(f"now {name}", names) for name in underway.left}
        self._aboard = {
            name: aboard(one, underway.stops, underway.problem.dimensions)
            for name, one in underway.left.items()
        }
        self._stop_names = {stop.id for stop in underway.problem.stops}
        self._lost = tuple(self._unservable())
        without = {one.stop_id for one in self._lost}
        self._to_do = [stop for stop in underway.to_do if stop.id not in without]
        courses = {name: self._course(one, names) for name, one in underway.left.items()}
        self._courses = {name: course for name, course in courses.items() if course}
        self._paired = {stop.picked_up_at for stop in self._to_do}
        self._clashing = {name: self._classes(one) for name, one in underway.left.items()}
        self._next_to = frozenset(self._at_hand())
        self._bound = dict(self._bonds())
        going = {one.next_stop for one in underway.left.values()}
        self._may_follow = {stop.id for stop in self._to_do}.difference(going)
        self._pickups: dict[str, tuple[str, str]] = {}
        self._pickup_of: dict[str, str] = {}

    def rest(self) -> Rest:
        """Return it all."""
        underway = self._underway
        vehicles = tuple(
            self._vehicle(vehicle) for vehicle in underway.problem.vehicles if vehicle.id not in underway.lost
        )
        self._zones = tuple(dict.fromkeys(zone for vehicle in vehicles for zone in vehicle.zones))
        self._under_way = [vehicle for vehicle in vehicles if vehicle.id in underway.left]
        stops: list[Stop] = []
        for stop in self._to_do:
            stops += self._stops(stop)
        problem = replace(
            underway.problem,
            stops=tuple(stops),
            depots=(*underway.problem.depots, *self._places()),
            vehicles=vehicles,
        )
        return Rest(
            problem=problem,
            sequences=tuple(self._sequences()),
            loose=tuple(self._loose()),
            notes=tuple(self._notes),
            lost=self._lost,
            pickups=self._pickups,
            starts=self._starts,
            aboard=self._aboard,
            courses=self._courses,
            aliases=dict(self._aliases()),
            ask=underway.ask,
        )

    # Vehicles.

    def _places(self) -> Iterator[Depot]:
        """Yield where the vehicles are that have left."""
        for name, depot_id in self._starts.items():
            one = self._underway.left[name]
            yield Depot(depot_id, one.lon, one.lat)
            if name in self._courses:
                yield Depot(self._courses[name].origin, *self._underway.position(_last_place(one)))

    def _course(self, one: Progress, depots: set[str]) -> Course | None:
        """Return the leg that a vehicle is on, None where it stands or heads for what is gone."""
        at_stop = any(one.heading == stop.id for stop in self._to_do)
        if not one.heading or not one.way_drive or not (at_stop or one.heading in self._underway.depots):
            return None
        return Course(
            _new_name(f"before {one.vehicle_id}", depots),
            one.heading,
            at_stop,
            free_from(one) - one.way_drive,
            one.way_drive + one.heading_drive,
            one.heading_drive,
            one.heading_distance,
        )

    def _vehicle(self, vehicle: Vehicle) -> Vehicle:
        """Return a vehicle with what is left of its day."""
        one = self._underway.progress.get(vehicle.id)
        if one and one.visits:
            return self._under_way_again(vehicle, one)
        moments = [vehicle.shift.start, self._day.now, one.free if one else None]
        start = max(moment for moment in moments if moment is not None)
        latest = vehicle.latest_start
        if latest is not None and one and one.free is not None:
            latest = max(latest, one.free)
        return replace(vehicle, shift=Window(start, max(start, vehicle.shift.end)), latest_start=latest)

    def _under_way_again(self, vehicle: Vehicle, one: Progress) -> Vehicle:
        """Return a vehicle that has left, from where it is."""
        gone, free = spent(vehicle, one, self._underway.stops), free_from(one)
        breaks, notes = breaks_left(vehicle, one)
        self._notes += notes
        room = zip(vehicle.capacity, self._aboard[vehicle.id])
        return replace(
            vehicle,
            start_depot=self._starts[vehicle.id],
            shift=Window(free, max(free, vehicle.shift.end)),
            latest_start=None,
            start_rule=START_EARLY,
            max_trips=1,
            fixed_cost=0.0,
            capacity=tuple(less(limit, load) for limit, load in room),
            max_stops=less(vehicle.max_stops, gone.stops),
            max_work=less(vehicle.max_work, gone.work),
            max_drive=less(vehicle.max_drive, gone.drive),
            max_distance=less(vehicle.max_distance, gone.distance),
            overtime_after=less(vehicle.overtime_after, gone.work),
            breaks=breaks,
        )

    # Stops.

    def _unservable(self) -> Iterator[Unassigned]:
        """Yield the deliveries whose goods could not be picked up."""
        underway = self._underway
        for stop in underway.to_do:
            if stop.picked_up_at in underway.done and not underway.fetched_by(stop.picked_up_at):
                text = f"It makes a pair with {stop.picked_up_at}, where nothing could be picked up."
                yield Unassigned(stop.id, reasons.PAIR, text)

    def _stops(self, stop: Stop) -> list[Stop]:
        """Return a stop as it is in the rest, after the pickup of its goods where it has one."""
        goods = self._underway.goods(stop)
        stop = self._bound_to_done(self._without_lost(stop))
        if stop.picked_up_at in self._underway.done:
            stop = self._half_done(stop)
        stop = self._on(stop, goods.aboard) if goods.aboard else self._kept_apart(stop)
        if goods.aboard or (self._underway.left and not goods.depot):
            stop = replace(stop, ready=None)
        if stop.id in self._next_to:
            stop = replace(stop, setup=0)
        if not goods.depot:
            return [self._next(stop)]
        if self._is_fetched(stop, goods):
            return self._with_pickup(stop, goods.depot)
        return [_forbidden(stop, self._underway.left)]

    def _without_lost(self, stop: Stop) -> Stop:
        """Return the stop without the rule that a vehicle serves it that is lost."""
        if stop.vehicle_id in self._underway.lost:
            return replace(stop, vehicle_id="", keep=KEEP_FREE)
        return stop

    def _bound_to_done(self, stop: Stop) -> Stop:
        """Return the stop without those in `before` that are done, and on the vehicle that has served those
        it comes after.
        """
        before = tuple(name for name in stop.before if name in self._may_follow)
        return replace(stop, before=before, vehicle_id=stop.vehicle_id or self._bound.get(stop.id, ""))

    def _bonds(self) -> Iterator[tuple[str, str]]:
        """Yield the stops that come after some that are done, each with the vehicle that has served these."""
        underway = self._underway
        for name, (vehicle_id, visit) in underway.done.items():
            if visit.status != SKIPPED and vehicle_id in underway.left:
                yield from ((later, vehicle_id) for later in underway.stops[name].before)

    def _half_done(self, stop: Stop) -> Stop:
        """Return a delivery, whose pickup is done, as one of its own."""
        single = replace(stop, picked_up_at="", ride_max=None)
        if stop.ride_max is None:
            return single
        latest = ended(self._underway.done[stop.picked_up_at][1]) + stop.ride_max
        if not stop.windows:
            return replace(single, windows=(Window(latest - stop.ride_max, latest),), late_max=0)
        windows = tuple(
            Window(window.start, min(window.end, latest)) for window in stop.windows if window.start <= latest
        )
        if not windows:
            self._notes.append(f'What stop "{stop.id}" gets is on its way longer than allowed.')
            return single
        most = latest - windows[-1].end
        return replace(
            single, windows=windows, late_max=most if stop.late_max is None else min(most, stop.late_max)
        )

    def _on(self, stop: Stop, vehicle_id: str) -> Stop:
        """Return a stop that a vehicle has the goods of."""
        if stop.vehicle_id in ("", vehicle_id):
            return replace(stop, vehicle_id=vehicle_id)
        self._notes.append(
            f'Stop "{stop.id}" is for vehicle "{stop.vehicle_id}", but vehicle "{vehicle_id}" has its goods.'
        )
        return _forbidden(stop, [stop.vehicle_id])

    def _kept_apart(self, stop: Stop) -> Stop:
        """Return a stop whose goods are not on board, away from vehicles whose trip has goods they may not be
        with.
        """
        return _forbidden(
            stop, [name for name, classes in self._clashing.items() if stop.goods_class in classes]
        )

    def _classes(self, one: Progress) -> frozenset[str]:
        """Return the classes of goods that may not be on the trip that a vehicle is on."""
        stops, pairs = self._underway.stops, self._underway.problem.incompatible
        there = {
            stops[visit.id].goods_class
            for visit in one.visits
            if visit.type == VISIT_STOP and visit.trip == trip_of(one)
        }
        return frozenset(other for pair in pairs for own, other in (pair, pair[::-1]) if own in there)

    def _at_hand(self) -> Iterator[str]:
        """Yield the stops that are next for a vehicle and where it stands: their setup is done."""
        stops = self._underway.stops
        for sequence in self._underway.sequences:
            one = self._underway.left.get(sequence.vehicle_id)
            if one and sequence.stops and not one.way_drive:
                last, first = _last_place(one), stops[sequence.stops[0]]
                here = stops.get(last.id) if last.type == VISIT_STOP else None
                if here and rounded((here.lon, here.lat)) == rounded((first.lon, first.lat)):
                    yield first.id

    def _next(self, stop: Stop) -> Stop:
        """Return a stop that a vehicle is going to as the first one of that vehicle."""
        for name, one in self._underway.left.items():
            if one.next_stop == stop.id and not stop.picked_up_at:
                others = [other for other in self._to_do if other.id != stop.id]
                rule = stop.order_rule if stop.order_rule == ORDER_EARLY else ORDER_FREE
                if any(other.order_rule == ORDER_FIRST for other in others):
                    rule = ORDER_FIRST
                return replace(
                    stop,
                    vehicle_id=name,
                    keep=KEEP_PREFIX,
                    keep_rank=min((other.keep_rank for other in others), default=1) - 1,
                    order_rule=rule,
                )
        return stop

    def _is_fetched(self, stop: Stop, goods: Goods) -> bool:
        """Whether goods at a depot get a pickup of their own: vehicles that load there may not be the only
        ones to serve the stop.
        """
        if not goods.fetched:
            return False
        away = goods.depot not in {vehicle.start_depot for vehicle in self._underway.problem.vehicles}
        if stop.id in self._paired:
            if away:
                self._notes.append(f'What stop "{stop.id}" gets is on a vehicle that is lost.')
            return False
        return away or any(not may_serve(vehicle, stop) for vehicle in self._under_way)

    def _with_pickup(self, stop: Stop, depot_id: str) -> list[Stop]:
        """Return a stop after the pickup of its goods at a depot."""
        depot = next(depot for depot in self._underway.problem.depots if depot.id == depot_id)
        name = _new_name(f"goods of {stop.id}", self._stop_names)
        self._pickups[name] = stop.id, depot_id
        self._pickup_of[stop.id] = name
        pickup = Stop(
            name,
            depot.lon,
            depot.lat,
            name=depot.name,
            service=self._day.fetch,
            setup=self._day.meet if depot_id in self._underway.lost_at else 0,
            windows=_fetching(depot, stop.ready, self._day.fetch),
            pickup=stop.delivery,
            penalty=None if stop.penalty is None else 0.0,
            order_rule=ORDER_FIRST if stop.order_rule == ORDER_FIRST else ORDER_FREE,
            skills=stop.skills,
            allowed_vehicles=stop.allowed_vehicles,
            forbidden_vehicles=stop.forbidden_vehicles,
            vehicle_id=stop.vehicle_id,
            zones=self._zones,
            keep=KEEP_PREFIX if stop.keep == KEEP_PREFIX else KEEP_FREE,
            keep_rank=stop.keep_rank,
            fetch=True,
        )
        return [pickup, replace(stop, picked_up_at=name, ready=None)]

    # The order so far.

    def _loose(self) -> Iterator[str]:
        """Yield the stops that are to get a place."""
        underway = self._underway
        there = {stop.id for stop in self._to_do}
        names = [*underway.ask.loose]
        for sequence in underway.sequences:
            if sequence.vehicle_id in underway.lost:
                names += sequence.stops
        return (name for name in dict.fromkeys(names) if name in there)

    def _sequences(self) -> Iterator[Sequence]:
        """Yield the order so far with the pickups of goods."""
        there = {stop.id for stop in self._to_do}
        for sequence in self._underway.sequences:
            if sequence.vehicle_id in self._underway.lost:
                continue
            left = sequence.vehicle_id in self._underway.left
            bounds = [0, *(sequence.reloads or ()), len(sequence.stops)]
            trips = [
                self._trip(
                    sequence.vehicle_id,
                    [one for one in sequence.stops[first:last] if one in there],
                    left and not number,
                )
                for number, (first, last) in enumerate(pairwise(bounds))
            ]
            stops = tuple(name for trip in trips for name in trip)
            reloads = None
            if sequence.reloads is not None and not left:
                ends = accumulate(len(trip) for trip in trips if trip)
                reloads = tuple(ends)[:-1]
            yield Sequence(sequence.vehicle_id, stops, reloads)

    def _trip(self, vehicle_id: str, stops: list[str], on_its_way: bool) -> list[str]:
        """Return the stops of a trip with the pickups of their goods: first where the vehicle is at the depot
        then, else before the stop that they came before in the plan so far, or their own.
        """
        vehicle = self._underway.vehicles[vehicle_id]
        planned = {name: self._underway.stops[name].planned for name in stops}
        mine = {name: one for name, one in planned.items() if one and one.vehicle_id == vehicle_id}
        first, others = [], []
        waiting: dict[str, float] = {}
        for name in stops:
            pickup = self._pickup_of.get(name)
            if pickup is not None and not on_its_way and self._pickups[pickup][1] == vehicle.start_depot:
                first.append(pickup)
            elif pickup is not None:
                known = mine[name].goods_rank if name in mine else 0
                waiting[name] = known or inf
        for name in stops:
            rank = mine[name].rank if name in mine else 0
            for other in [one for one, before in waiting.items() if one == name or before <= rank]:
                others.append(self._pickup_of[other])
                del waiting[other]
            others.append(name)
        return [*first, *others]

    # Travel by id.

    def _aliases(self) -> Iterator[tuple[str, str]]:
        """Yield for each place that only the rest has what it is in a travel table by id."""
        underway = self._underway
        stands_at = {depot: _place_id(_last_place(one)) for depot, one in underway.lost_at.items()}
        for depot_id, place in stands_at.items():
            yield f"depot:{depot_id}", place
        for pickup, (_, depot_id) in self._pickups.items():
            yield f"stop:{pickup}", stands_at.get(depot_id, f"depot:{depot_id}")
        for name, one in underway.left.items():
            yield f"depot:{self._starts[name]}", _place_id(_last_place(one))
            if name in self._courses:
                yield f"depot:{self._courses[name].origin}", _place_id(_last_place(one))


def _last_place(one: Progress) -> Visit:
    """Return the last visit of a vehicle that was no break."""
    return next(visit for visit in reversed(one.visits) if visit.type != VISIT_BREAK)


def _place_id(visit: Visit) -> str:
    return f"{'stop' if visit.type == VISIT_STOP else 'depot'}:{visit.id}"


def _fetching(depot: Depot, ready: int | None, seconds: int) -> tuple[Window, ...]:
    """Return when goods can be fetched at a depot: while it is open, from when they are ready."""
    if depot.window is None:
        return () if ready is None else (Window(ready, _LATEST),)
    start = depot.window.start if ready is None else max(ready, depot.window.start)
    return (Window(start, max(start, depot.window.end - seconds)),)


def _forbidden(stop: Stop, vehicles: Iterable[str]) -> Stop:
    """Return the stop with more vehicles that may not serve it."""
    return replace(stop, forbidden_vehicles=tuple(dict.fromkeys((*stop.forbidden_vehicles, *vehicles))))


def _new_name(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, and take it."""
    while name in taken:
        name += "'"
    taken.add(name)
    return name
