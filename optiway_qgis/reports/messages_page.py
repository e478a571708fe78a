"""Messages to drivers as one page to read or print, or as plain text to copy from.

Their words are made by model/messages.py.
"""

from __future__ import annotations

from typing import Sequence

from .markup import element
from .page import header, page
from .phrases import phrase

Message = tuple[str, str, str]
"""Vehicle, driver ("" when not known) and text."""


def messages_page(messages: Sequence[Message], plan_date: str) -> str:
    """Return the text of one HTML file, to be written as UTF-8."""
    title = phrase("messages_title")
    blocks = [
        element("section", element("h2", _heading(vehicle_id, driver)), element("p", text))
        for vehicle_id, driver, text in messages
    ]
    return page(title, [header(title, plan_date, ()), *(blocks or [element("p", phrase("no_messages"))])])


def messages_text(messages: Sequence[Message]) -> str:
    """Return plain text: a heading and a line for each message, an empty line between two."""
    return "\n".join(f"{_heading(vehicle_id, driver)}\n{text}\n" for vehicle_id, driver, text in messages)


def _heading(vehicle_id: str, driver: str) -> str:
    return " · ".join(filter(None, (vehicle_id, driver)))
