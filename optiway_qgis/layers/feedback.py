"""What the reading of layers tells the user: equal warnings of many stops become one line.

The words of a warning are chosen where it arises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgis.core import QgsProcessingFeedback

_NAMED = 5


class GroupedWarnings:
    """Warnings collected by text, each with the features it is about, told once at the end."""

    def __init__(self) -> None:
        self._about: dict[str, list[str]] = {}

    def add(self, text: str, about: str = "") -> None:
        """Note a warning, and the stop, depot or vehicle it is about."""
        self._about.setdefault(text, [])
        if about:
            self._about[text].append(about)

    def texts(self) -> list[str]:
        """One line per warning, naming at most five of the features."""
        return [f"{text}{_named(about)}" for text, about in self._about.items()]

    def push(self, feedback: QgsProcessingFeedback) -> None:
        """Tell them and forget them."""
        for text in self.texts():
            feedback.pushWarning(text)
        self._about.clear()


def _named(about: list[str]) -> str:
    if not about:
        return ""
    more = f" and {len(about) - _NAMED} more" if len(about) > _NAMED else ""
    return f" ({', '.join(about[:_NAMED])}{more})"
