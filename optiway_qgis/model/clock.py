"""How a moment of the day is written in sentences for people."""

from __future__ import annotations

from .problem import DAY, OPEN_END, Window


def clock(moment: int) -> str:
    """Return seconds from midnight of the plan date as HH:MM, the minute begun, with the days after told."""
    days, rest = divmod(moment, DAY)
    return f"{rest // 3600:02}:{rest % 3600 // 60:02}" + (f" ({days:+d} d)" if days else "")


def hours(window: Window) -> str:
    """Return an interval as 10:00-11:00, with words where an end is open."""
    if window.end >= OPEN_END:
        return f"{clock(window.start)} or later" if window.start else "any time"
    if window.start == 0:
        return f"{clock(window.end)} or earlier"
    return f"{clock(window.start)}-{clock(window.end)}"
