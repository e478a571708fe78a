"""The vehicles table into the model's vehicles, or a fleet of equal vehicles where there is no table.

What is wrong in a vehicle, and every name of a depot or vehicle that does not exist, is an error of the job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Collection, Iterable, Mapping, Sequence

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource

from ..model.findings import INFO, About, Fault
from ..model.problem import DAY, LOAD_SCALE, START_LATE, Depot, Stop, Vehicle, Window
from . import fields
from .reading import Reading, is_filled, tell_columns, tell_unused
from .row import LONGEST_KM, Row, Table, next_day

if TYPE_CHECKING:
    from qgis.core import QgsFeature
    from qgis.PyQt.QtCore import QTime

    from .times import PlanDay


@dataclass(frozen=True)
class Costs:
    """Prices of a vehicle in the user's currency."""

    fixed: float
    per_km: float
    per_hour: float


SPEED_FACTORS = 0.1, 10.0
"""Beyond these a speed, or a time of service, beside the usual one is taken for a mistake."""
DEFAULT_COSTS = Costs(fixed=50.0, per_km=0.5, per_hour=20.0)
"""Of vehicles without any cost: without a price no plan would be better than another."""


def equal_vehicles(
    count: int,
    capacity: float | None,
    shift: Window,
    depots: Sequence[Depot],
    reading: Reading,
    start_rule: str = START_LATE,
) -> list[Vehicle]:
    """`count` vehicles V1, V2, ... of the one depot, at the default costs; `capacity` None is unlimited."""
    if len(depots) != 1:
        if depots:
            known = some(depot.id for depot in depots)
            fault = Fault(
                "missing_value",
                f"VEHICLES is empty and there are {len(depots)} depots ({known})",
                "Give a table of vehicles with start_depot and end_depot",
                "VEHICLES",
            )
            reading.refuse(fault)
        return []
    depot = depots[0].id
    tell_default_costs(reading)
    load = None if capacity is None else round(capacity * LOAD_SCALE)
    width = len(str(count))
    return [
        Vehicle(
            id=f"V{number:0{width}}",
            start_depot=depot,
            end_depot=depot,
            shift=shift,
            capacity=(load,),
            start_rule=start_rule,
            **cost_members(DEFAULT_COSTS),
        )
        for number in range(1, count + 1)
    ]


def read_vehicles(
    source: QgsProcessingFeatureSource,
    depots: Sequence[Depot],
    shift: Window,
    reading: Reading,
    layer: str = "VEHICLES",
    only: Collection[str] | None = None,
    start_rule: str = START_LATE,
) -> list[Vehicle]:
    """Read every active vehicle, or those called in `only`; `shift` and `start_rule` are those of vehicles
    without any of their own."""
    names = source.fields().names()
    table = Table(fields.VEHICLE_FIELDS, fields.recognise(fields.VEHICLE_FIELDS, names), reading.day)
    tell_columns(reading, layer, table.columns)
    reader = _VehicleReader(table, depots, shift, start_rule, reading, layer, only)
    unused = fields.unused_columns(fields.UNUSED_VEHICLE_FIELDS, names)
    filled: set[str] = set()
    vehicles: dict[str, Vehicle] = {}
    count = 0
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    for feature in source.getFeatures(request, flags):
        count += 1
        attributes = feature.attributes()
        filled.update(
            name for name, (index, neutral) in unused.items() if is_filled(attributes[index], neutral)
        )
        vehicle = reader.vehicle(feature)
        if vehicle is None:
            continue
        if vehicle.id in vehicles:
            text = f'{layer}: feature {feature.id()} has the vehicle_id "{vehicle.id}" of another one'
            remedy = "Give each vehicle an id of its own"
            about = About(layer, feature.id(), vehicle.id)
            reading.refuse(Fault("doubled_id", text, remedy, reader.id_column), about)
        vehicles[vehicle.id] = vehicle
    if not vehicles and not reader.failed:
        state = "no features" if count == 0 else f"{count} vehicles and none of them is active"
        if count and only is not None:
            state = f"none of the vehicles of the visits ({some(only)})"
        text = f"{layer} ({source.sourceName()}) has {state}"
        reading.refuse(Fault("no_vehicle_works", text, "At least one vehicle is needed"), About(layer))
    tell_unused(reading, layer, filled)
    return _priced(list(vehicles.values()), reading)


def check_vehicle_names(
    stops: Iterable[Stop], vehicles: Sequence[Vehicle], reading: Reading, layer: str
) -> None:
    """Warn of vehicles that stops name and that are not there: such a stop may find no vehicle."""
    known = {vehicle.id for vehicle in vehicles}
    for stop in stops:
        named = {*stop.allowed_vehicles, *stop.forbidden_vehicles, stop.vehicle_id} - known - {""}
        for name in sorted(named):
            text = f'No active vehicle is called "{name}"{zero_padded(name, known)}'
            field = reading.shown(layer, _field_naming(stop, name))
            reading.warn(Fault("unknown_vehicle", text, field=field), reading.about(layer, stop.id))


class _VehicleReader:
    def __init__(
        self,
        table: Table,
        depots: Sequence[Depot],
        shift: Window,
        start_rule: str,
        reading: Reading,
        layer: str,
        only: Collection[str] | None,
    ):
        self._start_rule = start_rule
        self._only = only
        self._table = table
        self._depots = {depot.id: depot for depot in depots}
        self._shift = shift
        self._reading = reading
        self._layer = layer
        self._missing_told: set[str] = set()
        self.failed = False
        self.id_column = table.columns["vehicle_id"].name if "vehicle_id" in table.columns else "vehicle_id"

    def vehicle(self, feature: QgsFeature) -> Vehicle | None:
        row = Row(self._table, feature.attributes(), self._reading, About(self._layer, feature.id()))
        vehicle_id = row.text("vehicle_id") or f"vehicle-{feature.id()}"
        row.call(vehicle_id)
        if self._only is not None and vehicle_id not in self._only:
            return None
        active = row.choice("active")
        if active == "" and not row.problems:
            name = row.shown("active")
            text = f'{name} is "{row.text("active")}": it does not work that day'
            self._reading.find(INFO, Fault("inactive_vehicle", text, field=name), row.about)
            return None
        shift = self._own_shift(row)
        vehicle = Vehicle(
            id=vehicle_id,
            driver=row.text("driver"),
            profile=row.text("profile") or "car",
            speed_factor=_or_one(row.factor("speed_factor", *SPEED_FACTORS)),
            start_depot=self._depot(row, "start_depot"),
            end_depot=self._depot(row, "end_depot"),
            shift=shift,
            capacity=row.loads("capacity"),
            skills=row.names("skills"),
            max_stops=row.whole("max_stops"),
            max_work=row.seconds("max_work_min"),
            max_drive=row.seconds("max_drive_min"),
            max_distance=_metres(row.number("max_distance_km", LONGEST_KM)),
            fixed_cost=row.number("fixed_cost") or 0.0,
            cost_per_hour=row.number("cost_per_hour") or 0.0,
            cost_per_km=row.number("cost_per_km") or 0.0,
            latest_start=_latest_start(row, shift),
            service_factor=_or_one(row.factor("service_factor", *SPEED_FACTORS)),
            max_trips=row.count("max_trips") or 1,
            overtime_after=row.seconds("overtime_after_min"),
            overtime_cost_per_hour=row.number("overtime_cost_per_hour"),
            zones=row.names("zone_id"),
            zone_hard=row.yes("zone_hard"),
            lifo=row.yes("lifo"),
            start_rule=row.choice("start_rule") or self._start_rule,
        )
        where = f'{self._layer}: feature {feature.id()} (vehicle_id "{vehicle_id}")'
        for fault in row.problems:
            self._reading.refuse(fault, row.about, where)
        if row.problems:
            self.failed = True
            return None
        return vehicle

    def _depot(self, row: Row, name: str) -> str | None:
        depot_id = row.text(name)
        if depot_id.lower() == fields.NO_DEPOT or not self._depots:
            return None
        if not depot_id:
            if len(self._depots) > 1 and name not in self._missing_told:
                if not row.has(name):
                    self._missing_told.add(name)
                shown = row.shown(name)
                text = f"{shown} is empty and there are {len(self._depots)} depots"
                remedy = f"Write one of {some(self._depots)}, or none"
                row.problems.append(Fault("missing_value", text, remedy, shown))
            return next(iter(self._depots))
        if depot_id not in self._depots:
            text = f"is no depot of DEPOTS{zero_padded(depot_id, self._depots)}"
            remedy = f"Write one of {some(self._depots)}, or none"
            row.problem(name, Fault("unknown_depot", text, remedy))
        return depot_id

    def _until_next_day(self, row: Row, start: int, end: int) -> Window:
        """Return a shift of which one end is the job's; an end before its start is on the next day."""
        if end < start:
            given = "shift_end" if row.value("shift_end") is not None else "shift_start"
            row.warn(next_day("the start of the shift", "the end of the shift", row.shown(given)))
            end += DAY
        return Window(start, end)

    def _own_shift(self, row: Row) -> Window:
        pairs = row.second_pairs("time_window")
        if pairs:
            return pairs[0]
        if row.value("shift_start") is None and row.value("shift_end") is None:
            return self._shift
        if row.value("shift_end") is None:
            start = row.time("shift_start")
            return self._until_next_day(row, start, self._shift.end) if start is not None else self._shift
        if row.value("shift_start") is None:
            end = row.time("shift_end")
            return self._until_next_day(row, self._shift.start, end) if end is not None else self._shift
        return row.window("shift_start", "shift_end") or self._shift


def _latest_start(row: Row, shift: Window) -> int | None:
    """The latest start of work; one before the shift begins is on the next day where the shift is, too."""
    if row.value("latest_start") is None:
        return None
    latest = row.moment("latest_start")
    if latest is None or latest.seconds >= shift.start:
        return None if latest is None else latest.seconds
    later = row.moment("latest_start", next_day=True).seconds
    if not shift.start <= later <= shift.end:
        text = "is before the shift begins"
        row.problem("latest_start", Fault("ends_before_start", text, "Correct it, or leave it empty"))
    return later


def cost_members(costs: Costs) -> Mapping[str, float]:
    """The costs as the members of a Vehicle."""
    return {"fixed_cost": costs.fixed, "cost_per_km": costs.per_km, "cost_per_hour": costs.per_hour}


def tell_default_costs(reading: Reading) -> None:
    """Tell which prices are used where none is given."""
    costs = DEFAULT_COSTS
    text = (
        f"No costs given: {costs.fixed:g} per vehicle, {costs.per_km:g} per km and {costs.per_hour:g} per "
        "hour are used"
    )
    reading.tell(INFO, Fault("default_costs", text))


def open_shift(start: int) -> Window:
    """A shift of a whole day from `start`."""
    return Window(start, start + DAY)


def shift_between(start: QTime, end: QTime, day: PlanDay) -> Window:
    """The shift between two times of the plan date; an end before the start is on the next day."""
    first, last = day.at(start), day.at(end)
    return Window(first, last if last >= first else day.at(end, next_day=True))


def _priced(vehicles: list[Vehicle], reading: Reading) -> list[Vehicle]:
    from dataclasses import replace

    if any(vehicle.fixed_cost or vehicle.cost_per_km or vehicle.cost_per_hour for vehicle in vehicles):
        return vehicles
    if vehicles:
        tell_default_costs(reading)
    return [replace(vehicle, **cost_members(DEFAULT_COSTS)) for vehicle in vehicles]


def _field_naming(stop: Stop, vehicle_id: str) -> str:
    if vehicle_id == stop.vehicle_id:
        return "vehicle_id"
    return "allowed_vehicles" if vehicle_id in stop.allowed_vehicles else "forbidden_vehicles"


def _or_one(factor: float | None) -> float:
    return 1.0 if factor is None else factor


def _metres(kilometres: float | None) -> int | None:
    return None if kilometres is None else round(kilometres * 1000)


def some(names: Iterable[str]) -> str:
    """The first of these names, for a message."""
    listed = list(names)
    return ", ".join(listed[:5]) + (", ..." if len(listed) > 5 else "")


def zero_padded(name: str, known: Iterable[str]) -> str:
    """A hint where leading zeros alone make the difference."""
    for other in known:
        if other != name and other.lstrip("0") == name.lstrip("0"):
            return (
                f' ("{other}" is: one of the two columns is read as a number and lost its leading zeros; '
                "read the CSV without type detection, or make both columns text)"
            )
    return ""
