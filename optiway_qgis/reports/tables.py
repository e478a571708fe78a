"""The tables of the report: loads, routes, stop lists, lateness, unassigned. No drawings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Sequence

from ..model.plan import VISIT_END, VISIT_START
from ..model.problem import DAY
from ..model.reasons import UNASSIGNED_REASONS
from . import quantities
from .markup import Markup, element, join
from .parts import Column, more, row, section, swatch, table, violation_words
from .phrases import code_words, phrase
from .quantities import NOTHING

if TYPE_CHECKING:
    from ..model.plan import Route, Unassigned, Visit
    from .plan_view import PlanView

LIST_LIMIT = 200
"""Most late stops and violations that are listed; the stop lists have them all."""


def routes_table(view: PlanView) -> Markup:
    """Return the section with one line per route and their sums."""
    if not view.plan.routes:
        return Markup()
    columns = [
        Column(phrase("vehicle"), True),
        Column(phrase("driver"), True),
        *(Column(phrase(key)) for key in ("start", "end", "stop_count")),
        Column(_distance_unit(view)),
        *(Column(phrase(key)) for key in ("drive", "service", "setup", "wait", "work", "late")),
        *(Column(phrase(key)) for key in ("cost_fixed", "cost_distance", "cost_time")),
        Column(f"{phrase('cost')} {view.options.currency}".strip()),
        Column(phrase("violations"), True),
    ]
    rows = [
        row(
            columns,
            [
                join([swatch(index), _link(index, route.vehicle_id)]),
                view.driver(route.vehicle_id) or NOTHING,
                quantities.clock(route.start),
                quantities.clock(route.end),
                *_sums(view, [route]),
                violation_words(route.violations) or NOTHING,
            ],
            data_route=index,
            class_="alarm" if route.violations else None,
        )
        for index, route in enumerate(view.plan.routes)
    ]
    breaking = sum(1 for route in view.plan.routes if route.violations)
    foot = row(
        columns,
        [phrase("total"), "", "", "", *_sums(view, view.plan.routes), str(breaking or NOTHING)],
    )
    return section("routes", table(columns, rows, foot if len(rows) > 1 else None))


def _sums(view: PlanView, routes: Sequence[Route]) -> list[str]:
    def total(figure: str) -> Any:
        return sum(getattr(route, figure) for route in routes)

    return [
        str(sum(len(route.stop_ids) for route in routes)),
        view.distance(total("distance")),
        quantities.duration(total("drive")),
        quantities.duration(total("service")),
        quantities.duration_or_nothing(total("setup")),
        quantities.duration_or_nothing(total("wait")),
        quantities.duration(total("end") - total("start")),
        quantities.duration_or_nothing(total("late")),
        *(quantities.money(total(part)) for part in ("cost_fixed", "cost_distance", "cost_time", "cost")),
    ]


def loads_table(view: PlanView) -> Markup:
    """Return the section with the highest load of each route against its capacity."""
    if not view.plan.routes:
        return Markup()
    dimensions = view.dimensions
    if not dimensions:
        return section("loads", element("p", phrase("no_loads"), class_="hint"))
    columns = [
        Column(phrase("vehicle"), True),
        *(Column(phrase("load_n", number=dimension + 1), True) for dimension in dimensions),
    ]
    rows = [
        row(
            columns,
            [
                join([swatch(index), _link(index, route.vehicle_id)]),
                *(_load_bar(view, route, dimension) for dimension in dimensions),
            ],
            data_route=index,
        )
        for index, route in enumerate(view.plan.routes)
    ]
    return section("loads", element("p", phrase("loads_hint"), class_="hint"), table(columns, rows))


def _load_bar(view: PlanView, route: Route, dimension: int) -> Markup:
    peak = route.load_peak[dimension] if dimension < len(route.load_peak) else 0
    capacity = view.capacity(route.vehicle_id, dimension)
    if capacity is None:
        return element("span", f"{quantities.load(peak)} ({phrase('unlimited')})", class_="amount")
    over = peak > capacity
    share = peak / capacity if capacity else float(over)
    figures = f"{quantities.load(peak)} / {quantities.load(capacity)}"
    filled = element("i", style=f"width:{min(100 * share, 100):.0f}%")
    return join(
        [
            element("span", filled, class_="bar over" if over else "bar"),
            element("b", quantities.percent(share) if capacity else "", class_="share"),
            element("span", figures, class_="amount"),
        ]
    )


def stop_lists(view: PlanView) -> Markup:
    """Return the section with one foldable list of visits per route."""
    if not view.plan.routes:
        return Markup()
    alone = len(view.plan.routes) == 1
    buttons = element(
        "p",
        element("button", phrase("open_all"), type="button", id="open-all"),
        element("button", phrase("close_all"), type="button", id="close-all"),
        class_="buttons",
    )
    lists = [
        _stop_list(view, index, open_="open" if alone else None) for index in range(len(view.plan.routes))
    ]
    return section("stop_lists", "" if alone else buttons, *lists)


def _stop_list(view: PlanView, index: int, open_: str | None) -> Markup:
    route = view.plan.routes[index]
    dimensions = view.dimensions
    columns = [
        Column(phrase("order")),
        *(Column(phrase(key)) for key in ("eta", "service_start", "departure")),
        *(Column(phrase(key), True) for key in ("window", "name", "id")),
        Column(phrase("drive")),
        Column(_distance_unit(view)),
        *([Column(phrase("load"))] if dimensions else []),
        Column(phrase("slack")),
        Column(phrase("late")),
        Column(phrase("remarks"), True),
    ]
    facts = [
        view.driver(route.vehicle_id),
        quantities.span(route.start, route.end),
        f"{phrase('stop_count')}: {len(route.stop_ids)}",
        f"{view.distance(route.distance)} {_distance_unit(view)}",
        f"{phrase('late')}: {quantities.duration(route.late)}" if route.late else "",
    ]
    heading = element(
        "summary",
        swatch(index),
        element("b", route.vehicle_id),
        element("span", " · ".join(fact for fact in facts if fact)),
        element("span", violation_words(route.violations), class_="alarm") if route.violations else "",
    )
    rows = (_visit_row(view, columns, visit, dimensions) for visit in route.visits)
    return element(
        "details", heading, table(columns, rows), id=f"route-{index + 1}", open=open_, data_route=index
    )


def _visit_row(view: PlanView, columns: Sequence[Column], visit: Visit, dimensions: list[int]) -> Markup:
    depot = {VISIT_START: phrase("start_visit"), VISIT_END: phrase("end_visit")}.get(visit.type)
    loads = " / ".join(quantities.load(visit.load[dimension]) for dimension in dimensions)
    departing = visit.type == VISIT_START
    cells = [
        depot or visit.sequence,
        NOTHING if departing else quantities.clock(visit.arrival),
        NOTHING if depot else quantities.clock(visit.start),
        NOTHING if visit.type == VISIT_END else quantities.clock(visit.end),
        quantities.spans(view.windows(visit)),
        view.name(visit),
        visit.id,
        NOTHING if departing else quantities.duration(visit.drive),
        NOTHING if departing else view.distance(visit.distance),
        *([loads] if dimensions else []),
        phrase("free") if visit.slack >= DAY else quantities.duration(visit.slack),
        quantities.duration_or_nothing(visit.late),
        violation_words(visit.violations),
    ]
    kind = "alarm" if visit.late or visit.violations else "end" if depot else None
    return row(columns, cells, class_=kind)


def lateness(view: PlanView) -> Markup:
    """Return the section with late stops, the latest first, and what the checker found."""
    if not view.plan.routes and not view.plan.violations:
        return Markup()
    return section(
        "lateness",
        element("h3", phrase("late_stops")),
        _late_stops(view),
        element("h3", phrase("violations")),
        _violations(view),
    )


def _late_stops(view: PlanView) -> Markup:
    late = view.late_visits
    if not late:
        return element("p", phrase("no_lateness"), class_="good")
    columns = [
        *(Column(phrase(key), True) for key in ("name", "id", "vehicle")),
        Column(phrase("order")),
        Column(phrase("window"), True),
        *(Column(phrase(key)) for key in ("eta", "service_start", "late_by")),
    ]
    rows = [
        row(
            columns,
            [
                view.name(visit),
                visit.id,
                join([swatch(index), _link(index, route.vehicle_id)]),
                visit.sequence,
                quantities.spans(view.windows(visit)),
                quantities.clock(visit.arrival),
                quantities.clock(visit.start),
                element("b", quantities.duration(visit.late), class_="alarm"),
            ],
        )
        for index, route, visit in late[:LIST_LIMIT]
    ]
    return join([table(columns, rows), more("more", len(late), LIST_LIMIT)])


def _violations(view: PlanView) -> Markup:
    violations = view.plan.violations
    if not violations:
        return element("p", phrase("no_violations"), class_="good")
    columns = [Column(phrase(key), True) for key in ("rule", "vehicle", "stop", "what")]
    rows = [
        row(
            columns,
            [
                element("b", code_words(violation.code), class_="alarm"),
                violation.vehicle_id or NOTHING,
                violation.stop_id or NOTHING,
                violation.text,
            ],
        )
        for violation in violations[:LIST_LIMIT]
    ]
    return join([table(columns, rows), more("more_violations", len(violations), LIST_LIMIT)])


def unassigned_table(view: PlanView) -> Markup:
    """Return the section with the stops on no route: how many for which reason, then each with its own."""
    if not view.unassigned:
        return section("unassigned", element("p", phrase("all_assigned"), class_="good"))
    counts = Counter(one.reason for one in view.unassigned)
    reasons = [
        element(
            "li",
            element("b", count),
            element(
                "span", element("b", code_words(reason)), element("small", UNASSIGNED_REASONS.get(reason, ""))
            ),
        )
        for reason, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    ]
    columns = [
        *(Column(phrase(key), True) for key in ("id", "name", "reason", "why", "nearest_vehicle")),
        Column(phrase("added")),
        Column(phrase("fix"), True),
    ]
    rows = [row(columns, _unassigned_cells(view, one)) for one in view.unassigned]
    return section("unassigned", element("ul", *reasons, class_="reasons"), table(columns, rows))


def _unassigned_cells(view: PlanView, one: Unassigned) -> list[object]:
    return [
        one.stop_id,
        view.stop_name(one.stop_id) or NOTHING,
        element("b", code_words(one.reason), class_="alarm"),
        one.text or UNASSIGNED_REASONS.get(one.reason, NOTHING),
        one.nearest_vehicle or NOTHING,
        NOTHING if one.added is None else quantities.duration(one.added),
        one.fix or NOTHING,
    ]


def _link(index: int, words: str) -> Markup:
    return element("a", words, href=f"#route-{index + 1}")


def _distance_unit(view: PlanView) -> str:
    return phrase("miles" if view.options.miles else "km")
