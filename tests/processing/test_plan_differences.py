"""plan_differences: two layers of visits as they stand, without an engine, into a row for each driver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsProcessingException

from tests.made_layers import CENTRE, layer

DAY = "2026-05-04"
SECRET = {"phone": "01632 960001", "access_code": "4711", "notes": "ring twice"}


@pytest.fixture
def differences(run_algorithm, monkeypatch):
    """A function (before, after, **parameters) -> Outcome; there is no engine."""
    monkeypatch.setenv("OPTIWAY_PYTHON", "/nowhere/python")

    def run(before, after, **parameters: Any):
        given = {"BEFORE": before, "AFTER": after, "DIFFERENCES": "TEMPORARY_OUTPUT"}
        return run_algorithm("plan_differences", **{**given, **parameters})

    return run


def row(
    vehicle: str, number: int, stop: str, eta: str, status: str = "planned", **values: Any
) -> dict[str, Any]:
    """A visit of VISITS, with what a stop carries along."""
    return {
        "at": CENTRE,
        "start_time": f"{DAY}T{eta}",
        "eta": f"{DAY}T{eta}",
        "plan_id": "p-1",
        "version": 1,
        "vehicle_id": vehicle,
        "driver": {"V1": "Marta", "V2": "João"}.get(vehicle),
        "sequence": number,
        "visit_type": "stop",
        "planned_service_min": 5.0,
        "status": status,
        "actual_arrival": None,
        "stop_id": stop,
        "name": None,
        "address": None,
        **SECRET,
        **values,
    }


def visits(*rows: dict[str, Any], version: int = 1, **values: Any):
    """A layer of visits of that version."""
    types = {"start_time": "datetime", "eta": "datetime", "actual_arrival": "datetime"}
    texts = dict.fromkeys(("driver", "name", "address"), "string")
    made = [{**one, "version": version, **values} for one in rows]
    return layer(made, name=f"visits {version}", types={**types, **texts})


BEFORE = (
    row("V1", 0, "D1", "08:00", "done", visit_type="start", name="Depot"),
    row("V1", 1, "S1", "09:00", "done"),
    row("V1", 2, "S2", "10:00"),
    row("V1", 3, "S3", "11:00"),
    row("V2", 1, "S4", "09:30"),
)
NEW = {"name": "Café Lisboa", "address": "Rua X 12"}
AFTER = (
    row("V1", 0, "D1", "08:00", "done", visit_type="start", name="Depot"),
    row("V1", 1, "S1", "09:20", "done"),
    row("V1", 2, "S2", "10:02"),
    row("V1", 3, "S9", "10:38", **NEW),
    row("V2", 1, "S4", "09:31"),
)


def test_the_driver_whose_route_changes_gets_a_row(differences):
    """With figures, the moment of the first change, and a text that gives nothing away."""
    outcome = differences(visits(*BEFORE), visits(*AFTER, version=2))
    (told,) = outcome.rows("DIFFERENCES")
    assert told["message"] == (
        "Marta, your route for 4 May has changed (version 2). New: Café Lisboa, Rua X 12, as stop 3, about "
        "10:40. No longer yours: S3. Next: S2 at 10:00."
    )
    assert not any(secret in told["message"] for secret in SECRET.values())
    assert (told["vehicle_id"], told["driver"], told["plan_id"]) == ("V1", "Marta", "p-1")
    assert (told["version_before"], told["version_after"]) == (1, 2)
    assert [told[name] for name in ("added", "removed", "moved", "later", "earlier")] == [1, 1, 0, 0, 0]
    assert told["first_change"].toString("yyyy-MM-dd HH:mm") == f"{DAY} 10:38"
    assert (outcome.results["DRIVERS_CHANGED"], outcome.results["STOPS_CHANGED"]) == (1, 2)
    assert outcome.log.warnings == []


@pytest.mark.parametrize(("minutes", "drivers"), [(10, 1), (1, 2), (0, 2)])
def test_small_shifts_count_only_where_they_are_asked_for(differences, minutes, drivers):
    """Nobody is called because of some minutes, unless it is said that he is to be."""
    shifted = [{**one, "eta": f"{DAY}T09:36"} if one["stop_id"] == "S4" else one for one in AFTER]
    outcome = differences(visits(*BEFORE), visits(*shifted, version=2), MINUTES=minutes)
    assert outcome.results["DRIVERS_CHANGED"] == len(outcome.rows("DIFFERENCES")) == drivers


def test_all_drivers_have_a_row_where_that_is_asked_for(differences):
    """A gateway that sends to everybody has something to send."""
    outcome = differences(visits(*BEFORE), visits(*AFTER, version=2), ALL=True)
    texts = {one["vehicle_id"]: one["message"] for one in outcome.rows("DIFFERENCES")}
    assert set(texts) == {"V1", "V2"}
    assert texts["V2"] == "No changes."
    assert outcome.results["DRIVERS_CHANGED"] == 1


def test_what_was_cancelled_is_told_once(differences):
    """The driver still has it before; after, he is told that it is gone, also where its row is there."""
    before = visits(row("V1", 1, "S1", "09:00"), row("V1", 2, "S2", "10:00", "cancelled"))
    after = visits(row("V1", 1, "S1", "09:00"), row("V1", 2, "S2", "10:00", "cancelled"), version=2)
    (told,) = differences(before, after).rows("DIFFERENCES")
    assert "No longer yours: S2." in told["message"]


def test_a_row_that_somebody_drew_is_a_stop(differences):
    """It has no visit_type, and the driver has to go there all the same."""
    drawn = row("V1", 2, "S2", "10:00", visit_type=None)
    outcome = differences(visits(row("V1", 1, "S1", "09:00")), visits(row("V1", 1, "S1", "09:00"), drawn))
    (told,) = outcome.rows("DIFFERENCES")
    assert (told["added"], "New: S2, as stop 2" in told["message"]) == (1, True)


def test_where_goods_are_to_be_fetched_is_told(differences):
    """A vehicle that broke down stands at no address: the driver gets what his telephone finds."""
    place = "V2 stands here"
    fetch = row("V1", 2, place, "10:00", visit_type="transfer", name=place)
    (told,) = differences(visits(*BEFORE[:2]), visits(*BEFORE[:2], fetch, version=2)).rows("DIFFERENCES")
    longitude, latitude = CENTRE
    where = f"New: fetch goods (V2 stands here), {latitude:.5f},{longitude:.5f}, about 10:00."
    assert where in told["message"]
    assert told["added"] == 0


def test_a_visit_that_was_begun_is_not_mentioned(differences):
    """An actual arrival says as much as a status."""
    here = {"actual_arrival": f"{DAY}T10:20"}
    after = visits(row("V1", 1, "S1", "10:20", **here), row("V1", 2, "S2", "11:00"), version=2)
    outcome = differences(visits(row("V1", 1, "S1", "10:00"), row("V1", 2, "S2", "11:00")), after)
    assert outcome.rows("DIFFERENCES") == []


def test_what_is_over_by_the_clock_is_not_mentioned(differences):
    """Where nobody notes what is done: the next stop is yet to come, and one that is late is not new."""
    before = visits(row("V1", 1, "S1", "09:00"), row("V1", 2, "S2", "10:00"), row("V1", 3, "S3", "11:00"))
    after = visits(row("V1", 1, "S1", "09:20"), row("V1", 2, "S2", "10:30"), row("V1", 3, "S3", "11:00"))
    (told,) = differences(before, after, NOW=f"{DAY}T10:05").rows("DIFFERENCES")
    assert told["message"].endswith("Later: S2 about 10:30 instead of 10:00. Next: S2 at 10:30.")
    assert (told["later"], told["added"]) == (1, 0)


@pytest.mark.parametrize(
    ("of_before", "of_after", "words"),
    [
        ({}, {"plan_id": "p-2", "version": 2}, "are different plans"),
        ({}, {"version": 3}, "was not made from BEFORE (version 1)"),
        ({"version": 2}, {"version": 1}, "was not made from BEFORE (version 2)"),
        ({}, {"version": 2}, None),
    ],
)
def test_layers_that_are_no_plan_and_its_successor_are_warned_of(differences, of_before, of_after, words):
    """The messages are there all the same: it may be meant so."""
    outcome = differences(visits(*BEFORE, **of_before), visits(*AFTER, **of_after))
    assert outcome.results["DRIVERS_CHANGED"] == 1
    if words is None:
        assert outcome.log.warnings == []
    else:
        assert any(words in warning for warning in outcome.log.warnings)


def test_plans_without_versions_and_rows_without_times(differences):
    """A plan of an earlier release has neither version nor status; a row typed in by hand has no eta yet."""
    gone = ("version", "status", "actual_arrival")

    def old(rows):
        types = {"start_time": "datetime", "eta": "datetime", "driver": "string", "name": "string"}
        kept = [{name: value for name, value in one.items() if name not in gone} for one in rows]
        return layer(kept, types={**types, "address": "string"})

    typed = [*AFTER, {**row("V1", 9, "S77", "10:00"), "eta": None}]
    outcome = differences(old(BEFORE), old(typed))
    (told,) = outcome.rows("DIFFERENCES")
    assert told["message"].startswith("Marta, your route for 4 May has changed. New: Café Lisboa")
    assert told["version_after"] is None or told["version_after"].isNull()
    assert any("eta is empty" in warning and "S77" in warning for warning in outcome.log.warnings)


def test_a_layer_that_is_no_plan_is_refused(differences):
    """With the names of what is missing, for both layers at once."""
    points = layer([{"at": CENTRE, "stop_id": "S1", "vehicle_id": "V1", "sequence": 1}])
    with pytest.raises(QgsProcessingException, match=r"2 problems(?s:.*)BEFORE.*no field eta") as refused:
        differences(points, points)
    assert "AFTER" in str(refused.value)


@pytest.mark.parametrize("ending", ["html", "txt"])
def test_messages_are_written_to_a_file(differences, tmp_path, ending):
    """To be printed, or copied into a mail."""
    path = tmp_path / f"messages.{ending}"
    differences(visits(*BEFORE), visits(*AFTER, version=2), MESSAGES=str(path))
    text = Path(path).read_text(encoding="utf-8")
    assert "V1 · Marta" in text
    assert "New: Café Lisboa, Rua X 12, as stop 3" in text
    assert ("<html" in text) is (ending == "html")
