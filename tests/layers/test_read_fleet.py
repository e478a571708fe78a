"""Depots and vehicles into the model, and the errors of the job they can cause."""

from __future__ import annotations

import pytest
from qgis.PyQt.QtCore import QTime

from optiway_qgis.layers.problem_of import fleet_problem, solo_problem
from optiway_qgis.layers.read_depots import read_depots
from optiway_qgis.layers.read_stops import read_stops
from optiway_qgis.layers.read_vehicles import DEFAULT_COSTS, equal_vehicles, read_vehicles, shift_between
from optiway_qgis.model.problem import Depot, Vehicle, Window
from tests.made_layers import CENTRE, depot, layer, reading, source_of, stops, table

EIGHT, SIX_PM = 28800, 64800
SHIFT = Window(EIGHT, SIX_PM)
DEPOT = Depot("D1", *CENTRE)
TWO = [DEPOT, Depot("D2", -8.6, 41.2)]


def depots_of(rows, **options):
    """Read rows as a depots layer."""
    shared = reading()
    return read_depots(source_of(layer(rows, name="depots", **options)), shared), shared


def vehicles_of(rows, depots=(DEPOT,), **types):
    """Read rows as a vehicles table."""
    shared = reading()
    return read_vehicles(source_of(table(rows, **types)), list(depots), SHIFT, shared), shared


def test_depots_with_their_hours():
    """Id, place, name and opening hours."""
    rows = [depot(tw1_start="06:00", tw1_end="20:00"), depot("D2", (-8.6, 41.2))]
    depots, shared = depots_of(rows)
    assert shared.errors == []
    assert depots[0] == Depot("D1", *CENTRE, window=Window(21600, 72000))
    assert depots[1].window is None


def test_a_depot_known_by_its_name_only():
    """ArcGIS depots have a Name and no other id."""
    depots, _ = depots_of([{"at": CENTRE, "Name": "North"}])
    assert (depots[0].id, depots[0].name) == ("North", "North")


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        ([], {}, ["DEPOTS (depots) has no features", "At least one"]),
        ([depot()], {"crs": ""}, ["DEPOTS (depots) has no CRS"]),
        ([depot(), depot()], {}, ["DEPOTS", "feature 2", 'depot_id "D1"', "an id of its own"]),
        ([depot(at=None)], {}, ["feature 1", 'depot_id "D1"', "geometry is empty", "Place the point"]),
        ([depot(tw1_start="25:99")], {}, ["feature 1", 'tw1_start "25:99"', "08:30"]),
    ],
)
def test_what_is_wrong_with_depots_is_an_error_of_the_job(rows, options, words):
    """Without a place to start from there is no plan; the message names place and remedy."""
    _, shared = depots_of(rows, **options)
    assert len(shared.errors) == 1
    for word in words:
        assert word in shared.errors[0]


def test_every_field_of_a_vehicle_arrives_in_the_units_of_the_model():
    """Minutes become seconds, kilometres metres, capacities thousandths."""
    row = {
        "vehicle_id": 7, "driver": "Ana", "profile": "van", "speed_factor": "0,8", "active": "yes",
        "start_depot": "D1", "end_depot": "none", "shift_start": "07:00", "shift_end": "15:30",
        "capacity": "80,5", "capacity_3": 2, "skills": "fridge, lift", "max_stops": 12, "max_work_min": 480,
        "max_drive_min": 240.5, "max_distance_km": 120.25,
        "fixed_cost": 60, "cost_per_hour": 18, "cost_per_km": "0,45",
    }  # fmt: skip
    vehicles, shared = vehicles_of([row])
    assert shared.errors == []
    vehicle = vehicles[0]
    assert (vehicle.id, vehicle.driver, vehicle.profile) == ("7", "Ana", "van")
    assert vehicle.speed_factor == 0.8
    assert (vehicle.start_depot, vehicle.end_depot) == ("D1", None)
    assert vehicle.shift == Window(25200, 55800)
    assert vehicle.capacity == (80500, None, 2000)
    assert vehicle.skills == ("fridge", "lift")
    assert (vehicle.max_stops, vehicle.max_work) == (12, 28800)
    assert (vehicle.max_drive, vehicle.max_distance) == (14430, 120250)
    assert (vehicle.fixed_cost, vehicle.cost_per_hour, vehicle.cost_per_km) == (60, 18, 0.45)


def test_a_vehicle_with_an_id_only_gets_the_stated_defaults():
    """The only depot, the shift of the parameters, no limits, the default costs, told in the log."""
    vehicles, shared = vehicles_of([{"vehicle_id": "V1"}])
    vehicle = vehicles[0]
    assert (vehicle.start_depot, vehicle.end_depot, vehicle.shift) == ("D1", "D1", SHIFT)
    assert (vehicle.capacity, vehicle.max_stops, vehicle.max_work) == ((), None, None)
    assert vehicle.speed_factor == 1
    costs = (vehicle.fixed_cost, vehicle.cost_per_km, vehicle.cost_per_hour)
    assert costs == (DEFAULT_COSTS.fixed, DEFAULT_COSTS.per_km, DEFAULT_COSTS.per_hour)
    assert any("No costs given" in text for text in shared.feedback.infos)


@pytest.mark.parametrize("value", ["0", "-1", "11", "slow"])
def test_a_speed_nobody_drives_is_an_error_of_the_job(value):
    """Percent where a factor belongs, or nothing: vehicle, field, value and remedy."""
    _, shared = vehicles_of([{"vehicle_id": "V1", "speed_factor": value}])
    assert len(shared.errors) == 1
    assert f'(vehicle_id "V1"): speed_factor "{value}" is not' in shared.errors[0]


def test_one_cost_anywhere_is_taken_as_it_is():
    """A user who prices kilometres only means that hours are free."""
    vehicles, shared = vehicles_of([{"vehicle_id": "V1", "cost_per_km": 0.3}, {"vehicle_id": "V2"}])
    assert [vehicle.fixed_cost for vehicle in vehicles] == [0, 0]
    assert not any("No costs given" in text for text in shared.feedback.infos)


def test_arcgis_prices_are_per_minute_and_its_routes_have_names():
    """CostPerUnitTime is per minute, RouteName the id, AssignmentRule 2 excludes."""
    rows = [
        {"Name": "Truck 1", "CostPerUnitTime": 0.2, "StartDepotName": "D1", "AssignmentRule": 1},
        {"Name": "Truck 2", "CostPerUnitTime": 0.2, "StartDepotName": "D1", "AssignmentRule": 2},
    ]
    vehicles, _ = vehicles_of(rows)
    assert [vehicle.id for vehicle in vehicles] == ["Truck 1"]
    assert vehicles[0].cost_per_hour == pytest.approx(12)


def test_inactive_vehicles_stay_at_home():
    """By whatever word; a boolean field too."""
    words = {"A": "no", "B": "0", "C": "yes", "D": ""}
    vehicles, _ = vehicles_of([{"vehicle_id": name, "active": word} for name, word in words.items()])
    assert [vehicle.id for vehicle in vehicles] == ["C", "D"]
    vehicles, _ = vehicles_of([{"vehicle_id": "A", "active": True}, {"vehicle_id": "B", "active": False}])
    assert [vehicle.id for vehicle in vehicles] == ["A"]


def test_a_shift_over_midnight_is_read_with_a_warning():
    """Night shifts exist; so do slips of the pen."""
    vehicles, shared = vehicles_of([{"vehicle_id": "V1", "shift_start": "22:00", "shift_end": "06:00"}])
    assert vehicles[0].shift == Window(79200, 108000)
    assert shared.warnings.texts() == ["shift_end is before shift_start: read as the next day (V1)"]


@pytest.mark.parametrize(
    ("rows", "depots", "words"),
    [
        ([], (DEPOT,), ["VEHICLES (vehicles) has no features", "At least one"]),
        ([{"vehicle_id": "V1", "active": "no"}], (DEPOT,), ["1 vehicles and none of them is active"]),
        (
            [{"vehicle_id": "V1"}, {"vehicle_id": "V1"}],
            (DEPOT,),
            ["feature 2", 'vehicle_id "V1"', "id of its own"],
        ),
        (
            [{"vehicle_id": "V1", "start_depot": "X"}],
            (DEPOT,),
            ["feature 1", 'start_depot "X"', "D1"],
        ),
        ([{"vehicle_id": "V1", "end_depot": "X"}], (DEPOT,), ['end_depot "X"', "no depot of DEPOTS"]),
        (
            [{"vehicle_id": "V1", "end_depot": "D1"}],
            TWO,
            ["start_depot is empty", "V1", "2 depots", "D1, D2"],
        ),
        (
            [{"vehicle_id": "V1", "shift_start": "8 o'clock"}],
            (DEPOT,),
            ['shift_start "8 o\'clock"', "not a time"],
        ),
        ([{"vehicle_id": "V1", "capacity": "much"}], (DEPOT,), ['capacity "much"', "not a number"]),
        ([{"vehicle_id": "V1", "max_stops": -1}], (DEPOT,), ['max_stops "-1"', "negative"]),
        ([{"vehicle_id": "V1", "active": "maybe"}], (DEPOT,), ['active "maybe"', "not known"]),
        (
            [{"vehicle_id": "V1", "shift_start": "2026-05-04T18:00", "shift_end": "2026-05-04T08:00"}],
            (DEPOT,),
            ["shift_end", "is before shift_start", "Correct"],
        ),
    ],
)
def test_what_is_wrong_with_vehicles_is_an_error_of_the_job(rows, depots, words):
    """One error each, naming feature, field, value and remedy."""
    _, shared = vehicles_of(rows, depots)
    assert len(shared.errors) == 1, shared.errors
    for word in words:
        assert word in shared.errors[0]


def test_all_errors_of_all_vehicles_are_told_at_once():
    """Five wrong cells are five lines, not five runs."""
    rows = [
        {"vehicle_id": "V1", "start_depot": "X", "capacity": "much", "shift_start": "25:00"},
        {"vehicle_id": "V2", "start_depot": "Y", "capacity": "1", "shift_start": "x"},
    ]
    _, shared = vehicles_of(rows)
    assert len(shared.errors) == 5


def test_a_missing_column_is_told_once():
    """Twelve vehicles without start_depot and end_depot are two lines, not twenty-four."""
    _, shared = vehicles_of([{"vehicle_id": f"V{number}"} for number in range(12)], TWO)
    assert len(shared.errors) == 2
    assert "start_depot is empty" in shared.errors[0]
    assert "end_depot is empty" in shared.errors[1]


def test_lost_leading_zeros_are_recognised():
    """A CSV read with type detection makes 1 of 001."""
    _, shared = vehicles_of([{"vehicle_id": "V1", "start_depot": "001"}], [Depot("1", *CENTRE)])
    assert "lost its leading zeros" in shared.errors[0]


def test_vehicles_fields_not_built_yet_are_told():
    """Neutral values ask for nothing and are passed over."""
    _, shared = vehicles_of([{"vehicle_id": "V1", "breaks": "[]", "load_min": 0, "unload_min": 5}])
    assert "VEHICLES: breaks, unload_min are carried along but not used yet." in shared.feedback.warnings


def test_rules_of_a_vehicle_arrive_in_the_units_of_the_model():
    """Minutes become seconds, yes and no true and false, ArcGIS prices per minute prices per hour."""
    row = {
        "vehicle_id": "V1", "latest_start": "09:30", "max_trips": 3, "overtime_after_min": 480,
        "CostPerUnitOvertime": 0.5, "service_factor": "1,2", "zone_id": "North, South", "IsHardZone": 1,
        "lifo": "yes", "start_rule": "Early",
    }  # fmt: skip
    (vehicle,), shared = vehicles_of([row])
    assert shared.errors == []
    assert (vehicle.latest_start, vehicle.max_trips, vehicle.service_factor) == (34200, 3, 1.2)
    assert (vehicle.overtime_after, vehicle.overtime_cost_per_hour) == (28800, 30)
    assert (vehicle.zones, vehicle.zone_hard) == (("North", "South"), True)
    assert (vehicle.lifo, vehicle.start_rule) == (True, "early")


def test_a_vehicle_that_says_nothing_of_them_is_as_it_always_was():
    """Empty means the defaults of the model, also where the columns are there."""
    names = ("latest_start", "max_trips", "overtime_after_min", "overtime_cost_per_hour", "service_factor")
    blank = dict.fromkeys([*names, "zone_id", "zone_hard", "lifo", "start_rule"])
    assert vehicles_of([{"vehicle_id": "V1", **blank}])[0] == vehicles_of([{"vehicle_id": "V1"}])[0]
    default = Vehicle("V1")
    (read,), _ = vehicles_of([{"vehicle_id": "V1"}])
    for member in ("latest_start", "max_trips", "overtime_after", "service_factor", "zones", "start_rule"):
        assert getattr(read, member) == getattr(default, member)


def test_start_rule_of_the_parameters_is_for_vehicles_without_their_own():
    """As with the shift."""
    rows = [{"vehicle_id": "V1", "start_rule": "late"}, {"vehicle_id": "V2", "start_rule": None}]
    shared = reading()
    vehicles = read_vehicles(source_of(table(rows)), [DEPOT], SHIFT, shared, start_rule="early")
    assert [vehicle.start_rule for vehicle in vehicles] == ["late", "early"]
    assert equal_vehicles(1, None, SHIFT, [DEPOT], shared, "early")[0].start_rule == "early"


def test_a_latest_start_after_midnight_belongs_to_the_night_shift():
    """22:00 to 6:00 with a start by 1:00."""
    rows = [{"vehicle_id": "V1", "shift_start": "22:00", "shift_end": "06:00", "latest_start": "01:00"}]
    assert vehicles_of(rows)[0][0].latest_start == 25 * 3600


def test_docks_and_loading_of_a_depot():
    """Minutes become seconds; a depot without them loads at once, any number of vehicles."""
    depots, shared = depots_of(
        [depot(docks=2, load_min=5, load_min_per_unit="0,25"), depot("D2", (-8.6, 41.2))]
    )
    assert shared.errors == []
    assert [(one.docks, one.load, one.load_per_unit) for one in depots] == [(2, 300, 15), (None, 0, 0)]


@pytest.mark.parametrize(
    ("read", "values", "words"),
    [
        (depots_of, depot(docks=0), 'docks "0" is none. Write 1 or more, or leave it empty.'),
        (depots_of, depot(docks=1.5), 'docks "1.5" is not a whole number'),
        (depots_of, depot(load_min=-1), 'load_min "-1" is negative'),
        (vehicles_of, {"vehicle_id": "V1", "max_trips": 0}, 'max_trips "0" is none'),
        (
            vehicles_of,
            {"vehicle_id": "V1", "service_factor": 120},
            'service_factor "120" is not from 0.1 to 10',
        ),
        (vehicles_of, {"vehicle_id": "V1", "zone_hard": "maybe"}, 'zone_hard "maybe" is not known'),
        (vehicles_of, {"vehicle_id": "V1", "start_rule": "soon"}, "Write one of late, early"),
        (
            vehicles_of,
            {"vehicle_id": "V1", "latest_start": "07:00"},
            'latest_start "07:00" is before the shift',
        ),
    ],
)
def test_rules_that_cannot_be_read_are_errors_of_the_job(read, values, words):
    """With feature, field, value and remedy."""
    _, shared = read([values])
    assert len(shared.errors) == 1
    assert words in shared.errors[0]


def test_equal_vehicles_without_a_table():
    """Count, capacity and shift of the parameters, at the only depot."""
    shared = reading()
    vehicles = equal_vehicles(12, 2.5, SHIFT, [DEPOT], shared)
    assert [vehicle.id for vehicle in vehicles[:2]] == ["V01", "V02"]
    assert len(vehicles) == 12
    assert (vehicles[0].capacity, vehicles[0].start_depot, vehicles[0].shift) == ((2500,), "D1", SHIFT)
    assert equal_vehicles(1, None, SHIFT, [DEPOT], shared)[0].capacity == (None,)


def test_equal_vehicles_of_several_depots_need_a_table():
    """Nobody can guess which vehicle belongs where."""
    shared = reading()
    assert equal_vehicles(3, None, SHIFT, TWO, shared) == []
    assert "there are 2 depots (D1, D2)" in shared.errors[0]
    assert "table of vehicles with start_depot" in shared.errors[0]


def test_shift_of_the_parameters_may_end_on_the_next_day():
    """18:00 to 02:00 is a shift of eight hours."""
    assert shift_between(QTime(18, 0), QTime(2, 0), reading().day) == Window(SIX_PM, 93600)


def test_dimensions_follow_the_longest_list():
    """A third capacity makes three loads, whoever names it."""
    shared = reading()
    read = read_stops(source_of(layer(stops(2, delivery_2=1))), shared)
    vehicles, _ = vehicles_of([{"vehicle_id": "V1", "capacity_3": 5}])
    assert fleet_problem(read, [DEPOT], vehicles, shared).dimensions == 3


def test_vehicles_that_stops_name_and_that_are_not_there_are_warned_of():
    """The engine leaves such a stop out; the warning says why the name did not match."""
    shared = reading()
    read = read_stops(source_of(layer(stops(2, allowed_vehicles="001"))), shared)
    vehicles, _ = vehicles_of([{"vehicle_id": 1}])
    fleet_problem(read, [DEPOT], vehicles, shared)
    text = " ".join(shared.warnings.texts())
    assert 'No active vehicle is called "001"' in text
    assert "leading zeros" in text


def test_windows_of_another_week_are_warned_of():
    """The plan date was forgotten, or is that of last week's layer."""
    shared = reading()
    rows = stops(2, tw1_start="2026-05-11T08:00", tw1_end="2026-05-11T12:00")
    fleet_problem(read_stops(source_of(layer(rows)), shared), [DEPOT], [], shared)
    assert shared.warnings.texts() == ["All windows are on other days than 2026-05-04 (S1, S2)"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"tw1_start": "01:00", "tw1_end": "03:00"}, "tw1_start"),
        ({"TimeWindowEnd": "03:00"}, "TimeWindowEnd"),
        ({"ready_time": "02:00"}, "ready_time"),
        ({"due_time": "05:30"}, "due_time"),
        ({"tw1_start": "01:00", "tw1_end": "03:00", "tw2_start": "21:00", "tw2_end": "22:00"}, ""),
        ({"tw1_start": "2026-05-05T01:00", "tw1_end": "2026-05-05T03:00"}, ""),
        ({"due_time": "07:00"}, ""),
        ({"tw1_start": "19:00", "tw1_end": "19:30"}, ""),
    ],
)
def test_times_of_the_night_before_a_night_shift_are_warned_of(values, field):
    """01:00 is on the plan date, hours before work; the dispatcher means the night that begins then."""
    night, _ = vehicles_of([{"vehicle_id": "V1", "shift_start": "20:00", "shift_end": "06:00"}])
    shared = reading()
    fleet_problem(read_stops(source_of(layer(stops(2, **values))), shared), [DEPOT], night, shared)
    told = f"{field} is long before all shifts, and a day later it would be within one"
    remedy = "Where the night is meant, write it with its date, such as 2026-05-05T01:00"
    assert shared.warnings.texts() == ([f"{told}. {remedy} (S1, S2)"] if field else [])


@pytest.mark.parametrize(("swap", "warned"), [(True, True), (False, False)])
def test_swapped_coordinates_are_suspected(swap, warned):
    """Stops in the sea off Somalia with a depot in Porto: x and y were mixed up."""
    rows = [{**row, "at": row["at"][::-1] if swap else row["at"]} for row in stops(4)]
    shared = reading()
    read = read_stops(source_of(layer(rows)), shared)
    fleet_problem(read, [DEPOT], [], shared)
    assert any("x and y swapped" in text for text in shared.warnings.texts()) is warned


def test_one_driver_has_no_limits():
    """Rules about vehicles and skills do not count for a solo driver."""
    shared = reading()
    read = read_stops(source_of(layer(stops(2, skills="fridge", vehicle_id="V9"))), shared)
    problem = solo_problem(read, CENTRE, False, EIGHT, shared)
    vehicle = problem.vehicles[0]
    assert (vehicle.start_depot, vehicle.end_depot) == ("start", None)
    assert (vehicle.shift, vehicle.capacity) == (Window(EIGHT, EIGHT + 86400), ())
    assert {(stop.skills, stop.vehicle_id) for stop in problem.stops} == {((), "")}


@pytest.mark.parametrize(
    ("own", "shift"),
    [({"shift_start": "20:00"}, Window(72000, 151200)), ({"shift_end": "06:00"}, Window(25200, 108000))],
)
def test_half_a_shift_that_does_not_fit_the_other_half_goes_on_to_the_next_day(own, shift):
    """As two times of its own would; a shift of no length would leave the vehicle idle without a word."""
    given = Window(7 * 3600, 18 * 3600)
    shared = reading()
    vehicles = read_vehicles(
        source_of(table([{"vehicle_id": "V1", "start_depot": "D1", "end_depot": "D1", **own}])),
        [DEPOT],
        given,
        shared,
    )
    assert [vehicle.shift for vehicle in vehicles] == [shift]
    assert any("next day" in text for text in shared.warnings.texts())


@pytest.mark.parametrize(
    ("priorities", "early"), [((0, 10), {"S2": 10}), ((40, 50, 40), {"S2": 10}), ((50, 50), {}), ((0, 0), {})]
)
def test_priority_of_a_solo_driver_means_early_by_how_much_it_is_above_the_lowest(priorities, early):
    """Who gives every stop the same priority prefers none of them."""
    shared = reading()
    rows = stops(len(priorities))
    for row, priority in zip(rows, priorities):
        row["priority"] = priority
    problem = solo_problem(read_stops(source_of(layer(rows)), shared), CENTRE, True, EIGHT, shared)
    assert {stop.id: stop.priority for stop in problem.stops if stop.order_rule == "early"} == early


def test_a_start_off_the_earth_is_an_error():
    """Metres typed without a CRS."""
    shared = reading()
    solo_problem(read_stops(source_of(layer(stops(1))), shared), (500000, 4500000), True, EIGHT, shared)
    assert "START (500000, 4500000) is not on the earth" in shared.errors[0]
