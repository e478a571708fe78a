"""The page of findings: what is in it, that nothing foreign gets in, that many findings stay readable."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from optiway_qgis.model import findings, reasons
from optiway_qgis.model.findings import ERROR, INFO, WARNING, About, Fault, HourCover, found
from optiway_qgis.model.problem import Depot, Problem, Stop, Vehicle
from optiway_qgis.reports.findings_report import ROW_LIMIT, Checked, findings_report

TOWN = Problem(
    "2026-05-04",
    "Europe/Lisbon",
    tuple(Stop(f"S{number}", -8.6 + number / 1000, 41.15) for number in range(10)),
    (Depot("D1", -8.61, 41.15, "North"),),
    (Vehicle("V1"),),
)
HOURS = (HourCover(32400, 2, 3, 5400, 7200, 2), HourCover(36000, 1, 3, 9000, 3600, 2))


def a_finding(severity: str, name: str = "S1", text: str = "what is wrong", code: str = "not_a_number"):
    """A finding about a stop of the town."""
    return found(severity, Fault(code, text, field="service_min"), About("STOPS", 3, name, (-8.6, 41.15)))


def page(*told, rejected: int = 0, cover=HOURS, problem=TOWN) -> str:
    """The page of these findings."""
    return findings_report(Checked(problem, told, cover, rejected, "estimate"))


def figures(html: str) -> dict[str, str]:
    """The key figures by name."""
    return dict(re.findall(r'data-figure="(\w+)"><dt>.*?</dt><dd><b>(.*?)</b>', html))


def test_figures_count_what_was_found():
    """Errors, warnings, information, and what was read."""
    html = page(a_finding(ERROR), a_finding(WARNING, "S2"), a_finding(WARNING, "S3"), a_finding(INFO))
    told = figures(html)
    assert (told["errors"], told["warnings"], told["infos"]) == ("1", "2", "1")
    assert (told["stops_read"], told["depots"], told["vehicles"]) == ("10", "1", "1")


@pytest.mark.parametrize(
    ("severity", "words"),
    [(ERROR, "There are errors"), (WARNING, "look at the warnings"), (INFO, "Nothing was found")],
)
def test_the_verdict_is_that_of_the_gravest(severity, words):
    """One sentence at the top."""
    assert words in page(a_finding(severity))


def test_no_finding_no_table():
    """A page of a clean input says so and shows the day."""
    html = page()
    assert "Nothing was found" in html
    assert 'id="findings"' not in html
    assert 'id="hours"' in html


def test_nothing_foreign_gets_in():
    """Ids and values are the user's: they are shown, not run; the page loads nothing."""
    html = page(a_finding(ERROR, "<script>alert(1)</script>", 'name "<img src=x>" & more'))
    assert "<script>alert" not in html
    assert "<img" not in html
    assert "&lt;img src=x&gt;&quot; &amp; more" in html
    assert not re.search(r'(?:src|href)="(?!#)', html)
    Balanced().check(html)


class Balanced(HTMLParser):
    """Fails where elements are not closed in their order."""

    def check(self, html: str) -> None:
        """Read the whole page."""
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_findings_that_differ_by_their_features_share_a_line():
    """Three hundred stops without an id are one line, which names five."""
    html = page(*(a_finding(WARNING, f"stop-{number}") for number in range(300)))
    table = html.split('id="findings"')[1].split("</table>")[0]
    assert table.count("<tr") == 2
    assert "stop-0, stop-1, stop-2, stop-3, stop-4 and 295 more" in table


def test_a_page_has_an_end():
    """Beyond the limit the layer has the rest, and the page says how many."""
    html = page(*(a_finding(ERROR, f"S{n}", f"value {n} is wrong") for n in range(ROW_LIMIT + 7)))
    assert "And more: 7." in html


def test_short_hours_stand_out():
    """The hour that no plan can do is marked, the other is not."""
    table = page().split('id="hours"')[1].split("</table>")[0]
    rows = re.findall(r"<tr.*?</tr>", table)[1:]
    assert ['class="alarm"' in row.split(">")[0] for row in rows] == [False, True]
    assert "09:00\N{EN DASH}10:00" in rows[0]


def test_the_map_keeps_its_scale_beside_a_stop_in_the_sea():
    """What is far is counted, not drawn."""
    at = About("STOPS", 9, "sea", (-30.0, 20.0))
    unreachable = found(ERROR, Fault("unreachable", "no road"), at)
    sea = found(WARNING, Fault("far_from_others", "far"), at)
    lost = Stop("sea", -30.0, 20.0)
    html = page(unreachable, sea, problem=Problem(**{**vars(TOWN), "stops": (*TOWN.stops, lost)}))
    assert "too far away to be drawn: 1" in html
    assert "0.2 km" in html


def test_a_page_without_any_place_has_no_map():
    """Every layer was empty."""
    html = page(a_finding(ERROR), problem=Problem("2026-05-04", "UTC", (), (), ()))
    assert 'id="places"' in html
    nowhere = found(ERROR, Fault("no_features", "empty"), About("STOPS"))
    assert 'id="places"' not in page(nowhere, problem=Problem("2026-05-04", "UTC", (), (), ()))


@pytest.mark.parametrize("code", sorted(findings.REMEDIES))
def test_every_code_has_a_remedy_and_a_place_on_the_page(code):
    """Also those of stops that no vehicle could serve."""
    html = page(found(ERROR, Fault(code, "what is wrong")))
    assert code.replace("_", " ") in html
    assert findings.REMEDIES[code].split(".")[0].replace("'", "&#x27;") in html


def test_reasons_of_hopeless_stops_have_remedies():
    """All but those that only a plan can give, and those of stops that never reach the engine."""
    of_plans = {reasons.NOT_WORTH_IT, reasons.NO_VEHICLE}
    known = set(reasons.UNASSIGNED_REASONS) - of_plans - set(reasons.REJECTED_REASONS)
    assert known <= set(findings.REMEDIES)
