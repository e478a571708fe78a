"""Roads that were read before, kept on disk beside the prepared networks: when they are taken from there.

Only lines of files are kept, under a name made from all that decides what is read: the bytes of the file and
of those beside it, the layer's own settings, the fields, the box, the way to degrees. Whatever cannot be told
from these, such as a layer in editing, is read each time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Protocol, Sequence

import numpy as np
from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProcessingFeatureSourceDefinition,
    QgsProviderRegistry,
)

from .points import WGS84
from .read_roads import About, box_around

if TYPE_CHECKING:
    from qgis.core import QgsCoordinateTransformContext, QgsProcessingFeedback, QgsVectorLayer

    from .read_roads import RoadLayer, RoadLines

FORMAT = 1
"""Counts up when the same file gives other lines."""

_WHOLE = (".gpkg", ".shp", ".pbf", ".fgb", ".geojson", ".tab")
"""Files that hold their data themselves or in files of the same name; others may point anywhere."""
_PARTS = {
    ".shp": (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj", ".qix", ".sbn", ".sbx"),
    ".tab": (".tab", ".dat", ".map", ".id", ".ind"),
}
_SQLITE = b"SQLite format 3\0"
_ABOUT = "about"
_PIECE = 1 << 20


class Savable(Protocol):
    """Lines that a job can be told of."""

    def save(self, folder: str) -> dict[str, Any]:
        """Return the job's travel member, without cache and profiles; files made for it lie in the folder."""


@dataclass(frozen=True)
class RoadFile:
    """The file of a layer, and the layer's settings as far as they decide what its features are."""

    path: str
    settings: tuple[str, ...]

    def bytes_now(self) -> str:
        """A fingerprint of the file and of those that belong to it.

        Raises
        ------
        OSError
            When one cannot be read.
        """
        digest = hashlib.sha256()
        for path in _with_companions(Path(self.path)):
            with path.open("rb") as file:
                piece = _without_counters(file.read(_PIECE))
                if piece:  # QGIS leaves an empty log beside a GeoPackage, or none
                    digest.update(f"\0{path.name}\0".encode())
                while piece:
                    digest.update(piece)
                    piece = file.read(_PIECE)
        return digest.hexdigest()


@dataclass(frozen=True)
class KeptRoads:
    """Lines as the engine takes them, in a file that stays."""

    path: str
    about: About

    def save(self, folder: str) -> dict[str, Any]:
        """The job's travel member; the lines stay where they are."""
        return self.about.travel(self.path)


def road_file(given: Any, layer: QgsVectorLayer | None) -> RoadFile | None:
    """The file behind a parameter; None where the features are not simply those of a file.

    `given` is the value of the parameter, `layer` what it stands for. Call it in the thread of the layer.
    """
    if layer is None or layer.providerType() != "ogr" or layer.isEditable() or _is_part(given):
        return None
    path = str(QgsProviderRegistry.instance().decodeUri("ogr", layer.source()).get("path") or "")
    provider = layer.dataProvider()
    own = [field.name() for field in provider.fields()]
    if (
        not path.lower().endswith(_WHOLE)
        or not os.path.isfile(path)
        or "|option:" in layer.source()
        or "OSM_CONFIG_FILE" in os.environ
        or [field.name() for field in layer.fields()] != own  # others are joined or computed
    ):
        return None
    kinds = (f"{field.name()} {field.typeName()}" for field in provider.fields())
    crs = f"{layer.crs().authid()} {layer.crs().toWkt()}"
    return RoadFile(path, (layer.source(), layer.subsetString(), provider.encoding(), crs, *kinds))


def read(
    roads: RoadLayer,
    file: RoadFile | None,
    folder: str,
    places: Sequence[tuple[float, float]],
    context: QgsCoordinateTransformContext,
    feedback: QgsProcessingFeedback,
    progress: Callable[[float], None],
) -> Savable:
    """Give the roads around the places (longitude, latitude), from the folder where they are kept there.

    Raises what reading the layer raises.
    """
    key = _key(roads, file, places, context)
    path = Path(folder) / f"roads-lines-{key}.npz"
    about = _about(path) if key else None
    if about is not None:
        roads.tell(feedback, about, box_around(places)[1])
        return KeptRoads(str(path), about)
    lines = roads.read(places, context, feedback, progress)
    if key and key == _key(roads, file, places, context):  # not changed meanwhile
        _keep(path, lines)
    return lines


def _is_part(given: Any) -> bool:
    """Whether the parameter asks for some of the layer's features."""
    return isinstance(given, QgsProcessingFeatureSourceDefinition) and (
        given.selectedFeaturesOnly
        or given.featureLimit >= 0
        or bool(getattr(given, "filterExpression", ""))  # from QGIS 3.32 on
    )


def _with_companions(path: Path) -> list[Path]:
    """The file and its parts: those of a Shapefile share its stem, the log of a GeoPackage its name.

    Names are compared without their case, as some disks do.

    Raises
    ------
    OSError
        When the file is not among them.
    """
    stem, name = path.stem.casefold(), path.name.casefold()
    suffixes = _PARTS.get(path.suffix.casefold())

    def belongs(other: Path) -> bool:
        if suffixes is not None:
            return other.stem.casefold() == stem and other.suffix.casefold() in suffixes
        return other.name.casefold().startswith(name) and not other.name.endswith("-shm")

    found = sorted(other for other in path.parent.iterdir() if belongs(other) and other.is_file())
    if not any(other.name.casefold() == name for other in found):
        raise FileNotFoundError(path)
    return found


def _without_counters(begin: bytes) -> bytes:
    """The first bytes of a file, without those of SQLite that change whenever QGIS opens it to write.

    They are: how it keeps its log, how often it was changed and by which version (file format, 1.3).
    """
    if not begin.startswith(_SQLITE):
        return begin
    plain = bytearray(begin)
    for first, end in ((18, 20), (24, 28), (92, 100)):
        plain[first:end] = bytes(end - first)
    return bytes(plain)


def _key(
    roads: RoadLayer,
    file: RoadFile | None,
    places: Sequence[tuple[float, float]],
    context: QgsCoordinateTransformContext,
) -> str:
    """The name of what would be read; "" where that cannot be told."""
    if file is None:
        return ""
    to_degrees = QgsCoordinateTransform(
        roads.source.sourceCrs(), QgsCoordinateReferenceSystem(WGS84), context
    )
    columns = {name: (column.index, column.name) for name, column in roads.columns.items()}
    told = [
        FORMAT,
        Qgis.QGIS_VERSION,
        file.path,
        file.settings,
        columns,
        box_around(places)[0].toString(10),
        to_degrees.instantiatedCoordinateOperationDetails().proj,
    ]
    try:
        told.append(file.bytes_now())
    except OSError:
        return ""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


def _about(path: Path) -> About | None:
    """What is kept there; None where there is nothing that can be read."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            about = About(**json.loads(str(archive[_ABOUT])))
        os.utime(path)  # the engine removes what was not used for longest
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None
    return about


def _keep(path: Path, lines: RoadLines) -> None:
    """Keep the lines; a folder that cannot be written costs time at the next plan only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=path.stem, suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **lines.arrays(), **{_ABOUT: np.array(json.dumps(asdict(lines.about())))})
            os.replace(beside, path)
        finally:
            Path(beside).unlink(missing_ok=True)
    except OSError:
        return
