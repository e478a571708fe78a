"""The stops layer into the model's stops; what cannot be read becomes a rejected stop, never an error.

Whether a stop can be served is not judged here: the engine explains that. Errors of the layer as a whole are
collected in `Reading.errors`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

from qgis.core import (
    QgsExpression,
    QgsFeatureRequest,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsProcessingFeatureSource,
)

from ..model import reasons
from ..model.day import CANCELLED, DONE, SKIPPED
from ..model.findings import ERROR, INFO, WARNING, About, Fault
from ..model.problem import KEEP_FREE, KEEP_ORDER, KEEP_PREFIX, LATE_COST, ORDER_FREE, Stop
from . import fields
from .carried import CarriedStops, RejectedStop
from .points import as_point, position, to_wgs84
from .qgis_compat import is_null
from .reading import Reading, is_filled, no_crs, tell_columns, tell_unused
from .relations import Relations
from .row import Row, Table, as_number, as_text, merged

if TYPE_CHECKING:
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsExpressionContext,
        QgsFeature,
    )

EXPRESSION_FIELDS = {
    "SERVICE_TIME": "service_min",
    "DEMAND": "demand",
    "PRIORITY": "priority",
    "WINDOW_START": "tw1_start",
    "WINDOW_END": "tw1_end",
}
"""Parameter of an expression -> the field it stands for."""


@dataclass(frozen=True)
class Expressions:
    """Expressions over the stop by parameter name, and the context they are evaluated in."""

    texts: Mapping[str, str]
    context: QgsExpressionContext | None = None


@dataclass
class StopsRead:
    """The stops of a layer: those that can be planned, with their values by id, and those that cannot."""

    fields: QgsFields
    crs: QgsCoordinateReferenceSystem
    stops: list[Stop] = field(default_factory=list)
    rejected: list[RejectedStop] = field(default_factory=list)
    attributes: dict[str, list[Any]] = field(default_factory=dict)

    def carried_along(self) -> CarriedStops:
        """What of the layer the outputs take along."""
        return CarriedStops(self.fields, self.crs, self.attributes, tuple(self.rejected))


NO_EXPRESSIONS = Expressions({})

_KEEPS = {fields.LOCK_ORDER: KEEP_ORDER, fields.LOCK_PREFIX: KEEP_PREFIX}
_NOT_PLANNED = frozenset({DONE, SKIPPED, CANCELLED})
_MOST_STOPS = 1_000_000
"""No number on a route is higher."""

Judge = Callable[[Row], str]
"""Told of each stop before it is accepted: may add problems, and returns why it is excluded, or ""."""


def read_stops(
    source: QgsProcessingFeatureSource,
    reading: Reading,
    expressions: Expressions = NO_EXPRESSIONS,
    layer: str = "STOPS",
    for_fleet: bool = True,
) -> StopsRead:
    """Read every feature of the source (its selected features, when it was made so).

    Without `for_fleet` no stop is bound to a vehicle, whatever its fields say.
    """
    columns = fields.recognise(fields.STOP_FIELDS, source.fields().names())
    return StopsReader(source, columns, reading, expressions, layer, for_fleet).read()


class StopsReader:
    """Reads one stops layer, feature by feature. `columns` maps field names to columns."""

    def __init__(
        self,
        source: QgsProcessingFeatureSource,
        columns: Mapping[str, fields.Column],
        reading: Reading,
        expressions: Expressions,
        layer: str,
        for_fleet: bool = True,
    ):
        self._for_fleet = for_fleet
        self._source = source
        self._reading = reading
        self._layer = layer
        self._table = Table(fields.STOP_FIELDS, _with_id(columns, source), reading.day)
        self._expressions = self._parsed(expressions)
        self._context = expressions.context
        self._unused = fields.unused_columns(fields.UNUSED_STOP_FIELDS, source.fields().names())
        self._filled: set[str] = set()
        self._first_with: dict[str, str] = {}
        self._relations = Relations(keeps_order=False)
        self._naming_others: dict[str, tuple[Row, QgsGeometry]] = {}

    def read(
        self,
        is_stop: Callable[[QgsFeature], bool] | None = None,
        judge: Judge | None = None,
        carried: Sequence[tuple[int, str]] | None = None,
        may_be_empty: bool = False,
    ) -> StopsRead:
        """Return stops and rejected stops; warnings and errors go to the reading.

        `is_stop` tells which features are stops (all of them unless given), `carried` which columns travel
        along, by index and under which name (all of them unless given). A layer without any stop is an error
        unless it `may_be_empty`.
        """
        source, reading = self._source, self._reading
        self._relations = Relations(keeps_order=judge is not None)
        if carried is None:
            carried = list(enumerate(source.fields().names()))
        read = StopsRead(_named(source.fields(), carried), source.sourceCrs())
        tell_columns(reading, self._layer, self._table.columns)
        given = {name: parameter for name, (parameter, _) in self._expressions.items()}
        reading.columns[self._layer].update(given)
        if not source.sourceCrs().isValid():
            reading.refuse(no_crs(self._layer, source), About(self._layer))
            return read
        transform = to_wgs84(source.sourceCrs(), reading.transform_context)
        flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
        for feature in source.getFeatures(QgsFeatureRequest(), flags):
            if reading.feedback.isCanceled():
                return read
            if is_stop is None or is_stop(feature):
                self._read_feature(feature, transform, read, judge, [index for index, _ in carried])
        self._settle(read)
        if not (read.stops or read.rejected or may_be_empty):
            fault = Fault(
                "no_features",
                f"{self._layer} ({source.sourceName()}) has no features to plan",
                "Add points, or select some when only selected features are used",
            )
            reading.refuse(fault, About(self._layer))
        self._tell_unused(read)
        return read

    def _parsed(self, expressions: Expressions) -> dict[str, tuple[str, QgsExpression]]:
        parsed = {}
        for parameter, text in expressions.texts.items():
            expression = QgsExpression(text)
            if expression.hasParserError():
                self._refuse_expression(
                    parameter, text, f"is not a valid expression: {expression.parserErrorString().strip()}"
                )
                continue
            unknown = sorted(
                name
                for name in expression.referencedColumns()
                if name != QgsFeatureRequest.ALL_ATTRIBUTES and self._source.fields().lookupField(name) < 0
            )
            if unknown:
                self._refuse_expression(
                    parameter,
                    text,
                    f"uses the field {', '.join(unknown)}, which {self._layer} does not have",
                )
                continue
            expression.prepare(expressions.context)
            parsed[EXPRESSION_FIELDS[parameter]] = (parameter, expression)
        return parsed

    def _refuse_expression(self, parameter: str, text: str, why: str) -> None:
        fault = Fault("expression", f"{parameter} {why}", f"Correct {text!r}", parameter)
        self._reading.refuse(fault, About(self._layer))

    def _evaluate(self, feature: QgsFeature, problems: list[Fault]) -> dict[str, tuple[str, Any]]:
        if not self._expressions:
            return {}
        self._context.setFeature(feature)
        given = {}
        for name, (parameter, expression) in self._expressions.items():
            value = expression.evaluate(self._context)
            if expression.hasEvalError():
                text = f"{parameter} cannot be evaluated: {expression.evalErrorString().strip()}"
                remedy = "Correct the expression or the values it uses"
                problems.append(Fault("expression", text, remedy, parameter))
                value = None
            given[name] = (parameter, value)
        return given

    def _read_feature(
        self, feature: QgsFeature, transform, read: StopsRead, judge, carried: list[int]
    ) -> None:
        attributes = feature.attributes()
        failed: list[Fault] = []
        place = None
        try:
            place = position(feature.geometry(), transform)
        except Fault as fault:
            misplaced = [fault]
        else:
            misplaced = []
        about = About(self._layer, feature.id(), place=place)
        row = Row(self._table, attributes, self._reading, about, self._evaluate(feature, failed))
        row.problems.extend(failed)
        stop_id = row.text("stop_id")
        unnamed = not stop_id
        if unnamed:
            stop_id = f"stop-{feature.id()}"
        row.call(stop_id)
        if unnamed:
            self._tell_unnamed(row)
        where = self._where(row)
        doubled = stop_id in self._first_with
        if doubled:
            text = f'stop_id "{stop_id}" is already that of {self._first_with[stop_id]}'
            remedy = "Give each stop an id of its own"
            row.problems.append(Fault("doubled_id", text, remedy, row.shown("stop_id")))
        row.problems.extend(misplaced)
        lock = row.choice("lock")
        stop = stop_of(row, stop_id, place or (0.0, 0.0), lock, self._for_fleet)
        excluded = judge(row) if judge is not None else _left_out(row)
        if lock == fields.LOCK_EXCLUDE:
            excluded = f'{row.shown("lock")} is "{row.text("lock")}"'
        for name, (index, neutral) in self._unused.items():
            if name not in self._filled and is_filled(attributes[index], neutral):
                self._filled.add(name)
        kept = [attributes[index] for index in carried]
        if excluded:
            by = "status" if lock != fields.LOCK_EXCLUDE and _left_out(row) else "lock"
            fault = Fault("excluded", excluded, field=row.shown(by) if row.has(by) else "")
            reason, text = reasons.EXCLUDED, f"{where}: {fault.sentence}"
            self._reading.find(INFO, fault, row.about)
        elif row.problems:
            sentences = " ".join(fault.sentence for fault in row.problems)
            reason, text = reasons.INVALID_INPUT, f"{where}: {sentences}"
            for fault in row.problems:
                self._reading.find(ERROR, fault, row.about)
        else:
            reason = ""
        if not doubled and self._relations.add(row, row.choice("kind") or "", reason) and not reason:
            self._naming_others[stop_id] = row, as_point(feature.geometry())
        if not reason:
            self._first_with[stop_id] = f"feature {feature.id()}"
            read.stops.append(stop)
            read.attributes[stop_id] = kept
            return
        self._first_with.setdefault(stop_id, f"feature {feature.id()}")
        read.rejected.append(RejectedStop(stop_id, kept, as_point(feature.geometry()), reason, text))

    def _where(self, row: Row) -> str:
        return f'Feature {row.about.feature_id} of {self._layer} (stop_id "{row.label}")'

    def _settle(self, read: StopsRead) -> None:
        """Join what stops say of each other; those that cannot be planned for it are rejected."""
        read.stops, refused = self._relations.settle(read.stops)
        for stop_id, (row, point) in self._naming_others.items():
            if stop_id not in refused:
                continue
            reason, fault = refused[stop_id].reason, refused[stop_id].fault
            text = f"{self._where(row)}: {fault.sentence}"
            read.rejected.append(RejectedStop(stop_id, read.attributes.pop(stop_id), point, reason, text))
            self._reading.find(INFO if reason == reasons.EXCLUDED else ERROR, fault, row.about)

    def _tell_unnamed(self, row: Row) -> None:
        name = row.shown("stop_id")
        fault = Fault(
            "no_id", f"{self._layer}: no {name}, so the stop is named by its feature id", field=name
        )
        self._reading.warn(fault, row.about, of_layer=not row.has("stop_id"))

    def _tell_unused(self, read: StopsRead) -> None:
        tell_unused(self._reading, self._layer, self._filled)
        columns, given = self._table.columns, self._expressions
        if "service_min" not in columns and "service_min" not in given:
            text = (
                f"{self._layer} has no service_min and SERVICE_TIME is empty: every service takes 0 minutes"
            )
            self._reading.tell(
                WARNING, Fault("no_service_time", text, field="service_min"), About(self._layer)
            )
        if "vehicle_id" in columns and "lock" not in columns and any(stop.vehicle_id for stop in read.stops):
            name = columns["vehicle_id"].name
            text = f"{name} is filled and there is no lock: these stops keep their vehicle"
            self._reading.tell(INFO, Fault("vehicle_kept", text, field=name), About(self._layer))


def stop_of(
    row: Row, stop_id: str, place: tuple[float, float], lock: str | None, for_fleet: bool = True
) -> Stop:
    """The stop that a row describes, at `place` (longitude, latitude); faults of values are added to the row.

    Without `for_fleet` it is bound to no vehicle. What it says of other stops is relations.py's, but the
    names in `before`.
    """
    kind = row.choice("kind") or fields.KIND_DELIVERY
    delivery = [load or 0 for load in row.loads("delivery")]
    pickup = [load or 0 for load in row.loads("pickup")]
    demand = row.load("demand")
    if demand is not None:
        _put_demand(pickup if kind == fields.KIND_PICKUP else delivery, demand, row)
    windows = [row.window(f"tw{number}_start", f"tw{number}_end") for number in (1, 2, 3)]
    windows.extend(row.second_pairs("time_windows"))
    order_rule = row.choice("order_rule") or ORDER_FREE
    if not order_rule and lock in (fields.LOCK_FIRST, fields.LOCK_LAST):
        order_rule = lock
    late_cost = row.number("late_cost_per_hour")
    keep, keep_rank = _kept(row, lock) if for_fleet else (KEEP_FREE, 0)
    return Stop(
        id=stop_id,
        lon=place[0],
        lat=place[1],
        name=row.text("name"),
        service=row.seconds("service_min") or 0,
        setup=row.seconds("setup_min") or 0,
        windows=merged([window for window in windows if window is not None]),
        delivery=tuple(delivery),
        pickup=tuple(pickup),
        priority=_priority(row),
        order_rule=order_rule,
        order_rank=row.whole("order_rank") or 0,
        penalty=_penalty(row),
        skills=row.names("skills"),
        allowed_vehicles=row.names("allowed_vehicles"),
        forbidden_vehicles=row.names("forbidden_vehicles"),
        vehicle_id=_preassigned(row, lock) if for_fleet else "",
        late_max=_late_max(row),
        late_cost=LATE_COST if late_cost is None else late_cost,
        before=row.names("before_stop"),
        ride_max=row.seconds("ride_max_min"),
        ready=row.time("ready_time"),
        due=row.time("due_time"),
        goods_class=row.text("goods_class"),
        keep=keep,
        keep_rank=keep_rank,
    )


def _left_out(row: Row) -> str:
    """Why a stop is not to be planned by its status, or ""."""
    if row.text("status").lower() not in _NOT_PLANNED:
        return ""
    return f'{row.shown("status")} is "{row.text("status")}"'


def _with_id(
    columns: Mapping[str, fields.Column], source: QgsProcessingFeatureSource
) -> Mapping[str, fields.Column]:
    """The columns, with `name` as the id too where no other column is and it tells all features apart."""
    name = columns.get("name")
    if "stop_id" in columns or name is None or name.alias.name != "name":
        return columns
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    seen: set[str] = set()
    for feature in source.getFeatures(request.setSubsetOfAttributes([name.index]), flags):
        value = feature.attribute(name.index)
        text = "" if is_null(value) else as_text(value)
        if not text or text in seen:
            return columns
        seen.add(text)
    return {"stop_id": name, **columns}


def _named(layer_fields: QgsFields, carried: Sequence[tuple[int, str]]) -> QgsFields:
    named = QgsFields()
    for index, name in carried:
        copy = QgsField(layer_fields.at(index))
        copy.setName(name)
        named.append(copy)
    return named


def _put_demand(loads: list[int], demand: int, row: Row) -> None:
    if not loads:
        loads.append(demand)
    elif row.is_given("demand") or loads[0] == 0:
        loads[0] = demand


def _priority(row: Row) -> int:
    number = row.number("priority", 100)
    return 0 if number is None else round(number)


def _penalty(row: Row) -> float | None:
    penalty = row.number("penalty")
    return None if penalty == 0 and fields.plain(row.shown("penalty")) == "revenue" else penalty


def _late_max(row: Row) -> int | None:
    """The longest lateness in seconds; None: any."""
    try:
        minutes = as_number(row.value("late_max_min"))
    except Fault:
        minutes = 0.0
    if minutes == fields.ANY_LATENESS:
        return None
    if minutes < 0:
        remedy = "Write -1 for any lateness, 0 or more minutes for a limit, or leave it empty"
        row.problem("late_max_min", Fault("out_of_range", "is negative", remedy))
        return 0
    return row.seconds("late_max_min") or 0


def _preassigned(row: Row, lock: str | None) -> str:
    vehicle_id = row.text("vehicle_id")
    if not row.has("lock"):
        return vehicle_id
    if lock not in (fields.LOCK_VEHICLE, *_KEEPS):
        return ""
    if not vehicle_id:
        text = f"needs a vehicle, and {row.shown('vehicle_id')} is empty"
        row.problem("lock", Fault("missing_value", text, "Fill it, or clear the lock"))
    return vehicle_id


def _kept(row: Row, lock: str | None) -> tuple[str, int]:
    """How a stop is kept in its place, and its number there in thousandths: 3.5 goes between 3 and 4."""
    if lock not in _KEEPS:
        return KEEP_FREE, 0
    number = row.number("sequence", _MOST_STOPS)
    if row.value("sequence") is None:
        text = f"needs a place, and {row.shown('sequence')} is empty"
        row.problem("lock", Fault("missing_value", text, "Fill it, or clear the lock"))
    return _KEEPS[lock], round(1000 * (number or 0))
