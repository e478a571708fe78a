"""Why a stop is left out: the reason code, a sentence with figures, the nearest vehicle and what would help.

Reasons are found, not guessed: a vehicle is proved to be full by the least that the stop would add to its
route, or the stop is put into the route and timed. What would help is found by trying, too (remedies.py).
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from optiway_qgis.engine.solving.breaches import breaches
from optiway_qgis.engine.solving.insertion import (
    best_insertions,
    penalty_of,
    places_per_route,
    vehicles_per_stop,
)
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import route_price, unserved
from optiway_qgis.engine.solving.outlook import BY_THE_HOUR, Outlook, least_outlook, timed_outlook
from optiway_qgis.engine.solving.reach import Reach
from optiway_qgis.engine.solving.remedies import harmless, remedies, without
from optiway_qgis.engine.solving.schedule import Timetable, timetables
from optiway_qgis.engine.solving.sentences import no_way, sentence
from optiway_qgis.model import reasons
from optiway_qgis.model.fix import STOP, Fix
from optiway_qgis.model.plan import Unassigned
from optiway_qgis.model.refusals import ALONE, nobody_may

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optiway_qgis.engine.solving.insertion import Insertion
    from optiway_qgis.engine.solving.instance import Sequences
    from optiway_qgis.engine.solving.remedies import Remedy
    from optiway_qgis.engine.solving.schedule import Reloads, Timetables

_NOT_BY_CHANGE = (reasons.UNREACHABLE, reasons.NOT_WORTH_IT, reasons.NO_VEHICLE, reasons.EXCLUDED)
"""Reasons of stops for which no changes are tried."""

_TRIALS, _VEHICLES = 1000, 8
"""Routes with reloads or breaks timed at most, and vehicles looked at, at most, for each stop."""

_WORDS = ("On ", "All ", "It ", "The ")
"""Beginnings of sentences that are no names."""

GIVEN = "It is on no route of the plan given."


def hopeless(instance: Instance, stops: Iterable[int] | None = None) -> dict[int, Unassigned]:
    """Return the stops that no vehicle could serve, at any hour, with nothing else to do, and why.

    Those that are not served without one of them are lost with it. What would help is not looked for. Where
    `stops` are given, the others are taken to be served.
    """
    found: dict[int, Unassigned] = {}
    best_hours = Instance(instance.problem, replace(instance.travel, slots=()))
    for index in range(len(instance.stops)) if stops is None else stops:
        reason = _alone(instance, best_hours, index)
        if reason:
            found[index] = reason
    units = instance.units
    for index in sorted(units.falling(found).difference(found)):
        found[index] = _fallen(instance, index, set(found))
    return found


def _fallen(instance: Instance, stop: int, lost: set[int]) -> Unassigned:
    """Return the reason of a stop that is lost with others of its pair, or that it comes after."""
    stops, unit = instance.stops, instance.units.of[stop]
    if any(one in lost for one in unit):
        return Unassigned(stops[stop].id, reasons.PAIR, reasons.UNASSIGNED_REASONS[reasons.PAIR])
    first = sorted(instance.units.needs(unit))
    names = ", ".join(stops[one].id for one in first if one in lost) or ", ".join(
        stops[one].id for one in first
    )
    text = f"It has to come after {names}, which cannot be served."
    return Unassigned(stops[stop].id, reasons.ORDER, text)


def _alone(instance: Instance, best_hours: Instance, stop: int) -> Unassigned | None:
    """Return why no vehicle can serve the stop, or its pair, alone, None when one can.

    Where times depend on the hour, other stops may keep a vehicle to hours at which it drives less: its
    limits stand in the way only if they do in the best hours, too.
    """
    unit = instance.units.of[stop]
    able = [kind[0] for kind in instance.kinds if not any(instance.refusals[kind[0]][one] for one in unit)]
    if not able:
        return _nobody(instance, stop)
    trials = []
    for vehicle in able:
        table = Timetable(instance, instance.vehicles[vehicle], list(unit))
        broken = set(table.violations)
        if broken == {reasons.BREAK} and len(instance.stops) > len(unit):
            return None  # another stop may be the place where the break is taken
        if instance.travel.slots and broken <= BY_THE_HOUR - {reasons.SHIFT}:
            broken = set(Timetable(best_hours, instance.vehicles[vehicle], list(unit)).violations)
        # What has to come before it may be on the same route.
        if broken <= {reasons.ORDER}:
            return None
        trials.append(timed_outlook(table, stop, table.work, route_price(table)))
    best = min(trials, key=lambda trial: (len(trial.codes), _miss(trial), trial.added))
    cost = sum(best.table.costs) if best.table else None
    return replace(_unassigned(instance, stop, best, ALONE), added_cost=cost)


def _nobody(instance: Instance, stop: int) -> Unassigned:
    """Return why no vehicle may serve a stop and the one it makes a pair with."""
    asked = instance.stops[stop]
    if all(row[stop] for row in instance.refusals):
        return nobody_may(asked, instance.vehicles)
    for other in instance.units.of[stop]:
        if all(row[other] for row in instance.refusals):
            why = nobody_may(instance.stops[other], instance.vehicles)
            text = f"It makes a pair with {why.stop_id}, which cannot be served. {why.text}"
            return Unassigned(asked.id, reasons.PAIR, text)
    partner = next(instance.stops[one].id for one in instance.units.of[stop] if one != stop)
    return Unassigned(asked.id, reasons.PAIR, f"No vehicle may serve both it and {partner}.")


def explain(
    instance: Instance,
    sequences: Sequences,
    lost: dict[int, Unassigned],
    seconds: float | None,
    given: Reloads | None = None,
) -> list[Unassigned]:
    """Return the reason of each stop that the sequences leave out, in the order of the stops, and the change
    that would help.

    `lost` are the `hopeless` ones. Where many are left out and there are many vehicles, each stop is held
    against the vehicles of least detour; changes are tried for so many `seconds`, with None for a fixed
    number of stops. A plan that was not made by planning comes with its reloads as `given`: stops may be left
    out of it for no reason, also one of a pair alone.
    """
    tables = timetables(instance, sequences, given)
    left_out = unserved(instance, sequences)
    trier = _Trier(instance, tables, len(left_out), given is not None)
    outlooks = {stop: trier.outlooks(stop) for stop in left_out if stop not in lost}
    found = dict(lost)
    for stop, seen in outlooks.items():
        found[stop] = trier.reason(stop, seen)
    asking = [stop for stop in left_out if found[stop].reason not in _NOT_BY_CHANGE]
    for stop, remedy in remedies(instance, tables, asking, seconds).items():
        of_vehicle = [one for one in outlooks.get(stop, ()) if one.vehicle.id == remedy.vehicle_id]
        if of_vehicle:
            found[stop] = trier.reason(stop, of_vehicle)
        found[stop] = _with(found[stop], remedy)
    return [found[stop] for stop in left_out]


def helped(instance: Instance, lost: dict[int, Unassigned], seconds: float) -> list[Unassigned]:
    """Return the `hopeless` stops with the change that would let a vehicle serve them that has nothing else
    to do, tried for so many seconds.
    """
    asking = [stop for stop, why in lost.items() if why.reason not in _NOT_BY_CHANGE]
    found = remedies(instance, {}, asking, seconds)
    return [_with(why, found[stop]) if stop in found else why for stop, why in lost.items()]


def _with(why: Unassigned, remedy: Remedy) -> Unassigned:
    return replace(
        why,
        nearest_vehicle=remedy.vehicle_id,
        added=remedy.seconds,
        added_cost=remedy.cost,
        fix=remedy.words,
        change=remedy.fix,
    )


class _Trier:
    """The routes of a plan, into which `count` stops left out are put by way of trial."""

    def __init__(self, instance: Instance, tables: Timetables, count: int, given: bool):
        self._instance, self._tables, self._given = instance, tables, given
        self._places = places_per_route(instance, count)
        self._most = vehicles_per_stop(count)
        if instance.takes_long:
            trials = _TRIALS // max(1, count)
            self._most = min(_VEHICLES, max(1, trials))
            self._places = min(self._places, max(1, trials // self._most))
        self._reach = Reach(instance, tables)

    def outlooks(self, stop: int) -> list[Outlook]:
        """Return what the routes of the nearest vehicles that may serve the stop would come to with it."""
        instance = self._instance
        unit = instance.units.of[stop]
        tables = without(instance, self._tables, unit)
        able = [
            vehicle for vehicle, row in enumerate(instance.refusals) if not any([row[one] for one in unit])
        ]
        found, open_vehicles = [], []
        for vehicle in sorted(self._reach.nearest(stop, able)[: self._most]):
            full = least_outlook(instance, vehicle, tables[vehicle], stop) if vehicle in tables else None
            if full is None or (instance.travel.slots and BY_THE_HOUR.intersection(full.codes)):
                open_vehicles.append(vehicle)
            else:
                found.append(full)
        return found + [self._outlook(stop, trial) for trial in self._entries(stop, open_vehicles)]

    def reason(self, stop: int, outlooks: list[Outlook]) -> Unassigned:
        """Return the reason by the vehicle that comes closest."""
        fitting = [outlook for outlook in outlooks if not outlook.codes]
        if fitting:
            return self._fits(stop, min(fitting, key=lambda outlook: outlook.added_price))
        best = min(outlooks, key=lambda one: (len(one.codes), one.added))
        if best.table is None:
            vehicle = self._instance.vehicle_index[best.vehicle.id]
            (timed,) = (self._outlook(stop, trial) for trial in self._entries(stop, [vehicle]))
            best = replace(best, added=timed.added, table=timed.table)
        why = _unassigned(self._instance, stop, best)
        return replace(why, added_cost=self._cost(stop, best)) if why.nearest_vehicle else why

    def _entries(self, stop: int, vehicles: list[int]) -> list[Insertion]:
        tables = without(self._instance, self._tables, self._instance.units.of[stop])
        return best_insertions(self._instance, tables, stop, vehicles, self._places)

    def _outlook(self, stop: int, trial: Insertion) -> Outlook:
        outlook = timed_outlook(trial.table, stop, trial.added_seconds, trial.added_price)
        if trial.fits and self._instance.has_docks:
            tables = without(self._instance, self._tables, self._instance.units.of[stop])
            joined = {**tables, trial.vehicle: trial.table}
            if not harmless(self._instance, tables, joined, trial.vehicle):
                return replace(outlook, codes=(reasons.DOCK,))
        return outlook

    def _cost(self, stop: int, outlook: Outlook) -> float | None:
        """Return the money that a route timed with the stop, and its pair, costs more."""
        if outlook.table is None:
            return None
        tables = without(self._instance, self._tables, self._instance.units.of[stop])
        standing = tables.get(self._instance.vehicle_index[outlook.vehicle.id])
        return sum(outlook.table.costs) - (sum(standing.costs) if standing else 0.0)

    def _fits(self, stop: int, best: Outlook) -> Unassigned:
        """Return why a stop is left out that a vehicle could take."""
        asked, who = self._instance.stops[stop], best.vehicle.id
        penalty = penalty_of(self._instance, self._instance.units.of[stop])
        text = f"Serving it with {who} would cost {best.added_price:.2f} more"
        why = Unassigned(
            asked.id, reasons.NO_VEHICLE, f"{text}.", who, best.added, "", self._cost(stop, best)
        )
        if penalty is not None and (best.added_price >= penalty or not self._given):
            text += f", leaving it out costs {penalty:.2f}."
            enough = ceil(100 * best.added_price) / 100
            fix = f"a penalty above {enough:.2f}"
            own = asked.penalty or 0.0
            change = Fix(STOP, asked.id, "penalty", round(own + max(0.0, enough - penalty) + 0.01, 2))
            return replace(why, reason=reasons.NOT_WORTH_IT, text=text, fix=fix, change=change)
        if self._given:
            return replace(
                why, reason=reasons.EXCLUDED, text=f"{GIVEN} {text}.", fix=f"a place on the route of {who}"
            )
        return why


def _miss(outlook: Outlook) -> int:
    """Return by how many seconds an outlook misses windows and shift: near misses come first."""
    return sum(lateness for _, _, lateness in outlook.late) + max(0, outlook.end - outlook.vehicle.shift.end)


def _unassigned(instance: Instance, stop: int, best: Outlook, opening: str = "") -> Unassigned:
    asked = instance.stops[stop]
    if best.code == reasons.UNREACHABLE:
        text = no_way(instance, stop, best.vehicle)
        return Unassigned(asked.id, best.code, text, fix="a position that can be reached")
    text, code = _opened(opening, sentence(instance, best, stop)), best.code
    other = _told_at_partner(instance, stop, best)
    if other is not None:
        told = _opened(opening, sentence(instance, best, other))
        text = f"It makes a pair with {instance.stops[other].id}, which cannot be served with it. {told}"
        code = reasons.PAIR
    return Unassigned(asked.id, code, text, best.vehicle.id, best.added)


def _opened(opening: str, told: str) -> str:
    """Return a sentence after an opening that ends with a colon."""
    if opening and told.startswith(_WORDS):
        return opening + told[0].lower() + told[1:]
    return opening + told


def _told_at_partner(instance: Instance, stop: int, best: Outlook) -> int | None:
    """Return the other stop of a pair where it alone is what a route breaks rules at."""
    others = [one for one in instance.units.of[stop] if one != stop]
    if not others or best.table is None:
        return None
    at = {best.table.steps[number].stop if number >= 0 else number for number, _ in breaches(best.table)}
    return others[0] if at == set(others) else None
