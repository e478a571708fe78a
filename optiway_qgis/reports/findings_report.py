"""The page of what was found before planning: figures, map, hour by hour, each finding with its remedy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable, Sequence

from ..model.findings import CODES, ERROR, INFO, REMEDIES, SEVERITIES, WARNING
from ..model.reasons import UNASSIGNED_REASONS
from . import quantities
from .markup import Markup, element, join
from .page import contents, header, page
from .parts import Column, figure, legend, row, section, table
from .phrases import code_words, phrase
from .quantities import NOTHING
from .route_map import depot_marks, frame_around, scale_bar

if TYPE_CHECKING:
    from ..model.findings import Finding, HourCover
    from ..model.problem import Problem
    from .route_map import Frame

ROW_LIMIT = 500
"""Most lines of the table; the layer has all findings."""

_NAMED = 5
_WIDTH, _HEIGHTS = 2000, (560, 1100)
_COUNTS = {ERROR: "errors", WARNING: "warnings", INFO: "infos"}
_RADIUS = {ERROR: 19, WARNING: 16, INFO: 12}
_SMALL = 1500
_MISPLACED = ("swapped_coordinates", "far_from_others")


@dataclass(frozen=True)
class Checked:
    """What was looked at and what was found, the findings in their order. `rejected` counts the stops that
    could not be read or were excluded, `travel` is where travel times come from."""

    problem: Problem
    findings: Sequence[Finding]
    cover: Sequence[HourCover]
    rejected: int
    travel: str


def findings_report(checked: Checked) -> str:
    """Return the text of one HTML file, to be written as UTF-8. The same input gives the same text."""
    problem = checked.problem
    parts = {
        "by_code": _by_code(checked.findings),
        "findings": _findings(checked.findings),
        "places": _map(checked),
        "hours": _hours(checked.cover),
    }
    travel = phrase("travel_estimate") if checked.travel == "estimate" else checked.travel
    facts = [("time_zone", problem.time_zone), ("travel", travel)]
    return page(
        phrase("check_title"),
        [
            header(phrase("check_title"), problem.plan_date, facts),
            _verdict(checked.findings),
            _figures(checked),
            contents([key for key, part in parts.items() if part]),
            *parts.values(),
        ],
    )


def _verdict(findings: Sequence[Finding]) -> Markup:
    counts = Counter(finding.severity for finding in findings)
    if counts[ERROR]:
        words = element("p", phrase("check_errors"), class_="alarm")
    elif counts[WARNING]:
        words = element("p", phrase("check_warnings"))
    else:
        words = element("p", phrase("check_good"), class_="good")
    untried = [finding for finding in findings if finding.code == "not_tried"]
    notes = (element("p", f"{finding.text} {finding.remedy}") for finding in untried)
    return element("div", words, *notes, class_="notices", role="note")


def _figures(checked: Checked) -> Markup:
    problem = checked.problem
    counts = Counter(finding.severity for finding in checked.findings)
    rejected = phrase("rejected", count=checked.rejected) if checked.rejected else ""
    tiles = [
        *(
            figure(_COUNTS[severity], str(counts[severity]), "", severity == ERROR and counts[ERROR] > 0)
            for severity in SEVERITIES
        ),
        figure("stops_read", str(len(problem.stops)), rejected),
        figure("depots", str(len(problem.depots)), ""),
        figure("vehicles", str(len(problem.vehicles)), ""),
    ]
    return element(
        "section",
        element("h2", phrase("figures"), class_="unseen"),
        element("dl", *tiles, class_="figures"),
    )


def _by_code(findings: Sequence[Finding]) -> Markup:
    if not findings:
        return Markup()
    counts = Counter((finding.severity, finding.code) for finding in findings)
    entries = [
        element(
            "li",
            element("b", count),
            element("span", element("b", code_words(code)), element("small", _general(code))),
            class_=severity,
        )
        for (severity, code), count in counts.items()
    ]
    return section("by_code", element("ul", *entries, class_="reasons"))


def _general(code: str) -> str:
    return f"{REMEDIES[code]}." if code in CODES else UNASSIGNED_REASONS[code]


def _findings(findings: Sequence[Finding]) -> Markup:
    """One line per finding; those that differ by their features alone share one."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.severity, one.about.layer, one.field, one.text, one.remedy), []).append(one)
    if not groups:
        return Markup()
    keys = ("severity", "layer", "feature", "id", "field", "finding", "what_to_do")
    columns = [Column(phrase(key), True) for key in keys]
    rows = [
        row(
            columns,
            [
                element("span", phrase(severity), class_=f"badge {severity}"),
                layer or NOTHING,
                _some(f"{one.about.feature_id}" for one in group if one.about.feature_id is not None),
                _some(one.about.id for one in group if one.about.id),
                element("code", field) if field else NOTHING,
                text,
                remedy,
            ],
        )
        for (severity, layer, field, text, remedy), group in list(groups.items())[:ROW_LIMIT]
    ]
    more = len(groups) - len(rows)
    hint = element("p", phrase("more_findings", count=more), class_="hint") if more else Markup()
    return section("findings", table(columns, rows), hint)


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = phrase("and_more", count=len(listed) - _NAMED) if len(listed) > _NAMED else ""
    return ", ".join(listed[:_NAMED]) + more or NOTHING


def _hours(cover: Sequence[HourCover]) -> Markup:
    if not cover:
        return Markup()
    keys = ("hour", "on_shift", "time_there", "must_begin", "service_asked", "share_asked", "needed")
    columns = [Column(phrase(key), key == "hour") for key in keys]
    rows = [
        row(
            columns,
            [
                quantities.span(hour.start, hour.start + 3600),
                hour.vehicles,
                quantities.duration_or_nothing(hour.there),
                hour.stops or NOTHING,
                quantities.duration_or_nothing(hour.asked),
                _share(hour),
                hour.needed or NOTHING,
            ],
            class_="alarm" if hour.is_short else None,
        )
        for hour in cover
    ]
    return section("hours", element("p", phrase("hours_hint"), class_="hint"), table(columns, rows))


def _share(hour: HourCover) -> Markup:
    share = min(hour.asked / hour.there, 1) if hour.there else float(hour.asked > 0)
    bar = element("i", style=f"width:{100 * share:.0f}%")
    return element("span", bar, class_="bar over" if hour.is_short else "bar")


def _map(checked: Checked) -> Markup:
    """The stops, and those of the findings by severity; each place once, by the gravest."""
    problem = checked.problem
    marked: dict[tuple[float, float], Finding] = {}
    for finding in checked.findings:
        if finding.about.place is not None:
            marked.setdefault(finding.about.place, finding)  # the gravest comes first
    misplaced = {one.about.place for one in checked.findings if one.code in _MISPLACED}
    places = [(one.lon, one.lat) for one in (*problem.stops, *problem.depots)]
    usual = [place for place in places if place not in misplaced] or places or list(marked)
    if not usual:
        return Markup()
    frame = frame_around(usual, list(marked), _WIDTH, _HEIGHTS)
    far = sum(not _holds(frame, place) for place in marked)
    title = phrase("places_of")
    drawn = (frame.at(*place) for place in places if _holds(frame, place))
    dots = "".join(f"M{x} {y}h0" for x, y in drawn)
    return section(
        "places",
        legend([("stop_seen", phrase("stop")), ("depot", phrase("depot")), *_severities(checked.findings)]),
        element(
            "svg",
            element("title", title),
            element("path", d=dots, class_="seen", stroke_width=18 if len(places) <= _SMALL else 9),
            *depot_marks(frame, [depot for depot in problem.depots if frame.holds(depot)]),
            *(_mark(frame, place, marked[place]) for place in reversed(list(marked))),
            scale_bar(frame, miles=False),
            viewBox=f"0 0 {frame.width} {frame.height}",
            role="img",
            aria_label=title,
            class_="map",
        ),
        element("p", phrase("outside_findings", count=far), class_="hint") if far else Markup(),
    )


def _holds(frame: Frame, place: tuple[float, float]) -> bool:
    x, y = frame.at(*place)
    return 0 <= x <= frame.width and 0 <= y <= frame.height


def _severities(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    present = {finding.severity for finding in findings if finding.about.place is not None}
    return [(severity, phrase(severity)) for severity in SEVERITIES if severity in present]


def _mark(frame: Frame, place: tuple[float, float], finding: Finding) -> Markup:
    if not _holds(frame, place):
        return Markup()
    x, y = frame.at(*place)
    words = join([finding.about.id, ": ", finding.text])
    circle = element("circle", element("title", words), cx=x, cy=y, r=_RADIUS[finding.severity])
    return element("g", circle, class_=f"mark {finding.severity}")
