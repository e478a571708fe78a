"""insert_options and suggest_windows with the real engine: what is offered is what editing then does."""

from __future__ import annotations

import re

import pytest
from qgis.core import NULL, QgsProcessingException, QgsVectorLayer

from tests.made_layers import CENTRE, Log, depot, layer, spots, stops, table

NOW = "2026-05-04T09:30:00"
COUNT = 18
OFFERED = ("insert_options", "suggest_windows")


@pytest.fixture
def planned(run_algorithm):
    """A plan of 18 stops on two of three vans that leave at eight, and its inputs."""
    van = {"shift_start": "08:00", "shift_end": "17:00", "capacity": 60.0}
    inputs = {
        "DEPOTS": layer([depot()], name="depots"),
        "VEHICLES": table(
            [{"vehicle_id": f"V{number}", "driver": f"Driver {number}", **van} for number in (1, 2, 3)]
        ),
        "START_RULE": "early",
    }
    made = stops(COUNT, demand=5.0, tw1_start="08:00", tw1_end="16:00")
    rows = [{**row, "at": at, "service_min": 15.0} for row, at in zip(made, spots(COUNT, 0.03))]
    return run_algorithm("plan_routes", STOPS=layer(rows), **inputs), inputs


@pytest.fixture
def ask(run_algorithm, planned):
    """A function (name, new, **parameters) -> Outcome that asks about new stops on the plan at NOW."""
    plan, inputs = planned

    def run(name, new, **parameters):
        given = {
            **{"PLAN": plan.results["VISITS"], "PLAN_LEGS": plan.results["LEGS"], **inputs},
            **{"NEW_STOPS": new, "NOW": NOW, "PLAN_DATE": None, "GOODS": "free"},
            **{"OPTIONS": "TEMPORARY_OUTPUT", "SUGGESTIONS": "TEMPORARY_OUTPUT"},
        }
        own = {"insert_options": "SUGGESTIONS", "suggest_windows": "OPTIONS"}.get(name)
        given = {key: value for key, value in {**given, **parameters}.items() if key != own}
        return run_algorithm(name, **given)

    return run


def new_stop(stop_id="N1", east=0.02, north=0.01, **values):
    """A stop beside the plan's."""
    at = (CENTRE[0] + east, CENTRE[1] + north)
    return {
        "stop_id": stop_id,
        "name": f"New {stop_id}",
        "at": at,
        "service_min": 10.0,
        "demand": 5.0,
        **values,
    }


def edited(run_algorithm, planned, **parameters):
    """The plan at NOW after edits that are put where they cost least."""
    plan, inputs = planned
    layers = {"PLAN": plan.results["VISITS"], "PLAN_LEGS": plan.results["LEGS"], **inputs}
    given = {"NOW": NOW, "PLAN_DATE": None, "GOODS": "free", "ITERATIONS": 30, "MODE": "insert_best"}
    return run_algorithm("edit_routes", **{**layers, **given, **parameters})


def test_the_best_option_is_what_editing_then_does(ask, planned, run_algorithm):
    """The same vehicle, number, neighbours, arrival, time and money as when the stop is added."""
    new = layer([new_stop()])
    log = Log()
    outcome = ask("insert_options", new, log=log)
    rows = outcome.rows("OPTIONS")
    before = edited(run_algorithm, planned)
    after = edited(run_algorithm, planned, EDITS=new)
    route = [row for row in after.rows("VISITS") if row["vehicle_id"] == rows[0]["vehicle_id"]]
    at = next(number for number, row in enumerate(route) if row["stop_id"] == "N1")
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert sorted(row["vehicle_id"] for row in rows) == ["V1", "V2", "V3"]
    assert rows[0]["driver"] == rows[0]["vehicle_id"].replace("V", "Driver ")
    assert [rows[0][name] for name in ("sequence", "eta", "start_time")] == [
        route[at][name] for name in ("sequence", "eta", "start_time")
    ]
    assert rows[0]["after_id"] == stop_at(route, at - 1)
    assert rows[0]["before_id"] == stop_at(route, at + 1)
    assert rows[0]["added_cost"] == pytest.approx(after.results["COST"] - before.results["COST"])
    km = after.results["DISTANCE_KM"] - before.results["DISTANCE_KM"]
    assert rows[0]["added_km"] == pytest.approx(km)
    costs = [row["added_cost"] for row in rows]
    assert costs == sorted(costs)
    assert rows[0]["at"].asPoint() == new.getFeature(1).geometry().asPoint()
    assert outcome.results["OPTION_COUNT"] == 3
    assert outcome.results["STOPS_WITHOUT_OPTION"] == 0
    assert re.search(
        r"N1: V\d (before|after) S\d+ at \d\d:\d\d, \d+ min and \d+\.\d\d more", " ".join(log.infos)
    )


def stop_at(route, number):
    """The stop with that number among the rows of a route, none where it is a depot."""
    row = route[number]
    return row["stop_id"] if row["visit_type"] == "stop" else NULL


def test_a_stop_that_fits_nowhere_says_why(ask):
    """Also one that cannot be read: each has one row, without a rank."""
    new = layer([new_stop("BIG", demand=500.0), new_stop("BAD", tw1_start="noon"), new_stop("OK")])
    outcome = ask("insert_options", new, MOST=2)
    by_stop = {row["stop_id"]: row for row in outcome.rows("OPTIONS") if row["stop_id"] != "OK"}
    assert len(outcome.rows("OPTIONS")) == 4
    assert (by_stop["BIG"]["violations"], by_stop["BAD"]["violations"]) == ("capacity", "invalid_input")
    assert "its capacity is 60" in by_stop["BIG"]["text"]
    assert "noon" in by_stop["BAD"]["text"]
    assert not any(isinstance(row["rank"], int) for row in by_stop.values())
    assert outcome.results["STOPS_WITHOUT_OPTION"] == 2
    assert outcome.results["OPTION_COUNT"] == 2


def test_vehicles_that_would_break_a_rule_are_told_when_asked_for(ask):
    """They come last, with the rule and a sentence in place of a rank."""
    new = layer([new_stop(skills="fridge", allowed_vehicles="V1,V2")])
    outcome = ask("insert_options", new, ONLY_FITTING=False)
    found = {row["vehicle_id"]: row["violations"] for row in outcome.rows("OPTIONS")}
    assert found == {"V1": "skill", "V2": "skill", "V3": "skill"}
    assert all("fridge" in row["text"] for row in outcome.rows("OPTIONS"))
    assert outcome.results["OPTION_COUNT"] == 0
    outcome = ask("insert_options", layer([new_stop(allowed_vehicles="V1,V2")]), ONLY_FITTING=False)
    last = outcome.rows("OPTIONS")[-1]
    assert (last["vehicle_id"], last["violations"], last["text"]) == (
        "V3",
        "vehicle_rule",
        "V3 may not serve it.",
    )


def test_expressions_are_about_the_new_stops(ask):
    """minutes is a field of theirs alone; the plan's own services stay as they are."""
    new = layer([new_stop(minutes=40.0)])
    short, long = (
        ask("insert_options", new, **given).rows("OPTIONS")[0]["added_min"]
        for given in ({}, {"SERVICE_TIME": '"minutes"'})
    )
    assert long == pytest.approx(short + 30)


@pytest.mark.parametrize("name", OFFERED)
def test_stops_of_the_plan_are_no_new_stops(ask, name):
    """All of them are told at once."""
    with pytest.raises(QgsProcessingException) as refused:
        ask(name, layer([new_stop("S1"), new_stop("S2"), new_stop("N1")]))
    assert "NEW_STOPS: on a route of the plan already: S1, S2." in str(refused.value)


def test_stops_left_out_are_asked_about_as_the_plan_wrote_them(run_algorithm, planned):
    """The UNASSIGNED of a plan with two vans is asked for options with the third."""
    _, inputs = planned
    rows = [{**row, "at": at, "service_min": 15.0} for row, at in zip(stops(3, demand=30.0), spots(3, 0.03))]
    two = {**inputs, "VEHICLES": table([{"vehicle_id": "V1", "capacity": 60.0}])}
    plan = run_algorithm("plan_routes", STOPS=layer(rows), **two)
    assert plan.results["UNASSIGNED_COUNT"] == 1
    outcome = run_algorithm(
        "insert_options",
        **{"PLAN": plan.results["VISITS"], "NEW_STOPS": plan.results["UNASSIGNED"], **inputs},
        **{"PLAN_UNASSIGNED": plan.results["UNASSIGNED"], "OPTIONS": "TEMPORARY_OUTPUT"},
    )
    (row,) = outcome.rows("OPTIONS")
    assert (row["vehicle_id"], row["rank"]) == ("V2", 1)
    assert row["stop_id"] == plan.rows("UNASSIGNED")[0]["stop_id"]


def test_pickup_and_delivery_are_asked_about_together(ask):
    """One row for the pair, at the place of the delivery."""
    pair = {"pair_id": "P", "demand": 5.0}
    new = layer([new_stop("N1", kind="pickup", **pair), new_stop("N2", east=0.03, kind="delivery", **pair)])
    rows = ask("insert_options", new, MOST=1).rows("OPTIONS")
    assert [row["stop_id"] for row in rows] == ["N2"]


def test_windows_are_offered_cheapest_first(ask):
    """What is over is not offered, nor what nobody can keep; the price is that of a stop with the window."""
    windows = table(
        [
            {"from": "08:00", "until": "09:00"},
            {"from": "09:00", "until": "10:00"},
            {"from": "13:00", "until": "14:00"},
            {"from": "11:00", "until": "12:00"},
            {"from": "22:00", "until": "23:00"},
        ]
    )
    log = Log()
    outcome = ask("suggest_windows", layer([new_stop()]), WINDOWS=windows, log=log)
    rows = outcome.rows("SUGGESTIONS")
    starts = [row["window_start"].toString("HH:mm") for row in rows]
    assert sorted(starts) == ["09:00", "11:00", "13:00"]
    assert [row["rank"] for row in rows] == [1, 2, 3]
    costs = [row["added_cost"] for row in rows]
    assert costs == sorted(costs)
    for row, start in zip(rows, starts):
        with_window = new_stop(tw1_start=start, tw1_end=row["window_end"].toString("HH:mm"))
        (option,) = ask("insert_options", layer([with_window]), MOST=1).rows("OPTIONS")
        for name in ("added_cost", "added_min", "vehicle_id", "driver", "eta", "later_stops"):
            assert row[name] == option[name]
    assert (outcome.results["SUGGESTION_COUNT"], outcome.results["WINDOWS_REFUSED"]) == (3, 1)
    assert "Windows over at NOW, not offered: 1." in log.infos
    assert "Windows asked about: 4; that nobody can keep: 1." in log.infos


def test_windows_follow_each_other_through_the_day(ask):
    """Of 90 minutes every hour from 10 to 13: two, of which the cheapest is offered."""
    given = {"WINDOW_MINUTES": 90, "FROM": "10:00", "UNTIL": "12:30", "STEP_MINUTES": 60, "MOST": 1}
    outcome = ask("suggest_windows", layer([new_stop("N1"), new_stop("N2", east=-0.02)]), **given)
    rows = outcome.rows("SUGGESTIONS")
    assert [(row["stop_id"], row["rank"]) for row in rows] == [("N1", 1), ("N2", 1)]
    asked = outcome.results["WINDOWS_REFUSED"] + 4
    assert asked == 4
    assert {row["window_start"].toString("HH:mm") for row in rows} <= {"10:00", "11:00"}


def test_a_day_without_a_window_left_offers_nothing(ask):
    """All are over at NOW."""
    outcome = ask("suggest_windows", layer([new_stop()]), FROM="08:00", UNTIL="09:30", WINDOW_MINUTES=60)
    assert outcome.rows("SUGGESTIONS") == []
    assert outcome.results["STOPS_WITHOUT_WINDOW"] == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"UNTIL": "09:00"}, "No window of 120 minutes fits between FROM and UNTIL"),
        ({"WINDOWS": [{"start": "10:00"}]}, "has no field tw_end"),
        ({"WINDOWS": [{"start": "10:00", "end": ""}]}, "WINDOWS: feature 1: end is empty"),
        ({"WINDOWS": [{"start": "10:00", "end": "noon"}]}, 'feature 1: end "noon"'),
    ],
)
def test_windows_that_make_no_sense_are_refused(ask, given, told):
    """As an error of the job."""
    if "WINDOWS" in given:
        given = {"WINDOWS": table(given["WINDOWS"])}
    with pytest.raises(QgsProcessingException) as refused:
        ask("suggest_windows", layer([new_stop()]), **given)
    assert told in str(refused.value)


def test_options_and_suggestions_go_into_a_file_with_their_styles(ask, tmp_path):
    """One GeoPackage holds both; each opens as it is meant to look."""
    path = tmp_path / "offers.gpkg"
    new = layer([new_stop()])
    for name, output in (("insert_options", "OPTIONS"), ("suggest_windows", "SUGGESTIONS")):
        target = f"ogr:dbname='{path}' table=\"{output.lower()}\" (geom)"
        outcome = ask(name, new, **{output: target})
        opened = QgsVectorLayer(f"{path}|layername={output.lower()}", output, "ogr")
        assert opened.featureCount() == 3 if output == "OPTIONS" else opened.featureCount() == 5
        assert opened.renderer().type() == "categorizedSymbol"
        assert str(path) in outcome.results[output]


def test_goods_are_fetched_first_where_they_are_bound(ask):
    """A van that has left fetches what it is to deliver, and that is in the price; V3 has not left."""
    new = layer([new_stop()])
    free, bound = (
        {row["vehicle_id"]: row for row in ask("insert_options", new, GOODS=goods).rows("OPTIONS")}
        for goods in ("free", "bound")
    )
    assert bound["V1"]["added_min"] > free["V1"]["added_min"] + 2
    assert bound["V1"]["after_id"] == free["V1"]["after_id"]
