"""The algorithm `optiway:import_stops`: a list of any make as stops that can be planned.

Its parameters and steps; how the list is read is that of layers/import_*.py.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Callable

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsWkbTypes,
)

from optiway_qgis.layers.destinations import file_of
from optiway_qgis.layers.import_columns import (
    mapping_text,
    read_mapping,
    sheet_of,
    told_columns,
    understand,
)
from optiway_qgis.layers.import_file import DELIMITERS, read_file
from optiway_qgis.layers.import_layer import REJECTS, STOPS, TO_GEOCODE, Outputs, layer_sheet
from optiway_qgis.layers.import_places import Places
from optiway_qgis.layers.import_rows import KEEP, REJECT, RENUMBER, Settings, read_rows
from optiway_qgis.layers.points import WGS84
from optiway_qgis.layers.write import verify_written, warn_of_lossy_target, write_features
from optiway_qgis.model.errors import InputError, JobCancelled
from optiway_qgis.reports.comparison_csv import harmless

from ..planning.plan_algorithm import PlanAlgorithm, destination_of, is_wanted, tr, write_text

if TYPE_CHECKING:
    from qgis.core import QgsFields

    from optiway_qgis.layers.import_columns import Column, Sheet
    from optiway_qgis.layers.import_rows import Imported

INPUT_FILE, INPUT_LAYER, SHEET, HEADER_ROW = "INPUT_FILE", "INPUT_LAYER", "SHEET", "HEADER_ROW"
DELIMITER, ENCODING, CRS = "DELIMITER", "ENCODING", "CRS"
MAPPING, MAPPING_FILE, SAVE_MAPPING = "MAPPING", "MAPPING_FILE", "SAVE_MAPPING"
IDS, DUPLICATES = "IDS", "DUPLICATES"
ROW_COUNT, ACCEPTED_COUNT = "ROW_COUNT", "ACCEPTED_COUNT"
TO_GEOCODE_COUNT, REJECTED_COUNT = "TO_GEOCODE_COUNT", "REJECTED_COUNT"

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_PHONE = re.compile(r"\+?[\d ()/.,-]+")
"""Texts of digits, which call nothing: numbers, and in layers that others read telephone numbers, too."""
_FOR_SPREADSHEETS = (".csv", ".tsv", ".txt", ".ods", ".xlsx")


class ImportStops(PlanAlgorithm):
    """Reads a list of stops of any make."""

    def name(self):
        """Return the id within the provider."""
        return "import_stops"

    def displayName(self):
        """Return the name in the toolbox."""
        return tr("Import stops")

    def group(self):
        """Return the group in the toolbox."""
        return tr("Preparing")

    def groupId(self):
        """Return the id of the group."""
        return "preparing"

    def shortDescription(self):
        """Return one line for tooltips."""
        return tr("Reads a spreadsheet, a text file or any layer as stops, and tells what it could not read.")

    def tags(self):
        """Return words the toolbox finds it by."""
        return tr("import,csv,excel,xlsx,ods,spreadsheet,addresses,customers,stops,mapping,clean").split(",")

    def shortHelpString(self):
        """Return the help shown beside the dialog."""
        return tr(
            "<p>Takes a list as people keep it (CSV, TSV, XLSX, ODS, or any layer) and makes stops of it for "
            "Plan routes. Delimiter, encoding and header are found by looking; columns are recognised "
            "by their names in several languages and by what is in them: ids, addresses, coordinates, "
            "<i>8-10am</i>, <i>before noon</i>, <i>2,5 kg</i>, <i>1h30</i>. The log says how each column was "
            "understood; MAPPING changes it and SAVE_MAPPING keeps it for the next list.</p>"
            "<p>Each row with any content goes to one of three layers: STOPS with a point, TO_GEOCODE with "
            "an address only, REJECTS with the number of the row, the reason and what to do. Together "
            "they are as many as there are rows. What could mean two things is rejected, never guessed; what "
            "other rows prove, such as swapped coordinates, is mended and told: docs/importing.md.</p>"
        )

    def initAlgorithm(self, configuration=None):
        """Declare parameters and outputs."""
        self._add_input()
        self._add_rules()
        self._add_outputs()

    def _add_input(self) -> None:
        self.add(
            QgsProcessingParameterFile(INPUT_FILE, tr("File"), optional=True),
            "CSV, TSV, TXT, XLSX or ODS. Give this or a layer.",
        )
        self.add(
            QgsProcessingParameterFeatureSource(
                INPUT_LAYER, tr("Layer"), [QgsProcessing.SourceType.TypeVector], optional=True
            ),
            "Any table or layer, instead of a file. Its points are the places of the stops; without points "
            "its fields are looked through as the columns of a file are.",
        )
        self.add(
            QgsProcessingParameterString(SHEET, tr("Sheet"), optional=True),
            "Name or number of the sheet of a workbook. Empty: the first one that has cells.",
        )
        self.add(
            QgsProcessingParameterNumber(HEADER_ROW, tr("Row of the header"), optional=True, minValue=0),
            "Number of the row with the names of the columns; 0: there is none. Empty: found by looking.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterEnum(
                DELIMITER, tr("Delimiter"), options=list(DELIMITERS), usesStaticStrings=True, optional=True
            ),
            "What parts the columns of a text file. Empty: found by looking.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterString(ENCODING, tr("Encoding"), optional=True),
            "Encoding of a text file, such as utf-8 or cp1252. Empty: found by looking.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterCrs(CRS, tr("CRS of the coordinates"), optional=True),
            "What coordinates in columns are in. Empty: degrees (WGS 84); others are rejected, as nobody can "
            "tell which local CRS they are in.",
        )

    def _add_rules(self) -> None:
        self.add(
            QgsProcessingParameterString(MAPPING, tr("Columns"), optional=True),
            "Which column is which field, where that is not found or found wrongly: Kunde=name, Wann=window. "
            "Nothing behind the sign has the column carried along. docs/importing.md lists the fields.",
        )
        self.add(
            QgsProcessingParameterFile(MAPPING_FILE, tr("Saved columns"), extension="json", optional=True),
            "Columns as SAVE_MAPPING has written them; MAPPING goes before it.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterEnum(
                IDS,
                tr("Ids that are missing or doubled"),
                options=[REJECT, RENUMBER],
                defaultValue=REJECT,
                usesStaticStrings=True,
            ),
            "reject: the row is rejected. renumber: it gets an id of its own. Without any column of ids, "
            "stops are called S1, S2 and so on.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterEnum(
                DUPLICATES,
                tr("Rows with the same place, name and windows"),
                options=[REJECT, KEEP],
                defaultValue=REJECT,
                usesStaticStrings=True,
            ),
            "reject: all but the first are rejected. keep: each is a stop, as where one customer has several "
            "orders.",
            advanced=True,
        )

    def _add_outputs(self) -> None:
        point, table = QgsProcessing.SourceType.TypeVectorPoint, QgsProcessing.SourceType.TypeVector
        for name, label, kind, help_text in (
            (
                STOPS,
                "Stops",
                point,
                "The rows with a place, in our fields and WGS 84, ready for Plan routes.",
            ),
            (TO_GEOCODE, "Stops to geocode", table, "The rows with an address only, in the same fields."),
            (
                REJECTS,
                "Rejected rows",
                table,
                "The other rows: row, code, reason, remedy, and all cells as they were.",
            ),
        ):
            self.add(
                QgsProcessingParameterFeatureSink(name, tr(label), kind, optional=True, createByDefault=True),
                help_text,
            )
        self.add(
            QgsProcessingParameterFileDestination(
                SAVE_MAPPING,
                tr("Save columns"),
                tr("JSON files (*.json)"),
                optional=True,
                createByDefault=False,
            ),
            "File for how the columns were understood; MAPPING_FILE reads it for the next list.",
        )
        for name, label in (
            (ROW_COUNT, "Number of rows with content"),
            (ACCEPTED_COUNT, "Stops"),
            (TO_GEOCODE_COUNT, "Stops to geocode"),
            (REJECTED_COUNT, "Rejected rows"),
        ):
            self.addOutput(QgsProcessingOutputNumber(name, tr(label)))

    def prepareAlgorithm(self, parameters, context, feedback):
        """Make the source in the main thread."""
        self.prepare_sources(parameters, context)
        return True

    def _process(self, parameters, context, feedback) -> dict[str, Any]:
        unwritable = self.unwritable(parameters, context)
        if unwritable:
            raise InputError(unwritable)
        sheet, crs = self._sheet(parameters, context, feedback)
        has_points = any(row.point is not None for row in sheet.rows)
        columns = understand(sheet, self._mapping(parameters, context, feedback, sheet), has_points)
        settings = Settings(
            self.parameterAsEnumString(parameters, IDS, context),
            self.parameterAsEnumString(parameters, DUPLICATES, context),
            crs is None or crs.isGeographic(),
        )
        places = Places(crs, context.transformContext(), [row.number for row in sheet.rows])
        imported = read_rows(sheet, columns, places, settings)
        if feedback.isCanceled():
            raise JobCancelled
        _tell(sheet, columns, imported, feedback)
        results: dict[str, Any] = {
            **self._write_layers(parameters, context, feedback, sheet, columns, imported),
            ROW_COUNT: len(sheet.rows),
            ACCEPTED_COUNT: len(imported.stops),
            TO_GEOCODE_COUNT: len(imported.to_geocode),
            REJECTED_COUNT: len(imported.rejected),
        }
        path = self.parameterAsFileOutput(parameters, SAVE_MAPPING, context)
        if path:
            write_text(SAVE_MAPPING, path, mapping_text(columns))
            results[SAVE_MAPPING] = path
        return results

    def _sheet(self, parameters, context, feedback) -> tuple[Sheet, QgsCoordinateReferenceSystem | None]:
        """The rows of the file or the layer, and the CRS of their coordinates where it is known."""
        path = self.parameterAsFile(parameters, INPUT_FILE, context)
        source = self.source(INPUT_LAYER)
        if bool(path) == (source is not None):
            told = "both are given" if path else "none is given"
            raise InputError([f"Give INPUT_FILE or INPUT_LAYER, one of the two: {told}."])
        given = self.parameterAsCrs(parameters, CRS, context)
        crs = given if given.isValid() else None
        if source is not None:
            sheet = layer_sheet(source, feedback)
            if any(row.point is not None for row in sheet.rows):
                crs = source.sourceCrs()
                if not crs.isValid():
                    raise InputError(["INPUT_LAYER has no CRS. Set it in the layer's properties."])
            return sheet, crs
        grid = read_file(
            path,
            self.parameterAsString(parameters, SHEET, context).strip(),
            DELIMITERS.get(self.parameterAsEnumString(parameters, DELIMITER, context), ""),
            self.parameterAsString(parameters, ENCODING, context).strip(),
        )
        header = parameters.get(HEADER_ROW)
        header = self.parameterAsInt(parameters, HEADER_ROW, context) if header is not None else None
        return sheet_of(grid, header), crs

    def _mapping(self, parameters, context, feedback, sheet: Sheet) -> dict[str, str]:
        """What the saved columns say of this list, and over it what MAPPING says."""
        saved: dict[str, str] = {}
        path = self.parameterAsFile(parameters, MAPPING_FILE, context)
        if path:
            try:
                with open(path, encoding="utf-8") as file:
                    saved = read_mapping(file.read())
            except (OSError, UnicodeError) as error:
                raise InputError([f"MAPPING_FILE {path} cannot be read ({error})."]) from None
        there = {name.lower() for name in sheet.names}
        missing = [name for name in saved if name.lower() not in there]
        if missing:
            feedback.pushWarning(f"MAPPING_FILE names columns that this list has not: {', '.join(missing)}.")
        given = read_mapping(self.parameterAsString(parameters, MAPPING, context))
        named = {name.lower() for name in given}
        meant = {meaning for meaning in given.values() if meaning}
        kept = {
            name: meaning
            for name, meaning in saved.items()
            if name.lower() in there and name.lower() not in named and meaning not in meant
        }
        return {**kept, **given}

    def _write_layers(
        self, parameters, context, feedback, sheet: Sheet, columns: list[Column], imported: Imported
    ) -> dict[str, str]:
        outputs = Outputs(sheet, columns, _windows(imported))
        point, none = QgsWkbTypes.Type.Point, QgsWkbTypes.Type.NoGeometry
        neutral: list[str] = []
        results = {}
        for name, fields, kind, features in (
            (STOPS, outputs.stop_fields(), point, lambda safe: outputs.stops(imported.stops, safe)),
            (TO_GEOCODE, outputs.stop_fields(), none, lambda safe: outputs.stops(imported.to_geocode, safe)),
            (REJECTS, outputs.reject_fields(), none, lambda safe: outputs.rejects(imported.rejected, safe)),
        ):
            safe = _safe_for(name, destination_of(parameters.get(name), context), neutral)
            results.update(self._write_one(parameters, context, feedback, name, fields, kind, features(safe)))
        if neutral:
            feedback.pushInfo(
                f"Texts that a spreadsheet would run as formulas, written with an apostrophe: {len(neutral)}."
            )
        return results

    def _write_one(
        self, parameters, context, feedback, name: str, fields: QgsFields, kind, features: Any
    ) -> dict[str, str]:
        crs = QgsCoordinateReferenceSystem(WGS84 if kind == QgsWkbTypes.Type.Point else "")
        sink, destination = self.parameterAsSink(parameters, name, context, fields, kind, crs)
        if sink is None:
            if is_wanted(parameters.get(name), context):
                raise QgsProcessingException(self.invalidSinkError(parameters, name))
            return {}
        if name == STOPS:
            warn_of_lossy_target(destination_of(parameters.get(name), context), feedback)
        count = write_features(sink, name, features, feedback)
        del sink  # the file is complete only when its sink is gone
        if feedback.isCanceled():
            raise JobCancelled
        verify_written({name: destination}, {name: count}, context)
        return {name: destination}


def _tell(sheet: Sheet, columns: list[Column], imported: Imported, feedback) -> None:
    for line in (*sheet.told, *told_columns(columns), *imported.told):
        feedback.pushInfo(line)
    feedback.pushInfo(
        f"Rows: {len(sheet.rows)} (and {sheet.empty} empty ones). Stops: {len(imported.stops)}, to geocode: "
        f"{len(imported.to_geocode)}, rejected: {len(imported.rejected)}."
    )
    codes: dict[str, list[int]] = {}
    for one in imported.rejected:
        codes.setdefault(one.fault.code, []).append(one.row.number)
    for code, numbers in codes.items():
        feedback.pushWarning(f"Rejected as {code}: {len(numbers)} (first in row {numbers[0]}).")


def _windows(imported: Imported) -> int:
    """How many windows a stop has at most; one at least."""
    stops = (*imported.stops, *imported.to_geocode)
    held = {name for stop in stops for name in stop.values if name.startswith("tw")}
    return max([1, *(int(name[2]) for name in held)])


def _safe_for(name: str, destination: str, neutral: list[str]) -> Callable[[str], str]:
    """What makes a text harmless in that file; those that are changed are added to `neutral`."""
    if os.path.splitext(file_of(destination))[1].lower() not in _FOR_SPREADSHEETS:
        return lambda text: text
    plain = _NUMBER if name == REJECTS else _PHONE

    def safe(text: str) -> str:
        if plain.fullmatch(text) or harmless(text) == text:
            return text
        neutral.append(text)
        return harmless(text)

    return safe
