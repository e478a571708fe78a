"""A day under way: how far each vehicle is, and what is asked of the rest of the day. Nothing is computed.

What these words mean is in docs/model.md, "A day under way". How a stop stands is its status; the engine
knows only what is done and what is still to do.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .plan import Leg, Visit, leg_from_json, visit_from_json

PLANNED = "planned"
RELEASED = "released"
EN_ROUTE = "en_route"
ARRIVED = "arrived"
DONE = "done"
FAILED = "failed"
SKIPPED = "skipped"
CANCELLED = "cancelled"
STATUSES = (PLANNED, RELEASED, EN_ROUTE, ARRIVED, DONE, FAILED, SKIPPED, CANCELLED)

TO_DO = frozenset({PLANNED, RELEASED, EN_ROUTE})
"""Visits still to be made; of the others those that are not cancelled are behind the vehicle."""

UNDELIVERED = frozenset({FAILED, SKIPPED})
"""What was to be delivered there is still on board."""

GOODS_BOUND = "bound"
GOODS_FREE = "free"
GOODS = (GOODS_BOUND, GOODS_FREE)

SCOPE_TIMES = "times"
SCOPE_INSERT = "insert"
SCOPE_SEQUENCE = "sequence"
SCOPE_ROUTES = "routes"
SCOPE_FREE = "free"
SCOPES = (SCOPE_TIMES, SCOPE_INSERT, SCOPE_SEQUENCE, SCOPE_ROUTES, SCOPE_FREE)


@dataclass(frozen=True)
class Progress:
    """How far one vehicle is.

    One that has not left yet has no visits, and its `free` is None unless it is late.

    `visits` are those behind it, in order, as they were planned and with their actual times; `legs` the ways
    between them. It is at `lon`, `lat`, and from `free` on (seconds from midnight of the plan date) it can go
    on. `way` is what it has driven since the last visit, `way_drive` seconds and `way_distance` metres of it.
    `heading`, when not empty, is the id of the visit that its leg leads to, as planned in `heading_drive`
    more seconds and `heading_distance` more metres; it need not go there. `reached` is when it came there,
    where it stands and waits there already. `next_stop`, when not empty, is where it is going and has to go
    first. One that is `lost` goes no further; `stands_at` is the depot of the problem that stands for the
    place where it is.
    """

    vehicle_id: str
    visits: tuple[Visit, ...] = ()
    legs: tuple[Leg, ...] = ()
    lon: float = 0.0
    lat: float = 0.0
    free: int | None = None
    way: tuple[tuple[float, float], ...] = ()
    way_drive: int = 0
    way_distance: int = 0
    heading: str = ""
    heading_drive: int = 0
    heading_distance: int = 0
    reached: int | None = None
    next_stop: str = ""
    lost: bool = False
    stands_at: str = ""


@dataclass(frozen=True)
class Day:
    """A day at one moment: `now` in seconds from midnight of the plan date, None before it has begun.

    `progress` has one entry for each vehicle that has left, is late or is lost. `goods`: whether what is
    to be delivered is bound to where it is, or any vehicle has it. Fetching goods at a depot, or from a
    vehicle that is lost, takes `fetch` seconds for each stop; to meet a vehicle that is lost takes `meet`
    seconds each time.
    """

    now: int | None = None
    progress: tuple[Progress, ...] = ()
    goods: str = GOODS_BOUND
    fetch: int = 120
    meet: int = 600


@dataclass(frozen=True)
class Ask:
    """What may change in the rest of the day.

    `scope` is one of SCOPES. `loose` are the stops of the problem that are to be put in where they cost least
    (scope insert), each on the vehicle its `vehicle_id` names or on any. `serve_late`: a stop that the plan
    before serves is rather served late than left out. `plan_id` and `version` are those of the plan before.
    """

    scope: str = SCOPE_FREE
    loose: tuple[str, ...] = ()
    serve_late: bool = True
    plan_id: str = ""
    version: int = 0


def day_to_json(day: Day) -> dict[str, Any]:
    """Return the day as plain JSON types; the members are those of the dataclasses."""
    return asdict(day)


def day_from_json(form: dict[str, Any]) -> Day:
    """Build the day from its JSON form.

    Raises
    ------
    KeyError, TypeError
        When a required member is missing or an unknown one is present.
    """
    return Day(**{**form, "progress": tuple(_progress(one) for one in form.get("progress", ()))})


def _progress(form: dict[str, Any]) -> Progress:
    return Progress(
        **{
            **form,
            "visits": tuple(visit_from_json(visit) for visit in form.get("visits", ())),
            "legs": tuple(leg_from_json(leg) for leg in form.get("legs", ())),
            "way": tuple((lon, lat) for lon, lat in form.get("way", ())),
        }
    )
