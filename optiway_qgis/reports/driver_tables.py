"""The day of a driver as tables: the loading list, GeoJSON (RFC 7946), and what others may see of routes.

The public ones name what they hold, column by column: what is not named here is in none of them.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterable, Sequence

from ..model.plan import VISIT_RELOAD, VISIT_START, VISIT_STOP, VISIT_TRANSFER
from .comparison_csv import harmless
from .driver_words import amounts, window_text

if TYPE_CHECKING:
    from ..model.driver_day import DayVisit, DriverDay
    from .driver_words import Words

BYTE_ORDER_MARK = "\ufeff"
"""By it spreadsheets see that a CSV file is UTF-8."""
PUBLIC_COLUMNS = ("plan_date", "vehicle_id", "sequence", "stop_id", "eta", "end_time", "status")

_DECIMALS = 6


@dataclass(frozen=True)
class Loading:
    """What is put on board at once: `at` the visit where, None where no row says so, and the stops whose
    goods they are, that of the last first."""

    at: DayVisit | None
    trip: int
    stops: tuple[DayVisit, ...]


def loadings(day: DriverDay) -> list[Loading]:
    """Return what is still to be loaded, in the order of the day: at the start, at reloads, at transfers.

    Stops where nothing is delivered are left out as soon as any stop says how much is, and so are
    deliveries of what was picked up on the way.
    """
    told = any(any((*visit.delivery, *visit.pickup)) for visit in day.stops)
    carried = [visit for visit in day.stops if not visit.pair_id and (any(visit.delivery) or not told)]
    found = []
    for at in _places(day):
        stops = [visit for visit in carried if _is_loaded_at(visit, at, day)]
        behind = at.behind if at is not None else any(visit.behind for visit in stops)
        if stops and not behind:
            trip = stops[0].trip if at is None else at.trip
            found.append(Loading(at, trip, tuple(reversed(stops))))
    return found


def _places(day: DriverDay) -> list[DayVisit | None]:
    """The visits where goods come on board; None first where no row tells where the day begins."""
    places: list[DayVisit | None] = [
        visit for visit in day.valid if visit.type in (VISIT_START, VISIT_RELOAD, VISIT_TRANSFER)
    ]
    return places if any(visit.type == VISIT_START for visit in day.valid) else [None, *places]


def _is_loaded_at(visit: DayVisit, at: DayVisit | None, day: DriverDay) -> bool:
    if visit.fetched_at is not None:
        return at is not None and at.type == VISIT_TRANSFER and at.sequence == visit.fetched_at
    before = [
        place for place in day.valid[: day.valid.index(visit)] if place.type in (VISIT_START, VISIT_RELOAD)
    ]
    return at is (before[-1] if before else None)


def loading_csv(day: DriverDay, words: Words) -> str:
    """Return the loading list: a row for each stop in the order of loading, a group for each place."""
    kinds = max((len(visit.delivery) for visit in day.stops), default=0)
    heads = ("trip", "load_place", "load_time", "load_order", "sequence", "stop_id", "name", "address")
    numbered = [words["quantity"].format(number=number) for number in range(1, kinds + 1)]
    rows: list[Sequence[object]] = [[*(words[key] for key in heads), *numbered]]
    for loading in loadings(day):
        at = loading.at
        place = ("", "") if at is None else (at.title, at.eta.clock(day.plan_date))
        for number, visit in enumerate(loading.stops, 1):
            quantities = (f"{amount:.12g}" for amount in visit.delivery)
            stop = (visit.sequence, visit.id, visit.title, visit.address)
            rows.append([loading.trip, *place, number, *stop, *quantities])
    return BYTE_ORDER_MARK + _csv(rows)


def geojson(day: DriverDay) -> str:
    """Return the visits as points, with all that is known of them, and the way as a line."""
    features = [_feature(visit.place, _properties(visit, day)) for visit in day.valid]
    if len(day.line) > 1:
        features.append(_line(day, {"vehicle_id": day.vehicle_id, "driver": day.driver}))
    return _collection(features)


def public_geojson(days: Sequence[DriverDay]) -> str:
    """Return the routes as lines and their stops as points, with the public columns only."""
    features: list[dict[str, Any]] = []
    for day in days:
        if len(day.line) > 1:
            features.append(_line(day, {"plan_date": _date(day), "vehicle_id": day.vehicle_id}))
        features += [_feature(visit.place, _public(visit, day)) for visit in day.stops]
    return _collection(features)


def public_csv(days: Sequence[DriverDay]) -> str:
    """Return a row for each stop, with the public columns only."""
    rows: list[Sequence[object]] = [PUBLIC_COLUMNS]
    rows += [tuple(_public(visit, day).values()) for day in days for visit in day.stops]
    return BYTE_ORDER_MARK + _csv(rows)


def _public(visit: DayVisit, day: DriverDay) -> dict[str, Any]:
    values = (
        _date(day),
        day.vehicle_id,
        visit.sequence,
        visit.id,
        visit.eta.iso,
        visit.end.iso,
        visit.status,
    )
    return dict(zip(PUBLIC_COLUMNS, values))


def _properties(visit: DayVisit, day: DriverDay) -> dict[str, Any]:
    known = {
        "sequence": visit.sequence,
        "visit_type": visit.type,
        "trip": visit.trip,
        "stop_id": visit.id,
        "name": visit.name,
        "address": visit.address,
        "eta": visit.eta.iso,
        "end_time": visit.end.iso,
        "window": window_text(visit, day),
        "phone": visit.phone,
        "email": visit.email,
        "notes": visit.notes,
        "access_code": visit.access_code,
        "access_notes": visit.access_notes,
        "delivery": amounts(visit.delivery),
        "pickup": amounts(visit.pickup),
        "load": amounts(visit.load) if visit.type == VISIT_STOP else "",
        "status": visit.status,
    }
    return {"vehicle_id": day.vehicle_id, "driver": day.driver, **known}


def _date(day: DriverDay) -> str:
    return day.plan_date.isoformat()


def _feature(place, properties: dict[str, Any]) -> dict[str, Any]:
    at = None if place is None else {"type": "Point", "coordinates": _rounded((place.lon, place.lat))}
    return {"type": "Feature", "geometry": at, "properties": properties}


def _line(day: DriverDay, properties: dict[str, Any]) -> dict[str, Any]:
    line = {"type": "LineString", "coordinates": [_rounded(point) for point in day.line]}
    return {"type": "Feature", "geometry": line, "properties": properties}


def _rounded(point: Iterable[float]) -> list[float]:
    return [round(angle, _DECIMALS) for angle in point]


def _collection(features: list[dict[str, Any]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1)


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(str(cell)) for cell in row] for row in rows)
    return text.getvalue()
