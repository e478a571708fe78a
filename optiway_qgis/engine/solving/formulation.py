"""A problem in PyVRP's terms, whole or in parts, and the way back. What is represented: see `pyvrp_engine`.

PyVRP casts inf and floats without a word and takes any big number for a time; hence the integers and closed
windows here. When things are open is told in `hours`, where they are in `locations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pyvrp import (
    Activity,
    ActivityType,
    Client,
    ClientGroup,
    Depot,
    ProblemData,
    Route,
    Shipment,
    Solution,
    VehicleType,
)

from optiway_qgis.engine.solving.grouping import Group
from optiway_qgis.engine.solving.hours import Hours, Opening
from optiway_qgis.engine.solving.locations import BLOCKING_HORIZONS, Locations
from optiway_qgis.engine.solving.objective import importance
from optiway_qgis.engine.solving.prices import (
    DEAR,
    Penalties,
    cost_scale,
    overtime_cost,
    unit_costs,
    way_is_free,
)
from optiway_qgis.engine.solving.schedule import Timetable
from optiway_qgis.engine.solving.trips import reloads
from optiway_qgis.model.problem import START_EARLY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.units import Unit
    from optiway_qgis.engine.travel.provider import Matrix
    from optiway_qgis.model.problem import Vehicle

_NO_LIMIT = int(np.iinfo(np.int64).max)

_RULE_UNIT = 100
"""Excess load of one stop on a vehicle that may not serve it: enough for PyVRP to feel at once."""

_REQUIRED_PRIZE = 5
"""What leaving out the least important required stop costs, in routes as dear as a route can be."""

_FIRST_SHARES, _LEAST_SHARE = 5.0, 0.05
"""What a stop too much on board costs at first, in shares that a stop has of its vehicle's way out and back;
and the least such share.
"""

_FIRST_TIMES = 100
"""What a second late or a metre too far costs at first, in prices of a second or metre on the way. PyVRP's
own penalties are so high that a search of some seconds never dares to break a rule for a moment.
"""

_LARGEST_SUM = 2.0**61
"""Penalties for all that can be broken at once stay below this, for PyVRP adds them up in 64 bits."""

Visits = list[list[int]]
"""For each vehicle, by index, the choices it serves, by index (see `Choice`), in the order of service;
`RELOAD` where it goes back to its depot for more.
"""

RELOAD = -1


@dataclass(frozen=True)
class Choice:
    """One stop in one of its openings: what PyVRP calls a client, or one end of a shipment."""

    stop: int
    row: int
    opening: Opening


class Formulation:
    """A problem in integers and in PyVRP's words; `part` makes of any of it what PyVRP searches over.

    With `late_too` stops may be served late where they allow it, at about its price; else not.
    """

    def __init__(self, instance: Instance, stops: list[int], all_required: bool, *, late_too: bool = True):
        self.instance = instance
        self.stops = stops
        self.hours = Hours(instance, late_too=late_too)
        self.horizon = self.hours.horizon
        self.scale = cost_scale(instance.vehicles)
        self.locations = Locations(instance, stops, self.horizon)
        self.dearest = self._dearest_route()
        self.vehicle_price = round(instance.vehicle_price * self.scale)
        among = set(stops)
        units = {instance.units.of[stop] for stop in stops}
        self.pairs = {unit for unit in units if len(unit) > 1 and among.issuperset(unit)}
        self.paired = {stop for unit in self.pairs for stop in unit}
        self._row = {index: row for row, index in enumerate(stops)}
        self._load()
        self._prize(all_required)
        self._choose()
        self._open_depots()
        # PyVRP refuses a fleet with a vehicle whose depot is closed all its shift.
        self.kinds = [kind for kind in instance.kinds if self._can_start(instance.vehicles[kind[0]])]
        self.types = [self._vehicle_type(instance.vehicles[kind[0]], kind) for kind in self.kinds]
        self.penalties = self._penalties()

    @property
    def everything(self) -> Group:
        """All stops and vehicles."""
        return Group(self.stops, list(range(len(self.instance.vehicles))))

    def part(self, group: Group) -> Part:
        """Return the group as a problem for PyVRP."""
        return Part(self, group)

    def _open_depots(self) -> None:
        """Make a depot of each to end at, and another to start from where loading takes its time."""
        depots = self.instance.problem.depots
        self.depots = [
            Depot(index, *self.hours.clip(depot.window), name=depot.id) for index, depot in enumerate(depots)
        ]
        if self.locations.depots > len(depots):
            self.depots.append(Depot(self.locations.nowhere, name="open end"))
        self._start_depot = {depot.id: index for index, depot in enumerate(depots)}
        for index, depot in enumerate(depots):
            if depot.load:
                early, late = self.hours.clip(depot.window)
                late = max(early, late - depot.load if depot.window else late)
                self._start_depot[depot.id] = len(self.depots)
                self.depots.append(Depot(index, early, late, depot.load, name=depot.id))

    def _can_start(self, vehicle: Vehicle) -> bool:
        """Whether the vehicle may start at some moment, and leave its depot then."""
        late = vehicle.shift.end if vehicle.latest_start is None else vehicle.latest_start
        depot = self.instance.depot(vehicle.start_depot)
        first = self.instance.earliest_departure(vehicle)
        leaves = depot is None or depot.window is None or first + depot.load <= depot.window.end
        return vehicle.shift.start <= late and leaves and self.instance.can_leave(vehicle)

    def _load(self) -> None:
        """Lay out the load dimensions: real loads, then a count of stops, then one per vehicle rule."""
        instance = self.instance
        deliveries, pickups = instance.loads(self.stops)
        total = deliveries.sum(axis=0) + pickups.sum(axis=0)
        self.capacities: list[list[int]] = [[] for _ in instance.vehicles]
        columns_out, columns_in = [], []
        for axis in range(instance.problem.dimensions):
            most = int(total[axis])
            caps = [most if limit is None else min(limit, most) for limit in instance.capacities(axis)]
            if min(caps) >= most:
                continue
            unit = int(np.gcd.reduce(np.concatenate([deliveries[:, axis], pickups[:, axis]]))) or 1
            columns_out.append(deliveries[:, axis] // unit)
            columns_in.append(pickups[:, axis] // unit)
            for row, cap in zip(self.capacities, caps):
                row.append(cap // unit)
        counts = [vehicle.max_stops for vehicle in instance.vehicles]
        # A pair is on board between its stops only: it cannot be counted.
        counted = np.array([index not in self.paired for index in self.stops], np.int64)
        if any(count is not None and count < counted.sum() for count in counts):
            columns_out.append(counted)
            columns_in.append(np.zeros(len(self.stops), np.int64))
            for row, count in zip(self.capacities, counts):
                row.append(len(self.stops) if count is None else count)
        for barred, members in self._rules().items():
            columns_out.append(np.array([_RULE_UNIT * (index in members) for index in self.stops], np.int64))
            # A pickup's rule is on board from there, any other stop's from the depot.
            columns_in.append(np.where([index in self.paired for index in self.stops], columns_out[-1], 0))
            for vehicle, row in enumerate(self.capacities):
                row.append(0 if vehicle in barred else _RULE_UNIT * len(members))
        empty = np.zeros((len(self.stops), 0), np.int64)
        self.delivery = np.stack(columns_out, axis=1).tolist() if columns_out else empty.tolist()
        self.pickup = np.stack(columns_in, axis=1).tolist() if columns_in else empty.tolist()

    def _rules(self) -> dict[frozenset[int], set[int]]:
        """Return, for each set of vehicles that some stops may not be served by, those stops."""
        rules: dict[frozenset[int], set[int]] = {}
        refusals = self.instance.refusals
        for index in self.stops:
            barred = frozenset(vehicle for vehicle, row in enumerate(refusals) if row[index])
            if barred:
                rules.setdefault(barred, set()).add(index)
        return rules

    def _prize(self, all_required: bool) -> None:
        """Fix what leaving a stop out costs; None for a stop that has to be served."""
        stops = [self.instance.stops[index] for index in self.stops]
        weights = [importance(stop) for stop in stops]
        least = min((weight for stop, weight in zip(stops, weights) if stop.penalty is None), default=1.0)
        # The sum of all prizes has to stay exact in PyVRP's floating point costs.
        base = min(_REQUIRED_PRIZE * self.dearest, 2**51 / sum(weight / least for weight in weights))
        self.prizes: list[int | None] = []
        for stop, weight in zip(stops, weights):
            required = None if all_required else round(base * weight / least)
            self.prizes.append(required if stop.penalty is None else round(stop.penalty * self.scale))
        for pickup, delivery in self.pairs:
            rows = self._row[pickup], self._row[delivery]
            prizes = [self.prizes[row] for row in rows]
            together = None if None in prizes else sum(prize or 0 for prize in prizes)
            for row in rows:
                self.prizes[row] = together

    def _dearest_route(self) -> float:
        """Return about the most that a route for one stop costs, in PyVRP's units."""
        return self.scale * max(
            1.0,
            *(
                self.instance.vehicle_price
                + self.instance.problem.goals.vehicle_change_price
                + vehicle.fixed_cost
                + vehicle.cost_per_hour * (vehicle.shift.end - vehicle.shift.start) / 3600
                + vehicle.cost_per_km * 4 * self.locations.longest / 1000
                for vehicle in self.instance.vehicles
            ),
        )

    def _penalties(self) -> Penalties:
        """Let the breach of a rule cost more than what it could gain, as far as PyVRP's integers reach."""
        gain = max(self.dearest, *(prize or 0 for prize in self.prizes))
        legs = len(self.stops) + len(self.instance.vehicles)
        loads = int(np.array(self.delivery, float).sum() + np.array(self.pickup, float).sum())
        excess = max(loads, legs * BLOCKING_HORIZONS * max(1, self.horizon, self.locations.longest))
        most = max(DEAR, min(2 * gain, _LARGEST_SUM / excess))
        second, metre = self._way_prices()
        return Penalties((self._first_loads(second), _FIRST_TIMES * second, _FIRST_TIMES * metre), most)

    def _way_prices(self) -> tuple[float, float]:
        """Return what a second and a metre on the way cost, as a mean of all vehicles."""
        profiles = self.locations.profiles
        speeds = [1.0 if profile.by_drive else self._speed(profile.kind) for profile in profiles]
        prices = [(one.unit_duration_cost, one.unit_distance_cost, speeds[one.profile]) for one in self.types]
        second = np.mean([hour + way * speed for hour, way, speed in prices])
        metre = np.mean([hour / speed + way for hour, way, speed in prices])
        return float(second), float(metre)

    def _first_loads(self, second: float) -> list[float]:
        """Return what a unit too much on board costs at first, for each load dimension.

        A stop too much costs some shares of a vehicle's way out and back, as many as there are stops to share
        it.
        """
        amounts = np.maximum(np.array(self.delivery), np.array(self.pickup))
        room = np.maximum(np.mean(np.array(self.capacities, float), axis=0), 1.0)
        routes = min(len(self.capacities), max(amounts.sum(axis=0) / room, default=1.0))
        places = self.locations.places
        depots = np.array(self.instance.travel.depot_place or places[:1])
        legs = self.instance.travel.matrices[self.locations.profiles[0].kind].seconds[np.ix_(depots, places)]
        fixed = np.mean([one.fixed_cost - self.vehicle_price for one in self.types])
        trip = fixed + 2 * float(legs[legs >= 0].mean()) * second
        stop_too_much = _FIRST_SHARES * trip * max(routes / len(self.stops), _LEAST_SHARE)
        return [float(stop_too_much / np.median(column[column > 0])) for column in amounts.T]

    def _speed(self, kind: str) -> float:
        """Return the mean metres per second of a kind of travel."""
        return _mean_speed(self.locations.ways[kind])

    def _choose(self) -> None:
        """Lay out the choices: a stop with several openings has as many, which exclude each other.

        Of a pair each stop has one, from the first opening to the last.
        """
        self.choices: list[Choice] = []
        self.choices_of: dict[int, list[int]] = {}
        for row, index in enumerate(self.stops):
            openings = self.hours.openings(index)
            if index in self.paired:
                openings = [Opening(openings[0].early, openings[-1].late)]
            self.choices_of[index] = list(range(len(self.choices), len(self.choices) + len(openings)))
            self.choices += [Choice(index, row, opening) for opening in openings]

    def client(self, choice: Choice, location: int, group: int | None) -> Client:
        """Return a choice as a client at that location, one of a group if it has rivals.

        PyVRP counts the prizes of all choices that are not taken: the dearer a choice, the less is its prize.
        """
        stop, prize = self.instance.stops[choice.stop], self.prizes[choice.row]
        if prize is None:
            prize = max(self._price(self.choices[one]) for one in self.choices_of[choice.stop])
        # With reloads and release times some of PyVRP's local searches go round in a circle for ever.
        ready = None if self.instance.has_reloads else stop.ready
        release = 0 if ready is None else max(0, self.hours.at(ready))
        return Client(
            location,
            delivery=self.delivery[choice.row],
            pickup=self.pickup[choice.row],
            service_duration=self.locations.service(choice.stop),
            tw_early=choice.opening.early,
            tw_late=choice.opening.late,
            release_time=min(release, choice.opening.late),
            prize=max(0, prize - self._price(choice)),
            required=self.prizes[choice.row] is None and group is None,
            group=group,
        )

    def _price(self, choice: Choice) -> int:
        return round(choice.opening.price * self.scale)

    def shipment(self, pair: Unit, place_of: dict[int, int]) -> Shipment:
        """Return a pair as a shipment between its locations, which `place_of` numbers."""
        pickup, delivery = (self.choices[self.choices_of[stop][0]] for stop in pair)
        prize = self.prizes[pickup.row]
        origin, target = (place_of[self.locations.of[stop]] for stop in pair)
        return Shipment(
            origin,
            target,
            pickup_tw_early=pickup.opening.early,
            pickup_tw_late=pickup.opening.late,
            pickup_service_duration=self.locations.service(pickup.stop),
            delivery_tw_early=delivery.opening.early,
            # One that may be late may close before its pickup opens, which PyVRP refuses.
            delivery_tw_late=max(delivery.opening.late, pickup.opening.early),
            delivery_service_duration=self.locations.service(delivery.stop),
            amount=np.maximum(self.pickup[pickup.row], self.delivery[delivery.row]).tolist(),
            prize=prize or 0,
            required=prize is None,
        )

    def _vehicle_type(self, vehicle: Vehicle, kind: list[int]) -> VehicleType:
        per_metre, per_second = unit_costs(vehicle)
        early, late = self.hours.clip(vehicle.shift)
        profile = self.locations.profile(vehicle)
        length = vehicle.max_drive if profile.by_drive else vehicle.max_distance
        if profile.by_drive:
            per_metre *= self._speed(profile.kind)
        # A fleet that costs nothing on the way still had better drive less.
        only_one = way_is_free(self.instance.vehicles) or profile.no_length
        start = self._depot(vehicle.start_depot, self._start_depot)
        rested = self.hours.rested(vehicle)
        most = _NO_LIMIT if vehicle.max_work is None else max(0, vehicle.max_work - rested)
        overtime = overtime_cost(vehicle)
        usual = min(most, max(0, (vehicle.overtime_after or 0) - rested)) if overtime else most
        latest = late if vehicle.latest_start is None else self.hours.at(vehicle.latest_start)
        if vehicle.start_rule == START_EARLY and not self.instance.has_ready:
            latest = min(latest, self.hours.at(self.instance.earliest_departure(vehicle)))
        reloading = vehicle.max_trips > 1 and vehicle.start_depot is not None
        return VehicleType(
            num_available=len(kind),
            capacity=self.capacities[kind[0]],
            start_depot=start,
            end_depot=self._depot(vehicle.end_depot, self.instance.depot_index),
            fixed_cost=max(0, round(vehicle.fixed_cost * self.scale) + self.vehicle_price),
            tw_early=early,
            tw_late=late,
            shift_duration=usual,
            max_distance=_NO_LIMIT if length is None else length,
            unit_distance_cost=1 if only_one else round(per_metre * self.scale),
            unit_duration_cost=round(per_second * self.scale),
            profile=self.locations.profiles.index(profile),
            start_late=min(late, max(early, latest)),
            reload_depots=[start] if reloading else [],
            max_reloads=vehicle.max_trips - 1 if reloading else 0,
            max_overtime=most - usual,
            unit_overtime_cost=round(overtime * self.scale),
        )

    def _depot(self, depot_id: str | None, numbers: dict[str, int]) -> int:
        return self.locations.nowhere if depot_id is None else numbers[depot_id]

    def start_depot(self, vehicle: Vehicle) -> int:
        """Return the number of the depot where the vehicle loads."""
        return self._depot(vehicle.start_depot, self._start_depot)

    def visits(self, sequences: Sequences) -> Visits:
        """Return sequences as visits; each stop in the window it is scheduled in, reloads where they are.

        Stops of a pair that are not on one trip in their order are left out.
        """
        return [self._timed(vehicle, stops) for vehicle, stops in zip(self.instance.vehicles, sequences)]

    def _timed(self, vehicle: Vehicle, stops: list[int]) -> list[int]:
        choices = [self.choices_of[index] for index in stops]
        if all(len(rivals) == 1 for rivals in choices):
            visits = [rivals[0] for rivals in choices]
        else:
            starts = map(self.hours.at, Timetable(self.instance, vehicle, stops).begin)
            visits = [
                next((one for one in rivals if start <= self.choices[one].opening.late), rivals[-1])
                for rivals, start in zip(choices, starts)
            ]
        for cut in reversed(reloads(self.instance, vehicle, stops)):
            visits.insert(cut, RELOAD)
        return self._whole_pairs(visits) if self.paired else visits

    def _whole_pairs(self, visits: list[int]) -> list[int]:
        """Return visits without stops of pairs that are not served one after the other on one trip."""
        trip = 0
        seen: dict[int, tuple[int, int]] = {}
        for position, one in enumerate(visits):
            trip += one == RELOAD
            if one != RELOAD:
                seen[self.choices[one].stop] = (trip, position)
        broken = {
            stop
            for unit in self.pairs
            for stop in unit
            if any(end not in seen for end in unit)
            or seen[unit[0]][0] != seen[unit[1]][0]
            or seen[unit[0]] > seen[unit[1]]
        }
        return [one for one in visits if one == RELOAD or self.choices[one].stop not in broken]

    def sequences(self, visits: Visits) -> Sequences:
        """Return the stops of each vehicle in the order of the visits."""
        return [[self.choices[one].stop for one in served if one != RELOAD] for served in visits]


class Part:
    """Some stops and vehicles of a formulation as a problem for PyVRP, with the same rules and prices."""

    def __init__(self, formulation: Formulation, group: Group):
        self.formulation = formulation
        own_choices = [choice for index in group.stops for choice in formulation.choices_of[index]]
        free = set(group.vehicles)
        kinds = [[vehicle for vehicle in kind if vehicle in free] for kind in formulation.kinds]
        self.kinds = [kind for kind in kinds if kind]
        types = [
            type_.replace(num_available=len(kind)) for type_, kind in zip(formulation.types, kinds) if kind
        ]
        own = sorted({formulation.locations.of[formulation.choices[one].stop] for one in own_choices})
        locations = [*range(formulation.locations.depots), *own]
        place_of = {location: place for place, location in enumerate(locations)}
        self._activity_of: dict[int, Activity] = {}
        clients, groups = self._clients(own_choices, place_of)
        shipments = self._shipments(group.stops, place_of)
        self._choice_of = {
            (activity.type, activity.idx): choice for choice, activity in self._activity_of.items()
        }
        ways = formulation.locations
        pairs = [ways.matrices(profile, np.array(locations)) for profile in ways.profiles]
        self.data = ProblemData(
            ways.points(locations),
            clients,
            formulation.depots,
            types,
            [lengths for lengths, _ in pairs],  # type: ignore[misc]  # PyVRP types arrays by their items
            [durations for _, durations in pairs],  # type: ignore[misc]
            groups,
            shipments,
        )

    def _clients(
        self, choices: list[int], place_of: dict[int, int]
    ) -> tuple[list[Client], list[ClientGroup]]:
        formulation = self.formulation
        clients: list[Client] = []
        groups: list[ClientGroup] = []
        for one in choices:
            choice = formulation.choices[one]
            if choice.stop in formulation.paired:
                continue
            rivals = formulation.choices_of[choice.stop]
            if len(rivals) > 1 and one == rivals[0]:
                members = list(range(len(clients), len(clients) + len(rivals)))
                groups.append(ClientGroup(members, required=formulation.prizes[choice.row] is None))
            group = len(groups) - 1 if len(rivals) > 1 else None
            place = place_of[formulation.locations.of[choice.stop]]
            self._activity_of[one] = Activity(ActivityType.CLIENT, len(clients))
            clients.append(formulation.client(choice, place, group))
        return clients, groups

    def _shipments(self, stops: Sequence[int], place_of: dict[int, int]) -> list[Shipment]:
        formulation = self.formulation
        among = set(stops)
        pairs = sorted(pair for pair in formulation.pairs if pair[0] in among)
        for number, pair in enumerate(pairs):
            for stop, kind in zip(pair, (ActivityType.PICKUP, ActivityType.DELIVERY)):
                self._activity_of[formulation.choices_of[stop][0]] = Activity(kind, number)
        return [formulation.shipment(pair, place_of) for pair in pairs]

    def solution(self, visits: Visits) -> Solution:
        """Return what the part's vehicles do as a solution to start from."""
        routes = []
        for number, kind in enumerate(self.kinds):
            depot = self.formulation.start_depot(self.formulation.instance.vehicles[kind[0]])
            reload = Activity(ActivityType.DEPOT, depot)
            for vehicle in kind:
                if visits[vehicle]:
                    served = [reload if one == RELOAD else self._activity_of[one] for one in visits[vehicle]]
                    routes.append(Route(self.data, served, number))
        return Solution(self.data, routes)

    def visits(self, solution: Solution) -> dict[int, list[int]]:
        """Return the choices that each of the part's vehicles serves, and where it reloads."""
        visits: dict[int, list[int]] = {vehicle: [] for kind in self.kinds for vehicle in kind}
        free = [list(kind) for kind in self.kinds]
        for route in solution.routes():
            vehicle = free[route.vehicle_type()].pop(0)
            visits[vehicle] = [
                RELOAD if visit.is_depot() else self._choice_of[visit.type, visit.idx]
                for visit in list(route)[1:-1]
            ]
        return visits


def _mean_speed(matrix: Matrix) -> float:
    """Return the metres per second over all pairs with a way."""
    there = matrix.seconds > 0
    seconds, metres = (int(numbers.sum(where=there)) for numbers in (matrix.seconds, matrix.metres))
    return metres / seconds if metres and seconds else 1.0
