"""What is to be planned: stops, depots, vehicles and the day. Nothing here is computed.

Rules of meaning (what a window constrains, when setup is due, what empty means) are in
docs/model.md; both the scheduler and the checker are held to that page.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Iterable

LOAD_SCALE = 1000
"""Loads are whole thousandths of the user's unit, so that sums are exact."""

MAX_DIMENSIONS = 9
MAX_WORKERS = 64
DAY = 24 * 3600
OPEN_END = 2 * DAY
"""End of a window without end: the end of the day after the plan date."""

ORDER_FREE = ""
ORDER_EARLY = "early"
ORDER_STRICT = "strict"
ORDER_FIRST = "first"
ORDER_LAST = "last"
ORDER_RULES = (ORDER_FREE, ORDER_EARLY, ORDER_STRICT, ORDER_FIRST, ORDER_LAST)

KEEP_FREE = ""
KEEP_ORDER = "order"
KEEP_PREFIX = "prefix"
KEEPS = (KEEP_FREE, KEEP_ORDER, KEEP_PREFIX)

START_LATE = "late"
START_EARLY = "early"
START_RULES = (START_LATE, START_EARLY)

BALANCE_NONE = ""
BALANCE_TIME = "time"
BALANCE_STOPS = "stops"
BALANCE_DISTANCE = "distance"
BALANCES = (BALANCE_NONE, BALANCE_TIME, BALANCE_STOPS, BALANCE_DISTANCE)

LATE_COST = 60.0
"""What an hour of lateness costs where nothing is said: about two hours of a van with its driver."""

PROMISE_TOLERANCE = 15 * 60
"""Seconds by which an arrival may differ from the one before where nothing is said."""

ZONE_PRICE = 15.0
"""What a stop outside the zones of its vehicle costs where nothing is said: about half an hour of a van."""


@dataclass(frozen=True)
class Window:
    """A closed interval of seconds from midnight of the plan date; both ends are allowed."""

    start: int
    end: int


@dataclass(frozen=True)
class Planned:
    """How a plan before this one serves a stop: by which vehicle, as which of its stops still to do, from 1,
    and arriving when, in seconds from midnight of the plan date.

    `goods_at` names the depot where the vehicle, already under way, still has to fetch or load its goods, and
    `goods_rank` is the rank of the stop that it serves next after fetching them, 0 where that is not known.
    """

    vehicle_id: str
    rank: int
    eta: int
    goods_at: str = ""
    goods_rank: int = 0


@dataclass(frozen=True)
class Stop:
    """A place to be visited once.

    `lon`, `lat` in degrees WGS 84; `service` and `setup` in seconds; `delivery` and `pickup` one number
    per load dimension in thousandths of a unit. `windows` are sorted and do not overlap; none means any time.
    `priority` 0 to 100. `penalty` is the price of leaving the stop out, None when it is required.
    Empty `allowed_vehicles` means all vehicles. `vehicle_id`, when not empty, is the one that may serve it.

    `late_max` is by how many seconds service may start after the last window, None by any; an hour of it
    costs `late_cost`. `before` names stops that come after this one on the same route. `picked_up_at`, when
    not empty, is the stop where what is delivered here is picked up: the two are a pair; `ride_max` bounds
    the seconds from the end of service there to the start of service here. `ready` is when what is delivered
    here can be loaded at the depot, `due` when what is picked up here has to be at the depot. `goods_class`
    is held against `Problem.incompatible`. `zones` are the zones that the stop lies in. `keep` holds the stop
    at its place among those kept on `vehicle_id`, in the order of `keep_rank`: in that order, or before all
    other stops. `planned` is how the plan before this one serves it, None where there is none. One that is to
    `fetch` is only the pickup of what is delivered at another: it counts for no `max_stops`.
    """

    id: str
    lon: float
    lat: float
    name: str = ""
    service: int = 0
    setup: int = 0
    windows: tuple[Window, ...] = ()
    delivery: tuple[int, ...] = ()
    pickup: tuple[int, ...] = ()
    priority: int = 0
    order_rule: str = ORDER_FREE
    order_rank: int = 0
    penalty: float | None = None
    skills: tuple[str, ...] = ()
    allowed_vehicles: tuple[str, ...] = ()
    forbidden_vehicles: tuple[str, ...] = ()
    vehicle_id: str = ""
    late_max: int | None = 0
    late_cost: float = LATE_COST
    before: tuple[str, ...] = ()
    picked_up_at: str = ""
    ride_max: int | None = None
    ready: int | None = None
    due: int | None = None
    goods_class: str = ""
    zones: tuple[str, ...] = ()
    keep: str = KEEP_FREE
    keep_rank: int = 0
    planned: Planned | None = None
    fetch: bool = False


@dataclass(frozen=True)
class Depot:
    """Where vehicles start, reload and end. `window` limits departures and returns; None means always open.

    Loading takes `load` seconds, and `load_per_unit` seconds for each of the user's units of the first load
    that is put on board. `docks` vehicles can load at once, None for any number.
    """

    id: str
    lon: float
    lat: float
    name: str = ""
    window: Window | None = None
    docks: int | None = None
    load: int = 0
    load_per_unit: float = 0.0


@dataclass(frozen=True)
class Break:
    """A rest that a vehicle's driver is due. Just one of `window`, `after_drive` and `after_work` is given.

    `duration` in seconds. `window` bounds its start. `after_drive` and `after_work` are the seconds of
    driving, or of work, after which it is due at the latest, each time anew. `first_part` above 0: it may be
    taken in two parts, the first that long and the second the rest. Unpaid breaks are not work. `gone` is how
    many seconds of the driving, or of the work, are gone when the vehicle begins: it is under way already.
    """

    id: str
    duration: int
    window: Window | None = None
    after_drive: int | None = None
    after_work: int | None = None
    paid: bool = False
    first_part: int = 0
    gone: int = 0


@dataclass(frozen=True)
class Vehicle:
    """One vehicle with its driver for the day.

    `speed_factor` is how fast it is beside its profile: 2 halves travel times. `start_depot` or `end_depot`
    None: open at that end. `capacity` one number per load dimension in
    thousandths of a unit, None in a place for unlimited. `max_work` and `max_drive` in seconds,
    `max_distance` in metres; None for unlimited. Costs in the user's currency.

    `latest_start` bounds when work starts. `service_factor` times the stops' service is what this driver
    takes. It makes up to `max_trips` trips, reloading at its start depot. Work beyond `overtime_after`
    seconds costs `overtime_cost_per_hour` instead of `cost_per_hour`, None: the same. A vehicle with `zones`
    serves stops in these only (`zone_hard`), or at a price others too. With `lifo`, of pairs what was picked
    up last is delivered first. `start_rule` is when it starts: as late as makes nothing later, or as early as
    it can.
    """

    id: str
    driver: str = ""
    profile: str = "car"
    speed_factor: float = 1.0
    start_depot: str | None = None
    end_depot: str | None = None
    shift: Window = Window(0, DAY)
    capacity: tuple[int | None, ...] = ()
    skills: tuple[str, ...] = ()
    max_stops: int | None = None
    max_work: int | None = None
    max_drive: int | None = None
    max_distance: int | None = None
    fixed_cost: float = 0.0
    cost_per_hour: float = 0.0
    cost_per_km: float = 0.0
    latest_start: int | None = None
    service_factor: float = 1.0
    max_trips: int = 1
    overtime_after: int | None = None
    overtime_cost_per_hour: float | None = None
    zones: tuple[str, ...] = ()
    zone_hard: bool = False
    breaks: tuple[Break, ...] = ()
    lifo: bool = False
    start_rule: str = START_LATE


@dataclass(frozen=True)
class Goals:
    """What is wished for beside low cost. Wishes steer the search and are not billed.

    `fewest_vehicles`: no vehicle more than needed, whatever it costs. `balance` names what the longest route
    is measured in; `balance_price` is what its hour, stop or kilometre costs. `zone_price` is what a stop
    outside the zones of its vehicle costs.

    Against the plan before (`Stop.planned`): `vehicle_change_price` is what a stop on another vehicle costs,
    `position_change_price` one out of the order of its route, and `promise_price` one whose arrival differs
    by more than `promise_tolerance` seconds.
    """

    fewest_vehicles: bool = False
    balance: str = BALANCE_NONE
    balance_price: float = 0.0
    zone_price: float = ZONE_PRICE
    vehicle_change_price: float = 0.0
    position_change_price: float = 0.0
    promise_price: float = 0.0
    promise_tolerance: int = PROMISE_TOLERANCE


@dataclass(frozen=True)
class Problem:
    """One day to be planned. Ids are unique within their tuple; `dimensions` is the number of loads.

    `incompatible` holds pairs of goods classes that may not be on one trip together.

    `plan_date` is an ISO date, `time_zone` an IANA name; the engine carries both and computes with neither.
    """

    plan_date: str
    time_zone: str
    stops: tuple[Stop, ...]
    depots: tuple[Depot, ...]
    vehicles: tuple[Vehicle, ...]
    dimensions: int = 1
    incompatible: tuple[tuple[str, str], ...] = ()
    goals: Goals = Goals()


@dataclass(frozen=True)
class Settings:
    """How long and how to search.

    `time_limit` is wall time of the engine process in seconds, its start included. `iterations`, when given,
    replaces every clock: identical input gives an identical plan. `patience` is the number of seconds without
    improvement after which the search stops; None chooses it by size, 0 never stops early. `workers` is the
    number of cores to search on; None takes all of them, or one where iterations count.
    """

    time_limit: float = 30.0
    iterations: int | None = None
    seed: int = 0
    patience: float | None = None
    workers: int | None = None


@dataclass(frozen=True)
class Sequence:
    """The stops of one vehicle in the order of service, as asked of the scheduler.

    `reloads` holds after how many of the stops the vehicle reloads each time, in ascending order; None leaves
    that to the scheduler.
    """

    vehicle_id: str
    stops: tuple[str, ...] = field(default=())
    reloads: tuple[int, ...] | None = None


def may_serve(vehicle: Vehicle, stop: Stop) -> str:
    """Return "" when the vehicle may serve the stop by skill, rules and zone, else the reason code."""
    if not set(stop.skills) <= set(vehicle.skills):
        return "skill"
    named = stop.vehicle_id and stop.vehicle_id != vehicle.id
    not_allowed = stop.allowed_vehicles and vehicle.id not in stop.allowed_vehicles
    if named or not_allowed or vehicle.id in stop.forbidden_vehicles:
        return "vehicle_rule"
    if vehicle.zone_hard and out_of_zone(vehicle, stop):
        return "zone"
    return ""


def out_of_zone(vehicle: Vehicle, stop: Stop) -> bool:
    """Whether the vehicle has zones and the stop lies in none of them."""
    return bool(vehicle.zones) and not set(vehicle.zones).intersection(stop.zones)


def counted(stops: Iterable[Stop]) -> int:
    """Return how many of the stops count for `max_stops`."""
    return sum(not stop.fetch for stop in stops)


def service_time(vehicle: Vehicle, stop: Stop) -> int:
    """Return the seconds that the vehicle's driver takes for the stop, its factor read in thousandths."""
    return -(-stop.service * round(1000 * vehicle.service_factor) // 1000)


def loading_time(depot: Depot, units: int) -> int:
    """Return the seconds of loading `units` thousandths of the first load, the rate read in thousandths."""
    return depot.load - (-units * round(1000 * depot.load_per_unit) // (1000 * LOAD_SCALE))


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """Return the problem as plain JSON types; the form is described in docs/model.md."""
    return asdict(problem)


def problem_from_json(form: dict[str, Any]) -> Problem:
    """Build the problem from its JSON form.

    Raises
    ------
    KeyError, TypeError
        When a required member is missing or an unknown one is present.
    """
    return Problem(
        plan_date=form["plan_date"],
        time_zone=form["time_zone"],
        stops=tuple(stop_from_json(stop) for stop in form["stops"]),
        depots=tuple(depot_from_json(depot) for depot in form["depots"]),
        vehicles=tuple(vehicle_from_json(vehicle) for vehicle in form["vehicles"]),
        dimensions=form.get("dimensions", 1),
        incompatible=tuple((one, other) for one, other in form.get("incompatible", ())),
        goals=Goals(**form.get("goals", {})),
    )


_STOP_TUPLES = (
    *("delivery", "pickup", "skills", "allowed_vehicles", "forbidden_vehicles"),
    *("before", "zones"),
)


def stop_from_json(form: dict[str, Any]) -> Stop:
    """Build a stop from its JSON form; raises as `problem_from_json` does."""
    tuples = {name: tuple(form[name]) for name in _STOP_TUPLES if name in form}
    windows = tuple(Window(**window) for window in form.get("windows", ()))
    planned = form.get("planned")
    members = {"windows": windows, "planned": None if planned is None else Planned(**planned)}
    return Stop(**{**form, **tuples, **members})


def depot_from_json(form: dict[str, Any]) -> Depot:
    """Build a depot from its JSON form; raises as `problem_from_json` does."""
    return Depot(**{**form, "window": _window(form.get("window"))})


def vehicle_from_json(form: dict[str, Any]) -> Vehicle:
    """Build a vehicle from its JSON form; raises as `problem_from_json` does."""
    tuples = ("capacity", "skills", "zones")
    members: dict[str, Any] = {name: tuple(form[name]) for name in tuples if name in form}
    members["shift"] = _window(form.get("shift")) or Window(0, DAY)
    members["breaks"] = tuple(
        Break(**{**rest, "window": _window(rest.get("window"))}) for rest in form.get("breaks", ())
    )
    return Vehicle(**{**form, **members})


def _window(form: dict[str, int] | None) -> Window | None:
    return None if form is None else Window(**form)
