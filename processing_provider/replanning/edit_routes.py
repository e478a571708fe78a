"""The algorithm `optiway:edit_routes`: changes of a plan, stop by stop. Its parameters and reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsProcessing, QgsProcessingParameterEnum, QgsProcessingParameterFeatureSource

from optiway_qgis.layers.read_edits import EDITS, EditedDay, read_edits, rows_without_vehicle
from optiway_qgis.model.day import SCOPE_FREE, SCOPE_INSERT, SCOPE_TIMES, Ask
from optiway_qgis.model.why import Causes

from ..planning.plan_algorithm import VEHICLES, tr
from .day_algorithm import PLAN, DayAlgorithm, DayInputs

if TYPE_CHECKING:
    from optiway_qgis.layers.reading import Reading

MODE = "MODE"

_SCOPES = {"keep_order": SCOPE_TIMES, "insert_best": SCOPE_INSERT, "reoptimise": SCOPE_FREE}
_SECONDS = 5


class EditRoutes(DayAlgorithm):
    """Adds, removes, changes, moves and locks stops of a plan."""

    def name(self):
        """Return the id within the provider."""
        return "edit_routes"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Edit routes")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Adds, removes, changes, moves and locks stops of a plan, also while it is driven.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr(
            "vrp,edit,dispatch,add,insert,remove,cancel,move,assign,lock,time window,same day,dynamic"
        ).split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes a plan and a table of changes, and writes the next version of the plan. Each row names "
            "a stop in <i>stop_id</i> and what is to be done in <i>action</i>:</p>"
            "<ul><li><i>add</i>: a new stop, drawn as a point or with <i>lon</i> and <i>lat</i>.</li>"
            "<li><i>remove</i>: the stop goes to the unassigned stops, and so does the other one of its "
            "pair.</li>"
            "<li><i>update</i>: what is filled is new, such as <i>tw1_end</i>, <i>service_min</i> or "
            "<i>demand</i>; the text none empties a value. A point elsewhere is a new place.</li>"
            "<li><i>move</i>: to the vehicle in <i>vehicle_id</i>, before the stop whose number in the plan "
            "is <i>sequence</i>.</li>"
            "<li><i>lock</i>: as the field <i>lock</i> says; empty: to its vehicle.</li></ul>"
            "<p>Without changes the plan's own table counts as somebody edited it: vehicles, numbers, "
            "windows, rows that were added, and rows whose vehicle was taken out.</p>"
            "<p>What is done at <i>Now</i> stays exactly as it is, and vehicles go on from where they are. "
            "All changes are made at once; where one of them cannot be, none is, and all that is wrong is "
            "told. Rules that the plan breaks are told in the visits, the routes, the report and the log.</p>"
            "<p>Give the same depots, vehicles, breaks, roads, server or matrix, traffic and barriers as the "
            "plan was made with. See docs/replanning.md.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_plan()
        self.add(
            QgsProcessingParameterFeatureSource(
                EDITS, tr("Changes"), [QgsProcessing.SourceType.TypeVector], optional=True
            ),
            "Table or points: action, stop_id, vehicle_id, sequence, lock, and the fields of stops. Empty: "
            "what was changed in the table of the plan itself.",
        )
        self.add(
            QgsProcessingParameterEnum(
                MODE,
                tr("What may change"),
                options=list(_SCOPES),
                defaultValue=next(iter(_SCOPES)),
                usesStaticStrings=True,
            ),
            "keep_order: nothing but the changes; a stop that is added needs a vehicle. insert_best: stops "
            "that are added, moved without a number or changed go where they cost least, the order of all "
            "others stays. reoptimise: all stops still to do may change vehicle and place.",
        )
        self.add_now()
        self.add_day_inputs()
        self.add_search(advanced=True, seconds=_SECONDS)
        self.add_day_outputs()

    def read_inputs(self, parameters, context, reading: Reading) -> DayInputs:
        """Read the plan and how far it is, and make the changes."""
        scope = _SCOPES[self.parameterAsEnumString(parameters, MODE, context)]
        searches = scope != SCOPE_TIMES
        (visits,) = self.visits_layers(reading, PLAN)
        read = self.read_the_day(parameters, context, reading)
        loose = rows_without_vehicle(visits, read, reading) if searches else ()
        edited = EditedDay(read)
        if self.source(EDITS) is not None:
            edited = read_edits(
                self.source(EDITS),
                visits,
                read,
                reading,
                searches,
                judges_skills=self.source(VEHICLES) is not None,
                expressions=self.expressions(parameters, context, PLAN).texts,
            )
        read = edited.read
        placed = {name for entry in read.sequences for name in entry.stops}
        there = {stop.id for stop in read.problem.stops} - placed
        loose = tuple(dict.fromkeys(name for name in (*edited.loose, *loose) if name in there))
        ask = Ask(scope, loose, plan_id=read.plan_id, version=read.version)
        return DayInputs(
            read.problem,
            read.carried,
            read.sequences,
            read=read,
            ask=ask,
            causes=Causes(edited.edits),
        )
