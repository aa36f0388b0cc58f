"""One sending becomes one lead's submission, one decision and its messages: all of them, or none, and only once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from leads.lead import Announcement, Decision, Submission
from leads.ledger import tables
from leads.ledger.assignment import Placement, write_placement
from leads.ledger.decision import latest_decision, write_decision, write_submission
from leads.ledger.outbox import post_all
from leads.ledger.person import lead_of_person, objects
from leads.refusal import Refusal

KEPT = timedelta(days=30)
"""How long an answer can be repeated; longer than any sender tries again."""


class OtherBody(Refusal):
    """The same Idempotency-Key came with another body."""


class Answer(NamedTuple):
    """`submission` and `decision` are None where the answer was given before."""

    status: int
    body: str
    lead: str
    replayed: bool = False
    submission: Submission | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """How a sending is known when it comes again. `token` is None where nothing tells it from another; `by_content`
    says that the token was made from what was sent, because the sender named no key."""

    key: str
    token: str | None
    fingerprint: str
    by_content: bool = False


class Standing(NamedTuple):
    """How a lead stands when a form of it is entered: what was decided last, and whether it objects to models."""

    before: Decision | None
    objects: bool


class Made(NamedTuple):
    """A decision, and who gets the lead; None where that stays as it was. A lead that is nurtured is in its track
    `since` then."""

    decision: Decision
    placement: Placement | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written; `people` and `company` are digests. The lead is only known inside the transaction, so what
    depends on it is made there: `submission`, then `decide`, then `announce` and `answer`, none of which may wait for
    anything."""

    sending: Sending
    people: Sequence[str]
    arrived_at: datetime
    submission: Callable[[str], Submission]
    decide: Callable[[Connection, Submission, Standing], Made]
    announce: Callable[[Submission, Made], Sequence[Announcement]]
    answer: Callable[[Submission, Decision], tuple[int, str]]
    company: str | None = None


def enter(connection: Connection, entry: Entry) -> Answer:
    _one_at_a_time(connection, entry.sending)
    if given := answer_given(connection, entry.sending):
        return given
    lead = lead_of_person(connection, entry.people, entry.arrived_at, entry.company)
    submission = entry.submission(lead)
    standing = Standing(latest_decision(connection, lead), objects(connection, entry.people))
    made = entry.decide(connection, submission, standing)
    write_submission(connection, submission)
    settle(connection, made, entry.announce(submission, made))
    status, body = entry.answer(submission, made.decision)
    _keep(connection, entry.sending, submission.id, status, body)
    return Answer(status, body, lead, submission=submission, decision=made.decision)


def settle(connection: Connection, made: Made, announcements: Sequence[Announcement]) -> None:
    """A decision, who gets the lead, and what the outside hears of it."""
    write_decision(connection, made.decision)
    if made.placement is not None:
        write_placement(connection, made.placement)
    post_all(connection, announcements, made.decision.lead, made.decision.id)


def forget_old_answers(connection: Connection, now: datetime) -> int:
    return connection.execute(delete(tables.answers).where(tables.answers.c.answered_at < now - KEPT)).rowcount


def _one_at_a_time(connection: Connection, sending: Sending) -> None:
    """PostgreSQL takes two processes' sendings at once; on SQLite there is one writer."""
    if sending.token is None or connection.dialect.name != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(f"{sending.key} {sending.token}".encode()).digest()[:8], signed=True)
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({number})")


def answer_given(connection: Connection, sending: Sending) -> Answer | None:
    """What this very sending was answered before; OtherBody when its key was used for something else."""
    if sending.token is None:
        return None
    here, sent = tables.answers, tables.submissions
    wanted = (
        select(here.c.status, here.c.body, here.c.fingerprint, sent.c.lead)
        .join(sent, sent.c.id == here.c.submission)
        .where(here.c.key == sending.key, here.c.token == sending.token)
    )
    row = connection.execute(wanted).first()
    if row is None:
        return None
    if row.fingerprint != sending.fingerprint:
        raise OtherBody("This Idempotency-Key was used for another body.")
    return Answer(row.status, row.body, row.lead, replayed=True)


def _keep(connection: Connection, sending: Sending, submission: str, status: int, body: str) -> None:
    if sending.token is None:
        return
    row = {
        "key": sending.key,
        "token": sending.token,
        "fingerprint": sending.fingerprint,
        "submission": submission,
        "status": status,
        "body": body,
        "answered_at": datetime.now(UTC),
    }
    connection.execute(insert(tables.answers), row)
