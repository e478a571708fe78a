"""Servers that are down, slow, busy, refuse or talk nonsense: each ends in an error that says so."""

from __future__ import annotations

import base64
import contextlib
import socket
import subprocess
import time
from email.utils import formatdate

import numpy as np
import pytest

from optiway_qgis.engine.travel.provider import UNREACHABLE
from optiway_qgis.engine.travel.servers.http import Dropped, Patience, Server
from optiway_qgis.engine.travel.servers.osrm import Osrm
from optiway_qgis.model.errors import InputError, ServerError
from tests.engine.faulty_server import Reply, serving

PLACES = [(7.42, 43.73), (7.425, 43.74), (7.41, 43.73)]
HASTY = Patience(attempts=3, first_wait=0.01, longest_wait=2, connect=1, answer=0.4)
SECONDS = [[0, 60, 70], [61, 0, 71], [62, 63, 0]]
METRES = [[0, 600, 700], [610, 0, 710], [620, 630, 0]]


def table(seconds=SECONDS, metres=METRES, places=PLACES):
    """An answer of OSRM; the places lie on roads."""
    at = [{"location": list(place)} for place in places]
    return {"code": "Ok", "durations": seconds, "distances": metres, "sources": at, "destinations": at}


def asked(replies, travel=None, name="car"):
    """Ask for a matrix while a server sends these replies, the last one again and again; and the requests."""
    waiting = list(replies)

    def answer(_request):
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    with serving(answer) as server:
        provider = Osrm(PLACES, {"url": server.url, **(travel or {})}, [].append, HASTY)
        return provider.matrix(name), server


def error_of(*replies, **options):
    """The text of the error that these replies lead to."""
    with pytest.raises(ServerError) as caught:
        asked(replies, **options)
    assert caught.value.code == "server"
    return str(caught.value)


def test_a_good_table_is_taken_as_it_is():
    """One request, rounded to whole seconds and metres, the diagonal 0."""
    matrix, server = asked([Reply(table(seconds=[[0, 60.4, 70], [61, 0, 71], [62, 63, 3]]))])
    assert matrix.seconds.tolist() == SECONDS
    assert matrix.metres.tolist() == METRES
    assert len(server.requests) == 1


def test_no_way_is_unreachable_and_never_zero():
    """Null in either table closes that direction in both."""
    seconds, metres = [list(row) for row in SECONDS], [list(row) for row in METRES]
    seconds[0][1], metres[2][0] = None, None
    matrix, _ = asked([Reply(table(seconds, metres))])
    for numbers in (matrix.seconds, matrix.metres):
        assert np.argwhere(numbers == UNREACHABLE).tolist() == [[0, 1], [2, 0]]


def test_a_table_of_nulls_has_no_way_at_all():
    """A server without its map answers so, with status 200 and code Ok."""
    nulls = [[None] * 3] * 3
    matrix, _ = asked([Reply(table(nulls, nulls))])
    for numbers in (matrix.seconds, matrix.metres):
        assert (numbers == np.where(np.eye(3, dtype=bool), 0, UNREACHABLE)).all()


@pytest.mark.parametrize(
    "at", [None, [], [None] * 3, [{}] * 3, [{"location": None}] * 3, [{"location": [7]}] * 3]
)
def test_a_table_that_does_not_say_where_places_lie_is_refused(at):
    """Stops in the sea could not be told from others."""
    assert "places" in error_of(Reply({**table(), "sources": at}))


@pytest.mark.parametrize(
    ("seconds", "metres", "said"),
    [
        ([[0, -5, 70], [61, 0, 71], [62, 63, 0]], METRES, "-5"),
        (SECONDS, [[0, 600, 700], [610, 0, -710], [620, 630, 0]], "-710"),
        (SECONDS[:2], METRES, "2 x 3 times where 3 x 3"),
        ([row[:2] for row in SECONDS], METRES, "3 x 2 times where 3 x 3"),
        ([[0], [1, 2], []], METRES, "times are not a table of numbers"),
        (SECONDS, None, "nothing distances where 3 x 3"),
        (SECONDS, "much", "distances are not a table of numbers"),
        ([[0, 1e300, 70], [61, 0, 71], [62, 63, 0]], METRES, "1e+300"),
    ],
)
def test_tables_that_cannot_be_are_refused(seconds, metres, said):
    """A plan made of them would look like one."""
    assert said in error_of(Reply(table(seconds, metres)))


def test_a_distance_just_below_zero_is_none():
    """OSRM sends -0.9 m between places on the same metre of a street."""
    matrix, _ = asked([Reply(table(metres=[[0, -0.9, 700], [610, 0, 710], [620, 630, 0]]))])
    assert matrix.metres.tolist() == [[0, 0, 700], [610, 0, 710], [620, 630, 0]]


def test_nothing_between_distant_places_is_refused():
    """A server that has 0 for everything makes every plan free."""
    zero, far = [[0, 0], [0, 0]], [(7.42, 43.73), (7.52, 43.73)]
    with serving(lambda _request: Reply(table(zero, zero, far))) as server:
        provider = Osrm(far, {"url": server.url}, [].append, HASTY)
        with pytest.raises(ServerError, match=r"8\.\d km apart"):
            provider.matrix("car")


@pytest.mark.parametrize("body", [[], "Ok", {"code": "Strange"}, {}, None])
def test_json_that_is_no_answer_is_refused(body):
    """Another service may live at the address."""
    assert "cannot be used" in error_of(Reply([body] if body is None else body))


def test_a_page_in_place_of_data_is_shown_as_text():
    """Login pages of networks answer everything with 200."""
    text = error_of(Reply("<html><style>b{}</style><b>Welcome</b> to the <i>hotel</i>!</html>"))
    assert "not JSON: Welcome to the hotel !" in text


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407])
def test_a_refusal_is_told_with_status_and_message_and_not_repeated(status):
    """Asking again would not help, and the words of the server do."""
    replies = [Reply({"message": "Sorry, no."}, status)]
    with serving(lambda _request: replies[0]) as server:
        provider = Osrm(PLACES, {"url": server.url}, [].append, HASTY)
        with pytest.raises(ServerError) as caught:
            provider.matrix("car")
    assert f"OSRM server {server.url} answered with status {status}: Sorry, no." in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(status):
    """It recovers, and nobody notices."""
    matrix, server = asked([Reply("busy", status), Reply(table())])
    assert matrix.seconds.tolist() == SECONDS
    assert len(server.requests) == 2


def test_a_server_that_stays_broken_is_given_up():
    """After so many attempts, with its own words."""
    assert "status 500: out of memory" in error_of(Reply({"error": "out of memory"}, 500))


@pytest.mark.parametrize("status", [429, 502, 504])
def test_each_wait_is_longer_than_the_one_before(status, monkeypatch):
    """A server that struggles is not hammered at: a quarter of a second, a half, one; then it is given up."""
    waits = []
    monkeypatch.setattr("optiway_qgis.engine.travel.servers.http.time.sleep", waits.append)
    with serving(lambda _request: Reply("busy", status)) as server:
        with pytest.raises(ServerError, match=f"status {status}: busy"):
            Server("OSRM", {"url": server.url}, Patience()).ask("")
        assert len(server.requests) == 4
    assert [wait for wait in waits if wait] == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_server_is_given_the_time_it_asks_for(form):
    """Retry-After comes in two forms."""
    after = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
    started = time.monotonic()
    asked([Reply("slowly", 429, {"Retry-After": after}), Reply(table())])
    assert time.monotonic() - started > 0.9


def test_a_server_that_asks_for_an_hour_is_not_waited_for():
    """The user decides about that, knowing it."""
    started = time.monotonic()
    text = error_of(Reply({"error": "Quota exceeded"}, 429, {"Retry-After": "3600"}))
    assert "3600 s" in text
    assert "Quota exceeded" in text
    assert time.monotonic() - started < 1


def test_a_connection_dropped_in_mid_answer_is_made_again():
    """The half of a table is no table."""
    matrix, server = asked([Reply(table(), cut_at=50), Reply(table())])
    assert matrix.seconds.tolist() == SECONDS
    assert len(server.requests) == 2
    assert "dropped the connection" in error_of(Reply(table(), cut_at=50))


def test_a_slow_server_is_given_up():
    """Somebody waits."""
    started = time.monotonic()
    assert "did not answer within 0.4 s" in error_of(Reply(table(), late_s=1.5))
    assert time.monotonic() - started < 1.4


def test_a_server_that_stalls_in_mid_answer_is_given_up():
    """Once: to wait as long again for each further attempt would help nobody."""
    started = time.monotonic()
    assert "did not answer within 0.4 s" in error_of(Reply(table(), cut_at=50, stalls_s=1.5))
    assert time.monotonic() - started < 1.4


def test_a_host_that_takes_no_connection_is_given_up():
    """A firewall that swallows everything: the message has the seconds that were waited."""
    with socket.socket() as deaf, contextlib.ExitStack() as queue:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(3):
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        patience = Patience(attempts=2, first_wait=0.01, connect=0.3, answer=5)
        with pytest.raises(ServerError, match=f"OSRM server {url} cannot be reached within 0.3 s"):
            Server("OSRM", {"url": url}, patience).ask("")


def test_a_server_that_is_down():
    """The message names the address and the system's words."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Dropped, match=f"OSRM server {url} cannot be reached.*refused"):
        Osrm(PLACES, {"url": url}, [].append, HASTY).matrix("car")


def test_a_server_that_is_down_is_no_proxy_whatever_the_digits_of_its_address():
    """Coordinates in the address hold every number sooner or later, that of a proxy's refusal too."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Dropped, match="refused"):
        Osrm([(-8.6407407, 41.1540740), (-8.6, 41.1)], {"url": url}, [].append, HASTY).matrix("car")


def test_a_redirect_is_told_and_not_followed():
    """Headers with a key would travel along to another host."""
    with serving(lambda _request: Reply(table())) as other:
        text = error_of(
            Reply("", 302, {"Location": f"{other.url}/elsewhere?session=1"}),
            travel={"headers": {"X-Key": "k"}},
        )
        assert f"to {other.url}/elsewhere. Give that address" in text
        assert other.requests == []


def test_credentials_are_sent_and_never_told():
    """Basic and headers reach the server; messages hold neither."""
    secret = {"basic": ["lisa", "wörd"], "headers": {"X-Key": "sesame"}}
    _, server = asked([Reply(table())], travel=secret)
    sent = server.requests[0].headers
    assert base64.b64decode(sent["Authorization"].split()[1]).decode() == "lisa:wörd"
    assert sent["X-Key"] == "sesame"
    text = error_of(Reply({"message": "Who?"}, 401), travel=secret)
    assert "sesame" not in text
    assert "wörd" not in text


def test_requests_go_through_the_proxy():
    """And one that wants a password is named as the cause."""
    with serving(lambda _request: Reply(table())) as proxy:
        provider = Osrm(PLACES, {"url": "http://osrm.invalid", "proxy": proxy.url}, [].append, HASTY)
        assert provider.matrix("car").seconds.tolist() == SECONDS
        assert proxy.requests[0].path.startswith("http://osrm.invalid/table/v1/driving/")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_is_named(scheme):
    """Where to enter it is said too, and the one given wrong is not."""
    with serving(lambda _request: Reply("Who are you?", 407)) as proxy:
        address = proxy.url.replace("//", "//me:hidden@")
        provider = Osrm(PLACES, {"url": f"{scheme}://osrm.invalid", "proxy": address}, [].append, HASTY)
        with pytest.raises(ServerError, match="proxy wants a user name and a password") as caught:
            provider.matrix("car")
    assert "hidden" not in str(caught.value)


def test_a_proxy_gets_the_user_and_password_it_wants():
    """Those that QGIS knows; the server behind it does not get them."""

    def answer(request):
        given = request.headers.get("Proxy-Authorization", "").removeprefix("Basic ")
        return Reply(table()) if base64.b64decode(given) == b"me:hidden" else Reply("Who are you?", 407)

    with serving(answer) as proxy:
        address = proxy.url.replace("//", "//me:hidden@")
        provider = Osrm(PLACES, {"url": "http://osrm.invalid", "proxy": address}, [].append, HASTY)
        assert provider.matrix("car").seconds.tolist() == SECONDS
    assert "Authorization" not in proxy.requests[0].headers


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    """Only what the user set in QGIS counts."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    matrix, _ = asked([Reply(table())])
    assert matrix.seconds.tolist() == SECONDS


def test_a_certificate_must_be_trusted(tmp_path):
    """One of an unknown authority is refused with the remedy, and taken when QGIS knows the authority."""
    import ssl
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]
    subprocess.run([*made, *names], check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"fine": true}')

        def log_message(self, *words):
            pass

    listener = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{listener.server_address[1]}"
    try:
        with pytest.raises(ServerError, match=r"certificate that is not trusted: self.signed"):
            Server("OSRM", {"url": url}, HASTY).ask("")
        trusting = Server("OSRM", {"url": url, "ca_bundle": certificate.read_text()}, HASTY)
        assert trusting.ask("") == {"fine": True}
    finally:
        listener.shutdown()
        listener.server_close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "needs an address"),
        ("localhost:5000", "begins with http"),
        ("ftp://localhost", "begins with http"),
        ("http://", "begins with http"),
        ("http://localhost:port", "begins with http"),
        ("http://me:hidden@localhost", "AUTH"),
        ("http://localhost/?api_key=hidden", "AUTH"),
    ],
)
def test_addresses_that_cannot_be_used(url, said):
    """Before any request; a password in the address is refused and not repeated."""
    with pytest.raises(InputError, match=said) as caught:
        Osrm(PLACES, {"url": url}, [].append)
    assert "hidden" not in str(caught.value)
