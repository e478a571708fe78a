"""Traffic and barriers of a day: cut into slots, joined where alike, and what they do to travel by pairs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optiway_qgis.engine.solving.planner import plan_id
from optiway_qgis.engine.travel.estimate import Estimate
from optiway_qgis.engine.travel.kinds import least, matrices_of
from optiway_qgis.engine.travel.matrix import GivenMatrix, write_matrix
from optiway_qgis.engine.travel.open import open_travel
from optiway_qgis.engine.travel.provider import (
    BLOCK,
    DELAY,
    SCALE,
    UNREACHABLE,
    Barrier,
    Conditions,
    Matrix,
    TrafficRow,
    travel_kind,
)
from optiway_qgis.engine.travel.slowed import Slowed, place_factors
from optiway_qgis.engine.travel.traffic import MOST, parts_of, through_the_day
from optiway_qgis.layers.engine_process import run_job
from optiway_qgis.model.errors import InputError, JobFailed
from optiway_qgis.model.job import JOB_VERSION
from optiway_qgis.model.problem import Settings, Vehicle, Window, problem_to_json
from tests.engine.cases import HOUR, a_depot, a_problem, a_stop, at, spot

ANYWHERE = {"type": "Point", "coordinates": [0.0, 0.0]}
MORNING, NOON, EVENING = (at("07:00"), at("09:00")), (at("12:00"), at("13:00")), (at("16:00"), at("19:00"))


def box(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def around(number):
    """A zone of a kilometre or so around the place with that number."""
    lon, lat = spot(number)
    return box(lon - 0.004, lat - 0.004, lon + 0.004, lat + 0.004)


def clock(parts):
    """Hour and minute of each start, and the factors that hold from then on."""
    return [
        (f"{start // HOUR:02}:{start % HOUR // 60:02}", [row.factor for row in now.rows])
        for start, now in parts
    ]


def test_the_day_is_cut_where_something_changes():
    """Before, between and after the rows nothing holds; the last part holds for ever."""
    day = Conditions(rows=(TrafficRow(*MORNING, 1.5), TrafficRow(*EVENING, 1.4)))
    assert clock(parts_of(day, 0)) == [
        ("00:00", []),
        ("07:00", [1.5]),
        ("09:00", []),
        ("16:00", [1.4]),
        ("19:00", []),
    ]


def test_the_day_begins_with_the_first_shift():
    """What is over by then is not computed, what is going on is the first part."""
    day = Conditions(rows=(TrafficRow(*MORNING, 1.5), TrafficRow(*EVENING, 1.4)))
    assert clock(parts_of(day, at("08:00"))) == [
        ("08:00", [1.5]),
        ("09:00", []),
        ("16:00", [1.4]),
        ("19:00", []),
    ]
    assert clock(parts_of(day, at("09:00")))[0] == ("09:00", [])
    assert clock(parts_of(day, at("19:00"))) == [("19:00", [])]


def test_rows_go_on_after_midnight():
    """A shift of the night: 22:00 to 02:00, and the morning after."""
    day = Conditions(
        rows=(TrafficRow(at("22:00"), at("26:00"), 0.8), TrafficRow(at("31:00"), at("33:00"), 1.5))
    )
    assert clock(parts_of(day, at("21:00"))) == [
        ("21:00", []),
        ("22:00", [0.8]),
        ("26:00", []),
        ("31:00", [1.5]),
        ("33:00", []),
    ]


def test_neighbours_that_are_alike_are_joined():
    """Two rows that meet with one factor, and rows that another one outdoes throughout, make no cut."""
    meeting = Conditions(rows=(TrafficRow(*MORNING, 1.5), TrafficRow(at("09:00"), at("10:00"), 1.5)))
    assert clock(parts_of(meeting, 0)) == [("00:00", []), ("07:00", [1.5]), ("10:00", [])]
    outdone = Conditions(rows=(TrafficRow(0, at("24:00"), 1.5), TrafficRow(*NOON, 1.2)))
    assert clock(parts_of(outdone, 0)) == [("00:00", [1.5]), ("24:00", [])]
    free = Conditions(rows=(TrafficRow(*NOON, 1.0),))
    assert clock(parts_of(free, 0)) == [("00:00", [])]


def test_a_factor_of_one_counts_where_it_outdoes_another():
    """The bypass flows at noon while the rest is slow; alone it says nothing."""
    rows = (TrafficRow(*NOON, 1.5), TrafficRow(*NOON, 1.0, "bypass"))
    parts = parts_of(Conditions(rows=rows, zones={"bypass": around(0)}), at("12:00"))
    assert clock(parts) == [("12:00", [1.5, 1.0]), ("13:00", [])]


def test_of_equal_rows_the_largest_factor_counts():
    """Per zone and class; the other rows stay."""
    rows = (
        TrafficRow(*NOON, 1.3, "centre"),
        TrafficRow(*NOON, 1.6, "centre"),
        TrafficRow(*NOON, 1.2, "", "primary"),
    )
    ((_, noon), _) = parts_of(Conditions(rows=rows, zones={"centre": around(0)}), at("12:00"))
    assert [(row.zone, row.road_class, row.factor) for row in noon.rows] == [
        ("", "primary", 1.2),
        ("centre", "", 1.6),
    ]


def test_alike_conditions_are_one_object_wherever_they_are():
    """The evening is like the morning, the night before like the hours between."""
    day = Conditions(rows=(TrafficRow(*MORNING, 1.5), TrafficRow(*EVENING, 1.5)))
    first, morning, midday, evening, last = (now for _, now in parts_of(day, 0))
    assert morning is evening
    assert first is midday is last
    assert first == Conditions()


def test_barriers_cut_the_day_too():
    """Open ends hold to the end of time; without times a barrier holds in every part."""
    always = Barrier("always", BLOCK, ANYWHERE)
    until = Barrier("until", BLOCK, ANYWHERE, end=at("10:00"))
    since = Barrier("since", BLOCK, ANYWHERE, start=at("15:00"))
    parts = parts_of(Conditions(barriers=(always, until, since)), at("06:00"))
    assert [(start, [barrier.id for barrier in now.barriers]) for start, now in parts] == [
        (at("06:00"), ["always", "until"]),
        (at("10:00"), ["always"]),
        (at("15:00"), ["always", "since"]),
    ]


def test_a_barrier_of_two_hours_of_the_day_is_one():
    """Morning and evening are alike; where its times overlap it counts once, as a delay would count twice."""
    times = [MORNING, EVENING, (at("18:00"), at("20:00"))]
    market = [Barrier("market", DELAY, ANYWHERE, add=60, start=start, end=end) for start, end in times]
    always = Barrier("always", BLOCK, ANYWHERE)
    parts = parts_of(Conditions(barriers=(always, *market)), 0)
    assert [start for start, _ in parts] == [0, *MORNING, at("16:00"), at("20:00")]
    assert parts[1][1] is parts[3][1]
    first, second = parts[1][1].barriers
    assert (first.id, first.start, first.end) == ("always", None, None)
    assert (second.id, second.add) == ("market", 60)
    assert None not in (second.start, second.end)


@dataclass
class Asked:
    """A provider that notes under which conditions it is asked, and slows its pairs by them."""

    matrix_now: Matrix
    source: str = "asked"
    asked: list = field(default_factory=list)

    def snap(self):
        return []

    def matrix(self, profile):
        return self.matrix_now

    def lines(self, pairs, profile):
        return []

    def under(self, conditions):
        self.asked.append(conditions)
        return Slowed(self, [spot(0), spot(1)], conditions)


def asked():
    seconds = np.array([[0, 100], [UNREACHABLE, 0]], np.int32)
    return Asked(Matrix(seconds, np.where(seconds > 0, seconds * 10, seconds)))


def test_slots_share_what_is_alike():
    """One provider and one table for morning and evening, and the provider itself where nothing holds."""
    provider, told = asked(), []
    day = Conditions(rows=(TrafficRow(*MORNING, 1.5), TrafficRow(*EVENING, 1.5)))
    used, matrices, slots = through_the_day(provider, [Vehicle("V1")], day, told.append)
    assert [slot.start for slot in slots] == [0, *MORNING, *EVENING]
    assert [slot.matrices["car"].seconds[0, 1] for slot in slots] == [100, 150, 100, 150, 100]
    assert len(provider.asked) == 1
    assert slots[1].provider is slots[3].provider
    assert slots[1].matrices["car"] is slots[3].matrices["car"]
    assert slots[0].provider is provider is used
    assert all(slot.matrices["car"].metres is provider.matrix_now.metres for slot in slots)
    assert matrices["car"].metres is provider.matrix_now.metres
    assert told == ["2 different traffic situations in 5 parts of the day: 2 travel tables, 0 MB"]


def test_the_matrix_of_the_whole_day_is_the_least():
    """A bound for engines; a pair has no way only where no slot has one."""
    night, day = (TrafficRow(0, at("06:00"), 0.8), TrafficRow(at("06:00"), at("24:00"), 1.5))
    _, matrices, slots = through_the_day(asked(), [Vehicle("V1")], Conditions(rows=(night, day)), [].append)
    assert len(slots) == 3
    assert matrices["car"].seconds.tolist() == [[0, 80], [UNREACHABLE, 0]]
    ways = [[[0, 5], [UNREACHABLE, 0]], [[0, UNREACHABLE], [UNREACHABLE, 0]], [[0, 3], [7, 0]]]
    bound = least([Matrix(np.array(way), np.array(way)) for way in ways])
    assert bound.seconds.tolist() == bound.metres.tolist() == [[0, 3], [7, 0]]


@pytest.mark.parametrize(
    "day",
    [
        Conditions(weather=1.5),
        Conditions(rows=(TrafficRow(at("05:00"), at("08:00"), 3.0),), weather=1.5),
    ],
)
def test_a_day_that_is_alike_throughout_has_no_slots(day):
    """Weather alone, and a row that is over when the first vehicle leaves: one table, slowed."""
    vehicle = Vehicle("V1", shift=Window(at("08:00"), at("17:00")))
    used, matrices, slots = through_the_day(asked(), [vehicle], day, [].append)
    assert slots == ()
    assert matrices["car"].seconds[0, 1] == 150
    assert used.matrix("car") is matrices["car"]


def test_a_day_without_traffic_is_what_it_was():
    """No slots, and the provider and its matrix untouched."""
    provider = asked()
    used, matrices, slots = through_the_day(provider, [Vehicle("V1")], Conditions(), [].append)
    assert (used, matrices["car"], slots) == (provider, provider.matrix_now, ())
    assert provider.asked == []


def test_too_many_situations_are_refused():
    """Each would ask for tables of its own; the remedy is said. As many parts, if alike, are none."""
    many = [TrafficRow(number * 600, (number + 1) * 600, 1 + number / 100) for number in range(MOST)]
    with pytest.raises(InputError, match=rf"make {MOST + 1} different situations.*at most {MOST}.*longer"):
        through_the_day(asked(), [Vehicle("V1")], Conditions(rows=(*many, replace(many[0], factor=9))), print)
    through_the_day(asked(), [Vehicle("V1")], Conditions(rows=tuple(many[1:])), [].append)
    alike = tuple(TrafficRow(number * 600, number * 600 + 300, 1.5) for number in range(2 * MOST))
    *_, slots = through_the_day(asked(), [Vehicle("V1")], Conditions(rows=alike), [].append)
    assert len(slots) == 4 * MOST


def test_more_tables_than_fit_in_memory_are_refused(monkeypatch):
    """With the first of them: 2 situations x 2 kinds of vehicle x 4 pairs x 4 bytes."""
    day = Conditions(rows=(TrafficRow(*MORNING, 1.5),))
    vehicles = [Vehicle("V1"), Vehicle("V2", speed_factor=2.0), Vehicle("V3")]
    monkeypatch.setattr("optiway_qgis.engine.travel.traffic.LARGEST", 64)
    assert len(through_the_day(asked(), vehicles, day, [].append)[2]) == 3
    monkeypatch.setattr("optiway_qgis.engine.travel.traffic.LARGEST", 63)
    with pytest.raises(InputError, match=r"make 2 different situations.*Plan fewer stops"):
        through_the_day(asked(), vehicles, day, [].append)


PLACES = [spot(0), spot(1), spot(2)]


def factors(*rows, zones):
    return place_factors(PLACES, Conditions(rows=rows, zones=zones)).tolist()


def test_the_row_that_says_most_counts_at_a_place():
    """A zone goes before everywhere, also with a smaller factor; where zones overlap the largest counts."""
    everywhere, calm = TrafficRow(0, 1, 1.5), TrafficRow(0, 1, 0.9, "calm")
    zones = {"calm": around(1), "jam": box(-8.595, 41.1, -8.57, 41.12)}
    assert factors(everywhere, calm, zones=zones) == [1.5, 0.9, 1.5]
    assert factors(calm, zones=zones) == [1, 0.9, 1]
    assert factors(everywhere, calm, TrafficRow(0, 1, 2.0, "jam"), zones=zones) == [1.5, 2, 2]
    assert factors(zones={}) == [1, 1, 1]


ROWS = st.builds(
    lambda start, length, factor, zone: TrafficRow(start, start + length, factor, zone),
    st.integers(-3, 40),
    st.integers(1, 20),
    st.sampled_from([0.8, 1.0, 1.5, 2.0]),
    st.sampled_from(["", "left", "right"]),
)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(ROWS, max_size=6), earliest=st.integers(0, 30))
def test_no_piece_of_the_day_is_missed(rows, earliest):
    """At each moment each place has the factor that the rows give when they are simply looked through."""
    zones = {"left": box(-8.61, 41.09, -8.585, 41.12), "right": box(-8.595, 41.09, -8.57, 41.12)}
    holds = [["left"], ["left", "right"], ["right"]]
    parts = parts_of(Conditions(rows=tuple(rows), zones=zones), earliest)
    for moment in range(earliest, 70):
        now = [conditions for start, conditions in parts if start <= moment][-1]
        expected = []
        for zones_here in holds:
            here = [row for row in rows if row.start <= moment < row.end]
            zoned = [row.factor for row in here if row.zone in zones_here]
            expected.append(max(zoned or [row.factor for row in here if not row.zone] or [1.0]))
        assert place_factors(PLACES, now).tolist() == expected


def test_a_zone_may_have_holes_and_parts():
    """A ring road's zone does not hold in the middle of it; one on the border is in."""
    ring = [[-8.61, 41.09], [-8.57, 41.09], [-8.57, 41.12], [-8.61, 41.12], [-8.61, 41.09]]
    holed = {"type": "Polygon", "coordinates": [ring, around(1)["coordinates"][0]]}
    row = TrafficRow(0, 1, 2.0, "zone")
    assert factors(row, zones={"zone": holed}) == [2, 1, 2]
    parts = {"type": "MultiPolygon", "coordinates": [around(0)["coordinates"], around(2)["coordinates"]]}
    assert factors(row, zones={"zone": parts}) == [2, 1, 2]
    assert factors(row, zones={"zone": box(*spot(0), *spot(1))}) == [2, 2, 1]


def test_a_pair_has_the_mean_of_its_ends_and_the_weather():
    """100 s from a place at 2.0 to one at 1.5 in rain of 1.1: 100 x 1.75 x 1.1 = 192.5, rounded up."""
    problem = a_problem([a_stop("A", 1), a_stop("B", 2)], [a_depot("D", 0)], [Vehicle("V1")])
    base = given_matrix(problem, [[0, 100, 33], [UNREACHABLE, 0, 10], [100, 0, 0]])
    rows = (TrafficRow(0, 1, 1.5), TrafficRow(0, 1, 2.0, "centre"))
    slowed = base.under(Conditions(rows, 1.1, zones={"centre": around(0)}))
    plain, now = base.matrix("car"), slowed.matrix("car")
    assert now.seconds.tolist() == [[0, 193, 64], [UNREACHABLE, 0, 17], [193, 0, 0]]  # 63.525, 16.5
    assert now.metres is plain.metres
    assert slowed.matrix("van") is now
    assert slowed.lines([(0, 1)], "car") == base.lines([(0, 1)], "car")
    assert (slowed.source, slowed.snap()) == (base.source, base.snap())
    assert slowed.under(Conditions(weather=2.0)).matrix("car").seconds[0, 1] == 200


def given_matrix(problem, seconds):
    ids = ["depot:D", "stop:A", "stop:B"]
    return GivenMatrix(problem, {"source": "matrix", "ids": ids, "seconds": seconds, "metres": seconds})


def test_sources_that_know_no_roads_say_so():
    """Both faults at once, by name, with the remedy."""
    rows = (TrafficRow(0, 1, 2, "", "primary"), TrafficRow(0, 1, 2, "", "trunk"), TrafficRow(0, 1, 2))
    barriers = (Barrier("B1", SCALE, ANYWHERE, factor=2.0),)
    with pytest.raises(InputError) as caught:
        Estimate(PLACES).under(Conditions(rows, barriers=barriers))
    first, second = caught.value.problems
    assert "road classes (primary, trunk)" in first and "ROADS" in first and '"estimate"' in first
    assert second == 'Barriers need ROADS or a Valhalla server; the source of travel times is "estimate".'


def test_all_that_is_refused_in_a_day_is_told_at_once():
    """The rows of the morning and the barrier of the evening."""
    day = Conditions(
        rows=(TrafficRow(*MORNING, 2, "", "primary"),),
        barriers=(Barrier("B1", BLOCK, ANYWHERE, start=at("18:00")),),
    )
    with pytest.raises(InputError) as caught:
        through_the_day(Estimate(PLACES), [Vehicle("V1")], day, [].append)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("seconds", "factor", "expected"),
    [
        (100, 2.0, 50),
        (101, 2.0, 51),
        (69, 2.3, 30),
        (70, 2.3, 31),
        (1, 10.0, 1),
        (100, 0.8, 125),
        (0, 3.0, 0),
    ],
)
def test_speed_factors_divide_and_round_up(seconds, factor, expected):
    """Exactly: 69 s at 2.3 are 30 s, though 69 / 2.3 is a little more in floating point."""
    matrix = Matrix(np.array([[0, seconds], [UNREACHABLE, 0]]), np.array([[0, 7], [UNREACHABLE, 0]]))
    vehicle = Vehicle("V1", speed_factor=factor)
    (found,) = matrices_of(Asked(matrix), [vehicle]).values()
    assert found.seconds.tolist() == [[0, expected], [UNREACHABLE, 0]]
    assert found.metres is matrix.metres


def test_one_table_per_kind_of_travel_and_alike_kinds_share_it():
    """Cars and vans at one speed are one table; metres are those of the profile."""
    vehicles = [
        Vehicle(f"{name}{speed}", profile=name, speed_factor=speed)
        for name in ("car", "van")
        for speed in (1, 1.25)
    ]
    problem = a_problem([a_stop("A", 1)], [a_depot("D", 0)], vehicles)
    matrices = open_travel(problem, {"source": "estimate"}, [].append).matrices
    assert (
        list(matrices)
        == ["car", "car at 1.25", "van", "van at 1.25"]
        == [travel_kind(one) for one in vehicles]
    )
    assert matrices["car"] is matrices["van"]
    assert matrices["car at 1.25"] is matrices["van at 1.25"]
    assert matrices["car at 1.25"].metres is matrices["car"].metres
    assert matrices["car at 1.25"].seconds[0, 1] == -(-matrices["car"].seconds[0, 1] * 4 // 5)


TRAFFIC = {
    "rows": [{"start": MORNING[0], "end": MORNING[1], "factor": 1.5, "zone": "centre"}],
    "weather": 1.1,
    "zones": {"centre": around(1)},
}


def test_a_job_with_traffic_has_slots():
    """From JSON to tables, with a slow vehicle: weather all day, the zone in the morning."""
    vehicles = [Vehicle("V1"), Vehicle("V2", speed_factor=0.5)]
    problem = a_problem([a_stop("A", 1)], [a_depot("D", 0)], vehicles)
    plain = open_travel(problem, {"source": "estimate"}, [].append)
    travel = open_travel(problem, {"source": "estimate", "traffic": TRAFFIC}, [].append)
    assert [slot.start for slot in travel.slots] == [0, *MORNING]
    assert travel.slots[0].matrices["car"] is travel.slots[2].matrices["car"]
    seconds = int(plain.matrices["car"].seconds[0, 1])
    free, jam = (int(np.ceil(seconds * 1.1)), int(np.ceil(round(seconds * 1.1 * 1.25, 6))))
    assert [slot.matrices["car"].seconds[0, 1] for slot in travel.slots] == [free, jam, free]
    assert [slot.matrices["car at 0.5"].seconds[0, 1] for slot in travel.slots] == [
        2 * free,
        2 * jam,
        2 * free,
    ]
    assert travel.matrices["car"].seconds[0, 1] == free
    assert (travel.matrices["car"].metres == plain.matrices["car"].metres).all()
    assert len({id(slot.matrices[kind].metres) for slot in travel.slots for kind in slot.matrices}) == 1
    assert travel.snaps == plain.snaps


def test_a_plan_with_traffic_is_another_plan():
    """Its id follows each number of the table, the weather and the barriers."""
    problem = a_problem([a_stop("A", 1)], [a_depot("D", 0)], [Vehicle("V1")])
    barrier = {"id": "B1", "kind": BLOCK, "geometry": ANYWHERE}
    sources = [
        {"source": "estimate"},
        {"source": "estimate", "traffic": TRAFFIC},
        {"source": "estimate", "traffic": {**TRAFFIC, "weather": 1.2}},
        {"source": "estimate", "traffic": {**TRAFFIC, "zones": {"centre": around(2)}}},
        {"source": "estimate", "barriers": [barrier]},
        {"source": "estimate", "barriers": [{**barrier, "end": 3600}]},
    ]
    assert len({plan_id(problem, source, Settings()) for source in sources}) == len(sources)


def test_a_matrix_is_written_for_the_first_vehicle_as_it_travels(tmp_path):
    """The file holds its kind of travel."""
    vehicle = Vehicle("V1", speed_factor=2.0)
    problem = a_problem([a_stop("A", 1)], [a_depot("D", 0)], [vehicle])
    travel = open_travel(problem, {"source": "estimate"}, [].append)
    path = str(tmp_path / "times.npz")
    write_matrix(problem, travel, path)
    read = GivenMatrix(problem, {"source": "matrix", "path": path}).matrix("car")
    assert (read.seconds == travel.matrices["car at 2.0"].seconds).all()


def answered(task, starts, travel, window=None, **members):
    """The plan that the engine's process makes of one stop for a vehicle that starts at a time."""
    shift = Window(at(starts), at("18:00"))
    vehicle = Vehicle("V1", start_depot="D", end_depot="D", shift=shift)
    windows = () if window is None else (window,)
    problem = a_problem([a_stop("A", 1, windows=windows)], [a_depot("D", 0)], [vehicle])
    job = {"version": JOB_VERSION, "task": task, "problem": problem_to_json(problem), **members}
    return run_job({**job, "travel": {"source": "estimate", **travel}}, lambda event: None, lambda: False)[
        "plan"
    ]


RUSH = {"traffic": {"rows": [{"start": MORNING[0], "end": MORNING[1], "factor": 2.0}]}}


def test_an_engine_job_drives_slower_in_the_rush():
    """The same route begun at 08:00 and at 10:00: another time of arrival, and the same distance."""
    legs = {}
    for starts in ("08:00", "10:00"):
        asked_for = [{"vehicle_id": "V1", "stops": ["A"]}]
        (route,) = answered("schedule", starts, RUSH, sequences=asked_for)["routes"]
        stop = route["visits"][1]
        assert route["visits"][0]["end"] == at(starts)
        legs[starts] = stop["arrival"] - at(starts), route["legs"][0]["metres"]
    assert legs["08:00"] == (2 * legs["10:00"][0], legs["10:00"][1])


def test_an_engine_job_plans_with_the_rush():
    """What can be reached in time at 10:00 cannot at 08:00; without traffic it can at both."""
    (route,) = answered("plan", "10:00", {}, settings={"iterations": 20})["routes"]
    in_time = route["legs"][0]["seconds"] * 3 // 2
    for starts, travel, served in (("08:00", {}, 1), ("08:00", RUSH, 0), ("10:00", RUSH, 1)):
        window = Window(at(starts), at(starts) + in_time)
        plan = answered("plan", starts, travel, window, settings={"iterations": 20})
        assert len(plan["routes"]) == served
        assert [lost["reason"] for lost in plan["unassigned"]] == ["time_window"] * (1 - served)


def test_an_engine_job_refuses_what_its_source_does_not_know():
    """In words for the user, the faults of the table and those of the source."""
    row = {"start": 0, "end": 86400, "factor": 2.0, "road_class": "primary"}
    with pytest.raises(JobFailed, match=r"road classes \(primary\): give ROADS"):
        answered("plan", "08:00", {"traffic": {"rows": [row]}})
    with pytest.raises(JobFailed, match="no such zone"):
        answered("plan", "08:00", {"traffic": {"rows": [{**row, "zone": "moon"}]}})
