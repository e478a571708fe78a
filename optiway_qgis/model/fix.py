"""One change of a problem in a form that can be applied: what would let a stop be served after all.

Which changes help is found out in the engine, by trying them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from .problem import Problem, depot_from_json, stop_from_json, vehicle_from_json

STOP = "stop"
VEHICLE = "vehicle"
DEPOT = "depot"
PROBLEM = "problem"
FLEET = "fleet"

_MEMBERS = {
    STOP: ("stops", stop_from_json),
    VEHICLE: ("vehicles", vehicle_from_json),
    DEPOT: ("depots", depot_from_json),
}


@dataclass(frozen=True)
class Fix:
    """Another value, in the form it has in JSON, for one `member` of the stop, vehicle or depot `who`.

    `of` says what is changed. With "problem" it is pairs of goods in `incompatible`, and `who` is empty; with
    "fleet" there is one vehicle more: like `who`, with `value` as its id.
    """

    of: str
    who: str
    member: str
    value: Any


def apply_fix(problem: Problem, fix: Fix) -> Problem:
    """Return the problem with the change made."""
    if fix.of == FLEET:
        like = next(vehicle for vehicle in problem.vehicles if vehicle.id == fix.who)
        return replace(problem, vehicles=(*problem.vehicles, replace(like, id=fix.value, driver="")))
    if fix.of == PROBLEM:
        return replace(problem, incompatible=tuple((one, other) for one, other in fix.value))
    members, read = _MEMBERS[fix.of]
    changed: Any = tuple(
        read({**asdict(one), fix.member: fix.value}) if one.id == fix.who else one
        for one in getattr(problem, members)
    )
    return replace(problem, **{members: changed})
