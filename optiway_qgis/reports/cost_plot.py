"""The cost of the best plan over the time of the search, as SVG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .markup import Markup, element
from .phrases import phrase

if TYPE_CHECKING:
    from .plan_view import PlanView

_WIDTH, _HEIGHT = 560, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 12, 22, 24


def cost_plot(view: PlanView) -> Markup:
    """Return the plot; nothing when fewer than two costs are known."""
    history = [(when, cost) for when, cost in view.plan.history if math.isfinite(cost)]
    if len(history) < 2:
        return Markup()
    costs = [cost for _, cost in history]
    end = max(view.plan.seconds, history[-1][0])
    begin, lowest, highest = history[0][0], min(costs), max(costs)
    across = (_WIDTH - _LEFT - _RIGHT) / ((end - begin) or 1)
    up = (_HEIGHT - _TOP - _BOTTOM) / ((highest - lowest) or 1)
    points = [(_LEFT + (when - begin) * across, _TOP + (highest - cost) * up) for when, cost in history]
    steps = [f"M{points[0][0]:.1f} {points[0][1]:.1f}", *(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])]
    right, floor = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    first, last = view.money(costs[0]), view.money(costs[-1])
    title = phrase("history_of", first=first, last=last, seconds=f"{end:.1f}")
    drawing = element(
        "svg",
        element("title", title),
        element("path", d=f"M{_LEFT} {floor}H{right}", class_="floor"),
        element("path", d="".join(steps) + f"H{right}", class_="curve"),
        element("circle", cx=right, cy=f"{points[-1][1]:.1f}", r=4),
        element("text", first, x=_LEFT, y=f"{points[0][1] - 8:.1f}"),
        element("text", last, x=right, y=f"{points[-1][1] - 10:.1f}", text_anchor="end", class_="best"),
        element("text", phrase("seconds_axis", seconds=f"{begin:.1f}"), x=_LEFT, y=_HEIGHT - 6),
        element(
            "text", phrase("seconds_axis", seconds=f"{end:.1f}"), x=right, y=_HEIGHT - 6, text_anchor="end"
        ),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label=title,
        class_="plot",
    )
    return element("figure", element("figcaption", phrase("history")), drawing)
