"""The tables of a workspace: which columns each has, of which type, with which default and which words.

All columns come from fields.py; here is only what a table adds to them. Forms are workspace_forms.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

from ..model.day import STATUSES
from . import fields
from .fields import Field
from .qgis_compat import INTEGER, REAL, TEXT

STOPS, DEPOTS, VEHICLES, BREAKS = "stops", "depots", "vehicles", "breaks"
ZONES, BARRIERS, TRAFFIC = "zones", "barriers", "traffic"
EDITS, DISRUPTIONS = "edits", "disruptions"

POINT, AREA, NO_GEOMETRY = "Point", "MultiPolygon", "NoGeometry"

_OTHER_WAYS = frozenset({"time_windows", "time_window", "delivery", "pickup", "demand", "capacity"})
"""Fields that say in one text what others say: a table that has both can contradict itself."""

_COUNTS = frozenset({"priority", "order_rank", "docks", "max_trips", "max_stops"})
_DECIMALS = frozenset({"sequence", "factor", "speed_factor", "service_factor", "lon", "lat"})
_LISTED = "parted by commas"
_NAMED = {
    "vehicle_id": VEHICLES,
    "allowed_vehicles": VEHICLES,
    "forbidden_vehicles": VEHICLES,
    "before_stop": STOPS,
    "stop_id": STOPS,
    "start_depot": DEPOTS,
    "end_depot": DEPOTS,
    "zone_id": ZONES,
}
"""Columns that hold names of another table's features."""

_PROFILES = Path(__file__).absolute().parent.parent / "resources" / "profiles"
_NOTES = Field("notes", "What people should know; not read.", "Nothing.")
_CONTACT = (
    Field("address", "Where it is, in words; travels along.", "No address."),
    Field("phone", "Whom the driver may call; for the driver only.", "No number."),
    Field("email", "Where messages go.", "No address."),
    Field("notes", "What the driver should know; for the driver only.", "Nothing."),
    Field("access_code", "Code of the gate or door; for the driver only.", "None."),
    Field("access_notes", "How to get in; for the driver only.", "Nothing."),
)


@dataclass(frozen=True)
class Column:
    """A column: its field, the type of qgis_compat, an expression for new features, and the accepted words.

    `names` is the table whose features it names, one of them, or several where it is `listed`.
    """

    field: Field
    kind: int
    default: str = ""
    words: tuple[str, ...] = ()
    names: str = ""
    listed: bool = False
    required: bool = False
    unique: bool = False

    @property
    def name(self) -> str:
        """The name of the field."""
        return self.field.name

    @property
    def is_time(self) -> bool:
        """Whether it holds a time, as text: QGIS 3.40 shifts a DateTime of a form to UTC."""
        return self.field.unit == "time"


@dataclass(frozen=True)
class Table:
    """A table of the workspace; `key` is the column that features are called by, "" where there is none."""

    name: str
    title: str
    geometry: str
    columns: tuple[Column, ...]
    key: str = ""


def _table(
    name: str,
    geometry: str,
    columns: Iterable[Field],
    key: str = "",
    prefix: str = "",
    unique: bool = False,
    **defaults: str,
) -> Table:
    if prefix:
        number = f"try(to_int(regexp_substr(\"{key}\", '([0-9]+)$')))"
        highest = f"aggregate(@layer, 'max', {number})"
        defaults[key] = f"'{prefix}' || lpad(coalesce({highest}, 0) + 1, 3, '0')"
    made = []
    for field in columns:
        if field.name in _OTHER_WAYS:
            continue
        # A stop of EDITS may be a new one, which no list could offer.
        names = (
            "" if field.name == key or (name, field.name) == (EDITS, "stop_id") else _NAMED.get(field.name)
        )
        made.append(
            Column(
                field,
                _kind(field),
                defaults.get(field.name, ""),
                _words(field),
                names or "",
                _LISTED in field.what,
                required=field.name == key or field.empty == "An error.",
                unique=unique and field.name == key,
            )
        )
    return Table(name, name.capitalize(), geometry, tuple(made), key)


def _kind(field: Field) -> int:
    if field.name in _COUNTS:
        return INTEGER
    is_number = field.name in _DECIMALS or field.unit not in ("", "time")
    return REAL if is_number and not field.choices else TEXT


def _words(field: Field) -> tuple[str, ...]:
    """The words of a choice in our own language: one for each meaning, synonyms and numbers left out."""
    if field.name == "status":
        return STATUSES
    if field.name == "profile":
        return tuple(sorted(profile.stem for profile in _PROFILES.glob("*.json")))
    words: dict[str, str] = {}
    for word, meaning in field.choices:
        if word == meaning or not meaning:
            words.setdefault(meaning, word)
    return tuple(words.values())


TABLES: tuple[Table, ...] = (
    _table(
        STOPS,
        POINT,
        (*fields.STOP_FIELDS, *_CONTACT),
        key="stop_id",
        prefix="S",
        unique=True,
        kind="'delivery'",
        service_min="5",
        order_rule="'none'",
        lock="'none'",
        status="'planned'",
    ),
    _table(DEPOTS, POINT, (*fields.DEPOT_FIELDS, _CONTACT[0], _NOTES), "depot_id", "D", unique=True),
    _table(
        VEHICLES,
        POINT,
        (*fields.VEHICLE_FIELDS, _NOTES),
        key="vehicle_id",
        prefix="V",
        unique=True,
        profile="'car'",
        active="'yes'",
        shift_start="'08:00'",
        shift_end="'18:00'",
        zone_hard="'no'",
        lifo="'no'",
    ),
    _table(
        BREAKS,
        NO_GEOMETRY,
        (*fields.BREAK_FIELDS, _NOTES),
        key="break_id",
        prefix="B",
        duration_min="30",
        tw_start="'12:00'",
        tw_end="'13:30'",
        paid="'no'",
    ),
    _table(ZONES, AREA, (*fields.ZONE_FIELDS, _NOTES), "zone_id", "Z"),
    _table(BARRIERS, AREA, (*fields.BARRIER_FIELDS, _NOTES), "barrier_id", "X", kind="'block'"),
    _table(TRAFFIC, NO_GEOMETRY, (*fields.TRAFFIC_FIELDS, _NOTES), weekday="'Mon-Fri'", factor="1.2"),
    _table(EDITS, POINT, (*fields.EDIT_FIELDS, *fields.STOP_FIELDS, *_CONTACT)),
    _table(DISRUPTIONS, AREA, (*fields.DISRUPTION_FIELDS, _NOTES)),
)
"""The input layers of a plan, in the order in which they are made."""
