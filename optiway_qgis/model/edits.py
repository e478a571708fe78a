"""Changes of a plan that somebody asks for, stop by stop, and what they make of the problem and its order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Iterable, Mapping
from typing import Sequence as Seq

from .day import GOODS_BOUND, Day
from .findings import Fault
from .plan import VISIT_STOP
from .precedence import circles, followers
from .problem import Sequence

if TYPE_CHECKING:
    from .day import Progress
    from .plan import Visit
    from .problem import Problem, Stop

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


@dataclass(frozen=True)
class Edited:
    """What edits make of a problem and the order of its stops still to do.

    `loose` are the stops whose place is to be found, `removed` those that are no stops of the problem any
    more. `faults` are what keeps the edits from being applied, with the number of the edit; then nothing is
    changed. `notes` are what follows from an edit without being asked for, with the stop it happens to.
    """

    problem: Problem
    sequences: tuple[Sequence, ...]
    loose: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    faults: tuple[tuple[int, Fault], ...] = ()
    notes: tuple[tuple[str, Fault], ...] = ()


def applied(
    problem: Problem,
    sequences: Iterable[Sequence],
    edits: Seq[Edit],
    day: Day = Day(),
    searches: bool = True,
) -> Edited:
    """Return problem and order with all edits made at once, or the faults of all of them.

    `sequences` are the stops still to do; what the vehicles of `day` have behind them cannot be edited, and
    goods that one has on board cannot go to another. Places are those in the order given, whatever else is
    edited; of several edits for one place the first comes first. With `searches` False nothing will be
    searched for: each stop that is on a route has a place.

    A stop is removed with the other one of its pair where that is still to be done. When it goes to another
    vehicle the other one goes with it. Amounts of a pair change at both. With `searches` a stop whose place
    may be another one now, as its window, service, place or load is another, is loose, unless a vehicle is on
    its way there.
    """
    sequences = tuple(sequences)
    work = _Work(problem, sequences, day, searches)
    work.take(edits)
    if not work.faults:
        work.carry_out()
    if work.faults:
        return Edited(problem, sequences, faults=tuple(work.faults))
    return Edited(
        replace(problem, stops=tuple(work.stops.values())),
        work.order(),
        tuple(work.loose),
        tuple(work.removed),
        notes=tuple(work.notes),
    )


_STAYS = frozenset({"name", "priority", "penalty", "late_cost", "vehicle_id", "keep", "keep_rank", "planned"})
"""Members that may change without another place being better for it."""

_LAST = 1 << 30
"""A place behind all others."""


@dataclass
class _Wish:
    """All that is asked for one stop; `number` is that of the first edit that asks it."""

    number: int
    actions: set[str] = field(default_factory=set)
    stop: Stop | None = None
    members: dict[str, Any] = field(default_factory=dict)
    vehicle_id: str = ""
    place: int | None = None


class _Work:
    """The problem while it is edited."""

    def __init__(
        self,
        problem: Problem,
        sequences: tuple[Sequence, ...],
        day: Day,
        searches: bool,
    ):
        self.stops = {stop.id: stop for stop in problem.stops}
        self.faults: list[tuple[int, Fault]] = []
        self.notes: list[tuple[str, Fault]] = []
        self.loose: dict[str, None] = {}
        self.removed: dict[str, None] = {}
        self._vehicles = {vehicle.id for vehicle in problem.vehicles}
        self._sequences = sequences
        self._on = {stop_id: entry.vehicle_id for entry in sequences for stop_id in entry.stops}
        self._done = {visit.id: one.vehicle_id for one in day.progress for visit in _stops_of(one)}
        self._en_route = {one.next_stop for one in day.progress}
        self._left = {one.vehicle_id for one in day.progress if one.visits}
        self._lost = {one.vehicle_id for one in day.progress if one.lost}
        self._bound = day.goods == GOODS_BOUND
        self._searches = searches
        self._wishes: dict[str, _Wish] = {}
        self._put: dict[str, tuple[str, int]] = {}
        """Stop -> vehicle, and before the stop at which place of the order given it is put there."""
        self._other = {stop.id: stop.picked_up_at for stop in problem.stops if stop.picked_up_at}
        self._other.update({pickup: delivery for delivery, pickup in list(self._other.items())})

    def take(self, edits: Seq[Edit]) -> None:
        """Gather what is asked for each stop; what cannot be is a fault."""
        for number, edit in enumerate(edits):
            fault = self._refused(edit)
            if fault is not None:
                self.faults.append((number, fault))
                continue
            wish = self._wishes.setdefault(edit.stop_id, _Wish(number))
            clash = _clash(wish, edit)
            if clash:
                text = f'"{edit.stop_id}" is edited twice: {clash}'
                self.faults.append((number, Fault("conflicting_values", text, "Keep one of the rows")))
                continue
            wish.actions.add(edit.action)
            wish.stop = edit.stop or wish.stop
            wish.members.update(edit.members)
            wish.vehicle_id = edit.vehicle_id or wish.vehicle_id
            wish.place = wish.place if edit.place is None else edit.place

    def carry_out(self) -> None:
        """Make the changes: removals first, then what stops are, then where they go."""
        for stop_id, wish in self._wishes.items():
            if REMOVE in wish.actions:
                self._remove(stop_id)
        for stop_id in self.removed:
            del self.stops[stop_id]
        moving = [
            stop_id
            for stop_id, wish in self._wishes.items()
            if stop_id not in self.removed and self._change(stop_id, wish)
        ]
        self._forget_unknown()
        self._find_circles()
        for stop_id in () if self.faults else moving:
            self._send(stop_id, self._wishes[stop_id])
        for stop_id in self.loose:
            bound = self._other_to_do(stop_id)
            if bound and not self.stops[stop_id].vehicle_id:
                self._bind(stop_id, self.stops[bound].vehicle_id)

    def order(self) -> tuple[Sequence, ...]:
        """Return the stops of each vehicle in their order; a vehicle without any has no entry."""
        given = {entry.vehicle_id: entry for entry in self._sequences}
        put: dict[str, list[tuple[int, str]]] = {name: [] for name in given}
        for stop_id, (vehicle_id, place) in self._put.items():
            put.setdefault(vehicle_id, []).append((place, stop_id))
        orders = (self._order_of(given.get(name, Sequence(name)), entries) for name, entries in put.items())
        return tuple(entry for entry in orders if entry.stops)

    def _order_of(self, given: Sequence, put: list[tuple[int, str]]) -> Sequence:
        waiting = sorted(put, key=lambda entry: entry[0])
        stops: list[str] = []
        counts: list[int] = []
        for at, stop_id in enumerate((*given.stops, "")):
            counts.append(len(stops))
            while waiting and (waiting[0][0] <= at or not stop_id):
                stops.append(waiting.pop(0)[1])
            if stop_id and not any(stop_id in gone for gone in (self.removed, self.loose, self._put)):
                stops.append(stop_id)
        if given.reloads is None:
            return Sequence(given.vehicle_id, tuple(stops))
        least = 0 if given.vehicle_id in self._left else 1
        reloads = {counts[count] for count in given.reloads}
        return Sequence(
            given.vehicle_id, tuple(stops), tuple(sorted(at for at in reloads if least <= at < len(stops)))
        )

    def _refused(self, edit: Edit) -> Fault | None:
        """What is wrong with an edit by itself."""
        name, known = edit.stop_id, edit.stop_id in self.stops
        if edit.action == ADD and known:
            text = f'"{name}" is a stop of the plan already'
            return Fault("doubled_id", text, "Give the new stop another id, or write update", "stop_id")
        if edit.action != ADD and not known:
            return Fault("unknown_stop", f'"{name}" is no stop of the plan', "Correct the id", "stop_id")
        if name in self._done:
            text = f'"{name}" is done, and what is done does not change'
            return Fault("already_done", text, "Take the row out, or correct the status", "stop_id")
        if edit.vehicle_id and edit.vehicle_id not in self._vehicles:
            text = f'vehicle_id "{edit.vehicle_id}" is no vehicle of the day'
            return Fault("unknown_vehicle", text, "Correct it or add the vehicle", "vehicle_id")
        if edit.vehicle_id in self._lost:
            text = f"{edit.vehicle_id} goes no further"
            return Fault("unknown_vehicle", text, "Give the stop to another vehicle", "vehicle_id")
        holder = self._holder(name)
        if edit.vehicle_id and holder and edit.vehicle_id != holder:
            text = f'What is to be delivered at "{name}" is on {holder}'
            return Fault("conflicting_values", text, "Leave it there, or set GOODS to free", "vehicle_id")
        needs_one = edit.action in (ADD, MOVE) and not self._searches
        if edit.place is not None:
            needs_one = name not in self._on
        if needs_one and not edit.vehicle_id:
            text = "vehicle_id is empty, and nothing else says where the stop goes"
            return Fault("missing_value", text, "Fill it, or have its place searched for", "vehicle_id")
        return None

    def _remove(self, stop_id: str) -> None:
        self.removed[stop_id] = None
        other = self._other.get(stop_id, "")
        asked = self._wishes.get(other, _Wish(0)).actions
        if other not in self.stops or other in self.removed or REMOVE in asked:
            return
        if other in self._done:
            text = f"{other}, the other stop of its pair, is done: what was picked up stays on board"
            self.notes.append((stop_id, Fault("broken_pair", text)))
            return
        self.removed[other] = None
        self.notes.append(
            (other, Fault("broken_pair", f"Removed with {stop_id}, the other stop of its pair"))
        )
        if asked:
            text = f'"{other}" is removed with "{stop_id}", the other stop of its pair'
            fault = Fault("conflicting_values", text, "Keep one of the rows", "action")
            self.faults.append((self._wishes[other].number, fault))

    def _change(self, stop_id: str, wish: _Wish) -> bool:
        """Give the stop its new members; whether its place is another one now, or to be found."""
        if wish.stop is not None:
            self.stops[stop_id] = replace(wish.stop, **wish.members)
            if wish.stop.picked_up_at:
                self._other.update({stop_id: wish.stop.picked_up_at, wish.stop.picked_up_at: stop_id})
            return True
        stop = self.stops[stop_id]
        changed = {name for name, value in wish.members.items() if getattr(stop, name) != value}
        self.stops[stop_id] = replace(stop, **wish.members)
        self._change_amounts(stop_id, wish)
        if MOVE in wish.actions or wish.place is not None:
            return True
        if wish.vehicle_id and wish.vehicle_id != self._vehicle_of(stop_id):
            return True
        return self._searches and bool(changed - _STAYS) and stop_id not in self._en_route

    def _change_amounts(self, stop_id: str, wish: _Wish) -> None:
        """Give the other stop of a pair the amounts of this one."""
        other, stop = self.stops.get(self._other.get(stop_id, "")), self.stops[stop_id]
        own, others = ("delivery", "pickup") if stop.picked_up_at else ("pickup", "delivery")
        if other is None or own not in wish.members:
            return
        asked = self._wishes.get(other.id, _Wish(0)).members
        if getattr(stop, own) == asked.get(others, getattr(other, others)):
            return
        if other.id in self._done or others in asked:
            text = f"{own} is not the {others} of {other.id}, the other stop of the pair"
            remedy = (
                "What is done does not change" if other.id in self._done else "Give both the same amounts"
            )
            self.faults.append((wish.number, Fault("broken_pair", text, remedy, own)))
            return
        self.stops[other.id] = replace(other, **{others: getattr(stop, own)})
        text = f"Has the amounts of {stop_id}, the other stop of its pair"
        self.notes.append((other.id, Fault("broken_pair", text)))

    def _forget_unknown(self) -> None:
        """Take out what stops say of others that are not there; what an edit says of them is told."""
        for stop in list(self.stops.values()):
            unknown = [name for name in stop.before if name not in self.stops]
            picked_up_at = stop.picked_up_at if stop.picked_up_at in self.stops else ""
            if not unknown and picked_up_at == stop.picked_up_at:
                continue
            before = tuple(name for name in stop.before if name in self.stops)
            self.stops[stop.id] = replace(stop, before=before, picked_up_at=picked_up_at)
            for name in unknown if stop.id in self._wishes else ():
                text = f'No stop of the plan is called "{name}"'
                self.notes.append((stop.id, Fault("unknown_stop", text, field="before_stop")))

    def _find_circles(self) -> None:
        for circle in circles(followers(self.stops.values())):
            told = " before ".join((*circle, circle[0]))
            wish = next((self._wishes[name] for name in circle if name in self._wishes), None)
            if wish is not None:
                fault = Fault("circle", f"before_stop: {told}", "Take one of these orders out", "before_stop")
                self.faults.append((wish.number, fault))

    def _send(self, stop_id: str, wish: _Wish) -> None:
        """Put the stop where it is asked for, with the other one of its pair where that has to follow."""
        on = self._vehicle_of(stop_id)
        place = wish.place
        if place is None and not self._searches:
            if wish.vehicle_id == on:
                return
            place = _LAST
        vehicle_id = wish.vehicle_id or ("" if place is None else on)
        if vehicle_id:
            self._bind(stop_id, vehicle_id)
        other = self._other_to_do(stop_id)
        follows = bool(other) and not self._goes_by_itself(other) and other not in self.loose
        if place is None:
            if stop_id not in self._put:
                self.loose[stop_id] = None
                if follows:
                    self.loose[other] = None
                    text = f"Its place is found anew with {stop_id}, the other stop of its pair"
                    self.notes.append((other, Fault("broken_pair", text)))
            return
        together = [stop_id]
        if follows and self._vehicle_of(other) != vehicle_id:
            together.insert(0 if self.stops[stop_id].picked_up_at else 1, other)
            self._bind(other, vehicle_id)
            text = f"Goes to {vehicle_id} with {stop_id}, the other stop of its pair"
            self.notes.append((other, Fault("broken_pair", text)))
        for name in together:
            self._put[name] = vehicle_id, place

    def _holder(self, stop_id: str) -> str:
        """The vehicle that has the goods of the stop on board, or ""."""
        stop = self.stops.get(stop_id)
        if stop is None:
            return ""
        planned, picked_up_by = stop.planned, self._done.get(stop.picked_up_at, "")
        if picked_up_by in self._lost:
            # It waits there for any, unless the one that was to fetch it has done so.
            fetched = planned is not None and not planned.goods_at
            going = self._left - self._lost
            return planned.vehicle_id if planned and fetched and planned.vehicle_id in going else ""
        if picked_up_by:
            return picked_up_by
        if not self._bound or not any(stop.delivery) or stop.picked_up_at or planned is None:
            return ""
        entry = next((one for one in self._sequences if stop_id in one.stops), None)
        if entry is None or entry.vehicle_id not in self._left - self._lost or planned.goods_at:
            return ""
        trip = entry.stops[: entry.reloads[0]] if entry.reloads else entry.stops
        return entry.vehicle_id if stop_id in trip and planned.vehicle_id == entry.vehicle_id else ""

    def _vehicle_of(self, stop_id: str) -> str:
        return self._on.get(stop_id, "")

    def _bind(self, stop_id: str, vehicle_id: str) -> None:
        self.stops[stop_id] = replace(self.stops[stop_id], vehicle_id=vehicle_id)

    def _other_to_do(self, stop_id: str) -> str:
        """The other stop of a pair, where it is still to be done; else ""."""
        other = self._other.get(stop_id, "")
        return other if other in self.stops and other not in self._done else ""

    def _goes_by_itself(self, stop_id: str) -> bool:
        """Whether an edit says where the stop goes."""
        wish = self._wishes.get(stop_id)
        return wish is not None and (
            bool(wish.actions & {ADD, MOVE}) or bool(wish.vehicle_id) or wish.place is not None
        )


def _stops_of(progress: Progress) -> list[Visit]:
    return [visit for visit in progress.visits if visit.type == VISIT_STOP]


def _clash(wish: _Wish, edit: Edit) -> str:
    """What an edit says otherwise than those before it of the same stop; "" where they go together."""
    both = {*wish.actions, edit.action}
    if wish.actions and both & {ADD, REMOVE} and both != {REMOVE}:
        return f"{' and '.join(sorted(both))} do not go together" if len(both) > 1 else "it is added twice"
    for name, value in edit.members.items():
        if name in wish.members and wish.members[name] != value:
            return f"{name} has two values"
    for name in ("vehicle_id", "place"):
        one, other = getattr(wish, name), getattr(edit, name)
        if one not in ("", None) and other not in ("", None) and one != other:
            return f"it goes to {one} and to {other}" if name == "vehicle_id" else "it goes to two places"
    return ""
