"""Days and what is asked of them, as members of a job: read as written, or refused with all faults."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from optiway_qgis.engine.job_form import read_ask, read_day
from optiway_qgis.model.day import Ask, Day, Progress, day_to_json
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.plan import Leg, Visit
from tests.engine.cases import VAN, a_depot, a_problem, a_stop

PROBLEM = a_problem([a_stop("S1", 1), a_stop("S2", 2)], [a_depot("D1", 0)], [VAN])
VISITS = tuple(
    Visit(kind, name, number, 28800, 0, 0, 28800, 60, 28860, 0, 0, 600, 6000, 6000, (-1000,), status="done")
    for number, (kind, name) in enumerate([("start", "D1"), ("stop", "S1")])
)
LEG = Leg(1, "D1", "S1", 600, 6000, "road", ((-8.6, 41.1), (-8.59, 41.105)))
DAY = Day(
    29000, (Progress(VAN.id, VISITS, (LEG,), -8.59, 41.1, 29000, ((-8.6, 41.1), (-8.59, 41.1))),), "free"
)


def form_of(day: Day) -> dict[str, Any]:
    return json.loads(json.dumps(day_to_json(day)))


def faults_of(day: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        read_day({"day": day}, PROBLEM)
    return list(refused.value.problems)


def test_day_arrives_as_it_was_written():
    """The load of a visit may be below nothing: a plan that tears pairs apart has its day, too."""
    assert read_day({"day": form_of(DAY)}, PROBLEM) == DAY


def test_job_without_a_day_is_before_it_begins():
    assert read_day({}, PROBLEM) == Day()


def test_every_fault_of_the_members_is_told_at_once():
    form = form_of(replace(DAY, goods="tied", fetch=-1))
    (progress,) = form["progress"]
    progress["colour"] = "red"
    progress["way"] = [[1]]
    progress["way_drive"] = -5
    progress["visits"][1] |= {"status": "gone", "type": "visit", "arrival": "noon"}
    del progress["legs"][0]["metres"]
    told = "\n".join(faults_of(form))
    for word in ("goods", "fetch", "colour", "way is", "way_drive", "status", "type", "arrival", "metres"):
        assert word in told, word
    assert 'vehicle "V1": visit 2' in told
    assert len(told.splitlines()) == 9


@pytest.mark.parametrize("form", [[], "today", {"progress": 3}, {"progress": ["V1"]}])
def test_what_is_no_day_is_refused(form):
    assert faults_of(form)


def test_what_the_problem_has_not_is_told_at_once():
    one = DAY.progress[0]
    stranger = replace(one, vehicle_id="V9", stands_at="D9", visits=(replace(VISITS[1], id="S9"),))
    told = faults_of(form_of(replace(DAY, progress=(one, one, stranger))))
    assert len(told) == 4
    endings = ("no such vehicle.", '"D9", but there is no such depot.', 'no stop "S9".', "there 2 times.")
    assert all(any(text.endswith(ending) for text in told) for ending in endings)


def test_ask_arrives_as_it_was_written():
    ask = Ask("insert", ("S1", "S2"), False, "p-1", 3)
    assert read_ask({"ask": json.loads(json.dumps(asdict(ask)))}) == ask


def test_faults_of_an_ask_are_told_at_once():
    with pytest.raises(InputError) as refused:
        read_ask({"ask": {"scope": "all", "loose": "S1", "version": -1, "colour": "red"}})
    told = "\n".join(refused.value.problems)
    assert all(word in told for word in ("scope", "loose", "version", "colour"))
