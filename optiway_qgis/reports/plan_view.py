"""A plan together with all that is needed to read it: lookups, counts, names. No HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.day import PLANNED, TO_DO
from ..model.plan import VISIT_BREAK, VISIT_RELOAD, VISIT_STOP, VISIT_TRANSFER
from . import quantities
from .phrases import phrase

if TYPE_CHECKING:
    from ..model.plan import Plan, Route, Unassigned, Visit
    from ..model.problem import Break, Depot, Problem, Stop, Vehicle, Window


@dataclass(frozen=True)
class TravelConditions:
    """What changed travel times: rows of traffic and barriers in force, the different situations they make,
    a factor for the weather."""

    rows: int = 0
    situations: int = 1
    weather: float = 1.0
    barriers: int = 0


@dataclass(frozen=True)
class ReportOptions:
    """How the report is written: title (empty: the general one), currency of the amounts, miles or not, under
    what conditions of travel the plan was made (None: not known), and at which second of the day `now` (None:
    before it began)."""

    title: str = ""
    currency: str = ""
    miles: bool = False
    conditions: TravelConditions | None = None
    now: int | None = None


@dataclass(frozen=True)
class PlanView:
    """The plan of a problem, ready to be shown; `unassigned` includes stops that never reached the engine.

    `deliveries` has the delivery of each pickup of a pair."""

    problem: Problem
    plan: Plan
    unassigned: tuple[Unassigned, ...]
    options: ReportOptions
    stops: dict[str, Stop]
    deliveries: dict[str, str]
    depots: dict[str, Depot]
    vehicles: dict[str, Vehicle]

    @property
    def served(self) -> int:
        """Number of stops on routes."""
        return sum(len(route.stop_ids) for route in self.plan.routes)

    @property
    def stop_count(self) -> int:
        """Number of stops, rejected ones included."""
        return self.served + len(self.unassigned)

    @property
    def work(self) -> int:
        """Seconds of work, over all routes."""
        return sum(route.work for route in self.plan.routes)

    @property
    def late_visits(self) -> list[tuple[int, Route, Visit]]:
        """Place of the route, route and visit of each late stop, the latest first."""
        late = [
            (index, route, visit)
            for index, route in enumerate(self.plan.routes)
            for visit in route.visits
            if visit.type == VISIT_STOP and visit.late
        ]
        return sorted(late, key=lambda entry: -entry[2].late)

    @property
    def dimensions(self) -> list[int]:
        """The load dimensions in which anything is carried."""
        carried = [route.load_peak for route in self.plan.routes]
        return [
            dimension
            for dimension in range(self.problem.dimensions)
            if any(_at(peak, dimension) for peak in carried)
        ]

    def place(self, visit: Visit) -> Stop | Depot | None:
        """Return the stop or depot of a visit; None of a break, and when the problem does not know it."""
        if visit.type == VISIT_BREAK:
            return None
        return self.stops.get(visit.id) if visit.type == VISIT_STOP else self.depots.get(visit.id)

    def name(self, visit: Visit) -> str:
        """Return the name of a visit's place, its id where it has none; and what is done at one underway."""
        if visit.type == VISIT_BREAK:
            return phrase("break_visit")
        place = self.place(visit)
        name = place.name if place and place.name else visit.id
        if visit.type == VISIT_TRANSFER:
            return phrase("transfer_visit", depot=name)
        return phrase("reload_visit", depot=name, number=visit.trip) if visit.type == VISIT_RELOAD else name

    def is_behind(self, visit: Visit) -> bool:
        """Tell whether a visit is said to be behind its vehicle, made or not."""
        return visit.status not in TO_DO

    def state(self, visit: Visit) -> str:
        """Return how a visit stands and when it was made, in words; "" of one that is only planned."""
        arrived, left = visit.actual_arrival, visit.actual_departure
        times = ((arrived, "came_at"), (left, "left_at"))
        words = [phrase(key, time=quantities.clock(moment)) for moment, key in times if moment is not None]
        if visit.status != PLANNED:
            words.insert(0, phrase(f"status_{visit.status}"))
        return ", ".join(words)

    def stop_name(self, stop_id: str) -> str:
        """Return the name of a stop; "" when it has none or was never read."""
        stop = self.stops.get(stop_id)
        return stop.name if stop else ""

    def pair(self, visit: Visit) -> str:
        """Return which stop goods are picked up for, or brought from; "" where a visit is none of a pair."""
        stop = self.stops.get(visit.id) if visit.type == VISIT_STOP else None
        if stop and stop.picked_up_at:
            return phrase("bring_from", stop=stop.picked_up_at)
        delivery = self.deliveries.get(stop.id) if stop else None
        return phrase("pick_up_for", stop=delivery) if delivery else ""

    def windows(self, route: Route, visit: Visit) -> tuple[Window, ...]:
        """Return the windows of a visit's stop or break, the opening hours of its depot."""
        if visit.type == VISIT_STOP:
            stop = self.stops.get(visit.id)
            return stop.windows if stop else ()
        if visit.type == VISIT_BREAK:
            rest = self.rest(route, visit)
            return (rest.window,) if rest and rest.window else ()
        depot = self.depots.get(visit.id)
        return (depot.window,) if depot and depot.window else ()

    def rest(self, route: Route, visit: Visit) -> Break | None:
        """Return the break that a visit takes; None when the problem does not know it."""
        vehicle = self.vehicles.get(route.vehicle_id)
        return next((rest for rest in vehicle.breaks if rest.id == visit.id), None) if vehicle else None

    def is_unpaid(self, route: Route, visit: Visit) -> bool:
        """Tell whether a visit is a break that is no work."""
        rest = self.rest(route, visit) if visit.type == VISIT_BREAK else None
        return rest is not None and not rest.paid

    def late_max(self, visit: Visit) -> int | None:
        """Return by how many seconds a visit may be late, None by any."""
        stop = self.stops.get(visit.id) if visit.type == VISIT_STOP else None
        return stop.late_max if stop else 0

    def is_allowed_late(self, visit: Visit) -> bool:
        """Tell whether a late visit is no later than it may be."""
        most = self.late_max(visit)
        return most is None or visit.late <= most

    def lateness(self, visit: Visit) -> str:
        """Return how late a visit is, and how late it may be, in words; "" when it is not late."""
        if not visit.late:
            return ""
        late, most = quantities.minutes(visit.late), self.late_max(visit)
        if most == 0:
            return phrase("late_words", late=late)
        allowed = phrase("any_lateness") if most is None else quantities.minutes(most)
        return phrase("late_allowed", late=late, most=allowed)

    def activities(self, visit: Visit) -> dict[str, tuple[int, int]]:
        """Return what is done for a visit, each from when to when; the first is the way there."""
        ready = visit.arrival + visit.setup
        kind = {VISIT_STOP: "service", VISIT_BREAK: "break"}.get(visit.type, "loading")
        return {
            "drive": (visit.arrival - visit.drive, visit.arrival),
            "setup": (visit.arrival, ready),
            "wait": (ready, visit.start),
            kind: (visit.start, visit.start + visit.service),
        }

    def overtime_start(self, route: Route) -> int:
        """Return from when on all work of a route is overtime."""
        start = route.end - route.overtime
        for visit in reversed(route.visits):
            if self.is_unpaid(route, visit) and visit.end > start:
                start -= visit.service
        return start

    def trip_peaks(self, route: Route) -> list[tuple[int, ...]]:
        """Return the highest load on board per dimension, for each trip of a route."""
        if route.trips == 1:
            return [route.load_peak]
        return [
            tuple(map(max, zip(*(visit.load for visit in route.visits if visit.trip == trip))))
            for trip in range(1, route.trips + 1)
        ]

    def driver(self, vehicle_id: str) -> str:
        """Return the driver of a vehicle, "" when not known."""
        vehicle = self.vehicles.get(vehicle_id)
        return vehicle.driver if vehicle else ""

    def shift(self, vehicle_id: str) -> Window | None:
        """Return the shift of a vehicle, None when the problem does not know the vehicle."""
        vehicle = self.vehicles.get(vehicle_id)
        return vehicle.shift if vehicle else None

    def capacity(self, vehicle_id: str, dimension: int) -> int | None:
        """Return the capacity of a vehicle in thousandths of a unit, None for unlimited."""
        vehicle = self.vehicles.get(vehicle_id)
        return _at(vehicle.capacity, dimension) if vehicle else None

    def distance(self, metres: int) -> str:
        """Return a distance in the unit asked for, without the unit."""
        return quantities.distance(metres, self.options.miles)

    def money(self, amount: float) -> str:
        """Return an amount with the currency."""
        return quantities.money(amount, self.options.currency)


def view_of(
    problem: Problem, plan: Plan, rejected: tuple[Unassigned, ...], options: ReportOptions
) -> PlanView:
    """Return the view of a plan; `rejected` are stops that never reached the engine."""
    return PlanView(
        problem=problem,
        plan=plan,
        unassigned=(*plan.unassigned, *rejected),
        options=options,
        stops={stop.id: stop for stop in problem.stops},
        deliveries={stop.picked_up_at: stop.id for stop in problem.stops if stop.picked_up_at},
        depots={depot.id: depot for depot in problem.depots},
        vehicles={vehicle.id: vehicle for vehicle in problem.vehicles},
    )


def _at(numbers: tuple, place: int) -> int | None:
    return numbers[place] if place < len(numbers) else None
