"""What a vehicle under way has used up: work, driving, stops, room, breaks. Nothing is planned here.

Times are those that were noted, else those planned; driving is as it was planned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optiway_qgis.model.day import SKIPPED, UNDELIVERED
from optiway_qgis.model.plan import VISIT_BREAK, VISIT_END, VISIT_STOP
from optiway_qgis.model.problem import Window, counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optiway_qgis.model.day import Progress
    from optiway_qgis.model.plan import Visit
    from optiway_qgis.model.problem import Break, Stop, Vehicle

Load = tuple[int, ...]


@dataclass(frozen=True)
class Spent:
    """What went by since work began: seconds of work and of driving, metres, and stops that count."""

    work: int
    drive: int
    distance: int
    stops: int


def began(progress: Progress) -> int:
    """Return when the work of a vehicle that has left began."""
    first = progress.visits[0]
    return first.arrival if first.actual_arrival is None else first.actual_arrival


def ended(visit: Visit) -> int:
    """Return when a visit behind the vehicle was over."""
    return visit.end if visit.actual_departure is None else visit.actual_departure


def free_from(progress: Progress) -> int:
    """Return from when on a vehicle that has left can go on."""
    return ended(progress.visits[-1]) if progress.free is None else progress.free


def trip_of(progress: Progress) -> int:
    """Return the number of the trip that a vehicle that has left is on."""
    return progress.visits[-1].trip


def spent(vehicle: Vehicle, progress: Progress, stops: Mapping[str, Stop]) -> Spent:
    """Return what a vehicle that has left has used up; stops that were skipped do not count."""
    paid = {one.id: one.paid for one in vehicle.breaks}
    unpaid = sum(rested(visit) for visit in _breaks(progress) if not paid.get(visit.id, False))
    return Spent(
        work=free_from(progress) - began(progress) - unpaid,
        drive=sum(visit.drive for visit in progress.visits) + progress.way_drive,
        distance=sum(visit.distance for visit in progress.visits) + progress.way_distance,
        stops=counted(
            stops[visit.id]
            for visit in progress.visits
            if visit.type == VISIT_STOP and visit.status != SKIPPED
        ),
    )


def less(limit: int | None, used: int) -> int | None:
    """Return what is left of a limit, None of none."""
    return None if limit is None else max(0, limit - used)


def aboard(progress: Progress, stops: Mapping[str, Stop], dimensions: int) -> Load:
    """Return what a vehicle that has left carries and will not deliver: picked up on this trip and not to be
    delivered, or not delivered where it should have been.
    """
    visits = [
        visit
        for visit in progress.visits
        if visit.type == VISIT_STOP and visit.trip == trip_of(progress) and visit.id in stops
    ]
    missed = {visit.id for visit in visits if visit.status in UNDELIVERED}
    behind = {visit.id for visit in visits}
    deliveries = {stop.picked_up_at: stop.id for stop in stops.values() if stop.picked_up_at}
    load = [0] * dimensions
    for name in behind:
        stop, delivery = stops[name], deliveries.get(name)
        amounts = []
        if name in missed and not stop.picked_up_at:
            amounts.append(stop.delivery)
        if name not in missed and (delivery is None or delivery in missed):
            amounts.append(stop.pickup)
        for amount in amounts:
            for axis, units in enumerate(amount):
                load[axis] += units
    return tuple(load)


def breaks_left(vehicle: Vehicle, progress: Progress) -> tuple[tuple[Break, ...], list[str]]:
    """Return the breaks that a vehicle that has left still has to take, and notes on those it has missed."""
    free, start = free_from(progress), began(progress)
    taken = {visit.id for visit in _breaks(progress)}
    left, notes = [], []
    for one in vehicle.breaks:
        if one.window is None:
            left.append(replace(one, gone=_gone(one, progress)))
        elif one.id not in taken and start <= one.window.start:
            if free <= one.window.end:
                left.append(replace(one, window=Window(max(free, one.window.start), one.window.end)))
            elif progress.visits[-1].type != VISIT_END:
                notes.append(
                    f'Vehicle "{vehicle.id}" has not taken its break "{one.id}", whose time is over.'
                )
    return tuple(left), notes


def _breaks(progress: Progress) -> list[Visit]:
    """Return the breaks that a vehicle has taken."""
    return [
        visit for visit in progress.visits if visit.type == VISIT_BREAK and visit.status not in UNDELIVERED
    ]


def rested(visit: Visit) -> int:
    """Return the seconds of a break, 0 of one that was not taken."""
    if visit.status in UNDELIVERED:
        return 0
    if visit.actual_arrival is None or visit.actual_departure is None:
        return visit.service
    return visit.actual_departure - visit.actual_arrival


def _gone(rule: Break, progress: Progress) -> int:
    """Return the seconds of driving, or of work, since the last reset of a break rule."""
    driven, since, first_part = rule.gone, began(progress) - rule.gone, False
    taken = _breaks(progress)
    for visit in progress.visits:
        driven += visit.drive
        if visit not in taken:
            continue
        rest = rested(visit)
        if rest >= rule.duration or (first_part and rest >= rule.duration - rule.first_part):
            driven, since, first_part = 0, ended(visit), False
        else:
            first_part = first_part or 0 < rule.first_part <= rest
    return free_from(progress) - since if rule.after_drive is None else driven + progress.way_drive
