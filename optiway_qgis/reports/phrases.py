"""Every English phrase of the report, in one table, so that another language is another table.

Not here: what the plan itself says (notes, sentences of unassigned stops, codes) and names.
"""

from __future__ import annotations

PHRASES = {
    "title": "Route plan",
    "day_0": "Monday",
    "day_1": "Tuesday",
    "day_2": "Wednesday",
    "day_3": "Thursday",
    "day_4": "Friday",
    "day_5": "Saturday",
    "day_6": "Sunday",
    # header
    "time_zone": "Time zone",
    "plan_id": "Plan",
    "engine": "Engine",
    "seed": "Seed",
    "travel": "Travel times",
    "travel_estimate": "estimated",
    "traffic": "Traffic",
    "traffic_rows": "rows in force: {count}, situations: {situations}",
    "traffic_weather": "weather factor: {factor}",
    "traffic_barriers": "barriers: {count}",
    "contents": "Contents",
    "estimate_note": (
        "Travel times and distances are estimates, not roads: the way is taken from the straight distance "
        "between two places. Lines on the map are straight. Expect differences on the day."
    ),
    "partly_estimate_note": "Legs drawn straight because no road was found: {count} of {total}.",
    "matrix_note": "Times and distances are those of the travel matrix given; lines on the map are straight.",
    "violations_note": "The plan breaks rules; each breach is listed under “{section}”.",
    "empty_note": "The plan has no routes.",
    "next_day": "Times are local to {zone}. +1 is the next day. Durations are hours and minutes.",
    # key figures
    "figures": "Key figures",
    "stops_served": "Stops served",
    "of_total": "of {total}",
    "routes": "Routes",
    "of_vehicles": "vehicles: {total}",
    "distance": "Distance",
    "driving": "Driving",
    "of_work": "{share} of working time",
    "work": "Working time",
    "per_route": "{amount} per route",
    "cost": "Cost",
    "late_stops": "Late stops",
    "at_most": "at most {amount}",
    "violations": "Violations",
    "unassigned": "Unassigned",
    "km": "km",
    "miles": "mi",
    # timeline
    "timeline": "Timeline",
    "timeline_of": "Timeline of {vehicle}: {start} to {end}, stops: {stops}",
    "drive": "Driving",
    "service": "Service",
    "setup": "Setup",
    "wait": "Waiting",
    "late_mark": "Late, since the end of the window",
    "shift": "Shift",
    "timeline_hint": "Numbers are the stops in order, at the start of service.",
    "unused": "Not used",
    # map
    "map": "Map",
    "map_of": "Schematic map of the routes",
    "map_hint": "North is up. Schematic: the shape of the routes, not the streets around them.",
    "stop": "Stop",
    "depot": "Depot",
    "unassigned_stop": "Unassigned stop",
    "outside": "Unassigned stops too far away to be drawn: {count}.",
    # tables
    "loads": "Loads",
    "loads_hint": "Highest load on board and capacity.",
    "load_n": "Load {number}",
    "no_loads": "The stops of this plan carry no loads.",
    "unlimited": "no limit",
    "stop_count": "Stops",
    "vehicle": "Vehicle",
    "driver": "Driver",
    "start": "Start",
    "end": "End",
    "late": "Late",
    "cost_fixed": "Fixed cost",
    "cost_distance": "Distance cost",
    "cost_time": "Time cost",
    "total": "Total",
    "none": "none",
    "stop_lists": "Stop lists",
    "open_all": "Open all",
    "close_all": "Close all",
    "order": "No.",
    "eta": "ETA",
    "service_start": "Service",
    "departure": "Leaves",
    "window": "Window",
    "name": "Name",
    "id": "Id",
    "load": "Load after",
    "slack": "Slack",
    "free": "free",
    "remarks": "Remarks",
    "start_visit": "Start",
    "end_visit": "End",
    # lateness and violations
    "lateness": "Lateness and violations",
    "no_lateness": "Nobody is late.",
    "no_violations": "No rule is broken.",
    "late_by": "Late by",
    "rule": "Rule",
    "what": "What is wrong",
    "more": "And more: {count}. The stop lists show them all.",
    "more_violations": "And more: {count}.",
    # unassigned
    "all_assigned": "Every stop is on a route.",
    "reason": "Reason",
    "why": "Why",
    "nearest_vehicle": "Nearest vehicle",
    "added": "Added time",
    "fix": "Cheapest fix",
    # search
    "search": "How the plan was made",
    "stopped": "Search ended",
    "seconds": "Seconds",
    "iterations": "Iterations",
    "improvements": "Improvements",
    "history": "Cost over time",
    "history_of": "Cost of the best plan from {first} to {last} within {seconds} s",
    "seconds_axis": "{seconds} s",
}


def phrase(key: str, **values: object) -> str:
    """Return the phrase with its values filled in; text, not HTML."""
    return PHRASES[key].format(**values)


def code_words(code: str) -> str:
    """Return a reason code as words: time_window is "time window"."""
    return code.replace("_", " ")
