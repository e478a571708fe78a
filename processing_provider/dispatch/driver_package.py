"""The algorithm `optiway:driver_package`: files for each driver of a plan, and for others.

Its parameters and steps; it needs no engine. What the files are is reports/driver_package.py's.
"""

from __future__ import annotations

import os
import zipfile
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterString,
)

from optiway_qgis.layers.feedback import GroupedWarnings
from optiway_qgis.layers.read_driver_days import LEGS, read_driver_days, zone_of
from optiway_qgis.layers.read_drivers import missing_fields
from optiway_qgis.layers.read_visits import VisitsLayer, first_date
from optiway_qgis.layers.reading import Reading, no_crs
from optiway_qgis.layers.route_sheet import WORDS as SHEET_WORDS
from optiway_qgis.layers.route_sheet import RouteSheet, SheetOptions, write_sheets
from optiway_qgis.layers.sheet_map import quiet_copy
from optiway_qgis.layers.times import PlanDay, computer_zone, today
from optiway_qgis.model.errors import InputError, JobCancelled
from optiway_qgis.model.findings import About, Fault
from optiway_qgis.reports.driver_index import driver_index
from optiway_qgis.reports.driver_package import (
    FORMATS,
    INDEX,
    PUBLIC,
    PUBLIC_FOLDER,
    driver_files,
    folder_names,
    public_files,
)
from optiway_qgis.reports.driver_tables import loadings
from optiway_qgis.reports.driver_words import WORDS

from ..planning.plan_algorithm import TIME_ZONE, PlanAlgorithm, tr, write_text
from ..replanning.day_algorithm import NOW

if TYPE_CHECKING:
    from qgis.core import QgsMapLayer

    from optiway_qgis.layers.read_driver_days import DaysRead
    from optiway_qgis.model.driver_day import DriverDay

PLAN = "PLAN"
ROUTES = "PLAN_ROUTES"
BACKGROUND = "BACKGROUND"
FOLDER = "FOLDER"
CHOSEN = "FORMATS"
DRIVERS = "DRIVERS"
ZIP = "ZIP"

PDF = "pdf"


class DriverPackage(PlanAlgorithm):
    """Writes what each driver needs on the road."""

    def name(self):
        """Return the id within the provider."""
        return "driver_package"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Files for drivers")

    def group(self):
        """Return the group in the toolbox."""
        return tr("Dispatch")

    def groupId(self):
        """Return the id of the group."""
        return "dispatch"

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr(
            "Writes a folder for each driver: a page for the telephone with navigation links, GPX, KML, "
            "GeoJSON, calendar and loading list."
        )

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr(
            "driver,package,phone,mobile,gpx,kml,geojson,ics,calendar,navigation,google,waze,apple,loading,"
            "list,zip,dispatch,share"
        ).split(",")

    def flags(self):
        """Run in the main thread: there QGIS wants its layouts."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes the visits of a plan and writes a folder for each driver, and a zip of it to send: a "
            "page that works on a telephone without a network, with the next stop on top, ticking off, "
            "navigation in Google Maps, Waze, Apple Maps and any other map app, a map and the loading list; "
            "the route sheet to print; the route as GPX, KML and GeoJSON; a calendar; the loading list as "
            "CSV, what is unloaded last first. <i>index.html</i> lists all drivers.</p>"
            "<p>Drivers' files hold <i>notes</i>, <i>access_code</i>, <i>access_notes</i>, <i>phone</i> and "
            "<i>email</i> of the stops: give them to nobody else. The files in the folder "
            "<i>public</i> are for others: number, id and arrival of each stop, and the lines of the routes; "
            "no names, addresses, notes, codes or numbers.</p>"
            "<p>The layers are read as they stand: nothing is timed anew, and no engine is needed. Stops "
            "that are done stay in the lists and are in no link; those that are cancelled are only in the "
            "calendar, as cancelled. See docs/driver_package.md.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self.add_plan(
            "The layer LEGS of the plan, for the track and the maps. Empty: the way is drawn straight, and "
            "GPX has no track."
        )
        self.add(
            QgsProcessingParameterEnum(
                CHOSEN,
                tr("Files"),
                options=[*FORMATS, PDF],
                allowMultiple=True,
                usesStaticStrings=True,
                defaultValue=[*FORMATS, PDF],
            ),
            "html: the page for the telephone. gpx, kml, geojson: the route for devices and map apps. ics: a "
            "calendar with an event for each stop. loading: the loading list as CSV. public: routes and "
            "arrivals for others, without anything personal. pdf: the sheet that the algorithm Route sheets "
            "makes.",
        )
        self.add(
            QgsProcessingParameterMapLayer(BACKGROUND, tr("Below the routes"), optional=True),
            "A layer to draw below the routes on the sheets, such as streets or a picture, as it is styled "
            "in the project; lines from a file are drawn in light grey.",
        )
        self.add(
            QgsProcessingParameterString(DRIVERS, tr("Drivers"), optional=True),
            "Vehicles or drivers that get files, as vehicle_id or driver has them, parted by commas. Empty: "
            "all.",
        )
        self.add(
            QgsProcessingParameterBoolean(ZIP, tr("A zip file for each driver"), defaultValue=True),
            "Beside each folder its files as one zip, to send by mail or messenger.",
        )
        self.add(
            QgsProcessingParameterDateTime(
                NOW, tr("Now"), QgsProcessingParameterDateTime.Type.DateTime, optional=True
            ),
            "What is planned to be over at this moment is done and in no link, as what status says is done. "
            "Empty: what status says alone.",
            advanced=True,
        )
        self.add_zone()
        self.add(
            QgsProcessingParameterFolderDestination(FOLDER, tr("Folder")),
            "Where the files are written; those of the same names are replaced.",
        )
        self.addOutput(QgsProcessingOutputNumber("DRIVER_COUNT", tr("Drivers with files")))
        self.addOutput(QgsProcessingOutputNumber("FILE_COUNT", tr("Files written")))
        self.addOutput(QgsProcessingOutputNumber("STOP_COUNT", tr("Stops in them")))

    def add_plan(self, legs_help: str) -> None:
        """Add PLAN, PLAN_LEGS with its help, and PLAN_ROUTES."""
        kinds = QgsProcessing.SourceType
        for name, label, kind, is_optional, help_text in (
            (PLAN, "Plan: visits", kinds.TypeVector, False, "The layer VISITS of a plan."),
            (LEGS, "Plan: legs", kinds.TypeVectorLine, True, legs_help),
            (
                ROUTES,
                "Plan: routes",
                kinds.TypeVector,
                True,
                "The layer ROUTES of the plan: its time_zone is that of all times. Empty: TIME_ZONE.",
            ),
        ):
            source = QgsProcessingParameterFeatureSource(name, tr(label), [kind], optional=is_optional)
            self.add(source, help_text)

    def add_zone(self) -> None:
        """Add TIME_ZONE."""
        self.add(
            QgsProcessingParameterString(TIME_ZONE, tr("Time zone"), optional=True),
            "Name of the time zone of all times, such as Europe/Lisbon. Empty: that of PLAN_ROUTES, else the "
            "zone of this computer.",
            advanced=True,
        )

    def prepareAlgorithm(self, parameters, context, feedback):
        """Make the sources in the main thread."""
        self.prepare_sources(parameters, context)
        return True

    def zone_name(self, parameters, context) -> str:
        """The name in TIME_ZONE, that of the routes, or that of the computer's zone."""
        given = self.parameterAsString(parameters, TIME_ZONE, context).strip()
        return given or zone_of(self.parameterAsSource(parameters, ROUTES, context)) or computer_zone()

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        zone = self.zone_name(parameters, context)
        day = PlanDay(first_date(self.source(PLAN)) or today(zone), zone)
        reading = Reading(day, context.transformContext(), feedback, GroupedWarnings())
        now = self.parameterAsDateTime(parameters, NOW, context)
        read = self._read_days(reading, day.read(now).seconds if now.isValid() else None)
        self._tell_zone(parameters, context, day, feedback)
        days = self._chosen(read, self.parameterAsString(parameters, DRIVERS, context), reading)
        reading.warnings.push(feedback)
        if feedback.isCanceled():
            raise JobCancelled
        folder = self.parameterAsString(parameters, FOLDER, context)
        chosen = self.parameterAsEnumStrings(parameters, CHOSEN, context)
        writer = _Writer(folder, feedback, self._sheet_writer(parameters, context) if PDF in chosen else None)
        writer.write(days, chosen, self.parameterAsBoolean(parameters, ZIP, context))
        return {
            FOLDER: folder,
            "DRIVER_COUNT": len(days),
            "FILE_COUNT": writer.count,
            "STOP_COUNT": sum(len(one.stops) for one in days),
        }

    def _sheet_writer(self, parameters, context) -> Callable[[DriverDay, Path], None]:
        """Return what writes the sheet of a day to a file."""
        words = {key: tr(text) for key, text in {**WORDS, **SHEET_WORDS}.items()}
        options = SheetOptions(words, self.background(parameters, context))

        def write(day: DriverDay, path: Path) -> None:
            quiet = QgsProcessingFeedback()
            (written,) = write_sheets(
                [sheet_of(day)], path.parent, options, context.transformContext(), quiet
            )
            with _writing(str(path)):
                written.replace(path)

        return write

    def background(self, parameters, context) -> QgsMapLayer | None:
        """The layer below the routes: as the project shows it, or in light grey where it is in no project."""
        layer = self.parameterAsLayer(parameters, BACKGROUND, context)
        if layer is None:
            if parameters.get(BACKGROUND):
                raise QgsProcessingException(self.invalidRasterError(parameters, BACKGROUND))
            return None
        project = context.project()
        is_styled = project is not None and project.mapLayer(layer.id()) is not None
        return layer if is_styled else quiet_copy(layer)

    def _tell_zone(self, parameters, context, day: PlanDay, feedback) -> None:
        feedback.pushInfo(f"{day.iso_date}, times in {day.zone_name}.")
        given = self.parameterAsString(parameters, TIME_ZONE, context).strip()
        if not given and not zone_of(self.source(ROUTES)):
            feedback.pushWarning(
                f"The zone of the plan is not known: its times are taken for those of {day.zone_name}, the "
                f"zone of this computer. Give {ROUTES} or {TIME_ZONE}."
            )

    def _read_days(self, reading: Reading, now: int | None) -> DaysRead:
        visits = VisitsLayer(self.source(PLAN), PLAN)
        layer = f"{PLAN} ({visits.source.sourceName()})"
        missing = missing_fields(visits)
        if missing:
            text = f"{layer} has no field {' and no field '.join(missing)}"
            reading.refuse(Fault("no_field", text, "Give the VISITS of a plan"), About(PLAN))
        if not visits.source.sourceCrs().isValid():
            reading.refuse(no_crs(PLAN, visits.source), About(PLAN))
        if reading.errors:
            raise InputError(reading.errors)
        read = read_driver_days(visits, self.source(LEGS), reading, now)
        if len(read.plan_ids) > 1 or len(read.versions) > 1:
            text = f"{PLAN} holds visits of several plans or versions"
            reading.warn(Fault("conflicting_values", text, "Filter the layer to one of them"), About(PLAN))
        return read

    def _chosen(self, read: DaysRead, asked: str, reading: Reading) -> list[DriverDay]:
        """The days of the drivers asked for; a name that nobody has is an error, an empty plan told."""
        names = {name.strip().casefold(): name.strip() for name in asked.split(",") if name.strip()}
        known = {name.casefold() for day in read.days for name in (day.vehicle_id, day.driver) if name}
        unknown = [shown for name, shown in names.items() if name not in known]
        if unknown:
            told = ", ".join(day.title for day in read.days)
            raise InputError([f"{DRIVERS}: {', '.join(unknown)} is in no row of {PLAN}. There are: {told}."])
        days = [
            day
            for day in read.days
            if not names or {day.vehicle_id.casefold(), day.driver.casefold()} & names.keys()
        ]
        if not days:
            reading.feedback.pushWarning(f"{PLAN} has no visits: there is nobody to write files for.")
        return days


def sheet_of(day: DriverDay) -> RouteSheet:
    """The sheet of a day, with what is to be loaded."""
    return RouteSheet(day, tuple((loading.at, loading.stops) for loading in loadings(day)))


@contextmanager
def _writing(path: str):
    """Tell of a file that cannot be written."""
    try:
        yield
    except OSError as error:
        raise QgsProcessingException(
            f"{FOLDER}: {path} cannot be written ({error.strerror}). Choose another folder, or close the "
            "program that has it open."
        ) from error


class _Writer:
    """Writes files below a folder, and counts them."""

    def __init__(self, folder: str, feedback, write_sheet: Callable[[DriverDay, Path], None] | None):
        self.count = 0
        self._write_sheet = write_sheet
        self._folder = folder
        self._feedback = feedback

    def write(self, days: list[DriverDay], formats: list[str], zips: bool) -> None:
        """Write the files of all drivers, those for others, and the page that lists them."""
        words = {key: tr(text) for key, text in WORDS.items()}
        made_at = datetime.now(timezone.utc)
        names = folder_names(days)
        self._warn_of_others(names)
        packed = []
        for number, (day, name) in enumerate(zip(days, names)):
            if self._feedback.isCanceled():
                raise JobCancelled
            files = driver_files(day, name, formats, words, made_at)
            paths = [self._write(f"{name}/{file}", text) for file, text in files.items()]
            if self._write_sheet is not None:
                paths.append(f"{name}/{name}.pdf")
                self._write_sheet(day, Path(self._folder, name, f"{name}.pdf"))
                self._written(paths[-1])
            if zips and paths:
                paths.append(self._zip(f"{name}.zip", paths))
            packed.append((day, paths))
            self._feedback.setProgress(100 * (number + 1) / (len(days) + 1))
        others = public_files(days) if PUBLIC in formats else {}
        public = [self._write(f"{PUBLIC_FOLDER}/{file}", text) for file, text in others.items()]
        self._write(INDEX, driver_index(packed, public, words))
        self._feedback.setProgress(100)

    def _write(self, path: str, text: str) -> str:
        write_text(FOLDER, os.path.join(self._folder, *path.split("/")), text)
        return self._written(path)

    def _zip(self, path: str, files: list[str]) -> str:
        target = os.path.join(self._folder, path)
        with _writing(target), zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(os.path.join(self._folder, *file.split("/")), file)
        return self._written(path)

    def _written(self, path: str) -> str:
        self.count += 1
        self._feedback.pushInfo(path)
        return path

    def _warn_of_others(self, names: list[str]) -> None:
        """Tell of folders that an earlier run left: who takes one from there drives by an old plan."""
        kept = {PUBLIC_FOLDER, *names}
        folder = self._folder
        if not os.path.isdir(folder):
            return
        others = [
            name
            for name in sorted(os.listdir(folder))
            if name not in kept and os.path.isfile(os.path.join(folder, name, f"{name}.html"))
        ]
        if others:
            self._feedback.pushWarning(
                f"{FOLDER} holds files of an earlier run, which were not touched: {', '.join(others)}. "
                "Delete them, or write to an empty folder."
            )
