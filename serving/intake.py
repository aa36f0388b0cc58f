"""From a valid form to a stored decision."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fastapi.concurrency import run_in_threadpool

from leads.agreement import Agreement
from leads.fields import Kind, Value
from leads.form import ARRIVED
from leads.lead import Cause, Decision, Route, Score, Submission, decision_id, submission_id
from leads.ledger import (
    Answer,
    Entry,
    Ledger,
    LedgerUnavailable,
    OtherBody,
    Writer,
    answer_given,
    digests,
    enter,
    objects,
)
from models import policy
from serving.announcement import announcement, answer
from serving.arrival import Arrival
from serving.assignment import assign
from serving.bots import marks_of
from serving.problems import Problem
from serving.scoring import LiveScorer, Row

ANSWER_SECONDS = 1.8
"""A form waits no longer for the ledger; then it is told to come again."""
_SAMPLES: Mapping[Kind, Value] = {
    "email": "someone@example.com",
    "phone": "+442079460000",
    "url": "https://www.example.com",
    "company": "Example",
    "job_title": "Head of Sales",
    "country": "DE",
    "text": "A question",
}


class Scored(NamedTuple):
    score: Score
    row: Row
    degraded: str | None


class Known(NamedTuple):
    """What the ledger knew of a sending before it was scored."""

    answer: Answer | None
    objects: bool


class Intake:
    """Takes leads in under one agreement; `number` is the agreement's in the ledger."""

    def __init__(self, ledger: Ledger, agreement: Agreement, number: int, live: LiveScorer) -> None:
        self.ledger = ledger
        self.agreement = agreement
        self.number = number
        self.live = live
        self.zone = ZoneInfo(agreement.sales.timezone)
        self.writer = Writer(ledger)
        self.scoring = ThreadPoolExecutor(1, "accord-scoring")
        self._in_flight: dict[tuple[str, str], asyncio.Future[Answer]] = {}

    def warm_up(self) -> None:
        """Takes the champion up and scores one invented lead, so that the first real one does not wait for imports."""
        self.live.follow()
        self.live.score({key: _SAMPLES.get(field.kind) for key, field in self.agreement.form.fields.items()})

    def close(self) -> None:
        self.scoring.shutdown()
        self.writer.close()

    async def receive(self, arrival: Arrival) -> Answer:
        """Stored, and on the disk, when this returns; the same sending is stored once and answered alike."""
        sending = arrival.sending
        if sending.token is None:
            return await self._receive(arrival)
        known_by = (sending.key, sending.token)
        if (running := self._in_flight.get(known_by)) and sending.by_content:
            return (await asyncio.shield(running))._replace(replayed=True)
        if running:
            raise Problem(
                "idempotency-in-progress",
                "The same sending is being stored right now; ask again in a second.",
                headers={"Retry-After": "1"},
            )
        self._in_flight[known_by] = asyncio.ensure_future(self._receive(arrival))
        try:
            return await self._in_flight[known_by]
        finally:
            del self._in_flight[known_by]

    async def _receive(self, arrival: Arrival) -> Answer:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                known = await run_in_threadpool(self._known, arrival)
                if known.answer:
                    return known.answer
                scored = await self._score(arrival, known)
                writing = self.writer.submit(partial(enter, entry=self._entry(arrival, scored)))
                return await asyncio.wrap_future(writing)
        except OtherBody as other:
            raise Problem("idempotency-mismatch", f"{other} Send a new key with a new body.") from None
        except TimeoutError:
            raise LedgerUnavailable("it did not answer in time") from None

    def _known(self, arrival: Arrival) -> Known:
        if given := answer_given(self.ledger, arrival.sending):
            return Known(given, False)
        with self.ledger.reading() as connection:
            return Known(None, objects(connection, digests(self.ledger, arrival.people)))

    async def _score(self, arrival: Arrival, known: Known) -> Scored:
        values = {**arrival.values, ARRIVED: arrival.submitted_at or arrival.arrived_at}
        loop = asyncio.get_running_loop()
        score, row = await loop.run_in_executor(self.scoring, self.live.score, values)
        return Scored(score, row, None)

    def _entry(self, arrival: Arrival, scored: Scored) -> Entry:
        marks = marks_of(arrival)

        def submission(lead: str) -> Submission:
            return Submission(
                submission_id(),
                lead,
                arrival.arrived_at,
                arrival.sent,
                arrival.key.id,
                arrival.submitted_at,
                marks,
            )

        return Entry(
            sending=arrival.sending,
            people=digests(self.ledger, arrival.people),
            arrived_at=arrival.arrived_at,
            submission=submission,
            decide=partial(self.decide, scored=scored, route="quarantine" if marks else None),
            announce=partial(announcement, zone=self.zone),
            answer=lambda _, decision: answer(decision, self.zone, to_page=arrival.key.kind == "pk"),
        )

    def decide(
        self,
        submission: Submission,
        scored: Scored,
        cause: Cause = "submission",
        route: Route | None = None,
        note: str | None = None,
    ) -> Decision:
        """`route` is given where the policy has no say: by a person's word, or for what looks like a bot."""
        score, routing, decided_at = scored.score, self.agreement.routing, datetime.now(UTC)
        band = policy.band(score.probability, routing.bands)
        route = route or policy.route(band, routing)
        owner, respond_by = assign(route, self.agreement, decided_at)
        return Decision(
            id=decision_id(),
            lead=submission.lead,
            submission=submission.id,
            decided_at=decided_at,
            score=score,
            horizon_days=self.agreement.goal.within_days,
            band=band,
            route=route,
            owner=owner,
            respond_by=respond_by,
            agreement=self.number,
            price=None,
            propensity=None,
            features=scored.row,
            cause=cause,
            degraded=scored.degraded,
            note=note,
        )
