"""The timeline: one bar per route over the day, as SVG inside a table. No other part of the report.

The bars are drawn in seconds (the inner `viewBox` is stretched to the width there is), numbers and hours in
percent of the width, so that text is never stretched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, NamedTuple, Sequence

from ..model.plan import VISIT_STOP
from ..model.problem import DAY
from . import quantities
from .markup import Markup, element, join
from .parts import legend, section, swatch, violation_words
from .phrases import phrase

if TYPE_CHECKING:
    from ..model.plan import Route, Visit
    from .plan_view import PlanView

DETAIL_LIMIT = 3000
"""Most visits that get a tooltip of their own; larger plans have the stop lists."""

_HEIGHT = 36
_BANDS = {
    "drive": (20, 6),
    "wait": (19, 8),
    "setup": (15, 16),
    "service": (15, 16),
    "loading": (15, 16),
    "break": (17, 12),
}
_LATE_BAND = (32, 3)
_OVERTIME_BAND = (11, 2)
_USUAL = ("drive", "wait", "setup", "service", "late_mark", "shift")
_BEHIND_BAND = (12, 24)
_KINDS = (*_BANDS, "overtime", "late_mark", "late_soft", "shift", "behind")
"""What the legend tells: the usual always, the others where there are any."""

_MOST_TICKS = {True: 16, False: 11}
"""By whether all labels are of the plan date, without a day behind the hour."""
_SHIFT_MARGIN = 2 * 3600
_DIGIT_GAP = 0.0095


class Bar(NamedTuple):
    """A row of the timeline: the route at a place of a plan, the number of its colour, and what the plan is
    called where there are several."""

    view: PlanView
    index: int
    colour: int
    plan: str = ""

    @property
    def route(self) -> Route:
        """The route."""
        return self.view.plan.routes[self.index]


def timeline(view: PlanView) -> Markup:
    """Return the section with one bar per route, hours above and a legend."""
    if not view.plan.routes:
        return Markup()
    return section(
        "timeline", *bars([Bar(view, index, index) for index in range(len(view.plan.routes))]), _unused(view)
    )


def bars(rows: Sequence[Bar]) -> list[Markup]:
    """Return legend, bars under one axis, and a hint; there has to be a bar."""
    first, last = _day(rows)
    ticks = _ticks(first, last)
    detailed = sum(len(bar.route.visits) for bar in rows) <= DETAIL_LIMIT
    head = element(
        "thead",
        element(
            "tr",
            element("th", phrase("vehicle"), scope="col", class_="t"),
            element("td", _axis(first, last, ticks)),
        ),
    )
    body = element("tbody", *(_row(bar, first, last, ticks, detailed) for bar in rows))
    there = {kind for bar in rows for kind, drawn in _blocks(bar.view, bar.route) if drawn}
    return [
        legend([(kind, phrase(kind)) for kind in _KINDS if kind in _USUAL or kind in there]),
        element("div", element("table", head, body, class_="timeline"), class_="scroll"),
        element("p", phrase("timeline_hint"), class_="hint"),
    ]


def _unused(view: PlanView) -> Markup:
    used = {route.vehicle_id for route in view.plan.routes}
    unused = [vehicle.id for vehicle in view.problem.vehicles if vehicle.id not in used]
    if not unused:
        return Markup()
    return element("p", f"{phrase('unused')} ({len(unused)}): {', '.join(unused)}", class_="hint")


def _day(rows: Sequence[Bar]) -> tuple[int, int]:
    """Whole hours around all routes, and around shifts as far as they are near."""
    start = min(bar.route.start for bar in rows)
    end = max(bar.route.end for bar in rows)
    shifts = [shift for shift in (bar.view.shift(bar.route.vehicle_id) for bar in rows) if shift]
    first = min([start, *(max(shift.start, start - _SHIFT_MARGIN) for shift in shifts)])
    last = max([end, *(min(shift.end, end + _SHIFT_MARGIN) for shift in shifts)])
    first = first // 3600 * 3600
    return first, max(-(-last // 3600) * 3600, first + 3600)


def _ticks(first: int, last: int) -> range:
    hours = (last - first) / 3600
    day_steps = (24 * 3600 * days for days in range(1, int(hours) + 2))
    for step in (900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, *day_steps):
        if (last - first) / step <= _MOST_TICKS[last < DAY]:
            break
    return range(-(-first // step) * step, last + 1, step)


def _axis(first: int, last: int, ticks: range) -> Markup:
    labels = [
        element("text", quantities.clock(tick), x=_share(tick, first, last), y=14, text_anchor="middle")
        for tick in ticks
    ]
    return element("svg", *labels, class_="axis", width="100%", height=20, aria_hidden="true")


def _share(second: int, first: int, last: int) -> str:
    return f"{100 * (second - first) / (last - first):.2f}%"


def _row(bar: Bar, first: int, last: int, ticks: range, detailed: bool) -> Markup:
    view, route = bar.view, bar.route
    label = [swatch(bar.colour), element("b", route.vehicle_id)]
    driver = bar.plan or view.driver(route.vehicle_id)
    about = [part for part in (driver, f"{phrase('stop_count')}: {len(route.stop_ids)}") if part]
    label.append(element("small", " · ".join(about)))
    if route.violations:
        label.append(element("small", violation_words(route.violations), class_="alarm"))
    drawn = element(
        "svg",
        element("title", _title(route)),
        element(
            "svg",
            *_bar(view, route, first, last, ticks, detailed),
            viewBox=f"{first} 0 {last - first} {_HEIGHT}",
            preserveAspectRatio="none",
            width="100%",
            height=_HEIGHT,
        ),
        *_numbers(route, first, last),
        role="img",
        aria_label=_title(route),
        width="100%",
        height=_HEIGHT,
    )
    return element(
        "tr", element("th", *label, scope="row", class_="t"), element("td", drawn), data_route=bar.colour
    )


def _title(route: Route) -> str:
    return phrase(
        "timeline_of",
        vehicle=route.vehicle_id,
        start=quantities.clock(route.start),
        end=quantities.clock(route.end),
        stops=len(route.stop_ids),
    )


def _bar(
    view: PlanView, route: Route, first: int, last: int, ticks: range, detailed: bool
) -> Iterable[Markup]:
    yield element("path", d="".join(f"M{tick} 0v{_HEIGHT}" for tick in ticks), class_="grid")
    shift = view.shift(route.vehicle_id)
    if shift:
        start, end = max(shift.start, first), min(shift.end, last)
        yield element("path", d=_block(start, end, 12, 22), class_="shift")
    for kind, blocks in _blocks(view, route):
        if blocks:
            yield element("path", d=blocks, class_=kind)
    now = view.options.now
    if now is not None and first <= now <= last:
        yield element("path", d=f"M{now} 0v{_HEIGHT}", class_="now")
    broken = "".join(f"M{visit.start} 12v24" for visit in route.visits if visit.violations)
    if broken:
        yield element("path", d=broken, class_="broken")
    if detailed:
        yield join(_tooltip(view, route, visit) for visit in route.visits if visit.sequence or visit.service)


def _blocks(view: PlanView, route: Route) -> Iterable[tuple[str, str]]:
    """What is drawn of each kind, in drawing order; "" of a kind that there is none of."""
    spans: dict[str, list[tuple[int, int]]] = {kind: [] for kind in _BANDS}
    late: dict[str, list[tuple[int, int]]] = {"late_mark": [], "late_soft": []}
    for visit in route.visits:
        for kind, span in view.activities(visit).items():
            spans[kind].append(span)
        mark = "late_soft" if view.is_allowed_late(visit) else "late_mark"
        late[mark].append((visit.start - visit.late, visit.start))
    for kind, band in _BANDS.items():
        yield kind, _drawn(spans[kind], band)
    yield (
        "overtime",
        _drawn([(view.overtime_start(route), route.end)] if route.overtime else [], _OVERTIME_BAND),
    )
    for mark, found in late.items():
        yield mark, _drawn(found, _LATE_BAND)
    behind = [(visit.arrival - visit.drive, visit.end) for visit in route.visits if view.is_behind(visit)]
    yield "behind", _drawn(behind, _BEHIND_BAND)


def _drawn(spans: Iterable[tuple[int, int]], band: tuple[int, int]) -> str:
    return "".join(_block(start, end, *band) for start, end in spans if end > start)


def _block(start: int, end: int, top: int, height: int) -> str:
    return f"M{start} {top}h{end - start}v{height}h{start - end}z"


def _tooltip(view: PlanView, route: Route, visit: Visit) -> Markup:
    start = visit.arrival - visit.drive
    title = f"{visit.sequence}. {view.name(visit)}\n{phrase('eta')} {quantities.clock(visit.arrival)}"
    if visit.type != VISIT_STOP and visit.service:
        kind = list(view.activities(visit))[-1]
        title += f"\n{phrase(kind)} {quantities.span(visit.start, visit.end)}"
    windows = view.windows(route, visit)
    if windows:
        title += f"\n{phrase('window')} {quantities.spans(windows)}"
    if visit.late:
        title += f"\n{view.lateness(visit)}"
    if view.state(visit):
        title += f"\n{view.state(visit)}"
    return element(
        "rect",
        element("title", title),
        x=start,
        width=max(visit.end - start, 1),
        height=_HEIGHT,
        class_="hit",
    )


def _numbers(route: Route, first: int, last: int) -> Iterable[Markup]:
    """The stop numbers, as many as there is room for; those of visits that break a rule come first."""
    stops = [visit for visit in route.visits if visit.type == VISIT_STOP]
    digits = max(len(str(len(stops))), 2)
    gap = digits * _DIGIT_GAP * (last - first)
    taken: list[int] = []
    for wanted in (True, False):
        for visit in stops:
            if bool(visit.violations) != wanted or any(abs(visit.start - other) < gap for other in taken):
                continue
            taken.append(visit.start)
            yield element(
                "text",
                visit.sequence,
                x=_share(visit.start, first, last),
                y=9,
                class_="alarm" if wanted else None,
            )
