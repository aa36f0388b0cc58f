import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from leads.ledger import Ledger, add_receiver, open_ledger

LOOPBACK = "127.0.0.0/8"
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Heard:
    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


def plainly(status: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(b"thank you")

    return answer


@dataclass
class Listener:
    """A receiver of webhooks in a thread; `answer` can be exchanged at any time."""

    answer: Answer = field(default_factory=lambda: plainly(200))
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        assert self.server is not None
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def start(self) -> "Listener":
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                listener.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.heard.append(Heard({k.lower(): v for k, v in self.headers.items()}, body, self.path))
                self.close_connection = True
                listener.answer(self)

            do_GET = do_POST  # noqa: N815  # the library's name

            def log_message(self, *said: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                """Senders hang up on us on purpose."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listen() -> Iterator[Callable[[], Listener]]:
    started: list[Listener] = []

    def start(answer: Answer | None = None) -> Listener:
        started.append(Listener(answer or plainly(200)).start())
        return started[-1]

    yield start
    for listener in started:
        listener.stop()


@pytest.fixture
def listener(listen: Callable[[], Listener]) -> Listener:
    return listen()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'accord.db'}", serving=True)
    yield opened
    opened.close()


def added(ledger: Ledger, url: str, *events: str) -> tuple[str, str]:
    with ledger.transaction() as connection:
        return add_receiver(connection, url, datetime.now(UTC), events or ("lead.decided", "lead.erased"))


def until(true: Callable[[], object], seconds: float = 40.0) -> Any:
    """Waits for what another thread or process does."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)
    return found


async def eventually(true: Callable[[], object], seconds: float = 40.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to be"
        await asyncio.sleep(0.005)
    return found
