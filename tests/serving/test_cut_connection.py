"""The connection to PostgreSQL breaks in the very moment of the commit. Nobody can tell the sender whether the lead was
stored; its Idempotency-Key does."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.serving.conftest import laid_out, start, stop

FORM = {"email": "ada@example.com", "country": "DE"}
SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Stands between the service and the server. `cut` is when it breaks the next commit: before the server sees it, or
    after the server was told and before anybody hears what came of it. Other transactions go through."""

    def __init__(self, server: Path, place: Path) -> None:
        self.server = server
        self.cut: str | None = None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(place / SOCKET))
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self.server / SOCKET))
            for one, other, commits in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=(one, other, commits), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, commits: bool) -> None:
        with one, other:
            stores = False
            try:
                while data := one.recv(65_536):
                    stores |= commits and b"INSERT INTO submissions" in data
                    if stores and self.cut and b"COMMIT" in data:
                        self._break(one, other, data)
                        return
                    stores &= b"COMMIT" not in data
                    other.sendall(data)
            except OSError:
                return

    def _break(self, client: socket.socket, server: socket.socket, commit: bytes) -> None:
        how, self.cut = self.cut, None
        client.shutdown(socket.SHUT_RDWR)
        if how == "after":
            server.sendall(commit)
        server.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxied(postgres: str) -> Iterator[tuple[Proxy, str]]:
    folder = Path(tempfile.mkdtemp(prefix="cut"))
    url = make_url(postgres)
    host = url.query.get("host")
    if not isinstance(host, str) or not host.startswith("/"):
        pytest.skip("the PostgreSQL of TEST_DATABASE_URL is not reached by a socket file")
    proxy = Proxy(Path(host), folder)
    yield proxy, url.set(query={"host": str(folder)}).render_as_string(hide_password=False)
    proxy.listener.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_commit_that_nobody_heard_of_is_settled_by_the_key(
    tmp_path: Path, postgres: str, proxied: tuple[Proxy, str], how: str
) -> None:
    proxy, url = proxied
    running = start(laid_out(tmp_path / "home", url), ACCORD_DATABASE_URL=url)
    try:
        send = sender(running)
        assert send("warm").status_code == 201
        proxy.cut = how
        first = send("ambiguous")
        assert (first.status_code, proxy.cut) == (503, None), first.text
        assert "Retry-After" in first.headers
        again = send("ambiguous")
        assert again.status_code == 201, again.text
        assert ("Idempotency-Replayed" in again.headers) == (how == "after")
        assert send("ambiguous").json() == again.json()
        assert stored(postgres) == 2
    finally:
        assert stop(running) == 0


def sender(running: Any) -> Callable[[str], Any]:
    return lambda key: running.call(
        "POST", "/v1/leads", running.secret, {"Idempotency-Key": key}, json=FORM | {"message": f"as {key}"}
    )


def stored(url: str) -> int:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            return int(connection.scalar(text("select count(*) from decisions")))
    finally:
        engine.dispose()
