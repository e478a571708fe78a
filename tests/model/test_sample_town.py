"""Holds the sample town to what it promises: reproducible, drivable, with addresses that are where they say.

Reads the files only, as a user of the sample data does. Not here: plans made from them.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).absolute().parent.parent.parent
SAMPLE = ROOT / "optiway_qgis" / "resources" / "sample"
TABLES = ("stops.csv", "day_small.csv")
SHAPES = ("streets", "town", "places", "zones", "barriers")
WRITTEN = ("breaks.csv", "traffic.csv")
FILES = {*TABLES, "depots.csv", "vehicles.csv", *WRITTEN, *(f"{name}.geojson" for name in SHAPES)}
METRES = 111_200.0  # of a degree of latitude


def make_town(out: Path, *options: str, hash_seed: str = "0") -> Path:
    command = [sys.executable, str(ROOT / "scripts" / "make_town.py"), "--out", str(out), *options]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": hash_seed})
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def streets(folder: Path) -> list[tuple[dict, list[tuple[float, float]]]]:
    features = features_of(folder, "streets")
    return [(f["properties"], [tuple(p) for p in f["geometry"]["coordinates"]]) for f in features]


def features_of(folder: Path, name: str) -> list[dict]:
    return json.loads((folder / f"{name}.geojson").read_text(encoding="utf-8"))["features"]


def is_inside(point: tuple[float, float], ring: list) -> bool:
    """Whether a ray to the east leaves the ring an odd number of times."""
    x, y = point
    return bool(
        sum(
            (ay > y) != (by > y) and x < ax + (bx - ax) * (y - ay) / (by - ay)
            for (ax, ay), (bx, by) in zip(ring, ring[1:])
        )
        % 2
    )


def to_metres(point: tuple[float, float], lat: float = 52.45) -> tuple[float, float]:
    return point[0] * METRES * math.cos(math.radians(lat)), point[1] * METRES


def reached(start: object, near: dict) -> set:
    seen, todo = {start}, [start]
    while todo:
        for node in near[todo.pop()] - seen:
            seen.add(node)
            todo.append(node)
    return seen


def components(roads: list) -> list[set]:
    near = defaultdict(set)
    for _, line in roads:
        near[line[0]].add(line[-1])
        near[line[-1]].add(line[0])
    left, found = set(near), []
    while left:
        found.append(reached(next(iter(left)), near))
        left -= found[-1]
    return sorted(found, key=len, reverse=True)


def place_on(line: list[tuple[float, float]], point: tuple[float, float]) -> tuple[float, float]:
    """Distance from a point to a line, and how far along the line its foot is, both in metres."""
    best, chain = (math.inf, 0.0), 0.0
    x, y = to_metres(point)
    for (ax, ay), (bx, by) in zip(map(to_metres, line), map(to_metres, line[1:])):
        size = math.hypot(bx - ax, by - ay)
        share = min(1.0, max(0.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / size**2))
        off = math.hypot(ax + share * (bx - ax) - x, ay + share * (by - ay) - y)
        best = min(best, (off, chain + share * size))
        chain += size
    return best


def minutes(text: str) -> int:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text)
    assert match, f"{text!r} is not a time"
    return 60 * int(match[1]) + int(match[2])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("large"), "--stops", "1000", "--seed", "3")


@pytest.fixture(params=["sample", "large"])
def folder(request: pytest.FixtureRequest) -> Path:
    """The town of the project, and a larger one of another seed."""
    return SAMPLE if request.param == "sample" else request.getfixturevalue("large")


def test_the_kept_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    """Nobody edits the sample by hand: what is shipped can be made again, byte for byte."""
    made = make_town(tmp_path)
    assert {path.name for path in made.iterdir()} == FILES == {path.name for path in SAMPLE.iterdir()}
    for name in FILES:
        assert (made / name).read_bytes() == (SAMPLE / name).read_bytes(), name
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 1_500_000


def test_a_seed_fixes_every_byte_and_another_seed_is_another_town(tmp_path: Path) -> None:
    """No hash order, clock or global generator leaks in, so tests and benchmarks may rely on a seed."""
    one = make_town(tmp_path / "one", "--seed", "11", "--stops", "30", hash_seed="1")
    two = make_town(tmp_path / "two", "--seed", "11", "--stops", "30", hash_seed="2")
    other = make_town(tmp_path / "other", "--seed", "12", "--stops", "30", hash_seed="1")
    for name in FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    for name in FILES - {"depots.csv", "vehicles.csv", *WRITTEN}:
        assert (one / name).read_bytes() != (other / name).read_bytes(), name


@pytest.mark.parametrize("stops", [1, 20, 200, 2000])
def test_any_number_of_stops_can_be_drawn(tmp_path: Path, stops: int) -> None:
    """Benchmarks ask for sizes of their own: each gets its stops, at different addresses, and a fleet."""
    town = make_town(tmp_path, "--stops", str(stops))
    drawn = rows(town / "stops.csv")
    assert len(drawn) == stops
    assert len({row["address"] for row in drawn}) == stops
    assert len(rows(town / "vehicles.csv")) >= max(2, stops / 12)
    assert (len(streets(town)) > len(streets(SAMPLE))) == (stops > 60)


def test_every_crossing_can_be_reached_from_every_other(folder: Path) -> None:
    """One-way streets included: a stop in a trap would look like a fault of the planner."""
    ahead, back = defaultdict(set), defaultdict(set)
    for road, line in streets(folder):
        pairs = (
            [(line[0], line[-1])] if road["oneway"] == "yes" else [(line[0], line[-1]), (line[-1], line[0])]
        )
        for a, b in pairs:
            ahead[a].add(b)
            back[b].add(a)
    start = next(iter(ahead))
    nodes = set(ahead) | set(back)
    assert reached(start, ahead) == nodes
    assert reached(start, back) == nodes


def test_streets_have_what_a_road_layer_needs(folder: Path) -> None:
    """Class, speed and direction on each edge, in OpenStreetMap's words; no edge without length."""
    classes = {
        "motorway", "motorway_link", "primary", "secondary", "tertiary", "unclassified", "residential",
        "living_street", "service",
    }  # fmt: skip
    roads = streets(folder)
    assert {road["highway"] for road, _ in roads} == classes
    for road, line in roads:
        assert road["name"]
        assert 20 <= road["maxspeed"] <= 110
        assert road["oneway"] in ("yes", "no")
        assert all(math.dist(to_metres(a), to_metres(b)) > 0.5 for a, b in zip(line, line[1:]))
    assert 0.01 < sum(road["oneway"] == "yes" for road, _ in roads) / len(roads) < 0.25


def test_three_bridges_alone_join_the_two_banks() -> None:
    """The river has to matter: without its bridges the town falls apart in two."""
    roads = streets(SAMPLE)
    bridges = [
        line for road, line in roads if road["bridge"] == "yes" and not road["highway"].startswith("motor")
    ]
    assert len(bridges) == 3
    assert len(components(roads)) == 1
    banks = components([(road, line) for road, line in roads if line not in bridges])
    assert len(banks) == 2
    assert len(banks[1]) > 300


def test_the_bypass_meets_other_roads_at_its_ramps_only(folder: Path) -> None:
    """It passes over the main roads: a crossing there would be a shortcut that does not exist."""
    at = defaultdict(set)
    for road, line in streets(folder):
        for node in (line[0], line[-1]):
            at[node].add(road["highway"])
    assert all(kinds <= {"motorway", "motorway_link"} for kinds in at.values() if "motorway" in kinds)


@pytest.mark.parametrize("table", [*TABLES, "depots.csv"])
def test_addresses_are_beside_their_street(folder: Path, table: str) -> None:
    """A driver who reads the address finds the point: within 60 m of the street."""
    by_name = defaultdict(list)
    for road, line in streets(folder):
        by_name[road["name"]].append(line)
    for row in rows(folder / table):
        street = re.fullmatch(r"(.+) \d+, .+", row["address"])[1]
        point = float(row["lon"]), float(row["lat"])
        assert min(place_on(line, point)[0] for line in by_name[street]) < 60, row["address"]


def test_house_numbers_rise_along_each_street(large: Path) -> None:
    """Odd on one side, even on the other, each rising: what makes an address plausible and a typo visible."""
    by_name, houses = defaultdict(list), defaultdict(list)
    for road, line in streets(large):
        by_name[road["name"]].append(line)
    for row in rows(large / "stops.csv"):
        street, number = re.fullmatch(r"(.+) (\d+), .+", row["address"]).groups()
        point = float(row["lon"]), float(row["lat"])
        pieces = [(*place_on(line, point), piece) for piece, line in enumerate(by_name[street])]
        _, along, piece = min(pieces)
        houses[street, int(number) % 2].append((piece, along, int(number)))
    neighbours = [sorted(side) for side in houses.values() if len(side) > 1]
    assert len(neighbours) > 100
    for side in neighbours:
        numbers = [number for _, _, number in side]
        assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("table", TABLES)
def test_stops_are_well_formed(folder: Path, table: str) -> None:
    """Ids are text and unique, contacts cannot belong to anybody, windows run forwards and do not overlap."""
    stops = rows(folder / table)
    assert len({row["stop_id"] for row in stops}) == len({row["address"] for row in stops}) == len(stops)
    for row in stops:
        assert re.fullmatch(r"[SA]\d{3,}", row["stop_id"])
        assert re.fullmatch(r"01632 960\d{3}", row["phone"])
        assert row["email"].endswith("@example.org")
        assert 1 <= int(row["service_min"]) <= 30
        assert 1 <= int(row["demand"]) <= 20
        assert 0 <= int(row["priority"]) <= 100
        times = [row[name] for name in ("tw1_start", "tw1_end", "tw2_start", "tw2_end")]
        given = [minutes(text) for text in times if text]
        assert len(given) in (0, 2, 4)
        assert all(times[: len(given)])
        assert given == sorted(set(given))


def test_a_fleet_day_has_some_of_everything() -> None:
    """The demo shows two windows, skills, optional stops, notes and gate codes; most stops stay plain."""
    stops = rows(SAMPLE / "stops.csv")
    assert len(stops) == 60
    assert len(rows(SAMPLE / "day_small.csv")) == 20
    for name in ("tw1_start", "tw2_start", "skills", "penalty", "notes", "access_code"):
        assert 1 < sum(bool(row[name]) for row in stops) < 45, name
    assert {row["skills"] for row in stops} == {"", "fridge", "liftgate"}


def test_the_fleet_can_carry_and_serve_the_stops(folder: Path) -> None:
    """Capacity, skills, shifts and working time leave room: what is left out is a fault of the plan."""
    stops, vehicles = rows(folder / "stops.csv"), rows(folder / "vehicles.csv")
    depots = {row["depot_id"] for row in rows(folder / "depots.csv")}
    assert depots == {"D1", "D2"}
    for skill in ("", "fridge", "liftgate"):
        need = [row for row in stops if skill in ("", row["skills"])]
        able = [row for row in vehicles if not skill or skill in row["skills"].split(",")]
        room = sum(int(row["capacity"]) for row in able)
        work = sum(int(row["max_work_min"]) for row in able)
        assert sum(int(row["demand"]) for row in need) < 0.9 * room, skill
        assert sum(int(row["service_min"]) for row in need) < 0.5 * work, skill
    for row in vehicles:
        assert {row["start_depot"], row["end_depot"]} <= depots
        assert minutes(row["shift_start"]) < minutes(row["shift_end"])
    for row in stops:
        fit = [v for v in vehicles if row["skills"] in ("", *v["skills"].split(","))]
        opens = [(row["tw1_start"] or "00:00", row["tw1_end"] or "23:59")]
        opens += [(row["tw2_start"], row["tw2_end"])] if row["tw2_start"] else []
        assert any(
            minutes(v["shift_start"]) + 45 < minutes(end) and minutes(start) + 45 < minutes(v["shift_end"])
            for v in fit
            for start, end in opens
        ), row["stop_id"]


def test_the_background_has_closed_areas_of_known_kinds() -> None:
    """A map style lists these kinds; an open or empty ring would be refused by QGIS."""
    features = json.loads((SAMPLE / "town.geojson").read_text(encoding="utf-8"))["features"]
    kinds = {f["properties"]["kind"] for f in features}
    assert kinds == {"meadow", "forest", "park", "built_up", "centre", "industrial", "water"}
    for feature in features:
        (ring,) = feature["geometry"]["coordinates"]
        assert len(ring) > 4
        assert ring[0] == ring[-1]
    places = json.loads((SAMPLE / "places.geojson").read_text(encoding="utf-8"))["features"]
    assert [f["properties"]["name"] for f in places if f["properties"]["kind"] == "town"] == ["Quillbrook"]


def test_traffic_is_about_zones_and_classes_that_are_there(folder: Path) -> None:
    """A row for a zone or class that does not exist would change nothing, and nobody would see it."""
    zones = {
        f["properties"]["zone_id"]: f["geometry"]["coordinates"][0] for f in features_of(folder, "zones")
    }
    table = rows(folder / "traffic.csv")
    assert {row["zone_id"] for row in table} == {"", *zones}
    assert {row["road_class"] for row in table} - {""} <= {road["highway"] for road, _ in streets(folder)}
    assert all(0.5 < float(row["factor"]) < 2.5 for row in table)
    for row in table:
        assert len({minutes(row[name]) for name in ("from", "to") if row[name]}) in (0, 2)
    market = (-3.68, 52.45)
    assert all(is_inside(market, ring) and ring[0] == ring[-1] for ring in zones.values())
    assert all(is_inside(tuple(corner), zones["inner_town"]) for corner in zones["old_town"])


def test_breaks_fit_into_the_shifts(folder: Path) -> None:
    """One that nobody is due, or that leaves no day to work, shows nothing to those who try it."""
    shifts = [
        (minutes(row["shift_start"]), minutes(row["shift_end"])) for row in rows(folder / "vehicles.csv")
    ]
    lunch, coffee = rows(folder / "breaks.csv")
    opens, closes = minutes(lunch["tw_start"]), minutes(lunch["tw_end"])
    assert any(start <= opens and closes < end for start, end in shifts)
    assert all(end - start > float(coffee["after_work_min"]) for start, end in shifts)


def test_each_barrier_lies_across_a_road(folder: Path) -> None:
    """Middle of the closed bridge, level crossing and works: streets run through each of them."""
    barriers = {f["properties"]["barrier_id"]: f for f in features_of(folder, "barriers")}
    assert {f["properties"]["kind"] for f in barriers.values()} == {"block", "delay", "scale"}
    for barrier, name in (("bridge", "Bridge Street"), ("works", "Ring Road"), ("crossing", "Road")):
        ring = barriers[barrier]["geometry"]["coordinates"][0]
        met = {
            road["name"]
            for road, line in streets(folder)
            for a, b in zip(line, line[1:])
            if any(
                is_inside((a[0] + (b[0] - a[0]) * k / 50, a[1] + (b[1] - a[1]) * k / 50), ring)
                for k in range(51)
            )
        }
        assert any(road.endswith(name) for road in met), barrier
    middle = barriers["bridge"]["geometry"]["coordinates"][0]
    assert not any(is_inside(line[0], middle) or is_inside(line[-1], middle) for _, line in streets(folder))
