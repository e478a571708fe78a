"""The fields of the input layers: names, aliases, units, and what an empty value and a missing column mean.

The one table behind reading, docs/fields.md and the messages. Values are read in row.py. No QGIS here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Sequence

from ..model.problem import MAX_DIMENSIONS

SECOND = 1 / 60
"""Minutes in a second."""
METRE = 1 / 1000
"""Kilometres in a metre."""

NO_DEPOT = "none"
"""The text in start_depot or end_depot that leaves that end open."""

LOCK_NONE, LOCK_VEHICLE, LOCK_EXCLUDE, LOCK_ORDER = "none", "vehicle", "exclude", "order"
KIND_DELIVERY, KIND_PICKUP, KIND_SERVICE = "delivery", "pickup", "service"
BLOCK, DELAY, SCALE = "block", "delay", "scale"


@dataclass(frozen=True)
class Alias:
    """Another name of a field. Its values times `factor` are in the field's unit.

    `note` is told when the name is used; `separator` parts the entries of a list.
    """

    name: str
    factor: float = 1.0
    note: str = ""
    separator: str = ","


@dataclass(frozen=True)
class Field:
    """One input field. `empty` and `missing` are sentences for users; `unit` may be empty.

    `choices` maps each accepted text, in lower case, to its meaning.
    """

    name: str
    what: str
    empty: str
    missing: str = "As empty."
    unit: str = ""
    aliases: tuple[Alias, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[Alias, ...]:
        """The field's own name, its first ten characters as a Shapefile keeps them, then the aliases."""
        return (Alias(self.name), Alias(self.name[:10]), *self.aliases)


@dataclass(frozen=True)
class Unused:
    """A field whose meaning is fixed but not built yet. `neutral` are values that ask for nothing."""

    name: str
    aliases: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()


def _as(*names: str) -> tuple[Alias, ...]:
    return tuple(Alias(name) for name in names)


_ARCGIS_KM = "ArcGIS gives it in the distance unit of the analysis; it is read in kilometres"
_VROOM_SECONDS = "a name of VROOM, read in seconds; call it {name} for minutes"
_VROOM_METRES = "a name of VROOM, read in metres; call it {name} for kilometres"


def _in_seconds(alias: str, name: str) -> Alias:
    return Alias(alias, SECOND, _VROOM_SECONDS.format(name=name))


def _window_fields() -> tuple[Field, ...]:
    first = {
        "start": _as("TimeWindowStart1", "TimeWindowStart", "tw_start", "window_start"),
        "end": _as("TimeWindowEnd1", "TimeWindowEnd", "tw_end", "window_end"),
    }
    fields = []
    for number in (1, 2, 3):
        for end, word in (("start", "Earliest"), ("end", "Latest")):
            aliases = first[end] if number == 1 else _as(f"TimeWindow{end}{number}")
            bound = "from midnight of the plan date" if end == "start" else "with no latest time"
            fields.append(
                Field(
                    f"tw{number}_{end}",
                    f"{word} start of service in window {number}.",
                    f"Open {bound}; no window when start and end are both empty.",
                    aliases=aliases,
                    unit="time",
                )
            )
    return tuple(fields)


def _quantity_fields(name: str, what: str, empty: str) -> tuple[Field, ...]:
    arcgis = f"{name.capitalize()}Quantity" if name != "capacity" else "Capacity"
    return tuple(
        Field(
            f"{name}_{number}",
            what,
            empty,
            unit="load",
            aliases=_as(f"{arcgis}_{number}"),
        )
        for number in range(1, MAX_DIMENSIONS + 1)
    )


_ASSIGNMENT_RULES = (
    ("0", LOCK_EXCLUDE),
    ("1", LOCK_ORDER),
    ("2", LOCK_VEHICLE),
    ("3", LOCK_NONE),
    ("preserve route and relative sequence", LOCK_ORDER),
    ("preserve route", LOCK_VEHICLE),
    ("override", LOCK_NONE),
)

STOP_FIELDS: tuple[Field, ...] = (
    Field(
        "stop_id",
        "Name of the stop, unique; compared as text.",
        'The stop is called "stop-" and its feature id, with a warning.',
        aliases=_as("id", "order_id", "stop", "job_id", "customer_id"),
    ),
    Field(
        "name", "What people call it.", "No name.", aliases=_as("description", "customer", "customer_name")
    ),
    Field(
        "kind",
        "What happens there: delivery, pickup or service. It decides what `demand` means.",
        "delivery",
        choices=tuple((kind, kind) for kind in (KIND_DELIVERY, KIND_PICKUP, KIND_SERVICE)),
    ),
    Field(
        "service_min",
        "How long the service takes.",
        "0",
        "0, with a warning, unless SERVICE_TIME is given.",
        unit="minutes",
        aliases=(*_as("ServiceTime", "service_minutes"), _in_seconds("service", "service_min")),
    ),
    Field(
        "setup_min",
        "Time to park and walk, once per place.",
        "0",
        unit="minutes",
        aliases=(_in_seconds("setup", "setup_min"),),
    ),
    *_window_fields(),
    Field(
        "time_windows",
        "Windows as VROOM writes them: [[28800, 36000], ...], in addition to tw1 to tw3.",
        "No further window.",
        unit="seconds from midnight",
    ),
    *_quantity_fields(
        "delivery", "Quantity taken from the depot to the stop, a field per kind of load.", "0"
    ),
    *_quantity_fields("pickup", "Quantity taken from the stop to the depot, a field per kind of load.", "0"),
    Field(
        "delivery",
        "All delivery quantities in one text, parted by spaces, or a list.",
        "As delivery_1 to delivery_9 say.",
        unit="load",
        aliases=_as("DeliveryQuantities", "amount"),
    ),
    Field(
        "pickup",
        "All pickup quantities in one text, parted by spaces, or a list.",
        "As pickup_1 to pickup_9 say.",
        unit="load",
        aliases=_as("PickupQuantities"),
    ),
    Field(
        "demand",
        "delivery_1, or pickup_1 where `kind` is pickup.",
        "As the quantities say.",
        unit="load",
        aliases=_as("quantity", "qty"),
    ),
    Field(
        "priority",
        "0 to 100: when not all required stops fit, the lowest are left out first.",
        "0",
    ),
    Field(
        "order_rule",
        "early: the sooner the better; strict: in the order of order_rank.",
        "Any order. In plan_one_route a priority above the lowest means early.",
        choices=(
            ("early", "early"),
            ("strict", "strict"),
            ("first", "first"),
            ("last", "last"),
            ("none", ""),
        ),
    ),
    Field("order_rank", "Rank among the strict stops of a route, 1 first.", "0"),
    Field(
        "penalty",
        "Price of leaving the stop out: it is left out when serving it costs more.",
        "The stop is required.",
        unit="currency",
        aliases=(Alias("Revenue", note="a stop is left out when serving it costs more; 0 is read as empty"),),
    ),
    Field(
        "skills",
        "What the vehicle must be able to do, parted by commas.",
        "Nothing.",
        aliases=(Alias("SpecialtyNames", separator=" "),),
    ),
    Field("allowed_vehicles", "The only vehicles that may come, parted by commas.", "All vehicles."),
    Field("forbidden_vehicles", "Vehicles that may not come, parted by commas.", "None."),
    Field(
        "vehicle_id",
        "The vehicle that is to serve the stop, if `lock` says so; in schedule the vehicle that does.",
        "Any vehicle; in schedule the stop is unassigned.",
        aliases=_as("RouteName"),
    ),
    Field(
        "sequence", "Place on the route; read by schedule only.", "After the numbered stops, with a warning."
    ),
    Field(
        "lock",
        "none; vehicle: only `vehicle_id` may serve it; exclude: leave the stop out.",
        "none",
        "vehicle, where `vehicle_id` is filled.",
        aliases=_as("AssignmentRule"),
        choices=(
            *((lock, lock) for lock in (LOCK_NONE, LOCK_VEHICLE, LOCK_EXCLUDE, LOCK_ORDER)),
            *_ASSIGNMENT_RULES,
        ),
    ),
)

DEPOT_FIELDS: tuple[Field, ...] = (
    Field(
        "depot_id",
        "Name of the depot, unique; compared as text.",
        'The depot is called "depot-" and its feature id.',
        aliases=_as("id", "depot", "depot_name", "name"),
    ),
    Field("name", "What people call it.", "No name."),
    Field(
        "tw1_start",
        "Opening time: departures and returns.",
        "Open from midnight of the plan date.",
        unit="time",
        aliases=_as("TimeWindowStart1", "TimeWindowStart", "tw_start", "window_start"),
    ),
    Field(
        "tw1_end",
        "Closing time.",
        "Never closes.",
        unit="time",
        aliases=_as("TimeWindowEnd1", "TimeWindowEnd", "tw_end", "window_end"),
    ),
)

VEHICLE_FIELDS: tuple[Field, ...] = (
    Field(
        "vehicle_id",
        "Name of the vehicle, unique; compared as text.",
        'The vehicle is called "vehicle-" and its feature id.',
        aliases=_as("id", "vehicle", "RouteName", "name"),
    ),
    Field("driver", "Who drives it.", "No name.", aliases=_as("driver_name")),
    Field("profile", "Kind of vehicle for the travel times.", "car"),
    Field("speed_factor", "How fast it is beside its profile: 0.8 is a fifth slower. From 0.1 to 10.", "1"),
    Field(
        "active",
        "Whether it works that day: yes or no, true or false, 1 or 0.",
        "yes",
        aliases=_as("AssignmentRule"),
        choices=(
            *((text, "yes") for text in ("yes", "y", "true", "t", "1", "include")),
            *((text, "") for text in ("no", "n", "false", "f", "0", "2", "exclude")),
        ),
    ),
    Field(
        "start_depot",
        "Depot it starts from; the text none: it starts at its first stop.",
        "The only depot; an error when there are several.",
        aliases=_as("StartDepotName", "start"),
    ),
    Field(
        "end_depot",
        "Depot it returns to; the text none: it ends at its last stop.",
        "The only depot; an error when there are several.",
        aliases=_as("EndDepotName", "end"),
    ),
    Field(
        "shift_start",
        "Earliest departure.",
        "The parameter SHIFT_START.",
        unit="time",
        aliases=_as("EarliestStartTime"),
    ),
    Field("shift_end", "Latest end of work.", "The parameter SHIFT_END.", unit="time"),
    Field(
        "time_window",
        "The shift as VROOM writes it: [28800, 64800].",
        "As shift_start and shift_end say.",
        unit="seconds from midnight",
    ),
    *_quantity_fields("capacity", "How much it carries, a field per kind of load.", "Unlimited."),
    Field(
        "capacity",
        "capacity_1, or all capacities in one text, parted by spaces, or a list.",
        "As capacity_1 to capacity_9 say.",
        unit="load",
        aliases=_as("Capacities"),
    ),
    Field(
        "skills",
        "What it is able to do, parted by commas.",
        "Nothing.",
        aliases=(Alias("SpecialtyNames", separator=" "),),
    ),
    Field("max_stops", "Highest number of stops.", "Unlimited.", aliases=_as("MaxOrderCount", "max_tasks")),
    Field(
        "max_work_min",
        "Longest time from departure to return.",
        "Unlimited.",
        unit="minutes",
        aliases=_as("MaxTotalTime"),
    ),
    Field(
        "max_drive_min",
        "Longest driving time.",
        "Unlimited.",
        unit="minutes",
        aliases=(*_as("MaxTotalTravelTime"), _in_seconds("max_travel_time", "max_drive_min")),
    ),
    Field(
        "max_distance_km",
        "Longest way.",
        "Unlimited.",
        unit="kilometres",
        aliases=(
            Alias("MaxTotalDistance", note=_ARCGIS_KM),
            Alias("max_distance", METRE, _VROOM_METRES.format(name="max_distance_km")),
        ),
    ),
    Field(
        "fixed_cost",
        "Price of using the vehicle at all.",
        "0; see below when all costs are empty.",
        unit="currency",
        aliases=_as("FixedCost"),
    ),
    Field(
        "cost_per_hour",
        "Price of an hour from departure to return.",
        "0; see below when all costs are empty.",
        unit="currency per hour",
        aliases=(Alias("CostPerUnitTime", 60, "ArcGIS gives it per minute; it is read so"),),
    ),
    Field(
        "cost_per_km",
        "Price of a kilometre.",
        "0; see below when all costs are empty.",
        unit="currency per km",
        aliases=(Alias("CostPerUnitDistance", note=_ARCGIS_KM),),
    ),
)

TRAFFIC_FIELDS: tuple[Field, ...] = (
    Field(
        "weekday",
        "Days it holds on: Mon, Monday or 1 (7 is Sunday); Mon-Fri, Fri-Mon; Sat, Sun; weekdays, weekend.",
        "Every day.",
        aliases=_as("weekdays", "day", "days", "day_of_week"),
    ),
    Field(
        "from",
        "First moment. With a date the row holds once, not each week.",
        "0:00.",
        unit="time",
        aliases=_as("start", "tw_start", "start_time", "time_from"),
    ),
    Field(
        "to",
        "Moment it ends. Before `from`: on the next day, and `weekday` is that of `from`.",
        "24:00.",
        unit="time",
        aliases=_as("end", "tw_end", "end_time", "time_to"),
    ),
    Field("zone_id", "Zone of ZONES it holds in.", "Everywhere.", aliases=_as("zone")),
    Field(
        "road_class",
        "Classes of road it holds on, in the words of the roads layer, parted by commas.",
        "All roads.",
        aliases=_as("highway", "fclass"),
    ),
    Field(
        "factor",
        "Travel times are multiplied by it: 1.5 takes half as long again. From 0.1 to 20.",
        "As speed_factor says; an error when that is empty too.",
        aliases=_as("time_factor", "travel_time_factor"),
    ),
    Field(
        "speed_factor",
        "The same by speed: 0.5 drives half as fast, which is a factor of 2. Give one of the two.",
        "As factor says.",
        aliases=(Alias("speed_pct", 0.01, "read as a percentage of the usual speed"),),
    ),
)

ZONE_FIELDS: tuple[Field, ...] = (
    Field(
        "zone_id",
        "Name of the zone; features with the same name are one zone.",
        "An error.",
        "An error.",
        aliases=_as("id", "zone", "zone_name", "name"),
    ),
)

BARRIER_FIELDS: tuple[Field, ...] = (
    Field(
        "barrier_id",
        "What messages call it.",
        'It is called "barrier-" and its feature id.',
        aliases=_as("id", "barrier", "name"),
    ),
    Field(
        "kind",
        "block: no way through; delay: passing takes `add_min` longer; scale: times there are multiplied by "
        "`factor`.",
        "delay where add_min is above 0, scale where factor is filled, else block.",
        aliases=_as("BarrierType"),
        choices=(
            *((kind, kind) for kind in (BLOCK, DELAY, SCALE)),
            *((word, BLOCK) for word in ("0", "restriction", "blocked", "closed")),
            *((word, SCALE) for word in ("1", "scaled cost", "scaled")),
            *((word, DELAY) for word in ("2", "added cost", "added")),
        ),
    ),
    Field(
        "add_min",
        "What passing it costs.",
        "An error where kind is delay.",
        unit="minutes",
        aliases=_as("AdditionalTime", "delay_min"),
    ),
    Field(
        "factor",
        "Travel times are multiplied by it: 2 takes twice as long. From 0.1 to 20.",
        "An error where kind is scale.",
        aliases=_as("ScaledTimeFactor", "time_factor"),
    ),
    Field(
        "active_start",
        "When it begins: a time, for each day, or a date and time.",
        "0:00 where active_end is a time; else it has always been there.",
        unit="time",
    ),
    Field(
        "active_end",
        "When it is gone. A time before active_start is on the next day.",
        "24:00 where active_start is a time; else it stays.",
        unit="time",
    ),
)

UNUSED_STOP_FIELDS: tuple[Unused, ...] = (
    Unused("pair_id"),
    Unused("late_max_min", ("MaxViolationTime1", "MaxViolationTime"), ("0",)),
    Unused("before_stop"),
    Unused("ready_time", ("InboundArriveTime",)),
    Unused("due_time", ("OutboundDepartTime",)),
    Unused("ride_max_min"),
    Unused("goods_class"),
    Unused("status"),
    Unused("actual_arrival"),
    Unused("actual_departure"),
    Unused("zone_id"),
)
UNUSED_DEPOT_FIELDS: tuple[Unused, ...] = (Unused("docks"), Unused("load_min"), Unused("load_min_per_unit"))
UNUSED_VEHICLE_FIELDS: tuple[Unused, ...] = (
    Unused("latest_start", ("LatestStartTime",)),
    Unused("max_trips", (), ("1",)),
    Unused("overtime_after_min", ("OvertimeStartTime",)),
    Unused("overtime_cost_per_hour", ("CostPerUnitOvertime",), ("0",)),
    Unused("service_factor", (), ("1",)),
    Unused("zone_id"),
    Unused("zone_hard"),
    Unused("position_time"),
    Unused("breaks"),
    Unused("load_min", ("StartDepotServiceTime",), ("0",)),
)


def plain(name: str) -> str:
    """A column name as it is compared: lower case, without spaces, underscores, hyphens and dots."""
    return "".join(letter for letter in name.lower() if letter not in " _-.")


@dataclass(frozen=True)
class Column:
    """A column of a layer that was recognised: where it is, what it is called there, under which alias."""

    index: int
    name: str
    alias: Alias


def recognise(fields: Iterable[Field], names: Sequence[str]) -> dict[str, Column]:
    """Field name -> the column that holds it. The own name wins over aliases, these in their order."""
    places = {plain(name): index for index, name in reversed(list(enumerate(names)))}
    found = {}
    for field in fields:
        for alias in field.names:
            index = places.get(plain(alias.name))
            if index is not None:
                found[field.name] = Column(index, names[index], alias)
                break
    return found


def recognised_text(found: dict[str, Column]) -> str:
    """The columns in use, as one line for the log; aliases with the field they stand for.

    Names that begin with an underscore are not fields and are left out.
    """
    return ", ".join(
        column.name if plain(column.name) == plain(name) else f"{column.name} (as {name})"
        for name, column in found.items()
        if not name.startswith("_")
    )


def unused_columns(unused: Iterable[Unused], names: Sequence[str]) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Column name -> (index, neutral values) of the columns whose meaning is not built yet."""
    by_name = {
        plain(name): field for field in unused for name in (field.name, field.name[:10], *field.aliases)
    }
    return {
        name: (index, by_name[plain(name)].neutral)
        for index, name in enumerate(names)
        if plain(name) in by_name
    }


def fields_table(fields: Iterable[Field]) -> str:
    """The table of docs/fields.md for these fields, in Markdown; numbered fields 1 to 9 share a row."""
    lines = [
        "| field | unit | meaning | empty value | no such column | other names |",
        "|---|---|---|---|---|---|",
    ]
    for field in fields:
        first, last = f"_{1}", f"_{MAX_DIMENSIONS}"
        if field.name[-2] == "_" and field.name[-1].isdigit() and not field.name.endswith(first):
            continue
        ending = f" to `{field.name[:-2]}{last}`" if field.name.endswith(first) else ""
        other = ", ".join(
            f"`{alias.name}`" + (f" ({alias.note})" if alias.note else "") for alias in field.aliases
        )
        cells = (f"`{field.name}`{ending}", field.unit, field.what, field.empty, field.missing, other)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
