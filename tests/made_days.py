"""Days of drivers for the tests of what they are given. Nothing here tests anything."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

from optiway_qgis.model.driver_day import DayVisit, DriverDay, Hours, Instant
from optiway_qgis.model.links import Place

PLAN_DATE = date(2026, 5, 4)
SECRET = "Gate 4711#"
PRIVATE = {
    "notes": SECRET,
    "access_code": "98#76",
    "access_notes": "second bell",
    "phone": "+351 (0)21 555-0100",
    "email": "ana@example.org",
}
HOSTILE = "</li><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">'&"


def at(clock: str, days: int = 0) -> Instant:
    """The moment when the clock of Lisbon in summer shows that."""
    wall = datetime.fromisoformat(f"{PLAN_DATE + timedelta(days)}T{clock}")
    return Instant((wall - timedelta(hours=1)).replace(tzinfo=timezone.utc), wall)


def visit(kind: str, visit_id: str, sequence: int, eta: str, end: str = "", **values: Any) -> DayVisit:
    """A visit with a place of its own."""
    made: dict[str, Any] = {
        "place": Place(41.1 + sequence / 500, -8.6 - sequence / 400, visit_id),
        "start": at(eta),
        "end": at(end or eta),
        **values,
    }
    return DayVisit(type=kind, id=visit_id, sequence=sequence, eta=at(eta), **made)


def driver_day(*visits: DayVisit, **values: Any) -> DriverDay:
    """The day of Marta with these visits, or with one of each kind."""
    made: dict[str, Any] = {
        "vehicle_id": "V1",
        "driver": "Marta",
        "plan_date": PLAN_DATE,
        "time_zone": "Europe/Lisbon",
        "plan_id": "p-1",
        "version": 2,
        "distance_km": 41.3,
        "ways": (((-8.6, 41.1), (-8.603, 41.102)), ((-8.603, 41.102), (-8.61, 41.11))),
        "visits": visits or full_day(),
        **values,
    }
    return DriverDay(**made)


def full_day() -> tuple[DayVisit, ...]:
    """A visit of each kind, stops that are done and cancelled, and goods that come on board underway."""
    return (
        visit("start", "D1", 0, "08:00:00", "08:15:00", name="Depot North"),
        visit(
            "stop", "S1", 1, "08:30:00", "08:40:00", delivery=(2.0,), load=(9.0,), behind=True, status="done"
        ),
        visit(
            "stop",
            "S2",
            2,
            "09:05:30",
            "09:15:30",
            name="Café, Lisboa; Ltd",
            address="Rua X 12\n1100 Lisboa",
            windows=(Hours(at("09:00:00"), at("12:00:00")),),
            delivery=(3.5, 1.0),
            load=(5.5, 0.0),
            **PRIVATE,
        ),
        visit("stop", "S3", 3, "09:40:00", delivery=(1.0,), cancelled=True, status="cancelled"),
        visit("transfer", "V2 stands here", 4, "10:00:00", "10:05:00"),
        visit("stop", "S4", 5, "10:20:00", "10:25:00", delivery=(4.0,), fetched_at=4, late_min=7.4),
        visit("break", "Lunch", 6, "12:00:00", "12:30:00"),
        visit("reload", "D1", 7, "13:00:00", "13:20:00", trip=2, name="Depot North"),
        visit("stop", "S5", 8, "13:40:00", "13:50:00", trip=2, delivery=(1.0,)),
        visit("stop", "S6", 9, "14:10:00", "14:15:00", trip=2, delivery=(2.0,)),
        visit("stop", "S7", 10, "14:40:00", "14:45:00", trip=2, pickup=(6.0,)),
        visit("end", "D1", 11, "15:00:00", name="Depot North"),
    )
