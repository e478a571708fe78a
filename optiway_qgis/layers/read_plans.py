"""Two layers of visits into one problem and an order of its stops for each: what two plans are compared on.

How one layer is read is read_visits.py's. Stops are matched by their id. What a stop needs is what AFTER
says, and BEFORE where AFTER has no column for it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Mapping

from ..model import reasons
from ..model.findings import About, Fault
from ..model.problem import Stop
from .feedback import GroupedWarnings
from .problem_of import problem_of
from .read_stops import EXPRESSION_FIELDS, NO_EXPRESSIONS, StopsReader
from .read_visits import read_order, see_routes, skilled
from .relations import without_lost

if TYPE_CHECKING:
    from collections.abc import Collection

    from qgis.core import QgsCoordinateReferenceSystem

    from ..model.problem import Depot, Problem, Sequence, Vehicle
    from .carried import RejectedStop
    from .read_stops import Expressions, StopsRead
    from .read_visits import RoutesSeen, VisitsLayer
    from .reading import Reading

BEFORE, AFTER = "BEFORE", "AFTER"

_COLUMNS = {
    "service": ("service_min",),
    "setup": ("setup_min",),
    "windows": ("tw", "time_windows"),
    "delivery": ("demand", "delivery", "pickup"),
    "pickup": ("demand", "delivery", "pickup"),
    "picked_up_at": ("pair_id",),
    "keep": ("lock",),
    "keep_rank": ("sequence",),
}
"""Members of a stop -> how the names of their columns begin; the others are called like their column."""

_PLACE = frozenset({"id", "lon", "lat"})
_NOT_JUDGED = frozenset({"name"})
_SAME_PLACE_DEGREES = 1e-6
_TOLD = 5
"""Rows that cannot be read and are told one by one."""


@dataclass(frozen=True)
class PlansRead:
    """The problem of two plans, the order of each, and what could not be served in either.

    `crs` is that of AFTER. `others` are ids of rows that neither layer has a stop for, `remarks` says by id
    why a layer has none, `rejected` are the rows that are no stop.
    """

    problem: Problem
    before: tuple[Sequence, ...]
    after: tuple[Sequence, ...]
    crs: QgsCoordinateReferenceSystem
    others: tuple[str, ...]
    remarks: Mapping[str, str]
    rejected: tuple[RejectedStop, ...]


def see_both(before: VisitsLayer, after: VisitsLayer, ends_count: bool, reading: Reading) -> RoutesSeen:
    """Read what the rows of both say of the vehicles, which are the same for both.

    A vehicle may leave from the earlier of its departures on. Where `ends_count`, depots that differ are
    warned of: those of AFTER are taken.
    """
    seen = see_routes(before, reading)
    start, end = dict(seen.start), dict(seen.end)
    see_routes(after, reading, seen)
    for vehicle_id in seen.vehicle_ids if ends_count else ():
        ends = ((start, seen.start), (end, seen.end))
        if any(vehicle_id in old and old[vehicle_id] != new[vehicle_id] for old, new in ends):
            text = f"{BEFORE} and {AFTER} have different depots for a vehicle: those of {AFTER} count"
            reading.warn(Fault("conflicting_values", text), About(id=vehicle_id))
    return seen


def read_plans(
    before: VisitsLayer,
    after: VisitsLayer,
    depots: Collection[Depot],
    vehicles: Collection[Vehicle],
    reading: Reading,
    expressions: Mapping[str, Expressions],
    judges_skills: bool,
    asked: VisitsLayer | None = None,
) -> PlansRead:
    """Read both layers; `expressions` are by the name of the layer, the rest is as of `read_visits`.

    `asked` are stops that count as not served where neither plan has them.
    """
    for visits in (before, after):
        if "stop_id" not in visits.columns:
            text = f"{visits.name} ({visits.source.sourceName()}) has no field stop_id"
            remedy = "Stops of two plans are matched by it: add it"
            reading.refuse(Fault("no_field", text, remedy), About(visits.name))
    old, old_order = _read_one(before, vehicles, reading, expressions[before.name])
    new, new_order = _read_one(after, vehicles, reading, expressions[after.name])
    given = [_members(visits, expressions[visits.name]) for visits in (before, after)]
    stops = _joined(old, new, given, reading)
    remarks = {**_remarks(old, stops, BEFORE, reading), **_remarks(new, stops, AFTER, reading)}
    neither, unread = _in_neither(asked, {stop.id for stop in stops}, reading)
    stops = without_lost([*stops, *neither])
    remarks.update({stop.id: f"Only {asked.name} has a row for it." for stop in neither})
    rejected = (*old.rejected, *new.rejected, *unread)
    known = {stop.id for stop in stops}
    if not judges_skills:
        vehicles = skilled(vehicles, stops)
    return PlansRead(
        problem=problem_of(stops, list(depots), list(vehicles), reading, f"{BEFORE} and {AFTER}"),
        before=old_order,
        after=new_order,
        crs=new.crs,
        others=tuple(dict.fromkeys(row.stop_id for row in rejected if row.stop_id not in known)),
        remarks={**{row.stop_id: row.text for row in rejected if row.stop_id not in known}, **remarks},
        rejected=rejected,
    )


def _read_one(
    visits: VisitsLayer, vehicles: Collection[Vehicle], reading: Reading, expressions: Expressions
) -> tuple[StopsRead, tuple[Sequence, ...]]:
    """Read one of the layers; its warnings say which one it is."""
    own = replace(reading, warnings=GroupedWarnings())
    read, order = read_order(visits, vehicles, own, expressions)
    for text in own.warnings.texts():
        reading.warnings.add(text if text.startswith(visits.name) else f"{visits.name}: {text}")
    invalid = [row for row in read.rejected if row.reason == reasons.INVALID_INPUT]
    for row in invalid[:_TOLD]:
        reading.warnings.add(row.text)
    if len(invalid) > _TOLD:
        reading.warnings.add(f"{visits.name}: {len(invalid) - _TOLD} more rows cannot be read")
    return read, order


def _joined(old: StopsRead, new: StopsRead, given: list[set[str]], reading: Reading) -> list[Stop]:
    """The stops of both, each once; `given` are the members that each layer says anything of."""
    ours, theirs = ({stop.id: stop for stop in read.stops} for read in (old, new))
    unsaid = sorted(given[0] - given[1])
    if unsaid:
        reading.feedback.pushInfo(
            f"{AFTER} has no column for {', '.join(unsaid)}: what {BEFORE} says counts for both."
        )
    for stop_id in [stop_id for stop_id in theirs if stop_id in ours]:
        _tell_differences(ours[stop_id], theirs[stop_id], given[0] & given[1], reading)
        only_before = {member: getattr(ours[stop_id], member) for member in unsaid}
        theirs[stop_id] = replace(theirs[stop_id], **only_before)
    return list({**ours, **theirs}.values())


def _in_neither(
    asked: VisitsLayer | None, known: Collection[str], reading: Reading
) -> tuple[list[Stop], list[RejectedStop]]:
    """The stops asked for that no plan has, and the rows that are none."""
    if asked is None or not asked.source.featureCount():
        return [], []
    read = StopsReader(asked.source, asked.columns, reading, NO_EXPRESSIONS, asked.name).read(asked.is_stop)
    stops = [stop for stop in read.stops if stop.id not in known]
    if stops:
        reading.feedback.pushInfo(f"{asked.name}: stops in neither plan: {len(stops)}.")
    return stops, [row for row in read.rejected if row.stop_id not in known]


def _remarks(read: StopsRead, stops: Collection[Stop], name: str, reading: Reading) -> dict[str, str]:
    """Why the layer `name` has no stop for some of these: its row is no stop, or there is no row."""
    accepted = {stop.id for stop in read.stops}
    texts = {row.stop_id: row.text for row in read.rejected if row.stop_id not in accepted}
    remarks = {}
    for stop in stops:
        if stop.id in texts:
            remarks[stop.id] = texts[stop.id]
        elif stop.id not in accepted:
            remarks[stop.id] = f"{name} has no row for it."
            other = BEFORE if name == AFTER else AFTER
            reading.warnings.add(f"Only {other} has a row for the stop", stop.id)
    return remarks


def _members(visits: VisitsLayer, expressions: Expressions) -> set[str]:
    """The members of a stop that a layer or an expression says anything of."""
    named = tuple([*visits.columns, *(EXPRESSION_FIELDS[name] for name in expressions.texts)])
    members = {member.name for member in fields(Stop)} - _PLACE
    return {
        member
        for member in members
        if any(name.startswith(_COLUMNS.get(member, (member,))) for name in named)
    }


def _tell_differences(ours: Stop, theirs: Stop, members: Collection[str], reading: Reading) -> None:
    """Warn of what both layers say of a stop, and say differently."""

    def warn(what: str) -> None:
        text = f"{what} of a stop differs between {BEFORE} and {AFTER}: that of {AFTER} counts for both"
        reading.warn(Fault("conflicting_values", text), About(id=ours.id))

    for member in sorted(set(members) - _NOT_JUDGED):
        if getattr(ours, member) != getattr(theirs, member):
            warn(member)
    if max(abs(ours.lon - theirs.lon), abs(ours.lat - theirs.lat)) > _SAME_PLACE_DEGREES:
        warn("position")
