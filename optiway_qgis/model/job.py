"""What crosses the pipe between QGIS and the engine process.

QGIS starts the engine and writes one line of JSON, the job, to its standard input, which then
stays open: its end tells the engine that nobody waits any more. The engine answers on standard output with
one JSON object per line, an event, and ends with a `result` or an `error`.

A job:
    {"version": 1, "task": "plan" | "schedule" | "compare" | "explain" | "check" | "versions" | "matrix" |
             "validate" | "replan" | "options",
     "problem": Problem, "travel": Travel, "settings": Settings,
     "sequences": [{"vehicle_id": "V01", "stops": ["S1", "S2"]}]      (tasks "schedule", "explain", "replan")
     "orders": [sequences, sequences]                                 (task "compare": one plan for each)
     "day": Day, "ask": Ask                                           (task "replan"; model/day.py)
     "offers": [{"stop_id": "S9", "windows": []}], "most": 5, "only_fitting": true
                                                                      (task "options", with sequences and day)
     "plan": Plan                                                     (task "check")
     "path": "times.npz"                                              (task "matrix": written there)}

`travel` of a server: {"source": "osrm" | "valhalla" | "openrouteservice", "url": "https://...", "cache":
folder or null, and if needed "headers": {name: value}, "basic": [user, password], "proxy": "http://...",
"ca_bundle": PEM text}. `travel` of any source may have "traffic" and "barriers" (docs/model.md).

Travel, by its source:
    {"source": "estimate"}
    {"source": "roads", "path": "roads.npz", "fingerprint": "...", "cache": folder or null,
     "categories": {"highway": ["primary", ...]}, "profiles": {"car": {...}}, "allow_far": false}
        lines as arrays: lon, lat (float64, degrees) hold all vertices, first (int64) where each line begins
        and the last ends, each field of categories (int32) the number of the line's text there, -1 for none.
        With allow_far, ways to and from stops far from the network or cut off are estimated.
    {"source": "matrix", ...}    see engine/travel/matrix.py

Events:
    {"event": "phase", "text": "Travel times", "percent": 5}
    {"event": "progress", "percent": 40, "cost": 812.5, "text": "best cost 812.50 after 4 s"}
    {"event": "log", "level": "info" | "warning", "text": "..."}
    {"event": "error", "code": "job_failed", "text": "..."}
    {"event": "result", "plan": Plan}                 (tasks "plan", "schedule", "explain" and "replan")
    {"event": "result", "plans": [Plan, Plan]}        (task "compare")
    {"event": "result", "options": [Option]}          (task "options"; model/options.py)
    {"event": "result", "violations": [Violation]}    (task "check")
    {"event": "result", "path": "times.npz"}          (task "matrix")
    {"event": "result", "hopeless": [Unassigned], "off_roads": [{"kind": "stop" | "depot", "id": "S1",
     "metres": 812.0, "status": "far" | "island" | "outside"}]}    (task "validate")
    {"event": "result", "versions": {"python": "3.11.2", "pyvrp": "0.14.1", ...}}
"""

from __future__ import annotations

JOB_VERSION = 1

SECRET_MEMBERS = frozenset({"headers", "basic", "proxy", "ca_bundle"})
"""Members of a job's `travel` that say how a server is reached, and hold secrets: never written or hashed."""
