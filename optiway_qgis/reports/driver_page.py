"""The day of a driver as one page for a telephone: it loads nothing, and no script but its own runs in it.

How it looks is resources/driver/page.css's; ticking off, kept by the telephone, is page.js's.
"""

from __future__ import annotations

import base64
import hashlib
import string
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Sequence
from urllib.parse import quote

from ..model.links import APPLE, GOOGLE, STOP_LINKS, apple_chain, google_chain
from ..model.plan import VISIT_BREAK, VISIT_END, VISIT_START
from .driver_tables import Loading, loadings
from .driver_words import amounts, dialled, facts
from .markup import Markup, element, join, markup
from .route_map import frame_around, paths, scale_bar

if TYPE_CHECKING:
    from ..model.driver_day import DayVisit, DriverDay
    from ..model.links import ChainLink
    from .driver_words import Words
    from .route_map import Frame

_RESOURCES = Path(__file__).parent.parent / "resources" / "driver"
_WIDTH, _HEIGHTS = 800, (500, 900)
_RADIUS = 20
_SCALE_HEIGHT = 40
_MARKS = {VISIT_START: "\u25b6", VISIT_BREAK: "\u2016", VISIT_END: "\u25a0"}
"""What stands for the number where there is nothing to count."""


def driver_page(day: DriverDay, words: Words) -> str:
    """Return the text of one HTML file, to be written as UTF-8."""
    body = [_header(day, words), _visits(day, words), _whole_route(day, words)]
    body += [_map(day, words), _loading(day, words), element("footer", _footer(day, words))]
    style, script = (_resource(name) for name in ("page.css", "page.js"))
    return string.Template(_resource("page.html")).substitute(
        language=markup(words["language"]),
        title=markup(f"{day.title} · {day.plan_date.isoformat()}"),
        style=style,
        style_digest=_digest(style),
        script=script,
        script_digest=_digest(script),
        body=join(body),
    )


def _resource(name: str) -> str:
    return (_RESOURCES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _header(day: DriverDay, words: Words) -> Markup:
    told = [day.plan_date.isoformat(), words["stops"].format(count=len(day.stops))]
    if day.valid:
        first, last = (day.valid[at].eta.clock(day.plan_date) for at in (0, -1))
        told.insert(1, f"{first}\N{EN DASH}{last}")
    if day.distance_km is not None:
        told.append(f"{day.distance_km:.0f} {words['km']}")
    if day.version is not None:
        told.append(words["version"].format(version=day.version))
    done = sum(visit.behind for visit in day.valid)
    bar = element("progress", id="bar", max=max(len(day.valid), 1), value=done, aria_label=words["done"])
    listed = join(join([element("span", f"{part} ·"), " "]) for part in told[:-1])
    last_told = element("span", told[-1])
    return element("header", element("h1", day.title), element("p", listed, last_told, class_="facts"), bar)


def _visits(day: DriverDay, words: Words) -> Markup:
    if not day.valid:
        return element("p", words["nothing"])
    next_visit = next(iter(day.ahead), None)
    items = [_visit(visit, day, words, visit is next_visit) for visit in day.valid]
    route = f"{day.plan_date.isoformat()}:{day.vehicle_id}"
    return element("ol", *items, class_="visits", id="visits", data_route=route)


def _visit(visit: DayVisit, day: DriverDay, words: Words, is_next: bool) -> Markup:
    state = " done" if visit.behind else " next" if is_next else ""
    tick = element(
        "button",
        words["undo" if visit.behind else "done"],
        type="button",
        class_="tick",
        data_done=words["done"],
        data_undo=words["undo"],
    )
    about = element("div", _facts(visit, day, words), _buttons(visit, words), class_="about")
    return element(
        "li",
        element("div", words["next"], class_="flag"),
        element("details", _summary(visit, day, words), about, open="" if is_next else None),
        tick,
        class_=f"visit {visit.type}{state}",
        data_key=f"{visit.type}:{visit.id}:{visit.sequence if not visit.is_stop else ''}",
        data_behind="" if visit.behind else None,
    )


def _summary(visit: DayVisit, day: DriverDay, words: Words) -> Markup:
    title = words["break"] if visit.type == VISIT_BREAK else visit.title
    quiet = [] if visit.is_stop or visit.type == VISIT_BREAK else [words[visit.type]]
    quiet += [window.text(day.plan_date) for window in visit.windows]
    if not visit.windows and visit.end > visit.eta:
        quiet.append(f"{words['until']} {visit.end.clock(day.plan_date)}")
    quiet += visit.address.split("\n")[:1]
    told = [element("span", text) for text in quiet if text]
    if visit.late_min >= 1:
        minutes = f"{visit.late_min:.0f}"
        told.append(element("span", words["late"].format(minutes=minutes), class_="late"))
    what = element("span", element("strong", title), *told, class_="what")
    return element(
        "summary",
        element("span", _MARKS.get(visit.type, visit.sequence), class_="number"),
        what,
        element("span", visit.eta.clock(day.plan_date), class_="eta"),
    )


def _facts(visit: DayVisit, day: DriverDay, words: Words) -> Markup:
    # The first line of the address, and the window, are in the summary.
    told = facts(visit, day, ("phone", "window", *(() if "\n" in visit.address else ("address",))))
    parts = [part for key, text in told for part in (element("dt", words[key]), _fact(key, text))]
    if visit.phone and not dialled(visit.phone):
        parts += [element("dt", words["phone"]), element("dd", visit.phone)]
    return element("dl", *parts) if parts else Markup()


def _fact(key: str, text: str) -> Markup:
    if key == "email":
        return element("dd", element("a", text, href=f"mailto:{quote(text, safe='@')}"))
    return element("dd", text, class_="code" if key == "access_code" else None)


def _buttons(visit: DayVisit, words: Words) -> Markup:
    buttons = []
    if visit.place is not None and visit.type != VISIT_BREAK:
        links = {app: link(visit.place) for app, link in STOP_LINKS.items()}
        buttons = [
            _button(words[app], url, "button main" if app == GOOGLE else "button")
            for app, url in links.items()
        ]
    number = dialled(visit.phone)
    if number:
        buttons.append(_button(f"{words['call']} {visit.phone}", f"tel:{number}", "button wide"))
    return element("div", *buttons, class_="buttons") if buttons else Markup()


def _button(words: str, url: str, class_: str = "button") -> Markup:
    return element("a", words, href=url, class_=class_, rel="noreferrer")


def _whole_route(day: DriverDay, words: Words) -> Markup:
    visits = day.to_reach
    places = [visit.place for visit in visits if visit.place is not None]
    if len(places) < 2:
        return Markup()
    chains = {GOOGLE: google_chain(places, day.start_place), APPLE: apple_chain(places, day.start_place)}
    blocks = [
        element("div", *_chain_buttons(words[app], chain, visits, words), class_="buttons two")
        for app, chain in chains.items()
    ]
    return element("details", element("summary", words["whole_route"]), *blocks, class_="panel")


def _chain_buttons(
    app: str, chain: Sequence[ChainLink], visits: Sequence[DayVisit], words: Words
) -> list[Markup]:
    buttons, at = [], 0
    for link in chain:
        first, last = visits[at], visits[at + len(link.places) - 1]
        key = "part_one" if first is last else "part"
        label = words[key].format(app=app, first=first.sequence, last=last.sequence)
        buttons.append(_button(label, link.url))
        at += len(link.places)
    return buttons


def _map(day: DriverDay, words: Words) -> Markup:
    if len(day.line) < 2:
        return Markup()
    drawn = [visit for visit in day.valid if visit.place is not None and visit.type != VISIT_BREAK]
    places = [(visit.place.lon, visit.place.lat) for visit in drawn]
    frame = frame_around([*day.line, *places], [], _WIDTH, _HEIGHTS)
    (path,) = paths(frame, [day.line])
    frame = replace(frame, height=frame.height + _SCALE_HEIGHT)
    depots = [visit for visit in drawn if not visit.is_stop]
    stops = [visit for visit in drawn if visit.is_stop]
    title = words["map_of"]
    svg = element(
        "svg",
        element("title", title),
        element("path", d=path, class_="way"),
        *(_depot_mark(visit, frame) for visit in depots),
        *(_stop_mark(visit, frame) for visit in reversed(stops)),
        scale_bar(frame, miles=False),
        viewBox=f"0 0 {frame.width} {frame.height}",
        role="img",
        aria_label=title,
        class_="map",
    )
    return element("details", element("summary", words["map"]), svg, class_="panel", open="")


def _depot_mark(visit: DayVisit, frame: Frame) -> Markup:
    x, y = frame.at(visit.place.lon, visit.place.lat)
    return element("rect", element("title", visit.title), x=x - 16, y=y - 16, width=32, height=32, rx=4)


def _stop_mark(visit: DayVisit, frame: Frame) -> Markup:
    x, y = frame.at(visit.place.lon, visit.place.lat)
    return element(
        "g",
        element("title", visit.title),
        element("circle", cx=x, cy=y, r=_RADIUS),
        element("text", visit.sequence, x=x, y=y + 8),
    )


def _loading(day: DriverDay, words: Words) -> Markup:
    found = loadings(day)
    if not found:
        return Markup()
    groups = (_loading_group(one, day, words) for one in found)
    hint = element("p", words["loading_hint"], class_="hint")
    return element("details", element("summary", words["loading"]), hint, *groups, class_="panel")


def _loading_group(loading: Loading, day: DriverDay, words: Words) -> Markup:
    rows = (
        element(
            "tr",
            element("td", visit.sequence),
            element("td", visit.title, element("small", visit.address)),
            element("td", amounts(visit.delivery)),
        )
        for visit in loading.stops
    )
    at = loading.at
    title = words["start"]
    if at is not None:
        title = words["load_at"].format(place=at.title, time=at.eta.clock(day.plan_date))
    return join([element("p", element("strong", title)), element("table", *rows)])


def _footer(day: DriverDay, words: Words) -> str:
    return f"{words['kept_here']} {words['times_in'].format(zone=day.time_zone)}"
