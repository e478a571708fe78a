"""Changes of a plan that somebody asks for, stop by stop, and what they make of the problem and its order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping

if TYPE_CHECKING:
    from .problem import Stop

ADD = "add"
REMOVE = "remove"
UPDATE = "update"
MOVE = "move"
LOCK = "lock"
ACTIONS = (ADD, REMOVE, UPDATE, MOVE, LOCK)


@dataclass(frozen=True)
class Edit:
    """One change asked for.

    `stop` is the one to be added; `members` are the new values of members of a stop, by name (update, lock).
    `vehicle_id` is whose route it goes to, "" any. `place` is its place among the stops still to do of that
    route, from 0; None where it costs least (or last, where nothing is searched for).
    """

    action: str
    stop_id: str
    stop: Stop | None = None
    members: Mapping[str, Any] = field(default_factory=dict)
    vehicle_id: str = ""
    place: int | None = None
