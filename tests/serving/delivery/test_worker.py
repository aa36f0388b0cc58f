import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leads.lead import Announcement
from leads.ledger import (
    Backlog,
    Delivery,
    Ledger,
    Outgoing,
    Writer,
    deliveries,
    disable_receiver,
    enable_receiver,
    open_ledger,
    outbox_state,
    receivers,
    remove_receiver,
    replay,
    replay_dead,
    roll_secret,
)
from leads.ledger.outbox import post
from serving.delivery.addresses import networks
from serving.delivery.schedule import STEPS, Outcome
from serving.delivery.sender import WebhookSender
from serving.delivery.worker import AT_ONCE, Pace, Send, Worker
from tests.serving.delivery.conftest import LOOPBACK, Listener, added, eventually, plainly

QUICK = Pace(poll=0.01, lease=60.0, steps=(0.0, 0.02, 0.02))
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
DELIVERED = Outcome(200, delivered=True)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'accord.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("new_postgres")()
    opened = open_ledger(url, serving=True)
    yield opened
    opened.close()


def posted(ledger: Ledger, count: int = 1, at: datetime | None = None, event: str = "lead.decided") -> None:
    with ledger.transaction() as connection:
        for number in range(count):
            post(connection, Announcement(event, at or datetime.now(UTC), {"number": number}), None, None)


@asynccontextmanager
async def working(ledger: Ledger, send: Send, **how: Any) -> AsyncIterator[Worker]:
    writer, stop = Writer(ledger), asyncio.Event()
    worker = Worker(writer, send, **({"pace": QUICK} | how))
    task = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await task
        await asyncio.to_thread(writer.close)


def one(ledger: Ledger) -> Delivery:
    (delivery,) = deliveries(ledger)
    return delivery


def answering(*outcomes: Outcome) -> tuple[Send, list[tuple[Outgoing, datetime]]]:
    """Answers in this order, the last for ever."""
    sent: list[tuple[Outgoing, datetime]] = []

    async def send(outgoing: Outgoing, at: datetime) -> Outcome:
        sent.append((outgoing, at))
        return outcomes[min(len(sent), len(outcomes)) - 1]

    return send, sent


def over_real_http(**parts: Any) -> WebhookSender:
    return WebhookSender(networks(LOOPBACK), **parts)


def test_ten_attempts_over_75_hours_then_dead_then_replayed(ledger: Ledger) -> None:
    send, sent = answering(*[Outcome(500)] * 10, DELIVERED)
    clock = Clock()
    receiver, _ = added(ledger, "https://crm.example.com/")
    posted(ledger, at=START)

    async def play() -> None:
        async with working(ledger, send, clock=clock, draw=lambda: 0.0, pace=Pace(poll=0.005, lease=60.0)):
            for number in range(1, 11):
                await eventually(lambda number=number: one(ledger).attempts == number)
                await asyncio.sleep(0.02)
                assert len(sent) == number  # none before its time
                clock.now = one(ledger).due_at - timedelta(microseconds=1)
                await asyncio.sleep(0.02)
                assert len(sent) == number
                clock.now += timedelta(microseconds=1)
            assert one(ledger).state == "dead"
            clock.now += timedelta(days=30)
            await asyncio.sleep(0.03)
            assert len(sent) == 10
            with ledger.transaction() as connection:
                assert replay(connection, one(ledger).message, clock.now)
            await eventually(lambda: one(ledger).state == "delivered")

    asyncio.run(play())
    assert [at - before for (_, at), (_, before) in zip(sent[1:10], sent, strict=False)] == [
        timedelta(seconds=step) for step in STEPS[1:]
    ]
    assert sent[9][1] - START == timedelta(hours=75, minutes=35, seconds=5)
    assert len({(outgoing.message, outgoing.payload) for outgoing, _ in sent}) == 1
    assert {outgoing.receiver for outgoing, _ in sent} == {receiver}


def test_a_message_goes_to_every_receiver_that_wants_it_and_to_no_other(
    ledger: Ledger, listen: Callable[[], Listener]
) -> None:
    both, erased, none = listen(), listen(), listen()
    added(ledger, both.url)
    added(ledger, erased.url, "lead.erased")
    added(ledger, none.url, "lead.quarantined")
    posted(ledger, 3)
    posted(ledger, 2, event="lead.erased")

    async def play() -> None:
        async with working(ledger, over_real_http()):
            await eventually(lambda: all(delivery.state == "delivered" for delivery in deliveries(ledger)))

    asyncio.run(play())
    assert (len(both.heard), len(erased.heard), len(none.heard)) == (5, 2, 0)
    assert len({heard.id for heard in (*both.heard, *erased.heard)}) == 7


def test_gone_disables_one_receiver_alone(ledger: Ledger, listen: Callable[..., Listener]) -> None:
    gone, healthy = listen(plainly(410)), listen()
    left, _ = added(ledger, gone.url)
    added(ledger, healthy.url)
    posted(ledger, 5)

    async def play() -> None:
        async with working(ledger, over_real_http()):
            await eventually(lambda: len(healthy.heard) == 5 and receivers(ledger)[0].disabled_at)
            await asyncio.sleep(0.2)

    asyncio.run(play())
    disabled, enabled = receivers(ledger)
    assert (disabled.id, disabled.disabled_why, disabled.due) == (left, "It answered 410 Gone.", 5)
    assert (enabled.disabled_at, enabled.due, enabled.dead) == (None, 0, 0)
    assert len(gone.heard) <= AT_ONCE
    posted(ledger)
    assert [delivery.receiver for delivery in deliveries(ledger, limit=1)] == [enabled.id]

    gone.answer = plainly(200)
    with ledger.transaction() as connection:
        assert enable_receiver(connection, left, datetime.now(UTC))

    async def play_on() -> None:
        async with working(ledger, over_real_http()):
            await eventually(lambda: receivers(ledger)[0].due == 0)

    asyncio.run(play_on())


def test_a_slow_receiver_with_a_backlog_delays_no_other(ledger: Ledger, listen: Callable[..., Listener]) -> None:
    release = time.monotonic() + 3

    def slow(handler: Any) -> None:
        time.sleep(max(0.0, release - time.monotonic()))
        plainly(200)(handler)

    stuck, healthy = listen(slow), listen()
    added(ledger, stuck.url, "lead.decided")
    posted(ledger, 60)
    added(ledger, healthy.url, "lead.quarantined")
    posted(ledger, 20, event="lead.quarantined")

    async def play() -> None:
        async with working(ledger, over_real_http()):
            await eventually(lambda: len(healthy.heard) == 20)
            assert time.monotonic() < release
            assert len(stuck.heard) <= AT_ONCE
            await eventually(lambda: len(stuck.heard) == 60, 30)

    asyncio.run(play())


def test_at_most_so_many_attempts_are_under_way_to_one_receiver(ledger: Ledger) -> None:
    under_way, most = 0, 0

    async def send(outgoing: Outgoing, at: datetime) -> Outcome:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return DELIVERED

    added(ledger, "https://crm.example.com/")
    posted(ledger, 30)

    async def play() -> None:
        async with working(ledger, send):
            await eventually(lambda: receivers(ledger)[0].due == 0)

    asyncio.run(play())
    assert most == AT_ONCE


def test_two_workers_share_the_work_and_send_nothing_twice(ledger: Ledger) -> None:
    sent: Counter[str] = Counter()

    async def send(outgoing: Outgoing, at: datetime) -> Outcome:
        sent[outgoing.message] += 1
        await asyncio.sleep(0.002)
        return DELIVERED

    for number in range(3):
        added(ledger, f"https://crm{number}.example.com/")
    posted(ledger, 40)

    async def play() -> None:
        async with working(ledger, send), working(ledger, send):
            await eventually(lambda: not deliveries(ledger, "due"), 30)

    asyncio.run(play())
    assert len(sent) == 120
    assert set(sent.values()) == {1}


def test_every_attempt_is_a_fact_without_what_was_answered(tmp_path: Path, listener: Listener) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'facts.db'}")
    listener.answer = plainly(500, X_Secret="canary")
    added(ledger, listener.url)
    posted(ledger)

    async def play() -> None:
        async with working(ledger, over_real_http()):
            await eventually(lambda: one(ledger).attempts == 2)
            listener.stop()
            await eventually(lambda: one(ledger).state == "dead")
            listener.start()

    asyncio.run(play())
    ledger.close()
    with sqlite3.connect(tmp_path / "facts.db") as connection:
        rows = connection.execute("SELECT status, error, seconds FROM attempts ORDER BY id").fetchall()
    connection.close()
    assert [row[:2] for row in rows] == [(500, None), (500, None), (None, "no-connection")]
    assert all(0 <= row[2] < 5 for row in rows)
    assert b"canary" not in (tmp_path / "facts.db").read_bytes()


def test_a_stop_lets_attempts_end_and_gives_back_the_rest(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.delivery.worker.STOP_SECONDS", 0.5)
    begun: list[str] = []

    async def send(outgoing: Outgoing, at: datetime) -> Outcome:
        begun.append(outgoing.message)
        await asyncio.sleep(0.2 if len(begun) % 2 else 30)
        return DELIVERED

    added(ledger, "https://crm.example.com/")
    posted(ledger, 10)

    async def stop_early() -> None:
        async with working(ledger, send):
            await eventually(lambda: len(begun) == AT_ONCE)

    asyncio.run(stop_early())
    assert len(deliveries(ledger, "delivered")) == 2
    assert len(deliveries(ledger, "due")) == 8
    quick, sent = answering(DELIVERED)

    async def another_goes_on_at_once() -> None:
        async with working(ledger, quick):
            await eventually(lambda: not deliveries(ledger, "due"), 5)  # far less than the lease

    asyncio.run(another_goes_on_at_once())
    assert len(sent) == 8


def test_a_lease_that_ran_out_is_taken_over_and_the_first_worker_no_longer_decides(ledger: Ledger) -> None:
    clock, go_on = Clock(), asyncio.Event()

    async def stuck(outgoing: Outgoing, at: datetime) -> Outcome:
        await go_on.wait()
        return Outcome(500)

    quick, sent = answering(DELIVERED)
    added(ledger, "https://crm.example.com/")
    posted(ledger, at=START)

    async def play() -> None:
        async with working(ledger, stuck, clock=clock) as first:
            await eventually(lambda: first._running)
            clock.now += timedelta(seconds=61)
            await asyncio.sleep(0.1)
            assert len(first._running) == 1  # its own clock jumped, and it did not send twice
            async with working(ledger, quick, clock=clock):
                await eventually(lambda: one(ledger).state == "delivered")
            go_on.set()

    asyncio.run(play())
    assert (one(ledger).state, one(ledger).attempts, len(sent)) == ("delivered", 1, 1)


def test_during_an_overlap_both_secrets_sign_and_afterwards_the_new_one(ledger: Ledger) -> None:
    clock = Clock()
    send, sent = answering(DELIVERED)
    receiver, old = added(ledger, "https://crm.example.com/")
    with ledger.transaction() as connection:
        new = roll_secret(connection, receiver, timedelta(hours=1), START)

    async def play() -> None:
        async with working(ledger, send, clock=clock):
            posted(ledger, at=clock.now)
            await eventually(lambda: len(sent) == 1)
            clock.now += timedelta(hours=1)
            posted(ledger, at=clock.now)
            await eventually(lambda: len(sent) == 2)

    asyncio.run(play())
    assert [outgoing.secrets for outgoing, _ in sent] == [(new, old), (new,)]


def test_cancelled_messages_and_those_of_removed_receivers_are_not_sent(ledger: Ledger) -> None:
    kept, _ = added(ledger, "https://crm.example.com/")
    gone, _ = added(ledger, "https://old.example.com/")
    posted(ledger, 2)
    with ledger.transaction() as connection:
        assert remove_receiver(connection, gone, datetime.now(UTC))
    send, sent = answering(DELIVERED)

    async def play() -> None:
        async with working(ledger, send):
            await eventually(lambda: len(sent) == 2)
            await asyncio.sleep(0.1)

    asyncio.run(play())
    assert {outgoing.receiver for outgoing, _ in sent} == {kept}
    assert len(deliveries(ledger, "cancelled")) == 2
    with ledger.transaction() as connection:
        assert replay(connection, deliveries(ledger, "cancelled")[0].message, datetime.now(UTC)) is False
        assert replay(connection, "msg_unknown", datetime.now(UTC)) is None


def test_the_state_of_the_outbox_and_replaying_all_dead(ledger: Ledger) -> None:
    send, _ = answering(Outcome(500))
    first, _ = added(ledger, "https://a.example.com/")
    second, _ = added(ledger, "https://b.example.com/")
    posted(ledger, 2)

    async def play(send: Send) -> None:
        async with working(ledger, send):
            await eventually(lambda: not deliveries(ledger, "due"))

    asyncio.run(play(send))
    with ledger.transaction() as connection:
        disable_receiver(connection, second, "By hand.", datetime.now(UTC))
    assert outbox_state(ledger) == [
        Backlog(first, False, 0, 2, None),
        Backlog(second, True, 0, 2, None),
        Backlog(None, False, 0, 0, None),
    ]
    with ledger.transaction() as connection:
        assert replay_dead(connection, first, START) == 2
    assert outbox_state(ledger)[0] == Backlog(first, False, 2, 0, START)
    with ledger.transaction() as connection:
        assert replay_dead(connection, None, START) == 2


def test_a_page_of_messages_follows_the_page_before(ledger: Ledger) -> None:
    added(ledger, "https://crm.example.com/")
    posted(ledger, 5)
    whole = [delivery.message for delivery in deliveries(ledger)]
    assert whole == sorted(whole, reverse=True)
    assert [delivery.message for delivery in deliveries(ledger, limit=2, after=whole[1])] == whole[2:4]
    assert deliveries(ledger, after=whole[-1]) == []


def test_the_worker_outlives_a_ledger_that_is_away(tmp_path: Path, listener: Listener) -> None:
    path = tmp_path / "away.db"
    ledger = open_ledger(f"sqlite:///{path}", serving=True)
    added(ledger, listener.url)
    blocker = sqlite3.connect(path, isolation_level=None)

    async def play() -> None:
        async with working(ledger, over_real_http()):
            posted(ledger)
            await eventually(lambda: one(ledger).state == "delivered")
            blocker.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(2.0)  # longer than anybody waits for a lock
            blocker.execute("COMMIT")
            posted(ledger)
            await eventually(lambda: not deliveries(ledger, "due"))

    asyncio.run(play())
    blocker.close()
    ledger.close()
    assert len(listener.heard) == 2
