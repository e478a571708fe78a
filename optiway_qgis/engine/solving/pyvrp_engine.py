"""The adapter to PyVRP: the main engine, for all it can represent.

Represented exactly: fleets, several depots, open ends, loads (delivered and picked up), windows (also
several), shifts, latest start and depot hours, working time, overtime, number of stops, distance or driving
time per vehicle, skills, vehicle rules and zones, pairs (as shipments), reloads and loading time, goods that
have to be ready, drivers who take longer, stops that come first or last and kept first stops (as legs without
a way), costs, optional stops, fewest vehicles, the price of strange zones and of other vehicles than before.

Relaxed, so that an answer may have to be mended (see `keeps_rules`): the order of ranked and kept stops, of
`before`, goods that do not go together and last in, first out (no leg leads straight from one to the other);
breaks (those that most vehicles take are cut out of the day); ride times and `due` (windows are as narrow as
they leave them); loading by the unit (on the way to each stop instead); docks (not known); of pairs several
windows (one from the first to the last), their number of stops, and when they are ready (no pickup before),
which is so for all stops where vehicles reload.
Being late has a price in steps; balance, early stops, the order and the promises of the plan before have
none.

Only the order of stops is taken from PyVRP, never its times. PyVRP limits one length per route. Where driving
time is limited and distance is not, driving time is that length; the cost per kilometre is then charged at
the mean speed. Where both are limited for a vehicle, each leg counts as the longer of the two by their
limits: what PyVRP finds keeps both, and more might be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.formulation import Formulation
from optiway_qgis.engine.solving.locations import drive_kinds, tells_changes
from optiway_qgis.engine.solving.parallel import improve
from optiway_qgis.engine.travel.provider import travel_kind
from optiway_qgis.model.problem import KEEP_ORDER, ORDER_FIRST, ORDER_LAST, ORDER_STRICT, START_EARLY

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.instance import Instance, Sequences
    from optiway_qgis.engine.solving.search import Clock
    from optiway_qgis.model.problem import Vehicle

NAME = f"PyVRP {version('pyvrp')}"


def keeps_rules(instance: Instance) -> bool:
    """Whether a feasible answer keeps all rules of the problem, or only those of a relaxed one."""
    return not (
        any(_is_relaxed(instance, vehicle) for vehicle in instance.vehicles)
        or any(stop.due is not None for stop in instance.stops)
        or (instance.has_ready and instance.has_reloads)
        or _order_is_relaxed(instance)
        or _pairs_are_relaxed(instance)
    )


def knows_wishes(instance: Instance) -> bool:
    """Whether PyVRP minimises all that is wished for, lateness in steps."""
    strange = [
        vehicle
        for vehicle, outside in zip(instance.vehicles, instance.strangers)
        if outside or instance.homes
    ]
    by_drive = drive_kinds(instance)
    priced = all(
        vehicle.max_distance is None and vehicle.max_drive is None and travel_kind(vehicle) not in by_drive
        for vehicle in strange
    )
    # A start as early as the goods are ready is none that PyVRP makes out.
    waiting = instance.has_ready and any(one.start_rule == START_EARLY for one in instance.vehicles)
    # Nor does it know of fixed costs below 0: of vehicles that pay for their way home without a route, too.
    paid = any(one.fixed_cost < 0 for one in instance.vehicles)
    unknown = waiting or paid or instance.early_count or instance.balanced or instance.promises
    return priced and not unknown and _knows_changes(instance)


def _knows_changes(instance: Instance) -> bool:
    """Whether PyVRP is told what it costs that stops change their vehicles, and their order costs nothing."""
    if not instance.homes:
        return True
    ordered = instance.problem.goals.position_change_price > 0
    return not ordered and tells_changes(instance, len(instance.stops))


def _is_relaxed(instance: Instance, vehicle: Vehicle) -> bool:
    """Whether the vehicle's own rules are relaxed."""
    depot = instance.depot(vehicle.start_depot)
    both = vehicle.max_drive is not None and vehicle.max_distance is not None
    counted = vehicle.max_stops is not None and (vehicle.max_trips > 1 or instance.units.paired)
    loading = depot is not None and (depot.load_per_unit > 0 or (depot.docks is not None and depot.load > 0))
    return both or counted or loading or bool(vehicle.breaks)


def _order_is_relaxed(instance: Instance) -> bool:
    """Whether more is asked of the order of stops, or of goods, than that of each two in a row."""
    stops = instance.stops
    classes = {stop.goods_class for stop in stops}
    if any(classes.issuperset(pair) for pair in instance.problem.incompatible):
        return True
    if any(stop.before or stop.order_rule == ORDER_STRICT or stop.keep == KEEP_ORDER for stop in stops):
        return True
    staged = any(stop.keep or stop.order_rule in (ORDER_FIRST, ORDER_LAST) for stop in stops)
    return staged and (instance.has_reloads or any(stop.fetch for stop in stops))


def _pairs_are_relaxed(instance: Instance) -> bool:
    """Whether anything is asked of pairs that PyVRP's shipments do not know."""
    if not instance.units.paired:
        return False
    pairs = {unit for unit in instance.units.of if len(unit) > 1}
    stops = [instance.stops[one] for unit in pairs for one in unit]
    return (
        any(vehicle.lifo for vehicle in instance.vehicles)
        or any(len(stop.windows) > 1 or stop.ready is not None or stop.ride_max is not None for stop in stops)
        or any(
            any(instance.handled[pickup][0]) or any(instance.handled[delivery][1])
            for pickup, delivery in pairs
        )
    )


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
    late_too: bool = True,
) -> Answer:
    """Search for the best sequences over `stops` until the clock says stop, on as many cores as `workers`.

    With `all_required` every stop without a penalty has to be served, or there is no feasible answer;
    without, each may be left out at a price by its importance. Without `late_too` nobody is served late, also
    where that is allowed. With a fixed number of iterations the answer is the same for the same number of
    workers.
    """
    formulation = Formulation(instance, stops, all_required, late_too=late_too)
    initial = None if start is None else formulation.visits(start)
    best = improve(formulation, clock, seed, workers, initial)
    return Answer(formulation.sequences(best.visits), best.feasible, best.value / formulation.scale)
