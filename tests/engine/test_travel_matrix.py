"""Matrices the user gives: taken as they are when they fit, refused with every reason when they do not."""

from __future__ import annotations

import numpy as np
import pytest

from optiway_qgis.engine.travel.matrix import GivenMatrix
from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.model.errors import InputError
from optiway_qgis.model.problem import Depot, Problem, Stop

IDS = ["stop:S2", "depot:D1", "stop:S1", "stop:elsewhere"]
SECONDS = [[0, 21, 23, 9], [12, 0, 13, 9], [32, 31, 0, 9], [9, 9, 9, 0]]
METRES = [[0, 210, 230, 9], [120, 0, 130, 9], [320, 310, 0, 9], [9, 9, 9, 0]]


@pytest.fixture
def problem():
    """A depot and two stops, the stops at the same coordinates."""
    stops = (Stop("S1", 5.0, 52.0), Stop("S2", 5.0, 52.0))
    return Problem("2026-05-04", "Europe/Amsterdam", stops, (Depot("D1", 5.1, 52.1),), ())


def given(ids=IDS, seconds=SECONDS, metres=METRES):
    return {"source": "matrix", "ids": ids, "seconds": seconds, "metres": metres}


def problems_of(problem, travel):
    with pytest.raises(InputError) as caught:
        GivenMatrix(problem, travel)
    return caught.value.problems


def test_rows_are_put_in_the_order_of_the_problem(problem):
    """Depots, then stops, whatever the order given; rows of others are left out; the diagonal is 0."""
    matrix = GivenMatrix(problem, given()).matrix("car")
    assert matrix.seconds.tolist() == [[0, 13, 12], [31, 0, 32], [21, 23, 0]]
    assert matrix.metres.tolist() == [[0, 130, 120], [310, 0, 320], [210, 230, 0]]
    assert matrix.seconds.dtype == matrix.metres.dtype == np.int32


def test_stops_at_one_point_keep_rows_of_their_own(problem):
    """Two doors of one building may differ in the user's times: equal coordinates are not merged."""
    provider = GivenMatrix(problem, given())
    assert provider.places == [(5.1, 52.1), (5.0, 52.0), (5.0, 52.0)]
    assert provider.matrix("car").seconds[1, 2] == 32


def test_an_archive_is_read_like_the_arrays_of_the_job(problem, tmp_path):
    """The two forms mean the same."""
    path = tmp_path / "times.npz"
    np.savez_compressed(path, ids=np.array(IDS), seconds=np.array(SECONDS, np.int32), metres=np.array(METRES))
    read = GivenMatrix(problem, {"source": "matrix", "path": str(path)}).matrix("car")
    direct = GivenMatrix(problem, given()).matrix("car")
    assert (read.seconds == direct.seconds).all()
    assert (read.metres == direct.metres).all()


@pytest.mark.parametrize("mark", [-1, -7, None, float("nan")])
@pytest.mark.parametrize("name", ["seconds", "metres"])
def test_a_negative_or_missing_number_is_no_way(problem, name, mark):
    """In either table it makes the pair unreachable in both, in this direction only, and never 0."""
    tables = {"seconds": [list(row) for row in SECONDS], "metres": [list(row) for row in METRES]}
    tables[name][1][2] = mark
    matrix = GivenMatrix(problem, given(**tables)).matrix("car")
    assert matrix.seconds[0, 1] == matrix.metres[0, 1] == UNREACHABLE
    assert (matrix.seconds == UNREACHABLE).sum() == (matrix.metres == UNREACHABLE).sum() == 1


def test_the_diagonal_is_zero_whatever_is_given(problem):
    """Routers write small numbers or nothing there; a place is always reachable from itself."""
    seconds = [list(row) for row in SECONDS]
    seconds[0][0], seconds[1][1] = 5, None
    matrix = GivenMatrix(problem, given(seconds=seconds)).matrix("car")
    assert np.diag(matrix.seconds).tolist() == [0, 0, 0]
    assert np.diag(matrix.metres).tolist() == [0, 0, 0]


def test_fractions_are_rounded(problem):
    """Routers give tenths of seconds."""
    seconds = [[number + 0.6 for number in row] for row in SECONDS]
    assert GivenMatrix(problem, given(seconds=seconds)).matrix("car").seconds[0].tolist() == [0, 14, 13]


def test_all_problems_are_told_at_once(problem):
    """Wrong shape, a number that marks "no way", a doubled and a missing id: one run, four sentences."""
    seconds = [list(row) for row in SECONDS]
    seconds[0][1] = 2**31 - 1
    found = problems_of(problem, given(["stop:S1", "depot:D1", "stop:S1", "x"], seconds, [[0, 1], [1, 0]]))
    assert len(found) == 4
    assert '"seconds"' in found[0] and "2147483647" in found[0]
    assert '"metres"' in found[1] and "2 x 2" in found[1] and "4 x 4" in found[1]
    assert "stop:S1" in found[2]
    assert "1 of 3" in found[3] and "stop:S2" in found[3]


def test_many_missing_ids_are_counted_and_a_few_named(problem):
    """A file for another set of stops shall not fill the screen."""
    stops = tuple(Stop(f"S{number}", 5.0, 52.0) for number in range(1, 101))
    many = Problem(problem.plan_date, problem.time_zone, stops, problem.depots, ())
    (found,) = problems_of(many, given())
    assert "98 of 101" in found
    assert "stop:S3, stop:S4, stop:S5, stop:S6, stop:S7 and 93 more" in found


def test_missing_arrays_are_named(problem):
    """What is not there is said, all of it."""
    found = problems_of(problem, {"source": "matrix", "seconds": SECONDS})
    assert ['"ids"' in found[0], '"metres"' in found[1], len(found)] == [True, True, 2]


@pytest.mark.parametrize("table", [[[0, 1], [1]], "soon", [["a", "b"], ["c", "d"]]])
def test_what_is_no_table_of_numbers_is_refused(problem, table):
    """Ragged rows and words."""
    (found,) = problems_of(problem, given(seconds=table))
    assert '"seconds" is not a table of numbers' in found


def test_unreadable_archives_name_the_file(problem, tmp_path):
    """Absent, text, empty, a single array, objects, damaged: each says which file, none a traceback."""
    objects, single, damaged = (tmp_path / name for name in ("objects.npz", "single.npz", "damaged.npz"))
    np.savez(objects, ids=np.array(IDS, dtype=object), seconds=SECONDS, metres=METRES)
    with single.open("wb") as file:
        np.save(file, np.array(SECONDS))
    np.savez_compressed(damaged, ids=np.array(IDS), seconds=np.zeros((4, 4)), metres=np.zeros((4, 4)))
    content = bytearray(damaged.read_bytes())
    content[60:90] = b"\xff" * 30
    damaged.write_bytes(content)
    (tmp_path / "text.npz").write_text("ids,seconds")
    (tmp_path / "empty.npz").write_bytes(b"")
    for name in ("absent", "text", "empty", "single", "objects", "damaged"):
        path = tmp_path / f"{name}.npz"
        (found,) = problems_of(problem, {"source": "matrix", "path": str(path)})
        assert str(path) in found


def test_lines_are_straight_and_say_they_are_estimates(problem):
    """A matrix knows no streets."""
    (line,) = GivenMatrix(problem, given()).lines([(0, 2)], "car")
    assert line.geometry == ((5.1, 52.1), (5.0, 52.0))
    assert line.source == "estimate"


def test_nothing_to_plan_needs_no_rows():
    """No stop and no depot: an empty table, not an error."""
    empty = Problem("2026-05-04", "Europe/Amsterdam", (), (), ())
    provider = GivenMatrix(
        empty, given([], [], []) | {"seconds": np.empty((0, 0)), "metres": np.empty((0, 0))}
    )
    assert provider.matrix("car").seconds.shape == (0, 0)
    assert provider.snap() == []
