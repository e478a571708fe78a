"""docs/algorithms.md says what the algorithms say of themselves."""

from __future__ import annotations

from make_docs import algorithms_page


def test_page_is_made_from_the_help_of_the_algorithms(optiway_provider, checkout):
    """A parameter that is added or explained anew is explained anew in the page: run `make docs`."""
    page = (checkout / "docs" / "algorithms.md").read_text(encoding="utf-8")
    assert algorithms_page(optiway_provider) == page
