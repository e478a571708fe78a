"""Names, order and types of the output fields, and the names carried fields take beside them. No values.

Minutes and kilometres are unrounded; docs/fields.md explains each field to users.
"""

from __future__ import annotations

from typing import Tuple

from qgis.core import QgsField, QgsFields

from ..model.problem import MAX_DIMENSIONS
from .qgis_compat import DATE_TIME, INTEGER, REAL, TEXT, make_field

_Rows = Tuple[Tuple[str, int], ...]

ROUTES = "ROUTES"
LEGS = "LEGS"
VISITS = "VISITS"
UNASSIGNED = "UNASSIGNED"
SINKS = (ROUTES, LEGS, VISITS, UNASSIGNED)
COMPARISON = "COMPARISON"
CHANGES = "CHANGES"
OPTIONS = "OPTIONS"
SUGGESTIONS = "SUGGESTIONS"

STOP_ID = "stop_id"
STOP_NAME = "name"

_RENAMED = "stop_"
TAKEN_BY_FORMATS = frozenset({"fid", "geom"})
"""Column names that a GeoPackage keeps for itself: rows are lost or refused when a field has one of them."""

_ROUTES = (
    ("start_time", DATE_TIME),
    ("end_time", DATE_TIME),
    ("plan_id", TEXT),
    ("version", INTEGER),
    ("parent_version", INTEGER),
    ("engine", TEXT),
    ("seed", INTEGER),
    ("settings", TEXT),
    ("route_id", TEXT),
    ("vehicle_id", TEXT),
    ("driver", TEXT),
    ("trips", INTEGER),
    ("stops", INTEGER),
    ("distance_km", REAL),
    ("drive_min", REAL),
    ("service_min", REAL),
    ("loading_min", REAL),
    ("wait_min", REAL),
    ("break_min", REAL),
    ("total_min", REAL),
    ("overtime_min", REAL),
    ("late_min", REAL),
    ("late_stops", INTEGER),
    ("load_pct", REAL),
    ("cost", REAL),
    ("cost_fixed", REAL),
    ("cost_distance", REAL),
    ("cost_time", REAL),
    ("violations", TEXT),
    ("travel_source", TEXT),
    ("time_zone", TEXT),
)
_LEGS = (
    ("start_time", DATE_TIME),
    ("end_time", DATE_TIME),
    ("plan_id", TEXT),
    ("version", INTEGER),
    ("route_id", TEXT),
    ("vehicle_id", TEXT),
    ("trip", INTEGER),
    ("sequence", INTEGER),
    ("from_id", TEXT),
    ("to_id", TEXT),
    ("to_name", TEXT),
    ("drive_min", REAL),
    ("distance_km", REAL),
)
_VISITS = (
    ("start_time", DATE_TIME),
    ("end_time", DATE_TIME),
    ("eta", DATE_TIME),
    ("plan_id", TEXT),
    ("version", INTEGER),
    ("route_id", TEXT),
    ("vehicle_id", TEXT),
    ("driver", TEXT),
    ("trip", INTEGER),
    ("sequence", INTEGER),
    ("visit_type", TEXT),
    ("setup_min", REAL),
    ("wait_min", REAL),
    ("planned_service_min", REAL),
    ("late_min", REAL),
    ("slack_min", REAL),
    ("drive_min", REAL),
    ("distance_km", REAL),
    ("cum_distance_km", REAL),
)
_STATE = (
    ("status", TEXT),
    ("actual_arrival", DATE_TIME),
    ("actual_departure", DATE_TIME),
    ("fetched_at", INTEGER),
)
_UNASSIGNED = (
    ("reason", TEXT),
    ("reason_text", TEXT),
    ("nearest_vehicle", TEXT),
    ("added_min", REAL),
    ("added_cost", REAL),
    ("cheapest_fix", TEXT),
)
_COMPARISON = (
    ("name", TEXT),
    ("vehicle_id", TEXT),
    ("unit", TEXT),
    ("before", REAL),
    ("after", REAL),
    ("difference", REAL),
    ("percent", REAL),
)
_CHANGES = (
    ("stop_id", TEXT),
    ("name", TEXT),
    ("change", TEXT),
    ("vehicle_before", TEXT),
    ("vehicle_after", TEXT),
    ("sequence_before", INTEGER),
    ("sequence_after", INTEGER),
    ("eta_before", DATE_TIME),
    ("eta_after", DATE_TIME),
    ("change_min", REAL),
    ("late_before_min", REAL),
    ("late_after_min", REAL),
)
_OPTIONS = (
    ("stop_id", TEXT),
    ("name", TEXT),
    ("rank", INTEGER),
    ("vehicle_id", TEXT),
    ("driver", TEXT),
    ("sequence", INTEGER),
    ("after_id", TEXT),
    ("before_id", TEXT),
    ("eta", DATE_TIME),
    ("start_time", DATE_TIME),
    ("added_min", REAL),
    ("added_drive_min", REAL),
    ("added_km", REAL),
    ("added_cost", REAL),
    ("later_stops", INTEGER),
    ("most_later_min", REAL),
    ("promises_missed", INTEGER),
    ("late_min", REAL),
    ("violations", TEXT),
    ("text", TEXT),
)
_SUGGESTIONS = (
    ("stop_id", TEXT),
    ("name", TEXT),
    ("rank", INTEGER),
    ("window_start", DATE_TIME),
    ("window_end", DATE_TIME),
    ("added_cost", REAL),
    ("added_min", REAL),
    ("vehicle_id", TEXT),
    ("driver", TEXT),
    ("eta", DATE_TIME),
    ("later_stops", INTEGER),
    ("promises_missed", INTEGER),
)
_REMARK, _WHY = (("remark", TEXT),), (("why", TEXT),)
"""The last field of CHANGES: what is to be known of two plans, and why the second is not the first."""


def comparison_fields() -> QgsFields:
    """Fields of COMPARISON."""
    return _fields(_COMPARISON)


def changes_fields() -> QgsFields:
    """Fields of CHANGES of two plans that are compared."""
    return _fields((*_CHANGES, *_REMARK))


def day_changes_fields() -> QgsFields:
    """Fields of CHANGES of a plan that comes after another."""
    return _fields((*_CHANGES, *_WHY))


def options_fields() -> QgsFields:
    """Fields of OPTIONS."""
    return _fields(_OPTIONS)


def suggestions_fields() -> QgsFields:
    """Fields of SUGGESTIONS."""
    return _fields(_SUGGESTIONS)


def routes_fields() -> QgsFields:
    """Fields of ROUTES."""
    return _fields(_ROUTES)


def legs_fields(dimensions: int) -> QgsFields:
    """Fields of LEGS, with one load per dimension."""
    return _fields(_legs(_loads(dimensions)))


def visits_fields(carried: QgsFields, dimensions: int) -> QgsFields:
    """Fields of VISITS: those of the plan, then those of the stop under names that are still free."""
    own = _fields(_visits(_loads(dimensions)))
    return _joined(own, stop_fields(carried, own))


def unassigned_fields(carried: QgsFields) -> QgsFields:
    """Fields of UNASSIGNED: those of the stop under names that are still free, then those of the plan."""
    own = _fields(_UNASSIGNED)
    return _joined(stop_fields(carried, own), own)


def own_names(sink_name: str, dimensions: int = MAX_DIMENSIONS) -> frozenset[str]:
    """The names in one output that come from the plan and not from the stop."""
    loads = _loads(dimensions)
    rows = {
        ROUTES: _ROUTES,
        LEGS: _legs(loads),
        VISITS: _visits(loads),
        UNASSIGNED: _UNASSIGNED,
        COMPARISON: _COMPARISON,
        CHANGES: (*_CHANGES, *_REMARK, *_WHY),
        OPTIONS: _OPTIONS,
        SUGGESTIONS: _SUGGESTIONS,
    }
    return frozenset(name for name, _ in rows[sink_name])


def visits_names(dimensions: int) -> frozenset[str]:
    """The names of VISITS that come from the plan and not from the stop."""
    return own_names(VISITS, dimensions)


def own_name(name: str, names: frozenset[str]) -> str:
    """The name that a field of a stop had before it was written beside fields called `names`."""
    own = name[len(_RENAMED) :]
    was_renamed = name.lower().startswith(_RENAMED) and own.lower() in names | TAKEN_BY_FORMATS
    return own if was_renamed else name


def adds_stop_id(carried: QgsFields) -> bool:
    """Tell whether the outputs get a `stop_id` of their own because the stops layer has none."""
    return STOP_ID not in {field.name().lower() for field in carried}


def stop_fields(carried: QgsFields, own: QgsFields) -> QgsFields:
    """Return the fields of a stop as they are written beside the fields `own`.

    A field whose name is taken (names compare without case) becomes `stop_<name>`, then `stop_<name>_2` and
    so on; `fid` becomes `stop_fid`. Of two names that differ in case only, the first is kept. Where there is
    no `stop_id`, one is put in front. Constraints and defaults stay behind: depots have none of these values.
    """
    taken = {field.name().lower() for field in own} | TAKEN_BY_FORMATS
    written = QgsFields()
    if adds_stop_id(carried):
        written.append(make_field(STOP_ID, TEXT))
        taken.add(STOP_ID)
    kept = set()
    for index, field in enumerate(carried):
        if field.name().lower() not in taken:
            taken.add(field.name().lower())
            kept.add(index)
    for index, field in enumerate(carried):
        name = field.name() if index in kept else _free_name(field.name(), taken)
        taken.add(name.lower())
        written.append(_copy(field, name))
    return written


def _legs(loads: _Rows) -> _Rows:
    return (*_LEGS, *loads, ("travel_source", TEXT))


def _visits(loads: _Rows) -> _Rows:
    return (*_VISITS, *loads, ("violations", TEXT), *_STATE)


def _loads(dimensions: int) -> _Rows:
    return tuple((f"load_{number}", REAL) for number in range(1, dimensions + 1))


def _fields(rows: _Rows) -> QgsFields:
    fields = QgsFields()
    for name, kind in rows:
        fields.append(make_field(name, kind))
    return fields


def _joined(first: QgsFields, second: QgsFields) -> QgsFields:
    fields = QgsFields(first)
    for field in second:
        fields.append(field)
    return fields


def _free_name(name: str, taken: set[str]) -> str:
    free = base = f"{_RENAMED}{name}"
    number = 2
    while free.lower() in taken:
        free = f"{base}_{number}"
        number += 1
    return free


def _copy(field: QgsField, name: str) -> QgsField:
    copy = QgsField(name, field.type(), field.typeName(), field.length(), field.precision(), field.comment())
    copy.setSubType(field.subType())
    copy.setAlias(field.alias())
    return copy
