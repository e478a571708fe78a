"""What stops say of each other: pairs of pickup and delivery, and which come after which.

One row says half of it; only when all rows are read is it known what holds. Who may come first on a route is
the engine's matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Iterable, Sequence

from ..model import reasons
from ..model.findings import Fault
from ..model.precedence import circles, followers
from ..model.problem import KEEP_FREE
from ..model.refusals import thousandths
from . import fields

if TYPE_CHECKING:
    from ..model.problem import Stop
    from .row import Row

_GIVE_BOTH = (
    "Give a pair one stop of kind pickup and one of kind delivery, with equal amounts or one of them empty"
)


@dataclass(frozen=True)
class Refusal:
    """Why a stop that could be read cannot be planned: a reason of `REJECTED_REASONS`, and what is wrong."""

    reason: str
    fault: Fault


@dataclass(frozen=True)
class _Half:
    """A row with a pair_id: its kind, "" where it says none, and why it is no stop, "" where it is one."""

    row: Row
    kind: str
    reason: str


class Relations:
    """Collects what rows say of other stops, then settles what holds.

    With `keeps_order` a stop whose partner is not planned stays, unpaired and with a warning.
    """

    def __init__(self, keeps_order: bool):
        self._keeps_order = keeps_order
        self._rows: dict[str, Row] = {}
        self._pairs: dict[str, list[_Half]] = {}

    def add(self, row: Row, kind: str, reason: str) -> bool:
        """Take note of a row that is a stop, or, for that reason, none; return whether it names others."""
        pair_id = row.text("pair_id")
        if pair_id:
            self._pairs.setdefault(pair_id, []).append(_Half(row, kind, reason))
        if pair_id or row.value("before_stop") is not None:
            self._rows.setdefault(row.label, row)
            return True
        return False

    def settle(self, stops: Sequence[Stop]) -> tuple[list[Stop], dict[str, Refusal]]:
        """Return the stops with their pairs, and by id those that are refused and not among them."""
        if not self._rows:
            return list(stops), {}
        known = {stop.id: stop for stop in stops}
        refused: dict[str, Refusal] = {}
        for pair_id, halves in self._pairs.items():
            self._join(pair_id, halves, known, refused)
        for circle in circles(followers(known.values())):
            told = " before ".join((*circle, circle[0]))
            for name in circle:
                row = self._rows[name]
                column = row.shown("before_stop" if row.value("before_stop") is not None else "pair_id")
                fault = Fault("circle", f"{column}: {told}", "Take one of these orders out", column)
                refused.setdefault(name, Refusal(reasons.INVALID_INPUT, fault))
        for pair_id, halves in self._pairs.items():
            labels = [half.row.label for half in halves]
            for half in halves:
                if half.row.label not in refused and any(label in refused for label in labels):
                    refused[half.row.label] = _without_other(half, pair_id, reasons.INVALID_INPUT)
        left = [stop for stop in known.values() if stop.id not in refused]
        names = {stop.id for stop in left}
        return [self._with_known(stop, names) for stop in left], {
            name: refusal for name, refusal in refused.items() if name in known
        }

    def _join(
        self, pair_id: str, halves: Sequence[_Half], known: dict[str, Stop], refused: dict[str, Refusal]
    ) -> None:
        """Make a pair of the stops with this pair_id, or refuse them."""
        planned = [half for half in halves if not half.reason]
        if len(halves) == 2 and len(planned) == 1:
            (half,) = planned
            (other,) = (one for one in halves if one.reason)
            if self._keeps_order:
                self._warn_of_lone(half)
            else:
                refused[half.row.label] = _without_other(half, pair_id, other.reason)
            return
        if len(halves) == 1 and planned and self._keeps_order:
            self._warn_of_lone(planned[0])
            return
        text, joined = _pair(halves, known) if len(planned) == 2 == len(halves) else (_count(halves), ())
        for stop in joined:
            known[stop.id] = stop
        for half in planned if text else ():
            column = half.row.shown("pair_id")
            fault = Fault("broken_pair", f'{column} "{pair_id}" {text}', _GIVE_BOTH, column)
            refused[half.row.label] = Refusal(reasons.INVALID_INPUT, fault)

    def _warn_of_lone(self, half: _Half) -> None:
        column = half.row.shown("pair_id")
        text = "The other stop of a pair is on no route: served as if it were alone"
        half.row.warn(Fault("broken_pair", text, field=column))

    def _with_known(self, stop: Stop, names: set[str]) -> Stop:
        """The stop without the names in `before` that no stop has; they are warned of."""
        unknown = [name for name in stop.before if name not in names]
        for name in unknown:
            row = self._rows[stop.id]
            text = f'No stop that can be planned is called "{name}"'
            row.warn(Fault("unknown_stop", text, field=row.shown("before_stop")))
        return replace(stop, before=tuple(name for name in stop.before if name in names)) if unknown else stop


def without_lost(stops: Iterable[Stop]) -> list[Stop]:
    """The stops of several layers without what they say of stops that are not there, or not so there."""
    known = {stop.id: stop for stop in stops}
    amounts = {stop.id: _amounts(stop.pickup) for stop in known.values() if not stop.picked_up_at}
    left = []
    for stop in known.values():
        holds = amounts.get(stop.picked_up_at) == _amounts(stop.delivery)
        if holds:
            del amounts[stop.picked_up_at]  # a pair has one delivery
        before = tuple(name for name in stop.before if name in known)
        keep = stop.keep if stop.vehicle_id else KEEP_FREE
        picked_up_at = stop.picked_up_at if holds else ""
        left.append(replace(stop, before=before, picked_up_at=picked_up_at, keep=keep))
    circling = {name for circle in circles(followers(left)) for name in circle}
    return [replace(stop, before=()) if stop.id in circling else stop for stop in left]


def _count(halves: Sequence[_Half]) -> str:
    names = ", ".join(half.row.label for half in halves)
    return f"is that of {names} alone" if len(halves) == 1 else f"is that of {len(halves)} stops ({names})"


def _pair(halves: Sequence[_Half], known: dict[str, Stop]) -> tuple[str, tuple[Stop, ...]]:
    """Return what is wrong with two stops as a pair, or "" and the two as one."""
    kinds = [half.kind or _kind_by_amounts(known[half.row.label]) for half in halves]
    by_kind = {kind: known[half.row.label] for kind, half in zip(kinds, halves)}
    if set(by_kind) != {fields.KIND_PICKUP, fields.KIND_DELIVERY}:
        told = " and ".join(f"{half.row.label} (kind {kind})" for kind, half in zip(kinds, halves))
        return f"is that of {told}", ()
    pickup, delivery = by_kind[fields.KIND_PICKUP], by_kind[fields.KIND_DELIVERY]
    up, down = _amounts(pickup.pickup), _amounts(delivery.delivery)
    if up and down and up != down:
        listed = [" ".join(map(thousandths, amounts)) for amounts in (up, down)]
        return f"picks up {listed[0]} at {pickup.id} and delivers {listed[1]} at {delivery.id}", ()
    amounts = up or down
    rides = [stop.ride_max for stop in (pickup, delivery) if stop.ride_max is not None]
    return "", (
        replace(pickup, pickup=amounts, ride_max=None),
        replace(delivery, delivery=amounts, picked_up_at=pickup.id, ride_max=min(rides, default=None)),
    )


def _kind_by_amounts(stop: Stop) -> str:
    """The kind of a stop that does not say it: pickup where something is picked up and nothing is brought."""
    return fields.KIND_PICKUP if any(stop.pickup) and not any(stop.delivery) else fields.KIND_DELIVERY


def _amounts(loads: Sequence[int]) -> tuple[int, ...]:
    """The loads without zeros at the end."""
    length = max((place for place, load in enumerate(loads, 1) if load), default=0)
    return tuple(loads[:length])


def _without_other(half: _Half, pair_id: str, reason: str) -> Refusal:
    column = half.row.shown("pair_id")
    why = "excluded" if reason == reasons.EXCLUDED else "refused"
    text = f'{column} "{pair_id}": the other stop of the pair is {why}'
    return Refusal(reason, Fault("broken_pair", text, "Plan both, or take the pair apart", column))
