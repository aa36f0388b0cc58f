"""Whether a webhook can be made to call what only the service can reach."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from benchmarks.hostile_urls import HOSTILE
from benchmarks.reliability.report import Report, Run, Target
from leads.ledger import Outgoing
from serving.delivery.addresses import UnusableURL, networks, receiver_url
from serving.delivery.network import Resolve
from serving.delivery.schedule import Outcome
from serving.delivery.sender import WebhookSender

SECRET = "whsec_" + "A" * 43 + "="
INSIDE, OUTSIDE = "10.1.2.3", "93.184.216.34"
LOOKED_UP_ELSEWHERE = ("printer", "metadata", "internal", "intranet")
"""Names that only a name server could know: the benchmark asks none, and answers with an address inside."""


class Counter:
    """Takes every connection on loopback, over IPv4 and IPv6."""

    def __init__(self) -> None:
        self.connections = 0
        self.socket = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port: int = self.socket.getsockname()[1]

    def take(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


def run(run: Run) -> Report:
    urls = [(code, url) for code, several in HOSTILE.items() for url in several]
    with counting() as counter:
        accepted = [url for _, url in urls if _accepted(url.format(port=counter.port))]
        reaching = [url for code, url in urls if code == "url-not-public"]
        for url in reaching:
            _attempt(url.format(port=counter.port), _resolver(url))
        _rebind(counter.port)
        reached = counter.connections
        _attempt(f"http://127.0.0.1:{counter.port}/", None, own=True)
        control = counter.connections - reached
    targets = [
        Target("hostile URLs tried", "at least", 60, len(urls)),
        Target("hostile URLs taken as a receiver's", "exactly", 0, len(accepted)),
        Target("connections made, had they been taken", "exactly", 0, reached),
        Target("connections made to an own network that is allowed (control)", "at least", 1, control),
    ]
    return Report({"urls": len(urls), "connections_tried": len(reaching) + 2}, {"accepted": accepted}, targets)


@contextmanager
def counting() -> Iterator[Counter]:
    counter = Counter()
    thread = threading.Thread(target=counter.take, daemon=True)
    thread.start()
    try:
        yield counter
    finally:
        counter.socket.shutdown(socket.SHUT_RDWR)
        counter.socket.close()
        thread.join()


def _accepted(url: str) -> bool:
    try:
        receiver_url(url, ())
    except UnusableURL:
        return False
    return True


def _rebind(port: int) -> None:
    """A name that is public when it is looked up first, and loopback ever after: each attempt looks up once."""
    answers = iter([[OUTSIDE, "127.0.0.1"], ["127.0.0.1"]])

    async def resolve(host: str, asked: int) -> Sequence[str]:
        return next(answers)

    for _ in range(2):
        _attempt(f"https://rebind.example.com:{port}/", resolve)


def _resolver(url: str) -> Resolve | None:
    async def inside(host: str, port: int) -> Sequence[str]:
        return [INSIDE]

    return inside if any(name in url for name in LOOKED_UP_ELSEWHERE) else None


def _attempt(url: str, resolve: Resolve | None, own: bool = False) -> Outcome:
    async def once() -> Outcome:
        sender = WebhookSender(networks("127.0.0.0/8" if own else ""), resolve)
        try:
            now = datetime.now(UTC)
            return await sender(Outgoing("msg_1", now, "{}", 0, "ep_1", url, (SECRET,), None), now)
        finally:
            await sender.close()

    return asyncio.run(once())
