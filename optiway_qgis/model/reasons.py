"""Reason codes: why a stop is left out, and what a plan breaks. Explained to users in docs/errors.md."""

from __future__ import annotations

CAPACITY = "capacity"
TIME_WINDOW = "time_window"
SHIFT = "shift"
DEPOT_HOURS = "depot_hours"
WORK_LIMIT = "work_limit"
DRIVE_LIMIT = "drive_limit"
DISTANCE_LIMIT = "distance_limit"
STOP_LIMIT = "stop_limit"
SKILL = "skill"
VEHICLE_RULE = "vehicle_rule"
ZONE = "zone"
LOCK = "lock"
ORDER = "order"
PAIR = "pair"
RIDE_TIME = "ride_time"
LOADING_ORDER = "loading_order"
GOODS = "goods"
RELOAD = "reload"
READY_DUE = "ready_due"
DOCK = "dock"
BREAK = "break"
UNREACHABLE = "unreachable"
NOT_WORTH_IT = "not_worth_it"
NO_VEHICLE = "no_vehicle"
INVALID_INPUT = "invalid_input"
EXCLUDED = "excluded"

UNASSIGNED_REASONS = {
    CAPACITY: "The load does not fit into any vehicle that may serve the stop.",
    TIME_WINDOW: "No vehicle can be there within the time window.",
    SHIFT: "No vehicle can serve the stop and be back within its shift.",
    DEPOT_HOURS: "The depot is closed when the vehicle would leave or return.",
    WORK_LIMIT: "The longest working time allowed would be exceeded.",
    DRIVE_LIMIT: "The longest driving time allowed would be exceeded.",
    DISTANCE_LIMIT: "The longest distance allowed would be exceeded.",
    STOP_LIMIT: "The highest number of stops allowed would be exceeded.",
    SKILL: "No vehicle has all the skills the stop asks for.",
    VEHICLE_RULE: "The vehicles allowed for the stop cannot serve it.",
    ZONE: "No vehicle that serves the zone of the stop can take it.",
    LOCK: "The stops kept in their places leave no place for the stop.",
    ORDER: "The order asked for leaves no place for the stop.",
    PAIR: "The stop it makes a pair with cannot be served.",
    RIDE_TIME: "What is picked up would be on its way longer than allowed.",
    LOADING_ORDER: "What was picked up last would not be delivered first.",
    GOODS: "It may not be on board with the goods of other stops.",
    RELOAD: "More trips would be needed than the vehicle may make.",
    READY_DUE: "The goods are not ready in time, or would be back too late.",
    DOCK: "All docks are taken when the vehicle would load.",
    BREAK: "The driver's breaks leave no time for the stop.",
    UNREACHABLE: "The stop cannot be reached.",
    NOT_WORTH_IT: "Serving the stop costs more than its penalty.",
    NO_VEHICLE: "There is no vehicle left for the stop.",
    INVALID_INPUT: "The stop could not be read.",
    EXCLUDED: "The stop was excluded by the user.",
}
"""Code to general sentence; the plan gives one with figures where it knows them."""

REJECTED_REASONS = (INVALID_INPUT, EXCLUDED)
"""Reasons of stops that never reach the engine."""

INCONSISTENT = "inconsistent"
"""A violation only: a figure of the plan is not what follows from the problem and the travel times."""
