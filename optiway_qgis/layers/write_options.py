"""Writes where new stops could go, and which windows could be offered, as points; what is said of each.

What the options are is model/options.py's, how the layers look styles.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsPoint,
    QgsProcessingContext,
)

from ..model.clock import clock
from .output_fields import options_fields, suggestions_fields
from .points import WGS84
from .write import make_feature, transformed

if TYPE_CHECKING:
    from ..model.options import Option
    from ..model.problem import Stop
    from .read_new_stops import NewStops
    from .times import PlanDay


class Choices:
    """What was found for the new stops, in the order of these: `of` holds the options of each by its id."""

    def __init__(self, new: NewStops, options: Sequence[Option]):
        self.new = new
        self.of: dict[str, list[Option]] = {name: [] for name in new.asked}
        for option in options:
            self.of[option.stop_id].append(option)
        self._stops = {stop.id: stop for stop in new.problem.stops}
        self._drivers = {vehicle.id: vehicle.driver for vehicle in new.problem.vehicles}

    @property
    def fitting(self) -> dict[str, list[Option]]:
        """The options of each stop that break no rule, the best first."""
        return {name: [one for one in options if not one.violations] for name, options in self.of.items()}

    def stop(self, name: str) -> Stop:
        """The stop of that id."""
        return self._stops[name]

    def driver(self, option: Option) -> str | None:
        """Who drives the vehicle of an option."""
        return self._drivers.get(option.vehicle_id) or None


def told(option: Option) -> str:
    """An option in words: who, where on the route, when, and what it adds; or why it does not fit."""
    if option.violations:
        return option.text
    where = f"before {option.before_id}" if option.before_id else f"after {option.after_id}"
    if not option.before_id and not option.after_id:
        where = "alone"
    added = f"{round(option.added_work / 60)} min and {option.added_cost:.2f} more"
    return f"{option.vehicle_id} {where} at {clock(option.eta)}, {added}"


def options_features(choices: Choices, day: PlanDay, context: QgsProcessingContext) -> Iterator[QgsFeature]:
    """The features of OPTIONS in the CRS of the new stops; ranks are of options that break no rule, and a
    stop that could not be read has a row that says why."""
    fields = options_fields()
    places = _Places(choices, context)
    for name, options in choices.of.items():
        rank = 0
        for option in options:
            rank += not option.violations
            own: tuple[object, ...] = (None,) * 15
            if option.vehicle_id:
                own = (
                    option.vehicle_id,
                    choices.driver(option),
                    option.sequence,
                    option.after_id or None,
                    option.before_id or None,
                    day.wall_clock(option.eta),
                    day.wall_clock(option.start),
                    option.added_work / 60,
                    option.added_drive / 60,
                    option.added_distance / 1000,
                    option.added_cost,
                    option.later,
                    option.most_later / 60,
                    option.missed,
                    option.late / 60,
                )
            violations = ",".join(option.violations) or None
            values = (
                name,
                choices.stop(name).name or None,
                None if option.violations else rank,
                *own,
                violations,
                told(option),
            )
            yield make_feature(fields, values, places.of(name))
    for row in choices.new.rejected:
        values = (row.stop_id, *(None,) * 17, row.reason, row.text)
        yield make_feature(fields, values, row.geometry)


def suggestions_features(
    choices: Choices, most: int, day: PlanDay, context: QgsProcessingContext
) -> Iterator[QgsFeature]:
    """The features of SUGGESTIONS in the CRS of the new stops, at most so many for each."""
    fields = suggestions_fields()
    places = _Places(choices, context)
    for name, options in choices.fitting.items():
        for rank, option in enumerate(options[:most], 1):
            if option.window is None:
                continue
            values = (
                name,
                choices.stop(name).name or None,
                rank,
                day.wall_clock(option.window.start),
                day.wall_clock(option.window.end),
                option.added_cost,
                option.added_work / 60,
                option.vehicle_id,
                choices.driver(option),
                day.wall_clock(option.eta),
                option.later,
                option.missed,
            )
            yield make_feature(fields, values, places.of(name))


class _Places:
    """The points of the new stops in the CRS of their layer."""

    def __init__(self, choices: Choices, context: QgsProcessingContext):
        wgs84 = QgsCoordinateReferenceSystem(WGS84)
        self._choices = choices
        self._to_output = QgsCoordinateTransform(wgs84, choices.new.crs, context.transformContext())
        self._known: dict[str, QgsGeometry] = {}

    def of(self, name: str) -> QgsGeometry:
        """The point of a stop."""
        if name not in self._known:
            stop = self._choices.stop(name)
            point = QgsGeometry(QgsPoint(stop.lon, stop.lat))
            self._known[name] = transformed(point, self._to_output, name)
        return self._known[name]
