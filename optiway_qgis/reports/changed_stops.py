"""The table of stops that two plans serve differently, and what a plan makes of the one before it.

What changed and why is the model's.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Callable, Mapping, Sequence

from ..model.compare import CHANGES
from ..model.constraints import CHANGE_WISHES
from ..model.palette import CHANGE_COLOURS
from . import quantities
from .markup import Markup, element, join
from .parts import Column, figure, more, row, section, swatch, table
from .phrases import phrase
from .quantities import NOTHING

if TYPE_CHECKING:
    from ..model.compare import Served, StopChange
    from ..model.why import DayChanges
    from .plan_view import PlanView

LIST_LIMIT = 200
"""Most rows of a list of what differs between two plans; the layers have them all."""


def what_changed(view: PlanView, changed: DayChanges | None) -> Markup:
    """Return the section with what the plan changes of the one before, and why; nothing without one."""
    if changed is None:
        return Markup()
    if not changed.changes:
        return section("what_changed", element("p", phrase("nothing_changed"), class_="good"))
    colours = {route.vehicle_id: number for number, route in enumerate(view.plan.routes)}
    return section(
        "what_changed",
        element("dl", *_figures(view, changed), class_="figures"),
        *changes_table(changed.changes, view.stop_name, colours, changed.whys, "why"),
    )


def _figures(view: PlanView, changed: DayChanges) -> list[Markup]:
    goals = view.problem.goals
    tolerance = quantities.minutes(goals.promise_tolerance)
    missed = len(changed.missed)
    tiles = [
        figure("moved_stops", str(changed.moved), phrase("to_other_vehicles")),
        figure("missed_promises", str(missed), phrase("beyond", minutes=tolerance), missed > 0),
    ]
    for wish in view.plan.wishes:
        if wish.wish in CHANGE_WISHES:
            price = quantities.money(wish.price, view.options.currency)
            tiles.append(figure(f"keeping_{wish.wish}", price, phrase("keeping_hint")))
    return tiles


def changes_table(
    changes: Sequence[StopChange],
    name_of: Callable[[str], str],
    colours: Mapping[str, int],
    words: Mapping[str, str],
    heading: str,
) -> list[Markup]:
    """Return how many stops changed in which way, and a table of them.

    `colours` has the number of a vehicle's colour, `words` what there is to say on a stop, under the phrase
    `heading`.
    """
    counts = Counter(one.change for one in changes)
    summary = [
        element(
            "li", element("b", counts[change], style=_colour(change)), element("span", _change_word(change))
        )
        for change in CHANGES
        if counts[change]
    ]
    columns = [
        Column(phrase("change"), True),
        *(Column(phrase(key), True) for key in ("name", "id", "vehicle")),
        *(Column(phrase(key)) for key in ("order", "eta", "shift_of_eta", "late")),
        Column(phrase(heading), True),
    ]
    rows = [
        row(columns, [*_change_cells(one, name_of, colours), words.get(one.stop_id, "")])
        for one in changes[:LIST_LIMIT]
    ]
    return [
        element("ul", *summary, class_="reasons counts"),
        element("p", phrase("changed_hint"), class_="hint"),
        table(columns, rows),
        more("more_violations", len(changes), LIST_LIMIT),
    ]


def _change_word(change: str) -> str:
    return phrase(f"change_{change}")


def _colour(change: str) -> str:
    return f"color:{CHANGE_COLOURS[change]}"


def _change_cells(one: StopChange, name_of: Callable[[str], str], colours: Mapping[str, int]) -> list[object]:
    seconds = one.seconds
    shift = None if seconds is None else quantities.signed(seconds, quantities.duration(abs(seconds)))
    plans = (one.before, one.after)
    return [
        join(
            [
                element("i", class_="dot", style=f"background:{CHANGE_COLOURS[one.change]}"),
                _change_word(one.change),
            ]
        ),
        name_of(one.stop_id) or NOTHING,
        one.stop_id,
        _from_to(*(_vehicle(served, colours) for served in plans)),
        _from_to(*(served.sequence if served else NOTHING for served in plans)),
        _from_to(*(quantities.clock(served.eta) if served else NOTHING for served in plans)),
        shift or NOTHING,
        _from_to(*(quantities.duration_or_nothing(served.late) if served else NOTHING for served in plans)),
    ]


def _vehicle(served: Served | None, colours: Mapping[str, int]) -> object:
    if served is None:
        return NOTHING
    if served.vehicle_id not in colours:
        return served.vehicle_id
    return join([swatch(colours[served.vehicle_id]), served.vehicle_id])


def _from_to(before: object, after: object) -> object:
    """Both, or one where they are the same."""
    return before if before == after else element("span", before, " → ", after, class_="whole")
