"""One table of everything that a plan has to keep and one of everything that is wished for.

Each row says where the user gives it, what holds it in the model, who searches by it, who times it, who
judges it or prices it, and which code tells of it. Nothing is computed here: tests walk the tables, and
docs/constraints.md shows them.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import reasons

PYVRP = "PyVRP"
RELAXED = "PyVRP, relaxed"
OWN = "our own moves"
ENGINES = {
    PYVRP: "PyVRP represents it exactly.",
    RELAXED: "PyVRP knows some of it; our own moves mend what its answer breaks, and search on.",
    OWN: "PyVRP knows nothing of it; our own moves see to it.",
}
"""Which engine searches by a constraint. The scheduler and the checker see to each, whatever it was."""


@dataclass(frozen=True)
class Constraint:
    """A rule that a plan keeps.

    `fields` are columns (`layer.field`) and parameters (in capitals), `attributes` members of the model
    (`Stop.windows`), `timed_by` and `judged_by` what times and what judges it (`file.function` or
    `file.Class.method` in engine/solving), `code` the reason and violation that tell of it.
    """

    name: str
    what: str
    fields: tuple[str, ...]
    attributes: tuple[str, ...]
    engine: str
    timed_by: str
    judged_by: str
    code: str


@dataclass(frozen=True)
class Wish:
    """What makes one plan better than another: `priced_by` is a function of engine/solving/objective.py.

    `code` is the reason of stops that are left out for its sake, empty where there are none.
    """

    name: str
    what: str
    fields: tuple[str, ...]
    attributes: tuple[str, ...]
    priced_by: str
    code: str = ""


_WINDOWS = tuple(f"stops.tw{number}_{end}" for number in (1, 2, 3) for end in ("start", "end"))
_LOADS = tuple(f"stops.{name}_{number}" for name in ("delivery", "pickup") for number in range(1, 10))
_CAPACITIES = tuple(f"vehicles.capacity_{number}" for number in range(1, 10))
_BREAKS = ("BREAKS", "breaks.break_id", "breaks.vehicle_id", "breaks.duration_min")
_BREAK = ("Vehicle.breaks", "Break.duration")

CONSTRAINTS: tuple[Constraint, ...] = (
    Constraint(
        "time_windows",
        "Service starts within one of the stop's windows.",
        (*_WINDOWS, "stops.time_windows", "WINDOW_START", "WINDOW_END"),
        ("Stop.windows", "Window.start", "Window.end"),
        PYVRP,
        "schedule.Timetable._forward",
        "check_rules._time_breaches",
        reasons.TIME_WINDOW,
    ),
    Constraint(
        "late_max",
        "Service starts at most so long after the last window.",
        ("stops.late_max_min",),
        ("Stop.late_max",),
        PYVRP,
        "breaches._hours",
        "check_rules._time_breaches",
        reasons.TIME_WINDOW,
    ),
    Constraint(
        "service_time",
        "Services take their time, more or less of it by the driver, and setup once per place.",
        ("stops.service_min", "stops.setup_min", "vehicles.service_factor", "SERVICE_TIME"),
        ("Stop.service", "Stop.setup", "Vehicle.service_factor"),
        PYVRP,
        "instance.Instance._stop_step",
        "check_rules._time_breaches",
        reasons.SHIFT,
    ),
    Constraint(
        "shift",
        "Work begins and ends within the vehicle's shift.",
        ("vehicles.shift_start", "vehicles.shift_end", "vehicles.time_window", "SHIFT_START", "SHIFT_END"),
        ("Vehicle.shift",),
        PYVRP,
        "breaches._hours",
        "check_rules._time_breaches",
        reasons.SHIFT,
    ),
    Constraint(
        "latest_start",
        "Work begins by then.",
        ("vehicles.latest_start",),
        ("Vehicle.latest_start",),
        PYVRP,
        "schedule.Timetable._last_start",
        "check_rules._time_breaches",
        reasons.SHIFT,
    ),
    Constraint(
        "depot_hours",
        "Vehicles load, leave and return while the depot is open.",
        ("depots.tw1_start", "depots.tw1_end"),
        ("Depot.window",),
        PYVRP,
        "breaches._hours",
        "check_rules._time_breaches",
        reasons.DEPOT_HOURS,
    ),
    Constraint(
        "loading_time",
        "Loading takes its time before each trip.",
        ("depots.load_min", "depots.load_min_per_unit"),
        ("Depot.load", "Depot.load_per_unit"),
        RELAXED,
        "schedule.Timetable._loading",
        "check_rules._time_breaches",
        reasons.DEPOT_HOURS,
    ),
    Constraint(
        "docks",
        "No more vehicles load at once than the depot has docks.",
        ("depots.docks",),
        ("Depot.docks",),
        OWN,
        "docks.berthed",
        "check_rules.dock_breaches",
        reasons.DOCK,
    ),
    Constraint(
        "ready",
        "A trip is loaded when its goods are ready.",
        ("stops.ready_time",),
        ("Stop.ready",),
        PYVRP,
        "schedule.Timetable.ready",
        "check_rules._ready_due_breaches",
        reasons.READY_DUE,
    ),
    Constraint(
        "due",
        "A trip is back at the depot by the time its goods are due.",
        ("stops.due_time",),
        ("Stop.due",),
        RELAXED,
        "breaches._ready_and_due",
        "check_rules._ready_due_breaches",
        reasons.READY_DUE,
    ),
    Constraint(
        "capacity",
        "In each of up to nine kinds of load, what is on board fits.",
        (
            *_LOADS,
            *("stops.delivery", "stops.pickup", "stops.demand", "stops.kind", "DEMAND"),
            *_CAPACITIES,
            *("vehicles.capacity", "VEHICLE_CAPACITY"),
        ),
        ("Stop.delivery", "Stop.pickup", "Vehicle.capacity", "Problem.dimensions"),
        PYVRP,
        "breaches._capacity",
        "check_rules._load_breaches",
        reasons.CAPACITY,
    ),
    Constraint(
        "trips",
        "A vehicle makes up to so many trips, and loads anew before each.",
        ("vehicles.max_trips",),
        ("Vehicle.max_trips",),
        PYVRP,
        "trips.reloads",
        "check_rules._reload_breaches",
        reasons.RELOAD,
    ),
    Constraint(
        "break_window",
        "A break by the clock starts within its window.",
        (*_BREAKS, "breaks.tw_start", "breaks.tw_end"),
        (*_BREAK, "Break.window"),
        RELAXED,
        "breaks.rests",
        "check_rules._window_breaches",
        reasons.BREAK,
    ),
    Constraint(
        "break_after_drive",
        "No longer driving than that without a break.",
        (*_BREAKS, "breaks.after_drive_min", "BREAK_RULE"),
        (*_BREAK, "Break.after_drive", "Break.gone"),
        RELAXED,
        "breaks.rests",
        "check_rules._drive_breaches",
        reasons.BREAK,
    ),
    Constraint(
        "break_after_work",
        "No longer working than that without a break.",
        (*_BREAKS, "breaks.after_work_min", "BREAK_RULE"),
        (*_BREAK, "Break.after_work", "Break.gone"),
        RELAXED,
        "breaks.rests",
        "check_rules._work_breaches",
        reasons.BREAK,
    ),
    Constraint(
        "break_in_parts",
        "A break may be taken in two parts, the shorter one first.",
        ("breaks.first_part_min", "BREAKS", "BREAK_RULE"),
        ("Break.first_part",),
        RELAXED,
        "breaks.rests",
        "check_rules._drive_breaches",
        reasons.BREAK,
    ),
    Constraint(
        "work_limit",
        "Work takes at most so long; breaks that are not paid are no work.",
        ("vehicles.max_work_min", "breaks.paid"),
        ("Vehicle.max_work", "Break.paid"),
        PYVRP,
        "breaches._limits",
        "check_rules._limit_breaches",
        reasons.WORK_LIMIT,
    ),
    Constraint(
        "drive_limit",
        "Driving takes at most so long.",
        ("vehicles.max_drive_min",),
        ("Vehicle.max_drive",),
        PYVRP,
        "breaches._limits",
        "check_rules._limit_breaches",
        reasons.DRIVE_LIMIT,
    ),
    Constraint(
        "distance_limit",
        "The way is at most so long.",
        ("vehicles.max_distance_km",),
        ("Vehicle.max_distance",),
        PYVRP,
        "breaches._limits",
        "check_rules._limit_breaches",
        reasons.DISTANCE_LIMIT,
    ),
    Constraint(
        "stop_limit",
        "A vehicle serves at most so many stops.",
        ("vehicles.max_stops",),
        ("Vehicle.max_stops",),
        PYVRP,
        "breaches._limits",
        "check_rules._limit_breaches",
        reasons.STOP_LIMIT,
    ),
    Constraint(
        "skills",
        "The vehicle has all skills of the stop.",
        ("stops.skills", "vehicles.skills"),
        ("Stop.skills", "Vehicle.skills"),
        PYVRP,
        "instance.Instance.refusals",
        "check_rules._who_breaches",
        reasons.SKILL,
    ),
    Constraint(
        "vehicle_rules",
        "Some vehicles only, or some not.",
        ("stops.allowed_vehicles", "stops.forbidden_vehicles"),
        ("Stop.allowed_vehicles", "Stop.forbidden_vehicles"),
        PYVRP,
        "instance.Instance.refusals",
        "check_rules._who_breaches",
        reasons.VEHICLE_RULE,
    ),
    Constraint(
        "vehicle",
        "The stop is served by this vehicle or by none.",
        ("stops.vehicle_id", "stops.lock"),
        ("Stop.vehicle_id",),
        PYVRP,
        "instance.Instance.refusals",
        "check_rules._who_breaches",
        reasons.VEHICLE_RULE,
    ),
    Constraint(
        "zone_hard",
        "A vehicle serves stops in its zones only.",
        ("vehicles.zone_id", "vehicles.zone_hard", "ZONES"),
        ("Vehicle.zones", "Vehicle.zone_hard", "Stop.zones"),
        PYVRP,
        "instance.Instance.refusals",
        "check_rules._who_breaches",
        reasons.ZONE,
    ),
    Constraint(
        "kept_order",
        "Stops keep the order they have on their vehicle; others may come between them.",
        ("stops.lock", "stops.vehicle_id", "stops.sequence"),
        ("Stop.keep", "Stop.keep_rank"),
        RELAXED,
        "breaches._lock",
        "check_rules._lock_breaches",
        reasons.LOCK,
    ),
    Constraint(
        "kept_prefix",
        "Stops keep their order and come before all others of their vehicle.",
        ("stops.lock", "stops.vehicle_id", "stops.sequence"),
        ("Stop.keep", "Stop.keep_rank"),
        PYVRP,
        "breaches._lock",
        "check_rules._lock_breaches",
        reasons.LOCK,
    ),
    Constraint(
        "strict_order",
        "On a route, stops of lower rank come first.",
        ("stops.order_rule", "stops.order_rank"),
        ("Stop.order_rule", "Stop.order_rank"),
        RELAXED,
        "breaches._strict",
        "check_rules._order_breaches",
        reasons.ORDER,
    ),
    Constraint(
        "first_last",
        "A stop is the first, or the last, of its route.",
        ("stops.order_rule",),
        ("Stop.order_rule",),
        PYVRP,
        "breaches._first_and_last",
        "check_rules._order_breaches",
        reasons.ORDER,
    ),
    Constraint(
        "before",
        "A stop comes before another, on the same route.",
        ("stops.before_stop",),
        ("Stop.before",),
        RELAXED,
        "breaches._before",
        "check_rules._order_breaches",
        reasons.ORDER,
    ),
    Constraint(
        "pairs",
        "What is picked up at one stop is delivered at another, later on the same trip.",
        ("stops.pair_id", "stops.kind"),
        ("Stop.picked_up_at",),
        PYVRP,
        "breaches._pairs",
        "check_rules._pair_breaches",
        reasons.PAIR,
    ),
    Constraint(
        "ride_time",
        "What is picked up is not longer on its way than that.",
        ("stops.ride_max_min",),
        ("Stop.ride_max",),
        RELAXED,
        "schedule.Timetable._hold_pickups",
        "check_rules._ride_breaches",
        reasons.RIDE_TIME,
    ),
    Constraint(
        "loading_order",
        "What was picked up last is delivered first.",
        ("vehicles.lifo",),
        ("Vehicle.lifo",),
        RELAXED,
        "breaches._pairs",
        "check_rules._loading_order_breaches",
        reasons.LOADING_ORDER,
    ),
    Constraint(
        "goods",
        "Some goods are not on one trip together.",
        ("stops.goods_class", "INCOMPATIBLE_GOODS"),
        ("Stop.goods_class", "Problem.incompatible"),
        RELAXED,
        "breaches._goods",
        "check_rules._goods_breaches",
        reasons.GOODS,
    ),
    Constraint(
        "travel",
        "There is a way for each leg; it takes what the travel table says for the vehicle and the hour.",
        ("vehicles.profile", "vehicles.speed_factor", "vehicles.start_depot", "vehicles.end_depot", "TRAVEL"),
        (
            *("Stop.lon", "Stop.lat", "Depot.lon", "Depot.lat"),
            *("Vehicle.profile", "Vehicle.speed_factor", "Vehicle.start_depot", "Vehicle.end_depot"),
        ),
        PYVRP,
        "schedule.Timetable._measure",
        "check_rules._way_breaches",
        reasons.UNREACHABLE,
    ),
)

WISHES: tuple[Wish, ...] = (
    Wish(
        "cost",
        "Low cost: vehicles used, kilometres and hours of work.",
        ("vehicles.fixed_cost", "vehicles.cost_per_km", "vehicles.cost_per_hour"),
        ("Vehicle.fixed_cost", "Vehicle.cost_per_km", "Vehicle.cost_per_hour"),
        "route_price",
    ),
    Wish(
        "overtime",
        "Work beyond a limit has a price of its own.",
        ("vehicles.overtime_after_min", "vehicles.overtime_cost_per_hour"),
        ("Vehicle.overtime_after", "Vehicle.overtime_cost_per_hour"),
        "route_price",
    ),
    Wish(
        "start",
        "Work begins as late as makes nothing later, or as early as it can; waiting is paid.",
        ("vehicles.start_rule", "START_RULE"),
        ("Vehicle.start_rule",),
        "route_price",
    ),
    Wish(
        "required",
        "Stops without a penalty are served; where not all fit, those of the lowest priority are left out.",
        ("stops.priority", "PRIORITY"),
        ("Stop.priority",),
        "importance",
        reasons.NO_VEHICLE,
    ),
    Wish(
        "penalty",
        "A stop with a penalty is served where that costs less.",
        ("stops.penalty",),
        ("Stop.penalty",),
        "score_of",
        reasons.NOT_WORTH_IT,
    ),
    Wish(
        "early",
        "The sooner the better.",
        ("stops.order_rule", "stops.priority"),
        ("Stop.order_rule", "Stop.priority"),
        "early_weight",
    ),
    Wish(
        "lateness",
        "An hour of lateness has a price, up to late_max_min.",
        ("stops.late_cost_per_hour",),
        ("Stop.late_cost",),
        "lateness_price",
    ),
    Wish(
        "zone",
        "Stops in the zones of their vehicle; others have a price.",
        ("vehicles.zone_id", "vehicles.zone_hard", "ZONES"),
        ("Vehicle.zones", "Stop.zones", "Goals.zone_price"),
        "route_price",
    ),
    Wish(
        "fewest_vehicles",
        "No vehicle more than needed, whatever it costs.",
        ("GOAL",),
        ("Goals.fewest_vehicles",),
        "route_price",
    ),
    Wish(
        "balance",
        "The longest route, in hours, stops or kilometres, as short as its price is worth.",
        ("BALANCE", "BALANCE_WEIGHT"),
        ("Goals.balance", "Goals.balance_price"),
        "balance_price",
    ),
    Wish(
        "vehicle_change",
        "Stops stay on the vehicle of the plan before; others have a price.",
        ("VEHICLE_CHANGE_PRICE",),
        ("Stop.planned", "Goals.vehicle_change_price"),
        "change_price",
    ),
    Wish(
        "position_change",
        "The stops of a vehicle keep the order of the plan before; each out of it has a price.",
        ("POSITION_CHANGE_PRICE",),
        ("Stop.planned", "Goals.position_change_price"),
        "change_price",
    ),
    Wish(
        "promise",
        "Stops are arrived at when the plan before said, give or take the tolerance; others have a price.",
        ("PROMISE_PRICE", "PROMISE_TOLERANCE"),
        ("Stop.planned", "Goals.promise_price", "Goals.promise_tolerance"),
        "change_price",
    ),
)

CHANGE_WISHES = ("vehicle_change", "position_change", "promise")
"""The wishes that keep a plan close to the one before."""

NO_CONSTRAINT = frozenset(
    (
        *("Stop.id", "Stop.name", "Depot.id", "Depot.name", "Vehicle.id", "Vehicle.driver", "Break.id"),
        *("Problem.plan_date", "Problem.time_zone"),
        *("Problem.stops", "Problem.depots", "Problem.vehicles", "Problem.goals", "Stop.fetch"),
    )
)
"""Members of the model that only name or hold something, or that nobody but the engine sets."""

NO_RULE = (reasons.INVALID_INPUT, reasons.EXCLUDED, reasons.INCONSISTENT)
"""Codes of no rule: of stops that never reach the engine, and of plans that are wrong."""
