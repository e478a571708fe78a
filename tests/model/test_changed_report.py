"""What the report of a plan says of the one before it, against the plans it is made of. Needs no QGIS."""

from __future__ import annotations

import re
from dataclasses import replace

from optiway_qgis.model.compare import served_by
from optiway_qgis.model.disruptions import Disruption
from optiway_qgis.model.plan import WishPrice
from optiway_qgis.model.why import Causes, day_changes
from optiway_qgis.reports.changed_stops import LIST_LIMIT
from optiway_qgis.reports.plan_report import plan_report
from tests.model.test_compare_report import pair, part
from tests.model.test_report import sample


def page(causes=Causes(), wishes=(), **options):
    """The report of a plan after another, with the ids of the stops that were moved and removed."""
    problem, before, after, moved, removed = pair(**options)
    after = replace(after, wishes=tuple(wishes), version=2, parent_version=1)
    changed = day_changes(problem, served_by(before), after, causes)
    return plan_report(problem, after, changed=changed), moved, removed


def cells(text, stop_id):
    """The texts of the row of a stop in the section."""
    rows = re.findall(r"<tr>.*?</tr>", part(text, "what-changed"), flags=re.DOTALL)
    (row,) = [row for row in rows if f">{stop_id}<" in row]
    return [re.sub(r"<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?>.*?</t[hd]>", row)]


def figure(text, name):
    """Number and note of a key figure."""
    return re.search(rf'data-figure="{name}"><dt>.*?<b>(.*?)</b><small>(.*?)</small>', text).groups()


def test_each_changed_stop_has_a_row_with_the_reason():
    """Old and new vehicle, what became of it, and why; the rows of stops left out, too."""
    text, moved, removed = page(Causes(disruptions=(Disruption("vehicle_lost", "V01", time=40800),)))
    change, name, _, vehicle, *_, why = cells(text, moved)
    assert (change, vehicle, why) == ("moved", "V01 → V03", "V01 is lost from 11:20")
    assert name.startswith("Customer")
    assert cells(text, removed)[0] == "removed"
    assert cells(text, removed)[3].endswith("→ \N{EN DASH}")


def test_the_figures_are_those_of_the_changes():
    """Stops moved and promises missed, and what keeping them costs where it is known."""
    wishes = [WishPrice("promise", 4.5, "Nothing."), WishPrice("zone", 99.0, "Nothing.")]
    text, *_ = page(wishes=wishes)
    assert figure(text, "moved_stops")[0] == "1"
    assert figure(text, "keeping_promise")[0] == "4.50"
    assert "keeping_zone" not in text
    assert "keeping_vehicle_change" not in text
    assert 'data-figure="missed_promises"' in text


def test_a_plan_after_another_says_its_version():
    """One that comes after none has neither a version to tell nor the section."""
    text, *_ = page()
    assert "<dt>Version</dt><dd>2</dd>" in text
    problem, plan = sample()
    first = plan_report(problem, plan)
    assert "<dt>Version</dt>" not in first
    assert 'id="what-changed"' not in first


def test_a_plan_that_changes_nothing_says_so():
    """The section is there, so that nobody looks for it."""
    problem, plan = sample()
    text = plan_report(problem, plan, changed=day_changes(problem, served_by(plan), plan))
    assert "Every stop is served as the plan before said" in part(text, "what-changed")


def test_what_stands_in_a_name_or_reason_is_no_markup():
    """Ids come from layers."""
    problem, before, after, *_ = pair()
    edits = Causes(disruptions=(Disruption("vehicle_lost", "V01"),))
    changed = day_changes(problem, served_by(before), after, edits)
    marked = replace(changed, whys=dict.fromkeys(changed.whys, "<script>alert(1)</script>"))
    assert "<script>alert" not in plan_report(problem, after, changed=marked)


def test_a_long_list_ends_with_how_many_more_there_are():
    """The layer has them all."""
    problem, plan = sample(routes=6, stops=60)
    earlier = {stop: replace(one, eta=one.eta - 600) for stop, one in served_by(plan).items()}
    text = part(plan_report(problem, plan, changed=day_changes(problem, earlier, plan)), "what-changed")
    assert text.count('<th scope="row"') == LIST_LIMIT
    assert f"And more: {360 - LIST_LIMIT}." in text
