"""A layer of visits into what each driver knows of it, as it stands: nothing is timed, planned or judged.

What the columns are called is read_visits.py's, what differs between two layers is model/differences.py's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qgis.core import QgsFeatureRequest, QgsProcessingFeatureSource

from ..model.day import CANCELLED, STATUSES, TO_DO
from ..model.differences import DriverRoute, DriverVisit
from ..model.findings import About, Fault
from ..model.plan import VISIT_STOP, VISIT_TRANSFER
from .points import position, to_wgs84
from .qgis_compat import is_null
from .row import as_number, as_text

if TYPE_CHECKING:
    from qgis.core import QgsFeature

    from .read_visits import VisitsLayer
    from .reading import Reading

_BEHIND = frozenset(STATUSES) - TO_DO - {CANCELLED}
_LAST = float("inf")


@dataclass(frozen=True)
class DriversRead:
    """The routes of a layer, and the plans and versions its rows name, each once, in their order."""

    routes: list[DriverRoute]
    plan_ids: list[str]
    versions: list[int]

    @property
    def version(self) -> int | None:
        """The version of the plan; None where the rows name none or several."""
        return self.versions[0] if len(self.versions) == 1 else None


@dataclass
class _Seen:
    """What was gathered row by row: by vehicle the drivers and the visits with their numbers."""

    drivers: dict[str, str] = field(default_factory=dict)
    visits: dict[str, list[tuple[float, DriverVisit]]] = field(default_factory=dict)
    plan_ids: dict[str, None] = field(default_factory=dict)
    versions: dict[int, None] = field(default_factory=dict)


def missing_fields(visits: VisitsLayer) -> list[str]:
    """The fields without which nobody can be told anything."""
    names = visits.missing()
    if "stop_id" not in visits.columns:
        names.insert(0, "stop_id")
    return names if visits.is_plan else [*names, "eta", "visit_type"]


def read_drivers(
    visits: VisitsLayer, reading: Reading, takes_cancelled: bool = False, now: int | None = None
) -> DriversRead:
    """Read the routes as the rows have them, each in the order of its numbers.

    Visits due before `now` are behind the driver, whatever their status. Cancelled visits are left out or,
    with `takes_cancelled`, taken as still to be made: as the driver was told once. A visit without a time to
    tell is left out with a warning.
    """
    seen = _Seen()
    named = {name.lower(): index for index, name in reversed(visits.carried)}
    flags = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in visits.source.getFeatures(QgsFeatureRequest(), flags):
        vehicle_id = visits.vehicle_id(feature)
        status = as_text(visits.value(feature, "status") or "").lower()
        if not vehicle_id or (status == CANCELLED and not takes_cancelled):
            continue
        note_plan(visits, feature, seen.plan_ids, seen.versions)
        eta = eta_of(visits, feature, reading)
        if eta is None:
            continue
        driver = as_text(visits.value(feature, "driver") or "")
        seen.drivers[vehicle_id] = seen.drivers.get(vehicle_id) or driver
        is_due = now is not None and eta < now
        kind = VISIT_STOP if visits.is_stop(feature) else visits.kind(feature)
        address = feature.attribute(named["address"]) if "address" in named else None
        if is_null(address) and kind == VISIT_TRANSFER:
            address = _coordinates(visits, feature, reading)
        visit = DriverVisit(
            type=kind,
            id=visits.carried_text(feature, "stop_id"),
            eta=eta,
            name=visits.carried_text(feature, "name"),
            address="" if is_null(address) else as_text(address),
            behind=is_due or status in _BEHIND or visits.value(feature, "actual_arrival") is not None,
        )
        seen.visits.setdefault(vehicle_id, []).append((number_of(visits, feature), visit))
    return DriversRead(
        routes=[
            DriverRoute(vehicle_id, seen.drivers[vehicle_id], _in_order(visits_of))
            for vehicle_id, visits_of in seen.visits.items()
        ],
        plan_ids=list(seen.plan_ids),
        versions=list(seen.versions),
    )


def note_plan(
    visits: VisitsLayer, feature: QgsFeature, plan_ids: dict[str, None], versions: dict[int, None]
) -> None:
    """Note the plan and the version that a row names."""
    plan_id, version = visits.value(feature, "plan_id"), visits.value(feature, "version")
    if plan_id is not None:
        plan_ids[as_text(plan_id)] = None
    if version is not None:
        versions[int(version)] = None


def eta_of(visits: VisitsLayer, feature: QgsFeature, reading: Reading) -> int | None:
    """When a visit is due, in seconds from midnight of the plan date; None, with a warning, if not told."""
    value = visits.value(feature, "eta")
    about = About(visits.name, feature.id(), visits.carried_text(feature, "stop_id"))
    if value is None:
        text = f"{visits.name}: eta is empty, and the visit is left out"
        reading.warn(Fault("missing_value", text, "Time the visits with Schedule", "eta"), about)
        return None
    try:
        return reading.day.read(value).seconds
    except Fault as fault:
        text = f'{visits.name}: eta "{as_text(value)}" {fault.text}, and the visit is left out'
        reading.warn(Fault(fault.code, text, fault.remedy, "eta"), about)
        return None


def _coordinates(visits: VisitsLayer, feature: QgsFeature, reading: Reading) -> str:
    """Where a vehicle stands, as telephones take it: latitude first. Empty where the row has no place."""
    transform = to_wgs84(visits.source.sourceCrs(), reading.transform_context)
    try:
        lon, lat = position(feature.geometry(), transform)
    except Fault:
        return ""
    return f"{lat:.5f},{lon:.5f}"


def number_of(visits: VisitsLayer, feature: QgsFeature) -> float:
    """The number of a visit on its route; behind all others where it has none."""
    value = visits.value(feature, "sequence")
    try:
        return _LAST if value is None else as_number(value)
    except Fault:
        return _LAST


def _in_order(numbered: list[tuple[float, DriverVisit]]) -> tuple[DriverVisit, ...]:
    return tuple(visit for _, visit in sorted(numbered, key=lambda one: one[0]))
