"""Reads a line layer of roads into arrays for the engine: which lines, their vertices, their raw texts.

What a text means for a vehicle (speeds, one-way, access) is decided by the profiles in the engine; turning
lines into a network is the engine's work too.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from dataclasses import dataclass, replace
from struct import unpack_from
from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping, Sequence

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsProcessingFeatureSource,
    QgsRectangle,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from ..model.errors import InputError, JobCancelled
from ..model.findings import Fault
from .fields import Alias, Column, Field, recognise, recognised_text
from .points import WGS84
from .qgis_compat import is_null
from .reading import no_crs
from .row import as_text

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateTransformContext, QgsFeature, QgsGeometry, QgsProcessingFeedback

ROADS = "ROADS"
MARGIN_KM, MARGIN_SHARE = 20.0, 0.5
"""How far around the places roads are read: so many kilometres, or that share of their extent if more."""
STEP_DEGREES = 0.1
"""The box is widened to multiples of this: the places of another day mostly ask for the same roads."""
KM_PER_DEGREE = 111.2

_SHOWN = 5
_LOOK_UP_EVERY = 256
_LINE_CLASSES = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "residential",
    "unclassified",
    "service",
)
_NO_GEOMETRY = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks


def _as(*names: str) -> tuple[Alias, ...]:
    return tuple(Alias(name) for name in names)


def _tag(name: str, what: str, empty: str = "No rule.") -> Field:
    return Field(name, what, empty)


ROAD_FIELDS: tuple[Field, ...] = (
    Field(
        "highway",
        "Class of the road in the words of OpenStreetMap: motorway, primary, residential, ...",
        "The line is no road and is left out; so it is with ways for trains and rivers in an .osm.pbf.",
        "Every line is a road, of no known class.",
        aliases=_as("fclass", "road_class", "roadclass", "class", "type"),
    ),
    Field(
        "oneway",
        "yes or 1: along the line only; -1: against it only; no or 0: both. F, T, B and FT, TF are read too.",
        "Both ways, except where the class or a roundabout says otherwise.",
        aliases=_as("one_way", "direction", "dir"),
    ),
    Field(
        "maxspeed",
        "Posted speed in km/h, or with its unit such as 30 mph.",
        "The speed of the class.",
        unit="km/h",
        aliases=_as("max_speed", "speed", "speed_kmh", "speed_limit", "kmh", "vmax"),
    ),
    _tag("access", "Who may use it: no, private, permissive, destination, ...", "Everybody."),
    _tag("motor_vehicle", "The same, for motor vehicles.", "As access says."),
    _tag("motorcar", "The same, for cars.", "As motor_vehicle says."),
    _tag("hgv", "The same, for trucks.", "As motor_vehicle says."),
    _tag("bicycle", "The same, for bicycles.", "As the class says."),
    _tag("foot", "The same, on foot.", "As the class says."),
    _tag("junction", "roundabout: one-way along the line.", "No roundabout."),
    _tag("service", "Kind of service road: driveway, alley, parking_aisle.", "Any."),
    _tag("toll", "yes: a toll is taken.", "No toll."),
    Field("maxheight", "Highest vehicle.", "Any.", unit="metres"),
    Field("maxweight", "Heaviest vehicle.", "Any.", unit="tonnes"),
    Field("maxlength", "Longest vehicle.", "Any.", unit="metres"),
    _tag("bridge", "yes: a bridge."),
    _tag("tunnel", "yes: a tunnel."),
    _tag("surface", "asphalt, gravel, ...", "As the class says."),
    _tag("route", "ferry: a way that is no road but is taken.", "No ferry."),
)
"""The fields of a road layer, found by these names, or as keys in the text of `TAGS`."""

TAGS = Field(
    "other_tags",
    "Keys and values in one text, as an .osm.pbf has them.",
    "No more.",
    aliases=_as("all_tags", "tags"),
)

# "key"=>"value" as the OSM driver writes it, or "key":"value" where it was told to write JSON.
_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:=>|:)\s*"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
# Words of other road data. Upper case only: a lower-case t or f is how databases write true and false.
_MEANING = {
    "oneway": {"F": "yes", "FT": "yes", "T": "-1", "TF": "-1", "B": "no", "True": "yes", "False": "no"},
    "bridge": {"T": "yes", "F": "no", "True": "yes", "False": "no"},
    "tunnel": {"T": "yes", "F": "no", "True": "yes", "False": "no"},
}


@dataclass(frozen=True)
class About:
    """What is known of lines without looking at them: texts, fingerprint, and how many they are."""

    categories: Mapping[str, list[str]]
    fingerprint: str
    lines: int
    left_out: int
    unreadable: int

    def travel(self, path: str) -> dict[str, Any]:
        """The job's travel member for lines in a file, without cache and profiles."""
        return {
            "source": "roads",
            "path": path,
            "categories": self.categories,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True)
class RoadLines:
    """Lines as the engine takes them: line i has the vertices first[i] to first[i + 1] of lon, lat (degrees).

    `codes` holds for each field one int32 per line, the place of its text in `categories`, or -1. `left_out`
    counts the features that are no roads, `unreadable` those without a line that can be read.
    """

    lon: np.ndarray
    lat: np.ndarray
    first: np.ndarray
    codes: Mapping[str, np.ndarray]
    categories: Mapping[str, list[str]]
    left_out: int = 0
    unreadable: int = 0

    def arrays(self) -> dict[str, np.ndarray]:
        """What the engine reads, by the names it reads it by."""
        return {"lon": self.lon, "lat": self.lat, "first": self.first, **self.codes}

    def about(self) -> About:
        """What is known of the lines apart from the lines."""
        categories = {name: list(texts) for name, texts in self.categories.items()}
        return About(categories, self.fingerprint(), len(self.first) - 1, self.left_out, self.unreadable)

    def save(self, folder: str) -> dict[str, Any]:
        """Write the arrays below the folder; return the job's travel member, without cache and profiles."""
        path = os.path.join(folder, "roads.npz")
        np.savez(path, **self.arrays())
        return self.about().travel(path)

    def fingerprint(self) -> str:
        """A text that is the same for the same lines, wherever and whenever they were read."""
        digest = hashlib.sha256()
        for array in (self.lon, self.lat, self.first):
            digest.update(array.tobytes())
        for name in sorted(self.codes):
            digest.update("\0".join([name, *self.categories[name]]).encode())
            digest.update(self.codes[name].tobytes())
        return digest.hexdigest()


class RoadLayer:
    """A line layer with the fields that were recognised in it. Errors of the layer are in `problems`.

    Parameters
    ----------
    source
        The features.
    speed_field, direction_field
        Names of fields the user chose for maxspeed and oneway; "": found by name.
    """

    def __init__(self, source: QgsProcessingFeatureSource, speed_field: str = "", direction_field: str = ""):
        self.source = source
        names = source.fields().names()
        self.columns = recognise([*ROAD_FIELDS, TAGS], names)
        self.problems = list(_layer_problems(source))
        for field, chosen in (("maxspeed", speed_field), ("oneway", direction_field)):
            if chosen in names:
                self.columns[field] = Column(names.index(chosen), chosen, Alias(field))
            elif chosen:
                remedy = f"Choose one of {', '.join(names)}"
                self.problems.append(Fault("no_field", f"{self.title} has no field {chosen}", remedy, chosen))

    @property
    def title(self) -> str:
        """What messages call the layer."""
        return f"{ROADS} ({self.source.sourceName()})"

    def read(
        self,
        places: Sequence[tuple[float, float]],
        context: QgsCoordinateTransformContext,
        feedback: QgsProcessingFeedback,
        progress: Callable[[float], None],
    ) -> RoadLines:
        """Read the roads around the places (longitude, latitude) in one pass; `progress` is told percentages.

        Raises
        ------
        InputError
            When there are none.
        JobCancelled
            When the user cancels.
        """
        box, margin = box_around(places)
        self._tell_fields(feedback)
        texts = _Texts(self.columns)
        lines = _Lines()
        total = self.source.featureCount()  # not known, -1, of an .osm.pbf
        left_out = unreadable = 0
        for number, feature in enumerate(self._features(box, context)):
            if number % _LOOK_UP_EVERY == 0:
                if feedback.isCanceled():
                    raise JobCancelled
                if total > 0:
                    progress(100 * number / total)
            codes = texts.codes(feature.attributes())
            if codes is None:
                left_out += 1
                continue
            added = lines.add(feature.geometry())
            unreadable += not added
            texts.keep(codes, added)
        found = replace(lines.arrays(texts), left_out=left_out, unreadable=unreadable)
        self._tell_lines(feedback, found.about(), margin)
        return found

    def tell(self, feedback: QgsProcessingFeedback, found: About, margin: float) -> None:
        """Tell the same as `read` of lines that were read before; `margin` in kilometres."""
        self._tell_fields(feedback)
        self._tell_lines(feedback, found, margin)

    def _features(self, box: QgsRectangle, context: QgsCoordinateTransformContext) -> Iterable[QgsFeature]:
        request = QgsFeatureRequest()
        request.setSubsetOfAttributes([column.index for column in self.columns.values()])
        request.setDestinationCrs(QgsCoordinateReferenceSystem(WGS84), context)
        request.setFilterRect(box)
        return self.source.getFeatures(request, _NO_GEOMETRY)

    def _tell_fields(self, feedback: QgsProcessingFeedback) -> None:
        feedback.pushInfo(f"{ROADS}: uses {recognised_text(self.columns) or 'the lines alone'}")

    def _tell_lines(self, feedback: QgsProcessingFeedback, found: About, margin: float) -> None:
        around = f"within {margin:.0f} km around the stops and depots"
        left_out = found.left_out
        if not found.lines:
            others = f", and {left_out} lines that are no roads" if left_out else ""
            raise InputError(
                [
                    f"{self.title} has no roads {around}{others}. Check that it covers them, that its CRS "
                    "is right, and that the field highway holds classes of roads."
                ]
            )
        told = f"{ROADS}: {found.lines} lines {around}"
        feedback.pushInfo(f"{told}; {left_out} that are no roads are left out." if left_out else f"{told}.")
        if found.unreadable:
            feedback.pushWarning(
                f"{ROADS}: {found.unreadable} lines without a geometry that can be read are left out."
            )
        classes = found.categories.get("highway")
        if classes and not any(word in _LINE_CLASSES for word in classes):
            shown = ", ".join(classes[:_SHOWN])
            feedback.pushWarning(
                f"{ROADS}: {self.columns['highway'].name} holds no class of OpenStreetMap ({shown}), so the "
                "speeds of the profiles do not fit. Give the speeds in a field."
            )


def box_around(places: Sequence[tuple[float, float]]) -> tuple[QgsRectangle, float]:
    """The box in degrees around places (longitude, latitude), and the kilometres it leaves at least."""
    lon, lat = np.array(places, dtype=float).T
    per_degree = KM_PER_DEGREE * max(math.cos(math.radians(float(np.abs(lat).max()))), 0.01)
    extent = max(float(np.ptp(lon)) * per_degree, float(np.ptp(lat)) * KM_PER_DEGREE)
    margin = max(MARGIN_KM, MARGIN_SHARE * extent)
    aside, up = margin / per_degree, margin / KM_PER_DEGREE
    west, south = (_stepped(math.floor, low) for low in (float(lon.min()) - aside, float(lat.min()) - up))
    east, north = (_stepped(math.ceil, high) for high in (float(lon.max()) + aside, float(lat.max()) + up))
    box = QgsRectangle(max(-180.0, west), max(-90.0, south), min(180.0, east), min(90.0, north))
    return box, margin


def _stepped(rounded: Callable[[float], int], degrees: float) -> float:
    return rounded(degrees / STEP_DEGREES) * STEP_DEGREES


def _layer_problems(source: QgsProcessingFeatureSource) -> Iterable[Fault]:
    """What makes a layer useless as roads, as far as it shows without reading it."""
    title = f"{ROADS} ({source.sourceName()})"
    if QgsWkbTypes.geometryType(source.wkbType()) != QgsWkbTypes.GeometryType.LineGeometry:
        yield Fault(
            "wrong_geometry",
            f"{title} holds no lines",
            "Choose a layer of roads; of an .osm.pbf it is the layer lines: write |layername=lines after the "
            "name of the file",
        )
    elif source.featureCount() == 0:
        remedy = "Choose a layer of roads, or none for estimated travel times"
        yield Fault("no_features", f"{title} has no features", remedy)
    if not source.sourceCrs().isValid():
        yield no_crs(ROADS, source)


class _Lines:
    """Collects the vertices of line geometries, as bytes of x and y, parts of multi-lines being lines."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._counts: list[int] = []
        self._kinds: dict[int, tuple[bool, int]] = {}

    def add(self, geometry: QgsGeometry) -> int:
        """Add the lines of a geometry and return how many they are; curves become short segments."""
        if geometry.isNull():
            return 0
        if QgsWkbTypes.isCurvedType(geometry.wkbType()):
            geometry.convertToStraightSegment()
        wkb = geometry.asWkb().data()
        multi, dimensions = self._kind(unpack_from("=I", wkb, 1)[0])
        parts, at = (unpack_from("=I", wkb, 5)[0], 9) if multi else (1, 0)
        added = 0
        for _ in range(parts):
            count = unpack_from("=I", wkb, at + 5)[0]
            end = at + 9 + 8 * dimensions * count
            if count > 1:
                self._chunks.append(_xy(wkb[at + 9 : end], dimensions))
                self._counts.append(count)
                added += 1
            at = end
        return added

    def arrays(self, texts: _Texts) -> RoadLines:
        """All lines with their texts; those with coordinates that are no positions are dropped."""
        xy = np.frombuffer(b"".join(self._chunks)).reshape(-1, 2)
        counts = np.array(self._counts, np.int64)
        first = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        codes = texts.arrays()
        fine = np.isfinite(xy).all(axis=1) & (np.abs(xy) <= (180, 90)).all(axis=1)
        if not fine.all():
            kept = np.add.reduceat(~fine, first[:-1]) == 0
            xy = xy[np.repeat(kept, counts)]
            first = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts[kept])])
            codes = {name: array[kept] for name, array in codes.items()}
        return RoadLines(xy[:, 0].copy(), xy[:, 1].copy(), first, codes, texts.categories())

    def _kind(self, code: int) -> tuple[bool, int]:
        if code not in self._kinds:
            kind = QgsWkbTypes.Type(code)
            self._kinds[code] = QgsWkbTypes.isMultiType(kind), QgsWkbTypes.coordDimensions(kind)
        return self._kinds[code]


def _xy(coordinates: bytes, dimensions: int) -> bytes:
    if dimensions == 2:
        return coordinates
    return np.frombuffer(coordinates).reshape(-1, dimensions)[:, :2].tobytes()


class _Texts:
    """Collects the texts of the fields of each line as numbers into lists of distinct texts."""

    def __init__(self, columns: Mapping[str, Column]):
        names = [field.name for field in ROAD_FIELDS if TAGS.name in columns or field.name in columns]
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in names}
        self._columns = [(name, columns[name].index) for name in names if name in columns]
        self._indices = [index for _, index in self._columns]
        self._tags = columns[TAGS.name].index if TAGS.name in columns else None
        self._known: dict[tuple[Any, ...], tuple[int, ...] | None] = {}
        self._rows: list[tuple[int, ...]] = []

    def codes(self, attributes: Sequence[Any]) -> tuple[int, ...] | None:
        """The numbers of a feature's texts, in the order of the fields; None when it is no road."""
        values = [_or_none(attributes[index]) for index in self._indices]
        tags = _or_none(attributes[self._tags]) if self._tags is not None else None
        key = (*values, tags)
        if key not in self._known:
            self._known[key] = self._coded(values, tags)
        return self._known[key]

    def keep(self, codes: tuple[int, ...], lines: int) -> None:
        """Note these numbers for the next lines."""
        self._rows.extend([codes] * lines)

    def arrays(self) -> dict[str, np.ndarray]:
        """One int32 array per field that any line has a text for."""
        table = np.array(self._rows, np.int32).reshape(len(self._rows), len(self._numbers))
        return {
            name: table[:, column].copy()
            for column, (name, numbers) in enumerate(self._numbers.items())
            if numbers
        }

    def categories(self) -> dict[str, list[str]]:
        """The distinct texts per field, in the order of their numbers."""
        return {name: list(numbers) for name, numbers in self._numbers.items() if numbers}

    def _coded(self, values: Sequence[Any], tags: Any) -> tuple[int, ...] | None:
        texts = {} if tags is None or is_null(tags) else parse_tags(str(tags))
        for (name, _), value in zip(self._columns, values):
            text = "" if is_null(value) else as_text(value)
            if text:
                texts[name] = _MEANING.get(name, {}).get(text, text)
        if "highway" in self._numbers and "highway" not in texts and texts.get("route") != "ferry":
            return None
        return tuple(
            numbers.setdefault(texts[name], len(numbers)) if name in texts else -1
            for name, numbers in self._numbers.items()
        )


def _or_none(value: Any) -> Any:
    """None for a null of Qt 5, which is slow to compare with others of its kind."""
    return None if value.__class__ is QVariant and value.isNull() else value


_NAMES = frozenset(field.name for field in ROAD_FIELDS)


def parse_tags(text: str) -> dict[str, str]:
    """Field name -> text, from a text such as `"oneway"=>"yes","lanes"=>"2"`; other keys are dropped."""
    return {
        key: _ESCAPED.sub(r"\1", value).strip()
        for key, value in _PAIR.findall(text)
        if key in _NAMES and value.strip()
    }
