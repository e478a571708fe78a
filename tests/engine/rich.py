"""Random problems with everything a fleet may need at once, and orders of stops that half make sense.

Plain problems are drawn in strategies.py (wild) and plannable.py (mild); here they get pairs, trips, breaks,
docks, locks, zones, goods and soft windows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.plan import Plan, Unassigned
from optiway_qgis.model.problem import (
    BALANCES,
    KEEPS,
    ORDER_RULES,
    START_RULES,
    Break,
    Depot,
    Goals,
    Problem,
    Sequence,
    Stop,
    Vehicle,
    Window,
)
from tests.engine.cases import Case
from tests.engine.oracle import judged, oracle_plan
from tests.engine.plannable import plannable, seldom
from tests.engine.rush import rushing
from tests.engine.strategies import cases, cases_by_the_hour, some, subsets

if TYPE_CHECKING:
    from optiway_qgis.model.plan import Route, Visit
    from tests.engine.plannable import Planned

ZONES = ("north", "south")
GOODS = ("", "", "food", "paint", "fuel")
INCOMPATIBLE = (("food", "paint"), ("fuel", "food"), ("fuel", "fuel"))


def _moments(problem: Problem) -> tuple[int, int]:
    """Return the first moment of all shifts and how long the day is from there."""
    first = min(vehicle.shift.start for vehicle in problem.vehicles)
    return first, max(60, max(vehicle.shift.end for vehicle in problem.vehicles) - first)


@st.composite
def _rich_stop(draw: st.DrawFn, stop: Stop, first: int, day: int, vehicle_ids: tuple[str, ...]) -> Stop:
    keep = draw(st.sampled_from((*("",) * 4, *KEEPS)))
    return replace(
        stop,
        late_max=draw(st.sampled_from((0, 0, None, day // 10, 1))),
        late_cost=draw(st.sampled_from((60.0, 0.0, 5.0))),
        order_rule=draw(st.sampled_from((*("",) * 5, *ORDER_RULES))),
        ready=draw(seldom(st.integers(first, first + day // 4))),
        due=draw(seldom(st.integers(first + day // 4, first + day))),
        goods_class=draw(st.sampled_from(GOODS)),
        zones=draw(subsets(ZONES)),
        keep=keep,
        keep_rank=draw(st.integers(0, 3)),
        vehicle_id=stop.vehicle_id or (draw(st.sampled_from(vehicle_ids)) if keep else ""),
    )


@st.composite
def _related(draw: st.DrawFn, stops: list[Stop], day: int, *, paired: bool) -> list[Stop]:
    """Make pairs of some stops, or of all, and let some come before others, without circles."""
    order = draw(st.permutations(range(len(stops))))
    stops = list(stops)
    free = list(order)
    for _ in range(len(stops) // 2 if paired else draw(st.integers(0, len(stops) // 2))):
        pickup, delivery = free[0], free[1]
        del free[:2]
        amounts = stops[pickup].pickup
        stops[delivery] = replace(
            stops[delivery],
            delivery=amounts,
            picked_up_at=stops[pickup].id,
            ride_max=draw(some(st.integers(0, day // 3))),
        )
        stops[pickup] = replace(stops[pickup], fetch=draw(st.booleans()))
    for number, index in enumerate(order):
        later = order[number + 1 :]
        if later and draw(st.integers(0, 5)) == 5:
            stops[index] = replace(stops[index], before=(stops[draw(st.sampled_from(later))].id,))
    return stops


@st.composite
def _break(draw: st.DrawFn, name: str, first: int, day: int) -> Break:
    duration = draw(st.integers(1, max(2, day // 20)))
    kind = draw(st.sampled_from(("window", "after_drive", "after_work")))
    paid = draw(st.booleans())
    if kind == "window":
        start = draw(st.integers(first, first + day))
        return Break(name, duration, window=Window(start, start + draw(st.integers(0, day // 4))), paid=paid)
    after = draw(st.integers(day // 20, day // 2))
    part = draw(some(st.integers(1, duration - 1), 0)) if duration > 1 else 0
    gone = draw(some(st.integers(1, day // 2), 0))
    return Break(name, duration, paid=paid, first_part=part, gone=gone, **{kind: after})


@st.composite
def _rich_vehicle(draw: st.DrawFn, vehicle: Vehicle, first: int, day: int) -> Vehicle:
    names = [f"B{number}" for number in range(draw(st.sampled_from((0, 0, 1, 1, 2))))]
    return replace(
        vehicle,
        latest_start=draw(seldom(st.integers(first, first + day))),
        service_factor=draw(some(st.sampled_from((0.8, 1.25, 0.333)), 1.0)),
        max_trips=draw(st.sampled_from((1, 1, 2, 3))),
        overtime_after=draw(some(st.integers(0, day))),
        overtime_cost_per_hour=draw(some(st.sampled_from((0.0, 30.0)))),
        zones=draw(subsets(ZONES)),
        zone_hard=draw(st.booleans()),
        breaks=tuple(draw(_break(name, first, day)) for name in names),
        lifo=draw(st.booleans()),
        start_rule=draw(st.sampled_from((START_RULES[0], *START_RULES))),
    )


@st.composite
def _rich_depot(draw: st.DrawFn, depot: Depot, day: int) -> Depot:
    return replace(
        depot,
        docks=draw(st.sampled_from((None, 1, 1, 2))),
        load=draw(st.just(0) | st.integers(0, day // 20)),
        load_per_unit=draw(some(st.sampled_from((0.5, 12.0, 0.0015)), 0.0)),
    )


@st.composite
def enriched(draw: st.DrawFn, problem: Problem) -> Problem:
    """Draw what a plain problem has not: relations, breaks, trips, docks and wishes.

    Now and then all stops are of pairs and the last in is the first out, or all vehicles load at one dock.
    """
    first, day = _moments(problem)
    vehicle_ids = tuple(vehicle.id for vehicle in problem.vehicles)
    theme = draw(st.sampled_from(("", "", "", "pairs", "dock")))
    stops = [draw(_rich_stop(stop, first, day, vehicle_ids)) for stop in problem.stops]
    depots = [draw(_rich_depot(depot, day)) for depot in problem.depots]
    vehicles = [draw(_rich_vehicle(vehicle, first, day)) for vehicle in problem.vehicles]
    if theme == "pairs":
        vehicles = [replace(vehicle, lifo=True) for vehicle in vehicles]
    if theme == "dock":
        alike = {
            "start_depot": depots[0].id,
            "shift": vehicles[0].shift,
            "start_rule": vehicles[0].start_rule,
        }
        vehicles = [replace(vehicle, **alike) for vehicle in vehicles]
        depots[0] = replace(depots[0], docks=1, load=draw(st.integers(1, max(1, day // 10))))
    return replace(
        problem,
        stops=tuple(draw(_related(stops, day, paired=theme == "pairs"))),
        depots=tuple(depots),
        vehicles=tuple(vehicles),
        incompatible=tuple(draw(st.lists(st.sampled_from(INCOMPATIBLE), unique=True, max_size=2))),
        goals=draw(
            st.builds(
                Goals,
                fewest_vehicles=st.booleans(),
                balance=st.sampled_from(BALANCES),
                balance_price=st.sampled_from((0.0, 10.0)),
                zone_price=st.sampled_from((0.0, 15.0)),
            )
        ),
    )


@st.composite
def orders_of(draw: st.DrawFn, problem: Problem) -> tuple[tuple[Sequence, ...], tuple[Unassigned, ...]]:
    """Draw an order of stops for each vehicle that mostly keeps pairs together, and some reloads.

    Now and then a stop is left out; where vehicles reload is given for some.
    """
    order = list(draw(st.permutations([stop.id for stop in problem.stops])))
    homes = st.sampled_from([vehicle.id for vehicle in problem.vehicles] * 4 + [""])
    home = {stop_id: draw(homes) for stop_id in order}
    sensible = draw(st.integers(0, 3)) > 0
    if sensible:
        home |= {stop.id: stop.vehicle_id for stop in problem.stops if stop.vehicle_id}
        rules = {stop.id: stop.order_rule for stop in problem.stops}
        order.sort(key=lambda stop_id: (rules[stop_id] != "first") + (rules[stop_id] == "last"))
    for stop in problem.stops:
        earlier = [stop.picked_up_at] if stop.picked_up_at else []
        earlier += [one.id for one in problem.stops if stop.id in one.before]
        for name in earlier if sensible else ():
            home[stop.id] = home[name]
            here, there = order.index(stop.id), order.index(name)
            if there > here:
                order[here], order[there] = order[there], order[here]
    sequences = []
    for vehicle in problem.vehicles:
        served = tuple(stop_id for stop_id in order if home[stop_id] == vehicle.id)
        reloads = None
        if vehicle.start_depot is not None and len(served) > 1:
            places = st.lists(st.integers(1, len(served) - 1), unique=True, max_size=3)
            reloads = draw(seldom(places.map(lambda drawn: tuple(sorted(drawn)))))
        sequences.append(Sequence(vehicle.id, served, reloads))
    left = [
        Unassigned(stop_id, "no_vehicle", "No vehicle is left.") for stop_id in order if not home[stop_id]
    ]
    return tuple(sequences), tuple(left)


NEUTRAL: dict[str, tuple[str, dict[str, Any]]] = {
    "late": ("stops", {"late_max": 0}),
    "order": ("stops", {"order_rule": "", "before": ()}),
    "keep": ("stops", {"keep": ""}),
    "ready": ("stops", {"ready": None, "due": None}),
    "goods": ("stops", {"goods_class": ""}),
    "pairs": ("stops", {"picked_up_at": "", "ride_max": None}),
    "docks": ("depots", {"docks": None, "load": 0, "load_per_unit": 0.0}),
    "trips": ("vehicles", {"max_trips": 1}),
    "breaks": ("vehicles", {"breaks": ()}),
    "starts": ("vehicles", {"latest_start": None, "start_rule": START_RULES[0]}),
    "overtime": ("vehicles", {"overtime_after": None}),
    "zones": ("vehicles", {"zones": ()}),
    "lifo": ("vehicles", {"lifo": False}),
    "factor": ("vehicles", {"service_factor": 1.0}),
}
"""What takes each kind of rule out of a rich problem."""


@st.composite
def plannable_rich(draw: st.DrawFn, max_stops: int = 5, max_vehicles: int = 2) -> Planned:
    """Draw a problem with a few kinds of rules at once, of whose stops most can be served."""
    problem, travel = draw(plannable(max_stops))
    vehicles = problem.vehicles[:max_vehicles]
    names = [vehicle.id for vehicle in vehicles]
    problem = draw(enriched(replace(problem, vehicles=vehicles)))
    kept = draw(st.lists(st.sampled_from(sorted(NEUTRAL)), unique=True, min_size=1, max_size=5))
    if "lifo" in kept or "keep" in kept:
        kept += ["pairs"]
    for kind, (members, neutral) in NEUTRAL.items():
        if kind not in kept:
            changed = tuple(replace(one, **neutral) for one in getattr(problem, members))
            problem = replace(problem, **{members: changed})
    stops = [
        replace(stop, vehicle_id=stop.vehicle_id if stop.keep and stop.vehicle_id in names else "", skills=())
        for stop in problem.stops
    ]
    stops = [stop if stop.vehicle_id else replace(stop, keep="") for stop in stops]
    few = draw(st.sampled_from((None, 1, 2, 3)))
    goals = problem.goals if draw(st.integers(0, 3)) == 0 else Goals()
    fleet = tuple(replace(vehicle, max_stops=few) for vehicle in problem.vehicles)
    return replace(problem, stops=tuple(stops), vehicles=fleet, goals=goals), travel


def no_way_by_time_nor_length(case: Case) -> Case:
    """Mark pairs without a way in both tables, as providers do."""
    for matrix in case.travel.matrices.values():
        cut = (matrix.seconds == UNREACHABLE) | (matrix.metres == UNREACHABLE)
        matrix.seconds[cut] = matrix.metres[cut] = UNREACHABLE
    return case


@st.composite
def _richer(draw: st.DrawFn, planned: st.SearchStrategy[Planned]) -> Case:
    problem, travel = draw(planned)
    problem = draw(enriched(problem))
    sequences, left = draw(orders_of(problem))
    return Case(problem, travel, sequences, left)


def _planned(case: Case) -> Planned:
    return case.problem, case.travel


def rich_cases(max_stops: int = 8) -> st.SearchStrategy[Case]:
    """Draw rich problems, most of which can be served, with an order of stops."""
    return _richer(plannable(max_stops))


def wild_cases(max_stops: int = 7) -> st.SearchStrategy[Case]:
    """Draw rich problems of any kind, of which little can be kept, with an order of stops."""
    return _richer(cases(max_stops).map(no_way_by_time_nor_length).map(_planned))


def rich_cases_by_the_hour(max_stops: int = 6) -> st.SearchStrategy[Case]:
    """Draw rich problems on days with traffic, mild ones and wild ones."""
    return _richer(st.one_of(rushing(max_stops), cases_by_the_hour(max_stops).map(_planned)))


@st.composite
def plans_of(draw: st.DrawFn, case: Case) -> Plan:
    """Draw a plan that follows the order of the case: any reloads, breaks and starts, all else as it must be.

    It is stated as docs/model.md has it, good or bad, so that the checker is held to more than what the
    scheduler would make.
    """
    by_id = {vehicle.id: vehicle for vehicle in case.problem.vehicles}
    asked = []
    for sequence in case.sequences:
        reloads = None
        if by_id[sequence.vehicle_id].start_depot is not None and len(sequence.stops) > 1:
            places = st.lists(st.integers(1, len(sequence.stops) - 1), unique=True, max_size=3)
            reloads = tuple(sorted(draw(places)))
        asked.append(replace(sequence, reloads=reloads))
    plan = oracle_plan(case.problem, case.travel, asked, case.unassigned)
    routes = tuple(draw(_decided(route, by_id[route.vehicle_id])) for route in plan.routes)
    return judged(case.problem, case.travel, replace(plan, routes=routes))


@st.composite
def _decided(draw: st.DrawFn, route: Route, vehicle: Vehicle) -> Route:
    """Draw when work begins, what is held up and which breaks are taken where."""
    late = st.sampled_from((0, 0, 0, 1, 60, 3600))
    visits: list[Visit] = []
    for visit in route.visits:
        for rest in vehicle.breaks if visits else ():
            if draw(st.integers(0, 3)) == 0:
                parts = (rest.first_part, rest.duration - rest.first_part) if rest.first_part else ()
                length = draw(st.sampled_from((rest.duration, *parts)))
                visits.append(replace(visit, type="break", id=rest.id, service=length))
        visits.append(replace(visit, start=visit.start + draw(late)))
    return replace(
        route, visits=tuple(visits), start=route.start + draw(st.sampled_from((0, 0, -600, 1, 900)))
    )
