"""What is asked of a plan as a whole: its goals, what the longest route costs, goods that do not go together.

Parameters and the fleet's prices into the model's terms. What they do to a plan is the engine's matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from ..model.findings import Fault
from ..model.problem import (
    BALANCE_DISTANCE,
    BALANCE_NONE,
    BALANCE_STOPS,
    BALANCE_TIME,
    Goals,
)
from .read_vehicles import DEFAULT_COSTS

if TYPE_CHECKING:
    from ..model.problem import Vehicle
    from .reading import Reading

COST, FEWEST_VEHICLES = GOALS = ["cost", "fewest_vehicles"]
BALANCES = {
    "none": BALANCE_NONE,
    "time": BALANCE_TIME,
    "stops": BALANCE_STOPS,
    "distance": BALANCE_DISTANCE,
}
"""Word of the parameter -> that of the model."""
STOP_HOURS = 0.25
"""A stop of the longest route counts as much as a quarter of an hour."""
INCOMPATIBLE_GOODS = "INCOMPATIBLE_GOODS"


def goals_of(goal: str, balance: str, weight: float, vehicles: Sequence[Vehicle]) -> Goals:
    """Return the goals. An hour, stop or kilometre of the longest route costs `weight` times what it costs on
    all vehicles: its mean price in the fleet, or the default one where it has none, times their number."""
    hour = sum(vehicle.cost_per_hour for vehicle in vehicles) or DEFAULT_COSTS.per_hour * len(vehicles)
    kilometre = sum(vehicle.cost_per_km for vehicle in vehicles) or DEFAULT_COSTS.per_km * len(vehicles)
    prices = {
        BALANCE_NONE: 0.0,
        BALANCE_TIME: weight * hour,
        BALANCE_STOPS: weight * STOP_HOURS * hour,
        BALANCE_DISTANCE: weight * kilometre,
    }
    measured = BALANCES[balance]
    return Goals(goal == FEWEST_VEHICLES, measured, prices[measured])


def incompatible_goods(text: str, reading: Reading) -> tuple[tuple[str, str], ...]:
    """Read pairs such as food-chemicals, parted by commas; names with a hyphen need blanks around the middle
    one. What cannot be read is an error of the job."""
    pairs: dict[tuple[str, str], None] = {}
    for entry in filter(None, (entry.strip() for entry in text.split(","))):
        names = [name.strip() for name in entry.split(" - " if " - " in entry else "-")]
        if len(names) != 2 or not all(names):
            wrong = f'{INCOMPATIBLE_GOODS} "{entry}" is no pair'
            remedy = (
                "Write two names with a hyphen between, such as food-chemicals, with blanks around it where "
                "a name has one of its own (non-food - chemicals), and commas between pairs"
            )
            reading.refuse(Fault("not_a_list", wrong, remedy, INCOMPATIBLE_GOODS))
            continue
        pairs[names[0], names[1]] = None
    return tuple(pairs)
