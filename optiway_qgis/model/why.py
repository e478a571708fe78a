"""Why a stop is served otherwise than in the plan before, in words for a dispatcher.

Only what is known is told: what was edited, what went wrong, how both plans serve the stops. Where that says
nothing about a stop, neither does this. What became of a stop is compare.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Iterable, Mapping, Sequence

from .clock import clock, hours
from .compare import EARLIER, LATER, MOVED, changes_between, served_by
from .day import Day
from .disruptions import DRIVER_SICK, LATE, ROAD_CLOSED, SHIFT, WINDOW
from .edits import ADD, LOCK, MOVE, REMOVE, UPDATE
from .plan import VISIT_STOP, VISIT_TRANSFER
from .standing import lost_place

if TYPE_CHECKING:
    from .compare import Served, StopChange
    from .disruptions import Disruption
    from .edits import Edit
    from .plan import Plan, Route
    from .problem import Problem
    from .problem import Sequence as Order

_LISTED = 3
_WORTH_TELLING = 60
"""Seconds below which a vehicle counts as on time, and an arrival as the one before."""


@dataclass(frozen=True)
class Causes:
    """What is known to have happened: edits that were asked for, and what went wrong."""

    edits: tuple[Edit, ...] = ()
    disruptions: tuple[Disruption, ...] = ()


@dataclass(frozen=True)
class DayChanges:
    """What a plan makes of the plan before it: the stops that it serves otherwise, and by id why.

    Arrivals that differ by less than a minute are the same.
    `missed` are the stops that it serves earlier or later than promised, by more than is tolerated.
    """

    changes: tuple[StopChange, ...] = ()
    whys: Mapping[str, str] = field(default_factory=dict)
    missed: tuple[str, ...] = ()

    @property
    def moved(self) -> int:
        """How many stops another vehicle serves."""
        return sum(one.change == MOVED for one in self.changes)


def day_changes(
    problem: Problem,
    before: Mapping[str, Served],
    plan: Plan,
    causes: Causes = Causes(),
    rejected: Mapping[str, str] | None = None,
    day: Day = Day(),
    sequences: Iterable[Order] = (),
) -> DayChanges:
    """Return what `plan` changes, and why.

    Parameters
    ----------
    problem
        The one that the plan is for; stops of `before` may be gone from it.
    before
        How the plan before serves each stop, by id.
    rejected
        Sentences on stops that never reached the engine, by id.
    day
        How far the vehicles were.
    sequences
        The order in which the stops still to do were found, which is not that of `before` where somebody
        changed it by hand.
    """
    after = served_by(plan)
    changes = tuple(filter(_matters, changes_between({**before, **after}, before, after)))
    told = _Telling(problem, before, after, plan, causes, rejected or {}, day, sequences)
    tolerance = problem.goals.promise_tolerance
    return DayChanges(
        changes,
        {one.stop_id: told.why(one) for one in changes},
        tuple(one.stop_id for one in changes if abs(one.seconds or 0) > tolerance),
    )


def _matters(one: StopChange) -> bool:
    if one.before is None or one.after is None or abs(one.seconds or 0) >= _WORTH_TELLING:
        return True
    return (one.before.vehicle_id, one.before.place) != (one.after.vehicle_id, one.after.place)


class _Telling:
    """What is known, by stop and by vehicle."""

    def __init__(
        self,
        problem: Problem,
        before: Mapping[str, Served],
        after: Mapping[str, Served],
        plan: Plan,
        causes: Causes,
        rejected: Mapping[str, str],
        day: Day,
        sequences: Iterable[Order],
    ):
        self._found = {stop: order.vehicle_id for order in sequences for stop in order.stops}
        self._left = {one.vehicle_id for one in day.progress if one.visits}
        self._now = day.now
        self._orders = [_orders(before), _orders(after)]
        self._routes = {route.vehicle_id: route for route in plan.routes}
        self._left_out = {**rejected, **{one.stop_id: one.text for one in plan.unassigned}}
        self._partners = {stop.picked_up_at: stop.id for stop in problem.stops if stop.picked_up_at}
        self._partners.update({delivery: pickup for pickup, delivery in self._partners.items()})
        self._of_stop: dict[str, list[str]] = {}
        self._changed = {edit.stop_id for edit in causes.edits if edit.action != LOCK}
        self._removed = {edit.stop_id for edit in causes.edits if edit.action == REMOVE}
        for edit in causes.edits:
            self._of_stop.setdefault(edit.stop_id, []).extend(_of_edit(edit))
        self._of_vehicle: dict[str, Disruption] = {}
        self._late: dict[str, Disruption] = {}
        self._shifts: dict[str, Disruption] = {}
        self._closed: list[str] = []
        for one in causes.disruptions:
            if one.kind == WINDOW:
                self._changed.add(one.stop_id)
                self._of_stop.setdefault(one.stop_id, []).append(disruption_words(one))
            elif one.kind == ROAD_CLOSED:
                self._closed.append(disruption_words(one))
            else:
                {LATE: self._late, SHIFT: self._shifts}.get(one.kind, self._of_vehicle)[one.vehicle_id] = one
        told = [f"{edit.stop_id} was {_DONE_TO[edit.action]}" for edit in causes.edits]
        self._occasion = _listed([*map(disruption_words, causes.disruptions), *told])

    def why(self, one: StopChange) -> str:
        """Return the words about one stop: clauses with semicolons between."""
        own = self._of_stop.get(one.stop_id, [])
        if one.before is None:
            return "; ".join(own or ["was on no route before"])
        old = one.before.vehicle_id
        if one.after is None:
            return "; ".join([*own, *self._gone(one.stop_id, old)])
        new = one.after.vehicle_id
        clauses = [*own, *self._pair(one.stop_id)]
        clauses += (
            self._moved(one.stop_id, old, new) if old != new else self._shifted(one.stop_id, new, one.change)
        )
        if old != new and not clauses and self._found:
            clauses = self._by_hand(one.stop_id, old, new)
        return "; ".join(dict.fromkeys(clauses)) or self._by_search()

    def _gone(self, stop_id: str, old: str) -> list[str]:
        """Why a stop is on no route any more, beside what was done to it."""
        if stop_id in self._removed:
            return []
        text = self._left_out.get(stop_id)
        return [*self._out_of_work(old), f"left out: {text}" if text else "not in the plan any more"]

    def _out_of_work(self, vehicle_id: str) -> list[str]:
        """That the vehicle goes no further, if that is so."""
        found = self._of_vehicle.get(vehicle_id)
        return [] if found is None else [disruption_words(found)]

    def _pair(self, stop_id: str) -> list[str]:
        partner = self._partners.get(stop_id, "")
        if partner not in self._changed:
            return []
        return [f"goes with {partner}: {words}" for words in self._of_stop.get(partner, [])]

    def _moved(self, stop_id: str, old: str, new: str) -> list[str]:
        clauses = self._out_of_work(old)
        if clauses and self._fetches(self._routes[new], stop_id, old):
            clauses.append(f"{new} fetches its goods where {old} stands")
        return clauses

    def _by_hand(self, stop_id: str, old: str, new: str) -> list[str]:
        """That the stop was not found on its vehicle any more, if that is so."""
        found = self._found.get(stop_id)
        if found is None:
            return [f"was taken off {old}"]
        return [f"was moved to {new} by hand"] if found == new else []

    def _fetches(self, route: Route, stop_id: str, lost: str) -> bool:
        """Whether the vehicle fetches what is to be delivered at the stop where the lost one stands."""
        (stop,) = (visit for visit in route.visits if (visit.type, visit.id) == (VISIT_STOP, stop_id))
        places = {visit.sequence: visit.id for visit in route.visits if visit.type == VISIT_TRANSFER}
        return stop.fetched_at is not None and places.get(stop.fetched_at) == lost_place(lost)

    def _shifted(self, stop_id: str, vehicle: str, change: str) -> list[str]:
        """Why a stop that stays on its vehicle comes at another time or in another order."""
        old, new = (_before(order[vehicle], stop_id) for order in self._orders)
        in_old, in_new = set(old), set(new)
        came = [stop for stop in new if stop not in in_old]
        went = [stop for stop in old if stop not in in_new]
        clauses = self._behind(vehicle, change)
        if change != EARLIER:
            clauses += self._told(came, 0, vehicle, "put in before it", "before it now")
            clauses += self._fetching(stop_id, vehicle)
        if change != LATER:
            clauses += self._told(went, 1, vehicle, "taken out before it", "after it now")
        changed = [stop for stop in new if stop in self._changed and stop in in_old]
        if changed:
            clauses.append(f"{_listed(changed)} before it {'was' if len(changed) == 1 else 'were'} changed")
        if vehicle in self._shifts:
            clauses.append(disruption_words(self._shifts[vehicle]))
        if clauses or came or went:
            return clauses
        return self._closed or [self._anew(vehicle)]

    def _fetching(self, stop_id: str, vehicle: str) -> list[str]:
        """That goods of stops new to the vehicle are fetched before the stop, if that is so."""
        known = set(self._orders[0].get(vehicle, ()))
        route = [visit for visit in self._routes[vehicle].visits if visit.type == VISIT_STOP]
        fetched = [
            visit.fetched_at for visit in route if visit.id not in known and visit.fetched_at is not None
        ]
        place = next(visit.sequence for visit in route if visit.id == stop_id)
        return [f"{vehicle} fetches goods before it"] if any(at < place for at in fetched) else []

    def _told(
        self, stops: Sequence[str], plan: int, vehicle: str, of_others: str, of_its_own: str
    ) -> list[str]:
        """Words on stops that come before this one in one plan only: those that the vehicle does not serve in
        the other (`plan` 0 the one before, 1 the one after), and those that it serves there, too."""
        there = set(self._orders[plan].get(vehicle, ()))
        own = [stop for stop in stops if stop in there]
        others = [stop for stop in stops if stop not in there]
        told = []
        if others:
            told.append(f"{_listed(others)} {'was' if len(others) == 1 else 'were'} {of_others}")
        if own:
            told.append(f"{_listed(own)} {'comes' if len(own) == 1 else 'come'} {of_its_own}")
        return told

    def _behind(self, vehicle: str, change: str) -> list[str]:
        """What is known of the vehicle being behind its plan, or before it, where that is the way it goes."""
        if vehicle in self._late:
            return [disruption_words(self._late[vehicle])] if change == LATER else []
        route = self._routes[vehicle]
        if vehicle not in self._left and change == LATER and route.start == self._now:
            return [f"{vehicle} had not left at {clock(route.start)}"]
        noted = [
            (visit.id, visit.actual_departure - visit.end)
            for visit in route.visits
            if visit.actual_departure is not None
        ]
        place, seconds = noted[-1] if noted else ("", 0)
        if abs(seconds) < _WORTH_TELLING or change != (LATER if seconds > 0 else EARLIER):
            return []
        return [f"{vehicle} left {place} {_minutes(seconds)}"]

    def _anew(self, vehicle: str) -> str:
        return f"timed anew from where {vehicle} is" if vehicle in self._left else "timed anew"

    def _by_search(self) -> str:
        occasion = f" ({self._occasion})" if self._occasion else ""
        return f"re-planned{occasion}: cheaper by all rules"


def disruption_words(one: Disruption) -> str:
    """Return what went wrong, in words."""
    since = "" if one.time is None else f" from {clock(one.time)}"
    if one.kind == LATE:
        return f"{one.vehicle_id} runs {_minutes(one.seconds)}"
    if one.window is not None:
        return f"window changed to {hours(one.window)}"
    if one.kind == ROAD_CLOSED:
        return f"a road is closed{since}"
    if one.kind == SHIFT:
        ends = (("begins", one.shift_start), ("ends", one.shift_end))
        told = " and ".join(f"{word} at {clock(moment)}" for word, moment in ends if moment is not None)
        return f"the shift of {one.vehicle_id} {told}"
    if one.kind == DRIVER_SICK:
        return f"the driver of {one.vehicle_id} is sick{since}"
    return f"{one.vehicle_id} is lost{since}"


_DONE_TO = {ADD: "added", REMOVE: "removed", UPDATE: "changed", MOVE: "moved", LOCK: "locked"}


def _of_edit(edit: Edit) -> list[str]:
    """What was asked for, in words: a clause for each value of an update that people look for."""
    if edit.action == MOVE and edit.vehicle_id:
        return [f"moved to {edit.vehicle_id} by an edit"]
    windows = edit.members.get("windows")
    if edit.action != UPDATE or not windows:
        return [f"{_DONE_TO[edit.action]} by an edit"]
    return [f"window changed to {' and '.join(map(hours, windows))}"]


def _minutes(seconds: int) -> str:
    return f"{round(abs(seconds) / 60)} min {'late' if seconds > 0 else 'early'}"


def _orders(served: Mapping[str, Served]) -> dict[str, list[str]]:
    """By vehicle the stops in the order in which it serves them."""
    orders: dict[str, list[str]] = {}
    for stop_id in sorted(served, key=lambda stop: served[stop].place):
        orders.setdefault(served[stop_id].vehicle_id, []).append(stop_id)
    return orders


def _before(order: Sequence[str], stop_id: str) -> Sequence[str]:
    return order[: order.index(stop_id)]


def _listed(names: Iterable[str]) -> str:
    """The first of the names, and how many more there are."""
    names = list(dict.fromkeys(names))
    shown, rest = names[:_LISTED], len(names) - _LISTED
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
