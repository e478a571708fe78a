"""The tables of the report: loads, routes, stop lists, lateness, unassigned. No drawings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Callable, Sequence

from ..model.plan import VISIT_BREAK, VISIT_END, VISIT_RELOAD, VISIT_START, VISIT_STOP, VISIT_TRANSFER
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
    figures = _figures(view)
    columns = [
        Column(phrase("vehicle"), True),
        Column(phrase("driver"), True),
        *(Column(phrase(key)) for key in ("start", "end")),
        *(Column(_distance_unit(view) if key == "distance" else phrase(key)) for key in figures),
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
                *(figure([route]) for figure in figures.values()),
                *_costs([route]),
                violation_words(route.violations) or NOTHING,
            ],
            data_route=index,
            class_="alarm" if route.violations else None,
        )
        for index, route in enumerate(view.plan.routes)
    ]
    breaking = sum(1 for route in view.plan.routes if route.violations)
    sums = [figure(view.plan.routes) for figure in figures.values()]
    foot = row(
        columns,
        [phrase("total"), "", "", "", *sums, *_costs(view.plan.routes), str(breaking or NOTHING)],
    )
    return section("routes", table(columns, rows, foot if len(rows) > 1 else None))


def _figures(view: PlanView) -> dict[str, Callable[[Sequence[Route]], str]]:
    """What is told of routes, and how it is summed up; some only where any route has it."""

    def total(member: str, shown: Callable[[int], str]) -> Callable[[Sequence[Route]], str]:
        return lambda routes: shown(sum(getattr(route, member) for route in routes))

    always, else_nothing = quantities.duration, quantities.duration_or_nothing
    figures = {
        "trips": total("trips", str),
        "stop_count": lambda routes: str(sum(len(route.stop_ids) for route in routes)),
        "distance": total("distance", view.distance),
        "drive": total("drive", always),
        "service": total("service", always),
        "setup": total("setup", else_nothing),
        "loading": total("loading", else_nothing),
        "wait": total("wait", else_nothing),
        "break_time": total("break_time", else_nothing),
        "work": total("work", always),
        "overtime": total("overtime", else_nothing),
        "late": total("late", else_nothing),
    }
    least = {"trips": 1, **dict.fromkeys(("setup", "loading", "wait", "break_time", "overtime"), 0)}
    for key, usual in least.items():
        if all(getattr(route, key) == usual for route in view.plan.routes):
            del figures[key]
    return figures


def _costs(routes: Sequence[Route]) -> list[str]:
    parts = ("cost_fixed", "cost_distance", "cost_time", "cost")
    return [quantities.money(sum(getattr(route, part) for route in routes)) for part in parts]


def loads_table(view: PlanView) -> Markup:
    """Return the section with the highest load of each route against its capacity."""
    if not view.plan.routes:
        return Markup()
    dimensions = view.dimensions
    if not dimensions:
        return section("loads", element("p", phrase("no_loads"), class_="hint"))
    several = any(route.trips > 1 for route in view.plan.routes)
    columns = [
        Column(phrase("vehicle"), True),
        *([Column(phrase("trip"))] if several else []),
        *(Column(phrase("load_n", number=dimension + 1), True) for dimension in dimensions),
    ]
    rows = [
        row(
            columns,
            [
                join([swatch(index), _link(index, route.vehicle_id)]),
                *([trip] if several else []),
                *(_load_bar(view, route, peaks, dimension) for dimension in dimensions),
            ],
            data_route=index,
        )
        for index, route in enumerate(view.plan.routes)
        for trip, peaks in enumerate(view.trip_peaks(route), 1)
    ]
    return section("loads", element("p", phrase("loads_hint"), class_="hint"), table(columns, rows))


def _load_bar(view: PlanView, route: Route, peaks: Sequence[int], dimension: int) -> Markup:
    peak = peaks[dimension] if dimension < len(peaks) else 0
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
        f"{phrase('trips')}: {route.trips}" if route.trips > 1 else "",
        f"{view.distance(route.distance)} {_distance_unit(view)}",
        f"{phrase('overtime')}: {quantities.duration(route.overtime)}" if route.overtime else "",
        f"{phrase('late')}: {quantities.duration(route.late)}" if route.late else "",
    ]
    heading = element(
        "summary",
        swatch(index),
        element("b", route.vehicle_id),
        element("span", " · ".join(fact for fact in facts if fact)),
        element("span", violation_words(route.violations), class_="alarm") if route.violations else "",
    )
    rows = (_visit_row(view, columns, route, visit, dimensions) for visit in route.visits)
    return element(
        "details", heading, table(columns, rows), id=f"route-{index + 1}", open=open_, data_route=index
    )


def _visit_row(
    view: PlanView, columns: Sequence[Column], route: Route, visit: Visit, dimensions: list[int]
) -> Markup:
    depot = {VISIT_START: phrase("start_visit"), VISIT_END: phrase("end_visit")}.get(visit.type)
    loads = " / ".join(quantities.load(visit.load[dimension]) for dimension in dimensions)
    departing = visit.type == VISIT_START
    stands = visit.type in (VISIT_START, VISIT_BREAK)
    cells = [
        depot or visit.sequence,
        NOTHING if departing else quantities.clock(visit.arrival),
        NOTHING if depot and not visit.service else quantities.clock(visit.start),
        NOTHING if visit.type == VISIT_END else quantities.clock(visit.end),
        quantities.spans(view.windows(route, visit)),
        view.name(visit),
        visit.id,
        NOTHING if stands else quantities.duration(visit.drive),
        NOTHING if stands else view.distance(visit.distance),
        *([loads] if dimensions else []),
        phrase("free") if visit.slack >= DAY else quantities.duration(visit.slack),
        quantities.duration_or_nothing(visit.late),
        _remarks(view, route, visit),
    ]
    return row(columns, cells, class_=_row_class(view, visit))


def _row_class(view: PlanView, visit: Visit) -> str | None:
    kinds = [_row_kind(view, visit), "behind" if view.is_behind(visit) else None]
    return " ".join(kind for kind in kinds if kind) or None


def _row_kind(view: PlanView, visit: Visit) -> str | None:
    if visit.violations or not view.is_allowed_late(visit):
        return "alarm"
    if visit.late:
        return "soft"
    kinds = {VISIT_STOP: None, VISIT_BREAK: "rest", VISIT_RELOAD: "reload", VISIT_TRANSFER: "reload"}
    return kinds.get(visit.type, "end")


def _remarks(view: PlanView, route: Route, visit: Visit) -> str:
    """What the other columns do not tell of a visit."""
    remarks = [
        view.state(visit),
        violation_words(visit.violations),
        view.lateness(visit) if view.late_max(visit) != 0 else "",
        view.pair(visit),
        phrase("unpaid") if view.is_unpaid(route, visit) else "",
    ]
    if visit.type in (VISIT_START, VISIT_RELOAD, VISIT_TRANSFER) and visit.service:
        remarks.append(phrase("loading_remark", amount=quantities.duration(visit.service)))
    return "; ".join(remark for remark in remarks if remark)


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
        *([Column(phrase("allowed"))] if any(view.late_max(visit) != 0 for _, _, visit in late) else []),
    ]
    rows = [
        row(
            columns,
            [
                view.name(visit),
                visit.id,
                join([swatch(index), _link(index, route.vehicle_id)]),
                visit.sequence,
                quantities.spans(view.windows(route, visit)),
                quantities.clock(visit.arrival),
                quantities.clock(visit.start),
                element(
                    "b",
                    quantities.duration(visit.late),
                    class_=None if view.is_allowed_late(visit) else "alarm",
                ),
                _allowed(view, visit),
            ],
        )
        for index, route, visit in late[:LIST_LIMIT]
    ]
    return join([table(columns, rows), more("more", len(late), LIST_LIMIT)])


def _allowed(view: PlanView, visit: Visit) -> str:
    most = view.late_max(visit)
    return phrase("any_lateness") if most is None else quantities.duration_or_nothing(most)


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


def wishes_table(view: PlanView) -> Markup:
    """Return the section with what each wish costs, the dearest first; nothing when that is not known."""
    wishes = sorted(view.plan.wishes, key=lambda wish: -wish.price)
    if not wishes:
        return Markup()
    columns = [
        Column(phrase("wish"), True),
        Column(f"{phrase('price')} {view.options.currency}".strip()),
        Column(phrase("without_it"), True),
    ]
    rows = [
        row(
            columns,
            [
                element("b", code_words(wish.wish)),
                quantities.money(wish.price) if wish.price > 0 else phrase("free_wish"),
                wish.text,
            ],
        )
        for wish in wishes
    ]
    return section("wishes", element("p", phrase("wishes_hint"), class_="hint"), table(columns, rows))


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
        Column(phrase("added_cost")),
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
        NOTHING if one.added_cost is None else quantities.money(one.added_cost),
        one.fix or NOTHING,
    ]


def _link(index: int, words: str) -> Markup:
    return element("a", words, href=f"#route-{index + 1}")


def _distance_unit(view: PlanView) -> str:
    return phrase("miles" if view.options.miles else "km")
