"""The adapter to OR-Tools: the best plan that can be put together from routes met so far.

A search meets many good routes that were never part of one answer. Choosing among them, each stop once and
no more routes than vehicles, is set partitioning (M. Balinski and R. Quandt, Operations Research 12, 1964):
first without whole numbers, which tells what each route is worth, then in whole numbers over the routes that
can be part of a better plan. Every route is timed by the scheduler, so all rules and wishes count.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.objective import importance, length_of, price_of, route_price, unserved
from optiway_qgis.engine.solving.schedule import Timetable, sequences_of
from optiway_qgis.model.problem import BALANCE_DISTANCE, BALANCE_NONE, BALANCE_STOPS, BALANCE_TIME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ortools.linear_solver import pywraplp

    from optiway_qgis.engine.solving.instance import Instance
    from optiway_qgis.engine.solving.schedule import Timetables

NAME = f"OR-Tools {version('ortools')}"

_MOST_ROUTES = 3000
"""Routes chosen from: of more, those that could be part of the best plan."""

_EFFORT = 0.2
"""Deterministic time for the choice in whole numbers: about seconds of one core."""

_LEAST_GAIN = 1e-6

_PARTS = {BALANCE_NONE: 1, BALANCE_TIME: 3600, BALANCE_STOPS: 1, BALANCE_DISTANCE: 1000}
"""Whole parts of the unit that the longest route is measured in: to the solver all numbers are whole."""


def recombined(instance: Instance, tables: Timetables, pool: Iterable[Timetable]) -> Timetables | None:
    """Return the cheapest routes of `tables` and `pool` together, None where none are found that are cheaper.

    Routes that break a rule are not taken. Vehicles of a kind stand in for each other. Not for problems in
    which a rule binds several routes together (docks).
    """
    choice = _Choice(instance, tables, pool)
    chosen = choice.best()
    if chosen is None:
        return None
    found = _on_vehicles(instance, tables, chosen)
    return found if choice.now - choice.worth(found) > _LEAST_GAIN else None


class _Choice:
    """Routes to choose from and their prices: of those of one kind of vehicle with the same stops the
    cheapest, unless routes are balanced. `now` is what the answer known is worth.
    """

    def __init__(self, instance: Instance, tables: Timetables, pool: Iterable[Timetable]):
        self._instance = instance
        self._kind = {vehicle: number for number, kind in enumerate(instance.kinds) for vehicle in kind}
        cheapest: dict[tuple[int, Collection[int]], tuple[float, Timetable]] = {}
        for table in (*tables.values(), *pool):
            if table.violations:
                continue
            # A dearer order of the same stops may be shorter, which counts where routes are balanced.
            stops = tuple(table.indices) if instance.balanced else frozenset(table.indices)
            key = self._kind_of(table), stops
            price = route_price(table)
            if key not in cheapest or price < cheapest[key][0]:
                cheapest[key] = price, table
        self._routes = [table for _, table in cheapest.values()]
        self._prices = [price for price, _ in cheapest.values()]
        self._dear = 1.0 + price_of(instance, tables.values())
        self.now = self.worth(tables)

    def _kind_of(self, table: Timetable) -> int:
        return self._kind[self._instance.vehicle_index[table.vehicle.id]]

    def worth(self, tables: Timetables) -> float:
        """Return the price of an answer, with what it leaves out."""
        left = unserved(self._instance, sequences_of(self._instance, tables))
        return price_of(self._instance, tables.values()) + sum(map(self._left_out, left))

    def _left_out(self, stop: int) -> float:
        """Return the price of a stop left out: required ones are dearer than any plan."""
        asked = self._instance.stops[stop]
        return self._dear * importance(asked) if asked.penalty is None else asked.penalty

    def best(self) -> list[Timetable] | None:
        """Return the routes of the cheapest answer, None where there is none as cheap as the one known."""
        everything = list(range(len(self._routes)))
        relaxed = _Model("GLOP", self, everything)
        if not relaxed.solve():
            return None
        gap = self.now - relaxed.value
        by_worth = sorted((cost, number) for number, cost in relaxed.reduced_costs() if cost <= gap)
        kept = sorted(number for _, number in by_worth[:_MOST_ROUTES])
        whole = _Model("SAT", self, kept)
        return [self._routes[number] for number in whole.chosen()] if whole.solve() else None

    def fill(self, solver: pywraplp.Solver, numbers: list[int]) -> list[pywraplp.Variable]:
        """Tell the solver of some of the routes; return the variables that say which are taken."""
        instance = self._instance
        objective = solver.Objective()
        objective.SetMinimization()
        taken = []
        covers: dict[int, list[tuple[pywraplp.Variable, int]]] = {}
        fleets = [solver.Constraint(0, len(kind)) for kind in instance.kinds]
        for number in numbers:
            table, variable = self._routes[number], solver.BoolVar("")
            objective.SetCoefficient(variable, self._prices[number])
            fleets[self._kind_of(table)].SetCoefficient(variable, 1)
            length = round(length_of(table) * _PARTS[instance.problem.goals.balance])
            for stop in table.indices:
                covers.setdefault(stop, []).append((variable, length))
            taken.append(variable)
        longest = solver.NumVar(0, solver.infinity(), "")
        if instance.balanced:
            goals = instance.problem.goals
            objective.SetCoefficient(longest, goals.balance_price / _PARTS[goals.balance])
        for stop, routes in covers.items():
            left_out = solver.BoolVar("")
            objective.SetCoefficient(left_out, self._left_out(stop))
            once = solver.Constraint(1, 1)
            once.SetCoefficient(left_out, 1)
            for variable, _ in routes:
                once.SetCoefficient(variable, 1)
            if instance.balanced:
                shorter = solver.Constraint(-solver.infinity(), 0)
                shorter.SetCoefficient(longest, -1)
                for variable, length in routes:
                    shorter.SetCoefficient(variable, length)
        never = [stop for stop in range(len(instance.stops)) if stop not in covers]
        objective.SetOffset(sum(map(self._left_out, never)))
        return taken


class _Model:
    """One way of choosing: in parts of routes (GLOP) or whole ones (SAT)."""

    def __init__(self, engine: str, choice: _Choice, numbers: list[int]):
        # Loading OR-Tools takes longer than a small plan, and few need it.
        from ortools.linear_solver import pywraplp

        self._found = pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE
        self._solver = pywraplp.Solver.CreateSolver(engine)
        self._numbers = numbers
        self._taken = choice.fill(self._solver, numbers)
        if engine == "SAT":
            # One worker and a time that no clock measures: the same choice on every machine.
            self._solver.SetSolverSpecificParametersAsString(
                f"num_workers: 1, max_deterministic_time: {_EFFORT}"
            )

    def solve(self) -> bool:
        """Solve; return whether there is an answer."""
        return self._solver.Solve() in self._found

    @property
    def value(self) -> float:
        """What the answer costs."""
        return self._solver.Objective().Value()

    def reduced_costs(self) -> list[tuple[int, float]]:
        """Return by how much an answer with each route is dearer, at least, by number."""
        return [(number, one.reduced_cost()) for number, one in zip(self._numbers, self._taken)]

    def chosen(self) -> list[int]:
        """Return the numbers of the routes taken."""
        return [number for number, one in zip(self._numbers, self._taken) if one.solution_value() > 0.5]


def _on_vehicles(instance: Instance, tables: Timetables, chosen: list[Timetable]) -> Timetables:
    """Return the routes each on a vehicle of its kind: those of `tables` stay where they are."""
    wanted = {id(table): table for table in chosen}
    found = {vehicle: table for vehicle, table in tables.items() if wanted.pop(id(table), None)}
    for kind in instance.kinds:
        members = {instance.vehicles[vehicle].id for vehicle in kind}
        free = [vehicle for vehicle in kind if vehicle not in found]
        new = [table for table in wanted.values() if table.vehicle.id in members]
        for vehicle, table in zip(free, new):
            found[vehicle] = Timetable(instance, instance.vehicles[vehicle], table.indices, table.reloads)
    return found
