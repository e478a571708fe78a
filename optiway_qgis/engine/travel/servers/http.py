"""One server over HTTP: requests with credentials, proxy and certificates, patience, and errors that name it.

What is asked and what an answer means is known by the file of each server.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError

from optiway_qgis.model.errors import InputError, ServerError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECTIONS = 4
"""Requests on the way at the same time: both cores of a small server are busy, and nobody is flooded."""

_SHOWN = 300
_PROXY_REFUSES = "Tunnel connection failed: 407"
_TRY_AGAIN = {429, 500, 502, 503, 504}
_REMEDIES = {
    401: "The server wants to know who asks: give AUTH, or correct it.",
    403: "The server refuses access: check AUTH and what the account may do.",
    404: "Check SERVER_URL and which server it is (TRAVEL).",
    407: "The proxy wants a user name and a password: enter them in QGIS under Options > Network.",
    429: "The server's quota is used up: wait, plan fewer stops, or use a server of your own.",
}


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for, in seconds, and how often a failed request is sent."""

    attempts: int = 4
    first_wait: float = 0.25
    longest_wait: float = 60
    connect: float = 10
    answer: float = 120


class Refused(ServerError):
    """The server refused one request with a reason in JSON; it may still answer another one."""

    def __init__(self, text: str, status: int, answer: dict[str, Any]):
        super().__init__(text)
        self.status = status
        self.answer = answer


class Dropped(ServerError):
    """The server is not there, or closed the connection without an answer."""


class Server:
    """A server at one address; safe to be used by several threads, each with a connection of its own.

    `travel` is the job's member: `url`, and if needed `headers` (name to value), `basic` (user, password),
    `proxy` (a URL) and `ca_bundle` (certificates to trust beside the system's, PEM text).

    Raises
    ------
    InputError
        When the URL is none, or holds a password or a query.
    """

    def __init__(self, name: str, travel: Mapping[str, Any], patience: Patience):
        self.url = _checked(str(travel.get("url") or ""), name)
        self.name = f"{name} server {self.url}"
        self._travel = travel
        self._patience = patience
        self._local = threading.local()

    def ask(self, path: str, question: Mapping[str, Any] | None = None, attempts: int | None = None) -> Any:
        """Return the JSON answer to a GET of `path`, or to a POST of the question there.

        Busy servers (429, 5xx) and dropped connections are asked again, later and later, or when the server
        says.

        Raises
        ------
        Refused
            Status 4xx with a JSON object.
        Dropped
            No answer, as often as asked.
        ServerError
            For everything else that is not a JSON answer with status 200.
        """
        patience = self._patience
        wait = patience.first_wait
        attempts = attempts or patience.attempts
        for attempt in range(1, attempts + 1):
            last = attempt == attempts
            try:
                answer = self._session().request(
                    "GET" if question is None else "POST",
                    f"{self.url}/{path}",
                    json=question,
                    timeout=(patience.connect, patience.answer),
                    allow_redirects=False,
                )
            except requests.ConnectTimeout as error:
                raise self._error(f"cannot be reached within {patience.connect:g} s") from error
            except requests.Timeout as error:
                raise self._too_slow() from error
            except requests.exceptions.SSLError as error:
                raise self._error(
                    f"has a certificate that is not trusted: {_cause(error)}. Add its authority in QGIS "
                    "under Options > Authentication > Manage Certificates"
                ) from error
            except requests.RequestException as error:
                if isinstance(error, requests.exceptions.ProxyError) and _PROXY_REFUSES in str(error):
                    raise self._error(f"cannot be reached: {_REMEDIES[407]}") from error
                if error.args and isinstance(error.args[0], ReadTimeoutError):  # in the middle of an answer
                    raise self._too_slow() from error
                if last:
                    raise Dropped(
                        f"{self.name} cannot be reached or dropped the connection: {_cause(error)}."
                    ) from error
                time.sleep(wait)
            else:
                if answer.status_code not in _TRY_AGAIN or last:
                    return self._understood(answer)
                time.sleep(max(wait, self._asked_to_wait(answer)))
            wait *= 2
        raise self._error("was never asked")

    def unusable(self, what: str) -> ServerError:
        """Return the error of an answer that came and cannot be used."""
        return self._error(f"sent an answer that cannot be used: {what}")

    def _too_slow(self) -> ServerError:
        return self._error(f"did not answer within {self._patience.answer:g} s")

    def _error(self, what: str) -> ServerError:
        return ServerError(f"{self.name} {what.rstrip('.')}.")

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = _session(self._travel)
        session: requests.Session = self._local.session
        return session

    def _asked_to_wait(self, answer: requests.Response) -> float:
        """Return the seconds a server asks for with Retry-After; too many are an error."""
        seconds = _retry_after(answer.headers.get("Retry-After", ""))
        if seconds > self._patience.longest_wait:
            raise self._error(
                f"is busy (status {answer.status_code}) and asks to come back in {seconds:.0f} s. "
                f"It says: {_said(answer)}"
            )
        return seconds

    def _understood(self, answer: requests.Response) -> Any:
        status = answer.status_code
        if answer.is_redirect:
            raise self._error(
                f"sends requests elsewhere (status {status}), to {_place(answer)}. "
                "Give that address as SERVER_URL"
            )
        try:
            content = answer.json()
        except requests.exceptions.JSONDecodeError as error:
            if status == 200:
                raise self.unusable(f"it is not JSON: {_said(answer)}") from error
            content = None
        if status == 200:
            return content
        text = f"{self.name} answered with status {status}: {_said(answer).rstrip('.')}."
        if status in _REMEDIES:
            text += f" {_REMEDIES[status]}"
        if isinstance(content, dict) and 400 <= status < 500:
            raise Refused(text, status, content)
        raise ServerError(text)


def _checked(url: str, name: str) -> str:
    """Return the address without a slash at its end."""
    url = url.strip().rstrip("/")
    if not url:
        raise InputError([f"{name} needs an address: give SERVER_URL, for example http://localhost:5000."])
    try:
        parts = requests.utils.urlparse(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        usable = False
    if not usable:
        raise InputError(
            ["SERVER_URL is not an address that begins with http:// or https:// and names a host."]
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError(
            [
                "SERVER_URL holds a user name, a password or a query. Give the plain address, and the "
                "credentials as an authentication configuration (AUTH)."
            ]
        )
    return url


def _session(travel: Mapping[str, Any]) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither proxies nor passwords (.netrc) that the user did not set in QGIS
    session.headers["User-Agent"] = "optiway_qgis"
    session.headers.update(travel.get("headers") or {})
    if travel.get("basic"):
        user, password = travel["basic"]
        session.auth = (user.encode(), password.encode())
    if travel.get("proxy"):
        session.proxies = dict.fromkeys(("http", "https"), travel["proxy"])
    session.mount("https://", _Trusting(travel.get("ca_bundle") or ""))
    return session


class _Trusting(HTTPAdapter):
    """Trusts the authorities of the system and those given."""

    def __init__(self, certificates: str):
        self._context = ssl.create_default_context()
        if certificates:
            self._context.load_verify_locations(cadata=certificates)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool of connections with these authorities."""
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of connections through a proxy, with these authorities."""
        return super().proxy_manager_for(*args, ssl_context=self._context, **kwargs)


def _retry_after(text: str) -> float:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date), 0 for none."""
    if text.strip().isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())


def _place(answer: requests.Response) -> str:
    return answer.headers.get("Location", "").partition("?")[0][:_SHOWN]


def _said(answer: requests.Response) -> str:
    """Return the server's message, from JSON or from the text of a page, in one short line."""
    try:
        content = answer.json()
    except requests.exceptions.JSONDecodeError:
        text = re.sub(r"(?s)<(style|script).*?</\1>|<[^>]*>", " ", answer.text[:10_000])
    else:
        while isinstance(content, dict):
            content = next((content[key] for key in ("message", "error", "detail") if key in content), "")
        text = str(content)
    return " ".join(text.split())[:_SHOWN] or "no message"


def _cause(error: BaseException) -> str:
    """Return what lies behind an error of requests: the words of the system, never the whole request."""
    seen: BaseException | None = error
    words = type(error).__name__
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return seen.verify_message
        if isinstance(seen, OSError) and seen.strerror:
            words = seen.strerror
        seen = seen.__cause__ or seen.__context__
    return words
