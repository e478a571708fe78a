"""The table of breaks, and breaks by rule, into the breaks that are due to each vehicle's driver.

What is wrong in a break is an error of the job. When a break is taken is the engine's matter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Iterable, Sequence

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource

from ..model.findings import About, Fault
from ..model.problem import DAY, Break, Window
from . import fields
from .read_vehicles import some, zero_padded
from .reading import Reading, tell_columns
from .row import Row, Table, next_day

if TYPE_CHECKING:
    from qgis.core import QgsFeature

    from ..model.problem import Vehicle

BREAKS = "BREAKS"

_HOUR = 3600
_DRIVING = Break("eu-driving", duration=2700, after_drive=16200, first_part=900)
_WORK = Break("eu-work", duration=1800, after_work=6 * _HOUR)
BREAK_RULES = {
    "none": (),
    "eu_driving": (_DRIVING,),
    "eu_work": (_WORK,),
    "eu_driving_and_work": (_DRIVING, _WORK),
}
"""Word -> the breaks of Regulation (EC) 561/2006, article 7, and of Directive 2002/15/EC, article 5."""

_FLAGS = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
_ONE_KIND = "Fill tw_start and tw_end, or after_drive_min, or after_work_min"


def read_breaks(
    source: QgsProcessingFeatureSource,
    vehicles: Sequence[Vehicle],
    reading: Reading,
    whole_fleet: bool = True,
) -> list[Vehicle]:
    """Return the vehicles with the breaks of the table; a break of no vehicle is for all of them.

    With `whole_fleet` a vehicle that is not there is warned of. A break without a date that comes half a day
    before a shift is on the next day where that is within it.
    """
    names = source.fields().names()
    table = Table(fields.BREAK_FIELDS, fields.recognise(fields.BREAK_FIELDS, names), reading.day)
    tell_columns(reading, BREAKS, table.columns)
    breaks: dict[str, list[Break]] = {vehicle.id: [] for vehicle in vehicles}
    shifts = {vehicle.id: vehicle.shift for vehicle in vehicles}
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    count = 0
    for feature in source.getFeatures(request, _FLAGS):
        count += 1
        row, one = _break(feature, table, reading)
        named = row.names("vehicle_id")
        for name in named if whole_fleet and breaks else ():
            if name not in breaks:
                text = f'No active vehicle is called "{name}"{zero_padded(name, breaks)}'
                row.warn(Fault("unknown_vehicle", text, field=row.shown("vehicle_id")))
        theirs = [name for name in named or breaks if name in breaks]
        if any(one.id == other.id for name in theirs for other in breaks[name]):
            text = f'{row.shown("break_id")} "{one.id}" is already that of another break of the vehicle'
            remedy = "Give each break an id of its own"
            row.problems.append(Fault("doubled_id", text, remedy, row.shown("break_id")))
        where = f'{BREAKS}: feature {feature.id()} (break_id "{one.id}")'
        for fault in row.problems:
            reading.refuse(fault, row.about, where)
        later = _day_after(one, row)
        night = [name for name in theirs if later is not None and _only_after(shifts[name], one, later)]
        if night:
            row.warn(next_day(f"the shift of {some(night)}", row.shown("tw_start")))
        for name in theirs:
            breaks[name].append(later if name in night else one)
    if count == 0:
        reading.warn(Fault("no_effect", f"{BREAKS} ({source.sourceName()}) has no rows"), About(BREAKS))
    return [replace(vehicle, breaks=tuple(breaks[vehicle.id])) for vehicle in vehicles]


def with_rule(vehicles: Iterable[Vehicle], rule: str) -> list[Vehicle]:
    """Return the vehicles with the breaks of `BREAK_RULES[rule]`, too, unless of an id they have."""
    ruled = []
    for vehicle in vehicles:
        own = {one.id for one in vehicle.breaks}
        added = (one for one in BREAK_RULES[rule] if one.id not in own)
        ruled.append(replace(vehicle, breaks=(*vehicle.breaks, *added)))
    return ruled


def _break(feature: QgsFeature, table: Table, reading: Reading) -> tuple[Row, Break]:
    """Return a row and its break, which only makes sense where the row has no problems."""
    row = Row(table, feature.attributes(), reading, About(BREAKS, feature.id()))
    row.call(row.text("break_id") or f"break-{feature.id()}")
    duration = row.duration("duration_min")
    if row.value("duration_min") is None:
        name = row.shown("duration_min")
        row.problems.append(Fault("missing_value", f"{name} is empty", "Write its minutes", name))
    given = [
        kind for kind in ("tw_start", "after_drive_min", "after_work_min") if row.value(kind) is not None
    ]
    if row.value("tw_end") is not None and "tw_start" not in given:
        given.append("tw_start")
    if len(given) != 1:
        listed = " and ".join(row.shown(kind) for kind in given)
        text = f"{listed} are filled" if given else "nothing says when it is due"
        code = "conflicting_values" if given else "missing_value"
        row.problems.append(Fault(code, text, _ONE_KIND, row.shown((*given, "tw_start")[0])))
    window = _window(row) if "tw_start" in given else None
    first_part = row.seconds("first_part_min") or 0
    if first_part and window is not None:
        text = "is of a break by the clock, which is taken in one"
        row.problem("first_part_min", Fault("conflicting_values", text, "Clear it"))
    if duration is not None and first_part >= duration:
        text = f"is not less than {row.shown('duration_min')}"
        row.problem("first_part_min", Fault("out_of_range", text, "Correct one of the two"))
    return row, Break(
        id=row.label,
        duration=duration or 1,
        window=window,
        after_drive=row.duration("after_drive_min"),
        after_work=row.duration("after_work_min"),
        paid=row.yes("paid"),
        first_part=first_part,
    )


def _day_after(one: Break, row: Row) -> Break | None:
    """The break by the same clock a day later; None where it has a date, or is not by the clock."""
    if one.window is None or row.moment("tw_start").dated:
        return None
    start = row.moment("tw_start", next_day=True).seconds
    return replace(one, window=Window(start, start + one.window.end - one.window.start))


def _only_after(shift: Window, one: Break, later: Break) -> bool:
    """Whether work begins half a day after a break, as at night, and goes on when it comes a day later."""
    return one.window.start + DAY // 2 <= shift.start and later.window.end <= shift.end


def _window(row: Row) -> Window | None:
    for name, other in (("tw_start", "tw_end"), ("tw_end", "tw_start")):
        if row.value(name) is None:
            shown = row.shown(name)
            text = f"{shown} is empty and {row.shown(other)} is not"
            row.problems.append(Fault("missing_value", text, "Fill both, or neither", shown))
            return None
    return row.window("tw_start", "tw_end")
