"""A real PostgreSQL with PostGIS on loopback, in a folder of its own that is gone afterwards.

Nothing here tests anything. The server of the system, where one runs, is left alone.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.engine.routing_server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "town"
USER = "dispatcher"
_SERVANT = "postgres"
"""Who runs the server when the tests are run by root: PostgreSQL refuses to."""
_STARTS_WITHIN_S = 60


class NoServer(Exception):
    """PostgreSQL cannot be started; the text says why."""


@dataclass(frozen=True)
class Database:
    """A database with PostGIS that anybody on this machine may write to."""

    programs: Path
    port: int

    def layer(self, table: str, schema: str, place: str = "(geom)") -> str:
        """How an input or an output of Processing names a table; `place` is empty where rows have none."""
        connection = f"dbname='{DATABASE}' host=127.0.0.1 port={self.port} user='{USER}' sslmode=disable"
        return f'postgres://{connection} table="{schema}"."{table}" {place}'

    def run(self, sql: str) -> str:
        """Run statements, all or none, and return what they print."""
        done = subprocess.run(
            [
                *(self.programs / "psql", "-X", "-q", "-A", "-t", "-1", "-v", "ON_ERROR_STOP=1"),
                *("-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", DATABASE),
            ],
            input=sql,
            capture_output=True,
            text=True,
            env=_environment(),
        )
        if done.returncode != 0:
            raise ValueError(done.stderr)
        return done.stdout

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query, values as JSON has them."""
        found = self.run(f"SELECT coalesce(json_agg(listed), '[]') FROM ({query}) AS listed")
        return json.loads(found)


@contextmanager
def served() -> Iterator[Database]:
    """Run a server with an empty database until the end of the block, or of this process."""
    programs = _programs()
    # Not below the temporary folder of the tests: the servant may not pass through it.
    folder = Path(tempfile.mkdtemp(prefix="optiway-postgis-"))
    try:
        with _run(programs, folder) as database:
            yield database
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _run(programs: Path, folder: Path) -> Iterator[Database]:
    by = []
    if os.geteuid() == 0:
        servant = pwd.getpwnam(_SERVANT)
        os.chown(folder, servant.pw_uid, servant.pw_gid)
        by = [f"--reuid={servant.pw_uid}", f"--regid={servant.pw_gid}", "--clear-groups"]
    data = folder / "data"
    _call(
        ["setpriv", *by, "--", programs / "initdb", "-D", data, "-U", USER],
        *("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        cwd=folder,
    )
    port = free_port()
    options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": port, "fsync": "off"}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            # The signal is a fast shutdown: a test run that is killed leaves no server behind.
            ["setpriv", *by, "--pdeathsig=INT", "--", programs / "postgres", "-D", data, *settings],
            cwd=folder,
            env=_environment(),
            stdout=log,
            stderr=log,
        )
        try:
            database = Database(programs, port)
            _wait(server, database, folder / "log")
            database.run("CREATE EXTENSION postgis")
            yield database
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(server: subprocess.Popen, database: Database, log: Path) -> None:
    """Wait until the server answers, and make the database."""
    deadline = time.monotonic() + _STARTS_WITHIN_S
    create = [*(database.programs / "createdb", "-h", "127.0.0.1", "-p", str(database.port)), "-U", USER]
    while True:
        try:
            _call([*create, DATABASE])
            return
        except NoServer as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise NoServer(f"{error}\n{log.read_text()}") from error
            time.sleep(0.1)


def _call(command: list, *arguments: str, cwd: Path | None = None) -> None:
    done = subprocess.run([*command, *arguments], cwd=cwd, env=_environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise NoServer(done.stderr)


def _environment() -> dict[str, str]:
    """Without the user's own settings for PostgreSQL, which would lead elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _programs() -> Path:
    """The folder with the programs of the newest PostgreSQL that has PostGIS, as Debian installs them."""
    found = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")
        if Path(f"/usr/share/postgresql/{path.parts[-3]}/extension/postgis.control").exists()
    ]
    if not found:
        raise NoServer("PostgreSQL with PostGIS is not installed: scripts/debian.sh tests")
    return max(found, key=lambda path: float(path.parts[-2]))
