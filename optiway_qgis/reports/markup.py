"""Building HTML and SVG so that nothing foreign gets in unescaped. No content of its own."""

from __future__ import annotations

import html
import re
from typing import Iterable

_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Markup(str):
    """HTML that is safe as it stands; any other string is text, escaped where it enters."""

    __slots__ = ()


def markup(content: object) -> Markup:
    """Return `content` as HTML: markup unchanged, anything else as escaped text.

    Characters that HTML or UTF-8 cannot hold (controls, lone surrogates) become U+FFFD.
    """
    if isinstance(content, Markup):
        return content
    return Markup(html.escape(_NOT_TEXT.sub("\ufffd", str(content))))


def join(parts: Iterable[object]) -> Markup:
    """Return the parts one after the other as HTML."""
    return Markup("".join([markup(part) for part in parts]))


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """Return an element that is not a void one.

    Attributes that are None are left out. Of their names a final underscore is dropped and others become
    hyphens: `class_`, `stroke_width`.
    """
    given = "".join(
        [
            f' {name.rstrip("_").replace("_", "-")}="{markup(value)}"'
            for name, value in attributes.items()
            if value is not None
        ]
    )
    return Markup(f"<{tag}{given}>{join(children)}</{tag}>")
