"""Moments with a zone are put on the clock of the plan; numbers that a database gave its rows are known."""

from __future__ import annotations

import pytest
from qgis.core import QgsFeature, QgsField, QgsFieldConstraints, QgsFields
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from optiway_qgis.layers.instants import on_clock
from optiway_qgis.layers.qgis_compat import DATE_TIME, INTEGER, TEXT, is_key, is_null
from optiway_qgis.layers.read_visits import VisitsLayer

NINE_UTC = QDateTime(QDate(2026, 5, 4), QTime(9, 0), Qt.TimeSpec.UTC)
NEW_YORK_OFFSET = -4 * 3600


class Table:
    """A source as a database gives it: fields with the types of the database."""

    def __init__(self, *fields: tuple[str, int, str], rows=()):
        self._fields = QgsFields()
        for name, kind, of_database in fields:
            self._fields.append(QgsField(name, kind, of_database))
        self._rows = rows

    def fields(self) -> QgsFields:
        return self._fields

    def sourceName(self) -> str:
        return "orders"

    def getFeatures(self):
        for values in self._rows:
            feature = QgsFeature(self._fields)
            feature.setAttributes(list(values))
            yield feature


def shown(value: QDateTime, of_database: str = "timestamptz", zone: str = "Europe/Lisbon") -> str:
    """What the clock shows for a value of a column of that type."""
    source = on_clock(Table(("at", DATE_TIME, of_database), rows=[(value,)]), zone)
    (feature,) = source.getFeatures()
    return feature.attribute("at").toString("yyyy-MM-dd HH:mm")


@pytest.mark.parametrize(
    "value",
    [NINE_UTC, NINE_UTC.toOffsetFromUtc(NEW_YORK_OFFSET), NINE_UTC.toLocalTime()],
    ids=["of a server", "of New York", "of this computer"],
)
def test_a_moment_is_the_same_whatever_computer_reads_it(value):
    """QGIS shows it on the clock of the computer: nine in UTC is ten in Lisbon in May."""
    assert shown(value) == "2026-05-04 10:00"


@pytest.mark.parametrize(
    ("month", "zone", "clock"), [(1, "Europe/Lisbon", "09:00"), (5, "America/New_York", "05:00")]
)
def test_the_clock_is_that_of_the_zone_on_that_day(month, zone, clock):
    """With summer time and without."""
    value = QDateTime(QDate(2026, month, 4), QTime(9, 0), Qt.TimeSpec.UTC)
    assert shown(value, zone=zone).endswith(clock)


def test_times_without_a_zone_are_left_alone():
    """They show what the clock of the plan shows already."""
    table = Table(("at", DATE_TIME, "timestamp"), ("note", TEXT, "text"))
    assert on_clock(table, "Europe/Lisbon") is table


def test_all_else_of_the_source_is_there():
    """Its name and fields, and rows without a moment."""
    rows = [("A", None), ("B", NINE_UTC)]
    source = on_clock(Table(("id", TEXT, "text"), ("at", DATE_TIME, "timestamptz"), rows=rows), "UTC")
    assert source.sourceName() == "orders"
    assert source.fields().names() == ["id", "at"]
    found = list(source.getFeatures())
    assert [feature.attribute("id") for feature in found] == ["A", "B"]
    assert is_null(found[0].attribute("at"))
    assert found[1].attribute("at").timeSpec() == Qt.TimeSpec.UTC


def key(name: str, kind: int = INTEGER) -> QgsField:
    """A field with the constraints of a primary key, as PostGIS gives them."""
    rules = QgsFieldConstraints()
    for rule in (QgsFieldConstraints.ConstraintUnique, QgsFieldConstraints.ConstraintNotNull):
        rules.setConstraint(rule, QgsFieldConstraints.ConstraintOriginProvider)
    field = QgsField(name, kind)
    field.setConstraints(rules)
    return field


def test_a_key_is_a_number_that_the_database_gives():
    """Not an id that a person gave, and not a number that is merely there."""
    assert is_key(key("id_0"))
    assert not is_key(key("stop_id", TEXT))
    assert not is_key(QgsField("id", INTEGER))


@pytest.mark.parametrize(("is_plan", "carried"), [(True, ["stop_id"]), (False, ["id_0", "stop_id"])])
def test_the_key_of_a_plan_is_not_carried_along(is_plan, carried):
    """Written again it would stand beside the new key, one more with each version; stops keep theirs."""
    table = Table()
    table.fields().append(key("id_0"))
    for name in ("visit_type", "planned_service_min", "eta", "vehicle_id") if is_plan else ():
        table.fields().append(QgsField(name, TEXT))
    table.fields().append(QgsField("stop_id", TEXT))
    assert [name for _, name in VisitsLayer(table).carried] == carried
