"""The table of input fields: names that are understood, and the page that explains them."""

from __future__ import annotations

import re

import pytest

from optiway_qgis.layers import findings_layer, output_fields, write_differences
from optiway_qgis.layers.fields import (
    BARRIER_FIELDS,
    BREAK_FIELDS,
    DEPOT_FIELDS,
    DISRUPTION_FIELDS,
    EDIT_FIELDS,
    OFFER_FIELDS,
    STOP_FIELDS,
    TRAFFIC_FIELDS,
    UNUSED_STOP_FIELDS,
    UNUSED_VEHICLE_FIELDS,
    VEHICLE_FIELDS,
    ZONE_FIELDS,
    fields_table,
    recognise,
    unused_columns,
)
from optiway_qgis.layers.read_vehicles import DEFAULT_COSTS

TABLES = {"stops": STOP_FIELDS, "depots": DEPOT_FIELDS, "vehicles": VEHICLE_FIELDS, "breaks": BREAK_FIELDS}
DAYS = (EDIT_FIELDS, DISRUPTION_FIELDS, OFFER_FIELDS)
ARCGIS = {
    "stops": {
        "ServiceTime": "service_min",
        "TimeWindowStart1": "tw1_start",
        "TimeWindowStart": "tw1_start",
        "TimeWindowEnd1": "tw1_end",
        "TimeWindowEnd2": "tw2_end",
        "DeliveryQuantities": "delivery",
        "DeliveryQuantity_1": "delivery_1",
        "PickupQuantities": "pickup",
        "PickupQuantity_2": "pickup_2",
        "Revenue": "penalty",
        "SpecialtyNames": "skills",
        "AssignmentRule": "lock",
        "RouteName": "vehicle_id",
        "Sequence": "sequence",
        "MaxViolationTime1": "late_max_min",
        "InboundArriveTime": "ready_time",
        "OutboundDepartTime": "due_time",
        "MaxTransitTime": "ride_max_min",
    },
    "depots": {"Name": "depot_id", "TimeWindowStart1": "tw1_start", "TimeWindowEnd1": "tw1_end"},
    "vehicles": {
        "Name": "vehicle_id",
        "StartDepotName": "start_depot",
        "EndDepotName": "end_depot",
        "EarliestStartTime": "shift_start",
        "Capacities": "capacity",
        "Capacity_1": "capacity_1",
        "FixedCost": "fixed_cost",
        "CostPerUnitTime": "cost_per_hour",
        "CostPerUnitDistance": "cost_per_km",
        "MaxOrderCount": "max_stops",
        "MaxTotalTime": "max_work_min",
        "MaxTotalTravelTime": "max_drive_min",
        "MaxTotalDistance": "max_distance_km",
        "SpecialtyNames": "skills",
        "LatestStartTime": "latest_start",
        "OvertimeStartTime": "overtime_after_min",
        "CostPerUnitOvertime": "overtime_cost_per_hour",
        "IsHardZone": "zone_hard",
    },
    "breaks": {
        "Name": "break_id",
        "RouteName": "vehicle_id",
        "ServiceTime": "duration_min",
        "TimeWindowStart": "tw_start",
        "TimeWindowEnd": "tw_end",
        "MaxTravelTimeBetweenBreaks": "after_drive_min",
        "MaxCumulWorkTime": "after_work_min",
        "IsPaid": "paid",
    },
}
VROOM = {
    "stops": {
        "id": "stop_id",
        "description": "name",
        "service": "service_min",
        "setup": "setup_min",
        "delivery": "delivery",
        "amount": "delivery",
        "pickup": "pickup",
        "skills": "skills",
        "priority": "priority",
        "time_windows": "time_windows",
    },
    "vehicles": {
        "start": "start_depot",
        "end": "end_depot",
        "capacity": "capacity",
        "time_window": "time_window",
        "max_tasks": "max_stops",
        "max_travel_time": "max_drive_min",
        "max_distance": "max_distance_km",
        "profile": "profile",
    },
    "breaks": {"id": "break_id", "service": "duration_min"},
}
GOOGLE = {
    "stops": {
        "costPerHourAfterSoftEndTime": "late_cost_per_hour",
        "shipmentType": "goods_class",
    },
    "breaks": {"earliestStartTime": "tw_start", "latestStartTime": "tw_end"},
}


@pytest.mark.parametrize(
    ("table", "name", "field"),
    [
        (table, name, field)
        for names in (ARCGIS, VROOM, GOOGLE)
        for table, fields in names.items()
        for name, field in fields.items()
    ],
)
def test_names_of_other_programs_are_understood(table, name, field):
    """Tables made for ArcGIS, VROOM or Google are read without renaming a column."""
    assert recognise(TABLES[table], [name])[field].name == name


@pytest.mark.parametrize("table", TABLES)
def test_every_field_is_found_by_its_own_name_however_written(table):
    """Case, blanks and hyphens do not matter, nor that a Shapefile keeps ten characters."""
    for field in TABLES[table]:
        for name in (field.name.upper(), field.name.replace("_", " "), field.name[:10]):
            assert recognise(TABLES[table], [name])[field.name].index == 0, name


@pytest.mark.parametrize("table", TABLES)
def test_no_name_means_two_fields(table):
    """A column that two fields claim would be read twice; only a depot's or vehicle's name is also its id."""
    claims: dict[str, list[str]] = {}
    for field in TABLES[table]:
        for alias in {alias.name.lower().replace("_", "") for alias in field.names}:
            claims.setdefault(alias, []).append(field.name)
    twice = {alias: fields for alias, fields in claims.items() if len(fields) > 1}
    assert twice in ({}, {"name": ["depot_id", "name"]})


def test_own_name_wins_over_alias():
    """A table that has both is read by the name of this plugin."""
    assert recognise(STOP_FIELDS, ["ServiceTime", "service_min"])["service_min"].index == 1


def test_fields_not_built_yet_are_known_by_all_their_names():
    """What is carried along unused must be told, also under its ArcGIS name."""
    assert unused_columns(UNUSED_STOP_FIELDS, ["x", "zone id"]) == {"zone id": (1, ())}
    arcgis = ["StartDepotServiceTime", "EndDepotServiceTime", "ArriveDepartDelay"]
    assert unused_columns(UNUSED_VEHICLE_FIELDS, arcgis) == {
        name: (index, ("0",)) for index, name in enumerate(arcgis)
    }
    assert set(unused_columns(UNUSED_STOP_FIELDS, ["MaxViolationTime1", "MaxViolationTime2"])) == {
        "MaxViolationTime2"
    }


def test_zones_and_penalties_of_other_products_are_read():
    """A zone of ArcGIS is named by its route, the penalty of a shipment is penalty_cost at Google."""
    assert recognise(ZONE_FIELDS, ["RouteName"])["zone_id"].name == "RouteName"
    assert recognise(STOP_FIELDS, ["penalty_cost"])["penalty"].alias.factor == 1


def test_a_field_is_either_read_or_said_to_be_unused():
    """The same name in both tables would be used and denied at once."""
    for fields, unused in (
        (STOP_FIELDS, UNUSED_STOP_FIELDS),
        (VEHICLE_FIELDS, UNUSED_VEHICLE_FIELDS),
    ):
        assert not {field.name for field in fields} & {field.name for field in unused}


def test_the_page_explains_every_input_field(checkout):
    """docs/fields.md holds the very table the plugin reads by, with what empty and missing mean."""
    page = (checkout / "docs" / "fields.md").read_text(encoding="utf-8")
    for fields in (*TABLES.values(), *DAYS, TRAFFIC_FIELDS, ZONE_FIELDS, BARRIER_FIELDS):
        assert all(field.what and field.empty and field.missing for field in fields)
        assert fields_table(fields) in page
    for unused in (*UNUSED_STOP_FIELDS, *UNUSED_VEHICLE_FIELDS):
        assert f"`{unused.name}`" in page


def test_the_page_explains_every_output_field(checkout):
    """Each output has a table with a row per field."""
    page = (checkout / "docs" / "fields.md").read_text(encoding="utf-8")
    parts = page.split("## Outputs")[1].split("**")
    sections = dict(zip(parts[1::2], parts[2::2]))
    none = output_fields.QgsFields()
    for sink, fields in (
        ("ROUTES", output_fields.routes_fields()),
        ("LEGS", output_fields.legs_fields(1)),
        ("VISITS", output_fields.visits_fields(none, 1)),
        ("UNASSIGNED", output_fields.unassigned_fields(none)),
        ("COMPARISON", output_fields.comparison_fields()),
        ("CHANGES", output_fields.changes_fields()),
        ("OPTIONS", output_fields.options_fields()),
        ("SUGGESTIONS", output_fields.suggestions_fields()),
        ("FINDINGS", findings_layer.findings_fields()),
        ("DIFFERENCES", write_differences.differences_fields()),
    ):
        rows = [line.split("`")[1] for line in sections[sink].splitlines() if line.startswith("| `")]
        assert rows == [name for name in fields.names() if name != "stop_id"], sink


def test_changes_of_a_day_end_with_why():
    """All else is as in the changes between two plans that are compared."""
    compared, day = (
        made.names() for made in (output_fields.changes_fields(), output_fields.day_changes_fields())
    )
    assert (compared[:-1], compared[-1], day[-1]) == (day[:-1], "remark", "why")


def test_the_page_states_the_default_costs(checkout):
    """The prices that stand in for missing ones are those the page gives."""
    page = (checkout / "docs" / "fields.md").read_text(encoding="utf-8")
    costs = DEFAULT_COSTS
    prices = f"{costs.fixed:g} fixed, {costs.per_km:.2f} per km and {costs.per_hour:g} per hour"
    assert f"every vehicle gets {prices}" in page


def test_the_page_of_other_products_names_what_is_read(checkout):
    """What docs/migrating.md says may stay as it is, is recognised; what it is called here is a field."""
    page = (checkout / "docs" / "migrating.md").read_text(encoding="utf-8")
    tables = [*TABLES.values(), ZONE_FIELDS, BARRIER_FIELDS]
    own = {field.name for fields in tables for field in fields}
    told = {
        *re.findall(r"^\| `(\w+)` \|", (checkout / "docs" / "fields.md").read_text("utf-8"), re.MULTILINE)
    }
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", page, re.MULTILINE)
    kept = [name for there, here in rows if here.startswith("as ") for name in re.findall(r"`(\w+)`", there)]
    assert len(kept) > 50
    assert not [name for name in kept if not any(recognise(fields, [name]) for fields in tables)]
    named = {name for _, here in rows for name in re.findall(r"`([a-z]\w+)`", here)}
    assert named - own - told <= {"shipment_id", "job_id", "fewest_vehicles", "time", "seconds", "metres"}
