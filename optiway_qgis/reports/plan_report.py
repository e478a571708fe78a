"""The report of a plan: one HTML file that needs nothing else. Here are its frame, header and key figures.

The parts are in timeline.py, route_map.py, tables.py and cost_plot.py; the page around them, its style
and its script in resources/report.
"""

from __future__ import annotations

import base64
import hashlib
import string
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Sequence

from ..model.palette import ACTIVITY_COLOURS, ALARM_COLOUR
from . import quantities
from .cost_plot import cost_plot
from .markup import Markup, element, join, markup
from .parts import section
from .phrases import phrase
from .plan_view import PlanView, ReportOptions, view_of
from .route_map import route_map
from .tables import lateness, loads_table, routes_table, stop_lists, unassigned_table
from .timeline import timeline

if TYPE_CHECKING:
    from ..model.plan import Plan, Unassigned
    from ..model.problem import Problem

_RESOURCES = Path(__file__).parent.parent / "resources" / "report"
_PARTS = {
    "timeline": timeline,
    "routes": routes_table,
    "map": route_map,
    "loads": loads_table,
    "unassigned": unassigned_table,
    "lateness": lateness,
    "stop_lists": stop_lists,
}


def plan_report(
    problem: Problem,
    plan: Plan,
    rejected: Sequence[Unassigned] = (),
    options: ReportOptions = ReportOptions(),
) -> str:
    """Return the plan as the text of one HTML file, to be written as UTF-8.

    The page loads nothing, and no script but its own may run. The same input gives the same text.

    Parameters
    ----------
    problem, plan
        What was asked and what was decided; each stop is on a route or unassigned.
    rejected
        Stops that never reached the engine (invalid, excluded); they count as stops and as unassigned.
    options
        Title, currency, miles.
    """
    view = view_of(problem, plan, tuple(rejected), options)
    parts = {key: part(view) for key, part in _PARTS.items()}
    body = [
        _header(view),
        _notices(view),
        _figures(view),
        _contents([key for key, part in parts.items() if part]),
        *parts.values(),
        _search(view),
    ]
    script = _resource("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    colours = {f"{kind}_colour": colour for kind, colour in ACTIVITY_COLOURS.items()}
    style = string.Template(_resource("report.css")).substitute(colours, alarm_colour=ALARM_COLOUR)
    return string.Template(_resource("report.html")).substitute(
        title=markup(_title(view)),
        style=style,
        script=script,
        script_digest=digest,
        body=join(body),
    )


def _resource(name: str) -> str:
    return (_RESOURCES / name).read_text(encoding="utf-8")


def _title(view: PlanView) -> str:
    return view.options.title or phrase("title")


def _header(view: PlanView) -> Markup:
    plan = view.plan
    source = phrase("travel_estimate") if plan.travel_source == "estimate" else plan.travel_source
    facts = [
        ("time_zone", view.problem.time_zone),
        ("plan_id", plan.plan_id),
        ("engine", plan.engine),
        ("seed", plan.seed),
        ("travel", source),
        ("traffic", _conditions(view)),
    ]
    return element(
        "header",
        element("h1", _title(view)),
        element("p", _plan_day(view.problem.plan_date), class_="day"),
        _facts(facts),
    )


def _plan_day(plan_date: str) -> str:
    try:
        weekday = date.fromisoformat(plan_date).weekday()
    except ValueError:
        return plan_date
    return f"{phrase(f'day_{weekday}')}, {plan_date}"


def _conditions(view: PlanView) -> str:
    """What changed the travel times; empty where nothing did."""
    used = view.options.conditions
    if used is None:
        return ""
    told = []
    if used.rows or used.situations > 1:
        told.append(phrase("traffic_rows", count=used.rows, situations=used.situations))
    if used.weather != 1:
        told.append(phrase("traffic_weather", factor=f"{used.weather:g}"))
    if used.barriers:
        told.append(phrase("traffic_barriers", count=used.barriers))
    return " · ".join(told)


def _facts(facts: Iterable[tuple[str, object]]) -> Markup:
    entries = (
        element("div", element("dt", phrase(key)), element("dd", fact)) for key, fact in facts if fact != ""
    )
    return element("dl", *entries, class_="facts")


def _notices(view: PlanView) -> Markup:
    plan = view.plan
    notices: list[Markup] = []
    if not plan.routes:
        notices.append(element("p", phrase("empty_note")))
    if plan.violations:
        words = phrase("violations_note", section=phrase("lateness"))
        notices.append(element("p", words, class_="alarm"))
    legs = [leg for route in plan.routes for leg in route.legs]
    estimated = sum(leg.source == "estimate" for leg in legs)
    if legs and plan.travel_source == "estimate":
        notices.append(element("p", phrase("estimate_note"), id="estimate"))
    elif estimated and plan.travel_source == "matrix":
        notices.append(element("p", phrase("matrix_note")))
    elif estimated:
        words = phrase("partly_estimate_note", count=estimated, total=len(legs))
        notices.append(element("p", words, id="estimate"))
    notices.extend(element("p", note) for note in plan.notes)
    return element("div", *notices, class_="notices", role="note") if notices else Markup()


def _figures(view: PlanView) -> Markup:
    plan, late = view.plan, view.late_visits
    unit = phrase("miles" if view.options.miles else "km")
    share = quantities.percent(plan.drive / view.work) if view.work else ""
    mean = phrase("per_route", amount=quantities.money(plan.cost / len(plan.routes))) if plan.routes else ""
    cost_note = " · ".join(note for note in (view.options.currency, mean) if note)
    worst = quantities.duration(late[0][2].late) if late else ""
    tiles = [
        _figure("stops_served", str(view.served), phrase("of_total", total=view.stop_count)),
        _figure("routes", str(len(plan.routes)), phrase("of_vehicles", total=len(view.vehicles))),
        _figure("distance", view.distance(plan.distance), unit),
        _figure("driving", quantities.duration(plan.drive), share and phrase("of_work", share=share)),
        _figure("work", quantities.duration(view.work), ""),
        _figure("cost", quantities.money(plan.cost), cost_note),
        _figure("late_stops", str(len(late)), worst and phrase("at_most", amount=worst), bool(late)),
        _figure("violations", str(len(plan.violations)), "", bool(plan.violations)),
        _figure("unassigned", str(len(view.unassigned)), "", bool(view.unassigned)),
    ]
    zone = phrase("next_day", zone=view.problem.time_zone)
    return element(
        "section",
        element("h2", phrase("figures"), class_="unseen"),
        element("dl", *tiles, class_="figures"),
        element("p", zone, class_="hint"),
    )


def _figure(key: str, number: str, note: str, is_alarm: bool = False) -> Markup:
    value = element("dd", element("b", number), element("small", note) if note else "")
    return element(
        "div",
        element("dt", phrase(key)),
        value,
        class_="alarm" if is_alarm else None,
        data_figure=key,
    )


def _contents(keys: Iterable[str]) -> Markup:
    links = (element("a", phrase(key), href=f"#{key.replace('_', '-')}") for key in (*keys, "search"))
    return element("nav", *links, aria_label=phrase("contents"))


def _search(view: PlanView) -> Markup:
    plan = view.plan
    facts = [
        ("stopped", plan.stopped),
        ("seconds", quantities.grouped(plan.seconds, 1)),
        ("iterations", quantities.grouped(plan.iterations, 0)),
        ("improvements", len(plan.history)),
        ("engine", plan.engine),
        ("seed", plan.seed),
    ]
    return section("search", element("div", _facts(facts), cost_plot(view), class_="search"))
