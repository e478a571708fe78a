"""A small problem per constraint and wish: the best answer is known by trying all, and planning finds it.

A constraint has to decide its case: no answer that is best with it is best without it. The answers are all
stops on all vehicles in all orders, with any of them left out.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from optiway_qgis.engine.solving.check import check
from optiway_qgis.engine.solving.instance import Instance
from optiway_qgis.engine.solving.objective import score
from optiway_qgis.engine.solving.pyvrp_engine import keeps_rules
from optiway_qgis.model.constraints import CONSTRAINTS, PYVRP, WISHES
from tests.engine.answers import answers, rounded
from tests.engine.decided import CASES
from tests.engine.plannable import plan_score, planned

if TYPE_CHECKING:
    from optiway_qgis.engine.solving.objective import Score
    from tests.engine.answers import Answer
    from tests.engine.decided import Decided


@cache
def case(name: str) -> Decided:
    return CASES[name]()


@cache
def scores(name: str, *, without: bool = False) -> dict[Answer, Score]:
    """Return the score of every answer, with what the case is about or without it."""
    decided = case(name)
    problem = decided.without if without else decided.problem
    instance = Instance(problem, decided.travel_without if without else decided.travel)
    return {
        answer: rounded(score(instance, [list(stops) for stops in answer]))
        for answer in answers(len(problem.stops), len(problem.vehicles))
    }


def test_every_constraint_and_every_wish_has_a_case():
    """What is not tried on a small problem is not known to be found."""
    assert {name.partition(":")[0] for name in CASES} == {row.name for row in (*CONSTRAINTS, *WISHES)}


def test_every_answer_is_tried_once():
    """Three stops on two vehicles: 1 + 3 x 2 + 6 x 3 + 6 x 4 answers."""
    tried = list(answers(3, 2))
    assert len(tried) == len(set(tried)) == 1 + 6 + 18 + 24


@pytest.mark.parametrize("name", CASES)
def test_it_decides_what_is_best(name: str):
    """Without it another answer would be better than all that are best with it."""
    free = scores(name, without=True)
    best = min(scores(name).values())
    assert best.broken == 0
    assert all(free[answer] > min(free.values()) for answer, one in scores(name).items() if one == best)


@pytest.mark.parametrize("name", CASES)
def test_planning_finds_the_best(name: str):
    """The plan scores exactly as the best of all answers, and the checker is silent."""
    decided = case(name)
    plan = planned(decided.problem, decided.travel, iterations=200)
    assert rounded(plan_score(decided.problem, decided.travel, plan)) == min(scores(name).values())
    assert check(decided.problem, decided.travel, plan) == []


@pytest.mark.parametrize("row", CONSTRAINTS, ids=lambda row: row.name)
def test_the_table_tells_what_pyvrp_represents(row):
    """PyVRP's answers keep the rules of a case where the table says it knows them exactly, and only there."""
    decided = case(row.name)
    assert keeps_rules(Instance(decided.problem, decided.travel)) == (row.engine == PYVRP)
