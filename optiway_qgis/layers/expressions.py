"""The functions that the plugin adds to QGIS expressions, in the group Optiway. What links and colours are is
said by the model.

NULL gives NULL. What cannot be read is an error of the expression, which says what it is.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, Callable, Iterable, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsExpressionFunction,
    QgsGeometry,
    QgsMapLayer,
    QgsProject,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime, QTimeZone

from ..model.findings import Fault
from ..model.links import APPS, STOP_LINKS, Place
from ..model.palette import OTHER_COLOUR
from .points import WGS84, position, to_wgs84
from .qgis_compat import is_null
from .styles import COLOURS
from .times import PlanDay
from .translation import tr

GROUP = "Optiway"
_CLOCK_DAY = PlanDay(QDate(2000, 1, 1), "UTC")
"""Only for differences between times: all clocks are read as if they were of this day in this zone."""
_DAY_S = 86400
_PLAIN = (Qt.TimeSpec.LocalTime, Qt.TimeSpec.UTC)
"""The specs of times that are what the clock shows."""
_OFFSET = re.compile(r":\d{2}(?:\.\d+)?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)$", re.IGNORECASE)


class _Wrong(ValueError):
    """What is wrong with the values of a function; becomes the error of the expression."""


@dataclass(frozen=True)
class _Described:
    """A function for the list of the expression dialog; the last arguments may be left out.

    `work` takes the values, as many as there are arguments (NULL for those left out), and the context.
    """

    name: str
    work: Callable[..., Any]
    arguments: tuple[str, ...]
    optional: int
    help_text: str
    explained: tuple[str, ...]
    example: str

    def html(self) -> str:
        """The help shown beside the dialog, in HTML."""
        first = len(self.arguments) - self.optional
        shown = ", ".join(self.arguments[:first])
        shown += "".join(f" [, {name}" for name in self.arguments[first:]) + "]" * self.optional
        rows = "".join(
            f"<tr><td><i>{name}</i></td><td>{escape(tr(text))}</td></tr>"
            for name, text in zip(self.arguments, self.explained)
        )
        return (
            f"<h3>{self.name}</h3><p>{escape(tr(self.help_text))}</p>"
            f"<h4>{tr('Syntax')}</h4><p><code>{self.name}({shown})</code></p>"
            f"<h4>{tr('Arguments')}</h4><table>{rows}</table>"
            f"<h4>{tr('Example')}</h4><p><code>{escape(self.example)}</code></p>"
        )


class _Function(QgsExpressionFunction):
    """A described function as QGIS calls it, from any thread."""

    def __init__(self, described: _Described):
        # Named arguments: QGIS counts them, and fills those left out with NULL.
        first = len(described.arguments) - described.optional
        parameters = [
            QgsExpressionFunction.Parameter(name, place >= first)
            for place, name in enumerate(described.arguments)
        ]
        super().__init__(
            described.name, parameters, GROUP, described.html(), lazyEval=False, handlesNull=True
        )
        self._described = described

    def func(self, values, context, parent, node):
        """Return the value, or NULL with an error of the expression."""
        given = [None if is_null(value) else value for value in values]
        given += [None] * (len(self._described.arguments) - len(given))
        try:
            return self._described.work(*given, context)
        except (_Wrong, Fault) as error:
            parent.setEvalErrorString(f"{self._described.name}: {error}")
            return None

    def usesGeometry(self, node):
        """Tell QGIS to fetch no geometry on its own: `$geometry` asks for itself."""
        return False

    def referencedColumns(self, node):
        """Tell QGIS that no fields are read but those given."""
        return set()


def nav_url(app: Any, place: Any, third: Any, fourth: Any, context: QgsExpressionContext) -> str | None:
    """Return the link; `place` is a latitude and `third` a longitude, or a geometry and a label."""
    if app is None or place is None:
        return None
    if not isinstance(app, str) or app.lower() not in STOP_LINKS:
        raise _Wrong(tr("{app} is no app. There are {apps}.").format(app=repr(app), apps=", ".join(APPS)))
    if isinstance(place, QgsGeometry):
        if place.isNull() or place.isEmpty():
            return None
        lon, lat = _degrees_of(place, context)
        label = third
    else:
        if third is None:
            return None
        lat, lon, label = _number(place, "lat"), _number(third, "lon"), fourth
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise _Wrong(tr("{lat}, {lon} are no latitude and longitude in degrees.").format(lat=lat, lon=lon))
    return STOP_LINKS[app.lower()](Place(lat, lon, "" if label is None else str(label)))


def late_min(
    planned: Any, window_end: Any, actual: Any, _context: QgsExpressionContext | None
) -> float | None:
    """Return by how many minutes service begins late, 0 when it does not."""
    if window_end is None or (planned is None and actual is None):
        return None
    base, dated = _clock(planned if planned is not None else actual, "time")
    day = base // _DAY_S * _DAY_S if dated else None
    begins = base if actual is None else _on_day(*_clock(actual, "actual"), day)
    return max(0.0, (begins - _on_day(*_clock(window_end, "window_end"), day)) / 60)


def eta_text(eta: Any, window_end: Any, actual: Any, context: QgsExpressionContext | None) -> str | None:
    """Return the arrival, and the end of the window or how late it is, in words."""
    shown = eta if actual is None else actual
    if shown is None:
        return None
    clock = _shown(_clock(shown, "eta" if actual is None else "actual")[0])
    late = late_min(eta, window_end, actual, context)
    if late is None:
        return clock
    if late > 0:
        return tr("{time} ({minutes} min late)").format(time=clock, minutes=math.ceil(late))
    return tr("{time} (by {end})").format(time=clock, end=_shown(_clock(window_end, "window_end")[0]))


def local_time(moment: Any, time_zone: Any, _context: QgsExpressionContext) -> QDateTime | None:
    """Return what the clock of the zone shows at that moment, marked as UTC like the times of a plan."""
    if moment is None or time_zone is None:
        return None
    zone = QTimeZone(str(time_zone).encode())
    if not zone.isValid():
        raise _Wrong(
            tr("{zone} is no time zone. Write a name such as Europe/Lisbon.").format(zone=repr(time_zone))
        )
    if isinstance(moment, str):
        if not _OFFSET.search(moment.strip()):
            raise _Wrong(
                tr("{text} has no offset such as Z or +01:00, so it is no moment.").format(text=repr(moment))
            )
        seconds = _CLOCK_DAY.read(moment).seconds
        moment = QDateTime(_CLOCK_DAY.date, QTime(0, 0), Qt.TimeSpec.UTC).addSecs(seconds)
    if not isinstance(moment, QDateTime) or not moment.isValid():
        raise _Wrong(tr("{value} is no date and time.").format(value=repr(moment)))
    shown = moment.toTimeZone(zone)
    return QDateTime(shown.date(), shown.time(), Qt.TimeSpec.UTC)


def route_color(route: Any, context: QgsExpressionContext) -> str | None:
    """Return the colour of the route, as #rrggbb; grey when no plan has it."""
    if route is None:
        return None
    own = context.variable(COLOURS) if context is not None else None
    for text in [*([own] if isinstance(own, str) else []), *_of_project]:
        colour = _colours(text).get(str(route))
        if colour:
            return colour
    return OTHER_COLOUR


def register_functions() -> None:
    """Add the functions to QGIS, in place of those that were there by the same names; in the main thread."""
    unregister_functions()
    project = QgsProject.instance()
    project.layersAdded.connect(_watch)
    project.layersRemoved.connect(_look_up)
    _watch(project.mapLayers().values())
    for described in DESCRIBED:
        function = _Function(described)
        if QgsExpression.registerFunction(function):
            _registered[described.name] = function


def unregister_functions() -> None:
    """Take the functions out of QGIS again."""
    if _registered:
        project = QgsProject.instance()
        project.layersAdded.disconnect(_watch)
        project.layersRemoved.disconnect(_look_up)
        for layer in project.mapLayers().values():
            layer.customPropertyChanged.disconnect(_look_up)
        _of_project.clear()
    for name in [name for name in _registered if QgsExpression.unregisterFunction(name)]:
        _kept.append(_registered.pop(name))


def _watch(layers: Iterable[QgsMapLayer]) -> None:
    """Follow the variables of layers of the project."""
    for layer in layers:
        layer.customPropertyChanged.connect(_look_up)
    _look_up()


def _look_up(*_changed: Any) -> None:
    """Remember the colours in the project. It belongs to the main thread, and layers are drawn in others."""
    scopes = map(QgsExpressionContextUtils.layerScope, QgsProject.instance().mapLayers().values())
    _of_project[:] = [text for text in (scope.variable(COLOURS) for scope in scopes) if isinstance(text, str)]


def _number(value: Any, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _Wrong(tr("{name} {value} is no number.").format(name=name, value=repr(value))) from None


def _degrees_of(geometry: QgsGeometry, context: QgsExpressionContext) -> tuple[float, float]:
    """Longitude and latitude of a point that is in the CRS of the layer, or in degrees WGS 84 already."""
    if geometry.type() != QgsWkbTypes.GeometryType.PointGeometry:
        raise _Wrong(tr("The geometry is no point."))
    wgs84 = QgsCoordinateReferenceSystem(WGS84)
    authid = context.variable("layer_crs") if context is not None else None
    crs = QgsCoordinateReferenceSystem(authid) if isinstance(authid, str) and authid else wgs84
    box = geometry.boundingBox()
    in_degrees = -180 <= box.xMinimum() <= 180 and -90 <= box.yMinimum() <= 90
    if not crs.isValid() or (in_degrees and not crs.isGeographic()):
        crs = wgs84
    return position(geometry, to_wgs84(crs, QgsCoordinateTransformContext()))


def _clock(value: Any, name: str) -> tuple[int, bool]:
    """Seconds of a time on the clock, and whether it names its date."""
    has_zone = isinstance(value, QDateTime) and value.timeSpec() not in _PLAIN
    if has_zone or (isinstance(value, str) and _OFFSET.search(value.strip())):
        raise _Wrong(
            tr(
                "{name} {value} has a zone of its own: put it on the clock of the plan by ow_local_time."
            ).format(name=name, value=_named(value))
        )
    try:
        moment = _CLOCK_DAY.read(value)
    except Fault as fault:
        raise _Wrong(f"{name} {_named(value)} {fault}") from None
    return moment.seconds, moment.dated


def _on_day(seconds: int, dated: bool, day: int | None) -> int:
    return seconds if dated or day is None else day + seconds


def _shown(seconds: int) -> str:
    return QTime(0, 0).addSecs(seconds % _DAY_S).toString("HH:mm")


def _named(value: Any) -> str:
    return value.toString(Qt.DateFormat.ISODate) if isinstance(value, QDateTime) else repr(value)


@lru_cache(maxsize=64)
def _colours(text: str) -> dict[str, str]:
    """The colours of a variable; none where a person has written something else into it."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


DESCRIBED: Sequence[_Described] = (
    _Described(
        "ow_nav_url",
        nav_url,
        ("app", "lat", "lon", "label"),
        2,
        "The link that opens a place in a navigation app, for QR codes, map tips, actions and web pages.",
        (
            "google, waze, apple or geo (a geo: link, for any map app)",
            "latitude in degrees, or a point in the CRS of the layer, such as $geometry: then the label is "
            "the third argument",
            "longitude in degrees",
            "what the place is called; only geo links show it",
        ),
        "ow_nav_url('google', $geometry)",
    ),
    _Described(
        "ow_eta_text",
        eta_text,
        ("eta", "window_end", "actual"),
        2,
        "An arrival in words: 10:42, or 10:42 (by 11:00), or 10:42 (12 min late).",
        (
            "planned arrival, or start of service",
            "end of the time window; NULL: only the time is told",
            "when it really was, which is then told instead",
        ),
        'ow_eta_text("eta", "tw1_end")',
    ),
    _Described(
        "ow_late_min",
        late_min,
        ("time", "window_end", "actual"),
        1,
        "By how many minutes service begins after the end of its window; 0 when it does not. A time without "
        "a date is one of the date of the planned time.",
        (
            "planned arrival, or start of service",
            "end of the time window",
            "when it really was; NULL: the planned time counts",
        ),
        'ow_late_min("start_time", "tw1_end", "actual_arrival")',
    ),
    _Described(
        "ow_local_time",
        local_time,
        ("datetime", "time_zone"),
        0,
        "What the clock of a time zone shows at a moment, such as one a vehicle tracker has told. The times "
        "of a plan are on the clock of its zone already: leave them as they are.",
        (
            "date and time; text with an offset, such as 2026-05-04T08:30:00Z",
            "name of the zone, such as Europe/Lisbon; routes have it in the field time_zone",
        ),
        "ow_local_time(now(), 'Europe/Lisbon')",
    ),
    _Described(
        "ow_route_color",
        route_color,
        ("route",),
        0,
        "The colour in which the route of a vehicle is drawn in the plan of the layer or, where that has "
        "none, in a plan of the project, as #rrggbb. Grey where no plan has such a route.",
        ("vehicle_id or route_id",),
        'ow_route_color("vehicle_id")',
    ),
)
_of_project: list[str] = []
"""The variables with colours of the layers of the project."""
_registered: dict[str, _Function] = {}
_kept: list[_Function] = []
"""QGIS keeps no Python references, and an expression made before may still hold its function."""
