"""What travels along with each stop of a plan while it is changed: the next version of the plan holds it.

What a row of edits says is read_edits.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
)
from qgis.PyQt.QtCore import QDateTime, QTime

from ..model import reasons
from ..model.day import CANCELLED
from ..model.findings import Fault
from ..model.problem import MAX_DIMENSIONS, OPEN_END
from . import fields
from .carried import CarriedStops, RejectedStop
from .points import WGS84, position, to_wgs84
from .qgis_compat import DATE_TIME, INTEGER, REAL, TEXT, WHOLE, is_null, make_field
from .row import as_number, as_text

if TYPE_CHECKING:
    from ..model.problem import Stop, Window
    from .fields import Column
    from .reading import Reading
    from .row import Row
    from .times import PlanDay

STATE = ("status", "actual_arrival", "actual_departure")
"""Fields that are read from the plan's own table only."""

NOT_CARRIED = frozenset({"action", "lon", "lat", *STATE})
LOADS = {
    way: (way, *(f"{way}_{number}" for number in range(1, MAX_DIMENSIONS + 1)))
    for way in ("delivery", "pickup")
}
WINDOWS = tuple(f"tw{number}_{end}" for number in (1, 2, 3) for end in ("start", "end"))
_NUMBERS = frozenset(
    {"service_min", "setup_min", "late_max_min", "late_cost_per_hour", "demand", "priority", "order_rank"}
    | {"ride_max_min", "penalty", "sequence", *LOADS["delivery"][1:], *LOADS["pickup"][1:]}
)


@dataclass
class Cells:
    """What a row says of a stop: field -> column of EDITS, and the fields that are to be empty."""

    columns: dict[str, Column]
    values: Sequence[Any]
    emptied: set[str] = field(default_factory=set)

    @property
    def touched(self) -> set[str]:
        """All fields that the row says anything of."""
        return {*self.columns, *self.emptied}


class EditedCarried:
    """What travels along with each stop, while it is edited."""

    def __init__(self, carried: CarriedStops, day: PlanDay):
        self.attributes = dict(carried.attributes)
        self.rejected = {stop.stop_id: stop for stop in carried.rejected}
        self._fields = QgsFields(carried.fields)
        self._crs = carried.crs
        self._day = day
        self.columns = fields.recognise(fields.STOP_FIELDS, carried.fields.names())

    def carried_along(self) -> CarriedStops:
        """What travels along now."""
        width = len(self._fields)

        def padded(values: Sequence[Any]) -> list[Any]:
            return [*values, *[None] * (width - len(values))]

        rejected = (replace(stop, attributes=padded(stop.attributes)) for stop in self.rejected.values())
        attributes = {name: padded(values) for name, values in self.attributes.items()}
        return CarriedStops(self._fields, self._crs, attributes, tuple(rejected))

    def value(self, stop_id: str, name: str) -> str:
        """The text of a field of a stop, "" where it has none."""
        column, values = self.columns.get(name), self.attributes[stop_id]
        value = None if column is None or column.index >= len(values) else values[column.index]
        return "" if is_null(value) else as_text(value)

    def filled(self, stop_id: str) -> set[str]:
        """The fields of the stop that have a value."""
        return {name for name in self.columns if self.value(stop_id, name)}

    def kind(self, row: Row) -> str:
        """What happens at a stop of the plan, by the row or by what travels along."""
        return row.choice("kind") or self.value(row.label, "kind").lower()

    def edit(self, stop_id: str, cells: Cells, given: Mapping[str, tuple[str, Any]]) -> None:
        """Put what a row says into the values of the stop."""
        values = list(self.attributes[stop_id])
        self._fill(values, cells)
        for name, (_, value) in given.items():
            self._put(values, name, value, 1.0)
        self.attributes[stop_id] = values

    def change(self, stop_id: str, values_of: Mapping[str, Any]) -> None:
        """Set these fields of a stop; None empties one."""
        values = list(self.attributes[stop_id])
        for name, value in values_of.items():
            self._put(values, name, value, 1.0, adds=value is not None)
        self.attributes[stop_id] = values

    def add(self, stop_id: str, cells: Cells, names: Sequence[str], left_out: RejectedStop | None) -> None:
        """Add the values of a new stop, or of one that was left out."""
        values: list[Any] = [] if left_out is None else list(left_out.attributes)
        self._put(values, "stop_id", stop_id, 1.0, adds=False)
        self._put(values, "status", None, 1.0, adds=False)
        self._fill(values, cells)
        for index, name in enumerate(names):
            at = self._fields.lookupField(name)
            own = name.lower() in NOT_CARRIED or at in {column.index for column in self.columns.values()}
            if at >= 0 and not own and not is_null(cells.values[index]):
                self._set(values, at, cells.values[index], 1.0)
        self.rejected.pop(stop_id, None)
        self.attributes[stop_id] = values

    def remove(self, removed: Mapping[str, str], stops: Mapping[str, Stop], reading: Reading) -> None:
        """Put stops among those left out, each with the sentence that says why; they stay out in later
        versions."""
        to_crs = QgsCoordinateTransform(
            QgsCoordinateReferenceSystem(WGS84), self._crs, reading.transform_context
        )
        for stop_id, text in removed.items():
            values = list(self.attributes.pop(stop_id))
            self._put(values, "status", CANCELLED, 1.0, adds=False)
            point = QgsGeometry.fromPointXY(QgsPointXY(stops[stop_id].lon, stops[stop_id].lat))
            point.transform(to_crs)
            self.rejected[stop_id] = RejectedStop(stop_id, values, point, reasons.EXCLUDED, text)

    def place_of(self, stop: RejectedStop, reading: Reading) -> tuple[float, float] | None:
        """Longitude and latitude of a stop that was left out; None where it has no point."""
        try:
            return position(stop.geometry, to_wgs84(self._crs, reading.transform_context))
        except Fault:
            return None

    def _fill(self, values: list[Any], cells: Cells) -> None:
        for name in cells.emptied:
            self._put(values, name, None, 1.0, adds=False)
        for name, column in cells.columns.items():
            self._put(values, name, cells.values[column.index], column.alias.factor)

    def _put(self, values: list[Any], name: str, value: Any, factor: float, adds: bool = True) -> None:
        """Set the value of a field; where there is no column for it, one is added."""
        column = self.columns.get(name)
        if column is None:
            if not adds:
                return
            column = self._with_column(name)
        self._set(values, column.index, value, factor / column.alias.factor)

    def _set(self, values: list[Any], at: int, value: Any, factor: float) -> None:
        values.extend([None] * (at + 1 - len(values)))
        values[at] = None if value is None else _fitted(value, self._fields.at(at), factor, self._day)

    def _with_column(self, name: str) -> Column:
        self._fields.append(make_field(name, REAL if name in _NUMBERS else TEXT))
        column = fields.Column(len(self._fields) - 1, name, fields.Alias(name))
        self.columns[name] = column
        if name == "lock" and "vehicle_id" in self.columns:
            for stop_id, values in self.attributes.items():  # without a lock they were bound to it
                if self.value(stop_id, "vehicle_id"):
                    self.attributes[stop_id] = own = list(values)
                    self._set(own, column.index, fields.LOCK_VEHICLE, 1.0)
        return column


def with_left_out(
    carried: CarriedStops, removed: Mapping[str, str], stops: Mapping[str, Stop], reading: Reading
) -> CarriedStops:
    """Return what travels along with these stops, by id with the sentence that says why, among those left
    out."""
    changed = EditedCarried(carried, reading.day)
    changed.remove(removed, stops, reading)
    return changed.carried_along()


def with_windows_carried(carried: CarriedStops, windows: Mapping[str, Window], day: PlanDay) -> CarriedStops:
    """Return what travels along with these windows of stops in place of all that they had, so that the next
    version knows them; a window that is open at an end is so there."""
    changed = EditedCarried(carried, day)
    for stop_id, window in windows.items():
        if stop_id in changed.attributes:
            ends = {
                "tw1_start": None if window.start == 0 else _clock(window.start, day),
                "tw1_end": None if window.end >= OPEN_END else _clock(window.end, day),
            }
            changed.change(stop_id, {**dict.fromkeys((*WINDOWS, "time_windows")), **ends})
    return changed.carried_along()


def _clock(moment: int, day: PlanDay) -> str:
    """A moment as people write it: with its date where that is another one."""
    shown = day.wall_clock(moment)
    return shown.toString("HH:mm:ss" if shown.date() == day.date else "yyyy-MM-ddTHH:mm:ss")


def _fitted(value: Any, column: QgsField, factor: float, day: PlanDay) -> Any:
    """A value as a column of that type holds it; as it is where the type holds no such thing."""
    if column.type() in (INTEGER, WHOLE, REAL):
        try:
            number = as_number(value) * factor
        except Fault:
            return value
        return number if column.type() == REAL else round(number)
    if column.type() == TEXT:
        return f"{as_number(value) * factor:g}" if factor != 1 else as_text(value)
    if isinstance(value, (QTime, QDateTime, str)):
        try:
            moment = day.wall_clock(day.read(value).seconds)
        except Fault:
            return value
        return moment if column.type() == DATE_TIME else moment.time()
    return value
