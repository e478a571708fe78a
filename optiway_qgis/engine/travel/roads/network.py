"""Times, distances and drawn ways between places on a road layer: the travel source `roads`.

Here the parts meet: profile, pieces, graph, snapping, conditions, shortest paths. The job's `travel` member:
    {"source": "roads", "path": "roads.npz", "categories": {"highway": ["primary", ...], ...},
     "profiles": {"car": {...}}, "cache": FOLDER or null}
The archive has `lon`, `lat` (all vertices of all lines, degrees), `first` (lines + 1, offsets into them) and
for each field of `categories` the index of each line's text, -1 for none.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from optiway_qgis.engine.travel import store
from optiway_qgis.engine.travel.estimate import straight_lines
from optiway_qgis.engine.travel.provider import (
    SNAP_FAR,
    SNAP_ISLAND,
    SNAP_OK,
    SNAP_OUTSIDE,
    UNREACHABLE,
    Conditions,
    Line,
    Matrix,
    Snap,
)
from optiway_qgis.engine.travel.roads.between import Between
from optiway_qgis.engine.travel.roads.conditions import Classes, blocks_for_good, check, hindrances
from optiway_qgis.engine.travel.roads.graph import Arcs, Graph, arcs_of, graph_of
from optiway_qgis.engine.travel.roads.meets import RoadMap
from optiway_qgis.engine.travel.roads.paths import Hierarchy
from optiway_qgis.engine.travel.roads.pieces import Pieces, pieces_of
from optiway_qgis.engine.travel.roads.profile import SHOWN, RoadTexts, ignored_lines, profile_from, speeds
from optiway_qgis.engine.travel.roads.snap import OnRoad, on_road
from optiway_qgis.model.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optiway_qgis.engine.travel.provider import Barrier, Coordinate, Provider
    from optiway_qgis.engine.travel.roads.profile import Profile

SOURCE = "roads"
FALLBACK = "car"
CLASS = "highway"
WORST = (SNAP_OK, SNAP_FAR, SNAP_ISLAND, SNAP_OUTSIDE)


class _OnRoads:
    """Times, distances and ways on the networks of the profiles, as they are travelled under conditions."""

    source = SOURCE

    def __init__(self, profiles: _Profiles, conditions: Conditions):
        self._profiles, self._conditions = profiles, conditions
        self._places = profiles.places
        self._networks: dict[str, _Network] = {}
        self._matrices: dict[str, Matrix] = {}

    def snap(self) -> list[Snap]:
        """Return how each place met the network, the worst of all profiles that have been asked for."""
        networks = list(self._networks.values()) or [self._network(self._profiles.default)]
        return [
            max(snaps, key=lambda snap: (WORST.index(snap.status), snap.metres))
            for snaps in zip(*(network.places.snaps for network in networks))
        ]

    def matrix(self, profile: str) -> Matrix:
        """Return times and distances for a profile; profiles whose files say the same share one matrix."""
        network = self._network(profile)
        if network.key not in self._matrices:
            self._profiles.tell_once(
                f'Finding ways between {len(self._places)} places on the roads of "{profile}"'
            )
            served = np.flatnonzero(network.places.served)
            seconds, metres = network.between.tables()
            # One after the other, so that only one is there twice.
            seconds = _with_lost(seconds, served, len(self._places))
            metres = _with_lost(metres, served, len(self._places))
            self._matrices[network.key] = Matrix(seconds, metres)
        return self._matrices[network.key]

    def lines(self, pairs: Sequence[tuple[int, int]], profile: str) -> list[Line]:
        """Return the way along the road for each pair; where there is none, straight and marked so."""
        network = self._network(profile)
        served = network.places.served
        on_roads = [index for index, (origin, end) in enumerate(pairs) if served[origin] and served[end]]
        lines = straight_lines(self._places, pairs)
        numbers = np.cumsum(served) - 1
        asked = [(int(numbers[pairs[index][0]]), int(numbers[pairs[index][1]])) for index in on_roads]
        for index, geometry in zip(on_roads, network.between.geometries(asked)):
            if geometry:
                lines[index] = Line(geometry, "road")
        return lines

    def under(self, conditions: Conditions) -> Provider:
        """Return the same places as they are travelled under other conditions, one object for equal ones.

        Where places meet the road changes only by blocks that hold always.

        Raises
        ------
        InputError
            When a zone has no geometry, or a barrier is of an unknown kind.
        """
        return self._profiles.under(conditions)

    def _network(self, profile: str) -> _Network:
        usual = self._profiles.network(profile)
        if usual.key not in self._networks:
            network: _Network = usual
            if self._conditions != Conditions():
                network, idle = usual.under(self._conditions)
                self._profiles.tell_idle(idle)
            self._networks[usual.key] = network
        return self._networks[usual.key]


def _with_lost(table: np.ndarray, served: np.ndarray, count: int) -> np.ndarray:
    """Return a table of the served places with those to which there is no way."""
    if len(served) == count:
        return table
    whole = np.full((count, count), UNREACHABLE, dtype=np.int32)
    whole[np.ix_(served, served)] = table
    np.fill_diagonal(whole, 0)
    return whole


class RoadNetwork(_OnRoads):
    """Times and distances on roads, one network per vehicle profile.

    A place that is far from the roads, on an island or outside of them is unreachable.

    Raises
    ------
    InputError
        When the archive or a profile cannot be read, or no road is open to a profile.
    """

    def __init__(self, places: Sequence[Coordinate], travel: dict[str, Any], report: Callable[[str], None]):
        super().__init__(_Profiles(places, travel, report), Conditions())


class _Profiles:
    """The networks of the profiles, each prepared when it is first asked for."""

    def __init__(self, places: Sequence[Coordinate], travel: dict[str, Any], report: Callable[[str], None]):
        self.places, self.report = list(places), report
        self._roads = _read(travel)
        self._files: dict[str, Any] = travel.get("profiles") or {}
        self.default = next(iter(self._files), FALLBACK)
        self._cache: str | None = travel.get("cache")
        self._of_profile: dict[str, _UsualNetwork] = {}
        self._by_key: dict[str, _UsualNetwork] = {}
        self._under: list[tuple[Conditions, _OnRoads]] = []
        self._told: set[str] = set()
        self._idle: set[str] = set()

    def under(self, conditions: Conditions) -> Provider:
        """Return the places under conditions, one object for equal ones."""
        for known, provider in self._under:
            if known == conditions:
                return provider
        check(conditions)
        self._under.append((conditions, _OnRoads(self, conditions)))
        return self._under[-1][1]

    def tell_once(self, text: str) -> None:
        """Report what is the same under many conditions."""
        if text not in self._told:
            self._told.add(text)
            self.report(text)

    def tell_idle(self, barriers: Sequence[str]) -> None:
        """Report barriers without effect, each once."""
        fresh = [f'"{barrier}"' for barrier in barriers if barrier not in self._idle]
        self._idle.update(barriers)
        if fresh:
            more = ", ..." if len(fresh) > SHOWN else ""
            shown = ", ".join(fresh[:SHOWN])
            self.report(f"Barriers without effect, as no open road is there: {len(fresh)} ({shown}{more}).")

    def network(self, profile: str) -> _UsualNetwork:
        """Return the network of a profile; those whose files say the same share one."""
        if profile not in self._of_profile:
            name = profile if profile in self._files else FALLBACK
            if name not in self._files:
                raise InputError([f'There is no road profile "{profile}" and none called "{FALLBACK}".'])
            if name != profile:
                self.report(f'Vehicle profile "{profile}" is not known; it travels like a car.')
            made = profile_from(name, self._files[name])
            key = store.fingerprint({}, asdict(made))
            if key not in self._by_key:
                self.report(f'Preparing the roads of profile "{name}"')
                prepared = _prepared(made, self._roads, self._cache)
                for line in prepared[3]:
                    self.report(line)
                if not len(prepared[1].ms):
                    raise InputError([f'The road layer has no line that is open to profile "{name}".'])
                hierarchy = Hierarchy(prepared[2], prepared[1], self._cache)
                network = _UsualNetwork(key, made, self._roads.classes, prepared[:3], hierarchy, self.places)
                self._by_key[key] = network
            self._of_profile[profile] = self._by_key[key]
        return self._of_profile[profile]


class _Network:
    """The places on the roads of one profile, and the ways between them."""

    def __init__(self, key: str, places: OnRoad, between: Between):
        self.key, self.places, self.between = key, places, between


class _UsualNetwork(_Network):
    """The roads open to one profile without conditions, ready to be put under some."""

    def __init__(
        self,
        key: str,
        profile: Profile,
        classes: Classes,
        prepared: tuple[Pieces, Arcs, Graph],
        hierarchy: Hierarchy,
        places: Sequence[Coordinate],
    ):
        self._profile, self._classes, self._prepared = profile, classes, prepared
        self._coordinates = places
        pieces, arcs, graph = prepared
        self._map = RoadMap(pieces)
        on = on_road(places, pieces, arcs, profile)
        super().__init__(key, on, Between(pieces, arcs, graph, hierarchy, on))
        self._avoiding: tuple[tuple[Barrier, ...], OnRoad] = (), on

    def under(self, conditions: Conditions) -> tuple[_Network, tuple[str, ...]]:
        """Return the network under conditions, only weights made anew, and the barriers without effect."""
        hinder = hindrances(conditions, self._map, self._classes)
        pieces, arcs, graph, blocked = hinder.roads(*self._prepared)
        places = hinder.places(self._avoid(blocks_for_good(conditions)), pieces, arcs)
        between = self.between.changed(arcs, graph, places, blocked)
        return _Network(self.key, places, between), hinder.idle

    def _avoid(self, barriers: tuple[Barrier, ...]) -> OnRoad:
        """Return the places, those that blocks shut in on the nearest roads without any."""
        if self._avoiding[0] != barriers:
            pieces, arcs, _ = self._prepared
            hinder = hindrances(Conditions(barriers=barriers), self._map, self._classes)
            on = hinder.places(self.places, pieces, arcs)
            shut_in = np.flatnonzero(~(on.leaves.any(axis=1) & on.arrives.any(axis=1)))
            coordinates = [self._coordinates[place] for place in shut_in.tolist()]
            elsewhere = on_road(coordinates, pieces, arcs, self._profile, hinder.blocked(pieces))
            self._avoiding = barriers, self.places.moved(shut_in, elsewhere)
        return self._avoiding[1]


class _Roads:
    """The lines of the layer and their texts."""

    def __init__(self, arrays: dict[str, np.ndarray], texts: dict[str, list[str]]):
        self.lon, self.lat, self.first = arrays["lon"], arrays["lat"], arrays["first"]
        self.fingerprint = store.fingerprint(arrays, texts)
        self.texts = RoadTexts(len(self.first) - 1, texts, {name: arrays[name] for name in texts})
        classless = np.full(self.texts.lines, -1)
        self.classes = Classes(texts.get(CLASS, []), self.texts.codes.get(CLASS, classless))


def _read(travel: dict[str, Any]) -> _Roads:
    """Return the lines of the job's archive, checked."""
    path, texts = travel.get("path"), travel.get("categories") or {}
    try:
        with np.load(str(path), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in ("lon", "lat", "first", *texts)}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError([f'The roads in "{path}" cannot be read: {error}.']) from error
    first, vertices = arrays["first"], len(arrays["lon"])
    fits = (
        first.ndim == 1
        and len(first) > 0
        and len(arrays["lat"]) == vertices
        and first[0] == 0
        and first[-1] == vertices
        and (np.diff(first) >= 0).all()
        and all(len(arrays[name]) == len(first) - 1 for name in texts)
        and all(((arrays[name] >= -1) & (arrays[name] < len(texts[name]))).all() for name in texts)
    )
    if not fits:
        raise InputError([f'The roads in "{path}" contradict themselves: offsets or codes do not fit.'])
    if len(first) == 1:
        raise InputError(["The road layer has no lines."])
    lat, lon = arrays["lat"], arrays["lon"]
    if (np.abs(lat) > 90).any() or (np.abs(lon) > 360).any():
        raise InputError(["The road layer has vertices that are not in degrees WGS 84; check its CRS."])
    return _Roads(arrays, texts)


def _prepared(profile: Profile, roads: _Roads, cache: str | None) -> tuple[Pieces, Arcs, Graph, list[str]]:
    """Return the network of a profile, from the cache where it is kept."""
    name = f"roads-graph-{store.fingerprint({}, roads.fingerprint, asdict(profile))}"
    kept = store.load(cache, name)
    if kept is not None:
        parts = [_from_arrays(kind, kept) for kind in (Pieces, Arcs, Graph)]
        if all(part is not None for part in parts) and "ignored" in kept:
            pieces, arcs, graph = parts
            return pieces, arcs, graph, [str(line) for line in kept["ignored"]]
    ignored: Counter[str] = Counter()
    forward, backward = speeds(profile, roads.texts, ignored)
    pieces = pieces_of(roads.lon, roads.lat, roads.first, forward, backward)
    arcs = arcs_of(pieces)
    graph = graph_of(pieces, arcs, profile)
    said = ignored_lines(ignored)
    arrays = {
        f"{type(part).__name__}.{item.name}": np.asarray(getattr(part, item.name))
        for part in (pieces, arcs, graph)
        for item in fields(part)
    }
    store.save(cache, name, {**arrays, "ignored": np.array(said, dtype=str)})
    return pieces, arcs, graph, said


def _from_arrays(kind: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return the dataclass kept in these arrays, nothing when one is missing."""
    names = {item.name: f"{kind.__name__}.{item.name}" for item in fields(kind)}
    if any(name not in arrays for name in names.values()):
        return None
    values = {member: arrays[name] for member, name in names.items()}
    return kind(**{member: array if array.ndim else array.item() for member, array in values.items()})
