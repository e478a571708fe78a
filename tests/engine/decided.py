"""Small problems in which one constraint or wish decides what is best, by the names of model/constraints.py.

Each is given with the same problem without that constraint. Nothing is planned or expected here: brute force
finds the best answers in test_constraint_cases.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optiway_qgis.engine.travel.provider import UNREACHABLE, places_of
from optiway_qgis.model.problem import (
    BALANCE_DISTANCE,
    BALANCE_STOPS,
    BALANCE_TIME,
    Break,
    Depot,
    Goals,
    Planned,
    Problem,
    Stop,
    Vehicle,
)
from tests.engine.cases import HOUR, MINUTE, a_depot, a_problem, a_stop, at, between, given_travel, spot

if TYPE_CHECKING:
    from optiway_qgis.engine.travel.provider import Travel

Layout = dict[int, tuple[int, int]]
"""The number of a place to where it is, in minutes east and north of the depot; ways follow both axes."""

LINE: Layout = {number: (10 * number, 0) for number in range(5)}
"""Places 10 minutes from the next, all on one side of the depot: there and back takes as long as the last."""

STAR: Layout = {0: (0, 0), 1: (0, 10), 2: (10, 0), 3: (0, -10), 4: (-10, 0)}
"""Places 10 minutes from the depot and 20 from each other: a vehicle more makes no way longer."""

RING: Layout = {0: (0, 0), 1: (10, 0), 2: (20, 0), 3: (20, 10), 4: (0, 10)}
"""Four places on the way round a block of an hour."""


@dataclass(frozen=True)
class Decided:
    """A problem, the same without what decides it, and the ways; `blocked` pairs of places have none."""

    problem: Problem
    without: Problem
    layout: Layout
    blocked: tuple[tuple[int, int], ...] = field(default=())

    @property
    def travel(self) -> Travel:
        """The travel times of the problem."""
        return town(self.problem, self.layout, self.blocked)

    @property
    def travel_without(self) -> Travel:
        """Those of the problem without the constraint."""
        return town(self.without, self.layout)


def town(problem: Problem, layout: Layout, blocked: tuple[tuple[int, int], ...] = ()) -> Travel:
    """Return travel times along both axes; a minute is 600 metres."""
    number_of = {spot(number): number for number in layout}
    numbers = [number_of[place] for place in places_of(problem)[0]]
    where = np.array([layout[number] for number in numbers])
    seconds = 60 * np.abs(where[:, None] - where[None, :]).sum(axis=2)
    for origin, target in blocked:
        seconds[numbers.index(origin), numbers.index(target)] = UNREACHABLE
    return given_travel(problem, seconds.tolist())


CAR = Vehicle(
    "V1",
    start_depot="D",
    end_depot="D",
    shift=between("08:00", "18:00"),
    fixed_cost=20,
    cost_per_hour=12,
    cost_per_km=1,
)
"""A minute on the way costs 0.80, a minute of waiting or service 0.20."""


def cars(count: int = 2, **members: Any) -> list[Vehicle]:
    """Return as many cars, alike but for their names."""
    return [replace(CAR, id=f"V{number + 1}", **members) for number in range(count)]


def stops(count: int, **members: Any) -> list[Stop]:
    """Return stops S1, S2, ... at the places with these numbers, alike but for that."""
    return [a_stop(f"S{number}", number, **members) for number in range(1, count + 1)]


def a_day(served: list[Stop], vehicles: list[Vehicle], depot: Depot | None = None, **members: Any) -> Problem:
    """Return the problem of one depot, called D."""
    return replace(a_problem(served, [depot or a_depot("D", 0)], vehicles), **members)


def with_stops(problem: Problem, **changes: dict[str, Any]) -> Problem:
    """Return the problem with members of the named stops changed."""
    changed = [replace(stop, **changes.get(stop.id, {})) for stop in problem.stops]
    return replace(problem, stops=tuple(changed))


def with_all(problem: Problem, kind: str, **members: Any) -> Problem:
    """Return the problem with members of all `stops`, `depots` or `vehicles` changed."""
    return replace(problem, **{kind: tuple(replace(one, **members) for one in getattr(problem, kind))})


def _stops_case(layout: Layout, without: Problem, **changes: dict[str, Any]) -> Decided:
    return Decided(with_stops(without, **changes), without, layout)


def _fleet_case(without: Problem, layout: Layout = STAR, **members: Any) -> Decided:
    return Decided(with_all(without, "vehicles", **members), without, layout)


def _dearer(problem: Problem, **members: Any) -> Problem:
    """Return the problem with a second car that costs 30 more, and members of the first changed."""
    first, second = problem.vehicles
    fleet = (replace(first, **members), replace(second, fixed_cost=first.fixed_cost + 30))
    return replace(problem, vehicles=fleet)


def _dearer_case(members: dict[str, Any], without: Problem | None = None) -> Decided:
    """A rule of the cheaper car makes the dearer one come."""
    without = without or a_day(stops(2), cars())
    return Decided(_dearer(without, **members), _dearer(without), STAR)


def time_windows() -> Decided:
    """The way that keeps them, also a second one of a stop, goes up and down the line."""
    return _stops_case(
        LINE,
        a_day(stops(3), cars(1)),
        S3={"windows": (between("08:30", "08:35"),)},
        S1={"windows": (between("08:50", "08:55"),)},
        S2={"windows": (between("08:00", "08:05"), between("09:00", "09:10"))},
    )


def late_max() -> Decided:
    """One car would be 18 minutes late at the second stop; a second car is not."""
    soft = {"windows": (between("08:00", "08:12"),), "late_cost": 10.0}
    without = a_day(stops(2, late_max=None, **soft), cars())
    return Decided(with_all(without, "stops", late_max=10 * MINUTE), without, STAR)


def service_time() -> Decided:
    """A slow driver cannot do both within the shift."""
    without = a_day(stops(2, service=HOUR, setup=5 * MINUTE), cars(shift=between("08:00", "12:00")))
    return _fleet_case(without, service_factor=2.0)


def shift() -> Decided:
    """The shift is over before one car has served all."""
    return _fleet_case(a_day(stops(3), cars()), shift=between("08:00", "08:50"))


def latest_start() -> Decided:
    """The cheap car must start early and would wait for hours."""
    noon = {"windows": (between("12:00", "13:00"),)}
    return _dearer_case({"latest_start": at("08:00")}, a_day(stops(2, **noon), cars()))


def depot_hours() -> Decided:
    """The depot closes before one car has served all."""
    without = a_day(stops(3), cars())
    return Decided(with_all(without, "depots", window=between("08:00", "08:50")), without, STAR)


def loading_time() -> Decided:
    """Loading for two stops, one minute and half a second per unit, leaves no time for both."""
    without = a_day(stops(2, delivery=(60_000,)), cars(), a_depot("D", 0, between("08:00", "09:30")))
    return Decided(with_all(without, "depots", load=60, load_per_unit=29.5), without, STAR)


def docks() -> Decided:
    """Who loads second comes too late, and one car alone is too late for one stop in any case."""
    open_early = {"windows": (between("08:00", "08:45"),)}
    served = [a_stop("S1", 1, **open_early), a_stop("S2", 2, priority=50, **open_early)]
    without = a_day(served, cars(), replace(a_depot("D", 0), load=30 * MINUTE))
    return Decided(with_all(without, "depots", docks=1), without, STAR)


def ready() -> Decided:
    """What is ready late and what is due early do not go together."""
    without = a_day([a_stop("S1", 1), a_stop("S2", 2, windows=(between("08:00", "08:30"),))], cars())
    return _stops_case(STAR, without, S1={"ready": at("09:00")})


def due() -> Decided:
    """What has to be back early is not carried on to the next stop."""
    changes = {"due": at("08:25")}
    return _stops_case(STAR, a_day(stops(2, pickup=(1000,)), cars()), S1=changes, S2=changes)


def capacity() -> Decided:
    """The second load of all does not fit into one car."""
    without = a_day(stops(3, delivery=(1000, 500), pickup=(0, 1500)), cars(), dimensions=2)
    return _fleet_case(without, capacity=(None, 3000))


def trips() -> Decided:
    """A car that carries one load at a time serves two stops in two trips, and not three."""
    without = a_day(stops(3, delivery=(1000,)), cars(1, capacity=(1000,), max_trips=3))
    return _fleet_case(with_stops(without, S2={"priority": 50}, S3={"priority": 20}), max_trips=2)


def trips_reload() -> Decided:
    """A reload is cheaper than a second car."""
    without = a_day(stops(3, delivery=(1000,)), cars(capacity=(2000,)))
    return _fleet_case(without, max_trips=2)


_HALF_HOUR = {"id": "B", "duration": 30 * MINUTE}


def break_window() -> Decided:
    """With a rest in the middle one car does not serve all within the shift."""
    without = a_day(stops(3), cars(shift=between("08:00", "09:20")))
    return _fleet_case(without, breaks=(Break(**_HALF_HOUR, window=between("08:30", "08:40")),))


def break_after_drive() -> Decided:
    """A rest is due before one car is back."""
    without = a_day(stops(3), cars(shift=between("08:00", "09:20")))
    return _fleet_case(without, breaks=(Break(**_HALF_HOUR, after_drive=50 * MINUTE),))


def break_after_work() -> Decided:
    """Services are work, too."""
    without = a_day(stops(2, service=20 * MINUTE), cars(shift=between("08:00", "09:40")))
    return _fleet_case(without, breaks=(Break(**_HALF_HOUR, after_work=60 * MINUTE),))


def break_in_parts() -> Decided:
    """Between the windows there is time for ten minutes and later for thirty, nowhere for forty."""
    windows = (between("08:10", "08:12"), between("08:45", "08:50"), between("09:40", "09:42"))
    served = [a_stop(f"S{one}", one, windows=(hours,)) for one, hours in enumerate(windows, 1)]
    rest = Break("B", 40 * MINUTE, after_drive=55 * MINUTE)
    without = a_day(served, cars(shift=between("08:00", "10:10"), breaks=(rest,)))
    return _fleet_case(without, breaks=(replace(rest, first_part=10 * MINUTE),))


def work_limit() -> Decided:
    """Three stops are too much for one driver."""
    return _fleet_case(a_day(stops(3), cars()), max_work=50 * MINUTE)


def work_limit_rest() -> Decided:
    """Half an hour of rest is no work, and still three stops are too many."""
    rest = Break(**_HALF_HOUR, window=between("08:00", "17:00"))
    return _fleet_case(a_day(stops(3), cars(breaks=(rest,))), max_work=50 * MINUTE)


def drive_limit() -> Decided:
    """Three stops are too far for one driver."""
    return _fleet_case(a_day(stops(3), cars()), max_drive=50 * MINUTE)


def distance_limit() -> Decided:
    """Three stops are too far for one car."""
    return _fleet_case(a_day(stops(3), cars()), max_distance=30_000)


def stop_limit() -> Decided:
    """Three stops are too many for one car."""
    return _fleet_case(a_day(stops(3), cars()), max_stops=2)


def skills() -> Decided:
    """Only the dearer car has a fridge."""
    without = _dearer(a_day(stops(2), cars()))
    fleet = (without.vehicles[0], replace(without.vehicles[1], skills=("fridge", "lift")))
    without = replace(without, vehicles=fleet)
    return _stops_case(STAR, without, S1={"skills": ("fridge",)})


def vehicle_rules() -> Decided:
    """The cheaper car is forbidden for one stop, and not among those allowed for the other."""
    without = _dearer(a_day(stops(2), cars()))
    changes = {"S1": {"forbidden_vehicles": ("V1",)}, "S2": {"allowed_vehicles": ("V2",)}}
    return _stops_case(STAR, without, **changes)


def vehicle() -> Decided:
    """One stop belongs to the dearer car."""
    return _stops_case(STAR, _dearer(a_day(stops(2), cars())), S1={"vehicle_id": "V2"})


def zone_hard() -> Decided:
    """The cheaper car may not leave the north."""
    without = with_stops(a_day(stops(2), cars()), S1={"zones": ("north",)}, S2={"zones": ("south",)})
    return _dearer_case({"zones": ("north",), "zone_hard": True}, without)


def kept_order() -> Decided:
    """Three stops keep an order that goes to and fro; the fourth comes where it is on the way."""
    without = a_day(stops(4, vehicle_id="V1"), cars(1))
    ranks = {"S3": 1, "S1": 2, "S2": 3}
    return _stops_case(
        RING, without, **{stop: {"keep": "order", "keep_rank": rank} for stop, rank in ranks.items()}
    )


def kept_prefix() -> Decided:
    """Two stops come first although the others are on the way."""
    without = a_day(stops(4, vehicle_id="V1"), cars(1))
    ranks = {"S3": 1, "S1": 2}
    return _stops_case(
        RING, without, **{stop: {"keep": "prefix", "keep_rank": rank} for stop, rank in ranks.items()}
    )


def strict_order() -> Decided:
    """Ranks make one car go to and fro."""
    ranks = {"S3": 1, "S1": 2, "S2": 2, "S4": 3}
    changes = {stop: {"order_rule": "strict", "order_rank": rank} for stop, rank in ranks.items()}
    return _stops_case(RING, a_day(stops(4), cars(1)), **changes)


def first_last() -> Decided:
    """A stop in the middle comes first, its neighbour last."""
    changes = {"S2": {"order_rule": "first"}, "S3": {"order_rule": "last"}}
    return _stops_case(RING, a_day(stops(4), cars(1)), **changes)


def before() -> Decided:
    """Neither way round keeps both."""
    changes = {"S3": {"before": ("S1",)}, "S2": {"before": ("S4",)}}
    return _stops_case(RING, a_day(stops(4), cars(1)), **changes)


def pairs() -> Decided:
    """Two pairs that neither way round serves; what is on its way takes room."""
    load = (1000,)
    served = [
        a_stop("S1", 1, delivery=load),
        a_stop("S2", 2, pickup=load),
        a_stop("S3", 3, pickup=load),
        a_stop("S4", 4, delivery=load),
    ]
    changes = {"S1": {"picked_up_at": "S3"}, "S4": {"picked_up_at": "S2"}}
    return _stops_case(RING, a_day(served, cars(1, capacity=(2000,))), **changes)


def ride_time() -> Decided:
    """Two people who live side by side cannot share the car: a call at the second one takes too long."""
    layout = {0: (0, 0), 1: (30, 0), 2: (32, 0), 3: (10, 0), 4: (8, 0)}
    seat = (1000,)
    served = [
        a_stop("S1", 1, pickup=seat, service=5 * MINUTE),
        a_stop("S2", 2, pickup=seat, service=5 * MINUTE),
        a_stop("S3", 3, delivery=seat, picked_up_at="S1"),
        a_stop("S4", 4, delivery=seat, picked_up_at="S2"),
    ]
    changes = {"S3": {"ride_max": 24 * MINUTE}, "S4": {"ride_max": 24 * MINUTE}}
    return _stops_case(layout, a_day(served, cars(1)), **changes)


def loading_order() -> Decided:
    """What was picked up last is in front: the car passes one delivery and comes back to it."""
    load = (1000,)
    served = [
        a_stop("S1", 1, pickup=load),
        a_stop("S2", 2, pickup=load),
        a_stop("S3", 3, delivery=load, picked_up_at="S1"),
        a_stop("S4", 4, delivery=load, picked_up_at="S2"),
    ]
    return _fleet_case(a_day(served, cars(1, end_depot=None)), LINE, lifo=True)


def goods() -> Decided:
    """Food and paint go in two cars."""
    served = [a_stop("S1", 1, goods_class="food"), a_stop("S2", 2, goods_class="paint"), a_stop("S3", 3)]
    without = a_day(served, cars())
    return Decided(replace(without, incompatible=(("paint", "food"),)), without, LINE)


def travel() -> Decided:
    """There is no way on from two stops of the ring either way round."""
    without = a_day(stops(4), cars(1))
    return Decided(without, without, RING, blocked=((1, 2), (3, 2), (2, 1)))


def cost() -> Decided:
    """The same two cars with their prices exchanged."""
    without = _dearer(a_day(stops(2), cars()), cost_per_km=2, cost_per_hour=20)
    first, second = without.vehicles
    exchanged = (replace(first, id="V2"), replace(second, id="V1"))
    return Decided(replace(without, vehicles=exchanged[::-1]), without, STAR)


def overtime() -> Decided:
    """Two cars cost less than overtime of one."""
    late = {"overtime_after": 30 * MINUTE, "overtime_cost_per_hour": 100.0}
    return _fleet_case(a_day(stops(3), cars()), **late)


def start() -> Decided:
    """The cheap car starts early and waits for hours."""
    noon = {"windows": (between("12:00", "13:00"),)}
    return _dearer_case({"start_rule": "early"}, a_day(stops(2, **noon), cars()))


def required() -> Decided:
    """Two of three stops fit: the far one has the highest priority."""
    without = a_day(stops(3), cars(1, max_stops=2))
    return _stops_case(LINE, without, S3={"priority": 60}, S1={"priority": 10})


def penalty() -> Decided:
    """The last stop of the line is not worth the way."""
    return _stops_case(LINE, a_day(stops(3), cars(1)), S3={"penalty": 10.0})


def early() -> Decided:
    """Services of an hour before it are worse than a way round."""
    without = a_day(stops(4, service=HOUR), cars(1))
    return _stops_case(RING, without, S2={"order_rule": "early", "priority": 100})


def lateness() -> Decided:
    """Being late is dearer than a second car."""
    soft = {"windows": (between("08:00", "08:12"),), "late_max": None}
    without = a_day(stops(2, late_cost=0.0, **soft), cars())
    return Decided(with_all(without, "stops", late_cost=100.0), without, STAR)


def zone() -> Decided:
    """Leaving the north has a price, which is more than that of the other car."""
    served = stops(2)
    without = with_stops(a_day(served, cars()), S1={"zones": ("north",)}, S2={"zones": ("south",)})
    fleet = [replace(car, zones=(name,)) for car, name in zip(without.vehicles, ("north", "south"))]
    without = replace(without, vehicles=tuple(fleet), goals=Goals(zone_price=0.0))
    return Decided(replace(without, goals=Goals(zone_price=50.0)), without, STAR)


def fewest_vehicles() -> Decided:
    """Two cars from two depots are cheaper than one that goes to both stops."""
    layout = {0: (0, 0), 1: (10, 0), 2: (60, 0), 5: (70, 0)}
    depots = [a_depot("D", 0), a_depot("E", 5)]
    fleet = [CAR, replace(CAR, id="V2", start_depot="E", end_depot="E")]
    without = a_problem(stops(2), depots, fleet)
    return Decided(replace(without, goals=Goals(fewest_vehicles=True)), without, layout)


def _balance(by: str, price: float) -> Decided:
    without = a_day(stops(4), cars())
    return Decided(replace(without, goals=Goals(balance=by, balance_price=price)), without, STAR)


def _planned(problem: Problem, **planned: Planned) -> Problem:
    """Return the problem with what the plan before says of the named stops."""
    return with_stops(problem, **{stop: {"planned": how} for stop, how in planned.items()})


def _priced(without: Problem, layout: Layout, **prices: Any) -> Decided:
    return Decided(replace(without, goals=Goals(**prices)), without, layout)


def vehicle_change() -> Decided:
    """The cheaper car would serve all; two stops stay on the dearer one, a third is not worth one."""
    cheap = _dearer(a_day(stops(3), cars()))
    third = replace(CAR, id="V3", fixed_cost=60)
    without = replace(cheap, vehicles=(*cheap.vehicles, third))
    planned = {"S1": Planned("V2", 1, 0), "S2": Planned("V2", 2, 0), "S3": Planned("V3", 1, 0)}
    return _priced(_planned(without, **planned), STAR, vehicle_change_price=24.0)


def position_change() -> Decided:
    """The order before goes to and fro; one stop out of it makes the way shorter."""
    ranks = {"S3": 1, "S1": 2, "S4": 3, "S2": 4}
    planned = {stop: Planned("V1", rank, 0) for stop, rank in ranks.items()}
    return _priced(_planned(a_day(stops(4), cars(1)), **planned), RING, position_change_price=20.0)


def promise() -> Decided:
    """Stops were promised for when neither way round comes by."""
    etas = {"S3": "08:30", "S1": "08:50", "S2": "09:00", "S4": "09:30"}
    planned = {stop: Planned("V1", 1, at(eta)) for stop, eta in etas.items()}
    goals = {"promise_price": 30.0, "promise_tolerance": 5 * MINUTE}
    return _priced(_planned(a_day(stops(4), cars(1)), **planned), RING, **goals)


CASES = {
    **{
        case.__name__: case
        for case in (
            *(time_windows, late_max, service_time, shift, latest_start, depot_hours, loading_time, docks),
            *(ready, due, capacity, trips, break_window, break_after_drive, break_after_work),
            *(break_in_parts, work_limit, drive_limit, distance_limit, stop_limit, skills, vehicle_rules),
            *(vehicle, zone_hard, kept_order, kept_prefix, strict_order, first_last, before, pairs),
            *(ride_time, loading_order, goods, travel),
            *(cost, overtime, start, required, penalty, early, lateness, zone, fewest_vehicles),
            *(vehicle_change, position_change, promise),
        )
    },
    "trips: a reload": trips_reload,
    "work_limit: a rest": work_limit_rest,
    "balance": lambda: _balance(BALANCE_TIME, 100.0),
    "balance: stops": lambda: _balance(BALANCE_STOPS, 30.0),
    "balance: distance": lambda: _balance(BALANCE_DISTANCE, 3.0),
}
"""Cases by the name of their constraint or wish; what follows a colon tells several of one name apart."""
