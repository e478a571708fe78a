"""The adapter to PyVRP: the main engine, for all it can represent.

Represented exactly: fleets, several depots, open ends, loads (delivered and picked up), windows (also
several), shifts and depot hours, working time, number of stops, distance or driving time per vehicle, skills
and vehicle rules, costs, optional stops. Left out, so that the answer is that of a relaxed problem (see
`keeps_rules`): ranked order, and driving time limits where there are distance limits too. Only the order of
stops is taken from PyVRP, never its times.

PyVRP limits one length per route. Where driving time is limited and distance is not, driving time is that
length; the cost per kilometre is then charged at the mean speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.formulation import Formulation, drive_kinds
from optiway_qgis.engine.solving.parallel import improve
from optiway_qgis.engine.travel.provider import travel_kind

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.search import Clock

NAME = f"PyVRP {version('pyvrp')}"


def keeps_rules(instance: Instance) -> bool:
    """Whether a feasible answer keeps all rules of the problem, or only those of a relaxed one."""
    by_drive = drive_kinds(instance)
    unseen = any(
        vehicle.max_drive is not None and travel_kind(vehicle) not in by_drive
        for vehicle in instance.vehicles
    )
    return not (unseen or instance.has_strict)


@dataclass(frozen=True)
class Answer:
    """Sequences found, whether PyVRP holds them free of broken rules, and the objective it minimised."""

    sequences: Sequences
    feasible: bool
    value: float


def search(
    instance: Instance,
    stops: list[int],
    clock: Clock,
    seed: int,
    *,
    all_required: bool,
    start: Sequences | None = None,
    workers: int = 1,
) -> Answer:
    """Search for the best sequences over `stops` until the clock says stop, on as many cores as `workers`.

    With `all_required` every stop without a penalty has to be served, or there is no feasible answer;
    without, each may be left out at a price by its importance. With a fixed number of iterations the answer
    is the same for the same number of workers.
    """
    formulation = Formulation(instance, stops, all_required)
    initial = None if start is None else formulation.visits(start)
    best = improve(formulation, clock, seed, workers, initial)
    return Answer(formulation.sequences(best.visits), best.feasible, best.value / formulation.scale)
