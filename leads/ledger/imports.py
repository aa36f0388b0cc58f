"""Imported files, and the leads of the past that they bring."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from leads.lead import Decision, Submission
from leads.ledger import tables
from leads.ledger.decision import latest_decision, submission_by_id, write_decision, write_submission
from leads.ledger.person import lead_of_person

ImportKind = Literal["leads", "outcomes"]
Came = Literal["taken", "known", "forgotten", "refused"]
"""What came of a row: it is new; it was told before; its person asked to be forgotten; it was wrong."""


@dataclass(frozen=True, slots=True)
class Import:
    """A file by the SHA-256 of its content; `done` of its `rows` were gone through so far."""

    content: str
    kind: ImportKind
    file: str | None
    key: str | None
    at: datetime
    rows: int
    done: int = 0
    taken: int = 0
    known: int = 0
    forgotten: int = 0
    refused: int = 0
    finished_at: datetime | None = None


class ImportRunning(Exception):
    """Somebody else goes through the same file right now."""


class Past(NamedTuple):
    """A form of the past; `people` and `company` are digests. `submission` is made for the lead, and `decide` what
    stands in place of a decision that was never made."""

    people: Sequence[str]
    company: str | None
    arrived_at: datetime
    submission: Callable[[str], Submission]
    decide: Callable[[Submission], Decision]


def import_of(connection: Connection, content: str, kind: ImportKind) -> Import | None:
    here = tables.imports
    wanted = select(*(here.c[name] for name in Import.__slots__)).where(here.c.content == content, here.c.kind == kind)
    row = connection.execute(wanted).first()
    return None if row is None else Import(**row._mapping)


def begin_import(connection: Connection, begun: Import) -> Import:
    """As it stands, where it was begun before."""
    if found := import_of(connection, begun.content, begun.kind):
        return found
    connection.execute(insert(tables.imports), asdict(begun))
    return begun


def advance_import(connection: Connection, before: Import, after: Import) -> None:
    """ImportRunning where the file is not as far as the caller believes."""
    here = tables.imports
    same = (here.c.content == before.content, here.c.kind == before.kind, here.c.done == before.done)
    moved = update(here).where(*same, here.c.finished_at.is_(None)).values(asdict(after))
    if connection.execute(moved).rowcount != 1:
        raise ImportRunning


def take_past(connection: Connection, past: Past) -> tuple[str, Came]:
    """The lead, and what came of its form. Nobody is given the lead and nobody is told of it. What was decided on what
    the person sent by themselves stands."""
    if _forgotten(connection, past):
        return "", "forgotten"
    lead = lead_of_person(connection, past.people, past.arrived_at, past.company)
    submission = past.submission(lead)
    if _known(connection, submission):
        return lead, "known"
    before = latest_decision(connection, lead)
    write_submission(connection, submission)
    if before is None or (before.cause == "imported" and _later(connection, submission, before)):
        write_decision(connection, past.decide(submission))
    return lead, "taken"


def _forgotten(connection: Connection, past: Past) -> bool:
    """Whoever was forgotten after that form stays so; what they sent later they sent on purpose."""
    here = tables.erasures
    erased = select(here.c.digest).where(here.c.digest.in_(past.people), here.c.erased_at >= past.arrived_at)
    return bool(past.people) and connection.execute(erased.limit(1)).first() is not None


def _known(connection: Connection, submission: Submission) -> bool:
    here = tables.submissions
    at = func.coalesce(here.c.submitted_at, here.c.received_at)
    same = select(here.c.form).where(here.c.lead == submission.lead, at == submission.interest_at)
    return any(form == submission.form for form in connection.scalars(same))


def _later(connection: Connection, submission: Submission, before: Decision) -> bool:
    return submission.interest_at > submission_by_id(connection, before.submission).interest_at
