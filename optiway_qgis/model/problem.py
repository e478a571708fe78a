"""What is to be planned: stops, depots, vehicles and the day. Nothing here is computed.

Rules of meaning (what a window constrains, when setup is due, what empty means) are in
docs/model.md; both the scheduler and the checker are held to that page.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

LOAD_SCALE = 1000
"""Loads are whole thousandths of the user's unit, so that sums are exact."""

MAX_DIMENSIONS = 9
MAX_WORKERS = 64
DAY = 24 * 3600

ORDER_FREE = ""
ORDER_EARLY = "early"
ORDER_STRICT = "strict"
ORDER_RULES = (ORDER_FREE, ORDER_EARLY, ORDER_STRICT)


@dataclass(frozen=True)
class Window:
    """A closed interval of seconds from midnight of the plan date; both ends are allowed."""

    start: int
    end: int


@dataclass(frozen=True)
class Stop:
    """A place to be visited once.

    `lon`, `lat` in degrees WGS 84; `service` and `setup` in seconds; `delivery` and `pickup` one number
    per load dimension in thousandths of a unit. `windows` are sorted and do not overlap; none means any time.
    `priority` 0 to 100. `penalty` is the price of leaving the stop out, None when it is required.
    Empty `allowed_vehicles` means all vehicles. `vehicle_id`, when not empty, is the one that may serve it.
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


@dataclass(frozen=True)
class Depot:
    """Where vehicles start and end. `window` limits departures and returns; None means always open."""

    id: str
    lon: float
    lat: float
    name: str = ""
    window: Window | None = None


@dataclass(frozen=True)
class Vehicle:
    """One vehicle with its driver for the day.

    `speed_factor` is how fast it is beside its profile: 2 halves travel times. `start_depot` or `end_depot`
    None: open at that end. `capacity` one number per load dimension in
    thousandths of a unit, None in a place for unlimited. `max_work` (departure to return) and `max_drive` in
    seconds, `max_distance` in metres; None for unlimited. Costs in the user's currency.
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


@dataclass(frozen=True)
class Problem:
    """One day to be planned. Ids are unique within their tuple; `dimensions` is the number of loads.

    `plan_date` is an ISO date, `time_zone` an IANA name; the engine carries both and computes with neither.
    """

    plan_date: str
    time_zone: str
    stops: tuple[Stop, ...]
    depots: tuple[Depot, ...]
    vehicles: tuple[Vehicle, ...]
    dimensions: int = 1


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
    """The stops of one vehicle in the order of service, as asked of the scheduler."""

    vehicle_id: str
    stops: tuple[str, ...] = field(default=())


def may_serve(vehicle: Vehicle, stop: Stop) -> str:
    """Return "" when the vehicle may serve the stop by skill and vehicle rules, else the reason code."""
    if not set(stop.skills) <= set(vehicle.skills):
        return "skill"
    named = stop.vehicle_id and stop.vehicle_id != vehicle.id
    not_allowed = stop.allowed_vehicles and vehicle.id not in stop.allowed_vehicles
    if named or not_allowed or vehicle.id in stop.forbidden_vehicles:
        return "vehicle_rule"
    return ""


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
        stops=tuple(_stop(stop) for stop in form["stops"]),
        depots=tuple(Depot(**{**depot, "window": _window(depot.get("window"))}) for depot in form["depots"]),
        vehicles=tuple(_vehicle(vehicle) for vehicle in form["vehicles"]),
        dimensions=form.get("dimensions", 1),
    )


_STOP_TUPLES = ("delivery", "pickup", "skills", "allowed_vehicles", "forbidden_vehicles")


def _stop(form: dict[str, Any]) -> Stop:
    tuples = {name: tuple(form[name]) for name in _STOP_TUPLES if name in form}
    windows = tuple(Window(**window) for window in form.get("windows", ()))
    return Stop(**{**form, **tuples, "windows": windows})


def _vehicle(form: dict[str, Any]) -> Vehicle:
    members: dict[str, Any] = {name: tuple(form[name]) for name in ("capacity", "skills") if name in form}
    members["shift"] = _window(form.get("shift")) or Window(0, DAY)
    return Vehicle(**{**form, **members})


def _window(form: dict[str, int] | None) -> Window | None:
    return None if form is None else Window(**form)
