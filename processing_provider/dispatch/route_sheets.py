"""The algorithm `optiway:route_sheets`: a sheet on paper for each route of a plan.

Its parameters and steps; it reads the plan as Files for drivers does. What a sheet holds is
layers/route_sheet.py's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterString,
)

from optiway_qgis.layers.feedback import GroupedWarnings
from optiway_qgis.layers.read_visits import first_date
from optiway_qgis.layers.reading import Reading
from optiway_qgis.layers.route_sheet import CODES, SheetOptions, write_sheets
from optiway_qgis.layers.route_sheet import WORDS as SHEET_WORDS
from optiway_qgis.layers.times import PlanDay, today
from optiway_qgis.reports.driver_words import WORDS as DRIVER_WORDS

from ..planning.plan_algorithm import tr
from .driver_package import BACKGROUND, DRIVERS, FOLDER, PLAN, DriverPackage, sheet_of

CODE = "CODE"


class RouteSheets(DriverPackage):
    """Writes a PDF for each route."""

    def name(self):
        """Return the id within the provider."""
        return "route_sheets"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Route sheets")

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr(
            "Writes a PDF for each route: map, stop list with notes and access codes, loading list, QR codes."
        )

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr(
            "driver,route,sheet,pdf,print,paper,map,stop,list,manifest,loading,qr,code,navigation,dispatch,atlas"
        ).split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Writes a sheet to print for each route of a plan, as a PDF of A4 pages: vehicle, driver and "
            "date; a map with the stops numbered; the stop list with address, arrival, window, time on site, "
            "quantities, access code, notes and phone, each stop with a box to tick and a QR code that opens "
            "it in a map app; QR codes that navigate the route, ten stops each; and the loading lists, what "
            "is unloaded last first.</p>"
            "<p><b>The sheets hold notes, access codes and phone numbers</b> (the fields notes, access_code, "
            "access_notes, phone): they are for drivers only.</p>"
            "<p>The layers are read as they stand: nothing is timed anew, and no engine is needed. For "
            "sheets of your own design load the template route_sheet.qpt. See docs/route_sheets.md.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_plan("The layer LEGS of the plan, for the maps. Empty: the way is drawn straight.")
        self.add(
            QgsProcessingParameterMapLayer(BACKGROUND, tr("Below the routes"), optional=True),
            "A layer to draw below the routes, such as streets or a picture, as it is styled in the project; "
            "lines from a file are drawn in light grey. The map takes its CRS, unless that is in degrees.",
        )
        self.add(
            QgsProcessingParameterEnum(
                CODE,
                tr("QR codes of stops"),
                options=list(CODES),
                usesStaticStrings=True,
                defaultValue=CODES[0],
            ),
            "google: a link that navigates to the stop in Google Maps, which every telephone opens. geo: a "
            "geo: URI, which Android opens in any map app.",
        )
        self.add(
            QgsProcessingParameterString(DRIVERS, tr("Drivers"), optional=True),
            "Vehicles or drivers that get a sheet, as vehicle_id or driver has them, parted by commas. "
            "Empty: all.",
        )
        self.add_zone()
        self.add(
            QgsProcessingParameterFolderDestination(FOLDER, tr("Folder")),
            "Where the sheets are written, as route_V1.pdf and so on; those of the same names are replaced.",
        )
        self.addOutput(QgsProcessingOutputNumber("SHEET_COUNT", tr("Sheets written")))
        self.addOutput(QgsProcessingOutputNumber("STOP_COUNT", tr("Stops on them")))

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        zone = self.zone_name(parameters, context)
        day = PlanDay(first_date(self.source(PLAN)) or today(zone), zone)
        reading = Reading(day, context.transformContext(), feedback, GroupedWarnings())
        read = self._read_days(reading, None)
        self._tell_zone(parameters, context, day, feedback)
        days = self._chosen(read, self.parameterAsString(parameters, DRIVERS, context), reading)
        reading.warnings.push(feedback)
        folder = self.parameterAsString(parameters, FOLDER, context)
        options = SheetOptions(
            {key: tr(text) for key, text in {**DRIVER_WORDS, **SHEET_WORDS}.items()},
            self.background(parameters, context),
            self.parameterAsEnumString(parameters, CODE, context),
        )
        sheets = [sheet_of(one) for one in days]
        for path in write_sheets(sheets, Path(folder), options, context.transformContext(), feedback):
            feedback.pushInfo(str(path))
        return {FOLDER: folder, "SHEET_COUNT": len(days), "STOP_COUNT": sum(len(one.stops) for one in days)}
