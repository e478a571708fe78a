"""Where a new stop could go: places on the routes, each with what it costs. Nothing is computed here.

What added time and money are is in docs/model.md, "Offers".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .problem import Window


@dataclass(frozen=True)
class Offer:
    """What is asked about a stop of the problem that is on no route: its best places or, with `windows`, the
    best place for each of these, one at a time, in place of its own windows."""

    stop_id: str
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Offers:
    """What is asked of the engine at once: at most `most` options for each offer without windows, with
    `only_fitting` those alone that break no rule.
    """

    offers: tuple[Offer, ...]
    most: int = 5
    only_fitting: bool = True


@dataclass(frozen=True)
class Option:
    """The best place for a stop on the route of one vehicle; of a pair the place of the delivery.

    `sequence` is its number among the visits of the route with it, `after_id` and `before_id` are the stops
    beside it ("" at an end). `eta` and `start` of its service in seconds from midnight of the plan date.
    `added_work` and `added_drive` in seconds, `added_distance` in metres, `added_cost` in the user's
    currency: how much more the route has with it. `later` is how many stops of the route are then served
    later and `most_later` by how many seconds at most; `missed` how many stops are then outside of what was
    promised. `late` is how many seconds after its last window it is served itself. `violations` are codes of
    the rules that only serving it breaks; an option with none of them is one that fits. `window` is the one
    asked about. `text` says in a sentence why it does not fit, "" where it does. Without a `vehicle_id` there
    is no vehicle to be asked, and only violations and text count.
    """

    stop_id: str
    vehicle_id: str
    sequence: int
    after_id: str
    before_id: str
    eta: int
    start: int
    late: int
    added_work: int
    added_drive: int
    added_distance: int
    added_cost: float
    later: int
    most_later: int
    missed: int
    violations: tuple[str, ...] = ()
    window: Window | None = None
    text: str = ""


def offers_from_json(form: dict[str, Any]) -> Offers:
    """Build what is asked from its JSON form; raises TypeError for a member that is missing or unknown."""
    offers = tuple(
        Offer(**{**one, "windows": tuple(Window(**window) for window in one.get("windows", ()))})
        for one in form["offers"]
    )
    return Offers(**{**form, "offers": offers})


def option_from_json(form: dict[str, Any]) -> Option:
    """Build an option from its JSON form; raises TypeError for a member that is missing or unknown."""
    window = form.get("window")
    return Option(
        **{
            **form,
            "violations": tuple(form.get("violations", ())),
            "window": None if window is None else Window(**window),
        }
    )
