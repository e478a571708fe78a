"""What all layers together show before planning: sums, hours, shifts, depots, places. No engine is needed."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optiway_qgis.layers import preflight
from optiway_qgis.layers.preflight import HOUR
from optiway_qgis.model.findings import ERROR, WARNING, About
from optiway_qgis.model.problem import DAY, Break, Depot, Problem, Stop, Vehicle, Window
from tests.made_layers import reading

EIGHT, NINE = 8 * HOUR, 9 * HOUR
SHIFT = Window(EIGHT, 17 * HOUR)
DEPOT = Depot("D1", -8.61, 41.15)
VAN = Vehicle("V1", start_depot="D1", end_depot="D1", shift=SHIFT, capacity=(10_000,))


def a_stop(name: str = "S1", **members) -> Stop:
    """A stop near the depot."""
    return Stop(name, -8.6, 41.16, **members)


def problem(stops, vehicles=(VAN,), depots=(DEPOT,), dimensions=1) -> Problem:
    """A problem of one day."""
    return Problem("2026-05-04", "Europe/Lisbon", tuple(stops), tuple(depots), tuple(vehicles), dimensions)


def fleet_codes(made: Problem) -> list[tuple[str, str, str]]:
    """Code, field and text of what the fleet lacks."""
    shared = reading()
    preflight.check_fleet(made, shared)
    return [(one.code, one.field, one.text) for one in shared.findings]


def cover(made: Problem):
    """The hours, and the texts of the hours that are short."""
    shared = reading()
    found = preflight.hours(made, shared)
    return found, [one.text for one in shared.findings if one.code == "few_vehicles"]


def test_sums_beyond_the_fleet_are_told_per_load():
    """12 of 10 in the second load only; deliveries and pickups are never on board together."""
    stops = [a_stop(f"S{n}", delivery=(5000, 6000), pickup=(5000, 0)) for n in range(2)]
    van = replace(VAN, capacity=(10_000, 10_000))
    assert fleet_codes(problem(stops, [van], dimensions=2)) == [
        (
            "fleet_capacity",
            "capacity_2",
            "The stops ask for 12 of delivery, the capacity_2 of all vehicles together is 10.",
        )
    ]
    unlimited = replace(van, id="V2", capacity=(None, None))
    assert fleet_codes(problem(stops, [van, unlimited], dimensions=2)) == []


def test_stops_bound_to_some_vehicles_are_held_against_these():
    """By skill, by lists and by lock: the fleet has room, those who alone may serve them have not."""
    vans = [replace(VAN, id=f"V{n}", skills=("fridge",) if n < 2 else ()) for n in range(5)]
    cold = [a_stop(f"C{n}", delivery=(9000,), skills=("fridge",)) for n in range(2)]
    locked = a_stop("L", delivery=(4000,), vehicle_id="V1")
    listed = [a_stop(f"A{n}", delivery=(6000,), allowed_vehicles=("V3",)) for n in range(2)]
    assert [text for _, _, text in fleet_codes(problem([*cold, locked, *listed], vans))] == [
        "The stops that only V0, V1 may serve ask for 22 of delivery, the capacity of V0, V1 is 20.",
        "The stops that only V3 may serve ask for 12 of delivery, the capacity of V3 is 10.",
    ]
    assert fleet_codes(problem([*cold, listed[0]], vans)) == []


def test_a_stop_too_large_for_all_does_not_count_in_the_sum():
    """It stays behind by itself: an error of its own, and the others fit."""
    shared = reading()
    stops = [a_stop("S1", delivery=(4000,)), a_stop("big", delivery=(11_000,), penalty=3.0)]
    left = preflight.check_fleet(problem(stops), shared)
    assert [stop.id for stop in left.stops] == ["S1"]
    (found,) = shared.findings
    assert (found.code, found.severity, found.about.id) == ("capacity", WARNING, "big")
    assert "Would help: 1 more capacity for V1" in found.remedy
    shared = reading()
    preflight.check_fleet(problem([a_stop("big", delivery=(11_000,))]), shared)
    assert [one.severity for one in shared.findings] == [ERROR]


@pytest.mark.parametrize(
    ("vehicle", "stops", "code"),
    [
        (replace(VAN, max_stops=2), [a_stop(f"S{n}") for n in range(3)], "fleet_stops"),
        (VAN, [a_stop(f"S{n}", service=4 * HOUR) for n in range(3)], "fleet_time"),
        (replace(VAN, max_work=HOUR), [a_stop("S1", service=HOUR + 1)], "fleet_time"),
        (replace(VAN, shift=Window(EIGHT, EIGHT)), [a_stop()], "empty_shift"),
        (replace(VAN, shift=Window(EIGHT - DAY, NINE - DAY)), [a_stop()], "other_day"),
        (replace(VAN, shift=Window(EIGHT + 2 * DAY, NINE + 2 * DAY)), [a_stop()], "other_day"),
    ],
)
def test_limits_and_shifts_of_the_fleet(vehicle, stops, code):
    """One vehicle with one fault."""
    assert [found for found, _, _ in fleet_codes(problem(stops, [vehicle]))] == [code]


def test_a_fault_of_all_equal_vehicles_is_told_once():
    """Vehicles without a table have their shift from one parameter."""
    vans = [replace(VAN, id=f"V{n}", shift=Window(EIGHT, EIGHT)) for n in range(5)]
    assert [(code, field) for code, field, _ in fleet_codes(problem([a_stop()], vans))] == [
        ("empty_shift", "SHIFT_START")
    ]


def test_depots_nobody_uses_are_told_with_their_feature():
    """A van that ends elsewhere uses both."""
    shared = reading()
    shared.features["DEPOTS", "D2"] = About("DEPOTS", 7, "D2", (-8.6, 41.2))
    second = Depot("D2", -8.6, 41.2)
    preflight.check_fleet(problem([a_stop()], depots=[DEPOT, second]), shared)
    (found,) = shared.findings
    assert (found.code, found.about.feature_id, found.about.place) == ("unused_depot", 7, (-8.6, 41.2))
    there = replace(VAN, end_depot="D2")
    assert fleet_codes(problem([a_stop()], [there], [DEPOT, second])) == []


def test_pairs_and_trips_do_not_make_a_fleet_too_small():
    """What is picked up on the way leaves room again, and a vehicle that loads twice takes twice as much."""
    up = [a_stop(f"U{n}", pickup=(9000,)) for n in range(2)]
    down = [a_stop(f"D{n}", delivery=(9000,), picked_up_at=f"U{n}") for n in range(2)]
    assert fleet_codes(problem([*up, *down])) == []
    stops = [a_stop(f"S{n}", delivery=(7000,)) for n in range(2)]
    assert [code for code, *_ in fleet_codes(problem(stops))] == ["fleet_capacity"]
    assert fleet_codes(problem(stops, [replace(VAN, max_trips=2)])) == []


def test_what_is_not_served_without_a_stop_that_is_lost_is_lost_with_it():
    """Both stops of a pair, and what was to come after; the engine then gets a problem that fits together."""
    stops = [
        a_stop("up", before=("next",), pickup=(2000,)),
        a_stop("down", delivery=(2000,), picked_up_at="up", skills=("crane",)),
        a_stop("next"),
        a_stop("sooner", before=("up", "free")),
        a_stop("free"),
    ]
    shared = reading()
    left = preflight.check_fleet(problem(stops), shared)
    assert [(one.about.id, one.code, one.field) for one in shared.findings] == [
        ("up", "pair", "pair_id"),
        ("down", "skill", "skills"),
        ("next", "order", "before_stop"),
    ]
    assert [(stop.id, stop.before) for stop in left.stops] == [("sooner", ("free",)), ("free", ())]


def test_services_take_as_long_as_the_fastest_driver_takes():
    """A sum is too much only where it is for him, too."""
    stops = [a_stop(f"S{n}", service=6 * HOUR) for n in range(2)]
    assert [code for code, *_ in fleet_codes(problem(stops))] == ["fleet_time"]
    quick = replace(VAN, id="V2", service_factor=0.5, max_work=0)
    assert fleet_codes(problem(stops, [VAN, quick])) == []


def test_a_stop_outside_the_zones_of_all_is_refused_by_its_zone():
    """Hard zones only; a vehicle that may leave them, or has none, takes it."""
    north = replace(VAN, zones=("North",), zone_hard=True)
    for zones, told in (
        (("South", "Inner"), "It lies in South, Inner, and"),
        ((), "It lies in no zone, and"),
    ):
        shared = reading()
        left = preflight.check_fleet(
            problem([a_stop(zones=zones), a_stop("S2", zones=("North",))], [north]), shared
        )
        assert [stop.id for stop in left.stops] == ["S2"]
        found = [one for one in shared.findings if one.severity == ERROR]
        assert [(one.code, one.field, one.about.id) for one in found] == [("zone", "geometry", "S1")]
        assert told in found[0].text
    for vans in ([replace(north, zone_hard=False)], [north, replace(VAN, id="V2")]):
        assert "zone" not in [code for code, *_ in fleet_codes(problem([a_stop(zones=("South",))], vans))]


def test_zones_that_no_vehicle_serves_are_told_with_the_stops_in_them():
    """A stop that lies in another zone, too, is served there."""
    stops = [
        a_stop("S1", zones=("South",)),
        a_stop("S2", zones=("South", "North")),
        a_stop("S3", zones=("South",)),
        a_stop("S4"),
    ]
    shared = reading()
    preflight.check_fleet(problem(stops, [replace(VAN, zones=("North",))]), shared)
    (found,) = shared.findings
    assert (found.code, found.about.layer, found.about.id) == ("zone_without_vehicle", "ZONES", "South")
    assert found.text == 'No vehicle serves the zone "South", in which 2 stops lie.'
    assert fleet_codes(problem(stops)) == []
    assert fleet_codes(problem(stops, [replace(VAN, zones=("North",)), replace(VAN, id="V2")])) == []


@pytest.mark.parametrize(
    ("members", "field", "text", "help_text"),
    [
        (
            {"ready": 18 * HOUR},
            "ready_time",
            "Its goods are ready 60 min after the last shift.",
            "60 min earlier",
        ),
        ({"due": EIGHT - 90}, "due_time", "Its goods are due 2 min before the first shift.", "2 min later"),
    ],
)
def test_goods_that_are_ready_or_due_when_nobody_works(members, field, text, help_text):
    """No travel time could change that; at the very end of a shift one might."""
    shared = reading()
    shared.columns["STOPS"] = {field: field}
    left = preflight.check_fleet(problem([a_stop(**members)]), shared)
    assert left.stops == ()
    (found,) = shared.findings
    assert (found.severity, found.code, found.field, found.text) == (ERROR, "ready_due", field, text)
    assert help_text in found.remedy
    assert fleet_codes(problem([a_stop(ready=17 * HOUR, due=EIGHT)])) == []


@pytest.mark.parametrize(
    ("members", "code", "field", "text"),
    [
        (
            {"breaks": (Break("nap", 10 * HOUR, after_work=HOUR),)},
            "long_break",
            "shift_end",
            'The break "nap" takes 600 min, the shift 540.',
        ),
        (
            {"overtime_cost_per_hour": 30.0},
            "no_effect",
            "overtime_cost_per_hour",
            "Overtime has a price, and overtime_after_min does not say when it begins.",
        ),
        (
            {"overtime_cost_per_hour": 30.0, "overtime_after": 8 * HOUR, "cost_per_hour": 40.0},
            "cheap_overtime",
            "overtime_cost_per_hour",
            "An hour of overtime costs 30, any other hour 40.",
        ),
        (
            {"max_trips": 2, "start_depot": None},
            "no_effect",
            "max_trips",
            "Without a start depot there is none to load again at: it makes one trip.",
        ),
        ({"zone_hard": True}, "no_effect", "zone_hard", "It has no zones that it could stay in."),
    ],
)
def test_what_of_a_vehicle_contradicts_itself_or_does_nothing(members, code, field, text):
    """A warning with the vehicle's feature: a plan is possible, and perhaps not the one that is meant."""
    shared = reading()
    shared.features["VEHICLES", "V1"] = About("VEHICLES", 3, "V1")
    preflight.check_fleet(problem([a_stop()], [replace(VAN, **members)]), shared)
    (found,) = shared.findings
    assert (found.severity, found.code, found.field, found.text) == (WARNING, code, field, text)
    assert found.about.feature_id == 3


def test_what_of_a_vehicle_fits_together_is_not_told():
    """Each of the above as it may be meant."""
    fine = replace(
        VAN,
        breaks=(Break("rest", 9 * HOUR, after_work=HOUR),),
        overtime_cost_per_hour=40.0,
        overtime_after=8 * HOUR,
        cost_per_hour=40.0,
        max_trips=2,
        zones=("North",),
        zone_hard=True,
    )
    assert fleet_codes(problem([a_stop(zones=("North",))], [fine])) == []


def test_docks_without_time_to_load_are_told():
    """Nobody ever waits for one."""
    assert fleet_codes(problem([a_stop()], depots=[replace(DEPOT, docks=1)])) == [
        ("no_effect", "docks", "Loading takes no time, so docks are never taken.")
    ]
    for members in ({"docks": 1, "load": 60}, {"docks": 1, "load_per_unit": 1.0}, {"load": 60}):
        assert fleet_codes(problem([a_stop()], depots=[replace(DEPOT, **members)])) == []


def test_goods_that_no_stop_has_and_rides_that_are_none_are_told():
    """A slip of the pen in a name would let them go together."""
    stops = [
        a_stop("S1", goods_class="food", ride_max=60),
        a_stop("S2", goods_class="paint"),
        a_stop("S3", picked_up_at="S2", ride_max=60),
    ]
    made = replace(problem(stops), incompatible=(("food", "paint"), ("food", "wast")))
    assert fleet_codes(made) == [
        ("no_effect", "ride_max_min", "A ride has a limit, and the stop is none of a pair."),
        ("no_effect", "INCOMPATIBLE_GOODS", 'No stop has the goods_class "wast".'),
    ]


def test_a_stop_that_may_be_late_need_not_begin_in_its_hour():
    """By ten minutes it may still be the same hour; by any, never."""
    window = Window(NINE, NINE + 1800)
    for late_max, stops in ((0, 1), (1800, 1), (1860, 0), (None, 0)):
        hours, _ = cover(problem([a_stop(windows=(window,), late_max=late_max)]))
        assert sum(hour.stops for hour in hours) == stops


def test_an_hour_with_too_few_vehicles():
    """Three services of 40 minutes must begin between nine and ten: one van ends one and begins one more."""
    stops = [a_stop(f"S{n}", service=2400, windows=(Window(NINE, NINE + HOUR),)) for n in range(4)]
    hours, texts = cover(problem(stops))
    (nine,) = [hour for hour in hours if hour.start == NINE]
    assert (nine.vehicles, nine.stops, nine.asked, nine.there, nine.needed) == (1, 4, 9600, HOUR, 2)
    assert nine.is_short
    assert texts == [
        "Between 09:00 and 10:00 4 stops must begin, which takes 2 vehicles at the very least; 1 can be "
        "there."
    ]
    assert cover(problem(stops, [VAN, replace(VAN, id="V2")]))[1] == []
    assert cover(problem(stops[:2]))[1] == []
    assert [hour.start // HOUR for hour in hours] == list(range(8, 17))


def test_an_hour_in_which_nobody_with_the_skill_works():
    """There are vans enough, but the one with the fridge begins later."""
    cold = replace(VAN, id="V2", skills=("fridge",), shift=Window(12 * HOUR, 17 * HOUR))
    asking = a_stop("S1", skills=("fridge",), windows=(Window(NINE, NINE + 1800),))
    hours, texts = cover(problem([asking], [VAN, cold]))
    assert not any(hour.is_short for hour in hours)
    assert texts == [
        "Between 09:00 and 10:00 1 stop that only V2 may serve must begin, which takes 1 vehicle at the very "
        "least; 0 can be there."
    ]


def test_stops_with_a_window_elsewhere_need_not_begin_in_the_hour():
    """Two windows, or one over two hours, leave a choice."""
    choice = a_stop("S1", windows=(Window(NINE, NINE + 600), Window(12 * HOUR, 13 * HOUR)))
    wide = a_stop("S2", windows=(Window(NINE, NINE + HOUR + 1),))
    assert not any(hour.stops for hour in cover(problem([choice, wide]))[0])


WINDOWS = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(
    lambda ends: Window(NINE + 600 * min(ends), NINE + 600 * max(ends))
)
SHIFTS = st.tuples(st.integers(-6, 12), st.integers(1, 12)).map(
    lambda drawn: Window(NINE + 600 * drawn[0], NINE + 600 * (drawn[0] + drawn[1]))
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(WINDOWS, st.integers(0, 4)), min_size=1, max_size=4),
    st.lists(SHIFTS, min_size=1, max_size=2),
)
def test_an_hour_is_called_short_only_where_no_plan_can_do_it(drawn, shifts):
    """Against all ways to share the stops out and to order them, without any driving."""
    stops = [
        a_stop(f"S{n}", windows=(window,), service=600 * service) for n, (window, service) in enumerate(drawn)
    ]
    vans = [replace(VAN, id=f"V{n}", shift=shift) for n, shift in enumerate(shifts)]
    hours, texts = cover(problem(stops, vans))
    if can_begin(stops, shifts):
        assert not any(hour.is_short for hour in hours)
        assert texts == []


def can_begin(stops, shifts) -> bool:
    """Whether the stops can all be begun in their windows by vehicles that need no time to drive."""
    for choice in product(range(len(shifts)), repeat=len(stops)):
        if all(
            _in_some_order([stop for stop, at in zip(stops, choice) if at == number], shift.start, shift.end)
            for number, shift in enumerate(shifts)
        ):
            return True
    return False


def _in_some_order(stops, clock, end) -> bool:
    if not stops:
        return True
    for index, stop in enumerate(stops):
        start = max(clock, stop.windows[0].start)
        if start <= min(stop.windows[0].end, end):
            rest = [*stops[:index], *stops[index + 1 :]]
            if _in_some_order(rest, start + stop.service, end):
                return True
    return False


def test_a_stop_far_from_all_others_is_told_with_its_distance():
    """A degree north of a town; a single stop far from its depot is none."""
    town = [Stop(f"S{n}", -8.6 + n / 1000, 41.15) for n in range(10)]
    lost = Stop("lost", -8.6, 42.15)
    shared = reading()
    preflight.check_places(problem([*town, lost]), shared)
    (found,) = shared.findings
    assert (found.code, found.about.id, found.field) == ("far_from_others", "lost", "geometry")
    assert "111 km" in found.text
    for stops in (town, [lost]):
        shared = reading()
        preflight.check_places(problem(stops), shared)
        assert not shared.findings


def test_a_wide_region_is_not_full_of_far_stops():
    """Villages 40 km apart are usual there."""
    villages = [Stop(f"S{n}", -8.6 + n * 0.5, 41.15) for n in range(10)]
    shared = reading()
    preflight.check_places(problem(villages), shared)
    assert not shared.findings


def test_only_the_stops_that_are_exchanged_are_called_so():
    """One of ten; a far one that would be far as well is another matter."""
    town = [Stop(f"S{n}", -8.6 + n / 1000, 41.15) for n in range(9)]
    shared = reading()
    preflight.check_places(problem([*town, Stop("turned", 41.15, -8.6), Stop("sea", -30.0, 20.0)]), shared)
    assert [(one.code, one.about.id) for one in shared.findings] == [
        ("swapped_coordinates", "turned"),
        ("far_from_others", "sea"),
    ]
