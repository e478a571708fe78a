"""The engine process as a server uses it, with a job in a file, and as QGIS does, with a job on its input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import pytest

from optiway_qgis.engine.job_form import read_problem, read_sequences, read_settings
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.job import JOB_VERSION
from optiway_qgis.model.plan import plan_from_json
from optiway_qgis.model.problem import Planned, Sequence, Settings, problem_to_json
from tests.engine.cases import VALID_CASES, VAN, a_depot, a_problem, a_stop, between

Events = list[dict[str, Any]]


def a_job(task: str, **members: Any) -> dict[str, Any]:
    return {"version": JOB_VERSION, "task": task, "travel": {"source": "estimate"}, **members}


def small_problem() -> dict[str, Any]:
    stops = [a_stop(f"S{number}", number, service=300, delivery=(1000,)) for number in range(1, 7)]
    return json.loads(json.dumps(problem_to_json(a_problem(stops, [a_depot("D1", 0)], [VAN]))))


@pytest.fixture
def answer(tmp_path, checkout):
    """A function that has a job in a file answered; returns the exit code, the events and standard error.

    None for a file that is not there.
    """

    def run(job: Any) -> tuple[int, Events, str]:
        path = tmp_path / "job.json"
        if job is not None:
            path.write_text(job if isinstance(job, str) else json.dumps(job), encoding="utf-8")
        command = [sys.executable, "-m", "optiway_qgis.engine", str(path)]
        done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return run


@pytest.fixture
def refusal(answer):
    """A function that returns the one error a job is refused with."""

    def run(job: Any) -> dict[str, str]:
        code, events, stderr = answer(job)
        assert code == 1
        assert "Traceback" not in stderr
        errors = [event for event in events if event["event"] == "error"]
        assert errors == events[-1:]
        return errors[0]

    return run


def test_missing_job_file_is_named(refusal):
    assert "job.json" in refusal(None)["text"]


def test_plan_comes_after_its_phases_in_order(answer):
    """The bar in QGIS only moves forward, and the last event is the result."""
    code, events, _ = answer(a_job("plan", problem=small_problem(), settings={"iterations": 50}))
    assert code == 0
    phases = [event["text"] for event in events if event["event"] == "phase"]
    assert [phase.split()[0] for phase in phases] == ["Engine", "Estimating", "Searching", "Search"]
    percents = [event["percent"] for event in events if "percent" in event]
    assert percents == sorted(percents)
    assert all(0 <= percent <= 100 for percent in percents)
    assert [event["event"] for event in events].count("result") == 1
    plan = plan_from_json(events[-1]["plan"])
    assert plan.violations == ()
    assert sorted(plan.routes[0].stop_ids) == ["S1", "S2", "S3", "S4", "S5", "S6"]


def test_progress_tells_the_best_cost_while_searching(answer):
    """A user who waits sees that something happens and what has been reached."""
    settings = {"time_limit": 3.0, "patience": 0}
    _, events, _ = answer(a_job("plan", problem=small_problem(), settings=settings))
    progress = [event for event in events if event["event"] == "progress"]
    assert len(progress) >= 3
    percents = [event["percent"] for event in progress]
    assert percents == sorted(percents)
    assert percents[-1] > percents[0]
    told = [event for event in progress if "cost" in event]
    assert told[-1]["cost"] == pytest.approx(plan_from_json(events[-1]["plan"]).cost, abs=0.01)
    assert f"{told[-1]['cost']:.2f}" in told[-1]["text"]


NEVER_ENDING = """
import sys, time
from optiway_qgis.engine import __main__ as engine
from optiway_qgis.engine.channel import open_channel, serve
from optiway_qgis.engine.solving import planner

engine._LOST_SECONDS = 0.5
planner.plan = lambda *job: time.sleep(600)
sys.exit(serve(open_channel(sys.argv[1]), engine.main))
"""


def test_search_that_never_ends_is_ended(tmp_path, checkout):
    """A server at night is told, instead of waiting for ever."""
    path = tmp_path / "job.json"
    path.write_text(json.dumps(a_job("plan", problem=small_problem(), settings={"time_limit": 0.5})))
    command = [sys.executable, "-c", NEVER_ENDING, str(path)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60, check=False)
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, last["event"]) == (4, "error")
    assert "has not come to its end" in last["text"]


def test_job_on_the_input_is_answered_as_the_one_in_a_file(answer, checkout):
    """QGIS and a server get the same plan; only seconds and ids of processes may differ."""
    job = a_job("plan", problem=small_problem(), settings={"iterations": 50})
    start = checkout / "optiway_qgis" / "engine" / "start.py"
    command = [sys.executable, "-I", str(start), str(os.getpid())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        # The input stays open: its end would tell the engine that nobody waits any more.
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        events = [json.loads(line) for line in process.stdout]
        assert process.wait(timeout=60) == 0
    assert events[-1] == answer(job)[1][-1]


def test_schedule_keeps_the_order_and_tells_what_it_breaks(answer):
    """After an edit by hand the order is the user's: breaches are reported, never mended."""
    problem = small_problem()
    problem["stops"][0]["windows"] = [{"start": 0, "end": 3600}]
    problem["vehicles"][0]["max_stops"] = 3
    order = ["S6", "S1", "S5", "S2"]
    job = a_job("schedule", problem=problem, sequences=[{"vehicle_id": "V1", "stops": order}])
    code, events, _ = answer(job)
    plan = plan_from_json(events[-1]["plan"])
    assert code == 0
    assert plan.routes[0].stop_ids == tuple(order)
    assert {violation.code for violation in plan.violations} == {"time_window", "stop_limit"}
    assert plan.routes[0].violations == ("time_window", "stop_limit")
    assert [(left.stop_id, left.reason) for left in plan.unassigned] == [
        ("S3", "excluded"),
        ("S4", "excluded"),
    ]


def test_compare_gives_each_order_the_plan_that_schedule_gives_it(answer):
    """One scheduler and one checker, on travel times that are looked up once."""
    problem = small_problem()
    problem["vehicles"][0]["max_stops"] = 3
    orders = [
        [{"vehicle_id": "V1", "stops": stops}] for stops in (["S6", "S1", "S5", "S2"], ["S1", "S2", "S3"])
    ]
    code, events, _ = answer(a_job("compare", problem=problem, orders=orders))
    assert code == 0
    phases = [event["text"] for event in events if event["event"] == "phase"]
    assert [phase.split()[0] for phase in phases] == ["Engine", "Estimating"]
    alone = [answer(a_job("schedule", problem=problem, sequences=order))[1][-1]["plan"] for order in orders]
    assert events[-1]["plans"] == alone
    assert [len(plan["violations"]) for plan in alone] == [1, 0]


def test_check_finds_what_was_changed_in_a_plan(answer):
    """A plan that somebody altered outside is judged without being planned again."""
    problem = small_problem()
    sequences = [{"vehicle_id": "V1", "stops": ["S1", "S2", "S3", "S4", "S5", "S6"]}]
    plan = answer(a_job("schedule", problem=problem, sequences=sequences))[1][-1]["plan"]
    assert answer(a_job("check", problem=problem, plan=plan))[1][-1]["violations"] == []
    plan["routes"][0]["visits"][2]["load"] = [1]
    found = answer(a_job("check", problem=problem, plan=plan))[1][-1]["violations"]
    assert [violation["code"] for violation in found] == ["inconsistent"]
    assert found[0]["stop_id"] == "S2"


def test_versions_are_told(answer):
    """The installer compares them with the ones pinned."""
    code, events, _ = answer(a_job("versions"))
    assert code == 0
    assert {"python", "pyvrp", "ortools", "numpy"} <= set(events[-1]["versions"])
    assert events[-1]["versions"]["pyvrp"].count(".") >= 2


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ("{ not json", "not JSON"),
        ("[1]", f"version {JOB_VERSION}"),
        ({"version": 99, "task": "plan"}, f"version {JOB_VERSION}"),
        (a_job("fly"), 'Unknown task "fly"; known: plan, schedule, compare, explain, check, versions'),
        (a_job("plan"), "no problem"),
        (a_job("schedule", problem=small_problem()), "no list of sequences"),
        (a_job("explain", problem=small_problem()), "no list of sequences"),
        (a_job("compare", problem=small_problem()), "no list of orders"),
        (a_job("compare", problem=small_problem(), orders=[[], [{"stops": []}]]), "Order 2: sequence 1"),
        (a_job("check", problem=small_problem(), plan={}), "plan of the job cannot be read"),
        (a_job("plan", problem=small_problem(), settings={"pace": 1}), 'unknown member "pace"'),
        ({**a_job("plan", problem=small_problem()), "travel": {"source": "crow"}}, '"crow"'),
        (a_job("plan", problem={**small_problem(), "vehicles": []}), "no vehicle"),
    ],
)
def test_bad_job_is_refused_in_words(refusal, job, words):
    """Whoever wrote the job reads what is wrong with it, not a traceback."""
    error = refusal(job)
    assert error["code"] == "job_failed"
    assert words in error["text"]


def test_all_faults_of_a_problem_are_told_at_once(refusal):
    """One fault per run would cost as many runs as there are faults."""
    problem = small_problem()
    problem["stops"][0]["service"] = "5 min"
    problem["stops"][1]["windows"] = [{"start": 50}]
    problem["stops"][2]["delivery"] = [-5]
    del problem["stops"][3]["lon"]
    problem["vehicles"][0]["colour"] = "red"
    text = refusal(a_job("plan", problem=problem))["text"]
    assert text.startswith("5 problems")
    for words in ('"S1": service', '"S2": windows', '"S3": delivery', 'lacks "lon"', '"colour"'):
        assert words in text


def test_unknown_names_in_sequences_are_told_at_once(refusal):
    """An edited plan may name what has been deleted."""
    sequences = [
        {"vehicle_id": "V9", "stops": ["S1"]},
        {"vehicle_id": "V1", "stops": ["S1", "S9", "S1"]},
        {"vehicle_id": "V1", "stops": ["S2"]},
    ]
    text = refusal(a_job("schedule", problem=small_problem(), sequences=sequences))["text"]
    for words in (
        "no such vehicle",
        'no stop "S9"',
        '"S1" is in the sequences twice',
        '"V1" has two sequences',
    ):
        assert words in text


def changed(member: str, **values: Any) -> dict[str, Any]:
    """Return the small problem with values changed: of its first stop, depot or vehicle, or its own."""
    problem = small_problem()
    target = problem if member == "problem" else problem[member][0]
    target.update(values)
    return problem


def rest(*others: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return the small problem with a break of a minute for its vehicle, and others."""
    return changed("vehicles", breaks=[*others, {"id": "B", "duration": 60, **members}])


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (changed("stops", lat=91), "lat is 91; it must be from -90 to 90"),
        (changed("stops", lon=float("nan")), "lon is nan; a number is needed"),
        (changed("stops", id=""), "id is empty"),
        (changed("stops", id=7), "id is 7; a text is needed"),
        (changed("stops", id="S2"), '"S2" is there 2 times'),
        (changed("stops", service=-1), "service is -1; it must not be negative"),
        (changed("stops", service=1.5), "service is 1.5; a whole number is needed"),
        (changed("stops", service=True), "service is True; a whole number is needed"),
        (changed("stops", service=10**12), "a whole number is needed"),
        (changed("stops", priority=101), "from 0 to 100"),
        (changed("stops", penalty=-0.5), "penalty is -0.5"),
        (changed("stops", skills="fridge"), "skills is 'fridge'; a list of texts is needed"),
        (changed("stops", order_rule="soon"), "early, strict, first, last or empty"),
        (changed("stops", late_max=-1), "late_max is -1; it must not be negative"),
        (changed("stops", late_cost=-1), "late_cost is -1"),
        (changed("stops", ride_max=-1), "ride_max is -1"),
        (
            changed("stops", keep="place", vehicle_id="V1"),
            'keep is "place"; it must be order, prefix or empty',
        ),
        (changed("stops", keep="order"), "keep is order; it needs a vehicle_id"),
        (changed("stops", before=["S2", "S9"]), 'before names "S9"'),
        (changed("stops", before=["S1"]), "Stops that must come before each other: S1, S1."),
        (changed("stops", picked_up_at="S9"), 'picked_up_at is "S9", but there is no such stop'),
        (
            changed("stops", picked_up_at="S2", delivery=[7]),
            '"S2" has pickup []; those of a pair must be equal',
        ),
        (changed("stops", delivery=[1, 2]), "delivery has 2 numbers"),
        (changed("stops", windows=[{"start": 9, "end": 8}]), "ends at 8, before it starts at 9"),
        (
            changed("stops", windows=[{"start": 5, "end": 9}, {"start": 9, "end": 12}]),
            "overlap or are not in order",
        ),
        (changed("stops", windows=[{"start": 5, "end": None}]), "a list of windows is needed"),
        (changed("depots", window={"start": 9, "end": 8}), 'Depot "D1": a window ends'),
        (changed("depots", docks=0), "docks is 0"),
        (changed("depots", load=-1), "load is -1"),
        (changed("depots", load_per_unit=-0.5), "load_per_unit is -0.5"),
        (changed("vehicles", start_depot="D9"), 'start_depot is "D9"'),
        (changed("vehicles", shift={"start": 9, "end": 8}), "its shift ends at 8"),
        (changed("vehicles", shift=None), "shift is None; a window is needed"),
        (changed("vehicles", capacity=[-1]), "capacity is [-1]"),
        (changed("vehicles", capacity=[1, None]), "capacity has 2 numbers"),
        (changed("vehicles", cost_per_km="0.5"), "cost_per_km is '0.5'; a number is needed"),
        (changed("vehicles", max_work=-1), "max_work is -1"),
        (changed("vehicles", max_trips=0), "max_trips is 0"),
        (changed("vehicles", service_factor=0), "service_factor is 0; it must be from 0.1 to 10"),
        (changed("vehicles", overtime_after=-1), "overtime_after is -1"),
        (changed("vehicles", overtime_cost_per_hour="dear"), "overtime_cost_per_hour is 'dear'"),
        (changed("vehicles", lifo=1), "lifo is 1; true or false is needed"),
        (changed("vehicles", start_rule="now"), 'start_rule is "now"; it must be late or early'),
        (changed("vehicles", breaks=[7]), "breaks is [7]; a list of objects is needed"),
        (changed("vehicles", breaks=[{"id": "B"}]), 'Vehicle "V1": break "B" lacks "duration"'),
        (rest(duration=0), "duration is 0"),
        (rest(after_work=0), "after_work is 0"),
        (rest(), "just one of window, after_drive and after_work"),
        (rest(after_drive=9, after_work=9), "just one of window, after_drive and after_work"),
        (rest(window={"start": 9, "end": 8}), 'break "B": a window ends at 8'),
        (rest(after_work=9, first_part=60), "first_part is 60; it must be less than duration, 60"),
        (rest(window={"start": 8, "end": 9}, first_part=30), "first_part and window exclude each other"),
        (rest(window={"start": 8, "end": 9}, gone=30), "gone and window exclude each other"),
        (rest(after_drive=9, gone=-1), "gone is -1; it must not be negative"),
        (rest(rest(after_work=9)["vehicles"][0]["breaks"][0], after_work=9), "is there 2 times"),
        (changed("problem", goals={"speed": 1}), 'The goals has the unknown member "speed"'),
        (changed("problem", goals={"balance": "luck"}), "it must be time, stops, distance or empty"),
        (changed("problem", goals={"balance_price": -1}), "balance_price is -1"),
        (changed("problem", goals={"vehicle_change_price": -1}), "vehicle_change_price is -1"),
        (changed("problem", goals={"position_change_price": "5"}), "position_change_price is '5'"),
        (changed("problem", goals={"promise_price": 1e10}), "promise_price is 10000000000.0"),
        (changed("problem", goals={"promise_tolerance": -60}), "promise_tolerance is -60"),
        (changed("stops", planned={"vehicle_id": "V1", "rank": 1}), "planned is {"),
        (changed("stops", planned={"vehicle_id": "V1", "rank": 1, "eta": 8.5}), "planned is {"),
        (changed("problem", incompatible=[["food"]]), "a list of pairs is needed"),
        (changed("problem", incompatible=[["food", ""]]), "both need a name"),
        (changed("problem", dimensions=10), "from 1 to 9"),
        (changed("problem", stops={}), "stops is {}; a list of objects is needed"),
        (changed("problem", stops=[5]), "stops is [5]"),
        (changed("problem", plan_date=None), "plan_date is None; a text is needed"),
    ],
)
def test_fault_of_a_problem_is_named_with_its_place_and_value(problem, words):
    """A number of the wrong kind would make the solver plan something else, or crash it."""
    with pytest.raises(InputError) as caught:
        read_problem({"problem": problem})
    assert len(caught.value.problems) == 1
    assert words in caught.value.problems[0]


@pytest.mark.parametrize("name", VALID_CASES)
def test_valid_problem_is_read_as_it_is(name):
    """The reader must not refuse what the model allows, nor change it."""
    problem = VALID_CASES[name]().problem
    assert read_problem({"problem": json.loads(json.dumps(problem_to_json(problem)))}) == problem


def test_relations_that_no_route_can_keep_are_told_at_once():
    """A pair that shares its pickup, circles over several stops: a pickup comes before its delivery."""
    problem = small_problem()
    _, second, third, fourth, *_ = problem["stops"]
    for stop in (second, third):
        stop.update(picked_up_at="S1", delivery=[])
    second["before"], fourth["before"] = ["S4"], ["S1", "S2"]
    with pytest.raises(InputError) as caught:
        read_problem({"problem": problem})
    assert caught.value.problems == [
        'Stop "S1": it is picked_up_at of 2 stops; a pair has one delivery.',
        "Stops that must come before each other: S1, S2, S4, S1.",
        "Stops that must come before each other: S2, S4, S2.",
    ]
    fourth["before"], third["picked_up_at"] = [], "S2"
    with pytest.raises(InputError) as caught:
        read_problem({"problem": problem})
    assert caught.value.problems == [
        'Stop "S3": picked_up_at is "S2", which is itself the delivery of a pair.'
    ]


def test_everything_a_problem_may_hold_is_read():
    """With trailing zeros left out of amounts, amounts of a pair are equal."""
    problem = small_problem()
    problem["dimensions"] = 2
    first, second, third, *_ = problem["stops"]
    first.update(pickup=[5], ride_max=None)
    second.update(picked_up_at="S1", delivery=[5, 0], ride_max=600, before=["S3"], zones=["North"])
    first["planned"] = {"vehicle_id": "V9", "rank": 2, "eta": -60}
    third.update(keep="prefix", vehicle_id="V1", keep_rank=-2, late_max=None, ready=-60, goods_class="food")
    breaks = [
        {"id": "lunch", "duration": 1800, "window": {"start": 43200, "end": 46800}, "paid": True},
        {"id": "rest", "duration": 2700, "after_drive": 16200, "first_part": 900, "gone": 3600},
    ]
    problem["vehicles"][0].update(breaks=breaks, zones=["North"], zone_hard=True, max_trips=3, lifo=True)
    problem["depots"][0].update(docks=2, load=300, load_per_unit=1.5)
    problem["incompatible"] = [["food", "paint"]]
    problem["goals"] = {"fewest_vehicles": True, "balance": "time", "balance_price": 12.5, "promise_price": 3}
    read = read_problem({"problem": problem})
    assert [stop.picked_up_at for stop in read.stops[:2]] == ["", "S1"]
    assert read.vehicles[0].breaks[1].first_part == 900
    assert read.vehicles[0].breaks[1].gone == 3600
    assert read.stops[0].planned == Planned("V9", 2, -60)
    assert read.incompatible == (("food", "paint"),)
    assert read.goals.balance == "time"


def test_settings_and_sequences_are_read():
    """Members left out take their defaults."""
    assert read_settings({}) == Settings()
    settings = Settings(time_limit=5.0, iterations=7, seed=2, patience=0.5)
    assert read_settings({"settings": asdict(settings)}) == settings
    forms = [{"vehicle_id": "V1", "stops": ["S1"]}, {"vehicle_id": "V2"}]
    assert read_sequences({"sequences": forms}) == [Sequence("V1", ("S1",)), Sequence("V2")]
    forms[0]["reloads"] = []
    assert read_sequences({"sequences": forms})[0].reloads == ()
    forms[0].update(stops=["S1", "S2", "S3"], reloads=[1, 2])
    assert read_sequences({"sequences": forms})[0].reloads == (1, 2)
    for reloads in ([0], [3], [2, 1], [1, 1], [-1]):
        forms[0]["reloads"] = reloads
        with pytest.raises(InputError, match=r"Sequence 1: reloads is .* from 1 to 2"):
            read_sequences({"sequences": forms})
    del forms[0]["reloads"]
    with pytest.raises(InputError, match="Sequence 2 lacks"):
        read_sequences({"sequences": [forms[0], {"stops": []}]})


def test_window_of_a_single_moment_is_no_fault():
    """Windows are closed: an appointment at nine sharp is one."""
    moment = between("09:00", "09:00")
    problem = changed("stops", windows=[{"start": moment.start, "end": moment.end}])
    assert read_problem({"problem": problem}).stops[0].windows == (moment,)
