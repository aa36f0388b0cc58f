"""A worker that is killed on the way: another sends its messages again after the lease, under the same ids."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from leads.ledger import deliveries, open_ledger
from tests.serving.delivery.conftest import Listener, added, plainly, until
from tests.serving.delivery.test_worker import posted

ROOT = Path(__file__).parents[3]
# A worker as a process of its own; it kills itself before or after a post, as its argument says.
WORKER = """
    import asyncio, os, signal, sys
    from leads.ledger import Writer, open_ledger
    from serving.delivery.addresses import networks
    from serving.delivery.sender import WebhookSender
    from serving.delivery.worker import Pace, Worker

    url, point = sys.argv[1:]

    async def main():
        sender = WebhookSender(networks("127.0.0.0/8"))

        async def send(outgoing, at):
            if point == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            outcome = await sender(outgoing, at)
            if point == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return outcome

        pace = Pace(poll=0.05, lease=1.5)
        await Worker(Writer(open_ledger(url, serving=True)), send, pace=pace).run(asyncio.Event())

    asyncio.run(main())
"""


def worker(url: str, point: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(WORKER), url, point], cwd=ROOT)


@pytest.mark.parametrize("kept_in", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("point", "posts"), [("before", 1), ("during", 2), ("after", 2)])
def test_a_killed_workers_message_is_sent_again(
    kept_in: str, point: str, posts: int, request: Any, tmp_path: Path, listen: Callable[[], Listener]
) -> None:
    url = f"sqlite:///{tmp_path / 'accord.db'}"
    if kept_in == "postgresql":
        url = request.getfixturevalue("new_postgres")()
    ledger, listener = open_ledger(url), listen()
    first: list[subprocess.Popen[bytes]] = []

    def killing(handler: Any) -> None:
        if len(listener.heard) == 1:
            os.kill(first[0].pid, signal.SIGKILL)
        plainly(200)(handler)

    if point == "during":
        listener.answer = killing
    _, secret = added(ledger, listener.url)
    posted(ledger)
    first.append(worker(url, point))
    assert first[0].wait(20) == -signal.SIGKILL
    (waiting,) = deliveries(ledger)
    assert (waiting.state, waiting.attempts) == ("due", 0)
    second = worker(url, "never")
    try:
        until(lambda: deliveries(ledger, "delivered"))
    finally:
        second.kill()
        second.wait()
    ledger.close()
    assert len(listener.heard) == posts
    assert {heard.id for heard in listener.heard} == {waiting.message}
    assert len({heard.body for heard in listener.heard}) == 1
    assert Webhook(secret).verify(listener.heard[-1].body, listener.heard[-1].headers)
