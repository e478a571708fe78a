"""Small pieces every part of the report is built from: sections, tables, legends, swatches."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Sequence

from ..model.palette import route_colour
from .markup import Markup, element
from .phrases import code_words, phrase


class Column(NamedTuple):
    """A column's heading; text stands left, numbers right."""

    heading: str
    is_text: bool = False


def section(key: str, *children: object) -> Markup:
    """Return a section whose id and heading are those of the phrase `key`."""
    return element("section", element("h2", phrase(key)), *children, id=key.replace("_", "-"))


def table(columns: Sequence[Column], rows: Iterable[Markup], foot: Markup | None = None) -> Markup:
    """Return a table that scrolls by itself when it is too wide."""
    head = [
        element("th", column.heading, scope="col", class_="t" if column.is_text else None)
        for column in columns
    ]
    return element(
        "div",
        element(
            "table",
            element("thead", element("tr", *head)),
            element("tbody", *rows),
            element("tfoot", foot) if foot else "",
        ),
        class_="scroll",
    )


def row(columns: Sequence[Column], cells: Sequence[object], **attributes: object) -> Markup:
    """Return a row of a table; its first cell is the row's heading."""
    parts = []
    for place, (column, cell) in enumerate(zip(columns, cells)):
        side = "t" if column.is_text else None
        if place == 0:
            parts.append(element("th", cell, scope="row", class_=side))
        else:
            parts.append(element("td", cell, class_=side))
    return element("tr", *parts, **attributes)


def more(key: str, count: int, listed: int) -> Markup:
    """Return how many of `count` are left out when at most `listed` are shown; nothing when none are."""
    if count <= listed:
        return Markup()
    return element("p", phrase(key, count=count - listed), class_="hint")


def figure(key: str, number: str, note: str, is_alarm: bool = False) -> Markup:
    """Return a key figure: the phrase `key` over the number, a note below."""
    value = element("dd", element("b", number), element("small", note) if note else "")
    return element(
        "div",
        element("dt", phrase(key)),
        value,
        class_="alarm" if is_alarm else None,
        data_figure=key,
    )


def swatch(index: int) -> Markup:
    """Return a patch in the colour of the route at place `index` of the plan."""
    return element("i", class_="swatch", style=f"background:{route_colour(index)}")


def legend(entries: Iterable[tuple[str, str]]) -> Markup:
    """Return a legend of (class of the style sheet, words)."""
    return element(
        "p",
        *(element("span", element("i", class_=f"key {name}"), words) for name, words in entries),
        class_="legend",
    )


def violation_words(codes: Sequence[str]) -> str:
    """Return reason codes as a list of words."""
    return ", ".join(code_words(code) for code in codes)
