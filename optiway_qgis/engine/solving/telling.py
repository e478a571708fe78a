"""How times, durations and lengths are written in sentences for dispatchers."""

from __future__ import annotations


def clock(moment: int) -> str:
    """Return seconds from midnight as HH:MM, rounded up, with the days after the plan date told."""
    day, minute = divmod(-(-moment // 60), 24 * 60)
    return f"{minute // 60:02d}:{minute % 60:02d}" + (f" ({day:+d} d)" if day else "")


def minutes(seconds: int) -> str:
    """Return a duration in minutes, rounded up."""
    return f"{-(-seconds // 60)} min"


def length(metres: float) -> str:
    """Return a distance in metres, or from a kilometre on in kilometres."""
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
