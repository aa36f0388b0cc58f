"""What a person's rights need of the ledger: who somebody is, what was last decided and by whom, what was sent on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from leads.lead import Decision, Submission
from leads.ledger import tables
from leads.ledger.decision import decision_of, newest_sent_first, submission_of
from leads.ledger.person import objects

MOST_SUBMISSIONS = 20


@dataclass(frozen=True, slots=True)
class SentOn:
    """A message about a lead, and to whom: a receiver's address or a person's. `attempts` is how often it was tried."""

    event: str
    to: str
    state: str
    created_at: datetime
    finished_at: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Said:
    objects: bool
    said_at: datetime


def hold(connection: Connection, lead: str) -> bool:
    """Nobody decides this lead, sends for it or erases it until the transaction ends: PostgreSQL locks its row, SQLite
    has one writer. False where it is not there."""
    here = tables.leads
    return connection.scalar(select(here.c.id).where(here.c.id == lead).with_for_update()) is not None


def decided_submission(connection: Connection, lead: str) -> Submission | None:
    """The newest one that the lead was decided on; a form that looked like a bot's and changed nothing is none."""
    sent, decided = tables.submissions, tables.decisions
    wanted = select(sent).join(decided, decided.c.submission == sent.c.id)
    wanted = wanted.where(decided.c.lead == lead, decided.c.cause != "kept")
    row = connection.execute(wanted.order_by(decided.c.decided_at.desc(), decided.c.id.desc()).limit(1)).first()
    return None if row is None else submission_of(row)


def submissions_of(connection: Connection, lead: str) -> tuple[Submission, ...]:
    """The newest first, as many as can still matter."""
    here = tables.submissions
    wanted = select(here).where(here.c.lead == lead).order_by(*newest_sent_first())
    return tuple(map(submission_of, connection.execute(wanted.limit(MOST_SUBMISSIONS))))


def submissions_of_person(connection: Connection, people: Sequence[str]) -> tuple[Submission, ...]:
    """Of the lead that this person is; nothing for somebody new."""
    if not people:
        return ()
    lead = connection.scalar(select(tables.leads.c.id).where(tables.leads.c.person == people[0]))
    return submissions_of(connection, lead) if lead is not None else ()


def last_override(connection: Connection, submission: str) -> Decision | None:
    """What a person decided about this submission by hand."""
    here = tables.decisions
    by_hand = select(here).where(here.c.submission == submission, here.c.cause == "override")
    row = connection.execute(by_hand.order_by(here.c.decided_at.desc(), here.c.id.desc()).limit(1)).first()
    return None if row is None else decision_of(row)


def identities_of(connection: Connection, lead: str) -> list[str]:
    """The digests of every address and number that the lead gave; the person's own first."""
    here, person = tables.identities, person_of(connection, lead)
    given = connection.scalars(select(here.c.digest).where(here.c.lead == lead).order_by(here.c.digest))
    return sorted(given, key=lambda digest: digest != person)


def objecting(connection: Connection, leads: Sequence[str]) -> set[str]:
    """Of these leads, those whose person objects."""
    here, said = tables.identities, tables.objections
    spoke = select(here.c.lead).join(said, said.c.digest == here.c.digest).where(here.c.lead.in_(leads)).distinct()
    return {lead for lead in connection.scalars(spoke).all() if objects(connection, identities_of(connection, lead))}


def person_of(connection: Connection, lead: str) -> str | None:
    """The digest by which the lead is known when it sends again."""
    person: str | None = connection.scalar(select(tables.leads.c.person).where(tables.leads.c.id == lead))
    return person


def sent_on(connection: Connection, lead: str) -> list[SentOn]:
    here, receivers = tables.messages, tables.receivers
    wanted = (
        select(here, receivers.c.url)
        .outerjoin(receivers, receivers.c.id == here.c.receiver)
        .where(here.c.lead == lead)
        .order_by(here.c.created_at, here.c.id)
    )
    return [
        SentOn(row.event, row.mail_to or row.url or "", row.state, row.created_at, row.finished_at, row.attempts)
        for row in connection.execute(wanted)
    ]


def objections(connection: Connection, people: Sequence[str]) -> list[Said]:
    here = tables.objections
    wanted = select(here.c.objects, here.c.said_at).where(here.c.digest.in_(people)).order_by(here.c.id)
    return [Said(row.objects, row.said_at) for row in connection.execute(wanted)]
