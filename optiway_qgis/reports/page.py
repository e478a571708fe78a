"""The page around a report: frame, style, script, header, contents. Which parts a report has is its own."""

from __future__ import annotations

import base64
import hashlib
import string
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Sequence

from ..model.palette import ACTIVITY_COLOURS, ALARM_COLOUR
from .markup import Markup, element, join, markup
from .phrases import phrase

if TYPE_CHECKING:
    from ..model.plan import Plan
    from .plan_view import ReportOptions

_RESOURCES = Path(__file__).parent.parent / "resources" / "report"


def page(title: str, body: Iterable[Markup]) -> str:
    """Return one HTML file that loads nothing, and in which no script but its own may run."""
    script = _resource("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    colours = {f"{kind}_colour": colour for kind, colour in ACTIVITY_COLOURS.items()}
    style = string.Template(_resource("report.css")).substitute(colours, alarm_colour=ALARM_COLOUR)
    return string.Template(_resource("report.html")).substitute(
        title=markup(title),
        style=style,
        script=script,
        script_digest=digest,
        body=join(body),
    )


def _resource(name: str) -> str:
    return (_RESOURCES / name).read_text(encoding="utf-8")


def header(title: str, plan_date: str, facts: Iterable[tuple[str, object]]) -> Markup:
    """Return title, day, and facts as of `fact_list`."""
    return element(
        "header", element("h1", title), element("p", _plan_day(plan_date), class_="day"), fact_list(facts)
    )


def source_words(plan: Plan) -> str:
    """Return where the travel times of a plan are from."""
    return phrase("travel_estimate") if plan.travel_source == "estimate" else plan.travel_source


def conditions_words(options: ReportOptions) -> str:
    """Return what changed the travel times; empty where nothing did."""
    used = options.conditions
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


def fact_list(facts: Iterable[tuple[str, object]]) -> Markup:
    """Return facts, each named by a phrase, as a list; empty ones are left out."""
    entries = (
        element("div", element("dt", phrase(key)), element("dd", fact)) for key, fact in facts if fact != ""
    )
    return element("dl", *entries, class_="facts")


def travel_notice(plans: Sequence[Plan]) -> Markup:
    """Return what to know of travel times that are not those of roads; nothing where all are."""
    source = plans[0].travel_source
    legs = [leg for plan in plans for route in plan.routes for leg in route.legs]
    estimated = sum(leg.source == "estimate" for leg in legs)
    if legs and source == "estimate":
        return element("p", phrase("estimate_note"), id="estimate")
    if estimated and source == "matrix":
        return element("p", phrase("matrix_note"))
    if estimated:
        return element("p", phrase("partly_estimate_note", count=estimated, total=len(legs)), id="estimate")
    return Markup()


def notice_list(notices: Iterable[Markup]) -> Markup:
    """Return paragraphs of warning, the empty ones left out; nothing when all are."""
    told = [notice for notice in notices if notice]
    return element("div", *told, class_="notices", role="note") if told else Markup()


def contents(keys: Iterable[str]) -> Markup:
    """Return links to the sections of these keys."""
    links = (element("a", phrase(key), href=f"#{key.replace('_', '-')}") for key in keys)
    return element("nav", *links, aria_label=phrase("contents"))


def _plan_day(plan_date: str) -> str:
    try:
        weekday = date.fromisoformat(plan_date).weekday()
    except ValueError:
        return plan_date
    return f"{phrase(f'day_{weekday}')}, {plan_date}"
