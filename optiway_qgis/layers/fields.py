"""The fields of the input layers: names, aliases, units, and what an empty value and a missing column mean.

The one table behind reading, docs/fields.md and the messages. Values are read in row.py. No QGIS here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Sequence

from ..model.disruptions import DRIVER_SICK, KINDS, LATE, ROAD_CLOSED, VEHICLE_LOST
from ..model.edits import ADD, LOCK, MOVE, REMOVE, UPDATE
from ..model.problem import LATE_COST, MAX_DIMENSIONS, START_EARLY, START_LATE

SECOND = 1 / 60
"""Minutes in a second."""
METRE = 1 / 1000
"""Kilometres in a metre."""

NO_DEPOT = "none"
"""The text in start_depot or end_depot that leaves that end open."""

LOCK_NONE, LOCK_VEHICLE, LOCK_EXCLUDE = "none", "vehicle", "exclude"
LOCK_ORDER, LOCK_PREFIX, LOCK_FIRST, LOCK_LAST = "order", "prefix", "first", "last"
ANY_LATENESS = -1
"""The number in late_max_min that allows any lateness."""
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


_ARCGIS_KM = "a name of ArcGIS, there in the distance unit of the analysis; read in kilometres"
_ARCGIS_LATE = "a name of ArcGIS, where empty allows any lateness; here empty allows none, write -1 for any"
_ARCGIS_MINUTE = "a name of ArcGIS, read per minute as there"
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
    ("4", LOCK_FIRST),
    ("5", LOCK_LAST),
    ("preserve route and relative sequence", LOCK_ORDER),
    ("preserve route", LOCK_VEHICLE),
    ("override", LOCK_NONE),
    ("anchor first", LOCK_FIRST),
    ("anchor last", LOCK_LAST),
)

_YES_NO = (
    *((text, "yes") for text in ("yes", "y", "true", "t", "1")),
    *((text, "") for text in ("no", "n", "false", "f", "0")),
)

STOP_FIELDS: tuple[Field, ...] = (
    Field(
        "stop_id",
        "Name of the stop, unique; compared as text.",
        'The stop is called "stop-" and its feature id, with a warning.',
        "`name`, where it is filled and unique; else as empty.",
        aliases=_as("id", "order_id", "stop", "job_id", "customer_id"),
    ),
    Field(
        "name", "What people call it.", "No name.", aliases=_as("description", "customer", "customer_name")
    ),
    Field(
        "kind",
        "What happens there: delivery, pickup or service. It decides what `demand` means, and which one of "
        "a pair the stop is.",
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
    Field(
        "late_max_min",
        "By how much service may start after the last window: that many minutes, -1 by any.",
        "Not at all.",
        unit="minutes",
        aliases=tuple(Alias(name, note=_ARCGIS_LATE) for name in ("MaxViolationTime1", "MaxViolationTime")),
    ),
    Field(
        "late_cost_per_hour",
        "What an hour of lateness counts in the search, where late_max_min allows any.",
        f"{LATE_COST:g}",
        unit="currency per hour",
        aliases=_as("late_cost", "cost_per_hour_after_soft_end_time"),
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
        "early: the sooner the better; strict: in the order of order_rank; first, last: before or after all "
        "other stops of its route.",
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
        "before_stop",
        "Stops that come after this one on its route, parted by commas.",
        "None.",
    ),
    Field(
        "pair_id",
        "Name that two stops share of which one brings what the other picks up, on one vehicle and trip: one "
        "with kind pickup, one with kind delivery. Amounts may stand at both, and are equal then, or at one.",
        "No pair: deliveries come from the depot, pickups go there.",
        aliases=_as("shipment_id"),
    ),
    Field(
        "ride_max_min",
        "Longest time from the end of service at the pickup of a pair to the start of service at its "
        "delivery; the lower one counts where both stops have it.",
        "Unlimited.",
        unit="minutes",
        aliases=_as("MaxTransitTime"),
    ),
    Field(
        "ready_time",
        "When what is delivered here can be loaded at the depot.",
        "From the start.",
        unit="time",
        aliases=_as("InboundArriveTime"),
    ),
    Field(
        "due_time",
        "When what is picked up here has to be at the depot.",
        "By the end of work.",
        unit="time",
        aliases=_as("OutboundDepartTime"),
    ),
    Field(
        "goods_class",
        "Kind of goods, as the parameter INCOMPATIBLE_GOODS calls it: some do not go on a trip with others.",
        "They go with all others.",
        aliases=_as("shipment_type"),
    ),
    Field(
        "penalty",
        "Price of leaving the stop out: it is left out when serving it costs more.",
        "The stop is required.",
        unit="currency",
        aliases=(
            Alias("penalty_cost"),
            Alias(
                "Revenue",
                note="a name of ArcGIS; the stop is left out when serving it costs more, 0 is read as empty",
            ),
        ),
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
        "sequence",
        "Place on the route, read by schedule, and where `lock` is order or prefix.",
        "In schedule after the numbered stops, with a warning; an error where `lock` needs it.",
    ),
    Field(
        "lock",
        "none; vehicle: only `vehicle_id` may serve it; order: also in the order of `sequence` among those "
        "locked so; prefix: also before all other stops of that vehicle; exclude: leave the stop out.",
        "none",
        "vehicle, where `vehicle_id` is filled.",
        aliases=_as("AssignmentRule"),
        choices=(
            *((lock, lock) for lock in (LOCK_NONE, LOCK_VEHICLE, LOCK_ORDER, LOCK_PREFIX, LOCK_EXCLUDE)),
            *_ASSIGNMENT_RULES,
        ),
    ),
    Field(
        "status",
        "How the stop stands. done, skipped and cancelled: it is left out of a plan (`excluded`). Numbered "
        "points as a plan under way: as in VISITS.",
        "To be planned, as with any other word.",
    ),
    Field(
        "actual_arrival",
        "When the vehicle came; read from numbered points as a plan under way only.",
        "Not noted.",
        unit="time",
    ),
    Field(
        "actual_departure",
        "When it left; read from numbered points as a plan under way only.",
        "Not noted.",
        unit="time",
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
    Field("docks", "How many vehicles can load at once.", "Any number."),
    Field(
        "load_min",
        "Time to load for each trip, whatever is put on board.",
        "0",
        unit="minutes",
    ),
    Field(
        "load_min_per_unit",
        "Time to load for each unit of the first quantity that is put on board, in addition.",
        "0",
        unit="minutes per unit",
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
        choices=(*_YES_NO, ("include", "yes"), ("2", ""), ("exclude", "")),
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
        "Earliest start of work.",
        "The parameter SHIFT_START.",
        unit="time",
        aliases=_as("EarliestStartTime"),
    ),
    Field("shift_end", "Latest end of work.", "The parameter SHIFT_END.", unit="time"),
    Field(
        "latest_start",
        "Latest moment to begin work.",
        "Any within the shift.",
        unit="time",
        aliases=_as("LatestStartTime"),
    ),
    Field(
        "start_rule",
        "When work begins. late: as late as makes nothing later; early: as early as can be.",
        "The parameter START_RULE.",
        choices=((START_LATE, START_LATE), (START_EARLY, START_EARLY)),
    ),
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
    Field(
        "max_trips",
        "Highest number of trips a day: between two of them it loads again at its start depot.",
        "1",
    ),
    Field("max_stops", "Highest number of stops.", "Unlimited.", aliases=_as("MaxOrderCount", "max_tasks")),
    Field(
        "max_work_min",
        "Longest work, from its start to its end, unpaid breaks left out.",
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
        "Price of an hour of work.",
        "0; see below when all costs are empty.",
        unit="currency per hour",
        aliases=(Alias("CostPerUnitTime", 60, _ARCGIS_MINUTE),),
    ),
    Field(
        "cost_per_km",
        "Price of a kilometre.",
        "0; see below when all costs are empty.",
        unit="currency per km",
        aliases=(Alias("CostPerUnitDistance", note=_ARCGIS_KM),),
    ),
    Field(
        "overtime_after_min",
        "Work beyond it is overtime.",
        "Never.",
        unit="minutes",
        aliases=_as("OvertimeStartTime"),
    ),
    Field(
        "overtime_cost_per_hour",
        "Price of an hour of overtime, instead of cost_per_hour.",
        "As cost_per_hour.",
        unit="currency per hour",
        aliases=(Alias("CostPerUnitOvertime", 60, _ARCGIS_MINUTE),),
    ),
    Field(
        "service_factor",
        "Services take this driver so much longer: 1.2 is a fifth more. From 0.1 to 10.",
        "1",
    ),
    Field(
        "zone_id",
        "Zones of ZONES it serves, parted by commas.",
        "Everywhere.",
    ),
    Field(
        "zone_hard",
        "Whether it never leaves its zones: yes or no. With no it does so at a price.",
        "no",
        aliases=_as("IsHardZone"),
        choices=_YES_NO,
    ),
    Field(
        "lifo",
        "Of pairs, what was picked up last is delivered first: yes or no.",
        "no",
        choices=_YES_NO,
    ),
    Field(
        "position_time",
        "When the vehicle was at its point; read where a plan is under way.",
        "The point says nothing of where it is.",
        unit="time",
        aliases=_as("position_at", "gps_time", "fix_time", "last_seen"),
    ),
)

BREAK_FIELDS: tuple[Field, ...] = (
    Field(
        "break_id",
        "Name of the break, unique for each vehicle; compared as text.",
        'The break is called "break-" and its feature id.',
        aliases=_as("id", "break", "name"),
    ),
    Field(
        "vehicle_id",
        "Vehicles whose drivers take it, parted by commas.",
        "All vehicles.",
        aliases=_as("RouteName", "vehicles", "vehicle"),
    ),
    Field(
        "duration_min",
        "How long it takes.",
        "An error.",
        "An error.",
        unit="minutes",
        aliases=(*_as("ServiceTime", "duration"), _in_seconds("service", "duration_min")),
    ),
    Field(
        "tw_start",
        "Earliest start of a break by the clock.",
        "No break by the clock; an error where `tw_end` is filled.",
        unit="time",
        aliases=_as("TimeWindowStart", "tw1_start", "window_start", "earliest_start_time"),
    ),
    Field(
        "tw_end",
        "Latest start of a break by the clock.",
        "No break by the clock; an error where `tw_start` is filled.",
        unit="time",
        aliases=_as("TimeWindowEnd", "tw1_end", "window_end", "latest_start_time"),
    ),
    Field(
        "after_drive_min",
        "Driving after which it is due at the latest, each time anew.",
        "Not by driving.",
        unit="minutes",
        aliases=_as("MaxTravelTimeBetweenBreaks"),
    ),
    Field(
        "after_work_min",
        "Work after which it is due at the latest, each time anew.",
        "Not by work.",
        unit="minutes",
        aliases=_as("MaxCumulWorkTime"),
    ),
    Field(
        "paid",
        "Whether it counts as work, and is paid: yes or no, true or false, 1 or 0.",
        "no",
        aliases=_as("IsPaid"),
        choices=_YES_NO,
    ),
    Field(
        "first_part_min",
        "It may be taken in two parts, the first this long and the second the rest; not by the clock.",
        "In one.",
        unit="minutes",
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
        aliases=_as("id", "zone", "zone_name", "RouteName", "name"),
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

DISRUPTION_FIELDS: tuple[Field, ...] = (
    Field(
        "kind",
        "vehicle_lost: it goes no further; driver_sick: the same, but a vehicle that has not left does not "
        "work at all; late: a vehicle runs `minutes` behind its plan; road_closed: no way through where the "
        "feature is drawn; window: the stop has another window; shift: the vehicle has another shift.",
        "An error.",
        "An error.",
        aliases=_as("event", "disruption", "type"),
        choices=(
            *((kind, kind) for kind in KINDS),
            *(("lost", VEHICLE_LOST), ("breakdown", VEHICLE_LOST), ("sick", DRIVER_SICK)),
            *(("delay", LATE), ("delayed", LATE), ("closed", ROAD_CLOSED), ("block", ROAD_CLOSED)),
        ),
    ),
    Field(
        "vehicle_id",
        "Vehicles it is about, parted by commas.",
        "An error where kind is vehicle_lost, driver_sick, late or shift.",
        aliases=_as("vehicle", "vehicles", "RouteName"),
    ),
    Field(
        "stop_id",
        "Stops it is about, parted by commas.",
        "An error where kind is window.",
        aliases=_as("stop", "stops"),
    ),
    Field(
        "time",
        "When it happens: vehicle_lost, driver_sick, late, road_closed.",
        "NOW; without NOW an error where kind is vehicle_lost, and the whole day where it is driver_sick or "
        "road_closed.",
        unit="time",
        aliases=_as("at", "since", "start_time"),
    ),
    Field(
        "minutes",
        "How late the vehicle is, or for how long the road is closed.",
        "An error where kind is late; to the end of the day where it is road_closed.",
        unit="minutes",
        aliases=_as("late_min", "delay_min", "duration_min"),
    ),
    Field(
        "tw_start",
        "Earliest start of service in the new window, which takes the place of all windows of the stop.",
        "Open from midnight of the plan date; an error where kind is window and `tw_end` is empty, too.",
        unit="time",
        aliases=_as("tw1_start", "window_start", "TimeWindowStart"),
    ),
    Field(
        "tw_end",
        "Latest start of service in the new window.",
        "With no latest time; an error where kind is window and `tw_start` is empty, too.",
        unit="time",
        aliases=_as("tw1_end", "window_end", "TimeWindowEnd"),
    ),
    Field(
        "shift_start",
        "Start of the new shift.",
        "As it was; an error where kind is shift and `shift_end` is empty, too.",
        unit="time",
        aliases=_as("EarliestStartTime"),
    ),
    Field(
        "shift_end",
        "End of the new shift.",
        "As it was; an error where kind is shift and `shift_start` is empty, too.",
        unit="time",
        aliases=_as("LatestEndTime"),
    ),
)

EDIT_FIELDS: tuple[Field, ...] = (
    Field(
        "action",
        "add a stop, remove one, update what is filled, move it to `vehicle_id` and `sequence`, or lock it.",
        "add where the stop is new and has a place, else update; told.",
        aliases=_as("edit", "operation"),
        choices=tuple(
            (word, action)
            for action, words in (
                (ADD, ("add", "insert", "new", "create")),
                (REMOVE, ("remove", "delete", "cancel", "cancelled", "drop")),
                (UPDATE, ("update", "change", "edit", "modify", "set")),
                (MOVE, ("move", "assign", "reassign", "transfer")),
                (LOCK, ("lock", "pin", "fix", "freeze")),
            )
            for word in words
        ),
    ),
    Field(
        "lon",
        "Longitude of the stop in degrees (WGS 84), where the row has no point.",
        "The place stays; an error where the stop is new and has no point.",
        aliases=_as("longitude", "lng", "x"),
    ),
    Field("lat", "Latitude, likewise.", "As with `lon`.", aliases=_as("latitude", "y")),
)
"""Those that EDITS has beside the fields of stops, of which empty ones change nothing."""

OFFER_FIELDS: tuple[Field, ...] = (
    Field(
        "tw_start",
        "Earliest start of service in the window.",
        "An error.",
        "An error.",
        unit="time",
        aliases=_as("start", "from", "TimeWindowStart", "tw1_start", "window_start"),
    ),
    Field(
        "tw_end",
        "Latest start of service in the window.",
        "An error.",
        "An error.",
        unit="time",
        aliases=_as("end", "until", "to", "TimeWindowEnd", "tw1_end", "window_end"),
    ),
)

UNUSED_STOP_FIELDS: tuple[Unused, ...] = (
    Unused("zone_id"),
    Unused("max_violation_time_2"),
    Unused("curb_approach", neutral=("0",)),
    Unused("service_per_type"),
    Unused("setup_per_type"),
)
UNUSED_VEHICLE_FIELDS: tuple[Unused, ...] = (
    Unused("breaks"),
    Unused("load_min", ("StartDepotServiceTime",), ("0",)),
    Unused("unload_min", ("EndDepotServiceTime",), ("0",)),
    Unused("arrive_depart_delay", neutral=("0",)),
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
