"""The layer or table EDITS: changes of a plan, row by row, and what they make of the plan that was read.

What follows from an edit for the problem and its order is model/edits.py's, what a stop's fields mean
read_stops.py's. What travels along with a stop is edited with it, so that the next version of the plan holds
it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Collection, Iterable, Mapping, Sequence

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource

from ..model import reasons
from ..model.day import CANCELLED, PLANNED, RELEASED
from ..model.edits import ADD, LOCK, MOVE, REMOVE, UPDATE, Edit, applied
from ..model.findings import About, Fault
from ..model.problem import KEEP_ORDER, KEEP_PREFIX
from . import fields
from .carried_edits import LOADS, NOT_CARRIED, STATE, WINDOWS, Cells, EditedCarried
from .points import position, to_wgs84
from .read_day import PLAN
from .read_stops import EXPRESSION_FIELDS, stop_of
from .read_vehicles import check_vehicle_names
from .read_visits import ROUTE_SEQUENCE, skilled
from .reading import no_crs, tell_columns
from .relations import Relations
from .row import Row, Table, as_number, as_text

if TYPE_CHECKING:
    from qgis.core import QgsFeature

    from ..model.problem import Problem, Stop
    from .read_day import DayRead
    from .read_visits import VisitsLayer
    from .reading import Reading

EDITS = "EDITS"

EMPTIES = "none"
"""The text that empties a value."""
_WORDS = frozenset({"action", "lock", "order_rule"})
"""Fields in which that text is a word like others."""

_LAST = float("inf")
_SAME_PLACE = 1e-6
"""Degrees within which a point has not been moved."""

_LOCKS = ("lock", "vehicle_id", "sequence")
_KEEPS = (fields.LOCK_ORDER, fields.LOCK_PREFIX)
_MEMBERS = (
    (("name",), ("name",)),
    (("service_min",), ("service",)),
    (("setup_min",), ("setup",)),
    ((*WINDOWS, "time_windows"), ("windows",)),
    (("late_max_min",), ("late_max",)),
    (("late_cost_per_hour",), ("late_cost",)),
    (("kind", "demand", *LOADS["delivery"], *LOADS["pickup"]), ("delivery", "pickup")),
    (("priority",), ("priority",)),
    (("order_rule",), ("order_rule",)),
    (("order_rank",), ("order_rank",)),
    (("before_stop",), ("before",)),
    (("ride_max_min",), ("ride_max",)),
    (("ready_time",), ("ready",)),
    (("due_time",), ("due",)),
    (("goods_class",), ("goods_class",)),
    (("penalty",), ("penalty",)),
    (("skills",), ("skills",)),
    (("allowed_vehicles",), ("allowed_vehicles",)),
    (("forbidden_vehicles",), ("forbidden_vehicles",)),
    (_LOCKS, ("vehicle_id", "keep", "keep_rank")),
)
"""Fields that are read together, and the members of a stop that they say."""

_ALL = frozenset(name for names, _ in _MEMBERS for name in (*names, "pair_id"))


@dataclass(frozen=True)
class EditedDay:
    """A day with the plan as it was edited; `loose` are the stops whose place is to be found."""

    read: DayRead
    loose: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


def rows_without_vehicle(visits: VisitsLayer, read: DayRead, reading: Reading) -> tuple[str, ...]:
    """The stops of the plan's own table whose vehicle somebody took out: they are to be put in anew."""
    known = {stop.id for stop in read.problem.stops}
    return tuple(
        stop_id
        for stop_id, feature in _stops_of(visits, reading)
        if stop_id in known and not visits.vehicle_id(feature)
    )


def read_edits(
    source: QgsProcessingFeatureSource,
    visits: VisitsLayer,
    read: DayRead,
    reading: Reading,
    searches: bool,
    judges_skills: bool = True,
    expressions: Mapping[str, str] | None = None,
) -> EditedDay:
    """Read the edits and carry them out on the day; with errors it comes back as it was.

    `visits` is the plan's own table, in whose numbers places are told; `expressions` are those that stand
    for fields of it, by parameter. `searches` and what follows from an edit: see `model.edits.applied`. With
    `judges_skills` False the vehicles have every skill asked for.
    """
    if reading.errors:
        return EditedDay(read)
    carried = EditedCarried(read.carried, reading.day)
    reader = _EditsReader(source, read, carried, _numbers(visits, reading), reading)
    reader.read()
    _tell_given(reader.touched, expressions or {}, reading)
    edits = [entry.edit for entry in reader.entries]
    edited = applied(read.problem, read.sequences, edits, read.day, searches)
    for number, fault in edited.faults:
        reader.refuse(reader.entries[number].row, fault)
    if reading.errors:
        return EditedDay(read)
    for stop_id, fault in edited.notes:
        reading.warn(fault, About(EDITS, id=stop_id))
    texts = {name: f'Stop "{name}" was removed from the plan: cancelled.' for name in edited.removed}
    carried.remove(texts, {stop.id: stop for stop in read.problem.stops}, reading)
    problem = _widened(edited.problem)
    if not judges_skills:
        problem = replace(problem, vehicles=tuple(skilled(problem.vehicles, problem.stops)))
    added = [entry.edit.stop for entry in reader.entries if entry.edit.stop is not None]
    check_vehicle_names(added, problem.vehicles, reading, EDITS)
    first = {entry.stops[0] for entry in edited.sequences}
    progress = tuple(
        one if one.next_stop in first else replace(one, next_stop="") for one in read.day.progress
    )
    day = replace(read.day, progress=progress)
    found = replace(
        read, problem=problem, sequences=edited.sequences, day=day, carried=carried.carried_along()
    )
    return EditedDay(found, edited.loose, tuple(edits))


@dataclass
class _Entry:
    """An edit and the row that asks for it."""

    edit: Edit
    row: Row


class _EditsReader:
    """Reads EDITS row by row into edits, and edits what travels along."""

    def __init__(
        self,
        source: QgsProcessingFeatureSource,
        read: DayRead,
        carried: EditedCarried,
        numbers: Mapping[str, float],
        reading: Reading,
    ):
        self.entries: list[_Entry] = []
        self.touched: set[str] = set()
        self._source = source
        self._reading = reading
        self._carried = carried
        self._numbers = numbers
        self._names = source.fields().names()
        known = (*fields.EDIT_FIELDS, *fields.STOP_FIELDS)
        self._table = Table(known, fields.recognise(known, self._names), reading.day)
        self._stops = {stop.id: stop for stop in read.problem.stops}
        self._pickups = {stop.picked_up_at for stop in read.problem.stops if stop.picked_up_at}
        self._orders = {entry.vehicle_id: entry.stops for entry in read.sequences}
        self._on = {visit.id: one.vehicle_id for one in read.day.progress for visit in one.visits}
        self._on.update((name, vehicle) for vehicle, stops in self._orders.items() for name in stops)
        self._relations = Relations(keeps_order=False)
        self._geometries = to_wgs84(source.sourceCrs(), reading.transform_context)

    def read(self) -> None:
        """Read all rows; what is wrong with them goes to the errors."""
        reading, source = self._reading, self._source
        tell_columns(reading, EDITS, self._table.columns)
        if "stop_id" not in self._table.columns:
            text = f"{EDITS} ({source.sourceName()}) has no field stop_id"
            reading.refuse(Fault("no_field", text, "Add it: it says which stop a row is about"), About(EDITS))
            return
        flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
        for feature in source.getFeatures(QgsFeatureRequest(), flags):
            if reading.feedback.isCanceled():
                return
            if not feature.geometry().isEmpty() and not source.sourceCrs().isValid():
                reading.refuse(no_crs(EDITS, source), About(EDITS))
                return
            self._read_row(feature)
        self._settle()

    def refuse(self, row: Row, fault: Fault) -> None:
        """Tell what is wrong with a row, by feature and stop."""
        where = f'Feature {row.about.feature_id} of {EDITS} (stop_id "{row.label}")'
        self._reading.refuse(fault, row.about, where)

    def _read_row(self, feature: QgsFeature) -> None:
        values = list(feature.attributes())
        row = Row(self._table, values, self._reading, About(EDITS, feature.id()))
        row.call(row.text("stop_id"))
        if not row.label:
            row.problem("stop_id", Fault("missing_value", "is empty", "Say which stop the row is about"))
        cells = self._cells(row, values)
        place = self._place(feature, row)
        action = row.choice("action")
        if not action and not row.problems:
            action = self._guess(row, place)
        if not row.problems:
            if action == REMOVE:
                self._remove(row)
            elif row.label in self._stops:
                self._edit(action, row, cells, place)
            elif action == ADD or row.label in self._carried.rejected:
                self._add(action, row, cells, place, feature)
            else:
                self.entries.append(_Entry(Edit(action, row.label), row))
        for fault in {fault.sentence: fault for fault in row.problems}.values():
            self.refuse(row, fault)

    def _guess(self, row: Row, place: tuple[float, float] | None) -> str:
        if row.text("status").lower() == CANCELLED:
            return REMOVE
        known = row.label in self._stops or row.label in self._carried.rejected
        guess = ADD if place is not None and not known else UPDATE
        why = "known" if known else "new, with a place" if guess == ADD else "not known"
        text = f"{row.shown('action')} is empty; the stop is {why}: read as {guess}"
        row.warn(Fault("missing_value", text, field=row.shown("action")))
        return guess

    def _cells(self, row: Row, values: list[Any]) -> Cells:
        """What is filled; the text that empties a value is taken out of `values`."""
        cells = Cells({}, values)
        noted = [row.shown(name) for name in STATE[1:] if row.value(name) is not None]
        if row.text("status").lower() not in ("", PLANNED, RELEASED, CANCELLED):
            noted.insert(0, row.shown("status"))
        if noted:
            text = f"{', '.join(noted)} of {EDITS}: how visits stand is noted in {PLAN}"
            row.warn(Fault("no_effect", text, field=noted[0]))
        for name, column in self._table.columns.items():
            if name in NOT_CARRIED or name == "stop_id" or row.value(name) is None:
                continue
            if name not in _WORDS and as_text(values[column.index]).lower() == EMPTIES:
                values[column.index] = None
                cells.emptied.add(name)
            else:
                cells.columns[name] = column
        return cells

    def _place(self, feature: QgsFeature, row: Row) -> tuple[float, float] | None:
        """Where the row puts the stop: its point, or lon and lat; None where it says nothing."""
        geometry = feature.geometry()
        if not (geometry.isNull() or geometry.isEmpty()):
            try:
                return position(geometry, self._geometries)
            except Fault as fault:
                row.problems.append(fault)
                return None
        given = [name for name in ("lon", "lat") if row.value(name) is not None]
        if len(given) < 2:
            for name in given:
                other = "lat" if name == "lon" else "lon"
                row.problem(name, Fault("missing_value", f"is there and {other} is not", "Fill both"))
            return None
        numbers = []
        for name, most in (("lon", 180), ("lat", 90)):
            try:
                number = as_number(row.value(name))
                if abs(number) > most:
                    raise Fault("off_earth", "is not on the earth", "Write degrees: longitude and latitude")
                numbers.append(number)
            except Fault as fault:
                row.problem(name, fault)
        return (numbers[0], numbers[1]) if len(numbers) == 2 else None

    def _remove(self, row: Row) -> None:
        if row.label not in self._stops and row.label in self._carried.rejected:
            text = "Stops that are to be removed were not served before, either"
            row.warn(Fault("no_effect", text))
            return
        self.entries.append(_Entry(Edit(REMOVE, row.label), row))

    def _edit(self, action: str, row: Row, cells: Cells, place: tuple[float, float] | None) -> None:
        """Read a change of a stop of the plan."""
        stop = self._stops[row.label]
        if action == ADD:
            self.entries.append(_Entry(Edit(ADD, row.label), row))
            return
        if row.choice("lock") == fields.LOCK_EXCLUDE:
            self.entries.append(_Entry(Edit(REMOVE, row.label), row))
            return
        says_something = bool(cells.touched) or action == LOCK
        vehicle_id, at = self._target(row, cells)
        if action == MOVE:
            cells = Cells(
                {name: cells.columns[name] for name in _LOCKS if name in cells.columns}, cells.values
            )
        given = self._bind(action, stop, row, cells)
        self._check_pair(stop, row, cells)
        members = self._members(row, cells, given)
        if action == UPDATE and place is not None and not _is_near(place, (stop.lon, stop.lat)):
            members.update(lon=place[0], lat=place[1])
        if action == UPDATE and not says_something and not members:
            text = f"{action} changes nothing: all other cells are empty"
            row.problems.append(Fault("missing_value", text, "Fill what is to change", row.shown("action")))
        if row.problems:
            return
        self._carried.edit(row.label, cells, given)
        edit = Edit(action, row.label, members=members, vehicle_id=vehicle_id, place=at)
        self.entries.append(_Entry(edit, row))

    def _add(
        self,
        action: str,
        row: Row,
        cells: Cells,
        place: tuple[float, float] | None,
        feature: QgsFeature,
    ) -> None:
        """Read a new stop, or one of the plan that was left out and is to be served again."""
        left_out = self._carried.rejected.get(row.label)
        if left_out is not None:
            place = place or self._carried.place_of(left_out, self._reading)
            row.warn(Fault("excluded", "A stop that was left out is to be served again"))
        if place is None:
            text = "A stop that is added needs a place"
            remedy = "Draw the point, or fill lon and lat"
            row.problems.append(Fault("no_geometry", text, remedy, "geometry"))
        vehicle_id, at = self._target(row, cells)
        if at is None and not vehicle_id and "sequence" in cells.columns:
            row.problem(
                "sequence", Fault("missing_value", "needs a vehicle_id", "Fill it, or leave both empty")
            )
        if "lock" not in cells.columns:
            for name in _LOCKS:  # they say where it goes, and hold it there in the plan before only
                cells.columns.pop(name, None)
                cells.emptied.add(name)
        old = [] if left_out is None else left_out.attributes
        merged = self._merged(row, cells, _ALL, old, {})
        lock = merged.choice("lock")
        if lock == fields.LOCK_EXCLUDE:
            text = "leaves out a stop that is added"
            merged.problem("lock", Fault("conflicting_values", text, "Clear it, or take the row out"))
        stop = stop_of(merged, row.label, place or (0.0, 0.0), lock)
        row.problems.extend(merged.problems)
        self._relations.add(
            merged, merged.choice("kind") or "", reasons.INVALID_INPUT if row.problems else ""
        )
        if row.problems:
            return
        self._carried.add(row.label, cells, self._names, left_out)
        self.entries.append(_Entry(Edit(ADD, row.label, stop, vehicle_id=vehicle_id, place=at), row))

    def _target(self, row: Row, cells: Cells) -> tuple[str, int | None]:
        """The vehicle that the row names, and the place on its route, or on that of the stop's own."""
        named = row.text("vehicle_id") if "vehicle_id" in cells.columns else ""
        number = row.number("sequence") if "sequence" in cells.columns else None
        vehicle_id = named or self._on.get(row.label, "")
        if number is None or not vehicle_id:
            return named, None
        order = self._orders.get(vehicle_id, ())
        places = (at for at, stop in enumerate(order) if self._numbers.get(stop, _LAST) >= number)
        return vehicle_id, next(places, len(order))

    def _bind(self, action: str, stop: Stop, row: Row, cells: Cells) -> dict[str, tuple[str, Any]]:
        """Values of the lock that the row does not give: where it goes along with a stop that is moved."""
        here = self._on.get(stop.id, "")
        word = as_text(row.choice("lock") or "") if "lock" in cells.columns else ""
        moved = {"vehicle_id", "sequence"} & cells.columns.keys()
        if action == LOCK and not word:
            word = fields.LOCK_VEHICLE
        elif not word and stop.vehicle_id and moved:
            holds = {KEEP_ORDER: fields.LOCK_ORDER, KEEP_PREFIX: fields.LOCK_PREFIX}.get(stop.keep, "")
            word = holds if "sequence" in cells.columns and holds else fields.LOCK_VEHICLE
        if not word:
            for name in moved:
                del cells.columns[name]
            return {}
        known = {"lock": word}
        if word in (fields.LOCK_VEHICLE, *_KEEPS):
            known["vehicle_id"] = here
        if word in _KEEPS:
            known["sequence"] = self._numbers.get(stop.id)
        return {
            name: (name, value)
            for name, value in known.items()
            if name not in cells.columns and value not in (None, "")
        }

    def _check_pair(self, stop: Stop, row: Row, cells: Cells) -> None:
        """Refuse what a row cannot change of a pair."""
        if "pair_id" in cells.touched:
            before = self._carried.value(row.label, "pair_id")
            if "pair_id" not in cells.columns or row.text("pair_id") != before:
                text = "is not that of the plan, and pairs stay as they are"
                row.problem("pair_id", Fault("broken_pair", text, "Remove the stops, and add them anew"))
            cells.columns.pop("pair_id", None)
        if "ride_max_min" in cells.touched and stop.id in self._pickups:
            text = "stands at the pickup of a pair"
            row.problem("ride_max_min", Fault("conflicting_values", text, "Write it at its delivery"))

    def _members(self, row: Row, cells: Cells, given: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
        """The new values of members of the stop."""
        _settle_loads(cells, self._carried.kind(row), self._carried.filled(row.label))
        touched = cells.touched | given.keys()
        self.touched.update(touched)
        groups = [(names, members) for names, members in _MEMBERS if touched & {*names}]
        wanted = {name for names, _ in groups for name in names}
        merged = self._merged(row, cells, wanted, self._carried.attributes[row.label], given)
        lock = merged.choice("lock")
        stop = stop_of(merged, row.label, (0.0, 0.0), lock)
        row.problems.extend(merged.problems)
        found = {member: getattr(stop, member) for _, members in groups for member in members}
        if lock in (fields.LOCK_FIRST, fields.LOCK_LAST):
            found["order_rule"] = lock
        return found

    def _merged(
        self,
        row: Row,
        cells: Cells,
        wanted: Collection[str],
        old: Sequence[Any],
        given: Mapping[str, tuple[str, Any]],
    ) -> Row:
        """The row of the plan with what the row of EDITS says in its place; it has the fields `wanted`."""
        columns = {}
        for name in wanted:
            if name in cells.columns:
                columns[name] = replace(cells.columns[name], index=len(old) + cells.columns[name].index)
            elif name not in cells.emptied and name in self._carried.columns and old:
                columns[name] = self._carried.columns[name]
        table = Table(fields.STOP_FIELDS, columns, self._reading.day)
        return Row(table, [*old, *cells.values], self._reading, row.about, given)

    def _settle(self) -> None:
        """Join what the stops that are added say of each other."""
        rows = {entry.row.label: entry for entry in self.entries if entry.edit.stop is not None}
        stops = [replace(entry.edit.stop, before=()) for entry in rows.values()]
        settled, refused = self._relations.settle(stops)
        for stop_id, refusal in refused.items():
            self.refuse(rows[stop_id].row, refusal.fault)
        for stop in settled:
            entry = rows[stop.id]
            entry.edit = replace(entry.edit, stop=replace(stop, before=entry.edit.stop.before))


def _tell_given(touched: Collection[str], expressions: Mapping[str, str], reading: Reading) -> None:
    """Warn of fields that are changed, and that an expression stands for when the plan is read."""
    for names, _ in _MEMBERS:
        by = [parameter for parameter in expressions if EXPRESSION_FIELDS[parameter] in names]
        if by and not {*names}.isdisjoint(touched):
            text = f"{' and '.join(by)}: what {EDITS} says counts in this version only"
            remedy = "Change the field that the expression reads; give both ends of a window"
            reading.warn(Fault("no_effect", text, remedy, by[0]), About(EDITS))


def _is_near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(here - there) <= _SAME_PLACE for here, there in zip(one, other))


def _settle_loads(cells: Cells, kind: str, filled: set[str]) -> None:
    """Where a row gives an amount or a window under one name and the plan under another, the row counts."""
    way = "pickup" if kind == fields.KIND_PICKUP else "delivery"
    first = f"{way}_1"
    if "demand" in cells.columns and filled & {way, first}:
        cells.columns[first] = cells.columns.pop("demand")
        cells.emptied.add("demand")
    elif {way, first} & cells.touched:
        cells.emptied.update({"demand"} - cells.columns.keys())
    for name in ("delivery", "pickup"):
        if name in cells.columns:
            cells.emptied.update({*LOADS[name]} - cells.columns.keys())
    if {*WINDOWS} & cells.columns.keys():
        cells.emptied.update({"time_windows"} - cells.columns.keys())
    elif "time_windows" in cells.columns:
        cells.emptied.update(WINDOWS)
    cells.emptied &= filled


def _stops_of(visits: VisitsLayer, reading: Reading) -> Iterable[tuple[str, QgsFeature]]:
    """The rows of a plan that were read as stops, by the id they were read by."""
    ids = {about.feature_id: name for (layer, name), about in reading.features.items() if layer == PLAN}
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    for feature in visits.source.getFeatures(request):
        if visits.is_stop(feature) and feature.id() in ids:
            yield ids[feature.id()], feature


def _numbers(visits: VisitsLayer, reading: Reading) -> dict[str, float]:
    """The number of each stop in the plan's own table."""
    index = visits.columns[ROUTE_SEQUENCE].index
    found = {}
    for stop_id, feature in _stops_of(visits, reading):
        try:
            found[stop_id] = as_number(feature.attribute(index))
        except Fault:
            found[stop_id] = _LAST
    return found


def _widened(problem: Problem) -> Problem:
    """The problem with as many kinds of load as its stops have."""
    most = max((len(loads) for stop in problem.stops for loads in (stop.delivery, stop.pickup)), default=0)
    return replace(problem, dimensions=max(most, problem.dimensions))
