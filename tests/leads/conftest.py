"""Ledgers on both databases, and what is entered into them."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from leads.lead import Announcement, Contribution, Decision, Score, Submission, decision_id, submission_id
from leads.ledger import Answer, Entry, Ledger, Made, Sending, adopt_agreement, create_key, enter, open_ledger

MOMENT = datetime(2026, 11, 23, 9, 15, 0, 123456, UTC)
FORM = {"email": "jane@example.com", "budget": 12.5, "agreed": True, "message": None, "name": "Zoë 🙂"}


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    opened = open_ledger(database)
    yield opened
    opened.close()


@pytest.fixture
def agreement(ledger: Ledger) -> int:
    return adopt_agreement(ledger, "text", "a" * 64)


@pytest.fixture
def key(ledger: Ledger) -> str:
    return create_key(ledger, "sk")[:11]


def sending(key: str, token: str | None = None, body: str = "body") -> Sending:
    return Sending(key, token and digest(token), digest(body))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def entry(
    sending: Sending,
    agreement: int,
    people: Sequence[str] = (),
    submission: Callable[[str], Submission] | None = None,
    decide: Callable[[Submission], Decision] | None = None,
) -> Entry:
    return Entry(
        sending=sending,
        people=people,
        arrived_at=MOMENT,
        submission=submission or partial(submitted, sending.key),
        decide=lambda _, submission, __: Made((decide or partial(decided, agreement))(submission)),
        announce=lambda _, made: [Announcement("lead.decided", MOMENT, {"decision": made.decision.id})],
        answer=lambda submission, decision: (201, f'{{"lead": "{submission.lead}", "decision": "{decision.id}"}}'),
    )


def submitted(key: str, lead: str) -> Submission:
    return Submission(submission_id(), lead, MOMENT, FORM, key, MOMENT, ("honeypot",), "c" * 64)


def decided(agreement: int, submission: Submission, at: datetime = MOMENT) -> Decision:
    reasons = (Contribution("email_free_mail", "email", "E-mail: free-mail address: no", 0.25),)
    return Decision(
        id=decision_id(),
        lead=submission.lead,
        submission=submission.id,
        decided_at=at,
        score=Score(0.1 + 0.2, -0.8472978603872034, -1.1, reasons, "trees", "conversion/7", 0.03),
        horizon_days=120,
        band="A",
        route="sales",
        owner="sales",
        respond_by=at + timedelta(minutes=15),
        agreement=agreement,
        price=None,
        propensity=None,
        features={"email_free_mail": 0.0, "budget": 12.5, "country": "DE", "hour": None},
        cause="override",
        degraded="no-champion",
        note="known from the fair",
    )


def entered(ledger: Ledger, made: Entry) -> Answer:
    with ledger.transaction() as connection:
        return enter(connection, made)
