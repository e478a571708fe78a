"""How far a vehicle is on its planned route at one moment: what is behind it, where it is, when it goes on.

Nothing is planned or judged, and no layer is read. The rules are in docs/model.md, "A day under way".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Mapping, Sequence, Tuple

from .day import ARRIVED, CANCELLED, DONE, EN_ROUTE, FAILED, PLANNED, RELEASED, SKIPPED, Progress
from .plan import VISIT_BREAK, VISIT_START, VISIT_STOP, Leg, Visit
from .problem import DAY

if TYPE_CHECKING:
    from .plan import Plan
    from .problem import Problem

Place = Tuple[float, float]
"""Longitude and latitude in degrees WGS 84."""

BEHIND = frozenset({ARRIVED, DONE, FAILED, SKIPPED})
_SAYS_NOTHING = frozenset({PLANNED, RELEASED, CANCELLED})


@dataclass(frozen=True)
class Position:
    """Where a vehicle was seen, and when, in seconds from midnight of the plan date."""

    lon: float
    lat: float
    time: int


@dataclass(frozen=True)
class Course:
    """The route of one vehicle as it was planned, in its order: visits, the place of each (of a break that of
    the visit before it), and the legs, of which any may be missing."""

    vehicle_id: str
    visits: tuple[Visit, ...]
    places: tuple[Place, ...]
    legs: tuple[Leg, ...] = ()


def tells(visit: Visit) -> bool:
    """Whether the visit says by status or actual times that its day has begun; cancelling it does not."""
    return visit.status not in _SAYS_NOTHING or (visit.actual_arrival, visit.actual_departure) != (None, None)


def lost_place(vehicle_id: str) -> str:
    """The id of the depot that stands for the place where a lost vehicle is."""
    return f"{vehicle_id} stands here"


def courses(problem: Problem, plan: Plan) -> tuple[Course, ...]:
    """The routes of a plan."""
    stops = {stop.id: (stop.lon, stop.lat) for stop in problem.stops}
    depots = {depot.id: (depot.lon, depot.lat) for depot in problem.depots}
    found = []
    for route in plan.routes:
        places: list[Place] = []
        for visit in route.visits:
            if visit.type == VISIT_BREAK:
                places.append(places[-1])
            else:
                places.append((stops if visit.type == VISIT_STOP else depots)[visit.id])
        found.append(Course(route.vehicle_id, route.visits, tuple(places), route.legs))
    return tuple(found)


def progress_of(
    problem: Problem,
    plan: Plan,
    now: int | None,
    by_status: bool = False,
    late: Mapping[str, int] | None = None,
    lost: Mapping[str, int] | None = None,
) -> tuple[Progress, ...]:
    """How far each vehicle of a plan is at `now`: those that have left, are late or are lost."""
    late, lost = late or {}, lost or {}
    found = (
        standing(one, now, by_status, late.get(one.vehicle_id, 0), lost.get(one.vehicle_id))
        for one in courses(problem, plan)
    )
    return tuple(one for one in found if one is not None)


def standing(
    course: Course,
    now: int | None,
    by_status: bool = False,
    late: int = 0,
    lost: int | None = None,
    position: Position | None = None,
) -> Progress | None:
    """How far the vehicle is at `now`, None where it has not left and is neither late nor lost.

    What is done is what the visits say (`by_status`), else what is planned to be over at `now` less `late`
    seconds. A vehicle that is `lost` stands where it is at that moment. Visits that are done come before
    those still to do, whatever the order of the course. Without `now` it goes on from its last visit.
    """
    clock = now if lost is None else lost
    marked = _by_status(course) if by_status else _by_time(course, clock, late, lost is not None)
    if by_status and lost is not None and now is not None and lost > now:
        marked |= _by_time(course, lost, late, True)
    if not marked:
        return _not_left(course, late, lost)
    behind = _behind(course, marked)
    free = course.visits[behind[-1]].end + late
    if by_status:
        free = _left_at(course.visits[behind[-1]], clock)
        free = free if clock is None else _rested(course, behind, free, clock)
    last = behind[-1]
    lon, lat = course.places[last]
    on_leg: dict[str, Any] = {}
    en_route = [
        at
        for at, one in enumerate(course.visits)
        if by_status and one.status == EN_ROUTE and at not in behind
    ]
    if clock is not None and free <= clock:
        leg, is_planned = _leg_out(course, behind, en_route)
        if leg is not None:
            elapsed = max(0, clock - free - (late if by_status else 0))
            if is_planned:
                elapsed = min(elapsed, _driving(course, last, leg, clock))
            seen = position if position is not None and position.time >= free else None
            on_leg = _driven(leg, elapsed, is_planned) if seen is None else _seen(leg, seen, free)
            if on_leg.get("reached") is not None:
                on_leg["reached"] += clock - elapsed
            lon, lat = on_leg["way"][-1]
        free = clock
    return Progress(
        course.vehicle_id,
        visits=tuple(course.visits[at] for at in behind),
        legs=_legs_between(course, behind),
        lon=lon,
        lat=lat,
        free=free,
        next_stop=course.visits[en_route[0]].id if en_route and lost is None else "",
        lost=lost is not None,
        stands_at="" if lost is None else lost_place(course.vehicle_id),
        **on_leg,
    )


def _by_status(course: Course) -> set[int]:
    marked = {
        at
        for at, one in enumerate(course.visits)
        if one.type != VISIT_START
        and one.status != CANCELLED
        and (one.status in BEHIND or (one.actual_arrival, one.actual_departure) != (None, None))
    }
    begun = marked or any(one.status == EN_ROUTE for one in course.visits)
    if course.visits and course.visits[0].type == VISIT_START:
        start = course.visits[0]
        if begun or start.actual_departure is not None or start.status == DONE:
            marked.add(0)
    return marked


def _by_time(course: Course, clock: int | None, late: int, over: bool) -> set[int]:
    """The visits that are over at that moment; unless only these count (`over`) also one in service."""
    if clock is None:
        return set()
    moment = clock - late
    return {
        at
        for at, one in enumerate(course.visits)
        if one.status != CANCELLED and (one.end <= moment or (not over and _in_service(one, moment)))
    }


def _in_service(visit: Visit, moment: int) -> bool:
    begins = visit.start if visit.wait else visit.arrival
    return visit.type != VISIT_START and begins <= moment < visit.end


def _behind(course: Course, marked: set[int]) -> list[int]:
    """Those marked, in order, with what is no stop before the last of them: breaks and depots passed."""
    return [at for at, one in enumerate(course.visits[: max(marked) + 1]) if at in marked or _passes(one)]


def _passes(visit: Visit) -> bool:
    return visit.type != VISIT_STOP


def _not_left(course: Course, late: int, lost: int | None) -> Progress | None:
    if not course.visits or (not late and lost is None):
        return None
    lon, lat = course.places[0]
    first = course.visits[0]
    if lost is None:
        return Progress(course.vehicle_id, lon=lon, lat=lat, free=first.arrival + late)
    depot = first.id if first.type == VISIT_START else ""
    return Progress(course.vehicle_id, lon=lon, lat=lat, free=lost, lost=True, stands_at=depot)


def _left_at(visit: Visit, clock: int | None) -> int:
    """When the vehicle left the last visit behind it, or will: one that is done has been left by now, and one
    arrived at is not left before."""
    if visit.actual_departure is not None:
        return visit.actual_departure
    leaves = visit.end
    if visit.actual_arrival is not None:
        begins = visit.actual_arrival + visit.setup
        leaves = (max(begins, visit.start) if visit.wait else begins) + visit.service
    if clock is None:
        return leaves
    return min(leaves, clock) if visit.status in BEHIND - {ARRIVED} or _starts(visit) else max(leaves, clock)


def _starts(visit: Visit) -> bool:
    return visit.type == VISIT_START


def _rested(course: Course, behind: list[int], free: int, clock: int) -> int:
    """Add the breaks right after the last visit that have begun by now; return when the vehicle goes on."""
    later = free - course.visits[behind[-1]].end
    for at in range(behind[-1] + 1, len(course.visits)):
        rest = course.visits[at]
        if rest.type != VISIT_BREAK or rest.start + later > clock:
            break
        behind.append(at)
        free = rest.end + later
    return free


def _leg_out(course: Course, behind: Sequence[int], en_route: Sequence[int]) -> tuple[Leg | None, bool]:
    """The leg from the last visit: to where the driver says he is going, else where the plan went on to, also
    when that is cancelled or another's by now, else to what comes next; and whether the plan had it so."""
    last = behind[-1]
    start = _place_visit(course, last)
    made = {course.visits[at].id for at in behind if course.visits[at].type == VISIT_STOP}
    for leg in () if en_route else course.legs:
        goes_on = leg.from_id == start.id and leg.sequence > start.sequence and leg.to_id not in made
        if goes_on and len(leg.geometry) > 1:
            return leg, True
    known = set(behind)
    after = [at for at, one in enumerate(course.visits) if at not in known and one.type != VISIT_BREAK]
    heading = next(iter([*en_route, *(at for at in after if at > last), *after]), None)
    if heading is None:
        return None, False
    leg = _leg(course, last, heading)
    if len(leg.geometry) < 2:
        leg = replace(leg, geometry=(course.places[last], course.places[heading]))
    return leg, _is_planned(course, last, heading)


def _seen(leg: Leg, position: Position, left: int) -> dict[str, Any]:
    """The members of Progress about the way driven since `left`, by where the vehicle was seen."""
    place = position.lon, position.lat
    share = _share_nearest(leg.geometry, place)
    return {
        "way": (*_part(leg.geometry, share), place),
        "way_drive": position.time - left,
        "way_distance": round(leg.metres * share),
    }


def _driving(course: Course, last: int, leg: Leg, clock: int) -> int:
    """The seconds of driving on a leg by that moment: where the plan stands still on the way, as
    one does that was made anew in the middle of the leg, it is the last of them that are still to come."""
    ahead = [one for one in course.visits if (one.sequence, one.id) == (leg.sequence, leg.to_id)]
    stood = ahead[0].arrival - course.visits[last].end - leg.seconds if ahead else 0
    return max(0, leg.seconds - (ahead[0].arrival - clock)) if 0 < stood < DAY else DAY


def _driven(leg: Leg, elapsed: int, is_planned: bool) -> dict[str, Any]:
    """The members of Progress about the way driven on the leg and what is left of it; `reached` in seconds
    since it left."""
    start, end = leg.geometry[0], leg.geometry[-1]
    if not leg.seconds and start != end:  # not known how long it takes
        return {"way": (start, start)}
    drive = min(elapsed, leg.seconds)
    share = drive / leg.seconds if leg.seconds else 1.0
    distance = round(leg.metres * share)
    driven = {"way": _part(leg.geometry, share), "way_drive": drive, "way_distance": distance}
    if not is_planned:
        return driven
    return {
        **driven,
        "heading": leg.to_id,
        "heading_drive": leg.seconds - drive,
        "heading_distance": leg.metres - distance,
        "reached": leg.seconds if drive == leg.seconds else None,
    }


def _is_planned(course: Course, before: int, at: int) -> bool:
    """Whether the plan went from the one visit to the other, so that its figures are of that way."""
    start, visit = _place_visit(course, before), course.visits[at]
    if course.legs:
        return any((leg.from_id, leg.to_id) == (start.id, visit.id) for leg in course.legs)
    between = course.visits[course.visits.index(start) + 1 : at]
    passed = visit.sequence - start.sequence - 1
    return passed == len(between) and all(one.type == VISIT_BREAK for one in between)


def _place_visit(course: Course, at: int) -> Visit:
    """The visit whose place it is: of a break the visit before."""
    while at and course.visits[at].type == VISIT_BREAK:
        at -= 1
    return course.visits[at]


def _leg(course: Course, before: int, at: int) -> Leg:
    """The leg between two visits; a straight one with the figures of the visit where there is none."""
    start, visit = _place_visit(course, before), course.visits[at]
    line = (course.places[before], course.places[at])
    found = [leg for leg in course.legs if (leg.from_id, leg.to_id) == (start.id, visit.id)]
    found.sort(key=lambda leg: leg.sequence != visit.sequence)
    straight = Leg(visit.sequence, start.id, visit.id, visit.drive, visit.distance, "estimate", line)
    return found[0] if found else straight


def _legs_between(course: Course, behind: Sequence[int]) -> tuple[Leg, ...]:
    return tuple(
        _leg(course, before, at)
        for before, at in zip(behind, behind[1:])
        if course.visits[at].type != VISIT_BREAK
    )


def _lengths(line: Sequence[Place]) -> list[float]:
    """The lengths of the segments on a plane that is true at the line's first point; only shares count."""
    stretch = math.cos(math.radians(line[0][1]))
    return [
        math.hypot((lon - other[0]) * stretch, lat - other[1]) for other, (lon, lat) in zip(line, line[1:])
    ]


def _part(line: Sequence[Place], share: float) -> tuple[Place, ...]:
    """The line from its start to that share of its length, with two points at least."""
    lengths = _lengths(line)
    left = share * sum(lengths)
    for number, length in enumerate(lengths, 1):
        if length >= left:
            (lon, lat), (end_lon, end_lat) = line[number - 1], line[number]
            part = left / length if length else 1.0
            end = (
                (end_lon, end_lat)
                if part == 1
                else (lon + part * (end_lon - lon), lat + part * (end_lat - lat))
            )
            return (*line[:number], end)
        left -= length
    return tuple(line)


def _share_nearest(line: Sequence[Place], point: Place) -> float:
    """The share of the line's length at which it is nearest to the point."""
    stretch = math.cos(math.radians(line[0][1]))
    lengths = _lengths(line)
    nearest, share, gone = math.inf, 0.0, 0.0
    for (lon, lat), (end_lon, end_lat), length in zip(line, line[1:], lengths):
        along = ((end_lon - lon) * stretch, end_lat - lat)
        to_point = ((point[0] - lon) * stretch, point[1] - lat)
        part = 0.0
        if length:
            part = (along[0] * to_point[0] + along[1] * to_point[1]) / length**2
            part = min(1.0, max(0.0, part))
        away = math.hypot(to_point[0] - part * along[0], to_point[1] - part * along[1])
        if away < nearest:
            nearest, share = away, gone + part * length
        gone += length
    return share / gone if gone else 1.0
