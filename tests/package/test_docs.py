"""The pages are true where a machine can tell: codes, links, pictures, steps of make.

What an algorithm's parameters mean is held to the code by tests/processing/test_algorithms_page.py, the
commands of the README are run by tests/e2e/test_readme.py.
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from optiway_qgis.engine.solving.check_rules import RULES
from optiway_qgis.engine.travel.roads.profile import Profile
from optiway_qgis.engine.travel.traffic import MOST
from optiway_qgis.model import errors, findings, reasons

CHECKOUT = Path(__file__).absolute().parents[2]
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted(CHECKOUT.glob("docs/*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
PICTURE_KB = 350


def text_of(page: Path) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors_of(page: Path) -> set[str]:
    """The anchors that a reader's program makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def codes_described(title: str) -> list[str]:
    """The codes in the first column of the table in that section of docs/errors.md."""
    sections = re.split(r"^## ", text_of(CHECKOUT / "docs" / "errors.md"), flags=re.MULTILINE)
    (section,) = [section for section in sections if section.startswith(f"{title}\n")]
    return re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)


def kinds_of(error: type[errors.OptiwayError]) -> set[type[errors.OptiwayError]]:
    """All types derived from an error."""
    return {kind for child in error.__subclasses__() for kind in {child} | kinds_of(child)}


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("Errors", {kind.code for kind in kinds_of(errors.OptiwayError)}),
        ("Reasons", set(reasons.UNASSIGNED_REASONS)),
        ("Violations", {*RULES, reasons.INCONSISTENT}),
        ("Findings", set(findings.CODES)),
    ],
)
def test_errors_page_describes_each_code_once(title, codes):
    """Whoever looks up a code finds it, and no code that is gone is left there."""
    assert sorted(codes_described(title)) == sorted(codes)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Relative links name files and headings that exist; nothing points outside the project's files."""
    for link in LINK.findall(text_of(page)):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.is_file(), link
        assert CHECKOUT in target.resolve().parents, link
        assert not anchor or anchor in anchors_of(target), link


def test_every_page_and_picture_is_linked_from_the_readme():
    """A page nobody is led to is not read."""
    linked = {link.partition("#")[0] for link in LINK.findall(text_of(CHECKOUT / "README.md"))}
    pages = {f"docs/{page.name}" for page in CHECKOUT.glob("docs/*.md")}
    pictures = {f"docs/images/{picture.name}" for picture in CHECKOUT.glob("docs/images/*")}
    assert pages | pictures <= linked


@pytest.mark.parametrize("picture", sorted(CHECKOUT.glob("docs/images/*")), ids=lambda picture: picture.name)
def test_pictures_are_small(picture):
    """Everybody who clones the project carries them."""
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < PICTURE_KB * 1024


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_steps_of_make_exist(page):
    """`make something` is in the Makefile."""
    steps = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:`|^)make ((?:[a-z-]+ ?)+?)(?:`| SUITE|$)", text, flags=re.MULTILINE)
    assert {step for steps_named in named for step in steps_named.split()} <= steps


def test_install_page_names_the_zip_of_this_version():
    """The command that unpacks it is copied, not read."""
    from package import plugin_version

    for page in ("README.md", "docs/install.md"):
        named = re.findall(r"optiway_qgis-([\d.]+)\.zip", (CHECKOUT / page).read_text(encoding="utf-8"))
        assert set(named) == {plugin_version()}, page


def test_sizes_of_the_engine_are_those_the_plugin_states():
    """The user sees the same figures before the download and in the pages."""
    from optiway_qgis.layers.engine_install import DISK_MB, DOWNLOAD_MB

    page = (CHECKOUT / "docs" / "install.md").read_text(encoding="utf-8")
    assert f"about {DOWNLOAD_MB} MB to download, {DISK_MB} MB on disk" in page


def test_roads_page_explains_each_member_of_a_profile():
    """Whoever copies a profile to edit it finds what its members mean."""
    page = (CHECKOUT / "docs" / "roads.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page.split("| member of a profile |")[1], flags=re.MULTILINE)
    explained = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    members = {member.name for member in fields(Profile)} - {"description"}
    assert members <= set(explained)


def test_traffic_page_states_the_limit_of_the_engine():
    """How many situations a day may have."""
    page = (CHECKOUT / "docs" / "traffic.md").read_text(encoding="utf-8")
    assert f"More than {MOST} are refused" in page
