"""What the log says of a plan at the end, of plans made by hand."""

from __future__ import annotations

from dataclasses import replace

from qgis.core import QgsCoordinateReferenceSystem, QgsFields, QgsProcessingContext, QgsProcessingFeedback

from optiway_qgis.layers.carried import CarriedStops
from optiway_qgis.layers.write import write_plan
from optiway_qgis.processing_provider.planning.plan_algorithm import summary
from tests.made_plans import rich_town


def lines(problem, plan):
    """The lines of a plan that was written nowhere."""
    carried = CarriedStops(QgsFields(), QgsCoordinateReferenceSystem("EPSG:4326"), {})
    counts = write_plan(problem, plan, carried, {}, QgsProcessingFeedback(), QgsProcessingContext())
    return summary(plan, carried, counts)


def test_hours_lateness_and_prices_of_wishes_are_told(qgis_app):
    """On a server there is no report to look at; the work is without unpaid breaks."""
    told = lines(*rich_town())
    assert told[0].startswith("22 of 25 stops are served on 3 routes: ")
    assert "17.7 h of work" in told[0]
    assert told[2] == "Stops served late: 3; overtime: 90 min."
    assert told[3:6] == [wish.text for wish in rich_town()[1].wishes]
    assert told[6] == "1 rule is broken: time_window."


def test_what_there_is_nothing_of_is_not_told(qgis_app):
    """A plan that serves all, in time and without wishes, has one line."""
    problem, plan = rich_town()
    route = replace(plan.routes[0], overtime=0)
    plain = replace(plan, routes=(route,), unassigned=(), violations=(), wishes=())
    assert len(lines(problem, plain)) == 1
