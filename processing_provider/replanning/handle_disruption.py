"""The algorithm `optiway:handle_disruption`: one thing went wrong, and as little as can be changes. Its
parameters, and what each event asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from optiway_qgis.layers.read_disruptions import Disruptions, closed_roads, what_lacks
from optiway_qgis.model.day import SCOPE_FREE, SCOPE_ROUTES, Ask
from optiway_qgis.model.disruptions import KINDS, OUT_OF_WORK, ROAD_CLOSED, SHIFT, WINDOW, Disruption
from optiway_qgis.model.findings import About, Fault
from optiway_qgis.model.problem import OPEN_END, Window

from ..planning.plan_algorithm import tr
from .disrupted_day import DisruptedDay, Prices

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading

EVENT = "EVENT"
VEHICLE = "VEHICLE"
STOP = "STOP"
AT = "AT"
MINUTES = "MINUTES"
NEW_WINDOW = ("NEW_WINDOW_START", "NEW_WINDOW_END")
NEW_SHIFT = ("NEW_SHIFT_START", "NEW_SHIFT_END")
CLOSED = "CLOSED"

_NAMES = {
    "vehicle_id": (VEHICLE,),
    "stop_id": (STOP,),
    "time": (AT,),
    "seconds": (MINUTES,),
    "window": NEW_WINDOW,
    "shift": NEW_SHIFT,
}
_PRICES = Prices(vehicle=50, position=10, promise=2)
"""Another vehicle is dearer than the promises of a whole route that runs late."""

_OUT_OF_WORK_PRICES = Prices(vehicle=20, position=1, promise=5)
"""What the others do is to change: customers are told little, and goods are fetched in few meetings."""


class HandleDisruption(DisruptedDay):
    """Plans the rest of a day anew after one event, so that as few stops as possible change."""

    def name(self):
        """Return the id within the provider."""
        return "handle_disruption"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Handle a disruption")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("A vehicle is lost or late, a road is closed: changes what must change, and says why.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr(
            "vrp,disruption,breakdown,lost,sick,late,delay,road closed,dispatch,replan,live,under way"
        ).split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>One thing went wrong. Takes a plan whose day may be under way and what happened, and makes "
            "the next version of the plan, in which only what must change does: another vehicle, another "
            "order and other arrivals have high prices. The changed stops are written with why. The layers "
            "of the plan before are not touched.</p>"
            "<p><b>vehicle_lost</b>: Vehicle goes no further from At on. Its stops go to others, which fetch "
            "its load where it stands, or it is told why they are not served. <b>driver_sick</b>: the same; "
            "a vehicle that has not left does not work at all. <b>late</b>: Vehicle runs Minutes behind. "
            "<b>road_closed</b>: no way through the features of Closed roads, from At on; needs Roads. "
            "<b>window</b>: Stop has another window. <b>shift</b>: Vehicle has another shift.</p>"
            "<p>Several events at once, and what exactly may change: <i>Re-optimise the rest of a day</i>. "
            "Give the depots, vehicles, breaks, roads, server or matrix, traffic and barriers that the plan "
            "was made with. docs/replanning.md has an example.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_plan()
        self.add(
            QgsProcessingParameterEnum(
                EVENT, tr("What happened"), options=list(KINDS), usesStaticStrings=True
            ),
            "vehicle_lost, driver_sick, late, road_closed, window or shift: see above.",
        )
        for name, label, help_text in (
            (VEHICLE, "Vehicle", "The vehicle_id of the vehicle; several are parted by commas."),
            (STOP, "Stop", "The stop_id of the stop whose window changes; several are parted by commas."),
        ):
            self.add(QgsProcessingParameterString(name, tr(label), optional=True), help_text)
        self.add(
            QgsProcessingParameterDateTime(
                AT, tr("At"), QgsProcessingParameterDateTime.Type.DateTime, optional=True
            ),
            "When it happened, such as 2026-05-04T09:20:00, on the clock of the time zone. Empty: at NOW.",
        )
        self.add_now()
        self.add(
            QgsProcessingParameterNumber(
                MINUTES,
                tr("Minutes"),
                QgsProcessingParameterNumber.Type.Double,
                optional=True,
                minValue=0,
                maxValue=1440,
            ),
            "How late the vehicle is, or for how long the road is closed (empty: to the end of the day).",
        )
        for (start, end), what, ends in (
            (NEW_WINDOW, "window", "Empty: open at that end."),
            (NEW_SHIFT, "shift", "Empty: as it was."),
        ):
            for name, word in ((start, "start"), (end, "end")):
                self.add(
                    QgsProcessingParameterDateTime(
                        name,
                        tr(f"New {what}: {word}"),
                        QgsProcessingParameterDateTime.Type.Time,
                        optional=True,
                    ),
                    f"The {word} of the {what} as it is now. {ends}",
                )
        self.add(
            QgsProcessingParameterFeatureSource(
                CLOSED, tr("Closed roads"), [QgsProcessing.SourceType.TypeVectorAnyGeometry], optional=True
            ),
            "Points, lines or polygons where there is no way through.",
        )
        self.add_prices(_PRICES, advanced=True, out_of_work=_OUT_OF_WORK_PRICES)
        self.add_day_inputs()
        self.add_search(advanced=True, seconds=5)
        self.add_day_outputs()

    def disruptions(self, parameters, context, now: int | None, reading: Reading) -> Disruptions:
        """Read the event, one for each vehicle or stop that is named."""
        moment = self.parameterAsDateTime(parameters, AT, context)
        kind = self.parameterAsEnumString(parameters, EVENT, context)
        shift = [self._clock(parameters, context, name, reading) for name in NEW_SHIFT]
        one = Disruption(
            kind,
            time=reading.day.read(moment).seconds if moment.isValid() else None,
            seconds=round(60 * self.parameterAsDouble(parameters, MINUTES, context)),
            window=self._window(parameters, context, reading) if kind == WINDOW else None,
            shift_start=shift[0] if kind == SHIFT else None,
            shift_end=shift[1] if kind == SHIFT else None,
        )
        if kind == ROAD_CLOSED:
            return self._closed(one, reading)
        member, name = ("stop_id", STOP) if kind == WINDOW else ("vehicle_id", VEHICLE)
        text = self.parameterAsString(parameters, name, context)
        named = list(dict.fromkeys(filter(None, (entry.strip() for entry in text.split(",")))))
        events = tuple(replace(one, **{member: entry}) for entry in named or [""])
        for fault in what_lacks(events[0], now, _NAMES):
            reading.refuse(fault)
        return Disruptions(events)

    def usual_prices(self, parameters, context) -> Prices:
        """The prices of changes where none are given."""
        kind = self.parameterAsEnumString(parameters, EVENT, context)
        return _OUT_OF_WORK_PRICES if kind in OUT_OF_WORK else _PRICES

    def ask(self, parameters, context, disruptions: Disruptions) -> Ask:
        """Return what may change: where a vehicle is out of work also vehicles that stand idle."""
        lost = any(one.kind in OUT_OF_WORK for one in disruptions.events)
        return Ask(scope=SCOPE_FREE if lost else SCOPE_ROUTES)

    def _closed(self, one: Disruption, reading: Reading) -> Disruptions:
        if self.source(CLOSED) is None:
            text = f"{CLOSED} is empty"
            reading.refuse(Fault("missing_value", text, "Give a layer that shows where", CLOSED))
            return Disruptions()
        return closed_roads(self.source(CLOSED), CLOSED, one, reading)

    def _clock(self, parameters, context, name: str, reading: Reading) -> int | None:
        """The moment of a time parameter; None when it is empty."""
        clock = self.time(parameters, context, name)
        return reading.day.at(clock) if clock.isValid() else None

    def _window(self, parameters, context, reading: Reading) -> Window | None:
        start, end = (self._clock(parameters, context, name, reading) for name in NEW_WINDOW)
        if start is None and end is None:
            return None
        window = Window(start or 0, OPEN_END if end is None else end)
        if window.end < window.start:
            text = f"{NEW_WINDOW[1]} is before {NEW_WINDOW[0]}"
            reading.refuse(Fault("ends_before_start", text, field=NEW_WINDOW[1]), About())
        return window
