"""Where the breaks of a route are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from optiway_qgis.engine.solving.steps import Rest, Step
    from optiway_qgis.model.problem import Vehicle


def rests(
    vehicle: Vehicle, steps: list[Step], arrive: Callable[[int, int], int], start: int
) -> list[Rest]:
    """Return the breaks to be taken on a route without any yet, in the order of taking.

    `steps` are all visits, depots included; work begins at `start` with the first of them. `arrive` gives the
    arrival at the step with a number when the one before it is left at a moment. Of each step service begins
    at the first moment from arrival + `setup` on that lies in one of its `windows`, at once when all are
    over, and takes `service`. It breaks a rule when that is after the last of its `limits`. Rests after the
    same step are taken in the order returned; none follows the last step. Asked only for vehicles with breaks.
    """
    return []
