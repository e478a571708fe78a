"""A server on loopback that answers as it is told, rightly or wrongly, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass
class Reply:
    """What is sent: a body (text, or anything as JSON), late if wished, or cut off after so many bytes.

    What is cut off may stall before the connection is closed.
    """

    body: Any = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    late_s: float = 0.0
    cut_at: int | None = None
    stalls_s: float = 0.0

    def content(self) -> bytes:
        """The bytes of the body."""
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass
class Request:
    """What was asked: the path with its query, the headers, and the JSON of the body."""

    path: str
    headers: dict[str, str]
    question: Any


@dataclass
class FaultyServer:
    """The server: its address, and the requests that came, in order."""

    url: str
    requests: list[Request] = field(default_factory=list)


@contextmanager
def serving(answer: Callable[[Request], Reply]) -> Iterator[FaultyServer]:
    """Run a server that sends what `answer` returns for each request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are sent apart

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            question = json.loads(self.rfile.read(length)) if length else None
            request = Request(self.path, dict(self.headers), question)
            server.requests.append(request)
            reply = answer(request)
            time.sleep(reply.late_s)
            content = reply.content()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: reply.cut_at])
            time.sleep(reply.stalls_s)
            self.close_connection = reply.cut_at is not None

        do_POST = do_GET
        do_CONNECT = do_GET

        def log_message(self, *words: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = FaultyServer(f"http://127.0.0.1:{listener.server_address[1]}")
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
