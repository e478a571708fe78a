"""Road profiles: what the texts of a road layer mean to one kind of vehicle.

Here texts become speeds per line and direction. Profiles are readable JSON files (resources/profiles) that a
user may copy and edit; geometry and the graph live elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np

from optiway_qgis.model.errors import InputError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping

HIGHEST_KMH = 200
"""Limits above are mistakes in the data."""

KMH_PER_MPH = 1.609344
METRES_PER_FOOT = 0.3048
TONNES_PER_POUND = 0.00045359237

FORWARD, BACKWARD, BOTH = "forward", "backward", "both"
DIRECTIONS = {
    **dict.fromkeys(("yes", "true", "1", "forward", "roundabout", "circular"), FORWARD),
    **dict.fromkeys(("-1", "reverse", "backward"), BACKWARD),
    **dict.fromkeys(("no", "false", "0", "both", "none", ""), BOTH),
}
"""Oneway texts to the direction that is open."""

SHOWN = 5
"""How many unread values a message shows."""


@dataclass(frozen=True)
class Profile:
    """One kind of vehicle on the road.

    speeds_kmh: speed by highway class; a class that is not listed is closed. default_kmh: speed of lines that
    have no class at all. route_kmh: speed by `route` (ferries). max_kmh: the vehicle's own limit.
    limit_factor: speed driven as a share of a posted limit, which replaces the speed of the class.
    use_limits: whether posted limits matter. zone_limits_kmh: limits given as words (`urban` in "PT:urban").
    surface_max_kmh: fastest speed by surface.
    access_fields: the first of these fields with a value decides; closed_to and open_to are its values that
    close a line and that open one of a class not listed, at permitted_kmh.
    oneway: whether one-way rules bind; oneway_classes, oneway_junctions: where they are implied.
    height_m, weight_t, length_m: the vehicle, 0 where it does not matter.
    turn_s: seconds lost by turning, as pairs [degrees, seconds] with straight lines between, 0 degrees being
    straight on; junction_s: lost at each junction of three roads or more, whatever the turn; crossing_s: lost
    more by a turn across the oncoming lane, drive_on (right or left) saying which; u_turn_s: lost by turning
    round, which is done only where no other way goes on.
    far_m: places farther from the road are not served. island_m: how much farther a road of the main network
    may be than one that is cut off from it, and still be the one that is meant.
    time_factor: all times are multiplied by it (calibration against own tracks).
    """

    speeds_kmh: dict[str, float]
    description: str = ""
    default_kmh: float = 30
    route_kmh: dict[str, float] = field(default_factory=dict)
    max_kmh: float = HIGHEST_KMH
    limit_factor: float = 1
    use_limits: bool = True
    zone_limits_kmh: dict[str, float] = field(default_factory=dict)
    surface_max_kmh: dict[str, float] = field(default_factory=dict)
    access_fields: list[str] = field(default_factory=list)
    closed_to: list[str] = field(default_factory=list)
    open_to: list[str] = field(default_factory=list)
    permitted_kmh: float = 10
    oneway: bool = True
    oneway_classes: list[str] = field(default_factory=list)
    oneway_junctions: list[str] = field(default_factory=list)
    height_m: float = 0
    weight_t: float = 0
    length_m: float = 0
    turn_s: list[list[float]] = field(default_factory=list)
    junction_s: float = 0
    crossing_s: float = 0
    u_turn_s: float = 0
    drive_on: str = "right"
    far_m: float = 500
    island_m: float = 100
    time_factor: float = 1

    def loses_time_in_turns(self) -> bool:
        """Return whether a turn costs more than none."""
        return bool(self.junction_s or self.crossing_s or self.u_turn_s or any(s for _, s in self.turn_s))


def profile_from(name: str, text: Mapping[str, Any]) -> Profile:
    """Return the profile read from the members of its file.

    Raises
    ------
    InputError
        Naming every member that is unknown, missing, of another type, or out of range.
    """
    problems = []
    types = get_type_hints(Profile)
    for member, value in text.items():
        if member not in types:
            problems.append(f'Road profile "{name}" has an unknown member "{member}".')
        elif not _fits(value, types[member]):
            problems.append(f'Road profile "{name}": {value!r} does not fit "{member}".')
    if not text.get("speeds_kmh"):
        problems.append(f'Road profile "{name}" has no "speeds_kmh": nothing would be open to it.')
    if text.get("time_factor") == 0:
        problems.append(f'Road profile "{name}": "time_factor" is 0; 1 leaves times as they are.')
    if text.get("drive_on", "right") not in ("right", "left"):
        problems.append(f'Road profile "{name}": "drive_on" must be "right" or "left".')
    if problems:
        raise InputError(problems)
    return Profile(**text)


def _fits(value: Any, kind: Any) -> bool:
    if kind is bool or kind is str:
        return isinstance(value, kind)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e6
    if kind == list[str]:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == list[list[float]]:
        pairs = isinstance(value, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in value)
        return pairs and all(_fits(number, float) for pair in value for number in pair)
    return isinstance(value, dict) and all(_fits(number, float) for number in value.values())


@dataclass(frozen=True)
class RoadTexts:
    """The attributes of the lines: per field the texts that occur and for each line the index of its own.

    An index of -1 means that the line has no value. Fields the layer lacks are absent.
    """

    lines: int
    texts: dict[str, list[str]]
    codes: dict[str, np.ndarray]

    def values(self, name: str, meaning: Callable[[str], float], missing: float) -> np.ndarray:
        """Return a number per line: the meaning of its text in a field, `missing` where it has none."""
        if name not in self.codes:
            return np.full(self.lines, missing, dtype=float)
        numbers = [meaning(text.strip().lower()) for text in self.texts[name]]
        return np.array([*numbers, missing], dtype=float)[self.codes[name]]

    def among(self, name: str, texts: list[str]) -> np.ndarray:
        """Return whether each line's text in a field is one of these."""
        return self.values(name, lambda text: text in texts, False) > 0


def speeds(profile: Profile, roads: RoadTexts, ignored: Counter[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the speed along and against each line in km/h, 0 where it is closed.

    `ignored` is told how many lines have a value that has no meaning, by field and text.
    """
    unread = _Unread(roads, ignored)
    closed_class = -1.0
    highway = roads.codes.get("highway", np.full(roads.lines, -1))
    unclassed = highway < 0
    # Lines without a class among lines with one are waterways and railways, not roads.
    of_none = closed_class if (highway >= 0).any() else profile.default_kmh
    kmh = roads.values("highway", lambda text: profile.speeds_kmh.get(text, closed_class), of_none)
    route = roads.values("route", lambda text: profile.route_kmh.get(text, 0), 0)
    kmh = np.where(unclassed & (route > 0), route, kmh)

    access = np.zeros(roads.lines)
    for name in reversed(profile.access_fields):
        said = roads.values(name, lambda text: _access(profile, text), np.nan)
        access = np.where(np.isnan(said), access, said)
    kmh = np.where((kmh == closed_class) & (access > 0) & ~unclassed, profile.permitted_kmh, kmh)

    if profile.use_limits:
        limit = roads.values("maxspeed", lambda text: _limit(profile, text), np.nan)
        unread("maxspeed", limit == 0)
        kmh = np.where((limit > 0) & (kmh > 0), limit * profile.limit_factor, kmh)
    surface = roads.values("surface", lambda text: profile.surface_max_kmh.get(text, np.inf), np.inf)
    kmh = np.minimum(np.minimum(kmh, surface), profile.max_kmh) / profile.time_factor

    closed = access < 0
    for name, size, unit in (
        ("maxheight", profile.height_m, metres),
        ("maxlength", profile.length_m, metres),
        ("maxweight", profile.weight_t, tonnes),
    ):
        allowed = roads.values(name, unit, np.inf)
        unread(name, np.isnan(allowed))
        closed |= allowed < size
    kmh = np.where(closed, 0, np.maximum(kmh, 0))
    if not profile.oneway:
        return kmh, kmh

    known = {FORWARD: 1, BACKWARD: -1, BOTH: 0}
    said = roads.values("oneway", lambda text: known.get(DIRECTIONS.get(text, ""), 2), np.nan)
    unread("oneway", said == 2)
    implied = roads.among("highway", profile.oneway_classes) | roads.among(
        "junction", profile.oneway_junctions
    )
    direction = np.where(np.isnan(said), implied, said)
    return np.where(direction == -1, 0, kmh), np.where(direction == 1, 0, kmh)


def ignored_lines(ignored: Counter[str]) -> list[str]:
    """Return what is said about values without a meaning, one line per field."""
    fields_of: dict[str, list[str]] = {}
    for said in ignored:
        fields_of.setdefault(said.partition("=")[0], []).append(said)
    lines = []
    for name, values in fields_of.items():
        values.sort(key=lambda said: (-ignored[said], said))
        shown = ", ".join(f'"{said.partition("=")[2]}"' for said in values[:SHOWN])
        more = ", ..." if len(values) > SHOWN else ""
        total = sum(ignored[said] for said in values)
        lines.append(f"Roads: {name} of {total} lines has no meaning and is ignored ({shown}{more}).")
    return lines


class _Unread:
    """Counts the lines whose text in a field says nothing."""

    def __init__(self, roads: RoadTexts, ignored: Counter[str]):
        self._roads, self._ignored = roads, ignored

    def __call__(self, name: str, lines: np.ndarray) -> None:
        for code in self._roads.codes[name][lines].tolist() if lines.any() else ():
            self._ignored[f"{name}={self._roads.texts[name][code]}"] += 1


def _access(profile: Profile, text: str) -> int:
    """Return -1 for a text that closes a line, 1 for one that opens it, 0 for any other."""
    words = [word.strip() for word in text.split(";")]
    if any(word in profile.open_to for word in words):
        return 1
    return -1 if any(word in profile.closed_to for word in words) else 0


def _limit(profile: Profile, text: str) -> float:
    """Return a posted limit in km/h, 0 where the text gives none."""
    found = []
    for part in re.split("[;|,]", text):
        word = part.strip().rpartition(":")[2]
        number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?", word)
        if number:
            found.append(float(number[1]) * (KMH_PER_MPH if number[2] == "mph" else 1))
        elif word in profile.zone_limits_kmh:
            found.append(profile.zone_limits_kmh[word])
    limit = min(found, default=0)
    return limit if 0 < limit <= HIGHEST_KMH else 0


def metres(text: str) -> float:
    """Return a length in metres ("3.5", "3.5 m", "11'6\\""), infinite for none, NaN where unread."""
    if text in NO_LIMIT:
        return np.inf
    feet = re.fullmatch(r"(\d+)\s*(?:'|ft)\s*(?:(\d+)\s*(?:\"|''|in)?)?", text)
    if feet:
        return (int(feet[1]) + int(feet[2] or 0) / 12) * METRES_PER_FOOT
    number = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(m|metres|meters)?", text)
    return float(number[1].replace(",", ".")) if number else np.nan


def tonnes(text: str) -> float:
    """Return a weight in tonnes ("7.5", "7.5 t", "3500 kg", "8000 lbs"), infinite for none, NaN if unread."""
    if text in NO_LIMIT:
        return np.inf
    number = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(t|tonnes|kg|lbs?)?", text)
    if not number:
        return np.nan
    unit = {"kg": 0.001, "lb": TONNES_PER_POUND, "lbs": TONNES_PER_POUND}.get(number[2], 1)
    return float(number[1].replace(",", ".")) * unit


NO_LIMIT = ("none", "no", "default", "unsigned", "no_sign", "below_default", "unlimited")
"""Texts of maximum height, weight and length that limit nothing."""
