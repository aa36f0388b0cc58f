"""From a valid form to a stored decision."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from leads.agreement import Agreement
from leads.consent import may_be_profiled
from leads.fields import Value
from leads.form import ARRIVED, form_class
from leads.known_answers import together
from leads.lead import Decision, Submission, decision_id, submission_id
from leads.ledger import (
    Answer,
    Connection,
    Entry,
    Ledger,
    LedgerUnavailable,
    Made,
    OtherBody,
    Standing,
    Writer,
    answer_given,
    assignment_of,
    digests,
    engagements_of,
    enter,
    objects,
    others_who_wrote,
    submissions_of_person,
)
from leads.marks import doubtful
from models.engaged import engaged_row, inputs, only_engaged
from serving.announcing.announcement import announcements, answer
from serving.deadline import in_time
from serving.deciding.decider import Decider, Told, utc_now
from serving.edge.arrival import Arrival
from serving.feedback.answer_links import AnswerLinks
from serving.problems import Problem
from serving.quarantine.bots import SAME_WORDS, WITHIN, Bots, content_of
from serving.scoring.engaged import with_engagements
from serving.scoring.live import LiveScorer, Scored, invented_form
from serving.scoring.probation import Probation
from serving.scoring.thread import Row
from serving.team.assignment import QUEUES
from serving.team.company import company_of
from serving.watch.metrics import Metrics

Values = Mapping[str, Value]
ANSWER_SECONDS = 1.8
"""A form waits no longer for the ledger; then it is told to come again."""


class Known(NamedTuple):
    """What the ledger knew of a sending before it was scored."""

    answer: Answer | None
    objects: bool = False
    marks: tuple[str, ...] = ()
    content: str | None = None
    earlier: tuple[Submission, ...] = ()
    engaged: Row = MappingProxyType({})


class Intake:
    """Takes leads in under one agreement; `number` is the agreement's in the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        agreement: Agreement,
        number: int,
        live: LiveScorer,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.ledger = ledger
        self.agreement = agreement
        self.number = number
        self.live = live
        self.zone = ZoneInfo(agreement.sales.timezone)
        self.decider = Decider(ledger, agreement, number, now)
        self.links = AnswerLinks(ledger)
        self.metrics = Metrics()
        self.probation = Probation(ledger, agreement, live, self.metrics.returned, now)
        self.writer = Writer(ledger, self.metrics.committed)
        self.bots = Bots()
        self.failing: set[str] = set()
        self._in_flight: dict[tuple[str, str], asyncio.Future[Answer]] = {}

    def warm_up(self) -> None:
        """Loads and reads what is needed only once, so that the first lead does not wait for it."""
        self.live.warm_up()
        self.bots.warm_up()
        with suppress(ValidationError):  # a form may ask for more than the invented lead says
            form_class(self.agreement).model_validate(invented_form(self.agreement))
        digests(self.ledger, ["the salt is kept from now on"])

    def degraded(self) -> list[str]:
        """What the process lacks at the moment; `failing` names the chores whose last run failed."""
        failing = [f"{chore}-failing" for chore in sorted(self.failing)]
        champion = self.live.degraded() + self.probation.degraded()
        return champion + self.decider.prices.degraded() + failing

    def close(self) -> None:
        self.live.close()
        self.writer.close()

    async def receive(self, arrival: Arrival) -> Answer:
        """Stored, and on the disk, when this returns; the same sending is stored once and answered alike."""
        sending = arrival.sending
        if sending.token is None:
            return await self._receive(arrival)
        known_by = (sending.key, sending.token)
        if (running := self._in_flight.get(known_by)) and (sending.by_content or arrival.by_html_form):
            await asyncio.wait([running])  # a browser cannot ask again by itself
            return await self._receive(arrival)
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
            async with asyncio.timeout(ANSWER_SECONDS - arrival.waited):
                known = await in_time(self._known, arrival)
                if known.answer:
                    return known.answer
                newest = arrival.values | {ARRIVED: arrival.submitted_at or arrival.arrived_at}
                values = together(newest, known.earlier, arrival.fields)
                scored = await self._score(values, known, arrival)
                writing = self.writer.submit(partial(enter, entry=self._entry(arrival, known, values, scored)))
                return self._counted(await asyncio.wrap_future(writing))
        except OtherBody as other:
            raise Problem("idempotency-mismatch", f"{other} Send a new key with a new body.") from None
        except TimeoutError:
            raise LedgerUnavailable("it did not answer in time") from None

    def _counted(self, answer: Answer) -> Answer:
        if answer.decision is not None:
            self.metrics.decided(answer.decision, answer.submission)
        return answer

    def _known(self, arrival: Arrival) -> Known:
        people, content = digests(self.ledger, arrival.people), content_of(arrival, self.ledger.salt)
        with self.ledger.reading() as connection:
            if given := answer_given(connection, arrival.sending):
                return Known(given)
            objecting = objects(connection, people)
            others = others_who_wrote(connection, content, arrival.arrived_at - WITHIN, people, SAME_WORDS)
            earlier = submissions_of_person(connection, people)
            engaged = self.engaged(connection, earlier[0].lead) if earlier and not objecting else {}
        return Known(None, objecting, self.bots.marks(arrival, others), content, earlier, engaged)

    def engaged(self, connection: Connection, lead: str) -> Row:
        """What a lead did until now, after its forms; nothing for somebody new, who is not asked about."""
        now = self.decider.now()
        return engaged_row(engagements_of(connection, lead, now), now, self.agreement)

    async def _score(self, values: Values, known: Known, arrival: Arrival) -> Scored:
        by_model = not known.objects and may_be_profiled(self.agreement, arrival.values)
        with self.metrics.scoring():
            scored = await self.live.score({**values, **inputs(known.engaged)}, by_model)
        return with_engagements(scored, known.engaged, self.agreement)

    def _entry(self, arrival: Arrival, known: Known, values: Values, scored: Scored) -> Entry:
        def submission(lead: str) -> Submission:
            return Submission(
                submission_id(),
                lead,
                arrival.arrived_at,
                arrival.sent,
                arrival.key.id,
                arrival.submitted_at,
                known.marks,
                known.content,
            )

        company = company_of(arrival.values, arrival.fields)
        digest_of_company = digests(self.ledger, [f"company:{company}"])[0] if company else None
        return Entry(
            sending=arrival.sending,
            people=digests(self.ledger, arrival.people),
            arrived_at=arrival.arrived_at,
            submission=submission,
            decide=partial(self._decide, values=values, scored=scored, company=digest_of_company),
            announce=partial(announcements, zone=self.zone, agreement=self.agreement, links=self.links),
            answer=lambda _, decision: answer(decision, self.zone, to_page=arrival.key.kind == "pk"),
            company=digest_of_company,
        )

    def _decide(
        self,
        connection: Connection,
        submission: Submission,
        standing: Standing,
        values: Values,
        scored: Scored,
        company: str | None,
    ) -> Made:
        """A form that looks like a bot's changes nothing for a lead that was decided before: anybody may write
        anybody's address. An objection counts also when it came while the form was being scored."""
        before, doubted = standing.before, doubtful(submission.marks)
        if doubted and before is not None and before.route != "quarantine":
            return Made(self._kept(connection, before, submission))
        if standing.objects and (scored.score.scored_by != "scorecard" or only_engaged(scored.row)):
            scored = self.live.by_scorecard(values, "no-consent")
        return self.decider.decide(connection, Told(submission, values, scored, company, before), doubted=doubted)

    def _kept(self, connection: Connection, before: Decision, submission: Submission) -> Decision:
        """As it stands now: the clock may have moved the lead since it was decided."""
        stands = assignment_of(connection, submission.lead)
        kept = replace(
            before,
            id=decision_id(),
            submission=submission.id,
            decided_at=self.decider.now(),
            cause="kept",
            propensity=None,
        )
        if stands is None or stands.ended_at is not None:
            return kept
        return replace(kept, owner=stands.owner or QUEUES["sales"], respond_by=stands.respond_by)
