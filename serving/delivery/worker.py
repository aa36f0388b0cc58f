"""Sends what is due, at least once: claims messages under a lease, attempts them side by side, and writes down what
came of each. No transaction is open while anything is sent."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from leads.ledger import (
    Attempt,
    Destination,
    Lease,
    LedgerUnavailable,
    Outgoing,
    Writer,
    claim,
    destinations_due,
    record,
    release,
)
from serving.delivery.configuration import Configuration
from serving.delivery.schedule import STEPS, Outcome, verdict
from serving.delivery.sender import WebhookSender
from serving.delivery.smtp import MailSender
from serving.watch.logs import logger, place_of

log = logger("accord.delivery")

Send = Callable[[Outgoing, datetime], Awaitable[Outcome]]
"""One attempt. It takes no longer than the lease and raises nothing that a receiver can cause."""
AT_ONCE = 4
"""Attempts under way to one receiver, in one worker: a slow one holds up its own messages and no others."""
STOP_SECONDS = 10.0
WRITE_AGAIN = (0.2, 1.0, 5.0)
"""Seconds between tries to write down what came of an attempt; then the message is sent again after its lease."""


class Pace(NamedTuple):
    """Times in seconds. A lease is longer than any attempt with what is written after it; a worker that was killed
    costs its messages that long."""

    poll: float = 0.5
    lease: float = 60.0
    steps: tuple[float, ...] = STEPS


USUAL_PACE = Pace()


def utc_now() -> datetime:
    return datetime.now(UTC)


class Worker:
    """`mails` says whether mail can be sent at all; where it cannot, mails wait."""

    def __init__(
        self,
        writer: Writer,
        send: Send,
        mails: bool = True,
        pace: Pace = USUAL_PACE,
        clock: Callable[[], datetime] = utc_now,
        draw: Callable[[], float] = random.random,
        on_attempt: Callable[[str], None] = lambda result: None,
    ) -> None:
        self.name = f"wk_{secrets.token_hex(8)}"
        self._writer = writer
        self._send = send
        self._mails = mails
        self._pace = pace
        self._clock = clock
        self._draw = draw
        self._on_attempt = on_attempt
        self._reading = ThreadPoolExecutor(1, "accord-delivery")
        self._running: dict[asyncio.Task[None], Outgoing] = {}
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; attempts that are under way then have STOP_SECONDS to end."""
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            self._wake.clear()
            try:
                for outgoing in await self._claim():
                    self._start(outgoing)
            except Exception as error:  # the ledger may be away for a while; the loop must outlive that
                log.error("messages cannot be claimed", place=place_of(error))
            waking = asyncio.create_task(self._wake.wait())
            await asyncio.wait((stopping, waking), timeout=self._pace.poll, return_when=asyncio.FIRST_COMPLETED)
            waking.cancel()
        await self._end()

    async def _claim(self) -> list[Outgoing]:
        now = self._clock()
        due = partial(destinations_due, self._writer.ledger, now, self._mails)
        busy = Counter(outgoing.receiver for outgoing in self._running.values())
        found = await asyncio.get_running_loop().run_in_executor(self._reading, due)
        room: dict[Destination, int] = {to: AT_ONCE - busy[to] for to in found if busy[to] < AT_ONCE}
        if not room:
            return []
        lease = Lease(self.name, now, now + timedelta(seconds=self._pace.lease))
        mine = [outgoing.message for outgoing in self._running.values()]
        return await asyncio.wrap_future(self._writer.submit(partial(claim, room=room, lease=lease, busy=mine)))

    def _start(self, outgoing: Outgoing) -> None:
        task = asyncio.create_task(self._attempt(outgoing))
        self._running[task] = outgoing
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        outgoing = self._running.pop(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("an attempt was lost", message=outgoing.message, place=place_of(error))

    async def _attempt(self, outgoing: Outgoing) -> None:
        at, began = self._clock(), asyncio.get_running_loop().time()
        outcome = await self._send(outgoing, at)
        seconds = asyncio.get_running_loop().time() - began
        now, attempts = self._clock(), outgoing.attempts + 1
        follows = verdict(outcome, attempts, now, self._draw(), self._pace.steps)
        attempt = Attempt(at, outcome.status, outcome.error, seconds)
        await self._write(partial(record, message=outgoing.message, by=self.name, attempt=attempt, verdict=follows))
        self._on_attempt("failed" if follows.state == "due" else follows.state)
        if follows.state == "dead" or follows.disable:
            said = {"message": outgoing.message, "receiver": outgoing.receiver, "attempts": attempts}
            log.warning("a message is dead" if follows.state == "dead" else "a receiver is disabled", **said)

    async def _write(self, writing: Callable[..., None]) -> None:
        for pause in WRITE_AGAIN:
            with suppress(LedgerUnavailable):
                return await asyncio.wrap_future(self._writer.submit(writing))
            await asyncio.sleep(pause)
        return await asyncio.wrap_future(self._writer.submit(writing))

    async def _end(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)
        left = list(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        try:
            await asyncio.wrap_future(self._writer.submit(partial(release, by=self.name)))
        except LedgerUnavailable as error:
            log.warning("leases are left to run out", place=place_of(error))
        self._reading.shutdown(wait=False)


async def deliver(
    writer: Writer,
    configuration: Configuration,
    stop: asyncio.Event,
    on_attempt: Callable[[str], None] = lambda result: None,
) -> None:
    """Webhooks and mails, until `stop` is set."""
    webhooks = WebhookSender(configuration.networks)
    mails = MailSender(configuration.relay) if configuration.relay else None

    async def send(outgoing: Outgoing, at: datetime) -> Outcome:
        return await (mails if mails and outgoing.receiver is None else webhooks)(outgoing, at)

    try:
        await Worker(writer, send, mails=mails is not None, on_attempt=on_attempt).run(stop)
    finally:
        await webhooks.close()


@asynccontextmanager
async def delivering(
    writer: Writer, configuration: Configuration, on_attempt: Callable[[str], None]
) -> AsyncIterator[None]:
    """Delivers beside something else, and ends in order with it."""
    stop = asyncio.Event()
    task = asyncio.create_task(deliver(writer, configuration, stop, on_attempt))
    try:
        yield
    finally:
        stop.set()
        await task
