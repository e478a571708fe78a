"""Nothing is offered unexplained: each parameter and output of each algorithm, in dialogs and in the docs."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def algorithms(optiway_provider):
    """All algorithms, in their order."""
    return sorted(optiway_provider.algorithms(), key=lambda one: one.id())


def words_of(text: str) -> list[str]:
    """The words of a text without markup, in small letters."""
    return re.findall(r"\w+", re.sub(r"<[^>]+>", " ", text).lower())


def section_of(page: str, algorithm) -> str:
    """What docs/algorithms.md says about one algorithm."""
    head = f"\n`{algorithm.id()}`\n"
    assert page.count(head) == 1, f"run make docs: {algorithm.id()} is missing"
    return page.split(head)[1].split("\n## ")[0]


def test_each_parameter_has_a_help_that_says_more_than_its_label(algorithms):
    """A label repeated explains nothing."""
    bare = [
        f"{algorithm.id()} {parameter.name()}"
        for algorithm in algorithms
        for parameter in algorithm.parameterDefinitions()
        if len(set(words_of(parameter.help())) - set(words_of(parameter.description()))) < 2
    ]
    assert bare == []


def test_each_output_is_called_by_words(algorithms):
    """Numbers and texts that models go on with are known by what they are, not by their names in capitals."""
    bare = [
        f"{algorithm.id()} {output.name()}"
        for algorithm in algorithms
        for output in algorithm.outputDefinitions()
        if not words_of(output.description()) or output.description() in (output.name(), "")
    ]
    assert bare == []


def test_each_algorithm_says_what_it_does(algorithms):
    """In a line for tooltips, and at length beside the dialog."""
    for algorithm in algorithms:
        assert len(words_of(algorithm.shortDescription())) >= 5, algorithm.id()
        assert len(words_of(algorithm.shortHelpString())) >= 30, algorithm.id()
        assert algorithm.tags(), algorithm.id()


def test_the_page_names_each_parameter_and_output(algorithms, checkout):
    """docs/algorithms.md is where scripts look names up."""
    page = (checkout / "docs" / "algorithms.md").read_text(encoding="utf-8")
    missing = [
        f"{algorithm.id()} {one.name()}"
        for algorithm in algorithms
        for one in [*algorithm.parameterDefinitions(), *algorithm.outputDefinitions()]
        if f"| `{one.name()}` |" not in section_of(page, algorithm)
    ]
    assert missing == []
