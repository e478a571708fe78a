"""Plans under traffic, weather and barriers, with the real engine: hours, zones, days, refusals."""

from __future__ import annotations

import processing
import pytest
from qgis.core import (
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProject,
)

from tests.made_layers import CENTRE, Log, depot, layer, table
from tests.made_streets import STEP, covers, crossing, grid, roads, stop, street

MONDAY, SUNDAY = "2026-05-04", "2026-05-03"
ORDER = [(8, 0), (16, 0), (24, 0)]
RUSH = {"weekday": "Mon-Fri", "from": "07:00", "to": "20:00"}
A_SECOND = 1.1 / 60


def box(west: float, south: float, east: float, north: float) -> str:
    """A polygon between crossings of the town, given by columns and rows."""
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    points = (crossing(*corner) for corner in corners)
    return f"Polygon (({', '.join(f'{x} {y}' for x, y in points)}))"


def areas(rows, name="zones"):
    """A layer of polygons."""
    return layer(rows, kind="Polygon", name=name)


@pytest.fixture
def drive(run_algorithm):
    """A function (**parameters) -> minutes of each leg of three stops in a row to the east, left at 8:00."""

    def run(**parameters) -> list[float]:
        stops = [
            {**stop(f"S{number}", crossing(*spot)), "vehicle_id": "V1", "sequence": number}
            for number, spot in enumerate(ORDER, 1)
        ]
        given = {"STOPS": layer(stops), "DEPOTS": layer([depot()], name="depots")}
        outcome = run_algorithm("schedule", **{**given, **parameters})
        return [leg["drive_min"] for leg in outcome.rows("LEGS")]

    return run


@pytest.mark.parametrize("over", ["estimate", "roads"])
def test_rush_hours_make_legs_longer_on_their_days(drive, over):
    """Twice the time from Monday to Friday, also for the way home; nothing on a Sunday."""
    given = {"TRAFFIC": table([{**RUSH, "factor": 2.0}], "traffic")}
    if over == "roads":
        given["ROADS"] = roads([street(*((column, 0) for column in range(26)))])
    usual = drive(**{name: value for name, value in given.items() if name != "TRAFFIC"})
    assert drive(**given, PLAN_DATE=MONDAY) == pytest.approx([2 * leg for leg in usual], abs=2 * A_SECOND)
    assert drive(**given, PLAN_DATE=SUNDAY) == usual


def test_times_depend_on_the_hour_of_each_leg(drive):
    """The rush ends while the vehicle is between the second stop and the third: later legs are as usual."""
    usual = drive()
    second_left = 8 * 60 + 2 * usual[0] + 5 + 2 * usual[1] + 5
    until = f"{int(second_left // 60):02}:{int(second_left % 60):02}"
    rush = drive(TRAFFIC=table([{"to": until, "factor": 2.0}], "traffic"))
    assert rush[:2] == pytest.approx([2 * leg for leg in usual[:2]], abs=2 * A_SECOND)
    assert usual[2] <= rush[2] < 1.6 * usual[2]
    assert rush[3] == usual[3]


def test_a_zone_is_slow_and_the_rest_is_not(drive):
    """Of three legs the one inside the zone doubles; the way into it half so, as both its ends count."""
    zones = areas([{"zone_id": "east", "at": box(12, -4, 30, 4)}])
    traffic = table([{"zone_id": "east", "factor": 2.0}], "traffic")
    usual, slow = drive(), drive(TRAFFIC=traffic, ZONES=zones)
    assert slow[0] == usual[0]
    assert slow[1] == pytest.approx(1.5 * usual[1], abs=A_SECOND)
    assert slow[2] == pytest.approx(2 * usual[2], abs=A_SECOND)


def test_the_weather_slows_everything(drive):
    """A fifth longer on every leg, without any table; 1 and empty are the same."""
    usual = drive()
    assert drive(WEATHER_FACTOR=1.2) == pytest.approx([1.2 * leg for leg in usual], abs=A_SECOND)
    assert drive(WEATHER_FACTOR=1) == drive(WEATHER_FACTOR=None) == usual


def test_a_faster_vehicle_arrives_sooner(drive):
    """speed_factor 2 halves the times of its profile."""
    vehicles = table([{"vehicle_id": "V1", "speed_factor": 2.0}])
    assert drive(VEHICLES=vehicles) == pytest.approx([leg / 2 for leg in drive()], abs=A_SECOND)


def test_rows_for_a_class_of_road(drive):
    """Only the primary street is slow, its two stops' legs; the residential one beyond is as usual."""
    town = roads(
        [
            street(*((column, 0) for column in range(17)), highway="primary"),
            street(*((column, 0) for column in range(16, 26)), highway="residential"),
        ]
    )
    usual = drive(ROADS=town)
    slow = drive(ROADS=town, TRAFFIC=table([{"highway": "primary", "factor": 3.0}], "traffic"))
    assert slow[:2] == pytest.approx([3 * leg for leg in usual[:2]], abs=3 * A_SECOND)
    assert slow[2] == pytest.approx(usual[2], abs=3 * A_SECOND)


def test_the_order_changes_where_the_hour_matters(run_algorithm):
    """Two stops in a centre that is slow until 9:30 come last; the order of an empty morning costs more."""
    stops = [stop(name, crossing(*at)) for name, at in zip("ABCD", ((6, 1), (14, 8), (5, -3), (16, -2)))]
    given = {
        "DEPOTS": layer([depot(at=crossing(-4, 0))], name="depots"),
        "VEHICLES": table([{"vehicle_id": "V1", "shift_start": "08:00", "shift_end": "18:00"}]),
        "SERVICE_TIME": "10",
    }
    rush = {
        "TRAFFIC": table([{"to": "09:30", "zone_id": "centre", "factor": 4}], "traffic"),
        "ZONES": areas([{"zone_id": "centre", "at": box(4, -5, 8, 3)}]),
    }
    empty = run_algorithm("plan_routes", STOPS=layer(stops), **given)
    slow = run_algorithm("plan_routes", STOPS=layer(stops), **given, **rush)
    kept = run_algorithm("schedule", STOPS=empty.results["VISITS"], **given, **rush)
    assert set(empty.orders()["V1"][:2]) & {"A", "C"}
    assert set(slow.orders()["V1"][2:]) == {"A", "C"}
    assert slow.results["COST"] < kept.results["COST"]


@pytest.fixture
def plan(run_algorithm):
    """A function (**parameters) -> Outcome of plan_routes with one vehicle on a grid of streets."""

    def run(log=None, **parameters):
        given = {
            "STOPS": layer([stop("S1", crossing(4, 0))]),
            "DEPOTS": layer([depot()], name="depots"),
            "VEHICLES": table([{"vehicle_id": "V1"}]),
            "ROADS": roads(grid()),
        }
        return run_algorithm("plan_routes", log, **{**given, **parameters})

    return run


BLOCKED = box(1.4, -0.2, 1.6, 0.2)


def crosses(outcome, area: str) -> list[bool]:
    """Whether the ways there and back meet the area."""
    return [leg["at"].intersects(QgsGeometry.fromWkt(area)) for leg in outcome.rows("LEGS")]


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        ("Polygon", BLOCKED),
        ("LineString", f"LineString ({CENTRE[0] + 1.5 * STEP} 41.1499, {CENTRE[0] + 1.5 * STEP} 41.1501)"),
        ("Point", (CENTRE[0] + 1.5 * STEP, CENTRE[1])),
    ],
)
def test_a_block_changes_the_way(plan, kind, at):
    """The vehicle goes round it, on the streets, two blocks further each way; it is told in the log."""
    free = plan()
    assert crosses(free, BLOCKED) == [True, True]
    around = plan(BARRIERS=layer([{"at": at, "name": "works"}], kind=kind, name="barriers"))
    assert crosses(around, BLOCKED) == [False, False]
    assert all(covers(grid(), leg["at"]) for leg in around.rows("LEGS"))
    assert around.results["DISTANCE_KM"] > free.results["DISTANCE_KM"] + 1.5
    assert around.results["DRIVE_MIN"] > free.results["DRIVE_MIN"]


def test_a_block_of_another_day_does_nothing(plan):
    """Told, and left out."""
    barrier = {"at": BLOCKED, "name": "works", "active_start": "2026-06-01T00:00"}
    outcome = plan(BARRIERS=areas([barrier], "barriers"))
    assert crosses(outcome, BLOCKED) == [True, True]
    assert "BARRIERS: not there while vehicles work on 2026-05-04: works." in outcome.log.infos


def test_delays_and_slow_stretches(plan):
    """Ten minutes at a crossing with no way round it, and a street that takes three times as long."""
    straight = roads([street(*((column, 0) for column in range(6)))])
    usual = plan(ROADS=straight).results["DRIVE_MIN"]
    delay = areas([{"at": BLOCKED, "kind": "delay", "add_min": 10}], "barriers")
    assert plan(ROADS=straight, BARRIERS=delay).results["DRIVE_MIN"] == pytest.approx(usual + 20, abs=0.1)
    slow = areas([{"at": box(-1, -1, 6, 1), "kind": "scale", "factor": 3}], "barriers")
    tripled = plan(ROADS=straight, BARRIERS=slow).results["DRIVE_MIN"]
    assert tripled == pytest.approx(3 * usual, rel=0.02)


def test_a_stop_behind_a_block_is_unreachable(plan):
    """The only street is closed: the stop is left out with a reason, and the plan goes on."""
    straight = roads([street(*((column, 0) for column in range(6)))])
    stops = layer([stop("S1", crossing(4, 0)), stop("S2", crossing(1, 0))])
    outcome = plan(STOPS=stops, ROADS=straight, BARRIERS=areas([{"at": BLOCKED}], "barriers"))
    assert outcome.reasons() == {"S1": "unreachable"}
    assert outcome.orders() == {"V1": ["S2"]}


def test_the_report_says_under_what_conditions(plan, tmp_path):
    """Rows of the day, situations, weather and barriers, where the source of travel times is told."""
    traffic = table([{**RUSH, "to": "12:00", "factor": 1.5}, {"weekday": "Sun", "factor": 0.9}], "traffic")
    report = tmp_path / "report.html"
    plan(
        TRAFFIC=traffic,
        WEATHER_FACTOR=1.1,
        BARRIERS=areas([{"at": BLOCKED}], "barriers"),
        REPORT=str(report),
    )
    header = report.read_text(encoding="utf-8").split("</header>")[0]
    assert "rows in force: 1, situations: 2 · weather factor: 1.1 · barriers: 1" in header
    plan(REPORT=str(report))
    assert "Traffic" not in report.read_text(encoding="utf-8").split("</header>")[0]


@pytest.fixture
def refuse(plan):
    """A function (**parameters) -> message of the error the run must end with."""

    def run(**parameters):
        with pytest.raises(QgsProcessingException) as caught:
            plan(**parameters)
        return str(caught.value)

    return run


def test_what_needs_roads_says_so(refuse):
    """With an estimate nobody knows which way is taken: the message names the remedy."""
    barriers, classes = areas([{"at": BLOCKED}], "barriers"), table([{"factor": 2, "highway": "primary"}])
    message = refuse(TRAVEL="estimate", BARRIERS=barriers)
    assert 'Barriers need ROADS or a Valhalla server; the source of travel times is "estimate"' in message
    message = refuse(TRAVEL="estimate", TRAFFIC=classes)
    assert "rows for road classes (primary): give ROADS" in message


def test_a_class_that_no_road_has_is_told(plan):
    """A row for it would change nothing, and nobody would know why; slip roads count for their road."""
    rows = [{"highway": "Residential, motorways", "factor": 2}]
    outcome = plan(TRAFFIC=table(rows, "traffic"))
    told = "TRAFFIC: no road around the stops is of the class motorways: rows for it change nothing."
    assert told in outcome.log.warnings
    ramps = roads([street(*((column, 0) for column in range(6)), highway="trunk_link")])
    outcome = plan(ROADS=ramps, TRAFFIC=table([{"highway": "trunk", "factor": 2}], "traffic"))
    assert not any("no road around" in text for text in outcome.log.warnings)


def test_all_that_is_wrong_is_told_in_one_message(refuse):
    """Traffic, zones and barriers together with the other layers."""
    message = refuse(
        TRAFFIC=table([{"factor": 99, "weekday": "Mon"}, {"factor": 2, "weekday": "Funday"}], "traffic"),
        ZONES=areas([{"zone_id": "", "at": BLOCKED}]),
        BARRIERS=areas([{"at": BLOCKED, "kind": "wall"}], "barriers"),
        VEHICLES=table([{"vehicle_id": "V1", "speed_factor": 50}]),
    )
    assert message.startswith("5 problems in the input:")
    for word in ('factor "99"', 'weekday "Funday"', "zone_id is empty", 'kind "wall"', 'speed_factor "50"'):
        assert word in message


def test_one_driver_in_the_rush(run_algorithm):
    """plan_one_route takes the same parameters."""
    given = {"STOPS": layer([stop("S1", crossing(8, 0))]), "START": f"{CENTRE[0]},{CENTRE[1]}"}
    minutes = [
        run_algorithm("plan_one_route", **given, **more).results["DRIVE_MIN"]
        for more in ({}, {"TRAFFIC": table([{**RUSH, "factor": 2.0}], "traffic")})
    ]
    assert minutes[1] == pytest.approx(2 * minutes[0], abs=2 * A_SECOND)


def test_a_model_hands_traffic_and_weather_on(optiway_provider):
    """A model's own parameters for the table and the number."""
    model = QgsProcessingModelAlgorithm("Plan in the rush", "tests")
    kinds = {
        "stops": QgsProcessing.SourceType.TypeVectorPoint,
        "depots": QgsProcessing.SourceType.TypeVectorPoint,
        "rush": QgsProcessing.SourceType.TypeVector,
    }
    for name, kind in kinds.items():
        model.addModelParameter(
            QgsProcessingParameterFeatureSource(name, name, [kind]), QgsProcessingModelParameter(name)
        )
    number = QgsProcessingParameterNumber.Type.Double
    model.addModelParameter(
        QgsProcessingParameterNumber("snow", "snow", number), QgsProcessingModelParameter("snow")
    )
    plan = QgsProcessingModelChildAlgorithm("optiway:plan_routes")
    plan.setChildId("plan")
    given = QgsProcessingModelChildParameterSource
    for name, source in (
        ("STOPS", given.fromModelParameter("stops")),
        ("DEPOTS", given.fromModelParameter("depots")),
        ("TRAFFIC", given.fromModelParameter("rush")),
        ("WEATHER_FACTOR", given.fromModelParameter("snow")),
        ("PLAN_DATE", given.fromStaticValue(MONDAY)),
        ("ITERATIONS", given.fromStaticValue(60)),
        ("VEHICLE_COUNT", given.fromStaticValue(1)),
        ("SHIFT_START", given.fromStaticValue("08:00")),
        ("SHIFT_END", given.fromStaticValue("18:00")),
        ("SEED", given.fromStaticValue(1)),
        ("TIME_LIMIT", given.fromStaticValue(10)),
    ):
        plan.addParameterSources(name, [source])
    model.addChildAlgorithm(plan)
    valid, problems = model.validate()
    assert valid, problems
    minutes = []
    for snow, factor in ((1.0, 1.0), (1.5, 2.0)):
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        layers = {
            "stops": layer([stop("S1", crossing(8, 0))]),
            "depots": layer([depot()], name="depots"),
            "rush": table([{**RUSH, "factor": factor}], "traffic"),
        }
        results = processing.run(model, {**layers, "snow": snow}, feedback=Log(), context=context)
        minutes.append(results["CHILD_RESULTS"]["plan"]["DRIVE_MIN"])
    assert minutes[1] == pytest.approx(3 * minutes[0], abs=4 * A_SECOND)


def test_the_sample_town_with_its_traffic_and_barriers(run_algorithm, sample_town, town_sources):
    """The files shipped to be tried: the closed bridge is not used, and the rush makes the drives longer."""
    usual = run_algorithm("plan_routes", **town_sources, ROADS=str(sample_town / "streets.geojson"))
    slow = run_algorithm(
        "plan_routes",
        **town_sources,
        ROADS=str(sample_town / "streets.geojson"),
        TRAFFIC=str(sample_town / "traffic.csv"),
        ZONES=str(sample_town / "zones.geojson"),
        BARRIERS=str(sample_town / "barriers.geojson"),
    )
    assert slow.adds_up(60)
    assert "TRAFFIC: 5 of 8 rows hold while vehicles work on Monday, 2026-05-04." in slow.log.infos
    bridge = QgsGeometry.fromWkt(
        "Polygon ((-3.6804 52.4457, -3.6801 52.4457, -3.6801 52.4459, -3.6804 52.4457))"
    )
    crossed = [[leg["at"].intersects(bridge) for leg in plan.rows("LEGS")] for plan in (usual, slow)]
    assert any(crossed[0]) and not any(crossed[1])
    minutes, kilometres = (
        [plan.results[name] for plan in (usual, slow)] for name in ("DRIVE_MIN", "DISTANCE_KM")
    )
    assert minutes[1] / kilometres[1] > minutes[0] / kilometres[0]
