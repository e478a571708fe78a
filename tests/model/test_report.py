"""The report against the plans it is made of: figures, escaping, self-containment, sizes. Needs no QGIS."""

from __future__ import annotations

import base64
import hashlib
import math
import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import pytest

from optiway_qgis.model.balance import gini
from optiway_qgis.model.palette import ACTIVITY_COLOURS, ROUTE_COLOURS, route_colour
from optiway_qgis.model.plan import Leg, Plan, Route, Unassigned, Violation, Visit
from optiway_qgis.model.problem import Depot, Problem, Stop, Vehicle, Window
from optiway_qgis.reports import quantities
from optiway_qgis.reports.plan_report import ReportOptions, plan_report
from tests.made_plans import rich_town

HOUR = 3600


def sample(routes=3, stops=8, seed=1, *, open_ends=False, begin=8 * HOUR, gap=600, detail=1, windows=True):
    """Return a made-up problem and plan: `stops` per route, `gap` seconds apart on average."""
    draw = random.Random(seed)
    depot = Depot("D1", -8.64, 41.18, "North depot")
    problem_stops, vehicles, planned = [], [], []
    for number in range(routes):
        vehicle = Vehicle(
            f"V{number + 1:02}",
            driver=f"Driver {number + 1}",
            start_depot=None if open_ends else "D1",
            end_depot=None if open_ends else "D1",
            shift=Window(begin - HOUR // 2, begin + 9 * HOUR),
            capacity=(80_000, None),
            fixed_cost=60,
            cost_per_hour=18,
            cost_per_km=0.45,
        )
        vehicles.append(vehicle)
        bearing = 2 * math.pi * number / max(routes, 1)
        middle = depot.lon + 0.015 * math.cos(bearing), depot.lat + 0.011 * math.sin(bearing)
        places = [
            (
                middle[0] + draw.gauss(0, 0.014),
                middle[1] + draw.gauss(0, 0.008),
            )
            for _ in range(stops)
        ]
        places.sort(key=lambda place: math.atan2(place[1] - middle[1], place[0] - middle[0]))
        served = []
        for place, (lon, lat) in enumerate(places):
            wish = begin + int((place + 1) * gap * 2 * draw.uniform(0.8, 1.15))
            served.append(
                Stop(
                    f"S{number * stops + place + 1}",
                    lon,
                    lat,
                    name=f"Customer {number * stops + place + 1}",
                    service=draw.randrange(240, 900, 60),
                    setup=draw.choice((0, 0, 120)),
                    windows=(Window(wish - 1200, wish + 2400),) if windows and draw.random() < 0.5 else (),
                    delivery=(draw.randrange(500, 9000, 500), 1500),
                )
            )
        problem_stops += served
        planned.append(
            run(vehicle, served, None if open_ends else depot, begin + 60 * number, draw, gap, detail)
        )
    left = [Stop(f"U{n}", depot.lon + draw.gauss(0, 0.02), depot.lat + draw.gauss(0, 0.02)) for n in range(4)]
    problem = Problem(
        "2026-05-04",
        "Europe/Lisbon",
        (*problem_stops, *left),
        (depot,),
        (*vehicles, Vehicle("V99")),
        dimensions=2,
    )
    reasons = ("time_window", "capacity", "time_window", "skill")
    plan = Plan(
        plan_id="p-7h2k",
        routes=tuple(planned),
        unassigned=tuple(
            Unassigned(
                stop.id,
                reason,
                f"Sentence about {stop.id}.",
                "V01",
                1500,
                "Widen the window by 20 min.",
                12.5,
            )
            for stop, reason in zip(left, reasons)
        ),
        violations=tuple(
            Violation("time_window", route.vehicle_id, visit.id, f"{visit.id} is served {visit.late} s late.")
            for route in planned
            for visit in route.visits
            if visit.late
        ),
        engine="PyVRP 0.14.1",
        seed=7,
        iterations=12345,
        seconds=9.6,
        stopped="No better plan was found for 3 s.",
        history=((0.4, 912.5), (0.9, 845.25), (2.1, 801.0), (5.8, 789.75)),
    )
    return problem, plan


def run(vehicle, stops, depot, begin, draw, gap, detail):
    """Drive the stops in their order as docs/model.md says, with drawn travel times."""
    visits, legs, now, here, far = [], [], begin, None, 0
    load = [sum(stop.delivery[dimension] for stop in stops) for dimension in (0, 1)]
    peak = tuple(load)
    if depot:
        visits.append(Visit("start", depot.id, 0, now, 0, 0, now, 0, now, 0, 300, 0, 0, 0, peak))
        here = depot
    for sequence, place in enumerate([*stops, depot] if depot else stops, 1):
        seconds = draw.randrange(gap // 2, gap * 3 // 2) if here else 0
        metres = seconds * 9
        if here:
            legs.append(leg(sequence, here, place, seconds, metres, draw, detail))
        far += metres
        setup = getattr(place, "setup", 0)
        arrival, ready, late = now + seconds, now + seconds + setup, 0
        start = ready
        window = None if place is depot else next(iter(place.windows), None)
        if window:
            start, late = max(ready, window.start), max(0, ready - window.end)
        if place is not depot:
            load = [have - given for have, given in zip(load, place.delivery)]
        service = getattr(place, "service", 0)
        now = start + service
        visits.append(
            Visit(
                "end" if place is depot else "stop",
                place.id,
                sequence,
                arrival,
                setup,
                start - ready,
                start,
                service,
                now,
                late,
                86400 if sequence > len(stops) - 2 else 900,
                seconds,
                metres,
                far,
                tuple(load),
                ("time_window",) if late else (),
            )
        )
        here = place
    return Route(
        vehicle.id,
        vehicle.id,
        tuple(visits),
        tuple(legs),
        begin,
        now,
        *(sum(getattr(visit, part) for visit in visits) for part in ("drive", "service", "setup", "wait")),
        far,
        sum(visit.late for visit in visits),
        peak,
        60.0,
        far / 1000 * 0.45,
        (now - begin) / HOUR * 18,
        ("time_window",) if any(visit.late for visit in visits) else (),
    )


def leg(sequence, here, place, seconds, metres, draw, detail):
    """A leg bent a little at `detail` - 1 places on the way."""
    line = [
        (
            here.lon
            + (place.lon - here.lon) * step / detail
            + (draw.gauss(0, 0.0004) if 0 < step < detail else 0),
            here.lat
            + (place.lat - here.lat) * step / detail
            + (draw.gauss(0, 0.0004) if 0 < step < detail else 0),
        )
        for step in range(detail + 1)
    ]
    return Leg(sequence, here.id, place.id, seconds, metres, "estimate", tuple(line))


class Page(HTMLParser):
    """The page as a reader finds it: texts, elements, and whether each element is closed in its turn."""

    VOID = ("meta",)

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.faults, self.texts = [], [], [], []
        self.feed(page)
        self.close()
        self.faults += self.open

    def handle_starttag(self, tag, attributes):
        element = (tag, dict(attributes), [])
        self.elements.append(element)
        if tag not in self.VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        else:
            self.faults.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1][0] not in ("script", "style"):
            self.texts.append(data)
        for element in self.open:
            element[2].append(data)

    def text_of(self, tag, **wanted):
        """The text of each element of this tag with these attributes."""
        return [
            "".join(texts)
            for name, attributes, texts in self.elements
            if name == tag and all(attributes.get(key.rstrip("_")) == value for key, value in wanted.items())
        ]

    def figures(self):
        """Key figure to the number shown."""
        shown = {}
        for place, (_, attributes, _) in enumerate(self.elements):
            if "data-figure" in attributes:
                number = next(element for element in self.elements[place:] if element[0] == "b")
                shown[attributes["data-figure"]] = plain("".join(number[2]))
        return shown

    def rows(self, section):
        """The cells of each row in the body of the tables of a section."""
        rows, inside, inner = [], False, False
        for tag, attributes, texts in self.elements:
            if tag == "section":
                inside = attributes.get("id") == section
            elif tag in ("thead", "tbody", "tfoot"):
                inner = tag == "tbody"
            elif inside and inner and tag == "tr":
                rows.append([])
            elif inside and inner and tag in ("th", "td"):
                rows[-1].append(plain("".join(texts)))
        return rows


def plain(text):
    """Without the spaces that only set digits apart."""
    return text.replace("\u202f", "").replace("\u00a0", " ")


def clock(seconds):
    return f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}" + (" +1" if seconds >= 86400 else "")


def minutes(text):
    hours, minute = text.split(":")
    return int(hours) * 60 + int(minute)


SAMPLES = {
    "no route": lambda: sample(0),
    "one route": lambda: sample(1, 5),
    "twelve routes": lambda: sample(12, 9, gap=1100, detail=5),
    "open ends": lambda: sample(2, 5, open_ends=True),
    "beyond midnight": lambda: sample(2, 6, begin=20 * HOUR, gap=2400),
    "a stop per route": lambda: sample(3, 1),
    "trips and breaks": rich_town,
}


@pytest.fixture(params=SAMPLES, ids=str)
def made(request):
    """A problem and its plan, of each kind."""
    return SAMPLES[request.param]()


def test_every_kind_of_plan_gives_a_well_formed_page(made):
    """Browsers repair broken pages, each in its way: every element is closed in its turn."""
    page = Page(plan_report(*made))
    assert page.faults == []
    assert page.text_of("h1") == ["Route plan"]


def test_key_figures_are_those_of_the_plan(made):
    """A dispatcher reads these first; they are counted here from the visits, not from the routes' sums."""
    problem, plan = made
    rejected = (Unassigned("X1", "invalid_input", "No geometry."),)
    page = Page(plan_report(problem, plan, rejected))
    shown = page.figures()
    visits = [visit for route in plan.routes for visit in route.visits]
    late = [visit for visit in visits if visit.late]
    assert shown["stops_served"] == str(sum(visit.type == "stop" for visit in visits))
    assert f"of {len(problem.stops) + 1}" in page.texts
    assert shown["routes"] == str(len(plan.routes))
    assert float(shown["distance"]) == pytest.approx(
        sum(visit.distance for visit in visits) / 1000, abs=0.051
    )
    assert minutes(shown["driving"]) == pytest.approx(sum(visit.drive for visit in visits) / 60, abs=0.51)
    work = sum(route.visits[-1].end - route.start - route.unpaid_break for route in plan.routes)
    assert minutes(shown["work"]) == pytest.approx(work / 60, abs=0.51)
    assert float(shown["cost"]) == pytest.approx(plan.cost, abs=0.0051)
    assert shown["late_stops"] == str(len(late))
    assert shown["violations"] == str(len(plan.violations))
    assert shown["unassigned"] == str(len(plan.unassigned) + 1)


def test_routes_table_tells_each_route_and_its_costs():
    """The parts of the cost stand beside their sum, and each route is on the line of its vehicle."""
    problem, plan = sample(4, 7)
    rows = Page(plan_report(problem, plan)).rows("routes")
    assert len(rows) == 4
    for cells, route in zip(rows, plan.routes):
        assert cells[:5] == [
            route.vehicle_id,
            f"Driver {int(route.vehicle_id[1:])}",
            clock(route.start),
            clock(route.end),
            "7",
        ]
        assert float(cells[5]) == pytest.approx(route.distance / 1000, abs=0.051)
        parts = [float(cell) for cell in cells[12:16]]
        assert parts[:3] == pytest.approx(
            [route.cost_fixed, route.cost_distance, route.cost_time], abs=0.0051
        )
        assert parts[3] == pytest.approx(sum(parts[:3]), abs=0.011)


def test_stop_lists_hold_every_visit_in_order(made):
    """ETA and service start are told apart: setup and waiting lie between them."""
    problem, plan = made
    rows = Page(plan_report(problem, plan)).rows("stop-lists")
    visits = [visit for route in plan.routes for visit in route.visits]
    assert [row[6] for row in rows] == [visit.id for visit in visits]
    for row, visit in zip(rows, visits):
        if visit.type == "stop":
            assert row[:4] == [
                str(visit.sequence),
                clock(visit.arrival),
                clock(visit.start),
                clock(visit.end),
            ]
            assert row[5] == visit.id.replace("S", "Customer ")
            assert row[9] == " / ".join(f"{load / 1000:g}" for load in visit.load)
            assert row[10] == ("free" if visit.slack == 86400 else f"0:{visit.slack // 60:02}")


def test_reloads_breaks_and_loading_are_rows_of_the_stop_list():
    """A driver reads when to load and rest, what for, and that a break has no way to it."""
    problem, plan = rich_town()
    rows = Page(plan_report(problem, plan)).rows("stop-lists")
    start, coffee, reload, lunch = rows[0], rows[5], rows[8], rows[11]
    visits = plan.routes[0].visits
    assert start[2:4] == [clock(visits[0].start), clock(visits[0].end)]
    assert start[12] == reload[12] == "loading 0:17"
    assert coffee[:7] == ["5", "10:13", "10:13", "10:28", "\u2013", "Break", "coffee"]
    assert coffee[7:9] == ["\u2013", "\u2013"]
    assert (coffee[12], lunch[12]) == ("", "unpaid")
    assert (lunch[4], lunch[2]) == ("13:20\u201314:00", "13:20")
    assert reload[5:7] == ["Reload: North depot, trip 2", "D1"]
    assert reload[9] == "20"


def under_way():
    """A plan of which V1 has done its first two stops, one in vain, and fetches goods where it reloads."""
    problem, plan = rich_town()
    first = plan.routes[0]
    states = {
        "S1": {"status": "done", "actual_arrival": 8 * HOUR + 1320, "actual_departure": 8 * HOUR + 3000},
        "S2": {"status": "failed", "actual_arrival": 9 * HOUR},
        "S3": {"status": "en_route"},
    }
    visits = tuple(
        replace(visit, type="transfer")
        if visit.type == "reload"
        else replace(visit, **states.get(visit.id, {}))
        for visit in first.visits
    )
    return problem, replace(plan, routes=(replace(first, visits=visits), *plan.routes[1:]))


def test_stop_lists_tell_what_is_done_and_where_goods_are_fetched():
    """What is behind a vehicle is muted and says when it was made; of a plan of a day to come nothing is."""
    page = Page(plan_report(*under_way()))
    rows = {row[6]: row for row in page.rows("stop-lists")}
    assert rows["S1"][12] == "✓ done, came 08:22, left 08:50"
    assert rows["S2"][12].startswith("✕ failed, came 09:00")
    assert rows["S3"][12].startswith("under way there")
    assert rows["S4"][12] == ""
    assert "Fetch goods: North depot" in {row[5] for row in page.rows("stop-lists")}
    classes = [a.get("class") or "" for tag, a, _ in page.elements if tag == "tr"]
    assert sum("behind" in name.split() for name in classes) == 2
    assert "behind" not in plan_report(*rich_town()).split("</style>")[1]


def test_timeline_mutes_what_is_done():
    """From the way there to the departure; the legend says so, and tooltips when it was."""
    problem, plan = under_way()
    page = Page(plan_report(problem, plan))
    (drawn,) = [a["d"] for tag, a, _ in page.elements if tag == "path" and a.get("class") == "behind"]
    done = [visit for visit in plan.routes[0].visits if visit.status in ("done", "failed")]
    assert re.findall(r"M(\d+) \d+h(\d+)", drawn) == [
        (str(visit.arrival - visit.drive), str(visit.end - visit.arrival + visit.drive)) for visit in done
    ]
    assert any(a.get("class") == "key behind" for _, a, _ in page.elements)
    assert "✓ done, came 08:22, left 08:50" in plan_report(problem, plan).split('id="timeline"')[1]


def test_a_line_in_the_timeline_is_now():
    """One for each route, where the day is then; a plan made before has none."""
    problem, plan = under_way()
    page = Page(plan_report(problem, plan, options=ReportOptions(now=9 * HOUR + 600)))
    lines = [a["d"] for tag, a, _ in page.elements if tag == "path" and a.get("class") == "now"]
    assert lines == [f"M{9 * HOUR + 600} 0v36"] * len(plan.routes)
    assert "Planned anew at" in "".join(page.texts) and "09:10" in "".join(page.texts)
    for now in (None, 3 * HOUR):
        text = plan_report(problem, plan, options=ReportOptions(now=now))
        assert 'class="now"' not in text


def test_remarks_tell_what_is_picked_up_for_whom():
    """Both ends of a pair name the other; other stops name none."""
    problem, plan = rich_town()
    stops = tuple(replace(stop, picked_up_at="S1") if stop.id == "S3" else stop for stop in problem.stops)
    rows = Page(plan_report(replace(problem, stops=stops), plan)).rows("stop-lists")
    remarks = {row[6]: row[12] for row in rows}
    assert (remarks["S1"], remarks["S2"], remarks["S3"]) == ("pick up for S3", "", "from S1")


def test_lateness_that_is_allowed_is_told_from_lateness_that_is_not():
    """Both are late; only one breaks a rule, is an alarm and has its mark filled."""
    page = Page(plan_report(*rich_town()))
    rows = {row[6]: row for row in page.rows("stop-lists")}
    assert rows["S14"][12] == "12 min late (allowed 30)"
    assert rows["S16"][12] == "time window; 27 min late (allowed 10)"
    assert rows["S21"][12] == "42 min late (allowed any)"
    listed = page.rows("lateness")[:3]
    assert [(row[1], row[7], row[8]) for row in listed] == [
        ("S21", "0:42", "any"),
        ("S16", "0:27", "0:10"),
        ("S14", "0:12", "0:30"),
    ]
    marks = {
        kind: sum(
            a["d"].count("M") for tag, a, _ in page.elements if tag == "path" and a.get("class") == kind
        )
        for kind in ("late_mark", "late_soft")
    }
    assert marks == {"late_mark": 1, "late_soft": 2}
    assert "as allowed: 2" in " ".join(page.texts)
    assert "Late as allowed" in " ".join(page.texts)
    assert "Late as allowed" not in " ".join(Page(plan_report(*sample())).texts)


def test_late_stops_are_no_alarm_when_all_are_allowed():
    """Who allows lateness does not want to be warned of it."""
    problem, plan = rich_town()
    for routes, expected in ((plan.routes, 1), (plan.routes[::2], 0)):
        page = Page(plan_report(problem, replace(plan, routes=routes)))
        alarms = [a for _, a, _ in page.elements if a.get("data-figure") == "late_stops"]
        assert sum(a.get("class") == "alarm" for a in alarms) == expected


def test_hours_of_drivers_are_key_figures():
    """Overtime, breaks, and how alike the routes are; a plan without any of it is spared the first two."""
    problem, plan = rich_town()
    shown = Page(plan_report(problem, plan)).figures()
    assert minutes(shown["overtime"]) == pytest.approx(sum(r.overtime for r in plan.routes) / 60, abs=0.51)
    assert shown["break_time"] == "1:15"
    work = [route.end - route.start - route.unpaid_break for route in plan.routes]
    assert minutes(shown["work"]) == pytest.approx(sum(work) / 60, abs=0.51)
    assert minutes(shown["longest_route"]) == pytest.approx(max(work) / 60, abs=0.51)
    assert f"Gini {gini(work):.2f}" in plan_report(problem, plan)
    plain = Page(plan_report(*sample())).figures()
    assert "longest_route" in plain
    assert not {"overtime", "break_time"} & plain.keys()


@pytest.mark.parametrize(("balance", "longest"), [("stops", "11 stops"), ("distance", "95.8 km")])
def test_the_longest_route_is_measured_in_what_is_balanced(balance, longest):
    """Who balances stops reads stops."""
    problem, plan = rich_town()
    problem = replace(problem, goals=replace(problem.goals, balance=balance))
    assert Page(plan_report(problem, plan)).figures()["longest_route"] == longest


def test_a_route_of_one_stop_is_the_shortest_by_that():
    """In words that people use."""
    problem, plan = rich_town()
    problem = replace(problem, goals=replace(problem.goals, balance="stops"))
    short = replace(plan.routes[1], visits=plan.routes[1].visits[:2], legs=plan.routes[1].legs[:1])
    page = plan_report(problem, replace(plan, routes=(plan.routes[0], short)))
    assert "shortest 1 stop " in page


def test_columns_of_routes_are_there_where_there_is_anything_to_tell():
    """Trips, loading, breaks and overtime; the work is without unpaid breaks."""
    problem, plan = rich_town()
    page = Page(plan_report(problem, plan))
    extra = {"Trips", "Loading", "Breaks", "Overtime"}
    assert extra <= set(page.text_of("th", scope="col"))
    assert not extra & set(Page(plan_report(*sample())).text_of("th", scope="col"))
    first = page.rows("routes")[0]
    assert first[4:6] == ["2", "11"]
    assert first[10:15] == ["0:34", "0:03", "1:00", "8:24", "1:24"]


def test_loads_are_told_by_trip():
    """A van of 40 carries 21.5 and then 20: no trip is fuller than it is."""
    page = Page(plan_report(*rich_town()))
    assert page.rows("loads")[:3] == [
        ["V1", "1", "54 %21.5 / 40"],
        ["V1", "2", "50 %20 / 40"],
        ["V2", "1", "98 %39 / 40"],
    ]


def test_prices_of_wishes_are_listed_the_dearest_first():
    """The section is there only when prices are known."""
    problem, plan = rich_town()
    page = Page(plan_report(problem, plan, options=ReportOptions(currency="EUR")))
    rows = page.rows("wishes")
    assert [row[:2] for row in rows] == [
        ["lateness", "31.00"],
        ["balance", "12.40"],
        ["early", "nothing"],
    ]
    assert rows[2][2] == plan.wishes[2].text
    assert "Price EUR" in page.texts
    assert "wishes" not in plan_report(problem, replace(plan, wishes=()))


def test_timeline_of_trips_and_breaks_is_as_long_as_they_are():
    """Loading and breaks are bars of their own; overtime is the last work of the day, rests left out."""
    problem, plan = rich_town()
    page = Page(plan_report(problem, plan))
    for kind, member in (("loading", "loading"), ("break", "break_time"), ("overtime", "overtime")):
        drawn = [a["d"] for tag, a, _ in page.elements if tag == "path" and a.get("class") == kind]
        widths = sum(int(width) for path in drawn for width in re.findall(r"h(\d+)v", path))
        assert widths == sum(getattr(route, member) for route in plan.routes) > 0
    lunch = next(title for title in page.text_of("title") if "11. Break" in title)
    assert "Break 13:20\u201314:05" in lunch and "Window 13:20\u201314:00" in lunch


def test_overtime_begins_before_an_unpaid_break_that_it_reaches_over():
    """The lunch is no work: overtime of half an hour more than what follows it began before it."""
    problem, plan = rich_town()
    route = plan.routes[0]
    lunch = route.visits[11]
    route = replace(route, overtime=route.end - lunch.end + 1800)
    page = Page(plan_report(problem, replace(plan, routes=(route,))))
    (path,) = [a["d"] for tag, a, _ in page.elements if tag == "path" and a.get("class") == "overtime"]
    assert path.startswith(f"M{lunch.start - 1800} ")


@pytest.mark.parametrize("kind", ["drive", "service", "setup", "wait"])
def test_timeline_bars_are_as_long_as_the_activities(kind):
    """The bars are drawn in seconds: their widths add up to the plan's own sum."""
    problem, plan = sample(5, 12, gap=1000)
    page = Page(plan_report(problem, plan))
    drawn = [a["d"] for tag, a, _ in page.elements if tag == "path" and a.get("class") == kind]
    widths = sum(int(width) for path in drawn for width in re.findall(r"h(\d+)v", path))
    assert widths == sum(getattr(route, kind) for route in plan.routes) > 0


def test_timeline_marks_and_explains_late_stops():
    """A late stop is seen without colour (its number stays, a mark below the bar) and told on hovering."""
    problem, plan = sample(6, 14, gap=900)
    late = [(route, visit) for route in plan.routes for visit in route.visits if visit.late]
    assert late, "the sample has late stops"
    page = Page(plan_report(problem, plan))
    marks = [a["d"] for tag, a, _ in page.elements if a.get("class") == "late_mark" and tag == "path"]
    assert sum(path.count("M") for path in marks) == len(late)
    for _, visit in late:
        title = next(title for title in page.text_of("title") if f"Customer {visit.id[1:]}\n" in title)
        assert f"ETA {clock(visit.arrival)}" in title
        assert "Window" in title and f"\n{max((visit.late + 30) // 60, 1)} min late" in title
    listed = page.rows("lateness")
    assert {row[1] for row in listed[: len(late)]} == {visit.id for _, visit in late}
    amounts = [minutes(row[7]) for row in listed[: len(late)]]
    assert amounts == sorted(amounts, reverse=True)


def test_loads_are_told_in_units_and_percent_of_the_capacity():
    """More than the capacity is possible in a plan made by hand and must not look like a full vehicle."""
    problem, plan = sample(2, 4)
    full, over = (
        replace(route, load_peak=peak) for route, peak in zip(plan.routes, ((60_000, 2500), (90_000, 0)))
    )
    page = Page(plan_report(problem, replace(plan, routes=(full, over))))
    assert page.rows("loads") == [
        ["V01", "75 %60 / 80", "2.5 (no limit)"],
        ["V02", "112 %90 / 80", "0 (no limit)"],
    ]
    assert sum(a.get("class") == "bar over" for _, a, _ in page.elements) == 1


def test_unassigned_stops_keep_their_reason_and_are_counted():
    """Stops that never reached the engine stand among the others, with the reason they were given."""
    problem, plan = sample(2, 4)
    rejected = (Unassigned("X1", "invalid_input", "Feature 17 has no geometry."),)
    page = Page(plan_report(problem, plan, rejected))
    rows = page.rows("unassigned")
    assert rows[0] == [
        "U0",
        "\u2013",
        "time window",
        "Sentence about U0.",
        "V01",
        "0:25",
        "12.50",
        "Widen the window by 20 min.",
    ]
    assert rows[-1] == [
        "X1",
        "\u2013",
        "invalid input",
        "Feature 17 has no geometry.",
        "\u2013",
        "\u2013",
        "\u2013",
        "\u2013",
    ]
    counted = [text for text in page.text_of("li") if "time window" in text]
    assert counted and counted[0].startswith("2")


def test_nothing_from_the_layers_can_become_markup():
    """Names come from attribute tables of strangers: no element, attribute or script grows out of them."""
    evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\x00\ud800"
    problem, plan = sample(2, 5)
    problem = replace(
        problem,
        time_zone=evil,
        plan_date=evil,
        stops=tuple(replace(stop, name=evil) for stop in problem.stops),
        depots=tuple(replace(depot, name=evil) for depot in problem.depots),
        vehicles=tuple(replace(vehicle, driver=evil, id=vehicle.id + evil) for vehicle in problem.vehicles),
    )
    plan = replace(
        plan,
        plan_id=evil,
        engine=evil,
        stopped=evil,
        travel_source=evil,
        notes=(evil,),
        routes=tuple(
            replace(route, vehicle_id=route.vehicle_id + evil, violations=(evil,)) for route in plan.routes
        ),
        unassigned=tuple(Unassigned(evil, evil, evil, evil, 60, evil) for _ in plan.unassigned),
        violations=(Violation(evil, evil, evil, evil),),
    )
    text = plan_report(problem, plan, plan.unassigned, ReportOptions(title=evil, currency=evil))
    text.encode("utf-8")
    page = Page(text)
    assert page.faults == []
    tags = [tag for tag, _, _ in page.elements]
    assert tags.count("script") == 1
    assert "img" not in tags
    assert not [name for _, attributes, _ in page.elements for name in attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in page.text_of("h1")[0]


def test_only_the_pages_own_script_may_run():
    """The policy names the script by its digest; a changed script without a changed digest would be dead."""
    text = plan_report(*sample(1, 3))
    script = text[text.index("<script>") + len("<script>") : text.index("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "default-src 'none'" in text


def test_the_page_needs_no_other_file(made):
    """Reports are mailed and opened in vans without a network."""
    text = plan_report(*made)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\ssrc=", text)
    links = [attributes["href"] for _, attributes, _ in Page(text).elements if "href" in attributes]
    ids = {attributes.get("id") for _, attributes, _ in Page(text).elements}
    assert all(link.startswith("#") and link[1:] in ids for link in links)


def test_estimates_are_said_to_be_estimates():
    """Nobody may take straight lines for roads; a plan on roads says how many legs are none."""
    problem, plan = sample(2, 5)
    road = tuple(
        replace(route, legs=tuple(replace(leg, source="road") for leg in route.legs)) for route in plan.routes
    )
    mixed = (plan.routes[0], road[1])
    assert "are estimates, not roads" in Page(plan_report(problem, plan)).text_of("p", id="estimate")[0]
    partly = Page(plan_report(problem, replace(plan, travel_source="osrm", routes=mixed)))
    assert partly.text_of("p", id="estimate")[0].endswith("6 of 12.")
    assert not Page(plan_report(problem, replace(plan, travel_source="osrm", routes=road))).text_of(
        "p", id="estimate"
    )


def test_times_after_midnight_say_so():
    """02:43 on a list of a night shift is otherwise read as the morning before."""
    problem, plan = sample(2, 6, begin=20 * HOUR, gap=2400)
    rows = Page(plan_report(problem, plan)).rows("routes")
    assert all(row[3].endswith(" +1") and not row[2].endswith(" +1") for row in rows)


def test_miles_replace_kilometres_everywhere():
    """A sheet that mixes units is worse than one in the wrong unit."""
    problem, plan = sample(2, 5)
    page = Page(plan_report(problem, plan, options=ReportOptions(miles=True)))
    assert float(page.figures()["distance"]) == pytest.approx(plan.distance / 1609.344, abs=0.051)
    assert float(page.rows("routes")[0][5]) == pytest.approx(plan.routes[0].distance / 1609.344, abs=0.051)
    assert not re.search(r"\bkm\b", " ".join(page.texts))


def test_currency_and_title_are_shown_when_given():
    """The plan knows no currency; without one amounts stand bare."""
    problem, plan = sample(1, 4)
    page = Page(plan_report(problem, plan, options=ReportOptions(title="Tuesday in Porto", currency="EUR")))
    assert page.text_of("h1") == page.text_of("title")[:1] == ["Tuesday in Porto"]
    assert "EUR" in " ".join(page.texts)
    assert "EUR" not in plan_report(problem, plan)


def test_cost_plot_is_there_when_costs_are_known():
    """A plan that was only scheduled has no history, and no empty plot either."""
    problem, plan = sample(1, 4)
    drawn = Page(plan_report(problem, plan))
    assert len(drawn.text_of("figure")) == 1
    assert "912.50" in drawn.text_of("figure")[0] and "789.75" in drawn.text_of("figure")[0]
    assert not Page(plan_report(problem, replace(plan, history=plan.history[:1]))).text_of("figure")
    assert "No better plan was found for 3 s." in drawn.texts


def test_map_draws_what_is_near_and_counts_what_is_not():
    """A stop with swapped coordinates must not shrink the town to a dot."""
    problem, plan = sample(3, 6)
    lost = Stop("U9", 41.2, -8.6)
    problem = replace(problem, stops=(*problem.stops, lost))
    plan = replace(plan, unassigned=(*plan.unassigned, Unassigned("U9", "unreachable", "Too far.")))
    page = Page(plan_report(problem, plan))
    circles = [a for tag, a, _ in page.elements if tag == "circle" and a.get("r") == "17"]
    box = next(a["viewbox"] for tag, a, _ in page.elements if a.get("class") == "map")
    width, height = (int(part) for part in box.split()[2:])
    assert len(circles) == 18
    assert all(0 < int(c["cx"]) < width and 0 < int(c["cy"]) < height for c in circles)
    xs = [int(c["cx"]) for c in circles]
    ys = [int(c["cy"]) for c in circles]
    assert max(max(xs) - min(xs), max(ys) - min(ys)) > 0.3 * height
    assert "Unassigned stops too far away to be drawn: 1." in page.texts


def test_same_plan_gives_the_same_page():
    """Reports are compared and filed; nothing in them depends on the clock or on hashing."""
    assert plan_report(*sample(3, 6)) == plan_report(*sample(3, 6))


def test_large_plan_stays_small_enough_to_be_mailed():
    """100 routes of 20 stops along detailed roads: the map leaves out what cannot be seen."""
    problem, plan = sample(100, 20, detail=150)
    text = plan_report(problem, plan)
    assert len(text.encode()) < 3_000_000
    assert len(Page(text).rows("stop-lists")) == 100 * 22


def test_ten_thousand_stops_on_one_vehicle():
    """Absurd but asked for: the page is complete, with merged dots and without a tooltip per stop."""
    problem, plan = sample(1, 10_000)
    page = Page(plan_report(problem, plan))
    assert page.figures()["stops_served"] == "10000"
    assert len(page.rows("stop-lists")) == 10_002
    assert len(page.text_of("title")) < 20


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (quantities.clock(0), "00:00"),
        (quantities.clock(8 * HOUR + 59), "08:00"),
        (quantities.clock(86399), "23:59"),
        (quantities.clock(86400 + 90 * 60), "01:30\u00a0+1"),
        (quantities.clock(-60), "23:59\u00a0-1"),
        (quantities.duration(0), "0:00"),
        (quantities.duration(5), "0:01"),
        (quantities.duration(95 * 60 + 29), "1:35"),
        (quantities.duration(95 * 60 + 30), "1:36"),
        (quantities.duration(30 * HOUR), "30:00"),
        (quantities.minutes(95 * 60 + 30), "96"),
        (quantities.minutes(5), "1"),
        (quantities.load(2500), "2.5"),
        (quantities.load(100_000), "100"),
        (quantities.load(0), "0"),
        (quantities.load(1), "0.001"),
        (quantities.money(1234.5, "EUR"), "1\u202f234.50\u00a0EUR"),
        (quantities.money(0, ""), "0.00"),
        (quantities.spans((Window(8 * HOUR, 9 * HOUR), Window(0, 60))), "08:00\u201309:00, 00:00\u201300:01"),
        (quantities.spans(()), "\u2013"),
    ],
)
def test_quantities_read_as_people_write_them(shown, wanted):
    """Minutes begun for clocks, minutes rounded for durations, no lateness hidden by rounding."""
    assert shown == wanted


def linear(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one, other):
    """Contrast ratio of WCAG 2."""
    bright, dark = sorted(
        (sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear(c))) for c in (one, other)), reverse=True
    )
    return (bright + 0.05) / (dark + 0.05)


SIGHT = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.01182, 0.04294, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.3039),
    ),
}
TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_LAB = (
    (0.2104542553, 0.793617785, -0.0040720468),
    (1.9779984951, -2.428592205, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.808675766),
)


def seen(colour, sight):
    """OKLab of a colour as eyes of that kind see it (Machado and others 2009, full severity)."""

    def times(matrix, vector):
        return [sum(a * b for a, b in zip(row, vector)) for row in matrix]

    light = [min(max(part, 0.0), 1.0) for part in times(SIGHT[sight], linear(colour))]
    return times(TO_LAB, [cone ** (1 / 3) for cone in times(TO_CONES, light)])


def test_styles_are_for_elements_that_there_are():
    """Two rules that ran into each other would style nothing."""
    css = (Path(quantities.__file__).parent.parent / "resources" / "report" / "report.css").read_text("utf-8")
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    plain = [re.sub(r"\[[^]]*\]|:[\w-]+(\([^)]*\))?", "", one) for one in selectors if "@" not in one]
    names = {name for one in plain for name in re.findall(r"(?<![\w.#$-])[a-z][a-z0-9]*", one)}
    known = (
        "a b body button circle code dd details div dt figcaption figure h1 h2 h3 header html i li main nav"
    )
    known += " p path rect small span summary svg table tbody td text tfoot th thead tr"
    assert names <= {*known.split()} and "tr.behind > *" in css


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_are_told_apart_by_every_kind_of_eye(sight):
    """0.02 in OKLab is just noticeable side by side; lines on a map need twice that."""
    for palette in (ROUTE_COLOURS, tuple(ACTIVITY_COLOURS.values())):
        for one, other in combinations(palette, 2):
            assert math.dist(seen(one, sight), seen(other, sight)) > 0.042, (one, other)


def test_route_colours_stand_out_from_paper_and_street_maps():
    """Twelve at least, all distinct, each visible on white and on the ground colour of street maps."""
    assert len(set(ROUTE_COLOURS)) == len(ROUTE_COLOURS) >= 12
    for colour in ROUTE_COLOURS:
        assert re.fullmatch("#[0-9a-f]{6}", colour)
        assert min(contrast(colour, "#ffffff"), contrast(colour, "#f2efe9")) > 1.85, colour
    assert route_colour(0) == route_colour(len(ROUTE_COLOURS)) == ROUTE_COLOURS[0]
