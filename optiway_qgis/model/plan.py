"""What was decided: routes with their visits and legs, the stops left out, and what is wrong with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from .fix import Fix

VISIT_START = "start"
VISIT_STOP = "stop"
VISIT_RELOAD = "reload"
VISIT_BREAK = "break"
VISIT_TRANSFER = "transfer"
VISIT_END = "end"
VISIT_TYPES = (VISIT_START, VISIT_STOP, VISIT_RELOAD, VISIT_BREAK, VISIT_TRANSFER, VISIT_END)


@dataclass(frozen=True)
class Visit:
    """One event of a route, in the order of events: `arrival`, setup, wait, `start` of service, `end`.

    Times in seconds from midnight of the plan date, durations in seconds, distances in metres, loads in
    thousandths of a unit on leaving. `id` is the stop's, the depot's or the break's. `sequence` is 0 at the
    start depot and counts all visits after it from 1, also when the route has no start depot. `service` at a
    depot is loading, at a break the rest. `trip` counts from 1; a reload belongs to the trip that it begins.
    `drive` and `distance` are of the leg that leads here. `late` is how long after its last window service
    starts. `slack` is by how much the arrival could slip without any window, shift or depot hour being missed
    that is not missed already. `violations` are reason codes. A transfer is goods fetched underway: its `id`
    is the depot where they are, `service` what that takes. `fetched_at` of a stop is the number of the
    transfer at which its goods are fetched, None where they are on board from the start of the trip.

    `status` is how the visit stands (one of `STATUSES` in day.py) and the actual times are what was
    noted of it, None where nothing was. They say what happened, all else what was planned.
    """

    type: str
    id: str
    sequence: int
    arrival: int
    setup: int
    wait: int
    start: int
    service: int
    end: int
    late: int
    slack: int
    drive: int
    distance: int
    cum_distance: int
    load: tuple[int, ...]
    violations: tuple[str, ...] = ()
    trip: int = 1
    status: str = "planned"
    actual_arrival: int | None = None
    actual_departure: int | None = None
    fetched_at: int | None = None


@dataclass(frozen=True)
class Leg:
    """The way to a visit from the one before it, breaks aside: no leg leads to a break.

    `geometry` holds (lon, lat) pairs; `source` is "road" or "estimate". `sequence` is that of the visit it
    ends at.
    """

    sequence: int
    from_id: str
    to_id: str
    seconds: int
    metres: int
    source: str
    geometry: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Route:
    """What one vehicle does. `legs` has one entry per visit after the first that is no break.

    From `start` to `end` there is `drive`, `service` at stops, `setup`, `wait`, `loading` at depots and
    `break_time`, of which `unpaid_break` is not work; `overtime` is the work that costs more. `load_peak` is
    the highest load on board per dimension, `cost_*` in the user's currency. A vehicle without stops has no
    route. `violations` are reason codes of the route as a whole and of its visits.
    """

    route_id: str
    vehicle_id: str
    visits: tuple[Visit, ...]
    legs: tuple[Leg, ...]
    start: int
    end: int
    drive: int
    service: int
    setup: int
    wait: int
    distance: int
    late: int
    load_peak: tuple[int, ...]
    cost_fixed: float
    cost_distance: float
    cost_time: float
    violations: tuple[str, ...] = ()
    loading: int = 0
    break_time: int = 0
    unpaid_break: int = 0
    overtime: int = 0

    @property
    def cost(self) -> float:
        """Fixed, distance and time cost together."""
        return self.cost_fixed + self.cost_distance + self.cost_time

    @property
    def work(self) -> int:
        """Seconds from start to end without unpaid breaks."""
        return self.end - self.start - self.unpaid_break

    @property
    def trips(self) -> int:
        """Number of trips."""
        return max(visit.trip for visit in self.visits)

    @property
    def stop_ids(self) -> tuple[str, ...]:
        """The stops in the order of service."""
        return tuple(visit.id for visit in self.visits if visit.type == VISIT_STOP)


@dataclass(frozen=True)
class Unassigned:
    """A stop that no route serves: `reason` is a code of reasons.py, `text` one sentence with figures.

    `nearest_vehicle` is the vehicle that comes closest to serving it, `added` the seconds of work that would
    add to its route and `added_cost` the money, in the user's currency. `fix` is the cheapest change found
    that would make it fit, and `change` the same in a form that can be applied. Each is empty or None when
    not known.
    """

    stop_id: str
    reason: str
    text: str
    nearest_vehicle: str = ""
    added: int | None = None
    fix: str = ""
    added_cost: float | None = None
    change: Fix | None = None


@dataclass(frozen=True)
class Violation:
    """One breach of one rule found by the checker; `amount` in seconds, metres, load or a count."""

    code: str
    vehicle_id: str
    stop_id: str
    text: str
    amount: float = 0


@dataclass(frozen=True)
class WishPrice:
    """What one wish of the problem costs in a plan: a plan found without it is cheaper by `price`, at least.

    `wish` is a name of `constraints.py`, `text` one sentence with figures for people.
    """

    wish: str
    price: float
    text: str


@dataclass(frozen=True)
class Plan:
    """The answer to a problem.

    `plan_id` is a hash of problem, travel, settings and seed. `cost` is the sum over the routes. `history`
    holds (seconds since start, cost) of each improvement; it is empty for a plan that was only scheduled.
    `engine` names engine and version, `stopped` says why the search ended. `notes` are warnings meant for the
    user. A plan made from another keeps its `plan_id`, has the next `version`, and names the other's in
    `parent_version`.
    """

    plan_id: str
    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...]
    violations: tuple[Violation, ...] = ()
    travel_source: str = "estimate"
    engine: str = ""
    seed: int = 0
    iterations: int = 0
    seconds: float = 0.0
    stopped: str = ""
    history: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = field(default=())
    wishes: tuple[WishPrice, ...] = ()
    version: int = 1
    parent_version: int | None = None

    @property
    def cost(self) -> float:
        """Cost of all routes in the user's currency."""
        return sum(route.cost for route in self.routes)

    @property
    def distance(self) -> int:
        """Metres of all routes."""
        return sum(route.distance for route in self.routes)

    @property
    def drive(self) -> int:
        """Seconds of driving of all routes."""
        return sum(route.drive for route in self.routes)


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain JSON types; the form is described in docs/model.md."""
    return asdict(plan)


def plan_from_json(form: dict[str, Any]) -> Plan:
    """Build the plan from its JSON form.

    Raises
    ------
    KeyError, TypeError
        When a required member is missing or an unknown one is present.
    """
    return Plan(
        **{
            **form,
            "routes": tuple(_route(route) for route in form["routes"]),
            "unassigned": tuple(unassigned_from_json(unassigned) for unassigned in form["unassigned"]),
            "violations": tuple(Violation(**violation) for violation in form.get("violations", ())),
            "history": tuple((when, cost) for when, cost in form.get("history", ())),
            "notes": tuple(form.get("notes", ())),
            "wishes": tuple(WishPrice(**wish) for wish in form.get("wishes", ())),
        }
    )


def unassigned_from_json(form: dict[str, Any]) -> Unassigned:
    """Build a stop left out from its JSON form; raises as `plan_from_json` does."""
    change = form.get("change")
    return Unassigned(**{**form, "change": None if change is None else Fix(**change)})


def _route(form: dict[str, Any]) -> Route:
    return Route(
        **{
            **form,
            "visits": tuple(visit_from_json(visit) for visit in form["visits"]),
            "legs": tuple(leg_from_json(leg) for leg in form["legs"]),
            "load_peak": tuple(form["load_peak"]),
            "violations": tuple(form.get("violations", ())),
        }
    )


def visit_from_json(form: dict[str, Any]) -> Visit:
    """Build a visit from its JSON form; raises as `plan_from_json` does."""
    return Visit(**{**form, "load": tuple(form["load"]), "violations": tuple(form.get("violations", ()))})


def leg_from_json(form: dict[str, Any]) -> Leg:
    """Build a leg from its JSON form; raises as `plan_from_json` does."""
    return Leg(**{**form, "geometry": tuple((lon, lat) for lon, lat in form["geometry"])})
