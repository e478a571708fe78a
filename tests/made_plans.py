"""A plan that has everything a plan can hold, driven on paper as docs/model.md says. Nothing here tests
anything; no engine and no QGIS is needed."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from optiway_qgis.model.plan import (
    VISIT_BREAK,
    VISIT_END,
    VISIT_RELOAD,
    VISIT_START,
    VISIT_STOP,
    Leg,
    Plan,
    Route,
    Unassigned,
    Violation,
    Visit,
    WishPrice,
)
from optiway_qgis.model.problem import (
    LOAD_SCALE,
    Break,
    Depot,
    Problem,
    Stop,
    Vehicle,
    Window,
    loading_time,
    service_time,
)

HOUR = 3600
RELOAD = "reload"
LUNCH = Break("lunch", 2700, window=Window(13 * HOUR + 1200, 14 * HOUR))
COFFEE = Break("coffee", 900, after_work=4 * HOUR, paid=True)
DEPOT = Depot(
    "D1", -8.64, 41.18, "North depot", window=Window(6 * HOUR, 20 * HOUR), load=600, load_per_unit=20.0
)
_METRES_PER_SECOND = 7.0
_SLACK = 900


def rich_town() -> tuple[Problem, Plan]:
    """A day of three vans.

    V1 makes two trips with both breaks and works overtime. V2 takes one break, is late at S14 as allowed and
    at S16 beyond that. V3 starts and ends anywhere, and may be late at S21 by any time. Three stops are left
    out; the wishes have prices.
    """
    dice = random.Random(4)
    stops = [_stop(number, dice) for number in range(1, 26)]
    stops[13] = replace(stops[13], windows=(Window(9 * HOUR, 11 * HOUR + 120),), late_max=30 * 60)
    stops[15] = replace(stops[15], windows=(Window(9 * HOUR, 12 * HOUR),), late_max=10 * 60)
    stops[20] = replace(stops[20], windows=(Window(8 * HOUR, 8 * HOUR + 600),), late_max=None)
    van = Vehicle(
        "V1",
        driver="Ana Sousa",
        start_depot="D1",
        end_depot="D1",
        shift=Window(7 * HOUR, 19 * HOUR),
        capacity=(40 * LOAD_SCALE,),
        fixed_cost=60,
        cost_per_hour=18,
        cost_per_km=0.45,
        max_trips=2,
        overtime_after=7 * HOUR,
        overtime_cost_per_hour=30,
        breaks=(LUNCH, COFFEE),
    )
    other = replace(van, id="V2", driver="Rui Dias", max_trips=1, breaks=(COFFEE,))
    free = replace(van, id="V3", driver="", start_depot=None, end_depot=None, breaks=())
    names = [stop.id for stop in stops]
    orders = (
        (van, 8 * HOUR, [*names[:4], "coffee", *names[4:6], RELOAD, *names[6:8], "lunch", *names[8:11]]),
        (other, 8 * HOUR, [*names[11:16], "coffee", *names[16:19]]),
        (free, 8 * HOUR, names[19:22]),
    )
    problem = Problem("2026-05-04", "Europe/Lisbon", tuple(stops), (DEPOT,), (van, other, free))
    routes = tuple(drive(problem, vehicle, start, steps) for vehicle, start, steps in orders)
    reasons = ("pair", "break", "ready_due")
    return problem, Plan(
        plan_id="p-7h2k",
        routes=routes,
        unassigned=tuple(
            Unassigned(stop.id, reason, f"Sentence about {stop.name}.", "V2", 1500, "Open until 17:30.")
            for stop, reason in zip(stops[22:], reasons)
        ),
        violations=tuple(
            Violation(
                "time_window", route.vehicle_id, visit.id, f"{visit.id} is served too late.", visit.late
            )
            for route in routes
            for visit in route.visits
            if visit.violations
        ),
        engine="by hand",
        wishes=(
            WishPrice(
                "balance",
                12.4,
                "Balance costs 12.40 (2.0 %): without it the longest route takes 9.1 h instead of 8.4 h.",
            ),
            WishPrice(
                "lateness",
                31.0,
                "Being on time costs 31.00 (5.0 %): without it lateness adds up to 19"
                "0 min instead of 80 min.",
            ),
            WishPrice(
                "early", 0.0, "Serving stops early costs nothing: no cheaper plan was found without it."
            ),
        ),
    )


def _stop(number: int, dice: random.Random) -> Stop:
    return Stop(
        f"S{number}",
        DEPOT.lon + dice.gauss(0, 0.05),
        DEPOT.lat + dice.gauss(0, 0.03),
        name=f"Customer {number}",
        service=dice.randrange(600, 1800, 60),
        setup=dice.choice((0, 120)),
        delivery=(dice.randrange(2000, 8000, 500),),
    )


@dataclass
class _Driver:
    """Where a vehicle is and what it has done so far."""

    visits: list[Visit]
    legs: list[Leg]
    now: int
    here: Stop | Depot | None = None
    far: int = 0
    load: int = 0
    trip: int = 1


def drive(problem: Problem, vehicle: Vehicle, start: int, steps: list[str]) -> Route:
    """The route of a vehicle that begins work at `start`; a step is a stop's id, a break's id or RELOAD.

    Windows are kept or missed, lateness beyond what is allowed is a violation, and nothing else is judged.
    """
    stops = {stop.id: stop for stop in problem.stops}
    depots = {depot.id: depot for depot in problem.depots}
    breaks = {rest.id: rest for rest in vehicle.breaks}
    driver = _Driver([], [], start)
    first = _loads(steps, 0, stops)
    if vehicle.start_depot:
        _load(driver, VISIT_START, depots[vehicle.start_depot], first)
    driver.load = first
    for place, step in enumerate(steps):
        if step == RELOAD:
            driver.trip += 1
            _load(driver, VISIT_RELOAD, depots[vehicle.start_depot or ""], _loads(steps, place + 1, stops))
        elif step in breaks:
            _rest(driver, breaks[step])
        else:
            _serve(driver, vehicle, stops[step])
    if vehicle.end_depot:
        _arrive(driver, VISIT_END, depots[vehicle.end_depot])
    return _route(vehicle, start, first, driver)


def _loads(steps: list[str], begin: int, stops: dict[str, Stop]) -> int:
    until = steps.index(RELOAD, begin) if RELOAD in steps[begin:] else len(steps)
    return sum(stops[step].delivery[0] for step in steps[begin:until] if step in stops)


def _load(driver: _Driver, kind: str, depot: Depot, units: int) -> None:
    driver.load = units
    _arrive(driver, kind, depot, service=loading_time(depot, units))


def _serve(driver: _Driver, vehicle: Vehicle, stop: Stop) -> None:
    driver.load -= stop.delivery[0]
    window = stop.windows[0] if stop.windows else None
    _arrive(driver, VISIT_STOP, stop, stop.setup, service_time(vehicle, stop), window, stop.late_max)


def _rest(driver: _Driver, rest: Break) -> None:
    start = max(driver.now, rest.window.start if rest.window else driver.now)
    _visit(driver, VISIT_BREAK, rest.id, driver.now, start, rest.duration)


def _arrive(driver, kind, place, setup=0, service=0, window=None, late_max: int | None = 0) -> None:
    here, seconds, metres = driver.here, 0, 0
    if here is not None:
        east = math.radians(place.lon - here.lon) * math.cos(math.radians(place.lat))
        metres = round(6371000 * math.hypot(east, math.radians(place.lat - here.lat)) * 1.3)
        seconds = round(metres / _METRES_PER_SECOND)
        line = ((here.lon, here.lat), (place.lon, place.lat))
        number = len(driver.visits) + (driver.visits[0].type != VISIT_START)
        driver.legs.append(Leg(number, here.id, place.id, seconds, metres, "estimate", line))
    driver.here, driver.far = place, driver.far + metres
    arrival = driver.now + seconds
    start, late = arrival + setup, 0
    if window:
        start, late = max(start, window.start), max(0, start - window.end)
    broken = ("time_window",) if late_max is not None and late > late_max else ()
    _visit(driver, kind, place.id, arrival, start, service, setup, late, seconds, metres, broken)


def _visit(
    driver, kind, place_id, arrival, start, service, setup=0, late=0, seconds=0, metres=0, broken=()
) -> None:
    begins_at_depot = kind == VISIT_START or (driver.visits and driver.visits[0].type == VISIT_START)
    driver.now = start + service
    driver.visits.append(
        Visit(
            kind,
            place_id,
            len(driver.visits) + (not begins_at_depot),
            arrival,
            setup,
            start - arrival - setup,
            start,
            service,
            driver.now,
            late,
            _SLACK,
            seconds,
            metres,
            driver.far,
            (driver.load,),
            broken,
            driver.trip,
        )
    )


def _route(vehicle: Vehicle, start: int, first_load: int, driver: _Driver) -> Route:
    def total(member: str, *kinds: str) -> int:
        return sum(getattr(visit, member) for visit in driver.visits if not kinds or visit.type in kinds)

    paid = {rest.id for rest in vehicle.breaks if rest.paid}
    unpaid = sum(
        visit.service for visit in driver.visits if visit.type == VISIT_BREAK and visit.id not in paid
    )
    work = driver.now - start - unpaid
    overtime = max(0, work - (vehicle.overtime_after or work))
    dear = vehicle.overtime_cost_per_hour or vehicle.cost_per_hour
    return Route(
        vehicle.id,
        vehicle.id,
        tuple(driver.visits),
        tuple(driver.legs),
        start,
        driver.now,
        total("drive"),
        total("service", VISIT_STOP),
        total("setup"),
        total("wait"),
        driver.far,
        total("late"),
        (max(first_load, *(visit.load[0] for visit in driver.visits)),),
        vehicle.fixed_cost,
        driver.far / 1000 * vehicle.cost_per_km,
        (work - overtime) / HOUR * vehicle.cost_per_hour + overtime / HOUR * dear,
        tuple(dict.fromkeys(code for visit in driver.visits for code in visit.violations)),
        loading=total("service", VISIT_START, VISIT_RELOAD),
        break_time=total("service", VISIT_BREAK),
        unpaid_break=unpaid,
        overtime=overtime,
    )
