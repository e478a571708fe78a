"""The page and the CSV file of a comparison, against the plans they are made of. Needs no QGIS."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest

from optiway_qgis.model.compare import CHANGES, FIGURES, compare
from optiway_qgis.model.palette import CHANGE_COLOURS, route_colour
from optiway_qgis.model.plan import Plan, Unassigned, Violation
from optiway_qgis.reports import quantities
from optiway_qgis.reports.compare_report import LIST_LIMIT, compare_report
from optiway_qgis.reports.comparison_csv import COLUMNS, comparison_csv, harmless
from tests.made_plans import rich_town
from tests.model.test_report import sample

MINUS = "\N{MINUS SIGN}"
RARE = {"Loading", "Breaks", "Overtime"}


def pair(routes=3, stops=8, **options):
    """A made-up problem with a plan, and that plan with its first and last route exchanged in part.

    The last stop of the first route is served by the last vehicle, the first of the second by nobody.
    """
    problem, before = sample(routes, stops, **options)
    first, second, *between, last = before.routes
    moved, removed = first.visits[-2], second.visits[1]
    after = replace(
        before,
        routes=(
            replace(first, visits=(*first.visits[:-2], first.visits[-1]), distance=first.distance - 1500),
            replace(second, visits=(second.visits[0], *second.visits[2:])),
            *between,
            replace(last, visits=(*last.visits[:-1], moved, last.visits[-1])),
        ),
        unassigned=(*before.unassigned, Unassigned(removed.id, "excluded", "")),
        violations=(*before.violations, Violation("capacity", "V01", "", "Too <full>.")),
    )
    return problem, before, after, moved.id, removed.id


def page(problem, before, after, **options):
    return compare_report(problem, (before, after), compare(problem, before, after), **options)


def tile(text, name):
    """Number and note of a key figure."""
    found = re.search(rf'data-figure="{name}"><dt>.*?</dt><dd><b[^>]*>(.*?)</b><small>(.*?)</small>', text)
    return found.groups()


def part(text, name):
    """The section with that id."""
    return re.search(rf'<section id="{name}">.*?</section>', text, flags=re.DOTALL).group()


def test_key_figures_are_differences_with_what_they_are_of():
    """A tile each, in words of people: kilometres, hours and minutes, signs."""
    problem, before, after, *_ = pair()
    text = page(problem, before, after)
    km = [quantities.distance(plan.distance, miles=False) for plan in (before, after)]
    number, note = tile(text, "distance_km")
    assert number == f"{MINUS}1.5"
    assert note.startswith(f"{km[0]} → {km[1]} · {MINUS}")
    assert tile(text, "violations")[0] == "+1"
    assert tile(text, "stops_unserved") == ("+1", "4 → 5 · +25.0\N{NO-BREAK SPACE}%")
    assert tile(text, "moved")[0] == "1"
    assert tile(text, "cost")[0] == quantities.NOTHING


def test_better_and_worse_are_told_apart():
    """Fewer kilometres are better, a stop not served is worse; what is the same is neither."""
    problem, before, after, *_ = pair()
    rows = dict(
        re.findall(
            r'<tr><th scope="row" class="t">(.*?)</th>(.*?)</tr>',
            part(page(problem, before, after), "comparison"),
        )
    )
    assert 'class="better"' in rows["Distance (km)"]
    assert 'class="worse"' in rows["Stops not served"]
    assert 'class="worse"' in rows["Stops served"]
    assert not re.search("better|worse", rows["Cost"] + rows["Routes"])
    assert len(rows) == len(FIGURES) - len(RARE)
    assert not RARE & rows.keys()


def test_breaks_loading_and_overtime_are_told_where_a_plan_has_any():
    """Of them only overtime can get worse; the balance of hours is a figure of every pair."""
    problem, after = rich_town()
    before = replace(after, routes=(after.routes[0], *(_without_breaks(one) for one in after.routes[1:])))
    text = page(problem, before, after)
    rows = dict(re.findall(r'<tr><th scope="row" class="t">(.*?)</th>(.*?)</tr>', part(text, "comparison")))
    assert rows.keys() >= RARE
    assert 'class="worse"' in rows["Overtime"]
    assert "better" not in rows["Breaks"] and "worse" not in rows["Breaks"]
    assert "<td>1:00</td><td>1:15</td>" in rows["Breaks"]
    assert "0.23" in rows["Gini of working hours"]
    assert ">Overtime</th>" in part(text, "by-vehicle")


def _without_breaks(route):
    """Shorter by its breaks, all of them paid, and without overtime."""
    visits = tuple(visit for visit in route.visits if visit.type != "break")
    return replace(
        route, visits=visits, end=route.end - route.break_time, break_time=0, unpaid_break=0, overtime=0
    )


def test_each_change_has_its_line():
    """What became of the stop, who serves it, before and after."""
    problem, before, after, moved, removed = pair()
    comparison = compare(problem, before, after)
    changed = part(page(problem, before, after), "changed")
    rows = re.findall(r"<tbody>(.*?)</tbody>", changed)[0].split("</tr>")[:-1]
    assert len(rows) == len(comparison.changes)
    assert removed in rows[0] and "removed" in rows[0]
    (line,) = [row for row in rows if f">{moved}<" in row]
    assert re.search(r"V01.*→.*V03", line)
    assert f"background:{CHANGE_COLOURS['moved']}" in line


def test_both_maps_have_one_frame_and_one_colour_per_vehicle():
    """A route that moves from place to place in its plan keeps its colour."""
    problem, before, _ = pair()[:3]
    after = replace(before, routes=before.routes[1:])
    maps = part(page(problem, before, after), "maps").split("<figure>")[1:]
    boxes = [re.search(r'viewBox="(.*?)"', one).group(1) for one in maps]
    assert boxes[0] == boxes[1]
    ways = [dict(re.findall(r'<path d="(.*?)" stroke="(#\w+)" data-route', one)) for one in maps]
    assert [len(one) for one in ways] == [3, 2]
    assert {way: ways[0][way] for way in ways[1]} == ways[1]
    assert set(ways[1].values()) == {route_colour(1), route_colour(2)}


def test_the_days_of_a_vehicle_stand_above_one_another():
    """Before, then after, in the colour of the vehicle; a vehicle of one plan has one bar."""
    problem, before, _ = pair()[:3]
    after = replace(before, routes=before.routes[1:])
    bars = part(page(problem, before, after), "timeline")
    labels = re.findall(r"background:(#\w+)\"></i><b>(\w+)</b><small>(\w+) ·", bars)
    assert labels == [
        (route_colour(0), "V01", "Before"),
        *((route_colour(n), f"V0{n + 1}", plan) for n in (1, 2) for plan in ("Before", "After")),
    ]


def test_a_difference_too_small_to_be_shown_is_a_dash():
    """Minus nothing is no number."""
    problem, before = sample()
    first, *others = before.routes
    after = replace(before, routes=(replace(first, distance=first.distance - 20), *others))
    text = page(problem, before, after)
    assert tile(text, "distance_km")[0] == quantities.NOTHING
    assert f"{MINUS}0.0<" not in text


def test_stops_that_stand_out_are_ringed_while_they_are_few():
    """With most stops moved, rings would tell nothing."""
    problem, before, after, *_ = pair()
    assert part(page(problem, before, after), "maps").count('class="rings"') == 2
    first, second, *others = before.routes
    swapped = replace(
        before,
        routes=(replace(first, visits=second.visits), replace(second, visits=first.visits), *others),
    )
    assert 'class="rings"' not in page(problem, before, swapped)


def test_the_same_plan_twice_is_said_to_be_the_same():
    """Nobody has to look for a difference that is not there."""
    problem, before = sample()
    text = page(problem, before, before)
    assert "Both plans are the same" in text
    assert "<tbody>" not in part(text, "changed")
    assert not re.search('class="(?:change )?(?:better|worse)"', text)


def test_broken_rules_say_in_which_plan():
    """New breaches first, also where one rule is broken twice at one place."""
    problem, before, after, *_ = pair()
    twice = replace(after, violations=(*after.violations, after.violations[-1]))
    broken = part(page(problem, before, twice), "broken")
    assert broken.count("Too &lt;full&gt;.") == 2
    assert broken.index("the plan after") < (broken.find("both plans") if before.violations else len(broken))
    assert "No rule is broken" in part(page(*[problem, *[replace(before, violations=())] * 2]), "broken")


def test_worse_service_is_told_at_the_top():
    """Cheaper because stops are left out, or because rules are broken, is not better."""
    problem, before, after, *_ = pair()
    notices = re.search(r'<div class="notices".*?</div>', page(problem, before, after)).group()
    assert ": 1 more" in notices
    assert ": 1 fewer" in notices
    assert "fewer stops" not in page(problem, after, before)


def test_remarks_and_names_are_escaped():
    """Names of layers and values of fields are texts of somebody else."""
    problem, before, after, _, removed = pair()
    text = page(
        problem, before, after, names=("<b>old</b>", "new"), remarks={removed: "<script>alert(1)</script>"}
    )
    assert "&lt;b&gt;old" in text
    assert "&lt;script&gt;alert(1)" in part(text, "not-served")
    assert "<script>alert" not in text


def test_many_changes_are_cut_and_counted():
    """A page of thousands of lines helps nobody; the layer has them all."""
    problem, before = sample(4, 120)
    after = replace(before, routes=before.routes[:2])
    text = part(page(problem, before, after), "changed")
    assert text.count("<tr>") == LIST_LIMIT + 1
    assert f"And more: {240 - LIST_LIMIT}." in text


def test_plans_without_any_route():
    """Nothing planned is a page too."""
    problem, before = sample(2, 3)
    empty = Plan("p-0", (), ())
    for plans in ((before, empty), (empty, before), (empty, empty)):
        text = page(problem, *plans)
        assert "Two plans compared" in text
        assert text.count('class="map"') == (2 if before in plans else 0)


def test_csv_holds_every_figure():
    """With a decimal point and without thousands, as spreadsheets and programs read it."""
    problem, before, after, *_ = pair()
    comparison = compare(problem, before, after)
    rows = list(csv.reader(io.StringIO(comparison_csv(comparison))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + len(comparison.rows)
    for texts, figure in zip(rows[1:], comparison.rows):
        assert texts[:3] == [figure.name, figure.vehicle_id, figure.unit]
        assert [float(text) for text in texts[3:6]] == pytest.approx(
            [figure.before, figure.after, figure.difference], abs=1e-6
        )
        assert (texts[6] == "") == (figure.percent is None)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-V1", "'-V1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("V=1", "V=1"),
        ("", ""),
    ],
)
def test_no_name_becomes_a_formula(text, written):
    """A spreadsheet runs what begins so (OWASP, CSV injection)."""
    assert harmless(text) == written


def test_every_change_has_a_colour():
    """For the layer and the page alike."""
    assert set(CHANGE_COLOURS) == set(CHANGES)
    assert len(set(CHANGE_COLOURS.values())) == len(CHANGES)
