"""The report of a plan: one HTML file that needs nothing else. Here are its header and key figures.

The parts are in timeline.py, route_map.py, tables.py and cost_plot.py, the page around them in page.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Sequence

from ..model.balance import gini, share_of
from ..model.problem import BALANCE_DISTANCE, BALANCE_STOPS
from . import quantities
from .changed_stops import what_changed
from .cost_plot import cost_plot
from .markup import Markup, element
from .page import (
    conditions_words,
    contents,
    fact_list,
    header,
    notice_list,
    page,
    source_words,
    travel_notice,
)
from .parts import figure, section
from .phrases import phrase
from .plan_view import PlanView, ReportOptions, view_of
from .route_map import route_map
from .tables import lateness, loads_table, routes_table, stop_lists, unassigned_table, wishes_table
from .timeline import timeline

if TYPE_CHECKING:
    from ..model.plan import Plan, Unassigned
    from ..model.problem import Problem
    from ..model.why import DayChanges

_PARTS = {
    "timeline": timeline,
    "routes": routes_table,
    "map": route_map,
    "loads": loads_table,
    "unassigned": unassigned_table,
    "lateness": lateness,
    "wishes": wishes_table,
    "stop_lists": stop_lists,
}


def plan_report(
    problem: Problem,
    plan: Plan,
    rejected: Sequence[Unassigned] = (),
    options: ReportOptions = ReportOptions(),
    changed: DayChanges | None = None,
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
    changed
        What the plan makes of the one before it, where it comes after another.
    """
    view = view_of(problem, plan, tuple(rejected), options)
    parts = {
        "what_changed": what_changed(view, changed),
        **{key: part(view) for key, part in _PARTS.items()},
    }
    shown = [key for key, part in parts.items() if part]
    return page(
        _title(view),
        [
            _header(view),
            _notices(view),
            _figures(view),
            contents([*shown, "search"]),
            *parts.values(),
            _search(view),
        ],
    )


def _title(view: PlanView) -> str:
    return view.options.title or phrase("title")


def _header(view: PlanView) -> Markup:
    plan = view.plan
    facts = [
        ("time_zone", view.problem.time_zone),
        ("plan_id", plan.plan_id),
        ("version", "" if plan.parent_version is None else plan.version),
        ("now", "" if view.options.now is None else quantities.clock(view.options.now)),
        ("engine", plan.engine),
        ("seed", plan.seed),
        ("travel", source_words(plan)),
        ("traffic", conditions_words(view.options)),
    ]
    return header(_title(view), view.problem.plan_date, facts)


def _notices(view: PlanView) -> Markup:
    plan = view.plan
    notices: list[Markup] = []
    if not plan.routes:
        notices.append(element("p", phrase("empty_note")))
    if plan.violations:
        words = phrase("violations_note", section=phrase("lateness"))
        notices.append(element("p", words, class_="alarm"))
    notices.append(travel_notice([plan]))
    notices.extend(element("p", note) for note in plan.notes)
    return notice_list(notices)


def _figures(view: PlanView) -> Markup:
    plan, late = view.plan, view.late_visits
    unit = phrase("miles" if view.options.miles else "km")
    share = quantities.percent(plan.drive / view.work) if view.work else ""
    mean = phrase("per_route", amount=quantities.money(plan.cost / len(plan.routes))) if plan.routes else ""
    cost_note = " · ".join(note for note in (view.options.currency, mean) if note)
    late_notes = [phrase("at_most", amount=quantities.duration(late[0][2].late))] if late else []
    allowed = sum(view.is_allowed_late(visit) for _, _, visit in late)
    if allowed:
        late_notes.append(phrase("allowed_count", count=allowed))
    tiles = [
        figure("stops_served", str(view.served), phrase("of_total", total=view.stop_count)),
        figure("routes", str(len(plan.routes)), phrase("of_vehicles", total=len(view.vehicles))),
        figure("distance", view.distance(plan.distance), unit),
        figure("driving", quantities.duration(plan.drive), share and phrase("of_work", share=share)),
        figure("work", quantities.duration(view.work), ""),
        *_of_drivers(view),
        figure("cost", quantities.money(plan.cost), cost_note),
        figure("late_stops", str(len(late)), " · ".join(late_notes), len(late) > allowed),
        figure("violations", str(len(plan.violations)), "", bool(plan.violations)),
        figure("unassigned", str(len(view.unassigned)), "", bool(view.unassigned)),
    ]
    zone = phrase("next_day", zone=view.problem.time_zone)
    return element(
        "section",
        element("h2", phrase("figures"), class_="unseen"),
        element("dl", *tiles, class_="figures"),
        element("p", zone, class_="hint"),
    )


def _of_drivers(view: PlanView) -> Iterable[Markup]:
    """Overtime, breaks, and how alike the routes are: each where there is anything to tell."""
    routes = view.plan.routes
    overtime = [route.overtime for route in routes if route.overtime]
    if overtime or any(vehicle.overtime_after is not None for vehicle in view.problem.vehicles):
        note = phrase("overtime_routes", count=len(overtime)) if overtime else ""
        yield figure("overtime", quantities.duration(sum(overtime)), note)
    breaks, unpaid = (
        sum(getattr(route, part) for route in routes) for part in ("break_time", "unpaid_break")
    )
    if breaks:
        note = phrase("unpaid_time", amount=quantities.duration(unpaid)) if unpaid else ""
        yield figure("break_time", quantities.duration(breaks), note)
    if len(routes) > 1:
        balance = view.problem.goals.balance
        shares = sorted(share_of(route, balance) for route in routes)
        shortest, longest = (_share_words(view, shares[place]) for place in (0, -1))
        note = phrase("shortest_and_gini", amount=shortest, gini=f"{gini(shares):.2f}")
        yield figure("longest_route", longest, note)


def _share_words(view: PlanView, share: int) -> str:
    """A route's share in the unit that is balanced."""
    balance = view.problem.goals.balance
    if balance == BALANCE_STOPS:
        return phrase("one_stop") if share == 1 else phrase("stops_n", count=share)
    if balance == BALANCE_DISTANCE:
        return f"{view.distance(share)} {phrase('miles' if view.options.miles else 'km')}"
    return quantities.duration(share)


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
    return section("search", element("div", fact_list(facts), cost_plot(view), class_="search"))
