"""Two plans of one problem, figure by figure and stop by stop. Nothing is planned, timed or judged here.

What a figure, a changed stop and a moved stop are is in docs/planning.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, Collection, Iterable, Mapping, Sequence

from .balance import gini
from .plan import VISIT_STOP

if TYPE_CHECKING:
    from .plan import Plan, Route, Visit
    from .problem import Problem

REMOVED, ADDED, MOVED, REORDERED = "removed", "added", "moved", "reordered"
EARLIER, LATER = "earlier", "later"
CHANGES = (REMOVED, ADDED, MOVED, EARLIER, LATER, REORDERED)
"""What can become of a stop, the gravest first."""

MONEY, KM, MINUTES, COUNT, RATIO = "money", "km", "min", "count", "ratio"


@dataclass(frozen=True)
class Figure:
    """One number of both plans in the unit `unit`: of one vehicle, or of the whole plan where `vehicle_id` is
    empty."""

    name: str
    unit: str
    before: float
    after: float
    vehicle_id: str = ""

    @property
    def difference(self) -> float:
        """How much more it is after than before."""
        return self.after - self.before

    @property
    def percent(self) -> float | None:
        """The difference in percent of what was before; None when there was nothing before and is now."""
        if self.difference == 0:
            return 0.0
        return 100 * self.difference / self.before if self.before else None


@dataclass(frozen=True)
class Served:
    """How a plan serves a stop: by whom, as which visit of the route and which of its stops, arriving and
    late in seconds.

    Lateness is told beside the rest, and so is the number of the visit, which breaks and reloads count for:
    neither makes a stop a changed one.
    """

    vehicle_id: str
    sequence: int = field(compare=False)
    place: int
    eta: int
    late: int = field(compare=False)


@dataclass(frozen=True)
class StopChange:
    """A stop that the plans serve differently; None stands for the plan that does not serve it."""

    stop_id: str
    before: Served | None
    after: Served | None

    @property
    def change(self) -> str:
        """What became of it, one of CHANGES."""
        if self.before is None or self.after is None:
            return ADDED if self.before is None else REMOVED
        if self.before.vehicle_id != self.after.vehicle_id:
            return MOVED
        if self.before.eta != self.after.eta:
            return EARLIER if self.after.eta < self.before.eta else LATER
        return REORDERED

    @property
    def seconds(self) -> int | None:
        """By how much the arrival is later; None when one plan does not serve the stop."""
        return None if self.before is None or self.after is None else self.after.eta - self.before.eta


@dataclass(frozen=True)
class Comparison:
    """What differs between two plans.

    `figures` are those of the whole plans, `by_vehicle` those of each vehicle that either of them uses, in
    the order of the problem. `changes` are the changed stops, the gravest change first (earlier and later
    are alike) and then the longest shift of the arrival. `unserved_before` and `unserved_after` are ids.
    """

    figures: tuple[Figure, ...]
    by_vehicle: Mapping[str, tuple[Figure, ...]]
    changes: tuple[StopChange, ...]
    unserved_before: tuple[str, ...]
    unserved_after: tuple[str, ...]

    @property
    def rows(self) -> tuple[Figure, ...]:
        """All figures: those of the whole plans, then those of each vehicle."""
        return (*self.figures, *(figure for figures in self.by_vehicle.values() for figure in figures))

    def figure(self, name: str) -> Figure:
        """Return the figure of the whole plans with that name."""
        return next(figure for figure in self.figures if figure.name == name)

    def count(self, change: str) -> int:
        """Return how many stops changed in that way."""
        return sum(one.change == change for one in self.changes)


def compare(problem: Problem, before: Plan, after: Plan, others: Collection[str] = ()) -> Comparison:
    """Return what differs between two plans of one problem; `others` are stops of neither plan nor problem
    that were not served either."""
    served = [served_by(plan) for plan in (before, after)]
    stops = list(dict.fromkeys([*(stop.id for stop in problem.stops), *others]))
    unserved = [[stop for stop in stops if stop not in by] for by in served]
    used = {route.vehicle_id for plan in (before, after) for route in plan.routes}
    return Comparison(
        figures=(
            *_figures(before.routes, after.routes),
            Figure("longest_min", MINUTES, _longest(before) / 60, _longest(after) / 60),
            Figure("gini", RATIO, gini(_work(before)), gini(_work(after))),
            Figure("violations", COUNT, len(before.violations), len(after.violations)),
            Figure("routes", COUNT, len(before.routes), len(after.routes)),
            Figure("stops_served", COUNT, len(served[0]), len(served[1])),
            Figure("stops_unserved", COUNT, len(unserved[0]), len(unserved[1])),
        ),
        by_vehicle={
            vehicle.id: _of_vehicle(vehicle.id, before, after)
            for vehicle in problem.vehicles
            if vehicle.id in used
        },
        changes=changes_between(stops, *served),
        unserved_before=tuple(unserved[0]),
        unserved_after=tuple(unserved[1]),
    )


def changes_between(
    stops: Iterable[str], before: Mapping[str, Served], after: Mapping[str, Served]
) -> tuple[StopChange, ...]:
    """Return those of the stops that are served differently, in the order of `Comparison.changes`."""
    changes = (
        StopChange(stop, before.get(stop), after.get(stop))
        for stop in stops
        if before.get(stop) != after.get(stop)
    )
    return tuple(sorted(changes, key=_gravity))


def served_by(plan: Plan) -> dict[str, Served]:
    """Return how the plan serves each stop that is on a route."""
    return {
        visit.id: Served(route.vehicle_id, visit.sequence, place, visit.arrival, visit.late)
        for route in plan.routes
        for place, visit in enumerate(_stops(route), 1)
    }


def _member(name: str) -> Callable[[Route], float]:
    return lambda route: getattr(route, name)


_SUMS: tuple[tuple[str, str, Callable[[Route], float], int], ...] = (
    ("cost", MONEY, _member("cost"), 1),
    ("cost_fixed", MONEY, _member("cost_fixed"), 1),
    ("cost_distance", MONEY, _member("cost_distance"), 1),
    ("cost_time", MONEY, _member("cost_time"), 1),
    ("distance_km", KM, _member("distance"), 1000),
    ("drive_min", MINUTES, _member("drive"), 60),
    ("service_min", MINUTES, _member("service"), 60),
    ("setup_min", MINUTES, _member("setup"), 60),
    ("loading_min", MINUTES, _member("loading"), 60),
    ("wait_min", MINUTES, _member("wait"), 60),
    ("break_min", MINUTES, _member("break_time"), 60),
    ("work_min", MINUTES, _member("work"), 60),
    ("overtime_min", MINUTES, _member("overtime"), 60),
    ("late_min", MINUTES, _member("late"), 60),
    ("late_stops", COUNT, lambda route: sum(visit.late > 0 for visit in _stops(route)), 1),
)
"""Figures of a route that add up: name, unit, how to take it, and what the sum is divided by."""

OF_PLANS = ("longest_min", "gini", "stops_unserved")
"""Figures of whole plans that no single vehicle has."""

FIGURES = (
    *(name for name, *_ in _SUMS),
    *("longest_min", "gini", "violations", "routes", "stops_served", "stops_unserved"),
)
"""The names of all figures, in their order."""


def _figures(before: Iterable[Route], after: Iterable[Route], vehicle_id: str = "") -> Iterable[Figure]:
    old, new = list(before), list(after)
    for name, unit, of, per in _SUMS:
        # Divided last: sums of whole seconds and metres are exact, whatever the order of the routes.
        yield Figure(name, unit, sum(map(of, old)) / per, sum(map(of, new)) / per, vehicle_id)


def _of_vehicle(vehicle_id: str, before: Plan, after: Plan) -> tuple[Figure, ...]:
    old, new = (
        [route for route in plan.routes if route.vehicle_id == vehicle_id] for plan in (before, after)
    )

    def counted(name: str, count: Callable[[Plan, list[Route]], int]) -> Figure:
        return Figure(name, COUNT, count(before, old), count(after, new), vehicle_id)

    return (
        *_figures(old, new, vehicle_id),
        counted("violations", lambda plan, _: sum(one.vehicle_id == vehicle_id for one in plan.violations)),
        counted("routes", lambda _, routes: len(routes)),
        counted("stops_served", lambda _, routes: sum(len(route.stop_ids) for route in routes)),
    )


def _work(plan: Plan) -> list[int]:
    return [route.work for route in plan.routes]


def _longest(plan: Plan) -> int:
    return max(_work(plan), default=0)


def _stops(route: Route) -> Sequence[Visit]:
    return [visit for visit in route.visits if visit.type == VISIT_STOP]


def _gravity(one: StopChange) -> tuple[int, int, str]:
    rank = CHANGES.index(EARLIER if one.change == LATER else one.change)
    return rank, -abs(one.seconds or 0), one.stop_id
