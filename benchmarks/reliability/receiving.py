"""Receivers of webhooks on loopback, some of which are as bad as real ones."""

import base64
import hashlib
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sqlalchemy import insert

from benchmarks.reliability.workplace import Workplace
from leads.lead import receiver_id
from leads.ledger import open_ledger, tables

FAULTS = {"500": 3, "429": 2, "reset": 2, "reset after reading": 2, "slow": 2, "too slow": 1}
"""How often each is drawn, beside the others."""
SLOW_SECONDS = 0.2
DEADLINE_SECONDS = 1.0
"""What the senders here wait for an answer; "too slow" takes half a second more, and no answer was heard."""


@dataclass
class Receiver:
    """Fails `fault_share` of all requests, drawn by `seed`. `taken` counts, per webhook-id, how often it said 2xx;
    `bodies` holds the digests of all bodies seen under it, whatever it answered."""

    fault_share: float = 0.0
    seed: int = 0
    url: str = ""
    taken: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, set[str]] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def draw(self) -> str:
        with self.lock:
            drawn = self._random.choices(list(FAULTS), list(FAULTS.values()))[0]
            fault = drawn if self._random.random() < self.fault_share else "none"
            self.faults[fault] += 1
            return fault

    def saw(self, message: str, body: bytes) -> None:
        with self.lock:
            self.bodies.setdefault(message, set()).add(hashlib.sha256(body).hexdigest())

    def took(self, message: str) -> None:
        with self.lock:
            self.taken[message] += 1


@contextmanager
def listening(receiver: Receiver) -> Iterator[Receiver]:
    server = _Server(receiver)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def registered(workplace: Workplace, *receivers: Receiver) -> None:
    ledger = open_ledger(workplace.database)
    with ledger.transaction() as connection:
        for receiver in receivers:
            row = {
                "id": receiver_id(),
                "url": receiver.url,
                "events": ["lead.decided", "lead.quarantined"],
                "secret": "whsec_" + base64.b64encode(hashlib.sha256(receiver.url.encode()).digest()).decode(),
                "created_at": datetime.now(UTC),
            }
            connection.execute(insert(tables.receivers), row)
    ledger.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.receiver = receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that was killed breaks its connection; that is what is being tried here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        fault = receiver.draw()
        if fault == "reset":
            self._reset()
            return
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        if len(body) < length:  # its sender was killed on the way: no request, and no server would take it for one
            self._reset()
            return
        message = self.headers["webhook-id"]
        receiver.saw(message, body)
        if fault == "reset after reading":
            self._reset()
        elif fault in ("500", "429"):
            self._answer(int(fault))
        elif fault == "too slow":
            time.sleep(DEADLINE_SECONDS + 0.5)
            self._reset()
        else:
            time.sleep(SLOW_SECONDS if fault == "slow" else 0)
            receiver.took(message)
            self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        if status == 429:
            self.send_header("retry-after", "1")
        self.end_headers()

    def _reset(self) -> None:
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the counts say it."""
