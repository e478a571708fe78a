"""The table of what goes wrong on a day into disruptions and closed roads; all faults are found at once.

A vehicle or stop that does not exist is known only when the plan was read: see `tell_unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Collection, Iterator, Mapping, Sequence

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource, QgsWkbTypes

from ..model.disruptions import (
    DRIVER_SICK,
    LATE,
    OUT_OF_WORK,
    ROAD_CLOSED,
    SHIFT,
    VEHICLE_LOST,
    WINDOW,
    Disruption,
    lacking,
    new_shift,
)
from ..model.findings import About, Fault
from ..model.why import disruption_words
from . import fields
from .points import to_wgs84
from .read_barriers import Barriers
from .read_day import Disrupted
from .read_vehicles import some, zero_padded
from .reading import Reading, no_crs, tell_columns
from .row import Row, Table
from .shapes import shape

if TYPE_CHECKING:
    from qgis.core import QgsFeature

    from ..model.problem import Window
    from .read_day import DayRead

DISRUPTIONS = "DISRUPTIONS"

_FLAGS = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
_COLUMNS = {
    "vehicle_id": ("vehicle_id",),
    "stop_id": ("stop_id",),
    "time": ("time",),
    "seconds": ("minutes",),
    "window": ("tw_start", "tw_end"),
    "shift": ("shift_start", "shift_end"),
}
"""Members of a disruption -> the columns that they are read from."""


@dataclass(frozen=True)
class Disruptions:
    """What goes wrong, and the closed roads among it as barriers of a job; `features` are the rows that the
    events were read from, where they were read from rows."""

    events: tuple[Disruption, ...] = ()
    closed: tuple[dict[str, Any], ...] = ()
    features: tuple[int, ...] = ()

    def since(self, now: int | None) -> int | None:
        """The moment that is planned from: `now`, or when the last vehicle goes out of work or is late."""
        kinds = (*OUT_OF_WORK, LATE)
        times = [one.time for one in self.events if one.kind in kinds and one.time is not None]
        return max(times, default=None) if now is None else now

    def known_by(self, now: int | None) -> tuple[Disruption, ...]:
        """What goes wrong, with `now` as the time of vehicles that go no further where none is said."""
        return tuple(
            replace(one, time=now) if one.kind in OUT_OF_WORK and one.time is None else one
            for one in self.events
        )

    def disrupted(self, now: int | None) -> Disrupted:
        """The vehicles that are late and those that go no further; without any time at all from midnight."""
        events = self.known_by(now)
        return Disrupted(
            late={one.vehicle_id: one.seconds for one in events if one.kind == LATE},
            lost={one.vehicle_id: one.time or 0 for one in events if one.kind in OUT_OF_WORK},
        )

    def joined_to(self, barriers: Barriers, now: int | None) -> Barriers:
        """The barriers with the closed roads; one closed by `now` counts as closed all day."""
        closed = tuple(
            {**form, "start": None} if form["start"] is not None and form["start"] <= (now or 0) else form
            for form in self.closed
        )
        return Barriers((*barriers.forms, *closed), barriers.used + len(closed))


def read_disruptions(source: QgsProcessingFeatureSource, now: int | None, reading: Reading) -> Disruptions:
    """Read every row; one that names several vehicles or stops is about each of them."""
    names = source.fields().names()
    table = Table(fields.DISRUPTION_FIELDS, fields.recognise(fields.DISRUPTION_FIELDS, names), reading.day)
    tell_columns(reading, DISRUPTIONS, table.columns)
    about = About(DISRUPTIONS)
    if "kind" not in table.columns:
        text = f"{DISRUPTIONS} ({source.sourceName()}) has no field kind"
        reading.refuse(Fault("no_field", text, "Add it: docs/fields.md says what it may be"), about)
        return Disruptions()
    events: list[Disruption] = []
    closed: list[dict[str, Any]] = []
    features: list[int] = []
    count = 0
    for feature in source.getFeatures(QgsFeatureRequest(), _FLAGS):
        count += 1
        row = Row(table, feature.attributes(), reading, About(DISRUPTIONS, feature.id()))
        row.call(f"{DISRUPTIONS.lower()}-{feature.id()}")
        found = list(_events(row, now))
        if any(one.kind == ROAD_CLOSED for one in found):
            closed.extend(_closed_road(feature, row, source, found[0], reading))
        for fault in row.problems:
            reading.refuse(fault, row.about, f"{DISRUPTIONS}: feature {feature.id()}")
        if not row.problems:
            events.extend(found)
            features.extend([feature.id()] * len(found))
    if count == 0:
        reading.warn(Fault("no_effect", f"{DISRUPTIONS} ({source.sourceName()}) has no rows"), about)
    _refuse_doubled(events, reading)
    return Disruptions(tuple(events), tuple(closed), tuple(features))


def closed_roads(
    source: QgsProcessingFeatureSource, name: str, one: Disruption, reading: Reading
) -> Disruptions:
    """All features of a layer as roads that are closed as `one` says."""
    closed: list[dict[str, Any]] = []
    table = Table((), {}, reading.day)
    count = 0
    for feature in source.getFeatures(QgsFeatureRequest(), _FLAGS):
        count += 1
        row = Row(table, (), reading, About(name, feature.id()))
        row.call(f"{name.lower()}-{feature.id()}")
        closed.extend(_closed_road(feature, row, source, one, reading))
        for fault in row.problems:
            reading.refuse(fault, row.about, f"{name}: feature {feature.id()}")
    if count == 0:
        fault = Fault("missing_value", f"{name} ({source.sourceName()}) has no features", "Draw where", name)
        reading.refuse(fault, About(name))
    return Disruptions((one,), tuple(closed))


def tell_unknown(disruptions: Disruptions, read: DayRead, reading: Reading) -> None:
    """Refuse vehicles and stops that the plan does not know and shifts that end before they start; warn of
    windows of stops that are done, or not to be served any more, and of times on another day."""
    shifts = {vehicle.id: vehicle.shift for vehicle in read.problem.vehicles}
    to_do = {stop.id for stop in read.problem.stops}
    over = {row.stop_id for row in read.carried.rejected}
    over.update(visit.id for one in read.day.progress for visit in one.visits)
    last = max((shift.end for shift in shifts.values()), default=0)
    for one, feature_id in zip_longest(disruptions.events, disruptions.features):
        about = About(DISRUPTIONS, feature_id)
        where = "" if feature_id is None else f"{DISRUPTIONS}: feature {feature_id}"
        if one.time is not None and not 0 <= one.time <= last:
            text = f"{disruption_words(one)}: that is not within the day of the plan ({reading.day.iso_date})"
            reading.warn(Fault("other_day", text, "Correct its date"), about)
        if one.vehicle_id and one.vehicle_id not in shifts:
            text = f'No active vehicle is called "{one.vehicle_id}"{zero_padded(one.vehicle_id, shifts)}'
            reading.refuse(Fault("unknown_vehicle", text, f"Write one of {some(shifts)}"), about, where)
        elif one.kind == SHIFT and _ends_early(one, shifts):
            text = f"The new shift of {one.vehicle_id} would end before it starts"
            reading.refuse(Fault("ends_before_start", text, "Correct one of the two"), about, where)
        if one.stop_id in over:
            text = "The window of a stop that is done, or not to be served any more, changes nothing"
            reading.warn(Fault("no_effect", text), About(DISRUPTIONS, feature_id, one.stop_id))
        elif one.stop_id and one.stop_id not in to_do:
            text = f'No stop of the plan is called "{one.stop_id}"'
            reading.refuse(Fault("unknown_stop", text, "Correct the name"), about, where)


def tell_lasting(disruptions: Disruptions, expressions: Collection[str], reading: Reading) -> None:
    """Tell what the versions after will not know, as other layers or `expressions` say it; all else they read
    from the plan."""
    kinds = {one.kind for one in disruptions.events}
    told = []
    if SHIFT in kinds:
        told.append("A new shift counts in this version only: change it in VEHICLES for the next ones.")
    if ROAD_CLOSED in kinds:
        told.append("A closed road counts in this version only: add it to BARRIERS for the next ones.")
    by = [name for name in expressions if name in ("WINDOW_START", "WINDOW_END")]
    if WINDOW in kinds and by:
        told.append(f"A new window counts in this version only: the next ones read {' and '.join(by)} again.")
    for text in told:
        reading.feedback.pushInfo(text)


def _ends_early(one: Disruption, shifts: Mapping[str, Window]) -> bool:
    shift = new_shift(shifts[one.vehicle_id], one)
    return shift.end <= shift.start


def _events(row: Row, now: int | None) -> Iterator[Disruption]:
    """The disruptions of a row; what is wrong goes to its problems."""
    kind = row.choice("kind")
    if row.value("kind") is None:
        fault = Fault("missing_value", "kind is empty", "Say what went wrong", row.shown("kind"))
        row.problems.append(fault)
    if kind is None:
        return
    shift = None
    if row.value("shift_start") is not None and row.value("shift_end") is not None:
        shift = row.window("shift_start", "shift_end")
    whole = Disruption(
        kind,
        time=row.time("time"),
        seconds=row.seconds("minutes") or 0,
        window=row.window("tw_start", "tw_end") if kind == WINDOW else None,
        shift_start=shift.start if shift else row.time("shift_start"),
        shift_end=shift.end if shift else row.time("shift_end"),
    )
    about = "stop_id" if kind == WINDOW else "vehicle_id"
    named: Sequence[str] = ("",) if kind == ROAD_CLOSED else row.names(about) or ("",)
    if not row.problems:
        shown = {member: tuple(map(row.shown, columns)) for member, columns in _COLUMNS.items()}
        row.problems.extend(what_lacks(replace(whole, **{about: named[0]}), now, shown))
    for name in named:
        yield replace(whole, **{about: name})


def what_lacks(one: Disruption, now: int | None, names: Mapping[str, tuple[str, ...]]) -> list[Fault]:
    """Return a fault for each member that the disruption needs and lacks; `names` are what the user calls the
    places where a member is filled in, any of which will do."""
    faults = []
    for member in lacking(one):
        listed = " and ".join(names[member])
        is_one = len(names[member]) == 1
        text = f"{listed} {'is' if is_one else 'are'} empty"
        remedy = f"Fill {'it' if is_one else 'one of them'}: {one.kind} needs it"
        faults.append(Fault("missing_value", text, remedy, names[member][0]))
    if one.kind == VEHICLE_LOST and one.time is None and now is None:
        (shown,) = names["time"]
        faults.append(
            Fault("missing_value", f"{shown} is empty, and so is NOW", "Say when it was lost", shown)
        )
    return faults


def _closed_road(
    feature: QgsFeature, row: Row, source: QgsProcessingFeatureSource, one: Disruption, reading: Reading
) -> list[dict[str, Any]]:
    """The road of the feature as a barrier of the job; what is wrong with it goes to the problems."""
    if source.wkbType() == QgsWkbTypes.Type.NoGeometry or feature.geometry().isEmpty():
        text = "a road is closed, and nothing says where"
        row.problems.append(Fault("no_geometry", text, "Draw a point, line or polygon on it", "geometry"))
        return []
    if not source.sourceCrs().isValid():
        row.problems.append(no_crs(row.about.layer, source))
        return []
    try:
        place = shape(feature.geometry(), to_wgs84(source.sourceCrs(), reading.transform_context))
    except Fault as fault:
        row.problems.append(fault)
        return []
    end = (one.time or 0) + one.seconds if one.seconds else None
    return [{"id": row.label, "kind": fields.BLOCK, "geometry": place, "start": one.time, "end": end}]


def _refuse_doubled(events: Sequence[Disruption], reading: Reading) -> None:
    """Refuse two rows that say the same of one vehicle or stop, and differently."""
    seen: dict[tuple[str, str], Disruption] = {}
    for one in events:
        kind = VEHICLE_LOST if one.kind == DRIVER_SICK else one.kind
        who = one.vehicle_id or one.stop_id
        other = seen.setdefault((kind, who), one)
        if who and other is not one:
            text = f"{DISRUPTIONS} has two rows of kind {one.kind} for {who}"
            reading.refuse(Fault("conflicting_values", text, "Keep one of them"), About(DISRUPTIONS, id=who))
