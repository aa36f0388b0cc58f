"""How the service is at the moment it is asked: the model that serves, what waits, and what the ledger says of it."""

import asyncio
import platform
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from time import monotonic
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from leads.ledger import Backlog, Ledger, LedgerUnavailable, QueueState, bundles, outbox_state, queue_state
from leads.ledger.opening import REVISIONS
from serving.deciding.intake import Intake

KEPT_SECONDS = 10.0
READ_SECONDS = 1.0


class Facts(NamedTuple):
    """What the ledger says: when each model was saved, what each receiver still has to get, and which leads of sales
    nobody has."""

    saved_at: dict[int, datetime]
    backlogs: list[Backlog]
    queue: QueueState


class State(Collector):
    """The ledger is asked every KEPT_SECONDS at most, and scraping waits READ_SECONDS for it at most. While it cannot
    be read, its gauges are absent and `accord_ledger_up` is 0: an old number would look like a good one."""

    def __init__(self, intake: Intake) -> None:
        self.intake = intake
        intake.metrics.registry.register(self)
        self._facts: Facts | None = None
        self._read_at = -KEPT_SECONDS
        self._reading: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        if monotonic() - self._read_at < KEPT_SECONDS:
            return
        if self._reading is None or self._reading.done():
            self._facts, self._reading = None, asyncio.create_task(asyncio.to_thread(self._read))
        await asyncio.wait({self._reading}, timeout=READ_SECONDS)

    def _read(self) -> None:
        try:
            self._facts = facts_of(self.intake.ledger)
            self._read_at = monotonic()
        except LedgerUnavailable:
            self._facts = None

    def collect(self) -> Iterator[Metric]:
        yield _build()
        yield _gauge("writer_waiting_jobs", "Jobs that wait for a transaction", self.intake.writer.waiting)
        yield _by("degraded", "What the service lacks at the moment", "reason", self.intake.degraded())
        yield _gauge("ledger_up", "Whether the ledger could be read for these figures", float(self._facts is not None))
        yield from self._of_price()
        if self._facts is not None:
            yield from self._of_model(self._facts.saved_at)
            yield from _of_outbox(self._facts.backlogs)
            yield from _of_queue(self._facts.queue)

    def _of_price(self) -> Iterator[Metric]:
        """Absent while the agreed band rules."""
        if price := self.intake.decider.prices.present():
            yield _gauge("price", "What a sales minute must earn today", price.value)
            yield _gauge("load", "Minutes of all leads worth calling by the team's minutes", price.load)

    def _of_model(self, saved_at: dict[int, datetime]) -> Iterator[Metric]:
        """All are absent while the scorecard serves."""
        number = self.intake.live.number
        if number in saved_at:
            age = datetime.now(UTC) - saved_at[number]
            yield _gauge("model_number", "The model that serves", number)
            yield _gauge("model_age_seconds", "Since the model that serves was trained", age.total_seconds())
        if data := self.intake.probation.age():
            yield _gauge("model_data_age_seconds", "Since the newest data it learned from", data.total_seconds())


def facts_of(ledger: Ledger) -> Facts:
    saved_at, backlogs = {entry.number: entry.saved_at for entry in bundles(ledger)}, outbox_state(ledger)
    with ledger.reading() as connection:
        return Facts(saved_at, backlogs, queue_state(connection))


def _of_outbox(backlogs: list[Backlog]) -> Iterator[Metric]:
    messages = GaugeMetricFamily("accord_outbox_messages", "Messages by receiver", labels=["receiver", "state"])
    oldest = GaugeMetricFamily("accord_outbox_overdue_seconds", "For how long the oldest is due", labels=["receiver"])
    for one in backlogs:
        receiver = one.receiver or "mail"
        messages.add_metric([receiver, "due"], one.due)
        messages.add_metric([receiver, "dead"], one.dead)
        overdue = (datetime.now(UTC) - one.next_due).total_seconds() if one.next_due and not one.held else 0.0
        oldest.add_metric([receiver], max(0.0, overdue))
    yield messages
    yield oldest


def _of_queue(queue: QueueState) -> Iterator[Metric]:
    waited = (datetime.now(UTC) - queue.since).total_seconds() if queue.since else 0.0
    yield _gauge("queue_leads", "Leads of sales that nobody has", queue.leads)
    yield _gauge("queue_oldest_seconds", "For how long the oldest of them is in the queue", max(0.0, waited))


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"accord_{name}", says, value=value)


def _by(name: str, says: str, label: str, present: list[str]) -> Metric:
    family = GaugeMetricFamily(f"accord_{name}", says, labels=[label])
    for one in present:
        family.add_metric([one], 1)
    return family


def _build() -> Metric:
    facts = {"version": version("accord"), "python": platform.python_version(), "schema": REVISIONS[-1]}
    return InfoMetricFamily("accord_build", "What runs here", value=facts | {"sqlite": sqlite3.sqlite_version})
