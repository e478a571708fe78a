"""What the texts of a road layer mean to a profile."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from optiway_qgis.engine.travel.roads.profile import (
    RoadTexts,
    ignored_lines,
    metres,
    profile_from,
    speeds,
    tonnes,
)
from optiway_qgis.model.errors import InputError

CAR = {
    "speeds_kmh": {"residential": 30, "motorway": 100},
    "limit_factor": 0.5,
    "zone_limits_kmh": {"urban": 50},
    "route_kmh": {"ferry": 5},
    "access_fields": ["motor_vehicle", "access"],
    "closed_to": ["no", "private"],
    "open_to": ["yes"],
    "permitted_kmh": 8,
    "oneway_classes": ["motorway"],
    "oneway_junctions": ["roundabout"],
    "surface_max_kmh": {"mud": 10},
    "height_m": 3,
    "weight_t": 3.5,
    "length_m": 7,
}


def driven(profile=None, **texts):
    """Return the speeds of one line with these texts, and what was ignored."""
    known = {name: text for name, text in texts.items() if text is not None}
    roads = RoadTexts(
        1, {name: [text] for name, text in known.items()}, {name: np.zeros(1, np.int32) for name in known}
    )
    ignored: Counter[str] = Counter()
    along, against = speeds(profile_from("car", {**CAR, **(profile or {})}), roads, ignored)
    return float(along[0]), float(against[0]), dict(ignored)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 25),
        ("50 km/h", 25),
        ("30 mph", 24.14016),
        ("PT:urban", 25),
        ("50; 40", 20),
        (" 60 ", 30),
    ],
)
def test_limits_that_are_read(text, kmh):
    """A posted limit, times the share of it that is driven, replaces the speed of the class."""
    along, against, ignored = driven(highway="residential", maxspeed=text)
    assert (along, against) == pytest.approx((kmh, kmh))
    assert not ignored


@pytest.mark.parametrize("text", ["0", "900", "none", "walk", "", "-5", "fifty", "signals"])
def test_limits_without_a_meaning_leave_the_speed_of_the_class_and_are_counted(text):
    """Never a speed of 0 or of 900."""
    along, against, ignored = driven(highway="residential", maxspeed=text)
    assert (along, against) == (30, 30)
    assert ignored == {f"maxspeed={text}": 1}


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("yes", (1, 0)),
        ("true", (1, 0)),
        ("1", (1, 0)),
        ("Roundabout", (1, 0)),
        ("-1", (0, 1)),
        ("reverse", (0, 1)),
        ("no", (1, 1)),
        (None, (1, 1)),
    ],
)
def test_oneway_texts(text, open_):
    """Along, against, or both."""
    assert driven(highway="residential", oneway=text)[:2] == (30 * open_[0], 30 * open_[1])


def test_unknown_oneway_is_two_way_and_counted_and_some_is_implied():
    """A motorway or a roundabout is one-way unless it says no; where rules do not bind, nothing is."""
    assert driven(highway="residential", oneway="perhaps") == (30, 30, {"oneway=perhaps": 1})
    assert driven(highway="motorway")[:2] == (100, 0)
    assert driven(highway="motorway", oneway="no")[:2] == (100, 100)
    assert driven(highway="residential", junction="roundabout")[:2] == (30, 0)
    assert driven({"oneway": False}, highway="residential", oneway="yes")[:2] == (30, 30)


@pytest.mark.parametrize(
    ("texts", "kmh"),
    [
        ({"highway": "river"}, 0),
        ({"highway": "river", "motor_vehicle": "yes"}, 8),
        ({"highway": "residential", "access": "private"}, 0),
        ({"highway": "residential", "access": "no", "motor_vehicle": "yes"}, 30),
        ({"highway": "residential", "access": "destination"}, 30),
        ({"highway": "residential", "maxheight": "2.5"}, 0),
        ({"highway": "residential", "maxheight": "3.2 m"}, 30),
        ({"highway": "residential", "maxheight": "default"}, 30),
        ({"highway": "residential", "maxweight": "3 t"}, 0),
        ({"highway": "residential", "maxlength": "5"}, 0),
        ({"highway": "residential", "surface": "mud"}, 10),
        ({"route": "ferry"}, 5),
        ({}, 30),
        ({"maxspeed": "80"}, 40),
    ],
)
def test_access_sizes_and_classes(texts, kmh):
    """What closes a line, what opens one, and lines without any class at all."""
    assert driven(**texts)[0] == kmh


def test_units_of_sizes():
    """Metres and feet, tonnes, kilograms and pounds."""
    assert metres("3,5") == 3.5
    assert metres("11'6\"") == pytest.approx(3.5052)
    assert tonnes("3500 kg") == 3.5
    assert tonnes("8000 lbs") == pytest.approx(3.6287, abs=1e-4)
    assert np.isnan(metres("low"))


def test_calibration_scales_times():
    """A factor of 1.25 on times is a fifth off the speed."""
    assert driven({"time_factor": 1.25}, highway="residential")[0] == 24


def test_ignored_values_are_told_by_field():
    """Counts and examples, most frequent first."""
    told = ignored_lines(Counter({"maxspeed=0": 2, "maxspeed=900": 5, "oneway=maybe": 1}))
    assert told[0] == 'Roads: maxspeed of 7 lines has no meaning and is ignored ("900", "0").'
    assert "oneway of 1 lines" in told[1]


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"speed": 1}, "unknown member"),
        ({"speeds_kmh": {"residential": "fast"}}, "does not fit"),
        ({"speeds_kmh": {}}, "nothing would be open"),
        ({"time_factor": 0}, "time_factor"),
        ({"drive_on": "middle"}, "drive_on"),
        ({"turn_s": [[0, 1, 2]]}, "does not fit"),
        ({"far_m": -1}, "does not fit"),
    ],
)
def test_a_profile_with_mistakes_is_refused(members, word):
    """Users edit these files."""
    with pytest.raises(InputError, match=word):
        profile_from("car", {**CAR, **members})
