"""Travel matrices with the real engine, planning with them, and planning with a routing server."""

from __future__ import annotations

import json
import shutil
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from qgis.core import NULL, QgsApplication, QgsAuthMethodConfig, QgsProcessingException

from optiway_qgis.layers.road_travel import cache_folder
from tests.made_layers import CENTRE, Log, depot, layer, spots, stops


@pytest.fixture
def server():
    """An OSRM that drives at 10 m/s on a flat earth. `asked` holds path and headers of the requests, `snap`
    moves a place to its road, `late_s` lets it think."""
    with osrm_like() as made:
        yield made


@contextmanager
def osrm_like():
    class Handler(BaseHTTPRequestHandler):
        asked = ()
        snap = staticmethod(lambda place: place)
        late_s = 0

        def do_GET(self):
            type(self).asked = (*self.asked, (self.path, dict(self.headers)))
            time.sleep(self.late_s)
            service, points = self.path.split("?")[0].split("/")[1::3]
            places = [tuple(map(float, point.split(","))) for point in points.split(";")]
            content = json.dumps(_table(places, self.snap) if service == "table" else _route(places)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words):
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    Handler.url = f"http://127.0.0.1:{listener.server_address[1]}"
    try:
        yield Handler
    finally:
        listener.shutdown()
        listener.server_close()


def metres(a, b):
    return 100_000 * (abs(a[0] - b[0]) + abs(a[1] - b[1]))


def _table(places, snap):
    distances = [[metres(a, b) for b in places] for a in places]
    at = [{"location": snap(place)} for place in places]
    seconds = [[each / 10 for each in row] for row in distances]
    return {"code": "Ok", "durations": seconds, "distances": distances, "sources": at, "destinations": at}


def _route(places):
    legs = [{"steps": [{"geometry": "_p~iF~ps|U_ulLnnqC_mqNvxq`@"}]} for _ in places[1:]]
    return {"code": "Ok", "routes": [{"legs": legs}]}


def rows_of(outcome):
    return {(row["from_id"], row["to_id"]): row for row in outcome.rows("TABLE")}


def test_each_pair_has_a_row(run_algorithm, server):
    """Depots to stops by a server: minutes and kilometres of its metres and seconds."""
    outcome = run_algorithm(
        "travel_matrix",
        FROM=layer([depot("D1"), depot("D2", spots(9)[8])]),
        TO=layer(stops(4)),
        TRAVEL="osrm",
        SERVER_URL=server.url,
        TABLE="TEMPORARY_OUTPUT",
    )
    rows = rows_of(outcome)
    places = {f"S{number}": at for number, at in enumerate(spots(4), 1)}
    assert {to for _, to in rows} == {row["stop_id"] for row in stops(4)}
    assert (outcome.results["PAIR_COUNT"], outcome.results["WAY_COUNT"]) == (8, 8) == (len(rows), len(rows))
    for row, at in zip((row for row in rows.values() if row["from_id"] == "D1"), places.values()):
        assert row["distance_km"] == pytest.approx(metres(CENTRE, at) / 1000, abs=0.001)
        assert row["travel_min"] == pytest.approx(metres(CENTRE, at) / 600, abs=0.02)
        assert row["status"] == "ok"
    (request,) = server.asked
    assert request[0].startswith("/table/v1/driving/")


def test_rows_without_a_way_are_empty_and_say_why(run_algorithm, server):
    """A stop in the middle of the ocean: null, never 0."""
    far = [{**stops(1)[0], "stop_id": "far", "at": (-30.0, 40.0)}]
    server.snap = staticmethod(lambda place: (-9, 40) if place[0] == -30 else place)
    outcome = run_algorithm(
        "travel_matrix",
        FROM=layer(stops(2) + far),
        TRAVEL="osrm",
        SERVER_URL=server.url,
        TABLE="TEMPORARY_OUTPUT",
    )
    for (start, end), row in rows_of(outcome).items():
        if "far" in (start, end) and start != end:
            assert (row["travel_min"], row["distance_km"], row["status"]) == (NULL, NULL, "far")
        elif start != end:
            assert row["travel_min"] > 0
    assert (outcome.results["PAIR_COUNT"], outcome.results["WAY_COUNT"]) == (9, 5)


def test_a_matrix_file_plans_like_its_source(run_algorithm, tmp_path):
    """The same times make the same plan, with TRAVEL empty too."""
    places = {"STOPS": layer(stops(8)), "DEPOTS": layer([depot()])}
    path = str(tmp_path / "times.npz")
    run_algorithm("travel_matrix", FROM=places["STOPS"], TO=places["DEPOTS"], MATRIX=path)
    with np.load(path) as archive:
        assert archive["seconds"].shape == (9, 9)
        assert "depot:D1" in archive["ids"].tolist()
    direct = run_algorithm("plan_routes", **places)
    by_file = run_algorithm("plan_routes", MATRIX=path, **places)
    assert by_file.orders() == direct.orders()
    assert by_file.results["DRIVE_MIN"] == direct.results["DRIVE_MIN"] > 0
    assert {row["travel_source"] for row in by_file.rows("ROUTES")} == {"matrix"}
    assert by_file.adds_up(8)


def test_a_plan_by_a_server(run_algorithm, server):
    """Times are the server's, legs its lines; one table and a request per route are all it is asked."""
    outcome = run_algorithm(
        "plan_routes",
        STOPS=layer(stops(6)),
        DEPOTS=layer([depot()]),
        VEHICLE_COUNT=1,
        TRAVEL="osrm",
        SERVER_URL=server.url + "/",
    )
    assert outcome.adds_up(6)
    assert outcome.results["ASSIGNED_COUNT"] == 6
    legs = outcome.rows("LEGS")
    assert {row["travel_source"] for row in legs} == {"road"}
    assert all(len(row["at"].asPolyline()) == 3 for row in legs)
    assert outcome.results["DISTANCE_KM"] == pytest.approx(
        10 * 60 / 1000 * outcome.results["DRIVE_MIN"], 0.01
    )
    assert [path.split("/")[1] for path, _ in server.asked] == ["table", "route"]


def test_a_key_reaches_the_server_and_nothing_else(run_algorithm, server, tmp_path):
    """Not the log, not the report, not the outputs; and the plan is the same with another key."""
    manager = QgsApplication.authManager()
    assert manager.setMasterPassword("open", True)
    plans = []
    for word in ("open-sesame", "abracadabra"):
        config = QgsAuthMethodConfig("APIHeader")
        config.setName("Server")
        config.setConfigMap({"X-Key": word})
        assert manager.storeAuthenticationConfig(config)[0]
        report = tmp_path / "report.html"
        outcome = run_algorithm(
            "plan_routes",
            STOPS=layer(stops(3)),
            DEPOTS=layer([depot()]),
            TRAVEL="osrm",
            SERVER_URL=server.url,
            AUTH=config.id(),
            REPORT=str(report),
        )
        manager.removeAuthenticationConfig(config.id())
        kept = cache_folder(QgsApplication.qgisSettingsDirPath())
        assert list(kept.glob("server-*"))
        shutil.rmtree(kept)
        assert {headers.get("X-Key") for _, headers in server.asked} == {word}
        server.asked = ()
        shown = [*outcome.log.infos, *outcome.log.warnings, report.read_text(encoding="utf-8")]
        shown += [str(row) for name in ("ROUTES", "LEGS", "VISITS") for row in outcome.rows(name)]
        assert [text for text in shown if word in text] == []
        plans.append({row["plan_id"] for row in outcome.rows("ROUTES")})
    assert plans[0] == plans[1]


def test_cancelling_does_not_wait_for_the_server(run_algorithm, server):
    """A large table may take minutes; nothing is written then."""
    server.late_s = 20
    log = Log(cancel_at="Asking OSRM")
    started = time.monotonic()
    outcome = run_algorithm(
        "travel_matrix",
        log,
        FROM=layer(stops(3)),
        TRAVEL="osrm",
        SERVER_URL=server.url,
        TABLE="TEMPORARY_OUTPUT",
    )
    assert time.monotonic() - started < 4
    assert "PAIR_COUNT" not in outcome.results


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"TRAVEL": "osrm"}, "SERVER_URL is empty"),
        ({"TRAVEL": "osrm", "SERVER_URL": "http://me:hidden@localhost"}, "AUTH"),
        ({"TRAVEL": "osrm", "SERVER_URL": "http://localhost", "AUTH": "nope123"}, "nope123"),
        ({"TRAVEL": "matrix"}, "MATRIX is empty"),
        ({"TRAVEL": "osrm", "SERVER_URL": "http://127.0.0.1:1"}, "OSRM server http://127.0.0.1:1 cannot be"),
        ({"MATRIX": "/nowhere/times.npz"}, "times.npz"),
    ],
)
def test_what_is_missing_or_wrong_is_named(run_algorithm, parameters, said):
    """Before anything is written."""
    with pytest.raises(QgsProcessingException, match=said) as caught:
        run_algorithm("plan_routes", STOPS=layer(stops(2)), DEPOTS=layer([depot()]), **parameters)
    assert "hidden" not in str(caught.value)


def test_one_id_at_two_positions_is_refused(run_algorithm):
    """The file could hold only one of them."""
    other = [{**row, "at": (0.0, 0.0)} for row in stops(2)]
    with pytest.raises(QgsProcessingException, match="at different positions"):
        run_algorithm("travel_matrix", FROM=layer(stops(2)), TO=layer(other))


def test_points_that_cannot_be_read_are_left_out_and_told(run_algorithm):
    """One bad point fails no table."""
    log = Log()
    rows = [*stops(2), {**stops(1)[0], "stop_id": "bad", "at": None}]
    outcome = run_algorithm("travel_matrix", log, FROM=layer(rows), TABLE="TEMPORARY_OUTPUT")
    assert len(outcome.rows("TABLE")) == 4
    (warning,) = log.warnings
    assert "left out" in warning
    assert "bad" in warning


def test_no_point_that_can_be_read_is_an_error(run_algorithm):
    """With roads, too, which are read around the points."""
    roads = layer([{"at": "LineString (-8.61 41.15, -8.6 41.16)"}], kind="LineString")
    rows = [{**row, "at": None} for row in stops(2)]
    with pytest.raises(QgsProcessingException, match="no point that can be read"):
        run_algorithm("travel_matrix", FROM=layer(rows), ROADS=roads)
