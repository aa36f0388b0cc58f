"""Run as a process of its own by the power-cut part: writes leads through the real writer and says which are stored.

`python -m benchmarks.reliability.writing DATABASE SAID SUBMISSIONS SEED [SYNCHRONOUS]`: writes the id of each decision
to the file SAID as soon as the writer says that it is durable. SYNCHRONOUS overrides the ledger's own setting,
for the control."""

import os
import random
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import event

from benchmarks.reliability.sending import form_of
from leads.lead import Announcement, Decision, Score, Submission, decision_id, submission_id
from leads.ledger import (
    Answer,
    Entry,
    Ledger,
    Made,
    Sending,
    Writer,
    agreement_in_force,
    digests,
    enter,
    list_keys,
    open_ledger,
)

CLIENTS = 4


def main(database: str, said: str, submissions: int, seed: int, synchronous: str | None = None) -> None:
    out = os.open(said, os.O_WRONLY | os.O_APPEND)
    ledger = open_ledger(database, serving=True)
    if synchronous:
        override(ledger, synchronous)
    write(ledger, submissions, seed, lambda answer: os.write(out, f"{answer.body}\n".encode()))
    ledger.close()


def write(ledger: Ledger, submissions: int, seed: int, stored: Callable[[Answer], object]) -> None:
    """By several clients at once; `stored` hears of each submission as soon as it is durable."""
    writer, random_ = Writer(ledger), random.Random(seed)
    entries = [entry(ledger, form_of(number, random_)) for number in range(submissions)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda each: stored(writer.submit(partial(enter, entry=each)).result()), entries))
    writer.close()


def override(ledger: Ledger, synchronous: str) -> None:
    def set_(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA synchronous={synchronous}")

    ledger.engine.dispose()  # so that every connection from here on is made with the other setting
    event.listen(ledger.engine, "connect", set_)


def entry(ledger: Ledger, form: dict[str, object]) -> Entry:
    now, key, agreement = datetime.now(UTC), list_keys(ledger)[0].id, agreement_in_force(ledger)
    if agreement is None:
        raise RuntimeError("the ledger has no agreement")
    token = os.urandom(32).hex()

    def decide(_: object, submission: Submission, __: object) -> Made:
        return Made(_decision(submission, now, agreement.number))

    return Entry(
        sending=Sending(key, token, token),
        people=digests(ledger, [f"email:{form['email']}"]),
        arrived_at=now,
        submission=lambda lead: Submission(submission_id(), lead, now, form, key),
        decide=decide,
        announce=lambda _, made: [Announcement("lead.decided", now, {"decision": made.decision.id})],
        answer=lambda _, decision: (201, decision.id),
    )


def _decision(submission: Submission, at: datetime, agreement: int) -> Decision:
    return Decision(
        id=decision_id(),
        lead=submission.lead,
        submission=submission.id,
        decided_at=at,
        score=Score(0.1, -2.197, -2.197, (), "scorecard", None, None),
        horizon_days=120,
        band="C",
        route="nurture",
        owner="marketing",
        respond_by=None,
        agreement=agreement,
        price=None,
        propensity=None,
        features={},
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
