"""The report of two plans side by side: one HTML file that needs nothing else. Here are its parts.

What differs is compare.py's of the model; the page around the parts is page.py's, the map route_map.py's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable, Mapping, Sequence

from ..model.compare import ADDED, COUNT, EARLIER, KM, LATER, MINUTES, MOVED, RATIO, REMOVED
from . import quantities
from .changed_stops import LIST_LIMIT, changes_table
from .markup import Markup, element, join
from .page import conditions_words, contents, header, notice_list, page, source_words, travel_notice
from .parts import Column, more, row, section, swatch, table
from .phrases import code_words, phrase
from .plan_view import PlanView, ReportOptions, view_of
from .quantities import NOTHING
from .route_map import drawing, frame_of, map_legends, outside_hint, sketch_of
from .timeline import Bar, bars

if TYPE_CHECKING:
    from ..model.compare import Comparison, Figure
    from ..model.plan import Plan, Violation
    from ..model.problem import Problem

_MAP_WIDTH = 1300
_MAP_HEIGHTS = (720, 1500)
_RINGED_SHARE = 1 / 3
"""With a larger share of the stops ringed, rings would tell nothing."""

_WORDS = {
    "distance_km": "distance",
    "drive_min": "driving",
    "service_min": "service",
    "setup_min": "setup",
    "loading_min": "loading",
    "break_min": "break_time",
    "overtime_min": "overtime",
    "longest_min": "longest_route",
    "gini": "gini",
    "wait_min": "wait",
    "work_min": "work",
    "late_min": "late_minutes",
    "stops_unserved": "not_served",
}
"""Figures whose phrase is not called like them."""

_RARE = ("loading_min", "break_min", "overtime_min")
"""Figures that are told where a plan has any of it."""

_GOOD_WHEN = {
    "stops_served": 1,
    **dict.fromkeys(("routes", "service_min", "setup_min", "loading_min", "break_min"), 0),
}
"""Which way a figure gets better: 1 up, 0 neither; all others down."""

_OF_VEHICLE = (
    *("stops_served", "distance_km", "drive_min", "wait_min", "break_min", "work_min", "overtime_min"),
    *("late_min", "cost", "violations"),
)
_JUDGED_OF_VEHICLE = ("late_min", "violations")


@dataclass(frozen=True)
class _Pair:
    """Both plans with what differs: views, names, remarks on stops, and the number of each vehicle's
    colour."""

    before: PlanView
    after: PlanView
    comparison: Comparison
    names: tuple[str, str]
    remarks: Mapping[str, str]
    colours: Mapping[str, int]

    @property
    def views(self) -> tuple[PlanView, PlanView]:
        return self.before, self.after

    def name(self, stop_id: str) -> str:
        return self.after.stop_name(stop_id) or NOTHING


def compare_report(
    problem: Problem,
    plans: tuple[Plan, Plan],
    comparison: Comparison,
    names: tuple[str, str] = ("", ""),
    remarks: Mapping[str, str] | None = None,
    options: ReportOptions = ReportOptions(),
) -> str:
    """Return two plans of a problem as the text of one HTML file, to be written as UTF-8.

    Parameters
    ----------
    plans, names
        The plan before and the one after, and what they are called, such as the names of their layers.
    comparison
        What `model.compare.compare` finds in these plans.
    remarks
        By stop, why a plan has no row for it.
    options
        As of the report of a plan.
    """
    views = [view_of(problem, plan, (), options) for plan in plans]
    colours = {vehicle_id: number for number, vehicle_id in enumerate(comparison.by_vehicle)}
    pair = _Pair(views[0], views[1], comparison, names, remarks or {}, colours)
    parts = {
        "maps": _maps(pair),
        "comparison": _figures(pair),
        "by_vehicle": _vehicles(pair),
        "timeline": _timeline(pair),
        "changed": _changed(pair),
        "not_served": _not_served(pair),
        "broken": _broken(pair),
    }
    title = options.title or phrase("comparison_title")
    facts = [
        ("before", names[0]),
        ("after", names[1]),
        ("time_zone", problem.time_zone),
        ("travel", source_words(plans[1])),
        ("traffic", conditions_words(options)),
    ]
    return page(
        title,
        [
            header(title, problem.plan_date, facts),
            _notices(pair),
            _tiles(pair),
            contents([key for key, part in parts.items() if part]),
            *parts.values(),
        ],
    )


def _notices(pair: _Pair) -> Markup:
    broken, served = (pair.comparison.figure(name) for name in ("violations", "stops_served"))
    notices = [travel_notice([view.plan for view in pair.views])]
    if broken.difference > 0:
        words = phrase("more_violations_note", count=broken.difference, section=phrase("broken"))
        notices.append(element("p", words, class_="alarm"))
    if served.difference < 0:
        words = phrase("fewer_served_note", count=-served.difference, section=phrase("not_served"))
        notices.append(element("p", words, class_="alarm"))
    if not pair.comparison.changes:
        notices.append(element("p", phrase("same_note")))
    return notice_list(notices)


def _tiles(pair: _Pair) -> Markup:
    comparison = pair.comparison
    shared = comparison.figure("stops_served").before - comparison.count(REMOVED)
    note = phrase("other_changes", earlier=comparison.count(EARLIER), later=comparison.count(LATER))
    tiles = [
        _tile(pair, name)
        for name in (
            "cost",
            "distance_km",
            "drive_min",
            "work_min",
            "late_stops",
            "violations",
            "stops_unserved",
        )
    ]
    tiles.append(
        element(
            "div",
            element("dt", phrase("moved_stops")),
            element(
                "dd",
                element("b", comparison.count(MOVED)),
                element("small", f"{phrase('of_shared', total=shared)} · {note}"),
            ),
            data_figure="moved",
        )
    )
    return element(
        "section",
        element("h2", phrase("figures"), class_="unseen"),
        element("dl", *tiles, class_="figures"),
        element("p", phrase("judged_note", zone=pair.after.problem.time_zone), class_="hint"),
    )


def _tile(pair: _Pair, name: str) -> Markup:
    figure = pair.comparison.figure(name)
    words = phrase(
        "of_figure" if figure.percent else "from_to",
        before=_shown(pair, figure, figure.before),
        after=_shown(pair, figure, figure.after),
        percent=_percent(figure),
    )
    return element(
        "div",
        element("dt", _named(pair, figure)),
        element(
            "dd",
            element("b", _difference(pair, figure), class_=_judgement(figure)),
            element("small", words),
        ),
        data_figure=name,
    )


def _word(name: str) -> str:
    return phrase(_WORDS.get(name, name))


def _named(pair: _Pair, figure: Figure) -> str:
    """The name of a figure, with its unit where the number does not show it."""
    unit = _unit(pair, figure)
    return f"{_word(figure.name)} ({unit})" if unit else _word(figure.name)


def _unit(pair: _Pair, figure: Figure) -> str:
    options = pair.after.options
    if figure.unit == KM:
        return phrase("miles" if options.miles else "km")
    return options.currency if figure.unit not in (MINUTES, COUNT, RATIO) else ""


def _shown(pair: _Pair, figure: Figure, number: float) -> str:
    """A number of the figure, without unit and sign."""
    number = abs(number)
    if figure.unit == KM:
        return pair.after.distance(number * 1000)
    if figure.unit == MINUTES:
        return quantities.duration(round(number * 60))
    if figure.unit == RATIO:
        return f"{number:.2f}"
    return quantities.grouped(number, 0) if figure.unit == COUNT else quantities.money(number)


def _difference(pair: _Pair, figure: Figure) -> str:
    """The difference with its sign; a dash for one too small to be shown."""
    text = _shown(pair, figure, figure.difference)
    return quantities.signed(figure.difference, text) if text.strip("0.,:") else NOTHING


def _percent(figure: Figure) -> str:
    if not figure.percent:
        return NOTHING
    return quantities.signed(figure.percent, f"{abs(figure.percent):.1f}\N{NO-BREAK SPACE}%")


def _judgement(figure: Figure) -> str | None:
    """The class of a difference: better, worse, or none."""
    gain = figure.difference * _GOOD_WHEN.get(figure.name, -1)
    return "better" if gain > 0 else "worse" if gain < 0 else None


def _maps(pair: _Pair) -> Markup:
    sketches = [
        sketch_of(view, [pair.colours[route.vehicle_id] for route in view.plan.routes]) for view in pair.views
    ]
    frame = frame_of(sketches, _MAP_WIDTH, _MAP_HEIGHTS)
    if frame is None:
        return Markup()
    stop_count = max(view.served for view in pair.views)
    ringed = {one.stop_id for one in pair.comparison.changes if one.change in (MOVED, ADDED, REMOVED)}
    if len(ringed) > _RINGED_SHARE * stop_count:
        ringed = set()
    vehicles = [(colour, vehicle_id) for vehicle_id, colour in pair.colours.items()]
    drawings = [
        element(
            "figure",
            element("figcaption", element("b", phrase(key)), f" · {name}" if name else ""),
            drawing(sketch, frame, phrase(f"{key}_map"), stop_count, ringed),
        )
        for key, name, sketch in zip(("before", "after"), pair.names, sketches)
    ]
    return section(
        "maps",
        *map_legends(sketches, frame, vehicles, *(["ringed_stop"] if ringed else [])),
        element("div", *drawings, class_="pair"),
        outside_hint(sketches, frame),
        element("p", phrase("maps_hint"), class_="hint"),
    )


def _figures(pair: _Pair) -> Markup:
    columns = [
        Column(phrase("figure"), True),
        *(Column(phrase(key)) for key in ("before", "after", "difference", "percent")),
    ]
    told = [figure for figure in pair.comparison.figures if _is_told(pair, figure.name)]
    rows = [row(columns, _figure_cells(pair, figure)) for figure in told]
    return section("comparison", table(columns, rows))


def _figure_cells(pair: _Pair, figure: Figure) -> list[object]:
    judged = _judgement(figure)
    return [
        _named(pair, figure),
        _shown(pair, figure, figure.before),
        _shown(pair, figure, figure.after),
        element("b", _difference(pair, figure), class_=judged),
        element("span", _percent(figure), class_=judged if figure.percent else None),
    ]


def _vehicles(pair: _Pair) -> Markup:
    if not pair.comparison.by_vehicle:
        return Markup()
    columns = [
        Column(phrase("vehicle"), True),
        Column(phrase("driver"), True),
        *(Column(_named(pair, figure)) for figure in _chosen(pair, pair.comparison.figures)),
    ]
    rows = [
        row(
            columns,
            [
                join([swatch(pair.colours[vehicle_id]), vehicle_id]),
                pair.after.driver(vehicle_id) or NOTHING,
                *(_vehicle_cell(pair, figure) for figure in _chosen(pair, figures)),
            ],
            data_route=pair.colours[vehicle_id],
        )
        for vehicle_id, figures in pair.comparison.by_vehicle.items()
    ]
    totals = [_vehicle_cell(pair, figure) for figure in _chosen(pair, pair.comparison.figures)]
    foot = row(columns, [phrase("total"), "", *totals])
    return section(
        "by_vehicle",
        element("p", phrase("by_vehicle_hint"), class_="hint"),
        table(columns, rows, foot if len(rows) > 1 else None),
    )


def _timeline(pair: _Pair) -> Markup:
    """The days of each vehicle, one plan above the other."""
    sides = [(phrase(key), view) for key, view in zip(("before", "after"), pair.views)]
    rows = [
        Bar(view, index, colour, plan)
        for vehicle_id, colour in pair.colours.items()
        for plan, view in sides
        for index, route in enumerate(view.plan.routes)
        if route.vehicle_id == vehicle_id
    ]
    return section("timeline", *bars(rows)) if rows else Markup()


def _is_told(pair: _Pair, name: str) -> bool:
    figure = pair.comparison.figure(name)
    return name not in _RARE or bool(figure.before or figure.after)


def _chosen(pair: _Pair, figures: Iterable[Figure]) -> list[Figure]:
    by_name = {figure.name: figure for figure in figures}
    return [by_name[name] for name in _OF_VEHICLE if _is_told(pair, name)]


def _vehicle_cell(pair: _Pair, figure: Figure) -> Markup:
    """The figure after, and the difference; that one vehicle does more and another less is no judgement."""
    text = _difference(pair, figure)
    judged = figure.name in _JUDGED_OF_VEHICLE or not figure.vehicle_id
    kind = "same" if text == NOTHING else _judgement(figure) if judged else None
    change = element("small", text, class_=f"change {kind}" if kind else "change")
    return join([_shown(pair, figure, figure.after), change])


def _changed(pair: _Pair) -> Markup:
    changes = pair.comparison.changes
    if not changes:
        return section("changed", element("p", phrase("no_changes"), class_="good"))
    listed = changes_table(changes, pair.after.stop_name, pair.colours, pair.remarks, "remarks")
    return section("changed", *listed)


def _not_served(pair: _Pair) -> Markup:
    before, after = set(pair.comparison.unserved_before), set(pair.comparison.unserved_after)
    if not before | after:
        return section("not_served", element("p", phrase("all_assigned"), class_="good"))
    columns = [Column(phrase(key), True) for key in ("id", "name", "not_served_by", "remarks")]
    sides = [("neither", before & after), ("only_after", after - before), ("only_before", before - after)]
    listed = [(phrase(key), stop_id) for key, ids in sides for stop_id in sorted(ids)]
    rows = [
        row(columns, [stop_id, pair.name(stop_id), side, pair.remarks.get(stop_id, NOTHING)])
        for side, stop_id in listed[:LIST_LIMIT]
    ]
    return section("not_served", table(columns, rows), more("more_violations", len(listed), LIST_LIMIT))


def _broken(pair: _Pair) -> Markup:
    found = [_breaches(view.plan) for view in pair.views]
    if not any(found):
        return section("broken", element("p", phrase("no_violations"), class_="good"))
    columns = [Column(phrase(key), True) for key in ("broken_in", "rule", "vehicle", "stop", "what")]
    before, after = found
    every = {**before, **after}
    sides = [
        ("only_after", after.keys() - before.keys()),
        ("both", after.keys() & before.keys()),
        ("only_before", before.keys() - after.keys()),
    ]
    listed = [(phrase(side), every[key]) for side, keys in sides for key in sorted(keys)]
    rows = [row(columns, _broken_cells(side, violation)) for side, violation in listed[:LIST_LIMIT]]
    return section("broken", table(columns, rows), more("more_violations", len(listed), LIST_LIMIT))


def _breaches(plan: Plan) -> dict[tuple[str, str, str, int], Violation]:
    """The violations by rule, vehicle and stop, and by number where those are the same."""
    found: dict[tuple[str, str, str, int], Violation] = {}
    seen: Counter[tuple[str, str, str]] = Counter()
    for one in plan.violations:
        key = (one.code, one.vehicle_id, one.stop_id)
        found[(*key, seen[key])] = one
        seen[key] += 1
    return found


def _broken_cells(side: str, violation: Violation) -> Sequence[object]:
    return [
        side,
        element("b", code_words(violation.code), class_="alarm"),
        violation.vehicle_id or NOTHING,
        violation.stop_id or NOTHING,
        violation.text,
    ]
