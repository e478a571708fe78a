"""Streets made for tests, and an obvious Dijkstra over them."""

from __future__ import annotations

import heapq
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from pyproj import Geod

from optiway_qgis.engine.travel.roads.network import RoadNetwork

GEOD = Geod(ellps="WGS84")
STEP = 0.001
PLAIN = {"speeds_kmh": {"street": 36, "fast": 72}, "oneway_junctions": ["roundabout"]}
"""10 and 20 metres a second, nothing lost in turns."""


def at(x, y):
    """Return the longitude and latitude of a point of the test grids, about 100 m between whole numbers."""
    return (round(-8.6 + x * STEP, 7), round(41.1 + y * STEP, 7))


class Lines:
    """Lines of roads with their texts, as the layer is handed over."""

    def __init__(self):
        self.points, self.rows = [], []

    def add(self, points, highway="street", **texts):
        self.points.append([at(x, y) for x, y in points])
        self.rows.append({"highway": highway, **texts})
        return self

    def travel(self, folder, profile=None, **members):
        """Write the archive and return the travel member of a job."""
        names = sorted({name for row in self.rows for name in row})
        categories = {name: sorted({row[name] for row in self.rows if row.get(name)}) for name in names}
        arrays = {
            name: np.array([texts.index(row[name]) if row.get(name) else -1 for row in self.rows], np.int32)
            for name, texts in categories.items()
        }
        flat = [point for line in self.points for point in line]
        lon, lat = np.array(flat, dtype=float).reshape(-1, 2).T
        first = np.cumsum([0, *(len(line) for line in self.points)])
        path = Path(folder) / "roads.npz"
        np.savez(path, lon=lon, lat=lat, first=first, **arrays)
        return {
            "source": "roads",
            "path": str(path),
            "categories": categories,
            "cache": None,
            "profiles": {"car": {**PLAIN, **(profile or {})}},
            **members,
        }

    def network(self, places, folder, profile=None, report=None, **members):
        travel = self.travel(folder, profile, **members)
        return RoadNetwork([at(*place) for place in places], travel, report or [].append)


def grid(size, oneway_columns=()):
    """Streets along all whole numbers from 0 to size, one line each, joined where they cross."""
    lines = Lines()
    for number in range(size + 1):
        lines.add([(x, number) for x in range(size + 1)])
        lines.add([(number, y) for y in range(size + 1)], oneway="yes" if number in oneway_columns else None)
    return lines


def metres_between(a, b):
    return GEOD.inv(*a, *b)[2]


def oracle(lines, places, kmh, turn=None):
    """Return seconds and metres between places by Dijkstra over (segment, direction) with the turns' seconds.

    Each place must be a vertex of exactly one line. `turn` says the seconds from one segment into the next by
    their three points; turning round counts as any other turn does not: it is done at ends only.
    """
    return least_between(ways(lines, kmh), places, turn)


def ways(lines, kmh):
    """Return the segments that leave each point: where to, in how many seconds and metres."""
    out = {}
    for line, row in zip(lines.points, lines.rows):
        for a, b in zip(line, line[1:]):
            if a == b:
                continue
            length = metres_between(a, b)
            seconds = length * 3.6 / kmh[row["highway"]]
            if row.get("oneway") != "-1":
                out.setdefault(a, []).append((b, seconds, length))
            if row.get("oneway") not in ("yes", "roundabout") and row.get("junction") != "roundabout":
                out.setdefault(b, []).append((a, seconds, length))
    return out


def least_between(out, places, turn=None):
    """Return seconds and metres of the fastest ways between places; endless seconds are no way."""
    tables = np.full((2, len(places), len(places)), np.inf)
    for row, origin in enumerate(places):
        best, found = {}, {origin: (0.0, 0.0)}
        heap = [(seconds, length, origin, b) for b, seconds, length in out.get(origin, ())]
        heapq.heapify(heap)
        while heap:
            seconds, length, a, b = heapq.heappop(heap)
            if (a, b) in best or math.isinf(seconds):
                continue
            best[a, b] = seconds
            if b not in found:
                found[b] = (seconds, length)
            onward = [step for step in out.get(b, ()) if step[0] != a] or out.get(b, ())
            for c, more, further in onward:
                lost = turn(a, b, c) if turn else 0
                heapq.heappush(heap, (seconds + lost + more, length + further, b, c))
        for column, end in enumerate(places):
            if end in found:
                tables[:, row, column] = found[end]
    return tables


def agrees(matrix, expected):
    """Check seconds and metres of all pairs, rounded up from the exact ones."""
    seconds, metres = expected
    way = np.isfinite(seconds)
    assert ((matrix.seconds >= 0) == way).all()
    assert (matrix.metres >= 0).tolist() == way.tolist()
    assert np.abs(matrix.seconds - seconds)[way].max() <= 1.1
    assert (matrix.seconds - seconds)[way].min() >= -0.1
    assert (np.abs(matrix.metres - metres)[way] <= 1.5 + 0.005 * metres[way]).all()


KMH = {"street": 36, "fast": 72}


@st.composite
def street_maps(draw):
    """Random streets between points of a grid, with places in the middle of some of them."""
    size = draw(st.integers(2, 4))
    corners = st.tuples(st.integers(0, size), st.integers(0, size))
    ends = st.lists(
        st.tuples(corners, corners).filter(lambda pair: pair[0] != pair[1]), min_size=2, max_size=14
    )
    lines, places = Lines(), []
    for number, (a, b) in enumerate(draw(ends)):
        # Bent by its own amount: the middle belongs to this line alone, also between parallel streets.
        aside = (0.07 * math.cos(2.4 * number), 0.07 * math.sin(2.4 * number))
        middle = ((a[0] + b[0]) / 2 + aside[0], (a[1] + b[1]) / 2 + aside[1])
        oneway = draw(st.sampled_from([None, None, "yes", "-1"]))
        lines.add([a, middle, b], draw(st.sampled_from(["street", "fast"])), oneway=oneway)
        places.append(middle)
    return lines, places


def compare(network, places, oracle_of):
    """Compare the pairs that are served; draw all of them, and measure what is drawn.

    `oracle_of` returns the tables of some places.
    """
    served = [index for index, snap in enumerate(network.snap()) if snap.status == "ok"]
    matrix = network.matrix("car")
    exact = oracle_of([at(*places[index]) for index in served])
    chosen = np.ix_(served, served)
    way = np.isfinite(exact[0])
    assert ((matrix.seconds[chosen] >= 0) == way).all()
    assert (np.abs(matrix.seconds[chosen] - exact[0] - 0.5)[way] <= 0.7).all()
    pairs = [(i, j) for i in served for j in served if i != j]
    for (i, j), line in zip(pairs, network.lines(pairs, "car")):
        assert (line.source == "road") == (matrix.metres[i, j] >= 0)
        if line.source == "road":
            drawn = sum(metres_between(a, b) for a, b in zip(line.geometry, line.geometry[1:]))
            assert drawn == pytest.approx(matrix.metres[i, j], abs=2, rel=0.005)
            assert line.geometry[0] == pytest.approx(at(*places[i]), abs=1e-6)
            assert line.geometry[-1] == pytest.approx(at(*places[j]), abs=1e-6)
