"""What is found before anything is planned: faults of values and layers, with code, place and remedy.

Every code is in one table here and in docs/errors.md. What is looked for, and where, is the readers' and
preflight's.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import reasons

ERROR, WARNING, INFO = SEVERITIES = "error", "warning", "info"
"""An error: planning would refuse the input, or surely leave the stop out. A warning: something is probably
not meant so, or cannot wholly be done. Information: what is worth knowing."""

CODES = {
    "no_features": "Choose a layer with features, or clear the selection",
    "no_crs": "Set the CRS in the layer's properties",
    "no_field": "Add the field, or choose another one",
    "wrong_geometry": "Choose a layer, or draw the feature, with the geometry that is needed",
    "no_geometry": "Place the feature, or delete it",
    "several_points": "Split the feature with the algorithm Multipart to singleparts",
    "off_earth": "Check that longitude comes first, and the CRS of the layer",
    "doubled_id": "Give each feature an id of its own",
    "no_id": "Fill the id, so that the name stays the same when the layer changes",
    "not_a_number": "Write a number such as 12.5, or leave it empty",
    "out_of_range": "Correct the value or its unit",
    "not_whole": "Write a number without decimals, or leave it empty",
    "not_a_time": "Write it as 08:30, 08:30:00 or 2026-05-04T08:30",
    "not_a_list": "Write the list as docs/fields.md shows",
    "unknown_word": "Write one of the words of docs/fields.md, or leave it empty",
    "ends_before_start": "Correct one of the two",
    "missing_value": "Fill the value",
    "conflicting_values": "Leave one of the two empty",
    "unknown_depot": "Write the depot_id of a depot, or none",
    "unknown_vehicle": "Correct the name, or add the vehicle",
    "unknown_zone": "Write the zone_id of a zone, or leave it empty",
    "unknown_stop": "Correct the name, or add the stop; the order is not kept",
    "already_done": "Take the row out, or correct the status: what is done does not change",
    "inconsistent_day": "Correct status, actual times or sequence",
    "stale_position": "Give a newer position, or clear position_time",
    "broken_pair": "Give a pair one stop of kind pickup and one of kind delivery",
    "circle": "Take one of these orders out",
    "expression": "Correct the expression or the values it uses",
    "parameter": "Correct the parameter",
    "no_vehicle_works": "Add a vehicle, or set one active",
    "next_day": "Nothing, if the night is meant; else swap start and end",
    "other_day": "Check the dates, and the plan date",
    "unused_field": "Nothing; do not rely on it yet",
    "long_break": "Shorten the break, or lengthen the shift",
    "cheap_overtime": "Raise overtime_cost_per_hour, or leave it empty",
    "zone_without_vehicle": "Name the zone in the zone_id of a vehicle",
    "unit_of_name": "Check the unit, or rename the field",
    "no_service_time": "Add service_min, or give SERVICE_TIME",
    "no_effect": "Give what is missing, or take it out",
    "swapped_coordinates": "Check that x is the longitude and y the latitude",
    "far_from_others": "Check the position and the address it was found by",
    "empty_shift": "Correct shift_start or shift_end",
    "unused_depot": "Nothing, if it is meant; else name it in start_depot or end_depot",
    "inactive_vehicle": "Nothing, if it is meant; else set it active",
    "excluded": "Nothing, if it is meant; else clear the lock or status",
    "vehicle_kept": "Nothing, if it is meant; else add a field lock with none",
    "default_costs": "Fill fixed_cost, cost_per_hour and cost_per_km to plan by your own prices",
    "fleet_capacity": "More or larger vehicles, or a priority or penalty that says what may stay behind",
    "fleet_time": "More vehicles or longer shifts, or a priority or penalty that says what may stay behind",
    "fleet_stops": "More vehicles or a higher max_stops, or a priority or penalty that says what may stay",
    "few_vehicles": "More vehicles in that hour, or wider windows",
    "far_from_road": "Check the position and the roads, or allow far stops",
    "cut_off": "Check the position, the roads and the barriers, or allow far stops",
    "outside_roads": "Check the position, or take roads that reach it",
    "travel_times": "As the text says",
    "not_tried": "Mend what the text names, then run again",
}
"""Code -> what to do where a fault says nothing more exact."""

_BY_REASON = {
    reasons.CAPACITY: "Check the unit of demand and capacity, or add a larger vehicle",
    reasons.TIME_WINDOW: "Widen the window, or start a shift earlier",
    reasons.SHIFT: "A longer shift, or a vehicle that starts nearer",
    reasons.DEPOT_HOURS: "Check the opening hours of the depot",
    reasons.WORK_LIMIT: "Raise max_work_min, or a vehicle that starts nearer",
    reasons.DRIVE_LIMIT: "Raise max_drive_min, or a vehicle that starts nearer",
    reasons.DISTANCE_LIMIT: "Raise max_distance_km, or a vehicle that starts nearer",
    reasons.STOP_LIMIT: "Raise max_stops",
    reasons.SKILL: "Compare the skills of stops and vehicles, letter by letter",
    reasons.VEHICLE_RULE: "Loosen one of the rules the text lists",
    reasons.ORDER: "Another order_rank or order_rule, or fewer names in before_stop",
    reasons.ZONE: "Name the zone in the zone_id of a vehicle, or clear zone_hard",
    reasons.LOCK: "Another sequence, or another lock",
    reasons.PAIR: "Plan the other stop of the pair, too",
    reasons.RIDE_TIME: "Raise ride_max_min",
    reasons.LOADING_ORDER: "A vehicle without lifo",
    reasons.GOODS: "A vehicle or trip of its own, or another pair of INCOMPATIBLE_GOODS",
    reasons.RELOAD: "Raise max_trips",
    reasons.READY_DUE: "An earlier ready_time, a later due_time, or another shift",
    reasons.DOCK: "More docks, or less time to load",
    reasons.BREAK: "A shorter break, or a longer shift",
    reasons.UNREACHABLE: "Check the position, the roads and the barriers, or allow far stops",
}
REMEDIES = {**CODES, **_BY_REASON}
"""As `CODES`, with the reasons for which not even an empty vehicle could serve a stop."""


class Fault(ValueError):
    """What is wrong and what to do, before it is known where. `field` is the column or parameter.

    `text` and `remedy` come without the full stop at their end; together they are the message.
    """

    def __init__(self, code: str, text: str, remedy: str = "", field: str = ""):
        super().__init__(f"{text}. {remedy}" if remedy else text)
        self.code = code
        self.text = text
        self.remedy = remedy
        self.field = field

    @property
    def sentence(self) -> str:
        """The message with its full stop."""
        return ended(str(self))


@dataclass(frozen=True)
class About:
    """Which feature something is about, as far as it is one: `id` is that of the stop, depot or vehicle,
    `place` longitude and latitude in degrees WGS 84."""

    layer: str = ""
    feature_id: int | None = None
    id: str = ""
    place: tuple[float, float] | None = None


@dataclass(frozen=True)
class Finding:
    """One thing found: how grave, what, about which feature and field, and what to do."""

    severity: str
    code: str
    text: str
    remedy: str
    field: str = ""
    about: About = About()


@dataclass(frozen=True)
class HourCover:
    """An hour from `start` (seconds from midnight of the plan date): who works, and what must begin in it.

    `stops` are those whose windows all lie in the hour, `asked` the seconds of their service, `there` the
    seconds of shifts in it. `needed` is the least number of vehicles that could begin them all.
    """

    start: int
    vehicles: int
    stops: int
    asked: int
    there: int
    needed: int

    @property
    def is_short(self) -> bool:
        """Whether the vehicles on shift cannot begin all of the stops, even without any driving."""
        return self.needed > self.vehicles


def found(severity: str, fault: Fault, about: About = About()) -> Finding:
    """Return the finding a fault is, once it is known where."""
    remedy = fault.remedy or REMEDIES[fault.code]
    return Finding(severity, fault.code, ended(fault.text), ended(remedy), fault.field, about)


def ended(text: str) -> str:
    """Return a sentence with a full stop at its end."""
    return text if text.endswith(".") else text + "."
